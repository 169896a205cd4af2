"""Rankings are joined by rank, and retrievers are compared question by question."""

import numpy as np
import pytest

from holdout.lm.fusion import (
    found_within,
    mean_reciprocal_rank,
    ranks,
    recall_difference,
    recall_table,
    reciprocal_rank_fusion,
)
from holdout.stats.intervals import paired_difference, wilson_interval


def test_ranks_count_from_one_and_equal_scores_keep_their_order():
    assert ranks([0.1, 0.9, 0.5]).tolist() == [3, 1, 2]
    assert ranks([1.0, 1.0]).tolist() == [1, 2]
    assert ranks([[1, 2], [2, 1]]).tolist() == [[2, 1], [1, 2]]


def test_fusion_follows_its_formula():
    found = reciprocal_rank_fusion([3.0, 2.0, 1.0], [10.0, 30.0, 20.0], c=60)
    assert found == pytest.approx([1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62])


def test_fusion_depends_on_ranks_and_not_on_units():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 50))
    assert reciprocal_rank_fusion(first, second) == pytest.approx(
        reciprocal_rank_fusion(first * 1000, np.exp(second))
    )


def test_fusion_of_two_can_be_worse_than_the_better_one():
    good, bad = [1.0, 0.5, 0.0], [0.0, 1.0, 0.5]
    assert ranks(good)[0] == 1
    assert ranks(reciprocal_rank_fusion(good, bad))[0] == 2


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: reciprocal_rank_fusion(), "no ranking"),
        (lambda: reciprocal_rank_fusion([1, 2], [1, 2, 3]), "different texts"),
        (lambda: reciprocal_rank_fusion([1, 2], c=0), "above 0"),
        (lambda: found_within([1, 2], 0), "at least 1"),
        (lambda: found_within([1.5], 1), "whole numbers"),
        (lambda: mean_reciprocal_rank([-1]), "whole numbers"),
        (lambda: mean_reciprocal_rank([]), "whole numbers"),
    ],
)
def test_bad_input_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_recall_counts_what_is_found_within_k_and_has_wilsons_interval():
    table = recall_table({"a": [1, 2, 0, 11]}, ks=(1, 10)).set_index("k")
    assert table.loc[1, "recall"] == 0.25
    assert table.loc[10, "recall"] == 0.5
    assert (table.loc[10, "low"], table.loc[10, "high"]) == wilson_interval(2, 4)
    assert mean_reciprocal_rank([1, 2, 0, 4]) == (1 + 0.5 + 0.25) / 4


def test_the_difference_is_paired():
    before, after = np.array([1, 1, 5, 0, 2]), np.array([1, 2, 1, 1, 2])
    assert recall_difference(before, after, 1) == paired_difference(before == 1, after == 1)
    assert recall_difference(before, after, 1)[0] == pytest.approx(1 / 5)
