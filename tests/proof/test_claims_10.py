"""Claims of lesson 10 on 100 seeds: PSI without drift (F1), many tests (F2), label shift (F3), weights (F4)."""

import math

import numpy as np
import pytest

from holdout.topics.drift.experiments import (
    effective_sample_size,
    gaussian_density_ratio,
    ks_p_values,
    label_shift_weights,
    psi_threshold,
)

pytestmark = pytest.mark.proof

SEEDS = range(100)


def quiet_psi(rows, bins, windows, rng):
    shares = np.maximum(rng.multinomial(rows, np.full(bins, 1 / bins), size=(windows, 2)), 0.5) / rows
    return np.sum((shares[:, 1] - shares[:, 0]) * np.log(shares[:, 1] / shares[:, 0]), axis=1)


def test_mean_psi_without_drift_is_the_chi_square_mean():
    windows, rows, bins = 2000, 1000, 10
    for seed in SEEDS:
        values = quiet_psi(rows, bins, windows, np.random.default_rng(seed))
        noise = 2 / rows
        # chi-square: mean 9, variance 18. The next term of the expansion is of order bins / rows, 1 % of the mean.
        allowed = 4 * noise * math.sqrt(18 / windows) + 0.01 * 9 * noise
        assert abs(values.mean() - 9 * noise) < allowed, seed


def test_the_rule_of_thumb_cries_wolf_in_small_windows_and_sleeps_in_large_ones():
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        assert np.mean(quiet_psi(100, 10, 1000, rng) > 0.1) > 0.75, (
            seed
        )  # law: 0.83; 0.75 is 6 standard errors off
        assert np.mean(quiet_psi(5000, 10, 1000, rng) > 0.1) == 0, seed
    assert psi_threshold(5000, 5000, 10, 1e-6) < 0.1


def test_twenty_tests_alarm_in_64_percent_of_quiet_windows():
    rng, windows = np.random.default_rng(1), 3000
    lowest = np.array(
        [ks_p_values(rng.normal(size=(300, 20)), rng.normal(size=(301, 20))).min() for _ in range(windows)]
    )
    # The statistic is discrete: a nominal 5 % test has 4.2 to 5 %, so the family lies between 57.6 and 64.2 %.
    scatter = 4 * math.sqrt(0.64 * 0.36 / windows)
    assert 1 - 0.958**20 - scatter < np.mean(lowest < 0.05) < 1 - 0.95**20 + scatter
    assert np.mean(lowest < 0.05 / 20) < 0.05 + 4 * math.sqrt(0.05 * 0.95 / windows)


def test_label_shift_is_recovered_on_every_seed_and_counting_is_not():
    rows, recall, false_positive, old, new = 10_000, 0.75, 0.2, 0.2, 0.5
    for seed in SEEDS:
        rng = np.random.default_rng(seed)

        def called(labels, rng=rng):
            return (rng.random(len(labels)) < np.where(labels == 1, recall, false_positive)).astype(int)

        labels = (rng.random(rows) < old).astype(int)
        now = called((rng.random(rows) < new).astype(int))
        share = labels.mean() * label_shift_weights(labels, called(labels), now)[1]
        # delta method for (mu - f) / (r - f): noise of mu, and of recall and false calls among the reference rows
        variance = 0.475 * 0.525 / rows
        variance += new**2 * recall * (1 - recall) / (old * rows)
        variance += (1 - new) ** 2 * false_positive * (1 - false_positive) / ((1 - old) * rows)
        allowed = 4 * math.sqrt(variance) / (recall - false_positive)
        assert abs(share - new) < allowed, seed
    # counting estimates 0.475 whatever the rows: outside for fewer false calls or a larger shift, e.g. 0.9
    assert abs(recall * 0.9 + false_positive * 0.1 - 0.9) > 0.2


def test_weights_turn_the_slope_of_shimodaira_on_every_seed():
    rows = 20_000
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        x = rng.normal(0.5, 0.5, rows)
        y = -x + x**3 + rng.normal(0, 0.3, rows)
        weights = gaussian_density_ratio(x, (0.5, 0.5), (0.0, 0.3))
        for w, slope in ((np.ones(rows), 0.5), (weights, -0.73)):
            design = np.c_[x, np.ones(rows)]
            bread = np.linalg.inv(design.T @ (w[:, None] * design))
            line = bread @ (design.T @ (w * y))
            meat = design.T @ (((w * (y - design @ line)) ** 2)[:, None] * design)
            error = math.sqrt((bread @ meat @ bread)[0, 0])  # sandwich: the line is not the truth
            # 100 seeds, two slopes: the largest of 200 normal values stays below 4 with probability 0.987
            assert abs(line[0] - slope) < 4.5 * error, seed
        assert effective_sample_size(weights) / rows == pytest.approx(0.418, abs=0.012), seed
