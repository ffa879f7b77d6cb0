"""Slips of character recognition that the language decides, set right and told."""

from bisect import bisect_right
from dataclasses import dataclass

from baocao.report import Span


@dataclass(frozen=True, slots=True)
class Mended:
    """The text, where its pages begin, and the stretches that are not as they were recognised."""

    text: str
    starts: tuple[int, ...]
    spans: tuple[Span, ...]


def repair(text: str, starts: tuple[int, ...], recognised: tuple[bool, ...]) -> Mended:
    """Repair the pages of a text that were recognised; `starts` are the offsets of all its pages."""
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


def _slips(text: str) -> list[tuple[int, int, str]]:
    """Return what to put in place of which stretches, in their order."""
    return []
