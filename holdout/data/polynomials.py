"""A one-dimensional regression world whose truth is known, and polynomials fitted to samples of it (lessons 01 and 02).

Not for real data, and not for learning curves or their diagnosis: those are in `holdout.topics.overfitting`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike

_QUADRATURE_NODES = 64


@dataclass(frozen=True)
class World:
    """Inputs between -1 and 1; the target is a known function plus normal noise.

    An input is the cosine of a uniform angle, so inputs lie denser near both ends. A polynomial then never
    has to guess at an edge where it saw nothing: that would be extrapolation, which is not overfitting.

    Attributes
    ----------
    truth : callable
        Maps an array of inputs to the noiseless targets, element by element.
    noise : float
        Standard deviation of the noise, in the units of the target.
    """

    truth: Callable[[np.ndarray], np.ndarray]
    noise: float

    def __post_init__(self):
        if not self.noise >= 0:
            raise ValueError(f"noise is {self.noise}; a standard deviation must be 0 or more")

    @property
    def noise_floor(self) -> float:
        """The mean squared error of the truth itself, noise squared: no model has a smaller risk."""
        return self.noise**2

    def sample(self, n: int | tuple[int, ...], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw fresh rows.

        Parameters
        ----------
        n : int or tuple of int
            Number of rows, or a shape such as (repeats, rows).
        rng : numpy.random.Generator

        Returns
        -------
        x, y : ndarray of shape `n`
        """
        x = np.cos(np.pi * rng.uniform(size=n))
        return x, self.truth(x) + self.noise * rng.normal(size=n)

    def risk(self, predict: Callable[[np.ndarray], np.ndarray]) -> float:
        """True risk: the mean squared error on endlessly many fresh rows from the same range.

        Computed by Gauss-Chebyshev quadrature (exact for squares of polynomials up to degree 63, and to many
        digits for smooth functions), so no test rows are drawn and no sampling error is left.

        Parameters
        ----------
        predict : callable
            Maps inputs of shape (m,) to predictions of shape (m,).
        """
        x = quadrature_nodes()
        return self.noise_floor + float(np.mean((predict(x) - self.truth(x)) ** 2))


def quadrature_nodes() -> np.ndarray:
    """Inputs whose plain average of a smooth function is its mean over endlessly many inputs of a world."""
    return np.cos(np.pi * (np.arange(_QUADRATURE_NODES) + 0.5) / _QUADRATURE_NODES)


def wave(x: ArrayLike) -> np.ndarray:
    """The truth of lesson 01: a smooth wave between -1 and 1."""
    return np.sin(1.4 * np.pi * (np.asarray(x, dtype=float) + 0.3))


# -- The model: a polynomial, plain or with a ridge penalty
def polynomial_features(x: ArrayLike, degree: int) -> np.ndarray:
    """Chebyshev polynomials 0..degree, scaled to mean square one over the inputs of a `World`.

    They span the same curves as 1, x, x**2, ... and keep the arithmetic accurate at high degree.

    Parameters
    ----------
    x : array_like of shape (..., n)
    degree : int
        0 or more.

    Returns
    -------
    ndarray of shape (..., n, degree + 1)
    """
    if degree < 0:
        raise ValueError(f"degree is {degree}; a polynomial has degree 0 or more")
    features = chebyshev.chebvander(np.asarray(x, dtype=float), degree)
    features[..., 1:] *= np.sqrt(2)
    return features


@dataclass(frozen=True)
class Polynomial:
    """A fitted polynomial, called like a function.

    Attributes
    ----------
    coefficients : ndarray of shape (degree + 1,)
        Weights of `polynomial_features`.
    """

    coefficients: np.ndarray

    @property
    def degree(self) -> int:
        return len(self.coefficients) - 1

    def __call__(self, x):
        return polynomial_features(x, self.degree) @ self.coefficients


def fit_polynomial(x: ArrayLike, y: ArrayLike, degree: int, penalty: float = 0.0) -> Polynomial:
    """Least squares with a ridge penalty on everything but the constant.

    Minimises ``mean((y - prediction)**2) + penalty * sum(coefficients[1:]**2)``. This is
    ``sklearn.linear_model.Ridge(alpha=n * penalty)`` on `polynomial_features` without their constant. Per
    row, so that one penalty means the same for 30 rows and for 300.

    Parameters
    ----------
    x, y : array_like of shape (n,)
    degree : int
        Without a penalty at most n - 1.
    penalty : float
        0 or more.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}; both must be (n,)")
    return Polynomial(fit_coefficients(polynomial_features(x, degree), y, penalty))


def fit_coefficients(features: np.ndarray, y: np.ndarray, penalty: float = 0.0) -> np.ndarray:
    """Coefficients of ridge fits, many at once.

    Parameters
    ----------
    features : ndarray of shape (..., n, p)
        The first of the p features is the constant, which is not penalised.
    y : ndarray of shape (..., n)
    penalty : float
        Of the mean squared coefficient; 0 is least squares, which needs n >= p.

    Returns
    -------
    ndarray of shape (..., p)

    Raises
    ------
    ValueError
        For a negative penalty, or too few rows without one.
    """
    n, p = features.shape[-2:]
    if not penalty >= 0:
        raise ValueError(f"penalty is {penalty}; it must be 0 or more")
    if penalty == 0 and n < p:
        raise ValueError(
            f"{n} rows cannot fix {p} coefficients; add rows, lower the degree or give a penalty"
        )
    if penalty > 0:
        # A penalty is p - 1 more rows that all ask for coefficients of zero.
        extra = np.sqrt(n * penalty) * np.eye(p)[1:]
        features = np.concatenate([features, np.broadcast_to(extra, (*y.shape[:-1], p - 1, p))], axis=-2)
        y = np.concatenate([y, np.zeros((*y.shape[:-1], p - 1))], axis=-1)
    q, r = np.linalg.qr(features)
    return np.linalg.solve(r, np.swapaxes(q, -1, -2) @ y[..., None])[..., 0]


def mean_squared_errors(features: np.ndarray, y: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Mean squared error of each of many fits, shape (...), for shapes as in `fit_coefficients`."""
    return np.mean((y - (features @ coefficients[..., None])[..., 0]) ** 2, axis=-1)


@dataclass(frozen=True)
class ValidationCurve:
    """Scores of models of growing degree, fitted on the same number of rows.

    Attributes
    ----------
    degrees : ndarray of shape (n_degrees,)
    train_scores, validation_scores : ndarray of shape (n_degrees, n_repeats)
        Mean squared errors. A column shares its rows, so that degrees are compared on the same luck.
    risks : ndarray of shape (n_degrees, n_repeats)
        True risk of the same fits: the simulation's privilege.
    """

    degrees: np.ndarray
    train_scores: np.ndarray
    validation_scores: np.ndarray
    risks: np.ndarray


def validation_curve(
    world: World,
    degrees: Sequence[int],
    penalty: float,
    n_train: int,
    n_validation: int,
    n_repeats: int,
    rng: np.random.Generator,
) -> ValidationCurve:
    """Fit every degree on the same rows, score each on them and on validation rows, and repeat.

    Parameters
    ----------
    world : World
    degrees : sequence of int
    penalty : float
        See `fit_polynomial`.
    n_train, n_validation, n_repeats : int
        Every repeat draws its own training and validation rows.
    rng : numpy.random.Generator

    Returns
    -------
    ValidationCurve
    """
    tried = np.asarray(degrees, dtype=int)
    x, y = world.sample((n_repeats, n_train), rng)
    x_validation, y_validation = world.sample((n_repeats, n_validation), rng)
    features = polynomial_features(x, tried.max())
    features_validation = polynomial_features(x_validation, tried.max())
    train, validation, risk = np.empty((3, len(tried), n_repeats))
    for row, degree in enumerate(tried):
        use = slice(0, degree + 1)
        coefficients = fit_coefficients(features[..., use], y, penalty)
        train[row] = mean_squared_errors(features[..., use], y, coefficients)
        validation[row] = mean_squared_errors(features_validation[..., use], y_validation, coefficients)
        risk[row] = _risk(world, coefficients)
    return ValidationCurve(tried, train, validation, risk)


def _risk(world, coefficients):
    """True risks (...,) of fits with coefficients (..., p), as `World.risk`."""
    miss = predictions_at_nodes(coefficients) - world.truth(quadrature_nodes())
    return world.noise_floor + np.mean(miss**2, axis=-1)


def predictions_at_nodes(coefficients: np.ndarray) -> np.ndarray:
    return coefficients @ polynomial_features(quadrature_nodes(), coefficients.shape[-1] - 1).T
