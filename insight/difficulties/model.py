"""The nouns: what is read of a report, what is kept between runs, and a difficulty as it is shown.

What is kept (`Group`, `Member`, `Seen`) are plain rows that the caller stores; none of them holds a whole archive.
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Trend(StrEnum):
    """How a difficulty goes on over the years of the archive."""

    NEW = "new"
    PERSISTENT = "persistent"
    EASING = "easing"
    BACK = "back again"


class Role(StrEnum):
    """What a sentence is to a difficulty."""

    DIFFICULTY = "difficulty"
    CAUSE = "cause"
    RECOMMENDATION = "recommendation"


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a report: `text` is the report's from `start`; `plain` has names and dates blanked."""

    start: int
    text: str
    plain: str
    role: Role
    section: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of a report; `signature` is its MinHash, to know another copy of it."""

    report: str
    unit: str | None
    year: int | None
    period: str | None
    signature: tuple[int, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A difficulty as it is kept. `vector` is the packed sum of its `size` counted mentions.

    `name` is a clerk's; `into` names the difficulty that it was merged into; `decided` says that a clerk has
    touched it, so that grouping anew leaves its mentions together.
    """

    id: str
    size: int
    vector: bytes = field(repr=False)
    name: str | None = None
    into: str | None = None
    dismissed: bool = False
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """Where a sentence of a report belongs; `counted` is false for a repeat within the report or its copy."""

    report: str
    start: int
    group: str
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """A report that was read; `copy_of` names the report of which it is another file."""

    report: str
    unit: str | None
    year: int | None
    period: str | None
    signature: tuple[int, ...]
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """How a difficulty is shown in a list: a name of its own words, and the sentence that stands for it best.

    `mentions` were there when it was made; it stays until they are many more, so that names keep as reports come.
    """

    group: str
    name: str
    report: str
    start: int
    text: str
    mentions: int


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept between runs."""

    groups: tuple[Group, ...] = ()
    members: tuple[Member, ...] = ()
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Rows to store: groups and members replace those of the same key (`id`; `report` and `start`)."""

    groups: tuple[Group, ...] = ()
    members: tuple[Member, ...] = ()
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A sentence that names a difficulty, causes or answers it: `text` stands in the report from `start`."""

    report: str
    start: int
    text: str
    unit: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a difficulty is named, without the words."""

    report: str
    start: int
    unit: str | None
    year: int | None


@dataclass(frozen=True, slots=True)
class Outline:
    """A difficulty in a list; `units` and `years` with their reports."""

    id: str
    name: str
    reports: int
    units: tuple[tuple[str, int], ...]
    years: tuple[tuple[int, int], ...]
    trend: Trend | None
    spread: float
    best: Mention
    places: tuple[Place, ...]
    named_by_clerk: bool = False
    dismissed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, keys in their fixed order."""
        out = asdict(self)
        out["units"] = [list(pair) for pair in self.units]
        out["years"] = [list(pair) for pair in self.years]
        out["trend"] = self.trend.value if self.trend else None
        return out


@dataclass(frozen=True, slots=True)
class Difficulty:
    """A difficulty that comes back, with every sentence that says so. `spread` is its share of all units."""

    id: str
    name: str
    reports: int
    units: tuple[str, ...]
    years: tuple[tuple[int, int], ...]
    first: str | None
    last: str | None
    trend: Trend | None
    spread: float
    best: Mention
    causes: tuple[Mention, ...]
    recommendations: tuple[Mention, ...]
    mentions: tuple[Mention, ...]
    named_by_clerk: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, keys in their fixed order."""
        out = asdict(self)
        out["units"] = list(self.units)
        out["years"] = [list(pair) for pair in self.years]
        out["trend"] = self.trend.value if self.trend else None
        return out
