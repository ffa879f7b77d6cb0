"""`correct`: what people put right, kept apart from what was found."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from baocao.commands.options import (
    ARCHIVE,
    ArchiveOption,
    JsonOption,
    NormOption,
    ReportArgument,
    StartArgument,
    TypeArgument,
    WhoOption,
    one_of,
    say,
    say_index_down,
    say_json,
)

if TYPE_CHECKING:
    from baocao.index.archive import Archive
    from baocao.index.corrections import Correction
    from baocao.report import Report

app = typer.Typer(help="Correct what was found; kept apart from it, and undone at will.", no_args_is_help=True)


@app.command("relabel")
def correct_relabel(
    report: ReportArgument,
    start: StartArgument,
    label: Annotated[str, typer.Argument(help="achievement, difficulty, recommendation or other.")],
    archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give the sentence at START another label."""
    from baocao.index.corrections import relabel
    from baocao.report import Label

    chosen = one_of(label, Label)
    _correct(archive, report, lambda seen: relabel(seen, start, chosen), who, as_json)


@app.command("add")
def correct_add(
    report: ReportArgument, start: StartArgument,
    end: Annotated[int, typer.Argument(help="The offset after its last character.")],
    type_: TypeArgument, norm: NormOption = None,
    archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Mark the characters from START to END as a mention."""
    from baocao.index.corrections import add_entity
    from baocao.report import EntityType

    chosen = one_of(type_, EntityType)
    _correct(archive, report, lambda seen: add_entity(seen, start, end, chosen, norm), who, as_json)


@app.command("remove")
def correct_remove(
    report: ReportArgument, start: StartArgument,
    type_: Annotated[str | None, typer.Option("--type", help="Which, where several mentions stand there.")] = None,
    archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say that the mention at START is none."""
    from baocao.index.corrections import remove_entity
    from baocao.report import EntityType

    chosen = one_of(type_, EntityType) if type_ is not None else None
    _correct(archive, report, lambda seen: remove_entity(seen, start, chosen), who, as_json)


@app.command("retype")
def correct_retype(
    report: ReportArgument, start: StartArgument, type_: TypeArgument, norm: NormOption = None,
    archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give the mention at START another type."""
    from baocao.index.corrections import retype
    from baocao.report import EntityType

    chosen = one_of(type_, EntityType)
    _correct(archive, report, lambda seen: retype(seen, start, chosen, norm), who, as_json)


@app.command("merge")
def correct_merge(
    alias: str, name: str, archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False
) -> None:
    """Show the unit ALIAS as NAME in every report."""
    _write(archive, lambda opened: opened.merge(alias, name, by=who), as_json)


@app.command("split")
def correct_split(
    alias: str, archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False
) -> None:
    """Undo the merge of the unit ALIAS."""
    _write(archive, lambda opened: opened.split(alias, by=who), as_json)


@app.command("undo")
def correct_undo(
    number: int, archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False
) -> None:
    """Undo a correction by the number that `baocao correct list` shows."""
    _write(archive, lambda opened: (opened.undo(number, by=who), number)[1], as_json)


@app.command("list")
def correct_list(
    undone: Annotated[bool, typer.Option("--undone", help="Also those that were undone.")] = False,
    archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """List the corrections: what, who, when, and whether each still finds its place."""
    from baocao.index.lookup import corrections

    found = [entry.to_json() for entry in corrections(archive, undone=undone)]
    if as_json:
        say_json(found)
    for told in found if not as_json else ():
        say(_correction_line(told))


def _correct(archive: Path, id_: str, make: "Callable[[Report], Correction]", who: str | None, as_json: bool) -> None:
    from baocao.index.lookup import report_json
    from baocao.report import Report

    seen = Report.from_json(report_json(archive, id_))
    correction = make(seen)
    _write(archive, lambda opened: opened.correct(seen.id, correction, by=who), as_json)


def _write(archive: Path, act: "Callable[[Archive], int]", as_json: bool) -> None:
    from baocao.index import open_archive
    from baocao.index.lookup import corrections, counts

    counts(archive)  # a folder without an archive is told, not made into one
    with open_archive(archive) as opened:
        number = act(opened)
    say_index_down(opened)
    told = next(e.to_json() for e in corrections(archive, undone=True) if e.number == number)
    say_json(told) if as_json else say(_correction_line(told))


def _correction_line(told: dict[str, Any]) -> str:
    if told["kind"] == "merge":
        what = f"“{told['alias']}” → “{told['name']}”"
    else:
        what = f"{told['report'][:8]} at {told['start']}: “{' '.join(told['text'].split())[:60]}” "
        what += f"{told.get('label') or told['type']}"
    undone = f", undone by {told['undone_by']} {told['undone_at']}" if told["undone_at"] else ""
    lost = "" if told["fits"] else " (its words stand no longer in the report)"
    return f"{told['number']}  {told['kind']} {what}, by {told['by']} {told['at']}{undone}{lost}"
