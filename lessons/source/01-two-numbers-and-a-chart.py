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
# ## It scored 94 %. Ship it?
#
# A delivery company wants to know in the morning which parcels will be late. A colleague sends you one
# line: *"The model gets 94 % of the parcels right. Can it go live on Monday?"*
#
# One number cannot answer that. Two numbers and a chart can, and drawing them takes less time than the
# meeting about the one number.
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | split data in three and say what each part is for | 7 |
# | tell underfitted, overfitted and well-fitted apart from two numbers, a chart and the noise floor | 42 |
# | say "there is not enough evidence to tell", and how much more would be enough | 7 |
# | predict how much a training error flatters, before you measure it | 10 |
# | put a price on choosing a model by the wrong number | 14 |
#
# About 80 minutes here, then 60 to 90 in the exercise. The times in the headings are those of a steady
# reader.
#
# **How to read a lesson.** Run the cells in order (Shift + Enter). Where you see sliders, move them: each
# figure asks a question. Where you are asked to predict, commit yourself before you read on. A wrong
# prediction that you wrote down teaches more than a right one that you only thought. A folded cell holds
# plumbing, or a sentence that says what you have seen, and no idea: run it and pass by, or click its bar
# to open it. All terms are in the [glossary](glossary.ipynb).

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown
from sklearn.model_selection import StratifiedShuffleSplit, train_test_split
from sklearn.tree import DecisionTreeClassifier

from holdout import Stage, load, predict, resolve
from holdout.data.parcels import true_risk
from holdout.data.polynomials import World, fit_polynomial, polynomial_features, validation_curve, wave
from holdout.figures import style
from holdout.topics.overfitting import figures as views
from holdout.topics.overfitting.experiments import (
    DECISION_BOUNDARY,
    ILL_FITTED_EXCESS,
    WELL_FITTED_EXCESS,
    Curve,
    bias_variance_published,
    decompose,
    fixed_input_fits,
    learning_curve,
    optimism_published,
    optimism_studies,
    repeated_fits,
)

style.use()

# %% [markdown]
# ## What the colleague did  ·  *minute 2*
#
# The table holds what is known when a parcel is handed in, and whether it was late. It is messy, as tables
# are: weights and stops are missing in some rows, some rows stand there twice. We drop the copies and the
# parcels whose outcome is not known yet; lesson 04 asks what else is wrong with it. Decision trees take
# missing values as they are. The code may be skimmed: it turns what is known into columns of numbers.

# %%
parcels = load("parcels", defects="all")
parcels = parcels[parcels["late"].notna()].drop_duplicates("parcel_id")


def known_at_the_counter(frame):
    table = frame[["weight_kg", "distance_km", "stops", "wind_ms", "declared_value_eur"]].copy()
    table["hour"] = frame["accepted_at"].dt.hour
    table["weekday"] = frame["accepted_at"].dt.day_of_week
    return table.join(pd.get_dummies(frame[["depot", "region", "service", "customer"]], dtype=float))


sample = parcels.sample(5000, random_state=1)
X, late = known_at_the_counter(sample), sample["late"].astype(int)
print(f"{len(X):,} parcels, {X.shape[1]} columns, {100 * late.mean():.1f} % late")
print(f"rows with a missing value: {100 * X.isna().any(axis=1).mean():.1f} %")

# %% [markdown]
# ### Three piles of rows, three jobs
#
# - the **training set**: the model learns from it;
# - the **validation set**: *you* learn from it, which model to keep;
# - the **test set**: used once, at the end, to report what you chose. We leave it alone until then.
#
# *Stratified* means that each pile has the same share of late parcels. With few late ones, luck would
# otherwise make one pile easier than another.

# %%
X_train, X_rest, late_train, late_rest = train_test_split(
    X, late, train_size=0.6, stratify=late, random_state=1
)
X_validation, X_test, late_validation, late_test = train_test_split(
    X_rest, late_rest, train_size=0.5, stratify=late_rest, random_state=1
)
tree = DecisionTreeClassifier(max_leaf_nodes=200, random_state=1).fit(X_train, late_train)
training_accuracy = tree.score(X_train, late_train)
print(f"right on the {len(X_train):,} rows that it learnt from: {100 * training_accuracy:.0f} %")

# %% jupyter={"source_hidden": true}
predict(
    "01.p1",
    "The tree is right on 94 % of the rows that it learnt from. On how many of the 1,000 validation rows "
    "will it be right?",
    options=["93 to 95 %", "88 to 92 %", "82 to 87 %", "below 82 %"],
)

# %%
validation_accuracy = tree.score(X_validation, late_validation)
base_accuracy = 1 - late_validation.mean()
risk = true_risk(load("parcels"))
best_accuracy = np.maximum(risk, 1 - risk).mean()
print(f"training set                             {100 * training_accuracy:.1f} %")
print(f"validation set                           {100 * validation_accuracy:.1f} %")
print(f'always saying "on time"                  {100 * base_accuracy:.1f} %')
print(f"best possible model on these parcels     {100 * best_accuracy:.1f} %")

# %% jupyter={"source_hidden": true}
assert f"{100 * training_accuracy:.0f} %" == "94 %"
assert validation_accuracy < 0.82 and validation_accuracy < base_accuracy < best_accuracy < training_accuracy
resolve("01.p1", "below 82 %")
Markdown(
    f"**What it means.** On new parcels the model is right {100 * validation_accuracy:.0f} % of the time: "
    "*worse* "
    "than a note on the wall that says "
    f'"every parcel is on time". And {100 * training_accuracy:.0f} % was never to be had. The parcels are '
    f"simulated, so we know what a model that knew every true risk would score: {100 * best_accuracy:.1f} %, "
    "because a parcel with a risk of 30 "
    "% is late or not by chance. A score "
    "better than the best possible one is not a good score; it is a symptom.\n\n"
    "At work nobody tells you the best possible score. To learn what the symptoms look like, let us go "
    "where the truth is known."
)

# %% [markdown]
# ## A world where the truth is known  ·  *minute 7*
#
# Real data never tell us the best possible score. So we build a world that does. Its truth is a wave; every
# measurement adds noise of a size that we choose.
#
# - The **risk** of a model is its mean error over endlessly many fresh rows. Nobody can see it at work;
#   here we can.
# - The **noise floor** is the risk of the truth itself. No model gets below it, because noise cannot be
#   predicted.
#
# We use squared errors, so *lower is better*, and the floor is the noise squared.

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
print(f"true risk         {world.risk(model):.3f}")
print(f"noise floor       {world.noise_floor:.3f}")

# %% [markdown]
# These are the **two numbers** of this lesson: the training error and the validation error. The
# **generalisation gap** is how much better a model does on the rows that it has seen: here, validation
# error minus training error.
#
# ### What happens to the two numbers when the curve may bend more?
#
# **Find** the degree where the validation error turns. **Look** at the orange squares between the blue dots
# before you look at the numbers: is the curve still going towards them, or only towards the dots that it
# knows?

# %% jupyter={"source_hidden": true}
predict(
    "01.p2",
    "A degree-3 polynomial was fitted to 20 rows. The degree may grow to 12. Where will the validation "
    "error be least?",
    options=["at degree 1 or 2", "at degree 4 to 6", "at degree 7 to 10", "at degree 11 or 12"],
)

# %%
DEGREES = np.arange(1, 13)
models = [fit_polynomial(x_train, y_train, degree) for degree in DEGREES]
train_errors = [error(model, x_train, y_train) for model in models]
validation_errors = [error(model, x_validation, y_validation) for model in models]

# %%
grid = np.linspace(-1, 1, 201)
fit_stage = Stage(
    alt="Left: 20 training and 40 validation rows around a wave, with the fitted polynomial. "
    "Right: training and validation error for the degrees tried so far",
    size=(7.4, 4),
    ncols=2,
    width_ratios=[1.1, 1],
)


@fit_stage.flipbook(degree=(1, 12), start={"degree": 1})
def bend_more(degree):
    rows = (x_train, y_train), (x_validation, y_validation)
    views.draw_fit(fit_stage.axes[0], grid, models[degree - 1](grid), wave(grid), *rows)
    tried = DEGREES[:degree], train_errors[:degree], validation_errors[:degree]
    views.draw_two_numbers(fit_stage.axes[1], *tried, world.noise_floor, most=12)
    return (
        f"Degree {degree}: training error {train_errors[degree - 1]:.3f}, "
        f"validation error {validation_errors[degree - 1]:.3f}."
    )


bend_more

# %% jupyter={"source_hidden": true}
turn = DEGREES[np.argmin(validation_errors)]
assert 4 <= turn <= 6
assert np.argmin(train_errors) == len(DEGREES) - 1
resolve("01.p2", "at degree 4 to 6", f"It turns at degree {turn}.")
Markdown(
    f"**What it means.** The training error never stops falling: {train_errors[0]:.3f} at degree 1, "
    f"{train_errors[-1]:.3f} at degree 12, below the noise floor of {world.noise_floor:.2f}. A number that "
    "beats the best "
    f"possible number is not good news. The validation error turns at degree {turn}. To the left of the turn "
    "the model is **underfitted**: it misses structure that the rows show. To the right it is "
    "**overfitted**: it has "
    f"learnt these {len(x_train)} rows, noise included."
)

# %% [markdown]
# ## One draw is luck; forty draws are evidence  ·  *minute 15*
#
# Another 20 rows would have put the turn somewhere else. A **repeat** is the whole study once more on other
# rows. Below, every degree is fitted in 40 repeats; the line is the median, the band holds the middle half.
# A chart of the error against a setting of the model, such as the degree, is a **validation curve**.
#
# We add one more control. A **ridge penalty** makes large coefficients expensive, so a high degree may bend
# only where many rows ask for it.
#
# 1. Leave the penalty at 0. **Find** the degree where validation error turns, then add rows. Does the turn
#    move left or right?
# 2. Go back to 20 rows and give a penalty of 0.01. What happens to the right-hand side of the curve?
# 3. Raise the noise. Which lines go up with it, and which one should worry you if it did *not*?

# %%
turn_stage = Stage(
    alt="Training error, validation error and true risk against the degree, with the noise floor"
)


@turn_stage.live(
    rows=[20, 30, 50, 100, 200],
    noise=(0.1, 0.7, 0.1),
    penalty=[0.0, 0.001, 0.01, 0.1, 1.0],
    start={"noise": 0.3},
)
def find_the_turn(rows, noise, penalty):
    world = World(truth=wave, noise=noise)
    rng = np.random.default_rng(3)
    curve = validation_curve(world, DEGREES, penalty, rows, n_validation=100, n_repeats=40, rng=rng)
    views.draw_validation_curve(turn_stage.ax, curve, world.noise_floor)
    typical = np.median(curve.validation_scores, axis=1)
    best = typical.argmin()
    return (
        f"{rows} rows, noise {noise:.1f}, penalty {penalty:g}: validation error is least at degree "
        f"{DEGREES[best]} ({typical[best]:.3f}; noise floor {world.noise_floor:.3f}). "
        f"Generalisation gap at degree 12: {typical[-1] - np.median(curve.train_scores[-1]):.3f}."
    )


find_the_turn


# %%
def quartiles(rows, penalty):
    curve = validation_curve(world, DEGREES, penalty, rows, 100, 40, np.random.default_rng(3))
    return np.quantile(curve.validation_scores, [0.25, 0.5, 0.75], axis=1)


few, penalised = quartiles(20, 0.0)[1], quartiles(20, 0.01)[1]
low, many, high = quartiles(200, 0.0)
assert few.argmin() < many.argmin()
assert few[-1] > 3 * few.min() and many[-1] < 1.15 * many.min() and penalised[-1] < few[-1] / 3
for setting, errors in (
    ("20 rows, penalty 0", few),
    ("20 rows, penalty 0.01", penalised),
    ("200 rows, penalty 0", many),
):
    print(
        f"{setting:22s} turns at degree {DEGREES[errors.argmin()]} ({errors.min():.3f}); "
        f"degree 12 has {errors[-1]:.3f}"
    )
best = many.argmin()
assert low[best] < world.noise_floor < high[best]
print(f"noise floor {world.noise_floor:.3f}; band of the last turn {low[best]:.3f} to {high[best]:.3f}")

# %% [markdown]
# **What it means.** The dotted line is the true risk. The validation error lies on it, because validation
# rows took no part in the fit; the training error does not. More rows move the turn to the right and
# flatten what comes after it: with 200 rows, degree 12 is harmless. A penalty flattens it too, without new
# rows (the second line above), and too much of it lifts the whole curve.
#
# More noise lifts the floor, and an honest validation error with it. If the validation error *stays* when
# the floor rises, validation rows have leaked into the fit. A training error below the floor proves no
# leak, because every fit bends towards its own rows; it is flattery, so never report it. A *validation*
# error below the floor would be suspicious, unless the floor lies inside its band, as on the last line.

# %% [markdown]
# ## Would you pay for more rows?  ·  *minute 23*

# %% jupyter={"source_hidden": true}
predict(
    "01.p3",
    "A straight line (degree 1) is fitted to 20 rows of the wave; its validation error is more than five "
    "times the noise floor. "
    "You get 20 times as many rows. What happens to the validation error?",
    options=[
        "it falls close to the floor",
        "it about halves",
        "it hardly changes",
        "it rises",
    ],
)

# %% [markdown]
# A **learning curve** keeps the model and adds rows. The band is two standard errors of the mean over 30
# repeats: the **standard error** says how sure we are of the mean, and it shrinks with the number of
# repeats.
#
# 1. Set degree 1. The two lines meet; **where**? Would you pay for more rows?
# 2. Set degree 10. **Find** the number of rows where the lines have come so close that their bands touch.
# 3. Which of the two pictures would you have called "bad" from the validation error at 30 rows alone?

# %%
SIZES = [20, 30, 50, 80, 130, 220, 400]
rows_stage = Stage(
    alt="Learning curve: training and validation error against training rows, with the noise floor"
)


@rows_stage.live(
    degree=(1, 10),
    noise=(0.1, 0.5, 0.1),
    penalty=[0.0, 0.001, 0.01, 0.1, 1.0],
    start={"degree": 1, "noise": 0.3},
)
def add_rows(degree, noise, penalty):
    world = World(truth=wave, noise=noise)
    rng = np.random.default_rng(4)
    curve = learning_curve(world, degree, penalty, SIZES, n_validation=200, n_repeats=30, rng=rng)
    views.draw_learning_curve(rows_stage.ax, curve, limits=(0.005, 3.0))
    train, validation = curve.train_scores[-1].mean(), curve.validation_scores[-1].mean()
    return (
        f"Degree {degree} at {SIZES[-1]} rows: training {train:.3f}, validation {validation:.3f}, "
        f"gap {validation - train:.3f}; validation is {validation / world.noise_floor:.1f} times the noise "
        "floor."
    )


add_rows


# %%
rows_added = {d: learning_curve(world, d, 0.0, SIZES, 200, 30, np.random.default_rng(4)) for d in (1, 10)}
summary = {}
for degree, curve in rows_added.items():
    train, validation = curve.train_scores, curve.validation_scores
    summary[degree] = pd.DataFrame(
        {
            "training": train.mean(axis=1),
            "training ±": 2 * train.std(axis=1, ddof=1) / np.sqrt(curve.n_repeats),
            "validation": validation.mean(axis=1),
            "validation ±": 2 * validation.std(axis=1, ddof=1) / np.sqrt(curve.n_repeats),
            "excess": validation.mean(axis=1) / world.noise_floor - 1,
        },
        index=pd.Index(SIZES, name="rows"),
    )
print("± is the half-width of the band: two standard errors")
pd.concat(summary, names=["degree"]).loc[(slice(None), [30, 220, 400]), :].round(3)

# %% jupyter={"source_hidden": true}
straight, bent = summary[1], summary[10]
apart = bent["validation"] - bent["training"] - bent.filter(like="±").sum(axis=1)
touch = next(n for n in SIZES if (apart.loc[n:] < 0).all())
line_start, line_end = straight["validation"].iloc[[0, -1]]
assert line_start > 5 * world.noise_floor and line_end > 0.85 * line_start
assert bent["excess"].iloc[-1] < WELL_FITTED_EXCESS and straight["excess"].iloc[-1] > ILL_FITTED_EXCESS
assert touch == 400 and min(straight.loc[30, "excess"], bent.loc[30, "excess"]) > ILL_FITTED_EXCESS
assert bent.loc[220, "excess"] < WELL_FITTED_EXCESS
resolve(
    "01.p3",
    "it hardly changes",
    f"It goes from {line_start:.3f} to {line_end:.3f}. A straight line cannot bend, however many rows ask it "
    "to.",
)
Markdown(
    "**What it means.** *The gap closes with data; the floor does not move.* More rows brought degree 10 down "
    f"to the floor of {world.noise_floor:.2f}: with {touch} rows the training error is "
    f"{bent['training'].iloc[-1]:.3f} ± {bent['training ±'].iloc[-1]:.3f}, the validation error "
    f"{bent['validation'].iloc[-1]:.3f} ± {bent['validation ±'].iloc[-1]:.3f}, and the bands touch. They "
    f"brought degree 1 its own best, {line_end:.3f}, and nobody should pay for more.\n\n"
    "How far above the floor is *far*? The **excess** is validation error / floor − 1. In this lesson and its "
    f"exercise, **near** the floor is an excess of at most {100 * WELL_FITTED_EXCESS:.0f} %, **far** is "
    f"{100 * ILL_FITTED_EXCESS:.0f} % or more, and who must draw one line draws it at "
    f"{100 * DECISION_BOUNDARY:.0f} %. If the excess is within two of its standard errors of that line, the "
    f"evidence does not suffice. With 400 rows degree 10 has {100 * bent['excess'].iloc[-1]:.0f} %, "
    f"degree 1 {100 * straight['excess'].iloc[-1]:.0f} %. Two distances tell two illnesses apart:\n\n"
    "| gap | validation far above the floor | validation near the floor |\n"
    "|---|---|---|\n"
    "| **wide gap** | **overfitted**: more rows, a penalty or a smaller model help | **well-fitted** too: the "
    "training error flatters; minute 47 says by how much |\n"
    "| **narrow gap** | **underfitted**: rows do *not* help, the model must say more | **well-fitted** |\n\n"
    "So the gap alone cannot tell a good model from one that is too simple: both may have a narrow one. "
    "Validation alone cannot tell too simple from too wild: with 30 rows both are bad "
    f"({straight.loc[30, 'validation']:.2f} and {bent.loc[30, 'validation']:.2f}). You need two numbers, *and* "
    "the floor to hold them against."
)

# %% [markdown]
# ## What the penalty buys, and what it pays with  ·  *minute 35*
#
# Why do the two illnesses answer to different remedies? Fit the same kind of model on 200 training sets and
# look at the crowd of fits:
#
# - **Bias** is the distance of the *average* fit from the truth. It is what the model cannot say.
# - **Variance** is the scatter of single fits about their average. It is what the model makes up.
#
# Risk is their sum with the noise: **risk = noise floor + squared bias + variance**.
#
# **Find**, for degree 10 and 25 rows, the penalty with the least risk. Watch which bar shrinks and which
# one grows.

# %%
trade_stage = Stage(
    alt="Left: single fits, their average and the truth. Right: noise floor, squared bias, variance, sum",
    size=(7.4, 4),
    ncols=2,
)


@trade_stage.live(
    degree=(1, 10),
    penalty=[0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
    rows=[25, 50, 100, 200],
    start={"degree": 10},
)
def trade(degree, penalty, rows):
    fits = repeated_fits(world, degree, penalty, rows, n_repeats=200, rng=np.random.default_rng(5))
    parts = decompose(world, fits)
    views.draw_repeated_fits(
        trade_stage.axes[0], grid, fits @ polynomial_features(grid, degree).T, wave(grid)
    )
    views.draw_parts(trade_stage.axes[1], parts)
    return (
        f"Degree {degree}, penalty {penalty:g}, {rows} rows: noise floor {parts.noise:.3f} "
        f"+ squared bias {views.format_error(parts.squared_bias)} + variance "
        f"{views.format_error(parts.variance)} "
        f"= risk {views.format_error(parts.risk)}."
    )


trade


# %%
def parts_of(penalty):
    return decompose(world, repeated_fits(world, 10, penalty, 25, 200, np.random.default_rng(5)))


parts = {penalty: parts_of(penalty) for penalty in (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}
assert min(parts, key=lambda penalty: parts[penalty].risk) == 0.1
assert parts[0.01].variance < parts[0.0].variance / 10 and parts[0.01].squared_bias < 0.001
assert parts[0.1].squared_bias < parts[1.0].squared_bias / 10
pd.DataFrame(
    {
        f"penalty {penalty:g}": [p.noise, p.squared_bias, p.variance, p.risk]
        for penalty, p in parts.items()
        if penalty in (0, 0.01, 0.1, 1)
    },
    index=["noise floor", "squared bias", "variance", "risk"],
).round(3)

# %% [markdown]
# **What it means.** A penalty pays with bias to be rid of variance. At first the trade is a bargain: up to
# 0.01, nearly all of the variance goes, for no bias worth mentioning. Of the eight penalties, 0.1 has the
# least risk; then the trade turns, and the bias costs more than the variance it saves. More rows cut the
# variance without any price in bias. That is why rows help an overfitted model and do nothing for a
# straight line: its risk above the floor is nearly all bias.

# %% [markdown]
# ## Is one model better, or did it get the easier rows?  ·  *minute 40*
#
# The validation error is a measurement, and measurements scatter. Two models, both fitted on the same 40
# rows, are compared on a validation set. We know which one has the smaller risk. How often does the
# validation set say the opposite?
#
# 1. **Find** the number of validation rows from which the worse model wins in fewer than 5 of 100
#    validation sets.
# 2. Take the closer rival, degree 8, and find it again.
#
# Both models are scored on the *same* rows, so look at the difference of their errors, not at two separate
# bands: rows that are hard for one are hard for the other.

# %%
rng = np.random.default_rng(9)
x_known, y_known = world.sample(40, rng)
x_many, y_many = world.sample((500, 1000), rng)
rivals = {degree: fit_polynomial(x_known, y_known, degree) for degree in (4, 6, 8, 10, 12)}
squared_errors = {degree: (y_many - model(x_many)) ** 2 for degree, model in rivals.items()}
difference_stage = Stage(alt="Histogram of how much better the better model looks, over 500 validation sets")


@difference_stage.live(rival_degree=[12, 10, 8, 4], validation_rows=[10, 20, 50, 100, 200, 500, 1000])
def compare(rival_degree, validation_rows):
    errors = {d: squared_errors[d][:, :validation_rows].mean(axis=1) for d in (6, rival_degree)}
    difference = errors[rival_degree] - errors[6]
    better, worse = world.risk(rivals[6]), world.risk(rivals[rival_degree])
    views.draw_differences(difference_stage.ax, difference, worse - better, most=0.06)
    return (
        f"{validation_rows} validation rows: the worse model (degree {rival_degree}, risk {worse:.3f}) "
        f"beats the better one (degree 6, risk {better:.3f}) in {100 * np.mean(difference < 0):.0f} of 100 "
        "validation sets."
    )


compare

# %% jupyter={"source_hidden": true}
risks = {degree: world.risk(model) for degree, model in rivals.items()}
assert min(risks, key=risks.get) == 6
asked = [10, 20, 50, 100, 200, 500, 1000]
needed, wrong = {}, {}
for rival in (12, 8):
    differences = squared_errors[rival] - squared_errors[6]
    wrong[rival] = {n: 100 * np.mean(differences[:, :n].mean(axis=1) < 0) for n in asked}
    enough = next(n for n in asked if wrong[rival][n] < 5)
    needed[rival] = asked[asked.index(enough) - 1], enough
words = {
    rival: f"between {few} and {enough} (the worse model wins {wrong[rival][few]:.0f} of 100 with {few}, "
    f"{wrong[rival][enough]:.0f} with {enough})"
    for rival, (few, enough) in needed.items()
}
Markdown(
    f"**What it means.** How many validation rows show which model is better? For a difference of "
    f"{risks[12] - risks[6]:.3f}, {words[12]}; for one of {risks[8] - risks[6]:.3f}, {words[8]}. With fewer, "
    "the chart may be beautiful and still hold **not enough evidence**. That is a diagnosis, not a failure: "
    "its remedy is more validation rows or more repeats, not another model."
)

# %% [markdown]
# ## Two results that you can check against the books  ·  *minute 47*
#
# ### How much does a training error flatter?
#
# A fit bends towards the very noise that it is scored on. The **optimism** of the training error is the
# amount by which it flatters: the error on *new* targets at the same inputs minus the training error.

# %% jupyter={"source_hidden": true}
predict(
    "01.p4",
    "20 coefficients are fitted to 50 rows by least squares; the noise has variance 1. The training error is "
    "0.6, so it lies 0.4 below the noise floor. What is the error on fresh rows?",
    options=["about 0.6", "about 1.0", "about 1.4", "about 1.7"],
)

# %% [markdown]
# For
# least squares with *d* coefficients on *N* rows and noise of variance *s²* the books have it in closed
# form (Mallows 1973; Hastie, Tibshirani and Friedman 2009, sections 7.4 and 7.5):
#
# | error | on average |
# |---|---|
# | training error | *s²* (1 − *d*/*N*) |
# | error on new targets at the same inputs | *s²* (1 + *d*/*N*) |
# | **optimism** | **2 *d* *s²* / *N*** |
# | error on fresh rows (normal inputs) | *s²* (1 + *d*/(*N* − *d* − 1)) |

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
studies = np.array([one_study(rng) for _ in range(2000)])
training, same_inputs, fresh_inputs = studies.mean(axis=0)

# %% [markdown]
# How near must measured and published be? As near as 2,000 studies can tell: we allow four standard errors,
# worked out from the same theory (the derivation is in the docstring of `optimism_published`). A tolerance
# that "looks generous" proves nothing.

# %%
measured = {
    "training": training,
    "same_inputs": same_inputs,
    "optimism": same_inputs - training,
    "fresh_inputs": fresh_inputs,
}
published = optimism_published(N, d, s, n_studies=2000)
assert all(published[name].agrees(value) for name, value in measured.items())
resolve(
    "01.p4",
    f"about {fresh_inputs:.1f}",
    f"{same_inputs:.1f} is the error on new targets at the same inputs; fresh rows bring fresh inputs too.",
)
pd.DataFrame(
    [[measured[name], published[name].value, published[name].tolerance] for name in measured],
    index=["training error", "new targets, same inputs", "optimism", "fresh rows"],
    columns=["measured", "published", "tolerance"],
).round(3)

# %% [markdown]
# **Look** at the distance between the blue bar and the green one. **Find**, with 20 coefficients, how many
# rows it takes until fresh rows are no more than 10 % above the noise floor. Is it 2 times as many rows as
# coefficients? 5 times? 11 times?

# %%
optimism_stage = Stage(
    alt="Bars: training error, error on new targets, error on fresh rows; black lines show published values"
)


@optimism_stage.live(coefficients=(5, 30), rows=(50, 250, 10), start={"coefficients": 20, "rows": 50})
def flatter(coefficients, rows):
    studies = optimism_studies(rows, coefficients, 1.0, n_studies=50, rng=np.random.default_rng(11))
    expected = optimism_published(rows, coefficients, 1.0, n_studies=50)
    views.draw_optimism(optimism_stage.ax, studies, expected)
    return (
        f"{coefficients} coefficients, {rows} rows: training error {studies.training.mean():.2f} times the "
        "noise floor, "
        f"fresh rows {studies.fresh_inputs.mean():.2f} (published {expected['fresh_inputs'].value:.2f}). "
        f"Optimism: measured {studies.optimism.mean():.2f}, published {expected['optimism'].value:.2f}."
    )


flatter

# %% jupyter={"source_hidden": true}
excess = {n: optimism_published(n, 20, 1.0, 100)["fresh_inputs"].value - 1 for n in range(50, 501, 10)}
rows = next(n for n in excess if excess[n] <= DECISION_BOUNDARY)
near = next(n for n in excess if excess[n] <= WELL_FITTED_EXCESS)
assert rows > 11 * 20
Markdown(
    f"**What it means.** {rows} rows for 20 coefficients: more than 11 rows for each. Even then the "
    f"training error stands {100 * 20 / rows:.0f} % *below* a floor that nobody can get under. The blue "
    "bar is free and flattering; the green one is what you were asked for.\n\n"
    f"With {near} rows the excess is {100 * excess[near]:.0f} %: near the floor, well-fitted. The training "
    f"error still stands {100 * 20 / near:.0f} % below it, so the gap is "
    f"{100 * (excess[near] + 20 / near):.0f} % of the floor and no error. It is the flattery of *s²d*/*N*, "
    "and the upper right corner of the table at minute 23."
)

# %% [markdown]
# ### Do noise, bias and variance really add up?
#
# The identity **mean squared error = noise + squared bias + variance** (Geman, Bienenstock and Doursat
# 1992; Hastie, Tibshirani and Friedman 2009, section 7.3) holds for any model under squared error. For
# least squares at fixed inputs the variance has a closed form too: *s²* trace(*PPᵀ*)/*m*, where the matrix
# *P* turns the training targets into *m* predictions. We fix 30 inputs, draw new targets 2,000 times, and
# measure all four numbers separately.

# %%
x_fixed, x_new = np.cos(np.pi * (np.arange(30) + 0.5) / 30), np.linspace(-0.95, 0.95, 40)
rng = np.random.default_rng(12)
table = {}
for degree in (1, 3, 9):
    predictions, y_new = fixed_input_fits(world, x_fixed, x_new, degree, 2000, rng)
    variance = predictions.var(axis=0, ddof=1).mean()
    squared_bias = np.mean((predictions.mean(axis=0) - wave(x_new)) ** 2) - variance / 2000
    mean_squared_error = np.mean((y_new - predictions) ** 2)
    expected = bias_variance_published(world, x_fixed, x_new, degree, 2000)
    for name, value in (
        ("squared_bias", squared_bias),
        ("variance", variance),
        ("mean_squared_error", mean_squared_error),
    ):
        assert expected[name].agrees(value)
        table[degree, name.replace("_", " ")] = [value, expected[name].value, expected[name].tolerance]
pd.DataFrame(table, index=["measured", "published", "tolerance"]).T.rename_axis(["degree", "part"]).round(5)

# %% [markdown]
# **What it means.** From degree 1 to degree 9, the squared bias vanishes and the variance grows in
# proportion to the number of coefficients. The noise, 0.09, is in every row and no model ever removes it.
# That is the whole of under- and overfitting, in three numbers that add up.

# %% [markdown]
# ## The trap: let the number that looks best choose  ·  *minute 57*
#
# Back to the parcels. The company refunds 10 € for each late parcel. In the morning it may move a parcel to
# the extra van for 3 €; then it arrives on time. So it upgrades a parcel when the predicted risk is above
# 3/10. It carries 30,000 parcels a month.
#
# The tempting way: try trees of many sizes, keep the one with the lowest cost on the rows at hand. The
# right way: choose on the validation set, and report from the test set, once. We run both on the same rows.
# The **real** cost comes from the 15,000 other parcels and their true risks.

# %%
LEAVES = [2, 4, 8, 16, 32, 64, 128, 256, 512]
trees = [
    DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=1).fit(X_train, late_train)
    for leaves in LEAVES
]


def monthly_cost(predicted_risk, late, price=3, refund=10):
    """Thousand euros for 30,000 parcels; `late` is 0 or 1, or the true risk."""
    upgrade = predicted_risk > price / refund
    return 30 * np.mean(np.where(upgrade, price, refund * late))


# %% jupyter={"source_hidden": true}
others = parcels[~parcels["parcel_id"].isin(sample["parcel_id"])].merge(
    load("parcels")[["parcel_id"]].assign(risk=risk)
)
piles = {
    "training": (X_train, late_train),
    "validation": (X_validation, late_validation),
    "test": (X_test, late_test),
    "real": (known_at_the_counter(others), others["risk"]),
}
predicted = {pile: [tree.predict_proba(rows)[:, 1] for tree in trees] for pile, (rows, _) in piles.items()}

# %% [markdown]
# **Look** at where each line has its lowest point (the filled marker), then follow the thin line from there
# to the real cost (the hollow circle). **Find** a price of the upgrade at which the tempting way costs the
# company more than having no model at all.

# %%
cost_stage = Stage(
    alt="Cost a month against the leaves of the tree, on training rows, validation rows, and in reality"
)


def cost_of_each_tree(price, refund):
    """On each pile; and the real costs with the true risks known, and without upgrades."""
    costs = {
        pile: [monthly_cost(p, piles[pile][1], price, refund) for p in predicted[pile]]
        for pile in ("training", "validation", "real")
    }
    true = others["risk"]
    return costs, monthly_cost(true, true, price, refund), monthly_cost(0 * true, true, price, refund)


@cost_stage.live(price=(1.0, 6.0, 0.5), refund=(8, 14, 1), start={"price": 3.0, "refund": 10})
def choose(price, refund):
    costs, ideal, none = cost_of_each_tree(price, refund)
    views.draw_costs(cost_stage.ax, LEAVES, costs, ideal, none)
    tempting, right = np.argmin(costs["training"]), np.argmin(costs["validation"])
    return (
        f"Upgrade {price:.2f} €, refund {refund} €; thousand € a month. Chosen by training rows: "
        f"{LEAVES[tempting]} leaves, promised {costs['training'][tempting]:.1f}, real "
        f"{costs['real'][tempting]:.1f}. By validation rows: {LEAVES[right]} leaves, real "
        f"{costs['real'][right]:.1f}. No upgrades: {none:.1f}."
    )


choose

# %% jupyter={"source_hidden": true}
answers = {}
for price in np.arange(3.0, 6.5, 0.5):
    costs, _, none = cost_of_each_tree(price, 10)
    tempting, right = np.argmin(costs["training"]), np.argmin(costs["validation"])
    answers[price] = costs["training"][tempting], costs["real"][tempting], costs["real"][right], none
dear = next(price for price, (_, real, _, none) in answers.items() if real > none)
assert dear > 3 and all(real > none for price, (_, real, _, none) in answers.items() if price >= dear)
assert all(right <= none for _, _, right, none in answers.values())
promised, real, right, none = answers[3.0]
Markdown(
    f"**What it means.** At 3 € the training rows promise {promised:.1f} thousand € a month. The real cost is "
    f"{real:.1f}, hardly less than the {none:.1f} without any model. From {dear:.2f} € on (at a refund of "
    f"10 €) the tempting way is worse than no model: {answers[dear][1]:.1f} against {none:.1f}. The tree that "
    f"validation chose costs {right:.1f} at 3 €, and at no price up to 6 € more than no model: where "
    "upgrades do not pay, validation chooses a tree that orders none."
)

# %% [markdown]
# There is a subtler trap: choose by the *test* set, then report the same test score. The figure showed one
# sample; below, every way is run on 20 samples of 5,000 parcels. The **surprise** is what the books show at
# the end of the month beyond what was promised.


# %% jupyter={"source_hidden": true}
def fit_all_sizes(seed):
    """For every tree size: the cost on each pile, and the real cost on all other parcels."""
    some = others.sample(5000, random_state=seed)
    train, validation, test, rest = some[:3000], some[3000:4000], some[4000:], others.drop(some.index)
    piles = {"training": train, "validation": validation, "test": test, "real": rest}
    tables = {pile: known_at_the_counter(frame) for pile, frame in piles.items()}
    targets = {
        pile: frame["risk" if pile == "real" else "late"].astype(float) for pile, frame in piles.items()
    }
    costs = {pile: [] for pile in piles}
    for leaves in LEAVES:
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=1).fit(
            tables["training"], targets["training"]
        )
        for pile in piles:
            costs[pile].append(monthly_cost(tree.predict_proba(tables[pile])[:, 1], targets[pile]))
    return costs


studies = [fit_all_sizes(seed) for seed in range(20)]

# %% jupyter={"source_hidden": true}
ways = {"training, reported from training": ("training", "training")}
ways["test, reported from test"] = ("test", "test")
ways["validation, reported from test"] = ("validation", "test")
ledger = pd.DataFrame(
    {
        (way, seed): [
            costs[reported_from][np.argmin(costs[chosen_by])],
            costs["real"][np.argmin(costs[chosen_by])],
        ]
        for way, (chosen_by, reported_from) in ways.items()
        for seed, costs in enumerate(studies)
    },
    index=["promised", "real"],
).T
ledger["surprise"] = ledger["real"] - ledger["promised"]
by_way = ledger.groupby(level=0, sort=False)
money = by_way.mean().assign(error_of_surprise=by_way["surprise"].std() / np.sqrt(len(studies)))
money.rename(columns={"error_of_surprise": "± (standard error)"}).rename_axis(
    "thousand € a month; chosen by"
).round(1)

# %% jupyter={"source_hidden": true}
money = by_way.mean()
tempting, by_test, right = money.index
assert money.loc[tempting, "surprise"] > 20
assert money.loc[tempting, "real"] > money.loc[right, "real"] + 4 * by_way["surprise"].sem()[right]
Markdown(
    f"**What it means.** Averaged over the {len(studies)} samples, choosing by the training rows promises "
    f"{money.loc[tempting, 'promised']:.1f} thousand € and costs {money.loc[tempting, 'real']:.1f}: a hole of "
    f"{money.loc[tempting, 'surprise']:.1f} thousand € in the month's plan, and "
    f"{money.loc[tempting, 'real'] - money.loc[right, 'real']:.1f} thousand € a month more than the tree "
    "that validation chose.\n\n"
    f"Choosing by the test set did little harm *here*: a surprise of {money.loc[by_test, 'surprise']:.1f} ± "
    f"{by_way['surprise'].sem()[by_test]:.1f}, with nine candidates and 1,000 rows. The harm grows with "
    "every candidate that one tries, "
    "and nobody counts them; lesson 05 shows how far it goes. An honest report says how many were tried."
)

# %% [markdown]
# ## The messy case: is this tree worth more data?  ·  *minute 67*
#
# Now the full judgement on the messy table. The question of the team: *"We can label more parcels. Shall
# we?"* You know the tools: a split, two numbers, a learning curve with repeats, and a floor.
#
# Missing values stay as they are in the table: which rows lack a weight is itself something that is known
# at the counter. The share of wrong answers (the **error rate**) replaces the squared error. The floor
# comes from the true risks: the best one can do is to answer with the likelier outcome.
#
# **Find** the tree that is overfitted, the one that is underfitted, and the one for which more rows still
# pay. **Look** at the gap first, then at the distance to the floor, then at the slope at the right end.

# %%
SIZES_OF_SAMPLES = [300, 1000, 3000, 9000]
floor = np.minimum(risk, 1 - risk).mean()
usable = parcels.drop(X_test.index)
X_all, late_all = known_at_the_counter(usable), usable["late"].to_numpy(dtype=int)
splits = list(
    StratifiedShuffleSplit(8, train_size=9000, test_size=3000, random_state=0).split(X_all, late_all)
)


def curve_of_trees(leaves):
    scores = np.empty((2, len(SIZES_OF_SAMPLES), len(splits)))
    for column, (train, validation) in enumerate(splits):
        for row, size in enumerate(SIZES_OF_SAMPLES):
            few = train[:size]
            tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=1).fit(
                X_all.iloc[few], late_all[few]
            )
            for pile, rows in enumerate((few, validation)):
                scores[pile, row, column] = 1 - tree.score(X_all.iloc[rows], late_all[rows])
    return Curve(np.array(SIZES_OF_SAMPLES), *scores, n_validation=3000, noise_floor=floor)


curves = {leaves: curve_of_trees(leaves) for leaves in (2, 8, 64, 256)}

# %%
parcel_stage = Stage(
    alt="Learning curve of trees on parcels: error rate against training rows, with the noise floor"
)


@parcel_stage.flipbook(leaves=[2, 8, 64, 256])
def label_more(leaves):
    curve = curves[leaves]
    views.draw_learning_curve(
        parcel_stage.ax, curve, limits=(0, 0.3), name="error rate", rows="training parcels"
    )
    train, validation = curve.train_scores.mean(axis=1), curve.validation_scores.mean(axis=1)
    error = curve.validation_scores[-1].std(ddof=1) / np.sqrt(curve.n_repeats)
    return (
        f"{leaves} leaves at 9,000 rows: training {100 * train[-1]:.1f} %, validation "
        f"{100 * validation[-1]:.1f} % ± "
        f"{100 * error:.1f}, "
        f"noise floor {100 * floor:.1f} %. Tripling the rows from 3,000 changed validation by "
        f"{100 * (validation[-1] - validation[-2]):+.1f} points."
    )


label_more

# %% jupyter={"source_hidden": true}
gap = {n: (c.validation_scores[-1] - c.train_scores[-1]).mean() for n, c in curves.items()}
final = {n: c.validation_scores[-1].mean() for n, c in curves.items()}
last_step = {n: (c.validation_scores[-1] - c.validation_scores[-2]).mean() for n, c in curves.items()}
assert max(abs(gap[2]), abs(gap[8]), abs(last_step[2]), abs(last_step[8])) < 0.01
assert abs(final[64] - final[8]) < 0.005 and last_step[64] < -0.01 and gap[256] > 0.05
Markdown(
    f"**What it means.** 256 leaves: a gap of {100 * gap[256]:.0f} points, and the curve still falls. "
    f"**Overfitted.** 2 leaves: no gap, flat, {100 * (final[2] - floor):.1f} points above the floor. "
    "**Underfitted**: this tree says *on time* to everybody, and no number of labels will change its "
    f"mind. 8 leaves: a gap of {100 * gap[8]:.1f} points, and flat: more rows will not help it either. 64 "
    f"leaves: level with 8 leaves today ({100 * final[64]:.1f} % and {100 * final[8]:.1f} % wrong), but "
    f"with a gap of {100 * gap[64]:.0f} points that is still closing: the last tripling of rows won "
    f"{-100 * last_step[64]:.1f} points.\n\n"
    "So the answer to *shall we label more?* is: not for the 8-leaf tree that 3,000 rows made us choose; "
    "yes, if the tree may grow with the rows. **How complex a model should be is a question about how "
    "much data it gets.**\n\n"
    f"Will it end at {100 * floor:.1f} %? No. That floor belongs to a model that knows every weight and "
    "every courier; ours lacks some weights and all couriers. With these columns the true floor lies "
    "higher, and nobody knows where. A floor that is too low is still of use: nothing below it can be true."
)

# %% [markdown]
# One warning about the band. The eight splits share parcels, so their scores are more alike than eight new
# tables would be, and the band is somewhat too narrow. In the simulated worlds above every repeat drew its
# own rows, and the band was honest. Lesson 05 repairs it.
#
# Now, once, the test set. The tree was chosen by its validation cost; this is the number for the report.

# %%
chosen = int(np.argmin([monthly_cost(p, late_validation) for p in predicted["validation"]]))
without = 30 * 10 * late_test
with_model = 30 * np.where(predicted["test"][chosen] > 3 / 10, 3, 10 * late_test)
saved = without - with_model
saved_error = saved.std(ddof=1) / np.sqrt(len(saved))
never, upgraded = np.zeros(len(others)), predicted["real"][chosen]
really_saved = monthly_cost(never, others["risk"]) - monthly_cost(upgraded, others["risk"])
assert abs(saved.mean() - really_saved) < 4 * saved_error
print(f"chosen by validation                   {LEAVES[chosen]} leaves")
print(f"without a model, on the test set       {without.mean():.1f} thousand € a month")
print(f"with the model, on the test set        {with_model.mean():.1f}")
print(f"saved, parcel by parcel                {saved.mean():.1f} ± {saved_error:.1f} (standard error)")
print(f"really saved, known to us alone        {really_saved:.1f}")

# %% [markdown]
# ## Say it out loud  ·  *minute 76*

# %% jupyter={"source_hidden": true}
assert saved.mean() > 2 * saved_error
least, most = saved.mean() - 2 * saved_error, saved.mean() + 2 * saved_error
Markdown(
    f'**In the review, a senior says:** "The {100 * training_accuracy:.0f} % is a training score. On '
    "held-out "
    f"parcels that tree is right {100 * validation_accuracy:.0f} % of the time, and always saying *on "
    "time* gives "
    f"{100 * base_accuracy:.0f} %. I chose {LEAVES[chosen]} leaves on the validation set and looked at the "
    "test "
    f"set once: it saves {saved.mean():.1f} ± {saved_error:.1f} thousand € a month. The curve of this tree "
    'is flat: more labels pay only together with a larger tree."\n\n'
    f'**Finance is told:** "Expect to save about {saved.mean():.0f} thousand € a month of the '
    f"{without.mean():.0f} that late parcels cost you now. It could be {least:.0f}; it could be "
    f"{most:.0f}. We tested this on parcels that the model had never seen. The figure you heard first came "
    'from parcels that it had."'
)

# %% [markdown]
# Both sentences hold the same four things: *which rows* the number comes from, *what it is held against*,
# *how sure* we are, and *what we would do*. In the exercise you choose between four such sentences; each
# wrong one is a real misreading.
#
# ## What you take with you
#
# - Two numbers, training and validation error, and a floor to hold them against. One number is not a
#   diagnosis.
# - A **wide gap** far above the floor (an excess of 15 % or more): overfitted. A **narrow gap** far above
#   the floor: underfitted. Near the floor (5 % or less): well-fitted, whatever the gap. Bands too wide to
#   tell, or no floor and a narrow gap: not enough evidence.
# - Data closes the gap. It does not move the floor, and it does not help a model that cannot say the truth.
# - The training error flatters by 2 *d* *s²* / *N* on average, more on fresh inputs. Below the floor it is
#   no leak, only unfit for a report; a *validation* error well below the floor is a symptom.
# - Train to learn, validate to choose, test once to report.
#
# ## Next
#
# **[Exercise 01](../exercises/01-two-numbers-and-a-chart/01-two-numbers-and-a-chart.ipynb)** (60 to 90
# minutes): you write the split, the gap with its standard error, the learning curve and `diagnose`, which
# is scored on curves whose cause is known. Then **lesson 02, One change at a time**: now that you know what
# is the matter, which remedy, and how do you prove that it was the remedy?
