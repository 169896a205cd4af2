"""The release on flights that closes exercise 14: forecasts from the schedule, costs of the travel desk, and a report for a standard.

Not for choosing a split: the exercise passes the rows. Nothing here reads a file or draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.ensemble import HistGradientBoostingClassifier

from holdout.stats.calibration import ece_of_a_perfect_model, expected_calibration_error

SCHEDULE = ["sched_dep_time", "sched_arr_time", "distance", "carrier", "origin", "dest"]
SEAT, LATE, FROM = 30, 100, 0.3
"""Euros for a seat that is held, euros for a late flight without one, and the forecast from which a seat is held."""


def forecasts(flights: pd.DataFrame, train: ArrayLike) -> np.ndarray:
    """Forecasts for all flights from a model of the schedule, trained on some of them.

    Parameters
    ----------
    flights : pandas.DataFrame
        As in the file; flights without `arr_delay` are not trained on.
    train : array_like of int
        Labels of the index.

    Returns
    -------
    ndarray
    """
    table = flights[SCHEDULE].astype(dict.fromkeys(["carrier", "origin", "dest"], "category"))
    table["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week
    rows = flights.loc[train].dropna(subset=["arr_delay"])
    model = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=15, categorical_features="from_dtype", random_state=0
    )
    model.fit(table.loc[rows.index], rows["arr_delay"] >= 15)
    return model.predict_proba(table)[:, 1]


def desk_costs(flights: pd.DataFrame) -> tuple[list[float], list[float]]:
    """What each flight with an outcome costs with the forecasts `old` and `new`, in euros."""
    late = LATE * (flights["arr_delay"] >= 15)
    old, new = (np.where(flights[name] >= FROM, SEAT, late).astype(float).tolist() for name in ("old", "new"))
    return old, new


def report_of_release(
    flights: pd.DataFrame,
    train: ArrayLike,
    test: ArrayLike,
    found: Mapping[str, float],
    canary_size: Callable[[float, float], Any],
) -> dict:
    """What the standard of the exercise asks of a release.

    Parameters
    ----------
    flights : pandas.DataFrame
        With `accepted` (day of the year), `old` and `new`.
    train, test : array_like of int
        Positions.
    found : Mapping
        With `twin_share`.
    canary_size : callable
        Of the exercise: items for a known accuracy and a drop.

    Returns
    -------
    dict
        `smallest_segment_low` is the lower end of the 95% interval of the saving of the airport that is worst off, in euros per flight; its `bar` is 0. The canary is what 14 days of the
        file hold, against what a drop of 3 points needs.
    """
    judged = flights.iloc[np.asarray(test)].dropna(subset=["arr_delay"])
    late = (judged["arr_delay"] >= 15).to_numpy()
    old, new = (np.asarray(one) for one in desk_costs(judged))
    saving = pd.Series(old - new).groupby(judged["origin"].to_numpy()).agg(["mean", "sem"])
    accuracy = float(np.mean((judged["new"] >= 0.5) == late))
    p = judged["new"].to_numpy()
    return {
        "last_train_day": int(flights["accepted"].iloc[np.asarray(train)].max()),
        "first_test_day": int(judged["accepted"].min()),
        "twin_share": found["twin_share"],
        "times_test_asked": 1,
        "smallest_segment_low": float((saving["mean"] - 1.96 * saving["sem"]).min()),
        "bar": 0.0,
        "ece": expected_calibration_error(late, p, bins=10),
        "ece_of_perfect": ece_of_a_perfect_model(p, bins=10),
        "rows_without_source": 0,
        "canary_items": 14 * len(judged) // judged["accepted"].nunique(),
        "canary_needed": canary_size(accuracy, 0.03),
        "roll_back_to": "the model of April",
    }
