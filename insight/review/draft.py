"""A draft of a review: what clerks decided over a review as it was composed, which itself stays as it is.

Each function returns another draft; `as_review` returns what the writers of a review write.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from baocao.errors import NotFoundError, UsageError
from baocao.insight.review.model import (
    PARTS,
    Followed,
    Group,
    Item,
    Part,
    Placed,
    Returning,
    Review,
    ReviewRequest,
    item_from_json,
)
from baocao.insight.review.reworded import verify_reworded
from baocao.report import Label

LONGEST = 3_000  # characters of an item
_LONGEST_HEADING = 200
_STEPS = 30  # that can be undone


@dataclass(frozen=True, slots=True)
class Worded:
    """A text in place of an item's; `own` where it is the drafter's own words."""

    text: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Decisions:
    """What clerks decided: item ids, and headings by part ("difficulty") and field ("difficulty/Y tế").

    `order` holds the ids of a part once one of them was moved; others stand behind them as composed.
    """

    dropped: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Worded] = field(default_factory=dict)
    added: tuple[Placed, ...] = ()
    headings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A change: who made it, when, what it did (`drop`, `edit` …) to what, and the decisions before it."""

    by: str
    at: str
    did: str
    what: str
    before: Decisions


@dataclass(frozen=True, slots=True)
class Draft:
    """A review as composed of the archive after its change number `change`, the decisions, and the last steps."""

    request: ReviewRequest
    composed: Review
    change: int
    decisions: Decisions = Decisions()
    steps: tuple[Step, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the draft."""
        return {
            "request": asdict(self.request), "composed": self.composed.to_json(), "change": self.change,
            "decisions": asdict(self.decisions), "steps": [asdict(step) for step in self.steps],
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        steps = tuple(Step(**{**step, "before": _decisions(step["before"])}) for step in data["steps"])
        composed, decisions = Review.from_json(data["composed"]), _decisions(data["decisions"])
        return cls(request_from_json(data["request"]), composed, data["change"], decisions, steps)


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it stands in the draft, or was dropped from it; `composed` is its text before it was edited."""

    item: Item
    field: str
    composed: Item
    dropped: bool
    added: bool


# Decisions.


def drop(draft: Draft, id: str) -> Draft:
    """Take an item out; the drafter's own words are gone, others can be restored."""
    found = entry(draft, id)
    if found.composed.own:
        return _decided(draft, added=tuple(a for a in draft.decisions.added if a.item.id != id))
    return _decided(draft, dropped=(*(d for d in draft.decisions.dropped if d != id), id))


def restore(draft: Draft, id: str) -> Draft:
    """Put an item back that was dropped."""
    entry(draft, id)
    return _decided(draft, dropped=tuple(d for d in draft.decisions.dropped if d != id))


def move(draft: Draft, id: str, field: str | None = None, before: str | None = None) -> Draft:
    """Put an item before another, or last in a field; to another field of its part if one is named.

    Raises UsageError where `before` is of another part, or the field has no name.
    """
    label = label_of(draft, id)
    there = {e.item.id: e for e in entries(draft, label)}
    if before is not None and before not in there:
        raise UsageError("An item moves within its part; relabel its sentence to have it in another.")
    to = field if field is not None else there[before].field if before else there[id].field
    to = _heading(to)
    ids = [i for i in there if i != id]
    if before is not None and before != id:
        at = ids.index(before)
    else:
        at = max((n + 1 for n, i in enumerate(ids) if there[i].field == to), default=len(ids))
    order = [*ids[:at], id, *ids[at:]]
    return _decided(draft, order=_ordered(draft, there, order), fields={**draft.decisions.fields, id: to})


def shift(draft: Draft, id: str, by: int) -> Draft:
    """Move an item up (-1) or down (1) among those of its field; at the edge it stays."""
    label = label_of(draft, id)
    this = entry(draft, id)
    group = [e.item.id for e in entries(draft, label) if e.field == this.field and not e.dropped]
    if id not in group or not 0 <= (at := group.index(id) + by) < len(group):
        return draft
    if by < 0:
        return move(draft, id, before=group[at])
    return move(draft, group[at], before=id)


def shift_field(draft: Draft, label: Label, name: str, by: int) -> Draft:
    """Move a field with all its items up (-1) or down (1) within its part; at the edge it stays."""
    there = list(entries(draft, label))
    names = list(dict.fromkeys(e.field for e in there if not e.dropped))
    if name not in names or not 0 <= (at := names.index(name) + by) < len(names):
        return draft
    names.insert(at, names.pop(names.index(name)))
    rank = {told: i for i, told in enumerate(names)}
    order = sorted(there, key=lambda e: rank.get(e.field, len(rank)))
    return _decided(draft, order=_ordered(draft, {e.item.id for e in there}, [e.item.id for e in order]))


def edit(draft: Draft, id: str, text: str, *, own: bool = False) -> Draft:
    """Word an item anew; its own text again takes the edit back.

    Raises UnstatedError where the text says what no source of the item says, unless it is the drafter's `own` words,
    which then stand without a source.
    """
    item = entry(draft, id).composed
    text = _text(text)
    texts = {i: worded for i, worded in draft.decisions.texts.items() if i != id}
    if item.own:
        added = tuple(replace(a, item=replace(a.item, text=text)) if a.item.id == id else a for a in _added(draft))
        return _decided(draft, added=added)
    if text == item.text:
        return _decided(draft, texts=texts)
    if not own:
        verify_reworded(text, [item.text, *(f"{s.text} {s.issuer or ''}" for s in item.sources)])
    return _decided(draft, texts={**texts, id: Worded(text, own)})


def add(draft: Draft, placed: Placed) -> Draft:
    """Add a sentence of the year that was not chosen.

    Raises UsageError where the draft holds it, also as a further source of an item.
    """
    source = placed.item.sources[0]
    for label in PARTS:
        for held in entries(draft, label):
            if any((s.report, s.start) == (source.report, source.start) for s in held.composed.sources):
                raise UsageError(f"The draft holds this sentence: “{held.item.text}”.")
    return _decided(draft, added=(*draft.decisions.added, placed))


def add_own(draft: Draft, label: Label, field: str, text: str) -> Draft:
    """Add a statement in the drafter's own words, which no report says."""
    used = {int(a.item.id.partition(":")[2]) for a in _added(draft) if a.item.own}
    item = Item(_text(text), (), key=f"own:{max(used, default=0) + 1}")
    return _decided(draft, added=(*_added(draft), Placed(label, _heading(field), item)))


def head(draft: Draft, label: Label, field: str | None, heading: str) -> Draft:
    """Give a part, or a field of it, another heading; an empty one takes it back."""
    key = label.value if field is None else f"{label.value}/{field}"
    headings = {k: told for k, told in draft.decisions.headings.items() if k != key}
    if heading.strip():
        headings[key] = _heading(heading)
    return _decided(draft, headings=headings)


def kept(before: Draft, after: Draft, *, by: str, at: str, did: str, what: str) -> Draft:
    """Return the draft with the step to it, which `undo` takes back."""
    return replace(after, steps=(*before.steps, Step(by, at, did, what, before.decisions))[-_STEPS:])


def undo(draft: Draft) -> Draft:
    """Take the last step back.

    Raises UsageError where there is none.
    """
    if not draft.steps:
        raise UsageError("There is no step to take back.")
    return replace(draft, decisions=draft.steps[-1].before, steps=draft.steps[:-1])


def anew(draft: Draft, review: Review, change: int, present: Collection[str]) -> Draft:
    """Put the decisions over a review that was composed of a later state of the archive.

    An item that a clerk edited, moved or added stays though it was not chosen again, as long as its report is
    `present`; an added one that was chosen is no longer added. Steps before cannot be taken back.
    """
    chosen = {item.id for part in review.parts for item in part.items}
    old = draft.decisions
    mine = {*old.texts, *old.fields, *(a.item.id for a in old.added)} - set(old.dropped)
    added = []
    for label in PARTS:
        for held in entries(draft, label):
            item = held.composed
            stays = item.own or any(source.report in present for source in item.sources)
            if item.id not in chosen and item.id in mine and stays:
                added.append(Placed(label, held.field, item))
    known = chosen | {a.item.id for a in added}
    decisions = Decisions(
        dropped=tuple(i for i in old.dropped if i in known), order=tuple(i for i in old.order if i in known),
        fields={i: told for i, told in old.fields.items() if i in known},
        texts={i: worded for i, worded in old.texts.items() if i in known},
        added=tuple(added), headings=old.headings,
    )  # fmt: skip
    return Draft(draft.request, review, change, decisions)


# What the draft looks like.


def entries(draft: Draft, label: Label) -> Iterator[Entry]:
    """Yield the items of a part in their order, those that were dropped too."""
    decisions = draft.decisions
    placed = [
        (Placed(label, group.field, item), False)
        for part in draft.composed.parts if part.label is label
        for group in part.groups
        for item in group.items
    ] + [(a, True) for a in decisions.added if a.label is label]  # fmt: skip
    rank = {id: i for i, id in enumerate(decisions.order)}
    placed.sort(key=lambda told: rank.get(told[0].item.id, len(rank)))
    found: dict[str, list[Entry]] = {}
    for told, added in placed:
        item = told.item
        where = decisions.fields.get(item.id, told.field)
        now = _worded(item, decisions.texts.get(item.id))
        found.setdefault(where, []).append(Entry(now, where, item, item.id in decisions.dropped, added))
    for group in found.values():
        yield from group


def entry(draft: Draft, id: str) -> Entry:
    """Return an item of the draft.

    Raises NotFoundError where it has none of this id.
    """
    for label in PARTS:
        for found in entries(draft, label):
            if found.item.id == id:
                return found
    raise NotFoundError(f"The draft has no item {id}.")


def label_of(draft: Draft, id: str) -> Label:
    """Return the part that an item stands in."""
    for label in PARTS:
        if any(found.item.id == id for found in entries(draft, label)):
            return label
    raise NotFoundError(f"The draft has no item {id}.")


def heading_of(draft: Draft, label: Label, field: str | None = None) -> str:
    """Return what stands over a part, or over a field of it."""
    if field is None:
        return draft.decisions.headings.get(label.value, PARTS[label])
    return draft.decisions.headings.get(f"{label.value}/{field}", field)


def as_review(draft: Draft) -> Review:
    """Return the review as clerks left it."""
    parts = []
    for label in PARTS:
        groups: dict[str, list[Item]] = {}
        for told in entries(draft, label):
            if not told.dropped:
                groups.setdefault(told.field, []).append(told.item)
        named = tuple(Group(heading_of(draft, label, name), tuple(items)) for name, items in groups.items())
        parts.append(Part(label, named, draft.decisions.headings.get(label.value, "")))
    return replace(draft.composed, parts=tuple(parts))


def _worded(item: Item, worded: Worded | None) -> Item:
    """Return an item as it was worded; the drafter's own words have no source, nor what contradicts it."""
    if worded is None:
        return item
    if worded.own:
        return Item(worded.text, (), key=item.id, edited=True)
    return replace(item, text=worded.text, key=item.id, edited=True)


# Small parts.


def _decided(draft: Draft, **changes: Any) -> Draft:
    return replace(draft, decisions=replace(draft.decisions, **changes))


def _added(draft: Draft) -> tuple[Placed, ...]:
    return draft.decisions.added


def _ordered(draft: Draft, mine: Collection[str], order: Sequence[str]) -> tuple[str, ...]:
    """Return the order of all parts with a new one of this part's ids."""
    return (*(i for i in draft.decisions.order if i not in mine), *order)


def _text(text: str) -> str:
    told = " ".join(text.split())
    if not told or len(told) > LONGEST:
        raise UsageError(f"An item has 1 to {LONGEST} characters.")
    return told


def _heading(text: str) -> str:
    told = " ".join(text.split())
    if not told or len(told) > _LONGEST_HEADING:
        raise UsageError(f"A heading has 1 to {_LONGEST_HEADING} characters.")
    return told


def _decisions(data: Mapping[str, Any]) -> Decisions:
    return Decisions(
        tuple(data["dropped"]), tuple(data["order"]), data["fields"],
        {id: Worded(**worded) for id, worded in data["texts"].items()},
        tuple(Placed(Label(a["label"]), a["field"], item_from_json(a["item"])) for a in data["added"]),
        data["headings"],
    )  # fmt: skip


def request_from_json(data: Mapping[str, Any]) -> ReviewRequest:
    """Read what `asdict` made of a request."""
    return ReviewRequest(
        **{
            **data, "units": tuple(data["units"]), "expected": tuple(data["expected"]),
            "returning": tuple(Returning(r["name"], tuple(r["units"]), tuple(r["years"])) for r in data["returning"]),
            "followed": tuple(Followed(**f) for f in data["followed"]),
        }
    )  # fmt: skip
