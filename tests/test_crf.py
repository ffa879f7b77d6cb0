"""A CRFsuite model file is read as it was written, and what is none is told."""

from pathlib import Path

import pytest
import underthesea.pipeline.word_tokenize as home

from baocao.pipeline.crf import read_weights

MODEL = Path(home.__file__).parent / "models" / "ws_crf_vlsp2013_20230727" / "models.bin"


def test_the_model_of_underthesea() -> None:
    weights = read_weights(MODEL)
    assert set(weights.labels) == {"B-W", "I-W"}
    assert "T[0].lower=và" in weights.states
    assert all(len(state) == 2 for state in weights.states.values())


@pytest.mark.parametrize(
    "data", [b"", b"lCRF", b"lCRF" + bytes(60), b"no model at all " * 9], ids=["empty", "short", "blank", "text"]
)
def test_what_is_no_model(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "models.bin"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"models\.bin is no CRFsuite model"):
        read_weights(path)
