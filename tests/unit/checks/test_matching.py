"""A misconception's message is shown only to an answer that has it."""

import numpy as np
import pandas as pd
import pytest

from holdout.checks.check import judge_runs
from holdout.checks.matching import match_misconception

POLICY = {"credit": [[0.2, 1.0]]}


def question(wrong, *, reference=None, parameters=POLICY, expected=None, judge="policy"):
    cases = [{"inputs": {}, **({} if expected is None else {"expected": expected})}]
    document = {"judge": judge, "parameters": parameters, "cases": cases}
    document["wrong"] = [
        {"name": name, "message": "", "runs": [{"value": value}]} for name, value in wrong.items()
    ]
    return document | ({"reference": [{"value": reference}]} if reference is not None else {})


def name_of(document, value):
    match = match_misconception(document, [{"value": value}], [])
    return match and match.wrong["name"]


SENSIBLE = ["ship"] * 40 + ["wait"] * 40 + ["measure"] * 20
NEVER_MEASURES = ["ship"] * 50 + ["wait"] * 50


def test_the_same_mistakes_are_recognised_even_if_a_threshold_differs():
    similar = ["ship"] * 51 + ["wait"] * 49
    assert (
        name_of(question({"never measures": NEVER_MEASURES}, reference=SENSIBLE), similar) == "never measures"
    )


def test_a_rule_that_decides_a_few_cases_otherwise_is_asked_and_not_told():
    document = question({"never measures": NEVER_MEASURES}, reference=SENSIBLE)
    for value, same in ((NEVER_MEASURES, True), (["ship"] * 51 + ["wait"] * 49, False)):
        assert match_misconception(document, [{"value": value}], []).same is same
    document |= {"id": "01.x", "title": "", "passed": ""}
    document["wrong"][0]["message"] = "You never measure."
    document["cases"][0]["costs"] = [
        {name: float(name != best) for name in ("ship", "wait", "measure")} for best in SENSIBLE
    ]
    _, told, _ = judge_runs(document, [{"value": NEVER_MEASURES}])
    _, asked, _ = judge_runs(document, [{"value": ["ship"] * 51 + ["wait"] * 49}])
    assert told.startswith("You never measure.")
    assert "A common mistake gives nearly these results. Is it yours? You never measure." in asked


def test_agreement_on_the_easy_decisions_alone_is_no_match():
    reference = ["ship"] * 46 + ["measure"] * 8 + ["wait"] * 46
    never = ["ship"] * 50 + ["wait"] * 50
    mostly_right = ["ship"] * 46 + ["measure"] * 7 + ["wait"] * 47
    assert sum(a == b for a, b in zip(never, mostly_right, strict=True)) >= 90
    assert name_of(question({"never measures": never}, reference=reference), mostly_right) is None


def test_a_rule_that_never_measures_is_not_named_to_somebody_who_measures_now_and_then():
    now_and_then = ["ship"] * 49 + ["measure"] * 3 + ["wait"] * 48
    assert name_of(question({"never measures": NEVER_MEASURES}, reference=SENSIBLE), now_and_then) is None


def test_constant_decisions_match_only_a_constant_rule():
    nearly = ["ship"] * 95 + ["wait"] * 5
    assert name_of(question({"looks at the rate only": nearly}, reference=SENSIBLE), ["ship"] * 100) is None
    assert (
        name_of(question({"always ship": ["ship"] * 100}, reference=SENSIBLE), ["ship"] * 100)
        == "always ship"
    )
    assert name_of(question({"always ship": ["ship"] * 100}, reference=SENSIBLE), nearly) is None


@pytest.mark.parametrize(
    ("expected", "wrong", "sure"),
    [
        (3, 2, False), (True, False, False), ("b", "a", False), (0.5, 0.0, False), (300, 200, True), (0.51, 0.47, True),
        ([1, 2, 3, 4], [2, 3, 4, 5], True), ([1, 2, 3, 4], [1, 2, 3, 5], False), (["x", "y"], [], False),
    ],
)  # fmt: skip
def test_a_result_that_may_coincide_by_accident_is_no_certain_match(expected, wrong, sure):
    document = question({"known": wrong}, parameters={"rtol": 1e-9}, expected=expected, judge="close")
    match = match_misconception(document, [{"value": wrong}], [])
    assert match.wrong["name"] == "known"
    assert match.sure is sure


def test_decisions_that_are_all_empty_are_no_certain_match():
    document = question({"names nothing": [[], []]}, reference=[["a"], ["b"]])
    assert match_misconception(document, [{"value": [[], []]}], []).sure is False


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series, pd.Index])
def test_findings_may_be_of_any_kind_of_list(kind):
    """A dict that holds arrays has no truth value; it must be compared all the same."""
    wrong = [{"groups": ["a", "b"]}, {}]
    assert name_of(question({"known": wrong}), [{"groups": kind(["a", "b"])}, {}]) == "known"
    assert name_of(question({"known": wrong}), [{"groups": kind(["a", "c"])}, {}]) is None
