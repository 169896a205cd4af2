"""Clients who ask for "fine-tuning": what they say, what is known, and what each answer to them would really cost.

Cases of question 07.request. Not for measuring models (`experiments`) and not for the bill of one product (`bill`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from holdout.topics.adaptation.cases import AdaptationCase

CAUSES = ("facts", "words", "requests", "task")
"""Why a product fails: a fact is missing or old; the words of the field are misread; requests are not followed; one narrow
task is done badly."""


@dataclass(frozen=True)
class Kind:
    """A kind of project.

    Attributes
    ----------
    repairs : float
        Share of the failures of its cause that it repairs.
    cause : str
        One of `CAUSES`, or "" for all.
    price, per_task : float
        Thousand dollars per month, and for each task that is to be tuned for.
    trains : bool
        Whether data of the client go into weights.
    pairs : int
        (request, answer) pairs that it needs.
    text : float
        Plain text that it needs, in millions of words.
    """

    repairs: float
    cause: str
    price: float
    per_task: float = 0.0
    trains: bool = True
    pairs: int = 0
    text: float = 0.0


KINDS = {
    "retrieval": Kind(0.9, "facts", 1.0, trains=False),
    "domain-adaptive tuning": Kind(0.6, "words", 3.0, text=50),
    "instruction tuning": Kind(0.8, "requests", 2.0, pairs=300),
    "full fine-tuning": Kind(0.9, "task", 0.0, per_task=2.0, pairs=300),
    "adapter": Kind(0.7, "task", 2.0, per_task=0.5, pairs=300),
    "training from scratch": Kind(0.9, "", 20.0, text=1000),
}
STOPS = ("stop: no case", "stop: compliance", "stop: no owner", "stop: data")
DECISIONS = (*KINDS, *STOPS)

NOISE_LIMIT = 0.10
"""More wrong answers among the pairs than that, and tuning on them does harm."""
DAMAGE = {"stop: compliance": 30.0, "stop: no owner": 8.0, "stop: data": 6.0}
"""Where a flag applies, a project that goes ahead repairs nothing, and costs that much beyond its price, in thousand dollars per
month."""
WRONG_FLAG = 2.0
"""What it costs if the client works on something that was not the reason."""

SORTED = 400
"""Failures of a client that were sorted by cause."""

_WANTS = {
    "facts": ("so that it knows our documents", "so that it is up to date with our catalogue"),
    "words": ("so that it understands the words of our field", "so that it speaks our trade"),
    "requests": ("so that it does what it is told", "so that it keeps to our format and tone"),
    "task": ("so that it sorts our tickets better", "so that it gets this one job right"),
}
_REASONS = ("", " A competitor has its own model.", " It is urgent.", " The board asked for it.")


def make_requests(rng: np.random.Generator, n: int) -> list[AdaptationCase]:
    """Requests with what a first conversation brought to light, and what each decision would really cost.

    What the client says names the cause of most failures in half of the cases only. `SORTED` failures were sorted by hand, and some
    pairs were checked; both vary around the truth.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int

    Returns
    -------
    list of AdaptationCase
        Costs in thousand dollars per month: failures that remain, the price, and damage where a flag was overlooked.
    """
    made = []
    for _ in range(n):
        main = str(rng.choice(CAUSES))
        rest = rng.dirichlet(np.ones(len(CAUSES) - 1))
        most = float(rng.uniform(0.5, 0.9))
        others = iter((1 - most) * rest)
        share = {cause: most if cause == main else float(next(others)) for cause in CAUSES}
        has_base = bool(rng.random() < 0.88)
        measured = bool(rng.random() < 0.88)
        worth = float(rng.uniform(0, 1)) if not measured else float(10 ** rng.uniform(0.5, 1.5))
        if not has_base and measured:
            worth = float(rng.uniform(10, 60))
        noise = float(rng.uniform(0.0, 0.05) if rng.random() < 0.65 else rng.uniform(0.2, 0.4))
        known: dict[str, Any] = {
            "tasks": int(rng.choice([1, 2, 3, 5, 8])),
            "base_model": has_base,
            "pairs": int(rng.choice([40, 120, 300, 1500, 8000], p=[0.1, 0.15, 0.25, 0.25, 0.25])),
            "million_words": int(rng.choice([5, 20, 50, 400, 1000])),
            "owner": bool(rng.random() < 0.8),
            "rights": str(rng.choice(["free", "show only", "delete on request"], p=[0.64, 0.18, 0.18])),
            "answers_for_it": bool(rng.random() < 0.92),
        }
        checked = min(known["pairs"], int(rng.integers(200, 301)))
        sorted_failures = rng.multinomial(SORTED, [share[cause] for cause in CAUSES])
        wanted = main if rng.random() < 0.5 else str(rng.choice(CAUSES))
        says = f"Fine-tune a model for us, {rng.choice(_WANTS[wanted])}.{rng.choice(_REASONS)}"
        evidence = {
            "says": says,
            "failures": {cause: int(count) for cause, count in zip(CAUSES, sorted_failures, strict=True)},
            "worth": round(worth, 2) if measured else None,
            "checked": checked,
            "wrong": int(rng.binomial(checked, noise)),
            **known,
        }
        costs = decision_costs(known, share=share, worth=worth, noise=noise)
        made.append(AdaptationCase(evidence, {name: round(cost, 4) for name, cost in costs.items()}))
    return made


def decision_costs(
    known: dict[str, Any], *, share: dict[str, float], worth: float, noise: float
) -> dict[str, float]:
    """What each decision costs per month, given the truth about a client.

    Parameters
    ----------
    known : dict
        `tasks`, `base_model`, `pairs`, `million_words`, `owner`, `rights`, `answers_for_it`.
    share : dict of str to float
        Cause to its share of the failures.
    worth : float
        What all failures cost, thousand dollars per month.
    noise : float
        Share of the pairs whose answer is wrong.

    Returns
    -------
    dict of str to float
        For every one of `DECISIONS`.
    """
    gains = {name: _gain(name, known, share, worth) for name in KINDS}
    costs = {}
    for name, kind in KINDS.items():
        flags = flags_of(name, known, noise)
        price = kind.price + kind.per_task * known["tasks"]
        overlooked = worth + price + sum(DAMAGE[flag] for flag in flags)
        costs[name] = overlooked if flags else worth - gains[name]
    plan = max(gains, key=lambda name: gains[name])
    applies = {*flags_of(plan, known, noise), *(["stop: no case"] if gains[plan] <= 0 else [])}
    return costs | {flag: worth if flag in applies else worth + WRONG_FLAG for flag in STOPS}


def _gain(name: str, known: dict[str, Any], share: dict[str, float], worth: float) -> float:
    kind = KINDS[name]
    reach = (share[kind.cause] if known["base_model"] else 0.0) if kind.cause else 1.0
    return worth * kind.repairs * reach - kind.price - kind.per_task * known["tasks"]


def flags_of(name: str, known: dict[str, Any], noise: float) -> list[str]:
    """The flags that apply to a kind of project.

    Parameters
    ----------
    name : str
        One of `KINDS`.
    known : dict
    noise : float
        Share of the pairs whose answer is wrong.

    Returns
    -------
    list of str
        Among `STOPS`, without "stop: no case", which is about the gain.
    """
    kind = KINDS[name]
    flags = []
    if not known["answers_for_it"] or (kind.trains and known["rights"] != "free"):
        flags.append("stop: compliance")
    if not known["owner"]:
        flags.append("stop: no owner")
    if (
        known["pairs"] < kind.pairs
        or known["million_words"] < kind.text
        or (kind.pairs and noise > NOISE_LIMIT)
    ):
        flags.append("stop: data")
    return flags
