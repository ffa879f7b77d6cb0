"""Files that a password locks: told without it, read with it, told apart with a wrong one."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import docx
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from baocao.errors import UnreadableError
from baocao.index import lookup, open_archive
from baocao.intake import Outcome, take_in
from baocao.pipeline.ingest import read
from baocao.pipeline.ingest.containers import unpack

SECRET = "mật-khẩu 1"
TEXT = "Tram y te da kham benh cho 120 luot nguoi."


def pdf(strength: int, owner: str | None = None) -> bytes:
    out = io.BytesIO()
    lock = StandardEncryption("" if owner else "abc123", ownerPassword=owner, strength=strength)
    canvas = Canvas(out, encrypt=lock)
    canvas.drawString(72, 720, TEXT)
    canvas.save()
    return out.getvalue()


def word() -> bytes:
    plain, out = io.BytesIO(), io.BytesIO()
    document = docx.Document()
    document.add_paragraph(TEXT)
    document.save(plain)
    OOXMLFile(plain).encrypt(SECRET, out)
    return out.getvalue()


class Cipher:
    """The old cipher of ZIP, as APPNOTE describes it; zipfile can only open it."""

    def __init__(self, password: bytes) -> None:
        self.keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self.update(byte)

    def update(self, byte: int) -> None:
        def crc(code: int, value: int) -> int:
            return zlib.crc32(bytes([code]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

        self.keys[0] = crc(byte, self.keys[0])
        self.keys[1] = ((self.keys[1] + (self.keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        self.keys[2] = crc(self.keys[1] >> 24, self.keys[2])

    def encrypt(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            mixed = (self.keys[2] | 2) & 0xFFFF
            out.append(byte ^ ((mixed * (mixed ^ 1)) >> 8 & 0xFF))
            self.update(byte)
        return bytes(out)


def zipped() -> bytes:
    data = TEXT.encode()
    locked = Cipher(SECRET.encode()).encrypt(bytes(11) + bytes([zlib.crc32(data) >> 24]) + data)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.txt", locked)
    raw = bytearray(out.getvalue())
    for signature, flags, crc, size in ((b"PK\x03\x04", 6, 14, 22), (b"PK\x01\x02", 8, 16, 24)):
        at = raw.index(signature)
        struct.pack_into("<H", raw, at + flags, struct.unpack_from("<H", raw, at + flags)[0] | 1)
        struct.pack_into("<I", raw, at + crc, zlib.crc32(data))
        struct.pack_into("<I", raw, at + size, len(data))
    return bytes(raw)


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "secret"),
    [
        ("a.pdf", pdf(40), "abc123"),
        ("b.pdf", pdf(128), "abc123"),
        ("a.docx", word(), SECRET),
    ],
)
def test_a_password_opens(tmp_path: Path, name: str, data: bytes, secret: str) -> None:
    path = put(tmp_path, name, data)
    with pytest.raises(UnreadableError, match="locked by a password; give it by --password"):
        read(path)
    with pytest.raises(UnreadableError, match="another password"):
        read(path, "sai")
    found = read(path, secret)
    assert found.text.strip() == TEXT
    assert found.source.size == len(data)  # of the file as it was handed in


def test_what_is_not_locked_is_read_with_any_password(tmp_path: Path) -> None:
    assert read(put(tmp_path, "a.txt", TEXT.encode()), "x").text == TEXT
    assert read(put(tmp_path, "a.pdf", pdf(128, owner="chủ")), "x").text.strip() == TEXT  # only printing is locked
    document = docx.Document()
    document.add_paragraph(TEXT)
    document.save(str(tmp_path / "a.docx"))
    assert read(tmp_path / "a.docx", "x").text == TEXT


@pytest.mark.parametrize(("password", "words"), [(None, "--password"), ("sai", "another password"), (SECRET, None)])
def test_a_locked_zip(tmp_path: Path, password: str | None, words: str | None) -> None:
    (tmp_path / "out").mkdir()
    (member,) = unpack(put(tmp_path, "a.zip", zipped()), folder=tmp_path / "out", password=password)
    if words:
        assert member.error is not None and words in str(member.error)
    else:
        assert member.path is not None and member.path.read_text() == TEXT


def test_locked_files_leave_quarantine_once_the_password_is_given(tmp_path: Path) -> None:
    paths = [put(tmp_path, "a.zip", zipped()), put(tmp_path, "a.docx", word())]
    with open_archive(tmp_path / "archive") as archive:
        without = {taken.outcome for taken in take_in(archive, paths)}
        assert len(lookup.refusals(tmp_path / "archive")) == 2
        given = {taken.path: taken.outcome for taken in take_in(archive, paths, password=SECRET)}
    assert without == {Outcome.REFUSED}
    assert given == {f"{paths[0]}!/a.txt": Outcome.NEW, str(paths[1]): Outcome.NEW}
    assert lookup.refusals(tmp_path / "archive") == []
