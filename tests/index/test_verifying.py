"""The proof that the index holds what the record holds, and answers from a copy of it."""

from pathlib import Path
from typing import Any

import pytest
from processes import run

from baocao.index import open_archive
from baocao.index.answering import Searcher
from baocao.index.embedded import EmbeddedEngine
from baocao.index.record import Record
from baocao.index.search import SearchDownError, SearchRequest
from baocao.index.verifying import verify

SAMPLES = Path(__file__).parent.parent.parent / "samples" / "reports"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verifying") / "archive"
    assert run("ingest", SAMPLES, "--archive", folder).returncode == 0
    return folder


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(made, tmp_path / "archive"))


def test_index_and_record_hold_the_same(archive: Path) -> None:
    told = verify(archive)
    assert told.agree and told.reports >= 5 and told.sentences > 100
    done = run("index", "verify", "--archive", archive)
    assert done.returncode == 0 and f"{told.sentences} sentences" in done.stdout


def test_what_differs_is_found(archive: Path) -> None:
    record = Record(archive)
    with record.reading() as connection:
        ids = list(connection.exec_driver_sql("SELECT id FROM report WHERE latest ORDER BY id").scalars())
    engine = EmbeddedEngine(archive / "index", write=True)
    (one, two) = record.prepared(ids[:2])
    changed: dict[str, Any] = dict(
        one.documents[0], label="difficulty" if one.documents[0]["label"] == "other" else "other"
    )
    from dataclasses import replace

    engine.put(
        [
            replace(one, documents=(changed, *one.documents[1:])),
            replace(
                two, id="stranger", number=10**6, documents=tuple({**d, "report": "stranger"} for d in two.documents)
            ),
        ]
    )
    engine.drop([two.id])
    engine.commit()
    engine.close()
    record.close()
    told = verify(archive)
    assert (told.different, told.missing, told.extra) == ((one.id,), (two.id,), ("stranger",))
    assert run("index", "verify", "--archive", archive).returncode == 1
    assert run("index", "rebuild", "--archive", archive).returncode == 0
    assert verify(archive).agree


def test_a_copy_answers_while_elasticsearch_is_away_where_told_to(archive: Path) -> None:
    before = Searcher(archive).answer(SearchRequest("khó khăn"))
    (archive / "baocao.toml").write_text('search = "http://127.0.0.1:1"\nsearch_timeout = 1\n')
    with pytest.raises(SearchDownError):
        Searcher(archive).answer(SearchRequest("khó khăn"))
    assert run("index", "copy", "--archive", archive).returncode == 0
    with pytest.raises(SearchDownError):
        Searcher(archive).answer(SearchRequest("khó khăn"))  # nobody asked for that
    (archive / "baocao.toml").write_text(
        'search = "http://127.0.0.1:1"\nsearch_timeout = 1\nsearch_fallback = "embedded"\n'
    )
    found = Searcher(archive).answer(SearchRequest("khó khăn"))
    assert found.result.hits == before.result.hits and found.notice and "copy of" in found.notice
    done = run("search", "khó khăn", "--archive", archive, "--json")
    assert done.returncode == 0 and "cannot be reached" in done.stderr and '"total"' in done.stdout
    (archive / "baocao.toml").unlink()  # back to the embedded index, which is whole again
    with open_archive(archive):
        pass
    assert verify(archive).agree


def test_a_copy_is_for_elasticsearch(archive: Path) -> None:
    done = run("index", "copy", "--archive", archive)
    assert done.returncode == 2 and "already" in done.stderr
