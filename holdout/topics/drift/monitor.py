"""Whole weeks against a reference: sums per day, scores, and the null that comes from shuffling days within their weekday.

For rows that share a day (its weather, its queue). Pure functions of arrays and explicit generators; nothing here knows which
table the days come from. Not for independent rows: their law is `holdout.topics.drift.experiments.psi_threshold`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From sums of a window and sums of the other days, both of shape (..., columns), to a score of shape (...)."""

DAYS_A_WEEK = 7


def sums_of_days(days: ArrayLike, values: ArrayLike, n_days: int) -> np.ndarray:
    """Add up values within each day.

    Parameters
    ----------
    days : array of int, shape (n,)
        Day of each row, from 0.
    values : array of shape (n, columns)
    n_days : int

    Returns
    -------
    ndarray of shape (n_days, columns)
        A day without rows has zeros.

    Raises
    ------
    ValueError
        If a day lies outside.
    """
    days, values = np.asarray(days), np.asarray(values, dtype=float)
    if len(days) and not 0 <= days.min() <= days.max() < n_days:
        raise ValueError(f"days must lie between 0 and {n_days - 1}, got {days.min()} to {days.max()}")
    total = np.zeros((n_days, values.shape[1]))
    np.add.at(total, days, values)
    return total


def counts_of_days(days: ArrayLike, values: np.ndarray, edges: np.ndarray, n_days: int) -> np.ndarray:
    """Count the rows of each day in bins: open ends, a value on an edge in the bin above, missing values in a bin of their own.

    Parameters
    ----------
    days : array of int, shape (n,)
    values : ndarray of shape (n,)
        May have missing ones.
    edges : ndarray of shape (bins - 1,)
    n_days : int

    Returns
    -------
    ndarray of shape (n_days, bins + 1)
        The last column counts what is missing.
    """
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    return sums_of_days(days, np.eye(len(edges) + 2)[bins], n_days)


def psi_of_counts(window: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Population stability index of counts; an empty bin counts as half a row, one that is empty in both is left out.

    Parameters
    ----------
    window, rest : ndarray of shape (..., bins)

    Returns
    -------
    ndarray of shape (...)
    """
    shares = [np.maximum(counts, 0.5) / counts.sum(axis=-1, keepdims=True) for counts in (window, rest)]
    terms = (shares[0] - shares[1]) * np.log(shares[0] / shares[1])
    return np.where(window + rest > 0, terms, 0.0).sum(axis=-1)


def difference_of_means(window: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Mean of a window minus mean of the rest, from columns (sum, rows).

    Parameters
    ----------
    window, rest : ndarray of shape (..., 2)

    Returns
    -------
    ndarray of shape (...)
    """
    return window[..., 0] / window[..., 1] - rest[..., 0] / rest[..., 1]


def shuffled_weeks(
    sums: np.ndarray, window_weeks: int, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Windows of days drawn at random from a reference, each Monday among the Mondays, and the sums of its other days.

    Parameters
    ----------
    sums : ndarray of shape (7 weeks, columns)
        Whole weeks of a reference in which nothing is known to have changed.
    window_weeks, draws : int
    rng : numpy Generator

    Returns
    -------
    window, rest : ndarrays of shape (draws, columns)

    Raises
    ------
    ValueError
        If the weeks are not whole, or a window would take more than half of them.
    """
    days = _by_weekday(sums)
    weeks = len(days)
    if not 0 < window_weeks <= weeks / 2:
        raise ValueError(f"window_weeks must lie between 1 and half of the {weeks} weeks, got {window_weeks}")
    numbers = np.tile(np.arange(weeks), (draws, DAYS_A_WEEK, 1))
    drawn = rng.permuted(numbers, axis=2)[:, :, :window_weeks]
    window = days[drawn, np.arange(DAYS_A_WEEK)[:, None]].sum(axis=(1, 2))
    return window, sums.sum(axis=0) - window


def whole_weeks(sums: np.ndarray, window_weeks: int) -> np.ndarray:
    """Sums of consecutive windows; a last window that is not whole is left out.

    Parameters
    ----------
    sums : ndarray of shape (7 weeks, columns)
    window_weeks : int

    Returns
    -------
    ndarray of shape (windows, columns)
    """
    weeks = _by_weekday(sums).sum(axis=1)
    n = len(weeks) // window_weeks
    return weeks[: n * window_weeks].reshape(n, window_weeks, weeks.shape[1]).sum(axis=1)


def _by_weekday(sums):
    if len(sums) % DAYS_A_WEEK:
        raise ValueError(f"sums must have the days of whole weeks, got {len(sums)} days")
    return np.asarray(sums, dtype=float).reshape(-1, DAYS_A_WEEK, np.shape(sums)[1])


class Scores(NamedTuple):
    """Scores of one measurement, on whole weeks."""

    null: np.ndarray
    """Of shuffled days of the reference."""
    reference: np.ndarray
    """Of the reference's own windows, each against its other weeks."""
    watched: np.ndarray
    """Of the windows after it, each against the whole reference."""

    def absolute(self) -> Scores:
        """The same without signs, for a measurement that may move either way."""
        return Scores(*map(np.abs, self))


def score_weeks(
    sums: np.ndarray,
    reference_weeks: int,
    score: Score,
    *,
    window_weeks: int = 1,
    draws: int = 2000,
    seed: int = 0,
) -> Scores:
    """Score windows of weeks, beside what chance gives when days are shuffled within their weekday.

    Parameters
    ----------
    sums : ndarray of shape (7 weeks, columns)
        Days of the reference first, then those that are watched.
    reference_weeks : int
    score : callable
        Such as `psi_of_counts` or `difference_of_means`.
    window_weeks, draws : int
    seed : int
        Tables with equal seeds are shuffled alike, so that their scores can be combined draw by draw.

    Returns
    -------
    Scores
    """
    split = reference_weeks * DAYS_A_WEEK
    before, after = sums[:split], sums[split:]
    total = before.sum(axis=0)
    own, watched = whole_weeks(before, window_weeks), whole_weeks(after, window_weeks)
    null = shuffled_weeks(before, window_weeks, draws, np.random.default_rng(seed))
    return Scores(
        score(*null), score(own, total - own), score(watched, np.broadcast_to(total, watched.shape))
    )


def largest_ratio(scores: list[Scores], quantile: float = 0.95) -> Scores:
    """Several measurements as one: the largest of them, each divided by the quantile of its own null.

    Parameters
    ----------
    scores : list of Scores
        Shuffled with the same seed.
    quantile : float

    Returns
    -------
    Scores
        Their null includes that somebody looks at several.
    """
    limits = [np.quantile(one.null, quantile) for one in scores]
    return Scores(
        *(
            np.max([part / limit for part, limit in zip(parts, limits, strict=True)], axis=0)
            for parts in zip(*scores, strict=True)
        )
    )


# -- what an alarm and silence cost


def bill(
    scores: Scores,
    limit: float,
    *,
    window_days: int,
    change: int,
    end: int,
    price_of_alarm: float,
    price_of_day: float,
    days_a_quarter: int = 91,
) -> dict:
    """What an alarm would have cost: red windows of the reference as false alarms, and days until a change was noticed.

    Parameters
    ----------
    scores : Scores
    limit : float
        A window above it is red.
    window_days : int
    change, end : int
        Days from the first watched one to the change, and to the end of the data, when it is noticed at the latest.
    price_of_alarm, price_of_day : float
    days_a_quarter : int

    Returns
    -------
    dict
        `red_before`, `windows_before` (of the reference), `red_after` (later windows), `silent_days` (from the change to the end of the first
        red window that ends after it), `cost` (false alarms of a quarter and the silent days).
    """
    red_before, red = scores.reference > limit, scores.watched > limit
    ends = window_days * (np.flatnonzero(red) + 1)
    noticed = min([end, *(int(day) for day in ends if day > change)])
    silent = noticed - change
    false_alarms = red_before.mean() * days_a_quarter / window_days
    return {
        "red_before": int(red_before.sum()),
        "windows_before": len(red_before),
        "red_after": int(red.sum()),
        "silent_days": silent,
        "cost": float(false_alarms * price_of_alarm + silent * price_of_day),
    }


def shift_to_share(forecast: ArrayLike, share: float) -> float:
    """What to add to the log-odds of all forecasts so that their mean is a given share.

    Parameters
    ----------
    forecast : array of shape (n,)
        Between 0 and 1, both excluded.
    share : float
        Between 0 and 1, both excluded.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the share or a forecast is 0, 1 or beyond.
    """
    forecast = np.asarray(forecast, float)
    if not 0 < share < 1 or not 0 < forecast.min() <= forecast.max() < 1:
        raise ValueError("share and forecasts must lie between 0 and 1, both excluded")
    return float(brentq(lambda shift: shifted(forecast, shift).mean() - share, -20, 20))


def shifted(forecast: ArrayLike, shift: float) -> np.ndarray:
    """Forecasts after `shift` has been added to their log-odds.

    Parameters
    ----------
    forecast : array of shape (n,)
    shift : float

    Returns
    -------
    ndarray of shape (n,)
    """
    forecast = np.asarray(forecast, float)
    odds = np.exp(shift) * forecast / (1 - forecast)
    return odds / (1 + odds)
