"""A server's searches: the engine stays open, sees what is committed, and answers while the index is made anew."""

import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from baocao.errors import IndexBrokenError, QueryError
from baocao.index import answering, archive, open_archive
from baocao.index.answering import Searcher
from baocao.index.archive import Incoming, rebuild
from baocao.index.search import SearchRequest
from baocao.report import Kind, Label, Report, Sentence, Source

THREADS = 6


def reports(first: int, last: int) -> list[Incoming]:
    return [one(number) for number in range(first, last)]


def one(number: int) -> Incoming:
    text = f"Đơn vị số {number} còn khó khăn về kinh phí."
    sha = hashlib.sha256(text.encode()).hexdigest()
    sentences = (Sentence(0, len(text), None, Label.DIFFICULTY, 0.9),)
    report = Report(
        Source(f"{number}.txt", sha, "text/plain", 0), f"Báo cáo {number}", Kind.REPORT, None, "2017-06-01", None,
        "Sở Y tế", None, None, text, (0,), (), sentences, (), (), (),
    )  # fmt: skip
    return Incoming.of(report, f"/r/{number}.txt", text.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_archive(tmp_path / "archive") as opened:
        opened.add(reports(0, 200))
    return tmp_path / "archive"


def total(searcher: Searcher) -> int:
    return searcher.answer(SearchRequest("khó khăn")).result.total


@contextmanager
def searching(searcher: Searcher) -> Iterator[list[list[int]]]:
    """Search from several threads as long as the block runs; give what each found, in order, or raise its error."""
    found: list[list[int]] = [[] for _ in range(THREADS)]
    failed: list[BaseException] = []
    ended = threading.Event()

    def work(totals: list[int]) -> None:
        try:
            while not ended.is_set():
                totals.append(total(searcher))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(totals,)) for totals in found]
    for thread in threads:
        thread.start()
    try:
        yield found
        time.sleep(0.2)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]


def rebuilt_from_nothing(folder: Path) -> None:
    assert rebuild(folder) == 200


def rebuilt_beside(folder: Path) -> None:
    with open_archive(folder) as opened:
        assert opened.rebuild() == 200


@pytest.mark.parametrize("remake", [rebuilt_from_nothing, rebuilt_beside])
def test_threads_find_all_while_the_index_is_made_anew(
    folder: Path, remake: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_COMMIT_REPORTS", 20)  # many states of the new index are to be seen
    monkeypatch.setattr(answering, "_LOOKED", 0.0)
    searcher = Searcher(folder)
    with searching(searcher) as found:
        for _ in range(2):
            remake(folder)
    assert all(len(totals) > 10 for totals in found)
    assert {n for totals in found for n in totals} == {200}
    with open_archive(folder) as opened:
        opened.add(reports(200, 201))
    assert total(searcher) == 201  # it is the new index that answers


def test_threads_see_what_is_stored_meanwhile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_COMMIT_REPORTS", 10)
    searcher = Searcher(folder)
    with searching(searcher) as found, open_archive(folder) as opened:
        for at in range(200, 300, 10):
            opened.add(reports(at, at + 10))
    assert total(searcher) == 300
    for totals in found:
        assert totals == sorted(totals)
    assert len({n for totals in found for n in totals}) > 3


def test_an_engine_is_opened_once_for_many_searches(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from baocao.index.embedded import EmbeddedEngine

    opened: list[Path] = []
    begin = EmbeddedEngine.__init__

    def counted(self: EmbeddedEngine, folder: Path, **options: bool) -> None:
        opened.append(folder)
        begin(self, folder, **options)

    monkeypatch.setattr(EmbeddedEngine, "__init__", counted)
    searcher = Searcher(folder)
    assert [total(searcher) for _ in range(5)] == [200] * 5
    assert len(opened) == 1


def test_a_missing_index_is_told_and_seen_when_it_comes(folder: Path) -> None:
    shutil.rmtree(folder / "index")
    searcher = Searcher(folder)
    with pytest.raises(IndexBrokenError, match="index rebuild"):
        total(searcher)
    rebuild(folder)
    assert total(searcher) == 200


def test_what_was_opened_answers_a_while_for_an_index_that_went(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searcher = Searcher(folder)
    assert total(searcher) == 200
    (folder / "index").rename(folder / "elsewhere")
    assert total(searcher) == 200
    monkeypatch.setattr(answering, "_MISSED", 0.0)
    with pytest.raises(IndexBrokenError, match="missing"):
        total(searcher)
    (folder / "elsewhere").rename(folder / "index")
    assert total(searcher) == 200


def test_a_damaged_index_is_told_and_seen_when_it_is_mended(folder: Path) -> None:
    searcher = Searcher(folder)
    assert total(searcher) == 200
    (folder / "index" / "meta.json").write_text("{")
    for _ in range(2):
        with pytest.raises(IndexBrokenError, match="damaged"):
            total(searcher)
    rebuild(folder)
    assert total(searcher) == 200


def test_a_query_that_cannot_be_understood_does_no_harm(folder: Path) -> None:
    searcher = Searcher(folder)
    with pytest.raises(QueryError):
        searcher.answer(SearchRequest("-khó"))
    assert total(searcher) == 200
