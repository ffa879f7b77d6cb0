"""The archive on real files and a real index: searching, versions, crashes, and what goes wrong."""

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from baocao.errors import (
    ArchiveBusyError,
    ArchiveError,
    IndexBrokenError,
    NewerArchiveError,
    NotFoundError,
    UsageError,
)
from baocao.index import lookup, open_archive
from baocao.index.archive import Incoming, agreement, rebuild
from baocao.index.embedded import EmbeddedEngine
from baocao.index.search import Group, SearchRequest, SearchResult, Sort
from baocao.report import Entity, EntityType, Kind, Label, Report, Sentence, Source

pytestmark = pytest.mark.usefixtures("each_record")


def make(text: str, *, issued: str = "2017-06-22", label: Label = Label.OTHER, unit: str | None = None) -> Incoming:
    """A report of one sentence a line; `unit` is marked where it stands."""
    data = text.encode()
    sentences, entities, at = [], [], 0
    for i, line in enumerate(text.split("\n")):
        sentences.append(Sentence(at, at + len(line), None, label, 0.9))
        if unit and unit in line:
            start = at + line.index(unit)
            entities.append(Entity(start, start + len(unit), EntityType.UNIT, unit, i))
        for number in ("95/KH-TTCP",):
            if number in line:
                start = at + line.index(number)
                entities.append(Entity(start, start + len(number), EntityType.DOCNO, number, i))
        at += len(line) + 1
    source = Source("a.txt", hashlib.sha256(data).hexdigest(), "text/plain", len(data))
    report = Report(
        source, text.split("\n")[0], Kind.REPORT, None, issued, None, "Sở Y tế", None, None, text, (0,),
        (), tuple(sentences), tuple(sorted(entities, key=lambda e: e.start)), (), (),
    )  # fmt: skip
    return Incoming.of(report, f"/r/{source.sha256[:8]}.txt", data)


FIRST = (
    "Báo cáo một\nCòn nhiều khó khăn vướng mắc về kinh phí.\nThực hiện Kế hoạch số 95/KH-TTCP của Thanh tra Chính phủ."
)
SECOND = "Báo cáo hai\nKho khan viết không dấu ở đây.\nCải cách TTHC đạt kết quả tại UBND huyện Hoà An."
THIRD = "Báo cáo ba\nViệc khó của khăn quàng đỏ.\nThủ tục hành chính được công khai."


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    with open_archive(folder) as opened:
        opened.add([make(FIRST, unit="Thanh tra Chính phủ"), make(SECOND, issued="2019-01-05", label=Label.DIFFICULTY)])
        opened.add([make(THIRD, issued="2018-03-01")])
    return folder


def search(folder: Path, query: str = "", **filters: object) -> SearchResult:
    return EmbeddedEngine(folder / "index").search(SearchRequest(query, **filters))  # type: ignore[arg-type]


def titles(result: SearchResult) -> list[str]:
    return [hit.title for hit in result.hits]


def test_diacritics_rank_and_do_not_exclude(archive: Path) -> None:
    assert titles(search(archive, "khó khăn"))[0] == "Báo cáo một"
    assert set(titles(search(archive, "khó khăn"))) == {"Báo cáo một", "Báo cáo hai", "Báo cáo ba"}
    assert set(titles(search(archive, "kho khan"))) == {"Báo cáo một", "Báo cáo hai", "Báo cáo ba"}
    assert titles(search(archive, "kho khan"))[-1] == "Báo cáo ba"  # the words stand apart there


def test_phrase_not_or_prefix(archive: Path) -> None:
    assert titles(search(archive, '"vướng mắc"')) == ["Báo cáo một"]
    assert set(titles(search(archive, "kho -vuong"))) == {"Báo cáo hai", "Báo cáo ba"}
    assert set(titles(search(archive, "vướng OR quàng"))) == {"Báo cáo một", "Báo cáo ba"}
    assert titles(search(archive, "quàn*")) == ["Báo cáo ba"]


@pytest.mark.parametrize("written", ["95/KH-TTCP", "95/kh-ttcp", "95-KH/TTCP", "số 95 KH TTCP"])
def test_document_numbers(archive: Path, written: str) -> None:
    result = search(archive, written)
    assert titles(result) == ["Báo cáo một"]
    (sentence,) = result.hits[0].sentences
    assert [sentence.text[a:b] for a, b in sentence.highlights] == ["95/KH-TTCP"]
    assert titles(search(archive, docnos=("95/KH-TTCP",))) == ["Báo cáo một"]


def test_abbreviations_both_ways_and_tone_places(archive: Path) -> None:
    assert set(titles(search(archive, "TTHC"))) == {"Báo cáo hai", "Báo cáo ba"}
    assert set(titles(search(archive, "thủ tục hành chính"))) == {"Báo cáo hai", "Báo cáo ba"}
    assert titles(search(archive, '"Hòa An"')) == ["Báo cáo hai"]  # written Hoà An


def test_highlights_fall_on_the_words(archive: Path) -> None:
    (hit,) = search(archive, '"khó khăn" vướng mắc').hits
    (sentence,) = hit.sentences
    assert [sentence.text[a:b] for a, b in sentence.highlights] == ["khó khăn vướng mắc"]


def test_filters_facets_sort_and_totals(archive: Path) -> None:
    assert titles(search(archive, labels=("difficulty",))) == ["Báo cáo hai"]
    assert titles(search(archive, years=(2018,))) == ["Báo cáo ba"]
    assert titles(search(archive, date_from="2018-01-01", date_to="2018-12-31")) == ["Báo cáo ba"]
    assert titles(search(archive, units=("thanh tra chinh phu",))) == ["Báo cáo một"]
    assert titles(search(archive, "báo cáo", sort=Sort.NEWEST)) == ["Báo cáo hai", "Báo cáo ba", "Báo cáo một"]
    everything = search(archive)
    assert everything.total == 3
    assert dict(everything.facets["year"]) == {"2017": 3, "2018": 3, "2019": 3}
    assert dict(everything.facets["label"]) == {"other": 6, "difficulty": 3}
    assert search(archive, by=Group.SENTENCE).total == 9


def test_the_same_bytes_twice_are_one_report(archive: Path) -> None:
    with open_archive(archive) as opened:
        assert opened.add([make(FIRST)]) == [False]
    assert lookup.counts(archive)["reports"] == 3


def test_a_changed_file_is_a_new_version_of_it(archive: Path) -> None:
    old = make(FIRST)
    new = make(FIRST + "\nBổ sung một câu mới tinh.")
    with open_archive(archive) as opened:
        opened.add([Incoming(new.report, old.path, new.original)])
    assert lookup.counts(archive)["reports"] == 3
    assert [h.report for h in search(archive, "vướng mắc").hits] == [new.report.id]
    assert lookup.report_json(archive, old.report.id)["id"] == old.report.id  # the record keeps it


def test_an_unknown_id(archive: Path) -> None:
    with pytest.raises(NotFoundError):
        lookup.report_json(archive, "ffff")


def test_a_second_writer_is_told_to_wait(archive: Path) -> None:
    with open_archive(archive), pytest.raises(ArchiveBusyError, match="wait"):
        open_archive(archive)


@pytest.mark.of_sqlite
def test_an_archive_of_a_newer_version(archive: Path) -> None:
    with sqlite3.connect(archive / "record.sqlite") as connection:
        connection.execute("UPDATE setting SET value = '99' WHERE name = 'schema'")
    connection.close()
    with pytest.raises(NewerArchiveError, match="newer"):
        open_archive(archive)


def test_a_broken_index_is_told_and_rebuilt(archive: Path) -> None:
    (archive / "index" / "meta.json").write_text("{")
    with pytest.raises(IndexBrokenError, match="index rebuild"):
        search(archive, "khó")
    assert rebuild(archive) == 3
    assert agreement(archive) == (set(), set())
    assert search(archive, "vướng mắc").total == 1


def test_an_index_left_behind_catches_up_at_the_next_open(archive: Path) -> None:
    import shutil

    shutil.rmtree(archive / "index")
    with open_archive(archive):
        pass
    assert agreement(archive) == (set(), set())


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_archive import make
from baocao.errors import ArchiveError
from baocao.index import open_archive
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    with open_archive(Path(sys.argv[1])) as a:
        for i in range(400):
            a.add([make(f"Báo cáo {{i}}\\n" + "\\n".join(f"Câu {{i}} {{k}} {{i * k}}." for k in range(60)))])
except ArchiveError as error:
    print(error)
    sys.exit(7)
"""


@pytest.mark.of_sqlite
def test_a_full_disk_is_one_sentence_and_loses_nothing(archive: Path) -> None:
    script = FULL.format(tests=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", script, str(archive)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 7, done.stderr[-800:]
    assert len(done.stdout.strip().splitlines()) == 1
    with open_archive(archive):
        pass
    assert agreement(archive) == (set(), set())
    assert search(archive, "vướng mắc").total == 1


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_archive import make
from baocao.index import archive as module
module._COMMIT_EVERY = 7
with module.open_archive(Path(sys.argv[1])) as a:
    for i in range(200):
        a.add([make(f"Báo cáo {{i}}\\nNội dung số {{i}} của kỳ này.")])
"""


def test_kills_at_any_moment_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    script = WRITER.format(tests=str(Path(__file__).parent))
    folder = tmp_path / "archive"
    command = [sys.executable, "-c", script, str(folder)]
    random.seed(42)
    killed = 0
    for _ in range(20):
        process = subprocess.Popen(command, start_new_session=True)
        time.sleep(random.uniform(0.2, 0.7))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed >= 5  # else the test says nothing
    subprocess.run(command, check=True, timeout=120)
    assert lookup.counts(folder)["reports"] == 200
    assert agreement(folder) == (set(), set())
    with sqlite3.connect(folder / "record.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    for original in (folder / "originals").glob("*/*"):
        assert hashlib.sha256(original.read_bytes()).hexdigest() == original.name
    assert search(folder, "nội dung", by=Group.SENTENCE).total == 200


def test_no_archive_here(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="baocao ingest"):
        lookup.counts(tmp_path)


def test_a_range_of_dates_takes_in_both_ends(archive: Path) -> None:
    def titles(**dates: str) -> set[str]:
        result = EmbeddedEngine(archive / "index").search(SearchRequest(limit=100, **dates))  # type: ignore[arg-type]
        return {hit.issued[:7] for hit in result.hits if hit.issued}

    every = titles()
    year = max(every)[:4]
    assert titles(date_from=year, date_to=year) == {month for month in every if month.startswith(year)} != set()
    month = max(every)
    assert titles(date_from=month, date_to=month) == {month}


@pytest.mark.parametrize("wrong", ["2017-13", "2017-02-30", "abc", "22/6/2017"])
def test_a_date_that_is_none(archive: Path, wrong: str) -> None:
    with pytest.raises(UsageError, match="is no date"):
        EmbeddedEngine(archive / "index").search(SearchRequest(date_from=wrong))
