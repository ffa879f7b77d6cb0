"""A real Elasticsearch for the tests: the official server of Maven Central, started once a run."""

import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from processes import free_port, lacking

from baocao.index.settings import Elastic

VERSION = "9.2.0"
ARTEFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
JVM = ("-Xms512m", "-Xmx512m")
CACHE = Path(os.environ.get("BAOCAO_TEST_CACHE") or Path.home() / ".cache" / "baocao-tests")


def java() -> Path:
    """The folder of a Java that the server takes."""
    homes = [Path(os.environ["ES_JAVA_HOME"])] if os.environ.get("ES_JAVA_HOME") else []
    homes += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True) if Path("/usr/lib/jvm").is_dir() else []
    for home in homes:
        release = home / "release"
        if release.is_file() and (home / "bin" / "java").is_file():
            told = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line)
            if int(told.get("JAVA_VERSION", '"0"').strip('"').split(".")[0]) >= 21:
                return home
    lacking("No Java 21 or newer in /usr/lib/jvm or ES_JAVA_HOME.")
    raise AssertionError


def archive_of_server() -> Path:
    """The server's zip, fetched once into a folder outside the repository."""
    held = CACHE / f"elasticsearch-{VERSION}.zip"
    if not held.is_file():
        maven = shutil.which("mvn")
        if maven is None:
            lacking("No mvn to fetch the Elasticsearch server with.")
        part = CACHE / f"part-{uuid4().hex}"
        command = [str(maven), "-q", "-B", "dependency:copy", f"-Dartifact={ARTEFACT}", f"-DoutputDirectory={part}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        found = part / f"elasticsearch-{VERSION}.zip"
        if not found.is_file():
            lacking(f"The Elasticsearch server could not be fetched: {(done.stdout + done.stderr)[-300:]}")
        found.rename(held)
        part.rmdir()
    return held


class Server:
    """One node on this machine, in a folder of its own, that can be killed and started again.

    `settings` go before the usual ones; one that is empty is not said.
    """

    def __init__(self, folder: Path, home: Path, jvm: Sequence[str] = JVM, **settings: str) -> None:
        self.home, self.java = folder / f"elasticsearch-{VERSION}", home
        with zipfile.ZipFile(archive_of_server()) as zipped:
            zipped.extractall(folder)
        (folder / "tmp").mkdir()
        for script in (self.home / "bin").iterdir():
            script.chmod(0o755)
        self.port, self.transport = free_port(), free_port()
        usual = {
            "cluster.name": "baocao-tests", "network.host": "127.0.0.1", "http.port": f"{self.port}",
            "transport.port": f"{self.transport}", "discovery.type": "single-node", "xpack.security.enabled": "false",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
        }  # fmt: skip
        said = "".join(f"{key}: {value}\n" for key, value in {**usual, **settings}.items() if value)
        (self.home / "config" / "elasticsearch.yml").write_text(said)
        (self.home / "config" / "jvm.options.d").mkdir(exist_ok=True)
        (self.home / "config" / "jvm.options.d" / "test.options").write_text("\n".join(jvm))
        self._user = None
        if os.geteuid() == 0:  # the server refuses to run as root
            self._user = 65534
            folder.chmod(0o755)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self._user, self._user)
        self._log = folder / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self.trusted: ssl.SSLContext | None = None  # of a node that speaks TLS
        self.headers: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http{'s' if self.trusted else ''}://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start the node, and do not wait for it."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.home / "bin" / "elasticsearch"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **self._as_the_server(),
            )  # fmt: skip

    def run(self, script: str, *arguments: str) -> None:
        """Run one of the server's own scripts to its end."""
        done = subprocess.run(
            [self.home / "bin" / script, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, **self._as_the_server(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def _as_the_server(self) -> dict[str, Any]:
        tmp = str(self.home.parent / "tmp")
        # only what it needs: what else the environment holds is no business of the server
        environment = {
            "PATH": os.environ["PATH"], "ES_JAVA_HOME": str(self.java), "HOME": tmp, "ES_TMPDIR": tmp,
            "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        extra: list[int] | None = [] if self._user else None
        return {"env": environment, "user": self._user, "group": self._user, "extra_groups": extra, "cwd": self.home}

    def wait(self, health: str = "wait_for_status=yellow") -> None:
        """Wait until the cluster is as `health` says."""
        ask = urllib.request.Request(f"{self.url}/_cluster/health?{health}&timeout=5s", headers=self.headers)
        until = time.monotonic() + 180
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            try:
                with urllib.request.urlopen(ask, context=self.trusted) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError) as error:
                if getattr(error, "code", 0) in (401, 403):
                    break
                time.sleep(0.5)
        self.kill()
        pytest.fail(f"Elasticsearch did not start:\n{self._log.read_text(errors='replace')[-3000:]}", pytrace=False)

    def kill(self) -> None:
        """End the node and what it started, as a power cut would."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, 9)
            self.process.wait()
            self.process = None


def need_the_client() -> None:
    try:
        import elasticsearch  # noqa: F401
    except ModuleNotFoundError:
        lacking("The client is not installed: pip install -e '.[elasticsearch]'.")


@contextmanager
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A folder for a server, removed in the end, and the Java to run it with."""
    need_the_client()
    if sys.platform != "linux":
        lacking("The server is started on Linux only.")
    home = java()
    folder = tmp_path_factory.mktemp("elasticsearch")
    if os.geteuid() == 0:  # the server's user has to reach it
        folder = Path("/tmp") / f"baocao-elasticsearch-{uuid4().hex}"
        folder.mkdir()
    try:
        yield folder, home
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with place(tmp_path_factory) as (folder, home):
        node = Server(folder, home)
        try:
            node.start()
            yield node
        finally:
            node.kill()


@pytest.fixture
def elastic(server: Server) -> Elastic:
    """Settings with an index of the test's own; no replicas, for there is one node."""
    return Elastic((server.url,), prefix=f"test-{uuid4().hex[:8]}", replicas=0)


@pytest.fixture(scope="module")
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Make a server of settings of its own, not started yet; all end with the module's tests."""
    with ExitStack() as stack:

        def make(jvm: Sequence[str] = JVM, **settings: str) -> Server:
            node = Server(*stack.enter_context(place(tmp_path_factory)), jvm, **settings)
            stack.callback(node.kill)
            return node

        yield make
