"""Every question of the course keeps its promise: the corpus of wrong and right answers, on one draw of the hidden cases.

``make proof`` repeats it on 100 draws, and ``holdout verify`` notes for which text of a question that was done.
"""

import pathlib

import pytest

from grader.authoring.exercise import all_exercises
from grader.authoring.verify import problems_of, verify_question

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXERCISES = all_exercises(ROOT)
QUESTIONS = [(exercise.name, question) for exercise in EXERCISES for question in exercise.questions]


def each_question(questions):
    ids = [question.id for _, question in questions]
    return pytest.mark.parametrize(("exercise", "question"), questions, ids=ids)


class TestQuestionsOfOddNumber:
    """Half of the questions: whole classes are handed to workers, and two workers share the corpus."""

    @each_question(QUESTIONS[::2])
    def test_a_question_keeps_its_promise(self, exercise, question):
        assert problems_of(verify_question(exercise, question, [1])) == []


class TestQuestionsOfEvenNumber:
    """The other half."""

    @each_question(QUESTIONS[1::2])
    def test_a_question_keeps_its_promise(self, exercise, question):
        assert problems_of(verify_question(exercise, question, [1])) == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_an_exercise_asks_enough_and_for_judgement(exercise):
    assert exercise.problems() == []


def test_an_answer_to_one_question_never_answers_another():
    names = [question.id for _, question in QUESTIONS]
    assert len(set(names)) == len(names)
