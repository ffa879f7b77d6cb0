"""“Có phải bạn tìm …”: what is proposed for queries that find nothing, and what is left alone."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from baocao.index.embedded import EmbeddedEngine
from baocao.index.keys import read_keys
from baocao.index.prepare import prepare
from baocao.index.query import words_at
from baocao.index.search import SearchRequest
from baocao.index.spelling import proposal
from baocao.report import Entity, EntityType, Kind, Label, Report, Sentence, Source
from baocao.text import fold

LINES = (
    "Công tác tuyên truyền còn gặp nhiều khó khăn, vướng mắc do thiếu kinh phí.",
    "Biên chế được giao chưa đáp ứng yêu cầu nhiệm vụ.",
    "Đường giao thông nông thôn ở huyện Hoà An xuống cấp nghiêm trọng.",
    "Người dân được hướng dẫn thủ tục hành chính tại bộ phận một cửa.",
    "Giải quyết khiếu nại, tố cáo của công dân đúng thời hạn.",
    "Thực hiện Kế hoạch số 95/KH-TTCP của Thanh tra Chính phủ.",
    "Quy hoạch sử dụng đất chưa đồng bộ, khó thực hiện.",
    "Khoa học và công nghệ được ứng dụng trong sản xuất.",
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("index"), write=True)
    for number in range(1, 61):
        lines = [*LINES[number % 3 :], f"Báo cáo số {number}."]
        text, at, sentences = "\n".join(lines), 0, []
        for line in lines:
            sentences.append(Sentence(at, at + len(line), None, Label.OTHER, 0.9))
            at += len(line) + 1
        entities = [
            Entity(text.index(n), text.index(n) + len(n), EntityType.DOCNO, n, lines.index(line))
            for n in ("95/KH-TTCP",)
            for line in lines
            if n in line
        ]
        sha = hashlib.sha256(text.encode()).hexdigest()
        report = Report(
            Source("a.txt", sha, "text/plain", 0), "Báo cáo", Kind.REPORT, None, "2017-06-01", None, "Sở Y tế", None, None,
            text, (0,), (), tuple(sentences), tuple(entities), (), (),
        )  # fmt: skip
        engine.put([replace(prepare(report), number=number)])
    engine.commit()
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kho khna", "khó khăn"),  # swapped
        ("khó khăm", "khó khăn"),  # another letter
        ("thieu kinh phii", "thiếu kinh phí"),  # one more
        ("bien ce", "biên chế"),  # one less
        ("vuong mca", "vướng mắc"),
        ("kho1 kha8n", "khó khăn"),  # VNI
        ("d9u7o7ng2 giao tho6ng", "đường giao thông"),
        ("khos khawn", "khó khăn"),  # Telex
        ("nguwowif daan", "người dân"),
        ("bieen chees", "biên chế"),
        ("khieesu naij", "khiếu nại"),
        ("khokhan", "khó khăn"),  # no blank
        ("kinhphi", "kinh phí"),
        ("thutuchanhchinh", "thủ tục hành chính"),
        ("xuongcap nghiem trong", "xuống cấp nghiêm trọng"),
        ("Khó khna", "Khó khăn"),  # as it was begun
        ("KHO KHNA", "KHÓ KHĂN"),
        ('"kho khna" OR "bien ce"', '"khó khăn" OR "biên chế"'),  # what is no word stays
        ("kho khna -lu -(mua)", "khó khăn -lu -(mua)"),
        ("ke hoahc 95/kh-ttcp", "kế hoạch 95/kh-ttcp"),
        ("hoaf an", "Hòa An".lower()),
        ("mặt trận khóng", None),
    ],
)
def test_what_is_proposed(engine: EmbeddedEngine, typed: str, meant: str | None) -> None:
    told = proposal(engine, SearchRequest(typed))
    assert told == meant or (meant is not None and told is not None and fold(told) == fold(meant) == "hoa an")
    assert told is None or engine.search(SearchRequest(told)).total


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "khó khăn",
        "kho khan",
        "95/KH-TTCP",
        "123/KH-TTCP",
        "khoa*",
        "OR",
        "2031",
        "zqxw",
        "😀",
        "khó " * 20,
        "x" * 200,
    ],
)
def test_nothing_is_proposed(engine: EmbeddedEngine, typed: str) -> None:
    assert proposal(engine, SearchRequest(typed)) is None


def test_a_proposal_finds_something_under_the_filters(engine: EmbeddedEngine) -> None:
    assert proposal(engine, SearchRequest("kho khna", years=(2017,))) == "khó khăn"
    assert proposal(engine, SearchRequest("kho khna", years=(2016,))) is None


@pytest.mark.parametrize("seed", range(4))
def test_words_broken_at_random_are_set_right_or_left(engine: EmbeddedEngine, seed: int) -> None:
    """Of pairs of words with one slip most are set right, and whatever is proposed finds something."""
    rng = random.Random(seed)
    right = tried = 0
    for _ in range(60):
        words = fold(rng.choice(LINES[:5])).replace(",", "").replace(".", "").split()
        at = rng.randrange(len(words) - 1)
        pair = words[at : at + 2]
        typed = slipped(" ".join(pair), rng)
        if engine.search(SearchRequest(typed)).total:
            continue
        tried += 1
        told = proposal(engine, SearchRequest(typed))
        if told is not None:
            assert engine.search(SearchRequest(told)).total
            right += fold(told) == " ".join(pair)
    assert tried > 30
    assert right / tried > 0.8


def slipped(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) - 1)
    letter = rng.choice("abcdeghiklmnopqrstuvxy")
    return rng.choice(
        (
            text[:at] + letter + text[at:],
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


@pytest.mark.parametrize(
    ("keys", "read"),
    [
        ("khos", "khó"), ("kho1", "khó"), ("khawn", "khăn"), ("kha8n", "khăn"), ("dduwowngf", "đường"),
        ("d9u7o7ng2", "đường"), ("nguowif", "người"), ("nguwowif", "người"), ("ngu7o7i2", "người"), ("muaw", "mưa"),
        ("gif", "gì"), ("giair", "giải"), ("quyeets", "quyết"), ("quoocs", "quốc"), ("thuyr", "thủy"), ("hoaf", "hòa"),
        ("sawts", "sắt"), ("nghieeng", "nghiêng"), ("KHOS", "khó"),
        ("kinh", None), ("TTHC", None), ("2017", None), ("q1", None), ("95", None), ("khó", None), ("", None),
    ],
)  # fmt: skip
def test_keys_of_an_input_method_that_was_off(keys: str, read: str | None) -> None:
    assert read_keys(keys) == read


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("khó khăn", [["khó", "khăn"]]),
        ('khó "kinh phí" biên', [["khó"], ["kinh", "phí"], ["biên"]]),
        ("khó OR lũ", [["khó"], ["lũ"]]),
        ("khó -lũ quét", [["khó"], ["quét"]]),
        ("a -(b (c) d) e NOT f -(g) h", [["a"], ["e"], ["h"]]),
        ("(khó khăn) kin*", [["khó", "khăn"]]),
        ("số 95/KH-TTCP về đất", [["về", "đất"]]),
        ("“khó khăn”", [["khó", "khăn"]]),
        ("OR ( - *", []),
    ],
)
def test_where_the_words_of_a_query_stand(query: str, words: list[list[str]]) -> None:
    assert [[query[start:end] for start, end in run] for run in words_at(query)] == words
