"""What an archive stores of a report: its row, its packed JSON, and a document of tokens a sentence for the engine.

Made in the worker that read the report, so that the one process that writes only writes. Nothing here knows
which database or engine there is.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from baocao.index.analysis import folded_tokens, sentence_tokens, whole_name
from baocao.index.likeness import Likeness, likeness
from baocao.report import EntityType, Report

# Fields of a document: what is shown (report, start, text, label, title, issuer, date), what is filtered and counted
# (kind, year, unit, person, docno, office: the issuer's whole name, issued as YYYYMMDD or 0), and tokens to search
# (body, exact, around, above, units, persons).
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report ready to be stored; `body` is its packed JSON, a document stands for each sentence."""

    id: str
    sha256: str
    title: str
    kind: str
    docno: str | None
    issuer: str | None
    issued: str | None
    body: bytes
    documents: tuple[Document, ...]
    number: int = 0  # the record's number of the report; 0 while it is not stored yet
    likeness: Likeness | None = None  # of a report that may be another file of one that is stored


def prepare(report: Report) -> Prepared:
    """Make a report ready to be stored."""
    return Prepared(
        report.id,
        report.source.sha256,
        report.title,
        report.kind.value,
        report.docno,
        report.issuer,
        report.issued,
        pack(report),
        tuple(_documents(report)),
    )


def prepare_new(report: Report) -> Prepared:
    """Make a report ready to be stored for the first time, to be compared with those that are."""
    return replace(prepare(report), likeness=likeness(report))


def pack(report: Report) -> bytes:
    """Return the compressed JSON of a report."""
    return zlib.compress(json.dumps(report.to_json(), ensure_ascii=False).encode("utf-8"), 3)


def unpack(body: bytes) -> Report:
    """Return the report of a packed body."""
    return Report.from_json(json.loads(zlib.decompress(body)))


_name_tokens = lru_cache(maxsize=1 << 14)(folded_tokens)


def _documents(report: Report) -> Iterator[Document]:
    year = (report.issued or (report.period.start if report.period else ""))[:4]
    named: dict[EntityType, dict[int, list[str]]] = {t: {} for t in EntityType}
    for entity in report.entities:
        if entity.norm and entity.sentence is not None:
            named[entity.type].setdefault(entity.sentence, []).append(entity.norm)
    context = folded_tokens(f"{report.title} {report.issuer or ''} {report.docno or ''}")
    issuer = [report.issuer] if report.issuer else []
    office = whole_name(report.issuer or "")
    headings = [folded_tokens(s.heading) for s in report.sections]
    for i, sentence in enumerate(report.sentences):
        text = sentence.of(report.text)
        persons, docnos = (named[t].get(i, []) for t in (EntityType.PERSON, EntityType.DOCNO))
        body, folded, exact = sentence_tokens(text, docnos)
        units = list(dict.fromkeys([*named[EntityType.UNIT].get(i, []), *issuer]))
        heading = headings[sentence.section] if sentence.section is not None else ""
        inside = set(folded.split())
        above = dict.fromkeys(f"{context} {heading}".split())
        yield {
            "report": report.id,
            "start": sentence.start,
            "text": text,
            "label": sentence.label.value,
            "kind": report.kind.value,
            "title": report.title,
            "issuer": report.issuer or "",
            "date": report.issued or "",
            "year": year,
            "issued": int((report.issued or "0").replace("-", "").ljust(8, "0")),
            "unit": units,
            "person": list(dict.fromkeys(persons)),
            "docno": list(dict.fromkeys(docnos)),
            "office": office,
            "body": body,
            "exact": exact,
            "around": f"{context} {heading} {folded}",
            "above": " ".join(w for w in above if w not in inside),
            "units": " | ".join(map(_name_tokens, units)),
            "persons": " | ".join(map(_name_tokens, persons)),
        }
