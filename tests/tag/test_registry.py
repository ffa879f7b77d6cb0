"""An office's own file of names: found as written, aliases under the name, longer composed names kept."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from baocao.errors import UsageError
from baocao.pipeline.tag import registry
from baocao.pipeline.tag.registry import read_registry
from baocao.pipeline.tag.units import find_units

FILE = (
    "# our units\n"
    "Ngân hàng Xanh Việt Nam\tNHX\tNH Xanh\n"
    "Tổ xung kích số hóa\tTXK\n"
    "Trung tâm Điều hành thông minh tỉnh Hà Nam\tIOC tỉnh\n"
)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = tmp_path / "units.tsv"
    file.write_text(FILE, encoding="utf-8")
    monkeypatch.setenv("BAOCAO_UNITS", str(file))
    caches = (registry.registered, registry._trie)
    for cached in caches:
        cached.cache_clear()
    yield file
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()


def found(text: str) -> list[tuple[str, str | None]]:
    return [(m.of(text), m.norm) for m in find_units(text)]


def test_names_and_aliases(office: Path) -> None:
    assert found("NHX và Tổ xung kích số hóa phối hợp với Sở Y tế; TXK báo cáo IOC tỉnh.") == [
        ("NHX", "Ngân hàng Xanh Việt Nam"),
        ("Tổ xung kích số hóa", "Tổ xung kích số hóa"),
        ("Sở Y tế", "Sở Y tế"),
        ("TXK", "Tổ xung kích số hóa"),
        ("IOC tỉnh", "Trung tâm Điều hành thông minh tỉnh Hà Nam"),
    ]


def test_case_counts_but_for_capitals(office: Path) -> None:
    assert found("tổ xung kích số hóa họp") == []
    assert found("TỔ XUNG KÍCH SỐ HÓA") == [("TỔ XUNG KÍCH SỐ HÓA", "Tổ xung kích số hóa")]


def test_a_longer_composed_name_stays(office: Path) -> None:
    assert [m for m, _ in found("Đảng bộ Ngân hàng Xanh Việt Nam tỉnh Hà Nam đã họp.")] == [
        "Đảng bộ Ngân hàng Xanh Việt Nam tỉnh Hà Nam"
    ]


def test_without_a_file_nothing_is_added() -> None:
    assert found("NHX phối hợp với TXK.") == []


def test_one_way_of_writing_stands_for_one_name(tmp_path: Path) -> None:
    file = tmp_path / "u.tsv"
    file.write_text("Sở A\tSA\nSở B\tSA\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 2: “SA” stands for “Sở A” already"):
        read_registry(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_registry(tmp_path / "none.tsv")
    (tmp_path / "bytes.tsv").write_bytes(b"S\xff\xfe")
    with pytest.raises(UsageError, match="UTF-8"):
        read_registry(tmp_path / "bytes.tsv")


def test_ingest_takes_the_file_of_the_archive(tmp_path: Path) -> None:
    archive, report = tmp_path / "a", tmp_path / "r.txt"
    archive.mkdir()
    (archive / "units.tsv").write_text(FILE, encoding="utf-8")
    report.write_text("BÁO CÁO\nCông tác năm 2023\n\nNHX đã cho 50 hộ vay vốn.\n", encoding="utf-8")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "baocao.cli", *words, "--archive", str(archive)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert run("ingest", str(report)).returncode == 0
    told = json.loads(run("search", "--unit", "Ngân hàng Xanh Việt Nam", "--json").stdout)
    assert told["total"] == 1
    (archive / "units.tsv").write_text("A\tX\nB\tX\n", encoding="utf-8")
    broken = run("ingest", str(report), "--again")
    assert broken.returncode == 2 and "stands for" in broken.stderr and "Traceback" not in broken.stderr
