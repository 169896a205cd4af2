"""What fewer bits cost: rounding noise, the outlier, error feedback, and the slice that an average hides.

Pure functions. The quantizer that the language model uses is `holdout.lm.quantization`; here is what is needed to understand and
to judge it. Drawing is in `holdout.topics.quantization.figures`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from holdout.data import loader as data
from holdout.lm.evaluation import EvaluationSet, recorded_answers
from holdout.lm.facts import FactBook
from holdout.lm.slices import course_set

SLICES = (
    "traffic",
    "tail",
    "as call",
    "unseen wording",
    "same parameter",
    "same estimator",
    "read as call",
    "abstain, invented",
    "abstain, real",
    "memory beside near misses",
    "changed, with passages",
    "format by example",
)
# as readers know them: questions whose right answer is "unknown"
_CALLED = {"abstain, invented": "not documented, invented", "abstain, real": "not documented, real"}


# -- rounding


def symmetric_round(values: np.ndarray, bits: int, *, axis: int | None = None) -> np.ndarray:
    """Round to the nearest of 2^bits - 1 evenly spaced levels around zero, and turn back into numbers.

    Parameters
    ----------
    values : ndarray
    bits : int
        2 to 16.
    axis : int, optional
        Along which each line has a step of its own; one step for everything by default.

    Returns
    -------
    ndarray
        Same shape; each entry within half a step of the original.

    Raises
    ------
    ValueError
        If `bits` is out of range or a value is not finite.
    """
    if not 2 <= bits <= 16:
        raise ValueError(f"bits must be between 2 and 16, not {bits}")
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError("the values hold a number that is not finite; find out where it comes from first")
    levels = 2 ** (bits - 1) - 1
    largest = np.abs(values).max(axis=axis, keepdims=axis is not None, initial=0.0)
    step = np.where(largest > 0, largest / levels, 1.0)
    return np.round(values / step) * step


def rounding_error(step: float) -> float:
    """Mean squared error of rounding to multiples of `step`: step^2 / 12.

    The error is spread evenly over one step; the variance of an even spread of width w is w^2/12. Source: Bennett 1948,
    "Spectra of quantized signals", Bell System Technical Journal 27.
    """
    return step**2 / 12


def signal_to_noise(values: np.ndarray, rounded: np.ndarray) -> float:
    """Mean squared value over mean squared error, in decibels (10 log10)."""
    values, rounded = np.asarray(values, float), np.asarray(rounded, float)
    return float(10 * np.log10(np.mean(values**2) / np.mean((values - rounded) ** 2)))


def lloyd_max_error(bits: int, *, iterations: int = 20_000) -> float:
    """Least mean squared error of any quantizer with 2^bits levels, for a standard normal value.

    Lloyd's iteration with exact integrals: borders are the middles between levels, levels the means between borders. Source:
    Max 1960, "Quantizing for minimum distortion", IRE Transactions IT-6.

    Parameters
    ----------
    bits : int
        1 to 6.
    """
    levels = (np.arange(2**bits) - (2**bits - 1) / 2) * best_uniform_error(bits)[0]
    for _ in range(iterations):
        borders = np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])
        share = np.diff(norm.cdf(borders))
        new = -np.diff(norm.pdf(borders)) / share
        if np.abs(new - levels).max() < 1e-12:
            break
        levels = new
    return float(1 - np.sum(share * new**2))


def best_uniform_error(bits: int) -> tuple[float, float]:
    """Step and mean squared error of the best *evenly spaced* 2^bits levels for a standard normal value.

    The levels lie at odd multiples of half a step. Source: Max 1960, table II.

    Returns
    -------
    step, error : float
    """
    numbers = np.arange(2**bits) - (2**bits - 1) / 2

    def error(step):
        levels = numbers * step
        borders = np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])
        share = np.diff(norm.cdf(borders))
        mean = -np.diff(norm.pdf(borders))
        return 1 - 2 * np.sum(levels * mean) + np.sum(levels**2 * share)

    found = minimize_scalar(error, bounds=(1e-3, 3.0), method="bounded", options={"xatol": 1e-10})
    return float(found.x), float(found.fun)


def inliers_error(values: np.ndarray, bits: int, *, outlier: float, keep_above: float | None = None) -> float:
    """Mean squared rounding error of the ordinary values when one value of another size joins them.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The ordinary ones.
    bits : int
    outlier : float
        The value that joins.
    keep_above : float, optional
        Values larger than this in size are kept as they are and do not set the step (Dettmers and others 2022,
        arXiv:2208.07339, keep whatever exceeds 6).
    """
    everything = np.append(values, outlier)
    if keep_above is not None:
        everything = np.where(np.abs(everything) > keep_above, 0.0, everything)
    rounded = symmetric_round(everything, bits)[: len(values)]
    inside = np.ones(len(values), bool) if keep_above is None else np.abs(values) <= keep_above
    return float(np.mean((values - rounded)[inside] ** 2))


def error_feedback(W: np.ndarray, X: np.ndarray, bits: int, *, damping: float = 0.01) -> np.ndarray:
    """Round a matrix column by column and let the columns not yet rounded make up for the error.

    Minimizes the error of the *output* X W^T instead of that of the weights. Source: Frantar and others 2022, "GPTQ",
    arXiv:2210.17323, algorithm 1 without its blocks.

    Parameters
    ----------
    W : ndarray, shape (out, in)
    X : ndarray, shape (n, in)
        Inputs that the matrix meets.
    bits : int
    damping : float
        Added to the diagonal of X^T X, as a share of its mean.

    Returns
    -------
    ndarray, shape (out, in)
        Rounded; each row has the step that plain rounding would give it.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    W, X = np.array(W, dtype=float), np.asarray(X, dtype=float)
    if W.ndim != 2 or X.ndim != 2 or W.shape[1] != X.shape[1]:
        raise ValueError(f"W is {W.shape} and X is {X.shape}; both need the same number of columns")
    levels = 2 ** (bits - 1) - 1
    step = np.abs(W).max(axis=1) / levels
    step = np.where(step > 0, step, 1.0)
    H = X.T @ X
    H += damping * np.mean(np.diag(H)) * np.eye(len(H))
    # row i of the upper Cholesky factor of H^-1 says how column i's error is best spread over the later columns
    factor = np.linalg.cholesky(np.linalg.inv(H)).T
    rounded = np.empty_like(W)
    for i in range(W.shape[1]):
        rounded[:, i] = np.clip(np.round(W[:, i] / step), -levels, levels) * step
        error = (W[:, i] - rounded[:, i]) / factor[i, i]
        W[:, i + 1 :] -= np.outer(error, factor[i, i + 1 :])
    return rounded


# -- slices and their average


def tail_questions(book: FactBook, split: str = "validation", *, n: int = 200) -> EvaluationSet:
    """The course's questions of the twelve slices that this lesson looks at.

    Parameters
    ----------
    book : FactBook
    split : {"validation", "test"}
    n : int
        Most questions in a slice.

    Returns
    -------
    EvaluationSet
        The slices of `SLICES`; those whose right answer is "unknown" are called "not documented, invented" (a
        pair that does not exist) and "not documented, real" (one that the model was never told).
    """
    asked = course_set(book, split, n=n).only(*SLICES)
    return EvaluationSet(
        asked.name,
        tuple(replace(item, slice=_CALLED.get(item.slice, item.slice)) for item in asked.items),
    )


def usage_average(accuracy: dict[str, float], usage: dict[str, float]) -> float:
    """Mean accuracy as users meet it: slices weighted by how often they are asked.

    Raises
    ------
    ValueError
        If a used slice has no accuracy or the weights do not add up to a positive number.
    """
    missing = sorted(set(usage) - set(accuracy))
    if missing:
        raise ValueError(f"no accuracy for the slice {missing[0]!r}; there is one for {sorted(accuracy)}")
    total = sum(usage.values())
    if total <= 0:
        raise ValueError(f"the usage adds up to {total}; it must be positive")
    return sum(accuracy[name] * share for name, share in usage.items()) / total


@dataclass(frozen=True)
class Outcomes:
    """Recorded answers of quantized checkpoints to the questions of the test split.

    Parameters
    ----------
    variants : tuple of dict
        ``model``, ``bits``, ``per_row``, ``bytes``.
    slices : ndarray of str, shape (items,)
    right : ndarray of bool, shape (variants, items)
    fingerprint : str
        Of the questions.
    weights : dict of str to str
        Digest of each checkpoint.
    """

    variants: tuple
    slices: np.ndarray
    right: np.ndarray
    fingerprint: str
    weights: dict

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> Outcomes:
        """Read ``datasets/quantized_outcomes``."""
        document, slices, right = recorded_answers(
            data.path("quantized_outcomes/outcomes.json"), data.path("quantized_outcomes/outcomes.npz")
        )
        return Outcomes(
            tuple(document["variants"]), slices, right, document["fingerprint"], document["weights"]
        )

    def find(self, model: str, bits: int, per_row: bool = False) -> int:
        """Position of a variant.

        Raises
        ------
        ValueError
            If it was not recorded.
        """
        for number, one in enumerate(self.variants):
            if (one["model"], one["bits"]) == (model, bits) and (bits == 16 or one["per_row"] == per_row):
                return number
        raise ValueError(f"{model} with {bits} bits was not recorded; bits are 16, 8, 6, 5, 4 and 3")

    def accuracy(self, number: int) -> dict[str, float]:
        """Accuracy of a variant by slice."""
        return {name: float(self.right[number][self.slices == name].mean()) for name in SLICES}
