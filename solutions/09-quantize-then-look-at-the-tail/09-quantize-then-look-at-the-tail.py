# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 09 · Quantize, then look at the tail
#
# A model has to fit on a device. In the next hour you write the quantizer, keep its outliers apart, and then do what the colleague of the lesson did not: compare slice by slice on the same questions, name what broke, and choose under a budget.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 09. **After:** you can say which questions a lighter model will get wrong, before users do.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as often as you like.
# - Stuck? Run `hint("09.quantize")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.
# - Terms are those of the lesson. A weight matrix has one row for each output. Accuracies are between 0 and 1, not in per cent.

# %% tags=["setup"]
import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm

from holdout import check, hint

# %% [markdown]
# ## Round, and bring back
#
# Write `quantize(W, bits, per_row)` for a float array `W` of shape (rows, columns) that returns two arrays:
#
# 1. `codes`: integers of the same shape;
# 2. `step`: floats of shape (rows, 1) if `per_row` is true, else of shape (1, 1).
#
# Symmetric, to the nearest: with `bits` bits the codes run from −(2^(bits−1) − 1) to +(2^(bits−1) − 1), the largest weight in size (of the row, or of the whole matrix) gets the largest code, and `codes * step` is the matrix brought back.
# Where all weights (of the row, or of the whole matrix) are 0 the step is 1. `bits` is between 2 and 16. Ties (exactly half a step) do not occur.


# %% question="09.quantize"
def quantize(W, bits, per_row):
    """Codes and steps of a symmetric quantizer."""
    ### BEGIN SOLUTION
    levels = 2 ** (bits - 1) - 1
    largest = np.abs(W).max(axis=1, keepdims=True) if per_row else np.abs(W).max(keepdims=True)
    step = np.where(largest > 0, largest / levels, 1.0)
    return np.round(W / step).astype(int), step
    ### END SOLUTION


# %% [markdown]
# ## What it weighs
#
# Write `stored_bytes(shapes, bits, per_row)` that returns the size of a quantized model in bytes. `shapes` is a list of shapes: pairs (rows, columns) are matrices, singles such as (64,) are gains. Codes of a matrix are packed: `bits` bits a weight, and each
# matrix begins at a full byte, so round *its* codes up. Each step takes 2 bytes (one a matrix, or one a row). Gains are not quantized, have no step, and take 2 bytes each. Shapes may repeat: each entry is an array of its own.


# %% question="09.bytes"
def stored_bytes(shapes, bits, per_row):
    """Bytes of a quantized model."""
    ### BEGIN SOLUTION
    total = 0
    for shape in shapes:
        if len(shape) == 1:
            total += 2 * shape[0]
        else:
            rows, columns = shape
            total += -(-rows * columns * bits // 8) + 2 * (rows if per_row else 1)
    return total
    ### END SOLUTION


# %% [markdown]
# ## Keep the outliers apart
#
# Write `keep_outliers(W, bits, share)` that returns the matrix brought back (an array of the shape of `W`): the weights that are largest in size, `share` of all (`share * W.size` rounded to the nearest whole number of weights, at least 1; exactly half does not occur), are kept exactly as they are; *all other* weights are rounded with
# one common step, and that step comes from the largest of *these others*. No two weights have the same size.


# %% question="09.outliers"
def keep_outliers(W, bits, share):
    """The matrix after rounding everything but the largest weights."""
    ### BEGIN SOLUTION
    kept = max(1, round(share * W.size))
    limit = np.sort(np.abs(W), axis=None)[-kept]
    outlier = np.abs(W) >= limit
    step = np.abs(W[~outlier]).max() / (2 ** (bits - 1) - 1)
    return np.where(outlier, W, np.round(W / step) * step)
    ### END SOLUTION


# %% [markdown]
# ## The same questions, before and after
#
# Both models answered the same questions. Write `lost_and_gained(before, after, slices)`: `before` and `after` are arrays of 0 and 1 (right), `slices` an array of names, all of equal length. Return a DataFrame with one row a slice, in alphabetical order, and the columns
#
# | column | what it is |
# |---|---|
# | `slice` | its name |
# | `items` | number of questions |
# | `change` | accuracy after minus accuracy before |
# | `lost`, `gained` | questions that were right and are wrong now; that were wrong and are right now |
# | `p` | two-sided exact p-value of the sign test: if nothing had changed, each of the lost and gained questions would be either with chance ½. 1 where none changed |


# %% question="09.paired"
def lost_and_gained(before, after, slices):
    """Change by slice on the same questions, with the sign test."""
    ### BEGIN SOLUTION
    rows = []
    for name in sorted(set(slices)):
        inside = np.asarray(slices) == name
        first, second = np.asarray(before)[inside] == 1, np.asarray(after)[inside] == 1
        lost, gained = int(np.sum(first & ~second)), int(np.sum(~first & second))
        p = binomtest(lost, lost + gained).pvalue if lost + gained else 1.0
        rows.append((name, len(first), (gained - lost) / len(first), lost, gained, p))
    return pd.DataFrame(rows, columns=["slice", "items", "change", "lost", "gained", "p"])
    ### END SOLUTION


# %% [markdown]
# ## Find the broken slice
#
# A lighter model is to replace the full one. `report` is a dict: `bits` (8, 5 or 4, bits per weight of the lighter model) and five lists of equal length, one entry a slice: `slice` (names), `items` (questions asked of both models), `before` (how many the full model answered rightly), `lost` and `gained` (as in question <09.paired>).
# The questions are a random sample; what counts is the accuracy on all questions of the slice.
#
# Write `broken_slice(report)` that returns one decision: the name of a slice (its questions go to the full model from now on, everything else to the lighter one), or `"release"` (everything goes to the lighter one), or `"keep the full model"`. What it costs, in thousands of euros per year:
#
# - each point of accuracy (0.01) that a slice *truly* loses, net, costs 1, if the lighter model answers it; a slice that has improved brings nothing;
# - sending one slice to the full model costs 3;
# - keeping the full model for everything costs 12.
#
# The reports are simulated, with 6 to 9 slices under names of their own:
#
# - A slice is broken with a chance of 3% at 8 bits, 12% at 5 bits and 36% at 4 bits, independently of the others. A broken slice has truly lost 1 to 10 points (evenly). Of the unbroken slices four in ten have gained 2 to 12 points (evenly); the others are as accurate as before.
# - In every slice answers also change by accident, from right to wrong as often as back: 1% of its questions each way in a calm slice, up to 35% each way in a restless one (evenly on a logarithmic scale). What is truly lost or gained comes on top.
# - Most slices have 60 to 160 questions, the others 1,000 to 3,000. So a small slice may show a loss that is none, and hide one.
# - Of the reports in which releasing is clearly best, three of four have been left out. That changes nothing in what the others say.
#
# A decision costs what it does on average over the true losses that may lie behind its report. (On a grid, large slices need 25 values of the accidental change or more.) You are scored by what your decisions cost beyond the best possible ones, divided by the same for releasing always: full marks up to 0.023, half up to 0.03. Your function gets 10 s for up to 1,600 reports.


# %% question="09.broken"
def broken_slice(report):
    """Name of a slice, "release" or "keep the full model"."""
    ### BEGIN SOLUTION
    items, lost, gained = (np.array(report[name], dtype=float) for name in ("items", "lost", "gained"))
    seen = 100 * (lost - gained) / items
    error = 100 * np.sqrt(lost + gained + 1) / items  # one more keeps it above 0
    chance = {8: 0.03, 5: 0.12, 4: 0.36}[report["bits"]]
    losses, gains = np.linspace(1, 10, 30), np.linspace(2, 12, 21)
    # how well each loss, no change, and each gain would explain what was seen
    broken = chance * norm.pdf(seen[:, None], losses, error[:, None]) / len(losses)
    better = norm.pdf(seen[:, None], -gains, error[:, None]).mean(axis=1)
    unbroken = (1 - chance) * (0.6 * norm.pdf(seen, 0, error) + 0.4 * better)
    costs = broken @ losses / (broken.sum(axis=1) + unbroken)  # expected, in points
    options = {"release": costs.sum(), "keep the full model": 12.0}
    worst = int(np.argmax(costs))
    options[report["slice"][worst]] = 3 + costs.sum() - costs[worst]
    return min(options, key=options.get)
    ### END SOLUTION


# %% [markdown]
# ## Choose under a budget
#
# `case` is a dict: `models` is a list of dicts with `name`, `kilobytes` and `right` (a dict from each slice to the share of right answers in a sample), `items` (a dict from each slice to the number of questions in that sample, the same for all models), `usage` (a dict from each slice to its share of all questions), `budget` (kilobytes that are free), and
# `price` (euros per year for each kilobyte *beyond* the budget). A wrong answer costs 4 cents, and there are 10 million questions per year: one point of accuracy *as used* (0.01) is worth 4,000 euros per year. Besides, every *used* slice (usage above 0) whose true accuracy is below 0.80 costs a contract: 20,000 euros per year each.
#
# Write `choose_model(case)` that returns the `name` of one model. You are scored by what your choices cost beyond the best possible ones, divided by the same for always choosing one place in the list (the best of the six; models stand in no order, so that this is hardly better than one at random): full marks up to 0.012, half up to 0.018. Your function gets 10 s for up to 600 cases.
# What counts is the *true* accuracy, on all questions of a slice; samples have 10 to 30 or 500 to 2,000 of them (the most used slice has many). The models are simulated: a true accuracy is any value between 0.74 and 0.92 with equal chance, whatever the others are, and a choice costs what it does on average over the true accuracies that may lie behind its sample.


# %% question="09.choose"
def choose_model(case):
    """Name of the model that costs least in a year."""
    ### BEGIN SOLUTION
    used = [name for name, share in case["usage"].items() if share > 0]
    share = np.array([case["usage"][name] for name in used])
    n = np.array([case["items"][name] for name in used])
    accuracies = 0.74 + 0.18 * (np.arange(36) + 0.5) / 36
    error = np.sqrt(accuracies * (1 - accuracies) / n[:, None])

    def cost(model):
        right = np.array([model["right"][name] for name in used])
        # how well each true accuracy would explain each sample
        fit = norm.pdf(right[:, None], accuracies, error)
        fit /= fit.sum(axis=1, keepdims=True)
        contracts = fit[:, accuracies < 0.80].sum()
        memory = case["price"] * max(0, model["kilobytes"] - case["budget"])
        return 400_000 * share @ (1 - fit @ accuracies) + 20_000 * contracts + memory

    return min(case["models"], key=cost)["name"]
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# Release review of a 4-bit model. Average as used: 97.1% before, 96.6% after, on the same 20,000 questions. Documents: 112 of 120 right before, 96 after (17 lost, 1 gained). Rare facts: 58 of 60 before, 56 after (3 lost, 1 gained). Size: a quarter. Time of a request: the same.
# Which sentence would you say?
#
# - **a** "Documents are broken: 17 lost against 1 gained is no accident; 3 against 1 on rare facts may be one. I would try one step per row, and keep documents on the full model until then."
# - **b** "Half a point of the average at a quarter of the size: no user sees that. The two small slices move with every sample, and I would ship it and watch the average."
# - **c** "Rare facts and documents have both fallen, so 4 bits are too few for this model. I would go back to 8 bits everywhere and look at rows only when memory runs short."
# - **d** "Documents lose 16 of 20,000 answers, less than a tenth of a per cent, and a quarter of the size makes each request faster. I would ship and tell the support team."


# %% question="09.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "a"
### END SOLUTION

# %% [markdown]
# ## Your artefact: a quantization test
#
# The cell below draws half of the questions of each slice from your name (all 56 of the smallest), rounds the language model M to 4 bits with *your* quantizer, once with one step per matrix and once with one per row, asks both the same questions as the full model, and lays *your* table of question <09.paired> over it. It is kept for your portfolio.

# %%
from holdout import keep, learner_rng
from holdout.lm import load, one_thread, open_book
from holdout.lm.evaluation import EvaluationSet, evaluate
from holdout.topics.quantization.experiments import tail_questions

one_thread()
model, rng = load("M"), learner_rng(9)
everything = tail_questions(open_book())
slices = np.array([item.slice for item in everything.items])
drawn = []
for name in everything.slices:
    places = np.flatnonzero(slices == name)
    number = len(places) // 2 if len(places) >= 100 else len(places)
    drawn.append(rng.choice(places, number, replace=False))
drawn = np.sort(np.concatenate(drawn))
questions = EvaluationSet("drawn from my name", tuple(everything.items[i] for i in drawn))
try:
    tables = {}
    full = evaluate(model, questions).correct.astype(int)
    for title, per_row in (("one step per matrix", False), ("one step per row", True)):
        weights = dict(model.weights)
        for name, weight in model.weights.items():
            if weight.ndim == 2:
                codes, step = quantize(weight, 4, per_row)
                weights[name] = (codes * step).astype(np.float32)
        right = evaluate(model.with_weights(weights), questions).correct.astype(int)
        tables[title] = lost_and_gained(full, right, slices[drawn]).set_index("slice")
except NotImplementedError:
    tables = None
    print(
        "This table needs your quantize from question <09.quantize> and your lost_and_gained from question <09.paired>."
    )
if tables is not None:
    found = pd.concat(tables, axis=1)[
        [(title, column) for title in tables for column in ("change", "lost", "gained", "p")]
    ]
    found.columns = [f"{column}, {title}" for title, column in found.columns]
    found.insert(0, "questions", tables["one step per row"]["items"])
    worst = found["change, one step per matrix"].idxmin()
    keep(
        "09",
        "quantization test",
        table=found.round(4),
        text=f"Model M, 4 bits, the same questions before and after; worst slice with one step per matrix: {worst}",
        numbers={
            "worst slice, change in accuracy with one step per matrix": found[
                "change, one step per matrix"
            ].min(),
            "worst slice, change in accuracy with one step per row": found["change, one step per row"].min(),
        },
    )
tables if tables is None else found.round(3)

# %% [markdown]
# ## Memo (graded by a person)
#
# The device team asks: *"May we ship the 4-bit M? It is a quarter of the size and four times as fast, they say."* Answer in at most 120 words, with numbers from your table.
#
# How it will be read: **one point each** for (1) the broken slices by name, with lost and gained questions, and not the average; (2) what can be told from chance and what cannot; (3) a repair that was measured, and what it costs; (4) an honest sentence about speed, and a decision with what would
# change your mind.

# %% [markdown] memo="09.memo" points=4
# ### BEGIN SOLUTION
# Not with one step per matrix. Of 100 formats shown by example 42 are lost and 0 gained, of 50 calls read from passages 14 and 1, of 100 rare facts 9 and 0: p at most 0.004, and I looked at twelve slices. Of 100 popular facts 3 are lost, 0 gained: chance could do that, and 100 questions cannot rule out 6 points.
# One step per row at 4 bits costs 4 kB (72 instead of 68). Still, of 100 known facts beside other documents 12 are lost and 1 gained. I changed the 4 to 5 in the cell above: 0 lost and 3 gained there, 2 formats lost, 89 kB, a third of the full size. It is not faster here: the weights become ordinary numbers again before they are used.
# I would ship 5 bits, one step per row, and change my mind if 200 fresh format questions lost more than 5 points.
# ### END SOLUTION
