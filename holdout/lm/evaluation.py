"""Measuring a question-answering model: frozen questions, exact match by slice, paired intervals, tokens
and time.

A model is anything with `complete(prompts) -> answers`. An evaluation set is data with a fingerprint, so
that two numbers are compared only if they come from the same questions. This module asks and counts; the
questions of the course are made in `holdout.lm.slices`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from holdout.stats.intervals import paired_difference, wilson_interval


class Answers(Protocol):
    """What `evaluate` asks of a model."""

    def complete(self, prompts: Sequence[str]) -> list[str]: ...


@dataclass(frozen=True)
class Item:
    """One question: the whole prompt, the one right answer, and the slice it belongs to."""

    prompt: str
    answer: str
    slice: str


@dataclass(frozen=True)
class EvaluationSet:
    """Frozen questions.

    Parameters
    ----------
    name : str
    items : tuple of Item
        At least one; no question with two different answers.
    """

    name: str
    items: tuple[Item, ...]

    def __post_init__(self):
        object.__setattr__(self, "items", tuple(self.items))
        if not self.items:
            raise ValueError(f"the evaluation set {self.name!r} is empty")
        answers: dict[tuple[str, str], str] = {}
        for item in self.items:
            if answers.setdefault((item.slice, item.prompt), item.answer) != item.answer:
                raise ValueError(f"slice {item.slice!r} asks {item.prompt!r} twice with different answers")

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all questions and answers in order; the name does not count."""
        text = json.dumps([(item.prompt, item.answer, item.slice) for item in self.items])
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def slices(self) -> list[str]:
        """Names of the slices, in order of appearance."""
        return list(dict.fromkeys(item.slice for item in self.items))

    def only(self, *slices: str) -> EvaluationSet:
        """The questions of some slices.

        Raises
        ------
        ValueError
            If there is no such slice.
        """
        missing = set(slices) - set(self.slices)
        if missing:
            raise ValueError(f"no slice {sorted(missing)} in {self.name!r}; it has {self.slices}")
        return EvaluationSet(self.name, tuple(item for item in self.items if item.slice in slices))

    def save(self, path: Path | str) -> None:
        """Write questions and fingerprint as JSON."""
        items = [[item.prompt, item.answer, item.slice] for item in self.items]
        document = {"name": self.name, "fingerprint": self.fingerprint, "items": items}
        Path(path).write_text(json.dumps(document, indent=0), encoding="utf-8")

    @classmethod
    def load(cls, path: Path | str) -> EvaluationSet:
        """Read a saved set.

        Raises
        ------
        ValueError
            If its questions are not those that were fingerprinted.
        """
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        loaded = cls(document["name"], tuple(Item(*item) for item in document["items"]))
        if loaded.fingerprint != document["fingerprint"]:
            raise ValueError(
                f"{path} was changed after it was frozen: fingerprint {loaded.fingerprint[:12]}, "
                f"recorded {document['fingerprint'][:12]}. Restore it, or freeze a new set under a new name"
            )
        return loaded


@dataclass(frozen=True)
class EvaluationReport:
    """What a model answered, item by item, and what it cost.

    `tokens_read` and `tokens_written` are per item; `milliseconds` is for all items together, measured on
    this machine.
    """

    evaluation_set: EvaluationSet
    answers: tuple[str, ...]
    correct: np.ndarray
    tokens_read: np.ndarray
    tokens_written: np.ndarray
    milliseconds: float

    def accuracy(self, *slices: str) -> float:
        """Share of right answers, in all or in some slices."""
        return float(self._rows(slices).mean())

    def _rows(self, slices: Iterable[str]) -> np.ndarray:
        wanted = set(slices) or set(self.evaluation_set.slices)
        missing = wanted - set(self.evaluation_set.slices)
        if missing:
            raise ValueError(f"no slice {sorted(missing)}; there are {self.evaluation_set.slices}")
        return self.correct[[item.slice in wanted for item in self.evaluation_set.items]]

    def table(self, *, confidence: float = 0.95) -> pd.DataFrame:
        """One row per slice: items, accuracy, Wilson interval, mean tokens read and written."""
        rows = []
        slices = np.array([item.slice for item in self.evaluation_set.items])
        for name in self.evaluation_set.slices:
            inside = slices == name
            right, n = int(self.correct[inside].sum()), int(inside.sum())
            low, high = wilson_interval(right, n, confidence=confidence)
            rows.append(
                {
                    "slice": name,
                    "items": n,
                    "accuracy": right / n,
                    "low": low,
                    "high": high,
                    "tokens read": self.tokens_read[inside].mean(),
                    "tokens written": self.tokens_written[inside].mean(),
                }
            )
        return pd.DataFrame(rows).set_index("slice")


class AskedOnce:
    """A greedy model that computes each distinct prompt once, for evaluations that share prompts.

    The `milliseconds` of a report are then no time of the model.

    Parameters
    ----------
    model : object with `complete(prompts) -> list of str`
        It gives the same answer each time that it is asked the same.
    """

    def __init__(self, model: Answers) -> None:
        self._model = model
        self._answers: dict[str, str] = {}

    def complete(self, prompts: Sequence[str]) -> list[str]:
        """Answers to whole prompts, in order."""
        new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self._answers]
        self._answers.update(zip(new, self._model.complete(new), strict=True))
        return [self._answers[prompt] for prompt in prompts]


def evaluate(model: Answers, evaluation_set: EvaluationSet) -> EvaluationReport:
    """Ask every question once and compare whole answers, word for word.

    Parameters
    ----------
    model : object with `complete(prompts) -> list of str`
        Words of prompts and answers are counted as tokens, which is exact for the word-level models of the
        course.
    evaluation_set : EvaluationSet

    Returns
    -------
    EvaluationReport

    Raises
    ------
    ValueError
        If the model gives another number of answers than it got questions.
    """
    prompts = [item.prompt for item in evaluation_set.items]
    started = time.perf_counter()
    answers = list(model.complete(prompts))
    milliseconds = 1000 * (time.perf_counter() - started)
    if len(answers) != len(prompts):
        raise ValueError(f"the model gave {len(answers)} answers to {len(prompts)} questions")
    correct = [
        answer.split() == item.answer.split()
        for answer, item in zip(answers, evaluation_set.items, strict=True)
    ]
    return EvaluationReport(
        evaluation_set,
        tuple(answers),
        np.array(correct),
        np.array([len(prompt.split()) for prompt in prompts]),
        np.array([len(answer.split()) for answer in answers]),
        milliseconds,
    )


def compare(before: EvaluationReport, after: EvaluationReport, *, confidence: float = 0.95) -> pd.DataFrame:
    """Change from one model to another by slice, with paired intervals.

    Raises
    ------
    ValueError
        If the reports are about different questions.
    """
    if before.evaluation_set.fingerprint != after.evaluation_set.fingerprint:
        raise ValueError("the two reports answer different questions; a paired comparison needs the same set")
    slices = np.array([item.slice for item in before.evaluation_set.items])
    return compare_answers(before.correct, after.correct, slices, confidence=confidence)


def compare_answers(
    before: np.ndarray, after: np.ndarray, slices: np.ndarray, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Change from one model to another on the same questions, slice by slice, with paired intervals.

    Parameters
    ----------
    before, after : ndarray of bool, shape (items,)
        Right answers of the two models.
    slices : ndarray of str, shape (items,)
    confidence : float

    Returns
    -------
    pandas.DataFrame
        Index: slice, in order of appearance. Columns: `items`, `before`, `after`, `difference`, `low`, `high`
        (shares; the interval is that of `holdout.stats.intervals.paired_difference`), `lost`, `gained`.
    """
    rows = []
    for name in dict.fromkeys(slices):
        first, second = before[slices == name], after[slices == name]
        difference, low, high = paired_difference(first, second, confidence=confidence)
        rows.append(
            {
                "slice": str(name),
                "items": len(first),
                "before": first.mean(),
                "after": second.mean(),
                "difference": difference,
                "low": low,
                "high": high,
                "lost": int((first & ~second).sum()),
                "gained": int((~first & second).sum()),
            }
        )
    return pd.DataFrame(rows).set_index("slice")


def recorded_answers(document: Path | str, outcomes: Path | str) -> tuple[dict, np.ndarray, np.ndarray]:
    """Read what several models answered when somebody asked them and wrote it down.

    Parameters
    ----------
    document : path
        JSON with the `slices` of the questions and what is known about the models.
    outcomes : path
        Array file whose `right` holds one bit for each model and question, packed by rows.

    Returns
    -------
    document : dict
    slices : ndarray of str, shape (questions,)
    right : ndarray of bool, shape (models, questions)
    """
    about = json.loads(Path(document).read_text(encoding="utf-8"))
    slices = np.array(about["slices"])
    with np.load(outcomes) as arrays:
        right = np.unpackbits(arrays["right"], axis=1, count=len(slices)).astype(bool)
    return about, slices, right
