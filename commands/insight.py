"""`review`, `followup`: what is made from the record."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baocao.commands.options import ARCHIVE, ArchiveOption, JsonOption, WhoOption, one_of, say, say_json

if TYPE_CHECKING:
    from baocao.insight.review import Followed, Review

app = typer.Typer(help="What became of the recommendations of a year's review.", no_args_is_help=True)


class State(StrEnum):
    """What became of a recommendation."""

    OPEN = "open"
    IN_HAND = "in-hand"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def shown(self) -> str:
        """The state's name in a review."""
        return {"open": "Chưa thực hiện", "in-hand": "Đang thực hiện", "done": "Đã thực hiện"}.get(
            self.value, "Không thực hiện"
        )


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
    from baocao.index.lookup import reports
    from baocao.insight.review import ReviewRequest, write_review
    from baocao.insight.review import review as compose

    request = ReviewRequest(
        year, units=tuple(unit or ()), items=items, pages=pages, expected=tuple(expected or ()), issuer=issuer,
        parent=parent, place=place, followed=tuple(_followed(archive, year - 1)),
    )  # fmt: skip
    told = compose(reports(archive), request)
    write_review(told, output)
    listed = _put_on_list(archive, told, year) if follow_up else 0
    if as_json:
        say_json({**told.to_json(), "output": str(output), "listed": listed})
    else:
        count = sum(len(group.items) for part in told.parts for group in part.groups)
        say(
            f"{count} statements of {year} written to {output}." + (f" {listed} are new on the list." if listed else "")
        )


def _followed(archive: Path, year: int) -> "list[Followed]":
    from baocao.index.lookup import follow_ups
    from baocao.insight.review import Followed

    return [
        Followed(row["text"], row["unit"], State(row["state"]).shown, row["note"], row["at"][:10])
        for row in follow_ups(archive, year)
    ]


def _put_on_list(archive: Path, told: "Review", year: int) -> int:
    from baocao.index import open_archive
    from baocao.index.archive import system_user
    from baocao.index.record import FollowUp, now
    from baocao.report import Label

    with open_archive(archive) as opened:
        return opened.record.follow_up(
            [
                FollowUp(item.id, year, item.sources[0].issuer or "", item.text, State.OPEN, "", system_user(), now())
                for part in told.parts
                if part.label is Label.RECOMMENDATION
                for group in part.groups
                for item in group.items
            ]
        )


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

    chosen = one_of(state, State)
    counts(archive)  # a folder without an archive is told, not made into one
    with open_archive(archive) as opened:
        opened.record.set_follow_up(item, chosen, note, who or system_user())
    row = next(row for row in follow_ups(archive) if row["item"] == item)
    say_json(row) if as_json else say(f"{row['item']}  {row['state']}  {row['text'][:80]}")
