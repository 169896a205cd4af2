"""What exercise 05 calls in the learner's process: their nested cross-validation, with a model to fit.

A function cannot travel as an input, so it is made here. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from holdout.topics.test_reuse.experiments import shrunken_centroid_errors


def run_nested(
    function: Callable[..., Any],
    X: np.ndarray,
    y: np.ndarray,
    outer: list,
    inner: list,
    settings: Sequence[float],
) -> Any:
    """Run ``function(outer, inner, settings, error_of)`` with an `error_of` that fits shrunken centroids.

    What a probe calls where the learner's code runs: a function cannot travel as an input.

    Parameters
    ----------
    function : callable
    X : ndarray of shape (n, p)
    y : ndarray of 0 and 1, shape (n,)
    outer, inner : list
        As the question describes them.
    settings : list of float
        Shrinkages.

    Returns
    -------
    object
        What the function returned.
    """

    def error_of(fit_rows, score_rows, setting):
        fit_rows, score_rows = np.asarray(fit_rows), np.asarray(score_rows)
        return float(
            shrunken_centroid_errors(X[fit_rows], y[fit_rows], X[score_rows], y[score_rows], [setting])[0]
        )

    return function(outer, inner, settings, error_of)


class _Text(str):
    """Text whose hash is another one, as that of every text is in another session of Python."""

    __slots__ = ()

    def __hash__(self):
        return str.__hash__(self) ^ 0x5DEECE66D


def fingerprints(function: Callable[..., Any], sets: Sequence) -> list:
    """Run ``function(items)`` on each set of items, and once more on the first one as if in another session of Python.

    Parameters
    ----------
    function : callable
    sets : list of list of [str, str]

    Returns
    -------
    list
        One result for each set, and the one of the first set in another session.
    """
    results = [function([tuple(item) for item in items]) for items in sets]
    return [*results, function([tuple(_Text(text) for text in item) for item in sets[0]])]
