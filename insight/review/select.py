"""Which sentences say most of what many sources say: greedy cover of weighted pairs of syllables.

A pair of neighbouring folded syllables counts as much as there are sources that use it, the more where their best
sentence does; a sentence is worth the pairs that no chosen one holds yet. So what many say comes first, and nothing
comes twice. No word segmentation, no vectors: a year of reports takes seconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from baocao.text import folded_syllables

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ALIKE = 0.7  # of the pairs of either: near-duplicates, merged where they agree in figures and names
REPEATED = 0.8  # so much of the shorter in the other: not both

# Pairs that stand in many more sentences than this are the register's, not a matter's ("công tác", "thực hiện").
_COMMON = 100.0
# A longer sentence holds more; the gain is divided by this power of its length.
_LENGTH = 0.75
# What each sentence already chosen from the same source leaves of the worth of its next one.
_AGAIN = 0.7


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence to choose from; `source` names who says it, `weight` says how much it counts (0 to 1)."""

    text: str
    source: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen sentence and its near-duplicates, as indexes of the candidates, and its worth when chosen."""

    index: int
    alike: tuple[int, ...]
    worth: float


def by_place(place: int) -> float:
    """Return what a sentence weighs at a place of its text or section, counted from 0: the first say most."""
    return 1 / (1 + 0.1 * min(place, 5))


class Pool:
    """Candidates as a sparse matrix of the pairs that they hold."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = candidates
        names: dict[str, int] = {}
        self._sources = np.array([names.setdefault(c.source, len(names)) for c in candidates], dtype=np.int64)
        self._weights = np.array([c.weight for c in candidates])
        self._pairs, self.lengths = _pairs([c.text for c in candidates])

    @cached_property
    def worths(self) -> Floats:
        """What each pair counts."""
        rows, pairs = self._pairs.nonzero()
        by_source = pairs * (int(self._sources.max(initial=0)) + 1) + self._sources[rows]
        keys, place = np.unique(by_source, return_inverse=True)
        best = np.zeros(len(keys))
        np.maximum.at(best, place, self._weights[rows])
        counted = np.bincount(keys // (int(self._sources.max(initial=0)) + 1), best, self._pairs.shape[1])
        spread = np.bincount(pairs, minlength=self._pairs.shape[1])
        return np.asarray(counted / np.hypot(1.0, spread / _COMMON))

    def choose(self, enough: Callable[[list[Choice]], bool], agree: Callable[[int, int], bool]) -> list[Choice]:
        """Return sentences, the weightiest first, until `enough` is told by the choices so far.

        `agree` tells whether two near-duplicates say the same; where they do, the later is listed with the earlier.
        """
        left = self.worths.copy()
        scale = self._weights / np.maximum(self.lengths, 1) ** _LENGTH
        chosen: list[Choice] = []
        while not enough(chosen):
            worths = (self._pairs @ left) * scale
            i = int(worths.argmax()) if len(worths) else 0
            if not len(worths) or worths[i] <= 0:
                break
            near, repeated = self._near(i)
            same = tuple(j for j in near if scale[j] > 0 and agree(i, j))
            chosen.append(Choice(i, same, float(worths[i])))
            left[self._row(i)] = 0.0
            scale[self._sources == self._sources[i]] *= _AGAIN
            scale[repeated] = 0.0
            scale[i] = 0.0
        return chosen

    def _row(self, i: int) -> Ints:
        return np.asarray(self._pairs.indices[self._pairs.indptr[i] : self._pairs.indptr[i + 1]])

    def _near(self, i: int) -> tuple[list[int], Ints]:
        """Return the near-duplicates of a sentence, and all that are gone once it is chosen."""
        row = self._row(i)
        here = np.zeros(self._pairs.shape[1])
        here[row] = 1.0
        common = self._pairs @ here
        sizes = np.diff(self._pairs.indptr)
        smaller = np.maximum(np.minimum(sizes, len(row)), 1)
        either = np.maximum(sizes + len(row) - common, 1)
        near = np.flatnonzero(common / either >= ALIKE)
        return [int(j) for j in near if j != i], np.flatnonzero(common / smaller >= REPEATED)


def _pairs(texts: Sequence[str]) -> tuple[csr_matrix, Ints]:
    """Return which sentences hold which pairs of neighbouring syllables, and how many syllables each has."""
    numbers: dict[str, int] = {}
    flat: list[int] = []
    lengths = np.empty(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        spelt = folded_syllables(text)
        lengths[i] = len(spelt)
        flat.extend([numbers.setdefault(s, len(numbers)) for s in spelt])
    codes = np.array(flat, dtype=np.int64)
    owners = np.repeat(np.arange(len(texts)), lengths)
    if len(codes) < 2:
        return csr_matrix((len(texts), 1)), lengths
    within = owners[1:] == owners[:-1]
    pairs = (codes[:-1] * len(numbers) + codes[1:])[within]
    kinds, columns = np.unique(pairs, return_inverse=True)
    held = csr_matrix((np.ones(len(columns)), (owners[:-1][within], columns)), shape=(len(texts), max(1, len(kinds))))
    held.data[:] = 1.0  # a pair counts once in a sentence
    return held, lengths
