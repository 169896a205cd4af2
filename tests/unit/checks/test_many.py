"""Cases that are decoded once say of every answer what cases say that are decoded each time."""

import numpy as np
import pandas as pd
import pytest

from grader.authoring.exercise import load_exercise
from holdout.checks.codec import encode
from holdout.checks.many import DecodedOnce, DecodedOnDemand, decode_all, decode_once
from holdout.checks.probe import run_probe

VALUES = {
    "list": encode([{"a": np.arange(3.0), "b": [1, 2]}]),
    "frame": encode(pd.DataFrame({"x": [1, 2]})),
    "set": encode({"p", "q"}),
    "rng": {"$": "rng", "v": 3},
}


def test_each_reader_gets_a_copy_of_its_own():
    once = DecodedOnce(VALUES)
    first, second = once.decoded(), once.decoded()
    first["list"][0]["a"][0] = 9.0
    first["frame"].loc[0, "x"] = 9
    drawn = first["rng"].random()
    again = decode_all(VALUES)
    assert second["list"][0]["a"][0] == 0.0 == again["list"][0]["a"][0] and second["frame"].loc[0, "x"] == 1
    assert (
        second["rng"].random() == drawn == again["rng"].random()
    )  # each begins where the encoded one stands
    assert once["list"] == VALUES["list"] and dict(once) == VALUES  # and the encoded values are still there


def test_what_is_left_out_is_not_decoded():
    once = DecodedOnce({"a": 1, "broken": {"$": "no such tag"}}, left_out=["broken"])
    assert once.decoded() == {"a": 1}


def test_on_demand_only_what_is_read_is_decoded():
    inputs = DecodedOnDemand({"a": encode((1, 2)), "broken": object()})
    assert (
        inputs["a"] == (1, 2) and "broken" in inputs and len(inputs) == 2 and list(inputs) == ["a", "broken"]
    )


@pytest.mark.parametrize("id", ["01.split", "04.groups", "09.broken", "13.audit"])
def test_scores_and_results_are_the_same(id):
    question = load_exercise(id[:2])[id]
    cases = question.hidden_cases(3)
    once = decode_once(cases)
    for answer in [question.reference, *question.wrong_answers[:3]]:
        value = question.value_of(answer)
        plain = [run_probe(value, question.probe, case["inputs"]) for case in cases]
        fast = [run_probe(value, question.probe, case["inputs"]) for case in once]
        assert question.score(cases, plain) == question.score(once, fast)
        if answer is question.reference:  # a wrong one may draw anew each time
            assert plain == fast
