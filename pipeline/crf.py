"""Reading a CRFsuite model file: labels, and the weights of its attributes and transitions.

The layout is that of CRFsuite 0.12 (https://www.chokkan.org/software/crfsuite/, `crf1d_model.c` and
`cqdb.c`): a header, a chunk of features, and two tables of strings, all little-endian.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct("<4sI4sIIIIIIIII")
_TABLE = struct.Struct("<4sIIIII")
_FEATURE = struct.Struct("<IIId")
_STATE = 0


@dataclass(frozen=True, slots=True)
class CrfWeights:
    """`states[attribute][label]` and `transitions[before][after]` are log potentials."""

    labels: tuple[str, ...]
    states: dict[str, tuple[float, ...]]
    transitions: tuple[tuple[float, ...], ...]


def read_weights(path: Path) -> CrfWeights:
    """Read a linear-chain model.

    Raises ValueError where the file is no CRFsuite model.
    """
    data = path.read_bytes()
    try:
        return _weights(data)
    except (struct.error, IndexError, ValueError) as error:
        raise ValueError(f"{path.name} is no CRFsuite model") from error


def _weights(data: bytes) -> CrfWeights:
    magic, _, kind, _, _, n_labels, n_attributes, features_at, labels_at, attributes_at, _, _ = _HEADER.unpack_from(
        data
    )
    if magic != b"lCRF" or kind != b"FOMC":
        raise ValueError("the file is no CRFsuite model")
    labels = _strings(data, labels_at)
    attributes = _strings(data, attributes_at)
    states = [[0.0] * n_labels for _ in range(n_attributes)]
    transitions = [[0.0] * n_labels for _ in range(n_labels)]
    count = struct.unpack_from("<I", data, features_at + 8)[0]
    begin = features_at + 12
    for kind, source, label, weight in _FEATURE.iter_unpack(data[begin : begin + count * _FEATURE.size]):
        (states if kind == _STATE else transitions)[source][label] = weight
    return CrfWeights(
        tuple(labels), dict(zip(attributes, map(tuple, states), strict=True)), tuple(map(tuple, transitions))
    )


def _strings(data: bytes, at: int) -> list[str]:
    """Return the strings of a table in the order of their numbers."""
    magic, _, _, _, count, offsets_at = _TABLE.unpack_from(data, at)
    if magic != b"CQDB":
        raise ValueError("the file is no CRFsuite model")
    offsets = struct.unpack_from(f"<{count}I", data, at + offsets_at)
    sizes = [struct.unpack_from("<I", data, at + offset + 4)[0] for offset in offsets]
    return [
        data[at + offset + 8 : at + offset + 7 + size].decode("utf-8")  # each ends in a zero byte
        for offset, size in zip(offsets, sizes, strict=True)
    ]
