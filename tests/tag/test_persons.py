"""People: text → mentions, a row a trap."""

import pytest

from baocao.pipeline.tag.persons import find_persons
from baocao.pipeline.tag.units import find_units

ROWS = [
    ("Dự họp có đồng chí Lê Văn Tám, Phó Chủ tịch", ["Lê Văn Tám"]),
    ("đ/c Hà Thị Mơ và ông Trần Quốc", ["Hà Thị Mơ", "Trần Quốc"]),
    ("các đồng chí: Lê Văn Tám, Đỗ Thị Mận và Ngô Hữu Tài", ["Lê Văn Tám", "Đỗ Thị Mận", "Ngô Hữu Tài"]),
    ("Bí thư Tỉnh Đoàn Gia Lai Y Nhuận Niê nói", ["Y Nhuận Niê"]),
    ("đồng chí K'Tuyên phụ trách", ["K'Tuyên"]),
    ("Ông Vừ A Páo cho hay", ["Vừ A Páo"]),
    ("Đại tá Lê Tấn Bảo. Đại tá Bảo cho biết", ["Lê Tấn Bảo", "Bảo"]),  # the given name alone, later
    ("Thứ trưởng Nguyễn Khánh Hòa phát biểu", ["Nguyễn Khánh Hòa"]),
    ("Tác giả: Bùi Lan Hương", ["Bùi Lan Hương"]),
    ("Ảnh: NGUYỄN TRÀ\n", ["NGUYỄN TRÀ"]),
    ("CHÁNH THANH TRA\nĐặng Quốc Khải", ["Đặng Quốc Khải"]),
    ("Trường THPT Nguyễn Huệ, đường Lê Lợi, xã Nguyễn Việt Khái", []),  # named after people
    ("Giải thưởng Hồ Chí Minh, Thành phố Hồ Chí Minh, tư tưởng Hồ Chí Minh", []),
    ("tỉnh Cao Bằng, Hà Giang, Lâm Đồng, huyện Mai Châu", []),  # places that begin like family names
    ("Đoàn Thanh niên, Hội Nông dân", []),
    ("Phó Thủ tướng Thường trực yêu cầu", []),
    ("Đồng chí Thứ trưởng yêu cầu; các đồng chí Phó viện trưởng", []),  # an office after the honorific
    ("đón xuân Nhâm Thìn, Tết Giáp Ngọ", []),  # years of the sixty-year cycle
    ("Chủ tịch nước Lương Cường dự", ["Lương Cường"]),  # "nước" is part of the office here
]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[r[0][:30] for r in ROWS])
def test_persons(text: str, expected: list[str]) -> None:
    assert [m.of(text) for m in find_persons(text, find_units(text))] == expected
