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
# Changes of a fact a month, as powers of ten: from facts that hardly move to facts that move within weeks, so that no one interval
# between two rounds serves all products.
_RATES = (-4.0, 0.3)
_LABELS = (5, 40, 200)
PILOT = 10_000
TOKENS = {"prompt": 1.5, "retrieval": 4.0, "stronger model": 4.0, "fine-tune": 1.0, "both": 4.0}


def make_cases(rng: np.random.Generator, n: int) -> list[AdaptationCase]:
    """Products with a gap: what a pilot of `PILOT` questions showed, and what each option would really cost.

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
        gap = str(rng.choice(list(_REACHES), p=[0.2, 0.4, 0.4]))
        true = {option: float(rng.uniform(*_REACHES[gap][option])) for option in OPTIONS}
        rate = float(10 ** rng.uniform(*_RATES))
        evidence: dict[str, Any] = {
            "gap": gap,
            "pilot": {option: int(rng.binomial(PILOT, true[option])) / PILOT for option in OPTIONS},
            "questions": int(10 ** rng.uniform(3.5, 6)),
            "change_rate": 0.0 if gap == "form" else round(rate, 4),
            "examples": int(rng.choice([0, 50, 150, 300, 1000])),
            "label": int(rng.choice(_LABELS)),
            "price_of_wrong": round(float(10 ** rng.uniform(-2, 0)), 3),
            "rule": str(rng.choice(RULES, p=[0.3, 0.1, 0.35, 0.25])),
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
    "add retrieval": 0.16,
    "fix the search": 0.03,
    "stronger model": 0.06,
    "fine-tune": 0.15,
}
TRIALS = 6000


def make_failing_products(rng: np.random.Generator, n: int) -> list[AdaptationCase]:
    """Products that fail, each measured apart: memory, search, reading, form.

    An answer is right if its value and its form are. The value comes from memory, or, with retrieval, from
    reading where search finds the passage and from memory where it does not. A fix changes one of these rates:
    `add retrieval` begins to search, `fix the search` raises what is found to 0.97, `stronger model` reads
    (and writes the form) as its own trial shows, `fine-tune` raises the form to 0.96. The cost of a decision is
    the share of wrong answers that remains plus the price of the fix (`FIXES`).

    Half of all parts are weak, each independently of the others and by little or much; memory and the gain from the stronger model are
    anything. So each number decides some products, and no order of thresholds replaces the sum.
    """
    made = []
    for _ in range(n):
        searches = bool(rng.random() < 0.6)
        weak = {"found": (0.4 if searches else 0.2, 0.95), "reading": (0.3, 0.9), "form": (0.3, 0.9)}
        rate = {"memory": float(rng.uniform(0.05, 0.95))}
        for part, limits in weak.items():
            rate[part] = float(rng.uniform(*(limits if rng.random() < 0.5 else (0.9, 0.99))))
        rate["reading, stronger"] = float(1 - (1 - rate["reading"]) * rng.uniform(0.1, 1.0))
        rate["form, stronger"] = float(1 - (1 - rate["form"]) * rng.uniform(0.1, 1.0))
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
