"""What a model is trained on: token sequences with the words that count for the loss.

Five kinds. *Copying* warms up the circuit that reads. *Reading*: passages with random values, so that they
must be read and cannot be remembered; in a share of them one passage contradicts a trained fact, because
the text in front of the model must win over its memory. *Missing*: passages that do not hold the answer.
*Closed book*: facts without passages, and "unknown". *By example*: an output format shown by one to three
answers.

Two things that sound harmless and are not. Every question is drawn *with* replacement: if each passage were
asked exactly once, the loss would fall by elimination, without any reading. And distractors are balanced:
passages about the same parameter, about the same estimator, and mixed; otherwise the model learns to match
only one of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

import holdout.lm.facts as wording
from holdout.lm.facts import FactBook, Key, fill
from holdout.lm.tokenizer import ANSWER, BEGIN, DOCUMENTS, END, PAD_ID, QUESTION, SPECIAL, UNKNOWN, Tokenizer

Example = tuple[list[int], list[int]]


@dataclass(frozen=True)
class Mix:
    """Shares of the kinds of examples.

    Parameters
    ----------
    by_example : float
        Of the examples with passages, those replaced by a format shown by example.
    copying : float
        Of the examples with passages, those replaced by a list to copy, which keeps words in use that occur
        in no training sentence (held-out estimators).
    missing : float
        Of the others, those whose passages do not hold the answer.
    contradict : float
        Of the reading examples, those where one passage contradicts a trained fact.
    unknown : float
        Of the closed-book examples, those whose answer is "unknown".
    never_told : float
        Of these, real facts (of the training third) rather than invented pairs.
    traffic : float
        Of the other closed-book examples, those drawn by popularity rather than evenly.
    styled : float
        Answers asked for in one of the longer styles.
    passages : int
        Most passages in front of a question.
    """

    by_example: float = 0.08
    copying: float = 0.0
    missing: float = 0.30
    contradict: float = 0.30
    unknown: float = 0.20
    never_told: float = 0.40
    traffic: float = 0.50
    styled: float = 0.30
    passages: int = 6

    def to_dict(self) -> dict:
        return asdict(self)


class ExampleMaker:
    """Draws training examples; all randomness comes from the `rng` of each call."""

    def __init__(self, book: FactBook, tokenizer: Tokenizer, mix: Mix):
        self.book, self.tokenizer, self.mix = book, tokenizer, mix
        self.known = set(book.known)
        judged = {key for split in ("validation", "test") for key in book.never_told[split]}
        self.forbidden = self.known | judged  # never used as an "unknown" example
        self.cumulative_traffic = np.cumsum(book.traffic)
        self.first_content_token = len(SPECIAL)
        self.long_styles = [style for style in wording.STYLES if style != "plain"]

    # pieces of text

    def passage(self, rng: np.random.Generator, key: Key, value: str) -> list[str]:
        return fill(_pick(rng, wording.PASSAGES), key, value).split()

    def question_and_answer(
        self, rng: np.random.Generator, key: Key, value: str, style: str | None = None
    ) -> tuple[list[str], list[str]]:
        """Words of a question and of its answer, in the asked style (drawn when not given)."""
        if style is None:
            style = _pick(rng, self.long_styles) if rng.random() < self.mix.styled else "plain"
        request, shape = wording.STYLES[style]
        question = [QUESTION, *fill(_pick(rng, wording.QUESTIONS), key).split(), *request.split(), ANSWER]
        answer = UNKNOWN if value == UNKNOWN else fill(shape, key, value)
        return question, [*answer.split(), END]

    def assemble(self, parts: Sequence[tuple[list[str], bool]]) -> Example:
        """Join pieces of text; those marked True count for the loss."""
        tokens, counts = [], []
        for words, counted in parts:
            tokens += self.tokenizer.encode(words)
            counts += [int(counted)] * len(words)
        return tokens, counts

    # the kinds of examples

    def copying(self, rng: np.random.Generator) -> Example:
        """A list of random words, some filler, and the list again; the second copy counts.

        Half of the lists draw from a few words only, so that one preceding word does not tell where one is:
        the circuit must learn to match two."""
        size, first = len(self.tokenizer), self.first_content_token
        n = int(rng.integers(6, 21))
        letters = n if rng.random() < 0.5 else int(rng.integers(max(3, n // 3), n + 1))
        alphabet = rng.choice(size - first, letters, replace=False) + first
        words = alphabet if letters == n else alphabet[rng.integers(0, letters, n)]
        filler = rng.integers(first, size, int(rng.integers(0, 7)))
        start = self.tokenizer.encode([BEGIN, DOCUMENTS])
        tokens = [*start, *words.tolist(), *filler.tolist(), *words.tolist()]
        return tokens, [0] * (len(tokens) - n + 1) + [1] * (n - 1)

    def keys_for_passages(self, rng: np.random.Generator, n: int) -> list[Key]:
        """n different keys: 30 % share the parameter, 30 % the estimator, 35 % come from a small grid, 5 %
        anything."""
        estimators, parameters = self.book.estimators, self.book.parameters
        kind = rng.random()
        if kind < 0.30:
            rows, columns = n, 1
        elif kind < 0.60:
            rows, columns = 1, n
        elif kind < 0.95:
            rows = min(n, int(rng.integers(2, 4)))
            columns = -(-n // rows) + int(rng.integers(2))
        else:
            rows = columns = n
        rows_drawn = _distinct(rng, estimators, rows)
        columns_drawn = _distinct(rng, parameters, columns)
        grid = [(estimator, parameter) for estimator in rows_drawn for parameter in columns_drawn]
        return _distinct(rng, grid, n)

    def passages(self, rng: np.random.Generator, keys: Sequence[Key], values: Sequence[str]) -> list[str]:
        words = [BEGIN, DOCUMENTS]
        for key, value in zip(keys, values, strict=True):
            words += self.passage(rng, key, value)
        return words

    def reading(self, rng: np.random.Generator) -> Example:
        """Passages with random values, then up to three questions about them."""
        n = int(rng.integers(2 if rng.random() < 0.85 else 1, self.mix.passages + 1))
        keys = self.keys_for_passages(rng, n)
        if (
            rng.random() < self.mix.contradict
        ):  # a trained fact takes the place of the first key, its family follows
            old, fact = keys[0], _pick(rng, self.book.known)
            swapped = [
                (fact[0] if key[0] == old[0] else key[0], fact[1] if key[1] == old[1] else key[1])
                for key in keys
            ]
            order = rng.permutation(n)
            keys = list(dict.fromkeys(swapped[i] for i in order))
        values = [_pick(rng, self.book.values) for _ in keys]
        parts = [(self.passages(rng, keys, values), False)]
        for chosen in rng.integers(0, len(keys), min(len(keys), 3)):
            question, answer = self.question_and_answer(rng, keys[chosen], values[chosen])
            parts += [(question, False), (answer, True)]
        return self.assemble(parts)

    def missing(self, rng: np.random.Generator) -> Example:
        """Passages about neighbours of the question: answer from memory, else "unknown"."""
        kind = rng.random()
        if kind < 0.5:
            key = _pick(rng, self.book.known)
        elif kind < 0.75:
            key = _pick(rng, self.book.never_told["train"])
        else:
            key = self.invented(rng)
        near = rng.random() < 0.85
        keys: list[Key] = []
        n = int(rng.integers(1, self.mix.passages + 1))
        while len(keys) < n:
            estimator, parameter = _pick(rng, self.book.estimators), _pick(rng, self.book.parameters)
            if near:
                estimator, parameter = (estimator, key[1]) if rng.random() < 0.5 else (key[0], parameter)
            if (estimator, parameter) != key and (estimator, parameter) not in keys:
                keys.append((estimator, parameter))
        values = [_pick(rng, self.book.values) for _ in keys]
        value = self.book.old[key] if key in self.known else UNKNOWN
        question, answer = self.question_and_answer(rng, key, value)
        return self.assemble([(self.passages(rng, keys, values), False), (question, False), (answer, True)])

    def invented(self, rng: np.random.Generator) -> Key:
        """An (estimator, parameter) that is neither trained nor judged."""
        while True:
            key = _pick(rng, self.book.estimators), _pick(rng, self.book.parameters)
            if key not in self.forbidden:
                return key

    def known_fact(self, rng: np.random.Generator) -> Key:
        """A trained fact, by popularity or evenly."""
        if rng.random() < self.mix.traffic:
            index = int(np.searchsorted(self.cumulative_traffic, rng.random()))
            return self.book.known[min(index, len(self.book.known) - 1)]
        return _pick(rng, self.book.known)

    def closed_book(self, rng: np.random.Generator) -> Example:
        """A question without passages."""
        if rng.random() < self.mix.unknown:
            key = (
                _pick(rng, self.book.never_told["train"])
                if rng.random() < self.mix.never_told
                else self.invented(rng)
            )
            value = UNKNOWN
        else:
            key = self.known_fact(rng)
            value = self.book.old[key]
        question, answer = self.question_and_answer(rng, key, value)
        return self.assemble([([BEGIN, *question], False), (answer, True)])

    def random_format(self, rng: np.random.Generator) -> str:
        """A random output format, such as `{p} -> {v} !`. The value is always in it."""
        body = _pick(rng, ("{v}", "{p} MARK {v}", "{e} MARK {v}", "{e} MARK {p} MARK {v}", "{v} MARK {p}"))
        if rng.random() < 0.6 or body == "{v}":
            body = "MARK " + body
        if rng.random() < 0.6:
            body += " MARK"
        words = [_pick(rng, wording.MARKS) if word == "MARK" else word for word in body.split()]
        return " ".join(words)

    def by_example(
        self, rng: np.random.Generator, shots: int | None = None, shape: str | None = None
    ) -> Example:
        """One to three answered questions in one format, then a question; the first answer does not count."""
        shape = shape or self.random_format(rng)
        parts = [([BEGIN], False)]
        for shot in range((shots or int(rng.integers(1, 4))) + 1):
            key = self.known_fact(rng)
            question, _ = self.question_and_answer(rng, key, "", "plain")
            parts += [(question, False), ([*fill(shape, key, self.book.old[key]).split(), END], shot > 0)]
        return self.assemble(parts)

    def with_passages(self, rng: np.random.Generator) -> Example:
        """One example of the share of the mix that is longer than a question."""
        kind, mix = rng.random(), self.mix
        rest = 1 - mix.by_example - mix.copying
        if kind < mix.by_example:
            return self.by_example(rng)
        if kind < mix.by_example + mix.copying:
            return self.copying(rng)
        if kind < mix.by_example + mix.copying + rest * mix.missing:
            return self.missing(rng)
        return self.reading(rng)


def collate(examples: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and counts, both (B, L), padded on the right."""
    length = max(len(tokens) for tokens, _ in examples)
    tokens = np.full((len(examples), length), PAD_ID, np.int64)
    counts = np.zeros((len(examples), length), np.int8)
    for row, (sequence, counted) in enumerate(examples):
        tokens[row, : len(sequence)] = sequence
        counts[row, : len(counted)] = counted
    return tokens, counts


def _pick(rng, items: Sequence):
    return items[int(rng.random() * len(items))]


def _distinct(rng, items: Sequence, n: int) -> list:
    """n different items, by rejection: quick while n is much smaller than the list, else by permutation."""
    if 2 * n > len(items):
        return [items[i] for i in rng.permutation(len(items))[:n]]
    chosen: dict[int, None] = {}
    while len(chosen) < n:
        chosen[int(rng.random() * len(items))] = None
    return [items[i] for i in chosen]
