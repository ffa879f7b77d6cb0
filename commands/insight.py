"""`difficulties`, `difficulty`, `review`, `followup`: what is made from the record."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baocao.commands.options import ARCHIVE, ArchiveOption, JsonOption, WhoOption, one_of, say, say_json
from baocao.errors import UsageError

if TYPE_CHECKING:
    from baocao.insight.difficulties import Change, Difficulty
    from baocao.insight.recurring import Recurring
    from baocao.insight.review import Review

app = typer.Typer(help="What became of the recommendations of a year's review.", no_args_is_help=True)

difficulty_app = typer.Typer(help="What clerks decide on difficulties that come back.", no_args_is_help=True)
DifficultyArgument = Annotated[str, typer.Argument(help="As `baocao difficulties` shows it.")]


def difficulties(
    date_from: Annotated[int | None, typer.Option("--from", help="The first year.")] = None,
    date_to: Annotated[int | None, typer.Option("--to", help="The last year.")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="Of reports of this body; several may be named.")] = None,
    min_reports: Annotated[int, typer.Option(min=1, help="Reports that name it at least.")] = 2,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Show the difficulties that come back though the wording differs, with every place where they stand."""
    from baocao.insight.recurring import recurring

    found = recurring(archive).difficulties(least_reports=min_reports, units=unit or (), years=(date_from, date_to))
    if as_json:
        say_json([difficulty.to_json() for difficulty in found])
    elif not found:
        say(f"No difficulty stands in {min_reports} reports or more.")
    for difficulty in found if not as_json else ():
        _say_difficulty(difficulty)


def _say_difficulty(difficulty: "Difficulty") -> None:
    years = ", ".join(f"{year} ({count})" for year, count in difficulty.years)
    trend = f", {difficulty.trend.value}" if difficulty.trend else ""
    say(f"{difficulty.name}\n  {difficulty.id}: {difficulty.reports} reports, {years}{trend}")
    if difficulty.units:
        say(f"  {difficulty.spread:.0%} of the units that reported: {'; '.join(difficulty.units)}")
    for words, mentions in (
        ("", difficulty.mentions), ("cause: ", difficulty.causes), ("asked for: ", difficulty.recommendations)
    ):  # fmt: skip
        for mention in mentions:
            say(f"  [{mention.report[:8]} {mention.year or ''}] {words}{' '.join(mention.text.split())}")


@difficulty_app.command("rename")
def difficulty_rename(
    id: DifficultyArgument, name: str, archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False
) -> None:
    """Give a difficulty a name; an empty one takes it away again."""
    from baocao.insight.difficulties import rename

    _decide(archive, lambda now: rename(now.state, id, name), id, as_json)


@difficulty_app.command("merge")
def difficulty_merge(
    id: DifficultyArgument,
    others: Annotated[list[str], typer.Argument(help="Those that are the same.")],
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Make other difficulties part of the first."""
    from baocao.insight.difficulties import merge

    _decide(archive, lambda now: merge(now.state, others, id), id, as_json)


@difficulty_app.command("split")
def difficulty_split(
    id: DifficultyArgument,
    mentions: Annotated[list[str], typer.Argument(help="REPORT:START of the mentions to take out.")],
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Take mentions out of a difficulty into one of their own."""
    from baocao.insight.difficulties import split

    places = [place.rpartition(":") for place in mentions]
    if not all(report and start.isdigit() for report, _, start in places):
        raise UsageError("A mention is named REPORT:START, as `baocao difficulties --json` tells.")
    wanted = [(report, int(start)) for report, _, start in places]
    reports = {report for report, _ in wanted}
    _decide(archive, lambda now: split(now.state, id, wanted, now.read(reports), now.embed), id, as_json)


@difficulty_app.command("dismiss")
def difficulty_dismiss(
    id: DifficultyArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Show it again.")] = False,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Show a difficulty no more."""
    from baocao.insight.difficulties import dismiss

    _decide(archive, lambda now: dismiss(now.state, id, dismissed=not undo), id, as_json)


def _decide(archive: Path, decision: "Callable[[Recurring], Change]", id: str, as_json: bool) -> None:
    from baocao.insight.recurring import decide

    shown = [d for d in decide(archive, decision).difficulties(least_reports=1) if d.id == id]
    if as_json:
        say_json(shown[0].to_json() if shown else None)
    elif shown:
        _say_difficulty(shown[0])
    else:
        say(f"{id} is shown no more; `baocao difficulty dismiss --undo {id}` shows it again.")


def review(
    output: Annotated[Path, typer.Option("-o", "--output", help="review.docx, .md, .json or .xlsx.")],
    year: Annotated[int, typer.Option(min=1945, max=2200, help="The year to review.")],
    unit: Annotated[list[str] | None, typer.Option(help="Reports of this body; several may be named.")] = None,
    items: Annotated[int, typer.Option(min=1, max=1000, help="Statements at most.")] = 30,
    pages: Annotated[float | None, typer.Option(min=0.5, help="Pages of the DOCX's text, in place of --items.")] = None,
    expected: Annotated[list[str] | None, typer.Option(help="A body that should have reported.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Who issues the review.")] = None,
    parent: Annotated[str | None, typer.Option(help="The body above the issuer.")] = None,
    place: Annotated[str | None, typer.Option(help="Where it is issued.")] = None,
    follow_up: Annotated[bool, typer.Option("--follow-up", help="Put its recommendations on the list.")] = False,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Write the review of a year: results, difficulties, recommendations, each with its sources."""
    from baocao.insight.recurring import recurring
    from baocao.insight.review import ReviewRequest, write_review
    from baocao.insight.review import review as compose
    from baocao.insight.review.year import filled, reports_of

    asked = ReviewRequest(
        year, units=tuple(unit or ()), items=items, pages=pages, expected=tuple(expected or ()), issuer=issuer,
        parent=parent, place=place,
    )  # fmt: skip
    told = compose(reports_of(archive, year), filled(archive, asked, recurring(archive)))
    write_review(told, output)
    listed = _put_on_list(archive, told) if follow_up else 0
    if as_json:
        say_json({**told.to_json(), "output": str(output), "listed": listed})
    else:
        count = sum(len(group.items) for part in told.parts for group in part.groups)
        say(
            f"{count} statements of {year} written to {output}." + (f" {listed} are new on the list." if listed else "")
        )


def _put_on_list(archive: Path, told: "Review") -> int:
    from baocao.index import open_archive
    from baocao.index.archive import system_user
    from baocao.index.record import now
    from baocao.insight.review.year import follow_up_rows

    with open_archive(archive) as opened:
        return opened.record.follow_up(follow_up_rows(told, system_user(), now()))


@app.command("list")
def followup_list(
    year: Annotated[int | None, typer.Option(help="Of this year's review.")] = None,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """List the recommendations that are followed up, with their states."""
    from baocao.index.lookup import follow_ups

    found = follow_ups(archive, year)
    if as_json:
        say_json(found)
    for row in found if not as_json else ():
        note = f" ({row['note']})" if row["note"] else ""
        say(f"{row['item']}  {row['year']}  {row['state']}{note}  {row['unit']}: {' '.join(row['text'].split())}")


@app.command("set")
def followup_set(
    item: Annotated[str, typer.Argument(help="As `baocao followup list` shows it.")],
    state: Annotated[str, typer.Argument(help="open, in-hand, done or dropped.")],
    note: Annotated[str, typer.Option(help="What was done, or why not.")] = "",
    archive: ArchiveOption = ARCHIVE,
    who: WhoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what became of a recommendation."""
    from baocao.index import open_archive
    from baocao.index.archive import system_user
    from baocao.index.lookup import counts, follow_ups
    from baocao.insight.review.followup import State

    chosen = one_of(state, State)
    counts(archive)  # a folder without an archive is told, not made into one
    with open_archive(archive) as opened:
        opened.record.set_follow_up(item, chosen, note, who or system_user())
    row = next(row for row in follow_ups(archive) if row["item"] == item)
    say_json(row) if as_json else say(f"{row['item']}  {row['state']}  {row['text'][:80]}")
