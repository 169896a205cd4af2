"""What fewer bits cost: rounding noise, the outlier, error feedback, the slice that an average hides, the real model.

Pure functions. The quantizer that the language model uses is `holdout.lm.quantization`; here is what is needed to understand and
to judge it. Drawing is in `holdout.topics.quantization.figures`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import beta, norm

from holdout.data import loader as data
from holdout.lm.evaluation import EvaluationSet, compare_answers, recorded_answers
from holdout.lm.facts import FactBook
from holdout.lm.model import Weights
from holdout.lm.quantization import quantize_matrix
from holdout.lm.real.report import replacement_answers
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
        Values larger than this in size are kept as they are and do not set the step. Source of keeping outlier weights
        apart: Dettmers and others 2023, "SpQR", arXiv:2306.03078.
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
    """Recorded answers of quantized checkpoints to the questions of the validation and of the test split.

    Parameters
    ----------
    variants : tuple of dict
        ``model``, ``bits``, ``per_row``, ``bytes``.
    splits, slices : ndarray of str, shape (items,)
        Split and slice of each question; slices are named as in `tail_questions`.
    right : ndarray of bool, shape (variants, items)
    fingerprints : dict of str to str
        Of the questions of each split.
    weights : dict of str to str
        Digest of each checkpoint.
    """

    variants: tuple
    splits: np.ndarray
    slices: np.ndarray
    right: np.ndarray
    fingerprints: dict
    weights: dict

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> Outcomes:
        """Read ``datasets/quantized_outcomes``."""
        document, slices, right = recorded_answers(
            data.path("quantized_outcomes/outcomes.json"), data.path("quantized_outcomes/outcomes.npz")
        )
        return Outcomes(
            tuple(document["variants"]),
            np.array(document["splits"]),
            slices,
            right,
            document["fingerprints"],
            document["weights"],
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

    def accuracy(self, number: int, split: str = "validation") -> dict[str, float]:
        """Accuracy of a variant by slice."""
        asked = self.splits == split
        return {
            str(name): float(self.right[number][asked & (self.slices == name)].mean())
            for name in dict.fromkeys(self.slices)
        }

    def changes(
        self, model: str, bits: int, per_row: bool = False, split: str = "validation"
    ) -> pd.DataFrame:
        """What rounding changed on the same questions, slice by slice.

        Parameters
        ----------
        model : str
            S, M or L.
        bits : int
        per_row : bool
            One step for each row instead of one for each matrix.
        split : {"validation", "test"}

        Returns
        -------
        pandas.DataFrame
            As `compare_answers`, from 16 bits to this variant.
        """
        asked = self.splits == split
        before, after = self.right[self.find(model, 16)], self.right[self.find(model, bits, per_row)]
        return compare_answers(before[asked], after[asked], self.slices[asked])


def verdicts(changes: pd.DataFrame, allowed: float) -> pd.Series:
    """What the interval of each slice says about a loss that is allowed.

    Where no answer was gained, the interval of `paired_difference` is too short: with 100 questions and none lost it excludes a
    loss of 2 points, and such a loss shows no lost answer in 13% of the samples. There a slice holds only if the exact upper
    limit of the lost share (binomial, 97.5% one-sided) lies below the allowed loss as well.

    Parameters
    ----------
    changes : pandas.DataFrame
        Of `compare_answers`.
    allowed : float
        Largest loss of accuracy that one accepts, such as 0.02.

    Returns
    -------
    pandas.Series of str
        "broken": the whole interval lies below the allowed loss. "holds": the whole interval lies above it. "open": it
        lies on both sides; more questions are needed.
    """
    most_lost = beta.ppf(0.975, changes["lost"] + 1, changes["items"] - changes["lost"])
    holds = (changes["low"] > -allowed) & ((changes["gained"] > 0) | (most_lost < allowed))
    return pd.Series(
        np.select([changes["high"] < -allowed, holds], ["broken", "holds"], "open"), index=changes.index
    )


def mean_change(changes: pd.DataFrame, slices: Sequence[str]) -> tuple[float, float, float]:
    """Mean change of several slices that weigh the same, with its 95% interval.

    The slices hold different questions, so their errors are independent: the half-width for the mean of k slices is the
    root of the sum of their squared half-widths, divided by k. The mean of the ends of the intervals would be too wide.

    Parameters
    ----------
    changes : pandas.DataFrame
        Of `compare_answers`.
    slices : sequence of str

    Returns
    -------
    change, low, high : float
        The interval lies around the mean of the slices' centres, which are shrunk a little towards 0.
    """
    chosen = changes.loc[list(slices)]
    half_widths = (chosen["high"] - chosen["low"]) / 2
    centre = float((chosen["high"] + chosen["low"]).mean() / 2)
    half_width = float(np.sqrt(np.sum(half_widths**2)) / len(chosen))
    return float(chosen["difference"].mean()), centre - half_width, centre + half_width


def questions_needed(loss: float, *, chance: float = 0.05) -> int:
    """Questions without any lost answer after which a loss of this size is excluded.

    With a loss of p, none of n answers is lost with the chance (1 - p)^n; about 3 / p questions bring it to 5% (the rule of
    three).

    Parameters
    ----------
    loss : float
        Share of answers, above 0 and below 1.
    chance : float
        Largest chance that the loss shows no lost answer, between 0 and 1.

    Raises
    ------
    ValueError
        If the loss or the chance is not between 0 and 1.
    """
    for name, value in (("loss", loss), ("chance", chance)):
        if not 0 < value < 1:
            raise ValueError(f"the {name} must lie between 0 and 1, not {value}")
    return math.ceil(math.log(chance) / math.log1p(-loss))


def row_steps(weights: Weights, bits: int, names: Collection[str]) -> Weights:
    """Every matrix rounded, the named ones with a step for each row and all others with one step.

    Parameters
    ----------
    weights : dict of str to ndarray
    bits : int
    names : collection of str
        Matrices that get a step for each row.

    Returns
    -------
    dict of str to ndarray
        Ready to use.

    Raises
    ------
    ValueError
        If a name is none of a matrix.
    """
    unknown = sorted(set(names) - {name for name, weight in weights.items() if weight.ndim == 2})
    if unknown:
        raise ValueError(f"there is no matrix {unknown[0]!r}")
    return {
        name: quantize_matrix(weight, bits, per_row=name in names).dequantize()
        if weight.ndim == 2
        else weight
        for name, weight in weights.items()
    }


# -- the real model

REAL_BITS = {
    "16 bits": 16.0,
    "8 bits, rows": 8.05,
    "4 bits, rows": 4.05,
    "4 bits, blocks of 32": 5.0,
    "3 bits, blocks of 32": 4.0,
}
"""Recorded copies of the real model (`holdout.lm.real.rounding`), with their bits per weight: smallest value and step take 32
bits for each block of 32, or for each row of 576 or 1,536 weights."""


def real_changes(scheme: str, before: str = "16 bits") -> pd.DataFrame:
    """What rounding changed in the answers of the real model, by kind of question.

    Parameters
    ----------
    scheme : str
        A key of `REAL_BITS`.
    before : str
        What it is compared with.

    Returns
    -------
    pandas.DataFrame
        As `compare_answers`; slices "text", "switch" (None, True or False) and "number": kinds of values that are read from a
        line of documentation.

    Raises
    ------
    ValueError
        If one of the two was not recorded.
    """
    first, second = real_right(before), real_right(scheme)
    slices = first.index.get_level_values("slice").to_numpy()
    return compare_answers(first.to_numpy(), second.to_numpy(), slices).loc[["text", "switch", "number"]]


def real_right(scheme: str) -> pd.Series:
    """Which reading questions a recorded copy of the real model answers rightly.

    Parameters
    ----------
    scheme : str
        A key of `REAL_BITS`.

    Returns
    -------
    pandas.Series of bool
        Index: `slice` ("text", "switch" or "number", the kind of the value) and `key` of the question; the same order for
        every copy.

    Raises
    ------
    ValueError
        If the copy was not recorded.
    """
    right = _real_answers()
    if scheme not in right:
        raise ValueError(f"{scheme!r} was not recorded; there are {list(right)}")
    if right[scheme].isna().any():
        raise ValueError(f"{scheme!r} was recorded for some of the questions only")
    return right[scheme].astype(bool)


@lru_cache(maxsize=1)
def _real_answers() -> pd.DataFrame:
    answers = replacement_answers().query("part == 'reading'")
    return answers.pivot(index=["kind", "key"], columns="variant", values="right").rename_axis(
        index=["slice", "key"]
    )
