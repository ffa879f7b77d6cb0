"""An evaluation as one page to read: the figures, a table of errors, and each document with its errors in place.

The page stands alone: no outside resource, no script, every text escaped. Errors are told apart by line and by a
tag with a sign, so colour is not needed. Spans overlap (a missed mention and a longer spurious one), so a
document is cut at every start and end, and each piece bears the classes of all errors over it.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape

from baocao.pipeline.figures import Table, tables
from baocao.pipeline.score import Case, Error, ErrorKind, Evaluation

# Kind → (class, sign of the tag, what the key says).
_SHOWN = {
    ErrorKind.MISSED: ("missed", "−", "missed: the gold has this mention, it was not found"),
    ErrorKind.SPURIOUS: ("extra", "+", "extra: found, but the gold has no such mention"),
    ErrorKind.NORM: ("norm", "≠", "norm: found rightly, but stands for something else"),
    ErrorKind.LABEL: ("label", "¶", "label: the sentence got another label than the gold's"),
    ErrorKind.CUT: ("cut", "✂", "cut otherwise: no sentence begins where the gold's does"),
}

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --line: #8a8a8a;
  --missed: #a4001d; --extra: #00539c; --norm: #7a4b00; --label: #5b2a86; --cut: #4a4a4a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #161616; --line: #8a8a8a;
  --missed: #ff9aa8; --extra: #8ac6ff; --norm: #ffcf7d; --label: #d9b3ff; --cut: #c0c0c0; } }
body { font: 1rem/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 0 auto; padding: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: bold; }
th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
a { color: inherit; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 2.1; }
.missed { border: 2px dashed var(--missed); }
.extra { border: 2px solid var(--extra); }
.norm { border-bottom: 3px double var(--norm); }
.label { text-decoration: underline dotted var(--label) 2px; text-underline-offset: .35em; }
.cut { text-decoration: underline wavy var(--cut) 1px; text-underline-offset: .35em; }
.missed.extra { border: 3px double var(--missed); }
.label.cut { text-decoration-line: underline overline; }
.tag { border: 1px solid currentColor; border-radius: .3rem; padding: 0 .25rem; font-size: .72rem;
  text-decoration: none; white-space: nowrap; }
.tag:target { outline: 3px solid currentColor; outline-offset: 2px; }
.t-missed { color: var(--missed); } .t-extra { color: var(--extra); } .t-norm { color: var(--norm); }
.t-label { color: var(--label); } .t-cut { color: var(--cut); }
"""


def errors_page(told: Evaluation, title: str) -> str:
    """Return the page, a whole HTML document."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    numbered = list(_numbered(told.cases))
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{len(told.cases)} documents, {sum(len(errors) for _, errors in numbered)} errors.</p>",
        *(_table(table) for table in tables(told)),
        _error_table(numbered),
        _key(),
        *(_document(case, errors) for case, errors in numbered),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _numbered(cases: Sequence[Case]) -> Iterator[tuple[Case, list[tuple[int, Error]]]]:
    """Yield each document with its errors in the order of the text, numbered through the page."""
    number = 0
    for case in cases:
        errors = sorted(case.errors, key=lambda e: (e.kind not in _SHOWN, e.start, e.end))
        yield case, list(enumerate(errors, number + 1))
        number += len(errors)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    rows = (
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in table.rows
    )
    note = f"<p>{escape(table.note)}</p>" if table.note else ""
    return (
        f'<div class="wide"><table><caption>{escape(table.title)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>'
        + "\n".join(rows)
        + f"</tbody></table></div>{note}"
    )


def _error_table(numbered: Sequence[tuple[Case, Sequence[tuple[int, Error]]]]) -> str:
    rows = [_error_row(case, number, error) for case, errors in numbered for number, error in errors]
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("", "document", "error", "what", "words", "gold", "told")
    )
    return (
        f'<h2 id="errors">Errors</h2>\n<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>'
        + "\n".join(rows)
        + "</tbody></table></div>"
    )


def _error_row(case: Case, number: int, error: Error) -> str:
    words = " ".join(case.text[error.start : error.end].split())
    shown = words if len(words) <= 90 else words[:90] + "…"
    place = f'<a href="#e{number}">{number}</a>' if error.kind in _SHOWN else str(number)
    cells = (case.name, error.kind.value, error.what, shown, error.gold, error.told)
    return f'<tr id="r{number}"><td>{place}</td>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _key() -> str:
    lines = (
        f'<li><span class="{name}">words</span> <span class="tag t-{name}">{sign}</span> {escape(meaning)}</li>'
        for name, sign, meaning in _SHOWN.values()
    )
    return '<h2>Documents</h2>\n<ul class="key">' + "\n".join(lines) + "</ul>"


def _document(case: Case, errors: Sequence[tuple[int, Error]]) -> str:
    placed = [(number, error) for number, error in errors if error.kind in _SHOWN]
    opened = " open" if errors else ""
    summary = f"{escape(case.name)}: {len(errors)} errors" if errors else f"{escape(case.name)}: no errors"
    body = "".join(_pieces(case.text, placed))
    apart = "".join(
        f"<li>{number} {escape(error.kind.value)}: {escape(error.gold or error.told)}</li>"
        for number, error in errors
        if error.kind not in _SHOWN
    )
    return (
        f"<details{opened}><summary>{summary}</summary>\n"
        f'<div class="text" lang="vi">{body}</div>' + (f"<ul>{apart}</ul>" if apart else "") + "</details>"
    )


def _pieces(text: str, errors: Sequence[tuple[int, Error]]) -> Iterator[str]:
    """Yield the text in pieces over which the same errors stand, each error's tag where it begins."""
    edges = sorted({0, len(text), *(edge for _, e in errors for edge in (e.start, min(e.end, len(text))))})
    for start, end in zip(edges, edges[1:], strict=False):
        over = [(number, e) for number, e in errors if e.start <= start and end <= e.end]
        yield from (_tag(number, e) for number, e in over if e.start == start)
        classes = " ".join(dict.fromkeys(_SHOWN[e.kind][0] for _, e in over))
        piece = escape(text[start:end])
        yield f'<span class="{classes}">{piece}</span>' if classes else piece


def _tag(number: int, error: Error) -> str:
    name, sign, _ = _SHOWN[error.kind]
    match error.kind:
        case ErrorKind.NORM:
            what = f"{error.what} {error.told or 'none'}, gold {error.gold or 'none'}"
        case ErrorKind.LABEL:
            what = f"{error.told} {error.what}, gold {error.gold}"
        case _:
            what = error.what
    return f'<a class="tag t-{name}" id="e{number}" href="#r{number}">{number} {sign} {escape(what)}</a>'
