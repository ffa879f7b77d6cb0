"""Days, months and periods: finding them in every spelling, and resolving their years.

A mention without a year takes it from its sentence, else from the whole document where that is certain,
else its norm is None. Durations ("sau 7 năm", "6 tháng qua") and relative words alone ("năm trước") are
no mentions; the labelling guide of the evaluation format has the conventions.
"""

import re
from bisect import bisect_right
from calendar import monthrange
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from baocao.pipeline.tag import Mention
from baocao.report import EntityType
from baocao.text import UPPER

_YEAR = r"(?:19[3-9]\d|20[0-6]\d)"
_DASH = r"\s?[-–—]\s?"
_NUMBERS = {
    "một": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8,
    "chín": 9, "mười": 10, "mười một": 11, "mười hai": 12, "giêng": 1, "chạp": 12,
}  # fmt: skip
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "i": 1, "ii": 2, "iii": 3, "iv": 4}
_COUNT = r"(?:0?[1-9]|1[0-2]|mười một|mười hai|một|hai|ba|bốn|năm|sáu|bảy|bẩy|tám|chín|mười)"
_MONTH_WORD = r"(?:giêng|hai|ba|tư|năm|sáu|bảy|tám|chín|mười một|mười hai|mười|chạp)"
_RELATIVE = r"(?:nay|này|trước|ngoái|qua|sau|tới)"
_OF_YEAR = rf"(?:\s?/\s?|\s?-\s?|\s?,?\s*(?:của\s+)?năm\s+|\s+){_YEAR}(?!\d)"

# What an expression may begin with, but for a digit: two letters rule most words out before the long pattern is tried.
_OPENERS = (
    "học", "năm", "giai", "nhiệm", "thời", "niên", "kế", "các", "quý", "nửa", "tháng", "một", "mười", "hai", "ba",
    "bốn", "bảy", "bẩy", "tám", "sáu", "chín",
)  # fmt: skip
_OPENING = "|".join(sorted({word[:2] for word in _OPENERS}))

# Alternatives from the longest to the shortest; the group's name is the reader's name in _READERS.
_TIME = re.compile(
    rf"""
    (?<![\w/])(?=\d|{_OPENING})(?:
      (?P<term>học\s+k[ỳì]\s+(?:II|I|1|2)(?![\w])(?:\s*,?\s*năm\s+học\s+(?:{_YEAR}\s?(?:[-–—/]|đến)\s?(?:{_YEAR}|\d\d)(?!\d)|{_RELATIVE}\b))?)
    | (?P<school>năm\ học\s+(?P<sc1>{_YEAR})\s?(?:[-–—/]|đến)\s?(?P<sc2>{_YEAR}|\d\d)(?!\d))
    | (?P<span>(?:(?:giai\ đoạn|nhiệm\ kỳ|nhiệm\ kì|thời\ kỳ|thời\ kì|niên\ khóa|niên\ độ|kế\ hoạch)\s+)
        (?:từ\s+)?(?:năm\s+)?(?P<sp1>{_YEAR})\s*(?:[-–—/]|đến(?:\s+năm)?|tới)\s*(?P<sp2>{_YEAR})(?![\d/]))
    | (?P<years>(?:các\ |\d{{1,2}}\s+)?năm\s+(?P<ys1>{_YEAR}){_DASH}(?P<ys2>{_YEAR})(?![\d/]))
    | (?P<quarter>quý\s+(?P<q>IV|I{{1,3}}|[1-4]|một|hai|ba|bốn|tư)(?![\w])
        (?P<qy>{_OF_YEAR}|\s+năm\s+{_RELATIVE}\b)?)
    | (?P<half>nửa\s+(?P<hside>đầu|cuối)(?:\s+của)?(?P<hy>(?:\s+năm)?\s+{_YEAR}(?!\d)|\s+năm(?:\s+{_RELATIVE}\b)?))
    | (?P<months>(?P<n>{_COUNT})\s+tháng\s+(?P<side>đầu|cuối)(?:\s+của)?
        (?P<ny>(?:\s+năm){{0,2}}\s+{_YEAR}(?!\d)|\s+năm(?:\s+{_RELATIVE}\b)?))
    | (?P<first>(?P<fn>{_COUNT})\s+tháng(?P<fy>(?:\s+của)?\s+năm\s+{_YEAR}(?!\d)|\s+năm\s+nay\b|/{_YEAR}(?!\d)|\s+{_YEAR}(?!\d)))
    | (?P<iso>(?P<iy>{_YEAR})-(?P<im>\d\d)-(?P<id>\d\d)(?!\d))
    | (?P<isomonth>(?<=date\ )(?P<jy>{_YEAR})-(?P<jm>\d\d)(?![\d-]))
    | (?P<day>(?P<dd>\d{{1,2}})\s?(?P<sep>[/.\-])\s?(?P<dm>\d{{1,2}})\s?(?P=sep)\s?(?P<dy>(?:19|20)\d\d)(?![\d/]|-[^\W\d]))
    | (?P<dayshort>(?<=ngày\ )(?P<sd>\d{{1,2}})[/.-](?P<sm>\d{{1,2}})[/.-](?P<sy>\d\d)(?![\d/]))
    | (?P<daywords>(?P<wd>\d{{1,2}})\s+tháng\s+(?P<wm>\d{{1,2}})\s*(?:,\s*)?(?:năm\s+(?P<wy>{_YEAR})(?!\d)
        |năm\s+(?P<wr>{_RELATIVE})\b|[/-]\s?(?P<wz>{_YEAR})(?!\d)))
    | (?P<dayopen>(?<=ngày\ )(?P<od>\d{{1,2}})\s+tháng\s+(?P<om>\d{{1,2}})(?!\d))
    | (?P<posted>tháng\s+(?P<pm>một|{_MONTH_WORD}|\d{{1,2}})\s+(?P<pd>\d{{1,2}}),\s+(?P<py>{_YEAR})(?!\d))
    | (?P<month>(?<!\d\ )(?<!\d)tháng\s+(?:(?P<mm>\d{{1,2}})(?P<my>\s?[./]\s?{_YEAR}(?!\d)|\s?[-–]\s?{_YEAR}(?!\d)
        |\s*,?\s*năm\s+{_YEAR}(?!\d)|\s+năm\s+{_RELATIVE}\b)?(?![\d/])
        |(?P<mw>{_MONTH_WORD})(?P<mz>\s+năm\s+{_YEAR}(?!\d)|\s+năm\s+{_RELATIVE}\b)))
    | (?P<monthyear>(?<!số\ )(?<!số:\ )(?P<ym>0?[1-9]|1[0-2])/(?P<yy>{_YEAR})(?![\d/]|-[^\W\d]|\s?/))
    | (?P<daymonth>(?P<xd>0?[1-9]|[12]\d|3[01])(?P<xs>[/.-])(?P<xm>0?[1-9]|1[0-2])(?![\w/]|[-–.,]\d|%))
    | (?P<year>năm\s+(?P<y>{_YEAR})(?![\d/]|[-–]\d))
    | (?P<bareyears>(?P<bs1>{_YEAR}){_DASH}(?P<bs2>{_YEAR})(?![\w/]|[-.,]\d))
    | (?P<bareyear>(?P<b>{_YEAR})(?![\w/]|[-.,:]\d|\s?%))
    )""",
    re.VERBOSE | re.IGNORECASE,
)

# "22/6" is a day only after a word of time; alone it may be a fraction ("3/12 xã").
_DAY_CUE = re.compile(
    r"(?:\b(?:sáng|chiều|tối|trưa|hôm) (?:nay|qua),?|\b(?:ngày|sáng|chiều|tối|trưa|đêm|hôm|khuya|mồng|mùng|dịp|lễ)|\bngày \d{1,2}(?:\s?[,-]\s?\d{1,2})*\s?(?:,|và|đến|-))"
    r"[\s(]*$",
    re.IGNORECASE,
)
_WEAK_CUE = re.compile(r"(?:\b(?:từ|đến|trước|sau|hết|hạn|kỷ niệm|tới)\s|\()$", re.IGNORECASE)
_CLAUSE_END = re.compile(r"\s*(?:[,.;:)”]|$|\n|đến\b|tại\b|của\b|vừa qua|năm\b|và\b)")
_LAW = re.compile(r"(?:Luật|Bộ luật|Hiến pháp|Pháp lệnh|Nghị quyết số|TCVN|QCVN|ISO)\b[^,;.\n]{0,60}$")
_QUANTITY = re.compile(
    r"^\s*(?:tỷ|triệu|nghìn|ngàn|đồng|người|hộ|lượt|ha|m2|m3|km|m|tấn|kg|đơn|vụ|trường hợp|cơ sở|đơn vị|cán bộ"
    r"|hồ sơ|đảng viên|học sinh|con|cây|cái|chiếc|giờ|doanh nghiệp|lao động|suất|đại biểu|USD|ý kiến|văn bản)\b"
)
_COUNTED = re.compile(
    r"\b(?:số|gần|hơn|trên|dưới|khoảng|đạt|có|với|thêm|được|tổng|Điều|khoản|sinh|sinh năm|SN|hotline|ĐT|điện thoại)\s*:?\s*$"
)
_NAMED = re.compile(rf"(?:\bTP\.|(?<!^)(?<![.!?:;\"“(–•*-] )(?<![.!?:;\"“(*\n]))\b([{UPPER}][\w&]*)\s+$")
_TIME_WORDS = frozenset(
    [
        "từ",
        "trong",
        "đến",
        "năm",
        "và",
        "so",
        "trước",
        "sau",
        "cuối",
        "đầu",
        "kỳ",
        "vụ",
        "hết",
        "tới",
        "đoạn",
        "xuân",
        "hè",
        "thu",
        "đông",
    ]
)
_COMPARED = re.compile(
    r"(?:cùng kỳ|so với|so|bằng|hơn|kém)(?:\s+(?:với|cùng kỳ|kế hoạch|dự toán|thực hiện))*\s*(?:của\s+)?$",
    re.IGNORECASE,
)
# "so với cùng kỳ năm 2018": what is compared is of the year after.
_YEAR_BEFORE = re.compile(r"cùng (?:kỳ|kì|thời điểm|thời gian|quý|tháng)(?: của)?(?: năm)?\s+$", re.IGNORECASE)
_LUNAR = re.compile(r"\s*\(?(?:âm lịch|ÂL\b|al\b)")
# "tổng kết năm 2022 và triển khai nhiệm vụ năm 2023": held at the turn of these years.
_TURN = re.compile(
    rf"(?:tổng kết|kết quả)[^.\n]{{0,90}}?\b(?:năm )?(?P<past>{_YEAR})[^.\n]{{0,40}}?(?:triển khai|phương hướng|nhiệm vụ|kế hoạch)"
    rf"[^.\n]{{0,80}}?\b(?:năm )?(?P<next>{_YEAR})",
    re.IGNORECASE,
)
# Years that lie ahead or behind: "trước năm 2020", "từ năm 2016 đến nay".
_FROM_OR_TO = re.compile(r"(?:trước|đến|từ|tới|vào)\s+$", re.IGNORECASE)
# "từ đầu năm 2017 đến nay", "đến cuối năm 2017": the year that the text is written in.
_RUNNING = re.compile(r"(?:đầu|giữa|cuối)\s+$", re.IGNORECASE)
_STOP = re.compile(r"[.!?…](?=\s)|\n")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What an expression says: `year` is None where it names none, `shift` counts from the context's year."""

    type: EntityType
    year: int | None
    shift: int
    norm: Callable[[int], str | None]


def find_times(text: str, anchor: str | None = None) -> list[Mention]:
    """Return every DATE and PERIOD of `text`, in order, disjoint, with norms.

    `anchor` is the ISO date of publication where it is known from outside the text.
    """
    found = [(m, r) for m in _TIME.finditer(text) if _stands(text, m) and (r := _read(m)) is not None]
    context = _Context(text, found, anchor)
    return [_mention(m, r, context) for m, r in found]


def _mention(match: re.Match[str], reading: _Reading, context: "_Context") -> Mention:
    if reading.type is EntityType.DATE and _LUNAR.match(match.string, match.end()):
        return Mention(match.start(), match.end(), reading.type, None)  # no day of this calendar
    year = reading.year if reading.year is not None else context.year_at(match.start())
    if reading.type is EntityType.DATE and reading.year is None and (turned := context.turn_of_year(reading)):
        year = turned
    norm = None if year is None else reading.norm(year + reading.shift)
    return Mention(match.start(), match.end(), reading.type, norm)


def _stands(text: str, match: re.Match[str]) -> bool:
    """Tell whether a match that could be another thing (a fraction, a quantity, a law) is a time."""
    before = text[max(0, match.start() - 70) : match.start()]
    after = text[match.end() : match.end() + 24]
    match match.lastgroup:
        case "daymonth" | "xm":
            return _is_day(match, before, after)
        case "bareyear" | "b" | "bareyears" | "bs2":
            return _is_bare_year(before, after)
        case "monthyear" | "yy":
            return not _QUANTITY.match(after)
        case _:
            return True


def _is_day(match: re.Match[str], before: str, after: str) -> bool:
    if _DAY_CUE.search(before):
        return True
    return bool(_WEAK_CUE.search(before)) and bool(_CLAUSE_END.match(after)) and match["xs"] == "/"


def _is_bare_year(before: str, after: str) -> bool:
    if _QUANTITY.match(after) or _COUNTED.search(before) or _LAW.search(before):
        return False
    if not re.search(r"[\w,)(\-–]\s?$", before) or re.search(r"[/.]\s?$|\d[,.-]$", before):
        return False
    named = _NAMED.search(before)
    return not named or named[1].lower() in _TIME_WORDS


def _read(match: re.Match[str]) -> _Reading | None:
    kind = next(name for name in _READERS if match[name] is not None)
    return _READERS[kind](match)


def _number(written: str) -> int:
    return int(written) if written.isdigit() else _NUMBERS[" ".join(written.lower().split())]


def _year_in(written: str | None) -> tuple[int | None, int]:
    """Return the year written in the tail of an expression, and the shift of a relative one."""
    if not written:
        return None, 0
    digits = re.search(r"\d{4}", written)
    if digits:
        return int(digits[0]), 0
    last = written.split()[-1].lower()
    return None, {"trước": -1, "ngoái": -1, "qua": -1, "sau": 1, "tới": 1}.get(last, 0)


def _fixed(start: str, end: str) -> _Reading:
    return _Reading(EntityType.PERIOD, 0, 0, lambda _: f"{start}/{end}" if start <= end else None)


def _years(first: str, second: str) -> _Reading:
    return _fixed(f"{first}-01-01", f"{second}-12-31")


def _school(m: re.Match[str]) -> _Reading:
    second = m["sc2"] if len(m["sc2"]) == 4 else m["sc1"][:2] + m["sc2"]
    return _fixed(f"{m['sc1']}-09-01", f"{second}-08-31")


def _stretch(first: int, last: int, tail: str | None) -> _Reading:
    """A run of whole months of one year."""
    year, shift = _year_in(tail)

    def norm(y: int) -> str:
        return f"{y}-{first:02}-01/{y}-{last:02}-{monthrange(y, last)[1]:02}"

    return _Reading(EntityType.PERIOD, year, shift, norm)


def _quarter(m: re.Match[str]) -> _Reading:
    quarter = _ROMAN.get(m["q"]) or _number(m["q"])
    return _stretch(3 * quarter - 2, 3 * quarter, m["qy"])


def _side(count: int, side: str, tail: str | None) -> _Reading:
    first, last = (1, count) if side.lower() == "đầu" else (13 - count, 12)
    return _stretch(first, last, tail)


def _day(year: str | int | None, month: str, day: str, shift: int = 0) -> _Reading:
    def norm(y: int) -> str | None:
        try:
            return date(y, int(month), int(day)).isoformat()
        except ValueError:  # 31/4: the writer's slip; the check step tells
            return None

    return _Reading(EntityType.DATE, int(year) if year is not None else None, shift, norm)


def _day_in_words(m: re.Match[str]) -> _Reading | None:
    if not (1 <= int(m["wm"]) <= 12 and 1 <= int(m["wd"]) <= 31):
        return None
    year, shift = _year_in(f"năm {m['wr']}" if m["wr"] else m["wy"] or m["wz"])
    return _day(year, m["wm"], m["wd"], shift)


def _month(number: int, tail: str | None) -> _Reading | None:
    if not 1 <= number <= 12:
        return None
    year, shift = _year_in(tail)
    return _Reading(EntityType.DATE, year, shift, lambda y: f"{y}-{number:02}")


def _plausible_day(m: re.Match[str], day: str, month: str, year: str | None) -> _Reading | None:
    return _day(year, month, day) if 1 <= int(day) <= 31 and 1 <= int(month) <= 12 else None


_READERS: dict[str, Callable[[re.Match[str]], _Reading | None]] = {
    "term": lambda _: _Reading(EntityType.PERIOD, 0, 0, lambda _: None),  # its days differ by school and year
    "school": _school,
    "span": lambda m: _years(m["sp1"], m["sp2"]),
    "years": lambda m: _years(m["ys1"], m["ys2"]),
    "quarter": _quarter,
    "half": lambda m: _side(6, m["hside"], m["hy"]),
    "months": lambda m: _side(_number(m["n"]), m["side"], m["ny"]),
    "first": lambda m: _side(_number(m["fn"]), "đầu", m["fy"]),
    "iso": lambda m: _plausible_day(m, m["id"], m["im"], m["iy"]),
    "isomonth": lambda m: _month(int(m["jm"]), m["jy"]),
    "day": lambda m: _plausible_day(m, m["dd"], m["dm"], m["dy"]),
    "dayshort": lambda m: _plausible_day(m, m["sd"], m["sm"], "20" + m["sy"]),
    "daywords": _day_in_words,
    "dayopen": lambda m: _plausible_day(m, m["od"], m["om"], None),
    "posted": lambda m: _plausible_day(m, m["pd"], str(_number(m["pm"])), m["py"]),
    "month": lambda m: _month(_number(m["mm"] or m["mw"]), m["my"] or m["mz"]),
    "monthyear": lambda m: _month(int(m["ym"]), m["yy"]),
    "daymonth": lambda m: _plausible_day(m, m["xd"], m["xm"], None),
    "year": lambda m: _years(m["y"], m["y"]),
    "bareyears": lambda m: _years(m["bs1"], m["bs2"]) if m["bs1"] < m["bs2"] else None,
    "bareyear": lambda m: _years(m["b"], m["b"]),
}


class _Context:
    """The year that an expression without one is about: its sentence's, else the document's."""

    def __init__(self, text: str, found: list[tuple[re.Match[str], _Reading]], anchor: str | None) -> None:
        self._stops = [m.end() for m in _STOP.finditer(text)]
        self._named = [(m.start(), int(y[0])) for m, _ in found if (y := re.search(r"(?:19|20)\d\d", m[0]))]
        self._compared = {m.start() for m, _ in found if _COMPARED.search(text[max(0, m.start() - 40) : m.start()])}
        self._reports = {
            m.start() for m, r in found if r.type is EntityType.DATE or m["months"] or m["half"] or m["quarter"]
        }
        turns = {(int(m["past"]), int(m["next"])) for m in _TURN.finditer(text)}
        self._turns = {past for past, following in turns if following == past + 1}
        self._main = int(anchor[:4]) if anchor else self._document_year(text)

    def year_at(self, offset: int) -> int | None:
        """Return the year that an expression at `offset` without a year is in, or None."""
        at = bisect_right(self._stops, offset)
        start = self._stops[at - 1] if at else 0
        end = self._stops[at] if at < len(self._stops) else 1 << 60
        near = {year for o, year in self._named if start <= o < end and o in self._reports and o not in self._compared}
        return near.pop() if len(near) == 1 else self._main

    def turn_of_year(self, reading: _Reading) -> int | None:
        """Return the year of a day without one where a meeting closes one year and opens the next."""
        said = reading.norm(2000)
        if len(self._turns) != 1 or said is None or 3 < int(said[5:7]) < 11:
            return None
        past = next(iter(self._turns))
        return past if int(said[5:7]) > 6 else past + 1

    def _document_year(self, text: str) -> int | None:
        """The year of the title, or the one year that the document's own dates and periods agree on."""
        head = text.find("\n") if "\n" in text[:400] else 0
        aside = {o for o, _ in self._named if _FROM_OR_TO.search(text[max(0, o - 12) : o])} | self._compared
        titled = {year for o, year in self._named if o < head and o not in aside}
        if len(titled) == 1:
            return titled.pop()
        votes = Counter(y for o, y in self._named if o in self._reports and o not in self._compared)
        if not votes:
            left = Counter(y for o, y in self._named if o not in aside)
            running = {y for o, y in self._named if _RUNNING.search(text[max(0, o - 8) : o])} or {
                y for y, n in left.items() if n > 1 and len(left) == 1
            }
            after = {y + 1 for o, y in self._named if _YEAR_BEFORE.search(text[max(0, o - 24) : o])}
            certain = running or (after if {y for _, y in self._named} <= {y - 1 for y in after} else set())
            return certain.pop() if len(certain) == 1 else None
        year, count = votes.most_common(1)[0]
        return year if count >= 0.6 * votes.total() else None
