"""Tokenizer, facts, training examples, adapters, quantization and checkpoints of the language model."""

import json

import numpy as np
import pytest

from holdout.lm import (
    CheckpointError,
    Config,
    LanguageModel,
    LowRankAdapter,
    Tokenizer,
    UnknownWordError,
    course_set,
    load,
    make_prompt,
    open_book,
    quantize,
    quantize_matrix,
    save,
    stored_bytes,
)
from holdout.lm.adapt import fine_tune
from holdout.lm.examples import ExampleMaker, Mix, collate
from holdout.lm.facts import HELD_OUT_QUESTIONS, HOUSE_FORMAT, read_defaults, vocabulary
from holdout.lm.gradients import sum_of_gradients
from holdout.lm.model import initial_weights, loss_and_gradients
from holdout.lm.tokenizer import SPECIAL
from holdout.lm.tools.train import TrainingRecipe, train


@pytest.fixture(scope="module")
def book():
    return open_book()


@pytest.fixture(scope="module")
def tokenizer(book):
    return Tokenizer(vocabulary(book))


@pytest.fixture(scope="module")
def maker(book, tokenizer):
    return ExampleMaker(book, tokenizer, Mix())


@pytest.fixture
def small():
    """An untrained model with a vocabulary of twelve words."""
    tokenizer = Tokenizer([*SPECIAL, "a", "b", "c", "d", "?"])
    config = Config(vocabulary=12, width=16, heads=2, layers=2, hidden=24, context=24)
    return LanguageModel(initial_weights(config, np.random.default_rng(0)), config, tokenizer)


# -- tokenizer


def test_a_text_comes_back_from_its_tokens(tokenizer):
    text = "what is the default of C for LogisticRegression ?"
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_an_unknown_word_is_named_and_its_neighbours_are_offered(tokenizer):
    with pytest.raises(
        UnknownWordError, match=r"no token for 'LogisticRegresion'.*Did you mean LogisticRegression"
    ):
        tokenizer.encode("what is the default of C for LogisticRegresion ?")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a"], "begins with"),
        ([*SPECIAL, "a", "a"], "twice"),
        ([*SPECIAL, "a b"], "white space"),
    ],
)
def test_a_bad_vocabulary_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer(words)


# -- facts


def test_no_judged_fact_is_among_the_trained_ones(book):
    parts = [set(book.known), *(set(keys) for keys in book.never_told.values())]
    for i, part in enumerate(parts):
        for other in parts[i + 1 :]:
            assert not part & other


def test_held_out_estimators_are_in_no_trained_fact(book):
    held_out = {name for names in book.held_out.values() for name in names}
    assert len(held_out) >= 25
    assert not held_out & set(book.estimators)
    assert not held_out & {key[0] for key in book.known}


def test_all_changed_facts_are_trained_and_no_value_dominates(book):
    direct = {key for key in book.old if key in book.new and book.old[key] != book.new[key]}
    assert set(book.changed) == direct
    guessing = book.majority_accuracy(book.known, book.old)
    assert guessing["majority"] <= 0.085
    assert 0.3 < guessing["same_parameter"] < 0.6


def test_guessing_by_parameter_leaves_the_asked_fact_out(book):
    facts = {("A", "p"): "1", ("B", "p"): "1", ("C", "p"): "2", ("D", "q"): "1"}
    # A and B each see the other's 1 (and a 2): a hit; C sees only ones; D is alone and gets the overall
    # favourite, 1
    assert book.majority_accuracy(list(facts), facts) == {"majority": 0.75, "same_parameter": 0.75}


def test_traffic_falls_with_rank_and_adds_up(book):
    assert book.traffic.sum() == pytest.approx(1)
    assert book.traffic[0] == pytest.approx(10 * book.traffic[9])


def test_an_unknown_release_is_refused():
    with pytest.raises(ValueError, match=r"release 9\.9 is not in the table; it has 0\.24\.2"):
        open_book(new_release="9.9")


def test_a_changed_table_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "sklearn_defaults"
    folder.mkdir()
    (folder / "defaults.csv").write_text("release,module,estimator,parameter,required,default\n")
    (folder / "checksums.sha256").write_text("0" * 64 + "  defaults.csv\n")
    monkeypatch.setenv("HOLDOUT_DATASETS", str(tmp_path))
    with pytest.raises(ValueError, match="was changed"):
        read_defaults()
    (folder / "defaults.csv").unlink()
    with pytest.raises(FileNotFoundError, match="HOLDOUT_DATASETS"):
        read_defaults()


# -- training examples


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


# -- evaluation sets


def test_the_validation_and_the_test_set_share_no_question_where_they_must_not(book):
    validation, test = course_set(book, "validation"), course_set(book, "test")
    assert validation.slices == test.slices
    for name in ("abstain, real", "abstain, invented", "same parameter", "unseen wording"):
        shared = {item.prompt for item in validation.only(name).items} & {
            item.prompt for item in test.only(name).items
        }
        assert not shared, name


def test_the_same_book_gives_the_same_questions(book):
    assert (
        course_set(book, "validation", n=20).fingerprint
        == course_set(open_book(), "validation", n=20).fingerprint
    )


def test_guessing_does_not_look_like_reading(book):
    """Always answering with one of the values in the passages at random reaches 1 / 5; the commonest value
    of a reading slice must be far below the bar of 0.95."""
    questions = course_set(book, "test")
    for name in ("same parameter", "same estimator", "mixed"):
        answers = [item.answer for item in questions.only(name).items]
        assert max(answers.count(answer) for answer in set(answers)) / len(answers) < 0.1


# -- adapters


def test_a_fresh_adapter_changes_nothing(small):
    adapter = LowRankAdapter(small.weights, 2, np.random.default_rng(0))
    for name, weight in adapter.merged().items():
        np.testing.assert_array_equal(weight, small.weights[name])


def test_an_adapter_has_rank_times_both_sides_weights_and_its_change_has_that_rank(small):
    adapter = LowRankAdapter(small.weights, 3, np.random.default_rng(0), matrices=("query", "gate"))
    d, m = small.config.width, small.config.hidden
    assert sum(weight.size for weight in adapter.weights.values()) == 2 * 3 * ((d + d) + (d + m))
    for name in adapter.names:
        adapter.weights[f"{name}.B"] += 1.0 * np.random.default_rng(1).standard_normal(
            adapter.weights[f"{name}.B"].shape
        )
    merged = adapter.merged()
    assert np.linalg.matrix_rank(merged["0.query"] - small.weights["0.query"], tol=1e-4) == 3
    np.testing.assert_array_equal(merged["0.key"], small.weights["0.key"])


def test_gradients_of_an_adapter_equal_finite_differences():
    """Central differences in float64, as for the model itself."""
    rng = np.random.default_rng(0)
    config = Config(vocabulary=12, width=8, heads=1, layers=1, hidden=8, context=16)
    base = {name: weight.astype(np.float64) for name, weight in initial_weights(config, rng).items()}
    adapter = LowRankAdapter(base, 2, rng)
    for weight in adapter.weights.values():
        weight += 0.2 * rng.standard_normal(weight.shape)
    tokens, counts = rng.integers(3, 12, (3, 7)), np.ones((3, 7))
    gradients = adapter.gradients(loss_and_gradients(adapter.merged(), config, tokens, counts)[1])
    h = 1e-5
    for name, weight in adapter.weights.items():
        direction = rng.standard_normal(weight.shape)
        losses = []
        for sign in (1, -2):
            weight += sign * h * direction
            losses.append(loss_and_gradients(adapter.merged(), config, tokens, counts)[0])
        weight += h * direction
        slope = (losses[0] - losses[1]) / (2 * h)
        assert (gradients[name] * direction).sum() == pytest.approx(slope, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rank": 0}, "rank must be between 1 and 16"),
        ({"rank": 99}, "rank must be between 1 and 16"),
        ({"rank": 1, "matrices": ("embedding",)}, "matrices must be some of"),
    ],
)
def test_an_impossible_adapter_is_refused(small, arguments, message):
    with pytest.raises(ValueError, match=message):
        LowRankAdapter(small.weights, rng=np.random.default_rng(0), **arguments)


# -- fine-tuning


def test_fine_tuning_learns_and_leaves_the_original_alone(small):
    from holdout.lm.evaluation import EvaluationSet, Item, evaluate

    before = {name: weight.copy() for name, weight in small.weights.items()}
    items = [Item(make_prompt("a ?"), "c d", "new"), Item(make_prompt("b ?"), "d", "new")]
    for options in ({}, {"rank": 4}):
        tuned = fine_tune(small, items, np.random.default_rng(0), steps=120, learning_rate=1e-2, **options)
        assert evaluate(tuned.model, EvaluationSet("new", tuple(items))).accuracy() == 1.0
        assert tuned.losses[-1] < 0.8 * tuned.losses[0]
    for name, weight in small.weights.items():
        np.testing.assert_array_equal(weight, before[name])


def test_frozen_weights_stay(small):
    from holdout.lm.evaluation import Item

    items = [Item(make_prompt("a ?"), "c", "new")]
    tuned = fine_tune(small, items, np.random.default_rng(0), steps=3, frozen=("embedding",))
    np.testing.assert_array_equal(tuned.model.weights["embedding"], small.weights["embedding"])
    assert not np.array_equal(tuned.model.weights["0.query"], small.weights["0.query"])
    assert tuned.trained_weights == small.size - small.weights["embedding"].size


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"items": []}, "nothing|no examples"),
        ({"learning_rate": 0}, "must be positive"),
        ({"replay_share": 1.0}, "replay_share"),
        ({"rank": 2, "frozen": ("embedding",)}, "either rank or frozen"),
    ],
)
def test_bad_fine_tuning_is_refused(small, options, message):
    from holdout.lm.evaluation import Item

    items = options.pop("items", [Item(make_prompt("a ?"), "c", "new")])
    with pytest.raises(ValueError, match=message):
        fine_tune(small, items, np.random.default_rng(0), **options)


# -- quantization


@pytest.mark.parametrize("per_row", [False, True])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_rounding_moves_no_entry_by_more_than_half_a_step(bits, per_row):
    W = np.random.default_rng(0).standard_normal((12, 7)).astype(np.float32)
    W[3] = 0  # an all-zero row
    quantized = quantize_matrix(W, bits, per_row=per_row)
    assert np.abs(quantized.codes).max() == 2 ** (bits - 1) - 1
    assert np.all(np.abs(quantized.dequantize() - W) <= quantized.step * (0.5 + 1e-6))
    assert not quantized.dequantize()[3].any()


def test_one_outlier_spoils_the_matrix_but_only_its_own_row_when_steps_are_per_row():
    W = np.random.default_rng(0).standard_normal((8, 50)).astype(np.float32)
    W[0, 0] = 100
    whole, rows = (quantize_matrix(W, 4, per_row=per_row).dequantize() for per_row in (False, True))
    assert np.abs(whole[1:] - W[1:]).mean() > 3 * np.abs(rows[1:] - W[1:]).mean()


def test_size_follows_from_the_bits(small):
    matrices = sum(weight.size for weight in small.weights.values() if weight.ndim == 2)
    gains = sum(weight.size for weight in small.weights.values() if weight.ndim == 1)
    n_matrices = sum(weight.ndim == 2 for weight in small.weights.values())
    assert stored_bytes(small.weights, 16) == 2 * (matrices + gains)
    assert stored_bytes(small.weights, 4) == matrices // 2 + 2 * n_matrices + 2 * gains


def test_gains_are_not_quantized(small):
    small.weights["norm"][:] = np.linspace(0.9, 1.1, 16)
    np.testing.assert_array_equal(quantize(small.weights, 2)["norm"], small.weights["norm"])


@pytest.mark.parametrize("bits", [1, 9])
def test_an_impossible_number_of_bits_is_refused(bits):
    with pytest.raises(ValueError, match="between 2 and 8"):
        quantize_matrix(np.ones((2, 2)), bits)


# -- questions in words


def test_an_empty_question_is_refused(small):
    with pytest.raises(ValueError, match="question is empty"):
        small.answer("  ")


def test_a_prompt_that_leaves_no_room_is_refused(small):
    with pytest.raises(ValueError, match="do not fit into the 24 tokens"):
        small.answer("a ?", passages=["a b c d"] * 5)


def test_a_misspelt_word_is_refused(small):
    with pytest.raises(UnknownWordError, match="no token for 'zebra'"):
        small.answer("zebra ?")


# -- checkpoints


def test_a_saved_model_comes_back_in_float16(small, tmp_path):
    save(small, tmp_path / "model.npz")
    back = load(tmp_path / "model.npz")
    assert back.config == small.config
    assert back.tokenizer.words == small.tokenizer.words
    for name, weight in small.weights.items():
        np.testing.assert_allclose(back.weights[name], weight, rtol=2**-11, atol=2**-24)


def damaged(path, change):
    """A copy of a checkpoint with its header or weights changed."""
    with np.load(path) as archive:
        content = {name: archive[name] for name in archive.files}
    header = json.loads(content.pop("header").tobytes())
    change(header, content)
    with path.open("wb") as stream:
        np.savez(stream, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header, weights: header.update(format=99), "checkpoint format 99, this code reads 1"),
        (lambda header, weights: header.pop("words"), "header of .* is damaged"),
        (lambda header, weights: header["config"].update(width=-1), "header of .* is damaged"),
        (lambda header, weights: weights.pop("norm"), "does not hold the weights"),
        (lambda header, weights: weights.update(norm=np.ones(3, np.float16)), "does not hold the weights"),
        (lambda header, weights: weights["norm"].__setitem__(0, 2), "were changed after saving"),
    ],
)
def test_a_damaged_checkpoint_is_refused(small, tmp_path, change, message):
    path = tmp_path / "model.npz"
    save(small, path)
    damaged(path, change)
    with pytest.raises(CheckpointError, match=message):
        load(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_checkpoint_is_refused(small, tmp_path, share):
    path = tmp_path / "model.npz"
    save(small, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match="truncated or not a checkpoint"):
        load(path)


def test_another_file_and_a_missing_one_are_refused(tmp_path):
    path = tmp_path / "model.npz"
    path.write_text("not a checkpoint")
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load(path)
    with pytest.raises(FileNotFoundError, match="shipped models are S0, S, M, L"):
        load(tmp_path / "none.npz")


def test_a_diverged_model_is_not_saved(small, tmp_path):
    small.weights["norm"][0] = np.inf
    with pytest.raises(CheckpointError, match="norm holds values"):
        save(small, tmp_path / "model.npz")


# training


def tiny_recipe(**changes):
    shape = {"width": 16, "heads": 2, "layers": 2, "hidden": 16, "with_passages": 2, "closed_book": 2}
    return TrainingRecipe(steps=3, copying_steps=2, offsets=(1, 2), **shape, **changes)


def test_a_run_that_does_not_read_is_begun_again_and_the_last_attempt_is_kept(book):
    losses = []
    recipe = tiny_recipe(reading_checked_at=2, least_reading=0.5, attempts=3)
    trained = train(recipe, 0, book, progress=lambda step, parts, model: losses.append((step, parts[0])))
    assert trained.attempts == 3
    assert [step for step, _ in losses] == [0, 1, 0, 1, 0, 1, 2]
    assert len({loss for step, loss in losses if step == 0}) == 3  # other weights and examples each time


def test_a_recipe_without_a_reading_check_takes_its_first_run(book):
    assert train(tiny_recipe(reading_checked_at=None), 0, book).attempts == 1
