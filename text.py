"""Pure functions on Vietnamese text: cleaning, folding, spelling keys, syllables.

Every offset in baocao is a Python str index into the NFC text that `clean` returns.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

# The capital letters of Vietnamese, for character classes.
UPPER = "A-ZÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬĐÐÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ"
LOWER = "a-zàáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"

# Combining tone marks: huyền, sắc, hỏi, ngã, nặng (Unicode names: grave, acute, hook, tilde, dot below).
TONES = "\u0300\u0301\u0309\u0303\u0323"

_UNWANTED = re.compile(
    r"[^\S\n\t ]|[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]|[\x00-\x08\x0e-\x1f\x7f-\x9f]|[\ud800-\udfff]"
)
_SPACES_LIKE = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\x1c\x1d\x1e\x1f"
)
_BREAKS = re.compile(r"\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_SYLLABLE = re.compile(r"[^\W_]+")


class Syllable(NamedTuple):
    """A run of letters or digits: `start` and `end` index the text, `folded` is its search form."""

    start: int
    end: int
    folded: str


def clean(raw: str) -> str:
    """Return `raw` as the text that offsets point into: NFC, `\\n` line ends, no control characters.

    Odd blanks become plain ones; zero-width, direction and control characters and lone surrogates go.
    """
    text = _BREAKS.sub("\n", raw)
    text = _UNWANTED.sub(lambda m: " " if m[0] in _SPACES_LIKE else "", text)
    return unicodedata.normalize("NFC", text)


def shown(text: str) -> str:
    """Return `text` as one line that a terminal shows as it is: what would break, turn or colour it is written out.

    >>> shown("hai\\ndòng")
    'hai\\\\ndòng'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _fold_table() -> dict[int, str]:
    table = {ord("đ"): "d", ord("Đ"): "d", ord("Ð"): "d", ord("ð"): "d"}
    for code in range(0x41, 0x1F00):
        char = chr(code)
        if code in table or not char.isalpha():
            continue
        base = "".join(c for c in unicodedata.normalize("NFD", char) if not unicodedata.combining(c)).lower()
        if len(base) == 1 and base != char:
            table[code] = base
    return table


_FOLD = _fold_table()


def fold(text: str) -> str:
    """Lower-case `text` without diacritics, đ as d; the length stays the same for NFC text.

    >>> fold("Khó khăn, VƯỚNG MẮC ở Đắk Lắk")
    'kho khan, vuong mac o dak lak'
    """
    return text.translate(_FOLD)


@lru_cache(maxsize=1 << 16)
def spelling_key(word: str) -> str:
    """Lower-case `word` with its tone mark moved to the end of each syllable.

    The two ways to place a tone ("hoà", "hòa"; "thuỷ", "thủy") have one key; other spellings differ.
    """
    out: list[str] = []
    tone = ""
    for char in unicodedata.normalize("NFD", word.lower()):
        if char in TONES:
            tone = char
        elif char.isspace():
            out.append(tone + char)
            tone = ""
        else:
            out.append(char)
    return "".join(out) + tone


_fold_word = lru_cache(maxsize=1 << 16)(fold)


def folded_syllables(text: str) -> list[str]:
    """Return the folded runs of letters and digits of `text`, in order, without their offsets."""
    return [_fold_word(word) for word in _SYLLABLE.findall(text)]


def syllable_spans(text: str) -> list[tuple[int, int]]:
    """Return where each of the syllables that `folded_syllables` returns stands in `text`."""
    return [match.span() for match in _SYLLABLE.finditer(text)]


def spellings(text: str) -> list[tuple[str, str]]:
    """Return the runs of letters and digits of `text`, in order: each folded, and its spelling key."""
    return [(_fold_word(word), spelling_key(word)) for word in _SYLLABLE.findall(text)]


def syllables(text: str) -> Iterator[Syllable]:
    """Yield the runs of letters and digits of `text`, in order."""
    for match in _SYLLABLE.finditer(text):
        yield Syllable(*match.span(), _fold_word(match[0]))
