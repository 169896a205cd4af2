"""How far a learner's points agree with the course's: shares, Cohen's kappa, and the direction of the differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from holdout.stats.agreement import cohens_kappa


class Agreement(NamedTuple):
    """What `agreement` returns.

    `same` of `n` decisions are the same; `kappa` is None where it is not defined; `lenient` points were given that the
    course does not give, `strict` ones were withheld that it gives.
    """

    same: int
    n: int
    kappa: float | None
    lenient: int
    strict: int


def agreement(own: Sequence[bool], course: Sequence[bool]) -> Agreement:
    """Compare two gradings of the same decisions.

    Parameters
    ----------
    own, course : sequence of bool, of the same length
        Whether the point was given.

    Returns
    -------
    Agreement
        With `holdout.stats.agreement.cohens_kappa`, which is not defined where both give always or never.

    Raises
    ------
    ValueError
        If the lengths differ or are 0.
    """
    if len(own) != len(course) or not own:
        raise ValueError(f"Two gradings of the same decisions are needed, not {len(own)} and {len(course)}.")
    n = len(own)
    same = sum(a == b for a, b in zip(own, course, strict=True))
    lenient = sum(a and not b for a, b in zip(own, course, strict=True))
    kappa = cohens_kappa(same / n, sum(own) / n, sum(course) / n)
    return Agreement(same, n, None if math.isnan(kappa) else kappa, lenient, n - same - lenient)


def describe(found: Agreement) -> str:
    """The agreement in two or three sentences, with what kappa means and which way the differences go."""
    said = f"You and the course agree on {found.same} of {found.n} points"
    if found.kappa is None:
        return f"{said}. Kappa is not defined here, because all points are the same."
    said += (
        f"; kappa is {_signed(found.kappa)}, where 0 is what giving as many points at random would reach and 1 is full "
        f"agreement. With {found.n} decisions it is a rough number."
    )
    if found.lenient > found.strict:
        return f"{said} You are more lenient: {found.lenient} points given that the course does not give, {found.strict} withheld."
    if found.strict > found.lenient:
        return f"{said} You are stricter: {found.strict} points withheld that the course gives, {found.lenient} given."
    if found.lenient:
        return f"{said} You are neither stricter nor more lenient: {found.lenient} each way."
    return said


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
