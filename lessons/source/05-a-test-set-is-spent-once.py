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
# The split is clean, no column is written later. The team scored sixty models on the test set and
# kept the best. What is wrong?
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | overfit a leaderboard by hand, and say how much luck is in the best of many scores | 16 |
# | choose among many models on real flights, and report what the chosen one is worth | 14 |
# | compare two models over many splits | 6 |
# | say what a test set that was used sixty times promises, and whether it is still the same one | 9 |
#
# About 45 minutes here, then 60 to 90 in the exercise. All terms are in the [glossary](glossary.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

# %% jupyter={"source_hidden": true}
# isort: split
import hashlib

from scipy.special import ndtr
from sklearn.metrics import roc_auc_score

from holdout import Stage, explain, load, predict, resolve
from holdout.data.flights import PLANNED_AND_NUMBER, as_numbers
from holdout.data.parcels import COUNTER_COLUMNS, known_at_the_counter, true_risk
from holdout.figures import style
from holdout.topics.test_reuse import figures as views
from holdout.topics.test_reuse.candidates import areas_on_parts, best_of, out_of_bag_best
from holdout.topics.test_reuse.experiments import (
    expected_maximum,
    paired_splits,
    resampled_t,
    winner_expected,
    winner_study,
)

style.use()

# %% [markdown]
# ## Play the leaderboard
#
# A competition with 60 public rows. The first model uses one good column. You may add four more, each with a weight
# between −1 and 1. Each panel shows what the board *would* say if you moved that slider alone.
#
# **Beat the first model.** Move slider 1 to its best place, then the next, then begin again, until no slider helps. Leave
# your sliders there.


# %%
def draw_rows(n, rng):
    """Labels -1 and 1, one good column and four more."""
    label = rng.choice([-1, 1], n)
    columns = rng.standard_normal((n, 5))
    columns[:, 0] += 0.6 * label
    return columns, label


def accuracy(columns, label, weights):
    return np.mean(np.sign(columns[:, 0] + columns[:, 1:] @ np.asarray(weights)) == label)


# %% jupyter={"source_hidden": true}
WEIGHTS = np.round(np.linspace(-1, 1, 21), 1)
public_columns, public_label = draw_rows(60, np.random.default_rng(25))
first_score = accuracy(public_columns, public_label, [0, 0, 0, 0])
board_stage = Stage(
    alt="Public score against each of four weights, the other three held",
    title="Your public score is {now:.1%}, that of the first model {first:.1%}",
    readout="Weights {weight_1:.1f}, {weight_2:.1f}, {weight_3:.1f}, {weight_4:.1f}: public score {now:.1%}, first model {first:.1%}.",
    size=(9.4, 3.2),
    ncols=4,
    sharey=True,
)
sliders = {f"weight_{i}": (-1.0, 1.0, 0.1) for i in range(1, 5)}


@board_stage.live(**sliders, start=dict.fromkeys(sliders, 0.0))
def submit(weight_1, weight_2, weight_3, weight_4):
    chosen = np.array([weight_1, weight_2, weight_3, weight_4])
    scores = [
        [accuracy(public_columns, public_label, np.r_[chosen[:i], w, chosen[i + 1 :]]) for w in WEIGHTS]
        for i in range(4)
    ]
    views.draw_board(board_stage.axes, WEIGHTS, np.array(scores), chosen, first_score)
    return {"now": accuracy(public_columns, public_label, chosen), "first": first_score}


submit

# %% jupyter={"source_hidden": true}
predict(
    "05.p1",
    "A patient player who moves one slider at a time reaches a public score well above that of the first model. What will the score be on 100,000 private rows, compared with that of the first model?",
    options=["as much better as in public", "about half as much better", "equal to the first model's", "worse than the first model's"],
)  # fmt: skip

# %% [markdown]
# The private rows are opened. A patient player moves each slider to its best place until nothing improves.


# %%
def patient_player(columns, label, rounds=4):
    weights = np.zeros(4)
    for _ in range(rounds):
        for i in range(4):
            scores = [accuracy(columns, label, np.r_[weights[:i], w, weights[i + 1 :]]) for w in WEIGHTS]
            if max(scores) > accuracy(columns, label, weights):
                weights[i] = WEIGHTS[int(np.argmax(scores))]
    return weights


# %% jupyter={"source_hidden": true}
private_columns, private_label = draw_rows(100_000, np.random.default_rng(18))
players = {
    "the first model": np.zeros(4),
    "your sliders": np.array(list(submit.values.values())),
    "the patient player": patient_player(public_columns, public_label),
}
result = pd.DataFrame(
    {
        name: [accuracy(*rows, w) for rows in ((public_columns, public_label), (private_columns, private_label))]
        for name, w in players.items()
    },
    index=["public", "private"],
).T  # fmt: skip
result.round(3)

# %% jupyter={"source_hidden": true}
boards = []
for seed in range(100):
    columns, label = draw_rows(60, np.random.default_rng([19, seed]))
    weights = patient_player(columns, label, rounds=2)
    # the true accuracy in closed form: the good column against itself plus noise of known size
    gain = accuracy(columns, label, weights) - accuracy(columns, label, np.zeros(4))
    boards.append([gain, ndtr(0.6 / np.sqrt(1 + weights @ weights)) - ndtr(0.6)])
(public_gain, true_gain), board_error = np.mean(boards, axis=0), np.std(boards, axis=0, ddof=1) / 10
assert public_gain > 10 * board_error[0] and true_gain < -10 * board_error[1]
assert result.loc["the patient player", "public"] > result.loc["the first model", "public"]
assert result.loc["the patient player", "private"] < result.loc["the first model", "private"]
resolve("05.p1", "worse than the first model's", "The four columns are noise.")
explain(
    """
    **What it means.** The four columns are pure noise, so a weight that is not 0 can only add noise. This is not bad luck on one board: over 100 boards, two rounds of patient play change the public score by {public:+.1f} ± {public_error:.1f}
    points (± two standard errors), and the true accuracy by {true:+.1f} ± {true_error:.1f}. Nothing was fitted on test rows. Your choices were.
    """,
    public=100 * public_gain,
    public_error=200 * board_error[0],
    true=100 * true_gain,
    true_error=200 * board_error[1],
)

# %% [markdown]
# ## The best of many scores is too good
#
# Even without playing: try *k* models once each and keep the best. Its score is skill plus luck, and you chose it for
# both. This is the **winner's curse**.
#
# **Find** the number of models at which 1,000 test rows add 3 points of luck. Then let the models really differ (true
# spread): what becomes of it?

# %% jupyter={"source_hidden": true}
predict(
    "05.p2",
    "100 models that all guess, one test set of 1,000 rows. What does the best of them score, on average?",
    options=["about 50%", "about 51%", "about 54%", "about 60%"],
)

# %% jupyter={"source_hidden": true}
winner_stage = Stage(
    alt="Models as lines from their score on the test set to their true accuracy; the winner is marked",
    title="The best of {models} scores {score:.1%} and is worth {worth:.1%}",
    readout="{test_rows:,} test rows, true spread {true_spread:.3f}: the best of {models} scores {score:.1%} and is worth {worth:.1%}. If all were independent coins, the best would score {luck:.1%} on average.",
    size=(7.4, 3.6),
)


# %% jupyter={"source_hidden": true}
@winner_stage.live(
    models=[1, 2, 5, 10, 20, 50, 100, 200, 500], test_rows=[200, 500, 1000, 5000, 20000],
    true_spread=(0.0, 0.04, 0.005), start={"models": 100, "test_rows": 1000, "true_spread": 0.0},
)  # fmt: skip
def pick_the_best(models, test_rows, true_spread):
    rng = np.random.default_rng(20)
    true_accuracy = np.clip(0.5 + true_spread * rng.standard_normal(models), 0.3, 0.8)
    scores = rng.binomial(test_rows, true_accuracy) / test_rows
    luck = winner_expected(models, test_rows).value
    return {"luck": luck} | views.draw_winner(winner_stage.ax, scores, true_accuracy)


pick_the_best

# %% jupyter={"source_hidden": true}
study = winner_study(100, 1000, 2000, np.random.default_rng(21))
expected = winner_expected(100, 1000, n_studies=2000)
# the binomial's steps of 0.001 move the maximum by about a tenth of a step
assert abs(study.reported.mean() - expected.value) < expected.tolerance + 0.0002
skills = 0.5 + 0.03 * np.random.default_rng(22).standard_normal((2000, 100))
tested = np.random.default_rng(23).binomial(1000, skills) / 1000
first_place = np.arange(2000), tested.argmax(axis=1)
better = np.mean(skills > skills[first_place][:, None])
still = np.mean(tested[first_place] - skills[first_place])
points_of_luck = {k: 100 * expected_maximum(k) * 0.5 / np.sqrt(1000) for k in (20, 200)}
assert round(points_of_luck[20], 1) in (2.9, 3.0)
resolve("05.p2", "about 54%")
explain(
    """
    **What it means.** One score varies by {one:.1f} points (its standard error, √(p(1−p)/n)). The largest of *k* independent normal numbers lies on average {largest:.2f} standard deviations above their mean for *k* = 100, {twenty:.2f} for *k* = 20: a
    tabulated value, called m(*k*). So the best of 100 coins is expected to score {expected:.4f}; over 2,000 studies it scores {measured:.4f} ± {error:.4f}, and {fresh:.3f} on fresh rows.

    About 20 models add 3 points of luck. Ten times as many add little ({more:.1f} points); a quarter of the rows doubles the luck. With 100 models and a true spread of 0.03, over many studies only {better:.0%} of the models are
    better than the winner on average, which still scores {still:.1f} points more than it is worth.

    **Real models make the same mistakes.** If the errors of any two scores have the correlation ρ, they share a part that choosing cannot exploit, and

    luck ≈ m(*k*) · standard error · √(1−ρ).

    The formula assumes equally good models; real ones differ.
    """,
    one=100 * 0.5 / np.sqrt(1000),
    largest=expected_maximum(100),
    twenty=expected_maximum(20),
    expected=expected.value,
    measured=study.reported.mean(),
    error=2 * study.reported.std(ddof=1) / np.sqrt(2000),
    fresh=study.honest.mean(),
    more=points_of_luck[200],
    better=better,
    still=100 * still,
)

# %% [markdown]
# ## The real case: sixty models for late flights
#
# Will a flight from New York arrive 15 minutes late or more? Sixty gradient-boosting models with random settings, each
# on 4 to 9 of the nine schedule columns ([lesson 04](04-how-was-this-split.ipynb)), are trained on 60 whole days.

# %% jupyter={"source_hidden": true}
from sklearn.ensemble import HistGradientBoostingClassifier

flights = load("flights").dropna(subset="late").reset_index(drop=True)
X, late = as_numbers(flights, PLANNED_AND_NUMBER), flights["late"].to_numpy(int)
day = flights["month"] * 100 + flights["day"]
train = day.isin(np.random.default_rng(0).choice(day.unique(), 60, replace=False))


def forecast(seed):
    """Forecasts for all other days of a model with random settings and columns."""
    rng = np.random.default_rng([50, seed])
    columns = rng.choice(PLANNED_AND_NUMBER, rng.integers(4, 10), replace=False)
    model = HistGradientBoostingClassifier(
        learning_rate=rng.choice([0.03, 0.1, 0.3]), max_iter=int(rng.integers(5, 16)),
        max_leaf_nodes=int(rng.choice([4, 8, 15])), early_stopping=False, random_state=seed,
    )  # fmt: skip
    return model.fit(X.loc[train, columns], late[train]).predict_proba(X.loc[~train, columns])[:, 1]


forecasts = [forecast(seed) for seed in range(60)]

# %% jupyter={"source_hidden": true}
late_later, n_other = late[~train], int((~train).sum())
ROWS, TRIED, DRAWS = [200, 500, 1000, 3000], [1, 2, 5, 10, 20, 40, 60], 30
parts = {n: areas_on_parts(late_later, forecasts, n, DRAWS, np.random.default_rng([51, n])) for n in ROWS}
curves = {n: [best_of(part, k) for k in TRIED] for n, part in parts.items()}
best_known = max(roc_auc_score(late_later, each) for each in forecasts)
shown = curves[500][-1].reported.mean()
explain(
    """
    We draw 500 of the {n:,} flights of the other days. On these we choose the model with the highest area under the ROC curve (AUC). Over {draws} draws, the chosen model scores {shown:.3f} on average on these 500.
    """,
    n=n_other,
    draws=DRAWS,
    shown=shown,
)

# %% jupyter={"source_hidden": true}
predict(
    "05.p3",
    "What does the chosen model score on average on the flights that were not drawn?",
    options=["about 0.665", "about 0.645", "about 0.625", "about 0.605"],
)

# %% [markdown]
# **Find out** how the luck changes with the number of rows. Was it useful to try more than one
# model? The dotted line is the best of the sixty, if it were known.

# %% jupyter={"source_hidden": true}
flights_stage = Stage(
    alt="Area under the ROC curve of the best of k models against k: on the rows that chose it, and on unused rows",
    title="Best of {k}: {shown:.3f} on the rows that chose it, {unused:.3f} on unused rows",
    readout="Best of {k}, chosen on {rows:,} flights: {shown:.3f} there, {unused:.3f} on unused flights; luck {luck:.3f} ± {error:.3f}. Bands and ± are two standard errors over 30 draws.",
    size=(7.4, 4),
)


# %% jupyter={"source_hidden": true}
@flights_stage.live(rows=ROWS, k=TRIED, start={"rows": 500, "k": 60})
def try_models(rows, k):
    return views.draw_best_of(flights_stage.ax, TRIED, curves[rows], best_known, k)


try_models

# %% jupyter={"source_hidden": true}
luck_table = pd.DataFrame(
    {
        n: [
            curves[n][-1].reported.mean(),
            curves[n][-1].honest.mean(),
            (luck := curves[n][-1].reported - curves[n][-1].honest).mean(),
            2 * luck.std(ddof=1) / np.sqrt(DRAWS),
        ]
        for n in ROWS
    },
    index=["shown", "unused", "luck", "±"],
)
useful = curves[500][-1].honest - curves[500][0].honest
useful_error = 2 * useful.std(ddof=1) / np.sqrt(DRAWS)
one_score = parts[500].reported.std(axis=0, ddof=1).mean()
errors = parts[500].reported - parts[500].honest
pairs = np.corrcoef(errors.T)[np.triu_indices(60, 1)]
by_luck = errors.max(axis=1) - errors.mean(axis=1)
by_luck_error = 2 * by_luck.std(ddof=1) / np.sqrt(DRAWS)
by_formula = expected_maximum(60) * one_score * np.sqrt(1 - pairs.mean())
assert abs(by_luck.mean() - by_formula) < 1.5 * by_luck_error
assert luck_table.loc["luck", 500] > luck_table.loc["±", 500] and useful.mean() > useful_error
assert (luck_table.loc["luck"].diff().dropna() < 0).all() and luck_table.loc["luck", 3000] < 0.012
resolve("05.p3", "about 0.645", f"It is {luck_table.loc['unused', 500]:.3f}.")
explain(
    """
    **What it means.** The best of sixty:

    | flights that choose | AUC there | on unused flights | luck, ± two standard errors |
    |--:|--:|--:|--:|
    | 200 | {s200:.3f} | {u200:.3f} | {l200:.3f} ± {e200:.3f} |
    | 500 | {s500:.3f} | {u500:.3f} | {l500:.3f} ± {e500:.3f} |
    | 1,000 | {s1000:.3f} | {u1000:.3f} | {l1000:.3f} ± {e1000:.3f} |
    | 3,000 | {s3000:.3f} | {u3000:.3f} | {l3000:.3f} ± {e3000:.3f} |

    *Choosing is useful*: with 500 flights the chosen model is {useful:.3f} ± {useful_error:.3f} better on unused flights than a model taken at random. Only its *score* is too good, and less so with more rows. The formula says
    {formula:.3f} for 500 flights (standard error {one:.3f}, ρ = {rho:.2f}): too much, because these models are not equally good. (Choosing by luck alone, the largest error, would give {by_luck:.3f} ± {by_luck_error:.3f}.)

    With five other sets of training days the luck with 500 flights was 0.007 to 0.025.
    """,
    **{f"{name[0] if name != '±' else 'e'}{n}": luck_table.loc[name, n] for name in luck_table.index for n in ROWS},
    useful=useful.mean(),
    useful_error=useful_error,
    formula=by_formula,
    by_luck=by_luck.mean(),
    by_luck_error=by_luck_error,
    one=one_score,
    rho=pairs.mean(),
)  # fmt: skip

# %% [markdown]
# **At work.** Choose on validation rows; ask the test rows once (here one unlucky draw).

# %%
validation, test = np.split(np.random.default_rng(52).permutation(n_other)[:3500], [500])
scores = [roc_auc_score(late_later[validation], each[validation]) for each in forecasts]
chosen = forecasts[int(np.argmax(scores))]
print(f"to choose {max(scores):.3f}, to report {roc_auc_score(late_later[test], chosen[test]):.3f}")

# %% [markdown]
# ## Choosing the setting is part of the model
#
# With few rows you tune by cross-validation. `best_score_` of a search is again the score of a *winner*. The repair is
# **nested cross-validation**: an outer loop holds rows out; *inside* the other rows a search chooses the setting. The
# outer rows judge the whole procedure, choosing included.
#
# **At work.** Put the search into `cross_val_score`. Here with 300 flights:

# %%
from sklearn.model_selection import RandomizedSearchCV, cross_val_score

settings = {"max_leaf_nodes": [3, 5, 8, 12, 20, 40], "min_samples_leaf": [1, 5, 10, 20], "max_features": [2, 4, 6, 9]}  # fmt: skip
search = RandomizedSearchCV(DecisionTreeClassifier(random_state=0), settings, n_iter=20, cv=3, scoring="roc_auc", random_state=0)  # fmt: skip
few = np.random.default_rng(0).permutation(len(X))[:300]
nested = cross_val_score(search, X.iloc[few], late[few], cv=3, scoring="roc_auc")
search.fit(X.iloc[few], late[few])
print(f"best_score_ {search.best_score_:.3f}, nested {nested.mean():.3f}")

# %% jupyter={"source_hidden": true}
unused = np.setdiff1d(np.arange(len(X)), few)
worth = roc_auc_score(late[unused], search.predict_proba(X.iloc[unused])[:, 1])
assert abs(nested.mean() - worth) > abs(search.best_score_ - worth)
explain(
    """
    **What it means.** On the {n:,} other flights the tuned tree scores {worth:.3f}. Here the nested score is further off; over 20 samples, `best_score_` is too high by 0.044 ± 0.018 (two standard errors), the nested score by −0.005 ± 0.021.

    **Published and measured.** On 40 rows and 6,000 columns of *pure noise*, Varma and Simon (2006) tuned a classifier by cross-validation. The smallest error was below 30% on 18.5% of the data sets; the truth is 50%. On 400 such data sets we measure 20% ± 4%;
    the nested error is 48% ± 3% on 60. [Deeper](deeper/05-a-test-set-is-spent-once.ipynb#Choosing-the-setting,-on-noise) shows single data sets.
    """,
    n=len(unused),
    worth=worth,
)

# %% [markdown]
# ## Ten splits are not ten experiments
#
# Suppose model A beats B on nearly all of 15 random splits, and the t-test says p = 0.01. But the splits share most of their
# rows, so their differences move together. Nadeau and Bengio (2003) replace the factor 1/*J* in the variance of the mean
# (*J* splits) by **1/*J* + n₂/n₁**, test rows over training rows. With 15 splits of 90 and 10 rows that is 5.6
# independent experiments.

# %% jupyter={"source_hidden": true}
assert round(1 / (1 / 15 + 10 / 90), 1) == 5.6
predict(
    "05.p4",
    "A and B are equally good. 100 rows, 15 random splits with 10 test rows each, a t-test on the 15 differences. On how many data sets is p below 5%?",
    options=["on about 5%", "on about 10%", "on about 20%", "on about 40%"],
)

# %% [markdown]
# A and B are *equally good by construction*. **Find out**: does more splitting help? Does a larger test set?

# %% jupyter={"source_hidden": true}
TEST_ROWS, SPLITS = [10, 20, 50], np.arange(4, 41)  # of fewer, differences are often equal
many_splits = {
    rows: paired_splits(100, 40, 300, np.random.default_rng([31, rows]), test_rows=rows) for rows in TEST_ROWS
}


def rejections(rows, splits, corrected):
    share = rows / (100 - rows) if corrected else None
    return np.mean(resampled_t(many_splits[rows][:, :splits], share)[1] < 0.05)


rates = {
    (rows, corrected): np.array([rejections(rows, splits, corrected) for splits in SPLITS])
    for rows in TEST_ROWS
    for corrected in (False, True)
}
splits_stage = Stage(
    alt="Share of data sets on which two equal models are declared different, naive and corrected",
    title="{splits} splits: wrong on {naive:.0%} of the data sets, corrected on {corrected:.0%}",
    readout="{splits} splits of 100 rows, {test_rows} for the test: the naive t-test declares equal models different on {naive:.0%} of 300 data sets, the corrected one on {corrected:.0%}.",
    size=(7.4, 3.8),
)


# %% jupyter={"source_hidden": true}
@splits_stage.live(splits=(4, 40), test_rows=TEST_ROWS, start={"splits": 15, "test_rows": 10})
def split_again(splits, test_rows):
    naive, corrected = rates[test_rows, False], rates[test_rows, True]
    views.draw_rejections(splits_stage.ax, SPLITS, naive, corrected, splits)
    return {"naive": naive[splits - SPLITS[0]], "corrected": corrected[splits - SPLITS[0]]}


split_again

# %% jupyter={"source_hidden": true}
differences = paired_splits(100, 15, 1000, np.random.default_rng(32))
naive = np.mean(resampled_t(differences)[1] < 0.05)
corrected = np.mean(resampled_t(differences, test_share=10 / 90)[1] < 0.05)
naive_error, corrected_error = (2 * np.sqrt(share * (1 - share) / 1000) for share in (naive, corrected))
assert 0.15 < naive < 0.25 and abs(corrected - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 1000)
at_15 = {rows: rates[rows, False][15 - SPLITS[0]] for rows in TEST_ROWS}
assert at_15[50] > at_15[20] > at_15[10]
resolve("05.p4", "on about 20%")
explain(
    """
    **What it means.** The naive test is wrong on {naive:.0%} ± {naive_error:.0%} of 1,000 data sets, the corrected one on {corrected:.1%} ± {corrected_error:.1%} (two standard errors). More splitting makes it worse ({forty:.0%} of 300 data sets at 40 splits): each split adds
    confidence and hardly any information. So does a larger test set ({large:.0%} with 50 rows and 15 splits), because the test sets overlap more.
    """,
    naive=naive,
    naive_error=naive_error,
    corrected=corrected,
    corrected_error=corrected_error,
    forty=rates[10, False][-1],
    large=at_15[50],
)

# %% [markdown]
# **At work.** Both models on the same splits, the difference per split, the corrected test ([exercise 05](../exercises/05-a-test-set-is-spent-once/05-a-test-set-is-spent-once.ipynb) asks you to write it):

# %%
from sklearn.model_selection import ShuffleSplit

splits = ShuffleSplit(15, test_size=0.25, random_state=0)
trees = [DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0) for leaves in (5, 12)]
a, b = (cross_val_score(tree, X.iloc[few], late[few], cv=splits, scoring="roc_auc") for tree in trees)
for name, share in (("naive", None), ("corrected", 75 / 225)):
    print(f"{name:10} p = {resampled_t(a - b, share)[1]:.2f}")

# %% [markdown]
# ## The trap: sixty models, one test set
#
# Parcels again: an upgrade costs 3 €, a late parcel 10 €, 30,000 parcels per month. A team fits sixty trees on 1,000
# parcels. The wrong way chooses the cheapest on 300 *test* parcels and reports its cost there. The right way chooses on
# 300 *other* parcels and reports from the test set. We run both on 20 draws of the rows.

# %% jupyter={"source_hidden": true}
clean = load("parcels")
columns = [name for name in COUNTER_COLUMNS if name not in ("declared_value_eur", "depot")]
table = known_at_the_counter(clean, columns).to_numpy(np.float32)
was_late, risk = clean["late"].to_numpy(), true_risk(clean)


# %%
def costs(probability, late):
    """Thousand euros per month if all 30,000 parcels were like this one, for each parcel."""
    return 30 * np.where(probability > 0.3, 3, 10 * late)


def sixty_trees(seed):
    """Costs of each tree on validation and test parcels, and its true cost on 2,000 others."""
    rng = np.random.default_rng([37, seed])
    train, *others = np.split(rng.permutation(len(table))[:3600], [1000, 1300, 1600])
    measured = [], [], []
    for _ in range(60):
        leaves, columns, number = rng.integers(4, 60), rng.integers(3, 12), rng.integers(2**31)
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, max_features=columns, random_state=number)
        tree.fit(table[train], was_late[train])
        for part, rows, outcome in zip(measured, others, (was_late, was_late, risk), strict=True):
            part.append(costs(tree.predict_proba(table[rows])[:, 1], outcome[rows]))
    return tuple(map(np.array, measured))


# %% jupyter={"source_hidden": true}
DRAWN = 20
wrong, right, luck_by_rows, team = [], [], [], None
scores_of_all, truths = [], []
for seed in range(DRAWN):
    on_validation, on_test, in_truth = sixty_trees(seed)
    by_test, by_validation = on_test.mean(axis=1).argmin(), on_validation.mean(axis=1).argmin()
    wrong.append([on_test[by_test].mean(), in_truth[by_test].mean()])
    right.append([on_test[by_validation].mean(), in_truth[by_validation].mean()])
    luck_by_rows.append(out_of_bag_best(on_test.T, 200, np.random.default_rng([38, seed])) - wrong[-1][0])
    scores_of_all.append(on_test.mean(axis=1) - in_truth.mean(axis=1))
    team = team or (on_test[by_test].mean(), on_test[by_validation], luck_by_rows[0])
wrong, right, luck_by_rows = np.array(wrong), np.array(right), np.array(luck_by_rows)


def mean_and_error(values):
    return np.mean(values), 2 * np.std(values, ddof=1) / np.sqrt(len(values))


ledger = {
    "chosen and reported on test": [*wrong.mean(axis=0), *mean_and_error(wrong[:, 1] - wrong[:, 0])],
    "chosen on validation, reported on test": [*right.mean(axis=0), *mean_and_error(right[:, 1] - right[:, 0])],
}  # fmt: skip
pd.DataFrame(ledger, index=["promised", "true", "true − promised", "± (two standard errors)"]).T.rename_axis(
    "thousand € per month"
).round(1)

# %% jupyter={"source_hidden": true}
difference, difference_error = mean_and_error(right[:, 0] - wrong[:, 0])
true_difference, true_difference_error = mean_and_error(right[:, 1] - wrong[:, 1])
estimate, estimate_error = mean_and_error(luck_by_rows)
spread = np.std(scores_of_all, axis=0, ddof=1).mean()
alike = np.corrcoef(np.array(scores_of_all).T)[np.triu_indices(60, 1)].mean()
m_of_60 = expected_maximum(60)
surprise, surprise_error = ledger["chosen and reported on test"][2:]
clean_surprise, clean_error = ledger["chosen on validation, reported on test"][2:]
assert surprise > surprise_error and clean_surprise < clean_error and difference > difference_error
assert abs(true_difference) < 1
explain(
    """
    **What it costs.** Both ways choose trees of about the same true cost ({true_difference:+.1f} ± {true_error:.1f}). But the wrong way promises {difference:.1f} ± {difference_error:.1f} thousand € per month less than the right one, on the same test parcels, and
    that is already in somebody's budget. The right way misses by {clean:.1f} ± {clean_error:.1f}: not distinguishable from 0.

    The formula, with m(60) = {m:.2f}, a standard error of {spread:.1f} and ρ = {alike:.2f}, gives a luck of {formula:.1f}; independent models would have {independent:.1f}.
    """,
    true_difference=true_difference,
    true_error=true_difference_error,
    difference=difference,
    difference_error=difference_error,
    clean=clean_surprise,
    clean_error=clean_error,
    m=m_of_60,
    spread=spread,
    alike=alike,
    independent=m_of_60 * spread,
    formula=m_of_60 * spread * np.sqrt(1 - alike),
)

# %% [markdown]
# **At work.** The damage is done and only the test set is left? Draw its rows again: choose on the drawn rows, score on
# the rows that were not drawn (Tsamardinos and others, 2018).

# %%
on_test = sixty_trees(0)[1]  # sixty trees, 300 test parcels
winner, rng = on_test.mean(axis=1).argmin(), np.random.default_rng(0)
estimates = []
for _ in range(200):
    drawn = rng.integers(300, size=300)
    rest = np.setdiff1d(np.arange(300), drawn)
    estimates.append(on_test[on_test[:, drawn].mean(axis=1).argmin()][rest].mean())
print(f"reported {on_test[winner].mean():.1f}, corrected {np.mean(estimates):.1f} thousand € per month")

# %% jupyter={"source_hidden": true}
explain(
    """
    Over the 20 draws this estimates a luck of {estimate:.1f} ± {error:.1f} thousand €.
    """,
    estimate=estimate,
    error=estimate_error,
)

# %% [markdown]
# ## The messy case: is it still the same test set?
#
# A test set is exported again, in another order, and some labels arrive late. A **fingerprint** makes that visible: a
# short text that changes when any item changes, and not when only the order does.


# %%
def fingerprint(frame):
    items = sorted(frame[["parcel_id", "late"]].astype(str).agg("|".join, axis=1))
    return hashlib.sha256("\n".join(items).encode()).hexdigest()[:12]


# %% jupyter={"source_hidden": true}
joined = load("parcels", defects="all").drop_duplicates("parcel_id")
last_week = joined[(joined["accepted_at"] >= "2025-05-26") & (joined["accepted_at"] < "2025-06-01")]
days = ("2025-06-01", "2025-06-03", "2025-06-08", "2025-07-01")
exports = {day: last_week[last_week["label_available_at"] < day] for day in days}
exports["2025-06-01, another order"] = exports["2025-06-01"].sample(frac=1, random_state=1)
shares = {name: rows["late"].astype(float).mean() for name, rows in exports.items()}
prints = {name: fingerprint(rows) for name, rows in exports.items()}
pd.DataFrame(
    [[len(rows), round(shares[name], 3), prints[name]] for name, rows in exports.items()],
    index=pd.Index(exports, name="exported on"), columns=["parcels", "share late", "fingerprint"],
)  # fmt: skip

# %% jupyter={"source_hidden": true}
assert prints["2025-06-01"] == prints["2025-06-01, another order"] and len(set(prints.values())) > 2
assert shares["2025-07-01"] - shares["2025-06-01"] > 0.03
explain(
    """
    **What it means.** Six days, several different test sets. On the first of June {early:.0%} of its parcels were late; a month later {final:.0%}, because *late parcels are recorded late*. On the first export refunds per parcel look {lower:.0%} lower, and no row was
    leaked. Freeze the set when its labels are complete, write its fingerprint beside every score, and count how often it was used.
    """,
    early=shares["2025-06-01"],
    final=shares["2025-07-01"],
    lower=1 - shares["2025-06-01"] / shares["2025-07-01"],
)

# %% [markdown]
# Has a language model *read* the test? [Deeper](deeper/05-a-test-set-is-spent-once.ipynb#Has-the-model-read-the-exam?) finds
# out (n-gram overlap, twin set, paraphrase gap; the exercise needs it), and defends a leaderboard (Ladder, Thresholdout).
#
# ## Say it out loud
#
# Write both yourself first. The speakers have one draw of the rows, the first, and no true costs.

# %% jupyter={"source_hidden": true}
reported, clean_costs, team_luck = team
clean_mean, clean_two = clean_costs.mean(), 2 * clean_costs.std(ddof=1) / np.sqrt(len(clean_costs))
explain(
    """
    **In the review, a senior says:** "Sixty models were compared on one test set of 300 parcels. Drawing these parcels again, I estimate that the winner's {reported:.0f} thousand € per month is about {luck:.0f} too low. Of the tree that I chose on validation rows, the same
    parcels, fingerprint beside the score, say {clean:.0f} thousand €, 95% interval {low:.0f} to {high:.0f}. 300 parcels cannot say it more precisely."

    **Finance is told:** "The first figure was the best of sixty tries, and part of it was luck. Plan with {clean:.0f} thousand € per month; it could be {low:.0f} or {high:.0f}. In July we measure it on parcels that nobody has used."
    """,
    reported=reported,
    luck=team_luck,
    clean=clean_mean,
    low=clean_mean - clean_two,
    high=clean_mean + clean_two,
)

# %% [markdown]
# ## What you take with you
#
# - Whoever chooses by a test set turns it into a validation set, without any `fit`. Choosing is fine; reporting that score is not.
# - The best of *k* equally good models is too good by about m(*k*) · standard error · √(1−ρ): many models, few rows and *different* models make it large.
# - Choose on validation rows, or nest. Never report `best_score_`.
# - Splits of one data set are not independent.
# - Freeze the set, fingerprint it, count its uses.
#
# ## Next
#
# **[Exercise 05](../exercises/05-a-test-set-is-spent-once/05-a-test-set-is-spent-once.ipynb)**, then **lesson 06, Three models, one budget**.
