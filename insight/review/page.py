"""What a review says on the page, whatever the page is made of: titles, marks, and the tables behind the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from baocao.insight.review.model import Cited, Conflict, Item, Review, written_date

WRITTEN_SOURCES = 5  # after an item; the others are counted there and listed in the JSON
OWN = "ý của người soạn"  # what stands in place of the sources of the drafter's own words
_WRITTEN_UNITS = 6
_WRITTEN_ROWS = 500
_ROMAN = ("I", "II", "III")

_WARNINGS = {
    "count_mismatch": "Số thành viên nêu khác với số được liệt kê",
    "period_mismatch": "Kỳ báo cáo nêu ở đây khác với kỳ của báo cáo",
    "impossible_date": "Ngày không có trong lịch",
    "date_out_of_range": "Năm nằm ngoài khoảng mà báo cáo có thể nói tới",
    "docno_kind_mismatch": "Tên loại văn bản không khớp với ký hiệu",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table behind the text; `widths` share out the width of the page, `left_out` rows are not written."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    left_out: int = 0


def abstract(review: Review) -> str:
    """Return what stands under the word BÁO CÁO."""
    of = f" của {', '.join(review.units)}" if 0 < len(review.units) <= 3 else ""
    return f"Tổng hợp kết quả công tác năm {review.year}{of}"


def opening(review: Review) -> str:
    """Return the paragraph that tells what the review was made of, and what in it is no quotation."""
    items = [item for part in review.parts for item in part.items]
    edited = sum(item.edited and not item.own for item in items)
    own = sum(item.own for item in items)
    each = "Trừ các nội dung nêu ngay sau đây, mỗi" if edited or own else "Mỗi"
    told = (
        f"Báo cáo này được tổng hợp từ {review.reports} báo cáo năm {review.year} của {len(review.reported)} đơn vị. "
        f"{each} nội dung được trích nguyên văn; nguồn ghi trong ngoặc vuông."
    )
    if edited:
        told += f" {edited} nội dung ghi “theo” đã được biên tập từ nguồn; số liệu, ngày tháng và tên gọi giữ nguyên."
    if own:
        told += f" {own} nội dung ghi “{OWN}” không trích từ báo cáo nào."
    return told


def numbered_parts(review: Review) -> Iterator[tuple[str, int]]:
    """Yield each part's heading and its index."""
    for index, part in enumerate(review.parts):
        yield f"{_ROMAN[index]}. {part.title.upper()}", index


def bracketed(item: Item) -> str:
    """Return an item's sources in short form, in brackets; or that it has none."""
    if item.own:
        return f"[{OWN}]"
    shorts = list(dict.fromkeys(source.short for source in item.sources))
    more = len(shorts) - WRITTEN_SOURCES
    others = f"; và {more} báo cáo khác" if more > 0 else ""
    return f"[{'theo ' if item.edited else ''}{'; '.join(shorts[:WRITTEN_SOURCES])}{others}]"


def contradiction(conflict: Conflict) -> str:
    """Return figures that contradict each other, side by side."""
    told = (f"{figures} [{source.short}]" for figures, source in zip(conflict.figures, conflict.sources, strict=True))
    return f"(*) Số liệu khác nhau giữa các báo cáo: {'; '.join(told)}."


def tables(review: Review) -> Iterator[Table]:
    """Yield the tables that stand behind the text, those without rows left out."""
    for table in _all_tables(review):
        if table.rows:
            yield _cut(table)


def _all_tables(review: Review) -> Iterator[Table]:
    reported = [(r.unit, ", ".join(r.reports)) for r in review.reported]
    yield Table("Đơn vị có báo cáo", ("TT", "Đơn vị", "Báo cáo"), _numbered(reported), (1, 6, 6))
    missing = [(unit,) for unit in review.missing]
    yield Table("Đơn vị chưa có báo cáo", ("TT", "Đơn vị"), _numbered(missing), (1, 12))
    own = [(item.text, part.title) for part in review.parts for item in part.items if item.own]
    yield Table("Nội dung không có nguồn (ý của người soạn)", ("TT", "Nội dung", "Phần"), _numbered(own), (1, 8, 4))
    cited = [(d.docno, str(d.reports), _listed(d.units)) for d in review.documents]
    named = ("TT", "Số, ký hiệu", "Số báo cáo nêu", "Đơn vị nêu")
    yield Table("Văn bản được viện dẫn", named, _numbered(cited), (1, 4, 2, 6))
    back = [(r.name, _listed(r.units), ", ".join(map(str, r.years))) for r in review.returning]
    again = ("TT", "Khó khăn, vướng mắc", "Đơn vị", "Các năm")
    yield Table("Khó khăn, vướng mắc đã nêu từ các năm trước", again, _numbered(back), (1, 5, 4, 3))
    followed = [(f.text, f.unit or "", f.state, f.note, _day(f.date)) for f in review.followed]
    became = ("TT", "Kiến nghị", "Đơn vị", "Tình trạng", "Ghi chú", "Ngày")
    yield Table("Kết quả thực hiện kiến nghị năm trước", became, _numbered(followed), (1, 5, 3, 2, 2, 2))
    differ = [(_plain(c.sources[0].text), _pairs(c)) for c in review.conflicts]
    sides = ("TT", "Nội dung", "Số liệu và nguồn")
    yield Table("Số liệu khác nhau giữa các báo cáo", sides, _numbered(differ), (1, 6, 6))
    odd = [(_WARNINGS.get(w.code, w.message), f"“{_plain(w.source.text)}”", w.source.short) for w in review.warnings]
    yield Table("Dữ liệu cần kiểm tra", ("TT", "Vấn đề", "Trích", "Nguồn"), _numbered(odd), (1, 4, 4, 4))


def _numbered(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(i), *row) for i, row in enumerate(rows, 1))


def _cut(table: Table) -> Table:
    left_out = max(0, len(table.rows) - _WRITTEN_ROWS)
    return Table(table.title, table.columns, table.rows[:_WRITTEN_ROWS], table.widths, left_out)


def _listed(units: Sequence[str]) -> str:
    more = len(units) - _WRITTEN_UNITS
    return ", ".join(units[:_WRITTEN_UNITS]) + (f" và {more} đơn vị khác" if more > 0 else "")


def _pairs(conflict: Conflict) -> str:
    told: list[tuple[str, Cited]] = list(zip(conflict.figures, conflict.sources, strict=True))
    return "; ".join(f"{figures} [{source.short}]" for figures, source in told)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _day(iso: str) -> str:
    return written_date(iso) if iso else ""
