"""Measure the studies of the exercises on flights: `python datasets/flight_studies/make.py` (`--check` repeats a sample).

Fitting takes a few minutes, so that the exercises draw from these tables instead.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from holdout.data.flights import PLANNED, WEATHER, as_numbers
from holdout.data.loader import load, write_checksums

HERE = pathlib.Path(__file__).resolve().parent
CURVES, SPLITS = HERE / "curves.npz", HERE / "splits.csv"
DEPARTURE = ["dep_delay"]

LEAVES = (2, 3, 5, 8, 16, 32)
MORE_LEAVES = 4
"""The more flexible model is a tree with four times the leaves in every other study, and boosted trees in the others."""
DAYS = (40, 80)
SIZES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Training days of a learning curve, in multiples of the days that the study has: three that it measures, three on offer."""
STUDIES, REPEATS, HELD_OUT_DAYS = 48, 12, 91

USES = ("same days", "lost days", "future days")
KNOWN = {
    "schedule": PLANNED,
    "weather": [*PLANNED, *WEATHER],
    "departure": [*PLANNED, *WEATHER, *DEPARTURE],
}
PER_USE = 4
SPLIT_NAMES = ("random rows", "whole days", "by time")


def read_flights() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Columns as numbers, whether the flight was late, and its day of the year from 0; flights with an outcome only."""
    flights = load("flights").dropna(subset="late").reset_index(drop=True)
    columns = as_numbers(flights, [*PLANNED, *WEATHER, *DEPARTURE, "day_of_year"])
    return columns, flights["late"].to_numpy(int), columns["day_of_year"].to_numpy(int) - 1


def describe_study(number: int) -> dict:
    """Columns, leaves and training days of a study: by its number, and some of the columns at random."""
    rng = np.random.default_rng([2013, 1, number])
    schedule = rng.choice(PLANNED, int(rng.integers(4, len(PLANNED) + 1)), replace=False)
    weather = (
        rng.choice(WEATHER, int(rng.integers(3, len(WEATHER) + 1)), replace=False)
        if rng.random() < 0.6
        else []
    )
    return {
        "columns": [*map(str, schedule), *map(str, weather)],
        "leaves": LEAVES[number % len(LEAVES)],
        "days": DAYS[number // len(LEAVES) % len(DAYS)],
        "boosted": bool(number // len(LEAVES) // len(DAYS) % 2),
    }


def measure_curve(number: int, flights: tuple, repeats: Sequence[int]) -> np.ndarray:
    """Brier scores of a study on 91 held-out days.

    Returns
    -------
    ndarray of shape (repeats, 7)
        The tree with 0.25, 0.5, 1, 1.5, 2 and 3 times the training days, then the more flexible model on the days that
        there are. The days of a smaller size are among those of a larger one.
    """
    columns, late, day = flights
    study = describe_study(number)
    X = columns[study["columns"]].to_numpy(np.float32)
    scores = np.empty((len(repeats), len(SIZES) + 1))
    for row, repeat in enumerate(repeats):
        order = np.random.default_rng([2013, 2, number, repeat]).permutation(365)
        held_out = np.isin(day, order[-HELD_OUT_DAYS:])
        tree = DecisionTreeClassifier(max_leaf_nodes=study["leaves"], random_state=0)
        larger = DecisionTreeClassifier(max_leaf_nodes=MORE_LEAVES * study["leaves"], random_state=0)
        boosted = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=16, random_state=0)
        fits: list = [(tree, size) for size in SIZES] + [(boosted if study["boosted"] else larger, 1.0)]
        for column, (model, size) in enumerate(fits):
            train = np.isin(day, order[: round(size * study["days"])])
            forecast = model.fit(X[train], late[train]).predict_proba(X[held_out])[:, 1]
            scores[row, column] = np.mean((forecast - late[held_out]) ** 2)
    return scores


def _whole_days(day: np.ndarray, rows: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    days = np.unique(day[rows])
    return rows & np.isin(day, rng.choice(days, round(share * len(days)), replace=False))


def _last_days(day: np.ndarray, rows: np.ndarray, share: float) -> np.ndarray:
    days = np.unique(day[rows])
    return rows & (day >= days[-round(share * len(days))])


def measure_splits(use: str, known: str, number: int, flights: tuple) -> dict:
    """Area under the ROC curve with three splits of the labelled flights, and in use.

    The flights on which the model is used are a fifth of all: single flights, whole days, or the last days of a period that
    ends at random. The three splits hold out a quarter of the labelled flights.
    """
    columns, late, day = flights
    rng = np.random.default_rng([2013, 3, USES.index(use), list(KNOWN).index(known), number])
    pool = list(KNOWN[known])
    kept = [name for name in pool if name in DEPARTURE or rng.random() < 0.8]
    X = columns[[*kept, *(["day_of_year"] if rng.random() < 0.7 else [])]].to_numpy(np.float32)
    end = int(rng.integers(200, 366))
    period = day < end
    asked = {
        "same days": lambda: period & (rng.random(len(day)) < 0.2),
        "lost days": lambda: _whole_days(day, period, 0.2, rng),
        "future days": lambda: _last_days(day, period, 0.2),
    }[use]()
    labelled = period & ~asked

    def area(train, test):
        model = HistGradientBoostingClassifier(max_iter=40, random_state=0).fit(X[train], late[train])
        return round(float(roc_auc_score(late[test], model.predict_proba(X[test])[:, 1])), 4)

    tests = {
        "random rows": labelled & (rng.random(len(day)) < 0.25),
        "whole days": _whole_days(day, labelled, 0.25, rng),
        "by time": _last_days(day, labelled, 0.25),
    }
    scores = {name: area(labelled & ~test, test) for name, test in tests.items()}
    return {"use": use, "known": known, **scores, "in use": area(labelled, asked)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="measure a sample again and compare")
    options = parser.parse_args()
    flights = read_flights()
    cases = [(use, known, number) for use in USES for known in KNOWN for number in range(PER_USE)]
    if options.check:
        stored, table = np.load(CURVES)["brier"], pd.read_csv(SPLITS)
        same = all(
            np.array_equal(np.round(1e5 * measure_curve(study, flights, [0])), stored[study, :1])
            for study in range(0, STUDIES, 12)
        )
        same &= all(
            measure_splits(*cases[i], flights) == table.loc[i].to_dict() for i in range(0, len(cases), 18)
        )
        print("the same" if same else "the tables are not what this script makes")
        return int(not same)
    brier = [measure_curve(study, flights, range(REPEATS)) for study in range(STUDIES)]
    studies = json.dumps([describe_study(number) for number in range(STUDIES)])
    np.savez_compressed(CURVES, brier=np.round(1e5 * np.array(brier)).astype(np.uint16), studies=studies)
    print(f"{CURVES.name}: {CURVES.stat().st_size:,} bytes", flush=True)
    pd.DataFrame([measure_splits(*case, flights) for case in cases]).to_csv(
        SPLITS, index=False, lineterminator="\n"
    )
    write_checksums([f"flight_studies/{path.name}" for path in (CURVES, SPLITS)], HERE.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())
