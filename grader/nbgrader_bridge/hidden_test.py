"""The grade inside nbgrader's own autograder: what the hidden line of every check calls.

Not for grading other people's work: here the learner's code and the expected answers share a process. ``holdout grade`` keeps
them apart; this is what formgrader's and nbgrader's own commands use without it, and it gives the same scores.
"""

import functools

from grader.authoring.exercise import load_exercise
from grader.grading.seeds import grading_seed
from holdout.checks.check import NOT_ATTEMPTED
from holdout.checks.probe import run_probe

_exercise = functools.lru_cache(load_exercise)  # one notebook asks for each question of the same exercise


def grade(question_id: str, answer: object) -> float:
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
