"""Contamination: what overlap finds, what a seen test scores, and how little two sets can show."""

from pathlib import Path

import numpy as np
import pytest

from holdout.checks.check import evaluate
from holdout.lm import load, open_book
from holdout.topics.test_reuse.contamination import (
    WORDINGS,
    contaminated_score,
    detection_scores,
    fine_tuned_exams,
    make_items,
    make_mixture,
    ngrams,
    overlap,
    overlaps,
    score_expected,
    sit_exam,
    sklearn_facts,
    smallest_visible_gap,
    tokens,
)
from holdout.topics.test_reuse.judges import detector

EXERCISE = Path(__file__).resolve().parents[3] / "exercises" / "05-a-test-set-is-spent-once"


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_tokens_forget_capitals_and_punctuation():
    assert tokens("Which VALUE? n_jobs=-1") == tokens("which value n jobs 1")


def test_ngrams_of_a_short_text_are_the_whole_text():
    assert ngrams("one two", 5) == {("one", "two")}
    assert ngrams("a b c", 2) == {("a", "b"), ("b", "c")}
    assert ngrams("", 2) == set()
    with pytest.raises(ValueError, match="n is 0"):
        ngrams("a", 0)


def test_overlap_is_the_share_of_the_questions_ngrams_not_of_the_corpus():
    known = ngrams("a b c d e f g h", 2)
    assert overlap("a b c x", known, 2) == pytest.approx(2 / 3)
    assert overlap("", known, 2) == 0


def test_facts_are_real_and_a_wrong_release_is_named():
    facts = {(estimator, parameter): value for estimator, parameter, value in sklearn_facts()}
    assert facts["Ridge", "alpha"] == "1.0" and len(facts) > 1500
    with pytest.raises(ValueError, match=r"no release '9\.9'"):
        sklearn_facts("9.9")


def test_a_share_of_exactly_one_finds_every_disguise_and_nothing_else(rng):
    for _ in range(5):
        mixture = make_mixture(rng)
        flags = overlaps(mixture.questions, mixture.corpus, 8) > 0.999
        assert detection_scores(mixture.seen, flags) == (1.0, 1.0)


def _any_shared_ngram(questions, corpus):
    return overlaps(questions, corpus, 3) > 0


def _exact_text(questions, corpus):
    return np.array([question in corpus for question in questions])


def _names_in_a_document(questions, corpus):
    names = [question.rstrip("?").split()[-3::2] for question in questions]
    return np.array([any(all(name in text for name in pair) for text in corpus) for pair in names])


CREDIT = {"credit": [[0.95, 1.0], [0.8, 0.5]]}


@pytest.mark.parametrize(
    ("detect", "label"),
    [
        (_any_shared_ngram, "flags everything"),
        (lambda questions, corpus: np.ones(len(questions), dtype=bool), "flags everything"),
        (lambda questions, corpus: np.zeros(len(questions)), "flags nothing"),
        (_exact_text, "misses"),
        (_names_in_a_document, "false alarms"),
        (lambda questions, corpus: overlaps(questions, corpus, 5), "not flags"),
        (lambda questions, corpus: True, "not flags"),
    ],
)
def test_detectors_that_do_not_pass(detect, label, rng):
    mixtures = [make_mixture(rng) for _ in range(5)]
    got = [detect(mixture.questions, mixture.corpus) for mixture in mixtures]
    verdict = detector({"seen": [mixture.seen for mixture in mixtures]}, got, CREDIT)
    assert verdict.label == label and verdict.score < 1


def test_the_truth_passes(rng):
    seen = [make_mixture(rng).seen for _ in range(3)]
    assert detector({"seen": seen}, [flags.tolist() for flags in seen], CREDIT).score == 1


@pytest.fixture
def exam_texts(rng):
    facts = sklearn_facts()
    order = rng.permutation(len(facts))
    asked, twins = ([facts[i] for i in part] for part in (order[:400], order[400:800]))
    return [
        [item.question for item in make_items(some, wording=wording)]
        for some, wording in ((asked, 0), (asked, 1), (twins, 0))
    ]


def test_what_was_seen_is_answered_and_the_rest_is_as_good_as_knowledge(exam_texts, rng):
    exam = sit_exam(*exam_texts, 0.4, 0.5, rng)
    assert score_expected(0.4, 0.5, 400).agrees(exam.original)
    assert score_expected(0.4, 0.0, 400).agrees(exam.twin)
    assert score_expected(0.4, 0.0, 400).agrees(exam.paraphrased)
    assert not score_expected(0.9, 0.0, 400).agrees(exam.original)  # a + c instead of a + c (1 - a)


def test_without_contamination_the_three_scores_agree(exam_texts, rng):
    exam = sit_exam(*exam_texts, 0.4, 0.0, rng)
    assert exam.original == exam.paraphrased
    assert score_expected(0.4, 0.0, 400).agrees(exam.twin)


def test_the_formula_at_its_ends_and_as_published():
    assert contaminated_score(0.4, 0.5) == pytest.approx(0.7)
    assert contaminated_score(0.4, 0.0) == 0.4 and contaminated_score(0.4, 1.0) == 1.0
    assert contaminated_score(0.4, 0.5) != pytest.approx(0.4 + 0.5)


def test_two_sets_of_1250_items_show_five_points_at_best():
    gap = smallest_visible_gap(1250, accuracy=0.66)
    assert gap == pytest.approx(0.053, abs=0.0005)
    # and the test with that gap has the stated power
    rng = np.random.default_rng(1)
    one = rng.binomial(1250, 0.66 + gap / 2, 20_000) / 1250
    two = rng.binomial(1250, 0.66 - gap / 2, 20_000) / 1250
    z = (one - two) / np.sqrt((one * (1 - one) + two * (1 - two)) / 1250)
    # 20,000 trials: standard error 0.0028; four of them
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=0.0115)


def test_wordings_share_hardly_any_text():
    questions = [w.format(release="1.9.1", parameter="alpha", estimator="Ridge") for w in WORDINGS]
    assert len(set(questions)) == 3
    assert overlap(questions[1], ngrams(questions[0], 5), 5) == 0


def test_a_fine_tuned_exam_needs_an_even_number_of_questions_and_enough_facts():
    book = open_book()
    with pytest.raises(ValueError, match="even number"):
        fine_tuned_exams(None, book, np.random.default_rng(0), questions=7)
    with pytest.raises(ValueError, match="that were never told"):
        fine_tuned_exams(None, book, np.random.default_rng(0), questions=1000)


def test_the_contaminated_model_leads_on_its_benchmark_and_the_clean_one_does_not():
    # 120 questions and as many twins: the gap of a clean model has a standard error of at most
    # sqrt(2 * 0.25 / 120) = 0.065, the mean over three draws 0.037
    draws = [fine_tuned_exams(load("M"), open_book(), np.random.default_rng([1, seed])) for seed in range(3)]
    gap = {name: np.mean([d[name].original - d[name].twin for d in draws]) for name in draws[0]}
    assert abs(gap["tuned, clean"]) < 4 * 0.037
    assert gap["tuned, contaminated"] > 2 * 0.037
    assert gap["tuned, contaminated"] > gap["tuned, clean"]


def test_flags_in_an_array_that_are_wrong_get_a_verdict_and_no_error(monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    result = evaluate(
        "05.contamination", lambda questions, corpus: np.arange(len(questions)) % 2 == 0, EXERCISE
    )
    assert result.outcome == "wrong"
