"""Light, reversible clean-up: a sentence made to stand alone by leaving out what joined it to the one before."""

import re
from dataclasses import dataclass
from functools import cache

from baocao.models.gazetteers import rows
from baocao.text import UPPER

# "1.5 tỷ đồng" is no list mark: a number of several levels without a stop must have a capital letter behind it.
_MARK = re.compile(
    r"(?:[-–—+*•▪●○➢✓]|\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-zđ])[.)]|[IVX]{1,5}[.)]"
    rf"|\d{{1,2}}(?:\.\d{{1,2}})+(?=\s+[{UPPER}]))\s+"
)
# "Con số doanh thu này đã tăng": the subject was named before.
_POINTING_BACK = re.compile(r"(?:[^\s,;]+ ){1,5}(?:này|ấy|nói trên|nêu trên)(?!\w)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence as shown: `dropped` stood before the rest, `named` has taken the place of `replaced`."""

    text: str
    dropped: str = ""
    replaced: str = ""
    named: str = ""


def stand_alone(sentence: str, reporter: str | None = None) -> Shown:
    """Return a sentence without its list mark and leading connectives.

    "Đơn vị" at its beginning becomes the `reporter`, a name that the caller gives only where it is certain.
    """
    text = " ".join(sentence.split())
    body = without_lead(text)
    dropped = text[: len(text) - len(body)]
    subject = self_subject(body) if reporter else ""
    if subject and reporter:
        return Shown(_ended(reporter + body[len(subject) :]), dropped, subject, reporter)
    return Shown(_ended(body[:1].upper() + body[1:]), dropped)


def leans(sentence: str) -> bool:
    """Tell whether a sentence cannot be understood without the one before it."""
    body = without_lead(" ".join(sentence.split()))
    return bool(_opening("lean").match(body) or _POINTING_BACK.match(body))


def self_subject(body: str) -> str:
    """Return the "Đơn vị" or the like that is the subject at the beginning of a sentence, or nothing."""
    found = _self_subject().match(body)
    return found[1] if found else ""


def without_lead(text: str) -> str:
    """Return a sentence from behind its list marks and connectives."""
    while (match := _MARK.match(text) or _opening("drop").match(text)) and match.end() < len(text):
        text = text[match.end() :]
    return text


def _ended(text: str) -> str:
    """An item of a list ends like a sentence."""
    return text if text.endswith(("…", "...", "!", "?")) else text.rstrip(" ;,:.") + "."


@cache
def _phrases(kind: str) -> str:
    found = sorted((row[1] for row in rows("review_openings.tsv") if row[0] == kind), key=len, reverse=True)
    return "|".join(re.escape(phrase) for phrase in found)


@cache
def _opening(kind: str) -> re.Pattern[str]:
    """What is dropped ends in a comma or colon, so that "Song cửa" and "Đồng thời gian" stay; what leans need not."""
    end = r"\s*[,:]\s+" if kind == "drop" else r"(?!\w)"
    return re.compile(rf"(?:{_phrases(kind)}){end}", re.IGNORECASE)


@cache
def _self_subject() -> re.Pattern[str]:
    return re.compile(rf"({_phrases('self')})(?=\s+(?:{_phrases('after')})\b)")
