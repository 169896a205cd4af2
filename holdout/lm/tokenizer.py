"""Words to numbers and back: a word-level tokenizer.

Every estimator, parameter and default value is one token, so an answer is one or a few tokens and can be read
off directly. It is not a subword tokenizer: a word outside the vocabulary is an error, never a silent guess.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import numpy as np

from holdout.errors import HoldoutError

PAD, BEGIN, END = "<pad>", "<begin>", "<end>"
DOCUMENTS, QUESTION, ANSWER = "[doc]", "[q]", "[a]"
UNKNOWN = "unknown"
SPECIAL = (PAD, BEGIN, END, DOCUMENTS, QUESTION, ANSWER, UNKNOWN)
PAD_ID, BEGIN_ID, END_ID = 0, 1, 2


class UnknownWordError(HoldoutError, ValueError):
    """A text holds a word that the model has no token for."""


class Tokenizer:
    """A fixed list of words; the position of a word in it is its token.

    Parameters
    ----------
    words : sequence of str
        The vocabulary. It must begin with `SPECIAL` and hold no word twice and no word with a blank in it.

    Raises
    ------
    ValueError
        If the vocabulary breaks one of these rules.
    """

    def __init__(self, words: Sequence[str]):
        self.words = tuple(words)
        if self.words[: len(SPECIAL)] != SPECIAL:
            raise ValueError(
                f"a vocabulary begins with {SPECIAL}, this one with {self.words[: len(SPECIAL)]}"
            )
        self.ids = {word: index for index, word in enumerate(self.words)}
        if len(self.ids) != len(self.words):
            twice = sorted({word for word in self.words if self.words.count(word) > 1})
            raise ValueError(f"these words are in the vocabulary twice: {twice}")
        if any(not word or word.split() != [word] for word in self.words):
            raise ValueError("a word of the vocabulary is empty or holds white space")

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, text: str | Iterable[str]) -> list[int]:
        """Tokens of a text.

        Parameters
        ----------
        text : str or iterable of str
            Words separated by white space, or the words themselves.

        Returns
        -------
        list of int

        Raises
        ------
        UnknownWordError
            If a word is not in the vocabulary; the message names it and the nearest words that are.
        """
        words = text.split() if isinstance(text, str) else list(text)
        try:
            return [self.ids[word] for word in words]
        except KeyError as error:
            word = error.args[0]
            near = difflib.get_close_matches(word, self.words, n=3, cutoff=0.6)
            remedy = f"Did you mean {' or '.join(near)}?" if near else "The vocabulary is `tokenizer.words`."
            raise UnknownWordError(
                f"the model has no token for {word!r}. It knows {len(self.words)} words, each written as one "
                f"word between blanks. {remedy}"
            ) from None

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of a sequence of tokens, padding and the end mark left out."""
        return " ".join(
            self.words[token] for token in np.asarray(tokens, dtype=int) if token not in (PAD_ID, END_ID)
        )
