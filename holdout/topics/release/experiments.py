"""What a release costs and saves: over months, by segment, by label source; and what it takes to know it.

Saving and cost in thousand euros per month, for a company of 1,000 parcels per day. Nothing here draws.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats


def expected_costs(
    value: float | np.ndarray, error: float | np.ndarray, *, canary: float = 0.8, delay: float = 0.1
) -> dict[str, float | np.ndarray]:
    """Expected cost of each decision when the value of shipping is known up to a normal error.

    With v the estimate and e its error, E max(V, 0) = v Phi(v / e) + e phi(v / e).

    Parameters
    ----------
    value : float or ndarray
    error : float or ndarray
        Above 0.
    canary, delay : float
        As in `decision_costs`.

    Returns
    -------
    dict of str to float or ndarray
    """
    if not np.all(np.asarray(error) > 0):
        raise ValueError(f"error must be above 0, got {error}; a value known exactly needs decision_costs")
    z = np.asarray(value, dtype=float) / error
    missed = value * stats.norm.cdf(z) + error * stats.norm.pdf(z)
    return {"ship": missed - value, "wait": missed, "canary": canary + delay * missed}


def costs_over_months(
    value: float,
    error: float,
    months: float | np.ndarray,
    *,
    change: float = 1.0,
    price: float = 0.5,
    coin_days: float = 11.0,
    label_days: float = 8.0,
) -> dict[str, np.ndarray]:
    """Expected cost of shipping, waiting and a trial over some months, beyond what somebody pays who knows the value.

    The value V per month is known up to a normal error, and nothing else is known of it. Shipping costs `change` once. In a trial a coin decides, for
    `coin_days`, which model has a parcel on which they disagree, so half of |V| is lost on average; for `label_days` more production stays as it
    is; after that the decision is taken to be right.

    Parameters
    ----------
    value : float
        Estimated saving per month.
    error : float
        Its standard error, above 0.
    months : float or ndarray
        How long the candidate would stay.
    change, price : float
        What bringing a model into production costs, and what running a trial costs.
    coin_days, label_days : float

    Returns
    -------
    dict of str to ndarray
        "ship", "wait", "trial", each of the shape of `months`.
    """
    months = np.asarray(months, dtype=float)
    over = expected_costs(months * value - change, months * error)
    per_month = expected_costs(value, error)
    either = per_month["ship"] + per_month["wait"]  # the mean of |V|
    trial = price + coin_days / 30 * either / 2 + label_days / 30 * per_month["wait"]
    return {
        "ship": np.asarray(over["ship"]),
        "wait": np.asarray(over["wait"]),
        "trial": np.full(months.shape, trial),
    }


def saving_with_hold_back(
    old_van: ArrayLike, new_van: ArrayLike, held_back: ArrayLike, late: ArrayLike, share: float
) -> np.ndarray:
    """What each parcel says about the saving of a new rule, from outcomes that are known; euros, van 3, refund 10.

    Where both rules decide alike the saving is 0, whatever happens. Where only the new rule wants the van, the parcel went without it and its outcome is
    known. Where only the old rule wants it, the outcome without a van is known for the parcels held back, and each speaks for 1 / `share`. The mean
    is unbiased if `held_back` is drawn without looking at the parcel: the estimator of Horvitz and Thompson.

    Parameters
    ----------
    old_van, new_van, held_back : array_like of bool, shape (n,)
    late : array_like of shape (n,)
        Outcome; read only where it is known.
    share : float
        Probability of being held back, above 0.

    Returns
    -------
    ndarray of shape (n,)
    """
    if not 0 < share <= 1:
        raise ValueError(
            f"share must lie above 0 and be at most 1, got {share}; without a hold-back nothing is known"
        )
    old_van, new_van, held_back = (np.asarray(one, dtype=bool) for one in (old_van, new_van, held_back))
    refund = 10 * np.nan_to_num(np.asarray(late, dtype=float))
    kept = np.where(held_back, (3 - refund) / share, 0.0)
    return np.select([old_van & ~new_van, new_van & ~old_van], [kept, refund - 3], default=0.0)


def most_at_stake(old_only: float, new_only: float) -> tuple[float, float]:
    """Largest loss and largest gain per month of a new rule, if it is wrong, or right, each time that it disagrees.

    Parameters
    ----------
    old_only, new_only : float
        Shares of all parcels that only the old rule, or only the new rule, puts on the van.

    Returns
    -------
    (float, float)
        Thousand euros.
    """
    return 30 * (7 * old_only + 3 * new_only), 30 * (3 * old_only + 7 * new_only)


def trial_power(
    loss: float | np.ndarray,
    disagree: float,
    days: float | np.ndarray,
    *,
    risk: float = 0.3,
    parcels_per_day: int = 1000,
    false_alarm: float = 0.05,
) -> float | np.ndarray:
    """Probability that a trial sees a loss, if a coin decides the parcels on which two rules disagree, and only those.

    A parcel on the van costs 3 euros for certain, one without costs 10 with probability `risk`: half of the parcels scatter by
    sqrt(100 risk (1 - risk)), the other half not at all.

    Parameters
    ----------
    loss : float or ndarray
        Thousand euros per month.
    disagree : float
        Share of the parcels on which the rules disagree.
    days : float or ndarray
    risk : float
        Chance of being late of such a parcel; close to the threshold of the rules.
    parcels_per_day : int
    false_alarm : float
        One-sided.

    Returns
    -------
    float or ndarray
    """
    parcels = np.asarray(days, dtype=float) * parcels_per_day * disagree
    per_parcel = 1000 * np.asarray(loss, dtype=float) / (30 * parcels_per_day * disagree)
    error = 10 * np.sqrt(2 * risk * (1 - risk) / parcels)
    return stats.norm.cdf(per_parcel / error - stats.norm.isf(false_alarm))


def canary_power(
    loss: float | np.ndarray,
    deviation: float,
    canary_rows: int | np.ndarray,
    other_rows: int | np.ndarray,
    *,
    false_alarm: float = 0.05,
) -> float | np.ndarray:
    """Probability that a canary sees a loss, one-sided, when its rows and the others are different parcels.

    Parameters
    ----------
    loss : float or ndarray
        True loss per row.
    deviation : float
        Standard deviation of the cost of one row.
    canary_rows, other_rows : int or ndarray

    Returns
    -------
    float or ndarray
    """
    error = deviation * np.sqrt(1 / np.asarray(canary_rows) + 1 / np.asarray(other_rows))
    return stats.norm.cdf(loss / error - stats.norm.isf(false_alarm))


def saving_by_segment(segments: ArrayLike, saving: ArrayLike, minimum: int) -> pd.DataFrame:
    """Mean saving of each segment with its 95 % interval, or a refusal.

    Parameters
    ----------
    segments : array_like of shape (n,)
    saving : array_like of shape (n,)
        What each row saves, paired: old cost less new cost.
    minimum : int
        Segments with fewer rows are not judged.

    Returns
    -------
    pandas.DataFrame
        Indexed by segment; `rows`, `mean`, `low`, `high`, `verdict`.
    """
    table = (
        pd.DataFrame({"segment": np.asarray(segments), "saving": np.asarray(saving, dtype=float)})
        .groupby("segment")["saving"]
        .agg(["size", "mean", "sem"])
        .rename(columns={"size": "rows"})
    )
    table["low"], table["high"] = (table["mean"] + sign * 1.96 * table["sem"] for sign in (-1, 1))
    verdict = np.where(table["low"] > 0, "saves", np.where(table["high"] < 0, "harmed", "not clear yet"))
    table["verdict"] = np.where(table["rows"] < minimum, "too few to judge", verdict)
    return table.drop(columns="sem").sort_values("rows", ascending=False, kind="stable")


LABEL_SOURCES = ("before the model", "no van", "held back", "written by the model")
"""Where the label of a row can come from; only the last is not what happens without the van."""


def label_sources(
    months: ArrayLike, chosen: ArrayLike, in_use: ArrayLike, held_back: ArrayLike
) -> pd.DataFrame:
    """Rows of each month by where their label comes from.

    Parameters
    ----------
    months : array_like of str, shape (n,)
        Such as ``"2025-04"``.
    chosen : array_like of bool, shape (n,)
        Whether the model wants the row on the van.
    in_use : array_like of bool, shape (n,)
        Whether the model was in use when the row was accepted.
    held_back : array_like of bool, shape (n,)
        Drawn for every row, whatever the model says: never on the van.

    Returns
    -------
    pandas.DataFrame
        Counts; indexed by month, one column for each of `LABEL_SOURCES`. Each row counts once.
    """
    chosen, in_use, held_back = (np.asarray(flags, dtype=bool) for flags in (chosen, in_use, held_back))
    source = np.select([~in_use, ~chosen, held_back], LABEL_SOURCES[:3], default=LABEL_SOURCES[3])
    table = pd.crosstab(pd.Index(months, name="month"), source)
    return table.reindex(columns=list(LABEL_SOURCES), fill_value=0)
