"""Where a name of a body ends: whole names, and names before verbs, lists and other bodies."""

from pathlib import Path

import pytest

from baocao.pipeline.tag.units import find_units

NAMES = [
    line
    for line in (Path(__file__).parent / "unit_names.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]

SENTENCES = [
    ("UBND huyện đầu tư 5 tỷ đồng xây cầu.", ["UBND huyện"]),
    ("Sở Y tế đào tạo 20 bác sĩ.", ["Sở Y tế"]),
    ("Công an tỉnh giám định 12 mẫu vật.", ["Công an tỉnh"]),
    ("Sở Tài chính tham mưu UBND tỉnh phân bổ vốn.", ["Sở Tài chính", "UBND tỉnh"]),
    ("Sở Y tế và Sở Giáo dục và Đào tạo phối hợp.", ["Sở Y tế", "Sở Giáo dục và Đào tạo"]),
    ("Chi cục Thuế và Kho bạc Nhà nước huyện đã đối chiếu.", ["Chi cục Thuế", "Kho bạc Nhà nước huyện"]),
    ("Phòng Tài chính - Kế hoạch hướng dẫn các xã.", ["Phòng Tài chính - Kế hoạch"]),
    ("Hội Nông dân tỉnh tín chấp cho 500 hộ vay.", ["Hội Nông dân tỉnh"]),
    ("Ban Chỉ đạo 35 huyện tổ chức giao ban.", ["Ban Chỉ đạo 35 huyện"]),
    ("Bảo hiểm xã hội huyện chi trả cho 300 người.", ["Bảo hiểm xã hội huyện"]),
    ("Trung tâm Y tế huyện khám cho 1.200 lượt người.", ["Trung tâm Y tế huyện"]),
    ("Cục Thuế tỉnh và các chi cục thuế khu vực đã thu 800 tỷ.", ["Cục Thuế tỉnh"]),
    ("Vụ Pháp chế và Cục Bổ trợ tư pháp tham gia đoàn.", ["Vụ Pháp chế", "Cục Bổ trợ tư pháp"]),
    ("Thanh tra Bộ và Văn phòng Bộ trực Tết.", ["Thanh tra Bộ", "Văn phòng Bộ"]),
    ("Hội Phụ nữ và Đoàn Thanh niên xã giúp đỡ hộ nghèo.", ["Hội Phụ nữ", "Đoàn Thanh niên xã"]),
    (
        "Trường Tiểu học Kim Đồng và Trường THCS Nguyễn Du đạt chuẩn.",
        ["Trường Tiểu học Kim Đồng", "Trường THCS Nguyễn Du"],
    ),
    ("Sở Nội vụ, Tài chính và Tư pháp báo cáo.", ["Sở Nội vụ", "Tài chính", "Tư pháp"]),
    ("Công ty Điện lực Thái Bình và Nguyễn Văn An ký kết.", ["Công ty Điện lực Thái Bình"]),
    ("Công ty Than Hà Tu - Nguyễn Văn An, Giám đốc.", ["Công ty Than Hà Tu"]),
    ("Ban Quản lý dự án và Nhà thầu bàn giao mặt bằng.", []),
    ("Hội đồng nhân dân tỉnh và Ủy ban nhân dân tỉnh ban hành.", ["Hội đồng nhân dân tỉnh", "Ủy ban nhân dân tỉnh"]),
    ("Quỹ Vì người nghèo tỉnh vận động được 3 tỷ đồng.", ["Quỹ Vì người nghèo tỉnh"]),
    ("Sở Xây dựng kinh phí còn hạn hẹp.", ["Sở Xây dựng"]),
    ("Đảng ủy xã Tân An và Chủ tịch UBND xã chỉ đạo.", ["Đảng ủy xã Tân An", "UBND xã"]),
    ("Phòng Kinh tế và Chi cục Thủy lợi kiểm tra đê.", ["Phòng Kinh tế", "Chi cục Thủy lợi"]),
    ("theo thống kê tỉnh có 200 hộ nghèo.", []),
    ("Thuế thu nhập doanh nghiệp tăng 5%.", []),
    ("Thống kê cho thấy số vụ giảm.", []),
    ("Đội ngũ cán bộ các Ban Chỉ huy còn thiếu.", []),
    ("Công tác phòng, chống dịch COVID-19 được Ban Chỉ đạo tỉnh quan tâm.", ["Ban Chỉ đạo tỉnh"]),
    ("Ban Chỉ đạo cải cách hành chính tỉnh họp phiên thứ hai.", ["Ban Chỉ đạo cải cách hành chính tỉnh"]),
    ("Cục Sở hữu trí tuệ cấp 15 văn bằng.", ["Cục Sở hữu trí tuệ"]),
    ("Cụm thi đua các tỉnh Đông Nam Bộ tổng kết.", ["Cụm thi đua các tỉnh Đông Nam Bộ"]),
    ("Điện lực huyện và Nhân dân thôn đóng góp.", ["Điện lực huyện"]),
    ("Trung tâm Văn hóa và Truyền thông huyện đưa 120 tin bài.", ["Trung tâm Văn hóa và Truyền thông huyện"]),
    ("Phòng Văn hóa và Thông tin huyện cấp phép.", ["Phòng Văn hóa và Thông tin huyện"]),
    ("HĐND, UBND, Ủy ban MTTQ xã tiếp thu.", ["HĐND", "UBND", "Ủy ban MTTQ xã"]),  # the level of the last is of all
    ("Thường trực Đảng ủy và các ban giám sát.", []),  # a bare body within a bare body
    ("Các Phòng Giáo dục và Đào tạo huyện rà soát.", []),  # many bodies
    ("Lãnh đạo Ban An toàn giao thông 34 tỉnh, thành phố dự.", []),
    ("Bộ Giáo dục và Đào tạo (GDĐT) hướng dẫn.", ["Bộ Giáo dục và Đào tạo"]),  # of the name's end only
    ("1) Ông An - Phó Chủ tịch Hội đồng 2) Ông Bình", []),  # the number of the next item
    ("Vụ Phát triển thị trường nước ngoài kết nối 12 đơn hàng.", ["Vụ Phát triển thị trường nước ngoài"]),
]


def units(text: str) -> list[str]:
    return [m.of(text) for m in find_units(text)]


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_name(name: str) -> None:
    assert units(f"Theo đánh giá, {name} đã hoàn thành tốt nhiệm vụ.") == name.split(" của ")


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES)
def test_where_names_end(sentence: str, expected: list[str]) -> None:
    assert units(sentence) == expected


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("HỘI TRUYỀN THỐNG SÔNG HỒNG", "Hội Truyền thống Sông Hồng"),
        ("ĐẢNG ỦY XÃ XUÂN LẬP", "Đảng ủy xã Xuân Lập"),
        ("TỔNG CÔNG TY ĐIỆN LỰC MIỀN BẮC", "Tổng công ty Điện lực miền Bắc"),
        ("TAND Tối cao", "Tòa án nhân dân tối cao"),
        ("Chi cục THADS huyện Lục Yên", "Chi cục Thi hành án dân sự huyện Lục Yên"),
    ],
)
def test_the_norm_is_the_name_as_it_is_written(text: str, norm: str) -> None:
    assert [m.norm for m in find_units(f"{text}\n")] == [norm]


@pytest.mark.parametrize("text", ["BÁO CÁO\nTình hình thực hiện", "BAN HÀNH KÈM THEO", "TỔ CHỨC THỰC HIỆN"])
def test_words_that_begin_like_a_head(text: str) -> None:
    assert units(text) == []


def test_the_other_column_of_a_letterhead() -> None:
    assert units("HỘI TRUYỀN THỐNG SÔNG HỒNG         CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") == [
        "HỘI TRUYỀN THỐNG SÔNG HỒNG"
    ]
