"""Rounding stays within half a step, and sizes follow from the bits."""

import numpy as np
import pytest

from holdout.lm import (
    quantize,
    quantize_matrix,
    stored_bytes,
)


@pytest.mark.parametrize("per_row", [False, True])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_rounding_moves_no_entry_by_more_than_half_a_step(bits, per_row):
    W = np.random.default_rng(0).standard_normal((12, 7)).astype(np.float32)
    W[3] = 0  # an all-zero row
    quantized = quantize_matrix(W, bits, per_row=per_row)
    assert np.abs(quantized.codes).max() == 2 ** (bits - 1) - 1
    assert np.all(np.abs(quantized.dequantize() - W) <= quantized.step * (0.5 + 1e-6))
    assert not quantized.dequantize()[3].any()


def test_one_outlier_spoils_the_matrix_but_only_its_own_row_when_steps_are_per_row():
    W = np.random.default_rng(0).standard_normal((8, 50)).astype(np.float32)
    W[0, 0] = 100
    whole, rows = (quantize_matrix(W, 4, per_row=per_row).dequantize() for per_row in (False, True))
    assert np.abs(whole[1:] - W[1:]).mean() > 3 * np.abs(rows[1:] - W[1:]).mean()


def test_size_follows_from_the_bits(small):
    matrices = sum(weight.size for weight in small.weights.values() if weight.ndim == 2)
    gains = sum(weight.size for weight in small.weights.values() if weight.ndim == 1)
    n_matrices = sum(weight.ndim == 2 for weight in small.weights.values())
    assert stored_bytes(small.weights, 16) == 2 * (matrices + gains)
    assert stored_bytes(small.weights, 4) == matrices // 2 + 2 * n_matrices + 2 * gains


def test_gains_are_not_quantized(small):
    small.weights["norm"][:] = np.linspace(0.9, 1.1, 16)
    np.testing.assert_array_equal(quantize(small.weights, 2)["norm"], small.weights["norm"])


@pytest.mark.parametrize("bits", [1, 9])
def test_an_impossible_number_of_bits_is_refused(bits):
    with pytest.raises(ValueError, match="between 2 and 8"):
        quantize_matrix(np.ones((2, 2)), bits)
