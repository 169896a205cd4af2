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
# # 01 · Two numbers and a chart
#
# *Unit 1 of 6: Overfitting. Diagnose before you remedy.*
#
# ## It scored 94%. Ship it?
#
# A delivery company wants to know in the morning which parcels will be late. A colleague writes: *"The model
# gets 94% of the parcels right. Can it go live on Monday?"* One number cannot answer that.
#
# | you will be able to | minutes |
# |---|---|
# | split data in three, and compare with a baseline | 8 |
# | tell underfitted from overfitted | 18 |
# | say how optimistic a training error is | 3 |
# | say what choosing by the wrong number costs | 7 |
# | do it on real flights, where nobody knows the floor | 9 |
#
# About 45 minutes here, then 60 to 90 in the exercise. Folded cells contain set-up code or a summary: run them and
# move on. Terms are in the [glossary](glossary.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

# %% jupyter={"source_hidden": true}
from holdout import Stage, explain, load, predict, resolve
from holdout.data.flights import PLANNED, WEATHER, as_numbers
from holdout.data.parcels import known_at_the_counter, true_risk
from holdout.data.polynomials import World, fit_polynomial, wave
from holdout.figures import style
from holdout.topics.overfitting import figures as views
from holdout.topics.overfitting.experiments import (
    DECISION_BOUNDARY,
    ILL_FITTED_EXCESS,
    WELL_FITTED_EXCESS,
    Curve,
    optimism_published,
    optimism_studies,
)
from holdout.topics.overfitting.experiments import learning_curve as curve_of_polynomials

style.use()

# %% [markdown]
# ## What the colleague did
#
# The table contains what is known when a parcel is handed in, and whether it was late. We split it in three, with the
# same share of late parcels in each (*stratified*):
#
# - the **training set**: the model learns from it;
# - the **validation set**: *you* learn from it which model to keep;
# - the **test set**: used once, at the end, to report what you chose.

# %% jupyter={"source_hidden": true}
parcels = load("parcels", defects="all")
parcels = parcels[parcels["late"].notna()].drop_duplicates("parcel_id")
sample = parcels.sample(5000, random_state=1)
X, late = known_at_the_counter(sample), sample["late"].astype(int)
clean = load("parcels")
risk = true_risk(clean)
others = parcels[~parcels["parcel_id"].isin(sample["parcel_id"])]
others = others.merge(clean[["parcel_id"]].assign(risk=risk))
X_others, late_others = known_at_the_counter(others), others["late"].astype(int)
print(f"{len(X):,} parcels, {X.shape[1]} columns, {100 * late.mean():.1f}% late")

# %%
from sklearn.model_selection import train_test_split

X_train, X_rest, late_train, late_rest = train_test_split(
    X, late, train_size=0.6, stratify=late, random_state=1
)
X_validation, X_test, late_validation, late_test = train_test_split(
    X_rest, late_rest, train_size=0.5, stratify=late_rest, random_state=1
)
tree = DecisionTreeClassifier(max_leaf_nodes=200, random_state=1).fit(X_train, late_train)
print(f"right on the {len(X_train):,} training rows: {100 * tree.score(X_train, late_train):.0f}%")

# %% jupyter={"source_hidden": true}
predict(
    "01.p1",
    "The tree is right on 94% of the rows that it learned from. On how many of the 1,000 validation rows "
    "will it be right?",
    options=["93% to 95%", "88% to 92%", "82% to 87%", "below 82%"],
)

# %% [markdown]
# **At work.** Compare with a model that ignores all columns.

# %%
from sklearn.dummy import DummyClassifier

always_on_time = DummyClassifier(strategy="most_frequent").fit(X_train, late_train)
for name, model in {"tree": tree, "always on time": always_on_time}.items():
    print(f"{name:15} {100 * model.score(X_validation, late_validation):.1f}%")


# %% jupyter={"source_hidden": true}
def difference(model, rows, outcomes):
    """Points by which a model is more often right than "always on time", row by row, and their standard error."""
    points = 100 * (1.0 * (model.predict(rows) == outcomes) - (outcomes == 0))
    return points.mean(), points.std(ddof=1) / np.sqrt(len(points))


training_accuracy, accuracy = tree.score(X_train, late_train), tree.score(X_validation, late_validation)
base_accuracy = 1 - late_validation.mean()
behind, behind_error = difference(tree, X_validation, late_validation)
behind_others, error_others = difference(tree, X_others, late_others)
best_accuracy = np.maximum(risk, 1 - risk).mean()
assert round(100 * training_accuracy) == 94 and accuracy < 0.82 and accuracy < base_accuracy
assert abs(behind) < 2 * behind_error and behind_others < -4 * error_others
resolve("01.p1", "below 82%")
explain(
    """
    **What it means.** On new rows the model is right {accuracy:.0%} of the time; saying "on time" for every parcel,
    {base:.0%}. The difference is {behind:.1f} ± {behind_error:.1f} points (± one **standard error**: how much the value
    varies from one set of 1,000 rows to another). These rows do not show a difference: it is below two standard errors. On {n:,} other parcels it
    is {behind_others:.1f} ± {error_others:.1f}: there it is clear.

    94% is not achievable on new parcels. They are simulated, so we know each true risk: even a model that knows it would be
    right on only {best:.1%}. Whether a parcel with a risk of 30% is late remains chance.
    """,
    accuracy=accuracy,
    base=base_accuracy,
    behind=behind,
    behind_error=behind_error,
    n=len(late_others),
    behind_others=behind_others,
    error_others=error_others,
    best=best_accuracy,
)

# %% [markdown]
# ## Two numbers show whether a model is too simple or too flexible
#
# To learn the symptoms, we choose the truth: a wave, plus random noise. The **risk** of a model (not of a parcel) is its mean squared
# error over an unlimited number of fresh rows. The **noise floor** is the risk of the truth itself: no model has a
# lower risk, because noise cannot be predicted.

# %%
world = World(truth=wave, noise=0.3)
rng = np.random.default_rng(2)
x_train, y_train = world.sample(20, rng)
x_validation, y_validation = world.sample(40, rng)


def error(model, x, y):
    return np.mean((y - model(x)) ** 2)


model = fit_polynomial(x_train, y_train, degree=3)
print(f"training error    {error(model, x_train, y_train):.3f}")
print(f"validation error  {error(model, x_validation, y_validation):.3f}")
print(f"noise floor       {world.noise_floor:.3f}")

# %% [markdown]
# These are the **two numbers**. The **generalization gap** is validation error minus training error.

# %% jupyter={"source_hidden": true}
predict(
    "01.p2",
    "A polynomial of degree 3 was fitted to 20 rows. The degree may grow to 12. Where will the validation "
    "error be lowest?",
    options=["at degree 1 to 3", "at degree 4 to 6", "at degree 7 to 10", "at degree 11 or 12"],
)

# %%
DEGREES = np.arange(1, 13)
models = [fit_polynomial(x_train, y_train, degree) for degree in DEGREES]
train_errors = [error(model, x_train, y_train) for model in models]
validation_errors = [error(model, x_validation, y_validation) for model in models]

# %% [markdown]
# **Find** the degree with the lowest validation error. At degree 12, which points does the curve follow?

# %% jupyter={"source_hidden": true}
grid = np.linspace(-1, 1, 201)
turn = int(DEGREES[np.argmin(validation_errors)])
validation_spread = [
    ((y_validation - model(x_validation)) ** 2).std(ddof=1) / np.sqrt(len(x_validation)) for model in models
]
fit_stage = Stage(
    alt="Left: 20 training and 40 validation rows around a wave, with the fitted polynomial. "
    "Right: training and validation error against the degree",
    title="Degree {degree}: {message}",
    readout="Degree {degree}: training error {training:.3f}, validation error {validation:.3f} ± {error:.3f} (standard "
    "error over 40 rows).",
    size=(7.4, 4),
    ncols=2,
    width_ratios=[1.1, 1],
)


@fit_stage.flipbook(degree=(1, 12), start={"degree": 9})
def bend_more(degree):
    rows = (x_train, y_train), (x_validation, y_validation)
    views.draw_fit(fit_stage.axes[0], grid, models[degree - 1](grid), wave(grid), *rows)
    errors = train_errors, validation_errors
    views.draw_two_numbers(fit_stage.axes[1], DEGREES, *errors, world.noise_floor, degree)
    message = "only the training error still falls" if degree > turn else "both errors are still falling"
    if degree == turn:
        message = "the validation error is lowest"
    return {
        "message": message,
        "training": train_errors[degree - 1],
        "validation": validation_errors[degree - 1],
        "error": validation_spread[degree - 1],
    }


bend_more

# %% jupyter={"source_hidden": true}
assert 4 <= turn <= 6 and np.argmin(train_errors) == len(DEGREES) - 1
assert train_errors[-1] < world.noise_floor
x_many, y_many = world.sample((5000, 40), np.random.default_rng(6))
lucky = np.mean(np.mean((y_many - models[turn - 1](x_many)) ** 2, axis=1) < world.noise_floor)
best_cubic = world.risk(fit_polynomial(x_many.ravel(), wave(x_many.ravel()), degree=3))
assert world.risk(models[2]) - best_cubic < 0.1 * (best_cubic - world.noise_floor)
resolve("01.p2", "at degree 4 to 6")
explain(
    """
    **What it means.** The training error falls from {first:.3f} to {last:.3f}; the validation error is lowest at
    degree {turn}.

    - **Underfitted**: it misses structure. Its *training* error is already far above the floor. At degree 3 training is
      {training:.2f}, validation {validation:.2f} ± {spread:.2f}, the floor {floor:.2f}. The gap is wide too, but even the
      best cubic has a risk of {cubic:.2f}.
    - **Overfitted**: it follows its training points, noise included. Its *gap* is wide, its training error low.

    A *training* error below the floor is normal: every fit follows some of the noise of its own rows. A *validation*
    error falls below it only by chance (at degree {turn}, on {lucky:.0%} of sets of 40 rows). If it stays there on many
    rows, look for a leak.
    """,
    first=train_errors[0],
    last=train_errors[-1],
    turn=turn,
    training=train_errors[2],
    validation=validation_errors[2],
    spread=validation_spread[2],
    floor=world.noise_floor,
    cubic=best_cubic,
    lucky=lucky,
)

# %% [markdown]
# **At work.** A chart of the score against a setting is a **validation curve**. Here for the trees, with
# cross-validation and the Brier score (the mean squared error of a predicted probability):

# %%
from sklearn.model_selection import validation_curve

LEAVES = [2, 4, 8, 16, 32, 64, 128, 256, 512]
scores = validation_curve(
    DecisionTreeClassifier(random_state=1), X_train, late_train,
    param_name="max_leaf_nodes", param_range=LEAVES, cv=5, scoring="neg_brier_score",
)  # fmt: skip
pd.DataFrame([0 - part.mean(axis=1) for part in scores], ["training", "validation"], LEAVES).round(3)

# %% [markdown]
# ## Would you pay for more rows?

# %% jupyter={"source_hidden": true}
predict(
    "01.p3",
    "A straight line (degree 1) is fitted to 20 rows of the wave; its validation error is more than five "
    "times the noise floor. You get 20 times as many rows. What happens to the validation error?",
    options=["it falls close to the floor", "it falls by about one half", "it hardly changes at all", "it rises by about one half"],
)  # fmt: skip

# %% [markdown]
# A **learning curve** keeps the model and adds rows. A **repeat** is the whole study on other rows: the line is
# the mean of 30 repeats, the band two standard errors of that mean.
#
# **Find** where the two lines meet, for degree 1 and for degree 10. Then look at 30 rows: does the validation error alone
# show which model is too simple?

# %%
SIZES = [20, 30, 50, 80, 130, 220, 400]


def add_rows(degree, noise):
    world = World(truth=wave, noise=noise)
    rng = np.random.default_rng(4)
    return curve_of_polynomials(world, degree, 0.0, SIZES, n_validation=200, n_repeats=30, rng=rng)


# %% jupyter={"source_hidden": true}
rows_stage = Stage(
    alt="Learning curve: training and validation error against training rows, with the noise floor",
    title="Degree {degree}: the lines meet {message}",
    readout="Degree {degree}, {rows} rows: training {training:.3f}, validation {validation:.3f}, gap {gap:.3f}, "
    "excess {excess:.0%}.",
)


@rows_stage.live(degree=(1, 10), noise=(0.1, 0.5, 0.1), start={"degree": 1, "noise": 0.3})
def draw_rows(degree, noise):
    curve = add_rows(degree, noise)
    views.draw_learning_curve(rows_stage.ax, curve, most=4.0)
    training, validation = curve.train_scores[-1].mean(), curve.validation_scores[-1].mean()
    excess = validation / noise**2 - 1
    message = "far above the noise floor" if excess > ILL_FITTED_EXCESS else "above the noise floor"
    if excess <= WELL_FITTED_EXCESS:
        message = "at the noise floor"
    return {
        "message": message,
        "rows": SIZES[-1],
        "training": training,
        "validation": validation,
        "gap": validation - training,
        "excess": excess,
    }


draw_rows

# %% jupyter={"source_hidden": true}
ends, errors_at_30, training_at_30 = {}, {}, {}
for degree in (1, 10):
    curve = add_rows(degree, 0.3)
    band = 2 * curve.validation_scores.std(axis=1, ddof=1) / np.sqrt(curve.n_repeats)
    means = curve.validation_scores.mean(axis=1)
    ends[degree] = means[0], means[-1], band[-1], curve.train_scores[-1].mean()
    errors_at_30[degree] = means[1]
    training_at_30[degree] = curve.train_scores.mean(axis=1)[1]
line_start, line_end, line_band, line_training = ends[1]
_, bent_end, bent_band, bent_training = ends[10]
floor = world.noise_floor
assert line_start > 5 * floor and line_end > 0.85 * line_start
assert line_end / floor - 1 > ILL_FITTED_EXCESS and bent_end / floor - 1 < WELL_FITTED_EXCESS
assert min(errors_at_30.values()) / floor - 1 > ILL_FITTED_EXCESS
assert (WELL_FITTED_EXCESS, DECISION_BOUNDARY, ILL_FITTED_EXCESS) == (0.05, 0.10, 0.15)
resolve("01.p3", "it hardly changes at all")
explain(
    """
    **What it means.** *More rows close the gap; they do not repair a model that is too simple.* At 400 rows:

    | model | training | validation ± band | floor | excess |
    |---|--:|--:|--:|--:|
    | degree 1 | {line_training:.3f} | {line_end:.3f} ± {line_band:.3f} | {floor:.3f} | {line_excess:.0%} |
    | degree 10 | {bent_training:.3f} | {bent_end:.3f} ± {bent_band:.3f} | {floor:.3f} | {bent_excess:.0%} |

    At 30 rows validation ({line_30:.2f}, {bent_30:.2f}) cannot tell which is too simple; training ({line_train_30:.2f}, {bent_train_30:.2f}) can.
    """,
    line_training=line_training,
    line_end=line_end,
    line_band=line_band,
    line_excess=line_end / floor - 1,
    bent_training=bent_training,
    bent_end=bent_end,
    bent_band=bent_band,
    bent_excess=bent_end / floor - 1,
    floor=floor,
    line_30=errors_at_30[1],
    bent_30=errors_at_30[10],
    line_train_30=training_at_30[1],
    bent_train_30=training_at_30[10],
)

# %% [markdown]
# ### The diagnosis
#
# The **excess** is validation error / floor − 1. By convention we call at most 5% **near** the floor and 15% or
# more **far**; if you need one cut-off, use 10%. What lies above the floor has two parts:
#
# **validation − floor = (training − floor) + gap**
#
# | validation error | main part (four fifths) | diagnosis | what helps |
# |---|---|---|---|
# | far above the floor | gap | **overfitted** | more rows, a penalty, a smaller model |
# | far above the floor | training − floor | **underfitted** | a more flexible model; *not* more rows |
# | far above the floor | neither | **underfitted**, perhaps both | a more flexible model first |
# | near the floor | (any gap) | **well-fitted** | leave the gap alone |
# | excess within two standard errors of 10% | | **not enough evidence** | more repeats or validation rows |
# | floor not known | wide gap, and more rows or a smaller model lower the validation error | **overfitted** | as above |
# | floor not known | anything else | **not enough evidence** | better columns, another model |

# %% jupyter={"source_hidden": true}
from sklearn.ensemble import RandomForestRegressor

rng = np.random.default_rng(0)
(x_noise, y_noise), (x_new, y_new) = (
    (rng.standard_normal((n, 20)), rng.standard_normal(n)) for n in (1000, 5000)
)
forest = RandomForestRegressor(100, max_features=1, random_state=0).fit(x_noise, y_noise)
forest_training = np.mean((y_noise - forest.predict(x_noise)) ** 2)
forest_risk = 1 + np.mean(forest.predict(x_new) ** 2)
assert forest_training < 0.2 and forest_risk - 1 < WELL_FITTED_EXCESS
explain(
    """
    A wide gap alone proves nothing. A random forest fitted to pure noise (floor 1) has a training error of
    {training:.2f} and a risk of {risk:.2f}: it is well-fitted, because there is nothing to find.
    """,
    training=forest_training,
    risk=forest_risk,
)

# %% [markdown]
# ## A published result: how optimistic is a training error?
#
# The **optimism** of the training error is the error on *new* targets at the same inputs minus the training
# error. For least squares with *d* coefficients, *N* rows and equal noise variance *s²* it is on average 2 *d s²*/*N*
# (Mallows 1973; Hastie, Tibshirani and Friedman 2009, section 7.4). The formula does not hold for trees.

# %%
N, d, s = 50, 20, 1.0
studies = optimism_studies(N, d, s, n_studies=2000, rng=np.random.default_rng(10))
published = optimism_published(N, d, s, n_studies=2000)

# %% jupyter={"source_hidden": true}
parts = {"training": "training error", "same_inputs": "new targets, same inputs", "optimism": "optimism"}
assert all(published[part].agrees(getattr(studies, part).mean()) for part in parts)
pd.DataFrame(
    [[getattr(studies, part).mean(), published[part].value, published[part].tolerance] for part in parts],
    index=parts.values(),
    columns=["measured", "published", "tolerance (4 standard errors)"],
).round(3)

# %% [markdown]
# The model can express the truth, and its training error is still 0.6 where the floor is 1.
#
# ## The trap: let the number that looks best choose
#
# The company carries 30,000 parcels per month and refunds 10 € for each late one. In the morning it may upgrade a
# parcel for 3 €; then it arrives on time. So it upgrades when the predicted risk is above 3/10.
#
# The tempting way: keep the tree (of nine) with the lowest cost on its own training rows. The right way: choose on the
# validation set, report from the test set, once. **Real** costs use the true risks of the other 15,000 parcels.

# %%
trees = [
    DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=1).fit(X_train, late_train)
    for leaves in LEAVES
]


def monthly_cost(predicted_risk, late, price=3, refund=10):
    """Thousand euros for 30,000 parcels; `late` is 0 or 1, or the true risk."""
    upgrade = predicted_risk > price / refund
    return 30 * np.mean(np.where(upgrade, price, refund * late))


# %% [markdown]
# Arrows lead from promised to real costs. **Find** a price at which the tempting way costs more than no model.

# %% jupyter={"source_hidden": true}
true = others["risk"].to_numpy()
sets = {"training": (X_train, late_train), "validation": (X_validation, late_validation)}
sets |= {"test": (X_test, late_test), "real": (X_others, true)}
predicted = {name: [tree.predict_proba(rows)[:, 1] for tree in trees] for name, (rows, _) in sets.items()}
cost_stage = Stage(
    alt="Cost per month against the leaves of the tree, on training rows, on validation rows, and in reality",
    title="Chosen on training rows: promised {promised:.0f}, real {real:.0f} thousand euros",
    readout="Upgrade {price:.2f} €, refund {refund} €; thousand € per month. Chosen on training rows: {tempting} "
    "leaves, promised {promised:.1f}, real {real:.1f}. Chosen on validation rows: {right} leaves, promised "
    "{right_promised:.1f}, real {right_real:.1f}. No upgrades: {none:.1f}. Best possible: {ideal:.1f}.",
)


def cost_of_each_tree(price, refund):
    """On each set; and the real costs with the true risks known, and without upgrades."""
    costs = {
        name: [monthly_cost(p, sets[name][1], price, refund) for p in predicted[name]]
        for name in ("training", "validation", "real")
    }
    return costs, monthly_cost(true, true, price, refund), monthly_cost(0 * true, true, price, refund)


@cost_stage.live(price=(1.0, 6.0, 0.5), refund=(8, 14, 1), start={"price": 3.0, "refund": 10})
def choose(price, refund):
    costs, ideal, none = cost_of_each_tree(price, refund)
    views.draw_costs(cost_stage.ax, LEAVES, costs, ideal, none)
    tempting, right = np.argmin(costs["training"]), np.argmin(costs["validation"])
    return {
        "tempting": LEAVES[tempting],
        "promised": costs["training"][tempting],
        "real": costs["real"][tempting],
        "right": LEAVES[right],
        "right_promised": costs["validation"][right],
        "right_real": costs["real"][right],
        "none": none,
        "ideal": ideal,
    }


choose

# %% jupyter={"source_hidden": true}
answers = {}
for price in np.arange(3.0, 6.5, 0.5):
    costs, ideal, none = cost_of_each_tree(price, 10)
    tempting, right = np.argmin(costs["training"]), np.argmin(costs["validation"])
    answers[price] = costs["training"][tempting], costs["real"][tempting], costs["real"][right], none, ideal
dear = next(price for price, (_, real, _, none, _) in answers.items() if real > none)
assert all(real > none for price, (_, real, _, none, _) in answers.items() if price >= dear)
assert all(right <= none + 1e-9 for _, _, right, none, _ in answers.values())
assert all(right == none for price, (_, _, right, none, _) in answers.items() if price >= 5)
assert all(ideal < none - 2 for _, _, _, none, ideal in answers.values())
promised, real, right, none, _ = answers[3.0]
worth = np.mean(true > 5 / 10)
assert 0.09 < worth < 0.10
explain(
    """
    **What it means.** At 3 € the training rows promise {promised:.1f} thousand € per month. The real cost is
    {real:.1f}, without any model {none:.1f}, with the tree that validation chose {right:.1f}. From {dear:.2f} € on, the
    tempting way is worse than none.

    At 5 € and more validation chooses a tree that orders no upgrades, although {worth:.0%} of the parcels would
    still be worth one at 5 €: in this sample no tree did better on the validation rows.
    """,
    promised=promised,
    real=real,
    none=none,
    dear=dear,
    right=right,
    worth=worth,
)

# %% [markdown]
# **At work.** Now the test set, once, for the tree that validation chose. The standard error is that of the
# differences, parcel by parcel.

# %%
chosen = np.argmin([monthly_cost(p, late_validation) for p in predicted["validation"]])
cost_without = 30 * 10 * late_test
cost_with = 30 * np.where(predicted["test"][chosen] > 3 / 10, 3, 10 * late_test)
saved = cost_without - cost_with
saved_error = saved.std(ddof=1) / np.sqrt(len(saved))
print(f"{LEAVES[chosen]} leaves save {saved.mean():.1f} ± {saved_error:.1f} thousand € per month")

# %% [markdown]
# Choosing *and* reporting on the test set is another trap: see deeper and
# [lesson 05](05-a-test-set-is-spent-once.ipynb).
#
# ## The real case: flights, and nobody knows the floor
#
# Will a flight arrive 15 minutes late? 29,168 real flights out of New York in 2013, columns from the schedule, a
# tree with 2,000 leaves:

# %% jupyter={"source_hidden": true}
flights = load("flights").dropna(subset="late").reset_index(drop=True)
is_late = flights["late"].astype(int)
X_flights = as_numbers(flights, [*PLANNED, *WEATHER])

# %%
rows, held_out, y, y_held_out = train_test_split(
    X_flights[PLANNED], is_late, test_size=0.25, stratify=is_late, random_state=1
)
large = DecisionTreeClassifier(max_leaf_nodes=2000, random_state=1).fit(rows, y)
print(f"training        {100 * large.score(rows, y):.0f}%")
print(f"validation      {100 * large.score(held_out, y_held_out):.0f}%")
print(f"always on time  {100 * (1 - y_held_out.mean()):.0f}%")

# %% [markdown]
# **At work.** The learning curve of such trees:

# %%
from sklearn.model_selection import ShuffleSplit, learning_curve

FLIGHTS = [1000, 3000, 10000, 20000]


def curve_of_flights(leaves, columns):
    sizes, train_scores, validation_scores = learning_curve(
        DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=1), X_flights[columns], is_late,
        train_sizes=FLIGHTS, cv=ShuffleSplit(4, test_size=0.25, random_state=0), scoring="neg_brier_score",
    )  # fmt: skip
    return Curve(sizes, -train_scores, -validation_scores, n_validation=7292)


# %% jupyter={"source_hidden": true}
COLUMNS = {"schedule": PLANNED, "schedule and weather": [*PLANNED, *WEATHER]}
flight_curves = {
    (leaves, name): curve_of_flights(leaves, columns)
    for name, columns in COLUMNS.items()
    for leaves in (4, 16, 64, 256)
}
sixteen = flight_curves[16, "schedule"]
assert f"{sixteen.validation_scores[-1].mean():.3f} {sixteen.train_scores[-1].mean():.3f}" == "0.173 0.170"
assert f"{(sixteen.validation_scores[-2] - sixteen.validation_scores[-1]).mean():.3f}" == "0.001"
predict(
    "01.p4",
    "A tree with 16 leaves on the schedule: Brier score 0.173 on validation rows, 0.170 on training rows. From 10,000 "
    "to 20,000 flights the validation score fell by 0.001. What would lower its validation error most?",
    options=["nothing: it is at the floor", "another 10,000 flights", "the weather as columns", "a tree with 256 leaves"],
)  # fmt: skip

# %% [markdown]
# **Find** a tree for which more flights still help, and one for which they do not. Then add the weather.

# %% jupyter={"source_hidden": true}
flight_stage = Stage(
    alt="Learning curve of trees on flights: Brier score against training flights, with the score of no model",
    title="{leaves} leaves, {columns}: {message}",
    readout="{leaves} leaves, {columns}, 20,000 flights: training {training:.4f}, validation {validation:.4f}, gap "
    "{gap:.4f}. Doubling the flights changed validation by {step:+.4f}. No model: {none:.4f}.",
)
no_model = is_late.mean() * (1 - is_late.mean())


@flight_stage.flipbook(leaves=[4, 16, 64, 256], columns=list(COLUMNS), start={"leaves": 256})
def more_flights(leaves, columns):
    curve = flight_curves[leaves, columns]
    views.draw_learning_curve(
        flight_stage.ax,
        curve,
        logarithmic=False,
        name="Brier score",
        rows="training flights",
        reference=("no model", no_model),
    )
    training, validation = curve.train_scores.mean(axis=1), curve.validation_scores.mean(axis=1)
    step = validation[-1] - validation[-2]
    return {
        "message": "more flights still help" if step < -0.002 else "more flights gain almost nothing",
        "training": training[-1],
        "validation": validation[-1],
        "gap": validation[-1] - training[-1],
        "step": step,
        "none": no_model,
    }


more_flights


# %% jupyter={"source_hidden": true}
from sklearn.model_selection import GroupKFold


def last(leaves, columns, size=-1):
    return flight_curves[leaves, columns].validation_scores[size]


def paired(better, worse):
    """Mean difference of two models on the same splits, and its standard error."""
    differences = worse - better
    return differences.mean(), differences.std(ddof=1) / np.sqrt(len(differences))


def weather_gain(splits):
    """Mean fall of the squared error with the weather, each test row once, and its standard error: days share weather."""
    gain = np.full(len(flights), np.nan)
    for train, test in splits:
        tree = DecisionTreeClassifier(max_leaf_nodes=16, random_state=1)
        squared = [
            (tree.fit(X_flights[columns].iloc[train], is_late[train]).predict_proba(X_flights[columns].iloc[test])[:, 1] - is_late[test]) ** 2
            for columns in COLUMNS.values()
        ]  # fmt: skip
        gain[test] = squared[0] - squared[1]
    here = ~np.isnan(gain)
    mean = gain[here].mean()
    daily = np.bincount(days[here], weights=gain[here] - mean)
    daily = daily[np.bincount(days[here], minlength=len(daily)) > 0]
    return mean, np.sqrt(len(daily) / (len(daily) - 1) * np.sum(daily**2)) / here.sum()


weather, weather_error = paired(last(16, "schedule and weather"), last(16, "schedule"))
doubling, doubling_error = paired(last(16, "schedule"), last(16, "schedule", -2))
growing, growing_error = paired(last(256, "schedule"), last(256, "schedule", -2))
days = pd.factorize(flights[["month", "day"]].apply(tuple, axis=1))[0]
whole_days, whole_days_error = weather_gain(
    GroupKFold(4, shuffle=True, random_state=0).split(X_flights, groups=days)
)
early = (flights["month"] < 9).to_numpy()
by_time, by_time_error = weather_gain([(np.flatnonzero(early), np.flatnonzero(~early))])
assert whole_days > 3 * whole_days_error and by_time > 3 * by_time_error
gap_256 = (last(256, "schedule") - flight_curves[256, "schedule"].train_scores[-1]).mean()
assert weather > 4 * weather_error and weather > 3 * doubling and growing > 0.01
assert last(256, "schedule").mean() > last(16, "schedule").mean()
resolve("01.p4", "the weather as columns")
explain(
    """
    **What it means.** 256 leaves on the schedule are overfitted: a gap of {gap:.3f}, and the last doubling of flights
    still won {growing:.3f} ± {growing_error:.3f}. 16 leaves have a narrow gap: **not enough evidence**. So try, on the
    same splits:

    | change | validation error falls by |
    |---|--:|
    | 20,000 flights instead of 10,000 | {doubling:.4f} ± {doubling_error:.4f} |
    | weather of the hour of departure | {weather:.4f} ± {weather_error:.4f} |

    More flights gained almost nothing; part of what looked like noise was a missing column. These splits share days and
    flights, so ± is too small. But the weather also gains {whole_days:.3f} ± {whole_days_error:.3f} with whole days held
    out, and {by_time:.3f} ± {by_time_error:.3f} from September on, trained until August. (It is not known when the ticket
    is sold: see [lesson 04](04-how-was-this-split.ipynb).)
    """,
    gap=gap_256,
    growing=growing,
    growing_error=growing_error,
    doubling=doubling,
    doubling_error=doubling_error,
    weather=weather,
    weather_error=weather_error,
    whole_days=whole_days,
    whole_days_error=whole_days_error,
    by_time=by_time,
    by_time_error=by_time_error,
)

# %% [markdown]
# ## Say it out loud
#
# Write your own sentences first. Then run the next cell.

# %% jupyter={"source_hidden": true}
assert saved.mean() > 2 * saved_error
explain(
    """
    **In the review, a senior says:** "94% is a training score. On 1,000 held-out parcels this tree is right {accuracy:.0%}
    of the time; always *on time* gives {base:.0%}. I chose a tree with {leaves} leaves on the validation set and used the
    test set once: it saves {saved:.1f} ± {error:.1f} thousand € per month (standard error). The split is random over
    these months, so this does not cover a month that differs."

    **Finance is told:** "Expect to save about {saved:.0f} thousand € per month of the {without:.0f} that late parcels
    cost you now; it could be {least:.0f} or {most:.0f}, if the coming months resemble the past ones. The 94% came from
    parcels that the model had learned from."
    """,
    accuracy=accuracy,
    base=base_accuracy,
    leaves=LEAVES[chosen],
    saved=saved.mean(),
    error=saved_error,
    without=cost_without.mean(),
    least=saved.mean() - 2 * saved_error,
    most=saved.mean() + 2 * saved_error,
)

# %% [markdown]
# ## What you take with you
#
# - One number is not a diagnosis: compare two, with a floor or a baseline.
# - Near the floor: well-fitted, whatever the gap. Far above it: overfitted if it is mostly gap,
#   otherwise underfitted.
# - No floor: a wide gap is overfitting if more rows or a smaller model lower the validation error; else not enough
#   evidence.
# - Learn on training rows, choose on validation rows, report once on test rows; never report a training error alone.
#
# ## Next
#
# **[Exercise 01](../exercises/01-two-numbers-and-a-chart/01-two-numbers-and-a-chart.ipynb)**, then
# [lesson 02](02-one-change-at-a-time.ipynb): which remedy, and was it the remedy?
# **[Deeper](deeper/01-two-numbers-and-a-chart.ipynb)**: the turn in 40 repeats, penalty, bias and variance, optimism on fresh rows, choosing
# on the test set, more labels.
