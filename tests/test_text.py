"""Cleaning and folding: the ground that every offset stands on."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baocao.text import clean, fold, spelling_key, syllables


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Khó khăn, VƯỚNG MẮC", "kho khan, vuong mac"),
        ("Đắk Lắk", "dak lak"),  # đ has no decomposition
        ("QÐ-UBND", "qd-ubnd"),  # eth, an OCR slip for Đ
        ("Thuỷ, thủy", "thuy, thuy"),
    ],
)
def test_fold(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_the_two_places_of_a_tone_have_one_key_and_other_tones_differ() -> None:
    assert spelling_key("hoà bình thuỷ lợi") == spelling_key("hòa bình thủy lợi")
    assert len({spelling_key(w) for w in ("hoa", "hòa", "hóa", "hỏa", "hõa", "họa")}) == 6


@given(st.text(max_size=200))
def test_clean_text_is_nfc_without_control_characters(raw: str) -> None:
    text = clean(raw)
    assert unicodedata.is_normalized("NFC", text)
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in text)
    assert clean(text) == text


@given(st.text(max_size=200))
def test_fold_keeps_the_length_of_clean_text_so_offsets_hold(raw: str) -> None:
    text = clean(raw)
    assert len(fold(text)) == len(text)
    assert all(text[s.start : s.end].isalnum() for s in syllables(text))
