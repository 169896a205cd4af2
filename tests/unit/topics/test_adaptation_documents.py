"""Retrieval over real docstrings, and what the real model reads and prefers: every number that lesson 07 prints about them."""

import numpy as np
import pandas as pd
import pytest

from holdout.errors import InvalidValue
from holdout.lm.real import records
from holdout.topics.adaptation.documents import (
    READING,
    RETRIEVERS,
    Library,
    break_even,
    chunks_found,
    compare_cases,
    cut_docstrings,
    described_batches,
    described_questions,
    embeddings,
    mixed_difference,
    mixed_recall,
    named_questions,
    one_per_parameter,
    preferred_values,
    reading_shares,
    recorded_ranks,
)

WORDS, SPLIT, MEANING, FUSION = RETRIEVERS.values()
PASSAGES = {
    "Forest.depth": "Forest, parameter depth : int, default=None\nHow deep a tree may grow.",
    "Forest.trees": "Forest, parameter trees : int, default=100\nHow many trees are grown in all.",
    "Line.slope": "Line, parameter slope : float, default=1.0\nHow steep it is.",
}


@pytest.fixture(scope="module")
def ranks():
    return recorded_ranks()


def test_every_recorded_question_has_a_rank_by_every_search(ranks):
    assert {name: table.shape for name, table in ranks.items()} == {"named": (322, 4), "described": (300, 4)}
    assert all((table >= 1).all(axis=None) and (table <= 1756).all(axis=None) for table in ranks.values())


def test_fusion_is_level_or_first_on_names(ranks):
    first = mixed_difference(ranks, SPLIT, FUSION, 1, 0.0)
    assert first[1] < 0 < first[2]  # one passage, named: not shown
    for member in (SPLIT, MEANING):
        assert mixed_difference(ranks, member, FUSION, 3, 0.0)[1] > 0  # three passages: better than both


def test_embeddings_and_fusion_find_more_descriptions_than_words_do_and_hardly_differ(ranks):
    for k in (1, 3, 5, 10):
        described = (ranks["described"] <= k).mean().sort_values(ascending=False)
        assert list(described.index[:2]) == [MEANING, FUSION]
        assert mixed_difference(ranks, SPLIT, FUSION, k, 1.0)[1] > 0
    assert mixed_difference(ranks, MEANING, FUSION, 1, 1.0)[2] < 0
    for k in (3, 5, 10):
        _, low, high = mixed_difference(ranks, MEANING, FUSION, k, 1.0)
        assert low < 0 < high


def test_the_lead_of_embeddings_in_the_first_batch_of_descriptions_is_not_there_in_the_second(ranks):
    batches = described_batches()
    assert {batch: len(keys) for batch, keys in batches.items()} == {"1": 120, "2": 180}
    found = {
        batch: mixed_difference({**ranks, "described": ranks["described"].loc[keys]}, MEANING, FUSION, 1, 1.0)
        for batch, keys in batches.items()
    }
    assert found["1"][2] < -0.08
    assert found["2"][1] < 0 < found["2"][0] < found["2"][2] < 0.1


def test_a_mix_weighs_both_kinds_of_questions(ranks):
    assert mixed_recall(ranks, 1, 0.0)[MEANING] == pytest.approx((ranks["named"][MEANING] == 1).mean())
    quarter = mixed_recall(ranks, 3, 0.25)
    expected = 0.75 * (ranks["named"] <= 3).mean() + 0.25 * (ranks["described"] <= 3).mean()
    pd.testing.assert_series_equal(quarter, expected, check_names=False)
    with pytest.raises(InvalidValue, match="described"):
        mixed_recall(ranks, 1, 1.5)


def test_two_searches_find_equally_many_at_the_break_even(ranks):
    share = break_even(ranks, FUSION, MEANING, 1)
    found = mixed_recall(ranks, 1, share)
    assert found[FUSION] == pytest.approx(found[MEANING])
    assert 0.6 < share < 0.75
    assert break_even(ranks, WORDS, SPLIT, 1) is None  # split names are better on both


def test_embeddings_lead_fusion_from_two_thirds_described_and_that_is_shown_for_descriptions_alone(ranks):
    shares = np.linspace(0, 1, 21)
    clear = [share for share in shares if mixed_difference(ranks, FUSION, MEANING, 1, share)[1] > 0]
    assert round(break_even(ranks, FUSION, MEANING, 1), 2) == 0.68
    assert clear == [1.0]
    assert mixed_difference(ranks, FUSION, MEANING, 10, 0.6)[1] < 0  # with ten passages no lead is shown


def test_the_interval_of_a_mix_is_narrower_than_the_wider_part(ranks):
    _, low, high = mixed_difference(ranks, MEANING, FUSION, 1, 0.5)
    _, low_described, high_described = mixed_difference(ranks, MEANING, FUSION, 1, 1.0)
    assert high - low < high_described - low_described


def test_chunks_cut_anywhere_lose_lines_and_names():
    bare, headed = (cut_docstrings(PASSAGES, 6, headed=headed) for headed in (False, True))
    assert len(bare.texts) == len(headed.texts) > 3
    assert all(text.startswith(("Forest. ", "Line. ")) for text in headed.texts)
    assert sum(text.startswith(("Forest. ", "Line. ")) for text in bare.texts) == 2
    assert frozenset(["Forest.depth"]) in bare.holds  # its line ends inside the first chunk
    whole = cut_docstrings(PASSAGES, 1000, headed=False)
    assert whole.holds == (frozenset(["Forest.depth", "Forest.trees"]), frozenset(["Line.slope"]))
    with pytest.raises(InvalidValue, match="length"):
        cut_docstrings(PASSAGES, 0, headed=True)


def test_one_chunk_per_parameter_is_found_by_its_name():
    questions = [("Forest.trees", "How many trees has a Forest ?"), ("Line.slope", "slope of Line")]
    assert chunks_found(one_per_parameter(PASSAGES), questions, 10).all()


def test_what_is_shown_keeps_to_the_room_and_not_to_the_mean_length():
    texts = ("x " * 40 + "alpha beta", "alpha gamma", "alpha delta delta", "omega")
    library = Library(texts, tuple(frozenset([f"K.{i}"]) for i in range(len(texts))))
    asked = [
        ("K.0", "alpha beta"),
        ("K.1", "alpha beta gamma gamma gamma"),
        ("K.0", "alpha gamma gamma gamma"),
    ]
    # the first is shown though it is longer than the room; behind a short one the long one has no room
    assert chunks_found(library, asked, 12).tolist() == [True, True, False]
    assert chunks_found(library, asked, 60).tolist() == [True, True, True]


def test_the_heading_on_every_chunk_is_worth_more_than_thirty_points():
    passages, named, described = records.passages(), named_questions(), described_questions()
    found = {
        headed: chunks_found(cut_docstrings(passages, 60, headed=headed), named, 480)
        for headed in (False, True)
    }
    whole = [chunks_found(one_per_parameter(passages), asked, 480).mean() for asked in (named, described)]
    assert found[True].mean() - found[False].mean() > 0.3
    assert whole[0] > 0.95 > found[True].mean() > 0.88
    assert 0.35 < whole[1] < 0.45


def test_vectors_belong_to_their_questions(ranks):
    passages, questions = embeddings()
    keys = list(records.passages())
    for key, text in described_questions()[:10]:
        scores = passages @ questions[text]
        rank = int((scores > scores[keys.index(key)]).sum()) + 1
        assert rank == ranks["described"].loc[key, MEANING]
    assert np.allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-5)


def test_the_real_model_prefers_old_values_and_part_of_that_is_the_prior():
    found = preferred_values()
    assert (found["n"] == 82).all()
    likely, against = found.loc["by likelihood"], found.loc["against the prior"]
    assert likely["old low"] > likely["new high"]  # 46 and 23 of 82
    assert against["old"] < against["new"]


def _outcomes():
    rows = []
    for case, new, old in (
        ("right", "1110", "0000"),
        ("new then old", "10", "01"),
        ("old then new", "11", "00"),
    ):
        for i, (a, b) in enumerate(zip(new, old, strict=True)):
            rows.append(
                {
                    "case": case,
                    "key": f"A.p{i}",
                    "changed": i < 2,
                    "new": a == "1",
                    "old": b == "1",
                    "unknown": case == "right" and i == 3,
                }
            )
    return pd.DataFrame(rows).set_index(["case", "key"])


def test_shares_of_a_case_add_up_and_say_their_n():
    shares = reading_shares(_outcomes())
    assert list(shares.index) == [
        "right",
        "old then new",
        "new then old",
    ]  # in the order of READING, as recorded
    assert list(shares["n"]) == [4, 2, 2]
    assert np.allclose(shares[["new", "old", "unknown", "other"]].sum(axis=1), 1)
    assert shares.loc["right", "unknown"] == 0.25
    assert reading_shares(_outcomes(), changed_only=True).loc["right", "n"] == 2
    assert set(shares.index) <= set(READING)


def test_two_cases_are_compared_on_the_questions_that_both_have():
    test = compare_cases(_outcomes(), "right", "new then old")
    assert (test.lost, test.gained) == (1, 0)
