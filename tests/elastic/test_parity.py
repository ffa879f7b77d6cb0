"""Both engines answer alike: the same synthetic reports, and for each query the same totals, facets and first ten.

The order may differ among hits of equal score alone. Elasticsearch has one shard here: the scores of several are
compared in `test_several_shards`.
"""

import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from itertools import pairwise

import pytest

from baocao.errors import QueryError
from baocao.index.embedded import EmbeddedEngine
from baocao.index.prepare import Prepared, prepare, unpack
from baocao.index.related import related_to
from baocao.index.search import FACETS, Group, Hit, SearchEngine, SearchRequest, Sort
from baocao.index.settings import Elastic
from baocao.index.spelling import proposal
from baocao.report import Entity, EntityType, Kind, Label, Report, Section, Sentence, Source
from baocao.text import fold

REPORTS = 300
PARTS = (
    "còn nhiều khó khăn, vướng mắc", "kinh phí còn hạn hẹp", "biên chế thiếu so với yêu cầu", "cải cách TTHC đạt kết quả",
    "thủ tục hành chính được công khai", "ứng dụng CNTT trong quản lý", "công nghệ thông tin chưa đồng bộ",
    "đề nghị bố trí kinh phí", "kiến nghị sửa đổi nghị định", "giải quyết khiếu nại, tố cáo", "công tác KNTC kéo dài",
    "giải phóng mặt bằng chậm", "cơ sở vật chất xuống cấp", "đội ngũ cán bộ còn mỏng", "trình độ chuyên môn chưa cao",
    "thiệt hại do lũ quét", "dịch bệnh diễn biến phức tạp", "thu ngân sách vượt dự toán", "giảm tỷ lệ hộ nghèo",
    "xây dựng nông thôn mới", "thanh tra việc quản lý đất đai", "khăn quàng đỏ được trao tặng", "hoà giải ở cơ sở",
    "phòng, chống tham nhũng", "tiếp công dân định kỳ", "chuyển đổi số tại bộ phận một cửa", "đường giao thông hư hỏng",
    "nước sạch cho vùng cao", "học sinh bỏ học giảm", "bảo hiểm y tế toàn dân", "quy hoạch sử dụng đất", "thuỷ lợi nội đồng",
)  # fmt: skip
HEADINGS = ("I. Kết quả đạt được", "II. Khó khăn, vướng mắc", "III. Kiến nghị, đề xuất", "IV. Nhiệm vụ trọng tâm")
UNITS = tuple(f"{kind} {place}" for kind in ("Sở Y tế tỉnh", "UBND huyện", "Thanh tra tỉnh", "Sở Tư pháp tỉnh")
              for place in ("Cao Bằng", "Hòa An", "Đắk Lắk", "Hà Giang", "Bắc Kạn", "Thái Bình", "Nghệ An", "Huế"))  # fmt: skip
PERSONS = ("Nguyễn Văn An", "Trần Thị Bình", "Lê Văn Cường", "Phạm Thị Dung", "Hoàng Đức Em", "Vũ Thị Phương")
DOCNOS = ("95/KH-TTCP", "12/BC-TTr", "345/QĐ-UBND", "7/2017/NĐ-CP", "88/CV-SYT", "102/KH-UBND", "5/TB-VP")


def made(number: int, rng: random.Random) -> Report:
    """A report of up to forty sentences under headings, some of them written without diacritics."""
    issuer = rng.choice(UNITS)
    title = f"Báo cáo {rng.choice(PARTS)} năm {2010 + number % 12}"
    text, at = "", 0
    sections: list[Section] = []
    sentences: list[Sentence] = []
    entities: list[Entity] = []
    for heading in rng.sample(HEADINGS, rng.randint(1, 3)):
        sections.append(Section(start=at, end=at, heading=heading, number=None, level=1, parent=None))
        for _ in range(rng.choice((1, 2, 5, 12))):
            said = " ".join((rng.choice(PARTS).capitalize(), *rng.choices(PARTS, k=rng.choice((0, 0, 1, 2, 4)))))
            marks: list[tuple[EntityType, str]] = []
            for share, kind, names in (
                (0.3, EntityType.UNIT, UNITS),
                (0.15, EntityType.PERSON, PERSONS),
                (0.15, EntityType.DOCNO, DOCNOS),
            ):
                if rng.random() < share:
                    marks.append((kind, rng.choice(names)))
                    said += f" theo {marks[-1][1]}"
            if rng.random() < 0.15:
                said, marks = fold(said), []
            for kind, name in marks:
                start = at + said.index(name)
                entities.append(Entity(start, start + len(name), kind, name, len(sentences)))
            said += "."
            sentences.append(Sentence(at, at + len(said), len(sections) - 1, rng.choice(list(Label)), 0.9))
            text += said + "\n"
            at += len(said) + 1
        sections[-1] = replace(sections[-1], end=at)
    sha = hashlib.sha256(f"{number} {text}".encode()).hexdigest()
    issued = f"{2010 + number % 12}-{1 + number % 9:02}-{1 + number % 28:02}" if number % 10 else None
    return Report(
        Source(f"{number}.txt", sha, "text/plain", 0), title, list(Kind)[number % len(Kind)], f"{number}/BC-SYT", issued,
        None, issuer, None, None, text, (0,), tuple(sections), tuple(sentences),
        tuple(sorted(entities, key=lambda e: (e.start, e.end))), (), (),
    )  # fmt: skip


def queries() -> Iterator[SearchRequest]:
    """The queries: every part of the language, and every filter, alone and together."""
    words = [part.replace(",", "").split() for part in PARTS]
    for part in words:
        yield SearchRequest(" ".join(part[:2]))
        yield SearchRequest(fold(" ".join(part)))
        yield SearchRequest(f'"{" ".join(part[1:])}"', by=Group.SENTENCE)
    for a, b in zip(words[::2], words[1::2], strict=True):
        yield SearchRequest(f"{' '.join(a[:2])} OR {b[-1]}")
        yield SearchRequest(f"{a[0]} -{b[0]}")
        yield SearchRequest(f'"{" ".join(a[:2])}" {b[0]}')
        yield SearchRequest(f"{fold(a[-1])[:2]}*", by=Group.SENTENCE)
    for written in (
        "95/KH-TTCP",
        "95-KH/TTCP",
        "số 95 KH TTCP",
        "12/bc-ttr",
        "345/QĐ-UBND",
        "7/2017/NĐ-CP",
        "9999/KH-XX",
    ):
        yield SearchRequest(written)
        yield SearchRequest(docnos=(written,))
        yield SearchRequest("kinh phí", docnos=(written,), by=Group.SENTENCE)
    for short in (
        "TTHC",
        "CNTT",
        "KNTC",
        "UBND",
        "UBND huyện",
        "cải cách TTHC",
        '"TTHC"',
        "công nghệ thông tin",
        "khiếu nại tố cáo",
    ):
        yield SearchRequest(short)
    for whole in (
        "(khó OR lũ) kinh phí", "khó khăn (kinh OR (biên chế)) -lũ", '"khó khăn vướng mắc" OR "lũ quét" OR 95/KH-TTCP',
        "khó khó khó", "kinh* phí", "không có ở đâu cả", '"bố trí kinh phí" -"hạn hẹp"', "(-lũ) OR kinh", "báo cáo năm 2015",
        "kết quả đạt được", "và theo của", '"giải quyết khiếu nại tố cáo"', '"thu ngân sách vượt dự toán" OR quàng', "1", "a*",
    ):  # fmt: skip
        yield SearchRequest(whole)
        yield SearchRequest(whole, sort=Sort.NEWEST)
    for unit in ("Thanh tra tỉnh Đắk Lắk", "so y te tinh cao bang", "huyện Hoà An", "Bộ Không Có"):
        yield SearchRequest(units=(unit,))
        yield SearchRequest("khó khăn", units=(unit, "Sở Tư pháp tỉnh Huế"), by=Group.SENTENCE)
    for person in ("Nguyễn Văn An", "tran thi binh", "Văn"):
        yield SearchRequest(persons=(person,))
        yield SearchRequest("kinh phí OR lũ", persons=(person,))
    for label in Label:
        yield SearchRequest(labels=(label.value,))
        yield SearchRequest("khó khăn", labels=(label.value, "difficulty"))
    for kind in Kind:
        yield SearchRequest("biên chế", kinds=(kind.value,))
        yield SearchRequest(kinds=(kind.value,), by=Group.SENTENCE)
    for year in (2010, 2015, 2021, 1999):
        yield SearchRequest(years=(year,))
        yield SearchRequest("lũ quét", years=(year,), sort=Sort.NEWEST)
    for low, high in (("2012", "2014"), ("2015-03", None), (None, "2013-05-20"), ("2015-06-17", "2015-06-17")):
        yield SearchRequest(date_from=low, date_to=high)
        yield SearchRequest("thủ tục", date_from=low, date_to=high, by=Group.SENTENCE, sort=Sort.NEWEST)
    yield SearchRequest()
    yield SearchRequest(by=Group.SENTENCE)
    yield SearchRequest(sort=Sort.NEWEST)
    for facets in (FACETS, ("person",), ("docno", "year"), ()):
        for by in Group:
            yield SearchRequest(facets=facets, by=by)
            yield SearchRequest("khó khăn", facets=facets, by=by)
    yield SearchRequest("kinh phí", docnos=("95/KH-TTCP", "5/tb-vp"), facets=FACETS)
    yield SearchRequest(years=(2012, 2015), kinds=("plan", "news"), facets=FACETS)
    for issuer in (UNITS[3], "so y te tinh cao bang", "tỉnh Cao Bằng", ""):
        yield SearchRequest(issuer=issuer, facets=FACETS)
        yield SearchRequest("khó khăn", issuer=issuer, by=Group.SENTENCE)
    for after in (0, 150, REPORTS - 3, REPORTS):
        yield SearchRequest(after=after)
        yield SearchRequest("kinh phí", after=after, by=Group.SENTENCE, sort=Sort.NEWEST)
    yield SearchRequest("khó khăn", units=(UNITS[0],), labels=("difficulty",), kinds=("report",), date_from="2011")


QUERIES = list(queries())


def test_there_are_queries_enough() -> None:
    assert len(set(QUERIES)) >= 200


@pytest.fixture(scope="module")
def reports() -> list[Prepared]:
    rng = random.Random(11)
    return [replace(prepare(made(number, rng)), number=number + 1) for number in range(REPORTS)]


def filled(engine: SearchEngine, reports: list[Prepared]) -> SearchEngine:
    for at in range(0, len(reports), 50):
        engine.put(reports[at : at + 50])
        engine.commit()
    return engine


@pytest.fixture(scope="module")
def embedded(reports: list[Prepared], tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    return filled(EmbeddedEngine(tmp_path_factory.mktemp("index"), write=True), reports)


@pytest.fixture(scope="module")
def cluster(reports: list[Prepared], server: object) -> Iterator[SearchEngine]:
    from baocao.index.elastic import ElasticEngine

    engine = ElasticEngine(Elastic((server.url,), prefix="parity", replicas=0, timeout=120))  # type: ignore[attr-defined]
    engine.attach("parity")
    yield filled(engine, reports)
    engine.close()


def name(request: SearchRequest) -> str:
    told = [f"{f.name}={v}" for f in fields(SearchRequest) if (v := getattr(request, f.name)) != f.default]
    return fold(" ".join(told)) or "all"


@pytest.mark.parametrize("request_", QUERIES, ids=name)
def test_the_engines_answer_alike(embedded: SearchEngine, cluster: SearchEngine, request_: SearchRequest) -> None:
    ours = embedded.search(replace(request_, limit=3_000))  # all of them, so that those of one score are known
    theirs = cluster.search(request_)
    assert theirs.total == ours.total == len(ours.hits)
    assert theirs.facets == ours.facets
    assert len(theirs.hits) == min(10, ours.total)
    shown = {(h.report, h.sentences[0].start): len(h.sentences) for h in embedded.search(request_).hits}
    for mine, other in zip(ours.hits, theirs.hits, strict=False):
        assert other.score == pytest.approx(mine.score, rel=1e-4, abs=1e-4)
        same = next(h for h in ours.hits if h.report == other.report and same_sentence(h, other, request_.by))
        assert same.score == pytest.approx(mine.score, rel=1e-4, abs=1e-4)
        assert (other.title, other.issued, other.issuer) == (same.title, same.issued, same.issuer)
        assert len(other.sentences) == len(same.sentences)
        assert len(other.sentences) == shown.get((other.report, other.sentences[0].start), len(other.sentences))
        told = {s.start: s for h in ours.hits if h.report == other.report for s in h.sentences}
        assert all(s == told[s.start] for s in other.sentences if s.start in told)


@pytest.mark.parametrize("request_", QUERIES[::9], ids=name)
def test_every_hit_alike(embedded: SearchEngine, cluster: SearchEngine, request_: SearchRequest) -> None:
    """All sentences, in the order of their scores; of those of one score in any order."""
    ours, theirs = list(embedded.every(request_)), list(cluster.every(request_))
    assert len(ours) == embedded.search(replace(request_, by=Group.SENTENCE)).total
    assert [h.score for h in theirs] == pytest.approx([h.score for h in ours], rel=1e-4, abs=1e-4)
    mine, others = ({(h.report, h.sentences[0].start): h for h in hits} for hits in (ours, theirs))
    assert mine.keys() == others.keys()
    assert all((others[key].title, others[key].sentences) == (h.title, h.sentences) for key, h in mine.items())


def test_they_store_alike(embedded: SearchEngine, cluster: SearchEngine, reports: list[Prepared]) -> None:
    shown = ("report", "start", "text", "label", "title", "issuer", "date")
    wanted = {r.id: [{f: d[f] for f in shown} for d in r.documents] for r in reports if r.documents}
    for engine in (embedded, cluster):
        told = list(engine.stored())
        assert len(told) == len(wanted)
        assert dict(told) == wanted


def test_they_count_words_alike(embedded: SearchEngine, cluster: SearchEngine) -> None:
    words = [word for part in PARTS for word in fold(part).replace(",", "").split()]
    tokens = [*words, *(f"{a}_{b}" for a, b in pairwise(words)), "zzzz", "#95khttcp", *(f"x{n}" for n in range(3_000))]
    told = embedded.frequencies(tokens)
    assert cluster.frequencies(tokens) == told
    assert told["kho"] > 10 and told["#95khttcp"] > 10 and "zzzz" not in told
    assert cluster.frequencies([]) == embedded.frequencies([]) == {}


@pytest.mark.parametrize(
    "typed", ["kho khna", "khos khawn", "kinhphi", "bien ce", "thu5 tu5c ha2nh chinh", "zzzz", "lũ"]
)
def test_they_propose_alike(embedded: SearchEngine, cluster: SearchEngine, typed: str) -> None:
    told = proposal(embedded, SearchRequest(typed))
    assert proposal(cluster, SearchRequest(typed)) == told
    assert (told is None) == (typed in ("zzzz", "lũ"))


def test_many_threads_ask_the_cluster_at_once(embedded: SearchEngine, cluster: SearchEngine) -> None:
    requests = QUERIES[:: len(QUERIES) // 24]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(cluster.search, requests * 4))
    assert [r.total for r in told] == [embedded.search(request).total for request in requests] * 4


def test_they_relate_alike(embedded: SearchEngine, cluster: SearchEngine, reports: list[Prepared]) -> None:
    """All that is related, for of reports whose best sentences weigh the same either may be among the first."""
    for prepared in reports[:3]:
        report = unpack(prepared.body)
        ours, theirs = ({h.report: h.score for h in related_to(e, report, REPORTS)} for e in (embedded, cluster))
        assert ours.keys() == theirs.keys() and len(ours) > 50
        same = [theirs[other] == pytest.approx(score) for other, score in ours.items()]
        assert sum(same) > 0.95 * len(same)  # which five sentences of a report are looked at may differ too


ODD = ("(", ")", "-", '"', "OR", "AND", "NOT", "*", "a*", "#", "|", "_", "~", "[a]", "\\", "/", ".*", "İ", "ß", "😀", "1",
       '"khó khăn"', '"thu ngân sách vượt"', "95/KH-TTCP", "số 95 KH TTCP", "TTHC", "CNTT", "năm")  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_queries_made_at_random(embedded: SearchEngine, cluster: SearchEngine, seed: int) -> None:
    rng = random.Random(seed)
    pieces = [*ODD, *(word for part in PARTS for word in part.replace(",", "").split())]
    for _ in range(40):
        words = [rng.choice(pieces) + rng.choice(("", "", "", "*")) for _ in range(rng.choice((1, 2, 3, 5, 9)))]
        request = SearchRequest(" ".join(words), by=rng.choice(list(Group)), sort=rng.choice(list(Sort)))
        try:
            embedded.search(request)
        except QueryError:
            with pytest.raises(QueryError):
                cluster.search(request)
        else:
            test_the_engines_answer_alike(embedded, cluster, request)


def same_sentence(mine: Hit, other: Hit, by: Group) -> bool:
    return by is Group.REPORT or mine.sentences[0].start == other.sentences[0].start
