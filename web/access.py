"""Who asks, and whether they may: dependencies of the page's and the API's routes."""

from typing import Annotated

from fastapi import Depends, Request

from baocao.errors import BaocaoError
from baocao.web.desk import Desk
from baocao.web.roles import Role, Visitor
from baocao.web.wording import LANGUAGES

THEMES = ("auto", "light", "dark")


class LoginNeededError(BaocaoError):
    """Nobody is logged in, and somebody has to be."""

    code = "BC600"


class ForbiddenError(BaocaoError):
    """Whoever is logged in has no right to this."""

    code = "BC610"


def desk(request: Request) -> Desk:
    """Return the archive that the page holds open."""
    found: Desk = request.app.state.desk
    return found


def arrived(request: Request, name: str | None, role: Role) -> Visitor:
    """Return somebody as a visitor, who sees the page as their browser's cookies have it."""
    language, theme = request.cookies.get("language", "vi"), request.cookies.get("theme", "auto")
    return Visitor(
        name, role, language if language in LANGUAGES else "vi", theme if theme in THEMES else "auto", address(request)
    )


def address(request: Request) -> str:
    """Return the address that a request comes from."""
    return request.client.host if request.client else ""


def known(request: Request) -> Visitor:
    """Tell who asks, logged in or not, as the entrance found out; every template finds it as `visitor`."""
    visitor: Visitor = request.state.visitor
    return visitor


def reader(visitor: Annotated[Visitor, Depends(known)]) -> Visitor:
    """Return who asks, if they may read.

    Raises LoginNeededError where nobody is logged in.
    """
    if visitor.name is None:
        raise LoginNeededError("Log in to read this.")
    return visitor


def editor(visitor: Annotated[Visitor, Depends(reader)]) -> Visitor:
    """Return who asks, if they may correct. Raises ForbiddenError where not."""
    return _with(visitor, Role.EDITOR)


def admin(visitor: Annotated[Visitor, Depends(reader)]) -> Visitor:
    """Return who asks, if they may look after accounts and models. Raises ForbiddenError where not."""
    return _with(visitor, Role.ADMIN)


def _with(visitor: Visitor, needed: Role) -> Visitor:
    if not visitor.role.may(needed):
        raise ForbiddenError(f"This wants the role {needed}; ask whoever looks after the accounts.")
    return visitor


TheDesk = Annotated[Desk, Depends(desk)]
Reader = Annotated[Visitor, Depends(reader)]
Editor = Annotated[Visitor, Depends(editor)]
Admin = Annotated[Visitor, Depends(admin)]
