"""Who may do what on the page."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do: read; also correct, decide and upload; also look after accounts and models."""

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"

    def may(self, needed: "Role") -> bool:
        """Tell whether this role holds the rights of another."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and from which address: `name` is None before a login where one is needed."""

    name: str | None
    role: Role
    language: str = "vi"
    theme: str = "auto"
    address: str = ""

    @property
    def editor(self) -> bool:
        """Tell whether corrections, decisions and uploads are theirs to make."""
        return self.name is not None and self.role.may(Role.EDITOR)

    @property
    def admin(self) -> bool:
        """Tell whether accounts and models are theirs to look after."""
        return self.name is not None and self.role.may(Role.ADMIN)
