"""The claims of lesson 09 on 100 seeds."""

import numpy as np
import pytest

from holdout.topics.quantization.experiments import (
    error_feedback,
    inliers_error,
    rounding_error,
    symmetric_round,
)

pytestmark = pytest.mark.proof

SEEDS = range(100)
ALLOWED_FAILURES = (
    1  # four standard errors: 1 in 16,000 for a normal law; one of 100 seeds is already suspicious
)


def test_rounding_noise_is_a_twelfth_of_the_squared_step():
    failures = 0
    for seed in SEEDS:
        values = np.random.default_rng(seed).uniform(-1, 1, 20_000)
        step = np.abs(values).max() / 127
        noise = np.mean((values - symmetric_round(values, 8)) ** 2)
        failures += abs(noise - rounding_error(step)) > 4 * step**2 / np.sqrt(180 * len(values))
    assert failures <= ALLOWED_FAILURES


def test_an_outlier_of_twenty_times_the_largest_weight_costs_a_factor_of_four_hundred():
    failures = 0
    for seed in SEEDS:
        values = np.random.default_rng(seed).normal(size=4000)
        without = inliers_error(values, 8, outlier=0.0)
        outlier = 20 * np.abs(values).max()
        # the relative standard error of each noise is sqrt(0.8 / 4000); four of the ratio of both
        failures += abs(inliers_error(values, 8, outlier=outlier) / without / 400 - 1) > 4 * np.sqrt(
            1.6 / 4000
        )
        assert inliers_error(values, 8, outlier=outlier, keep_above=6.0) == without
    assert failures <= ALLOWED_FAILURES


def test_error_feedback_halves_the_error_of_the_output_and_raises_that_of_the_weights():
    """Direction and size at a correlation of 0.7; the published scores are of models that do not fit here."""
    covariance = 0.7 ** np.abs(np.subtract.outer(np.arange(48), np.arange(48)))
    factor = np.linalg.cholesky(covariance).T
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        X, W = rng.normal(size=(500, 48)) @ factor, rng.normal(size=(48, 48))
        fed, plain = error_feedback(W, X, 4), symmetric_round(W, 4, axis=1)
        assert 0.40 < np.mean((X @ (fed - W).T) ** 2) / np.mean((X @ (plain - W).T) ** 2) < 0.60
        assert 1.3 < np.mean((fed - W) ** 2) / np.mean((plain - W) ** 2) < 1.8
