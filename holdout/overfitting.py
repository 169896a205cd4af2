"""Overfitting where the truth is known: simulated worlds, polynomial fits, curves and what they prove.

For lesson 01 and its exercise: every function is pure, vectorised and fast enough for a slider.
Not for real data: there the true risk is unknown, which is the point of knowing it here once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.polynomial import legendre

CAUSES = ("underfitted", "overfitted", "well-fitted", "not enough evidence")

# What the causes mean, in multiples of the noise floor. `diagnose_truth` says how they are used.
WELL_FITTED_EXCESS = 0.05
DECISION_BOUNDARY = 0.10
ILL_FITTED_EXCESS = 0.15
DOMINANT_SHARE = 0.80
ENOUGH_DISTANCE = 3.0
TOO_LITTLE_DISTANCE = 0.75

_QUADRATURE_NODES = 64


# --- The world: a truth, its noise, and the risk nobody can see outside a simulation -----------------------


@dataclass(frozen=True)
class World:
    """Inputs uniform on [-1, 1]; the target is a known function plus normal noise.

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

    def sample(self, n, rng):
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
        x = rng.uniform(-1, 1, size=n)
        return x, self.truth(x) + self.noise * rng.normal(size=n)

    def risk(self, predict) -> float:
        """True risk: the mean squared error on endlessly many fresh rows from the same range.

        Computed by Gauss-Legendre quadrature, exact for polynomials up to degree 127 and to many digits for
        smooth functions, so no test rows are drawn and no sampling error is left.

        Parameters
        ----------
        predict : callable
            Maps inputs of shape (m,) to predictions of shape (m,).
        """
        x, weight = _quadrature()
        return self.noise_floor + float(weight @ (predict(x) - self.truth(x)) ** 2)


@lru_cache(maxsize=1)
def _quadrature():
    """Nodes on [-1, 1] and weights that sum to one: an average over uniform inputs."""
    nodes, weights = legendre.leggauss(_QUADRATURE_NODES)
    return nodes, weights / 2


def wave(x):
    """The truth of lesson 01: one and a half waves, smooth, between -1 and 1."""
    return np.sin(1.5 * np.pi * np.asarray(x, dtype=float))


# --- The model: a polynomial, plain or with a ridge penalty ------------------------------------------------


def polynomial_features(x, degree):
    """Legendre polynomials 0..degree, scaled to mean square one over uniform inputs on [-1, 1].

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
    return legendre.legvander(np.asarray(x, dtype=float), degree) * np.sqrt(2 * np.arange(degree + 1) + 1)


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


def fit_polynomial(x, y, degree, penalty=0.0) -> Polynomial:
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
    return Polynomial(_fit(polynomial_features(x, degree), y, penalty))


def _fit(features, y, penalty=0.0):
    """Coefficients (..., p) of the ridge fits for stacked features (..., n, p) and targets (..., n)."""
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


# --- Repeated studies: fit, score, and do it again on fresh rows -------------------------------------------


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
    def from_dict(cls, values) -> Curve:
        """The curve that `to_dict` wrote."""
        return cls(
            train_sizes=np.asarray(values["train_sizes"], dtype=int),
            train_scores=np.asarray(values["train_scores"], dtype=float),
            validation_scores=np.asarray(values["validation_scores"], dtype=float),
            n_validation=int(values["n_validation"]),
            noise_floor=values["noise_floor"],
        )


def learning_curve(world, degree, penalty, train_sizes, n_validation, n_repeats, rng) -> Curve:
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
        coefficients = _fit(features[:, :n], y[:, :n], penalty)
        train[row] = _mean_squared_error(features[:, :n], y[:, :n], coefficients)
        validation[row] = _mean_squared_error(features_validation, y_validation, coefficients)
    return Curve(sizes, train, validation, n_validation, world.noise_floor)


def _mean_squared_error(features, y, coefficients):
    return np.mean((y - (features @ coefficients[..., None])[..., 0]) ** 2, axis=-1)


@dataclass(frozen=True)
class Parts:
    """Where the risk of a kind of model comes from; all three in squared units of the target.

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


def decompose(world, degree, penalty, n_train, n_repeats, rng) -> Parts:
    """Noise, squared bias and variance of a fit on `n_train` rows, from `n_repeats` simulated training sets.

    The variance divides by ``n_repeats - 1`` and the squared bias is corrected for the scatter of the mean of
    finitely many fits, so both are unbiased; a squared bias near zero may come out slightly negative.

    References
    ----------
    Geman, Bienenstock and Doursat (1992), Neural Computation 4:1-58; Hastie, Tibshirani and Friedman (2009),
    The Elements of Statistical Learning, section 7.3.
    """
    if n_repeats < 2:
        raise ValueError(f"n_repeats is {n_repeats}; a variance needs at least 2 fits")
    x, y = world.sample((n_repeats, n_train), rng)
    predictions = _predictions_at_nodes(_fit(polynomial_features(x, degree), y, penalty), degree)
    return _parts(world, predictions)


def _predictions_at_nodes(coefficients, degree):
    return coefficients @ polynomial_features(_quadrature()[0], degree).T


def _parts(world, predictions):
    """Parts of the risk from the fits' predictions (n_repeats, n_nodes) at the quadrature nodes."""
    x, weight = _quadrature()
    variance = weight @ predictions.var(axis=0, ddof=1)
    squared_bias = weight @ (predictions.mean(axis=0) - world.truth(x)) ** 2 - variance / len(predictions)
    return Parts(world.noise_floor, float(squared_bias), float(variance))


# --- Diagnosed cases: evidence whose cause is known because its world is -----------------------------------


@dataclass(frozen=True)
class Truth:
    """What is really the matter with a case; an analyst never sees it.

    Attributes
    ----------
    parts : Parts
        Noise, squared bias and variance at the largest training size.
    standard_error : float
        Standard deviation of the mean validation score if the whole study were done again.
    floor_known : bool
        Whether the evidence contains the noise floor.
    """

    parts: Parts
    standard_error: float
    floor_known: bool


def diagnose_truth(truth) -> str | None:
    """Name the cause from the truth, never from the look of a curve; None between the definitions.

    Let excess = (squared bias + variance) / noise: how far the risk is above the noise floor, in floors. The
    boundary between fine and not fine is an excess of 0.10, the middle of the grey zone from 0.05 to 0.15.

    - *well-fitted*: excess <= 0.05.
    - *underfitted*: excess >= 0.15, and at least 80 % of it is squared bias.
    - *overfitted*: excess >= 0.15, and at least 80 % of it is variance.
    - For these three the evidence must also be able to show it: the excess is at least three standard errors
      of the mean validation score from the boundary, and the noise floor is known. An overfitted model may do
      without the floor, since its gap shows against its own training score.
    - *not enough evidence*: the model is in one of these three states, but its excess is within 0.75 standard
      errors of the boundary, so that a repetition of the study would often say the opposite; or the noise
      floor is unknown and the model is not overfitted, since then a model that misses structure and a good
      model of noisy data draw the same curve.

    Mixtures (much bias and much variance) and border cases get None. A generator must throw them away.

    Parameters
    ----------
    truth : Truth
    """
    parts = truth.parts
    excess = (parts.squared_bias + parts.variance) / parts.noise
    distance = abs(excess - DECISION_BOUNDARY) / (truth.standard_error / parts.noise)
    if excess <= WELL_FITTED_EXCESS:
        state = "well-fitted"
    elif excess >= ILL_FITTED_EXCESS and parts.squared_bias >= DOMINANT_SHARE * excess * parts.noise:
        state = "underfitted"
    elif excess >= ILL_FITTED_EXCESS and parts.variance >= DOMINANT_SHARE * excess * parts.noise:
        state = "overfitted"
    else:
        return None
    if distance <= TOO_LITTLE_DISTANCE or not (truth.floor_known or state == "overfitted"):
        return "not enough evidence"
    return state if distance >= ENOUGH_DISTANCE else None


def make_case(cause, rng) -> Curve:
    """A learning curve from real fits on simulated data, whose true cause is `cause`.

    Parameters
    ----------
    cause : {"underfitted", "overfitted", "well-fitted", "not enough evidence"}
        As `diagnose_truth` defines them.
    rng : numpy.random.Generator

    Returns
    -------
    Curve
        What an analyst would have. The scale of the target changes from case to case, so that an error means
        nothing by itself.
    """
    return make_case_with_truth(cause, rng)[0]


def make_case_with_truth(cause, rng) -> tuple[Curve, Truth]:
    """`make_case` and the truth behind it: studies are drawn until one has the cause asked for."""
    if cause not in CAUSES:
        raise ValueError(f"cause is {cause!r}; choose one of {', '.join(CAUSES)}")
    # Decided once, before any study is thrown away, so that easy kinds do not crowd out hard ones.
    state, floor_known, few_rows = cause, True, False
    if cause == "overfitted":
        floor_known = bool(rng.random() < 1 / 2)
    elif cause == "not enough evidence":
        few_rows = bool(rng.random() < 5 / 6)
        floor_known = few_rows
        states = ["underfitted", "well-fitted", "overfitted"]
        state = states[rng.integers(3 if few_rows else 2)]
    for _ in range(200):
        study = _draw_study(state, few_rows, floor_known, rng)
        truth = _truth_of(study, rng)
        if diagnose_truth(truth) == cause:
            return study.run(rng), truth
    raise RuntimeError(f"no {cause!r} among 200 simulated studies: a fault of make_case, please report it")


@dataclass(frozen=True)
class _Study:
    world: World
    degree: int
    penalty: float
    train_sizes: tuple[int, ...]
    n_validation: int
    n_repeats: int
    floor_known: bool

    def run(self, rng) -> Curve:
        curve = learning_curve(
            self.world,
            self.degree,
            self.penalty,
            self.train_sizes,
            self.n_validation,
            self.n_repeats,
            rng,
        )
        return curve if self.floor_known else replace(curve, noise_floor=None)


def _draw_study(state, few_rows, floor_known, rng) -> _Study:
    """A study that is likely, not certain, to be in this state: `make_case_with_truth` asks its truth."""
    noise = 10 ** rng.uniform(-1, 1)

    if state == "overfitted":
        degree = int(rng.integers(8, 15))
        n_train = int(degree * (rng.uniform(4, 7) if few_rows else rng.uniform(1.8, 2.8)))
        penalty = 10 ** rng.uniform(-2.3, -1.6)
        missed, signal_degree = 0.0, int(rng.integers(3, 6))
    else:
        signal_degree = int(rng.integers(3, 7))
        n_train = int(rng.integers(100, 200) if few_rows else rng.integers(150, 500))
        penalty = 0.0
        if state == "underfitted":
            degree = int(rng.integers(1, signal_degree))
            missed = rng.uniform(0.12, 0.2) if few_rows else 10 ** rng.uniform(-0.7, 0.5)
        else:
            degree, missed = signal_degree, 0.0

    coefficients = rng.normal(size=signal_degree + 1)
    coefficients[1:] *= noise * rng.uniform(0.7, 1.4)
    if missed:
        # Scale what the model cannot express so that its squared bias is `missed` noise floors.
        beyond = coefficients[degree + 1 :]
        coefficients[degree + 1 :] = beyond * noise * np.sqrt(missed / np.sum(beyond**2))
    world = World(Polynomial(coefficients), noise)

    n_repeats = int(rng.integers(5, 21))
    # Rows times repeats set the standard error of the score: about noise**2 * sqrt(2 / (rows * repeats)).
    total = 10 ** rng.uniform(1.8, 2.3) if few_rows else 10 ** rng.uniform(3.4, 4.0)
    n_validation = max(3, round(total / n_repeats))
    smallest = n_train // 3 if penalty else max(degree + 4, n_train // 6)
    train_sizes = np.unique(np.geomspace(smallest, n_train, 6).astype(int))
    return _Study(world, degree, penalty, tuple(train_sizes.tolist()), n_validation, n_repeats, floor_known)


def _truth_of(study, rng, n_fits=150) -> Truth:
    """Simulate the last point of the study `n_fits` times: its parts, and how much its mean score varies."""
    world, degree = study.world, study.degree
    x, y = world.sample((n_fits, study.train_sizes[-1]), rng)
    predictions = _predictions_at_nodes(_fit(polynomial_features(x, degree), y, study.penalty), degree)
    x, weight = _quadrature()
    miss = (predictions - world.truth(x)) ** 2
    risk = world.noise_floor + miss @ weight
    # A residual is noise plus miss, so E[residual**4] = miss**4 + 6 miss**2 noise**2 + 3 noise**4.
    # A score varies because its fit does, and because it averages n_validation squared residuals.
    fourth_moment = (miss**2 + 6 * miss * world.noise_floor + 3 * world.noise_floor**2) @ weight
    variance_of_score = risk.var(ddof=1) + np.mean(fourth_moment - risk**2) / study.n_validation
    standard_error = float(np.sqrt(variance_of_score / study.n_repeats))
    return Truth(_parts(world, predictions), standard_error, study.floor_known)
