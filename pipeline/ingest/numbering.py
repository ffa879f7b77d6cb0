"""The numbers that Word shows before paragraphs without writing them: "1.", "a)", "I.", "1.2."."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

LEVELS = 9  # so many Word knows


@dataclass(frozen=True, slots=True)
class Level:
    """How paragraphs of one depth of a list are numbered."""

    form: str  # by the names of DOCX: "decimal", "lowerLetter", "bullet", "none"
    written: str  # "%1.%2." with a sign for each level's number
    start: int = 1
    legal: bool = False  # numbers of all levels in digits
    goes_on: bool = False  # counts on under a new heading


class Lists:
    """Counts the numbered paragraphs of one document, which must be asked for in their order.

    A document's lists are counted by their shape: several lists of one shape count on as one, unless they begin anew.
    """

    def __init__(self) -> None:
        self._levels: dict[tuple[str, int], Level] = {}
        self._own: dict[tuple[str, int], Level] = {}
        self._shape_of: dict[str, str] = {}
        self._restarts: dict[tuple[str, int], int] = {}
        self._counts: Counter[tuple[str, int]] = Counter()

    def add_shape(self, shape: str, levels: Mapping[int, Level]) -> None:
        """Take in how the levels of a shape are numbered."""
        self._levels |= {(shape, depth): level for depth, level in levels.items()}

    def add_list(
        self, name: str, shape: str, *, restarts: Mapping[int, int] = {}, own: Mapping[int, Level] = {}
    ) -> None:
        """Take in a list; its levels may begin anew at a number, or be numbered in a way of their own."""
        self._shape_of[name] = shape
        self._restarts |= {(name, depth): start for depth, start in restarts.items()}
        self._own |= {(name, depth): level for depth, level in own.items()}

    def lead(self, name: str, depth: int) -> str:
        """Return the number or bullet that is shown before the next paragraph of a list, with a blank, or ""."""
        shape = self._shape_of.get(name, "")
        level = self._level(name, shape, depth)
        if level is None or level.form == "none":
            return ""
        self._count(name, shape, depth, level)
        if level.form == "bullet":
            return "- "
        return f"{self._shown(name, shape, depth, level)} ".lstrip()

    def _level(self, name: str, shape: str, depth: int) -> Level | None:
        return self._own.get((name, depth)) or self._levels.get((shape, depth))

    def _count(self, name: str, shape: str, depth: int, level: Level) -> None:
        restart = self._restarts.pop((name, depth), None)
        if restart is not None:
            self._counts[shape, depth] = restart
        elif (shape, depth) in self._counts:
            self._counts[shape, depth] += 1
        else:
            self._counts[shape, depth] = level.start
        for deeper in range(depth + 1, LEVELS):
            below = self._level(name, shape, deeper)
            if below is None or not below.goes_on:
                self._counts.pop((shape, deeper), None)

    def _shown(self, name: str, shape: str, depth: int, level: Level) -> str:
        written = level.written
        for above in range(depth + 1):
            own = self._level(name, shape, above) or level
            count = self._counts.get((shape, above), own.start)
            form = "decimal" if level.legal else own.form
            written = written.replace(f"%{above + 1}", numeral(count, form))
        return written


class Numbering:
    """The lists of a Word document, asked for by its paragraphs."""

    def __init__(self, document: Any) -> None:
        self._lists = Lists()
        self._styles = {s.style_id: s.element for s in document.styles}
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return  # a document without lists
        linked = {
            _value(a, "w:styleLink"): a.get(qn("w:abstractNumId")) for a in root.iterchildren(qn("w:abstractNum"))
        }
        shape_of: dict[str, str] = {}
        for abstract in root.iterchildren(qn("w:abstractNum")):
            shape = abstract.get(qn("w:abstractNumId"), "")
            shape_of[shape] = linked.get(_value(abstract, "w:numStyleLink") or "?", shape)
            self._lists.add_shape(shape, _levels(abstract))
        for num in root.iterchildren(qn("w:num")):
            self._take_num(num, shape_of)

    def _take_num(self, num: Any, shape_of: Mapping[str, str]) -> None:
        name, abstract = num.get(qn("w:numId")), _value(num, "w:abstractNumId")
        if name is None or abstract is None:
            return
        restarts: dict[int, int] = {}
        own: dict[int, Level] = {}
        for over in num.iterchildren(qn("w:lvlOverride")):
            depth, start = _number(over.get(qn("w:ilvl")), 0), _value(over, "w:startOverride")
            if start is not None:
                restarts[depth] = _number(start, 1)
            own |= _levels(over)
        self._lists.add_list(name, shape_of.get(abstract, abstract), restarts=restarts, own=own)

    def lead(self, paragraph: Any) -> str:
        """Return the number or bullet that Word shows before a paragraph, with a blank, or ""."""
        return self._lists.lead(*self._place(paragraph))

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """Return the list and level of a paragraph, by its own word or by its style's (or the style's base)."""
        num_id, depth = _num_pr(paragraph)
        style = _value(paragraph.find(qn("w:pPr")), "w:pStyle")
        for _ in range(LEVELS):
            element = self._styles.get(style)
            if element is None or (num_id is not None and depth is not None):
                break
            by_style = _num_pr(element)
            num_id = by_style[0] if num_id is None else num_id
            depth = by_style[1] if depth is None else depth
            style = _value(element, "w:basedOn")
        return num_id or "", _number(depth, 0)


def _num_pr(element: Any) -> tuple[str | None, str | None]:
    found = element.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
    return _value(found, "w:numId"), _value(found, "w:ilvl")


def _value(element: Any, child: str) -> str | None:
    found = element.find(qn(child)) if element is not None else None
    return found.get(qn("w:val")) if found is not None else None


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.lstrip("-").isdecimal() else otherwise


def _levels(element: Any) -> dict[int, Level]:
    levels = element.iterchildren(qn("w:lvl"))
    return {_number(level.get(qn("w:ilvl")), 0): _level(level) for level in levels}


def _level(level: Any) -> Level:
    return Level(
        _value(level, "w:numFmt") or "decimal",
        _value(level, "w:lvlText") or "",
        _number(_value(level, "w:start"), 1),
        level.find(qn("w:isLgl")) is not None,
        _value(level, "w:lvlRestart") == "0",
    )


def numeral(count: int, form: str) -> str:
    """Write a number in a form by its name in DOCX; in digits where the form is not known."""
    return _FORMS.get(form, str)(count)


def _letter(count: int) -> str:
    if not 0 < count < 1_000:
        return str(count)
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


def _roman(count: int) -> str:
    signs = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
    if not 0 < count < 10_000:
        return str(count)
    out = ""
    for value, sign in (*signs, (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        out += sign * (count // value)
        count %= value
    return out


_FORMS: dict[str, Callable[[int], str]] = {
    "lowerLetter": _letter,
    "upperLetter": lambda count: _letter(count).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda count: _roman(count).upper(),
    "decimalZero": lambda count: f"{count:02d}",
}
