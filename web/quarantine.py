"""What was refused, with reasons in the clerks' words: to be read again, forgotten, or looked at."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from baocao.errors import NotFoundError
from baocao.index import lookup
from baocao.index.record import now
from baocao.index.tables import uploads
from baocao.intake import Named, file_of
from baocao.pipeline.ingest import short_name
from baocao.web.access import Editor, Reader, TheDesk
from baocao.web.desk import Desk
from baocao.web.landing import OPEN, State, drop_if_settled, kept_as
from baocao.web.roles import Visitor
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["quarantine"])

PAGE = 50
# What a code means, and what a clerk can do about it.
REASONS = {
    "BC200": ("Tệp bị hỏng, bị khóa hoặc không mở được.",
              "Mở tệp bằng chương trình đã tạo ra nó, bỏ mật khẩu nếu có, lưu lại rồi nạp lại."),
    "BC201": ("Tệp trống hoặc không có chữ đọc được.",
              "Kiểm tra lại tệp; nếu là bản chụp mờ, hãy quét lại rõ hơn rồi nạp lại."),
    "BC202": ("Loại tệp này không đọc được.", "Lưu thành PDF, DOCX, HTML hoặc TXT rồi nạp lại."),
    "BC210": ("Tệp quá lớn, hoặc đọc quá lâu hay tốn quá nhiều bộ nhớ.", "Tách thành nhiều tệp nhỏ hơn rồi nạp lại."),
    "BC220": ("Chương trình đọc bị dừng giữa chừng vì tệp này.",
              "Mở tệp, lưu thành tệp mới rồi nạp lại; nếu vẫn vậy, hãy báo cho người quản trị."),
    "BC230": ("Máy chủ thiếu chương trình để đọc loại tệp này.",
              "Nhờ người quản trị cài chương trình nêu bên dưới, rồi bấm Đọc lại."),
}  # fmt: skip
OTHER = ("Không đọc được tệp này.", "Kiểm tra lại tệp rồi nạp lại, hoặc báo cho người quản trị.")
Key = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file in quarantine; `key` stands for its path, which only who looks after the archive is shown."""

    key: str
    path: str
    name: str
    code: str
    message: str
    at: str

    @property
    def folder(self) -> str:
        """Where it lay when it was refused."""
        return str(PurePath(self.path.split("!/")[0]).parent)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of a refused file: whether it can be read again, and its bytes where it was uploaded."""

    again: bool
    bytes: Path | None


def refused(desk: Desk) -> list[Refused]:
    """Return what is in quarantine, the newest first."""
    return [
        Refused(_key(row["path"]), row["path"], _name(row["path"]), row["code"], row["message"], row["at"])
        for row in reversed(lookup.refusals(desk.folder))
    ]


def _key(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def _name(path: str) -> str:
    """Return the name to show: of a file within another, with the other's."""
    outer, inside, inner = path.partition("!/")
    return short_name(outer) + (f" › {inner}" if inside else "")


def kept(desk: Desk, file: Refused) -> Kept:
    """Tell what is left of a refused file."""
    found = file_of(desk.folder, file.path)
    return Kept(found is not None, found.path if isinstance(found, Named) else None)


def retry(desk: Desk, visitor: Visitor, keys: Collection[str] | None) -> int:
    """Let refused files wait to be read again, all of them where `keys` is None; return how many there are.

    Those whose bytes are gone stay as they are; of a file within a ZIP, the ZIP is read.
    """
    roots = list(dict.fromkeys(file.path.split("!/")[0] for file in _chosen(desk, keys)))
    there = [root for root in roots if file_of(desk.folder, root) is not None]
    held = kept_as(desk.record, there)
    c = uploads.c
    rows = []
    with desk.record.writing() as connection:
        for root in there:
            if root in held:
                mine = sa.update(uploads).where(c.number == held[root].number, c.state.not_in(OPEN))
                connection.execute(mine.values(state=State.WAITING, tries=0, code=None, reason=None, ended_at=None))
            else:
                rows.append({
                    "batch": "retry", "part_of": None, "name": short_name(root), "size": 0, "place": "", "kept": root,
                    "state": State.WAITING, "code": None, "reason": None, "report": None, "tries": 0,
                    "by": str(visitor.name), "at": now(), "ended_at": None,
                })  # fmt: skip
        if rows:
            connection.execute(sa.insert(uploads), rows)
    desk.note(visitor, "retry", f"{len(there)} files: {', '.join(map(short_name, there))}")
    return len(there)


def forget(desk: Desk, visitor: Visitor, keys: Collection[str]) -> int:
    """Take refused files off the list; bytes of uploads are dropped, other files stay where they are."""
    paths = [file.path for file in _chosen(desk, keys)]
    desk.record.forget(paths)
    for upload in kept_as(desk.record, paths).values():
        with desk.record.writing() as connection:
            mine = sa.update(uploads).where(uploads.c.number == upload.number, uploads.c.state == State.REFUSED)
            connection.execute(mine.values(state=State.FORGOTTEN))
        drop_if_settled(desk.record, desk.folder, upload.part_of or upload.number)
    desk.note(visitor, "forget", f"{len(paths)} files: {', '.join(map(_name, paths))}")
    return len(paths)


def _chosen(desk: Desk, keys: Collection[str] | None) -> list[Refused]:
    """Return the refused files that are meant. Raises NotFoundError where a key is of none."""
    every = refused(desk)
    if keys is None:
        return every
    found = [file for file in every if file.key in keys]
    if len(found) < len(set(keys)):
        raise NotFoundError("A file that was named is in quarantine no longer; look at the list again.")
    return found


class RefusedJson(BaseModel):
    """A refused file; `again` tells whether it can be read again, `folder` is told to admins only."""

    key: str
    name: str
    code: str
    reason: str
    advice: str
    message: str
    at: str
    again: bool
    download: bool
    folder: str | None


class QuarantineJson(BaseModel):
    """How many files are in quarantine, and some of them, the newest first."""

    total: int
    files: list[RefusedJson]


class Keys(BaseModel):
    """Which files in quarantine; none: all."""

    keys: list[Key] | None = Field(None, max_length=10_000)


class Chosen(BaseModel):
    """Which files in quarantine."""

    keys: list[Key] = Field(min_length=1, max_length=10_000)


class Count(BaseModel):
    """How many files it was done with."""

    files: int


def _json(desk: Desk, visitor: Visitor, file: Refused) -> dict[str, Any]:
    reason, advice = REASONS.get(file.code, OTHER)
    left = kept(desk, file)
    return {
        "key": file.key, "name": file.name, "code": file.code, "reason": reason, "advice": advice,
        "message": file.message, "at": file.at, "again": left.again, "download": left.bytes is not None,
        "folder": file.folder if visitor.admin else None,
    }  # fmt: skip


PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@api.get("/quarantine", response_model=QuarantineJson)
def quarantine(desk: TheDesk, visitor: Reader, page: PageNumber = 1) -> dict[str, Any]:
    """List the refused files with their reasons, 50 a page."""
    every = refused(desk)
    some = every[(page - 1) * PAGE : page * PAGE]
    return {"total": len(every), "files": [_json(desk, visitor, file) for file in some]}


@api.post("/quarantine/retry", status_code=202)
def retry_refused(which: Keys, desk: TheDesk, visitor: Editor) -> Count:
    """Let refused files be read again, beside the page."""
    return Count(files=retry(desk, visitor, which.keys))


@api.post("/quarantine/forget")
def forget_refused(which: Chosen, desk: TheDesk, visitor: Editor) -> Count:
    """Take refused files off the list."""
    return Count(files=forget(desk, visitor, which.keys))


@shown.get("/uploads/quarantine/{key}/file")
@api.get("/quarantine/{key}/file", response_class=FileResponse)
def refused_file(key: Key, desk: TheDesk, visitor: Editor) -> FileResponse:
    """Return the bytes of a refused upload. It was refused: open it with care."""
    file = _chosen(desk, [key])[0]
    place = kept(desk, file).bytes
    if place is None:
        raise NotFoundError("The bytes of this file are not kept here.")
    desk.note(visitor, "download", f"refused: {file.name}")
    return FileResponse(place, media_type="application/octet-stream", filename=short_name(file.path.split("!/")[0]))


@shown.get("/uploads/quarantine", response_class=HTMLResponse)
def quarantine_page(request: Request, desk: TheDesk, visitor: Reader, n: PageNumber = 1) -> HTMLResponse:
    """Show what was refused."""
    every = refused(desk)
    files = [_json(desk, visitor, file) for file in every[(n - 1) * PAGE : n * PAGE]]
    return page(request, "quarantine.html", files=files, total=len(every), number=n, last=-(-len(every) // PAGE))


@shown.post("/uploads/quarantine")
def quarantine_form(
    desk: TheDesk, visitor: Editor,
    act: Annotated[str, Form()] = "",
    key: Annotated[Sequence[Key], Form()] = (),
    retry_one: Annotated[str, Form()] = "",
    forget_one: Annotated[str, Form()] = "",
) -> RedirectResponse:  # fmt: skip
    """Read again or forget one file, those that are ticked, or all."""
    if retry_one or act in ("retry", "retry_all"):
        keys = None if act == "retry_all" else [retry_one] if retry_one else list(key)
        if keys is None or keys:
            retry(desk, visitor, keys)
        return RedirectResponse("/uploads/quarantine", status_code=303)
    if forget_one or (act == "forget" and key):
        forget(desk, visitor, [forget_one] if forget_one else list(key))
    return RedirectResponse("/uploads/quarantine", status_code=303)
