"""Writing an answer word by word, with a cache of keys and values so that each word costs one token, not
the prompt.

Greedy by default; a temperature draws from softmax(logits / temperature) instead. One `rng`, given by the
caller.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from holdout.lm.model import Config, Weights, forward, logits, softmax
from holdout.lm.tokenizer import END_ID, PAD_ID


def generate(
    weights: Weights,
    config: Config,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int = 8,
    temperature: float = 0.0,
    rng: np.random.Generator | None = None,
    batch: int = 128,
) -> list[list[int]]:
    """Continue every prompt until the end mark.

    Parameters
    ----------
    prompts : sequence of sequences of int
        Prompts of one length are computed together.
    temperature : float
        0 takes the likeliest word. Above 0, `rng` is required.
    batch : int
        Most prompts computed at once.

    Returns
    -------
    list of list of int
        The new tokens of each prompt, the end mark left out.

    Raises
    ------
    ValueError
        If a prompt is empty or too long, or a temperature comes without an `rng`.
    """
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature and rng is None:
        raise ValueError("drawing with a temperature needs an rng, e.g. np.random.default_rng(0)")
    by_length: dict[int, list[int]] = {}
    for index, prompt in enumerate(prompts):
        if not len(prompt):
            raise ValueError(f"prompt {index} is empty; give at least one token")
        by_length.setdefault(len(prompt), []).append(index)
    answers: list[list[int]] = [[] for _ in prompts]
    for indices in by_length.values():
        for first in range(0, len(indices), batch):
            chosen = indices[first : first + batch]
            new = _generate_same_length(
                weights, config, np.array([prompts[i] for i in chosen]), max_new_tokens, temperature, rng
            )
            for index, row in zip(chosen, new, strict=True):
                answers[index] = [int(token) for token in row if token not in (PAD_ID, END_ID)]
    return answers


def _generate_same_length(weights, config, tokens, max_new_tokens, temperature, rng):
    """(B, L) prompts to (B, n) new tokens; a finished row is padded."""
    cache: list = []
    finished = np.zeros(len(tokens), bool)
    written = []
    for _ in range(max_new_tokens):
        last = np.full((len(tokens), 1), tokens.shape[1] - 1)
        scores = logits(weights, forward(weights, config, tokens, at=last, cache=cache)[:, 0])
        if temperature:
            # the largest of log p + Gumbel noise is a draw from p (Gumbel 1954; Maddison et al. 2014,
            # arXiv:1411.0030)
            word = (scores / temperature + rng.gumbel(size=scores.shape)).argmax(-1)
        else:
            word = scores.argmax(-1)
        word[finished] = PAD_ID
        finished |= word == END_ID
        written.append(word)
        tokens = word[:, None]
        if finished.all():
            break
    return np.stack(written, 1)


def next_word_probabilities(weights: Weights, config: Config, prompt: Sequence[int]) -> np.ndarray:
    """softmax(logits) after one prompt, shape (V,)."""
    last = np.array([[len(prompt) - 1]])
    return softmax(logits(weights, forward(weights, config, np.array([prompt]), at=last)[0, 0]))
