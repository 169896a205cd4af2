"""McNemar's test: did a replacement change which questions are answered rightly?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest


class McNemar(NamedTuple):
    """Outcome of McNemar's test.

    Attributes
    ----------
    lost : int
        Right before, wrong after.
    gained : int
        Wrong before, right after.
    p_value : float
        Probability, if losing and gaining were equally likely, of a split at least as uneven.
    """

    lost: int
    gained: int
    p_value: float


def mcnemar_exact(before: ArrayLike, after: ArrayLike) -> McNemar:
    """Exact McNemar test on the same questions.

    Only questions whose outcome changed count; without a difference each of them is a fair coin. The p-value is the
    two-sided one of the binomial distribution, min(1, 2 P(X <= min(lost, gained))) with X ~ Bin(lost + gained, 1/2).
    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12; exact form as in Agresti 2013, "Categorical Data Analysis", section 11.1.

    Parameters
    ----------
    before, after : array_like of bool, shape (questions,)

    Returns
    -------
    McNemar

    Raises
    ------
    ValueError
        If the two lists differ in length or are empty.
    """
    first, second = np.asarray(before, bool), np.asarray(after, bool)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ValueError(f"give two lists of equal length, not of shapes {first.shape} and {second.shape}")
    lost, gained = int((first & ~second).sum()), int((~first & second).sum())
    if lost + gained == 0:
        return McNemar(0, 0, 1.0)
    return McNemar(lost, gained, float(binomtest(lost, lost + gained).pvalue))


def holm(p_values: ArrayLike) -> np.ndarray:
    """P-values corrected for having looked at several comparisons.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.

    Parameters
    ----------
    p_values : array_like of shape (comparisons,)

    Returns
    -------
    ndarray of float, shape (comparisons,)
        In the order given; rejecting those at or below a level keeps the chance of any false alarm at that level.
    """
    values = np.asarray(p_values, dtype=float)
    if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise ValueError("give a list of p-values between 0 and 1")
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.arange(len(values), 0, -1)
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return corrected
