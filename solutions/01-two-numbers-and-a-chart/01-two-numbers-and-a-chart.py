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
# # Exercise 01 · Two numbers and a chart
#
# A colleague sends you one number: *94%*. In the next hour you write the small tools that turn such a number into a decision: a split
# that can be trusted, a gap with its uncertainty, a learning curve with its band, and three rules that decide under stated costs.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 01. **After:** you can say what is the matter with a model, and whether you know enough to say so.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as
#   often as you like.
# - Stuck? Run `hint("01.gap")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.
# - Terms are those of the lesson: the **gap** is how much better a model does on the rows it was fitted on; the **noise floor** is the error of the best
#   possible model; a **repeat** is the whole study done again with another seed.

# %% tags=["setup"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit, train_test_split

from holdout import check, hint
from holdout.data.polynomials import fit_polynomial
from holdout.figures import axes, style

style.use()

# %% [markdown]
# ## Three sets that never meet
#
# Write `three_way_split(labels, rng)`. It gets the labels of all rows (an array of 0 and 1) and a NumPy generator, and returns three arrays of
# row positions `(train, validation, test)`:
#
# - 60%, 20% and 20% of the rows of each class, each to within one row (five does not divide the classes; nobody minds which set gets the odd row);
# - every row in exactly one of the three;
# - in each set the same share of ones as in all rows, to within one row (that is what *stratified* means);
# - drawn at random with `rng` and with nothing else: another generator gives another split, a generator in the same state gives the same one. (scikit-learn wants a whole number as `random_state`:
#   `int(rng.integers(2**31))` draws one.)


# %% question="01.split"
def three_way_split(labels, rng):
    """Row positions of a stratified 60/20/20 split: (train, validation, test)."""
    ### BEGIN SOLUTION
    rows = np.arange(len(labels))
    train, rest = train_test_split(
        rows, train_size=0.6, stratify=labels, random_state=int(rng.integers(2**31))
    )
    validation, test = train_test_split(
        rest, train_size=0.5, stratify=labels[rest], random_state=int(rng.integers(2**31))
    )
    return train, validation, test
    ### END SOLUTION


# %% [markdown]
# ## A gap, and how sure you are of it
#
# A study was repeated with several splits. You have two arrays of *accuracies* (higher is better), one entry a repeat:
# `train_scores` and `validation_scores`; entry $i$ of both comes from the same split.
#
# Write `generalization_gap(train_scores, validation_scores)` that returns two numbers:
#
# 1. the mean gap, where gap = training − validation, so that a *positive* gap means that the model does better on what it has seen;
# 2. the standard error of that mean: how much the mean would vary if the whole study were done again.
#
# Take the variance that divides by $n-1$.


# %% question="01.gap"
def generalization_gap(train_scores, validation_scores):
    """Mean gap over repeats and the standard error of that mean."""
    ### BEGIN SOLUTION
    gaps = np.asarray(train_scores) - np.asarray(validation_scores)
    return gaps.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps))
    ### END SOLUTION


# %% [markdown]
# ## How flattering is the training error?
#
# For least squares with $d$ coefficients (the intercept is one of them), $N$ rows and noise of standard deviation $\sigma$, where the model can express the truth, the lesson
# measured three mean squared errors and found the textbook's formulas:
#
# - on the **training** rows: $\sigma^2 (1 - d/N)$;
# - **in-sample**, on new targets at the same inputs: $\sigma^2 (1 + d/N)$;
# - their difference is the **optimism** of the training error.
#
# Write `optimism(d, sigma, n)` that returns the optimism: what is to be added to a training error to undo its flattery.


# %% question="01.optimism"
def optimism(d, sigma, n):
    """By how much the training error of least squares is too small, on average (mean squared error)."""
    ### BEGIN SOLUTION
    return 2 * d * sigma**2 / n
    ### END SOLUTION


# %% [markdown]
# ## A learning curve with a band
#
# Write `learning_curve(x, y, degree, train_sizes, n_validation, seeds)`. For each seed:
#
# 1. draw one order of the rows: `np.random.default_rng(seed).permutation(len(x))`;
# 2. the *last* `n_validation` rows of that order are the validation set of this repeat;
# 3. for each size in `train_sizes`, fit `fit_polynomial(x_train, y_train, degree)` on the *first* `size` rows of the order (a fitted polynomial is called like a
#    function: `model(x)`), and take the mean squared error on these rows and on the validation rows.
#
# Return a dict with three arrays, one entry a size: `"train"` and `"validation"` (means over the seeds) and `"standard_error"` (of the validation mean; variance
# with $n-1$).


# %% question="01.learning_curve"
def learning_curve(x, y, degree, train_sizes, n_validation, seeds):
    """Mean training and validation error by training size, with the standard error of the latter."""
    ### BEGIN SOLUTION
    train = np.empty((len(train_sizes), len(seeds)))
    validation = np.empty((len(train_sizes), len(seeds)))
    for column, seed in enumerate(seeds):
        order = np.random.default_rng(seed).permutation(len(x))
        held_out = order[-n_validation:]
        for row, size in enumerate(train_sizes):
            fitted_on = order[:size]
            model = fit_polynomial(x[fitted_on], y[fitted_on], degree)
            train[row, column] = np.mean((y[fitted_on] - model(x[fitted_on])) ** 2)
            validation[row, column] = np.mean((y[held_out] - model(x[held_out])) ** 2)
    return {
        "train": train.mean(axis=1),
        "validation": validation.mean(axis=1),
        "standard_error": validation.std(axis=1, ddof=1) / np.sqrt(len(seeds)),
    }
    ### END SOLUTION


# %% [markdown]
# ## Which model, and which number do you report?
#
# You tried several models. Three arrays hold their mean squared errors (lower is better), one entry a model: on the training set, on the validation
# set, and on the test set, which somebody computed for all of them "to save time".
#
# Write `choose_and_report(train_errors, validation_errors, test_errors)` that returns the position of the model you choose and the
# error that you report for it. The number you report must be an honest estimate of how the chosen model will do on new rows.


# %% question="01.report"
def choose_and_report(train_errors, validation_errors, test_errors):
    """Position of the chosen model and the error to report for it."""
    ### BEGIN SOLUTION
    chosen = int(np.argmin(validation_errors))
    return chosen, test_errors[chosen]
    ### END SOLUTION


# %% [markdown]
# ## Diagnose
#
# Now the judgement of the lesson as a function. `diagnose(curve)` gets a dict with the evidence of one study, in mean squared errors
# (lower is better; the unit differs from study to study):
#
# | entry | what it is |
# |---|---|
# | `train_sizes` | rows fitted on, increasing |
# | `train_scores`, `validation_scores` | arrays of shape (sizes, repeats) |
# | `n_validation` | validation rows in one repeat |
# | `noise_floor` | error of the best possible model, or `None` where nobody knows it |
#
# and returns one of four words:
#
# - `"underfitted"`: at the largest size the error is at least 15% above the noise floor, at least four fifths of this because the model cannot express the truth;
# - `"overfitted"`: at least 15% above the floor, at least four fifths of this because the fit follows the noise of its rows;
# - `"well-fitted"`: within 5% of the floor, which is then known;
# - `"not enough evidence"`: the scores vary so much from repeat to repeat that their mean may lie on either side of your line, or the floor is unknown and the curves alone cannot decide.
#
# No study has an error between 5 and 15% above its floor, so draw your line near 10%; a floor is sometimes unknown (`None`), and you may not invent one. Not every study
# without a floor is undecidable: ask what the two curves say when they are compared with each other.
# In 60 of 150 studies the evidence is not enough (in half of these the floor is unknown); 40 are overfitted, 30 underfitted, 20 well-fitted. You are scored on fresh studies whose cause is known, because they are simulated:
# full marks need 134 of 150 right, half of them 133. The limit of time is 10 seconds for a set of 150 studies.


# %% question="01.diagnose"
def diagnose(curve):
    """One of "underfitted", "overfitted", "well-fitted", "not enough evidence"."""
    ### BEGIN SOLUTION
    train = np.asarray(curve["train_scores"])[-1]
    validation = np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    standard_error = validation.std(ddof=1) / np.sqrt(len(validation))
    gaps = validation - train
    gap_is_large = gaps.mean() > 0.3 * level
    floor = curve["noise_floor"]
    if floor is None:
        # without the floor only the gap can speak: a model that misses structure and one on noisy data look alike
        return "overfitted" if gap_is_large else "not enough evidence"
    excess = level / floor - 1
    uncertainty = standard_error / floor
    if abs(excess - 0.10) < 2 * uncertainty:
        return "not enough evidence"
    if excess < 0.10:
        return "well-fitted"
    return "overfitted" if gap_is_large else "underfitted"
    ### END SOLUTION


# %% [markdown]
# ## It scored 94%. Ship it?
#
# The contract allows an error rate of at most `limit`. On a test set of `n` rows, used once, your model made `errors` errors. Nothing else is known of the true error rate: before the test every rate
# was as likely as any other. Decide, in thousands of euros:
#
# | decision | the true error rate is within the limit | it is above |
# |---|---|---|
# | `"ship"` | 0 | 25 |
# | `"wait"` (do not ship) | 2 | 0 |
# | `"measure"` (buy a large test set, then decide rightly) | 1 | 1 |
#
# Write `ship(errors, n, limit)` that returns one of the three words. You are scored on fresh cases by what your decisions cost *on average, given
# this evidence*, beyond the best decisions on the same evidence: being lucky does not help, being unlucky does not hurt. The scale is **relative regret**: 0 is the best possible, 1 is the best *constant* decision. 0.05 earns full marks, 0.085 half; test sets are small and large (at the limit 10 to 400 errors are expected); the limit of time is 10 seconds for a set of 1,000 offers.


# %% question="01.ship"
def ship(errors, n, limit):
    """One of "ship", "wait", "measure"."""
    ### BEGIN SOLUTION
    rate = (errors + 1) / (n + 2)
    standard_error = np.sqrt(rate * (1 - rate) / n)
    distance = (limit - rate) / standard_error
    if distance > 1.75:  # a chance of 1/25 that the model is bad costs as much as measuring
        return "ship"
    if distance < 0:  # a chance of 1/2 that it is good
        return "wait"
    return "measure"
    ### END SOLUTION


# %% [markdown]
# ## Flights: more days, a more flexible model, or neither?
#
# Real flights out of New York in 2013: nobody knows the floor, and every further day of labelled flights costs money. A team forecasts with a tree whether a flight will be late. `invest(study)` gets a dict:
#
# | entry | what it is |
# |---|---|
# | `days` | array of three numbers of training days, each twice the one before; the last is all that the team has |
# | `scores` | array of shape (3, repeats): Brier score of the tree on held-out days (lower is better). In each repeat other days were held out |
# | `flexible` | array of shape (repeats,): the same for a more flexible model, with all days that the team has, in the same repeats |
# | `more_days` | days on offer, to be added to those that the team has: half of their number, or twice their number |
# | `value` | euros that a Brier score lower by 0.001 is worth |
# | `price_per_day`, `price_flexible` | euros for each of these days (all or none are bought); euros for the more flexible model |
#
# Write `invest(study)` that returns the one project that pays most, `"days"` (the same tree, more days) or `"flexible"` (the more flexible model, the same days), or `"neither"` if none is worth its price. A project may gain less than nothing; where two decisions pay the same, either is right.
#
# The curves flatten: on average over these studies the next doubling of the days gains about half of what the last one gained, as for errors of the form $a + b/n$ with $n$ days. Single studies scatter.
#
# You are scored on 5,000 fresh studies by what your decisions bring, in euros. What a project gains is its mean over 12 repeats, of which you see four to seven. The scale is again relative regret: 0 is the best possible, 1 the best *constant* decision. 0.21 earns full
# marks, 0.24 half; the limit of time is 10 seconds for a set.


# %% question="01.flights"
def invest(study):
    """One of "days", "flexible", "neither"."""
    ### BEGIN SOLUTION
    scores, days_now, more_days = np.asarray(study["scores"]), study["days"][-1], study["more_days"]
    last_doubling = np.mean(scores[1] - scores[2])
    gain_of_days = last_doubling * more_days / (days_now + more_days)
    gain_of_flexible = np.mean(scores[2] - study["flexible"])
    pays = {
        "neither": 0,
        "days": 1000 * gain_of_days * study["value"] - more_days * study["price_per_day"],
        "flexible": 1000 * gain_of_flexible * study["value"] - study["price_flexible"],
    }
    return max(pays, key=pays.get)
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# Ten repeats gave: training error 0.096, validation error 0.104 ± 0.002 (standard error), noise floor 0.100, and the curve has been flat over the last two sizes.
# Which sentence would you say in the review?
#
# - **a** "The error is 4% above the floor and the curve is flat, so rows or tuning can win little; the gap is what every fit shows. I would ship, or add better inputs."
# - **b** "The gap between training and validation is four standard errors wide, so the model is overfitted. I would add a penalty until the two errors meet, and ship then."
# - **c** "The training error lies below the noise floor, which no honest model can reach. Some rows must be in both sets: I would look for this leak before anything else."
# - **d** "Validation gives 0.104 and training 0.096, so on average the model makes an error of 0.100. That is exactly the floor: nothing is left to win, and I would ship it."


# %% question="01.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "a"
### END SOLUTION

# %% [markdown]
# ## Your artefact: one annotated learning curve
#
# The cell below draws a learning curve (degree 9, 600 rows in all) with *your* function from question <01.learning_curve> and keeps it for your portfolio. The 20 repeats share the 600 rows, so the band is narrower than
# that of 20 new tables would be. Write your diagnosis in one sentence into the memo
# further down; the figure and the memo belong together.

# %%
from holdout import learner_rng

rng = learner_rng(8)
x = rng.uniform(-1, 1, 600)
y = np.sin(1.5 * np.pi * x) + 0.4 * rng.normal(size=600)
sizes = [60, 80, 120, 200, 400]
try:
    curve = learning_curve(x, y, 9, sizes, 200, list(range(20)))
except NotImplementedError:
    curve = None
    print("This figure needs your learning_curve from question <01.learning_curve>.")
if curve is not None:
    from holdout import keep

    figure, ax = plt.subplots(figsize=(7, 4))
    for role, name in (("train", "training"), ("validation", "validation")):
        (drawn,) = ax.plot(sizes, curve[role], **style.marked(role))
        axes.label_end(ax, drawn, name)
    band = 2 * np.asarray(curve["standard_error"])
    low, high = np.asarray(curve["validation"]) - band, np.asarray(curve["validation"]) + band
    ax.fill_between(sizes, low, high, alpha=0.2, color=style.COLORS["validation"])
    floor = ax.axhline(0.4**2, **style.line("truth"))
    ax.text(125, 0.4**2 - 0.045, "dotted: noise floor 0.16", color=floor.get_color())
    ax.set(xlabel="training rows", ylabel="mean squared error", xscale="log", ylim=(0, 0.4))
    ax.set_xticks(sizes, [str(size) for size in sizes], minor=False)
    ax.minorticks_off()
    keep(
        "01",
        "learning curve",
        figure=figure,
        numbers={
            f"validation error with {sizes[-1]} training rows": curve["validation"][-1],
            "standard error of this validation error": curve["standard_error"][-1],
            "noise floor, the least possible error": 0.4**2,
        },
    )
    for size, train, validation, error in zip(
        sizes, curve["train"], curve["validation"], curve["standard_error"], strict=True
    ):
        print(f"{size:>4} rows: training {train:.3f}, validation {validation:.3f} ± {error:.3f}")

# %% [markdown]
# ## Memo (graded by a person)
#
# Your team lead asks about the model of the figure above: *"Is it any good, and should we pay 3,000 euros for 300 more labelled rows?"* Answer in at most 120 words, with numbers from your figure.
#
# How it will be read: **one point each** for (1) the error with its uncertainty and beside the noise floor; (2) what is the matter, if anything, and the evidence for it; (3) what 300 more rows would
# change, in numbers or a clear direction; (4) a decision, with what would change your mind.

# %% [markdown] memo="01.memo" points=4
# ### BEGIN SOLUTION
# With 400 rows the validation error is 0.168 ± 0.003 (the repeats share rows, so rather more than that), against a noise floor of 0.160: about 5% are left to win. Training error is 0.156, the gap 0.012 and closing
# with every step: what is left is the variance of a flexible fit, not a model that misses structure. It is close to well-fitted. That part shrinks like one over the rows: 300 more rows should win about
# 0.16 · 10 · (1/400 − 1/700), which is 0.002. I would not pay 3,000 euros for that. I would change my mind if 0.001 were worth more than 1,500 euros, or if the rows that we serve differ from these.
# ### END SOLUTION
