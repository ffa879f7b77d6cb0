"""Sections and sentences of a text, as spans.

A sentence never crosses a paragraph; a list item on a line of its own is a sentence. underthesea's
segmenter proposes the breaks inside a paragraph; `_is_break` and `_missed_breaks` correct it where it
cuts official text wrongly ("TS. Nguyễn", "II. Kết quả", "…", a quotation's closing mark).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from underthesea import sent_tokenize

from baocao.models.gazetteers import lines
from baocao.report import Section, Span
from baocao.text import LOWER, UPPER, fold

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_ENUMERATOR_ONLY = re.compile(r"[*_#\s]*(?:[IVXLC]+|\d{1,2}(?:\.\d{1,2})*|[a-zđA-Z])[.)/-]*[*_\s]*$")
_CLOSERS = "”\"’'»)]}*_"
_LAST_WORD = re.compile(r"([\w./]+?)\.+$")
_ELLIPSIS = re.compile(rf"(?:…|\.{{3,}})[”\"’')\]]*\s+(?=[“\"‘(]?[{UPPER}])")
# A photo credit without a stop: "Ảnh: Minh Hà/TTXVN Phát biểu tại …"
_CREDIT = re.compile(rf"Ảnh: ?(?:[{UPPER}][\w/.]*\s+){{1,5}}(?=[{UPPER}]\w*,?\s+[{LOWER}\d].{{40}})")
_KEY = re.compile(r"[a-z_]+:(?:\s|$)")
_GRADE = re.compile(rf"(?<=[{LOWER}] )[A-ZĐ]\.\s+(?=[{UPPER}])")
# Words that only ever open a sentence: a caption or heading without a stop stands before them.
_OPENER = re.compile(
    r"(?<=[^\W_] |[%)”] )(?=(?:Tuy nhiên|Bên cạnh đó|Theo đó|Ngoài ra|Đặc biệt|Đồng thời|Cụ thể|Mặt khác"
    r"|Trước đó|Vì vậy|Do đó|Phát biểu tại|Trao đổi với|Báo cáo tại)\b)"
)

_HEADINGS = (
    # rank, pattern of the number; the lower the rank, the higher the heading stands
    (1, re.compile(r"(?:phần|phan) (?:thứ )?(?P<n>[IVX\d]+|nhất|hai|ba|tư|bốn|năm|sáu)\b[.:)\- –]*", re.I)),
    (2, re.compile(r"(?:chương|mục) (?P<n>[IVX\d]+)\b[.:)\- –]*", re.I)),
    (3, re.compile(r"(?P<n>[A-HĐ])[.)\-–] *(?=\S)(?![^\W\d_]\.)")),
    (4, re.compile(r"(?P<n>(?:X{0,2}(?:IX|IV|V?I{1,3}|V|X)))[.)\-–/:] *(?=\S)")),
    (5, re.compile(r"điều (?P<n>\d+)[.:] *", re.I)),
    (9, re.compile(r"(?P<n>\d{1,2}\.\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)[.)]?\s+(?=\D)")),
    (8, re.compile(r"(?P<n>\d{1,2}\.\d{1,2})[.)]?\s+(?=[^\W\d])")),
    (7, re.compile(r"(?P<n>\d{1,2})[.)/\-–] *(?=[^\W\d])")),
    (10, re.compile(r"(?P<n>[a-zđ])[.)/] *(?=[^\W\d])")),
)
_PLAIN_RANK = 6
_MARKUP = re.compile(r"^[*_#>\s]+|[*_\s]+$")
_NO_HEADING = re.compile(r"(?:số|ảnh|tác giả|nguồn|kính gửi|nơi nhận|theo|tags?|title|date|cover)\b.{0,3}:|!?\[", re.I)


@dataclass(frozen=True, slots=True)
class Line(Span):
    """A paragraph: a line of the text without the blanks at its ends, hard-wrapped lines joined."""


@dataclass(frozen=True, slots=True)
class Segments:
    """The outline of a text. `section_of[i]` is the index of the section of `sentences[i]`, or None."""

    sections: tuple[Section, ...]
    sentences: tuple[Span, ...]
    section_of: tuple[int | None, ...]


def segment(text: str) -> Segments:
    """Cut `text` into a tree of sections and a list of disjoint, ordered sentences."""
    paragraphs = tuple(_paragraphs(text))
    sections = _sections(text, paragraphs)
    sentences = tuple(span for p in paragraphs for span in _sentences(text, p))
    return Segments(sections, sentences, _section_of(sections, sentences))


def joined(text: str, sentences: Sequence[Span]) -> str:
    """Return `text` with a blank for each line end inside a sentence; offsets stay."""
    parts: list[str] = []
    at = 0
    for span in sentences:
        piece = text[span.start : span.end]
        if "\n" in piece:
            parts += [text[at : span.start], piece.replace("\n", " ")]
            at = span.end
    return "".join([*parts, text[at:]])


def _wrap_width(text: str) -> int:
    """Return the width at which a text was wrapped by hand or program, or 0 where a line is a paragraph."""
    lengths = sorted(len(line) for line in text.split("\n") if len(line) > 20)
    if len(lengths) < 6 or lengths[-1] > 130:
        return 0
    width = lengths[int(len(lengths) * 0.8)]
    return width if width >= 60 else 0


def _paragraphs(text: str) -> Iterator[Line]:
    start = end = -1
    width = _wrap_width(text)
    for match in _LINE.finditer(text):
        line = match[0].strip()
        at = match.start() + match[0].index(line)
        if start >= 0 and _goes_on(text[start:end], line, text[end:at], width):
            end = at + len(line)
            continue
        if start >= 0:
            yield Line(start, end)
        start, end = at, at + len(line)
    if start >= 0:
        yield Line(start, end)


def _goes_on(before: str, line: str, gap: str, width: int) -> bool:
    """Tell whether `line` is the rest of a hard-wrapped paragraph: no stop before, lower case after or a full line."""
    last = before.rsplit("\n", 1)[-1]
    if width and gap.count("\n") == 1 and len(last) >= 0.85 * width and _open_end(last, line):
        return True
    return (
        gap.count("\n") == 1
        and len(last) >= 50
        and last[-1] not in ".:;!?…"
        and line[0].islower()
        and line[1:2] not in (".", ")")
        and not _KEY.match(line)
    )


def _open_end(last: str, line: str) -> bool:
    """Tell whether a full line ends inside a sentence, and the next is no item, heading or title."""
    if not (last[-1].isalnum() or last[-1] == ",") or last.isupper() or line.isupper() or not line[0].isalnum():
        return False
    return not any(pattern.match(line) for _, pattern in _HEADINGS)


def _sentences(text: str, paragraph: Line) -> Iterator[Span]:
    body = text[paragraph.start : paragraph.end]
    start = 0
    for end in sorted({*_proposed(body), *_missed_breaks(body), len(body)}):
        if end <= start or not _is_break(body, start, end):
            continue
        piece = body[start:end]
        if any(map(str.isalnum, piece)):
            lead = len(piece) - len(piece.lstrip())
            yield Span(paragraph.start + start + lead, paragraph.start + start + len(piece.rstrip()))
        start = end


def _proposed(body: str) -> Iterator[int]:
    """Yield underthesea's breaks, moved behind a closing quotation mark or bracket."""
    at = 0
    if not any(mark in body for mark in ".?!"):
        return
    for sentence in sent_tokenize(body):
        at = body.index(sentence, at) + len(sentence)
        closed = at
        while closed < len(body) and body[closed] in _CLOSERS:
            closed += 1
        yield closed


def _missed_breaks(body: str) -> Iterator[int]:
    """Yield breaks that underthesea leaves out: after an ellipsis, a grade ("loại A. Ngày"), a photo credit."""
    for pattern in (_ELLIPSIS, _GRADE, _CREDIT, _OPENER):
        for match in pattern.finditer(body):
            yield match.end()


def _is_break(body: str, start: int, end: int) -> bool:
    if end == len(body):
        return True
    piece, after = body[start:end].rstrip(), body[end:].lstrip()
    if not piece or not after or _ENUMERATOR_ONLY.match(piece):
        return bool(piece) and not after
    spaced = body[end - 1].isspace() or body[end].isspace()
    first = after.lstrip('“"‘(*_')[:1]
    if first.islower() or after[0] in ",;:.…)%”":
        return False
    if not spaced and not (piece[-2:-1].islower() and first.isupper() and not piece[-2:-1].isascii()):
        return not spaced and piece[-1] in _CLOSERS + "?!" and first.isupper()
    if piece[-1].isalnum():
        return True
    word = _LAST_WORD.search(piece)
    return not (word and word[1] in _abbreviations())


def _abbreviations() -> frozenset[str]:
    return lines("sentence_abbreviations.txt")


def _sections(text: str, paragraphs: tuple[Line, ...]) -> tuple[Section, ...]:
    found: list[tuple[Line, int, str | None]] = []
    for i, line in enumerate(paragraphs):
        following = paragraphs[i + 1] if i + 1 < len(paragraphs) else None
        heading = _heading(line.of(text), following, first=i == 0)
        if heading:
            found.append((line, *heading))
    sections: list[Section] = []
    for i, (line, rank, number) in enumerate(found):
        later = (other for other, other_rank, _ in found[i + 1 :] if other_rank <= rank)
        end = next((other.start for other in later), len(text))
        parent = next((k for k in range(i - 1, -1, -1) if found[k][1] < rank and sections[k].end > line.start), None)
        level = 1 if parent is None else sections[parent].level + 1
        title = _MARKUP.sub("", line.of(text))
        sections.append(Section(line.start, end, title, number, level, parent))
    return tuple(sections)


def _heading(line: str, following: Line | None, *, first: bool) -> tuple[int, str | None] | None:
    """Return the rank and number of a heading, or None for running text and list items."""
    bare = _MARKUP.sub("", line)
    count = bare.count(" ") + 1
    if not bare or count > 45 or _NO_HEADING.match(bare):
        return None
    for rank, pattern in _HEADINGS:
        match = pattern.match(bare)
        if match:
            limit = 45 if rank <= 5 else 30
            closed = bare[-1] in ".;," and not (rank <= 5 and bare[-1] == ".")
            inner = re.search(r"[.:;] +\S", bare[match.end() :])
            return None if closed or inner or count > limit else (rank, match["n"])
    return _plain_heading(line, bare, count, following, first=first)


def _plain_heading(
    line: str, bare: str, count: int, following: Line | None, *, first: bool
) -> tuple[int, str | None] | None:
    """A short line without a stop that a paragraph follows: how web pages set their headings."""
    if line.startswith("#") and count <= 30:
        return _PLAIN_RANK, None
    if first or following is None or count > 16 or count < 2 or not bare[0].isupper():
        return None
    long_follows = following.end - following.start >= 2 * len(bare) and following.end - following.start > 90
    return (_PLAIN_RANK, None) if long_follows and bare[-1] not in ".;,!?…”/-_" else None


def _section_of(sections: tuple[Section, ...], sentences: tuple[Span, ...]) -> tuple[int | None, ...]:
    out: list[int | None] = []
    current = -1
    for sentence in sentences:
        while current + 1 < len(sections) and sections[current + 1].start <= sentence.start:
            current += 1
        out.append(current if current >= 0 else None)
    return tuple(out)


def outline(sections: tuple[Section, ...], index: int | None) -> str:
    """Return the headings above a sentence, from the top down, folded, joined by ` > `."""
    path: list[str] = []
    while index is not None:
        path.append(fold(sections[index].heading))
        index = sections[index].parent
    return " > ".join(reversed(path))
