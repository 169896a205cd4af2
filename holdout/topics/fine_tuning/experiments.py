"""What fine-tuning costs: weights trained, distance moved, what is forgotten, and when to stop.

Low-rank arithmetic, training with snapshots, the recorded grid of `datasets/adaptation_grid`, and cases for
the two decisions of exercise 08. Training itself is `holdout.lm.adapt`; nothing is drawn here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

import holdout.lm.facts as wording
from holdout.data.loader import folder
from holdout.lm.adapt import as_example
from holdout.lm.evaluation import EvaluationSet, Item, evaluate
from holdout.lm.facts import FactBook, Key
from holdout.lm.gradients import sum_of_gradients
from holdout.lm.language_model import LanguageModel
from holdout.lm.optimizer import Adam
from holdout.lm.slices import PassageStore, Questions, course_set
from holdout.lm.threads import one_thread
from holdout.lm.tokenizer import DOCUMENTS, UNKNOWN

LEARNT = "changed, new value"
REGRESSIONS = ("kept", "unseen wording", "not documented", "same parameter", "as call")
FORMAT = ("house format", "house format, reworded", "house format, with passages", "plain answer")
# the course's sets and the record tell two kinds of questions apart whose answer is "unknown"; here is only one
_CALLED = {"abstain, real": "not documented"}

# -- arithmetic


def lora_weights(width: int, layers: int, rank: int, *, matrices: int = 2) -> int:
    """Weights that LoRA trains in square matrices: 2 x width x rank for each matrix of each layer.

    Source: Hu et al. 2021, arXiv:2106.09685, section 4.2 (|Theta| = 2 x L_LoRA x d_model x r).
    """
    if min(width, layers, rank, matrices) < 1:
        raise ValueError("width, layers, rank and matrices must be at least 1")
    return 2 * width * rank * matrices * layers


def best_low_rank(change: ArrayLike, rank: int) -> np.ndarray:
    """The matrix of at most this rank that is nearest to `change` (Eckart & Young 1936): its largest singular
    directions.

    Parameters
    ----------
    change : ndarray, shape (m, n)
    rank : int
        From 0 to min(m, n).
    """
    change = np.asarray(change, float)
    if not 0 <= rank <= min(change.shape):
        raise ValueError(f"rank must be between 0 and {min(change.shape)}, not {rank}")
    left, values, right = np.linalg.svd(change, full_matrices=False)
    return (left[:, :rank] * values[:rank]) @ right[:rank]


def rest_share(change: ArrayLike) -> np.ndarray:
    """Share of the squared change that the best matrix of rank 0, 1, 2, ... leaves out; shape (min(m, n) + 1,)."""
    squares = np.linalg.svd(np.asarray(change, float), compute_uv=False) ** 2
    rest = np.append(np.cumsum(squares[::-1])[::-1], 0.0)
    return rest / rest[0]


def descend(
    target: ArrayLike, rank: int, rng: np.random.Generator, *, steps: int = 3000, zero_both: bool = False
) -> np.ndarray:
    """Gradient descent on ||target - B A||^2 from LoRA's start (A Gaussian, B zero).

    Parameters
    ----------
    target : ndarray, shape (m, n)
    rank : int
    rng : numpy.random.Generator
    steps : int
    zero_both : bool
        Start A at zero, too: then no gradient ever moves either factor.

    Returns
    -------
    ndarray, shape (steps + 1,)
        Squared error, before the first and after every step.
    """
    target = np.asarray(target, float)
    outputs, inputs = target.shape
    a = np.zeros((rank, inputs)) if zero_both else rng.standard_normal((rank, inputs)) * inputs**-0.5
    b = np.zeros((outputs, rank))
    rate = 0.25 / np.linalg.norm(target, 2)
    errors = np.empty(steps + 1)
    for step in range(steps + 1):
        rest = target - b @ a
        errors[step] = np.sum(rest**2)
        a, b = a + rate * b.T @ rest, b + rate * rest @ a.T
    return errors


# -- training items


class TrainingItems:
    """Training items and frozen questions of one fine-tuning job: teach the facts that changed.

    Parameters
    ----------
    book : FactBook
    rng : numpy.random.Generator
        Draws the training items; the questions are those of the course's test split.
    n : int
        Most questions in a slice.
    """

    def __init__(self, book: FactBook, rng: np.random.Generator, *, n: int = 60):
        self.book, self.maker = book, Questions(book, rng)
        self.store = PassageStore(book.new, rng)
        everything = course_set(book, "test", n=n)
        asked = EvaluationSet(
            everything.name,
            tuple(replace(item, slice=_CALLED.get(item.slice, item.slice)) for item in everything.items),
        ).only(LEARNT, *REGRESSIONS)
        # forms and unseen wordings are also asked about facts that changed, with the old value; a model that was
        # tuned gives the new one, and that is no regression
        self.questions = EvaluationSet(
            asked.name, tuple(item for item in asked.items if item.slice == LEARNT or not self.changes(item))
        )
        stable = self.maker.draw(book.stable, len(book.stable))
        self.judged, self.rest = stable[:n], stable[n:]
        shape = wording.HOUSE_FORMAT
        held_out = wording.HELD_OUT_QUESTIONS["test"]
        reworded = [
            Item(item.prompt, wording.fill(shape, key, book.old[key]), FORMAT[1])
            for key, item in zip(
                self.judged,
                self.maker.closed(FORMAT[1], self.judged, book.old, templates=held_out),
                strict=True,
            )
        ]
        self.format_questions = EvaluationSet(
            "house format",
            (
                *self.maker.shaped(FORMAT[0], self.judged, book.old, shape),
                *reworded,
                *self.maker.shaped(FORMAT[2], self.judged, book.new, shape, store=self.store),
                *self.maker.with_store(FORMAT[3], self.judged, self.store, k=3),
            ),
        )

    def changes(self, item: Item) -> bool:
        """Whether a question without passages is about a fact that changed."""
        words = set(item.prompt.split())
        return DOCUMENTS not in words and any({*key} <= words for key in self.book.changed)

    def changed_facts(
        self,
        *,
        templates: Sequence[str] = wording.QUESTIONS,
        keys: Sequence[Key] | None = None,
        values: Mapping[Key, str] | None = None,
    ) -> list[Item]:
        """Every wording of every changed fact, with the new value (or those given)."""
        keys, values = self.book.changed if keys is None else keys, values or self.book.new
        return [
            item
            for template in templates
            for item in self.maker.closed("train", keys, values, templates=(template,))
        ]

    def old_facts(self, n: int | None = None) -> list[Item]:
        """Replay: facts that still hold, and real facts never told, whose answer is "unknown"."""
        items = [
            *self.maker.closed("replay", self.rest, self.book.old),
            *self.maker.closed("replay", self.book.never_told["train"], {}, answer=UNKNOWN),
        ]
        return items if n is None else self.maker.draw(items, n)

    def everything(self) -> list[Item]:
        """Replay of every skill: `old_facts`, the forms that can be asked for, and reading."""
        items = self.old_facts()
        for style in ("keyword", "call", "report"):
            items += self.maker.closed("replay", self.maker.draw(self.rest, 100), self.book.old, style=style)
        for kind in ("same parameter", "same estimator", "mixed"):
            items += self.maker.reading("replay", 100, kind=kind, estimators=self.book.estimators)
        return items

    def formatted(self, n: int, *, templates: Sequence[str] = wording.QUESTIONS, read: int = 0) -> list[Item]:
        """n examples of the house format, `read` of them with passages, about facts that are not judged."""
        keys = self.maker.draw(self.rest, n)
        shape = wording.HOUSE_FORMAT
        plain = [
            Item(item.prompt, wording.fill(shape, key, self.book.old[key]), "train")
            for key, item in zip(
                keys[read:],
                self.maker.closed("train", keys[read:], self.book.old, templates=templates),
                strict=True,
            )
        ]
        return [*plain, *self.maker.shaped("train", keys[:read], self.book.new, shape, store=self.store)]


def scores(model: LanguageModel, questions: EvaluationSet) -> dict[str, float]:
    """Accuracy by slice."""
    report = evaluate(model, questions)
    return {name: report.accuracy(name) for name in questions.slices}


def train_with_snapshots(
    model: LanguageModel,
    items: Sequence[Item],
    rng: np.random.Generator,
    *,
    every: int = 15,
    snapshots: int = 10,
    batch: int = 24,
    learning_rate: float = 1e-3,
    watch: Callable[[int, LanguageModel], None] = lambda step, model: None,
) -> list[LanguageModel]:
    """Full fine-tuning at a constant learning rate, with a copy kept every few steps.

    A schedule that falls to zero ends at a step fixed beforehand; to ask *when to stop*, the rate must not
    know the end.

    Parameters
    ----------
    model : LanguageModel
        Stays as it is; the first snapshot.
    items : sequence of Item
    rng : numpy.random.Generator
    every, snapshots, batch : int
    learning_rate : float
    watch : callable
        Called with the step and the model at every snapshot.

    Returns
    -------
    list of LanguageModel
        `snapshots` + 1 of them.
    """
    if not items:
        raise ValueError("there are no examples to learn from; give at least one")
    examples = [as_example(model, item) for item in items]
    weights = {name: weight.copy() for name, weight in model.weights.items()}
    optimizer = Adam(weights)
    kept = [model]
    watch(0, model)
    with one_thread():
        for step in range(1, every * snapshots + 1):
            drawn = [examples[int(i)] for i in rng.integers(0, len(examples), batch)]
            _, gradients = sum_of_gradients(weights, model.config, drawn)
            optimizer.step(gradients, learning_rate * min(1, step / 10))
            if step % every == 0:
                kept.append(model.with_weights({name: weight.copy() for name, weight in weights.items()}))
                watch(step, kept[-1])
    return kept


# -- recorded grid


@dataclass(frozen=True)
class Grid:
    """Fine-tuning runs as they were recorded; see `datasets/adaptation_grid/README.md`.

    Parameters
    ----------
    runs : pandas.DataFrame
        One row per run: `job`, `method`, `rank` (0: all weights), `learning_rate`, `seed`, `n` examples, `kept_share`
        (how far from the shipped weights to the tuned ones), `trained_weights`, `moved`, accuracy by slice.
    right : dict of str to ndarray
        Job to one row per run of that job, one column per question: answered rightly.
    slices : dict of str to list of str
        Job to the slice of each question.
    weights : str
        Digest of the checkpoint that was tuned.
    """

    runs: pd.DataFrame
    right: dict[str, np.ndarray]
    slices: dict[str, list[str]]
    weights: str


def open_grid(place: Path | None = None) -> Grid:
    """Read the recorded grid and compare it with its checksums.

    Raises
    ------
    FileNotFoundError
        If it is missing.
    ValueError
        If a file was changed after recording.
    """
    place = place or folder() / "adaptation_grid"
    for line in (place / "checksums.sha256").read_text(encoding="ascii").splitlines():
        digest, name = line.split()
        if hashlib.sha256((place / name).read_bytes()).hexdigest() != digest:
            raise ValueError(f"{place / name} was changed after it was recorded; restore it or run make.py")
    about = json.loads((place / "about.json").read_text(encoding="utf-8"))
    runs = pd.read_csv(place / "runs.csv").rename(columns=_CALLED)
    slices = {job: [_CALLED.get(name, name) for name in names] for job, names in about["slices"].items()}
    with np.load(place / "right.npz") as packed:
        right = {
            job: np.unpackbits(packed[job], axis=1, count=len(asked)).astype(bool)
            for job, asked in slices.items()
        }
    return Grid(runs, right, slices, about["weights"])


# -- decisions

SHIP_PRICE, WITHHELD, MORE_QUESTIONS = 1.0, 12.0, 1.5
