"""A simulated class with a known truth: what the report must recover, and what benchmarks are run on.

Every learner of the class is a list of answers drawn from what `questions.py` knows: the reference, different
right answers, the wrong answers that learners give, and nothing at all.
"""

import json
import os
import pathlib
import shutil
from collections.abc import Mapping, Sequence

import nbformat
import numpy as np

from grader.authoring.exercise import Exercise
from grader.authoring.notebooks import exercise_notebook, read_script, solution_notebook, write_text
from grader.authoring.question import Question
from grader.nbgrader_bridge.release import released_exercise
from holdout import paths
from holdout.checks.check import NOT_ATTEMPTED, PASSED, WRONG
from holdout.errors import CourseError

TRUTH = pathlib.Path("classroom") / "simulated-truth.json"
BLANK = "blank"
MEMO = "With 320 rows the error is 0.165 ± 0.004; I would not pay for more rows."
PREFIX = "simulated-"


def simulate(
    root: str | os.PathLike | None = None,
    exercise: str = "01",
    students: int = 40,
    seed: int = 0,
    *,
    blank: float = 0.05,
    skill: tuple[float, float] = (2.0, 1.2),
) -> dict:
    """Write the submissions of a simulated class below ``classroom/submitted/``.

    Every learner has a skill from a beta distribution, which is the chance to answer a question rightly; an answer
    that is not right is blank with probability `blank`, else one of the question's known wrong answers.

    Parameters
    ----------
    root : path, optional
    exercise : str
        Name or number.
    students : int
    seed : int
        The same seed writes the same class.
    blank : float
        Share of the answers that are missing among those that are not right.
    skill : (float, float)
        Parameters of the beta distribution.

    Returns
    -------
    dict
        The truth, as it is kept in ``classroom/simulated-truth.json``: ``exercise``, ``seed`` and ``students``, which holds
        for every learner and question the ``answer`` (a name), its ``outcome`` and its ``misconception``.

    Raises
    ------
    CourseError
        If `students` is not positive.
    """
    if students < 1:
        raise CourseError(f"a class needs at least one student, not {students}")
    root = pathlib.Path(root or paths.find_root())
    name = paths.solution_folder(exercise, root).name
    asked = released_exercise(name, root)
    release = released(root, name, asked)
    rng = np.random.default_rng([seed, students])
    truth: dict = {"exercise": name, "seed": int(seed), "students": {}}
    digits = max(3, len(str(students)))
    for number in range(1, students + 1):
        chosen = draw_answers(asked.questions, rng.beta(*skill), blank, rng)
        student = f"{PREFIX}{number:0{digits}d}"
        codes = {question.id: code for question, (_, code) in zip(asked.questions, chosen, strict=True)}
        write_submission(
            root, student, fill_in(release, codes, memo=MEMO if rng.random() < 0.8 else None), name
        )
        truth["students"][student] = {
            question.id: true_outcome(question, answer)
            for question, (answer, _) in zip(asked.questions, chosen, strict=True)
        }
    write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", root / TRUTH)
    return truth


def released(root: str | os.PathLike | None, name: str, asked: Exercise) -> nbformat.NotebookNode:
    """The exercise as learners get it, made from its text."""
    folder = paths.solution_folder(name, root)
    return exercise_notebook(solution_notebook(read_script(folder / f"{name}.py"), asked))


def draw_answers(
    questions: Sequence[Question], skill: float, blank: float, rng: np.random.Generator
) -> list[tuple[str, str | None]]:
    """One learner's answers.

    Parameters
    ----------
    questions : list of grader.authoring.question.Question
    skill : float
        Chance of a right answer.
    blank : float
    rng : numpy.random.Generator

    Returns
    -------
    list of (str, str or None)
        Name and code of every answer; None where the question was left alone.
    """
    drawn: list[tuple[str, str | None]] = []
    for question in questions:
        right = (
            [question.reference, *question.right_answers] if question.reference else [*question.right_answers]
        )
        if rng.random() < skill:
            candidate = right[rng.integers(len(right))]
        elif rng.random() < blank or not question.wrong_answers:
            drawn.append((BLANK, None))
            continue
        else:
            candidate = question.wrong_answers[rng.integers(len(question.wrong_answers))]
        drawn.append((candidate.name, candidate.code))
    return drawn


def true_outcome(question: Question, answer: str) -> dict:
    """Name, outcome and misconception of an answer, as the questions define them."""
    if answer == BLANK:
        return {"answer": answer, "outcome": NOT_ATTEMPTED, "misconception": ""}
    wrong = answer in {candidate.name for candidate in question.wrong_answers}
    return {"answer": answer, "outcome": WRONG if wrong else PASSED, "misconception": answer if wrong else ""}


def fill_in(
    release: Mapping, codes: Mapping[str, str | None], memo: str | None = None
) -> nbformat.NotebookNode:
    """A released notebook with answers in it.

    Parameters
    ----------
    release : nbformat.NotebookNode
    codes : dict of str to str or None
        By question; None leaves the cell as it is.
    memo : str, optional
        Text for every cell that a person grades.

    Returns
    -------
    nbformat.NotebookNode
    """
    made = nbformat.from_dict(json.loads(json.dumps(release)))
    by_cell = {f"{id.replace('.', '-')}-answer": code for id, code in codes.items()}
    for cell in made.cells:
        role = cell.metadata.get("nbgrader", {})
        if by_cell.get(role.get("grade_id")) is not None:
            cell.source = by_cell[role["grade_id"]]
        elif memo is not None and role.get("grade") and role.get("solution"):
            cell.source = memo
    return made


def write_submission(
    root: str | os.PathLike, student: str, notebook: nbformat.NotebookNode, name: str
) -> pathlib.Path:
    """Put a notebook where ``nbgrader collect`` would put it; an earlier one is replaced."""
    folder = pathlib.Path(root) / "classroom" / "submitted" / student / name
    shutil.rmtree(folder, ignore_errors=True)
    write_text(nbformat.writes(notebook) + "\n", folder / f"{name}.ipynb")
    return folder
