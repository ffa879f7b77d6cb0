"""The fonts of a Word document's letters, and what such as .VnTime and VNI-Times show set in Unicode."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from docx.oxml.ns import qn

from baocao.pipeline.ingest.legacy import Run, convert_runs, encoding_of

_MAX_BASES = 20  # a style that is based on itself ends somewhere
_TEXT, _RUN, _PARAGRAPH = qn("w:t"), qn("w:r"), qn("w:p")
_SOFT, _SYMBOL = qn("w:softHyphen"), qn("w:sym")
_SIGNS = frozenset((_SOFT, _SYMBOL))


class Fonts:
    """Tells the font of a run: by its own word, its style's, its paragraph's style's, or the document's."""

    def __init__(self, document: Any) -> None:
        root = document.styles.element
        self._styles = {style.get(qn("w:styleId")): style for style in root.iterchildren(qn("w:style"))}
        self._own = {name: _font(style.find(qn("w:rPr"))) for name, style in self._styles.items()}
        self._usual = next(
            (name for name, s in self._styles.items() if s.get(qn("w:default")) and s.get(qn("w:type")) == "paragraph"),
            None,
        )
        self._default = _font(root.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}"))

    def of(self, run: Any) -> str | None:
        """Return the name of the font that a run's letters beyond ASCII are shown in, where the document names it."""
        properties = run.find(qn("w:rPr"))
        paragraph = next(run.iterancestors(_PARAGRAPH), None)
        style = _value(paragraph.find(qn("w:pPr")), "w:pStyle") if paragraph is not None else None
        return (
            _font(properties)
            or self._by_style(_value(properties, "w:rStyle"))
            or self._by_style(style or self._usual)
            or self._default
        )

    def _by_style(self, name: str | None) -> str | None:
        for _ in range(_MAX_BASES):
            if name is None or name not in self._styles or self._own[name]:
                break
            name = _value(self._styles[name], "w:basedOn")
        return self._own.get(name) if name else None


def set_in_unicode(document: Any, roots: Iterable[Any]) -> str | None:
    """Convert the text under `roots` in place; return the name of the encoding it was in, None for Unicode."""
    fonts = Fonts(document)
    groups = [group for root in roots for group in _groups(root, fonts)]
    runs = [Run("".join(map(_shown, nodes)), font) for font, nodes in groups]
    texts, encoding = convert_runs(runs)
    for run, text, (_, nodes) in zip(runs, texts, groups, strict=True):
        if text != run.text:
            for node in nodes:
                node.tag, node.text = _TEXT, ""
            nodes[0].text = text
    return encoding


def _groups(root: Any, fonts: Fonts) -> Iterator[tuple[str | None, list[Any]]]:
    """Yield neighbouring texts of one font: the two codes of a letter of VNI may lie in two runs."""
    for (_, _, font), group in groupby(_leaves(root, fonts), key=lambda leaf: leaf[:3]):
        nodes = [node for *_, node in group if node is not None]
        if nodes:
            yield font, nodes


def _leaves(root: Any, fonts: Fonts) -> Iterator[tuple[Any, int, str | None, Any]]:
    """Yield texts, each with what holds its run, how many breaks came before, and its font."""
    breaks = 0
    for run in root.iter(_RUN):
        if run.find(f"{qn('w:rPr')}/{qn('w:vanish')}") is not None:  # hidden text must not join what is shown
            breaks += 1
            continue
        font = fonts.of(run)
        for node in run:
            if node.tag == _TEXT or (node.tag in _SIGNS and encoding_of(_of_sign(node) or font)):
                yield run.getparent(), breaks, _of_sign(node) or font, node
            elif node.tag != qn("w:rPr"):
                breaks += 1


def _of_sign(node: Any) -> str | None:
    return node.get(qn("w:font")) if node.tag == _SYMBOL else None


def _shown(node: Any) -> str:
    """Return a leaf's letters: Word writes the code of "ư" as a soft hyphen, and may write others as symbols."""
    if node.tag == _SOFT:
        return "\u00ad"
    if node.tag == _SYMBOL:
        return chr(int(node.get(qn("w:char"), "20"), 16))
    return node.text or ""


def _font(properties: Any) -> str | None:
    fonts: Any = properties.find(qn("w:rFonts")) if properties is not None else None
    if fonts is None:
        return None
    name: str | None = fonts.get(qn("w:hAnsi")) or fonts.get(qn("w:ascii"))
    return name


def _value(element: Any, child: str) -> str | None:
    found = element.find(qn(child)) if element is not None else None
    return found.get(qn("w:val")) if found is not None else None
