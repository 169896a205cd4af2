"""Judges of exercise 11: a monitor by delay and false alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdout.checks.judges import Verdict, credit_up_to, describe
from holdout.topics.canary.experiments import score


def monitor(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Days with an alarm, by what they cost beside never watching.

    `case["changes"]` holds the first harmful day of each quarter or None; `got` the lists of days of `run_monitor`; `parameters` has
    `credit`: list of `[largest cost as a share of what not watching costs, share of the points]`, best first, and the prices of `score`.
    """
    changes = case["changes"]
    if not isinstance(got, list) or len(got) != len(changes):
        return Verdict(0.0, "not alarms", f"Expected alarms of {len(changes)} quarters; got {describe(got)}.")
    result, share = score(changes, got, **_prices(parameters)), monitor_cost(case, got, parameters)
    credit = credit_up_to(share, parameters["credit"])
    full = min(limit for limit, part in parameters["credit"] if part >= 1.0)
    said = (
        f"{result['false_alarms']:.2f} false alarms per quarter; {result['found']:.0%} of the changes found, after "
        f"{result['delay']:.1f} days on average; together {share:.2f} of what not watching costs (full marks at {full:.2f})."
    )
    return Verdict(credit, "" if credit >= 1.0 else "cost", said)


def monitor_cost(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> float:
    """What alarms that `monitor` can judge cost, as a share of what not watching costs."""
    changes, prices = case["changes"], _prices(parameters)
    return score(changes, got, **prices)["cost"] / score(changes, [[] for _ in changes], **prices)["cost"]


def _prices(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {key: parameters[key] for key in ("price_of_alarm", "price_of_day")}
