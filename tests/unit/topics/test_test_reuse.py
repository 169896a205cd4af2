"""A test set used more than once: how much it flatters, and that each remedy remedies."""

import itertools

import numpy as np
import pytest
from scipy import stats

from holdout.stats.folds import balanced_folds
from holdout.stats.published import PublishedValue
from holdout.topics.test_reuse import probes
from holdout.topics.test_reuse.experiments import (
    boosting_attack,
    boosting_expected,
    choose_columns,
    climb,
    cross_validated_errors,
    expected_maximum,
    ladder,
    nested_error,
    paired_splits,
    resampled_t,
    reuse_expected,
    reuse_study,
    reuse_summary,
    shrunken_centroid_errors,
    thresholdout_answers,
    tuning_study,
    winner_expected,
    winner_study,
)
from holdout.topics.test_reuse.judges import fingerprints

SHRINKAGES = np.linspace(0, 3, 31)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# -- adaptive reuse
def test_a_reused_holdout_reads_63_per_cent_at_the_published_size(rng):
    studies = [reuse_summary(10_000, 10_000, 500, rng) for _ in range(20)]
    expected = reuse_expected(10_000, 500)
    assert expected.value == pytest.approx(0.63, abs=0.005)
    assert all(expected.agrees(study.holdout) for study in studies)
    # fresh rows: a coin, standard error 0.005
    assert all(abs(study.fresh - 0.5) < 0.02 for study in studies)


def test_the_study_with_real_columns_agrees_with_its_summary(rng):
    expected = reuse_expected(1000, 50)
    study = reuse_study(1000, 1000, 50, rng)
    assert expected.agrees(study.holdout)
    assert abs(study.fresh - 0.5) < 4 * 0.5 / np.sqrt(1000)
    assert not expected.agrees(0.5)  # a single honest look


def test_thresholdout_keeps_the_holdout_honest(rng):
    studies = [reuse_summary(10_000, 10_000, 500, rng, thresholdout=(0.04, 0.01)) for _ in range(20)]
    # noise 0.01 on top of a share of 10,000 rows (0.005): 0.0112 a study; 20 studies: 0.0025. The training
    # answer is more than 0.04 off, less noise, nearly always; where not, 0.63 is shown: allow one such in 20.
    assert abs(np.mean([study.holdout for study in studies]) - 0.5) < 4 * 0.0025 + 0.13 / 20
    assert abs(np.mean([study.fresh for study in studies]) - 0.5) < 4 * 0.005 / np.sqrt(20)


def test_thresholdout_shows_the_training_answer_while_the_two_agree(rng):
    assert thresholdout_answers(0.50, 0.52, 0.04, 0.0, rng) == 0.50
    assert thresholdout_answers(0.60, 0.52, 0.04, 0.0, rng) == 0.52


def test_columns_are_chosen_by_agreement_and_ranked_by_training():
    training = np.array([0.5, -0.4, 0.3, 0.05, 0.9])
    holdout = np.array([0.2, -0.2, -0.3, 0.40, 0.05])
    assert choose_columns(training, holdout, 5, 0.1).tolist() == [0, 1]
    assert choose_columns(training, holdout, 1, 0.1).tolist() == [0]


# -- leaderboards
def test_the_majority_of_lucky_coin_flips_climbs_as_the_formula_says(rng):
    attacks = [boosting_attack(500, 4000, rng) for _ in range(10)]
    expected = boosting_expected(500, 4000)
    assert expected.value == pytest.approx(0.579, abs=0.0005)
    mean = PublishedValue(expected.value, expected.standard_error / np.sqrt(10))
    assert mean.agrees(np.mean([attack.public for attack in attacks]))
    assert abs(np.mean([attack.private for attack in attacks]) - 0.5) < 4 * 0.5 / np.sqrt(40_000)


def test_a_ladder_gives_the_attack_next_to_nothing(rng):
    attacks = [boosting_attack(500, 4000, rng, ladder_step=0.02) for _ in range(10)]
    # One step of 0.02 is 2.5 standard errors: at most the luckiest few of 500 are kept
    assert np.mean([attack.public for attack in attacks]) < 0.545
    assert np.mean([attack.public for attack in attacks]) < boosting_expected(500, 4000).value - 0.03


@pytest.mark.parametrize("step", [None, 0.02])
def test_a_climb_ends_where_the_attack_ends(step):
    end = boosting_attack(300, 1000, np.random.default_rng(3), ladder_step=step)
    once = climb([300], 1000, np.random.default_rng(3), ladder_step=step)
    assert (once.public.tolist(), once.private.tolist()) == ([end.public], [end.private])
    first = climb([50, 300], 1000, np.random.default_rng(3), ladder_step=step).public[0]
    assert first == climb([50, 120, 300], 1000, np.random.default_rng(3), ladder_step=step).public[0]


def test_ladder_on_fixed_losses():
    losses = [0.50, 0.495, 0.46, 0.46, 0.452, 0.30, 0.29]
    assert ladder(losses, 0.02).tolist() == pytest.approx([0.50, 0.50, 0.46, 0.46, 0.46, 0.30, 0.30])


def _updates_on_ties(losses, step):
    shown, best = [], np.inf
    for loss in losses:
        best = np.round(loss / step) * step if loss <= best else best
        shown.append(best)
    return shown


def _raw_best(losses, step):
    return np.minimum.accumulate(losses)


def _last_instead_of_best(losses, step):
    shown = [losses[0]]
    for before, loss in itertools.pairwise(losses):
        shown.append(loss if loss < before - step else shown[-1])
    return shown


@pytest.mark.parametrize("wrong", [_updates_on_ties, _raw_best, _last_instead_of_best])
def test_wrong_ladders_show_something_else(wrong):
    losses = [0.50, 0.495, 0.46, 0.48, 0.452, 0.437, 0.43, 0.30, 0.29, 0.36, 0.27]
    assert not np.allclose(wrong(losses, 0.02), ladder(losses, 0.02))


def test_a_ladder_without_a_step_is_refused():
    with pytest.raises(ValueError, match="step is 0"):
        ladder([0.5], 0)


# -- the winner's curse
@pytest.mark.parametrize(("k", "value"), [(1, 0.0), (2, 0.56419), (10, 1.53875), (100, 2.50759)])
def test_expected_maximum_of_normals(k, value):
    assert expected_maximum(k) == pytest.approx(value, abs=1e-5)


def test_the_luck_of_equally_correlated_scores_is_that_of_their_own_parts(rng):
    """Scores share a part with 0.85 of the variance: 60 of them give sqrt(0.15) of the luck of independent ones."""
    shared, own = rng.standard_normal((20_000, 1)), rng.standard_normal((20_000, 60))
    scores = 0.5 + 0.5 / np.sqrt(300) * (np.sqrt(0.85) * shared + np.sqrt(0.15) * own)
    expected = winner_expected(60, 300, n_studies=20_000, correlation=0.85)
    assert expected.agrees(scores.max(axis=1).mean())
    assert not expected.agrees(winner_expected(60, 300).value)


def test_the_best_of_100_coin_flips_on_1000_items_reads_54_per_cent(rng):
    study = winner_study(100, 1000, 2000, rng)
    expected = winner_expected(100, 1000, n_studies=2000)
    assert expected.value == pytest.approx(0.5397, abs=0.0001)
    # the binomial's steps of 0.001 and its short tails move the maximum by about a tenth of a step
    assert abs(study.reported.mean() - expected.value) < expected.tolerance + 0.0002
    assert abs(study.honest.mean() - 0.5) < expected.tolerance
    union_bound = 0.5 + np.sqrt(2 * np.log(100)) * np.sqrt(0.25 / 1000)
    assert abs(union_bound - expected.value) > 0.008


# -- nested cross-validation
def test_without_shrinkage_the_centroid_rule_is_linear_discriminant_analysis_by_hand(rng):
    X, y = rng.standard_normal((30, 4)), np.arange(30) % 2
    X_test, y_test = rng.standard_normal((50, 4)), rng.integers(0, 2, 50)
    means = [X[y == label].mean(axis=0) for label in (0, 1)]
    pooled = np.sqrt(sum(((X[y == c] - means[c]) ** 2).sum(axis=0) for c in (0, 1)) / 28)
    scale = pooled + np.median(pooled)
    distance = [(((X_test - mean) / scale) ** 2).sum(axis=1) for mean in means]
    by_hand = np.mean((distance[1] < distance[0]) != (y_test == 1))
    assert shrunken_centroid_errors(X, y, X_test, y_test, [0.0])[0] == pytest.approx(by_hand)


def test_when_every_column_is_shrunk_away_the_error_is_one_half(rng):
    X, y = rng.standard_normal((30, 4)), np.arange(30) % 2
    assert shrunken_centroid_errors(X, y, X, y, [1e6]).tolist() == [0.5]


def test_a_real_difference_is_found(rng):
    X, y = rng.standard_normal((40, 200)), np.arange(40) % 2
    X[:, :5] += 2.0 * y[:, None]
    assert nested_error(X, y, SHRINKAGES, rng) < 0.1


def test_the_minimum_over_settings_flatters_and_nesting_does_not(rng):
    study = tuning_study(40, 600, SHRINKAGES, 15, rng)
    # one nested error of 40 rows scatters by about 0.12 (folds are correlated): the mean of 15 by 0.031
    assert abs(study.honest.mean() - 0.5) < 4 * 0.031
    assert study.reported.mean() < 0.5 - 0.08


def test_one_fixed_setting_does_not_flatter(rng):
    errors = []
    for _ in range(20):
        X, y = rng.standard_normal((40, 600)), np.arange(40) % 2
        errors.append(cross_validated_errors(X, y, balanced_folds(y, 10, rng), [1.0])[0])
    assert abs(np.mean(errors) - 0.5) < 4 * 0.12 / np.sqrt(20)


def test_balanced_folds_hold_both_classes_evenly(rng):
    y = np.arange(40) % 2
    folds = balanced_folds(y, 10, rng)
    assert all(np.sum(y[folds == fold]) == 2 and np.sum(folds == fold) == 4 for fold in range(10))


# -- the corrected resampled t-test
def test_the_naive_resampled_t_test_rejects_far_too_often_and_the_corrected_one_does_not(rng):
    differences = paired_splits(100, 15, 1000, rng)
    naive = np.mean(resampled_t(differences)[1] < 0.05)
    corrected = np.mean(resampled_t(differences, test_share=1 / 9)[1] < 0.05)
    # shares of 1,000: standard error 0.0069 at 5 %
    assert naive > 0.05 + 8 * 0.0069
    assert abs(corrected - 0.05) < 4 * 0.0069


def test_the_correction_replaces_one_over_j(rng):
    differences = rng.normal(0.01, 0.05, 15)
    naive, p = resampled_t(differences)
    assert (naive, p) == pytest.approx(tuple(stats.ttest_1samp(differences, 0)))
    corrected, _ = resampled_t(differences, test_share=1 / 9)
    assert corrected == pytest.approx(naive * np.sqrt((1 / 15) / (1 / 15 + 1 / 9)))
    assert corrected != pytest.approx(naive * np.sqrt((1 / 15) / (1 / 15 + 9)))


def test_one_split_is_too_few_for_a_test():
    with pytest.raises(ValueError, match="at least two splits"):
        resampled_t([0.1])


def test_equal_models_differ_by_nothing_on_average(rng):
    differences = paired_splits(100, 10, 400, rng)
    # the mean of a data set scatters by about 0.04
    assert abs(differences.mean()) < 4 * 0.04 / np.sqrt(400)
    assert paired_splits(100, 10, 200, rng, advantage=1.0).mean() > 0.05


# -- the judge of fingerprints
CASE = {"same": [0, 0, 1, 2], "changes": ["as it is", "order", "one word", "a repeated item"]}


@pytest.mark.parametrize(
    ("got", "label"),
    [
        (["a", "a", "b", "c"], ""),
        (["a", "x", "b", "c"], "order"),
        (["a", "a", "a", "c"], "one word"),
        (["a", "a", "b", "a"], "a repeated item"),
        ([1, 1, 2, 3], "not fingerprints"),
        (["a"], "not fingerprints"),
    ],
)
def test_a_fingerprint_is_equal_exactly_where_the_sets_are(got, label):
    verdict = fingerprints(CASE, got, {})
    assert (verdict.score, verdict.label) == (float(not label), label)


def test_of_several_sets_that_meet_the_telling_pair_is_named():
    changes = ["as it is", "one word", "another word", "two answers", "the two answers in another order"]
    case = {"same": [0, 1, 2, 3, 3, *range(4, 104)], "changes": [*changes, *["one of many"] * 100]}
    marks = [str(mark) for mark in case["same"]]
    assert fingerprints(case, marks, {}).score == 1.0
    assert fingerprints(case, [*marks[:6], marks[7], *marks[7:]], {}).label == "one of many"
    assert fingerprints(case, [*marks[:2], marks[1], *marks[3:]], {}).label == "another word"
    assert fingerprints(case, [*marks[:4], "x", *marks[5:]], {}).label == "the two answers in another order"


@pytest.mark.parametrize(
    "function",
    [
        lambda items: str(hash(tuple(items))),
        lambda items: str(hash(tuple((str(q), f"{a}") for q, a in items))),
        lambda items: str(sum(hash(q + a) for q, a in items)),
        lambda items: str(hash(frozenset("".join(item) for item in items))),
    ],
)
def test_a_hash_of_text_differs_in_another_session_however_the_text_was_copied(function):
    first, again = probes.fingerprints(function, [[["a question", "yes"], ["another", "no"]]])
    assert first != again


def test_what_does_not_depend_on_the_session_stays_and_hash_is_put_back():
    before = hash
    first, again = probes.fingerprints(
        lambda items: f"{hash(len(items))} {hash((1.5, None))} {sorted(map(tuple, items))!r}", [[["q", "a"]]]
    )
    assert first == again
    assert hash is before
