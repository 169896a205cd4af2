"""The intervals are those that SciPy computes, or hold what they promise."""

import numpy as np
import pytest
from scipy import stats

from holdout.stats.intervals import mean_interval, paired_difference, wilson_interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
@pytest.mark.parametrize("trials", [1, 2, 7, 40, 1000, 10**6])
def test_wilson_agrees_with_scipy(trials, confidence):
    for successes in {0, 1, trials // 3, trials - 1, trials}:
        found = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
        # both round a handful of operations on numbers below 1: a few units of 2**-53, against 1e-13
        assert wilson_interval(successes, trials, confidence=confidence) == pytest.approx(
            (found.low, found.high), rel=0, abs=1e-13
        )


def test_the_interval_of_a_mean_is_that_of_a_t_test():
    values = [0.3, 0.1, 0.7, 0.4]
    mean, half_width = mean_interval(values, confidence=0.9)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert (mean - half_width, mean + half_width) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("values", [[], [1.0], [[1.0, 2.0], [3.0, 4.0]]])
def test_a_mean_of_one_run_has_no_interval(values):
    with pytest.raises(ValueError, match="two runs or more"):
        mean_interval(values)


def test_paired_difference_counts_what_was_lost_and_gained():
    before = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
    after = np.array([0, 1, 1, 1, 1, 1, 1, 0], bool)
    difference, low, high = paired_difference(before, after)
    assert difference == 2 / 8
    # b = 1.5, c = 3.5, m = 10: centre 0.2, half width 1.959964 sqrt(5 - 4 / 10) / 10
    half = 1.959964 * np.sqrt(5 - 4 / 10) / 10
    assert (low, high) == pytest.approx((0.2 - half, 0.2 + half), abs=1e-6)


def test_no_change_at_all_still_has_an_honest_interval():
    difference, low, high = paired_difference(np.ones(20, bool), np.ones(20, bool))
    assert difference == 0
    assert low < 0 < high


def test_the_paired_interval_holds_what_it_promises():
    """95 % intervals of 2,000 simulated comparisons of 60 items cover the true change at least 95 % of the
    time, less four standard errors sqrt(.95 .05 / 2000) = 0.0049."""
    rng = np.random.default_rng(0)
    p = np.array([0.55, 0.05, 0.15, 0.25])  # both right, lost, gained, both wrong
    covered = 0
    for _ in range(2000):
        kinds = rng.choice(4, 60, p=p)
        _, low, high = paired_difference(kinds <= 1, (kinds == 0) | (kinds == 2))
        covered += low <= 0.10 <= high
    assert covered / 2000 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 2000)


def test_lists_of_two_lengths_and_a_confidence_in_percent_are_refused():
    with pytest.raises(ValueError, match="equal length"):
        paired_difference([True], [True, False])
    with pytest.raises(ValueError, match="between 0 and 1"):
        paired_difference([True], [True], confidence=95)
