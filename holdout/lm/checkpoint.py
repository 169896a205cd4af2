"""Saving and loading a model as one `.npz` file: float16 weights and a header, checked on every load.

The header is JSON: format version, shape, vocabulary, and the SHA-256 of the weights. Nothing in the file
is ever unpickled or executed. How a checkpoint was trained is in the JSON file beside it, not in here.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from holdout.data.loader import folder as datasets_folder
from holdout.errors import HoldoutError
from holdout.lm.language_model import LanguageModel
from holdout.lm.model import Config, Weights
from holdout.lm.tokenizer import Tokenizer

FORMAT_VERSION = 1
SHIPPED = ("S0", "S", "M", "L")  # S0 knows the facts and never learnt to read


class CheckpointError(HoldoutError, ValueError):
    """A checkpoint that cannot be used; the message says what is wrong with it and what to do."""


def digest(weights: Weights) -> str:
    """SHA-256 over names, shapes and float16 values, whatever the file looks like."""
    state = hashlib.sha256()
    for name in sorted(weights):
        values = np.ascontiguousarray(weights[name], dtype="<f2")
        state.update(f"{name}{values.shape}".encode())
        state.update(values.tobytes())
    return state.hexdigest()


def save(model: LanguageModel, path: Path | str) -> None:
    """Write a model, weights rounded to float16 (a relative error of at most 2^-11 for each weight).

    Raises
    ------
    CheckpointError
        If a weight is not finite.
    """
    half = {name: weight.astype(np.float16) for name, weight in model.weights.items()}
    for name, weight in half.items():
        if not np.isfinite(weight).all():
            raise CheckpointError(
                f"{name} holds values that float16 cannot represent; the training has diverged"
            )
    header = {
        "format": FORMAT_VERSION,
        "config": vars(model.config),
        "words": list(model.tokenizer.words),
        "sha256": digest(half),
    }
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    arrays: dict[str, Any] = {"header": text, **half}
    with Path(path).open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def load(name: Path | str = "M") -> LanguageModel:
    """Read a model.

    Parameters
    ----------
    name : str or Path
        One of `SHIPPED`, else a path.

    Returns
    -------
    LanguageModel
        With float32 weights.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file is truncated, not a checkpoint, of another format version, or changed.
    """
    path = datasets_folder() / "checkpoints" / f"{name}.npz" if name in SHIPPED else Path(name)
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing; shipped models are {', '.join(SHIPPED)}, others need a path"
        )
    advice = "restore the file or train again with `python -m holdout.lm.tools.train`"
    try:
        with np.load(path, allow_pickle=False) as archive:
            header = json.loads(archive["header"].tobytes())
            half = {key: archive[key] for key in archive.files if key != "header"}
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError, zlib.error) as error:
        raise CheckpointError(f"{path} is truncated or not a checkpoint ({error}); {advice}") from error
    version = header.get("format") if isinstance(header, dict) else None
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has checkpoint format {version}, this code reads {FORMAT_VERSION}; "
            "use the version of the course that wrote it, or train again"
        )
    try:
        config, tokenizer = Config(**header["config"]), Tokenizer(header["words"])
        shapes, expected = config.shapes(), header["sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"the header of {path} is damaged ({error}); {advice}") from error
    found = {key: array.shape for key, array in half.items()}
    if found != shapes or len(tokenizer) != config.vocabulary:
        wrong = sorted({key for key in found.keys() | shapes if found.get(key) != shapes.get(key)})
        raise CheckpointError(f"{path} does not hold the weights its header promises: {wrong}; {advice}")
    if digest(half) != expected:
        raise CheckpointError(f"the weights in {path} were changed after saving; {advice}")
    weights = {key: array.astype(np.float32) for key, array in half.items()}
    return LanguageModel(weights, config, tokenizer)
