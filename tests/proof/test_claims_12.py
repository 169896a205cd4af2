"""Published or derived numbers of lesson 12 (A1, A1b, A2, A3), each with a tolerance of four standard errors."""

import numpy as np
import pytest

from holdout.stats import distributions
from holdout.topics.collapse import experiments as collapse

pytestmark = pytest.mark.proof
SEEDS = range(100)


@pytest.mark.parametrize("seed", SEEDS)
def test_mean_of_a_refitted_gaussian_wanders_as_n_over_m(seed):
    means, _ = collapse.gaussian_chains(50, 20, np.random.default_rng(seed), chains=4000, ddof=1)
    # Var(mu_n) = n/M; kurtosis is above normal because the variance wanders too: E[v^2] <= (1 + 2/49)^20 = 2.2
    assert abs(means[20].var() - 0.4) < 4 * 0.4 * np.sqrt((3 * 2.2 - 1) / 4000)


@pytest.mark.parametrize("seed", SEEDS)
def test_log_variance(seed):
    _, variances = collapse.gaussian_chains(50, 20, np.random.default_rng(seed), chains=4000, ddof=1)
    tolerance = 4 * np.sqrt(20 * 2 / 49 / 4000) * 1.02
    assert abs(np.log(variances[20]).mean() - collapse.expected_log_variance(50, 20)) < tolerance


@pytest.mark.parametrize("seed", SEEDS)
def test_support_after_one_generation(seed):
    p, chains = distributions.zipf(1000), 100
    rng = np.random.default_rng(seed)
    alive = [np.count_nonzero(collapse.token_chain(p, 2000, 1, rng)[1]) for _ in range(chains)]
    # tokens are negatively correlated, so the variance is at most the sum of q(1 - q)
    q = 1 - (1 - p) ** 2000
    assert abs(np.mean(alive) - collapse.expected_support(p, 2000)) < 4 * np.sqrt(
        np.sum(q * (1 - q)) / chains
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("mode", "expected"), [("replace", 20.0), ("accumulate", 1.5961632)])
def test_error_of_replacing_and_accumulating(seed, mode, expected):
    chains = 400
    ratios = collapse.regression_ratios(100, 10, 20, np.random.default_rng(seed), mode=mode, chains=chains)
    # Given the inputs, the error is a sum of d = 10 squared normal values, weighted by the eigenvalues of inv(X'X):
    # relative variance 2/d times their mean square over squared mean, 1/(1 - d/T) = 1.11 (Marchenko-Pastur). The sum of
    # the eigenvalues varies by a few per cent. In all a relative standard deviation of 0.48 at most, rounded up to 0.5.
    assert abs(ratios[-1].mean() - expected) < 4 * 0.5 * expected / np.sqrt(chains)
