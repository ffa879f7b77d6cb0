"""`ingest`, `worker`: getting reports into the archive."""

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from baocao.commands.options import ARCHIVE, ArchiveOption, JsonOption, complain, say, say_index_down, say_json
from baocao.errors import UsageError

if TYPE_CHECKING:
    from baocao.index.archive import Archive
    from baocao.intake import Named, Taken

JobsOption = Annotated[int, typer.Option(min=1, help="Worker processes.")]
TimeoutOption = Annotated[float, typer.Option(min=1, help="Seconds a file may take; a scanned page 20 more.")]


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of reports.")],
    archive: ArchiveOption = ARCHIVE,
    jobs: JobsOption = 1,
    timeout: TimeoutOption = 120.0,
    again: Annotated[bool, typer.Option("--again", help="Read known files anew, after a change of model.")] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Only hand the files in; `baocao worker` reads them (PostgreSQL).")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on reading what comes into the folders, until Ctrl-C.")
    ] = False,
    password: Annotated[
        str | None, typer.Option(envvar="BAOCAO_PASSWORD", help="Opens PDF, Word and ZIP files that are locked.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read reports into the archive. The same bytes twice are one report; a changed file is a new version."""
    from baocao.index import open_archive
    from baocao.intake import use_what_is_kept_in
    from baocao.pipeline.ingest import walk

    use_what_is_kept_in(archive)
    if queue and (watch or password):
        raise UsageError("--queue only hands files in; --watch and --password go with reading them.")
    if watch:
        from baocao.commands.watching import watch_folders

        if again:
            raise UsageError("--watch reads what is new; run --again without it.")
        watch_folders(archive, paths, jobs=jobs, timeout=timeout, password=password, as_json=as_json)
    files = list(walk(paths))
    started = time.monotonic()
    with open_archive(archive) as opened:
        if queue and not opened.shared:
            raise UsageError("--queue wants the record in PostgreSQL; without it, one process reads and writes.")
        told = take_in_files(
            opened, files, jobs=jobs, timeout=timeout, again=again, only_queue=queue, password=password
        )
    say_index_down(opened)
    seconds = time.monotonic() - started
    if as_json:
        say_json({**told, "seconds": round(seconds, 2)})
    else:
        say(f"{summary(told)}, in {seconds:.1f} s.")
        if told["refused"]:
            say("`baocao quarantine` lists the refused files with their reasons.")
    raise typer.Exit(1 if told["refused"] else 0)


def take_in_files(
    opened: "Archive",
    files: "Sequence[Path | Named]",
    *,
    jobs: int,
    timeout: float,
    again: bool = False,
    only_queue: bool = False,
    password: str | None = None,
) -> dict[str, int]:
    """Read files into an archive, telling each that is refused; return how many became what."""
    if opened.shared and password is None:  # a password is not handed to workers elsewhere
        return _together(opened, files, jobs=jobs, timeout=timeout, again=again, only_queue=only_queue)
    return _alone(opened, files, jobs=jobs, timeout=timeout, again=again, password=password)


def _alone(
    opened: "Archive",
    files: "Sequence[Path | Named]",
    *,
    jobs: int,
    timeout: float,
    again: bool,
    password: str | None,
) -> dict[str, int]:
    """Read files in this process's workers only."""
    from baocao.intake import take_in

    told = _none_yet()
    with progress(len(files)) as step:
        for taken in take_in(opened, files, jobs=jobs, timeout=timeout, again=again, password=password):
            _tell(taken, told)
            step(taken.path)
    return dict(told)


def _together(
    opened: "Archive", files: "Sequence[Path | Named]", *, jobs: int, timeout: float, again: bool, only_queue: bool
) -> dict[str, int]:
    """Hand files in, and read with all the workers there are until the last of them was read."""
    from baocao.intake import Taken, hand_in, left_of, work

    told = _none_yet()
    handed_in: list[tuple[str, str]] = []
    for item in hand_in(opened, files, again=again):
        _tell(item, told) if isinstance(item, Taken) else handed_in.append(item)
    if only_queue:
        return {**told, "queued": len(handed_in)}
    ours = {path for _, path in handed_in}
    with progress(len(ours)) as step:
        for taken in work(opened, jobs=jobs, timeout=timeout, until=left_of(handed_in)):
            step(taken.path)
            if taken.path in ours:
                ours.discard(taken.path)
                _tell(taken, told)
    refused = _refused(opened.folder) & ours
    told["refused"] += len(refused)
    return {**told, "read elsewhere": len(ours - refused)}


def _refused(archive: Path) -> set[str]:
    from baocao.index.lookup import refusals

    return {row["path"] for row in refusals(archive)}


def _none_yet() -> Counter[str]:
    return Counter({"new": 0, "known": 0, "refused": 0})


def summary(told: Mapping[str, int]) -> str:
    """Return what became of files as a sentence tells it: "3 new, 0 known, 1 refused"."""
    return ", ".join(f"{n} {what}" for what, n in told.items())


def _tell(taken: "Taken", told: Counter[str]) -> None:
    told[taken.outcome.value] += 1
    if taken.reason:
        complain(f"{taken.path}: {taken.reason}")


def worker(
    archive: ArchiveOption = ARCHIVE,
    jobs: JobsOption = 1,
    timeout: TimeoutOption = 120.0,
    once: Annotated[bool, typer.Option("--once", help="End when nothing waits.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read files that others handed in, on as many hosts as one likes (PostgreSQL); Ctrl-C ends it."""
    from baocao.index import open_archive
    from baocao.intake import use_what_is_kept_in, work

    use_what_is_kept_in(archive)
    told = _none_yet()
    with open_archive(archive) as opened:
        if not opened.shared:
            raise UsageError("`baocao worker` wants the record in PostgreSQL; name it as `record` in baocao.toml.")
        for taken in work(opened, jobs=jobs, timeout=timeout, until=lambda queue: once and not queue.left()):
            _tell(taken, told)
    say_index_down(opened)
    say_json(dict(told)) if as_json else say(f"{summary(told)}.")


class progress:
    """A bar with rate and time left on a terminal; silent in a pipe."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar: Any = None

    def __enter__(self) -> Any:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
            self._bar = Progress(*columns, TextColumn("{task.description}"), console=Console(stderr=True))
            self._task = self._bar.add_task("", total=self._total, rate="")
            self._bar.start()
            self._started, self._done = time.monotonic(), 0
        return self._step

    def _step(self, path: str) -> None:
        if self._bar is not None:
            self._done += 1
            rate = self._done / max(0.001, time.monotonic() - self._started)
            total = max(self._total, self._done)  # what a ZIP holds comes on top
            self._bar.update(
                self._task, advance=1, total=total, description=Path(path).name[:40], rate=f"{rate:.1f} files/s"
            )

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
