"""An office's own names of units: a file of canonical names with the other ways they are written.

A line holds the name, then its aliases, with tabs between; lines that begin with # are left out. The file is
the one that BAOCAO_UNITS names; `baocao ingest` takes `units.tsv` of the archive where there is one.
"""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from baocao.errors import UsageError
from baocao.pipeline.tag import Mention
from baocao.pipeline.tag.lexicon import NOTHING, Node, Token, tokenise
from baocao.report import EntityType
from baocao.text import clean

CHOSEN = "BAOCAO_UNITS"


@cache
def registered() -> tuple[tuple[str, str], ...]:
    """Return (as written, name) for every name and alias.

    Raises UsageError where the file cannot be read, or one way of writing stands for two names.
    """
    chosen = os.environ.get(CHOSEN)
    return read_registry(Path(chosen)) if chosen else ()


def read_registry(file: Path) -> tuple[tuple[str, str], ...]:
    """Read a file of names; see `registered`."""
    try:
        text = clean(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The names of units in {file} cannot be read; it must be a text file in UTF-8.") from error
    names: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        cells = [" ".join(cell.split()) for cell in line.split("\t")]
        if not cells[0] or cells[0].startswith("#"):
            continue
        for written in filter(None, cells):
            if names.setdefault(written, cells[0]) != cells[0]:
                raise UsageError(
                    f"{file}, line {number}: “{written}” stands for “{names[written]}” already; leave it out of one line."
                )
    return tuple(names.items())


def find_registered(text: str, tokens: Sequence[Token]) -> Iterator[Mention]:
    """Find the names and aliases of the office's own file, as they are written there or all in capitals."""
    trie = _trie()
    end = 0
    for at, token in enumerate(tokens) if trie.next else ():
        if token.start < end or token.key not in trie.next:
            continue
        node = trie
        for following in tokens[at : at + 24]:
            node = node.next.get(following.key, NOTHING)
            if node.entry and " ".join(text[token.start : following.end].split()) in node.entry[1]:
                best = Mention(token.start, following.end, EntityType.UNIT, node.entry[0])
                end = following.end
            if node is NOTHING:
                break
        if end > token.start:
            yield best


@cache
def _trie() -> Node:
    root = Node()
    for written, name in registered():
        node = root
        for token in tokenise(written):
            node = node.next.setdefault(token.key, Node())
        forms = node.entry[1] if node.entry and node.entry[0] == name else frozenset()
        node.entry = name, forms | {written, written.upper()}
    return root
