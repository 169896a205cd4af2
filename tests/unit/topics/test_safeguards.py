"""Safeguards: fixed points, breakdown points and tails against their formulas."""

import numpy as np
import pandas as pd
import pytest

from holdout.topics.safeguards import experiments as safeguards


def test_half_real_data_settle_at_the_derived_variance():
    assert safeguards.stationary_variance(0.8) == pytest.approx(1 / 1.2)


def test_the_simulated_loop_settles_there():
    rows = safeguards.biased_loop(100, 30, np.random.default_rng(0), bias=0.8, real_share=0.5, chains=2000)
    v = 1 / 1.2
    # one generation adds variance 2 (0.5 + 0.5 (0.8 v)^2) / 100; carried on with 0.4 each time: divided by 1 - 0.16, and
    # at most doubled because the variance of v itself enters v^2
    spread = np.sqrt(2 * 2 * (0.5 + 0.5 * (0.8 * v) ** 2) / 100 / (1 - 0.16))
    assert abs(rows[-1].mean() - v) < 4 * spread / np.sqrt(2000)


def test_without_real_data_biased_output_dies():
    assert safeguards.stationary_variance(0.8, 0.0) == 0


@pytest.mark.parametrize(("bias", "share"), [(0.5, 0.2), (0.8, 0.5), (0.9, 0.05)])
def test_the_smallest_share_is_the_inverse_of_the_fixed_point(bias, share):
    assert safeguards.smallest_real_share(bias, safeguards.stationary_variance(bias, share)) == pytest.approx(
        share
    )


def test_breakdown_point_of_the_published_setting():
    assert safeguards.breakdown_point(0.9, 0.3) == pytest.approx(0.75)
    assert safeguards.breakdown_point(0.3, 0.9) == pytest.approx(0.25)  # the chances swapped


def test_a_cut_tail_leaves_a_floor_that_falls_with_the_published_exponent():
    low, high = (safeguards.error_of_cut_tail(2.0, rank) for rank in (1000, 2000))
    # the sum lies between the integrals from k and from k + 1, so the slope is off by at most about 1 / (k log 2)
    assert abs(np.log2(high / low) + 1) < 1 / (1000 * np.log(2))


@pytest.mark.parametrize(
    "call",
    [
        lambda: safeguards.stationary_variance(1.0, 0.0),
        lambda: safeguards.stationary_variance(1.2),
        lambda: safeguards.smallest_real_share(1.0, 0.5),
        lambda: safeguards.breakdown_point(0, 0),
        lambda: safeguards.error_of_cut_tail(1.0, 5),
    ],
)
def test_what_has_no_answer_is_refused(call):
    with pytest.raises(ValueError, match="must|nowhere|nothing"):
        call()


def test_the_same_real_values_every_time_scatter_more_than_fresh_ones():
    fresh, fixed = (
        safeguards.biased_loop(
            100, 30, np.random.default_rng(0), bias=0.8, real_share=0.5, chains=2000, fixed=one
        )[-1]
        for one in (False, True)
    )
    assert fixed.std() > fresh.std()


def test_accumulation_with_bias_falls_without_a_floor_and_as_simulated():
    expected = safeguards.accumulated_variance(0.8, 20)
    rows = safeguards.accumulated_loop(100, 20, np.random.default_rng(1), bias=0.8, chains=2000)
    assert expected[0] == 1 and np.all(np.diff(expected) < 0)
    # relative variance of a pool: 2/100 from the real set, and (1/(i+1))^2 of 2/100 from each later one: pi^2/6 in all
    deviation = expected[-1] * np.sqrt(2 / 100 * np.pi**2 / 6)
    assert abs(rows[-1].mean() - expected[-1]) < 4 * deviation / np.sqrt(2000)


def test_accumulation_without_bias_keeps_the_variance():
    assert safeguards.accumulated_variance(1.0, 50) == pytest.approx(np.ones(51))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_the_expected_tail_is_what_is_simulated(share):
    p = np.full(2000, 1 / 2000)
    counts = safeguards.tokens_with_real(p, 4000, 15, np.random.default_rng(2), real_share=share, chains=5)
    alive = safeguards.expected_alive(p, 4000, 15, share).mean()
    # five chains of 2000 tokens, negatively correlated
    assert abs((counts[:, -1] > 0).mean() - alive) < 4 * np.sqrt(alive * (1 - alive) / 10_000)
    assert (counts.sum(axis=2) == 4000).all()


def test_the_share_that_holds_is_the_smallest_and_none_where_even_real_tokens_do_not_do():
    p = np.full(1000, 1e-3)
    share = safeguards.share_that_holds(p, 3000, 20, 0, 0.6)
    assert safeguards.expected_alive(p, 3000, 20, share).mean() >= 0.6
    assert safeguards.expected_alive(p, 3000, 20, share - 0.01).mean() < 0.6
    assert safeguards.share_that_holds(p, 500, 20, 0, 0.6) is None


def test_a_gate_leaves_as_many_wrong_as_right_at_its_breakdown_point():
    left, written = safeguards.after_gate(safeguards.breakdown_point(0.9, 0.3), 0.9, 0.3)
    assert left == pytest.approx(0.5)
    assert written == pytest.approx(1 / (0.9 * 0.25 + 0.3 * 0.75))


def test_a_mixed_training_set_goes_below_the_floor_that_own_output_cannot_pass():
    floor = safeguards.error_of_cut_tail(2.0, 100)
    own, mixed = (
        safeguards.unseen_mass(2.0, 300_000, cut=100, real_share=share, vocabulary=20_000)[0]
        for share in (0, 0.2)
    )
    assert own >= floor > mixed


def test_a_gate_of_agreement_keeps_what_was_written_twice():
    assert safeguards.gate_texts(["a", "b", "a"], "repeated", None) == ["a", "a"]
    with pytest.raises(ValueError, match="none, checked, repeated"):
        safeguards.gate_texts([], "perfect", None)


def test_the_recorded_arms_are_equally_long():
    runs = safeguards.recorded_gates()
    assert len(runs) == 10 * 5 * 7 and set(runs["texts"]) == {1500}
    assert (runs.groupby(["gate", "real share", "seed"])["generation"].nunique() == 7).all()


def test_costs_accrue_month_by_month_and_only_as_far_as_was_run():
    runs = pd.DataFrame(
        {
            "gate": "checked",
            "real share": 0.1,
            "seed": [0, 0, 0],
            "generation": [0, 1, 2],
            "asked": [1, 0.5, 0.25],
            "correct": [1, 1, 0.9],
        }
    )
    prices = {"questions": 100, "ticket": 4, "wrong": 1, "real": 2, "check": 0.1}
    one, two = (safeguards.running_costs(runs, prices, months).loc[("checked", 0.1), 0] for months in (1, 2))
    assert one == pytest.approx(200 + 0 + 300 + 300)
    assert two - one == pytest.approx(300 + 150 + 300 + 300)
    with pytest.raises(ValueError, match="as far as was run"):
        safeguards.running_costs(runs, prices, 3)


def test_a_verifier_keeps_the_wrong_share_that_the_formula_says():
    X, y = safeguards.verified_rows(0.65, 0.9, 0.3, np.random.default_rng(0), rows=20_000)
    # the sign of the first feature is right for Phi(1) of the rows with right labels
    agree = np.mean((X[:, 0] > 0) == y)
    left, _ = safeguards.after_gate(0.65, 0.9, 0.3)
    expected = (1 - left) * 0.8413 + left * 0.1587
    assert len(y) == 20_000 and abs(agree - expected) < 4 * np.sqrt(0.25 / 20_000)


def test_an_archive_that_buys_ends_where_replacement_that_buys_does():
    bought = safeguards.accumulated_variance(0.5, 20_000, real_share=0.2)
    assert bought[-1] == pytest.approx(safeguards.stationary_variance(0.5, 0.2), abs=0.005)
