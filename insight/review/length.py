"""How long a review may be: in items, or in lines of the DOCX where pages were asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from baocao.insight.review.fields import field_of
from baocao.insight.review.model import ReviewRequest
from baocao.insight.review.page import WRITTEN_SOURCES
from baocao.insight.review.select import Choice
from baocao.insight.review.statements import Statement

# Measured on rendered pages: lines of a page, letters of a line, what the space after a paragraph and a field's heading
# take, and what the letterhead, the title, the parts' headings and the signature do.
_LINES, _LETTERS = 39.0, 72
_GAP, _HEADING, _FRAME = 0.4, 1.8, 27.0


@dataclass(frozen=True, slots=True)
class Length:
    """The whole of a review, or what is left of it, in its own measure."""

    whole: float
    in_items: bool

    @classmethod
    def of(cls, request: ReviewRequest) -> "Length":
        """Return what a request allows."""
        if request.pages is None:
            return cls(max(1, request.items), True)
        return cls(max(_LINES / 4, request.pages * _LINES - _FRAME), False)

    def taken(self, said: Sequence[Statement], choices: Sequence[Choice]) -> float:
        """Return what choices take."""
        if self.in_items:
            return len(choices)
        fields = {field_of(said[c.index].shown.text, said[c.index].headings) for c in choices}
        return sum(_lines(said, choice) for choice in choices) + _HEADING * len(fields)

    def is_full(self, said: Sequence[Statement], choices: Sequence[Choice], share: float) -> bool:
        """Tell whether one more choice would be too many: a share is rounded, not cut down."""
        taken = self.taken(said, choices)
        return taken + (taken / len(choices) if choices else 1.0) / 2 > share


def _lines(said: Sequence[Statement], choice: Choice) -> float:
    sources = [said[choice.index].source.short, *(said[i].source.short for i in choice.alike[: WRITTEN_SOURCES - 1])]
    letters = len(said[choice.index].shown.text) + sum(len(short) + 2 for short in sources)
    return ceil((letters + 10) / _LETTERS) + _GAP
