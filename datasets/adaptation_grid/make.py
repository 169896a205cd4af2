"""Record fine-tuning runs of checkpoint M: `python datasets/adaptation_grid/make.py`.

About four minutes on one core. Seeds are fixed; another machine may round differently, and runs then differ in
single answers.
"""

import hashlib
import json
import pathlib

import numpy as np
import pandas as pd

from holdout.lm import load, one_thread, open_book
from holdout.lm.adapt import fine_tune
from holdout.lm.checkpoint import digest
from holdout.lm.evaluation import evaluate
from holdout.lm.tools.table import change_of_weights
from holdout.topics.fine_tuning.experiments import TrainingItems

HERE = pathlib.Path(__file__).resolve().parent
RATES = (3e-4, 1e-3, 2e-3, 5e-3, 1e-2)
RANKS = (0, 1, 4, 16)
SEEDS = (0, 1)
SIZES = (10, 30, 100, 300)


def main():
    one_thread()
    model = load("M")
    training_items = TrainingItems(open_book(), np.random.default_rng(80), replay_asked=True)
    rows, right = [], {"facts": [], "format": []}
    sets = {"facts": training_items.questions, "format": training_items.format_questions}

    def record(job, method, tuned, *, rank=0, rate=0.0, seed=0, n=0, share=1.0, trained=0):
        report = evaluate(tuned, sets[job])
        right[job].append(report.correct.astype(bool))
        row = {"job": job, "method": method, "rank": rank, "learning_rate": rate, "seed": seed, "n": n}
        row |= {"kept_share": share, "trained_weights": trained}
        row |= {"moved": change_of_weights(model, tuned)["moved"]}
        row |= {name: report.accuracy(name) for name in sets[job].slices}
        rows.append(row)
        print(job, method, rank, rate, seed, n, share, flush=True)

    def part_of_the_way(tuned, share):
        return model.with_weights(
            {
                name: (weight + share * (tuned.weights[name] - weight)).astype(weight.dtype)
                for name, weight in model.weights.items()
            }
        )

    items = training_items.changed_facts()
    record("facts", "as shipped", model)
    record("format", "as shipped", model)
    for seed in SEEDS:
        for rank in RANKS:
            for rate in RATES:
                run = fine_tune(
                    model, items, np.random.default_rng(seed), learning_rate=rate, rank=rank or None
                )
                method = "LoRA" if rank else "full"
                trained = run.trained_weights
                record("facts", method, run.model, rank=rank, rate=rate, seed=seed, trained=trained)
        for method, replay in (
            ("replay of facts", training_items.old_facts()),
            ("replay of everything", training_items.everything()),
        ):
            run = fine_tune(model, items, np.random.default_rng(seed), steps=300, replay=replay)
            for share in (1.0, 0.75, 0.5, 0.25):
                moved = part_of_the_way(run.model, share)
                record("facts", method, moved, rate=1e-3, seed=seed, share=share, trained=run.trained_weights)
        for rank, rate in ((0, 3e-4), (0, 1e-3), (4, 2e-3)):
            run = fine_tune(model, items, np.random.default_rng(seed), learning_rate=rate, rank=rank or None)
            for share in (0.75, 0.5, 0.375, 0.25, 0.125):
                moved = part_of_the_way(run.model, share)
                method = "part of the way"
                record("facts", method, moved, rank=rank, rate=rate, seed=seed, share=share)
        for n in SIZES:
            run = fine_tune(
                model, training_items.formatted(n), np.random.default_rng(seed), steps=200, learning_rate=1e-3
            )
            record("format", "full", run.model, rate=1e-3, seed=seed, n=n, trained=run.trained_weights)
    pd.DataFrame(rows).round(5).to_csv(HERE / "runs.csv", index=False, lineterminator="\n")
    np.savez_compressed(
        HERE / "right.npz", **{job: np.packbits(np.array(bits), axis=1) for job, bits in right.items()}
    )
    about = {
        "weights": digest(model.weights),
        "fingerprints": {job: questions.fingerprint for job, questions in sets.items()},
        "slices": {job: [item.slice for item in questions.items] for job, questions in sets.items()},
    }
    (HERE / "about.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    lines = [
        f"{hashlib.sha256((HERE / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("about.json", "right.npz", "runs.csv")
    ]
    (HERE / "checksums.sha256").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
