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
# # 08 · Deeper: what fine-tuning costs
#
# What goes beyond [lesson 08](../08-what-fine-tuning-costs.ipynb). Each section can be read alone after the first cells.
# About 50 minutes. Terms are in the [glossary](../glossary.ipynb).
#
# | section | question | for |
# |---|---|---|
# | 1 | What can a low rank hold? How is it merged? | 08.count, 08.left_out, 08.merge |
# | 2 | Does what is kept follow the distance moved? | 08.say_it |
# | 3 | When do you stop, if facts have a price? | 08.stop |
# | 4 | What do skewed and wrong examples teach, and who finds them? | 08.gate |
# | 5 | What does preference tuning protect? | 08.gate |
# | 6 | What does it cost at real scale? | 08.count |
# | 7 | What did each run of the real model learn and lose? | 08.gate, 08.paraphrase |

# %%
import numpy as np
import pandas as pd
from scipy import stats

# %% jupyter={"source_hidden": true}
# isort: split
from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm import LowRankAdapter, count_weights, load, one_thread, open_book
from holdout.lm.adapt import fine_tune
from holdout.lm.evaluation import evaluate
from holdout.lm.preference import Pair, prefer
from holdout.lm.real.tuning_report import adapter_loss_table, adapter_losses, adapter_table
from holdout.lm.tokenizer import UNKNOWN
from holdout.stats.intervals import mean_interval
from holdout.topics.fine_tuning import figures as views
from holdout.topics.fine_tuning.experiments import (
    LEARNT,
    REGRESSIONS,
    TrainingItems,
    best_low_rank,
    descend,
    lora_weights,
    monthly_cost,
    open_grid,
    recorded_losses,
    recorded_runs,
    rest_share,
    scores,
    train_with_snapshots,
    tuning_bytes,
    utilization,
)

one_thread()
style.use()
model, book = load("M"), open_book("0.24.2", "1.9.1")
training_items = TrainingItems(book, np.random.default_rng(80))
job, suite = training_items.changed_facts(), training_items.questions
before = scores(model, suite)

# %% [markdown]
# ## 1 · A rank bounds what a change can hold
#
# Eckart and Young (1936): the best rank-r approximation of a change Δ keeps its r largest singular values, and the squared error that remains is
# $\sum_{i>r}\sigma_i^2$. Gradient descent on B and A, from LoRA's start (B zero, A random), finds that minimum:

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
eckart_young.round(2)

# %% jupyter={"source_hidden": true}
ratio = eckart_young["gradient descent"] / eckart_young["formula"]
assert np.allclose(eckart_young["formula"], eckart_young["truncated SVD"])
# never below the minimum but for rounding, and within the published check's 3% above it
assert ((ratio > 1 - 1e-9) & (ratio < 1.03)).all()
assert np.allclose(eckart_young["both factors start at 0"], squares.sum())

# %% [markdown]
# The last column is a classic bug: with *both* factors at zero each gradient is a product with the other factor, so nothing ever moves.
#
# Now the change that *full* fine-tuning made in our job. **Find** the rank that holds 90% of it, in several matrices.

# %% tags=["nbval-ignore-output"]
tuned = fine_tune(model, job, np.random.default_rng(0), steps=150, learning_rate=1e-3).model
after = scores(tuned, suite)

# %% jupyter={"source_hidden": true}
changes = {
    name: tuned.weights[name] - model.weights[name]
    for name in model.weights
    if model.weights[name].ndim == 2 and name != "embedding"
}
rests = {name: rest_share(change) for name, change in changes.items()}
needed = {name: int(np.argmax(rest <= 0.1)) for name, rest in rests.items()}
typical = sorted(needed, key=needed.get)[len(needed) // 2]
rest_stage = Stage(
    alt="Share of the change of full fine-tuning left out by the best matrix of each rank",
    title="{matrix}: rank {rank} leaves out {left:.0%}; 90% needs rank {enough}",
    readout="{matrix}: rank {rank} leaves out {left:.0%} of the squared change; 90% of it needs rank {enough}.",
    size=(7.4, 3.8),
)


# %%
@rest_stage.live(
    matrix=[typical, *(name for name in rests if name != typical)], rank=(0, 40), start={"rank": 4}
)
def truncate(matrix, rank):
    views.draw_rest(rest_stage.ax, rests, matrix, rank)
    return {"left": rests[matrix][rank], "enough": needed[matrix]}


truncate


# %% jupyter={"source_hidden": true}
def truncated(rank):
    """The fully tuned model with the change of every matrix cut to its best rank; the embedding as tuned."""
    weights = dict(tuned.weights)
    for name, change in changes.items():
        weights[name] = (model.weights[name] + best_low_rank(change, rank)).astype(np.float32)
    return scores(tuned.with_weights(weights), suite)


cut = pd.DataFrame({rank: truncated(rank) for rank in (0, 4)})
per_rank = count_weights(LowRankAdapter(model.weights, 1, np.random.default_rng(0)).weights)
explain(
    """
    **What it means.** 90% of the change needs rank {low} to {high}, depending on the matrix; rank 4 is enough for {four} of {all}. Cut to rank 4 *after* training (one run), the model gives {new:.0%} of the new values and {kept:.0%} of the
    kept facts, against {new_full:.0%} and {kept_full:.0%} uncut. Half of the squared change was left out of a typical matrix, and hardly a new value is lost: an error in the weights is no measure of the answers.
    (Cut to rank 0 it gives {zero:.0%} of the kept facts: the embedding is still the tuned one.) LoRA searches among matrices of its rank from the start; nothing in its loss asks it to stay near this one.

    **Counting.** On our model each rank trains {per_rank:,} weights, so from rank {cross} on LoRA trains more weights than the model has ({size:,}). In GPT-3 (query and value) the same rank is {gpt:.1%}.
    """,
    low=min(needed.values()),
    high=max(needed.values()),
    four=sum(rank <= 4 for rank in needed.values()),
    all=len(needed),
    new=cut.loc[LEARNT, 4],
    kept=cut.loc["kept", 4],
    new_full=after[LEARNT],
    kept_full=after["kept"],
    zero=cut.loc["kept", 0],
    per_rank=per_rank,
    cross=model.size // per_rank + 1,
    size=model.size,
    gpt=lora_weights(12_288, 96, model.size // per_rank + 1) / 175e9,
)

# %% [markdown]
# **At work** (for **08.merge**). Merging is one addition. Test it before you serve.

# %%
rng, W, alpha, rank = np.random.default_rng(8), model.weights["0.query"], 8, 4
A, B = rng.standard_normal((rank, W.shape[1])), rng.standard_normal((W.shape[0], rank))
x = rng.standard_normal(W.shape[1])
separate = W @ x + alpha / rank * (B @ (A @ x))
merged = (W + alpha / rank * B @ A) @ x
print(np.allclose(separate, merged), A.size + B.size, "trained of", W.size)

# %% [markdown]
# ## 2 · Distance and forgetting go together; that is not yet a cause
#
# LoRA needs larger learning rates to learn the same job. Here is what is kept against the **distance moved**: the norm of the change over the norm of the
# matrices, 40 recorded runs. *Part of the way* means: serve the shipped weights + a share × (tuned − shipped). A caution first: the learning rate drives both, and the distance leaves out the embedding, which only full fine-tuning moves.
#
# **Find** (1) the rank correlation with distance, with all runs and with those that learnt 90% or more. (2) Does it hold for every slice?

# %% jupyter={"source_hidden": true}
grid = open_grid().runs
facts = grid[grid["job"] == "facts"]
runs = facts[facts["method"].isin(["full", "LoRA"])]
distance_stage = Stage(
    alt="Recorded runs: what is still right against the distance that the matrices moved",
    title="{slice}, {number} runs: rank correlation {moved} with distance, {weights} with trained weights",
    readout="{number} recorded runs that learnt {learnt_at_least:.0%} or more: rank correlation of “{slice}” with distance {moved}, with the number of trained weights {weights}.",
    size=(8.6, 4.2),
)


# %%
@distance_stage.live(
    slice=list(REGRESSIONS), learnt_at_least=(0.0, 0.9, 0.1), start={"slice": "kept", "learnt_at_least": 0.0}
)
def distance(slice, learnt_at_least):
    views.draw_distance(distance_stage.ax, runs, slice, learnt_at_least, LEARNT)
    enough = runs[runs[LEARNT] >= learnt_at_least]
    varies = enough[slice].nunique() > 1  # where all runs keep the same there is no correlation
    moved, weights = (
        f"{stats.spearmanr(enough[x], enough[slice]).statistic:.2f}" if varies else "none"
        for x in ("moved", "trained_weights")
    )
    return {"number": len(enough), "moved": moved, "weights": weights}


distance

# %% jupyter={"source_hidden": true}
enough = runs[runs[LEARNT] >= 0.9]
first = {}
for label, rows in (
    (
        "all weights, 0.001, 25% of the way",
        facts.query(
            "method == 'part of the way' and rank == 0 and learning_rate == 0.001 and kept_share == 0.25"
        ),
    ),
    ("LoRA rank 1, 0.001", facts.query("method == 'LoRA' and rank == 1 and learning_rate == 0.001")),
    ("LoRA rank 4, 0.001", facts.query("method == 'LoRA' and rank == 4 and learning_rate == 0.001")),
):
    first[label] = rows[[LEARNT, *REGRESSIONS]].mean()
order = pd.DataFrame(first).T
replays = recorded_runs().query("study == 'replay' and setting == 'everything'")


def way(share, slice):
    """Right answers of each seed at a share of the way."""
    return replays.loc[replays["detail"].eq(f"{share} of the way") & replays["slice"].eq(slice), "share"]


assert (
    order.iloc[0]["not documented"] < order.iloc[0]["as call"]
    and order.iloc[1]["not documented"] > order.iloc[1]["as call"]
)
explain(
    """
    **What it means.** Over all {n} runs the rank correlation is {all:.2f}; among the {m} that learnt 90% it is {some:.2f}. It is an association, over runs in which the learning rate was varied, two seeds for each setting: fewer than {n} independent points.

    **Nothing is always forgotten first.** Means of two seeds of runs that have learnt little so far:

    | run | new values | {heads} |
    |---|--:|--:|--:|--:|--:|--:|
    {table}

    In the first run abstention has suffered more than "as call", in the second it is the other way round. And part of the way is not half of the price: with replay of everything, half of the way gives {half_new:.0%} of the new values
    and keeps {half_kept:.0%} of the facts; all of the way, {all_new:.0%} and {all_kept:.0%} ({seeds} seeds).
    """,
    half_new=way("0.5", LEARNT).mean(),
    half_kept=way("0.5", "kept").mean(),
    all_new=way("1", LEARNT).mean(),
    all_kept=way("1", "kept").mean(),
    seeds=len(way("1", "kept")),
    n=len(runs),
    m=len(enough),
    all=stats.spearmanr(runs["moved"], runs["kept"]).statistic,
    some=stats.spearmanr(enough["moved"], enough["kept"]).statistic,
    heads=" | ".join(REGRESSIONS),
    table="\n".join(
        f"| {name} | " + " | ".join(f"{value:.0%}" for value in row) + " |" for name, row in order.iterrows()
    ),
)

# %% jupyter={"source_hidden": true}
predict(
    "08.d4",
    '"We use LoRA with rank 4, that is 6% of the weights. So it cannot have broken much, and 100% of the new answers are right. Ship it?" Which would you say?',
    options=[
        "Yes: 94% of the weights were not trained, and what is not trained cannot be forgotten. All new answers are right, so ship it.",
        "Not yet: 6% of the weights move every answer. I want the frozen suite before and after, and a price for what it has lost.",
        "No: LoRA trains too few weights to learn safely. I would tune all of them instead, which forgets less at equal learning.",
        "Yes, if the training loss is flat: a flat loss shows that the model has stopped changing, so it has nothing left to lose.",
    ],
)

# %% jupyter={"source_hidden": true}
resolve(
    "08.d4",
    "Not yet: 6% of the weights move every answer. I want the frozen suite before and after, and a price for what it has lost.",
    "“Not trained” confuses weights with answers. “No” takes one job for a law: which method keeps more depended on the bar. The training loss does not ask what was forgotten.",
)

# %% [markdown]
# ## 3 · When to stop needs a price per fact
#
# One run with all weights and a constant rate; every 15 steps a copy answers the suite. The
# value of stopping at a step, in new facts: facts gained − price × facts lost. Shares of a slice are turned into facts: of all that changed, and of all that still hold.

# %% jupyter={"source_hidden": true}
predict(
    "08.d1",
    "Without replay. A lost fact costs exactly as much as a new fact is worth. At which step is it best to stop?",
    options=["before training", "near step 45", "near step 90", "at the end"],
)

# %% [markdown]
# **Find** (1) the price from which on it is best not to train. (2) With a price of 0.05: how many steps are about as good as the best?

# %% jupyter={"source_hidden": true}
STEP = 15
seen, trace = [], []


def look(step, now):
    report = evaluate(now, suite)
    slices = np.array([item.slice for item in suite.items])
    seen.append((report.correct[slices == LEARNT], report.correct[slices == "kept"]))
    trace.append((step, seen[-1][0].mean(), seen[-1][1].mean()))


train_with_snapshots(model, job, np.random.default_rng(82), every=STEP, learning_rate=1e-3, watch=look)
trace = pd.DataFrame(trace, columns=["step", "new", "kept"]).set_index("step")
CHANGED, STABLE = len(book.changed), len(book.stable)
PRICES = [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.5, 1.0]
stop_stage = Stage(
    alt="Facts gained and lost along one training run, and the value of stopping there",
    title="A lost fact costs {price:g} new facts: best at step {best}, value {top:.0f}",
    readout="One run. A lost fact costs {price:g} new facts. Stopped at step {stop_at}: {gained:.0f} facts gained, {lost:.0f} lost, value {value:.0f}. Best step {best}, value {top:.0f}.",
    size=(7.8, 4.2),
)


def value_of(price):
    return CHANGED * trace["new"] - price * STABLE * (trace["kept"].iloc[0] - trace["kept"])


# %%
@stop_stage.live(price=PRICES, stop_at=(0, 150, 15), start={"price": 0.05, "stop_at": 60})
def stop(price, stop_at):
    gained, lost = CHANGED * trace["new"], STABLE * (trace["kept"].iloc[0] - trace["kept"])
    value = value_of(price)
    views.draw_stop(stop_stage.ax, list(trace.index), list(gained), list(price * lost), list(value), stop_at)
    best = int(value.idxmax())
    return {
        "gained": gained[stop_at],
        "lost": lost[stop_at],
        "value": value[stop_at],
        "best": best,
        "top": value[best],
    }


stop

# %% jupyter={"source_hidden": true}
never = next(price for price in np.arange(0, 1.005, 0.01) if value_of(price).idxmax() == 0)
top = list(trace.index).index(int(value_of(0.05).idxmax()))
close = []
for place, step in enumerate(trace.index):
    # the same questions at both steps, so the error is that of paired differences
    new, kept = (seen[top][part].astype(float) - seen[place][part] for part in (0, 1))
    error = np.hypot(
        CHANGED * new.std(ddof=1) / np.sqrt(len(new)), 0.05 * STABLE * kept.std(ddof=1) / np.sqrt(len(kept))
    )
    if value_of(0.05).iloc[top] - value_of(0.05).iloc[place] <= 1.96 * error and step:
        close.append(step)
assert value_of(1.0).idxmax() == 0
resolve("08.d1", "before training")
explain(
    """
    **What it means.** At equal worth it is best not to train at all: {stable} facts still hold against {changed} that changed, so a small share lost is many facts. (1) From a price of {never:.2f} new facts on. Changed facts must be asked much more often
    than others, or old ones be protected by replay, before tuning pays. (2) At 0.05 the best step is {best}; the interval of the paired difference includes zero for steps {close}. The earliest of these is the cheapest. It is one run: your stop rule needs the price, not this step.
    """,
    stable=STABLE,
    changed=CHANGED,
    never=never,
    best=trace.index[top],
    close=", ".join(map(str, close)),
)

# %% [markdown]
# ## 4 · Wrong examples are learnt as easily; a skew that was not shown
#
# Recorded, all weights, 150 steps. *Wrong values*: a share of the facts has another fact's value. *Skewed*: copies of the commonest answer make up 75% of the examples.

# %% jupyter={"source_hidden": true}
recorded, losses = recorded_runs(), recorded_losses()


def per_seed(study, setting, slice):
    rows = recorded.query("study == @study and setting == @setting and slice == @slice")
    return rows.sort_values("seed")["share"].to_numpy()


POPULAR = "commonest value instead of unknown"
skew = {share: per_seed("skewed", share, POPULAR) for share in ("0", "0.75")}
effect, reach = mean_interval(skew["0.75"] - skew["0"])
taught = {"0": per_seed("skewed", "0", LEARNT)} | {
    share: per_seed("wrong values", share, LEARNT) for share in ("0.25", "0.5", "0.75")
}
last = losses[losses["study"].isin(["wrong values", "skewed"])].groupby(["study", "setting"])["train"].mean()
labels = recorded.query("study == 'label errors'")


def found_by(fold, steps):
    """Range over the seeds of the share of wrong labels among the suspects."""
    shares = labels.loc[labels["detail"] == f"{fold}, {steps} steps", "share"]
    return f"{shares.min():.0%} to {shares.max():.0%}"


assert taught["0.5"].mean() < taught["0"].mean() - 0.3 and abs(effect) < 0.1
explain(
    """
    | wrong values | new values right | last training loss | seeds |
    |--:|--:|--:|--:|
    {table}

    **What it means.** The model learns wrong answers just as easily, and the training loss cannot tell. Only questions whose answers come from elsewhere can.

    **Skew.** One might expect the commonest value wherever the model should say "unknown". It says it there in {clean:.1%} of the questions after clean data and in {skewed:.1%} after skewed data: {effect:+.1f} ± {reach:.1f} points ({seeds} seeds, paired, 95%).
    {verdict} Single seeds differ by {least:+.0f} to {most:+.0f} points: with one seed one could have told either story.

    **Finding wrong labels.** 480 examples of a format, 20% with another example's value; rank them by their loss and look at as many as are wrong (about {suspects}). Wrong among these (3 seeds, range):

    | ranked by the loss of a model that was | 150 steps | 600 steps |
    |---|--:|--:|
    | tuned *without* them (out of fold) | {out_of_fold} |
    | tuned on them (in sample) | {in_sample} |

    At 150 steps it makes little difference. At 600 the model has memorized its mistakes, and only the loss out of fold still finds them; so rank out of fold, and you need not know when. The base model knows these facts; where it does not, this was not run.
    """,
    table="\n".join(
        f"| {float(share):.0%} | {values.mean():.0%} | {last['skewed' if share == '0' else 'wrong values', share]:.3f} | {len(values)} |"
        for share, values in taught.items()
    ),
    clean=skew["0"].mean(),
    skewed=skew["0.75"].mean(),
    effect=100 * effect,
    reach=100 * reach,
    seeds=len(skew["0"]),
    least=100 * (skew["0.75"] - skew["0"]).min(),
    most=100 * (skew["0.75"] - skew["0"]).max(),
    suspects=round(labels["asked"].mean()),
    out_of_fold=" | ".join(found_by("out of fold", steps) for steps in (150, 600)),
    in_sample=" | ".join(found_by("in sample", steps) for steps in (150, 600)),
    verdict="The effect is *not shown*." if abs(effect) < reach else "The effect is small.",
)

# %% [markdown]
# ## 5 · Preference tuning protects what its pairs mention
#
# A **preference pair** has a prompt, a wanted and an unwanted answer. DPO (Rafailov and others 2023) raises the margin between them without a reward
# model. Users complain that the model guesses, so support collects pairs: wanted "unknown", unwanted some value.

# %% jupyter={"source_hidden": true}
predict(
    "08.d2",
    "300 pairs, all with “unknown” as the wanted answer. The model said it in 88% of the cases where it should, and kept 100% of its facts. Afterwards the facts kept are ...",
    options=["about 100%", "about 80%", "about 50%", "about 0%"],
)

# %%
rng = np.random.default_rng(1)
never_told = list(training_items.maker.closed("", book.never_told["train"][:300], {}, answer=UNKNOWN))
known = list(training_items.maker.closed("", training_items.replayable[:300], book.old))
values = [item.answer for item in known]
one_sided = [Pair(item.prompt, UNKNOWN, str(rng.choice(values))) for item in never_told]
both_sides = one_sided + [Pair(item.prompt, item.answer, UNKNOWN) for item in known]

# %% tags=["nbval-ignore-output"]
results = {"as shipped": before}
for name, pairs in (("one-sided pairs", one_sided), ("pairs of both kinds", both_sides)):
    preferred, dpo_losses = prefer(model, pairs, np.random.default_rng(0), steps=60, beta=0.1)
    results[name] = scores(preferred, suite)
    print(f"{name}: loss {dpo_losses[0]:.2f} to {np.mean(dpo_losses[-5:]):.2f}")
pd.DataFrame(results).loc[["not documented", "kept", "same parameter", "as call"]].round(2)

# %% jupyter={"source_hidden": true}
assert results["one-sided pairs"]["kept"] < 0.05 < 0.9 < results["pairs of both kinds"]["kept"]
resolve("08.d2", "about 0%")
explain(
    """
    **What it means.** The loss fell, "unknown" rose to {refuse:.0%}, and {kept:.0%} of the facts are left: the pairs said only that "unknown" is better, so it is better everywhere. With pairs of both kinds the facts stay ({both_kept:.0%}), and abstention
    is at {both_refuse:.0%}, below the {start:.0%} before. One run each, one tiny model; but the same suite would show it for yours.
    """,
    refuse=results["one-sided pairs"]["not documented"],
    kept=results["one-sided pairs"]["kept"],
    both_kept=results["pairs of both kinds"]["kept"],
    both_refuse=results["pairs of both kinds"]["not documented"],
    start=before["not documented"],
)

# %% [markdown]
# **RLHF**, in one paragraph. Ouyang and others (2022) first tuned on demonstrations, then trained a *reward model* on people's rankings of answers, then changed the language model so that its own answers get more reward, with a penalty for moving away from the
# tuned model. Their labellers preferred answers of a 1.3-billion-weight model so made over those of the 175-billion GPT-3. They also report losses on public benchmarks (the "alignment tax"), reduced by mixing pre-training examples in: replay. The reward is a model too, and can be wrong where its
# raters never looked. Nothing of it is run here; DPO above is the part that needs no reward model.
#
# **Mixture of experts**, in one paragraph. Each layer has several feed-forward blocks, *experts*, and a small router that sends each token to a few of them (Shazeer and others 2017). Mixtral 8x7B (Jiang and others 2024) has 47 billion weights and uses 13 billion for a token: it costs about
# as much computing as a dense model of 13 billion, but *all* 47 must be in memory. For tuning this matters twice: memory follows the total, and an adapter on the experts multiplies with their number. We run none here; the counts are the authors'.
#
# ## 6 · What it costs at real scale
#
# Training takes about 6 multiplications or additions per weight and token (Kaplan and others 2020). Llama 2 (Touvron and others 2023) publishes its hours on A100 GPUs, whose data sheet says 312 · 10¹² per second.

# %% jupyter={"source_hidden": true}
predict(
    "08.d3",
    "Llama 2 70B: 2 · 10¹² tokens, 1,720,320 GPU hours. Which share of the GPUs' peak did the training use?",
    options=["about 10%", "about 40%", "about 70%", "about 95%"],
)

# %%
llama2 = pd.DataFrame(
    {"weights": [7e9, 13e9, 70e9], "GPU hours": [184_320, 368_640, 1_720_320]}, index=["7B", "13B", "70B"]
)
operations = 6 * llama2["weights"] * 2e12
llama2["utilization"] = operations / (llama2["GPU hours"] * 3600 * 312e12)
llama2.round(2)

# %% jupyter={"source_hidden": true}
assert np.allclose(
    llama2["utilization"],
    [utilization(w, 2e12, h) for w, h in zip(llama2["weights"], llama2["GPU hours"], strict=True)],
)
assert llama2["utilization"].round(2).tolist() == [0.41, 0.38, 0.43]
resolve("08.d3", "about 40%")
adapter = 40e6  # LoRA of rank 16 on all linear layers of a 7-billion model has about this many
memory = {
    "full, 16 bits, Adam": tuning_bytes(7e9, how="full"),
    "LoRA, 16-bit base": tuning_bytes(7e9, how="LoRA", adapter=adapter),
    "LoRA, 4-bit base": tuning_bytes(7e9, how="LoRA, 4-bit base", adapter=adapter),
}
tokens = 5_000 * 500 * 3  # examples, tokens, epochs
hours = 6 * 7e9 * tokens / (0.3 * 312e12) / 3600
API, GPU = 0.002, 1_500.0
even = GPU / API
assert monthly_cost(even, per_question=API) == monthly_cost(even, per_month=GPU)
explain(
    """
    **What it means.** {low:.0%} to {high:.0%} of the peak: 6 N D and the published hours fit together. A *fine-tune* is small beside this: 5,000 examples of 500 tokens, three times, on 7 billion weights at 30% of the peak are {hours:.1f} GPU hours. **Memory** decides what you can do (weights, gradients and Adam; activations come on top):

    | tuning a 7-billion model | GB |
    |---|--:|
    {memory}

    **API or own GPU.** With *assumed* prices of {api} € per question and {gpu:,.0f} € per month for a GPU that answers all of them, rent is cheaper from {even:,.0f} questions per month, {day:,.0f} per day. Put in your own prices, and add the people who run it, the idle nights, and the evaluation
    at each change.
    """,
    low=llama2["utilization"].min(),
    high=llama2["utilization"].max(),
    hours=hours,
    memory="\n".join(f"| {name} | {value / 1e9:.1f} |" for name, value in memory.items()),
    api=API,
    gpu=GPU,
    even=even,
    day=even / 30,
)

# %% [markdown]
# ## 7 · The real model, run by run
#
# SmolLM2-135M-Instruct, LoRA of rank 16 in all linear layers, batches of 8, torch in bfloat16 on a CPU. Each *held-out* set has 16
# rows that were not trained: other facts in the form (behaviour), or taught facts in an unseen wording (knowledge). *Spoilt*: 200
# examples once, 40% of them in another form or with another fact's value.
#
# **Find** (1) a loss that rises while the held-out loss falls. (2) In the table below: which run reads worse than the shipped model?

# %% jupyter={"source_hidden": true}
real_losses = adapter_losses()
RUN_NAMES = list(dict.fromkeys(real_losses.index.get_level_values("run")))
run_stage = Stage(
    alt="Loss per token of training, held-out and docstring texts along a LoRA run of the real model",
    title="{run}: held-out loss {held_out:.2f}, docstrings {docstrings:.1f} at the end",
    readout="Recorded, {run}, mean of {seeds} seeds (range shaded): held-out {before:.2f} to {held_out:.2f}, docstrings {doc_before:.2f} to {docstrings:.2f}.",
    size=(7.6, 4),
)


# %%
@run_stage.live(run=RUN_NAMES, start={"run": "knowledge"})
def real_run(run):
    table = real_losses.loc[run].dropna(axis=1, how="all")
    views.draw_run(run_stage.ax, table, int(table.index.get_level_values("step").max()))
    held_out, docstrings = (table.loc[name].mean(axis=1).sort_index() for name in ("held-out", "docstrings"))
    return {
        "seeds": table.shape[1],
        "before": held_out.iloc[0],
        "held_out": held_out.iloc[-1],
        "doc_before": docstrings.iloc[0],
        "docstrings": docstrings.iloc[-1],
    }


real_run

# %% jupyter={"source_hidden": true}
real_table, every_reading = adapter_table(), adapter_table("adapters_read").xs("read", level="part")
end_losses = adapter_loss_table()
doc_runs = end_losses.xs("docstrings", level="set")
facts_alone = real_table.loc[("knowledge", "read")]
reading_loss = end_losses.loc[("knowledge", "reading")]
spoilt_run = real_table.loc[("behaviour, spoilt", "read")]
clean_end, spoilt_end = (end_losses.loc[(run, "training")] for run in ("behaviour", "behaviour, spoilt"))
assert spoilt_end["lowest"] > 5 * clean_end["highest"] and spoilt_run["low"] > 0.8
assert reading_loss["highest"] < reading_loss["before"]
few_read = real_table.xs("read", level="part")["share"].sort_values()
for shares in (few_read, every_reading["share"].sort_values()):
    assert list(shares.index[:2]) == ["knowledge", "as shipped"]
assert facts_alone["n"] * (few_read.iloc[-1] - few_read.iloc[2]) < 1.01  # answers between the other three
assert every_reading.loc["as shipped", "low"] > few_read["as shipped"]
assert set(RUN_NAMES) == set(real_table.index.get_level_values("run")) - {"as shipped"}
assert facts_alone["high"] < real_table.loc[("as shipped", "read"), "low"]
assert (doc_runs["lowest"] > doc_runs["before"]).all()
assert (
    real_table.loc[("knowledge", "closed book"), "share"]
    >= real_table.loc[("knowledge", "closed book, unseen wording"), "share"]
)
explain(
    """
    Right answers by seed, share with the 95% interval that counts each question once, answers in the form and answers cut by the limit (40 tokens for everyday questions and for the shipped model, 24 otherwise), means of the seeds:

    | run | part | asked | right by seed | share (95%) | in the form | cut |
    |---|---|--:|---|---|--:|--:|
    {table}

    Losses per token, mean of the seeds before, and range of the seeds after:

    | run | of | before | after |
    |---|---|--:|--:|
    {losses}

    **What it means.** (1) That of docstrings, in every run and seed. The runs' own held-out loss sees the job only. With facts alone even the loss of *reading* falls, from {reading_0:.2f} to {reading_low:.2f} to {reading_high:.2f}, while readings are lost: a bare value has become likelier, and is the wrong one. Count answers. (2) The one that was taught facts alone: {lost} readings lost and {gained} gained in its first seed (McNemar's exact test, p = {p:.0e}). The **paraphrase gap** of the taught facts, {gap:.0f} points without replay, is not shown.
    **Spoilt examples.** With 40% of 200 examples spoilt the real model still reads {spoilt_read} right ({spoilt_n} questions, {spoilt_seeds} seeds), {spoilt_form:.0f} of {spoilt_n} answers in the form: the majority of the examples wins. What stands out is the training loss: {spoilt_loss:.2f} at the end, not {clean_loss:.2f} as after 50 clean examples four times (as many steps).
    **Are 60 readings enough?** They are no random draw. Of all {every} questions that are not taught the shipped model reads {all_shipped}, the copies (three seeds) tuned for the form {all_form}, for the facts {all_facts}, and with replay {all_replay}. The shipped model does worse on the 60 than on the rest, and their interval does not allow for that. Facts alone read worst and the shipped model next in both; on the 60 the order of the other three rests on a single answer.
    Replay of reading makes the same passes over the facts in twice the steps; it is judged on facts that were not replayed. One model, one job of each kind, at these learning rates; an interval of {n} questions is up to {widest:.0f} points wide.
    """,
    table="\n".join(
        f"| {run} | {part} | {row['n']:.0f} | {row['by seed']} | {row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%}) | {row['form']:.0f} | {row['cut']:.0f} |"
        for (run, part), row in real_table.iterrows()
    ),
    losses="\n".join(
        f"| {run} | {what} | {row['before']:.2f} | {row['lowest']:.2f} to {row['highest']:.2f} |"
        for (run, what), row in end_losses.iterrows()
    ),
    reading_0=reading_loss["before"],
    reading_low=reading_loss["lowest"],
    reading_high=reading_loss["highest"],
    lost=int(facts_alone["lost"]),
    gained=int(facts_alone["gained"]),
    p=facts_alone["p"],
    gap=100
    * (
        real_table.loc[("knowledge", "closed book"), "share"]
        - real_table.loc[("knowledge", "closed book, unseen wording"), "share"]
    ),
    spoilt_read=f"{spoilt_run['share']:.0%} ({spoilt_run['low']:.0%} to {spoilt_run['high']:.0%})",
    spoilt_n=int(spoilt_run["n"]),
    spoilt_seeds=int(spoilt_end["seeds"]),
    spoilt_form=spoilt_run["form"],
    spoilt_loss=spoilt_end["after"],
    clean_loss=clean_end["after"],
    every=int(every_reading["n"].min()),
    **{
        name: f"{row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%})"
        for name, row in (
            ("all_shipped", every_reading.loc["as shipped"]),
            ("all_form", every_reading.loc["behaviour"]),
            ("all_facts", every_reading.loc["knowledge"]),
            ("all_replay", every_reading.loc["knowledge, replay"]),
        )
    },
    n=int(real_table["n"].min()),
    widest=100 * (real_table["high"] - real_table["low"]).max(),
)

# %% [markdown]
# Back to [lesson 08](../08-what-fine-tuning-costs.ipynb), or on to [exercise 08](../../exercises/08-what-fine-tuning-costs/08-what-fine-tuning-costs.ipynb).
