"""From a file to a RawDocument: one module a format, chosen by the file's content.

`read` raises errors of the `UnreadableError` family only, each with a sentence for the user. Reading is
meant to run in a worker process (`pool`), since a hostile file may hang or kill the process that reads it.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

from baocao.errors import EmptyTextError, LimitError, UnreadableError, UsageError
from baocao.pipeline.ingest.plain import Read, is_garbled
from baocao.pipeline.ingest.sniff import DOC, MAIL, MHTML, ODT, OUTLOOK, RTF, SUFFIXES, sniff
from baocao.report import RawDocument, Source

MAX_BYTES = 200 * 2**20
MAX_TEXT = 20_000_000
_LONGEST_NAME, _LONGEST_SUFFIX = 240, 10  # bytes of a file's name, characters of its suffix


def read(path: Path, password: str | None = None) -> RawDocument:
    """Read a file into clean text; `password` opens it where it is locked.

    Raises UnreadableError (or a child of it) where the file is damaged, empty, too large or of no kind
    that is taken.
    """
    data = file_bytes(path)
    unlocked = _unlocked(data, path.name, password) if password else data
    media_type = sniff(unlocked, path.name)
    source = Source(printable(path.name), hashlib.sha256(data).hexdigest(), media_type, len(data))
    try:
        found = _reader(media_type)(unlocked)
    except UnreadableError:
        raise
    except MemoryError as error:
        raise LimitError(f"{path.name} needs more memory to read than a worker may use.") from error
    except RecursionError as error:
        raise LimitError(f"{path.name} is nested too deeply to read.") from error
    except Exception as error:
        raise UnreadableError(f"{path.name} is damaged and cannot be read ({type(error).__name__}).") from error
    if not any(map(str.isalnum, found.text)):
        raise EmptyTextError(f"{path.name} holds no text that can be read.")
    if is_garbled(found.text):
        raise UnreadableError(
            f"{path.name} is in an old font that is not known, so its letters cannot be told; save it in Unicode."
        )
    if len(found.text) > MAX_TEXT:
        raise LimitError(f"{path.name} holds more than {MAX_TEXT:,} characters of text; split it.")
    return RawDocument(source, found.text, found.pages_at, found.title, found.date, found.reading)


def _unlocked(data: bytes, name: str, password: str) -> bytes:
    from baocao.pipeline.ingest.locks import unlocked

    return unlocked(data, name, password)


def printable(name: str | Path) -> str:
    """Return a name as text that can be stored and printed: bytes that are no UTF-8 appear as `\\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def short_name(name: str) -> str:
    """Return the last part of a name, cut where file systems would not take it; its suffix stays."""
    last = PurePath(re.split(r"[/\\]", name.replace("\0", ""))[-1])
    if last.name in ("", ".."):
        return "file"
    if len(os.fsencode(last.name)) <= _LONGEST_NAME:
        return last.name
    suffix = last.suffix if len(last.suffix) <= _LONGEST_SUFFIX else ""
    return os.fsencode(last.name)[: _LONGEST_NAME - len(os.fsencode(suffix))].decode("utf-8", "ignore") + suffix


def file_bytes(path: Path) -> bytes:
    """Return the bytes of a file that is small enough to be read.

    Raises UnreadableError or a child of it where it is none.
    """
    try:
        if not path.is_file():  # a pipe or device would be read for ever
            raise UnreadableError(f"{path.name} is no file that can be opened.")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise LimitError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB; split it.")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path.name} cannot be opened: {error.strerror}.") from error
    if not data:
        raise EmptyTextError(f"{path.name} is empty.")
    return data


def _reader(media_type: str) -> Callable[[bytes], Read]:
    """Return the format's reader. Heavy libraries load on first use."""
    if media_type == "application/pdf":
        from baocao.pipeline.ingest.pdf import read_pdf

        return read_pdf
    if media_type == "text/html":
        from baocao.pipeline.ingest.web import read_html

        return read_html
    if media_type == DOC:
        from baocao.pipeline.ingest.doc import read_doc

        return read_doc
    if media_type == RTF:
        from baocao.pipeline.ingest.rtf import read_rtf

        return read_rtf
    if media_type == ODT:
        from baocao.pipeline.ingest.odt import read_odt

        return read_odt
    if media_type == MHTML:
        from baocao.pipeline.ingest.mhtml import read_mhtml

        return read_mhtml
    if media_type in (MAIL, OUTLOOK):
        from baocao.pipeline.ingest.mail import read_mail

        return read_mail
    if media_type == "text/plain":
        from baocao.pipeline.ingest.plain import read_plain

        return read_plain
    if media_type.startswith("image/"):
        from baocao.pipeline.ingest.images import read_image

        return read_image
    from baocao.pipeline.ingest.word import read_docx

    return read_docx


def walk(paths: Iterable[Path], *, skipped: Callable[[Path], object] | None = None) -> Iterator[Path]:
    """Yield the files named, and the files of the folders named whose suffix a reader takes, sorted.

    Hidden files, read-me files, links to folders and archives of baocao are left out; `skipped` is called with
    each file of a folder that is of another kind. Raises UsageError where a path does not exist or is no file.
    """
    for path in paths:
        if path.is_dir():
            yield from _folder(path, skipped)
        elif path.is_file():
            yield path
        elif path.exists():
            raise UsageError(f"{path} is neither a file nor a folder.")
        else:
            raise UsageError(f"There is no file or folder {path}; check the spelling.")


def _folder(folder: Path, skipped: Callable[[Path], object] | None) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder} cannot be opened: {error.strerror}.") from error
    for entry in entries:
        if entry.name.startswith((".", "~$")) or entry.name.lower() == "readme.md":
            continue
        if entry.is_dir():
            if not entry.is_symlink() and not (entry / "record.sqlite").exists():
                yield from _folder(entry, skipped)
        elif entry.suffix.lower() in SUFFIXES and entry.is_file():
            yield entry
        elif skipped is not None:
            skipped(entry)
