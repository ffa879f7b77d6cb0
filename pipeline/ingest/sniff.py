"""What a file is, by its content; the name decides only between text formats."""

import io
import re
import zipfile
from collections.abc import Set
from pathlib import PurePath

from baocao.errors import LimitError, UnknownFormatError, UnreadableError

CONTAINERS = frozenset((".zip", ".eml", ".msg"))
SUFFIXES = CONTAINERS | {".txt", ".md", ".html", ".htm", ".mht", ".mhtml", ".pdf", ".docx", ".doc", ".rtf", ".odt"} | {
    ".jpg", ".jpeg", ".png", ".tif", ".tiff"
}  # fmt: skip
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOC, RTF, ODT = "application/msword", "application/rtf", "application/vnd.oasis.opendocument.text"
MAIL, OUTLOOK, MHTML = "message/rfc822", "application/vnd.ms-outlook", "multipart/related"
_TAKEN = (
    "TXT, HTML, MHTML, PDF, DOCX, DOC, RTF and ODT files, scans as JPG, PNG and TIFF, mails and ZIP of these are taken"
)
_PDF = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*%PDF-")
_OLE = b"\xd0\xcf\x11\xe0"
_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}
_HEADER = re.compile(rb"(?:from [^\n]*\n)?[a-z][a-z0-9-]*:[ \t\r\n]")
_OF_MAIL = re.compile(rb"^(?:from|to|date|subject|received|return-path|mime-version|message-id):", re.MULTILINE)
# GIF, programs, RAR, gzip, 7z
_SIGNATURES = (
    b"GIF8",
    b"\x7fELF",
    b"MZ\x90",
    b"Rar!",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
)
_MAX_MEMBERS, _MAX_UNPACKED, _MAX_RATIO = 1_000, 500 * 2**20, 100


def sniff(data: bytes, name: str) -> str:
    """Return the media type of a file's bytes.

    Raises UnknownFormatError for what no reader takes, LimitError for an archive that unpacks to too much.
    """
    head = data[:2048]
    suffix = PurePath(name).suffix.lower()
    if _PDF.match(head) or (suffix == ".pdf" and b"%PDF-" in head):
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(data, name)
    if head.startswith(_OLE):
        return _of_ole(data, name)
    for signature, image in _IMAGES.items():
        if head.startswith(signature):
            return image
    if _is_binary(head):
        raise UnknownFormatError(f"{name} is of a kind that cannot be read. {_TAKEN}.")
    return _text_type(head, suffix, name)


def _text_type(head: bytes, suffix: str, name: str) -> str:
    """Tell text formats apart: web pages by content under any name, since offices save them as .doc too."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if is_mail(head, name):
        return MAIL
    if _HEADER.match(start) and b"mime-version:" in start and b"multipart/" in start:
        return MHTML
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in start:
        return "text/html"
    if start.startswith(b"{\\rtf"):
        return RTF
    if start.startswith(b"<?xml") and suffix not in (".html", ".htm"):
        raise UnknownFormatError(f"{name} is of another format inside; open it and save it as DOCX. {_TAKEN}.")
    if suffix in (".pdf", ".docx", ".doc", ".rtf", ".odt", ".zip", ".msg"):
        raise UnreadableError(f"{name} is damaged: it does not begin as {suffix[1:].upper()} files do.")
    if suffix and suffix not in SUFFIXES:
        raise UnknownFormatError(f"{name} is of a kind that cannot be read. {_TAKEN}.")
    return "text/html" if suffix in (".html", ".htm") else "text/plain"


def is_mail(head: bytes, name: str) -> bool:
    """Tell by a file's first bytes and its name whether it is a mail: texts and saved pages may begin as mails do."""
    suffix = PurePath(name).suffix.lower()
    if suffix == ".msg":
        return head.startswith(_OLE)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return suffix == ".eml" and bool(_HEADER.match(start) and _OF_MAIL.search(start))


def office_type(members: Set[str]) -> str | None:
    """Return the media type of the office file of which these are the parts; None for any other zip."""
    if "word/document.xml" in members:
        return DOCX
    if {"mimetype", "content.xml", "META-INF/manifest.xml"} <= members:
        return ODT
    return "application/zip" if "[Content_Types].xml" in members else None


def _of_ole(data: bytes, name: str) -> str:
    """Tell what the old Office container holds: a mail, an old document, or a new one locked by a password."""
    if "__properties_version1.0".encode("utf-16-le") in data:
        return OUTLOOK
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise UnreadableError(f"{name} is locked by a password; give it by --password, or save it without one.")
    if "WordDocument".encode("utf-16-le") in data:
        return DOC
    raise UnknownFormatError(f"{name} is an office file of a kind that cannot be read. {_TAKEN}.")


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return head.startswith(_SIGNATURES) or head.count(b"\x00") > len(head) // 50


def _zipped(data: bytes, name: str) -> str:
    """Look into a zip before anything unpacks it: a bomb is refused by its own table of contents."""
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except Exception as error:  # a damaged table of contents breaks zipfile in many ways
        raise UnreadableError(f"{name} is damaged: its parts cannot be listed.") from error
    unpacked = sum(m.file_size for m in members)
    swollen = any(m.file_size > 2**20 and m.file_size > _MAX_RATIO * max(1, m.compress_size) for m in members)
    if len(members) > _MAX_MEMBERS or unpacked > _MAX_UNPACKED or swollen:
        raise LimitError(f"{name} unpacks to far more than its size, as harmful files do; it was not opened.")
    found = office_type({m.filename for m in members})
    if found in (DOCX, ODT):
        return str(found)
    if any(m.flag_bits & 1 for m in members):
        raise UnreadableError(f"{name} is locked by a password; give it by --password, or save it without one.")
    if found is None:
        raise UnknownFormatError(f"{name} holds other files; `baocao ingest` takes them where its name ends in .zip.")
    raise UnknownFormatError(f"{name} is an office file of a kind that cannot be read. {_TAKEN}.")
