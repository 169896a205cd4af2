"""The message to a wrong answer that nobody foresaw names the property that it lacks, and is true of it."""

import numpy as np
import pandas as pd
import pytest

from holdout.checks.properties import compared_property, violated_property

RIGHT = np.array([0.1234, 0.2345, 0.4567])


@pytest.mark.parametrize(
    ("expected", "got", "says"),
    [
        (RIGHT, -RIGHT, "sign"),
        (0.4, -0.4, "sign"),
        (RIGHT, RIGHT[::-1], "another order"),
        (RIGHT, 100 * RIGHT, "percentage"),
        (RIGHT, RIGHT.round(2), "unrounded"),
        (RIGHT, 1.3 * RIGHT, "same factor"),
        (RIGHT, RIGHT + 0.3, "same amount"),
        (RIGHT, RIGHT + np.array([0.1, 0.2, 0.4]), "too large"),
        (RIGHT, RIGHT - np.array([0, 0, 0.2]), "too small"),
        (RIGHT, RIGHT + np.array([0.1, -0.2, 0]), "Some values are too large, others too small"),
        (0.4321, 0.4345, "less than 2%"),
        (RIGHT, np.array([0.1234, np.nan, 0.4567]), "not finite"),
        (np.array([True, False, False]), np.array([False, True, True]), "mark 2 that should not be marked and miss 1"),
        (["a", "b", "c"], ["c", "b", "a"], "another order"),
        (["a", "b", "c"], ["a", "b"], "lacks 1"),
        ({"a", "b"}, ["a", "c"], "holds 1 that should not be there and lacks 1"),
        (3, 4, "too large"),
        ((0.5, 0.25), (0.5, -0.25), "sign"),
        ({"mean": 1.5, "error": 0.25}, {"mean": 1.5, "error": 0.5}, "too large"),
        (pd.DataFrame({"x": RIGHT}), pd.DataFrame({"x": -RIGHT}), "sign"),
    ],
)  # fmt: skip
def test_the_property_that_distinguishes_a_result_is_named(expected, got, says):
    assert says in compared_property(expected, got, rtol=1e-9)


@pytest.mark.parametrize(
    ("expected", "got"),
    [(RIGHT, RIGHT), (0.5, "0.5"), (RIGHT, None), ({"a": 1.0}, [1.0]), (RIGHT, object()), ("yes", "no")],
)
def test_nothing_is_said_where_nothing_general_is_true(expected, got):
    assert compared_property(expected, got, rtol=1e-9) == ""


@pytest.mark.parametrize(
    ("expected", "got"),
    [(RIGHT, 1.3 * RIGHT), (RIGHT, RIGHT + 0.1), (0.4321, 0.9), (17.25, 18.5), (["north", "south"], ["north", "west"])],
)  # fmt: skip
def test_the_expected_value_is_never_printed(expected, got):
    said = compared_property(expected, got, rtol=1e-9)
    assert said
    assert not any(str(value) in said for value in np.ravel(expected))


QUESTION = {
    "cases": [{"inputs": {"n": 2}}, {"inputs": {"n": 3}}],
    "properties": [
        {"holds": "len(got) == n", "says": "One share per group."},
        {"holds": "abs(sum(got) - 1) < 1e-9", "says": "The shares must add up to 1."},
        {"holds": "results[0][0] == results[1][0]", "says": "The first share does not depend on n."},
    ],
}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([[0.5, 0.5], [0.5, 0.5]], (1, "One share per group.")),
        ([[0.5, 0.6], [0.5, 0.3, 0.2]], (0, "The shares must add up to 1.")),
        ([[0.5, 0.5], [0.4, 0.4, 0.2]], (0, "The first share does not depend on n.")),
        ([[0.5, 0.5], [0.5, 0.3, 0.2]], None),
    ],
)
def test_the_first_declared_property_that_is_violated_is_said(values, found):
    assert violated_property(QUESTION, [{"value": value} for value in values]) == found


def test_a_property_that_cannot_be_evaluated_says_nothing():
    assert violated_property(QUESTION, [{"value": 7}, {"error": "TypeError"}]) is None
