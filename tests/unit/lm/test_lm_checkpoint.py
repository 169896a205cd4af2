"""A checkpoint comes back as it was saved, or is refused."""

import json

import numpy as np
import pytest

from holdout.lm import (
    CheckpointError,
    load,
    save,
)


def test_a_saved_model_comes_back_in_float16(small, tmp_path):
    save(small, tmp_path / "model.npz")
    back = load(tmp_path / "model.npz")
    assert back.config == small.config
    assert back.tokenizer.words == small.tokenizer.words
    for name, weight in small.weights.items():
        np.testing.assert_allclose(back.weights[name], weight, rtol=2**-11, atol=2**-24)


def damaged(path, change):
    """A copy of a checkpoint with its header or weights changed."""
    with np.load(path) as archive:
        content = {name: archive[name] for name in archive.files}
    header = json.loads(content.pop("header").tobytes())
    change(header, content)
    with path.open("wb") as stream:
        np.savez(stream, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header, weights: header.update(format=99), "checkpoint format 99, this code reads 1"),
        (lambda header, weights: header.pop("words"), "header of .* is damaged"),
        (lambda header, weights: header["config"].update(width=-1), "header of .* is damaged"),
        (lambda header, weights: weights.pop("norm"), "does not hold the weights"),
        (lambda header, weights: weights.update(norm=np.ones(3, np.float16)), "does not hold the weights"),
        (lambda header, weights: weights["norm"].__setitem__(0, 2), "were changed after saving"),
    ],
)
def test_a_damaged_checkpoint_is_refused(small, tmp_path, change, message):
    path = tmp_path / "model.npz"
    save(small, path)
    damaged(path, change)
    with pytest.raises(CheckpointError, match=message):
        load(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_checkpoint_is_refused(small, tmp_path, share):
    path = tmp_path / "model.npz"
    save(small, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match="truncated or not a checkpoint"):
        load(path)


def test_another_file_and_a_missing_one_are_refused(tmp_path):
    path = tmp_path / "model.npz"
    path.write_text("not a checkpoint")
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load(path)
    with pytest.raises(FileNotFoundError, match="shipped models are S0, S, M, L"):
        load(tmp_path / "none.npz")


def test_a_diverged_model_is_not_saved(small, tmp_path):
    small.weights["norm"][0] = np.inf
    with pytest.raises(CheckpointError, match="norm holds values"):
        save(small, tmp_path / "model.npz")


# training
