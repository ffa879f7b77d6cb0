"""Labelling sentences with the trained model: features → TF-IDF → logistic regression, stored with skops."""

import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from baocao.errors import ModelError
from baocao.report import Label

ARTEFACT = "labels.skops"
CHOSEN = "BAOCAO_MODEL"
# Everything the artefact may hold; skops refuses the rest, so a planted file cannot run code.
_TRUSTED = ["numpy.dtype", "scipy.sparse._csr.csr_matrix"]


def classify(sentences: Sequence[str]) -> list[tuple[Label, float]]:
    """Return the label and its probability for each feature string (see `features.features`)."""
    if not sentences:
        return []
    model = load_model()
    probabilities = model.predict_proba(sentences)
    best = probabilities.argmax(axis=1)
    names = [Label(name) for name in model.classes_]
    return [(names[k], round(float(row[k]), 4)) for k, row in zip(best, probabilities, strict=True)]


@cache
def load_model() -> Any:
    """Load the classifier: the file that the environment's BAOCAO_MODEL names, else the shipped one.

    Raises ModelError as `read_model` does.
    """
    chosen = os.environ.get(CHOSEN)
    return read_model(Path(chosen) if chosen else files("baocao.models").joinpath(ARTEFACT))


def read_model(file: Traversable) -> Any:
    """Read a classifier.

    Raises ModelError where the file is missing, damaged, or holds types that it should not.
    """
    import skops.io

    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelError(f"There is no classifier {file}; run `baocao train` to make it.") from error
    try:
        return skops.io.loads(data, trusted=_TRUSTED)
    except Exception as error:
        message = f"The classifier {file} is damaged or of another version; run `baocao train` to make it anew."
        raise ModelError(message) from error
