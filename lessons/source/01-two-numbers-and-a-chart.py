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
# *Unit 1: Overfitting, diagnose before you remedy*
#
# @@OPENING@@

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from holdout.overfitting import (
    World,
    bias_variance_published,
    decompose,
    fit_polynomial,
    fixed_input_fits,
    learning_curve,
    optimism_published,
    optimism_studies,
    polynomial_features,
    repeated_fits,
    validation_curve,
    wave,
)
from holdout.overfitting_views import (
    draw_differences,
    draw_fit,
    draw_learning_curve,
    draw_optimism,
    draw_parts,
    draw_repeated_fits,
    draw_two_numbers,
    draw_validation_curve,
)
from holdout.stage import Stage

# %% [markdown]
# ## A world where the truth is known  ·  *minute 12*
#
# Real data never tell us the best possible score. So we build a world that does. Its truth is a wave; every
# measurement adds noise of a size that we choose.
#
# - The **risk** of a model is its mean error over endlessly many fresh rows. Nobody can see it at work; here we can.
# - The **noise floor** is the risk of the truth itself. No model gets below it, because noise cannot be predicted.
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
# **generalisation gap** is how much better a model does on the rows that it has seen: here, validation error minus
# training error.
#
# ### What happens to the two numbers when the curve may bend more?
#
# **Find** the degree where the validation error turns. **Look** at the orange squares between the blue dots before you
# look at the numbers: is the curve still going towards them, or only towards the dots that it knows?

# %%
DEGREES = np.arange(1, 13)
models = [fit_polynomial(x_train, y_train, degree) for degree in DEGREES]
train_errors = [error(model, x_train, y_train) for model in models]
validation_errors = [error(model, x_validation, y_validation) for model in models]

grid = np.linspace(-1, 1, 201)
fit_stage = Stage(
    alt="Left: 20 training and 40 validation rows around a wave, with the fitted polynomial. "
    "Right: training and validation error for the degrees tried so far",
    size=(8.6, 3.9),
    ncols=2,
    width_ratios=[1.25, 1],
)


@fit_stage.flipbook(degree=(1, 1, 12))
def bend_more(degree):
    rows = (x_train, y_train), (x_validation, y_validation)
    draw_fit(fit_stage.axes[0], grid, models[degree - 1](grid), wave(grid), *rows)
    tried = DEGREES[:degree], train_errors[:degree], validation_errors[:degree]
    draw_two_numbers(fit_stage.axes[1], *tried, world.noise_floor, most=12)
    return (
        f"Degree {degree}: training error {train_errors[degree - 1]:.3f}, "
        f"validation error {validation_errors[degree - 1]:.3f}."
    )


bend_more

# %%
turn = DEGREES[np.argmin(validation_errors)]
assert np.argmin(train_errors) == len(DEGREES) - 1
Markdown(
    f"**What it means.** The training error never stops falling: {train_errors[0]:.3f} at degree 1, "
    f"{train_errors[-1]:.3f} at degree 12, below the noise floor of {world.noise_floor:.2f}. A number that beats the best "
    f"possible number is not good news. The validation error turns at degree {turn}. To the left of the turn "
    f"the model is **underfitted**: it misses structure that the rows show. To the right it is **overfitted**: it has "
    f"learnt these {len(x_train)} rows, noise included."
)

# %% [markdown]
# ## One draw is luck; forty draws are evidence  ·  *minute 22*
#
# Another 20 rows would have put the turn somewhere else. A **repeat** is the whole study once more on other rows. Below,
# every degree is fitted in 40 repeats; the line is the median, the band holds the middle half. A chart of the error
# against a setting of the model, such as the degree, is a **validation curve**.
#
# We add one more control. A **ridge penalty** makes large coefficients expensive, so a high degree may bend only where
# many rows ask for it.
#
# 1. Leave the penalty at 0. **Find** the degree where validation error turns, then add rows. Does the turn move left or right?
# 2. Go back to 20 rows and give a penalty of 0.01. What happens to the right-hand side of the curve?
# 3. Raise the noise. Which lines go up with it, and which one should worry you if it did *not*?

# %%
turn_stage = Stage(alt="Training error, validation error and true risk against the degree, with the noise floor")


@turn_stage.live(rows=[20, 30, 50, 100, 200], noise=(0.3, 0.1, 0.7, 0.1), penalty=[0.0, 0.001, 0.01, 0.1, 1.0])
def find_the_turn(rows, noise, penalty):
    world = World(truth=wave, noise=noise)
    rng = np.random.default_rng(3)
    curve = validation_curve(world, DEGREES, penalty, rows, n_validation=100, n_repeats=40, rng=rng)
    draw_validation_curve(turn_stage.ax, curve, world.noise_floor)
    typical = np.median(curve.validation_scores, axis=1)
    best = typical.argmin()
    return (
        f"{rows} rows, noise {noise:.1f}, penalty {penalty:g}: validation error is least at degree "
        f"{DEGREES[best]} ({typical[best]:.3f}; noise floor {world.noise_floor:.3f}). "
        f"Generalisation gap at degree 12: {typical[-1] - np.median(curve.train_scores[-1]):.3f}."
    )


find_the_turn

# %% [markdown]
# **What it means.** The dotted line is the true risk. The validation error lies on it, because validation rows took no
# part in the fit; the training error does not. More rows move the turn to the right and flatten what comes after it: with
# 200 rows, degree 12 is harmless. A penalty does the same without new rows, and too much of it lifts the
# whole curve. More noise lifts the floor, and an honest validation error with it. The number to mistrust is a training
# error *below* the floor.

# %% [markdown]
# ## The gap closes with data; the floor does not  ·  *minute 30*

# %%
@@P3@@

# %% [markdown]
# A **learning curve** keeps the model and adds rows. The band is two standard errors of the mean over 30 repeats:
# the **standard error** says how sure we are of the mean, and it shrinks with the number of repeats.
#
# 1. Set degree 1. The two lines meet; **where**? Would you pay for more data?
# 2. Set degree 10. How many rows until training and validation are within a band of each other?
# 3. Which of the two pictures would you have called "bad" from the validation error at 25 rows alone?

# %%
SIZES = [20, 30, 50, 80, 130, 220, 400]
rows_stage = Stage(alt="Learning curve: training and validation error against training rows, with the noise floor")


@rows_stage.live(degree=(1, 1, 12), noise=(0.3, 0.1, 0.5, 0.1), penalty=[0.0, 0.001, 0.01, 0.1, 1.0])
def add_rows(degree, noise, penalty):
    world = World(truth=wave, noise=noise)
    rng = np.random.default_rng(4)
    curve = learning_curve(world, degree, penalty, SIZES, n_validation=200, n_repeats=30, rng=rng)
    draw_learning_curve(rows_stage.ax, curve, limits=(0.005, 3.0))
    train, validation = curve.train_scores[-1].mean(), curve.validation_scores[-1].mean()
    return (
        f"Degree {degree} at {SIZES[-1]} rows: training {train:.3f}, validation {validation:.3f}, "
        f"gap {validation - train:.3f}; validation is {validation / world.noise_floor:.1f} times the noise floor."
    )


add_rows

# %% [markdown]
# **What it means.** Two distances tell two illnesses apart.
#
# | | validation far above the floor | validation near the floor |
# |---|---|---|
# | **wide gap** | **overfitted**: more rows, a penalty or a smaller model help | (rare: look for an error) |
# | **narrow gap** | **underfitted**: more rows do *not* help, the model must be able to say more | **well-fitted** |
#
# So the gap alone cannot tell a good model from one that is too simple: both have a narrow one. Validation alone cannot
# tell too simple from too wild: both are bad. You need two numbers, *and* the floor to hold them against.

# %% [markdown]
# ## What the penalty buys, and what it pays with  ·  *minute 38*
#
# Why do the two illnesses answer to different remedies? Fit the same kind of model on 200 training sets and
# look at the crowd of fits:
#
# - **Bias** is the distance of the *average* fit from the truth. It is what the model cannot say.
# - **Variance** is the scatter of single fits about their average. It is what the model makes up.
#
# Risk is their sum with the noise: **risk = noise floor + bias² + variance**.
#
# **Find**, for degree 10 and 25 rows, the penalty with the least risk. Watch which bar shrinks and which one grows.

# %%
trade_stage = Stage(
    alt="Left: single fits, their average and the truth. Right: bars for noise floor, squared bias, variance and their sum",
    size=(8.6, 3.9),
    ncols=2,
)


@trade_stage.live(degree=(10, 1, 10), penalty=[0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0], rows=[25, 50, 100, 200])
def trade(degree, penalty, rows):
    fits = repeated_fits(world, degree, penalty, rows, n_repeats=200, rng=np.random.default_rng(5))
    parts = decompose(world, fits)
    draw_repeated_fits(trade_stage.axes[0], grid, fits @ polynomial_features(grid, degree).T, wave(grid))
    draw_parts(trade_stage.axes[1], parts)
    return (
        f"Degree {degree}, penalty {penalty:g}, {rows} rows: noise {parts.noise:.3f} + bias² {parts.squared_bias:.3f} "
        f"+ variance {parts.variance:.3f} = risk {parts.risk:.3f}."
    )


trade
