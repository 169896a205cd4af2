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
# # 10 · Is it drift, or Tuesday?
#
# *Unit 4 of 6: Drift. What moved, and does it matter?*
#
# ## The dashboard is red. Retrain?
#
# A travel desk forecasts which flights from New York will be late. The model was trained on January to June. For
# September it forecasts that 32% will be late. The drift dashboard is red, as it is every week, and
# nobody opens it any more.
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | derive the threshold of a drift score from what it does when nothing has changed | 16 |
# | tell covariate, label and concept drift and broken data apart, as far as the evidence goes | 9 |
# | say which alarm would have rung on real flights, and what false alarms and silence cost | 9 |
# | estimate a score without labels, and say when the estimate fails | 10 |
#
# About 44 minutes here, then 60 to 90 in the exercise. Terms are in the [glossary](glossary.ipynb).

# %%
import numpy as np
import pandas as pd
from scipy import stats

# %% jupyter={"source_hidden": true}
# isort: split
from holdout import Stage, explain, load, predict, resolve
from holdout.data.flights import PLANNED, WEATHER, as_numbers
from holdout.figures import style
from holdout.stats.clusters import mean_by_days
from holdout.stats.intervals import wilson_interval
from holdout.topics.drift import figures as views
from holdout.topics.drift.cases import NUMERIC, baseline, draw_parcels, evidence, parcel_pool
from holdout.topics.drift.experiments import expected_psi, psi_edges, psi_threshold
from holdout.topics.drift.monitor import (
    bill,
    counts_of_days,
    difference_of_means,
    largest_ratio,
    psi_of_counts,
    score_weeks,
    shift_to_share,
    shifted,
    sums_of_days,
)

style.use()

# %% [markdown]
# ## How large is a drift score when nothing has changed?
#
# The **population stability index** (PSI) cuts a feature into bins, *fixed on the reference*, and compares the shares
# of reference ($r$) and current window ($c$): $\sum_b (c_b - r_b) \ln(c_b / r_b)$. The rule of thumb says: below 0.1 is
# stable, above 0.25 has moved. It does not ask how many rows there are.

# %% jupyter={"source_hidden": true}
predict(
    "10.p1",
    "100 reference rows and 100 current rows from the *same* distribution, ten bins. How often is PSI above 0.1?",
    options=["about 1% of the time", "about 5%", "about 30%", "more than 80%"],
)

# %% [markdown]
# Below: PSI of 400 pairs of samples from the same distribution, and its law if rows are
# *independent* and many in each bin: $(1/n + 1/m)$ times chi-square with *bins − 1* degrees of freedom (Yurdakul, 2018).
#
# 1. **Find** the smallest number of rows at which 0.1 alarms in less than 5% of quiet windows.
# 2. Double the bins. Does the threshold that 5% exceed grow or shrink?

# %% jupyter={"source_hidden": true}
null_stage = Stage(
    alt="PSI of 400 windows without drift, the chi-square law and two thresholds",
    title="{share:.0%} of quiet windows exceed {threshold:.2f}",
    readout="{rows:,} rows on each side, {bins} bins: {share:.0%} of quiet windows exceed {threshold:.2f}. By the law 5% exceed {limit:.3f}; of these 400, {beyond:.0%} do.",
    size=(7.4, 3.5),
)


# %%
def quiet_psi(rows, bins, windows=400):
    """PSI of two samples with equal shares; an empty bin counts as half a row."""
    counts = np.random.default_rng(8).multinomial(rows, np.full(bins, 1 / bins), size=(windows, 2))
    r, c = np.moveaxis(np.maximum(counts, 0.5) / rows, 1, 0)
    return np.sum((c - r) * np.log(c / r), axis=1)


# %% jupyter={"source_hidden": true}
@null_stage.live(
    rows=[100, 200, 340, 500, 1000, 2000, 5000],
    bins=(5, 20, 5),
    threshold=(0.01, 0.3, 0.01),
    start={"bins": 10, "threshold": 0.1},
)
def null(rows, bins, threshold):
    values, noise = quiet_psi(rows, bins), 2 / rows
    grid = np.linspace(1e-9, noise * stats.chi2.isf(0.001, bins - 1), 200)
    limit = psi_threshold(rows, rows, bins, 0.05)
    views.draw_null(
        null_stage.ax, values, grid, stats.chi2.pdf(grid / noise, bins - 1) / noise, threshold, limit
    )
    return {"share": np.mean(values > threshold), "limit": limit, "beyond": np.mean(values > limit)}


null

# %% jupyter={"source_hidden": true}
small, large = quiet_psi(100, 10), quiet_psi(5000, 10)
beyond = [np.mean(quiet_psi(n, 10, 40_000) > psi_threshold(n, n, 10, 0.05)) for n in (50, 200)]
enough = next(n for n in range(100, 1000, 10) if psi_threshold(n, n, 10, 0.05) < 0.1)
twice = psi_threshold(500, 500, 20, 0.05) / psi_threshold(500, 500, 10, 0.05)
resolve(
    "10.p1", "more than 80%", f"{np.mean(small > 0.1):.0%}, and with 5,000 rows {np.mean(large > 0.1):.0%}."
)
explain(
    """
    **What it means.** (1) From about {enough} rows on each side. (2) It grows, {twice:.1f}-fold for 20 bins instead of 10. The same 0.1 alarms by chance in small windows and misses
    real changes in large ones: a normal feature that moves by 0.2 standard deviations has a PSI of {small_shift:.2f}. Of 40,000 windows with 5 rows per bin {few:.0%} exceed the 5% limit of the law, with 20 {many:.0%}.
    """,
    enough=enough,
    twice=twice,
    small_shift=expected_psi(0.2),
    few=beyond[0],
    many=beyond[1],
)

# %% [markdown]
# ## Rows that share a day are not independent
#
# Real flights: 30,000 of the 336,776 out of New York in 2013 ([lesson 04](04-how-was-this-split.ipynb)). All flights of a day share its
# weather, and Saturdays differ from Tuesdays.

# %% jupyter={"source_hidden": true}
flights = load("flights").dropna(subset="late").reset_index(drop=True)
flights["date"] = pd.to_datetime(flights[["year", "month", "day"]])
FIRST_MONDAY, WEEKS, REFERENCE = pd.Timestamp("2013-01-07"), 51, 25  # the reference ends with 30 June
flights["day_number"] = (flights["date"] - FIRST_MONDAY).dt.days
flights = flights[flights["day_number"].between(0, 7 * WEEKS - 1)]
flights = flights.sort_values(["day_number", "sched_dep_time"], kind="stable").reset_index(drop=True)
X, late, day = (
    as_numbers(flights, PLANNED + WEATHER),
    flights["late"].to_numpy(int),
    flights["day_number"].to_numpy(),
)
train = day < 7 * REFERENCE


def binned(values):
    """Rows of each day in ten bins that are fixed on the reference."""
    known = values[train & ~np.isnan(values)]
    return counts_of_days(day, values, psi_edges(known), 7 * WEEKS)


columns = {name: binned(X[name].to_numpy()) for name in X}
rows_per_week = train.sum() / REFERENCE


def limit_for_rows(name, weeks=1):
    """What 5% of quiet windows exceed if rows are independent; missing values have a bin of their own."""
    bins = int(np.sum(columns[name][: 7 * REFERENCE].sum(axis=0) > 0))
    return psi_threshold(int((REFERENCE - weeks) * rows_per_week), int(weeks * rows_per_week), bins, 0.05)


predict(
    "10.p2",
    "Threshold: what 5% of quiet weeks exceed if rows are independent. Of the 25 weeks from January to June, each against the other 24, "
    "how many exceed it in wind speed?",
    options=["about 1 of 25", "about 5 of 25", "about 12 of 25", "nearly all 25"],
)

# %% [markdown]
# So shuffle **days**: a shuffled week takes its Monday from the Mondays of the reference, its Tuesday from the Tuesdays. What
# 5% of shuffled weeks exceed is our threshold for flights.
#
# 1. **Find** a column for which both limits agree. What is special about it?
# 2. Make the windows four weeks long. Which limit do the real windows of the temperature exceed, and why?

# %% jupyter={"source_hidden": true}
SHOWN = ["wind_speed", "pressure", "temp", "carrier", "distance", "sched_dep_time"]
scored = {
    (name, weeks): score_weeks(columns[name], REFERENCE, psi_of_counts, window_weeks=weeks)
    for name in SHOWN
    for weeks in (1, 2, 4)
}
shuffle_stage = Stage(
    alt="PSI of weeks of shuffled days, the limit from them and the limit for independent rows",
    title="{column}: {chance:.0%} of quiet windows exceed the limit for rows",
    readout="{column}, {weeks}-week windows: limit {by_rows:.3f} if rows are independent, {by_days:.3f} from shuffled days. "
    "Of {n} real windows {above_rows} exceed the first and {above_days} the second.",
    size=(7.4, 3.6),
)


@shuffle_stage.flipbook(column=SHOWN, weeks=[1, 2, 4])
def shuffle_days(column, weeks):
    found = scored[column, weeks]
    by_rows = limit_for_rows(column, weeks)
    by_days = np.quantile(found.null, 0.95)
    views.draw_shuffled(shuffle_stage.ax, found.null, found.reference, by_rows, by_days)
    return {
        "chance": np.mean(found.null > by_rows),
        "by_rows": by_rows,
        "by_days": by_days,
        "n": len(found.reference),
        "above_rows": int(np.sum(found.reference > by_rows)),
        "above_days": int(np.sum(found.reference > by_days)),
    }


shuffle_days

# %% jupyter={"source_hidden": true}
wind, temperature = scored["wind_speed", 1], scored["temp", 4]
row_limit = limit_for_rows("wind_speed")
wind_limit = np.quantile(wind.null, 0.95)
wind_red, wind_folk = int(np.sum(wind.reference > row_limit)), int(np.sum(wind.reference > 0.1))
pressure = scored["pressure", 1]
pressure_red = int(np.sum(pressure.reference > np.quantile(pressure.null, 0.95)))
distance = scored["distance", 1]
distance_red = int(np.sum(distance.reference > np.quantile(distance.null, 0.95)))
assert stats.binomtest(distance_red, 25, 0.05, alternative="greater").pvalue < 0.01
assert stats.binomtest(pressure_red, 25, 0.05, alternative="greater").pvalue < 0.01
assert wind_red >= 22
for name in ("carrier", "distance", "sched_dep_time"):
    assert 0.85 < np.quantile(scored[name, 1].null, 0.95) / limit_for_rows(name) < 1.15
assert (temperature.reference > np.quantile(temperature.null, 0.95)).all()
resolve("10.p2", "nearly all 25", f"{wind_red} of 25; {wind_folk} are above 0.1.")
explain(
    """
    **What it means.** A week of {rows:.0f} flights has seven days of weather. Its threshold for wind speed is {limit:.2f}, not {row_limit:.3f}. (1) Carrier, distance, departure time: flights of one day are no more alike than those of two Tuesdays.
    (2) Both, in all {n} windows: season, probably; one year cannot tell season from drift.

    Weeks differ, too: {red} of 25 real weeks exceed the limit for pressure, {far} that for distance. Count your own quiet weeks.
    """,
    rows=rows_per_week,
    limit=wind_limit,
    row_limit=row_limit,
    n=len(temperature.reference),
    red=pressure_red,
    far=distance_red,
)

# %% [markdown]
# **At work.** A null from shuffled days, in plain pandas (six bins here):

# %%
quiet = flights[flights["day_number"] < 175].dropna(subset="wind_speed")
bins = pd.cut(quiet["wind_speed"], [-1, 5, 8, 10, 12, 15, 99])
by_day = pd.crosstab(quiet["day_number"], bins)  # rows per day and bin
rng, total, values = np.random.default_rng(0), by_day.sum(), []
for _ in range(500):
    picked = [7 * rng.integers(25) + weekday for weekday in range(7)]
    week = by_day.loc[by_day.index.isin(picked)].sum()
    r, c = (np.maximum(part, 0.5) / part.sum() for part in (total - week, week))
    values.append(((c - r) * np.log(c / r)).sum())
print(f"5% of shuffled weeks exceed {np.quantile(values, 0.95):.2f}")

# %% [markdown]
# ## What moved? Four causes, four repairs
#
# | cause | what changes | what stays | repair |
# |---|---|---|---|
# | **broken data** | how a value is written down | the parcels | fix the pipeline; do not retrain |
# | **covariate drift** | features, p(x) | risk given features, p(y given x) | check the new region; [weights](deeper/10-is-it-drift-or-tuesday.ipynb) |
# | **label drift** | how many are late, p(y) | what late ones look like, p(x given y) | [correct the forecasts](deeper/10-is-it-drift-or-tuesday.ipynb) by Bayes |
# | **concept drift** | risk given features, p(y given x) | features | new labels, new model |
#
# Look at three things: *impossible* values, *features* (PSI), *outcomes against forecasts*.
# Below, simulated parcels with a known cause and independent rows. Each bar is a
# measurement divided by its threshold; all eight share 5% false alarms.
#
# 1. For each cause, **find** which bars ring at size 0.7 (how strong the change is) with 1,000 parcels.
# 2. Which cause hides best from a dashboard that has features only?
# 3. What does label drift do to the forecast that concept drift does not?

# %% jupyter={"source_hidden": true}
pool = parcel_pool()
reference = baseline(draw_parcels(pool, "nothing", 0, 4000, np.random.default_rng(1)))


def in_units_of_threshold(found, rate=0.05):
    """Everything measured, divided by what chance alone exceeds; the rate is for all eight together."""
    rows_before = found["reference_rows"] - found["bad_reference"]
    limit = psi_threshold(rows_before, found["rows"] - found["bad"], found["bins"], rate, tests=8)
    usual = found["bad_reference"] / found["reference_rows"] * found["rows"]
    ratios = {"impossible or missing": found["bad"] / (stats.poisson.isf(rate / 8, max(usual, 1)) + 1)}
    ratios |= {name: value / limit for name, value in found["psi"].items()}
    surprise = abs(found["late"] - found["expected"]) / found["spread"]
    return ratios | {"late against forecast": surprise / stats.norm.isf(rate / 16)}


evidence_stage = Stage(
    alt="Eight measurements of one window, each divided by its alarm threshold",
    title="“{cause}” sets off: {alarms}",
    readout="{cause}, size {size:.1f}, {parcels:,} parcels, {late} late where {expected:.0f} were forecast. Alarms: {alarms}.",
    size=(7.8, 3.7),
)


@evidence_stage.live(
    cause=["label", "concept", "covariate", "broken data", "nothing"],
    size=(0.1, 0.9, 0.1),
    parcels=(250, 2000, 250),
    start={"cause": "label", "size": 0.7, "parcels": 1000},
)
def examine(cause, size, parcels):
    window = draw_parcels(pool, cause, size, parcels, np.random.default_rng(5))
    found = evidence(reference, window, labelled=parcels)
    ratios = in_units_of_threshold(found)
    views.draw_evidence(evidence_stage.ax, list(ratios), np.array(list(ratios.values())))
    alarms = ", ".join(name for name, ratio in ratios.items() if ratio > 1) or "no alarm"
    return {"alarms": alarms, "late": found["late"], "expected": found["expected"]}


examine

# %% jupyter={"source_hidden": true}
WINDOWS = 200
alarm_shares = {}
for cause in ("nothing", "broken data", "covariate", "label", "concept"):
    rows = []
    for seed in range(WINDOWS):
        window = draw_parcels(pool, cause, 0.7, 1000, np.random.default_rng(100 + seed))
        ratios = in_units_of_threshold(evidence(reference, window, labelled=1000))
        rows.append([ratios["impossible or missing"] > 1, max(ratios[name] for name in NUMERIC) > 1])
        rows[-1] += [ratios["forecast"] > 1, ratios["late against forecast"] > 1, max(ratios.values()) > 1]
    alarm_shares[cause] = np.mean(rows, axis=0)
measured = [
    "impossible or missing",
    "any feature",
    "the forecast",
    "late against forecast",
    "any of the eight",
]
fingerprints = pd.DataFrame(alarm_shares, index=measured).T
fingerprints.rename_axis(f"cause (share of {WINDOWS} windows that ring)").round(2)

# %% jupyter={"source_hidden": true}
quiet_low, quiet_high = wilson_interval(
    round(WINDOWS * fingerprints.loc["nothing", "any of the eight"]), WINDOWS
)
assert quiet_low < 0.08  # all windows share one reference, whose own luck stays
assert (
    fingerprints.loc["concept", "any feature"] < 0.15
    and fingerprints.loc["concept", "late against forecast"] > 0.9
)
assert fingerprints.loc["broken data", "impossible or missing"] > 0.9
assert fingerprints.loc["covariate", "any feature"] > 0.99
assert fingerprints.loc["label", "the forecast"] > 0.8 > 0.3 > fingerprints.loc["concept", "the forecast"]
explain(
    """
    **What it means.** (1) Broken data show in impossible values, sometimes elsewhere too; covariate drift in features and forecast, label drift in hour, forecast *and* outcomes, concept drift in outcomes. So look at impossible values first. One moved feature does not tell label from covariate drift. Without a change {low:.0%} to {high:.0%} of windows ring (95% interval).
    (2) Concept drift: only outcomes tell, and labels often [arrive late](deeper/10-is-it-drift-or-tuesday.ipynb#Labels-that-arrive-late). (3) More parcels *look* late, so the forecast moves too.
    Under covariate drift outcomes agree with forecasts: while the model is right there, a new one gains nothing.
    """,
    low=quiet_low,
    high=quiet_high,
)

# %% [markdown]
# ## The real case: what happened in September?
#
# Nobody here knows the cause of this drift. The model sees the schedule (month, times, carrier, airports,
# distance). Forecasts for January to June come from models that have not seen the day:

# %%
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict

model = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, early_stopping=False, random_state=0)


def forecast_flights(names):
    p = model.fit(X.loc[train, names], late[train]).predict_proba(X[names])[:, 1]
    p[train] = cross_val_predict(
        model, X.loc[train, names], late[train], groups=day[train], cv=GroupKFold(5), method="predict_proba"
    )[:, 1]
    return p


# %% jupyter={"source_hidden": true}
MODELS = {
    "schedule with month": PLANNED,
    "schedule": [name for name in PLANNED if name != "month"],
    "schedule and weather": [name for name in PLANNED if name != "month"] + WEATHER,
}
forecasts = {name: forecast_flights(names) for name, names in MODELS.items()}
predict(
    "10.p3",
    "September: the model with the month forecasts 32% late, and 15% are late. Limits from shuffled days, windows of four weeks: which alarm "
    "is red in September and in no window from January to June?",
    options=["PSI of any column", "PSI of the forecast", "late against forecast", "none of them"],
)

# %% [markdown]
# Left: forecast and outcome. Right: each window, divided by the limit from shuffled days.
#
# 1. **Find** what leaving out the month does to September's forecast, and adding the weather.
# 2. With the month, four weeks: which alarms are red before July already?

# %% jupyter={"source_hidden": true}
ones = np.ones(len(late))
COLUMN, FORECAST, SHARE, OUTCOME = (
    "PSI of any column",
    "PSI of the forecast",
    "share late",
    "late against forecast",
)


def in_windows(value, weeks):
    """Absolute difference of a mean from the reference's, window by window."""
    sums = sums_of_days(day, np.c_[value, ones], 7 * WEEKS)
    return score_weeks(sums, REFERENCE, difference_of_means, window_weeks=weeks).absolute()


by_column = {
    (name, weeks): score_weeks(columns[name], REFERENCE, psi_of_counts, window_weeks=weeks)
    for name in PLANNED + WEATHER
    for weeks in (1, 4)
}
watched = {}
for name, names in MODELS.items():
    for weeks in (1, 4):
        watched[name, COLUMN, weeks] = largest_ratio([by_column[column, weeks] for column in names])
        watched[name, FORECAST, weeks] = score_weeks(
            binned(forecasts[name]), REFERENCE, psi_of_counts, window_weeks=weeks
        )
        watched[name, SHARE, weeks] = in_windows(late, weeks)
        watched[name, OUTCOME, weeks] = in_windows(late - forecasts[name], weeks)
months = mean_by_days(late, flights["date"], flights["month"])
month_forecasts = {name: pd.Series(p).groupby(flights["month"]).mean() for name, p in forecasts.items()}
watch_stage = Stage(
    alt="Forecast and outcome of each month, and a drift score of each window in units of its limit",
    title="September: forecast {forecast:.0%}, late {late:.0%}; {alarm}: {red} of {n} windows red",
    readout="Model: {model}. {alarm}, {weeks}-week windows: red in {red_before} of {n_before} windows from January to June and in {red} of {n} later ones.",
    size=(9.4, 3.8),
    ncols=2,
)


@watch_stage.live(
    model=list(MODELS), alarm=[OUTCOME, SHARE, FORECAST, COLUMN], weeks=[1, 4], start={"weeks": 4}
)
def watch(model, alarm, weeks):
    found = watched[model, alarm, weeks]
    limit = np.quantile(found.null, 0.95)
    shown = months.assign(forecast=month_forecasts[model])
    views.draw_watch(watch_stage.axes, shown, (found.reference, found.watched), limit, weeks, REFERENCE)
    return {
        "forecast": month_forecasts[model][9],
        "late": months["mean"][9],
        "red": int(np.sum(found.watched > limit)),
        "n": len(found.watched),
        "red_before": int(np.sum(found.reference > limit)),
        "n_before": len(found.reference),
    }


watch

# %% jupyter={"source_hidden": true}
table = pd.DataFrame(month_forecasts).assign(late=months["mean"])
in_september = table.loc[9]


def red(model, alarm, weeks):
    """Red windows of the reference, and positions of later ones."""
    found = watched[model, alarm, weeks]
    limit = np.quantile(found.null, 0.95)
    return int(np.sum(found.reference > limit)), np.flatnonzero(found.watched > limit)


column_red, column_later = red("schedule with month", COLUMN, 4)
forecast_red, forecast_later = red("schedule with month", FORECAST, 4)
outcome_red, outcome_later = red("schedule with month", OUTCOME, 4)
weekly_red = red("schedule with month", OUTCOME, 1)[0]
assert [round(in_september[name], 2) for name in ("schedule with month", "late")] == [0.32, 0.15]  # p3
assert outcome_red == 0 and 2 in outcome_later and min(column_red, forecast_red) >= 4
late_rows, on_time = (forecasts["schedule"][train & (late == one)].mean() for one in (1, 0))
label_would = (late_rows - on_time) * (in_september["late"] - late[train].mean())
forecast_move = mean_by_days(forecasts["schedule"], flights["date"], np.where(train, 0, flights["month"]))
moved_by = forecast_move["mean"][9] - forecast_move["mean"][0]
moved_half = np.hypot(forecast_move["half"][9], forecast_move["half"][0])
missing = X[WEATHER].isna().any(axis=1).groupby(flights["month"]).mean()
resolve("10.p3", "late against forecast")
explain(
    """
    **What it means.** Candidates for September:

    - **The model's own mistake.** It has never seen month 9; a tree treats it as June. Without the month it forecasts {schedule:.1%} where {late:.1%} were late: {rest:.0%} of the excess remains.
    - **Covariate drift?** The weather moves, and explains little: with it, the forecast is {weather:.0%}.
    - **Broken data?** Some weather value is missing in {missing:.0%} of the rows of September, {missing_before:.0%} before. No value looks impossible.
    - **Label or concept drift?** Pure label drift would move the mean forecast by {would:+.3f}; it moved by {moved:+.3f} ± {half:.3f}. These columns separate late flights too badly to tell the two apart.
    - **Chance?** {outcome} of 6 windows before July are red, and {later} of 6 later ones. Week by week {weekly} of 25 are red where 5% should be.

    PSI of any column is red in {column} of 6 windows before July, PSI of the forecast in {forecast} of 6. Without the month as a column: {column_without} and {forecast_without}; the schedule's other columns move, too.
    """,
    schedule=in_september["schedule"],
    late=in_september["late"],
    rest=(in_september["schedule"] - in_september["late"])
    / (in_september["schedule with month"] - in_september["late"]),
    weather=in_september["schedule and weather"],
    missing=missing[9],
    missing_before=missing[:6].mean(),
    would=label_would,
    moved=moved_by,
    half=moved_half,
    outcome=outcome_red,
    later=len(outcome_later),
    weekly=weekly_red,
    column=column_red,
    forecast=forecast_red,
    column_without=red("schedule", COLUMN, 4)[0],
    forecast_without=red("schedule", FORECAST, 4)[0],
)

# %% [markdown]
# **At work.** Outcomes against forecasts, with the day as the unit; neighbouring days are alike, which widens the interval:

# %%
september = flights["month"] == 9
gap = (late - forecasts["schedule"])[september]
by_day = pd.Series(gap).groupby(day[september]).mean()
half, r = 1.96 * by_day.sem(), by_day.autocorr()
print(
    f"late minus forecast {by_day.mean():+.3f} ± {half:.3f}, with neighbours ± {half * np.sqrt((1 + r) / (1 - r)):.3f}"
)

# %% [markdown]
# ## False alarms and silence, always together, in money
#
# For each flight the desk may hold a seat for rebooking (30 €), and does so from a risk of 30% on. A late flight without one costs
# 100 €. The month is left out now. A false alarm costs 800 €; their rate before July is taken for the 91 days from 1 September, the change, to 30 November.

# %% jupyter={"source_hidden": true}
COMPANY = 336_776 / 30_000  # flights of 2013 for each one in the table
p = forecasts["schedule"]


def cost_of_each(forecast, outcome):
    return np.where(forecast >= 0.3, 30.0, 100.0 * outcome)


autumn = flights["month"].between(9, 11).to_numpy()
level = shifted(p[autumn], shift_to_share(p[autumn], late[autumn].mean()))
waste = cost_of_each(p[autumn], late[autumn]) - cost_of_each(level, late[autumn])
per_flight = mean_by_days(waste, flights["date"][autumn], np.zeros(autumn.sum()))
per_day = COMPANY * autumn.sum() / 91
price_of_day, price_half = per_day * per_flight["mean"][0], per_day * per_flight["half"][0]
assert price_of_day > price_half
lines = {}
for weeks in (1, 4):
    for alarm in (COLUMN, FORECAST, SHARE, OUTCOME):
        found = watched["schedule", alarm, weeks]
        lines[alarm, weeks] = bill(
            found,
            np.quantile(found.null, 0.95),
            window_days=7 * weeks,
            change=62,
            end=153,
            price_of_alarm=800,
            price_of_day=price_of_day,
        )
largest = np.max([by_column[name, 1].watched for name in MODELS["schedule"]], axis=0)
largest_before = np.max([by_column[name, 1].reference for name in MODELS["schedule"]], axis=0)
folklore = by_column["carrier", 1]._replace(reference=largest_before, watched=largest)
lines["PSI of any column above 0.1", 1] = bill(
    folklore, 0.1, window_days=7, change=62, end=153, price_of_alarm=800, price_of_day=price_of_day
)
bills = pd.DataFrame(lines).T.rename_axis(["alarm", "weeks"])
bills["red before July"] = [f"{row.red_before:.0f} of {row.windows_before:.0f}" for row in bills.itertuples()]
bills["thousand €"] = (bills["cost"] / 1000).round(1)
bills = bills.rename(columns={"red_after": "red from July on", "silent_days": "silent days"})
bills[["red before July", "red from July on", "silent days", "thousand €"]].astype(
    {"red from July on": int, "silent days": int}
)

# %% jupyter={"source_hidden": true}
best = bills.loc[(OUTCOME, 1)]
slow = bills.loc[(OUTCOME, 4)]
by_month = watched["schedule", OUTCOME, 4]
july = by_month.watched[:2] > np.quantile(by_month.null, 0.95)
assert july.tolist() == [True, False]
never = bills.loc[("PSI of any column above 0.1", 1)]
assert slow["red before July"] == "0 of 6" and never["red from July on"] == 0 and never["silent days"] == 91
explain(
    """
    **What it means.** From September to November the forecasts cost the desk {price:,.0f} ± {half:,.0f} € per day more than if their mean were right ({flights:,.0f} flights; 95%, days as clusters). Weekly windows of outcomes first ring after {fast} days, for {best:.0f} ± {best_half:.0f} thousand €, but hardly more often ({week_after} of 26) than before July ({week_before}). Four-week windows had no alarm before July, one in July (not billed), and need {slow_days} days: {slow:.0f} ± {slow_half:.0f}. A PSI limit of 0.1 on the schedule never rings: {never:.0f} ± {never_half:.0f}. One change in one year. [Deeper](deeper/10-is-it-drift-or-tuesday.ipynb#False-alarms-and-delay,-by-formula) has the formula.
    """,
    price=price_of_day,
    half=price_half,
    flights=per_day,
    week_after=int(best["red from July on"]),
    week_before=best["red before July"],
    best=best["thousand €"],
    fast=int(best["silent days"]),
    slow_days=int(slow["silent days"]),
    slow=slow["thousand €"],
    never=never["thousand €"],
    best_half=best["silent days"] * price_half / 1000,
    slow_half=slow["silent days"] * price_half / 1000,
    never_half=never["silent days"] * price_half / 1000,
)

# %% [markdown]
# ## A score without labels
#
# Labels arrive late, forecasts at once. If they are **calibrated**, a flight with risk $p$ has an
# expected squared error of $p(1-p)$. Its mean estimates the Brier score, and the same works for costs (the library NannyML
# calls it CBPE).

# %% jupyter={"source_hidden": true}
predict(
    "10.p4",
    "Without the month, the estimated Brier score is 0.18 in every month. What is the real one in September, the month with few late flights?",
    options=["about 0.13", "about 0.16", "about 0.18", "about 0.23"],
)

# %%
p = forecasts["schedule"]
scores = pd.DataFrame(
    {"month": flights["month"], "estimated Brier": p * (1 - p), "real Brier": (late - p) ** 2}
)
held = p >= 0.3
scores["estimated €"] = np.where(held, 30, 100 * p)
scores["real €"] = np.where(held, 30, 100 * late)
scores.groupby("month").mean().loc[[6, 7, 8, 9, 10, 11, 12]].round(3)

# %% jupyter={"source_hidden": true}
by_month = scores.groupby("month").mean()
off = mean_by_days(scores["real Brier"] - scores["estimated Brier"], flights["date"], flights["month"])
windows = {}
for number, (cause, size) in enumerate(
    {"nothing": 0, "covariate": 0.8, "label": 0.8, "concept": 0.8}.items()
):
    rows = draw_parcels(pool, cause, size, 20_000, np.random.default_rng([10, number]))
    risk, outcome = rows["forecast"].to_numpy(), rows["late"].to_numpy()
    difference = (outcome - risk) ** 2 - risk * (1 - risk)
    windows[cause] = [
        np.mean(risk * (1 - risk)),
        np.mean((outcome - risk) ** 2),
        1.96 * difference.std(ddof=1) / np.sqrt(len(rows)),
    ]
assert abs(windows["covariate"][1] - windows["covariate"][0]) < 2 * windows["covariate"][2]
assert all(windows[cause][1] - windows[cause][0] > 3 * windows[cause][2] for cause in ("label", "concept"))
estimates = by_month.loc[7:, "estimated Brier"]
assert estimates.max() - estimates.min() < 0.01 and by_month.loc[9, "real Brier"] < 0.14
resolve("10.p4", "about 0.13")
explain(
    """
    **What it means.** The estimate stays between {low:.3f} and {high:.3f}. Really it was {july:.3f} in July, {september:.3f} in September and {december:.3f} in December (differences from the estimate {d7:+.3f} ± {h7:.3f}, {d9:+.3f} ± {h9:.3f}, {d12:+.3f} ± {h12:.3f}).
    It is computed from features alone. On parcels with a known cause (20,000 rows each; ± 95% for the difference):

    | cause | estimated | real | ± |
    |---|--:|--:|--:|
    {table}

    Under covariate drift it is right before any label is there, if the forecasts hold in the new region (here the true risk). Under label and concept drift it fails, and nothing in it says so. Use it between checks of outcomes, not in place of them.
    """,
    low=estimates.min(),
    high=estimates.max(),
    july=by_month.loc[7, "real Brier"],
    september=by_month.loc[9, "real Brier"],
    december=by_month.loc[12, "real Brier"],
    d7=off["mean"][7],
    h7=off["half"][7],
    d9=off["mean"][9],
    h9=off["half"][9],
    d12=off["mean"][12],
    h12=off["half"][12],
    table="\n".join(f"| {cause} | {a:.3f} | {b:.3f} | {c:.3f} |" for cause, (a, b, c) in windows.items()),
)

# %% [markdown]
# ## The trap: follow the last month
#
# The desk corrects the level of all forecasts each month by the outcomes of the month before.

# %% jupyter={"source_hidden": true}
followed = {}
p = forecasts["schedule"]
month = flights["month"].to_numpy()
saved, saved_dates = [], []
for now in range(7, 13):
    here, last = month == now, month == now - 1
    corrected = shifted(p[here], shift_to_share(p[last], late[last].mean()))
    left, follow = cost_of_each(p[here], late[here]), cost_of_each(corrected, late[here])
    saved.append(left - follow)
    saved_dates.append(flights["date"][here])
    scale = COMPANY * here.sum() / 1000
    followed[now] = [corrected.mean(), late[here].mean(), scale * left.mean(), scale * follow.mean()]
followed = pd.DataFrame(
    followed, index=["corrected forecast", "late", "leave it alone", "follow the last month"]
).T
followed.rename_axis("month (costs in thousand €)").round(
    {"corrected forecast": 2, "late": 2, "leave it alone": 0, "follow the last month": 0}
)

# %% jupyter={"source_hidden": true}
dates, gains, months_of = (
    np.concatenate(saved_dates),
    np.concatenate(saved),
    np.repeat(range(7, 13), list(map(len, saved))),
)


def thousand(*some):
    """What following gained in some months, with half of its interval."""
    rows = np.isin(months_of, some)
    found = mean_by_days(gains[rows], dates[rows], np.zeros(rows.sum()))
    return [COMPANY * rows.sum() / 1000 * found[part][0] for part in ("mean", "half")]


autumn_gain, december_gain, all_gain = thousand(10, 11), thousand(12), thousand(*range(7, 13))
explain(
    """
    **What it costs.** Following gains {autumn:.0f} ± {autumn_half:.0f} thousand € in October and November, and loses {december:.0f} ± {december_half:.0f} in December alone. Over the six months it gains {gain:.0f} ± {half:.0f} (95%, days as clusters): not distinguishable from leaving it alone.
    """,
    autumn=autumn_gain[0],
    autumn_half=autumn_gain[1],
    december=-december_gain[0],
    december_half=december_gain[1],
    gain=all_gain[0],
    half=all_gain[1],
)

# %% [markdown]
# ## Say it out loud
#
# Early October. Write both first.

# %% jupyter={"source_hidden": true}
september_only = month == 9
september_gap = pd.Series((late - forecasts["schedule"])[september_only]).groupby(day[september_only]).mean()
neighbours = september_gap.autocorr()
september_half = 1.96 * september_gap.sem() * np.sqrt((1 + neighbours) / (1 - neighbours))
assert september_gap.mean() + september_half < 0
explain(
    """
    **In the review, a senior says:** "Of the {excess:.0f} points that we were off in September, {own:.0f} were ours: the model has the month as a column and had never seen a September. Without it we forecast {forecast:.1%} and {late:.1%} were late, {gap:.0f} ± {half:.0f} points less (95%, neighbouring days alike). Of windows of four weeks from shuffled days, 5% are off by more than {limit:.0f}.
    Our weather columns explain {weather:.0f} of the {gap:.0f}. We have no second September to compare. I take out the month, keep the model, and watch outcomes by the week, cheaper in our case."

    **Finance is told:** "In September the old forecasts made us hold about {seats:,.0f} seats. Whether it stays so quiet, one year of data cannot tell; keep the winter budget."
    """,
    excess=100 * (in_september["schedule with month"] - in_september["late"]),
    own=100 * (in_september["schedule with month"] - in_september["schedule"]),
    forecast=in_september["schedule"],
    late=in_september["late"],
    gap=-100 * september_gap.mean(),
    half=100 * september_half,
    weather=100 * (in_september["schedule"] - in_september["schedule and weather"]),
    limit=100 * np.quantile(watched["schedule", OUTCOME, 4].null, 0.95),
    seats=round(COMPANY * np.sum(forecasts["schedule with month"][september_only] >= 0.3), -2),
)

# %% [markdown]
# ## What you take with you
#
# - A drift score without drift is not 0. Derive the threshold from rows, bins, number of tests and a chosen rate.
# - Rows that share a day are not independent: shuffle days, Mondays among Mondays.
# - Each cause has its pattern and its repair; real evidence may not decide between them.
# - False alarms and delay belong together, in money.
# - A score without labels misses concept drift, and most of what label drift costs.
#
# ## Next
#
# **[Exercise 10](../exercises/10-is-it-drift-or-tuesday/10-is-it-drift-or-tuesday.ipynb)**, then **lesson 11, The canary**.
# **[Deeper](deeper/10-is-it-drift-or-tuesday.ipynb)**: the cheapest threshold (10.choose), label drift repaired (10.label_shift), weights, detectors,
# weekdays, late labels.
