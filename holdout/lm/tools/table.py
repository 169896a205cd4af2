"""Closed-book, retrieval, fine-tuning, low-rank adaptation, and both: one table, `python -m
holdout.lm.tools.table`.

The lessons on adaptation stand on it. For every seed: a knowledge gap (facts that a later release added),
changing facts (defaults that it changed), and a behaviour (a house format that no prompt describes) are
closed by every method, and what each costs is measured on the same frozen questions: facts forgotten,
abstention lost, reading damaged, time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import holdout.lm.facts as wording
from holdout.data.loader import folder as datasets_folder
from holdout.lm.adapt import fine_tune
from holdout.lm.checkpoint import load
from holdout.lm.evaluation import EvaluationSet, Item, evaluate
from holdout.lm.facts import FactBook, Key, open_book
from holdout.lm.language_model import LanguageModel
from holdout.lm.slices import PassageStore, Questions, course_set
from holdout.lm.threads import one_thread
from holdout.lm.tokenizer import UNKNOWN

WATCHED = (
    "changed, old value",
    "changed, new value",
    "changed, with passages",
    "added",
    "added, with passages",
    "unseen wording",
    "kept",
    "tail",
    "abstain, real",
    "abstain, invented",
    "same parameter",
    "same estimator",
    "as call",
    "house format",
    "house format, with passages",
)


@dataclass(frozen=True)
class Method:
    """One way to close a gap.

    Parameters
    ----------
    name : str
    learning_rate : float
        0 leaves the model as it is.
    rank : int or None
        Of the adapter; None trains all weights.
    replay : bool
        Mix old facts and "unknown" questions in, half of every batch, and take twice the steps, so that the
        new facts are seen as often as without.
    frozen : tuple of str
        Weights that full fine-tuning leaves alone.
    """

    name: str
    learning_rate: float = 0.0
    rank: int | None = None
    replay: str = ""
    frozen: tuple[str, ...] = ()


MATRICES = ("query", "key", "value", "output", "gate", "up", "down", "norm")
CHANGED_METHODS = (
    Method("as shipped"),
    Method("full, 3e-4", 3e-4),
    Method("full, 1e-3", 1e-3),
    Method("full, 3e-3", 3e-3),
    Method("full, 1e-3, replay of facts", 1e-3, replay="facts"),
    Method("full, 1e-3, replay of everything", 1e-3, replay="everything"),
    Method("full without embedding, 1e-3", 1e-3, frozen=("embedding",)),
    Method("embedding only, 1e-3", 1e-3, frozen=MATRICES),
    Method("LoRA r=1, 5e-3", 5e-3, rank=1),
    Method("LoRA r=4, 2e-3", 2e-3, rank=4),
    Method("LoRA r=4, 5e-3", 5e-3, rank=4),
    Method("LoRA r=16, 5e-3", 5e-3, rank=16),
)
NEW_METHODS = tuple(
    method
    for method in CHANGED_METHODS
    if method.name in {"as shipped", "full, 1e-3", "full, 1e-3, replay of everything", "embedding only, 1e-3"}
    or method.rank in {4, 16}
)
FORMAT_SIZES = (10, 100, 300)


class AdaptationItems:
    """Training items for every gap; what is judged is never in them (except the new facts themselves)."""

    def __init__(self, book: FactBook, questions: EvaluationSet, rng: np.random.Generator):
        self.book, self.maker = book, Questions(book, rng)
        self.added = self._keys_of(questions, "added", book.added)
        self.judged_format = set(self._keys_of(questions, "house format", book.stable))
        self.store = PassageStore(book.new, rng)

    def _keys_of(self, questions: EvaluationSet, name: str, keys: Sequence[Key]) -> list[Key]:
        words = [set(item.prompt.split()) for item in questions.only(name).items]
        return [key for key in keys if any({*key} <= asked for asked in words)]

    def facts(self, keys: Sequence[Key]) -> list[Item]:
        """Every trained wording of every fact, with the value of the new release."""
        items: list[Item] = []
        for template in wording.QUESTIONS:
            items += self.maker.closed("train", keys, self.book.new, templates=(template,))
        return items

    def replay(self, kind: str) -> list[Item]:
        """Old facts that still hold and questions whose answer is "unknown"; with `kind="everything"` also
        styles, and passages with random values."""
        book, make = self.book, self.maker
        items = [
            *make.closed("replay", book.stable, book.old),
            *make.closed("replay", book.never_told["train"], {}, answer=UNKNOWN),
        ]
        if kind == "everything":
            for style in ("keyword", "call", "report"):
                items += make.closed("replay", make.draw(book.stable, 100), book.old, style=style)
            for reading in ("same parameter", "same estimator", "mixed"):
                items += make.reading("replay", 150, kind=reading, estimators=book.estimators)
        return items

    def formatted(self, n: int, *, with_passages: bool = False) -> list[Item]:
        """n examples of the house format about facts that the format slice does not ask; with passages, a
        third of them answer from retrieved passages about other facts of the new release."""
        shape = wording.HOUSE_FORMAT
        keys = [key for key in self.book.stable if key not in self.judged_format]
        n_read = n // 3 if with_passages else 0
        items = list(self.maker.shaped("train", self.maker.draw(keys, n - n_read), self.book.new, shape))
        if n_read:
            readable = [key for key in self.book.known if key in self.book.new]
            items += self.maker.shaped(
                "train", self.maker.draw(readable, n_read), self.book.new, shape, store=self.store
            )
        return items


def change_of_weights(before: LanguageModel, after: LanguageModel) -> dict[str, float]:
    """How far and in how few directions the matrices moved.

    Returns
    -------
    dict
        `moved`: Frobenius norm of the change over that of the matrices, all layers together. `top_share`:
        the mean share of the squared change that its first direction (largest singular value) holds.
        `embedding_moved`: the same as `moved` for the embedding.
    """
    squares, totals, shares = 0.0, 0.0, []
    for name, weight in before.weights.items():
        if weight.ndim != 2 or name == "embedding":
            continue
        change = after.weights[name] - weight
        squares += float((change**2).sum())
        totals += float((weight**2).sum())
        values = np.linalg.svd(change, compute_uv=False)
        if values[0] > 0:
            shares.append(float(values[0] ** 2 / (values**2).sum()))
    embedding = after.weights["embedding"] - before.weights["embedding"]
    return {
        "moved": (squares / totals) ** 0.5,
        "top_share": float(np.mean(shares)) if shares else 0.0,
        "embedding_moved": float(np.linalg.norm(embedding) / np.linalg.norm(before.weights["embedding"])),
    }


def rows_of_seed(
    model: LanguageModel,
    book: FactBook,
    questions: EvaluationSet,
    seed: int,
    *,
    steps: int = 150,
    report: Callable[[str], None] = print,
) -> list[dict]:
    """All rows of one seed: gap, method, accuracy by slice, cost.

    Parameters
    ----------
    model : LanguageModel
    book : FactBook
    questions : EvaluationSet
    seed : int
        Of the training items, batches and adapters.
    steps : int
        Of fine-tuning; twice as many with replay.
    report : callable
        Called with one line per row.
    """
    training_items = AdaptationItems(book, questions, np.random.default_rng(seed))
    watched = questions.only(*WATCHED)
    rows = []

    def measure(
        gap: str, name: str, adapted: LanguageModel, trained_weights: int = 0, cpu_seconds: float = 0.0
    ) -> None:
        result = evaluate(adapted, watched)
        row = {"seed": seed, "gap": gap, "method": name}
        row |= {slice_name: result.accuracy(slice_name) for slice_name in watched.slices}
        row |= {"trained weights": trained_weights, "cpu seconds": cpu_seconds}
        row |= change_of_weights(model, adapted)
        rows.append(row)
        report(f"seed {seed}, {gap}, {name}: {cpu_seconds:.1f} s CPU")

    def adapt(gap: str, method: Method, items: Sequence[Item], *, longer: float = 1.0) -> None:
        if not method.learning_rate:
            measure(gap, method.name, model)
            return
        replay = training_items.replay(method.replay) if method.replay else ()
        tuned = fine_tune(
            model,
            items,
            np.random.default_rng(1000 + seed),
            steps=round(steps * (2 if method.replay else longer)),
            learning_rate=method.learning_rate,
            rank=method.rank,
            replay=replay,
            frozen=method.frozen,
        )
        measure(gap, method.name, tuned.model, tuned.trained_weights, tuned.cpu_seconds)

    for gap, keys, methods in (
        ("changed facts", book.changed, CHANGED_METHODS),
        ("new facts", training_items.added, NEW_METHODS),
    ):
        items = training_items.facts(keys)
        for method in methods:
            adapt(gap, method, items)
    full, low_rank = Method("full", 1e-3), Method("LoRA r=4", 5e-3, rank=4)
    for n in FORMAT_SIZES:
        adapt("format", replace(full, name=f"full, n={n}"), training_items.formatted(n), longer=5 / 3)
    adapt("format", replace(low_rank, name="LoRA r=4, n=300"), training_items.formatted(300), longer=5 / 3)
    read = training_items.formatted(300, with_passages=True)
    adapt("format", replace(full, name="full, n=300 with passages"), read, longer=5 / 3)
    # both: the format by fine-tuning, the facts by retrieval is the row above ("house format, with
    # passages"); here facts and format are both trained, and passages are given as well
    added = [
        *training_items.formatted(300, with_passages=True),
        *training_items.maker.shaped("train", training_items.added, book.new, wording.HOUSE_FORMAT),
    ]
    adapt("format", Method("both, full, facts in the format", 1e-3), added, longer=2)
    return rows


def costs(model: LanguageModel, book: FactBook, questions: EvaluationSet) -> pd.DataFrame:
    """Tokens and milliseconds of one answer, closed-book and with 1, 3 and 5 passages, one question at a
    time."""
    store = PassageStore(book.new, np.random.default_rng(0))
    keys = book.stable[:60]
    make = Questions(book, np.random.default_rng(0))
    rows = []
    for k in (0, 1, 3, 5):
        tokens, model_ms, retrieval_ms = [], [], []
        for key in keys:
            question = make.question(key)
            started = time.perf_counter()
            passages = store.retrieve(question, k) if k else []
            found = time.perf_counter()
            model.answer(question, passages)
            done = time.perf_counter()
            tokens.append(len(question.split()) + 3 + sum(len(text.split()) for text in passages))
            retrieval_ms.append(1000 * (found - started))
            model_ms.append(1000 * (done - found))
        rows.append(
            {
                "passages": k,
                "tokens read": np.mean(tokens),
                "retrieval ms": np.median(retrieval_ms),
                "answer ms": np.median(model_ms),
            }
        )
    return pd.DataFrame(rows)


def ranges(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and range over seeds, written `0.93 (0.91-0.95)`."""
    keys, counts = ["gap", "method"], {"trained weights"}
    measured = [name for name in table.columns if name not in (*keys, "seed", *counts)]

    def written(values):
        low, high = values.min(), values.max()
        return f"{values.mean():.2f} ({low:.2f}-{high:.2f})"

    grouped = table.groupby(keys, sort=False)
    result = grouped[measured].agg(written)
    result.insert(0, "trained weights", grouped["trained weights"].max())
    return result.reset_index()


def as_markdown(table: pd.DataFrame) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(map(str, table.columns)) + " |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in table.itertuples(index=False)]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    one_thread()
    parser = argparse.ArgumentParser(
        prog="python -m holdout.lm.tools.table", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--models", nargs="+", default=["M"], help="seed i uses the next checkpoint in turn")
    parser.add_argument("--items", type=int, default=100, help="most questions in a slice")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    parser.add_argument("--output", type=Path, help="folder (default: datasets/checkpoints)")
    options = parser.parse_args(arguments)
    folder = options.output or datasets_folder() / "checkpoints"
    book = open_book()
    questions = course_set(book, options.split, n=options.items)
    cost = costs(load(options.models[0]), book, questions).round(2)
    rows = []
    for seed in range(options.seeds):  # written after every seed: a long run leaves something behind
        name = options.models[seed % len(options.models)]
        rows += rows_of_seed(load(name), book, questions, seed, report=lambda line: print(line, flush=True))
        table = pd.DataFrame(rows)
        table.round(4).to_csv(folder / "table.csv", index=False, lineterminator="\n")
        text = (
            f"Mean and range over {seed + 1} seeds of adaptation; models: {', '.join(options.models)}; "
            f"{options.split} split, fingerprint {questions.fingerprint[:16]}, "
            f"up to {options.items} items per slice. "
            "Accuracies are exact matches of whole answers.\n\n"
        )
        text += (
            as_markdown(ranges(table))
            + "\nOne answer at a time, medians on this machine:\n\n"
            + as_markdown(cost)
        )
        (folder / "table.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
