"""How the page is served, handed to each of its processes by the environment."""

import json
import os
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path

from baocao.errors import UsageError

_VARIABLE = "BAOCAO_PAGE"


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the archive is, where the page listens, and what it may trust.

    `hosts` are the names under which it is called; any other name is refused, so that no foreign page can point a
    name of its own at this machine. `secure` says that it is called by https, through the proxy in front of it.
    """

    archive: str
    host: str = "127.0.0.1"
    port: int = 8765
    accounts: bool = False
    secure: bool = False
    hosts: tuple[str, ...] = ()
    upload_limit: int = 200 * 2**20

    @property
    def folder(self) -> Path:
        """The archive's folder."""
        return Path(self.archive)

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the page may be called."""
        if is_loopback(self.host) or is_everywhere(self.host):
            return (*self.hosts, "localhost", "127.0.0.1", "[::1]")
        return (*self.hosts, f"[{self.host}]" if ":" in self.host else self.host)

    def put_into_environment(self) -> None:
        """Leave the settings where `from_environment` finds them."""
        os.environ[_VARIABLE] = json.dumps(asdict(self))


def from_environment() -> Serving:
    """Return what `put_into_environment` left. Raises UsageError where nothing was."""
    told = os.environ.get(_VARIABLE)
    if told is None:
        raise UsageError("The page is opened by `baocao serve`.")
    data = json.loads(told)
    return Serving(**{**data, "hosts": tuple(data["hosts"])})


def wants_accounts(host: str, https: bool, names: tuple[str, ...]) -> bool:
    """Tell whether others than those at this machine can reach the page: by its address, or through a proxy."""
    return not is_loopback(host) or https or bool(names)


def is_everywhere(host: str) -> bool:
    """Tell whether an address stands for all addresses of the machine."""
    try:
        return ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return not host


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
