"""Drafts of reviews as the record keeps them: composed beside the requests, changed step by step, never lost."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from baocao.errors import BaocaoError, NotFoundError
from baocao.index import lookup
from baocao.index.record import now
from baocao.index.tables import changes, drafts
from baocao.insight.recurring import recurring
from baocao.insight.review import ReviewRequest, review
from baocao.insight.review.compose import candidates
from baocao.insight.review.draft import Draft, anew, kept, request_from_json
from baocao.insight.review.model import Placed
from baocao.insight.review.statements import is_of
from baocao.insight.review.year import filled, reports_of
from baocao.report import Report
from baocao.web.desk import Desk
from baocao.web.refusals import StaleDraftError
from baocao.web.roles import Visitor

COMPOSING, READY, FAILED = "composing", "ready", "failed"
_AT_ONCE = 2.0  # seconds that a request waits for a draft; what takes longer is looked for again by the page
_COUNTED = 300  # changed reports that are looked at; where more changed, the year's are among them
_LOG = logging.getLogger("baocao.web")


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft in the list."""

    number: int
    name: str
    year: int
    units: tuple[str, ...]
    state: str
    version: int
    by: str
    at: str
    changed_by: str
    changed_at: str

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the entry."""
        return {**asdict(self), "units": list(self.units)}


@dataclass(frozen=True, slots=True)
class Held:
    """A draft as kept: what was asked for, the draft once it is composed, and why composing failed."""

    entry: Entry
    request: ReviewRequest
    draft: Draft | None
    fault: str | None

    @property
    def ready(self) -> Draft:
        """The draft. Raises StaleDraftError while it is being composed."""
        if self.draft is None or self.entry.state != READY:
            raise StaleDraftError("The draft is being composed; wait until it is there.")
        return self.draft


def listed(desk: Desk) -> list[Entry]:
    """Return the drafts, the one changed last first."""
    columns = [column for column in drafts.c if column.name != "body"]
    with desk.record.reading() as connection:
        rows = connection.execute(sa.select(*columns).order_by(drafts.c.changed_at.desc(), drafts.c.number.desc()))
        return [_entry(row._mapping) for row in rows]


def held(desk: Desk, number: int) -> Held:
    """Return a draft.

    Raises NotFoundError where there is none of this number.
    """
    with desk.record.reading() as connection:
        row = connection.execute(sa.select(drafts).where(drafts.c.number == number)).mappings().first()
    if row is None:
        raise NotFoundError(f"There is no draft {number}.")
    body = json.loads(row["body"])
    draft = Draft.from_json(body["draft"]) if body["draft"] else None
    return Held(_entry(row), request_from_json(body["request"]), draft, body["fault"])


def begin(desk: Desk, visitor: Visitor, name: str, request: ReviewRequest) -> int:
    """Keep a new draft and have it composed; return its number, at the latest after two seconds."""
    who, at = visitor.name or "", now()
    row = {
        "name": name, "year": request.year, "units": json.dumps(request.units, ensure_ascii=False), "state": COMPOSING,
        "version": 1, "body": _body(request, None, None), "by": who, "at": at, "changed_by": who, "changed_at": at,
    }  # fmt: skip
    with desk.record.writing() as connection:
        number: int = connection.execute(sa.insert(drafts).values(**row).returning(drafts.c.number)).scalar_one()
    desk.note(visitor, "draft", f"{number} new {name}")
    _compose(desk, number, request)
    return number


def compose_anew(desk: Desk, visitor: Visitor, number: int, version: int) -> None:
    """Compose a draft of the archive as it is now, and keep what was decided."""
    before = held(desk, number)
    values = {"state": COMPOSING, "changed_by": visitor.name or "", "changed_at": now()}
    _put(desk, number, version, values)
    desk.note(visitor, "draft", f"{number} anew")
    _compose(desk, number, before.request)


def change(
    desk: Desk, visitor: Visitor, number: int, version: int, did: str, what: str, make: Callable[[Draft], Draft],
    *, step: bool = True,
) -> None:  # fmt: skip
    """Make a change of a draft and keep it.

    Raises StaleDraftError where the draft is no longer of this version.
    """
    told = held(desk, number)
    before = told.ready
    if told.entry.version != version:
        raise _stale(told.entry)
    after = make(before)
    if after == before:
        return
    who, at = visitor.name or "", now()
    if step:
        after = kept(before, after, by=who, at=at, did=did, what=what)
    body = _body(told.request, after, None)
    _put(desk, number, version, {"body": body, "changed_by": who, "changed_at": at})
    desk.note(visitor, "draft", f"{number} {did} {what}")


def rename(desk: Desk, visitor: Visitor, number: int, version: int, name: str) -> None:
    """Give a draft another name."""
    _put(desk, number, version, {"name": name, "changed_by": visitor.name or "", "changed_at": now()})
    desk.note(visitor, "draft", f"{number} rename {name}")


def delete(desk: Desk, visitor: Visitor, number: int, version: int) -> None:
    """Delete a draft for good."""
    told = held(desk, number).entry
    with desk.record.writing() as connection:
        one = sa.delete(drafts).where(drafts.c.number == number, drafts.c.version == version)
        if not connection.execute(one).rowcount:
            raise _stale(told)
    desk.note(visitor, "draft", f"{number} delete {told.name}")


def changed_reports(desk: Desk, number: int, draft: Draft) -> int:
    """Return how many reports of the draft's year and units came, changed or were corrected since it was composed."""
    last = desk.record.last_change()

    def count() -> int:
        with desk.record.reading() as connection:
            since = sa.select(changes.c.report).where(changes.c.seq > draft.change).distinct()
            ids = list(connection.scalars(since))
        if len(ids) > _COUNTED:
            return len(ids)
        told = (Report.from_json(lookup.report_json(desk.folder, id)) for id in ids)
        return sum(is_of(report, draft.request.year, draft.request.units) for report in told)

    return 0 if last == draft.change else desk.kept(f"draft {number} since", (draft.change, last), count)


def sentences(desk: Desk, draft: Draft) -> list[Placed]:
    """Return the sentences of the draft's year that a review may show; those of the year asked for last are kept."""
    request = draft.request
    state = request.year, request.units, desk.record.last_change()
    return desk.kept("sentences of a year", state, lambda: candidates(reports_of(desk.folder, request.year), request))


def is_running(desk: Desk, number: int) -> bool:
    """Tell whether this process composes a draft."""
    thread = _threads(desk).get(number)
    return thread is not None and thread.is_alive()


def _compose(desk: Desk, number: int, request: ReviewRequest) -> None:
    thread = threading.Thread(target=_composed, args=(desk, number, request), daemon=True, name=f"draft {number}")
    _threads(desk)[number] = thread
    thread.start()
    thread.join(_AT_ONCE)


def _composed(desk: Desk, number: int, request: ReviewRequest) -> None:
    """Compose a draft and keep it, or why it could not be made; the decisions of one there was stay."""
    try:
        before = held(desk, number)
    except NotFoundError:  # deleted already
        return
    try:
        change = desk.record.last_change()
        present: set[str] = set()

        def reports() -> Iterator[Report]:
            for report in reports_of(desk.folder, request.year):
                if is_of(report, request.year, request.units):
                    present.add(report.id)
                yield report

        made = review(reports(), filled(desk.folder, request, recurring(desk.folder)))
        draft = anew(before.draft, made, change, present) if before.draft else Draft(request, made, change)
        state, body = READY, _body(request, draft, None)
    except BaocaoError as error:
        state, body = READY if before.draft else FAILED, _body(request, before.draft, error.code)
    except Exception:
        _LOG.exception("draft %d", number)
        state, body = READY if before.draft else FAILED, _body(request, before.draft, BaocaoError.code)
    with suppress(StaleDraftError, NotFoundError):  # deleted meanwhile, or composed by another process of the page
        _put(desk, number, before.entry.version, {"state": state, "body": body})


def _put(desk: Desk, number: int, version: int, values: dict[str, Any]) -> None:
    with desk.record.writing() as connection:
        one = sa.update(drafts).where(drafts.c.number == number, drafts.c.version == version)
        done = connection.execute(one.values(**values, version=version + 1)).rowcount
    if not done:
        raise _stale(held(desk, number).entry)


def _stale(entry: Entry) -> StaleDraftError:
    return StaleDraftError(f"{entry.changed_by} changed the draft meanwhile; look at it again and repeat your change.")


def _body(request: ReviewRequest, draft: Draft | None, fault: str | None) -> str:
    told = {"request": asdict(request), "draft": draft.to_json() if draft else None, "fault": fault}
    return json.dumps(told, ensure_ascii=False)


def _entry(row: Any) -> Entry:
    told = {name: row[name] for name in Entry.__slots__}
    return Entry(**{**told, "units": tuple(json.loads(row["units"]))})


def _threads(desk: Desk) -> dict[int, threading.Thread]:
    return desk.kept("drafts being composed", None, dict)
