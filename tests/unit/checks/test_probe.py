"""A probe evaluates an answer on fresh inputs, says what happened as plain JSON, and calls no other module than a topic's probes."""

import numpy as np
import pytest

from grader.authoring.exercise import all_exercises
from holdout.checks.codec import decode, encode
from holdout.checks.probe import read_probe, run_probe

STOP_RULE = "holdout.topics.fine_tuning.probes:run_stop_rule(answer, cases)"
CURVE = {"new": [0.1, 0.4, 0.8, 0.9], "kept": [0.9, 0.9, 0.8, 0.3]}


def test_a_probe_can_ask_many_times_and_use_a_fitted_estimator():
    from sklearn.linear_model import LinearRegression

    X = np.arange(6.0).reshape(3, 2)
    inputs = {"X": encode(X), "y": encode(X.sum(axis=1)), "X_new": encode(X + 1)}
    run = run_probe(lambda X, y: LinearRegression().fit(X, y), "answer(X, y).predict(X_new)", inputs)
    assert decode(run["value"]) == pytest.approx((X + 1).sum(axis=1))
    run = run_probe(lambda case: case * 2, "[answer(case) for case in cases]", {"cases": [1, 2]})
    assert run == {"value": [2, 4]}


def test_what_an_answer_does_to_its_inputs_does_not_reach_the_next_case():
    inputs = {"values": encode([1, 2])}
    for _ in range(2):
        assert run_probe(lambda values: [values.pop(), len(values)], "answer(values)", inputs) == {
            "value": [2, 1]
        }


def test_a_probe_may_call_a_function_of_a_topics_probes_module_by_its_short_name():
    run = run_probe(lambda case: case["new"][-1] > 0.5, STOP_RULE, {"cases": encode([CURVE, CURVE])})
    assert run == {"value": ["2", "2"]}


@pytest.mark.parametrize(
    "probe",
    [
        "holdout.topics.leakage.experiments:watch_pipeline(answer)",
        "holdout.checks.probe:run_probe(answer)",
        "holdout.topics.fine_tuning.probes.sys:exit(answer)",
        "os.probes:system(answer)",
        "holdout.topics.fine_tuning.probes:_private(answer)",
    ],
)
def test_no_other_module_can_be_named(probe):
    assert read_probe(probe) == (probe, {})
    with pytest.raises(SyntaxError):
        compile(probe, "<probe>", "eval")


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        ("holdout.topics.fine_tuning.probes:no_such(answer)", "no function 'no_such'"),
        (
            "holdout.topics.leakage.probes:nearest_label(answer)",
            "no function 'nearest_label'",
        ),  # only imported there
        ("holdout.topics.no_such.probes:run(answer)", "does not exist"),
    ],
)
def test_a_probe_that_names_no_function_of_its_module_is_refused(probe, message):
    with pytest.raises(ValueError, match=message):
        read_probe(probe)


def test_a_crash_below_a_helper_shows_the_learners_line_and_not_the_courses():
    def rule(case):
        return case["no such entry"]

    run = run_probe(rule, STOP_RULE, {"cases": encode([CURVE])})
    assert run["error"] == "KeyError" and run["where"] == 'at `return case["no such entry"]`'


def test_a_helper_that_cannot_call_the_answer_says_how_the_answer_is_written():
    def rule(new, kept):
        return True

    run = run_probe(rule, STOP_RULE, {"cases": encode([CURVE])})
    assert run["where"] == "signature" and "rule(new, kept)" in run["message"]


def test_every_question_of_the_course_calls_the_answer_and_no_import():
    for exercise in all_exercises():
        for question in exercise.questions:
            expression, helpers = read_probe(question.probe)
            assert "answer" in expression and "__" not in expression
            assert all(helper.__module__.endswith(".probes") for helper in helpers.values())
