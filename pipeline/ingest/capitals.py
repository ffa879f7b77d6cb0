"""The capitals that TCVN3 has no codes for: "CéNG HßA" reads "CộNG HòA", and is "CỘNG HÒA"."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from baocao.models.gazetteers import lines
from baocao.pipeline.ingest.spelling import is_syllable
from baocao.text import UPPER

_LOST = "àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
_WORD = re.compile(r"[^\W\d_]+")
_SMALL = re.compile("[a-zăâđêôơư]")  # what is small although it has a capital
_FIRST = re.compile(rf"(?:^|\n[ \t\r]*\n|[.!?…]\r?\n|[.!?…][”\"]? )[ \t]*(?:[-+*“\"(][ \t]*)?[{_LOST}]")
_OF_NAMES = re.compile(rf"(?:\bThị|\b[{UPPER}]\w* Văn) [{_LOST}]")


def restored(text: str) -> str:
    """Return text that was TCVN3 with the capitals that its neighbourhood makes certain."""
    text = "\n".join(map(_line, text.split("\n")))
    for pattern in (_FIRST, _OF_NAMES):
        text = pattern.sub(lambda match: match[0][:-1] + match[0][-1].upper(), text)
    return _known().sub(lambda match: match[0][0].upper() + match[0][1:], text)


def _line(line: str) -> str:
    """Set words in capitals that stand among such: a letter without a capital code cannot show it."""
    words = list(_WORD.finditer(line))
    kinds = [_kind(match[0]) for match in words]
    if "capitals" not in kinds:
        return line
    out = line
    for at, match in enumerate(words):
        sides = {_nearest(kinds[:at][::-1]), _nearest(kinds[at + 1 :])} - {None}
        if kinds[at] == "capitals" or (kinds[at] == "either" and sides == {"capitals"}):
            out = out[: match.start()] + match[0].upper() + out[match.end() :]
    return out


def _nearest(kinds: Sequence[str]) -> str | None:
    """Return the kind of the nearest word that is of one for certain."""
    return next((kind for kind in kinds if kind in ("capitals", "small")), None)


@lru_cache(maxsize=1 << 14)
def _kind(word: str) -> str:
    """Tell small letters, capitals ("CộNG"), what may be capitals ("Hà", "ý"), and others ("UBND", "II")."""
    if _SMALL.search(word):
        return "small"
    if not is_syllable(word) or word in ("I", "V", "X"):
        return "other"
    return "capitals" if any(char.isupper() for char in word[1:]) else "either"


@cache
def _known() -> re.Pattern[str]:
    names = sorted(lines("legacy_capitals.txt"), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")
