"""`quarantine`: the files that were refused, what to try anew of them, and what to forget."""

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from baocao.commands.options import ARCHIVE, ArchiveOption, JsonOption, complain, say, say_index_down, say_json
from baocao.commands.reading import JobsOption, TimeoutOption, summary, take_in_files
from baocao.errors import NotFoundError, UsageError
from baocao.text import shown

app = typer.Typer(help="The files that were refused, each with its reason.", invoke_without_command=True)


@app.callback()
def quarantine(context: typer.Context, archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """List the files that were refused, each with its reason; `retry` reads them anew, `forget` drops them."""
    from baocao.index.lookup import refusals

    if context.invoked_subcommand:
        sources = (context.get_parameter_source(name) for name in ("archive", "as_json"))
        if any(source is not None and source.name == "COMMANDLINE" for source in sources):
            raise UsageError(f"Put the options behind the command: `baocao quarantine {context.invoked_subcommand} …`.")
        return
    found = refusals(archive)
    if as_json:
        say_json(found)
    elif not found:
        say("Nothing is in quarantine.")
    for row in found if not as_json else ():
        say(f"{shown(row['path'])}\n  {row['code']}: {row['message']}")


@app.command()
def retry(
    paths: Annotated[list[str] | None, typer.Argument(help="Paths as they are listed; else all.")] = None,
    archive: ArchiveOption = ARCHIVE,
    jobs: JobsOption = 1,
    timeout: TimeoutOption = 120.0,
    as_json: JsonOption = False,
) -> None:
    """Read files in quarantine anew: what could not be read may be readable by now."""
    from baocao.index import open_archive
    from baocao.intake import Named, file_of, use_what_is_kept_in

    use_what_is_kept_in(archive)
    started = time.monotonic()
    with open_archive(archive) as opened:
        files = {path: file_of(archive, path) for path in _named(_held(archive), paths)}
        gone = [path for path, file in files.items() if file is None]
        there = {path: file for path, file in files.items() if file is not None}
        lie = {path: file.path if isinstance(file, Named) else file for path, file in there.items()}
        known = [path for path, file in lie.items() if opened.known(_sha256(file))]  # a copy of it was read meanwhile
        opened.forget(known)
        waiting = list(dict.fromkeys(file for path, file in there.items() if path not in known))
        told = dict(take_in_files(opened, waiting, jobs=jobs, timeout=timeout))
    told["known"] += len(known)
    say_index_down(opened)
    for path in gone:
        complain(f"{path} is no longer there; `baocao quarantine forget` takes it off the list.")
    if as_json:
        say_json({**told, "gone": gone, "seconds": round(time.monotonic() - started, 2)})
    else:
        say(f"{summary({**told, 'gone': len(gone)})}, in {time.monotonic() - started:.1f} s.")
    raise typer.Exit(1 if told["refused"] or gone else 0)


@app.command()
def forget(
    paths: Annotated[list[str], typer.Argument(help="Paths as `baocao quarantine` lists them.")],
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Take files off the list; the files themselves stay where they are."""
    from baocao.index import open_archive

    with open_archive(archive) as opened:
        named = _named(_held(archive), paths)
        opened.forget(named)
    say_json({"forgotten": named}) if as_json else say(f"{len(named)} forgotten.")


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _held(archive: Path) -> list[str]:
    from baocao.index.lookup import refusals

    return [row["path"] for row in refusals(archive)]


def _named(held: Iterable[str], wanted: list[str] | None) -> list[str]:
    """Return the paths in quarantine that are meant, all where none is named.

    Raises NotFoundError for one that is not there.
    """
    from baocao.pipeline.ingest import printable

    every = list(held)
    if not wanted:
        return every
    as_listed = {shown(path): path for path in every}
    found = []
    for path in wanted:
        spellings = (path, printable(path), printable(Path(path).resolve()))
        match = next((s for s in spellings if s in every), as_listed.get(path))
        if match is None:
            raise NotFoundError(f"{printable(path)} is not in quarantine; `baocao quarantine` lists what is.")
        found.append(match)
    return list(dict.fromkeys(found))
