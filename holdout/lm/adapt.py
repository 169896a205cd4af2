"""Adapting a trained model in seconds: full fine-tuning, low-rank adaptation, and replay against forgetting.

A training example here is what an evaluation set holds, a prompt and its answer, so the same questions can
be made for training and, with other draws, for judging.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from holdout.lm.evaluation import Item
from holdout.lm.examples import Example
from holdout.lm.gradients import sum_of_gradients
from holdout.lm.language_model import LanguageModel
from holdout.lm.lora import LowRankAdapter
from holdout.lm.model import count_weights
from holdout.lm.optimizer import Adam
from holdout.lm.threads import one_thread
from holdout.lm.tokenizer import END


@dataclass(frozen=True)
class Adaptation:
    """An adapted model and what it cost.

    `trained_weights` counts the numbers that an optimizer moved; `cpu_seconds` is one process, measured here.
    `losses` has the loss of every step, in nats per word.
    """

    model: LanguageModel
    losses: tuple[float, ...]
    trained_weights: int
    cpu_seconds: float


def as_example(model: LanguageModel, item: Item) -> Example:
    """Tokens of prompt and answer; only the answer and the end mark count."""
    prompt = model.tokenizer.encode(item.prompt)
    answer = model.tokenizer.encode([*item.answer.split(), END])
    return [*prompt, *answer], [0] * len(prompt) + [1] * len(answer)


def fine_tune(
    model: LanguageModel,
    items: Sequence[Item],
    rng: np.random.Generator,
    *,
    steps: int = 150,
    batch: int = 24,
    learning_rate: float = 1e-3,
    rank: int | None = None,
    replay: Sequence[Item] = (),
    replay_share: float = 0.5,
    frozen: Collection[str] = (),
    watch: Callable[[int, LanguageModel], object] | None = None,
    every: int = 20,
) -> Adaptation:
    """Train a copy of a model on a few examples; the model itself stays as it is.

    Parameters
    ----------
    model : LanguageModel
    items : sequence of Item
        What to learn.
    rng : numpy.random.Generator
        Draws the batches (and the start of an adapter).
    steps, batch : int
    learning_rate : float
        Peak: it rises over ten steps and then falls to zero in a straight line.
    rank : int, optional
        Train a low-rank adapter of this rank instead of all weights; the result is merged.
    replay : sequence of Item
        What must not be forgotten: each example of a batch is one of these with probability `replay_share`.
    frozen : collection of str
        Weights whose names end like one of these stay as they are, e.g. `("embedding",)`; not with `rank`.
    watch : callable, optional
        Called with the number of steps done and the model of that moment, before the first step and after each `every` of them.
        It must not keep the model: its weights go on changing.
    every : int

    Returns
    -------
    Adaptation

    Raises
    ------
    ValueError
        If there is nothing to learn, or a setting makes no sense.
    UnknownWordError
        If an example holds a word that the model has no token for.
    """
    if not len(items):
        raise ValueError("there are no examples to learn from; give at least one")
    if steps < 1 or batch < 1 or learning_rate <= 0:
        raise ValueError(
            f"steps, batch and learning_rate must be positive, not {steps}, {batch}, {learning_rate}"
        )
    if every < 1:
        raise ValueError(f"every must be at least 1, not {every}")
    if not 0 <= replay_share < 1:
        raise ValueError(f"replay_share must be at least 0 and below 1, not {replay_share}")
    if frozen and rank is not None:
        raise ValueError("an adapter freezes all weights anyway; give either rank or frozen")
    started = time.process_time()
    new = [as_example(model, item) for item in items]
    old = [as_example(model, item) for item in replay]
    weights = {name: weight.copy() for name, weight in model.weights.items()}
    adapter = LowRankAdapter(weights, rank, rng) if rank is not None else None
    trained = (
        adapter.weights
        if adapter
        else {name: weight for name, weight in weights.items() if not name.endswith(tuple(frozen) or ("\0",))}
    )
    optimizer = Adam(trained)
    losses = []
    with one_thread():
        for step in range(steps):
            if watch and step % every == 0:
                watch(step, model.with_weights(adapter.merged() if adapter else weights))
            examples = [
                _pick(rng, old) if old and rng.random() < replay_share else _pick(rng, new)
                for _ in range(batch)
            ]
            merged = adapter.merged() if adapter else weights
            loss, gradients = sum_of_gradients(merged, model.config, examples)
            if adapter:
                gradients = adapter.gradients(gradients)
            rate = learning_rate * min(1, (step + 1) / 10) * (1 - step / steps)
            optimizer.step({name: gradients[name] for name in trained}, rate)
            losses.append(loss)
    result = model.with_weights(adapter.merged() if adapter else weights)
    if watch and steps % every == 0:
        watch(steps, result)
    return Adaptation(result, tuple(losses), count_weights(trained), time.process_time() - started)


def _pick(rng, examples):
    return examples[int(rng.integers(len(examples)))]
