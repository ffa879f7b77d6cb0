"""Labelling sentences with the trained model: features → TF-IDF → logistic regression.

A model file is a skops file of the scikit-learn pipeline (no pickle) with the numbers that decide beside it, as
plain numpy arrays: labelling reads these alone, since loading scikit-learn takes longer than a report.
"""

import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from baocao.errors import ModelError
from baocao.report import Label

ARTEFACT = "labels.skops"
CHOSEN = "BAOCAO_MODEL"
_ARRAYS = ("idf", "weights", "bias")
_SEPARATOR = "\t"  # which no feature holds

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelModel:
    """What decides: the number of each feature, its `idf`, `weights[feature, label]`, `bias[label]`.

    `told` is what the model says of itself (its score on unseen text).
    """

    labels: tuple[Label, ...]
    features: dict[str, int]
    idf: Floats
    weights: Floats
    bias: Floats
    told: dict[str, Any] = field(default_factory=dict)

    def probabilities(self, sentences: Sequence[str]) -> Floats:
        """Return the probability of each label for each feature string, as scikit-learn's pipeline would."""
        rows: list[int] = []
        found: list[int] = []
        number = self.features.get
        for row, sentence in enumerate(sentences):
            known = [n for f in sentence.split(_SEPARATOR) if (n := number(f)) is not None]
            found += known
            rows += [row] * len(known)
        cells, count = np.unique(np.array(rows, np.int64) * len(self.features) + found, return_counts=True)
        at, feature = np.divmod(cells.astype(np.int64), len(self.features))
        value: Floats = (1.0 + np.log(count)) * self.idf[feature]
        norm: Floats = np.sqrt(np.bincount(at, value * value, len(sentences)))
        norm[norm == 0] = 1.0
        gain = self.weights[feature] * value[:, None]
        summed: Floats = np.stack(
            [np.bincount(at, gain[:, k], len(sentences)) for k in range(len(self.labels))], axis=1
        )
        scores: Floats = summed / norm[:, None] + self.bias
        power: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
        told: Floats = power / power.sum(axis=1, keepdims=True)
        return told

    def to_members(self) -> dict[str, bytes]:
        """Return the files that go into the artefact, the same bytes for the same model."""
        names = _SEPARATOR.join(self.features)
        about = {"labels": [label.value for label in self.labels], "told": self.told, "features": names}
        members = {"run/about.json": json.dumps(about, ensure_ascii=False).encode("utf-8")}
        for name in _ARRAYS:
            out = io.BytesIO()
            np.save(out, getattr(self, name), allow_pickle=False)
            members[f"run/{name}.npy"] = out.getvalue()
        return members


def classify(sentences: Sequence[str]) -> list[tuple[Label, float]]:
    """Return the label and its probability for each feature string (see `features.features`)."""
    if not sentences:
        return []
    model = load_model()
    probabilities = model.probabilities(sentences)
    best = probabilities.argmax(axis=1)
    return [(model.labels[k], round(float(row[k]), 4)) for k, row in zip(best, probabilities, strict=True)]


@cache
def load_model() -> LabelModel:
    """Load the classifier: the file that the environment's BAOCAO_MODEL names, else the shipped one.

    Raises ModelError as `read_model` does.
    """
    chosen = os.environ.get(CHOSEN)
    return read_model(Path(chosen) if chosen else files("baocao.models").joinpath(ARTEFACT))


def read_model(file: Traversable) -> LabelModel:
    """Read a classifier.

    Raises ModelError where the file is missing, damaged, or holds anything but numbers and names.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelError(f"There is no classifier {file}; run `baocao train` to make it.") from error
    try:
        return _model(data)
    except Exception as error:
        message = f"The classifier {file} is damaged or of another version; run `baocao train` to make it anew."
        raise ModelError(message) from error


def _model(data: bytes) -> LabelModel:
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        about = json.loads(members.read("run/about.json"))
        idf, weights, bias = (
            np.load(io.BytesIO(members.read(f"run/{name}.npy")), allow_pickle=False) for name in _ARRAYS
        )
    features = {name: i for i, name in enumerate(about["features"].split(_SEPARATOR))}
    labels = tuple(Label(name) for name in about["labels"])
    if idf.shape != (len(features),) or weights.shape != (len(features), len(labels)) or bias.shape != (len(labels),):
        raise ValueError("the arrays do not fit each other")
    return LabelModel(labels, features, idf, weights, bias, about["told"])
