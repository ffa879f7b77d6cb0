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
    ("Các đồng chí Lãnh đạo phòng và Thường trực dự", []),  # half a word is no name
    ("Đồng chí Thượng tá Phạm Hồng Sơn và đồng chí Trung tá Vi Văn Cường dự", ["Phạm Hồng Sơn", "Vi Văn Cường"]),
    ("sau khi làm việc, đoàn Đoàn Kiểm tra đã kết luận", []),
    ("Kênh Bà Huyện, rạch Ông Lớn và cầu Bà Chiêm được nạo vét", []),  # places called after people
    ("Bà Chiêm ở ấp 3 nhận nhà mới", ["Chiêm"]),
    ("Ông Johnathan Hạnh Nguyễn và bà Mariam J. Sherman dự lễ", ["Johnathan Hạnh Nguyễn", "Mariam J. Sherman"]),
    ("Đại sứ Nhật Bản Ito Naoki và Đại sứ Marc Knapper thăm tỉnh", ["Ito Naoki", "Marc Knapper"]),  # no country
    ("Linh mục Giuse Trần Văn Khoa vận động giáo dân", ["Giuse Trần Văn Khoa"]),
    ("Hòa thượng Thích Thanh Minh và Mục sư Y Tuân Mlô dự", ["Thích Thanh Minh", "Y Tuân Mlô"]),
    ("Già làng Rơ Châm Hmơnh và Già làng A Blong vận động dân", ["Rơ Châm Hmơnh", "A Blong"]),
    ("Nghệ nhân nhân dân Ka Sô Liễng hiến tặng hiện vật", ["Ka Sô Liễng"]),
    ("Nhà giáo ưu tú Đàm Thị Hồng, Anh hùng Lao động Hồ Giáo", ["Đàm Thị Hồng", "Hồ Giáo"]),
    ("Bác sĩ CKII Nguyễn Thị Thu Trang và PGS.TS Đào Xuân Cơ", ["Nguyễn Thị Thu Trang", "Đào Xuân Cơ"]),
    ("Trung tướng, PGS, TS Lê Quang Đạo nhấn mạnh", ["Lê Quang Đạo"]),
    ("Dự có: Tráng A Tủa, Lò Thị Pâng, Quàng Văn Hặc - Ủy viên", ["Tráng A Tủa", "Lò Thị Pâng", "Quàng Văn Hặc"]),
    (
        "Ông Thạch Sươne, Sơn Phước Hoan và bà Châu Thị Hồng Trúc",
        ["Thạch Sươne", "Sơn Phước Hoan", "Châu Thị Hồng Trúc"],
    ),
    ("Chủ tịch Quốc hội TRẦN THANH MẪN và Thủ tướng PHẠM MINH CHÍNH", ["TRẦN THANH MẪN", "PHẠM MINH CHÍNH"]),
    ("ĐỒNG CHÍ LÊ THỊ THỦY, BÍ THƯ TỈNH ỦY PHÁT BIỂU", ["LÊ THỊ THỦY"]),
    ("TL. GIÁM ĐỐC\nCHÁNH VĂN PHÒNG\n(Đã ký)\nTRỊNH THỊ LAN ANH", ["TRỊNH THỊ LAN ANH"]),
    ("Xã Nguyễn Phích, phường Lê Thanh Nghị, phong trào Trần Quốc Toản", []),
]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[r[0][:30] for r in ROWS])
def test_persons(text: str, expected: list[str]) -> None:
    assert [m.of(text) for m in find_persons(text, find_units(text))] == expected
