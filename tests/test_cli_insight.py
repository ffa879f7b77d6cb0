"""The review and the follow-up list, with the commands that a user types."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from processes import run

SAMPLES = Path(__file__).parent.parent / "samples" / "reports"


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


def shown(archive: Path, *options: object) -> list[dict[str, Any]]:
    done = run("difficulties", "--archive", archive, "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_difficulties_come_back_with_every_place_where_they_stand(archive: Path) -> None:
    found = shown(archive)
    assert found
    for difficulty in found:
        assert difficulty["reports"] >= 2 and len({m["report"] for m in difficulty["mentions"]}) >= 2
        for mention in difficulty["mentions"]:
            report = json.loads(run("show", mention["report"], "--archive", archive, "--json").stdout)
            assert report["text"][mention["start"] :].startswith(mention["text"])
    assert found[0]["name"] in run("difficulties", "--archive", archive).stdout
    assert shown(archive, "--from", 1950, "--to", 1951) == []


def test_identities_and_decisions_stay_as_reports_come(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    files = sorted(SAMPLES.iterdir())
    run("ingest", *files[:6], "--archive", archive)
    before = {d["id"] for d in shown(archive, "--min-reports", 1)}
    first, second = sorted(before)[:2]
    done = run("difficulty", "rename", first, "Tên do cán bộ đặt", "--archive", archive)
    assert done.returncode == 0 and "Tên do cán bộ đặt" in done.stdout, done.stderr
    assert "shown no more" in run("difficulty", "dismiss", second, "--archive", archive).stdout
    run("ingest", *files[6:], "--archive", archive)
    after = {d["id"]: d["name"] for d in shown(archive, "--min-reports", 1)}
    assert before - {second} <= after.keys() and second not in after and after[first] == "Tên do cán bộ đặt"
    assert run("difficulty", "dismiss", "--undo", second, "--archive", archive).returncode == 0
    others = [d["id"] for d in shown(archive, "--min-reports", 1) if d["id"] not in (first, second)]
    done = run("difficulty", "merge", first, second, others[0], "--archive", archive, "--json")
    merged = json.loads(done.stdout)
    assert len(merged["mentions"]) >= 3
    assert not {second, others[0]} & {d["id"] for d in shown(archive, "--min-reports", 1)}
    place = f"{merged['mentions'][0]['report']}:{merged['mentions'][0]['start']}"
    assert run("difficulty", "split", first, place, "--archive", archive).returncode == 0
    now = next(d for d in shown(archive, "--min-reports", 1) if d["id"] == first)
    assert len(now["mentions"]) == len(merged["mentions"]) - 1


def test_a_corrected_label_changes_what_comes_back(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    run("ingest", SAMPLES, "--archive", archive)
    gone = shown(archive)[0]["mentions"][0]
    run("correct", "relabel", gone["report"], gone["start"], "other", "--archive", archive)
    held = [(m["report"], m["start"]) for d in shown(archive, "--min-reports", 1) for m in d["mentions"]]
    assert held and (gone["report"], gone["start"]) not in held


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("review", "--year", "1950", "-o", "x.docx"), 2, "1950"),
        (("review", "--year", "2017", "-o", "x.pdf"), 2, ".docx"),
        (("review", "--year", "2017", "-o", "no-such-folder/x.docx"), 2, "no-such-folder"),
        (("difficulty", "rename", "none", "x"), 2, "no difficulty none"),
        (("difficulty", "split", "none", "x"), 2, "REPORT:START"),
        (("followup", "set", "none:1", "done"), 1, "followup list"),
        (("followup", "set", "none:1", "finished"), 2, "in-hand"),
    ],
)
def test_wrong_use(archive: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = run(*arguments, "--archive", archive)
    assert done.returncode == code and words in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
