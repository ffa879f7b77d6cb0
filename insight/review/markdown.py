"""A review as Markdown."""

import re
from collections.abc import Iterator

from baocao.insight.review.model import Review
from baocao.insight.review.page import Table, abstract, bracketed, contradiction, numbered_parts, opening, tables

_SPECIAL = re.compile(r"([\\`*_<>\[\]|#~])")


def markdown(review: Review) -> str:
    """Return the review as Markdown; what reports say is escaped, so that it cannot become mark-up."""
    return "\n".join(_lines(review)) + "\n"


def _lines(review: Review) -> Iterator[str]:
    yield f"# {_escaped(abstract(review))}"
    yield from ("", _escaped(opening(review)), "")
    for heading, index in numbered_parts(review):
        yield from (f"## {heading}", "")
        for number, group in enumerate(review.parts[index].groups, 1):
            yield from (f"### {number}. {_escaped(group.field)}", "")
            for item in group.items:
                yield f"- {_escaped(item.text)} *{_escaped(bracketed(item))}*"
                yield from (f"  - **{_escaped(contradiction(c))}**" for c in item.conflicts)
            yield ""
    for table in tables(review):
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield from (f"## {_escaped(table.title)}", "")
    yield f"| {' | '.join(table.columns)} |"
    yield "|" + "---|" * len(table.columns)
    yield from (f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in table.rows)
    yield ""
    if table.left_out:
        yield from (f"Còn {table.left_out} dòng khác.", "")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
