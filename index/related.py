"""Related reports: those that speak of the same rare units, persons, document numbers and words.

The most telling terms of a report, by how often it has them and how seldom the archive, make one ordinary search, so
that both engines answer it; what it finds is ordered by how many of the terms each report shares.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from baocao.index.analysis import docno_token, folded_tokens
from baocao.index.search import Hit, SearchEngine, SearchRequest
from baocao.report import EntityType, Report
from baocao.text import folded_syllables

_TERMS = 16  # searched for together
_PAIRS = 100  # pairs of syllables looked at, those that the report has most often
_NAME = 1.5  # how much more a name tells than a pair of words
_HEADING = 2.0  # and words of the title or a heading than others
_COMMON = 100_000  # sentences elsewhere, from which on a term tells nothing
_NAMED = (EntityType.UNIT, EntityType.PERSON, EntityType.DOCNO)
_QUERY = 1_900  # letters


@dataclass(frozen=True, slots=True)
class _Term:
    """What a report speaks of: how it is searched for, its tokens in the index, and in how many sentences it stands."""

    query: str
    tokens: tuple[str, ...]
    times: int
    worth: float = 1.0


def related_to(engine: SearchEngine, report: Report, limit: int = 5) -> list[Hit]:
    """Return the reports that share most with a report, itself left out, each with sentences that show it.

    A hit's score is the weight of the terms that it shares. Raises what `SearchEngine.search` raises.
    """
    weights = _telling(engine, [*_names(report), *_pairs(report)])
    query = ""
    for term in weights:
        longer = f"{query} OR {term.query}" if query else term.query
        query = longer if len(longer) <= _QUERY else query
    if not query:
        return []
    found = engine.search(SearchRequest(query, limit=2 * limit + 1, facets=())).hits
    scored = [(_shared(hit, weights), hit) for hit in found if hit.report != report.id]
    scored.sort(key=lambda pair: -pair[0])
    return [
        Hit(hit.report, hit.title, hit.issued, hit.issuer, round(score, 4), hit.sentences)
        for score, hit in scored[:limit]
    ]


def _telling(engine: SearchEngine, terms: Sequence[_Term]) -> dict[_Term, float]:
    """Return the terms that tell most of a report, with their weights: it has them often, the others seldom."""
    held = engine.frequencies(list({token for term in terms for token in term.tokens}))
    weights: dict[_Term, float] = {}
    for term in terms:
        elsewhere = min(held.get(token, 0) for token in term.tokens) - term.times
        if 0 < elsewhere < _COMMON:
            weights[term] = term.worth * (1 + math.log(term.times)) * math.log(_COMMON / elsewhere)
    first = sorted(weights, key=lambda term: (-weights[term], term.query))[:_TERMS]
    return {term: weights[term] for term in first}


def _names(report: Report) -> Iterator[_Term]:
    """Yield the units, persons and document numbers that a report names, but not its own."""
    own = {folded_tokens(report.issuer or ""), folded_tokens(report.docno or "")}
    sentences: dict[tuple[EntityType, str], set[int | None]] = {}
    for entity in report.entities:
        if entity.type in _NAMED and entity.norm and folded_tokens(entity.norm) not in own:
            sentences.setdefault((entity.type, entity.norm), set()).add(entity.sentence)
    for (type_, norm), stands in sentences.items():
        if type_ is EntityType.DOCNO:
            yield _Term(norm, (docno_token(norm),), len(stands), _NAME)
            continue
        words = folded_syllables(norm)
        if len(words) > 1:
            yield _Term(f'"{" ".join(words)}"', tuple(f"{a}_{b}" for a, b in pairwise(words)), len(stands), _NAME)


def _pairs(report: Report) -> Iterator[_Term]:
    """Yield pairs of neighbouring syllables: of title and headings, and those that stand in several sentences."""
    times: Counter[str] = Counter()
    for sentence in report.sentences:
        times.update({f"{a} {b}" for a, b in pairwise(folded_syllables(sentence.of(report.text)))})
    above = [report.title, *(section.heading for section in report.sections)]
    headed = {f"{a} {b}" for text in above for a, b in pairwise(folded_syllables(text))}
    often = [pair for pair, count in times.most_common(_PAIRS) if count > 1]
    for pair in dict.fromkeys((*sorted(headed)[:_PAIRS], *often)):
        if re.fullmatch(r"\D+", pair):  # figures and years relate nothing
            yield _Term(
                f'"{pair}"', (pair.replace(" ", "_"),), max(1, times[pair]), _HEADING if pair in headed else 1.0
            )


def _shared(hit: Hit, weights: dict[_Term, float]) -> float:
    """Return the weight of the terms that a report shares, in its title or the sentences found."""
    folded = [f" {folded_tokens(text)} " for text in (hit.title, *(s.text for s in hit.sentences))]
    joined = "\n".join(text.replace(" ", "") for text in folded)
    score = 0.0
    for term, weight in weights.items():
        if term.tokens[0].startswith("#"):
            score += weight * (term.tokens[0][1:] in joined)
        else:
            words = f" {term.query.strip(chr(34))} "
            score += weight * any(words in text for text in folded)
    return score
