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
# # 04 · Deeper: four more leaks, measured
#
# [Lesson 04](../04-how-was-this-split.ipynb) asked which rows, which columns and which day. Here are four leaks that it only names, each on simulated data whose truth is known: copies, target
# encoding, time, and preparation that uses no labels. About 30 minutes. All terms are in the [glossary](../glossary.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

# %% jupyter={"source_hidden": true}
from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.stats.folds import random_folds
from holdout.topics.leakage import figures as views
from holdout.topics.leakage.experiments import (
    autoregression,
    duplicates_expected,
    duplicates_study,
    encode_in_sample,
    encode_leave_one_out,
    encode_out_of_fold,
    encoding_expected,
    encoding_study,
    encoding_test_study,
    oversampling_expected,
    oversampling_study,
    rare_levels_study,
    scaling_study,
    selection_study,
    time_errors,
    time_expected,
)

style.use()

# %% [markdown]
# ## Copies: memory looks like knowledge
#
# A parcel is scanned twice. A patient has two files. Rows of the rare class are repeated "to balance the classes", and *then* the table is split. In each case some test rows have a
# copy among the training rows (the exercise calls it a **twin**), and a model that only remembers is right on them. If labels are coin flips, it is right on all copied rows and on half of the others:
# accuracy ½ + ½ *q*, where *q* is the share of test rows with a copy in training.

# %% jupyter={"source_hidden": true}
predict(
    "04.d1",
    "Labels are noise; 100 rows are ill, 900 healthy. The ill rows are repeated until there are 900, then the table is split. What does a 1-nearest-neighbour model reach, averaged over both classes?",
    options=["about 50%", "about 65%", "about 80%", "above 90%"],
)

# %% [markdown]
# **Find** the share of copies at which pure noise reaches 75%. On the right, the rare class is repeated until both are equal: does the leak get better or worse as the class gets rarer?

# %% jupyter={"source_hidden": true}
shares = np.linspace(0, 1, 21)
formula = shares, [duplicates_expected(400, share, 1).value for share in shares]
copies_stage = Stage(
    alt="Left: accuracy on random labels against the share of copied rows. Right: repeating the rare class before or after the split",
    title="Noise reaches {twins:.0%} with copies, {repeated:.0%} with the rare class repeated before the split",
    readout="{copied:.0%} of the rows copied: {twins:.0%} accuracy, {dropped:.0%} without the copies. {healthy_per_ill} healthy per ill: {repeated:.0%} when repeated before the split, {after:.0%} after it.",
    size=(9.2, 4),
    ncols=2,
)


# %%
@copies_stage.live(
    copied=(0.0, 1.0, 0.1), healthy_per_ill=[1, 2, 4, 9, 19], start={"copied": 0.3, "healthy_per_ill": 9}
)
def copy(copied, healthy_per_ill):
    twins = duplicates_study(400, copied, 8, np.random.default_rng(6))
    repeated = oversampling_study(50, 50 * healthy_per_ill, 5, np.random.default_rng(7))
    names = ("repeated, then split", "split, then repeated")
    views.draw_twins(copies_stage.axes[0], formula, copied, twins)
    views.draw_study(
        copies_stage.axes[1], repeated, 0.5, ylabel="balanced accuracy", limits=(0.2, 1.04), names=names
    )
    return {
        "twins": twins.reported.mean(),
        "dropped": twins.honest.mean(),
        "repeated": repeated.reported.mean(),
        "after": repeated.honest.mean(),
    }


copy

# %% jupyter={"source_hidden": true}
twins = duplicates_study(400, 0.3, 100, np.random.default_rng(8))
repeated = oversampling_study(100, 900, 40, np.random.default_rng(9))
expected_twins, expected_repeated = duplicates_expected(400, 0.3, 100), oversampling_expected(100, 900, 40)
assert expected_twins.agrees(twins.reported.mean()) and expected_repeated.agrees(repeated.reported.mean())
assert abs(repeated.honest.mean() - 0.5) < 4 * 0.035 / np.sqrt(40) and repeated.reported.mean() > 0.9
resolve("04.d1", "above 90%", "Nearly every ill test row has a copy of itself in training.")
explain(
    """
    **What it means.** Noise reaches 75% when about {three_quarters:.0%} of the rows are copied: then half of the test rows have a copy in training. The rarer the class, the more copies, and the better noise looks.

    | noise with copies | measured | derived |
    |---|---|---|
    | 30% of the rows copied, ½ + ½ *q* | {twins:.3f} | {twins_derived:.3f} ± {twins_tolerance:.3f} |
    | rare class repeated before the split | {repeated:.3f} | {repeated_derived:.3f} ± {repeated_tolerance:.3f} |
    | rare class repeated after the split | {after:.3f} | 0.5 |

    The ± is four standard errors. Vandewiele and others (2021) traced near-perfect predictions of preterm birth to over-sampling before the split. (SMOTE interpolates between rare rows instead of copying them; a row close to a test row does the same harm.) **Repair:** drop copies
    before the split, or keep them on one side; repeat rows after the split, in training only. Dropping copies *within* the training rows does not help: the pair across the split counts.
    """,
    three_quarters=np.interp(0.75, formula[1], formula[0]),
    twins=twins.reported.mean(),
    twins_derived=expected_twins.value,
    twins_tolerance=expected_twins.tolerance,
    repeated=repeated.reported.mean(),
    repeated_derived=expected_repeated.value,
    repeated_tolerance=expected_repeated.tolerance,
    after=repeated.honest.mean(),
)

# %% [markdown]
# ## Target encoding: the label as a column
#
# 200 couriers are many for dummy columns, so each is replaced by the *mean label of this courier's rows*. If that mean is computed on all rows, it contains the labels of the test rows. This is type 2 of Kapoor and Narayanan's list:
# preparation on training and test rows together. Here labels are coin flips and half of 1,000 rows are test rows.

# %%
rows = {}
for levels in (20, 50, 200):
    study = encoding_test_study(1000, levels, 100, np.random.default_rng(2))
    rows[levels] = study.reported.mean(), study.honest.mean(), 2 * views.standard_error(study.reported)
pd.DataFrame(
    rows, index=["AUC, encoded on all rows", "AUC, on training rows", "± (two standard errors)"]
).T.round(3)

# %% [markdown]
# An honest AUC is 0.5. With 200 levels, each has five rows, and a test row's own label is a fifth of its mean.
#
# Encoding on the *training rows only* leaks nothing into the test. It has another fault: on the training rows the column looks far better than it is, so the model trusts it too much. That is overfitting.
# On noise, with *K* levels and *N* rows, it explains (*K*−1)/(*N*−1) of the training variance on average.
#
# **Find** the number of levels at which noise looks like a decent model (R² 0.2). Then add real signal: does the in-sample encoding still overstate it?

# %% jupyter={"source_hidden": true}
LEVELS = np.unique(np.geomspace(2, 500, 40).astype(int))
encoding_stage = Stage(
    alt="Variance of the training labels explained by a target-encoded category against the number of its levels",
    title="{levels} levels: in-sample {reported:.0%} of the training variance, out of fold {honest:.0%}",
    readout="{levels} levels that truly explain {signal:.0%}: in-sample {reported:.0%}, out of fold {honest:.0%}.",
    size=(7.6, 4),
)


# %%
@encoding_stage.live(
    levels=[2, 10, 50, 100, 200, 500], signal=(0.0, 0.8, 0.1), start={"levels": 200, "signal": 0.0}
)
def encode(levels, signal):
    study = encoding_study(1000, levels, 10, np.random.default_rng(15), signal=signal)
    views.draw_encoding(encoding_stage.ax, LEVELS, (LEVELS - 1) / 999, levels, study, signal)
    return {"reported": study.reported.mean(), "honest": round(study.honest.mean(), 2) + 0.0}


encode

# %% jupyter={"source_hidden": true}
real = encoding_study(1000, 200, 20, np.random.default_rng(15), signal=0.4)
noise, expected = encoding_study(1000, 200, 100, np.random.default_rng(17)), encoding_expected(1000, 200, 100)
assert real.reported.mean() > 0.45 and real.honest.mean() < 0.4 and expected.agrees(noise.reported.mean())
explain(
    """
    **What it means.** On noise, 200 levels explain {noise:.3f} of the training variance (derived {derived:.3f} ± {tolerance:.3f}, four standard errors). With real signal the in-sample encoding still overstates it: of 40% it makes
    {real:.0%}. The repair is to encode each training row from *other* rows, fold by fold. With few rows per level, out-of-fold encoding understates the signal ({honest:.0%} instead of 40%), but it reports nothing on noise.
    """,
    noise=noise.reported.mean(),
    derived=expected.value,
    tolerance=expected.tolerance,
    real=real.reported.mean(),
    honest=real.honest.mean(),
)

# %% [markdown]
# A tempting repair is to leave out just the row itself. Try it on a column with a *single* level, which knows nothing at all.

# %%
rng = np.random.default_rng(16)
label, one_level = rng.integers(0, 2, 1000).astype(float), np.zeros(1000, dtype=int)
ways = {
    "in-sample": encode_in_sample(one_level, label),
    "leave one out": encode_leave_one_out(one_level, label),
    "out of fold": encode_out_of_fold(one_level, label, random_folds(1000, 5, rng)),
}
pd.Series({way: roc_auc_score(label, column) for way, column in ways.items()}, name="AUC").to_frame().round(3)

# %% jupyter={"source_hidden": true}
assert roc_auc_score(label, ways["leave one out"]) == 0
explain(
    """
    **What it means.** An AUC of exactly 0 is a perfect model with its sign reversed: if my own label is 1, the mean of the *others* is a little lower, and a tree finds that in one split. Prokhorenkova and others (2018) describe this in the paper on
    CatBoost. Out of fold shows a small trace of the same artefact ({trace:.3f} instead of 0.5), because the fold means differ.
    """,
    trace=roc_auc_score(label, ways["out of fold"]),
)

# %% [markdown]
# **At work.** `TargetEncoder` encodes training rows out of fold in `fit_transform`, and new rows by all training rows. In a pipeline it never sees a test label.

# %%
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder

courier, late = rng.integers(0, 200, (1000, 1)), rng.integers(0, 2, 1000)
folds = StratifiedKFold(5, shuffle=True, random_state=0)
pipeline = make_pipeline(TargetEncoder(cv=folds), LogisticRegression())
print("AUC on noise, five folds:", cross_val_score(pipeline, courier, late, scoring="roc_auc").round(2))

# %% [markdown]
# ## Time: a random split interpolates
#
# Neighbouring days are alike. If days are split at random, a test day often has yesterday *and tomorrow* in training: that is interpolation. In use nothing is known after today, and often nothing
# after the day when the last labels came in.
#
# The series below is $x_t = \varphi\, x_{t-1}$ + noise (variance 1). The best possible predictor has the mean squared error $1/(1+\varphi^2)$ if both neighbours are known,
# $1$ one step ahead, and $(1-\varphi^{2h})/(1-\varphi^2)$ $h$ steps ahead. Here every sixth day is a test day, so both neighbours are always known. With a random quarter of the days as test, both are known for 56% of them
# (0.75²): read this as the upper limit of the leak.
#
# **Find** the horizon from which the interpolation looks ten times too good when $\varphi$ = 0.95. What happens when neighbouring days are hardly alike?

# %% jupyter={"source_hidden": true}
time_stage = Stage(
    alt="Left: a series, test days guessed from both neighbours. Right: error against steps ahead, and that of interpolation",
    title="{horizon} steps ahead the error is {factor:.1f} times that of the interpolation",
    readout="phi {phi:.2f}: interpolation {inside:.2f}; {horizon} steps ahead {ahead:.2f}, larger by a factor of {factor:.1f}.",
    size=(9.2, 4),
    ncols=2,
)
HORIZONS = np.arange(1, 31)


# %%
@time_stage.live(phi=(0.5, 0.99, 0.01), horizon=(1, 30), start={"phi": 0.95, "horizon": 20})
def look_ahead(phi, horizon):
    series, test = autoregression(10_000, phi, np.random.default_rng(13)), np.arange(3, 58, 6)
    guess = phi / (1 + phi**2) * (series[test - 1] + series[test + 1])
    views.draw_series(time_stage.axes[0], series[:60], test, guess)
    errors = time_errors(series, phi, horizon)
    ahead = (1 - phi ** (2 * HORIZONS)) / (1 - phi**2)
    views.draw_horizons(time_stage.axes[1], HORIZONS, ahead, 1 / (1 + phi**2), horizon, errors)
    inside, later = errors["random split"], errors["horizon"]
    return {"inside": inside, "ahead": later, "factor": later / inside}


look_ahead

# %% jupyter={"source_hidden": true}
errors, theory = time_errors(autoregression(200_000, 0.95, np.random.default_rng(14)), 0.95, 20), time_expected(0.95, 20, 200_000)  # fmt: skip
assert all(theory[name].agrees(errors[name]) for name in errors)
factor = {phi: (1 - phi ** (2 * HORIZONS)) / (1 - phi**2) * (1 + phi**2) for phi in (0.95, 0.5)}
assert round(factor[0.95][6], 1) == 10 and factor[0.5].max() < 1.7
explain(
    """
    **What it means.**

    | mean squared error, φ = 0.95 | measured | derived |
    |---|---|---|
    | interpolation | {inside:.3f} | {inside_derived:.3f} ± {inside_tolerance:.3f} |
    | one step ahead | {one:.3f} | {one_derived:.3f} ± {one_tolerance:.3f} |
    | 20 steps ahead | {ahead:.2f} | {ahead_derived:.2f} ± {ahead_tolerance:.2f} |

    20 steps ahead the error is {times:.0f} times that of the interpolation; about ten times from 7 steps on. At φ = 0.5 the factor never exceeds {most:.1f}: neighbours that tell little leak little. The repair has two parts: train on the past and test
    on what comes after, *and* leave out rows whose labels were not yet known on the day of training (`gap` in `TimeSeriesSplit`).
    """,
    inside=errors["random split"],
    inside_derived=theory["random split"].value,
    inside_tolerance=theory["random split"].tolerance,
    one=errors["one step"],
    one_derived=theory["one step"].value,
    one_tolerance=theory["one step"].tolerance,
    ahead=errors["horizon"],
    ahead_derived=theory["horizon"].value,
    ahead_tolerance=theory["horizon"].tolerance,
    times=errors["horizon"] / errors["random split"],
    most=factor[0.5].max(),
)

# %% [markdown]
# ### The cut decides
#
# In the lesson the flights' day of the year changed the AUC by −0.037 for a model that is trained until August and tested from September on. With other cuts the change is −0.006 (tested from June on), −0.004 (July), −0.048 (August), +0.001 (October), +0.005 (November); only the intervals (95%) of August and September leave 0 out. One cut is one case: a tree that has never seen
# the days of autumn treats them all like the last days of its training rows. Try several cuts before you trust one.
#
# ## Preparation without labels: measure before you dismiss it
#
# "You scaled before the split: that is a leak!" Strictly, yes. The next question is *how much?* Two steps that use no label, each done on all rows and on training rows only: columns are standardised before a 1-nearest-neighbour
# model on noise; and levels that occur once are merged into "other", before each level is predicted by its mean.

# %% jupyter={"source_hidden": true}
predict(
    "04.d2",
    "Neither step uses a label. Which of them changes the score when it is done on all rows instead of on the training rows?",
    options=["scaling only", "merging only", "both of them", "none of them"],
)

# %%
scaled = scaling_study(100, 10, 100, np.random.default_rng(18))
strong = rare_levels_study(200, 200, 100, np.random.default_rng(19), signal=0.8)
no_signal = rare_levels_study(200, 200, 100, np.random.default_rng(20), signal=0.0)
selected = selection_study(100, 2000, 10, 40, np.random.default_rng(19), signed=False)

# %% jupyter={"source_hidden": true}
steps = {
    "scaling: accuracy, noise": scaled,
    "merging rare levels: error, strong signal": strong,
    "merging rare levels: error, noise": no_signal,
    "for comparison, selection with labels: error, noise": selected,
}
changes = {name: study.reported - study.honest for name, study in steps.items()}
which = pd.DataFrame(
    {
        name: [steps[name].reported.mean(), steps[name].honest.mean(), d.mean(), 2 * views.standard_error(d)]
        for name, d in changes.items()
    },
    index=["on all rows", "on training rows", "difference", "± (two standard errors)"],
).T
means, errors_of = which["difference"], which["± (two standard errors)"]
assert abs(means.iloc[0]) < 2 * errors_of.iloc[0] and means.iloc[1] < -0.1 and means.iloc[2] > 0.2
resolve("04.d2", "merging only", "And its sign depends on the signal.")
which.round(3)

# %% [markdown]
# **What it means.** In this case (100 rows, ten independent normal columns, no signal) scaling changes nothing measurable. That is a result about this case only. Merging rare levels on all rows makes the error look *smaller* where levels
# carry signal, because a level seen once in training and once in test survives, and *larger* where they carry none. Moscovich and Rosset (2022) show the same for selection by variance, merging of rare levels and
# scaling in regression: the bias can be substantial, of either sign, mostly with few rows. So keep every step inside the `Pipeline`; and before you withdraw a result for a step outside it, measure what it changes.
#
# Back to [lesson 04](../04-how-was-this-split.ipynb), or on to its [exercise](../../exercises/04-how-was-this-split/04-how-was-this-split.ipynb).
