"""The learner's own team standard: rules in the learner's words, each a comparison of a measured number with a limit.

As in exercise 14, what was not measured was not met. Not for judging whether a rule is wise: people do that.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from holdout.project.errors import ProjectError

MEASURED: dict[str, tuple[float, float, str]] = {
    "auc": (0, 1, "area under the curve on validation rows"),
    "auc_low": (0, 1, "lower end of its 95% interval"),
    "auc_high": (0, 1, "upper end"),
    "validation_rows": (0, math.inf, "rows that the model was judged on"),
    "overlap_rows": (0, math.inf, "rows on both sides of the split, or on the wrong side of its border"),
    "twin_share": (0, 1, "share of validation rows with an equal row among the training rows"),
    "leaks_among_features": (0, math.inf, "columns used that the project itself lists as leaks, or that are"),
    "segment_rows": (0, math.inf, "validation rows of the failing segment"),
    "segment_excess": (-1, 1, "its loss beyond always forecasting its own share, after the fix"),
    "segment_gain_low": (-1, 1, "lower end of what the fix gains there"),
    "ece": (0, 1, "calibration error on validation rows"),
    "ece_of_perfect": (0, 1, "calibration error that a perfect model has by chance"),
    "times_test_asked": (0, math.inf, "how often the test labels were asked for"),
    "test_auc": (0, 1, "area under the curve on the test rows"),
    "test_low": (0, 1, "lower end of its 95% interval"),
}
"""What a rule may speak of: smallest and largest value that is possible, and what it is."""

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
FEWEST_RULES = 5
_LIMIT = re.compile(r"(?:(?P<factor>\d+(?:\.\d+)?)\s*\*\s*)?(?P<name>[a-z_]+)")


class Verdict(NamedTuple):
    """What became of one rule."""

    words: str
    met: bool
    why: str


def read_rule(rule: Mapping[str, Any], number: int = 1) -> dict:
    """A rule as plain JSON.

    Parameters
    ----------
    rule : mapping
        See `holdout.project.facts.standard`.
    number : int
        For the message.

    Raises
    ------
    ProjectError
    """
    where = f"rule {number} of your standard"
    if not isinstance(rule, Mapping) or set(rule) != {"words", "fact", "must_be", "limit"}:
        raise ProjectError(f"{where} must have exactly words, fact, must_be and limit")
    words, fact, compare, limit = (rule[key] for key in ("words", "fact", "must_be", "limit"))
    if not isinstance(words, str) or len(words.split()) < 4:
        raise ProjectError(f"{where} needs words: say in at least four what the team is asked to do")
    if fact not in MEASURED:
        raise ProjectError(f"{where} speaks of {fact!r}; what is measured is {', '.join(MEASURED)}")
    if compare not in COMPARE:
        raise ProjectError(f"{where} compares by {compare!r}; it is one of {', '.join(COMPARE)}")
    if isinstance(limit, str):
        found = _LIMIT.fullmatch(limit.strip())
        if not found or found["name"] not in MEASURED or found["name"] == fact:
            raise ProjectError(
                f"{where} has the limit {limit!r}; write a number, or another measured number, such as '2 * ece_of_perfect'"
            )
    elif isinstance(limit, bool) or not isinstance(limit, int | float) or not math.isfinite(limit):
        raise ProjectError(f"{where} has the limit {limit!r}; write a finite number")
    return {"words": " ".join(words.split()), "fact": fact, "must_be": compare, "limit": limit}


def cannot_fail(rule: Mapping[str, Any]) -> bool:
    """Whether every possible value of the fact meets the rule."""
    if isinstance(rule["limit"], str):
        return False
    low, high, _ = MEASURED[rule["fact"]]
    met = COMPARE[rule["must_be"]]
    ends = (met(low, rule["limit"]), met(high, rule["limit"]))
    return all(ends) and rule["must_be"] != "=="


def apply_standard(rules: list[Mapping[str, Any]], measured: Mapping[str, float | None]) -> list[Verdict]:
    """Try each rule on measured numbers; a number that was not measured meets none.

    Parameters
    ----------
    rules : list of mapping
        As `read_rule` returns them.
    measured : mapping of str to float or None
        By names of `MEASURED`.

    Returns
    -------
    list of Verdict
        In the order of the rules.
    """
    verdicts = []
    for rule in rules:
        value, (limit, shown) = measured.get(rule["fact"]), _limit(rule["limit"], measured)
        if value is None or limit is None:
            missing = rule["fact"] if value is None else shown
            verdicts.append(Verdict(rule["words"], False, f"{missing} was not measured"))
            continue
        met = bool(COMPARE[rule["must_be"]](value, limit))
        why = f"{rule['fact']} is {value:.4g}; it must be {rule['must_be']} {shown}"
        verdicts.append(Verdict(rule["words"], met, why))
    return verdicts


def _limit(limit, measured):
    if not isinstance(limit, str):
        return limit, f"{limit:g}"
    found = _LIMIT.fullmatch(limit.strip())
    assert found is not None  # read_rule has looked
    value = measured.get(found["name"])
    return (None if value is None else float(found["factor"] or 1) * value), limit
