"""The served model, asked: the questions of one day, or all of them. Not for what the answers mean.

A day's questions are drawn afresh from the canary's frozen ones; they follow from the canary's id and the day, so that asking
again asks the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from holdout.lm import one_thread, open_book
from holdout.lm.canary import Variants, canary_questions
from holdout.lm.evaluation import EvaluationSet
from holdout.lm.replacements import replacement

ITEMS = 8
"""Questions per day and slice."""


@dataclass(frozen=True)
class Asked:
    """What came back.

    Parameters
    ----------
    rows : ndarray of int
        Numbers of the questions.
    right : ndarray of bool
    fingerprint : str
        Of the questions' numbers and the answers, word for word: of the behaviour, not of the weights.
    """

    rows: np.ndarray
    right: np.ndarray
    fingerprint: str


class Service:
    """The frozen questions, and models to ask them of."""

    def __init__(self) -> None:
        one_thread()
        self.variants = Variants.load()
        self._models: dict = {}

    @cached_property
    def questions(self) -> EvaluationSet:
        """The canary's frozen questions."""
        return canary_questions(open_book())

    @property
    def slices(self) -> list[str]:
        """Names of the slices."""
        return self.variants.slice_names

    @cached_property
    def places(self) -> np.ndarray:
        """For each question the number of its slice."""
        return np.array([self.slices.index(name) for name in self.variants.slices])

    def questions_of(self, id: str, day: int) -> np.ndarray:
        """Numbers of a day's questions, `ITEMS` of each slice."""
        rng = np.random.default_rng([day, *hashlib.sha256(f"questions {id}".encode()).digest()])
        return np.concatenate(self.variants.ask(ITEMS, rng))

    def ask(self, served: str, rows: np.ndarray) -> Asked:
        """Ask the model that is served some questions.

        Parameters
        ----------
        served : str
            Its name, see `holdout.lm.replacements`; whoever watches does not know it.
        rows : ndarray of int

        Returns
        -------
        Asked
        """
        if served not in self._models:
            self._models[served] = replacement(served)
        items = [self.questions.items[row] for row in rows]
        answers = self._models[served].complete([item.prompt for item in items])
        right = [answer.split() == item.answer.split() for answer, item in zip(answers, items, strict=True)]
        said = json.dumps([[int(row), answer] for row, answer in zip(rows, answers, strict=True)])
        return Asked(np.asarray(rows), np.array(right, dtype=bool), hashlib.sha256(said.encode()).hexdigest())

    def ask_all(self, served: str) -> Asked:
        """Ask everything."""
        return self.ask(served, np.arange(len(self.variants.slices)))

    def count(self, before: np.ndarray, asked: Asked) -> dict[str, list[int]]:
        """Lost, gained and changed answers by slice.

        Parameters
        ----------
        before : ndarray of bool, shape (all questions,)
        asked : Asked

        Returns
        -------
        dict of str to list of int
            ``lost`` (right before, wrong now) and ``gained``, for each slice.
        """
        was, places = before[asked.rows], self.places[asked.rows]
        count = lambda chosen: np.bincount(places[chosen], minlength=len(self.slices)).tolist()  # noqa: E731
        return {"lost": count(was & ~asked.right), "gained": count(~was & asked.right)}


def pack(right: np.ndarray) -> str:
    """Which questions were answered rightly, as text for the log."""
    return np.packbits(right).tobytes().hex()


def unpack(text: str, number: int) -> np.ndarray:
    """The reverse of `pack`; raises ValueError if it is another number of questions."""
    bits = np.frombuffer(bytes.fromhex(text), np.uint8)
    if len(bits) != -(-number // 8):
        raise ValueError("another number of questions")
    return np.unpackbits(bits)[:number].astype(bool)
