"""The claims of lesson 06 on 100 seeds."""

import numpy as np
import pytest
from scipy import stats

from holdout.topics.model_choice.experiments import (
    naive_pass_at_k_expected,
    paired_bootstrap,
    paired_standard_error,
    pass_at_k_expected,
    pass_at_k_measured,
)

pytestmark = pytest.mark.proof

SEEDS = range(100)
ALLOWED_FAILURES = 1  # four standard errors fail once in 16,000 runs


def test_pass_at_k_without_bias_and_naive_as_published():
    expected = pass_at_k_expected(0.1, 10, n=20, tasks=10_000)
    plugged = naive_pass_at_k_expected(0.1, 10, n=20, tasks=10_000)
    measured = [
        pass_at_k_measured(0.1, 10, np.random.default_rng(seed), n=20, tasks=10_000) for seed in SEEDS
    ]
    assert sum(not expected.agrees(unbiased) for unbiased, _ in measured) <= ALLOWED_FAILURES
    assert sum(not plugged.agrees(naive) for _, naive in measured) <= ALLOWED_FAILURES
    assert not any(expected.agrees(naive) for _, naive in measured)


def test_the_paired_bootstrap_has_the_error_of_the_formula():
    failures = 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        both = rng.random(600) < 0.8
        before, after = (np.where(rng.random(600) < 0.08, ~both, both) for _ in range(2))
        draws = paired_bootstrap(before, after, rng, draws=2000)
        formula = paired_standard_error(before, after)
        failures += abs(draws.std() - formula) >= 4 * formula / np.sqrt(2 * 2000)
    assert failures <= ALLOWED_FAILURES


def test_the_paired_interval_keeps_its_promise():
    """95 % of the intervals over fresh sets of questions hold the true difference."""
    held, studies = 0, 400
    for seed in range(studies):
        rng = np.random.default_rng([1, seed])
        outcome = rng.choice(4, size=600, p=[0.8, 0.09, 0.06, 0.05])  # both, first, second, neither
        before, after = np.isin(outcome, (0, 1)), np.isin(outcome, (0, 2))
        low, high = np.quantile(paired_bootstrap(before, after, rng, draws=1000), [0.025, 0.975])
        held += low <= -0.03 <= high
    # percentile intervals of 90 disagreeing questions miss about half a point more often than 5 %
    low, high = stats.binom.ppf([3e-5, 1 - 3e-5], studies, 0.945)
    assert low <= held <= high


def test_an_interval_over_wordings_instead_of_facts_breaks_it():
    held, studies = 0, 200
    for seed in range(studies):
        rng = np.random.default_rng([2, seed])
        outcome = np.repeat(rng.choice(4, size=150, p=[0.8, 0.09, 0.06, 0.05]), 4)
        before, after = np.isin(outcome, (0, 1)), np.isin(outcome, (0, 2))
        low, high = np.quantile(paired_bootstrap(before, after, rng, draws=500), [0.025, 0.975])
        held += low <= -0.03 <= high
    # half the width it should have: 1.96 / 2 standard errors hold 67 %
    assert held < studies * 0.67 + 4 * np.sqrt(studies * 0.67 * 0.33)
