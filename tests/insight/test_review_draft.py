"""A draft of a review: decisions over it, what a new wording may say, and composing anew beneath the decisions."""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baocao.errors import NotFoundError, UsageError
from baocao.insight.review import ReviewRequest, review, write_review
from baocao.insight.review import draft as drafting
from baocao.insight.review.compose import candidates
from baocao.insight.review.draft import Draft, as_review
from baocao.insight.review.page import OWN, opening
from baocao.insight.review.reworded import UnstatedError, verify_reworded
from baocao.report import Kind, Label, Period, Report, Sentence, Source

A, D, R = Label.ACHIEVEMENT, Label.DIFFICULTY, Label.RECOMMENDATION
REQUEST = ReviewRequest(2017, items=8, issuer="Thanh tra tỉnh Lâm Hà")
CITIZENS = "Thanh tra tỉnh đã tiếp 1.934 lượt công dân đến khiếu nại, tố cáo."
HEALTH = "Công tác tiêm chủng mở rộng đạt 97,5% số trẻ trong độ tuổi."
STAFF = "Biên chế của thanh tra cấp huyện chưa đáp ứng yêu cầu nhiệm vụ."
SOFTWARE = "Phần mềm một cửa điện tử của huyện Đông Sơn hay bị lỗi kết nối."
ROOF = "Trụ sở tiếp công dân của huyện Tây Giang xuống cấp, dột khi mưa lớn."
ASK = "Đề nghị Ủy ban nhân dân tỉnh bổ sung 12 biên chế cho thanh tra huyện."


def made(issuer: str, said: Sequence[tuple[Label, str]], docno: str = "12/BC-TTr") -> Report:
    """A report of these sentences for the year 2017."""
    text, sentences = "", []
    for label, sentence in said:
        sentences.append(Sentence(len(text), len(text) + len(sentence), None, label, 0.9))
        text += sentence + "\n"
    data = f"{issuer}{docno}{text}".encode()
    return Report(
        Source(f"{issuer}.txt", sha256(data).hexdigest(), "text/plain", len(data)), f"Báo cáo {docno}", Kind.REPORT,
        docno, "2017-12-22", "Lâm Hà", issuer, Period("2017-01-01", "2017-12-31"), None, text, (0,), (),
        tuple(sentences), (), (), (),
    )  # fmt: skip


def reports() -> list[Report]:
    return [
        made("Thanh tra tỉnh", [(A, CITIZENS), (D, STAFF), (D, ROOF), (R, ASK)]),
        made("Sở Y tế", [(A, HEALTH), (D, SOFTWARE)], docno="3/BC-SYT"),
    ]


def composed(**changes: object) -> Draft:
    request = replace(REQUEST, **changes)  # type: ignore[arg-type]
    return Draft(request, review(reports(), request), 1)


def shown(draft: Draft) -> list[str]:
    return [item.text for part in as_review(draft).parts for item in part.items]


def id_of(draft: Draft, text: str) -> str:
    return next(item.id for part in draft.composed.parts for item in part.items if item.text == text)


def test_an_undecided_draft_is_the_review() -> None:
    draft = composed()
    assert as_review(draft) == draft.composed
    assert set(shown(draft)) == {CITIZENS, HEALTH, STAFF, SOFTWARE, ROOF, ASK}


def test_what_is_dropped_comes_back_where_it_was() -> None:
    draft = composed()
    dropped = drafting.drop(draft, id_of(draft, STAFF))
    assert STAFF not in shown(dropped)
    assert drafting.drop(dropped, id_of(draft, STAFF)) == dropped
    assert shown(drafting.restore(dropped, id_of(draft, STAFF))) == shown(draft)
    with pytest.raises(NotFoundError):
        drafting.drop(draft, "no-such:1")


def test_items_and_fields_change_places() -> None:
    draft = composed()
    together = draft
    for text in (STAFF, SOFTWARE, ROOF):
        together = drafting.move(together, id_of(draft, text), "Cơ sở vật chất")
    before = shown(together)[2:5]
    last = drafting.shift(together, id_of(draft, before[0]), 1)
    assert shown(last)[2:5] == [before[1], before[0], before[2]]
    assert shown(drafting.shift(last, id_of(draft, before[0]), -1)) == shown(together)
    assert drafting.shift(together, id_of(draft, before[0]), -1) == together  # at the edge it stays
    first = drafting.move(together, id_of(draft, before[2]), before=id_of(draft, before[0]))
    assert shown(first)[2:5] == [before[2], before[0], before[1]]
    with pytest.raises(UsageError):
        drafting.move(draft, id_of(draft, STAFF), before=id_of(draft, ASK))
    names = [g.field for g in as_review(draft).parts[0].groups]
    assert len(names) == 2
    turned = drafting.shift_field(draft, A, names[0], 1)
    assert [g.field for g in as_review(turned).parts[0].groups] == names[::-1]
    assert drafting.shift_field(draft, A, names[0], -1) == draft


def test_a_dropped_item_is_stepped_over() -> None:
    draft = composed()
    for text in (STAFF, SOFTWARE, ROOF):
        draft = drafting.move(draft, id_of(draft, text), "Chung")
    first, second, third = shown(draft)[2:5]
    draft = drafting.drop(draft, id_of(draft, second))
    draft = drafting.shift(draft, id_of(draft, third), -1)
    assert shown(draft)[2:4] == [third, first]


def test_a_faithful_wording_stands_with_its_sources() -> None:
    draft = composed()
    worded = drafting.edit(draft, id_of(draft, CITIZENS), "Tiếp  1.934 lượt công dân\nđến khiếu nại.")
    item = as_review(worded).parts[0].groups[0].items[0]
    assert (item.text, item.edited, item.own) == ("Tiếp 1.934 lượt công dân đến khiếu nại.", True, False)
    assert item.sources[0].text == CITIZENS
    assert item.id == id_of(draft, CITIZENS)
    assert as_review(drafting.edit(worded, item.id, CITIZENS)) == draft.composed
    with pytest.raises(UsageError):
        drafting.edit(draft, item.id, "  ")


SOURCE = (
    "Năm 2017, Thanh tra tỉnh Yên Bái đã thu hồi 5 tỷ đồng, đạt 97,5%, nhưng huyện Văn Chấn chưa hoàn thành "
    "12 kết luận ban hành ngày 22/6/2017; số vụ giảm 3 vụ."
)


@pytest.mark.parametrize(
    "text",
    [
        "Thanh tra tỉnh Yên Bái thu hồi 5 tỷ đồng.",
        "Trong năm 2017 thu hồi được 5 tỷ đồng, đạt 97,5%.",
        "Huyện Văn Chấn chưa hoàn thành 12 kết luận ngày 22/6/2017.",
        "Tại Yên Bái, số vụ giảm 3 vụ.",  # another word before a name at the beginning
        "Đạt 97,5%; Văn Chấn chưa hoàn thành 12 kết luận.",
        "Đã thu hồi 5 tỷ đồng và góp phần làm giảm 3 vụ.",
    ],
)
def test_what_the_source_says_in_other_words_is_taken(text: str) -> None:
    verify_reworded(text, [SOURCE])


@pytest.mark.parametrize(
    ("text", "unstated", "lost"),
    [
        ("Thu hồi 6 tỷ đồng.", ("6",), ()),
        ("Thu hồi 5 triệu đồng.", ("5 triệu", "triệu"), ()),  # the figure stands, but with another word
        ("Thu hồi 5 tỷ đồng, đạt 97,6%.", ("97,6%",), ()),
        ("12 kết luận ban hành ngày 23/6/2017.", ("23/6/2017",), ()),
        ("Thanh tra tỉnh Hà Giang đã thu hồi 5 tỷ đồng.", ("Hà Giang",), ()),
        ("Giang Bái thu hồi 5 tỷ đồng.", ("Giang Bái",), ()),  # a part of a name is none
        ("Huế thu hồi 5 tỷ đồng.", ("Huế",), ()),  # a place of one word, where any word has a capital
        ("Văn Chấn hoàn thành 12 kết luận.", (), ("chưa hoàn thành",)),
        ("Thanh tra tỉnh Yên Bái không thu hồi 5 tỷ đồng.", ("không",), ()),
        ("Số vụ tăng 3 vụ.", ("tăng",), ()),
        ("Số vụ là 3 vụ.", (), ("giảm 3 vụ",)),
        ("Hai huyện chưa hoàn thành 12 kết luận.", ("Hai",), ()),
    ],
)
def test_what_no_source_says_is_refused_and_named(
    text: str, unstated: tuple[str, ...], lost: tuple[str, ...]
) -> None:  # fmt: skip
    with pytest.raises(UnstatedError) as refused:
        verify_reworded(text, [SOURCE])
    assert (refused.value.unstated, refused.value.lost) == (unstated, lost)
    assert all(words in str(refused.value) for words in (*unstated, *lost))
    assert refused.value.code == "BC500"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([CITIZENS, HEALTH, STAFF, SOFTWARE, ASK, SOURCE]), st.data())
def test_any_beginning_of_a_source_is_taken_and_any_other_figure_refused(sentence: str, data: st.DataObject) -> None:
    words = sentence.split()
    verify_reworded(" ".join(words[: data.draw(st.integers(1, len(words)))]), [sentence])
    number = data.draw(st.integers(100_000, 999_999))
    at = data.draw(st.integers(0, len(words)))
    with pytest.raises(UnstatedError):
        verify_reworded(" ".join([*words[:at], str(number), *words[at:]]), [sentence])


def test_the_drafters_own_words_stand_without_a_source(tmp_path: Path) -> None:
    draft = composed()
    with pytest.raises(UnstatedError):
        drafting.edit(draft, id_of(draft, STAFF), "Biên chế thiếu 40 người.")
    draft = drafting.edit(draft, id_of(draft, STAFF), "Biên chế thiếu 40 người.", own=True)
    draft = drafting.add_own(draft, R, "Chỉ đạo", "Giao Văn phòng theo dõi, đôn đốc.")
    draft = drafting.edit(draft, id_of(draft, HEALTH), "Tiêm chủng mở rộng đạt 97,5% số trẻ.")
    told = as_review(draft)
    own = [item for part in told.parts for item in part.items if item.own]
    assert [(i.text, i.sources, i.conflicts) for i in own] == [
        ("Biên chế thiếu 40 người.", (), ()),
        ("Giao Văn phòng theo dõi, đôn đốc.", (), ()),
    ]
    assert "2 nội dung" in opening(told)
    write_review(told, tmp_path / "r.docx")
    document = docx.Document(str(tmp_path / "r.docx"))
    lines = [p.text for p in document.paragraphs]
    assert f"- Biên chế thiếu 40 người. [{OWN}]" in lines
    assert "- Tiêm chủng mở rộng đạt 97,5% số trẻ. [theo Sở Y tế, 3/BC-SYT, 22/12/2017, tr. 1]" in lines
    annex = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
    assert ["1", "Biên chế thiếu 40 người.", "Khó khăn, vướng mắc và nguyên nhân"] in annex
    write_review(told, tmp_path / "r.xlsx")
    write_review(told, tmp_path / "r.md")
    data = told.to_json()
    assert data["parts"][2]["groups"][-1]["items"][0] == {
        "text": "Giao Văn phòng theo dõi, đôn đốc.", "sources": (), "conflicts": (), "key": "own:1", "edited": False,
        "id": "own:1",
    }  # fmt: skip
    gone = drafting.drop(draft, "own:1")
    assert "Giao Văn phòng theo dõi, đôn đốc." not in shown(gone)


def test_a_sentence_that_was_not_chosen_is_added_once() -> None:
    draft = composed(items=3)
    left = [p for p in candidates(reports(), REQUEST) if p.item.text not in shown(draft)]
    assert left
    added = drafting.add(draft, left[0])
    assert left[0].item.text in shown(added)
    with pytest.raises(UsageError):
        drafting.add(added, left[0])
    held = next(p for p in candidates(reports(), REQUEST) if p.item.text in shown(draft))
    with pytest.raises(UsageError):
        drafting.add(draft, held)


def test_headings_are_the_clerks() -> None:
    draft = composed()
    name = as_review(draft).parts[0].groups[0].field
    draft = drafting.head(drafting.head(draft, A, None, "Kết quả nổi bật"), A, name, "Tiếp dân")
    told = as_review(draft)
    assert (told.parts[0].title, told.parts[0].groups[0].field) == ("Kết quả nổi bật", "Tiếp dân")
    assert as_review(drafting.head(draft, A, None, "")).parts[0].title == "Kết quả đạt được"


def test_steps_are_taken_back_one_by_one() -> None:
    first = composed()
    draft = first
    for text in (STAFF, ROOF):
        draft = drafting.kept(
            draft, drafting.drop(draft, id_of(first, text)), by="lan", at="2018-01-05", did="drop", what=text
        )
    assert [(s.by, s.what) for s in draft.steps] == [("lan", STAFF), ("lan", ROOF)]
    draft = drafting.undo(draft)
    assert ROOF in shown(draft)
    assert STAFF not in shown(draft)
    assert drafting.undo(draft) == first
    with pytest.raises(UsageError):
        drafting.undo(first)


def test_a_draft_is_read_as_it_was_written() -> None:
    first = composed()
    draft = drafting.drop(first, id_of(first, ROOF))
    draft = drafting.edit(draft, id_of(first, STAFF), "Ý riêng.", own=True)
    draft = drafting.move(draft, id_of(first, SOFTWARE), "Chuyển đổi số")
    draft = drafting.add_own(draft, R, "Chỉ đạo", "Giao Văn phòng đôn đốc.")
    draft = drafting.head(draft, D, None, "Tồn tại")
    draft = drafting.kept(first, draft, by="lan", at="2018-01-05", did="edit", what="x")
    assert Draft.from_json(json.loads(json.dumps(draft.to_json()))) == draft


def test_decisions_stay_when_it_is_composed_anew() -> None:
    first = composed()
    draft = drafting.drop(first, id_of(first, ROOF))
    draft = drafting.edit(draft, id_of(first, STAFF), "Biên chế của thanh tra cấp huyện chưa đáp ứng yêu cầu.")
    draft = drafting.add_own(draft, R, "Chỉ đạo", "Giao Văn phòng đôn đốc.")
    draft = drafting.edit(draft, id_of(first, SOFTWARE), "Phần mềm một cửa điện tử hay bị lỗi kết nối.")
    newer = "Công tác phòng, chống dịch sốt xuất huyết được triển khai ở các xã."
    later = [reports()[0], made("Sở Nội vụ", [(A, newer)], docno="7/BC-SNV")]  # that of Sở Y tế is gone
    again = drafting.anew(draft, review(later, REQUEST), 2, {r.id for r in later})
    assert again.change == 2
    assert newer in shown(again)
    assert ROOF not in shown(again)
    assert "Biên chế của thanh tra cấp huyện chưa đáp ứng yêu cầu." in shown(again)
    assert "Giao Văn phòng đôn đốc." in shown(again)
    assert "Phần mềm một cửa điện tử hay bị lỗi kết nối." not in shown(again)  # no report says so any more
    few = replace(REQUEST, items=3)
    shorter = drafting.anew(draft, review(reports(), few), 2, {r.id for r in reports()})
    assert "Phần mềm một cửa điện tử hay bị lỗi kết nối." in shown(shorter)  # worded by a clerk: it stays
