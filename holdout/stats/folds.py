"""Splits into folds from an explicit random generator."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def random_folds(n_rows: int, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """The number of a fold for each row, at random, as equal in size as possible.

    Parameters
    ----------
    n_rows : int
    n_folds : int
        From 2 to `n_rows`.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n_rows,)
    """
    if not 2 <= n_folds <= n_rows:
        raise ValueError(f"n_folds is {n_folds}; there must be at least 2 and at most one per row ({n_rows})")
    return rng.permutation(np.arange(n_rows) % n_folds)


def group_folds(groups: ArrayLike, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """The number of a fold for each row, such that a group is never cut.

    Parameters
    ----------
    groups : array_like of shape (n,)
    n_folds : int
        At most the number of groups.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n,)
    """
    names, member = np.unique(groups, return_inverse=True)
    return random_folds(len(names), n_folds, rng)[member]


def balanced_folds(y: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """The number of a fold for each row, each class dealt evenly; shape (n,)."""
    folds = np.empty(len(y), dtype=int)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        folds[rows] = random_folds(len(rows), n_folds, rng)
    return folds
