"""Units: named bodies, found by composition rather than from a closed list.

A name is a head ("Sở", "Chi cục", "UBND"), then what the head calls for: a field of work, another body,
a level with its place, a number (`names`, `places`). The words and classes of heads stand in
`models/gazetteers/unit_*` (`lexicon`). This module says which names of a text are mentions, and their norms:
a parent behind a comma or "của" is a mention of its own; a person's name after a unit is no part of it.
"""

import re
from collections.abc import Iterator, Sequence

from baocao.pipeline.tag import Mention
from baocao.pipeline.tag.lexicon import Head, Parse, Token, expanded, expansions, heads, tokenise
from baocao.pipeline.tag.names import MEMBERS, abbreviation_at, field_at, head_at, name_at
from baocao.pipeline.tag.places import LEVELS, NUMBER
from baocao.pipeline.tag.registry import find_registered
from baocao.pipeline.words import word_segmenter
from baocao.report import EntityType
from baocao.text import fold, spelling_key

_DEFINITION = re.compile(r"\s*\((?:gọi tắt là |sau đây gọi là |viết tắt là )?([^\W\d_][\w&-]{1,14})\)")
_SEVERAL = frozenset(map(spelling_key, ("các", "những", "từng", "mỗi")))
_COUNCILS = frozenset(("HĐND", "UBND", "Hội đồng nhân dân", "Ủy ban nhân dân"))
_SHARERS = (*_COUNCILS, "UBMTTQ", "MTTQ", "Ủy ban MTTQ", "Ủy ban Mặt trận")
_PLURAL = frozenset(["các", "những", "nhiều", "hai", "ba", "bốn", "năm", "sáu"])
_SPREAD = re.compile(
    r"\s+(?:ở |tại |thuộc )?(?:các|những|nhiều|một số|\d{1,2}(?=\s\w+(?:\s\w+)?,))\s+(?:tỉnh|huyện|xã|quận|phường|cấp|địa phương|thành phố|bộ)\b",
    re.I,
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


def find_units(text: str) -> list[Mention]:
    """Return every UNIT mention of `text`, in order, disjoint, with its norm."""
    tokens = tokenise(text)
    found = _with_registered(list(_names(text, tokens)), list(find_registered(text, tokens)))
    defined = _defined(text, found)
    found = [Mention(m.start, m.end, m.type, defined.get(m.of(text), m.norm)) for m in found] + _acronyms(
        tokens, found, defined
    )
    return _one_norm_each(text, sorted(found, key=lambda m: m.start))


def _names(text: str, tokens: Sequence[Token]) -> Iterator[Mention]:
    opening = heads().next
    at = 0
    while at < len(tokens):
        if tokens[at].key not in opening:
            at += 1
            continue
        head = head_at(tokens, at)
        if (head and (_is_office(tokens, at, head) or _opens_word(tokens, at, head[0]))) or _inside_word(tokens, at):
            at += 1
            continue
        parse = head and name_at(text, tokens, at, 0)
        if not head or not parse:
            if head:
                yield from _plain_list(text, tokens, at, head)
                yield from _sharing(text, tokens, at, head)
            at += 1
            continue
        parse = None if _many(tokens, at, parse, head) else _spread(text, tokens, at, parse, head[1][1])
        if parse is None:
            at = head[0]
            continue
        yield _mention(text, tokens, at, parse)
        coordinated, at = _coordinated(text, tokens, parse.end, head[1][0])
        yield from coordinated


def _is_office(tokens: Sequence[Token], at: int, head: Head) -> bool:
    """Tell whether a head is part of an office: "Chánh Thanh tra Bộ Tư pháp", "Phó Ban Thường trực"."""
    inner = head_at(tokens, head[0])
    office = head[1][0] == "Thanh tra" and at > 0 and tokens[at - 1].text.lower() == "chánh"
    if head[1][0] == "Thường trực" and at and tokens[at - 1].key in _BEFORE_STANDING:
        return True  # "Phó Bí thư Thường trực Tỉnh ủy"
    if head[1][0] == "Thường trực" and inner and inner[1][0] == "Ban Bí thư":
        return True
    member = head[0] < len(tokens) and tokens[head[0]].text == "viên"  # "Tỉnh ủy viên"
    standing = " ".join(t.key for t in tokens[head[0] : head[0] + 2]) == spelling_key("thường trực")
    leading = head[0] < len(tokens) and tokens[head[0]].key == spelling_key("trưởng")
    return member or standing or leading or bool(office and inner and inner[1][0] in ("Bộ", "Sở", "Tổng cục", "Cục"))


def _inside_word(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a head in capitals is the end of another word: "CỘNG HÒA XÃ HỘI …", "CÁN BỘ"."""
    before = tokens[at - 1].text if at else ""
    return before.isupper() and f"{before} {tokens[at].text}".lower() in _WORDS_WITH_HEADS


def _opens_word(tokens: Sequence[Token], at: int, end: int) -> bool:
    """Tell whether a head in capitals is the begin of another word: "BÁO CÁO", "BAN HÀNH", "TỔ CHỨC"."""
    if end != at + 1 or end >= len(tokens) or not (tokens[at].text.isupper() and tokens[end].text.isupper()):
        return False
    pair = f"{tokens[at].text} {tokens[end].text}".lower()
    return field_at(tokens, end) is None and head_at(tokens, end) is None and word_segmenter().knows(pair)


def _spread(text: str, tokens: Sequence[Token], at: int, parse: Parse, classes: frozenset[str]) -> Parse | None:
    """Drop "Thanh tra Sở Du lịch các tỉnh" (many bodies); a cluster takes its members in."""
    following = text[tokens[parse.end - 1].end : tokens[parse.end - 1].end + 60]
    if not _SPREAD.match(following):
        return parse
    if "cluster" not in classes:
        return None
    members = MEMBERS.match(following)
    limit = tokens[parse.end - 1].end + (members.end() if members else 0)
    end = parse.end
    while end < len(tokens) and tokens[end].end <= limit:
        end += 1
    return Parse(
        end,
        (*parse.words, text[tokens[parse.end].start : tokens[end - 1].end]) if end > parse.end else parse.words,
    )


def _many(tokens: Sequence[Token], at: int, parse: Parse, head: Head) -> bool:
    """Tell whether "các" makes a name many bodies: "các Phòng giao dịch NHCSXH huyện", but no list of names."""
    if not at or tokens[at - 1].key not in _SEVERAL or "cluster" in head[1][1] or parse.end == head[0]:
        return False
    nested = any(head_at(tokens, i) for i in range(head[0] + 1, parse.end))
    listed = parse.end < len(tokens) and tokens[parse.end].text in (",", "và", ";", ":", "&", "-", "–", "(")
    return tokens[parse.end - 1].text.lower() in LEVELS or (nested and not listed)


def _sharing(text: str, tokens: Sequence[Token], at: int, head: Head) -> Iterator[Mention]:
    """Read the first of "HĐND, UBND tỉnh": the level of the last is the level of all."""
    end, follow = head[0], head[0] + 1
    if "level" not in head[1][1] or head[1][0] not in _COUNCILS or follow >= len(tokens):
        return
    if tokens[end].text not in (",", "và", "-", "–", "&") or "\n" in text[tokens[at].start : tokens[follow].start]:
        return
    other = head_at(tokens, follow)
    whole = name_at(text, tokens, follow, 0)
    while other and not whole and other[1][0] in _COUNCILS and other[0] + 1 < len(tokens):
        if tokens[other[0]].text not in (",", "và", "-", "–", "&"):
            return
        follow = other[0] + 1
        other, whole = head_at(tokens, follow), name_at(text, tokens, follow, 0)
    if other is None or whole is None or not other[1][0].startswith(_SHARERS):
        return
    if whole.end == other[0]:
        return
    at_place = next((i for i in range(other[0], whole.end) if tokens[i].text.lower() in LEVELS), None)
    if at_place is None:
        return
    level = " ".join(t.text for t in tokens[at_place : whole.end])
    alone = _mention(text, tokens, at, Parse(end, (head[1][0],)))
    yield Mention(alone.start, alone.end, alone.type, f"{alone.norm} {level}")


def _mention(text: str, tokens: Sequence[Token], at: int, parse: Parse, lead: str = "") -> Mention:
    start, end = tokens[at].start, tokens[parse.end - 1].end
    written = text[start:end]
    name = " ".join(parse.words)
    name = " ".join(expanded(word) for word in name.split(" "))
    if written.isupper() and " " in written:
        name = _calmed(name)
    if "–" in written:
        name = name.replace(" - ", " – ")
    changed = lead or written.isupper() or any(t.text in expansions() for t in tokens[at : parse.end])
    norm = lead + (name if changed else " ".join(written.split()))
    norm = re.sub(r"\s*\([^)]*\)", "", re.sub(r"\s+([,)])", r"\1", norm))
    norm = norm.replace("uỷ", "ủy").replace("Uỷ", "Ủy").replace("Ban chấp hành", "Ban Chấp hành")
    return Mention(start, end, EntityType.UNIT, norm[0].upper() + norm[1:])


def _calmed(name: str) -> str:
    """Write what is still in capitals as names are written: "TRUYỀN THỐNG SÔNG HỒNG" → "Truyền thống Sông Hồng"."""
    out: list[str] = []
    for word in name.split(" "):
        if len(word) < 2 or not word.isupper() or not word.isalpha() or NUMBER.match(word):
            out.append(word)
        elif out and word_segmenter().knows(f"{out[-1]} {word}".lower()):
            out.append(word.lower())
        else:
            out.append(word.title() if any(c in "AEIOUYĂÂÊÔƠƯ" for c in fold(word).upper()) else word)
    return " ".join(out)


def _coordinated(text: str, tokens: Sequence[Token], at: int, head: str) -> tuple[list[Mention], int]:
    """Read the further fields of "Sở Nội vụ, Tài chính, Tư pháp": each a mention with its head in the norm."""
    found: list[Mention] = []
    if head not in ("Sở", "Bộ", "Phòng", "Vụ", "Cục"):
        return found, at
    while at + 1 < len(tokens) and tokens[at].text in (",", "và", ";", "&"):
        i = at + 1
        if head_at(tokens, i) or not tokens[i].capital or "\n" in text[tokens[at].start : tokens[i].start]:
            break
        step = field_at(tokens, i) or (abbreviation_at(tokens, i) if tokens[i].text in expansions() else None)
        if step is None:
            break
        closed = step.end == len(tokens) or tokens[step.end].text in (",", "và", ".", ";", ")", "…")
        last = tokens[at].text == "và" and found and not tokens[step.end].capital
        if not closed and not last:
            break
        found.append(_mention(text, tokens, i, step, f"{head} "))
        at = step.end
    return found, at


def _plain_list(text: str, tokens: Sequence[Token], at: int, head: Head) -> Iterator[Mention]:
    """Read "các Sở: Nội vụ, Tài chính": the head of all stands before a colon."""
    end, (canonical, _) = head
    plural = at > 0 and (tokens[at - 1].text.lower() in _PLURAL or tokens[at - 1].text.isdigit())
    if not plural or end + 1 >= len(tokens) or tokens[end].text not in (":", ",", "("):
        return
    first = field_at(tokens, end + 1)
    if tokens[end].text == "," or first is None or not tokens[end + 1].capital:
        return
    yield _mention(text, tokens, end + 1, first, f"{canonical} ")
    yield from _coordinated(text, tokens, first.end, canonical)[0]


def _defined(text: str, found: Sequence[Mention]) -> dict[str, str]:
    """Return the acronyms that the text defines behind a full name: "… (NHCSXH)"."""
    defined: dict[str, str] = {}
    for mention in found:
        match = _DEFINITION.match(text, mention.end)
        if (
            match
            and mention.norm
            and not _of_a_part(match[1], mention.norm)
            and (match[1] in expansions() or sum(map(str.isupper, match[1])) >= 2)
        ):
            defined[match[1]] = mention.norm
    return defined


def _of_a_part(acronym: str, name: str) -> bool:
    """Tell whether an acronym is of a name's end only: "Bộ Giáo dục và Đào tạo (GDĐT)"."""
    initials = "".join(word[0] for word in name.upper().split() if word not in ("VÀ", "-", "–"))
    return not initials.startswith(acronym[0]) and initials.endswith(acronym)


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


def _acronyms(tokens: Sequence[Token], found: Sequence[Mention], defined: dict[str, str]) -> list[Mention]:
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
