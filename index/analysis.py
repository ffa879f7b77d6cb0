"""From text to search tokens and back to highlights, in Python, once for every engine.

A sentence gets the folded syllables, the folded pairs of neighbours ("kho_khan"), and each document
number as one token ("#95khttcp"); a second field holds the exact spellings for ranking.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from baocao.models.gazetteers import rows
from baocao.text import fold, folded_syllables, spellings, syllable_spans

_NOT_ALNUM = re.compile(r"[\W_]+")


def sentence_tokens(text: str, docnos: Iterable[str] = ()) -> tuple[str, str, str]:
    """Return what is indexed of a sentence: the main field's tokens, the folded syllables, the spelling keys.

    Tokens are separated by blanks.
    """
    spelt = spellings(text)
    folded = [f for f, _ in spelt]
    pairs = [f"{a}_{b}" for a, b in zip(folded, folded[1:], strict=False)]
    body = " ".join([*folded, *(docno_token(d) for d in docnos), *pairs])
    return body, " ".join(folded), " ".join([exact for _, exact in spelt])


def folded_tokens(text: str) -> str:
    """Return the folded syllables of a text, separated by blanks."""
    return " ".join(folded_syllables(text))


def docno_token(docno: str) -> str:
    """Return the one token of a document number, the same for all its spellings."""
    return "#" + _NOT_ALNUM.sub("", fold(docno))


def whole_name(name: str) -> str:
    """Return a name as one token, for what has to bear this name and no longer one."""
    return "_".join(folded_syllables(name))


@cache
def synonyms() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return folded syllables → folded syllables that mean the same, both ways."""
    out: dict[tuple[str, ...], tuple[str, ...]] = {}
    for short, long in rows("search_synonyms.tsv"):
        a, b = tuple(folded_tokens(short).split()), tuple(folded_tokens(long).split())
        out[a], out[b] = b, a
    return out


def highlights(text: str, runs: Sequence[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Return where the runs of folded syllables stand in `text`; a last syllable may end in `*`."""
    found = folded_syllables(text)
    marked: set[int] = set()
    for run in runs:
        if len(run) == 1 and run[0].startswith("#"):
            marked.update(_docno_at(found, run[0][1:]))
            continue
        for i in _begins(found, run[0]) if run else ():
            stretch = found[i : i + len(run)]
            if len(stretch) == len(run) and all(map(_same, stretch, run)):
                marked.update(range(i, i + len(run)))
    if not marked:
        return []
    places = syllable_spans(text)
    spans: list[tuple[int, int]] = []
    for i in sorted(marked):
        start, end = places[i]
        if spans and i - 1 in marked and not re.search(r"[.,;:]", text[spans[-1][1] : start]):
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return spans


def _begins(found: Sequence[str], word: str) -> list[int]:
    """Return where a word stands."""
    if word.endswith("*"):
        return [i for i, syllable in enumerate(found) if syllable.startswith(word[:-1])]
    return [i for i, syllable in enumerate(found) if syllable == word]


def _docno_at(found: Sequence[str], joined: str) -> Iterable[int]:
    """Yield the syllables that together spell a document number's token."""
    for i in range(len(found)):
        if not joined.startswith(found[i]):
            continue
        spelt = ""
        for k in range(i, len(found)):
            spelt += found[k]
            if spelt == joined:
                yield from range(i, k + 1)
            if len(spelt) >= len(joined):
                break


def _same(syllable: str, word: str) -> bool:
    if word.endswith("*"):
        return syllable.startswith(word[:-1])
    return syllable == word
