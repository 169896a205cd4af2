"""Loops in which a model is trained on what its predecessor wrote: in one dimension, tokens, a regression, digits, text.

Every loop returns numbers for all generations and chains; generation 0 is fitted to real data only where that is
said. Safeguards against what is seen here are the next lesson's subject. No drawing, no widget.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from threadpoolctl import threadpool_limits

from holdout.lm.facts import FactBook
from holdout.lm.language_model import LanguageModel
from holdout.lm.texts import TEXTS, real_texts, train_on_texts, write_texts

MODES = ("replace", "accumulate", "fixed budget")


def _check_mode(mode):
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")


# -- one dimension


def gaussian_chains(
    samples: int,
    generations: int,
    rng: np.random.Generator,
    *,
    chains: int = 1,
    ddof: int = 0,
    real_share: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Refit a Gaussian to its own samples, generation after generation (replacement).

    Setting: Shumailov et al. 2024, Nature 631, "AI models collapse when trained on recursively generated data".

    Parameters
    ----------
    samples : int
        Values that each generation is fitted to, at least 2.
    generations : int
    rng : numpy.random.Generator
    chains : int
        Independent repetitions.
    ddof : int
        0 divides the variance by `samples` (maximum likelihood), 1 by `samples - 1` (unbiased).
    real_share : float
        Share of each training set that is drawn anew from the real N(0, 1).

    Returns
    -------
    means, variances : numpy.ndarray, shape (generations + 1, chains)
        Row 0 is the real distribution: 0 and 1.

    Raises
    ------
    ValueError
        If there are fewer than two samples or the share is not between 0 and 1.
    """
    if samples < 2:
        raise ValueError(f"a variance needs at least 2 samples, not {samples}")
    if not 0 <= real_share <= 1:
        raise ValueError(f"real_share must be between 0 and 1, not {real_share}")
    real = round(real_share * samples)
    means, variances = [np.zeros(chains)], [np.ones(chains)]
    for _ in range(generations):
        x = rng.normal(size=(samples, chains))
        x[real:] = means[-1] + np.sqrt(variances[-1]) * x[real:]
        means.append(x.mean(axis=0))
        variances.append(x.var(axis=0, ddof=ddof))
    return np.array(means), np.array(variances)


def expected_variance(samples: int, generations: ArrayLike) -> np.ndarray:
    """Mean variance of a maximum-likelihood Gaussian after n generations: (1 - 1/M)^n."""
    return (1 - 1 / samples) ** np.asarray(generations)


def expected_log_variance(samples: int, generations: ArrayLike) -> np.ndarray:
    """Mean *logarithm* of the unbiased variance after n generations: n (digamma(v/2) - log(v/2)), v = M - 1."""
    half = (samples - 1) / 2
    return np.asarray(generations) * (digamma(half) - np.log(half))


def sharpen(p: ArrayLike, temperature: float) -> np.ndarray:
    """Probabilities proportional to p^(1/temperature): below 1, likely tokens gain."""
    if temperature <= 0:
        raise ValueError(f"temperature must be positive, not {temperature}")
    raised = np.asarray(p, float) ** (1 / temperature)
    return raised / raised.sum()


def token_chain(
    p: ArrayLike,
    samples: int,
    generations: int,
    rng: np.random.Generator,
    *,
    mode: str = "replace",
    temperature: float = 1.0,
) -> np.ndarray:
    """Estimate token probabilities by counting, from tokens that the generation before wrote.

    Parameters
    ----------
    p : array-like, shape (vocabulary,)
        The real probabilities.
    samples : int
        Tokens that each generation writes.
    generations : int
    rng : numpy.random.Generator
    mode : {"replace", "accumulate", "fixed budget"}
        Train on the newest tokens only; on all tokens so far; or on `samples` tokens drawn from all so far, without
        replacement.
        The first tokens are real. "accumulate" trains on ever more tokens, the other two on `samples`.
    temperature : float
        With which each generation writes; 1 is honest sampling.

    Returns
    -------
    numpy.ndarray, shape (generations + 1, vocabulary)
        Row 0 is the real distribution, row 1 is fitted to real tokens.
    """
    _check_mode(mode)
    rows = [np.asarray(p, float)]
    pool: np.ndarray = np.zeros(len(rows[0]), dtype=np.int64)
    for generation in range(generations):
        source = rows[-1] if generation == 0 else sharpen(rows[-1], temperature)
        counts = rng.multinomial(samples, source)
        pool = counts if mode == "replace" else pool + counts
        used = rng.multivariate_hypergeometric(pool, samples) if mode == "fixed budget" else pool
        rows.append(used / used.sum())
    return np.array(rows)


def expected_support(p: ArrayLike, samples: int) -> float:
    """Tokens that are expected to occur among `samples` draws: sum of 1 - (1 - p)^M."""
    return float(np.sum(1 - (1 - np.asarray(p, float)) ** samples))


def diversity(p: ArrayLike) -> np.ndarray:
    """Chance that two draws differ, 1 - sum p^2; its mean falls by (1 - 1/M) per generation (Wright 1931)."""
    return 1 - np.sum(np.square(p), axis=-1)


def token_metrics(real: ArrayLike, p: ArrayLike, *, tail_from: int) -> dict[str, float]:
    """Six numbers about one generation against the real distribution.

    Parameters
    ----------
    real, p : array-like, shape (vocabulary,)
        Probabilities, in the order of the real ranks.
    tail_from : int
        Tokens from this position on are the tail.

    Returns
    -------
    dict of str to float
        "support" and "tail support" (shares of the real tokens still written), "diversity", "total variation",
        "head mass" and "tail mass".
    """
    real, p = np.asarray(real, float), np.asarray(p, float)
    return {
        "support": float(np.mean(p > 0)),
        "tail support": float(np.mean(p[tail_from:] > 0)),
        "diversity": float(diversity(p)),
        "total variation": float(np.abs(real - p).sum() / 2),
        "head mass": float(p[:10].sum()),
        "tail mass": float(p[tail_from:].sum()),
    }


# -- regression


def _least_squares(X, y):
    """Coefficients of many regressions at once: X (chains, rows, features), y (chains, rows)."""
    transposed = X.transpose(0, 2, 1)
    return np.linalg.solve(transposed @ X, transposed @ y[..., None])[..., 0]


def regression_ratios(
    rows: int,
    features: int,
    generations: int,
    rng: np.random.Generator,
    *,
    mode: str = "replace",
    chains: int = 100,
) -> np.ndarray:
    """Excess test error of a linear regression fitted to labels that its predecessor gave, over that of one fit.

    Gerstgrasser et al. 2024 (arXiv 2404.01413), Theorems 1 and 2: replacing multiplies s^2 d/(T-d-1) by n,
    accumulating by sum 1/i^2 < pi^2/6. Inputs are standard normal, so the excess error is the squared distance to
    the true coefficients. "accumulate" keeps the same inputs in each generation, as the theorem does.

    Returns
    -------
    numpy.ndarray, shape (generations, chains)
        Squared distance divided by d/(T-d-1); noise of variance 1.
    """
    _check_mode(mode)
    if rows <= features + 1:
        raise ValueError(f"rows must exceed features + 1; got {rows} rows and {features} features")
    one_fit = features / (rows - features - 1)
    result = np.empty((generations, chains))
    w = np.zeros((chains, features))  # the truth is 0 without loss of generality: the fit is linear in it
    X = rng.normal(size=(chains, rows, features))
    inputs, labels = [], []
    for n in range(generations):
        if n and mode != "accumulate":
            X = rng.normal(size=(chains, rows, features))
        y = np.einsum("crf,cf->cr", X, w) + rng.normal(size=(chains, rows))
        if mode == "replace":
            w = _least_squares(X, y)
        elif mode == "accumulate":
            labels.append(y)
            # the same inputs each time, so fitting all rows is fitting the mean label of each row
            w = _least_squares(X, np.mean(labels, axis=0))
        else:
            inputs.append(X)
            labels.append(y)
            pool = np.tile(np.arange(rows * (n + 1)), (chains, 1))
            chosen = rng.permuted(pool, axis=1)[:, :rows]
            w = _least_squares(
                np.take_along_axis(np.concatenate(inputs, axis=1), chosen[..., None], axis=1),
                np.take_along_axis(np.concatenate(labels, axis=1), chosen, axis=1),
            )
        result[n] = np.sum(w**2, axis=1) / one_fit
    return result


def fixed_budget_factor(fits: float) -> float:
    """Error of a regression after n fits with a fixed budget, over that of one fit; infinity gives the limit pi^2/2 - 2.

    Derived here for many rows, not published. The pool of n equally large sets has the fit P_n, and the n-th fit is
    P_n plus the noise of drawing one set's worth of its rows, of variance 1 - 1/n in units of one fit. The n-th set adds
    that noise of the fit before, and one of its own, with weight 1/n: Var P_n = Var P_(n-1) + (2 - 1/(n-1))/n^2.

    Parameters
    ----------
    fits : int, or infinity
        At least 1.

    Returns
    -------
    float
    """
    if fits < 1:
        raise ValueError(f"fits must be at least 1, not {fits}")
    if np.isinf(fits):
        return float(np.pi**2 / 2 - 2)
    k = np.arange(2, int(fits) + 1)
    return float(1 + np.sum((2 - 1 / (k - 1)) / k**2) + 1 - 1 / fits)


# -- digits


@dataclass(frozen=True)
class DigitGenerations:
    """Images (generations + 1, samples, 64), of which row 0 is real, and four numbers per generation."""

    images: np.ndarray
    classes: np.ndarray
    spread: np.ndarray
    nearest_real: np.ndarray
    coverage: np.ndarray


@threadpool_limits.wrap(limits=1)  # at this size several threads cost more in waiting than they gain
def digit_generations(
    generations: int, samples: int, rng: np.random.Generator, *, mode: str = "replace", components: int = 30
) -> DigitGenerations:
    """Refit a generative model of scikit-learn's digits (PCA, then a Gaussian mixture) to its own images.

    Parameters
    ----------
    generations, samples : int
        `samples` images are written, and trained on, in each generation.
    rng : numpy.random.Generator
    mode : {"replace", "accumulate", "fixed budget"}
    components : int
        Of the mixture.

    Returns
    -------
    DigitGenerations
        `classes`: images of each of the ten digits, by a 1-nearest-neighbour classifier of real images, (g + 1, 10).
        `spread`: root of the total variance. `nearest_real`: mean distance from an image to the nearest real one that
        was not used for training. `coverage`: share of these real images that are the nearest one of some image.
    """
    _check_mode(mode)
    pixels, digit = load_digits(return_X_y=True)
    order = rng.permutation(len(pixels))
    train, kept = pixels[order[:samples]], order[samples:]
    classifier = KNeighborsClassifier(1).fit(pixels[kept], digit[kept])
    neighbours = NearestNeighbors(n_neighbors=1).fit(pixels[kept])
    projection = PCA(16, random_state=0).fit(train)
    written = [train]
    for _ in range(generations):
        pool = written[-1] if mode == "replace" else np.concatenate(written)
        if mode == "fixed budget":
            pool = pool[rng.permutation(len(pool))[:samples]]
        model = GaussianMixture(
            components, covariance_type="diag", reg_covar=1e-2, max_iter=30, tol=1e-2, init_params="k-means++",
            random_state=int(rng.integers(2**31)),
        )  # fmt: skip
        with warnings.catch_warnings():
            # a mixture stopped after 30 steps is the model here, not an accident
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(projection.transform(pool))
        codes = rng.permutation(model.sample(samples)[0])  # it samples component by component
        written.append(np.clip(projection.inverse_transform(codes), 0, 16))
    images = np.array(written)
    distance, nearest = zip(*(neighbours.kneighbors(page) for page in images), strict=True)
    return DigitGenerations(
        images,
        np.array([np.bincount(classifier.predict(page), minlength=10) for page in images]),
        np.sqrt(images.var(axis=1).sum(axis=1)),
        np.array([d.mean() for d in distance]),
        np.array([len(np.unique(n)) / len(kept) for n in nearest]),
    )


# -- texts


def text_generations(
    base: LanguageModel,
    book: FactBook,
    generations: int,
    rng: np.random.Generator,
    *,
    mode: str = "replace",
    temperature: float = 1.0,
) -> Iterator[tuple[int, LanguageModel, list[str]]]:
    """Yield (generation, model, texts it wrote); generation 0 learnt from real texts.

    Each generation starts from the same `base` and takes the same number of steps, so modes are matched in compute.
    """
    _check_mode(mode)
    pool = everything = real_texts(book, TEXTS, rng)
    for generation in range(generations + 1):
        model = train_on_texts(base, pool, rng)
        texts = write_texts(model, TEXTS, rng, temperature=temperature)
        yield generation, model, texts
        if mode == "replace":
            pool = texts
        else:
            everything = everything + texts
            pool = everything
            if mode == "fixed budget":
                pool = [everything[i] for i in rng.permutation(len(everything))[:TEXTS]]
