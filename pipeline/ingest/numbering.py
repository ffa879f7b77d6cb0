"""The numbers that Word shows before paragraphs without writing them: "1.", "a)", "I.", "1.2."."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

_LEVELS = 9  # so many Word knows


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    written: str  # "%1.%2." with a sign for each level's number
    start: int
    legal: bool  # numbers of all levels in digits


class Numbering:
    """Counts the numbered paragraphs of one document, which must be asked for in their order."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[tuple[str, int], _Level] = {}
        self._list_of: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: Counter[tuple[str, int]] = Counter()
        self._styles = {s.style_id: s.element for s in document.styles}
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return  # a document without lists
        for abstract in root.iterchildren(qn("w:abstractNum")):
            for level in abstract.iterchildren(qn("w:lvl")):
                key = abstract.get(qn("w:abstractNumId")), int(level.get(qn("w:ilvl"), "0"))
                self._levels[key] = _level(level)
        for num in root.iterchildren(qn("w:num")):
            self._take_num(num)

    def _take_num(self, num: Any) -> None:
        """A list of the text: several may count on as one, each may begin anew at a number of its own."""
        num_id, abstract = num.get(qn("w:numId")), _value(num, "w:abstractNumId")
        if num_id is None or abstract is None:
            return
        self._list_of[num_id] = abstract
        starts = {int(o.get(qn("w:ilvl"), "0")): _value(o, "w:startOverride") for o in num.iter(qn("w:lvlOverride"))}
        self._restarts[num_id] = {level: int(start) for level, start in starts.items() if start is not None}

    def lead(self, paragraph: Any) -> str:
        """Return the number or bullet that Word shows before a paragraph, with a blank, or ""."""
        num_id, depth = self._place(paragraph)
        name = self._list_of.get(num_id, "")
        level = self._levels.get((name, depth))
        if level is None or level.form == "none":
            return ""
        self._count(num_id, name, depth, level)
        if level.form == "bullet":
            return "- "
        return f"{self._shown(name, depth, level)} ".lstrip()

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """Return the list and level of a paragraph, by its own word or by its style's (or the style's base)."""
        num_id, depth = _num_pr(paragraph)
        style = _value(paragraph.find(qn("w:pPr")), "w:pStyle")
        for _ in range(_LEVELS):
            element = self._styles.get(style)
            if element is None or (num_id is not None and depth is not None):
                break
            by_style = _num_pr(element)
            num_id = by_style[0] if num_id is None else num_id
            depth = by_style[1] if depth is None else depth
            style = _value(element, "w:basedOn")
        return num_id or "", int(depth or 0)

    def _count(self, num_id: str, name: str, depth: int, level: _Level) -> None:
        restart = self._restarts.get(num_id, {}).pop(depth, None)
        if restart is not None:
            self._counts[name, depth] = restart
        elif (name, depth) in self._counts:
            self._counts[name, depth] += 1
        else:
            self._counts[name, depth] = level.start
        for deeper in range(depth + 1, _LEVELS):
            self._counts.pop((name, deeper), None)

    def _shown(self, name: str, depth: int, level: _Level) -> str:
        written = level.written
        for above in range(depth + 1):
            own = self._levels.get((name, above), level)
            count = self._counts.get((name, above), own.start)
            form = "decimal" if level.legal else own.form
            written = written.replace(f"%{above + 1}", _FORMS.get(form, str)(count))
        return written


def _num_pr(element: Any) -> tuple[str | None, str | None]:
    found = element.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
    return _value(found, "w:numId"), _value(found, "w:ilvl")


def _value(element: Any, child: str) -> str | None:
    found = element.find(qn(child)) if element is not None else None
    return found.get(qn("w:val")) if found is not None else None


def _level(level: Any) -> _Level:
    start = _value(level, "w:start") or "1"
    legal = level.find(qn("w:isLgl")) is not None
    return _Level(_value(level, "w:numFmt") or "decimal", _value(level, "w:lvlText") or "", int(start), legal)


def _letter(count: int) -> str:
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


def _roman(count: int) -> str:
    signs = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
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
