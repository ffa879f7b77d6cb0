"""What tells the same report in another file: its MinHash, and the facts that may speak against it.

A. Broder, On the resemblance and containment of documents (1997): of the hashes of all runs of words the least is kept
for each of several hash functions; the share of functions for which two texts agree estimates how alike they are.
"""

import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from baocao.report import Report
from baocao.text import fold, folded_syllables

BANDS, _ROWS, _RUN = 16, 4, 3  # texts that share four fifths of their runs meet in a band with a chance of 0.9998
_DRAFT = re.compile(r"\bdu thao\b|\bdraft\b")


@dataclass(frozen=True, slots=True)
class Likeness:
    """The MinHashes of a report's words and of its figures, its facts, and how well this file stands for it.

    Either MinHash is empty for a text without any.
    """

    signature: tuple[int, ...]
    figures: tuple[int, ...]
    unit: str | None
    period: str | None
    rank: int

    @property
    def bands(self) -> tuple[int, ...]:
        """The keys under which likely variants meet, each its band's number and a hash."""
        rows = (self.signature[at : at + _ROWS] for at in range(0, len(self.signature), _ROWS))
        return tuple((i << 32) | zlib.crc32(repr(row).encode()) for i, row in enumerate(rows))


def likeness(report: Report) -> Likeness:
    """Return what tells a report's variants."""
    period = f"{report.period.start}/{report.period.end}" if report.period else None
    words = folded_syllables(report.text)
    figures = {word for word in words if word[:1].isdigit()}
    return Likeness(
        _minhash(_runs(words, _RUN)),
        _minhash(figures),
        fold(report.issuer) if report.issuer else None,
        period,
        _rank(report),
    )


def _rank(report: Report) -> int:
    """Tell how well a file stands for its report: a final before a draft, a numbered one, text before a scan."""
    draft = bool(_DRAFT.search(fold(f"{report.title} {report.source.name}".replace("_", " ").replace("-", " "))))
    whole = (not draft, report.docno is not None, not report.reading.ocr, report.issuer is not None)
    return sum(bit << at for at, bit in enumerate(reversed(whole)))


def minhash(text: str, *, run: int = _RUN) -> tuple[int, ...]:
    """Return the MinHash of a text's runs of syllables, empty for a text without any."""
    return _minhash(_runs(folded_syllables(text), run))


def _runs(words: Sequence[str], run: int) -> set[str]:
    return {" ".join(words[i : i + run]) for i in range(max(len(words) - run + 1, 1))} if words else set()


def _minhash(found: Collection[str]) -> tuple[int, ...]:
    import numpy as np

    if not found:
        return ()
    hashed = np.array([zlib.crc32(one.encode()) for one in found], dtype=np.uint64)
    random = np.random.default_rng(7)  # the same functions everywhere and for ever
    odd = random.integers(1, 1 << 62, BANDS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    added = random.integers(0, 1 << 62, BANDS * _ROWS, dtype=np.uint64)
    return tuple(int(((hashed * a + b) >> np.uint64(32)).min()) for a, b in zip(odd, added, strict=True))


def alike(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """Return the share of runs that two texts have in common, as their MinHashes tell."""
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a) if a and b else 0.0
