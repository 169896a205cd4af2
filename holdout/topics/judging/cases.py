"""Cases of exercise e1: what a team knows about a judge when it must decide, and what each decision really costs."""

from __future__ import annotations

import math

import numpy as np

from holdout.topics.judging.experiments import reported_rate

TRUST = ("ship", "wait", "label")
"""Decisions about a release: trust the corrected rate and ship, or wait, or label everything by hand first."""

WINNERS = ("A", "B", "neither")
EQUAL, QUALITY = 0.7, (0.10, 0.14)
"""How often two models are equally good, and how large the part for quality is otherwise."""


def trust_case(rng: np.random.Generator) -> tuple[dict, dict[str, float]]:
    """Evidence about one release and the cost of each decision.

    Judges differ in both rates, labels of either kind are many or few, prices differ by an order of magnitude. The true
    rate lies at most 0.15 from the bar.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    evidence : dict
        Plain numbers: `right`, `passed_right`, `wrong`, `failed_wrong` (labelled answers), `passed`, `judged` (answers
        that only the judge saw), `bar`, `cost_per_point`, `price_of_labels`.
    costs : dict of str to float
        Thousands of euros for each of `TRUST`, as `posterior_costs` works them out.
    """
    bar = float(rng.uniform(0.55, 0.85))
    rate = float(np.clip(bar + rng.uniform(-0.15, 0.15), 0.05, 0.97))
    # lenient judges pass too much, strict ones too little
    good, poor = rng.uniform(0.9, 0.99), rng.uniform(0.5, 0.8)
    tpr, tnr = (good, poor) if rng.random() < 0.5 else (poor, good)
    # which answers were labelled was chosen: their share of right ones is not that of the product
    right, wrong = (int(rng.choice([25, 25, 60, 900])) + int(rng.integers(0, 15)) for _ in range(2))
    judged = int(rng.choice([300, 3000]))
    evidence = {
        "right": right,
        "passed_right": int(rng.binomial(right, tpr)),
        "wrong": wrong,
        "failed_wrong": int(rng.binomial(wrong, tnr)),
        "passed": int(rng.binomial(judged, reported_rate(rate, tpr, tnr))),
        "judged": judged,
        "bar": round(bar, 3),
        "cost_per_point": round(float(np.exp(rng.uniform(np.log(0.2), np.log(8.0)))), 2),
        "price_of_labels": round(float(np.exp(rng.uniform(np.log(0.5), np.log(20.0)))), 2),
    }
    return evidence, posterior_costs(evidence, rng)


def posterior_costs(evidence: dict, rng: np.random.Generator, *, draws: int = 1000) -> dict[str, float]:
    """Mean cost of each of `TRUST` over everything that the evidence leaves open.

    Reported rate, TPR and TNR are drawn from their beta distributions (uniform before the counts); the corrected rate of
    each draw is cut to [0, 1].

    Parameters
    ----------
    evidence : dict
        As `trust_case` returns it.
    rng : numpy.random.Generator
    draws : int
    """

    def drawn(hits: int, trials: int) -> np.ndarray:
        return rng.beta(hits + 1, trials - hits + 1, draws)

    tpr = drawn(evidence["passed_right"], evidence["right"])
    tnr = drawn(evidence["failed_wrong"], evidence["wrong"])
    reported = drawn(evidence["passed"], evidence["judged"])
    rate = np.clip((reported + tnr - 1) / np.maximum(tpr + tnr - 1, 1e-6), 0, 1)
    points = 100 * (rate - evidence["bar"])
    return {
        "ship": evidence["cost_per_point"] * float(np.mean(np.maximum(-points, 0))),
        "wait": evidence["cost_per_point"] * float(np.mean(np.maximum(points, 0))),
        "label": evidence["price_of_labels"],
    }


def winner_case(rng: np.random.Generator) -> tuple[dict, dict[str, float]]:
    """What a judge of pairs said about two models in both orders, and the cost of each decision.

    The chance that the judge prefers A is one half, plus a preference for quality, for the first place and for the longer answer.
    Either of the last two may be negative.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    evidence : dict
        Plain numbers: `a_first` and `a_first_wins` (comparisons in which A is shown first, and those that A wins), `a_second`
        and `a_second_wins`, `a_longer` (share of the comparisons in which A's answer is the longer one), `padded` and
        `padded_wins` (comparisons of an answer with the same answer made longer, in both orders alike, and those that the
        longer one wins), `false_winner` and `missed` (what the two mistakes cost).
    costs : dict of str to float
        Thousands of euros for each of `WINNERS`, as `winner_costs` works them out.
    """
    better = rng.choice([-1, 0, 1], p=[(1 - EQUAL) / 2, EQUAL, (1 - EQUAL) / 2])
    quality = float(better * rng.uniform(*QUALITY))
    place = float(rng.uniform(0.0, 0.16) * rng.choice([-1, 1, 1]))
    length = float(rng.choice([0.0, rng.uniform(0.08, 0.14)]) * rng.choice([-1, 1, 1]))
    longer = float(rng.choice([rng.uniform(0.05, 0.2), rng.uniform(0.8, 0.95)]))
    total = int(rng.choice([150, 1500, 1500]))
    share_first = float(rng.choice([0.5, rng.uniform(0.15, 0.3), rng.uniform(0.7, 0.85)]))
    first = int(total * share_first)
    toward = quality + length * (2 * longer - 1)
    # where few were padded and many compared, the doubt is that of the padded ones
    padded = int(rng.choice([100, 100, 1200]))

    false_winner, missed = ((1.0, 8.0), (8.0, 1.0), (3.0, 3.0))[rng.integers(3)]

    def chance(shift: float) -> float:
        return float(np.clip(0.5 + shift, 0.02, 0.98))

    evidence = {
        "a_first": first,
        "a_first_wins": int(rng.binomial(first, chance(toward + place))),
        "a_second": total - first,
        "a_second_wins": int(rng.binomial(total - first, chance(toward - place))),
        "a_longer": round(longer, 3),
        "padded": padded,
        "padded_wins": int(rng.binomial(padded, chance(length))),
        "false_winner": false_winner,
        "missed": missed,
    }
    return evidence, winner_costs(evidence)


def winner_costs(evidence: dict) -> dict[str, float]:
    """Mean cost of each of `WINNERS` over what the evidence leaves open.

    The part for quality is estimated with place and length taken off; its error is normal. It is 0 in `EQUAL` of the cases, and otherwise
    anywhere in `QUALITY`, in either direction. Nothing is assumed of the parts for place and for length: a binomial
    posterior that lets them be anything from -0.3 to 0.3 decides alike.

    Parameters
    ----------
    evidence : dict
        As `winner_case` returns it.
    """
    first = evidence["a_first_wins"] / evidence["a_first"]
    second = evidence["a_second_wins"] / evidence["a_second"]
    longer = evidence["padded_wins"] / evidence["padded"]
    lean = 2 * evidence["a_longer"] - 1
    measured = (first + second) / 2 - 0.5 - (longer - 0.5) * lean
    variance = (first * (1 - first) / evidence["a_first"] + second * (1 - second) / evidence["a_second"]) / 4
    variance += lean**2 * longer * (1 - longer) / evidence["padded"]

    def likelihood(values: np.ndarray) -> float:
        return float(np.mean(np.exp(-((measured - values) ** 2) / (2 * variance))))

    sizes = np.linspace(*QUALITY, 9)
    weights = np.array([1 - EQUAL, 1 - EQUAL, 2 * EQUAL]) / 2
    weights = weights * [likelihood(sizes), likelihood(-sizes), likelihood(np.zeros(1))]
    a, b, neither = weights / weights.sum()
    return {
        "A": evidence["false_winner"] * (b + neither),
        "B": evidence["false_winner"] * (a + neither),
        "neither": evidence["missed"] * (a + b),
    }


def expected_costs(rate: float, error: float, evidence: dict) -> dict[str, float]:
    """Cost of each of `TRUST`, if the true rate is normal around an estimate.

    Parameters
    ----------
    rate, error : float
        Estimate and standard error.
    evidence : dict
        With `bar`, `cost_per_point` and `price_of_labels`.

    References
    ----------
    The expected loss of a normal variable: Raiffa, H., Schlaifer, R. (1961), Applied Statistical Decision Theory.
    """
    distance = rate - evidence["bar"]
    z = distance / error
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    above = 0.5 * math.erfc(-z / math.sqrt(2))
    if_shipped = error * density - distance * (1 - above)
    if_waited = error * density + distance * above
    return {
        "ship": 100 * evidence["cost_per_point"] * if_shipped,
        "wait": 100 * evidence["cost_per_point"] * if_waited,
        "label": evidence["price_of_labels"],
    }
