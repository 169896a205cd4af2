"""What exercise 04 calls in the learner's process: a pipeline whose steps note the rows that they are fitted on.

It only records; the verdict is in `judges`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

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
