"""Training from nothing: `python -m holdout.lm.tools.train M` writes a checkpoint like the shipped one.

The schedule counts steps, never seconds, and every draw comes from one seed, so a run can be repeated. On
another machine the sums are rounded in another order, so the weights differ in the last digits; what must
agree is the accuracy, within the bounds of the proof tests.

A step is one batch of examples with passages (or, in the first part, of lists to copy) and one of
closed-book questions.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from holdout.data.loader import folder as datasets_folder
from holdout.lm.checkpoint import digest, save
from holdout.lm.evaluation import evaluate
from holdout.lm.examples import ExampleMaker, Mix
from holdout.lm.facts import FactBook, open_book, vocabulary
from holdout.lm.gradients import sum_of_gradients
from holdout.lm.language_model import LanguageModel
from holdout.lm.model import (
    Config,
    initial_weights,
    start_as_previous_word_readers,
)
from holdout.lm.optimizer import Adam, cosine
from holdout.lm.slices import course_set
from holdout.lm.threads import one_thread
from holdout.lm.tokenizer import Tokenizer


@dataclass(frozen=True)
class TrainingRecipe:
    """Everything that decides a training run, except the seed.

    Parameters
    ----------
    width, heads, layers, hidden : int
        Shape of the model (see `Config`).
    steps, copying_steps : int
        All steps, and how many of them, at the beginning, only copy lists.
    with_passages, closed_book : int
        Examples a step of each kind.
    learning_rate : float
        Peak; the schedule is `optimizer.cosine` with 100 steps of warm-up.
    decay : float
    offsets : tuple of int
        How far back the heads of the first layer look at the start.
    mix : Mix
    reading_checked_at : int, optional
        The step at which a run that has not begun to read is given up and begun again with other draws.
    least_reading : float
        What it must reach there, on both kinds of hard distractors of the validation split.
    attempts : int
        Runs at most; the last one is kept as it comes.
    """

    width: int = 64
    heads: int = 4
    layers: int = 2
    hidden: int = 128
    steps: int = 5000
    copying_steps: int = 1000
    with_passages: int = 32
    closed_book: int = 64
    learning_rate: float = 3e-3
    decay: float = 0.003
    offsets: tuple[int, ...] = (1, 2, 3, 4)
    mix: Mix = field(default_factory=Mix)
    reading_checked_at: int | None = 2000
    least_reading: float = 0.40
    attempts: int = 6


RECIPES = {
    # Kept as the model that knows and does not read, so its reading is not checked.
    "S0": TrainingRecipe(
        width=40,
        heads=4,
        hidden=80,
        steps=9000,
        copying_steps=2500,
        mix=Mix(copying=0.10),
        reading_checked_at=None,
    ),
    # Heads as wide as those of M and L, which look back where most wordings hold the names.
    "S": TrainingRecipe(
        width=48,
        heads=3,
        hidden=96,
        offsets=(1, 2, 4),
        reading_checked_at=1500,
        least_reading=0.16,
        attempts=16,
    ),
    "M": TrainingRecipe(),
    "L": TrainingRecipe(
        width=96,
        heads=6,
        layers=3,
        hidden=192,
        mix=Mix(by_example=0.12, copying=0.10),
        least_reading=0.75,
    ),
}


class Trained(NamedTuple):
    """A model and how many runs it took."""

    model: LanguageModel
    attempts: int


def train(
    recipe: TrainingRecipe,
    seed: int,
    book: FactBook,
    *,
    progress: Callable[[int, list[float], LanguageModel], None] | None = None,
) -> Trained:
    """Train one model.

    Facts are learnt by every run, while reading appears as a jump that some runs never make: two of the first
    five runs of M (`datasets/checkpoints/README.md`). Whether it was made shows long before the end, so such a
    run is given up early and begun again. This selects on the validation split, never on the test split.

    Parameters
    ----------
    recipe : TrainingRecipe
    seed : int
        Of the initial weights and of every example; attempt k > 0 draws from the stream `[seed, k]`.
    book : FactBook
    progress : callable, optional
        Called as `progress(step, losses, model)` after every step.

    Returns
    -------
    Trained
    """
    for attempt in range(recipe.attempts):
        rng = np.random.default_rng([seed, attempt] if attempt else seed)
        last = attempt == recipe.attempts - 1
        model = _run(recipe, rng, book, give_up=not last, progress=progress)
        if model is not None:
            return Trained(model, attempt + 1)
    raise ValueError(f"a recipe needs at least one attempt, not {recipe.attempts}")


def _run(recipe: TrainingRecipe, rng, book: FactBook, *, give_up: bool, progress) -> LanguageModel | None:
    """One run from nothing; None if it was given up because it does not read."""
    tokenizer = Tokenizer(vocabulary(book))
    config = Config(len(tokenizer), recipe.width, recipe.heads, recipe.layers, recipe.hidden)
    weights = initial_weights(config, rng)
    start_as_previous_word_readers(weights, config, recipe.offsets, rng)
    model = LanguageModel(weights, config, tokenizer)
    maker = ExampleMaker(book, tokenizer, recipe.mix)
    optimizer = Adam(weights, decay=recipe.decay)
    for step in range(recipe.steps):
        if step < recipe.copying_steps:
            batches = [[maker.copying(rng) for _ in range(recipe.with_passages)]]
        else:
            batches = [
                [maker.with_passages(rng) for _ in range(recipe.with_passages)],
                [maker.closed_book(rng) for _ in range(recipe.closed_book)],
            ]
        losses: list[float] = []
        total: dict[str, np.ndarray] = {}
        for batch in batches:
            loss, gradients = sum_of_gradients(weights, config, batch, groups=2)
            losses.append(loss)
            for name, gradient in gradients.items():
                total[name] = gradient + total.get(name, 0)
        optimizer.step(total, recipe.learning_rate * cosine(step, recipe.steps, warm_up=100))
        if progress:
            progress(step, losses, model)
        if give_up and step + 1 == recipe.reading_checked_at and _reading(model, book) < recipe.least_reading:
            return None
    return model


def _reading(model: LanguageModel, book: FactBook) -> float:
    """Accuracy past hard distractors of the validation split, of the two kinds the worse."""
    kinds = ("same parameter", "same estimator")
    report = evaluate(model, course_set(book, "validation", n=100).only(*kinds))
    return min(report.accuracy(kind) for kind in kinds)


def record_of(
    trained: Trained, recipe: TrainingRecipe, seed: int, book: FactBook, cpu_seconds: float
) -> dict:
    """What is written beside a checkpoint: how it came about and how it does, slice by slice."""
    model, attempts = trained
    accuracy, fingerprints = {}, {}
    for split in ("validation", "test"):
        questions = course_set(book, split)
        report = evaluate(model, questions)
        fingerprints[split] = questions.fingerprint
        accuracy[split] = {
            name: {"items": int(row["items"]), "accuracy": round(float(row["accuracy"]), 4)}
            for name, row in report.table().iterrows()
        }
    return {
        "seed": seed,
        "attempts": attempts,
        "recipe": asdict(recipe),
        "weights": model.size,
        "facts": {
            "trained_on": book.old_release,
            "later": book.new_release,
            "fingerprint": book.fingerprint,
            "guessing": {
                name: round(share, 4) for name, share in book.majority_accuracy(book.known, book.old).items()
            },
        },
        "cpu_seconds": round(cpu_seconds, 1),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "sha256_of_weights": digest(model.weights),
        "evaluation_fingerprints": fingerprints,
        "accuracy": accuracy,
    }


def main(arguments: list[str] | None = None) -> int:
    one_thread()
    parser = argparse.ArgumentParser(
        prog="python -m holdout.lm.tools.train", description="Train a checkpoint from nothing."
    )
    parser.add_argument("size", choices=sorted(RECIPES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="folder (default: datasets/checkpoints)")
    options = parser.parse_args(arguments)
    folder = options.output or datasets_folder() / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    name = options.size if options.seed == 0 else f"{options.size}-seed{options.seed}"
    recipe, book = RECIPES[options.size], open_book()
    watched = course_set(book, "validation", n=60).only(
        "traffic", "tail", "same parameter", "same estimator", "abstain, real", "format by example"
    )
    started = time.process_time()

    def progress(step: int, losses: list[float], model: LanguageModel) -> None:
        if (step + 1) % 500 == 0:
            report = evaluate(model, watched)
            figures = ", ".join(f"{key} {report.accuracy(key):.2f}" for key in watched.slices)
            spent = time.process_time() - started
            print(
                f"step {step + 1}: loss {[round(loss, 3) for loss in losses]}, {figures} ({spent:.0f} s CPU)",
                flush=True,
            )

    model, attempts = train(recipe, options.seed, book, progress=progress)
    cpu_seconds = time.process_time() - started
    save(model, folder / f"{name}.npz")
    # judged as shipped: float16 weights
    shipped = model.with_weights(
        {key: weight.astype(np.float16).astype(np.float32) for key, weight in model.weights.items()}
    )
    record = record_of(Trained(shipped, attempts), recipe, options.seed, book, cpu_seconds)
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for slice_name, row in record["accuracy"]["validation"].items():
        print(f"{slice_name:42s} {row['accuracy']:.3f}  ({row['items']} items)")
    print(f"{name}: {model.size} weights, {cpu_seconds:.0f} s CPU, attempts {attempts}, written to {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
