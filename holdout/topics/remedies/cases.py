"""Cases of exercise 02: evidence about a model with the cost of each remedy, and logs of ablations.

The cost is what the remedy does to the true risk, computed by the simulator in `experiments`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from holdout.topics.remedies.experiments import (
    CAUSES,
    PRICES,
    REMEDIES,
    apply,
    gather_evidence,
    make_remedy_case,
)


class ScoredRemedyCase(NamedTuple):
    """A hidden case as a policy meets it, and what each remedy really costs.

    Attributes
    ----------
    evidence : dict
        From `gather_evidence`, and `prices`: what each remedy costs here. All that a policy sees.
    cost : dict
        Remedy to true risk after it (at most that of predicting the mean, on which one would fall back) plus
        its price.
    cause : str
        Where the case was drawn from; for reports only.
    """

    evidence: dict
    cost: dict[str, float]
    cause: str


def make_scored_cases(
    rng: np.random.Generator, count: int, *, designs: int = 16, dearer: float = 1.0
) -> list[ScoredRemedyCase]:
    """Draw cases with every cause equally often (up to one), each with its evidence and its true costs.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        Number of cases, at least the number of causes.
    designs : int, default 16
        As in `case_true_risk`.
    dearer : float, default 1
        Each case has prices of its own (`evidence["prices"]`): those of `PRICES`, each times a factor between
        1 and this number, drawn uniformly in its logarithm.

    Raises
    ------
    ValueError
        If there are fewer cases than causes, or `dearer` is below 1.
    """
    if count < len(CAUSES):
        raise ValueError(f"count must be at least {len(CAUSES)}, one case a cause; got {count}")
    if not dearer >= 1:
        raise ValueError(f"dearer is the largest factor on a price and must be at least 1, got {dearer}")
    causes = [CAUSES[i % len(CAUSES)] for i in range(count)]
    rng.shuffle(causes)
    scored = []
    for cause in causes:
        case = make_remedy_case(rng, cause)
        evidence = gather_evidence(case, rng)
        factors = (
            np.exp(rng.uniform(0, math.log(dearer), len(REMEDIES))) if dearer > 1 else np.ones(len(REMEDIES))
        )
        prices = {
            remedy: round(PRICES[remedy] * float(f), 3) for remedy, f in zip(REMEDIES, factors, strict=True)
        }
        cost = {
            remedy: min(apply(case, remedy, designs=designs), case.risk_of_the_mean) + prices[remedy]
            for remedy in REMEDIES
        }
        scored.append(ScoredRemedyCase({**evidence, "prices": prices}, cost, cause))
    return scored


def score_policy(next_step: Callable[[dict], str], cases: Iterable[ScoredRemedyCase]) -> float:
    """Return how much of what evidence can buy a policy gets: 1 is the oracle, 0 the best policy that never
    looks.

    The regret of an answer is the cost of that remedy minus the cost of the best one. The score is one minus
    the policy's total regret divided by the total regret of the best *constant* policy on the same cases; a
    policy worse than any constant is negative.

    Parameters
    ----------
    next_step : callable
        Takes an evidence dict, returns one of `REMEDIES`.
    cases : iterable of ScoredRemedyCase

    Returns
    -------
    float
        At most 1.

    Raises
    ------
    ValueError
        If an answer is not one of `REMEDIES`.
    """
    cases = list(cases)
    regret, constant = 0.0, dict.fromkeys(REMEDIES, 0.0)
    for case in cases:
        best = min(case.cost.values())
        answer = next_step(case.evidence)
        if answer not in case.cost:
            raise ValueError(f"next_step answered {answer!r}; choose one of {', '.join(REMEDIES)}")
        regret += case.cost[answer] - best
        for remedy in REMEDIES:
            constant[remedy] += case.cost[remedy] - best
    return 1 - regret / min(constant.values())


def _gap_then_regularise(evidence: dict) -> str:
    return "regularise" if evidence["gap"] > 0.1 * evidence["validation_error"] else "add capacity"


def _gap_then_data(evidence: dict) -> str:
    return "more data" if evidence["gap"] > 0.1 * evidence["validation_error"] else "add capacity"


def _validation_only(evidence: dict) -> str:
    return "add capacity" if evidence["validation_error"] > 0.5 else "leave alone"


def _learning_curve_only(evidence: dict) -> str:
    curve = evidence["learning_curve"]["validation"]
    return "more data" if curve[-2] - curve[-1] > 0.05 else "leave alone"


SHORTCUTS: dict[str, Callable[[dict], str]] = {
    "gap: regularise, no gap: add capacity": _gap_then_regularise,
    "gap: more data, no gap: add capacity": _gap_then_data,
    "validation error only": _validation_only,
    "learning curve only": _learning_curve_only,
}


_KNOBS = {
    "features": ("all", "no courier", "no weather"),
    "ridge": (1, 10),
    "depth": (
        10,
        3,
    ),  # 10 is a value of ridge, too: who compares values without their names overlooks that ridge has changed
    "rows": (8000, 4000),
    "split": ("by time", "random"),
    "seeds": ("0-9", "10-19"),
}


def make_ablation_log(
    rng: np.random.Generator, *, runs: int = 6, confounded: int = 2
) -> tuple[list[dict], set[str]]:
    """Draw an experiment log in which some comparisons turned more than one knob.

    Parameters
    ----------
    rng : numpy.random.Generator
    runs : int, default 6
        Runs beside the baseline.
    confounded : int, default 2
        How many of them differ from the baseline in two or three settings. Their *names* mention one.

    Returns
    -------
    log : list of dict
        Each with `name`, `settings` (a dict) and `error`; the baseline is first.
    names : set of str
        Names of the confounded runs.
    """
    if not 0 <= confounded <= runs:
        raise ValueError(f"confounded must lie between 0 and the {runs} runs, got {confounded}")
    knobs = list(_KNOBS)
    start = {knob: _KNOBS[knob][0] for knob in knobs}
    error = float(rng.uniform(0.2, 0.4))
    log = [{"name": "baseline", "settings": start, "error": round(error, 4)}]
    planted = set(rng.permutation(runs)[:confounded].tolist())
    names = set()
    for i in range(runs):
        turned = 1 if i not in planted else int(rng.integers(2, 4))
        chosen = [knobs[k] for k in rng.permutation(len(knobs))[:turned]]
        settings = dict(start)
        for knob in chosen:
            settings[knob] = _KNOBS[knob][int(rng.integers(1, len(_KNOBS[knob])))]
        name = f"run {i + 1}: {chosen[0]}"
        if turned > 1:
            names.add(name)
        order = rng.permutation(len(knobs))  # logs do not list settings in one order
        log.append(
            {
                "name": name,
                "settings": {knobs[k]: settings[knobs[k]] for k in order},
                "error": round(error + float(rng.normal(scale=0.02)), 4),
            }
        )
    return log, names
