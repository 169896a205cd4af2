"""Leaks that can be run: each inflates as published, and each wrong reading is told from the right one."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from holdout.stats.folds import group_folds, random_folds
from holdout.topics.leakage import deliveries, probes
from holdout.topics.leakage import experiments as leakage
from holdout.topics.leakage.cases import KINDS, make_leaky_table
from holdout.topics.leakage.experiments import (
    autoregression,
    cross_validated_accuracy,
    duplicates_expected,
    duplicates_study,
    encode_in_sample,
    encode_leave_one_out,
    encode_out_of_fold,
    encoding_expected,
    encoding_study,
    encoding_test_study,
    group_study,
    grouped_rows,
    nearest_is_sibling,
    nearest_label,
    oversample,
    oversampling_expected,
    oversampling_study,
    rare_levels_study,
    scaling_study,
    selection_study,
    time_errors,
    time_expected,
    top_columns,
)
from holdout.topics.leakage.judges import audit, audit_scores, group_split, pipeline
from holdout.topics.leakage.probes import watch_pipeline


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# -- selection before the split
def test_selection_before_the_split_reads_three_per_cent_on_noise_as_published(rng):
    # ESL 7.10.2. One study scatters by about 0.03 (50 rows, and the studies differ), so the mean of 20 by
    # 0.03/sqrt(20) = 0.0067; four of these are 0.027 about the published 0.03.
    study = selection_study(50, 5000, 100, 20, rng)
    assert abs(study.reported.mean() - 0.03) < 0.027
    # Honest: error 0.5 and a little more, because the held-out class is rarer in the training rows. One study
    # has 50 rows: sd about 0.09 with its correlated folds, mean of 20: 0.02; four of these.
    assert abs(study.honest.mean() - 0.52) < 0.08


def test_highest_correlation_is_read_signed_and_that_matters():
    y = np.array([0, 0, 1, 1])
    weakly_with, strongly_against = np.array([0, 1, 1, 1.5]), np.array([3, 2.9, 1, 1.1])
    X = np.c_[weakly_with, strongly_against]
    assert top_columns(X, y, 1, signed=True).tolist() == [0]
    assert top_columns(X, y, 1, signed=False).tolist() == [1]


def test_selection_inside_the_folds_finds_a_column_that_is_real(rng):
    X, y = rng.standard_normal((60, 500)), np.arange(60) % 2
    X[:, 7] += 5 * y
    folds = random_folds(60, 5, rng)
    accuracy = cross_validated_accuracy(X, y, folds, leakage._selector(1, True))
    # the classes overlap in Phi(-2.5) = 0.6 % of the rows
    assert accuracy > 0.9


def _folds_scored_on_training_rows(X, y, folds, kept):
    hits = 0
    for fold in np.unique(folds):
        train = folds != fold
        chosen = top_columns(X[train], y[train], kept)
        hits += np.mean(nearest_label(X[train][:, chosen], y[train], X[train][:, chosen]) == y[train])
    return 1 - hits / len(np.unique(folds))


def _selected_on_train_and_test_of_each_fold(X, y, folds, kept):
    chosen = top_columns(X, y, kept)
    return 1 - cross_validated_accuracy(X[:, chosen], y, folds)


@pytest.mark.parametrize("wrong", [_folds_scored_on_training_rows, _selected_on_train_and_test_of_each_fold])
def test_wrong_cross_validations_fall_outside_the_honest_range(wrong, rng):
    errors = []
    for _ in range(10):
        X, y = rng.standard_normal((50, 3000)), np.arange(50) % 2
        errors.append(wrong(X, y, random_folds(50, 5, rng), 100))
    assert np.mean(errors) < 0.40  # claims for the right way: 0.40 to 0.62


# -- copies
def test_oversampling_before_the_split_reads_its_closed_form_and_after_it_one_half(rng):
    study = oversampling_study(100, 900, 30, rng)
    assert oversampling_expected(100, 900, 30).agrees(study.reported.mean())
    # Honest: about 20 rows of the rare class, recall 0.1: sd of balanced accuracy sqrt(.09/20 + .09/180)/2 = 0.035
    assert abs(study.honest.mean() - 0.5) < 4 * 0.035 / np.sqrt(30)


def test_oversampling_balances_the_classes_and_keeps_every_row(rng):
    y = np.array([1, 0, 0, 0, 0, 1, 0])
    rows = oversample(y, rng)
    assert len(rows) == 10 and set(rows) == set(range(7)) and y[rows].mean() == 0.5


@pytest.mark.parametrize("copied", [0.0, 0.3, 1.0])
def test_duplicates_read_half_plus_half_the_share_of_twins(copied, rng):
    study = duplicates_study(400, copied, 60, rng)
    expected = duplicates_expected(400, copied, 60)
    assert expected.agrees(study.reported.mean())
    assert abs(study.honest.mean() - 0.5) < 4 * 0.5 / np.sqrt(120 * 60)


def test_dropping_duplicates_in_the_training_set_only_repairs_nothing(rng):
    X = np.repeat(rng.standard_normal((300, 4)), 2, axis=0)
    y = np.repeat(rng.integers(0, 2, 300), 2)
    order = rng.permutation(600)
    train, test = order[:420], order[420:]
    _, first = np.unique(X[train], axis=0, return_index=True)
    cleaned = train[first]
    before = np.mean(nearest_label(X[train], y[train], X[test]) == y[test])
    after = np.mean(nearest_label(X[cleaned], y[cleaned], X[test]) == y[test])
    assert after == before > 0.75


def test_a_share_of_copies_outside_zero_to_one_is_refused(rng):
    with pytest.raises(ValueError, match="copied is 1.5"):
        duplicates_study(10, 1.5, 1, rng)


# -- groups
def test_random_folds_of_grouped_rows_read_almost_one_and_group_folds_one_half(rng):
    study = group_study(40, 10, 0.1, 20, rng)
    assert study.reported.mean() > 0.99
    # 40 independent labels a study: sd about 0.08 (and a little below 0.5, as the held-out label is rarer in
    # training), mean of 20: 0.018
    assert abs(study.honest.mean() - 0.49) < 4 * 0.018


def test_group_folds_never_cut_a_group(rng):
    groups = rng.integers(0, 30, 200)
    folds = group_folds(groups, 5, rng)
    assert all(len(set(folds[groups == g])) == 1 for g in np.unique(groups))


def test_grouping_by_row_number_is_no_grouping(rng):
    X, y, groups = grouped_rows(40, 10, 0.1, rng)
    folds = group_folds(np.arange(len(groups)), 5, rng)
    assert cross_validated_accuracy(X, y, folds) > 0.95


# -- time
def test_prediction_errors_of_an_autoregression_are_those_of_the_textbook(rng):
    series = autoregression(100_000, 0.95, rng)
    expected = time_expected(0.95, 20, 100_000)
    for name, measured in time_errors(series, 0.95, 20).items():
        assert expected[name].agrees(measured), name
    assert expected["random split"].value == pytest.approx(1 / (1 + 0.95**2))
    assert expected["horizon"].value == pytest.approx((1 - 0.95**40) / (1 - 0.95**2))


def test_a_random_split_sold_as_twenty_steps_ahead_is_refused(rng):
    errors = time_errors(autoregression(100_000, 0.95, rng), 0.95, 20)
    expected = time_expected(0.95, 20, 100_000)["horizon"]
    assert not expected.agrees(errors["random split"]) and not expected.agrees(errors["one step"])
    shuffled = autoregression(100_000, 0.95, rng)[rng.permutation(100_000)]
    assert not expected.agrees(time_errors(shuffled, 0.95, 20)["horizon"])


# -- target encoding
def test_in_sample_encoding_of_noise_explains_k_minus_one_over_n_minus_one(rng):
    study = encoding_study(1000, 200, 40, rng)
    assert encoding_expected(1000, 200, 40).agrees(study.reported.mean())
    # Out of fold: a sum over pairs of rows of one level in different folds, each pair counted twice, so the
    # correlation has variance 2/N. Its signed square has sd sqrt(3) * 2/N = 0.0035, the mean of 40 0.00055.
    assert abs(study.honest.mean()) < 4 * np.sqrt(3) * 2 / 1000 / np.sqrt(40)


def test_out_of_fold_encoding_keeps_a_real_signal(rng):
    assert encoding_study(1000, 100, 10, rng, signal=0.5).honest.mean() > 0.3


def test_out_of_fold_encoding_takes_only_other_folds():
    levels, y = np.array([0, 0, 0, 1]), np.array([1.0, 0.0, 1.0, 1.0])
    folds = np.array([0, 1, 1, 0])
    # row 3 is the only one of its level: the mean of the other fold stands in
    assert encode_out_of_fold(levels, y, folds).tolist() == [0.5, 1.0, 1.0, 0.5]


def test_leave_one_out_on_a_single_level_orders_the_rows_exactly_wrong(rng):
    y = rng.integers(0, 2, 100).astype(float)
    assert roc_auc_score(y, encode_leave_one_out(np.zeros(100, dtype=int), y)) == 0
    assert roc_auc_score(y, encode_in_sample(np.zeros(100, dtype=int), y)) == 0.5


# -- what does not matter
def test_scaling_before_the_split_changes_nothing_that_matters(rng):
    study = scaling_study(100, 10, 40, rng)
    # rows in which the two differ are few: the difference of one study has sd below 0.05, of 40 below 0.008
    assert abs(study.inflation) < 4 * 0.05 / np.sqrt(40)
    assert abs(study.honest.mean() - 0.49) < 4 * 0.05 / np.sqrt(40)


def test_selection_on_the_same_noise_matters_very_much(rng):
    assert -selection_study(100, 2000, 10, 10, rng, signed=False).inflation > 0.15


# -- the hunt
def test_planted_leaks_are_what_the_table_says(rng):
    for _ in range(30):
        table = make_leaky_table(rng)
        frame, planted = table.frame, table.planted
        known = frame[frame["split"] != "open"]
        assert planted and set(planted) <= set(KINDS)
        assert frame.loc[frame["split"] == "open", "late"].isna().all() and known["late"].notna().all()
        train, test = (frame.loc[frame["split"] == part, "accepted_at"] for part in ("train", "test"))
        assert (train.max() > test.min()) == ("time" in planted)
        for column in planted.get("future column", []):
            assert not frame.loc[frame["split"] == "open", column].fillna(0).any()
        if "duplicates" in planted:
            assert (frame.loc[planted["duplicates"], "split"] == "test").all()
            assert 8 <= len(planted["duplicates"]) < 16


def test_tables_are_repeatable_and_each_kind_appears_in_about_half_of_them():
    tables = [make_leaky_table(np.random.default_rng(seed)) for seed in range(60)]
    assert tables[3].frame.equals(make_leaky_table(np.random.default_rng(3)).frame)
    for kind in KINDS:  # 60 coins: 30 plus or minus four times 3.9
        assert 14 <= sum(kind in table.planted for table in tables) <= 46


def test_exactly_the_asked_kinds_are_planted_and_others_refused(rng):
    assert make_leaky_table(rng, kinds=[]).planted == {}
    assert set(make_leaky_table(rng, kinds=["time", "groups"]).planted) == {"time", "groups"}
    with pytest.raises(ValueError, match="no kind 'drift'"):
        make_leaky_table(rng, kinds=["drift"])


CREDIT = {"credit": [[0.9, 1.0], [0.7, 0.5]]}


def _everything(frame):
    return {
        "future column": list(frame.columns),
        "duplicates": list(range(len(frame))),
        "groups": list(frame.columns),
        "time": list(frame.columns),
        "target encoding": list(frame.columns),
    }


def _every_kind_in_its_usual_place(frame):
    return {
        "time": ["accepted_at"],
        "groups": ["courier"],
        "duplicates": frame.index[frame["split"] == "test"],
    }


@pytest.mark.parametrize(
    ("policy", "label"),
    [
        (_everything, "points at everything"),
        (lambda frame: {}, "finds nothing"),
        (_every_kind_in_its_usual_place, "misses a kind"),
        (lambda frame: ["time"], "not findings"),
        (lambda frame: {"leak": ["late"]}, "unknown kind"),
        (lambda frame: {"time": 3}, "not findings"),
    ],
)
def test_cheap_audits_earn_nothing(policy, label, rng):
    tables = [make_leaky_table(rng) for _ in range(12)]
    verdict = audit(
        {"planted": [table.planted for table in tables]}, [policy(t.frame) for t in tables], CREDIT
    )
    assert (verdict.score, verdict.label) == (0.0, label)


def test_the_truth_earns_everything_and_half_of_it_not(rng):
    planted = [make_leaky_table(rng).planted for _ in range(12)]
    assert audit({"planted": planted}, planted, CREDIT).score == 1
    halved = [truth if i % 2 else {} for i, truth in enumerate(planted)]
    assert audit({"planted": planted}, halved, CREDIT).score < 1


def test_a_dozen_duplicate_rows_weigh_as_much_as_one_column():
    planted = [{"duplicates": list(range(12)), "time": ["accepted_at"]}, {"groups": ["van"]}]
    found = [{"duplicates": list(range(6)), "time": ["accepted_at"]}, {}]
    precision, recall, by_kind = audit_scores(planted, found)
    # places counted one by one: recall 7/14; kinds counted the same: (1/2 + 1 + missing)/2 claims
    assert precision == 1.0 and by_kind["duplicates"] == (1.0, 0.5)
    assert recall == (0.5 + 1.0 + 0.0) / 3


# -- a watched pipeline
@pytest.fixture
def rows(rng):
    X = rng.standard_normal((80, 300))
    return {"X": X, "y": np.arange(80) % 2, "train": np.arange(50), "test": np.arange(50, 80), "kept": 5}


GROUPS = np.repeat([f"g{i}" for i in range(20)], 5)


def _half_of_the_groups(rng):
    return np.isin(GROUPS, [f"g{i}" for i in rng.permutation(20)[:5]])


@pytest.mark.parametrize(
    ("draw", "label"),
    [
        (lambda rng: (np.flatnonzero(~(m := _half_of_the_groups(rng))), np.flatnonzero(m)), ""),
        (lambda rng: (np.arange(25, 100), np.arange(25)), "not random"),
        (lambda rng: (np.arange(25), np.arange(25, 100)), "sizes"),
        (lambda rng: (np.arange(23, 100), np.arange(23)), "group cut"),
        (
            lambda rng: (np.setdiff1d(np.arange(100), np.arange(0, 100, 5)), np.arange(0, 100, 5)),
            "no group untested",
        ),
        (lambda rng: (np.arange(50, 100), np.arange(25)), "rows missing"),
        (lambda rng: (np.arange(100), np.arange(25)), "overlap"),
        (lambda rng: (["g1"], ["g2"]), "not positions"),
        (lambda rng: np.arange(100), "not two sets"),
    ],
)
def test_group_splits_are_judged_by_what_is_wrong_with_them(draw, label, rng):
    again = np.random.default_rng(0)  # in the state in which rng is
    draws = [draw(rng), draw(rng), draw(again)]
    verdict = group_split({"inputs": {"groups": GROUPS}}, draws, {"shares": [0.15, 0.35]})
    assert (verdict.score, verdict.label) == (float(not label), label)


@pytest.mark.parametrize(("same", "label"), [(True, ""), (False, "order of names")])
def test_a_group_split_must_not_depend_on_what_the_groups_are_called(same, label, rng):
    def split(chosen):
        test = np.isin(GROUPS, chosen)
        return np.flatnonzero(~test), np.flatnonzero(test)

    first, second = ["g0", "g1", "g2", "g3", "g4"], ["g5", "g6", "g7", "g8", "g9"]
    draws = [*map(split, (first, second, first)), split(first), split(first if same else second)]
    case = {"inputs": {"groups": GROUPS, "renamed": np.char.add("x", GROUPS)}}
    verdict = group_split(case, draws, {"shares": [0.15, 0.35]})
    assert (verdict.score, verdict.label) == (float(same), label)


def _right(X, y, train, test, selector, scaler, model):
    X_train = scaler.fit_transform(selector.fit_transform(X[train], y[train]))
    model.fit(X_train, y[train])
    return np.mean(model.predict(scaler.transform(selector.transform(X[test]))) == y[test])


def _in_a_pipeline(X, y, train, test, selector, scaler, model):
    return make_pipeline(selector, scaler, model).fit(X[train], y[train]).score(X[test], y[test])


def _selects_first(X, y, train, test, selector, scaler, model):
    kept = selector.fit_transform(X, y)
    model.fit(scaler.fit_transform(kept[train]), y[train])
    return model.score(scaler.transform(kept[test]), y[test])


def _scales_first(X, y, train, test, selector, scaler, model):
    return _in_a_pipeline(scaler.fit_transform(X), y, train, test, selector, scaler, model)


def _fits_on_all(X, y, train, test, selector, scaler, model):
    kept = scaler.fit_transform(selector.fit_transform(X[train], y[train]))
    model.fit(np.vstack([kept, scaler.transform(selector.transform(X[test]))]), np.r_[y[train], y[test]])
    return model.score(scaler.transform(selector.transform(X[test])), y[test])


def _fits_again_on_test_rows(X, y, train, test, selector, scaler, model):
    model.fit(scaler.fit_transform(selector.fit_transform(X[train], y[train])), y[train])
    return model.score(scaler.transform(selector.fit_transform(X[test], y[test])), y[test])


def _trains_on_half(X, y, train, test, selector, scaler, model):
    return _right(X, y, train[::2], test, selector, scaler, model)


def _scores_training_rows(X, y, train, test, selector, scaler, model):
    return make_pipeline(selector, scaler, model).fit(X[train], y[train]).score(X[train], y[train])


def _makes_up_a_number(X, y, train, test, selector, scaler, model):
    _right(X, y, train, test, selector, scaler, model)
    return 0.51234


def _does_not_select(X, y, train, test, selector, scaler, model):
    return make_pipeline(scaler, model).fit(X[train], y[train]).score(X[test], y[test])


def _judged(function, rows):
    score = _right(
        *(rows[name] for name in ("X", "y", "train", "test")),
        *(
            probes.WatchedStep(n, probes._Watch(rows["X"]), rows["kept"])
            for n in ("selector", "scaler", "model")
        ),
    )
    case = {"inputs": rows, "score": float(score)}
    return pipeline(case, watch_pipeline(function, **rows), {"atol": 1e-9})


@pytest.mark.parametrize("function", [_right, _in_a_pipeline])
def test_a_clean_pipeline_passes_however_it_is_written(function, rows):
    assert _judged(function, rows).score == 1


@pytest.mark.parametrize(
    ("function", "label"),
    [
        (_selects_first, "test rows in the selector"),
        (_scales_first, "test rows in the scaler"),
        (_fits_on_all, "test rows in the model"),
        (_trains_on_half, "training rows left out"),
        (_scores_training_rows, "predicts other rows"),
        (_makes_up_a_number, "score"),
        (_fits_again_on_test_rows, "fitted on the test rows alone"),
        (_does_not_select, "not fitted"),
    ],
)
def test_a_leaky_pipeline_is_caught_by_the_rows_that_reached_a_fit(function, label, rows):
    verdict = _judged(function, rows)
    assert (verdict.score, verdict.label) == (0.0, label)


def test_rows_in_neither_part_belong_in_no_fit(rows):
    def everything_but_test(X, y, train, test, selector, scaler, model):
        return _right(X, y, np.setdiff1d(np.arange(len(X)), test), test, selector, scaler, model)

    rows = {**rows, "train": rows["train"][:-3]}
    verdict = _judged(everything_but_test, rows)
    assert (verdict.score, verdict.label) == (0.0, "rows that are not training rows")
    assert _judged(_right, rows).score == 1


# -- what lesson 04 shows of its parcels and of steps without labels
def test_the_nearest_row_is_of_the_own_group_where_groups_are_tight_and_never_without_siblings(rng):
    X, _, groups = grouped_rows(40, 10, 0.1, rng)
    assert nearest_is_sibling(X, groups, random_folds(len(X), 5, rng)) > 0.95
    assert nearest_is_sibling(X, groups, group_folds(groups, 5, rng)) == 0


def test_encoding_before_the_split_flatters_a_test_and_encoding_on_training_rows_does_not(rng):
    study = encoding_test_study(1000, 200, 40, rng)
    # one study: sd about .026, mean of 40: .004; four of these
    assert abs(study.reported.mean() - 0.747) < 0.02
    assert abs(study.honest.mean() - 0.5) < 0.02


def test_merging_rare_levels_on_all_rows_lowers_the_error_with_signal_and_raises_it_without(rng):
    strong, none = (rare_levels_study(200, 200, 40, rng, signal=signal).inflation for signal in (0.8, 0.0))
    assert strong < -0.08 and none > 0.18


def test_parcels_without_copies_and_columns_at_acceptance():
    frame = deliveries.labelled_parcels()
    single = deliveries.without_copies(frame)
    assert single["parcel_id"].is_unique and not single.duplicated(deliveries.SAME_DELIVERY).any()
    assert 0.02 < 1 - len(single) / len(frame) < 0.06
    early = deliveries.at_acceptance(frame)
    assert (early[["compensation_eur", "contacts"]] == 0).all().all() and early["late"].equals(frame["late"])
    half = frame.iloc[::2]
    assert deliveries.as_numbers(half).equals(deliveries.as_numbers(frame).iloc[::2])
    assert set(deliveries.as_numbers(frame, deliveries.LATER)) - set(deliveries.as_numbers(frame)) == set(deliveries.LATER)  # fmt: skip


def test_monthly_costs_by_hand():
    # van; no van and on time; no van and late: 3, 0 and 10 € for 30,000 parcels
    assert deliveries.monthly_costs([0.5, 0.1, 0.3], [0, 0, 1]).tolist() == [90, 0, 300]
