"""A real PostgreSQL for the tests: Debian's server, in a folder of its own, started once a run."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from processes import free_port, lacking


def programs() -> Path:
    """The folder of the server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parent.parent.name))
    if found:
        return found[-1].parent
    if (there := shutil.which("initdb")) is not None:
        return Path(there).resolve().parent
    lacking("No PostgreSQL server here: apt-get install postgresql.")
    raise AssertionError


class Postgres:
    """A server on this machine that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._bin, self._data = programs(), folder / "data"
        self._user = 65534 if os.geteuid() == 0 else None  # the server refuses to run as root
        if self._user:
            os.chown(folder, self._user, self._user)
        self.port = free_port()
        (folder / "password").write_text("secret-of-the-tests")
        self._run("initdb", "-D", self._data, "-U", "clerk", "-A", "scram-sha-256", "-E", "UTF8",
                  f"--pwfile={folder / 'password'}", "--locale=C.UTF-8")  # fmt: skip
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = '{folder}'\n"
                "max_connections = 60\nshared_buffers = 64MB\n"
            )
        self._log = folder / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self._bin / program, *map(str, arguments)], capture_output=True, text=True, timeout=120, user=self._user,
            group=self._user, extra_groups=[] if self._user else None, cwd="/", env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        with self._log.open("ab") as log:
            if self._user:
                os.chown(self._log, self._user, self._user)
            self.process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                user=self._user, group=self._user, extra_groups=[] if self._user else None, cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, start_new_session=True,
            )  # fmt: skip
        import psycopg

        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.1)
        pytest.fail(f"PostgreSQL did not start:\n{self._log.read_text()[-2000:]}", pytrace=False)

    def kill(self) -> None:
        """End the server and its processes, as a power cut would."""
        if self.process is not None:
            subprocess.run(["pkill", "-9", "-s", str(self.process.pid)], check=False)  # its children lead no group
            self.process.kill()
            self.process.wait()
            self.process = None
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def url(self, database: str, *, password: str = "secret-of-the-tests", user: str = "clerk") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """Make an empty database and return its name."""
        import psycopg

        name = f"archive_{uuid4().hex[:8]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    try:
        import psycopg  # noqa: F401
    except ModuleNotFoundError:
        lacking("The client is not installed: pip install -e '.[postgres]'.")
    if sys.platform != "linux":
        lacking("The server is started on Linux only.")
    folder = (
        Path("/tmp") / f"baocao-postgres-{uuid4().hex}" if os.geteuid() == 0 else tmp_path_factory.mktemp("postgres")
    )
    folder.mkdir(exist_ok=True)
    server = Postgres(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def each_record(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with its archive's record in SQLite, then in an empty PostgreSQL database."""
    kind = str(request.param)
    if kind == "postgresql":
        if request.node.get_closest_marker("of_sqlite"):
            pytest.skip("The test is about SQLite's file.")
        server: Postgres = request.getfixturevalue("postgres")
        monkeypatch.setenv("BAOCAO_RECORD", server.url(server.database()))
    return kind
