"""Remedies: the true risk is true, policies are paid for looking, ablations pair their seeds, the peak is at
p = n."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from holdout.topics.remedies.cases import (
    SHORTCUTS,
    ScoredRemedyCase,
    make_ablation_log,
    make_clear_cases,
    make_flight_ablation,
    make_scored_cases,
    paired_by_day,
    score_policy,
)
from holdout.topics.remedies.experiments import (
    CAUSES,
    PRICES,
    REMEDIES,
    RemedyCase,
    ablation_table,
    apply,
    case_true_risk,
    double_descent_limit,
    double_descent_published,
    double_descent_risk,
    expected_loss,
    flight_studies,
    gather_evidence,
    make_remedy_case,
    min_norm,
    one_standard_error_choice,
    ridge_limit,
    simulate_ablation,
    simulate_min_norm_risk,
    turn,
)
from holdout.topics.remedies.figures import draw_effects, draw_scores, draw_thresholds, interval_text

CASE = RemedyCase((0.6, 0.0, 0.5, 0.4, 0.2), features=4, rows=30, ridge=0.02, steps=40, noise=0.5)


# -- The true risk
@pytest.mark.parametrize(
    "case",
    [
        CASE,
        replace(CASE, steps=0),
        replace(CASE, missing_signal=0.4),
        replace(CASE, missing_signal=0.4, has_missing_feature=True),
        replace(CASE, features=9, ridge=0.2),
    ],
    ids=["stopped", "solved", "signal unrecorded", "signal recorded", "more features than the truth has"],
)
def test_true_risk_agrees_with_fitting_noisy_data_and_scoring_fresh_rows(case):
    # The same quantity by brute force: the validation error averages the squared error of fitted models on
    # fresh rows. Both sides average independent designs; the standard error is that of the difference of the
    # two means.
    risks = np.array([case_true_risk(replace(case, seed=seed), designs=4) for seed in range(100)])
    evidence = gather_evidence(case, np.random.default_rng(1), repeats=400)
    standard_error = math.hypot(risks.std(ddof=1) / 10, evidence["validation_error_se"])
    assert evidence["validation_error"] == pytest.approx(risks.mean(), abs=4 * standard_error)
    assert 4 * standard_error < 0.12 * risks.mean()


def test_a_model_that_is_all_ridge_predicts_the_mean():
    assert case_true_risk(replace(CASE, ridge=1e9)) == pytest.approx(CASE.risk_of_the_mean, abs=1e-6)


def test_no_model_beats_the_noise():
    for remedy in REMEDIES:
        assert apply(CASE, remedy) > CASE.noise_floor


def test_many_rows_of_a_rich_enough_model_reach_the_noise_floor():
    # excess = noise^2 d / rows = 0.25 * 5 / 20000 to first order; we allow twice that
    rich = replace(CASE, features=5, rows=20000, ridge=0.0, steps=0)
    assert 0 < case_true_risk(rich, designs=2) - rich.noise_floor < 2 * 0.25 * 5 / 20000


def test_steps_without_end_are_the_exact_solution():
    assert case_true_risk(replace(CASE, steps=10**7)) == pytest.approx(
        case_true_risk(replace(CASE, steps=0)), rel=1e-9
    )


def test_the_risk_is_a_property_of_the_case():
    assert case_true_risk(CASE) == case_true_risk(CASE)
    assert case_true_risk(CASE) != case_true_risk(replace(CASE, seed=1))


def test_more_rows_extend_the_training_set():
    # Twice the rows of the same world is the first half of four times the rows: no reshuffle in between.
    doubled = turn(turn(CASE, "more data"), "more data")
    assert apply(turn(CASE, "more data"), "more data") == case_true_risk(doubled)


@pytest.mark.parametrize(
    ("remedy", "changed"),
    [
        ("regularise", {"ridge": 0.25}),
        ("simplify", {"features": 2}),
        ("add capacity", {"features": 8}),
        ("better features", {"has_missing_feature": True}),
        ("more data", {"rows": 60}),
        ("leave alone", {}),
    ],
)
def test_a_remedy_turns_one_knob(remedy, changed):
    assert turn(CASE, remedy) == replace(CASE, **changed)


def test_stopping_earlier_changes_the_steps_only_and_never_hurts():
    noisy = replace(CASE, features=24, steps=400, ridge=0.0)
    stopped = turn(noisy, "stop earlier")
    assert replace(stopped, steps=400) == noisy
    assert stopped.steps < 400
    assert case_true_risk(stopped) < case_true_risk(noisy)
    assert turn(replace(CASE, steps=0), "stop earlier") == replace(CASE, steps=0)


def test_an_unknown_remedy_is_refused_by_name():
    with pytest.raises(ValueError, match=r"pray.*regularise"):
        turn(CASE, "pray")


@pytest.mark.parametrize(
    ("field", "value"), [("features", 0), ("rows", 3), ("ridge", -1), ("noise", -0.1), ("missing_signal", -1)]
)
def test_impossible_cases_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        replace(CASE, **{field: value})


# -- Evidence
def test_evidence_is_plain_and_reproducible():
    import json

    evidence = gather_evidence(CASE, np.random.default_rng(3))
    assert json.loads(json.dumps(evidence)) == evidence
    assert evidence == gather_evidence(CASE, np.random.default_rng(3))
    assert evidence != gather_evidence(CASE, np.random.default_rng(4))


def test_the_gap_is_paired():
    evidence = gather_evidence(CASE, np.random.default_rng(5))
    assert evidence["gap"] == pytest.approx(evidence["validation_error"] - evidence["train_error"], abs=1e-12)
    unpaired = math.hypot(evidence["train_error_se"], evidence["validation_error_se"])
    assert evidence["gap_se"] != pytest.approx(unpaired, rel=1e-6)


def test_curves_end_at_the_case_itself():
    evidence = gather_evidence(CASE, np.random.default_rng(6))
    assert evidence["learning_curve"]["rows"] == [7, 15, 30]
    assert evidence["capacity_curve"]["features"] == [1, 2, 4]
    assert evidence["step_curve"]["steps"][-1] == 40
    for curve in ("learning_curve", "capacity_curve", "step_curve"):
        assert evidence[curve]["validation"][-1] == pytest.approx(evidence["validation_error"], abs=1e-12)


def test_a_model_solved_exactly_has_no_step_curve():
    evidence = gather_evidence(replace(CASE, steps=0), np.random.default_rng(7))
    assert evidence["step_curve"] == {"steps": [], "validation": []}


def test_labels_given_twice_show_the_label_noise_and_not_the_unrecorded_signal():
    case = replace(CASE, missing_signal=3.0)
    evidence = gather_evidence(case, np.random.default_rng(8), labelled_twice=4000)
    # Half a squared difference is noise^2 chi2_1: mean 0.25, variance 2 * 0.25^2; 4000 rows.
    assert evidence["label_noise"] == pytest.approx(0.25, abs=4 * 0.25 * math.sqrt(2 / 4000))


def test_residuals_show_a_pattern_when_the_model_cannot_bend_and_none_when_signal_is_unrecorded():
    stiff = RemedyCase((0.0, 0.0, 1.0), features=1, rows=200, noise=0.3)
    blind = RemedyCase((1.0,), features=1, rows=200, noise=0.3, missing_signal=1.0)
    pattern = gather_evidence(stiff, np.random.default_rng(9))
    nothing = gather_evidence(blind, np.random.default_rng(9))
    assert pattern["residual_correlation"] > 0.7
    # Without pattern: mean about -features/rows = -0.005, standard error 1/sqrt(200 rows * 10 repeats).
    assert abs(nothing["residual_correlation"] + 0.005) < 4 / math.sqrt(2000)


# -- Hidden cases and policies
@pytest.fixture(scope="module")
def cases():
    return make_scored_cases(np.random.default_rng(11), 48)


def weigh_evidence(evidence):
    """A good policy: what each remedy promises, minus its price."""
    noise, validation, train = (evidence[k] for k in ("label_noise", "validation_error", "train_error"))
    gap, pattern = evidence["gap"], max(0.0, evidence["residual_correlation"]) * train
    promise = dict.fromkeys(REMEDIES, 0.0)
    if evidence["step_curve"]["steps"]:
        promise["stop earlier"] = validation - min(evidence["step_curve"]["validation"])
    promise["simplify"] = validation - evidence["capacity_curve"]["validation"][1]
    promise["add capacity"] = pattern
    if evidence["ridge"] < 0.02 and gap > 0.3 * validation:
        promise["regularise"] = 0.6 * gap
    promise["more data"] = 0.55 * min(gap / 2, validation - noise)
    if gap < 0.5 * validation:
        promise["better features"] = (validation + train) / 2 - noise - pattern - 0.1 * gap
    return max(REMEDIES, key=lambda remedy: promise[remedy] - PRICES[remedy])


def test_the_oracle_scores_one(cases):
    answers = iter([min(case.cost, key=case.cost.get) for case in cases])
    assert score_policy(lambda evidence: next(answers), cases) == 1


def test_the_best_policy_that_never_looks_scores_zero(cases):
    scores = [score_policy(lambda evidence, remedy=remedy: remedy, cases) for remedy in REMEDIES]
    assert max(scores) == 0


def test_weighing_the_evidence_passes_and_every_shortcut_is_far_from_it(cases):
    assert score_policy(weigh_evidence, cases) > 0.75
    for name, shortcut in SHORTCUTS.items():
        assert score_policy(shortcut, cases) < 0.7, name
    rng = np.random.default_rng(12)
    assert score_policy(lambda evidence: REMEDIES[rng.integers(len(REMEDIES))], cases) < 0


@pytest.mark.proof
def test_policies_are_ranked_as_intended_on_100_seeds():
    good, naive = [], []
    for seed in range(100):
        scored = make_scored_cases(np.random.default_rng(seed), 36, designs=8)
        good.append(score_policy(weigh_evidence, scored))
        rng = np.random.default_rng(seed)
        policies = [*SHORTCUTS.values(), lambda evidence, rng=rng: REMEDIES[rng.integers(len(REMEDIES))]]
        naive.append([score_policy(policy, scored) for policy in policies])
    print("good", np.quantile(good, [0, 0.05, 0.5, 1]).round(2))
    print("naive, highest", dict(zip([*SHORTCUTS, "random"], np.max(naive, axis=0).round(2), strict=True)))
    assert min(good) > 0.75
    assert np.max(naive) < 0.75


def test_every_remedy_is_right_somewhere(cases):
    best = {min(case.cost, key=case.cost.get) for case in make_scored_cases(np.random.default_rng(13), 120)}
    assert best == set(REMEDIES)


def test_score_by_hand():
    cost = dict.fromkeys(REMEDIES, 1.0)
    two = [
        ScoredRemedyCase({"case": 1}, {**cost, "simplify": 0.2, "more data": 0.4}, ""),
        ScoredRemedyCase({"case": 2}, {**cost, "leave alone": 0.5, "more data": 0.7}, ""),
    ]
    # Best constant: "more data", regrets 0.2 + 0.2. The policy: 0 + 0.2.
    assert score_policy(lambda e: "simplify" if e["case"] == 1 else "more data", two) == pytest.approx(0.5)


def test_a_policy_must_name_a_remedy(cases):
    with pytest.raises(ValueError, match="get more data"):
        score_policy(lambda evidence: "get more data", cases)


def test_nobody_pays_more_than_falling_back_on_the_mean(cases):
    for case in cases:
        assert max(case.cost.values()) < 1 + 0.6 + 1.1**2 + max(PRICES.values()) + 1e-9


def test_cases_cover_every_cause_equally():
    drawn = [case.cause for case in make_scored_cases(np.random.default_rng(14), 12, designs=2)]
    assert sorted(drawn) == sorted([*CAUSES, *CAUSES])
    with pytest.raises(ValueError, match="at least 6"):
        make_scored_cases(np.random.default_rng(0), 3)


def test_each_case_states_its_prices_and_is_charged_for_them():
    plain = make_scored_cases(np.random.default_rng(22), 12, designs=2)
    assert all(case.evidence["prices"] == PRICES for case in plain)
    dear = make_scored_cases(np.random.default_rng(22), 12, designs=2, dearer=12)
    for remedy, price in PRICES.items():
        asked = [case.evidence["prices"][remedy] for case in dear]
        # rounded to a thousandth
        assert all(price - 5e-4 <= one <= 12 * price + 5e-4 for one in asked)
        assert len(set(asked)) > 1 or price == 0
    # the first model is the same one in both, so its costs differ by its prices
    for remedy in REMEDIES:
        difference = dear[0].cost[remedy] - plain[0].cost[remedy]
        assert difference == pytest.approx(dear[0].evidence["prices"][remedy] - PRICES[remedy])


def test_in_a_clear_case_the_remedy_that_suits_it_is_cheaper_than_the_others():
    cases = make_clear_cases(np.random.default_rng(3), 25)
    for case in cases:
        if case.cause == "too few rows":
            assert case.cost["regularise"] >= case.cost["leave alone"] + 0.25
        if case.cause == "too simple":
            assert case.evidence["steps"] > 0
    best = {(case.cause, min(case.cost, key=case.cost.get)) for case in cases}
    assert {remedy for cause, remedy in best if cause == "trained too long"} == {"stop earlier"}
    assert {remedy for cause, remedy in best if cause == "too flexible"} == {"simplify", "regularise"}
    assert {remedy for cause, remedy in best if cause == "missing signal"} == {"better features"}
    with pytest.raises(ValueError, match="at least 7"):
        make_clear_cases(np.random.default_rng(0), 6)


def test_remedies_cannot_be_cheaper_than_in_the_table():
    with pytest.raises(ValueError, match=r"dearer.*0\.5"):
        make_scored_cases(np.random.default_rng(0), 6, dearer=0.5)


def test_a_sensor_has_its_own_range_of_prices():
    cases = make_clear_cases(np.random.default_rng(22), 32)
    asked = [case.evidence["prices"]["better features"] / PRICES["better features"] for case in cases]
    assert 3 <= min(asked) < max(asked) <= 8


def test_bars_and_points_beyond_an_axis_end_in_arrows():
    table = ablation_table(
        pd.DataFrame(
            {"baseline": [0.0, 10.0, 20.0], "far": [300.0, 900.0, 320.0], "near": [1.0, 11.5, 20.5]}
        ),
        "baseline",
    )
    ax = Figure().subplots()
    draw_effects(ax, table, (-100, 100))
    assert sorted(drawn.get_marker() for drawn in ax.lines if drawn.get_marker() in "<>") == ["<", ">"]
    ax = Figure().subplots()
    draw_scores(ax, {"terrible": -3.0, "good": 0.8}, passing=0.75)
    assert [drawn.get_marker() for drawn in ax.lines].count("<") == 1


def test_a_verdict_that_only_a_later_picture_has_finds_its_room_in_the_layout_of_the_first():
    clear = ablation_table(
        pd.DataFrame({"baseline": [0.0, 1.0, 2.0], "change": [-3.0, -2.1, -0.9]}), "baseline"
    )
    figure = Figure(figsize=(7.8, 4.6), layout="constrained")
    ax = figure.subplots()
    draw_effects(ax, clear)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # as a stage does
    ax.clear()
    draw_effects(ax, clear.assign(verdict="not shown"))
    figure.draw_without_rendering()
    assert max(text.get_window_extent().x1 for text in ax.texts) <= figure.bbox.width


def test_the_word_unpaired_lies_on_a_bar_that_has_no_end_to_stand_beside():
    table = ablation_table(pd.DataFrame({"baseline": [0.0, 1.0, 2.0], "change": [3.0, 4.1, 4.9]}), "baseline")
    words = []
    for reach in (2.0, 300.0):
        ax = Figure().subplots()
        draw_effects(ax, table.assign(unpaired_reach=reach), (-10, 10), unpaired=True)
        words.append(next(text for text in ax.texts if text.get_text() == "unpaired").get_position()[0])
    assert words[0] < table["effect"].iloc[0] - 2 or words[0] > table["effect"].iloc[0] + 2
    assert -10 < words[1] < -8


def test_the_axis_of_effects_fits_them_and_each_model_is_marked_at_its_threshold():
    scores = pd.DataFrame({"baseline": [0.0, 1.0, 2.0], "worse": [3.0, 4.1, 4.9]})
    table = ablation_table(scores, "baseline")
    ax = Figure().subplots()
    draw_effects(ax, table)
    assert ax.get_xlim()[0] < 0 and table["high"].max() < ax.get_xlim()[1] < 1.2 * table["high"].max()
    ax = Figure().subplots()
    draw_thresholds(ax, [0.2, 0.3, 0.4], {"plain": [3.0, 1.0, 2.0], "weights": [5.0, 4.0, 3.0]}, 0.4, 0.3)
    marked = [
        tuple(np.ravel(drawn.get_xydata()).tolist()) for drawn in ax.lines if len(drawn.get_xydata()) == 1
    ]
    assert marked == [(0.3, 1.0), (0.4, 3.0)]


def test_hidden_cases_are_reproducible_and_named_causes_are_checked():
    assert make_remedy_case(np.random.default_rng(15)) == make_remedy_case(np.random.default_rng(15))
    with pytest.raises(ValueError, match="too simple"):
        make_remedy_case(np.random.default_rng(0), "bad luck")


# -- One standard error
# Candidate 3 is best (mean 0.50); its standard error is 0.1 / sqrt(4) = 0.05 (deviations +-0.0866, ddof 1).
D = 0.05 * 2 * math.sqrt(3) / 2
ERRORS = np.array([0.80, 0.56, 0.54, 0.50, 0.52]) + np.outer([D, D, -D, -D], [1, 1, 1, 1, 0])


def test_one_standard_error_rule_takes_the_simplest_that_is_not_clearly_worse():
    assert ERRORS[:, 3].std(ddof=1) / 2 == pytest.approx(0.05)
    assert one_standard_error_choice(ERRORS) == 2


@pytest.mark.parametrize(
    ("name", "wrong", "index"),
    [
        ("the minimum itself", lambda e: e.mean(axis=0).argmin(), 3),
        (
            "standard deviation",
            lambda e: np.flatnonzero(e.mean(axis=0) <= e.mean(axis=0).min() + e[:, 3].std(ddof=1))[0],
            1,
        ),
        (
            "the most complex within one error",
            lambda e: np.flatnonzero(e.mean(axis=0) <= e.mean(axis=0).min() + 0.05)[-1],
            4,
        ),
    ],
)
def test_tempting_choices_differ_on_the_fixture(name, wrong, index):
    assert wrong(ERRORS) == index, name
    assert index != one_standard_error_choice(ERRORS), name


def test_one_repeat_has_no_standard_error():
    with pytest.raises(ValueError, match="two repeats"):
        one_standard_error_choice([[0.3, 0.2]])
    with pytest.raises(ValueError, match="missing or infinite"):
        one_standard_error_choice([[0.3, np.nan], [0.3, 0.2]])


# -- Ablations
def test_ablation_by_hand():
    scores = pd.DataFrame({"full": [0.30, 0.20, 0.40], "no ridge": [0.33, 0.22, 0.44]})
    row = ablation_table(scores, "full").loc["no ridge"]
    assert row["effect"] == pytest.approx(0.03)
    assert row["se"] == pytest.approx(0.01 / math.sqrt(3))  # differences 0.03, 0.02, 0.04
    assert row["unpaired_se"] == pytest.approx(math.sqrt((0.01 + 0.0121) / 3), rel=0.01)
    t = 4.302653  # Student's t, 97.5 %, 2 degrees of freedom
    assert row["low"] == pytest.approx(0.03 - t * 0.01 / math.sqrt(3), abs=1e-6)
    assert row["verdict"] == "worse"


def test_pairing_finds_what_unpaired_runs_cannot():
    scores = simulate_ablation({"drop": 0.03, "cosmetic": 0.0}, 12, np.random.default_rng(16))
    table = ablation_table(scores, "baseline")
    assert table["verdict"].to_dict() == {"drop": "worse", "cosmetic": "not shown"}
    assert (table["unpaired_se"] > 1.5 * table["se"]).all()


def test_simultaneous_intervals_are_wider():
    scores = simulate_ablation(dict.fromkeys("abcde", 0.0), 6, np.random.default_rng(17))
    one, all_five = (ablation_table(scores, "baseline", simultaneous=s) for s in (False, True))
    assert ((all_five["high"] - all_five["low"]) > (one["high"] - one["low"])).all()


def test_an_improvement_is_called_better():
    scores = pd.DataFrame({"full": [0.30, 0.20, 0.40], "new": [0.20, 0.11, 0.29]})
    assert ablation_table(scores, "full").loc["new", "verdict"] == "better"


def test_ablations_that_prove_nothing_are_refused():
    scores = pd.DataFrame({"full": [0.3, 0.2], "new": [0.3, np.nan]})
    with pytest.raises(ValueError, match="a run is missing"):
        ablation_table(scores, "full")
    with pytest.raises(ValueError, match="at least two"):
        ablation_table(scores.iloc[:1], "full")
    with pytest.raises(ValueError, match="no column 'base'"):
        ablation_table(scores, "base")


def test_a_table_states_an_effect_with_its_interval_and_no_negative_zero():
    row = pd.Series({"effect": -0.03124, "low": -0.0354, "high": -0.00001})
    assert interval_text(row) == "-0.0312 (-0.0354 to +0.0000)"
    assert interval_text(row, decimals=2) == "-0.03 (-0.04 to +0.00)"


@pytest.mark.parametrize(("effect", "limit"), [(-20.0, -20.0), (-5.0, -20.0), (-40.0, -20.0), (12.0, 0.0)])
def test_expected_loss_is_what_a_simulation_of_the_true_effect_loses(effect, limit):
    se, draws = 10.0, 400_000
    true = effect + se * np.random.default_rng(1).normal(size=draws)
    merge = effect < limit
    lost = np.where(merge, np.maximum(true - limit, 0), np.maximum(limit - true, 0))
    tolerance = 4 * lost.std() / math.sqrt(draws)
    assert expected_loss(effect, se, limit) == pytest.approx(lost.mean(), abs=tolerance)
    # "chance of a mistake times one standard error" is another number, 1.25 times as much at the limit and more beyond
    chance = np.mean(true > limit) if merge else np.mean(true < limit)
    assert chance * se > 1.2 * expected_loss(effect, se, limit)


def test_an_effect_known_exactly_has_no_expected_loss():
    with pytest.raises(ValueError, match="se must be positive"):
        expected_loss(1.0, 0.0)


def test_studies_of_flights_share_no_flight_and_judge_on_days_of_their_own():
    days = np.random.default_rng(0).integers(1, 366, 5000)
    studies = flight_studies(days, 4, np.random.default_rng(1))
    rows = np.concatenate([np.concatenate(study) for study in studies])
    assert sorted(rows) == list(range(5000))
    for study in studies:
        assert not set(days[study.train]) & set(days[study.validation])
        assert 0.2 < len(study.validation) / 1250 < 0.4
    with pytest.raises(ValueError, match="at least two"):
        flight_studies(days, 1, np.random.default_rng(1))
    with pytest.raises(ValueError, match="too few"):
        flight_studies([1, 2], 2, np.random.default_rng(1))


def test_the_error_by_days_is_that_of_daily_means_where_all_days_have_as_many_flights():
    rng = np.random.default_rng(3)
    day = np.repeat(np.arange(20), 30)
    values = rng.normal(size=20)[day] + rng.normal(size=600)
    mean, error = paired_by_day(values, day)
    daily = pd.Series(values).groupby(day).mean()
    assert (mean, error) == (pytest.approx(daily.mean()), pytest.approx(daily.sem()))
    assert error > 3 * values.std(ddof=1) / math.sqrt(600)


@pytest.mark.parametrize("seed", range(4))
def test_an_ablation_on_flights_has_one_change_of_each_kind_and_no_verdict_near_its_limit(seed):
    flights = make_flight_ablation(np.random.default_rng(seed))
    pd.testing.assert_frame_equal(flights, make_flight_ablation(np.random.default_rng(seed)))
    ratios, by_flight = [], []
    for change in flights.columns.drop(["day", "late", "baseline"]):
        effect = (flights[change] - flights["late"]) ** 2 - (flights["baseline"] - flights["late"]) ** 2
        mean, error = paired_by_day(effect.to_numpy(), flights["day"].to_numpy())
        ratios.append(mean / error)
        by_flight.append(effect.mean() / effect.sem())
    ratios, by_flight = np.array(ratios), np.array(by_flight)
    assert len(ratios) == 5 and flights["day"].nunique() == 30
    assert (ratios > 2.9).sum() == (ratios < -2.9).sum() == 1
    open_ones = np.abs(ratios) <= 1.6
    assert open_ones.sum() == 3
    assert (np.abs(by_flight[open_ones]) > 2.1).sum() == 1


@pytest.mark.parametrize("seed", range(20))
def test_confounded_runs_are_those_that_turn_more_than_one_knob(seed):
    log, names = make_ablation_log(np.random.default_rng(seed), runs=7, confounded=3)
    base = log[0]["settings"]
    turned = {run["name"]: sum(run["settings"][k] != base[k] for k in base) for run in log[1:]}
    assert {name for name, count in turned.items() if count > 1} == names
    assert len(names) == 3
    assert min(turned.values()) == 1
    assert all(set(run["settings"]) == set(base) for run in log)


# -- Double descent
@pytest.mark.parametrize(
    ("p", "published"), [(50, 1.0204), (200, 3.0101), (400, 3.3344)]
)  # 50/49; 4 (1 - 1/2) + 100/99; 4 (1 - 1/4) + 100/299
def test_finite_risk_by_hand(p, published):
    assert double_descent_risk(100, p) == pytest.approx(published, abs=5e-5)


def test_the_mean_risk_does_not_exist_at_the_peak():
    assert [double_descent_risk(100, p) for p in (99, 100, 101)] == [math.inf] * 3
    assert double_descent_limit(1) == math.inf


def test_finite_risk_approaches_the_limit():
    for ratio in (0.5, 2.0, 4.0):
        finite = double_descent_risk(10**6, int(ratio * 10**6))
        assert finite == pytest.approx(double_descent_limit(ratio), rel=1e-5)


def test_tuned_ridge_has_no_peak_and_is_never_worse():
    ratios = np.linspace(0.05, 4, 80)
    risks = np.array([ridge_limit(r) for r in ratios])
    assert (np.diff(risks) > 0).all()
    assert all(risk <= double_descent_limit(r) for r, risk in zip(ratios, risks, strict=True))
    assert ridge_limit(1.0) == pytest.approx((math.sqrt(17) - 1) / 2, rel=1e-12)  # 1.5616, by hand


def test_min_norm_interpolates_with_the_smallest_norm():
    rng = np.random.default_rng(18)
    X, y = rng.normal(size=(5, 9)), rng.normal(size=5)
    w = min_norm(X, y)
    assert pytest.approx(y, abs=1e-12) == X @ w
    null = np.linalg.svd(X)[2][5:]
    assert np.abs(null @ w).max() < 1e-12  # nothing of it lies where the data say nothing


def test_min_norm_with_more_rows_than_features_is_least_squares():
    rng = np.random.default_rng(19)
    X, y = rng.normal(size=(9, 4)), rng.normal(size=9)
    assert min_norm(X, y) == pytest.approx(np.linalg.solve(X.T @ X, X.T @ y), rel=1e-10)


def test_both_ways_to_solve_ridge_agree_where_they_meet():
    # p = n uses one formula, p = n + 1 the other; their mean risks at a heavy penalty differ by O(1/n) only.
    heavy = 1e9
    risks = [simulate_min_norm_risk(20, p, np.random.default_rng(20), ridge=heavy)[0] for p in (20, 21)]
    assert risks == pytest.approx([4.0, 4.0], abs=1e-6)


def test_a_peak_stands_at_p_equal_n():
    rng = np.random.default_rng(21)
    at_peak = np.median(simulate_min_norm_risk(40, 40, rng, repeats=20))
    beside = max(simulate_min_norm_risk(40, p, rng, repeats=20).mean() for p in (20, 80))
    assert at_peak > 5 * beside


def test_no_standard_error_is_claimed_where_the_risk_has_no_variance():
    with pytest.raises(ValueError, match="less than four apart"):
        double_descent_published(100, 97, 10)


def test_standard_error_of_the_published_risk_falls_with_the_root_of_the_repeats():
    one, hundred = (double_descent_published(100, 50, repeats) for repeats in (1, 100))
    assert one.value == double_descent_risk(100, 50)
    assert one.standard_error == pytest.approx(10 * hundred.standard_error)
