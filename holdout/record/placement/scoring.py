"""What follows from the answers to a form: the score, what to skip, which path, which misconceptions, and what was gained.

Pure functions of answers. Not for asking (`form`) and not for the record (`results`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from holdout.record.placement.item import UNKNOWN, Item
from holdout.stats.intervals import paired_difference, wilson_interval

Answers = Mapping[str, "str | float"]
"""The first answer to each item, by the item's id."""

LANGUAGE_MODELS = ("06", "07", "08", "09", "12", "13")
"""Lessons on language models; the others are about models of any kind."""


class Score(NamedTuple):
    """How many items were right."""

    right: int
    items: int
    low: float
    """Lower end of the 95% interval (Wilson) of the share."""
    high: float
    standard_error: float
    """Of the share, taken as that of independent items."""


class Gain(NamedTuple):
    """Difference between two forms on the same families of items."""

    gained: int
    """Wrong before, right after."""
    lost: int
    """Right before, wrong after."""
    both: int
    """Right both times."""
    pairs: int
    difference: float
    """Mean difference of the shares."""
    low: float
    """Lower end of the 95% interval of the difference."""
    high: float


def score(items: Sequence[Item], answers: Answers) -> Score:
    """Count the right answers; what was not answered counts as wrong.

    Parameters
    ----------
    items : sequence of Item
        At least one.
    answers : mapping

    Returns
    -------
    Score
    """
    right = sum(_right(item, answers) for item in items)
    low, high = wilson_interval(right, len(items))
    share = right / len(items)
    return Score(right, len(items), low, high, math.sqrt(share * (1 - share) / len(items)))


def _right(item: Item, answers: Answers) -> bool:
    return item.is_right(answers.get(item.id, UNKNOWN))


def chance_of_guessing(items: Sequence[Item], least: int) -> float:
    """Probability that somebody who guesses every item has at least so many right.

    Parameters
    ----------
    items : sequence of Item
    least : int

    Returns
    -------
    float
        Exact for independent items with the probabilities `Item.chance`.
    """
    counts = np.array([1.0])
    for item in items:
        counts = np.convolve(counts, [1 - item.chance, item.chance])
    return float(counts[least:].sum())


def needed_to_skip(items: Sequence[Item]) -> int:
    """Smallest number of right items that a guesser reaches with a probability of at most one per cent."""
    return next(least for least in range(len(items) + 1) if chance_of_guessing(items, least) <= 0.01)


def skips(items: Sequence[Item], answers: Answers) -> list[str]:
    """Say whose cores may be skipped.

    A lesson's core may be skipped if all its items are right, and if so many items of the form are right that guessing
    does not explain it (see `needed_to_skip`). Deciding is left to the learner.

    Parameters
    ----------
    items : sequence of Item
        Of one form.
    answers : mapping

    Returns
    -------
    list of str
        Numbers of lessons, in order; empty until every item is answered.
    """
    if any(item.id not in answers for item in items):
        return []
    if score(items, answers).right < needed_to_skip(items):
        return []
    lessons = sorted({item.lesson for item in items})
    return [
        lesson for lesson in lessons if all(_right(item, answers) for item in items if item.lesson == lesson)
    ]


def misconceptions(items: Iterable[Item], answers: Answers) -> dict[str, list[str]]:
    """Return the misconceptions that the wrong answers show, with the ids of the items that showed them."""
    found: dict[str, list[str]] = {}
    for item in items:
        name = item.misconception(answers.get(item.id, UNKNOWN))
        if name:
            found.setdefault(name, []).append(item.id)
    return found


def recommended_path(items: Sequence[Item], answers: Answers) -> str:
    """Return the id of the path that fits the answers.

    Somebody who has at least three quarters right needs the one day. Of the others, somebody who misses more of the items on
    language models than of the rest (as shares) is sent on the path of the AI engineer, everybody else on that of the ML engineer.

    Parameters
    ----------
    items : sequence of Item
    answers : mapping

    Returns
    -------
    str
    """
    if score(items, answers).right >= 0.75 * len(items):
        return "one-day"
    language = [item for item in items if item.lesson in LANGUAGE_MODELS]
    others = [item for item in items if item.lesson not in LANGUAGE_MODELS]

    def missed(part: Sequence[Item]) -> float:
        return 1 - sum(_right(item, answers) for item in part) / len(part) if part else 0.0

    return "ai-engineer" if missed(language) > missed(others) else "ml-engineer"


def gain(before: Sequence[Item], after: Sequence[Item], answers: Answers) -> Gain:
    """Compare two forms family by family.

    With twenty pairs the plain interval of Wald would be of width zero where nobody changes; see
    `holdout.stats.intervals.paired_difference`.

    Parameters
    ----------
    before, after : sequence of Item
        Of two forms with the same families.
    answers : mapping

    Returns
    -------
    Gain

    Raises
    ------
    ValueError
        If the two forms have not the same families.
    """
    first = {item.family: _right(item, answers) for item in before}
    second = {item.family: _right(item, answers) for item in after}
    if not first or first.keys() != second.keys():
        raise ValueError("the two forms must have the same families of items, at least one")
    gained = sum(second[key] and not first[key] for key in first)
    lost = sum(first[key] and not second[key] for key in first)
    both = sum(first[key] and second[key] for key in first)
    difference, low, high = paired_difference(list(first.values()), [second[key] for key in first])
    return Gain(gained, lost, both, len(first), difference, low, high)
