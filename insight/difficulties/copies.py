"""Knowing the same report in another file (a scan beside its DOCX) and the same sentence said twice.

Two reports are copies where four fifths of their runs of five syllables are estimated to be the same by MinHash
and neither unit nor period speaks against it; figures count, so that next year's report on the same form is none.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from baocao.index.likeness import minhash
from baocao.insight.difficulties.model import Reading, Seen
from baocao.text import folded_syllables

_RUN, _COPY = 5, 0.8
_REPEAT = 0.7


def signature(text: str) -> tuple[int, ...]:
    """Return the MinHash of a text's runs of five syllables, empty for a text without any."""
    return minhash(text, run=_RUN)


def copy_of(reading: Reading, seen: Iterable[Seen]) -> str | None:
    """Return the report that this one is another file of."""
    if not reading.signature:
        return None
    own = np.array(reading.signature, dtype=np.int64)
    possible = [
        s for s in seen if s.copy_of is None and s.signature and s.report != reading.report and _may_be(reading, s)
    ]
    if not possible:
        return None
    same = (np.array([s.signature for s in possible], dtype=np.int64) == own).mean(axis=1)
    at = int(same.argmax())
    return possible[at].report if same[at] >= _COPY else None


def repeats(texts: Sequence[str]) -> list[int]:
    """Return for each sentence the first of the report's sentences that says nearly the same, itself if none."""
    sets = [_pairs(text) for text in texts]
    out: list[int] = []
    for i, own in enumerate(sets):
        said = (j for j in range(i) if out[j] == j and _alike(own, sets[j]))
        out.append(next(said, i))
    return out


def _alike(a: frozenset[str], b: frozenset[str]) -> bool:
    return bool(a and b) and len(a & b) >= _REPEAT * len(a | b)


def _pairs(text: str) -> frozenset[str]:
    words = [w for w in folded_syllables(text) if not w.isdigit()]
    return frozenset(f"{a} {b}" for a, b in zip(words, words[1:], strict=False)) or frozenset(words)


def _may_be(reading: Reading, other: Seen) -> bool:
    return all(
        a is None or b is None or a == b for a, b in ((reading.unit, other.unit), (reading.period, other.period))
    )
