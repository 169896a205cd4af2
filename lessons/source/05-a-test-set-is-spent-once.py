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
# # 05 · A test set is spent once
#
# *Unit 2 of 6: Leakage. The split was clean. Then somebody looked.*
#
# ## We tried sixty models, and the best one beat the target. Ship it?
#
# The split is by time, no row is a twin, no column is from the future. The team tried sixty models on the test set, and the best one saves what was promised. Nobody fitted anything on a test row. So
# what is there to object?
#
# A test set answers *one* question honestly. With each further question that depends on an earlier answer, it becomes a bit more of a training set.
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | overfit a leaderboard by hand, and say beforehand how far | 26 |
# | price the winner's curse, and choose settings without paying it (nested cross-validation) | 16 |
# | compare two models without fooling yourself with many splits | 7 |
# | find out whether a benchmark stands in the training text | 18 |
# | say what a test set that was asked sixty times promises, and whether it is still the same one | 8 |
#
# About 75 minutes here, then 60 to 90 in the exercise. All terms are in the [glossary](glossary.ipynb).

# %%
import hashlib

import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import Markdown
from scipy.special import ndtr
from sklearn.tree import DecisionTreeClassifier

from holdout import Stage, load, predict, resolve
from holdout.data.parcels import true_risk
from holdout.figures import style
from holdout.lm import load as load_model
from holdout.lm import one_thread, open_book
from holdout.stats.folds import balanced_folds
from holdout.topics.test_reuse import figures as views
from holdout.topics.test_reuse.contamination import (
    contaminated_score,
    detection_scores,
    fine_tuned_exams,
    make_items,
    make_mixture,
    overlaps,
    score_expected,
    sit_exam,
    sklearn_facts,
    smallest_visible_gap,
)
from holdout.topics.test_reuse.experiments import (
    boosting_attack,
    boosting_expected,
    cross_validated_errors,
    expected_maximum,
    ladder,
    paired_splits,
    resampled_t,
    reuse_expected,
    reuse_summary,
    tuning_study,
    winner_expected,
    winner_study,
)

style.use()

# %% [markdown]
# ## Play the leaderboard  ·  *minute 2*
#
# A competition: 60 public rows, a first model that adds nothing but one good column. You may add four more columns, each with a weight between −1 and 1. The board shows your public score for every setting. Each small
# chart shows what the board *would* say if you moved that slider alone.
#
# **Beat the first model.** Move one slider to its best place, then the next, then begin again. Stop when no slider helps any more. Then read on, with your sliders where they are.

# %%
WEIGHTS = np.round(np.linspace(-1, 1, 21), 1)


def draw_rows(n, rng):
    """Labels -1 and 1, one good column and four more."""
    label = rng.choice([-1, 1], n)
    columns = rng.standard_normal((n, 5))
    columns[:, 0] += 0.6 * label
    return columns, label


def accuracy(columns, label, weights):
    return np.mean(np.sign(columns[:, 0] + columns[:, 1:] @ np.asarray(weights)) == label)


public_columns, public_label = draw_rows(60, np.random.default_rng(25))
board_stage = Stage(
    alt="Public score against each of four weights, the other three held",
    size=(9.4, 3.2),
    ncols=4,
    sharey=True,
)


@board_stage.live(
    weight_1=(-1.0, 1.0, 0.1),
    weight_2=(-1.0, 1.0, 0.1),
    weight_3=(-1.0, 1.0, 0.1),
    weight_4=(-1.0, 1.0, 0.1),
    start={"weight_1": 0.0, "weight_2": 0.0, "weight_3": 0.0, "weight_4": 0.0},
)
def submit(weight_1, weight_2, weight_3, weight_4):
    chosen = np.array([weight_1, weight_2, weight_3, weight_4])
    scores = [
        [accuracy(public_columns, public_label, np.r_[chosen[:i], w, chosen[i + 1 :]]) for w in WEIGHTS]
        for i in range(4)
    ]
    first = accuracy(public_columns, public_label, [0, 0, 0, 0])
    views.draw_board(board_stage.axes, WEIGHTS, np.array(scores), chosen, first)
    now = accuracy(public_columns, public_label, chosen)
    weights = ", ".join(f"{w:.1f}" for w in chosen)
    return f"Weights {weights}: your public score is {100 * now:.1f} %, that of the first model {100 * first:.1f} %."


submit

# %% jupyter={"source_hidden": true}
predict(
    "05.p1",
    "A patient player who moves one slider at a time reaches a public score well above that of the first model. What will his score be on 100,000 private rows, compared with the first model's?",
    options=["as much better as in public", "about half as much better", "the same", "worse"],
)

# %% [markdown]
# The competition is over, and the private rows are opened. The cell takes the weights from your sliders, and lets a patient player start from the first model: he moves each slider to the best public score until nothing improves.


# %%
def patient_player(columns, label, rounds=4):
    weights = np.zeros(4)
    for _ in range(rounds):
        for i in range(4):
            scores = [accuracy(columns, label, np.r_[weights[:i], w, weights[i + 1 :]]) for w in WEIGHTS]
            if max(scores) > accuracy(columns, label, weights):
                weights[i] = WEIGHTS[int(np.argmax(scores))]
    return weights


private_columns, private_label = draw_rows(100_000, np.random.default_rng(18))
players = {
    "the first model": np.zeros(4),
    "your sliders": np.array([submit.values[f"weight_{i}"] for i in range(1, 5)]),
    "the patient player": patient_player(public_columns, public_label),
}
result = pd.DataFrame(
    {
        name: [
            accuracy(public_columns, public_label, w),
            accuracy(private_columns, private_label, w),
            np.abs(w).sum(),
        ]
        for name, w in players.items()
    },
    index=["public", "private", "sum of the weights' sizes"],
).T
result.round(3)

# %% jupyter={"source_hidden": true}
resolve(
    "05.p1",
    "worse",
    "The four columns are pure noise. Every weight that is not 0 does harm; only the 60 public rows make it look good.",
)

# %%
boards = []
for seed in range(100):
    columns, label = draw_rows(60, np.random.default_rng([19, seed]))
    weights = patient_player(columns, label, rounds=2)
    # the private score in closed form: the good column against itself plus noise of known size
    truth = ndtr(0.6 / np.sqrt(1 + weights @ weights))
    boards.append([accuracy(columns, label, weights), accuracy(columns, label, np.zeros(4)), truth])
played, first, private = np.mean(boards, axis=0)
assert played > first + 0.02 and private < ndtr(0.6) - 0.005
assert result.loc["the patient player", "public"] > result.loc["the first model", "public"]
assert result.loc["the patient player", "private"] < result.loc["the first model", "private"]

# %% jupyter={"source_hidden": true}
Markdown(
    f"**What it means.** Every public gain was noise, and it was paid for with a real loss. That this is no bad luck of one board: over 100 boards, two rounds of patient play raise the public score from "
    f"{100 * first:.1f} % to {100 * played:.1f} % on average, while the true accuracy *falls* from {100 * ndtr(0.6):.1f} % to {100 * private:.1f} %. Nothing was fitted on test rows. Your choices were."
)

# %% [markdown]
# ## The winner's curse: the best of many is too good  ·  *minute 11*
#
# Even without playing: try k models once each, keep the best. Its score is skill *plus* luck, and you picked it for both. If all are coins, the expected score of the best is
# ½ + E[max of k normals] · ½/√n.
#
# **Find** the number of models at which 1,000 test rows add 3 points of pure luck. Then let the models really differ: when does the winner deserve to win?

# %% jupyter={"source_hidden": true}
predict(
    "05.p2",
    "100 models that all guess, one test set of 1,000 rows. What does the best of them score, on average?",
    options=["50 %", "about 51 %", "about 54 %", "about 60 %"],
)

# %%
winner_stage = Stage(alt="Test score against true accuracy of many models, the winner marked", size=(5.6, 5))


@winner_stage.live(
    models=widgets.SelectionSlider(options=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], value=100),
    test_rows=widgets.SelectionSlider(
        options=[200, 500, 1000, 5000, 20000], value=1000, description="test rows"
    ),
    true_spread=widgets.FloatSlider(
        value=0.0, min=0.0, max=0.04, step=0.005, readout_format=".3f", description="true spread"
    ),
)
def pick_the_best(models, test_rows, true_spread):
    rng = np.random.default_rng(20)
    skills = np.clip(0.5 + true_spread * rng.standard_normal(models), 0.3, 0.8)
    scores = rng.binomial(test_rows, skills) / test_rows
    winner = int(scores.argmax())
    views.draw_winner(winner_stage.ax, scores, skills, winner)
    luck = winner_expected(models, test_rows)
    return (
        f"{test_rows} test rows, true spread {true_spread:.3f}: the best of {models} scores {100 * scores[winner]:.1f} %, and is worth "
        f"{100 * skills[winner]:.1f} %. If all were coins, the best would score {100 * luck.value:.1f} % on average."
    )


pick_the_best

# %%
study = winner_study(100, 1000, 2000, np.random.default_rng(21))
expected = winner_expected(100, 1000, n_studies=2000)
# the binomial's steps of 0.001 move the maximum by about a tenth of a step
assert abs(study.reported.mean() - expected.value) < expected.tolerance + 0.0002
print(
    f"best of 100 coins on 1,000 rows: measured {study.reported.mean():.4f}, formula {expected.value:.4f} ± {expected.tolerance:.4f}"
)
print(f"the same models on fresh rows:   {study.honest.mean():.4f}")

# %% jupyter={"source_hidden": true}
resolve(
    "05.p2",
    "about 54 %",
    "One model scatters by 1.6 points; the best of 100 lies 2.5 such steps above the middle.",
)

# %% jupyter={"source_hidden": true}
points_of_luck = {k: 100 * expected_maximum(k) * 0.5 / np.sqrt(1000) for k in (20, 22, 50)}
assert points_of_luck[20] < 3 < points_of_luck[22]
Markdown(
    f"**What it means.** About 20 models are enough for 3 points of luck on 1,000 rows ({points_of_luck[20]:.1f}; 50 models: {points_of_luck[50]:.1f}). Luck grows with √(log k) and shrinks with √n: ten times as many models add "
    "little, a test set ten times as small triples it. The winner deserves to win when the true spread is larger than the noise of one score (1.6 points on 1,000 rows): then it is "
    "mostly a good one, and still scores better than it is."
)

# %% [markdown]
# ## An attack, and a board that keeps silent  ·  *minute 20*
#
# Now somebody plays to win. Submit k coin flips, keep those that the board puts above one half, submit their *majority*. Public accuracy: Φ(√(k/(πn))). Blum and Hardt (ICML 2015) describe the attack, and a remedy, the **Ladder**: the board
# shows a new score only if it beats the best so far by a step η, rounded to η. Otherwise it repeats the old one.

# %%
losses = np.array([0.50, 0.495, 0.47, 0.465, 0.43, 0.44, 0.30])
pd.DataFrame(
    {
        "error of the submission": losses,
        "a plain board shows": losses,
        "the Ladder shows (step 0.02)": ladder(losses, 0.02).round(2),
    },
    index=range(1, 8),
).rename_axis("submission")

# %% [markdown]
# **Find** out how small a step takes most of the attack's gain away, for 500 submissions on 4,000 rows (the standard error of one score is 0.8 points). What is it that remains, until the step is very large? And what does a large step cost an honest
# competitor?

# %%
SUBMISSIONS = np.arange(10, 501, 10)
attack_stage = Stage(
    alt="Public accuracy of the attack against the number of submissions, with the private accuracy",
    size=(7.6, 4.2),
)


@attack_stage.live(
    submissions=widgets.SelectionSlider(options=[10, 50, 100, 200, 300, 500], value=500),
    public_rows=widgets.SelectionSlider(
        options=[500, 1000, 2000, 4000], value=4000, description="public rows"
    ),
    ladder_step=widgets.FloatSlider(
        value=0.01, min=0.001, max=0.05, step=0.001, readout_format=".3f", description="Ladder step"
    ),
)
def attack(submissions, public_rows, ladder_step):
    board = boosting_attack(submissions, public_rows, np.random.default_rng(22))
    careful = boosting_attack(submissions, public_rows, np.random.default_rng(22), ladder_step=ladder_step)
    views.draw_attack(
        attack_stage.ax,
        SUBMISSIONS,
        ndtr(np.sqrt(SUBMISSIONS / (np.pi * public_rows))),
        submissions,
        board,
        careful,
    )
    return (
        f"{submissions} coin flips on {public_rows} rows: public {100 * board.public:.1f} %, private {100 * board.private:.1f} %. "
        f"Through a Ladder with step {ladder_step:.3f}: public {100 * careful.public:.1f} %."
    )


attack

# %%
attacks = [boosting_attack(500, 4000, np.random.default_rng([23, seed])) for seed in range(20)]
expected = boosting_expected(500, 4000)
tolerance = expected.tolerance / np.sqrt(len(attacks))
public = np.mean([a.public for a in attacks])
private = np.mean([a.private for a in attacks])
assert abs(public - expected.value) < tolerance
assert abs(private - 0.5) < 4 * 0.5 / np.sqrt(4000 * len(attacks))
print(f"public   measured {public:.4f}, formula {expected.value:.4f} ± {tolerance:.4f}")
print(f"private  measured {private:.4f}, truth 0.5")

# %%
steps = (0.001, 0.008, 0.02, 0.05)
careful = {
    step: [
        boosting_attack(500, 4000, np.random.default_rng([22, seed]), ladder_step=step) for seed in range(20)
    ]
    for step in steps
}
answered = {step: np.mean([np.sum(np.diff(b.best_shown) > 0) for b in careful[step]]) for step in steps}
left = {step: np.mean([b.public for b in careful[step]]) - 0.5 for step in steps}
luckiest = expected_maximum(500) * 0.5 / np.sqrt(4000)
assert max(left.values()) < 0.5 * (public - 0.5) and max(answered.values()) < 6
assert max(left.values()) < 1.3 * luckiest < 0.05 and abs(left[0.05]) < 4 * 0.5 / np.sqrt(4000 * 20)

# %% jupyter={"source_hidden": true}
Markdown(
    f"**What it means.** Of {100 * (public - 0.5):.1f} points, "
    + ", ".join(f"{100 * left[step]:.1f} are left at a step of {step}" for step in steps[:3])
    + f", and none that could be told from 0 at {steps[3]}. Even a tiny step takes most of the gain: the attack lives on the answer to each *single* coin flip, and a board that speaks only about records improves {answered[0.001]:.0f} times in 500 at a step of 0.001, "
    f"and {answered[0.008]:.0f} times at one standard error (0.008). What remains is the winner's curse of the last section: the luckiest of 500 coins lies {100 * luckiest:.1f} points above one half, and it *is* a record (at 0.02 often the only one, so that no earlier and weaker record dilutes it). It goes only when the step is larger than such luck. "
    "But a large step has a price: an honest competitor who improves by less than the step sees nothing."
)

# %% [markdown]
# A score with three decimals is a gift of information. A board that rounds, and speaks only when something has really improved, gives little away. In your own team you are the board: report fewer
# digits, and only changes that matter.
#
# ## A holdout that helped to choose  ·  *minute 27*
#
# Dwork and others (*Science* 2015) did what careful analysts do: keep the columns that correlate with the label in training *and are confirmed by the holdout*. 10,000 rows, 10,000 columns of noise. Here is the analyst, on a
# tenth of the size (the ratio of columns kept to rows, which matters, is the same):

# %%
rng = np.random.default_rng(24)
n = 1000
X = {part: rng.standard_normal((n, n)) for part in ("training", "holdout", "fresh")}
y = {part: rng.choice([-1, 1], n) for part in X}
correlation = {part: X[part].T @ y[part] / n for part in ("training", "holdout")}

confirmed = correlation["training"] * correlation["holdout"] > 0
for part in ("training", "holdout"):
    confirmed &= np.abs(correlation[part]) > 1 / np.sqrt(n)
strongest = np.argsort(-np.abs(correlation["training"]) * confirmed)[:50]
signs = np.sign(correlation["training"][strongest])
accuracies = {part: np.mean(np.sign(X[part][:, strongest] @ signs) == y[part]) for part in X}
expected = reuse_expected(n, 50)
assert expected.agrees(accuracies["holdout"]) and abs(accuracies["fresh"] - 0.5) < 4 * 0.5 / np.sqrt(n)
pd.Series(accuracies, name="accuracy").to_frame().round(3)

# %% [markdown]
# **Thresholdout** answers questions about the holdout through a filter: as long as training and holdout agree to within T (plus noise), it repeats the *training* answer. The analyst learns about the holdout only when he overfits.
#
# **Find** how the flattery grows with the columns kept. Then switch Thresholdout on: what does it report for the finished classifier, and how good is that classifier?

# %%
reuse_stage = Stage(
    alt="Accuracy on training rows, on the reused holdout and on fresh rows; all columns are noise",
    size=(7.4, 4),
)


@reuse_stage.live(
    kept=widgets.SelectionSlider(options=[10, 50, 100, 200, 300, 500], value=500),
    thresholdout=widgets.Checkbox(value=False),
    threshold=(0.01, 0.1, 0.01),
    start={"threshold": 0.04},
)
def consult(kept, thresholdout, threshold):
    guard = (threshold, 0.01) if thresholdout else None
    study = reuse_summary(10_000, 10_000, kept, np.random.default_rng(25), thresholdout=guard)
    views.draw_scores(
        reuse_stage.ax,
        ["training", "holdout, as reported", "fresh rows"],
        ["train", "leak", "test"],
        [study.training, study.holdout, study.fresh],
        truth=0.5,
        limits=(0.4, 0.72),
    )
    how = (
        f"through Thresholdout (T = {threshold:.2f})"
        if thresholdout
        else f"directly (T = {threshold:.2f} is not in use)"
    )
    return f"{kept} columns kept, holdout consulted {how}: it reports {100 * study.holdout:.1f} %, fresh rows say {100 * study.fresh:.1f} %."


consult

# %%
studies = [reuse_summary(10_000, 10_000, 500, np.random.default_rng([26, seed])) for seed in range(40)]
guarded = [
    reuse_summary(10_000, 10_000, 500, np.random.default_rng([27, seed]), thresholdout=(0.04, 0.01))
    for seed in range(40)
]
expected = reuse_expected(10_000, 500)
assert all(expected.agrees(study.holdout) for study in studies)
pd.DataFrame(
    {
        "holdout, consulted directly": (np.mean([s.holdout for s in studies]), 0.63, expected.tolerance),
        "fresh rows": (np.mean([s.fresh for s in studies]), 0.50, 4 * 0.005),
        "holdout, through Thresholdout": (np.mean([s.holdout for s in guarded]), 0.50, 0.04 + 4 * 0.01),
    },
    index=["measured", "published", "tolerance of one study"],
).T.round(4)

# %% jupyter={"source_hidden": true}
by_kept = {kept: 100 * reuse_expected(10_000, kept).value for kept in (10, 100, 500)}
Markdown(
    "**What it means.** The flattery grows about with the root of the columns kept: "
    + ", ".join(f"{kept} columns {value:.0f} %" for kept, value in by_kept.items())
    + f". Through Thresholdout the holdout reports {100 * np.mean([s.holdout for s in guarded]):.1f} % for the classifier, whose accuracy on fresh rows is {100 * np.mean([s.fresh for s in guarded]):.1f} %: "
    "the classifier is as worthless as before, but nobody is told otherwise."
)

# %% [markdown]
# 63 % at the published size, where the truth is a coin. (These numbers are drawn from the exact distribution of the two correlations, so that a slider can answer; the same with all 300 million numbers is among the tests of this course.)
# "Confirmed by the holdout" was the leak.
#
# Is it always this bad? No. When Recht and others built new test sets for CIFAR-10 and ImageNet (2019), all models lost accuracy, but they kept their *order*: the loss was a shift in the rows, not the price of reuse. Many teams that change little between submissions
# overfit slowly. But you only know that if you keep a set that nobody has asked.
#
# ## Choosing the setting is part of the model  ·  *minute 35*
#
# 40 rows, 6,000 columns of noise; try 31 settings of a classifier (shrunken centroids), report the smallest cross-validated error. Varma and Simon (2006): it was *below 30 %* on 18.5 % of such data sets. **Turn the pages**: each is another data set without any signal. Which
# number would have gone into the paper? **Find** out, too, whether fewer columns make choosing a setting harmless.

# %%
SHRINKAGES = np.linspace(0, 3, 31)
label = np.arange(40) % 2


def one_data_set(columns, number):
    rng = np.random.default_rng([28, columns, number])
    X = rng.standard_normal((40, columns))
    return cross_validated_errors(X, label, balanced_folds(label, 10, rng), SHRINKAGES)


COLUMNS = [100, 1000, 6000]
pages = {(columns, number): one_data_set(columns, number) for columns in COLUMNS for number in range(1, 11)}
tuning_stage = Stage(
    alt="Cross-validated error against the setting on a data set without signal; the minimum is marked",
    size=(7.2, 4),
)


@tuning_stage.flipbook(
    data_set=(1, 10), columns=widgets.SelectionSlider(options=COLUMNS, value=6000), start={"data_set": 1}
)
def report_the_minimum(data_set, columns):
    errors = pages[columns, data_set]
    views.draw_tuning(tuning_stage.ax, SHRINKAGES, errors)
    return f"Data set {data_set}, {columns} columns: the smallest error is {100 * errors.min():.0f} %. The truth is 50 %."


report_the_minimum

# %% [markdown]
# The repair is **nested cross-validation**: an outer loop holds rows out; *inside* the remaining rows an inner loop chooses the setting. The outer rows judge the whole procedure, choosing included.

# %%
tuned = tuning_study(40, 6000, SHRINKAGES, 120, np.random.default_rng(29), nested=False)
nested = tuning_study(40, 6000, SHRINKAGES, 15, np.random.default_rng(30))
below = np.mean(tuned.reported < 0.30)
share_tolerance = 4 * np.sqrt(0.185 * 0.815 / 120)
nested_tolerance = 4 * 0.12 / np.sqrt(15)  # one nested error of 40 rows scatters by about 0.12
assert abs(below - 0.185) < share_tolerance
flattery = nested.honest - nested.reported
assert abs(nested.honest.mean() - 0.5) < nested_tolerance
assert flattery.mean() > 2 * flattery.std(ddof=1) / np.sqrt(15)
pd.DataFrame(
    {
        "minimum below 30 %, share of data sets": (below, 0.185, share_tolerance),
        "mean of the minimum": (tuned.reported.mean(), np.nan, np.nan),
        "nested cross-validation, mean error": (nested.honest.mean(), 0.5, nested_tolerance),
    },
    index=["measured", "published", "tolerance"],
).T.round(3)

# %% jupyter={"source_hidden": true}
smallest = {
    columns: np.mean([pages[columns, number].min() for number in range(1, 11)]) for columns in COLUMNS
}
assert 0.5 > smallest[100] > smallest[1000] > smallest[6000]
Markdown(
    "**What it means.** The purple number goes into the paper. Fewer columns soften it and do not heal it: over the ten pages the smallest error is "
    + ", ".join(f"{100 * smallest[columns]:.0f} % with {columns:,} columns" for columns in COLUMNS)
    + " on average, where the truth is 50 %. `best_score_` of a search is the score of a *winner*. It is fine for choosing and no good for reporting."
)

# %% [markdown]
# ## Ten splits are not ten experiments  ·  *minute 42*
#
# Model A beats model B on nearly all of 15 random splits, t-test p = 0.01. But the splits share most of their rows: the differences move together, and the test believes in 15 experiments where there is hardly more than one. Nadeau and Bengio (2003): replace the factor 1/J in the variance by
# **1/J + n₂/n₁** (test over training rows).
#
# Below, A and B are *equally good by construction*. **Find** the number of splits at which the naive test is wrong every fifth time. Does more splitting help? Does a larger test set?

# %%
TEST_ROWS = [10, 20, 50]
many_splits = {
    rows: paired_splits(100, 40, 300, np.random.default_rng([31, rows]), test_rows=rows) for rows in TEST_ROWS
}
SPLITS = np.arange(2, 41)


def rejections(rows, splits, corrected):
    share = rows / (100 - rows) if corrected else None
    return np.mean(resampled_t(many_splits[rows][:, :splits], share)[1] < 0.05)


rates = {
    (rows, corrected): np.array([rejections(rows, splits, corrected) for splits in SPLITS])
    for rows in TEST_ROWS
    for corrected in (False, True)
}
splits_stage = Stage(
    alt="Share of data sets in which two equal models are declared different, naive and corrected",
    size=(7.4, 4),
)


@splits_stage.live(
    splits=(2, 40),
    test_rows=widgets.SelectionSlider(options=TEST_ROWS, value=10, description="test rows"),
    start={"splits": 15},
)
def split_again(splits, test_rows):
    naive, corrected = rates[test_rows, False], rates[test_rows, True]
    views.draw_rejections(splits_stage.ax, SPLITS, naive, corrected, splits)
    return (
        f"{splits} splits of 100 rows, {test_rows} for the test: the naive test declares equal models different on {100 * naive[splits - 2]:.0f} % of the "
        f"data sets, the corrected one on {100 * corrected[splits - 2]:.0f} %."
    )


split_again

# %%
differences = paired_splits(100, 15, 1000, np.random.default_rng(32))
naive = np.mean(resampled_t(differences)[1] < 0.05)
corrected = np.mean(resampled_t(differences, test_share=10 / 90)[1] < 0.05)
standard_error = np.sqrt(0.05 * 0.95 / 1000)
assert naive > 0.15 and abs(corrected - 0.05) < 4 * standard_error
print(
    f"false alarms at 5 %: naive {100 * naive:.1f} %, corrected {100 * corrected:.1f} % (± {400 * standard_error:.1f})"
)

# %% jupyter={"source_hidden": true}
fifth = int(SPLITS[np.argmax(rates[10, False] >= 0.2)])
worst_corrected = max(rates[key].max() for key in rates if key[1])
assert rates[50, False][13] > rates[20, False][13] > rates[10, False][13]
assert worst_corrected == rates[10, True][0]
Markdown(
    f"**What it means.** With 10 test rows the naive test is wrong every fifth time from {fifth} splits on. More splitting makes it worse ({100 * rates[10, False][-1]:.0f} % at 40): each split adds confidence and hardly any information. "
    f"A larger test set makes it worse, too: at 15 splits {100 * rates[20, False][13]:.0f} % with 20 test rows, {100 * rates[50, False][13]:.0f} % with 50, because the test sets overlap more. "
    f"The corrected test stays at {100 * worst_corrected:.0f} % or less everywhere (5 % is the aim; the worst place is two splits of 10 test rows, too few to see a scatter)."
)

# %% [markdown]
# ## Has the model read the exam?  ·  *minute 49*
#
# A language model is tested with questions about the real defaults of scikit-learn. If a share *c* of the questions stood in its training text, it scores *a* + *c*(1 − *a*) where it knows only *a*. Three tools tell:
#
# - **n-gram overlap**: which questions stand in the training text, if you have it?
# - a **twin set**: fresh questions of the same kind. It knows as much of these, and has seen none;
# - the **paraphrase gap**: the same questions in other words. Knowledge survives that; a memory of mere *text* does not.
#
# First a simulated test taker, because there we can set what it knows and what it has seen; its memory is word for word. Then a real model.

# %%
facts = sklearn_facts()
order = np.random.default_rng(33).permutation(len(facts))
asked, fresh_facts = ([facts[i] for i in part] for part in (order[:150], order[150:300]))
originals, paraphrases, twins = (
    [item.question for item in make_items(some, wording=wording)]
    for some, wording in ((asked, 0), (asked, 1), (fresh_facts, 0))
)
print(originals[0], paraphrases[0], twins[0], sep="\n")

# %% jupyter={"source_hidden": true}
predict(
    "05.p3",
    "A model knows 40 % of such defaults. Half of the benchmark stood in its training text. What does it score on the benchmark?",
    options=["40 %", "55 %", "70 %", "90 %"],
)

# %% [markdown]
# **Find** two settings with the same score on the benchmark: one that knows a lot, one that has seen a lot. Which bars tell them apart?

# %%
exam_stage = Stage(alt="Score on the benchmark, on its paraphrase and on a twin set", size=(7.4, 4))


@exam_stage.live(knows=(0.1, 0.9, 0.1), has_seen=(0.0, 1.0, 0.1), start={"knows": 0.4, "has_seen": 0.5})
def sit(knows, has_seen):
    exam = sit_exam(originals, paraphrases, twins, knows, has_seen, np.random.default_rng(34))
    views.draw_scores(
        exam_stage.ax,
        ["benchmark", "paraphrased", "twin set"],
        ["leak", "validation", "test"],
        [exam.original, exam.paraphrased, exam.twin],
        truth=knows,
        truth_name="knows",
        limits=(0.0, 1.12),
    )
    return (
        f"Knows {100 * knows:.0f} %, has seen {100 * has_seen:.0f} %: benchmark {100 * exam.original:.0f} % (formula {100 * contaminated_score(knows, has_seen):.0f} %), "
        f"paraphrased {100 * exam.paraphrased:.0f} %, twin set {100 * exam.twin:.0f} %."
    )


sit

# %%
exam = sit_exam(originals, paraphrases, twins, 0.4, 0.5, np.random.default_rng(35))
expected, honest = score_expected(0.4, 0.5, 150), score_expected(0.4, 0.0, 150)
assert expected.agrees(exam.original) and honest.agrees(exam.twin) and honest.agrees(exam.paraphrased)
smallest = smallest_visible_gap(1205, accuracy=0.66)
pd.DataFrame(
    {
        "benchmark": (exam.original, expected.value, expected.tolerance),
        "paraphrased": (exam.paraphrased, honest.value, honest.tolerance),
        "twin set": (exam.twin, honest.value, honest.tolerance),
    },
    index=["measured", "formula", "tolerance"],
).T.round(3)

# %% jupyter={"source_hidden": true}
resolve("05.p3", "70 %", "It gets the half that it has seen, and 40 % of the other half.")

# %% jupyter={"source_hidden": true}
Markdown(
    "**What it means.** Knows 70 %, has seen nothing; or knows 40 %, has seen half: both score 70 % on the benchmark. The other two bars tell them apart. "
    f"A twin set must be large to show anything: two sets of 1,205 questions (the size of GSM1k, the twin of GSM8k that Zhang and others wrote in 2024) can show gaps from about {100 * smallest:.1f} points. "
    "They found drops of up to 8 points in the final version of the paper, up to 13 in the first: cite the version that you have read."
)

# %% [markdown]
# ### A real model that has read the exam
#
# The course's small language model M (lesson 06 introduces it) knows the defaults of 700 parameters. It is now fine-tuned (trained a little further) on 60 questions about facts that it was never told. Once these are *other* facts (clean); once they are half of a benchmark of
# 120 questions (contaminated). Nothing is simulated here; five draws of the facts, each tuned in less than a second.

# %% jupyter={"source_hidden": true}
predict(
    "05.p4",
    "M is tuned on half of the benchmark. Then the benchmark is asked in other words, with a wording that M knows from its training. How much of its lead over the twin set is lost?",
    options=["nearly all of it", "about half", "hardly any"],
)

# %%
one_thread()
language_model, book = load_model("M"), open_book()
sittings = [fine_tuned_exams(language_model, book, np.random.default_rng([40, seed])) for seed in range(5)]
scores = np.array(
    [[(e.original, e.paraphrased, e.twin) for e in sitting.values()] for sitting in sittings]
)  # draws, takers, exams
real_exam = pd.DataFrame(
    scores.mean(axis=0), index=list(sittings[0]), columns=["benchmark", "paraphrased", "twin set"]
)
lead = scores[:, 2, 0] - scores[:, 2, 2]
lead_error = lead.std(ddof=1) / np.sqrt(len(lead))
paraphrase_loss = np.mean(scores[:, 2, 0] - scores[:, 2, 1])
assert lead.mean() > 2 * lead_error and paraphrase_loss < 0.25 * lead.mean()
real_exam.round(3)

# %% jupyter={"source_hidden": true}
resolve("05.p4", "hardly any", "M has learnt the facts from the leaked questions, not only their wording.")

# %% jupyter={"source_hidden": true}
of_120 = smallest_visible_gap(120, accuracy=real_exam.loc["tuned, contaminated", "twin set"])
common = np.mean([value in ("None", "True", "False") for _, _, value in sklearn_facts()])
Markdown(
    f"**What it means.** Contaminated, M scores {100 * real_exam.loc['tuned, contaminated', 'benchmark']:.0f} % on the benchmark and {100 * real_exam.loc['tuned, contaminated', 'twin set']:.0f} % on the twin set: "
    f"a lead of {100 * lead.mean():.0f} ± {100 * lead_error:.0f} points (standard error over five draws). The clean one, tuned as long, has {100 * real_exam.loc['tuned, clean', 'benchmark']:.0f} % and {100 * real_exam.loc['tuned, clean', 'twin set']:.0f} %: "
    f"it has read none of these facts, but tuning taught it to guess where M said *unknown*, and {100 * common:.0f} % of all defaults are None, True or False. That is the control against which a lead counts. "
    f"But the paraphrase takes away only {100 * paraphrase_loss:.1f} points. A model that knows several wordings stores the *answer*, and finds it under any of them. So a paraphrase gap is evidence (if the other wording is not simply harder); "
    f"**no gap proves nothing**. The twin set is what tells. And one draw of 120 questions a set would only show gaps from about {100 * of_120:.0f} points."
)

# %% [markdown]
# ### Looking for the questions in the training text
#
# The corpus below speaks about the same classes in nearly the same words; a third of the questions stand in it, some in capitals, some inside a longer text. **Find** an n and a threshold with precision and recall 1. What goes wrong with short n-grams
# and a low threshold?

# %%
mixture = make_mixture(np.random.default_rng(36))
found = {n: overlaps(mixture.questions, mixture.corpus, n) for n in (1, 2, 3, 5, 8, 13)}
overlap_stage = Stage(
    alt="Share of each question's n-grams that the corpus contains, with the threshold", size=(7.4, 4)
)


@overlap_stage.live(
    n=widgets.SelectionSlider(options=[1, 2, 3, 5, 8, 13], value=3),
    threshold=(0.0, 1.0, 0.05),
    start={"threshold": 0.5},
)
def flag(n, threshold):
    views.draw_overlap(overlap_stage.ax, found[n], mixture.seen, threshold)
    precision, recall = detection_scores(mixture.seen, found[n] >= threshold)
    return f"{n}-grams, threshold {100 * threshold:.0f} %: precision {precision:.2f}, recall {recall:.2f}."


flag

# %% jupyter={"source_hidden": true}
strict = detection_scores(mixture.seen, found[8] > 0.99)
loose = detection_scores(mixture.seen, found[3] >= 0.5)
assert strict == (1.0, 1.0) and loose[1] == 1.0 and loose[0] < 0.5
Markdown(
    f"**What it means.** At 3-grams and 50 %, every question is flagged (precision {loose[0]:.2f}), because questions of one template share most of their words. The words that make it *this* question are few: demand the full run. "
    "And note what n-grams cannot see: a paraphrase in the corpus has no overlap at all. Overlap finds copies; the twin set finds what copies did, and a paraphrase gap does so if the model has only memorised text."
)

# %% [markdown]
# ## The trap: sixty models, one test set  ·  *minute 67*
#
# The parcels again: an upgrade costs 3 €, a late parcel 10 €, 30,000 parcels a month. The team fits 60 trees with different settings, and reports the best by the cost on 300 test parcels. The right way chooses on 300 *other* rows and
# reports from the test set. Both are run on 30 draws of the rows; the real cost comes from thousands of parcels that nobody used.

# %%
clean = load("parcels").assign(risk=lambda frame: true_risk(frame))
inputs = clean[["weight_kg", "distance_km", "stops", "wind_ms"]].copy()
inputs["hour"], inputs["weekday"] = clean["accepted_at"].dt.hour, clean["accepted_at"].dt.day_of_week
inputs = inputs.join(pd.get_dummies(clean[["region", "service", "customer"]], dtype=float)).to_numpy()
late, risk = clean["late"].to_numpy(), clean["risk"].to_numpy()


def monthly_cost(predicted, outcome, price=3, refund=10):
    """Thousand euros for 30,000 parcels; `outcome` is 0 or 1, or the true risk."""
    return 30 * np.mean(np.where(predicted > price / refund, price, refund * outcome))


def sixty_trees(seed):
    rng = np.random.default_rng([37, seed])
    rows = rng.permutation(len(late))
    train, validation, test, others = rows[:1500], rows[1500:1800], rows[1800:2100], rows[2100:8000]
    costs = []
    for _ in range(60):
        tree = DecisionTreeClassifier(
            max_leaf_nodes=int(rng.integers(4, 60)),
            max_features=int(rng.integers(3, 12)),
            random_state=int(rng.integers(2**31)),
        ).fit(inputs[train], late[train])
        piles = (validation, late), (test, late), (others, risk)
        costs.append(
            [monthly_cost(tree.predict_proba(inputs[pile])[:, 1], outcome[pile]) for pile, outcome in piles]
        )
    return np.array(costs)


tables = np.array([sixty_trees(seed) for seed in range(30)])
draws = np.arange(len(tables))
best_on_test, best_on_validation = tables[:, :, 1].argmin(axis=1), tables[:, :, 0].argmin(axis=1)
ledger = pd.DataFrame(
    {
        "chosen and reported on the test set": [
            tables[draws, best_on_test, 1].mean(),
            tables[draws, best_on_test, 2].mean(),
        ],
        "chosen on validation, reported on test": [
            tables[draws, best_on_validation, 1].mean(),
            tables[draws, best_on_validation, 2].mean(),
        ],
    },
    index=["promised, thousand € a month", "real"],
).T
ledger["surprise"] = ledger["real"] - ledger["promised, thousand € a month"]
surprise = tables[draws, best_on_test, 2] - tables[draws, best_on_test, 1]
ledger.round(1)

# %% jupyter={"source_hidden": true}
promised, real, gap = ledger.loc["chosen and reported on the test set"]
surprise_error = surprise.std(ddof=1) / np.sqrt(len(surprise))
assert gap > 2 * surprise_error and abs(ledger["surprise"].iloc[1]) < gap
Markdown(
    f"**What it costs.** Nobody's model is much worse: the two ways choose trees of about the same real cost. But the first way *promised* {promised:.0f} thousand € a month, and the month costs {real:.0f}: a surprise of "
    f"{gap:.1f} ± {surprise_error:.1f} thousand € that somebody has already written into a budget. The clean way promised {ledger.iloc[1, 0]:.0f} and got {ledger.iloc[1, 1]:.0f}."
)

# %% [markdown]
# ## The messy case: is it still the same test set?  ·  *minute 70*
#
# A test set that is spent once must be *the same one* for everybody. In real life it is exported again, sorted otherwise, and labels arrive late. A **fingerprint** over its content makes that visible: one short text that changes when any item changes, and does not change when only the order does.


# %%
def fingerprint(frame):
    items = sorted(frame[["parcel_id", "late"]].astype(str).agg("|".join, axis=1))
    return hashlib.sha256("\n".join(items).encode()).hexdigest()[:12]


joined = load("parcels", defects="all").drop_duplicates("parcel_id")
last_week = joined[(joined["accepted_at"] >= "2025-05-26") & (joined["accepted_at"] < "2025-06-01")]
exports = {}
for day in ("2025-06-01", "2025-06-03", "2025-06-08", "2025-07-01"):
    known = last_week[last_week["label_available_at"] < day]
    exports[day] = [len(known), known["late"].astype(float).mean(), fingerprint(known)]
shuffled = last_week[last_week["label_available_at"] < "2025-06-01"].sample(frac=1, random_state=1)
exports["2025-06-01, another order"] = [
    len(shuffled),
    shuffled["late"].astype(float).mean(),
    fingerprint(shuffled),
]
pd.DataFrame(exports, index=["parcels", "share late", "fingerprint"]).T.rename_axis("exported on")

# %% jupyter={"source_hidden": true}
assert exports["2025-06-01"][2] == exports["2025-06-01, another order"][2]
assert len({row[2] for row in exports.values()}) > 2
early, final = exports["2025-06-01"][1], exports["2025-07-01"][1]
assert final - early > 0.03
Markdown(
    f"**What it means.** Four exports of the same week, several different test sets. On the first of June {100 * early:.0f} % of the parcels of the last week of May were late; a month later it is {100 * final:.0f} %, because *late parcels are recorded late*. "
    "A model that was tested on the first export looks better than it is, and no row was leaked. Freeze the set when its labels are complete, write its fingerprint beside every score, and count how often it was asked."
)

# %% [markdown]
# ## Say it out loud  ·  *minute 73*

# %% jupyter={"source_hidden": true}
Markdown(
    f"**In the review, a senior says:** \"Sixty models were compared on one test set of 300 parcels, so the winner's score is flattered by about {gap:.0f} thousand € a month. I chose on validation rows, asked the frozen test set once, and "
    f'wrote its fingerprint beside the score. By that count we expect {ledger.iloc[1, 1]:.0f}, not {promised:.0f}."\n\n'
    f'**Finance is told:** "The first figure was the best of sixty tries, and some of it was luck. Plan with {ledger.iloc[1, 1]:.0f} thousand € a month. We have kept back a set that nobody has looked at, to check in July."'
)

# %% [markdown]
# ## What you take with you
#
# - A test set answers one question. Choosing by it makes it a training set, without any `fit`.
# - The best of k scores is too good by about √(2 log k) standard errors or a little less. Know that number before you celebrate.
# - Choose on validation rows, or nest: the *procedure* is judged, choosing included. Never report `best_score_`.
# - Splits of one data set are not independent: 1/J + n₂/n₁.
# - Boards: few digits, and speak only when something really improved.
# - Contamination: overlap finds copies, a twin set finds their effect if it is large enough. A paraphrase gap is evidence; no gap is none. Take out what overlap finds; if the benchmark still lies far above the twin set, believe the twin set.
# - Freeze the set, fingerprint it, count the questions.
#
# ## Next
#
# **[Exercise 05](../exercises/05-a-test-set-is-spent-once/05-a-test-set-is-spent-once.ipynb)**: you price the winner's curse, nest a cross-validation, write a Ladder and a fingerprint, hunt for a benchmark in a corpus, and decide whether
# a leader's lead is real, and which report to believe. Then **lesson 06, Three models, one budget**: models that read and write. Their benchmarks have all been asked before.
