"""Finding mentions: each module finds one or two types in the whole text and changes nothing."""

from dataclasses import dataclass

from baocao.report import EntityType, Span


@dataclass(frozen=True, slots=True)
class Mention(Span):
    """A stretch of text that names something; `norm` is None where it is not certain what."""

    type: EntityType
    norm: str | None
