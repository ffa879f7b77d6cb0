"""What an archive holds and what it lacks, report by report, kept in step with the record while a server runs.

Looking over all reports takes minutes where there are many, so it is done once, beside the requests, and after that
only what changed is read again.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from baocao.index import lookup, surveying
from baocao.insight.review.statements import not_reported, year_of
from baocao.report import Kind, Report

_SHOWN = 200  # characters of a stretch that a warning is about


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning: what it is, and the stretch of the report that it is about."""

    code: str
    start: int
    text: str
    message: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is looked at of a report; `pages` are those that were recognised, each with how sure that was (0 to 1)."""

    id: str
    title: str
    kind: Kind
    docno: str | None
    issued: str | None
    issuer: str | None
    year: int | None
    warned: tuple[Warned, ...]
    pages: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, report: Report) -> "Facts":
        """Return what is looked at of a report."""
        pages = tuple((n, sure) for n, sure in enumerate(report.reading.confidence, 1) if sure is not None)
        warned = tuple(
            Warned(f.code, f.start, report.text[f.start : f.end][:_SHOWN], f.message) for f in report.findings
        )
        return cls(
            report.id, report.title, report.kind, report.docno, report.issued, report.issuer, year_of(report), warned,
            pages,
        )  # fmt: skip


LACKING: dict[str, Callable[[Facts], bool]] = {
    "issuer": lambda facts: facts.issuer is None,
    "issued": lambda facts: facts.issued is None,
    "docno": lambda facts: facts.docno is None,
}


class Overview:
    """The facts of all reports of an archive; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._facts: dict[str, Facts] = {}
        self._seen = -1  # the last change that the facts tell of; none yet
        self._starting, self._thread = threading.Lock(), threading.Thread()
        self._error: Exception | None = None
        self.done, self.total = 0, 0

    def ready(self, patience: float) -> bool:
        """Bring the facts up to the record; False where that takes longer, and goes on.

        Raises what went wrong, such as ArchiveError for a record that cannot be read.
        """
        with self._starting:
            if not self._thread.is_alive() and surveying.last_change(self._folder) != self._seen:
                self._thread = threading.Thread(target=self._catch_up, daemon=True, name="overview")
                self._thread.start()
            thread = self._thread
        if thread.ident is not None:
            thread.join(patience)
        error, self._error = self._error, None
        if error is not None:
            raise error
        return not thread.is_alive()

    @property
    def is_there(self) -> bool:
        """Tell whether there are facts, be they of a while ago."""
        return self._seen >= 0

    @property
    def seen(self) -> int:
        """The last change that the facts tell of."""
        return self._seen

    def facts(self) -> list[Facts]:
        """Return the facts of all reports, the latest issued first."""
        return sorted(self._facts.values(), key=lambda f: (f.issued or "", f.id), reverse=True)

    def _catch_up(self) -> None:
        try:
            if self._seen < 0:
                last = surveying.last_change(self._folder)
                self.total = lookup.counts(self._folder)["reports"]
                self._facts = {facts.id: facts for facts in self._counted(lookup.reports(self._folder))}
            else:
                last, changed = surveying.changed_since(self._folder, self._seen)
                facts = {id: one for id, one in self._facts.items() if id not in changed}
                for id in (id for id, held in changed.items() if held):
                    facts[id] = Facts.of(Report.from_json(lookup.report_json(self._folder, id)))
                self._facts = facts
            self._seen = last
        except Exception as error:  # raised where somebody waits for the facts
            self._error = error

    def _counted(self, reports: Iterable[Report]) -> Iterator[Facts]:
        for self.done, report in enumerate(reports, 1):
            yield Facts.of(report)


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of an archive; `years` are reports by year and kind, year None for those that tell none."""

    reports: int
    years: dict[int | None, dict[Kind, int]]
    warnings: dict[str, int]
    lacking: dict[str, int]
    pages: int


def summary(facts: Iterable[Facts]) -> Summary:
    """Return the numbers of an archive."""
    years: dict[int | None, Counter[Kind]] = {}
    warnings: Counter[str] = Counter()
    lacking = Counter(dict.fromkeys(LACKING, 0))
    reports = pages = 0
    for one in facts:
        reports += 1
        years.setdefault(one.year, Counter())[one.kind] += 1
        warnings.update(w.code for w in one.warned)
        lacking.update(name for name, is_lacking in LACKING.items() if is_lacking(one))
        pages += len(one.pages)
    ordered = sorted(years.items(), key=lambda pair: (pair[0] is None, pair[0] or 0))
    return Summary(
        reports, {year: dict(kinds) for year, kinds in ordered}, dict(warnings.most_common()), dict(lacking), pages
    )


def silent(facts: Iterable[Facts], year: int, expected: Iterable[str] = ()) -> list[tuple[str, Facts | None]]:
    """Return the bodies without a report of a year, each with its last report, if it has one.

    Those are looked for who reported on the year before, and those that `expected` names.
    """
    every = [one for one in facts if one.issuer]
    before = [str(one.issuer) for one in every if one.year == year - 1]
    missing = not_reported([*expected, *before], (str(one.issuer) for one in every if one.year == year))
    last: dict[str, Facts] = {}
    for one in sorted(every, key=lambda f: f.issued or ""):
        last[str(one.issuer)] = one
    return [(unit, last.get(unit)) for unit in missing]
