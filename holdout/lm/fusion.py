"""Joining rankings of several retrievers, and comparing retrievers on the same questions.

Pure functions on ranks; the retrievers are in `holdout.lm.retrieval`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from holdout.stats.intervals import paired_difference, wilson_interval


def ranks(scores: ArrayLike) -> np.ndarray:
    """Rank of every text, 1 for the best; equal scores keep their order.

    Parameters
    ----------
    scores : array_like of shape (..., texts)

    Returns
    -------
    ndarray of int, the same shape
    """
    values = np.asarray(scores, dtype=float)
    order = np.argsort(-values, axis=-1, kind="stable")
    found = np.empty_like(order)
    np.put_along_axis(found, order, np.broadcast_to(np.arange(1, values.shape[-1] + 1), order.shape), axis=-1)
    return found


def reciprocal_rank_fusion(*scores: ArrayLike, c: float = 60.0) -> np.ndarray:
    """Join several rankings of the same texts: the sum of 1 / (c + rank).

    Scores of different retrievers have different units; ranks do not. Source: Cormack, Clarke & Büttcher 2009,
    "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR, with their c = 60.

    Parameters
    ----------
    *scores : array_like of shape (..., texts)
        One per retriever, higher is better.
    c : float
        How little the first ranks count more than the next; above 0.

    Returns
    -------
    ndarray of float, the same shape
        Scores of the joined ranking.

    Raises
    ------
    ValueError
        If there is no ranking, or shapes differ.
    """
    if not scores:
        raise ValueError("there is no ranking to join; give at least one")
    if c <= 0:
        raise ValueError(f"c must be above 0, not {c}")
    shapes = {np.shape(score) for score in scores}
    if len(shapes) > 1:
        raise ValueError(f"the rankings are of different texts: shapes {sorted(shapes)}")
    return sum((1.0 / (c + ranks(score)) for score in scores), start=np.zeros(shapes.pop()))


def recall_table(
    rank_of_answer: Mapping[str, ArrayLike], ks: Sequence[int] = (1, 3, 5, 10), *, confidence: float = 0.95
) -> pd.DataFrame:
    """Recall@k of several retrievers on the same questions, each with one right passage.

    Parameters
    ----------
    rank_of_answer : mapping of str to array_like of int, shape (questions,)
        Retriever to the rank of the right passage of each question; 0 where it was not found at all.
    ks : sequence of int
    confidence : float

    Returns
    -------
    pandas.DataFrame
        One row per retriever and k: `retriever`, `k`, `questions`, `recall`, and `low`, `high` (Wilson's interval).
    """
    rows = []
    for name, found in rank_of_answer.items():
        rank = _checked_ranks(found)
        for k in ks:
            hits = int(found_within(rank, k).sum())
            low, high = wilson_interval(hits, len(rank), confidence=confidence)
            rows.append(
                {
                    "retriever": name,
                    "k": k,
                    "questions": len(rank),
                    "recall": hits / len(rank),
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(rows)


def found_within(rank_of_answer: ArrayLike, k: int) -> np.ndarray:
    """Question by question: whether the right passage is among the first k."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    rank = _checked_ranks(rank_of_answer)
    return (rank >= 1) & (rank <= k)


def recall_difference(
    before: ArrayLike, after: ArrayLike, k: int, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Change in recall@k from one retriever to another on the same questions, with a paired interval.

    Two intervals that overlap do not say that the retrievers are equal: both answered the same questions, and only
    those on which they differ tell them apart.

    Parameters
    ----------
    before, after : array_like of int, shape (questions,)
        Ranks of the right passage, 0 where it was not found.
    k : int
    confidence : float

    Returns
    -------
    difference, low, high : float
        See `holdout.stats.intervals.paired_difference`.
    """
    return paired_difference(found_within(before, k), found_within(after, k), confidence=confidence)


def mean_reciprocal_rank(rank_of_answer: ArrayLike) -> float:
    """Mean of 1 / rank, 0 where the passage was not found."""
    rank = _checked_ranks(rank_of_answer)
    return float(np.where(rank > 0, 1 / np.maximum(rank, 1), 0.0).mean())


def _checked_ranks(rank_of_answer: ArrayLike) -> np.ndarray:
    rank = np.asarray(rank_of_answer)
    if rank.ndim != 1 or not len(rank) or not np.issubdtype(rank.dtype, np.integer) or (rank < 0).any():
        raise ValueError("ranks must be a list of whole numbers, 1 for the best and 0 for not found")
    return rank
