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
# # Exercise 06 · Three models, one budget
#
# Three models are on offer, and somebody wants the large one, "to be safe". In the next hour you write what it takes to answer: a harness, the work of an answer, a paired bootstrap, pass@k, a rule for swapping in a cheaper model, and a rule that chooses under limits.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 06; for <06.work>, <06.bootstrap> and <06.pass_at_k> its [deeper notebook](../../lessons/deeper/06-three-models-one-budget.ipynb). **After:** you can compare models behind a prompt, and defend a choice under a budget.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as
#   often as you like.
# - Stuck? Run `hint("06.harness")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.
# - Terms are those of the lesson: a **kind** is a slice of the questions; a **recipe** is what is put in front of a question; **work** is counted in multiplications, each with its addition.

# %% tags=["setup"]
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

from holdout import check, hint
from holdout.figures import axes, style
from holdout.topics.model_choice.cases import constraint_cases, swap_cases

style.use()

# %% [markdown]
# ## A harness
#
# Write `harness(complete, items)`. `items` is a list of dicts with `prompt`, `answer` and `kind`; `complete(prompts)` takes a list of prompts and returns the model's answers, in order. Call it **once**, with all prompts.
#
# An answer is right if it is the same words in the same order: how many spaces stand before, after and between words does not count, everything else does (capitals, quotes, a word more, two words joined). Return a dict from each kind to its accuracy, and under `"all"` the accuracy over all items.


# %% question="06.harness"
def harness(complete, items):
    """Accuracy by kind, and over all items under "all"."""
    ### BEGIN SOLUTION
    answers = complete([item["prompt"] for item in items])
    right = [answer.split() == item["answer"].split() for answer, item in zip(answers, items, strict=True)]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(np.mean(right))}
    ### END SOLUTION


# %% [markdown]
# ## What an answer costs
#
# Write `work(d, m, layers, V, read, written)`: the multiplications of one answer. Let n = `read` + `written`, the tokens that pass through the layers.
#
# - In each layer every token meets matrices with 4d² + 3dm numbers.
# - In each layer the i-th token looks back at i tokens (itself included), with 2d multiplications for each of them. Summed over i = 1 ... n that is d · n · (n + 1).
# - Each written word, and the end mark after the last one, is chosen among V words: V · d each. Nothing is chosen while the prompt is read. The end mark is not counted in `written`, and it does not pass through the layers.
#
# What was computed for earlier tokens is kept (a cache): no token passes the layers twice.


# %% question="06.work"
def work(d, m, layers, V, read, written):
    """Multiplications of one answer."""
    ### BEGIN SOLUTION
    n = read + written
    return layers * (n * (4 * d**2 + 3 * d * m) + d * n * (n + 1)) + (written + 1) * V * d
    ### END SOLUTION


# %% [markdown]
# ## Latency and price over the mix
#
# Write `budget(milliseconds, prices, kinds, mix)`. For each measured answer there is its latency, its price in euros and its kind (three lists of the same length). `mix` is a dict from kind to its share of the *real* traffic; shares sum to 1, and it holds every kind that was measured and no other. How often a kind happens to be in the
# list says nothing about traffic: all answers of one kind together weigh as much as its share in `mix`, each of them equally.
#
# Return two numbers:
#
# 1. the latency budget that is kept by 95% of the traffic: the **smallest measured latency** such that the answers that take at most that long make up at least 0.95 of the weight;
# 2. the price of a thousand answers of that mix, in euros.


# %% question="06.budget"
def budget(milliseconds, prices, kinds, mix):
    """95th percentile of the latency, and price of a thousand answers, over the mix."""
    ### BEGIN SOLUTION
    kinds = np.asarray(kinds)
    counts = {kind: np.sum(kinds == kind) for kind in mix}
    weight = np.array([mix[kind] / counts[kind] for kind in kinds])
    order = np.argsort(milliseconds)
    enough = np.searchsorted(np.cumsum(weight[order]), 0.95 - 1e-9)
    return float(np.asarray(milliseconds)[order][enough]), 1000 * float(weight @ np.asarray(prices))
    ### END SOLUTION


# %% [markdown]
# ## A paired bootstrap
#
# Write `paired_interval(before, after, rows)`. `before` and `after` hold 1 or 0 for each question: right or wrong, two models, the *same* questions in the same order. `rows` has one line a bootstrap draw: positions of questions, drawn with replacement (the drawing is done for you, so that the result is exact).
#
# For each line take the difference in accuracy, **after minus before**, on the questions drawn. Return three numbers: the difference on all questions as they are (each once), and the 2.5% and 97.5% quantiles of the differences (`np.quantile`).


# %% question="06.bootstrap"
def paired_interval(before, after, rows):
    """Difference in accuracy and its 95% interval from bootstrap draws."""
    ### BEGIN SOLUTION
    gain = np.asarray(after, float) - np.asarray(before, float)
    draws = gain[np.asarray(rows)].mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return gain.mean(), low, high
    ### END SOLUTION


# %% [markdown]
# ## pass@k
#
# Write `pass_at_k(n, c, k)`. For each task, `n` samples were drawn and `c` of them were right (two lists, one entry a task; n may differ between tasks, and is at least `k`). Return the **unbiased** estimate of the chance that at least one of k answers is right, averaged over the tasks:
#
# $$1 - \binom{n-c}{k} \Big/ \binom{n}{k}$$
#
# for each task; where fewer than k samples were wrong, it is 1.


# %% question="06.pass_at_k"
def pass_at_k(n, c, k):
    """Mean over tasks of the unbiased estimate of pass@k."""
    ### BEGIN SOLUTION
    return float(
        np.mean([1 - math.comb(int(m) - int(r), k) / math.comb(int(m), k) for m, r in zip(n, c, strict=True)])
    )
    ### END SOLUTION


# %% [markdown]
# ## Is the cheaper model good enough?
#
# A large model is in use. A cheaper one answered the same questions; `large` and `small`, two arrays of equal length, hold 1 or 0 for each. The contract allows a loss of 2 percentage points of accuracy. In thousand euros:
#
# | decision | cost |
# |---|---|
# | `"swap"` to the cheaper model | 60 if more than 2 points are *truly* lost, otherwise nothing |
# | `"stay"` with the large one | 6: what the cheaper one would have saved |
# | `"ask more"` questions, then decide rightly | 2, plus the cheaper of the two |
#
# Write `replace_model(large, small)` that returns one of the three. There are 100 to 2,400 questions. Some pairs of models agree on nearly all of them, others disagree on half; before these questions any loss was as likely as any other. `swap_cases(rng, n)` makes such cases for you, with what each decision costs. You are scored on
# fresh cases by what your decisions cost *on average, given this evidence*, beyond the best possible ones on the same evidence, divided by the same for the best fixed answer ("ask more", always): full marks up to 0.05, half up to 0.065. The limit of time is 10 seconds for a set of 800 pairs.


# %% question="06.swap"
def replace_model(large, small):
    """One of "swap", "stay", "ask more"."""
    ### BEGIN SOLUTION
    lost = np.asarray(large, float) - np.asarray(small, float)
    error = max(lost.std(ddof=1), 1 / np.sqrt(len(lost))) / np.sqrt(len(lost))
    chance = stats.norm.cdf((lost.mean() - 0.02) / error)  # that more than 2 points are truly lost
    costs = {"swap": 60 * chance, "stay": 6, "ask more": 2 + 6 * chance}
    return min(costs, key=costs.get)
    ### END SOLUTION


# %% [markdown]
# ## Choose under limits
#
# Six candidates: `"S"`, `"M"`, `"L"`, and the same with documents, `"S+"`, `"M+"`, `"L+"`. Write `choose(models, limits)`. `models` is a dict from each name to what was measured:
#
# - `right` and `asked`: dicts from kind (`"popular"`, `"rare"`, `"new"`) to numbers of questions. The kinds are asked in proportion to the traffic.
# - `milliseconds`: a list of 60 single answers. Latencies are skewed: a few are long (their logarithms are normal).
# - `bill`: thousand euros a month, known exactly.
#
# `limits` has four entries: `milliseconds` (the *true 95th percentile* must not exceed it), `bill` (nor the bill this), `quality` (the *true* accuracy over all questions must reach it), `worst` (and the *true* accuracy of each single kind must reach this).
#
# | decision | thousand euros a month |
# |---|---|
# | a candidate | its bill, plus **80** for each of the four limits that it *truly* breaks |
# | `"none"` | **15**: people answer, as they do now |
#
# You may count `worst` once or once for each kind below it: it changes hardly any decision. Limits are often close to what the candidates can do, so a measured value on the right side of a limit is not yet a kept promise. `constraint_cases(rng, n)` makes such cases for you, with what each decision costs. Scored as in question <06.swap>: by what a decision costs *on average, given this evidence* (before anything was measured, every share was as likely as any other, and so was every level of latency and every spread); here the best fixed answer is "none". Full marks up to 0.115, half up to 0.135. The limit of time is 10 seconds for a set of 900 cases.


# %% question="06.choose"
def choose(models, limits):
    """Name of a candidate, or "none"."""
    ### BEGIN SOLUTION
    expected = {"none": 15.0}
    for name, model in models.items():
        right, asked = model["right"], model["asked"]
        hits = np.array([sum(right.values()), *right.values()])
        misses = np.array([sum(asked.values()), *(asked[kind] for kind in right)]) - hits
        bars = [limits["quality"]] + [limits["worst"]] * len(right)
        # chance that the true share lies below its bar, with one right and one wrong answer added
        below_bar, *below_worst = stats.beta.cdf(bars, hits + 1, misses + 1)
        logs = np.log(model["milliseconds"])
        spread = logs.std(ddof=1)
        slow = logs.mean() + 1.645 * spread
        error = spread * np.sqrt((1 + 1.645**2 / 2) / len(logs))
        too_slow = stats.norm.sf((np.log(limits["milliseconds"]) - slow) / error)
        too_dear = float(model["bill"] > limits["bill"])
        expected[name] = model["bill"] + 80 * (below_bar + max(below_worst) + too_slow + too_dear)
    return min(expected, key=expected.get)
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# M and L answered the same 400 questions behind the prompt of the product: M 88%, L 90%. M alone was right on 12 questions, L alone on 20. The paired 95% interval of L − M is −0.8 to +4.8 points. L costs three times as much. Which sentence would you say in the review?
#
# - **a** "The interval includes 0, so the two models are equally good on our questions. With equal quality the price decides, and L costs three times as much: we take M."
# - **b** "L is two points better on the same questions: it alone was right on 20, and M alone on 12. Quality comes first, even at three times the price, and so we take L."
# - **c** "Each score has an error of about 1.5 points, so their two intervals overlap. Nothing can be said about the difference from 400 questions, and we take neither yet."
# - **d** "L is between one point worse and five better, at three times the price. We take M unless two points are worth that to us, and ask more questions if five would be."


# %% question="06.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "d"
### END SOLUTION

# %% [markdown]
# ## Your artefact: the model comparison
#
# The cell below asks the three real models the desk's questions behind three recipes, scores them with *your* harness, counts *your* work, and draws what a decision needs: quality over the mix against work. The table beside it names the worst kind of each candidate, and *your* paired interval says how sure it is that L is better than M behind the same prompt. All three are kept for your portfolio.

# %%
from holdout import learner_rng
from holdout.lm import load, one_thread, open_book
from holdout.topics.model_choice.experiments import HelpDesk, PromptRecipe

one_thread()
desk = HelpDesk(open_book(), learner_rng(600), n=60)
mix = {"known": 0.4, "changed": 0.1, "added": 0.15, "not documented": 0.1, "as call": 0.15, "as arrow": 0.1}
rows, replies = [], {}


def remembered(model, name):
    """The model's answers, kept for the comparison of M and L behind the last recipe."""

    def complete(prompts):
        replies[name] = model.complete(prompts)
        return replies[name]

    return complete


try:
    for name in ("S", "M", "L"):
        model = load(name)
        for recipe in (
            PromptRecipe(ask=True),
            *(PromptRecipe(ask=True, documents=k, examples=1) for k in (1, 3)),
        ):
            items = [vars(item) | {"kind": item.slice} for item in desk.evaluation_set(recipe).items]
            accuracy = harness(remembered(model, name), items)
            shape = model.config
            sizes = (shape.width, shape.hidden, shape.layers, shape.vocabulary)
            counted = {
                kind: np.mean(
                    [
                        work(*sizes, len(item["prompt"].split()), len(item["answer"].split()))
                        for item in items
                        if item["kind"] == kind
                    ]
                )
                for kind in mix
            }
            rows.append(
                {
                    "model": name,
                    "recipe": str(recipe),
                    "quality": sum(mix[kind] * accuracy[kind] for kind in mix),
                    "worst kind": min(mix, key=accuracy.get),
                    "worst": min(accuracy[kind] for kind in mix),
                    "million multiplications": sum(mix[kind] * counted[kind] for kind in mix) / 1e6,
                }
            )
    comparison = pd.DataFrame(rows)
    middle, large = (
        np.array(
            [
                reply.split() == item["answer"].split()
                for reply, item in zip(replies[name], items, strict=True)
            ]
        )
        for name in ("M", "L")
    )
    drawn = learner_rng(601).integers(0, len(items), (2000, len(items)))
    gain, low, high = paired_interval(middle.astype(int), large.astype(int), drawn)
except NotImplementedError:
    comparison = None
    print(
        "This figure needs your harness (question <06.harness>), your work (question <06.work>) and your interval (question <06.bootstrap>)."
    )
if comparison is not None:
    from holdout import keep

    figure, ax = plt.subplots(figsize=(7.5, 4.2))
    for role, (name, group) in zip(
        ("neutral", "accent", "validation"), comparison.groupby("model", sort=False), strict=True
    ):
        (curve,) = ax.plot(group["million multiplications"], group["quality"], **style.marked(role))
        axes.label_end(ax, curve, name)
        for x, y, number in zip(group["million multiplications"], group["quality"], (0, 1, 3), strict=True):
            ax.annotate(
                number,
                (x, y),
                xytext=(0, -13),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=9,
            )
    ax.set(
        xscale="log",
        xlim=(0.3, 14),
        ylim=(0.4, 1.0),
        xlabel="million multiplications an answer",
        ylabel="accuracy over the mix",
        title="Behind 0, 1 and 3 documents",
    )
    ax.set_xticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    ax.set_xticks([], minor=True)
    best = comparison.loc[comparison["quality"].idxmax()]
    keep(
        "06",
        "model comparison",
        figure=figure,
        table=comparison.round(3),
        numbers={
            "right answers over the mix, best model and prompt": best["quality"],
            "right answers of the same on its weakest kind of question": best["worst"],
            "L minus M behind 3 documents, same questions": gain,
            "the same, lower end of the 95% interval": low,
            "the same, upper end": high,
        },
    )
    print(
        f"L - M behind 3 documents, on the same {len(items)} questions: {100 * gain:+.1f} points, "
        f"95% interval {100 * low:+.1f} to {100 * high:+.1f}."
    )

# %% [markdown]
# ## Memo (graded by a person)
#
# Your head of department: *"The vendor says L is the best model. Budget is there. Just take L."* Answer in at most 120 words, with numbers from your comparison.
#
# How it will be read: **one point each** for (1) which candidate (model *and* recipe) you propose, with quality and work; (2) what L would add, and how sure that is; (3) the kind of question that stays weak, and what you do about it; (4) what would change your mind.

# %% [markdown] memo="06.memo" points=4
# ### BEGIN SOLUTION
# I propose M behind a prompt that asks for the format, gives three documents and one example: about 96% over our mix, as L reaches behind the same prompt, for a third of L's work. S stays below nine in ten, because it hardly follows this example's format. Without documents L is no better than S: it does not know the new release.
# What L adds is not shown: behind the same three documents, on the same 356 questions, the paired interval of L minus M includes 0 and ends below five points. The weak kind is questions that no document answers: documents made it worse. We show "unknown" more often (a threshold), and count those questions. I would change my mind if a larger, paired set showed two points
# or more at our traffic, if L's price fell below twice that of M, or if another example brought S above the bar.
# ### END SOLUTION
