"""Whether a word can be a Vietnamese syllable: what tells a right reading of old codes from a wrong one."""

import unicodedata
from functools import cache, lru_cache

from baocao.models.gazetteers import rows
from baocao.text import TONES

_STOPS = ("c", "k", "p", "t", "ch")
_OF_STOPS = ("\u0301", "\u0323")  # sắc and nặng


@lru_cache(maxsize=1 << 16)
def is_syllable(word: str) -> bool:
    """Tell whether `word`, in whatever case, is spelt as a Vietnamese syllable is.

    >>> is_syllable("nghiệp"), is_syllable("nghiÖp"), is_syllable("nghiêp")
    (True, False, False)
    """
    letters = [_toned(char) for char in unicodedata.normalize("NFC", word.lower())]
    toned = [(letter, tone) for letter, tone in letters if tone]
    bare = "".join(letter for letter, _ in letters)
    if len(toned) > 1 or (toned and not _bears(bare, toned[0][0])):
        return False
    if bare.endswith(_STOPS) and (not toned or toned[0][1] not in _OF_STOPS):
        return False
    return any(_joins(bare[:at], bare[at:]) for at in range(4))


@lru_cache(maxsize=1 << 12)
def _toned(char: str) -> tuple[str, str]:
    """Part a letter from its tone."""
    marks = unicodedata.normalize("NFD", char)
    tone = "".join(mark for mark in marks if mark in TONES)
    return unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in TONES)), tone


def _bears(bare: str, letter: str) -> bool:
    """Tell whether the tone may stand on this letter: on the marked vowel where there is one, else on any vowel."""
    marked = [char for char in bare if char in "ăâêôơ"] or [char for char in bare if char == "ư"] or list("aeiouy")
    return letter in marked


def _joins(onset: str, rhyme: str) -> bool:
    onsets, rhymes = _parts()
    if onset == "gi" and f"i{rhyme}" in rhymes:  # "giết", "gì": one i is written for two
        return True
    return onset in onsets and rhyme in rhymes


@cache
def _parts() -> tuple[frozenset[str], frozenset[str]]:
    found: dict[str, set[str]] = {"onset": {""}, "rhyme": set()}
    for kind, spellings in rows("vietnamese_syllables.tsv"):
        found[kind].update(spellings.split())
    return frozenset(found["onset"]), frozenset(found["rhyme"])
