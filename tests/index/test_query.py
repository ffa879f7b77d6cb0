"""The query language: what clerks type, and that nothing they type breaks it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baocao.errors import QueryError
from baocao.index.query import All, Any_, DocNo, Not, Phrase, Word, parse


def word(text: str) -> Word:
    node = parse(text)
    assert isinstance(node, Word)
    return node


def test_words_are_all_wanted_and_folded() -> None:
    node = parse("Khó khăn")
    assert isinstance(node, All)
    assert [p.folded for p in node.parts if isinstance(p, Word)] == ["kho", "khan"]


@pytest.mark.parametrize("query", ['"khó khăn"', "“khó khăn”", '"khó khăn'])  # odd and unclosed quotes
def test_phrase(query: str) -> None:
    node = parse(query)
    assert isinstance(node, Phrase) and node.folded == ("kho", "khan")


def test_operators() -> None:
    assert isinstance(parse("lũ OR hạn"), Any_)
    node = parse("buôn -thuốc")
    assert isinstance(node, All) and isinstance(node.parts[1], Not)
    assert word("thanh*").prefix
    assert isinstance(parse("(lũ OR hạn) lúa"), All)


@pytest.mark.parametrize("query", ["95/KH-TTCP", "95/kh-ttcp", "95-KH/TTCP", "số 95 KH TTCP", "95/ KH - TTCP"])
def test_a_document_number_in_any_spelling_is_one_token(query: str) -> None:
    assert parse(query) == DocNo("#95khttcp")


def test_an_abbreviation_meets_what_it_stands_for() -> None:
    for query, other in (("TTHC", Phrase(("thu", "tuc", "hanh", "chinh"), ())), ("thủ tục hành chính", None)):
        node = parse(query)
        assert isinstance(node, Any_)
        assert other is None or other in node.parts


@pytest.mark.parametrize("query", ["-lũ", "NOT lũ", "x" * 3_000, "a " * 500, "(" * 40 + "a"])
def test_what_cannot_be_answered_is_told_in_a_sentence(query: str) -> None:
    with pytest.raises(QueryError, match=r"\w.*[.]"):
        parse(query)


def test_nothing_to_look_for() -> None:
    assert parse("") is None and parse('  ()"" ') is None


@given(st.text(alphabet='ab12/-"()*: ORNOTKHsố“”\x00', max_size=80))
def test_any_query_is_read_or_refused(query: str) -> None:
    with suppress(QueryError):
        parse(query)
