"""Safeguards for a loop of models trained on their own output: real data, gates, provenance, and what a cut tail costs.

The loops without safeguards are in `holdout.topics.collapse.experiments`, provenance is in `holdout.topics.safeguards.cases`. No drawing, no widget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, zeta
from sklearn.base import clone

import holdout.lm.facts as wording
from holdout.data import loader as data
from holdout.lm.facts import FactBook
from holdout.lm.language_model import LanguageModel
from holdout.lm.texts import TEXTS, real_texts, train_on_texts, write_texts

LOOPS = ("own output only", "fixed real data", "fresh real data")
GATES = ("none", "checked", "repeated")


def stationary_variance(bias: float, real_share: float = 0.5) -> float:
    """Variance at which a Gaussian loop settles when part of each training set is fresh and real.

    Each generation writes with its variance multiplied by `bias` (sampling bias; below 1 as at a low temperature) and
    trains on `real_share` fresh real data of variance 1. The fixed point of v = r + (1 - r) bias v is
    r / (1 - (1 - r) bias); with half real data 1 / (2 - bias). Setting: Alemohammad et al. 2023, arXiv 2307.01850.

    Parameters
    ----------
    bias : float
        From 0 to 1.
    real_share : float
        From 0 to 1. At 0 and a bias below 1 the variance dies; at 0 and a bias of 1 it drifts, without a fixed point.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a number is not between 0 and 1, or if there is no fixed point.
    """
    for name, value in (("bias", bias), ("real_share", real_share)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be between 0 and 1, not {value}")
    if bias == 1 and real_share == 0:
        raise ValueError("without bias and without real data the variance drifts and settles nowhere")
    return real_share / (1 - (1 - real_share) * bias)


def smallest_real_share(bias: float, variance: float) -> float:
    """Least share of fresh real data with which the loop of `stationary_variance` settles at `variance` or more.

    Solves r / (1 - (1 - r) bias) = variance for r.
    """
    if not 0 <= bias < 1:
        raise ValueError(f"bias must be at least 0 and below 1, not {bias}")
    if not 0 <= variance <= 1:
        raise ValueError(f"variance must be between 0 and 1, not {variance}")
    return variance * (1 - bias) / (1 - variance * bias)


def biased_loop(
    samples: int,
    generations: int,
    rng: np.random.Generator,
    *,
    bias: float,
    real_share: float,
    chains: int = 1,
    fixed: bool = False,
) -> np.ndarray:
    """Variances of Gaussians refitted to biased own output and real data.

    The mean is known to be 0, so that only sampling and bias act, and a sum of squares is drawn as one chi-square number.

    Parameters
    ----------
    samples, generations : int
        Every generation is fitted to `samples` values, whatever the share: all shares are matched in compute.
    rng : numpy.random.Generator
    bias : float
        From 0 to 1: what the variance is multiplied by when a generation writes.
    real_share : float
        From 0 to 1.
    chains : int
    fixed : bool
        Whether the same real values are used every time; otherwise they are fresh.

    Returns
    -------
    numpy.ndarray, shape (generations + 1, chains)
        Row 0 is 1.
    """
    if samples < 1:
        raise ValueError(f"samples must be at least 1, not {samples}")
    stationary_variance(bias / 2, real_share)  # refuses what is not a share
    real = round(real_share * samples)

    def squares(number):
        return rng.chisquare(number, size=chains) if number else np.zeros(chains)

    kept = squares(real)
    rows = [np.ones(chains)]
    for _ in range(generations):
        of_real = kept if fixed else squares(real)
        rows.append((of_real + bias * rows[-1] * squares(samples - real)) / samples)
    return np.array(rows)


def accumulated_variance(bias: float, generations: int, *, real_share: float = 0.0) -> np.ndarray:
    """Expected variance after n generations of accumulation with biased own output.

    The pool of generation i holds i sets of equal size, the first one real. The next one holds a share r of fresh real values,
    and the rest is written with the pool's variance times `bias`: v' = (i v + r + (1 - r) bias v) / (i + 1). Without fresh
    values it falls about as n^-(1 - bias), without a floor; with them it settles where `stationary_variance` does, only later.

    Returns
    -------
    numpy.ndarray, shape (generations + 1,)
        Entry 0 is 1.
    """
    if not 0 <= bias <= 1:
        raise ValueError(f"bias must be between 0 and 1, not {bias}")
    if not 0 <= real_share <= 1:
        raise ValueError(f"real_share must be between 0 and 1, not {real_share}")
    variances = [1.0]
    for i in range(1, generations + 1):
        v = variances[-1]
        variances.append((i * v + real_share + (1 - real_share) * bias * v) / (i + 1))
    return np.array(variances)


def accumulated_loop(
    samples: int, generations: int, rng: np.random.Generator, *, bias: float, chains: int = 1
) -> np.ndarray:
    """Variances under accumulation with biased own output; the pool grows by `samples` values per generation.

    Returns
    -------
    numpy.ndarray, shape (generations + 1, chains)
        Row 0 is fitted to `samples` real values. *Not* matched in compute with `biased_loop`.
    """
    pool = rng.chisquare(samples, size=chains) / samples
    rows = [pool]
    for i in range(1, generations + 1):
        own = bias * rows[-1] * rng.chisquare(samples, size=chains) / samples
        rows.append((i * rows[-1] + own) / (i + 1))
    return np.array(rows)


# -- tokens with real data


def tokens_with_real(
    p: ArrayLike,
    samples: int,
    generations: int,
    rng: np.random.Generator,
    *,
    real_share: float,
    chains: int = 1,
) -> np.ndarray:
    """Token counts of training sets: a share fresh from the real distribution, the rest written by the generation before.

    Parameters
    ----------
    p : array-like, shape (vocabulary,)
        Real probabilities.
    samples, generations : int
        Each generation trains on `samples` tokens, whatever the share.
    rng : numpy.random.Generator
    real_share : float
    chains : int

    Returns
    -------
    numpy.ndarray of int, shape (chains, generations, vocabulary)
        Entry 0 is a training set of real tokens only.
    """
    if not 0 <= real_share <= 1:
        raise ValueError(f"real_share must be between 0 and 1, not {real_share}")
    p = np.asarray(p, float)
    fresh = round(real_share * samples)
    counts = np.empty((chains, generations, len(p)), dtype=int)
    counts[:, 0] = rng.multinomial(samples, p, size=chains)
    for g in range(1, generations):
        own = rng.multinomial(samples - fresh, counts[:, g - 1] / samples)
        counts[:, g] = own + rng.multinomial(fresh, p, size=chains)
    return counts


def expected_alive(p: ArrayLike, samples: int, generations: int, real_share: float) -> np.ndarray:
    """Chance that each token is in the last training set of `tokens_with_real`.

    Copies are Poisson lines: a copy has on average 1 - r copies in the next generation, and r M p fresh ones arrive. A line
    is extinct after g steps with chance q_g = exp((1 - r)(q_{g-1} - 1)), q_0 = 0. Exact for rare tokens (p much below 1).

    Returns
    -------
    numpy.ndarray, shape (vocabulary,)
    """
    if not 0 <= real_share <= 1:
        raise ValueError(f"real_share must be between 0 and 1, not {real_share}")
    copies = samples * np.asarray(p, float)
    extinct, arrivals = 0.0, 0.0
    for _ in range(generations - 1):
        arrivals += 1 - extinct
        extinct = np.exp((1 - real_share) * (extinct - 1))
    return 1 - np.exp(-copies * (1 - extinct) - real_share * copies * arrivals)


def share_that_holds(
    p: ArrayLike, samples: int, generations: int, tail_from: int, wanted: float
) -> float | None:
    """Least share of fresh real tokens, in whole percent, with which `wanted` of the tail is in the last training set.

    Returns
    -------
    float or None
        None if even real tokens alone do not hold as much: then more tokens are needed, not a larger share.
    """
    if not 0 < wanted < 1:
        raise ValueError(f"wanted must be between 0 and 1, not {wanted}")
    for percent in range(101):
        if expected_alive(p, samples, generations, percent / 100)[tail_from:].mean() >= wanted:
            return percent / 100
    return None


def breakdown_point(keeps_correct: float, keeps_wrong: float) -> float:
    """Share of wrong labels beyond which a verifier no longer leaves a majority of correct ones: 1 / (1 + psi / phi).

    Feng et al. 2024, arXiv 2406.07515 (sharp transition; the formula follows from phi (1 - p) = psi p).

    Parameters
    ----------
    keeps_correct, keeps_wrong : float
        Chances phi and psi that the verifier keeps a correct and a wrong label.

    Raises
    ------
    ValueError
        If a number is no chance, or if the verifier keeps nothing.
    """
    for name, value in (("keeps_correct", keeps_correct), ("keeps_wrong", keeps_wrong)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be between 0 and 1, not {value}")
    if keeps_correct == keeps_wrong == 0:
        raise ValueError("a verifier that keeps nothing has no breakdown point; give a chance above 0")
    return keeps_correct / (keeps_correct + keeps_wrong)


def after_gate(wrong_share: float, keeps_correct: float, keeps_wrong: float) -> tuple[float, float]:
    """What a verifier leaves.

    Returns
    -------
    wrong_kept : float
        Share of wrong texts among those kept, psi p / (phi (1 - p) + psi p).
    written_for_each_kept : float
        Texts that have to be written for one that is kept: what a comparison at equal training rows does not show.
    """
    breakdown_point(keeps_correct, keeps_wrong)  # refuses what is no chance
    if not 0 <= wrong_share <= 1:
        raise ValueError(f"wrong_share must be between 0 and 1, not {wrong_share}")
    kept = keeps_correct * (1 - wrong_share) + keeps_wrong * wrong_share
    if kept == 0:
        raise ValueError("this verifier keeps none of these texts")
    return keeps_wrong * wrong_share / kept, 1 / kept


def accuracy_after_gate(
    wrong_share: float,
    keeps_correct: float,
    keeps_wrong: float,
    rng: np.random.Generator,
    *,
    rows: int = 20000,
    features: int = 10,
) -> float:
    """Accuracy of a linear classifier trained on verified labels, on fresh data with right labels.

    Two Gaussian classes with means +mu and -mu of length 1, so that the best possible accuracy is Phi(1) = 0.841. A share of
    the labels is wrong; the verifier keeps by label only; the classifier is the difference of the class means. Setting: Feng
    et al. 2024, arXiv 2406.07515.

    Parameters
    ----------
    wrong_share : float
    keeps_correct, keeps_wrong : float
    rng : numpy.random.Generator
    rows : int
        That are *kept*: every gate trains on as many.
    features : int

    Returns
    -------
    float
        Exact for the classifier found: Phi(w mu / |w|).
    """
    wrong, _ = after_gate(wrong_share, keeps_correct, keeps_wrong)
    # mean of y x over rows of which a share is flipped: (1 - 2 wrong) mu plus noise
    flipped = rng.binomial(rows, wrong)
    w = rng.normal(size=features) / np.sqrt(rows)
    w[0] += (rows - 2 * flipped) / rows
    return float(ndtr(w[0] / np.linalg.norm(w)))


# -- tails and scaling


def verified_rows(
    wrong_share: float,
    keeps_correct: float,
    keeps_wrong: float,
    rng: np.random.Generator,
    *,
    rows: int = 2000,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two Gaussian classes whose labels passed a verifier that looks at right or wrong only.

    The class means are at -1 and +1 of the first of two features, so that the best possible accuracy is Phi(1) = 0.841; wrong
    labels are independent of the features.

    Returns
    -------
    X : numpy.ndarray, shape (rows, 2)
    y : numpy.ndarray of int
        The labels kept: right or wrong. With a share of 0 wrong ones, rows to judge on.
    """
    _, written = after_gate(wrong_share, keeps_correct, keeps_wrong)
    number = round(1.2 * written * rows) + 200  # more than needed: the number kept scatters
    truth = rng.integers(0, 2, number)
    X = rng.standard_normal((number, 2))
    X[:, 0] += 2 * truth - 1
    wrong = rng.random(number) < wrong_share
    kept = np.flatnonzero(rng.random(number) < np.where(wrong, keeps_wrong, keeps_correct))[:rows]
    return X[kept], np.where(wrong, 1 - truth, truth)[kept]


def accuracies_after_gate(
    learner: Any,
    wrong_share: float,
    keeps_correct: float,
    keeps_wrong: float,
    *,
    seeds: int = 20,
    rows: int = 2000,
) -> np.ndarray:
    """Accuracy on 4,000 rows with right labels of a scikit-learn classifier trained on `verified_rows`, for each seed."""
    accuracies = []
    for seed in range(seeds):
        rng = np.random.default_rng([13, seed])
        X, y = verified_rows(wrong_share, keeps_correct, keeps_wrong, rng, rows=rows)
        X_test, y_test = verified_rows(0.0, 1.0, 1.0, rng, rows=4000)
        accuracies.append(clone(learner).fit(X, y).score(X_test, y_test))
    return np.array(accuracies)


def unseen_mass(
    exponent: float,
    samples: ArrayLike,
    *,
    cut: int | None = None,
    real_share: float = 0.0,
    vocabulary: int = 200_000,
) -> np.ndarray:
    """Probability of a token that was not in the training set: the error of a model that answers what it has read.

    Parameters
    ----------
    exponent : float
        Of the Zipf law, above 1.
    samples : array-like of int
        Tokens trained on.
    cut : int, optional
        Own output never holds a token beyond this rank.
    real_share : float
        Share of the training set that is real (not cut). Without `cut` it makes no difference.
    vocabulary : int
        Ranks that are summed one by one; the mass beyond is counted as unseen.

    Returns
    -------
    numpy.ndarray
        Without a cut it falls as T^-(1 - 1/exponent).
    """
    error_of_cut_tail(exponent, 0)  # refuses an exponent without a finite tail
    rank = np.arange(1, vocabulary + 1)
    p = rank**-exponent / zeta(exponent)
    # chance of being drawn, in each training token
    drawn = p.copy()
    if cut is not None:
        head = p[:cut].sum()
        drawn = np.where(rank <= cut, (1 - real_share) * p / head + real_share * p, real_share * p)
    logs = np.log1p(-np.minimum(drawn, 1 - 1e-12))
    beyond = error_of_cut_tail(exponent, vocabulary)
    return np.array([float(p @ np.exp(t * logs)) + beyond for t in np.atleast_1d(samples)])


def error_of_cut_tail(exponent: float, rank: int) -> float:
    """Probability mass beyond a rank of Zipf(exponent) data: the error that no amount of cut data removes.

    Falls as rank^-(exponent - 1); Dohmatob et al. 2024, "A Tale of Tails", arXiv 2402.07043.
    """
    if exponent <= 1:
        raise ValueError(f"exponent must exceed 1, or the tail has no finite mass; not {exponent}")
    if rank < 0:
        raise ValueError(f"rank must be 0 or more, not {rank}")
    return float(zeta(exponent, rank + 1) / zeta(exponent))


# -- the language model


def gate_texts(texts: Sequence[str], gate: str, book: FactBook) -> list[str]:
    """Those texts that a gate lets through, in their order.

    Parameters
    ----------
    texts : list of str
    gate : {"none", "checked", "repeated"}
        "checked" compares with the table of the release and keeps what is true. "repeated" needs no table: it keeps what the
        model wrote at least twice (agreement with itself).
    book : OpenBook
    """
    if gate not in GATES:
        raise ValueError(f"gate must be one of {', '.join(GATES)}, not {gate!r}")
    if gate == "checked":
        true = {wording.fill(wording.PASSAGES[0], key, value) for key, value in book.old.items()}
        return [text for text in texts if text in true]
    if gate == "repeated":
        times = Counter(texts)
        return [text for text in texts if times[text] >= 2]
    return list(texts)


def gated_generations(
    base: LanguageModel,
    book: FactBook,
    generations: int,
    rng: np.random.Generator,
    *,
    gate: str = "none",
    real_share: float = 0.0,
) -> Iterator[tuple[int, list[str], float]]:
    """Yield (generation, kept texts, share kept): replacement with a gate and a share of fresh real texts.

    Every generation starts from `base` and trains 200 steps on `TEXTS` texts: arms are matched in training. All write twice as
    many and keep the first `TEXTS` that pass, so that they are matched in writing too; what checking costs is not counted.
    """
    pool = real_texts(book, TEXTS, rng)
    for generation in range(generations + 1):
        model = train_on_texts(base, pool, rng)
        written = write_texts(model, 2 * TEXTS, rng)
        passed = gate_texts(written, gate, book)
        kept = passed[:TEXTS]
        yield generation, kept, len(passed) / len(written)
        fresh = round(real_share * TEXTS)
        pool = kept[: TEXTS - fresh] + real_texts(book, fresh, rng)


def recorded_gates() -> pd.DataFrame:
    """The recorded runs with gates and real texts, one row per run and generation (`datasets/gated_generations`)."""
    return pd.read_csv(data.path("gated_generations/generations.csv"))


def running_costs(runs: pd.DataFrame, prices: Mapping[str, float], months: int) -> pd.DataFrame:
    """Costs of recorded policies over the first months of a loop that makes one generation per month, in euros.

    Every month is paid for: questions whose fact none of the month's texts states, wrong texts, real texts bought for the
    training set, and texts checked by the gate.

    Parameters
    ----------
    runs : DataFrame
        As `recorded_gates` returns it.
    prices : mapping
        ``"questions"`` per month; euros ``"ticket"`` for each of them without an answer, ``"wrong"`` for a wrong text per month,
        ``"real"`` for a real text, ``"check"`` for a text checked.
    months : int
        Generations 1 to `months`.

    Returns
    -------
    DataFrame
        One row per (gate, real share), one column per seed.
    """
    if not 1 <= months <= runs["generation"].max():
        raise ValueError(
            f"months must be between 1 and {runs['generation'].max()}, as far as was run; not {months}"
        )
    counted = runs[runs["generation"].between(1, months)]
    cost = (
        prices["questions"] * prices["ticket"] * (1 - counted["asked"])
        + prices["wrong"] * TEXTS * (1 - counted["correct"])
        + prices["real"] * TEXTS * counted["real share"]
        + prices["check"] * 2 * TEXTS * (counted["gate"] == "checked")
    )
    return cost.groupby([counted["gate"], counted["real share"], counted["seed"]]).sum().unstack()
