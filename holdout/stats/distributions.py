"""Discrete distributions that several topics use."""

import numpy as np

# ----------------------------------------------------------------------------------------------------- tokens


def zipf(vocabulary, exponent=1.0):
    """Probabilities proportional to rank^-exponent, shape (vocabulary,)."""
    weights = np.arange(1, vocabulary + 1) ** -float(exponent)
    return weights / weights.sum()
