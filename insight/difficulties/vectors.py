"""Sentences as sparse vectors of length one, the same for the same sentence whatever else the archive holds.

Two parts, or three: which known difficulties it may name, its own terms, and, where the user has named a
sentence-embedding model, what that model says.
"""

import math
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from baocao.insight.difficulties.features import terms, weighted
from baocao.insight.difficulties.known import known_difficulties
from baocao.insight.difficulties.wording import clauses

Vector = dict[int, float]
Embed = Callable[[Sequence[str]], Any]  # sentences to an array, a row a sentence

# Chosen on the building half of bench/themes.
_OWN_WORDS, _EMBEDDED = 0.4, 0.4
_MOST_TERMS = 24
# Where each part's numbers begin.
_WORDS_AT, _EMBEDDED_AT, _WORDS_END = 1 << 12, 1 << 24, (1 << 24) - (1 << 12)


def vectors(texts: Sequence[str], embed: Embed | None = None) -> list[Vector]:
    """Return a vector for each sentence (names and dates masked); the dot product of two is their likeness, 0 to 1."""
    own = [weighted(terms(clauses(text))) for text in texts]
    named = known_difficulties().likely(own)
    share = math.sqrt(1 - _OWN_WORDS)
    out = []
    for kinds, words in zip(named, own, strict=True):
        vector = {kind: share * weight for kind, weight in kinds.items()} if words else {}
        for term, weight in _heaviest(words):
            place = _WORDS_AT + zlib.crc32(term.encode()) % _WORDS_END
            vector[place] = vector.get(place, 0.0) + math.sqrt(_OWN_WORDS) * weight
        out.append(vector)
    return _with_embedding(out, embed(texts)) if embed and texts else out


def dot(a: Vector, b: Vector) -> float:
    """Return the dot product."""
    if len(a) > len(b):
        a, b = b, a
    return sum(value * b[place] for place, value in a.items() if place in b)


def add(into: Vector, other: Vector, sign: float = 1.0) -> None:
    """Add one vector to another in place; what cancels out goes."""
    for place, value in other.items():
        total = into.get(place, 0.0) + sign * value
        if abs(total) > 1e-6:
            into[place] = total
        else:
            into.pop(place, None)


def packed(vector: Vector) -> bytes:
    """Return a vector as bytes, for storing."""
    places = np.array(sorted(vector), dtype="<u4")
    values = np.array([vector[int(p)] for p in places], dtype="<f4")
    return places.tobytes() + values.tobytes()


def unpacked(data: bytes) -> Vector:
    """Read what `packed` wrote."""
    half = len(data) // 2
    places = np.frombuffer(data[:half], dtype="<u4").tolist()
    return dict(zip(places, np.frombuffer(data[half:], dtype="<f4").tolist(), strict=True))


def _heaviest(words: dict[str, float]) -> Iterable[tuple[str, float]]:
    chosen = sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_TERMS]
    length = math.sqrt(sum(v * v for _, v in chosen)) or 1.0
    return ((term, value / length) for term, value in chosen)


def _with_embedding(found: list[Vector], rows: Any) -> list[Vector]:
    dense = np.asarray(rows, dtype=np.float32)
    dense = dense / np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9)
    words, embedded = math.sqrt(1 - _EMBEDDED), math.sqrt(_EMBEDDED)
    return [
        {place: words * value for place, value in vector.items()}
        | {_EMBEDDED_AT + i: embedded * float(value) for i, value in enumerate(row) if value}
        for vector, row in zip(found, dense, strict=True)
    ]
