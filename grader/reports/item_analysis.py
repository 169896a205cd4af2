"""What a class's answers say about the questions: difficulty, discrimination, misconceptions. Pure computation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from grader.grading.run import Row
from holdout.checks.check import CRASHED, NOT_ATTEMPTED, PASSED


@dataclass(frozen=True)
class QuestionStatistics:
    """One question over a class.

    Parameters
    ----------
    question, title : str
    points : float
    answers : int
        Learners who handed something in that could be executed.
    difficulty : float
        Mean share of the points, 0 (nobody) to 1 (everybody).
    discrimination : float or None
        Correlation with the rest of the exercise; None where it is not defined.
    passed, crashed, blank : int
    misconceptions : list of (str, int)
        Most frequent first.
    unexplained : int
        Wrong answers that are no known misconception; those that crashed count there.
    """

    question: str
    title: str
    points: float
    answers: int
    difficulty: float
    discrimination: float | None
    passed: int
    crashed: int
    blank: int
    misconceptions: list
    unexplained: int


def discrimination(shares: ArrayLike, rest: ArrayLike) -> float | None:
    """Point-biserial correlation of one question with the rest score.

    Pearson's correlation ``cov(x, r) / (sd(x) sd(r))`` of the share ``x`` of the question's points with the points
    ``r`` earned in all *other* questions; for shares of 0 and 1 it equals the point-biserial coefficient
    ``(mean(r | 1) - mean(r | 0)) / sd(r) * sqrt(p (1 - p))``. The question itself is left out of ``r``, or it would
    correlate with itself (Lord and Novick, 1968, section 15.3).

    Parameters
    ----------
    shares, rest : array of shape (learners,)

    Returns
    -------
    float or None
        None if all learners have the same share or the same rest score.
    """
    shares, rest = np.asarray(shares, float), np.asarray(rest, float)
    if len(shares) < 2 or np.ptp(shares) == 0.0 or np.ptp(rest) == 0.0:
        return None
    return float(np.corrcoef(shares, rest)[0, 1])


def analyse(rows: list[Row]) -> list[QuestionStatistics]:
    """Statistics of every question of one exercise.

    Parameters
    ----------
    rows : list of grader.grading.run.Row
        Those without answers, because the submission could not be read, are left out.

    Returns
    -------
    list of QuestionStatistics
        In the order of the exercise.
    """
    answered = [row.questions for row in rows if row.questions]
    if not answered:
        return []
    earned = np.array([[one["share"] * one["points"] for one in learner] for learner in answered])
    items = []
    for i, about in enumerate(answered[0]):
        column = [learner[i] for learner in answered]
        shares = [one["share"] for one in column]
        counts: dict[str, int] = {}
        for one in column:
            if one["misconception"]:
                counts[one["misconception"]] = counts.get(one["misconception"], 0) + 1
        outcomes = [one["outcome"] for one in column]
        passed, blank = outcomes.count(PASSED), outcomes.count(NOT_ATTEMPTED)
        nameless = sum(one["outcome"] == CRASHED and not one["misconception"] for one in column)
        items.append(
            QuestionStatistics(
                about["question"],
                about["title"],
                about["points"],
                len(column),
                float(np.mean(shares)),
                discrimination(shares, earned.sum(axis=1) - earned[:, i]),
                passed,
                outcomes.count(CRASHED),
                blank,
                sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])),
                len(column) - passed - blank - nameless - sum(counts.values()),
            )
        )
    return items
