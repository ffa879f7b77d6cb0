"""Document numbers: text → norms, a row a form or a trap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baocao.pipeline.tag.docnos import find_docnos, parse_docno

ROWS = [
    ("Kế hoạch số 95/KH-TTCP.", ["95/KH-TTCP"]),
    ("Nghị định 90/2017/NĐ-CP,", ["90/2017/NĐ-CP"]),
    ("Luật số 04/2013/QH13", ["04/2013/QH13"]),
    ("Chỉ thị 05-CT/TW, Chỉ thị 42 -CT/TW", ["05-CT/TW", "42-CT/TW"]),
    ("Chỉ thị 40 – CT/TW", ["40-CT/TW"]),
    ("Số: 12 /BC-UBND", ["12/BC-UBND"]),
    ("QÐ số 1234/QÐ-UBND", ["1234/QĐ-UBND"]),  # eth for Đ
    ("số 95/kh-ttcp", ["95/KH-TTCP"]),  # typed by a person
    ("Công văn số 1234/BYT-DP", ["1234/BYT-DP"]),  # a letter: no kind in the number
    ("Thông tư liên tịch số 37/2015/TTLT-BYT-BTC", ["37/2015/TTLT-BYT-BTC"]),
    ("số 01/2021/NQ-CP và số 02/2021/NQ-CP", ["01/2021/NQ-CP", "02/2021/NQ-CP"]),
    ("Nghị quyết 30a/2008/NQ-CP", ["30A/2008/NQ-CP"]),
    ("Quyết định 749/QĐ-TTg ngày", ["749/QĐ-TTG"]),
    ("Nghị quyết 12/NQ-HĐND.Trong kỳ", ["12/NQ-HĐND"]),  # no blank after the stop
    ("Số /BC-UBND", []),  # a blank where the number goes
    ("Kế hoạch số 19; Chỉ thị 05", []),  # no symbol
    ("3/12 xã, 24/24 giờ, 30/KM, 60 km/h", []),
    ("biển số 61A-052.87", []),
]


@pytest.mark.parametrize(("text", "norms"), ROWS, ids=[r[0][:30] for r in ROWS])
def test_docnos(text: str, norms: list[str]) -> None:
    assert [m.norm for m in find_docnos(text)] == norms


def test_a_number_is_taken_apart() -> None:
    number = parse_docno("37/2015/TTLT-BYT-BTC")
    assert number and (number.number, number.year, number.kind, number.issuer) == (
        37, 2015, "Thông tư liên tịch", "BYT-BTC",
    )  # fmt: skip
    letter = parse_docno("1234/BYT-DP")
    assert letter and letter.kind is None and letter.issuer == "BYT"
    assert parse_docno("năm 2017") is None


@given(st.text(alphabet="0123456789/- QĐÐKHUBNDCTĐsố:\n", max_size=60))
def test_any_text_gives_ordered_disjoint_mentions(text: str) -> None:
    at = 0
    for m in find_docnos(text):
        assert at <= m.start < m.end <= len(text)
        at = m.end
