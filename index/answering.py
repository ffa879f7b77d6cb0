"""Answering a search, where told to by a copy of the index while Elasticsearch is away."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from baocao.index.search import SearchDownError, SearchRequest, SearchResult
from baocao.index.settings import open_engine, search_fallback


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, and a sentence where it is not of the whole archive as it stands."""

    result: SearchResult
    notice: str | None = None


def answer(folder: Path, request: SearchRequest) -> Answer:
    """Answer a request on the archive in `folder`.

    With `search_fallback = "embedded"` the copy that `baocao index copy` made answers while Elasticsearch cannot.
    Raises SearchDownError where there is none, and what `SearchEngine.search` raises.
    """
    try:
        return Answer(open_engine(folder).search(request))
    except SearchDownError as error:
        made = folder / "index" / "meta.json"
        if not search_fallback(folder):
            raise
        if not made.is_file():
            raise SearchDownError(f"{error} Nor is there a copy; `baocao index copy` makes one.") from error
        from baocao.index.embedded import EmbeddedEngine

        of = datetime.fromtimestamp(made.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
        return Answer(
            EmbeddedEngine(folder / "index").search(request),
            f"{error} The answer is from the copy of {of}, which lacks what came later.",
        )
