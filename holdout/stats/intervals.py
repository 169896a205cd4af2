"""Intervals of a proportion (Wilson), of a paired difference (Agresti and Min) and of a mean (Student), and the sample size of a claim."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

Interval = Callable[..., tuple[float, float]]


def check_counts(successes: int, trials: int) -> None:
    """Raise a ValueError unless 0 <= successes <= trials, trials >= 1 and both are whole numbers."""
    for name, value in (("successes", successes), ("trials", trials)):
        if float(value) != int(value):
            raise ValueError(
                f"{name} must be a whole number of rows, got {value!r}; pass a count, not a rate"
            )
    if trials < 1:
        raise ValueError(f"trials must be at least 1, got {trials}; an empty segment has no rate")
    if not 0 <= successes <= trials:
        raise ValueError(
            f"successes must lie between 0 and trials, got {successes} of {trials}; are the two swapped?"
        )


def check_confidence(confidence: float) -> None:
    """Raise a ValueError unless the confidence lies strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(
            f"confidence must lie strictly between 0 and 1, got {confidence}; write 0.95, not 95"
        )


def wilson_interval(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval for a rate.

    It is the set of rates `p` for which the observed share lies within `z` standard errors of `p`, with the
    standard error taken *at `p`* and not at the observed share. Hence it never leaves [0, 1] and never
    shrinks to a point when every row succeeds.

    Parameters
    ----------
    successes : int
        Number of rows that succeeded.
    trials : int
        Number of rows, at least 1.
    confidence : float, default 0.95
        Two-sided confidence level, strictly between 0 and 1.

    Returns
    -------
    low, high : float
        Rates between 0 and 1.

    Raises
    ------
    ValueError
        If the counts are impossible or `confidence` is outside (0, 1).

    References
    ----------
    Wilson, E. B. (1927), Journal of the American Statistical Association 22:209-212. A test compares it with
    `scipy.stats.binomtest(...).proportion_ci(method="wilson")`, which takes 0.8 s to import.

    Examples
    --------
    >>> low, high = wilson_interval(10, 10)
    >>> round(low, 3), high
    (0.722, 1.0)
    """
    check_counts(successes, trials)
    check_confidence(confidence)
    successes, trials = int(successes), int(trials)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    reach = z / (1 + z**2 / trials) * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    # at the ends the formula gives 0 and 1 up to rounding
    return (
        0.0 if successes == 0 else middle - reach,
        1.0 if successes == trials else middle + reach,
    )


@lru_cache(maxsize=512)
def limits_of_all_counts(interval: Interval, trials: int, confidence: float) -> np.ndarray:
    """Interval for every count from 0 to trials, shape (trials + 1, 2); remembered, because sliders ask again."""
    import numpy as np

    return np.array([interval(count, trials, confidence=confidence) for count in range(trials + 1)])


def mean_interval(values: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float]:
    """Mean of independent runs, and the half-width of its interval by Student's t.

    Parameters
    ----------
    values : array-like, shape (runs,)
        One number for each run, at least two; for a comparison of runs that share seeds, their differences.
    confidence : float, default 0.95
        Two-sided confidence level.

    Returns
    -------
    mean, half_width : float

    Raises
    ------
    ValueError
        If there are fewer than two runs.

    Examples
    --------
    >>> mean, half_width = mean_interval([26, 26, 29])
    >>> f"{mean:.1f} ± {half_width:.1f}"
    '27.0 ± 4.3'
    """
    import numpy as np
    from scipy import stats

    check_confidence(confidence)
    runs = np.asarray(values, float)
    if runs.ndim != 1 or len(runs) < 2:
        raise ValueError(f"an interval needs two runs or more, one number each; got the shape {runs.shape}")
    half_width = stats.t.ppf(0.5 + confidence / 2, len(runs) - 1) * stats.sem(runs)
    return float(runs.mean()), float(half_width)


def paired_difference(
    before: ArrayLike, after: ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Change in accuracy on the same questions, with an interval.

    With b questions lost and c gained out of n, the change is (c - b) / n. The interval is that of Agresti
    & Min 2005 ("Simple improved confidence intervals for comparing matched proportions", Statistics in
    Medicine 24, section 3): Wald after adding half a question to each cell of the paired table, which does not
    shrink to a point when b = c = 0. Where gains (or losses) are impossible, such as after 100% right, it is too short at
    counts near 0: with b = c = 0 it excludes a loss of 2 / n, and the exact limit is 3 / n (the rule of three).

    Parameters
    ----------
    before, after : array of bool, shape (n,)
        Right or wrong, question by question.
    confidence : float

    Returns
    -------
    difference, low, high : float
    """
    import numpy as np

    check_confidence(confidence)
    before, after = np.asarray(before, bool), np.asarray(after, bool)
    if before.shape != after.shape or before.ndim != 1 or not len(before):
        raise ValueError(f"give two lists of equal length, not of shapes {before.shape} and {after.shape}")
    lost, gained, n = int((before & ~after).sum()), int((~before & after).sum()), len(before)
    b, c, m = lost + 0.5, gained + 0.5, n + 2
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    half_width = z * math.sqrt(b + c - (c - b) ** 2 / m) / m
    centre = (c - b) / m
    return (gained - lost) / n, max(-1.0, centre - half_width), min(1.0, centre + half_width)


def minimum_segment_size(rate: float, half_width: float, *, confidence: float = 0.95) -> int:
    """Return the smallest segment whose Wilson interval is no wider than one can use.

    Parameters
    ----------
    rate : float
        The rate expected in the segment, between 0 and 1.
    half_width : float
        Largest acceptable half-width of the interval, in (0, 0.5).
    confidence : float, default 0.95
        Two-sided confidence level.

    Returns
    -------
    int
        Number of rows `n` with `z / (1 + z^2/n) sqrt(rate (1 - rate)/n + z^2/(4 n^2)) <= half_width`.

    Examples
    --------
    >>> minimum_segment_size(0.9, 0.05)
    141
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must lie between 0 and 1, got {rate}; write 0.9, not 90")
    if not 0 < half_width < 0.5:
        raise ValueError(f"half_width must lie in (0, 0.5), got {half_width}; it is a difference of rates")
    check_confidence(confidence)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)

    def reach(rows: int) -> float:
        return z / (1 + z**2 / rows) * math.sqrt(rate * (1 - rate) / rows + z**2 / (4 * rows**2))

    rows = 1
    while reach(rows) > half_width:
        rows *= 2
    below = rows // 2  # too small, or zero
    while rows - below > 1:
        middle = (rows + below) // 2
        below, rows = (below, middle) if reach(middle) <= half_width else (middle, rows)
    return rows
