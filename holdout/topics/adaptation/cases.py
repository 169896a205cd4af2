"""Cases of exercise 07: products that fail, and situations to recommend for, each with the cost of every decision.

Not for measuring models (`experiments`) and not for the monthly costs themselves (`bill`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from holdout.topics.adaptation.bill import PRICES, RULES, monthly_costs
from holdout.topics.adaptation.experiments import BREACH_COUNTS, MOST_COUNTS, OPTIONS


# -- cases
@dataclass(frozen=True)
class AdaptationCase:
    """What somebody knows before deciding, and what each decision then really costs."""

    evidence: dict
    costs: dict[str, float]


# What the options reach, drawn between these shares: the pattern of the lesson, wider.
_REACHES = {
    "form": {
        "prompt": (0.1, 0.99),
        "retrieval": (0.1, 0.99),
        "stronger model": (0.5, 0.99),
        "fine-tune": (0.85, 0.99),
        "both": (0.85, 0.99),
    },
    "facts": {
        "prompt": (0.02, 0.35),
        "retrieval": (0.5, 0.97),
        "stronger model": (0.6, 0.99),
        "fine-tune": (0.88, 0.99),
        "both": (0.6, 0.99),
    },
    "facts in a form": {
        "prompt": (0.0, 0.2),
        "retrieval": (0.1, 0.6),
        "stronger model": (0.3, 0.95),
        "fine-tune": (0.85, 0.99),
        "both": (0.7, 0.99),
    },
}
# Changes of a fact a month, as powers of ten: half of the products have facts that hardly move, half have facts that
# move within months. Between the two the choice would rarely depend on the rate, and nobody would have to look at it.
_SLOW, _FAST = (-4.0, -2.0), (-0.7, 0.3)
_LABELS = (10, 40, 160)
PILOT = 200
TOKENS = {"prompt": 1.5, "retrieval": 4.0, "stronger model": 4.0, "fine-tune": 1.0, "both": 4.0}


def make_cases(rng: np.random.Generator, n: int) -> list[AdaptationCase]:
    """Products with a gap: what a pilot of 200 questions showed, and what each option would really cost.

    A cost is a multiple of the cheapest option of its case, so that a large product does not decide alone: at most
    `MOST_COUNTS`, and `BREACH_COUNTS` for a breach of a rule.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int

    Returns
    -------
    list of AdaptationCase
    """
    made = []
    for _ in range(n):
        gap = str(rng.choice(list(_REACHES)))
        true = {option: float(rng.uniform(*_REACHES[gap][option])) for option in OPTIONS}
        rate = float(10 ** rng.uniform(*(_SLOW if rng.random() < 0.5 else _FAST)))
        evidence: dict[str, Any] = {
            "gap": gap,
            "pilot": {option: int(rng.binomial(PILOT, true[option])) / PILOT for option in OPTIONS},
            "questions": int(10 ** rng.uniform(3.5, 6)),
            "change_rate": 0.0 if gap == "form" else round(rate, 4),
            "examples": int(rng.choice([0, 50, 150, 300, 1000])),
            "label": int(rng.choice(_LABELS)),
            "price_of_wrong": round(float(10 ** rng.uniform(-2, 0)), 3),
            "rule": str(rng.choice(RULES, p=[0.55, 0.15, 0.15, 0.15])),
        }
        costs = monthly_costs(
            evidence["questions"],
            evidence["change_rate"],
            accuracies=true,
            tokens=TOKENS,
            facts=gap != "form",
            examples=evidence["examples"],
            price_of_wrong=evidence["price_of_wrong"],
            rule=evidence["rule"],
            prices=replace(PRICES, label=float(evidence["label"])),
        )
        best = min(map(float, costs.values()))
        times = {
            option: BREACH_COUNTS if np.isinf(cost) else min(float(cost) / best, MOST_COUNTS)
            for option, cost in costs.items()
        }
        made.append(AdaptationCase(evidence, {option: round(value, 4) for option, value in times.items()}))
    return made


FIXES = {
    "leave": 0.0,
    "add retrieval": 0.06,
    "fix the search": 0.04,
    "stronger model": 0.10,
    "fine-tune": 0.12,
}
TRIALS = 80


def make_failing_products(rng: np.random.Generator, n: int) -> list[AdaptationCase]:
    """Products that fail, each measured apart: memory, search, reading, form.

    An answer is right if its value and its form are. The value comes from memory, or, with retrieval, from
    reading where search finds the passage and from memory where it does not. A fix changes one of these rates:
    `add retrieval` begins to search, `fix the search` raises what is found to 0.97, `stronger model` reads
    (and writes the form) as its own trial shows, `fine-tune` raises the form to 0.96. The cost of a decision is
    the share of wrong answers that remains plus the price of the fix (`FIXES`).
    """
    made = []
    for _ in range(n):
        searches = bool(rng.random() < 0.6)
        trouble = str(rng.choice(["memory", "search", "reading", "form", "none"]))
        rate = {
            "memory": rng.uniform(0.05, 0.45) if trouble == "memory" or searches else rng.uniform(0.85, 0.99),
            "found": rng.uniform(0.35, 0.8) if trouble == "search" else rng.uniform(0.88, 0.99),
            "reading": rng.uniform(0.3, 0.75) if trouble == "reading" else rng.uniform(0.88, 0.99),
            "form": rng.uniform(0.1, 0.75) if trouble == "form" else rng.uniform(0.92, 1.0),
        }
        rate = {name: float(value) for name, value in rate.items()}
        rate["reading, stronger"] = float(1 - (1 - rate["reading"]) * rng.uniform(0.1, 0.6))
        rate["form, stronger"] = float(1 - (1 - rate["form"]) * rng.uniform(0.5, 1.0))
        costs = {fix: 1 - after_fix(rate, searches, fix) + price for fix, price in FIXES.items()}
        measured = {name: int(rng.binomial(TRIALS, value)) / TRIALS for name, value in rate.items()}
        made.append(
            AdaptationCase(
                {"searches": searches, **measured},
                {fix: round(cost, 6) for fix, cost in costs.items()},
            )
        )
    return made


def after_fix(rate: Mapping[str, float], searches: bool, fix: str) -> float:
    """Share of right answers of a product after a fix (see `make_failing_products`)."""
    found, reading, form = rate["found"], rate["reading"], rate["form"]
    if fix == "add retrieval":
        searches = True
    elif fix == "fix the search":
        found = max(found, 0.97)
    elif fix == "stronger model":
        reading, form = rate["reading, stronger"], rate["form, stronger"]
    elif fix == "fine-tune":
        form = max(form, 0.96)
    value = found * reading + (1 - found) * rate["memory"] if searches else rate["memory"]
    return value * form
