"""Files that the page makes for a person to save: written in a folder of their own, sent, and gone."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from baocao.insight import export

_MEDIA = export.MEDIA | {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
}
_T = TypeVar("_T")


def saved_as(name: str, write: Callable[[Path], _T]) -> tuple[FileResponse, _T]:
    """Return the answer that is saved under a name, of a form that its ending tells, and what `write` told of it."""
    folder = TemporaryDirectory(prefix="baocao-")
    form = name.rpartition(".")[2]
    path = Path(folder.name, f"file.{form}")
    try:
        told = write(path)
    except BaseException:
        folder.cleanup()
        raise
    answer = FileResponse(path, media_type=_MEDIA[form], filename=name, background=BackgroundTask(folder.cleanup))
    return answer, told
