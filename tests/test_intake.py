"""Taking files in under another name than the one they lie under."""

from collections import Counter
from pathlib import Path

import pytest
from processes import write_reports

from baocao.index import lookup, open_archive
from baocao.intake import Named, Outcome, take_in
from baocao.pipeline.ingest import short_name


def test_an_upload_is_kept_under_its_own_name(tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 2)
    (tmp_path / "tmp4711").write_bytes((tmp_path / "in" / "000.txt").read_bytes())
    (tmp_path / "tmp4712").write_bytes(b"\x7fELF")
    files = [
        Named(tmp_path / "tmp4711", "Trần Văn A/bao-cao.txt"),
        tmp_path / "in" / "001.txt",
        Named(tmp_path / "tmp4712", "Trần Văn A/hỏng.txt"),
    ]
    with open_archive(tmp_path / "archive") as archive:
        told = {taken.path: taken.outcome for taken in take_in(archive, files)}
        again = list(take_in(archive, files[:1]))
    assert told == {
        "Trần Văn A/bao-cao.txt": Outcome.NEW,
        str(tmp_path / "in" / "001.txt"): Outcome.NEW,
        "Trần Văn A/hỏng.txt": Outcome.REFUSED,
    }
    assert [(taken.path, taken.outcome) for taken in again] == [("Trần Văn A/bao-cao.txt", Outcome.KNOWN)]
    assert {report.source.name for report in lookup.reports(tmp_path / "archive")} == {"bao-cao.txt", "001.txt"}
    (refused,) = lookup.refusals(tmp_path / "archive")
    assert refused["path"] == "Trần Văn A/hỏng.txt"
    assert refused["message"].startswith("hỏng.txt is of a kind")
    assert "tmp47" not in refused["message"]


def test_a_file_named_twice_is_one_report(tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 1)
    mail = tmp_path / "a.eml"
    mail.write_bytes(b"From: a@example.vn\nSubject: Bao cao\n\nPhong Y te con kho khan.\n")
    files = [tmp_path / "in" / "000.txt", mail, tmp_path / "in" / "000.txt", mail]
    with open_archive(tmp_path / "archive") as archive:
        told = Counter((taken.path, taken.outcome) for taken in take_in(archive, files))
    assert told == {(str(path), outcome): 1 for path in files[:2] for outcome in (Outcome.NEW, Outcome.KNOWN)}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("2017/bao-cao.docx", "bao-cao.docx"),
        (r"C:\Báo cáo\quý 1.doc", "quý 1.doc"),
        ("..", "file"),
        ("a/", "file"),
        ("", "file"),
        ("ộ" * 100 + ".docx", "ộ" * 78 + ".docx"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short
    assert len(short.encode()) <= 255
