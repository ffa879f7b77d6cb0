"""What any search engine must offer, and the nouns of a search."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol, Self

from baocao.errors import ArchiveError, UsageError
from baocao.index.analysis import highlights
from baocao.index.prepare import Document, Prepared

NAMED = ("unit", "person", "docno")  # facets of which a sentence may have several values, and an archive very many
FACETS = (*NAMED, "year", "label", "kind")
_ISO = re.compile(r"(\d{4})(?:-?(\d\d))?(?:-?(\d\d))?")


class SearchDownError(ArchiveError):
    """The search engine cannot be reached or takes nothing in for now; what is stored is safe in the record."""

    code = "BC350"


class Sort(StrEnum):
    """The order of hits."""

    RELEVANCE = "relevance"
    NEWEST = "newest"


class Group(StrEnum):
    """What a hit is: a report with its best sentences, or a sentence."""

    REPORT = "report"
    SENTENCE = "sentence"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query and its filters; filters of one kind are OR-ed, kinds are AND-ed. Dates are ISO, inclusive.

    `issuer` is the unit that issued a report, its whole name, with or without diacritics. `after` leaves out the
    reports up to this number of the record: those after it were stored later. `facets` are of `FACETS`; each costs.
    Raises UsageError for a facet that is none.
    """

    query: str = ""
    units: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    docnos: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    issuer: str | None = None
    after: int | None = None
    date_from: str | None = None
    date_to: str | None = None
    sort: Sort = Sort.RELEVANCE
    by: Group = Group.REPORT
    limit: int = 10
    offset: int = 0
    facets: tuple[str, ...] = ("unit", "year", "label", "kind")

    def __post_init__(self) -> None:
        """See that the facets are facets."""
        if unknown := [name for name in self.facets if name not in FACETS]:
            raise UsageError(f"“{unknown[0]}” is no facet; there are {', '.join(FACETS)}.")


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """A sentence found; `start` is its offset in the report, highlights are offsets in `text`."""

    start: int
    text: str
    label: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A report found, with the sentences that matched, best first."""

    report: str
    title: str
    issued: str | None
    issuer: str | None
    score: float
    sentences: tuple[SentenceHit, ...]

    @classmethod
    def of(cls, score: float | None, found: Sequence[Document], marks: Sequence[tuple[str, ...]]) -> Self:
        """Return the report of these documents, with `marks` (runs of folded syllables) highlighted in each."""
        sentences = tuple(
            SentenceHit(f["start"], f["text"], f["label"], tuple(highlights(f["text"], marks))) for f in found
        )
        first = found[0]
        issued, issuer = first["date"] or None, first["issuer"] or None
        return cls(first["report"], first["title"], issued, issuer, round(float(score or 0.0), 4), sentences)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`total` counts reports or sentences, as asked for; facets count matching sentences."""

    total: int
    took_ms: float
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the result."""
        return {
            "total": self.total,
            "took_ms": self.took_ms,
            "facets": {name: [[value, n] for value, n in counts] for name, counts in self.facets.items()},
            "hits": [
                {
                    "report": hit.report,
                    "title": hit.title,
                    "issued": hit.issued,
                    "issuer": hit.issuer,
                    "score": hit.score,
                    "sentences": [
                        {
                            "start": s.start,
                            "text": s.text,
                            "label": s.label,
                            "highlights": [list(h) for h in s.highlights],
                        }
                        for s in hit.sentences
                    ],
                }
                for hit in self.hits
            ],
        }


class SearchEngine(Protocol):
    """A projection of the record that answers searches."""

    def put(self, reports: Iterable[Prepared]) -> None:
        """Add reports, each in place of what the engine has under its id; visible after `commit` at the latest.

        Of one report no two processes may put or drop at the same time, each until its `commit` has returned.
        Raises ValueError for a report that the record has not numbered.
        """

    def drop(self, ids: Iterable[str]) -> None:
        """Take reports out; visible after `commit` at the latest."""

    def commit(self) -> None:
        """Make what was put and dropped lasting and visible; where that fails, it is forgotten."""

    def forget(self) -> None:
        """Leave out what was put and dropped since the last commit, as far as it is not in yet."""

    def close(self) -> None:
        """Let the engine go; what was not committed may be lost."""

    def ids(self) -> Iterator[str]:
        """Yield the id of every report that the engine holds."""

    def frequencies(self, tokens: Sequence[str]) -> dict[str, int]:
        """Return in how many sentences each of these tokens of the main field stands, without those of none.

        Syllables and pairs of them, as `analysis` makes them. What was dropped lately may be counted still.
        """

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer a request.

        Raises QueryError where the query cannot be understood.
        """

    def every(self, request: SearchRequest) -> Iterator[Hit]:
        """Yield every sentence that a request finds, in its order, whatever limit and offset it tells.

        Each is a hit of its own, `by` makes no difference. What is put or dropped meanwhile changes nothing.
        """

    def stored(self) -> Iterator[tuple[str, list[Document]]]:
        """Yield each report's id with what is shown of its sentences, in the order of the text.

        The fields are report, start, text, label, title, issuer and date. Reports come in no order told.
        """


def day_number(iso: str | None, rest: str) -> int | None:
    """Return a day as YYYYMMDD; `rest` stands for a month or day that is not told: 00 before all, 99 behind all."""
    if iso is None:
        return None
    match = _ISO.fullmatch(iso.strip())
    try:
        if match:
            date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
            return int("".join(part or rest for part in match.groups()))
    except ValueError:
        pass  # a 13th month, a 30th of February
    raise UsageError(f"“{iso}” is no date; write it as 2017-06-22, 2017-06 or 2017.")
