"""What a file is, by its content; the name decides only between text formats."""

import io
import zipfile

from baocao.errors import LimitError, UnknownFormatError, UnreadableError

SUFFIXES = frozenset((".txt", ".md", ".html", ".htm", ".pdf", ".docx"))
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TAKEN = "TXT, HTML, PDF and DOCX files are taken"
_MAX_MEMBERS, _MAX_UNPACKED, _MAX_RATIO = 1_000, 500 * 2**20, 100


def sniff(data: bytes, name: str) -> str:
    """Return the media type of a file's bytes.

    Raises UnknownFormatError for what no reader takes, LimitError for an archive that unpacks to too much.
    """
    head = data[:2048]
    if b"%PDF-" in head:
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(data, name)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnknownFormatError(f"{name} is an old Word or Excel file; save it as DOCX. {_TAKEN}.")
    if _is_binary(head):
        raise UnknownFormatError(f"{name} is of a kind that cannot be read. {_TAKEN}.")
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    marked = lowered.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<?xml")) or b"<html" in lowered
    if marked or name.lower().endswith((".html", ".htm")):
        return "text/html"
    return "text/plain"


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    signatures = (
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"II*\x00",
        b"MM\x00*",
        b"\x7fELF",
        b"MZ",
        b"Rar!",
        b"\x1f\x8b",
    )
    return head.startswith(signatures) or head.count(b"\x00") > len(head) // 50


def _zipped(data: bytes, name: str) -> str:
    """Look into a zip before anything unpacks it: a bomb is refused by its own table of contents."""
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise UnreadableError(f"{name} is damaged: its parts cannot be listed.") from error
    unpacked = sum(m.file_size for m in members)
    swollen = any(m.file_size > 2**20 and m.file_size > _MAX_RATIO * max(1, m.compress_size) for m in members)
    if len(members) > _MAX_MEMBERS or unpacked > _MAX_UNPACKED or swollen:
        raise LimitError(f"{name} unpacks to far more than its size, as harmful files do; it was not opened.")
    if any(m.filename == "word/document.xml" for m in members):
        return DOCX
    raise UnknownFormatError(f"{name} is an archive or office file of a kind that cannot be read. {_TAKEN}.")
