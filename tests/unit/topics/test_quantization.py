"""Rounding noise, outliers, error feedback and recorded outcomes do what lesson 09 says of them."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from holdout.data.loader import folder, path
from holdout.lm import course_set, load, open_book, quantize, quantize_matrix
from holdout.lm.checkpoint import digest
from holdout.lm.evaluation import compare, compare_answers, evaluate
from holdout.topics.quantization.experiments import (
    SLICES,
    Outcomes,
    best_uniform_error,
    error_feedback,
    inliers_error,
    lloyd_max_error,
    mean_change,
    questions_needed,
    real_changes,
    rounding_error,
    row_steps,
    signal_to_noise,
    symmetric_round,
    tail_questions,
    usage_average,
    verdicts,
)


def test_rounding_is_to_the_nearest_of_odd_many_levels_and_the_largest_value_is_kept():
    values = np.array([-3.0, -1.4, 0.0, 0.4, 3.0])
    np.testing.assert_allclose(symmetric_round(values, 3), [-3, -1, 0, 0, 3])
    assert len(np.unique(symmetric_round(np.linspace(-1, 1, 9999), 4))) == 15


def test_each_row_has_its_own_step_and_zeros_stay_zero():
    matrix = np.array([[100.0, 1.0], [1.0, 0.1], [0.0, 0.0]])
    rounded = symmetric_round(matrix, 8, axis=1)
    np.testing.assert_allclose(rounded[1], [1.0, np.round(0.1 * 127) / 127])
    np.testing.assert_array_equal(rounded[2], 0)


def test_it_is_the_quantizer_that_the_language_model_uses():
    matrix = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    for per_row, axis in ((False, None), (True, 1)):
        np.testing.assert_allclose(
            symmetric_round(matrix, 4, axis=axis),
            quantize_matrix(matrix, 4, per_row=per_row).dequantize(),
            atol=1e-6,
        )


@pytest.mark.parametrize("bits", [1, 17])
def test_bits_out_of_range_are_named(bits):
    with pytest.raises(ValueError, match=f"between 2 and 16, not {bits}"):
        symmetric_round(np.ones(3), bits)


def test_a_weight_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        symmetric_round(np.array([1.0, np.nan]), 8)


def test_noise_is_a_twelfth_of_the_squared_step():
    """100,000 values: the mean of squares of an even spread varies by step^2 / sqrt(180 n), so 4 of these."""
    values = np.random.default_rng(0).uniform(-1, 1, 100_000)
    step = np.abs(values).max() / 127
    noise = np.mean((values - symmetric_round(values, 8)) ** 2)
    assert abs(noise - rounding_error(step)) < 4 * step**2 / np.sqrt(180 * len(values))


def test_one_bit_more_is_six_decibels():
    values = np.random.default_rng(1).uniform(-1, 1, 100_000)
    gain = signal_to_noise(values, symmetric_round(values, 11)) - signal_to_noise(
        values, symmetric_round(values, 10)
    )
    levels = 20 * np.log10(
        (2**10 - 1) / (2**9 - 1)
    )  # not exactly 20 log10(2): one level is spent on the symmetry
    assert abs(gain - levels) < 0.06  # four standard errors of the difference of two noises


def test_max_1960_is_reproduced():
    """Printed values; four bits were iterated by hand in 1960 and stop 4e-6 above the optimum's last digit."""
    for bits, published in {1: 0.3634, 2: 0.1175, 3: 0.03454, 4: 0.009497}.items():
        assert lloyd_max_error(bits) == pytest.approx(published, rel=6e-4)
    for bits, published in {2: 0.1188, 3: 0.03744, 4: 0.01154}.items():
        assert best_uniform_error(bits)[1] == pytest.approx(published, rel=6e-4)


def test_one_outlier_makes_everything_else_coarse_and_keeping_it_apart_repairs_that():
    """An outlier 20 times the largest value makes the step 20 times, the noise 400 times as large.

    4,000 values: each noise has a relative standard error of sqrt(0.8 / n) = 1.4 %, so 400 within 8 %.
    """
    values = np.random.default_rng(2).normal(size=4000).clip(-4, 4)
    without = inliers_error(values, 8, outlier=0.0)
    outlier = 20 * np.abs(values).max()
    assert inliers_error(values, 8, outlier=outlier) / without == pytest.approx(400, rel=0.08)
    assert inliers_error(values, 8, outlier=outlier, keep_above=6.0) == without


def test_error_feedback_buys_a_better_output_with_worse_weights():
    rng = np.random.default_rng(3)
    covariance = 0.7 ** np.abs(np.subtract.outer(np.arange(48), np.arange(48)))
    X = rng.normal(size=(600, 48)) @ np.linalg.cholesky(covariance).T
    W = rng.normal(size=(32, 48))
    fed, plain = error_feedback(W, X, 4), symmetric_round(W, 4, axis=1)
    assert np.mean((X @ (fed - W).T) ** 2) < 0.7 * np.mean((X @ (plain - W).T) ** 2)
    assert np.mean((fed - W) ** 2) > 1.2 * np.mean((plain - W) ** 2)


def test_feedback_made_from_few_unrelated_inputs_is_worse_than_plain_rounding_on_fresh_ones():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        W, few, fresh = rng.normal(size=(48, 48)), rng.normal(size=(60, 48)), rng.normal(size=(1000, 48))
        fed, plain = error_feedback(W, few, 4), symmetric_round(W, 4, axis=1)
        own, new = (np.mean((X @ (fed - W).T) ** 2) / np.mean((X @ (plain - W).T) ** 2) for X in (few, fresh))
        assert own < 1 < new


def test_with_unrelated_inputs_of_equal_size_feedback_has_nothing_to_feed_back():
    W = np.random.default_rng(4).normal(size=(8, 16))
    np.testing.assert_allclose(error_feedback(W, np.eye(16), 4), symmetric_round(W, 4, axis=1), atol=1e-9)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(5, 4\)"):
        error_feedback(np.ones((2, 3)), np.ones((5, 4)), 4)


def test_the_average_is_weighted_by_use():
    assert usage_average({"a": 1.0, "b": 0.0, "c": 0.5}, {"a": 3, "b": 1}) == 0.75
    with pytest.raises(ValueError, match="'d'"):
        usage_average({"a": 1.0}, {"d": 1})


def test_questions_that_are_answered_by_unknown_are_called_not_documented():
    book = open_book()
    asked, original = tail_questions(book, "test", n=20), course_set(book, "test", n=20).only(*SLICES)
    assert [item.prompt for item in asked.items] == [item.prompt for item in original.items]
    unknown = {item.slice for item in asked.items if item.answer == "unknown"}
    assert {"not documented, invented", "not documented, real"} <= unknown
    assert not any("abstain" in name for name in asked.slices)


def test_the_record_belongs_to_the_shipped_checkpoints_and_questions():
    outcomes = Outcomes.load()
    assert outcomes.weights == {size: digest(load(size).weights) for size in ("S", "M", "L")}
    for split, fingerprint in outcomes.fingerprints.items():
        asked = tail_questions(open_book(), split)
        assert fingerprint == asked.fingerprint
        assert outcomes.slices[outcomes.splits == split].tolist() == [item.slice for item in asked.items]
    assert outcomes.right.shape == (33, len(outcomes.slices))


def test_the_record_agrees_with_the_checkpoints_own_records():
    """Accuracies of the unrounded models stand in two files; near ties may move two items."""
    called = {"abstain, invented": "not documented, invented", "abstain, real": "not documented, real"}
    outcomes = Outcomes.load()
    for size in ("S", "M", "L"):
        record = json.loads((folder() / "checkpoints" / f"{size}.json").read_text())["accuracy"]["test"]
        found = outcomes.accuracy(outcomes.find(size, 16), "test")
        for name in SLICES:
            accuracy = found[called.get(name, name)]
            assert abs(record[name]["accuracy"] - accuracy) <= 2 / record[name]["items"]


READING = ("same parameter", "same estimator", "changed, with passages")


def test_what_the_lesson_stands_on():
    """Five bits, one step a matrix: the popular questions hold, reading breaks, on both splits; a step a row repairs most of it."""
    for split in ("validation", "test"):
        five, rows = (Outcomes.load().changes("L", 5, per_row, split) for per_row in (False, True))
        assert five.loc["traffic", "difference"] > -0.02
        assert (five.loc[list(READING), "difference"] < -0.08).all()
        assert set(verdicts(five, 0.02)[["same parameter", "same estimator"]]) == {"broken"}
        assert not (verdicts(rows, 0.02) == "broken").any()
        assert mean_change(five, READING)[2] < -0.08 < mean_change(rows, READING)[1]


def test_a_slice_is_broken_or_holds_only_where_its_whole_interval_says_so():
    changes = pd.DataFrame(
        {"low": [-0.2, -0.1, -0.01], "high": [-0.05, 0.0, 0.01], "items": 400, "lost": 3, "gained": 1},
        index=["a", "b", "c"],
    )
    assert verdicts(changes, 0.02).to_dict() == {"a": "broken", "b": "open", "c": "holds"}


@pytest.mark.parametrize(
    ("items", "lost", "verdict"), [(100, 0, "open"), (200, 0, "holds"), (200, 1, "open")]
)
def test_without_a_gained_answer_a_slice_holds_only_by_the_exact_bound(items, lost, verdict):
    """0 of 100 lost excludes 2 points by the interval; a loss of 2 points shows none in 13% of such samples."""
    after = np.arange(items) >= lost
    changes = compare_answers(np.ones(items, bool), after, np.repeat("a", items))
    assert changes.loc["a", "low"] > -0.02
    assert verdicts(changes, 0.02)["a"] == verdict
    exact = binomtest(lost, items).proportion_ci(0.95, "exact").high
    assert (exact < 0.02) == (verdict == "holds")


def test_compare_answers_is_the_comparison_of_two_reports():
    questions = tail_questions(open_book(), n=20)
    model = load("S")
    reports = [evaluate(each, questions) for each in (model, model.with_weights(quantize(model.weights, 4)))]
    slices = np.array([item.slice for item in questions.items])
    pd.testing.assert_frame_equal(
        compare_answers(reports[0].correct, reports[1].correct, slices), compare(*reports), check_dtype=False
    )


def test_the_interval_of_a_mean_of_slices_is_that_of_independent_parts():
    """Four slices with equal half-widths: the mean has half of the width; the mean of the ends would keep all of it."""
    changes = pd.DataFrame(
        {"difference": [-0.1] * 4, "low": [-0.14] * 4, "high": [-0.06] * 4}, index=list("abcd")
    )
    assert mean_change(changes, list("abcd")) == pytest.approx((-0.1, -0.12, -0.08))


def test_the_number_of_questions_that_is_needed_is_the_smallest():
    for loss in (0.02, 0.0005):
        n = questions_needed(loss)
        assert binom.pmf(0, n - 1, loss) > 0.05 >= binom.pmf(0, n, loss)
    for loss in (0.0, 1.0):
        with pytest.raises(ValueError, match="between 0 and 1"):
            questions_needed(loss)


def test_row_steps_in_all_matrices_or_none_are_the_two_ways_of_the_quantizer():
    weights = load("S").weights
    matrices = [name for name, weight in weights.items() if weight.ndim == 2]
    for names, per_row in ((matrices, True), ([], False)):
        expected = quantize(weights, 5, per_row=per_row)
        for name, weight in row_steps(weights, 5, names).items():
            np.testing.assert_array_equal(weight, expected[name])
    with pytest.raises(ValueError, match="'9.query'"):
        row_steps(weights, 5, ["9.query"])


def test_the_real_model_has_kinds_of_reading_and_a_scheme_that_was_not_recorded_is_named():
    found = real_changes("4 bits, rows")
    assert list(found.index[:3]) == ["text", "switch", "number"]
    assert found.loc[["text", "switch", "number"], "items"].sum() == 150
    with pytest.raises(ValueError, match="'2 bits'"):
        real_changes("2 bits")


def test_a_variant_that_was_not_recorded_is_named():
    with pytest.raises(ValueError, match="7 bits was not recorded"):
        Outcomes.load().find("M", 7)


def test_the_checksums_hold():
    import hashlib

    for text in path("quantized_outcomes/checksums.sha256").read_text().splitlines():
        expected, name = text.split()
        assert hashlib.sha256(path(f"quantized_outcomes/{name}").read_bytes()).hexdigest() == expected
