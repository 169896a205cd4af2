"""An exercise: its questions, loaded from ``solutions/NN-slug``."""

from __future__ import annotations

import os
import pathlib
import runpy
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace

from grader.authoring.notebooks import (
    fill_numbers,
    question_numbers,
    read_script,
    sentence_source,
    sentences_above,
)
from grader.authoring.question import CHOICES, KnownAnswer, Question, QuestionError
from grader.authoring.source_key import source_keys
from holdout import paths as course
from holdout import register
from holdout.checks.document import FORMAT, digest
from holdout.errors import HoldoutError

FEWEST_QUESTIONS, MOST_QUESTIONS = 6, 9
"""Questions that an exercise has."""


@dataclass(frozen=True)
class Exercise:
    """All questions of one exercise.

    Parameters
    ----------
    name : str
        Such as ``"01-two-numbers-and-a-chart"``.
    questions : list of Question
    core : tuple of str
        Ids of the questions that carry the exercise, from the register; empty where there is no register.
    """

    name: str
    questions: list[Question]
    core: tuple[str, ...] = ()

    def __getitem__(self, question_id: str) -> Question:
        for question in self.questions:
            if question.id == question_id:
                return question
        raise QuestionError(f"{self.name} has no question {question_id!r}; it has {', '.join(self.ids)}")

    @property
    def ids(self) -> list[str]:
        """Ids of the questions, in order."""
        return [question.id for question in self.questions]

    @property
    def points(self) -> float:
        """Points that are graded automatically."""
        return sum(question.points for question in self.questions)

    def only(self, ids: Iterable[str]) -> Exercise:
        """The exercise with these of its questions, in its own order."""
        wanted = set(ids)
        return replace(self, questions=[one for one in self.questions if one.id in wanted])

    def only_core(self) -> Exercise:
        """The exercise with its core questions.

        Raises
        ------
        QuestionError
            If the register marks none.
        """
        if not self.core:
            raise QuestionError(
                f"{register.FILE} marks no core questions of {self.name}; list four or five of them as `core`"
            )
        return self.only(self.core)

    def problems(self) -> list[str]:
        """What an exercise lacks as a whole, as sentences."""
        problems, count = [], len(self.questions)
        if not FEWEST_QUESTIONS <= count <= MOST_QUESTIONS:
            counted = f"{count} question{'' if count == 1 else 's'}"
            problems.append(f"it has {counted}; {FEWEST_QUESTIONS} to {MOST_QUESTIONS} are needed")
        if sum(question.judgement for question in self.questions) < 2:
            problems.append("fewer than two of its questions grade a decision (judgement=True)")
        if not any(question.judge in CHOICES for question in self.questions):
            problems.append("it does not end with a choice of sentences (sentence_choice)")
        return problems

    def compiled(self) -> dict:
        """The document that becomes ``checks.json``."""
        document = {
            "format": FORMAT,
            "exercise": self.name,
            "questions": {question.id: question.compiled() for question in self.questions},
        }
        document["digest"] = digest(document)
        return document


def _run(path: pathlib.Path) -> dict:
    """The names that ``questions.py`` defines.

    Raises
    ------
    QuestionError
        If it stops: with the file, the line and the error; ``--debug`` shows the traceback.
    """
    where = f"{path.parent.name}/{path.name}"
    try:
        return runpy.run_path(str(path), run_name=f"questions_{path.parent.name[:2]}")
    except HoldoutError:
        raise
    except SyntaxError as error:
        file = where if error.filename == str(path) else error.filename
        raise QuestionError(f"{file}, line {error.lineno}: {error.msg}") from error
    except Exception as error:
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        at = f", line {lines[-1]}" if lines else ""
        raise QuestionError(f"{where}{at} stops with {type(error).__name__}: {error}") from error


def load_exercise(name: str, root: str | os.PathLike | None = None) -> Exercise:
    """Read the questions of an exercise and their reference answers.

    Parameters
    ----------
    name : str
        Name of the exercise, its number (``"01"``) or a path of its folder.
    root : path, optional
        The course; found from the working directory by default.

    Returns
    -------
    Exercise

    Raises
    ------
    QuestionError
        If a question has no solution cell, a solution cell no question, or two questions have the same id.
    """
    folder = course.solution_folder(name, root)
    path = folder / "questions.py"
    if not path.is_file():
        raise QuestionError(f"{folder.name} has no questions.py")
    module = _run(path)
    questions = [value for value in module.values() if isinstance(value, Question)]
    script = read_script(folder / f"{folder.name}.py")
    solutions = {
        cell.metadata["question"]: cell.source for cell in script.cells if "question" in cell.metadata
    }
    setup = "\n\n".join(cell.source for cell in script.cells if "setup" in cell.metadata.get("tags", []))
    ids = [question.id for question in questions]
    if len(set(ids)) != len(ids):
        raise QuestionError(f"{folder.name}: two questions have the same id: {sorted(ids)}")
    without = sorted(set(ids) - set(solutions))
    unknown = sorted(set(solutions) - set(ids))
    if without or unknown:
        raise QuestionError(
            f"{folder.name}: questions.py and {folder.name}.py disagree; no solution cell for {without or 'none'}, "
            f"no question for the cells {unknown or 'none'}; add what is missing"
        )
    foreign = [id for id in ids if not id.startswith(folder.name[:2] + ".")]
    if foreign:
        raise QuestionError(f"{folder.name}: the ids {foreign} must begin with {folder.name[:2]!r}")
    numbers = question_numbers(script)
    text = path.read_text(encoding="utf-8")
    keys = source_keys(text, setup, solutions)
    keys_of_mutants = source_keys(text, setup, solutions, wrong_answers=False)
    for question in questions:
        question.setup, question.source_key = setup, keys[question.id]
        question.mutants_key = keys_of_mutants[question.id]
        code = solutions[question.id]
        if question.with_name:
            question.model_sentence = sentences_above(script, question.id).get(question.right_option, "")
            if not question.model_sentence:
                raise QuestionError(
                    f"{question.id}: above its cell stands no sentence {question.right_option!r}; write the sentences as a list, "
                    'each as `- **a** "..."`'
                )
            code = f"{sentence_source(question)}\n{code}"
        question.reference = KnownAnswer("reference", code)
        _fill_numbers(question, numbers)
    order = list(solutions)
    lesson = register.read_course(folder.parent.parent).lesson(folder.name)
    return Exercise(
        folder.name,
        sorted(questions, key=lambda question: order.index(question.id)),
        tuple(id for id in order if lesson is not None and id in lesson.core),
    )


def _fill_numbers(question, numbers):
    """Numbers for ``<01.gap>`` in what learners read."""

    def fill(text):
        return fill_numbers(text, numbers, f"question {question.id}")

    question.passed, question.hints = fill(question.passed), [fill(hint) for hint in question.hints]
    question.wrong_answers = [
        replace(answer, message=fill(answer.message), why=fill(answer.why))
        for answer in question.wrong_answers
    ]


def all_exercises(root: str | os.PathLike | None = None) -> list[Exercise]:
    """Every exercise that has questions, in order."""
    folder = pathlib.Path(root or course.find_root()) / "solutions"
    return [
        load_exercise(path.parent.name, root) for path in sorted(folder.glob("[0-9e][0-9]-*/questions.py"))
    ]
