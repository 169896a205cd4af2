"""The case of lesson 14: from the two raw files of parcels to a table with the van, and what a model is truly worth in June.

The true worth is for the reader alone: nobody at the company can know it. Nothing here reads a file or draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from holdout.data.parcels import make_parcels, true_risk

NAMES = ["depot", "region", "service", "customer", "courier"]
COUNTER = ["weight_kg", "distance_km", "stops", "wind_ms", "declared_value_eur", "hour", "weekday", *NAMES]
"""What is known at the counter."""
LATER = ["compensation_eur", "eta_hours", "contacts"]
"""What is written after delivery."""

MODEL_SINCE = "2025-01-01"


def join_files(register: pd.DataFrame, deliveries: pd.DataFrame, now: str = "2025-06-01") -> pd.DataFrame:
    """One row per entry of the register before a morning, with what was known of it then.

    Parameters
    ----------
    register, deliveries : pandas.DataFrame
        As in `datasets/parcels`, times parsed.
    now : str

    Returns
    -------
    pandas.DataFrame
        With `late` (1.0 or 0.0; missing if not recorded before `now`), `hour` and `weekday`; weights in grams turned into kg.
    """
    raw = register.merge(deliveries, on="parcel_id", how="left", validate="many_to_one")
    raw = raw[raw["accepted_at"] < now]
    late = (raw["delivered_at"] > raw["promised_at"]).astype("float64").where(raw["recorded_at"] < now)
    grams = raw["weight_kg"] > 31.5  # no parcel is that heavy
    raw = raw.assign(
        late=late,
        weight_kg=raw["weight_kg"].mask(grams, raw["weight_kg"] / 1000),
        hour=raw["accepted_at"].dt.hour,
        weekday=raw["accepted_at"].dt.day_of_week,
    )
    return raw.astype(dict.fromkeys(NAMES, "category"))


def without_copies(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per parcel, also where it was labelled twice under two numbers and delivered together."""
    rows = rows.drop_duplicates("parcel_id")
    twins = rows.duplicated(["courier", "distance_km", "stops", "declared_value_eur", "delivered_at"])
    return rows[~(twins & rows["delivered_at"].notna())]


def fit_model(
    rows: pd.DataFrame, columns: Sequence[str] = tuple(COUNTER), label: str = "recorded", weight: Any = None
) -> HistGradientBoostingClassifier:
    """The boosted trees of the lesson, fitted on some columns and one label."""
    model = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=15, categorical_features="from_dtype", random_state=0
    )
    return model.fit(rows[list(columns)], rows[label], sample_weight=weight)


def with_van(raw: pd.DataFrame, production: Any, digit: str = "0") -> pd.DataFrame:
    """What the company has on file: the van, who was held back, and outcomes as the van left them.

    Parameters
    ----------
    raw : pandas.DataFrame
        From `join_files`.
    production : classifier
        With `predict_proba`, over `COUNTER`.
    digit : str
        Numbers that end in it are held back.

    Returns
    -------
    pandas.DataFrame
        With `january` (its forecast), `held_back`, `van` and `recorded`.
    """
    forecast = production.predict_proba(raw[COUNTER])[:, 1]
    held_back = raw["parcel_id"].str.endswith(digit)
    van = (raw["accepted_at"] >= MODEL_SINCE) & (forecast > 0.3) & ~held_back
    return raw.assign(
        january=forecast,
        held_back=held_back,
        van=van,
        recorded=raw["late"].mask(van & raw["late"].notna(), 0),
    )


def speaks_for(rows: pd.DataFrame) -> np.ndarray:
    """Weight of rows that were not on the van: ten for a parcel held back that the model wanted on it, else one."""
    return np.where((rows["accepted_at"] >= MODEL_SINCE) & (rows["january"] > 0.3), 10, 1)


def worth_in_june(table: pd.DataFrame, *, seed: int = 1414, rows: int = 60_000) -> pd.DataFrame:
    """Fresh parcels accepted in June 2025, as they look at the counter, with the column `risk`.

    Parameters
    ----------
    table : pandas.DataFrame
        Whose categories the columns of text take over.
    seed, rows : int
        Of `make_parcels`; a twentieth or so of the rows is of June.

    Returns
    -------
    pandas.DataFrame
        The columns that are written after delivery hold what they hold at the counter: no compensation, no calls, the plan.
    """
    fresh = make_parcels(seed=seed, rows=rows)
    fresh = fresh[fresh["accepted_at"] >= "2025-06-01"]
    fresh = fresh.assign(
        risk=true_risk(fresh),
        hour=fresh["accepted_at"].dt.hour,
        weekday=fresh["accepted_at"].dt.day_of_week,
        compensation_eur=0,
        contacts=0,
        eta_hours=(fresh["promised_at"] - fresh["accepted_at"]).dt.total_seconds() / 3600 - 5,
    )
    for name in table.select_dtypes("category"):
        fresh[name] = pd.Categorical(fresh[name], table[name].cat.categories)
    return fresh


def true_saving(
    june: pd.DataFrame, old: Any, new: Any, old_columns: Sequence[str], new_columns: Sequence[str]
) -> float:
    """What `new` saves against `old` by the true risks, van 3 euros above a forecast of 0.3, refund 10.

    Parameters
    ----------
    june : pandas.DataFrame
        From `worth_in_june`.
    old, new : classifier
        With `predict_proba`.
    old_columns, new_columns : sequence of str

    Returns
    -------
    float
        Thousand euros per month of 30,000 parcels.
    """
    refund = 10 * june["risk"].to_numpy()
    cost = [
        np.where(model.predict_proba(june[list(columns)])[:, 1] > 0.3, 3, refund)
        for model, columns in ((old, old_columns), (new, new_columns))
    ]
    return float(30 * (cost[0] - cost[1]).mean())
