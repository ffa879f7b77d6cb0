"""`baocao quarantine`: what waits there for a program is read once it is there; what is gone is told and forgotten."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont
from processes import lacking, run
from scans import FONTS


def listed(archive: Path) -> list[str]:
    return sorted(
        Path(row["path"]).name for row in json.loads(run("quarantine", "--archive", archive, "--json").stdout)
    )


def answer(*arguments: object) -> tuple[int, Any]:
    done = run(*arguments, "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A small page at 300 dpi."""
    page = Image.new("L", (1800, 500), 255)
    font = ImageFont.truetype(str(FONTS / "SourceSerifPro-Regular.ttf"), 54)
    for row, text in enumerate(("Sở Y tế báo cáo ngày 12/3/2019:", "trạm y tế xã còn thiếu bác sĩ và thuốc.")):
        ImageDraw.Draw(page).text((150, 120 + 90 * row), text, fill=0, font=font)
    folder = tmp_path / "in"
    folder.mkdir()
    page.save(folder / "trạm.png", dpi=(300, 300))
    return folder / "trạm.png"


def without_programs(folder: Path) -> dict[str, str]:
    folder.mkdir()
    return {**os.environ, "PATH": str(folder)}


def test_a_scan_waits_for_tesseract_and_is_taken_up_by_retry(tmp_path: Path, scan: Path) -> None:
    if shutil.which("tesseract") is None:
        lacking("No Tesseract here: apt-get install tesseract-ocr tesseract-ocr-vie.")
    archive, bare = tmp_path / "a", without_programs(tmp_path / "bin")
    done = run("ingest", scan.parent, "--archive", archive, env=bare)
    assert done.returncode == 1 and "1 refused" in done.stdout
    (row,) = json.loads(run("quarantine", "--archive", archive, "--json").stdout)
    assert row["code"] == "BC230" and "apt-get install tesseract-ocr tesseract-ocr-vie" in row["message"]
    assert "quarantine retry" in row["message"]
    done = run("quarantine", "retry", "--archive", archive, env=bare)  # still not there: it stays
    assert done.returncode == 1 and listed(archive) == ["trạm.png"]
    code, told = answer("quarantine", "retry", "--archive", archive)
    assert (code, told["new"], told["refused"], told["gone"]) == (0, 1, 0, [])
    assert listed(archive) == []
    (hit,) = json.loads(run("search", "thiếu bác sĩ", "--archive", archive, "--json").stdout)["hits"]
    report = json.loads(run("show", hit["report"], "--archive", archive, "--json").stdout)
    assert report["ocr"] is True and report["reading"]["confidence"][0] > 0.8
    assert (
        report["text"].replace("\n", " ") == "Sở Y tế báo cáo ngày 12/3/2019: trạm y tế xã còn thiếu bác sĩ và thuốc."
    )


def test_retry_of_some_and_of_what_is_gone_or_known_by_now(tmp_path: Path) -> None:
    folder, archive = tmp_path / "in", tmp_path / "a"
    folder.mkdir()
    for name in ("gone.pdf", "mended.txt", "bad.pdf", "same.txt"):
        (folder / name).write_bytes(b"%PDF-1.4 broken" if name.endswith("pdf") else b"")
    (folder / "good.txt").write_text("Sở Y tế đã tổ chức hội nghị.", encoding="utf-8")
    bad_name = folder / os.fsdecode(b"t\xean.txt")
    bad_name.write_bytes(b"")
    assert run("ingest", folder, "--archive", archive).returncode == 1
    assert len(listed(archive)) == 5
    (folder / "gone.pdf").unlink()
    (folder / "mended.txt").write_text("Phường đã thay mười bóng đèn.", encoding="utf-8")
    shutil.copy(folder / "good.txt", folder / "same.txt")
    bad_name.write_text("Kè đã xong.", encoding="utf-8")

    code, told = answer("quarantine", "retry", folder / "mended.txt", "--archive", archive)
    assert code == 0 and told["new"] == 1 and "mended.txt" not in listed(archive)
    code, told = answer("quarantine", "retry", "--archive", archive)
    assert code == 1
    assert (told["new"], told["known"], told["refused"]) == (1, 1, 1)
    assert [Path(p).name for p in told["gone"]] == ["gone.pdf"]
    assert listed(archive) == ["bad.pdf", "gone.pdf"]

    done = run("quarantine", "retry", folder / "good.txt", "--archive", archive)
    assert done.returncode == 1 and "is not in quarantine" in done.stderr
    code, told = answer("quarantine", "forget", folder / "gone.pdf", "--archive", archive)
    assert code == 0 and [Path(p).name for p in told["forgotten"]] == ["gone.pdf"]
    assert listed(archive) == ["bad.pdf"]
    assert run("quarantine", "forget", folder / "gone.pdf", "--archive", archive).returncode == 1
    assert (folder / "bad.pdf").exists()


def test_options_before_the_command_are_wrong_use_not_lost(tmp_path: Path) -> None:
    done = run("quarantine", "--archive", tmp_path / "a", "forget", "x")
    assert done.returncode == 2 and "behind the command" in done.stderr
