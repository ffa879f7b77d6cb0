"""Units by composition: text → mentions, a row a trap."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baocao.pipeline.tag.units import find_units

ROWS = [
    ("Thanh tra Bộ Y tế và Bộ Nội vụ", ["Thanh tra Bộ Y tế", "Bộ Nội vụ"]),  # parent without a comma: one
    ("Phòng Tổ chức của Sở Y tế", ["Phòng Tổ chức", "Sở Y tế"]),  # "của" splits
    ("Ban Thi đua - Khen thưởng, Thanh tra Chính phủ", ["Ban Thi đua - Khen thưởng", "Thanh tra Chính phủ"]),
    ("Cơ quan Thanh tra, giám sát ngân hàng họp", ["Cơ quan Thanh tra, giám sát ngân hàng"]),  # comma inside
    ("Sở Lao động - Thương binh và Xã hội và Sở Tài chính", ["Sở Lao động - Thương binh và Xã hội", "Sở Tài chính"]),
    ("Chủ tịch UBND tỉnh Cao Bằng Hoàng Văn Lò", ["UBND tỉnh Cao Bằng"]),  # the name after it is no part
    ("Giám đốc Sở Y tế Nguyễn Thị Lành", ["Sở Y tế"]),
    ("Chánh Thanh tra tỉnh báo cáo", ["Thanh tra tỉnh"]),
    ("Phó Chánh Thanh tra Bộ Tài chính", ["Bộ Tài chính"]),  # the office takes "Thanh tra"
    ("Thủ tướng Chính phủ", ["Chính phủ"]),
    ("Bí thư Tỉnh ủy; Ban Tuyên giáo Tỉnh ủy", ["Tỉnh ủy", "Ban Tuyên giáo Tỉnh ủy"]),
    ("Công an huyện Gò Dầu phối hợp", ["Công an huyện Gò Dầu"]),
    ("Công an thành phố Vinh 9 trường hợp", ["Công an thành phố Vinh"]),  # a number after the place is no part
    ("Thanh tra tỉnh kiểm tra đất đai", ["Thanh tra tỉnh"]),  # the verb is no part
    ("Khối thi đua số III và cụm thi đua số 9", ["Khối thi đua số III", "cụm thi đua số 9"]),
    ("Trường THPT Nguyễn Huệ", ["Trường THPT Nguyễn Huệ"]),
    ("Công ty TNHH MTV Cấp nước Bến Tre", ["Công ty TNHH MTV Cấp nước Bến Tre"]),
    ("thanh tra việc chấp hành, hội nghị, ban hành, phòng chống, sở hữu, cục bộ, đoàn kết", []),
    ("các đơn vị, các bộ, ngành, Hội nghị, Ban Chỉ đạo, Đoàn kiểm tra", []),  # generic
    ("Thanh tra Sở Du lịch các tỉnh", []),  # many bodies
    ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", []),
    ("CỤC TRƯỞNG\nLê Văn Bảy", []),  # a signature
    ("đồng chí Lò Văn Pành, Tỉnh ủy viên", []),  # a member is no committee
    ("Phó Bí thư Thường trực Tỉnh ủy", ["Tỉnh ủy"]),  # the office takes "Thường trực"
    ("ý kiến của Thường trực HĐND tỉnh", ["Thường trực HĐND tỉnh"]),
    ("Viện Kiểm sát nhân dân tối cao", ["Viện Kiểm sát nhân dân tối cao"]),
    ("Viện kiểm sát cả 2 cấp đã thụ lý", []),  # generic
    ("UBND Sơn Hạ họp phiên thường kỳ", ["UBND Sơn Hạ"]),  # a commune without its level
    ("tại hội trường UBND xã BCH Đảng bộ xã họp", ["UBND xã", "BCH Đảng bộ xã"]),  # two bodies without a comma
    ("THỰC HIỆN NHIỆM VỤ PHÁT TRIỂN NĂM 2021", []),  # "vụ" inside a word
    ("Tổng công ty Đường sắt miền Trung", ["Tổng công ty Đường sắt miền Trung"]),
    ("Cục Cơ sở hạ tầng", ["Cục Cơ sở hạ tầng"]),  # never cut inside a word
]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[r[0][:30] for r in ROWS])
def test_units(text: str, expected: list[str]) -> None:
    assert [m.of(text) for m in find_units(text)] == expected


@pytest.mark.parametrize(
    ("text", "norms"),
    [
        ("UBND huyện Văn Chấn", ["Ủy ban nhân dân huyện Văn Chấn"]),
        ("Sở TN&MT", ["Sở Tài nguyên và Môi trường"]),
        ("các Sở: Nội vụ, Tài chính", ["Sở Nội vụ", "Sở Tài chính"]),
        ("Sở Nội vụ, Tài chính, Tư pháp.", ["Sở Nội vụ", "Sở Tài chính", "Sở Tư pháp"]),
        ("SỞ NỘI VỤ\nSố: 1", ["Sở Nội vụ"]),
        ("ỦY BAN NHÂN DÂN\nTỈNH YÊN BÁI\n", ["Ủy ban nhân dân tỉnh Yên Bái"]),  # a header in two lines
        ("Khối thi đua số II. Các đơn vị Khối II.", ["Khối thi đua số II", "Khối thi đua số II"]),
        (
            "Quỹ Bảo vệ môi trường Việt Nam (VEPF) họp. VEPF đã cho vay.",
            ["Quỹ Bảo vệ môi trường Việt Nam"] * 3,
        ),
    ],
)
def test_norms(text: str, norms: list[str]) -> None:
    assert [m.norm for m in find_units(text)] == norms


@settings(deadline=None)  # the first call loads the dictionary
@given(
    st.lists(
        st.sampled_from(
            [
                "Ủy",
                "ban",
                "nhân",
                "dân",
                "tỉnh",
                "Sở",
                "Y",
                "tế",
                "và",
                ",",
                "(",
                ")",
                "-",
                "Thanh",
                "tra",
                "Bộ",
                "số",
                "II\n",
                "Nguyễn",
                "9",
                "UBND",
                "TP.HCM",
            ]
        ),
        max_size=20,
    )
)
def test_any_text_gives_ordered_disjoint_mentions(words: list[str]) -> None:
    text = " ".join(words)
    at = 0
    for m in find_units(text):
        assert at <= m.start < m.end <= len(text)
        at = m.end


@pytest.mark.parametrize("piece", ["Ủy ban ", "Thanh tra Bộ ", "Sở Y tế, ", "(UBND) "])
def test_time_grows_with_the_text_only_linearly(piece: str) -> None:
    def spent(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        find_units(text)
        return time.process_time() - started

    spent(1 << 10)
    assert spent(1 << 17) < 8 * spent(1 << 15) + 0.5
