"""The whole way on the samples: what a report says of itself, its relations and warnings, and invariants."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baocao.pipeline import analyze, analyze_file
from baocao.report import DocIssued, EntityType, Members, PersonRole, RawDocument, Report, Source
from baocao.text import clean

SAMPLES = Path(__file__).parent.parent / "samples" / "reports"


@cache
def sample(number: str) -> Report:
    return analyze_file(next(SAMPLES.glob(f"{number}-*")))


def of_text(text: str) -> Report:
    return analyze(RawDocument(Source("t.txt", "0" * 64, "text/plain", 0), clean(text)))


@pytest.mark.parametrize(
    ("number", "kind", "docno", "issued", "issuer", "signer"),
    [
        ("01", "report", "214/BC-TTR", "2016-12-08", "Thanh tra tỉnh", "Đặng Quốc Khải"),  # PDF, blank in the number
        ("02", "report", "231/BC-TTR", "2017-12-11", "Thanh tra tỉnh", "Hà Thị Lan"),  # DOCX, signed for another
        ("04", "report", "37/BC-PYT", "2019-07-02", "Phòng Y tế", "Lương Văn Ứng"),
        ("06", "report", "96/BC-SNV", "2020-12-14", "Sở Nội vụ", "Rơ Châm H'Yéo"),
        ("09", "minutes", "18/BB-STNMT", "2023-03-17", "Sở Tài nguyên và Môi trường", "Hoàng Văn Pảo"),
        ("10", "plan", "31-KH/HĐTN", "2024-01-09", None, None),
        ("11", "report", "1205/BC-CTHADS", "2014-10-10", "Cục Thi hành án dân sự tỉnh Nam Định", "Trần Đình Hoan"),
        ("12", "news", None, "2025-07-11", "Công ty Cổ phần Cấp nước Bến Tre", None),
    ],
)
def test_front(number: str, kind: str, docno: str | None, issued: str, issuer: str | None, signer: str | None) -> None:
    report = sample(number)
    assert (report.kind, report.docno, report.issued) == (kind, docno, issued)
    assert issuer is None or report.issuer == issuer
    assert signer is None or (report.signer and report.signer.name == signer)


@pytest.mark.parametrize(
    ("number", "codes"),
    [
        ("01", []),  # five bodies with commas and "và" inside their names are five
        ("03", ["count_mismatch", "period_mismatch"]),
        ("04", ["docno_kind_mismatch", "impossible_date"]),
        ("07", []),  # "so với cùng kỳ năm 2014" is a comparison
        ("12", []),
    ],
)
def test_warnings(number: str, codes: list[str]) -> None:
    assert sorted(f.code for f in sample(number).findings) == codes


def test_members_are_counted_through_commas_and_and() -> None:
    members = [r for r in sample("01").relations if isinstance(r, Members)]
    assert [(m.stated, len(m.members)) for m in members] == [(5, 5)]


def test_person_role_unit() -> None:
    report = sample("01")
    told = {
        (report.entities[r.person].norm, r.role, report.entities[r.unit].norm if r.unit is not None else None)
        for r in report.relations
        if isinstance(r, PersonRole)
    }
    assert ("Hà Thị Lan", "Phó Chánh Thanh tra", "Thanh tra tỉnh") in told


def test_document_date_issuer_title() -> None:
    text = "Thực hiện Kế hoạch số 81/KH-UBND ngày 05/3/2019 của UBND tỉnh Hà Nam về phòng, chống dịch; Sở đã làm."
    report = of_text(text)
    (issued,) = [r for r in report.relations if isinstance(r, DocIssued)]
    assert issued.date is not None and report.entities[issued.date].norm == "2019-03-05"
    assert issued.issuer is not None and report.entities[issued.issuer].norm == "Ủy ban nhân dân tỉnh Hà Nam"
    assert issued.title == "về phòng, chống dịch"


def test_page_chrome_is_no_part_of_the_text() -> None:
    text = sample("03").text
    assert "Trang chủ" not in text and "Bản quyền" not in text and "seen = 1" not in text
    assert "Khối thi đua số 3" in text


def test_pages_and_paragraphs_of_a_pdf() -> None:
    report = sample("01")
    assert len(report.pages_at) == 2 and report.page_of(len(report.text) - 1) == 2
    assert "kiến nghị thu hồi 4.115 triệu đồng, đã thu hồi 3.870 triệu đồng." in report.text  # wrapped lines joined
    assert "THANH TRA TỈNH\n" in report.text  # the head's left column is not mixed with the right


def test_a_table_is_rows() -> None:
    assert "Đất đai | 21 | 2.310" in sample("02").text


def check_invariants(report: Report) -> None:
    text = report.text
    at = 0
    for s in report.sentences:
        assert at <= s.start < s.end <= len(text)
        at = s.end
    at = 0
    for e in report.entities:
        assert at <= e.start < e.end <= len(text)
        at = e.end
        if e.sentence is not None:
            assert report.sentences[e.sentence].start <= e.start and e.end <= report.sentences[e.sentence].end
        if e.type is EntityType.PERIOD and e.norm:
            start, end = e.norm.split("/")
            assert start <= end
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report


@pytest.mark.parametrize("path", sorted(SAMPLES.iterdir()), ids=lambda p: p.name[:12])
def test_invariants_on_samples(path: Path) -> None:
    check_invariants(analyze_file(path))


WORDS = [
    "UBND",
    "tỉnh",
    "Yên",
    "Bái",
    "ngày",
    "1/1/2017",
    "ông",
    "Lê",
    "Văn",
    "Tám",
    ",",
    ".",
    "\n",
    "Chủ",
    "tịch",
    "95/KH-UBND",
    "gồm",
    "03",
    "đơn",
    "vị:",
    "Sở",
    "Y",
    "tế",
    "và",
    "năm",
    "2016",
    "…",
    "“",
    "”",
    "I.",
    "-",
    "đã",
    "chưa",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), min_size=1, max_size=30))
def test_invariants_on_anything(words: list[str]) -> None:
    check_invariants(of_text(" ".join(words)))


def test_a_rule_of_asterisks_under_the_title() -> None:
    text = "BÁO CÁO\n*\nTình hình công tác năm 2023\n\nXã đã hoàn thành 12/13 chỉ tiêu."
    report = analyze(RawDocument(Source("x.txt", "0" * 64, "text/plain", 1), text))
    assert report.title.startswith("BÁO CÁO")
