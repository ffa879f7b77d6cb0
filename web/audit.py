"""The audit log as admins see it: by who, what and when, page by page, and as a table to keep."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from baocao.errors import UsageError
from baocao.insight.export import export_rows
from baocao.web import journal
from baocao.web.access import Admin, TheDesk
from baocao.web.journal import Filter
from baocao.web.saving import saved_as
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["audit"])

_PAGE, _MOST = 100, 1_000_000
_COLUMNS = ("number", "at", "who", "address", "did", "what")
DEEDS = {
    "login": "Đăng nhập",
    "login failed": "Đăng nhập sai",
    "logout": "Đăng xuất",
    "account": "Tài khoản",
    "correct": "Sửa",
    "decide": "Quyết định",
    "upload": "Nạp báo cáo",
    "download": "Tải bản gốc",
    "export": "Xuất tệp",
    "retry": "Đọc lại tệp bị từ chối",
    "forget": "Bỏ tệp bị từ chối",
    "expect": "Danh sách đơn vị phải báo cáo",
    "task": "Việc chạy nền",
}


class Asked(BaseModel):
    """Which lines are wanted; days are those of the machine."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    who: str = Field("", max_length=100, description="The name of an account.")
    did: str = Field("", max_length=100, description="What was done, such as login or export.")
    q: str = Field("", max_length=300, description="Words of what it was done to, or an address.")
    from_: str = Field("", alias="from", pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="From this day on: 2017-06-22.")
    to: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="Up to this day, with it.")
    page: int = Field(1, ge=1, le=100_000)

    def wanted(self) -> Filter:
        """Return the filter. Raises UsageError for a day that no calendar has."""
        clean = {n: v.replace("\0", " ") for n, v in (("who", self.who), ("did", self.did), ("words", self.q))}
        return Filter(**clean, since=_moment(self.from_), until=_moment(self.to, 1))

    def address(self, path: str = "/audit", **changes: Any) -> str:
        """Return the address of these lines with some of it changed."""
        told = {"who": self.who, "did": self.did, "q": self.q, "from": self.from_, "to": self.to, **changes}
        return f"{path}?{urlencode({n: v for n, v in told.items() if v})}"


AskedQuery = Annotated[Asked, Query()]


class LineJson(BaseModel):
    """A line of the log."""

    number: int
    at: str
    who: str
    address: str
    did: str
    what: str


class LinesJson(BaseModel):
    """A hundred lines, the newest first, and how many there are."""

    total: int
    lines: list[LineJson]


@shown.get("/audit", response_class=HTMLResponse)
def audit(request: Request, asked: AskedQuery, desk: TheDesk, _: Admin) -> HTMLResponse:
    """Show the log."""
    wanted = asked.wanted()
    total = journal.count(desk.record, wanted)
    return page(
        request, "audit.html", asked=asked, total=total, last=max(1, -(-total // _PAGE)), DEEDS=DEEDS,
        lines=journal.lines(desk.record, wanted, skip=(asked.page - 1) * _PAGE, limit=_PAGE),
        deeds=sorted({*DEEDS, *journal.deeds(desk.record)}), moment=_local,
    )  # fmt: skip


@api.get("/audit")
def audit_json(asked: AskedQuery, desk: TheDesk, _: Admin) -> LinesJson:
    """List what people did, a hundred lines a page, the newest first."""
    wanted = asked.wanted()
    found = journal.lines(desk.record, wanted, skip=(asked.page - 1) * _PAGE, limit=_PAGE)
    lines = [LineJson(**{name: getattr(line, name) for name in _COLUMNS}) for line in found]
    return LinesJson(total=journal.count(desk.record, wanted), lines=lines)


@shown.get("/audit.{form}")
@api.get("/audit/export.{form}", response_class=FileResponse)
def export(form: Literal["xlsx", "csv"], asked: AskedQuery, desk: TheDesk, visitor: Admin) -> FileResponse:
    """Return the lines as a table, the newest million at most."""
    found = journal.every(desk.record, asked.wanted(), _MOST)
    rows = (tuple(getattr(line, name) for name in _COLUMNS) for line in found)
    answer, count = saved_as(f"nhat-ky.{form}", lambda path: export_rows(_COLUMNS, rows, form, path))
    desk.note(visitor, "export", f"{count} lines of the log: {asked.address()}")
    return answer


def _moment(day: str, later: int = 0) -> str:
    """Return when a day begins here, as the record writes times."""
    if not day:
        return ""
    try:
        begins = datetime.fromisoformat(day) + timedelta(days=later)
        return begins.astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{day} is no day of the calendar; write it as 2017-06-22.") from error


def _local(at: str) -> str:
    """Return a time as it is here: 22/6/2017 14:05:09."""
    here = datetime.fromisoformat(at).astimezone()
    return f"{here.day}/{here.month}/{here.year} {here:%H:%M:%S}"
