"""What the pages share in one process: the archive, its search engine, and what is costly to compute twice."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from baocao.errors import ArchiveBusyError
from baocao.index import open_archive
from baocao.index.answering import Answer, Searcher
from baocao.index.originals import Originals
from baocao.index.record import Record
from baocao.index.search import SearchRequest
from baocao.index.tables import set_setting, setting
from baocao.report import Report
from baocao.web import journal
from baocao.web.pictures import picture
from baocao.web.roles import Visitor
from baocao.web.settings import Serving

_T = TypeVar("_T")
_RELATED = 6  # reports
_PICTURES = 200  # kept in memory, some 100 KB each
_LOOK_AGAIN = 2.0  # seconds until a busy archive's index is tried again


class Desk:
    """An archive as the page holds it open; safe to use from many threads."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        if not (serving.folder / "record.sqlite").exists():
            with open_archive(serving.folder):  # an empty one, so that the first clerk can upload
                pass
        self.record = Record(serving.folder)
        self.searcher = Searcher(serving.folder)
        self.secret = self._secret()
        self._behind = threading.Event()
        self._kept: dict[str, tuple[Any, Any]] = {}
        self._pictures: dict[tuple[str, int], bytes] = {}
        self._originals = Originals(serving.folder)
        self._lock, self._drawing = threading.Lock(), threading.Lock()
        self._ended = threading.Event()
        threading.Thread(target=self._follow, daemon=True, name="index follows").start()

    @property
    def folder(self) -> Path:
        """The archive's folder."""
        return self.serving.folder

    def close(self) -> None:
        """Let the archive go."""
        self._ended.set()
        self._behind.set()
        self.searcher.close()
        self.record.close()

    def answer(self, request: SearchRequest) -> Answer:
        """Answer a search."""
        return self.searcher.answer(request)

    def suggest(self, request: SearchRequest) -> str | None:
        """Return a query near to one that found nothing, that does find something."""
        return self.searcher.suggest(request)

    def related(self, report: Report) -> list[tuple[str, str]]:
        """Return (id, title) of the reports that have most in common with one."""
        return [(hit.report, hit.title) for hit in self.searcher.related(report, _RELATED)]

    def original(self, sha256: str) -> bytes:
        """Return the bytes that were handed in."""
        return self._originals.read(sha256)

    def picture(self, report: Report, number: int) -> bytes:
        """Return a page of a report's original as a picture; those looked at last are kept."""
        key = report.id, number
        with self._lock:
            held = self._pictures.pop(key, None)
        with self._drawing:  # one at a time: a picture takes a process of its own
            made = held or picture(self.original(report.source.sha256), number)
        with self._lock:
            self._pictures[key] = made
            while len(self._pictures) > _PICTURES:
                self._pictures.pop(next(iter(self._pictures)))
        return made

    def note(self, visitor: Visitor, did: str, what: str) -> None:
        """Keep in the audit log what somebody did."""
        with self.record.writing() as connection:
            journal.write(connection, journal.By(visitor.name or "", visitor.address), did, what)

    def index_follows(self) -> None:
        """Say that the record changed; the index takes it in soon, beside the page's own work."""
        self._behind.set()

    def kept(self, name: str, state: Any, make: Callable[[], _T]) -> _T:
        """Return what `make` made last under a name, made anew where `state` is another than then."""
        with self._lock:
            held = self._kept.get(name)
        if held is not None and held[0] == state:
            found: _T = held[1]
            return found
        made = make()
        with self._lock:
            self._kept[name] = state, made
        return made

    def _follow(self) -> None:
        while not self._ended.is_set():
            self._behind.wait()
            self._behind.clear()
            while not self._ended.is_set():
                try:
                    with open_archive(self.folder):
                        break
                except ArchiveBusyError:  # a running ingest's index follows at its end; then this finds nothing to do
                    self._ended.wait(_LOOK_AGAIN)

    def _secret(self) -> bytes:
        """Return the archive's secret for signing, the same in all processes of the page."""
        with self.record.writing() as connection:
            self.record.alone(connection, "settings")
            found = setting(connection, "page_secret")
            if found is None:
                found = secrets.token_hex(32)
                set_setting(connection, "page_secret", found)
        return hashlib.sha256(found.encode()).digest()
