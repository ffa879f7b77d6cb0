"""The originals in a store that fsspec knows, and what is told where that cannot be."""

from hashlib import sha256
from pathlib import Path

import pytest

from baocao.errors import ArchiveError, NotFoundError
from baocao.index.originals import Originals

DATA = "báo cáo".encode()
NAME = sha256(DATA).hexdigest()


def told(folder: Path, where: str) -> Originals:
    (folder / "baocao.toml").write_text(f'originals = "{where}"\n')
    return Originals(folder)


@pytest.mark.parametrize("where", ["elsewhere", "file://{tmp}/shared", "memory://drawer"])
def test_what_is_kept_is_read_again(tmp_path: Path, where: str) -> None:
    if where.startswith("memory"):
        pytest.importorskip("fsspec")
    originals = told(tmp_path, where.format(tmp=tmp_path))
    originals.keep(NAME, DATA)
    originals.keep(NAME, DATA)
    assert originals.read(NAME) == DATA
    with pytest.raises(NotFoundError):
        originals.read("0" * 64)
    originals.sweep(alone=True)
    assert originals.read(NAME) == DATA
    assert not list(tmp_path.glob("originals/*"))


def test_a_damaged_original_is_told(tmp_path: Path) -> None:
    originals = told(tmp_path, "kept")
    originals.keep(NAME, DATA)
    (tmp_path / "kept" / NAME[:2] / NAME).write_bytes(b"other bytes")
    with pytest.raises(ArchiveError, match="damaged"):
        originals.read(NAME)


def test_a_store_for_which_the_package_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="package is missing"):
        told(tmp_path, "nosuchstore://bucket/originals")


def test_a_store_that_fails_in_its_own_way(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")

    class Keyless(fsspec.AbstractFileSystem):
        def info(self, path: str, **_: object) -> dict[str, object]:
            raise FileNotFoundError(path)

        def pipe_file(self, path: str, value: bytes, **_: object) -> None:
            raise RuntimeError("Unable to locate credentials")

        def cat_file(self, path: str, **_: object) -> bytes:
            raise RuntimeError("Could not connect to the endpoint")

    fsspec.register_implementation("keyless", Keyless, clobber=True)
    originals = told(tmp_path, "keyless://drawer")
    with pytest.raises(ArchiveError, match="Unable to locate credentials"):
        originals.keep(NAME, DATA)
    with pytest.raises(ArchiveError, match="Could not connect"):
        originals.read(NAME)


def test_what_is_half_written_goes_unless_another_may_be_at_it(tmp_path: Path) -> None:
    originals = told(tmp_path, "kept")
    part = tmp_path / "kept" / "ab" / "abc.1.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half")
    originals.sweep(alone=False)
    assert part.exists()
    originals.sweep(alone=True)
    assert not part.exists()
