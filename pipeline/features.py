"""What the classifier sees of a sentence: its words, the headings above it, its neighbours, its place."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from baocao.models.gazetteers import rows
from baocao.pipeline.segment import Segments, outline
from baocao.report import Kind
from baocao.text import fold

_DIGIT = re.compile(r"\d")
_NUMBER = "0"
# Runs of three syllables do better than words and pairs of words on reports of offices that nobody trained on.
_SYLLABLE = re.compile(r"[^\W\d_]+|\d+")
_CAPTION = re.compile(r"^(?:ảnh|tác giả|nguồn|tin|bài|theo|xem thêm|title|date|\[|!\[)\b", re.IGNORECASE)


def features(
    words: Sequence[str],
    sentence: str,
    heading: str,
    cues: tuple[Sequence[str], Sequence[str], Sequence[str]],
    place: float,
    *,
    news: bool,
) -> str:
    """Return the features of a sentence as one tab-separated string (the vectoriser splits at tabs).

    `words` are the lower-case words of the sentence, `heading` the folded headings above it, `cues`
    those of the sentence before, of itself and of the one after, `place` 0.0 to 1.0 within the document.
    """
    said = [_numbers_alike(s) for s in _SYLLABLE.findall(sentence.lower())]
    out = [f"1={a}" for a in said]
    out += [f"2={a} {b}" for a, b in zip(said, said[1:], strict=False)]
    out += [f"3={a} {b} {c}" for a, b, c in zip(said, said[1:], said[2:], strict=False)]
    out += [f"f={_numbers_alike(w)}" for w in words[:3]]
    out += [f"h={w}" for w in heading.split()[-14:]]
    for mark, found in zip("pcn", cues, strict=True):
        out += [f"{mark}={cue}" for cue in found]
    size = len(words)
    out.append(f"len={'1-4' if size < 5 else '5-12' if size < 13 else '13-40' if size < 41 else '41-'}")
    out.append(f"at={int(place * 4)}{'n' if news else 'r'}")
    if _NUMBER in said:
        out.append("has=number")
    out += [f"has={sign}" for sign in ("%", "“", "đồng") if sign in sentence]
    out.append(f"ends={sentence[-1:]}")
    if sentence.isupper():
        out.append("has=capitals")
    if sentence[:1] in "-–+•*":
        out.append("has=bullet")
    if _CAPTION.match(sentence):
        out.append("has=caption")
    return "\t".join(out)


@lru_cache(maxsize=1 << 16)
def _numbers_alike(word: str) -> str:
    return _NUMBER if _DIGIT.search(word) else word


def cues_of(sentences: Sequence[str]) -> list[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
    """Return for each sentence the kinds of cue phrases before it, in it and after it."""
    found: list[Sequence[str]] = [(), *(_cues(s) for s in sentences), ()]
    return [(found[i], found[i + 1], found[i + 2]) for i in range(len(sentences))]


def _cues(sentence: str) -> list[str]:
    lowered = f" {sentence[:400].lower()} "
    return sorted({_cue_kinds()[m] for m in _cue_pattern().findall(lowered)})


@cache
def _cue_kinds() -> dict[str, str]:
    return {row[1]: row[0] for row in rows("label_cues.tsv")}


@cache
def _cue_pattern() -> re.Pattern[str]:
    listed = sorted(_cue_kinds(), key=len, reverse=True)
    return re.compile("(?<=[^\\w])(?:" + "|".join(map(re.escape, listed)) + ")(?=[^\\w])")


def heading_words(headings: str) -> str:
    """Fold the headings above a sentence for `features`."""
    return re.sub(r"[^\w ]+", " ", fold(headings))


def feature_rows(text: str, segments: Segments, words: list[list[str]], kind: Kind) -> list[str]:
    """Return the feature string of each sentence."""
    spans = [s.of(text) for s in segments.sentences]
    count, cues = len(spans), cues_of(spans)
    headings: dict[int | None, str] = {None: ""}
    for index in range(len(segments.sections)):
        headings[index] = heading_words(outline(segments.sections, index))
    return [
        features(
            words[i],
            spans[i],
            headings[segments.section_of[i]],
            cues[i],
            i / count,
            news=kind is Kind.NEWS,
        )
        for i in range(count)
    ]
