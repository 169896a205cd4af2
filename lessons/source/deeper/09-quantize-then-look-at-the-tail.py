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
# # 09 · Deeper: quantize, then look at the tail
#
# What goes beyond [lesson 09](../09-quantize-then-look-at-the-tail.ipynb). Each section can be read alone after the first cells.
# About 35 minutes. Terms are in the [glossary](../glossary.ipynb).
#
# | section | question | for |
# |---|---|---|
# | 1 | What is one bit worth, and what would other levels be worth? | 09.quantize |
# | 2 | Are L's outliers the cause of what it lost? | 09.outliers |
# | 3 | Can worse weights give a better output? | 09.outliers |
# | 4 | Which size and how many bits, for a budget? | 09.bytes, 09.choose |

# %%
import numpy as np
import pandas as pd

# %% jupyter={"source_hidden": true}
# isort: split
from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm import load, one_thread, open_book
from holdout.lm.evaluation import evaluate
from holdout.stats.intervals import wilson_interval
from holdout.topics.quantization import figures as views
from holdout.topics.quantization.experiments import (
    Outcomes,
    best_uniform_error,
    error_feedback,
    inliers_error,
    lloyd_max_error,
    rounding_error,
    row_steps,
    signal_to_noise,
    symmetric_round,
    tail_questions,
)

one_thread()
style.use()
outcomes = Outcomes.load()
READING = ("same parameter", "same estimator", "changed, with passages")

# %% [markdown]
# ## 1 · A bit is worth 6 dB, where the steps are fine
#
# An error that spreads evenly over a step of width *w* has the variance *w*²/12. One more bit halves the step and quarters the error:
# 10 log₁₀ 4 = **6.02 decibels** of signal to noise. At few bits, or with heavy tails, errors do not spread evenly.
#
# 1. **Find** the kind of weights with the fewest decibels at the same number of bits. Where are its levels, and where its weights?
# 2. From which number of bits on do the points follow the dotted line?

# %% jupyter={"source_hidden": true}
rng = np.random.default_rng(9)
KINDS = {
    "heavy-tailed": rng.standard_t(3, size=6000),
    "bell-shaped": rng.normal(size=6000),
    "even": rng.uniform(-1, 1, 6000),
}
BITS = range(2, 11)
decibels = {
    name: {b: signal_to_noise(values, symmetric_round(values, b)) for b in BITS}
    for name, values in KINDS.items()
}
rounding_stage = Stage(
    alt="Left: histogram of the weights with the levels below it. Right: signal to noise against the number of bits",
    title="{weights} weights, {bits} bits: {used} of {all} levels in use, {noise:.1f} dB",
    readout="{weights} weights, {bits} bits: {used} of {all} levels in use, {noise:.1f} dB.",
    size=(8.6, 3.6),
    ncols=2,
)


# %%
@rounding_stage.flipbook(bits=(2, 8), weights=list(KINDS), start={"bits": 5})
def round_kind(bits, weights):
    values, rounded = KINDS[weights], symmetric_round(KINDS[weights], bits)
    views.draw_rounding(rounding_stage.axes, values, rounded, bits, decibels[weights])
    return {"used": len(np.unique(rounded)), "all": 2**bits - 1, "noise": decibels[weights][bits]}


round_kind

# %% jupyter={"source_hidden": true}
even = pd.Series(decibels["even"])
gains = even.diff().dropna()
step = np.abs(KINDS["even"]).max() / 127
measured = np.mean((KINDS["even"] - symmetric_round(KINDS["even"], 8)) ** 2)
# four standard errors of a mean of squares of an even spread
assert abs(measured - rounding_error(step)) < 4 * step**2 / np.sqrt(180 * 6000)
assert min(decibels, key=lambda name: decibels[name][8]) == "heavy-tailed"
assert gains[3] > 7 and abs(gains[7:].mean() - 6.02) < 0.1
explain(
    """
    **What it means.** (1) At 8 bits: even {even:.0f} dB, bell-shaped {bell:.0f}, heavy-tailed {heavy:.0f} (6,000 weights each). A few large weights set the step, and most levels lie where there are almost no weights. (2) For even weights the second to third bit gains {first:.1f} dB, since
    symmetry gives up one of the 2^b codes; from 6 to 10 bits one bit gains {later:.2f}. Mean squared error at 8 bits: {measured:.2e}; step²/12 is {formula:.2e}.
    """,
    even=decibels["even"][8],
    bell=decibels["bell-shaped"][8],
    heavy=decibels["heavy-tailed"][8],
    first=gains[3],
    later=gains[7:].mean(),
    measured=measured,
    formula=rounding_error(step),
)

# %% [markdown]
# **Published.** Max (1960) computed the least error that any 2^b levels can have for a standard normal value, and the least with even
# steps. We iterate with exact integrals. The last column is the lesson's rule: the largest of 6,000 values sets the step.

# %% jupyter={"source_hidden": true}
MAX_1960 = {1: (0.3634, 0.3634), 2: (0.1175, 0.1188), 3: (0.03454, 0.03744), 4: (0.009497, 0.01154)}


def error_of_lesson_rule(bits, samples=20):
    """Mean squared error of symmetric rounding whose step comes from the largest of 6,000 normal values."""
    drawn = [np.random.default_rng(seed).normal(size=6000) for seed in range(samples)]
    return np.mean([np.mean((values - symmetric_round(values, bits)) ** 2) for values in drawn])


quantizers = pd.DataFrame(
    {
        bits: {
            "any levels": lloyd_max_error(bits),
            "published": any_levels,
            "best even steps": best_uniform_error(bits)[1],
            "published ": even_steps,
            "largest weight": error_of_lesson_rule(bits) if bits > 1 else np.nan,
        }
        for bits, (any_levels, even_steps) in MAX_1960.items()
    }
).T.rename_axis("bits")
# printed to four digits; at four bits Max stopped iterating 4e-6 above the optimum that we reach
assert (abs(quantizers["any levels"] / quantizers["published"] - 1) < 6e-4).all()
assert (abs(quantizers["best even steps"] / quantizers["published "] - 1) < 6e-4).all()
quantizers.round(5)

# %% jupyter={"source_hidden": true}
ratio = quantizers["largest weight"] / quantizers["best even steps"]
cost_of_even = quantizers["best even steps"] / quantizers["any levels"] - 1
assert round(100 * cost_of_even[4]) == 21 and ratio[3] > 3.5 and ratio[4] > 2
explain(
    """
    **What it means.** The best even steps lose {even:.0%} to the best levels at four bits. They clip the largest values. A step set by the largest value has {three:.1f} times *their* error at 3 bits and {four:.1f} times at 4 (mean of 20 samples of 6,000 normal values; with fewer weights that share
    a step, the largest is smaller). So formats with uneven levels exist (NF4), and even steps are common for another reason: hardware multiplies whole numbers directly.
    """,
    even=cost_of_even[4],
    three=ratio[3],
    four=ratio[4],
)

# %% [markdown]
# **Where to cut.** Values beyond a limit stored separately, the rest rounded (8 bits, 4,000 normal values and one 20 times the largest).
# Below the largest ordinary value the others gain, too, and the storage grows: each kept value takes 2 bytes, and 2 for its position.

# %%
ordinary = np.random.default_rng(2).normal(size=4000)
without = inliers_error(ordinary, 8, outlier=0.0)
for limit in (6.0, 4.0, 3.0, 2.0):
    error = inliers_error(ordinary, 8, outlier=20 * np.abs(ordinary).max(), keep_above=limit) / without
    kept = np.sum(np.abs(ordinary) > limit) + 1
    print(f"kept above {limit:g}: {kept:3} values, {4 * kept:4} bytes more, error of the rest × {error:.2f}")

# %% [markdown]
# ## 2 · Are L's outliers the cause?
#
# L lost most. In the lesson that was three models, each trained once, so size, training and outliers cannot be told apart. An
# *intervention* can: keep five bits, and give steps per row to a few matrices only.

# %%
ratios = {
    size: pd.Series(
        {name: np.abs(W).max() / W.std() for name, W in load(size).weights.items() if W.ndim == 2}
    ).sort_values(ascending=False, kind="stable")
    for size in ("L", "M", "S")
}
pd.DataFrame({size: ratio.head(5).round(1).to_numpy() for size, ratio in ratios.items()}, index=range(1, 6)).T

# %% jupyter={"source_hidden": true}
predict(
    "09.d1",
    "L has 22 matrices; rows above: largest weight over standard deviation, the five largest. Steps per row for only L's five: how much of the reading loss of 15 points comes back?",
    options=["almost nothing", "about a third", "about two thirds", "nearly all of it"],
)

# %%
large, names = load("L"), list(ratios["L"].index)
asked = tail_questions(open_book()).only(*READING)
CHOICES = {"none": [], "the five": names[:5], "all others": names[5:], "all": names}
reading = pd.DataFrame(
    {
        which: evaluate(large.with_weights(row_steps(large.weights, 5, chosen)), asked).table()["accuracy"]
        for which, chosen in CHOICES.items()
    }
).T
reading.round(3)

# %% jupyter={"source_hidden": true}
whole = outcomes.accuracy(outcomes.find("L", 16))
whole = np.mean([whole[name] for name in READING])
mean = reading.mean(axis=1)
back = {which: (mean[which] - mean["none"]) / (whole - mean["none"]) for which in ("the five", "all others")}
assert back["the five"] > 0.8 > 0.4 > back["all others"]
resolve("09.d1", "nearly all of it")
explain(
    """
    **What it means.** Mean of the three reading slices: {whole:.1%} with 16 bits, {none:.1%} with one step per matrix. Steps per row for the five with the largest outliers: {five:.1%}, {share:.0%} of the loss; for the {others} others together {rest:.1%}. These five, {names}, are all in the first layer, so
    "outliers" and "first layer" are still two explanations. It is one model and one set of 456 questions.
    """,
    whole=whole,
    none=mean["none"],
    five=mean["the five"],
    share=back["the five"],
    others=len(names) - 5,
    rest=mean["all others"],
    names=", ".join(f"`{name}`" for name in names[:5]),
)

# %% [markdown]
# ## 3 · Better output from worse weights
#
# A matrix meets inputs, and inputs are correlated. If one column was rounded up, a related one can be rounded down. **Error feedback**
# (GPTQ, Frantar and others 2022) rounds column by column, and the columns that are still exact absorb the error that the *output* would see.
# Here for a random matrix of 48 by 48 and inputs whose correlation we set; for no trained model.

# %% jupyter={"source_hidden": true}
predict(
    "09.d2",
    "Error feedback makes the error of the *output* about half as large as plain rounding. And the error of the *weights*?",
    options=["also about half", "about the same", "about half as large again"],
)

# %% [markdown]
# 1. **Find** the correlation at which feedback halves the error of the output, on fresh inputs, at 4 bits and 500 inputs.
# 2. Set the correlation to 0. Why is there nothing to gain?
# 3. Stay at 0 and go down to 60 inputs. What do the two bars for the output say?

# %% jupyter={"source_hidden": true}
W = np.random.default_rng(3).normal(size=(48, 48))
feedback_stage = Stage(
    alt="Error of output, on its own and on fresh inputs, and of weights with error feedback, as a multiple of plain rounding, at 3, 4 and 6 bits",
    title="At 4 bits: output × {fresh:.2f} on fresh inputs, weights × {weights:.2f}",
    readout="Correlation {correlation:.2f}, {inputs} inputs, 4 bits: the output's error is {own:.2f} of plain rounding on its own inputs, {fresh:.2f} on fresh ones; the weights' error {weights:.2f}.",
)


# %%
def feedback_ratios(correlation, rows, bits):
    """Error of feedback over that of plain rounding: output on its own inputs, on fresh ones, and weights."""
    root = np.linalg.cholesky(correlation ** np.abs(np.subtract.outer(np.arange(48), np.arange(48)))).T
    X, X_fresh = (np.random.default_rng(s).normal(size=(n, 48)) @ root for s, n in ((4, rows), (5, 1000)))
    fed, plain = error_feedback(W, X, bits), symmetric_round(W, bits, axis=1)
    outputs = [np.mean((x @ (fed - W).T) ** 2) / np.mean((x @ (plain - W).T) ** 2) for x in (X, X_fresh)]
    return *outputs, np.mean((fed - W) ** 2) / np.mean((plain - W) ** 2)


# %% jupyter={"source_hidden": true}
@feedback_stage.live(
    correlation=(0.0, 0.9, 0.05), inputs=(60, 1000, 20), start={"correlation": 0.7, "inputs": 500}
)
def feed_back(correlation, inputs):
    found = [feedback_ratios(correlation, inputs, bits) for bits in (3, 4, 6)]
    views.draw_feedback(feedback_stage.ax, ["3 bits", "4 bits", "6 bits"], *zip(*found, strict=True))
    return dict(zip(("own", "fresh", "weights"), found[1], strict=True))


feed_back

# %% jupyter={"source_hidden": true}
own, output, weights = feedback_ratios(0.7, 500, 4)
nothing, few = feedback_ratios(0.0, 1000, 4), feedback_ratios(0.0, 60, 4)
halves = min(np.arange(0, 0.91, 0.05), key=lambda each: abs(feedback_ratios(each, 500, 4)[1] - 0.5))
assert 0.42 < output < 0.62 and weights > 1.3 and nothing[1] > 0.85 and few[0] < 0.8 and few[1] > 1.2
resolve("09.d2", "about half as large again", f"Here {weights:.2f} times.")
explain(
    """
    **What it means.** At a correlation of 0.7 the output's error is {output:.2f} of plain rounding on fresh inputs ({own:.2f} on its own), that of the weights {weights:.2f} times. (1) Nearest to one half at {halves:.2f}, for this matrix. (2) Without correlation no column can correct another: {nothing:.2f} with 1,000 inputs.
    (3) With 60 inputs {few_own:.2f} on its own inputs and {few_fresh:.2f} on fresh ones, worse than plain rounding: 48 columns over-fit 60 inputs. Calibrate on many inputs, and measure on others. The directions are the same on each of 100 seeds, the sizes are of this matrix; the paper's scores are of models
    with billions of weights, and nothing here reproduces them. Judge a quantized model by its *answers*, not by how near its weights are.
    """,
    output=output,
    own=own,
    weights=weights,
    halves=halves,
    nothing=nothing[1],
    few_own=few[0],
    few_fresh=few[1],
)

# %% [markdown]
# ## 4 · Three sizes, six depths, one budget
#
# More weights with fewer bits, or fewer weights with more bits? Each point is a variant: its size, and the accuracy of its **worst slice
# among those that you need**, on the validation questions.
#
# 1. With 150 kB and documents: which variant? And when only facts are asked?
# 2. **Find** a budget at which a small model with many bits beats a larger one with few.

# %% jupyter={"source_hidden": true}
every_slice = list(dict.fromkeys(outcomes.slices))
NEEDS = {
    "facts and documents": ("traffic", "tail", *READING),
    "facts": ("traffic", "tail"),
    "all but two kinds": [n for n in every_slice if n not in ("not documented, real", "unseen wording")],
}
budget_stage = Stage(
    alt="Accuracy of the worst needed slice against size for every variant of three models",
    title="At most {budget} kB, {needed}: {short}",
    readout="{needed}, at most {budget} kB, worst slice at least {bar:.0%}: {best}; on the test questions {again}.",
    size=(8.6, 4.6),
)


# %%
def variants(needed, split="validation"):
    """Size, worst needed slice, and what it is, of all 33 variants."""
    rows = []
    for number, one in enumerate(outcomes.variants):
        accuracy = outcomes.accuracy(number, split)
        worst = min(accuracy[name] for name in NEEDS[needed])
        rows.append({"kB": one["bytes"] / 1000, "worst": worst} | one)
    return pd.DataFrame(rows)


# %% jupyter={"source_hidden": true}
TABLES = {split: {needed: variants(needed, split) for needed in NEEDS} for split in ("validation", "test")}


def best_of(needed, budget, bar):
    """The variant with the best worst slice; of equal ones the smallest; None if no variant is good enough."""
    found = TABLES["validation"][needed].query("kB <= @budget and worst >= @bar")
    return None if found.empty else found.sort_values(["worst", "kB"], ascending=[False, True]).iloc[0]


def called(one):
    """Name of a variant."""
    step = "" if one["bits"] == 16 else ", one step per row" if one["per_row"] else ", one step per matrix"
    return (
        f"{one['model']} with {one['bits']} bits{step} ({one['kB']:.0f} kB, worst slice {one['worst']:.0%})"
    )


@budget_stage.live(
    needed=list(NEEDS), budget=(30, 720, 10), bar=(0.5, 0.98, 0.02), start={"budget": 60, "bar": 0.8}
)
def choose(needed, budget, bar):
    best = best_of(needed, budget, bar)
    points = {
        size: [(r.kB, r.worst, r.bits, r.per_row or r.bits == 16) for r in found.itertuples()]
        for size, found in TABLES["validation"][needed].groupby("model")
    }
    mark = None if best is None else (best["kB"], best["worst"], best["model"])
    views.draw_budget(budget_stage.ax, points, budget, bar, mark)
    if best is None:
        return {"best": "no variant", "short": "no variant", "again": "nothing to look at"}
    short = called(best).split(" (")[0]
    return {
        "best": called(best),
        "short": short,
        "again": f"{TABLES['test'][needed].loc[best.name, 'worst']:.0%}",
    }


choose

# %% jupyter={"source_hidden": true}
documents, facts = best_of("facts and documents", 150, 0.5), best_of("facts", 150, 0.5)
tight = best_of("facts and documents", 60, 0.5)
validation = TABLES["validation"]["facts and documents"].set_index(["model", "bits", "per_row"])
worst = (
    outcomes.changes("S", 5, per_row=True)
    .loc[list(NEEDS["facts and documents"])]
    .nsmallest(1, "after")
    .iloc[0]
)
low, high = wilson_interval(round(worst["after"] * worst["items"]), int(worst["items"]))
few_bits = validation.loc[("M", 3, True)]
assert documents["model"] == "M" and (tight["model"], tight["bits"], tight["per_row"]) == ("S", 5, True)
assert tight["worst"] > few_bits["worst"] + 0.2 and worst["after"] == tight["worst"]
explain(
    """
    **What it means.** (1) With documents {documents}; for facts alone {facts}. (2) At 60 kB: {tight}, against M with 3 bits per row, {few_kb:.0f} kB and {few:.0%}. Among *these* three models fewer weights with more bits win there; that is a finding about three models and one way to round,
    and the chart is what you need for yours. The worst slice of that S has {asked} questions, so its {shown:.0%} could be {low:.0%} to {high:.0%} (Wilson, 95%), and on the test questions, which did not choose it, the worst slice has {again:.0%}. Where a smaller variant is that near, more questions decide, not the chart.
    """,
    documents=called(documents),
    facts=called(facts),
    tight=called(tight),
    few_kb=few_bits["kB"],
    few=few_bits["worst"],
    asked=int(worst["items"]),
    shown=tight["worst"],
    low=low,
    high=high,
    again=TABLES["test"]["facts and documents"].loc[tight.name, "worst"],
)
