"""`baocao correct` and the export of gold as typed, on a real archive and a real index."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TEXT = (
    "Báo cáo công tác quý I năm 2018\n\n"
    "Kinh phí cho các xã còn thiếu nhiều so với nhu cầu.\n\n"
    "Ngày 05/4/2018, Sở Y tế tỉnh Hà Nam đã tổ chức hội nghị tại phòng họp lớn.\n"
)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "baocao.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180)


def answer(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "quý I.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "in" / "other.txt").write_text("Sở Y tế tỉnh Hà Nam đã báo cáo kết quả.", encoding="utf-8")
    assert run("ingest", tmp_path / "in", "--archive", tmp_path / "a").returncode == 0
    return tmp_path / "a"


def test_corrections_from_first_to_gold(archive: Path, tmp_path: Path) -> None:
    here = "--archive", archive
    id_ = answer("search", "kinh phí", *here)["hits"][0]["report"]
    text = answer("show", id_, *here)["text"]
    hall, money = text.index("phòng họp lớn"), text.index("Kinh phí")

    told = answer("correct", "relabel", id_[:8], money, "recommendation", "--by", "Lan", *here)
    assert (told["number"], told["by"], told["report"], told["fits"]) == (1, "Lan", id_, True)
    assert answer("correct", "add", id_, hall, hall + 13, "UNIT", *here)["text"] == "phòng họp lớn"
    assert answer("correct", "retype", id_, hall, "PERSON", *here)["kind"] == "retype"
    assert answer("correct", "remove", id_, text.index("05/4/2018"), "--type", "DATE", *here)["type"] == "DATE"
    shown = answer("show", id_, *here)
    assert [s["label"] for s in shown["sentences"] if s["by"] == "person"] == ["recommendation"]
    assert ("PERSON", "phòng họp lớn") in {(e["type"], e["text"]) for e in shown["entities"] if e["by"] == "person"}
    assert "DATE" not in {e["type"] for e in shown["entities"]}
    assert answer("search", "kinh phí", "--label", "recommendation", *here)["total"] == 1

    assert answer("ingest", tmp_path / "in", "--again", *here)["new"] == 2  # a change of model
    assert answer("show", id_, *here) == shown

    assert answer("correct", "undo", 3, *here)["undone_at"]
    assert [c["number"] for c in answer("correct", "list", *here)] == [1, 2, 4]
    assert len(answer("correct", "list", "--undone", *here)) == 4
    assert "relabel" in run("correct", "list", *here).stdout.splitlines()[0]

    assert answer("export", "--format", "gold", "-o", tmp_path / "gold", *here)["reports"] == 1
    (labels,) = (tmp_path / "gold").glob("*.json")
    gold, raw = json.loads(labels.read_text("utf-8")), labels.with_suffix(".txt").read_bytes().decode()
    assert raw == text and labels.name.startswith("quý I-")
    for part in (*gold["entities"], *gold["sentences"]):
        assert raw[part["start"] :].startswith(part["text"])
    assert {s["label"] for s in gold["sentences"] if s["start"] == money} == {"recommendation"}
    assert {e["type"] for e in gold["entities"] if e["start"] == hall} == {"UNIT"}
    scored = answer("evaluate", tmp_path / "gold")  # the command reads what was written
    assert scored["sentences_not_aligned"] == 0 and scored["mentions"]["DATE"]["precision"] == 0.0
    assert answer("export", "--format", "gold", "--all", "-o", tmp_path / "all", *here)["reports"] == 2


def test_merge_and_split(archive: Path) -> None:
    here = "--archive", archive
    name = "Ngành y tế tỉnh Hà Nam"
    assert answer("correct", "merge", "Sở Y tế tỉnh Hà Nam", name, *here)["kind"] == "merge"
    assert answer("search", "--unit", name, *here)["total"] == 2
    assert answer("correct", "split", "Sở Y tế tỉnh Hà Nam", *here)["undone_by"]
    assert answer("search", "--unit", name, *here)["total"] == 0
    assert answer("correct", "list", *here) == []


def test_errors_are_one_sentence_and_an_exit_code(archive: Path, tmp_path: Path) -> None:
    id_ = answer("search", "kinh phí", "--archive", archive)["hits"][0]["report"]
    for arguments, code, words in (
        (("relabel", "ffff", 0, "other"), 1, "No report"),
        (("relabel", id_, 99_999, "other"), 2, "No sentence stands at 99999"),
        (("relabel", id_, 0, "good"), 2, "none of: achievement"),
        (("add", id_, 5, 3, "UNIT"), 2, "no words"),
        (("add", id_, 0, 3, "PLACE"), 2, "none of: UNIT"),
        (("remove", id_, TEXT.index("nhu cầu")), 2, "No mention"),
        (("undo", 9), 1, "number 9"),
        (("split", "Sở X"), 1, "merged"),
        (("merge", "Sở X", "sở x"), 2, "two different names"),
    ):
        done = run("correct", *arguments, "--archive", archive)
        assert done.returncode == code and words in done.stderr, (arguments, done.stderr)
        assert len(done.stderr.strip().splitlines()) == 1 and not done.stdout
    done = run("correct", "merge", "a", "b", "--archive", tmp_path / "none")
    assert done.returncode == 1 and "no archive" in done.stderr and not (tmp_path / "none").exists()
