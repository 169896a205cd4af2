# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · What fine-tuning costs
#
# *Unit 3 of 6: Adapt or not.*
#
# ## "We tuned it, and the new answers are all right. Can it go live?"
#
# [Lesson 07](07-knowledge-or-behaviour.ipynb) asked *whether* to tune. Here the answer was yes: the help desk's small model has learnt
# the scikit-learn defaults that changed. What did that cost, in answers that nobody asked about?
#
# | you will be able to | minutes |
# |---|---|
# | show what a tuning run forgets, with a suite that was frozen before | 9 |
# | compare LoRA with full fine-tuning at equal learning | 11 |
# | replay old examples, and judge on facts that were not replayed | 9 |
# | check the data of a run, and see a fine-tune overfit | 12 |
# | write a serving plan that a machine checks | 4 |
#
# About 45 minutes here, then 60 to 90 in the exercise. Terms are in the [glossary](glossary.ipynb).

# %%
import numpy as np
import pandas as pd

# %% jupyter={"source_hidden": true}
# isort: split
from sklearn.model_selection import GroupShuffleSplit

from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm import LowRankAdapter, count_weights, load, one_thread, open_book
from holdout.lm.adapt import fine_tune
from holdout.lm.checkpoint import digest
from holdout.lm.evaluation import evaluate
from holdout.lm.real.tuning_report import adapter_losses, adapter_table
from holdout.stats.intervals import mean_interval
from holdout.topics.fine_tuning import figures as views
from holdout.topics.fine_tuning.experiments import (
    FORMAT,
    LEARNT,
    REGRESSIONS,
    REWORDED,
    TrainingItems,
    best_at,
    fact_splits,
    lora_weights,
    open_grid,
    recorded_losses,
    recorded_runs,
    training_export,
)
from holdout.topics.fine_tuning.serving import plan_problems

one_thread()
style.use()

# %%
model, book = load("M"), open_book("0.24.2", "1.9.1")
training_items = TrainingItems(book, np.random.default_rng(80))
job, suite = training_items.changed_facts(), training_items.questions
print(f"{len(book.changed)} changed facts, {len(job)} training examples")
print(job[0].prompt, "->", job[0].answer)

# %% [markdown]
# ## The job is done. What else changed?
#
# The **regression suite** was frozen before training. Each slice is one thing that users rely on:
#
# | slice | what is asked | right is |
# |---|---|---|
# | changed, new value | a changed fact, worded as in training | the new value |
# | changed, unseen wording | the same, worded as in no training | the new value |
# | kept | a fact that did not change | the value as before |
# | unseen wording | such a fact, worded as in no training | the value as before |
# | not documented | a fact that the model was never told | "unknown" |
# | same parameter | a value to be read from passages | the right passage's value |
# | as call | a fact, in another form | `Estimator ( parameter = value )` |

# %% jupyter={"source_hidden": true}
predict(
    "08.p1",
    "All weights are trained, for 150 steps. The model then gives nearly all new values. Which suffers most?",
    options=[
        "facts that did not change",
        "reading a value from passages",
        'saying "unknown" when it was never told',
        'answering in the form "as call"',
    ],
)

# %% tags=["nbval-ignore-output"]
tuned = fine_tune(model, job, np.random.default_rng(0), steps=150, learning_rate=1e-3)
before, after = evaluate(model, suite), evaluate(tuned.model, suite)
print(f"loss {tuned.losses[0]:.1f} to {tuned.losses[-1]:.3f} in {tuned.cpu_seconds:.1f} s")

# %% [markdown]
# **At work.** Count lost and gained answers by slice, with the number asked.

# %%
answers = pd.DataFrame({"slice": [item.slice for item in suite.items]})
answers["before"], answers["after"] = before.correct, after.correct
answers["lost"] = answers["before"] & ~answers["after"]
answers["gained"] = ~answers["before"] & answers["after"]
answers.groupby("slice").agg(
    asked=("lost", "size"), before=("before", "sum"), lost=("lost", "sum"), gained=("gained", "sum")
)

# %% jupyter={"source_hidden": true}
counts = answers.groupby("slice").agg(asked=("lost", "size"), lost=("lost", "sum"), now=("after", "sum"))
names = {
    "kept": "facts that did not change",
    "same parameter": "reading a value from passages",
    "not documented": 'saying "unknown" when it was never told',
    "as call": 'answering in the form "as call"',
}
share_lost = (counts["lost"] / counts["asked"])[list(names)]
assert counts.loc[LEARNT, "now"] > 50 and (share_lost > 0.1).all()
resolve("08.p1", names[share_lost.idxmax()])
explain(
    """
    **What it means.** **Catastrophic forgetting**, without a bug: training looks at the changed facts only, and the
    other answers live in the same weights. {call} of {call_asked} answers "as call" are lost, and {unknown} of {said_unknown} times it now states a
    value where it said "unknown". The training loss shows none of it. Even the job:
    {seen} of {job_asked} in trained wordings, {unseen} in an unseen one, a **paraphrase gap**.
    """,
    call=counts.loc["as call", "lost"],
    call_asked=counts.loc["as call", "asked"],
    unknown=counts.loc["not documented", "lost"],
    said_unknown=int(answers.loc[answers["slice"] == "not documented", "before"].sum()),
    seen=counts.loc[LEARNT, "now"],
    unseen=counts.loc[REWORDED, "now"],
    job_asked=counts.loc[LEARNT, "asked"],
)

# %% [markdown]
# ## LoRA trains few of the weights. Does it forget less?
#
# LoRA (Hu and others 2021) leaves each matrix W alone and trains a product of two thin ones, r · (d_in + d_out) numbers instead of d_in · d_out:
#
# $$W' = W + \frac{\alpha}{r} B A \qquad B: d_{out} \times r,\quad A: r \times d_{in}\qquad \alpha \text{ a fixed scale}$$

# %% jupyter={"source_hidden": true}
adapter_size = count_weights(LowRankAdapter(model.weights, 4, np.random.default_rng(0)).weights)
counted = [
    lora_weights(12_288, 96, 1),
    175e9 / lora_weights(12_288, 96, 4),
]
# the paper prints two digits
assert abs(counted[0] / 4.7e6 - 1) < 0.05 and round(counted[1]) == 9272
assert round(100 * adapter_size / model.size) == 6
explain(
    """
    **Published and counted.** GPT-3 (175 billion weights, 96 layers of width 12,288):

    | LoRA | published | counted |
    |---|--:|--:|
    | rank 1, query and value | 4.7 million | {a:.1f} million |
    | rank 4, query and value: times fewer | 10,000 | {d:,.0f} |

    On our model rank 4 trains {mine:,} of {all:,} weights, 6%; rank 16 four times as many. **What LoRA saves**: gradients and optimizer state of the frozen weights; the product that gives
    *their* gradients, about half of the backward pass (the paper reports 25% faster training of GPT-3); and storage for each customer.
    It does not save the forward pass. Merged (deeper, **08.merge**), it answers as fast as the full model.
    """,
    a=counted[0] / 1e6,
    d=counted[1],
    mine=adapter_size,
    all=model.size,
)

# %% [markdown]
# Biderman and others (2024) found for Llama-2-7B, on code and mathematics, that LoRA "learns less and forgets less". So compare at *equal
# learning*: a run that learnt nothing forgets nothing. Recorded: our job with all weights and with LoRA of ranks 1, 4 and 16, at five learning rates, two seeds each.

# %% jupyter={"source_hidden": true}
predict(
    "08.p2",
    "The bar is 84% of the new values. Of each method take the setting that keeps most unchanged facts. Which method keeps more?",
    options=["all weights", "LoRA", "less than 5 points apart"],
)

# %% [markdown]
# **Find** (1) the bars at which all weights keep 10 points more. (2) Another slice: is the verdict the same?

# %% jupyter={"source_hidden": true}
grid = open_grid().runs
grid = grid[grid["job"].eq("facts") & grid["method"].isin(["full", "LoRA"])]
settings = grid.groupby(["rank", "learning_rate"]).mean(numeric_only=True).reset_index()
frontier_stage = Stage(
    alt="Recorded settings: new values learnt against what is still right, with the best of each method at a bar",
    title="Bar {bar:.0%} learnt, still right: {verdict}",
    readout="Recorded, mean of 2 seeds, bar {bar:.0%} of the new values, “{slice}”: {verdict}.",
    size=(7.4, 4.2),
)


# %%
@frontier_stage.live(bar=(0.6, 0.98, 0.02), slice=list(REGRESSIONS), start={"bar": 0.84, "slice": "kept"})
def at_equal_learning(bar, slice):
    best = best_at(settings, slice, bar)
    views.draw_frontier(frontier_stage.ax, settings, LEARNT, slice, bar, best)
    kept = [f"{name} {settings.loc[row, slice]:.0%}" for name, row in best.items()]
    return {"verdict": ", ".join(kept)}


at_equal_learning

# %% jupyter={"source_hidden": true}
runs = recorded_runs()


def per_seed(study, setting, slice, detail=""):
    """Shares of right answers, one per seed."""
    rows = runs.query("study == @study and setting == @setting and slice == @slice and detail == @detail")
    return rows.sort_values("seed")["share"].to_numpy()


by_bar = {
    bar: {name: settings.loc[row, "kept"] for name, row in best_at(settings, "kept", bar).items()}
    for bar in np.arange(60, 99, 2) / 100
}
best = {bar: by_bar[bar] for bar in (0.84, 0.92)}
ahead = {
    bar: [
        slice
        for slice in REGRESSIONS
        if (part := {name: settings.loc[row, slice] for name, row in best_at(settings, slice, bar).items()})
        and part["all weights"] - part["LoRA"] > 0.05
    ]
    for bar in (0.84, 0.92)
}
assert ahead[0.84] == list(REGRESSIONS) and ahead[0.92] == ["not documented"]
assert (
    best[0.84]["all weights"] - best[0.84]["LoRA"] > 0.1 > abs(best[0.92]["all weights"] - best[0.92]["LoRA"])
)
METHODS = ("all weights, 0.0003", "all weights, 0.001", "LoRA 16, 0.001", "LoRA 16, 0.002")
fresh = {
    (name, slice): mean_interval(per_seed("method", name, slice))
    for name in METHODS
    for slice in (LEARNT, "kept")
}
fresh_seeds = len(per_seed("method", METHODS[0], LEARNT))
gap, gap_reach = mean_interval(
    per_seed("method", METHODS[0], "kept") - per_seed("method", METHODS[2], "kept")
)
less, less_reach = mean_interval(
    per_seed("method", METHODS[2], LEARNT) - per_seed("method", METHODS[0], LEARNT)
)
assert less > less_reach
resolve("08.p2", "all weights")
explain(
    """
    **What it means.** (1) On the recorded seeds the verdict is the choice of the bar: up to {last:.0%} all weights keep 10 points more ({low_full:.0%} and {low_lora:.0%} at 84%); at 92% it is {high_full:.0%} and {high_lora:.0%}. The two best
    settings of each method, chosen on the recorded seeds and run again on {seeds} *new* ones (mean ± 95%):

    | setting | new values learnt | unchanged facts kept |
    |---|--:|--:|
    {table}

    The first keeps {gap:.0f} ± {gap_reach:.0f} points more than the third and learns {less:.0f} ± {less_reach:.0f} points less. **"LoRA forgets less" did not show here**, for one tiny model and one job. (2) At 84% all weights are ahead in each slice, at 92% clearly only in “not documented”.
    """,
    last=max(bar for bar, kept in by_bar.items() if kept["all weights"] - kept["LoRA"] >= 0.1),
    low_full=best[0.84]["all weights"],
    low_lora=best[0.84]["LoRA"],
    high_full=best[0.92]["all weights"],
    high_lora=best[0.92]["LoRA"],
    seeds=fresh_seeds,
    table="\n".join(
        f"| {name} | "
        + " | ".join(
            f"{m:.0%} ± {100 * r:.0f}" for m, r in (fresh[name, slice] for slice in (LEARNT, "kept"))
        )
        + " |"
        for name in METHODS
    ),
    gap=100 * gap,
    gap_reach=100 * gap_reach,
    less=100 * less,
    less_reach=100 * less_reach,
)

# %% [markdown]
# ## The trap: a suite that asks what was replayed
#
# **Replay** mixes old examples into each batch: here about half, over 300 steps instead of 150 (all weights). But if the suite asks facts that are replayed, it measures
# training accuracy, the contamination of [lesson 05](05-a-test-set-is-spent-once.ipynb).

# %% jupyter={"source_hidden": true}
predict(
    "08.p3",
    "Facts are replayed, and afterwards nearly all replayed ones are right. Of the unchanged facts that were *not* replayed, how many are right?",
    options=["all of them", "about 94%", "about 75%", "about 45%"],
)

# %% [markdown]
# **At work.** Before training: which facts are in both?


# %%
def facts_in(items):
    """The unchanged facts that some prompts ask about."""
    words = [set(item.prompt.split()) for item in items]
    return {fact for fact in book.stable if any(set(fact) <= prompt for prompt in words)}


asked = facts_in(item for item in suite.items if item.slice == "kept")
careless = TrainingItems(book, np.random.default_rng(80), replay_asked=True)
for name, replayed in (("careless", careless.old_facts()), ("ours", training_items.old_facts())):
    print(f"{name}: {len(asked & facts_in(replayed))} of {len(asked)} facts of “kept” are replayed")

# %% [markdown]
# Our suite asks no replayed fact. Both also replay "unknown"; *everything* also forms and reading.
#
# **Find** what replay of *facts* does not repair.

# %% jupyter={"source_hidden": true}
shipped = runs[runs["study"] == "shipped"].set_index("slice")["share"]
ORDER = [LEARNT, REWORDED, *REGRESSIONS]
seeds = len(per_seed("replay", "everything", "kept", "1 of the way"))
replay_stage = Stage(
    alt="Right answers before and after tuning by slice, mean and interval over seeds",
    title="Replay {replay}: {learnt:.0%} learnt, {kept:.0%} kept, {unknown:.0%} of “unknown”",
    readout="Recorded, mean of " + str(seeds) + " seeds, replay of {replay}: {said}. Bars are 95% intervals.",
    size=(8, 4.3),
)


# %%
@replay_stage.live(replay=["none", "facts", "everything"], start={"replay": "facts"})
def with_replay(replay):
    after = {slice: per_seed("replay", replay, slice, "1 of the way") for slice in ORDER}
    views.draw_slices(replay_stage.ax, shipped, after, ORDER)
    mean = {slice: values.mean() for slice, values in after.items()}
    said = ", ".join(f"{slice} {value:.0%}" for slice, value in mean.items())
    return {"learnt": mean[LEARNT], "kept": mean["kept"], "unknown": mean["not documented"], "said": said}


with_replay

# %% jupyter={"source_hidden": true}
replayed = mean_interval(per_seed("replay", "facts", "replayed facts", "1 of the way"))
whole = {
    (replay, slice): mean_interval(per_seed("replay", replay, slice, "1 of the way"))
    for replay in ("none", "facts", "everything")
    for slice in ORDER
}
assert replayed[0] > whole["facts", "kept"][0] + 0.02
resolve("08.p3", "about 94%")
explain(
    """
    **What it means.** After replay of facts {r:.0%} of the *replayed* ones are right, and {k:.0%} ± {k_reach:.0f} of those that were not ({seeds} seeds, 95%); without replay {n:.0%}. Replay
    helps beyond what it repeats, and the careless suite hides the loss.
    Reading is at {read:.0%} (everything: {read_all:.0%}), "as call" at {call:.0%} ({call_all:.0%}). Abstention stays damaged: {u:.0%} before, {u_facts:.0%} ± {u_facts_reach:.0f} and {u_all:.0%} ± {u_all_reach:.0f} after.
    """,
    r=replayed[0],
    k=whole["facts", "kept"][0],
    k_reach=100 * whole["facts", "kept"][1],
    seeds=seeds,
    n=whole["none", "kept"][0],
    read=whole["facts", "same parameter"][0],
    read_all=whole["everything", "same parameter"][0],
    call=whole["facts", "as call"][0],
    call_all=whole["everything", "as call"][0],
    u=shipped["not documented"],
    u_facts=whole["facts", "not documented"][0],
    u_facts_reach=100 * whole["facts", "not documented"][1],
    u_all=whole["everything", "not documented"][0],
    u_all_reach=100 * whole["everything", "not documented"][1],
)

# %% [markdown]
# ## The data of a run: what you check before, and when it overfits
#
# The job's export holds copies and old answers. A few lines of pandas find them, and shared facts.

# %% jupyter={"source_hidden": true}
rows = training_export(training_items, np.random.default_rng(8))

# %%
print(rows.duplicated(["question", "answer"]).sum(), "exact copies")
print((rows.groupby("fact")["answer"].nunique() > 1).sum(), "facts with two answers")
by_fact = GroupShuffleSplit(1, test_size=0.25, random_state=0).split(rows, groups=rows["fact"])
by_row = np.random.default_rng(0).permutation(len(rows)) < len(rows) // 4
for name, held_out in (("row", np.flatnonzero(by_row)), ("fact", next(by_fact)[1])):
    train = rows.drop(index=held_out)
    print(f"by {name}: {rows['fact'][held_out].isin(train['fact']).mean():.0%} of held-out rows share a fact")

# %% jupyter={"source_hidden": true}
split = {how: mean_interval(per_seed("split", how, "held out")) for how in ("by row", "by fact")}
assert split["by row"][0] > 0.8 > 0.3 > split["by fact"][0]
copied = np.mean(
    [
        book.copy_accuracy(*parts, book.new)
        for parts in fact_splits(book.changed, np.random.default_rng(0), 400)
    ]
)
explain(
    """
    Split by row, the tuned model gives {row:.0%} ± {row_reach:.0f} of the held-out values: their facts were trained in other wordings. Split by fact, {fact:.0%} ± {fact_reach:.0f} (5 seeds, 95%); copying the parameter's commonest new
    value among the training facts (if it has none there, the commonest of all) gets {guess:.0%} (mean of 400 such splits). Tuning on facts teaches *those* facts. Wrong labels: [deeper](deeper/08-what-fine-tuning-costs.ipynb).
    """,
    row=split["by row"][0],
    row_reach=100 * split["by row"][1],
    fact=split["by fact"][0],
    fact_reach=100 * split["by fact"][1],
    guess=copied,
)

# %% [markdown]
# **How many examples?** You will hear "500 to 10,000"; LIMA (Zhou and others 2023) used 1,000. The job now: answer as `[ C :: 1.0 ]`. Examples are
# closed-book, about facts that are not judged; all runs take 200 steps.

# %% jupyter={"source_hidden": true}
predict(
    "08.p4",
    "50 clean examples, or 480 of which 20% have a wrong value. Which model gives more right values in the format?",
    options=["50 clean, by more than 10 points", "480, by more than 10 points", "less than 10 points apart"],
)

# %% [markdown]
# **Find** (1) the number of examples from which more hardly help. (2) The same format behind retrieved passages: what happened?

# %% jupyter={"source_hidden": true}
CLEAN = (10, 50, 100, 480, 2000)
ASKED = {
    "form": "form, right or wrong",
    "value": FORMAT[0],
    "reworded": FORMAT[1],
    "passages": FORMAT[2],
}
by_size = {
    name: {n: per_seed("examples", f"{n}, 0 wrong", slice) for n in CLEAN} for name, slice in ASKED.items()
}
spoilt = {n: per_seed("examples", f"{n}, 0.2 wrong", FORMAT[0]) for n in (50, 480)}
example_stage = Stage(
    alt="House format against number of examples: form, right value, reworded, behind passages; and with wrong examples",
    title="{examples:,} examples: form {form:.0%}, with the right value {value:.0%}, behind passages {passages:.0%}",
    readout="Recorded, mean of "
    + str(len(spoilt[50]))
    + " seeds, {examples:,} examples: the form {form:.0%}, with the right value {value:.0%}, reworded {reworded:.0%}, behind passages {passages:.0%}. "
    "Bands are 95% intervals.",
    size=(8, 4.2),
)


# %%
@example_stage.live(examples=list(CLEAN), start={"examples": 50})
def how_many(examples):
    views.draw_examples(example_stage.ax, by_size, spoilt, examples)
    return {name: sizes[examples].mean() for name, sizes in by_size.items()}


how_many

# %% jupyter={"source_hidden": true}
size = {(name, n): mean_interval(sizes[n]) for name, sizes in by_size.items() for n in CLEAN}
dirty, dirty_reach = mean_interval(spoilt[480] - by_size["value"][50])
cleaned, cleaned_reach = mean_interval(by_size["value"][480] - spoilt[480])
bigger, bigger_reach = mean_interval(by_size["value"][480] - by_size["value"][50])
plain_before = runs.query("study == 'shipped' and slice == @FORMAT[3]")["share"].item()
plain_after = per_seed("examples", "480, 0 wrong", FORMAT[3])
more, more_reach = mean_interval(by_size["value"][2000] - by_size["value"][480])
reworded, reworded_reach = mean_interval(by_size["value"][480] - by_size["reworded"][480])
assert size["passages", 480][0] < 0.1
resolve(
    "08.p4",
    "480, by more than 10 points"
    if dirty > 0.1
    else "50 clean, by more than 10 points"
    if dirty < -0.1
    else "less than 10 points apart",
)
explain(
    """
    **What it means.** 480 with 20% wrong: {dirty:+.0f} ± {dirty_reach:.0f} points against 50 clean. 430 more clean rows bring {bigger:+.0f} ± {bigger_reach:.0f}; a fifth of wrong ones costs {cleaned:.0f} ± {cleaned_reach:.0f} of that.
    (1) The *form* is there early: {form10:.0%} with 10 examples, {form50:.0%} with 50; the right *value* in it takes more: {value10:.0%}, {value50:.0%}, {value480:.0%} with 480; 2,000 change that by {more:+.0f} ± {more_reach:.0f} points. An unseen wording costs {reworded:.0f} ± {reworded_reach:.0f} points at 480.
    (2) Behind passages it hardly ever comes ({behind:.0%}), and the plain answer that came there before ({plain_before:.0%}) falls to {plain_low:.0%} to {plain_high:.0%} by seed with 480 examples. **Evaluate on prompts as production sends them.**
    """,
    dirty=100 * dirty,
    dirty_reach=100 * dirty_reach,
    bigger=100 * bigger,
    bigger_reach=100 * bigger_reach,
    cleaned=100 * cleaned,
    cleaned_reach=100 * cleaned_reach,
    form10=size["form", 10][0],
    form50=size["form", 50][0],
    value10=size["value", 10][0],
    value50=size["value", 50][0],
    value480=size["value", 480][0],
    more=100 * more,
    more_reach=100 * more_reach,
    reworded=100 * reworded,
    reworded_reach=100 * reworded_reach,
    behind=size["passages", 480][0],
    plain_before=plain_before,
    plain_low=plain_after.min(),
    plain_high=plain_after.max(),
)

# %% [markdown]
# **Does a fine-tune overfit?** The same job at a constant learning rate. Held out: facts that no example is about, all with right values.
#
# **Find** (1) For each kind of data: does the held-out loss turn, and where? (2) What does the training loss say there?

# %% jupyter={"source_hidden": true}
losses = recorded_losses()
CURVES = {
    "480, 20% wrong": "480, 0.2 wrong",
    "480 clean": "480, 0 wrong",
    "30 clean": "30, 0 wrong",
}
loss_of = {
    name: losses.query("study == 'curve' and setting == @setting and step >= 40")
    for name, setting in CURVES.items()
}
loss_stage = Stage(
    alt="Training and held-out loss along training, with the lowest held-out loss",
    title="{examples}: held-out loss {low:.2f} at step {turn}, {last:.2f} at the end",
    readout="Recorded, mean of 3 seeds, {examples}, step {step}: training loss {train:.3f}, held-out {held_out:.3f}; lowest {low:.3f} at step {turn}. "
    "Bands are 95% intervals.",
    size=(7.4, 4.2),
)


# %%
@loss_stage.live(examples=list(CURVES), step=(40, 300, 20), start={"examples": "480, 20% wrong", "step": 300})
def overfit(examples, step):
    views.draw_losses(loss_stage.ax, loss_of[examples], step)
    mean = loss_of[examples].groupby("step")[["train", "held_out"]].mean()
    turn = mean["held_out"].idxmin()
    now = {"train": mean["train"][step], "held_out": mean["held_out"][step]}
    return now | {"turn": turn, "low": mean["held_out"][turn], "last": mean["held_out"].iloc[-1]}


overfit

# %% jupyter={"source_hidden": true}
means = {name: table.groupby("step")[["train", "held_out"]].mean() for name, table in loss_of.items()}
turn = {name: int(mean["held_out"].idxmin()) for name, mean in means.items()}
noisy = loss_of["480, 20% wrong"].pivot(index="seed", columns="step", values="held_out")
rise, rise_reach = mean_interval(noisy[300] - noisy[turn["480, 20% wrong"]])
assert means["480, 20% wrong"]["train"][300] < 0.05 and rise > 0
explain(
    """
    **What it means.** (1) With 20% wrong the mean is lowest at step {noisy} (by seed: {turns}), chosen on these runs, and {rise:.2f} ± {rise_reach:.2f} higher at the end (3 seeds, 95%), while the model memorizes wrong values. With clean examples no turn is shown. (2) Nothing: it falls to {train:.3f}. Neither loss sees what is *forgotten*; for that ask the suite at each snapshot (**08.stop**).
    """,
    noisy=turn["480, 20% wrong"],
    turns=", ".join(str(step) for step in noisy.idxmin(axis=1)),
    rise=rise,
    rise_reach=rise_reach,
    train=means["480, 20% wrong"]["train"][300],
)

# %% [markdown]
# **The real case.** SmolLM2-135M-Instruct was tuned with LoRA (rank 16) in three ways: 50 examples of a form, `[ parameter :: value ]`, read from documentation;
# 45 facts that changed; and these with reading replayed. Everyday questions ask for capitals, sums and the like.

# %% jupyter={"source_hidden": true}
every_reading = adapter_table("adapters_read").rename(index={"read": "read all"}, level="part")
tuned_real = pd.concat([adapter_table(), every_reading])
REAL_RUNS = ("as shipped", "behaviour", "knowledge", "knowledge, replay")


def real_share(run, part):
    """Right answers of a tuned copy, with the 95% interval that counts each question once."""
    row = tuned_real.loc[(run, part)]
    return f"{row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%})"


real_parts = {
    "read from documentation": "read",
    "read, all that is not taught": "read all",
    "changed facts, as trained": "closed book",
    "the same, unseen wording": "closed book, unseen wording",
    "everyday": "everyday",
}
real_losses = adapter_losses().mean(axis=1)
real_curve = {name: real_losses["knowledge", name] for name in ("held-out", "docstrings")}
real_seeds = len(tuned_real.loc[("knowledge", "read"), "by seed"].split(","))
form_real = tuned_real.loc[("behaviour", "read")]
facts_real = tuned_real.loc["knowledge", "share"]
assert form_real["form"] > 0.9 * form_real["n"] and tuned_real.loc[("behaviour", "everyday"), "share"] < 0.15
assert tuned_real.loc[("knowledge", "read"), "high"] < tuned_real.loc[("as shipped", "read"), "low"]
assert tuned_real.loc[("as shipped", "read all"), "low"] > tuned_real.loc[("as shipped", "read"), "share"]
assert real_curve["held-out"].iloc[-1] < real_curve["held-out"].iloc[0]
assert real_curve["docstrings"].iloc[-1] > real_curve["docstrings"].iloc[0]
explain(
    """
    | right (95%) | asked | shipped | form, 50 examples | 45 facts | 45 facts, reading replayed |
    |---|--:|--:|--:|--:|--:|
    {rows}

    Recorded, torch bfloat16, {seeds} seeds (shipped: one run and, except for everyday, 40 tokens instead of 24); intervals count each question once. {form:.0f} of {read} readings have the form, and hardly an everyday answer survives it. The facts go in (paraphrase gap {gap:.0f} points, not shown) at the price of reading; replay saves reading, not what it leaves out.
    Without replay the loss of 16 taught facts, reworded, falls from {held_0:.1f} to {held_1:.1f}, while that of 12 docstrings rises from {doc_0:.1f} to {doc_1:.1f}.
    """,
    rows="\n".join(
        f"| {name} | {tuned_real.loc[('as shipped', part), 'n']:.0f} | "
        + " | ".join(real_share(run, part) for run in REAL_RUNS)
        + " |"
        for name, part in real_parts.items()
    ),
    seeds=real_seeds,
    form=form_real["form"],
    gap=100 * (facts_real["closed book"] - facts_real["closed book, unseen wording"]),
    read=form_real["n"],
    held_0=real_curve["held-out"].iloc[0],
    held_1=real_curve["held-out"].iloc[-1],
    doc_0=real_curve["docstrings"].iloc[0],
    doc_1=real_curve["docstrings"].iloc[-1],
)

# %% [markdown]
# ## A serving plan that a machine checks
#
# **At work.** Write the plan as data, and let the release job refuse an incomplete one.

# %%
plan = {
    "base": digest(model.weights)[:12],
    "tuned": "3f0c51d2a977",
    "data": "defaults 1.9.1",
    "seed": 0,
    "suite": suite.fingerprint[:12],
    "limits": {"kept": 5, "unseen wording": 5, "same parameter": 5, "not documented": 5},  # points
    "canary share": 0.05,
    "roll back to": digest(model.weights)[:12],
    "owner": "head of the help desk",
    "watched every days": 1,
    "review in days": 90,
}
plan_problems(plan, REGRESSIONS, base=digest(model.weights)[:12])

# %% [markdown]
# An adapter belongs to *one* base: with another base it must be evaluated again. A changed prompt template is a new model, as the passages
# showed. Watching and rollback: [lesson 11](11-the-canary.ipynb).
#
# ## Say it out loud
#
# "We use LoRA, so it cannot have broken much, and all new answers are right. Ship it?" Write your own sentences first.

# %% jupyter={"source_hidden": true}
everything = {slice: whole["everything", slice] for slice in ORDER}
explain(
    """
    **In the review, a senior says:** "With a quarter of the weights our two LoRA settings kept {lora_low:.0%} to {lora_high:.0%} of the unchanged facts. On the frozen suite, which asks no replayed fact, the version that replays everything (all weights) gives {learnt:.0%} of the new
    values in trained wordings and {reworded:.0%} ± {reworded_reach:.0f} in an unseen one. It keeps {kept:.0%} ± {kept_reach:.0f} of the unchanged facts. But it says "unknown" in {unknown:.0%} ± {unknown_reach:.0f} of {asked} questions where the live
    version does in {unknown_before:.0%} (mean ± 95% over {seeds} training runs). I do not ship that: we replay more such questions and measure again."

    **The customer is told:** "A version that knows the new defaults is being tested. Where it was never taught the answer it still guesses too often: in about {guess:.0f} of 10 cases, today's version in about {guess_before:.0f}.
    It goes live when the loss is within the limit that we agreed, first for one customer in twenty."
    """,
    lora_low=min(fresh[name, "kept"][0] for name in METHODS[2:]),
    lora_high=max(fresh[name, "kept"][0] for name in METHODS[2:]),
    learnt=everything[LEARNT][0],
    reworded=everything[REWORDED][0],
    reworded_reach=100 * everything[REWORDED][1],
    kept=everything["kept"][0],
    kept_reach=100 * everything["kept"][1],
    unknown=everything["not documented"][0],
    unknown_reach=100 * everything["not documented"][1],
    unknown_before=shipped["not documented"],
    asked=int(counts.loc["not documented", "asked"]),
    seeds=seeds,
    guess=10 * (1 - everything["not documented"][0]),
    guess_before=10 * (1 - shipped["not documented"]),
)

# %% [markdown]
# ## What you take with you
#
# - Freeze the suite first; count lost and gained answers by slice. The training loss shows neither.
# - LoRA saves memory and storage. Whether it forgets less, compare at equal learning, at your bar.
# - Replay what you want to keep, and ask what was *not* replayed.
# - Split by fact; look for copies, contradictions and, by their loss out of fold, wrong labels.
# - A form is learnt from few examples, and may be missing behind prompts that training never had.
#
# ## Next
#
# **[Exercise 08](../exercises/08-what-fine-tuning-costs/08-what-fine-tuning-costs.ipynb)**, then [lesson 09](09-quantize-then-look-at-the-tail.ipynb).
# **[Deeper](deeper/08-what-fine-tuning-costs.ipynb)**: ranks and merging (08.count, 08.left_out, 08.merge), distance, a stop rule (08.stop), skewed data, preference tuning, RLHF, mixtures of experts, the real model's runs, costs.
# Optional: the same job with `transformers` and `peft`: [optional/08-hugging-face.py](optional/08-hugging-face.py).
