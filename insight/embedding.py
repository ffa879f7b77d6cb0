"""A sentence-embedding model that the user has on disk, as what grouping takes beside the words.

`embedding_model` of baocao.toml names a folder with `tokenizer.json` and `model.onnx` (or `onnx/model.onnx`), the form
in which sentence models are exported; nothing is ever fetched. Wants `pip install 'baocao[embedding]'`.
"""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baocao.errors import UsageError
from baocao.index.settings import embedding_model

_AT_ONCE, _TOKENS = 32, 256


class Embedding:
    """A model, loaded when it is first asked; `name` tells it from others."""

    def __init__(self, folder: Path) -> None:
        self._tokens = folder / "tokenizer.json"
        self._graph = next((p for p in (folder / "model.onnx", folder / "onnx" / "model.onnx") if p.is_file()), None)
        if self._graph is None or not self._tokens.is_file():
            raise UsageError(f"embedding_model names {folder}, where there is no tokenizer.json with a model.onnx.")
        told = f"{self._graph.stat().st_size} {hashlib.sha256(self._tokens.read_bytes()).hexdigest()}"
        self.name = hashlib.sha256(told.encode()).hexdigest()[:12]
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    def __call__(self, sentences: Sequence[str]) -> Any:
        """Return an array, a row a sentence: the mean of its tokens' vectors."""
        with self._lock:
            tokenizer, session = self._loaded = self._loaded or self._load()
        rows = [
            self._rows(tokenizer, session, sentences[at : at + _AT_ONCE]) for at in range(0, len(sentences), _AT_ONCE)
        ]
        return np.concatenate(rows)

    def _load(self) -> tuple[Any, Any]:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ModuleNotFoundError as missing:
            raise UsageError("embedding_model wants `pip install 'baocao[embedding]'`.") from missing
        try:
            tokenizer = Tokenizer.from_file(str(self._tokens))
            session = onnxruntime.InferenceSession(str(self._graph), providers=["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise whatever their native parts do
            raise UsageError(f"The model in {self._tokens.parent} cannot be read ({error}).") from error
        tokenizer.enable_truncation(_TOKENS)
        tokenizer.enable_padding()
        return tokenizer, session

    @staticmethod
    def _rows(tokenizer: Any, session: Any, sentences: Sequence[str]) -> Any:
        read = tokenizer.encode_batch(list(sentences))
        mask = np.array([r.attention_mask for r in read], dtype=np.int64)
        given = {
            "input_ids": np.array([r.ids for r in read], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        wanted = {i.name for i in session.get_inputs()}
        tokens = session.run(None, {name: given[name] for name in given if name in wanted})[0]
        if tokens.ndim == 2:  # the model ends in a vector a sentence
            return tokens
        shares = mask[:, :, None]
        return (tokens * shares).sum(axis=1) / np.maximum(shares.sum(axis=1), 1)


def embedding(folder: Path) -> Embedding | None:
    """Return the model that the archive in `folder` is set to use, or None.

    Raises UsageError for a folder that holds none.
    """
    named = embedding_model(folder)
    return Embedding(named) if named else None
