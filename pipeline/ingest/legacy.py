"""Text of before Unicode into Unicode: TCVN3 (.VnTime), VNI, VIQR, Windows-1258, VISCII, VPS, and letters misread.

What a text is, is decided by evidence over the whole of it: names of fonts where the format has them, else whether
its words become Vietnamese syllables by one encoding and are none as they stand. Where the evidence lacks, and
wherever a piece is Vietnamese already, the text stays letter by letter what it was.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from baocao.pipeline.ingest import viqr
from baocao.pipeline.ingest.capitals import restored
from baocao.pipeline.ingest.codes import Encoding, encodings
from baocao.pipeline.ingest.spelling import is_syllable
from baocao.text import LOWER, UPPER

_DECOMPOSED = "Unicode NFD"
# Letters that only Unicode has: no old encoding shows them.
_UNICODE = re.compile("[ăđĩũơưĂĐĨŨƠƯ\u1ea0-\u1ef9\u0300-\u0323]")
_TONE_APART = re.compile("(?i:[aeiouyăâêôơư][\u0302\u0306\u031b]?)[\u0300\u0301\u0303\u0309\u0323]")
# What no Vietnamese text in Unicode has much of, and every old one has.
_SIGNAL = re.compile(f"[^\x00-\x7f{UPPER}{LOWER.replace('ð', '')}\u2010-\u2026]|[a-zâêô][ÌÒ]")
_SIGNS = "¡-¦¨-ª¬-¯µ¶¸-º¼-¿×÷\x80-\x9f\u2022\u2030-\u203a\u2122"
_STRAY = re.compile(f"[^\\W\\d_][{_SIGNS}]|[{_SIGNS}][^\\W\\d_]|[\x80-\x9f\ufffd\uf020-\uf0ff]")
_SAMPLE = 500  # pieces: so many are evidence enough
_TOKEN = re.compile("[^ \t\r\n]+")
_BEYOND = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
_SMALL = re.compile(r"(?<![^\s(\"'])[A-Za-z]?[a-z]+(?![^\s,.;:!?)\"'])")

_TCVN3_FONT = re.compile(r"(?:[A-Z]{6}\+)?(?i:[._]vn|vn(?=time|arial))(?P<name>[^,]*)")
_FONTS = {
    "VNI": re.compile(r"(?:[A-Z]{6}\+)?VNI(?![a-z])", re.IGNORECASE),
    "VPS": re.compile(r"(?:[A-Z]{6}\+)?VPS(?![a-z])", re.IGNORECASE),
}
_CAPITALS = re.compile(r"H(?:[-\s]*(?i:bold|italic|regular|normal|oblique))*\s*$")


class Run(NamedTuple):
    """A stretch of text and the name of its font, where the format tells one."""

    text: str
    font: str | None = None


class Converted(NamedTuple):
    """The texts, one for each that was given, and the name of the encoding they were in (None: Unicode)."""

    texts: list[str]
    encoding: str | None


def convert(text: str, *, surely: bool = False) -> tuple[str, str | None]:
    """Return a text in Unicode, and the name of the encoding it was in: None where it was Unicode already.

    `surely` tells that the text was read from bytes that are no Unicode, so that little evidence is enough.
    """
    texts, name = convert_runs([Run(line) for line in text.split("\n")], surely=surely)
    return with_capitals("\n".join(texts), name), name


def with_capitals(text: str, encoding: str | None) -> str:
    """Return a converted text with the capitals that its encoding could not write, where they are certain."""
    return restored(text) if encoding and "TCVN3" in encoding else text


def convert_runs(runs: Sequence[Run], *, surely: bool = False) -> Converted:
    """Convert the runs of one document, each by its font, and those whose fonts tell nothing by what they hold.

    Give all runs of a document at once, neighbours of one font joined: the evidence is weighed over all of them, and
    the letters of an old encoding may be of two codes.
    """
    texts = [run.text for run in runs]
    used: Counter[str] = Counter()
    rest: list[int] = []
    named: dict[str, list[int]] = {}
    for at, run in enumerate(runs):
        encoding = encoding_of(run.font)
        (named.setdefault(encoding.name, []) if encoding else rest).append(at)
    for encoding in encodings():
        hinted = named.get(encoding.name, [])
        if speaks_for(encoding, [texts[at] for at in hinted]):
            for at in hinted:
                texts[at] = by_font(encoding, runs[at])
                used[encoding.name] += len(texts[at]) * (texts[at] != runs[at].text)
        else:
            rest += hinted
    rest.sort()
    by_content = _by_content([texts[at] for at in rest], surely=surely)
    for at, text in zip(rest, by_content.texts, strict=True):
        used[by_content.encoding or ""] += len(text) * (text != texts[at])
        texts[at] = text
    names = [name for name, letters in used.most_common() if name and letters]
    if not names and _is_decomposed(texts):
        names = [_DECOMPOSED]
    return Converted(texts, ", ".join(names) or None)


def from_font(font: str | None, text: str) -> str:
    """Return in Unicode what `text` shows in a font, as an RTF's font table or a PDF names it.

    A text whose font is none of the old ones, or that holds letters of Unicode's own, comes back as it is. Text in a
    font of capitals (.VnTimeH) comes back in capitals. Where a whole document is at hand, `convert_runs` is safer: it
    also sees that a document's fonts lie.

    >>> from_font(".VnTimeH", "B¸o c¸o"), from_font("VNI-Times", "Baùo caùo"), from_font("Arial", "Bá cáo")
    ('BÁO CÁO', 'Báo cáo', 'Bá cáo')
    """
    encoding = encoding_of(font)
    if encoding is None or _UNICODE.search(text):
        return text
    return by_font(encoding, Run(text, font))


def encoding_of(font: str | None) -> Encoding | None:
    """Return the encoding that a font's name stands for."""
    if not font:
        return None
    font = font.strip()
    names = [name for name, pattern in _FONTS.items() if pattern.match(font)]
    if _TCVN3_FONT.match(font):
        names = ["TCVN3"]
    return next((encoding for encoding in encodings() if encoding.name in names), None)


def has_capitals_only(font: str | None) -> bool:
    """Tell whether a font of TCVN3 shows capitals for every letter, as .VnTimeH does."""
    match = _TCVN3_FONT.match((font or "").strip())
    return bool(match and _CAPITALS.search(match["name"]))


def speaks_for(encoding: Encoding | None, texts: Sequence[str]) -> bool:
    """Tell whether text in a font of an old encoding is in it: fonts keep their names when a text becomes Unicode.

    For no encoding: whether the text is better Vietnamese, or none, as it stands.
    """
    if encoding is None:
        return _net(None, texts) >= 0
    return bool(texts) and _net(encoding, texts) >= _net(None, texts)


def encoding_of_words(text: str) -> Encoding | None:
    """Return the encoding that a text of which nothing else is known is in, None for Unicode."""
    return _likeliest([text], surely=False) if _SIGNAL.search(text) else None


def by_font(encoding: Encoding, run: Run) -> str:
    """Convert a run that is of a font of this encoding, and not typed in Unicode among the old."""
    if _net(None, [run.text]) > _net(encoding, [run.text]):
        return run.text
    text = _decoded(encoding, run.text)
    return text.upper() if has_capitals_only(run.font) else text


def _by_content(texts: Sequence[str], *, surely: bool) -> Converted:
    signalled = [text for text in texts if (_BEYOND if surely else _SIGNAL).search(text)]
    encoding = _likeliest(signalled, surely=surely)
    if encoding is not None:
        return Converted(_where_better(encoding, texts, surely=surely), encoding.name)
    if viqr.is_viqr("\n".join(texts)):
        return Converted([text if _UNICODE.search(text) else viqr.decode(text) for text in texts], "VIQR")
    return Converted(list(texts), None)


def _likeliest(texts: Sequence[str], *, surely: bool) -> Encoding | None:
    """Return the encoding by which most words become Vietnamese, if they do by a wide margin."""
    best, most = None, 0
    texts = texts[:: 1 + len(texts) // _SAMPLE]
    foreign = [text for text in texts if _net(None, [text]) <= 0]
    for encoding in encodings() if texts else ():
        if not surely and _net(encoding, foreign) <= 0:  # a few lines of a list in Danish may look so, not most
            continue
        won = [text for text in texts if _gain(encoding, text, surely=surely) > 0]
        net = _net(encoding, won)
        if net > most and _convinces(encoding, won, surely=surely):
            best, most = encoding, net
    return best


def _gain(encoding: Encoding, text: str, *, surely: bool) -> int:
    """Tell how much better a text is Vietnamese by an encoding than as it stands, where it may stand so."""
    stands = 0 if surely and not _UNICODE.search(text) else _net(None, [text])
    return _net(encoding, [text]) - stands


def _convinces(encoding: Encoding, won: Sequence[str], *, surely: bool) -> bool:
    verdicts = [(token, _verdict(encoding, token)) for text in won for token in _tokens(text)]
    good = [token for token, verdict in verdicts if verdict > 0]
    bad = sum(verdict < 0 for _, verdict in verdicts)
    small = [word for text in won for word in _SMALL.findall(_decoded(encoding, text))]
    vietnamese = sum(map(is_syllable, small))
    if surely:
        return bool(good) and len(good) >= 3 * bad and 2 * vietnamese >= len(small)
    enough = len(set(good)) >= 4 and 4 * (len(good) + bad) >= len(small)
    return enough and len(good) >= 6 * bad and 10 * vietnamese >= 6 * len(small)


def _where_better(encoding: Encoding, texts: Sequence[str], *, surely: bool) -> list[str]:
    """Convert each piece that is better Vietnamese for it; one that may be either goes with the piece before."""
    gains = [_gain(encoding, text, surely=surely) for text in texts]
    before = next((gain for gain in gains if gain), 1)
    out = []
    for text, gain in zip(texts, gains, strict=True):
        before = gain or before
        out.append(_decoded(encoding, text) if before > 0 else text)
    return out


def _decoded(encoding: Encoding, text: str) -> str:
    """Decode all words of a text but those with letters that only Unicode has."""
    if not _UNICODE.search(text):
        return encoding.decode(text)
    pieces = groupby(re.split("([ \t\r\n]+)", text), key=lambda piece: bool(_UNICODE.search(piece)))
    return "".join("".join(group) if own else encoding.decode("".join(group)) for own, group in pieces)


def _net(encoding: Encoding | None, texts: Iterable[str]) -> int:
    """Count the words beyond ASCII that are Vietnamese when read so, less those that are not."""
    return sum(_verdict(encoding, token) for text in texts for token in _tokens(text))


def _tokens(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if not token.isascii()]


@lru_cache(maxsize=1 << 17)
def _verdict(encoding: Encoding | None, token: str) -> int:
    """Return 1 where a token beyond ASCII holds Vietnamese words when read so, -1 where it holds others, else 0."""
    if encoding is None:
        text = unicodedata.normalize("NFC", token)
    elif _UNICODE.search(token):
        return -1
    else:
        text = encoding.decode(token)
    if _STRAY.search(text):
        return -1
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    known = [is_syllable(word) for word in words if not word.isupper() or is_syllable(word)]
    if not all(known):
        return -1
    # Two letters at least and one of them plain: single ones become vowels by any encoding.
    return int(bool(known) and bool(re.search("[A-Za-z]", text)) and len(text) > 1)


def _is_decomposed(texts: Sequence[str]) -> bool:
    """Tell whether most tones stand as characters of their own."""
    apart = sum(len(_TONE_APART.findall(text)) for text in texts)
    return apart > 3 and apart > sum(char > "\u1e9f" for text in texts for char in text)
