"""Warnings that a careful reader would raise: counts, periods, dates and numbers that contradict the text."""

import re
from collections.abc import Iterator, Sequence

from baocao.pipeline.tag.docnos import doc_kinds, parse_docno
from baocao.report import Entity, EntityType, Finding, Members, Period, Relation

_KIND_BEFORE = re.compile(r"(?P<kind>[^\W\d]+(?: [^\W\d]+){0,3})\s+(?:số\s*:?\s*)?$")
_COMPARED = re.compile(r"(?:cùng kỳ|so với|so|năm trước|trước đó|từ|giai đoạn)\W*(?:với\s+|của\s+)?$", re.IGNORECASE)
LOW_CONFIDENCE = 0.8  # of recognition, 0 to 1: pages that read well had 0.89 and more (docs/scans.md)
_SAME_MATTER = re.compile(r"sơ kết|tổng kết|báo cáo", re.IGNORECASE)


def check(
    text: str,
    entities: Sequence[Entity],
    relations: Sequence[Relation],
    *,
    issued: str | None,
    period: Period | None,
    title: str,
    pages_at: Sequence[int] = (0,),
    confidence: Sequence[float | None] = (),
) -> tuple[Finding, ...]:
    """Return the warnings of a report, in the order of the text; `confidence` is of recognition, page by page."""
    found = [
        *_pages(text, pages_at, confidence),
        *_counts(text, entities, relations),
        *_periods(text, entities, period, title),
        *_dates(text, entities, issued),
        *_numbers(text, entities),
    ]
    return tuple(sorted(found, key=lambda f: (f.start, f.code)))


def _pages(text: str, pages_at: Sequence[int], confidence: Sequence[float | None]) -> Iterator[Finding]:
    """Pages of a scan that were hardly recognised; of an empty one the end of the page before is marked."""
    ends = (*pages_at[1:], len(text))
    for number, (start, end, sure) in enumerate(zip(pages_at, ends, confidence, strict=False), 1):
        if sure is not None and sure < LOW_CONFIDENCE:
            first = max(0, min(start, end - 1))
            message = f"Page {number} is a scan that was recognised with a confidence of {sure:.0%} only; compare it."
            yield Finding(first, max(end, first + 1), "low_ocr_confidence", message)


def _counts(text: str, entities: Sequence[Entity], relations: Sequence[Relation]) -> Iterator[Finding]:
    for relation in relations:
        if isinstance(relation, Members) and relation.stated != len(relation.members):
            first, last = entities[relation.members[0]], entities[relation.members[-1]]
            message = f"The text says {relation.stated} members but lists {len(relation.members)}."
            yield Finding(first.start, last.end, "count_mismatch", message)


def _periods(text: str, entities: Sequence[Entity], period: Period | None, title: str) -> Iterator[Finding]:
    """The same part of another year, where the text speaks of the report itself and does not compare."""
    if period is None:
        return
    for entity in entities:
        if (
            entity.type is not EntityType.PERIOD
            or not entity.norm
            or not re.search(r"tháng|quý|nửa", entity.of(text), re.I)
        ):
            continue
        other = Period.from_norm(entity.norm)
        same_part = (other.start[4:], other.end[4:]) == (period.start[4:], period.end[4:])
        before = text[max(0, entity.start - 70) : entity.start]
        if not same_part or other.start[:4] == period.start[:4] or _COMPARED.search(before):
            continue
        if abs(int(other.start[:4]) - int(period.start[:4])) <= 2 and _SAME_MATTER.search(before):
            message = f"The report is of {period.start} to {period.end}, but here it says “{entity.of(text)}”."
            yield Finding(entity.start, entity.end, "period_mismatch", message)


def _dates(text: str, entities: Sequence[Entity], issued: str | None) -> Iterator[Finding]:
    for entity in entities:
        written = entity.of(text)
        if entity.type is not EntityType.DATE:
            continue
        numbers = [int(n) for n in re.findall(r"\d+", written)]
        if entity.norm is None and len(numbers) == 3:
            message = f"There is no day “{written}” in the calendar."
            yield Finding(entity.start, entity.end, "impossible_date", message)
        elif entity.norm and not 1930 <= int(entity.norm[:4]) <= int((issued or "2060")[:4]) + 30:
            message = f"“{written}” lies outside the years that a report speaks of."
            yield Finding(entity.start, entity.end, "date_out_of_range", message)


def _numbers(text: str, entities: Sequence[Entity]) -> Iterator[Finding]:
    """ "Quyết định số 12/KH-UBND": the word says a decision, the symbol a plan."""
    kinds = {name.lower(): symbol for symbol, name in doc_kinds().items()}
    for entity in entities:
        number = parse_docno(entity.norm) if entity.type is EntityType.DOCNO and entity.norm else None
        if number is None or number.kind is None:
            continue
        before = _KIND_BEFORE.search(text[max(0, entity.start - 45) : entity.start])
        if before is None:
            continue
        words = before["kind"].lower().split()
        said = next((k for n in range(len(words)) if (k := " ".join(words[n:])) in kinds), None)
        if said and said != number.kind.lower() and not _alike(said, number.kind.lower()):
            message = (
                f"“{entity.of(text)}” is called {said}, but its symbol {number.symbol} means {number.kind.lower()}."
            )
            yield Finding(entity.start, entity.end, "docno_kind_mismatch", message)


def _alike(said: str, kind: str) -> bool:
    """ "Luật", "Pháp lệnh" and "Nghị quyết" of the National Assembly share symbols, as do official letters."""
    group = {"luật", "pháp lệnh", "nghị quyết", "bộ luật", "lệnh"}
    return (said in group and kind in group) or said in kind or kind in said or said in ("công văn", "văn bản")
