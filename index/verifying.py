"""Proving that the index holds what the record holds, sentence by sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from baocao.index.lookup import reports
from baocao.index.prepare import Document, prepare
from baocao.index.settings import open_engine


@dataclass(frozen=True, slots=True)
class Verified:
    """Counts of what was compared, and the ids of reports that the index lacks, has too many, or holds otherwise."""

    reports: int
    sentences: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    different: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """Tell whether index and record hold the same."""
        return not (self.missing or self.extra or self.different)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "reports": self.reports, "sentences": self.sentences, "agree": self.agree, "missing": list(self.missing),
            "extra": list(self.extra), "different": list(self.different),
        }  # fmt: skip


def verify(folder: Path) -> Verified:
    """Make each report's sentences anew from the record and compare them with what the engine stores of them."""
    stored = {report: _digest(documents) for report, documents in open_engine(folder).stored()}
    missing, different, count, sentences = [], [], 0, 0
    for report in reports(folder):
        documents = prepare(report).documents
        count, sentences = count + 1, sentences + len(documents)
        digest = stored.pop(report.id, None)
        if digest is None and documents:
            missing.append(report.id)
        elif digest is not None and digest != _digest(documents):
            different.append(report.id)
    return Verified(count, sentences, tuple(missing), tuple(sorted(stored)), tuple(different))


def _digest(documents: Sequence[Document]) -> bytes:
    """Return a hash of what is shown of a report's sentences, in the order of the text."""
    shown = ("report", "start", "text", "label", "title", "issuer", "date")
    rows = sorted(tuple(document[name] for name in shown) for document in documents)
    return blake2b(repr(rows).encode(), digest_size=16).digest()
