"""Ship or wait: release decisions whose true cost is known.

For lesson 14 and its exercise. Generators take a generator and return plain data. Nothing here draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from holdout.data import loader

# -- release decisions

RANDOM_SPLIT_FLATTERS = 8.0  # thousand euros on average, standard deviation 2: stated to the learner
RELEASE_CANARY = 0.5  # thousand euros that a canary costs in a drawn release, besides the delay
SEGMENT_BROKEN = -2.0  # true change of the smallest region below which the contract's penalty is due


@dataclass(frozen=True)
class Release:
    """A release to decide on, with what is true.

    Attributes
    ----------
    evidence : dict
        What the one who decides may see.
    value : float
        What shipping is truly worth, in thousand euros: gain less change less penalty.
    costs : dict of str to float
        Of "ship", "wait" and "canary", in thousand euros.
    expected : dict of str to float
        The same costs on average over what the evidence leaves open about the smallest region. A rule is scored by these: whether
        the region is broken then adds no luck to its score.
    """

    evidence: dict
    value: float
    costs: dict
    expected: dict


def decision_costs(value: float, *, canary: float = 0.8, delay: float = 0.1) -> dict[str, float]:
    """Cost of each decision when the true value of shipping is known, in thousand euros.

    Parameters
    ----------
    value : float
        Gain less all costs of shipping.
    canary : float
        Cost of running one.
    delay : float
        Share of a good release's value that is lost while the canary runs.

    Returns
    -------
    dict of str to float
    """
    return {
        "ship": max(-value, 0.0),
        "wait": max(value, 0.0),
        "canary": canary + delay * max(value, 0.0),
    }


def make_release(rng: np.random.Generator) -> Release:
    """Draw a release: a candidate, how it was tested, and what it is truly worth.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    Release
    """
    # where there are fresh rows, either they or the test rows are the better evidence, and clearly so
    error, fresh_error = [(1.0, 14.0), (8.0, 2.0), (8.0, 2.0), (4.0, None)][int(rng.integers(4))]
    tried = int(rng.choice([1, 30, 300]))
    truths = rng.normal(4, 8) + 0.5 * rng.standard_normal(tried)
    scores = truths + error * rng.standard_normal(tried)
    best = int(np.argmax(scores))
    gain, measured = float(truths[best]), float(scores[best])
    random_split = bool(rng.random() < 0.5)
    late_columns = round(float(rng.uniform(6, 20)), 1) if rng.random() < 0.5 else 0.0
    if random_split:
        measured += rng.normal(RANDOM_SPLIT_FLATTERS, 2)
    fresh = round(float(rng.normal(gain, fresh_error)), 1) if fresh_error is not None else None
    (share, low, spread), (_, high, _) = _SEGMENTS
    segment = float(rng.normal(low if rng.random() < share else high, spread))
    segment_error = float(rng.choice([2.0, 4.0]))
    change = float(rng.choice([1.0, 4.0, 10.0]))
    penalty = float(rng.choice([2.0, 25.0]))
    value = gain - change - penalty * (segment < SEGMENT_BROKEN)
    seen = round(segment + segment_error * float(rng.standard_normal()), 1)
    evidence = {
        "gain": round(measured + late_columns, 1),
        "error": error,
        "tried": tried,
        "split": "random" if random_split else "time",
        "late_columns": late_columns,
        "fresh_gain": fresh,
        "fresh_error": fresh_error,
        "smallest_region": seen,
        "smallest_region_error": segment_error,
        "change_cost": change,
        "penalty": penalty,
    }
    broken = _probability_broken(seen, segment_error)
    without, with_penalty = (
        decision_costs(worth, canary=RELEASE_CANARY) for worth in (gain - change, gain - change - penalty)
    )
    expected = {name: (1 - broken) * without[name] + broken * with_penalty[name] for name in without}
    return Release(evidence, value, decision_costs(value, canary=RELEASE_CANARY), expected)


# How the true change of the smallest region is drawn: (probability, mean, standard deviation)
_SEGMENTS = ((0.4, -5.0, 2.5), (0.6, 2.0, 2.5))


def _probability_broken(seen: float, error: float) -> float:
    """Probability that the smallest region is truly below `SEGMENT_BROKEN`, given what was seen of it, by Bayes' rule."""
    weights, below = [], []
    for share, mean, spread in _SEGMENTS:
        variance = spread**2 + error**2
        weights.append(share * np.exp(-((seen - mean) ** 2) / (2 * variance)) / np.sqrt(variance))
        centre = (mean * error**2 + seen * spread**2) / variance
        below.append(stats.norm.cdf((SEGMENT_BROKEN - centre) / (spread * error / np.sqrt(variance))))
    return float(np.average(below, weights=weights))


# -- parcels with a hold-back


def make_hold_back(rng: np.random.Generator, *, parcels: int = 240) -> dict:
    """Draw parcels on which two rules decide, some held back, with outcomes as the van leaves them.

    Parameters
    ----------
    rng : numpy.random.Generator
    parcels : int

    Returns
    -------
    dict
        `old_van`, `new_van`, `held_back` (lists of bool), `recorded` (0 or 1; 0 for what was on the van) and `share`. Parcels held back that only the old rule
        wants on the van are late and in time, and some that both want are late. Some that only the new rule wants are held back.
    """
    while True:
        share = float(rng.choice([0.1, 0.2, 0.25]))
        risk = rng.beta(2, 4, parcels)
        old, new = (risk + rng.normal(0, 0.12, parcels) > 0.3 for _ in range(2))
        held_back, late = rng.random(parcels) < share, rng.random(parcels) < risk
        recorded = late & ~(old & ~held_back)
        deciding = recorded[old & ~new & held_back]
        both, only_new = old & new & held_back, new & ~old & held_back
        if 2 <= deciding.sum() <= len(deciding) - 2 and (recorded & both).sum() >= 2 and only_new.sum() >= 2:
            break
    return {
        "old_van": old.tolist(),
        "new_van": new.tolist(),
        "held_back": held_back.tolist(),
        "recorded": recorded.astype(int).tolist(),
        "share": share,
    }


# -- a part of the file of flights, as it was exported

FLIGHT_COLUMNS = [
    "year",
    "month",
    "day",
    "sched_dep_time",
    "carrier",
    "flight",
    "origin",
    "dest",
    "dep_delay",
    "arr_delay",
]


def make_flight_export(rng: np.random.Generator) -> dict:
    """Draw five weeks or more of the real file of flights with two forecasts per flight; rows are entered twice, and flights lack an outcome.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    dict
        `flights`: a table with `FLIGHT_COLUMNS`, `old` and `new`, in a drawn order. `first_day` and `last_day`: such as "2013-06-24". The period begins and ends in
        different months and is longer than one, with flights before it and after it; its first and last day have flights. Delays of exactly 15 minutes and forecasts of exactly 0.3 occur,
        and numbers that an airline flies twice on a day.
    """
    flights = loader.flights()
    date = pd.to_datetime(flights[["year", "month", "day"]])
    last_of_month = pd.Timestamp(2013, int(rng.integers(1, 11)), 1) + pd.offsets.MonthEnd()
    first, last = (
        last_of_month + pd.Timedelta(days=int(days)) for days in (-rng.integers(3, 7), rng.integers(30, 35))
    )
    near = np.flatnonzero(date.between(first - pd.Timedelta(days=3), last + pd.Timedelta(days=3)))
    chosen = near[rng.random(len(near)) < 0.17]
    table = flights.iloc[chosen][FLIGHT_COLUMNS].reset_index(drop=True)
    days = pd.to_datetime(table[["year", "month", "day"]])
    one, other = rng.permutation(np.flatnonzero(days.between(first, last)))[:24].reshape(2, 12)
    number = ["year", "month", "day", "carrier", "flight"]
    table.loc[one, number] = table.loc[other, number].to_numpy()
    days = pd.to_datetime(table[["year", "month", "day"]])
    inside = np.flatnonzero(days.between(first, last))
    gone, edge, at_limit = np.split(rng.permutation(inside)[:40], [12, 24])
    table.loc[gone, ["dep_delay", "arr_delay"]] = np.nan
    table.loc[edge, "arr_delay"] = 15.0
    late = (table["arr_delay"] >= 15).to_numpy()
    of_day = {day: rng.normal(0, 0.09, 2) for day in days.unique()}
    shift = np.array([of_day[day] for day in days])
    old = 0.26 + shift[:, 0] + 0.04 * late + rng.normal(0, 0.06, len(table))
    new = 0.28 + shift[:, 1] + 0.10 * late + rng.normal(0, 0.06, len(table))
    table["old"], table["new"] = (np.round(np.clip(p, 0.01, 0.99), 2) for p in (old, new))
    table.loc[at_limit[:8], "old"] = 0.3
    table.loc[at_limit[8:], "new"] = 0.3
    twins = table.loc[rng.permutation(inside)[:20]]
    table = pd.concat([table, twins], ignore_index=True)
    table = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    return {"flights": table, "first_day": f"{first:%Y-%m-%d}", "last_day": f"{last:%Y-%m-%d}"}
