"""Relations between mentions: who holds which office where, which document was issued when and by whom,
and which bodies a body is said to consist of. What the text does not say stays None.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from baocao.models.gazetteers import rows
from baocao.report import DocIssued, Entity, EntityType, Members, PersonRole, Relation, Span
from baocao.text import fold

_COUNTS = {w: n for n, w in enumerate(["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười"])}
# A blank of an office may be a line's end.
_OFFICE = "|".join(re.escape(r[0]).replace(r"\ ", r"\s") for r in sorted(rows("roles.tsv"), key=lambda r: -len(r[0])))
_QUALIFIED = rf"(?:{_OFFICE})(?: thường trực| thứ nhất| phụ trách| chuyên trách)?"
_NEXT_OFFICE = re.compile(
    rf"\s*(?:[,;(–—-]|\bkiêm\b|\bvà\b|\blàm\b|\blà\b)?\s*(?:-\s*)?(?:đồng thời là |nguyên |quyền |kiêm |hiện là |nay là |làm |là |"
    r"(?:(?:đã |vừa )?được (?:bầu|phân công|bổ nhiệm|điều động|tín nhiệm|chỉ định|giao|cử) )?(?:giữ|làm|vào|đảm nhiệm|tiếp tục giữ) "
    r"(?:(?:chức vụ |chức danh |chức |nhiệm vụ |vai trò |làm ))?)*"
    rf"(?P<role>{_QUALIFIED})(?!\w)",
    re.IGNORECASE,
)
_ANY_OFFICE = re.compile(rf"(?<!\w)(?P<role>{_QUALIFIED})(?!\w)", re.IGNORECASE)
# Words that are offices only where a body follows.
_LOOSE = re.compile(r"đại diện|thành viên|cán bộ|công chức|viên chức|giáo viên|thường trực", re.IGNORECASE)
_HONORIFICS = re.compile(
    r"(?:[\s,:–-]|\b(?:ông|bà|anh|chị|đồng chí|đ/c|các|là|thượng tá|đại tá|trung tá|thiếu tướng|trung tướng|tiến sĩ|"
    r"tiến sỹ|thạc sĩ|bác sĩ|TS\.?|ThS\.?|BS\.?|PGS\.?TS\.?))*",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"\bcác\s+(?:(?:đồng chí|đ/c|ông|bà|anh|chị)\s+)*$", re.IGNORECASE)
_NEXT_PERSON = re.compile(rf"\s*(?:,|;|và|cùng)\s*{_HONORIFICS.pattern}", re.IGNORECASE)
_NO_MINISTRY = ("bộ chính trị", "bộ chỉ huy", "bộ tư lệnh", "bộ tổng tham mưu")
# "Chủ tịch Tập đoàn": the body's head alone, for a body named before.
_HEAD_ALONE = re.compile(
    r"\s+(?P<head>(?i:Tập đoàn|Tổng công ty|Công ty|Ngân hàng|Sở|Chi cục|Tổng cục|Cục|Viện|Trường|Hội|Cụm|Khối))(?!\w)(?!\s+[A-ZĐ])"
)
# "Bí thư Đảng ủy", "Trưởng ban chỉ đạo": the kind of body alone goes with the office.
_KIND_ALONE = re.compile(
    r"\s(?P<kind>Đảng ủy|Đảng uỷ|Đảng đoàn|Đảng bộ|Ban cán sự đảng|Chi bộ|Chi ủy|Chi đoàn|Chi hội|Công đoàn cơ sở|Công đoàn"
    r"|Đoàn Thanh niên|Hội đồng|HĐQT|HĐTV|HĐND|UBND|Ban Chỉ đạo|Ban Quản lý|(?<=ban\s)chỉ đạo|(?<=ban\s)quản lý)(?!\w)",
    re.IGNORECASE,
)
_LEVELLED = ("ubnd", "hđnd")
_HANDED = re.compile(r"\s+do\s+", re.IGNORECASE)
_UNIT_GAP = re.compile(r"(?:\s|của|tại|ở|Thường trực|thường trực|phụ trách|kiêm|,)*", re.IGNORECASE)
_MEMBER_COUNT = re.compile(
    r"(?:gồm|bao gồm|có|với|là|của)\s+(?:có\s+)?(?P<n>\d{1,3}|" + "|".join(_COUNTS) + r")\s+"
    r"(?:đơn vị|cơ quan|sở|bộ|thành viên|phòng|ban|huyện|đơn vị thành viên|cơ quan, đơn vị|sở, ngành|bộ, ngành)"
    r"[^:.;\n]{0,30}?\s*[:(]\s*",
    re.IGNORECASE,
)
_DATE_GAP = re.compile(r"[\s,(*]*(?:được\s+)?(?:ban hành|ký|ký ban hành|công bố)?\s*(?:ngày|,)?\s*", re.IGNORECASE)
_ISSUER_GAP = re.compile(
    r"[\s,)*]*(?:của|do)\s+(?:liên\s+(?:bộ|ngành|sở)\s*:?\s*)?(?:Thủ tướng\s+|Bộ trưởng\s+|Chủ tịch\s+|Giám đốc\s+)?",
    re.IGNORECASE,
)
_BLANK = re.compile(" ")
_AND_GAP = re.compile(r"\s*(?:,|và)\s*", re.IGNORECASE)
_JOINT_GAP = re.compile(r"\s*(?:,|và|-|–)\s*", re.IGNORECASE)  # "của liên Bộ Tài chính - Bộ Y tế"
_LIST_GAP = re.compile(r"\s*(?:,|;|và)\s*(?:[^\W\d]+\s){0,3}?(?:số\s*:?\s*)?", re.IGNORECASE)
_TITLE = re.compile(r"[\s,*]*(?P<title>(?:về|V/v|quy định|hướng dẫn|phê duyệt)\b[^;\n”]{3,240})", re.IGNORECASE)
_TITLE_END = re.compile(
    r"[.;”\n]|,\s+(?:đã|được|các|trong|nhằm|với|theo|trên|cụ thể)\b|\s+và\s+(?:Kế hoạch|Nghị|Quyết|Thông tư|Chỉ thị)"
)
# "…/2013 Ban Chấp hành Trung ương Đảng về …": the issuer stands behind the date without a word between.
_ISSUER_ENDS = re.compile(r"\s*(?:[,;.(”]|$|về\b|V/v\b|quy định\b|hướng dẫn\b|phê duyệt\b|ban hành\b)")
_SENDER_GAP = re.compile(
    r"\s*(?:\([^()]{1,20}\)\s*)?(?:đã|cũng|vừa)?\s*(?:có|ban hành|ra|ký)\s+(?:[^\W\d]+\s){0,5}?(?:số\s*:?\s*)?",
    re.IGNORECASE,
)


def link(text: str, sentences: Sequence[Span], entities: Sequence[Entity]) -> tuple[Relation, ...]:
    """Return the relations that the text states between `entities` (sorted by start)."""
    bounds = [(s.start, s.end) for s in sentences]
    roles = _without_vaguer(text, entities, list(_roles(text, bounds, entities)))
    relations: dict[tuple[str, ...], Relation] = {}
    issued = _without_less(text, entities, list(_issued(text, bounds, entities)))
    found: list[Relation] = [*roles, *issued]
    for relation in found:
        relations.setdefault(_key(text, entities, relation), relation)
    return (*relations.values(), *_members(text, bounds, entities))


def _without_vaguer(text: str, entities: Sequence[Entity], roles: Sequence[PersonRole]) -> Iterator[PersonRole]:
    """Leave out "Phó Chủ tịch UBND tỉnh" of a person who is also "Phó Chủ tịch UBND tỉnh Thừa Thiên Huế"."""
    said = [_key(text, entities, role) for role in roles]
    for role, (_, person, office, body) in zip(roles, said, strict=True):
        fuller = any(
            (other[1] == person or other[1].endswith(f" {person}"))
            and other[2].startswith(office)
            and other[3] != body
            and other[3].startswith(body)
            for other in said
        )
        if not fuller:
            yield role


def _without_less(text: str, entities: Sequence[Entity], issued: Sequence[DocIssued]) -> Iterator[DocIssued]:
    """Leave out a document without its day, or without its issuer, where the text also says both."""
    said = [_key(text, entities, document) for document in issued]
    for document, (_, number, day, issuer) in zip(issued, said, strict=True):
        if (day and issuer) or not any(
            other[1] == number and other[2] and other[3] and (day in ("", other[2])) and (issuer in ("", other[3]))
            for other in said
        ):
            yield document


def _key(text: str, entities: Sequence[Entity], relation: Relation) -> tuple[str, ...]:
    def named(index: int | None) -> str:
        return "" if index is None else fold(entities[index].norm or entities[index].of(text))

    match relation:
        case PersonRole(person, role, unit):
            return ("role", named(person), fold(role), named(unit))
        case DocIssued(doc, date, issuer, _):
            return ("issued", named(doc), named(date), named(issuer))
        case Members():
            return ("members", str(relation))


def _bounds_of(bounds: Sequence[tuple[int, int]], entity: Entity) -> tuple[int, int]:
    if entity.sentence is not None:
        return bounds[entity.sentence]
    return entity.start, entity.end


def _roles(text: str, bounds: Sequence[tuple[int, int]], entities: Sequence[Entity]) -> Iterator[PersonRole]:
    previous_end = 0
    shared: PersonRole | None = None  # the office of a list: "các Phó Thủ tướng Chính phủ: A, B và C"
    for i, person in enumerate(entities):
        if person.type is not EntityType.PERSON:
            continue
        start, end = _bounds_of(bounds, person)
        if person.start == start and person.sentence and text[bounds[person.sentence - 1][1] - 1] == ":":
            start = bounds[person.sentence - 1][0]  # "… có các Phó Thủ tướng Chính phủ:" on the line before
        before = list(_offices_before(text, entities, i, max(start, previous_end)))
        if before:
            first, office_start = before[-1]
            shared = first if _PLURAL.search(text, max(0, office_start - 30), office_start) else None
            yield from (role for role, _ in before)
        elif shared and _NEXT_PERSON.fullmatch(text[previous_end : person.start]):
            yield PersonRole(i, shared.role, shared.unit)
        else:
            shared = None
        previous_end = person.end
        for role, role_end in _offices_after(text, entities, i, end):
            if _is_next_ones(text, entities, i, role_end):
                break
            yield role
            previous_end = role_end


def _is_next_ones(text: str, entities: Sequence[Entity], index: int, role_end: int) -> bool:
    """Tell whether an office between two people is the second's: "Bộ trưởng Bộ A [name], Bộ trưởng Bộ B [name]"."""
    follower = next((e for e in entities[index + 1 :] if e.type is EntityType.PERSON), None)
    if follower is None:
        return False
    gap = text[role_end : follower.start]
    return "," not in gap and bool(_HONORIFICS.fullmatch(gap))  # behind a comma another person begins


def _offices_after(text: str, entities: Sequence[Entity], index: int, end: int) -> Iterator[tuple[PersonRole, int]]:
    """Read ", Chánh Thanh tra Sở X, Phó Cụm trưởng Cụm Y": each office and where it ends."""
    at = entities[index].end
    follower = next((e.start for e in entities[index + 1 :] if e.type is EntityType.PERSON), end)
    while match := _NEXT_OFFICE.match(text, at, min(end, follower)):
        joined_on = match[0].lstrip()[0] in ",;(–—-lkLđg" or match["role"].isupper()
        if at == entities[index].end and not joined_on:
            return
        unit = _unit_from(text, entities, match.start("role"), match.end("role"), end, index)
        at = max(match.end(), entities[unit].end) if unit is not None else match.end()
        if unit is None and (alone := _HEAD_ALONE.match(text, at)):
            unit, at = _last_headed(text, entities, index, (f"{alone['head'].lower()} ",)), alone.end()
        role = " ".join(match["role"].split())
        if unit is None and (alone := _KIND_ALONE.match(text, at)):
            unit, at = _of_kind(text, entities, index, alone["kind"]), alone.end()
            if unit is None and alone["kind"].lower() in _LEVELLED:
                continue
            role = role if unit is not None else f"{role} {alone['kind']}"
        unit = unit if unit is not None else _earlier_body(text, entities, index, match["role"])
        unit = unit if unit is not None else _handing_body(text, entities, index, role)
        if unit is None and _LOOSE.fullmatch(match["role"]):
            return
        yield PersonRole(index, role, unit), at


def _offices_before(text: str, entities: Sequence[Entity], index: int, start: int) -> Iterator[tuple[PersonRole, int]]:
    """Read "…, Ủy viên Bộ Chính trị, Bí thư Thành ủy Y [name]": each office and where it starts, the last first."""
    person = entities[index]
    lead = text[start : person.start]
    offices = list(_ANY_OFFICE.finditer(lead))
    edge = person.start
    for k in range(len(offices) - 1, -1, -1):
        match = offices[k]
        office_start, office_end = start + match.start("role"), start + match.end("role")
        unit = _unit_from(text, entities, office_start, office_end, edge, index)
        body_end = max(office_end, entities[unit].end) if unit is not None else office_end
        role = " ".join(match["role"].split())
        if unit is None and (alone := _KIND_ALONE.match(text, office_end)) and alone.end() <= edge:
            unit, body_end = _of_kind(text, entities, index, alone["kind"]), alone.end()
            role = role if unit is not None else f"{role} {alone['kind']}"
        gap = text[body_end:edge]
        near = edge == person.start
        if near and unit is None and (ministry := _ministry(entities, text, gap)) is not None:
            unit, gap = ministry, ""
        if not _HONORIFICS.fullmatch(gap):
            return
        unit = unit if unit is not None else _earlier_body(text, entities, index, match["role"])
        yield PersonRole(index, role, unit), office_start
        edge = office_start


def _unit_from(text: str, entities: Sequence[Entity], start: int, role_end: int, limit: int, near: int) -> int | None:
    """Return the unit that an office belongs to: it starts inside the office ("Trưởng Ban X") or behind it."""
    for i in range(max(0, near - 12), min(len(entities), near + 13)):
        unit = entities[i]
        if unit.type is EntityType.UNIT and start < unit.start < limit:
            gap = text[role_end : unit.start] if unit.start >= role_end else ""
            return i if _UNIT_GAP.fullmatch(gap) and "," not in gap else None
    return None


def _ministry(entities: Sequence[Entity], text: str, field: str) -> int | None:
    """Resolve "Bộ trưởng Tư pháp" to a mention of "Bộ Tư pháp" in the text."""
    wanted = fold(f"Bộ {field.strip()}")
    if len(field.split()) not in range(1, 7):
        return None
    for i, entity in enumerate(entities):
        if entity.type is EntityType.UNIT and wanted in (fold(entity.of(text)), fold(entity.norm or "")):
            return i
    return None


def _earlier_body(text: str, entities: Sequence[Entity], index: int, role: str) -> int | None:
    """Resolve a bare "Cục trưởng" to the last body before it that an office of this kind heads."""
    heads = tuple(f"{head} " for head in _bodies().get(role.lower(), "").lower().split("|") if head)
    if not heads:
        return None
    return _last_headed(text, entities, index, heads)


def _of_kind(text: str, entities: Sequence[Entity], index: int, kind: str) -> int | None:
    """Resolve a bare "Đảng ủy" to the last one named before, else to the only one that the text names."""
    kind = kind.lower().replace("uỷ", "ủy")
    heads = (f"ban {kind} ",) if kind in ("chỉ đạo", "quản lý") else (f"{kind} ", f"{kind.replace('ủy', 'uỷ')} ")
    unit = _last_headed(text, entities, index, heads)
    if unit is not None:
        return unit
    named = {
        e.norm: i
        for i, e in reversed([*enumerate(entities)])
        if e.type is EntityType.UNIT and e.of(text).lower().startswith(heads)
    }
    return next(iter(named.values())) if len(named) == 1 else None


def _last_headed(text: str, entities: Sequence[Entity], index: int, heads: tuple[str, ...]) -> int | None:
    """Return the last unit before `index` whose name starts with one of `heads` (lower-case, with a blank)."""
    for i in range(index - 1, -1, -1):
        if entities[i].type is EntityType.UNIT:
            name = entities[i].of(text).lower()
            if name.startswith(heads) and not name.startswith(_NO_MINISTRY):
                return i
    return None


def _handing_body(text: str, entities: Sequence[Entity], index: int, role: str) -> int | None:
    """Read "báo cáo của VKSND tỉnh do đồng chí A, Chánh Văn phòng trình bày": the office is that body's."""
    if not index or entities[index - 1].type is not EntityType.UNIT or role.lower().endswith(("đoàn", "ủy", "bộ")):
        return None
    lead = text[entities[index - 1].end : entities[index].start]
    given = _HANDED.match(lead)
    return index - 1 if given and _HONORIFICS.fullmatch(lead, given.end()) else None


@cache
def _bodies() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("roles.tsv") if len(row) > 1 and row[1]}


def _issued(text: str, bounds: Sequence[tuple[int, int]], entities: Sequence[Entity]) -> Iterator[DocIssued]:
    docs = [i for i, e in enumerate(entities) if e.type is EntityType.DOCNO]
    for i in docs:
        end = _bounds_of(bounds, entities[i])[1]
        date, issuers, title = _what_follows(text, entities, _last_listed(text, entities, i, end), end)
        if not issuers and (sender := _sender(text, entities, i)) is not None:
            issuers = [sender]
            date = date if date is not None else _day_before(text, entities, sender)
        if date is not None and not issuers:
            issuers = _issuers_of_next(text, entities, i, date, end)
        named: list[int | None] = [*issuers] or ([None] if date is not None else [])
        for issuer in named:
            yield DocIssued(i, date, issuer, title)


def _issuers_of_next(text: str, entities: Sequence[Entity], index: int, date: int, end: int) -> list[int]:
    """Read "số 81-KH/ĐUK ngày 15/8/2019; Hướng dẫn số 23-HD/ĐUK ngày 28/11/2019 của U": U issued both."""
    following = max(index, date) + 1
    if following >= len(entities) or entities[following].start >= end:
        return []
    gap = text[entities[following - 1].end : entities[following].start]
    if entities[following].type is not EntityType.DOCNO or not _LIST_GAP.fullmatch(gap):
        return []
    return _what_follows(text, entities, following, end)[1]


def _day_before(text: str, entities: Sequence[Entity], sender: int) -> int | None:
    """Read "Ngày 10/12/2019, Ban Thường vụ Đảng ủy X đã ban hành …"."""
    day = sender - 1
    if day < 0 or entities[day].type is not EntityType.DATE:
        return None
    opens = re.search(r"(?:^|[.;\n“]\s*)ngày\s+$", text[max(0, entities[day].start - 12) : entities[day].start], re.I)
    return (
        day
        if opens
        and re.fullmatch(
            r"\s*,\s*(?:Thủ tướng|Bộ trưởng|Chủ tịch|Giám đốc)?\s*", text[entities[day].end : entities[sender].start]
        )
        else None
    )


def _last_listed(text: str, entities: Sequence[Entity], index: int, end: int) -> int:
    """Follow "số 01/… và số 02/… ngày …" to the last number of the list: what follows holds for all."""
    last = index
    for k in range(index + 1, len(entities)):
        if entities[k].start >= end or entities[k].type is not EntityType.DOCNO:
            break
        if not _LIST_GAP.fullmatch(text[entities[last].end : entities[k].start]):
            break
        last = k
    return last


def _what_follows(
    text: str, entities: Sequence[Entity], index: int, end: int
) -> tuple[int | None, list[int], str | None]:
    """Read "[ngày D] [của U [và V]] [về T]" behind a document number."""
    at, k = entities[index].end, index + 1
    date: int | None = None
    issuers: list[int] = []
    if k < len(entities) and entities[k].type is EntityType.DATE and _DATE_GAP.fullmatch(text[at : entities[k].start]):
        date, at, k = k, entities[k].end, k + 1
    gap, joint = _ISSUER_GAP, False
    behind = k < len(entities) and entities[k].type is EntityType.UNIT and text[at : entities[k].start] == " "
    if date is not None and behind and _ISSUER_ENDS.match(text, entities[k].end):
        gap = _BLANK
    while k < len(entities) and entities[k].start < end and entities[k].type is EntityType.UNIT:
        between = text[at : entities[k].start]
        if not gap.fullmatch(between) or ("," in between and issuers and _opens_clause(text, entities, k)):
            break
        issuers.append(k)
        joint = joint or "liên" in between.lower()
        at, k, gap = entities[k].end, k + 1, _JOINT_GAP if joint else _AND_GAP
    match = _TITLE.match(text, at, end)
    title = _TITLE_END.split(match["title"], maxsplit=1)[0].strip(" .,*") if match else None
    return date, issuers, title


def _opens_clause(text: str, entities: Sequence[Entity], unit: int) -> bool:
    """Tell whether a unit behind a comma is what the next clause speaks of, and no second issuer."""
    return not re.match(r"\s*(?:[,;.(”]|$|và\b|về\b|V/v\b)", text[entities[unit].end : entities[unit].end + 8])


def _sender(text: str, entities: Sequence[Entity], index: int) -> int | None:
    """Read "Thanh tra tỉnh đã ban hành Kế hoạch số …"."""
    if index and entities[index - 1].type is EntityType.UNIT:
        gap = text[entities[index - 1].end : entities[index].start]
        return index - 1 if _SENDER_GAP.fullmatch(gap) else None
    return None


def _members(text: str, bounds: Sequence[tuple[int, int]], entities: Sequence[Entity]) -> Iterator[Members]:
    """Read "Khối thi đua số II gồm 07 đơn vị: A, B và C" up to the end of the sentence."""
    for match in _MEMBER_COUNT.finditer(text):
        end = next((e for s, e in bounds if s <= match.start() < e), len(text))
        listed: list[int] = []
        at = match.end()
        for i, entity in enumerate(entities):
            if entity.type is EntityType.UNIT and match.end() <= entity.start < end:
                if listed and not re.fullmatch(r"\s*(?:[,;)]|và|\bcùng\b|\(\w+\))*(?:\s|và)*", text[at : entity.start]):
                    break
                listed.append(i)
                at = entity.end
        if len(listed) >= 2:
            stated = int(match["n"]) if match["n"].isdigit() else _COUNTS[match["n"].lower()]
            yield Members(_body_before(text, entities, match.start()), stated, tuple(listed))


def _body_before(text: str, entities: Sequence[Entity], offset: int) -> int | None:
    for i in range(len(entities) - 1, -1, -1):
        entity = entities[i]
        if entity.end <= offset and entity.type is EntityType.UNIT:
            return i if offset - entity.end <= 60 and "." not in text[entity.end : offset] else None
    return None
