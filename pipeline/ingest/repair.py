"""Slips of character recognition that the language or the form of a report decides, set right and told.

What is not certain stays as it was read. Each rule yields the stretches it would change; the signs and words it knows
are in `models/gazetteers/ocr_*`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from baocao.models.gazetteers import lines, rows
from baocao.pipeline.tag.docnos import doc_kinds
from baocao.report import Span
from baocao.text import LOWER, UPPER

_Slip = tuple[int, int, str]  # where, and what belongs there

_D = r"[\dlIíìiL|OoQ]"  # a digit, or what is read for one
_DATED = (
    re.compile(rf"(?<![\w/.-])({_D}{{1,2}}([/.-]){_D}{{1,2}}\2[12lI]{_D}{{3}})\b"),
    re.compile(rf"(?<=\b[Nn]gày )({_D}{{1,2}})\b"),
    re.compile(rf"(?<=\btháng )({_D}{{1,2}})\b"),
    re.compile(rf"(?<=\bnăm )({_D}{{4}})\b"),
    re.compile(rf"(?<=\b[Ss]ố[ :])\s?({_D}{{1,5}})(?=\s?/)"),
)
_AMOUNT = re.compile(r"(?<![\w.,/-])[\dlIO](?:[\dlIOo]|[.,](?=[\dlIOo]))+(?=%|[\s.,;:)]|$)")
_LETTER = re.compile(r"[lIO](?=[\dIO])|(?<=\d)o(?=\d)|[lIO](?=[.,]\d{3})|(?<=[\dO])O$|(?<=\d\d[.,])[lI]")
_GASES = frozenset(("O2", "O3"))
_QUARTER = re.compile(r"(?<=\b[Qq]uý )([IV1lL|í]{2,4})\b")
_SYMBOL = rf"[{UPPER}][{UPPER}{LOWER}]*"
_CODES = re.compile(rf"(?<=\d)\s?/\s?((?:(?:19|20)\d\d\s?/\s?)?{_SYMBOL}(?:\s?[-–./]\s?{_SYMBOL})*)")
_CODE = re.compile(_SYMBOL)
_ETH = re.compile("[Ðð]")
_HIGHLAND = re.compile(rf"\b([KH])(?=[{UPPER}][{LOWER}]{{2,}})")
_GIVEN = rf"(?: [{UPPER}][{LOWER}]+){{2,3}}"
_NAME = re.compile(
    rf"(?:^|(?P<before>[{UPPER}{LOWER}]+) )(?P<family>[{UPPER}][{LOWER}]+){_GIVEN}(?P<alone>$)?", re.MULTILINE
)
_HEADING = re.compile(rf"^([IVXHLl1|]{{1,5}})([.,])\s(?=[{UPPER}])(.{{2,150}})$", re.MULTILINE)
_PART = re.compile(r"^(?:Phần|PHẦN|Chương|CHƯƠNG|[A-EĐ][.)])\s", re.MULTILINE)
_ITEM = re.compile(r"^(\d{1,2})[.)]\s", re.MULTILINE)
_ROMANS = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


@dataclass(frozen=True, slots=True)
class Mended:
    """The text, where its pages begin, and the stretches that are not as they were recognised."""

    text: str
    starts: tuple[int, ...]
    spans: tuple[Span, ...]


def repair(text: str, starts: tuple[int, ...], recognised: tuple[bool, ...]) -> Mended:
    """Repair the pages of a text that were recognised; `starts` are the offsets of all its pages.

    >>> repair("Số: l2/QÐ-UBND ngày L1 tháng 12 năm 2O17", (0,), (True,)).text
    'Số: 12/QĐ-UBND ngày 11 tháng 12 năm 2017'
    """
    out: list[str] = []
    spans: list[Span] = []
    moved: list[tuple[int, int]] = [(0, 0)]  # from this offset on, what follows lies so much further
    at = length = 0
    for start, end, new in _slips(text):
        if not recognised[bisect_right(starts, start) - 1]:
            continue
        out += [text[at:start], new]
        length += start - at
        spans.append(Span(length, length + len(new)))
        length += len(new)
        at = end
        moved.append((end, length - end))
    out.append(text[at:])
    places = [offset for offset, _ in moved]
    begins = tuple(start + moved[bisect_right(places, start) - 1][1] for start in starts)
    return Mended("".join(out), begins, tuple(spans))


def _slips(text: str) -> list[_Slip]:
    """Return what to put in place of which stretches, in their order; where two overlap, the first rule's."""
    rules = (_numbers, _quarters, _codes, _headings, _phrases, _names, _eths)
    taken: list[_Slip] = []
    for rule in rules:
        for start, end, new in rule(text):
            if text[start:end] != new and all(end <= s or start >= e for s, e, _ in taken):
                taken.append((start, end, new))
    return sorted(taken)


def _numbers(text: str) -> Iterator[_Slip]:
    """Digits of dates, numbers of documents and amounts that were read as letters."""
    for pattern in _DATED:
        for match in pattern.finditer(text):
            if any(map(str.isdigit, match[1])):
                yield match.start(1), match.end(1), match[1].translate(_digits())
    for match in _AMOUNT.finditer(text):
        if any(map(str.isdigit, match[0])) and match[0] not in _GASES:
            # A letter behind the digits may be a unit: five litres are "5l".
            yield match.start(), match.end(), _LETTER.sub(lambda m: m[0].translate(_digits()), match[0])


@cache
def _digits() -> dict[int, str]:
    return {ord(c): sign for sign, shapes in rows("ocr_signs.tsv") if sign.isdigit() for c in shapes.replace(" ", "")}


def _quarters(text: str) -> Iterator[_Slip]:
    """ "quý II1/2018": a quarter is written in Roman numbers, or it is one digit."""
    ones = next(shapes for sign, shapes in rows("ocr_signs.tsv") if sign == "I")
    for match in _QUARTER.finditer(text):
        roman = "".join("I" if c in ones else c for c in match[1])
        if roman in _ROMANS[1:5] and not match[1].isdigit():
            yield match.start(1), match.end(1), roman


def _codes(text: str) -> Iterator[_Slip]:
    """Symbols of documents that lost the bar of their Đ: "QD-UBND", "NQ-HDND", "ND-CP"."""
    known = {code.replace("Đ", "D"): code for code in lines("ocr_codes.txt")}
    for match in _CODES.finditer(text):
        first = True
        for part in _CODE.finditer(text, match.start(1), match.end(1)):
            plain = part[0].replace("Ð", "D").replace("Đ", "D")
            right = known.get(plain)
            # As a kind ND is a decree; behind it, it may be the people's ("UBND" is one word, "ND" hardly alone).
            if right and (part[0] not in doc_kinds() or "Ð" in part[0]) and (first or len(right) > 2):
                yield part.start(), part.end(), right
            first = False


def _headings(text: str) -> Iterator[_Slip]:
    """Roman numbers of headings, which count on: "I., II., II." is read where "I., II., III." stands."""
    marks = [(m.start(), m) for m in _HEADING.finditer(text)] + [(m.start(), None) for m in _PART.finditer(text)]
    last = 0
    numbered = sorted(marks, key=lambda mark: mark[0])
    for at, (_, match) in enumerate(numbered):
        if match is None:
            last = 0
            continue
        value = _value(match[1])
        following = next((m for _, m in numbered[at + 1 :] if m is not None and _value(m[1])), None)
        if value == 0:  # L, l, 1, H, HI: some number, if the count wants one
            right = _meant(match, last, following)
        elif value == last and last < len(_ROMANS) - 1 and _ROMANS[last + 1] == f"{match[1]}I":
            right = last + 1
        else:
            right = value
        if right:
            if right != value:
                yield match.start(1), match.end(1), _ROMANS[right]
            last = right


def _value(written: str) -> int:
    return _ROMANS.index(written) if written in _ROMANS else 0


def _meant(match: re.Match[str], last: int, following: re.Match[str] | None) -> int:
    """Return which Roman number a heading bears, or 0 where it is none: an Arabic one, or another sign."""
    shape = _value(re.sub(r"[Ll1|]", "I", match[1]).replace("H", "II"))
    wanted, then = last + 1, _value(following[1]) if following is not None else 0
    if match[1] == "1" and following is not None:  # a list's own "1."? Then "2." comes before another "1."
        item = _ITEM.search(match.string, match.end(), following.start())
        return 1 if wanted == 1 and then == 2 and (item is None or item[1] == "1") else 0
    if then == wanted + 1 and abs(shape - wanted) <= 1 and shape:  # between its neighbours there is but one
        return wanted
    return shape if shape == wanted > 1 else 0


def _phrases(text: str) -> Iterator[_Slip]:
    """Words that recognition reads wrong, known by their neighbours."""
    pattern, right = _known_phrases()
    for match in pattern.finditer(text):
        at = match.start()
        for read, written in zip(match[0].split(" "), right[match[0].lower()], strict=True):
            if read.lower() != written.lower():
                yield at, at + len(read), _in_case(written, read)
            at += len(read) + 1


@cache
def _known_phrases() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    right = {read.lower(): written.split(" ") for read, written in rows("ocr_phrases.tsv")}
    return re.compile(rf"\b(?:{'|'.join(sorted(right, key=len, reverse=True))})\b", re.IGNORECASE), right


def _in_case(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.capitalize() if like[0].isupper() else word.lower()


def _names(text: str) -> Iterator[_Slip]:
    """Family names that lost their tone ("Trân Đình Hoan"), and the apostrophe of highland names ("KTuyên")."""
    for match in _HIGHLAND.finditer(text):
        yield match.end(), match.end(), "'"
    family = {row[0] for row in rows("family_names.tsv") if row[1] == "kinh"}
    titles = {row[0].split(" ")[-1] for row in rows("honorifics.tsv")}
    for match in _NAME.finditer(text):
        # A place may begin so too ("Tân Phú Đông"): a title stands before a name, or nothing else on its line.
        if match["before"].lower() in titles if match["before"] else match["alone"] is not None:
            might = {name for name in _with_tone(match["family"]) if name in family}
            if len(might) == 1 and match["family"] not in family:
                yield match.start("family"), match.end("family"), might.pop()


def _with_tone(word: str) -> Iterator[str]:
    for bare, toned in rows("ocr_tones.tsv"):
        for tone in toned.split(" "):
            if bare in word:
                yield word.replace(bare, tone, 1)


def _eths(text: str) -> Iterator[_Slip]:
    """The Icelandic letters that look as Đ and đ."""
    shapes: Sequence[tuple[str, ...]] = [row for row in rows("ocr_signs.tsv") if row[0] in "Đđ"]
    signs = {shape: sign for sign, shape in shapes}
    for match in _ETH.finditer(text):
        yield match.start(), match.end(), signs[match[0]]
