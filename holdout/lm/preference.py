"""Preference tuning: make a wanted answer likelier than an unwanted one to the same prompt (DPO).

No reward model and no drawing of answers. What a pair does not mention is not protected: lesson 08 measures that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdout.lm.adapt import as_example
from holdout.lm.evaluation import Item
from holdout.lm.examples import Example, collate
from holdout.lm.language_model import LanguageModel
from holdout.lm.model import Config, Weights, forward, loss_and_gradients, positions_of, softmax
from holdout.lm.optimizer import Adam
from holdout.lm.threads import one_thread


@dataclass(frozen=True)
class Pair:
    """One prompt, the answer that is wanted, and the one that is not."""

    prompt: str
    wanted: str
    unwanted: str


def answer_logprobs(weights: Weights, config: Config, examples: Sequence[Example]) -> np.ndarray:
    """Log probability (natural logarithm) of each example's counted words, summed; shape (examples,)."""
    tokens, counts = collate(examples)
    counted = counts[:, 1:] > 0
    at, kept = positions_of(counted)
    states = forward(weights, config, tokens[:, :-1], at=at)
    p = softmax(states[kept] @ weights["embedding"].T)
    logs = np.zeros(counted.shape)
    logs[counted] = np.log(p[np.arange(len(p)), tokens[:, 1:][counted]] + 1e-12)
    return logs.sum(axis=1)


def prefer(
    model: LanguageModel,
    pairs: Sequence[Pair],
    rng: np.random.Generator,
    *,
    steps: int = 60,
    batch: int = 12,
    beta: float = 0.1,
    learning_rate: float = 3e-4,
) -> tuple[LanguageModel, list[float]]:
    """Direct preference optimization of all weights.

    The loss of a pair is -log sigmoid(beta (margin - margin of the model before)), where the margin is the log probability of
    the wanted answer minus that of the unwanted one. Source: Rafailov et al. 2023, arXiv:2305.18290, equation 7.

    Parameters
    ----------
    model : LanguageModel
        Where it starts, and the reference; stays as it is.
    pairs : sequence of Pair
    rng : numpy.random.Generator
    steps, batch : int
    beta : float
        How much a change of the margin counts; smaller values allow larger changes.
    learning_rate : float
        Peak: it rises over ten steps and falls to zero in a straight line.

    Returns
    -------
    model : LanguageModel
    losses : list of float
        One for each step; log 2 at the start.

    Raises
    ------
    ValueError
        If there are no pairs, or a setting makes no sense.
    """
    if not pairs:
        raise ValueError("there are no pairs to learn from; give at least one")
    if steps < 1 or batch < 1 or beta <= 0 or learning_rate <= 0:
        raise ValueError(
            f"steps, batch, beta and learning_rate must be positive, not {steps}, {batch}, {beta}, {learning_rate}"
        )
    wanted = [as_example(model, Item(pair.prompt, pair.wanted, "wanted")) for pair in pairs]
    unwanted = [as_example(model, Item(pair.prompt, pair.unwanted, "unwanted")) for pair in pairs]
    weights = {name: weight.copy() for name, weight in model.weights.items()}
    optimizer, losses = Adam(weights), []
    with one_thread():
        before = np.concatenate(
            [
                _margins(model.weights, model.config, wanted[i : i + 50], unwanted[i : i + 50])
                for i in range(0, len(pairs), 50)
            ]
        )
        for step in range(steps):
            drawn = rng.integers(0, len(pairs), batch)
            good, bad = [wanted[i] for i in drawn], [unwanted[i] for i in drawn]
            shift = beta * (_margins(weights, model.config, good, bad) - before[drawn])
            losses.append(float(np.mean(np.logaddexp(0, -shift))))
            pull = beta / (1 + np.exp(shift)) / batch
            tokens, counts = collate([*good, *bad])
            _, gradients = loss_and_gradients(
                weights, model.config, tokens, counts, importance=np.concatenate([pull, -pull])
            )
            words = int((counts[:, 1:] > 0).sum())  # the gradient is that of a mean over words
            rate = learning_rate * min(1, (step + 1) / 10) * (1 - step / steps)
            optimizer.step({name: words * gradient for name, gradient in gradients.items()}, rate)
    return model.with_weights(weights), losses


def _margins(
    weights: Weights, config: Config, wanted: Sequence[Example], unwanted: Sequence[Example]
) -> np.ndarray:
    logs = answer_logprobs(weights, config, [*wanted, *unwanted])
    return logs[: len(wanted)] - logs[len(wanted) :]
