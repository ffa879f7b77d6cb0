"""Web pages: the main text by trafilatura, without menus, related news and scripts."""

import re
from typing import Any

import trafilatura
from lxml import html as lxml_html
from trafilatura.settings import use_config

from baocao.errors import EmptyTextError
from baocao.pipeline.ingest.plain import Read, decode
from baocao.text import clean

_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.IGNORECASE)
_CHROME = (
    "script",
    "style",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "noscript",
    "iframe",
    "template",
    "button",
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "tr",
        "section",
        "article",
        "blockquote",
        "pre",
        "br",
        "table",
        "ul",
        "ol",
        "dd",
        "dt",
    ]
)


def read_html(data: bytes) -> Read:
    """Return the main text of a page, a paragraph or table row a line, with its title and date."""
    page = _decode(data)
    tree = lxml_html.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", page).encode("utf-8"), parser=_parser())
    config = use_config()
    config.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")
    found: Any = trafilatura.bare_extraction(
        page, include_comments=False, include_tables=True, favor_recall=True, config=config
    )
    text = clean(found.text or "") if found else ""
    body = _body(tree)
    # On short official pages trafilatura may keep a fraction; the stripped body is then the better text.
    if len(text) < 0.4 * len(body):
        text = body
    if not text.strip():
        raise EmptyTextError("The page holds no text outside its menus and scripts.")
    title = clean(found.title).strip() if found and found.title else None
    if title and title not in text[: len(title) + 200]:
        text = f"{title}\n{text}"
    return text.strip("\n"), (0,), title, found.date if found else None


def _decode(data: bytes) -> str:
    match = _CHARSET.search(data[:4096])
    if match and match[1].lower() not in (b"utf-8", b"utf8"):
        try:
            return data.decode(match[1].decode("ascii"), errors="replace")
        except LookupError:
            pass
    return decode(data)


def _parser() -> lxml_html.HTMLParser:
    return lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)


def _body(tree: lxml_html.HtmlElement) -> str:
    for element in list(tree.iter(*_CHROME)):
        element.drop_tree()
    pieces: list[str] = []
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in _BLOCKS:
            pieces.append("\n")
        pieces.append(" ".join((element.text or "").split()))
        pieces.append(" " + " ".join((element.tail or "").split()) if element.tail else "")
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return clean("\n".join(line for line in lines if line))
