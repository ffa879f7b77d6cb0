"""The originals, kept by the hash of their bytes: in a folder, or in a store that fsspec knows (`s3://…`)."""

import os
import time
from collections.abc import Callable
from hashlib import sha256 as hash_of
from pathlib import Path
from typing import Any
from uuid import uuid4

from baocao.errors import ArchiveError, NotFoundError
from baocao.index import settings

_STALE = 3600.0  # seconds after which what is half written was left by a killed run, not by one under way


class Originals:
    """The originals of an archive. Several processes may keep the same one at the same time."""

    def __init__(self, folder: Path) -> None:
        self._at = settings.originals(folder)
        self._store: Any = None if "://" not in self._at else _opened(self._at)

    def keep(self, sha256: str, data: bytes) -> None:
        """Store an original so that a crash leaves either all of it or nothing under its name."""
        try:
            if self._store is None:
                _keep(Path(self._at, sha256[:2], sha256), data)
            elif not _asked(self._store.exists, self._named(sha256)):
                _asked(self._store.pipe_file, self._named(sha256), data)  # an object comes into being as a whole
        except OSError as error:
            raise ArchiveError(
                f"An original cannot be stored ({error.strerror or error}); free some space or mend the store, and "
                "run the command again: what was stored before is safe."
            ) from error

    def read(self, sha256: str) -> bytes:
        """Return the bytes of an original.

        Raises NotFoundError where it is not there, ArchiveError where its bytes are not what they were.
        """
        try:
            if self._store is None:
                data = Path(self._at, sha256[:2], sha256).read_bytes()
            else:
                data = bytes(_asked(self._store.cat_file, self._named(sha256)))
        except FileNotFoundError as error:
            raise NotFoundError(f"The original {sha256[:16]} is not in {self._at}.") from error
        except OSError as error:
            raise ArchiveError(f"The original {sha256[:16]} cannot be read ({error.strerror or error}).") from error
        if hash_of(data).hexdigest() != sha256:
            raise ArchiveError(f"The original {sha256[:16]} in {self._at} is damaged; put back a copy of it.")
        return data

    def sweep(self, *, alone: bool) -> None:
        """Clear what killed runs left half written; `alone` says that no other process writes here."""
        if self._store is None:
            for part in Path(self._at).glob("*/*.part"):
                try:
                    if alone or time.time() - part.stat().st_mtime > _STALE:
                        part.unlink()
                except FileNotFoundError:
                    continue  # it was finished just now

    def _named(self, sha256: str) -> str:
        return f"{self._at.rstrip('/')}/{sha256[:2]}/{sha256}"


def _keep(place: Path, data: bytes) -> None:
    if place.exists():
        return
    part = place.with_name(f"{place.name}.{uuid4().hex[:8]}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        part.rename(place)
        handle = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _asked(act: Callable[..., Any], *told: Any) -> Any:
    """Ask a store; the errors of its own package, of no common kind (no keys, no connection), become an OSError."""
    try:
        return act(*told)
    except OSError:
        raise
    except Exception as error:
        raise OSError(str(error)) from error


def _opened(address: str) -> Any:
    kind = address.partition("://")[0]
    try:
        import fsspec

        return fsspec.filesystem(kind)
    except (ImportError, ValueError) as error:
        raise ArchiveError(
            f"`originals` names {kind}://, for which a package is missing ({error}); install it, or name a folder."
        ) from error
