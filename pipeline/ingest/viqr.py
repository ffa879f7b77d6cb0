"""VIQR (RFC 1456): Vietnamese in plain ASCII, "Vie^.t Nam", as in mails and terminals of before Unicode."""

import re
import unicodedata
from functools import lru_cache

from baocao.models.gazetteers import lines
from baocao.pipeline.ingest.spelling import is_syllable

_SHAPES = {"^": "\u0302", "(": "\u0306", "+": "\u031b", "*": "\u031b"}
_TONES = {"`": "\u0300", "'": "\u0301", "?": "\u0309", "~": "\u0303", ".": "\u0323"}
_LETTER = re.compile(
    r"\\(?P<literal>[\^(+*'`?~.dD\\])|(?P<d>[dD])[dD](?![dD])|(?P<base>[aeiouyAEIOUY])"
    r"(?P<shape>(?<=[aeoAEO])\^|(?<=[aA])\(|(?<=[ouOU])[+*])?(?P<tone>[`'?~.])?"
)
_TOKEN = re.compile(r"[^ \t\r\n\u00a0]+")
_ADDRESS = re.compile(r"://|@|www\.|\.(?:vn|com|org|net)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
# Marks that punctuation does not explain: within a word, or signs that prose has no use for.
_MARKED = re.compile(
    r"[aeoAEO]\^|[aA]\((?=[a-z`'?~.])|[ouOU][+*]|[aeiouy][`~]|[aeiouyAEIOUY][`'?~.](?=[a-zA-Z])|\b[dD][dD](?=[aeiouy])"
)
_CLOSING = re.compile(r"[.?'](?=[)\"”;:,]*$)")


def is_viqr(text: str) -> bool:
    """Tell text of which many words bear VIQR's marks, and nearly all of those become Vietnamese by them."""
    if len(text.encode("utf-8", "replace")) > 1.1 * len(text):  # it is full of letters beyond ASCII
        return False
    tokens = _TOKEN.findall(text)
    marked = [token for token in tokens if _MARKED.search(token) and not _ADDRESS.search(token)]
    good = [token for token in marked if _is_vietnamese(_read(token, closes=True))]
    small = [word for token in tokens if token.isalpha() for word in (token,) if word.islower() and word.isascii()]
    enough = len(set(good)) >= 5 and 5 * len(good) >= len(tokens)
    return enough and len(good) >= 6 * (len(marked) - len(good)) and 10 * sum(map(is_syllable, small)) >= 6 * len(small)


def decode(text: str) -> str:
    """Return VIQR text in Unicode. Addresses stay; words that would be no Vietnamese keep the mark at their end."""
    escapes = "\\." in text or "\\?" in text
    out, at = [], 0
    for match in _TOKEN.finditer(text):
        out.append(text[at : match.start()])
        at = match.end()
        out.append(_token(match[0], ends=not escapes and _ends(text, at)))
    return "".join(out) + text[at:]


def _ends(text: str, at: int) -> bool:
    """Tell whether a sentence may end here: at the end of a line, or before a capital."""
    rest = text[at : at + 2].lstrip(" \t\r\u00a0")
    return not rest or rest[0] == "\n" or rest[0].isupper()


@lru_cache(maxsize=1 << 16)
def _token(token: str, *, ends: bool) -> str:
    if _ADDRESS.search(token):
        return token
    marked, plain = _read(token, closes=True), _read(token, closes=False)
    if marked == plain:
        return marked
    if not _is_vietnamese(marked):
        return plain
    return plain if ends and token.rstrip(')"”;:,')[-1] == "." and _is_rather_plain(plain) else marked


@lru_cache(maxsize=1 << 16)
def _read(token: str, *, closes: bool) -> str:
    """Read a token's marks; the last sign of it as a mark (`closes`) or as punctuation."""
    last = None if closes else _CLOSING.search(token)
    if last is None:
        return _LETTER.sub(_letter, token)
    return _LETTER.sub(_letter, token[: last.start()]) + token[last.start() :]


def _letter(match: re.Match[str]) -> str:
    if match["literal"]:
        return match["literal"]
    if match["d"]:
        return "đ" if match["d"] == "d" else "Đ"
    marks = _SHAPES.get(match["shape"], "") + _TONES.get(match["tone"], "")
    return unicodedata.normalize("NFC", match["base"] + marks)


@lru_cache(maxsize=1 << 16)
def _is_vietnamese(text: str) -> bool:
    words = _WORD.findall(text)
    return bool(words) and all(is_syllable(word) or word.isupper() or word.isascii() for word in words)


def _is_rather_plain(token: str) -> bool:
    """Tell whether the last word of a token is likelier without the tone nặng: "tra." is "tra", but "bi." is "bị"."""
    word = _WORD.findall(token)[-1].lower()
    return word not in lines("legacy_viqr_heavy.txt")
