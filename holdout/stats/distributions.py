"""Discrete distributions that several topics use."""

import numpy as np


def zipf(vocabulary: int, exponent: float = 1.0) -> np.ndarray:
    """Probabilities proportional to rank^-exponent, shape (vocabulary,)."""
    weights = np.arange(1, vocabulary + 1) ** -float(exponent)
    return weights / weights.sum()
