"""Sentences and sections of official text: a row a trap."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baocao.pipeline.segment import segment
from baocao.text import clean


def sentences(text: str) -> list[str]:
    return [s.of(text) for s in segment(text).sentences]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a title's abbreviation is no end
        ("Chủ trì là TS. Phan Văn Lộc. Cuộc họp bắt đầu.", ["Chủ trì là TS. Phan Văn Lộc.", "Cuộc họp bắt đầu."]),
        # a number in a heading is no sentence
        ("II. Tồn tại, hạn chế", ["II. Tồn tại, hạn chế"]),
        # an ellipsis before a capital ends, before lower case it does not
        ("Thiếu máy, thiếu người… Về kinh phí còn khó.", ["Thiếu máy, thiếu người…", "Về kinh phí còn khó."]),
        ("Theo đợt, đột xuất…ở từng xã.", ["Theo đợt, đột xuất…ở từng xã."]),
        # the closing quotation mark belongs to what it closes
        ("“Chưa đủ vốn.” Ông Lộc nói vậy.", ["“Chưa đủ vốn.”", "Ông Lộc nói vậy."]),
        # thousands and decimals
        ("Thu 1.234.500 đồng, tăng 1,5%. Chi giảm.", ["Thu 1.234.500 đồng, tăng 1,5%.", "Chi giảm."]),
        # an address on the web is one word
        ("Xem tại yenbai.gov.vn để biết. Hết.", ["Xem tại yenbai.gov.vn để biết.", "Hết."]),
        # a document number at the end
        ("Thực hiện Kế hoạch số 12/KH-UBND. Sở đã làm.", ["Thực hiện Kế hoạch số 12/KH-UBND.", "Sở đã làm."]),
        # list items on lines of their own
        ("- Thiếu vốn;\n- Thiếu người.", ["- Thiếu vốn;", "- Thiếu người."]),
        # a photo credit without a stop
        (
            "Ảnh: Minh Hà/TTXVN Phát biểu tại hội nghị, ông Lộc nêu nhiều giải pháp cho năm sau.",
            ["Ảnh: Minh Hà/TTXVN", "Phát biểu tại hội nghị, ông Lộc nêu nhiều giải pháp cho năm sau."],
        ),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_hard_wrapped_lines_are_one_sentence() -> None:
    text = "Trong năm qua toàn ngành đã triển khai nhiều cuộc thanh tra\ntheo kế hoạch và đột xuất."
    assert len(sentences(text)) == 1


def test_sections_are_a_tree() -> None:
    text = "I. KẾT QUẢ\n1. Công tác thanh tra\nĐã làm.\na) Thanh tra hành chính\nXong.\n2. Tiếp dân\nTốt.\nII. HẠN CHẾ\nThiếu."
    found = [(s.number, s.level, s.parent) for s in segment(text).sections]
    assert found == [("I", 1, None), ("1", 2, 0), ("a", 3, 1), ("2", 2, 0), ("II", 1, None)]
    sections = segment(text).sections
    assert sections[0].end == sections[4].start and sections[4].end == len(text)


def test_a_numbered_task_is_no_heading() -> None:
    text = "III. NHIỆM VỤ\n1. Đề nghị UBND tỉnh quan tâm bố trí đủ kinh phí cho các huyện.\n2. Tăng cường kiểm tra."
    assert [s.number for s in segment(text).sections] == ["III"]


@settings(max_examples=300)
@given(st.text(alphabet='AaĐđ Ười.…?!"”“\n-1I.)(,;:*Ảnh', max_size=120))
def test_any_text_gives_ordered_disjoint_sentences_inside_it(raw: str) -> None:
    text = clean(raw)
    found = segment(text)
    at = 0
    for s in found.sentences:
        assert at <= s.start < s.end <= len(text)
        assert s.of(text) == s.of(text).strip()
        at = s.end
    kept = "".join(c for c in text if c.isalnum())
    assert "".join(c for s in found.sentences for c in s.of(text) if c.isalnum()) == kept
