"""The commands as a user types them: output, exit codes, one sentence an error."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

SAMPLES = Path(__file__).parent.parent / "samples" / "reports"


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "baocao.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=cwd)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "archive"
    done = run("ingest", SAMPLES, "--archive", folder, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("12 new, 0 known, 0 refused")
    return folder


def answer(archive: Path, *arguments: object) -> dict[str, object]:
    done = run(*arguments, "--archive", archive, "--json")
    assert done.returncode == 0, done.stderr
    data: dict[str, object] = json.loads(done.stdout)
    return data


def test_a_second_ingest_knows_everything(archive: Path) -> None:
    assert run("ingest", SAMPLES, "--archive", archive).stdout.startswith("0 new, 12 known, 0 refused")


def test_search_finds_without_diacritics_and_marks(archive: Path) -> None:
    found = answer(archive, "search", "bien che thieu")
    assert found["total"] >= 1  # type: ignore[operator]
    assert "«" in run("search", "bien che", "--archive", archive).stdout


def test_a_search_that_finds_nothing_proposes_what_was_meant(archive: Path) -> None:
    shown = run("search", "bieen chees", "--archive", archive).stdout.splitlines()
    assert (shown[0][:8], shown[-1]) == ("0 found ", "Did you mean: biên chế")
    assert "Did you mean" not in run("search", "zqxw", "--archive", archive).stdout


def test_search_filters(archive: Path) -> None:
    found = answer(archive, "search", "--docno", "118/KH-TTr")
    assert [h["issued"] for h in found["hits"]] == ["2016-12-08"]  # type: ignore[attr-defined]
    found = answer(archive, "search", "kinh phí", "--year", "2016")
    assert {h["issued"][:4] for h in found["hits"]} == {"2016"}  # type: ignore[attr-defined]
    assert set(found["facets"]) == {"unit", "year", "label", "kind"}  # type: ignore[call-overload]


def test_show_lists_what_a_report_cites(archive: Path) -> None:
    report = answer(archive, "search", "--docno", "118/KH-TTr")["hits"][0]["report"]  # type: ignore[index]
    shown = run("show", report[:8], "--archive", archive).stdout
    assert "cites 118/KH-TTR" in shown and "Thanh tra" in shown


def test_analyze_prints_one_json_line_a_file_in_order() -> None:
    files = sorted(SAMPLES.glob("*.txt"))
    done = run("analyze", *files, "--json")
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == [f.name for f in files]


def test_exports(archive: Path, tmp_path: Path) -> None:
    for form in ("jsonl", "csv", "xlsx"):
        assert run("export", "--format", form, "-o", tmp_path / f"a.{form}", "--archive", archive).returncode == 0
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 12 and all(json.loads(line)["sentences"] for line in lines)
    rows = list(csv.reader((tmp_path / "a.csv").open(encoding="utf-8-sig", newline="")))
    assert not any(cell[:1] in ("=", "+", "-", "@") for row in rows for cell in row)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet.max_row == len(rows)
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_quarantine_takes_the_bad_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    (tmp_path / "in" / "good.txt").write_text("Sở Y tế đã tổ chức hội nghị.", encoding="utf-8")
    done = run("ingest", tmp_path / "in", "--archive", tmp_path / "a")
    assert done.returncode == 1 and "1 new, 0 known, 1 refused" in done.stdout
    listed = json.loads(run("quarantine", "--archive", tmp_path / "a", "--json").stdout)
    assert [Path(r["path"]).name for r in listed] == ["bad.pdf"] and listed[0]["message"].endswith(".")
    shutil.copy(next(SAMPLES.glob("*.pdf")), tmp_path / "in" / "bad.pdf")
    assert run("ingest", tmp_path / "in", "--archive", tmp_path / "a").returncode == 0
    assert json.loads(run("quarantine", "--archive", tmp_path / "a", "--json").stdout) == []


def test_index_status_and_rebuild(archive: Path) -> None:
    assert answer(archive, "index", "status")["agree"] is True
    assert answer(archive, "index", "rebuild") == {"reports": 12}
    assert answer(archive, "index", "status")["agree"] is True


def test_doctor_and_help() -> None:
    assert "ok      tantivy" in run("doctor").stdout
    assert "ingest" in run("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("search", "x"), 1, "baocao ingest"),  # no archive here
        (("ingest", "no-such-folder"), 2, "There is no file"),
        (("nonsense",), 2, "--help"),
        (("search", "x", "--label", "bad"), 2, "none of"),
        (("search", "x", "--sort", "bad"), 2, "none of"),
        (("export", "-o", "x"), 1, "no archive"),
        (("export", "--format", "doc", "-o", "x"), 2, "jsonl, csv or xlsx"),
        (("evaluate", "."), 2, "NAME.txt"),
    ],
)
def test_wrong_use_is_one_sentence_and_an_exit_code(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_query_that_cannot_be_read_is_one_sentence(archive: Path) -> None:
    done = run("search", "NOT x", "--archive", archive)
    assert done.returncode == 2 and "leave out" in done.stderr and "Traceback" not in done.stderr


def test_looking_up_loads_none_of_the_heavy_libraries(archive: Path) -> None:
    script = (
        "import sys; sys.argv = ['baocao', 'search', 'kinh phí', '--archive', sys.argv[1]]\n"
        "from baocao.cli import main\ntry:\n main()\nexcept SystemExit: pass\n"
        "heavy = {'spacy', 'underthesea', 'sklearn', 'pdfplumber', 'sqlalchemy', 'trafilatura', 'numpy'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(archive)], capture_output=True, text=True, timeout=60)
    assert "HEAVY []" in done.stdout, done.stdout[-300:] + done.stderr[-300:]
