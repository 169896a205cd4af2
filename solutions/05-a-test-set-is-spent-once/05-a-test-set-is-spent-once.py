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
# # Exercise 05 · A test set is spent once
#
# The split is clean, and everybody has been looking at the test set for weeks. In the next hour you write the tools that put a price on it: the winner's curse, nested cross-validation, a leaderboard that keeps silent, a test
# for many splits, a fingerprint, a hunt for the benchmark in a corpus, and two rules: for the leader of a board, and for a whole report.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 05; for <05.ladder>, <05.contamination> and <05.trust> its [deeper notebook](../../lessons/deeper/05-a-test-set-is-spent-once.ipynb). **After:** you can say how much of a score is luck, and what to do about it.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as
#   often as you like.
# - Stuck? Run `hint("05.winner")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.
# - Terms are those of the lesson: the **winner's curse** is by how much the best of many scores is too good; a **twin set** holds fresh questions of the same kind; the **public** rows are those that a board scores.

# %% tags=["setup"]
import hashlib
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

from holdout import check, hint
from holdout.figures import axes, style
from holdout.topics.test_reuse.contamination import make_mixture, ngrams, tokens

style.use()

# %% [markdown]
# ## What luck alone would score
#
# `k` models, independent of each other, each with the same true accuracy, are scored on the same number `n` of test rows. Write `expected_best(k, n, accuracy)` that returns the expected score of the best of them.
#
# Use the normal approximation: one score is normal around `accuracy`, with the standard error of a share; so you need the expectation of the largest of k standard normal numbers. It has no simple formula, but there are several good ways to it: an integral, a
# known approximation, or a simulation with a fixed seed. Your result may be off by 0.001. `k` may be 1.


# %% question="05.winner"
def expected_best(k, n, accuracy):
    """Expected score of the best of k equally good models on n rows."""
    ### BEGIN SOLUTION
    x = np.linspace(-9, 9, 4001)
    density = k * stats.norm.pdf(x) * stats.norm.cdf(x) ** (k - 1)
    largest = np.trapezoid(x * density, x)
    return accuracy + largest * np.sqrt(accuracy * (1 - accuracy) / n)
    ### END SOLUTION


# %% [markdown]
# ## Nested cross-validation
#
# Write `nested_error(outer, inner, settings, error_of)`.
#
# - `outer` is a list of pairs `(train, test)` of row positions, one an outer fold;
# - `inner[i]` is a list of pairs `(fit, validate)`, all within the training rows of outer fold `i`;
# - `settings` is a list of values to choose from;
# - `error_of(fit_rows, score_rows, setting)` fits a model with a setting on some rows and returns its error on others.
#
# For each outer fold: choose the setting with the smallest mean error over its inner pairs (the first one, if several are exactly equal), fit with it on **all** training rows of the outer fold, and take the error on its test rows. Return the mean over the outer folds (each fold counts once, whatever its size; so does each inner pair).


# %% question="05.nested"
def nested_error(outer, inner, settings, error_of):
    """Error of the procedure "choose the setting, then fit", measured on rows that took no part in choosing."""
    ### BEGIN SOLUTION
    errors = []
    for (train, test), pairs in zip(outer, inner, strict=True):
        means = [
            np.mean([error_of(fit, validate, setting) for fit, validate in pairs]) for setting in settings
        ]
        chosen = settings[int(np.argmin(means))]
        errors.append(error_of(train, test, chosen))
    return np.mean(errors)
    ### END SOLUTION


# %% [markdown]
# ## A leaderboard that keeps silent
#
# Write `ladder(losses, step)`: `losses` are the error rates of the submissions on the public rows, in order (lower is better). Return what the Ladder shows after each submission:
#
# - the first submission is shown, rounded to a multiple of `step` (`np.round(loss / step) * step`);
# - a later one is shown, rounded likewise, only if its loss is **below what is shown now by more than `step`** (exactly one step is not more); otherwise the board repeats what it shows. You may compare and round floats as they come: nothing here hangs on their last digits.


# %% question="05.ladder"
def ladder(losses, step):
    """What the Ladder shows after each submission."""
    ### BEGIN SOLUTION
    shown, best = [], np.inf
    for loss in losses:
        if loss < best - step:
            best = np.round(loss / step) * step
        shown.append(best)
    return np.array(shown)
    ### END SOLUTION


# %% [markdown]
# ## Two models, many splits
#
# `differences` holds the score of model A minus that of model B on J random splits of *one* data set, each with `n_train` training rows and `n_test` test rows. Write `corrected_t(differences, n_train, n_test)` that returns the statistic t and the two-sided p value
# of the corrected resampled t-test: the mean difference, divided by the root of the variance (with J−1) times $1/J + n_2/n_1$ (test over training rows), with J−1 degrees of freedom.


# %% question="05.corrected"
def corrected_t(differences, n_train, n_test):
    """t and two-sided p of the corrected resampled t-test."""
    ### BEGIN SOLUTION
    differences = np.asarray(differences)
    j = len(differences)
    t = differences.mean() / np.sqrt((1 / j + n_test / n_train) * differences.var(ddof=1))
    return t, 2 * stats.t.sf(abs(t), j - 1)
    ### END SOLUTION


# %% [markdown]
# ## A frozen evaluation set
#
# Write `fingerprint(items)`: `items` is a list of pairs `(question, answer)`, both text. Return a text (such as the hexadecimal digest of SHA-256) that
#
# - is the same for the same items in **any order**, and in every session of Python;
# - is another one if anything else changes: one character (also a line break, or one that looks alike), an answer, capitals, one item more or less, an item that stands there twice, the answers of two questions exchanged, text moved from a question to its answer
#   (whatever signs stand in the text).


# %% question="05.fingerprint"
def fingerprint(items):
    """A text that identifies the content of an evaluation set, whatever its order."""
    ### BEGIN SOLUTION
    lines = sorted(repr((question, answer)) for question, answer in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
    ### END SOLUTION


# %% [markdown]
# ## Has it read the exam?
#
# Write `find_seen(questions, corpus)`: both are lists of texts. Return one True or False for each question: does it stand in the corpus? `make_mixture(rng, n_near=12)` makes such cases for you to practise on (`.questions`, `.corpus`, and the truth `.seen`).
#
# A seen question may stand there as it is, in capitals or with other punctuation and spacing, or inside a longer document. Other documents speak about the same classes and parameters in nearly the same words, some with all words of a question in another order or with its parts in different documents: they do *not* count. `tokens(text)` gives its words in
# lower case, `ngrams(text, n)` the set of its runs of n words. You are scored by precision and recall over 150 questions: full marks from 0.95 for both, half from 0.8. They must take less than 10 seconds.


# %% question="05.contamination"
def find_seen(questions, corpus):
    """Whether each question stands in the corpus."""
    ### BEGIN SOLUTION
    n = 8
    known = set().union(*(ngrams(document, n) for document in corpus))
    return [ngrams(question, n) <= known for question in questions]
    ### END SOLUTION


# %% [markdown]
# ## The leader of the board
#
# Somebody tried k models on the same `n` test rows; `scores` are their accuracies. The model in production has the true accuracy `baseline` (known from months of use). The best of the k could replace it. One point of true accuracy is worth 2 (thousand euros), changing the model costs 3.
#
# | decision | cost |
# |---|---|
# | `"ship"` the best of them | 3, plus 2 for each point by which it is truly *worse* than production |
# | `"keep"` what is in production | 2 for each point by which the best of them is truly *better* |
#
# Write `lead(scores, n, baseline)` that returns one of the two words. In some teams the candidates truly differ, in others not at all; their answers are otherwise independent of each other. You are scored by what your decisions
# cost *on average, given these scores*, beyond the best possible ones, relative to the best rule that always decides the same: full marks up to 0.065, half up to 0.08. Either way is good enough: discount all of the luck, or only as much as the scores show. There may be hundreds of candidates, or one, which nobody picked for its score; all 2,000 cases must take less than 10 seconds.


# %% question="05.lead"
def lead(scores, n, baseline):
    """One of "ship", "keep"."""
    ### BEGIN SOLUTION
    scores = np.asarray(scores)
    gain, noise = scores.max() - baseline, baseline * (1 - baseline) / n
    if len(scores) > 1:
        # what the scores scatter beyond their noise is skill: shrink the winner towards the mean accordingly
        skill = max(scores.var(ddof=1) - noise, 0)
        gain = scores.mean() + skill / (skill + noise) * (scores.max() - scores.mean()) - baseline
    return "ship" if 2 * 100 * gain > 3 else "keep"
    ### END SOLUTION


# %% [markdown]
# ## Which improvement to believe
#
# A team reports that its new language model beats the one in production. `report` is a dict:
#
# | key | what |
# |---|---|
# | `"n"`, `"better"`, `"worse"` | benchmark questions; how many only the new model answers rightly, how many only production does |
# | `"looks"` | how many candidates, each trained on texts of its own, were compared on this benchmark; the report shows the best of them |
# | `"production"` | the accuracy of production, which has seen none of the questions |
# | `"found"` | how many of the `n` questions a search for n-grams found in the new model's training text; these it answers rightly, known or not |
# | `"twin_n"`, `"twin_better"`, `"twin_worse"` | the same for fresh questions of the same kind, asked after the choice was made; none stands in a training text |
#
# You decide, as in question <05.lead>: one point of true accuracy on questions that nobody has seen is worth 2 (thousand euros), a change costs 3.
#
# | decision | cost |
# |---|---|
# | `"ship"` the new model | 3, plus 2 for each point by which it is truly *worse* than production |
# | `"hold"` | 2 for each point by which it is truly *better* |
#
# The search for n-grams finds copies only. In some reports another 15 to 35% of the `n` questions stood in the training text **in other words**: the new model answers these rightly too, and nothing in `"found"` shows it. The candidates of one report truly gain about the same.
#
# Write `trust(report)` that returns one of the two words. Three things help: the gain on the benchmark is the difference of the two counts over `n`, and its standard error is about $\sqrt{better + worse}/n$; a model that knows $a$ and has read the
# share $c$ scores $a + c\,(1-a)$; and the twin set is honest but may be small. You are scored by what your decisions cost beyond those of somebody who knows the truth, relative to the best rule that always decides the same: full marks up to 0.46, half up to 0.49. All 2,500 reports must take less than 10 seconds.


# %% question="05.trust"
def trust(report):
    """One of "ship", "hold"."""
    ### BEGIN SOLUTION

    def paired(counts, n):
        better, worse = counts
        return (better - worse) / n, np.sqrt(max(sum(counts), 1)) / n

    n, looks, production = report["n"], report["looks"], report["production"]
    gain, error = paired((report["better"], report["worse"]), n)
    twin, twin_error = paired((report["twin_better"], report["twin_worse"]), report["twin_n"])
    # less what the best of so many would gain by luck, and solved for what the model knows without the copies
    found = report["found"] / n
    luck = stats.norm.ppf((looks - 0.375) / (looks + 0.25)) * error if looks > 1 else 0.0
    gain, error = (production + gain - luck - found) / (1 - found) - production, error / (1 - found)
    # still far above the twin set: something was read that no search found, and the benchmark is out
    if gain - twin > 1.5 * np.hypot(error, twin_error):
        estimate = twin
    else:
        estimate = np.average([gain, twin], weights=[error**-2, twin_error**-2])
    return "ship" if estimate > 0.015 else "hold"
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# A team compared 80 settings on a test set of 500 rows. The best scores 0.862; the mean of all is 0.830, and their scores scatter with a standard deviation of 0.016. One score of 500 rows has a standard error of 0.017. Which sentence would you say in the review?
#
# - **a** "The scores scatter no more than chance makes them, so nothing shows that the best is better than the rest. I expect 0.83 in use, and would check it on unused rows."
# - **b** "0.862 on held-out rows is three points above the mean of all settings. That is nearly two standard errors, so the gain is significant, and I would use this setting."
# - **c** "A test set may be used once, and this one was used 80 times: the study is invalid as a whole. Its numbers say nothing, and I would start again on rows of next year."
# - **d** "With a Bonferroni correction for 80 comparisons, a test set may be used 80 times. The best setting stays the best, so 0.862 is the number that I would report for it."


# %% question="05.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "a"
### END SOLUTION

# %% [markdown]
# ## Your artefact: the price list of luck
#
# The cell below draws, with *your* function from question <05.winner>, what the best of k equal models scores by luck alone, for test sets of several sizes. The crosses are 200 equal models of your own, drawn from your name and scored on 1,000 rows: luck varies about its price. The figure goes into your portfolio. Hang it where the team chooses models.

# %%
tried = np.array([1, 2, 5, 10, 20, 50, 100, 200])
sizes = [200, 500, 1000, 5000]
try:
    luck = pd.DataFrame(
        {n: [100 * (expected_best(int(k), n, 0.8) - 0.8) for k in tried] for n in sizes}, index=tried
    )
except NotImplementedError:
    luck = None
    print("This figure needs your expected_best from question <05.winner>.")
if luck is not None:
    from holdout import keep, learner_rng

    own = learner_rng(5).binomial(1000, 0.8, tried[-1]) / 1000
    own_luck = [100 * (own[:k].max() - 0.8) for k in tried]
    figure, ax = plt.subplots(figsize=(7, 4))
    ax.plot(tried, own_luck, "x", color="black", markersize=8, label="your own models, 1,000 rows")
    ax.legend(frameon=False, loc="upper left")
    for role, n in zip(("leak", "validation", "train", "test"), sizes, strict=True):
        (curve,) = ax.plot(tried, luck[n], **style.marked(role))
        axes.label_end(ax, curve, f"{n:,} rows")
    ax.set(
        xscale="log",
        xlim=(0.9, 700),
        xlabel="models tried on one test set",
        ylabel="points of pure luck (accuracy 0.8)",
    )
    ax.set_xticks(tried, labels=tried)
    ax.minorticks_off()
    keep(
        "05",
        "price list of luck",
        figure=figure,
        table=luck.round(2),
        numbers={
            "points of pure luck, best of 100 models on 1,000 rows": luck.loc[100, 1000],
            "points of luck of the best of my own 100 models": own_luck[list(tried).index(100)],
        },
    )

# %% [markdown]
# ## Memo (graded by a person)
#
# Your team has used one test set of 1,000 rows for a year: about 100 models, the best has an accuracy of 0.84, production has 0.80. *"Four points! Can we announce it?"* Answer in at most 120 words, with numbers from your figure.
#
# How it will be read: **one point each** for (1) how much of the four points luck alone would give; (2) what that leaves, and how sure you are; (3) what you would do before announcing, and what it costs; (4) the rule
# that the team follows from now on.

# %% [markdown] memo="05.memo" points=4
# ### BEGIN SOLUTION
# If all 100 models were equally good, the best of them would still score about 3.2 points above their true accuracy on 1,000 rows. So up to three of the four points may be luck; what is left is about one point, with a standard error of
# more than one. I would not announce four points. I would take one model, the leader, to 2,000 fresh rows (a week of labelling, one standard error 0.8 points), and announce what these say. From now on: settings are chosen on
# validation rows or by nested cross-validation; the test set is frozen, has a fingerprint, and a list of everyone who asked it; after about ten questions it becomes validation data and a new one is bought.
# ### END SOLUTION
