"""Judges accept different right answers and say what is different in wrong ones."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from holdout.checks.check import judge_run, judge_runs
from holdout.checks.codec import decode, encode
from holdout.checks.judges import (
    Verdict,
    choice,
    credit_from,
    credit_up_to,
    find_judge,
    first_difference,
    policy,
    precision_and_recall,
    relative_regret,
)
from holdout.topics.overfitting.judges import three_way_split


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ((1.0, 2.0), [1, 2]),
        ((1.0, 2.0), np.array([1.0, 2.0])),
        (np.array([1, 2]), (1.0, 2.0)),
        (np.array([1, 2]), pd.Series([1, 2], index=["a", "b"])),
        (1, np.float64(1.0)),
        (True, np.bool_(True)),
        (math.nan, math.nan),
        ({"a": 1.0}, {"a": np.array(1.0)}),
        (pd.Series([1, 2], index=["x", "y"]), pd.Series([2, 1], index=["y", "x"])),
        (pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"b": [2.0], "a": [1.0]})),
        ({1, 2}, [2, 1]),
    ],
)
def test_an_answer_is_judged_by_its_values_not_by_its_type(expected, got):
    assert first_difference(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "says"),
    [
        ((1.0, 2.0), (1.0, 2.1), "Your result[1] is 2.1"),
        ((1.0, 2.0), 1.0, "2 values are expected"),
        ((1.0, 2.0), (1.0,), "has 1 values; 2"),
        (1.0, "1.0", "a number is expected"),
        (1.0, True, "a number is expected"),
        (1.0, None, "nothing (None)"),
        (1.0, math.nan, "nan"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "shape (3, 2); (2, 3)"),
        (np.zeros(2), [[1], [2, 3]], "different lengths"),
        ({"a": 1}, {"b": 1}, "no entry 'a'"),
        ({"a": 1}, {"a": 1, "b": 1}, "not asked for"),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1, 2]}), "2 rows; 1"),
        (pd.DataFrame({"a": [1]}), {"a": [1]}, "DataFrame is expected"),
        (True, 0, "is 0"),
    ],
)
def test_a_difference_is_said_in_one_sentence(expected, got, says):
    assert says in first_difference(expected, got)


def test_tolerances_are_those_of_numpy():
    assert first_difference(100.0, 100.9, rtol=0.01) is None
    assert first_difference(100.0, 101.1, rtol=0.01) is not None
    assert first_difference(np.array([0.0]), np.array([1e-9]), atol=1e-8) is None


def test_the_expected_value_is_never_in_the_sentence():
    assert "0.7316" not in first_difference((0.7316, 2.0), (0.5, 2.0))
    assert "0.7316" not in first_difference(np.array([0.7316]), np.array([0.5]))


def test_a_choice_forgives_capitals_and_brackets_and_nothing_else():
    options = {"options": ["a", "b"]}
    for got in ("a", "A", " a) ", "(A)"):
        assert choice({"expected": "a"}, got, options).score == 1.0
    assert choice({"expected": "a"}, "b", options).label == "b"
    assert choice({"expected": "a"}, 1, options).label == "not an option"


COSTS = [{"ship": 0.0, "wait": 4.0}, {"ship": 10.0, "wait": 0.0}, {"ship": 0.0, "wait": 4.0}]


def test_regret_is_zero_for_the_oracle_and_one_for_the_best_constant():
    assert relative_regret(COSTS, ["ship", "wait", "ship"]) == 0.0
    assert relative_regret(COSTS, ["wait"] * 3) == 1.0
    assert relative_regret(COSTS, ["ship"] * 3) == pytest.approx(10 / 8)


def test_a_policy_gets_the_credit_of_the_first_limit_that_it_keeps():
    credit = {"credit": [[0.2, 1.0], [0.9, 0.5]]}
    assert policy({"costs": COSTS}, ["ship", "wait", "ship"], credit).score == 1.0
    assert policy({"costs": COSTS}, ["wait", "wait", "ship"], credit).score == 0.5
    assert policy({"costs": COSTS}, ["wait"] * 3, credit).score == 0.0


def test_a_policy_is_told_its_costliest_kind_of_mistake():
    said = policy({"costs": COSTS}, ["wait", "ship", "wait"], {"credit": [[0.2, 1.0]]}).detail
    assert "you say 'ship' where 'wait' is better (1 of 3 cases)" in said
    assert "That one decision for all cases would cost less." in said
    assert (
        "That one decision for all cases would cost less."
        not in policy({"costs": COSTS}, ["wait"] * 3, {"credit": [[0.2, 1.0]]}).detail
    )


def test_names_that_mean_nothing_are_not_named_and_numbers_have_a_direction():
    letters = "ABCDEF"
    costs = [{name: float(name != best) for name in letters} for best in letters]
    said = policy({"costs": costs}, list("BCDEFA"), {"credit": [[0.01, 1.0]]}).detail
    assert (
        "6 of 6 decisions are not the best ones; no confusion of two decisions makes a fifth of what they lose"
        in said
    )
    costs = [{str(n): abs(n - best) for n in (0.5, 1.0, 2.0)} for best in (1.0, 2.0, 0.5)]
    said = policy({"costs": costs}, ["0.5", "0.5", "0.5"], {"credit": [[0.01, 1.0]]}).detail
    assert "What costs most: a smaller number than the best one (2 of 3 cases)" in said


def test_a_policy_near_its_limit_is_told_how_near_on_either_side():
    # one of three decisions differs: 10 - 0 beyond the best, of 8 that waiting costs
    for limit, said in ((1.24, "0.01 above"), (1.26, "0.01 below")):
        detail = policy({"costs": COSTS}, ["ship"] * 3, {"credit": [[limit, 1.0]]}).detail
        assert f"full marks at {limit} or less, and yours is {said} that" in detail
        assert "you say 'ship' where 'wait' is better (1 of 3 cases)" in detail
    exact = policy({"costs": COSTS}, ["ship"] * 3, {"credit": [[1.25, 1.0]]})
    assert exact.score == 1.0
    assert "full marks at 1.25 or less." in exact.detail


def test_of_several_entries_the_first_wrong_one_is_shown_and_the_right_ones_are_named():
    said = first_difference({"train": 1.0, "error": 2.0, "n": 3}, {"train": 1.5, "error": 2.5, "n": 3})
    assert "['train'] is 1.5" in said
    assert "Right already: 'n'" in said


@pytest.mark.parametrize(
    "got", [None, "ship", ["ship"], ["ship", "wait", "perhaps"], ["ship", "wait", float("nan")], [1, 2, 3]]
)
def test_what_is_not_a_list_of_decisions_gets_nothing_and_a_sentence(got):
    verdict = policy({"costs": COSTS}, got, {"credit": [[1.0, 1.0]]})
    assert verdict.score == 0.0
    assert verdict.detail


def test_judges_are_found_in_the_package_of_the_learners_only():
    assert find_judge("close").__name__ == "close"
    assert find_judge("holdout.checks.judges:policy") is policy
    for name in ("os:system", "nonsense", "holdout.checks.judges:nonsense"):
        with pytest.raises(ValueError, match="judge"):
            find_judge(name)


LABELS = np.repeat([0, 1], [80, 20])


def _split(train, validation, test):
    return [np.array(train), np.array(validation), np.array(test)]


def _good(seed):
    rng = np.random.default_rng(seed)
    parts = [[], [], []]
    for value in (0, 1):
        rows = rng.permutation(np.flatnonzero(LABELS == value))
        for part, chunk in zip(
            parts, np.split(rows, [int(0.6 * len(rows)), int(0.8 * len(rows))]), strict=True
        ):
            part.extend(chunk.tolist())
    return _split(*parts)


def _in_order():
    return _split(
        [*range(48), *range(80, 92)], [*range(48, 64), *range(92, 96)], [*range(64, 80), *range(96, 100)]
    )


@pytest.mark.parametrize(
    ("draws", "label"),
    [
        ([_good(1), _good(2)], ""),
        ([_good(1), _good(2), _good(3)], "not reproducible"),
        ([_good(1), _good(1)], "fixed seed"),
        ([_in_order(), _in_order()], "not shuffled"),
        ([_split(range(60), range(60, 80), range(80, 100)), _good(2)], "not stratified"),
        ([_split([*_good(1)[0], _good(1)[1][0]], _good(1)[1], _good(1)[2]), _good(2)], "overlap"),
        ([_split(_good(1)[0], _good(1)[1], _good(1)[2][:-1]), _good(2)], "rows missing"),
        ([_split([*_good(1)[0], *_good(1)[1][:10]], _good(1)[1][10:], _good(1)[2]), _good(2)], "sizes"),
        ([_split([0.5], [1.0], [2.0]), _good(2)], "not positions"),
        ([_split([1000], [1], [2]), _good(2)], "not positions"),
        ([None, None], "not three sets"),
        ("nonsense", "not three sets"),
    ],
)
def test_each_way_to_spoil_a_split_has_its_own_label(draws, label):
    case = {"inputs": {"labels": LABELS}}
    if isinstance(draws, list) and len(draws) == 2:
        draws = [*draws, draws[0]]  # a generator in the same state as the first
    assert three_way_split(case, draws, {}).label == label


def test_credit_is_that_of_the_best_limit_that_holds():
    assert [credit_up_to(value, [[0.2, 1.0], [0.5, 0.5]]) for value in (0.2, 0.3, 0.6)] == [1.0, 0.5, 0.0]
    assert [credit_from(value, [[0.9, 1.0], [0.7, 0.5]]) for value in (0.9, 0.8, 0.6)] == [1.0, 0.5, 0.0]


def test_naming_nothing_is_not_precise():
    assert precision_and_recall({"a", "b"}, {"a", "c", "d"}) == (1 / 3, 0.5)
    assert precision_and_recall({"a"}, set()) == (0, 0)


NASTY = [
    10**400,
    [10**400],
    math.inf,
    -math.inf,
    [[1, 2], [3]],
    [[[1]], 2],
    {"a": 10**400},
    10**2000,
    [10**400, "a"],
    {},
]


@pytest.mark.parametrize(
    "expected", [1.5, 3, [1.0, 2.0], np.array([[1, 2], [3, 4]]), True, {"a": 1.0}, (1, 2.5)]
)
@pytest.mark.parametrize("judge", ["close", "policy"])
def test_infinities_huge_numbers_and_ragged_lists_are_wrong_answers_and_stop_no_judge(expected, judge):
    wrong = {"name": "w", "message": "You return {got}, {got:.3f}.", "runs": [{"value": encode(expected)}]}
    case = {"title": "a", "inputs": {}, "expected": encode(expected), "costs": [{"a": 1, "b": 2}]}
    question = {"id": "q", "title": "t", "judge": judge, "passed": "p", "wrong": [wrong], "cases": [case]}
    question["parameters"] = {"rtol": 1e-9} if judge == "close" else {"credit": [[0.1, 1]]}
    for value in NASTY:
        outcome, message, _ = judge_runs(question, [{"value": encode(value)}])
        assert outcome == "wrong" and message


def test_a_judge_that_fails_on_a_result_calls_it_wrong(monkeypatch):
    def judge(case, got, parameters):
        return Verdict(float(got + 1))

    monkeypatch.setattr("holdout.checks.check.find_judge", lambda name: judge)
    for value in (10**400, "x", [1], None):
        verdict = judge_run({"judge": "j", "parameters": {}}, {"inputs": {}}, {"value": value})
        assert verdict.score == 0.0 and "form or the size" in verdict.detail


@pytest.mark.parametrize(
    "got",
    [np.longdouble(0.5), Fraction(1, 2), Decimal("0.5"), np.float16(0.5)],
    ids=lambda got: type(got).__name__,
)
def test_numbers_of_other_types_are_numbers(got):
    assert first_difference(0.5, decode(encode(got))) is None
    assert first_difference([0.5, 2.0], decode(encode([got, 2]))) is None
    assert first_difference(np.array([0.5, 2.0]), decode(encode(np.array([got, 2])))) is None
