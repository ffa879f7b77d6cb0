"""The originals, kept by the hash of their bytes: written beside, made lasting, then renamed."""

import os
from pathlib import Path

from baocao.errors import ArchiveError


def keep(folder: Path, sha256: str, data: bytes) -> Path:
    """Store an original so that a crash leaves either all of it or nothing under its name."""
    place = folder / "originals" / sha256[:2] / sha256
    if place.exists():
        return place
    part = place.with_suffix(".part")
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
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ArchiveError(
            f"An original cannot be stored ({error.strerror}); free some space and run the command again: "
            "what was stored before is safe."
        ) from error
    return place


def sweep(folder: Path) -> None:
    """Clear what a killed run left half written."""
    for part in (folder / "originals").glob("*/*.part"):
        part.unlink(missing_ok=True)
