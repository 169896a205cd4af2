"""The gradient of a batch of examples, summed. Shared by training and fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence

from holdout.lm.examples import Example, collate
from holdout.lm.model import (
    Config,
    Weights,
    loss_and_gradients,
)


def sum_of_gradients(
    weights: Weights, config: Config, examples: Sequence[Example], *, groups: int = 1
) -> tuple[float, Weights]:
    """Loss and gradient of a batch, computed in groups of similar length.

    Short and long sequences apart waste less padding: attention costs the square of the length. The result
    is that of the whole batch, because each group counts by its number of counted words.

    Returns
    -------
    loss : float
    gradients : dict of str to ndarray
    """
    ordered = sorted(examples, key=lambda example: len(example[0]))
    size = -(-len(ordered) // groups)
    parts = [ordered[first : first + size] for first in range(0, len(ordered), size)]
    counted = [sum(sum(counts) for _, counts in part) for part in parts]
    loss = 0.0
    gradients: Weights = {}
    for part, count in zip(parts, counted, strict=True):
        share = count / sum(counted)
        part_loss, part_gradients = loss_and_gradients(weights, config, *collate(part))
        loss += share * part_loss
        for name, gradient in part_gradients.items():
            gradients[name] = share * gradient + gradients.get(name, 0)
    return loss, gradients
