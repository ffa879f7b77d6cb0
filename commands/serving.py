"""`serve`, `user`: the page, and who may use it."""

import sys
from typing import Annotated

import typer

from baocao.commands.options import ARCHIVE, ArchiveOption, say
from baocao.errors import BaocaoError


class NotInstalledError(BaocaoError):
    """An optional part is not installed."""

    code = "BC120"


def serve(
    archive: ArchiveOption = ARCHIVE,
    host: Annotated[str, typer.Option(help="The address to listen on; any but loopback wants accounts.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    accounts: Annotated[bool, typer.Option("--accounts", help="Want a login on loopback too.")] = False,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A name it is called by, such as baocao.tinh.vn.")
    ] = None,
    https: Annotated[bool, typer.Option("--https", help="A proxy in front of it speaks https.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:  # fmt: skip
    """Open the page for clerks, on this machine unless told otherwise."""
    try:
        import uvicorn

        from baocao.web.settings import Serving, is_loopback
    except ModuleNotFoundError as missing:
        raise NotInstalledError(f"The page needs {missing.name}; run `pip install 'baocao[web]'`.") from missing

    from baocao.web.ready import ready

    wanted = accounts or not is_loopback(host)
    serving = Serving(str(archive.resolve()), host, port or _free_port(host), wanted, https, tuple(name or ()))
    ready(serving)
    serving.put_into_environment()
    shown = f"[{host}]" if ":" in host else host
    say(f"The page is at http://{shown}:{serving.port}/ (Ctrl-C ends it).")
    sys.stdout.flush()
    uvicorn.run(
        "baocao.web.app:from_command", factory=True, host=host, port=serving.port, workers=workers, log_level="warning",
        server_header=False, timeout_graceful_shutdown=5, proxy_headers=https, forwarded_allow_ips="127.0.0.1",
    )  # fmt: skip


def _free_port(host: str) -> int:
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        taken.bind((host, 0))
        return int(taken.getsockname()[1])
