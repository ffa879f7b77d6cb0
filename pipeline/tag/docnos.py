"""Document numbers: finding them in every form in real use, and reading them.

The forms are those of Nghị định 30/2020/NĐ-CP ("95/KH-TTCP"), of legal documents with the year
("90/2017/NĐ-CP", "04/2013/QH13"), of official letters without a kind ("1234/BYT-DP"), and of the Party
("12-CT/TW"). A number without a symbol ("Kế hoạch số 19") is none.
"""

import re
from dataclasses import dataclass
from functools import cache

from baocao.models.gazetteers import rows
from baocao.pipeline.tag import Mention
from baocao.report import EntityType

_U = "A-ZĐÐƯÔƠÂĂÊ"
_CODE = rf"[{_U}][{_U}&]*(?:Tg|Ttg|Tr|Đg|đg|t)?\d{{0,3}}"
_GOES_ON = rf"(?:\s?[-–]\s?{_CODE}|[-–]Tr\b|\.(?:[{_U}]{{2,}}|TTg)|/[{_U}]{{2,}}(?![/\w]))"
_STATE = rf"\d{{1,6}}[a-zđA-Z]?\s{{0,3}}/\s?(?:(?:19|20)\d\d\s?/\s?)?(?P<state>{_CODE}){_GOES_ON}{{0,4}}"
_PARTY = rf"\d{{1,5}}\s{{0,2}}[-–]\s{{0,2}}(?P<party>(?:[{_U}]{{2,6}}|[{_U}]+Tr))\s?/\s?[{_U}][{_U}a-z]*\d{{0,2}}(?:[-–.][{_U}]+)*"
_NUMBER = re.compile(rf"(?<![\w/.,-])(?:{_STATE}|{_PARTY})(?![\w/])")
_TYPED = re.compile(
    r"(?<=số )\s?\d{1,6}\s?/\s?(?:(?:19|20)\d\d\s?/\s?)?(?P<kind>[a-zđ]{2,5})(?:-[a-zđ]{2,10})+(?![\w/])"
    r"|(?<=số )\s?\d{1,5}\s?-\s?(?P<party>[a-zđ]{2,5})/[a-zđ]{2,10}(?![\w/])"
)
_NUMBERED = re.compile(r"(?:số|Số|SỐ)\s*:?\s*$")
_PARTS = re.compile(r"(?P<number>\d+)(?P<suffix>[A-ZĐ]?)(?:/(?P<year>(?:19|20)\d\d)/|/|-)(?P<codes>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DocNumber:
    """A document number taken apart; `kind` is the kind's name where the symbol says one."""

    number: int
    suffix: str
    year: int | None
    symbol: str | None
    kind: str | None
    issuer: str | None


def find_docnos(text: str) -> list[Mention]:
    """Return every document number of `text`, in order, with its norm."""
    found = [_mention(text, m) for m in _NUMBER.finditer(text) if _is_docno(text, m)]
    taken = {m.start for m in found}
    for match in _TYPED.finditer(text):
        symbol = match["kind"] or match["party"]
        if symbol.upper() in doc_kinds() and match.start() not in taken:
            found.append(_mention(text, match))
    return sorted(found, key=lambda m: m.start)


def norm_docno(written: str) -> str:
    """Return the norm of a document number: upper case, no blanks, plain hyphens, Ð (eth) as Đ.

    >>> norm_docno("40 – CT/TW"), norm_docno("12 /BC-UBND")
    ('40-CT/TW', '12/BC-UBND')
    """
    return re.sub(r"\s+", "", written).replace("–", "-").replace("—", "-").upper().replace("Ð", "Đ")


def parse_docno(norm: str) -> DocNumber | None:
    """Take a norm apart, or return None where it is no document number."""
    match = _PARTS.fullmatch(norm)
    if not match:
        return None
    first, _, rest = re.sub(r"[/.]", "-", match["codes"]).partition("-")
    symbol = re.sub(r"\d+$", "", first)
    kind = doc_kinds().get(symbol)
    year = int(match["year"]) if match["year"] else None
    issuer = rest if kind else first
    return DocNumber(int(match["number"]), match["suffix"], year, symbol if kind else None, kind, issuer or None)


@cache
def doc_kinds() -> dict[str, str]:
    """Return the kinds of documents by their abbreviation, upper case."""
    kinds: dict[str, str] = {}
    for symbol, name in rows("doc_kinds.tsv"):
        kinds.setdefault(symbol, name)
    return kinds


def _is_docno(text: str, match: re.Match[str]) -> bool:
    """A symbol of several codes is certain; a single one needs to be a kind, or to follow "số"."""
    codes = match["state"]
    if codes is None:
        return match["party"].upper().replace("Ð", "Đ") in doc_kinds() or _numbered(text, match.start())
    whole = match[0].rsplit("/", 1)[-1]
    symbol = re.sub(r"\d+$", "", codes.upper().replace("Ð", "Đ"))
    if re.search(r"[-–.]", whole):
        return len(symbol) >= 2 or symbol in doc_kinds()
    if re.fullmatch(r"(?:QH|UBTVQH)\d{1,2}", codes):
        return True
    return _numbered(text, match.start()) and len(symbol) >= 2


def _numbered(text: str, start: int) -> bool:
    return bool(_NUMBERED.search(text, max(0, start - 8), start))


def _mention(text: str, match: re.Match[str]) -> Mention:
    start = match.end() - len(match[0].lstrip())
    return Mention(start, match.end(), EntityType.DOCNO, norm_docno(text[start : match.end()]))
