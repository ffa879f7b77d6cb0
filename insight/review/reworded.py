"""The check of a text that a clerk worded anew: it may say less than its sources, in other words, but nothing else.

Compared are figures and dates, each with the word behind it ("5 tỷ" is not "5 triệu"), runs of words with a capital
letter, and words that turn a statement round. A figure that changes places with another of the same kind is not seen.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from baocao.insight.review.verify import UnfaithfulError
from baocao.insight.review.wording import is_amount, words
from baocao.models.gazetteers import rows
from baocao.text import spelling_key

_YEAR = re.compile(r"(?:19|20)\d\d")
_KINDS = ("not", "way", "number")  # of the guarded words; what is left tells how sure or how long ago, not what


class UnstatedError(UnfaithfulError):
    """A text says figures, dates, names or turning words that no source says, or has lost one that turned a word."""

    def __init__(self, unstated: Sequence[str], lost: Sequence[str]) -> None:
        self.unstated, self.lost = tuple(dict.fromkeys(unstated)), tuple(dict.fromkeys(lost))
        told = [f"no source says {_quoted(self.unstated)}"] * bool(self.unstated)
        told += [f"the sources say {_quoted(self.lost)}"] * bool(self.lost)
        super().__init__(f"Of this item {' and '.join(told)}; word it as they do, or mark it as your own words.")


@dataclass(frozen=True, slots=True)
class _Token:
    """A word as compared: its key knows no case; where it `begins` a sentence, any has a capital; a mark `ended` it."""

    word: str
    key: str
    begins: bool
    ended: bool

    @property
    def capital(self) -> bool:
        return self.word[0].isupper()


def verify_reworded(text: str, sources: Sequence[str]) -> None:
    """Raise UnstatedError where a text says what none of its source sentences says."""
    mine, said = _tokens(text), [_tokens(source) for source in sources]
    unstated = [*_figures(mine, said), *_names(mine, said), *_turns(mine, said)]
    lost = list(_lost(mine, said))
    if unstated or lost:
        raise UnstatedError(unstated, lost)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    begins = True
    for raw in text.split():
        for word in words(raw):
            behind = raw[raw.rindex(word) + len(word) :]
            found.append(_Token(word, spelling_key(word), begins, bool(behind)))
            begins = any(mark in behind for mark in ".!?:;…")
    return found


def _behind(tokens: Sequence[_Token], i: int) -> str:
    """Return the word behind one in the same clause, or nothing."""
    return tokens[i + 1].key if i + 1 < len(tokens) and not tokens[i].ended else ""


def _figures(mine: Sequence[_Token], said: Sequence[Sequence[_Token]]) -> Iterator[str]:
    pairs = {(t.word, _behind(tokens, i)) for tokens in said for i, t in enumerate(tokens)}
    figures = {word for word, _ in pairs}
    for i, token in enumerate(mine):
        if not any(c.isdigit() for c in token.word):
            continue
        behind = _behind(mine, i)
        if token.word not in figures:
            yield token.word
        elif behind and _counts(token.word) and (token.word, behind) not in pairs:
            yield f"{token.word} {mine[i + 1].word}"


def _counts(figure: str) -> bool:
    """Tell whether a figure counts what the word behind it names: no date, document number, percentage or year."""
    return is_amount(figure) and not figure.endswith("%") and not _YEAR.fullmatch(figure)


def _names(mine: Sequence[_Token], said: Sequence[Sequence[_Token]]) -> Iterator[str]:
    for run in _runs(mine):
        if not (_stands(run, said) or (run[0].begins and _behind_another_word(run, said))):
            yield " ".join(token.word for token in run)


def _runs(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """Yield the words with a capital letter that stand side by side; a number's letters are no name."""
    run: list[_Token] = []
    for token in tokens:
        if run and (not token.capital or token.begins):
            yield run
            run = []
        if token.capital and not any(c.isdigit() for c in token.word):
            run.append(token)
            if token.ended:
                yield run
                run = []
    if run:
        yield run


def _stands(run: Sequence[_Token], said: Sequence[Sequence[_Token]]) -> bool:
    return any(True for _ in _places(run, said))


def _places(run: Sequence[_Token], said: Sequence[Sequence[_Token]]) -> Iterator[tuple[Sequence[_Token], int]]:
    wanted = [token.key for token in run]
    for tokens in said:
        keys = [token.key for token in tokens]
        for i in range(len(keys) - len(wanted) + 1):
            if keys[i : i + len(wanted)] == wanted:
                yield tokens, i


def _behind_another_word(run: Sequence[_Token], said: Sequence[Sequence[_Token]]) -> bool:
    """Tell whether a run is a sentence's first word, any word, and then a whole name that a source has."""
    if len(run) == 1:
        return run[0].word not in _one_word_places()
    return any(i == 0 or not tokens[i - 1].capital or tokens[i - 1].begins for tokens, i in _places(run[1:], said))


def _turns(mine: Sequence[_Token], said: Sequence[Sequence[_Token]]) -> Iterator[str]:
    known = {token.key for tokens in said for token in tokens}
    yield from (token.word for token in mine if token.key in _guarded() and token.key not in known)


def _lost(mine: Sequence[_Token], said: Sequence[Sequence[_Token]]) -> Iterator[str]:
    """Yield what the sources say only turned round ("chưa hoàn thành") and the text without ("hoàn thành")."""
    free = _free(mine)
    freely = set().union(*map(_free, said))
    for tokens in said:
        for i, token in enumerate(tokens):
            behind = _behind(tokens, i)
            if token.key in _turning() and behind in free and behind not in freely:
                yield " ".join(t.word for t in tokens[i : i + 3])


def _free(tokens: Sequence[_Token]) -> set[str]:
    """Return the words that nothing in the same clause turns round just before."""
    turned = (i > 0 and tokens[i - 1].key in _turning() and not tokens[i - 1].ended for i in range(len(tokens)))
    return {token.key for token, is_turned in zip(tokens, turned, strict=True) if not is_turned}


def _quoted(told: Sequence[str]) -> str:
    return ", ".join(f"“{words}”" for words in told)


@cache
def _guarded() -> frozenset[str]:
    return frozenset(spelling_key(row[1]) for row in rows("guarded_words.tsv") if row[0] in _KINDS)


@cache
def _turning() -> frozenset[str]:
    return frozenset(spelling_key(row[1]) for row in rows("guarded_words.tsv") if row[0] in ("not", "way"))


@cache
def _one_word_places() -> frozenset[str]:
    return frozenset(row[0] for row in rows("places.tsv") if " " not in row[0])
