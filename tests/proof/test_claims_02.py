"""Claims of lesson 02 on 100 seeds: double descent (B3) within four standard errors, and honest ablations.

The standard error is derived in the docstring of `double_descent_published` and is itself tested here.
"""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import ShuffleSplit, cross_val_score
from sklearn.tree import DecisionTreeClassifier

from grader.authoring.exercise import load_exercise
from holdout import load
from holdout.data.flights import PLANNED, WEATHER, as_numbers
from holdout.data.parcels import known_at_the_counter
from holdout.paths import find_root, solution_folder
from holdout.topics.remedies.cases import SHORTCUTS, make_scored_cases, score_policy
from holdout.topics.remedies.experiments import (
    ablation_table,
    apply,
    double_descent_published,
    flight_studies,
    make_remedy_case,
    ridge_limit,
    simulate_ablation,
    simulate_min_norm_risk,
)

pytestmark = pytest.mark.proof

SEEDS = range(100)
SIGNAL = 4.0


@pytest.mark.parametrize("p", [50, 200, 400])
def test_double_descent_meets_its_formula_on_every_seed(p):
    repeats = 60
    published = double_descent_published(100, p, repeats)
    missed = [
        seed
        for seed in SEEDS
        if not published.agrees(
            simulate_min_norm_risk(100, p, np.random.default_rng(seed), repeats=repeats).mean()
        )
    ]
    assert not missed
    # A mean that includes the noise of fresh labels (+1) is refused.
    assert not published.agrees(published.value + 1)


def test_the_formula_for_the_standard_deviation_is_itself_right():
    # The standard deviation of a sample of N has relative error sqrt((kurtosis - 1) / (4 N)); we measure the
    # kurtosis.
    for p in (50, 400):
        risks = simulate_min_norm_risk(100, p, np.random.default_rng(5), repeats=2000)
        kurtosis = ((risks - risks.mean()) ** 4).mean() / risks.var() ** 2
        tolerance = 4 * math.sqrt((kurtosis - 1) / (4 * len(risks)))
        assert risks.std() == pytest.approx(double_descent_published(100, p, 1).standard_error, rel=tolerance)


def test_the_peak_is_above_twenty_on_every_seed_and_tuned_ridge_has_none():
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        # At p = n the smallest singular value is of order 1/sqrt(n): the risk of one draw exceeds 20 with
        # probability about 0.9, so that the mean of 30 draws stays below with probability far under 1e-6.
        assert simulate_min_norm_risk(100, 100, rng, repeats=30).mean() > 20
    rng = np.random.default_rng(1)
    tuned = simulate_min_norm_risk(100, 100, rng, repeats=400, ridge=100 / SIGNAL)
    error = tuned.std(ddof=1) / math.sqrt(len(tuned))
    # The limit is for n to infinity; at n = 100 the difference is of order 1/n.
    assert tuned.mean() == pytest.approx(
        ridge_limit(1.0, signal=SIGNAL), abs=4 * error + 0.01 * ridge_limit(1.0)
    )


def test_wrong_ridge_scale_is_far_outside():
    # A penalty divided by n, as if the loss were a mean: reads 9 to 11 instead of 1.56.
    rng = np.random.default_rng(2)
    assert simulate_min_norm_risk(100, 100, rng, repeats=100, ridge=0.25).mean() > 5


def test_policies_that_weigh_promises_against_prices_get_above_0_9_on_the_cases_of_the_deeper_notebook():
    # So that 0.82, "good enough" in its figure, needs no perfection. Measured: 0.939, 0.946 and 0.929; the rule that computes what a
    # penalty does, and trusts a residual pattern only beyond two standard errors, gets 0.80.
    root = find_root()
    question = load_exercise(solution_folder("02", root).name, root)["02.next_step"]
    cases = make_scored_cases(np.random.default_rng(20), 60, designs=8)
    for answer in (question.reference, *question.right_answers):
        computed = answer.name == "the penalty's effect computed from rows and features"
        assert score_policy(question.value_of(answer), cases) > (0.75 if computed else 0.9), answer.name


def test_ablation_intervals_keep_their_promise():
    # Under no effect at all, the share of tables with any finding is at most 5 %: of 100 x 4 tables, 20
    # expected, standard deviation sqrt(400 * 0.05 * 0.95) = 4.4.
    found = 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        for _ in range(4):
            table = ablation_table(simulate_ablation(dict.fromkeys("abcde", 0.0), 8, rng), "baseline")
            found += (table["verdict"] != "not shown").any()
    assert found <= 20 + 4 * 4.4


# -- what lesson 02 says in words
def parcels(**options):
    """Columns, outcomes and completeness of the rows of the lesson; with a seed, of another company."""
    table = load("parcels", defects="all", **options)
    table = table[table["late"].notna()].drop_duplicates("parcel_id")
    X = known_at_the_counter(table).to_numpy()
    return X, table["late"].to_numpy(dtype=int), ~np.isnan(X).any(axis=1)


def cost(data, seed, *, complete_rows=False, judge_complete=False, undo=False, **settings):
    """The study of the lesson: euros for 1,000 parcels. `undo` converts balanced weights back."""
    X, late, complete = data
    order = np.random.default_rng(seed).permutation(len(X))
    train, validation = order[:4000], order[4000:7000]
    train = train[complete[train]] if complete_rows else train
    validation = validation[complete[validation]] if judge_complete else validation
    tree = DecisionTreeClassifier(random_state=seed, **settings).fit(X[train], late[train])
    risk = tree.predict_proba(X[validation])[:, 1]
    if undo:
        share = late.mean()
        risk = risk * share / (risk * share + (1 - risk) * (1 - share))
    return 1000 * np.mean(np.where(risk > 0.3, 3, 10 * late[validation]))


def paired(after, before):
    difference = np.array(after) - np.array(before)
    return difference.mean(), difference.std(ddof=1) / math.sqrt(len(difference))


CHANGES = {
    "larger leaves": {"min_samples_leaf": 40},
    "entropy": {"criterion": "entropy"},
    "complete rows only": {"complete_rows": True},
    "weights for late": {"class_weight": "balanced"},
}


def test_standard_errors_of_sixteen_seeds_hold_on_forty_other_tables_and_entropy_has_an_effect_that_is_not_shown():
    """Measured: means scatter by 11.3, 10.3, 10.0, 9.1 € where standard errors say 11.2, 9.6, 10.2, 10.0; entropy -8.2 ± 1.6."""
    means, errors = [], []
    for seed in range(9000, 9040):
        data = parcels(seed=seed)
        before = [cost(data, run) for run in range(16)]
        rows = [
            paired([cost(data, run, **change) for run in range(16)], before) for change in CHANGES.values()
        ]
        means.append([mean for mean, _ in rows])
        errors.append([error for _, error in rows])
    means, errors = np.array(means), np.array(errors)
    # a standard deviation of 40 values has a relative error of 1 / sqrt(78) = 11%; four of them
    ratio = means.std(axis=0, ddof=1) / np.sqrt((errors**2).mean(axis=0))
    assert (np.abs(np.log(ratio)) < 4 * 0.113).all()
    entropy = means[:, 1].mean(), means[:, 1].std(ddof=1) / math.sqrt(40)
    assert entropy[0] < -4 * entropy[1] and entropy[0] == pytest.approx(-8.2, abs=4 * 1.6)


def test_balanced_weights_cost_nothing_that_shows_once_the_probabilities_are_converted_back():
    """On three other companies: weights on top of larger leaves cost 400 € and more; converted back, less than 40."""
    for seed in range(9000, 9003):
        data = parcels(seed=seed)
        plain = [cost(data, run, min_samples_leaf=40) for run in range(16)]
        weighted = {
            undo: paired(
                [
                    cost(data, run, min_samples_leaf=40, class_weight="balanced", undo=undo)
                    for run in range(16)
                ],
                plain,
            )
            for undo in (False, True)
        }
        assert weighted[False][0] > 300 and weighted[False][0] > 10 * weighted[False][1]
        assert abs(weighted[True][0]) < 60


def test_the_old_tree_gains_as_much_where_only_the_validation_rows_change():
    data = parcels()
    old = {judge: [cost(data, run, judge_complete=judge) for run in range(16)] for judge in (False, True)}
    new = [cost(data, run, complete_rows=True, judge_complete=True) for run in range(16)]
    only_rows, same_rows = paired(old[True], old[False]), paired(new, old[True])
    assert only_rows[0] < -3 * only_rows[1]
    assert abs(same_rows[0]) < 2 * same_rows[1]


def test_what_the_lesson_says_about_remedies_on_flights_holds_on_other_divisions_of_the_flights():
    flights = load("flights").dropna(subset="late").reset_index(drop=True)
    late = flights["late"].to_numpy(dtype=int)
    X = as_numbers(flights, [*PLANNED, *WEATHER]).to_numpy()
    day = as_numbers(flights, ["day_of_year"])["day_of_year"].to_numpy()

    def brier(study, columns=8, rows=1200, **settings):
        train, table = study.train[:rows], X[:, :columns]
        model = HistGradientBoostingClassifier(random_state=0, **settings).fit(table[train], late[train])
        return np.mean((model.predict_proba(table[study.validation])[:, 1] - late[study.validation]) ** 2)

    big, small = {"learning_rate": 0.3, "max_iter": 40}, {"max_iter": 10, "max_depth": 1}
    for seed in (1, 2):
        studies = flight_studies(day, 8, np.random.default_rng(seed))

        def scores(studies=studies, **settings):
            return [brier(study, **settings) for study in studies]

        none = [np.mean((late[study.train[:1200]].mean() - late[study.validation]) ** 2) for study in studies]
        first, large = scores(**big), scores(**big, min_samples_leaf=200)
        early, both = (
            scores(**big, early_stopping=True),
            scores(**big, min_samples_leaf=200, early_stopping=True),
        )
        rows, columns = scores(**big, rows=2400), scores(**big, columns=15)
        for better in (large, early, rows, columns, scores(**big, max_depth=2)):
            mean, error = paired(better, first)
            assert mean < -3 * error
        mean, error = paired(scores(**{**big, "max_iter": 80}), first)
        assert mean > 3 * error
        assert np.mean(large) < np.mean(none) < min(np.mean(one) for one in (first, early, rows, columns))
        extra = np.array(both) - np.array(large) - np.array(early) + np.array(first)
        assert extra.mean() > 3 * extra.std(ddof=1) / math.sqrt(8)
        mean, error = paired(scores(max_iter=100, max_depth=1), scores(**small))
        assert mean < -3 * error
        mean, error = paired(scores(max_iter=10, max_depth=2), scores(**small))
        assert mean < -2 * error
        mean, error = paired(scores(**small, min_samples_leaf=200), scores(**small))
        assert abs(mean) < 0.001
        mean, error = paired(scores(**big, min_samples_leaf=200, early_stopping=True, columns=15), both)
        assert mean < -3 * error
        assert paired(early, both)[0] > 3 * paired(early, both)[1]  # the large leaves taken out


def test_a_ridge_of_one_lowers_the_peak_and_moves_it_but_does_not_remove_it():
    """Mean excess risk at 40 rows over 2,000 fits: about 1.9 at 30 features, 3.19 at 46, 2.92 at 70; the best ridge only rises."""
    rng = np.random.default_rng(41)
    risks = {p: simulate_min_norm_risk(40, p, rng, repeats=2000, ridge=1.0) for p in (30, 46, 70)}
    for other in (30, 70):
        difference = risks[46].mean() - risks[other].mean()
        assert difference > 4 * math.hypot(*(risks[p].std(ddof=1) / math.sqrt(2000) for p in (46, other)))
    best = [simulate_min_norm_risk(40, p, rng, repeats=2000, ridge=p / SIGNAL) for p in (20, 40, 60, 80, 160)]
    means = [one.mean() for one in best]
    assert means == sorted(means)


def test_without_pairs_larger_leaves_show_from_four_seeds_on():
    """Sixteen runs of either variant, as in the lesson: the unpaired interval has two times (seeds - 1) degrees of freedom."""
    data = parcels()
    before, after = (
        np.array([cost(data, seed, min_samples_leaf=leaf) for seed in range(16)]) for leaf in (1, 40)
    )
    shown = [
        seeds
        for seeds in range(2, 17)
        if stats.ttest_ind(after[:seeds], before[:seeds]).confidence_interval(1 - 0.05 / 4).high < 0
    ]
    assert shown == list(range(4, 17))


def test_splits_that_share_few_rows_give_a_right_interval_of_the_brier_score():
    """Eight splits of a fifth and a seventh of the rows, 40 other tables. Measured: means scatter by .0030, errors say .0029."""
    means, errors = [], []
    for seed in range(9000, 9040):
        X, late, _ = parcels(seed=seed)
        splits = ShuffleSplit(8, train_size=4000, test_size=3000, random_state=0)
        small, large = (
            -cross_val_score(
                DecisionTreeClassifier(min_samples_leaf=leaf, random_state=0),
                X,
                late,
                cv=splits,
                scoring="neg_brier_score",
            )
            for leaf in (1, 40)
        )
        mean, error = paired(large, small)
        means.append(mean)
        errors.append(error)
    ratio = np.std(means, ddof=1) / np.sqrt(np.mean(np.square(errors)))
    assert abs(math.log(ratio)) < 4 * 0.113  # as for the costs above


def test_parcels_with_a_missing_value_are_late_more_often_in_other_tables_too():
    """Ten other tables: 1.2 points on average, standard error of one .75."""
    apart = []
    for seed in range(9000, 9010):
        _, late, complete = parcels(seed=seed)
        apart.append(100 * (late[~complete].mean() - late[complete].mean()))
    assert np.mean(apart) == pytest.approx(1.21, abs=0.02) and np.mean(apart) > 4 * 0.75 / math.sqrt(10)


def test_ten_times_the_penalty_harms_models_with_too_few_rows_and_never_doubles_the_risk():
    """100 examples as in lesson 02: by 6% to 52% in nine of ten of them."""
    ratios = []
    for number in range(100):
        case = make_remedy_case(np.random.default_rng([24, number]), "too few rows")
        assert 0.65 * case.features < case.rows < 1.15 * case.features  # "about as many as useful features"
        ratios.append(apply(case, "regularise", designs=8) / apply(case, "leave alone", designs=8))
    assert np.sum(np.array(ratios) > 1) == 98 and max(ratios) < 2
    assert np.quantile(ratios, [0.05, 0.95]) == pytest.approx([1.06, 1.52], abs=0.01)


def test_on_ten_draws_of_sixty_cases_the_gap_rule_is_half_good_and_with_dear_remedies_worse_than_one_for_all():
    gap_rule = SHORTCUTS["gap: more data, no gap: add capacity"]
    plain, dear = (
        [
            score_policy(
                gap_rule, make_scored_cases(np.random.default_rng(seed), 60, designs=8, dearer=dearer)
            )
            for seed in range(20, 30)
        ]
        for dearer in (1, 20)
    )
    assert (min(plain), max(plain)) == pytest.approx((0.43, 0.60), abs=0.006)
    assert (min(dear), max(dear)) == pytest.approx((-1.76, -0.75), abs=0.006)
