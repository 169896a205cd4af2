"""Many candidates, one set of rows that chooses among them: what the best one shows there, and elsewhere.

For lesson 05, on models that were really fitted. Not for the closed forms of luck, which are in `experiments`, and
not for fitting: which models there are is the lesson's subject.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from holdout.errors import InvalidValue
from holdout.stats.studies import Study


def areas_on_parts(
    y: ArrayLike, forecasts: Sequence[ArrayLike], rows: int, n_draws: int, rng: np.random.Generator
) -> Study:
    """Areas under the ROC curve of many models on rows that choose among them, and on all other rows.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
    forecasts : sequence of m array_like, each of shape (n,)
    rows : int
        Rows that choose, drawn without replacement, anew in each draw. Must be fewer than n.
    n_draws : int
    rng : numpy.random.Generator

    Returns
    -------
    Study
        `reported`: on the rows that choose; `honest`: on the others. Each of shape (n_draws, m).

    Raises
    ------
    InvalidValue
        If there are not more than `rows` rows.

    Notes
    -----
    Draws overlap when `rows` is not small beside n. Their mean is about these n rows, not about others.
    """
    positive = np.asarray(y) == 1
    if not 0 < rows < len(positive):
        raise InvalidValue(f"{rows} rows cannot choose and leave others: there are {len(positive)}.")
    draws = [rng.choice(len(positive), rows, replace=False) for _ in range(n_draws)]
    reported, honest = np.empty((2, n_draws, len(forecasts)))
    for model, forecast in enumerate(forecasts):
        # counts of both classes at each value of the forecast; what is left of the totals are the other rows
        values, level = np.unique(forecast, return_inverse=True)
        totals = [np.bincount(level[part], minlength=len(values)) for part in (positive, ~positive)]
        for draw, chosen in enumerate(draws):
            counts = [
                np.bincount(level[chosen[part[chosen]]], minlength=len(values))
                for part in (positive, ~positive)
            ]
            left = [total - count for total, count in zip(totals, counts, strict=True)]
            reported[draw, model], honest[draw, model] = _area(*counts), _area(*left)
    return Study(reported, honest)


def _area(positive, negative):
    below = np.cumsum(negative) - negative / 2
    pairs = int(positive.sum()) * int(negative.sum())
    return positive @ below / pairs if pairs else np.nan


def best_of(study: Study, k: int) -> Study:
    """The best of k candidates drawn from all of them: its mean score where it was chosen, and elsewhere.

    Parameters
    ----------
    study : Study
        Scores of shape (n_draws, m), higher is better. `reported` chooses.
    k : int
        1 to m.

    Returns
    -------
    Study
        Of shape (n_draws,): exact means over all sets of k different candidates.

    Raises
    ------
    InvalidValue
        If k is not from 1 to m.

    Notes
    -----
    The j-th smallest of m scores is the largest of k drawn ones in C(j-1, k-1) of C(m, k) sets.
    """
    m = study.reported.shape[1]
    if not 1 <= k <= m:
        raise InvalidValue(f"k is {k}; there are {m} candidates to draw from.")
    place = np.arange(k, m + 1)
    log_share = _log_choose(place - 1, k - 1) - _log_choose(m, k)
    share = np.zeros(m)
    share[k - 1 :] = np.exp(log_share)
    order = np.argsort(study.reported, axis=1, kind="stable")
    return Study(
        *(np.take_along_axis(part, order, axis=1) @ share for part in (study.reported, study.honest))
    )


def _log_choose(n, k):
    return gammaln(np.asarray(n) + 1) - gammaln(k + 1) - gammaln(np.asarray(n) - k + 1)


def out_of_bag_best(costs: np.ndarray, n_draws: int, rng: np.random.Generator) -> float:
    """What the best of many candidates costs, estimated from the very rows that chose it.

    Draw the rows again, with replacement; choose the cheapest candidate on the drawn rows; take its mean cost on the
    rows that were not drawn. The mean over the draws judges the choice on rows that took no part in it.

    Parameters
    ----------
    costs : ndarray of shape (n, m)
        Cost of each row under each candidate; lower is better.
    n_draws : int
    rng : numpy.random.Generator

    Returns
    -------
    float

    Notes
    -----
    Tsamardinos, Greasidou and Borboudakis 2018 (doi:10.1007/s10994-018-5714-4) do this with the predictions of a
    cross-validation. It chooses with 63% of the different rows, so it errs a little towards too high a cost.
    """
    rows, total = len(costs), 0.0
    for weights in rng.multinomial(rows, np.full(rows, 1 / rows), n_draws):
        best = np.argmin(weights @ costs)
        total += costs[weights == 0, best].mean()
    return total / n_draws
