"""“Có phải bạn tìm …”: a query that finds nothing, set right by what the archive holds.

For each word there are a few readings: the keys of an input method that was off, the word with a blank that was left
out, the word with a letter more, less, other or swapped. Words and pairs of neighbours that stand often in the archive
tell which was meant; a search tells that it finds something, and how the archive writes it.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from baocao.index.keys import read_keys
from baocao.index.query import words_at
from baocao.index.search import Group, SearchEngine, SearchRequest, Sort
from baocao.text import fold, syllables

_FEW = 3  # sentences found: with so few a query may be misspelt
_BETTER = 20  # times as many a proposal has to find
_MOST_WORDS = 12  # a longer query was pasted, not typed
_LONGEST = 24  # letters of a word that is set right
_READINGS = 8  # of a word, before its neighbours are looked at
_BEAM = 12
_TRIED = 3  # searches to prove a proposal
_SAMPLE = 20  # sentences that tell how the archive writes a word
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

# What a reading costs against a tenfold frequency.
_KEYS, _SWAP, _BLANK, _EDIT = 0.3, 0.8, 0.7, 1.0
_CHANGED_KNOWN = 1.5  # more, where the archive holds the word as it was typed
_PAIR = 1.0  # weight of a pair of neighbours
_WORD = 0.5  # weight of a word alone


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a word may have been meant as: folded syllables, what they cost, and their spelling where that is known."""

    parts: tuple[str, ...]
    cost: float
    spelt: str | None = None

    @property
    def pairs(self) -> list[str]:
        return [f"{a}_{b}" for a, b in pairwise(self.parts)]


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    typed: str
    first: bool  # no word stands right before it


def proposal(engine: SearchEngine, request: SearchRequest) -> str | None:
    """Return the query of a request with its misspelt words set right, or None where nothing better is known.

    Nothing is proposed for a query that finds enough; what is proposed finds something under the request's filters.
    Raises what `SearchEngine.search` raises.
    """
    request = replace(request, by=Group.SENTENCE, sort=Sort.NEWEST, limit=_SAMPLE, offset=0, facets=())
    words = _words(request.query)
    if not words or len(words) > _MOST_WORDS:
        return None
    total = engine.search(replace(request, limit=1)).total
    if total > _FEW:
        return None
    typed = tuple(_Reading((fold(word.typed),), 0.0) for word in words)
    for chosen in _likely(engine, words)[:_TRIED]:
        if [reading.parts for reading in chosen] == [reading.parts for reading in typed]:
            continue
        found = engine.search(replace(request, query=_written(request.query, words, [r.parts for r in chosen])))
        if found.total >= max(1, total * _BETTER):
            texts = [sentence.text for hit in found.hits for sentence in hit.sentences]
            return _written(request.query, words, _spelt(words, chosen, texts))
    return None


def _words(query: str) -> list[_Word]:
    """Return the words of a query that may be misspelt."""
    return [
        _Word(start, end, query[start:end], first=i == 0)
        for run in words_at(query)
        for i, (start, end) in enumerate(run)
    ]


def _likely(engine: SearchEngine, words: Sequence[_Word]) -> list[tuple[_Reading, ...]]:
    """Return what the words were meant as, likeliest first."""
    folded = [fold(word.typed) for word in words]
    beside = ["", *map(_pair_before, words, words[1:]), ""]
    held = engine.frequencies([*folded, *filter(None, beside)])
    each = []
    for i, word in enumerate(words):
        right = folded[i] in held and (beside[i] in held or beside[i + 1] in held)  # it stands so beside its neighbour
        each.append(list(_readings(word.typed))[: 1 if right else None])
    if all(len(readings) == 1 for readings in each):
        return []
    held |= engine.frequencies(list({part for readings in each for r in readings for part in r.parts}))
    each = [_held(readings, held) for readings in each]
    pairs = {pair for readings in each for reading in readings for pair in reading.pairs}
    for (before, after), word in zip(pairwise(each), words[1:], strict=True):
        if not word.first:
            pairs |= {f"{a.parts[-1]}_{b.parts[0]}" for a in before for b in after}
    held |= engine.frequencies(list(pairs))
    beam: list[tuple[float, tuple[_Reading, ...]]] = [(0.0, ())]
    for word, readings in zip(words, each, strict=True):
        known = bool(held.get(fold(word.typed)))
        longer = [
            (score + _worth(reading, held, known=known) + _beside(chosen, reading, word, held), (*chosen, reading))
            for score, chosen in beam
            for reading in readings
        ]
        beam = sorted(longer, key=lambda option: -option[0])[:_BEAM]
    return [chosen for _, chosen in beam]


def _pair_before(before: _Word, word: _Word) -> str:
    return "" if word.first else f"{fold(before.typed)}_{fold(word.typed)}"


def _worth(reading: _Reading, held: dict[str, int], *, known: bool) -> float:
    """Return how likely a reading is without its neighbours; one of several syllables is as frequent as its pairs."""
    frequency = min(held.get(token, 0) for token in reading.pairs or reading.parts)
    changed = _CHANGED_KNOWN if known and reading.cost else 0.0
    return _WORD * math.log10(1 + frequency) - reading.cost - changed


def _beside(chosen: tuple[_Reading, ...], reading: _Reading, word: _Word, held: dict[str, int]) -> float:
    """Return how much likelier a reading is behind what was chosen for the word before it."""
    if word.first or not chosen:
        return 0.0
    return _PAIR * math.log10(1 + held.get(f"{chosen[-1].parts[-1]}_{reading.parts[0]}", 0))


def _held(readings: Sequence[_Reading], held: dict[str, int]) -> list[_Reading]:
    """Return the reading as typed, and the likeliest of those that the archive holds."""
    typed, *others = readings

    def worth(reading: _Reading) -> float:
        return _WORD * math.log10(min(held[part] for part in reading.parts)) - reading.cost

    others = [reading for reading in others if all(part in held for part in reading.parts)]
    return [typed, *sorted(others, key=worth, reverse=True)[:_READINGS]]


def _readings(word: str) -> Iterator[_Reading]:
    """Yield what a word may have been meant as, first as it was typed."""
    folded = fold(word)
    yield _Reading((folded,), 0.0)
    meant = read_keys(word)
    if meant is not None:
        yield _Reading((fold(meant),), _KEYS, meant)
    if not folded.isascii() or not folded.isalpha() or not 2 <= len(folded) <= _LONGEST:
        return
    yield from (_Reading(parts, _BLANK * (len(parts) - 1)) for parts in _split(folded))
    if len(folded) < 10:  # no syllable is longer than seven letters
        yield from (_Reading((other,), cost) for other, cost in _edits(folded).items())


def _split(word: str) -> Iterator[tuple[str, ...]]:
    """Yield a word cut into two to four syllables of one to seven letters."""

    def cut(rest: str, pieces: int) -> Iterator[tuple[str, ...]]:
        if len(rest) <= 7:
            yield (rest,)
        if pieces > 1:
            for at in range(1, min(8, len(rest))):
                yield from ((rest[:at], *more) for more in cut(rest[at:], pieces - 1))

    return (parts for parts in cut(word, 4 if len(word) > 7 else 2) if len(parts) > 1)


def _edits(word: str) -> dict[str, float]:
    """Return the words that differ from a word by one letter or by two that are swapped, with what they cost."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    edits = {a + c + b for a, b in cuts for c in _LETTERS}
    edits |= {a + b[1:] for a, b in cuts if b}
    edits |= {a + c + b[1:] for a, b in cuts if b for c in _LETTERS}
    told = dict.fromkeys(edits, _EDIT)
    told |= dict.fromkeys((a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1), _SWAP)
    return {other: cost for other, cost in told.items() if other and other != word}


def _spelt(words: Sequence[_Word], chosen: Sequence[_Reading], texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the syllables of each word as the archive mostly writes them; what was typed with diacritics stays."""
    wanted = [part for reading in chosen for part in reading.parts]
    counted = _spellings(wanted, texts)
    out: list[tuple[str, ...]] = []
    at = 0
    for word, reading in zip(words, chosen, strict=True):
        own = counted[at : at + len(reading.parts)]
        at += len(reading.parts)
        stays = not reading.cost and fold(word.typed) != word.typed.lower()
        if stays:
            out.append((word.typed,))
            continue
        usual = [c.most_common(1)[0][0] if c else part for c, part in zip(own, reading.parts, strict=True)]
        if reading.spelt is not None and (not own[0] or reading.spelt in own[0]):
            usual = [reading.spelt]
        out.append(tuple(_cased(word.typed, syllable, first=i == 0) for i, syllable in enumerate(usual)))
    return out


def _spellings(wanted: Sequence[str], texts: Sequence[str]) -> list[Counter[str]]:
    """Count how each of these syllables is spelt in texts; beside its neighbour it counts for more."""
    counted: list[Counter[str]] = [Counter() for _ in wanted]
    places: dict[str, list[int]] = {}
    for i, part in enumerate(wanted):
        places.setdefault(part, []).append(i)
    for text in texts:
        found = list(syllables(text))
        folded = ["", *(s.folded for s in found), ""]
        around = ["", *wanted, ""]
        for k, syllable in enumerate(found):
            for i in places.get(syllable.folded, ()):
                beside = (folded[k] == around[i] != "") + (folded[k + 2] == around[i + 2] != "")
                counted[i][text[syllable.start : syllable.end].lower()] += 1 + 50 * beside
    return counted


def _cased(typed: str, syllable: str, *, first: bool) -> str:
    if typed.isupper() and len(typed) > 1:
        return syllable.upper()
    return syllable.capitalize() if first and typed[:1].isupper() else syllable


def _written(query: str, words: Sequence[_Word], parts: Sequence[Sequence[str]]) -> str:
    """Return a query with these syllables in the place of its words."""
    out, at = "", 0
    for word, syllables_ in zip(words, parts, strict=True):
        out += query[at : word.start] + " ".join(syllables_)
        at = word.end
    return " ".join((out + query[at:]).split())
