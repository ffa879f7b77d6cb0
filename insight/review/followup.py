"""The follow-up list: a review's difficulties and recommendations as XLSX, with room for what becomes of them."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from baocao.insight.review.model import PARTS, Followed, Review
from baocao.insight.review.page import bracketed
from baocao.report import Label


class State(StrEnum):
    """What became of a recommendation."""

    OPEN = "open"
    IN_HAND = "in-hand"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def shown(self) -> str:
        """The state's name in a review and in the list."""
        return dict(zip(State, STATES, strict=True))[self]


STATES = ("Chưa thực hiện", "Đang thực hiện", "Đã thực hiện", "Không thực hiện")  # in the order of `State`
COLUMNS = ("Mã", "Loại", "Lĩnh vực", "Nội dung", "Đơn vị", "Nguồn", "Tình trạng", "Ghi chú", "Ngày")
_WIDTHS = (24, 18, 24, 70, 28, 40, 16, 30, 12)
_LONGEST = 32_000  # characters that a cell holds


def write_follow_up(review: Review, path: Path, states: Mapping[str, Followed] | None = None) -> int:
    """Write the list and return its rows; `states` tells by `Item.id` what is known, all else is not begun.

    Cells are written as text, so that nothing that a report says can run as a formula.
    """
    import xlsxwriter

    known = states or {}
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Theo dõi")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, head)
    rows = _rows(review, known)
    for line, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            sheet.write_string(line, column, cell[:_LONGEST], wrapped)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(COLUMNS) - 1)
    sheet.data_validation(1, 6, max(1, len(rows)), 6, {"validate": "list", "source": list(STATES)})
    book.close()
    return len(rows)


def _rows(review: Review, known: Mapping[str, Followed]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for part in review.parts:
        if part.label is Label.ACHIEVEMENT:
            continue
        for group in part.groups:
            for item in group.items:
                state = known.get(item.id)
                now = (state.state, state.note, state.date) if state else (STATES[0], "", "")
                rows.append((item.id, PARTS[part.label], group.field, item.text, item.unit, bracketed(item), *now))
    return rows
