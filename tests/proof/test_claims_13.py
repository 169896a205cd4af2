"""Published or derived numbers of lesson 13 (A4, A5, A6), each with a tolerance of four standard errors or none."""

import numpy as np
import pytest

from holdout.topics.safeguards import experiments as safeguards

pytestmark = pytest.mark.proof
SEEDS = range(100)


@pytest.mark.parametrize("seed", SEEDS)
def test_half_fresh_data_settle_at_the_fixed_point_and_fixed_data_scatter_more(seed):
    rng = np.random.default_rng(seed)
    fresh, fixed = (
        safeguards.biased_loop(100, 30, rng, bias=0.8, real_share=0.5, chains=2000, fixed=fixed)[-1]
        for fixed in (False, True)
    )
    v = 1 / 1.2
    # one generation adds 2 (0.5 + 0.5 (0.8 v)^2) / 100, carried on with 0.4 each time; at most doubled by the scatter of v
    deviation = np.sqrt(2 * 2 * (0.5 + 0.5 * (0.8 * v) ** 2) / 100 / (1 - 0.16))
    assert abs(fresh.mean() - v) < 4 * deviation / np.sqrt(2000)
    # fixed real data enter every generation with the same error: 0.01 / 0.36 instead of 0.01 / 0.84; own output as before
    own = 2 * 0.5 * (0.8 * v) ** 2 / 100
    expected = np.sqrt((0.01 / 0.36 + own / 0.84) / (0.01 / 0.84 + own / 0.84))
    # a standard deviation of 2,000 values is known to 1 / sqrt(4000), here times 1.25 for the heavier tails; two of them, and
    # 3 % because the formula is of first order
    tolerance = expected * (4 * 1.25 * np.sqrt(2 / 4000) + 0.03)
    assert abs(fixed.std() / fresh.std() - expected) < tolerance


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("wrong", "expected"), [(0.65, 0.8413), (0.85, 0.1587)])
def test_accuracy_on_either_side_of_the_breakdown_point(seed, wrong, expected):
    accuracy = safeguards.accuracy_after_gate(wrong, 0.9, 0.3, np.random.default_rng(seed))
    left, _ = safeguards.after_gate(wrong, 0.9, 0.3)
    # noise in 9 other directions: the cosine is 1 - chi2_9 / (2 n (1 - 2 left)^2), and chi2_9 exceeds 40 once in 10^5
    cosine_lost = 40 / (2 * 20000 * (1 - 2 * left) ** 2)
    assert abs(accuracy - expected) < 0.242 * cosine_lost + 1e-4


def test_slopes_of_the_error_with_and_without_a_cut_tail():
    low, high = safeguards.unseen_mass(2.0, [10_000, 100_000])
    # the sum is the integral up to terms of order T^-1/2 relative
    assert abs(np.log10(high / low) + 0.5) < 0.01
    floors = [safeguards.error_of_cut_tail(2.0, rank) for rank in (1000, 2000)]
    assert abs(np.log2(floors[1] / floors[0]) + 1) < 1 / (1000 * np.log(2))
