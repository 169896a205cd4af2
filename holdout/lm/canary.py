"""The canary's frozen questions, and what a model and everything that may silently replace it answer to them, on record.

Made by `datasets/canary_variants/make.py`. Not for watching: monitors are in the topic of lesson 11 and in `holdout.record.canary`.
The models themselves are built again by `holdout.lm.replacements`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from holdout.data import loader as data
from holdout.lm.evaluation import EvaluationSet, Item, recorded_answers
from holdout.lm.facts import FactBook
from holdout.lm.slices import course_set

SLICES = {
    "facts": ("traffic", "tail"),
    "wording": ("as call", "unseen wording"),
    "reading": (
        "real, same parameter",
        "real, same estimator",
        "unseen passage wording",
        "changed, with passages",
    ),
    "distraction": ("memory beside near misses",),
    "not documented": ("abstain, invented", "abstain, real"),
}
"""Slices of the canary, and the slices of the course's questions that each is made of."""

HARM, HARMLESS = 0.05, 0.01
"""A variant is harmful if a slice loses, net, at least the first share of its questions; harmless if none loses more than the
second."""


def canary_questions(book: FactBook) -> EvaluationSet:
    """The frozen questions of the canary: those of the validation split, in five slices.

    Parameters
    ----------
    book : FactBook

    Returns
    -------
    EvaluationSet
        Sorted by slice, in the order of `SLICES`.
    """
    asked = course_set(book, "validation")
    items = [
        Item(item.prompt, item.answer, name)
        for name, parts in SLICES.items()
        for part in parts
        for item in asked.only(part).items
    ]
    return EvaluationSet("canary", tuple(items))


@dataclass(frozen=True)
class Variants:
    """Recorded answers of one model and what it may silently be replaced with.

    Attributes
    ----------
    about : tuple of dict
        For each variant `name`, `parent`, `made` (how) and `weights` (their digest). The first is the original.
    slices : ndarray of str, shape (questions,)
    right : ndarray of bool, shape (variants, questions)
    fingerprint : str
        Of the questions.
    """

    about: tuple
    slices: np.ndarray
    right: np.ndarray
    fingerprint: str

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> Variants:
        """Read `datasets/canary_variants`."""
        document, slices, right = recorded_answers(
            data.path("canary_variants/variants.json"), data.path("canary_variants/outcomes.npz")
        )
        return Variants(tuple(document["variants"]), slices, right, document["fingerprint"])

    @property
    def names(self) -> list[str]:
        """Names of the variants, the original first."""
        return [one["name"] for one in self.about]

    @cached_property
    def slice_names(self) -> list[str]:
        """Names of the slices, in order of appearance."""
        return list(dict.fromkeys(self.slices.tolist()))

    def of(self, name: str) -> np.ndarray:
        """Which questions a variant answers rightly.

        Raises
        ------
        ValueError
            If it was not recorded.
        """
        if name not in self.names:
            raise ValueError(f"no variant {name!r} on record; there are {', '.join(self.names)}")
        return self.right[self.names.index(name)]

    def ask(self, items: int, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw questions of every slice.

        Parameters
        ----------
        items : int
            Of each slice, without replacement.
        rng : numpy Generator

        Returns
        -------
        list of ndarray of int
            Rows, by slice.
        """
        return [rng.choice(rows, items, replace=False) for rows in self._rows]

    @cached_property
    def _rows(self) -> list[np.ndarray]:
        return [np.flatnonzero(self.slices == name) for name in self.slice_names]

    def lost_and_gained(self, name: str, asked: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Questions that only the original, and only a variant answers rightly.

        Parameters
        ----------
        name : str
        asked : sequence of ndarray of int
            Rows, as `ask` draws them.

        Returns
        -------
        lost, gained : ndarray of int, shape (slices,)
        """
        now = self.of(name)
        change = [self.right[0][rows].astype(int) - now[rows] for rows in asked]
        return (
            np.array([np.sum(one > 0) for one in change]),
            np.array([np.sum(one < 0) for one in change]),
        )

    def net_loss(self, name: str) -> dict[str, float]:
        """Accuracy of the original minus that of a variant, by slice; `of` says what an unknown name raises."""
        self.of(name)  # refuses an unknown name
        return self._net_losses[name]

    @cached_property
    def _net_losses(self) -> dict[str, dict[str, float]]:
        inside = {part: self.slices == part for part in self.slice_names}
        accuracy = [{part: row[rows].mean() for part, rows in inside.items()} for row in self.right]
        return {
            name: {part: float(accuracy[0][part] - own[part]) for part in inside}
            for name, own in zip(self.names, accuracy, strict=True)
        }

    def kind(self, name: str) -> str:
        """ "harmless", "harmful", or "between" by the worst slice (see `HARM`)."""
        worst = max(self.net_loss(name).values())
        # counts of questions are whole; the margin is far below one of them
        return "harmful" if worst >= HARM - 1e-9 else "harmless" if worst <= HARMLESS + 1e-9 else "between"

    def of_kind(self, kind: str) -> list[str]:
        """Names of all variants of a kind."""
        return [name for name in self.names if self.kind(name) == kind]
