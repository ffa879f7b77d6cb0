"""What comes back, what is kept apart, what is not counted, and what stays as reports are added and clerks decide."""

from collections.abc import Sequence

import pytest

from baocao.errors import UsageError
from baocao.insight.difficulties import (
    Difficulty,
    Reading,
    Role,
    State,
    Statement,
    Trend,
    add,
    applied,
    build,
    difficulties,
    dismiss,
    merge,
    read,
    rename,
    split,
    trend,
)
from baocao.insight.difficulties.copies import repeats, signature
from baocao.insight.difficulties.outlook import is_difficulty
from baocao.insight.difficulties.vectors import packed, unpacked, vectors
from baocao.insight.difficulties.wording import clauses, lead
from baocao.report import Entity, EntityType, Kind, Label, Period, Report, Sentence, Source

SHORT = "Biên chế còn thiếu so với yêu cầu."
SHORT_TOO = "Lực lượng mỏng, một cán bộ phụ trách nhiều xã nên không ai thay ca."
ROAD = "Tuyến đường liên xã xuống cấp, nhiều ổ gà, mùa mưa lầy lội."
ROAD_TOO = "Mặt đường hư hỏng nặng, xe máy đi lại rất khó."


def reading(name: str, *texts: str, year: int = 2017, unit: str | None = None) -> Reading:
    said = tuple(Statement(100 * i, t, t, Role.DIFFICULTY) for i, t in enumerate(texts))
    return Reading(name, unit or f"Huyện {name}", year, None, (), said)


def shown(readings: Sequence[Reading], least: int = 2) -> list[Difficulty]:
    return difficulties(build(readings), readings, least_reports=least)


def report(name: str, text: str, label: Label = Label.DIFFICULTY, entities: tuple[Entity, ...] = ()) -> Report:
    sentences, at = [], 0
    for line in text.split("\n"):
        sentences.append(Sentence(at, at + len(line), None, label, 0.9))
        at += len(line) + 1
    return Report(
        Source(f"{name}.txt", name.ljust(64, "0"), "text/plain", 1), "Báo cáo", Kind.REPORT, None, "2018-01-05", None,
        "Sở Y tế", Period("2017-01-01", "2017-12-31"), None, text, (0,), (), tuple(sentences), entities, (), (),
    )  # fmt: skip


def test_other_words_one_difficulty_and_one_line_a_difficulty() -> None:
    found = shown([reading("A", SHORT, ROAD), reading("B", SHORT_TOO, year=2018), reading("C", ROAD_TOO)])
    assert [{m.report for m in d.mentions} for d in found] in ([{"A", "B"}, {"A", "C"}], [{"A", "C"}, {"A", "B"}])
    staff = next(d for d in found if "B" in {m.report for m in d.mentions})
    assert (staff.reports, staff.years, staff.first, staff.last) == (2, ((2017, 1), (2018, 1)), "2017", "2018")
    assert staff.name == "Biên chế còn thiếu"
    assert list(staff.to_json())[:8] == ["id", "name", "reports", "units", "years", "first", "last", "trend"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Thiếu nước tưới cho lúa hè thu.", "Thiếu nước sinh hoạt, người dân phải mua nước."),  # one lack, two matters
        ("Trường còn thiếu phòng học.", "Trường còn thiếu giáo viên."),
        ("Kinh phí hoạt động còn thiếu.", "Kinh phí được cấp chậm, cuối năm mới phân bổ."),  # one matter, two lacks
        ("Bệnh viện thiếu thuốc, vật tư y tế.", "Thuốc bảo vệ thực vật giả còn bán nhiều."),  # one word, two things
    ],
)
def test_shared_words_do_not_make_one(one: str, other: str) -> None:
    assert len(shown([reading("A", one), reading("B", other)], least=1)) == 2


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        (SHORT, True),
        (ROAD, True),
        ("Đơn vị đã khắc phục tình trạng thiếu biên chế.", False),
        ("Không còn tình trạng thiếu nước sinh hoạt nhờ công trình hoàn thành đúng tiến độ.", False),
        ("Tỷ lệ hồ sơ giải quyết đúng hạn đạt 99%, tăng 3% so với năm trước.", False),
    ],
)
def test_what_was_overcome_is_none(text: str, stands: bool) -> None:
    assert is_difficulty(text) is stands


def test_reading_takes_labelled_sentences_and_blanks_names() -> None:
    text = "Sở Nội vụ tỉnh Hà Nam còn thiếu biên chế."
    unit = Entity(0, 21, EntityType.UNIT, None, 0)
    made = read(report("a", text, entities=(unit,)))
    assert (made.year, made.period, made.unit) == (2017, "2017-01-01/2017-12-31", "Sở Y tế")
    assert made.statements[0].text == text
    assert made.statements[0].plain == " " * 21 + text[21:]
    assert read(report("a", text, Label.ACHIEVEMENT)).statements == ()


def test_a_report_counts_its_own_repeats_once() -> None:
    again = "Biên chế còn thiếu so với yêu cầu nhiệm vụ."
    readings = [reading("A", SHORT, again), reading("B", SHORT_TOO)]
    assert repeats([SHORT, again]) == [0, 0]
    state = build(readings)
    assert [m.counted for m in state.members if m.report == "A"] == [True, False]
    assert len(difficulties(state, readings)[0].mentions) == 2


def test_another_file_of_a_report_is_not_counted() -> None:
    long = "\n".join(f"{SHORT} Nội dung thứ {n} của báo cáo năm nay nói về việc {n * 7}." for n in range(12))
    first, scan, next_year = read(report("a", long)), read(report("b", long + " 1")), read(report("c", long))
    next_year = Reading("c" * 16, "Sở Y tế", 2018, "2018-01-01/2018-12-31", next_year.signature, next_year.statements)
    for state in (build([first, scan, next_year]), applied(build([first]), add(build([first]), scan))):
        copies = {s.report: s.copy_of for s in state.seen}
        assert copies[scan.report] == first.report
        assert copies.get(next_year.report) is None
        assert {m.counted for m in state.members if m.report == scan.report} == {False}


def test_a_signature_is_of_the_words() -> None:
    assert signature("") == ()
    assert signature("Một hai ba bốn năm sáu") == signature("một  HAI ba, bốn năm sáu")


def test_adding_keeps_what_is_there_and_adds_up_to_building() -> None:
    readings = [reading("A", SHORT, ROAD), reading("B", SHORT_TOO), reading("C", ROAD_TOO, SHORT)]
    state = State()
    for one in readings:
        before = {(m.report, m.start): m.group for m in state.members}
        state = applied(state, add(State(state.groups, (), state.seen), one))
        after = {(m.report, m.start): m.group for m in state.members}
        assert {key: after[key] for key in before} == before
    assert {g.size for g in state.groups} == {3, 2}
    assert add(state, readings[0]).seen == ()
    anew = build(readings, previous=state)
    assert {(m.report, m.start): m.group for m in anew.members} == {(m.report, m.start): m.group for m in state.members}


def test_what_clerks_decide_stays() -> None:
    readings = [reading("A", SHORT, ROAD), reading("B", SHORT_TOO), reading("C", ROAD_TOO)]
    state = build(readings)
    of = {(m.report, m.start): m.group for m in state.members}
    staff, road = of["A", 0], of["A", 100]
    state = applied(state, rename(state, staff, " Thiếu người "))
    state = applied(state, dismiss(state, road))
    state = applied(state, add(state, reading("D", SHORT, ROAD_TOO)))
    (only,) = difficulties(state, [*readings, reading("D", SHORT, ROAD_TOO)])
    assert (only.name, only.reports, only.named_by_clerk) == ("Thiếu người", 3, True)
    anew = build([*readings, reading("D", SHORT, ROAD_TOO)], previous=state)
    assert {g.id: (g.name, g.dismissed) for g in anew.groups} == {staff: ("Thiếu người", False), road: (None, True)}


def test_merging_and_splitting() -> None:
    readings = [reading("A", SHORT, ROAD), reading("B", SHORT_TOO), reading("C", ROAD_TOO)]
    state = build(readings)
    of = {(m.report, m.start): m.group for m in state.members}
    staff, road = of["A", 0], of["A", 100]
    one = applied(state, merge(state, [road], into=staff))
    assert [d.reports for d in difficulties(one, readings)] == [3]
    assert [d.reports for d in difficulties(build(readings, previous=one), readings)] == [3]
    two = applied(one, split(one, staff, [("A", 100), ("C", 0)], readings))
    assert sorted(d.reports for d in difficulties(two, readings)) == [2, 2]
    anew = build(readings, previous=two)
    assert {(m.report, m.start): m.group for m in anew.members} == {(m.report, m.start): m.group for m in two.members}
    with pytest.raises(UsageError):
        rename(one, road, "x")  # merged away
    with pytest.raises(UsageError):
        split(state, staff, [("A", 0), ("B", 0)], readings)  # nothing would be left


def test_units_and_years_choose_what_counts() -> None:
    readings = [reading("A", SHORT, year=2015), reading("B", SHORT, year=2016), reading("C", SHORT, year=2017)]
    state = build(readings)
    (recent,) = difficulties(state, readings, years=(2016, None))
    assert recent.years == ((2016, 1), (2017, 1))
    (one,) = difficulties(state, readings, units=["huyện a"], least_reports=1)
    assert one.units == ("Huyện A",)


@pytest.mark.parametrize(
    ("years", "told"),
    [
        ({2017: 3}, Trend.NEW),
        ({2015: 2, 2016: 2, 2017: 2}, Trend.PERSISTENT),
        ({2014: 2, 2017: 2}, Trend.BACK),
        ({2015: 4, 2016: 4, 2017: 1}, Trend.EASING),
        ({2014: 2, 2015: 2}, Trend.EASING),
        ({}, None),
    ],
)
def test_trend(years: dict[int, int], told: Trend | None) -> None:
    assert trend(years, range(2014, 2018)) is told


def test_recommendations_and_causes_of_the_same_reports() -> None:
    def with_answer(name: str) -> Reading:
        return Reading(name, name, 2017, None, (), (
            Statement(0, SHORT, SHORT, Role.DIFFICULTY, 1),
            Statement(50, "Nguyên nhân là do tinh giản.", "Nguyên nhân là do tinh giản.", Role.CAUSE, 1),
            Statement(100, "Đề nghị bổ sung biên chế.", "Đề nghị bổ sung biên chế.", Role.RECOMMENDATION, 2),
            Statement(150, "Đề nghị sửa đường liên xã.", "Đề nghị sửa đường liên xã.", Role.RECOMMENDATION, 2),
        ))  # fmt: skip

    readings = [with_answer("A"), with_answer("B")]
    found = next(d for d in difficulties(build(readings), readings) if d.best.text == SHORT)
    assert {m.text for m in found.recommendations} == {"Đề nghị bổ sung biên chế."}
    assert {m.text for m in found.causes} == {"Nguyên nhân là do tinh giản."}


def test_an_embedding_is_used_beside_the_words() -> None:
    said = ["Gió to quá.", "Bờ đê nứt."]
    alike = vectors(said, lambda texts: [[1.0, 0.0] for _ in texts])
    assert sum(a * alike[1].get(k, 0) for k, a in alike[0].items()) >= 0.39
    assert len(unpacked(packed(alike[0]))) == len(alike[0])


def test_the_matter_of_a_sentence() -> None:
    found = clauses("Tuy nhiên, theo Sở Y tế, thuốc còn thiếu do đấu thầu chậm.")
    assert [(len(c.keys), c.weight) for c in found] == [(3, 1.0), (3, 0.5)]
    assert lead("- Bên cạnh đó, biên chế còn thiếu do tinh giản.") == "biên chế còn thiếu"


def test_nothing_makes_nothing() -> None:
    assert build([]) == State()
    assert difficulties(State(), []) == []
    empty = reading("A")
    assert build([empty]).groups == ()
    assert shown([reading("A", "…"), reading("B", "…")]) == []
