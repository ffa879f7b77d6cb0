"""`ingest --watch`: looking into folders again and again, and reading what has come to rest in them.

The folders are looked at, not listened to: network drives tell nobody of what others write there.
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from baocao.commands.options import complain, say, say_index_down, say_json
from baocao.errors import ArchiveBusyError, RecordDownError, UsageError

if TYPE_CHECKING:
    from baocao.intake import Taken

_LOOK_AGAIN = 2.0  # seconds
_STILL = 4.0  # seconds in which a file's size and time must not have changed
_TOGETHER = 50  # files read while the archive is held open, so that others may write in between

Look = tuple[int, int]  # a file's size and time


class Settling:
    """Tells which files in folders have been still for a while and were not read as they are now."""

    def __init__(self, paths: Sequence[Path], *, still: float = _STILL) -> None:
        self._paths, self._still = paths, still
        self._seen: dict[Path, tuple[Look, float]] = {}  # how a file looked, and since when
        self._read: dict[Path, Look] = {}

    def ready(self, now: float) -> dict[Path, Look]:
        """Look at all files; return those that are to be read, and how they look.

        Raises UsageError where a folder is not there.
        """
        from baocao.pipeline.ingest import walk

        seen: dict[Path, tuple[Look, float]] = {}
        for path in walk(self._paths):
            try:
                told = path.stat()
            except OSError:  # gone again, or not to be seen for now
                continue
            look = (told.st_size, told.st_mtime_ns)
            before, since = self._seen.get(path, (None, now))
            seen[path] = (look, since if look == before else now)
        self._seen = seen
        self._read = {path: look for path, look in self._read.items() if path in seen}
        return {
            path: look
            for path, (look, since) in seen.items()
            if now - since >= self._still and self._read.get(path) != look
        }

    def was_read(self, looks: dict[Path, Look]) -> None:
        """Take note of files that were read as they looked then."""
        self._read |= looks


def watch_folders(
    archive: Path, paths: Sequence[Path], *, jobs: int, timeout: float, password: str | None, as_json: bool
) -> NoReturn:
    """Read what comes into folders, telling each file, until Ctrl-C.

    Raises UsageError where a folder is not there at the start.
    """
    settling = Settling(paths)
    settling.ready(time.monotonic())
    if not as_json:
        say(f"Watching {', '.join(map(str, paths))}; Ctrl-C ends it.")
    trouble = ""
    while True:
        sys.stdout.flush()
        time.sleep(_LOOK_AGAIN)
        try:
            ready = settling.ready(time.monotonic())
            while some := dict(islice(ready.items(), _TOGETHER)):
                _read(archive, list(some), jobs=jobs, timeout=timeout, password=password, as_json=as_json)
                settling.was_read(some)
                ready = {path: look for path, look in ready.items() if path not in some}
            trouble = ""
        except (UsageError, ArchiveBusyError, RecordDownError) as error:  # a drive or server may come back
            if str(error) != trouble:
                trouble = str(error)
                complain(f"{trouble} It is tried again.")


def _read(
    archive: Path, files: Sequence[Path], *, jobs: int, timeout: float, password: str | None, as_json: bool
) -> None:
    from baocao.index import open_archive
    from baocao.intake import take_in

    told: Counter[str] = Counter()
    with open_archive(archive) as opened:
        for taken in take_in(opened, files, jobs=jobs, timeout=timeout, password=password):
            told[taken.outcome] += 1
            _tell(taken, as_json=as_json)
    say_index_down(opened)
    if told["known"] and not as_json:
        say(f"{told['known']} known.")


def _tell(taken: "Taken", *, as_json: bool) -> None:
    if as_json:
        say_json({"path": taken.path, "outcome": taken.outcome, "reason": taken.reason})
    elif taken.reason:
        complain(f"{taken.path}: {taken.reason}")
    elif taken.outcome == "new":
        say(f"{taken.path}: new")
    sys.stdout.flush()
