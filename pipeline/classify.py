"""Labelling sentences with the trained model: features → TF-IDF → logistic regression, stored with skops."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from baocao.errors import ModelError
from baocao.report import Label

ARTEFACT = "labels.skops"
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
    """Load the shipped classifier.

    Raises ModelError where the artefact is missing, damaged, or holds types that it should not.
    """
    import skops.io

    artefact = files("baocao.models").joinpath(ARTEFACT)
    try:
        data = artefact.read_bytes()
    except OSError as error:
        raise ModelError("The classifier is missing; run `baocao train` to make it.") from error
    try:
        return skops.io.loads(data, trusted=_TRUSTED)
    except Exception as error:
        message = "The classifier file is damaged or of another version; run `baocao train` to make it anew."
        raise ModelError(message) from error
