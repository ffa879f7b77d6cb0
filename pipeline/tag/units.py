"""Units: named bodies, found by composition rather than from a closed list.

A name is a head ("Sở", "Chi cục", "UBND"), then what the head calls for: a field of work, another body,
a level with its place, a number. The words and classes of heads stand in `models/gazetteers/unit_*`.
A parent behind a comma or "của" is a mention of its own; a person's name after a unit is no part of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from baocao.models.gazetteers import rows
from baocao.pipeline.tag import Mention
from baocao.pipeline.tag.registry import registered
from baocao.pipeline.words import word_segmenter
from baocao.report import EntityType
from baocao.text import UPPER, fold, spelling_key

_TOKEN = re.compile(
    rf"TP\.\s?HCM|[{UPPER}]{{1,}}(?:[&,-][{UPPER}]+)+(?![\w])|(?:TP|Tp|TX|TT|Q|P|H|X)\.(?=\s?[{UPPER}\d])"
    r"|[^\W_]+(?:['’][^\W_]+)?|[^\w\s]"
)
_LINE_BEGIN = re.compile(r"\n[\s_]*[^\s_]")
_LEVELS = ("tỉnh", "thành phố", "thành", "tp", "tp.", "quận", "huyện", "thị xã", "tx", "tx.", "thị trấn", "xã",
           "phường", "đặc khu", "q.", "p.", "h.", "x.", "tt.")  # fmt: skip
_SMALL_LEVELS = frozenset(("xã", "phường", "thị trấn", "đặc khu", "p.", "x.", "tt."))
_SUFFIXES = frozenset(("trung ương", "việt nam", "quốc gia", "nhà nước", "tw", "toàn quốc", "vn", "tối cao", "cấp cao",
                       "miền bắc", "miền trung", "miền nam"))  # fmt: skip
_HAMLETS = ("thôn", "bản", "ấp", "buôn", "xóm", "khóm", "khu phố", "tổ dân phố", "khu dân cư", "tiểu khu")
_NATIONAL = ("quốc gia", "trung ương", "tw")
_DEFINITION = re.compile(r"\s*\((?:gọi tắt là |sau đây gọi là |viết tắt là )?([^\W\d_][\w&-]{1,14})\)")
_NUMBER = re.compile(r"(?:\d{1,3}[A-Z]?|[IVX]{1,5})$")
_CODE = re.compile(r"P[A-Z]\d{2}")  # "Phòng PC06": how the police number their divisions
_PLURAL = frozenset(["các", "những", "nhiều", "hai", "ba", "bốn", "năm", "sáu"])
_CONNECTORS = frozenset(("và", "-", "–", "&"))
_SPREAD = re.compile(
    r"\s+(?:ở |tại |thuộc )?(?:các|những|nhiều|một số)\s+(?:tỉnh|huyện|xã|quận|phường|cấp|địa phương|thành phố|bộ)\b",
    re.I,
)
_MEMBERS = re.compile(
    rf"\s+các tỉnh(?:, thành phố)?(?:\s+trực thuộc Trung ương|(?:\s+[{UPPER}][^\W\d_]*){{1,4}}(?:\s+[Bb]ộ)?)?"
)
# The last words of the offices that "Thường trực" qualifies: "Phó Bí thư Thường trực".
_BEFORE_STANDING = frozenset(
    map(
        spelling_key,
        ("thư", "tịch", "trưởng", "ban", "phòng", "đốc", "tướng", "viên", "nhiệm", "đoàn", "vụ", "phó", "án"),
    )
)
_WORDS_WITH_HEADS = frozenset(
    (
        "xã hội",
        "cán bộ",
        "nội bộ",
        "toàn bộ",
        "đồng bộ",
        "cơ sở",
        "trụ sở",
        "đại hội",
        "cơ hội",
        "ủy ban",
        "tiến bộ",
        "nhiệm vụ",
        "phục vụ",
        "dịch vụ",
        "nghĩa vụ",
        "công vụ",
    )
)


class _Token(NamedTuple):
    """A syllable, abbreviation or sign; `key` compares spellings of any case and tone placement."""

    start: int
    end: int
    text: str
    key: str
    fresh: bool  # the first of its line

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


@dataclass(slots=True)
class _Node:
    """A node of a trie over token keys; `entry` is the canonical form and the classes where a name ends."""

    next: dict[str, "_Node"] = field(default_factory=dict)
    entry: tuple[str, frozenset[str]] | None = None


_NOTHING = _Node()


@dataclass(frozen=True, slots=True)
class _Parse:
    """A stretch of tokens read as part of a name, with its canonical words."""

    end: int
    words: tuple[str, ...]


def find_units(text: str) -> list[Mention]:
    """Return every UNIT mention of `text`, in order, disjoint, with its norm."""
    tokens = _tokens(text)
    found = _with_registered(list(_names(text, tokens)), list(_registered(text, tokens)))
    defined = _defined(text, found)
    found = [Mention(m.start, m.end, m.type, defined.get(m.of(text), m.norm)) for m in found] + _acronyms(
        tokens, found, defined
    )
    return _one_norm_each(text, sorted(found, key=lambda m: m.start))


def _tokens(text: str) -> list[_Token]:
    first = {m.end() - 1 for m in _LINE_BEGIN.finditer(text)}
    found = ((m.start(), m.end(), m[0], spelling_key(m[0]), m.start() in first) for m in _TOKEN.finditer(text))
    return [tuple.__new__(_Token, token) for token in found]  # without the detour of a named tuple's own __new__


def _names(text: str, tokens: Sequence[_Token]) -> Iterator[Mention]:
    heads = _heads().next
    at = 0
    while at < len(tokens):
        if tokens[at].key not in heads:
            at += 1
            continue
        head = _head_at(tokens, at)
        if (head and (_is_office(tokens, at, head) or _opens_word(tokens, at, head[0]))) or _inside_word(tokens, at):
            at += 1
            continue
        parse = head and _name(text, tokens, at, 0)
        if not head or not parse:
            listed = list(_plain_list(text, tokens, at, head)) if head else []
            yield from listed
            at += 1
            continue
        parse = _spread(text, tokens, at, parse, head[1][1])
        if parse is None:
            at = head[0]
            continue
        yield _mention(text, tokens, at, parse)
        coordinated, at = _coordinated(text, tokens, parse.end, head[1][0])
        yield from coordinated


def _is_office(tokens: Sequence[_Token], at: int, head: tuple[int, tuple[str, frozenset[str]]]) -> bool:
    """Tell whether a head is part of an office: "Chánh Thanh tra Bộ Tư pháp", "Phó Ban Thường trực"."""
    inner = _head_at(tokens, head[0])
    office = head[1][0] == "Thanh tra" and at > 0 and tokens[at - 1].text.lower() == "chánh"
    if head[1][0] == "Thường trực" and at and tokens[at - 1].key in _BEFORE_STANDING:
        return True  # "Phó Bí thư Thường trực Tỉnh ủy"
    if head[1][0] == "Thường trực" and inner and inner[1][0] == "Ban Bí thư":
        return True
    member = head[0] < len(tokens) and tokens[head[0]].text == "viên"  # "Tỉnh ủy viên"
    standing = " ".join(t.key for t in tokens[head[0] : head[0] + 2]) == spelling_key("thường trực")
    leading = head[0] < len(tokens) and tokens[head[0]].key == spelling_key("trưởng")
    return member or standing or leading or bool(office and inner and inner[1][0] in ("Bộ", "Sở", "Tổng cục", "Cục"))


def _inside_word(tokens: Sequence[_Token], at: int) -> bool:
    """Tell whether a head in capitals is the end of another word: "CỘNG HÒA XÃ HỘI …", "CÁN BỘ"."""
    before = tokens[at - 1].text if at else ""
    return before.isupper() and f"{before} {tokens[at].text}".lower() in _WORDS_WITH_HEADS


def _opens_word(tokens: Sequence[_Token], at: int, end: int) -> bool:
    """Tell whether a head in capitals is the begin of another word: "BÁO CÁO", "BAN HÀNH", "TỔ CHỨC"."""
    if end != at + 1 or end >= len(tokens) or not (tokens[at].text.isupper() and tokens[end].text.isupper()):
        return False
    pair = f"{tokens[at].text} {tokens[end].text}".lower()
    return _field(tokens, end) is None and _head_at(tokens, end) is None and word_segmenter().knows(pair)


def _spread(text: str, tokens: Sequence[_Token], at: int, parse: _Parse, classes: frozenset[str]) -> _Parse | None:
    """Drop "Thanh tra Sở Du lịch các tỉnh" (many bodies); a cluster takes its members in."""
    following = text[tokens[parse.end - 1].end : tokens[parse.end - 1].end + 60]
    if not _SPREAD.match(following):
        return parse
    if "cluster" not in classes:
        return None
    members = _MEMBERS.match(following)
    limit = tokens[parse.end - 1].end + (members.end() if members else 0)
    end = parse.end
    while end < len(tokens) and tokens[end].end <= limit:
        end += 1
    return _Parse(
        end,
        (*parse.words, text[tokens[parse.end].start : tokens[end - 1].end]) if end > parse.end else parse.words,
    )


def _mention(text: str, tokens: Sequence[_Token], at: int, parse: _Parse, lead: str = "") -> Mention:
    start, end = tokens[at].start, tokens[parse.end - 1].end
    written = text[start:end]
    expanded = " ".join(parse.words)
    expanded = " ".join(_expanded(word) for word in expanded.split(" "))
    if written.isupper() and " " in written:
        expanded = _calmed(expanded)
    if "–" in written:
        expanded = expanded.replace(" - ", " – ")
    changed = lead or written.isupper() or any(t.text in _expansions() for t in tokens[at : parse.end])
    norm = lead + (expanded if changed else " ".join(written.split()))
    norm = re.sub(r"\s*\([^)]*\)", "", re.sub(r"\s+([,)])", r"\1", norm))
    return Mention(start, end, EntityType.UNIT, norm.replace("uỷ", "ủy").replace("Uỷ", "Ủy"))


def _calmed(name: str) -> str:
    """Write what is still in capitals as names are written: "TRUYỀN THỐNG SÔNG HỒNG" → "Truyền thống Sông Hồng"."""
    out: list[str] = []
    for word in name.split(" "):
        if len(word) < 2 or not word.isupper() or not word.isalpha() or _NUMBER.match(word):
            out.append(word)
        elif out and word_segmenter().knows(f"{out[-1]} {word}".lower()):
            out.append(word.lower())
        else:
            out.append(word.title() if any(c in "AEIOUYĂÂÊÔƠƯ" for c in fold(word).upper()) else word)
    return " ".join(out)


def _head_at(tokens: Sequence[_Token], at: int) -> tuple[int, tuple[str, frozenset[str]]] | None:
    """Return where the longest head at `at` ends, and its entry; lower case only where its class says so."""
    node, best = _heads(), None
    for i in range(at, min(len(tokens), at + 16)):
        following = node.next.get(tokens[i].key)
        if following is None:
            break
        node = following
        if node.entry and (tokens[at].capital or ("lower" in node.entry[1] and not tokens[i].capital)):
            best = i + 1, node.entry
    if best and not tokens[at].capital and "alone" not in best[1][1] and "cluster" not in best[1][1]:
        return best if _place(tokens, best[0]) or "level" in best[1][1] else None
    return best


def _name(text: str, tokens: Sequence[_Token], at: int, depth: int) -> _Parse | None:
    """Read a whole name at `at`, or None where the head stands alone and may not."""
    head = _head_at(tokens, at)
    if head is None or depth > 4:
        return None
    end, (canonical, classes) = head
    written = tokens[at].text
    one = _expanded(written) if written in _expansions() or not written.isupper() else canonical
    words = (one if end == at + 1 else _cased(canonical, tokens[at:end]),)
    tail = _tail(text, tokens, end, classes, depth)
    listed = "cluster" in classes and _members_at(text, tokens, end)
    if "cluster" in classes and not listed and not _cluster_ok(tokens, at, end, tail):
        return None
    if tail.end == end and "alone" not in classes and not listed:
        return None
    if classes & {"level", "number"} and "alone" not in classes and not tail.words:
        return None
    return _Parse(tail.end, words + tail.words)


def _members_at(text: str, tokens: Sequence[_Token], at: int) -> bool:
    """Tell whether the members of a cluster stand behind its head, by name: "các tỉnh Đông Nam Bộ"."""
    members = _MEMBERS.match(text, tokens[at - 1].end)
    return members is not None and any(c.isupper() for c in members[0])


def _cased(canonical: str, written: Sequence[_Token]) -> str:
    return (
        canonical
        if all(t.text.isupper() or not t.text.isalpha() for t in written)
        else " ".join(t.text for t in written)
    )


def _cluster_ok(tokens: Sequence[_Token], at: int, end: int, tail: _Parse) -> bool:
    numbered = any(_NUMBER.match(t.text) for t in tokens[end : tail.end])
    return numbered or (tokens[at].capital and tail.end > end)


def _tail(text: str, tokens: Sequence[_Token], at: int, classes: frozenset[str], depth: int) -> _Parse:
    """Read fields, nested bodies, numbers and places behind a head."""
    start, placed = at, False
    words: list[str] = []
    open_to_fields = bool(classes & {"field", "named", "ministry", "cluster"})
    while at < len(tokens) and not _broken(tokens, at):
        step = _place(tokens, at) or (None if placed else _number(tokens, at))
        step = (
            step
            or _region(tokens, at)
            or _second_place(tokens, at)
            or (_hamlet(tokens, at) if "hamlet" in classes else None)
        )
        body = _nested(text, tokens, at, depth, classes) if not placed else None
        field = _field(tokens, at) if body and open_to_fields and at == start else None
        if body and field and field.end > body.end:
            body = None  # "Cục Sở hữu trí tuệ" is no "Cục" of a "Sở"
        if body and body.end >= (step.end if step else at):
            words += body.words
            at = body.end
            break
        placed = placed or (step is not None and not _NUMBER.match(step.words[-1]))
        if step is None and open_to_fields and not placed:
            step = _field(tokens, at) if at == start or tokens[at].capital else None
            step = step or _abbreviation(tokens, at)
            step = step or _proper(tokens, at, classes) or _going_on(tokens, at, classes, started=at > start)
        if step is None and "alone" in classes and tokens[at].text in ("TNCS", "Cộng") and at == start:
            step = _capitals(tokens, at, 7)
        if step is None:
            step = _in_brackets(text, tokens, at, classes)
        if step is None:
            break
        words += step.words
        at = step.end
        if "national" in classes and " ".join(step.words).lower() in _NATIONAL:
            start, placed = _behind_about(tokens, at), False
            words += [t.text for t in tokens[at:start]]
            at = start
        open_to_fields = open_to_fields and "ministry" not in classes
        on = step.end < len(tokens) and (_place(tokens, step.end) or _second_place(tokens, step.end))
        if classes <= {"alone", "lower"} and not on:
            break
    return _Parse(at, tuple(words))


def _broken(tokens: Sequence[_Token], at: int) -> bool:
    """Three blanks stop a name, and a line's end, unless the next line, in capitals too, opens with a level: a header."""
    if at and tokens[at].start - tokens[at - 1].end >= 3:
        return True  # the other column of a letterhead
    if at == 0 or not tokens[at].fresh:
        return False
    header = tokens[at - 1].text.isupper() and tokens[at].text.isupper()
    pair = " ".join(t.text.lower() for t in tokens[at : at + 2])
    return not (header and (pair in _LEVELS or tokens[at].text.lower() in _LEVELS))


def _place(tokens: Sequence[_Token], at: int) -> _Parse | None:
    """Read "huyện Gò Dầu", "tỉnh", "TP.HCM", "Trung ương", or a known place without its level."""
    if at >= len(tokens):
        return None
    if tokens[at].text.replace(" ", "") in ("TP.HCM", "TPHCM"):
        return _Parse(at + 1, ("Thành phố Hồ Chí Minh",))
    pair = " ".join(t.text.lower() for t in tokens[at : at + 2])
    for count in (2, 1) if at + 1 < len(tokens) else (1,):
        lowered = pair if count == 2 else tokens[at].text.lower()
        if lowered in _SUFFIXES and (lowered != "nhà nước" or tokens[at].capital):
            return _Parse(at + count, (_suffix(" ".join(t.text for t in tokens[at : at + count])),))
        if lowered in _LEVELS and not (lowered == "thành" and count == 1):
            name = _place_name(tokens, at + count, small=lowered in _SMALL_LEVELS)
            level = _level_word(tokens[at : at + count])
            if name and tokens[at].text.isupper():
                name = _Parse(name.end, tuple(w.title() if w.isupper() else w for w in name.words))
            if name and level == "thành phố" and name.words == ("Hồ Chí Minh",):
                level = "Thành phố"  # so its official name
            return _Parse(name.end, (level, *name.words)) if name else _Parse(at + count, (level,))
    known = _longest(_place_trie(), tokens, at)
    return known if known and tokens[at].capital else None


def _region(tokens: Sequence[_Token], at: int) -> _Parse | None:
    """Read "khu vực III", "cơ sở 3", "chi nhánh tỉnh Kon Tum": how central bodies name their offices on the spot."""
    pair = " ".join(t.text.lower() for t in tokens[at : at + 2])
    if pair not in ("khu vực", "cơ sở", "chi nhánh") or at + 2 >= len(tokens):
        return None
    name = _number(tokens, at + 2) if pair != "chi nhánh" else None
    name = name or (_place(tokens, at + 2) if tokens[at + 2].capital or pair == "chi nhánh" else None)
    return _Parse(name.end, (*(t.text for t in tokens[at : at + 2]), *name.words)) if name else None


def _second_place(tokens: Sequence[_Token], at: int) -> _Parse | None:
    """Read "cấp cao tại Hà Nội" and "khu vực Bắc Quang - Quang Bình" on from the word before."""
    if at < 2 or at + 1 >= len(tokens):
        return None
    high = tokens[at].text == "tại" and tokens[at - 1].text.lower() == "cao"
    region = tokens[at].text in ("-", "–") and any(t.text.lower() == "vực" for t in tokens[max(0, at - 4) : at])
    name = _place_name(tokens, at + 1, small=False) if high or region else None
    return _Parse(name.end, (tokens[at].text, *name.words)) if name else None


def _hamlet(tokens: Sequence[_Token], at: int) -> _Parse | None:
    for count in (3, 2, 1):
        if " ".join(t.text.lower() for t in tokens[at : at + count]) in _HAMLETS:
            name = _number(tokens, at + count) or _place_name(tokens, at + count, small=True)
            return _Parse(name.end, (*(t.text for t in tokens[at : at + count]), *name.words)) if name else None
    return None


def _behind_about(tokens: Sequence[_Token], at: int) -> int:
    """Return where the field begins: "Ban Chỉ đạo Trung ương về phòng, chống tham nhũng"."""
    about = at + 1 < len(tokens) and tokens[at].text == "về" and _field(tokens, at + 1) is not None
    return at + 1 if about else at


def _level_word(tokens: Sequence[_Token]) -> str:
    written = " ".join(t.text for t in tokens)
    if written.upper().rstrip(".") == "TP":
        return "thành phố"
    return written.lower() if written.isupper() else written


def _suffix(written: str) -> str:
    """Write a national level as in official names: "Trung ương", "tối cao", "Việt Nam"."""
    if written.lower() in ("tối cao", "cấp cao"):
        return written.lower()
    if written.isupper() and " " in written:
        first, second = written.lower().split(" ", 1)
        return {"miền": f"miền {second.title()}", "việt": "Việt Nam"}.get(first, written.capitalize())
    return written


def _place_name(tokens: Sequence[_Token], at: int, *, small: bool) -> _Parse | None:
    known = _longest(_place_trie(), tokens, at)
    if known:
        return known
    if at < len(tokens) and (tokens[at].fresh or (tokens[at].text.isupper() and _opens_other(tokens, at))):
        return None
    if at < len(tokens) and re.fullmatch(r"\d{1,2}", tokens[at].text):
        return _Parse(at + 1, (tokens[at].text,))
    run = _capitals(tokens, at, 4)
    if run is None or (not small and len(run.words) > 3):
        return None
    person = run.words[0].title() in _families() and len(run.words) >= 3
    return None if person else run


def _opens_other(tokens: Sequence[_Token], at: int) -> bool:
    """Tell whether a word in capitals begins another body or a time: "UBND xã BCH …", "UBND TỈNH THÁNG 5"."""
    return tokens[at].text in ("THÁNG", "NĂM", "QUÝ", "NGÀY", "VỀ", "THEO", "TẠI") or _head_at(tokens, at) is not None


def _capitals(tokens: Sequence[_Token], at: int, most: int) -> _Parse | None:
    end = at
    while end < len(tokens) and end - at < most and tokens[end].capital and tokens[end].text.isalpha():
        apart = tokens[end].fresh or tokens[end].start != tokens[end - 1].end + 1
        if end > at and (apart or _head_at(tokens, end)):
            break
        end += 1
    return _Parse(end, tuple(t.text for t in tokens[at:end])) if end > at else None


def _number(tokens: Sequence[_Token], at: int) -> _Parse | None:
    counted = tokens[at].key == spelling_key("số")
    i = at + 1 if counted else at
    if i >= len(tokens) or not _NUMBER.match(tokens[i].text):
        return None
    following = tokens[i + 1].text if i + 1 < len(tokens) else ""
    if not counted and (following in ("/", "%", ".") and tokens[i].text.isdigit() and following != "."):
        return None
    if not counted and following.lower() in ("tháng", "năm", "đơn", "người", "cán", "ngày", "giờ", "quý", "cấp"):
        return None
    return _Parse(i + 1, tuple(t.text for t in tokens[at : i + 1]))


def _nested(text: str, tokens: Sequence[_Token], at: int, depth: int, classes: frozenset[str]) -> _Parse | None:
    head = _head_at(tokens, at)
    if head is None or "ministry" in classes:
        return None
    parse = _name(text, tokens, at, depth + 1)
    if parse is None and tokens[at].capital and head[1][0] in ("Bộ", "Sở", "Cục", "Tổng cục"):
        return _Parse(head[0], (head[1][0],))  # "Thanh tra Bộ", "Văn phòng Sở"
    return parse


def _field(tokens: Sequence[_Token], at: int) -> _Parse | None:
    return _longest(_field_trie(), tokens, at)


def _abbreviation(tokens: Sequence[_Token], at: int) -> _Parse | None:
    word = tokens[at].text
    if word in _expansions() or _CODE.fullmatch(word) or re.fullmatch(rf"[{UPPER}]+[&-][{UPPER}&,-]+", word):
        return _Parse(at + 1, (_expanded(word),))
    return None


def _proper(tokens: Sequence[_Token], at: int, classes: frozenset[str]) -> _Parse | None:
    """Read a capitalised word of a name that no list has, but no person's name after a unit."""
    if "ministry" in classes or not tokens[at].capital or not tokens[at].text[0].isalpha():
        return None
    run = _capitals(tokens, at, 6)
    if run is None or run.words[0] in _openers():
        return None
    person = run.words[0].title() in _families() and 2 <= len(run.words) <= 5
    named_after = any(t.text.title() in _families() for t in tokens[max(0, at - 4) : max(0, at - 1)])
    if "named" in classes and person and named_after and len(run.words) <= 4:
        return None
    if "named" in classes:
        run = _without_person(run)
    end = run.end
    if end < len(tokens) and tokens[end].text.islower() and tokens[end].start == tokens[end - 1].end + 1:
        pair = f"{tokens[end - 1].text} {tokens[end].text}".lower()
        if word_segmenter().knows(pair):  # a name never ends inside a word: "Cục Cơ sở …"
            run = _Parse(end + 1, (*run.words, tokens[end].text))
    if "named" not in classes and (person or (tokens[at].text.isupper() and len(tokens[at].text) > 6)):
        return None
    return run


def _without_person(run: _Parse) -> _Parse:
    """Leave out the person behind a name: "Trường THPT Lê Quý Đôn Vũ Đình Khoa"."""
    for k in range(2, len(run.words) - 1):
        if run.words[k].title() in _families() and run.words[0].title() in _families():
            return _Parse(run.end - len(run.words) + k, run.words[:k])
    return run


def _going_on(tokens: Sequence[_Token], at: int, classes: frozenset[str], *, started: bool) -> _Parse | None:
    """Read a lower-case word of work, alone or behind "và" or a dash, once the field has begun."""
    if not started:
        return None
    word = _word(tokens, at)
    if word or tokens[at].text not in _CONNECTORS or at + 1 >= len(tokens):
        return word
    follow = _word(tokens, at + 1)
    if tokens[at + 1].capital:
        follow = _second_half(tokens, at, classes)
    return _Parse(follow.end, (tokens[at].text, *follow.words)) if follow else None


def _second_half(tokens: Sequence[_Token], at: int, classes: frozenset[str]) -> _Parse | None:
    """Read the capitalised half of a field behind "và" or a dash: "Khoa học và Kỹ thuật", "Việt - Đức"."""
    if _head_at(tokens, at + 1) or "ministry" in classes:
        return None
    if tokens[at].text in ("-", "–", "&") and (field := _field(tokens, at + 1)):
        return field
    name = _capitals(tokens, at + 1, 2)
    spaced = tokens[at].start > tokens[at - 1].end
    if tokens[at].text in ("-", "–") and "named" in classes and name and spaced:
        return None if name.words[0].title() in _families() and name.end - at > 2 else name
    pair = " ".join(t.text.lower() for t in tokens[at + 1 : at + 3])
    if tokens[at].text != "và" or "coordinate" in classes or not word_segmenter().knows(pair):
        return None
    return (
        None
        if _longest(_place_trie(), tokens, at + 1)
        else _Parse(at + 3, tuple(t.text for t in tokens[at + 1 : at + 3]))
    )


def _word(tokens: Sequence[_Token], at: int) -> _Parse | None:
    """Read a word of `unit_words.txt`; one that may be the sentence's verb only before another word."""
    word = _longest(_word_trie(), tokens, at)
    if word is None or word.words[0].lower() not in _verbs():
        return word
    follow = _word(tokens, word.end) if word.end < len(tokens) else None
    return _Parse(follow.end, word.words + follow.words) if follow else None


def _in_brackets(text: str, tokens: Sequence[_Token], at: int, classes: frozenset[str]) -> _Parse | None:
    """Skip an abbreviation given inside the name: "Ủy ban nhân dân (UBND) tỉnh"."""
    if tokens[at].text != "(" or at + 3 >= len(tokens) or tokens[at + 2].text != ")":
        return None
    if not tokens[at + 1].text.isupper() or "\n" in text[tokens[at].start : tokens[at + 3].start]:
        return None
    return _place(tokens, at + 3)


def _coordinated(text: str, tokens: Sequence[_Token], at: int, head: str) -> tuple[list[Mention], int]:
    """Read the further fields of "Sở Nội vụ, Tài chính, Tư pháp": each a mention with its head in the norm."""
    found: list[Mention] = []
    if head not in ("Sở", "Bộ", "Phòng", "Vụ", "Cục"):
        return found, at
    while at + 1 < len(tokens) and tokens[at].text in (",", "và", ";", "&"):
        i = at + 1
        if _head_at(tokens, i) or not tokens[i].capital or "\n" in text[tokens[at].start : tokens[i].start]:
            break
        step = _field(tokens, i) or (_abbreviation(tokens, i) if tokens[i].text in _expansions() else None)
        if step is None:
            break
        closed = step.end == len(tokens) or tokens[step.end].text in (",", "và", ".", ";", ")", "…")
        last = tokens[at].text == "và" and found and not tokens[step.end].capital
        if not closed and not last:
            break
        found.append(_mention(text, tokens, i, step, f"{head} "))
        at = step.end
    return found, at


def _plain_list(
    text: str, tokens: Sequence[_Token], at: int, head: tuple[int, tuple[str, frozenset[str]]]
) -> Iterator[Mention]:
    """Read "các Sở: Nội vụ, Tài chính": the head of all stands before a colon."""
    end, (canonical, _) = head
    plural = at > 0 and (tokens[at - 1].text.lower() in _PLURAL or tokens[at - 1].text.isdigit())
    if not plural or end + 1 >= len(tokens) or tokens[end].text not in (":", ",", "("):
        return
    first = _field(tokens, end + 1)
    if tokens[end].text == "," or first is None or not tokens[end + 1].capital:
        return
    yield _mention(text, tokens, end + 1, first, f"{canonical} ")
    yield from _coordinated(text, tokens, first.end, canonical)[0]


def _defined(text: str, found: Sequence[Mention]) -> dict[str, str]:
    """Return the acronyms that the text defines behind a full name: "… (NHCSXH)"."""
    defined: dict[str, str] = {}
    for mention in found:
        match = _DEFINITION.match(text, mention.end)
        if match and mention.norm and (match[1] in _expansions() or sum(map(str.isupper, match[1])) >= 2):
            defined[match[1]] = mention.norm
    return defined


def _registered(text: str, tokens: Sequence[_Token]) -> Iterator[Mention]:
    """Find the names and aliases of the office's own file, as they are written there or all in capitals."""
    trie = _registered_trie()
    end = 0
    for at, token in enumerate(tokens) if trie.next else ():
        if token.start < end or token.key not in trie.next:
            continue
        node = trie
        for following in tokens[at : at + 24]:
            node = node.next.get(following.key, _NOTHING)
            if node.entry and " ".join(text[token.start : following.end].split()) in node.entry[1]:
                best = Mention(token.start, following.end, EntityType.UNIT, node.entry[0])
                end = following.end
            if node is _NOTHING:
                break
        if end > token.start:
            yield best


def _with_registered(found: Sequence[Mention], own: Sequence[Mention]) -> list[Mention]:
    """Put the office's names in: a longer name that was composed stays, what one overlaps or fills goes."""
    kept: list[Mention] = []
    taken: set[int] = set()
    for mention in own:
        over = [i for i, m in enumerate(found) if m.start < mention.end and m.end > mention.start]
        if any(found[i].end - found[i].start > mention.end - mention.start for i in over):
            continue
        taken.update(over)
        kept.append(mention)
    return sorted([*kept, *(m for i, m in enumerate(found) if i not in taken)], key=lambda m: m.start)


def _acronyms(tokens: Sequence[_Token], found: Sequence[Mention], defined: dict[str, str]) -> list[Mention]:
    """Find the bare uses of defined acronyms outside the mentions already found."""
    starts = {m.start: m for m in found}
    out: list[Mention] = []
    covered = 0
    for token in tokens:
        if token.start in starts:
            covered = starts[token.start].end
        if token.text in defined and token.start >= covered:
            out.append(Mention(token.start, token.end, EntityType.UNIT, defined[token.text]))
    return out


def _one_norm_each(text: str, found: Sequence[Mention]) -> list[Mention]:
    """Give "Khối II" the norm of "Khối thi đua số II" where the text has one such body."""
    full: dict[tuple[str, str], set[str]] = {}
    for mention in found:
        words = mention.of(text).split()
        if words[0].lower() in ("khối", "cụm") and len(words) > 3 and words[-2] == "số" and mention.norm:
            full.setdefault((words[0].lower(), words[-1]), set()).add(mention.norm[0].upper() + mention.norm[1:])
    out: list[Mention] = []
    for mention in found:
        words = mention.of(text).split()
        names = full.get((words[0].lower(), words[-1]), set())
        norm = next(iter(names)) if len(names) == 1 else mention.norm
        out.append(Mention(mention.start, mention.end, mention.type, norm))
    return out


def _longest(trie: _Node, tokens: Sequence[_Token], at: int) -> _Parse | None:
    node, best = trie, None
    for i in range(at, min(len(tokens), at + 16)):
        key = "-" if tokens[i].text in ("–", "—") else tokens[i].key
        following = node.next.get(key)
        if following is None:
            break
        node = following
        if node.entry:
            best = i + 1, node.entry[0]
    if best is None:
        return None
    return _Parse(best[0], (_cased(best[1], tokens[at : best[0]]),))


def _expanded(word: str) -> str:
    return _expansions().get(word, word)


def _trie(entries: Iterator[tuple[str, frozenset[str]]]) -> _Node:
    root = _Node()
    for name, classes in entries:
        node = root
        for token in _tokens(name):
            node = node.next.setdefault("-" if token.text in ("–", "—") else token.key, _Node())
        node.entry = node.entry or (name, classes)
    return root


@cache
def _registered_trie() -> _Node:
    root = _Node()
    for written, name in registered():
        node = root
        for token in _tokens(written):
            node = node.next.setdefault(token.key, _Node())
        forms = node.entry[1] if node.entry and node.entry[0] == name else frozenset()
        node.entry = name, forms | {written, written.upper()}
    return root


@cache
def _heads() -> _Node:
    return _trie((row[0], frozenset(row[1].split())) for row in rows("unit_heads.tsv"))


@cache
def _field_trie() -> _Node:
    return _trie((row[0], frozenset()) for row in rows("unit_fields.txt"))


@cache
def _word_trie() -> _Node:
    return _trie((row[0], frozenset()) for row in rows("unit_words.txt"))


@cache
def _verbs() -> frozenset[str]:
    return frozenset(row[0] for row in rows("unit_words.txt") if len(row) > 1)


@cache
def _place_trie() -> _Node:
    return _trie((row[0], frozenset()) for row in rows("places.tsv"))


@cache
def _expansions() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("unit_abbreviations.tsv")}


@cache
def _families() -> frozenset[str]:
    return frozenset(row[0] for row in rows("family_names.tsv") if row[1] != "weak")


@cache
def _openers() -> frozenset[str]:
    return frozenset(row[1].split()[0] for row in rows("person_context.tsv") if row[0] == "opener") - {
        "Thanh",
        "Công",
    }
