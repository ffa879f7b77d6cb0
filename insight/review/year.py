"""The review of a year of an archive: which years there are, what the record adds to a request, the follow-up list."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from baocao.index import lookup
from baocao.index.record import FollowUp
from baocao.insight.recurring import Recurring
from baocao.insight.review.followup import State
from baocao.insight.review.model import Followed, Returning, Review, ReviewRequest
from baocao.report import Label, Report


def years(folder: Path) -> dict[int, Counter[str]]:
    """Return year → body → how many reports it issued; latest year first, reports without an issuer under ""."""
    found: dict[int, Counter[str]] = {}
    for _, issuer, told in lookup.periods(folder):
        if told:
            found.setdefault(int(told[:4]), Counter())[issuer or ""] += 1
    return {year: found[year] for year in sorted(found, reverse=True)}


def reports_of(folder: Path, year: int) -> Iterator[Report]:
    """Yield the reports that a review of a year needs: its own, and those of the year before; no other is read."""
    wanted = (str(year), str(year - 1))
    return lookup.reports(folder, only={id for id, _, told in lookup.periods(folder) if told and told[:4] in wanted})


def filled(folder: Path, request: ReviewRequest, recurring: Recurring) -> ReviewRequest:
    """Return a request with the difficulties that came back and what became of last year's recommendations."""
    found = recurring.difficulties(units=request.units, years=(None, request.year))
    returning = tuple(
        Returning(d.name, d.units, tuple(y for y, _ in d.years))
        for d in found
        if len(d.years) > 1 and d.years[-1][0] == request.year
    )
    followed = tuple(
        Followed(row["text"], row["unit"], State(row["state"]).shown, row["note"], row["at"][:10])
        for row in lookup.follow_ups(folder, request.year - 1)
    )
    return replace(request, returning=returning, followed=followed)


def follow_up_rows(review: Review, by: str, at: str) -> list[FollowUp]:
    """Return a review's recommendations as the follow-up list takes them; all are open."""
    return [
        FollowUp(item.id, review.year, item.unit, item.text, State.OPEN, "", by, at)
        for part in review.parts
        if part.label is Label.RECOMMENDATION
        for item in part.items
    ]
