"""Web pages: the main text whole and in order, the rest gone."""

from pathlib import Path

import pytest

from baocao.errors import EmptyTextError, UnreadableError
from baocao.pipeline.ingest import read

FIRST = (
    "Chiều mùng bốn, xã Vĩnh Ngọc họp bàn việc nạo vét sông Thiếp cùng hai hợp tác xã và đại diện các thôn ven sông."
)
SECOND = "Nhiều hộ phản ánh nước thải từ xưởng in chảy thẳng ra mương, cá chết nổi trắng mà chưa thấy ai đứng ra xử lý."


def lines(folder: Path, body: str, head: str = "") -> list[str]:
    path = folder / "a.html"
    path.write_text(f"<html><head>{head}</head><body>{body}</body></html>")
    return read(path).text.split("\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # A page of a menu, bare text and a foot.
        (f"<ul><li><a href='/'>Trang nhất</a></li></ul><p>{FIRST}</p><p>{SECOND}</p><footer>Bản quyền</footer>", [FIRST, SECOND]),
        # Bold and slanted words neither glue nor part words.
        (f"<p>Xã <b>Vĩnh Ngọc</b>, <i>huyện <b>Đông</b> Anh</i>: {FIRST}</p>", [f"Xã Vĩnh Ngọc, huyện Đông Anh: {FIRST}"]),
        # Old pages set everything in one table with line breaks.
        (f"<table><tr><td>{FIRST}<br><br>{SECOND}</td></tr></table>", [FIRST, SECOND]),
        # A table of data keeps its rows, also where its cells hold paragraphs.
        (f"<p>{FIRST}</p><table><tr><th>Thôn</th><th>Hộ</th></tr><tr><td><p>Ngọc Chi</p></td><td><p>12</p></td></tr></table><p>{SECOND}</p>",
         [FIRST, "Thôn | Hộ", "Ngọc Chi | 12", SECOND]),
        # The official head as a table is no row of data.
        ("<table><tr><td><p>UBND XÃ VĨNH NGỌC</p></td><td>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM<br>Độc lập - Tự do - Hạnh phúc</td></tr></table>"
         f"<p>{FIRST}</p>", ["UBND XÃ VĨNH NGỌC", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", FIRST]),
        (f"<p>{FIRST}</p><ul><li>Kè đá</li><li>Cống</li></ul><p>{SECOND}</p>", [FIRST, "- Kè đá", "- Cống", SECOND]),
        (f"<script>var a = '{SECOND}'</script><style>p {{}}</style><noscript>Bật JS</noscript><p>{FIRST}</p>", [FIRST]),
    ],
)  # fmt: skip
def test_lines(tmp_path: Path, body: str, expected: list[str]) -> None:
    assert lines(tmp_path, body) == expected


def test_title_and_date_come_from_the_page(tmp_path: Path) -> None:
    head = '<title>Họp nạo vét sông</title><meta property="article:published_time" content="2018-09-04">'
    assert lines(tmp_path, f"<h1>Họp nạo vét sông</h1><p>{FIRST}</p><p>{SECOND}</p>", head)[0] == "Họp nạo vét sông"
    raw = read(tmp_path / "a.html")
    assert (raw.title, raw.date) == ("Họp nạo vét sông", "2018-09-04")


def test_what_the_bytes_are_counts_more_than_what_the_page_says(tmp_path: Path) -> None:
    head = '<meta charset="windows-1252">'
    assert lines(tmp_path, f"<p>{FIRST}</p>", head) == [FIRST]


def test_a_web_page_saved_under_another_name(tmp_path: Path) -> None:
    path = tmp_path / "bao-cao.doc"
    path.write_text(f"<html><body><p>{FIRST}</p></body></html>")
    assert read(path).source.media_type == "text/html"


@pytest.mark.parametrize(
    "body", ["<div>" * 200_000 + "sâu", "<script>1</script>", "<nav><a href='/'>Trang nhất</a></nav>"]
)
def test_no_text_is_said_and_not_passed_over(tmp_path: Path, body: str) -> None:
    with pytest.raises(UnreadableError):
        lines(tmp_path, body)


def test_nothing_is_fetched_or_included(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("BÍ MẬT")
    entity = f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    (tmp_path / "a.html").write_text(f"{entity}<html><body><p>{FIRST} &x;</p></body></html>")
    assert "BÍ MẬT" not in read(tmp_path / "a.html").text


def test_empty_page(tmp_path: Path) -> None:
    with pytest.raises(EmptyTextError):
        lines(tmp_path, "")
