"""Wilson's interval is the one that SciPy computes."""

import pytest
from scipy import stats

from holdout.stats.intervals import wilson_interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
@pytest.mark.parametrize("trials", [1, 2, 7, 40, 1000, 10**6])
def test_wilson_agrees_with_scipy(trials, confidence):
    for successes in {0, 1, trials // 3, trials - 1, trials}:
        found = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
        # both round a handful of operations on numbers below 1: a few units of 2**-53, against 1e-13
        assert wilson_interval(successes, trials, confidence=confidence) == pytest.approx(
            (found.low, found.high), rel=0, abs=1e-13
        )
