"""The Vietnamese encodings of before Unicode, each as a function from what Windows-1252 shows to Unicode.

Old text reaches us as bytes or as letters that a program took for Western ones ("B¸o c¸o" for "Báo cáo"). Bytes are
read as Windows-1252 first (`western`), so that both are the same thing here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from baocao.models.gazetteers import rows

_SYMBOLS = 0xF000  # where Windows puts the codes of fonts that name no alphabet


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """An encoding: the name that a report tells, and what makes Unicode of text that was taken for Windows-1252."""

    name: str
    decode: Callable[[str], str]


def western(data: bytes) -> str:
    """Read bytes as Windows-1252; the five codes it lacks become the control characters of the same numbers."""
    return "".join(map(_SHOWN.__getitem__, data))


def _shown(code: int) -> str:
    try:
        return bytes((code,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(code)


_SHOWN = [_shown(code) for code in range(256)]
_CODES = {char: code for code, char in enumerate(_SHOWN)} | {chr(code): code for code in range(0x80, 0xA0)}


@cache
def encodings() -> tuple[Encoding, ...]:
    """Return the encodings of letters beyond ASCII, the likelier first."""
    tcvn = [(chr(int(code, 16)), letter, sets) for code, letter, sets in rows("legacy_tcvn5712.tsv")]
    return (
        Encoding("TCVN3", _of_minus(_reader((code, letter) for code, letter, sets in tcvn if "VN3" in sets))),
        Encoding("VNI", _reader(_vni())),
        Encoding("Windows-1258", _reader(_windows_1258())),
        Encoding("VISCII", _reader(_latin("legacy_viscii.tsv"))),
        Encoding("VPS", _reader(_latin("legacy_vps.tsv"))),
        Encoding("TCVN 5712 VN1", _reader((code, letter) for code, letter, _ in tcvn)),
        Encoding("UTF-8 taken for Windows-1252", _utf8),
    )


def _reader(pairs: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """Return what replaces codes by letters, the longer first; single codes may come in any of their guises."""
    table: dict[str, str] = {}
    for code, letter in pairs:
        for shape in _guises(code) if len(code) == 1 else (code,):
            table.setdefault(shape, letter)
    for control in range(0x80, 0xA0):  # what of Windows' own signs was read as Latin-1
        table.setdefault(chr(control), _SHOWN[control])
    if all(len(code) == 1 for code in table):
        letters = str.maketrans(table)
        return lambda text: unicodedata.normalize("NFC", text.translate(letters))
    pattern = re.compile("|".join(map(re.escape, sorted(table, key=len, reverse=True))))
    return lambda text: unicodedata.normalize("NFC", pattern.sub(lambda match: table[match[0]], text))


def _guises(char: str) -> tuple[str, ...]:
    code = ord(char)
    return (char, _SHOWN[code], chr(code + _SYMBOLS)) if 0x20 < code < 0x100 else (char,)


def _of_minus(decode: Callable[[str], str]) -> Callable[[str], str]:
    """PDFs give two codes as the signs they look like: "n−íc" is "nước", and a minus beside digits stays one."""

    def decoded(text: str) -> str:
        if "\u2212" in text or "\u2219" in text:
            text = _MINUS.sub("\u00ad", _DOT.sub("\u00b7", text))
        return decode(text)

    return decoded


_MINUS = re.compile("(?<=[A-Za-z])\u2212(?!\\d)|\u2212(?=[^\\W\\d_])")
_DOT = re.compile("(?<=[A-Za-z])\u2219")


def _vni() -> list[tuple[str, str]]:
    """A mark may be typed small after a capital: then it is the same letter."""
    pairs = [(codes, letter) for codes, letter in rows("legacy_vni.tsv")]
    return [*pairs, *((c[0] + c[1:].lower(), letter) for c, letter in pairs if len(c) == 2 and c.isupper())]


def _windows_1258() -> list[tuple[str, str]]:
    codes = [bytes((code,)) for code in range(0x80, 0x100)]
    letters = [(_SHOWN[code[0]], code.decode("cp1258", errors="ignore")) for code in codes]
    return [(shown, letter) for shown, letter in letters if letter and letter != shown]


def _latin(name: str) -> list[tuple[str, str]]:
    return [(chr(int(code, 16)), letter) for code, letter in rows(name)]


def _utf8(text: str) -> str:
    try:
        return unicodedata.normalize("NFC", bytes(_CODES.get(char, 0x100) for char in text).decode("utf-8"))
    except ValueError:  # a letter that is of no single code, or codes that are no UTF-8
        return text
