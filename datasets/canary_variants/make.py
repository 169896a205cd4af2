"""Record what checkpoint M and its variants answer to the canary questions: `python datasets/canary_variants/make.py`.

About half a minute on one core. Seeds are fixed; another machine may round differently, and tuned variants then differ in
single answers.
"""

import json
import pathlib

import numpy as np

from holdout.data.loader import write_checksums
from holdout.lm import load, one_thread, open_book
from holdout.lm.adapt import fine_tune
from holdout.lm.canary import canary_questions
from holdout.lm.checkpoint import digest
from holdout.lm.evaluation import evaluate
from holdout.lm.replacements import EXCHANGED, ROUNDED, part_of_the_way, replacement
from holdout.lm.tokenizer import UNKNOWN
from holdout.topics.fine_tuning.experiments import TrainingItems

HERE = pathlib.Path(__file__).resolve().parent


def end_of(model):
    """The weights at the end of a run, as `tuned.npz` keeps them: float32, so that no answer changes."""
    return {name: weight.astype(np.float32) for name, weight in model.weights.items()}


def variants(model, book, ends):
    """Yield name, parent, how it was made, and the model; put where the tuning runs of seed 0 ended into `ends`."""
    yield "same", None, "checkpoint M as shipped", model
    yield "retouched", "same", "every weight off by a relative 0.3 %", replacement("retouched")
    for name, (bits, per_row) in ROUNDED.items():
        step = "one step a row" if per_row else "one step a matrix"
        yield name, "same", f"rounded to {bits} bits, {step}", replacement(name)
    for name, checkpoint in EXCHANGED.items():
        yield name, None, f"checkpoint {checkpoint} in its place", replacement(name)
    for seed in (0, 1):
        # a training_items each: what it hands out depends on what it was asked for before
        training_items = TrainingItems(book, np.random.default_rng(80), replay_asked=True)
        for kind, replay, shares in (
            ("facts", training_items.old_facts(), (("", 0.5), (" strongly", 0.6))),
            ("everything", training_items.everything(), (("", 0.5), (" lightly", 0.35))),
        ):
            run = fine_tune(
                model, training_items.changed_facts(), np.random.default_rng(seed), steps=300, replay=replay
            )
            end = ends[f"{kind} {seed}"] = end_of(run.model)
            for how, share in shares:
                made = f"tuned on a newer release, {kind} replayed, {share:.0%} of the way, seed {seed}"
                yield f"tuned{how}, {kind} {seed}", "same", made, part_of_the_way(model, end, share)
        refusals = [item for item in training_items.old_facts() if item.answer == UNKNOWN]
        run = fine_tune(
            model,
            refusals,
            np.random.default_rng(seed),
            steps=80,
            learning_rate=3e-4,
            replay=training_items.everything(),
        )
        end = ends[f"refuse {seed}"] = end_of(run.model)
        made = f'tuned to answer "unknown", seed {seed}'
        yield f"taught to refuse {seed}", "same", made, part_of_the_way(model, end, 1.0)


def main():
    one_thread()
    book = open_book()
    questions = canary_questions(book)
    about, right, ends = [], [], {}
    for name, parent, made, model in variants(load("M"), book, ends):
        report = evaluate(model, questions)
        right.append(report.correct)
        about.append({"name": name, "parent": parent, "made": made, "weights": digest(model.weights)})
        print(f"{name:24} {report.accuracy():.3f}", flush=True)
    np.savez_compressed(HERE / "outcomes.npz", right=np.packbits(np.array(right, bool), axis=1))
    kept = {
        f"{run}/{name}": weight
        for run, end in ends.items()
        if run.endswith(" 0")
        for name, weight in end.items()
    }
    np.savez_compressed(HERE / "tuned.npz", **kept)
    document = {
        "fingerprint": questions.fingerprint,
        "slices": [item.slice for item in questions.items],
        "variants": about,
    }
    (HERE / "variants.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    write_checksums(
        [f"canary_variants/{name}" for name in ("outcomes.npz", "tuned.npz", "variants.json")], HERE.parent
    )


if __name__ == "__main__":
    main()
