"""A check says one specific thing about an answer, whatever the answer is, and never harms the notebook it runs in."""

import json
import sys

import numpy as np
import pytest

from holdout import check, hint
from holdout.checks.check import CRASHED, NOT_ATTEMPTED, PASSED, UNAVAILABLE, WRONG, CheckResult, evaluate
from holdout.notebook import CheckFailed


@pytest.fixture
def exercise(built_course, monkeypatch):
    """The folder that a learner works in."""
    folder = built_course / "exercises" / "01-small"
    monkeypatch.chdir(folder)
    return folder


def outcome(answer, question="01.mean"):
    result = evaluate(question, answer)
    return result.outcome, result.message


def test_a_right_answer_passes_and_is_told_what_it_means(exercise):
    assert outcome(lambda values: values.mean()) == (PASSED, "That is the mean.")


def test_a_known_wrong_answer_earns_its_own_message_with_the_learners_number(exercise):
    assert outcome(lambda values: sum(values)) == (
        WRONG,
        "9 is the sum of your values. What do you divide by?",
    )


def test_a_known_crash_is_told_what_stopped_and_asked_whether_the_known_mistake_is_theirs(exercise):
    got, message = outcome(lambda values: values[0].item() / 0)
    assert got == WRONG
    assert "ZeroDivisionError" in message
    assert message.endswith("Is it yours? You divide by nothing at all.")


def test_an_unknown_wrong_answer_is_told_where_and_what_but_not_the_right_value(exercise):
    got, message = outcome(lambda values: 2.5)
    assert got == WRONG
    assert "“three”" in message
    assert "2.5" in message
    assert "hint('01.mean')" in message
    assert "3" not in message.replace("three", "")


def test_an_unknown_crash_names_the_error_and_the_line(exercise):
    def mean(values):
        return values["total"]

    got, message = outcome(mean)
    assert got == CRASHED
    assert "IndexError" in message
    assert 'return values["total"]' in message


@pytest.mark.parametrize("answer", [..., None, lambda values: (_ for _ in ()).throw(NotImplementedError)])
def test_a_placeholder_is_not_attempted_rather_than_wrong(exercise, answer):
    assert outcome(answer)[0] == NOT_ATTEMPTED


def test_a_forgotten_return_is_named(exercise):
    got, message = outcome(lambda values: None)
    assert got == WRONG
    assert "return" in message


def test_a_wrong_signature_is_named_with_the_one_that_was_written(exercise):
    def mean(values, weights):
        return 0

    got, message = outcome(mean)
    assert got == CRASHED
    assert "mean(values, weights)" in message
    assert "cannot be called" in message


@pytest.mark.parametrize(
    "answer", [lambda v: float("nan"), lambda v: np.array([]), lambda v: {}, lambda v: "3.0", 3.0, "x"]
)
def test_odd_results_are_answers_not_accidents(exercise, answer):
    assert outcome(answer)[0] in (WRONG, CRASHED)


def test_a_result_that_cannot_be_compared_is_explained(exercise):
    got, message = outcome(lambda values: object())
    assert got == CRASHED
    assert "return numbers" in message


@pytest.mark.parametrize("stop", [SystemExit, RecursionError, MemoryError])
def test_code_that_tries_to_stop_the_kernel_is_a_crash(exercise, stop):
    def mean(values):
        raise stop("stop")

    assert outcome(mean)[0] == CRASHED


def test_what_the_answer_does_to_its_arguments_does_not_reach_the_next_case(exercise):
    def mean(values):
        result = values.mean()
        values[:] = 0
        return result

    assert outcome(mean)[0] == PASSED
    assert outcome(mean)[0] == PASSED


def test_a_check_is_silent_on_stderr_and_swallows_prints(exercise, capfd):
    def mean(values):
        import warnings

        print("noise")
        print("noise", file=sys.stderr)
        warnings.warn("a warning", stacklevel=1)
        return np.mean(values) + 0 * np.log(np.array(-1.0), where=False, out=np.array(0.0))

    check("01.mean", mean)
    out, err = capfd.readouterr()
    assert err == ""
    assert "noise" not in out
    assert "passed" in out


def test_markup_in_a_learners_value_is_escaped(exercise):
    result = evaluate("01.mean", lambda values: "<script>alert(1)</script>")
    assert "<script>" not in result.as_html()


def test_stars_of_arithmetic_in_a_message_stay_stars():
    result = CheckResult("01.mean", WRONG, "2*3*4 is *not* `a*b*c`")
    assert "<div>2*3*4 is <em>not</em> <code>a*b*c</code></div>" in result.as_html()


def test_an_outcome_is_a_word_and_a_mark_and_not_a_colour_alone(exercise):
    for answer in (lambda v: v.mean(), lambda v: 0.0, lambda v: v["x"], ...):
        result = evaluate("01.mean", answer)
        assert result.outcome in result.as_text()
        assert f" {result.outcome}</strong>" in result.as_html()
        assert "role='status'" in result.as_html()


def test_validation_by_nbgrader_hears_a_failure(exercise, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(CheckFailed, match="sum of your values"):
        check("01.mean", sum)
    check("01.mean", lambda values: values.mean())


# -- bad input


def test_an_unknown_question_is_answered_with_those_that_there_are(exercise):
    result = evaluate("01.nonsense", 1)
    assert result.outcome == UNAVAILABLE
    assert "01.mean, 01.pick" in result.message


def test_a_missing_file_says_where_it_belongs_and_that_nothing_is_lost(exercise, monkeypatch):
    (exercise / "checks.json").unlink()
    result = evaluate("97.mean", 1)
    assert result.outcome == UNAVAILABLE
    assert "beside the exercise notebook" in result.message
    assert "your answers" in result.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"questions": 1, "format": 1}',
        '{"format": 99, "questions": {}}',
        "\ud800",
        "[" * 100_000,
    ],
)
def test_a_broken_file_is_named_with_the_remedy(exercise, text):
    (exercise / "checks.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    result = evaluate("01.mean", 1)
    assert result.outcome == UNAVAILABLE
    assert "01-small/checks.json" in result.message
    assert "Copy the file again" in result.message


def test_an_edited_file_still_checks_and_says_that_it_was_edited(exercise):
    path = exercise / "checks.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["questions"]["01.mean"]["passed"] = "Well done, whatever you wrote."
    path.write_text(json.dumps(document), encoding="utf-8")
    result = evaluate("01.mean", lambda values: values.mean())
    assert result.outcome == PASSED
    assert "has been changed" in result.as_text()


def test_checks_work_from_any_folder_of_the_course(exercise, monkeypatch):
    monkeypatch.chdir(exercise.parent.parent)
    assert outcome(lambda values: values.mean())[0] == PASSED


def test_the_hint_ladder_gives_one_more_each_time_and_stays_at_the_last(exercise, capsys):
    for _ in range(3):
        hint("01.mean")
    out = capsys.readouterr().out
    assert out.index("Hint 1 of 2: Add.") < out.index("Hint 2 of 2: Add and divide.")
    assert out.count("That was the last hint.") == 2


def test_a_hint_for_an_unknown_question_is_a_sentence(exercise, capsys):
    hint("01.nonsense")
    assert "there are 01.mean, 01.pick" in capsys.readouterr().out
