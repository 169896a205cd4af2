"""Ship or wait: planted faults can be found from the numbers, and decisions are priced as stated."""

import numpy as np
import pytest
from scipy import stats

from holdout.checks.judges import relative_regret
from holdout.stats.calibration import ece_of_a_perfect_model
from holdout.stats.intervals import wilson_interval
from holdout.topics.release.cases import (
    FAULTS,
    canary_items,
    decision_costs,
    make_analysis,
    make_release,
    perfect_ece,
    reachable,
)
from holdout.topics.release.experiments import canary_power, expected_costs, label_sources, saving_by_segment
from holdout.topics.release.judges import review, review_scores

CREDIT = {"credit": [[0.95, 1.0], [0.8, 0.5]]}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_changes_the_report_and_is_named(fault, rng):
    analysis = make_analysis(rng, [fault])
    assert analysis.planted == (fault,)


def below_the_bar(segments):
    """Names of the segments whose whole 95% Wilson interval lies below the bar."""
    return [
        row["name"]
        for row in segments["table"]
        if wilson_interval(row["right"], row["rows"])[1] < segments["bar"]
    ]


def test_an_analysis_without_faults_has_no_segment_that_is_below_the_bar_and_unnamed():
    for seed in range(200):
        segments = make_analysis(np.random.default_rng(seed), []).report["segments"]
        assert set(below_the_bar(segments)) <= set(segments["named_below_the_bar"])


def test_a_hidden_segment_is_clearly_below_the_bar_and_a_tiny_one_never():
    for seed in range(200):
        segments = make_analysis(np.random.default_rng(seed), ["hidden segment"]).report["segments"]
        assert below_the_bar(segments) == ["islands"]


def test_a_canary_is_too_small_only_where_that_was_planted():
    for seed in range(100):
        for faults in ([], ["small canary"]):
            canary = make_analysis(np.random.default_rng(seed), faults).report["canary"]
            needed = canary_items(canary["accuracy"], canary["smallest_drop"])
            assert (canary["items"] < needed) == bool(faults)


def test_an_unknown_fault_is_refused(rng):
    with pytest.raises(ValueError, match="no fault 'typo'"):
        make_analysis(rng, ["typo"])


def test_the_noise_of_an_ece_is_that_of_equal_bins(rng):
    probability = rng.random(20_000)
    spread = np.mean(probability * (1 - probability))
    exact = ece_of_a_perfect_model(probability, bins=10, strategy="equal_mass")
    # the mean of the roots of the bins' variances lies below the root of their mean
    assert exact < perfect_ece(spread, 10, 20_000) < 1.1 * exact


def test_faults_that_exclude_each_other_are_dropped():
    kept = reachable(["uncalibrated threshold", "threshold on test", "twins"])
    assert kept == ["uncalibrated threshold", "twins"]


def test_precision_and_recall_count_claims_over_all_analyses():
    precision, recall, missed, false = review_scores(
        [["twins"], ["unpaired"]], [["twins", "small canary"], []]
    )
    assert (precision, recall) == (0.5, 0.5)
    assert (missed, false) == ({"unpaired": 1}, {"small canary": 1})


def _planted(seeds):
    return [list(make_analysis(np.random.default_rng(seed)).planted) for seed in seeds]


def test_pointing_at_everything_and_at_nothing_earn_nothing():
    planted = _planted(range(60))
    everything = review({"planted": planted}, [list(FAULTS)] * 60, CREDIT)
    nothing = review({"planted": planted}, [[]] * 60, CREDIT)
    assert (everything.score, everything.label) == (0.0, "points at everything")
    assert (nothing.score, nothing.label) == (0.0, "finds nothing")


def test_the_planted_faults_earn_everything():
    planted = _planted(range(60))
    assert review({"planted": planted}, planted, CREDIT).score == 1.0


@pytest.mark.parametrize(
    "got, label",
    [("no", "not findings"), ([["typo"]], "unknown fault"), ([3], "not findings"), ([], "not findings")],
)
def test_what_is_no_review_is_named(got, label):
    assert review({"planted": [["twins"]]}, got, CREDIT).label == label


def test_a_canary_of_the_stated_size_sees_the_drop_with_the_stated_power():
    n = canary_items(0.8, 0.05)
    error = np.sqrt(0.8 * 0.2 / n)
    power = stats.norm.cdf(0.05 / error - stats.norm.isf(0.05))
    assert 0.8 <= power < 0.802
    with pytest.raises(ValueError, match="drop must be above 0"):
        canary_items(0.8, 0.0)


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


def test_no_report_leaves_open_whether_the_labels_of_the_export_day_count():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        report = make_analysis(rng).report
        known = report["split"]["test_days"][1] + report["labels"]["slowest_label_days"]
        assert known != report["labels"]["exported_day"]


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
