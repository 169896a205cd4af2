"""Drift: how far a window has moved, how far chance alone moves it, what moved, and what watching costs.

Pure functions of arrays and explicit generators; parcels come from `holdout.data.parcels`. Nothing here draws figures,
reads files or knows a widget.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

PARCELS_A_DAY = 37
DAYS_A_QUARTER = 91

# -- how far it moved


def psi_edges(reference: ArrayLike, bins: int = 10) -> np.ndarray:
    """Inner edges that cut the reference into bins of (nearly) equal count.

    Parameters
    ----------
    reference : array of shape (n,)
    bins : int, at least 2

    Returns
    -------
    ndarray of shape (at most bins - 1,)
        Increasing; repeated quantiles are kept once.

    Raises
    ------
    ValueError
        If there are fewer than 2 bins or a value is missing.
    """
    reference = np.asarray(reference, dtype=float)
    if bins < 2:
        raise ValueError(f"bins must be at least 2, got {bins!r}")
    if np.isnan(reference).any():
        raise ValueError(f"reference has {int(np.isnan(reference).sum())} missing values; count them apart")
    return np.unique(np.quantile(reference, np.arange(1, bins) / bins))


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count values below the first edge, between edges (lower edge included) and from the last edge on.

    Parameters
    ----------
    values : array of shape (n,)
    edges : array of shape (bins - 1,)
        Increasing inner edges.

    Returns
    -------
    ndarray of int, shape (bins,)
    """
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)


def bin_shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of the values in each bin; an empty bin counts as half a row.

    Parameters
    ----------
    values : array of shape (n,)
    edges : array of shape (bins - 1,)
        Increasing inner edges.

    Returns
    -------
    ndarray of shape (bins,)

    Raises
    ------
    ValueError
        If there are no values.
    """
    if len(values) == 0:
        raise ValueError("psi compares two samples, and one of them is empty")
    return np.maximum(bin_counts(values, edges), 0.5) / len(values)


def psi_of_shares(reference: np.ndarray, current: np.ndarray) -> float:
    """Population stability index of two samples whose rows have been counted: the sum of (c - r) ln(c / r).

    Parameters
    ----------
    reference, current : arrays of shape (bins,)
        From `bin_shares`, over the same edges.

    Returns
    -------
    float
    """
    return float(np.sum((current - reference) * np.log(current / reference)))


def psi(reference: np.ndarray, current: np.ndarray, edges: np.ndarray) -> float:
    """Population stability index of two samples over fixed bins.

    The sum of (c - r) ln(c / r) over bins, where r and c are the shares of reference and current. An empty bin
    counts as half a row, so that one lost bin does not make the sum infinite.

    Parameters
    ----------
    reference, current : arrays of shape (n,) and (m,)
    edges : array of shape (bins - 1,)
        Inner edges, fixed on the reference before anything is compared.

    Returns
    -------
    float
        At least 0 apart from the half rows; 0 for equal shares.

    Raises
    ------
    ValueError
        If a sample is empty.
    """
    return psi_of_shares(bin_shares(reference, edges), bin_shares(current, edges))


def psi_threshold(
    reference_rows: int, current_rows: int, bins: int, false_alarm_rate: float, tests: int = 1
) -> float:
    """PSI that chance alone exceeds with the given probability.

    Without drift, PSI is close to (1/n + 1/m) times a chi-square variable with bins - 1 degrees of freedom
    (Yurdakul 2018, dissertation, Western Michigan University). With several tests the rate is for all of them
    together and is shared equally (Bonferroni).

    Parameters
    ----------
    reference_rows, current_rows : int
    bins : int
    false_alarm_rate : float
        For the whole family of tests, between 0 and 1.
    tests : int
        Features watched times looks taken.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the rate does not lie between 0 and 1.
    """
    if not 0 < false_alarm_rate < 1:
        raise ValueError(f"false_alarm_rate must lie between 0 and 1, got {false_alarm_rate!r}")
    noise = 1 / reference_rows + 1 / current_rows
    return float(noise * stats.chi2.isf(false_alarm_rate / tests, bins - 1))


def expected_psi(shift: float, bins: int = 10) -> float:
    """PSI of a standard normal feature that moves by `shift` standard deviations, in bins of equal share.

    Parameters
    ----------
    shift : float
    bins : int

    Returns
    -------
    float
        Without sampling noise.
    """
    edges = stats.norm.ppf(np.arange(bins + 1) / bins)
    share = np.diff(stats.norm.cdf(edges - shift))
    return float(np.sum((share - 1 / bins) * np.log(share * bins)))


def ks_p_values(reference: np.ndarray, current: np.ndarray) -> np.ndarray:
    """p-value of a two-sample Kolmogorov-Smirnov test for each column.

    Parameters
    ----------
    reference, current : arrays of shape (n, features) and (m, features)

    Returns
    -------
    ndarray of shape (features,)
    """
    return np.array(
        [
            stats.ks_2samp(one, other).pvalue
            for one, other in zip(np.transpose(reference), np.transpose(current), strict=True)
        ]
    )


# -- what watching costs


def operating_point(
    shift: float, window_days: int, threshold: ArrayLike, features: int, *, reference_rows: int = 4000
) -> dict:
    """False alarms and delay of a PSI alarm on several features, one of which may move.

    Windows do not overlap; each is compared once, in ten bins, with the same reference. Without drift PSI is a scaled
    chi-square variable, with drift a scaled non-central one whose centre is the expected PSI. Features are
    independent and a window raises one alarm at most.

    Parameters
    ----------
    shift : float
        How far one feature moves, in standard deviations.
    window_days : int
        Days in a window, at 37 parcels per day.
    threshold : float or array
        Alarm above this PSI; an array gives arrays.
    features : int
        Number of features watched.
    reference_rows : int

    Returns
    -------
    dict
        `false_alarms` (expected in a quarter without drift), `chance` (that the first full window after the change
        raises an alarm) and `delay` (expected days from the change to the first alarm; a false alarm by another
        feature counts as one, and the change comes at the middle of a window).
    """
    threshold = np.asarray(threshold, dtype=float)
    rows = PARCELS_A_DAY * window_days
    noise = 1 / reference_rows + 1 / rows
    quiet = stats.chi2.sf(threshold / noise, 9)
    distance = expected_psi(shift) / noise
    moved = stats.ncx2.sf(threshold / noise, 9, distance) if distance > 1e-9 else quiet
    chance = 1 - (1 - quiet) ** (features - 1) * (1 - moved)
    return {
        "false_alarms": DAYS_A_QUARTER / window_days * -np.expm1(features * np.log1p(-quiet)),
        "chance": chance,
        "delay": window_days * (0.5 + 1 / np.maximum(chance, 1e-12)),
    }


def alarm_cost(
    false_alarms: float | np.ndarray,
    delay: float | np.ndarray,
    *,
    price_of_alarm: float,
    price_of_day: float,
    longest: float = 91.0,
) -> float | np.ndarray:
    """Euros for a quarter with one change: the false alarms, and the days until somebody noticed.

    Parameters
    ----------
    false_alarms, delay : float or array
        As from `operating_point`; a delay beyond `longest` counts as that, because the quarterly review finds it.
    price_of_alarm, price_of_day : float
        Euros for one false alarm and for one day of silence.
    longest : float
        Days.

    Returns
    -------
    float or ndarray
    """
    return false_alarms * price_of_alarm + np.minimum(delay, longest) * price_of_day


def cusum(values: ArrayLike, usual: float, slack: float) -> np.ndarray:
    """Page's cumulative sum: how much higher than usual, since it was last as usual.

    S_t = max(0, S_{t-1} + x_t - usual - slack), S_0 = 0 (Page 1954, Biometrika 41:100).

    Parameters
    ----------
    values : array of shape (n,)
        In order of time; for errors, 0 or 1.
    usual : float
        Mean while nothing has changed.
    slack : float
        Rise that is not worth an alarm, at least 0.

    Returns
    -------
    ndarray of shape (n,)
    """
    steps = np.cumsum(np.asarray(values, dtype=float) - usual - slack)
    # a walk reflected at 0 is the walk minus its running minimum, the start included
    return steps - np.minimum(np.minimum.accumulate(steps), 0.0)


def delay_and_false_alarms(alarms: Sequence[int], change: int) -> tuple[int, int | None]:
    """Number of alarms before the change, and steps from the change to the first alarm from then on.

    Parameters
    ----------
    alarms : sequence of int
        Times of alarms, in any order.
    change : int
        Time of the change; an alarm at this time is a detection with delay 0.

    Returns
    -------
    (int, int or None)
        None where the change was never found.
    """
    later = [time - change for time in alarms if time >= change]
    return sum(time < change for time in alarms), min(later, default=None)


# -- repairs


def label_shift_weights(
    labels: np.ndarray, predictions: np.ndarray, new_predictions: np.ndarray, classes: int = 2
) -> np.ndarray:
    """How much more frequent each class has become, from predictions alone (black-box shift estimation).

    C w = mu, where C[i, j] is the share of reference rows predicted i and truly j, and mu[i] the share of new rows
    predicted i (Lipton, Wang, Smola 2018, ICML).  The new share of class j is w[j] times the old one. Negative
    solutions are set to 0 and the new shares scaled to sum to 1.

    Parameters
    ----------
    labels, predictions : arrays of int, shape (n,)
        Held-out reference rows: not the ones the model was fitted on.
    new_predictions : array of int, shape (m,)
    classes : int

    Returns
    -------
    ndarray of shape (classes,)

    Raises
    ------
    ValueError
        If the confusion matrix cannot be inverted: the predictions do not tell the classes apart.
    """
    joint = np.zeros((classes, classes))
    np.add.at(joint, (np.asarray(predictions), np.asarray(labels)), 1 / len(labels))
    mu = np.bincount(new_predictions, minlength=classes) / len(new_predictions)
    if np.linalg.matrix_rank(joint) < classes:
        raise ValueError("The predictions do not tell the classes apart; use another threshold or model")
    weights = np.maximum(np.linalg.solve(joint, mu), 0.0)
    return weights / np.sum(weights * joint.sum(axis=0))


def correct_forecast(forecast: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Forecasts of class 1 after the classes became `weights` times as frequent (Bayes' rule).

    Parameters
    ----------
    forecast : array of shape (n,)
    weights : array of shape (2,)
        For class 0 and class 1.

    Returns
    -------
    ndarray of shape (n,)
    """
    forecast = np.asarray(forecast, dtype=float)
    late, on_time = weights[1] * forecast, weights[0] * (1 - forecast)
    return late / (late + on_time)


def gaussian_density_ratio(
    x: np.ndarray, source: tuple[float, float], target: tuple[float, float]
) -> np.ndarray:
    """Density of the target divided by that of the source: the importance weight of covariate shift.

    Parameters
    ----------
    x : array of shape (n,)
    source, target : (float, float)
        Mean and standard deviation of each normal distribution.

    Returns
    -------
    ndarray of shape (n,)
    """
    return stats.norm.pdf(x, *target) / stats.norm.pdf(x, *source)


def effective_sample_size(weights: ArrayLike) -> float:
    """Rows of equal weight that would be worth as much: (sum w)^2 / sum w^2 (Kish 1965).

    Parameters
    ----------
    weights : array of shape (n,)

    Returns
    -------
    float
    """
    weights = np.asarray(weights, dtype=float)
    return float(weights.sum() ** 2 / np.sum(weights**2))
