"""How likely a sentence names each of the known difficulties (known_difficulties.tsv), given its terms.

Two views are added: the listed expressions nearest to it, and which listed difficulty its terms as a whole belong
to (multinomial naive Bayes). A known difficulty is a subject together with a lack of it, so that sentences that
share only one of the two ("thiếu thuốc", "thiếu phòng học") fall apart.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from baocao.insight.difficulties.features import terms, weighted
from baocao.insight.difficulties.wording import Clause, keys
from baocao.models.gazetteers import rows

# Chosen on the building half of bench/themes.
_NEAREST = np.array([4, 2, 1]) / 7
_SHARPNESS, _WHOLE, _SMOOTHING, _SPREAD = 0.035, 5.0, 0.02, 2.25
_DAMPING, _FIELD = 0.6, 0.006  # a term's hundredth mention says little; a field's terms speak a little for all of it
_ENOUGH = 0.2  # nearness to the listed expressions that is evidence enough
_KEPT = 4  # the likeliest difficulties of a sentence, the rest being noise
_BLOCK = 512

Array = np.ndarray[Any, Any]


class KnownDifficulties:
    """The listed difficulties, ready to compare sentences with; use `known_difficulties()`."""

    def __init__(self) -> None:
        listed = _listed()
        self.names = tuple(listed)
        expressions = [(number, e) for number, found in enumerate(listed.values()) for e in found]
        vectors = [weighted(terms([Clause(keys(e), 1.0)])) for _, e in expressions]
        self._columns: dict[str, int] = {}
        for vector in vectors:
            for term in vector:
                self._columns.setdefault(term, len(self._columns))
        self._expressions = self._matrix(vectors)
        owner = np.array([number for number, _ in expressions])
        self._places = _padded(owner, len(listed))
        self._learn(owner)

    def _learn(self, owner: Array) -> None:
        """Sum what belongs to each difficulty, smoothed by what belongs to its field, as logarithms."""
        member = sp.csr_matrix((np.ones(len(owner)), (owner, np.arange(len(owner)))))
        found = sp.csr_matrix(member @ self._expressions, dtype=np.float64)
        found.data **= _DAMPING  # before the zeros between them are written out
        sums = found.toarray()
        fields = np.array([field for _, field, _ in rows("known_difficulties.tsv")])
        for field in set(fields):
            of_field = sums[fields == field].sum(axis=0)
            sums[fields == field] += _FIELD * sums.shape[1] * of_field / of_field.sum()
        sums += _SMOOTHING
        self._logs = np.log(sums / sums.sum(axis=1, keepdims=True)).T.astype(np.float32)

    def _matrix(self, vectors: Sequence[dict[str, float]]) -> Any:
        row: list[int] = []
        column: list[int] = []
        value: list[float] = []
        for number, vector in enumerate(vectors):
            for term, weight in vector.items():
                if term in self._columns:
                    row.append(number)
                    column.append(self._columns[term])
                    value.append(weight)
        return sp.csr_matrix((np.array(value, dtype=np.float32), (row, column)), (len(vectors), len(self._columns)))

    def likely(self, vectors: Sequence[dict[str, float]]) -> list[dict[int, float]]:
        """Return for each sentence's weighted terms the likeliest difficulties with weights.

        The weights are of length one together where a listed expression is near, and less where none is.
        """
        out: list[dict[int, float]] = []
        for start in range(0, len(vectors), _BLOCK):
            scores, evidence = self._scores(self._matrix(vectors[start : start + _BLOCK]))
            out.extend(_kept(scores, np.minimum(evidence / _ENOUGH, 1.0)))
        return out

    def _scores(self, sentences: Any) -> tuple[Array, Array]:
        near = np.zeros((sentences.shape[0], self._expressions.shape[0] + 1), dtype=np.float32)
        near[:, :-1] = (sentences @ self._expressions.T).todense()
        best = np.partition(near[:, self._places], -len(_NEAREST), axis=2)[:, :, -len(_NEAREST) :]
        nearest = np.sort(best, axis=2)[:, :, ::-1]
        near_to = nearest @ _NEAREST
        return np.asarray(near_to / _SHARPNESS + _WHOLE * (sentences @ self._logs)), near_to.max(axis=1)


def _listed() -> dict[str, list[str]]:
    """Return the known difficulties with all expressions of both lists; a name is an expression too."""
    found = {name: [name, *text.split(" | ")] for name, _, text in rows("known_difficulties.tsv")}
    for name, text in rows("difficulty_scenes.tsv"):
        found[name].extend(text.split(" | "))
    return found


@cache
def known_difficulties() -> KnownDifficulties:
    """Return the listed difficulties; the first call takes about a second."""
    return KnownDifficulties()


def _padded(owner: Array, count: int) -> Array:
    """Return the rows of each owner, one owner a line, filled up with -1."""
    members = [np.flatnonzero(owner == number) for number in range(count)]
    out = np.full((count, max(map(len, members))), -1)
    for number, found in enumerate(members):
        out[number, : len(found)] = found
    return out


def _kept(scores: Array, evidence: Array) -> list[dict[int, float]]:
    share = np.exp((scores - scores.max(axis=1, keepdims=True)) / _SPREAD)
    share /= np.sqrt((share**2).sum(axis=1, keepdims=True))
    share *= evidence[:, None]
    best = np.argsort(-share, axis=1)[:, :_KEPT]
    return [{int(k): float(row[k]) for k in chosen if row[k] > 0.03} for row, chosen in zip(share, best, strict=True)]
