"""What recognition got wrong and the language decides: a row for each trap, and right texts that must stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scans import SOURCES

from baocao.pipeline.ingest.repair import repair
from baocao.text import clean


@pytest.mark.parametrize(
    ("read", "written"),
    [
        ("Số: l2/QÐ-UBND", "Số: 12/QĐ-UBND"),  # Icelandic
        ("Nghị định số 3O/2020/ND-CP", "Nghị định số 30/2020/NĐ-CP"),
        ("Nghị quyết số 05/NQ-HDND ngày l5/12/2O15", "Nghị quyết số 05/NQ-HĐND ngày 15/12/2015"),
        ("Thông tư 12/2013/TTLT-BGDDT-BLDTBXH", "Thông tư 12/2013/TTLT-BGDĐT-BLĐTBXH"),
        ("Yên Bái, ngày L1 tháng l2 năm 2O17", "Yên Bái, ngày 11 tháng 12 năm 2017"),
        ("hỗ trợ 1.O34 hộ, đạt l2%, gồm O5 xã", "hỗ trợ 1.034 hộ, đạt 12%, gồm 05 xã"),
        ("trong quý II1/2018", "trong quý III/2018"),
        ("Hội ngh1 bàn về phòng, chống tham những", "Hội nghị bàn về phòng, chống tham nhũng"),
        ("CƠ SỞ ĐỮ LIỆU", "CƠ SỞ DỮ LIỆU"),
        ("ông Trân Đình Hoan", "ông Trần Đình Hoan"),
        ("CỤC TRƯỞNG\nNguyên Thị Lan", "CỤC TRƯỞNG\nNguyễn Thị Lan"),
        ("đồng chí KTuyên, chị HNiê", "đồng chí K'Tuyên, chị H'Niê"),
        ("I. Một\nViệc\nII. Hai\nII. Ba\nIV. Bốn", "I. Một\nViệc\nII. Hai\nIII. Ba\nIV. Bốn"),
        ("L. Một\n1. Việc\nH. Hai", "L. Một\n1. Việc\nH. Hai"),  # neither is sure alone
        ("IL. Một\n1. Việc\n2. Việc\nII. Hai", "I. Một\n1. Việc\n2. Việc\nII. Hai"),
        ("1. MỘT\n1. Việc\n2. Việc\nII. Hai", "I. MỘT\n1. Việc\n2. Việc\nII. Hai"),
        ("1. MỘT\n1. Việc\nII. Hai", "I. MỘT\n1. Việc\nII. Hai"),
        ("L. Một\n1. Việc\nII. Hai\nHI. Ba", "I. Một\n1. Việc\nII. Hai\nIII. Ba"),
    ],
)
def test_slips(read: str, written: str) -> None:
    mended = repair(read, (0,), (True,))
    assert mended.text == written
    assert bool(mended.spans) == (read != written)


@pytest.mark.parametrize(
    "text",
    [
        "1. Việc\n2. Việc\nII. Hai",
        "Phần thứ nhất\nI. Kết quả\nPhần thứ hai\nI. Kết quả",  # counts anew
        "5l xăng, 10 l dầu, bình O2, khí CO2, vượt kế hoạch quý 11 tỷ đồng",
        "Số 24/UBND-ND; 12-CT/TW; 30/2020/NĐ-CP",
        "huyện Tân Phú Đông, miền Đông Nam Bộ, sân bay Tân Sơn Nhất",
        "Sở KHĐT, KTXH, HĐND và Đăng Khoa; chỉ trả lời 3 đơn",
    ],
)
def test_what_is_right_or_uncertain_stays(text: str) -> None:
    assert repair(text, (0,), (True,)).text == text


@pytest.mark.parametrize("path", sorted(SOURCES.glob("*.txt")), ids=lambda path: path.stem)
def test_the_samples_hold_nothing_to_repair(path: object) -> None:
    text = clean(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    assert repair(text, (0,), (True,)).spans == ()


PIECES = st.sampled_from(["Số: l2/QÐ-UBND ", "năm 2O17 ", "KTuyên ", "tham những ", "một hai ", "\n", "L. Một\n", "II. Hai\n", "Ð"])  # fmt: skip


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.tuples(st.lists(PIECES).map("".join), st.booleans()), min_size=1, max_size=5))
def test_pages_and_stretches_stay_in_their_places(pages: list[tuple[str, bool]]) -> None:
    text, starts = "", []
    for page, _ in pages:
        starts.append(len(text))
        text += page
    mended = repair(text, tuple(starts), tuple(recognised for _, recognised in pages))
    assert all(0 <= s.start < s.end <= len(mended.text) for s in mended.spans)
    assert all(a.end <= b.start for a, b in zip(mended.spans, mended.spans[1:], strict=False))
    assert list(mended.starts) == sorted(mended.starts) and mended.starts[0] == 0
    ends = (*mended.starts[1:], len(mended.text))
    for (page, recognised), start, end in zip(pages, mended.starts, ends, strict=True):
        inside = [s for s in mended.spans if start <= s.start < end]
        if not recognised:
            assert mended.text[start:end] == page and not inside
        elif not inside:
            assert mended.text[start:end] == page
    # Outside of the stretches nothing has changed.
    at = 0
    for span in mended.spans:
        assert mended.text[at : span.start] in text
        at = span.end
