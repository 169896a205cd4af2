"""Means of rows that share a day: the day is the unit, not the row.

Not for independent rows: their interval is `holdout.stats.intervals.mean_interval`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def mean_by_days(values: ArrayLike, days: ArrayLike, groups: ArrayLike) -> pd.DataFrame:
    """Mean of each group, with half of its 95% interval when rows of a day are not independent.

    Parameters
    ----------
    values, days, groups : arrays of shape (n,)

    Returns
    -------
    DataFrame
        Index: groups; columns `mean` and `half` (1.96 standard errors, days as clusters).

    Raises
    ------
    ValueError
        If a group has a single day.
    """
    frame = pd.DataFrame(
        {"value": np.asarray(values, float), "day": np.asarray(days), "group": np.asarray(groups)}
    )
    found = {}
    for group, rows in frame.groupby("group"):
        mean = rows["value"].mean()
        surplus = (rows["value"] - mean).groupby(rows["day"]).sum()
        if len(surplus) < 2:
            raise ValueError(f"group {group!r} has a single day, so its days cannot be compared")
        variance = (surplus**2).sum() * len(surplus) / (len(surplus) - 1) / len(rows) ** 2
        found[group] = [mean, 1.96 * np.sqrt(variance)]
    return pd.DataFrame(found, index=["mean", "half"]).T
