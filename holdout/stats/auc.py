"""How sure one may be of an area under the ROC curve when the rows of one day, courier or patient are alike.

Not for computing the area itself, which is ``sklearn.metrics.roc_auc_score``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array

from holdout.errors import InvalidValue


def resampled_auc(
    y: ArrayLike,
    scores: Sequence[ArrayLike],
    groups: ArrayLike,
    n_draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Areas under the ROC curve of several models when whole groups of test rows are drawn again, with replacement.

    All models are judged on the same draws, so differences between them are paired. Drawing rows one by one would give
    intervals that are too narrow, because the rows of a group share what makes them late.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
    scores : sequence of m array_like, each of shape (n,)
        Higher means more likely 1. Ties count one half.
    groups : array_like of shape (n,)
        Such as the day of each row.
    n_draws : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (m, n_draws)

    Raises
    ------
    InvalidValue
        If lengths differ or y has one class only.

    Notes
    -----
    The cluster bootstrap. With one row per group it scatters as Hanley and McNeil 1982 (doi:10.1148/radiology.143.1.7063747) derive for independent
    rows. A draw without one of the classes is NaN, which happens with few groups only.
    """
    y = np.asarray(y, dtype=float)
    names, member = np.unique(groups, return_inverse=True)
    models = [np.asarray(score, dtype=float) for score in scores]
    if not len(y) == len(member) or any(len(model) != len(y) for model in models):
        raise InvalidValue(
            f"y has {len(y)} rows, groups {len(member)}, the scores {[len(model) for model in models]}; "
            "give one value per row in each."
        )
    if not 0 < y.mean() < 1:
        raise InvalidValue("y has rows of one class only; an area under the curve needs both.")
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), n_draws).astype(float)
    areas = np.empty((len(models), n_draws))
    for place, model in enumerate(models):
        _, level = np.unique(
            model, return_inverse=True
        )  # ascending, so what lies before a level lies below it
        positive, negative = (weights @ coo_array((part, (member, level))).tocsr() for part in (y, 1 - y))
        below = np.cumsum(negative, axis=1) - negative / 2
        with np.errstate(invalid="ignore"):
            areas[place] = (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
    return areas


def interval(draws: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The central interval of draws, NaN left out: by default from the 2.5th to the 97.5th percentile.

    Parameters
    ----------
    draws : ndarray of shape (n,)
    level : float

    Returns
    -------
    (float, float)
    """
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
