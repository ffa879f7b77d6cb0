"""Web pages without menus, related news and scripts. Nothing is ever fetched.

trafilatura tells where the main text is; the lines are taken from the page's own blocks, since it breaks lines
at bold words and glues the official head together.
"""

import logging
import re
from copy import deepcopy
from typing import Any

import trafilatura
from lxml import etree
from lxml import html as lxml_html
from trafilatura.settings import use_config

from baocao.errors import EmptyTextError, LimitError
from baocao.pipeline.ingest.legacy import Run, convert_runs, with_capitals
from baocao.pipeline.ingest.plain import Read, decode, is_layout
from baocao.report import Reading
from baocao.text import clean, folded_syllables

_FAMILY = re.compile(r"font-family:\s*[\"']?([^;,\"']+)", re.IGNORECASE)
_UNTOLD = frozenset(("utf-8", "utf8", "windows-1252", "iso-8859-1", "us-ascii", "latin1"))
_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.IGNORECASE)
_SILENT = ("script", "style", "noscript", "template", "iframe", "object", "svg", "head", "title", "select", "textarea")
_CHROME = ("nav", "footer", "aside", "form", "button")
_BLOCKS = frozenset(("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details",
                     "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5",
                     "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table",
                     "tbody", "tfoot", "thead", "tr", "ul"))  # fmt: skip
_CELLS = frozenset(("td", "th"))
_LONG_CELL = 600  # characters; a longer cell holds running text
_RUNNING = 80  # characters; menus, teasers and buttons are shorter
_KEPT = 0.6  # of the words in the body's long lines: with less, trafilatura has cut into the text

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it gives up on is told by our own errors


def read_html(data: bytes, charset: str | None = None) -> Read:
    """Return the main text of a page, a paragraph, list item or table row a line, with its title and date.

    `charset` is the encoding that the page came with, if not by its own word.
    """
    page, unicode = _decode(data, charset)
    tree = _tree(page)
    encoding = _convert(tree, surely=not unicode)
    found: Any = trafilatura.bare_extraction(
        deepcopy(tree),
        include_comments=False,
        favor_recall=True,
        with_metadata=True,
        config=_config(),
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    body = _body(tree)
    lines = _main(body, clean(found.text or "") if found else "")
    if not lines and len(data) > 2**19:
        raise LimitError("The page is too large or nested too deeply to read.")
    if not lines:
        raise EmptyTextError("The page holds no text outside its menus and scripts.")
    title = clean(found.title).strip() if found and found.title else None
    if title and title in body and title not in lines:  # a headline outside the main text
        lines.insert(0, title)
    text = with_capitals("\n".join(lines), encoding)
    return Read(text, title=title, date=found.date if found else None, reading=Reading(encoding))


def whole_page(data: bytes, charset: str | None = None) -> list[str]:
    """Return all text of a page that is no script, a block a line: in a mail nothing stands around the text."""
    page, unicode = _decode(data, charset)
    tree = _tree(page)
    _convert(tree, surely=not unicode)
    return _body(tree)


def _tree(page: str) -> Any:
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    page = re.sub(r"^\s*<\?xml[^>]*\?>", "", page)
    tree = lxml_html.document_fromstring(page.encode("utf-8"), parser=parser)
    for row in [row for row in tree.iter("tr") if _is_layout(row)]:
        for element in (row, *row.iterchildren("td", "th")):
            element.tag = "div"
    for table in [t for t in tree.iter("table") if next(t.iter("tr"), None) is None]:
        for element in (table, *table.iter("tbody", "thead", "tfoot")):
            element.tag = "div"
    return tree


def _is_layout(row: Any) -> bool:
    """Tell a row that only sets text side by side or around other tables from a row of data."""
    cells = [cell.text_content() for cell in row.iterchildren("td", "th")]
    return (
        len(cells) < 2
        or max(map(len, cells)) > _LONG_CELL
        or is_layout(cells)
        or next(row.iter("table"), None) is not None
    )


def _config() -> Any:
    config = use_config()
    config.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")  # it works by signals; the pool holds the deadline
    return config


def _decode(data: bytes, charset: str | None) -> tuple[str, bool]:
    """Return the page, and whether it was Unicode.

    A page's own word on its encoding counts only where the bytes are no UTF-8, and not where it names the one that
    every program wrote into pages of old fonts.
    """
    match = _CHARSET.search(data[:4096])
    named = (match[1].decode("ascii") if match else charset or "utf-8").lower()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if named not in _UNTOLD:
            try:
                return data.decode(named, errors="replace"), True
            except LookupError:
                pass
    return decode(data)


def _convert(tree: Any, *, surely: bool) -> str | None:
    """Set the page's text in Unicode where it is in an old encoding; return the name of that."""
    places = [
        (element, part)
        for element in tree.iter(etree.Element)
        for part in ("text", "tail")
        if (getattr(element, part) or "").strip() and (part == "tail" or element.tag not in ("script", "style"))
    ]
    runs = [
        Run(getattr(element, part), _font(element if part == "text" else element.getparent()))
        for element, part in places
    ]
    texts, encoding = convert_runs(runs, surely=surely)
    for (element, part), text in zip(places, texts, strict=True):
        setattr(element, part, text)
    return encoding


def _font(element: Any) -> str | None:
    """Return the first font of an element, by its own word or that of what it stands in."""
    while element is not None:
        if match := _FAMILY.search(element.get("style", "")):
            return match[1].strip()
        if face := element.get("face"):
            return str(face).split(",")[0].strip()
        element = element.getparent()
    return None


def _main(body: list[str], main: str) -> list[str]:
    """Return the lines of the body that hold the main text.

    Pages of offices are often bare text in tables, of which trafilatura keeps a part: then all lines are taken.
    """
    known = {triple for line in main.split("\n") for triple in _triples(line)}
    shares = [_share(_triples(line), known) for line in body]
    weights = [len(line) if len(line) >= _RUNNING or "|" in line else 0 for line in body]
    kept = sum(weight * share for weight, share in zip(weights, shares, strict=True))
    inside = [i for i, share in enumerate(shares) if share >= 0.5]
    if not inside or kept < _KEPT * sum(weights):
        return body
    last = inside[-1] + 1
    while last < len(body) and weights[last]:  # what it took for a foot, though it is running text
        last += 1
    return body[inside[0] : last]


def _triples(line: str) -> set[tuple[str, ...]]:
    """Return the runs of three syllables, a shorter line as one."""
    words = folded_syllables(line)
    return set(zip(words, words[1:], words[2:], strict=False)) if len(words) > 2 else {tuple(words)}


def _share(own: set[tuple[str, ...]], known: set[tuple[str, ...]]) -> float:
    return len(own & known) / len(own)


def _body(tree: Any) -> list[str]:
    """Return all text of a page but scripts, menus, foot and blocks that are one link, a block a line."""
    etree.strip_elements(tree, *_SILENT, *_CHROME, with_tail=False)
    for link in [a for a in tree.iter("a") if _is_menu(a)]:
        link.drop_tree()
    pieces: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        start = event == "start"
        pieces.append(_edge(element, start=start))
        pieces.append(re.sub(r"\s+", " ", (element.text if start else element.tail) or ""))
    lines = (" ".join(line.split()).strip("| ") for line in clean("".join(pieces)).split("\n"))
    return [line for line in lines if re.search(r"\w", line)]


def _is_menu(link: Any) -> bool:
    block = link.getparent()
    while block is not None and block.tag not in _BLOCKS and block.tag not in _CELLS:
        block = block.getparent()
    return block is not None and block.text_content().strip() == link.text_content().strip()


def _edge(element: Any, *, start: bool) -> str:
    """Return what the beginning or end of an element puts between words; a cell's own blocks stay in its row."""
    if element.tag in _CELLS:
        return "" if start else " | "
    if element.tag not in _BLOCKS:
        return ""
    if element.tag != "tr" and next(element.iterancestors("td", "th"), None) is not None:
        return " "
    return "\n- " if start and element.tag == "li" else "\n"
