"""Ship or wait: release decisions whose true cost is known.

For lesson 14 and its exercise. Generators take a generator and return plain data. Nothing here draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

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
