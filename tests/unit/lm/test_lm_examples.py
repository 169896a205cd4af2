"""Training examples hold what they promise, and only answers count for the loss."""

import numpy as np
import pytest

from holdout.lm import (
    Config,
)
from holdout.lm.examples import collate
from holdout.lm.facts import HELD_OUT_QUESTIONS, HOUSE_FORMAT
from holdout.lm.gradients import sum_of_gradients
from holdout.lm.model import initial_weights, loss_and_gradients


def words_of(tokenizer, example):
    tokens, counts = example
    assert len(tokens) == len(counts)
    return [tokenizer.words[token] for token in tokens], counts


def test_training_text_holds_no_held_out_estimator_wording_or_format(book, tokenizer, maker):
    """3,000 examples of every kind that is made of sentences; the copying warm-up has random words by
    design."""
    rng = np.random.default_rng(0)
    held_out = {name for names in book.held_out.values() for name in names}
    judged = {key for split in ("validation", "test") for key in book.never_told[split]}
    for _ in range(1500):
        for example in (maker.with_passages(rng), maker.closed_book(rng)):
            words, _ = words_of(tokenizer, example)
            assert not held_out & set(words)
            assert not {"[", "]", "::"} & set(words)
            assert "what is the " not in " ".join(words).replace("what is the default", "")
    assert any("what is the" in text for text in HELD_OUT_QUESTIONS["validation"])
    assert HOUSE_FORMAT.startswith("[")
    keys = [maker.invented(rng) for _ in range(2000)]
    assert not judged & set(keys)


def test_only_answers_count(tokenizer, maker):
    rng = np.random.default_rng(1)
    for _ in range(300):
        words, counts = words_of(tokenizer, maker.reading(rng))
        for place, counted in enumerate(counts):
            if counted:  # everything counted lies behind an answer mark and before the next question
                last = max(i for i in range(place) if words[i] in ("[a]", "[q]"))
                assert words[last] == "[a]"


def test_the_read_answer_is_the_one_in_the_passage(book, tokenizer, maker):
    rng = np.random.default_rng(2)
    values = set(book.values)
    for _ in range(300):
        words, counts = words_of(tokenizer, maker.reading(rng))
        passages = words[: words.index("[q]")]
        counted = [word for word, count in zip(words, counts, strict=True) if count and word in values]
        assert counted
        assert set(counted) <= set(passages)


def test_passages_share_the_parameter_and_the_estimator_about_equally_often(maker):
    """30 % each by design; 2,000 draws, four standard errors sqrt(.3 .7 / 2000) = 0.041 of slack. Grids of
    four keys never share a whole row: at least two rows."""
    rng = np.random.default_rng(3)
    same_parameter = same_estimator = 0
    for _ in range(2000):
        keys = maker.keys_for_passages(rng, 4)
        assert len(set(keys)) == 4
        same_estimator += len({key[0] for key in keys}) == 1
        same_parameter += len({key[1] for key in keys}) == 1
    assert abs(same_parameter / 2000 - 0.3) < 0.041
    assert same_estimator / 2000 > 0.3 - 0.041  # a 3 x 2 grid may also draw one estimator's column


def test_missing_passages_never_hold_the_answer(book, tokenizer, maker):
    rng = np.random.default_rng(4)
    for _ in range(300):
        tokens, counts = maker.missing(rng)
        words, _ = words_of(tokenizer, (tokens, counts))
        question = words[words.index("[q]") :]
        (estimator,) = [word for word in question if word in set(book.estimators)][:1]
        (parameter,) = [word for word in question if word in set(book.parameters)][:1]
        passages = " ".join(words[2 : words.index("[q]")]).split(" ;")
        assert not any({estimator, parameter} <= set(passage.split()) for passage in passages)


def test_a_batch_in_groups_has_the_gradient_of_the_whole(book, tokenizer, maker):
    rng = np.random.default_rng(5)
    config = Config(len(tokenizer), 16, 2, 1, 16)
    weights = {
        name: weight.astype(np.float64)
        for name, weight in initial_weights(config, np.random.default_rng(0)).items()
    }
    examples = [maker.with_passages(rng) for _ in range(6)] + [maker.closed_book(rng) for _ in range(3)]
    loss, gradients = loss_and_gradients(weights, config, *collate(examples))
    grouped_loss, grouped = sum_of_gradients(weights, config, examples, groups=3)
    assert grouped_loss == pytest.approx(loss, rel=1e-10)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(grouped[name], gradient, atol=1e-10)
