"""Agreement beyond chance."""

from __future__ import annotations

import math


def cohens_kappa(same: float, first: float, second: float) -> float:
    """Cohen's kappa of two yes/no ratings of the same items.

    Parameters
    ----------
    same : float
        Share of items with the same rating.
    first, second : float
        Share of yes in each rating.

    Returns
    -------
    float
        Agreement beyond what two raters with these habits reach if they do not look at the items, as a share of what is
        possible beyond it; NaN where both say the same of every item.

    References
    ----------
    Cohen, J. (1960), "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20(1):37-46.

    Examples
    --------
    >>> cohens_kappa(0.75, 0.5, 0.25)
    0.5
    """
    by_chance = chance_agreement(first, second)
    return (same - by_chance) / (1 - by_chance) if by_chance < 1 else math.nan


def chance_agreement(first: float, second: float) -> float:
    """Share of the same ratings from two raters who say yes with these shares and do not look at the items.

    Parameters
    ----------
    first, second : float

    Returns
    -------
    float
    """
    return first * second + (1 - first) * (1 - second)
