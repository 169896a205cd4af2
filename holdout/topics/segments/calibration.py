"""Is a predicted 0.8 right 80% of the time? Reliability, ECE, Brier, temperature, thresholds by cost.

Pure functions on arrays of outcomes, probabilities and logits. It fits one number (a temperature) and no
model.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from holdout.stats.calibration import check_forecasts, reliability_table


def temperature_softmax(logits: ArrayLike, temperature: float = 1.0) -> np.ndarray:
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
    return special.softmax(np.asarray(logits, dtype=float) / temperature, axis=-1)


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
    return float((special.logsumexp(scores, axis=1) - scores[np.arange(len(true)), true]).mean())


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
    p = temperature_softmax(scores, temperature)
    variance = (p * scores**2).sum(axis=1) - (p * scores).sum(axis=1) ** 2
    return float(temperature**2 / math.sqrt(variance.sum()))


def overconfident_logits(
    rows: int, classes: int, temperature: float, rng: np.random.Generator, *, spread: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate a model whose logits are too large by a known factor.

    Logits are normal with standard deviation `spread`; labels are drawn from
    `softmax(logits / temperature)`, so that dividing by `temperature` makes the model perfectly calibrated.

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
    cumulative = temperature_softmax(logits, temperature).cumsum(axis=1)
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
    """Return what acting on `probability >= threshold` costs per row.

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
        Mean cost per row, in the unit of the two costs.
    """
    outcome, forecast = check_forecasts(y_true, probability)
    act = forecast >= threshold
    return float((false_alarm_cost * (act & (outcome == 0)) + miss_cost * (~act & (outcome == 1))).mean())


def cost_by_threshold(
    y_true: ArrayLike, probability: ArrayLike, thresholds: ArrayLike, *, action_cost: float, loss: float
) -> np.ndarray:
    """Return the mean cost per row of acting from each of many thresholds on.

    Acting costs the same whatever the outcome, and prevents the loss; not acting costs the loss if the outcome is 1.

    Parameters
    ----------
    y_true : array_like of shape (n,)
        Outcomes, 0 or 1, as they are without action.
    probability : array_like of shape (n,)
        Forecast probability of outcome 1.
    thresholds : array_like of shape (m,)
        A row is acted on if its forecast is at least the threshold.
    action_cost, loss : float
        In one unit of money.

    Returns
    -------
    ndarray of shape (m,)

    Examples
    --------
    >>> cost_by_threshold([1, 0], [0.6, 0.2], [0.0, 0.5, 0.9], action_cost=3, loss=10).tolist()
    [3.0, 1.5, 5.0]
    """
    outcome, forecast = check_forecasts(y_true, probability)
    order = np.argsort(forecast, kind="stable")
    lost = loss * np.concatenate([[0], np.cumsum(outcome[order])])
    below = np.searchsorted(forecast[order], thresholds, side="left")
    return (lost[below] + action_cost * (len(outcome) - below)) / len(outcome)


def ece_limit_of_a_perfect_model(
    probability: ArrayLike,
    rng: np.random.Generator,
    *,
    bins: int = 15,
    strategy: str = "equal_width",
    confidence: float = 0.95,
    n_draws: int = 400,
) -> float:
    """Return the ECE that a perfect model with these forecasts exceeds in only 5% of data sets.

    Outcomes are drawn from the forecasts themselves, so the model is right by construction.

    Parameters
    ----------
    probability : array_like of shape (n,)
        Forecast probabilities.
    rng : numpy.random.Generator
    bins, strategy
        As in `holdout.stats.calibration.expected_calibration_error`.
    confidence : float, default 0.95
        Share of data sets below the limit.
    n_draws : int, default 400

    Returns
    -------
    float
    """
    forecast = np.sort(np.asarray(probability, dtype=float))
    rows = reliability_table(np.zeros(len(forecast)), forecast, bins=bins, strategy=strategy)["rows"]
    starts = np.concatenate([[0], np.cumsum(rows)[:-1]])
    gaps = forecast - (rng.random((n_draws, len(forecast))) < forecast)
    errors = np.abs(np.add.reduceat(gaps, starts, axis=1)).sum(axis=1) / len(forecast)
    return float(np.quantile(errors, confidence))
