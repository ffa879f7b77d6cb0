"""Our segmenter is underthesea's, only fed faster: tags must be the same on the same tokens."""

import re
from pathlib import Path

import underthesea.pipeline.word_tokenize as home
from hypothesis import given, settings
from hypothesis import strategies as st
from underthesea.models.fast_crf_sequence_tagger import FastCRFSequenceTagger

from baocao.pipeline.words import split_words, word_segmenter

_TOKENS = re.compile(r"\w+|[^\w\s]")


def reference() -> FastCRFSequenceTagger:
    tagger = FastCRFSequenceTagger()
    tagger.load(str(Path(home.__file__).parent / "models" / "ws_crf_vlsp2013_20230727"))
    return tagger


TAGGER = reference()


def same(tokens: list[str]) -> None:
    expected = [tag != "I-W" for tag in TAGGER.predict([[t] for t in tokens])]
    assert word_segmenter().begins(tokens) == expected


def test_same_as_underthesea_on_the_samples() -> None:
    for path in sorted((Path(__file__).parent.parent / "samples" / "sources").glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if tokens := _TOKENS.findall(line):
                same(tokens)


@settings(max_examples=200)
@given(st.lists(st.text(alphabet="AaĐđôÔ1.,-thàn", min_size=1, max_size=4), min_size=1, max_size=6))
def test_same_as_underthesea_on_anything(tokens: list[str]) -> None:
    same(tokens)


def test_words_are_the_text_as_written() -> None:
    assert split_words("Quy chế qui định") == ["quy chế", "qui định"]  # underthesea would write "quy định"
