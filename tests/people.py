"""An office with accounts: the page as several people call it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import argon2
import pytest
from fastapi.testclient import TestClient

from baocao.index.record import Record
from baocao.web import accounts, journal, throttle
from baocao.web.app import create_app
from baocao.web.journal import By, Filter, Line
from baocao.web.roles import Role
from baocao.web.settings import Serving

PASSWORD = "một mật khẩu dài"
BASE = "http://localhost"
PEOPLE = {"an": Role.ADMIN, "binh": Role.EDITOR, "chi": Role.READER}


# A password costs a tenth of what it does in earnest: hundreds are computed here.
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1)


_kept = TemporaryDirectory(prefix="baocao-office-")  # until the tests end


@cache
def _office() -> Path:
    folder = Path(_kept.name) / "archive"
    add_people(folder)
    return folder


def made_office(folder: Path) -> Path:
    """Make an empty archive with the three people in `folder`."""
    return Path(shutil.copytree(_office(), folder / "archive"))


def add_people(folder: Path) -> None:
    record = accounts.open_record(folder)
    for name, role in PEOPLE.items():
        accounts.add(record, By("test"), name, role, PASSWORD)
    record.close()


@contextmanager
def page(folder: Path, *, secure: bool = False) -> Iterator[TestClient]:
    """The page with accounts, as a browser calls it that says where its requests come from."""
    base = "https://localhost" if secure else BASE
    app = create_app(Serving(str(folder), accounts=True, secure=secure))
    with TestClient(app, base_url=base, headers={"origin": base}, follow_redirects=False) as opened:
        yield opened


def browser(client: TestClient, address: str = "testclient") -> TestClient:
    """Another browser on the same page."""
    return TestClient(
        client.app, base_url=str(client.base_url), headers=client.headers, follow_redirects=False, client=(address, 5000)
    )  # fmt: skip


def log_in(client: TestClient, name: str, password: str = PASSWORD, **more: str) -> int:
    return client.post("/login", data={"name": name, "password": password, **more}).status_code


def record_of(client: TestClient) -> Record:
    record: Record = client.app.state.desk.record  # type: ignore[attr-defined]
    return record


def log_of(client: TestClient, **wanted: str) -> list[Line]:
    return journal.lines(record_of(client), Filter(**wanted), limit=1_000)


class Clock:
    """A time of day that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000_000.0
        for module in (accounts, throttle):
            monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: self.now))
