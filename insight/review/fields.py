"""The field of work that a sentence speaks of, by the curated phrases of `fields.tsv`."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

from baocao.models.gazetteers import rows

GENERAL = "Công tác chung"


def field_of(sentence: str, headings: Iterable[str] = ()) -> str:
    """Return the field whose phrases stand in a sentence, or else in the headings above it, or `GENERAL`.

    A longer phrase says more; in a sentence a phrase counts twice as much as in a heading.
    """
    score: Counter[str] = Counter()
    for text, weight in ((sentence, 2), *((heading, 1) for heading in headings)):
        for phrase in _pattern().findall(text.lower()):
            score[_fields()[phrase]] += weight * len(phrase.split())
    return max(score, key=lambda name: (score[name], -_order()[name])) if score else GENERAL


def all_fields() -> list[str]:
    """Return the names of the fields in their order, the general one last."""
    return [*_order(), GENERAL]


@cache
def _fields() -> dict[str, str]:
    return {row[1].lower(): row[0] for row in rows("fields.tsv")}


@cache
def _order() -> dict[str, int]:
    return {name: i for i, name in enumerate(dict.fromkeys(_fields().values()))}


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_fields(), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")
