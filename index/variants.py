"""The same report in several files: as DOCX and as scan, as draft and final, twice on the web. One stands for all.

The others stay in the record with their originals, out of the index and of whatever counts reports. Two files are
one report where their texts are alike and neither unit, period, number, day of issue nor their figures speak against
it, so next year's report on the same form is none. The same number asks for less, since a scan has its slips. All
within the transaction that stores the reports.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from baocao.index.likeness import Likeness, alike
from baocao.index.prepare import Prepared
from baocao.index.tables import reports, variant_bands, variants

_APART = 2  # months between a draft and its final at most
_ALIKE = 0.8  # of the runs of syllables
_FIGURES = 0.4  # of the figures: on one form, with other figures, another report stands
_NUMBERED = 0.25  # where both bear the same number: of a scan of which every tenth word is misread


@dataclass(frozen=True, slots=True)
class _Row:
    report: str
    docno: str | None
    issued: str | None
    likeness: Likeness


def settle(connection: sa.Connection, stored: Sequence[Prepared], gone: Sequence[str]) -> dict[str, list[str]]:
    """Let each new report find the one that it is another file of; `gone` are those that others took the place of.

    Return report → the others whose standing changed with it; those of `gone` stand under "".
    """
    changed: dict[str, list[str]] = {"": []}
    for report in gone:
        changed[""] += _let_go(connection, report)
    for prepared in stored:
        if prepared.likeness is not None:
            row = _Row(prepared.id, prepared.docno, prepared.issued, prepared.likeness)
            changed[prepared.id] = _joined(connection, row)
    return changed


def stale_at(connection: sa.Connection, paths: Mapping[str, str]) -> list[str]:
    """Return the variants whose files have other bytes now; `paths` is path → the report that lies there now."""
    query = (
        sa.select(reports.c.id, reports.c.path)
        .join(variants, variants.c.report == reports.c.id)
        .where(reports.c.path.in_(paths), variants.c.of.is_not(None))
    )
    return [row.id for row in connection.execute(query) if paths[row.path] != row.id]


def _joined(connection: sa.Connection, new: _Row) -> list[str]:
    """Put a report among its variants, if it has any, and return the others whose standing changed."""
    held = connection.scalar(sa.select(sa.func.count()).where(variants.c.of == new.report)) or 0
    _keep(connection, new)
    best = None if held else _nearest(connection, new)  # one that stands for others goes on doing so
    if best is None:
        return []
    if new.likeness.rank > best.likeness.rank:
        _stand_for(connection, new.report, best.report)
        return [best.report]
    _stand_for(connection, best.report, new.report)
    return []


def _stand_for(connection: sa.Connection, one: str, other: str) -> None:
    """Let a report stand for another and for all that the other stood for."""
    run = connection.execute
    of_other = sa.or_(variants.c.report == other, variants.c.of == other)
    run(sa.update(variants).where(of_other, variants.c.report != one).values(of=one))
    run(sa.update(variants).where(variants.c.report == one).values(of=None))
    run(sa.update(reports).where(reports.c.id == other).values(latest=False))
    run(sa.update(reports).where(reports.c.id == one).values(latest=True))


def _let_go(connection: sa.Connection, report: str) -> list[str]:
    """Forget a report among variants; the best of those that it stood for stands for them now and is returned."""
    run = connection.execute
    run(sa.delete(variants).where(variants.c.report == report))
    run(sa.delete(variant_bands).where(variant_bands.c.report == report))
    left = run(
        sa.select(variants.c.report).where(variants.c.of == report).order_by(variants.c.rank.desc(), variants.c.report)
    ).scalars().all()  # fmt: skip
    if not left:
        return []
    run(sa.update(variants).where(variants.c.of == report).values(of=left[0]))
    run(sa.update(variants).where(variants.c.report == left[0]).values(of=None))
    run(sa.update(reports).where(reports.c.id == left[0]).values(latest=True))
    return [left[0]]


def _keep(connection: sa.Connection, row: _Row) -> None:
    """Store what tells a report's variants; it stands for itself so far."""
    told = row.likeness
    connection.execute(sa.delete(variants).where(variants.c.report == row.report))
    connection.execute(sa.delete(variant_bands).where(variant_bands.c.report == row.report))
    values = {
        "signature": _hexadecimal(told.signature),
        "figures": _hexadecimal(told.figures),
        "unit": told.unit,
        "period": told.period,
        "rank": told.rank,
        "of": None,
    }
    connection.execute(sa.insert(variants).values(report=row.report, **values))
    if told.bands:
        connection.execute(sa.insert(variant_bands), [{"key": key, "report": row.report} for key in told.bands])


def _nearest(connection: sa.Connection, new: _Row) -> _Row | None:
    """Return the report that stands for the one of which this is another file."""
    found = [(_share(new, other), other) for other in _candidates(connection, new)]
    likely = [(share, other) for share, other in found if share >= _least(new, other)]
    return max(likely, key=lambda pair: (pair[0], pair[1].report))[1] if likely else None


def _candidates(connection: sa.Connection, new: _Row) -> Iterator[_Row]:
    """Yield the reports that stand for themselves and share a band or the number with a report."""
    meets = sa.select(variant_bands.c.report).where(variant_bands.c.key.in_(new.likeness.bands))
    numbered = reports.c.docno == new.docno if new.docno is not None else sa.false()
    likely = sa.or_(variants.c.report.in_(meets), numbered)
    query = (
        sa.select(variants, reports.c.docno, reports.c.issued)
        .join(reports, reports.c.id == variants.c.report)
        .where(likely, variants.c.of.is_(None), reports.c.latest, variants.c.report != new.report)
    )
    for row in connection.execute(query):
        hashes = _numbers(row.signature), _numbers(row.figures)
        yield _Row(row.report, row.docno, row.issued, Likeness(*hashes, row.unit, row.period, row.rank))


def _hexadecimal(hashes: Sequence[int]) -> str:
    return "".join(f"{number:08x}" for number in hashes)


def _numbers(hexadecimal: str) -> tuple[int, ...]:
    return tuple(int(hexadecimal[at : at + 8], 16) for at in range(0, len(hexadecimal), 8))


def _share(one: _Row, other: _Row) -> float:
    """Return how alike two reports are, 0 where a fact speaks against their being one."""
    a, b = one.likeness, other.likeness
    facts = ((a.unit, b.unit), (a.period, b.period), (one.docno, other.docno))
    against = any(x is not None and y is not None and x != y for x, y in facts)
    against = against or (bool(a.figures and b.figures) and alike(a.figures, b.figures) < _FIGURES)
    return 0.0 if against or _far(one.issued, other.issued) else alike(a.signature, b.signature)


def _far(one: str | None, other: str | None) -> bool:
    """Tell days of issue that are too far apart for one report."""
    if one is None or other is None:
        return False
    months = [12 * int(day[:4]) + int(day[5:7] or 1) for day in (one, other)]
    return abs(months[0] - months[1]) > _APART


def _least(one: _Row, other: _Row) -> float:
    return _NUMBERED if one.docno is not None and one.docno == other.docno else _ALIKE
