"""Record what checkpoint M and its variants answer to the canary questions: `python datasets/canary_variants/make.py`.

About half a minute on one core. Seeds are fixed; another machine may round differently, and tuned variants then differ in
single answers.
"""

import json
import pathlib

import numpy as np

from holdout.data.loader import write_checksums
from holdout.lm import load, one_thread, open_book, quantize
from holdout.lm.adapt import fine_tune
from holdout.lm.checkpoint import digest
from holdout.lm.evaluation import evaluate
from holdout.lm.tokenizer import UNKNOWN
from holdout.topics.canary.experiments import canary_questions
from holdout.topics.fine_tuning.experiments import TrainingItems

HERE = pathlib.Path(__file__).resolve().parent


def part_of_the_way(model, tuned, share):
    """Weights between those of a model and those of its tuned successor."""
    return model.with_weights(
        {
            name: (weight + share * (tuned.weights[name] - weight)).astype(weight.dtype)
            for name, weight in model.weights.items()
        }
    )


def variants(model, book):
    """Yield name, parent, how it was made, and the model."""
    rng = np.random.default_rng(11)
    yield "same", None, "checkpoint M as shipped", model
    nudged = {
        name: (weight * (1 + 0.003 * rng.standard_normal(weight.shape))).astype(weight.dtype)
        for name, weight in model.weights.items()
    }
    yield "retouched", "same", "every weight off by a relative 0.3 %", model.with_weights(nudged)
    for bits, per_row in ((8, False), (6, False), (5, True), (5, False), (4, True), (4, False)):
        name, step = (
            (f"{bits} bits by row", "one step a row") if per_row else (f"{bits} bits", "one step a matrix")
        )
        weights = quantize(model.weights, bits, per_row=per_row)
        yield name, "same", f"rounded to {bits} bits, {step}", model.with_weights(weights)
    yield "larger", None, "checkpoint L in its place", load("L")
    yield "smaller", None, "checkpoint S0 in its place", load("S0")
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
            for how, share in shares:
                made = f"tuned on a newer release, {kind} replayed, {share:.0%} of the way, seed {seed}"
                yield f"tuned{how}, {kind} {seed}", "same", made, part_of_the_way(model, run.model, share)
        refusals = [item for item in training_items.old_facts() if item.answer == UNKNOWN]
        run = fine_tune(
            model,
            refusals,
            np.random.default_rng(seed),
            steps=80,
            learning_rate=3e-4,
            replay=training_items.everything(),
        )
        yield f"taught to refuse {seed}", "same", f'tuned to answer "unknown", seed {seed}', run.model


def main():
    one_thread()
    book = open_book()
    questions = canary_questions(book)
    about, right = [], []
    for name, parent, made, model in variants(load("M"), book):
        report = evaluate(model, questions)
        right.append(report.correct)
        about.append({"name": name, "parent": parent, "made": made, "weights": digest(model.weights)})
        print(f"{name:24} {report.accuracy():.3f}", flush=True)
    np.savez_compressed(HERE / "outcomes.npz", right=np.packbits(np.array(right, bool), axis=1))
    document = {
        "fingerprint": questions.fingerprint,
        "slices": [item.slice for item in questions.items],
        "variants": about,
    }
    (HERE / "variants.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    write_checksums(["canary_variants/outcomes.npz", "canary_variants/variants.json"], HERE.parent)


if __name__ == "__main__":
    main()
