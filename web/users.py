"""Looking after the accounts: adding them, their roles, who may come in, and new passwords."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from baocao.errors import NotFoundError, UsageError
from baocao.web import accounts
from baocao.web.access import Admin, TheDesk
from baocao.web.accounts import Account
from baocao.web.desk import Desk
from baocao.web.faults import said_of, status_of
from baocao.web.journal import By
from baocao.web.roles import Role, Visitor
from baocao.web.showing import page

shown = APIRouter()
api = APIRouter(tags=["accounts"])

Name = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, Field(max_length=2_000)]


class NewUser(BaseModel):
    """An account to be added."""

    name: Name
    role: Role = Role.READER
    password: Password


class UserChange(BaseModel):
    """What an account gets; what is left out stays as it is. Each of them ends the account's sessions."""

    role: Role | None = None
    enabled: bool | None = None
    password: Password | None = None


class UserJson(BaseModel):
    """An account; `elsewhere` means that they log in at the OpenID provider."""

    name: str
    role: Role
    enabled: bool
    since: str
    elsewhere: bool

    @classmethod
    def of(cls, account: Account) -> "UserJson":
        """Return an account as JSON has it."""
        return cls(
            name=account.name, role=account.role, enabled=account.enabled, since=account.since,
            elsewhere=account.elsewhere,
        )  # fmt: skip


def change(desk: Desk, visitor: Visitor, name: str, wanted: UserChange) -> None:
    """Change an account.

    Raises NotFoundError, LastAdminError, WeakPasswordError; what came before the one that failed is done.
    """
    by = By(str(visitor.name), visitor.address)
    if wanted.password is not None:
        accounts.set_password(desk.record, by, name, wanted.password)
    if wanted.role is not None:
        accounts.set_role(desk.record, by, name, wanted.role)
    if wanted.enabled is not None:
        accounts.set_enabled(desk.record, by, name, wanted.enabled)


def add(desk: Desk, visitor: Visitor, wanted: NewUser) -> Account:
    """Add an account; raises as `accounts.add` does."""
    by = By(str(visitor.name), visitor.address)
    return accounts.add(desk.record, by, wanted.name, wanted.role, wanted.password)


@api.get("/users")
def users_json(desk: TheDesk, _: Admin) -> list[UserJson]:
    """List the accounts."""
    return [UserJson.of(account) for account in accounts.everyone(desk.record)]


@api.post("/users", status_code=201)
def add_json(wanted: NewUser, desk: TheDesk, visitor: Admin) -> UserJson:
    """Add an account."""
    return UserJson.of(add(desk, visitor, wanted))


@api.patch("/users/{name}")
def change_json(
    name: Annotated[str, Path(max_length=100)], wanted: UserChange, desk: TheDesk, visitor: Admin
) -> UserJson:
    """Change an account's role, password, or whether it is let in."""
    change(desk, visitor, name, wanted)
    found = accounts.of_name(desk.record, name)
    if found is None:
        raise NotFoundError(f"There is no account “{name}”.")
    return UserJson.of(found[0])


@shown.get("/users", response_class=HTMLResponse)
def users(request: Request, desk: TheDesk, visitor: Admin) -> Response:
    """Show the accounts and the forms to change them."""
    return _page(request, desk)


@shown.post("/users")
def add_by_form(request: Request, wanted: Annotated[NewUser, Form()], desk: TheDesk, visitor: Admin) -> Response:
    """Add an account from the page."""
    try:
        add(desk, visitor, wanted)
    except UsageError as error:
        return _page(request, desk, error)
    return RedirectResponse("/users", status_code=303)


class FormChange(UserChange):
    """A change as the page's forms send it."""

    name: Name


@shown.post("/users/change")
def change_by_form(request: Request, wanted: Annotated[FormChange, Form()], desk: TheDesk, visitor: Admin) -> Response:
    """Change an account from the page."""
    try:
        change(desk, visitor, wanted.name, wanted)
    except UsageError as error:
        return _page(request, desk, error)
    return RedirectResponse("/users", status_code=303)


def _page(request: Request, desk: Desk, error: UsageError | None = None) -> HTMLResponse:
    return page(
        request, "users.html", status=status_of(error) if error else 200, users=accounts.everyone(desk.record),
        error=said_of(error, request.state.visitor.language) if error else "", needed=desk.serving.accounts,
    )  # fmt: skip
