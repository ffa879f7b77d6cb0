"""Where a body is: levels with their places, regions and offices on the spot, hamlets, numbers."""

import re
from collections.abc import Sequence

from baocao.pipeline.tag.lexicon import Parse, Token, families, known_fields, known_places, longest, longest_head
from baocao.text import spelling_key

LEVELS = ("tỉnh", "thành phố", "thành", "tp", "tp.", "quận", "huyện", "thị xã", "tx", "tx.", "thị trấn", "xã",
           "phường", "đặc khu", "q.", "p.", "h.", "x.", "tt.")  # fmt: skip
_SMALL_LEVELS = frozenset(("xã", "phường", "thị trấn", "đặc khu", "p.", "x.", "tt."))
_SUFFIXES = frozenset(("trung ương", "việt nam", "quốc gia", "nhà nước", "tw", "toàn quốc", "vn", "tối cao", "cấp cao",
                       "miền bắc", "miền trung", "miền nam"))  # fmt: skip
_ON_THE_SPOT = ("khu vực", "cơ sở", "chi nhánh", "liên huyện", "liên quận", "liên xã")
_HAMLETS = ("thôn", "bản", "ấp", "buôn", "xóm", "khóm", "khu phố", "tổ dân phố", "khu dân cư", "tiểu khu")
NUMBER = re.compile(r"(?:\d{1,3}[A-Z]?|[IVX]{1,5})$")


def place_at(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read "huyện Gò Dầu", "tỉnh", "TP.HCM", "Trung ương", or a known place without its level."""
    if at >= len(tokens):
        return None
    if tokens[at].text.replace(" ", "") in ("TP.HCM", "TPHCM"):
        return Parse(at + 1, ("Thành phố Hồ Chí Minh",))
    pair = " ".join(t.text.lower() for t in tokens[at : at + 2])
    for count in (2, 1) if at + 1 < len(tokens) else (1,):
        lowered = pair if count == 2 else tokens[at].text.lower()
        if lowered in _SUFFIXES and (lowered != "nhà nước" or tokens[at].capital):
            return Parse(at + count, (_suffix(" ".join(t.text for t in tokens[at : at + count])),))
        if lowered in LEVELS and not (lowered == "thành" and count == 1):
            name = _place_name(tokens, at + count, small=lowered in _SMALL_LEVELS)
            level = _level_word(tokens[at : at + count])
            if name and tokens[at].text.isupper():
                name = Parse(name.end, tuple(w.title() if w.isupper() else w for w in name.words))
            if name and level == "thành phố" and name.words == ("Hồ Chí Minh",):
                level = "Thành phố"  # so its official name
            return Parse(name.end, (level, *name.words)) if name else Parse(at + count, (level,))
    known = longest(known_places(), tokens, at)
    return known if known and tokens[at].capital else None


def region_at(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read "khu vực III", "cơ sở 3", "chi nhánh tỉnh Kon Tum": how central bodies name their offices on the spot."""
    pair = " ".join(t.text.lower() for t in tokens[at : at + 2])
    if pair not in _ON_THE_SPOT or at + 2 >= len(tokens):
        return None
    name = number_at(tokens, at + 2) if pair in ("khu vực", "cơ sở") else None
    name = name or (place_at(tokens, at + 2) if tokens[at + 2].capital or pair == "chi nhánh" else None)
    return Parse(name.end, (*(t.text for t in tokens[at : at + 2]), *name.words)) if name else None


def second_place_at(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read "cấp cao tại Hà Nội" and "khu vực Bắc Quang - Quang Bình" on from the word before."""
    if at < 2 or at + 1 >= len(tokens):
        return None
    high = tokens[at].text == "tại" and tokens[at - 1].text.lower() == "cao"
    before = [t.text.lower() for t in tokens[max(0, at - 4) : at]]
    between = "liên" in before and before[before.index("liên") + 1 :][:1] in (["huyện"], ["quận"], ["xã"])
    region = tokens[at].text in ("-", "–") and ("vực" in before or between)
    name = _place_name(tokens, at + 1, small=False) if high or region else None
    return Parse(name.end, (tokens[at].text, *name.words)) if name else None


def hamlet_at(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read "thôn Đoài", "tổ dân phố số 4"."""
    for count in (3, 2, 1):
        if " ".join(t.text.lower() for t in tokens[at : at + count]) in _HAMLETS:
            name = number_at(tokens, at + count) or _place_name(tokens, at + count, small=True)
            return Parse(name.end, (*(t.text for t in tokens[at : at + count]), *name.words)) if name else None
    return None


def _level_word(tokens: Sequence[Token]) -> str:
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


def _place_name(tokens: Sequence[Token], at: int, *, small: bool) -> Parse | None:
    known = longest(known_places(), tokens, at)
    if known:
        return known
    if at < len(tokens) and (tokens[at].fresh or (tokens[at].text.isupper() and _opens_other(tokens, at))):
        return None
    if at < len(tokens) and re.fullmatch(r"\d{1,2}", tokens[at].text):
        return Parse(at + 1, (tokens[at].text,))
    run = capitals_at(tokens, at, 4)
    if run is None or (not small and len(run.words) > 3):
        return None
    person = run.words[0].title() in families() and len(run.words) >= 3
    return None if person else run


def _opens_other(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word in capitals begins another body or a time: "UBND xã BCH …", "UBND TỈNH THÁNG 5"."""
    return (
        tokens[at].text in ("THÁNG", "NĂM", "QUÝ", "NGÀY", "VỀ", "THEO", "TẠI") or longest_head(tokens, at) is not None
    )


def capitals_at(tokens: Sequence[Token], at: int, most: int) -> Parse | None:
    """Read a run of at most `most` capitalised words of one line."""
    end = at
    while end < len(tokens) and end - at < most and tokens[end].capital and tokens[end].text.isalpha():
        apart = tokens[end].fresh or tokens[end].start != tokens[end - 1].end + 1
        if end > at and (apart or _opens_body(tokens, end)):
            break
        end += 1
    return Parse(end, tuple(t.text for t in tokens[at:end])) if end > at else None


def _opens_body(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a capitalised word begins another body; one syllable may also be of a place: "phường An Hội Tây"."""
    head = longest_head(tokens, at)
    if head is None or head[0] > at + 1 or tokens[at].text.isupper() or "level" in head[1][1]:
        return head is not None
    end = head[0]
    alone = end >= len(tokens) or not tokens[end].capital or tokens[end].fresh or not tokens[end].text.isalpha()
    return not alone and (
        longest(known_fields(), tokens, end) is not None
        or longest_head(tokens, end) is not None
        or tokens[end].text.isupper()
    )


def _touching(tokens: Sequence[Token]) -> bool:
    return len(tokens) == 3 and tokens[0].end == tokens[1].start and tokens[1].end == tokens[2].start


def number_at(tokens: Sequence[Token], at: int) -> Parse | None:
    """Read "số 3", "II": the number of a body, and no quantity."""
    counted = tokens[at].key == spelling_key("số")
    i = at + 1 if counted else at
    if i >= len(tokens) or not (NUMBER.match(tokens[i].text) or (counted and re.fullmatch(r"\d{4}", tokens[i].text))):
        return None
    following = tokens[i + 1].text if i + 1 < len(tokens) else ""
    if following == ")" and not any(t.text == "(" for t in tokens[max(0, at - 8) : at]):
        return None  # "… Hội đồng 2) Ông …": the number of a list's item
    if not counted and following in ("-", "/") and _touching(tokens[i : i + 3]) and tokens[i + 2].text.isdigit():
        return None  # "Bệnh viện 30-4"
    if [t.text for t in tokens[i + 2 : i + 3]] == [","] and " ".join(t.text for t in tokens[i + 3 : i + 5]) in LEVELS:
        return None  # "34 tỉnh, thành phố": a count
    if not counted and (following in ("/", "%", ".") and tokens[i].text.isdigit() and following != "."):
        return None
    if not counted and following.lower() in ("tháng", "năm", "đơn", "người", "cán", "ngày", "giờ", "quý", "cấp"):
        return None
    return Parse(i + 1, tuple(t.text for t in tokens[at : i + 1]))
