"""From the reports of a record to the review of a year."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from baocao.errors import UsageError
from baocao.insight.review.conflicts import conflicts
from baocao.insight.review.fields import field_of
from baocao.insight.review.length import Length
from baocao.insight.review.model import (
    PARTS,
    CitedDocument,
    Conflict,
    DataWarning,
    Group,
    Item,
    Part,
    Placed,
    Reporting,
    Review,
    ReviewRequest,
)
from baocao.insight.review.select import Candidate, Choice, Pool
from baocao.insight.review.statements import Statement, as_written, cite, is_of, not_reported, statements, year_of
from baocao.insight.review.verify import agree, verify
from baocao.report import EntityType, Label, Report
from baocao.text import fold

_SHARES = {Label.ACHIEVEMENT: 0.4, Label.DIFFICULTY: 0.3, Label.RECOMMENDATION: 0.3}


def review(reports: Iterable[Report], request: ReviewRequest) -> Review:
    """Return the review of a year.

    `reports` may be of many years, in any order; those of the year before tell who should have reported. Raises
    UsageError where no report is of the year and the units.
    """
    chosen, before = _sorted_out(reports, request)
    if not chosen:
        of = f" of {', '.join(request.units)}" if request.units else ""
        raise UsageError(f"No report{of} speaks of {request.year}; `baocao search` with --year shows which there are.")
    names = _names(chosen)
    said = [s for report in chosen for s in statements(report, names.get(report.id))]
    against = conflicts(said)
    return Review(
        year=request.year,
        units=request.units,
        issuer=request.issuer,
        parent=request.parent,
        place=request.place,
        reports=len(chosen),
        parts=tuple(_parts(said, against, request)),
        reporting=tuple(_reporting(chosen, names, request, before)),
        documents=tuple(_documents(chosen, names)),
        returning=request.returning,
        followed=request.followed,
        conflicts=tuple(against),
        warnings=tuple(_warnings(chosen, names)),
    )


def candidates(reports: Iterable[Report], request: ReviewRequest) -> list[Placed]:
    """Return every sentence of the year that a review may show, each alone, as `review` would place it."""
    chosen, _ = _sorted_out(reports, request)
    names = _names(chosen)
    said = [s for report in chosen for s in statements(report, names.get(report.id))]
    against = conflicts(said)
    found = []
    for label in PARTS:
        for i, s in enumerate(mine := [s for s in said if s.label is label]):
            found.append(Placed(label, field_of(s.shown.text, s.headings), _item(mine, Choice(i, (), 0.0), against)))
    return found


def _sorted_out(reports: Iterable[Report], request: ReviewRequest) -> tuple[list[Report], list[str]]:
    """Return the reports of the year, and the bodies that reported in the year before."""
    chosen, before = [], []
    for report in reports:
        if is_of(report, request.year, request.units):
            chosen.append(report)
        elif year_of(report) == request.year - 1 and report.issuer:
            before.append(report.issuer)
    chosen.sort(key=lambda r: (r.issued or "", r.id))
    return chosen, before


def _names(reports: Sequence[Report]) -> dict[str, str]:
    """Return the body of each report, its place added where bodies of several places have one name."""
    places = defaultdict(set)
    for report in reports:
        if report.issuer and report.place:
            places[report.issuer].add(fold(report.place))
    names = {}
    for report in reports:
        if report.issuer:
            several = len(places[report.issuer]) > 1 and report.place
            names[report.id] = f"{report.issuer} ({report.place})" if several else report.issuer
    return names


def _parts(said: Sequence[Statement], against: Sequence[Conflict], request: ReviewRequest) -> Iterator[Part]:
    """Yield the parts; what one leaves of its share of the length goes to those after it."""
    length = Length.of(request)
    left, shares = length.whole, sum(_SHARES.values())
    for label in PARTS:
        share = left * _SHARES[label] / shares
        mine = [s for s in said if s.label is label]
        choices = _chosen(mine, length, share)
        left, shares = left - length.taken(mine, choices), shares - _SHARES[label]
        yield Part(label, tuple(_grouped(mine, choices, against)))


def _chosen(said: Sequence[Statement], length: Length, share: float) -> list[Choice]:
    pool = Pool([Candidate(s.shown.text, s.source.issuer or s.source.report, s.weight) for s in said])
    return pool.choose(lambda choices: length.is_full(said, choices, share), _same(said))


def _same(said: Sequence[Statement]) -> Callable[[int, int], bool]:
    """Two statements of different reports are one where the words agree, and neither was given a body's name."""

    def same(i: int, j: int) -> bool:
        one, other = said[i], said[j]
        named = one.shown.named or other.shown.named
        return not named and one.source.report != other.source.report and agree(one.shown.text, other.shown.text)

    return same


def _grouped(said: Sequence[Statement], choices: Sequence[Choice], against: Sequence[Conflict]) -> Iterator[Group]:
    """Yield the fields, that of the weightiest item first."""
    groups: dict[str, list[Item]] = {}
    for choice in choices:
        first = said[choice.index]
        groups.setdefault(field_of(first.shown.text, first.headings), []).append(_item(said, choice, against))
    for field, items in groups.items():
        yield Group(field, tuple(items))


def _item(said: Sequence[Statement], choice: Choice, against: Sequence[Conflict]) -> Item:
    """Make an item; what its sources do not say word for word is refused here."""
    first = said[choice.index]
    others = _one_a_report(said[i] for i in choice.alike)
    verify(first.shown, [first.source.text, *(o.source.text for o in others)], reporter=first.reporter)
    sources = (first.source, *(o.source for o in others))
    return Item(first.shown.text, sources, tuple(c for c in against if any(s in c.sources for s in sources)))


def _one_a_report(said: Iterable[Statement]) -> list[Statement]:
    return list({s.source.report: s for s in said}.values())


def _reporting(
    chosen: Sequence[Report], names: dict[str, str], request: ReviewRequest, before: Sequence[str]
) -> Iterator[Reporting]:
    """Yield the bodies that reported, then those that should have; by name."""
    own: dict[str, list[str]] = defaultdict(list)
    for report in chosen:
        own[names.get(report.id, report.title)].append(
            as_written(report, report.docno) if report.docno else report.title
        )
    for unit in sorted(own, key=fold):
        yield Reporting(unit, tuple(dict.fromkeys(own[unit])))
    expected = request.expected or request.units or tuple(before)
    for unit in not_reported(expected, (report.issuer for report in chosen if report.issuer)):
        yield Reporting(unit, ())


def _documents(chosen: Sequence[Report], names: dict[str, str]) -> Iterator[CitedDocument]:
    """Yield the documents that reports name besides their own, the most named first."""
    named: Counter[str] = Counter()
    units: dict[str, dict[str, None]] = defaultdict(dict)
    spelt: dict[str, str] = {}
    for report in chosen:
        for docno in {e.norm for e in report.entities if e.type is EntityType.DOCNO and e.norm} - {report.docno}:
            named[docno] += 1
            spelt.setdefault(docno, as_written(report, docno))
            units[docno][names.get(report.id, report.title)] = None
    for docno, count in sorted(named.items(), key=lambda told: (-told[1], told[0])):
        yield CitedDocument(spelt[docno], count, tuple(units[docno]))


def _warnings(chosen: Sequence[Report], names: dict[str, str]) -> Iterator[DataWarning]:
    for report in chosen:
        for f in report.findings:
            yield DataWarning(f.code, f.message, cite(report, f.start, f.end, names.get(report.id)))
