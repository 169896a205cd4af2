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
# # Exercise 12 · A model that eats its own output
#
# In the next hour you write one generation of the loop, the metrics that see it, and two rules that decide: which part of a corpus dies first, and whether the archive of real texts pays.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 12; for <12.factor> its [deeper notebook](../../lessons/deeper/12-a-model-that-eats-its-own-output.ipynb). **After:** you can say what a loop loses first, and whether keeping the real texts pays.
#
# - Each question has one cell to write in and one cell below it that checks. Run the check as often as you like.
# - Stuck? Run `hint("12.generation")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.
# - *Replacement*: trained on the newest output only. *Accumulation*: on everything so far, the real data included.

# %% tags=["setup"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from holdout import check, hint
from holdout.figures import axes, style
from holdout.stats.distributions import zipf
from holdout.topics.collapse.experiments import token_chain

style.use()

# %% [markdown]
# ## One generation
#
# `tokens` is a list of token numbers (0 to `vocabulary` − 1) that the last generation wrote. Write `next_distribution(tokens, vocabulary)` that returns the probabilities of the next generation: the share of each token, in the order of
# their numbers, a list or array of length `vocabulary` (`tokens` is never empty). What was not written has probability 0 (no smoothing: it would hide what we look for).


# %% question="12.generation"
def next_distribution(tokens, vocabulary):
    """Share of each token, length `vocabulary`."""
    ### BEGIN SOLUTION
    return np.bincount(tokens, minlength=vocabulary) / len(tokens)
    ### END SOLUTION


# %% [markdown]
# ## How many are left?
#
# Write `alive_after(p, samples)`: the expected number of *different* tokens among `samples` independent draws (at least 1) from the probabilities `p`, an array in which some may be 0. Exactly, without simulation.


# %% question="12.alive"
def alive_after(p, samples):
    """Expected number of different tokens."""
    ### BEGIN SOLUTION
    return np.sum(1 - (1 - p) ** samples)
    ### END SOLUTION


# %% [markdown]
# ## Three numbers about a generation
#
# `real` and `p` are probabilities of the same tokens, sorted by their *real* rank, the most frequent first. The tail are the tokens from position `tail_from` on (positions count from 0).
# Write `report(real, p, tail_from)` that returns three numbers:
#
# 1. tail support: of the tail's tokens with `real` > 0 (there is at least one), the share that `p` can still write;
# 2. tail mass: what `p` puts on all positions of the tail, also on tokens with `real` = 0 (a model may invent some);
# 3. diversity: $1-\sum p^2$ over all tokens.


# %% question="12.report"
def report(real, p, tail_from):
    """(tail support, tail mass, diversity)"""
    ### BEGIN SOLUTION
    tail = real[tail_from:] > 0
    return np.mean(p[tail_from:][tail] > 0), p[tail_from:].sum(), 1 - np.sum(p**2)
    ### END SOLUTION


# %% [markdown]
# ## What is the next model trained on?
#
# `generations` is a list of lists of rows; the first list is real, the last is the newest (they are the same list where there is only one). A row may occur several times; each copy counts. Write `training_rows(generations, mode, budget)` that returns a list and leaves `generations` as it is:
#
# - `"replace"`: the newest list;
# - `"accumulate"`: all rows, in order;
# - `"fixed budget"`: `budget` rows spread evenly over all $N$ rows in order: those at positions $\lfloor iN/\text{budget} \rfloor$ for $i = 0, \dots, \text{budget}-1$. ($N$ is at least `budget`. A real pipeline draws at random; evenly can be checked.)


# %% question="12.rows"
def training_rows(generations, mode, budget):
    """Rows that the next model is trained on."""
    ### BEGIN SOLUTION
    if mode == "replace":
        return list(generations[-1])
    rows = [row for generation in generations for row in generation]
    if mode == "accumulate":
        return rows
    return [rows[i * len(rows) // budget] for i in range(budget)]
    ### END SOLUTION


# %% [markdown]
# ## The published factor
#
# Linear regression on labels of the model before, as in the deeper notebook. Write `error_factor(mode, n)`: by what the error of *one* fit is multiplied after the $n$-th fit (the first fit, to real data, is $n = 1$), for `"replace"` and for `"accumulate"` with
# the same inputs each time. The exact factor, not its bound.


# %% question="12.factor"
def error_factor(mode, n):
    """Error after n fits over that of one fit."""
    ### BEGIN SOLUTION
    return n if mode == "replace" else sum(1 / i**2 for i in range(1, n + 1))
    ### END SOLUTION


# %% [markdown]
# ## Name the first thing to die
#
# A corpus of `corpus["samples"]` tokens per generation, replaced each time, for `corpus["generations"]` generations, of which the first is written from the real corpus. It has four groups of tokens, `corpus["groups"]`: a dict from name (`"a"` to `"d"`) to a dict with
#
# - `"mass"`: the probability that a token of the corpus belongs to the group (the rest is other text),
# - `"tokens"`: how many different tokens share this mass evenly,
# - `"fresh"`: how many *real* copies of **each** of the group's tokens somebody adds to the `samples` tokens of every generation after they were written, the last one included: a Poisson number with this mean, 0 for some groups.
#
# Write `first_to_die(corpus)` that returns the name of the group with the smallest expected share of its tokens still alive in the end. Naming another group costs the difference of the two shares; your score is the sum of these costs (regret), where 1 is
# as bad as the best name that is always the same. Full marks at 0.05 or less, half at 0.10. (Rules that use all five numbers reach 0.01.)


# %% question="12.first_to_die"
def first_to_die(corpus):
    """Name of the group that keeps the smallest share of its tokens."""

    ### BEGIN SOLUTION
    def alive(group):
        copies = corpus["samples"] * group["mass"] / group["tokens"]
        extinct, dead = 0.0, 1.0
        for _ in range(corpus["generations"]):
            dead *= np.exp(-group["fresh"] * (1 - extinct))
            extinct = np.exp(extinct - 1)
        return 1 - dead * np.exp(copies * np.log(extinct))

    return min(corpus["groups"], key=lambda name: alive(corpus["groups"][name]))
    ### END SOLUTION


# %% [markdown]
# ## Does the archive pay?
#
# A team replaced its texts for some generations. You see `evidence`:
#
# - `"start"` and `"now"`: lists of dicts `{"read": number of texts read, "distinct_tail": [one count for each of 4 chains]}`, by increasing `"read"`. The chains started from different texts, one with a far longer tail than the others, and lost different shares. Not both lists go equally far, but they share at least one value of `"read"`;
# - `"tail_mass_start"`, `"tail_mass_now"`, `"correct_now"`: shares, as in the weekly report;
# - `"price"`: euros for each percent lost of all tail tokens of the four chains together; `"archive"`: euros for bringing back the archive of real texts, which restores all four tails completely.
#
# What counts is the *true* share lost since the start, measured with equal reading at the largest `"read"` that both lists share. Write `archive_pays(evidence)` that returns `"archive"` or `"replace"` (go on). `"archive"` costs `evidence["archive"]`, `"replace"` costs price times percent lost.
# Regret as above: full marks at 0.09 or less, half at 0.12. (A rule that reads the right numbers reaches 0.02.) Your function gets 10 s for a set of up to 400 cases, here and in question <12.first_to_die>.


# %% question="12.archive"
def archive_pays(evidence):
    """ "archive" or "replace"."""
    ### BEGIN SOLUTION
    start = {row["read"]: sum(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: sum(row["distinct_tail"]) for row in evidence["now"]}
    read = max(set(start) & set(now))
    lost = 100 * (1 - now[read] / start[read])
    return "archive" if evidence["price"] * lost > evidence["archive"] else "replace"
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# After eight generations of replacement: sentences correct 0.97 (at the start 0.86), tail mass as at the start, tail facts 12 (at the start 104, equally many texts read). Which sentence would you say?
#
# - **a** "Correctness went up and the mass of the tail held, so nothing was lost. Training on our own output improves the model; I would go on without the archive."
# - **b** "It is right more often, and eight of nine tail facts are gone, because new texts replaced the real ones. I would train on the archive and the new texts together."
# - **c** "Eight of nine tail facts are gone, because the model read texts that a model wrote. I would keep generated text out of every training set, whatever else is in."
# - **d** "Eight of nine tail facts are gone after eight generations: the model has collapsed. Nothing it writes can be used, and I would go back to the first model."


# %% question="12.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "b"
### END SOLUTION

# %% [markdown]
# ## Your artefact: the tail over generations
#
# The cell below runs *your* `report` on a chain of replacement and one of accumulation, draws it, and keeps it for your portfolio. (Accumulation counts more tokens each generation: not matched in compute.)

# %%
from holdout import learner_rng

real = zipf(500)
try:
    reports = {
        mode: [report(real, p, 250)[0] for p in token_chain(real, 1000, 15, learner_rng(1), mode=mode)]
        for mode in ("replace", "accumulate")
    }
except NotImplementedError:
    reports = None
    print("This figure needs your report from question <12.report>.")
if reports is not None:
    from holdout import keep

    figure, ax = plt.subplots(figsize=(7, 3.2))
    for role, (mode, values) in zip(("leak", "test"), reports.items(), strict=True):
        (curve,) = ax.plot(values, **style.marked(role))
        axes.label_end(ax, curve, mode)
    ax.set(xlabel="generation", ylabel="tail support", ylim=(0, 1.05))
    left = {
        "share of the tail still written, own texts only": reports["replace"][-1],
        "share of the tail still written, real texts kept": reports["accumulate"][-1],
    }
    keep("12", "tail over generations", figure=figure, numbers=left)

# %% [markdown]
# ## Memo (graded by a person)
#
# The owner of the corpus writes: *"Quality has been steady for six retrainings on our own texts. Why should I pay for an archive?"* Answer in at most 150 words.
#
# How it will be read: **one point each for** (1) which number would see the loss, at equal reading; (2) replacement against accumulation, with what is and is not matched in compute; (3) precise language: partial, tail-first; (4) a decision with its price.

# %% [markdown] memo="12.memo" points=4
# ### BEGIN SOLUTION
# Steady quality is what we would see in either case: it measures what the model writes, not what it no longer writes. I would count different tail facts, at equal numbers of texts read, over at least three chains, against the first real corpus. In our recorded runs replacement lost most of them while most sentences stayed correct: a partial, tail-first loss.
# Accumulating, with the real texts in, kept far more at the same number of training steps. That is one small model; we repeat it on ours, with a fixed budget, so that nobody says it was the larger corpus. The archive costs 150 € per month; it pays if the lost tail makes more tickets than that. Decision: keep the archive now, count the tail each generation, and drop it if two quarters show no loss.
# ### END SOLUTION
