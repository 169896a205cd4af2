"""Cases of exercise 06: measured models under limits, and questions whether a cheaper model may replace another.

What is true of each model is known here, so a decision can be scored. Not for the models of the lesson: see `experiments`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

from holdout.topics.model_choice.experiments import LABELLING, POINT, SAVING

# -- Simulated cases with known truth, for the exercise
LARGER = {"S": 0.0, "M": 1.1, "L": 1.6}
PRICES = {"S": 1.0, "M": 2.6, "L": 8.6}
PACE = {"S": 1.0, "M": 1.4, "L": 2.6}
SLICES = ("popular", "rare", "new")
_SLOW = stats.norm.ppf(0.95)
LOSS, LOSS_SPREAD = 0.02, 0.04  # true losses of accuracy of cheaper models
_NORMAL = stats.norm.ppf((np.arange(200) + 0.5) / 200)
BROKEN = 80.0
NONE = 15.0


def constraint_cases(rng: np.random.Generator, cases: int) -> tuple[list[dict], list[dict]]:
    """Six candidates each under random limits: what was measured, and what each decision truly costs.

    Candidates are S, M, L, bare and with documents ("S+", "M+", "L+"). A decision costs its bill in thousand
    euros a month, plus `BROKEN` for each limit that it *truly* breaks; "none" costs `NONE`.

    Parameters
    ----------
    rng : numpy.random.Generator
    cases : int

    Returns
    -------
    cases : list of dict
        ``models``: name to ``right``, ``asked`` (by slice), ``milliseconds`` (measured) and ``bill``;
        ``limits``: ``milliseconds``, ``bill``, ``quality``, ``worst``.
    costs : list of dict
        Name to thousand euros a month.
    """
    shown, costs = [], []
    for _ in range(cases):
        asked = {
            "popular": int(rng.integers(300, 800)),
            "rare": int(rng.integers(100, 300)),
            "new": int(rng.integers(60, 150)),
        }
        unit, pace, level = rng.uniform(0.2, 0.6), rng.uniform(20, 60), rng.normal(1.8, 0.4)
        documents = rng.uniform(0.6, 2.4)
        models, truths = {}, {}
        for name in _CANDIDATES:
            size, plus = name[0], name.endswith("+")
            skill = level + LARGER[size] + rng.normal(0, 0.25)
            logits = {
                "popular": skill + 0.4,
                "rare": skill - 0.3 + plus * 0.3,
                "new": skill - 2.2 + plus * documents,
            }
            shares = {slice_: 1 / (1 + np.exp(-value)) for slice_, value in logits.items()}
            centre = np.log(pace * PACE[size] * (1.8 if plus else 1.0)) + rng.normal(0, 0.1)
            spread = rng.uniform(0.15, 0.8)
            measured = np.exp(centre + spread * rng.standard_normal(60))
            bill = unit * PRICES[size] * (3.0 if plus else 1.0)
            models[name] = {
                "right": {slice_: int(rng.binomial(asked[slice_], shares[slice_])) for slice_ in SLICES},
                "asked": dict(asked),
                "milliseconds": measured.round(1).tolist(),
                "bill": round(bill, 2),
            }
            total = sum(asked.values())
            truths[name] = {
                "milliseconds": float(np.exp(centre + _SLOW * spread)),
                "bill": round(bill, 2),
                "quality": sum(shares[s] * asked[s] for s in SLICES) / total,
                "worst": min(shares.values()),
            }
        middle = truths[str(rng.choice(["S+", "M", "M+", "L"]))]
        limits = {
            "milliseconds": round(float(middle["milliseconds"] * np.exp(rng.normal(0.2, 0.25))), 1),
            "bill": round(float(middle["bill"] * np.exp(rng.normal(0.8, 0.5))), 2),
            "quality": round(float(min(middle["quality"] + rng.normal(-0.01, 0.015), 0.98)), 3),
            "worst": round(float(np.clip(middle["worst"] + rng.normal(-0.05, 0.06), 0.1, 0.95)), 2),
        }
        shown.append({"models": models, "limits": limits})
        costs.append(
            {name: _true_cost(truth, limits) for name, truth in truths.items()} | {"none": float(NONE)}
        )
    return shown, costs


_CANDIDATES = ("S", "M", "L", "S+", "M+", "L+")


def _true_cost(truth: Mapping[str, float], limits: Mapping[str, float]) -> float:
    broken = [
        truth["milliseconds"] > limits["milliseconds"],
        truth["bill"] > limits["bill"],
        truth["quality"] < limits["quality"],
        truth["worst"] < limits["worst"],
    ]
    return float(truth["bill"] + BROKEN * sum(broken))


def _average_costs(measured: float, variance: float) -> dict[str, float]:
    """What each decision costs on average over the true losses that are possible given the measured one (normal prior and error)."""
    weight = LOSS_SPREAD**2 / (LOSS_SPREAD**2 + variance)
    center, spread = weight * measured + (1 - weight) * LOSS, np.sqrt(weight * variance)
    losses = center + spread * _NORMAL
    swap = POINT * np.maximum(100 * losses, 0.0)
    return {
        "swap": float(swap.mean()),
        "stay": SAVING,
        "ask more": LABELLING + float(np.minimum(swap, SAVING).mean()),
    }


def swap_cases(rng: np.random.Generator, cases: int) -> tuple[list[dict], list[dict]]:
    """Two models on the same questions, the second one cheaper: right or wrong, and what each decision costs.

    "swap" costs `POINT` for each point of accuracy truly lost, "stay" costs `SAVING` (what the cheaper model
    would have saved), "ask more" costs `LABELLING` plus the cheaper of the two: all of them on average given the
    evidence, so that luck does not judge.

    Parameters
    ----------
    rng : numpy.random.Generator
    cases : int

    Returns
    -------
    cases : list of dict
        ``large`` and ``small``: 0 or 1 a question.
    costs : list of dict
    """
    shown, costs = [], []
    for _ in range(cases):
        n = int(np.exp(rng.uniform(np.log(40), np.log(600))))
        loss = rng.normal(LOSS, LOSS_SPREAD)
        disagree = abs(loss) + rng.choice([0.005, 0.02, 0.1, 0.3])
        both = rng.uniform(0.5, 0.95) * (1 - disagree)
        shares = np.array([both, (disagree + loss) / 2, (disagree - loss) / 2, 1 - both - disagree])
        outcome = rng.choice(4, size=n, p=np.clip(shares, 0, None) / np.clip(shares, 0, None).sum())
        large, small = np.isin(outcome, (0, 1)).astype(int), np.isin(outcome, (0, 2)).astype(int)
        shown.append({"large": large.tolist(), "small": small.tolist()})
        costs.append(_average_costs((large - small).mean(), (disagree - loss**2) / n))
    return shown, costs
