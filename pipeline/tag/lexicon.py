"""The words that names of bodies are made of: a text's tokens, and the lists of `models/gazetteers` as tries of tokens."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from baocao.models.gazetteers import rows
from baocao.text import UPPER, spelling_key

_TOKEN = re.compile(
    rf"TP\.\s?HCM|[{UPPER}]{{1,}}(?:[&,-][{UPPER}]+)+(?![\w])|(?:TP|Tp|TX|TT|Q|P|H|X)\.(?=\s?[{UPPER}\d])"
    r"|[^\W_]+(?:['’][^\W_]+)?|[^\w\s]"
)
_LINE_BEGIN = re.compile(r"\n[\s_]*[^\s_]")


class Token(NamedTuple):
    """A syllable, abbreviation or sign; `key` compares spellings of any case and tone placement."""

    start: int
    end: int
    text: str
    key: str
    fresh: bool  # the first of its line

    @property
    def capital(self) -> bool:
        """Tell whether it begins with a capital."""
        return self.text[0].isupper()


@dataclass(slots=True)
class Node:
    """A node of a trie over token keys; `entry` is the canonical form and the classes where a name ends."""

    next: dict[str, "Node"] = field(default_factory=dict)
    entry: tuple[str, frozenset[str]] | None = None


NOTHING = Node()
Head = tuple[int, tuple[str, frozenset[str]]]  # where it ends, how it is written, its classes


@dataclass(frozen=True, slots=True)
class Parse:
    """A stretch of tokens read as part of a name, with its canonical words."""

    end: int
    words: tuple[str, ...]


def tokenise(text: str) -> list[Token]:
    """Cut a text into syllables, abbreviations and signs."""
    first = {m.end() - 1 for m in _LINE_BEGIN.finditer(text)}
    found = ((m.start(), m.end(), m[0], spelling_key(m[0]), m.start() in first) for m in _TOKEN.finditer(text))
    return [tuple.__new__(Token, token) for token in found]  # without the detour of a named tuple's own __new__


def longest_head(tokens: Sequence[Token], at: int) -> Head | None:
    """Return the longest head at `at`; in lower case only where its class says so."""
    node, best = heads(), None
    for i in range(at, min(len(tokens), at + 16)):
        following = node.next.get(tokens[i].key)
        if following is None:
            break
        node = following
        if node.entry and (
            tokens[at].capital or ("lower" in node.entry[1] and (not tokens[i].capital or tokens[i].text.isupper()))
        ):
            best = i + 1, node.entry
    return best


def cased(canonical: str, written: Sequence[Token]) -> str:
    """Return the words as they are written, or the list's own spelling where they are in capitals."""
    return (
        canonical
        if all(t.text.isupper() or not t.text.isalpha() for t in written)
        else " ".join(t.text for t in written)
    )


def longest(trie: Node, tokens: Sequence[Token], at: int) -> Parse | None:
    """Return the longest entry of a trie at `at`, in any case of letters."""
    node, best = trie, None
    for i in range(at, min(len(tokens), at + 16)):
        key = "-" if tokens[i].text in ("–", "—") else tokens[i].key
        following = node.next.get(key)
        if following is None:
            break
        node = following
        if node.entry:
            best = i + 1, node.entry[0]
    if best is None:
        return None
    return Parse(best[0], (cased(best[1], tokens[at : best[0]]),))


def expanded(word: str) -> str:
    """Return what an abbreviation stands for, or the word itself."""
    return expansions().get(word, word)


def _trie(entries: Iterator[tuple[str, frozenset[str]]]) -> Node:
    root = Node()
    for name, classes in entries:
        node = root
        for token in tokenise(name):
            node = node.next.setdefault("-" if token.text in ("–", "—") else token.key, Node())
        node.entry = node.entry or (name, classes)
    return root


@cache
def heads() -> Node:
    """Return the words that open names, with their classes."""
    return _trie((row[0], frozenset(row[1].split())) for row in rows("unit_heads.tsv"))


@cache
def known_fields() -> Node:
    """Return the fields of work."""
    return _trie((row[0], frozenset()) for row in rows("unit_fields.txt"))


@cache
def going_on_words() -> Node:
    """Return the lower-case words that go on with a field."""
    return _trie((row[0], frozenset()) for row in rows("unit_words.txt"))


@cache
def verbs() -> frozenset[str]:
    """Return those of the words that go on which may be a sentence's verb."""
    return frozenset(row[0] for row in rows("unit_words.txt") if len(row) > 1)


@cache
def known_places() -> Node:
    """Return provinces, districts and towns."""
    return _trie((row[0], frozenset()) for row in rows("places.tsv"))


@cache
def expansions() -> dict[str, str]:
    """Return the abbreviations of names with what they stand for."""
    return {row[0]: row[1] for row in rows("unit_abbreviations.tsv")}


@cache
def families() -> frozenset[str]:
    """Return the family names that are no common words."""
    return frozenset(row[0] for row in rows("family_names.tsv") if row[1] != "weak")


@cache
def openers() -> frozenset[str]:
    """Return the words, alone or in pairs, that open a sentence behind a name."""
    return frozenset(row[1] for row in rows("person_context.tsv") if row[0] == "opener")
