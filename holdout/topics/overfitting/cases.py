"""Cases of exercise 01: learning curves of simulated studies, each with its true cause.

The cause is computed from the known world, never from the curve. Not for drawing: see `figures`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from holdout.data.polynomials import Polynomial, World, predictions_at_nodes, quadrature_nodes
from holdout.topics.overfitting.experiments import (
    DECISION_BOUNDARY,
    ILL_FITTED_EXCESS,
    WELL_FITTED_EXCESS,
    Curve,
    ErrorDecomposition,
    decompose,
    learning_curve,
    repeated_fits,
)

CAUSES = ("underfitted", "overfitted", "well-fitted", "not enough evidence")
DOMINANT_SHARE = 0.80
ENOUGH_DISTANCE = 3.0
TOO_LITTLE_DISTANCE = 0.75


# -- Diagnosed cases: evidence whose cause is known because its world is
@dataclass(frozen=True)
class CaseTruth:
    """What is really the matter with a case; an analyst never sees it.

    Attributes
    ----------
    parts : ErrorDecomposition
        Noise, squared bias and variance at the largest training size.
    standard_error : float
        Standard deviation of the mean validation score if the whole study were done again.
    floor_known : bool
        Whether the evidence contains the noise floor.
    """

    parts: ErrorDecomposition
    standard_error: float
    floor_known: bool


def diagnose_truth(truth: CaseTruth) -> str | None:
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
    truth : CaseTruth
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


def make_case(cause: str, rng: np.random.Generator, *, floor_known: bool | None = None) -> Curve:
    """A learning curve from real fits on simulated data, whose true cause is `cause`.

    Parameters
    ----------
    cause : {"underfitted", "overfitted", "well-fitted", "not enough evidence"}
        As `diagnose_truth` defines them.
    rng : numpy.random.Generator
    floor_known : bool, optional
        For a cause that can be told with and without the noise floor ("overfitted", "not enough evidence"): which of the two. At
        random by default.

    Returns
    -------
    Curve
        What an analyst would have. The scale of the target changes from case to case, so that an error means
        nothing by itself.
    """
    return make_case_with_truth(cause, rng, floor_known=floor_known)[0]


def make_case_with_truth(
    cause: str, rng: np.random.Generator, *, floor_known: bool | None = None
) -> tuple[Curve, CaseTruth]:
    """`make_case` and the truth behind it: studies are drawn until one has the cause asked for."""
    if cause not in CAUSES:
        raise ValueError(f"cause is {cause!r}; choose one of {', '.join(CAUSES)}")
    # Decided once, before any study is thrown away, so that easy kinds do not crowd out hard ones.
    half = bool(rng.random() < 1 / 2) if floor_known is None else floor_known
    state, floor_known, few_rows, few_but_clear = cause, True, False, False
    if cause == "overfitted":
        floor_known = half
    elif cause == "underfitted":
        # A large excess shows in few rows, too: else the number of rows alone would say whether the evidence is enough.
        few_but_clear = bool(rng.random() < 9 / 10)
    elif cause == "not enough evidence":
        few_rows = half
        floor_known = few_rows
        states = ["underfitted", "well-fitted", "overfitted"]
        state = states[rng.integers(3 if few_rows else 2)]
    for _ in range(200):
        study = _draw_study(state, few_rows, floor_known, rng, few_but_clear=few_but_clear)
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

    def run(self, rng: np.random.Generator) -> Curve:
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


def _draw_study(state, few_rows, floor_known, rng, *, few_but_clear=False) -> _Study:
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
            least, most = (0.2, 0.6) if few_but_clear else (-0.7, 0.5)
            if few_but_clear:
                # Few rows for the fit, too: a gap of about a sixth of the error. Else any visible gap would be overfitting.
                n_train = int((degree + 1) * rng.uniform(9.5, 14.5))
            missed = rng.uniform(0.12, 0.2) if few_rows else 10 ** rng.uniform(least, most)
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
    total = 10 ** (
        rng.uniform(2.2, 2.45)
        if few_but_clear
        else rng.uniform(1.8, 2.3)
        if few_rows
        else rng.uniform(3.4, 4.0)
    )
    n_validation = max(3, round(total / n_repeats))
    smallest = n_train // 3 if penalty else max(degree + 4, n_train // 6)
    train_sizes = np.unique(np.geomspace(smallest, n_train, 6).astype(int))
    return _Study(world, degree, penalty, tuple(train_sizes.tolist()), n_validation, n_repeats, floor_known)


def _truth_of(study, rng, n_fits=150) -> CaseTruth:
    """Simulate the last point of the study `n_fits` times: its parts, and how much its mean score varies."""
    world = study.world
    fits = repeated_fits(world, study.degree, study.penalty, study.train_sizes[-1], n_fits, rng)
    miss = (predictions_at_nodes(fits) - world.truth(quadrature_nodes())) ** 2
    risk = world.noise_floor + np.mean(miss, axis=-1)
    # A residual is noise plus miss, so E[residual**4] = miss**4 + 6 miss**2 noise**2 + 3 noise**4.
    # A score varies because its fit does, and because it averages n_validation squared residuals.
    fourth_moment = np.mean(miss**2 + 6 * miss * world.noise_floor + 3 * world.noise_floor**2, axis=-1)
    variance_of_score = risk.var(ddof=1) + np.mean(fourth_moment - risk**2) / study.n_validation
    standard_error = float(np.sqrt(variance_of_score / study.n_repeats))
    return CaseTruth(decompose(world, fits), standard_error, study.floor_known)
