"""Cases of exercise 02: evidence about a model with the cost of each remedy, and logs of ablations.

The cost is what the remedy does to the true risk, computed by the simulator in `experiments`.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from holdout.data.flights import PLANNED, WEATHER, as_numbers
from holdout.data.loader import load
from holdout.topics.remedies.experiments import (
    CAUSES,
    PRICES,
    REMEDIES,
    RemedyCase,
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
    rng: np.random.Generator,
    count: int,
    *,
    designs: int = 16,
    dearer: float = 1.0,
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
        If there are fewer cases than causes, or a factor on a price is below 1.
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
        prices = _priced(_draw_factors(rng, dearer))
        cost = {remedy: _cost(case, remedy, prices, designs) for remedy in REMEDIES}
        scored.append(ScoredRemedyCase({**evidence, "prices": prices}, cost, cause))
    return scored


def _draw_factors(rng: np.random.Generator, dearer: float) -> np.ndarray:
    """A factor on the price of each remedy, from 1 to `dearer`, uniform in its logarithm."""
    return np.exp(rng.uniform(0, math.log(dearer), len(REMEDIES))) if dearer > 1 else np.ones(len(REMEDIES))


def _priced(factors: np.ndarray) -> dict[str, float]:
    return {remedy: round(PRICES[remedy] * float(f), 3) for remedy, f in zip(REMEDIES, factors, strict=True)}


def _cost(case: RemedyCase, remedy: str, prices: dict[str, float], designs: int) -> float:
    return min(apply(case, remedy, designs=designs), case.risk_of_the_mean) + prices[remedy]


class _Kind(NamedTuple):
    """Where a clear case comes from: the remedy that suits it, and by how much it is cheaper than each of the others."""

    cause: str
    suits: str = ""
    lead: float = 0.0
    others: tuple[str, ...] = REMEDIES
    by_steps: bool = False
    beats_the_mean: bool = False


_CLEAR = [
    _Kind("trained too long", "stop earlier", 0.12),
    _Kind("too flexible", "simplify", 0.2),
    _Kind("too flexible", "regularise", 0.2, beats_the_mean=True),
    _Kind("too few rows", "leave alone", 0.25, ("regularise",)),
    _Kind("too simple", by_steps=True),
    _Kind("missing signal", "better features", 0.15),
    _Kind("at the floor"),
]
# Of 32 cases, in the order of the kinds. More of those in which an entry that decides is easily overlooked.
_TURNS = [
    kind for round_ in range(8) for kind, n in zip(_CLEAR, (8, 4, 3, 5, 3, 5, 4), strict=True) if round_ < n
]


def make_clear_cases(rng: np.random.Generator, count: int) -> list[ScoredRemedyCase]:
    """Draw cases in which one entry of the evidence decides, so that a rule that ignores it pays for that.

    Prices are 1 to 20 times those of `PRICES`, and that of a sensor 3 to 8 times. Where training went on for too long, stopping is
    cheaper than any other remedy by 0.12; where a penalty helps, the penalty by 0.2, and so on. Of a model with too few
    rows it is only known that another penalty costs 0.25 more than leaving it alone.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        Number of cases, at least one of each kind.

    Returns
    -------
    list of ScoredRemedyCase

    Raises
    ------
    ValueError
        If there are fewer cases than kinds.
    """
    if count < len(_CLEAR):
        raise ValueError(f"count must be at least {len(_CLEAR)}, one case of each kind; got {count}")
    kinds = [_TURNS[i % len(_TURNS)] for i in range(count)]
    return [_draw_clear(rng, kinds[place]) for place in rng.permutation(count)]


def _draw_clear(rng: np.random.Generator, kind: _Kind) -> ScoredRemedyCase:
    while True:
        case = make_remedy_case(rng, kind.cause)
        factors = _draw_factors(rng, 20)
        # a sensor costs three to eight times as much: only there the noise floor decides whether it pays
        factors[REMEDIES.index("better features")] = np.exp(rng.uniform(*np.log((3, 8))))
        prices = _priced(factors)
        if (kind.by_steps and not case.steps) or not _is_clear(case, kind, prices):
            continue
        evidence = gather_evidence(case, rng)
        # A model that measures worse than the mean is replaced by the mean, so that its gap says little about what a penalty wins.
        if not kind.beats_the_mean or evidence["validation_error"] < case.risk_of_the_mean:
            cost = {remedy: _cost(case, remedy, prices, 8) for remedy in REMEDIES}
            return ScoredRemedyCase({**evidence, "prices": prices}, cost, kind.cause)


def _is_clear(case: RemedyCase, kind: _Kind, prices: dict[str, float]) -> bool:
    if not kind.suits:
        return True
    least = _cost(case, kind.suits, prices, 8) + kind.lead
    return all(_cost(case, other, prices, 8) >= least for other in kind.others if other != kind.suits)


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


# -- Ablations on real flights
_DRAWS = 25
_KINDS = ("better", "worse", "by flights only", "within two errors", "near zero")


class _Flights(NamedTuple):
    table: np.ndarray
    late: np.ndarray
    day: np.ndarray
    month: np.ndarray


@functools.cache
def _flights() -> _Flights:
    flights = load("flights").dropna(subset="late").reset_index(drop=True)
    numbers = as_numbers(flights, [*PLANNED, *WEATHER, "day_of_year"])
    return _Flights(
        numbers[PLANNED + WEATHER].to_numpy(),
        flights["late"].to_numpy(dtype=int),
        numbers["day_of_year"].to_numpy(dtype=int),
        flights["month"].to_numpy(dtype=int),
    )


def paired_by_day(values: np.ndarray, day: np.ndarray) -> tuple[float, float]:
    """Return the mean of values and its standard error, with days as the units that are drawn.

    Flights of one day share its weather. So the sum over a day of the distances from the mean is one observation (the
    variance of a ratio of sums).

    Parameters
    ----------
    values : ndarray of shape (flights,)
        Such as differences of the squared errors of two models.
    day : ndarray of shape (flights,)

    Returns
    -------
    (float, float)
        Mean over the flights, and its standard error.
    """
    mean = values.mean()
    _, place = np.unique(day, return_inverse=True)
    sums = np.bincount(place, values - mean)
    return float(mean), float(math.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)) / len(values))


def make_flight_ablation(rng: np.random.Generator, *, days: int = 30) -> pd.DataFrame:
    """Draw an ablation on real flights: predicted risks of a baseline and of five changes, on the same flights.

    All models are decision trees, fitted on flights of other days. Each change alters one setting of the baseline: the leaf
    size, the number of flights, the months that it learned from, or the columns. One is clearly better, one clearly worse,
    one has an interval that excludes 0 only if flights are taken for independent, one lies more than one standard error from
    0, and one near 0. No interval by days ends near 0: those of 90% to 99% lead to the same verdicts. The median of the days leads
    to another verdict on at least one change, and so does the share of flights that are called wrongly at a risk of 0.5.

    Parameters
    ----------
    rng : numpy.random.Generator
    days : int, default 30
        Days on which the models are judged, each with 35 to 60 flights.

    Returns
    -------
    pandas.DataFrame
        One row a flight; columns `day` (1 to 365), `late` (0 or 1), `baseline`, and the changes by name.
    """
    flights = _flights()
    for attempt in itertools.count():
        if attempt % _DRAWS == 0:  # new models; between them other days are drawn, which costs less
            unseen = rng.permutation(365)[:180] + 1
            seen = np.isin(flights.day, unseen)
            models = _risks_of_models(rng.permutation(np.flatnonzero(~seen)), np.flatnonzero(seen), rng)
        rows = np.concatenate(
            [
                rng.permutation(np.flatnonzero(flights.day == one))[: rng.integers(35, 61)]
                for one in np.sort(rng.permutation(unseen)[:days])
            ]
        )
        late, day = flights.late[rows], flights.day[rows]
        before = (models["baseline"][rows] - late) ** 2
        found: dict[str, list[str]] = {kind: [] for kind in _KINDS}
        skewed, called = [], []
        for name, risks in models.items():
            difference = (risks[rows] - late) ** 2 - before
            kind = _kind_of(difference, day)
            if kind and name != "baseline":
                found[kind].append(name)
                if _median_misleads(difference, day):
                    skewed.append(name)
                if _calls_mislead(risks[rows], models["baseline"][rows], late, difference, day):
                    called.append(name)
        if all(found.values()) and skewed:
            chosen = []
            # where the median of the days or the share of wrong calls misleads, before others
            for names in found.values():
                wanted = set(names) & set(skewed) or set(names) & set(called)
                first = [name for name in names if name in wanted] or names
                chosen.append(first[int(rng.integers(len(first)))])
            if set(chosen) & set(called):
                break
    columns = {name: models[name][rows] for name in ["baseline", *rng.permutation(chosen).tolist()]}
    return pd.DataFrame({"day": day, "late": late} | columns)


def _risks_of_models(
    order: np.ndarray, judged: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Predicted risks of a baseline and of trees that differ from it in one setting; nan outside the flights that are judged."""
    flights = _flights()
    leaf, size = int(rng.choice([20, 50, 100])), int(rng.choice([1500, 2500, 4000]))

    def risk(learned: np.ndarray, leaf: int, columns: int = len(PLANNED)) -> np.ndarray:
        tree = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=0)
        tree.fit(flights.table[learned, :columns], flights.late[learned])
        risks = np.full(len(flights.late), np.nan)
        risks[judged] = tree.predict_proba(flights.table[judged, :columns])[:, 1].round(3)
        return risks

    models = {"baseline": risk(order[:size], leaf), "weather as columns": risk(order[:size], leaf, 15)}
    for other in (5, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 800):
        if other != leaf:
            models[f"leaves of {other}"] = risk(order[:size], other)
    for other in (700, 1000, 1500, 2000, 2500, 3000, 4000, 5000):
        if other != size:
            models[f"{other:,} flights"] = risk(order[:other], leaf)
    for first, last in [(month, month + 2) for month in range(1, 11)] + [(1, 6), (7, 12)]:
        inside = (flights.month[order] >= first) & (flights.month[order] <= last)
        models[f"months {first} to {last}"] = risk(order[inside][:size], leaf)
    return models


def _calls_mislead(
    risks: np.ndarray, before: np.ndarray, late: np.ndarray, difference: np.ndarray, day: np.ndarray
) -> bool:
    """Whether the share of wrong calls, late from a risk of 0.5 on, clearly leads to another verdict than the Brier score."""

    def ratio(values: np.ndarray) -> float:
        _, place = np.unique(day, return_inverse=True)
        means = np.bincount(place, values) / np.bincount(place)
        error = means.std(ddof=1) / math.sqrt(len(means))
        return float(means.mean() / error) if error else 0.0

    by_score = ratio(difference)
    by_calls = ratio(((risks >= 0.5) != (late == 1)).astype(float) - ((before >= 0.5) != (late == 1)))
    if abs(by_score) < 1.9:
        return abs(by_calls) > 2.4
    return by_calls * math.copysign(1.0, by_score) < 1.7


def _median_misleads(difference: np.ndarray, day: np.ndarray) -> bool:
    """Whether the median of the daily means is clearly different from 0 where their mean is not, or the other way round."""
    _, place = np.unique(day, return_inverse=True)
    means = np.bincount(place, difference) / np.bincount(place)
    error = means.std(ddof=1) / math.sqrt(len(means))
    if error == 0:
        return False
    by_mean, by_median = abs(means.mean()) / error, abs(float(np.median(means))) / error
    return by_median > 2.3 if by_mean < 1.7 else by_median < 1.8


def _kind_of(difference: np.ndarray, day: np.ndarray) -> str | None:
    """What a change is, whichever way days are weighed; None if an interval by days ends near 0."""
    _, place = np.unique(day, return_inverse=True)
    means = np.bincount(place, difference) / np.bincount(place)
    ratios = [
        mean / error if error > 0 else 0.0
        for mean, error in (
            paired_by_day(difference, day),
            (means.mean(), means.std(ddof=1) / math.sqrt(len(means))),
        )
    ]
    by_flight = difference.mean() / max(difference.std(ddof=1) / math.sqrt(len(difference)), 1e-12)
    if min(ratios) > 2.9:
        return "worse"
    if max(ratios) < -2.9:
        return "better"
    least, most = sorted(np.abs(ratios))
    if most > 1.6:
        return None
    if abs(by_flight) > 2.1:
        return "by flights only"
    if least > 1.15 and abs(by_flight) < 1.9:
        return "within two errors"
    return "near zero" if most < 0.85 and abs(by_flight) < 1.9 else None
