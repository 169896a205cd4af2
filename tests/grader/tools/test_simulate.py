"""A simulated class: reproducible, with a truth that is kept, made of the answers that the questions know."""

import json

import nbformat
import numpy as np
import pytest
from small_class import EXERCISE, SmallClass

from grader.authoring.exercise import load_exercise
from grader.tools.simulate import TRUTH, draw_answers, simulate
from holdout.errors import CourseError


@pytest.fixture
def small(tmp_path):
    return SmallClass(tmp_path)


def _texts(root):
    return {
        path.parts[-3]: path.read_text(encoding="utf-8")
        for path in sorted(root.glob("classroom/submitted/*/*/*.ipynb"))
    }


def test_the_same_seed_makes_the_same_class(small):
    truth = simulate(small.root, "01", students=5, seed=3)
    first = _texts(small.root)
    assert simulate(small.root, "01", students=5, seed=3) == truth
    assert _texts(small.root) == first
    assert simulate(small.root, "01", students=5, seed=4) != truth


def test_the_truth_is_kept_beside_the_class(small):
    truth = simulate(small.root, "01", students=5, seed=3)
    assert json.loads((small.root / TRUTH).read_text(encoding="utf-8")) == truth
    assert set(truth["students"]) == set(_texts(small.root))


def test_every_answer_is_in_the_notebook_as_the_truth_says(small):
    truth = simulate(small.root, "01", students=12, seed=5)
    questions = load_exercise(EXERCISE, small.root).questions
    for student, text in _texts(small.root).items():
        cells = {
            cell.metadata.nbgrader.grade_id: cell.source for cell in nbformat.reads(text, as_version=4).cells
        }
        for question in questions:
            answer = truth["students"][student][question.id]["answer"]
            known = {
                c.name: c.code for c in [question.reference, *question.right_answers, *question.wrong_answers]
            }
            source = cells[question.id.replace(".", "-") + "-answer"]
            stub = "NotImplementedError" in source or "three dots" in source
            assert source == known[answer] if answer != "blank" else stub


def test_skill_is_the_chance_of_a_right_answer(small):
    """Skill 1 is always right, skill 0 never; half-way within four standard errors, 4 sqrt(1/4 / n)."""
    questions = load_exercise(EXERCISE, small.root).questions
    right = {q.id: {c.name for c in [q.reference, *q.right_answers]} for q in questions}
    rng = np.random.default_rng(0)

    def share(skill, rounds):
        hits = [
            name in right[question.id]
            for _ in range(rounds)
            for question, (name, _) in zip(questions, draw_answers(questions, skill, 0.1, rng), strict=True)
        ]
        return np.mean(hits), len(hits)

    assert share(1.0, 50)[0] == 1.0
    assert share(0.0, 50)[0] == 0.0
    mean, n = share(0.5, 500)
    assert abs(mean - 0.5) < 4 * np.sqrt(0.25 / n)


def test_an_empty_class_is_refused(small):
    with pytest.raises(CourseError, match="at least one student, not 0"):
        simulate(small.root, "01", students=0)
