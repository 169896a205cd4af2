"""Reliability tables, expected calibration error and the Brier score with its decomposition."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from holdout.stats.intervals import wilson_interval

STRATEGIES = ("equal_width", "equal_mass")


def check_forecasts(y_true: ArrayLike, probability: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and forecasts as arrays of float, or raise a ValueError that names what is wrong with them."""
    outcome, forecast = np.asarray(y_true, dtype=float), np.asarray(probability, dtype=float)
    if outcome.shape != forecast.shape or outcome.ndim != 1 or outcome.size == 0:
        raise ValueError(
            f"y_true and probability must be one-dimensional, equally long and not empty; "
            f"got {outcome.shape} and {forecast.shape}"
        )
    if not np.isin(outcome, (0.0, 1.0)).all():
        raise ValueError("y_true must be 0 or 1 in every row")
    if not ((forecast >= 0) & (forecast <= 1)).all():
        raise ValueError(
            "probability must lie between 0 and 1 in every row; did you pass logits or percentages?"
        )
    return outcome, forecast


def _edges(forecast: np.ndarray, bins: int, strategy: str) -> np.ndarray:
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    if strategy == "equal_width":
        return np.linspace(0, 1, bins + 1)
    if strategy == "equal_mass":
        edges = np.unique(np.quantile(forecast, np.linspace(0, 1, bins + 1)))
        edges[0], edges[-1] = 0.0, 1.0
        return edges if edges.size > 1 else np.array([0.0, 1.0])
    raise ValueError(f"strategy must be one of {STRATEGIES}, got {strategy!r}")


def _bin_of(forecast: np.ndarray, edges: np.ndarray) -> np.ndarray:
    # Bins are [low, high), the last one closed, so that a forecast of exactly 1 belongs to the last bin.
    return np.clip(np.searchsorted(edges, forecast, side="right") - 1, 0, len(edges) - 2)


def reliability_table(
    y_true: ArrayLike, probability: ArrayLike, *, bins: int = 10, strategy: str = "equal_width"
) -> pd.DataFrame:
    """Return, for each bin of forecasts, what was forecast and what happened.

    Parameters
    ----------
    y_true : array_like of shape (n,)
        Outcomes, 0 or 1.
    probability : array_like of shape (n,)
        Forecast probability of outcome 1.
    bins : int, default 10
        Number of bins asked for; empty bins are left out of the table, equal forecasts are never split.
    strategy : {"equal_width", "equal_mass"}
        Bins of equal width on [0, 1], or with (nearly) equally many rows.

    Returns
    -------
    pandas.DataFrame
        One row per non-empty bin: `lower`, `upper` (bin edges), `rows`, `forecast` (mean forecast),
        `observed` (share of ones), `low` and `high` (95 % Wilson interval of `observed`), `gap` =
        `forecast` - `observed`.
    """
    outcome, forecast = check_forecasts(y_true, probability)
    edges = _edges(forecast, bins, strategy)
    where = _bin_of(forecast, edges)
    records = []
    for b in np.unique(where):
        inside = where == b
        rows, hits = int(inside.sum()), int(outcome[inside].sum())
        low, high = wilson_interval(hits, rows)
        mean = float(forecast[inside].mean())
        records.append(
            {
                "lower": edges[b],
                "upper": edges[b + 1],
                "rows": rows,
                "forecast": mean,
                "observed": hits / rows,
                "low": low,
                "high": high,
                "gap": mean - hits / rows,
            }
        )
    return pd.DataFrame(records)


def expected_calibration_error(
    y_true: ArrayLike, probability: ArrayLike, *, bins: int = 15, strategy: str = "equal_width"
) -> float:
    """Return the expected calibration error `sum_b (n_b / n) |mean forecast_b - share of ones_b|`.

    For a model of several classes pass the hits and the confidences of `confidence_and_hits`.

    Parameters
    ----------
    y_true, probability, bins, strategy
        As in `reliability_table`; 15 equal-width bins are those of the reference.

    Returns
    -------
    float
        Between 0 and 1, and *not* 0 on average for a perfect model: see `ece_of_a_perfect_model`.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), ICML, equation 3.

    Examples
    --------
    >>> round(expected_calibration_error([1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]), 2)
    0.25
    """
    outcome, forecast = check_forecasts(y_true, probability)
    edges = _edges(forecast, bins, strategy)
    where = _bin_of(forecast, edges)
    difference = np.bincount(where, weights=forecast - outcome, minlength=len(edges) - 1)
    return float(np.abs(difference).sum() / forecast.size)


def ece_of_a_perfect_model(probability: ArrayLike, *, bins: int = 15, strategy: str = "equal_width") -> float:
    """Return the ECE to expect if every forecast were exactly right: pure noise of the bins.

    In bin `b` the gap has mean 0 and variance `v_b / n_b`, where `v_b` is the mean of `p (1 - p)`; the mean
    of the absolute value of a normal variable is `sqrt(2 / pi)` standard deviations. Summed with the
    weights `n_b / n`: `sum_b (n_b / n) sqrt(2 v_b / (pi n_b))`. It grows with the number of bins and falls
    with the number of rows.

    Parameters
    ----------
    probability : array_like of shape (n,)
        Forecast probabilities.
    bins, strategy
        As in `expected_calibration_error`.

    Returns
    -------
    float
    """
    forecast = np.asarray(probability, dtype=float)
    check_forecasts(np.zeros_like(forecast), forecast)
    edges = _edges(forecast, bins, strategy)
    spread = np.bincount(
        _bin_of(forecast, edges), weights=forecast * (1 - forecast), minlength=len(edges) - 1
    )  # n_b v_b
    return float(np.sqrt(2 * spread / math.pi).sum() / forecast.size)


def brier_score(y_true: ArrayLike, probability: ArrayLike) -> float:
    """Return the mean of `(probability - outcome)^2`.

    References
    ----------
    Brier (1950), Monthly Weather Review 78:1-3 (half of the score defined there).
    """
    outcome, forecast = check_forecasts(y_true, probability)
    return float(((forecast - outcome) ** 2).mean())


class BrierDecomposition(NamedTuple):
    """The three terms of Murphy's identity: score = reliability - resolution + uncertainty."""

    reliability: float
    resolution: float
    uncertainty: float

    @property
    def score(self) -> float:
        """The Brier score that the three terms add up to."""
        return self.reliability - self.resolution + self.uncertainty


def brier_decomposition(y_true: ArrayLike, probability: ArrayLike) -> BrierDecomposition:
    """Split the Brier score into calibration, discrimination and the difficulty of the problem.

    Rows are grouped by *distinct forecast*, for which the identity is exact. Grouping continuous forecasts
    into bins leaves a remainder; round the forecasts first if you want fewer groups, and score the rounded
    forecasts.

    Parameters
    ----------
    y_true : array_like of shape (n,)
        Outcomes, 0 or 1.
    probability : array_like of shape (n,)
        Forecast probability of outcome 1.

    Returns
    -------
    BrierDecomposition
        `reliability` (0 is perfect calibration), `resolution` (larger is better), `uncertainty` (of the
        base rate).

    References
    ----------
    Murphy (1973), Journal of Applied Meteorology 12:595-600.
    """
    outcome, forecast = check_forecasts(y_true, probability)
    values, group = np.unique(forecast, return_inverse=True)
    rows = np.bincount(group)
    observed = np.bincount(group, weights=outcome) / rows
    base = outcome.mean()
    weight = rows / forecast.size
    return BrierDecomposition(
        float((weight * (values - observed) ** 2).sum()),
        float((weight * (observed - base) ** 2).sum()),
        float(base * (1 - base)),
    )
