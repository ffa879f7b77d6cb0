"""The same report in several files is one, and the best file stands for it."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from baocao.index import lookup, open_archive
from baocao.index.answering import Searcher
from baocao.index.archive import Incoming
from baocao.index.search import SearchRequest
from baocao.report import Kind, Label, Period, Reading, Report, Sentence, Source

pytestmark = pytest.mark.usefixtures("each_record")

BODY = "\n".join(
    f"Trong kỳ, đơn vị đã hoàn thành nội dung thứ {n} của kế hoạch, {word} được thực hiện đúng tiến độ và báo cáo kịp thời."
    for n, word in enumerate(
        [
            "tiếp công dân",
            "kê khai tài sản",
            "rà soát văn bản",
            "cải cách thủ tục",
            "đào tạo cán bộ",
            "kiểm tra nội bộ",
            "mua sắm thiết bị",
            "quản lý ngân sách",
            "lưu trữ hồ sơ",
            "truyền thông chính sách",
            "bồi dưỡng nghiệp vụ",
            "kiểm soát chi tiêu",
        ]
    )
)


FIGURES = (
    re.sub(r"\d+", "", BODY)
    + "\nĐã tổ chức {} cuộc họp, {} lớp tập huấn với {} lượt người, xử lý {} đơn, {} vụ việc, còn {} vụ việc."
)


def report(
    name: str, text: str = BODY, *, docno: str | None = "12/BC-SYT", issuer: str | None = "Sở Y tế",
    year: int = 2019, month: int = 12, ocr: bool = False, path: str = "",
) -> Incoming:  # fmt: skip
    data = f"{name}\n{text}".encode()
    sentences, at = [], 0
    for line in text.split("\n"):
        sentences.append(Sentence(at, at + len(line), None, Label.OTHER, 0.9))
        at += len(line) + 1
    told = Report(
        Source(name, hashlib.sha256(data).hexdigest(), "text/plain", len(data)), f"Báo cáo năm {year}", Kind.REPORT, docno,
        f"{year}-{month:02}-20", None, issuer, Period(f"{year}-01-01", f"{year}-12-31"), None, text, (0,), (), tuple(sentences), (), (), (),
        Reading(confidence=(0.9,) if ocr else ()),
    )  # fmt: skip
    return Incoming.of(told, path or f"/r/{name}", data)


def slips(text: str, every: int) -> str:
    """The text as a poor scan gives it: a syllable in so many is another."""
    words = text.split(" ")
    return " ".join("xyz" if n % every == 0 and "\n" not in w else w for n, w in enumerate(words))


def stored(folder: Path, *incoming: Incoming) -> list[str]:
    with open_archive(folder) as archive:
        archive.add(list(incoming))
    return sorted(r.source.name for r in lookup.reports(folder))


def found(folder: Path) -> int:
    return Searcher(folder).answer(SearchRequest("nội dung")).result.total


def test_a_scan_beside_its_document(tmp_path: Path) -> None:
    scan = report("scan.pdf", slips(BODY, 9), ocr=True)
    assert stored(tmp_path, scan) == ["scan.pdf"]
    assert stored(tmp_path, report("final.docx")) == ["final.docx"]
    assert found(tmp_path) == 1 and lookup.counts(tmp_path)["reports"] == 1
    (other,) = lookup.variants(tmp_path, report("final.docx").report.id)
    assert other == (scan.report.id, "/r/scan.pdf", False)
    assert lookup.variants(tmp_path, scan.report.id)[0][2] is True
    assert lookup.report_json(tmp_path, scan.report.id)["ocr"] is True


def test_in_whatever_order_and_in_one_go(tmp_path: Path) -> None:
    files = [
        report("final.docx"),
        report("scan.pdf", slips(BODY, 9), ocr=True),
        report("web.html", BODY + "\nTin khác"),
    ]
    assert stored(tmp_path / "a", *files) == ["final.docx"]
    assert stored(tmp_path / "b", *reversed(files)) in (["final.docx"], ["web.html"])
    assert found(tmp_path / "b") == 1


def test_a_draft_gives_way_to_the_final(tmp_path: Path) -> None:
    draft = report("Du thao bao cao.docx", docno=None)
    assert stored(tmp_path, draft, report("Bao cao.docx")) == ["Bao cao.docx"]


@pytest.mark.parametrize("apart", ["year", "issuer", "docno", "text", "month", "figures"])
def test_what_is_not_the_same(tmp_path: Path, apart: str) -> None:
    other = {
        "year": report("b", BODY.replace("thứ", "số"), year=2020, docno=None),
        "issuer": report("b", issuer="Sở Tài chính"),
        "docno": report("b", docno="13/BC-SYT"),
        "month": report("b", docno=None, month=6),
        "figures": report("b", FIGURES.format(3, 8, 45, 120, 7, 9), docno=None),
        "text": report("b", slips(BODY, 2), docno="12/BC-SYT"),
    }[apart]
    first = report("a", FIGURES.format(4, 6, 51, 98, 2, 11), docno=None) if apart == "figures" else report("a")
    assert stored(tmp_path, first, other) == ["a", "b"]
    assert lookup.variants(tmp_path, other.report.id) == []


def test_known_bytes_stay_known(tmp_path: Path) -> None:
    scan, final = report("scan.pdf", slips(BODY, 9), ocr=True), report("final.docx")
    stored(tmp_path, final, scan)
    with open_archive(tmp_path) as archive:
        assert archive.known(scan.report.sha256)
        assert archive.add([scan, final]) == [False, False]
        assert archive.add([scan, final], again=True) == [True, True]
    assert [r.source.name for r in lookup.reports(tmp_path)] == ["final.docx"]
    assert found(tmp_path) == 1


def test_where_the_best_file_changes_another_stands_for_it(tmp_path: Path) -> None:
    stored(tmp_path, report("final.docx"), report("scan.pdf", slips(BODY, 9), ocr=True))
    other = replace(report("other", "Một nội dung hoàn toàn khác về quốc phòng.", docno="99/BC"), path="/r/final.docx")
    assert stored(tmp_path, other) == ["other", "scan.pdf"]
    assert found(tmp_path) == 2
    assert lookup.variants(tmp_path, report("scan.pdf", slips(BODY, 9), ocr=True).report.id) == []


def test_where_a_variant_changes_it_is_one_no_more(tmp_path: Path) -> None:
    final = report("final.docx")
    stored(tmp_path, final, report("scan.pdf", slips(BODY, 9), ocr=True))
    other = replace(report("other", "Một nội dung hoàn toàn khác về quốc phòng.", docno="99/BC"), path="/r/scan.pdf")
    assert stored(tmp_path, other) == ["final.docx", "other"]
    assert lookup.variants(tmp_path, final.report.id) == []


def test_the_index_holds_what_the_record_shows(tmp_path: Path) -> None:
    from baocao.index.archive import agreement

    stored(tmp_path, report("scan.pdf", slips(BODY, 9), ocr=True))
    stored(tmp_path, report("final.docx"), report("web.html", BODY + "\nTin khác"))
    assert agreement(tmp_path) == (set(), set())
