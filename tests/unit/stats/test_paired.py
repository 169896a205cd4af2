"""McNemar's exact test and Holm's correction."""

from math import comb

import numpy as np
import pytest

from holdout.stats.paired import holm, mcnemar_exact


def outcomes(lost, gained, same):
    before = [True] * lost + [False] * gained + [True] * same
    return before, [not b for b in before[: lost + gained]] + [True] * same


def test_nine_lost_and_none_gained_is_no_accident():
    assert mcnemar_exact(*outcomes(9, 0, 51)) == (9, 0, pytest.approx(2 / 2**9))


def test_the_p_value_is_twice_the_binomial_tail():
    expected = 2 * sum(comb(15, i) for i in range(4)) / 2**15
    assert mcnemar_exact(*outcomes(12, 3, 10)).p_value == pytest.approx(expected)
    assert mcnemar_exact(*outcomes(3, 12, 10)).p_value == pytest.approx(expected)


def test_questions_that_did_not_change_do_not_count():
    assert mcnemar_exact(*outcomes(4, 1, 0)).p_value == mcnemar_exact(*outcomes(4, 1, 500)).p_value


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (5, 5)])
def test_an_even_split_and_no_change_have_p_one(lost, gained):
    assert mcnemar_exact(*outcomes(lost, gained, 7)).p_value == 1.0


def test_without_a_difference_false_alarms_are_no_more_than_promised():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(2000):
        before, after = rng.random((2, 60)) < 0.6
        alarms += mcnemar_exact(before, after).p_value <= 0.05
    # exact tests keep the level; four standard errors of 2,000 draws at 0.05
    assert alarms / 2000 <= 0.05 + 4 * (0.05 * 0.95 / 2000) ** 0.5


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="equal length"):
        mcnemar_exact([True], [True, False])


def test_holm_multiplies_the_smallest_most_and_never_turns_the_order():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5]) == pytest.approx([0.5])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("bad", [[], [1.2], [[0.1]]])
def test_holm_refuses_what_is_no_list_of_p_values(bad):
    with pytest.raises(ValueError, match="p-values"):
        holm(bad)
