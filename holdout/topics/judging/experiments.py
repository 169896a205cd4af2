"""Agreement beyond chance, rates of a judge, and the pass rate behind what an imperfect judge reports. Pure functions."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from holdout.stats.agreement import chance_agreement, cohens_kappa
from holdout.stats.intervals import check_confidence, check_counts, wilson_interval


class Agreement(NamedTuple):
    """How far two labellers of the same items agree.

    Attributes
    ----------
    agreement : float
        Share of items with the same label.
    by_chance : float
        The share that two labellers with these habits reach if they do not look at the items.
    kappa : float
        Agreement beyond chance, as a share of what is possible beyond chance; NaN if both say the same of every item.
    """

    agreement: float
    by_chance: float
    kappa: float


def agreement(first: ArrayLike, second: ArrayLike) -> Agreement:
    """Cohen's kappa of two sets of pass/fail labels.

    Parameters
    ----------
    first, second : array-like of bool, shape (n,)

    References
    ----------
    Cohen, J. (1960), Educational and Psychological Measurement 20(1):37-46.

    Examples
    --------
    >>> agreement([1, 1, 0, 0], [1, 0, 0, 0]).kappa
    0.5
    """
    a, b = _pair(first, second)
    same, yes, also = float(np.mean(a == b)), float(a.mean()), float(b.mean())
    return Agreement(same, chance_agreement(yes, also), cohens_kappa(same, yes, also))


def kappa_interval(
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    *,
    draws: int = 2000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap interval of kappa over items; draws in which kappa is not defined are left out.

    Parameters
    ----------
    first, second : array-like of bool, shape (n,)
    rng : numpy.random.Generator
    draws : int
    confidence : float
    """
    check_confidence(confidence)
    a, b = _pair(first, second)
    # which of the four cells an item falls into is all that counts
    cells = np.bincount(2 * a + b, minlength=4)
    drawn = rng.multinomial(len(a), cells / len(a), size=draws) / len(a)
    same = drawn[:, 0] + drawn[:, 3]
    yes_a, yes_b = drawn[:, 2] + drawn[:, 3], drawn[:, 1] + drawn[:, 3]
    chance = yes_a * yes_b + (1 - yes_a) * (1 - yes_b)
    known = chance < 1
    kappas = (same[known] - chance[known]) / (1 - chance[known])
    low, high = np.quantile(kappas, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def agreement_of_rates(rate: float, tpr: float, tnr: float) -> Agreement:
    """What a judge of these rates reaches, where a share `rate` of the answers is right.

    Parameters
    ----------
    rate, tpr, tnr : float
        Between 0 and 1.
    """
    same = rate * tpr + (1 - rate) * tnr
    says = reported_rate(rate, tpr, tnr)
    return Agreement(same, chance_agreement(rate, says), cohens_kappa(same, rate, says))


class JudgeRates(NamedTuple):
    """A judge on labelled answers, as counts.

    Attributes
    ----------
    right, passed_right : int
        Answers that are labelled right, and those of them that the judge passes.
    wrong, failed_wrong : int
        Answers that are labelled wrong, and those of them that the judge fails.
    """

    right: int
    passed_right: int
    wrong: int
    failed_wrong: int

    @property
    def tpr(self) -> float:
        """Share of the right answers that pass (true positive rate, sensitivity)."""
        return self.passed_right / self.right if self.right else math.nan

    @property
    def tnr(self) -> float:
        """Share of the wrong answers that fail (true negative rate, specificity)."""
        return self.failed_wrong / self.wrong if self.wrong else math.nan


def judge_rates(labels: ArrayLike, verdicts: ArrayLike) -> JudgeRates:
    """Count a judge's verdicts on labelled answers.

    Parameters
    ----------
    labels, verdicts : array-like of bool, shape (n,)
        True for right, and for a pass.
    """
    truth, says = _pair(labels, verdicts)
    return JudgeRates(
        int(truth.sum()),
        int((truth * says).sum()),
        int((1 - truth).sum()),
        int(((1 - truth) * (1 - says)).sum()),
    )


def reported_rate(rate: float, tpr: float, tnr: float) -> float:
    """The share that a judge passes where a share `rate` is right."""
    return rate * tpr + (1 - rate) * (1 - tnr)


def corrected_rate(reported: float, tpr: float, tnr: float) -> float:
    """The share of right answers behind the share that a judge passes, cut to [0, 1]; NaN where TPR + TNR is 1 or less.

    Parameters
    ----------
    reported : float
        Share that the judge passes.
    tpr, tnr : float
        Of this judge, on answers of the same kind.

    References
    ----------
    Rogan, W. J., Gladen, B. (1978), American Journal of Epidemiology 107(1):71-76.

    Examples
    --------
    >>> round(corrected_rate(0.67, 0.97, 0.60), 3)
    0.474
    """
    youden = tpr + tnr - 1
    if not youden > 0:
        return math.nan
    return min(1.0, max(0.0, (reported + tnr - 1) / youden))


class CorrectedRate(NamedTuple):
    """A corrected pass rate with its interval.

    Attributes
    ----------
    rate, low, high : float
    """

    rate: float
    low: float
    high: float


def corrected_interval(
    passed: int, judged: int, rates: JudgeRates, *, confidence: float = 0.95
) -> CorrectedRate:
    """Corrected pass rate with an interval that carries the uncertainty of TPR and TNR.

    The judge's verdicts on `judged` answers without labels, and the labelled answers, are independent samples of the same
    kind of answers.

    Parameters
    ----------
    passed, judged : int
        Answers that the judge passed, of how many.
    rates : JudgeRates
        From labelled answers; both kinds must be there.
    confidence : float

    Returns
    -------
    CorrectedRate
        From 0 to 1, and without a rate, where the labels do not show that the judge is better than chance.

    References
    ----------
    Lang, Z., Reiczigel, J. (2014), Preventive Veterinary Medicine 113(1):13-22; for judges of language models Lee, C. and
    others (2025), arXiv:2511.21140.
    """
    check_confidence(confidence)
    for some, of in ((passed, judged), (rates.passed_right, rates.right), (rates.failed_wrong, rates.wrong)):
        check_counts(some, of)
    rate = corrected_rate(passed / judged, rates.tpr, rates.tnr)
    if math.isnan(rate):
        return CorrectedRate(math.nan, 0.0, 1.0)
    low, high = _lang_reiczigel(
        passed, judged, rates.passed_right, rates.right, rates.failed_wrong, rates.wrong, confidence
    )
    return CorrectedRate(rate, float(low), float(high))


def _lang_reiczigel(passed, judged, passed_right, right, failed_wrong, wrong, confidence=0.95):
    """Limits, cut to [0, 1]; counts may be arrays."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n, k, m = judged + z**2, right + 2, wrong + 2
    p, tpr, tnr = (passed + z**2 / 2) / n, (passed_right + 1) / k, (failed_wrong + 1) / m
    youden = tpr + tnr - 1
    rate = (p + tnr - 1) / youden
    spread_right, spread_wrong = tpr * (1 - tpr) / k, tnr * (1 - tnr) / m
    error = np.sqrt(p * (1 - p) / n + rate**2 * spread_right + (1 - rate) ** 2 * spread_wrong) / abs(youden)
    middle = rate + 2 * z**2 * (rate * spread_right - (1 - rate) * spread_wrong)
    return np.clip(middle - z * error, 0, 1), np.clip(middle + z * error, 0, 1)


INTERVALS = ("reported", "corrected, rates taken as known", "corrected, rates uncertain")
"""Three intervals for the true pass rate, from the least to the most careful."""


def simulated_intervals(
    rate: float,
    tpr: float,
    tnr: float,
    *,
    judged: int,
    labelled: int,
    rng: np.random.Generator,
    draws: int = 2000,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each of `INTERVALS` in simulated studies of one judge.

    Parameters
    ----------
    rate, tpr, tnr : float
        The truth.
    judged : int
        Answers that only the judge sees.
    labelled : int
        Answers that are labelled by hand as well, drawn like the others.
    rng : numpy.random.Generator
    draws : int
        Studies.

    Returns
    -------
    dict of str to (ndarray, ndarray)
        Lower and upper limits, shape (draws,). Where the labels do not show a judge better than chance, both corrected
        intervals are [0, 1].
    """
    z = NormalDist().inv_cdf(0.975)
    right = rng.binomial(labelled, rate, draws)
    wrong = labelled - right
    passed_right, failed_wrong = rng.binomial(right, tpr), rng.binomial(wrong, tnr)
    passed = rng.binomial(judged, reported_rate(rate, tpr, tnr), draws)
    share, n = passed / judged, judged + z**2
    middle = (passed + z**2 / 2) / n
    half = z * np.sqrt(share * (1 - share) * judged + z**2 / 4) / n
    reported = middle - half, middle + half
    found_tpr, found_tnr = passed_right / np.maximum(right, 1), failed_wrong / np.maximum(wrong, 1)
    youden = found_tpr + found_tnr - 1
    useless = ~(youden > 0) | (right == 0) | (wrong == 0)
    divided = np.where(useless, 1.0, youden)
    known = [np.clip((limit + found_tnr - 1) / divided, 0, 1) for limit in reported]
    careful = _lang_reiczigel(passed, judged, passed_right, right, failed_wrong, wrong)
    corrected = [
        (np.where(useless, 0.0, low), np.where(useless, 1.0, high)) for low, high in (known, careful)
    ]
    return dict(zip(INTERVALS, (reported, *corrected), strict=True))


def coverage(intervals: tuple[np.ndarray, np.ndarray], rate: float) -> float:
    """Share of intervals that hold a rate.

    Parameters
    ----------
    intervals : tuple of ndarray
        Lower and upper limits.
    rate : float
    """
    low, high = intervals
    return float(np.mean((low <= rate) & (rate <= high)))


class OrderBias(NamedTuple):
    """What a judge of pairs does in both orders.

    Attributes
    ----------
    pairs : int
    first : int
        Comparisons, of two per pair, in which the answer that is shown first wins.
    consistent : int
        Pairs in which the same answer wins in both orders.
    preferred : int
        Pairs in which the mean margin of both orders prefers the better (or shorter) answer.
    low, high : float
        Wilson's 95% interval of `preferred` / `pairs`.
    """

    pairs: int
    first: int
    consistent: int
    preferred: int
    low: float
    high: float


def order_bias(when_first: ArrayLike, when_second: ArrayLike) -> OrderBias:
    """Count how often place decides, and what is left when both orders are averaged.

    Parameters
    ----------
    when_first, when_second : array-like of float, shape (pairs,)
        Log odds for one answer of each pair, shown first and shown second.
    """
    first, second = np.asarray(when_first, float), np.asarray(when_second, float)
    preferred = int(np.sum(first + second > 0))
    return OrderBias(
        len(first),
        int(np.sum(first > 0) + np.sum(second < 0)),
        int(np.sum((first > 0) == (second > 0))),
        preferred,
        *wilson_interval(preferred, len(first)),
    )


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(first).astype(int), np.asarray(second).astype(int)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ValueError(
            f"both need one label for each of the same items; got shapes {a.shape} and {b.shape}"
        )
    return a, b
