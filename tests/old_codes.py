"""Writes Vietnamese as programs of before Unicode did.

Nothing here reads the product's tables: TCVN3, VISCII and Windows-1258 are those of iconv, VNI and VIQR are written
from the rules that their makers published (a letter, then a sign for its shape and tone).
"""

import subprocess
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

from baocao.text import clean

Writer = Callable[[str], bytes]
SOURCES = sorted((Path(__file__).parent.parent / "samples" / "sources").glob("*.txt"))

TONES = "\u0300\u0301\u0309\u0303\u0323"
_SHAPES = "\u0302\u0306\u031b"
# The codes of TCVN 5712's third set: the others are left to what Windows prints with.
_VN3 = frozenset(
    [*range(0xA1, 0xAF), *range(0xB5, 0xBA), *range(0xBB, 0xBF), *range(0xC6, 0xCD), *range(0xCE, 0xD9),
     *range(0xDC, 0xE0), *range(0xE1, 0xF0), *range(0xF1, 0xFF)]
)  # fmt: skip


@cache
def _iconv(text: str, to: str) -> bytes:
    return subprocess.run(
        ["iconv", "-f", "UTF-8", "-t", to], input=text.encode(), capture_output=True, check=True
    ).stdout


def tcvn3(text: str) -> bytes:
    """Small letters stand for the capitals that have no code."""
    return b"".join(map(_tcvn3, text))


def _tcvn3(char: str) -> bytes:
    try:
        if not unicodedata.normalize("NFD", char.lower())[0].isalpha():
            return char.encode("cp1252")
        code = _iconv(char, "TCVN5712-1")
        return code if code == char.encode() or code[0] in _VN3 else _iconv(char.lower(), "TCVN5712-1")
    except subprocess.CalledProcessError:
        return char.encode("cp1252")


def vn1(text: str) -> bytes:
    return _iconv(plain_signs(text), "TCVN5712-1")


def viscii(text: str) -> bytes:
    return _iconv(plain_signs(text), "VISCII")


def plain_signs(text: str) -> str:
    """What has no signs but ASCII's writes quotes and dashes so."""
    return text.translate({ord("“"): '"', ord("”"): '"', ord("–"): "-", ord("²"): "2", ord("³"): "3"})


def windows_1258(text: str) -> bytes:
    return _iconv("".join(map(_tone_apart, text)), "CP1258")


def _tone_apart(char: str) -> str:
    marks = unicodedata.normalize("NFD", char)
    return unicodedata.normalize("NFC", "".join(m for m in marks if m not in TONES)) + "".join(
        m for m in marks if m in TONES
    )


def _parts(char: str) -> tuple[str, str, str]:
    """Return a letter's base, shape and tone."""
    base, *marks = unicodedata.normalize("NFD", char)
    return base, "".join(m for m in marks if m in _SHAPES), "".join(m for m in marks if m in TONES)


_VNI_TONES = {"": {"": "", **dict(zip(TONES, "øùûõï", strict=True))},
              "\u0302": dict(zip(("", *TONES), "âàáåãä", strict=True)),
              "\u0306": dict(zip(("", *TONES), "êèéúüë", strict=True))}  # fmt: skip
_VNI_I = dict(zip(TONES, "ìíæóò", strict=True))


def vni(text: str) -> bytes:
    return "".join(map(_vni, text)).encode("cp1252")


def _vni(char: str) -> str:
    if char in "đĐ":
        return {"đ": "ñ", "Đ": "Ñ"}[char]
    base, shape, tone = _parts(char)
    if not shape and not tone:
        return char
    low = base.lower()
    if low == "i":
        codes = _VNI_I[tone]
    elif low == "y" and tone == TONES[4]:
        codes = "î"
    elif shape == "\u031b":
        codes = {"o": "ô", "u": "ö"}[low] + _VNI_TONES[""][tone]
    else:
        codes = low + _VNI_TONES[shape][tone]
    return codes.upper() if base.isupper() else codes


_VIQR = dict(zip(_SHAPES + TONES, "^(+`'?~.", strict=True))


def viqr(text: str, *, escaped: bool = True) -> bytes:
    """As RFC 1456 has it; people leave the backslashes out (`escaped`)."""
    out, before = [], ""
    for char in plain_signs(text):
        base, shape, tone = _parts(char)
        if char in "đĐ":
            out.append({"đ": "dd", "Đ": "DD"}[char])
        elif shape or tone:
            out.append(base + "".join(_VIQR[mark] for mark in shape + tone))
        else:
            out.append("\\" * (escaped and char in "^(+`'?~.*" and before in tuple("aeiouyAEIOUY")) + char)
        before = base
    return "".join(out).encode("ascii")


def nfd(text: str) -> bytes:
    return unicodedata.normalize("NFD", text).encode()


def truth(path: Path) -> str:
    """The body of a sample, without what its maker needs to lay it out."""
    lines = clean(path.read_text("utf-8")).split("\n")
    keys = ("form: ", "site: ", "above: ", "issuer: ", "number: ", "dated: ", "kind: ", "title: ", "role: ", "signer: ")
    return "\n".join(next((line.removeprefix(k) for k in keys if line.startswith(k)), line) for line in lines)


def errors(got: str, wanted: str) -> int:
    """Edit distance."""
    while got and wanted and got[0] == wanted[0]:
        got, wanted = got[1:], wanted[1:]
    while got and wanted and got[-1] == wanted[-1]:
        got, wanted = got[:-1], wanted[:-1]
    row = list(range(len(wanted) + 1))
    for i, a in enumerate(got, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(wanted, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
