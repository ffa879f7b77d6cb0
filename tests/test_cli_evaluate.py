"""`baocao evaluate` as typed: tables, JSON, and the page of errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TEXTS = {
    "một": "Ngày 05/4/2018, Sở Y tế tỉnh Hà Nam đã tổ chức hội nghị.\n\nKinh phí còn thiếu nhiều, gây khó khăn.\n",
    "hai": "Ngày 12/9/2019, Phòng Nội vụ huyện Lý Nhân họp <b>thường kỳ</b>.\n",
}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "baocao.cli", "evaluate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180)


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gold")
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        day = text[5:14]
        labels = {
            "entities": [
                {"type": "DATE", "text": day, "start": 5, "norm": "2018-04-05"},
                {"type": "PERSON", "text": text[:4], "start": 0, "norm": text[:4]},
            ],
            "sentences": [{"text": text[:20], "start": 0, "label": "other"}],
        }
        (folder / f"{name}.json").write_text(json.dumps(labels), encoding="utf-8")
    return folder


def test_tables_json_and_page_say_the_same(gold: Path, tmp_path: Path) -> None:
    page = tmp_path / "errors.html"
    done = run(gold, "--json", "--html", page)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["mentions"]["DATE"]["f1"] == 1.0 and told["norm_accuracy"]["DATE"] == 0.5
    assert told["mentions"]["PERSON"]["recall"] == 0.0 and told["mentions"]["UNIT"]["precision"] == 0.0
    assert set(told["mentions"]["DATE"]["intervals"]) == {"precision", "recall", "f1"}
    assert len(told["reliability"]) == 10 and set(told["abstention"]) >= {"confidence", "left_out", "accuracy"}
    assert sum(map(sum, (row.values() for row in told["confusion"].values()))) == told["sentences"] == 2
    html = page.read_text(encoding="utf-8")
    assert html.count('<tr id="r') == len(told["misses"])
    assert "&lt;b&gt;thường kỳ" in html and "<b>" not in html
    assert str(gold.parent) not in html  # a page may be passed on

    shown = run(gold, "--misses")
    assert shown.returncode == 0 and all(miss in shown.stdout for miss in told["misses"])
    for words in ("norm right", "Confidence and truth", "Labels confused", "accuracy without the"):
        assert words in shown.stdout


def test_a_page_that_cannot_be_written_is_one_sentence(gold: Path, tmp_path: Path) -> None:
    done = run(gold, "--html", tmp_path / "none" / "x.html")
    assert done.returncode == 2 and "cannot be written" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
