"""Many candidates and the rows that choose among them."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from holdout.errors import InvalidValue
from holdout.stats.studies import Study
from holdout.topics.test_reuse.candidates import areas_on_parts, best_of, out_of_bag_best


def test_areas_are_those_of_the_drawn_rows_and_of_all_others():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 200)
    forecasts = [np.round(rng.standard_normal(200) + y, digits) for digits in (1, 6)]  # with ties and without
    study = areas_on_parts(y, forecasts, 50, 4, np.random.default_rng(2))
    again = np.random.default_rng(2)
    for draw in range(4):
        chosen = again.choice(200, 50, replace=False)
        others = np.setdiff1d(np.arange(200), chosen)
        for model, forecast in enumerate(forecasts):
            assert study.reported[draw, model] == pytest.approx(roc_auc_score(y[chosen], forecast[chosen]))
            assert study.honest[draw, model] == pytest.approx(roc_auc_score(y[others], forecast[others]))


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_the_best_of_k_is_the_mean_over_all_sets_of_k(k):
    rng = np.random.default_rng(3)
    study = Study(rng.random((4, 5)), rng.random((4, 5)))
    found = best_of(study, k)
    for draw in range(4):
        winners = [max(some, key=study.reported[draw].__getitem__) for some in itertools.combinations(range(5), k)]  # fmt: skip
        assert found.reported[draw] == pytest.approx(study.reported[draw, winners].mean())
        assert found.honest[draw] == pytest.approx(study.honest[draw, winners].mean())


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(InvalidValue, match="k is 6; there are 5"):
        best_of(Study(np.zeros((1, 5)), np.zeros((1, 5))), 6)
    with pytest.raises(InvalidValue, match="20 rows cannot choose"):
        areas_on_parts(np.arange(20) % 2, [np.arange(20)], 20, 1, np.random.default_rng(0))


def test_choosing_the_cheapest_of_equal_candidates_is_judged_without_its_luck():
    """60 candidates that all cost 0.3 per row: the winner's own rows say less, the rows left out say 0.3."""
    rng, reported, corrected = np.random.default_rng(4), [], []
    for _ in range(40):
        costs = 1.0 * (rng.random((100, 60)) < 0.3)
        reported.append(costs.mean(axis=0).min())
        corrected.append(out_of_bag_best(costs, 50, rng))
    assert np.mean(reported) < 0.22
    error = np.std(corrected, ddof=1) / np.sqrt(40)
    assert abs(np.mean(corrected) - 0.3) < 4 * error and error < 0.01


def test_one_candidate_needs_no_correction():
    costs = np.random.default_rng(5).random((200, 1))
    # the mean over 400 draws of rows left out; one draw varies by about 0.29 / sqrt(73)
    assert out_of_bag_best(costs, 400, np.random.default_rng(6)) == pytest.approx(
        costs.mean(), abs=4 * 0.034 / 20
    )
