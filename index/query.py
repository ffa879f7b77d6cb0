"""The query language: words are AND-ed; "a phrase", OR, -not, prefix*, (groups), document numbers.

A document number is found in any spelling (95/kh-ttcp, 95-KH/TTCP, số 95 KH TTCP), a known abbreviation
also as what it stands for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from baocao.errors import QueryError
from baocao.index.analysis import docno_token, folded_tokens, synonyms
from baocao.index.search import SearchRequest
from baocao.text import spelling_key, syllables

MAX_LENGTH = 2_000
MAX_WORDS = 64

_OPERATORS = ("OR", "HOẶC", "AND", "NOT")
_QUOTES = str.maketrans(dict.fromkeys("“”„«»″", '"'))
_LEX = re.compile(
    r'(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<phrase>"[^"]*"?)|(?P<minus>-(?=[\w"(]))|(?P<word>[^\s()"]+)'
)
_DOCNO = re.compile(
    r"(?:số\s*:?\s*|so\s*:?\s*)?(?<![\w/])(?P<whole>\d{1,6}[a-zđ]?\s?(?:/\s?(?:19|20)\d\d\s?)?"
    r"(?:[/-]\s?[a-zđ]{1,8}(?:\s?[-/.]\s?[a-zđ]{2,10})+|/\s?(?:19|20)\d\d\s?/\s?[a-zđ]{2,8}\d{0,2}|/[a-zđ]{2,8}\d{1,2}))(?![\w/])",
    re.IGNORECASE,
)
_SPOKEN = re.compile(r"\b(?:số|so)\s+(?P<n>\d{1,6})\s+(?P<a>[A-ZĐ]{2,6})\s+(?P<b>[A-ZĐ]{2,8})\b")


@dataclass(frozen=True, slots=True)
class Word:
    """A word; `exact` is its spelling key, `prefix` tells whether it may go on."""

    folded: str
    exact: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one after the other."""

    folded: tuple[str, ...]
    exact: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocNo:
    """A document number, as its search token."""

    token: str


@dataclass(frozen=True, slots=True)
class Not:
    """What may not occur."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """Every part must occur."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any_:
    """One part at least must occur."""

    parts: tuple["Node", ...]


Node = Word | Phrase | DocNo | Not | All | Any_


def parse(query: str) -> Node | None:
    """Read a query, or return None for an empty one.

    Raises QueryError where it is far too long, or only says what may not occur.
    """
    if len(query) > MAX_LENGTH:
        raise QueryError(f"The query is longer than {MAX_LENGTH:,} characters; shorten it.")
    query = query.translate(_QUOTES)
    query = _SPOKEN.sub(lambda m: f"{m['n']}/{m['a']}-{m['b']}", query)
    query = _DOCNO.sub(lambda m: f" \x00{docno_token(m['whole'])}\x00 ", query)
    tokens = [m for m in _LEX.finditer(query) if m.lastgroup != "space"]
    if len(tokens) > MAX_WORDS * 2:
        raise QueryError(f"The query has more than {MAX_WORDS} words; keep the ones that matter.")
    node, _ = _any(tokens, 0, 0)
    if isinstance(node, Not) or (isinstance(node, All) and all(isinstance(p, Not) for p in node.parts)):
        raise QueryError("The query only says what to leave out; add a word to look for.")
    return node


def _any(tokens: list[re.Match[str]], at: int, depth: int) -> tuple[Node | None, int]:
    if depth > 20:
        raise QueryError("The query has too many brackets inside brackets.")
    parts: list[Node] = []
    while True:
        part, at = _all(tokens, at, depth)
        if part is not None:
            parts.append(part)
        if at < len(tokens) and tokens[at][0] in ("OR", "HOẶC"):
            at += 1
            continue
        break
    return (Any_(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None), at


def _all(tokens: list[re.Match[str]], at: int, depth: int) -> tuple[Node | None, int]:
    parts: list[Node] = []
    negative = False
    while at < len(tokens) and tokens[at][0] not in ("OR", "HOẶC"):
        token = tokens[at]
        if token.lastgroup == "close":
            if depth:
                break
            at += 1  # a bracket that closes nothing is no reason to refuse
            continue
        at += 1
        if token.lastgroup == "minus" or token[0] == "NOT":
            negative = True
            continue
        if token[0] == "AND":
            continue
        if token.lastgroup == "open":
            node, at = _any(tokens, at, depth + 1)
            at += at < len(tokens)
            nodes = [node] if node is not None else []
        else:
            nodes = list(_leaf(token))
        parts += [Not(n) for n in nodes] if negative else nodes
        negative = False
    return _joined(_with_synonyms(parts)), at


def _joined(parts: list[Node]) -> Node | None:
    return All(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None


def _leaf(token: re.Match[str]) -> Iterator[Node]:
    written = token[0]
    if "\x00" in written:
        yield DocNo(written.strip("\x00"))
        return
    found = list(syllables(written))
    folded = tuple(s.folded for s in found)
    exact = tuple(spelling_key(written[s.start : s.end]) for s in found)
    if token.lastgroup == "phrase" and len(found) > 1:
        yield Phrase(folded, exact)
        return
    for i, (f, e) in enumerate(zip(folded, exact, strict=True)):
        yield Word(f, e, prefix=written.endswith("*") and i == len(found) - 1)


def _with_synonyms(parts: list[Node]) -> list[Node]:
    """Let a known abbreviation, or the words it stands for, be found either way."""
    out: list[Node] = []
    i = 0
    while i < len(parts):
        size = next((n for n in range(8, 0, -1) if (key := _plain(parts[i : i + n], n)) and key in synonyms()), 0)
        if size:
            other = synonyms()[tuple(p.folded for p in parts[i : i + size] if isinstance(p, Word))]
            same: Node = All(tuple(parts[i : i + size])) if size > 1 else parts[i]
            alternative: Node = Phrase(other, ()) if len(other) > 1 else Word(other[0], "")
            out.append(Any_((same, alternative)))
        else:
            out.append(parts[i])
        i += max(1, size)
    return out


def _plain(parts: list[Node], size: int) -> tuple[str, ...] | None:
    words = tuple(p.folded for p in parts if isinstance(p, Word) and not p.prefix)
    return words if len(words) == len(parts) == size else None


def words_at(query: str) -> list[list[tuple[int, int]]]:
    """Return where the words of a query stand that may be misspelt, those that follow each other together.

    Operators, prefixes and document numbers are none, nor is what may not occur.
    """
    query = query.translate(_QUOTES)
    for pattern in (_SPOKEN, _DOCNO):
        query = pattern.sub(lambda m: "\x00" * len(m[0]), query)
    found: list[list[tuple[int, int]]] = [[]]
    before, depth, left_out = "", 0, 0  # the depth of brackets below which all may not occur
    for token in _LEX.finditer(query):
        if token.lastgroup == "space":
            continue
        plain = token.lastgroup == "word" and token[0] not in _OPERATORS and not re.search(r"\x00|\*$", token[0])
        if not plain:
            found.append([])
        negative = before in ("-", "NOT")
        depth += (token[0] == "(") - (token[0] == ")")
        if negative and token[0] == "(":
            left_out = left_out or depth
        elif depth < left_out:
            left_out = 0
        if (plain or token.lastgroup == "phrase") and not negative and not left_out:
            found[-1] += [(token.start() + s.start, token.start() + s.end) for s in syllables(token[0])]
        if not plain or negative:
            found.append([])
        before = token[0]
    return [words for words in found if words]


def runs(node: Node | None) -> Iterator[tuple[str, ...]]:
    """Yield the runs of folded syllables to highlight."""
    match node:
        case Word(folded, _, prefix):
            yield (folded + "*" if prefix else folded,)
        case Phrase(folded, _):
            yield folded
        case DocNo(token):
            yield (token,)
        case All(parts) | Any_(parts):
            for part in parts:
                yield from runs(part)


def are_words(parts: Sequence[Node]) -> bool:
    """Tell whether parts are whole words alone, which may then stand in the sentence or above it."""
    return all(isinstance(p, Word) and not p.prefix for p in parts)


def plain_words(node: Node) -> Iterator[Word]:
    """Yield the words of a query, in order, that rank its hits."""
    match node:
        case Word(_, _, False):
            yield node
        case Phrase(folded, exact):
            yield from (Word(f, e) for f, e in zip(folded, exact, strict=False))
        case All(parts) | Any_(parts):
            for part in parts:
                yield from plain_words(part)


def marks(request: SearchRequest, node: Node | None) -> list[tuple[str, ...]]:
    """Return the runs of folded syllables that a search highlights: those of its words, units, persons and numbers."""
    named = [tuple(folded_tokens(name).split()) for name in (*request.units, *request.persons)]
    return [*runs(node), *named, *((docno_token(docno),) for docno in request.docnos)]


def covering_pairs(words: Sequence[str]) -> list[tuple[int, str]]:
    """Return pairs of neighbours that cover a phrase, each with its place: pairs are far rarer than words."""
    pairs = [f"{a}_{b}" for a, b in zip(words, words[1:], strict=False)]
    return [(i, pairs[i]) for i in sorted({*range(0, len(pairs), 2), len(pairs) - 1}) if pairs]
