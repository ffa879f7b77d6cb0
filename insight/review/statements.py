"""What of a year's reports can stand in a review: labelled sentences that can be understood alone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from baocao.insight.review.model import PARTS, Cited
from baocao.insight.review.openings import Shown, leans, self_subject, stand_alone, without_lead
from baocao.insight.review.select import by_place
from baocao.report import EntityType, Kind, Label, Report
from baocao.text import fold

_RECIPIENTS = re.compile(r"^[ \t]*nơi nhận\s*:", re.IGNORECASE | re.MULTILINE)
_SHORTEST, _LONGEST = 6, 80  # syllables
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that a review may show, with what is known of it."""

    label: Label
    shown: Shown
    source: Cited
    reporter: str | None
    headings: tuple[str, ...]
    weight: float
    units: frozenset[str]
    periods: frozenset[str]
    period: str | None
    place: str | None


def year_of(report: Report) -> int | None:
    """Return the year that a report speaks of: that in which its period ends, or else that of its date."""
    told = report.period.end if report.period else report.issued
    return int(told[:4]) if told else None


def not_reported(expected: Iterable[str], issuers: Iterable[str]) -> list[str]:
    """Return the bodies expected that are not among those who reported, in any spelling of case; by name."""
    reported = {fold(unit) for unit in issuers}
    return sorted({fold(unit): unit for unit in expected if fold(unit) not in reported}.values(), key=fold)


def is_of(report: Report, year: int, units: Iterable[str]) -> bool:
    """Tell whether a report is of a year and was issued by one of the units, where any are named."""
    wanted = {fold(unit).strip() for unit in units}
    return year_of(report) == year and (not wanted or fold(report.issuer or "").strip() in wanted)


def cite(report: Report, start: int, end: int, issuer: str | None) -> Cited:
    """Return where a stretch of a report stands; `issuer` is the body's name as told apart from others."""
    text = report.text[start:end]
    docno = as_written(report, report.docno) if report.docno else None
    return Cited(report.id, report.title, docno, issuer, report.issued, report.page_of(start), start, end, text)


def as_written(report: Report, docno: str) -> str:
    """Return a document number as a report writes it ("12/BC-TTr"), blanks aside, for its upper-case norm."""
    mentions = (e for e in report.entities if e.type is EntityType.DOCNO and e.norm == docno)
    return next(("".join(e.of(report.text).split()) for e in mentions), docno)


def statements(report: Report, issuer: str | None) -> Iterator[Statement]:
    """Yield the sentences of a report that a review may show."""
    spoken = _entities(report)
    recipients = _RECIPIENTS.search(report.text)
    stop = recipients.start() if recipients else len(report.text)
    begun: dict[int | None, int] = {}
    for number, sentence in enumerate(report.sentences):
        text = sentence.of(report.text)
        if sentence.start >= stop or sentence.label not in PARTS or sentence.confidence < _SURE or not _stands(text):
            continue
        place = begun.setdefault(sentence.section, 0)
        begun[sentence.section] += 1
        reporter = issuer if _certain(report, number, text, spoken) else None
        yield Statement(
            label=sentence.label,
            shown=stand_alone(text, reporter),
            source=cite(report, sentence.start, sentence.end, issuer),
            reporter=reporter,
            headings=tuple(_headings(report, sentence.section)),
            weight=sentence.confidence * by_place(place),
            units=frozenset(spoken.get((number, EntityType.UNIT), ())),
            periods=frozenset(spoken.get((number, EntityType.PERIOD), ())),
            period=f"{report.period.start}/{report.period.end}" if report.period else None,
            place=report.place,
        )


def _stands(text: str) -> bool:
    """Tell whether a sentence is whole and speaks for itself: no heading, no row of a table, no lead to a list."""
    body = without_lead(" ".join(text.split()))
    plain = body.rstrip()
    return (
        _SHORTEST <= len(plain.split()) <= _LONGEST
        and "|" not in plain
        and not plain.endswith((":", "?", ","))
        and plain[0].isalnum()
        and not plain.isupper()
        and plain.count("“") == plain.count("”")
        and not leans(text)
    )


def _entities(report: Report) -> dict[tuple[int, EntityType], list[str]]:
    """Return the norms, or else the words, of what each sentence mentions."""
    found: dict[tuple[int, EntityType], list[str]] = {}
    for entity in report.entities:
        if entity.sentence is not None:
            found.setdefault((entity.sentence, entity.type), []).append(entity.norm or entity.of(report.text))
    return found


def _certain(report: Report, number: int, text: str, spoken: dict[tuple[int, EntityType], list[str]]) -> bool:
    """Tell whether "Đơn vị" can only be the body that reports: no other is named there or just before."""
    if report.kind is not Kind.REPORT or not self_subject(without_lead(" ".join(text.split()))):
        return False
    near = [*spoken.get((number, EntityType.UNIT), ()), *spoken.get((number - 1, EntityType.UNIT), ())]
    return all(unit == report.issuer for unit in near)


def _headings(report: Report, section: int | None) -> Iterator[str]:
    while section is not None:
        yield report.sections[section].heading
        section = report.sections[section].parent
