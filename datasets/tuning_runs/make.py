"""Record fine-tuning runs of checkpoint M on several seeds: `python datasets/tuning_runs/make.py [STUDY ...]`.

With studies named, their rows go into files of their own, so that several can run side by side; without, everything that is
missing is made, and all is put together. About five minutes on one free core. A run that was stopped goes on where it was; seeds are fixed. Another machine may round
differently, and runs then differ in single answers.
"""

import csv
import pathlib
import sys

import numpy as np

from holdout.lm import load, one_thread, open_book
from holdout.lm.adapt import fine_tune
from holdout.lm.checkpoint import digest
from holdout.lm.evaluation import evaluate
from holdout.lm.tokenizer import UNKNOWN
from holdout.topics.fine_tuning.experiments import (
    FORMAT,
    TrainingItems,
    commonest_answer,
    item_losses,
    mean_loss,
    out_of_fold_losses,
    split_rows,
    spoilt_facts,
    train_with_snapshots,
)

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = (("all weights", 0, 3e-4), ("all weights", 0, 1e-3), ("LoRA 16", 16, 1e-3), ("LoRA 16", 16, 2e-3))
SIZES = ((10, 0.0), (50, 0.0), (50, 0.2), (100, 0.0), (480, 0.0), (480, 0.2), (2000, 0.0))
CURVES = ((30, 0.0), (480, 0.0), (480, 0.2))  # at a constant rate, which does not know where training ends


def part_of_the_way(model, tuned, share):
    return model.with_weights(
        {
            name: (weight + share * (tuned.weights[name] - weight)).astype(weight.dtype)
            for name, weight in model.weights.items()
        }
    )


def settings():
    """Study, setting and seed of every run."""
    yield "shipped", "as shipped", 0
    for seed in range(3):
        for replay in ("none", "facts", "everything"):
            yield "replay", replay, seed
        for n, wrong in SIZES:
            yield "examples", f"{n}, {wrong:g} wrong", seed
        for n, wrong in CURVES:
            yield "curve", f"{n}, {wrong:g} wrong", seed
        for share in (0.25, 0.5, 0.75):
            yield "wrong values", f"{share:g}", seed
        yield "label errors", "480, 0.2 wrong", seed
    for seed in range(5):
        for name, _, rate in SETTINGS:
            yield "method", f"{name}, {rate:g}", 10 + seed  # seeds that chose no setting in adaptation_grid
        for how in ("by row", "by fact"):
            yield "split", how, seed
    for seed in range(8):
        for share in (0.0, 0.75):
            yield "skewed", f"{share:g}", seed


def run(model, study, setting, seed):
    """Right answers by slice of one run: pairs of (detail, slice) and (right, asked); and losses by step."""
    items = TrainingItems(open_book(), np.random.default_rng(80))
    rows, losses = {}, []

    def ask(tuned, questions, detail=""):
        report = evaluate(tuned, questions)
        slices = np.array([item.slice for item in questions.items])
        for name in questions.slices:
            rows[detail, name] = int(report.correct[slices == name].sum()), int((slices == name).sum())
        return report

    if study == "shipped":
        ask(model, items.questions)
        ask(model, items.format_questions)
        return rows, losses
    rng = np.random.default_rng(seed)
    if study in ("examples", "curve"):
        n, wrong = int(setting.split(",")[0]), float(setting.split()[1])
        train = items.format_examples(n, np.random.default_rng([seed, 8]), wrong=wrong)
        closed_book = items.format_questions.only(FORMAT[0])
        held_out = list(closed_book.items)

        def watch(step, now):
            losses.append((step, mean_loss(now, train[:100]), mean_loss(now, held_out)))

        if study == "curve":

            def look(step, now):
                watch(step, now)
                if step % 60 == 0:
                    ask(now, closed_book, f"step {step}")

            train_with_snapshots(model, train, rng, every=20, snapshots=15, watch=look)
            return rows, losses
        tuned = fine_tune(model, train, rng, steps=200, watch=watch).model
        report = ask(tuned, items.format_questions)
        shaped = [
            answer.startswith("[ ") and " :: " in answer and answer.endswith(" ]")
            for answer, item in zip(report.answers, items.format_questions.items, strict=True)
            if item.slice == FORMAT[0]
        ]
        rows["", "form, right or wrong"] = sum(shaped), len(shaped)
        return rows, losses
    if study == "split":
        train, held_out = split_rows(items, setting, rng)
        tuned = fine_tune(model, train, rng).model
        for name, part in (("trained on", train), ("held out", held_out)):
            said = tuned.complete([item.prompt for item in part])
            right = sum(a.split() == item.answer.split() for a, item in zip(said, part, strict=True))
            rows["", name] = right, len(part)
        return rows, losses
    if study == "label errors":
        train = items.format_examples(480, rng, wrong=0.2)
        true = items.format_truths(train)
        wrong = np.array([item.answer != truth for item, truth in zip(train, true, strict=True)])
        # both ways at both lengths, so that nothing but the fold differs
        for how, suspicion in (
            ("out of fold, 150 steps", out_of_fold_losses(model, train, rng)),
            ("in sample, 600 steps", item_losses(fine_tune(model, train, rng, steps=600).model, train)),
            ("in sample, 150 steps", item_losses(fine_tune(model, train, rng, steps=150).model, train)),
            ("out of fold, 600 steps", out_of_fold_losses(model, train, rng, steps=600)),
        ):
            worst = np.argsort(-suspicion)[: wrong.sum()]
            rows[how, "wrong among the suspected"] = int(wrong[worst].sum()), int(wrong.sum())
        return rows, losses
    if study == "replay":
        job = items.changed_facts()
        replay = {"none": [], "facts": items.old_facts(), "everything": items.everything()}[setting]
        tuned = fine_tune(model, job, rng, steps=300 if replay else 150, replay=replay).model
        for share in (1.0, 0.75, 0.5):
            ask(part_of_the_way(model, tuned, share), items.questions, f"{share:g} of the way")
        if setting == "facts":  # what a suite would say that asks about facts that were replayed
            replayed = set(items.replayable[:60])
            asked = [item for item in replay if any({*key} <= set(item.prompt.split()) for key in replayed)]
            right = [
                a.split() == i.answer.split()
                for a, i in zip(tuned.complete([i.prompt for i in asked]), asked, strict=True)
            ]
            rows["1 of the way", "replayed facts"] = sum(right), len(right)
    elif study == "method":
        name, rate = setting.rsplit(", ", 1)
        rank = next(r for n, r, s in SETTINGS if (n, f"{s:g}") == (name, rate))
        tuned = fine_tune(
            model, items.changed_facts(), rng, learning_rate=float(rate), rank=rank or None
        ).model
        ask(tuned, items.questions)
    else:
        kind = study
        train = spoilt_facts(items, kind, float(setting), np.random.default_rng([seed, 9]))
        done = fine_tune(model, train, rng)
        ask(done.model, items.questions)
        unknown = [item.prompt for item in items.questions.items if item.answer == UNKNOWN]
        said = done.model.complete(unknown)
        popular = commonest_answer(items.changed_facts())
        rows["", "commonest value instead of unknown"] = sum(a == popular for a in said), len(said)
        losses.append((150, float(np.mean(done.losses[-10:])), float("nan")))
    return rows, losses


def read(name):
    path = HERE / name
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))[1:]


HEADS = {
    "runs": ["study", "setting", "seed", "detail", "slice", "right", "asked"],
    "losses": ["study", "setting", "seed", "step", "train", "held_out"],
}


def main(studies):
    one_thread()
    model = load("M")
    suffix = "".join("-" + name.replace(" ", "_") for name in studies)
    # what other processes have made is taken over, and goes into the files that are written here
    parts = [HERE / f"runs{suffix}.csv"] if studies else sorted(HERE.glob("runs*.csv"))
    rows = {name: [] for name in HEADS}
    for name in HEADS:
        for part in parts:
            found = read(part.name.replace("runs", name))
            rows[name] += [row for row in found if row not in rows[name]]
    done = {tuple(row[:3]) for row in rows["runs"]}
    wanted = [one for one in settings() if not studies or one[0] in studies]
    for study, setting, seed in wanted:
        if (study, setting, str(seed)) not in done:
            counts, trace = run(model, study, setting, seed)
            rows["runs"] += [[study, setting, str(seed), *place, *pair] for place, pair in counts.items()]
            rows["losses"] += [
                [study, setting, str(seed), step, f"{a:.4f}", "" if b != b else f"{b:.4f}"]
                for step, a, b in trace
            ]
            save(rows, suffix)
            print(study, setting, seed, flush=True)
    # rows of settings that are no longer asked for are dropped
    place = {(study, setting, str(seed)): number for number, (study, setting, seed) in enumerate(wanted)}
    for name, table in rows.items():
        kept = [row for row in table if tuple(row[:3]) in place]
        rows[name] = sorted(kept, key=lambda row: place[tuple(row[:3])])
    save(rows, suffix)
    if not studies:
        for part in [*HERE.glob("runs-*.csv"), *HERE.glob("losses-*.csv")]:
            part.unlink()
        (HERE / "checkpoint.txt").write_text(digest(model.weights) + "\n", encoding="ascii")


def save(rows, suffix):
    for name, head in HEADS.items():
        with (HERE / f"{name}{suffix}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(head)
            writer.writerows(rows[name])


if __name__ == "__main__":
    main(sys.argv[1:])
