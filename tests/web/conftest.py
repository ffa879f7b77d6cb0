"""The page on an archive of the samples: made once, copied for each test that changes it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from processes import run

from baocao.web.app import create_app
from baocao.web.settings import Serving

SAMPLES = Path(__file__).parents[2] / "samples" / "reports"


@pytest.fixture(scope="session")
def made_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the samples; not to be changed."""
    folder = tmp_path_factory.mktemp("page") / "archive"
    done = run("ingest", SAMPLES, "--archive", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def archive(made_archive: Path, tmp_path: Path) -> Path:
    """An archive of the samples of the test's own."""
    return Path(shutil.copytree(made_archive, tmp_path / "archive"))


@pytest.fixture
def client(archive: Path) -> Iterator[TestClient]:
    """The page as a browser on the same machine calls it."""
    with TestClient(create_app(Serving(str(archive))), base_url="http://localhost") as opened:
        yield opened
