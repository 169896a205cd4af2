"""Intervals of areas under the ROC curve: right for independent rows, wider when rows come in groups."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from holdout.errors import InvalidValue
from holdout.stats.auc import interval, resampled_auc


def sample(n, rng, tied=False):
    y = rng.integers(0, 2, n)
    score = rng.standard_normal(n) + y
    return y, np.round(score) if tied else score


@pytest.mark.parametrize("tied", [False, True])
def test_a_draw_is_the_area_of_the_rows_that_were_drawn(tied):
    y, score = sample(60, np.random.default_rng(1), tied)
    groups = np.arange(60) // 5
    drawn = resampled_auc(y, [score], groups, 5, np.random.default_rng(2))[0]
    counts = np.random.default_rng(2).multinomial(12, np.full(12, 1 / 12), 5)
    for area, count in zip(drawn, counts, strict=True):
        assert area == pytest.approx(roc_auc_score(y, score, sample_weight=count[groups]))


def test_independent_rows_scatter_as_hanley_and_mcneil_say():
    rng = np.random.default_rng(3)
    y, score = sample(400, rng)
    spread = resampled_auc(y, [score], np.arange(400), 2000, rng)[0].std()
    area = roc_auc_score(y, score)
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    n1, n0 = y.sum(), 400 - y.sum()
    formula = np.sqrt(
        (area * (1 - area) + (n1 - 1) * (one - area**2) + (n0 - 1) * (two - area**2)) / (n1 * n0)
    )
    # the formula takes exponential scores and these are normal: the standard errors differ by a few percent
    assert spread == pytest.approx(formula, rel=0.15)


def test_groups_of_equal_rows_are_worth_one_row_each():
    rng = np.random.default_rng(4)
    y, score = sample(200, rng)
    singles = resampled_auc(y, [score], np.arange(200), 3000, rng)[0].std()
    repeated = resampled_auc(np.repeat(y, 9), [np.repeat(score, 9)], np.repeat(np.arange(200), 9), 3000, rng)[
        0
    ].std()
    # two standard deviations of 3,000 draws: each within 1.3 %, so four standard errors are 7 %
    assert repeated == pytest.approx(singles, rel=0.07)


def test_models_are_judged_on_the_same_draws():
    rng = np.random.default_rng(5)
    y, score = sample(100, rng)
    one, two = resampled_auc(y, [score, 2 * score + 1], np.arange(100), 50, rng)
    assert np.array_equal(one, two)


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="y has 3 rows, groups 2"):
        resampled_auc([0, 1, 1], [[0.1, 0.2, 0.3]], [1, 2], 3, np.random.default_rng(0))
    with pytest.raises(InvalidValue, match="one class only"):
        resampled_auc([1, 1], [[0.1, 0.2]], [1, 2], 3, np.random.default_rng(0))


def test_an_interval_leaves_out_draws_without_a_value():
    assert interval(np.r_[np.nan, np.linspace(0, 1, 101)]) == pytest.approx((0.025, 0.975))
