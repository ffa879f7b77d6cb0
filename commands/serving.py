"""`serve`, `user`: the page, and who may use it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from getpass import getpass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from baocao.commands.options import ARCHIVE, ArchiveOption, JsonOption, one_of, say, say_json
from baocao.errors import BaocaoError, NotFoundError, UsageError

if TYPE_CHECKING:
    from baocao.index.record import Record
    from baocao.web.journal import By
    from baocao.web.roles import Role


_IDLE = 1  # seconds; whoever asks again later comes in by the process that has least to do


class NotInstalledError(BaocaoError):
    """An optional part is not installed."""

    code = "BC120"


def serve(
    archive: ArchiveOption = ARCHIVE,
    host: Annotated[str, typer.Option(help="The address to listen on; any but loopback wants accounts.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    accounts: Annotated[bool, typer.Option("--accounts", help="Want a login on loopback too.")] = False,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="A name it is called by, such as baocao.tinh.vn; wants accounts."),
    ] = None,
    https: Annotated[
        bool, typer.Option("--https", help="A proxy on this machine speaks https before it; wants accounts.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:  # fmt: skip
    """Open the page for clerks, on this machine unless told otherwise."""
    try:
        import uvicorn

        from baocao.web.prompt import PromptProtocol
        from baocao.web.ready import ready
        from baocao.web.settings import Serving, wants_accounts
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from missing

    names = tuple(name or ())
    wanted = accounts or wants_accounts(host, https, names)
    serving = Serving(str(archive.resolve()), host, port or _free_port(host), wanted, https, names)
    ready(serving)
    serving.put_into_environment()
    shown = f"[{host}]" if ":" in host else host
    say(f"The page is at http://{shown}:{serving.port}/ (Ctrl-C ends it).")
    sys.stdout.flush()
    uvicorn.run(
        "baocao.web.app:from_command", factory=True, http=PromptProtocol, host=host, port=serving.port, workers=workers,
        log_level="warning", server_header=False, timeout_graceful_shutdown=5, timeout_keep_alive=_IDLE,
        proxy_headers=https, forwarded_allow_ips="127.0.0.1,::1",
    )  # fmt: skip


app = typer.Typer(help="Who may use the page, and as what: reader, editor or admin.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="The name to log in with.")]
RoleOption = Annotated[str, typer.Option("--role", help="reader, editor or admin.")]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from the input.")]


@app.command("add")
def user_add(
    name: NameArgument, role: RoleOption = "reader", from_stdin: StdinOption = False, archive: ArchiveOption = ARCHIVE
) -> None:
    """Add an account; its password is asked for twice."""
    with _accounts(archive) as (accounts, record, by):
        chosen = one_of(role, _roles())
        added = accounts.add(record, by, name, chosen, _password(from_stdin))
    say(f"{added.name} can log in as {added.role}.")


@app.command("list")
def user_list(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """List the accounts."""
    with _accounts(archive) as (accounts, record, _):
        found = accounts.everyone(record)
    if as_json:
        say_json([asdict(account) for account in found])
        return
    for account in found:
        notes = ["" if account.enabled else "disabled", "logs in at the OpenID provider" if account.elsewhere else ""]
        say("  ".join([f"{account.name:24} {account.role:8} since {account.since[:10]}", *filter(None, notes)]))
    if not found:
        say("Nobody has an account; `baocao user add NAME --role admin` adds the first one.")


@app.command("role")
def user_role(
    name: NameArgument, role: Annotated[str, typer.Argument(help="reader, editor or admin.")],
    archive: ArchiveOption = ARCHIVE,
) -> None:  # fmt: skip
    """Give an account another role; whoever is logged in with it logs in again."""
    with _accounts(archive) as (accounts, record, by):
        accounts.set_role(record, by, name, one_of(role, _roles()))
    say(f"{name} is {role} now.")


@app.command("disable")
def user_disable(name: NameArgument, archive: ArchiveOption = ARCHIVE) -> None:
    """Keep an account out, at once."""
    with _accounts(archive) as (accounts, record, by):
        accounts.set_enabled(record, by, name, False)
    say(f"{name} can no longer log in.")


@app.command("enable")
def user_enable(name: NameArgument, archive: ArchiveOption = ARCHIVE) -> None:
    """Let an account in again."""
    with _accounts(archive) as (accounts, record, by):
        accounts.set_enabled(record, by, name, True)
    say(f"{name} can log in again.")


@app.command("password")
def user_password(name: NameArgument, from_stdin: StdinOption = False, archive: ArchiveOption = ARCHIVE) -> None:
    """Give an account another password; a wait after failed logins ends."""
    with _accounts(archive) as (accounts, record, by):
        if accounts.of_name(record, name) is None:
            raise NotFoundError(f"There is no account “{name}”; `baocao user list` shows those there are.")
        accounts.set_password(record, by, name, _password(from_stdin))
    say(f"{name} has a new password.")


@contextmanager
def _accounts(archive: Path) -> Iterator[tuple[ModuleType, "Record", "By"]]:
    """Yield the accounts, the record that has them, and who is at the command line."""
    try:
        from baocao.web import accounts
        from baocao.web.journal import By
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from missing
    from baocao.index.archive import system_user

    record = accounts.open_record(archive)
    try:
        yield accounts, record, By(system_user())
    finally:
        record.close()


def _roles() -> "type[Role]":
    from baocao.web.roles import Role

    return Role


def _password(from_stdin: bool) -> str:
    """Return the password that is typed twice, unseen, or comes as the first line of the input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("A password is typed at a terminal; from elsewhere it comes with `--password-stdin`.")
    first, second = getpass("Password: "), getpass("Once more: ")
    if first != second:
        raise UsageError("The two passwords differ; run the command again.")
    return first


def _not_installed(missing: ModuleNotFoundError) -> NotInstalledError:
    return NotInstalledError(f"The page needs {missing.name}; run `pip install 'baocao[web]'`.")


def _free_port(host: str) -> int:
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        taken.bind((host, 0))
        return int(taken.getsockname()[1])
