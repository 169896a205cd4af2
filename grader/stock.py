"""The grade inside nbgrader's own autograder: what the hidden line of every check calls.

Not for grading strangers' work: here the learner's code and the expected answers share a process. ``holdout grade`` keeps
them apart; this is what formgrader's and nbgrader's own commands use without it, and it gives the same scores.
"""

import functools
import os

from grader.questions import load_exercise
from holdout.checks import NOT_ATTEMPTED, run_probe

DEFAULT_SEED = 20260


def grading_seed():
    """Seed of the hidden cases: ``HOLDOUT_GRADING_SEED``, or a fixed one so that a regrade gives the same grade."""
    text = os.environ.get("HOLDOUT_GRADING_SEED", "")
    return int(text) if text.strip() else DEFAULT_SEED


_exercise = functools.lru_cache(load_exercise)  # one notebook asks for each question of the same exercise


def grade(question_id, answer):
    """Points of an answer on fresh hidden cases.

    Parameters
    ----------
    question_id : str
    answer : object
        The learner's function or value.

    Returns
    -------
    float
        Shown by nbgrader as the cell's result, which it takes for the points.
    """
    question = _exercise(question_id.split(".")[0])[question_id]
    cases = question.hidden_cases(grading_seed())
    runs = [run_probe(answer, question.probe, case["inputs"]) for case in cases]
    share = question.score(cases, runs)
    if share < 1.0:
        outcome, message, _ = question.explain(cases, runs)
        if outcome != NOT_ATTEMPTED:
            print(message)
    return round(share * question.points, 4)
