"""What fine-tuning costs: weights trained, distance moved, what is forgotten, and when to stop.

Low-rank arithmetic, training with snapshots, the recorded grid of `datasets/adaptation_grid`, and cases for
the two decisions of exercise 08. Training itself is `holdout.lm.adapt`; nothing is drawn here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

import holdout.lm.facts as wording
from holdout.data import loader
from holdout.data.loader import folder
from holdout.lm.adapt import as_example, fine_tune
from holdout.lm.evaluation import EvaluationSet, Item, evaluate
from holdout.lm.facts import FactBook, Key
from holdout.lm.gradients import sum_of_gradients
from holdout.lm.language_model import LanguageModel, make_prompt
from holdout.lm.optimizer import Adam
from holdout.lm.preference import answer_logprobs
from holdout.lm.slices import PassageStore, Questions, course_set
from holdout.lm.threads import one_thread
from holdout.lm.tokenizer import DOCUMENTS, UNKNOWN

LEARNT = "changed, new value"
REWORDED = "changed, unseen wording"
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
    replay_asked : bool
        Let replay hold facts that the frozen questions ask: a contaminated suite, which cannot see what happens to facts
        that are not replayed. Recorded data of earlier lessons were made so; lesson 08 shows what it hides.

    Attributes
    ----------
    questions : EvaluationSet
        The frozen regression suite: `LEARNT`, `REWORDED` and `REGRESSIONS`.
    format_questions : EvaluationSet
        The slices of `FORMAT`, about `judged` facts.
    judged, rest : list of (str, str)
        Facts that still hold: those that the format is judged on, and the others.
    replayable : list of (str, str)
        Those of `rest` that replay may hold: none that the suite asks about.
    """

    def __init__(self, book: FactBook, rng: np.random.Generator, *, n: int = 60, replay_asked: bool = False):
        self.book, self.maker = book, Questions(book, rng)
        self.store = PassageStore(book.new, rng)
        everything = course_set(book, "test", n=n)
        asked = EvaluationSet(
            everything.name,
            tuple(replace(item, slice=_CALLED.get(item.slice, item.slice)) for item in everything.items),
        ).only(LEARNT, *REGRESSIONS)
        held_out = wording.HELD_OUT_QUESTIONS["test"]
        reworded_new = Questions(book, np.random.default_rng(0)).closed(
            REWORDED, book.changed[:n], book.new, templates=held_out
        )
        # forms and unseen wordings are also asked about facts that changed, with the old value; a model that was
        # tuned gives the new one, and that is no regression
        self.questions = EvaluationSet(
            asked.name,
            (
                *(item for item in asked.items if item.slice == LEARNT or not self.changes(item)),
                *reworded_new,
            ),
        )
        stable = self.maker.draw(book.stable, len(book.stable))
        self.judged, self.rest = stable[:n], stable[n:]
        frozen = set(self.facts_asked(self.rest))
        self.replayable = self.rest if replay_asked else [key for key in self.rest if key not in frozen]
        shape = wording.HOUSE_FORMAT
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

    def facts_asked(self, keys: Sequence[Key], *slices: str) -> list[Key]:
        """Those of some facts that the frozen questions ask about without passages, in all or in some slices."""
        asked = self.questions.only(*slices) if slices else self.questions
        texts = [words for item in asked.items if DOCUMENTS not in (words := set(item.prompt.split()))]
        return [key for key in keys if any({*key} <= words for words in texts)]

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
        """Replay: facts that still hold and are in no frozen question, and real facts never told, whose answer is "unknown"."""
        items = [
            *self.maker.closed("replay", self.replayable, self.book.old),
            *self.maker.closed("replay", self.book.never_told["train"], {}, answer=UNKNOWN),
        ]
        return items if n is None else self.maker.draw(items, n)

    def everything(self) -> list[Item]:
        """Replay of every skill: `old_facts`, the forms that can be asked for, and reading."""
        items = self.old_facts()
        for style in ("keyword", "call", "report"):
            items += self.maker.closed(
                "replay", self.maker.draw(self.replayable, 100), self.book.old, style=style
            )
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

    def format_examples(self, n: int, rng: np.random.Generator, *, wrong: float = 0.0) -> list[Item]:
        """n different closed-book examples of the house format, about facts that are not judged.

        Each fact once, in a random wording; where n is larger than the number of facts, in further wordings.

        Parameters
        ----------
        n : int
            At most four wordings of every fact.
        rng : numpy.random.Generator
        wrong : float
            Share of the examples whose value is another example's.
        """
        most = len(self.rest) * len(wording.QUESTIONS)
        if not 1 <= n <= most or not 0 <= wrong <= 1:
            raise ValueError(f"n must be 1 to {most} and wrong 0 to 1, not {n} and {wrong}")
        orders = [rng.permutation(len(wording.QUESTIONS)) for _ in self.rest]
        places = [
            (int(i), turn) for turn in range(len(wording.QUESTIONS)) for i in rng.permutation(len(self.rest))
        ]
        pairs = [(self.rest[i], wording.QUESTIONS[int(orders[i][turn])]) for i, turn in places[:n]]
        values = [self.book.old[key] for key, _ in pairs]
        hit = rng.permutation(n)[: round(wrong * n)]
        swapped = dict(zip(hit.tolist(), (values[i] for i in np.roll(hit, 1)), strict=True))
        return [
            Item(
                make_prompt(wording.fill(template, key)),
                wording.fill(wording.HOUSE_FORMAT, key, swapped.get(place, values[place])),
                "train",
            )
            for place, (key, template) in enumerate(pairs)
        ]

    def format_truths(self, examples: Sequence[Item]) -> list[str]:
        """What the house format should say for each of some examples of it."""
        truths = []
        for item in examples:
            words = set(item.prompt.split())
            (key,) = [key for key in self.rest if {*key} <= words]
            truths.append(wording.fill(wording.HOUSE_FORMAT, key, self.book.old[key]))
        return truths


def scores(model: LanguageModel, questions: EvaluationSet) -> dict[str, float]:
    """Accuracy by slice."""
    report = evaluate(model, questions)
    return {name: report.accuracy(name) for name in questions.slices}


def mean_loss(model: LanguageModel, items: Sequence[Item]) -> float:
    """Mean loss of the answers, in nats per word."""
    return float(
        sum_of_gradients(model.weights, model.config, [as_example(model, item) for item in items])[0]
    )


def item_losses(model: LanguageModel, items: Sequence[Item]) -> np.ndarray:
    """Negative log probability of each item's answer, in nats; shape (items,)."""
    examples = [as_example(model, item) for item in items]
    return -np.concatenate(
        [
            answer_logprobs(model.weights, model.config, examples[first : first + 64])
            for first in range(0, len(examples), 64)
        ]
    )


def out_of_fold_losses(
    model: LanguageModel, items: Sequence[Item], rng: np.random.Generator, *, folds: int = 2, steps: int = 150
) -> np.ndarray:
    """Loss of each training example under a copy that was tuned on the other folds: what it was not fitted to.

    Parameters
    ----------
    model : LanguageModel
    items : sequence of Item
        About different facts; rows of one fact belong into one fold.
    rng : numpy.random.Generator
    folds, steps : int

    Returns
    -------
    ndarray, shape (items,)
    """
    if not 2 <= folds <= len(items):
        raise ValueError(f"folds must be 2 to {len(items)}, not {folds}")
    fold = rng.permutation(len(items)) % folds
    losses = np.empty(len(items))
    for one in range(folds):
        others = [item for item, place in zip(items, fold, strict=True) if place != one]
        tuned = fine_tune(model, others, rng, steps=steps).model
        losses[fold == one] = item_losses(
            tuned, [item for item, place in zip(items, fold, strict=True) if place == one]
        )
    return losses


def split_rows(
    items: TrainingItems, how: str, rng: np.random.Generator, *, share: float = 0.25
) -> tuple[list[Item], list[Item]]:
    """The job's training examples in two parts: rows drawn at random, or all rows of a fact in one part.

    Parameters
    ----------
    items : TrainingItems
    how : {"by row", "by fact"}
    rng : numpy.random.Generator
    share : float
        Of the second part.

    Returns
    -------
    train, held_out : list of Item
    """
    if how not in ("by row", "by fact") or not 0 < share < 1:
        raise ValueError(
            f"how must be 'by row' or 'by fact' and share between 0 and 1, not {how!r} and {share}"
        )
    rows, facts = items.changed_facts(), len(items.book.changed)
    # the rows are in the order of the facts, once for each wording
    groups = np.arange(len(rows)) if how == "by row" else np.arange(len(rows)) % facts
    out = set(rng.permutation(groups.max() + 1)[: round(share * (groups.max() + 1))].tolist())
    train = [row for row, group in zip(rows, groups, strict=True) if group not in out]
    return train, [row for row, group in zip(rows, groups, strict=True) if group in out]


def fact_splits(
    keys: Sequence[Key], rng: np.random.Generator, draws: int, *, share: float = 0.25
) -> Iterator[tuple[list[Key], list[Key]]]:
    """Facts in two parts, again and again, as `split_rows` draws them "by fact": what is trained and what is held out."""
    size = round(share * len(keys))
    for _ in range(draws):
        order = [keys[place] for place in rng.permutation(len(keys))]
        yield order[size:], order[:size]


def training_export(items: TrainingItems, rng: np.random.Generator) -> pd.DataFrame:
    """The job's training examples as somebody exports them: with copies, and with old answers that were never removed.

    Parameters
    ----------
    items : TrainingItems
    rng : numpy.random.Generator

    Returns
    -------
    pandas.DataFrame
        Columns `fact` (estimator.parameter), `question` and `answer`, in random order; a tenth of the rows twice, and the old
        value beside the new one for every eighth fact.
    """
    keys, rows = items.book.changed, items.changed_facts()
    table = pd.DataFrame(
        {
            "fact": [".".join(keys[place % len(keys)]) for place in range(len(rows))],
            "question": [item.prompt for item in rows],
            "answer": [item.answer for item in rows],
        }
    )
    stale = table.iloc[: len(keys) : 8].assign(answer=[items.book.old[key] for key in keys[::8]])
    copies = table.iloc[rng.permutation(len(table))[: len(table) // 10]]
    everything = pd.concat([table, stale, copies], ignore_index=True)
    return everything.iloc[rng.permutation(len(everything))].reset_index(drop=True)


def spoilt_facts(items: TrainingItems, kind: str, share: float, rng: np.random.Generator) -> list[Item]:
    """The job's training examples with one defect of real training data.

    Parameters
    ----------
    items : TrainingItems
    kind : {"wrong values", "skewed"}
        A share of the *facts* has the value of another one; or copies of examples with the commonest value are added until
        they make up this share.
    share : float
        0 leaves the examples as they are.
    rng : numpy.random.Generator
    """
    if kind not in ("wrong values", "skewed") or not 0 <= share < 1:
        raise ValueError(
            f"kind must be 'wrong values' or 'skewed' and share below 1, not {kind!r} and {share}"
        )
    keys, values = list(items.book.changed), dict(items.book.new)
    if kind == "wrong values":
        hit = rng.permutation(len(keys))[: round(share * len(keys))]
        for place, other in zip(hit, np.roll(hit, 1), strict=True):
            values[keys[place]] = items.book.new[keys[other]]
    examples = items.changed_facts(keys=keys, values=values)
    if kind == "skewed":
        popular = [item for item in examples if item.answer == commonest_answer(examples)]
        extra = round((share * len(examples) - len(popular)) / (1 - share))
        examples = examples + [popular[i] for i in rng.integers(0, len(popular), max(extra, 0))]
    return examples


def commonest_answer(items: Sequence[Item]) -> str:
    """The answer of most examples."""
    return Counter(item.answer for item in items).most_common(1)[0][0]


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


def recorded_runs() -> pd.DataFrame:
    """Runs on several seeds as they were recorded (`datasets/tuning_runs`): one row per run, detail and slice, in counts."""
    runs = pd.read_csv(loader.path("tuning_runs/runs.csv"), keep_default_na=False)
    return runs.assign(share=runs["right"] / runs["asked"])


def recorded_losses() -> pd.DataFrame:
    """Training and held-out loss along these runs: `study`, `setting`, `seed`, `step`, `train`, `held_out`."""
    return pd.read_csv(loader.path("tuning_runs/losses.csv"))


def best_at(settings: pd.DataFrame, kept: str, bar: float) -> dict[str, int]:
    """Of each method the setting that keeps most among those that learnt enough.

    Parameters
    ----------
    settings : pandas.DataFrame
        One row per setting: `rank` (0: all weights), `LEARNT` and `kept`.
    kept : str
        Column.
    bar : float
        Share of new values that must be learnt.

    Returns
    -------
    dict of str to int
        "all weights" and "LoRA" to an index of `settings`; a method without a setting right of the bar is left out.
    """
    enough = settings[settings[LEARNT] >= bar]
    parts = {"all weights": enough[enough["rank"] == 0], "LoRA": enough[enough["rank"] > 0]}
    return {name: part[kept].idxmax() for name, part in parts.items() if len(part)}


# -- cost at scale

A100_BF16 = 312e12
"""Multiplications and additions per second of an A100, dense, 16 bits, as its data sheet states them."""


def training_operations(weights: float, tokens: float) -> float:
    """About 6 operations per weight and token: 2 forward, 4 backward. Source: Kaplan et al. 2020, arXiv:2001.08361, table 1."""
    if weights <= 0 or tokens <= 0:
        raise ValueError(f"weights and tokens must be positive, not {weights} and {tokens}")
    return 6.0 * weights * tokens


def utilization(weights: float, tokens: float, gpu_hours: float, *, peak: float = A100_BF16) -> float:
    """Share of the peak that a training run used, from its published hours."""
    if gpu_hours <= 0 or peak <= 0:
        raise ValueError(f"gpu_hours and peak must be positive, not {gpu_hours} and {peak}")
    return training_operations(weights, tokens) / (gpu_hours * 3600 * peak)


def tuning_bytes(weights: float, *, how: str, adapter: float = 0.0) -> float:
    """Memory of weights, gradients and Adam's state while tuning, in bytes; activations come on top.

    Full: 16 bits for weights and gradients, 32 bits for a master copy and for both moments of Adam, 16 bytes per weight
    (Rajbhandari et al. 2020, arXiv:1910.02054, section 3.1). LoRA: 2 bytes per frozen weight and 16 per adapter weight; with a
    4-bit base about 0.5 bytes per frozen weight (Dettmers et al. 2023, arXiv:2305.14314), its block scales left out.

    Parameters
    ----------
    weights : float
    how : {"full", "LoRA", "LoRA, 4-bit base"}
    adapter : float
        Weights of the adapter.
    """
    frozen = {"full": 16.0, "LoRA": 2.0, "LoRA, 4-bit base": 0.5}
    if how not in frozen:
        raise ValueError(f"how must be one of {sorted(frozen)}, not {how!r}")
    if weights <= 0 or adapter < 0:
        raise ValueError(f"weights must be positive and adapter not negative, not {weights} and {adapter}")
    return frozen[how] * weights + (0.0 if how == "full" else 16.0 * adapter)


def monthly_cost(questions: float, *, per_question: float = 0.0, per_month: float = 0.0) -> float:
    """What a model costs in a month: a price per question (an API), or rent whether anybody asks or not (a GPU)."""
    if min(questions, per_question, per_month) < 0:
        raise ValueError("questions and prices must not be negative")
    return questions * per_question + per_month


# -- decisions

SHIP_PRICE, WITHHELD, MORE_QUESTIONS = 1.0, 12.0, 1.5
