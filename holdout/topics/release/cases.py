"""Ship or wait: release decisions whose true cost is known.

For lesson 14 and its exercise. Generators take a generator and return plain data. Nothing here draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from holdout.data import loader

# -- release decisions

USUAL_GAIN = (
    2.0,
    8.0,
)  # thousand euros: mean and standard deviation of true gains, stated to the learner like all of these
RANDOM_SPLIT_FLATTERS = 8.0, 6.0  # mean and standard deviation
RELEASE_CANARY = 1.0  # thousand euros that a canary costs in a drawn release, besides the delay
RELEASE_DELAY = 0.2  # share of a good release's value that is lost while it runs
SEGMENT_BROKEN = -2.0  # true change of the smallest region below which the contract's penalty is due
# Standard errors on the test rows and on fresh rows: where there are both, one is clearly the better evidence.
_ERRORS = ((2.0, 14.0), (5.0, 3.0), (5.0, None), (2.0, None))


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
        The same costs on average over all that the evidence leaves open: the true gain and whether the smallest region is broken.
        A rule is scored by these, so that luck adds nothing to its score.
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
    error, fresh_error = _ERRORS[int(rng.integers(len(_ERRORS)))]
    tried = int(rng.choice([1, 3, 30]))
    gain = float(rng.normal(*USUAL_GAIN))
    measured = gain + error * float(rng.standard_normal(tried).max())
    random_split = bool(rng.random() < 0.5)
    if random_split:
        measured += rng.normal(*RANDOM_SPLIT_FLATTERS)
    late_columns = round(float(rng.uniform(6, 20)), 1) if rng.random() < 0.5 else 0.0
    fresh = round(float(rng.normal(gain, fresh_error)), 1) if fresh_error is not None else None
    # many are seen between 0 and the contract's limit, some exactly enough to know that they are above it
    seen = round(float(rng.uniform(SEGMENT_BROKEN, 0) if rng.random() < 0.5 else rng.uniform(-12, 3)), 1)
    segment_error = float(rng.choice([0.5, 4.0]))
    segment = seen + segment_error * float(rng.standard_normal())
    change = float(rng.choice([1.0, 6.0]))
    penalty = float(rng.choice([2.0, 15.0]))
    value = gain - change - penalty * (segment < SEGMENT_BROKEN)
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
    prices = {"canary": RELEASE_CANARY, "delay": RELEASE_DELAY}
    return Release(evidence, value, decision_costs(value, **prices), _expected(evidence))


def _expected(evidence: dict) -> dict[str, float]:
    """Costs of each decision, averaged over the true gains and the states of the region that may lie behind the evidence."""
    gains, weights = _gains_behind(evidence)
    broken = float(
        special.ndtr((SEGMENT_BROKEN - evidence["smallest_region"]) / evidence["smallest_region_error"])
    )
    missed = lost = 0.0
    for chance, penalty in ((1 - broken, 0.0), (broken, evidence["penalty"])):
        values = gains - evidence["change_cost"] - penalty
        missed += chance * float(weights @ np.maximum(values, 0))
        lost += chance * float(weights @ np.maximum(-values, 0))
    return {"ship": lost, "wait": missed, "canary": RELEASE_CANARY + RELEASE_DELAY * missed}


def _gains_behind(evidence: dict) -> tuple[np.ndarray, np.ndarray]:
    """True gains on a grid, with the probability of each by Bayes' rule."""
    (mean, spread), error, tried = USUAL_GAIN, evidence["error"], evidence["tried"]
    if evidence["fresh_gain"] is not None:
        weights = np.array([1 / spread**2, 1 / evidence["fresh_error"] ** 2])
        mean = float(np.average([mean, evidence["fresh_gain"]], weights=weights))
        spread = float(weights.sum() ** -0.5)
    grid = np.linspace(-4.5, 4.5, 161)
    gains = mean + spread * grid
    above = evidence["gain"] - evidence["late_columns"] - gains
    if evidence["split"] == "time":
        # density of the largest of `tried` normal errors
        errors = above / error
        log_fit = -(errors**2) / 2 + (tried - 1) * special.log_ndtr(errors)
    else:
        flatters, scatter = RANDOM_SPLIT_FLATTERS
        largest = special.ndtri(((np.arange(24) + 0.5) / 24) ** (1 / tried))
        parts = -(((above[:, None] - flatters - error * largest) / scatter) ** 2) / 2
        log_fit = special.logsumexp(parts, axis=1)
    log_weights = log_fit - grid**2 / 2
    weights = np.exp(log_weights - log_weights.max())
    return gains, weights / weights.sum()


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
