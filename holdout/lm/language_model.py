"""A model that is asked in words: weights, shape and tokenizer in one object.

It only joins the modules `tokenizer`, `model` and `sample`; what is computed is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from holdout.lm.model import Config, Weights, count_weights, forward, logits
from holdout.lm.sample import generate, next_word_probabilities
from holdout.lm.tokenizer import ANSWER, BEGIN, DOCUMENTS, QUESTION, Tokenizer


def make_prompt(question: str, passages: Sequence[str] = (), examples: Sequence[tuple[str, str]] = ()) -> str:
    """The text that a model reads before it answers.

    Parameters
    ----------
    question : str
        For example `"what is the default of C for LogisticRegression ?"`; `... ? as call` asks for another
        style.
    passages : sequence of str
        Texts to answer from, e.g. `"C of LogisticRegression is 1.0 ;"`.
    examples : sequence of (question, answer)
        Answered questions that show the wanted format.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the question is empty.
    """
    if not question.strip():
        raise ValueError("the question is empty; ask for example 'what is the default of C for SVC ?'")
    parts = [BEGIN]
    for shown, answer in examples:
        parts += [QUESTION, shown, ANSWER, answer, "<end>"]
    if passages:
        parts += [DOCUMENTS, *passages]
    return " ".join([*parts, QUESTION, question, ANSWER])


@dataclass(frozen=True)
class LanguageModel:
    """Weights with their shape and vocabulary.

    Adapting a model makes a new one; nothing here changes the weights in place.
    """

    weights: Weights
    config: Config
    tokenizer: Tokenizer

    def answer(
        self,
        question: str,
        passages: Sequence[str] = (),
        examples: Sequence[tuple[str, str]] = (),
        *,
        max_new_tokens: int = 12,
    ) -> str:
        """Greedy answer to one question, in words (see `make_prompt`)."""
        return self.complete([make_prompt(question, passages, examples)], max_new_tokens=max_new_tokens)[0]

    def complete(self, prompts: Sequence[str], *, max_new_tokens: int = 12) -> list[str]:
        """Greedy answers to whole prompts, in order.

        Raises
        ------
        UnknownWordError
            If a word is not in the vocabulary.
        ValueError
            If a prompt is empty or leaves no room for an answer.
        """
        encoded = [self.tokenizer.encode(prompt) for prompt in prompts]
        for tokens in encoded:
            if len(tokens) + max_new_tokens > self.config.context:
                raise ValueError(
                    f"a prompt of {len(tokens)} tokens and an answer of up to {max_new_tokens} do not fit "
                    f"into the {self.config.context} tokens that this model reads; give fewer passages"
                )
        new = generate(self.weights, self.config, encoded, max_new_tokens=max_new_tokens)
        return [self.tokenizer.decode(tokens) for tokens in new]

    def confidence(self, prompt: str) -> tuple[str, float]:
        """The likeliest first word of the answer and its probability."""
        probabilities = next_word_probabilities(self.weights, self.config, self.tokenizer.encode(prompt))
        word = int(probabilities.argmax())
        return self.tokenizer.words[word], float(probabilities[word])

    def logits(self, text: str) -> np.ndarray:
        """Scores of the next word after every word of a text, shape (L, V)."""
        tokens = np.array([self.tokenizer.encode(text)])
        return logits(self.weights, forward(self.weights, self.config, tokens))[0]

    def with_weights(self, weights: Weights) -> LanguageModel:
        """The same model with other weights."""
        return replace(self, weights=weights)

    @property
    def size(self) -> int:
        """Number of weights."""
        return count_weights(self.weights)
