"""Plain text: UTF-8, UTF-16 by its mark, or an encoding of before Unicode where the bytes or words are of one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from baocao.errors import UnreadableError
from baocao.pipeline.ingest.codes import western
from baocao.pipeline.ingest.legacy import convert
from baocao.report import Reading
from baocao.text import LOWER, UPPER, clean, fold


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader makes of a file's bytes: a `RawDocument` but for where it came from."""

    text: str
    pages_at: tuple[int, ...] = (0,)
    title: str | None = None
    date: str | None = None
    reading: Reading = field(default_factory=Reading)


_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_UNKNOWN = "The text is in no encoding that is known; save it as UTF-8."
_FOREIGN = re.compile(rf"[^\x00-\x7f{UPPER}{LOWER}\u2010-\u2026₫€°²³·«»]")
_INSIDE = re.compile(r"(?<=[^\W\d_])[¡-±µ-¸¼-¿×](?=[^\W\d_])")
_HEAD_OR_FOOT = re.compile(r"cong hoa xa hoi chu nghia|doc lap\s*[-–]\s*tu do|dang cong san viet nam|^\s*noi nhan\s*:")


def read_plain(data: bytes) -> Read:
    """Return the text as it stands (clean UTF-8 stays character by character what it was).

    Raises UnreadableError where the bytes are text in no encoding that is known.
    """
    raw, unicode = decode(data)
    text, encoding = convert(raw, surely=not unicode)
    text = clean(text)
    if not unicode and encoding is None:
        encoding = "Windows-1252"
        letters = sum(char > "\x7f" for char in text)
        if "\x00" in raw or len(_FOREIGN.findall(text)) * 10 > letters:
            raise UnreadableError(_UNKNOWN)
    return Read(text, reading=Reading(encoding))


def decode(data: bytes) -> tuple[str, bool]:
    """Return the text of bytes, and whether they are Unicode: by a byte order mark, or UTF-8 (a few letters broken).

    Bytes that are none are read as Windows-1252, as `legacy` wants them; lines in UTF-8 among them are read as such.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, errors="replace"), True
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    # A file cut within a letter, or damaged in places, is still UTF-8: chance does not make its long letters.
    if broken * 5 <= sum(char > "\x7f" for char in text):
        return text, True
    return "\n".join(map(_line, data.split(b"\n"))), False


def _line(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return western(data)


def is_garbled(text: str) -> bool:
    """Tell text of which the letters are not what the page showed.

    Fonts of before Unicode (TCVN3: "B¸o c¸o") put signs inside words; fonts without codes give "(cid:12)".
    """
    signs = len(_INSIDE.findall(text)) + text.count("(cid:")
    return signs > 20 and signs * 60 > len(text)


def is_layout(cells: Sequence[str]) -> bool:
    """Tell a row of the official head (issuer, Quốc hiệu) or foot (recipients, signer) from a row of a table."""
    return any(_HEAD_OR_FOOT.search(fold(" ".join(cell.split()))) for cell in cells)


def joined(blocks: Sequence[str]) -> str:
    """Join paragraphs into clean text, one a line."""
    return clean("\n".join(block.rstrip() for block in blocks)).strip("\n")
