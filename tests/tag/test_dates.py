"""Days and periods: text → (mention, norm), a row a trap."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baocao.pipeline.tag.dates import find_times

ROWS = [
    ("Sáng ngày 22/6/2017, hội nghị", [("22/6/2017", "2017-06-22")]),
    ("ngày 12 tháng 01 năm 2017", [("12 tháng 01 năm 2017", "2017-01-12")]),
    ("tính đến ngày 31.12.2020", [("31.12.2020", "2020-12-31")]),
    ("ngày 31/4/2019", [("31/4/2019", None)]),  # no such day: kept, without a norm
    ("đạt 3/12 xã, 1/35 cục, 24/24 giờ", []),  # fractions
    ("Nghị quyết số 01/2021/NQ-CP", []),  # inside a document number
    ("tháng 3/2017", [("tháng 3/2017", "2017-03")]),
    ("kế hoạch 5 năm 2011-2015", [("5 năm 2011-2015", "2011-01-01/2015-12-31")]),
    ("Học kỳ I năm học 2018-2019", [("Học kỳ I năm học 2018-2019", None)]),  # its days differ by school
    ("6 tháng đầu năm năm 2016", [("6 tháng đầu năm năm 2016", "2016-01-01/2016-06-30")]),  # a slip of the pen
    ("Tháng Một 21, 2019", [("Tháng Một 21, 2019", "2019-01-21")]),  # how blog software dates a page
    ("Sáng nay, 28.6, Bộ họp", [("28.6", None)]),
    ("So với năm 2016, 6 tháng đầu năm tăng", [("năm 2016", "2016-01-01/2016-12-31"), ("6 tháng đầu năm", None)]),
    ("tháng 03 năm 2018", [("tháng 03 năm 2018", "2018-03")]),
    ("06 tháng đầu năm 2017", [("06 tháng đầu năm 2017", "2017-01-01/2017-06-30")]),
    ("sáu tháng đầu năm 2019", [("sáu tháng đầu năm 2019", "2019-01-01/2019-06-30")]),
    ("6 tháng cuối năm 2017", [("6 tháng cuối năm 2017", "2017-07-01/2017-12-31")]),
    ("9 tháng năm 2016", [("9 tháng năm 2016", "2016-01-01/2016-09-30")]),
    ("nửa đầu năm 2021", [("nửa đầu năm 2021", "2021-01-01/2021-06-30")]),
    (
        "quý I/2018 và quý 2 năm 2018",
        [("quý I/2018", "2018-01-01/2018-03-31"), ("quý 2 năm 2018", "2018-04-01/2018-06-30")],
    ),
    ("giai đoạn 2011 - 2015", [("giai đoạn 2011 - 2015", "2011-01-01/2015-12-31")]),
    ("nhiệm kỳ 2026-2031", [("nhiệm kỳ 2026-2031", "2026-01-01/2031-12-31")]),
    ("năm học 2022-2023", [("năm học 2022-2023", "2022-09-01/2023-08-31")]),
    ("so với cùng kỳ năm 2016", [("năm 2016", "2016-01-01/2016-12-31")]),
    ("các năm 2015, 2016", [("năm 2015", "2015-01-01/2015-12-31"), ("2016", "2016-01-01/2016-12-31")]),
    ("phương hướng nhiệm vụ 2017", [("2017", "2017-01-01/2017-12-31")]),
    ("sau 7 năm, 6 tháng qua", []),  # durations
    ("Luật Đất đai 2013; dân số 2015 người", []),  # a law's name, a quantity
    ("đường 3 tháng 2, họp 6 tháng 1 lần", []),  # a street, a frequency
    ("ông A sinh 1991", []),
    # the year comes from the sentence, never from a comparison in it
    (
        "Hội nghị sơ kết 06 tháng đầu năm 2017 và nhiệm vụ 06 tháng cuối năm.",
        [("06 tháng đầu năm 2017", "2017-01-01/2017-06-30"), ("06 tháng cuối năm", "2017-07-01/2017-12-31")],
    ),
    (
        "Ngày 20/3/2018, Sở họp. Thu tăng so với cùng kỳ năm 2016 trong quý I.",
        [("20/3/2018", "2018-03-20"), ("năm 2016", "2016-01-01/2016-12-31"), ("quý I", "2018-01-01/2018-03-31")],
    ),
    ("Chiều 26/5, đoàn làm việc.", [("26/5", None)]),  # no year anywhere: not certain
]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[r[0][:30] for r in ROWS])
def test_times(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(m.of(text), m.norm) for m in find_times(text)] == expected


def test_the_date_of_publication_gives_the_year() -> None:
    assert [m.norm for m in find_times("Chiều 26/5, đoàn làm việc.", anchor="2017-05-27")] == ["2017-05-26"]


@given(st.text(alphabet="0123456789/-. năthgquýIđầuk\n", max_size=60))
def test_any_text_gives_ordered_disjoint_mentions(text: str) -> None:
    at = 0
    for m in find_times(text):
        assert at <= m.start < m.end <= len(text)
        at = m.end


@pytest.mark.parametrize("piece", ["1/", "2017-", "năm ", "ngày 1/1", "6 tháng "])
def test_time_grows_with_the_text_only_linearly(piece: str) -> None:
    def spent(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        find_times(text)
        return time.process_time() - started

    spent(1 << 12)
    assert spent(1 << 18) < 8 * spent(1 << 16) + 0.5


def test_a_year_compared_with_is_the_one_before() -> None:
    text = "Sáu tháng đầu năm, xuất khẩu tăng 5% so với cùng kỳ năm 2018. Kế hoạch 6 tháng cuối năm giữ nguyên."
    norms = {m.of(text): m.norm for m in find_times(text)}
    assert norms["6 tháng cuối năm"] == "2019-07-01/2019-12-31"
    assert norms["Sáu tháng đầu năm"] == "2019-01-01/2019-06-30"


def test_years_that_do_not_agree_date_nothing() -> None:
    text = "6 tháng đầu năm tăng 5% so với cùng kỳ năm 2018; năm 2016 giảm 2%."
    assert {m.of(text): m.norm for m in find_times(text)}["6 tháng đầu năm"] is None


@pytest.mark.parametrize(
    ("day", "norm"),
    [("8-1", "2023-01-08"), ("27/12", "2022-12-27"), ("15/6", None)],
    ids=["after", "before", "between"],
)
def test_a_meeting_at_the_turn_of_the_year(day: str, norm: str | None) -> None:
    text = f"Ngày {day}, huyện tổ chức hội nghị tổng kết công tác năm 2022 và triển khai nhiệm vụ năm 2023."
    assert next(m for m in find_times(text) if m.of(text) == day).norm == norm


def test_lunar_days_and_the_date_of_a_page() -> None:
    text = (
        "date 2021-07 Ngày 7.7, xã tổ chức lễ hội; rằm tháng 8 âm lịch có 300 cháu dự. Hội chợ TP.HCM 2019 đón 50 đoàn."
    )
    assert [(m.of(text), m.norm) for m in find_times(text)] == [
        ("2021-07", "2021-07"),
        ("7.7", "2021-07-07"),
        ("tháng 8", None),
    ]
