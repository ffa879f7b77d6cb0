"""A review that changes a figure, a name, a date or a negation is refused; the clean-up alone is not."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from baocao.insight.review.openings import Shown, leans, stand_alone
from baocao.insight.review.verify import UnfaithfulError, agree, verify

SOURCE = (
    "- Tuy nhiên, Thanh tra tỉnh Yên Bái chưa thu hồi 4.115 triệu đồng theo Kết luận số 12/KL-TTr ngày 22/6/2017 "
    "của Thanh tra Chính phủ, đạt 97,5%."
)


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("- Bên cạnh đó, kinh phí còn thiếu;", "Kinh phí còn thiếu."),
        ("1. Tập trung hoàn thành 12 cuộc thanh tra.", "Tập trung hoàn thành 12 cuộc thanh tra."),
        ("2.1. Ngoài ra, đã xử lý 5 vụ", "Đã xử lý 5 vụ."),
        ("Một là, đẩy mạnh\ntuyên truyền;", "Đẩy mạnh tuyên truyền."),
        ("1.5 tỷ đồng đã được thu hồi.", "1.5 tỷ đồng đã được thu hồi."),  # an amount, no list mark
        ("12 đơn vị chưa báo cáo.", "12 đơn vị chưa báo cáo."),
        ("Song cửa bị hỏng.", "Song cửa bị hỏng."),  # no comma: no connective
        ("Đồng thời gian đó chưa rõ.", "Đồng thời gian đó chưa rõ."),
        ("a) Tăng cường kiểm tra:", "Tăng cường kiểm tra."),
        ("Kết quả ra sao?", "Kết quả ra sao?"),
    ],
)
def test_only_the_lead_goes(sentence: str, shown: str) -> None:
    made = stand_alone(sentence)
    assert made.text == shown
    verify(made, [sentence], reporter=None)


def test_the_body_that_reports_takes_the_place_of_don_vi() -> None:
    sentence = "Tuy nhiên, đơn vị chưa bố trí đủ cán bộ."
    assert stand_alone(sentence, "Sở Y tế").text == "Đơn vị chưa bố trí đủ cán bộ."  # lower case: not at the beginning
    made = stand_alone("Đơn vị chưa bố trí đủ cán bộ.", "Sở Y tế")
    assert made == Shown("Sở Y tế chưa bố trí đủ cán bộ.", "", "Đơn vị", "Sở Y tế")
    verify(made, ["Đơn vị chưa bố trí đủ cán bộ."], reporter="Sở Y tế")
    with pytest.raises(UnfaithfulError):
        verify(made, ["Đơn vị chưa bố trí đủ cán bộ."], reporter="Sở Nội vụ")
    with pytest.raises(UnfaithfulError):
        verify(made, ["Đơn vị Trường Tiểu học số 2 chưa bố trí đủ cán bộ."], reporter="Sở Y tế")


@pytest.mark.parametrize("sentence", ["Đơn vị Trường A đã báo cáo.", "Đơn vị nào chậm thì nhắc.", "Các đơn vị đã họp."])
def test_a_kind_of_body_is_not_the_body_that_reports(sentence: str) -> None:
    assert stand_alone(sentence, "Sở Y tế").text == sentence


def test_what_leans_on_the_sentence_before() -> None:
    assert leans("Trong đó, có 5 vụ chuyển cơ quan điều tra.")
    assert leans("- Do đó kết quả chưa cao.")
    assert leans("Con số doanh thu này đã tăng hơn 100%.")
    assert not leans("Tuy nhiên, kết quả chưa cao.")
    assert not leans("Các sở, ngành đã tổ chức thực hiện nghiêm túc các nội dung này.")


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("4.115", "4.151"),
        ("4.115 triệu", "4.115 tỷ"),
        ("12/KL-TTr", "13/KL-TTr"),
        ("22/6/2017", "22/6/2018"),
        ("97,5%", "97,5"),
        ("97,5%", "9,75%"),
        ("chưa thu hồi", "thu hồi"),
        ("chưa", "không"),
        ("Yên Bái", "Lào Cai"),
        ("Thanh tra Chính phủ", "Thanh tra tỉnh"),
        ("thu hồi", "chi trả"),
        (" ngày 22/6/2017", ""),
    ],
)
def test_what_was_changed_is_told(was: str, now: str) -> None:
    made = stand_alone(SOURCE)
    verify(made, [SOURCE], reporter=None)
    assert was in made.text
    with pytest.raises(UnfaithfulError):
        verify(Shown(made.text.replace(was, now)), [SOURCE], reporter=None)


def test_two_names_that_changed_places_are_refused() -> None:
    said = "Sở Tài chính đề nghị Sở Nội vụ bổ sung 3 biên chế."
    with pytest.raises(UnfaithfulError, match="name"):
        verify(Shown("Sở Nội vụ đề nghị Sở Tài chính bổ sung 3 biên chế."), [said], reporter=None)


def test_each_further_source_must_agree() -> None:
    first = "Kinh phí hoạt động còn thiếu 20% so với nhu cầu."
    verify(stand_alone(first), [first, "- Ngoài ra, kinh phí hoạt động còn thiếu 20% so nhu cầu;"], reporter=None)
    for other in (
        "Kinh phí hoạt động còn thiếu 25% so với nhu cầu.",
        "Kinh phí hoạt động không thiếu 20% so với nhu cầu.",
    ):
        with pytest.raises(UnfaithfulError):
            verify(stand_alone(first), [first, other], reporter=None)
    assert not agree("Còn hai cuộc chưa xong.", "Còn ba cuộc chưa xong.")


WORDS = st.sampled_from(
    [
        "đã",
        "chưa",
        "không",
        "thu",
        "hồi",
        "kiến",
        "nghị",
        "xử",
        "lý",
        "biên",
        "chế",
        "kinh",
        "phí",
        "còn",
        "thiếu",
        "Sở",
        "Nội",
        "vụ",
        "Yên",
        "Bái",
        "Nguyễn",
        "Văn",
        "An",
        "đạt",
        "tăng",
        "giảm",
        "đơn",
        "vị",
        "công",
        "tác",
        "12",
        "4.115",
        "97,5%",
        "22/6/2017",
        "12/BC-TTr",
        "năm",
        "hai",
        "ba",
    ]
)
SENTENCES = st.tuples(
    st.sampled_from(["", "- ", "1. ", "Tuy nhiên, ", "+ Bên cạnh đó, ", "a) "]),
    st.lists(WORDS, min_size=4, max_size=25),
).map(lambda made: made[0] + "Kết quả " + " ".join(made[1]) + ".")


@given(SENTENCES)
def test_the_clean_up_is_faithful(sentence: str) -> None:
    made = stand_alone(sentence)
    verify(made, [sentence], reporter=None)
    assert made.dropped + made.text[1:] == sentence.replace("Kết", "ết", 1)


@given(SENTENCES, st.data())
def test_no_change_of_a_word_passes(sentence: str, data: st.DataObject) -> None:
    shown = stand_alone(sentence).text.split()
    at = data.draw(st.integers(0, len(shown) - 1))
    how = data.draw(st.sampled_from(["drop", "swap", "put", "double"]))
    changed = list(shown)
    if how == "drop":
        del changed[at]
    elif how == "swap":
        other = data.draw(st.integers(0, len(shown) - 1))
        changed[at], changed[other] = changed[other], changed[at]
    elif how == "put":
        changed[at] = data.draw(WORDS)
    else:
        changed.insert(at, changed[at])
    assume([w.strip(".").casefold() for w in changed] != [w.strip(".").casefold() for w in shown])
    with pytest.raises(UnfaithfulError):
        verify(Shown(" ".join(changed)), [sentence], reporter=None)


@given(SENTENCES, st.data())
def test_no_change_of_a_digit_passes(sentence: str, data: st.DataObject) -> None:
    shown = stand_alone(sentence).text
    digits = [i for i, c in enumerate(shown) if c.isdigit()]
    assume(digits)
    at = data.draw(st.sampled_from(digits))
    digit = data.draw(st.sampled_from("0123456789").filter(lambda d: d != shown[at]))
    with pytest.raises(UnfaithfulError, match="figure"):
        verify(Shown(shown[:at] + digit + shown[at + 1 :]), [sentence], reporter=None)
