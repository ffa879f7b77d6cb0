"""An archive whose record is in a PostgreSQL database of its own."""

from pathlib import Path
from typing import Any

import pytest

Postgres = Any  # the server of tests/conftest.py


@pytest.fixture
def shared(postgres: Postgres, tmp_path: Path) -> Path:
    """A folder that says where the record is, with the password in a file of its own."""
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "baocao.toml").write_text(
        f'record = "postgresql+psycopg://clerk@127.0.0.1:{postgres.port}/{postgres.database()}"\n'
        'record_password_file = "password"\n'
    )
    (folder / "password").write_text("secret-of-the-tests\n")
    return folder
