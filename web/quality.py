"""The state of the archive: what to look at again, who has not reported, what people corrected, and the model."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from baocao.index import surveying
from baocao.index.tables import set_setting, setting
from baocao.insight.overview import LACKING, Facts, Overview, Summary, Warned, silent, summary
from baocao.report import Kind, Label
from baocao.web import tasks
from baocao.web.access import Admin, Editor, Reader, TheDesk
from baocao.web.desk import Desk
from baocao.web.refusals import StillCountingError
from baocao.web.roles import Visitor
from baocao.web.showing import page
from baocao.web.tasks import Stage, Task, Work
from baocao.web.wording import FINDINGS, correction_words

shown = APIRouter()
api = APIRouter(tags=["quality"])

_PAGE = 50
_PATIENCE = 2.0  # seconds that a request waits for the reports to be looked over; after that a page says so
_EXPECTED = "page_expected"  # the setting that names the units that should report
LACKS = {
    "issuer": "Không rõ đơn vị ban hành",
    "issued": "Không rõ ngày ban hành",
    "docno": "Không có số văn bản",
}
VIEWS = {
    "": "Tổng quan",
    "warnings": "Điểm cần xem lại",
    "lacking": "Thiếu thông tin",
    "silent": "Đơn vị chưa báo cáo",
    "scans": "Nhận dạng chữ",
    "corrections": "Lần sửa",
    "model": "Mô hình và chỉ mục",
}
KINDS_OF_WORK = {Work.TRAIN: "Huấn luyện lại mô hình", Work.REBUILD: "Dựng lại chỉ mục tìm kiếm"}
STAGES = {
    Stage.WAITING: "Đang chờ",
    Stage.RUNNING: "Đang chạy",
    Stage.DONE: "Xong",
    Stage.REFUSED: "Không dùng: kết quả kém hơn trước",
    Stage.FAILED: "Không thành",
}
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Year = Annotated[int, Query(ge=1900, le=2200)]
Sure = Annotated[float, Query(ge=0, le=1)]


def overview(desk: Desk) -> Overview:
    """Return the facts of all reports, in step with the record, or of a moment ago where it changed much since.

    Raises StillCountingError where none are there yet.
    """
    found: Overview = desk.kept("overview", None, lambda: Overview(desk.folder))
    if not found.ready(_PATIENCE) and not found.is_there:
        raise StillCountingError(f"{found.done} of {found.total} reports were looked over; ask again in a moment.")
    return found


def numbers(desk: Desk) -> Summary:
    """Return the numbers of the archive."""
    found = overview(desk)
    told: Summary = desk.kept("numbers", found.seen, lambda: summary(found.facts()))
    return told


def warned(desk: Desk, code: str) -> list[tuple[Facts, Warned]]:
    """Return the warnings of a code, all of them where it is "", each with its report."""
    return [(one, w) for one in overview(desk).facts() for w in one.warned if code in ("", w.code)]


def lacking(desk: Desk, what: str) -> list[Facts]:
    """Return the reports that lack their issuer, date or number."""
    return [one for one in overview(desk).facts() if LACKING[what](one)]


def scans(desk: Desk, below: float) -> list[tuple[Facts, int, float]]:
    """Return the pages that were recognised with less certainty than `below`, the least certain first."""
    found = [(one, n, sure) for one in overview(desk).facts() for n, sure in one.pages if sure < below]
    return sorted(found, key=lambda told: told[2])


def expected(desk: Desk) -> list[str]:
    """Return the units that are to report each year, as an editor named them."""
    with desk.record.reading() as connection:
        return [line for line in (setting(connection, _EXPECTED) or "").splitlines() if line]


def expect(desk: Desk, visitor: Visitor, units: list[str]) -> None:
    """Say which units are to report each year."""
    clean = (" ".join(unit.replace("\0", " ").split()) for unit in units)
    lines = list(dict.fromkeys(unit for unit in clean if unit))
    with desk.record.writing() as connection:
        desk.record.alone(connection, "setting")
        set_setting(connection, _EXPECTED, "\n".join(lines))
    desk.note(visitor, "expect", f"{len(lines)} units")


def missing(desk: Desk, year: int) -> list[tuple[str, Facts | None]]:
    """Return the units without a report of a year, each with its last one."""
    return silent(overview(desk).facts(), year, expected(desk))


@dataclass(frozen=True, slots=True)
class Judged:
    """Sentences that people labelled: how often the model had said which label, and people which."""

    pairs: dict[tuple[Label, Label], int]

    def said(self, label: Label) -> int:
        """How many the model had given a label."""
        return sum(n for (before, _), n in self.pairs.items() if before is label)

    def right(self, label: Label) -> int:
        """How many of those people left with it."""
        return self.pairs.get((label, label), 0)

    @property
    def total(self) -> int:
        """How many people labelled."""
        return sum(self.pairs.values())


def judged(desk: Desk) -> Judged:
    """Return what the model had said of the sentences that people labelled."""

    def made() -> Judged:
        pairs: dict[tuple[Label, Label], int] = {}
        for pair in surveying.judged(desk.folder):
            pairs[pair] = pairs.get(pair, 0) + 1
        return Judged(pairs)

    found: Judged = desk.kept("judged", surveying.last_change(desk.folder), made)
    return found


def ask(desk: Desk, visitor: Visitor, kind: Work) -> int:
    """Ask for training or a new index, beside the page; return the task's number."""
    number = tasks.ask(desk.record, kind, str(visitor.name))
    desk.note(visitor, "task", f"{kind} {number}")
    return number


# JSON.


class NumbersJson(BaseModel):
    """What the archive holds: reports by year and kind (year null: none told), warnings by code, what is lacking."""

    reports: int
    years: list[tuple[int | None, dict[Kind, int]]]
    warnings: dict[str, int]
    lacking: dict[str, int]
    recognised_pages: int


class PlaceJson(BaseModel):
    """A report to look at."""

    report: str
    title: str
    issuer: str | None
    issued: str | None


class WarningJson(PlaceJson):
    """A warning, and the stretch of the report that it is about."""

    code: str
    start: int
    text: str
    message: str


class WarningsJson(BaseModel):
    """How many warnings there are, and some."""

    total: int
    warnings: list[WarningJson]


class PlacesJson(BaseModel):
    """How many reports there are, and some."""

    total: int
    reports: list[PlaceJson]


class ScanJson(PlaceJson):
    """A recognised page, and how sure that was (0 to 1)."""

    page: int
    confidence: float


class ScansJson(BaseModel):
    """How many pages there are, and some, the least certain first."""

    total: int
    pages: list[ScanJson]


class SilentJson(BaseModel):
    """A unit without a report of the year, and its last one."""

    unit: str
    last: PlaceJson | None


class JudgedJson(BaseModel):
    """Sentences that people labelled: what the model had said, what they said, and how often.

    No measure of the whole archive: people look at what seems wrong.
    """

    total: int
    pairs: list[tuple[Label, Label, int]]


class CorrectionsJson(BaseModel):
    """How many corrections there are, merges left out, and some, the newest first."""

    total: int
    corrections: list[dict[str, Any]]


class TaskJson(BaseModel):
    """A task; `told` is what came of it: scores before and after, the number of reports, or the error."""

    number: int
    kind: Work
    state: Stage
    told: dict[str, Any]
    by: str
    at: str
    ended_at: str | None


class Asking(BaseModel):
    """What to do beside the page."""

    kind: Work


class Units(BaseModel):
    """Units by name."""

    units: list[Annotated[str, Field(max_length=300)]] = Field(max_length=5_000)


class Numbered(BaseModel):
    """The number of a task."""

    number: int


def _place(one: Facts) -> dict[str, Any]:
    return {"report": one.id, "title": one.title, "issuer": one.issuer, "issued": one.issued}


def _some(found: list[Any], number: int) -> list[Any]:
    return found[(number - 1) * _PAGE : number * _PAGE]


@api.get("/quality", response_model=NumbersJson)
def quality(desk: TheDesk, _: Reader) -> dict[str, Any]:
    """Tell what the archive holds and lacks."""
    told = numbers(desk)
    return {
        "reports": told.reports, "years": list(told.years.items()), "warnings": told.warnings, "lacking": told.lacking,
        "recognised_pages": told.pages,
    }  # fmt: skip


@api.get("/quality/warnings", response_model=WarningsJson)
def warnings(
    desk: TheDesk, _: Reader, code: Annotated[str, Query(max_length=100)] = "", page: PageNumber = 1
) -> dict[str, Any]:
    """List warnings, of a code or all, 50 a page."""
    found = warned(desk, code)
    told = [{**_place(one), "code": w.code, "start": w.start, "text": w.text, "message": w.message}
            for one, w in _some(found, page)]  # fmt: skip
    return {"total": len(found), "warnings": told}


@api.get("/quality/lacking", response_model=PlacesJson)
def lacking_json(
    what: Literal["issuer", "issued", "docno"], desk: TheDesk, _: Reader, page: PageNumber = 1
) -> dict[str, Any]:
    """List the reports that lack their issuer, date or number, 50 a page."""
    found = lacking(desk, what)
    return {"total": len(found), "reports": list(map(_place, _some(found, page)))}


@api.get("/quality/scans", response_model=ScansJson)
def scans_json(desk: TheDesk, _: Reader, below: Sure = 0.8, page: PageNumber = 1) -> dict[str, Any]:
    """List the pages that were recognised with less certainty than `below`, 50 a page."""
    found = scans(desk, below)
    told = [{**_place(one), "page": n, "confidence": sure} for one, n, sure in _some(found, page)]
    return {"total": len(found), "pages": told}


@api.get("/quality/silent", response_model=list[SilentJson])
def silent_json(year: Year, desk: TheDesk, _: Reader) -> list[dict[str, Any]]:
    """List the units without a report of a year: those who reported the year before, and those expected."""
    return [{"unit": unit, "last": _place(last) if last else None} for unit, last in missing(desk, year)]


@api.get("/quality/expected")
def expected_json(desk: TheDesk, _: Reader) -> Units:
    """List the units that are to report each year."""
    return Units(units=expected(desk))


@api.put("/quality/expected")
def expect_json(units: Units, desk: TheDesk, visitor: Editor) -> Units:
    """Say which units are to report each year."""
    expect(desk, visitor, units.units)
    return Units(units=expected(desk))


@api.get("/quality/judged", response_model=JudgedJson)
def judged_json(desk: TheDesk, _: Reader) -> dict[str, Any]:
    """Tell what the model had said of the sentences that people labelled."""
    found = judged(desk)
    return {"total": found.total, "pairs": [(*pair, n) for pair, n in found.pairs.items()]}


@api.get("/quality/corrections", response_model=CorrectionsJson)
def corrections_json(desk: TheDesk, _: Reader, undone: bool = False, page: PageNumber = 1) -> dict[str, Any]:
    """List corrections, 50 a page, with `undone` also those taken back."""
    total, some = surveying.corrections_page(desk.folder, undone=undone, limit=_PAGE, offset=(page - 1) * _PAGE)
    return {"total": total, "corrections": [entry.to_json() for entry in some]}


@api.get("/tasks", response_model=list[TaskJson], tags=["tasks"])
def tasks_json(desk: TheDesk, _: Reader) -> list[Task]:
    """List the tasks asked for last, the newest first."""
    return tasks.last(desk.record)


@api.post("/tasks", status_code=202, tags=["tasks"])
def ask_json(asked: Asking, desk: TheDesk, visitor: Admin) -> Numbered:
    """Ask for training from corrections or a new index, done beside the page; one that waits already is told."""
    return Numbered(number=ask(desk, visitor, asked.kind))


# The pages.


def _shown(request: Request, desk: Desk, view: str, number: int = 1, **values: Any) -> HTMLResponse:
    """Show a view; where the reports are still being looked over, say so."""
    try:
        told = {name: value() for name, value in values.items()}
    except StillCountingError:
        counting = desk.kept("overview", None, lambda: Overview(desk.folder))
        return page(request, "counting.html", view=view, VIEWS=VIEWS, done=counting.done, total=counting.total)
    return page(
        request, "quality.html", view=view, number=number, VIEWS=VIEWS, FINDINGS=FINDINGS, LACKS=LACKS, some=_some,
        pages_of=lambda found: -(-len(found) // _PAGE), **told,
    )  # fmt: skip


@shown.get("/quality", response_class=HTMLResponse)
def front(request: Request, desk: TheDesk, visitor: Reader) -> HTMLResponse:
    """Show what the archive holds and lacks."""
    return _shown(request, desk, "", told=lambda: numbers(desk), judged=lambda: judged(desk))


@shown.get("/quality/warnings", response_class=HTMLResponse)
def warnings_page(
    request: Request, desk: TheDesk, visitor: Reader, code: Annotated[str, Query(max_length=100)] = "",
    n: PageNumber = 1,
) -> HTMLResponse:  # fmt: skip
    """Show warnings, of a code or all."""
    return _shown(
        request, desk, "warnings", n, told=lambda: numbers(desk), found=lambda: warned(desk, code), code=lambda: code
    )


@shown.get("/quality/lacking", response_class=HTMLResponse)
def lacking_page(
    request: Request, desk: TheDesk, visitor: Reader, what: Literal["issuer", "issued", "docno"] = "issuer",
    n: PageNumber = 1,
) -> HTMLResponse:  # fmt: skip
    """Show the reports that lack their issuer, date or number."""
    return _shown(
        request, desk, "lacking", n, told=lambda: numbers(desk), found=lambda: lacking(desk, what), what=lambda: what
    )


@shown.get("/quality/silent", response_class=HTMLResponse)
def silent_page(request: Request, desk: TheDesk, visitor: Reader, year: Year | None = None) -> HTMLResponse:
    """Show the units without a report of a year; the archive's last, unless told otherwise."""

    def years() -> list[int]:
        return sorted((y for y in numbers(desk).years if y is not None), reverse=True)

    def chosen() -> int:
        return year or next(iter(years()), date.today().year)

    return _shown(
        request, desk, "silent", years=years, year=chosen, found=lambda: missing(desk, chosen()),
        expected=lambda: expected(desk),
    )  # fmt: skip


@shown.post("/quality/expected")
def expect_form(
    desk: TheDesk, visitor: Editor, units: Annotated[str, Form(max_length=200_000)] = "",
    year: Annotated[str, Form(pattern=r"^\d{4}$|^$")] = "",
) -> RedirectResponse:  # fmt: skip
    """Say which units are to report each year, one a line."""
    expect(desk, visitor, units.splitlines())
    return RedirectResponse(f"/quality/silent?year={year}" if year else "/quality/silent", status_code=303)


@shown.get("/quality/scans", response_class=HTMLResponse)
def scans_page(request: Request, desk: TheDesk, visitor: Reader, below: Sure = 0.8, n: PageNumber = 1) -> HTMLResponse:
    """Show the pages that were recognised with little certainty."""
    return _shown(
        request, desk, "scans", n, told=lambda: numbers(desk), found=lambda: scans(desk, below), below=lambda: below
    )


@shown.get("/quality/corrections", response_class=HTMLResponse)
def corrections_page(
    request: Request, desk: TheDesk, visitor: Reader, undone: bool = False, n: PageNumber = 1
) -> HTMLResponse:
    """Show what people corrected, to be undone."""
    total, some = surveying.corrections_page(desk.folder, undone=undone, limit=_PAGE, offset=(n - 1) * _PAGE)
    language = visitor.language
    return _shown(
        request, desk, "corrections", n, entries=lambda: [entry.to_json() for entry in some], total=lambda: total,
        merges=lambda: [entry.to_json() for entry in surveying.merges(desk.folder)], undone=lambda: undone,
        words=lambda: lambda told: correction_words(told, language),
    )  # fmt: skip


@shown.get("/quality/model", response_class=HTMLResponse)
def model_page(request: Request, desk: TheDesk, visitor: Reader) -> HTMLResponse:
    """Show how the model did where people looked, and let an admin train it anew."""
    if request.headers.get("x-part") == "progress":
        return page(
            request, "tasks.html", tasks=tasks.last(desk.record), KINDS_OF_WORK=KINDS_OF_WORK, STAGES=STAGES
        )  # fmt: skip
    return _shown(
        request, desk, "model", judged=lambda: judged(desk), tasks=lambda: tasks.last(desk.record),
        KINDS_OF_WORK=lambda: KINDS_OF_WORK, STAGES=lambda: STAGES,
    )  # fmt: skip


@shown.post("/quality/tasks")
def ask_form(desk: TheDesk, visitor: Admin, kind: Annotated[Work, Form()]) -> RedirectResponse:
    """Ask for training or a new index from the page."""
    ask(desk, visitor, kind)
    return RedirectResponse("/quality/model", status_code=303)
