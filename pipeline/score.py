"""Scoring the pipeline against gold labels: a folder of NAME.txt with NAME.json beside it.

A mention counts where its characters are exactly the gold's; norms are scored among those. Relations
are compared as texts. A gold label "difficulty|achievement" accepts either. Intervals come from drawing
documents anew: sentences of one document are alike, so drawing sentences would make them too narrow.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from baocao.errors import UsageError
from baocao.pipeline import analyze
from baocao.report import DocIssued, EntityType, Label, PersonRole, RawDocument, Report, Source
from baocao.text import clean, fold

_SEED = 20171
_DRAWS = 1_000
_BINS = 10
_LEFT_OUT = 0.1
_RELATIONS = "relations"

Interval = tuple[float, float]


@dataclass(slots=True)
class Count:
    """What was found rightly, found wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of the found that is right; 1.0 where nothing was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found; 1.0 where there is none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)


class ErrorKind(StrEnum):
    """How the pipeline and the gold differ at a place."""

    MISSED = "missed"
    SPURIOUS = "extra"
    NORM = "norm"
    LABEL = "label"
    MISSED_RELATION = "missed relation"
    SPURIOUS_RELATION = "extra relation"
    CUT = "cut otherwise"


@dataclass(frozen=True, slots=True)
class Error:
    """A difference: what the gold wants and what was told, at `start` to `end` (a relation has no place)."""

    kind: ErrorKind
    what: str
    gold: str
    told: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence that was cut as in the gold: the label wanted, the label told, and how sure the model was."""

    gold: str
    told: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether the label is the gold's."""
        return self.gold == self.told


@dataclass(slots=True)
class Case:
    """One document against its gold."""

    name: str
    text: str
    mentions: dict[str, Count] = field(default_factory=lambda: {t.value: Count() for t in EntityType})
    norms: dict[str, Count] = field(default_factory=lambda: {t.value: Count() for t in EntityType})
    relations: Count = field(default_factory=Count)
    labels: list[Labelled] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)

    @property
    def unsegmented(self) -> int:
        """How many sentences of the gold were cut otherwise."""
        return sum(e.kind is ErrorKind.CUT for e in self.errors)

    def label(self, name: str) -> Count:
        """Return the counts of one label."""
        pairs = Counter((s.gold == name, s.told == name) for s in self.labels)
        return Count(pairs[True, True], pairs[False, True], pairs[True, False])


@dataclass(frozen=True, slots=True)
class Bin:
    """The sentences told with a confidence from `low` up: how many, how sure on average, what share was right."""

    low: float
    sentences: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """What is left when the least certain tenth of sentences gets no label: those below `confidence`."""

    confidence: float
    left_out: int
    accuracy: float
    accuracy_of_all: float


@dataclass(frozen=True)
class Evaluation:
    """The scored documents of a folder, and the figures made of them."""

    cases: tuple[Case, ...]

    @cached_property
    def mentions(self) -> dict[str, Count]:
        """Counts by entity type."""
        return {t.value: sum((c.mentions[t.value] for c in self.cases), Count()) for t in EntityType}

    @cached_property
    def norms(self) -> dict[str, Count]:
        """Right and wrong norms by entity type, among mentions found exactly."""
        return {t.value: sum((c.norms[t.value] for c in self.cases), Count()) for t in EntityType}

    @cached_property
    def relations(self) -> Count:
        """Counts of relations."""
        return sum((c.relations for c in self.cases), Count())

    @cached_property
    def labels(self) -> list[Labelled]:
        """The sentences that were cut as in the gold."""
        return [s for c in self.cases for s in c.labels]

    @property
    def unsegmented(self) -> int:
        """How many sentences of the gold were cut otherwise."""
        return sum(c.unsegmented for c in self.cases)

    @property
    def macro_f1(self) -> float:
        """The mean F1 over the four labels."""
        return sum(self.label(name).f1 for name in Label) / len(Label)

    @property
    def accuracy(self) -> float:
        """The share of sentences whose label is right."""
        return _share(self.labels)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over ten equal bins of confidence."""
        gaps = (b.sentences * abs(b.accuracy - b.confidence) for b in self.reliability)
        return sum(gaps) / max(1, len(self.labels))

    @property
    def reliability(self) -> list[Bin]:
        """Ten equal bins of confidence, the empty ones too."""
        bins: list[list[Labelled]] = [[] for _ in range(_BINS)]
        for s in self.labels:
            bins[min(_BINS - 1, int(s.confidence * _BINS))].append(s)
        return [Bin(i / _BINS, len(b), _mean([s.confidence for s in b]), _share(b)) for i, b in enumerate(bins)]

    @property
    def abstention(self) -> Abstention:
        """The confidence below which a tenth of the sentences lies at most, and how right the rest is."""
        sure = sorted(s.confidence for s in self.labels)
        least = sure[int(len(sure) * _LEFT_OUT)] if sure else 0.0
        rest = [s for s in self.labels if s.confidence >= least]
        return Abstention(least, len(sure) - len(rest), _share(rest), self.accuracy)

    @property
    def confusion(self) -> dict[str, dict[str, int]]:
        """Gold label → told label → sentences."""
        pairs = Counter((s.gold, s.told) for s in self.labels)
        return {g.value: {t.value: pairs[g.value, t.value] for t in Label} for g in Label}

    @property
    def misses(self) -> list[str]:
        """Every error as a line to read."""
        return [_line(case, error) for case in self.cases for error in case.errors]

    def label(self, name: str) -> Count:
        """Return the counts of one label."""
        return sum((c.label(name) for c in self.cases), Count())

    def counts(self) -> dict[str, Count]:
        """Return name of a row → counts: the entity types, relations, then the labels as `label NAME`."""
        labels = {f"label {name.value}": self.label(name) for name in Label}
        return {**self.mentions, _RELATIONS: self.relations, **labels}

    @cached_property
    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Row → figure → 95 % interval, of the rows of `counts` and of `labels`; empty for a single document."""
        return _intervals(self.cases) if len(self.cases) > 1 else {}

    def to_json(self) -> dict[str, Any]:
        """Return all figures for machines."""
        spans, abstention = self.intervals, self.abstention
        return {
            "documents": len(self.cases),
            "mentions": {k: _figures(c, spans.get(k)) for k, c in self.mentions.items()},
            "norm_accuracy": {k: c.precision for k, c in self.norms.items()},
            "norm_interval": {k: spans[k]["norm"] for k in self.norms if "norm" in spans.get(k, {})},
            "relations": _figures(self.relations, spans.get(_RELATIONS)),
            "labels": {n.value: _figures(self.label(n), spans.get(f"label {n.value}")) for n in Label},
            "macro_f1": self.macro_f1,
            "accuracy": self.accuracy,
            "label_intervals": spans.get("labels", {}),
            "calibration_error": self.calibration_error,
            "reliability": [
                {"from": b.low, "sentences": b.sentences, "confidence": b.confidence, "accuracy": b.accuracy}
                for b in self.reliability
            ],
            "abstention": {
                "confidence": abstention.confidence,
                "left_out": abstention.left_out,
                "accuracy": abstention.accuracy,
                "accuracy_of_all": abstention.accuracy_of_all,
            },
            "confusion": self.confusion,
            "sentences": len(self.labels),
            "sentences_not_aligned": self.unsegmented,
            "misses": self.misses,
        }


def _share(sentences: Sequence[Labelled]) -> float:
    return _mean([float(s.right) for s in sentences])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _figures(count: Count, spans: dict[str, Interval] | None) -> dict[str, Any]:
    figures: dict[str, Any] = {"precision": count.precision, "recall": count.recall, "f1": count.f1}
    return figures | ({"intervals": {k: spans[k] for k in figures if k in spans}} if spans else {})


def _line(case: Case, error: Error) -> str:
    match error.kind:
        case ErrorKind.MISSED | ErrorKind.SPURIOUS | ErrorKind.NORM:
            return f"{case.name} {error.kind} {error.what}: {_shown(case.text, error.start, error.end)}"
        case ErrorKind.LABEL:
            text = case.text[error.start : error.end][:110].replace("\n", " ")
            return f"{case.name} label {error.gold} told {error.told} ({error.what}): {text}"
        case ErrorKind.CUT:
            return f"{case.name} {error.kind}: {_shown(case.text, error.start, error.end)}"
        case _:
            return f"{case.name} {error.kind}: {error.gold or error.told}"


def _shown(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 30) : start]}[{text[start:end]}]{text[end : end + 30]}".replace("\n", "⏎")


# Intervals: documents drawn with replacement, so a sum over a draw is a product of matrices.


def _intervals(cases: Sequence[Case]) -> dict[str, dict[str, Interval]]:
    draws = np.random.default_rng(_SEED).multinomial(len(cases), [1 / len(cases)] * len(cases), size=_DRAWS)

    def drawn(counts: Sequence[Count]) -> Any:
        return (draws @ np.array([(c.right, c.wrong, c.missed) for c in counts], dtype=float)).T

    rows = {t.value: drawn([c.mentions[t.value] for c in cases]) for t in EntityType}
    rows |= {_RELATIONS: drawn([c.relations for c in cases])}
    labels = {f"label {n.value}": drawn([c.label(n) for c in cases]) for n in Label}
    told = {name: _spans(row) for name, row in (rows | labels).items()}
    for kind in EntityType:
        right, wrong, _ = drawn([c.norms[kind.value] for c in cases])
        told[kind.value] |= _span("norm", _ratio(right, right + wrong))
    right, wrong = (sum(row[i] for row in labels.values()) for i in (0, 1))
    each = np.array([_f1(row) for row in labels.values()])
    macro = _ratio(np.nansum(each, axis=0), (~np.isnan(each)).sum(axis=0))
    told["labels"] = _span("macro_f1", macro) | _span("accuracy", _ratio(right, right + wrong))
    return told


def _spans(row: Any) -> dict[str, Interval]:
    right, wrong, missed = row
    return (
        _span("precision", _ratio(right, right + wrong))
        | _span("recall", _ratio(right, right + missed))
        | _span("f1", _f1(row))
    )


def _f1(row: Any) -> Any:
    right, wrong, missed = row
    return _ratio(2 * right, 2 * right + wrong + missed)


def _ratio(part: Any, whole: Any) -> Any:
    """Return part / whole, NaN in the draws that hold nothing of the kind: they tell nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _span(name: str, values: Any) -> dict[str, Interval]:
    known = values[~np.isnan(values)]
    if not known.size:
        return {}
    low, high = np.quantile(known, (0.025, 0.975))
    return {name: (float(low), float(high))}


# Comparing a document with its gold.


def evaluate(folder: Path) -> Evaluation:
    """Score every case of a folder.

    Raises UsageError where it holds none, or a case is not of the form.
    """
    paths = sorted(p for p in folder.glob("*.json") if p.with_suffix(".txt").exists())
    if not paths:
        raise UsageError(f"{folder} holds no NAME.txt with NAME.json; see docs/training.md for the format.")
    return Evaluation(tuple(_scored(path) for path in paths))


def _scored(path: Path) -> Case:
    raw = path.with_suffix(".txt").read_bytes()
    source = Source(path.stem, hashlib.sha256(raw).hexdigest(), "text/plain", len(raw))
    try:
        text = clean(raw.decode("utf-8"))
        gold = json.loads(path.read_text(encoding="utf-8"))
        _check_form(text, gold)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no gold as docs/training.md tells: {error}.") from error
    return compare(path.stem, analyze(RawDocument(source, text)), gold)


def _check_form(text: str, gold: dict[str, Any]) -> None:
    """Raise an error of Python's where gold is not of the form, or its words stand elsewhere in the text."""
    for part in (*gold["entities"], *gold["sentences"]):
        if not text.startswith(clean(part["text"]), part["start"]):
            raise ValueError(f"“{part['text'][:40]}” does not stand at {part['start']} of the text")
    for entity in gold["entities"]:
        EntityType(entity["type"])
    for sentence in gold["sentences"]:
        for name in sentence["label"].split("|"):
            Label(name)
    for relation in gold.get("relations", ()):
        relation["kind"]


def compare(name: str, report: Report, gold: dict[str, Any]) -> Case:
    """Compare a report with its gold labels."""
    case = Case(name, report.text)
    _mentions(case, report, gold)
    _relations(case, report, gold)
    _labels(case, report, gold)
    return case


def _mentions(case: Case, report: Report, gold: dict[str, Any]) -> None:
    wanted = {(e["type"], e["start"], e["start"] + len(e["text"])): e.get("norm") for e in gold["entities"]}
    found = {(e.type.value, e.start, e.end): e.norm for e in report.entities}
    for key in sorted(wanted.keys() | found.keys(), key=lambda k: k[1:] + k[:1]):
        count, norms = case.mentions[key[0]], case.norms[key[0]]
        if key not in found:
            kind = ErrorKind.MISSED
            count.missed += 1
        elif key not in wanted:
            kind = ErrorKind.SPURIOUS
            count.wrong += 1
        else:
            kind = ErrorKind.NORM
            count.right += 1
            same = found[key] == wanted[key]
            norms.right, norms.wrong = norms.right + same, norms.wrong + (not same)
            if same:
                continue
        case.errors.append(Error(kind, key[0], wanted.get(key) or "", found.get(key) or "", key[1], key[2]))


def _relations(case: Case, report: Report, gold: dict[str, Any]) -> None:
    found: set[tuple[str, ...]] = set()
    for relation in report.relations:
        match relation:
            case PersonRole(person, role, unit):
                found.add(("role", _named(report, person), fold(role), _named(report, unit)))
            case DocIssued(doc, date, issuer, _):
                norm = report.entities[date].norm or "" if date is not None else ""
                found.add(("issued", fold(report.entities[doc].norm or ""), norm, _named(report, issuer)))
    wanted: set[tuple[str, ...]] = set()
    for r in gold.get("relations", ()):
        if r["kind"] == "person_role":
            wanted.add(("role", fold(r["person"]), fold(r["role"]), fold(r.get("unit") or "")))
        elif r["kind"] == "doc_issued":
            wanted.add(("issued", fold(r["doc"]), r.get("date") or "", fold(r.get("issuer") or "")))
    case.relations = Count(len(found & wanted), len(found - wanted), len(wanted - found))
    case.errors += [Error(ErrorKind.SPURIOUS_RELATION, r[0], "", str(r)) for r in sorted(found - wanted)]
    case.errors += [Error(ErrorKind.MISSED_RELATION, r[0], str(r), "") for r in sorted(wanted - found)]


def _named(report: Report, index: int | None) -> str:
    return "" if index is None else " ".join(fold(report.entities[index].of(report.text)).split())


def _labels(case: Case, report: Report, gold: dict[str, Any]) -> None:
    found = {s.start: s for s in report.sentences}
    for wanted in gold["sentences"]:
        start, accepted = wanted["start"], wanted["label"].split("|")
        sentence = found.get(start)
        if sentence is None:
            end = start + len(wanted["text"])
            case.errors.append(Error(ErrorKind.CUT, "sentence", wanted["label"], "", start, end))
            continue
        told = sentence.label.value
        case.labels.append(Labelled(told if told in accepted else accepted[0], told, sentence.confidence))
        if told not in accepted:
            sure = f"{sentence.confidence:.2f}"
            case.errors.append(Error(ErrorKind.LABEL, sure, wanted["label"], told, sentence.start, sentence.end))
