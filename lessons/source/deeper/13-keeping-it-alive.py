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
# # 13 · Deeper: keeping it alive
#
# What goes beyond [lesson 13](../13-keeping-it-alive.ipynb). Each section can be read alone after the first cells.
# About 45 minutes. Terms are in the [glossary](../glossary.ipynb).
#
# | section | question | for |
# |---|---|---|
# | 1 | Where does a loop with real values settle, and does it matter whether they are fresh? | 13.settles, 13.controls |
# | 2 | Does an archive save a loop that writes too narrowly? | 13.controls |
# | 3 | Which learners break down suddenly, and which slowly? | 13.gate |
# | 4 | What does a cut tail do to the value of more data? | 13.share |
# | 5 | What does an undeclared supply change? | 13.audit, 13.controls |
# | 6 | Why can a longer horizon seem to need fewer real texts? | 13.share |

# %%
import numpy as np
import pandas as pd
from scipy.special import ndtr

# %% jupyter={"source_hidden": true}
# isort: split
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm.texts import recorded_generations
from holdout.stats.intervals import mean_interval
from holdout.topics.safeguards import figures as views
from holdout.topics.safeguards.cases import word_frequencies
from holdout.topics.safeguards.experiments import (
    LOOPS,
    accumulated_loop,
    accumulated_variance,
    accuracies_after_gate,
    after_gate,
    biased_loop,
    breakdown_point,
    error_of_cut_tail,
    expected_alive,
    smallest_real_share,
    stationary_variance,
    unseen_mass,
)

style.use()

# %% [markdown]
# ## 1 · A share of real values sets a level
#
# One variable instead of words. Each generation fits a Gaussian to 100 values and writes the next ones a little too *narrowly*: its variance is
# multiplied by a factor of narrowing, for example 0.8 (for a Gaussian, that is sampling at temperature 0.8). A share *r* of each training set is
# real, with variance 1 and a mean that is known to be 0. One step of the expected variance:
#
# $$v' = r + (1-r)\,b\;v$$
#
# where *b* is the narrowing. Without real values the variance dies. The variance stops changing at r/(1 − (1 − r) b).

# %% jupyter={"source_hidden": true}
predict(
    "13.d1",
    "Narrowing 0.8, and *half* of each training set is fresh and real. After 30 generations, the mean variance is about ...",
    options=["0.00", "0.40", "0.83", "1.00"],
)

# %% [markdown]
# Alemohammad and others (2023) distinguish three loops: own output only; the *same* real values every time; *fresh* real values every time. All
# train on 100 values per generation. Lines are means of 300 chains, bands the middle 80%.
#
# 1. **Find** the two real shares between which the fresh loop settles at 0.9 (narrowing 0.8).
# 2. Which band is wider, fixed or fresh?
# 3. Set the narrowing to 1 (none). Does the smallest share above 0 hold the mean variance? What do single chains do?

# %% jupyter={"source_hidden": true}
loop_stage = Stage(
    alt="Variance over generations in three loops: mean, middle 80% of the chains, and the formula",
    title="Narrowing {narrowing:.2f}, {real_share:.0%} real: fresh values hold {fresh:.2f}, own output alone {own:.2f}",
    readout="Narrowing {narrowing:.2f}, real share {real_share:.0%}, generation {generation}, mean of 300 chains: own output only {own:.2f}, "
    "fixed real values {fixed:.2f}, fresh real values {fresh:.2f}.",
    size=(9.2, 3.6),
    ncols=3,
    sharey=True,
)


# %%
@loop_stage.live(
    narrowing=(0.5, 1.0, 0.05),
    real_share=(0.0, 1.0, 0.05),
    generation=(1, 40),
    start={"narrowing": 0.8, "real_share": 0.5, "generation": 30},
)
def three_loops(narrowing, real_share, generation):
    runs, settled = {}, {}
    for name in LOOPS:
        share = 0.0 if name == "own output only" else real_share
        options = {"bias": narrowing, "real_share": share, "chains": 300, "fixed": name == "fixed real data"}
        runs[name] = biased_loop(100, 40, np.random.default_rng(1), **options)
        settled[name] = None if narrowing == 1 and share == 0 else stationary_variance(narrowing, share)
    views.draw_loops(loop_stage.axes, runs, settled, generation)
    return dict(
        zip(("own", "fixed", "fresh"), (rows[generation].mean() for rows in runs.values()), strict=True)
    )


three_loops

# %% jupyter={"source_hidden": true}
fresh, fixed = (
    biased_loop(100, 30, np.random.default_rng(seed), bias=0.8, real_share=0.5, chains=20_000, fixed=one)[-1]
    for seed, one in ((2, False), (3, True))
)
weak = biased_loop(100, 40, np.random.default_rng(4), bias=1.0, real_share=0.05, chains=20_000)[-1]
fresh_mean, fixed_mean, weak_mean = (mean_interval(rows) for rows in (fresh, fixed, weak))
# four standard errors; derived in tests/unit/topics/test_safeguards.py
assert abs(fresh_mean[0] - stationary_variance(0.8)) < 4 * 0.16 / np.sqrt(20_000)
assert abs(fixed_mean[0] - stationary_variance(0.8)) < 2.1 * fixed_mean[1]
resolve("13.d1", "0.83")
explain(
    """
    | half real, narrowing 0.8 | derived | measured, 20,000 chains (95%) |
    |---|--:|--:|
    | mean variance, fresh | 1/(2 − 0.8) = {level:.3f} | {fresh:.3f} ± {fresh_reach:.3f} |
    | mean variance, fixed | the same | {fixed:.3f} ± {fixed_reach:.3f} |
    | standard deviation of chains, fixed over fresh | no formula here | {spread:.2f} |

    **What it means.** (1) Between 60% and 65%: the formula gives {nine:.0%}. (2) Fixed, by a factor of {spread:.1f}: one draw of real values, good or bad, is used every time.
    (3) The *mean* is held, at {weak:.2f} ± {weak_reach:.2f}. Single chains scatter unevenly (80% between {low:.2f} and {high:.2f}), so the *median* lies lower, at {median:.2f}. A formula of the mean says nothing about the typical chain.

    **Where this differs from its source.** Alemohammad and others find that *fixed* real data only delay the degradation of image generators. Here fixed values hold the same mean, by the formula in every generation. One possible reason: a Gaussian with a known mean has
    one parameter, and its real values inform it directly every time; a generator of pictures may lose what its fixed pictures do not pin down. Their taxonomy carries over, their result on fixed data was not reproduced.
    """,
    level=stationary_variance(0.8),
    fresh=fresh_mean[0],
    fresh_reach=fresh_mean[1],
    fixed=fixed_mean[0],
    fixed_reach=fixed_mean[1],
    spread=fixed.std() / fresh.std(),
    nine=smallest_real_share(0.8, 0.9),
    weak=weak_mean[0],
    weak_reach=weak_mean[1],
    low=np.quantile(weak, 0.1),
    high=np.quantile(weak, 0.9),
    median=np.median(weak),
)

# %% [markdown]
# ## 2 · An archive slows the loss; only new real values stop it
#
# In [lesson 12](../12-a-model-that-eats-its-own-output.ipynb) keeping everything bounds the error of honest sampling. Now each generation writes too narrowly,
# and its output joins the archive. With *i* sets in the archive, the expected variance is multiplied by (i + b)/(i + 1).

# %% jupyter={"source_hidden": true}
predict(
    "13.d2",
    "Everything is kept, the first real set included. Each generation writes with narrowing 0.9. The expected variance ...",
    options=[
        "settles near 0.9",
        "falls more and more slowly",
        "falls as without an archive",
        "rises after some time",
    ],
)

# %% [markdown]
# Buy the same number of fresh real values in each case: none with *replace* and *archive*; the share on the slider with the other two.
#
# 1. **Find** the generation at which the archive has lost a quarter of the variance.
# 2. With equal purchases: which is higher at generation 100, archive or replacement? Where do both end?

# %% jupyter={"source_hidden": true}
variance_stage = Stage(
    alt="Expected variance over generations with and without an archive, and with and without fresh real values",
    title="Generation {generation}: archive {archive:.2f}, with {real_share:.0%} fresh values {bought:.2f}",
    readout="Narrowing {narrowing:.2f}, {real_share:.0%} fresh values, generation {generation}: replace {replace:.2f}, archive {archive:.2f}, "
    "replace and buy {mixed:.2f}, archive and buy {bought:.2f}.",
    size=(8, 4),
)


# %%
@variance_stage.live(
    narrowing=(0.5, 0.95, 0.05),
    real_share=(0.05, 0.5, 0.05),
    generation=(1, 100),
    start={"narrowing": 0.9, "real_share": 0.15, "generation": 100},
)
def with_an_archive(narrowing, real_share, generation):
    mixed = [1.0]
    for _ in range(100):
        mixed.append(real_share + (1 - real_share) * narrowing * mixed[-1])
    curves = {
        "replace": narrowing ** np.arange(101.0),
        "archive": accumulated_variance(narrowing, 100),
        "replace and buy": np.array(mixed),
        "archive and buy": accumulated_variance(narrowing, 100, real_share=real_share),
    }
    views.draw_variances(variance_stage.ax, curves, generation)
    names = ("replace", "archive", "mixed", "bought")
    return dict(zip(names, (values[generation] for values in curves.values()), strict=True))


with_an_archive

# %% jupyter={"source_hidden": true}
archive = accumulated_variance(0.9, 1000)
bought = accumulated_variance(0.9, 1000, real_share=0.15)
simulated = mean_interval(accumulated_loop(100, 100, np.random.default_rng(5), bias=0.9, chains=2000)[-1])
assert abs(simulated[0] - archive[100]) < 2.1 * simulated[1] and bought[100] > stationary_variance(0.9, 0.15)
text_runs = pd.DataFrame(recorded_generations()).query("mode == 'accumulate'")
text_tail = text_runs.groupby(["temperature", "generation"])[["tail facts", "correct"]].mean()
assert text_tail.loc[(0.9, 10), "tail facts"] < text_tail.loc[(1.0, 10), "tail facts"]
assert text_tail.loc[(0.9, 10), "correct"] > text_tail.loc[(1.0, 10), "correct"]
resolve("13.d2", "falls more and more slowly")
explain(
    """
    **What it means.** (1) Generation {quarter}. The archive alone has {a20:.2f} at 20, {a100:.2f} at 100 (simulated {sim:.3f} ± {sim_reach:.3f}) and {a1000:.2f} at 1,000 generations; it falls about as n^−(1 − b). The first real set stays in it, but its *share* goes to zero.
    (2) With 15% fresh values each generation both ways end at the same level, {level:.2f}. The archive gets there more slowly: {b100:.2f} against {level:.2f} at generation 100. So fresh values decide where it ends, the archive how fast. It would be unfair to compare a loop that buys real values every time with an archive that buys none.

    **The language model**, recorded for lesson 12 with accumulation (means of {seeds} seeds):

    | temperature | tail facts, generation 0 | tail facts, generation 10 | correct, generation 10 |
    |--:|--:|--:|--:|
    {table}

    At 0.9 it keeps fewer tail facts, and is more often correct. Why it loses tail facts at temperature 1 too, this does not tell.
    """,
    seeds=text_runs["seed"].nunique(),
    quarter=int(np.flatnonzero(archive < 0.75)[0]),
    a20=archive[20],
    a100=archive[100],
    a1000=archive[1000],
    b100=bought[100],
    sim=simulated[0],
    sim_reach=simulated[1],
    level=stationary_variance(0.9, 0.15),
    table="\n".join(
        f"| {t} | {text_tail.loc[(t, 0), 'tail facts']:.0f} | {text_tail.loc[(t, 10), 'tail facts']:.0f} | {text_tail.loc[(t, 10), 'correct']:.0%} |"
        for t in (1.0, 0.9)
    ),
)

# %% [markdown]
# ## 3 · A sharp breakdown needs a learner that averages
#
# A verifier keeps right labels with chance φ and wrong ones with chance ψ. Right ones are the majority behind it up to a share of wrong labels of
# 1/(1 + ψ/φ). Two Gaussian classes, 2,000 kept rows, wrong labels that do not depend on the features. The best possible accuracy is Φ(1) = 84%.

# %% jupyter={"source_hidden": true}
predict(
    "13.d3",
    "φ = 0.9, ψ = 0.3, 65% wrong before the verifier, 38% behind it. 15 nearest neighbours vote. Their accuracy is about ...",
    options=["84%", "68%", "50%", "34%"],
)

# %% [markdown]
# 1. Where does each learner cross 50%? Which falls suddenly?
# 2. Set ψ to 0.9. What is this verifier good for, and what does it cost?

# %% jupyter={"source_hidden": true}
LEARNERS = {
    "logistic": LogisticRegression(),
    "15 neighbours": KNeighborsClassifier(15),
    "full tree": DecisionTreeClassifier(random_state=0),
}
WRONG = np.linspace(0.05, 0.95, 19)
KEEPS_WRONG = [0.1, 0.3, 0.9]
curves = {
    psi: {
        name: np.array([accuracies_after_gate(learner, p, 0.9, psi, seeds=4) for p in WRONG])
        for name, learner in LEARNERS.items()
    }
    for psi in KEEPS_WRONG
}
verifier_stage = Stage(
    alt="Accuracy of three learners against the share of wrong labels before a verifier",
    title="{wrong_share:.0%} wrong, {left:.0%} behind the verifier: logistic {logistic:.0%}, full tree {tree:.0%}",
    readout="φ = 0.9, ψ = {keeps_wrong}, {wrong_share:.0%} wrong: {left:.0%} wrong among the kept, {written:.2f} written for each kept. Accuracy: logistic {logistic:.0%}, "
    "15 neighbours {neighbours:.0%}, full tree {tree:.0%}. Breakdown point {breakdown:.2f}. Bands: two standard errors, 4 data sets.",
    size=(7.8, 4.1),
)


@verifier_stage.live(
    wrong_share=(0.05, 0.95, 0.05), keeps_wrong=KEEPS_WRONG, start={"wrong_share": 0.65, "keeps_wrong": 0.3}
)
def verify(wrong_share, keeps_wrong):
    place = round((wrong_share - 0.05) / 0.05)
    shown = curves[keeps_wrong]
    here = breakdown_point(0.9, keeps_wrong)
    views.draw_verifier(verifier_stage.ax, WRONG, shown, here, ndtr(1.0), wrong_share)
    left, written = after_gate(wrong_share, 0.9, keeps_wrong)
    names = ("logistic", "neighbours", "tree")
    means = (values[place].mean() for values in shown.values())
    return dict(zip(names, means, strict=True)) | {"left": left, "written": written, "breakdown": here}


verify

# %% jupyter={"source_hidden": true}
at_065 = {
    name: mean_interval(accuracies_after_gate(learner, 0.65, 0.9, 0.3)) for name, learner in LEARNERS.items()
}
assert at_065["logistic"][0] > 0.82 and abs(at_065["15 neighbours"][0] - 0.68) < 0.02
resolve("13.d3", "68%")
explain(
    """
    **What it means.** At 65% wrong, mean ± 95% over 20 data sets: logistic regression {logistic:.1%} ± {logistic_reach:.1%}, 15 neighbours {near:.1%} ± {near_reach:.1%}, a full tree {tree:.1%} ± {tree_reach:.1%}.
    (1) All cross 50% at the breakdown point, 75%. Only the first falls suddenly: it averages over all rows, and with more rows the step gets sharper. A vote of 15 falls more slowly, a full tree more slowly still: it repeats the label of one row, and 38% of these are wrong.
    Feng and others' sharp transition is that of the learners of their theory. All runs here have two classes, wrong labels independent of the features, and selection by right and wrong only; what happens without these was not run.
    (2) With ψ = φ nothing is repaired: the breakdown point is 0.5, as without a verifier, and each kept row costs {cost:.2f} written ones.
    """,
    logistic=at_065["logistic"][0],
    logistic_reach=at_065["logistic"][1],
    near=at_065["15 neighbours"][0],
    near_reach=at_065["15 neighbours"][1],
    tree=at_065["full tree"][0],
    tree_reach=at_065["full tree"][1],
    cost=after_gate(0.65, 0.9, 0.9)[1],
)

# %% [markdown]
# **At work.** Before you trust a breakdown point, flip labels yourself and see how *your* learner falls.

# %%
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_predict

X, y = load_breast_cancer(return_X_y=True)
flipped = np.random.default_rng(0).random(len(y)) < 0.38
noisy = np.where(flipped, 1 - y, y)
for depth in (2, None):
    forecast = cross_val_predict(DecisionTreeClassifier(max_depth=depth, random_state=0), X, noisy, cv=5)
    print(f"depth {depth}: {np.mean(forecast == y):.0%} right on the true labels")

# %% [markdown]
# ## 4 · A cut tail makes more data worthless, until the real share has read further
#
# A model that answers what it has read errs on what it has not. With Zipf data of exponent β the mass never read falls as T^−(1 − 1/β) with the number
# of tokens T. Output of a model whose tail is gone holds nothing beyond some rank k, and leaves a floor of about k^−(β − 1).
# Dohmatob and others (2024) derive both, and also that a little real data leads off the plateau, late.
#
# The figure shows the mass never read, *divided by* that of equally many real tokens. At 1 nothing is lost.
#
# 1. **Find** the number of tokens at which own output, cut at rank 100, leaves three times as much unread (β = 2).
# 2. Does 1% of real tokens remove the loss? When?

# %% jupyter={"source_hidden": true}
T = np.logspace(3, 6, 7).astype(int)
CUTS, REAL, EXPONENTS = [30, 100, 300, 1000], (0.0, 0.01, 0.05), [1.5, 2.0, 3.0]
unread = {}
for beta in EXPONENTS:
    unread[beta] = unseen_mass(beta, T, vocabulary=50_000)
    for cut in CUTS:
        for share in REAL:
            unread[beta, cut, share] = unseen_mass(beta, T, cut=cut, real_share=share, vocabulary=50_000)
scaling_stage = Stage(
    alt="Mass never read, relative to that of real data, against tokens, for own output with a cut tail and mixtures",
    title="{tokens:,} tokens: own output leaves {own:.1f} times as much unread",
    readout="Exponent {exponent}, cut at rank {cut}, {tokens:,} tokens. Never read: real {real:.2%}; own output {own:.1f} times that, with 1% real {one:.1f}, with 5% real {mixed:.1f}.",
    size=(8, 4.1),
)


@scaling_stage.live(
    exponent=EXPONENTS,
    cut=CUTS,
    tokens=[int(t) for t in T],
    start={"exponent": 2.0, "cut": 100, "tokens": 1000000},
)
def scale(exponent, cut, tokens):
    ratios = {
        name: unread[exponent, cut, share] / unread[exponent]
        for name, share in (("own output", 0.0), ("1% real", 0.01), ("5% real", 0.05))
    }
    views.draw_scaling(scaling_stage.ax, T, ratios, tokens)
    place = int(np.flatnonzero(tokens == T)[0])
    own, one, mixed = (values[place] for values in ratios.values())
    return {"real": unread[exponent][place], "own": own, "one": one, "mixed": mixed}


scale

# %% jupyter={"source_hidden": true}
whole, alone, mixed = unread[2.0], unread[2.0, 100, 0.0], unread[2.0, 100, 0.05]
slope = np.log(whole[4] / whole[0]) / np.log(T[4] / T[0])
floors = np.log(error_of_cut_tail(2.0, 2000) / error_of_cut_tail(2.0, 1000)) / np.log(2)
floor = error_of_cut_tail(2.0, 100)
flat = int(T[np.flatnonzero(alone < 1.1 * floor)[0]])
three = int(T[np.flatnonzero(alone > 3 * whole)[0]])
one_percent = unread[2.0, 100, 0.01] / whole
assert abs(slope + 0.5) < 0.01 and abs(floors + 1) < 1 / (1000 * np.log(2)) and mixed[-1] < 0.6 * floor
explain(
    """
    | exponent β = 2 | published | computed |
    |---|--:|--:|
    | slope of the error in T | −(1 − 1/β) = −0.5 | {slope:.3f} |
    | slope of the floor in k | −(β − 1) = −1 | {floors:.3f} |

    **What it means.** (1) From about {three:,} tokens (in steps of half a decade). From about {flat:,} tokens on, all that more own output can still gain is less than a tenth of the floor, {floor:.4f}. (2) Not yet: at 1,000,000 tokens own output leaves {own:.1f} times as much, with 1% real {one:.1f} times, with 5% real {five:.1f} times.
    A mixture waits on the plateau until its *real* tokens have read beyond the cut, and then falls with the old slope, shifted: 5% real is as good as real data of about a twentieth of the size. Equal numbers of tokens at each x.

    (The sums are exact up to rank 50,000; the mass beyond counts as unread, which at 1,000,000 tokens bends the lowest curves a little.)
    """,
    slope=slope,
    floors=floors,
    three=three,
    flat=flat,
    floor=floor,
    own=(alone / whole)[-1],
    one=one_percent[-1],
    five=(mixed / whole)[-1],
)

# %% [markdown]
# ## 5 · What an undeclared supply changes depends on whose bot it was
#
# A part of what is called real is not. If it is the loop's *own* output, it narrows like the rest. If it comes from *another vendor's* model, it has
# its own variance, here 0.6, whatever the loop does.
#
# 1. **Find** where a loop with 50% declared real settles at narrowing 0.8 if 40% of that is undeclared own output.
# 2. Which undeclared supply does more harm? Does the answer change with little declared real text?

# %% jupyter={"source_hidden": true}
supply_stage = Stage(
    alt="Where the variance settles against the declared real share: as declared, and with two kinds of undeclared supply",
    title="{declared_real:.0%} declared, {undeclared:.0%} of it undeclared: {own:.2f} instead of {declared:.2f}",
    readout="{declared_real:.0%} declared real, {undeclared:.0%} of that is not, narrowing {narrowing:.2f}: settles at {own:.2f} (own output) or {other:.2f} (another vendor's) instead of {declared:.2f}.",
    size=(7.8, 4),
)


def settles(declared_real, undeclared, narrowing, vendor=None):
    """Fixed point; `vendor` is the variance of the undeclared texts, by default that of the loop's own output."""
    honest, hidden = declared_real * (1 - undeclared), declared_real * undeclared
    if vendor is None:
        return honest / (1 - (1 - honest) * narrowing)
    return (honest + hidden * vendor) / (1 - (1 - declared_real) * narrowing)


@supply_stage.live(
    declared_real=(0.05, 1.0, 0.05),
    undeclared=(0.1, 0.9, 0.1),
    narrowing=(0.5, 0.95, 0.05),
    start={"declared_real": 0.5, "undeclared": 0.4, "narrowing": 0.8},
)
def supply(declared_real, undeclared, narrowing):
    shares = np.linspace(0.02, 1, 50)
    views.draw_supply(
        supply_stage.ax,
        shares,
        {
            "as declared": settles(shares, 0.0, narrowing),
            "own output": settles(shares, undeclared, narrowing),
            "another vendor's": settles(shares, undeclared, narrowing, 0.6),
        },
        declared_real,
    )
    return {
        "declared": settles(declared_real, 0.0, narrowing),
        "own": settles(declared_real, undeclared, narrowing),
        "other": settles(declared_real, undeclared, narrowing, 0.6),
    }


supply

# %% jupyter={"source_hidden": true}
explain(
    """
    **What it means.** (1) At {own:.2f} instead of {declared:.2f}. One can declare 0.5/0.6 = {more:.0%} to get back: more of the same supply at a higher price, or an audit.
    (2) At 50% declared, the other vendor's texts leave {other:.2f}, own output {own:.2f}; at 10% declared {other_low:.2f} and {own_low:.2f}. The vendor's texts have a fixed variance and stop the fall as real ones do, at a lower level.
    This is one number per text; a vendor's model may lack other things than yours, and a variance does not see them. In all cases the loop is worse than its declaration.
    """,
    own=settles(0.5, 0.4, 0.8),
    declared=settles(0.5, 0.0, 0.8),
    more=0.5 / 0.6,
    other=settles(0.5, 0.4, 0.8, 0.6),
    own_low=settles(0.1, 0.4, 0.8),
    other_low=settles(0.1, 0.4, 0.8, 0.6),
)

# %% [markdown]
# ## 6 · Book both costs in the same way
#
# The words of the lesson, 10,000 per generation. A text has 100 words and costs 20 €. The tail is worth 60,000 € in ten generations, in proportion to its
# words. Two ways to book its loss: *once*, at the end of the horizon; or *each generation*, 6,000 € × the part that is missing then. Texts are paid in each generation.


# %%
def cheapest_share(generations, accrues):
    """The real share with the lowest sum of lost value and price of texts."""
    real, shares = word_frequencies(1000), np.arange(0, 1.001, 0.02)
    full = expected_alive(real, 10_000, 1, 0.0)[500:].mean()
    costs = []
    for share in shares:
        ends = range(1, generations + 1) if accrues else [generations]
        missing = sum(1 - expected_alive(real, 10_000, n, share)[500:].mean() / full for n in ends)
        costs.append((6_000 if accrues else 60_000) * missing + 20 * 100 * share * generations)
    return shares[int(np.argmin(costs))]


horizons = [5, 10, 20, 40]
table = pd.DataFrame({"once, at the end": [cheapest_share(n, False) for n in horizons]}, index=horizons)
table["each generation"] = [cheapest_share(n, True) for n in horizons]
table.rename_axis(index=None, columns="generations").map("{:.0%}".format)

# %% jupyter={"source_hidden": true}
assert list(table["once, at the end"].diff().dropna() < 0) == [True] * 3
assert list(table["each generation"].diff().dropna() >= 0) == [True] * 3
explain(
    """
    **What it means.** Booked once, the cheapest share *falls* with the horizon, from {o5:.0%} to {o40:.0%}: every generation pays for texts, and the loss is charged once however long it lasts. Booked each generation, it *rises*, from {e5:.0%} to {e40:.0%}.
    The first is an artefact of the booking, not advice to stop the loop. The lesson lets all costs accrue, and prices questions that are asked instead of words. These shares are those of a counting model of words; they say nothing about another loop.
    """,
    o5=table.loc[5, "once, at the end"],
    o40=table.loc[40, "once, at the end"],
    e5=table.loc[5, "each generation"],
    e40=table.loc[40, "each generation"],
)

# %% [markdown]
# ## Back
#
# [Lesson 13](../13-keeping-it-alive.ipynb), then the [exercise](../../exercises/13-keeping-it-alive/13-keeping-it-alive.ipynb).
