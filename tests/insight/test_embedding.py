"""An embedding model on disk, made here: a tokenizer of a few words and a table of their vectors."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from told import told

from baocao.errors import UsageError
from baocao.index import open_archive
from baocao.index.record import Record
from baocao.insight.embedding import embedding
from baocao.insight.held import now
from baocao.insight.recurring import recurring

WORDS = {"[PAD]": 0, "[UNK]": 1, "gió": 2, "bão": 3, "đê": 4}
VECTORS = np.array([[9, 9], [0, 0], [1, 0], [1, 0], [0, 1]], dtype=np.float32)


def write_model(folder: Path) -> None:
    folder.mkdir(parents=True)
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])], "table",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [None, None])],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [None, None, 2])],
        [numpy_helper.from_array(VECTORS, "table")],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(made, str(folder / "model.onnx"))


def archive_with(folder: Path, *settings: str) -> Path:
    with open_archive(folder) as archive:
        archive.add([told("Báo cáo", "Sở Y tế", 2017, "Thuốc chữa bệnh còn thiếu.")])
    (folder / "baocao.toml").write_text("\n".join(settings), encoding="utf-8")
    return folder


def test_a_sentence_is_the_mean_of_its_tokens(tmp_path: Path) -> None:
    write_model(tmp_path / "archive" / "model")
    made = embedding(archive_with(tmp_path / "archive", 'embedding_model = "model"'))
    assert made is not None
    rows = made(["gió", "gió bão đê đê", "đê"])  # the padding of short ones does not count
    assert rows.tolist() == [[1, 0], [0.5, 0.5], [0, 1]]
    assert made(["đê"] * 70).shape == (70, 2)


def test_none_is_used_where_none_is_named(tmp_path: Path) -> None:
    assert embedding(archive_with(tmp_path / "archive")) is None


def test_another_model_groups_anew_and_keeps_identities(tmp_path: Path) -> None:
    folder = archive_with(tmp_path / "archive")
    before = recurring(folder)
    write_model(tmp_path / "model")
    (folder / "baocao.toml").write_text(f'embedding_model = "{tmp_path / "model"}"', encoding="utf-8")
    after = recurring(folder)
    assert after.embed is not None and now(Record(folder))[0] == after.held.mark
    assert {g.id for g in after.state.groups} == {g.id for g in before.state.groups}
    assert {g.vector for g in after.state.groups} != {g.vector for g in before.state.groups}


@pytest.mark.parametrize("broken", ["nothing", "graph", "tokenizer"])
def test_a_folder_without_a_model_is_told(tmp_path: Path, broken: str) -> None:
    model = tmp_path / "archive" / "model"
    if broken != "nothing":
        write_model(model)
        (model / {"graph": "model.onnx", "tokenizer": "tokenizer.json"}[broken]).write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"embedding_model|cannot be read"):
        recurring(archive_with(tmp_path / "archive", 'embedding_model = "model"'))
