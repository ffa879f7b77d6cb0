"""Grouping by likeness: average linkage over sparse vectors, stopping where the best two groups are too unlike.

The average likeness of two groups is the dot product of their sums divided by both sizes, so a group is its sum and
its size, a later sentence is compared with every group at once, and nothing is compared twice.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from baocao.insight.difficulties.vectors import Vector, add, dot

LEAST_LIKENESS = 0.22  # chosen on the building half of bench/themes
_BLOCK = 1024


@dataclass(slots=True)
class Gathered:
    """A group while it is made: the sum of its vectors, how many they are, and their numbers."""

    total: Vector
    size: int
    members: list[int]


def agglomerate(groups: Sequence[Gathered], least: float = LEAST_LIKENESS) -> list[Gathered]:
    """Join the two likest groups again and again, as long as they are like enough."""
    held: dict[int, Gathered] = dict(enumerate(groups))
    near: dict[int, dict[int, float]] = {i: {} for i in held}
    heap: list[tuple[float, int, int]] = []
    for i, j, likeness in _pairs(groups, least / 2):
        near[i][j] = near[j][i] = likeness
        if likeness >= least:
            heap.append((-likeness, i, j))
    heapq.heapify(heap)
    following = len(groups)
    while heap:
        _, i, j = heapq.heappop(heap)
        if i not in held or j not in held:
            continue
        first, second = held.pop(i), held.pop(j)
        shares = first.size / (first.size + second.size), second.size / (first.size + second.size)
        near_first, near_second = near.pop(i), near.pop(j)
        joined = _join(first, second)
        near[following] = {}
        for k in (near_first.keys() | near_second.keys()) & held.keys():
            a, b = near_first.get(k), near_second.get(k)
            if a is None or b is None:  # one of the two was too unlike to be noted
                likeness = dot(joined.total, held[k].total) / (joined.size * held[k].size)
            else:
                likeness = a * shares[0] + b * shares[1]
            near[k].pop(i, None)
            near[k].pop(j, None)
            if likeness >= least / 2:
                near[following][k] = near[k][following] = likeness
                if likeness >= least:
                    heapq.heappush(heap, (-likeness, k, following))
        held[following] = joined
        following += 1
    return list(held.values())


def nearest(sums: Sequence[Vector], sizes: Sequence[int], vectors: Sequence[Vector]) -> list[tuple[int, float]]:
    """Return for each vector the group that it is likest to on average, and how much; (-1, 0.0) for none."""
    if not sums or not vectors:
        return [(-1, 0.0)] * len(vectors)
    columns: dict[int, int] = {}
    return _nearest(_matrix(sums, columns), columns, sizes, vectors)


def nearest_packed(sums: Sequence[bytes], sizes: Sequence[int], vectors: Sequence[Vector]) -> list[tuple[int, float]]:
    """Do the same with packed sums, without unpacking each."""
    if not any(sums) or not vectors:
        return [(-1, 0.0)] * len(vectors)
    halves = [len(data) // 2 for data in sums]
    places = np.frombuffer(b"".join(data[:half] for data, half in zip(sums, halves, strict=True)), dtype="<u4")
    values = np.frombuffer(b"".join(data[half:] for data, half in zip(sums, halves, strict=True)), dtype="<f4")
    wanted = np.array(sorted({place for vector in vectors for place in vector}), dtype=np.uint32)
    at = np.searchsorted(wanted, places)
    shared = (at < len(wanted)) & (wanted[np.minimum(at, len(wanted) - 1)] == places)
    row = np.repeat(np.arange(len(sums)), np.array(halves) // 4)
    groups = sp.csr_matrix((values[shared], (row[shared], at[shared])), shape=(len(sums), len(wanted)))
    return _nearest(groups, {int(place): i for i, place in enumerate(wanted)}, sizes, vectors)


def _nearest(
    groups: Any, columns: dict[int, int], sizes: Sequence[int], vectors: Sequence[Vector]
) -> list[tuple[int, float]]:
    groups = sp.csr_matrix(sp.diags(1 / np.array(sizes, dtype=np.float32)) @ groups)
    out: list[tuple[int, float]] = []
    for start in range(0, len(vectors), _BLOCK):
        block = _matrix(vectors[start : start + _BLOCK], columns, grow=False, width=groups.shape[1])
        likeness = sp.csr_matrix(block @ groups.T)
        for row in range(likeness.shape[0]):
            cells = slice(likeness.indptr[row], likeness.indptr[row + 1])
            values = likeness.data[cells]
            at = int(values.argmax()) if len(values) else -1
            out.append((int(likeness.indices[cells][at]), float(values[at])) if at >= 0 else (-1, 0.0))
    return out


def _join(a: Gathered, b: Gathered) -> Gathered:
    if len(a.total) < len(b.total):
        a, b = b, a
    add(a.total, b.total)
    return Gathered(a.total, a.size + b.size, a.members + b.members)


def _pairs(groups: Sequence[Gathered], least: float) -> list[tuple[int, int, float]]:
    """Return the pairs of groups whose average likeness is at least that much."""
    means = _matrix([g.total for g in groups], {})
    means = sp.csr_matrix(sp.diags(1 / np.array([g.size for g in groups], dtype=np.float32)) @ means)
    found: list[tuple[int, int, float]] = []
    turned = sp.csr_matrix(means.T)
    for start in range(0, len(groups), _BLOCK):
        likeness = sp.coo_matrix(means[start : start + _BLOCK] @ turned)
        keep = (likeness.data >= least) & (likeness.row + start < likeness.col)
        found.extend(zip((likeness.row[keep] + start).tolist(), likeness.col[keep].tolist(),
                         likeness.data[keep].tolist(), strict=True))  # fmt: skip
    return found


def _matrix(rows: Sequence[Vector], columns: dict[int, int], *, grow: bool = True, width: int = 0) -> Any:
    row, column, value = [], [], []
    for number, vector in enumerate(rows):
        for place, weight in vector.items():
            at = columns.setdefault(place, len(columns)) if grow else columns.get(place, -1)
            if at >= 0:
                row.append(number)
                column.append(at)
                value.append(weight)
    shape = (len(rows), max(len(columns) if grow else width, 1))
    return sp.csr_matrix((np.array(value, dtype=np.float32), (row, column)), shape=shape)
