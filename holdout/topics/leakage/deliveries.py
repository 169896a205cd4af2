"""The parcels of lesson 04 as its colleague found them: which columns there are when a parcel is accepted, and what a model costs.

Not for repairing anything: copies, columns and splits are the lesson's subject.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from holdout.data.loader import load

NAMES = ["depot", "region", "service", "customer", "courier"]
NUMBERS = ["weight_kg", "distance_km", "stops", "wind_ms", "declared_value_eur"]
LATER = ["compensation_eur", "eta_hours", "contacts"]
"""Columns that the company goes on writing until the parcel is delivered, and after."""

SAME_DELIVERY = ["courier", "distance_km", "stops", "declared_value_eur", "delivered_at"]
"""Columns in which two labels of one parcel agree."""

PARCELS_PER_MONTH = 30_000


def labelled_parcels() -> pd.DataFrame:
    """The raw files, joined and not repaired, without the rows whose outcome is not known.

    Returns
    -------
    DataFrame
        `late` as 0 or 1; names as categories, so that every part of the table codes them alike.
    """
    frame = load("parcels", defects="all")
    frame = frame[frame["late"].notna()].reset_index(drop=True)
    return frame.astype({"late": int} | dict.fromkeys(NAMES, "category"))


def as_numbers(frame: pd.DataFrame, extra: Iterable[str] = ()) -> pd.DataFrame:
    """What is known when a parcel is accepted, as numbers for a tree, and some columns more.

    Parameters
    ----------
    frame : DataFrame
        Rows of `labelled_parcels`.
    extra : iterable of str
        Such as `LATER`.

    Returns
    -------
    DataFrame
    """
    made = {name: frame[name] for name in NUMBERS}
    made |= {"hour": frame["accepted_at"].dt.hour, "weekday": frame["accepted_at"].dt.day_of_week}
    made |= {name: frame[name].cat.codes for name in NAMES}
    return pd.DataFrame(made | {name: frame[name] for name in extra})


def at_acceptance(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows with the columns of `LATER` as they stand when a parcel is accepted.

    Nobody has been paid or has called, and the estimate is the plan: five hours before the promise.
    """
    planned = (frame["promised_at"] - frame["accepted_at"]).dt.total_seconds() / 3600 - 5
    return frame.assign(compensation_eur=0, contacts=0, eta_hours=planned)


def without_copies(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per parcel: without second scans, and without second labels of one delivery (see `SAME_DELIVERY`)."""
    return frame.drop_duplicates("parcel_id").drop_duplicates(SAME_DELIVERY)


def monthly_costs(
    probability: ArrayLike, late: ArrayLike, *, price: float = 3, refund: float = 10
) -> np.ndarray:
    """Thousand euros per month if every parcel were like this one, for each parcel; their mean is the monthly cost.

    Parameters
    ----------
    probability : array_like of shape (n,)
        That the parcel is late. Above price / refund it goes with the extra van, and then it is on time.
    late : array_like of 0 and 1, shape (n,)
    price, refund : float
        Euros for the extra van, and for a late parcel.

    Returns
    -------
    ndarray of shape (n,)
    """
    extra_van = np.asarray(probability) > price / refund
    return PARCELS_PER_MONTH / 1000 * np.where(extra_van, price, refund * np.asarray(late))
