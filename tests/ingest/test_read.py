"""Reading real files: what comes out, and that damaged or hostile ones end in one sentence."""

import hashlib
import io
import os
import random
import unicodedata
import zipfile
from pathlib import Path

import docx
import pytest

from baocao.errors import BaocaoError, EmptyTextError, LimitError, UnknownFormatError, UnreadableError, UsageError
from baocao.pipeline.ingest import read, walk
from baocao.text import TONES

SAMPLES = Path(__file__).parent.parent.parent / "samples" / "reports"


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_encodings_give_the_same_text(tmp_path: Path) -> None:
    text = "Sở Y tế báo cáo: khó khăn."
    forms = {
        "utf8.txt": text.encode(),
        "bom.txt": b"\xef\xbb\xbf" + text.encode(),
        "utf16.txt": text.encode("utf-16"),
        "nfd.txt": unicodedata.normalize("NFD", text).encode(),
        "crlf.txt": text.replace(" ", "\r\n").encode(),
    }
    read_texts = {name: read(put(tmp_path, name, data)).text for name, data in forms.items()}
    assert {t.replace("\n", " ") for t in read_texts.values()} == {text}


def legacy(text: str) -> bytes:
    """Write Windows-1258: letters, each followed by its tone."""
    out = b""
    for char in text:
        marks = unicodedata.normalize("NFD", char)
        tone = "".join(c for c in marks if c in TONES)
        out += unicodedata.normalize("NFC", "".join(c for c in marks if c not in TONES)).encode("cp1258") + tone.encode(
            "cp1258"
        )
    return out


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (legacy("Ủy ban: đề xuất – “sửa đường” ở Đắk Lắk"), "Ủy ban: đề xuất – “sửa đường” ở Đắk Lắk"),
        ("Kè đã xong ở Đắk Lắk, Vĩnh Ngọ".encode()[:-1], "Kè đã xong ở Đắk Lắk, Vĩnh Ng"),  # cut within a letter
        ("\ufeffKè".encode("utf-16-be"), "Kè"),
        ("Kè\u200b đã\u00a0xong\r\n\x07".encode(), "Kè đã xong\n"),
    ],
)
def test_decoding_by_evidence(tmp_path: Path, data: bytes, expected: str) -> None:
    assert read(put(tmp_path, "a.txt", data)).text.rstrip("\ufffd") == expected


def test_letters_of_unknown_fonts_are_not_passed_on(tmp_path: Path) -> None:
    old = "B\xbfo c\xbfo t\xa6nh h\xa6nh \xa1\xbe\xbf nghi\xa4p n\xa9m nay " * 20
    for data in (old.encode("latin-1"), old.encode()):
        with pytest.raises(UnreadableError):
            read(put(tmp_path, "a.txt", data))


def test_the_source_is_the_bytes(tmp_path: Path) -> None:
    data = "Kè đã xong".encode()
    source = read(put(tmp_path, "a.md", data)).source
    assert (source.name, source.size, source.media_type) == ("a.md", len(data), "text/plain")
    assert source.sha256 == hashlib.sha256(data).hexdigest()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(UnreadableError):
        read(tmp_path / "a.txt")
    with pytest.raises(UsageError):
        list(walk([tmp_path / "a.txt"]))
    assert list(walk([tmp_path])) == []


def test_a_clean_text_stays_as_it_is_so_gold_offsets_hold(tmp_path: Path) -> None:
    text = "  Dòng một\n\n\tDòng  hai  \n"
    assert read(put(tmp_path, "a.txt", text.encode())).text == text


def test_word_numbering_tables_and_changes(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Nội dung một", style="List Number")
    document.add_paragraph("Nội dung hai", style="List Number")
    table = document.add_table(rows=2, cols=2)
    for i, cell in enumerate(("Đơn vị", "Số cuộc", "Sở Y tế", "12")):
        table.cell(i // 2, i % 2).text = cell
    path = tmp_path / "a.docx"
    document.save(str(path))
    lines = read(path).text.split("\n")
    assert lines == ["1. Nội dung một", "2. Nội dung hai", "Đơn vị | Số cuộc", "Sở Y tế | 12"]


def test_a_page_loses_its_chrome_and_scripts(tmp_path: Path) -> None:
    page = (
        "<html><head><title>T</title></head><body><nav>Trang chủ</nav><script>alert('x')</script>"
        "<article><h1>Hội nghị sơ kết</h1>"
        + "<p>Trong sáu tháng đầu năm, các đơn vị đã hoàn thành nhiều nhiệm vụ quan trọng được giao.</p>" * 4
        + "</article><footer>Bản quyền</footer></body></html>"
    )
    text = read(put(tmp_path, "a.html", page.encode())).text
    assert "hoàn thành nhiều nhiệm vụ" in text
    assert not any(word in text for word in ("Trang chủ", "alert", "Bản quyền"))


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("empty.txt", b"", EmptyTextError),
        ("blank.txt", b" \n\t ", EmptyTextError),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 64, UnreadableError),
        ("old.doc", b"\xd0\xcf\x11\xe0" + b"\x00" * 64, UnknownFormatError),
        ("bad.pdf", b"%PDF-1.4\nnothing", UnreadableError),
        ("bad.docx", b"PK\x03\x04nothing", UnreadableError),
        ("header-lost.pdf", b"PDF-1.4\nnothing", UnreadableError),
        ("data.json", b'{"a": "text"}', UnknownFormatError),
        ("drawing.xml", b'<?xml version="1.0"?><svg>text</svg>', UnknownFormatError),
        ("locked.docx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), UnreadableError),
    ],
)
def test_refusals_are_sentences(tmp_path: Path, name: str, data: bytes, error: type[BaocaoError]) -> None:
    with pytest.raises(error) as caught:
        read(put(tmp_path, name, data))
    assert str(caught.value).endswith(".")


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("word/document.xml", b"0" * (30 * 2**20))
    with pytest.raises(LimitError):
        read(put(tmp_path, "bomb.docx", out.getvalue()))


@pytest.mark.parametrize(
    "sample", ["01-thanh-tra-tinh-2016.pdf", "02-thanh-tra-tinh-2017.docx", "03-khoi-thi-dua-2018.html"]
)
def test_damaged_files_end_as_text_or_in_one_sentence(tmp_path: Path, sample: str) -> None:
    whole = (SAMPLES / sample).read_bytes()
    random.seed(42)
    for i in range(12):
        data = bytearray(whole[: random.randrange(1, len(whole))] if i % 2 else whole)
        for _ in range(random.randrange(1, 40)):
            data[random.randrange(len(data))] = random.randrange(256)
        try:
            assert read(put(tmp_path, sample, bytes(data))).text
        except UnreadableError as error:
            assert str(error).endswith(".")


def test_walk(tmp_path: Path) -> None:
    for name in ("b.txt", "a.pdf", ".hidden.txt", "gold.json"):
        put(tmp_path, name, b"x")
    (tmp_path / "sub").mkdir()
    put(tmp_path / "sub", "c.html", b"x")
    (tmp_path / "loop").symlink_to(tmp_path)
    skipped: list[Path] = []
    assert [p.name for p in walk([tmp_path], skipped=skipped.append)] == ["a.pdf", "b.txt", "c.html"]
    assert [p.name for p in skipped] == ["gold.json"]
    assert list(walk([tmp_path / "gold.json"])) == [tmp_path / "gold.json"]  # named by the user: refused by name later
    (tmp_path / "sub" / "record.sqlite").touch()  # an archive of ours is no folder of reports
    assert [p.name for p in walk([tmp_path])] == ["a.pdf", "b.txt"]
    with pytest.raises(UsageError, match="no file"):
        list(walk([tmp_path / "nowhere"]))
