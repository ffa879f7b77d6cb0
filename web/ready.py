"""Seeing, before the page opens, that it can: the archive is there, and strangers are kept out."""

from baocao.web.desk import Desk
from baocao.web.settings import Serving


def ready(serving: Serving) -> None:
    """Open the archive once, making an empty one where there is none; what is wrong is told in one sentence.

    Raises ArchiveError where it cannot be opened.
    """
    Desk(serving).close()
