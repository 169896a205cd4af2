"""Is a predicted 0.8 right 80 % of the time? Reliability, ECE, Brier, temperature, thresholds by cost.

Pure functions on arrays of outcomes, probabilities and logits. It fits one number (a temperature) and no
model.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize

from holdout.segments import wilson_interval

__all__ = [
    "BrierDecomposition",
    "brier_decomposition",
    "brier_score",
    "confidence_and_hits",
    "cost_threshold",
    "cross_entropy",
    "decision_cost",
    "ece_of_a_perfect_model",
    "expected_calibration_error",
    "fit_temperature",
    "overconfident_logits",
    "reliability_table",
    "softmax",
    "temperature_standard_error",
]

STRATEGIES = ("equal_width", "equal_mass")


def _check(y_true: ArrayLike, probability: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
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
        One row a non-empty bin: `lower`, `upper` (bin edges), `rows`, `forecast` (mean forecast),
        `observed` (share of ones), `low` and `high` (95 % Wilson interval of `observed`), `gap` =
        `forecast` - `observed`.
    """
    outcome, forecast = _check(y_true, probability)
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
    outcome, forecast = _check(y_true, probability)
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
    _check(np.zeros_like(forecast), forecast)
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
    outcome, forecast = _check(y_true, probability)
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
    outcome, forecast = _check(y_true, probability)
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


def softmax(logits: ArrayLike, temperature: float = 1.0) -> np.ndarray:
    """Return class probabilities `exp(logits / T)`, normalised over the last axis.

    Parameters
    ----------
    logits : array_like of shape (..., classes)
    temperature : float, default 1
        Above 1 the probabilities move towards equal shares; the order of the classes never changes.

    Returns
    -------
    ndarray of the shape of `logits`
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    scaled = np.asarray(logits, dtype=float) / temperature
    scaled = scaled - scaled.max(axis=-1, keepdims=True)  # exp cannot overflow
    weights = np.exp(scaled)
    return weights / weights.sum(axis=-1, keepdims=True)


def cross_entropy(logits: ArrayLike, labels: ArrayLike, temperature: float = 1.0) -> float:
    """Return the mean of minus the log probability of the true class, in nats.

    Parameters
    ----------
    logits : array_like of shape (n, classes)
    labels : array_like of shape (n,)
        True classes, integers from 0.
    temperature : float, default 1
    """
    scores = np.asarray(logits, dtype=float) / temperature
    true = np.asarray(labels, dtype=int)
    top = scores.max(axis=1)
    normaliser = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    return float((normaliser - scores[np.arange(len(true)), true]).mean())


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return the temperature with the smallest cross-entropy on a calibration split.

    The cross-entropy is convex in `1 / T`, so the bounded search has a single valley to find. Since
    dividing by a positive number keeps the order of the logits, the predicted class of no row changes.

    Parameters
    ----------
    logits : array_like of shape (n, classes)
        Of a *calibration* split: neither the rows that trained the model nor those that will judge it.
    labels : array_like of shape (n,)
        True classes, integers from 0.

    Returns
    -------
    float
        Between 0.01 and 100.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), ICML, section 4.2.
    """
    scores, true = np.asarray(logits, dtype=float), np.asarray(labels)
    if scores.ndim != 2 or true.shape != (scores.shape[0],):
        raise ValueError(f"logits must be (n, classes) and labels (n,); got {scores.shape} and {true.shape}")
    found = optimize.minimize_scalar(
        lambda log_t: cross_entropy(scores, true, math.exp(log_t)),
        bounds=(math.log(0.01), math.log(100)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(math.exp(found.x))


def temperature_standard_error(logits: ArrayLike, temperature: float) -> float:
    """Return the standard error of a fitted temperature, from the Fisher information.

    With `b = 1 / T` the log-likelihood of a row has second derivative minus the variance of its logits
    under the model's own probabilities, so `se(b) = 1 / sqrt(sum of variances)` and `se(T) = T^2 se(b)`.

    Parameters
    ----------
    logits : array_like of shape (n, classes)
    temperature : float
        Where to evaluate it (the fitted or the true temperature).
    """
    scores = np.asarray(logits, dtype=float)
    p = softmax(scores, temperature)
    variance = (p * scores**2).sum(axis=1) - (p * scores).sum(axis=1) ** 2
    return float(temperature**2 / math.sqrt(variance.sum()))


def overconfident_logits(
    rows: int, classes: int, temperature: float, rng: np.random.Generator, *, spread: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate a model whose logits are too large by a known factor.

    Logits are normal with standard deviation `spread`; labels are drawn from `softmax(logits /
    temperature)`, so that dividing by `temperature` makes the model perfectly calibrated.

    Parameters
    ----------
    rows, classes : int
    temperature : float
        The true temperature; above 1 the model claims too much.
    rng : numpy.random.Generator
    spread : float, default 3

    Returns
    -------
    logits : ndarray of shape (rows, classes)
    labels : ndarray of int, shape (rows,)
    """
    logits = rng.normal(scale=spread, size=(rows, classes))
    cumulative = softmax(logits, temperature).cumsum(axis=1)
    labels = (rng.random((rows, 1)) > cumulative[:, :-1]).sum(axis=1)
    return logits, labels


def confidence_and_hits(probabilities: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row the probability of the *predicted* class, and whether that class is right.

    Parameters
    ----------
    probabilities : array_like of shape (n, classes)
    labels : array_like of shape (n,)

    Returns
    -------
    confidence : ndarray of shape (n,)
    hits : ndarray of bool, shape (n,)
    """
    p = np.asarray(probabilities, dtype=float)
    chosen = p.argmax(axis=1)
    return p[np.arange(len(p)), chosen], chosen == np.asarray(labels)


def cost_threshold(false_alarm_cost: float, miss_cost: float) -> float:
    """Return the probability from which acting is cheaper than not acting, for *calibrated* probabilities.

    Acting on a row costs `(1 - p) false_alarm_cost` on average, not acting `p miss_cost`; they are equal at
    `false_alarm_cost / (false_alarm_cost + miss_cost)`.

    Parameters
    ----------
    false_alarm_cost, miss_cost : float
        Positive, in the same unit of money.

    Examples
    --------
    >>> cost_threshold(2, 18)
    0.1
    """
    for name, value in (("false_alarm_cost", false_alarm_cost), ("miss_cost", miss_cost)):
        if not value > 0:
            raise ValueError(f"{name} must be positive, got {value}; a free mistake needs no threshold")
    return false_alarm_cost / (false_alarm_cost + miss_cost)


def decision_cost(
    y_true: ArrayLike,
    probability: ArrayLike,
    threshold: float,
    *,
    false_alarm_cost: float,
    miss_cost: float,
) -> float:
    """Return what acting on `probability >= threshold` costs, a row.

    Parameters
    ----------
    y_true : array_like of shape (n,)
        Outcomes, 0 or 1.
    probability : array_like of shape (n,)
        Forecast probability of outcome 1.
    threshold : float
    false_alarm_cost, miss_cost : float
        Cost of acting on a 0, and of not acting on a 1.

    Returns
    -------
    float
        Mean cost a row, in the unit of the two costs.
    """
    outcome, forecast = _check(y_true, probability)
    act = forecast >= threshold
    return float((false_alarm_cost * (act & (outcome == 0)) + miss_cost * (~act & (outcome == 1))).mean())
