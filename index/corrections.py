"""What people corrected, kept apart from what the pipeline found: the nouns, and the corrected view of a report.

A correction holds on to the words it is about: to their offsets, to the exact text there and to a little of what
stands around. So it finds its place again when the file is read anew or a later version of it shifts the text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import takewhile
from typing import Any

from baocao.errors import UsageError
from baocao.report import (
    By,
    DocIssued,
    Entity,
    EntityType,
    Finding,
    Label,
    Members,
    PersonRole,
    Relation,
    Report,
    Sentence,
    Span,
)
from baocao.text import spelling_key

_AROUND = 32
# So many characters of the surroundings must agree before a mention is taken for the one that was corrected.
_ENOUGH = 12


@dataclass(frozen=True, slots=True)
class Anchor(Span):
    """The place of a correction: offsets, the words there, and what stands before and after them."""

    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Relabel:
    """The sentence at `place` says something of the kind `label`."""

    place: Anchor
    label: Label


@dataclass(frozen=True, slots=True)
class AddEntity:
    """At `place` stands a mention that was not found; it takes the place of mentions that it overlaps."""

    place: Anchor
    type: EntityType
    norm: str | None


@dataclass(frozen=True, slots=True)
class RemoveEntity:
    """What stands at `place` names nothing of this type."""

    place: Anchor
    type: EntityType


@dataclass(frozen=True, slots=True)
class Retype:
    """The mention at `place` is of another type than was found."""

    place: Anchor
    type: EntityType
    norm: str | None


@dataclass(frozen=True, slots=True)
class MergeUnits:
    """The unit `alias` is the unit `name`, in every report."""

    alias: str
    name: str


Correction = Relabel | AddEntity | RemoveEntity | Retype | MergeUnits
_KINDS: dict[str, type[Correction]] = {
    "relabel": Relabel,
    "add": AddEntity,
    "remove": RemoveEntity,
    "retype": Retype,
    "merge": MergeUnits,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A correction in the record: its number, the report (None: all), who made and who undid it, and when."""

    number: int
    report: str | None
    correction: Correction
    by: str
    at: str
    undone_by: str | None = None
    undone_at: str | None = None
    fits: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the entry; `fits` tells whether it still finds its place."""
        return {
            "number": self.number,
            "report": self.report,
            **to_json(self.correction),
            "by": self.by,
            "at": self.at,
            "undone_by": self.undone_by,
            "undone_at": self.undone_at,
            "fits": self.fits,
        }


def to_json(correction: Correction) -> dict[str, Any]:
    """Return the JSON object of a correction, its kind first."""
    kind = next(name for name, form in _KINDS.items() if type(correction) is form)
    if isinstance(correction, MergeUnits):
        return {"kind": kind, "alias": correction.alias, "name": correction.name}
    place = correction.place
    told: dict[str, Any] = {"kind": kind, "start": place.start, "end": place.end, "text": place.text}
    told |= {"before": place.before, "after": place.after}
    match correction:
        case Relabel():
            return told | {"label": correction.label.value}
        case RemoveEntity():
            return told | {"type": correction.type.value}
        case AddEntity() | Retype():
            return told | {"type": correction.type.value, "norm": correction.norm}


def from_json(data: Mapping[str, Any]) -> Correction:
    """Read what `to_json` wrote."""
    if data["kind"] == "merge":
        return MergeUnits(data["alias"], data["name"])
    place = Anchor(data["start"], data["end"], data["text"], data["before"], data["after"])
    match data["kind"]:
        case "relabel":
            return Relabel(place, Label(data["label"]))
        case "remove":
            return RemoveEntity(place, EntityType(data["type"]))
        case "add":
            return AddEntity(place, EntityType(data["type"]), data["norm"])
        case "retype":
            return Retype(place, EntityType(data["type"]), data["norm"])
    raise ValueError(f"no correction is of kind {data['kind']!r}")


# Making a correction, from the report as a reader sees it.


def relabel(report: Report, start: int, label: Label) -> Relabel:
    """Give the sentence at the offset `start` another label.

    Raises UsageError where no sentence stands there.
    """
    sentence = _sentence_at(report.sentences, start)
    if sentence is None:
        raise UsageError(f"No sentence stands at {start}; `baocao show ID --json` lists where each begins.")
    found = report.sentences[sentence]
    return Relabel(_anchor(report.text, found.start, found.end), label)


def add_entity(report: Report, start: int, end: int, type: EntityType, norm: str | None = None) -> AddEntity:
    """Mark the characters from `start` to `end` as a mention; blanks at its ends are left out.

    Raises UsageError where they are no part of a sentence, or the norm is not of the type.
    """
    words = report.text[start:end] if 0 <= start < end <= len(report.text) else ""
    if not words.strip():
        raise UsageError(f"There are no words from {start} to {end}; the text has {len(report.text)} characters.")
    start, end = start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
    sentence = _sentence_at(report.sentences, start)
    if sentence is not None and report.sentences[sentence].end < end:
        raise UsageError(f"From {start} to {end} is more than one sentence; a mention stands within one.")
    return AddEntity(_anchor(report.text, start, end), type, _norm(type, words, norm))


def remove_entity(report: Report, start: int, type: EntityType | None = None) -> RemoveEntity:
    """Say that the mention at the offset `start` is none.

    Raises UsageError where none stands there, or several do and `type` does not tell which.
    """
    found = _entity_at(report, start, type)
    return RemoveEntity(_anchor(report.text, found.start, found.end), found.type)


def retype(report: Report, start: int, type: EntityType, norm: str | None = None) -> Retype:
    """Give the mention at the offset `start` another type.

    Raises UsageError where none stands there, or the norm is not of the type.
    """
    found = _entity_at(report, start)
    kept = found.norm if found.type is type else None
    return Retype(_anchor(report.text, found.start, found.end), type, _norm(type, found.of(report.text), norm or kept))


def merge_units(alias: str, name: str, held: Sequence[MergeUnits]) -> MergeUnits:
    """Say that two names are one unit's, `name` being the one to show; `held` are the merges in force.

    Raises UsageError where the names are one already, or `alias` stands for another.
    """
    alias, name = " ".join(alias.split()), " ".join(name.split())
    if not alias or not name or _key(alias) == _key(name):
        raise UsageError("A merge wants two different names: the alias, then the name to show.")
    names = _registry(tuple(held))
    if _key(alias) in names:
        raise UsageError(f"“{alias}” already stands for “{names[_key(alias)]}”; `baocao correct split` parts them.")
    if _key(names.get(_key(name), name)) == _key(alias):
        raise UsageError(f"“{name}” already stands for “{alias}”; `baocao correct split` parts them.")
    return MergeUnits(alias, name)


def _anchor(text: str, start: int, end: int) -> Anchor:
    return Anchor(start, end, text[start:end], text[max(0, start - _AROUND) : start], text[end : end + _AROUND])


def _sentence_at(sentences: Sequence[Sentence], offset: int) -> int | None:
    return next((i for i, s in enumerate(sentences) if s.start <= offset < s.end), None)


def _entity_at(report: Report, offset: int, type: EntityType | None = None) -> Entity:
    found = [e for e in report.entities if e.start <= offset < e.end and type in (None, e.type)]
    if len(found) != 1:
        which = "Several mentions stand" if found else f"No {type or 'mention'} stands"
        raise UsageError(f"{which} at {offset}; `baocao show ID --json` lists them.")
    return found[0]


def _norm(type: EntityType, words: str, given: str | None) -> str | None:
    """Return the norm of a mention: as given, or as its words tell without knowing more of the text."""
    if type in (EntityType.DATE, EntityType.PERIOD):
        if given is not None:
            _check_times(type, given)
        return given
    plain = " ".join((given or words).split())
    return re.sub(r"\s", "", plain).translate({0x2013: "-", 0x2014: "-"}).upper() if type is EntityType.DOCNO else plain


def _check_times(type: EntityType, norm: str) -> None:
    days = norm.split("/")
    try:
        for day in days:
            date.fromisoformat(f"{day}-01" if type is EntityType.DATE and len(day) == 7 else day)
    except ValueError:
        days = []
    if len(days) != (1 if type is EntityType.DATE else 2) or any(len(day) not in (7, 10) for day in days):
        shape = "2017-06-22 or 2017-06" if type is EntityType.DATE else "2017-01-01/2017-06-30"
        raise UsageError(f"“{norm}” is no norm of a {type}; write it as {shape}.")


# Finding the place again.


def _places(text: str, anchor: Anchor) -> Iterator[tuple[Span, int]]:
    """Yield where the words stand and how many characters around agree, the likeliest place first."""
    if (
        anchor.of(text) == anchor.text
        and text.endswith(anchor.before, 0, anchor.start)
        and text.startswith(anchor.after, anchor.end)
    ):
        yield Span(anchor.start, anchor.end), 2 * _AROUND
        return
    # Another reader may break the lines elsewhere, so any run of blanks matches any other.
    words = r"\s+".join(map(re.escape, anchor.text.split()))
    bound = r"(?<!\w)" * anchor.text[:1].isalnum(), r"(?!\w)" * anchor.text[-1:].isalnum()
    found = [(m, _agreeing(text, m, anchor)) for m in re.finditer(bound[0] + words + bound[1], text)]
    for match, alike in sorted(found, key=lambda f: (-f[1], abs(f[0].start() - anchor.start))):
        yield Span(match.start(), match.end()), alike


def _agreeing(text: str, match: re.Match[str], anchor: Anchor) -> int:
    before, after = text[max(0, match.start() - 2 * _AROUND) : match.start()], text[match.end() :][: 2 * _AROUND]
    return _common(reversed(_joined(before)), reversed(_joined(anchor.before))) + _common(
        _joined(after), _joined(anchor.after)
    )


def _joined(text: str) -> str:
    return " ".join(text.split())


def _common(a: Iterable[str], b: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


def _relabelled(report: Report, anchor: Anchor) -> list[int]:
    """Return the sentences that a relabelled one has become: those that lie in its place for more than half."""
    for place, _ in _places(report.text, anchor):
        found = [
            i
            for i, s in enumerate(report.sentences)
            if 2 * (min(s.end, place.end) - max(s.start, place.start)) > s.end - s.start
        ]
        if found:
            return found
    return []


def _mention(report: Report, anchor: Anchor) -> Span | None:
    """Return the place of a corrected mention; the same words in quite other surroundings are another mention."""
    enough = min(_ENOUGH, len(_joined(anchor.before)) + len(_joined(anchor.after)))
    return next((place for place, alike in _places(report.text, anchor) if alike >= enough), None)


def fits(report: Report, correction: Correction) -> bool:
    """Tell whether a correction finds its place in a report."""
    match correction:
        case MergeUnits():
            return True
        case Relabel(place, _):
            return bool(_relabelled(report, place))
        case AddEntity() | RemoveEntity() | Retype():
            return _mention(report, correction.place) is not None


# The corrected view.


def apply(report: Report, corrections: Iterable[Correction]) -> Report:
    """Return the report as people corrected it, in the order given; those that do not fit change nothing.

    What was corrected is `by` a person. Relations and warnings that rest on a mention now gone go with it.
    """
    merges = []
    sentences, entities = list(report.sentences), list(report.entities)
    for correction in corrections:
        match correction:
            case MergeUnits():
                merges.append(correction)
            case Relabel(place, label):
                for i in _relabelled(report, place):
                    sentences[i] = replace(sentences[i], label=label, confidence=1.0, by=By.PERSON)
            case _:
                entities = _with_mention(report, entities, correction)
    if entities != list(report.entities):
        report = _with_entities(report, tuple(sorted(entities, key=lambda e: (e.start, e.end))))
    return _renamed(replace(report, sentences=tuple(sentences)), tuple(merges))


def _with_mention(
    report: Report, entities: list[Entity], correction: AddEntity | RemoveEntity | Retype
) -> list[Entity]:
    place = _mention(report, correction.place)
    if place is None:
        return entities
    if isinstance(correction, RemoveEntity):
        gone = (place.start, place.end, correction.type)
        return [e for e in entities if (e.start, e.end, e.type) != gone]
    apart = [e for e in entities if e.end <= place.start or place.end <= e.start]
    sentence = _sentence_at(report.sentences, place.start)
    return [*apart, Entity(place.start, place.end, correction.type, correction.norm, sentence, By.PERSON)]


def _with_entities(report: Report, entities: tuple[Entity, ...]) -> Report:
    """Put other mentions into a report: relations point at them anew, warnings about mentions now gone go."""
    at = {(e.start, e.end, e.type): i for i, e in enumerate(entities)}
    moved = {i: at.get((e.start, e.end, e.type)) for i, e in enumerate(report.entities)}
    gone = {(e.start, e.end) for i, e in enumerate(report.entities) if moved[i] is None}
    relations = tuple(r for old in report.relations if (r := _moved(old, moved)) is not None)
    complete = [
        entities[r.members[0]] for r in relations if isinstance(r, Members) and r.members and r.stated == len(r.members)
    ]
    findings = tuple(
        f for f in report.findings if (f.start, f.end) not in gone and not _is_settled(f, complete)
    )  # fmt: skip
    return replace(report, entities=entities, relations=relations, findings=findings)


def _is_settled(finding: Finding, complete: Sequence[Entity]) -> bool:
    """Tell whether a list that was counted wrongly has the stated number now."""
    return finding.code == "count_mismatch" and any(finding.start <= e.start < finding.end for e in complete)


def _moved(relation: Relation, moved: Mapping[int, int | None]) -> Relation | None:
    def to(index: int | None) -> int | None:
        return None if index is None else moved[index]

    match relation:
        case PersonRole(person, role, unit):
            holder = to(person)
            return None if holder is None else PersonRole(holder, role, to(unit))
        case DocIssued(doc, day, issuer, title):
            number = to(doc)
            return None if number is None else DocIssued(number, to(day), to(issuer), title)
        case Members(unit, stated, members):
            left = tuple(m for old in members if (m := to(old)) is not None)
            return Members(to(unit), stated, left) if left else None


def _renamed(report: Report, merges: tuple[MergeUnits, ...]) -> Report:
    names = _registry(merges)
    if not names:
        return report
    entities = tuple(
        replace(e, norm=name, by=By.PERSON)
        if e.type is EntityType.UNIT and e.norm and (name := names.get(_key(e.norm), e.norm)) != e.norm
        else e
        for e in report.entities
    )
    issuer = names.get(_key(report.issuer), report.issuer) if report.issuer else report.issuer
    return replace(report, entities=entities, issuer=issuer)


def shown_name(unit: str, merges: Sequence[MergeUnits]) -> str:
    """Return the name under which a unit is shown once `merges` are in force."""
    return _registry(tuple(merges)).get(_key(unit), unit)


def same_name(unit: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is this name, perhaps spelt otherwise."""
    return next((name for name in names if _key(name) == _key(unit)), None)


@lru_cache(maxsize=8)
def _registry(merges: tuple[MergeUnits, ...]) -> Mapping[str, str]:
    """Return spelling key of an alias → the name to show, following names that are aliases themselves."""
    direct = {_key(m.alias): m.name for m in merges}
    names = {}
    for alias, first in direct.items():
        name, seen = first, {alias}
        while (key := _key(name)) in direct and key not in seen:
            seen.add(key)
            name = direct[key]
        names[alias] = name
    return names


def _key(name: str) -> str:
    """Return the same for a name however its letters' case, blanks and tone marks are set."""
    return spelling_key(" ".join(name.split()))
