"""Retrieval: BM25 by its formula, names taken apart, rankings judged by their definitions."""

import math

import numpy as np
import pytest

from holdout.lm.retrieval import BM25Index, TfidfIndex, ndcg_at, recall_at, search_words

TEXTS = ["the cat sat", "the dog sat on the dog", "a bird"]


def test_names_are_taken_apart():
    assert search_words("RandomForestClassifier max_depth PCA l1_ratio") == [
        "random", "forest", "classifier", "max", "depth", "pca", "l", "1", "ratio",
    ]  # fmt: skip


def test_bm25_scores_are_those_of_the_formula():
    k1, b = 1.2, 0.6
    index = BM25Index(TEXTS, k1=k1, b=b)
    lengths, mean = [3, 6, 2], 11 / 3
    idf_dog = math.log(1 + (3 - 1 + 0.5) / 1.5)
    idf_sat = math.log(1 + (3 - 2 + 0.5) / 2.5)

    def part(idf, tf, length):
        return idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / mean))

    expected = [
        part(idf_sat, 1, lengths[0]),
        part(idf_dog, 2, lengths[1]) + part(idf_sat, 1, lengths[1]),
        0.0,
    ]
    np.testing.assert_allclose(index.scores("dog sat zebra"), expected, rtol=1e-12)
    assert index.search("dog sat", k=2) == [1, 0]


def test_a_word_asked_twice_counts_twice():
    index = BM25Index(TEXTS)
    np.testing.assert_allclose(index.scores("dog dog"), 2 * index.scores("dog"))


def test_without_length_correction_long_texts_are_not_held_back():
    index = BM25Index(["cat", "cat dog dog dog dog dog"], b=0.0)
    scores = index.scores("cat")
    assert scores[0] == pytest.approx(scores[1])
    assert BM25Index(["cat", "cat dog dog dog dog dog"], b=1.0).scores("cat")[0] > scores[0]


def test_a_query_that_nothing_matches_scores_zero_and_keeps_the_order_of_the_texts():
    for index in (BM25Index(TEXTS), TfidfIndex(TEXTS)):
        assert index.scores("zebra").tolist() == [0, 0, 0]
        assert index.search("zebra", k=3) == [0, 1, 2]


def test_tfidf_finds_the_same_first_text():
    assert TfidfIndex(TEXTS).search("dog sat", k=1) == BM25Index(TEXTS).search("dog sat", k=1)


def test_recall_counts_relevant_texts_among_the_first():
    assert recall_at([4, 2, 7], {2, 9}, k=2) == 0.5
    assert recall_at([4, 2, 7], {7}, k=2) == 0.0


def test_ndcg_by_hand():
    """Gains 3 and 1 in the order 1, 3: (1 / log2 2 + 7 / log2 3) / (7 / log2 2 + 1 / log2 3)."""
    expected = (1 + 7 / math.log2(3)) / (7 + 1 / math.log2(3))
    assert ndcg_at([5, 8], {8: 3, 5: 1}, k=2) == pytest.approx(expected)
    assert ndcg_at([8, 5], {8: 3, 5: 1}, k=2) == 1.0
    assert ndcg_at([1, 2], {8: 3}, k=2) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: BM25Index([]), "no texts"),
        (lambda: TfidfIndex([]), "no texts"),
        (lambda: BM25Index(TEXTS, b=2), "b between 0 and 1"),
        (lambda: BM25Index(TEXTS).search("cat", k=0), "k must be at least 1"),
        (lambda: recall_at([1], set(), 1), "without a relevant text"),
        (lambda: ndcg_at([1], {}, 1), "no text is useful"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_linear_gain_is_that_of_scikit_learn():
    from sklearn.metrics import ndcg_score

    gains = [3, 2, 3, 0, 1, 2]
    linear = ndcg_at(range(6), dict(enumerate(gains)), 6, exponential=False)
    # the places 1 to 6 as falling scores
    assert linear == pytest.approx(ndcg_score([gains], [[6, 5, 4, 3, 2, 1]]))
    assert linear == pytest.approx(0.9608, abs=5e-5)
    assert ndcg_at(range(6), dict(enumerate(gains)), 6) == pytest.approx(0.9488, abs=5e-5)
