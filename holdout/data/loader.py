"""Find and read the course's tables from any working directory, each compared with its checksum.

It reads files and sets their types. How a table is made is told by the card beside it and by the script
that made it.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import pathlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import pandas as pd

from holdout import paths
from holdout.data import flights as flight_columns
from holdout.data import parcels
from holdout.errors import DataError
from holdout.paths import CHECKSUMS

_AGAIN = "Restore it from the course: `git checkout -- datasets`, or download the course again."


def folder() -> pathlib.Path:
    """Return the folder `datasets/` of the course (see `holdout.paths.find_datasets`).

    Raises
    ------
    DataError
        If there is none.
    """
    found = paths.find_datasets()
    if found is None:
        raise DataError(
            f"No datasets folder with a {CHECKSUMS} in or above {pathlib.Path.cwd()}, nor beside the installed course. "
            "Work inside the course's folder, or set HOLDOUT_DATASETS to its datasets folder."
        )
    return found


def path(relative: str | os.PathLike) -> pathlib.Path:
    """Return where a file of `datasets/` is, after comparing it with its checksum.

    Parameters
    ----------
    relative : str or path
        Such as `"parcels/parcels.csv.gz"`.

    Returns
    -------
    pathlib.Path
        An existing file or folder. Files without an entry in the checksum file are not compared.

    Raises
    ------
    DataError
        If it does not exist, lies outside `datasets/` or has been changed.
    """
    root = folder()
    wanted = pathlib.PurePosixPath(pathlib.PurePath(relative).as_posix())
    if wanted.is_absolute() or ".." in wanted.parts:
        raise DataError(
            f"{str(relative)!r} does not lie below the datasets folder; name it as in "
            "'parcels/parcels.csv.gz'."
        )
    found = root / wanted
    if not found.exists():
        known = [p.relative_to(root).as_posix() for p in sorted(root.rglob("*")) if p.is_file()]
        near = difflib.get_close_matches(wanted.as_posix(), known, n=1, cutoff=0.6)
        advice = f"Did you mean {near[0]!r}?" if near else _AGAIN
        raise DataError(f"There is no {wanted.as_posix()!r} in {root}. {advice}")
    if found.is_file():
        expected = _checksums(root).get(wanted.as_posix())
        state = found.stat()
        if expected is not None and _digest(found, state.st_mtime_ns, state.st_size) != expected:
            raise DataError(f"{found} is not the file that the course ships (its SHA-256 differs). {_AGAIN}")
    return found


@lru_cache(maxsize=256)
def _digest(file, modified_ns, size):
    """SHA-256 of a file. Time and size are in the key, so that a changed file is read again."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checksums(root):
    """Read the table of checksums, in the format of `sha256sum`; empty when there is none."""
    file = root / CHECKSUMS
    if not file.is_file():
        return {}
    table = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise DataError(f"{file}, line {number}, is not a checksum: {line[:80]!r}. {_AGAIN}")
        table[name.strip()] = digest
    return table


def write_checksums(names: Iterable[str], root: pathlib.Path | None = None) -> pathlib.Path:
    """Enter files into `checksums.sha256`; other entries stay. For the scripts that make tables.

    Parameters
    ----------
    names : iterable of str
        Files, relative to `datasets/`, with forward slashes.
    root : path, optional
        The datasets folder; `folder()` by default.

    Returns
    -------
    pathlib.Path
        The checksum file.
    """
    root = pathlib.Path(root) if root is not None else folder()
    table = _checksums(root)
    for name in names:
        table[name] = hashlib.sha256((root / name).read_bytes()).hexdigest()
    file = root / CHECKSUMS
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(table.items()))
    file.write_bytes(text.encode())
    return file


# -- the tables
_TEXT = {
    name: "str"
    for name in ("parcel_id", "depot", "region", "courier", "service", "customer", "contract", "upload")
}
_NUMBERS = {
    "distance_km": "float64",
    "weight_kg": "float64",
    "wind_ms": "float64",
    "eta_hours": "float64",
    "declared_value_eur": "int64",
    "compensation_eur": "int64",
    "contacts": "int64",
    "late": "int64",
}
_MOMENTS = ("accepted_at", "promised_at", "delivered_at", "label_available_at", "recorded_at")


def _read(relative, **types):
    file = path(relative)
    types = _TEXT | _NUMBERS | types
    header = pd.read_csv(file, nrows=0).columns
    frame = pd.read_csv(
        file,
        dtype={name: types[name] for name in header if name in types},
        parse_dates=[name for name in header if name in _MOMENTS],
        date_format="%Y-%m-%d %H:%M",
    )
    return frame.astype({name: "datetime64[s]" for name in header if name in _MOMENTS})


def _parcels(defects=(), **kwargs):
    if not defects and not kwargs:
        return _read("parcels/parcels.csv.gz", stops="int64")
    if defects == "all" and not kwargs:
        return parcels.assemble(
            parcels.RawParcels(
                register=_read("parcels/register.csv.gz", stops="float64"),
                deliveries=_read("parcels/deliveries.csv.gz"),
                couriers=_read("parcels/couriers.csv"),
            )
        )
    return parcels.make_parcels(defects=defects, **kwargs)


def _flights():
    whole = [
        "year",
        "month",
        "day",
        "sched_dep_time",
        "sched_arr_time",
        "flight",
        "distance",
        "hour",
        "minute",
    ]
    text = ["carrier", "tailnum", "origin", "dest", "manufacturer", "model", "engine"]
    frame = pd.read_csv(
        path("flights/flights.csv.xz"),
        dtype=dict.fromkeys(text, "str")
        | dict.fromkeys(whole, "int64")
        | {name: "float64" for name in flight_columns.WRITTEN if name not in [*whole, *text, "time_hour"]},
        parse_dates=["time_hour"],
        date_format="%Y-%m-%dT%H:%M:%SZ",
    )
    return flight_columns.add_late(frame.astype({"time_hour": "datetime64[s]"}))


def flights() -> pd.DataFrame:
    """Read the flights out of New York in 2013: ``load("flights")``.

    Returns
    -------
    DataFrame, 30,000 rows
        The columns of the card, and `late`: 1.0 if the flight arrived 15 minutes or more after its schedule, 0.0 if not,
        missing if it was cancelled or diverted. `holdout.data.flights.WRITTEN` says when each column is written.
    """
    return load("flights")


_TABLES: dict[str, Callable[..., pd.DataFrame]] = {
    "parcels": _parcels,
    "parcels_register": lambda: _read("parcels/register.csv.gz", stops="float64"),
    "parcels_deliveries": lambda: _read("parcels/deliveries.csv.gz"),
    "parcels_couriers": lambda: _read("parcels/couriers.csv"),
    "flights": _flights,
    "berkeley_1973": lambda: pd.read_csv(
        path("berkeley_1973/berkeley_1973.csv"),
        dtype={"department": "str", "gender": "str", "admitted": "int64", "rejected": "int64"},
    ),
}


def load(name: str, **kwargs: Any) -> pd.DataFrame:
    """Read a table of the course.

    Parameters
    ----------
    name : str
        "parcels" (clean; with `defects="all"` the raw files joined as they are), "parcels_register",
        "parcels_deliveries", "parcels_couriers" (the raw files), "flights" or "berkeley_1973".
    **kwargs
        For "parcels" only: the parameters of `holdout.data.parcels.make_parcels`, to draw another table than the
        committed one.

    Returns
    -------
    DataFrame
        A fresh copy with fixed types; times are UTC, in seconds, without a time zone.

    Raises
    ------
    DataError
        If there is no such table, or its file is missing or changed.

    Examples
    --------
    >>> load("berkeley_1973").shape
    (12, 4)
    """
    if name not in _TABLES:
        near = difflib.get_close_matches(str(name), _TABLES, n=1)
        advice = f"Did you mean {near[0]!r}? " if near else ""
        raise DataError(f"There is no table {name!r}. {advice}There are {', '.join(_TABLES)}.")
    if kwargs and name != "parcels":
        raise DataError(f"The table {name!r} takes no options, got {', '.join(kwargs)}.")
    return _TABLES[name](**kwargs)
