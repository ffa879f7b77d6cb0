"""Who holds which office, and which document was issued when and by whom, from sentences of our own."""

import pytest

from baocao.pipeline.analysis import analyze
from baocao.report import DocIssued, PersonRole, RawDocument, Report, Source


def read(text: str) -> Report:
    return analyze(RawDocument(Source("t.txt", "0" * 64, "text/plain", len(text)), text))


def roles(text: str) -> set[tuple[str, str, str]]:
    report = read(text)
    named = [e.norm or e.of(report.text) for e in report.entities]
    return {
        (named[r.person], r.role, named[r.unit] if r.unit is not None else "")
        for r in report.relations
        if isinstance(r, PersonRole)
    }


def issued(text: str) -> set[tuple[str, str, str]]:
    report = read(text)
    named = [e.norm or e.of(report.text) for e in report.entities]

    def name(index: int | None) -> str:
        return named[index] if index is not None else ""

    return {(named[r.doc], name(r.date), name(r.issuer)) for r in report.relations if isinstance(r, DocIssued)}


@pytest.mark.parametrize("gap", [" ", ":\n"])
def test_one_office_of_several_people(gap: str) -> None:
    found = roles(f"Dự hội nghị có các Phó Thủ tướng Chính phủ{gap}Trần Văn Bình, Lê Thị Hoa và Nguyễn Minh Tâm.")
    wanted = {(name, "Phó Thủ tướng", "Chính phủ") for name in ("Trần Văn Bình", "Lê Thị Hoa", "Nguyễn Minh Tâm")}
    assert wanted <= found


def test_a_list_without_a_common_office_shares_none() -> None:
    found = roles("Dự hội nghị có đồng chí Phó Chủ tịch UBND tỉnh Trần Văn Bình, đồng chí Lê Thị Hoa và các đại biểu.")
    assert ("Trần Văn Bình", "Phó Chủ tịch", "Ủy ban nhân dân tỉnh") in found
    assert not any(person == "Lê Thị Hoa" for person, _, _ in found)


def test_the_head_of_a_body_named_before() -> None:
    text = "Tập đoàn Hóa chất Việt Nam tổ chức họp báo. Đồng chí Lê Văn Phúc, Chủ tịch Tập đoàn chủ trì."
    assert ("Lê Văn Phúc", "Chủ tịch", "Tập đoàn Hóa chất Việt Nam") in roles(text)


def test_the_political_bureau_has_no_minister() -> None:
    text = "Thực hiện kết luận của Bộ Chính trị, Bộ trưởng Trần Văn Bình đã chủ trì cuộc họp."
    assert ("Trần Văn Bình", "Bộ trưởng", "Bộ Chính trị") not in roles(text)


def test_the_day_before_the_sender() -> None:
    text = "Ngày 12/03/2019, Ban Thường vụ Huyện ủy Yên Sơn (khóa XX) đã ban hành Kế hoạch số 45-KH/HU về đại hội."
    assert ("45-KH/HU", "2019-03-12", "Ban Thường vụ Huyện ủy Yên Sơn") in issued(text)


def test_two_numbers_of_one_issuer() -> None:
    text = (
        "Thực hiện Kế hoạch số 81-KH/TU ngày 15/8/2019, Hướng dẫn số 23-HD/TU ngày 28/11/2019 của Tỉnh ủy Hà Giang "
        "về đại hội, các chi bộ đã chuẩn bị."
    )
    assert {
        ("81-KH/TU", "2019-08-15", "Tỉnh ủy Hà Giang"),
        ("23-HD/TU", "2019-11-28", "Tỉnh ủy Hà Giang"),
    } <= issued(text)


def test_the_next_clause_is_no_second_issuer() -> None:
    text = (
        "Thực hiện Chỉ thị số 19/CT-TTg ngày 16/7/2021 của Thủ tướng Chính phủ, Ủy ban nhân dân tỉnh Hà Giang "
        "tổ chức phát động phong trào thi đua."
    )
    assert {body for number, _, body in issued(text) if number == "19/CT-TTG"} == {"Chính phủ"}


def test_an_issuer_right_behind_the_date() -> None:
    text = "Triển khai Nghị quyết số 29-NQ/TW ngày 04/11/2013 Ban Bí thư Trung ương Đảng về đổi mới giáo dục."
    assert any(number == "29-NQ/TW" and body for number, _, body in issued(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hiệu trưởng Trường THPT Lê Quý Đôn Vũ Đình Khoa nhận bằng khen.", ("Vũ Đình Khoa", "Hiệu trưởng")),
        ("Thượng úy Y Blô Niê, cán bộ Đồn Biên phòng Ea H'leo hướng dẫn bà con.", ("Y Blô Niê", "cán bộ")),
        ("Chủ trì: Đ/c Bùi Văn Khánh - PBT Tỉnh ủy, Chủ tịch UBND tỉnh.", ("Bùi Văn Khánh", "PBT")),
        ("- Đồng Chí Lò Văn Giàng-Huyện ủy viên-Bí thư Đảng ủy xã Tân Lập.", ("Lò Văn Giàng", "Huyện ủy viên")),
    ],
)
def test_people_and_offices(text: str, expected: tuple[str, str]) -> None:
    assert expected in {(person, role) for person, role, _ in roles(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the kind of body alone goes with the office, and the chain goes on behind it
        (
            "Dự có đồng chí Lê Văn Dũng, Bí thư Đảng ủy, Giám đốc Sở Xây dựng.",
            {("Lê Văn Dũng", "Bí thư Đảng ủy", ""), ("Lê Văn Dũng", "Giám đốc", "Sở Xây dựng")},
        ),
        # but where the text names one such body, it is that one
        (
            "Đảng ủy xã Yên Lâm họp. Đồng chí Bàn Văn Tá - Phó Bí thư Đảng ủy, Chủ tịch HĐND xã kết luận.",
            {("Bàn Văn Tá", "Phó Bí thư", "Đảng ủy xã Yên Lâm"), ("Bàn Văn Tá", "Chủ tịch", "Hội đồng nhân dân xã")},
        ),
        (
            "Đoàn giám sát do đồng chí Hà Văn Khoa, Phó Chủ tịch HĐND tỉnh làm Trưởng đoàn đã đến xã.",
            {("Hà Văn Khoa", "Phó Chủ tịch", "Hội đồng nhân dân tỉnh"), ("Hà Văn Khoa", "Trưởng đoàn", "")},
        ),
        (
            "Bà Mai Thị Ngọc Ánh được bầu giữ chức Chủ tịch Hội Nông dân huyện.",
            {("Mai Thị Ngọc Ánh", "Chủ tịch", "Hội Nông dân huyện")},
        ),
        (
            "Ông Phan Văn Đăng được phân công làm Trưởng Ban Tổ chức Thành ủy.",
            {("Phan Văn Đăng", "Trưởng Ban", "Ban Tổ chức Thành ủy")},
        ),
        # who reads a body's report out holds his office there
        (
            "Báo cáo của VKSND tỉnh do đồng chí Bùi Văn Hòa, Chánh Văn phòng trình bày.",
            {("Bùi Văn Hòa", "Chánh Văn phòng", "Viện kiểm sát nhân dân tỉnh")},
        ),
    ],
)
def test_chains_of_offices(text: str, expected: set[tuple[str, str, str]]) -> None:
    assert expected <= roles(text)


def test_the_day_beside_the_number() -> None:
    text = (
        "SỞ NỘI VỤ     CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nSố: 63/BC-SNV          Hà Giang, ngày 24 tháng 7 năm 2020\n"
        "BÁO CÁO\nCông tác năm 2020\n\nSở đã hoàn thành 12 nhiệm vụ.\n"
    )
    assert ("63/BC-SNV", "2020-07-24", "Sở Nội vụ") in issued(text)


def test_a_number_told_again_without_its_day_is_no_second_document() -> None:
    text = (
        "Thực hiện Nghị quyết số 10-NQ/TU ngày 18/3/2022 của Tỉnh ủy Hà Giang về chuyển đổi số. "
        "Nghị quyết số 10-NQ/TU của Tỉnh ủy Hà Giang đã được quán triệt."
    )
    assert {day for number, day, _ in issued(text) if number == "10-NQ/TU"} == {"2022-03-18"}


def test_who_signed_holds_the_office_above_the_name() -> None:
    text = (
        "UBND TỈNH HÀ GIANG\nSỞ NỘI VỤ\n\nSố: 12/BC-SNV\nHà Giang, ngày 5 tháng 6 năm 2021\n\nBÁO CÁO\n"
        "Kết quả công tác 6 tháng đầu năm 2021\n\nSở đã hoàn thành 15 nhiệm vụ.\n\n"
        "KT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC\n\n(Đã ký)\n\nHoàng Quốc Khánh"
    )
    assert ("Hoàng Quốc Khánh", "PHÓ GIÁM ĐỐC", "Sở Nội vụ") in roles(text)
