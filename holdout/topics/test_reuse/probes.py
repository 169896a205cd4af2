"""What exercise 05 calls: the learner's nested cross-validation, with a model to fit. Nothing is judged here.

A check makes the function that fits where the answer is. In grading the rows and the model are outside.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from holdout.checks.asking import answered_steps, row_positions, run_until_it_asks
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


MOST_FITS = 2_000  # the question needs 76 for a case


def ask_for_errors(function: Callable[..., Any], about: Mapping[str, Any], told: Sequence[Mapping]) -> Any:
    """Run a function until it asks for an error, which is measured outside (see :func:`holdout.checks.asking.run_until_it_asks`)."""

    def run(ask, outer, inner, settings):
        def error_of(fit_rows, score_rows, setting):
            return ask(_positions(fit_rows), _positions(score_rows), float(setting))

        return function(outer, inner, settings, error_of)

    return run_until_it_asks(run, about, told)


def _positions(rows):
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows


def run_nested_steps(
    X: np.ndarray, y: np.ndarray, outer: list, inner: list, settings: Sequence[float]
) -> Generator[tuple, Any, Any]:
    """The same with `error_of` outside: neither the rows nor the model is in the process of the function."""

    def errors(fit_rows, score_rows, wanted):
        fit, score = (row_positions(rows, len(X), 10 * len(X)) for rows in (fit_rows, score_rows))
        return shrunken_centroid_errors(X[fit], y[fit], X[score], y[score], wanted).tolist()

    def error_of(fit_rows, score_rows, setting):
        return errors(fit_rows, score_rows, [float(setting)])[0]

    def of_all_settings(fit_rows, score_rows, setting):
        together = errors(fit_rows, score_rows, settings)
        return [[[fit_rows, score_rows, one], error] for one, error in zip(settings, together, strict=True)]

    about = {"outer": outer, "inner": inner, "settings": settings}
    return answered_steps(ask_for_errors, about, error_of, MOST_FITS, of_all_settings)


_SALT = 0x5DEECE66D


class _Text(str):
    """Text whose hash is another one, as that of every text is in another session of Python."""

    __slots__ = ()

    def __hash__(self):
        return str.__hash__(self) ^ _SALT

    def __str__(self):
        return self


@contextmanager
def _another_session() -> Iterator[None]:
    """`hash` gives other numbers for text, and for what holds text, also for text that was made on the way."""
    usual = builtins.hash

    def salted(value):
        return usual(value) ^ _SALT if _holds_text(value) else usual(value)

    builtins.hash = salted
    try:
        yield
    finally:
        builtins.hash = usual


def _holds_text(value: Any) -> bool:
    return isinstance(value, str | bytes) or (
        isinstance(value, tuple | frozenset) and any(map(_holds_text, value))
    )


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
    with _another_session():
        return [*results, function([tuple(map(_Text, item)) for item in sets[0]])]
