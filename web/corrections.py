"""Correcting a report in place, merging units, and taking it back: who did it and when is kept."""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from baocao.errors import UsageError
from baocao.index import lookup
from baocao.index.corrections import (
    Correction,
    add_entity,
    merge_units,
    relabel,
    remove_entity,
    retype,
)
from baocao.report import EntityType, Label, Report
from baocao.web.access import Editor, Reader, TheDesk
from baocao.web.addresses import local
from baocao.web.desk import Desk
from baocao.web.roles import Visitor

shown = APIRouter()
api = APIRouter(tags=["corrections"])

Name = Annotated[str, Field(min_length=1, max_length=300)]
Offset = Annotated[int, Field(ge=0, le=2**31)]


class Change(BaseModel):
    """A correction of one report: which one, where, and to what.

    `relabel` wants `label`; `add` wants `end` and `type`; `retype` wants `type`; `remove` may name a `type`.
    """

    act: Literal["relabel", "add", "remove", "retype"]
    start: Offset
    end: Offset | None = None
    label: Label | None = None
    type: EntityType | None = None
    norm: Annotated[str, Field(max_length=300)] | None = None

    def made(self, report: Report) -> Correction:
        """Return the correction of the report as readers see it.

        Raises UsageError where something that it wants is missing, or nothing stands there.
        """
        norm = (self.norm or "").strip() or None
        match self.act:
            case "relabel" if self.label is not None:
                return relabel(report, self.start, self.label)
            case "add" if self.end is not None and self.type is not None:
                return add_entity(report, self.start, self.end, self.type, norm)
            case "retype" if self.type is not None:
                return retype(report, self.start, self.type, norm)
            case "remove":
                return remove_entity(report, self.start, self.type)
        raise UsageError(f"A correction “{self.act}” lacks something; the description of the API tells what it wants.")


class Merge(BaseModel):
    """Two names of one unit; `name` is the one to show."""

    alias: Name
    name: Name


class Numbered(BaseModel):
    """The number under which a correction is kept and can be undone."""

    number: int


def correct(desk: Desk, visitor: Visitor, id: str, change: Change) -> int:
    """Store a correction of a report and return its number; the index follows."""
    report = Report.from_json(lookup.report_json(desk.folder, id))
    number = desk.record.correct(change.made(report), report.id, str(visitor.name))
    return _followed(desk, visitor, number, f"{change.act} {report.id} {change.start}")


def merge(desk: Desk, visitor: Visitor, names: Merge) -> int:
    """Show a unit under another name in every report; return the correction's number."""
    made = merge_units(names.alias, names.name, desk.record.merges())
    number = desk.record.correct(made, None, str(visitor.name))
    return _followed(desk, visitor, number, f"merge {made.alias} → {made.name}")


def undo(desk: Desk, visitor: Visitor, number: int) -> int:
    """Put a correction out of force."""
    desk.record.undo(number, str(visitor.name))
    return _followed(desk, visitor, number, f"undo {number}")


def _followed(desk: Desk, visitor: Visitor, number: int, what: str) -> int:
    desk.note(visitor, "correct", what)
    desk.index_follows()
    return number


@api.get("/corrections")
def corrections(desk: TheDesk, _: Reader, undone: bool = False, report: str = "") -> list[dict[str, Any]]:
    """List the corrections in force, with `undone` also those taken back: what, who, when."""
    return [e.to_json() for e in lookup.corrections(desk.folder, undone=undone, report=report)]


@api.post("/reports/{id}/corrections", status_code=201)
def correct_report(id: str, change: Change, desk: TheDesk, visitor: Editor) -> Numbered:
    """Correct a report: relabel a sentence, add, remove or retype a mention."""
    return Numbered(number=correct(desk, visitor, id, change))


@api.post("/units/merge", status_code=201)
def merge_two(names: Merge, desk: TheDesk, visitor: Editor) -> Numbered:
    """Say that two names are one unit's."""
    return Numbered(number=merge(desk, visitor, names))


@api.delete("/corrections/{number}")
def undo_correction(number: Annotated[int, Field(ge=1, le=2**31)], desk: TheDesk, visitor: Editor) -> Numbered:
    """Take a correction back; its row stays, with who did so."""
    return Numbered(number=undo(desk, visitor, number))


@shown.post("/reports/{id}/corrections")
def correct_by_form(
    request: Request, id: str, change: Annotated[Change, Form()], desk: TheDesk, visitor: Editor,
) -> RedirectResponse:  # fmt: skip
    """Correct a report from its page, and show it at the sentence again."""
    correct(desk, visitor, id, change)
    return RedirectResponse(f"/reports/{id}?at={change.start}#s{change.start}", status_code=303)


@shown.post("/units/merge")
def merge_by_form(names: Annotated[Merge, Form()], desk: TheDesk, visitor: Editor) -> RedirectResponse:
    """Merge two units from the page of one."""
    merge(desk, visitor, names)
    return RedirectResponse("/units?" + urlencode({"name": names.name}), status_code=303)


@shown.post("/corrections/{number}/undo")
def undo_by_form(number: int, desk: TheDesk, visitor: Editor, back: Annotated[str, Form()] = "/") -> RedirectResponse:
    """Take a correction back and return to where it was shown."""
    undo(desk, visitor, number)
    return RedirectResponse(local(back), status_code=303)
