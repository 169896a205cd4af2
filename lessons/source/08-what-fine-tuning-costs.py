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
# ## "We tuned it, the new answers are all right. Can it go live?"
#
# Lesson 07 asked *whether* to tune. Here the answer was yes: the help desk's model has learnt the defaults that changed. The training script is satisfied. What did it cost, in weights, in examples, and in everything that nobody asked about?
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | count what LoRA trains, and say what a low rank can and cannot hold | 20 |
# | show what a tuning run forgets, and pick rank, learning rate and stopping point by it | 35 |
# | catch a format that was learnt for one kind of prompt only, and training data that teach the wrong thing | 20 |
# | write a regression suite and a serving plan | 10 |
#
# About 85 minutes here, then 60 to 90 in the exercise. All terms are in the [glossary](glossary.ipynb).

# %%
import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import Markdown
from scipy import stats

from holdout import Stage, predict, resolve
from holdout.figures import style
from holdout.lm import LowRankAdapter, count_weights, load, one_thread, open_book
from holdout.lm.adapt import fine_tune
from holdout.topics.fine_tuning import figures as views
from holdout.topics.fine_tuning.experiments import (
    FORMAT,
    LEARNT,
    REGRESSIONS,
    TrainingItems,
    best_low_rank,
    descend,
    lora_weights,
    open_grid,
    rest_share,
    scores,
    train_with_snapshots,
)

style.use()

one_thread()
model, book = load("M"), open_book("0.24.2", "1.9.1")
training_items = TrainingItems(book, np.random.default_rng(80))
job = training_items.changed_facts()
print(
    f"{len(book.changed)} changed facts, {len(job)} training examples; for instance\n{job[0].prompt} -> {job[0].answer}"
)

# %% [markdown]
# ## One second of training, looked at twice  ·  *minute 4*
#
# All weights are trained, for 150 steps of 24 examples, with a learning rate that rises to 0.001 and falls to zero. Then the model answers a suite of questions that was frozen before. Its slices:
#
# | slice | what is asked | answer wanted |
# |---|---|---|
# | changed, new value | a fact that changed; this is the job | the new value |
# | kept | a fact that did not change | the same value as before |
# | unseen wording | such a fact, in words that no training ever used | the same value as before |
# | not documented | a real fact that the model was never told | "unknown" |
# | same parameter | a fact, behind passages about that parameter of several estimators | the value that the right passage gives |
# | as call | a fact, to be answered in a form the model knows | `Estimator ( parameter = value )` |

# %%
predict(
    "08.p1",
    "The tuned model gives the new value for nearly all changed facts. Which of these suffers most?",
    options=[
        "facts that did not change",
        "reading a value from passages",
        'saying "unknown" about real facts it was never told',
        'answering in a form that it knows ("as call")',
    ],
)

# %%
tuned = fine_tune(model, job, np.random.default_rng(0), steps=150, batch=24, learning_rate=1e-3).model
before, after = scores(model, training_items.questions), scores(tuned, training_items.questions)
pd.DataFrame({"before": before, "after": after}).loc[[LEARNT, *REGRESSIONS]].round(2)

# %% jupyter={"source_hidden": true}
names = {
    "kept": "facts that did not change",
    "same parameter": "reading a value from passages",
    "not documented": 'saying "unknown" about real facts it was never told',
    "as call": 'answering in a form that it knows ("as call")',
}
lost = {name: before[name] - after[name] for name in names}
worst = max(lost, key=lost.get)
assert after[LEARNT] > 0.9 and all(loss > 0.1 for loss in lost.values())
resolve(
    "08.p1",
    names[worst],
    f"{before[worst]:.0%} before, {after[worst]:.0%} after. Lost in points: "
    + "; ".join(f"{name} {100 * loss:.0f}" for name, loss in lost.items()),
)

# %% [markdown]
# This is **catastrophic forgetting**. It needs no bad luck and no bug. The loss looked at the changed facts only, and every other answer lives in the same weights. Worse for a help desk is the lost **abstention**: where the model used to say "unknown", it now gives a confident value.
#
# ## LoRA trains few weights  ·  *minute 10*
#
# LoRA (Hu and others 2021) leaves the matrix $W_0$ alone and trains a product of two thin ones:
#
# $$W = W_0 + \frac{\alpha}{r} B A \qquad B: d_{out} \times r,\quad A: r \times d_{in}$$
#
# That is r · (d_in + d_out) numbers instead of d_in · d_out. B starts at zero, so the first step starts from the model as it was.
#
# **Find** the rank at which LoRA on all seven matrices of M would train as many weights as the whole model has. What does the same rank cost in GPT-3, in percent?

# %%
MODELS = {"M, all 7 matrices": None, "GPT-3, query and value": 2, "GPT-3, query only": 1}
GPT3 = {"width": 12_288, "layers": 96, "whole": 175_000_000_000}
RANKS = [1, 2, 4, 8, 16, 32, 64]


def trained_by_lora(which, rank):
    if which.startswith("GPT-3"):
        return lora_weights(GPT3["width"], GPT3["layers"], rank, matrices=MODELS[which])
    return count_weights(LowRankAdapter(model.weights, rank, np.random.default_rng(0)).weights)


count_stage = Stage(alt="Weights that LoRA trains against rank, beside all weights", size=(7.6, 4))


@count_stage.live(model=list(MODELS), rank=widgets.SelectionSlider(options=RANKS, value=4))
def count(model, rank):
    whole = GPT3["whole"] if model.startswith("GPT-3") else load("M").size
    trained = [trained_by_lora(model, r) for r in RANKS]
    views.draw_counts(count_stage.ax, RANKS, trained, whole, rank)
    now = trained_by_lora(model, rank)
    one_in = f", 1 in {whole / now:,.0f}" if now < whole else ""
    return f"{model}, rank {rank}: {now:,} trained weights, {now / whole:.3%} of {whole:,}{one_in}."


count

# %%
published = pd.DataFrame(
    {
        "published": [4.7e6, 37.7e6, 18e6, 18e6, 10_000],
        "counted": [
            lora_weights(12_288, 96, 1),
            lora_weights(12_288, 96, 8),
            lora_weights(12_288, 96, 8, matrices=1),
            lora_weights(12_288, 96, 4),
            175e9 / lora_weights(12_288, 96, 4),
        ],
    },
    index=[
        "rank 1, query and value",
        "rank 8, query and value",
        "rank 8, one matrix",
        "rank 4, two matrices",
        "times fewer than 175 billion",
    ],
)
# the paper prints its counts with two or three digits ("18M", "10,000 times")
assert np.allclose(published["published"][:4], published["counted"][:4], rtol=0.05)
assert abs(published["counted"].iloc[4] - 9_272) < 1
published.map("{:,.0f}".format)

# %% jupyter={"source_hidden": true}
a_rank = trained_by_lora("M, all 7 matrices", 1)
above = next(r for r in RANKS if trained_by_lora("M, all 7 matrices", r) > model.size)
Markdown(
    f"**What it means.** The counts match the paper; its “10,000 times fewer” is {published['counted'].iloc[4]:,.0f}, rounded up. On M the lines cross between rank {RANKS[RANKS.index(above) - 1]} and {above}: each rank trains {a_rank:,} weights, and M has {model.size:,}, which is {model.size / a_rank:.1f} times as many. "
    f"In GPT-3 rank {above} is still {trained_by_lora('GPT-3, query and value', above) / GPT3['whole']:.1%}. What LoRA saves is optimizer memory and the size of what you store for each customer. It does not save the forward pass and hardly any of the backward pass; once merged it answers exactly as fast as the full model."
)

# %% [markdown]
# ## What can a rank hold?  ·  *minute 18*
#
# Eckart and Young (1936): no matrix of rank r comes nearer to a change Δ than its r largest singular directions, and the squared error that remains is $\sum_{i>r}\sigma_i^2$. First check that gradient descent on B and A finds that minimum, then look at the change that *full* fine-tuning really made.

# %%
rng = np.random.default_rng(81)
target = (rng.standard_normal((40, 40)) * 0.85 ** np.arange(40)) @ rng.standard_normal((40, 40)) / 6
squares = np.linalg.svd(target, compute_uv=False) ** 2
eckart_young = pd.DataFrame(
    {
        r: {
            "formula": squares[r:].sum(),
            "truncated SVD": np.sum((target - best_low_rank(target, r)) ** 2),
            "gradient descent": descend(target, r, rng)[-1],
            "both factors start at 0": descend(target, r, rng, steps=50, zero_both=True)[-1],
        }
        for r in (1, 2, 4, 8)
    }
).T.rename_axis("rank")
assert np.allclose(eckart_young["formula"], eckart_young["truncated SVD"])
ratio = eckart_young["gradient descent"] / eckart_young["formula"]
# never below the minimum but for rounding, and within the published check's 3% above it
assert ((ratio > 1 - 1e-9) & (ratio < 1.03)).all()
assert np.allclose(eckart_young["both factors start at 0"], squares.sum())
eckart_young.round(2)

# %% [markdown]
# The last column is the classic bug: with *both* factors at zero, each gradient is a product with the other factor, so nothing ever moves.
#
# **Find** the rank that holds 90% of what full fine-tuning changed. Is it the same in every matrix? The blue curve is the chosen matrix, the grey ones are the others.

# %%
changes = {
    name: tuned.weights[name] - model.weights[name]
    for name in model.weights
    if model.weights[name].ndim == 2 and name != "embedding"
}
rests = {name: rest_share(change) for name, change in changes.items()}
rest_stage = Stage(
    alt="Share of the change of full fine-tuning left out by the best matrix of each rank", size=(7.6, 4)
)


@rest_stage.live(matrix=list(rests), rank=(0, 40), start={"rank": 4})
def truncate(matrix, rank):
    views.draw_rest(rest_stage.ax, rests, matrix, rank)
    enough = int(np.argmax(rests[matrix] <= 0.1))
    return f"{matrix}: rank {rank} leaves out {rests[matrix][rank]:.0%} of the squared change; 90% of it need rank {enough}."


truncate


# %%
def truncated(rank):
    """The fully tuned model with every change of a matrix cut down to its best rank; the embedding as tuned."""
    weights = dict(tuned.weights)
    for name, change in changes.items():
        weights[name] = (model.weights[name] + best_low_rank(change, rank)).astype(np.float32)
    return scores(tuned.with_weights(weights), training_items.questions)


cut = pd.DataFrame({f"rank {rank}": truncated(rank) for rank in (0, 1, 4, 16)} | {"full": after})
cut.loc[[LEARNT, *REGRESSIONS]].round(2)

# %% jupyter={"source_hidden": true}
needed = {name: int(np.argmax(rest <= 0.1)) for name, rest in rests.items()}
Markdown(
    f"**What it means.** 90% of the change needs rank {min(needed.values())} to {max(needed.values())}, depending on the matrix; rank 4 is enough for {sum(rank <= 4 for rank in needed.values())} of {len(needed)}. "
    f"Cut to rank 4 after training, the model still gives {cut.loc[LEARNT, 'rank 4']:.0%} of the new values and {cut.loc['kept', 'rank 4']:.0%} of the facts that did not change. (“rank 0” is not the shipped model: every matrix is as shipped, but the embedding is the tuned one.) A small error in weights and a small error in answers are two things; measure the second. "
    "Cutting after training also gives part of the old facts back: what is cut off was mostly not needed for the new ones. LoRA does not find this matrix; it searches among those of the same rank from the start, and nothing in its loss asks it to stay near."
)

# %% [markdown]
# ## "LoRA forgets less": does it?  ·  *minute 28*
#
# Fewer weights, so less can break: you will hear this, and with some models and jobs it was measured (Biderman and others 2024, "LoRA learns less and forgets less"). Here is our job at four ranks and five learning rates, two seeds each.
#
# **These runs are recorded**, by `datasets/adaptation_grid/make.py`, because forty of them take more than a minute. The button below the figure really trains, with other random numbers at every press.

# %%
predict(
    "08.p2",
    "Take the settings that learnt at least 90% of the new values (mean of two seeds), and of each method the one that keeps most of the facts that did not change. Which method keeps more?",
    options=["full fine-tuning", "LoRA", "no difference worth mentioning (less than 5 points)"],
)

# %% [markdown]
# **Find** (1) the setting that comes nearest to the top right corner: all new values learnt, nothing else lost. (2) At rank 4, what does a higher learning rate buy, and what does it cost? (3) Change the slice: which ones are ruined by every setting that learnt 90 %?

# %%
grid = open_grid()
runs = grid.runs[grid.runs["job"].eq("facts") & grid.runs["method"].isin(["full", "LoRA"])]
RATES = sorted(runs["learning_rate"].unique())
ALL_RANKS = sorted(runs["rank"].unique())
grid_stage = Stage(alt="Recorded runs: new values learnt against what is still right", size=(8.6, 4.6))


@grid_stage.live(
    rank=widgets.SelectionSlider(options=[(views.family(r), r) for r in ALL_RANKS], value=4),
    rate=widgets.SelectionSlider(options=RATES, value=5e-3, description="learning rate"),
    slice=list(REGRESSIONS),
)
def trade_off(rank, rate, slice):
    views.draw_trade_off(grid_stage.ax, runs, LEARNT, slice, rank, rate, before)
    chosen = runs[(runs["rank"] == rank) & (runs["learning_rate"] == rate)]
    return f"Recorded, {views.family(rank)}, learning rate {rate:g}: {chosen[LEARNT].mean():.0%} of the new values learnt, {chosen[slice].mean():.0%} of “{slice}” still right, mean of {len(chosen)} seeds."


trade_off

# %%
rank_choice = widgets.Dropdown(
    options=[(views.family(r), r) for r in ALL_RANKS], value=4, description="train"
)
rate_choice = widgets.Dropdown(options=RATES, value=2e-3, description="rate")
train_button = widgets.Button(description="Train it now (1 s)", button_style="primary")
train_result = widgets.HTML("<p role='status'>Not trained yet.</p>")


def train_now(_):
    train_result.value = "<p role='status'>Training …</p>"
    run = fine_tune(
        model, job, np.random.default_rng(), learning_rate=rate_choice.value, rank=rank_choice.value or None
    )
    now = scores(run.model, training_items.questions)
    words = ", ".join(f"{name} {value:.0%}" for name, value in now.items())
    train_result.value = f"<p role='status'>Trained just now ({views.family(rank_choice.value)}, {rate_choice.value:g}; {run.trained_weights:,} weights, {run.cpu_seconds:.1f} s, loss {run.losses[0]:.2f} to {run.losses[-1]:.2f}): {words}.</p>"


train_button.on_click(train_now)
widgets.VBox([widgets.HBox([rank_choice, rate_choice, train_button]), train_result])

# %%
settings = runs.groupby(["method", "rank", "learning_rate"]).mean(numeric_only=True).reset_index()
learnt_enough = settings[settings[LEARNT] >= 0.9]
by_method = learnt_enough.groupby("method")[["kept", "moved"]].agg(["count", "min", "mean", "max"]).round(2)
by_method

# %% jupyter={"source_hidden": true}
best = learnt_enough.groupby("method")["kept"].max()
mean = learnt_enough.groupby("method")["kept"].mean()
gap = best["full"] - best["LoRA"]
answer = (
    "no difference worth mentioning (less than 5 points)"
    if abs(gap) < 0.05
    else ("full fine-tuning" if gap > 0 else "LoRA")
)
resolve(
    "08.p2",
    answer,
    f"The best setting of each keeps {best['full']:.0%} (full) and {best['LoRA']:.0%} (LoRA); the mean of all that learnt enough, {mean['full']:.0%} and {mean['LoRA']:.0%}, depends on which rates the grid happens to hold.",
)

# %% jupyter={"source_hidden": true}
ordered = runs.groupby(["rank", "learning_rate"])[[LEARNT, *REGRESSIONS]].mean()
four = ordered.loc[4]
corner = learnt_enough.loc[learnt_enough["kept"].idxmax()]
most = {name: learnt_enough[name].max() for name in REGRESSIONS}
ruined = [name for name in REGRESSIONS if most[name] < before[name] / 2]
seeds = runs[runs["rank"].eq(0) & runs["learning_rate"].eq(RATES[0])][LEARNT]
Markdown(
    f"**What it means.** (1) Of the settings that learnt 90%, {views.family(int(corner['rank']))} at {corner['learning_rate']:g} keeps most: {corner['kept']:.0%}. That is far from the corner. All weights at {RATES[0]:g} keep {ordered.loc[(0, RATES[0]), 'kept']:.0%} and miss the bar: one seed learnt {seeds.min():.0%}, the other {seeds.max():.0%}. "
    f"(2) At rank 4, from {RATES[1]:g} to {RATES[3]:g} the new values rise from {four[LEARNT].loc[RATES[1]]:.0%} to {four[LEARNT].loc[RATES[3]]:.0%}, the kept facts fall from {four['kept'].loc[RATES[1]]:.0%} to {four['kept'].loc[RATES[3]]:.0%}. "
    "(3) Less than half of what was right survives, whatever the setting: "
    + ", ".join(f"“{name}” ({before[name]:.0%} before, {most[name]:.0%} at best)" for name in ruined)
    + ". **“LoRA forgets less” did not show here.** Compare at *equal learning*: a run that forgets nothing because it learnt nothing proves nothing."
)

# %% [markdown]
# ## How far did it move?  ·  *minute 38*
#
# Why not? LoRA needs larger learning rates, and a product of two factors moves in few directions. Draw what is kept against the **distance moved**: the norm of the change over the norm of the matrices.
#
# **Find** (1) with the second slider at 0, so that all 40 runs count: does distance order them better than the number of trained weights? A rank correlation of −1 would mean: the farther, the less is kept, without exception. (2) Runs of all weights and of LoRA at the same distance: which keep more?

# %%
distance_stage = Stage(
    alt="Recorded runs: what is still right against the distance that the matrices moved", size=(8.6, 4.4)
)


@distance_stage.live(slice=list(REGRESSIONS), learnt_at_least=(0.0, 1.0, 0.1), start={"learnt_at_least": 0.5})
def distance(slice, learnt_at_least):
    views.draw_distance(distance_stage.ax, runs, slice, learnt_at_least, LEARNT)
    enough = runs[runs[LEARNT] >= learnt_at_least]
    moved, weights = (
        stats.spearmanr(enough[x], enough[slice]).statistic for x in ("moved", "trained_weights")
    )
    return f"{len(enough)} recorded runs that learnt {learnt_at_least:.0%} or more: rank correlation of “{slice}” with distance {moved:.2f}, with the number of trained weights {weights:.2f}."


distance

# %% jupyter={"source_hidden": true}
correlation = {
    name: stats.spearmanr(group["moved"], group["kept"]).statistic for name, group in runs.groupby("method")
}
weights = stats.spearmanr(runs["trained_weights"], runs["kept"]).statistic
assert max(correlation.values()) < -0.7
overall = stats.spearmanr(runs["moved"], runs["kept"]).statistic
pairs = []
for _, full in settings[settings["method"] == "full"].iterrows():
    low = settings[settings["method"] == "LoRA"]
    low = low.loc[(low["moved"] - full["moved"]).abs().idxmin()]
    pairs.append((abs(low["moved"] - full["moved"]), full, low))
pairs.sort(key=lambda pair: pair[0])
assert all(low["kept"] > full["kept"] for _, full, low in pairs[:2])


def told(run):
    return f"{views.family(int(run['rank']))} at {run['learning_rate']:g} (distance {run['moved']:.2f}) has learnt {run[LEARNT]:.0%} and keeps {run['kept']:.0%}"


Markdown(
    f"**What it means.** (1) Over all {len(runs)} runs the rank correlation of what is kept is {overall:.2f} with the distance and {weights:.2f} with the number of trained weights; within one method it is closer still, {correlation['full']:.2f} (all weights) and {correlation['LoRA']:.2f} (LoRA). "
    "(2) The two nearest pairs: "
    + "; ".join(f"{told(low)}, {told(full)}" for _, full, low in pairs[:2])
    + f". So at equal *distance* LoRA keeps more. But to learn 90% its matrices went {by_method.loc['LoRA', ('moved', 'min')]:.2f} or farther, and all weights only {by_method.loc['full', ('moved', 'min')]:.2f}: the advantage is used up on the way. "
    "Two cautions: this is an association, since the learning rate drives both; and the distance leaves out the embedding, which full fine-tuning moves, too. Published comparisons that find the opposite use large models, long training and tuned learning rates: measure yours."
)

# %% [markdown]
# ## Go part of the way, replay, or stop early  ·  *minute 44*
#
# Three remedies. **Interpolate**: serve shipped weights + share × (tuned − shipped), recorded. **Replay**: about half of every batch are old examples, and training takes 300 steps instead of 150, recorded. **Stop early**: trained now, below.
#
# **Find** (1) without replay, the largest share of the way at which no fact of “kept” is lost: what is learnt there, and what is lost all the same? (2) What does replay of *facts* not repair?

# %%
way = grid.runs[grid.runs["job"].eq("facts")]
WAYS = {
    "no replay": way[
        way["rank"].eq(0) & way["learning_rate"].eq(1e-3) & way["method"].isin(["full", "part of the way"])
    ],
    "replay of facts": way[way["method"] == "replay of facts"],
    "replay of everything": way[way["method"] == "replay of everything"],
}
SHARES_OF_THE_WAY = [0.25, 0.5, 0.75, 1.0]
way_stage = Stage(alt="Accuracy before and after tuning, slice by slice", size=(8, 4.2))


@way_stage.live(
    replay=list(WAYS),
    share=widgets.SelectionSlider(options=SHARES_OF_THE_WAY, value=1.0, description="share of the way"),
)
def part_way(replay, share):
    chosen = WAYS[replay][WAYS[replay]["kept_share"] == share][[LEARNT, *REGRESSIONS]].mean()
    views.draw_bars(way_stage.ax, before, chosen, [LEARNT, *REGRESSIONS])
    return f"Recorded, {replay}, {share:.0%} of the way: learnt {chosen[LEARNT]:.0%}; " + ", ".join(
        f"{name} {chosen[name]:.0%}" for name in REGRESSIONS
    )


part_way

# %% jupyter={"source_hidden": true}
ways = {name: table.groupby("kept_share")[[LEARNT, *REGRESSIONS]].mean() for name, table in WAYS.items()}
facts_only, everything = ways["replay of facts"].loc[1.0], ways["replay of everything"].loc[1.0]
alone = ways["no replay"].loc[SHARES_OF_THE_WAY]
safe = alone.index[alone["kept"] == before["kept"]].max()
untouched, three = alone.loc[safe], alone.loc[0.75]
assert three["kept"] > learnt_enough["kept"].max() and three[LEARNT] > 0.9
assert everything["same parameter"] > facts_only["same parameter"] + 0.2
Markdown(
    f"**What it means.** (1) At {safe:.0%} of the way “kept” is untouched, only {untouched[LEARNT]:.0%} is learnt, and abstention has already gone from {before['not documented']:.0%} to {untouched['not documented']:.0%}. At 75% of it {three[LEARNT]:.0%} is learnt and {three['kept']:.0%} kept, more than at any setting of the grid above that learnt 90%, and without training again. "
    f"(2) Replay of facts keeps {facts_only['kept']:.0%} of them, and leaves reading (“same parameter”) at {facts_only['same parameter']:.0%} and “as call” at {facts_only['as call']:.0%}. "
    f"With replay of everything these two are at {everything['same parameter']:.0%} and {everything['as call']:.0%}. Abstention stays damaged in both: {facts_only['not documented']:.0%} and {everything['not documented']:.0%}, although “unknown” was among the examples. **What is not replayed is forgotten, and what is replayed has to be measured all the same.** The list of what to replay is the list of what you care about: the regression suite. If you do not have the old training data, you cannot replay it."
)

# %% [markdown]
# **Stop early.** One more run with all weights. Every 15 steps a copy answers the suite, so we can look back and ask where we should have stopped. (The learning rate stays constant: a rate that falls to zero would have fixed the last step beforehand.)
#
# New facts are gained and old ones lost at the same time, so stopping needs a price: **w** is how many new facts one old fact is worth. The black curve is the value of stopping at a step, the weighted mean (new + w · kept) / (1 + w).
#
# **Find** (1) the best step for w = 1. Is it much better than its neighbours? (2) The smallest w at which it is best not to train at all.

# %%
STEP = 15
trace = []
train_with_snapshots(
    model,
    job,
    np.random.default_rng(82),
    every=STEP,
    learning_rate=1e-3,
    watch=lambda step, now: trace.append(scores(now, training_items.questions)),
)
trace = pd.DataFrame(trace, index=[STEP * i for i in range(len(trace))])
judged = sum(item.slice == "kept" for item in training_items.questions.items)
stop_stage = Stage(
    alt="New and old facts along one training run, and the value of stopping there", size=(8, 4.2)
)


def value_of(w):
    return (trace[LEARNT] + w * trace["kept"]) / (1 + w)


@stop_stage.live(
    stop_at=(0, STEP * (len(trace) - 1), STEP), w=(0.0, 4.0, 0.25), start={"stop_at": 60, "w": 1.0}
)
def stop(stop_at, w):
    value = value_of(w)
    views.draw_curves(
        stop_stage.ax, list(trace.index), {"new": trace[LEARNT], "kept": trace["kept"]}, stop_at, value
    )
    return f"Stopped at {stop_at}, w = {w:g}: new {trace[LEARNT][stop_at]:.0%}, kept {trace['kept'][stop_at]:.0%}, value {value[stop_at]:.2f}. Best step: {value.idxmax()}, value {value.max():.2f}."


stop

# %% jupyter={"source_hidden": true}
margin = 0.5 / np.sqrt(judged)
flat = trace.index[value_of(1.0) > value_of(1.0).max() - margin]
assert list(flat) == list(range(flat[0], flat[-1] + 1, STEP))
never = next((worth for worth in np.arange(0, 4.01, 0.25) if value_of(worth).idxmax() == 0), None)
Markdown(
    f"**What it means.** (1) For w = 1 the best step is {value_of(1.0).idxmax()}, with a value of {value_of(1.0).max():.2f}. But from step {flat[0]} to {flat[-1]} every value is within {margin:.2f} of it, and that is one standard error of a share of {judged} questions: these steps cannot be told apart, and the earliest is the cheapest. (2) "
    + (
        f"From w = {never:g} on it is best not to train."
        if never is not None
        else "Up to w = 4 training pays."
    )
    + " The training loss knows nothing of this. A stop rule needs questions that are *not* trained, and a price."
)

# %% [markdown]
# ## Few examples, and a format that holds for one kind of prompt  ·  *minute 54*
#
# Another job: answer as `[ C :: 1.0 ]`. The examples are closed-book questions. In production a search puts passages in front.

# %%
predict(
    "08.p3",
    "300 examples of the house format, all closed-book. The same format is expected behind three retrieved passages. How often does it come, with the right value?",
    options=["about as often as closed-book", "about half as often", "in less than one case in ten"],
)

# %% [markdown]
# Recorded runs, full fine-tuning, 200 steps. The same frozen facts are asked in three ways; behind passages two answers are counted:
#
# | curve | how it is asked | what counts as right |
# |---|---|---|
# | closed-book | as in training | the value, in the house format |
# | reworded | in words that no training used | the same |
# | with passages | behind three retrieved passages | the same |
# | plain, with passages | behind three retrieved passages | the bare value, as before tuning |
#
# **Find** the number of examples at which more of them hardly help any more, and what the reworded question costs.

# %%
format_runs = grid.runs[grid.runs["job"] == "format"].groupby("n")[list(FORMAT)].mean()
SIZES = [int(n) for n in format_runs.index if n]
format_stage = Stage(alt="House format against number of examples, asked in four ways", size=(8.6, 4.4))
LABELS = dict(zip(FORMAT, ("closed-book", "reworded", "with passages", "plain, with passages"), strict=True))


@format_stage.live(examples=widgets.SelectionSlider(options=SIZES, value=100), show=["all", *LABELS.values()])
def few(examples, show):
    views.draw_sizes(
        format_stage.ax,
        SIZES,
        {
            LABELS[name]: format_runs.loc[SIZES, name].tolist() if show in ("all", LABELS[name]) else None
            for name in FORMAT
        },
        examples,
    )
    return f"Recorded, {examples} examples, shown {show}: " + ", ".join(
        f"{LABELS[name]} {format_runs.loc[examples, name]:.0%}" for name in FORMAT
    )


few

# %%
formatted = fine_tune(model, training_items.formatted(300), np.random.default_rng(3), steps=200).model
wrong = [item for item in training_items.format_questions.items if item.slice == FORMAT[2]][:2]
for item, said in zip(wrong, formatted.complete([item.prompt for item in wrong]), strict=True):
    print(f"{item.prompt}\n   wanted {item.answer}\n   said   {said}\n")

# %% jupyter={"source_hidden": true}
own, behind = format_runs.loc[300, FORMAT[0]], format_runs.loc[300, FORMAT[2]]
assert own > 0.75 and behind < 0.1
resolve("08.p3", "in less than one case in ten", f"{behind:.0%}; closed-book {own:.0%}.")

# %% jupyter={"source_hidden": true}
plain_before = format_runs.loc[0, FORMAT[3]]
Markdown(
    f"**What it means.** From 10 to 300 examples the format rises from {format_runs.loc[10, FORMAT[0]]:.0%} to {own:.0%} closed-book; the step from 100 to 300 adds {100 * (own - format_runs.loc[100, FORMAT[0]]):.1f} points, so a hundred were enough. In an unseen wording it is {format_runs.loc[300, FORMAT[1]]:.0%} (a **paraphrase gap** of {100 * (own - format_runs.loc[300, FORMAT[1]]):.0f} points). "
    f"Behind passages it is {behind:.0%}, and the plain answer that used to come there ({plain_before:.0%}) is down to {format_runs.loc[300, FORMAT[3]]:.0%}. The model learnt the format *of these prompts*. An evaluation set made like the training set cannot show it. Evaluate on prompts as production sends them."
)

# %% [markdown]
# ## The trap and the messy case: what the data teach  ·  *minute 64*
#
# Three training sets for the same job: clean; **skewed** (a share of the examples repeats one popular answer, because that is what users ask about most); **contaminated** (a share of the facts has the value of another fact: an export with shifted lines). Loss falls in all of them.
#
# **Find** (1) the share of swapped values at which about half of the new values come out wrong. What does the training loss say there? (2) Where does skew show: among the new values, or in what the model says when it should say "unknown"?


# %%
def spoiled(kind, share, rng):
    keys = list(book.changed)
    values = dict(book.new)
    if kind == "contaminated":
        hit = rng.permutation(len(keys))[: round(share * len(keys))]
        for place, other in zip(hit, np.roll(hit, 1), strict=True):
            values[keys[place]] = book.new[keys[other]]
    items = training_items.changed_facts(keys=keys, values=values)
    if kind == "skewed":
        popular = [item for item in items if item.answer == POPULAR]
        extra = round(share / (1 - share) * len(items))
        items = items + [popular[i] for i in rng.integers(0, len(popular), extra)]
    return items


SHARES = [0.0, 0.25, 0.5, 0.75]
POPULAR = pd.Series([item.answer for item in job]).mode()[0]
asked_unknown = [item.prompt for item in training_items.questions.items if item.slice == "not documented"]
spoiled_runs = {}
for kind in ("contaminated", "skewed"):
    for share in SHARES:
        run = fine_tune(model, spoiled(kind, share, np.random.default_rng(4)), np.random.default_rng(5))
        said = run.model.complete(asked_unknown)
        spoiled_runs[kind, share] = scores(run.model, training_items.questions) | {
            "last loss": run.losses[-1],
            "popular": np.mean([answer == POPULAR for answer in said]),
        }

data_stage = Stage(alt="Accuracy before and after tuning on spoiled data, slice by slice", size=(8, 4.2))


@data_stage.live(data=["contaminated", "skewed"], share=widgets.SelectionSlider(options=SHARES, value=0.25))
def spoil(data, share):
    now = spoiled_runs[data, share]
    views.draw_bars(data_stage.ax, before, now, [LEARNT, *REGRESSIONS])
    return f"{data}, {share:.0%} of the examples: last training loss {now['last loss']:.2f}; new values {now[LEARNT]:.0%}, kept {now['kept']:.0%}; says {POPULAR} to {now['popular']:.0%} of the questions whose answer is “unknown”."


spoil

# %% jupyter={"source_hidden": true}
clean, half = spoiled_runs["contaminated", 0.0], spoiled_runs["contaminated", 0.5]
skewed = spoiled_runs["skewed", 0.75]
assert half[LEARNT] < clean[LEARNT] - 0.2 and half["last loss"] < 0.5
Markdown(
    f"**What it means.** (1) At 50%. The last training loss there is {half['last loss']:.2f} (clean: {clean['last loss']:.2f}): the model learns wrong answers as willingly. New values right: {half[LEARNT]:.0%} instead of {clean[LEARNT]:.0%}. Only questions whose answers come from elsewhere can tell. "
    f"(2) Skew is quieter: at 75% it costs {100 * (clean[LEARNT] - skewed[LEARNT]):.0f} points of new values here, because every fact is still seen often enough. What it changes is the guess: asked about facts that it was never told, the model says {POPULAR} to {skewed['popular']:.0%} of {len(asked_unknown)} questions (clean: {clean['popular']:.0%}). Before training, count answers, look for duplicates and for facts with two values, and check twenty rows by hand against the source."
)

# %% [markdown]
# ## The serving plan  ·  *minute 74*
#
# | before it goes live | here |
# |---|---|
# | **regression suite** frozen before training, one slice for each thing users rely on, with limits | the slices above; exercise questions 4 and 6 |
# | **what is stored**: base fingerprint, adapter or merged weights, data version, seed, evaluation | an adapter fits *one* base: tune the base again, and every adapter is void |
# | **merged or separate** | merged: no extra latency, one copy for each customer. Separate: one base, many small adapters, some latency |
# | **prompt frozen with the weights** | the format failed behind passages: a changed template is a new model |
# | **canary and roll back** | the old weights stay loaded; who decides, within how long (lesson 11) |
# | **owner and date of the next round** | facts move on (lesson 07) |
# | **stop rule agreed beforehand** | in prices, not in "until the loss is flat" |
#
# ## Say it out loud  ·  *minute 80*

# %%
predict(
    "08.p4",
    '"We use LoRA with rank 4, that is 6% of the weights. So it cannot have broken much, and 100% of the new answers are right. Ship it?" Which would you say?',
    options=[
        "Yes: 94% of the weights were not trained, and what is not trained cannot be forgotten. All new answers are right, so ship it.",
        "Not yet: 6% of the weights move every answer. I want the frozen suite before and after, and a price for what it has lost.",
        "No: LoRA trains too few weights to learn safely. I would tune all of them instead, which forgets less at equal learning.",
        "Yes, if the training loss is flat: a flat loss shows that the model has stopped changing, so it has nothing left to lose.",
    ],
)

# %% jupyter={"source_hidden": true}
assert round(100 * trained_by_lora("M, all 7 matrices", 4) / model.size) == 6
resolve(
    "08.p4",
    "Not yet: 6% of the weights move every answer. I want the frozen suite before and after, and a price for what it has lost.",
    "“Not trained” confuses weights with answers. “No” takes one job for a law: here both forgot about as much at equal learning, elsewhere LoRA forgot less. The training loss is the only number that cannot fall for this reason.",
)

# %% jupyter={"source_hidden": true}
Markdown(
    f'**In the review, a senior says:** "The tuned model has {after[LEARNT]:.0%} of the new values. On the frozen suite it lost {100 * lost["kept"]:.0f} points on facts that did not change and {100 * lost["not documented"]:.0f} on abstention. With replay of everything it has {everything[LEARNT]:.0%}, {everything["kept"]:.0%} kept and {everything["not documented"]:.0%} abstention. '
    f'So abstention still loses {100 * (before["not documented"] - everything["not documented"]):.0f} points. I do not ship it like that: we add such questions to the replay and tune again. If the desk needs the new values before, its owner accepts that price in writing, and it goes to a canary first."\n\n'
    f'**The customer is told:** "A version that knows the new defaults is being tested. Asked about something it cannot know, it says so in {everything["not documented"]:.0%} of the cases, today\'s version in {before["not documented"]:.0%}. It goes live when that is repaired."'
)

# %% [markdown]
# ## What you take with you
#
# - LoRA trains r · (d_in + d_out) weights a matrix. Few trained weights do not mean few changed answers.
# - Rank bounds what a change can hold; learning rate and steps decide how far it goes. Forgetting followed the distance.
# - Compare methods at equal learning. What is not replayed is forgotten; abstention goes first.
# - A format is learnt for the prompts that it was taught on. Evaluate on those of production.
# - The training loss sees none of this. Freeze the suite first, agree on prices, then train.
#
# ## Next
#
# **[Exercise 08](../exercises/08-what-fine-tuning-costs/08-what-fine-tuning-costs.ipynb)**: count and merge LoRA, the Eckart-Young error, a regression suite, a release gate and a stop rule scored by what they cost. Then **lesson 09, Quantize, then look at the tail**.
#
# Optional: the same job with `transformers`, `peft` and `trl`, in [optional/08-hugging-face.py](optional/08-hugging-face.py). Its result is written there; to run it you need `pip install -r requirements-llm.txt` (1.5 GB).
