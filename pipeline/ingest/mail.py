"""Mails: EML by the standard library, Outlook's MSG by olefile. The body is read; what is attached is told apart.

A mail's text is its subject and its body. Pictures that a mail shows in its body (a logo) are no attachments.
"""

import email.policy
import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from compressed_rtf import decompress

from baocao.errors import LimitError, UnreadableError
from baocao.pipeline.ingest.legacy import convert
from baocao.pipeline.ingest.plain import Read, decode, joined
from baocao.pipeline.ingest.rtf import read_rtf
from baocao.text import clean

_OLE = b"\xd0\xcf\x11\xe0"
_PART = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)
_MAX_PARTS = 1_000
_UNTOLD = frozenset(("us-ascii", "iso-8859-1", "windows-1252", "cp1252"))  # what mails say that know no better
_ANSWER = re.compile(r"^(?:(?:re|fw|fwd|tr|trả lời|chuyển tiếp)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail's subject, day (ISO) and body, and what is attached: the name and bytes of each."""

    subject: str
    date: str | None
    body: str
    attachments: tuple[tuple[str, bytes], ...]


def read_mail(data: bytes) -> Read:
    """Return the text of a mail, without what is attached."""
    mail = mail_of(data)
    text = joined([mail.subject, mail.body] if mail.subject not in mail.body[:500] else [mail.body])
    return Read(text, title=mail.subject or None, date=mail.date)


def mail_of(data: bytes) -> Mail:
    """Take a mail apart.

    Raises UnreadableError where it is damaged, LimitError where it has more parts than any mail that a person sent.
    """
    if len(_PART.findall(data)) > _MAX_PARTS:
        raise LimitError(f"The mail has more than {_MAX_PARTS:,} parts; save what is attached to it in a folder.")
    try:
        return _of_outlook(data) if data.startswith(_OLE) else _of_message(_parsed(data))
    except RecursionError:
        raise
    except Exception as error:  # both parsers break on damage in many ways
        raise UnreadableError("The mail is damaged and cannot be taken apart.") from error


def _parsed(data: bytes) -> Any:
    return email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf"), policy=email.policy.default)


def _of_message(message: Any) -> Mail:
    subject = _ANSWER.sub("", clean(str(message["subject"] or "")).strip())
    body = message.get_body(("plain",))
    text = clean(_text(body)).strip() if body is not None else ""
    page = message.get_body(("html",))
    raw = _bytes(page) if page is not None else b""
    if not text and page is not None:
        text = _of_page(raw, page.get_content_charset())
    return Mail(subject, _day(message["date"]), text, tuple(_attached(message, raw.decode("latin-1"))))


def _attached(message: Any, page: str) -> Iterator[tuple[str, bytes]]:
    """Yield every part that bears a name, but for pictures that the mail's page shows; attached mails as mails."""
    for part in message.iter_parts() if message.is_multipart() else ():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            yield f"{clean(str(inner['subject'] or 'thư')).strip()[:100]}.eml", inner.as_bytes()
        elif part.is_multipart():
            yield from _attached(part, page)
        elif (name := part.get_filename()) and not _is_shown(str(part["content-id"] or ""), page):
            yield clean(name), _bytes(part)


def _is_shown(content_id: str, page: str) -> bool:
    bare = content_id.strip("<> ")
    return bool(bare) and f"cid:{bare}" in page


def _bytes(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Any) -> str:
    data, charset = _bytes(part), part.get_content_charset()
    return _decoded(data, charset)


def _decoded(data: bytes, charset: str | None) -> str:
    """Decode as the mail says, unless it is UTF-8 whatever the mail says, or in an encoding of before Unicode."""
    text, unicode = decode(data)
    if not unicode and charset and charset not in _UNTOLD:
        try:
            return data.decode(charset, errors="replace")
        except LookupError:
            pass
    return convert(text, surely=not unicode)[0]


def _of_page(data: bytes, charset: str | None = None) -> str:
    from baocao.pipeline.ingest.web import whole_page

    return "\n".join(whole_page(data, charset))


def _day(header: Any) -> str | None:
    try:
        return parsedate_to_datetime(str(header)).date().isoformat() if header else None
    except ValueError:
        return None


# MSG: a folder of streams, each a property by its number and type ([MS-OXMSG]).
_UNICODE, _BYTES_8BIT, _BINARY, _STORAGE = "001F", "001E", "0102", "000D"
_SUBJECT, _BODY, _HTML, _RICH, _SENT, _ARRIVED, _CODE_PAGE = "0037", "1000", "1013", "1009", 0x0039, 0x0E06, 0x3FFD
_DATA, _LONG_NAME, _SHORT_NAME, _SHOWN_NAME, _CONTENT_ID, _HIDDEN = "3701", "3707", "3704", "3001", "3712", 0x7FFE
_TOP, _INNER, _ATTACHMENT = 32, 24, 8  # bytes before the fixed properties of each kind of folder
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def _of_outlook(data: bytes) -> Mail:
    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        return _of_folder(_Folder(ole, (), _TOP))


@dataclass(frozen=True, slots=True)
class _Folder:
    """A mail or attachment within an Outlook file."""

    ole: Any
    at: tuple[str, ...]
    skipped: int

    def stream(self, tag: str) -> bytes:
        place = [*self.at, f"__substg1.0_{tag}"]
        return bytes(self.ole.openstream(place).read()) if self.ole.exists("/".join(place)) else b""

    def text(self, number: str) -> str:
        if wide := self.stream(number + _UNICODE):
            return clean(wide.decode("utf-16-le", "replace"))
        narrow = self.stream(number + _BYTES_8BIT)
        page = self.fixed(_CODE_PAGE)
        codec = f"cp{int.from_bytes(page[:4], 'little')}" if page else None
        return clean(_decoded(narrow, codec)) if narrow else ""

    def fixed(self, number: int) -> bytes:
        """Return the eight bytes of a property of fixed size."""
        properties = self.ole.openstream([*self.at, "__properties_version1.0"]).read()[self.skipped :]
        for tag, value in struct.iter_unpack("<I4x8s", properties[: len(properties) // 16 * 16]):
            if tag >> 16 == number:
                return bytes(value)
        return b""

    def folders(self, prefix: str) -> list[tuple[str, ...]]:
        depth = len(self.at)
        within = (tuple(p) for p in self.ole.listdir() if len(p) > depth + 1)
        found = {place[: depth + 1] for place in within if place[:depth] == self.at}
        return sorted(place for place in found if place[-1].startswith(prefix))


def _of_folder(mail: _Folder) -> Mail:
    body = mail.text(_BODY).strip()
    page = mail.stream(_HTML + _BINARY) or mail.text(_HTML).encode()
    if not body and page:
        body = _of_page(page)
    if not body and (rich := mail.stream(_RICH + _BINARY)):
        body = read_rtf(decompress(rich)).text
    sent = mail.fixed(_SENT) or mail.fixed(_ARRIVED)
    date = None
    if sent:
        date = (_EPOCH + timedelta(microseconds=int.from_bytes(sent, "little") / 10)).date().isoformat()
    told = page.decode("latin-1")
    attached = tuple(a for place in mail.folders("__attach_version1.0_") for a in _of_attachment(mail.ole, place, told))
    return Mail(_ANSWER.sub("", mail.text(_SUBJECT).strip()), date, body, attached)


def _of_attachment(ole: Any, place: tuple[str, ...], page: str) -> Iterator[tuple[str, bytes]]:
    """Yield what is attached; of an attached mail its text and all that is attached to it."""
    folder = _Folder(ole, place, _ATTACHMENT)
    inner = (*place, f"__substg1.0_{_DATA}{_STORAGE}")
    if ole.exists("/".join((*inner, "__properties_version1.0"))):
        mail = _of_folder(_Folder(ole, inner, _INNER))
        yield f"{mail.subject[:100] or 'thư'}.txt", f"{mail.subject}\n{mail.body}".encode()
        yield from mail.attachments
        return
    name = folder.text(_LONG_NAME) or folder.text(_SHORT_NAME) or folder.text(_SHOWN_NAME)
    hidden = folder.text(_CONTENT_ID) and folder.fixed(_HIDDEN)[:1] == b"\x01"
    data = folder.stream(_DATA + _BINARY)
    if name and data and not hidden:
        yield name.strip("\0"), data
