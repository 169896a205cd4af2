"""One remedy at a time: a simulator whose true risk is known, ablations with paired seeds, and double
descent.

A case is a model in trouble (or not); turning one knob changes its true risk, and that risk is computed, not
estimated. Diagnosis from curves alone is lesson 01's (`holdout.topics.overfitting.experiments`); nothing here draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from holdout.stats.published import PublishedValue

# -- The simulator
#
# Inputs x are uniform on [0, 1] and the features are c_j(x) = sqrt(2) cos(j pi x), which are orthonormal
# there. Hence the risk of any coefficient vector is a plain sum of squares and needs no test set. A second
# input u may carry signal that the table does not record.

REMEDIES = (
    "regularise",
    "simplify",
    "add capacity",
    "better features",
    "more data",
    "stop earlier",
    "leave alone",
)

PRICES = {
    "regularise": 0.02,
    "simplify": 0.01,
    "add capacity": 0.01,
    "better features": 0.10,
    "more data": 0.12,
    "stop earlier": 0.005,
    "leave alone": 0.0,
}
"""What trying a remedy costs, in units of risk (the signal of the recorded input has variance 1)."""

CAUSES = (
    "too flexible",
    "too simple",
    "missing signal",
    "too few rows",
    "trained too long",
    "at the floor",
)

CONVERGED = 0  # `steps` of a model that was solved exactly rather than trained step by step


@dataclass(frozen=True)
class RemedyCase:
    """A model and the world it was trained in.

    Attributes
    ----------
    coefficients : tuple of float
        Of the truth, on the cosines 1, 2, ...; the sum of their squares is the signal variance.
    features : int
        The model uses the cosines 1 to `features`.
    rows : int
        Training rows.
    ridge : float
        Penalty on the squared coefficients, in the scale of the *mean* squared error.
    steps : int
        Gradient steps taken from zero, with step size 1 / (largest curvature); 0 means solved exactly.
    noise : float
        Standard deviation of the label noise.
    missing_signal : float
        Variance of the target that a second input explains.
    has_missing_feature : bool
        Whether the table records that second input.
    seed : int
        Fixes the training designs over which the true risk is averaged; the same for every remedy.
    """

    coefficients: tuple[float, ...]
    features: int
    rows: int
    ridge: float = 0.0
    steps: int = CONVERGED
    noise: float = 0.5
    missing_signal: float = 0.0
    has_missing_feature: bool = False
    seed: int = 0

    def __post_init__(self):
        for name, smallest in (("features", 1), ("rows", 4), ("ridge", 0), ("steps", 0), ("noise", 0)):
            value = getattr(self, name)
            if not value >= smallest:
                raise ValueError(f"{name} must be at least {smallest}, got {value}")
        if self.missing_signal < 0:
            raise ValueError(f"missing_signal is a variance and cannot be {self.missing_signal}")

    @property
    def noise_floor(self) -> float:
        """Risk of the best conceivable model, which knows the second input: the label noise's variance."""
        return self.noise**2

    @property
    def risk_of_the_mean(self) -> float:
        """Risk of predicting the mean for everybody: what one falls back on when a model is worse."""
        return float(sum(c**2 for c in self.coefficients)) + self.missing_signal + self.noise**2


def _cosines(x: np.ndarray, features: int) -> np.ndarray:
    return math.sqrt(2) * np.cos(math.pi * x[..., None] * np.arange(1, features + 1))


def _design(case: RemedyCase, x: np.ndarray, u: np.ndarray) -> np.ndarray:
    columns = _cosines(x, case.features)
    if case.has_missing_feature:
        columns = np.concatenate([columns, _cosines(u, 1)], axis=-1)
    return columns


class _Spectrum(NamedTuple):
    """Eigenvalues and eigenvectors of design' design / rows, for a stack of designs."""

    values: np.ndarray
    vectors: np.ndarray


def _spectrum(design: np.ndarray) -> _Spectrum:
    gram = np.swapaxes(design, -1, -2) @ design / design.shape[-2]
    values, vectors = np.linalg.eigh(gram)
    return _Spectrum(np.clip(values, 0, None), vectors)


def _gain(spectrum: _Spectrum, ridge: float, steps: int) -> np.ndarray:
    """Return g with coefficients = V g V' (design' y / rows): what ridge and t gradient steps keep of each
    direction.

    Gradient descent on mean squared error / 2 + ridge / 2 |w|^2 from zero with step size h leaves, in a
    direction of curvature e, the share 1 - (1 - h (e + ridge))^t of the solution 1 / (e + ridge).
    """
    curvature = spectrum.values + ridge
    # A direction in which the data say nothing keeps coefficient 0; its right-hand side is 0 as well.
    usable = curvature > 1e-10 * curvature.max(axis=-1, keepdims=True)
    solved = np.where(usable, 1 / np.where(usable, curvature, 1), 0)
    if steps == CONVERGED:
        return solved
    shrink = np.clip(1 - curvature / curvature.max(axis=-1, keepdims=True), 0, 1)
    return solved * (1 - shrink**steps)


def _fit(design: np.ndarray, spectrum: _Spectrum, y: np.ndarray, ridge: float, steps: int) -> np.ndarray:
    moment = np.swapaxes(design, -1, -2) @ y[..., None] / design.shape[-2]
    rotated = np.swapaxes(spectrum.vectors, -1, -2) @ moment
    return (spectrum.vectors @ (_gain(spectrum, ridge, steps)[..., None] * rotated))[..., 0]


def _truth(case: RemedyCase, x: np.ndarray) -> np.ndarray:
    return _cosines(x, len(case.coefficients)) @ np.asarray(case.coefficients)


def case_true_risk(case: RemedyCase, *, designs: int = 16) -> float:
    """Return the expected squared error of the case's model on fresh rows.

    Averaged over `designs` training designs drawn from `case.seed`; for each design, over the label noise and
    over fresh rows, exactly (the model is linear in the labels, the features are orthonormal). The first rows
    of a larger training set are those of a smaller one, so that two remedies are compared on the same data.

    Parameters
    ----------
    case : RemedyCase
    designs : int, default 16

    Returns
    -------
    float
        Mean squared error, never below `case.noise_floor`.
    """
    return _risks(case, [case.steps], designs)[0]


def _risks(case: RemedyCase, stages: Sequence[int], designs: int) -> list[float]:
    """Return the true risk after each number of steps, on the same training designs."""
    # One stream a design, so that more rows extend a training set instead of reshuffling all of them.
    streams = np.random.default_rng(case.seed).spawn(designs)
    drawn = np.stack([stream.random((case.rows, 2)) for stream in streams])
    x, u = drawn[..., 0], drawn[..., 1]
    design = _design(case, x, u)
    spectrum = _spectrum(design)

    coefficients = np.asarray(case.coefficients)
    target = np.zeros(design.shape[-1])
    shared = min(case.features, len(coefficients))
    target[:shared] = coefficients[:shared]
    signal = _truth(case, x)
    unrecorded = case.missing_signal
    if case.has_missing_feature:
        weight = math.sqrt(case.missing_signal)
        target[-1], unrecorded = weight, 0.0
        signal = signal + weight * _cosines(u, 1)[..., 0]

    scatter = case.noise**2 + unrecorded
    approximation = (coefficients[shared:] ** 2).sum()
    risks = []
    for steps in stages:
        mean = _fit(design, spectrum, signal, case.ridge, steps)
        gain = _gain(spectrum, case.ridge, steps)
        variance = scatter * (gain**2 * spectrum.values).sum(axis=-1) / case.rows
        excess = ((mean - target) ** 2).sum(axis=-1) + variance + approximation
        risks.append(float(excess.mean() + scatter))
    return risks


def _stages(steps: int) -> list[int]:
    """Return the stages of training at which the validation error is looked at, the last being `steps`."""
    return sorted({max(1, round(steps / 2**k)) for k in range(8)})


def turn(case: RemedyCase, remedy: str) -> RemedyCase:
    """Return the case after one turn of one knob; everything else stays as it was.

    | remedy | what is turned |
    |---|---|
    | regularise | ridge x 10, at least 0.25 |
    | simplify | half the features |
    | add capacity | twice the features |
    | better features | the second input is recorded |
    | more data | twice the rows |
    | stop earlier | the best of steps / 1, 2, 4 ... 128; nothing if the model was solved exactly |
    | leave alone | nothing |

    Parameters
    ----------
    case : RemedyCase
    remedy : str
        One of `REMEDIES`.

    Raises
    ------
    ValueError
        If the remedy has another name.
    """
    if remedy == "regularise":
        return replace(case, ridge=max(0.25, 10 * case.ridge))
    if remedy == "simplify":
        return replace(case, features=max(1, case.features // 2))
    if remedy == "add capacity":
        return replace(case, features=2 * case.features)
    if remedy == "better features":
        return replace(case, has_missing_feature=True)
    if remedy == "more data":
        return replace(case, rows=2 * case.rows)
    if remedy == "stop earlier":
        if case.steps == CONVERGED:
            return case
        stages = _stages(case.steps)
        return replace(case, steps=stages[int(np.argmin(_risks(case, stages, designs=16)))])
    if remedy == "leave alone":
        return case
    raise ValueError(f"unknown remedy {remedy!r}; choose one of {', '.join(REMEDIES)}")


def apply(case: RemedyCase, remedy: str, *, designs: int = 16) -> float:
    """Return the true risk after one turn of one knob.

    Parameters
    ----------
    case : RemedyCase
    remedy : str
        One of `REMEDIES`.
    designs : int, default 16
        As in `case_true_risk`.

    Returns
    -------
    float
        Mean squared error on fresh rows; the remedy's price (`PRICES`) is not included.
    """
    return case_true_risk(turn(case, remedy), designs=designs)


# -- What a learner may look at
def _mean_and_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))


def gather_evidence(
    case: RemedyCase,
    rng: np.random.Generator,
    *,
    repeats: int = 10,
    validation_rows: int = 200,
    labelled_twice: int = 300,
) -> dict:
    """Return what one can measure without knowing the truth, over repeated training and validation draws.

    Parameters
    ----------
    case : RemedyCase
    rng : numpy.random.Generator
    repeats : int, default 10
        Repeated draws; every error is a mean over them with its standard error.
    validation_rows : int, default 200
    labelled_twice : int, default 300
        Rows that are labelled a second time to see how much labels disagree.

    Returns
    -------
    dict of plain numbers and lists
        - `rows`, `features`, `ridge`, `steps`: the settings (`steps` 0: solved exactly);
        - `train_error`, `train_error_se`, `validation_error`, `validation_error_se`: mean squared errors;
        - `gap`, `gap_se`: validation minus training error, paired by repeat;
        - `label_noise`, `label_noise_se`: variance of the label noise, from the rows labelled twice;
        - `learning_curve`: `rows` (a quarter, half, all), `train` and `validation` errors;
        - `capacity_curve`: `features` (a quarter, half, all), `train` and `validation` errors;
        - `step_curve`: `steps` (steps / 128 ... 4, 2, 1) and `validation` errors; empty if solved exactly;
        - `residual_correlation`, `residual_correlation_se`: correlation of a *training* residual with that of
          the row whose input is next. Pattern that the model could not bend to makes it positive.
    """
    rows, total = case.rows, case.rows + validation_rows
    drawn = rng.random((repeats, total, 2))
    x, u = drawn[..., 0], drawn[..., 1]
    y = _truth(case, x) + math.sqrt(case.missing_signal) * _cosines(u, 1)[..., 0]
    y = y + case.noise * rng.normal(size=y.shape)
    columns = _design(case, x, u)
    fresh_y = y[:, rows:]

    def errors(
        size: int, steps: Sequence[int], features: int = case.features
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        used = np.r_[
            :features, case.features : columns.shape[-1]
        ]  # the second input is no matter of capacity
        design, labels, fresh = columns[:, :size, used], y[:, :size], columns[:, rows:, used]
        spectrum = _spectrum(design)
        train, validation = [], []
        for count in steps:
            weights = _fit(design, spectrum, labels, case.ridge, count)[..., None]
            residual = labels - (design @ weights)[..., 0]
            train.append((residual**2).mean(axis=1))
            validation.append(((fresh_y - (fresh @ weights)[..., 0]) ** 2).mean(axis=1))
        return np.array(train), np.array(validation), residual

    stages = [CONVERGED] if case.steps == CONVERGED else _stages(case.steps)
    train, validation, residual = errors(rows, stages)
    order = np.argsort(x[:, :rows], axis=1, kind="stable")
    sorted_residual = np.take_along_axis(residual, order, axis=1)
    pattern = (sorted_residual[:, 1:] * sorted_residual[:, :-1]).mean(axis=1) / np.maximum(
        (sorted_residual**2).mean(axis=1), 1e-300
    )

    sizes = [max(4, rows // 4), max(4, rows // 2)]
    smaller = [errors(size, [case.steps]) for size in sizes]
    fewer = [max(1, case.features // 4), max(1, case.features // 2)]
    simpler = [errors(rows, [case.steps], features) for features in fewer]
    twice = case.noise * rng.normal(size=(labelled_twice, 2))

    evidence: dict = {
        "rows": rows,
        "features": case.features,
        "ridge": float(case.ridge),
        "steps": int(case.steps),
    }
    for name, values in (
        ("train_error", train[-1]),
        ("validation_error", validation[-1]),
        ("gap", validation[-1] - train[-1]),
        ("residual_correlation", pattern),
        ("label_noise", (twice[:, 0] - twice[:, 1]) ** 2 / 2),
    ):
        evidence[name], evidence[f"{name}_se"] = _mean_and_error(values)
    evidence["learning_curve"] = {
        "rows": [*sizes, rows],
        "train": [float(t[-1].mean()) for t, _, _ in smaller] + [evidence["train_error"]],
        "validation": [float(v[-1].mean()) for _, v, _ in smaller] + [evidence["validation_error"]],
    }
    evidence["capacity_curve"] = {
        "features": [*fewer, case.features],
        "train": [float(t[-1].mean()) for t, _, _ in simpler] + [evidence["train_error"]],
        "validation": [float(v[-1].mean()) for _, v, _ in simpler] + [evidence["validation_error"]],
    }
    evidence["step_curve"] = {
        "steps": [] if case.steps == CONVERGED else stages,
        "validation": [] if case.steps == CONVERGED else [float(v.mean()) for v in validation],
    }
    return evidence


# -- Random cases
def _coefficients(rng: np.random.Generator, energetic: int, total: int = 48) -> tuple[float, ...]:
    """Draw a truth of variance 1: energy in the first `energetic` cosines, a thin tail behind."""
    scale = np.where(np.arange(1, total + 1) <= energetic, 1.0, 0.02)
    raw = rng.normal(size=total) * scale
    return tuple(float(c) for c in raw / np.sqrt((raw**2).sum()))


def make_remedy_case(rng: np.random.Generator, cause: str | None = None) -> RemedyCase:
    """Draw a hidden case.

    Parameters
    ----------
    rng : numpy.random.Generator
    cause : str, optional
        One of `CAUSES`: where sizes and noise are drawn from. Drawn at random if left out. Which remedy is
        best is *not* read off the cause but computed from the true risk.

    Returns
    -------
    RemedyCase
    """
    if cause is None:
        cause = CAUSES[rng.integers(len(CAUSES))]
    if cause not in CAUSES:
        raise ValueError(f"unknown cause {cause!r}; choose one of {', '.join(CAUSES)}")
    seed = int(rng.integers(2**31))

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(math.log(low), math.log(high))))

    if cause == "too flexible":
        # Half the truths lie below the middle of the features, where half of them can go; half do not.
        features = int(rng.integers(22, 32))
        energetic = int(
            rng.integers(3, 8) if rng.random() < 0.5 else rng.integers(features // 2 + 3, features)
        )
        return RemedyCase(
            _coefficients(rng, energetic),
            features=features,
            rows=round(features * between(1.6, 2.4)),
            ridge=between(1e-3, 4e-3),
            noise=between(0.5, 0.9),
            seed=seed,
        )
    if cause == "trained too long":
        features = int(rng.integers(22, 32))
        return RemedyCase(
            _coefficients(rng, int(rng.integers(features // 2 + 3, features))),
            features=features,
            rows=round(features * between(1.6, 2.4)),
            ridge=between(1e-3, 4e-3),
            steps=round(between(100, 300)),
            noise=between(0.7, 1.1),
            seed=seed,
        )
    if cause == "too simple":
        features = int(rng.integers(3, 8))
        return RemedyCase(
            _coefficients(rng, 2 * features),
            features=features,
            rows=round(between(150, 300)),
            ridge=between(1e-3, 1e-2),
            steps=CONVERGED if rng.random() < 0.5 else round(between(200, 1000)),
            noise=between(0.3, 0.8),
            seed=seed,
        )
    if cause == "missing signal":
        energetic = int(rng.integers(3, 8))
        return RemedyCase(
            _coefficients(rng, energetic),
            features=energetic + int(rng.integers(0, 4)),
            rows=round(between(60, 150)),
            ridge=between(0.03, 0.1),
            steps=CONVERGED if rng.random() < 0.5 else round(between(40, 100)),
            noise=between(0.3, 0.8),
            missing_signal=between(0.15, 0.6),
            seed=seed,
        )
    if cause == "too few rows":
        energetic = int(rng.integers(10, 16))
        return RemedyCase(
            _coefficients(rng, energetic),
            features=energetic,
            rows=round(energetic * between(0.7, 1.1)),
            ridge=between(0.08, 0.25),
            steps=CONVERGED if rng.random() < 0.5 else round(between(40, 100)),
            noise=between(0.3, 0.5),
            seed=seed,
        )
    energetic = int(rng.integers(3, 8))
    return RemedyCase(
        _coefficients(rng, energetic),
        features=energetic + int(rng.integers(0, 3)),
        rows=round(between(60, 250)),
        ridge=between(0.03, 0.1),
        steps=CONVERGED if rng.random() < 0.5 else round(between(40, 100)),
        noise=between(0.6, 1.1),
        seed=seed,
    )


"""Policies that look at one thing only, as people do in a hurry; to be compared with one that weighs
everything."""


# -- Real flights
class FlightStudy(NamedTuple):
    """Positions of the flights of one study.

    Attributes
    ----------
    train : ndarray of int
        Flights of training days, in random order: a study with fewer rows takes the first ones.
    validation : ndarray of int
        Flights of the other days.
    """

    train: np.ndarray
    validation: np.ndarray


def flight_studies(
    days: ArrayLike, studies: int, rng: np.random.Generator, *, validation_share: float = 0.3
) -> list[FlightStudy]:
    """Divide flights among studies that have no flight in common, each with validation days of its own.

    Flights of one day share its weather. So in each study no day is on both sides. Two studies share days, but no flight.

    Parameters
    ----------
    days : array_like of shape (flights,)
        The day of each flight.
    studies : int
        At least 2.
    rng : numpy.random.Generator
    validation_share : float, default 0.3
        Share of the days that validate.

    Returns
    -------
    list of FlightStudy

    Raises
    ------
    ValueError
        If there are fewer than two studies, or a study has no flight on one side.
    """
    if studies < 2:
        raise ValueError(f"{studies} study has no standard error; take at least two")
    days = np.asarray(days)
    different = np.unique(days)
    made = []
    for part in np.array_split(rng.permutation(len(days)), studies):
        judging = rng.permutation(different)[: round(validation_share * len(different))]
        held_out = np.isin(days[part], judging)
        if held_out.all() or not held_out.any():
            raise ValueError(f"{len(days)} flights are too few for {studies} studies")
        made.append(FlightStudy(part[~held_out], part[held_out]))
    return made


# -- Choosing and comparing
def one_standard_error_choice(errors: ArrayLike) -> int:
    """Return the simplest candidate that is not clearly worse than the best one.

    Parameters
    ----------
    errors : array_like of shape (repeats, candidates)
        Validation error of each candidate in each repeat, candidates ordered from the simplest to the most
        complex.

    Returns
    -------
    int
        Smallest index whose mean error is at most the smallest mean error plus *its* standard error.

    Raises
    ------
    ValueError
        If there are fewer than two repeats: one number has no standard error.

    References
    ----------
    Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees, section 3.4.3.

    Examples
    --------
    >>> one_standard_error_choice([[0.9, 0.52, 0.4], [0.9, 0.52, 0.6]])
    1
    """
    table = np.asarray(errors, dtype=float)
    if table.ndim != 2 or table.shape[0] < 2:
        raise ValueError(f"errors must be (repeats, candidates) with at least two repeats; got {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("errors contain a missing or infinite value; leave that candidate out or repair it")
    mean = table.mean(axis=0)
    best = int(mean.argmin())
    limit = mean[best] + table[:, best].std(ddof=1) / math.sqrt(table.shape[0])
    return int(np.flatnonzero(mean <= limit)[0])


def ablation_table(
    scores: pd.DataFrame, baseline: str, *, confidence: float = 0.95, simultaneous: bool = True
) -> pd.DataFrame:
    """Return the effect of each change, measured on paired seeds, beside what an unpaired reading would say.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a seed, one column a variant; lower is better. The same seed means the same split, the same
        initial weights and the same order of the data in every column.
    baseline : str
        The column with which every other one is compared.
    confidence : float, default 0.95
        Level of the intervals, by Student's t with (seeds - 1) degrees of freedom.
    simultaneous : bool, default True
        Share the error among all comparisons (Bonferroni), so that a long table does not find an effect by
        luck.

    Returns
    -------
    pandas.DataFrame
        Indexed by variant; columns `effect` (mean of variant minus baseline), `se` (paired), `low`, `high`,
        `unpaired_se`, and `verdict` ("worse", "better" or "not shown"). The intervals hold for a number of seeds that was
        fixed beforehand. "Not shown" does not mean that there is no effect: compare the interval with the smallest effect
        that matters.

    Raises
    ------
    ValueError
        If the baseline is missing, there are fewer than two seeds, or a run is missing.
    """
    if baseline not in scores.columns:
        known = ", ".join(map(str, scores.columns))
        raise ValueError(f"no column {baseline!r} to compare with; there are {known}")
    seeds = len(scores)
    if seeds < 2:
        raise ValueError(f"{seeds} seed cannot tell an effect from noise; run at least two, better ten")
    if scores.isna().to_numpy().any():
        raise ValueError("a run is missing; a paired comparison needs every variant on every seed")
    variants = [column for column in scores.columns if column != baseline]
    level = 1 - (1 - confidence) / len(variants) if simultaneous else confidence
    multiple = stats.t.ppf(0.5 + level / 2, seeds - 1)
    records = []
    for variant in variants:
        difference = scores[variant] - scores[baseline]
        effect, se = difference.mean(), difference.std(ddof=1) / math.sqrt(seeds)
        low, high = effect - multiple * se, effect + multiple * se
        verdict = "worse" if low > 0 else "better" if high < 0 else "not shown"
        unpaired = math.sqrt((scores[variant].var(ddof=1) + scores[baseline].var(ddof=1)) / seeds)
        records.append((variant, effect, se, low, high, unpaired, verdict))
    columns = ["variant", "effect", "se", "low", "high", "unpaired_se", "verdict"]
    return pd.DataFrame(records, columns=columns).set_index("variant")


def expected_loss(effect: float, se: float, limit: float = 0.0) -> float:
    """Return what deciding now loses on average, compared with knowing the true effect.

    A change is merged if its effect lies below `limit`, and dropped otherwise. Given the measurement the true effect is
    taken to be normal around it (a flat prior: before the measurement any effect is as plausible as any other). The loss is
    then `se (phi(z) - z Q(z))`, where `z` is the distance of the effect from the limit in standard errors, `phi` the normal
    density and `Q` the normal upper tail. It is the most that more seeds can be worth.

    Parameters
    ----------
    effect, se : float
        Measured mean effect and its standard error, `se` above 0.
    limit : float, default 0
        Effects below it pay.

    Returns
    -------
    float
        In the unit of the effect; at most `se / sqrt(2 pi)`.

    Raises
    ------
    ValueError
        If `se` is not positive.

    References
    ----------
    Raiffa and Schlaifer (1961), Applied Statistical Decision Theory: the expected value of perfect information, by the unit
    normal loss.

    Examples
    --------
    >>> round(expected_loss(-20.0, 10.0, limit=-20.0), 2)
    3.99
    """
    if not se > 0:
        raise ValueError(f"se must be positive, got {se}; an effect that is known exactly loses nothing")
    distance = abs(effect - limit) / se
    return float(se * (stats.norm.pdf(distance) - distance * stats.norm.sf(distance)))


def simulate_ablation(
    effects: Mapping[str, float],
    seeds: int,
    rng: np.random.Generator,
    *,
    baseline_error: float = 0.30,
    shared_sd: float = 0.03,
    own_sd: float = 0.01,
) -> pd.DataFrame:
    """Simulate an ablation whose effects are known.

    `error = baseline_error + effect + (luck of the seed, shared by its row) + (luck of the run)`, both
    normal.

    Parameters
    ----------
    effects : mapping
        Variant to its true effect on the error; the baseline is added as column "baseline".
    seeds : int
    rng : numpy.random.Generator
    baseline_error, shared_sd, own_sd : float

    Returns
    -------
    pandas.DataFrame
        One row a seed, columns "baseline" and the variants.
    """
    names = ["baseline", *effects]
    true = np.array([0.0, *effects.values()])
    shared = rng.normal(scale=shared_sd, size=(seeds, 1))
    own = rng.normal(scale=own_sd, size=(seeds, len(names)))
    return pd.DataFrame(
        baseline_error + true + shared + own, columns=names, index=pd.RangeIndex(seeds, name="seed")
    )


# -- Double descent
def min_norm(X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the least-squares coefficients; where many fit exactly, those with the smallest norm.

    Parameters
    ----------
    X : array_like of shape (n, p)
    y : array_like of shape (n,)

    Returns
    -------
    ndarray of shape (p,)
    """
    return np.linalg.lstsq(np.asarray(X, dtype=float), np.asarray(y, dtype=float), rcond=None)[0]


def double_descent_risk(n: int, p: int, *, signal: float = 4.0, noise: float = 1.0) -> float:
    """Return the expected excess risk of `min_norm` with standard normal features, exactly.

    For `p < n - 1` the mean of an inverse Wishart matrix gives `noise p / (n - p - 1)`; for `p > n + 1` a
    random subspace misses the share `1 - n / p` of the signal and the noise adds `noise n / (p - n - 1)`.
    Between them the mean does not exist.

    Parameters
    ----------
    n, p : int
        Rows and features.
    signal : float, default 4
        Squared length of the true coefficients, the same for every `p`.
    noise : float, default 1
        Variance of the label noise.

    Returns
    -------
    float
        `inf` if `n - 1 <= p <= n + 1`.

    References
    ----------
    Hastie, Montanari, Rosset and Tibshirani (2022), Annals of Statistics 50:949-986, for the setting and the
    limit.
    """
    if n < 1 or p < 1:
        raise ValueError(f"n and p must be at least 1, got {n} and {p}")
    if p < n - 1:
        return noise * p / (n - p - 1)
    if p > n + 1:
        return signal * (1 - n / p) + noise * n / (p - n - 1)
    return math.inf


def double_descent_published(
    n: int, p: int, repeats: int, *, signal: float = 4.0, noise: float = 1.0
) -> PublishedValue:
    """Return `double_descent_risk` with the standard error of measuring it by `simulate_min_norm_risk`.

    For p < n let W = X'X. Given X the risk is a quadratic form in the noise, with mean `noise tr W^-1` and
    variance `2 noise^2 tr W^-2`. For a Wishart matrix (von Rosen 1988, Scandinavian Journal of Statistics
    15:97-109), with `c2 = 1 / ((n-p) (n-p-1) (n-p-3))` and `c1 = (n-p-2) c2`:
    `E (tr W^-1)^2 = c1 p^2 + 2 c2 p` and `E tr W^-2 = p (c1 + c2 (p+1))`. For p > n the same holds with n
    and p exchanged, and the missed share of the signal adds `signal Beta((p-n)/2, n/2)`, independently.

    Parameters
    ----------
    n, p : int
        They must be at least four apart: nearer to the peak the variance does not exist.
    repeats : int
        Number of fits that the mean is over.
    signal, noise : float
        As in `double_descent_risk`.

    Returns
    -------
    holdout.stats.published.PublishedValue
    """
    small, between = min(n, p), abs(p - n)
    if between < 4:
        raise ValueError(f"n = {n} and p = {p} are less than four apart, where the risk has no variance")
    c2 = 1 / (between * (between - 1) * (between - 3))
    c1 = (between - 2) * c2
    mean_trace = small / (between - 1)
    variance = noise**2 * (
        c1 * small**2 + 2 * c2 * small - mean_trace**2 + 2 * small * (c1 + c2 * (small + 1))
    )
    if p > n:
        variance += signal**2 * 2 * (p - n) * n / (p**2 * (p + 2))
    return PublishedValue(
        double_descent_risk(n, p, signal=signal, noise=noise), math.sqrt(variance / repeats)
    )


def double_descent_limit(ratio: float, *, signal: float = 4.0, noise: float = 1.0) -> float:
    """Return the excess risk of `min_norm` as n and p grow with p / n = `ratio`.

    `noise g / (1 - g)` for g < 1 and `signal (1 - 1/g) + noise / (g - 1)` for g > 1; `inf` at 1.

    References
    ----------
    Hastie, Montanari, Rosset and Tibshirani (2022), Annals of Statistics 50:949-986.
    """
    if not ratio > 0:
        raise ValueError(f"ratio must be positive, got {ratio}")
    if ratio < 1:
        return noise * ratio / (1 - ratio)
    if ratio > 1:
        return signal * (1 - 1 / ratio) + noise / (ratio - 1)
    return math.inf


def ridge_limit(ratio: float, *, signal: float = 4.0, noise: float = 1.0) -> float:
    """Return the limiting excess risk of ridge with the best penalty, `p noise / signal`.

    The penalty is on the sum of squares. The risk is `noise g m`, where `m` is the Stieltjes transform of the
    Marchenko-Pastur law at minus the penalty per row, `lambda = g noise / signal`:
    `m = (-(1 - g + lambda) + sqrt((1 - g + lambda)^2 + 4 g lambda)) / (2 g lambda)`. It has no peak.

    References
    ----------
    Hastie, Montanari, Rosset and Tibshirani (2022), Annals of Statistics 50:949-986.
    """
    if not ratio > 0:
        raise ValueError(f"ratio must be positive, got {ratio}")
    penalty = ratio * noise / signal
    shift = 1 - ratio + penalty
    transform = (-shift + math.sqrt(shift**2 + 4 * ratio * penalty)) / (2 * ratio * penalty)
    return noise * ratio * transform


def simulate_min_norm_risk(
    n: int,
    p: int,
    rng: np.random.Generator,
    *,
    repeats: int = 1,
    signal: float = 4.0,
    noise: float = 1.0,
    ridge: float = 0.0,
) -> np.ndarray:
    """Fit noisy data and return the excess risk of each fit: squared distance of its coefficients from the
    truth.

    Parameters
    ----------
    n, p : int
        Rows and standard normal features.
    rng : numpy.random.Generator
    repeats : int, default 1
    signal, noise : float
        As in `double_descent_risk`. The truth is a random direction of squared length `signal`, whatever `p`.
    ridge : float, default 0
        Penalty on the *sum* of squared errors; 0 means `min_norm`. The best one is `p noise / signal`.

    Returns
    -------
    ndarray of shape (repeats,)
        Without the noise of fresh labels.
    """
    risks = np.empty(repeats)
    for i in range(repeats):
        beta = rng.normal(size=p)
        beta *= math.sqrt(signal) / np.linalg.norm(beta)
        X = rng.normal(size=(n, p))
        y = X @ beta + math.sqrt(noise) * rng.normal(size=n)
        if ridge == 0:
            fitted = min_norm(X, y)
        elif p <= n:
            fitted = np.linalg.solve(X.T @ X + ridge * np.eye(p), X.T @ y)
        else:
            fitted = X.T @ np.linalg.solve(X @ X.T + ridge * np.eye(n), y)
        risks[i] = ((fitted - beta) ** 2).sum()
    return risks
