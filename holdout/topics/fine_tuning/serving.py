"""A serving plan that a machine can check: what must be written down before a tuned model answers users.

Not for whether the model is good enough, which is the release gate's question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

NEEDED = {
    "base": "fingerprint of the weights that were tuned",
    "tuned": "fingerprint of the weights or adapter that will answer",
    "data": "version of the training data",
    "seed": "seed of the run",
    "suite": "fingerprint of the frozen regression suite",
    "prompt": "fingerprint of the prompt template",
    "limits": "points that each slice may lose",
    "canary share": "share of the traffic that gets the new model first",
    "roll back to": "fingerprint of the weights that stay loaded",
    "roll back within hours": "time within which they answer again",
    "owner": "who decides",
    "watched every days": "how often the suite is asked in production",
    "review in days": "when the facts are looked at again",
}
"""What a plan says, and what each entry means."""


def plan_problems(plan: Mapping[str, Any], slices: Iterable[str], *, base: str = "") -> list[str]:
    """What is missing or cannot work, one sentence each; none if the plan is complete. Missing counts as broken.

    Parameters
    ----------
    plan : mapping
        Entries of `NEEDED`.
    slices : iterable of str
        Every slice of the regression suite needs a limit.
    base : str
        Fingerprint of the weights that the server has loaded, if known.

    Returns
    -------
    list of str
    """
    problems = [
        f"{name} is missing: {why}" for name, why in NEEDED.items() if plan.get(name) in (None, "", {})
    ]
    limits = plan.get("limits") or {}
    problems += [f"no limit for the slice {name!r}" for name in slices if name not in limits]
    problems += [
        f"the limit of {name!r} is {limit!r}, not a number of points from 0 to 100"
        for name, limit in limits.items()
        if not _number(limit) or not 0 <= limit <= 100
    ]
    share = plan.get("canary share")
    if share is not None and (not _number(share) or not 0 < share < 1):
        problems.append(f"the canary share is {share!r}; it must lie between 0 and 1")
    for name in ("roll back within hours", "watched every days", "review in days"):
        value = plan.get(name)
        if value not in (None, "") and (not _number(value) or value <= 0):
            problems.append(f"{name} is {value!r}; it must be a positive number")
    if plan.get("tuned") and plan.get("tuned") == plan.get("roll back to"):
        problems.append("it rolls back to the tuned model itself")
    if base and plan.get("base") and plan["base"] != base:
        problems.append("the server has another base loaded: evaluate the adapter again on that one")
    return problems


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
