"""Overfitting where the truth is known: simulated worlds, polynomial fits, curves and what they prove.

For lesson 01 and its exercise: every function is pure, vectorised and fast enough for a slider.
Not for real data: there the true risk is unknown, which is the point of knowing it here once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev

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
        x = np.cos(np.pi * rng.uniform(size=n))
        return x, self.truth(x) + self.noise * rng.normal(size=n)

    def risk(self, predict) -> float:
        """True risk: the mean squared error on endlessly many fresh rows from the same range.

        Computed by Gauss-Chebyshev quadrature (exact for squares of polynomials up to degree 63, and to many
        digits for smooth functions), so no test rows are drawn and no sampling error is left.

        Parameters
        ----------
        predict : callable
            Maps inputs of shape (m,) to predictions of shape (m,).
        """
        x = _quadrature_nodes()
        return self.noise_floor + float(np.mean((predict(x) - self.truth(x)) ** 2))


def _quadrature_nodes():
    """Inputs whose plain average of a smooth function is its mean over endlessly many inputs of a world."""
    return np.cos(np.pi * (np.arange(_QUADRATURE_NODES) + 0.5) / _QUADRATURE_NODES)


def wave(x):
    """The truth of lesson 01: a smooth wave between -1 and 1."""
    return np.sin(1.4 * np.pi * (np.asarray(x, dtype=float) + 0.3))


# --- The model: a polynomial, plain or with a ridge penalty ------------------------------------------------


def polynomial_features(x, degree):
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


def validation_curve(world, degrees, penalty, n_train, n_validation, n_repeats, rng) -> ValidationCurve:
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
    degrees = np.asarray(degrees, dtype=int)
    x, y = world.sample((n_repeats, n_train), rng)
    x_validation, y_validation = world.sample((n_repeats, n_validation), rng)
    features = polynomial_features(x, degrees.max())
    features_validation = polynomial_features(x_validation, degrees.max())
    train, validation, risk = np.empty((3, len(degrees), n_repeats))
    for row, degree in enumerate(degrees):
        use = slice(0, degree + 1)
        coefficients = _fit(features[..., use], y, penalty)
        train[row] = _mean_squared_error(features[..., use], y, coefficients)
        validation[row] = _mean_squared_error(features_validation[..., use], y_validation, coefficients)
        risk[row] = _risk(world, coefficients)
    return ValidationCurve(degrees, train, validation, risk)


def repeated_fits(world, degree, penalty, n_train, n_repeats, rng):
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
    return _fit(polynomial_features(x, degree), y, penalty)


@dataclass(frozen=True)
class Parts:
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


def decompose(world, fits) -> Parts:
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
    predictions = _predictions_at_nodes(fits)
    variance = np.mean(predictions.var(axis=0, ddof=1))
    miss_of_the_mean = predictions.mean(axis=0) - world.truth(_quadrature_nodes())
    squared_bias = np.mean(miss_of_the_mean**2) - variance / len(fits)
    return Parts(world.noise_floor, float(squared_bias), float(variance))


def _predictions_at_nodes(coefficients):
    return coefficients @ polynomial_features(_quadrature_nodes(), coefficients.shape[-1] - 1).T


def _risk(world, coefficients):
    """True risks (...,) of fits with coefficients (..., p), as `World.risk`."""
    miss = _predictions_at_nodes(coefficients) - world.truth(_quadrature_nodes())
    return world.noise_floor + np.mean(miss**2, axis=-1)


# --- Two results from the literature, with what a finite number of studies may differ by -------------------


@dataclass(frozen=True)
class Expected:
    """A published value, and the standard error of measuring it in a stated number of studies."""

    value: float
    standard_error: float

    @property
    def tolerance(self) -> float:
        """Four standard errors: right code differs by more about once in 16,000 runs."""
        return 4 * self.standard_error

    def agrees(self, measured) -> bool:
        """Whether a measured value is within the tolerance."""
        return bool(abs(measured - self.value) <= self.tolerance)


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
    def optimism(self):
        """By how much the training error flatters, study by study."""
        return self.same_inputs - self.training


def optimism_studies(n, d, noise, n_studies, rng) -> OptimismStudies:
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
    coefficients = _fit(inputs, y)
    return OptimismStudies(
        _mean_squared_error(inputs, y, coefficients),
        _mean_squared_error(inputs, y_again, coefficients),
        _mean_squared_error(fresh_inputs, y_fresh, coefficients),
    )


def optimism_published(n, d, noise, n_studies) -> dict[str, Expected]:
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
        "training": Expected(s2 * (1 - d / n), s2 * np.sqrt(2 * gap) / n / root),
        "same_inputs": Expected(s2 * (1 + d / n), s2 * np.sqrt(2 * n + 6 * d) / n / root),
        "optimism": Expected(2 * d * s2 / n, s2 * np.sqrt(4 * n + 4 * d) / n / root),
        "fresh_inputs": Expected(s2 * (1 + mean_miss), s2 * np.sqrt(variance_of_fresh) / root),
    }


def fixed_input_fits(world, x_train, x_test, degree, n_studies, rng):
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


def bias_variance_published(world, x_train, x_test, degree, n_studies) -> dict[str, Expected]:
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
        "noise": Expected(world.noise_floor, 0.0),
        "squared_bias": Expected(squared_bias, standard_error(covariance / n_studies, bias)),
        "variance": Expected(variance, standard_error(covariance, 0 * bias) / np.sqrt(n_studies - 1)),
        "mean_squared_error": Expected(
            world.noise_floor + squared_bias + variance,
            standard_error(residual_covariance, bias) / np.sqrt(n_studies),
        ),
    }


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
    world = study.world
    fits = repeated_fits(world, study.degree, study.penalty, study.train_sizes[-1], n_fits, rng)
    miss = (_predictions_at_nodes(fits) - world.truth(_quadrature_nodes())) ** 2
    risk = world.noise_floor + np.mean(miss, axis=-1)
    # A residual is noise plus miss, so E[residual**4] = miss**4 + 6 miss**2 noise**2 + 3 noise**4.
    # A score varies because its fit does, and because it averages n_validation squared residuals.
    fourth_moment = np.mean(miss**2 + 6 * miss * world.noise_floor + 3 * world.noise_floor**2, axis=-1)
    variance_of_score = risk.var(ddof=1) + np.mean(fourth_moment - risk**2) / study.n_validation
    standard_error = float(np.sqrt(variance_of_score / study.n_repeats))
    return Truth(decompose(world, fits), standard_error, study.floor_known)
