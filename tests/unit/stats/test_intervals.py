"""Wilson's interval is the one that SciPy computes."""

import pytest
from scipy import stats

from holdout.stats.intervals import mean_interval, wilson_interval


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
