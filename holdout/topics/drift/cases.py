"""Windows of parcels with a known cause of drift, drawn for lesson and exercise 10."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from holdout.data.parcels import Company, make_parcels, true_risk
from holdout.topics.drift.experiments import bin_shares, psi_edges, psi_of_shares

CAUSES = ("nothing", "broken data", "covariate", "label", "concept")
WAYS_TO_BREAK = ("grams", "clock", "wind")
WAYS_TO_SHIFT = ("depot", "weight")
NUMERIC = ("weight_kg", "distance_km", "stops", "wind_ms", "hour")


@lru_cache(maxsize=2)
def parcel_pool(seed: int = 31, rows: int = 20_000) -> pd.DataFrame:
    """Parcels with the forecast of a model that was right, and the risk after each kind of change.

    Parameters
    ----------
    seed, rows : int

    Returns
    -------
    DataFrame of shape (rows, ...)
        `NUMERIC`, `harbour` (from the new depot), `late` drawn from `forecast`, `risk_after` the policy change, and
        for each way of breaking the data the forecast that it causes. Treat it as read-only: it is cached.
    """
    before = Company(depot_opens="2024-01-01", policy_changes=None)
    after = Company(depot_opens="2024-01-01", policy_changes="2024-01-01")
    frame = make_parcels(seed=seed, rows=rows, company=before)
    accepted = frame["accepted_at"]
    pool = frame[["weight_kg", "distance_km", "stops", "wind_ms", "late"]].copy()
    pool["hour"] = accepted.dt.hour + accepted.dt.minute / 60
    pool["harbour"] = frame["depot"] == "harbour"
    pool["forecast"] = true_risk(frame, before)
    pool["risk_after"] = true_risk(frame, after)
    grams = frame.assign(weight_kg=frame["weight_kg"] * 1000)
    slipped = frame.assign(accepted_at=accepted + pd.Timedelta(hours=2))
    windless = frame.assign(wind_ms=frame["wind_ms"].mean())
    for name, broken in {"grams": grams, "clock": slipped, "wind": windless}.items():
        pool[f"forecast_{name}"] = true_risk(broken, before)
    return pool


def draw_parcels(
    pool: pd.DataFrame,
    cause: str,
    size: float,
    rows: int,
    rng: np.random.Generator,
    *,
    usual_grams: float = 0.004,
    way: str | None = None,
) -> pd.DataFrame:
    """Draw rows of the pool, independently, after a change of known cause.

    Parameters
    ----------
    pool : DataFrame
        From `parcel_pool`.
    cause : str
        One of `CAUSES`. "covariate": a share `size` of the rows comes from the new depot, or (`way="weight"`) from a
        customer whose parcels are among the heaviest fifth. "label": late rows are
        1 + 3 `size` times as likely to be drawn. "concept": the risk moves by a share `size` towards that under the
        new policy. "broken data": in a share `size` of the rows weights are in grams, or the clock is two hours
        ahead, or the wind is missing (one of the three, at random).
    size : float
        From 0 (nothing) to 1. The risk, and how often late rows are drawn, may move further than that.
    rows : int
    rng : numpy Generator
    usual_grams : float
        Share of rows that are typed in grams in any window.
    way : str, optional
        One of `WAYS_TO_BREAK`, at random by default; for "covariate" one of `WAYS_TO_SHIFT`, "depot" by default.

    Returns
    -------
    DataFrame of shape (rows, ...)
        `NUMERIC` as recorded (wind may be missing), `forecast` and `late`. Outcomes are drawn anew for each window, so that
        windows share no luck with the pool.

    Raises
    ------
    ValueError
        If the cause or the way is unknown.
    """
    if cause not in CAUSES:
        raise ValueError(f"There is no cause {cause!r}; there are {', '.join(CAUSES)}")
    ways_of_cause, does = (WAYS_TO_SHIFT, "shift") if cause == "covariate" else (WAYS_TO_BREAK, "break")
    if way is not None and way not in ways_of_cause:
        raise ValueError(f"There is no way {way!r} to {does} data; there are {', '.join(ways_of_cause)}")
    harbour = pool["harbour"].to_numpy()
    home, harbour = np.flatnonzero(~harbour), np.flatnonzero(harbour)
    chosen = rng.choice(home, rows)
    if cause == "covariate":
        source = harbour
        if way == "weight":
            weight_kg = pool["weight_kg"].to_numpy()[home]
            source = home[weight_kg >= np.quantile(weight_kg, 0.8)]
        chosen = np.where(rng.random(rows) < size, rng.choice(source, rows), chosen)
    times = (
        1 + 3 * size if cause == "label" else 1.0
    )  # how much more often a late row is drawn than one on time
    if cause == "label":
        weight = 1 + (times - 1) * pool["forecast"].to_numpy()[home]
        chosen = rng.choice(home, rows, p=weight / weight.sum())

    def drawn(name, where=slice(None)):
        return pool[name].to_numpy()[chosen[where]]

    forecast = drawn("forecast")
    risk = times * forecast / (times * forecast + 1 - forecast)
    if cause == "concept":
        risk = forecast + size * (drawn("risk_after") - forecast)
    late = (rng.random(rows) < risk).astype(int)
    ways = dict.fromkeys(WAYS_TO_BREAK, np.zeros(rows, bool))
    ways["grams"] = rng.random(rows) < usual_grams
    if cause == "broken data":
        broken = way or str(rng.choice(WAYS_TO_BREAK))
        ways[broken] = ways[broken] | (rng.random(rows) < size)
    for name, hit in ways.items():
        forecast[hit] = drawn(f"forecast_{name}", hit)
    columns = {name: drawn(name) for name in NUMERIC}
    columns["weight_kg"] = np.where(ways["grams"], columns["weight_kg"] * 1000, columns["weight_kg"])
    columns["hour"] = columns["hour"] + 2 * ways["clock"]
    columns["wind_ms"] = np.where(ways["wind"], np.nan, columns["wind_ms"])
    return pd.DataFrame({**columns, "forecast": forecast, "late": late})


class Baseline(NamedTuple):
    """What `evidence` needs of a reference, measured once for many windows."""

    rows: int
    bad: int
    bins: int
    edges: dict
    """Inner edges for each feature and the forecast, fixed on the rows that are not bad."""
    shares: dict
    """Share of these rows in each bin."""


def baseline(reference: pd.DataFrame, *, bins: int = 10) -> Baseline:
    """Measure a reference once, so that many windows can be compared with it.

    Parameters
    ----------
    reference : DataFrame
        From `draw_parcels`.
    bins : int

    Returns
    -------
    Baseline
    """
    bad = _bad_rows(reference)
    possible = {name: reference[name].to_numpy()[~bad] for name in _COMPARED}
    edges = {name: psi_edges(values, bins) for name, values in possible.items()}
    shares = {name: bin_shares(possible[name], edges[name]) for name in _COMPARED}
    return Baseline(len(reference), int(bad.sum()), bins, edges, shares)


_COMPARED = (*NUMERIC, "forecast")


def _bad_rows(frame):
    """Rows with a missing value, a weight above 31.5 kg or an hour of 20 or later."""
    impossible = (frame["weight_kg"].to_numpy() > 31.5) | (frame["hour"].to_numpy() >= 20)
    for name in NUMERIC:
        impossible |= np.isnan(frame[name].to_numpy())
    return impossible


def evidence(reference: pd.DataFrame, current: pd.DataFrame, labelled: int, *, bins: int = 10) -> dict:
    """What a monitor knows about a window: bad rows, PSI of each feature, and outcomes as far as they are known.

    Parameters
    ----------
    reference : DataFrame or Baseline
        From `draw_parcels`; or from `baseline`, which saves measuring it anew for each window.
    current : DataFrame
        From `draw_parcels`.
    labelled : int
        The first `labelled` rows of the current window have a label.
    bins : int
        A baseline has its own.

    Returns
    -------
    dict
        Plain numbers: `reference_rows`, `rows`, `bins`; `bad_reference` and `bad` (rows with a missing value, a weight
        above 31.5 kg or an hour of 20 or later); `psi` of the possible values of each feature and of the forecast;
        `labelled`, `late` (late rows among them), `expected` (sum of their forecasts), `spread` (standard deviation
        of `late` if the forecasts are right).
    """

    before = reference if isinstance(reference, Baseline) else baseline(reference, bins=bins)
    bad = _bad_rows(current)
    moved = {}
    for name in _COMPARED:
        now = bin_shares(current[name].to_numpy()[~bad], before.edges[name])
        moved[name] = round(psi_of_shares(before.shares[name], now), 5)
    forecast = current["forecast"].to_numpy()[:labelled]
    return {
        "reference_rows": before.rows,
        "rows": len(current),
        "bins": before.bins,
        "bad_reference": before.bad,
        "bad": int(bad.sum()),
        "psi": moved,
        "labelled": int(labelled),
        "late": int(current["late"].to_numpy()[:labelled].sum()),
        "expected": round(float(forecast.sum()), 2),
        "spread": round(float(np.sqrt(np.sum(forecast * (1 - forecast)))), 2),
    }
