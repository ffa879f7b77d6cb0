"""Logging in and out, and one's own password."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from baocao.errors import BaocaoError, UsageError
from baocao.index.settings import OpenId
from baocao.web import accounts, cookies, throttle
from baocao.web.access import Reader, TheDesk, address
from baocao.web.addresses import local
from baocao.web.desk import Desk
from baocao.web.faults import headers_of, said_of, status_of
from baocao.web.journal import By
from baocao.web.passwords import BusyError
from baocao.web.refusals import DifferentError, WrongLoginError
from baocao.web.roles import Role, Visitor
from baocao.web.showing import page
from baocao.web.throttle import WaitError

shown = APIRouter()
api = APIRouter(tags=["accounts"])

Password = Annotated[str, Field(max_length=2_000)]


class Renewal(BaseModel):
    """One's password and the new one."""

    old: Password
    new: Password


class WhoJson(BaseModel):
    """Who asks, and as what."""

    name: str
    role: Role


@shown.get("/login", response_class=HTMLResponse)
def login_page(request: Request, desk: TheDesk, next: str = "/") -> Response:
    """Show the form to log in with; who is logged in goes where they wanted to."""
    if request.state.visitor.name is not None:
        return RedirectResponse(local(next), status_code=303)
    return _form(request, desk, next)


@shown.post("/login")
def log_in(
    request: Request, desk: TheDesk,
    name: Annotated[str, Form(max_length=200)] = "", password: Annotated[str, Form(max_length=2_000)] = "",
    next: Annotated[str, Form(max_length=4_000)] = "/",
) -> Response:  # fmt: skip
    """Log in: a new session, whatever token the browser had before."""
    if not desk.serving.accounts:
        return RedirectResponse(local(next), status_code=303)
    spelled = accounts.spelled(name)
    attempt = throttle.Attempt(spelled, address(request), cookies.known_browser(request, desk.secret, spelled))
    try:
        token = accounts.log_in(desk.record, attempt, password)
    except (WrongLoginError, WaitError, BusyError) as error:
        return _form(request, desk, next, error, name)
    return entered(request, desk, token, spelled, next)


def entered(request: Request, desk: Desk, token: str, name: str, next: str) -> Response:
    """Return the answer that begins a session, in place of the one that the browser may have had."""
    _end(request, desk)
    answer = RedirectResponse(local(next), status_code=303)
    cookies.put(request, answer, cookies.SESSION, token)
    cookies.remember_browser(request, answer, desk.secret, name)
    return answer


@shown.post("/logout")
def log_out(request: Request, desk: TheDesk) -> Response:
    """End the session."""
    _end(request, desk)
    answer = RedirectResponse("/login" if desk.serving.accounts else "/", status_code=303)
    cookies.drop(request, answer, cookies.SESSION)
    return answer


def _end(request: Request, desk: Desk) -> None:
    token, visitor = cookies.read(request, cookies.SESSION), request.state.visitor
    if token:
        accounts.log_out(desk.record, token, By(visitor.name or "", visitor.address))


@shown.get("/account", response_class=HTMLResponse)
def account_page(request: Request, desk: TheDesk, visitor: Reader) -> Response:
    """Show who one is, and the form for another password."""
    return _account(request, desk, visitor)


@shown.post("/account")
def change_password(
    request: Request, desk: TheDesk, visitor: Reader, old: Annotated[Password, Form()] = "",
    new: Annotated[Password, Form()] = "", again: Annotated[Password, Form()] = "",
) -> Response:  # fmt: skip
    """Change one's password; the other sessions end, this one goes on under a new token."""
    try:
        if new != again:
            raise DifferentError("The new password was typed in two ways; type it again.")
        renew(desk, visitor, Renewal(old=old, new=new))
        token = accounts.log_in(desk.record, throttle.Attempt(str(visitor.name), visitor.address), new)
    except (WrongLoginError, WaitError, BusyError, UsageError) as error:
        return _account(request, desk, visitor, error)
    return entered(request, desk, token, str(visitor.name), "/account?changed=1")


def renew(desk: Desk, visitor: Visitor, passwords: Renewal) -> None:
    """Change a visitor's password; all sessions end.

    Raises WrongLoginError where the old one is not theirs, and as `accounts.set_password` does.
    """
    attempt = throttle.Attempt(str(visitor.name), visitor.address)
    accounts.proven(desk.record, attempt, passwords.old)
    accounts.set_password(desk.record, By(str(visitor.name), visitor.address), str(visitor.name), passwords.new)


@api.get("/account")
def account_json(visitor: Reader) -> WhoJson:
    """Tell who asks, and as what."""
    return WhoJson(name=str(visitor.name), role=visitor.role)


@api.post("/account/password", status_code=204)
def change_password_json(passwords: Renewal, desk: TheDesk, visitor: Reader) -> None:
    """Change one's password; all sessions end."""
    renew(desk, visitor, passwords)


def _form(request: Request, desk: Desk, next: str, error: BaocaoError | None = None, name: str = "") -> HTMLResponse:
    answer = page(
        request, "login.html", status=status_of(error) if error else 200, next=local(next), name=name[:200],
        error=said_of(error, request.state.visitor.language) if error else "",
        provider=OpenId.of(desk.folder) is not None,
    )  # fmt: skip
    answer.headers.update(headers_of(error) if error else {})
    return answer


def _account(request: Request, desk: Desk, visitor: Visitor, error: BaocaoError | None = None) -> HTMLResponse:
    found = accounts.of_name(desk.record, str(visitor.name)) if desk.serving.accounts else None
    words: dict[str, Any] = {"error": said_of(error, visitor.language) if error else ""}
    answer = page(
        request, "account.html", status=status_of(error) if error else 200, account=found[0] if found else None,
        changed=request.query_params.get("changed") == "1", **words,
    )  # fmt: skip
    answer.headers.update(headers_of(error) if error else {})
    return answer
