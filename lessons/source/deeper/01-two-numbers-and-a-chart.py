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
# # 01 · Deeper: two numbers and a chart
#
# What goes beyond [lesson 01](../01-two-numbers-and-a-chart.ipynb). Nobody needs it to go on. Each section can be
# read alone after the first cells. About 40 minutes.
#
# | section | question |
# |---|---|
# | 1 | How much of the turn is luck, and what does a penalty do to it? |
# | 2 | What are bias and variance, and do they add up? |
# | 3 | How many validation rows tell two models apart? |
# | 4 | How optimistic is a training error, and what happens on fresh rows? |
# | 5 | What does it cost to choose and report on the test set? |
# | 6 | Is this tree worth more labels? |

# %%
import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

# %% jupyter={"source_hidden": true}
from holdout import Stage, explain, load, predict, resolve
from holdout.data.parcels import known_at_the_counter, true_risk
from holdout.data.polynomials import World, fit_polynomial, polynomial_features, validation_curve, wave
from holdout.figures import style
from holdout.topics.overfitting import figures as views
from holdout.topics.overfitting.experiments import (
    DECISION_BOUNDARY,
    WELL_FITTED_EXCESS,
    Curve,
    bias_variance_published,
    decompose,
    fixed_input_fits,
    optimism_published,
    optimism_studies,
    repeated_fits,
)

style.use()
world = World(truth=wave, noise=0.3)
grid = np.linspace(-1, 1, 201)

# %% [markdown]
# ## 1 · One sample is luck, forty are evidence
#
# Below, every degree is fitted in 40 repeats, each on its own rows. The line is the median, the band contains the
# middle half. The black line is the true risk, which only a simulation knows. A **ridge penalty** makes large
# coefficients expensive, so a high degree bends only where many rows ask for it.
#
# 1. **Find** the degree with the lowest validation error, then add rows. Does it move left or right?
# 2. Go back to 20 rows and choose a penalty of 0.01. What happens on the right-hand side?
# 3. Choose a penalty of 1. Which degrees get worse, and which do not?

# %%
DEGREES = np.arange(1, 13)


def forty_repeats(rows, noise, penalty):
    rng = np.random.default_rng(3)
    world = World(truth=wave, noise=noise)
    return validation_curve(world, DEGREES, penalty, rows, n_validation=100, n_repeats=40, rng=rng)


# %% jupyter={"source_hidden": true}
turn_stage = Stage(
    alt="Training error, validation error and true risk against the degree, with the noise floor",
    title="{rows} rows, penalty {penalty:g}: validation is lowest at degree {best}",
    readout="{rows} rows, noise {noise:.1f}, penalty {penalty:g}: validation error is lowest at degree {best} "
    "({lowest:.3f}; noise floor {floor:.3f}). Generalization gap at degree 12: {gap:.3f}.",
)


@turn_stage.live(
    rows=[20, 30, 50, 100, 200],
    noise=(0.1, 0.7, 0.1),
    penalty=[0.0, 0.001, 0.01, 0.1, 1.0],
    start={"noise": 0.3},
)
def find_the_turn(rows, noise, penalty):
    curve = forty_repeats(rows, noise, penalty)
    views.draw_validation_curve(turn_stage.ax, curve, noise**2)
    typical = np.median(curve.validation_scores, axis=1)
    return {
        "best": DEGREES[typical.argmin()],
        "lowest": typical.min(),
        "floor": noise**2,
        "gap": typical[-1] - np.median(curve.train_scores[-1]),
    }


find_the_turn

# %% jupyter={"source_hidden": true}
medians = {
    (rows, penalty): np.median(forty_repeats(rows, 0.3, penalty).validation_scores, axis=1)
    for rows, penalty in [(20, 0.0), (20, 0.01), (20, 1.0), (200, 0.0)]
}
few, many = medians[20, 0.0], medians[200, 0.0]
strong = medians[20, 1.0]
assert few.argmin() < many.argmin() and few[-1] > 3 * few.min() and many[-1] < 1.15 * many.min()
assert medians[20, 0.01][-1] < few[-1] / 3
assert np.abs(strong - few)[:3].max() < 0.02
assert (strong[3:9] > few[3:9]).all() and (strong[9:] < few[9:]).all()
explain(
    """
    **What it means.** More rows move the turn to the right (degree {turn_few} with 20 rows, {turn_many} with 200) and
    flatten what comes after it. A penalty of 0.01 flattens it too, without new rows: degree 12 falls from {few:.2f} to
    {penalised:.2f}. A penalty of 1 is too strong, but it does not lift the whole curve: degrees 1 to 3 hardly
    change, degrees 4 to 9 get worse ({middle_few:.2f} becomes {middle_strong:.2f} at degree 5), and degrees 10 to 12
    still gain.

    More noise lifts the floor, and the validation error with it. If a validation error stays when only the noise has
    grown, find out why: validation rows may have leaked into the fit, or their targets were cleaned, or the noise was
    added to the training rows only.
    """,
    turn_few=DEGREES[few.argmin()],
    turn_many=DEGREES[many.argmin()],
    few=few[-1],
    penalised=medians[20, 0.01][-1],
    middle_few=few[4],
    middle_strong=strong[4],
)

# %% [markdown]
# ## 2 · What a penalty gives, and what it takes
#
# Fit the same kind of model on 200 training sets:
#
# - **Bias** is the difference between the *average* fit and the truth, for whatever reason: the model cannot express
#   it, or a penalty keeps it from doing so.
# - **Variance** is how much single fits vary around their average.
#
# For squared error, **risk = noise floor + squared bias + variance**. Other losses, such as the share of wrong
# answers, have no such sum.
#
# **Find**, for degree 10 and 25 rows, the penalty with the lowest risk. Watch which bar shrinks and which one grows.


# %%
def parts_of_risk(degree, penalty, rows, repeats=200):
    fits = repeated_fits(world, degree, penalty, rows, repeats, rng=np.random.default_rng(5))
    return fits, decompose(world, fits)


# %% jupyter={"source_hidden": true}
trade_stage = Stage(
    alt="Left: single fits, their average and the truth. Right: noise floor, squared bias, variance, sum",
    title="Penalty {penalty:g}: squared bias {bias}, variance {variance}",
    readout="Degree {degree}, penalty {penalty:g}, {rows} rows: noise floor {noise:.3f} + squared bias {bias} + "
    "variance {variance} = risk {risk}.",
    size=(7.4, 4),
    ncols=2,
)


@trade_stage.live(
    degree=(1, 10),
    penalty=[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
    rows=[25, 50, 100, 200],
    start={"degree": 10, "penalty": 0.01},
)
def trade(degree, penalty, rows):
    fits, parts = parts_of_risk(degree, penalty, rows)
    curves = fits @ polynomial_features(grid, degree).T
    views.draw_repeated_fits(trade_stage.axes[0], grid, curves, wave(grid))
    views.draw_parts(trade_stage.axes[1], parts)
    named = {"bias": parts.squared_bias, "variance": parts.variance, "risk": parts.risk}
    return {"noise": parts.noise} | {name: views.format_error(value) for name, value in named.items()}


trade

# %% jupyter={"source_hidden": true}
parts = {penalty: parts_of_risk(10, penalty, 25)[1] for penalty in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}
assert min(parts, key=lambda penalty: parts[penalty].risk) == 0.1
assert parts[0.1].squared_bias > 5 * parts[0.01].squared_bias and parts[0.1].variance < parts[0.01].variance
assert parts[1.0].squared_bias > 10 * parts[0.1].squared_bias
chosen = [0.001, 0.01, 0.1, 1.0]
columns = {f"penalty {p:g}": [parts[p].noise, parts[p].squared_bias, parts[p].variance, parts[p].risk] for p in chosen}  # fmt: skip
pd.DataFrame(columns, index=["noise floor", "squared bias", "variance", "risk"]).round(3)

# %% [markdown]
# **What it means.** A penalty accepts some bias in exchange for less variance. Up to 0.01 nearly all of the variance
# goes for hardly any bias. Of these seven penalties 0.1 has the lowest risk; after it the bias costs more than the
# variance that it saves. (Without any penalty the variance of degree 10 on 25 rows is so heavy-tailed that 200 fits
# cannot measure its squared bias, so the slider begins at 0.001.) More rows reduce the variance without adding bias.
#
# ### Do noise, bias and variance add up?
#
# The identity holds for any model under squared error (Geman, Bienenstock and Doursat 1992; Hastie, Tibshirani and
# Friedman 2009, section 7.3). For least squares at fixed inputs bias and variance have closed forms. We fix 30 inputs,
# draw new targets 2,000 times, and measure all parts separately.

# %%
x_fixed, x_new = np.cos(np.pi * (np.arange(30) + 0.5) / 30), np.linspace(-0.95, 0.95, 40)
rng = np.random.default_rng(12)
measured = {}
for degree in (1, 3, 9):
    predictions, y_new = fixed_input_fits(world, x_fixed, x_new, degree, 2000, rng)
    variance = predictions.var(axis=0, ddof=1).mean()
    measured[degree] = {
        "squared_bias": np.mean((predictions.mean(axis=0) - wave(x_new)) ** 2) - variance / 2000,
        "variance": variance,
        "mean_squared_error": np.mean((y_new - predictions) ** 2),
    }

# %% jupyter={"source_hidden": true}
table, per_coefficient = {}, []
for degree, values in measured.items():
    published = bias_variance_published(world, x_fixed, x_new, degree, 2000)
    assert all(published[name].agrees(value) for name, value in values.items())
    per_coefficient.append(published["variance"].value / (degree + 1))
    for name, value in values.items():
        table[degree, name.replace("_", " ")] = [value, published[name].value, published[name].tolerance]
assert 0.0024 < min(per_coefficient) and max(per_coefficient) < 0.0029
pd.DataFrame(table, index=["measured", "published", "tolerance"]).T.rename_axis(["degree", "part"]).round(5)

# %% [markdown]
# **What it means.** From degree 1 to degree 9 the squared bias vanishes, and the variance grows roughly in proportion
# to the number of coefficients: 0.0024 to 0.0028 for each (in exact proportion only at the training inputs). The noise,
# 0.09, is in every row.
#
# ## 3 · Is one model better, or did it get easier rows?
#
# Two models, both fitted on the same 40 rows, are compared on a validation set. We know which one has the lower risk.
# How often does the validation set say the opposite?
#
# 1. **Find** the number of validation rows from which the worse model wins in fewer than 5 of 100 validation sets.
# 2. Take the closer rival, degree 8, and find it again.
#
# Both models are scored on the *same* rows, so the figure shows the difference of their errors, row by row.

# %%
rng = np.random.default_rng(9)
x_known, y_known = world.sample(40, rng)
x_many, y_many = world.sample((500, 1000), rng)
rivals = {degree: fit_polynomial(x_known, y_known, degree) for degree in (4, 6, 8, 10, 12)}
squared_errors = {degree: (y_many - model(x_many)) ** 2 for degree, model in rivals.items()}

# %% jupyter={"source_hidden": true}
difference_stage = Stage(
    alt="Histogram of how much better the better model looks, over 500 validation sets",
    title="{validation_rows} validation rows: the worse model wins {wrong:.0%} of the time",
    readout="{validation_rows} validation rows: the worse model (degree {rival_degree}, risk {worse:.3f}) beats the "
    "better one (degree 6, risk {better:.3f}) in {wrong:.0%} of 500 validation sets.",
)


@difference_stage.live(rival_degree=[12, 10, 8, 4], validation_rows=[10, 20, 50, 100, 200, 500, 1000])
def compare(rival_degree, validation_rows):
    errors = {d: squared_errors[d][:, :validation_rows].mean(axis=1) for d in (6, rival_degree)}
    difference = errors[rival_degree] - errors[6]
    better, worse = world.risk(rivals[6]), world.risk(rivals[rival_degree])
    views.draw_differences(difference_stage.ax, difference, worse - better, most=0.06)
    return {"wrong": np.mean(difference < 0), "better": better, "worse": worse}


compare

# %% jupyter={"source_hidden": true}
risks = {degree: world.risk(model) for degree, model in rivals.items()}
assert min(risks, key=risks.get) == 6
asked = [10, 20, 50, 100, 200, 500, 1000]
enough = {}
for rival in (12, 8):
    differences = squared_errors[rival] - squared_errors[6]
    wrong = {n: np.mean(differences[:, :n].mean(axis=1) < 0) for n in asked}
    enough[rival] = next(n for n in asked if wrong[n] < 0.05)
explain(
    """
    **What it means.** Of the numbers of rows on the slider, {enough_12} are the first that are enough for a difference
    of {difference_12:.3f}, and {enough_8} for one of {difference_8:.3f}. With fewer the diagnosis is **not enough
    evidence**; its remedy is more validation rows or repeats, not another model.
    """,
    enough_12=enough[12],
    difference_12=risks[12] - risks[6],
    enough_8=enough[8],
    difference_8=risks[8] - risks[6],
)

# %% [markdown]
# ## 4 · How optimistic is a training error?

# %% jupyter={"source_hidden": true}
predict(
    "01.d1",
    "20 coefficients are fitted to 50 rows by least squares; the noise has variance 1. The training error is "
    "0.6, so it lies 0.4 below the noise floor. What is the error on fresh rows?",
    options=["about 0.6", "about 1.0", "about 1.4", "about 1.7"],
)

# %% [markdown]
# For least squares with *d* coefficients on *N* rows, where the model can express the truth and the noise has the same
# variance *s²* in every row:
#
# | error | on average | source |
# |---|---|---|
# | training error | *s²* (1 − *d*/*N*) | Mallows 1973; Hastie, Tibshirani and Friedman 2009, sections 7.4 and 7.5 |
# | new targets at the same inputs | *s²* (1 + *d*/*N*) | the same |
# | **optimism** | **2 *d* *s²* / *N*** | the same |
# | fresh rows, normal inputs | *s²* (1 + *d*/(*N* − *d* − 1)) | not in these; from the mean of an inverse Wishart matrix (von Rosen 1988) |

# %%
N, d, s = 50, 20, 1.0


def one_study(rng):
    inputs, fresh_inputs = rng.normal(size=(2, N, d))
    slopes = rng.normal(size=d)
    y, y_again, y_fresh = (rows @ slopes + s * rng.normal(size=N) for rows in (inputs, inputs, fresh_inputs))
    fit = np.linalg.lstsq(inputs, y)[0]
    scored_on = (inputs, y), (inputs, y_again), (fresh_inputs, y_fresh)
    return [np.mean((targets - rows @ fit) ** 2) for rows, targets in scored_on]


rng = np.random.default_rng(10)
training, same_inputs, fresh_inputs = np.mean([one_study(rng) for _ in range(2000)], axis=0)

# %% jupyter={"source_hidden": true}
found = {
    "training": training,
    "same_inputs": same_inputs,
    "optimism": same_inputs - training,
    "fresh_inputs": fresh_inputs,
}
published = optimism_published(N, d, s, n_studies=2000)
assert all(published[name].agrees(value) for name, value in found.items())
resolve("01.d1", f"about {fresh_inputs:.1f}")
pd.DataFrame(
    [[found[name], published[name].value, published[name].tolerance] for name in found],
    index=["training error", "new targets, same inputs", "optimism", "fresh rows"],
    columns=["measured", "published", "tolerance (4 standard errors)"],
).round(3)

# %% [markdown]
# **Look** at the distance between the first bar and the last. **Find**, with 20 coefficients, how many rows it takes
# until fresh rows are at most 10% above the noise floor.

# %% jupyter={"source_hidden": true}
optimism_stage = Stage(
    alt="Bars: training error, error on new targets, error on fresh rows; black lines show published values",
    title="{coefficients} coefficients, {rows} rows: fresh rows {excess:.0%} above the floor",
    readout="{coefficients} coefficients, {rows} rows: training error {training:.2f} times the noise floor, fresh rows "
    "{fresh:.2f} (published {expected:.2f}). Optimism: measured {optimism:.2f}, published {expected_optimism:.2f}.",
)


@optimism_stage.live(coefficients=(5, 30), rows=(50, 250, 10), start={"coefficients": 20, "rows": 50})
def flatter(coefficients, rows):
    studies = optimism_studies(rows, coefficients, 1.0, n_studies=50, rng=np.random.default_rng(11))
    expected = optimism_published(rows, coefficients, 1.0, n_studies=50)
    views.draw_optimism(optimism_stage.ax, studies, expected)
    return {
        "excess": expected["fresh_inputs"].value - 1,
        "training": studies.training.mean(),
        "fresh": studies.fresh_inputs.mean(),
        "expected": expected["fresh_inputs"].value,
        "optimism": studies.optimism.mean(),
        "expected_optimism": expected["optimism"].value,
    }


flatter

# %% jupyter={"source_hidden": true}
excess = {n: optimism_published(n, 20, 1.0, 100)["fresh_inputs"].value - 1 for n in range(50, 501, 10)}
rows = next(n for n in excess if excess[n] <= DECISION_BOUNDARY)
near = next(n for n in excess if excess[n] <= WELL_FITTED_EXCESS)
assert rows > 11 * 20
explain(
    """
    **What it means.** {rows} rows for 20 coefficients: more than 11 rows for each. Even then the training error is
    {below:.0%} *below* the floor. With {near} rows the excess is {near_excess:.0%}, well-fitted, and the gap is still
    {gap:.0%} of the floor. That is the "near the floor, any gap" row of the table in the lesson.
    """,
    rows=rows,
    below=20 / rows,
    near=near,
    near_excess=excess[near],
    gap=excess[near] + 20 / near,
)

# %% [markdown]
# ## 5 · A second trap: choose on the test set
#
# Choose by the *test* set, then report the same test score. Below, three ways are run on 20 samples of 5,000 parcels.
# The **surprise** is the real monthly cost minus the promised one.

# %% jupyter={"source_hidden": true}
clean = load("parcels")
risk = true_risk(clean)
parcels = load("parcels", defects="all")
parcels = parcels[parcels["late"].notna()].drop_duplicates("parcel_id")
parcels = parcels.merge(clean[["parcel_id"]].assign(risk=risk)).reset_index(drop=True)
X = known_at_the_counter(parcels)
late, true = parcels["late"].to_numpy(dtype=int), parcels["risk"].to_numpy()

# %%
LEAVES = [2, 4, 8, 16, 32, 64, 128, 256, 512]


def monthly_cost(predicted_risk, late, price=3, refund=10):
    """Thousand euros for 30,000 parcels; `late` is 0 or 1, or the true risk."""
    return 30 * np.mean(np.where(predicted_risk > price / refund, price, refund * late))


def costs_of_all_sizes(seed):
    """One row per tree: cost on training, validation and test rows, and the real cost on all other parcels."""
    train, validation, test, rest = np.split(
        np.random.default_rng(seed).permutation(len(X)), [3000, 4000, 5000]
    )
    rows = []
    for leaves in LEAVES:
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=1).fit(X.iloc[train], late[train])
        predicted = tree.predict_proba(X)[:, 1]
        rows.append([monthly_cost(predicted[part], late[part]) for part in (train, validation, test)])
        rows[-1].append(monthly_cost(predicted[rest], true[rest]))
    return pd.DataFrame(rows, columns=["training", "validation", "test", "real"])


studies = [costs_of_all_sizes(seed) for seed in range(20)]

# %% jupyter={"source_hidden": true}
ways = {
    "training, reported from training": ("training", "training"),
    "test, reported from test": ("test", "test"),
    "validation, reported from test": ("validation", "test"),
}
ledger = {
    way: np.array(
        [[costs[report][costs[by].idxmin()], costs["real"][costs[by].idxmin()]] for costs in studies]
    )
    for way, (by, report) in ways.items()
}
surprise = {way: pairs[:, 1] - pairs[:, 0] for way, pairs in ledger.items()}
tempting, by_test, right = ways


def mean_and_error(values):
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))


paired, paired_error = mean_and_error(surprise[by_test] - surprise[right])
lost, lost_error = mean_and_error(ledger[tempting][:, 1] - ledger[right][:, 1])
assert surprise[tempting].mean() > 20 and lost > 4 * lost_error
rows = [[*pairs.mean(axis=0), *mean_and_error(surprise[way])] for way, pairs in ledger.items()]
pd.DataFrame(
    rows, index=pd.Index(ways, name="thousand € per month; chosen by"), columns=["promised", "real", "surprise", "± (standard error)"]
).round(1)  # fmt: skip

# %% jupyter={"source_hidden": true}
explain(
    """
    **What it means.** Choosing on the training rows promises {promised:.1f} thousand € and costs {real:.1f}, that is
    {lost:.1f} ± {lost_error:.1f} thousand € per month more than the tree that validation chose.

    Choosing on the test set promises {paired:.1f} ± {paired_error:.1f} thousand € too much compared with the honest way
    on the same samples. Nine nested trees make similar errors, so there is little to pick from; the harm grows with the
    effective number of *different* candidates. [Lesson 05](../05-a-test-set-is-spent-once.ipynb) measures it.

    The 20 samples of 5,000 parcels come from the same {n:,} and overlap, so ± is somewhat too small.
    """,
    promised=ledger[tempting][:, 0].mean(),
    real=ledger[tempting][:, 1].mean(),
    lost=lost,
    lost_error=lost_error,
    paired=paired,
    paired_error=paired_error,
    n=len(parcels),
)

# %% [markdown]
# ## 6 · Is this tree worth more labels?
#
# The team: *"We can label more parcels. Should we?"* The share of wrong answers (the **error rate**) replaces the squared
# error. Which floor applies? A model that knew every true risk would be wrong least often, but the courier is not known
# at the counter. The floor **of these columns** is higher. At work it is unknown. Here the simulator can draw 40,000 fresh
# parcels, and a large model learns their true risks from the columns.

# %% jupyter={"source_hidden": true}
from sklearn.ensemble import HistGradientBoostingRegressor

fresh = load("parcels", seed=77, rows=40_000)
fresh_risk, fresh_X = np.asarray(true_risk(fresh)), known_at_the_counter(fresh)
part = np.random.default_rng(0).permutation(len(fresh)) < 30_000
expert = HistGradientBoostingRegressor(max_iter=200, random_state=0).fit(fresh_X[part], fresh_risk[part])
says_late = expert.predict(fresh_X[~part]) > 0.5
floor_of_all = np.minimum(risk, 1 - risk).mean()
floor_of_columns = np.where(says_late, 1 - fresh_risk[~part], fresh_risk[~part]).mean()
assert floor_of_all + 0.005 < floor_of_columns < floor_of_all + 0.02
print(f"best possible with everything known   {100 * floor_of_all:.1f}% wrong")
print(f"best found with these columns         {100 * floor_of_columns:.1f}% wrong")

# %% [markdown]
# **Find** the tree that is overfitted, the one that is underfitted, and the one for which more rows still help.

# %%
from sklearn.model_selection import StratifiedShuffleSplit, learning_curve

SIZES = [300, 1000, 3000, 9000]
splits = StratifiedShuffleSplit(8, train_size=9000, test_size=3000, random_state=0)


def curve_of_trees(leaves):
    sizes, train_scores, validation_scores = learning_curve(
        DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=1), X, late, train_sizes=SIZES, cv=splits
    )
    return Curve(sizes, 1 - train_scores, 1 - validation_scores, 3000, noise_floor=floor_of_columns)


curves = {leaves: curve_of_trees(leaves) for leaves in (2, 8, 64, 256)}

# %% jupyter={"source_hidden": true}
parcel_stage = Stage(
    alt="Learning curve of trees on parcels: error rate against training rows, with the floor of these columns",
    title="{leaves} leaves: gap {gap:.1f} points, last step {step:+.1f} points",
    readout="{leaves} leaves at 9,000 rows: training {training:.1%}, validation {validation:.1%} ± {error:.1%}, floor "
    "{floor:.1%}; gap {gap:.1f} points. Tripling the rows from 3,000 changed validation by {step:+.1f} points.",
)


@parcel_stage.flipbook(leaves=[2, 8, 64, 256], start={"leaves": 256})
def label_more(leaves):
    curve = curves[leaves]
    views.draw_learning_curve(
        parcel_stage.ax, curve, logarithmic=False, percent=True, name="error rate", rows="training parcels"
    )
    train, validation = curve.train_scores.mean(axis=1), curve.validation_scores.mean(axis=1)
    return {
        "training": train[-1],
        "validation": validation[-1],
        "gap": 100 * (validation[-1] - train[-1]),
        "error": curve.validation_scores[-1].std(ddof=1) / np.sqrt(curve.n_repeats),
        "floor": floor_of_columns,
        "step": 100 * (validation[-1] - validation[-2]),
    }


label_more

# %% jupyter={"source_hidden": true}
gap = {n: (c.validation_scores[-1] - c.train_scores[-1]).mean() for n, c in curves.items()}
final = {n: c.validation_scores[-1].mean() for n, c in curves.items()}
step = {n: (c.validation_scores[-1] - c.validation_scores[-2]).mean() for n, c in curves.items()}
assert max(abs(gap[2]), abs(gap[8]), abs(step[2]), abs(step[8])) < 0.01
assert abs(final[64] - final[8]) < 0.005 and step[64] < -0.01 and gap[256] > 0.05
explain(
    """
    **What it means.** In points of the error rate. 256 leaves: a gap of {gap_256:.1f}, and the curve still falls:
    **overfitted**. 2 leaves: no gap, flat, {above_2:.1f} above the floor of these columns: **underfitted**. 8 leaves: a
    gap of {gap_8:.1f}, flat, {above_8:.1f} above the floor. 64 leaves: the same error today ({final_64:.1f}% and
    {final_8:.1f}% wrong), but a gap of {gap_64:.1f} that is still closing; the last tripling of rows won {won:.1f}.

    So *should we label more?* Not for a tree of 8 leaves; yes if the tree may grow with the rows. **How complex a model
    should be depends on how much data it gets.**

    The eight splits share parcels, so the band is somewhat too narrow. [Lesson 05](../05-a-test-set-is-spent-once.ipynb)
    has a corrected test for that.
    """,
    gap_256=100 * gap[256],
    above_2=100 * (final[2] - floor_of_columns),
    gap_8=100 * gap[8],
    above_8=100 * (final[8] - floor_of_columns),
    final_64=100 * final[64],
    final_8=100 * final[8],
    gap_64=100 * gap[64],
    won=-100 * step[64],
)
