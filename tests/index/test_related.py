"""Related reports: what they share is rare in the archive."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from baocao.index import open_archive
from baocao.index.answering import Searcher
from baocao.index.archive import Incoming
from baocao.index.search import Hit
from baocao.report import Entity, EntityType, Kind, Label, Report, Sentence, Source

COMMON = "Công tác chỉ đạo, điều hành được thực hiện nghiêm túc."


@dataclass(frozen=True)
class Named:
    """A name and what it is."""

    type: EntityType
    name: str


UNIT = Named(EntityType.UNIT, "Trạm Thủy nông Suối Ngà")
PERSON = Named(EntityType.PERSON, "Lục Thị Mười")
DOCNO = Named(EntityType.DOCNO, "417/KH-STL")


def made(number: int, title: str, lines: Sequence[str], names: Sequence[Named] = ()) -> Report:
    lines = [*lines, *(f"Việc {number} do {n.name} nêu." for n in names), COMMON, f"Báo cáo thứ {number}."]
    text, at, sentences, entities = "\n".join(lines), 0, [], []
    for i, line in enumerate(lines):
        sentences.append(Sentence(at, at + len(line), None, Label.OTHER, 0.9))
        entities += [
            Entity(at + line.index(n.name), at + line.index(n.name) + len(n.name), n.type, n.name, i)
            for n in names
            if n.name in line
        ]
        at += len(line) + 1
    sha = hashlib.sha256(text.encode()).hexdigest()
    return Report(
        Source(f"{number}.txt", sha, "text/plain", 0), title, Kind.REPORT, f"{number}/BC-SNV", "2017-06-01", None, "Sở Nội vụ",
        None, None, text, (0,), (), tuple(sentences), tuple(entities), (), (),
    )  # fmt: skip


REPORTS = (
    made(1, "Báo cáo về thủy lợi", ["Kênh mương bị sạt lở.", "Kênh mương cần nạo vét."], [UNIT, PERSON, DOCNO]),
    made(2, "Báo cáo năm", ["Đã họp."], [UNIT]),
    made(3, "Báo cáo quý", ["Đã kiểm tra."], [PERSON, UNIT]),
    made(4, "Báo cáo tháng", ["Đã nghe."], [DOCNO]),
    made(5, "Báo cáo chuyên đề", ["Nhiều kênh mương hư hỏng."]),
    *(made(n, "Báo cáo năm", ["Đã sơ kết."]) for n in range(6, 40)),
)
IDS = [report.id for report in REPORTS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("related") / "archive"
    with open_archive(folder) as opened:
        opened.add([Incoming.of(r, f"/r/{r.source.name}", r.text.encode()) for r in REPORTS])
    return folder


def related(folder: Path, report: Report, limit: int = 5) -> list[Hit]:
    return Searcher(folder).related(report, limit)


def test_reports_that_share_what_is_rare_come_first(folder: Path) -> None:
    told = related(folder, REPORTS[0], limit=4)
    assert {hit.report for hit in told} == set(IDS[1:5])
    assert told[0].report == IDS[2]  # two names shared
    assert [hit.score for hit in told] == sorted((hit.score for hit in told), reverse=True)


@pytest.mark.parametrize(
    ("other", "shows"), [(1, "Trạm Thủy nông Suối Ngà"), (3, "417/KH-STL"), (4, "kênh mương")]
)  # fmt: skip
def test_the_sentences_show_what_is_shared(folder: Path, other: int, shows: str) -> None:
    (hit,) = (hit for hit in related(folder, REPORTS[0]) if hit.report == IDS[other])
    (first, *_) = hit.sentences
    assert shows in [first.text[a:b] for a, b in first.highlights]


def test_a_report_is_not_related_to_itself(folder: Path) -> None:
    for report in REPORTS[:5]:
        assert report.id not in [hit.report for hit in related(folder, report, limit=50)]


def test_no_more_than_wanted(folder: Path) -> None:
    assert len(related(folder, REPORTS[0], limit=1)) == 1


def test_a_report_like_no_other_has_none(folder: Path) -> None:
    alone = made(99, "Zyxwvut", ["Qwrtp zxcv.", "Qwrtp zxcv."])
    few = replace(alone, sentences=alone.sentences[:2], issuer=None)
    assert related(folder, few) == []
