"""Settings of the search index: file, environment, and what is wrong with them, in one sentence without secrets."""

from pathlib import Path

import pytest

from baocao.errors import UsageError
from baocao.index.settings import Elastic

SECRET = "s3cret-value"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [n for n in os.environ if n.startswith("BAOCAO_SEARCH")]:
        monkeypatch.delenv(name)


def test_nothing_said_is_the_embedded_engine(tmp_path: Path) -> None:
    assert Elastic.of(tmp_path) is None
    assert Elastic.of(tmp_path / "no-such-folder") is None


def test_all_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    (tmp_path / "key").write_text(f"{SECRET}\n")
    (tmp_path / "baocao.toml").write_text(
        'search = ["https://es1:9200", "https://es2"]\nsearch_api_key_file = "key"\nsearch_ca_file = "ca.pem"\n'
        'search_index_prefix = "bo-y-te"\nsearch_shards = 3\nsearch_replicas = 0\nsearch_timeout = 2.5\n'
    )
    told = Elastic.of(tmp_path)
    assert told == Elastic(
        ("https://es1:9200", "https://es2:443"), SECRET, None, None, tmp_path / "ca.pem", "bo-y-te", 3, 0, 2.5
    )
    assert SECRET not in repr(told)


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "baocao.toml").write_text('search = "https://es1:9200"\nsearch_index_prefix = "a"\n')
    monkeypatch.setenv("BAOCAO_SEARCH", "http://127.0.0.1:9200,https://[::1]:9200")
    monkeypatch.setenv("BAOCAO_SEARCH_USER", "clerk")
    monkeypatch.setenv("BAOCAO_SEARCH_PASSWORD", SECRET)
    told = Elastic.of(tmp_path)
    assert told is not None
    assert told.hosts == ("http://127.0.0.1:9200", "https://[::1]:9200")
    assert (told.user, told.password, told.prefix) == ("clerk", SECRET, "a")
    assert SECRET not in repr(told)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f'search = "{SECRET}', "cannot be read as TOML"),
        (f'serch = "{SECRET}"', "serch, which is none of"),
        ('search = "es1:9200"', "is no address"),
        ('search = "https://es1:nine"', "is no address"),
        (f'search = "https://clerk:{SECRET}@es1:9200"', "search_user"),
        (f'search = "https://es1"\nsearch_password = "{SECRET}"', "one is missing"),
        ('search = "https://es1"\nsearch_api_key_file = "none"', "cannot be read"),
        ('search = "https://es1"\nsearch_ca_file = "none.pem"', "there is no file"),
        ('search = "https://es1"\nsearch_index_prefix = "Bộ Y tế"', "small letters"),
        ('search = "https://es1"\nsearch_shards = 0', "at least 1"),
        ('search = "https://es1"\nsearch_replicas = "many"', "at least 0"),
        ('search = "https://es1"\nsearch_timeout = nan', "at least 0.1"),
    ],
)
def test_what_cannot_be_right_is_one_sentence_without_secrets(tmp_path: Path, said: str, told: str) -> None:
    (tmp_path / "baocao.toml").write_text(said)
    with pytest.raises(UsageError, match=told) as error:
        Elastic.of(tmp_path)
    assert SECRET not in str(error.value)
    assert "\n" not in str(error.value)
