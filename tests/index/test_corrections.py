"""Corrections: finding their place again, the corrected view, versions, merges, crashes, and archives of version 1."""

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from baocao.errors import NotFoundError, UsageError
from baocao.index import lookup, open_archive
from baocao.index.archive import Incoming, agreement, rebuild
from baocao.index.corrections import (
    Correction,
    MergeUnits,
    add_entity,
    apply,
    fits,
    from_json,
    merge_units,
    relabel,
    remove_entity,
    retype,
    to_json,
)
from baocao.index.embedded import EmbeddedEngine
from baocao.index.prepare import unpack
from baocao.index.record import Record
from baocao.index.search import Group, SearchRequest
from baocao.report import (
    By,
    DocIssued,
    Entity,
    EntityType,
    Finding,
    Kind,
    Label,
    Members,
    PersonRole,
    Report,
    Sentence,
    Source,
)

pytestmark = pytest.mark.usefixtures("each_record")

TEXT = (
    "Báo cáo quý I của Sở KHĐT Hà Nam\n"
    "Kinh phí còn thiếu so với nhu cầu của các xã.\n"
    "Đồng chí Trần Văn An, Giám đốc Sở Y tế, chủ trì hội nghị ngày 05/4/2018.\n"
    "Thực hiện Kế hoạch số 95/KH-TTCP của Sở Y tế.\n"
    "Kiến nghị bổ sung biên chế cho Phòng Hộ tịch."
)
MARKS = (
    ("Sở KHĐT Hà Nam", EntityType.UNIT),
    ("Trần Văn An", EntityType.PERSON),
    ("Sở Y tế", EntityType.UNIT),
    ("05/4/2018", EntityType.DATE),
    ("95/KH-TTCP", EntityType.DOCNO),
)


def make(text: str, marks: Sequence[tuple[str, EntityType]] = MARKS, label: Label = Label.OTHER) -> Report:
    """A report of one sentence a line, every mention of `marks` found, as a model would make it."""
    sentences, entities, at = [], [], 0
    for i, line in enumerate(text.split("\n")):
        sentences.append(Sentence(at, at + len(line), None, label, 0.6))
        for words, type in marks:
            start = line.find(words)
            while start >= 0:
                entities.append(Entity(at + start, at + start + len(words), type, words, i))
                start = line.find(words, start + 1)
        at += len(line) + 1
    data = text.encode()
    source = Source("a.txt", hashlib.sha256(data).hexdigest(), "text/plain", len(data))
    return Report(
        source, text.split("\n")[0], Kind.REPORT, None, "2018-04-05", None, None, None, None, text, (0,),
        (), tuple(sentences), tuple(sorted(entities, key=lambda e: e.start)), (), (),
    )  # fmt: skip


REPORT = make(TEXT)


def at(words: str, text: str = TEXT) -> int:
    return text.index(words)


def mentions(report: Report) -> list[tuple[str, str]]:
    return [(e.type.value, e.of(report.text)) for e in report.entities]


def labels(report: Report) -> dict[str, str]:
    return {s.of(report.text)[:12]: s.label.value for s in report.sentences if s.by is By.PERSON}


# The pure part.


def test_a_relabelled_sentence_is_a_persons() -> None:
    seen = apply(REPORT, [relabel(REPORT, at("còn thiếu"), Label.DIFFICULTY)])
    (sentence,) = [s for s in seen.sentences if s.by is By.PERSON]
    assert (sentence.label, sentence.confidence) == (Label.DIFFICULTY, 1.0)
    assert sentence.of(TEXT).startswith("Kinh phí")
    assert REPORT.sentences[1].label is Label.OTHER  # what the model made stays


def test_mentions_added_removed_retyped() -> None:
    start = at("Phòng Hộ tịch")
    seen = apply(
        REPORT,
        [
            add_entity(REPORT, start - 1, start + 13, EntityType.UNIT),  # the blank before is left out
            remove_entity(REPORT, at("05/4/2018")),
            retype(REPORT, at("Trần Văn An"), EntityType.UNIT),
        ],
    )
    assert ("UNIT", "Phòng Hộ tịch") in mentions(seen) and ("UNIT", "Trần Văn An") in mentions(seen)
    assert "05/4/2018" not in dict(map(reversed, mentions(seen)))  # type: ignore[arg-type]
    added = next(e for e in seen.entities if e.of(TEXT) == "Phòng Hộ tịch")
    assert (added.by, added.sentence, added.norm) == (By.PERSON, 4, "Phòng Hộ tịch")
    assert [e.start for e in seen.entities] == sorted(e.start for e in seen.entities)


def test_an_added_mention_takes_the_place_of_what_it_overlaps() -> None:
    start = at("Giám đốc Sở Y tế")
    seen = apply(REPORT, [add_entity(REPORT, start, start + 16, EntityType.PERSON)])
    assert [m for m in mentions(seen) if "Sở Y tế" in m[1]] == [("PERSON", "Giám đốc Sở Y tế"), ("UNIT", "Sở Y tế")]


@pytest.mark.parametrize(
    ("type", "words", "given", "norm"),
    [
        (EntityType.DOCNO, "95/KH-TTCP", None, "95/KH-TTCP"),
        (EntityType.DOCNO, "95/KH-TTCP", "95 – kh/ttcp", "95-KH/TTCP"),  # blanks, a long dash
        (EntityType.DATE, "05/4/2018", None, None),  # what the words alone do not say stays open
        (EntityType.DATE, "05/4/2018", "2018-04", "2018-04"),
        (EntityType.PERIOD, "quý I", "2018-01-01/2018-03-31", "2018-01-01/2018-03-31"),
        (EntityType.UNIT, "Sở Y tế", "Sở Y  tế tỉnh Hà Nam", "Sở Y tế tỉnh Hà Nam"),
    ],
)
def test_norms(type: EntityType, words: str, given: str | None, norm: str | None) -> None:
    made = add_entity(REPORT, at(words), at(words) + len(words), type, given)
    assert made.norm == norm


def test_relations_and_warnings_follow_the_mentions() -> None:
    unit, person, first, day, number, second = range(6)
    whole = replace(
        REPORT,
        relations=(
            PersonRole(person, "Giám đốc", first),
            DocIssued(number, day, second, None),
            Members(None, 2, (unit, first, second)),
        ),
        findings=(
            Finding(REPORT.entities[day].start, REPORT.entities[day].end, "impossible_date", "…"),
            Finding(REPORT.entities[unit].start, REPORT.entities[second].end, "count_mismatch", "…"),
        ),
    )
    seen = apply(whole, [remove_entity(whole, at("05/4/2018")), remove_entity(whole, at("Sở Y tế"))])
    assert mentions(seen) == [m for i, m in enumerate(mentions(REPORT)) if i not in (first, day)]
    assert seen.relations == (PersonRole(1, "Giám đốc", None), DocIssued(2, None, 3, None), Members(None, 2, (0, 3)))
    assert seen.findings == ()  # the day is no mention now, and the list has its two members
    assert apply(whole, [retype(whole, at("Trần Văn An"), EntityType.UNIT)]).relations[0] == whole.relations[1]


@pytest.mark.parametrize(
    ("old", "new", "still"),
    [
        ("Báo cáo quý I", "Một dòng mới ở đầu.\nBáo cáo quý I", True),  # offsets shift
        ("Đồng chí Trần Văn An", "Ông Trần Văn An", True),  # the neighbour changes
        ("Kinh phí còn thiếu", "Kinh phí đã đủ", False),  # the sentence says something else
    ],
)
def test_a_relabelling_finds_its_sentence_again(old: str, new: str, still: bool) -> None:
    correction = relabel(REPORT, at("Kinh phí"), Label.DIFFICULTY)
    later = make(TEXT.replace(old, new))
    assert fits(later, correction) is still
    assert labels(apply(later, [correction])) == ({"Kinh phí còn": "difficulty"} if still else {})


def test_lines_broken_elsewhere_by_another_reader() -> None:
    correction = relabel(REPORT, at("Kinh phí"), Label.DIFFICULTY)
    broken = replace(
        REPORT, text=TEXT.replace("so với nhu cầu", "so với\nnhu cầu").replace("Báo cáo quý", "Báo cáo\nquý")
    )
    assert labels(apply(broken, [correction])) == {"Kinh phí còn": "difficulty"}


def test_repeated_words_are_told_apart_by_what_stands_around() -> None:
    second = TEXT.rindex("Sở Y tế")
    correction = remove_entity(REPORT, second)
    moved = make("Sở Y tế mở đầu.\n" + TEXT)
    left = [e.start for e in apply(moved, [correction]).entities if e.of(moved.text) == "Sở Y tế"]
    assert left == [0, moved.text.index("Sở Y tế, chủ trì")]
    gone = make(TEXT.replace("Thực hiện Kế hoạch số 95/KH-TTCP của Sở Y tế.", "Câu khác hẳn."))
    assert not fits(gone, correction)  # the other mention is not the one that was corrected
    assert apply(gone, [correction]) == gone


def test_cut_or_joined_sentences() -> None:
    correction = relabel(REPORT, at("Đồng chí"), Label.ACHIEVEMENT)
    cut_at = at(", chủ trì")
    third = REPORT.sentences[2]
    halves = (replace(third, end=cut_at), replace(third, start=cut_at))
    cut = replace(REPORT, sentences=(*REPORT.sentences[:2], *halves, *REPORT.sentences[3:]))
    assert [s.label for s in apply(cut, [correction]).sentences][2:4] == [Label.ACHIEVEMENT] * 2
    whole = Sentence(0, len(TEXT), None, Label.OTHER, 0.5)
    assert not fits(replace(REPORT, sentences=(whole,)), correction)  # a page is not that sentence


def test_names_of_units() -> None:
    held = [
        MergeUnits("Sở KHĐT Hà Nam", "Sở KH&ĐT Hà Nam"),
        MergeUnits("Sở KH&ĐT Hà Nam", "Sở Kế hoạch và Đầu tư Hà Nam"),
    ]
    seen = apply(replace(REPORT, issuer="SỞ KHĐT  HÀ NAM"), held)
    assert seen.issuer == "Sở Kế hoạch và Đầu tư Hà Nam"  # an alias of an alias; case and blanks do not matter
    assert (seen.entities[0].norm, seen.entities[0].by) == (seen.issuer, By.PERSON)
    assert seen.entities[2] == REPORT.entities[2]
    with pytest.raises(UsageError, match="already stands for"):
        merge_units("sở khđt hà nam", "Sở X", held)
    with pytest.raises(UsageError, match="already stands for"):
        merge_units("Sở Kế hoạch và Đầu tư Hà Nam", "Sở KHĐT Hà Nam", held)  # a circle
    with pytest.raises(UsageError, match="two different names"):
        merge_units("Thuỷ lợi", "Thủy lợi", held)


def test_every_correction_is_read_as_it_was_written() -> None:
    made: list[Correction] = [
        relabel(REPORT, 0, Label.OTHER),
        add_entity(REPORT, at("Phòng"), at("Phòng") + 13, EntityType.UNIT),
        remove_entity(REPORT, at("05/4/2018")),
        retype(REPORT, at("Trần"), EntityType.UNIT, "Trần"),
        MergeUnits("a", "b"),
    ]
    assert [from_json(to_json(c)) for c in made] == made


def test_what_cannot_be_corrected_is_told() -> None:
    for act, words in (
        (lambda: relabel(REPORT, 10_000, Label.OTHER), "No sentence stands at 10000"),
        (lambda: remove_entity(REPORT, at("Kinh phí")), "No mention stands"),
        (lambda: remove_entity(REPORT, at("Sở Y tế"), EntityType.DATE), "No DATE stands"),
        (lambda: add_entity(REPORT, 5, 5, EntityType.UNIT), "no words from 5 to 5"),
        (lambda: add_entity(REPORT, -3, 5, EntityType.UNIT), "no words"),
        (lambda: add_entity(REPORT, 0, 60, EntityType.UNIT), "more than one sentence"),
        (lambda: retype(REPORT, at("05/4"), EntityType.DATE, "5/4/2018"), "no norm of a DATE"),
        (lambda: retype(REPORT, at("05/4"), EntityType.PERIOD, "2018-01-01"), "no norm of a PERIOD"),
    ):
        with pytest.raises(UsageError, match=words):
            act()  # type: ignore[no-untyped-call]


# The archive.


def incoming(report: Report, path: str = "/r/a.docx") -> Incoming:
    return Incoming.of(report, path, report.text.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_archive(tmp_path / "archive") as opened:
        opened.add([incoming(REPORT), incoming(make("Báo cáo khác của Sở KHĐT Hà Nam."), "/r/b.docx")])
    return tmp_path / "archive"


def count(folder: Path, **filters: object) -> int:
    request = SearchRequest(by=Group.SENTENCE, **filters)  # type: ignore[arg-type]
    return EmbeddedEngine(folder / "index").search(request).total


def seen(folder: Path, id: str = REPORT.id) -> Report:
    """The report by every way of reading it; all must agree."""
    looked_up = Report.from_json(lookup.report_json(folder, id))
    record = Record(folder)
    assert [unpack(found.body) for found in record.prepared([id])] == [looked_up]
    record.close()
    assert [r for r in lookup.reports(folder) if r.id == id] in ([looked_up], [])  # an older version is not listed
    return looked_up


def test_every_reader_and_the_index_see_corrections_and_the_undoing(folder: Path) -> None:
    assert count(folder, labels=("difficulty",)) == 0
    with open_archive(folder) as opened:
        first = opened.correct(REPORT.id, relabel(REPORT, at("Kinh phí"), Label.DIFFICULTY), by="Lan")
        added = add_entity(REPORT, at("Phòng Hộ tịch"), at("Phòng Hộ tịch") + 13, EntityType.UNIT)
        second = opened.correct(REPORT.id, added)
    assert (first, second) == (1, 2)
    assert labels(seen(folder)) == {"Kinh phí còn": "difficulty"}
    assert count(folder, labels=("difficulty",)) == 1 and count(folder, units=("Phòng Hộ tịch",)) == 1
    assert rebuild(folder) == 2 and count(folder, labels=("difficulty",)) == 1
    with lookup.reading(folder) as reader:
        ((body,),) = reader.rows("SELECT body FROM report WHERE id = :id", id=REPORT.id)

    assert unpack(body) == REPORT  # stored as the model made it
    with open_archive(folder) as opened:
        assert isinstance(opened.undo(first, by="Minh"), type(relabel(REPORT, 0, Label.OTHER)))
        with pytest.raises(NotFoundError, match="number 1"):
            opened.undo(first)
    assert labels(seen(folder)) == {} and count(folder, labels=("difficulty",)) == 0
    (left,) = lookup.corrections(folder)
    assert left.number == second and left.by and left.fits
    one, _ = lookup.corrections(folder, undone=True)
    assert (one.by, one.undone_by) == ("Lan", "Minh") and one.at <= (one.undone_at or "")


def test_the_later_of_two_corrections_counts_and_its_undoing_brings_back_the_first(folder: Path) -> None:
    with open_archive(folder) as opened:
        opened.correct(REPORT.id, relabel(REPORT, at("Kinh phí"), Label.DIFFICULTY))
        later = opened.correct(REPORT.id, relabel(REPORT, at("Kinh phí"), Label.RECOMMENDATION))
        assert labels(seen(folder)) == {"Kinh phí còn": "recommendation"}
        opened.undo(later)
    assert labels(seen(folder)) == {"Kinh phí còn": "difficulty"}


def test_corrections_outlive_a_change_of_model(folder: Path) -> None:
    with open_archive(folder) as opened:
        opened.correct(REPORT.id, relabel(REPORT, at("Kinh phí"), Label.DIFFICULTY))
        opened.correct(REPORT.id, remove_entity(REPORT, at("05/4/2018")))
    other = make(TEXT, (*MARKS, ("Phòng Hộ tịch", EntityType.UNIT)), Label.ACHIEVEMENT)
    with open_archive(folder) as opened:
        assert opened.add([incoming(other)]) == [False]  # known bytes are left as they are
        assert opened.add([incoming(other)], again=True) == [True]
    report = seen(folder)
    assert labels(report) == {"Kinh phí còn": "difficulty"}
    assert [s.label for s in report.sentences].count(Label.ACHIEVEMENT) == 4  # the new model's
    assert ("UNIT", "Phòng Hộ tịch") in mentions(report) and ("DATE", "05/4/2018") not in mentions(report)
    assert count(folder, labels=("difficulty",)) == 1 and agreement(folder) == (set(), set())


def test_corrections_pass_to_a_new_version_where_the_words_still_stand(folder: Path) -> None:
    with open_archive(folder) as opened:
        opened.correct(REPORT.id, relabel(REPORT, at("Kinh phí"), Label.DIFFICULTY))
        opened.correct(REPORT.id, relabel(REPORT, at("Kiến nghị"), Label.RECOMMENDATION))
    version = make("Bản sửa ngày 06/4/2018\n" + TEXT.replace("Kiến nghị bổ sung", "Đề nghị cấp thêm"))
    with open_archive(folder) as opened:
        opened.add([incoming(version)])
    assert labels(seen(folder, version.id)) == {"Kinh phí còn": "difficulty"}
    assert count(folder, labels=("difficulty",)) == 1 and count(folder, labels=("recommendation",)) == 0
    assert [e.fits for e in lookup.corrections(folder)] == [True, False]
    assert [r.id for r in lookup.reports(folder, corrected=True)] == [version.id]
    assert len(labels(seen(folder, REPORT.id))) == 2  # the version before still has both


def test_merged_units_in_every_report_and_split_again(folder: Path) -> None:
    name = "Sở Kế hoạch và Đầu tư Hà Nam"
    with open_archive(folder) as opened:
        opened.merge("Sở KHĐT Hà Nam", name, by="Lan")
        assert count(folder, units=(name,)) == 2
        later = make("Một báo cáo đến sau, của Sở KHĐT Hà Nam.")
        opened.add([incoming(later, "/r/c.docx")])
    assert count(folder, units=(name,)) == 3 and count(folder, units=("Sở KHĐT Hà Nam",)) == 0
    assert seen(folder, later.id).entities[0].norm == name
    assert list(lookup.reports(folder, corrected=True)) == []  # nobody read these reports
    with open_archive(folder) as opened:
        with pytest.raises(UsageError, match="already stands for"):
            opened.merge("Sở KHĐT Hà Nam", "Sở khác")
        with pytest.raises(NotFoundError, match="merged"):
            opened.split(name)
        assert opened.split("sở khđt hà nam") == 1
    assert count(folder, units=(name,)) == 0 and count(folder, units=("Sở KHĐT Hà Nam",)) == 3
    with open_archive(folder) as opened:
        assert opened.merge("Sở KHĐT Hà Nam", name) == 2  # and once more


def test_a_merge_meets_names_that_a_person_gave(folder: Path) -> None:
    start = at("Phòng Hộ tịch")
    with open_archive(folder) as opened:
        opened.correct(REPORT.id, add_entity(REPORT, start, start + 13, EntityType.UNIT))
        opened.merge("Phòng Hộ tịch", "Phòng Hộ tịch, quốc tịch")
    assert count(folder, units=("Phòng Hộ tịch, quốc tịch",)) == 1


KILLED = """
import importlib.util, os, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("cases", {cases!r})
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)
from baocao.index import open_archive
from baocao.index.corrections import relabel
from baocao.index.embedded import EmbeddedEngine
from baocao.report import Label
a = open_archive(Path(sys.argv[1]))
setattr(*{broken}, lambda *_: os._exit(9))
a.correct(cases.REPORT.id, relabel(cases.REPORT, cases.at("Kinh phí"), Label.DIFFICULTY))
"""


@pytest.mark.parametrize("broken", ["(EmbeddedEngine, 'commit')", "(type(a._outbox), 'done')"])
def test_a_crash_between_record_and_index_is_repaired_at_the_next_open(folder: Path, broken: str) -> None:
    script = KILLED.format(cases=__file__, broken=broken)
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 9, done.stderr[-800:]
    assert labels(seen(folder)) == {"Kinh phí còn": "difficulty"}
    known = lookup.counts(folder)
    assert known["behind"]
    with open_archive(folder):
        pass
    assert count(folder, labels=("difficulty",)) == 1
    known = lookup.counts(folder)
    assert not known["behind"]


VERSION_1 = """
CREATE TABLE setting (name TEXT NOT NULL, value TEXT, PRIMARY KEY (name));
CREATE TABLE report (id TEXT NOT NULL, sha256 TEXT NOT NULL, path TEXT NOT NULL, title TEXT NOT NULL,
    kind TEXT NOT NULL, docno TEXT, issuer TEXT, issued TEXT, added_at TEXT NOT NULL, latest BOOLEAN NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (id), UNIQUE (sha256));
CREATE INDEX report_path ON report (path, latest);
CREATE INDEX ix_report_docno ON report (docno);
CREATE INDEX ix_report_issued ON report (issued);
CREATE TABLE change (seq INTEGER NOT NULL, report TEXT NOT NULL, PRIMARY KEY (seq),
    FOREIGN KEY(report) REFERENCES report (id));
CREATE TABLE refusal (path TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (path));
"""


def version_1(folder: Path) -> Path:
    """An archive as version 1 of the record left it: its tables, a report, a refusal, no index."""
    import json
    import zlib

    folder.mkdir()
    body = zlib.compress(json.dumps(REPORT.to_json(), ensure_ascii=False).encode())
    with sqlite3.connect(folder / "record.sqlite") as connection:
        connection.executescript(VERSION_1)
        values = (REPORT.id, REPORT.source.sha256, "/r/a.docx", REPORT.title, "report", "2018-04-05", "2018", body)
        connection.execute(
            "INSERT INTO report (id, sha256, path, title, kind, issued, added_at, latest, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)",
            values,
        )
        connection.execute("INSERT INTO change (report) VALUES (?)", (REPORT.id,))
        connection.execute("INSERT INTO refusal VALUES ('/r/bad.pdf', 'BC200', 'It cannot be read.', '2018')")
        connection.execute("INSERT INTO setting VALUES ('schema', '1')")
    connection.close()
    return folder


def tables(folder: Path) -> dict[str, object]:
    """Name → columns of every table, and the indexes with what they index."""
    with sqlite3.connect(folder / "record.sqlite") as connection:
        told: dict[str, object] = {}
        for kind, name in connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"):
            pragma = "table_info" if kind == "table" else "index_info"
            told[name] = connection.execute(f"PRAGMA {pragma}({name})").fetchall()
            told[f"{name} keys"] = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
    connection.close()
    return told


@pytest.mark.of_sqlite
def test_an_archive_of_version_1_is_whole_after_the_migration(tmp_path: Path, folder: Path) -> None:
    old = version_1(tmp_path / "old")
    assert seen_without_migration(old) == REPORT  # a reader of an archive not yet migrated
    with open_archive(old) as opened:
        assert opened.known(REPORT.source.sha256)
        opened.correct(REPORT.id, relabel(REPORT, at("Kinh phí"), Label.DIFFICULTY))
    assert labels(seen(old)) == {"Kinh phí còn": "difficulty"}
    assert [r["path"] for r in lookup.refusals(old)] == ["/r/bad.pdf"]
    assert lookup.counts(old)["reports"] == 1 and agreement(old) == (set(), set())
    assert tables(old) == tables(folder)  # as if it had been made today


def seen_without_migration(folder: Path) -> Report:
    assert lookup.corrections(folder) == []
    (report,) = lookup.reports(folder)
    assert Report.from_json(lookup.report_json(folder, report.id)) == report
    return report


@pytest.mark.of_sqlite
@pytest.mark.parametrize(
    "half",
    [
        "ALTER TABLE change ADD COLUMN indexed BOOLEAN DEFAULT 0 NOT NULL",
        "ALTER TABLE report ADD COLUMN number INTEGER",
    ],
)
def test_a_migration_that_was_killed_halfway_is_finished(tmp_path: Path, half: str) -> None:
    old = version_1(tmp_path / "old")
    with sqlite3.connect(old / "record.sqlite") as connection:
        connection.execute(half)
    connection.close()
    assert seen_without_migration(old) == REPORT
    with open_archive(old) as opened:
        opened.merge("Sở Y tế", "Sở Y tế Hà Nam")
    assert "Sở Y tế Hà Nam" in {e.norm for e in seen(old).entities}


def test_looking_up_corrections_loads_no_sql_library(folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from baocao.index import lookup\n"
        "list(lookup.reports(Path(sys.argv[1]))); lookup.corrections(Path(sys.argv[1]))\n"
        "print({'sqlalchemy', 'spacy', 'numpy', 'tantivy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr
