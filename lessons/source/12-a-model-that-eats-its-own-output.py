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
# # 12 · A model that eats its own output
#
# *Unit 5 of 6: Model collapse.*
#
# ## Quality is steady at every retraining. May we go on training on our own texts?
#
# The help desk's small language model writes the articles that its successor is trained on. Real articles are no
# longer collected. The report after each generation says: *"readable, mean length unchanged, the frequent questions
# are answered as before."* This lesson is about what such a report cannot see.
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | say what one generation does to a mean, a variance and a tail, with bands over chains | 16 |
# | tell replacement, accumulation and a fixed budget apart, by a published factor | 7 |
# | choose metrics that see a tail die, and name those that lie | 18 |
# | read a run of a real language model over ten generations, and price what it lost | 14 |
#
# About 60 minutes here, then 60 to 90 in the exercise. All terms are in the [glossary](glossary.ipynb).
#
# **Words.** *Replacement*: each generation is trained on the newest output only. *Accumulation*: on everything so
# far, the first real data included. *Fixed budget*: on as many rows as the first time, drawn from everything so far.
# *Collapse* is **partial** and **tail-first** unless we say otherwise.

# %%
import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import Markdown

from holdout import Stage, predict, resolve
from holdout.figures import style
from holdout.lm import load, one_thread, open_book
from holdout.lm.texts import (
    TAIL_FROM,
    real_texts,
    recorded_generations,
    text_metrics,
    train_on_texts,
    write_texts,
)
from holdout.stats.distributions import zipf
from holdout.topics.collapse import figures as views
from holdout.topics.collapse.experiments import (
    MODES,
    digit_generations,
    expected_log_variance,
    expected_support,
    expected_variance,
    gaussian_chains,
    regression_ratios,
    token_chain,
    token_metrics,
)

style.use()

# %% [markdown]
# ## One dimension: fit, sample, fit again  ·  *minute 2*
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

# %%
predict(
    "12.p1",
    "50 values per generation, 20 generations of replacement, the variance fitted with the *unbiased* formula (divide by "
    "49). What happens to the typical (median) variance?",
    options=["it stays at 1", "it falls", "it rises"],
)

# %% [markdown]
# One chain is a coin flip, so the right side shows 200 of them (on a logarithmic scale; the thin line is the real variance, 1).
#
# 1. **Find** a chain whose variance after 20 generations of 50 values is *above* 1. What would its owner report?
# 2. How many samples per generation keep the median above 0.9 after 20 generations (division by M)?
# 3. Change to the unbiased estimator. Does the median stop falling?

# %%
SIZES = (20, 50, 100, 200, 400)
runs = {
    (size, ddof): gaussian_chains(size, 40, np.random.default_rng(size), chains=200, ddof=ddof)
    for size in SIZES
    for ddof in (0, 1)
}
gauss_stage = Stage(
    alt="A refitted Gaussian, and the variance of 200 chains over generations", size=(8.4, 3.8), ncols=2
)
ESTIMATORS = [("divide by M", 0), ("unbiased", 1)]


@gauss_stage.live(
    samples=widgets.SelectionSlider(options=SIZES, value=50),
    generation=(0, 40),
    chain=(0, 19),
    estimator=widgets.SelectionSlider(options=ESTIMATORS, value=0),
    start={"generation": 20, "chain": 0},
)
def refit(samples, generation, chain, estimator):
    means, variances = runs[samples, estimator]
    views.draw_gaussians(gauss_stage.axes, means, variances, chain, generation)
    name = ESTIMATORS[estimator][0]
    return (
        f"{samples} samples, {name}, generation {generation}: chain {chain} has variance {variances[generation, chain]:.2f}; the "
        f"median of 200 chains is {np.median(variances[generation]):.2f}, their mean {variances[generation].mean():.2f}."
    )


refit

# %%
_, many = gaussian_chains(50, 20, np.random.default_rng(7), chains=4000)
unbiased_means, unbiased = gaussian_chains(50, 20, np.random.default_rng(8), chains=4000, ddof=1)
lucky = [chain for chain in range(20) if runs[50, 0][1][20, chain] > 1]
enough = next(size for size in SIZES if np.median(runs[size, 0][1][20]) > 0.9)
assert lucky and np.median(unbiased[20]) < 0.8
# four standard errors, derived in tests/unit/test_collapse.py
assert abs(many[20].mean() - expected_variance(50, 20)) < 0.047

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve("12.p1", "it falls", f"The median is {np.median(unbiased[20]):.2f}; only the mean stays near 1.")
Markdown(
    f"**What you found.** (1) Chain {lucky[0]}, among others: {len(lucky)} of the 20 report *more* variance than they began with. "
    f"(2) {enough} of the sizes offered. (3) No, it only falls more slowly: {np.median(unbiased[20]):.2f} after 20 generations instead of {np.median(many[20]):.2f}.\n\n"
    "| after 20 generations of 50 | formula | measured, 4,000 chains |\n|---|---|---|\n"
    f"| mean variance, divide by M | (1 − 1/M)ⁿ = {expected_variance(50, 20):.3f} | {many[20].mean():.3f} |\n"
    f"| mean variance, unbiased | 1 | {unbiased[20].mean():.3f} |\n"
    f"| mean *logarithm* of it, unbiased | {expected_log_variance(50, 20):.3f} | {np.log(unbiased[20]).mean():.3f} |\n"
    f"| variance of the mean | n/M = 0.400 | {unbiased_means[20].var():.3f} |\n\n"
    "The setting is that of Shumailov and others (2024, *Nature* 631); the formulas are derived. The unbiased mean is held up by few "
    "chains with a large variance; *your* chain is most likely below. Bias is not the engine: sampling is. And the mean wanders, "
    "without limit, as n/M."
)

# %% [markdown]
# ## Tokens: rare ones die first  ·  *minute 10*
#
# Text is made of tokens, a few frequent and many rare. The model counts them; the next one counts what it wrote. The whole loop:
#
# ```python
# counts = rng.multinomial(samples, p)
# p = counts / samples
# ```
#
# A count of zero can never become more.

# %%
predict(
    "12.p2",
    "1,000 tokens with probabilities proportional to 1/rank, 1,000 written per generation, 20 generations of replacement. "
    "Averaged over many chains, the *probability mass* of the tail (rank 501 to 1000) ...",
    options=["falls to nearly 0", "falls to about half", "does not change"],
)

# %% [markdown]
# 1. **Find** the generation from which less than a tenth of all tokens are still written, at 1,000 samples and temperature 1.
# 2. How many samples keep half of the *tail* alive for 20 generations?
# 3. At temperature 0.9 and 1,000 samples, what happens to the most frequent token?

# %%
VOCABULARY, TAIL = 1000, 500
real = zipf(VOCABULARY)
token_runs = {
    (size, temperature): token_chain(real, size, 20, np.random.default_rng(size), temperature=temperature)
    for size in (300, 1000, 3000, 10000, 100000)
    for temperature in (0.9, 1.0)
}
token_stage = Stage(alt="Probability of tokens by real rank, dead tokens below", size=(8, 4.2))


@token_stage.live(
    samples=widgets.SelectionSlider(options=(300, 1000, 3000, 10000, 100000), value=1000),
    generation=(0, 20),
    temperature=widgets.SelectionSlider(options=(1.0, 0.9), value=1.0),
    start={"generation": 5},
)
def write_tokens(samples, generation, temperature):
    p = token_runs[samples, temperature][generation]
    views.draw_tokens(token_stage.ax, real, p, TAIL)
    m = token_metrics(real, p, tail_from=TAIL)
    return (
        f"{samples} tokens, temperature {temperature}, generation {generation}: {m['support']:.0%} of all tokens and "
        f"{m['tail support']:.0%} of the tail are still written; tail mass {m['tail mass']:.3f} (real {real[TAIL:].sum():.3f}), "
        f"first token {p[0]:.3f} (real {real[0]:.3f})."
    )


write_tokens

# %%
rng = np.random.default_rng(3)
chains = np.array([token_chain(real, 1000, 20, rng) for _ in range(200)])
tail_mass = chains[:, :, TAIL:].sum(axis=2)
tail_alive = (chains[:, :, TAIL:] > 0).mean(axis=2)
tenth = int(np.flatnonzero((token_runs[1000, 1.0] > 0).mean(axis=1) < 0.1)[0])
holding = [s for s in (300, 1000, 3000, 10000, 100000) if (token_runs[s, 1.0][20, TAIL:] > 0).mean() >= 0.5]
first = token_runs[1000, 0.9][20, 0]
# chains are independent; the mean of the tail mass is a martingale, so it stays within 4 standard errors
assert abs(tail_mass[:, 20].mean() - real[TAIL:].sum()) < 4 * tail_mass[:, 20].std() / np.sqrt(200)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "12.p2",
    "does not change",
    f"Real {real[TAIL:].sum():.3f}, mean of 200 chains {tail_mass[:, 20].mean():.3f}.",
)
Markdown(
    f"**What you found.** (1) Generation {tenth}. (2) {min(holding):,} of the sizes offered. (3) It rises from {real[0]:.3f} to {first:.3f} in 20 generations: sharpened "
    "sampling adds a direction to the drift.\n\n"
    f"**What it means.** After one generation {np.count_nonzero(chains[:, 1] > 0, axis=1).mean():.1f} tokens are alive (formula: {expected_support(real, 1000):.1f}); after 20, "
    f"{tail_alive[:, 20].mean():.1%} of the tail. Yet its *mean mass* is where it was, because the few tail tokens that are left have, on average, the mass of "
    f"{1 / tail_alive[:, 20].mean():.0f} real ones each. In a single chain it wanders: 80% of the 200 lie between {np.quantile(tail_mass[:, 20], 0.1):.3f} and {np.quantile(tail_mass[:, 20], 0.9):.3f}. "
    "**A dashboard that watches tail mass watches the wrong number.**"
)

# %% [markdown]
# ## Which metric sees it, and which one lies?  ·  *minute 18*
#
# The same loop, 20 chains, five numbers, each divided by what it was when trained on real tokens (generation 1). *Diversity* is the
# chance that two tokens differ, 1 − Σp²; *head mass* is the probability of the first ten.
#
# 1. **Find** the numbers that fall by more than half under replacement (chain 0 is the mean of all 20).
# 2. What do they do under accumulation, and with a fixed budget?
# 3. Go back to replacement and look at one chain at a time: which number would let you say "all is well"?

# %%
NAMES = ("tail support", "support", "diversity", "tail mass", "head mass")
metric_runs = {}
for mode in MODES:
    rng = np.random.default_rng(5)
    table = [
        [token_metrics(real, p, tail_from=TAIL) for p in token_chain(real, 1000, 20, rng, mode=mode)]
        for _ in range(20)
    ]
    metric_runs[mode] = {name: np.array([[m[name] for m in chain] for chain in table]) for name in NAMES}
metric_stage = Stage(alt="Five metrics over generations, relative to the first fit", size=(8.4, 4.4))


@metric_stage.live(mode=list(MODES), chain=(0, 20), generation=(1, 20), start={"chain": 0, "generation": 20})
def watch(mode, chain, generation):
    def shown(name):
        values = metric_runs[mode][name]
        values = values.mean(axis=0) if chain == 0 else values[chain - 1]
        return values / values[1]

    curves = {name: shown(name) for name in NAMES}
    views.draw_metrics(
        metric_stage.ax,
        {k: v[1:] for k, v in curves.items()},
        generation,
        (0, 2.6),
        "share of its value in generation 1",
        first=1,
    )
    who = "mean of 20 chains" if chain == 0 else f"chain {chain}"
    return f"{mode}, {who}, generation {generation}: " + ", ".join(
        f"{name} × {values[generation]:.2f}" for name, values in curves.items()
    )


watch

# %%
final = pd.DataFrame(
    {
        mode: {name: m.mean(axis=0)[20] / m.mean(axis=0)[1] for name, m in metric_runs[mode].items()}
        for mode in MODES
    }
)
diversities = metric_runs["replace"]["diversity"]
steady = np.floor(100 * (diversities[:, 20] / diversities[:, 1]).min()) / 100
up = np.mean(metric_runs["replace"]["tail mass"][:, 20] > metric_runs["replace"]["tail mass"][:, 1])
assert final.loc["tail support", "replace"] < 0.2 and final.loc["tail support", "accumulate"] == 1
final.round(2)

# %%
Markdown(
    "**What you found.** (1) Both supports; diversity hardly: 1 − Σp² is made by the head. (2) Under accumulation support stands exactly still, because a token "
    f"that was once written stays in the pool. A fixed budget lies in between: tail support × {final.loc['tail support', 'fixed budget']:.2f}, "
    f"against {final.loc['tail support', 'replace']:.2f} under replacement. (3) Tail mass: it *rises* in {up:.0%} of the 20 chains. Diversity stays above × {steady:.2f} in all of them.\n\n"
    "| metric | sees the tail die? | its trap |\n|---|---|---|\n"
    "| tail support | yes, first | grows with the number of texts read (minute 53) |\n"
    "| support | yes, later | the same |\n"
    "| diversity 1 − Σp² | hardly | made by frequent tokens |\n"
    "| head mass | no | right in the mean all the time |\n"
    "| tail mass | no | right in the mean, scattered from chain to chain |\n\n"
    "**Compute.** Replacement and fixed budget count 1,000 tokens per generation; accumulation counts ever more. That comparison is *not* matched in compute."
)

# %% [markdown]
# ## What does it help to keep the old rows?  ·  *minute 25*
#
# Linear regression, 100 rows, 10 features; each generation's labels come from the model before it, with fresh noise. Gerstgrasser and others (2024,
# arXiv 2404.01413): the error of one fit is multiplied by **n** under replacement, and by at most **π²/6 = 1.645** under accumulation.

# %%
predict(
    "12.p3",
    "After 20 generations with a *fixed budget* (100 rows drawn from all so far, so the same compute as replacement), the error is about ... times that of one fit.",
    options=["1.6, as under accumulation", "3", "10", "20, as under replacement"],
)

# %% [markdown]
# 1. **Find** the generation at which replacement has about doubled the error of one fit.
# 2. Let the axis end at 2. Does accumulation ever cross the bound of 1.645, π²/6?
# 3. Does the fixed budget level off?

# %%
ratios = {
    mode: regression_ratios(100, 10, 20, np.random.default_rng(11), mode=mode, chains=400) for mode in MODES
}
steps = np.arange(1, 21)
published = {"replace": steps, "accumulate": np.cumsum(1 / steps**2)}
ratio_stage = Stage(alt="Test error over that of one fit: three ways to train on own output", size=(8, 4.2))


@ratio_stage.live(
    generation=(1, 20),
    axis_ends_at=widgets.SelectionSlider(options=[22, 8, 4, 2], value=22),
    start={"generation": 20},
)
def ratio(generation, axis_ends_at):
    views.draw_ratios(
        ratio_stage.ax, {m: r.mean(axis=1) for m, r in ratios.items()}, published, generation, axis_ends_at
    )
    measured = ", ".join(f"{m} × {r[generation - 1].mean():.2f}" for m, r in ratios.items())
    return f"generation {generation}: {measured} (the axis ends at {axis_ends_at})."


ratio

# %%
last = {mode: r[-1].mean() for mode, r in ratios.items()}
# four standard errors of a mean of 400 chains; the relative spread of one is at most 0.5 (tests/proof/test_claims_12.py)
spread = 0.5 * published["accumulate"][-1] / np.sqrt(400)
assert abs(last["replace"] - 20) < 4 * 0.5 * 20 / np.sqrt(400)
assert abs(last["accumulate"] - published["accumulate"][-1]) < 4 * spread
doubled = int(np.flatnonzero(ratios["replace"].mean(axis=1) >= 1.9)[0]) + 1
twofold = ratios["replace"].mean(axis=1)[doubled - 1]
most = ratios["accumulate"].mean(axis=1).max()
budget = ratios["fixed budget"].mean(axis=1)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve("12.p3", "3", f"Measured {last['fixed budget']:.2f}.")
Markdown(
    f"| generation 20 | published | measured, 400 chains |\n|---|---|---|\n| replacement | 20 | {last['replace']:.1f} |\n"
    f"| accumulation | Σ1/i² = {published['accumulate'][-1]:.3f}, at most 1.645 | {last['accumulate']:.2f} |\n| fixed budget | no number there | {last['fixed budget']:.2f} |\n\n"
    f"**What you found.** (1) Generation {doubled}, × {twofold:.2f}. (2) The formula never does; our mean of 400 chains reaches {most:.2f}, with a standard error of {spread:.2f}. (3) Not quite within 20 generations: {budget[4]:.2f} "
    f"at 5, {budget[9]:.2f} at 10, {budget[19]:.2f} at 20, ever more slowly.\n\n"
    "**What it means.** Keeping the real data bounds this error, *in this model*. Accumulation fits 20 times as many rows in the end; at equal compute the honest comparison is the fixed budget."
)

# %% [markdown]
# ## Do the pictures get uglier?  ·  *minute 32*
#
# A Gaussian mixture of 30 components (after PCA) is fitted to 600 of scikit-learn's digits and refitted to 600 of its own images. **Look** at the sixty images, then
# at the bars (crosses: the real images). The read-out has two numbers that look alike: the *distance* from a written image to the nearest real one that was not trained on, and
# the *coverage*, the share of these real images that are the nearest one of any written image.
#
# 1. **Find** a digit that becomes rare under replacement.
# 2. By the distance, is generation 10 *uglier* than generation 1? And what does the coverage say?
# 3. Which way of training keeps the spread best?

# %%
predict(
    "12.p4",
    "By how much has the spread of the images (root of the total variance) fallen from generation 1 to 10, under replacement?",
    options=["not at all", "by about a quarter", "by more than half"],
)

# %%
digits = {mode: digit_generations(10, 600, np.random.default_rng(0), mode=mode) for mode in MODES}
digit_stage = Stage(
    alt="Sixty written digits and how many of each", size=(8.4, 3.6), ncols=2, width_ratios=[1.5, 1]
)


@digit_stage.flipbook(generation=(0, 10), mode=list(MODES), start={"generation": 0})
def leaf(generation, mode):
    run = digits[mode]
    views.draw_digits(digit_stage.axes, run.images[generation], run.classes[generation], run.classes[0])
    return (
        f"{mode}, generation {generation}: spread {run.spread[generation]:.1f}, distance to the nearest real image "
        f"{run.nearest_real[generation]:.1f}, coverage {run.coverage[generation]:.0%}."
    )


leaf

# %%
kept = digits["replace"]
rarest = int((kept.classes[10] / kept.classes[0]).argmin())
fall = 1 - kept.spread[10] / kept.spread[1]
assert 0.15 < fall < 0.35

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve("12.p4", "by about a quarter", f"From {kept.spread[1]:.1f} to {kept.spread[10]:.1f}.")
pd.DataFrame(
    {
        (mode, name): getattr(run, attribute)[[0, 1, 5, 10]]
        for mode, run in digits.items()
        for name, attribute in (("spread", "spread"), ("to real", "nearest_real"), ("coverage", "coverage"))
    },
    index=pd.Index([0, 1, 5, 10], name="generation"),
).round(2)

# %%
Markdown(
    f"**What you found.** (1) The {rarest}: {kept.classes[0, rarest]} real images, {kept.classes[10, rarest]} written ones (one chain: another seed loses another digit). "
    f"(2) Hardly: the distance to the nearest real image goes from {kept.nearest_real[1]:.1f} to {kept.nearest_real[10]:.1f}, while coverage falls from {kept.coverage[1]:.0%} to {kept.coverage[10]:.0%}. "
    f"(3) Accumulation and fixed budget: {digits['accumulate'].spread[10]:.1f} and {digits['fixed budget'].spread[10]:.1f}, where replacement keeps {kept.spread[10]:.1f}; one chain each does not tell the two apart.\n\n"
    f"The step from 0 to 1 ({kept.spread[0]:.1f} to {kept.spread[1]:.1f}) is not collapse: PCA leaves out part of every image. Two effects, so we count from generation 1."
)

# %% [markdown]
# ## What does a language model forget first?  ·  *minute 39*
#
# The small language model M learns 1,500 sentences about scikit-learn's defaults, drawn by how often each fact is asked (1/rank), then writes 1,500 of its own at temperature 1 for its successor.
# Every generation starts from the same M and takes 200 steps of 32 texts: **all modes are matched in compute**. Three seeds each were recorded by `datasets/collapse_generations/make.py`; the button below trains one generation now.

# %%
predict(
    "12.p5",
    "Ten generations of replacement. Which number has lost the largest share of what it was in generation 0?",
    options=["share of correct sentences", "head mass", "different tail facts stated correctly"],
)

# %% [markdown]
# 1. **Find** the generation at which half of the tail facts are gone under replacement.
# 2. Does accumulation keep them, at temperature 1 and at 0.9?
# 3. Under replacement at temperature 0.9, which numbers *rise*?

# %%
recorded = pd.DataFrame(recorded_generations())
mean_run = (
    recorded.groupby(["mode", "temperature", "generation"]).mean(numeric_only=True).drop(columns="seed")
)
lm_stage = Stage(alt="Recorded generations of the language model: four metrics", size=(8.4, 4.4))
RUNS = [
    ("replace, 1.0", ("replace", 1.0)), ("accumulate, 1.0", ("accumulate", 1.0)), ("fixed budget, 1.0", ("fixed budget", 1.0)),
    ("replace, 0.9", ("replace", 0.9)), ("accumulate, 0.9", ("accumulate", 0.9)),
]  # fmt: skip
SHOWN = ("tail facts", "facts", "correct", "head mass")


@lm_stage.live(run=widgets.SelectionSlider(options=RUNS), generation=(0, 10), start={"generation": 10})
def read_run(run, generation):
    table = mean_run.loc[run]
    views.draw_metrics(
        lm_stage.ax, {n: (table[n] / table[n].iloc[0]).to_numpy() for n in SHOWN}, generation, (-0.05, 2.2), "share of its value in generation 0"
    )  # fmt: skip
    row = table.loc[generation]
    return (
        f"Recorded, {run[0]} at temperature {run[1]}, generation {generation}, mean of 3 seeds: {row['tail facts']:.0f} tail facts, {row['facts']:.0f} facts, "
        f"{row['correct']:.0%} correct, loss on real texts {row['loss on real']:.2f}."
    )


read_run

# %%
model, book = load("M"), open_book()
button = widgets.Button(description="Train one generation now (2 s)", button_style="primary")
result = widgets.HTML("<p role='status'>Not trained yet.</p>")


def train_now(_):
    rng = np.random.default_rng()
    with one_thread():
        successor = train_on_texts(model, real_texts(book, 1500, rng), rng)
        texts = write_texts(successor, 1500, rng)
    m = text_metrics(texts, book)
    sample = "<br>".join(text.replace("<", "&lt;") for text in texts[:4])
    result.value = f"<p role='status'>Trained and asked just now: {m['facts']:.0f} facts, {m['tail facts']:.0f} of them tail, {m['correct']:.0%} of the sentences correct. It wrote:<br>{sample}</p>"


button.on_click(train_now)
widgets.VBox([button, result])

# %%
start, end = mean_run.loc[("replace", 1.0)].iloc[0], mean_run.loc[("replace", 1.0)].iloc[10]
left = end / start
assert left["tail facts"] < left["correct"] and left["tail facts"] < left["head mass"]
tail_curve = mean_run.loc[("replace", 1.0), "tail facts"]
half_gone = int(tail_curve.index[(tail_curve < tail_curve.iloc[0] / 2).to_numpy()][0])

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve("12.p5", "different tail facts stated correctly", f"{left['tail facts']:.0%} are left.")
ends = mean_run.xs(10, level="generation")[
    ["tail facts", "facts", "correct", "head mass", "tail mass", "loss on real"]
]
pd.concat(
    {"generation 10": ends, "share of generation 0": ends / mean_run.xs(0, level="generation")[ends.columns]},
    axis=1,
).round(2)

# %%
share = (ends / mean_run.xs(0, level="generation")[ends.columns])["tail facts"]
left_sharp = (ends / mean_run.xs(0, level="generation")[ends.columns]).loc[("replace", 0.9)]
assert mean_run.xs(10, level="generation")["correct"].idxmax() == ("replace", 0.9)
Markdown(
    f"**What you found.** (1) Generation {half_gone}. (2) {share['accumulate', 1.0]:.0%} of the tail facts are left at temperature 1, and {share['accumulate', 0.9]:.0%} at 0.9; the fixed budget leaves {share['fixed budget', 1.0]:.0%}. (3) Head mass doubles (× {left_sharp['head mass']:.2f}), and correctness rises to "
    f"{ends.loc[('replace', 0.9), 'correct']:.0%}, against {ends.loc[('replace', 1.0), 'correct']:.0%} at temperature 1, because surer writing makes fewer mistakes; it leaves {ends.loc[('replace', 0.9), 'tail facts']:.0f} tail facts instead of {ends.loc[('replace', 1.0), 'tail facts']:.0f}. "
    f"No other of the five runs is as correct.\n\n"
    f"**What it means.** The share of correct sentences keeps {left['correct']:.0%} of its start, tail facts {left['tail facts']:.0%}: **partial and tail-first**. Loss on *real* texts sees it too "
    f"({start['loss on real']:.2f} to {end['loss on real']:.2f} nats a word): it is a proper distance, if you still have real texts. Some wrong sentences mix two facts; they are new text, not the old tail. "
    f"Unlike the counted tokens, this model loses tail *mass* too ({left['tail mass']:.0%} is left): it is no unbiased counter, and mass leaks into wrong sentences. An honest metric for one model need not be one for another. "
    "Three seeds, one small model, one start: the order of events is the lesson, not the digits. (Published runs differ: Shumailov and others report OPT-125m going from 20 to 28 perplexity points without original data; a different model, quantity and scale.)"
)

# %% [markdown]
# ## The trap: a quality report that cannot see the tail  ·  *minute 48*
#
# The report of the first cell measures correctness on *what was written*. The help desk earns its money on *what is asked*. A question whose fact the corpus no longer holds becomes a ticket of 4 €.
#
# 1. **Find** what accumulating saves for 1,000 questions in generation 10, at temperature 1 and 4 € a ticket.
# 2. Keeping the archive costs 400 € for 1,000 questions. From which price of a ticket on does it pay?

# %%
tail_asked = book.traffic[TAIL_FROM:].sum()


def lost_traffic(run, generation):
    """Share of questions whose fact is no longer written, at best (in each group the most asked facts survive)."""
    row = mean_run.loc[run].loc[generation]
    tail_kept = round(row["tail facts"])
    head_kept = round(row["facts"] - row["tail facts"])
    return book.traffic[head_kept:TAIL_FROM].sum() + book.traffic[TAIL_FROM + tail_kept :].sum()


cost_stage = Stage(alt="Cost of lost facts for 1,000 questions, by way of training", size=(7.6, 3.6))


ARCHIVE = 400
LONGEST = 1.2 * 12_000 * max(lost_traffic(run, 10) for _, run in RUNS)


@cost_stage.live(generation=(0, 10), ticket=(1, 12), start={"generation": 10, "ticket": 4})
def tickets(generation, ticket):
    euros = [1000 * ticket * lost_traffic(run, generation) for _, run in RUNS]
    views.draw_costs(cost_stage.ax, [name for name, _ in RUNS], euros, LONGEST)
    return (
        f"generation {generation}, {ticket} € a ticket, temperature 1: replacement costs at least {euros[0]:,.0f} €, accumulation "
        f"{euros[1]:,.0f} €; saved {euros[0] - euros[1]:,.0f} €, and the archive costs {ARCHIVE} €."
    )


tickets

# %%
lost = {run: lost_traffic(run, 10) for _, run in RUNS}
saved = lost["replace", 1.0] - lost["accumulate", 1.0]
Markdown(
    f"**What you found.** (1) {4000 * saved:,.0f} €: {4000 * lost['replace', 1.0]:,.0f} € against {4000 * lost['accumulate', 1.0]:,.0f} €. Part of that is there in generation 0 ({4000 * lost_traffic(('replace', 1.0), 0):,.0f} €): 1,500 sentences never held "
    f"all 700 facts. (2) From {ARCHIVE / (1000 * saved):.2f} € a ticket on.\n\n"
    f"The tail (rank {TAIL_FROM + 1} to {len(book.known)}) is {tail_asked:.0%} of all questions. Each one is rare; together they are not. The costs are *lower* bounds: we assume that the most asked facts survived. The difference of two lower bounds is an estimate."
)

# %% [markdown]
# ## The messy case: a bigger corpus looks healthier  ·  *minute 53*
#
# Two archives: **A** comes from generation 10 of replacement and was written long; **B** is real and short. Their owners report *distinct tokens*, each at its own length.
#
# 1. With A at its full 30,000 tokens, **find** the lengths of B at which B reports *fewer* distinct tokens than A.
# 2. Read both equally far. Which one has more distinct tokens?

# %%
collapsed = chains[0, 10]
rng = np.random.default_rng(12)
long_A, real_B = rng.choice(VOCABULARY, 30000, p=collapsed), rng.choice(VOCABULARY, 1000, p=real)
READ = np.array([30, 60, 100, 200, 400, 600, 1000])


def distinct_when_read(tokens, sizes):
    """Different tokens among the first so many (rarefaction of one order)."""
    return np.array([len(np.unique(tokens[:size])) for size in sizes])


messy_stage = Stage(
    alt="Distinct tokens against tokens read, a collapsed and a real corpus, and what A reports",
    size=(8, 3.8),
)


@messy_stage.live(
    length_of_B=widgets.SelectionSlider(options=list(READ), value=100),
    length_of_A=widgets.SelectionSlider(options=[100, 1000, 30000], value=30000),
)
def compare(length_of_B, length_of_A):
    a, b = len(np.unique(long_A[:length_of_A])), len(np.unique(real_B[:length_of_B]))
    curves = {
        "A, generation 10": distinct_when_read(long_A, READ),
        "B, real": distinct_when_read(real_B, READ),
    }
    views.draw_rarefaction(messy_stage.ax, READ, curves, length_of_B, (length_of_A, a))
    equal = min(length_of_A, length_of_B)
    at_A, at_B = (len(np.unique(tokens[:equal])) for tokens in (long_A, real_B))
    return (
        f"A, {length_of_A:,} tokens long, reports {a} distinct; B, {length_of_B:,} long, reports {b}. Both read for {equal:,}: A "
        f"{at_A}, B {at_B}."
    )


compare

# %%
full_A = len(np.unique(long_A))
assert (distinct_when_read(real_B, READ) > distinct_when_read(long_A, READ)).all()
ahead = [int(n) for n, b in zip(READ, distinct_when_read(real_B, READ), strict=True) if b < full_A]
Markdown(
    f"**What you found.** (1) A reports {full_A} distinct tokens, more than B at {', '.join(map(str, ahead))} tokens. (2) B, at every length of the figure: {len(np.unique(real_B))} against {len(np.unique(long_A[:1000]))} at 1,000.\n\n"
    "Support grows with the number of texts read, healthy or not. **Compare it at equal length only** (ecologists call it rarefaction). The same trap waits in accumulation: its pool is longer every generation."
)

# %% [markdown]
# ## Say it out loud  ·  *minute 57*

# %%
SENTENCES = [
    f"Of the correctness {left['correct']:.0%} is left, and the frequent facts are told as often as before. I would call the loop nearly harmless.",
    "The model has collapsed after ten generations: own output destroys a language model, and nobody should ever train on it again.",
    f"Replacement left {left['tail facts']:.0%} of the tail facts and {left['correct']:.0%} of the correctness. I would train on the archive and new texts together.",
    f"Written at temperature 0.9, {ends.loc[('replace', 0.9), 'correct']:.0%} of the sentences are correct. I would write at that temperature: the loop is then repaired.",
]
predict("12.p6", "Ten generations of replacement, as recorded. Which would you say?", options=SENTENCES)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "12.p6",
    SENTENCES[2],
    "The first reads two numbers about what is written; neither sees what is no longer written. The second is too strong: most sentences are correct, and with the real texts kept the same output "
    f"left {share['accumulate', 1.0]:.0%} of the tail facts. The last one leaves {ends.loc[('replace', 0.9), 'tail facts']:.0f} tail facts.",
)

# %%
Markdown(
    '**In the review, a senior says:** "We replace the training texts by our own each time. After ten generations '
    f"{left['correct']:.0%} of the correctness is left but only {left['tail facts']:.0%} of the tail facts, at equal compute and text length, three seeds. Accumulating with the first real texts keeps {share['accumulate', 1.0]:.0%}. "
    'The loss is partial and tail-first. Own output is not the problem by itself; replacing the real texts is."\n\n'
    f'**Finance is told:** "The frequent questions are answered as before. The rare ones are {tail_asked:.0%} of all, and at 4 € a ticket keeping the archive would save about {4000 * saved:,.0f} € for 1,000 questions; it costs {ARCHIVE} €."'
)

# %% [markdown]
# ## What you take with you
#
# - One chain is a coin flip. Show a band over chains, and the median or the logarithm beside the mean.
# - Rare things die first, and under replacement what is dead stays dead.
# - Tail *support* sees it; mean tail *mass* and head mass do not; correctness of what is written does not.
# - Replacement multiplies the error of one fit by n; accumulation bounds it by π²/6 in linear regression, with ever more rows; a fixed budget lies in between at equal compute.
# - Compare support at equal length. And a loss has a price: questions asked, not sentences written.
#
# ## Next
#
# **[Exercise 12](../exercises/12-a-model-that-eats-its-own-output/12-a-model-that-eats-its-own-output.ipynb)** (60 to 90 minutes). Then **lesson 13, Keeping it alive**.
