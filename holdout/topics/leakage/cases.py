"""Cases of exercise 04: tables of deliveries with planted leaks, and which leaks each table has.

Not for judging an answer: that is in `judges`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

KINDS = ("future column", "duplicates", "groups", "time", "target encoding")


# -- The leak hunt: messy tables with planted leaks
@dataclass(frozen=True)
class LeakyTable:
    """A messy table and what is wrong with it.

    Attributes
    ----------
    frame : DataFrame
        `parcel_id`, `accepted_at`, names of things (text), numbers (some missing), `late` (1.0, 0.0, or missing
        where the outcome is not known yet) and `split` ("train", "test" or "open": outcome not known yet).
        Columns are in a random order, and their names say nothing about what they are.
    planted : dict of str to list
        Kind of leak (see `KINDS`) to where it is: names of columns, or for "duplicates" the index of every test
        row that has a twin among the training rows. Kinds that were not planted are absent.
    """

    frame: pd.DataFrame
    planted: dict[str, list]


_NUMBER_NAMES = (
    "contacts",
    "scans",
    "eta_hours",
    "notes",
    "stops",
    "refund_eur",
    "handling_min",
    "claims",
    "queue_min",
    "zone_score",
    "history",
)
_ENTITY_NAMES = ("courier", "customer", "route", "van", "shop")


def make_leaky_table(
    rng: np.random.Generator, rows: int = 240, kinds: Collection[str] | None = None
) -> LeakyTable:
    """Draw a messy table; unless said otherwise each kind of leak is planted with probability one half, at least one.

    Beside each leak there is something that looks like it and is none: a strong column that is known in time
    (beside a column from the future), twins within the training set (beside twins across the split), names
    that straddle the split but share no outcome (beside groups that do), and a rate from last year (beside a
    mean of the outcomes in this table).

    Parameters
    ----------
    rng : numpy.random.Generator
    rows : int
        100 or more.
    kinds : collection of str, optional
        Exactly these of `KINDS` are planted; none is possible too.

    Returns
    -------
    LeakyTable
    """
    if rows < 100:
        raise ValueError(f"rows is {rows}; with fewer than 100 a leak cannot be told from chance")
    if kinds is None:
        kinds = [kind for kind in KINDS if rng.random() < 0.5] or [KINDS[rng.integers(len(KINDS))]]
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"there is no kind {kind!r}; the kinds are {', '.join(KINDS)}")
    names = rng.permutation(_ENTITY_NAMES)[:3].tolist()
    numbers = rng.permutation(_NUMBER_NAMES).tolist()
    open_rows = np.arange(rows) >= round(0.87 * rows)
    frame = pd.DataFrame({"parcel_id": [f"P{i:05d}" for i in rng.permutation(rows)]})
    minutes = np.sort(rng.integers(0, 365 * 24 * 60, rows))
    frame["accepted_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(minutes, unit="min")
    levels = {name: rng.integers(0, rows // 6, rows) for name in names}
    frame["split"] = _planted_split(open_rows, "time" in kinds, rng)

    late = (rng.random(rows) < 0.35).astype(float)
    if "groups" in kinds:
        group_label = (rng.random(rows // 6) < 0.35).astype(float)[levels[names[0]]]
        late = np.where(rng.random(rows) < 0.96, group_label, 1 - group_label)
    for name in names:
        frame[name] = np.char.add(name[0].upper(), np.char.zfill(levels[name].astype(str), 3))
    strong, sparse, plain, weight = numbers[:4]
    frame[strong] = np.round(rng.normal(20, 3, rows) + 5.0 * late, 1)
    frame[sparse] = np.where(rng.random(rows) < 0.55, np.nan, np.round(rng.exponential(3, rows), 1))
    frame[plain] = np.round(rng.normal(100, 25, rows))
    frame[weight] = np.round(rng.lognormal(0.8, 0.9, rows), 3)
    last_year = np.round(rng.beta(4, 7, rows // 6), 4)
    frame[numbers[4]] = last_year[levels[names[1]]]

    planted = {}
    if "future column" in kinds:
        later = np.where(rng.random(rows) < np.where(late == 1, 0.9, 0.03), rng.integers(3, 15, rows), 0)
        blank = 0.0 if rng.random() < 0.5 else np.nan
        frame[numbers[5]] = np.where(open_rows, blank, later).astype(float)
        planted["future column"] = [numbers[5]]
    frame["late"] = np.where(open_rows, np.nan, late)
    days = (frame["accepted_at"] - frame["accepted_at"].min()).dt.days
    frame[weight] = frame[weight].mask((days // 7 % 9) == 4)  # scales at the workshop, one week in nine
    twins = _plant_twins(frame, "duplicates" in kinds, rng)
    if "duplicates" in kinds:
        planted["duplicates"] = twins
    if "groups" in kinds:
        planted["groups"] = [names[0]]
    if "time" in kinds:
        planted["time"] = ["accepted_at"]
    if "target encoding" in kinds:
        frame[numbers[6]] = frame.groupby(names[2])["late"].transform("mean").round(4)
        planted["target encoding"] = [numbers[6]]
    _misspell(frame, names, rng)
    order = ["parcel_id", *rng.permutation([name for name in frame.columns if name != "parcel_id"])]
    return LeakyTable(frame[order], {kind: planted[kind] for kind in KINDS if kind in planted})


def _planted_split(open_rows, at_random, rng):
    rows = np.flatnonzero(~open_rows)
    split = np.full(len(open_rows), "open", dtype=object)
    split[rows] = "train"
    n_test = round(0.3 * len(rows))
    split[rng.permutation(rows)[:n_test] if at_random else rows[-n_test:]] = "test"
    return split


def _plant_twins(frame, across, rng):
    """Overwrite rows by copies of training rows; id, time and split stay. Returns the test rows overwritten."""
    train = rng.permutation(np.flatnonzero(frame["split"] == "train"))
    test = np.array([], dtype=int)
    if across:
        test = rng.permutation(np.flatnonzero(frame["split"] == "test"))[: rng.integers(8, 16)]
    source, harmless = np.arange(len(frame)), 6
    source[train[:harmless]] = train[harmless : 2 * harmless]
    source[test] = train[len(train) - len(test) :]
    for name in frame.columns:
        if name not in ("parcel_id", "accepted_at", "split"):
            frame[name] = frame[name].to_numpy()[source]
    return sorted(test.tolist())


def _misspell(frame, names, rng):
    """Spelling that differs between twins: some names in small letters with a blank at the end."""
    for name in names:
        careless = rng.random(len(frame)) < 0.15
        frame[name] = np.where(careless, frame[name].str.lower() + " ", frame[name])
