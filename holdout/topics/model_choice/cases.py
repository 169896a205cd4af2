"""Cases of exercise 06: measured models under limits, and questions whether a cheaper model may replace another.

What is true of each model is known here, so a decision can be scored. Not for the models of the lesson: see `experiments`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

# -- Simulated cases with known truth, for the exercise
LARGER = {"S": 0.0, "M": 1.1, "L": 1.6}
PRICES = {"S": 1.0, "M": 2.6, "L": 8.6}
PACE = {"S": 1.0, "M": 1.4, "L": 2.6}
SLICES = ("popular", "rare", "new")
_SLOW = stats.norm.ppf(0.95)
ALLOWED = 0.02  # loss of accuracy that a cheaper model may have
TOO_MUCH, SAVING, LABELLING = 60.0, 6.0, 2.0
BROKEN = 80.0
NONE = 15.0


def constraint_cases(rng: np.random.Generator, cases: int) -> tuple[list[dict], list[dict]]:
    """Six candidates each under random limits: what was measured, and what each decision costs on average given that.

    Candidates are S, M, L, bare and with documents ("S+", "M+", "L+"). A decision costs its bill in thousand
    euros a month, plus `BROKEN` for each limit that it *truly* breaks; "none" costs `NONE`. Only what was measured is known of the
    truth, so a cost is the mean over all truths that are possible given it: luck neither helps nor harms.

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
        unit, pace, level = rng.uniform(0.44, 0.58), rng.uniform(20, 60), rng.normal(1.8, 0.4)
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
            spread = rng.uniform(0.5, 1.6)
            measured = np.exp(centre + spread * rng.standard_normal(60))
            bill = unit * PRICES[size] * (3.0 if plus else 1.0)
            models[name] = {
                "right": {slice_: int(rng.binomial(asked[slice_], shares[slice_])) for slice_ in SLICES},
                "asked": dict(asked),
                "milliseconds": np.maximum(measured.round(2), 0.01).tolist(),
                "bill": round(bill, 2),
            }
            total = sum(asked.values())
            truths[name] = {
                "milliseconds": float(np.exp(centre + _SLOW * spread)),
                "bill": round(bill, 2),
                "quality": sum(shares[s] * asked[s] for s in SLICES) / total,
                "worst": min(shares.values()),
            }
        # In a third of the cases the limits leave room for several candidates, and the bill decides between them.
        roomy = rng.random() < 0.35
        middle = truths[str(rng.choice(["S", "M", "S+"] if roomy else ["S+", "M", "M+", "L"]))]
        ease = {"milliseconds": 1.3, "bill": 3.5, "quality": -0.03, "worst": -0.08} if roomy else {}
        limits = {
            "milliseconds": round(
                float(middle["milliseconds"] * np.exp(rng.normal(0.2, 0.25) + ease.get("milliseconds", 0.0))),
                1,
            ),
            "bill": round(float(middle["bill"] * np.exp(rng.normal(0.8, 0.5) + ease.get("bill", 0.0))), 2),
            "quality": round(
                float(min(middle["quality"] + rng.normal(-0.02, 0.03) + ease.get("quality", 0.0), 0.98)), 3
            ),
            "worst": round(
                float(np.clip(middle["worst"] + rng.normal(-0.07, 0.12) + ease.get("worst", 0.0), 0.1, 0.95)),
                2,
            ),
        }
        shown.append({"models": models, "limits": limits})
        costs.append(_constraint_costs(models, limits))
    return shown, costs


_CANDIDATES = ("S", "M", "L", "S+", "M+", "L+")


def _constraint_costs(models: Mapping[str, dict], limits: Mapping[str, float]) -> dict[str, float]:
    """What each decision costs on average over the truths that are possible given what was measured.

    Every share is as likely as any other before it is measured (so that it has a beta distribution afterwards), and so are the
    mean and the logarithm of the spread of the logarithms of the latencies (so that the chance of a 95th percentile comes from the
    noncentral t distribution, as for a tolerance bound).
    """
    costs = {}
    for name, model in models.items():
        right, asked = model["right"], model["asked"]
        hits, count = sum(right.values()), sum(asked.values())
        poor = stats.beta.cdf(limits["quality"], hits + 1, count - hits + 1)
        kept = stats.beta.sf(
            limits["worst"],
            [right[kind] + 1 for kind in SLICES],
            [asked[kind] - right[kind] + 1 for kind in SLICES],
        )
        logs = np.log(model["milliseconds"])
        root = np.sqrt(len(logs))
        room = root * (np.log(limits["milliseconds"]) - logs.mean()) / logs.std(ddof=1)
        # The chance is 1 to ten digits below 0 and 0 above 40 (60 answers), where the routine for the tails may return NaN.
        slow = stats.nct.sf(np.clip(room, 0, 40), len(logs) - 1, _SLOW * root)
        dear = float(model["bill"] > limits["bill"])
        costs[name] = float(model["bill"] + BROKEN * (poor + 1 - np.prod(kept) + slow + dear))
    return costs | {"none": float(NONE)}


def swap_cases(rng: np.random.Generator, cases: int) -> tuple[list[dict], list[dict]]:
    """Two models on the same questions, the second one cheaper: right or wrong, and what each decision costs.

    "swap" costs `TOO_MUCH` if more than `ALLOWED` of the accuracy is truly lost, "stay" costs `SAVING` (what the cheaper model
    would have saved), "ask more" costs `LABELLING` plus the cheaper of the two: all of them on average given the
    evidence (normal error, every loss as likely as any other before), so that luck does not judge.

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
        n = int(np.exp(rng.uniform(np.log(100), np.log(2400))))
        loss = rng.uniform(-0.06, 0.10)
        # few or many disagreements: neither the standard error of two separate samples nor one for all pairs will do
        disagree = abs(loss) + rng.choice([0.01, 0.02, 0.2, 0.5])
        both = rng.uniform(0.5, 0.95) * (1 - disagree)
        shares = np.array([both, (disagree + loss) / 2, (disagree - loss) / 2, 1 - both - disagree])
        outcome = rng.choice(4, size=n, p=shares)
        large, small = np.isin(outcome, (0, 1)).astype(int), np.isin(outcome, (0, 2)).astype(int)
        beyond = ((large - small).mean() - ALLOWED) / np.sqrt((disagree - loss**2) / n)
        chance = float(stats.norm.cdf(beyond))
        shown.append({"large": large.tolist(), "small": small.tolist()})
        costs.append(
            {"swap": TOO_MUCH * chance, "stay": SAVING, "ask more": LABELLING + SAVING * chance},
        )
    return shown, costs
