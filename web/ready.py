"""Seeing, before the page opens, that it can: the archive is there, and strangers are kept out."""

from baocao.errors import UsageError
from baocao.index.settings import OpenId
from baocao.web import accounts
from baocao.web.desk import Desk
from baocao.web.settings import Serving, is_everywhere


def ready(serving: Serving) -> None:
    """Open the archive once, making an empty one where there is none; what is wrong is told in one sentence.

    Raises ArchiveError where it cannot be opened, UsageError where nobody could log in or no name is told.
    """
    provider = OpenId.of(serving.folder) if serving.accounts else None
    desk = Desk(serving)
    try:
        admin = accounts.has_admin(desk.record)
    finally:
        desk.close()
    if not serving.accounts:
        return
    if provider is not None:
        from baocao.web.oidc import check_installed

        check_installed()
    elif not admin:
        raise NobodyError(
            f"The page wants a login here, and no admin can log in; type "
            f"`baocao user add NAME --role admin --archive {serving.archive}` first."
        )
    if is_everywhere(serving.host) and not serving.hosts:
        raise UsageError(f"Listening on {serving.host} wants the name that people type; add such as `--name 10.0.0.5`.")


class NobodyError(UsageError):
    """A login is wanted, and nobody has an account that could look after the others."""

    code = "BC627"
