"""Files that hold files: ZIP archives and mails, unpacked within limits, each member to be read on its own.

`unpack` is meant to run in a worker process (`pool`). What it lays out bears no name of the container's choosing but
the last part, and lies in folders of its own, so that nothing can be written elsewhere.
"""

import re
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePath
from typing import IO

from baocao.errors import BaocaoError, EmptyTextError, LimitError, UnreadableError
from baocao.pipeline.ingest import MAX_BYTES, short_name
from baocao.pipeline.ingest.mail import Mail, mail_of
from baocao.pipeline.ingest.sniff import CONTAINERS, SUFFIXES, is_mail, office_type

MAX_DEPTH = 3
MAX_MEMBERS = 5_000  # of a container with all that it holds
MAX_UNPACKED = 2**30
_MAX_RATIO, _NEVER_MIND = 100, 50 * 2**20  # text shrinks to a tenth, bombs to a thousandth; small ones do no harm
_ENOUGH = 100  # words; a mail with fewer only goes with what is attached
_LONGEST = 1_000  # characters of a name with its folders
_HIDDEN = re.compile(r"(?:^|/)(?:\.(?!\.?(?:/|$))|~\$|__MACOSX/)")
_OUTSIDE = re.compile(r"^(?:/|[A-Za-z]:)|(?:^|/)\.\.(?:/|$)")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_UTF8, _LOCKED = 0x800, 0x1  # flags of a member
_UNICODE_PATH = 0x7075  # an extra field that tells a name in UTF-8


@dataclass(frozen=True, slots=True)
class Member:
    """What a container holds: a file that now lies at `path`, or the reason why it was not taken out.

    `name` is told from the container on: "2017/bao-cao.docx", "thu.eml!/bao-cao.docx"; "" is the container itself,
    which a mail with a text of its own is to be read as.
    """

    name: str
    path: Path | None = None
    error: BaocaoError | None = None


def may_hold_files(path: Path) -> bool:
    """Tell by its name whether a file is to be unpacked."""
    return path.suffix.lower() in CONTAINERS


def unpack(path: Path, *, folder: Path, password: str | None = None) -> tuple[Member, ...]:
    """Lay out below `folder` what a container holds and a reader takes, at most three containers deep.

    A file that is no container, whatever its name says, is its own only member. Raises UnreadableError or a child of
    it where the container is damaged, locked, swells to too much, or holds nothing that is taken.
    """
    place = Path(tempfile.mkdtemp(dir=folder))
    try:
        members = tuple(_Unpacking(place, password).members(path, "", 1))
        if not members:
            raise EmptyTextError(f"{path.name} holds no file of a kind that is taken.")
    except BaocaoError:
        shutil.rmtree(place)
        raise
    return members


@dataclass(slots=True)
class _Unpacking:
    """One container with all that it holds, nested ones included: they share the limits."""

    place: Path
    password: str | None
    bytes_left: int = MAX_UNPACKED
    members_left: int = MAX_MEMBERS
    laid_out: int = 0
    names: Counter[str] = field(default_factory=Counter)

    def members(self, path: Path, name: str, depth: int) -> Iterator[Member]:
        """Yield what the container at `path` holds; `name` is how it is told, "" for the outermost."""
        with path.open("rb") as file:
            head = file.read(2048)
        zipped = head.startswith(b"PK") and zipfile.is_zipfile(path)
        mailed = not zipped and is_mail(head, path.name)
        if not (zipped or mailed):
            yield Member(name, path)
            return
        if depth > MAX_DEPTH:
            raise LimitError(f"{path.name} lies more than {MAX_DEPTH} archives deep; unpack the outer ones.")
        inside = f"{name}!/" if name else ""
        if zipped:
            yield from self._of_zip(path, name, inside, depth)
        else:
            yield from self._of_mail(path, name, inside, depth)

    def _of_zip(self, path: Path, name: str, inside: str, depth: int) -> Iterator[Member]:
        try:
            archive = zipfile.ZipFile(path)
        except Exception as error:  # a damaged table of contents breaks zipfile in many ways
            raise UnreadableError(f"{path.name} is damaged: what it holds cannot be listed.") from error
        with archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if office_type({info.filename for info in infos}):
                yield Member(name, path)
                return
            self._within_limits(path, infos)
            for info, told in zip(infos, _told(infos), strict=True):
                if _is_taken(told):
                    yield from self._laid_out(inside, told, depth, partial(self._extract, archive, info, told))

    def _within_limits(self, path: Path, infos: list[zipfile.ZipInfo]) -> None:
        """Refuse a bomb by its own table of contents; a member that holds more than it says there ends in an error."""
        unpacked = sum(info.file_size for info in infos)
        if len(infos) > self.members_left:
            raise LimitError(f"{path.name} holds more than {MAX_MEMBERS:,} files; split it.")
        if unpacked > self.bytes_left:
            raise LimitError(f"{path.name} unpacks to more than {MAX_UNPACKED // 2**20:,} MiB; split it.")
        if unpacked > max(_NEVER_MIND, _MAX_RATIO * path.stat().st_size):
            raise LimitError(f"{path.name} unpacks to far more than its size, as harmful files do; it was not opened.")
        self.members_left -= len(infos)
        self.bytes_left -= unpacked

    def _extract(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, told: str, to: Path) -> None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise UnreadableError(f"{to.name} is a link or device, not a file.")
        if _OUTSIDE.search(told):
            raise UnreadableError(f"{to.name} is named as if it lay outside its archive, as in harmful files.")
        if info.file_size > MAX_BYTES:
            raise LimitError(f"{to.name} is larger than {MAX_BYTES // 2**20} MiB; split it.")
        if info.flag_bits & _LOCKED and self.password is None:
            raise UnreadableError(f"{to.name} is locked by a password; give it by --password, or unpack it.")
        try:
            with archive.open(info, pwd=self.password.encode() if self.password else None) as packed:
                _copy(packed, to, info.file_size)
        except NotImplementedError as error:
            raise UnreadableError(f"{to.name} is packed or locked in a way that is not known; unpack it.") from error
        except RuntimeError as error:  # so zipfile calls a wrong password
            raise UnreadableError(f"{to.name} is locked by another password.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise UnreadableError(f"{to.name} is damaged and cannot be unpacked.") from error

    def _of_mail(self, path: Path, name: str, inside: str, depth: int) -> Iterator[Member]:
        mail = mail_of(path.read_bytes())
        attached: list[Member] = []
        for told, data in _attachments(mail):
            self.members_left -= 1
            self.bytes_left -= len(data)
            if self.members_left < 0 or self.bytes_left < 0:
                raise LimitError(f"{path.name} holds more than can be taken out; split it.")
            attached += self._laid_out(inside, told, depth, partial(_write, data))
        if len(mail.body.split()) >= _ENOUGH or not attached:
            yield Member(name, path)
        yield from attached

    def _laid_out(self, inside: str, told: str, depth: int, write: Callable[[Path], object]) -> Iterator[Member]:
        """Write one member, and yield it, or what it holds, or the reason why not."""
        name = inside + told
        self.names[name] += 1
        if (count := self.names[name]) > 1:  # two of one name, which an archive may hold
            suffix = PurePath(name).suffix
            name = f"{name.removesuffix(suffix)} ({count}){suffix}"
        self.laid_out += 1
        to = self.place / str(self.laid_out) / short_name(told)
        to.parent.mkdir()
        try:
            write(to)
            if may_hold_files(to):
                found = tuple(self.members(to, name, depth + 1))
                yield from found
                if not any(member.path == to for member in found):
                    to.unlink()
            else:
                yield Member(name, to)
        except BaocaoError as error:
            to.unlink(missing_ok=True)
            yield Member(name, error=error)


def _attachments(mail: Mail) -> Iterator[tuple[str, bytes]]:
    for name, data in mail.attachments:
        told = _seen(name.replace("\\", "/").split("/")[-1])  # some programs tell the sender's folders
        if _is_taken(told):
            yield told, data


def _is_taken(name: str) -> bool:
    return PurePath(name).suffix.lower() in SUFFIXES and not _HIDDEN.search(name)


def _write(data: bytes, to: Path) -> None:
    to.write_bytes(data)


def _copy(packed: IO[bytes], to: Path, size: int) -> None:
    with to.open("wb") as file:
        while chunk := packed.read(2**20):
            size -= len(chunk)
            if size < 0:
                raise ValueError("more than the table of contents says")
            file.write(chunk)


def _told(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the members' names with their folders, in Unicode, all of them to be seen."""
    return [_seen(name.replace("\\", "/")) for name in _decoded(infos)]


def _seen(name: str) -> str:
    """Write out what would not show or would break a line, and cut what is too long to be shown."""
    shown = _UNSEEN.sub(lambda m: f"\\x{ord(m[0]):02x}", unicodedata.normalize("NFC", name)).strip()
    return shown if len(shown) <= _LONGEST else f"{shown[:500]}…{shown[-400:]}"


def _decoded(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Decode names, among them those that old programs wrote in the encoding of their system, taken for cp437."""
    names = [_in_utf8(info) or info.filename for info in infos]
    old = [at for at, info in enumerate(infos) if not (names[at].isascii() or _in_utf8(info))]
    if not old:
        return names
    from baocao.pipeline.ingest.legacy import convert

    raw = b"\n".join(names[at].encode("cp437").replace(b"\n", b" ") for at in old)
    text, encoding = convert(raw.decode("latin-1"), surely=True)  # all together: one name is little evidence
    if encoding:
        for at, name in zip(old, text.split("\n"), strict=True):
            names[at] = name
    return names


def _in_utf8(info: zipfile.ZipInfo) -> str | None:
    """Return a member's name where it is, or says that it is, in UTF-8."""
    if info.flag_bits & _UTF8:
        return info.filename
    extra = info.extra
    while len(extra) > 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == _UNICODE_PATH:
            return extra[9 : 4 + size].decode("utf-8", "replace")
        extra = extra[4 + size :]
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except ValueError:
        return None
