"""What of a sentence is its matter: clauses of spelling keys, each with a weight.

Connectives, who said it, when and where, unit and place names, figures and dates go; the main clause weighs more
than causes and consequences, because a report says "X is lacking because of Y" of X and not of Y.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from baocao.models.gazetteers import rows
from baocao.text import spelling_key

_TOKEN = re.compile(r"[^\W\d_]+|\d[\d.,/]*|[,;:.()\n–-]")
_WORD = re.compile(r"[^\W\d_]+")
_STOP = {",", ";", ":", ".", "(", ")", "\n"}
# Shares of weight, chosen on the building half of bench/themes.
_LATER, _SETTING, _ASIDE, _REMAINDER = 0.8, 0.35, 0.5, 0.35
_LONGEST_PHRASE = 8  # syllables of the longest phrase that begins an aside
_LONGEST_SETTING = 14  # syllables before the comma; a longer beginning is no mere setting


@dataclass(frozen=True, slots=True)
class Clause:
    """Neighbouring syllables as spelling keys, and how much they count."""

    keys: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class _Token:
    key: str
    name: bool  # spelt like a proper name, in a place where spelling tells


@cache
def _phrases(kind: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the phrases of a kind as keys by their first word, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for k, text in rows("difficulty_wording.tsv"):
        if k == kind:
            words = keys(text)
            found.setdefault(words[0], []).append(words)
    return {first: tuple(sorted(phrases, key=len, reverse=True)) for first, phrases in found.items()}


def keys(phrase: str) -> tuple[str, ...]:
    """Return the spelling keys of a listed phrase."""
    return tuple(spelling_key(word) for word in _WORD.findall(phrase))


@cache
def empty_words() -> frozenset[str]:
    """Return the keys of words that belong to no matter, single or joined by blanks."""
    return frozenset(" ".join(p) for phrases in _phrases("empty").values() for p in phrases)


@cache
def _capitalised() -> frozenset[str]:
    """Return the words that the lists of expressions themselves spell with a capital (Tết, Zalo, OCOP)."""
    text = " ".join(cell for name in ("thesaurus.tsv", "known_difficulties.tsv") for row in rows(name) for cell in row)
    return frozenset(word for word in re.findall(r"[^\W\d_]+", text) if word[0].isupper())


def clauses(text: str) -> tuple[Clause, ...]:
    """Return the clauses of a sentence, its names and dates blanked, with their weights."""
    tokens = list(_tokens(text))
    parts = _split(tokens)
    return tuple(_weighed(parts))


def _tokens(text: str) -> Iterator[_Token]:
    first = True
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word[0].isdigit() or word in "–-":
            continue
        if word in _STOP:
            yield _Token(word, False)
            first = word in ".\n"
            continue
        yield _Token(spelling_key(word), word[0].isupper() and not first and word not in _capitalised())
        first = False


def _split(tokens: list[_Token]) -> list[tuple[str, list[str]]]:
    """Cut at punctuation: the sign before a part, and its words."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for token in tokens:
        if token.key in _STOP:
            parts.append((token.key, []))
        elif not token.name:
            parts[-1][1].append(token.key)
    return [part for part in parts if part[1]]


def _begins(words: list[str], kind: str) -> int:
    """Return how many words the longest phrase of that kind at the beginning has."""
    phrases = _phrases(kind).get(words[0], ()) if words else ()
    return next((len(p) for p in phrases if tuple(words[: len(p)]) == p), 0)


def _weighed(parts: list[tuple[str, list[str]]]) -> Iterator[Clause]:
    parts = _without_front(parts)
    rest = 1.0
    for number, (sign, words) in enumerate(parts):
        if sign == ";":
            rest = min(rest, _ASIDE)
        weight = min(rest, _LATER if number else 1.0)
        if not number and len(parts) > 1 and len(words) <= _LONGEST_SETTING and _begins(words, "setting"):
            yield Clause(tuple(words), _SETTING)
            continue
        for piece, share in _asides(words, leading=not number):
            if share == _REMAINDER:
                rest = _REMAINDER
            if piece:
                yield Clause(tuple(piece), min(weight, share, rest))


def _without_front(parts: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Drop connectives and who said it from the beginning, where something is left after them."""
    while len(parts) > 1:
        words = parts[0][1]
        opening = _begins(words, "opening")
        said = _begins(words, "source") or tuple(words[-2:]) in (keys("cho thấy"), keys("phản ánh"))
        if opening == len(words) or (said and len(words) <= _LONGEST_SETTING):
            parts = parts[1:]
        else:
            break
    if parts:
        sign, words = parts[0]
        opening = _begins(words, "opening")
        if opening < len(words):
            parts = [(sign, words[opening:]), *parts[1:]]
    return parts


def _asides(words: list[str], *, leading: bool) -> Iterator[tuple[list[str], float]]:
    """Cut a part where a cause, consequence or contrast begins; "do X nên Y" at the front is of X."""
    share, piece, at = 1.0, list[str](), 0
    while at < len(words):
        ahead = words[at : at + _LONGEST_PHRASE]
        remainder = _begins(ahead, "remainder")
        cut = remainder or _begins(ahead, "aside")
        if not cut or (leading and not at and not remainder):
            piece.append(words[at])
            at += 1
            continue
        yield piece, share
        piece, share = [], min(share, _REMAINDER if remainder else _ASIDE)
        at += cut
    yield piece, share


def lead(text: str) -> str:
    """Return the main clause of a sentence as written, without connectives and without who said it."""
    parts = [part for cut in re.split(r"[,;:.()\n“”\"]", text) if (part := cut.strip(" -–+*•"))]
    while len(parts) > 1 and _is_front([spelling_key(w) for w in _WORD.findall(parts[0])]):
        parts = parts[1:]
    words = " ".join(parts[0].split()).split() if parts else []
    spelt = [spelling_key(w) for w in words]
    opening = _begins(spelt, "opening")
    words, spelt = words[opening:], spelt[opening:]
    cut = next((i for i in range(1, len(words)) if _begins_aside(spelt[i : i + _LONGEST_PHRASE])), len(words))
    return " ".join(words[:cut])


def _is_front(words: list[str]) -> bool:
    return (
        _begins(words, "opening") == len(words)
        or tuple(words[-2:]) in (keys("cho biết"), keys("cho thấy"))
        or bool(len(words) <= _LONGEST_SETTING and (_begins(words, "source") or _begins(words, "setting")))
    )


def _begins_aside(words: list[str]) -> bool:
    return bool(_begins(words, "remainder") or _begins(words, "aside"))


def overcome(text: str) -> bool:
    """Tell whether a sentence says that its difficulty is no more ("đã khắc phục tình trạng …"), without a "but"."""
    words = [spelling_key(w) for w in _WORD.findall(text)]
    at = next((i for i in range(len(words)) if _begins(words[i : i + _LONGEST_PHRASE], "overcome")), None)
    if at is None or any(_begins(words[i : i + 1], "not") for i in range(max(at - 2, 0), at)):
        return False
    return not any(_begins(words[i : i + 2], "however") for i in range(at + 1, len(words)))
