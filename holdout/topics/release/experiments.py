"""What a release costs and saves, by segment and by label source."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats


def expected_costs(
    value: float | np.ndarray, error: float, *, canary: float = 0.8, delay: float = 0.1
) -> dict[str, float | np.ndarray]:
    """Expected cost of each decision when the value of shipping is known up to a normal error.

    With v the estimate and e its error, E max(V, 0) = v Phi(v / e) + e phi(v / e).

    Parameters
    ----------
    value : float or ndarray
    error : float
        Above 0.
    canary, delay : float
        As in `decision_costs`.

    Returns
    -------
    dict of str to float or ndarray
    """
    if not error > 0:
        raise ValueError(f"error must be above 0, got {error}; a value known exactly needs decision_costs")
    z = np.asarray(value, dtype=float) / error
    missed = value * stats.norm.cdf(z) + error * stats.norm.pdf(z)
    return {"ship": missed - value, "wait": missed, "canary": canary + delay * missed}


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


LABEL_SOURCES = ("before the model", "no van", "kept back", "written by the model")
"""Where the label of a row can come from; only the last is not what happens without the van."""


def label_sources(
    months: ArrayLike, chosen: ArrayLike, in_use: ArrayLike, kept_back: ArrayLike
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
    kept_back : array_like of bool, shape (n,)
        Drawn for every row, whatever the model says: never on the van.

    Returns
    -------
    pandas.DataFrame
        Counts; indexed by month, one column for each of `LABEL_SOURCES`. Each row counts once.
    """
    chosen, in_use, kept_back = (np.asarray(flags, dtype=bool) for flags in (chosen, in_use, kept_back))
    source = np.select([~in_use, ~chosen, kept_back], LABEL_SOURCES[:3], default=LABEL_SOURCES[3])
    table = pd.crosstab(pd.Index(months, name="month"), source)
    return table.reindex(columns=list(LABEL_SOURCES), fill_value=0)
