"""Fewer bits a weight: round to the nearest of 2^bits - 1 evenly spaced levels, for a whole matrix or row
by row.

Only matrices are quantized; gains of norms are few and stay as they are. Weights are turned back into
float32 before they are used, so what is gained here is size, not speed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdout.lm.model import Weights


@dataclass(frozen=True)
class QuantizedMatrix:
    """Whole-number codes and the size of one step: W is about `codes * step`.

    `codes` is (out, in) int8 between -(2^(bits-1) - 1) and 2^(bits-1) - 1; `step` is (1, 1) or (out, 1).
    """

    codes: np.ndarray
    step: np.ndarray
    bits: int

    def dequantize(self) -> np.ndarray:
        """float32 matrix, each entry within half a step of the original."""
        return self.codes.astype(np.float32) * self.step

    @property
    def bytes(self) -> float:
        """Size when codes are packed and steps are kept as float16."""
        return self.codes.size * self.bits / 8 + self.step.size * 2


def quantize_matrix(W: np.ndarray, bits: int, *, per_row: bool = False) -> QuantizedMatrix:
    """Symmetric rounding to the nearest level: step = max|W| / (2^(bits-1) - 1), codes = round(W / step).

    Source: Jacob et al. 2018, arXiv:1712.05877, section 2.1, with the zero point at zero. The largest entry
    alone sets the step, which is why one outlier makes all other entries coarse and why one step per row helps.

    Parameters
    ----------
    W : ndarray, shape (out, in)
    bits : int
        2 to 8.
    per_row : bool
        One step for each row instead of one for the matrix.
    """
    if not 2 <= bits <= 8:
        raise ValueError(f"bits must be between 2 and 8, not {bits}")
    levels = 2 ** (bits - 1) - 1
    largest = np.abs(W).max(axis=1 if per_row else None, keepdims=True).astype(np.float32)
    step = np.where(largest > 0, largest / levels, 1)  # an all-zero row stays zero instead of 0 / 0
    codes = np.clip(np.round(W / step), -levels, levels).astype(np.int8)
    return QuantizedMatrix(codes, step.astype(np.float32), bits)


def quantize(weights: Weights, bits: int, *, per_row: bool = False) -> Weights:
    """All matrices quantized and turned back, ready to use."""
    return {
        name: quantize_matrix(weight, bits, per_row=per_row).dequantize() if weight.ndim == 2 else weight
        for name, weight in weights.items()
    }


def stored_bytes(weights: Weights, bits: int, *, per_row: bool = False) -> int:
    """Size of the model with `bits` a matrix entry (16 = float16 as shipped); gains are float16."""
    total = 0.0
    for weight in weights.values():
        if weight.ndim == 2:
            steps = 0 if bits == 16 else 2 * (weight.shape[0] if per_row else 1)
            total += weight.size * bits / 8 + steps
        else:
            total += weight.size * 2
    return round(total)
