"""Forced choice by likelihood: which of several given answers a language model finds most probable.

A model that writes a wrong answer may still find the right one more probable than other values. Pure functions on log
likelihoods; no model is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def choice_probabilities(logprobs: ArrayLike) -> np.ndarray:
    """Probabilities of the options, given that one of them is chosen.

    Parameters
    ----------
    logprobs : array_like of shape (..., options)
        Log likelihood (natural logarithm) of each option.

    Returns
    -------
    ndarray of shape (..., options)
        exp(logprob) / sum of exp(logprob) over the options.
    """
    values = np.asarray(logprobs, dtype=float)
    if values.ndim == 0 or values.shape[-1] < 2:
        raise ValueError("a choice needs at least two options")
    if not np.isfinite(values).all():
        raise ValueError("every option needs a finite log likelihood")
    weights = np.exp(values - values.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def choose(logprobs: ArrayLike, priors: ArrayLike | None = None) -> int:
    """Index of the option that a model prefers.

    Parameters
    ----------
    logprobs : array_like of shape (options,)
        Log likelihood of each option after the question.
    priors : array_like of shape (options,), optional
        Log likelihood of each option where no question was asked. With it the option with the largest *gain* is
        chosen, which takes out that short and common texts are always probable (Holtzman et al. 2021, "Surface form
        competition: why the highest probability answer isn't always right", section 3: domain conditional PMI).

    Returns
    -------
    int
        The first of equally good ones.
    """
    values = np.asarray(logprobs, dtype=float)
    if values.ndim != 1 or not len(values):
        raise ValueError("give the log likelihoods of the options of one question")
    if priors is not None:
        before = np.asarray(priors, dtype=float)
        if before.shape != values.shape:
            raise ValueError(f"{len(values)} options and {before.size} priors; give one prior an option")
        values = values - before
    return int(values.argmax())


def pick_options(
    truth: str,
    old: str | None,
    pool: Sequence[tuple[str, str]],
    kind: str,
    rng: np.random.Generator,
    *,
    k: int = 4,
) -> list[str]:
    """Choose the options of one question: the truth, an old value if there is one, and others of the same kind.

    Parameters
    ----------
    truth : str
    old : str or None
    pool : sequence of (value, kind)
        Values to fill up with; those of the same kind go first.
    kind : str
        Kind of the truth.
    rng : Generator
    k : int
        Number of options.

    Returns
    -------
    list of str
        The truth first, the old value second if there is one; all different.

    Raises
    ------
    ValueError
        If the pool is too small.
    """
    options = [truth] if old is None else [truth, old]
    others = [pool[i] for i in rng.permutation(len(pool))]
    for value, _ in sorted(others, key=lambda pair: pair[1] != kind):
        if len(options) == k:
            break
        if value not in options:
            options.append(value)
    if len(options) < k:
        raise ValueError(f"{k} options are wanted, but the pool gives only {len(options)}")
    return options
