"""Word segmentation: underthesea's CRF with its weights summed once a syllable, pair and triple.

underthesea spends its time on building feature strings; official prose repeats itself, so here what a
syllable, a pair or a triple adds to the score of "a word begins" is kept in bounded caches, for each
place in the window. The tags are those of underthesea on the same tokens (a test compares them one by
one). Unlike `word_tokenize` nothing is rewritten (it turns "qui" into "quy"): words are spans of the text.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import joblib
import underthesea.pipeline.word_tokenize as underthesea_words
from underthesea_core import CRFFeaturizer

from baocao.pipeline.crf import read_weights

# A number, a run of letters, a run of blanks, or a sign.
TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|\s+|.", re.DOTALL)
_INSIDE = "I-W"
_FORMS = ("", ".lower", ".isdigit", ".istitle", ".is_in_dict")  # what a feature says of a window
_PLACES = range(-2, 3)  # where a window may begin, seen from the token


class WordSegmenter:
    """Marks where words begin. Loading takes about half a second; use `word_segmenter()`."""

    def __init__(self) -> None:
        folder = Path(underthesea_words.__file__).parent / "models" / "ws_crf_vlsp2013_20230727"
        # Parts of the installed underthesea and as trusted as its code, which loads them the same way.
        self._lexicon: set[str] = joblib.load(folder / "dictionary.bin")
        self._process = CRFFeaturizer([f"T[0]{form}" for form in _FORMS], self._lexicon).process
        self._load(folder / "models.bin", wanted=set(joblib.load(folder / "features.bin")))
        self._window = lru_cache(maxsize=1 << 19)(self._of_window)
        self._edges = [[self._summed(size, [edge] * len(_FORMS)) for edge in ("BOS", "EOS")] for size in (1, 2, 3)]

    def _load(self, model: Path, wanted: set[str]) -> None:
        weights = read_weights(model)
        inside = weights.labels.index(_INSIDE)
        begin = 1 - inside
        self._stay_begin = weights.transitions[begin][begin]
        self._leave_begin = weights.transitions[begin][inside]
        self._stay_inside = weights.transitions[inside][inside]
        self._leave_inside = weights.transitions[inside][begin]
        gains: dict[str, dict[str, float]] = {name: {} for name in wanted}
        for attribute, state in weights.states.items():
            name, _, value = attribute.partition("=")
            if name in wanted:
                gains[name][value] = state[begin] - state[inside]
        self._gains = {
            size: [[(i, gains[n]) for i, form in enumerate(_FORMS) if (n := _name(at, size, form)) in gains]
                   for at in _PLACES]
            for size in (1, 2, 3)
        }  # fmt: skip

    def begins(self, tokens: Sequence[str]) -> list[bool]:
        """Tell for each token (a syllable, number or sign of one sentence) whether a word begins there."""
        n = len(tokens)
        if not n:
            return []
        # Best score of a beginning less that of an inside, from the left; then back along the better way.
        ahead = 0.0
        came_begin: list[tuple[bool, bool]] = []
        for i, gain in enumerate(self._emissions(tokens)):
            if i:
                from_begin, from_inside = ahead + self._stay_begin, self._leave_inside
                to_inside, stay_inside = ahead + self._leave_begin, self._stay_inside
                came_begin.append((from_begin > from_inside, to_inside > stay_inside))
                ahead = max(from_begin, from_inside) - max(to_inside, stay_inside)
            ahead += gain
        out = [ahead > 0]
        for to_begin, to_inside in reversed(came_begin):
            out.append(to_begin if out[-1] else to_inside)
        return out[::-1]

    def _emissions(self, tokens: Sequence[str]) -> list[float]:
        """Return for each token how much more its window speaks for a beginning than for an inside."""
        window, ((bos, eos), (bos2, eos2), (bos3, eos3)) = self._window, self._edges
        ones = [bos, bos, *map(window, tokens), eos, eos]
        twos = [bos2, bos2, *map(window, tokens, tokens[1:]), eos2, eos2]
        threes = [bos3, bos3, *map(window, tokens, tokens[1:], tokens[2:]), eos3, eos3]
        if len(tokens) == 1:
            del threes[2]
        return [
            a[0] + b[1] + c[2] + d[3] + e[4] + f[0] + g[1] + h[2] + i[3] + j[0] + k[1] + m[2]
            for a, b, c, d, e, f, g, h, i, j, k, m in zip(
                ones, ones[1:], ones[2:], ones[3:], ones[4:], twos, twos[1:], twos[2:], twos[3:], threes, threes[1:],
                threes[2:], strict=False,
            )
        ]  # fmt: skip

    def knows(self, word: str) -> bool:
        """Tell whether underthesea's dictionary has a lower-case word, its syllables joined by blanks."""
        return word in self._lexicon

    def _of_window(self, *tokens: str) -> tuple[float, ...]:
        """Return what one, two or three neighbours add at each place they may stand in."""
        if len(tokens) == 1:
            return self._summed(1, self._said(tokens[0]))
        joined = " ".join(tokens)
        lower = joined.lower()
        title = str(all(map(self._is_title, tokens)))
        return self._summed(len(tokens), [joined, lower, "", title, str(lower in self._lexicon)])

    def _said(self, token: str) -> list[str]:
        """Return what underthesea says of a token in each form."""
        made = dict(f.split("=", 1) for f in self._process([[[token]]])[0][0])
        return [made[f"T[0]{form}"] for form in _FORMS]

    @cache  # noqa: B019 - the segmenter lives as long as the process
    def _is_title(self, token: str) -> bool:
        return self._said(token)[_FORMS.index(".istitle")] == "True"

    def _summed(self, size: int, said: Sequence[str]) -> tuple[float, ...]:
        sums = []
        for named in self._gains[size]:
            total = 0.0
            for i, gain in named:
                total += gain.get(said[i], 0.0)
            sums.append(total)
        return tuple(sums)


def _name(at: int, size: int, form: str) -> str:
    return f"T[{at}]{form}" if size == 1 else f"T[{at},{at + size - 1}]{form}"


@cache
def word_segmenter() -> WordSegmenter:
    """Return the one segmenter of this process."""
    return WordSegmenter()


def split_words(sentence: str) -> list[str]:
    """Return the lower-case words of a sentence; the syllables of a word are joined by blanks."""
    tokens = [t for t in TOKEN.findall(sentence) if not t.isspace()]
    words: list[str] = []
    for token, begin in zip(tokens, word_segmenter().begins(tokens), strict=True):
        if begin or not words:
            words.append(token.lower())
        else:
            words[-1] += f" {token.lower()}"
    return words
