"""What exercise 04 calls: the learner's pipeline, with steps that note the rows that they are fitted on.

It only records; the verdict is in `judges`. A check makes the steps where the pipeline is. In grading they are outside, and so is the record.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from holdout.checks.asking import answered_steps, run_until_it_asks
from holdout.topics.leakage.experiments import nearest_label, top_columns


# -- A watched pipeline: which rows reached which fit
class _Watch:
    """Recognises rows by their values, through every transformation that the watched steps make."""

    def __init__(self, X):
        self.known = {row.tobytes(): i for i, row in enumerate(np.ascontiguousarray(X, dtype=float))}
        self.events = []

    def rows(self, X):
        X = np.ascontiguousarray(np.asarray(X, dtype=float))
        return [self.known.get(row.tobytes(), -1) for row in X]

    def remember(self, rows, X):
        for i, row in zip(rows, np.ascontiguousarray(X, dtype=float), strict=True):
            if i >= 0:
                self.known[row.tobytes()] = i


class WatchedStep:
    """A step of a pipeline that keeps a list of the rows that it was fitted on. Works inside `Pipeline`.

    Parameters
    ----------
    name : {"selector", "scaler", "model"}
        A selector keeps the columns that correlate most with the label; a scaler standardises; the model is
        1-nearest-neighbour.
    watch : object
        Shared by the steps of one run.
    kept : int
        Columns that a selector keeps.
    """

    fitted_: Any

    def __init__(self, name, watch, kept):
        self.name, self._watch, self._kept = name, watch, kept

    def __sklearn_clone__(self):
        return WatchedStep(self.name, self._watch, self._kept)

    def __sklearn_tags__(self):
        from sklearn.base import BaseEstimator

        return BaseEstimator().__sklearn_tags__()

    def __sklearn_is_fitted__(self):
        return hasattr(self, "fitted_")

    def get_params(self, deep: bool = True) -> dict:
        return {}

    def set_params(self, **parameters: Any) -> WatchedStep:
        return self

    def __repr__(self):
        return f"<{self.name}>"

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> WatchedStep:
        """Fit on rows, and write down which."""
        self._watch.events.append(["fit", self.name, self._watch.rows(X)])
        X = np.asarray(X, dtype=float)
        if self.name != "scaler" and y is None:
            raise TypeError(f"the {self.name} needs the labels: fit(X, y)")
        if self.name == "selector":
            self.fitted_ = np.sort(top_columns(X, np.asarray(y, dtype=float), self._kept, signed=False))
        elif self.name == "scaler":
            self.fitted_ = X.mean(axis=0), X.std(axis=0)
        else:
            self.fitted_ = X, np.asarray(y)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Transform rows with what was fitted."""
        X = np.asarray(X, dtype=float)
        if self.name == "model":
            raise AttributeError("the model predicts; it does not transform")
        out = X[:, self.fitted_] if self.name == "selector" else (X - self.fitted_[0]) / self.fitted_[1]
        self._watch.remember(self._watch.rows(X), out)
        return out

    def fit_transform(self, X: ArrayLike, y: ArrayLike | None = None) -> np.ndarray:
        """Fit, then transform the same rows."""
        return self.fit(X, y).transform(X)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predicted labels; the model only."""
        if self.name != "model":
            raise AttributeError(f"the {self.name} transforms; it does not predict")
        self._watch.events.append(["predict", self.name, self._watch.rows(X)])
        rows, labels = self.fitted_
        return nearest_label(rows, labels, np.asarray(X, dtype=float))

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Share of right predictions."""
        return float(np.mean(self.predict(X) == np.asarray(y)))


def watch_pipeline(
    function: Callable[..., Any], X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, kept: int
) -> dict[str, Any]:
    """Run ``function(X, y, train, test, selector, scaler, model)`` and write down which rows reached which step.

    This is what a probe calls where the learner's code runs; it knows nothing of what is expected. `pipeline`
    judges the result elsewhere.

    Parameters
    ----------
    function : callable
    X : ndarray of shape (n, p)
    y : ndarray of shape (n,)
    train, test : ndarray of int
        Row positions.
    kept : int
        Columns that the selector keeps.

    Returns
    -------
    dict
        ``score`` (what the function returned) and ``events``: lists of ["fit" or "predict", name of the step,
        row positions; -1 for a row that is none of X].
    """
    watch = _Watch(X)
    steps = [WatchedStep(name, watch, kept) for name in ("selector", "scaler", "model")]
    score = function(X, y, train, test, *steps)
    return {"score": score, "events": watch.events}


# -- The same with the steps outside
STEPS = ("selector", "scaler", "model")
MOST_CALLS = 200  # the question needs eight for a case


class _DistantStep(WatchedStep):
    """A step whose work is done outside: every call is a question, and every clone is another step."""

    def __init__(self, name: str, ask: Callable[..., Any], numbers: Iterator[int]):
        super().__init__(name, None, 0)
        self._ask, self._numbers, self._number = ask, numbers, next(numbers)

    def __sklearn_clone__(self):
        return _DistantStep(self.name, self._ask, self._numbers)

    def fit(self, X, y=None):
        self._ask(self._number, self.name, "fit", np.asarray(X), None if y is None else np.asarray(y))
        self.fitted_ = True
        return self

    def transform(self, X):
        return self._ask(self._number, self.name, "transform", np.asarray(X), None)

    def predict(self, X):
        return self._ask(self._number, self.name, "predict", np.asarray(X), None)


def ask_the_steps(function: Callable[..., Any], about: Mapping[str, Any], told: Sequence[Mapping]) -> Any:
    """Run a function until it calls a step, which is outside (see :func:`holdout.checks.asking.run_until_it_asks`)."""

    def run(ask, X, y, train, test):
        numbers = itertools.count()
        return function(X, y, train, test, *(_DistantStep(name, ask, numbers) for name in STEPS))

    return run_until_it_asks(run, about, told)


def watch_pipeline_steps(
    X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, kept: int
) -> Generator[tuple, Any, Any]:
    """The same as `watch_pipeline` with the steps and the record outside the process of the function."""
    watch = _Watch(X)
    there: dict[int, WatchedStep] = {}

    def call(number, name, method, rows, labels):
        if name not in STEPS or method not in ("fit", "transform", "predict") or not isinstance(number, int):
            raise TypeError("the steps are fitted, transform and predict, and do nothing else")
        step = there.setdefault(number, WatchedStep(name, watch, kept))
        rows = _small_enough(rows, X)
        if method == "fit":
            step.fit(rows, None if labels is None else _small_enough(labels, y))
            return True
        return getattr(step, method)(rows)

    about = {"X": X, "y": y, "train": train, "test": test}
    score = yield from answered_steps(ask_the_steps, about, call, MOST_CALLS)
    return score if score is Ellipsis else {"score": score, "events": watch.events}


def _small_enough(given, like):
    """An array of numbers, not much larger than the question's own: what is asked for may come from anybody."""
    given = np.asarray(given)
    if given.dtype.kind not in "biuf" or given.ndim > like.ndim or given.size > 20 * like.size:
        raise ValueError(f"expected an array of numbers with {like.ndim} dimensions")
    if len(np.atleast_1d(given)) > 20 * len(like):
        raise ValueError(f"more than {20 * len(like)} rows")
    return given
