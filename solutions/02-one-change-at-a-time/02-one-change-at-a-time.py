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
# # Exercise 02 · One change at a time
#
# The team tries many things, and every change looks good to its author. In the next hour you write the tools that tell an effect from the luck of a seed, and two rules
# that decide under stated costs: whether to merge a change, and which remedy to try next.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 02. **After:** you can say which change to keep, which one to try next, and how you know.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as
#   often as you like.
# - Stuck? Run `hint("02.one_se")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.
# - Terms are those of the lesson. All scores here are **errors or costs: lower is better**. An **effect** is variant minus baseline, so a *negative* effect is an improvement. Variances divide by $n-1$.

# %% tags=["setup"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import norm, t

from holdout import check, hint
from holdout.figures import style
from holdout.topics.remedies.cases import make_clear_cases
from holdout.topics.remedies.experiments import REMEDIES, simulate_ablation

style.use()

# %% [markdown]
# ## The simplest candidate that is not clearly worse
#
# `errors` is an array of shape (repeats, candidates): validation errors, candidates ordered from the simplest to the most complex.
#
# Write `one_standard_error(errors)` that returns the position of the simplest candidate whose *mean* error is at most the least mean error plus one standard error. The standard
# error is that of the *best* candidate's mean over the repeats: one limit for all. Where several share the least mean exactly, the simplest of them is the best. There are at least two repeats. Take the variance that divides by $n-1$ (everywhere in this exercise). Positions count from 0.


# %% question="02.one_se"
def one_standard_error(errors):
    """Position of the simplest candidate within one standard error of the best."""
    ### BEGIN SOLUTION
    mean = errors.mean(axis=0)
    best = mean.argmin()
    limit = mean[best] + errors[:, best].std(ddof=1) / np.sqrt(len(errors))
    return int(np.flatnonzero(mean <= limit)[0])
    ### END SOLUTION


# %% [markdown]
# ## An ablation table
#
# `scores` is a DataFrame with one row a seed. Column `"baseline"` and one column for each variant, in any order; the same seed means the same split for all.
#
# Write `ablation(scores)` that returns a dict: variant to a pair (mean effect, standard error of that mean). Use what the columns of a seed have in common: the comparison is paired. The baseline itself is not in the dict.


# %% question="02.ablation"
def ablation(scores):
    """Variant -> (mean effect, standard error), on paired seeds."""
    ### BEGIN SOLUTION
    table = {}
    for variant in scores.columns.drop("baseline"):
        difference = scores[variant] - scores["baseline"]
        table[variant] = (difference.mean(), difference.std(ddof=1) / np.sqrt(len(scores)))
    return table
    ### END SOLUTION


# %% [markdown]
# ## Find the confounded runs
#
# `log` is a list of runs, each a dict with `"name"`, `"settings"` (a dict) and `"error"`. The first run is the baseline. Every other run *claims* to have changed one thing of the baseline, and its name says which
# (one name in the log may be wrong: only the settings count). All runs list the
# same six settings, not always in the same order; nothing else differed.
#
# Write `confounded(log)` that returns the set of names of the runs that differ from the baseline in more than one setting. The split and the seeds are settings, too.


# %% question="02.confounded"
def confounded(log):
    """Names of the runs that changed more than one setting of the baseline."""
    ### BEGIN SOLUTION
    baseline = log[0]["settings"]
    return {
        run["name"]
        for run in log[1:]
        if sum(run["settings"][knob] != baseline[knob] for knob in baseline) > 1
    }
    ### END SOLUTION


# %% [markdown]
# ## Do two changes interact?
#
# `scores` has one row a seed and four columns: `"baseline"`, `"a"`, `"b"` and `"both"` (a and b together).
#
# If the changes did not interact, the effect of both would be the sum of their effects. Write `interaction(scores)` that returns two numbers: by how much the mean effect of both exceeds that sum (positive:
# together they are worse than their sum), and the standard error of this number on paired seeds.


# %% question="02.interaction"
def interaction(scores):
    """How much worse both are together than the sum of their effects, and its standard error."""
    ### BEGIN SOLUTION
    extra = scores["both"] - scores["a"] - scores["b"] + scores["baseline"]
    return extra.mean(), extra.std(ddof=1) / np.sqrt(len(scores))
    ### END SOLUTION


# %% [markdown]
# ## Verdicts on real flights
#
# `flights` is a DataFrame with one row for each flight: `day` (of the year 2013), `late` (1 or 0), `baseline`, and one column for each change. `baseline` and the changes are predicted risks of real models,
# all on the same flights; none of them learned from these days. The score is the mean squared difference between predicted risk and outcome (Brier score; lower is better).
#
# Flights of one day share its weather. Another sample would be other *days*, so a day is one observation, and its flights are not independent.
#
# Write `verdicts(flights)` that returns a dict: change to `"better"`, `"worse"` or `"not shown"`. Judge by a 95% interval of the effect, paired flight by flight, with days as the units. No interval ends near 0: a
# t-interval of daily means, a formula for clusters and a bootstrap over days lead to the same verdicts.


# %% question="02.flights"
def verdicts(flights):
    """Change -> "better", "worse" or "not shown", with days as the units."""
    ### BEGIN SOLUTION
    loss_before = (flights["baseline"] - flights["late"]) ** 2
    table = {}
    for change in flights.columns.drop(["day", "late", "baseline"]):
        effect = (flights[change] - flights["late"]) ** 2 - loss_before
        daily = effect.groupby(flights["day"]).mean()
        mean, reach = daily.mean(), t.ppf(0.975, len(daily) - 1) * daily.sem()
        if abs(mean) <= reach:
            table[change] = "not shown"
        else:
            table[change] = "better" if mean < 0 else "worse"
    return table
    ### END SOLUTION


# %% [markdown]
# ## The peak
#
# Least squares with `n` rows and `p` standard normal features, no penalty; where many fits are exact, the one with the smallest coefficients. The squared length of the true coefficients is $r^2$ (`signal`), the
# variance of the noise is $s^2$ (`noise`): both are squares already. The lesson gave the mean excess risk:
#
# - below the peak, $p < n-1$: $\;s^2 p/(n-p-1)$;
# - beyond it, $p > n+1$: $\;r^2 (1-n/p) + s^2 n/(p-n-1)$;
# - in between it is infinite.
#
# Write `worst_rows(p, sizes, signal, noise)`. You have `p` features and may buy a training set of any of the `sizes` (a list of numbers of rows). Return the size, a number of rows, with the *largest*
# mean excess risk; if several are infinite, the smallest of these sizes. The list is in no order.


# %% question="02.peak"
def worst_rows(p, sizes, signal, noise):
    """The number of rows at which the model without a penalty is worst."""

    ### BEGIN SOLUTION
    def risk(n):
        if p < n - 1:
            return noise * p / (n - p - 1)
        if p > n + 1:
            return signal * (1 - n / p) + noise * n / (p - n - 1)
        return np.inf

    return max(sorted(sizes), key=risk)
    ### END SOLUTION


# %% [markdown]
# ## Merge it?
#
# A change was run on a few paired seeds: `differences` is the list of its effects on the cost, one a seed, in thousands of euros a month (negative: it saves money). Nothing else is
# known about the change. How much the seeds of one change scatter differs widely (standard deviation of one seed: 0.5 to 20), and so does their number (5 to 10, or 60 to 100). Decide:
#
# | decision | costs, in thousands of euros a month |
# |---|---|
# | `"merge"` | its true effect, plus 1 for maintaining it |
# | `"drop"` | 0 |
# | `"run more"` | 0.3 for many more seeds; then the cheaper one of the two is done |
#
# Write `merge(differences)` that returns one of the three. You are scored by **regret**: what your decisions cost *on average, given this evidence*, beyond the cheapest ones on the same evidence, divided by what
# the best *constant* decision costs beyond them. 0 is the best possible, 1 is the best decision that is always the same. 0.085 earns full marks, 0.1 half; the limit of time is 10 seconds for a set of 2,000 changes.
# It takes both: how sure you are, and whether being surer is worth 0.3.


# %% question="02.merge"
def merge(differences):
    """One of "merge", "drop", "run more"."""
    ### BEGIN SOLUTION
    center, spread = np.mean(differences) + 1.0, np.std(differences, ddof=1) / np.sqrt(len(differences))
    # the mean of min(x, 0) for a normal x: what the cheaper one of the two costs once the effect is known
    z = center / spread
    after_more = center * norm.sf(z) - spread * norm.pdf(z) + 0.3
    costs = {"merge": center, "drop": 0.0, "run more": after_more}
    return min(costs, key=costs.get)
    ### END SOLUTION


# %% [markdown]
# ## Which remedy next?
#
# `next_step(evidence)` gets what one can measure about a model in the simulated world of the lesson, and returns one of the seven remedies. You pay the **true risk** after your remedy plus its price *for this model*: one to twenty times
# the price in the lesson (better features: three to eight times), because labels and sensors do not cost the same everywhere. A model worse than predicting the mean is replaced by the mean.
#
# | entry of `evidence` | what it is |
# |---|---|
# | `rows`, `features`, `ridge`, `steps` | settings; `steps` is 0 if the model was solved exactly |
# | `train_error`, `validation_error`, `gap`, each with `..._se` | means over ten repeats and their standard errors |
# | `label_noise`, `label_noise_se` | how much two labels of the same row differ (as a variance): an estimate of the noise floor |
# | `residual_correlation`, `residual_correlation_se` | of training residuals of neighbouring rows: a pattern that a more flexible model could fit; near 0 without one |
# | `learning_curve` | dict with `rows` (a quarter, half, all), `train`, `validation` |
# | `capacity_curve` | dict with `features` (a quarter, half, all), `train`, `validation` |
# | `step_curve` | dict with `steps`, `validation`; empty lists if solved exactly |
# | `prices` | dict: remedy to its price for this model, in the unit of the risk |
#
# The remedies: `"regularise"` (the ridge penalty × 10, and at least to 0.25, so that a model with next to none gets one that counts), `"simplify"` (half the features), `"add capacity"` (twice the features), `"better features"` (record the missing input), `"more data"` (twice the rows), `"stop earlier"` (at the best stage of the
# step curve), `"leave alone"`.
#
# One way to think: what does each remedy promise on this evidence, minus its price? Scored by regret as in question <02.merge>, beyond the remedy that is truly the cheapest; 0.12 earns full marks, 0.14 half; the limit of time is 10 seconds for a set of 160 models. That needs no perfection, but it needs the prices, the ridge, the
# gap, the residuals, the noise floor and two of the curves. To practise: `make_clear_cases(np.random.default_rng(1), 64)` makes such models, each with `.evidence`, the `.cost` of each remedy, and the `.cause` of its trouble.


# %% question="02.next_step"
def next_step(evidence):
    """The remedy to try next, one of REMEDIES."""
    ### BEGIN SOLUTION
    noise, validation, train = (evidence[name] for name in ("label_noise", "validation_error", "train_error"))
    gap = evidence["gap"]
    pattern = max(0.0, evidence["residual_correlation"]) * train
    promise = dict.fromkeys(REMEDIES, 0.0)
    if evidence["step_curve"]["steps"]:
        promise["stop earlier"] = validation - min(evidence["step_curve"]["validation"])
    promise["simplify"] = validation - evidence["capacity_curve"]["validation"][1]
    promise["add capacity"] = pattern
    if evidence["ridge"] < 0.02 and gap > 0.3 * validation:
        promise["regularise"] = 0.5 * gap
    promise["more data"] = 0.55 * min(gap / 2, validation - noise)
    if gap < 0.5 * validation:
        promise["better features"] = (validation + train) / 2 - noise - pattern - 0.1 * gap
    return max(REMEDIES, key=lambda remedy: promise[remedy] - evidence["prices"][remedy])
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# On 12 paired seeds, "new features" changed the cost by −0.8 ± 0.9 (mean and standard error, thousand euros a month); "larger leaves" by −4.8 ± 0.2. The baseline and "larger leaves" were scored on all validation rows, "new features" only on those
# without missing values. Which sentence would you say in the review?
#
# - **a** "Both changes lower the cost, by 4.8 and by 0.8. Together they save about 5.6 thousand a month, and neither is known to do harm: merge both of them now."
# - **b** "Merge larger leaves. The interval of new features contains zero, so they have no effect on the cost: take them off the list and go on with the next idea."
# - **c** "Merge larger leaves. New features were scored on other rows, so nothing can be said yet: score them on all rows, on top of larger leaves, and decide."
# - **d** "Merge larger leaves. The standard error of new features is still too large: run 100 more seeds on these rows until the effect shows clearly, and then decide."


# %% question="02.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "c"
### END SOLUTION

# %% [markdown]
# ## Your artefact: an ablation table that can be defended
#
# The cell below runs *your* `ablation` on a study whose true effects are known, draws it, and keeps it for your portfolio.

# %%
from holdout import learner_rng

study = simulate_ablation(
    {"larger leaves": -0.030, "entropy": 0.0, "weights": 0.012, "new seed": 0.0}, 12, learner_rng(2)
)
try:
    table = ablation(study)
except NotImplementedError:
    table = None
    print("This figure needs your ablation from question <02.ablation>.")
if table is not None:
    from holdout import keep

    frame = pd.DataFrame(table, index=["effect", "standard error"]).T
    figure, ax = plt.subplots(figsize=(7, 3.2))
    ax.errorbar(
        frame["effect"],
        range(len(frame)),
        xerr=2 * frame["standard error"],
        fmt="o",
        capsize=4,
        color=style.COLORS["validation"],
    )
    ax.axvline(0, color=style.COLORS["truth"], lw=1)
    ax.set_yticks(range(len(frame)), frame.index)
    ax.set(xlabel="effect on the error, with two standard errors", ylim=(len(frame) - 0.5, -0.5))
    keep(
        "02",
        "ablation table",
        figure=figure,
        table=frame,
        numbers={f"change of the error by “{name}”": effect for name, (effect, _) in table.items()},
    )

# %% [markdown]
# ## Memo (graded by a person)
#
# The author of "weights" writes: *"Mine looks harmful; I would like to drop it, but we have 40 such ideas a quarter. What is our rule?"* Answer in at most 150 words: how a change gets in, how many seeds, on which rows,
# and what you do about 40 comparisons and about changes that interact.
#
# How it will be read: **one point each** for (1) paired seeds and the same rows for all; (2) a number of seeds, or the width that decides it, and a word on 40 comparisons; (3) one change at a time, each on top of the last merged
# one; (4) a decision for "weights", with its uncertainty.

# %% [markdown] memo="02.memo" points=4
# ### BEGIN SOLUTION
# A change gets in alone. It is run on the same seeds and the same validation rows as the current model, missing values included, and judged by the paired difference. We begin with 12 seeds; if two standard errors are wider than the gain that would pay for
# maintenance, we run more. With 40 ideas a quarter, two would pass a 95% interval by luck, so the interval is shared among them (Bonferroni), or a second set of seeds must confirm the winner. Each accepted change is the new baseline for the next, because effects do not add up: weights alone and weights on top of larger leaves are two different changes.
# "Weights" costs about +0.012, more than two standard errors: dropped. I would change my mind if it were repeated on top of the next baseline and its interval lay below zero.
# ### END SOLUTION
