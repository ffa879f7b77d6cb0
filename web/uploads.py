"""Uploads: files, folders and ZIPs that clerks send, read into the archive beside the page, and what became of each."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from baocao.errors import UsageError
from baocao.index import lookup
from baocao.pipeline import ingest
from baocao.web import landing
from baocao.web.access import Editor, Reader, TheDesk
from baocao.web.desk import Desk
from baocao.web.landing import BATCH, Batch, State, Upload
from baocao.web.loading import BUSY, waits_for
from baocao.web.roles import Visitor
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["uploads"])

_PAGE = 20  # batches
_FILES = 200
_FORM = 2**20  # bytes that a form adds to its files
STATES = {
    State.WAITING: "Đang chờ",
    State.READING: "Đang đọc",
    State.NEW: "Đã nạp",
    State.KNOWN: "Đã có trong kho",
    State.REFUSED: "Bị từ chối",
    State.FORGOTTEN: "Đã bỏ",
}
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
BatchId = Annotated[str, Path(pattern=f"{BATCH}|^retry$")]
Files = Annotated[list[UploadFile], File(description="At most 1,000 files a request; names may tell folders.")]


def upload(desk: Desk, visitor: Visitor, files: Sequence[UploadFile], batch: str = "") -> tuple[str, int]:
    """Lay down what was sent, to be read beside the page; return its batch and how many files there are.

    Raises UsageError where none was sent.
    """
    sent = list(_sent(files))
    if not sent:
        raise UsageError("No file was sent; choose files, a folder or a ZIP.")
    batch = landing.receive(
        desk.record, desk.folder, sent, str(visitor.name), batch=batch, limit=ingest.MAX_BYTES
    )  # fmt: skip
    desk.note(visitor, "upload", f"{len(sent)} files: {batch}")
    return batch, len(sent)


def _sent(files: Sequence[UploadFile]) -> Iterator[tuple[str, BinaryIO]]:
    for file in files:
        if file.filename:  # a field that was left empty is sent as a file without a name
            yield file.filename, file.file


class Sent(BaseModel):
    """A batch, to ask for its progress by."""

    batch: str
    files: int


class BatchJson(BaseModel):
    """Files that came together: how many are in which state, and how many are yet to be dealt with."""

    batch: str
    by: str
    at: str
    files: int
    left: int
    states: dict[State, int]


class BatchesJson(BaseModel):
    """How many batches there are, and some, the newest first."""

    total: int
    batches: list[BatchJson]


class UploadJson(BaseModel):
    """A file and what became of it; `report` is the id of its report, `part_of` the number of the ZIP that held it."""

    number: int
    part_of: int | None
    name: str
    size: int
    state: State
    code: str | None
    reason: str | None
    report: str | None
    at: str
    ended_at: str | None


class ProgressJson(BatchJson):
    """A batch with some of its files; `waits` tells that another process writes to the archive at the moment."""

    waits: bool
    total: int
    uploads: list[UploadJson]


def _json(batch: Batch) -> dict[str, Any]:
    return {
        "batch": batch.id, "by": batch.by, "at": batch.at, "files": batch.files, "left": batch.left,
        "states": dict(batch.states),
    }  # fmt: skip


def _upload_json(file: Upload) -> dict[str, Any]:
    return {name: getattr(file, name) for name in UploadJson.model_fields}


@api.post("/uploads", status_code=202)
def send_files(
    files: Files, desk: TheDesk, visitor: Editor, batch: Annotated[str, Form(pattern=f"{BATCH}|^$")] = ""
) -> Sent:
    """Send files to be read into the archive, beside the page; `batch` adds to one that was sent before."""
    id, count = upload(desk, visitor, files, batch)
    return Sent(batch=id, files=count)


@api.get("/uploads", response_model=BatchesJson)
def batches(desk: TheDesk, _: Reader, page: PageNumber = 1) -> dict[str, Any]:
    """List what was sent, 20 batches a page."""
    total, some = landing.batches(desk.record, limit=_PAGE, offset=(page - 1) * _PAGE)
    return {"total": total, "batches": list(map(_json, some))}


@api.get("/uploads/{batch}", response_model=ProgressJson)
def progress(batch: BatchId, desk: TheDesk, _: Reader, page: PageNumber = 1) -> dict[str, Any]:
    """Return how far a batch is, with 200 of its files; files within a ZIP stand behind it."""
    found = landing.batch_of(desk.record, batch)
    total, files = landing.files_of(desk.record, batch, limit=_FILES, offset=(page - 1) * _FILES)
    waits = found.left > 0 and waits_for(desk.record) == BUSY
    return {**_json(found), "waits": waits, "total": total, "uploads": list(map(_upload_json, files))}


@shown.get("/uploads", response_class=HTMLResponse)
def front(request: Request, desk: TheDesk, visitor: Reader, n: PageNumber = 1) -> HTMLResponse:
    """Show where to send files, and what was sent."""
    total, some = landing.batches(desk.record, limit=_PAGE, offset=(n - 1) * _PAGE)
    limit = min(ingest.MAX_BYTES, desk.serving.upload_limit - _FORM)
    return page(
        request, "uploads.html", batches=some, number=n, last=-(-total // _PAGE), limit=limit,
        whole=desk.serving.upload_limit - _FORM, quarantined=lookup.counts(desk.folder)["quarantined"], STATES=STATES,
    )  # fmt: skip


@shown.post("/uploads")
def send_form(
    desk: TheDesk, visitor: Editor, files: Annotated[list[UploadFile], File(default_factory=list)]
) -> RedirectResponse:
    """Take in a form's files, and show how far they are."""
    batch, _ = upload(desk, visitor, files)
    return RedirectResponse(f"/uploads/batches/{batch}", status_code=303)


@shown.get("/uploads/batches/{batch}", response_class=HTMLResponse)
def batch_page(request: Request, batch: BatchId, desk: TheDesk, visitor: Reader, n: PageNumber = 1) -> HTMLResponse:
    """Show how far a batch is; a script asks for the part that changes."""
    from baocao.web.quarantine import OTHER, REASONS

    found = landing.batch_of(desk.record, batch)
    total, files = landing.files_of(desk.record, batch, limit=_FILES, offset=(n - 1) * _FILES)
    waits = waits_for(desk.record) if found.left else ""
    part = request.headers.get("x-part") == "progress"
    return page(
        request, "progress.html" if part else "batch.html", batch=found, files=files, number=n,
        last=-(-total // _FILES), busy=waits == BUSY, fault="" if waits == BUSY else waits, STATES=STATES,
        REASONS=REASONS, OTHER=OTHER,
    )  # fmt: skip
