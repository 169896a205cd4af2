"""Overfitting where the truth is known: simulated worlds, polynomial fits, learning curves, optimism, bias and variance.

For lesson 01 and its exercise: every function is pure, vectorised and fast enough for a slider.
Not for real data: there the true risk is unknown, which is the point of knowing it here once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdout.data.polynomials import (
    World,
    fit_coefficients,
    mean_squared_errors,
    polynomial_features,
    predictions_at_nodes,
    quadrature_nodes,
)
from holdout.stats.published import PublishedValue

# What the causes mean, in multiples of the noise floor. `diagnose_truth` says how they are used.
WELL_FITTED_EXCESS = 0.05
DECISION_BOUNDARY = 0.10
ILL_FITTED_EXCESS = 0.15


# -- Repeated studies: fit, score, and do it again on fresh rows
@dataclass(frozen=True)
class Curve:
    """The evidence of a learning curve, with nothing in it that an analyst could not have measured.

    Scores are mean squared errors: lower is better.

    Attributes
    ----------
    train_sizes : ndarray of shape (n_sizes,)
        Rows fitted on, increasing.
    train_scores, validation_scores : ndarray of shape (n_sizes, n_repeats)
        One column a repeat. A column shares its rows: a larger training set contains the smaller ones.
    n_validation : int
        Validation rows of one repeat.
    noise_floor : float or None
        The error of the best possible model where it is known (say from measuring the same thing twice).
    """

    train_sizes: np.ndarray
    train_scores: np.ndarray
    validation_scores: np.ndarray
    n_validation: int
    noise_floor: float | None = None

    @property
    def n_repeats(self) -> int:
        return self.validation_scores.shape[1]

    def to_dict(self) -> dict:
        """Plain lists and numbers, ready for JSON; `from_dict` reads them back."""
        return {
            "train_sizes": np.asarray(self.train_sizes).tolist(),
            "train_scores": np.asarray(self.train_scores).tolist(),
            "validation_scores": np.asarray(self.validation_scores).tolist(),
            "n_validation": int(self.n_validation),
            "noise_floor": None if self.noise_floor is None else float(self.noise_floor),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Curve:
        """The curve that `to_dict` wrote."""
        return cls(
            train_sizes=np.asarray(values["train_sizes"], dtype=int),
            train_scores=np.asarray(values["train_scores"], dtype=float),
            validation_scores=np.asarray(values["validation_scores"], dtype=float),
            n_validation=int(values["n_validation"]),
            noise_floor=values["noise_floor"],
        )


def learning_curve(
    world: World,
    degree: int,
    penalty: float,
    train_sizes: Sequence[int],
    n_validation: int,
    n_repeats: int,
    rng: np.random.Generator,
) -> Curve:
    """Fit on more and more rows, score on the rows fitted and on validation rows, and repeat.

    Every repeat draws its own training and validation rows from the world, so repeats are independent and the
    standard error of their mean is their standard deviation over the square root of their number.

    Parameters
    ----------
    world : World
    degree : int
    penalty : float
        See `fit_polynomial`.
    train_sizes : sequence of int
        Increasing.
    n_validation, n_repeats : int
    rng : numpy.random.Generator

    Returns
    -------
    Curve
        With the world's noise floor.
    """
    sizes = np.asarray(train_sizes, dtype=int)
    if sizes.ndim != 1 or len(sizes) == 0 or np.any(np.diff(sizes) <= 0):
        raise ValueError(f"train_sizes is {train_sizes}; give row counts in increasing order")
    x, y = world.sample((n_repeats, sizes[-1]), rng)
    x_validation, y_validation = world.sample((n_repeats, n_validation), rng)
    features = polynomial_features(x, degree)
    features_validation = polynomial_features(x_validation, degree)
    train, validation = np.empty((2, len(sizes), n_repeats))
    for row, n in enumerate(sizes):
        coefficients = fit_coefficients(features[:, :n], y[:, :n], penalty)
        train[row] = mean_squared_errors(features[:, :n], y[:, :n], coefficients)
        validation[row] = mean_squared_errors(features_validation, y_validation, coefficients)
    return Curve(sizes, train, validation, n_validation, world.noise_floor)


def repeated_fits(
    world: World, degree: int, penalty: float, n_train: int, n_repeats: int, rng: np.random.Generator
) -> np.ndarray:
    """Fit the same kind of model on `n_repeats` training sets of its own.

    Parameters
    ----------
    world : World
    degree : int
    penalty : float
        See `fit_polynomial`.
    n_train, n_repeats : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_repeats, degree + 1)
        One row of coefficients a fit: ``polynomial_features(x, degree) @ fits.T`` draws them.
    """
    x, y = world.sample((n_repeats, n_train), rng)
    return fit_coefficients(polynomial_features(x, degree), y, penalty)


@dataclass(frozen=True)
class ErrorDecomposition:
    """Where the average risk of a kind of model comes from; all three in squared units of the target.

    Attributes
    ----------
    noise : float
        The noise floor.
    squared_bias : float
        How far the *average* fit is from the truth: left over however often one repeats.
    variance : float
        How far single fits scatter about their average.
    """

    noise: float
    squared_bias: float
    variance: float

    @property
    def risk(self) -> float:
        return self.noise + self.squared_bias + self.variance


def decompose(world: World, fits: np.ndarray) -> ErrorDecomposition:
    """Split the average risk of repeated fits into noise, squared bias and variance.

    The variance divides by ``n_repeats - 1`` and the squared bias is corrected for the scatter of the mean of
    finitely many fits, so both are unbiased. A squared bias near zero may come out slightly negative.

    Parameters
    ----------
    world : World
    fits : ndarray of shape (n_repeats, degree + 1)
        From `repeated_fits`; at least two.

    References
    ----------
    Geman, Bienenstock and Doursat (1992), Neural Computation 4:1-58; Hastie, Tibshirani and Friedman (2009),
    The Elements of Statistical Learning, section 7.3.
    """
    if len(fits) < 2:
        raise ValueError(f"{len(fits)} fit given; a variance needs at least 2")
    predictions = predictions_at_nodes(fits)
    variance = np.mean(predictions.var(axis=0, ddof=1))
    miss_of_the_mean = predictions.mean(axis=0) - world.truth(quadrature_nodes())
    squared_bias = np.mean(miss_of_the_mean**2) - variance / len(fits)
    return ErrorDecomposition(world.noise_floor, float(squared_bias), float(variance))


@dataclass(frozen=True)
class OptimismStudies:
    """Errors of least-squares fits, one entry a study.

    Attributes
    ----------
    training : ndarray of shape (n_studies,)
        Mean squared error on the rows fitted.
    same_inputs : ndarray of shape (n_studies,)
        On new targets at the same inputs.
    fresh_inputs : ndarray of shape (n_studies,)
        On new rows altogether, as many as were fitted.
    """

    training: np.ndarray
    same_inputs: np.ndarray
    fresh_inputs: np.ndarray

    @property
    def optimism(self) -> np.ndarray:
        """By how much the training error flatters, study by study."""
        return self.same_inputs - self.training


def optimism_studies(
    n: int, d: int, noise: float, n_studies: int, rng: np.random.Generator
) -> OptimismStudies:
    """Fit a linear model with d coefficients to n rows of normal inputs, and score it three ways.

    The true coefficients are zero, without loss of generality: the errors of least squares do not depend on
    them.

    Parameters
    ----------
    n, d : int
        Rows and coefficients, d < n.
    noise : float
        Standard deviation of the noise.
    n_studies : int
    rng : numpy.random.Generator
    """
    inputs, fresh_inputs = rng.normal(size=(2, n_studies, n, d))
    y, y_again, y_fresh = noise * rng.normal(size=(3, n_studies, n))
    coefficients = fit_coefficients(inputs, y)
    return OptimismStudies(
        mean_squared_errors(inputs, y, coefficients),
        mean_squared_errors(inputs, y_again, coefficients),
        mean_squared_errors(fresh_inputs, y_fresh, coefficients),
    )


def optimism_published(n: int, d: int, noise: float, n_studies: int) -> dict[str, PublishedValue]:
    """What the textbook says `optimism_studies` finds on average, with standard errors.

    With H the projection on the inputs and e, e' the noise of two draws, n times the training error is
    |(1 - H)e|**2 and n times the error at the same inputs is |e' - He|**2. Their means are s**2 (n - d) and
    s**2 (n + d); their variances 2 s**4 (n - d) and s**4 (2n + 6d); the variance of their difference is
    s**4 (4n + 4d). For fresh normal inputs the fit misses by q = |b - beta|**2 with mean s**2 d / (n - d - 1)
    and the variance that follows from the moments of an inverse Wishart matrix (von Rosen 1988); a study then
    averages n squared residuals of variance s**2 + q.

    Parameters
    ----------
    n, d : int
        Rows and coefficients, d < n - 3 (nearer to n the variance is infinite).
    noise : float
    n_studies : int

    Returns
    -------
    dict
        Keys "training", "same_inputs", "optimism", "fresh_inputs".

    References
    ----------
    Mallows (1973), Technometrics 15:661-675; Hastie, Tibshirani and Friedman (2009), The Elements of
    Statistical Learning, sections 7.4 and 7.5; von Rosen (1988), Scandinavian J. of Statistics 15:97-109.
    """
    if not 0 < d < n - 3:
        raise ValueError(f"d is {d} and n is {n}; the formulas need 0 < d < n - 3")
    s2 = noise**2
    gap = n - d
    mean_miss = d / (gap - 1)
    variance_of_trace = 2 * d * (1 / (gap - 1) + (d - 1) / (gap * (gap - 1))) / ((gap - 1) * (gap - 3))
    variance_of_miss = 2 * d * (n - 1) / (gap * (gap - 1) * (gap - 3)) + variance_of_trace
    variance_of_fresh = 2 * ((1 + mean_miss) ** 2 + variance_of_miss) / n + variance_of_miss
    root = np.sqrt(n_studies)
    return {
        "training": PublishedValue(s2 * (1 - d / n), s2 * np.sqrt(2 * gap) / n / root),
        "same_inputs": PublishedValue(s2 * (1 + d / n), s2 * np.sqrt(2 * n + 6 * d) / n / root),
        "optimism": PublishedValue(2 * d * s2 / n, s2 * np.sqrt(4 * n + 4 * d) / n / root),
        "fresh_inputs": PublishedValue(s2 * (1 + mean_miss), s2 * np.sqrt(variance_of_fresh) / root),
    }


def fixed_input_fits(
    world: World,
    x_train: np.ndarray,
    x_test: np.ndarray,
    degree: int,
    n_studies: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit new targets at the same training inputs again and again.

    Parameters
    ----------
    world : World
    x_train, x_test : ndarray of shape (n,), (m,)
    degree : int
    n_studies : int
    rng : numpy.random.Generator

    Returns
    -------
    predictions, y_test : ndarray of shape (n_studies, m)
        Predictions at `x_test`, and fresh targets there.
    """
    y = world.truth(x_train) + world.noise * rng.normal(size=(n_studies, len(x_train)))
    y_test = world.truth(x_test) + world.noise * rng.normal(size=(n_studies, len(x_test)))
    return y @ _hat(x_train, x_test, degree).T, y_test


def _hat(x_train, x_test, degree):
    """The matrix P (m, n) that turns training targets into least-squares predictions at the test inputs."""
    return polynomial_features(x_test, degree) @ np.linalg.pinv(polynomial_features(x_train, degree))


def bias_variance_published(
    world: World, x_train: np.ndarray, x_test: np.ndarray, degree: int, n_studies: int
) -> dict[str, PublishedValue]:
    """The bias-variance identity for least squares at fixed inputs, with standard errors.

    With P as in `fixed_input_fits`, the predictions are normal with mean P f(x_train) and covariance
    C = s**2 PP'. So squared bias = |b|**2 / m with b = P f(x_train) - f(x_test), variance = tr(C) / m, and
    the mean squared error on fresh targets is noise + squared bias + variance. A quadratic form |r|**2 of a
    normal vector r with mean b and covariance C has variance 2 tr(C**2) + 4 b'Cb.

    Parameters
    ----------
    world : World
    x_train, x_test : ndarray of shape (n,), (m,)
    degree, n_studies : int

    Returns
    -------
    dict
        Keys "noise" (exact), "squared_bias", "variance", "mean_squared_error".

    References
    ----------
    Geman, Bienenstock and Doursat (1992), Neural Computation 4:1-58; Hastie, Tibshirani and Friedman (2009),
    The Elements of Statistical Learning, section 7.3.
    """
    m, hat = len(x_test), _hat(x_train, x_test, degree)
    bias = hat @ world.truth(x_train) - world.truth(x_test)
    covariance = world.noise_floor * hat @ hat.T
    residual_covariance = covariance + world.noise_floor * np.eye(m)

    def standard_error(matrix, mean):
        return np.sqrt(2 * np.sum(matrix**2) + 4 * mean @ matrix @ mean) / m

    squared_bias, variance = bias @ bias / m, np.trace(covariance) / m
    return {
        "noise": PublishedValue(world.noise_floor, 0.0),
        "squared_bias": PublishedValue(squared_bias, standard_error(covariance / n_studies, bias)),
        "variance": PublishedValue(variance, standard_error(covariance, 0 * bias) / np.sqrt(n_studies - 1)),
        "mean_squared_error": PublishedValue(
            world.noise_floor + squared_bias + variance,
            standard_error(residual_covariance, bias) / np.sqrt(n_studies),
        ),
    }
