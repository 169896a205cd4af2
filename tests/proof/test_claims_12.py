"""Published or derived numbers of lesson 12 (A1, A1b, A2, A3), each with a tolerance of four standard errors; and what it claims about words, digits and the recorded runs of the language model."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.feature_extraction.text import CountVectorizer

from holdout.lm import load, one_thread, open_book
from holdout.lm.real.records import passages
from holdout.lm.texts import (
    TAIL_FROM,
    fact_ranks,
    real_texts,
    recorded_generations,
    text_metrics,
    train_on_texts,
    write_texts,
)
from holdout.stats import distributions
from holdout.stats.intervals import mean_interval
from holdout.topics.collapse import experiments as collapse

pytestmark = pytest.mark.proof
SEEDS = range(100)
FREQUENT, TAIL = 100, 1000  # ranks of words


@pytest.fixture(scope="module")
def words():
    """Shares of the words of scikit-learn's documentation, the most frequent first."""
    counts = CountVectorizer(token_pattern="[a-z]+").fit_transform(passages().values()).sum(axis=0).A1
    return np.sort(counts)[::-1] / counts.sum()


@pytest.fixture(scope="module")
def recorded():
    rows = pd.DataFrame(recorded_generations())
    rows["frequent facts"] = rows["facts"] - rows["tail facts"]
    rows["answered"] = rows["frequent answered"] + rows["tail answered"]
    return rows


def of_run(recorded, mode, temperature, generation, name):
    """One number for each of the three seeds."""
    rows = recorded[
        (recorded["mode"] == mode)
        & (recorded["temperature"] == temperature)
        & (recorded["generation"] == generation)
    ]
    return rows.sort_values("seed")[name].to_numpy()


@pytest.mark.parametrize("seed", SEEDS)
def test_mean_of_a_refitted_gaussian_wanders_as_n_over_m(seed):
    means, _ = collapse.gaussian_chains(50, 20, np.random.default_rng(seed), chains=4000, ddof=1)
    # Var(mu_n) = n/M; kurtosis is above normal because the variance wanders too: E[v^2] <= (1 + 2/49)^20 = 2.2
    assert abs(means[20].var() - 0.4) < 4 * 0.4 * np.sqrt((3 * 2.2 - 1) / 4000)


@pytest.mark.parametrize("seed", SEEDS)
def test_log_variance(seed):
    _, variances = collapse.gaussian_chains(50, 20, np.random.default_rng(seed), chains=4000, ddof=1)
    tolerance = 4 * np.sqrt(20 * 2 / 49 / 4000) * 1.02
    assert abs(np.log(variances[20]).mean() - collapse.expected_log_variance(50, 20)) < tolerance


@pytest.mark.parametrize("seed", SEEDS)
def test_support_after_one_generation(seed):
    p, chains = distributions.zipf(1000), 100
    rng = np.random.default_rng(seed)
    alive = [np.count_nonzero(collapse.token_chain(p, 2000, 1, rng)[1]) for _ in range(chains)]
    # tokens are negatively correlated, so the variance is at most the sum of q(1 - q)
    q = 1 - (1 - p) ** 2000
    assert abs(np.mean(alive) - collapse.expected_support(p, 2000)) < 4 * np.sqrt(
        np.sum(q * (1 - q)) / chains
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("mode", "expected"), [("replace", 20.0), ("accumulate", 1.5961632)])
def test_error_of_replacing_and_accumulating(seed, mode, expected):
    chains = 400
    ratios = collapse.regression_ratios(100, 10, 20, np.random.default_rng(seed), mode=mode, chains=chains)
    # Given the inputs, the error is a sum of d = 10 squared normal values, weighted by the eigenvalues of inv(X'X):
    # relative variance 2/d times their mean square over squared mean, 1/(1 - d/T) = 1.11 (Marchenko-Pastur). The sum of
    # the eigenvalues varies by a few per cent. In all a relative standard deviation of 0.48 at most, rounded up to 0.5.
    assert abs(ratios[-1].mean() - expected) < 4 * 0.5 * expected / np.sqrt(chains)


# -- one dimension, and the fixed budget


def test_a_chain_reports_more_variance_than_at_the_start_in_19_percent_of_cases():
    _, variances = collapse.gaussian_chains(50, 20, np.random.default_rng(0), chains=20_000)
    assert abs(np.mean(variances[20] > 1) - 0.19) < 4 * np.sqrt(0.19 * 0.81 / 20_000) + 0.005


@pytest.mark.parametrize("seed", range(5))
def test_the_typical_mean_stops_moving(seed):
    means, variances = collapse.gaussian_chains(50, 1000, np.random.default_rng(seed), chains=1000, ddof=1)
    typical = {n: np.median(np.abs(means[n])) for n in (20, 200, 1000)}
    # the standard error of a median of 1,000 absolute values of spread 0.8 is about 0.03
    assert typical[20] < 0.5 < typical[200] and abs(typical[1000] - typical[200]) < 0.13 and typical[1000] < 1
    assert np.median(variances[1000]) < 1e-6


@pytest.mark.parametrize("seed", range(20))
def test_divided_by_m_the_variance_of_the_mean_is_bounded_by_the_real_variance(seed):
    means, _ = collapse.gaussian_chains(50, 200, np.random.default_rng(seed), chains=1000)
    # the sum of (1/M)(1 - 1/M)^i; the kurtosis of the mean is that of a normal law with a variance that scatters: below 9
    assert abs(means[200].var() - (1 - (1 - 1 / 50) ** 200)) < 4 * np.sqrt(8 / 1000)


def test_a_fixed_budget_levels_off_near_three():
    late = collapse.regression_ratios(100, 10, 60, np.random.default_rng(0), mode="fixed budget", chains=150)
    early, middle, end = late[4].mean(), late[19:30].mean(axis=0), late[49:].mean(axis=0)
    assert early < 2.7
    for level in (middle, end):
        assert 2.7 < level.mean() < 3.25
    difference = end - middle
    assert abs(difference.mean()) < 4 * difference.std(ddof=1) / np.sqrt(150)


def test_the_formula_of_the_fixed_budget_holds_for_many_rows():
    ratios = collapse.regression_ratios(400, 5, 12, np.random.default_rng(0), mode="fixed budget", chains=300)
    for n in (1, 2, 5, 12):
        error = ratios[n - 1].std(ddof=1) / np.sqrt(300)
        assert abs(ratios[n - 1].mean() - collapse.fixed_budget_factor(n)) < 4 * error
    assert collapse.fixed_budget_factor(np.inf) == pytest.approx(
        collapse.fixed_budget_factor(100_000), abs=1e-4
    )


def test_all_generations_of_accumulation_share_the_luck_of_the_first_fit():
    ratios = collapse.regression_ratios(100, 10, 20, np.random.default_rng(1), mode="accumulate", chains=400)
    assert np.corrcoef(ratios[0], ratios[19])[0, 1] > 0.4


# -- words


@pytest.mark.parametrize("seed", range(5))
def test_what_survives_is_decided_by_copies_per_generation(words, seed):
    extinct = 0.0
    for _ in range(20):
        extinct = np.exp(extinct - 1)
    left = 1 - extinct ** (10_000 * words)
    chains = [
        collapse.token_chain(words, 10_000, 20, np.random.default_rng([seed, k]))[20] for k in range(40)
    ]
    alive = np.mean(np.array(chains) > 0, axis=0)
    for part, claimed in (
        (slice(0, FREQUENT), 0.93),
        (slice(FREQUENT, TAIL), 0.27),
        (slice(TAIL, None), 0.04),
    ):
        q = left[part]
        # words compete for places, so the variance of their sum is at most that of independent ones
        tolerance = 4 * np.sqrt(np.sum(q * (1 - q)) / 40) / len(q)
        # a Poisson number for a binomial one: frequent words have shares of up to 6%
        assert abs(alive[part].mean() - q.mean()) < tolerance + 0.003
        assert abs(q.mean() - claimed) < 0.006
    assert np.log(0.5) / np.log(extinct) == pytest.approx(7.6, abs=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_the_tail_mass_of_counted_words_stays_on_average(words, seed):
    chains = [
        collapse.token_chain(words, 10_000, 20, np.random.default_rng([seed, k]))[20] for k in range(100)
    ]
    masses = np.array(chains)[:, TAIL:].sum(axis=1)
    assert abs(masses.mean() - words[TAIL:].sum()) < 4 * masses.std(ddof=1) / 10
    low, high = np.quantile(masses, [0.1, 0.9])
    assert 0.055 < low < 0.07 and 0.085 < high < 0.105


def test_a_thousand_words_per_generation_lose_two_thirds_of_the_frequent_words(words):
    chains = [collapse.token_chain(words, 1_000, 20, np.random.default_rng(k))[20] for k in range(20)]
    assert 0.28 < (np.array(chains)[:, :FREQUENT] > 0).mean() < 0.40


@pytest.mark.parametrize("samples", [1_000, 10_000])
def test_diversity_falls_by_the_factor_of_wright(words, samples):
    last = [collapse.token_chain(words, samples, 20, np.random.default_rng(k))[20] for k in range(200)]
    kept = np.array([collapse.diversity(p) for p in last]) / collapse.diversity(words)
    assert abs(kept.mean() - (1 - 1 / samples) ** 20) < 4 * kept.std(ddof=1) / np.sqrt(200)


def test_distances_from_the_real_words_after_twenty_generations(words):
    for mode, first, last in (
        ("replace", 0.137, 0.425),
        ("accumulate", 0.137, 0.164),
        ("fixed budget", 0.137, 0.209),
    ):
        chains = np.array(
            [collapse.token_chain(words, 10_000, 20, np.random.default_rng(k), mode=mode) for k in range(20)]
        )
        distance = np.abs(chains - words).sum(axis=2) / 2
        assert distance[:, 1].mean() == pytest.approx(first, abs=0.003)
        assert distance[:, 20].mean() == pytest.approx(last, abs=0.012)


def test_accumulation_holds_exactly_what_the_first_sample_held(words):
    chain = collapse.token_chain(words, 10_000, 20, np.random.default_rng(0), mode="accumulate")
    support = (chain[1:, TAIL:] > 0).mean(axis=1)
    assert (support == support[0]).all()
    assert support[0] == pytest.approx(
        collapse.expected_support(words[TAIL:], 10_000) / len(words[TAIL:]), abs=0.04
    )


# -- digits


def test_images_lose_variety_and_hardly_distance():
    runs = [collapse.digit_generations(10, 600, np.random.default_rng(seed)) for seed in range(5)]
    fall = np.array([1 - run.spread[10] / run.spread[1] for run in runs])
    farther = np.array([run.nearest_real[10] / run.nearest_real[1] - 1 for run in runs])
    covered = np.array([run.coverage[10] / run.coverage[1] for run in runs])
    assert 0.18 < fall.min() and fall.max() < 0.30
    assert farther.max() < 0.06 and farther.mean() > 0
    assert 0.4 < covered.min() and covered.max() < 0.65


# -- the language model: recorded runs, three seeds


def test_three_of_four_frequent_facts_become_one_of_four(recorded):
    start = of_run(recorded, "replace", 1.0, 0, "frequent facts")
    end = of_run(recorded, "replace", 1.0, 10, "frequent facts")
    assert round(start.mean()) == 76 and round(end.mean()) == 26
    assert mean_interval(end)[1] < 3
    assert of_run(recorded, "replace", 1.0, 10, "tail facts").mean() < 12


def test_most_questions_that_lose_their_answer_are_about_frequent_facts(recorded):
    lost = {
        name: of_run(recorded, "replace", 1.0, 0, name) - of_run(recorded, "replace", 1.0, 10, name)
        for name in ("frequent answered", "answered")
    }
    mean, reach = mean_interval(lost["frequent answered"] / lost["answered"])
    assert 0.72 < mean < 0.84 and mean - reach > 0.5


def test_accumulation_saves_tickets_at_equal_compute_and_pays_at_four_euros(recorded):
    saved = of_run(recorded, "accumulate", 1.0, 10, "answered") - of_run(
        recorded, "replace", 1.0, 10, "answered"
    )
    mean, reach = mean_interval(saved)
    assert 0.17 < mean < 0.25 and 4_000 * (mean - reach) > 400


def test_accumulation_loses_less_and_still_loses(recorded):
    for name, low, high in (("frequent facts", 0.75, 0.87), ("tail facts", 0.40, 0.50)):
        kept = of_run(recorded, "accumulate", 1.0, 10, name) / of_run(recorded, "accumulate", 1.0, 0, name)
        assert low < kept.mean() < high
    gain = [of_run(recorded, mode, 1.0, 10, "frequent facts") for mode in ("accumulate", "replace")]
    assert stats.ttest_rel(*gain).confidence_interval().low > 20


def test_what_the_report_of_the_opening_says_is_true(recorded):
    assert of_run(recorded, "replace", 1.0, 10, "correct").min() > 0.5
    ratio = (
        of_run(recorded, "replace", 1.0, 10, "head mass").mean()
        / of_run(recorded, "replace", 1.0, 0, "head mass").mean()
    )
    assert 0.9 < ratio < 1.15


def test_a_language_model_loses_tail_mass_too(recorded):
    start, end = (of_run(recorded, "replace", 1.0, generation, "tail mass") for generation in (0, 10))
    assert (end < 0.6 * start).all()


def test_a_low_temperature_is_correct_and_forgets(recorded):
    assert of_run(recorded, "replace", 0.9, 10, "correct").min() > 0.99
    assert of_run(recorded, "replace", 0.9, 10, "frequent facts").max() < 15
    assert of_run(recorded, "replace", 0.9, 10, "tail facts").max() <= 2


def test_answered_questions_are_counted_and_not_bounded():
    book = open_book()
    texts = real_texts(book, 1500, np.random.default_rng(0))
    stated = set(fact_ranks(texts, book))
    metrics = text_metrics(texts, book)
    by_hand = sum(share for rank, share in enumerate(book.traffic) if rank in stated)
    assert metrics["frequent answered"] + metrics["tail answered"] == pytest.approx(by_hand)
    assert metrics["frequent answered"] == pytest.approx(
        sum(book.traffic[rank] for rank in stated if rank < TAIL_FROM)
    )
    assert metrics["correct"] == 1 and 0.10 < 1 - by_hand < 0.14


def test_a_fact_that_the_texts_lost_can_return_since_each_generation_starts_from_the_same_model():
    base, book, rng = load("M"), open_book(), np.random.default_rng(3)
    with one_thread():
        texts, stated = real_texts(book, 1500, rng), []
        for _ in range(4):
            texts = write_texts(train_on_texts(base, texts, rng), 1500, rng)
            stated.append(set(fact_ranks(texts, book)) - {-1})
    # a fact that no generation stated before is new, and has not come back
    back = [(now - stated[place]) & set().union(*stated[:place]) for place, now in enumerate(stated[1:])]
    assert sum(map(len, back)) >= 3


def test_the_tail_goes_before_the_frequent_facts_in_each_seed(recorded):
    for seed in range(3):
        left = {
            name: of_run(recorded, "replace", 1.0, 1, name)[seed]
            / of_run(recorded, "replace", 1.0, 0, name)[seed]
            for name in ("frequent facts", "tail facts")
        }
        assert left["tail facts"] < 0.65 < 0.75 < left["frequent facts"]


def test_correctness_differs_between_the_seeds_so_much_that_a_mean_alone_says_too_much(recorded):
    end = of_run(recorded, "replace", 1.0, 10, "correct")
    assert end.max() - end.min() > 0.15 and mean_interval(end)[1] > 0.2


def test_cross_entropy_is_the_distance_of_kullback_and_leibler_plus_a_constant(words):
    p = collapse.token_chain(words, 100_000, 1, np.random.default_rng(0))[1] * 0.99 + 0.01 / len(words)
    cross = -np.sum(words * np.log(p))
    assert cross == pytest.approx(stats.entropy(words, p) + stats.entropy(words))
