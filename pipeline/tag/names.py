"""One name of a body, read from its head: fields of work, nested bodies, numbers and places behind it."""

import re
from collections.abc import Sequence

from baocao.pipeline.tag.lexicon import (
    Head,
    Parse,
    Token,
    cased,
    expanded,
    expansions,
    families,
    going_on_words,
    heads,
    known_fields,
    known_places,
    longest,
    longest_head,
    openers,
    verbs,
)
from baocao.pipeline.tag.places import (
    LEVELS,
    NUMBER,
    capitals_at,
    hamlet_at,
    number_at,
    place_at,
    region_at,
    second_place_at,
)
from baocao.pipeline.words import word_segmenter
from baocao.text import UPPER, spelling_key

_NATIONAL = ("quốc gia", "trung ương", "tw")
_LISTING = ("Sở", "Bộ", "Phòng", "Vụ", "Cục", "Ban", "Hội")  # their fields behind commas are bodies of their own
_LEADER = spelling_key("trưởng")
_CODE = re.compile(r"P[A-Z]\d{2}")  # "Phòng PC06": how the police number their divisions
_CONNECTORS = frozenset(("và", "-", "–", "&"))
MEMBERS = re.compile(
    rf"\s+các tỉnh(?:, thành phố)?(?:\s+trực thuộc Trung ương|(?:\s+[{UPPER}][^\W\d_]*){{1,4}}(?:\s+[Bb]ộ)?)?"
)


def head_at(tokens: Sequence[Token], at: int) -> Head | None:
    """Return where the longest head at `at` ends, and its entry; lower case only before a place or a level."""
    best = longest_head(tokens, at)
    if best is None and at and tokens[at - 1].key == _LEADER and tokens[at].text in ("ban", "phòng"):
        return _led(tokens, at)
    if best and not tokens[at].capital and "named" in best[1][1]:
        return best if best[0] < len(tokens) and tokens[best[0]].capital and not tokens[best[0]].fresh else None
    if best and not tokens[at].capital and "alone" not in best[1][1] and "cluster" not in best[1][1]:
        return best if place_at(tokens, best[0]) or "level" in best[1][1] else None
    return best


def _led(tokens: Sequence[Token], at: int) -> Head | None:
    """Read the head of "Trưởng ban Dân vận Trung ương", in lower case before a field in capitals."""
    entry = heads().next[tokens[at].key].entry
    named = at + 1 < len(tokens) and tokens[at + 1].capital and not tokens[at + 1].fresh
    return (at + 1, entry) if entry and named and field_at(tokens, at + 1) else None


def name_at(text: str, tokens: Sequence[Token], at: int, depth: int) -> Parse | None:
    """Read a whole name at `at`, or None where the head stands alone and may not."""
    head = head_at(tokens, at)
    if head is None or depth > 4:
        return None
    end, (canonical, classes) = head
    written = tokens[at].text
    one = expanded(written) if written in expansions() or not written.isupper() else canonical
    words = (one if end == at + 1 else cased(canonical, tokens[at:end]),)
    if canonical == "THPT" and not (end < len(tokens) and tokens[end].capital):
        return None  # "tốt nghiệp THPT 97 %"
    tail = _tail(text, tokens, end, classes, depth)
    listed = "cluster" in classes and _members_at(text, tokens, end)
    if "cluster" in classes and not listed and not _cluster_ok(tokens, at, end, tail):
        return None
    if tail.end == end and "alone" not in classes and not listed:
        return None
    if classes & {"level", "number"} and "alone" not in classes and not tail.words:
        return None
    return Parse(tail.end, words + tail.words)


def _members_at(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Tell whether the members of a cluster stand behind its head, by name: "các tỉnh Đông Nam Bộ"."""
    members = MEMBERS.match(text, tokens[at - 1].end)
    return members is not None and any(c.isupper() for c in members[0])


def _cluster_ok(tokens: Sequence[Token], at: int, end: int, tail: Parse) -> bool:
    numbered = any(NUMBER.match(t.text) for t in tokens[end : tail.end])
    return numbered or (tokens[at].capital and tail.end > end)


def _tail(text: str, tokens: Sequence[Token], at: int, classes: frozenset[str], depth: int) -> Parse:
    """Read fields, nested bodies, numbers and places behind a head."""
    start, placed = at, False
    words: list[str] = []
    open_to_fields = bool(classes & {"field", "named", "ministry", "cluster"})
    while at < len(tokens) and not _broken(tokens, at):
        step = place_at(tokens, at) or (None if placed else number_at(tokens, at))
        step = (
            step
            or region_at(tokens, at)
            or second_place_at(tokens, at)
            or (hamlet_at(tokens, at) if "hamlet" in classes else None)
        )
        body = _nested(text, tokens, at, depth, classes) if not placed else None
        field = field_at(tokens, at) if body and open_to_fields and at == start else None
        if body and field and field.end > body.end:
            body = None  # "Cục Sở hữu trí tuệ" is no "Cục" of a "Sở"
        if body and body.end >= (step.end if step else at):
            words += body.words
            at = body.end
            break
        placed = placed or (step is not None and not NUMBER.match(step.words[-1]))
        if step is None and open_to_fields and not placed:
            step = field_at(tokens, at) if at == start or tokens[at].capital else None
            step = step or abbreviation_at(tokens, at)
            step = step or _proper(tokens, at, classes) or _going_on(tokens, at, classes, started=at > start)
            step = step or (_lower_kind(tokens, at) if "named" in classes and at == start else None)
        if step is None and "alone" in classes and tokens[at].text in ("TNCS", "Cộng") and at == start:
            step = capitals_at(tokens, at, 7)
        if step is None and open_to_fields and not placed and at > start:
            step = _joined_fields(tokens, start, at)
        if step is None and "named" in classes:
            step = _company_form(tokens, at) or (_day(tokens, at) if words or tokens[start - 1].text != "Hội" else None)
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
        on = step.end < len(tokens) and any(read(tokens, step.end) for read in (place_at, second_place_at, region_at))
        if classes <= {"alone", "lower"} and not on:
            break
    return Parse(at, tuple(words))


def _broken(tokens: Sequence[Token], at: int) -> bool:
    """Three blanks stop a name, and a line's end, unless the next line, in capitals too, opens with a level: a header."""
    if at and tokens[at].start - tokens[at - 1].end >= 3:
        return True  # the other column of a letterhead
    if at == 0 or not tokens[at].fresh:
        return False
    header = tokens[at - 1].text.isupper() and tokens[at].text.isupper()
    pair = " ".join(t.text.lower() for t in tokens[at : at + 2])
    return not (header and (pair in LEVELS or tokens[at].text.lower() in LEVELS))


def _behind_about(tokens: Sequence[Token], at: int) -> int:
    """Return where the field begins: "Ban Chỉ đạo Trung ương về phòng, chống tham nhũng"."""
    about = at + 1 < len(tokens) and tokens[at].text == "về" and field_at(tokens, at + 1) is not None
    return at + 1 if about else at


def _nested(text: str, tokens: Sequence[Token], at: int, depth: int, classes: frozenset[str]) -> Parse | None:
    head = head_at(tokens, at)
    if head is None or "ministry" in classes:
        return None
    parse = name_at(text, tokens, at, depth + 1)
    if parse is None and tokens[at].capital and head[1][0] in ("Bộ", "Sở", "Cục", "Tổng cục"):
        return Parse(head[0], (head[1][0],))  # "Thanh tra Bộ", "Văn phòng Sở"
    return parse


def field_at(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read a field of work: "Nội vụ", "Khoa học và Công nghệ"."""
    return longest(known_fields(), tokens, at)


def abbreviation_at(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read an abbreviated field: "TN&MT", "PC06"."""
    word = tokens[at].text
    if word in expansions() or _CODE.fullmatch(word) or re.fullmatch(rf"[{UPPER}]+[&-][{UPPER}&,-]+", word):
        return Parse(at + 1, (expanded(word),))
    return None


def _proper(tokens: Sequence[Token], at: int, classes: frozenset[str]) -> Parse | None:
    """Read a capitalised word of a name that no list has, but no person's name after a unit."""
    if "ministry" in classes or not tokens[at].capital or not tokens[at].text[0].isalpha():
        return None
    if "named" not in classes and (head := longest_head(tokens, at)) and head[0] > at + 1:
        return None  # "Thường trực Đảng ủy": a bare body that no name is
    run = capitals_at(tokens, at, 6)
    if run is None or _opens_sentence(tokens, at):
        return None
    person = run.words[0].title() in families() and 2 <= len(run.words) <= 5
    named_after = any(t.text.title() in families() for t in tokens[max(0, at - 4) : max(0, at - 1)])
    if "named" in classes and person and named_after and len(run.words) <= 4:
        return None
    if "named" in classes:
        run = _without_person(run)
    end = run.end
    if end < len(tokens) and tokens[end].text.islower() and tokens[end].start == tokens[end - 1].end + 1:
        pair = f"{tokens[end - 1].text} {tokens[end].text}".lower()
        if word_segmenter().knows(pair) or (
            end - 2 >= at and word_segmenter().knows(f"{tokens[end - 2].text} {pair}".lower())
        ):  # a name never ends inside a word: "Cục Cơ sở …"
            run = Parse(end + 1, (*run.words, tokens[end].text))
    if "named" not in classes and (person or (tokens[at].text.isupper() and len(tokens[at].text) > 6)):
        return None
    return run


def _opens_sentence(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word in capitals, or with the next one, opens a sentence: "Theo", "Phát biểu", not "Phát triển"."""
    return not openers().isdisjoint((tokens[at].text, " ".join(t.text for t in tokens[at : at + 2])))


def _day(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read the day that a school or farm is called after: "Trường Mầm non 19/5"."""
    written = [t.text for t in tokens[at : at + 3]]
    day = len(written) == 3 and written[1] in ("/", "-") and written[0].isdigit() and written[2].isdigit()
    whole = day and int(written[0]) <= 31 and int(written[2]) <= 12 and tokens[at].end == tokens[at + 1].start
    return Parse(at + 3, ("".join(written),)) if whole and tokens[at + 1].end == tokens[at + 2].start else None


def _company_form(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read the form of a company behind its name: "… Việt Nam - CTCP", "… - Chi nhánh An Giang"."""
    if tokens[at].text in ("-", "–") and at + 2 < len(tokens) and tokens[at + 2].text.lower() == "nhánh":
        branch = region_at(tokens, at + 1)
        return Parse(branch.end, (tokens[at].text, *branch.words)) if branch else None
    form = tokens[at].text in ("-", "–") and at + 1 < len(tokens) and tokens[at + 1].text in ("CTCP", "JSC")
    return Parse(at + 2, (tokens[at].text, tokens[at + 1].text)) if form else None


def _without_person(run: Parse) -> Parse:
    """Leave out the person behind a name: "Trường THPT Lê Quý Đôn Vũ Đình Khoa"."""
    for k in range(2, len(run.words) - 1):
        if run.words[k].title() in families() and run.words[0].title() in families():
            return Parse(run.end - len(run.words) + k, run.words[:k])
    return run


def _going_on(tokens: Sequence[Token], at: int, classes: frozenset[str], *, started: bool) -> Parse | None:
    """Read a lower-case word of work, alone or behind "và" or a dash, once the field has begun."""
    if not started:
        return None
    word = _word(tokens, at)
    if word or tokens[at].text not in _CONNECTORS or at + 1 >= len(tokens):
        return word
    follow = _word(tokens, at + 1)
    if tokens[at + 1].capital:
        follow = _second_half(tokens, at, classes)
    return Parse(follow.end, (tokens[at].text, *follow.words)) if follow else None


def _lower_kind(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read the kind in lower case before the name: "HTX chè Hảo Đạt", "Câu lạc bộ thơ tỉnh Bình Phước"."""
    word = longest(going_on_words(), tokens, at)
    while word and word.end < len(tokens) and (more := longest(going_on_words(), tokens, word.end)):
        word = Parse(more.end, word.words + more.words)
    if word is None or word.end >= len(tokens) or tokens[at].capital:
        return None
    place = place_at(tokens, word.end)
    named = tokens[word.end].capital and tokens[word.end].text.isalpha() and not longest_head(tokens, word.end)
    return word if named or (place and len(place.words) > 1) else None


def _joined_fields(tokens: Sequence[Token], start: int, at: int) -> Parse | None:
    """Read on over commas to the last field before a place: "Chi cục Biển, Hải đảo và Thủy sản tỉnh Quảng Trị"."""
    if tokens[start - 1].text in _LISTING or tokens[start - 1].text.isupper():
        return None
    i, plain, last = at, 0, False
    while i < min(len(tokens), at + 18) and not tokens[i].fresh:
        if tokens[i].text in (",", "và"):
            joined = i + 1 < len(tokens) and tokens[i + 1].capital and not longest_head(tokens, i + 1)
            if last or not joined or tokens[i + 1].text.title() in families():
                return None
            last, plain = tokens[i].text == "và", -1
        elif (
            last and plain > 0 and (place := place_at(tokens, i)) and (len(place.words) > 1 or tokens[i].text in LEVELS)
        ):
            return Parse(i, tuple(t.text for t in tokens[at:i]))
        elif not tokens[i].text.isalpha() or (tokens[i].capital and plain >= 0 and plain > 2):
            return None
        plain += 1
        if plain > 5:
            return None
        i += 1
    return None


def _second_half(tokens: Sequence[Token], at: int, classes: frozenset[str]) -> Parse | None:
    """Read the capitalised half of a field behind "và" or a dash: "Khoa học và Kỹ thuật", "Việt - Đức"."""
    if head_at(tokens, at + 1) or "ministry" in classes:
        return None
    if (tokens[at].text in ("-", "–", "&") or "named" in classes) and (field := field_at(tokens, at + 1)):
        return field
    name = capitals_at(tokens, at + 1, 2)
    spaced = tokens[at].start > tokens[at - 1].end
    if tokens[at].text in ("-", "–") and "named" in classes and name and spaced:
        return None if name.words[0].title() in families() and name.end - at > 2 else name
    pair = " ".join(t.text.lower() for t in tokens[at + 1 : at + 3])
    if tokens[at].text != "và" or "coordinate" in classes or not word_segmenter().knows(pair):
        return None
    return (
        None
        if longest(known_places(), tokens, at + 1)
        else Parse(at + 3, tuple(t.text for t in tokens[at + 1 : at + 3]))
    )


def _word(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read a word of `unit_words.txt`; one that may be the sentence's verb only before another word."""
    word = longest(going_on_words(), tokens, at)
    if word is None or word.words[0].lower() not in verbs():
        return word
    follow = _word(tokens, word.end) if word.end < len(tokens) else None
    return Parse(follow.end, word.words + follow.words) if follow else None


def _in_brackets(text: str, tokens: Sequence[Token], at: int, classes: frozenset[str]) -> Parse | None:
    """Skip an abbreviation given inside the name: "Ủy ban nhân dân (UBND) tỉnh"."""
    if tokens[at].text != "(" or at + 3 >= len(tokens) or tokens[at + 2].text != ")":
        return None
    if not tokens[at + 1].text.isupper() or "\n" in text[tokens[at].start : tokens[at + 3].start]:
        return None
    return place_at(tokens, at + 3)
