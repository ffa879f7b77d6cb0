"""Scoring the pipeline against gold labels: a folder of NAME.txt with NAME.json beside it.

A mention counts where its characters are exactly the gold's; norms are scored among those. Relations
are compared as texts. A gold label "difficulty|achievement" accepts either.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baocao.errors import UsageError
from baocao.pipeline import analyze
from baocao.report import DocIssued, EntityType, Label, PersonRole, RawDocument, Report, Source
from baocao.text import clean, fold


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


@dataclass(slots=True)
class Evaluation:
    """Counts by entity type, norms, relations and labels, and the misses to read."""

    mentions: dict[str, Count] = field(default_factory=dict)
    norms: dict[str, Count] = field(default_factory=dict)
    relations: Count = field(default_factory=Count)
    labels: list[tuple[str, str, float]] = field(default_factory=list)
    unsegmented: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def macro_f1(self) -> float:
        """The mean F1 over the four labels."""
        return sum(self.label(name).f1 for name in Label) / len(Label)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over ten equal bins of confidence."""
        bins: dict[int, list[tuple[bool, float]]] = {}
        for gold, told, sure in self.labels:
            bins.setdefault(min(9, int(sure * 10)), []).append((gold == told, sure))
        total = max(1, len(self.labels))
        gaps = (abs(sum(ok for ok, _ in b) - sum(sure for _, sure in b)) for b in bins.values())
        return sum(gaps) / total

    def label(self, name: str) -> Count:
        """Return the counts of one label."""
        pairs = Counter((gold == name, told == name) for gold, told, _ in self.labels)
        return Count(pairs[True, True], pairs[False, True], pairs[True, False])

    def to_json(self) -> dict[str, Any]:
        """Return all figures for machines."""
        return {
            "mentions": {k: _figures(c) for k, c in self.mentions.items()},
            "norm_accuracy": {k: c.precision for k, c in self.norms.items()},
            "relations": _figures(self.relations),
            "labels": {name.value: _figures(self.label(name)) for name in Label},
            "macro_f1": self.macro_f1,
            "calibration_error": self.calibration_error,
            "sentences": len(self.labels),
            "sentences_not_aligned": self.unsegmented,
            "misses": self.misses,
        }

    def lines(self, *, misses: bool = False) -> Iterator[str]:
        """Yield the figures as a Markdown table, then the misses where asked for."""
        yield "| what | precision | recall | F1 | norm right |"
        yield "|---|---|---|---|---|"
        for kind, count in self.mentions.items():
            yield f"| {kind} | {_row(count)} | {self.norms[kind].precision:.3f} |"
        yield f"| relations | {_row(self.relations)} | |"
        for name in Label:
            yield f"| label {name.value} | {_row(self.label(name))} | |"
        yield ""
        yield (
            f"Labels: macro-F1 {self.macro_f1:.3f} over {len(self.labels)} sentences "
            f"({self.unsegmented} of the gold were cut otherwise); "
            f"expected calibration error {self.calibration_error:.3f}."
        )
        if misses:
            yield from self.misses


def _figures(count: Count) -> dict[str, float]:
    return {"precision": count.precision, "recall": count.recall, "f1": count.f1}


def _row(count: Count) -> str:
    return f"{count.precision:.3f} | {count.recall:.3f} | {count.f1:.3f}"


def evaluate(folder: Path) -> Evaluation:
    """Score every case of a folder.

    Raises UsageError where it holds none.
    """
    cases = sorted(p for p in folder.glob("*.json") if p.with_suffix(".txt").exists())
    if not cases:
        raise UsageError(f"{folder} holds no NAME.txt with NAME.json; see docs/accuracy.md for the format.")
    told = Evaluation({t.value: Count() for t in EntityType}, {t.value: Count() for t in EntityType})
    for case in cases:
        raw = case.with_suffix(".txt").read_bytes()
        source = Source(case.stem, hashlib.sha256(raw).hexdigest(), "text/plain", len(raw))
        report = analyze(RawDocument(source, clean(raw.decode("utf-8"))))
        gold = json.loads(case.read_text(encoding="utf-8"))
        _mentions(told, report, gold, case.stem)
        _relations(told, report, gold, case.stem)
        _labels(told, report, gold, case.stem)
    return told


def _mentions(told: Evaluation, report: Report, gold: dict[str, Any], name: str) -> None:
    wanted = {(e["type"], e["start"], e["start"] + len(e["text"])): e.get("norm") for e in gold["entities"]}
    found = {(e.type.value, e.start, e.end): e.norm for e in report.entities}
    for key in sorted(wanted.keys() | found.keys(), key=lambda k: k[1]):
        count, norms = told.mentions[key[0]], told.norms[key[0]]
        if key not in found:
            count.missed += 1
        elif key not in wanted:
            count.wrong += 1
        else:
            count.right += 1
            same = found[key] == wanted[key]
            norms.right, norms.wrong = norms.right + same, norms.wrong + (not same)
            if same:
                continue
        kind = "missed" if key not in found else "extra" if key not in wanted else "norm"
        told.misses.append(f"{name} {kind} {key[0]}: {_shown(report.text, key[1], key[2])}")


def _shown(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 30) : start]}[{text[start:end]}]{text[end : end + 30]}".replace("\n", "⏎")


def _relations(told: Evaluation, report: Report, gold: dict[str, Any], name: str) -> None:
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
    told.relations.right += len(found & wanted)
    told.relations.wrong += len(found - wanted)
    told.relations.missed += len(wanted - found)
    told.misses += [f"{name} extra relation: {r}" for r in sorted(found - wanted)]
    told.misses += [f"{name} missed relation: {r}" for r in sorted(wanted - found)]


def _named(report: Report, index: int | None) -> str:
    return "" if index is None else " ".join(fold(report.entities[index].of(report.text)).split())


def _labels(told: Evaluation, report: Report, gold: dict[str, Any], name: str) -> None:
    found = {s.start: s for s in report.sentences}
    for wanted in gold["sentences"]:
        sentence = found.get(wanted["start"])
        if sentence is None:
            told.unsegmented += 1
            continue
        accepted = wanted["label"].split("|")
        label = sentence.label.value
        told.labels.append((label if label in accepted else accepted[0], label, sentence.confidence))
        if label not in accepted:
            text = sentence.of(report.text)[:110].replace("\n", " ")
            told.misses.append(f"{name} label {wanted['label']} told {label} ({sentence.confidence:.2f}): {text}")
