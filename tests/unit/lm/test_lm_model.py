"""The transformer: its gradients are right, its cache and padding change nothing, and it equals independent
oracles.

Oracles: central finite differences in float64 (always), PyTorch written from the same formulas and Hugging
Face's Llama on the exported checkpoint (in `test_lm_hf.py`, where those packages are installed).
"""

import numpy as np
import pytest

from holdout.lm.model import (
    Config,
    count_weights,
    forward,
    initial_weights,
    logits,
    loss_and_gradients,
    start_as_previous_word_readers,
)
from holdout.lm.optimizer import Adam, cosine
from holdout.lm.sample import generate

CONFIG = Config(vocabulary=23, width=16, heads=2, layers=2, hidden=24, context=32)


def double_weights(seed=0):
    weights = initial_weights(CONFIG, np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 1)
    # gains away from one, so that a forgotten gain cannot hide
    return {
        name: weight.astype(np.float64) + (0.3 * rng.standard_normal(weight.shape) if weight.ndim == 1 else 0)
        for name, weight in weights.items()
    }


def batch(rng, rows=3, length=9):
    tokens = rng.integers(3, CONFIG.vocabulary, (rows, length))
    counts = rng.random((rows, length)) < 0.5
    counts[:, -1] = True
    return tokens, counts


@pytest.mark.parametrize("name", list(CONFIG.shapes()))
def test_each_gradient_equals_the_finite_difference(name):
    """Central differences in float64: the truncation error is about h^2 = 1e-10, the rounding error about
    1e-16 / h = 1e-11, both relative to a loss near 3; a relative error of 1e-6 is far above either."""
    rng = np.random.default_rng(3)
    weights = double_weights()
    tokens, counts = batch(rng)
    _, gradients = loss_and_gradients(weights, CONFIG, tokens, counts)
    direction = rng.standard_normal(weights[name].shape)
    h = 1e-5

    def loss_at(distance):
        moved = weights | {name: weights[name] + distance * direction}
        return loss_and_gradients(moved, CONFIG, tokens, counts)[0]

    slope = (loss_at(h) - loss_at(-h)) / (2 * h)
    assert (gradients[name] * direction).sum() == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_the_loss_is_the_mean_negative_log_probability_of_the_counted_words():
    rng = np.random.default_rng(0)
    weights = double_weights()
    tokens, counts = batch(rng)
    scores = logits(weights, forward(weights, CONFIG, tokens))
    total, n = 0.0, 0
    for row in range(len(tokens)):
        for place in range(1, tokens.shape[1]):
            if counts[row, place]:
                before = scores[row, place - 1]
                total += np.log(np.exp(before).sum()) - before[tokens[row, place]]
                n += 1
    assert loss_and_gradients(weights, CONFIG, tokens, counts)[0] == pytest.approx(total / n, rel=1e-9)


def test_words_to_the_right_change_nothing_to_the_left():
    rng = np.random.default_rng(1)
    weights = double_weights()
    tokens, _ = batch(rng)
    changed = tokens.copy()
    changed[:, 6:] = 0
    before, after = forward(weights, CONFIG, tokens), forward(weights, CONFIG, changed)
    np.testing.assert_allclose(before[:, :6], after[:, :6], rtol=1e-12)
    assert not np.allclose(before[:, 6:], after[:, 6:])


def test_the_cache_gives_what_the_whole_sequence_gives():
    rng = np.random.default_rng(2)
    weights = double_weights()
    tokens, _ = batch(rng)
    whole = forward(weights, CONFIG, tokens)
    cache = []
    pieces = [
        forward(weights, CONFIG, part, cache=cache) for part in (tokens[:, :4], tokens[:, 4:5], tokens[:, 5:])
    ]
    np.testing.assert_allclose(np.concatenate(pieces, 1), whole, rtol=1e-10)


def test_only_the_positions_asked_for_are_what_the_whole_gives_there():
    rng = np.random.default_rng(5)
    weights = double_weights()
    tokens, _ = batch(rng)
    whole = forward(weights, CONFIG, tokens)
    at = np.array([[0, 5], [8, 2], [7, 8]])
    rows = np.arange(len(tokens))[:, None]
    np.testing.assert_allclose(forward(weights, CONFIG, tokens, at=at), whole[rows, at], rtol=1e-10)
    cache = []
    forward(weights, CONFIG, tokens[:, :4], at=np.array([[3]] * 3), cache=cache)
    later = forward(weights, CONFIG, tokens[:, 4:], at=np.array([[4]] * 3), cache=cache)
    np.testing.assert_allclose(later[:, 0], whole[:, -1], rtol=1e-10)


def test_a_sequence_in_which_no_word_counts_adds_nothing():
    rng = np.random.default_rng(6)
    weights = double_weights()
    tokens, counts = batch(rng)
    counts[1] = False
    loss, gradients = loss_and_gradients(weights, CONFIG, tokens, counts)
    without, fewer = loss_and_gradients(weights, CONFIG, tokens[[0, 2]], counts[[0, 2]])
    assert loss == pytest.approx(without, rel=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, fewer[name], rtol=1e-9, atol=1e-13)


def test_generating_with_a_cache_equals_reading_everything_again_each_time():
    weights = initial_weights(CONFIG, np.random.default_rng(5))
    weights["embedding"] *= 20  # far from uniform, so that the likeliest word is not decided by rounding
    prompts = [[3, 4, 5], [6, 7], [8, 9, 10]]
    answers = generate(weights, CONFIG, prompts, max_new_tokens=6)
    for prompt, answer in zip(prompts, answers, strict=True):
        sequence, expected = list(prompt), []
        for _ in range(6):
            word = int(logits(weights, forward(weights, CONFIG, np.array([sequence])))[0, -1].argmax())
            if word == 2:
                break
            sequence.append(word)
            expected += [word] if word else []
        assert answer == expected


def test_a_temperature_draws_in_proportion_to_the_softmax():
    """20,000 draws of one word; each frequency within four standard errors sqrt(p (1 - p) / n), plus 1 / n
    for the rare words where the normal approximation is coarse."""
    weights = initial_weights(CONFIG, np.random.default_rng(6))
    weights["embedding"] *= 8
    n = 20_000
    drawn = generate(
        weights,
        CONFIG,
        [[3, 4, 5]] * n,
        max_new_tokens=1,
        temperature=0.7,
        rng=np.random.default_rng(0),
        batch=2000,
    )
    scores = logits(weights, forward(weights, CONFIG, np.array([[3, 4, 5]])))[0, -1].astype(float) / 0.7
    p = np.exp(scores - scores.max())
    p /= p.sum()
    words = np.array([row[0] for row in drawn if row])
    for word in range(3, CONFIG.vocabulary):
        error = abs((words == word).sum() / n - p[word])
        assert error <= 4 * np.sqrt(p[word] * (1 - p[word]) / n) + 1 / n


def test_previous_word_readers_look_back_by_their_offset():
    config = Config(vocabulary=300, width=64, heads=4, layers=2, hidden=128)
    rng = np.random.default_rng(0)
    weights = initial_weights(config, rng)
    start_as_previous_word_readers(weights, config, (1, 2, 3), rng)
    tape = []
    forward(weights, config, rng.integers(3, 300, (4, 24)), tape=tape)
    attention = tape[0][8].mean(0)  # (heads, query, key)
    for head, offset in enumerate((1, 2, 3)):
        weight = np.mean([attention[head, place, place - offset] for place in range(offset, 24)])
        assert weight > 0.5
    untouched = np.mean([attention[3, place, place - 1] for place in range(1, 24)])
    assert untouched < 0.5


def test_rotary_positions_see_distances_only():
    """Attention of a sequence does not depend on where it starts: q . k holds the difference of positions."""
    from holdout.lm.model import rotary_tables, rotate

    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((2, 1, 1, 5, 8))
    scores = []
    for start in (0, 40):
        cos, sin = rotary_tables(5, 8, start, np.float64)
        scores.append(rotate(q, cos, sin) @ rotate(k, cos, sin).transpose(0, 1, 3, 2))
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-12)


def test_adam_takes_its_published_first_steps():
    """Kingma & Ba, algorithm 1, computed here in plain floats for one weight."""
    weights = {"w": np.array([[1.0]])}
    adam = Adam(weights, betas=(0.9, 0.98), decay=0.1, clip=1e9)
    w, m, v = 1.0, 0.0, 0.0
    for t, gradient in enumerate([0.5, -2.0, 0.25], start=1):
        adam.step({"w": np.array([[gradient]])}, 0.01)
        m, v = 0.9 * m + 0.1 * gradient, 0.98 * v + 0.02 * gradient**2
        w -= 0.01 * 0.1 * w
        w -= 0.01 * (m / (1 - 0.9**t)) / ((v / (1 - 0.98**t)) ** 0.5 + 1e-8)
        assert weights["w"][0, 0] == pytest.approx(w, rel=1e-12)


def test_a_long_gradient_is_shortened_and_a_short_one_is_not():
    for size, shortened in ((10.0, 1.0), (0.5, 0.5)):
        adam = Adam({"w": np.zeros((1, 1))}, betas=(0.0, 0.0), clip=1.0)
        assert adam.step({"w": np.array([[size]])}, 0.1) == size
        assert adam.mean["w"][0, 0] == pytest.approx(shortened, rel=1e-6)


def test_the_schedule_rises_then_falls_to_its_floor():
    shares = [cosine(step, 1000, warm_up=100, floor=0.02) for step in range(1000)]
    assert np.argmax(shares) in range(95, 101)
    assert shares[-1] == pytest.approx(0.02, abs=1e-4)
    assert np.all(np.diff(shares[100:]) < 0)


def test_the_count_of_weights_follows_from_the_shape():
    d, m, V = CONFIG.width, CONFIG.hidden, CONFIG.vocabulary
    assert count_weights(initial_weights(CONFIG, np.random.default_rng(0))) == (
        V * d + d + CONFIG.layers * (4 * d * d + 3 * d * m + 2 * d)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 15}, "multiple of 2 x heads"),
        ({"layers": 0}, "positive whole number"),
        ({"heads": 1.5}, "positive whole number"),
    ],
)
def test_an_impossible_shape_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Config(**(vars(CONFIG) | change))


def test_an_empty_or_too_long_sequence_is_refused():
    weights = double_weights()
    with pytest.raises(ValueError, match="sequence is empty"):
        forward(weights, CONFIG, np.zeros((1, 0), int))
    with pytest.raises(ValueError, match=r"33 tokens are too many: this model reads at most 32"):
        forward(weights, CONFIG, np.zeros((1, 33), int))


def test_an_empty_prompt_and_a_temperature_without_rng_are_refused():
    weights = double_weights()
    with pytest.raises(ValueError, match="prompt 1 is empty"):
        generate(weights, CONFIG, [[3], []])
    with pytest.raises(ValueError, match="needs an rng"):
        generate(weights, CONFIG, [[3]], temperature=1.0)


def test_a_batch_in_which_nothing_counts_is_refused():
    with pytest.raises(ValueError, match="no token counts"):
        loss_and_gradients(double_weights(), CONFIG, np.full((1, 4), 3), np.zeros((1, 4)))
