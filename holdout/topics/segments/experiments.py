"""Rates by segment, with intervals: what a total hides and how few rows are too few to judge.

This module counts and judges; it draws nothing and trains nothing. Calibration is in `holdout.topics.segments.calibration`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from holdout.stats.intervals import (
    Interval,
    check_confidence,
    check_counts,
    limits_of_all_counts,
    wilson_interval,
)

TOO_FEW = "too few to judge"
BELOW = "below the bar"
MEETS = "meets the bar"
UNCLEAR = "not clear yet"
TOO_LOW = "forecast too low"
TOO_HIGH = "forecast too high"


def wald_interval(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wald interval `share +- z sqrt(share (1 - share) / n)`, the one that textbooks print first.

    It is here to be compared with `wilson_interval`, not to be used: at 0 or all successes its width is
    zero, and it may leave [0, 1]. Parameters, returns and errors are those of `wilson_interval`.

    Examples
    --------
    >>> wald_interval(10, 10)
    (1.0, 1.0)
    """
    check_counts(successes, trials)
    check_confidence(confidence)
    share = successes / trials
    reach = stats.norm.ppf(0.5 + confidence / 2) * math.sqrt(share * (1 - share) / trials)
    return float(share - reach), float(share + reach)


def interval_coverage(interval: Interval, rate: float, trials: int, *, confidence: float = 0.95) -> float:
    """Return how often an interval contains the true rate, exactly: a sum over all possible counts.

    Parameters
    ----------
    interval : callable
        `interval(successes, trials, confidence=...)` returning `(low, high)`.
    rate : float
        True rate, between 0 and 1.
    trials : int
        Number of rows in the segment.
    confidence : float, default 0.95
        What the interval promises.

    Returns
    -------
    float
        Probability that `low <= rate <= high`.

    References
    ----------
    Brown, Cai and DasGupta (2001), Statistical Science 16:101-133.

    Examples
    --------
    >>> round(interval_coverage(wald_interval, 0.2, 98), 3)
    0.928
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must lie between 0 and 1, got {rate}; write 0.2, not 20")
    limits = limits_of_all_counts(interval, trials, confidence)
    covered = (limits[:, 0] <= rate) & (rate <= limits[:, 1])
    return float(stats.binom.pmf(np.flatnonzero(covered), trials, rate).sum())


def _verdict(rows: int, low: float, high: float, minimum: int, bar: float | None) -> str:
    if rows < minimum:
        return TOO_FEW
    if bar is None:
        return ""
    if high < bar:
        return BELOW
    return MEETS if low >= bar else UNCLEAR


def segment_report(
    segments: ArrayLike,
    successes: ArrayLike,
    *,
    minimum: int,
    bar: float | None = None,
    confidence: float = 0.95,
    simultaneous: bool = False,
    expected: Sequence[Hashable] | None = None,
) -> pd.DataFrame:
    """Return one row per segment: its rate, a Wilson interval, and a verdict that may be a refusal.

    Parameters
    ----------
    segments : array_like of shape (n,)
        Segment of each row. A missing segment is a segment of its own, named "missing".
    successes : array_like of shape (n,)
        1 or True where the row counts as a success (answered rightly, arrived in time, ...).
    minimum : int
        Segments with fewer rows get the verdict "too few to judge", whatever their rate.
    bar : float, optional
        The rate that a segment has to reach. "below the bar" needs the whole interval below it, "meets the
        bar" the whole interval at or above it; anything else is "not clear yet". Without a bar the verdict
        is empty.
    confidence : float, default 0.95
        Two-sided level of the intervals.
    simultaneous : bool, default False
        If True, the level is shared among the segments that are judged (Bonferroni), so that all intervals
        together hold with `confidence`.
    expected : sequence, optional
        Segments that must have a row even if no data row belongs to them.

    Returns
    -------
    pandas.DataFrame
        Indexed by segment, smallest rate first (refused segments last); columns `rows`, `successes`, `rate`,
        `low`, `high`, `verdict`.

    Raises
    ------
    ValueError
        If lengths differ, outcomes are not 0 or 1, or `minimum` is below 1.

    Examples
    --------
    >>> names, hits = ["a"] * 40 + ["b"] * 3, [1] * 30 + [0] * 13
    >>> segment_report(names, hits, minimum=20, bar=0.9)["verdict"].to_dict()
    {'a': 'below the bar', 'b': 'too few to judge'}
    """
    if minimum < 1:
        raise ValueError(f"minimum must be at least 1 row, got {minimum}")
    check_confidence(confidence)
    names = pd.Series(np.asarray(segments, dtype=object), name="segment")
    names = names.where(names.notna(), "missing")
    values = np.asarray(successes, dtype=float)
    if values.shape != (len(names),):
        raise ValueError(f"successes has shape {values.shape}, segments {len(names)} rows; one outcome a row")
    if not np.isin(values, (0.0, 1.0)).all():
        raise ValueError(
            "successes must be 0 or 1 (or bool) in every row; drop or fill missing outcomes first"
        )

    counts = pd.DataFrame({"successes": values}).groupby(names)["successes"].agg(["size", "sum"]).astype(int)
    if expected is not None:
        counts = counts.reindex(counts.index.union(list(expected)), fill_value=0)
    judged = int((counts["size"] >= minimum).sum())
    level = 1 - (1 - confidence) / judged if simultaneous and judged else confidence

    records = []
    for name, rows, hits in counts.itertuples():
        low, high = wilson_interval(hits, rows, confidence=level) if rows else (0.0, 1.0)
        records.append(
            {
                "segment": name,
                "rows": rows,
                "successes": hits,
                "rate": hits / rows if rows else math.nan,
                "low": low,
                "high": high,
                "verdict": _verdict(rows, low, high, minimum, bar),
            }
        )
    report = pd.DataFrame(records).set_index("segment")
    report["refused"] = report["verdict"] == TOO_FEW
    return report.sort_values(["refused", "rate"], kind="stable").drop(columns="refused")


def recall_report(
    segments: ArrayLike,
    y_true: ArrayLike,
    y_predicted: ArrayLike,
    *,
    minimum: int,
    positive: Hashable = 1,
    **options: Any,
) -> pd.DataFrame:
    """Return `segment_report` of recall: of the rows that *are* positive, the share that the model found.

    `minimum` counts positive rows, not rows: a segment of 5,000 rows with six positives says nothing about
    recall.

    Parameters
    ----------
    segments, y_true, y_predicted : array_like of shape (n,)
        Segment, true class and predicted class of each row.
    minimum : int
        Fewest positive rows on which recall is judged.
    positive : hashable, default 1
        The class whose recall is asked for.
    **options
        `bar`, `confidence` and `simultaneous` as in `segment_report`.

    Returns
    -------
    pandas.DataFrame
        As `segment_report`; segments without any positive row are kept, with 0 rows and a refusal.
    """
    names = np.asarray(segments, dtype=object)
    truth, predicted = np.asarray(y_true), np.asarray(y_predicted)
    if not len(names) == len(truth) == len(predicted):
        raise ValueError(
            f"segments, y_true and y_predicted differ in length: {len(names)}, {len(truth)}, {len(predicted)}"
        )
    is_positive = truth == positive
    everybody = pd.Series(names)
    everybody = everybody.where(everybody.notna(), "missing").unique()
    found = predicted[is_positive] == positive
    return segment_report(names[is_positive], found, minimum=minimum, expected=list(everybody), **options)


def gap_report(
    segments: ArrayLike,
    outcomes: ArrayLike,
    forecasts: ArrayLike,
    *,
    minimum: int,
    groups: ArrayLike | None = None,
    simultaneous: bool = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return one row per segment: how far its share of ones lies from the mean forecast, with an interval.

    Parameters
    ----------
    segments : array_like of shape (n,)
        Segment of each row. A missing segment is a segment of its own, named "missing".
    outcomes : array_like of shape (n,)
        0 or 1.
    forecasts : array_like of shape (n,)
        Forecast probability of 1.
    minimum : int
        Segments with fewer rows are refused and not counted; at least 2.
    groups : array_like of shape (n,), optional
        Rows of one group (a day, a patient) are not independent; whole groups are. Without groups, all rows are taken as
        independent.
    simultaneous : bool, default False
        If True, the level is shared among the segments that are judged (Bonferroni).
    confidence : float, default 0.95
        Two-sided level.

    Returns
    -------
    pandas.DataFrame
        Indexed by segment, clearest gap first (refused segments last); columns `rows`, `observed`, `forecast`, `gap`
        (observed minus forecast), `error` (its standard error), `low`, `high`, `verdict`.

    Raises
    ------
    ValueError
        If lengths differ or `minimum` is below 2.

    Notes
    -----
    The standard error of a mean of clustered rows: the root of the sum over groups of the squared sum of centred values,
    times `m / (m - 1)` for `m` groups, divided by the rows (Liang and Zeger 1986). With one row per group it is the usual
    standard error of a mean.
    """
    if minimum < 2:
        raise ValueError(f"minimum must be at least 2 rows, got {minimum}; one row has no standard error")
    check_confidence(confidence)
    names = pd.Series(np.asarray(segments, dtype=object))
    names = names.where(names.notna(), "missing")
    observed, forecast = np.asarray(outcomes, dtype=float), np.asarray(forecasts, dtype=float)
    members = np.arange(len(names)) if groups is None else np.asarray(groups)
    if not len(names) == len(observed) == len(forecast) == len(members):
        raise ValueError(
            f"segments, outcomes, forecasts and groups differ in length: "
            f"{len(names)}, {len(observed)}, {len(forecast)}, {len(members)}"
        )
    segment, labels = pd.factorize(names, sort=True)
    rows = np.bincount(segment)
    mean_observed, mean_forecast = (np.bincount(segment, part) / rows for part in (observed, forecast))
    gap = mean_observed - mean_forecast
    # sum of the centred values of each pair of segment and group that occurs
    member = pd.factorize(members)[0]
    pairs, pair = np.unique(segment * (member.max() + 1) + member, return_inverse=True)
    sums = np.bincount(pair, observed - forecast - gap[segment])
    owner = pairs // (member.max() + 1)
    present = np.bincount(owner)
    spread = np.bincount(owner, sums**2) * present / np.maximum(present - 1, 1)
    error = np.sqrt(spread) / rows

    judged = rows >= minimum
    level = 1 - (1 - confidence) / judged.sum() if simultaneous and judged.any() else confidence
    reach = stats.norm.ppf(0.5 + level / 2) * error
    report = pd.DataFrame(
        {
            "rows": rows,
            "observed": mean_observed,
            "forecast": mean_forecast,
            "gap": gap,
            "error": error,
            "low": gap - reach,
            "high": gap + reach,
        },
        index=pd.Index(labels, name="segment"),
    )
    report["verdict"] = np.select(
        [~judged, report["low"] > 0, report["high"] < 0], [TOO_FEW, TOO_LOW, TOO_HIGH], UNCLEAR
    )
    order = np.lexsort([-np.abs(gap) / np.maximum(error, 1e-300), ~judged])
    return report.iloc[order]


def shuffle_within(groups: ArrayLike, rng: np.random.Generator) -> np.ndarray:
    """Return a random order of the rows that keeps every row within its group.

    Segments taken in this order belong to other rows of the same day, so they explain nothing, while each day keeps its
    rows and its luck.

    Parameters
    ----------
    groups : array_like of shape (n,)
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n,)
        `order[i]` is the row that takes the place of row `i`; both are of the same group.

    Examples
    --------
    >>> groups = np.array([1, 2, 1, 2])
    >>> bool((groups[shuffle_within(groups, np.random.default_rng(0))] == groups).all())
    True
    """
    members = np.asarray(groups)
    places = np.argsort(members, kind="stable")
    order = np.empty(len(members), dtype=int)
    order[places] = np.lexsort([rng.random(len(members)), members])
    return order


def _as_tables(tables: ArrayLike) -> np.ndarray:
    counts = np.asarray(tables, dtype=float)
    if counts.ndim != 3 or counts.shape[1:] != (2, 2):
        raise ValueError(
            f"tables must have shape (strata, 2, 2): stratum x group x (yes, no); got {counts.shape}"
        )
    if (counts < 0).any():
        raise ValueError("tables hold counts; a negative one is impossible")
    return counts


def crude_odds_ratio(tables: ArrayLike) -> float:
    """Return the odds ratio of the table summed over strata: what one sees without looking inside.

    Parameters
    ----------
    tables : array_like of shape (strata, 2, 2)
        Counts; axis 1 is the group, axis 2 is (yes, no).

    Returns
    -------
    float
        `(yes_0 no_1) / (no_0 yes_1)` of the totals.
    """
    (a, b), (c, d) = _as_tables(tables).sum(axis=0)
    return float(a * d / (b * c))


def mantel_haenszel_odds_ratio(tables: ArrayLike) -> float:
    """Return the odds ratio that all strata share, estimated without mixing the strata.

    Parameters
    ----------
    tables : array_like of shape (strata, 2, 2)
        Counts; axis 1 is the group, axis 2 is (yes, no).

    Returns
    -------
    float
        `sum_k a_k d_k / n_k` over `sum_k b_k c_k / n_k`.

    References
    ----------
    Mantel and Haenszel (1959), Journal of the National Cancer Institute 22:719-748.
    """
    counts = _as_tables(tables)
    totals = counts.sum(axis=(1, 2))
    if (totals == 0).any():
        raise ValueError("a stratum without any row has no odds; drop it")
    agree = (counts[:, 0, 0] * counts[:, 1, 1] / totals).sum()
    disagree = (counts[:, 0, 1] * counts[:, 1, 0] / totals).sum()
    return float(agree / disagree)


def mantel_haenszel_interval(tables: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of the Mantel-Haenszel odds ratio.

    Parameters
    ----------
    tables : array_like of shape (strata, 2, 2)
        Counts; axis 1 is the group, axis 2 is (yes, no).
    confidence : float, default 0.95
        Two-sided level.

    Returns
    -------
    low, high : float

    References
    ----------
    Robins, Breslow and Greenland (1986), Biometrics 42:311-323: the variance of the logarithm.
    """
    check_confidence(confidence)
    counts = _as_tables(tables)
    (a, b), (c, d) = counts[:, 0].T, counts[:, 1].T
    totals = a + b + c + d
    agree, disagree = a * d / totals, b * c / totals
    same, other = (a + d) / totals, (b + c) / totals
    variance = (
        (same * agree).sum() / (2 * agree.sum() ** 2)
        + (same * disagree + other * agree).sum() / (2 * agree.sum() * disagree.sum())
        + (other * disagree).sum() / (2 * disagree.sum() ** 2)
    )
    reach = stats.norm.ppf(0.5 + confidence / 2) * math.sqrt(variance)
    middle = math.log(mantel_haenszel_odds_ratio(counts))
    return math.exp(middle - reach), math.exp(middle + reach)


class Homogeneity(NamedTuple):
    """Woolf's test of one common odds ratio."""

    statistic: float
    degrees: int
    p: float


def woolf_test(tables: ArrayLike) -> Homogeneity:
    """Test whether one odds ratio can describe all strata.

    Parameters
    ----------
    tables : array_like of shape (strata, 2, 2)
        Counts, all positive.

    Returns
    -------
    Homogeneity
        The statistic is chi-square with strata - 1 degrees of freedom if all odds ratios are equal; a small `p` says that
        they are not, so that a common one summarises what is not common.

    Raises
    ------
    ValueError
        If a count is zero.

    References
    ----------
    Woolf (1955), Annals of Human Genetics 19:251-253.
    """
    counts = _as_tables(tables)
    if (counts == 0).any():
        raise ValueError("Woolf's test needs positive counts; merge strata that have a zero")
    logs = np.log(counts[:, 0, 0] * counts[:, 1, 1] / (counts[:, 0, 1] * counts[:, 1, 0]))
    weights = 1 / (1 / counts).sum(axis=(1, 2))
    statistic = float((weights * (logs - weights @ logs / weights.sum()) ** 2).sum())
    degrees = len(counts) - 1
    return Homogeneity(statistic, degrees, float(stats.chi2.sf(statistic, degrees)))


def group_rates(tables: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the rate of each group in each stratum, and of each group in total.

    Parameters
    ----------
    tables : array_like of shape (strata, 2, 2)
        Counts; axis 1 is the group, axis 2 is (yes, no).

    Returns
    -------
    by_stratum : ndarray of shape (strata, 2)
    total : ndarray of shape (2,)
    """
    counts = _as_tables(tables)
    yes, rows = counts[:, :, 0], counts.sum(axis=2)
    return yes / rows, yes.sum(axis=0) / rows.sum(axis=0)


def standardised_rates(tables: ArrayLike) -> np.ndarray:
    """Return each group's rate as it would be if both groups had the strata in the same shares.

    Direct standardisation: stratum rates weighted by the size of the stratum (both groups together).

    Parameters
    ----------
    tables : array_like of shape (strata, 2, 2)
        Counts; axis 1 is the group, axis 2 is (yes, no).

    Returns
    -------
    ndarray of shape (2,)
    """
    counts = _as_tables(tables)
    by_stratum, _ = group_rates(counts)
    size = counts.sum(axis=(1, 2))
    return (by_stratum * size[:, None]).sum(axis=0) / size.sum()
