"""From a report to what grouping needs of it: its difficulties, their causes, and its recommendations."""

import re

from baocao.insight.difficulties.copies import signature
from baocao.insight.difficulties.model import Reading, Role, Statement
from baocao.insight.difficulties.outlook import is_difficulty
from baocao.report import Label, Report
from baocao.text import fold

_CAUSE = re.compile(
    r"^(?:nguyen nhan|do |vi |boi |mot phan do )|nguyen nhan (?:chu yeu|chinh|la|do|khach quan|chu quan)"
)
_LONGEST = 1_000  # characters of a sentence that are looked at; a longer one is a table or a missed boundary


def read(report: Report) -> Reading:
    """Return what a report says of difficulties.

    Sentences labelled as difficulty that tell of one overcome, or of a plain fact, are left out.
    """
    period = f"{report.period.start}/{report.period.end}" if report.period else None
    return Reading(report.id, report.issuer, _year(report), period, signature(report.text), tuple(_statements(report)))


def _year(report: Report) -> int | None:
    """Return the year that a report is about, else the one in which it was issued."""
    if report.period and report.period.start[:4].isdigit():
        return int(report.period.start[:4])
    return int(report.issued[:4]) if report.issued and report.issued[:4].isdigit() else None


def _statements(report: Report) -> list[Statement]:
    blank = _blanked(report)
    found = []
    for sentence in report.sentences:
        text = sentence.of(report.text)
        end = sentence.start + min(sentence.end - sentence.start, _LONGEST)
        plain = blank[sentence.start : end]
        if sentence.label is Label.DIFFICULTY and is_difficulty(plain):
            heading = report.sections[sentence.section].heading if sentence.section is not None else ""
            role = Role.CAUSE if _names_cause(text, heading) else Role.DIFFICULTY
        elif sentence.label is Label.RECOMMENDATION:
            role = Role.RECOMMENDATION
        else:
            continue
        found.append(Statement(sentence.start, text, plain, role, sentence.section))
    return found


def _blanked(report: Report) -> str:
    """Return the text with its named units, people, dates, periods and document numbers as blanks, lengths kept."""
    letters = list(report.text)  # one by one in place: a copy of the text for each name would take long
    for entity in report.entities:
        letters[entity.start : entity.end] = " " * (entity.end - entity.start)
    return "".join(letters)


def _names_cause(text: str, heading: str) -> bool:
    return bool(_CAUSE.search(fold(text).lstrip(" -+*•.)0123456789"))) or fold(heading).lstrip(
        " 0123456789.)ivx"
    ).startswith("nguyen nhan")
