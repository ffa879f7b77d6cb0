"""People: runs of capitalised syllables that stand where a name stands.

A run is taken for a name on evidence: an honorific or rank before it ("đồng chí", "Đại tá"), an office
before or after it ("Chủ tịch UBND tỉnh …", "…, Giám đốc"), a credit ("Ảnh:"), a list of people, or a full
name with a family name in front. Runs inside unit names and after words of place ("đường", "xã",
"trường") are none. The name alone is the mention; the norm is the mention's text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from baocao.models.gazetteers import rows
from baocao.pipeline.tag import Mention
from baocao.pipeline.words import word_segmenter
from baocao.report import EntityType, Span
from baocao.text import LOWER, UPPER

_SYLLABLE = rf"(?:[{UPPER}][{LOWER}]+|[{UPPER}]['’][{UPPER}{LOWER}]+|[{UPPER}](?![\w'’.]))"
_RUN = re.compile(rf"(?<![\w'’]){_SYLLABLE}(?:[ \u00a0]{_SYLLABLE})*(?![\w'’])")
_CAPITALS = re.compile(rf"(?<![\w'’/-])[{UPPER}]{{2,}}(?:[ ]+[{UPPER}]{{1,}}){{1,4}}(?![\w'’/-])")
# Years of the sixty-year cycle ("Tết Nhâm Thìn") look like names.
_STEMS = frozenset(("Giáp", "Ất", "Bính", "Đinh", "Mậu", "Kỷ", "Canh", "Tân", "Nhâm", "Quý"))
_BRANCHES = frozenset(
    ("Tý", "Sửu", "Dần", "Mão", "Mẹo", "Thìn", "Tỵ", "Tị", "Ngọ", "Mùi", "Thân", "Dậu", "Tuất", "Hợi")
)
_LIST_GAP = re.compile(r"\s*(?:,|;|và|-|–|,\s*và)\s*(?:(?:ông|bà|anh|chị|đồng chí|đ/c)\s+)?", re.IGNORECASE)
_CLOSING = re.compile(r"\s*(?:\([^()\n]{2,20}\))?[\s*_./]*[-–,]?\s*")
_ALONE_ON_LINE = re.compile(r"[ \t*_]*(?:\(.{2,20}\)|\.)?[ \t*_]*(?=\n|$)")
_MIDDLE = frozenset(["Văn", "Thị", "Đức", "Hữu", "Xuân", "Ngọc", "Quang", "Minh", "Thanh", "Đình", "Công", "Bá", "Trọng", "Quốc", "Duy", "Viết", "Như", "Hồng", "Thành", "Anh", "Mạnh", "Tiến", "Hải", "Khắc", "Huy", "Tuấn", "Đăng", "Phương", "Thu", "Kim", "Bích", "Tấn", "Thế", "A"])  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Run(Span):
    """Capitalised syllables outside unit names; `cued` says that an honorific of the run itself was cut off."""

    words: tuple[str, ...]
    cued: bool


def find_persons(text: str, units: Sequence[Mention]) -> list[Mention]:
    """Return every PERSON mention of `text`, in order, disjoint, outside `units` (all UNIT mentions)."""
    runs = list(_runs(text, units))
    names: dict[int, Span] = {}
    for run in runs:
        name = _by_evidence(text, run, units)
        if name:
            names[run.start] = name
    names.update(_in_lists(text, runs, names))
    names.update(_signed(text, runs, names))
    names.update(_known_again(text, runs, names))
    names.update(_capitals(text, units))
    spans = sorted(names.values(), key=lambda s: s.start)
    out: list[Mention] = []
    for span in spans:
        if not out or span.start >= out[-1].end:
            out.append(Mention(span.start, span.end, EntityType.PERSON, text[span.start : span.end]))
    return out


def _runs(text: str, units: Sequence[Mention]) -> Iterator[_Run]:
    at = 0
    for match in _RUN.finditer(text):
        while at < len(units) and units[at].end <= match.start():
            at += 1
        start, end = match.span()
        for unit in units[at : at + 3]:
            if unit.start < end and unit.end > start:
                if unit.start > start:
                    yield from _run(text, start, unit.start)
                start = max(start, unit.end)
        if start < end:
            yield from _run(text, start, end)


def _run(text: str, start: int, end: int) -> Iterator[_Run]:
    words = text[start:end].split()
    start += len(text[start:end]) - len(text[start:end].lstrip())
    cued = False
    while size := _honorific_at(words):
        if len(words) == size:
            return
        for word in words[:size]:
            start = text.index(word, start) + len(word)
        start = text.index(words[size], start)
        words, cued = words[size:], True
    if words:
        yield _Run(start, start + len(text[start:end].rstrip()), tuple(words), cued)


def _honorific_at(words: Sequence[str]) -> int:
    """Return how many words in front are an honorific in capitals: "Đồng Chí", "Ông"."""
    if words and words[0] == "Thầy":
        return 0
    return next((n for n in (2, 1) if " ".join(words[:n]).lower() in _honorifics() and len(words) >= n), 0)


def _by_evidence(text: str, run: _Run, units: Sequence[Mention]) -> Span | None:
    """Return the part of the run that is a name, judged by the run and what stands around it."""
    before = text[max(0, run.start - 60) : run.start]
    words = _without_opener(text, run)
    if not words:
        return None
    if len(words) <= 2 and words == run.words and (_ends_inside_word(text, run) or _is_place_name(before, run)):
        return None
    honorific = "alone" if run.cued else _cue(before)
    if honorific and (len(words) > 1 or honorific == "alone"):
        if len(words) == 1 and _opens_office(text, run):
            return None
        if len(words) == 1 and (words[0] in ("Rịa", "Đen", "Nà", "Triệu", "Tô") or words[0].lower() in _stop()):
            return None
        if honorific == "full" and (" ".join(words) in _places() or " ".join(words) in _context("country")):
            return None  # "nông dân Cao Lãnh"
        country = _country(words)
        return _with_initial(text, _span(text, run, country, min(len(words) - country, 5)))
    if _CREDIT.search(before) and len(words) >= 2:
        return _span(text, run, 0, min(len(words), 4))
    if len(words) == 2 and words[0] in _STEMS and words[1] in _BRANCHES:
        return None
    for first, word in enumerate(words):
        rest = words[first:]
        group = _families().get(word)
        office = _unit_of_office(text, run.start, units)
        if group and 2 <= len(rest) <= 5 and (office or not _is_place(text, run, before, first)):
            lead = text[max(0, run.start - 60) : _offset(text, run, first)]
            if office or _is_name(text, run, rest, group, lead, at_front=first == 0):
                return _span(text, run, first, len(rest))
    return None


def _ends_inside_word(text: str, run: _Run) -> bool:
    """Tell whether the last syllable is half a word: "đồng chí Lãnh đạo", "Thượng tướng", "Đoàn Kiểm tra"."""
    following = re.compile(rf" ([{LOWER}]+)").match(text, run.end)
    return following is not None and word_segmenter().knows(f"{run.words[-1]} {following[1]}".lower())


def _is_place_name(before: str, run: _Run) -> bool:
    """Tell whether the honorific is part of a place's name: "rạch Bà Hồng", "cầu Ông Lớn"."""
    return run.cued and bool(_PLACE_OF_ONE.search(before))


def _country(words: Sequence[str]) -> int:
    """Return how many words in front are the country of an ambassador: "Đại sứ Nhật Bản Ito Naoki"."""
    return next((n for n in (3, 2, 1) if len(words) >= n + 1 and " ".join(words[:n]) in _context("country")), 0)


def _with_initial(text: str, span: Span) -> Span:
    """Take in what follows the initial of a foreign name: "Mariam J. Sherman"."""
    words = span.of(text).split()
    more = _INITIAL.match(text, span.end)
    return Span(span.start, more.end()) if more and words[0] not in _families() else span


def _opens_office(text: str, run: _Run) -> bool:
    """Tell whether the word after an honorific is the beginning of an office: "Đồng chí Thứ trưởng"."""
    following = re.match(rf"[{UPPER}]?[{LOWER}]+ ?[{UPPER}]?[{LOWER}]*", text[run.start : run.start + 24])
    return (
        following is not None
        and " " in following[0].strip()
        and any(o.startswith(following[0].lower()) for o in _OFFICES)
    )


def _is_name(text: str, run: _Run, words: Sequence[str], group: str, before: str, *, at_front: bool) -> bool:
    after = text[run.end : run.end + 40]
    if _OFFICE_BEFORE.search(before) or _OFFICE_AFTER.match(after):
        return len(words) >= 2
    if not at_front:
        return False
    full = 3 <= len(words) <= 4 and (group != "weak" or any(w in _MIDDLE for w in words[1:-1]))
    alone = bool(_ALONE_ON_LINE.match(text, run.end)) and bool(re.search(r"(?:^|[\n.!?…”*])[ \t*_]*$", before))
    return full or (alone and group != "weak" and len(words) >= 2)


def _unit_of_office(text: str, start: int, units: Sequence[Mention]) -> bool:
    """Tell whether a unit stands right before `start`, and an office or its part before that unit."""
    for unit in reversed(units):
        if unit.end <= start:
            gap = text[unit.end : start]
            lead = text[max(0, unit.start - 30) : unit.start + 12]
            return not gap.strip(" \u00a0") and bool(_OFFICE_ANYWHERE.search(lead))
    return False


def _in_lists(text: str, runs: Sequence[_Run], names: dict[int, Span]) -> dict[int, Span]:
    """Names that follow a name in a list: "các đồng chí: A, B và C"."""
    found: dict[int, Span] = {}
    last_end = -1
    for run in runs:
        if run.start in names:
            last_end = names[run.start].end
            continue
        listed = last_end >= 0 and run.start - last_end < 14 and _LIST_GAP.fullmatch(text[last_end : run.start])
        if listed and 2 <= len(run.words) <= 4 and run.words[0] in _families():
            found[run.start] = Span(run.start, run.end)
            last_end = run.end
    return found


def _known_again(text: str, runs: Sequence[_Run], names: dict[int, Span]) -> dict[int, Span]:
    """Full names seen before, and given names after an office or rank ("Bí thư Nhân")."""
    full = {tuple(s.of(text).split()) for s in names.values()}
    full = {words for words in full if len(words) >= 3}
    given = {words[-1] for words in full}
    found: dict[int, Span] = {}
    for run in runs:
        if run.start in names:
            continue
        before = text[max(0, run.start - 30) : run.start]
        if run.words in full or (len(run.words) == 1 and run.words[0] in given and _OFFICE_BEFORE.search(before)):
            found[run.start] = Span(run.start, run.end)
    return found


def _capitals(text: str, units: Sequence[Mention]) -> dict[int, Span]:
    """Names in capitals: a signature on a line of its own, a credit, after an honorific."""
    found: dict[int, Span] = {}
    for match in _CAPITALS.finditer(text):
        words = match[0].split()
        before = text[max(0, match.start() - 40) : match.start()]
        lined = re.search(r"(?:^|\n)[ \t*_]*$", before) and _ALONE_ON_LINE.match(text, match.end())
        named = words[0].title() in _families() and len(words) <= 5 and len(words[0]) > 1
        strong = named and (_families()[words[0].title()] != "weak" or len(words) == 3)
        inside = any(u.start < match.end() and match.start() < u.end for u in units)
        office = strong and (_OFFICE_BEFORE.search(before) or _unit_of_office(text, match.start(), units))
        if not inside and (_CREDIT.search(before) or _cue(before) or office or (lined and strong and len(words) <= 4)):
            found[match.start()] = Span(match.start(), match.end())
    for match in _SHOUTED.finditer(text):
        if match["name"].split()[0].title() in _families():
            found[match.start("name")] = Span(*match.span("name"))
    return found


def _without_opener(text: str, run: _Run) -> tuple[str, ...]:
    """Cut a run before a word that opens the next sentence ("Lê Sơn Phát biểu") or names an office."""
    last = run.words[-1]
    following = re.match(rf" ([{LOWER}]+)", text[run.end : run.end + 12])
    if following and (last in _openers() or f"{last} {following[1]}" in _openers()):
        return run.words[:-1]
    return run.words


def _is_place(text: str, run: _Run, before: str, first: int) -> bool:
    if first:
        return False
    if before.lower().endswith("chủ tịch nước "):
        return False
    return bool(_PLACE_BEFORE.search(before)) or " ".join(run.words) in _places()


def _signed(text: str, runs: Sequence[_Run], names: dict[int, Span]) -> dict[int, Span]:
    """Authors whose names close the text: "… kết thúc. Minh Hà - Thu Trang"."""
    found: dict[int, Span] = {}
    end = len(text)
    for run in reversed(runs[-3:]):
        if not _CLOSING.fullmatch(text, run.end, end) or not 2 <= len(run.words) <= 4:
            break
        if " ".join(run.words) in _places():
            break
        found[run.start] = Span(run.start, run.end)
        end = run.start
    opened = found and re.search(r"[.!?…”\"*_/\n]\s*$", text[max(0, end - 8) : end].replace("**", "*"))
    return found if opened else {}


def _offset(text: str, run: _Run, word: int) -> int:
    at = run.start
    for earlier in run.words[:word]:
        at = text.index(earlier, at) + len(earlier)
    return text.index(run.words[word], at)


def _span(text: str, run: _Run, first: int, count: int) -> Span:
    words = _without_opener(text, run)[first : first + count]
    last = _offset(text, run, first + len(words) - 1)
    return Span(_offset(text, run, first), last + len(words[-1]))


def _cue(before: str) -> str | None:
    if not before.rstrip(_GAP).lower().endswith(_HONORIFIC_WORDS):  # most text is told from this alone
        return None
    match = _HONORIFIC.search(before)
    return _honorifics()[match[1].lower()] if match and not _MINISTER.search(before) else None


@cache
def _families() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("family_names.tsv")}


@cache
def _honorifics() -> dict[str, str]:
    return {row[0].lower(): row[1] for row in rows("honorifics.tsv")}


@cache
def _context(kind: str) -> tuple[str, ...]:
    return tuple(sorted((row[1] for row in rows("person_context.tsv") if row[0] == kind), key=len, reverse=True))


@cache
def _openers() -> frozenset[str]:
    return frozenset(_context("opener"))


@cache
def _stop() -> frozenset[str]:
    return frozenset(word.lower() for word in (*_context("opener"), *_context("place")))


@cache
def _places() -> frozenset[str]:
    return frozenset(cell for row in rows("places.tsv") for cell in row)


def _before(words: Sequence[str], *, tail: str = r"[\s:]+") -> re.Pattern[str]:
    """Compile "one of these words stands right before"."""
    listed = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w.])({listed}){tail}$", re.IGNORECASE)


_OFFICES = tuple(row[0] for row in rows("roles.tsv"))
_OFFICE = "|".join(re.escape(w) for w in sorted(_OFFICES, key=len, reverse=True))
_GAP = ": \n\t\r\u00a0"
_HONORIFIC_WORDS = tuple(row[0].lower() for row in rows("honorifics.tsv"))
_HONORIFIC = _before(tuple(row[0] for row in rows("honorifics.tsv")))
_PLACE_OF_ONE = re.compile(
    rf"(?<![\w.])(?:{'|'.join(re.escape(w) for w in _context('place') if w.islower())}) (?:Ông|Bà|Cô|Cậu|Chú|Thầy|Chị|Anh|Cụ) $"
)
_INITIAL = re.compile(rf" [A-Z]\.(?: {_SYLLABLE})+(?![\w'’])")
_SHOUTED = re.compile(
    rf"(?<!\w)(?:ĐỒNG CHÍ|Đ/C|ÔNG|BÀ) (?P<name>(?:[{UPPER}]{{2,}} ){{1,3}}[{UPPER}]{{2,}})(?=\s*(?:[,\n(–-]|$))"
)
_MINISTER = re.compile(r"thủ tướng\s+$", re.IGNORECASE)
_CREDIT = _before(_context("credit"), tail=r"\s*(?:[A-ZĐ]{2,}/)?[\s*_]*")
_PLACE_BEFORE = _before(_context("place"), tail=r"\s+")
_OFFICE_BEFORE = re.compile(
    rf"(?<!\w)(?:{_OFFICE})(?: thường trực| thứ nhất| phụ trách)?(?: [\w&-]+){{0,3}}[:\s]+$", re.I
)
_OFFICE_ANYWHERE = re.compile(rf"(?<!\w)(?:{_OFFICE})(?!\w)", re.I)
_OFFICE_AFTER = re.compile(rf"\s*(?:[,(]|[–—-])\s*(?:nguyên |quyền |q\. ?|là |giữ chức )?(?:{_OFFICE})(?!\w)", re.I)
