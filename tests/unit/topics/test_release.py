"""Ship or wait: decisions are priced as stated, and savings are judged by segment."""

import numpy as np
import pytest

from holdout.checks.judges import relative_regret
from holdout.topics.release.cases import (
    decision_costs,
    make_release,
)
from holdout.topics.release.experiments import canary_power, expected_costs, label_sources, saving_by_segment


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_canary_without_a_loss_alarms_at_its_level_and_sees_more_with_more_rows():
    assert canary_power(0.0, 5.0, 100, 1000) == pytest.approx(0.05)
    assert canary_power(1.0, 5.0, 400, 1000) > canary_power(1.0, 5.0, 100, 1000)


def test_knowing_the_truth_ship_and_wait_cost_what_is_lost_or_missed():
    assert decision_costs(4.0)["ship"] == 0 and decision_costs(4.0)["wait"] == 4
    assert decision_costs(-4.0)["ship"] == 4 and decision_costs(-4.0)["canary"] == 0.8


def test_expected_costs_are_the_mean_of_the_costs_over_a_normal_error(rng):
    values = rng.normal(1.0, 2.0, 100_000)
    expected = expected_costs(1.0, 2.0)
    for name, costs in (("ship", np.maximum(-values, 0)), ("wait", np.maximum(values, 0))):
        assert abs(costs.mean() - expected[name]) < 4 * costs.std(ddof=1) / np.sqrt(len(values))
    with pytest.raises(ValueError, match="error must be above 0"):
        expected_costs(1.0, 0.0)


def test_a_release_never_shows_what_is_true_and_prices_it_as_stated(rng):
    release = make_release(rng)
    assert release.costs == decision_costs(release.value, canary=0.5)
    assert release.value not in release.evidence.values()


def test_expected_costs_agree_on_average_with_what_is_true(rng):
    releases = [make_release(rng) for _ in range(3000)]
    for name in ("ship", "wait", "canary"):
        luck = np.array([release.costs[name] - release.expected[name] for release in releases])
        assert abs(luck.mean()) < 4 * luck.std(ddof=1) / np.sqrt(len(luck))


def test_the_highest_score_costs_more_than_always_running_a_canary(rng):
    releases = [make_release(rng) for _ in range(600)]
    costs = [release.costs for release in releases]
    highest = ["ship" if release.evidence["gain"] > 0 else "wait" for release in releases]
    assert relative_regret(costs, highest) > 1.0  # measured on 20 seeds: 6.1 to 7.9


def test_savings_are_judged_by_segment_and_small_ones_are_refused():
    table = saving_by_segment(
        ["a"] * 40 + ["b"] * 40 + ["c"] * 3, [1.0, 2.0] * 20 + [-1.0, -2.0] * 20 + [9] * 3, 30
    )
    assert table["verdict"].to_dict() == {"a": "saves", "b": "harmed", "c": "too few to judge"}


def test_each_row_has_one_source_of_its_label_and_only_a_van_that_drove_lets_the_model_write(rng):
    months = rng.choice(["2025-01", "2025-02"], 500)
    chosen, in_use, kept_back = (rng.random(500) < share for share in (0.3, 0.6, 0.1))
    table = label_sources(months, chosen, in_use, kept_back)
    assert table.to_numpy().sum() == 500
    assert table["written by the model"].sum() == np.sum(chosen & in_use & ~kept_back)
    assert table["kept back"].sum() == np.sum(chosen & in_use & kept_back)
    assert table["before the model"].sum() == np.sum(~in_use)


def test_sources_that_do_not_occur_are_counted_as_0():
    table = label_sources(["2025-01"], [True], [True], [False])
    assert table.loc["2025-01"].to_dict() == {
        "before the model": 0,
        "no van": 0,
        "kept back": 0,
        "written by the model": 1,
    }
