"""The letters of a PDF: what fonts of before Unicode show is set in Unicode word by word, as pages are read."""

import re
from collections import Counter
from collections.abc import Iterable

from baocao.pipeline.ingest.codes import Encoding
from baocao.pipeline.ingest.legacy import Run, by_font, encoding_of, encoding_of_words, speaks_for
from baocao.pipeline.ingest.spelling import is_syllable

_BEFORE = re.compile(r"[^\s\d.,;:()\"'/-]{0,7}$")
_AFTER = re.compile(r"[^\s\d.,;:()\"'/-]{0,7}")


class Letters:
    """Knows the encoding of each font of a PDF: by its name, or by the words in it once there are enough.

    `learn` a page's words before they are `read`. A font that has too few words to be known goes by those of the
    document that are, where its words become Vietnamese by them.
    """

    def __init__(self) -> None:
        self._fonts: dict[str, Encoding] = {}
        self._used: Counter[str] = Counter()

    @property
    def encoding(self) -> str | None:
        """The encodings that words were in, the most frequent first; None where all was Unicode."""
        return ", ".join(name for name, _ in self._used.most_common()) or None

    def learn(self, words: Iterable[tuple[str, str]]) -> None:
        """Take in a page's words, each with the name of its font."""
        told: dict[str, list[str]] = {}
        for text, font in words:
            if font not in self._fonts:
                told.setdefault(font, []).append(text)
        for font, texts in sorted(told.items(), key=lambda item: -len(item[1])):
            if encoding := self._judged(font, texts):
                self._fonts[font] = encoding

    def _judged(self, font: str, texts: list[str]) -> Encoding | None:
        named = encoding_of(font)
        if named is not None and speaks_for(named, texts):
            return named
        found = encoding_of_words(" ".join(texts))
        if found is None:
            found = next(
                (e for e in self._fonts.values() if speaks_for(e, texts) and not speaks_for(None, texts)), None
            )
        return found

    def read(self, text: str, font: str) -> str:
        """Return a word in Unicode."""
        encoding = self._fonts.get(font)
        if encoding is None:
            return text
        if encoding.name == "TCVN3":
            text = _with_lost_u(encoding, text)
        told = by_font(encoding, Run(text, font))
        self._used[encoding.name] += told != text
        return told


def _with_lost_u(encoding: Encoding, text: str) -> str:
    """Give back the letter ư, of which the code is a hyphen's to some programs: "n-íc" is "nước"."""
    for at in [at for at, char in enumerate(text) if char == "-"]:
        before, after = _BEFORE.search(text[:at]), _AFTER.match(text[at + 1 :])
        parts = [match[0] for match in (before, after) if match]
        whole = encoding.decode("\u00ad".join(parts))
        if any(parts) and is_syllable(whole) and not all(map(is_syllable, map(encoding.decode, parts))):
            text = f"{text[:at]}\u00ad{text[at + 1 :]}"
    return text
