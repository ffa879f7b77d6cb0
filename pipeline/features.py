"""What the classifier sees of a sentence: its words, the headings above it, its neighbours, its place."""

import re
from collections.abc import Sequence
from functools import cache

from baocao.models.gazetteers import rows
from baocao.text import fold, spelling_key

_DIGIT = re.compile(r"\d")
_CAPTION = re.compile(r"^(?:ảnh|tác giả|nguồn|tin|bài|theo|xem thêm|title|date|\[|!\[)\b", re.IGNORECASE)


def features(
    words: Sequence[str], sentence: str, heading: str, before: str, after: str, place: float, *, news: bool
) -> str:
    """Return the features of a sentence as one tab-separated string (the vectoriser splits at tabs).

    `words` are the lower-case words of the sentence, `heading` the folded headings above it, `before`
    and `after` the neighbouring sentences ("" at the ends), `place` 0.0 to 1.0 within the document.
    """
    plain = ["0" if _DIGIT.search(w) else w for w in words]
    out = [f"w={w}" for w in plain]
    out += [f"b={a} {b}" for a, b in zip(plain, plain[1:], strict=False)]
    out += [f"f={w}" for w in plain[:3]]
    out += [f"h={w}" for w in heading.split()[-14:]]
    out += [f"c={cue}" for cue in _cues(sentence)]
    out += [f"p={cue}" for cue in _cues(before[:160])]
    out += [f"n={cue}" for cue in _cues(after[:160])]
    size = len(words)
    out.append(f"len={'1-4' if size < 5 else '5-12' if size < 13 else '13-40' if size < 41 else '41-'}")
    out.append(f"at={int(place * 4)}{'n' if news else 'r'}")
    if any(_DIGIT.search(w) for w in words):
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


def _cues(sentence: str) -> list[str]:
    """Return the kinds of cue phrases in a sentence, and the cue it opens with."""
    lowered = spelling_key(sentence) if len(sentence) < 400 else spelling_key(sentence[:400])
    found = {_cue_kinds()[m[0].strip()] for m in _cue_pattern().finditer(f" {lowered} ")}
    return sorted(found)


@cache
def _cue_kinds() -> dict[str, str]:
    return {spelling_key(row[1]): row[0] for row in rows("label_cues.tsv")}


@cache
def _cue_pattern() -> re.Pattern[str]:
    listed = sorted(_cue_kinds(), key=len, reverse=True)
    return re.compile("(?<=[^\\w])(?:" + "|".join(map(re.escape, listed)) + ")(?=[^\\w])")


def heading_words(headings: str) -> str:
    """Fold the headings above a sentence for `features`."""
    return re.sub(r"[^\w ]+", " ", fold(headings))
