"""Claims of lesson 03 on 100 seeds: temperature (D1) and the bias of ECE (D2) within four standard errors."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import softmax

from holdout.stats.calibration import (
    brier_decomposition,
    brier_score,
    ece_of_a_perfect_model,
    expected_calibration_error,
)
from holdout.stats.intervals import wilson_interval
from holdout.topics.segments.calibration import (
    confidence_and_hits,
    fit_temperature,
    overconfident_logits,
    temperature_standard_error,
)

pytestmark = pytest.mark.proof

SEEDS = range(100)


def test_temperature_is_recovered_on_every_seed():
    for seed in SEEDS:
        logits, labels = overconfident_logits(4000, 5, 2.5, np.random.default_rng(seed))
        error = temperature_standard_error(logits, 2.5)
        fitted = fit_temperature(logits, labels)
        assert abs(fitted - 2.5) < 4 * error, seed
        # The tempting versions are outside: multiplied instead of divided, and never fitted.
        assert abs(1 / fitted - 2.5) > 4 * error and abs(1.0 - 2.5) > 4 * error, seed


def test_temperatures_scatter_as_their_standard_error_says():
    z = []
    for seed in SEEDS:
        logits, labels = overconfident_logits(4000, 5, 2.5, np.random.default_rng(1000 + seed))
        z.append((fit_temperature(logits, labels) - 2.5) / temperature_standard_error(logits, 2.5))
    # Sum of squares of 100 standard normal values: chi-square with 100 degrees of freedom, sd sqrt(200).
    assert sum(v**2 for v in z) == pytest.approx(100, abs=4 * math.sqrt(200))


def test_temperature_changes_calibration_and_nothing_else_on_every_seed():
    for seed in SEEDS:
        logits, labels = overconfident_logits(4000, 5, 2.5, np.random.default_rng(seed))
        before = confidence_and_hits(softmax(logits, axis=1), labels)
        after = confidence_and_hits(softmax(logits / fit_temperature(logits, labels), axis=1), labels)
        assert (before[1] == after[1]).all(), seed
        bias = ece_of_a_perfect_model(after[0])
        # ECE of 15 bins scatters by at most sqrt(1 - 2/pi) / sqrt(n) (each bin half-normal), and a
        # temperature that is off by e moves the mean confidence by less than e / T.
        scatter = 4 * math.sqrt((1 - 2 / math.pi) / (4 * 4000)) + 0.03
        assert expected_calibration_error(after[1], after[0]) < bias + scatter, seed
        assert expected_calibration_error(before[1], before[0]) > 0.15, seed


@pytest.mark.parametrize(
    ("rows", "bins", "published"), [(500, 15, 0.0545), (500, 100, 0.140), (5000, 15, 0.0172)]
)
def test_ece_of_a_perfect_model_is_the_published_bias_on_every_seed(rows, bins, published):
    repeats = 400
    p = (np.arange(rows) + 0.5) / rows
    expected = ece_of_a_perfect_model(p, bins=bins)
    assert expected == pytest.approx(published, abs=0.0006)  # three digits are published
    # Variance of one ECE: bins are independent, |half-normal| has variance v_b/n_b (1 - 2/pi).
    spread = math.sqrt((1 - 2 / math.pi) * (p * (1 - p)).sum()) / rows
    # The normal law replaces a binomial one: exact sums for the
    # bins' middles give the size of that error.
    exact = _exact_mean_gap(rows, bins)
    tolerance = 4 * spread / math.sqrt(repeats) + abs(exact - expected)
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        measured = np.mean(
            [expected_calibration_error(rng.random(rows) < p, p, bins=bins) for _ in range(repeats)]
        )
        assert abs(measured - expected) < tolerance, seed
    assert (
        tolerance < 0.08 * expected
    )  # so that 15 bins and 100 bins, or 0, cannot be mistaken for each other


def _exact_mean_gap(rows, bins):
    """Mean absolute gap if every forecast were the middle of its bin: an exact binomial sum."""
    size = rows // bins
    middles = (np.arange(bins) + 0.5) / bins
    k = np.arange(size + 1)
    return np.mean([(np.abs(k / size - m) * stats.binom.pmf(k, size, m)).sum() for m in middles])


def test_brier_identity_on_every_seed():
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        p = rng.integers(0, 21, size=500) / 20
        y = (rng.random(500) < p**2).astype(int)
        assert abs(brier_decomposition(y, p).score - brier_score(y, p)) < 1e-12, seed


def test_wilson_intervals_cover_on_average():
    # Coverage averaged over rates is close to 95 %: 100 seeds x 50 rates, each interval covers or not.
    covered, total = 0, 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        for rate in rng.random(50):
            low, high = wilson_interval(rng.binomial(40, rate), 40)
            covered += low <= rate <= high
            total += 1
    # Averaged over uniform rates Wilson's coverage at n = 40 is 0.95 to within 0.005 (Brown, Cai, DasGupta
    # 2001, fig. 5).
    assert covered / total == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / total) + 0.005)
