"""Answering searches: the engine kept open between them, and a copy of the index while Elasticsearch is away."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from baocao.errors import IndexBrokenError
from baocao.index.lookup import counts, reading
from baocao.index.search import Hit, SearchDownError, SearchEngine, SearchRequest, SearchResult
from baocao.index.settings import Elastic, open_engine, search_fallback
from baocao.report import Report

if TYPE_CHECKING:
    from baocao.index.embedded import EmbeddedEngine

_MISSED = 10.0  # seconds for which what was opened answers though its folder is gone: another is about to come
_LOOKED = 1.0  # seconds after which is looked again whether a new index is filled
_SWAP = 0.5  # seconds within which a folder takes another's place

_T = TypeVar("_T")
_Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, and a sentence where it is not of the whole archive as it stands."""

    result: SearchResult
    notice: str | None = None


class Searcher:
    """Searches an archive many times: its engine stays open, and sees what is committed meanwhile.

    Any number of threads may use one at once. The archive's settings are those of the first search. While the index
    is made anew, what was there before answers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._in_folder = _Kept(folder)
        self._lock = Lock()
        self._elsewhere: tuple[SearchEngine | None] | None = None

    def answer(self, request: SearchRequest) -> Answer:
        """Answer a request.

        With `search_fallback = "embedded"` the copy that `baocao index copy` made answers while Elasticsearch cannot.
        Raises SearchDownError where there is none, IndexBrokenError where there is no index, and what
        `SearchEngine.search` raises.
        """
        result, notice = self.ask(lambda engine: engine.search(request))
        return Answer(result, notice)

    def suggest(self, request: SearchRequest) -> str | None:
        """Return the query of a request with its misspelt words set right, or None where nothing better is known.

        What is proposed finds something under the request's filters. Raises what `answer` raises.
        """
        from baocao.index.spelling import proposal

        return self.ask(lambda engine: proposal(engine, request))[0]

    def related(self, report: Report, limit: int = 5) -> list[Hit]:
        """Return the reports that share most with a report, with the sentences that show it.

        Raises what `answer` raises.
        """
        from baocao.index.related import related_to

        return self.ask(lambda engine: related_to(engine, report, limit))[0]

    def ask(self, what: Callable[[SearchEngine], _T]) -> tuple[_T, str | None]:
        """Return what the engine, or the copy in its place, tells, and a sentence where it was the copy.

        Raises what `answer` raises.
        """
        try:
            return what(self._engine()), None
        except SearchDownError as error:
            made = self._folder / "index" / "meta.json"
            if not search_fallback(self._folder):
                raise
            if not made.is_file():
                raise SearchDownError(f"{error} Nor is there a copy; `baocao index copy` makes one.") from error
            of = datetime.fromtimestamp(made.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
            notice = f"{error} The answer is from the copy of {of}, which lacks what came later."
            return what(self._in_folder.engine()), notice

    def close(self) -> None:
        """Let the engine go."""
        with self._lock:
            if self._elsewhere is not None and self._elsewhere[0] is not None:
                self._elsewhere[0].close()
            self._elsewhere = None

    def _engine(self) -> SearchEngine:
        if self._elsewhere is None:
            with self._lock:
                if self._elsewhere is None:
                    elastic = Elastic.of(self._folder)
                    self._elsewhere = (open_engine(self._folder) if elastic else None,)
        return self._elsewhere[0] or self._in_folder.engine()


@dataclass(frozen=True, slots=True)
class _Opened:
    stamp: _Stamp  # of the state of the index that was opened
    engine: "EmbeddedEngine"


class _Kept:
    """The embedded index of an archive's folder, opened anew when it changed; an engine sees one state of it."""

    def __init__(self, folder: Path) -> None:
        self._archive, self._folder = folder, folder / "index"
        self._lock = Lock()
        self._opened: _Opened | None = None
        self._missed = 0.0  # since when there is no index, while what was opened answers
        self._looked = 0.0  # when a new index was found to be still filled

    def engine(self) -> "EmbeddedEngine":
        """Return the engine of the index as it is now, or as it was while a new one is about to take its place."""
        opened = self._opened
        if opened is not None and opened.stamp == self._stamp():
            return opened.engine
        if opened is not None and self._lock.locked():
            return opened.engine  # another thread is at it
        with self._lock:
            self._opened = self._renewed()
            return self._opened.engine

    def _renewed(self) -> _Opened:
        """Return the index as it is now; where that is not to be had yet, what was opened before."""
        opened, stamp = self._opened, self._stamp()
        if opened is None:
            return self._open()
        now = time.monotonic()
        if stamp is None:
            self._missed = self._missed or now
            if now - self._missed < _MISSED:
                return opened
        elif opened.stamp == stamp or now - self._looked < _LOOKED:
            return opened
        whole = self._holds_all()  # asked before: what holds all then does so when opened
        fresh = self._open()
        self._missed = 0.0
        if not whole and fresh.engine.sentences < opened.engine.sentences:  # it is being filled anew
            self._looked = now
            return opened
        return fresh

    def _open(self) -> _Opened:
        """Open the index, again where another took its place at this moment."""
        from baocao.index.embedded import EmbeddedEngine

        until = time.monotonic() + _SWAP
        while True:
            stamp = self._stamp()
            try:
                engine = EmbeddedEngine(self._folder)
                if stamp is not None:
                    return _Opened(stamp, engine)  # of a state that came since it is opened once more, no harm
            except IndexBrokenError:
                if time.monotonic() > until:
                    raise
            time.sleep(_SWAP / 20)

    def _holds_all(self) -> bool:
        """Tell whether the index holds what the record has; of one that was lost the log does not speak at first."""
        with reading(self._archive) as reader:
            lost = reader.one("SELECT value FROM setting WHERE name = 'index' AND value = ''")
        return lost is None and not counts(self._archive)["behind"]

    def _stamp(self) -> _Stamp | None:
        """Return what tells one state of the index from another, or None where there is no index."""
        try:
            told = (self._folder / "meta.json").stat()
            return told.st_ino, told.st_mtime_ns
        except OSError:
            return None
