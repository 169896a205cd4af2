"""The numbers that a project states: the area under the curve with an interval, the loss of each segment, calibration.

Plain functions of outcomes and probabilities. A project's notebook may use them or its own; `holdout project check` uses them
to compute every stated number again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from holdout.errors import InvalidValue
from holdout.stats.auc import interval, resampled_auc
from holdout.stats.calibration import check_forecasts, ece_of_a_perfect_model, expected_calibration_error

DRAWS = 1000
BINS = 10
FEWEST_IN_SEGMENT = 30


class Interval(NamedTuple):
    """A number and its 95% interval."""

    value: float
    low: float
    high: float


def auc_interval(
    y: ArrayLike, probability: ArrayLike, groups: ArrayLike | None = None, *, seed: int = 0
) -> Interval:
    """Area under the ROC curve, with an interval from drawing whole groups again.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
    probability : array_like, shape (n,)
    groups : array_like, shape (n,), optional
        Rows that are alike, such as those of one day; by default every row is its own group.
    seed : int
        Of the 1,000 draws.

    Returns
    -------
    Interval

    Raises
    ------
    InvalidValue
        If there is one class only, or the lengths differ.
    """
    from sklearn.metrics import roc_auc_score

    outcome = np.asarray(y).astype(int)
    forecast = np.asarray(probability, float)
    rows = np.arange(len(outcome)) if groups is None else np.asarray(groups)
    if outcome.shape != forecast.shape or rows.shape != outcome.shape or len(set(outcome.tolist())) != 2:
        raise InvalidValue(
            f"an area under the curve needs equally many outcomes and probabilities, and both classes; got {outcome.shape}, "
            f"{forecast.shape} and {rows.shape}, with the classes {sorted(set(outcome.tolist()))}"
        )
    member = np.unique(rows.astype(str), return_inverse=True)[1]
    draws = resampled_auc(outcome, [forecast], member, DRAWS, np.random.default_rng(seed))[0]
    return Interval(float(roc_auc_score(outcome, forecast)), *interval(draws))


def segments(values: ArrayLike, y: ArrayLike, probability: ArrayLike) -> pd.DataFrame:
    """For each segment, how much is lost against a forecast that is always the segment's own share.

    Parameters
    ----------
    values : array_like, shape (n,)
        The segment of each row; what is missing is the segment "missing".
    y : array_like of 0 and 1, shape (n,)
    probability : array_like, shape (n,)

    Returns
    -------
    DataFrame
        Index: segment, worst first. ``rows``, ``share`` of ones, ``forecast`` (mean), ``brier`` (mean squared error of the
        probability) and ``excess`` = brier - share (1 - share), Murphy's reliability less his resolution: above 0 the model does
        worse there than one number would.
    """
    outcome, forecast = check_forecasts(y, probability)
    names = pd.Series(np.asarray(values, dtype=object)).map(
        lambda value: "missing" if pd.isna(value) else str(value)
    )
    table = pd.DataFrame(
        {
            "segment": names.to_numpy(),
            "y": outcome,
            "forecast": forecast,
            "brier": (forecast - outcome) ** 2,
        }
    )
    found = table.groupby("segment").agg(
        rows=("y", "size"), share=("y", "mean"), forecast=("forecast", "mean"), brier=("brier", "mean")
    )
    found["excess"] = found["brier"] - found["share"] * (1 - found["share"])
    return found.sort_values("excess", ascending=False, kind="stable")


def paired_gain(y: ArrayLike, before: ArrayLike, after: ArrayLike) -> Interval:
    """How much smaller the mean squared error is after a change, on the same rows, with its 95% interval (Student's t)."""
    from holdout.stats.intervals import mean_interval

    outcome, first = check_forecasts(y, before)
    _, second = check_forecasts(y, after)
    mean, half = mean_interval((first - outcome) ** 2 - (second - outcome) ** 2)
    return Interval(mean, mean - half, mean + half)


def calibration(y: ArrayLike, probability: ArrayLike) -> tuple[float, float]:
    """Expected calibration error in ten bins of equally many rows, and what a perfect model would have by chance."""
    ece = expected_calibration_error(y, probability, bins=BINS, strategy="equal_mass")
    return ece, ece_of_a_perfect_model(probability, bins=BINS, strategy="equal_mass")
