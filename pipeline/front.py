"""What the head and foot of a document say of it: number, date, place, kind, title, issuer, period, signer.

Official documents follow the form of Nghị định 30/2020/NĐ-CP, annex I: issuer on the left, Quốc hiệu on
the right, number, place and date, kind, title; the signature block at the foot. Web texts have a title
and tell date and issuer in their first sentences.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from baocao.pipeline.tag import Mention
from baocao.report import EntityType, Kind, Period, Signer, Span
from baocao.text import fold

_KIND_LINE = re.compile(
    r"(?P<kind>báo cáo(?: tóm tắt| sơ kết| tổng kết)?|biên bản(?: cuộc họp| hội nghị| họp)?|kế hoạch|chương trình(?: công tác)?"
    r"|thông báo|tờ trình|quyết định|chỉ thị|nghị quyết|kết luận|công văn|hướng dẫn|phương hướng)\b",
    re.IGNORECASE,
)
_KINDS = {"bao cao": Kind.REPORT, "bien ban": Kind.MINUTES, "ke hoach": Kind.PLAN, "chuong trinh": Kind.PLAN,
          "phuong huong": Kind.PLAN}  # fmt: skip
_SYMBOL_KINDS = {"BC": Kind.REPORT, "BB": Kind.MINUTES, "KH": Kind.PLAN, "CTR": Kind.PLAN}
_NUMBER_LINE = re.compile(r"^[\s*_]*Số\s*[:.]?\s*\d", re.IGNORECASE)
_PLACE_LINE = re.compile(r"^[\s*_]*(?P<place>[^\d,\n]{2,40}),\s*ngày\s", re.IGNORECASE)
# The other column of a letterhead, on the line of the number.
_PLACE_BESIDE = re.compile(r"(?:\s{3,}|[|\t])\s*(?P<place>[^\d,\n|]{2,40}),\s*ngày\s", re.IGNORECASE)
_MOTTO = re.compile(r"cộng h[oò]à? xã hội|độc lập|đảng cộng sản việt nam", re.IGNORECASE)
_CHROME = re.compile(r"^(?:---|title|date|trang chủ|sign in|đăng nhập|menu|home)\b[:\s]*", re.IGNORECASE)
_HELD = re.compile(r"\b(?:tổ chức|khai mạc|chủ trì)\b")
_MARKUP = re.compile(r"^[\s*_#>-]+|[\s*_]+$")
_ON_BEHALF = re.compile(r"^(?:KT\.|TM\.|TL\.|TUQ\.|Q\.)\s*")
_ROLE_LINE = re.compile(r"^(?:KT\.|TM\.|TL\.|TUQ\.|Q\.)?\s*[^\d:;]{3,60}$")


@dataclass(frozen=True, slots=True)
class Front:
    """What a document says of itself; None where it does not. `docno` and `dated` are mentions' indexes."""

    kind: Kind
    title: str
    docno: str | None = None
    issued: str | None = None
    place: str | None = None
    issuer: str | None = None
    period: Period | None = None
    signer: Signer | None = None
    own: tuple[int, int | None, int | None] | None = None  # the document's number, date and issuer
    signed: tuple[int, str, int | None] | None = None  # who signed, the office written above, the issuer


def read_front(text: str, mentions: Sequence[Mention], *, title: str | None = None, date: str | None = None) -> Front:
    """Read head and foot from the text and its mentions (sorted); `title` and `date` come from metadata."""
    lines = _lines(text)
    number = _own_number(text, lines, mentions)
    head = _head_end(text, lines, number)
    dated, place = _dateline(text, lines, mentions, head)
    name, kind = _title(text, lines, head, number)
    name = name or title or _first_line(text, lines)
    if kind is None:
        kind = _kind_of(mentions[number].norm if number is not None else None, name)
    issuer = _issuer(text, mentions, number, head, name)
    signed = _signer(text, lines, mentions)
    issued = mentions[dated].norm if dated is not None else date or _first_day(mentions)
    return Front(
        kind=kind,
        title=name,
        docno=mentions[number].norm if number is not None else None,
        issued=issued,
        place=place,
        issuer=mentions[issuer].norm if issuer is not None else None,
        period=_period(text, mentions, name),
        signer=signed and signed[0],
        own=None if number is None else (number, dated, issuer),
        signed=signed and (signed[1], signed[2], issuer),
    )


def _lines(text: str) -> list[Span]:
    out, at = [], 0
    for line in text.split("\n"):
        if line.strip():
            out.append(Span(at, at + len(line)))
        at += len(line) + 1
    return out


def _own_number(text: str, lines: Sequence[Span], mentions: Sequence[Mention]) -> int | None:
    for line in lines[:25]:
        if _NUMBER_LINE.match(line.of(text)):
            for i, mention in enumerate(mentions):
                if mention.type is EntityType.DOCNO and line.start <= mention.start < line.end:
                    return i
    return None


def _head_end(text: str, lines: Sequence[Span], number: int | None) -> int:
    """The head is what stands before the first long line."""
    for line in lines:
        if len(line.of(text).split()) > 40:
            return line.start
    return lines[min(len(lines), 25) - 1].end if lines else 0


def _dateline(
    text: str, lines: Sequence[Span], mentions: Sequence[Mention], head: int
) -> tuple[int | None, str | None]:
    for line in lines[:30]:
        written = line.of(text)
        match = _PLACE_LINE.match(written) or (_NUMBER_LINE.match(written) and _PLACE_BESIDE.search(written))
        if match and line.end <= head + 200 and len(written.split()) <= 20:
            place = _MARKUP.sub("", match["place"]).strip()
            for i, mention in enumerate(mentions):
                if mention.type is EntityType.DATE and line.start <= mention.start < line.end:
                    return i, place
    return None, None


def _title(text: str, lines: Sequence[Span], head: int, number: int | None) -> tuple[str | None, Kind | None]:
    """Read the kind's line and the lines of the title below it."""
    for k, line in enumerate(lines[:30]):
        written = _MARKUP.sub("", line.of(text))
        match = _KIND_LINE.match(written)
        if not match or line.start > head or not (written.isupper() or match.end() == len(written) or number):
            continue
        if not (written.isupper() or len(written.split()) <= 4):
            continue
        parts = [written]
        for following in lines[k + 1 : k + 4]:
            more = _MARKUP.sub("", following.of(text))
            if (
                not more  # a rule of asterisks or dashes under the title
                or len(more.split()) > 40
                or more.endswith((".", ";", ":"))
                or re.match(r"[-–IVX\d(]+[.)\s-]|Kính gửi", more)
            ):
                break
            if not (more.isupper() or len(parts) == 1 or more[0].islower()):
                break
            parts.append(more)
        kind = next((k for name, k in _KINDS.items() if fold(match["kind"]).startswith(name)), Kind.OTHER)
        return _sentence_case(" ".join(parts)), kind
    return None, None


def _sentence_case(title: str) -> str:
    """Write "BÁO CÁO Sơ kết …" as "Báo cáo Sơ kết …"; a title all in capitals stays as it is."""
    words = title.split()
    shouted = next((i for i, w in enumerate(words) if not w.isupper()), len(words))
    if shouted in (0, len(words)):
        return title
    return " ".join(w.capitalize() if i == 0 else w.lower() if i < shouted else w for i, w in enumerate(words))


def _first_line(text: str, lines: Sequence[Span]) -> str:
    for line in lines[:8]:
        written = _CHROME.sub("", _MARKUP.sub("", line.of(text))).strip(" '\"")
        if len(written.split()) >= 4 and not _MOTTO.search(written):
            return written if len(written) <= 200 else written[:199].rsplit(" ", 1)[0] + "…"
    return _MARKUP.sub("", lines[0].of(text))[:200] if lines else ""


def _kind_of(docno: str | None, title: str) -> Kind:
    if docno:
        symbol = re.search(r"[/-]([A-ZĐ]+)[-/]", docno)
        return _SYMBOL_KINDS.get(symbol[1] if symbol else "", Kind.OTHER)
    match = _KIND_LINE.match(title)
    if match:
        return next((k for name, k in _KINDS.items() if fold(match["kind"]).startswith(name)), Kind.OTHER)
    return Kind.NEWS


def _issuer(text: str, mentions: Sequence[Mention], number: int | None, head: int, title: str) -> int | None:
    units = [i for i, m in enumerate(mentions) if m.type is EntityType.UNIT]
    if number is not None:
        above = [i for i in units if mentions[i].end <= mentions[number].start]
        return above[-1] if above else next((i for i in units if mentions[i].start < head + 400), None)
    for i in units:
        after = text[mentions[i].end : mentions[i].end + 90]
        if mentions[i].start < 1500 and (held := _HELD.search(after)) and "\n" not in after[: held.start()]:
            return i
    return next((i for i in units if mentions[i].of(text) in title), units[0] if units else None)


def _first_day(mentions: Sequence[Mention]) -> str | None:
    return next((m.norm for m in mentions if m.type is EntityType.DATE and m.norm and len(m.norm) == 10), None)


def _period(text: str, mentions: Sequence[Mention], title: str) -> Period | None:
    named = [m for m in mentions if m.type is EntityType.PERIOD and m.norm]
    for mention in named:
        if mention.of(text).lower() in title.lower():
            return Period.from_norm(mention.norm or "")
    return Period.from_norm(named[0].norm or "") if named and named[0].start < 1200 else None


def _signer(text: str, lines: Sequence[Span], mentions: Sequence[Mention]) -> tuple[Signer, int, str] | None:
    """The last person alone on a line of the foot, with the mention's index and the office in capitals above."""
    persons = {m.start: i for i, m in enumerate(mentions) if m.type is EntityType.PERSON}
    for k in range(len(lines) - 1, max(-1, len(lines) - 25), -1):
        line = lines[k].of(text)
        lead = len(line) - len(line.lstrip(" *_\t|"))
        index = persons.get(lines[k].start + lead)
        person = mentions[index] if index is not None else None
        if index is None or person is None or len(line.strip(" *_\t|")) > len(person.of(text)) + 2:
            continue
        above = [_MARKUP.sub("", lines[i].of(text)) for i in range(max(0, k - 5), k)]
        role = [a for a in above if a.isupper() and _ROLE_LINE.match(a) and not _MOTTO.search(a)]
        if role:
            return Signer(person.of(text), " ".join(role[-2:])), index, _ON_BEHALF.sub("", role[-1])
    return None
