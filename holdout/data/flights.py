"""Flights out of New York in 2013: when each column is written, and its columns as numbers.

The table is read by ``flights()`` or ``load("flights")``; its card is ``datasets/flights/README.md``. Not for choosing a
split or a model: that is what lessons are about.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from holdout.errors import InvalidValue

LATE_MINUTES = 15
"""A flight is late if it arrives this many minutes after its schedule, or more: the rule of US statistics."""

SCHEDULE, HOUR, AFTER = "schedule", "hour of departure", "after departure"
"""The three moments at which columns are written."""

_COLUMNS = {
    SCHEDULE: (
        "year month day sched_dep_time sched_arr_time carrier flight origin dest distance hour minute time_hour "
        "tailnum plane_year manufacturer model seats engine"
    ),
    HOUR: "temp dewp humid wind_dir wind_speed wind_gust precip pressure visib",
    AFTER: "dep_time dep_delay arr_time arr_delay air_time late",
}
WRITTEN = {column: moment for moment, columns in _COLUMNS.items() for column in columns.split()}
"""Column → the moment at which it is written. The aircraft (tailnum) is planned, and may be changed until departure."""

PLANNED_AND_NUMBER = [
    "month",
    "weekday",
    "sched_dep_time",
    "sched_arr_time",
    "carrier",
    "flight",
    "origin",
    "dest",
    "distance",
]
"""Known from the plan, weeks before the flight: names as `as_numbers` takes them, `weekday` included."""

PLANNED = [column for column in PLANNED_AND_NUMBER if column != "flight"]
"""The same without the number of the flight."""

WEATHER = ["temp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
"""The weather at the origin in the hour of the scheduled departure, without `dewp`, which follows from temperature and
humidity, and `wind_gust`, which most rows lack."""


def written(*moments: str) -> list[str]:
    """Columns that are written at some moments, without the year, which is the same in all rows.

    Parameters
    ----------
    *moments : str
        Of ``SCHEDULE``, ``HOUR`` and ``AFTER``.

    Returns
    -------
    list of str

    Raises
    ------
    InvalidValue
        If a moment is none of them.

    Examples
    --------
    >>> written(AFTER)
    ['dep_time', 'dep_delay', 'arr_time', 'arr_delay', 'air_time', 'late']
    """
    for moment in moments:
        if moment not in _COLUMNS:
            raise InvalidValue(f"{moment!r} is no moment; the moments are {', '.join(map(repr, _COLUMNS))}.")
    return [column for column, moment in WRITTEN.items() if moment in moments and column != "year"]


def add_late(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with the column `late`: 1.0 or 0.0, missing where the flight did not arrive where it was to."""
    delay = frame["arr_delay"]
    return frame.assign(late=(delay >= LATE_MINUTES).astype("float64").where(delay.notna()))


def as_numbers(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Columns as a table of numbers that a tree can use.

    Parameters
    ----------
    frame : DataFrame
        Flights.
    columns : iterable of str
        Names of its columns, and the calendar: ``"weekday"`` (Monday is 0) and ``"day_of_year"`` (from 1).

    Returns
    -------
    DataFrame of float64
        Texts become their rank in alphabetical order among the texts of `frame`, so encode all rows at once, before the
        split; no outcome is used. Times become hours since the first of January 2013, UTC. What is missing stays missing.

    Raises
    ------
    InvalidValue
        If there is no such column.
    """
    dates = pd.to_datetime(frame[["year", "month", "day"]])
    calendar = {"weekday": dates.dt.day_of_week, "day_of_year": dates.dt.day_of_year}
    made = {}
    for name in columns:
        if name not in calendar and name not in frame:
            raise InvalidValue(
                f"flights have no column {name!r}; there are {', '.join([*frame, *calendar])}."
            )
        column = calendar.get(name, frame.get(name))
        if pd.api.types.is_datetime64_any_dtype(column):
            column = (column - pd.Timestamp("2013-01-01")) / pd.Timedelta(hours=1)
        elif not pd.api.types.is_numeric_dtype(column):
            column = column.astype("category").cat.codes.astype("float64").replace(-1.0, np.nan)
        made[name] = column.astype("float64")
    return pd.DataFrame(made, index=frame.index)
