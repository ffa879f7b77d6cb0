"""Plain text: UTF-8, UTF-16 by its mark, or Windows-1258 where the bytes are no UTF-8."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from baocao.errors import UnreadableError
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
_UNKNOWN = "The text is in no encoding that is known (perhaps an old one such as TCVN3 or VNI); save it as UTF-8."
_FOREIGN = re.compile(rf"[^\x00-\x7f{UPPER}{LOWER}\u2010-\u2026₫€°²³·«»]")
_INSIDE = re.compile(r"(?<=[^\W\d_])[¡-±µ-¸¼-¿×](?=[^\W\d_])")
_HEAD_OR_FOOT = re.compile(r"cong hoa xa hoi chu nghia|doc lap\s*[-–]\s*tu do|dang cong san viet nam|^\s*noi nhan\s*:")


def read_plain(data: bytes) -> Read:
    """Return the text as it stands (clean UTF-8 stays character by character what it was)."""
    return Read(clean(decode(data)))


def decode(data: bytes) -> str:
    """Decode bytes by evidence: a byte order mark, UTF-8 (a few broken letters allowed), else Windows-1258.

    Raises UnreadableError where the bytes are text in none of them.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, errors="replace")
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    # A file cut within a letter, or damaged in places, is still UTF-8: chance does not make its long letters.
    if broken * 5 <= sum(char > "\x7f" for char in text):
        return text
    text = clean(data.decode("cp1258", errors="replace"))
    letters = sum(char > "\x7f" for char in text)
    if "\x00" in text or len(_FOREIGN.findall(text)) * 10 > letters:
        raise UnreadableError(_UNKNOWN)
    return text


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
