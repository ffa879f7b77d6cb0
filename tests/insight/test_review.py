"""A review of reports made by hand: what is chosen, merged, cited, set side by side, and who did not report."""

import json
from collections.abc import Sequence
from hashlib import sha256

import pytest

from baocao.errors import UsageError
from baocao.insight.review import Returning, Review, ReviewRequest, review
from baocao.insight.review.fields import field_of
from baocao.report import Entity, EntityType, Finding, Kind, Label, Period, Report, Sentence, Source

A, D, R, X = Label.ACHIEVEMENT, Label.DIFFICULTY, Label.RECOMMENDATION, Label.OTHER
YEAR = Period("2017-01-01", "2017-12-31")


def made(
    issuer: str | None,
    said: Sequence[tuple[Label, str]],
    *,
    docno: str = "12/BC-TTr",
    issued: str = "2017-12-22",
    period: Period | None = YEAR,
    place: str | None = "Hà Nội",
    units: Sequence[str] = (),
) -> Report:
    """A report of these sentences, its number at the top; `units` are marked where they stand."""
    text, sentences = f"Số: {docno}\n", [Sentence(0, 5 + len(docno) - 1, None, X, 1.0)]
    for label, sentence in said:
        sentences.append(Sentence(len(text), len(text) + len(sentence), None, label, 0.9))
        text += sentence + "\n"

    def within(start: int) -> int:
        return next(i for i, s in enumerate(sentences) if s.start <= start < s.end)

    entities = [Entity(4, 4 + len(docno), EntityType.DOCNO, docno.upper(), 0)]
    for unit in units:
        at = text.index(unit)
        entities.append(Entity(at, at + len(unit), EntityType.UNIT, unit, within(at)))
    data = f"{issuer}{place}{docno}{issued}{text}".encode()
    return Report(
        source=Source(f"{docno}.txt", sha256(data).hexdigest(), "text/plain", len(data)), title=f"Báo cáo {docno}",
        kind=Kind.REPORT, docno=docno.upper(), issued=issued, place=place, issuer=issuer, period=period, signer=None,
        text=text, pages_at=(0, len(text) // 2), sections=(), sentences=tuple(sentences),
        entities=tuple(entities), relations=(), findings=(),
    )  # fmt: skip


def shown(told: Review, label: Label) -> list[str]:
    return [item.text for part in told.parts if part.label is label for item in part.items]


SHORT_OF_STAFF = "Biên chế của thanh tra cấp huyện còn thiếu nhiều so với yêu cầu nhiệm vụ."


def test_each_item_stands_where_its_sources_say() -> None:
    reports = [
        made("Thanh tra tỉnh", [(D, f"- Tuy nhiên, {SHORT_OF_STAFF[0].lower()}{SHORT_OF_STAFF[1:]}"), (A, "Đã tiếp 1.934 lượt công dân đến khiếu nại.")]),
        made("Sở Nội vụ", [(R, "Đề nghị Ủy ban nhân dân tỉnh bổ sung biên chế cho các huyện.")], docno="3/BC-SNV"),
    ]  # fmt: skip
    told = review(reports, ReviewRequest(2017))
    assert shown(told, D) == [SHORT_OF_STAFF]
    by_id = {r.id: r for r in reports}
    for part in told.parts:
        for item in part.items:
            for source in item.sources:
                report = by_id[source.report]
                assert report.text[source.start : source.end] == source.text
                assert source.page == report.page_of(source.start)
    assert told.parts[1].groups[0].items[0].sources[0].short == "Thanh tra tỉnh, 12/BC-TTr, 22/12/2017, tr. 1"
    data = json.loads(json.dumps(told.to_json()))
    assert [part["label"] for part in data["parts"]] == ["achievement", "difficulty", "recommendation"]
    cited = data["parts"][1]["groups"][0]["items"][0]["sources"][0]
    assert set(cited) == {"report", "title", "docno", "issuer", "issued", "page", "start", "end", "text"}


def test_what_several_say_comes_first_and_once() -> None:
    alone = "Trụ sở làm việc của chi cục bị dột khi mưa lớn kéo dài."
    reports = [made("Chi cục Thủy lợi", [(D, alone)])]
    reports += [made(f"Thanh tra huyện số {n}", [(D, f"- {SHORT_OF_STAFF}")], docno=f"{n}/BC-TTr") for n in (1, 2, 3)]
    told = review(reports, ReviewRequest(2017))
    assert shown(told, D) == [SHORT_OF_STAFF, alone]
    first = next(told.parts[1].items)
    assert {s.issuer for s in first.sources} == {"Thanh tra huyện số 1", "Thanh tra huyện số 2", "Thanh tra huyện số 3"}


@pytest.mark.parametrize(
    "other",
    [
        "Biên chế của thanh tra cấp huyện không còn thiếu nhiều so với yêu cầu nhiệm vụ.",
        "Biên chế của thanh tra cấp huyện còn thiếu 2 người so với yêu cầu nhiệm vụ.",
        "Biên chế của thanh tra huyện Văn Chấn còn thiếu nhiều so với yêu cầu nhiệm vụ.",
    ],
)
def test_what_differs_in_a_figure_a_name_or_a_negation_is_never_merged(other: str) -> None:
    told = review([made("Sở A", [(D, SHORT_OF_STAFF)]), made("Sở B", [(D, other)])], ReviewRequest(2017))
    assert all(len(item.sources) == 1 for item in told.parts[1].items)


def test_what_cannot_stand_alone_is_left_out() -> None:
    left_out = [
        "Trong đó, có 5 vụ việc được chuyển sang cơ quan điều tra.",
        "Đất đai | 21 cuộc thanh tra | 2.310 triệu đồng đã thu hồi",
        "Nguyên nhân của những tồn tại nêu trên là do các yếu tố sau:",
        "KHÓ KHĂN VƯỚNG MẮC VÀ NGUYÊN NHÂN CHỦ YẾU TRONG NĂM",
        "Còn chậm.",
    ]
    said = [(D, s) for s in [*left_out, SHORT_OF_STAFF]] + [
        (X, "Nơi nhận:"),
        (R, "- Ủy ban nhân dân tỉnh và các sở, ngành;"),
    ]
    told = review([made("Sở A", said)], ReviewRequest(2017))
    assert shown(told, D) == [SHORT_OF_STAFF]
    assert shown(told, R) == []


def test_don_vi_is_named_only_where_no_other_body_is_near() -> None:
    said = [(D, "Đơn vị chưa bố trí được cán bộ chuyên trách công nghệ thông tin.")]
    assert shown(review([made("Sở Y tế", said)], ReviewRequest(2017)), D)[0].startswith("Sở Y tế chưa bố trí")
    near = [(X, "Đoàn đã kiểm tra Trường Chính trị tỉnh trong tháng ba."), *said]
    report = made("Sở Y tế", near, units=["Trường Chính trị tỉnh"])
    assert shown(review([report], ReviewRequest(2017)), D)[0].startswith("Đơn vị chưa bố trí")


def test_different_figures_for_one_measure_stand_side_by_side() -> None:
    one = made("Thanh tra tỉnh", [(A, "Trong năm, toàn ngành triển khai 87 cuộc thanh tra hành chính.")])
    other = made(
        "Thanh tra tỉnh",
        [(A, "Trong năm, toàn ngành triển khai 78 cuộc thanh tra hành chính.")],
        docno="40/BC-TTr",
        issued="2017-12-29",
    )
    told = review([one, other], ReviewRequest(2017))
    assert [c.figures for c in told.conflicts] == [("87", "78")]
    assert {s.docno for s in told.conflicts[0].sources} == {"12/BC-TTr", "40/BC-TTr"}
    assert all(item.conflicts == told.conflicts for item in told.parts[0].items)


@pytest.mark.parametrize(
    ("first", "second", "more"),
    [
        # another body, another time, another measure, the same amount in another spelling, a date and no amount
        ("Toàn ngành triển khai 87 cuộc thanh tra.", "Toàn ngành triển khai 78 cuộc thanh tra.", {"issuer": "Sở Y tế"}),
        ("Toàn ngành triển khai 87 cuộc thanh tra.", "Toàn ngành triển khai 78 cuộc thanh tra.", {"period": Period("2017-01-01", "2017-06-30")}),
        ("Toàn ngành triển khai 87 cuộc thanh tra.", "Toàn ngành triển khai 78 cuộc thanh tra.", {"period": None}),
        ("Toàn ngành triển khai 87 cuộc thanh tra.", "Toàn ngành triển khai 78 cuộc kiểm tra.", {}),
        ("Toàn ngành triển khai 05 cuộc thanh tra.", "Toàn ngành triển khai 5 cuộc thanh tra.", {}),
        ("Toàn ngành thu hồi 1.000 triệu đồng cả năm.", "Toàn ngành thu hồi 1000 triệu đồng cả năm.", {}),
        ("Đến nay toàn ngành triển khai 87 cuộc thanh tra.", "Đến nay toàn ngành triển khai 90 cuộc thanh tra.", {"issued": "2017-12-30"}),
        ("Toàn ngành họp ngày 12/3/2017 về 5 cuộc thanh tra.", "Toàn ngành họp ngày 15/3/2017 về 6 cuộc thanh tra.", {}),
        ("Toàn ngành chưa triển khai 87 cuộc thanh tra.", "Toàn ngành đã triển khai 78 cuộc thanh tra.", {}),
    ],
)  # fmt: skip
def test_what_is_not_certainly_one_measure_is_not_set_side_by_side(
    first: str, second: str, more: dict[str, object]
) -> None:
    one = made("Thanh tra tỉnh", [(A, first)])
    other = made(**{"issuer": "Thanh tra tỉnh", "said": [(A, second)], "docno": "40/BC-TTr", **more})  # type: ignore[arg-type]
    assert review([one, other], ReviewRequest(2017)).conflicts == ()


def test_who_reported_and_who_did_not() -> None:
    reports = [
        made("Sở Y tế", [(D, SHORT_OF_STAFF)]),
        made("Sở Nội vụ", [(D, SHORT_OF_STAFF)], period=Period("2016-01-01", "2016-12-31"), issued="2017-01-05"),
        made("Sở Công Thương", [(D, SHORT_OF_STAFF)], period=Period("2015-01-01", "2015-12-31"), issued="2015-12-05"),
    ]
    told = review(iter(reports), ReviewRequest(2017))
    assert told.reports == 1
    assert [r.unit for r in told.reported] == ["Sở Y tế"]
    assert told.missing == ("Sở Nội vụ",)
    assert review(reports, ReviewRequest(2017, expected=("sở y tế", "Sở Tư pháp"))).missing == ("Sở Tư pháp",)
    assert review(reports, ReviewRequest(2017, units=("SỞ Y TẾ", "Sở Xây dựng"))).missing == ("Sở Xây dựng",)
    with pytest.raises(UsageError, match="2014"):
        review(reports, ReviewRequest(2014))


def test_bodies_of_one_name_in_two_places_are_told_apart() -> None:
    reports = [made("Thanh tra tỉnh", [(D, SHORT_OF_STAFF)], place=place) for place in ("Yên Bái", "Lào Cai")]
    told = review(reports, ReviewRequest(2017))
    assert [r.unit for r in told.reported] == ["Thanh tra tỉnh (Lào Cai)", "Thanh tra tỉnh (Yên Bái)"]


def test_documents_cited_and_warnings_and_what_the_caller_knows() -> None:
    report = made("Sở Y tế", [(A, "Đã thực hiện đầy đủ Kế hoạch số 95/KH-TTCP của cấp trên.")])
    at = report.text.index("95/KH")
    more = (*report.entities, Entity(at, at + 10, EntityType.DOCNO, "95/KH-TTCP", 1))
    findings = (Finding(at, at + 10, "impossible_date", "There is no such day."),)
    fields = {name: getattr(report, name) for name in Report.__slots__}
    back = Returning("Thiếu biên chế", ("Sở Y tế",), (2015, 2016))
    told = review(
        [Report(**{**fields, "entities": more, "findings": findings})], ReviewRequest(2017, returning=(back,))
    )
    assert [(d.docno, d.reports, d.units) for d in told.documents] == [("95/KH-TTCP", 1, ("Sở Y tế",))]
    assert told.warnings[0].source.text == "95/KH-TTCP"
    assert told.returning == (back,)


TEXT = (
    "đất rừng biên chế kinh phí phần mềm giáo viên bác sĩ công trình khiếu nại nông sản cầu đường trạm bơm hồ sơ thuốc "
    "men điện nước trường lớp chợ búa thể thao du lịch dân số môi giới tín dụng hợp tác thủy lợi chăn nuôi"
)
WORDS = TEXT.split()


def many(count: int) -> list[Report]:
    def matter(n: int, k: int) -> str:
        return " ".join(WORDS[(n * 7 + k * 11 + i * (n + k + 1)) % len(WORDS)] for i in range(8))

    return [
        made(
            f"Phòng số {n}",
            [(label, f"{word} {matter(n, k + 3 * i)}.")
             for k in range(1, 6) for i, (label, word) in enumerate(((A, "Đã làm"), (D, "Còn thiếu"), (R, "Đề nghị")))],
            docno=f"{n}/BC-P{n}",
        )
        for n in range(count)
    ]  # fmt: skip


def test_the_length_is_kept_in_items_and_in_pages() -> None:
    for items in (1, 10, 31):
        told = review(many(20), ReviewRequest(2017, items=items))
        assert abs(sum(len(list(part.items)) for part in told.parts) - items) <= 1
    sizes = [len(json.dumps(review(many(20), ReviewRequest(2017, pages=p)).to_json()["parts"])) for p in (1, 2, 4)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_the_same_reports_in_any_order_give_the_same_review() -> None:
    reports = many(12)
    assert review(reports, ReviewRequest(2017)).to_json() == review(reports[::-1], ReviewRequest(2017)).to_json()


@pytest.mark.parametrize(
    ("sentence", "headings", "field"),
    [
        ("Tỷ lệ giải quyết đơn khiếu nại, tố cáo đạt 91%.", (), "Thanh tra, khiếu nại, tố cáo"),
        ("Kinh phí hoạt động chưa đáp ứng.", (), "Tài chính, ngân sách, đầu tư"),
        (
            "Tỷ lệ hồ sơ nộp qua mạng còn thấp.",
            ("1. Cải cách thủ tục hành chính",),
            "Cải cách hành chính, chuyển đổi số",
        ),
        ("Một số việc còn chậm.", (), "Công tác chung"),
    ],
)
def test_the_field_of_a_sentence(sentence: str, headings: tuple[str, ...], field: str) -> None:
    assert field_of(sentence, headings) == field
