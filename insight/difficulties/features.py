"""What a sentence is described by: syllables, pairs of syllables, and concepts of the curated lists.

A term is "1=" and a syllable, "2=" and a pair, or "c=" and a concept's name. Rare terms weigh more; how rare they
are was counted on the shipped training sentences (difficulty_terms.tsv), so that vectors do not change as an
archive grows, and identities of difficulties stay.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from baocao.insight.difficulties.wording import Clause, empty_words, keys
from baocao.models.gazetteers import rows

# Chosen on the building half of bench/themes.
_SYLLABLE, _PAIR, _HALF_EMPTY_PAIR, _MOST = 1.2, 1.0, 0.5, 1.8


def terms(clauses: Iterable[Clause]) -> dict[str, float]:
    """Return the terms of a sentence with how much they count in it."""
    found: defaultdict[str, float] = defaultdict(float)
    empty = empty_words()
    for clause in clauses:
        words, weight = clause.keys, clause.weight
        full = [word not in empty for word in words]
        for word, matters in zip(words, full, strict=True):
            if matters:
                found["1=" + word] += weight * _SYLLABLE
        for i in range(len(words) - 1):
            if full[i] or full[i + 1]:
                share = _PAIR if full[i] and full[i + 1] else _HALF_EMPTY_PAIR
                found[f"2={words[i]} {words[i + 1]}"] += weight * share
        for concept in _concepts(words):
            found["c=" + concept] += weight
    return {term: min(count, _MOST) for term, count in found.items()}


def weighted(found: dict[str, float]) -> dict[str, float]:
    """Return the terms with their rarity taken in, as a vector of length one."""
    unseen, rarity = _rarity()
    out = {term: count * rarity.get(term, unseen) for term, count in found.items()}
    length = math.sqrt(sum(v * v for v in out.values())) or 1.0
    return {term: v / length for term, v in out.items()}


@cache
def _rarity() -> tuple[float, dict[str, float]]:
    """Return how rare a term is that was never counted, and each that was."""
    counts = {term: int(count) for term, count in rows("difficulty_terms.tsv")}
    total = counts.pop("sentences") + 1
    return math.log(total), {term: math.log(total / (count + 1)) for term, count in counts.items()}


@cache
def _expressions() -> dict[str, list[tuple[int, dict[tuple[str, ...], tuple[str, ...]]]]]:
    """Return the thesaurus by first syllable: for each length, the longest first, expression → its concepts."""
    concepts: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, expressions in rows("thesaurus.tsv"):
        for expression in expressions.split(" | "):
            concepts[keys(expression)].append(name)
    found: defaultdict[str, defaultdict[int, dict[tuple[str, ...], tuple[str, ...]]]]
    found = defaultdict(lambda: defaultdict(dict))
    for words, names in concepts.items():
        if words:
            found[words[0]][len(words)][words] = tuple(names)
    return {first: sorted(lengths.items(), reverse=True) for first, lengths in found.items()}


def _concepts(words: tuple[str, ...]) -> Iterable[str]:
    """Yield the concepts whose expressions stand in the words, the longest expression at each place."""
    at, by_first = 0, _expressions()
    while at < len(words):
        for length, known in by_first.get(words[at], ()):
            names = known.get(words[at : at + length])
            if names is not None:
                yield from names
                at += length
                break
        else:
            at += 1
