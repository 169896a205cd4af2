"""Evaluation of a model: frozen questions, exact match, intervals that belong to pairs."""

import json

import numpy as np
import pytest

from holdout.lm.evaluation import AskedOnce, EvaluationSet, Item, compare, evaluate

ITEMS = (
    Item("what is a ?", "1", "easy"),
    Item("what is b ?", "2", "easy"),
    Item("what is c d e ?", "3 4", "hard"),
)
QUESTIONS = EvaluationSet("toy", ITEMS)


class Table:
    """A model that looks its answers up."""

    def __init__(self, answers):
        self.answers = answers

    def complete(self, prompts):
        return [self.answers.get(prompt, "unknown") for prompt in prompts]


RIGHT = Table({item.prompt: item.answer for item in ITEMS})
HALF = Table({"what is a ?": "1", "what is c d e ?": "3"})


def test_only_the_whole_answer_is_right():
    report = evaluate(HALF, QUESTIONS)
    assert report.correct.tolist() == [True, False, False]
    assert report.accuracy() == pytest.approx(1 / 3)
    assert report.accuracy("easy") == 0.5
    assert evaluate(RIGHT, QUESTIONS).accuracy() == 1.0


def test_blanks_do_not_make_an_answer_wrong():
    assert evaluate(Table({"what is c d e ?": " 3  4 "}), QUESTIONS.only("hard")).accuracy() == 1.0


def test_tokens_and_time_are_counted():
    report = evaluate(HALF, QUESTIONS)
    assert report.tokens_read.tolist() == [4, 4, 6]
    assert report.tokens_written.tolist() == [1, 1, 1]
    assert report.milliseconds >= 0
    assert report.table().loc["easy", "tokens read"] == 4


def test_the_table_has_a_wilson_interval_for_each_slice():
    row = evaluate(HALF, QUESTIONS).table().loc["easy"]
    # Wilson for 1 of 2 at 95 %: centre 1/2, half width z sqrt(1 / (4 (n + z^2))) with z = 1.959964
    half = 1.959964 * np.sqrt(1 / (4 * (2 + 1.959964**2)))
    assert (row["low"], row["high"]) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-6)


def test_the_fingerprint_is_that_of_questions_and_answers_not_of_the_name():
    assert EvaluationSet("other", ITEMS).fingerprint == QUESTIONS.fingerprint
    assert EvaluationSet("toy", ITEMS[::-1]).fingerprint != QUESTIONS.fingerprint
    changed = (*ITEMS[:2], Item("what is c d e ?", "3 5", "hard"))
    assert EvaluationSet("toy", changed).fingerprint != QUESTIONS.fingerprint


def test_a_saved_set_comes_back_and_a_changed_one_is_refused(tmp_path):
    path = tmp_path / "frozen.json"
    QUESTIONS.save(path)
    assert EvaluationSet.load(path) == QUESTIONS
    document = json.loads(path.read_text())
    document["items"][0][1] = "7"
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="changed after it was frozen"):
        EvaluationSet.load(path)


def test_compare_reports_each_slice():
    table = compare(evaluate(HALF, QUESTIONS), evaluate(RIGHT, QUESTIONS))
    assert table.loc["easy", ["before", "after", "lost", "gained"]].tolist() == [0.5, 1.0, 0, 1]
    assert table.loc["hard", "difference"] == 1.0


def test_reports_about_different_questions_cannot_be_compared():
    with pytest.raises(ValueError, match="different questions"):
        compare(evaluate(HALF, QUESTIONS), evaluate(HALF, QUESTIONS.only("easy")))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EvaluationSet("none", ()), "is empty"),
        (
            lambda: EvaluationSet("two", (Item("a", "1", "s"), Item("a", "2", "s"))),
            "twice with different answers",
        ),
        (lambda: QUESTIONS.only("missing"), "no slice"),
        (lambda: evaluate(HALF, QUESTIONS).accuracy("missing"), "no slice"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_model_that_is_asked_once_gives_the_same_answers_and_computes_each_prompt_once():
    computed = []

    class Upper:
        def complete(self, prompts):
            computed.extend(prompts)
            return [prompt.upper() for prompt in prompts]

    model = AskedOnce(Upper())
    assert model.complete(["b", "a", "b"]) == ["B", "A", "B"]
    assert model.complete(["c", "a"]) == ["C", "A"] and model.complete([]) == []
    assert computed == ["b", "a", "c"]


def test_a_model_that_drops_answers_is_refused():
    class Drops:
        def complete(self, prompts):
            return ["1"]

    with pytest.raises(ValueError, match="gave 1 answers to 3 questions"):
        evaluate(Drops(), QUESTIONS)
