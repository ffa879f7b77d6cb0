"""Reports that give different figures for the same measure: the same words, of the same body and the same time.

Precision first: what is not certainly one measure is not set side by side.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from baocao.insight.review.model import Conflict
from baocao.insight.review.statements import Statement
from baocao.insight.review.wording import is_amount, wording, words
from baocao.text import fold

_SAME_WORDS = 0.85
_AROUND = 2  # words on either side of a figure that must be the same
_AS_OF_NOW = re.compile(r"\b(?:đến nay|hiện nay|hiện có|tính đến|đến thời điểm)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Measured:
    """A statement's words with its amounts taken out."""

    statement: Statement
    template: tuple[str, ...]
    amounts: tuple[str, ...]


def conflicts(statements: Sequence[Statement]) -> list[Conflict]:
    """Return the measures for which different reports give different figures, in the order of the statements."""
    groups: dict[tuple[object, ...], list[_Measured]] = defaultdict(list)
    for statement in statements:
        key = _about(statement)
        if key is not None:
            groups[key].append(_measured(statement))
    found: dict[int, list[_Measured]] = {}
    for group in groups.values():
        for one, other in combinations(group, 2):
            if _contradict(one, other):
                found.setdefault(id(one), [one]).append(other)
    told: set[int] = set()
    out = []
    for first, members in found.items():
        if first not in told:
            told.update(id(m) for m in members)
            out.append(_conflict(members))
    return out


def _about(statement: Statement) -> tuple[object, ...] | None:
    """Return of what body and time a statement with amounts speaks, or None where that is not certain."""
    text = statement.shown.text
    period = statement.periods or ({statement.period} if statement.period else None)
    body = statement.units or ({statement.source.issuer} if statement.source.issuer else None)
    if not period or not body or not any(is_amount(word) for word in words(text)):
        return None
    now = statement.source.issued if _AS_OF_NOW.search(text) else None
    place = fold(statement.place) if statement.place else statement.source.issuer
    said = wording(text)
    fixed = tuple(figure for figure in said.figures if not is_amount(figure))
    return frozenset(body), frozenset(period), place, now, said.names, said.turns, fixed


def _measured(statement: Statement) -> _Measured:
    found = words(statement.shown.text)
    template = tuple("#" if is_amount(word) else fold(word) for word in found)
    return _Measured(statement, template, tuple(word for word in found if is_amount(word)))


def _contradict(one: _Measured, other: _Measured) -> bool:
    if one.statement.source.report == other.statement.source.report or len(one.amounts) != len(other.amounts):
        return False
    mine, theirs = set(_bag(one.template)), set(_bag(other.template))
    if len(mine & theirs) < _SAME_WORDS * len(mine | theirs):
        return False
    slots = list(zip(_slots(one.template), _slots(other.template), one.amounts, other.amounts, strict=True))
    return all(a == b for a, b, *_ in slots) and any(_value(x) != _value(y) for *_, x, y in slots)


def _bag(template: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield each word with how often it stood before, so that a set of them is a bag."""
    seen: dict[str, int] = defaultdict(int)
    for word in template:
        yield word, seen[word]
        seen[word] += 1


def _slots(template: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the words on either side of each amount."""
    for i, word in enumerate(template):
        if word == "#":
            yield template[max(0, i - _AROUND) : i], template[i + 1 : i + 1 + _AROUND]


def _value(amount: str) -> str:
    """Return an amount with one spelling: "05" is "5", "1.000" is "1000"."""
    whole, _, rest = amount.rstrip("%").replace(".", "").partition(",")
    fraction = rest.rstrip("0")
    return (whole.lstrip("0") or "0") + (f",{fraction}" if fraction else "") + ("%" if amount.endswith("%") else "")


def _conflict(members: Sequence[_Measured]) -> Conflict:
    """Only the amounts that differ are told."""
    differ = [i for i in range(len(members[0].amounts)) if len({_value(m.amounts[i]) for m in members}) > 1]
    figures = tuple(", ".join(m.amounts[i] for i in differ) for m in members)
    return Conflict(figures, tuple(m.statement.source for m in members))
