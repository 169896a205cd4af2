"""Ship or wait: analyses with planted faults, and release decisions whose true cost is known.

For lesson 14 and its exercise. Generators take a generator and return plain data; the judge of the review scores
precision and recall. Nothing here draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

FAULTS = {
    "random split": "rows depend on time, and training rows are as late as test rows",
    "future column": "the model reads a column that is written after the decision",
    "twins": "more than 1 % of the test rows also stand in the training rows",
    "open labels": "the test rows were exported before their slowest labels were known",
    "fitted before the split": "a step that reads the label was fitted on all rows",
    "threshold on test": "the threshold was searched on the test rows",
    "best of many": "the best of several is reported on the rows that chose it",
    "hidden segment": "a segment is clearly below the bar and is not named",
    "noise called miscalibration": "an ECE that a perfect model would show too is called miscalibration",
    "uncalibrated threshold": "the cost formula is used on probabilities that are clearly off",
    "unpaired": "two models on the same rows are compared by two separate intervals",
    "own outputs": "rows written by a model, or by nobody knows whom, train it without a parent",
    "small canary": "the canary is too small for the drop that it shall see",
}
"""Faults that `make_analysis` plants and that a review may report, each with what it means."""


@dataclass(frozen=True)
class Analysis:
    """A colleague's analysis and what is wrong with it.

    Attributes
    ----------
    report : dict
        Settings and numbers, plain data.
    planted : tuple of str
        Keys of `FAULTS`.
    """

    report: dict
    planted: tuple[str, ...]


def perfect_ece(mean_variance: float, bins: int, rows: int) -> float:
    """ECE to expect of a perfect model in bins with equally many rows: sqrt(2 v bins / (pi rows)).

    Parameters
    ----------
    mean_variance : float
        Mean of p (1 - p).
    bins, rows : int

    Returns
    -------
    float
        See `holdout.stats.calibration.ece_of_a_perfect_model`, of which this is the case of equal bins.
    """
    return float(np.sqrt(2 * mean_variance * bins / (np.pi * rows)))


def canary_items(accuracy: float, drop: float, *, false_alarm: float = 0.05, power: float = 0.8) -> int:
    """Items that a canary needs to see a drop of its accuracy, one-sided, in the normal approximation.

    Parameters
    ----------
    accuracy : float
        Known accuracy, between 0 and 1.
    drop : float
        Smallest drop that must be seen, in the same unit, above 0.
    false_alarm, power : float
        Probability of an alarm without a drop, and with one.

    Returns
    -------
    int
        ((z_alarm + z_power) / drop)^2 accuracy (1 - accuracy), rounded up.
    """
    if not drop > 0:
        raise ValueError(f"drop must be above 0, got {drop}; a canary cannot see no change")
    z = stats.norm.isf(false_alarm) + stats.norm.ppf(power)
    return int(np.ceil((z / drop) ** 2 * accuracy * (1 - accuracy)))


def make_analysis(rng: np.random.Generator, faults: Sequence[str] | None = None) -> Analysis:
    """Draw an analysis; each fault is planted with probability 0.3 unless told otherwise.

    Beside each fault stands something that looks like it and is none: a random split of rows without a time, a
    strong column that is known in time, twins within the training rows, a scaler fitted on all rows, many models
    compared on validation rows, a tiny segment with a bad rate, a small ECE that is small enough.

    Parameters
    ----------
    rng : numpy.random.Generator
    faults : collection of str, optional
        Exactly these are planted.

    Returns
    -------
    Analysis
    """
    if faults is None:
        faults = reachable([name for name in FAULTS if rng.random() < 0.3])
    for name in faults:
        if name not in FAULTS:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(FAULTS)}")
    has = set(faults).__contains__
    split, labels = _split(has, rng)
    calibration, threshold = _calibration(has, rng)
    report = {
        "split": split,
        "labels": labels,
        "columns": _columns(has, rng),
        "rows": _rows(has, rng),
        "steps": _steps(has, rng),
        "models": _models(has, rng),
        "segments": _segments(has, rng),
        "calibration": calibration,
        "threshold": threshold,
        "comparison": _comparison(has, rng),
        "sources": _sources(has, rng),
        "canary": _canary(has, rng),
    }
    return Analysis(report, tuple(name for name in FAULTS if has(name)))


def _split(has, rng):
    last_train, last_test = int(rng.integers(200, 400)), int(rng.integers(430, 500))
    depends = bool(has("random split") or rng.random() < 0.5)
    mixed = has("random split") or (not depends and rng.random() < 0.8)
    first_test = int(rng.integers(1, 20)) if mixed else last_train + int(rng.integers(1, 20))
    split = {
        "depends_on_time": depends,
        "train_days": [0, last_test - int(rng.integers(0, 5)) if mixed else last_train],
        "test_days": [first_test, last_test],
    }
    slowest = int(rng.integers(5, 30))
    # never on the very day: whether a label of that morning is in the export is no question here
    wait = int(rng.integers(0, slowest)) if has("open labels") else slowest + int(rng.integers(1, 20))
    return split, {"exported_day": last_test + wait, "slowest_label_days": slowest}


def _columns(has, rng):
    names = ["weight_kg", "distance_km", "stops", "contacts", "eta_hours", "wind_ms", "refund_eur"]
    columns = [
        {
            "name": name,
            "known_hours_after_decision": -int(rng.integers(0, 48)),
            "used": True,
            "importance": round(float(rng.uniform(0, 0.6)), 2),
        }
        for name in rng.permutation(names).tolist()
    ]
    for column in columns[:2]:  # known later, and left out: no fault
        if rng.random() < 0.5:
            column.update(known_hours_after_decision=int(rng.integers(1, 60)), used=False)
    if has("future column"):
        columns[2].update(known_hours_after_decision=int(rng.integers(1, 60)))
    return [columns[place] for place in rng.permutation(len(columns))]


def _rows(has, rng):
    test = int(rng.integers(800, 4000))
    share = rng.uniform(0.02, 0.12) if has("twins") else rng.choice([0.0, 0.004])
    return {
        "train": int(rng.integers(6000, 15000)),
        "test": test,
        "test_rows_also_in_train": round(test * share),
        "twins_within_train": int(rng.choice([0, rng.integers(50, 400)])),
    }


def _steps(has, rng):
    steps = [
        {"name": "fill missing values", "fitted_on": "train", "reads_label": False},
        {"name": "scale", "fitted_on": str(rng.choice(["train", "all rows"])), "reads_label": False},
        {"name": "encode couriers by lateness", "fitted_on": "train", "reads_label": True},
        {"name": "keep the 20 best columns", "fitted_on": "train", "reads_label": True},
    ]
    if has("fitted before the split"):
        steps[int(rng.integers(2, 4))]["fitted_on"] = "all rows"
    return steps


def _models(has, rng):
    if has("best of many"):
        rows = str(rng.choice(["validation", "test"]))
        return {"tried": int(rng.integers(5, 80)), "chosen_on": rows, "reported_on": rows}
    return [
        {"tried": 1, "chosen_on": "test", "reported_on": "test"},
        {"tried": int(rng.integers(5, 80)), "chosen_on": "validation", "reported_on": "test"},
        {"tried": int(rng.integers(5, 80)), "chosen_on": "test", "reported_on": "fresh rows"},
    ][int(rng.integers(3))]


def _segments(has, rng):
    bar = round(float(rng.uniform(0.6, 0.8)), 2)
    table = []
    for name in ("city", "suburb", "rural", "coast"):
        rows = int(rng.integers(150, 900))
        table.append({"name": name, "rows": rows, "right": round(rows * (bar + rng.uniform(0.03, 0.12)))})
    rows = int(rng.integers(6, 13))
    tiny = {"name": "harbour", "rows": rows, "right": round(rows * (bar - 0.13))}
    bad = {"name": "islands", "rows": int(rng.integers(80, 200))}
    bad["right"] = round(bad["rows"] * (bar - rng.uniform(0.2, 0.3)))
    named = []
    if has("hidden segment"):
        table.append(bad)
    elif rng.random() < 0.5:
        table.append(bad)
        named = ["islands"]
    if rng.random() < 0.6:
        table.append(tiny)
    return {"bar": bar, "table": table, "named_below_the_bar": named}


def _calibration(has, rng):
    # from few to many rows: an ECE of 0.05 is noise in some reports and far above it in others
    rows, bins = int(np.exp(rng.uniform(np.log(400), np.log(20_000)))), int(rng.choice([10, 15, 20]))
    mean_variance = round(float(rng.uniform(0.10, 0.18)), 3)
    noise = perfect_ece(mean_variance, bins, rows)
    # both faults need an ECE, and they exclude each other: what is noise is not clearly off
    off = has("uncalibrated threshold") or (not has("noise called miscalibration") and rng.random() < 0.5)
    ece = noise * (rng.uniform(2.6, 4) if off else rng.uniform(0.7, 1.15))
    said = "miscalibrated" if off or has("noise called miscalibration") else "no sign of miscalibration"
    formula = has("uncalibrated threshold") or (not has("threshold on test") and rng.random() < 0.9)
    recalibrated = "validation" if off and formula and not has("uncalibrated threshold") else None
    searched = "test" if has("threshold on test") else "validation"
    threshold = {"rule": "cost formula" if formula else f"searched on {searched}"}
    calibration = {
        "rows": rows,
        "bins": bins,
        "mean_p_times_1_minus_p": mean_variance,
        "ece": round(float(ece), 4),
        "said": said,
        "recalibrated_on": recalibrated,
    }
    return calibration, threshold


def _comparison(has, rng):
    rows = int(rng.integers(500, 3000))
    same = bool(has("unpaired") or rng.random() < 0.6)
    separate = has("unpaired") or not same
    return {"rows": rows, "same_rows": same, "interval": "two separate" if separate else "of the difference"}


def _sources(has, rng):
    sources = [{"name": "register", "rows": int(rng.integers(5000, 20000)), "by": "people", "parent": None}]
    if rng.random() < 0.6:
        sources.append(
            {
                "name": "filled in by a model",
                "rows": int(rng.integers(200, 3000)),
                "by": "model",
                "parent": "v3",
            }
        )
    if has("own outputs"):
        by = [None, "model"][int(rng.integers(2))]
        sources.append(
            {"name": "archive export", "rows": int(rng.integers(200, 3000)), "by": by, "parent": None}
        )
    return sources


def _canary(has, rng):
    accuracy, drop = round(float(rng.uniform(0.7, 0.92)), 2), float(rng.choice([0.03, 0.05, 0.08]))
    needed = canary_items(accuracy, drop)
    # a size for a two-sided alarm is 1.27 times what is needed, one that forgets the power 0.44 times
    factor = rng.uniform(0.45, 0.95) if has("small canary") else rng.uniform(1.02, 1.6)
    return {"accuracy": accuracy, "smallest_drop": drop, "items": round(needed * factor)}


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


def reachable(faults: Sequence[str]) -> list[str]:
    """Drop what cannot stand beside the rest: noise is not clearly off, and a formula is not searched.

    Parameters
    ----------
    faults : sequence of str

    Returns
    -------
    list of str
    """
    if "uncalibrated threshold" in faults:
        excluded = {"noise called miscalibration", "threshold on test"}
        return [name for name in faults if name not in excluded]
    return list(faults)
