"""Plain text: UTF-8, UTF-16 by its mark, or Windows-1258 where the bytes are no UTF-8."""

from baocao.errors import UnreadableError
from baocao.text import clean

Read = tuple[str, tuple[int, ...], str | None, str | None]


def read_plain(data: bytes) -> Read:
    """Return the text as it stands (clean UTF-8 stays character by character what it was)."""
    text = clean(decode(data))
    starts = [0]
    return text, tuple(starts), None, None


def decode(data: bytes) -> str:
    """Decode bytes by evidence: a byte order mark, valid UTF-8, else Windows-1258.

    Raises UnreadableError where the bytes are text in none of them.
    """
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(codec, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = data.decode("cp1258", errors="replace")
    if text.count("\ufffd") > len(text) // 100:
        raise UnreadableError("The text is in no encoding that is known; save it as UTF-8.")
    return text
