"""How long the language model takes, one thread:

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench/bench_lm.py

Prints medians beside the budgets that the lessons rely on and writes them to `tests/bench/results/lm.json`.
Budgets are in CPU time of this process, because a shared machine makes wall time meaningless; nothing here
fails a build.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from pathlib import Path

import numpy as np

from holdout.lm import LowRankAdapter, PassageStore, course_set, load, open_book, quantize
from holdout.lm.adapt import fine_tune
from holdout.lm.evaluation import EvaluationSet, evaluate
from holdout.lm.retrieval import TfidfIndex
from holdout.lm.slices import Questions
from holdout.lm.tools.table import AdaptationItems


def cpu_milliseconds(function, repeats):
    """Median CPU time of a call, in milliseconds."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        function()
        times.append(1000 * (time.process_time() - started))
    return float(np.median(times))


def main() -> int:
    book, model = open_book(), load("M")
    rng = np.random.default_rng(0)
    store, make = PassageStore(book.new, rng), Questions(book, rng)
    questions = course_set(book, "validation")
    items = AdaptationItems(book, questions, rng).facts(book.changed)
    asked = [make.question(key) for key in book.stable[:50]]
    passages = store.retrieve(asked[0], 5)
    few = EvaluationSet("120 items", questions.only("traffic").items[:120])
    tfidf = TfidfIndex(store.texts)
    rank_grid = [1, 4, 16]
    measured = {
        "answer, closed-book (ms)": (cpu_milliseconds(lambda: model.answer(asked[0]), 50), 2),
        "answer, five passages (ms)": (cpu_milliseconds(lambda: model.answer(asked[0], passages), 50), 5),
        "retrieval, BM25, all passages (ms)": (cpu_milliseconds(lambda: store.retrieve(asked[1], 5), 50), 5),
        "retrieval, TF-IDF of scikit-learn (ms)": (
            cpu_milliseconds(lambda: tfidf.search(asked[1], 5), 50),
            5,
        ),
        "quantize and 120 items (ms)": (
            cpu_milliseconds(lambda: evaluate(model.with_weights(quantize(model.weights, 4)), few), 9),
            40,
        ),
        "full fine-tuning, 150 steps (ms)": (
            cpu_milliseconds(lambda: fine_tune(model, items, np.random.default_rng(0)), 3),
            2000,
        ),
    }
    for rank in rank_grid:
        measured[f"LoRA rank {rank}, 150 steps (ms)"] = (
            cpu_milliseconds(
                lambda rank=rank: fine_tune(model, items, np.random.default_rng(0), rank=rank), 3
            ),
            2000,
        )
    measured["merging an adapter (ms)"] = (
        cpu_milliseconds(LowRankAdapter(model.weights, 4, np.random.default_rng(0)).merged, 20),
        5,
    )
    for name, (milliseconds, budget) in measured.items():
        verdict = "ok" if milliseconds <= budget else "OVER"
        print(f"{name:42s} {milliseconds:9.2f}  budget {budget:6d}  {verdict}")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    document = {
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "machine": platform.machine(),
        "cpu_milliseconds": {name: round(value, 3) for name, (value, _) in measured.items()},
        "budgets": {name: budget for name, (_, budget) in measured.items()},
    }
    (results / "lm.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
