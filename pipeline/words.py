"""Word segmentation: underthesea's CRF, fed by feature strings that are made once a syllable window.

underthesea spends four fifths of `word_tokenize` on building the same feature strings again and again;
official prose repeats itself, so here the strings of a syllable, a pair and a triple are kept in bounded
caches. The tags are those of the CRF on the same tokens (a test compares them one by one). Unlike
`word_tokenize` nothing is rewritten (it turns "qui" into "quy"): words are spans of the text.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import joblib
import underthesea.pipeline.word_tokenize as underthesea_words
from underthesea.models.fast_crf_sequence_tagger import FastCRFSequenceTagger

_EDGES = ("BOS", "BOS"), ("EOS", "EOS")
_UNIGRAM_NAMES = ("", ".lower", ".isdigit", ".istitle", ".is_in_dict")


class WordSegmenter:
    """Marks where words begin. Loading takes about half a second; use `word_segmenter()`."""

    def __init__(self) -> None:
        folder = Path(underthesea_words.__file__).parent / "models" / "ws_crf_vlsp2013_20230727"
        model = FastCRFSequenceTagger()
        model.load(str(folder))
        self._tag: Callable[[list[tuple[str, ...]]], list[str]] = model.estimator.tag
        # Part of the installed underthesea and as trusted as its code, which loads it the same way.
        self._lexicon: set[str] = joblib.load(folder / "dictionary.bin")
        self._wanted: set[str] = set(joblib.load(folder / "features.bin"))
        self._process: Callable[[Any], Any] = model.featurizer.process
        self._one = lru_cache(maxsize=1 << 16)(self._unigram)
        self._two = lru_cache(maxsize=1 << 18)(self._bigram)
        self._three = lru_cache(maxsize=1 << 18)(self._trigram)

    def begins(self, tokens: Sequence[str]) -> list[bool]:
        """Tell for each token (a syllable, number or sign of one sentence) whether a word begins there."""
        if not tokens:
            return []
        return [tag != "I-W" for tag in self._tag(self.features(tokens))]

    def knows(self, word: str) -> bool:
        """Tell whether underthesea's dictionary has a lower-case word, its syllables joined by blanks."""
        return word in self._lexicon

    def features(self, tokens: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the CRF's feature strings of each token, as underthesea's featurizer would (as sets)."""
        n = len(tokens)
        one, two, three = self._one, self._two, self._three
        ones = [one("BOS", True), one("BOS", True), *(one(t, False) for t in tokens)]
        ones += [one("EOS", True)] * 2
        padded = ["", "", *tokens, "", ""]
        twos = [two("BOS", None), two("BOS", None)]
        twos += [two(padded[i], padded[i + 1]) for i in range(2, n + 1)]
        twos += [two("EOS", None), two("EOS", None)]
        threes = [three("BOS", None, None), three("BOS", None, None)]
        threes += [three(padded[i], padded[i + 1], padded[i + 2]) for i in range(2, n)]
        threes += [three("EOS", None, None)] * 2
        if n == 1:
            threes = [three("BOS", None, None), three("BOS", None, None), three("EOS", None, None)]
        return [
            ones[i][0] + ones[i + 1][1] + ones[i + 2][2] + ones[i + 3][3] + ones[i + 4][4]
            + twos[i][0] + twos[i + 1][1] + twos[i + 2][2] + twos[i + 3][3]
            + threes[i][0] + threes[i + 1][1] + threes[i + 2][2]
            for i in range(n)
        ]  # fmt: skip

    def _unigram(self, token: str, edge: bool) -> tuple[tuple[str, ...], ...]:
        if edge:
            values = [token] * len(_UNIGRAM_NAMES)
        else:
            made = dict(f.split("=", 1) for f in self._process([[[token]]])[0][0])
            values = [made[f"T[0]{name}"] for name in _UNIGRAM_NAMES]
        return tuple(
            self._named((f"T[{at}]{name}", value) for name, value in zip(_UNIGRAM_NAMES, values, strict=True))
            for at in range(-2, 3)
        )

    def _bigram(self, first: str, second: str | None) -> tuple[tuple[str, ...], ...]:
        return self._joined((first,) if second is None else (first, second), second is None, 4, 1)

    def _trigram(self, first: str, second: str | None, third: str | None) -> tuple[tuple[str, ...], ...]:
        edge = second is None or third is None
        return self._joined((first,) if edge else (first, second or "", third or ""), edge, 3, 2)

    def _joined(self, parts: tuple[str, ...], edge: bool, places: int, reach: int) -> tuple[tuple[str, ...], ...]:
        """Feature strings of a window, for each place it can stand in relative to the token."""
        joined = " ".join(parts)
        lower = joined.lower()
        if edge:
            title = inside = joined
            lower = joined
        else:
            title = str(all(self._one(p, False)[2][self._title_at] == "T[0].istitle=True" for p in parts))
            inside = str(lower in self._lexicon)
        values = (("", joined), (".lower", lower), (".istitle", title), (".is_in_dict", inside))
        return tuple(
            self._named((f"T[{at},{at + reach}]{name}", value) for name, value in values)
            for at in range(-2, places - 2)
        )

    @property
    def _title_at(self) -> int:
        return [name for name in _UNIGRAM_NAMES if f"T[0]{name}" in self._wanted].index(".istitle")

    def _named(self, pairs: Any) -> tuple[str, ...]:
        # Tuples of strings, which the garbage collector need not visit again and again.
        return tuple(f"{name}={value}" for name, value in pairs if name in self._wanted)


@cache
def word_segmenter() -> WordSegmenter:
    """Return the one segmenter of this process."""
    return WordSegmenter()
