"""Which of several answers a model prefers."""

import numpy as np
import pytest

from holdout.lm.forced_choice import choice_probabilities, choose, pick_options


def test_probabilities_are_those_of_the_likelihoods_and_sum_to_one():
    found = choice_probabilities(np.log([0.2, 0.1, 0.1]))
    assert found == pytest.approx([0.5, 0.25, 0.25])


def test_very_small_likelihoods_do_not_vanish():
    assert choice_probabilities([-2000.0, -2000.0]) == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("bad", [[-1.0], [-1.0, -np.inf], 3.0])
def test_a_choice_needs_two_finite_options(bad):
    with pytest.raises(ValueError, match=r"option"):
        choice_probabilities(bad)


def test_the_prior_takes_out_that_a_common_value_is_always_probable():
    logprobs, priors = [-2.0, -3.0], [-1.0, -6.0]
    assert choose(logprobs) == 0
    assert choose(logprobs, priors) == 1


def test_priors_must_fit_the_options():
    with pytest.raises(ValueError, match="2 options and 1 priors"):
        choose([-1.0, -2.0], [-1.0])


POOL = [("5", "number"), ("auto", "text"), ("7", "number"), ("sqrt", "text"), ("True", "switch")]


def test_the_truth_is_first_the_old_value_second_and_the_rest_of_the_same_kind():
    options = pick_options("100", "10", POOL, "number", np.random.default_rng(0))
    assert options[:2] == ["100", "10"]
    assert set(options[2:]) == {"5", "7"}


def test_other_kinds_fill_up_and_nothing_is_offered_twice():
    options = pick_options("True", None, POOL, "switch", np.random.default_rng(0))
    assert options[0] == "True"
    assert len(set(options)) == 4


def test_a_pool_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="gives only 2"):
        pick_options("1", None, [("2", "number")], "number", np.random.default_rng(0))
