"""Loops of models that learn from their own output: formulas, exact cases and refusals."""

import numpy as np
import pytest

from holdout.lm import open_book, texts
from holdout.stats import distributions
from holdout.topics.collapse import experiments as collapse


def test_variance_of_refitted_gaussians_falls_as_the_formula_says():
    _, variances = collapse.gaussian_chains(50, 20, np.random.default_rng(0), chains=4000)
    # standard deviation of the product of 20 chi-square ratios, each with relative variance 2/M: at most
    # sqrt((1 + 2/50)**20 - 1) * 0.668 = 0.73, over the root of 4,000 chains, times 4: 0.047
    assert abs(variances[20].mean() - collapse.expected_variance(50, 20)) < 0.047


def test_unbiased_variance_still_falls_in_the_logarithm():
    _, variances = collapse.gaussian_chains(50, 20, np.random.default_rng(0), chains=4000, ddof=1)
    # the variance of a log chi-square ratio is about 2/(M-1), 20 of them over 4,000 chains, times 4 standard errors
    tolerance = 4 * np.sqrt(20 * 2 / 49 / 4000) * 1.02
    assert abs(np.log(variances[20]).mean() - collapse.expected_log_variance(50, 20)) < tolerance


def test_all_real_data_stop_the_drift():
    _, variances = collapse.gaussian_chains(50, 20, np.random.default_rng(0), chains=4000, real_share=1.0)
    # one fit: mean 0.98, standard deviation sqrt(2/50)
    assert abs(variances[20].mean() - 0.98) < 4 * np.sqrt(2 / 50 / 4000)


@pytest.mark.parametrize(("p", "samples", "expected"), [([0.5, 0.5], 1, 1.0), ([1.0, 0.0], 7, 1.0)])
def test_expected_support_of_small_cases_is_exact(p, samples, expected):
    assert collapse.expected_support(p, samples) == expected


def test_a_token_that_dies_under_replacement_never_returns():
    chain = collapse.token_chain(distributions.zipf(200), 100, 10, np.random.default_rng(0))
    alive = chain > 0
    assert not (alive[1:] & ~alive[:-1]).any()
    assert np.allclose(chain.sum(axis=1), 1)


def test_accumulation_never_loses_a_token_that_was_once_seen():
    alive = (
        collapse.token_chain(distributions.zipf(200), 100, 10, np.random.default_rng(0), mode="accumulate")[
            1:
        ]
        > 0
    )
    assert not (alive[:-1] & ~alive[1:]).any()


def test_sharpening_below_one_moves_mass_to_the_likely_token():
    assert np.allclose(collapse.sharpen([0.8, 0.2], 0.5), [0.64 / 0.68, 0.04 / 0.68])
    assert np.allclose(collapse.sharpen([0.8, 0.2], 1), [0.8, 0.2])


def test_metrics_of_a_distribution_against_itself():
    real = distributions.zipf(100)
    numbers = collapse.token_metrics(real, real, tail_from=50)
    assert numbers["support"] == numbers["tail support"] == 1 and numbers["total variation"] == 0


@pytest.mark.parametrize("mode", collapse.MODES)
def test_the_first_fit_to_real_labels_has_the_error_of_one_fit(mode):
    ratios = collapse.regression_ratios(100, 10, 1, np.random.default_rng(0), mode=mode, chains=400)
    # relative standard deviation of one chain: at most 0.5, derived in tests/proof/test_claims_12.py
    assert ratios.shape == (1, 400) and abs(ratios.mean() - 1) < 4 * 0.5 / np.sqrt(400)


def test_many_regressions_at_once_are_the_regressions_one_by_one():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(4, 30, 3)), rng.normal(size=(4, 30))
    one_by_one = [np.linalg.lstsq(inputs, labels, rcond=None)[0] for inputs, labels in zip(X, y, strict=True)]
    assert np.allclose(collapse._least_squares(X, y), one_by_one)


def test_the_factor_of_a_fixed_budget_starts_as_one_fit_and_ends_at_its_limit():
    assert collapse.fixed_budget_factor(1) == 1
    assert collapse.fixed_budget_factor(2) == pytest.approx(1.75)
    assert collapse.fixed_budget_factor(np.inf) == pytest.approx(np.pi**2 / 2 - 2)


def test_a_fixed_budget_first_trains_on_exactly_the_first_tokens():
    first = [
        collapse.token_chain(distributions.zipf(200), 100, 1, np.random.default_rng(0), mode=mode)[1]
        for mode in collapse.MODES
    ]
    assert (first[0] == first[1]).all() and (first[0] == first[2]).all()


def test_texts_are_counted_by_rank_of_their_fact():
    book = open_book()
    known = [texts.real_texts(book, 50, np.random.default_rng(0))[0], "no such sentence ;"]
    ranks = texts.fact_ranks([*known, known[0]], book)
    metrics = texts.text_metrics([*known, known[0]], book)
    assert ranks[0] == ranks[2] >= 0 and ranks[1] == -1
    assert metrics["facts"] == 1 and metrics["correct"] == pytest.approx(2 / 3)
    answered = metrics["frequent answered"] + metrics["tail answered"]
    assert answered == pytest.approx(book.traffic[ranks[0]])


def test_recorded_generations_are_complete():
    rows = texts.recorded_generations()
    chains = {(row["mode"], row["temperature"], row["seed"]) for row in rows}
    assert len(chains) == 15 and len(rows) == 15 * 11
    assert all(0 <= row["correct"] <= 1 and row["facts"] <= row["distinct"] for row in rows)


@pytest.mark.parametrize(
    "call",
    [
        lambda rng: collapse.gaussian_chains(1, 2, rng),
        lambda rng: collapse.gaussian_chains(5, 2, rng, real_share=2),
        lambda rng: collapse.token_chain([1.0], 2, 2, rng, mode="append"),
        lambda rng: collapse.sharpen([1.0], 0),
        lambda rng: collapse.regression_ratios(5, 5, 2, rng),
        lambda rng: collapse.fixed_budget_factor(0),
    ],
)
def test_nonsense_is_refused_by_name(call):
    with pytest.raises(ValueError, match="not|exceed|needs"):
        call(np.random.default_rng(0))
