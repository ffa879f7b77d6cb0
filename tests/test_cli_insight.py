"""The review and the follow-up list, with the commands that a user types."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "samples" / "reports"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "baocao.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("insight") / "archive"
    assert run("ingest", SAMPLES, "--archive", folder).returncode == 0
    return folder


@pytest.mark.parametrize("form", ["docx", "md", "json", "xlsx"])
def test_a_review_in_each_form(archive: Path, tmp_path: Path, form: str) -> None:
    done = run("review", "--year", 2017, "-o", tmp_path / f"review.{form}", "--archive", archive)
    assert done.returncode == 0 and "statements of 2017" in done.stdout, done.stderr
    written = tmp_path / f"review.{form}"
    if form in ("docx", "xlsx"):
        assert zipfile.ZipFile(written).testzip() is None
    else:
        assert "Thanh tra tỉnh" in written.read_text(encoding="utf-8")


def test_every_statement_tells_where_it_stands(archive: Path, tmp_path: Path) -> None:
    done = run("review", "--year", 2017, "-o", tmp_path / "review.json", "--archive", archive, "--json")
    told = json.loads(done.stdout)
    items = [item for part in told["parts"] for group in part["groups"] for item in group["items"]]
    assert items
    for item in items:
        for source in item["sources"]:
            report = json.loads(run("show", source["report"], "--archive", archive, "--json").stdout)
            assert report["text"][source["start"] : source["end"]] == source["text"]


def test_recommendations_are_followed_up_in_the_next_years_review(archive: Path, tmp_path: Path) -> None:
    done = run("review", "--year", 2016, "-o", tmp_path / "a.md", "--follow-up", "--archive", archive, "--json")
    assert json.loads(done.stdout)["listed"] > 0
    again = run("review", "--year", 2016, "-o", tmp_path / "a.md", "--follow-up", "--archive", archive, "--json")
    assert json.loads(again.stdout)["listed"] == 0
    first = json.loads(run("followup", "list", "--year", 2016, "--archive", archive, "--json").stdout)[0]
    assert first["state"] == "open"
    done = run("followup", "set", first["item"], "done", "--note", "Đã bố trí", "--by", "Lan", "--archive", archive)
    assert done.returncode == 0, done.stderr
    assert "done (Đã bố trí)" in run("followup", "list", "--archive", archive).stdout
    run("review", "--year", 2017, "-o", tmp_path / "b.md", "--archive", archive)
    assert "Đã bố trí" in (tmp_path / "b.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("review", "--year", "1950", "-o", "x.docx"), 2, "1950"),
        (("review", "--year", "2017", "-o", "x.pdf"), 2, ".docx"),
        (("review", "--year", "2017", "-o", "no-such-folder/x.docx"), 2, "no-such-folder"),
        (("followup", "set", "none:1", "done"), 1, "followup list"),
        (("followup", "set", "none:1", "finished"), 2, "in-hand"),
    ],
)
def test_wrong_use(archive: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = run(*arguments, "--archive", archive)
    assert done.returncode == code and words in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
