"""Studies of exercise 04 on real flights: what a feed held when the model was asked, what the archive holds, and three scores.

Rows, delays, weather and days are those of ``datasets/flights``, the scores those of ``datasets/flight_studies``. Not for
measuring a split: that is what ``datasets/flight_studies/make.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from holdout.data.loader import load, path

SPLITS = {"same days": "random rows", "lost days": "whole days", "future days": "by time"}
"""Where the model is used → the split whose test rows stand to their training rows as these flights to the labelled ones."""

MOMENTS = ("evening", "hours before", "gate", "schedule", "taxiway", "in the air")
"""When the model is asked: from the evening before to hours after departure, of flights that are in the air for longer."""

LEAST_CHANGED = 3
"""A column that was written later differs on this many flights of a study, or on more; at the gate some column on exactly as many."""

MOST_STRAYS = 0.175
"""Largest share of the flights in use that stand otherwise to the labelled ones than the others."""

_SCHEDULE = ("sched_dep_time", "sched_arr_time", "carrier", "origin", "dest", "distance", "flight")
_PLANE = ("seats", "plane_year")
_WEATHER = ("temp", "dewp", "humid", "wind_speed", "pressure", "wind_gust")
_DEPARTURE = ("dep_time", "dep_delay")
_ARRIVAL = ("arr_time", "air_time")
_FLIGHTS, _CANCELLED, _LABELLED, _ASKED = 24, 2, 180, 40


@dataclass(frozen=True)
class FeedStudy:
    """A study with what is true of it.

    Parameters
    ----------
    inputs : dict
        ``snapshot`` and ``archive`` (DataFrame, the same flights and columns), ``labelled_days`` and ``asked_days`` (day of
        the year of each flight), ``scores`` (split → area under the ROC curve).
    leaks : tuple of str
        Columns whose values were written after the model was asked.
    split : str
        The split whose score is to be reported.
    """

    inputs: dict
    leaks: tuple[str, ...]
    split: str


@lru_cache(maxsize=1)
def _flights() -> tuple[pd.DataFrame, dict[tuple[str, int], int]]:
    """Flights as floats and texts with `day` and `hour_utc`, and where to find the weather of an airport and an hour."""
    flights = load("flights").reset_index(drop=True)
    start = pd.Timestamp("2013-01-01", tz=flights["time_hour"].dt.tz)
    flights["hour_utc"] = ((flights["time_hour"] - start) / pd.Timedelta(hours=1)).astype(int)
    dates = pd.to_datetime(flights[["year", "month", "day"]])
    flights["day"] = dates.dt.day_of_year
    for name in (*_SCHEDULE, *_PLANE, *_WEATHER, *_DEPARTURE, *_ARRIVAL, "minute"):
        if pd.api.types.is_numeric_dtype(flights[name]):
            flights[name] = flights[name].astype("float64")
    with_weather = flights[flights["temp"].notna()]
    places = zip(with_weather["origin"], with_weather["hour_utc"], with_weather.index, strict=True)
    return flights, {(origin, hour): row for origin, hour, row in places}


@lru_cache(maxsize=1)
def _scores() -> pd.DataFrame:
    return pd.read_csv(path("flight_studies/splits.csv"))


def _asked_at(moment: str, rng: np.random.Generator) -> int:
    """Minutes after the scheduled departure; negative before it."""
    low, high = {
        "evening": (-720, -540),
        "hours before": (-240, -61),
        "gate": (-40, -10),
        "schedule": (0, 6),
        "taxiway": (10, 25),
        "in the air": (200, 241),
    }[moment]
    return int(rng.integers(low, high))


def _columns(rng: np.random.Generator) -> list[str]:
    names = [
        *rng.choice(_SCHEDULE, 3, replace=False),
        rng.choice(_PLANE),
        *rng.choice(_WEATHER, 2, replace=False),
    ]
    names += [name for name in _DEPARTURE if rng.random() < 0.6] + [
        name for name in _ARRIVAL if rng.random() < 0.35
    ]
    return [str(name) for name in rng.permutation(names)]


def _snapshot(rows: pd.DataFrame, names: list[str], asked_at: int) -> tuple[pd.DataFrame, set[str]]:
    """What the feed held, and the columns of which a value was written later on at least one of these flights."""
    shown, later = rows[names].copy(), set()
    # an hour's weather is known when the hour begins; before that the feed shows the latest hour that has begun
    hours_before = np.maximum(np.ceil((-asked_at - rows["minute"].to_numpy()) / 60), 0).astype(int)
    not_yet = (rows["dep_delay"] > asked_at).to_numpy()
    for name in names:
        if name in _WEATHER and hours_before.any():
            shown[name] = [
                _observed(name, origin, hour - back) if back else value
                for value, origin, hour, back in zip(
                    rows[name], rows["origin"], rows["hour_utc"], hours_before, strict=True
                )
            ]
            later.add(name)
        elif name in _DEPARTURE and not_yet.any():
            shown[name] = rows[name].where(~not_yet)
            later.add(name)
        elif name in _ARRIVAL:
            shown[name] = np.nan
            later.add(name)
    return shown, later


def _observed(name: str, origin: str, hour: int) -> float:
    """The latest observation at an airport; NaN if there is none in a day and a half."""
    flights, places = _flights()
    found = next((places[origin, h] for h in range(hour, hour - 36, -1) if (origin, h) in places), None)
    return np.nan if found is None else flights[name].iat[found]


def _tables(moment: str, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Snapshot, archive, leaks: drawn again until each column differs on enough flights or on none."""
    flights, _ = _flights()
    delay, cancelled = flights["dep_delay"].to_numpy(), flights["dep_time"].isna().to_numpy()
    far = flights["distance"].to_numpy() >= 2000
    while True:
        asked_at, names = _asked_at(moment, rng), _columns(rng)
        in_time = ~cancelled & ~(delay + flights["air_time"].to_numpy() <= asked_at)
        if moment == "in the air":
            in_time &= far
        rows = np.concatenate(
            [
                rng.choice(np.flatnonzero(in_time), _FLIGHTS - _CANCELLED, replace=False),
                rng.choice(np.flatnonzero(cancelled), _CANCELLED, replace=False),
            ]
        )
        needed = sorted({*names, "origin", "hour_utc", "minute", "dep_delay"})
        drawn = flights[needed].iloc[rng.permutation(rows)].reset_index(drop=True)
        archive = drawn[names]
        snapshot, later = _snapshot(drawn, names, asked_at)
        changed = ((snapshot != archive) & ~(snapshot.isna() & archive.isna())).sum()
        told_apart = all(
            changed[name] >= LEAST_CHANGED if name in later else changed[name] == 0 for name in names
        )
        if told_apart and (moment != "gate" or (changed == LEAST_CHANGED).any()):
            return snapshot, archive, [name for name in names if name in later]


def _days(use: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Day of each labelled flight and of each flight in use: drawn again until few of these are strays."""
    day = _flights()[0]["day"].to_numpy()
    while True:
        length = int(rng.integers(36, 60))
        days = int(rng.integers(1, 366 - length)) + np.arange(length)
        if use == "same days":
            unlabelled = rng.choice(days, 5, replace=False)
            labelled_days = own = np.setdiff1d(days, unlabelled)
            elsewhere = unlabelled
        else:
            if use == "lost days":
                # more of the later days, and often the last ones, so that neither the mean day nor the last one tells
                chance = np.arange(1, length + 1) ** 0.7
                own = rng.choice(days, round(0.3 * length), replace=False, p=chance / chance.sum())
                if rng.random() < 0.85:
                    own = np.union1d(own, days[-int(rng.integers(1, 4)) :])
            else:
                own = days[round(rng.uniform(0.65, 0.8) * length) :]
            labelled_days = elsewhere = np.setdiff1d(days, own)
        strays = int(rng.integers(0, round(_ASKED * MOST_STRAYS) + 1)) if rng.random() < 0.95 else 0
        labelled = rng.choice(day[np.isin(day, labelled_days)], _LABELLED, replace=False)
        asked = np.concatenate(
            [
                rng.choice(day[np.isin(day, own)], _ASKED - strays, replace=False),
                rng.choice(day[np.isin(day, elsewhere)], strays, replace=False),
            ]
        )
        shared, later = np.isin(asked, labelled), asked > labelled.max()
        stands = {"same days": shared, "lost days": ~shared & ~later, "future days": later}[use]
        if np.mean(~stands) <= MOST_STRAYS:
            return rng.permutation(labelled), rng.permutation(asked)


def make_feed_study(rng: np.random.Generator, use: str, moment: str) -> FeedStudy:
    """Draw a study on real flights.

    Parameters
    ----------
    rng : numpy.random.Generator
    use : str
        A key of `SPLITS`.
    moment : str
        One of `MOMENTS`.

    Returns
    -------
    FeedStudy
    """
    snapshot, archive, leaks = _tables(moment, rng)
    labelled, asked = _days(use, rng)
    known = {"in the air": "departure", "schedule": "weather", "taxiway": "weather"}.get(moment, "schedule")
    table = _scores()
    row = rng.choice(np.flatnonzero((table["use"] == use) & (table["known"] == known)))
    inputs = {
        "snapshot": snapshot,
        "archive": archive,
        "labelled_days": labelled,
        "asked_days": asked,
        "scores": {split: float(table[split].iat[row]) for split in SPLITS.values()},
    }
    return FeedStudy(inputs, tuple(leaks), SPLITS[use])
