"""An answer that is given something to call, where what it calls is outside: it is run again with what it was told so far."""

import numpy as np
import pytest

from holdout.checks.asking import answered_steps, row_positions, run_until_it_asks
from holdout.checks.codec import decode, encode


def _step(answer, about, told):
    return run_until_it_asks(lambda ask, **inputs: answer(ask, **inputs), about, told)


def _run(answer, about=None, reply=lambda *question: sum(question), most=50, step=_step, also=None):
    """Drive the steps as the grader does: everything travels as plain JSON."""
    driver, value, count = answered_steps(step, about or {"x": 1}, reply, most, also), None, 0
    while True:
        try:
            function, inputs = driver.send(value)
        except StopIteration as end:
            return end.value, count
        count += 1
        told = {name: decode(encode(one)) for name, one in inputs.items()}
        value = decode(encode(function(answer, **told)))


def test_each_question_is_replied_to_once_and_the_result_is_what_the_answer_returns():
    asked = []

    def reply(*question):
        asked.append(question)
        return sum(question)

    result, steps = _run(lambda ask, x: [ask(x, n) for n in range(4)], {"x": 10}, reply)
    assert result == [10, 11, 12, 13] and steps == 5
    assert asked == [(10, 0), (10, 1), (10, 2), (10, 3)]


def test_what_is_likely_to_be_asked_next_is_told_along_and_saves_steps():
    def also(first, rows):
        return [[[n, rows], n + int(sum(rows))] for n in range(4)]

    def answer(ask, x):
        rows = np.array([x, x])
        return [ask(n, rows) for n in (2, 0, 3, 7, 1)]

    result, steps = _run(answer, {"x": 5}, lambda n, rows: n + int(sum(rows)), also=also)
    assert result == [12, 10, 13, 17, 11] and steps == 3


def test_an_answer_that_asks_nothing_is_done_at_once():
    assert _run(lambda ask, x: x + 1) == (2, 1)


def test_what_an_answer_does_to_its_inputs_and_replies_does_not_reach_its_next_run():
    def answer(ask, rows):
        rows.append(0)
        first = ask(len(rows))
        first[:] = -1
        return [ask(len(rows)).tolist(), len(rows)]

    reply = lambda n: np.full(2, float(n))  # noqa: E731
    assert _run(answer, {"rows": [1, 2]}, reply)[0] == [[3.0, 3.0], 3]


def test_an_error_outside_is_raised_where_the_answer_asked_and_it_may_catch_it():
    def reply(n):
        raise IndexError(f"there is no row {n}")

    def careful(ask, x):
        try:
            ask(x)
        except IndexError as error:
            return str(error)

    assert _run(careful, {"x": 7}, reply)[0] == "there is no row 7"
    with pytest.raises(IndexError, match="there is no row 7"):
        _run(lambda ask, x: ask(x), {"x": 7}, reply)


def test_an_answer_that_asks_something_else_in_each_run_is_told_so():
    rng = np.random.default_rng()
    with pytest.raises(RuntimeError, match="fixed seed"):
        _run(lambda ask, x: [ask(float(rng.random())) for _ in range(3)])


def test_an_answer_that_catches_every_exception_does_not_catch_the_question():
    def answer(ask, x):
        try:
            return ask(x)
        except Exception:
            return "caught"

    assert _run(answer, {"x": 3})[0] == 3


def test_there_is_a_largest_number_of_questions():
    with pytest.raises(TypeError, match="more than 5 times"):
        _run(lambda ask, x: [ask(n) for n in range(9)], most=5)


@pytest.mark.parametrize("got", [None, 3, {"asked": [1], "returned": 2}, {}, ["asked"]])
def test_what_no_step_returns_is_a_result_like_any_other(got):
    assert _run(None, step=lambda answer, about, told: got)[0] == got


@pytest.mark.parametrize(
    "rows", [[5], [-6], [1.0], [[1]], "1", [True], list(range(5)) * 9, {"a": 1}, [[1], [1, 2]]]
)
def test_rows_that_are_not_there_are_refused(rows):
    with pytest.raises((IndexError, ValueError)):
        row_positions(rows, 5, 20)
    assert row_positions([4, -5, 0], 5, 20).tolist() == [4, -5, 0]
