"""The words of a sentence that may not change: figures, names, and words that turn a statement round."""

import re
from dataclasses import dataclass
from functools import cache

from baocao.models.gazetteers import rows
from baocao.text import spelling_key

_EDGES = " \t\n.,;:!?()[]{}\"'“”‘’«»…"


@dataclass(frozen=True, slots=True)
class Wording:
    """What of a sentence must be the same wherever it is repeated, each in the order of the text."""

    figures: tuple[str, ...]
    names: tuple[str, ...]
    turns: tuple[str, ...]
    first: str


def words(text: str) -> list[str]:
    """Return what stands between blanks, without the punctuation around it: "12/BC-TTr", "97,5%", "huyện"."""
    return [word for raw in text.split() if (word := raw.strip(_EDGES))]


def wording(text: str) -> Wording:
    """Return what may not change of a sentence; its first word is apart, since any word has a capital there."""
    found = words(text)
    return Wording(
        figures=tuple(w for w in found if any(c.isdigit() for c in w)),
        names=tuple(w for w in found[1:] if w[0].isupper()),
        turns=tuple(key for w in found if (key := spelling_key(w)) in _turning()),
        first=spelling_key(found[0]) if found else "",
    )


@cache
def _turning() -> frozenset[str]:
    return frozenset(spelling_key(row[1]) for row in rows("guarded_words.tsv") if " " not in row[1])


_FIGURE = re.compile(r"\d+(?:[.,]\d+)*%?")


def is_amount(word: str) -> bool:
    """Tell whether a word is a figure that counts something, not a date, a document number or a year's range."""
    return bool(_FIGURE.fullmatch(word))
