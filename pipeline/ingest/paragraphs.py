"""From lines to paragraphs: which line goes on where the one before it broke off.

The chief evidence is room: where the next word would have fitted, the writer ended the line himself.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from baocao.pipeline.ingest.layout import Line, Place
from baocao.text import LOWER, UPPER

# What opens a list item, a heading or a part of the form (Nghị định 30/2020/NĐ-CP, phụ lục I).
_OPENS = re.compile(
    rf"[-–+•*●▪■◦➢✓]\s|\(?\d{{1,2}}[.)]\s|(?:\d{{1,2}}\.){{1,3}}\d{{0,2}}\.?\s+[{UPPER}]|[IVX]{{1,5}}[.)]\s"
    rf"|\(?[{LOWER}][.)]\s|[{UPPER}][.)]\s|Phần\s(?:thứ\s|[IVX\d]+)|Điều\s\d+[.:]"
    r"|Căn cứ\s|Số\s*:|Kính gửi|Nơi nhận"
)
# A number at a line's start after these words is theirs: "tháng / 6. Trong đó".
_WANTS_NUMBER = re.compile(r"(?:tháng|năm|ngày|số|quý|lần|thứ|điều|khoản|điểm|mục|phần|và|từ|đến)$", re.IGNORECASE)
_CUT_WORD = re.compile(rf"[{LOWER}]-$")


@dataclass(frozen=True, slots=True)
class Margins:
    """Where the lines of a column begin and end, and the usual step from line to line."""

    left: float
    right: float
    step: float
    justified: bool


def margins_of(lines: Iterable[Line]) -> dict[Place, Margins]:
    """Measure each column over all the pages of one width."""
    groups: dict[Place, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.place, []).append(line)
    return {place: _margins(group) for place, group in groups.items()}


def _margins(lines: Sequence[Line]) -> Margins:
    left, _ = Counter(round(line.left / 2) * 2 for line in lines).most_common(1)[0]
    ends = Counter(round(line.right / 2) * 2 for line in lines)
    # The farthest edge that several lines reach; a stamp or a watermark may stick out alone.
    needed = 2 if len(lines) > 5 else 1
    right = max((e for e in ends if ends[e] + ends[e - 2] + ends[e + 2] >= needed), default=max(ends))
    steps = [b.bottom - a.bottom for a, b in zip(lines, lines[1:], strict=False) if 0 < b.bottom - a.bottom < 60]
    flush = sum(abs(line.right - right) < 2.5 for line in lines)
    return Margins(left, right, median(steps) if steps else lines[0].size * 1.2, 2 * flush > len(lines))


def continued(text: str, more: str) -> str:
    """Return a paragraph with its next line; a hyphen that only cut a word at the line's end goes."""
    if not (_CUT_WORD.search(text) and more[:1].islower()):
        return f"{text} {more}" if text else more
    own = "-" in more.split(" ", 1)[0] or "-" in text.rsplit(" ", 1)[-1][:-1]  # as in "Ma-lai-xi-a"
    return (text if own else text[:-1]) + more


def begins(before: Line, line: Line, margins: Margins, *, same_page: bool) -> bool:
    """Tell whether a line begins a paragraph, or goes on with the one of the line before."""
    if line.place is not before.place and {line.place, before.place} != {Place.LEFT, Place.RIGHT}:
        return True
    if Place.TABLE in (line.place, before.place):
        return True
    if _OPENS.match(line.text):
        return not _only_seems_to_open(before, line, margins)
    on = line.text[:1].islower()
    if line.place is Place.BLOCK:
        return not on or before.text[-1:] in ".:;"
    if same_page and line.place is before.place and _is_apart(before, line, margins, on):
        return True
    if _differs(before, line, on):
        return True
    return _ended(before, line, margins, on)


def _only_seems_to_open(before: Line, line: Line, margins: Margins) -> bool:
    """Tell whether a full line breaks off before a number or dash of its own sentence."""
    if line.text[0].isdigit():
        return bool(_WANTS_NUMBER.search(before.text))
    full = margins.right - before.right < line.first + 0.35 * line.size and before.text[-1].isalpha()
    outdented = line.left < margins.left + 3 and before.left > margins.left + 0.8 * line.size
    return line.text[0] in "-–" and full and outdented


def _is_apart(before: Line, line: Line, margins: Margins, on: bool) -> bool:
    """Tell whether more space stands between two lines than between the lines of a paragraph."""
    step = line.bottom - before.bottom
    return step > margins.step + (0.9 if on else 0.3) * line.size or step < 0


def _differs(before: Line, line: Line, on: bool) -> bool:
    """Tell whether the type changes between two lines; a run of bold words may end within a paragraph."""
    if abs(before.size - line.size) > 0.12 * line.size and not on:
        return True
    shouts = len(line.text) > 8 and " " in line.text and line.text.isupper()
    if shouts != before.text.isupper() and not on:
        return True
    return {before.bold, line.bold} == {0.0, 1.0} and not on and before.text[-1:] not in ",(-–"


def _ended(before: Line, line: Line, margins: Margins, on: bool) -> bool:
    """Tell whether the writer ended the line before: there was room for more, or the next one is indented."""
    centred = _is_centred(before, margins) or _is_centred(line, margins)
    room = margins.right - margins.left - (before.right - before.left) if centred else margins.right - before.right
    # Where lines are justified, one that stops only a little short of the margin is a last line too.
    if room > (5.0 if margins.justified and not centred else line.first + 0.35 * line.size):
        return not on or before.text[-1:] in ".:;!?…"
    hangs = bool(_OPENS.match(before.text)) or before.left > margins.left + 3
    return not on and not centred and not hangs and line.left > margins.left + 0.8 * line.size


def _is_centred(line: Line, margins: Margins) -> bool:
    lead, rest = line.left - margins.left, margins.right - line.right
    return lead > 3 * line.size and abs(lead - rest) < 1.2 * line.size
