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
# # 12 · Deeper: a model that eats its own output
#
# What goes beyond [lesson 12](../12-a-model-that-eats-its-own-output.ipynb). Each section can be read alone after the first cells.
# About 35 minutes. Terms are in the [glossary](../glossary.ipynb).
#
# | section | question | for |
# |---|---|---|
# | 1 | What does one generation do to a mean and a variance? | 12.alive |
# | 2 | By which factor does the error grow if the old rows are kept, or not? | 12.rows, 12.factor |
# | 3 | Do the pictures get uglier? | 12.report |
# | 4 | A bigger corpus looks healthier | 12.archive |

# %%
import numpy as np
import pandas as pd

# %% jupyter={"source_hidden": true}
# isort: split
from sklearn.feature_extraction.text import CountVectorizer

from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm.real.records import AGAIN, passages
from holdout.lm.real.tuning_report import generation_table, generations, loss_rises
from holdout.stats.intervals import mean_interval
from holdout.topics.collapse import figures as views
from holdout.topics.collapse.experiments import (
    MODES,
    digit_generations,
    expected_log_variance,
    expected_support,
    expected_variance,
    fixed_budget_factor,
    gaussian_chains,
    regression_ratios,
    token_chain,
)

style.use()

# %% [markdown]
# ## 1 · One dimension: fit, sample, fit again
#
# The smallest generative model is a mean and a variance. Fit them, draw as many values as before, fit these.


# %%
def next_generation(x, rng):
    """Fit a Gaussian to x and draw as many values from the fit."""
    return rng.normal(x.mean(), x.std(), size=len(x))


rng = np.random.default_rng(0)
x = rng.normal(size=50)
for _ in range(20):
    x = next_generation(x, rng)
print(f"after 20 generations: mean {x.mean():+.2f}, variance {x.var():.2f}")

# %% jupyter={"source_hidden": true}
predict(
    "12.d1",
    "50 values per generation, 20 generations of replacement, the variance fitted with the *unbiased* formula (divide by "
    "49). What happens to the typical (median) variance?",
    options=["it stays at 1", "it falls", "it rises"],
)

# %% [markdown]
# The right side shows 200 chains on a logarithmic scale; the thin line is the real variance, 1.
#
# 1. **Find** a chain whose variance after 20 generations of 50 values is *above* 1. What would its owner report?
# 2. How many samples per generation keep the median above 0.9 after 20 generations (division by M)?
# 3. Change to the unbiased estimator. Does the median stop falling?

# %% jupyter={"source_hidden": true}
SIZES = [20, 50, 100, 200, 400]
ESTIMATORS = {"divide by M": 0, "unbiased": 1}
runs = {
    (size, name): gaussian_chains(size, 40, np.random.default_rng(size), chains=200, ddof=ddof)
    for size in SIZES
    for name, ddof in ESTIMATORS.items()
}
gauss_stage = Stage(
    alt="A refitted Gaussian, and the variance of 200 chains over generations",
    title="{samples} samples, generation {generation}: the median variance is {median:.2f}, the mean {mean:.2f}",
    readout="{samples} samples, {estimator}, generation {generation}: chain {chain} has variance {variance:.2f}; the median of 200 chains is {median:.2f}, "
    "their mean {mean:.2f}.",
    size=(8.4, 3.8),
    ncols=2,
)


# %%
@gauss_stage.live(
    samples=SIZES,
    generation=(0, 40),
    chain=(0, 19),
    estimator=list(ESTIMATORS),
    start={"samples": 50, "generation": 20, "chain": 0},
)
def refit(samples, generation, chain, estimator):
    means, variances = runs[samples, estimator]
    views.draw_gaussians(gauss_stage.axes, means, variances, chain, generation)
    now = variances[generation]
    return {"variance": now[chain], "median": np.median(now), "mean": now.mean()}


refit

# %% jupyter={"source_hidden": true}
_, many = gaussian_chains(50, 20, np.random.default_rng(7), chains=4000)
unbiased_means, unbiased = gaussian_chains(50, 20, np.random.default_rng(8), chains=4000, ddof=1)
long_means, long_variances = gaussian_chains(50, 1000, np.random.default_rng(9), chains=1000, ddof=1)
shown = [chain for chain in range(20) if runs[50, "divide by M"][1][20, chain] > 1]
enough = next(size for size in SIZES if np.median(runs[size, "divide by M"][1][20]) > 0.9)
above = np.mean(many[20] > 1)
typical = {n: np.median(np.abs(long_means[n])) for n in (20, 200, 1000)}
assert shown and np.median(unbiased[20]) < 0.8 and 0.15 < above < 0.23
assert (
    abs(typical[1000] - typical[200]) < 0.1 and typical[1000] < 1 and np.median(long_variances[1000]) < 1e-6
)
# four standard errors, derived in tests/unit/topics/test_collapse.py
assert abs(many[20].mean() - expected_variance(50, 20)) < 0.047
resolve("12.d1", "it falls", f"The median is {np.median(unbiased[20]):.2f}; only the mean stays near 1.")
explain(
    """
    **What it means.** (1) For example chain {chain}: {count} of these 20 chains have *more* variance than they began with. Of 4,000 chains it is {above:.0%}. One chain that looks healthy is no evidence. (2) {enough} of the sizes offered.
    (3) No, it only falls more slowly: {unbiased:.2f} after 20 generations instead of {median:.2f}.

    | after 20 generations of 50 values | formula | measured, 4,000 chains |
    |---|---|--:|
    | mean variance, divide by M | (1 − 1/M)ⁿ = {f_variance:.3f} | {m_variance:.3f} |
    | mean variance, unbiased | 1 | {m_unbiased:.3f} |
    | mean *logarithm* of the variance, unbiased | {f_log:.3f} | {m_log:.3f} |
    | variance of the mean, unbiased | n/M = 0.400 | {m_mean:.3f} |

    The setting is that of Shumailov and others (2024); the formulas are derived here. Dividing by M − 1 removes the bias and not the collapse: the sampling itself does it. The two constant or growing averages of the unbiased version, 1 and n/M, are held up by few
    chains with a large variance. *Your* chain is most likely not one of them. Its variance shrinks geometrically, so its mean stops moving: the median distance from 0 is {d20:.2f} at generation 20, {d200:.2f} at 200 and
    {d1000:.2f} at 1,000 (1,000 chains). Divided by M, even the variance of the mean is bounded: it is 1 − (1 − 1/M)ⁿ, below the real variance of 1.
    """,
    chain=shown[0],
    count=len(shown),
    above=above,
    enough=enough,
    unbiased=np.median(unbiased[20]),
    median=np.median(many[20]),
    f_variance=expected_variance(50, 20),
    m_variance=many[20].mean(),
    m_unbiased=unbiased[20].mean(),
    f_log=expected_log_variance(50, 20),
    m_log=np.log(unbiased[20]).mean(),
    m_mean=unbiased_means[20].var(),
    d20=typical[20],
    d200=typical[200],
    d1000=typical[1000],
)

# %% [markdown]
# ## 2 · Does it help to keep the old rows?
#
# Linear regression, 100 rows, 10 features; each generation's labels come from the model before it, with fresh noise. Gerstgrasser and others (2024, arXiv 2404.01413): after *n* fits the error of one fit is multiplied by **n** under replacement, and by
# **Σ 1/i²**, at most **π²/6 = 1.645**, under accumulation. Conditions: inputs with independent normal features, the same number of rows *T* in each generation and the same inputs each time (for the exact sum), and T ≥ d + 2.

# %% jupyter={"source_hidden": true}
predict(
    "12.d2",
    "After 20 generations with a *fixed budget* (100 rows drawn from all so far, so the same compute as replacement), the error is about ... times that of one fit.",
    options=["1.6, as under accumulation", "3", "10", "20, as under replacement"],
)

# %% [markdown]
# 1. **Find** the generation at which replacement has about doubled the error of one fit.
# 2. Let the axis end at 4. Does accumulation cross 1.645? Bands are 95% intervals of the mean of 400 chains.
# 3. Does the fixed budget level off?

# %% jupyter={"source_hidden": true}
CHAINS = 400
ratios = {
    mode: regression_ratios(100, 10, 30, np.random.default_rng(11), mode=mode, chains=CHAINS)
    for mode in MODES
}
steps = np.arange(1, 31)
formulas = {
    "replace": steps.astype(float),
    "accumulate": np.cumsum(1 / steps**2),
    "fixed budget": np.array([fixed_budget_factor(n) for n in steps]),
}
ratio_stage = Stage(
    alt="Test error over that of one fit for three ways to train on own output, with the formulas",
    title="Generation {generation}: replacement × {replace:.1f}, fixed budget × {budget:.1f}, accumulation × {accumulate:.1f}",
    readout="Generation {generation}: replacement × {replace:.2f}, fixed budget × {budget:.2f}, accumulation × {accumulate:.2f}; the axis ends at {axis_ends_at}.",
    size=(8, 4.2),
)


# %%
@ratio_stage.live(generation=(1, 30), axis_ends_at=[32, 8, 4], start={"generation": 20, "axis_ends_at": 8})
def ratio(generation, axis_ends_at):
    views.draw_ratios(ratio_stage.ax, ratios, formulas, generation, axis_ends_at)
    now = {mode: values[generation - 1].mean() for mode, values in ratios.items()}
    return {"replace": now["replace"], "budget": now["fixed budget"], "accumulate": now["accumulate"]}


ratio

# %% jupyter={"source_hidden": true}
at_20 = {mode: mean_interval(values[19]) for mode, values in ratios.items()}
budget = ratios["fixed budget"].mean(axis=1)
late = mean_interval(ratios["fixed budget"][19:].mean(axis=0))
doubled = int(np.flatnonzero(ratios["replace"].mean(axis=1) >= 1.9)[0]) + 1
# four standard errors of a mean of 400 chains; the relative spread of one is at most 0.5 (tests/proof/test_claims_12.py)
for mode in ("replace", "accumulate"):
    assert abs(at_20[mode][0] - formulas[mode][19]) < 4 * 0.5 * formulas[mode][19] / np.sqrt(CHAINS)
assert abs(late[0] - fixed_budget_factor(np.inf)) < 0.3
resolve("12.d2", "3", f"Measured {at_20['fixed budget'][0]:.2f}.")
explain(
    """
    **What it means.** (1) Generation {doubled}.

    | generation 20 | formula | measured, 400 chains (95%) |
    |---|---|--:|
    | replacement | n = 20, published | {replace:.1f} ± {e_replace:.1f} |
    | accumulation | Σ1/i² = {f_accumulate:.3f}, published | {accumulate:.2f} ± {e_accumulate:.2f} |
    | fixed budget | {f_budget:.2f}, derived here for many rows | {budget:.2f} ± {e_budget:.2f} |

    (2) The formula never does; our mean may, because all generations of a chain contain its first fit: if 400 first fits are a little worse than expected, the whole curve lies higher. (3) Yes, at about 3: {b5:.2f} at generation 5, {b10:.2f} at 10, and
    {late:.2f} ± {e_late:.2f} from 20 to 30. Kazdan and others (2024, arXiv 2410.16713) study this way (they call it *accumulate-subsample*). Our formula counts two parts: what the pool has lost, and the noise of drawing 100 of its rows. Its limit is π²/2 − 2 = {limit:.2f}; with 100
    rows the true level is slightly higher.

    Keeping the real data bounds this error *in this model, under these conditions*. Accumulation fits 20 times as many rows in the end; at equal compute the honest comparison is the fixed budget.
    """,
    doubled=doubled,
    replace=at_20["replace"][0],
    e_replace=at_20["replace"][1],
    f_accumulate=formulas["accumulate"][19],
    accumulate=at_20["accumulate"][0],
    e_accumulate=at_20["accumulate"][1],
    f_budget=formulas["fixed budget"][19],
    budget=at_20["fixed budget"][0],
    e_budget=at_20["fixed budget"][1],
    b5=budget[4],
    b10=budget[9],
    late=late[0],
    e_late=late[1],
    limit=fixed_budget_factor(np.inf),
)

# %% jupyter={"source_hidden": true}
real_loop, real_changes = generation_table(), loss_rises()
real_losses = generations()["held_out_loss"].unstack("generation")
again_loop = generation_table(AGAIN)
again_types = generations(folder=AGAIN)["types"].unstack("generation").loc["replace"]
spared = mean_interval((real_losses.loc["replace", "3"] - real_losses.loc["accumulate", "3"]).to_numpy())
assert real_changes.loc["replace", "low"] > 0 > real_changes.loc["accumulate", "high"]
assert (real_loop["types"].unstack("generation")["3"] < real_loop["types"].unstack("generation")["0"]).all()
explain(
    """
    **A real language model, recorded.** SmolLM2-135M-Instruct is tuned on 48 real descriptions of parameters, then on what it wrote (48 texts per generation, temperature 1). Each generation is a new adapter on the shipped weights. Loss per token on 30 other real texts, mean of {seeds:.0f} seeds:

    | training text | generation 0 | 1 | 2 | 3 | change from 0 to 3 (95%) |
    |---|--:|--:|--:|--:|--:|
    {rows}

    In generation 3 keeping everything saves {saved:.2f} ± {error:.2f}. Not all of it need be the real text: accumulation also trains longer, 48 steps instead of 12 in generation 3. How much variety is lost depends on the draw. Here different tokens fall from {types:.0f} to {types_replace:.0f} under replacement, and to {types_accumulate:.0f} under accumulation. Made again on another processor, where other texts were sampled, they fell from {again:.0f} to {again_replace:.0f} and {again_accumulate:.0f}, and {spared_chains} of {seeds:.0f} chains of replacement lost none; the mean losses differed by {losses_apart:.2f} at most.
    """,
    seeds=real_changes["seeds"].min(),
    rows="\n".join(
        f"| {name} | "
        + " | ".join(f"{real_loop.loc[(mode, str(n)), 'held_out_loss']:.2f}" for n in range(4))
        + f" | {row['change']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f}) |"
        for mode, name in (
            ("replace", "the last generation (replacement)"),
            ("accumulate", "the real text and all generations (accumulation)"),
        )
        for row in [real_changes.loc[mode]]
    ),
    saved=spared[0],
    error=spared[1],
    types=real_loop.loc[("replace", "0"), "types"],
    types_replace=real_loop.loc[("replace", "3"), "types"],
    types_accumulate=real_loop.loc[("accumulate", "3"), "types"],
    again=again_loop.loc[("replace", "0"), "types"],
    again_replace=again_loop.loc[("replace", "3"), "types"],
    again_accumulate=again_loop.loc[("accumulate", "3"), "types"],
    spared_chains=int((again_types["3"] >= again_types["0"]).sum()),
    losses_apart=(again_loop["held_out_loss"] - real_loop["held_out_loss"]).abs().max(),
)

# %% [markdown]
# ## 3 · Do the pictures get uglier?
#
# A Gaussian mixture of 30 components (after PCA) is fitted to 600 of scikit-learn's digits and refitted to 600 of its own images. Look at the sixty images, then
# at the bars (crosses: the real images). *Distance* is the mean distance from a written image to the nearest real one that was not trained on. *Coverage* is the share of these real images that are the nearest one of any
# written image.
#
# 1. **Find** a digit that becomes rare under replacement.
# 2. By your eyes, is generation 10 uglier than generation 1? What does the distance say?
# 3. Which ways of training keep the spread better than replacement?

# %% jupyter={"source_hidden": true}
predict(
    "12.d3",
    "By how much has the spread of the images (root of the total variance) fallen from generation 1 to 10, under replacement?",
    options=["not at all", "by about a quarter", "by more than half"],
)

# %% jupyter={"source_hidden": true}
SEEDS = 5
digits = {
    mode: [digit_generations(10, 600, np.random.default_rng(seed), mode=mode) for seed in range(SEEDS)]
    for mode in MODES
}
digit_stage = Stage(
    alt="Sixty written digits and how many of each",
    title="{mode}, generation {generation}: spread {spread:.1f}, coverage {coverage:.0%}",
    readout="{mode}, seed 0, generation {generation}: spread {spread:.1f}, distance to the nearest real image {nearest:.1f}, coverage {coverage:.0%}.",
    size=(8.4, 3.6),
    ncols=2,
    width_ratios=[1.5, 1],
)


# %%
@digit_stage.flipbook(generation=(0, 10), mode=list(MODES), start={"generation": 10})
def leaf(generation, mode):
    run = digits[mode][0]
    views.draw_digits(digit_stage.axes, run.images[generation], run.classes[generation], run.classes[0])
    return {
        "spread": run.spread[generation],
        "nearest": run.nearest_real[generation],
        "coverage": run.coverage[generation],
    }


leaf

# %% jupyter={"source_hidden": true}
kept = digits["replace"][0]
rarest = int((kept.classes[10] / kept.classes[0]).argmin())


def over_seeds(mode, name):
    return np.array([getattr(run, name) for run in digits[mode]])


changes = {
    (mode, name): mean_interval(over_seeds(mode, name)[:, 10] - over_seeds(mode, name)[:, 1])
    for mode in MODES
    for name in ("spread", "nearest_real", "coverage")
}
fall = mean_interval(1 - over_seeds("replace", "spread")[:, 10] / over_seeds("replace", "spread")[:, 1])
ahead = {
    mode: mean_interval(over_seeds(mode, "spread")[:, 10] - over_seeds("replace", "spread")[:, 10])
    for mode in ("accumulate", "fixed budget")
}
two = mean_interval(over_seeds("accumulate", "spread")[:, 10] - over_seeds("fixed budget", "spread")[:, 10])
assert 0.15 < fall[0] - fall[1] and fall[0] + fall[1] < 0.35
assert all(mean > error for mean, error in ahead.values()) and abs(two[0]) < two[1] + 0.3
resolve("12.d3", "by about a quarter", f"By {fall[0]:.0%} ± {100 * fall[1]:.0f}.")
explain(
    """
    **What it means.** (1) In seed 0 the {rarest}: {before} real images, {after} written ones (another seed loses another digit). Changes from generation 1 to 10, {seeds} seeds, with 95% intervals:

    | way of training | spread | distance to the nearest real image | coverage |
    |---|--:|--:|--:|
    {rows}

    (2) The images of generation 10 look blurred. The distance has grown by {uglier:.0%} only: on 8 × 8 pixels it is a weak measure of ugliness, and it says nothing about variety. Coverage does: it is halved. (3) Both: accumulation by {accumulate:.1f} ± {e_accumulate:.1f},
    the fixed budget by {budget:.1f} ± {e_budget:.1f} at generation 10. Between the two the difference is {two:+.1f} ± {e_two:.1f}.

    The step from generation 0 to 1 ({s0:.1f} to {s1:.1f}) is not collapse: PCA leaves out part of every image. Two effects, so we count from generation 1.
    """,
    rarest=rarest,
    before=kept.classes[0, rarest],
    after=kept.classes[10, rarest],
    seeds=SEEDS,
    rows="\n".join(
        f"| {mode} | {changes[mode, 'spread'][0]:+.1f} ± {changes[mode, 'spread'][1]:.1f} | {changes[mode, 'nearest_real'][0]:+.2f} ± {changes[mode, 'nearest_real'][1]:.2f} "
        f"| {100 * changes[mode, 'coverage'][0]:+.0f} ± {100 * changes[mode, 'coverage'][1]:.0f} points |"
        for mode in MODES
    ).replace("-", "\N{MINUS SIGN}"),
    uglier=changes["replace", "nearest_real"][0] / over_seeds("replace", "nearest_real")[:, 1].mean(),
    accumulate=ahead["accumulate"][0],
    e_accumulate=ahead["accumulate"][1],
    budget=ahead["fixed budget"][0],
    e_budget=ahead["fixed budget"][1],
    two=two[0],
    e_two=two[1],
    s0=kept.spread[0],
    s1=kept.spread[1],
)

# %% [markdown]
# ## 4 · A bigger corpus looks healthier
#
# The words of scikit-learn's documentation again, 10,000 per generation. Two archives: **A** comes from generation 10 of replacement and was written long; **B** is real and short. Their owners report *different words*, each at its own length.
# Their number after one generation has a formula, the sum of 1 − (1 − p)^M.
#
# 1. With A at its full 30,000 words, **find** the lengths of B at which B reports *fewer* different words than A.
# 2. Read both equally far. Which one has more?

# %%
word_counts = CountVectorizer(token_pattern="[a-z]+").fit_transform(passages().values()).sum(axis=0).A1
real = np.sort(word_counts)[::-1] / word_counts.sum()
collapsed = token_chain(real, 10_000, 10, np.random.default_rng(3))[10]
rng = np.random.default_rng(12)
long_A = rng.choice(len(real), 30_000, p=collapsed)
real_B = rng.choice(len(real), 3_000, p=real)

# %% jupyter={"source_hidden": true}
READ = [100, 200, 500, 1000, 1500, 2000, 3000]
curves = {
    name: np.array([len(np.unique(words[:length])) for length in READ])
    for name, words in {"A, generation 10": long_A, "B, real": real_B}.items()
}
rarefaction_stage = Stage(
    alt="Different words against words read, for a collapsed and a real corpus, and what A reports at its own length",
    title="A reports {a}, B reports {b}; both read for {equal:,} words: {at_a} and {at_b}",
    readout="A, {length_of_A:,} words long, reports {a} different words; B, {length_of_B:,} long, reports {b}. Both read for {equal:,}: A {at_a}, B {at_b}.",
    size=(8, 3.9),
)


# %%
@rarefaction_stage.live(
    length_of_B=READ, length_of_A=[1000, 3000, 30000], start={"length_of_B": 1000, "length_of_A": 30000}
)
def compare(length_of_B, length_of_A):
    equal = min(length_of_A, length_of_B)
    a, b = len(np.unique(long_A[:length_of_A])), len(np.unique(real_B[:length_of_B]))
    views.draw_rarefaction(rarefaction_stage.ax, READ, curves, length_of_B, a)
    at_a, at_b = (len(np.unique(words[:equal])) for words in (long_A, real_B))
    return {"a": a, "b": b, "equal": equal, "at_a": at_a, "at_b": at_b}


compare

# %% jupyter={"source_hidden": true}
full_A = len(np.unique(long_A))
ahead_of_B = [length for length, b in zip(READ, curves["B, real"], strict=True) if b < full_A]
many_B = mean_interval(
    [np.count_nonzero(np.random.default_rng([4, k]).multinomial(1000, real)) for k in range(100)]
)
assert (
    (curves["B, real"][2:] > curves["A, generation 10"][2:]).all()
    and 1000 in ahead_of_B
    and 3000 not in ahead_of_B
)
assert abs(many_B[0] - expected_support(real, 1000)) < 2 * many_B[1]
explain(
    """
    **What it means.** (1) A reports {a} different words, more than B at {lengths} words. (2) B: {b_1000} against {a_1000} at 1,000 words, {b_3000} against {a_3000} at 3,000. (The formula says {formula:.1f} for 1,000 real words; 100 draws have {mean:.1f} ± {error:.1f} on average.)

    Support grows with the number of words read, healthy or not. **Compare at equal length only** (ecologists call it rarefaction), and read far enough: in the first 100 words two corpora hardly differ. Accumulation has the same trap, because its pool is longer in every generation.
    """,
    a=full_A,
    lengths=", ".join(f"{length:,}" for length in ahead_of_B),
    b_1000=curves["B, real"][READ.index(1000)],
    a_1000=curves["A, generation 10"][READ.index(1000)],
    b_3000=curves["B, real"][-1],
    a_3000=curves["A, generation 10"][-1],
    formula=expected_support(real, 1000),
    mean=many_B[0],
    error=many_B[1],
)

# %% [markdown]
# **At work.** Rarefaction of a table in pandas: shuffle, cut at equal length, count.

# %%
corpora = pd.DataFrame({"corpus": ["A"] * len(long_A) + ["B"] * len(real_B), "word": np.r_[long_A, real_B]})
shortest = corpora["corpus"].value_counts().min()
equally_long = corpora.groupby("corpus").sample(shortest, random_state=0)
equally_long.groupby("corpus")["word"].nunique()

# %% [markdown]
# ## Back
#
# [Lesson 12](../12-a-model-that-eats-its-own-output.ipynb), then [exercise 12](../../exercises/12-a-model-that-eats-its-own-output/12-a-model-that-eats-its-own-output.ipynb).
