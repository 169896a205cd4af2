"""Rates by segment: intervals that keep their promise, refusals, and totals that mislead.

Everything here is deterministic and exact; the numbers are published ones or follow from the formula by hand.
"""

import math

import numpy as np
import pytest

from holdout.stats.intervals import minimum_segment_size, wilson_interval
from holdout.topics.segments.experiments import (
    TOO_FEW,
    TOO_HIGH,
    TOO_LOW,
    UNCLEAR,
    crude_odds_ratio,
    gap_report,
    group_rates,
    interval_coverage,
    mantel_haenszel_interval,
    mantel_haenszel_odds_ratio,
    recall_report,
    segment_report,
    shuffle_within,
    standardised_rates,
    wald_interval,
    woolf_test,
)

# Bickel, Hammel and O'Connell 1975: department x (men, women) x (admitted, rejected).
BERKELEY = np.array(
    [
        [[512, 313], [89, 19]],
        [[353, 207], [17, 8]],
        [[120, 205], [202, 391]],
        [[138, 279], [131, 244]],
        [[53, 138], [94, 299]],
        [[22, 351], [24, 317]],
    ]
)
# Groups and classes of different sizes, so that no swap of axes or arguments can pass.
LOPSIDED = np.array([[[30, 10], [5, 45]], [[2, 18], [7, 93]]])


# -- Wilson
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (10, 10, 10 / (10 + 1.959964**2), 1.0),  # closed form for k = n: n / (n + z^2) = 0.7225
        (0, 10, 0.0, 1.959964**2 / (10 + 1.959964**2)),
        # centre (k + z^2/2) / (n + z^2) = 0.1706130, reach z/(n + z^2) sqrt(k (n-k)/n + z^2/4) = 0.1289449
        (3, 25, 0.1706130 - 0.1289449, 0.1706130 + 0.1289449),
    ],
)
def test_wilson_interval_is_the_score_interval(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=2e-6)


def test_every_wilson_limit_lies_exactly_z_standard_errors_from_the_share():
    z = 1.959963984540054
    for limit in wilson_interval(7, 31):
        assert abs(7 / 31 - limit) / math.sqrt(limit * (1 - limit) / 31) == pytest.approx(z, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("Wald", wald_interval(10, 10)),
        ("z of a one-sided interval", wilson_interval(10, 10, confidence=0.90)),
        ("percent", tuple(100 * limit for limit in wilson_interval(10, 10))),
    ],
)
def test_tempting_intervals_for_ten_of_ten_are_not_wilson(name, wrong):
    assert wilson_interval(10, 10) != pytest.approx(wrong, abs=0.01), name


def test_swapped_counts_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="swapped"):
        wilson_interval(25, 3)


def test_a_rate_instead_of_a_count_is_refused():
    with pytest.raises(ValueError, match="count, not a rate"):
        wilson_interval(0.12, 25)


def test_an_empty_segment_has_no_interval():
    with pytest.raises(ValueError, match="empty segment"):
        wilson_interval(0, 0)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_must_be_a_probability(confidence):
    with pytest.raises(ValueError, match=r"0\.95, not 95"):
        wilson_interval(1, 2, confidence=confidence)


@pytest.mark.parametrize(
    ("rate", "rows", "published"), [(0.2, 30, 0.946), (0.2, 98, 0.928), (0.5, 17, 0.951), (0.5, 40, 0.919)]
)
def test_wald_coverage_is_that_of_brown_cai_and_dasgupta(rate, rows, published):
    assert round(interval_coverage(wald_interval, rate, rows), 3) == published


def test_more_rows_can_make_wald_worse_but_wilson_stays_near_its_promise():
    assert interval_coverage(wald_interval, 0.2, 98) < interval_coverage(wald_interval, 0.2, 30)
    assert interval_coverage(wald_interval, 0.02, 50) < 0.65
    assert interval_coverage(wilson_interval, 0.02, 50) > 0.92


def test_coverage_counts_every_outcome():
    def everything(successes, trials, *, confidence):
        return 0.0, 1.0

    assert interval_coverage(everything, 0.3, 12) == pytest.approx(1, abs=1e-12)


def test_minimum_segment_size_is_the_first_that_is_narrow_enough():
    rows = minimum_segment_size(0.9, 0.05)
    assert rows == 141

    # 0.9 of 140 rows is 126: a whole number, so the interval itself can be asked.
    low, high = wilson_interval(126, 140)
    assert (high - low) / 2 > 0.05
    low, high = wilson_interval(135, 150)
    assert (high - low) / 2 < 0.05


def test_minimum_segment_size_grows_by_four_when_the_width_is_halved():
    # reach ~ z sqrt(p (1-p) / n) for large n, so n ~ 1 / width^2; the z^2/n terms shift it by under 2 %.
    assert minimum_segment_size(0.3, 0.01) / minimum_segment_size(0.3, 0.02) == pytest.approx(4, rel=0.02)


# -- The report
def _rows(**segments):
    names, hits = [], []
    for name, (good, bad) in segments.items():
        names += [name] * (good + bad)
        hits += [1] * good + [0] * bad
    return names, hits


def test_report_judges_by_the_interval_and_not_by_the_rate():
    names, hits = _rows(well=(480, 20), ill=(60, 40), near=(44, 6), tiny=(0, 4))
    report = segment_report(names, hits, minimum=20, bar=0.9)
    assert report["verdict"].to_dict() == {
        "ill": "below the bar",
        "near": "not clear yet",  # 88 %, but 0.90 lies inside its interval
        "well": "meets the bar",
        "tiny": TOO_FEW,  # 0 of 4 looks terrible and says little
    }


def test_report_puts_the_worst_judged_segment_first_and_the_refused_last():
    names, hits = _rows(a=(20, 20), b=(10, 30), c=(0, 2))
    assert list(segment_report(names, hits, minimum=10).index) == ["b", "a", "c"]


def test_minimum_is_inclusive():
    names, hits = _rows(a=(5, 5), b=(4, 5))
    assert segment_report(names, hits, minimum=10)["verdict"].to_dict() == {"a": "", "b": TOO_FEW}


def test_simultaneous_intervals_share_the_error_among_the_judged_segments_only():
    names, hits = _rows(a=(30, 10), b=(20, 20), c=(1, 1))
    report = segment_report(names, hits, minimum=10, simultaneous=True)
    assert tuple(report.loc["a", ["low", "high"]]) == wilson_interval(30, 40, confidence=1 - 0.05 / 2)


def test_a_missing_segment_is_kept_as_a_segment():
    report = segment_report(["a", None, "a", float("nan")], [1, 1, 0, 0], minimum=1)
    assert report["rows"].to_dict() == {"a": 2, "missing": 2}


def test_report_refuses_outcomes_that_are_no_outcomes():
    with pytest.raises(ValueError, match="0 or 1"):
        segment_report(["a", "b"], [0.5, 1], minimum=1)
    with pytest.raises(ValueError, match="one outcome a row"):
        segment_report(["a", "b"], [1], minimum=1)
    with pytest.raises(ValueError, match="minimum"):
        segment_report(["a"], [1], minimum=0)


def test_recall_report_counts_positive_rows_only():
    segments = ["north"] * 100 + ["island"] * 50
    truth = [1] * 40 + [0] * 60 + [1] * 3 + [0] * 47
    predicted = [1] * 30 + [0] * 70 + [0] * 50
    report = recall_report(segments, truth, predicted, minimum=10, bar=0.9)
    assert report.loc["north", ["rows", "rate", "verdict"]].tolist() == [40, 0.75, "below the bar"]
    assert report.loc["island", ["rows", "verdict"]].tolist() == [3, TOO_FEW]


def test_recall_is_neither_precision_nor_accuracy():
    # 4 positives of which 1 is found; 2 false alarms: recall 1/4, precision 1/3, accuracy 5/10.
    truth = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    predicted = np.array([1, 0, 0, 0, 1, 1, 0, 0, 0, 0])
    report = recall_report(["a"] * 10, truth, predicted, minimum=1)
    assert report.loc["a", "rate"] == 0.25


def test_a_segment_without_positives_is_named_and_refused():
    report = recall_report(["a", "a", "b"], [1, 1, 0], [1, 0, 0], minimum=1)
    assert report.loc["b", "verdict"] == TOO_FEW
    assert math.isnan(report.loc["b", "rate"])


# -- Simpson
def test_berkeley_totals_and_departments_are_the_published_ones():
    by_department, total = group_rates(BERKELEY)
    assert total == pytest.approx([1198 / 2691, 557 / 1835], abs=1e-15)
    assert np.round(100 * total, 1).tolist() == [44.5, 30.4]
    assert (by_department[:, 1] > by_department[:, 0]).sum() == 4


def test_berkeley_mantel_haenszel_odds_ratio_is_the_published_one():
    assert round(mantel_haenszel_odds_ratio(BERKELEY), 4) == 0.9047


@pytest.mark.parametrize(
    ("name", "wrong", "reads"),
    [
        ("crude: departments pooled", lambda t: crude_odds_ratio(t), 1.841),
        ("mean of the odds ratios", lambda t: np.mean([crude_odds_ratio(k[None]) for k in t]), 0.876),
        ("inverted", lambda t: mantel_haenszel_odds_ratio(t[:, ::-1]), 1.105),
    ],
)
def test_tempting_odds_ratios_read_what_is_listed_and_are_not_the_answer(name, wrong, reads):
    assert wrong(BERKELEY) == pytest.approx(reads, abs=5e-4), name
    assert abs(wrong(BERKELEY) - mantel_haenszel_odds_ratio(BERKELEY)) > 0.02, name


def test_standardised_rates_weight_departments_by_their_size_for_both_groups():
    # (40 + 50) rows of stratum 0 and 120 of stratum 1, by hand.
    expected = [(30 / 40 * 90 + 2 / 20 * 120) / 210, (5 / 50 * 90 + 7 / 100 * 120) / 210]
    assert standardised_rates(LOPSIDED) == pytest.approx(expected, abs=1e-15)
    simple_mean = group_rates(LOPSIDED)[0].mean(axis=0)
    assert np.abs(standardised_rates(LOPSIDED) - simple_mean).max() > 0.01


def test_standardised_berkeley_turns_the_gap_around():
    men, women = standardised_rates(BERKELEY)
    assert women > men


def test_one_stratum_has_one_odds_ratio():
    assert mantel_haenszel_odds_ratio(LOPSIDED[:1]) == pytest.approx(30 * 45 / (10 * 5), rel=1e-14)


def test_transposed_tables_give_the_same_odds_ratio_but_other_rates():
    transposed = LOPSIDED.transpose(0, 2, 1)
    assert mantel_haenszel_odds_ratio(transposed) == pytest.approx(mantel_haenszel_odds_ratio(LOPSIDED))
    assert np.abs(group_rates(transposed)[1] - group_rates(LOPSIDED)[1]).max() > 0.1


def test_tables_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(strata, 2, 2\)"):
        mantel_haenszel_odds_ratio(LOPSIDED[0])
    with pytest.raises(ValueError, match="stratum without any row"):
        mantel_haenszel_odds_ratio(np.concatenate([LOPSIDED, np.zeros((1, 2, 2))]))


# -- Gender Shades (Buolamwini and Gebru 2018): the total is a weighted mean
def test_shares_times_errors_give_the_published_totals_and_the_plain_mean_does_not():
    shares = np.array([0.213, 0.250, 0.233, 0.303])  # darker women, darker men, lighter women, lighter men
    microsoft, ibm = np.array([20.8, 6.0, 1.7, 0.0]), np.array([34.7, 12.0, 7.1, 0.3])
    # Rounding: each error to 0.05 points, each share to 0.0005, so a total is good to 0.05 + 0.0005 * 54.1
    # = 0.08.
    assert shares @ microsoft == pytest.approx(6.3, abs=0.08)
    assert shares @ ibm == pytest.approx(12.1, abs=0.08)
    assert abs(ibm.mean() - 12.1) > 1


# -- several strata: what R prints for the same table
def test_the_interval_of_the_common_odds_ratio_is_that_of_mantelhaen_test():
    assert mantel_haenszel_interval(BERKELEY) == pytest.approx((0.7719074, 1.0603298), abs=5e-8)


def test_the_interval_turns_over_when_the_groups_are_exchanged():
    low, high = mantel_haenszel_interval(LOPSIDED)
    assert mantel_haenszel_interval(LOPSIDED[:, ::-1]) == pytest.approx((1 / high, 1 / low))
    assert low < mantel_haenszel_odds_ratio(LOPSIDED) < high


def test_one_common_odds_ratio_for_berkeley_is_rejected_as_in_r():
    found = woolf_test(BERKELEY)
    assert found.statistic == pytest.approx(17.9017, abs=5e-5)
    assert found.degrees == 5 and found.p == pytest.approx(0.003072, abs=5e-7)


def test_equal_odds_ratios_leave_nothing_to_reject():
    found = woolf_test([[[10, 20], [30, 20]], [[20, 40], [60, 40]]])  # one third in both
    assert found.statistic == pytest.approx(0, abs=1e-12) and found.p == pytest.approx(1)


def test_woolfs_test_refuses_a_zero():
    with pytest.raises(ValueError, match="positive counts"):
        woolf_test([[[0, 20], [30, 20]], [[20, 40], [60, 40]]])


# -- gaps between outcomes and forecasts
def test_a_gap_is_observed_minus_forecast_with_the_standard_error_of_a_mean():
    outcomes, forecasts = np.array([1, 0, 0, 1, 1, 0]), np.array([0.5, 0.2, 0.1, 0.6, 0.7, 0.1])
    row = gap_report(["a"] * 6, outcomes, forecasts, minimum=2).loc["a"]
    difference = outcomes - forecasts
    assert row["gap"] == pytest.approx(difference.mean())
    assert row["error"] == pytest.approx(difference.std(ddof=1) / math.sqrt(6))
    assert row["high"] - row["gap"] == pytest.approx(1.959964 * row["error"], rel=1e-6)


def test_rows_that_are_copies_of_their_group_count_once():
    rng = np.random.default_rng(0)
    outcomes, forecasts = rng.integers(0, 2, 40), rng.random(40)
    single = gap_report(["a"] * 40, outcomes, forecasts, minimum=2).loc["a"]
    copied = gap_report(
        ["a"] * 120,
        np.repeat(outcomes, 3),
        np.repeat(forecasts, 3),
        minimum=2,
        groups=np.repeat(range(40), 3),
    ).loc["a"]
    assert copied["error"] == pytest.approx(single["error"])
    assert gap_report(["a"] * 120, np.repeat(outcomes, 3), np.repeat(forecasts, 3), minimum=2).loc["a", "error"] < 0.6 * single["error"]  # fmt: skip


def test_groups_are_kept_apart_by_segment():
    segments, groups = ["a", "b"] * 4, [1, 1, 2, 2, 3, 3, 4, 4]
    outcomes = np.array([1, 0, 0, 0, 1, 1, 0, 1])
    together = gap_report(segments, outcomes, np.full(8, 0.5), minimum=2, groups=groups)
    alone = gap_report(["a"] * 4, outcomes[::2], np.full(4, 0.5), minimum=2, groups=groups[::2])
    assert together.loc["a", "error"] == pytest.approx(alone.loc["a", "error"])


def test_counting_the_segments_shares_the_level_among_those_that_are_judged():
    segments = ["a"] * 50 + ["b"] * 50 + ["few"] * 3
    outcomes = np.arange(103) % 2
    alone, together = (
        gap_report(segments, outcomes, np.full(103, 0.5), minimum=10, simultaneous=simultaneous)
        for simultaneous in (False, True)
    )
    ratio = (together["high"] - together["gap"]) / (alone["high"] - alone["gap"])
    assert ratio["a"] == pytest.approx(2.241403 / 1.959964, rel=1e-6)  # 97.5% each, not 98.3%
    assert list(together["verdict"]) == [UNCLEAR, UNCLEAR, TOO_FEW]


def test_the_verdict_names_the_direction_and_the_clearest_gap_comes_first():
    segments = ["low"] * 100 + ["high"] * 100 + ["fine"] * 100
    outcomes = np.r_[np.arange(100) < 60, np.arange(100) < 10, np.arange(100) < 30]
    report = gap_report(segments, outcomes, np.full(300, 0.3), minimum=10)
    assert report["verdict"].to_dict() == {"low": TOO_LOW, "high": TOO_HIGH, "fine": UNCLEAR}
    assert report.index[-1] == "fine"


def test_a_missing_segment_is_a_segment():
    report = gap_report(["a", None, "a", None], [1, 0, 0, 1], [0.5] * 4, minimum=2)
    assert set(report.index) == {"a", "missing"}


def test_gaps_refuse_lengths_that_differ_and_a_minimum_of_one():
    with pytest.raises(ValueError, match="differ in length"):
        gap_report(["a"] * 3, [1, 0], [0.5, 0.5], minimum=2)
    with pytest.raises(ValueError, match="at least 2"):
        gap_report(["a"] * 2, [1, 0], [0.5, 0.5], minimum=1)


def test_a_shuffle_within_groups_moves_rows_and_keeps_their_group():
    groups = np.array([3, 1, 2, 1, 3, 2, 1, 1, 3] * 20)
    order = shuffle_within(groups, np.random.default_rng(1))
    assert sorted(order) == list(range(180))
    assert (groups[order] == groups).all() and (order != np.arange(180)).mean() > 0.9
