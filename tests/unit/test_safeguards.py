"""Safeguards: fixed points, breakdown points and tails against their formulas."""

import numpy as np
import pytest

from holdout import safeguards


def test_half_real_data_settle_at_the_derived_variance():
    assert safeguards.settled_spread(0.8) == pytest.approx(1 / 1.2)


def test_the_simulated_loop_settles_there():
    rows = safeguards.biased_loop(100, 30, np.random.default_rng(0), bias=0.8, real_share=0.5, chains=2000)
    v = 1 / 1.2
    # one generation adds variance 2 (0.5 + 0.5 (0.8 v)^2) / 100; carried on with 0.4 each time: divided by 1 - 0.16, and
    # at most doubled because the variance of v itself enters v^2
    spread = np.sqrt(2 * 2 * (0.5 + 0.5 * (0.8 * v) ** 2) / 100 / (1 - 0.16))
    assert abs(rows[-1].mean() - v) < 4 * spread / np.sqrt(2000)


def test_without_real_data_biased_output_dies():
    assert safeguards.settled_spread(0.8, 0.0) == 0


@pytest.mark.parametrize(("bias", "share"), [(0.5, 0.2), (0.8, 0.5), (0.9, 0.05)])
def test_the_smallest_share_is_the_inverse_of_the_fixed_point(bias, share):
    assert safeguards.smallest_real_share(bias, safeguards.settled_spread(bias, share)) == pytest.approx(
        share
    )


def test_breakdown_point_of_the_published_setting():
    assert safeguards.breakdown_point(0.9, 0.3) == pytest.approx(0.75)
    assert safeguards.breakdown_point(0.3, 0.9) == pytest.approx(0.25)  # the chances swapped


def test_a_cut_tail_leaves_a_floor_that_falls_with_the_published_exponent():
    low, high = (safeguards.error_of_cut_tail(2.0, rank) for rank in (1000, 2000))
    # the sum lies between the integrals from k and from k + 1, so the slope is off by at most about 1 / (k log 2)
    assert abs(np.log2(high / low) + 1) < 1 / (1000 * np.log(2))


@pytest.mark.parametrize(
    "call",
    [
        lambda: safeguards.settled_spread(1.0, 0.0),
        lambda: safeguards.settled_spread(1.2),
        lambda: safeguards.smallest_real_share(1.0, 0.5),
        lambda: safeguards.breakdown_point(0, 0),
        lambda: safeguards.error_of_cut_tail(1.0, 5),
    ],
)
def test_what_has_no_answer_is_refused(call):
    with pytest.raises(ValueError, match="must|nowhere|nothing"):
        call()
