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
# # 04 · How was this split?
#
# *Unit 2 of 6: Leakage.*
#
# ## It was nearly perfect in the notebook and ordinary in June. What happened?
#
# A colleague's new model for late parcels is *"almost perfect on held-out parcels"*. It has been in use since the first of
# June, and nothing has improved. The test rows really were held out. Ask first: **"How was this split?"**
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | find columns that are written after the fact | 15 |
# | say which rows, columns and days a score rests on | 20 |
# | repair a study with scikit-learn, and say what it saves | 10 |
#
# About 45 minutes here, then 60 to 90 in the exercise. All terms are in the [glossary](glossary.ipynb).

# %%
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, cross_val_score, train_test_split

# %% jupyter={"source_hidden": true}
# isort: split
import itertools

import ipywidgets as widgets
import numpy as np
import pandas as pd

from holdout import Stage, explain, load, predict, resolve
from holdout.data import flights as flight_columns
from holdout.figures import style
from holdout.stats.auc import interval, resampled_auc
from holdout.stats.folds import random_folds
from holdout.topics.leakage import deliveries
from holdout.topics.leakage import figures as views
from holdout.topics.leakage.deliveries import LATER, as_numbers, at_acceptance, labelled_parcels
from holdout.topics.leakage.experiments import (
    group_study,
    grouped_rows,
    nearest_is_sibling,
    selection_study,
)

style.use()

# %% [markdown]
# ## What the colleague did
#
# He took 15 columns, split the parcels at random, and fitted gradient boosting. `LATER` holds three of the columns: compensation paid, customer contacts, and the courier's
# latest estimate. Where would *you* ask a question?

# %%
parcels = labelled_parcels()
past = parcels[parcels["label_available_at"] < "2025-06-01"]
train, test = train_test_split(past, test_size=0.25, random_state=0)
model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
model.fit(as_numbers(train, LATER), train["late"])


def area(model, rows, columns):
    return roc_auc_score(rows["late"], model.predict_proba(as_numbers(rows, columns))[:, 1])


print(f"{len(test):,} held-out parcels, area under the ROC curve {area(model, test, LATER):.3f}")

# %% [markdown]
# The **area under the ROC curve** (AUC) is the probability that a late parcel gets a higher score than one on time: 0.5 is guessing, 1 is perfect.

# %% jupyter={"source_hidden": true}
predict(
    "04.p1",
    "The report says 0.998 on held-out parcels. What will the AUC be on the parcels of June, scored when they are accepted?",
    options=["above 0.95", "0.85 to 0.95", "0.75 to 0.85", "below 0.75"],
)

# %% [markdown]
# When a parcel is accepted, nobody has been compensated or has called, and the courier's estimate is still the planned time: `at_acceptance` fills in
# these values.

# %%
june = parcels[parcels["accepted_at"] >= "2025-06-01"].drop_duplicates("parcel_id")
print(f"June, as accepted: area under the ROC curve {area(model, at_acceptance(june), LATER):.3f}")

# %% jupyter={"source_hidden": true}
reported, in_june = area(model, test, LATER), area(model, at_acceptance(june), LATER)
assert reported > 0.99 and in_june < 0.75
resolve(
    "04.p1",
    "below 0.75",
    f"It is {in_june:.3f}.",
)
explain(
    """
    **What it means.** {reported:.3f} in the report, {in_june:.3f} in use: three columns contained the answer. This is a **leak**: information that is in the study and will not be there in use.
    """,
    reported=reported,
    in_june=in_june,
)

# %% [markdown]
# ## Three questions find eight types of leak
#
# Kapoor and Narayanan (*Patterns* 2023) sorted leaks that were reported in 294 papers from 17 fields into eight types. Three questions cover them:
#
# | ask | types | where |
# |---|---|---|
# | **Which rows?** Did test rows reach a `fit`, or are their copies or relatives in training? | 1 no test set; 2 preparation and 3 selection of columns on all rows; 4 duplicates; 7 one group on both sides | *Selection*, *Groups* |
# | **Which columns?** Is each one known at the moment of use? | 5 columns that are not legitimate | *Flights* |
# | **Which day?** Is the test later than training, and like the world of use? | 6 the future predicts the past; 8 test rows chosen differently from those in use | *Flights*; [lesson 10](10-is-it-drift-or-tuesday.ipynb) |
#
# First, two row leaks on simulated data in which the columns say **nothing** about the label. An honest score is one half *on average*; single small studies scatter widely. Whatever is better than that on average comes from the leak.
#
# ## Selection: choosing columns is part of fitting
#
# 50 patients, half of them ill, and 5,000 genes unrelated to the illness. A study keeps the 100 genes most correlated with the label, then cross-validates a
# 1-nearest-neighbour model. Ambroise and McLachlan (2002) found this in published work on cancer.

# %% jupyter={"source_hidden": true}
predict(
    "04.p2",
    "The 100 columns are chosen on all rows, then the model is cross-validated on them. Which error will the study report?",
    options=["about 50%", "about 35%", "about 20%", "below 10%"],
)

# %% [markdown]
# First the columns are chosen on all rows. Then the repair: a `Pipeline` chooses again in each fold, on its training rows only.

# %%
from sklearn.feature_selection import SelectKBest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

X, y = np.random.default_rng(1).standard_normal((50, 5000)), np.arange(50) % 2
neighbour, select_best = KNeighborsClassifier(1), SelectKBest(k=100)

selected_first = cross_val_score(neighbour, select_best.fit_transform(X, y), y)
selected_inside = cross_val_score(make_pipeline(select_best, neighbour), X, y)
print(f"columns chosen on all rows      {1 - selected_first.mean():.0%} errors")
print(f"columns chosen in each fold     {1 - selected_inside.mean():.0%} errors")

# %% jupyter={"source_hidden": true}
signed = selection_study(50, 5000, 100, 20, np.random.default_rng(4))
either_sign = selection_study(50, 5000, 100, 20, np.random.default_rng(5), signed=False)
assert abs(signed.reported.mean() - 0.03) < 4 * 0.03 / np.sqrt(20) + 0.005
assert either_sign.reported.mean() < signed.reported.mean() and 0.4 < either_sign.honest.mean() < 0.62
resolve(
    "04.p2",
    "below 10%",
    f"{either_sign.reported.mean():.0%} on average over 20 such studies; single studies scatter.",
)
explain(
    """
    **Published and measured.** Hastie, Tibshirani and Friedman (2009, section 7.10.2) report 3% over 50 such simulations; the truth is 50%. Over 20, we measure
    {signed:.1%} ± {error:.1%} if "highest correlation" means the largest positive ones, {absolute:.1%} if negative ones count too, as in `SelectKBest`.
    """,
    signed=signed.reported.mean(),
    error=2 * views.standard_error(signed.reported),
    absolute=either_sign.reported.mean(),
)

# %% [markdown]
# **Find** which of the three settings lower the reported error when you raise them. Each dot is one study; the bars are means with two standard errors.

# %% jupyter={"source_hidden": true}
selection_stage = Stage(
    alt="Reported and honest cross-validation error on noise, eight studies each",
    title="{kept} of {columns:,} columns, {rows} rows: reported {reported:.0%}, honest {honest:.0%}",
    readout="Chosen on all rows {reported:.0%} ± {error:.0%} errors, in each fold {honest:.0%}; the truth is 50%. The ± is two standard errors over 8 studies.",
    size=(7, 3.8),
)


# %%
@selection_stage.live(columns=[200, 500, 1000, 2000], kept=[1, 10, 100], rows=[30, 50, 100],
                      start={"columns": 2000, "kept": 10, "rows": 50})  # fmt: skip
def choose(columns, kept, rows):
    study = selection_study(rows, columns, kept, 8, np.random.default_rng(3), signed=False)
    return views.draw_selection(selection_stage.ax, study)


choose

# %% jupyter={"source_hidden": true}
settings = [
    (200, 10, 50),
    (2000, 10, 50),
    (2000, 10, 100),
    (2000, 1, 50),
    (2000, 100, 50),
    (200, 100, 50),
    (200, 190, 50),
]
by_chance = {
    (columns, kept, rows): selection_study(rows, columns, kept, 8, np.random.default_rng(3), signed=False)
    for columns, kept, rows in settings
}
means = {key: study.reported.mean() for key, study in by_chance.items()}
assert (
    means[2000, 100, 50] < means[2000, 10, 50] < min(means[200, 10, 50], means[2000, 10, 100]) < means[2000, 1, 50]
)  # fmt: skip
assert means[200, 10, 50] < means[200, 100, 50] < means[200, 190, 50] and abs(means[200, 190, 50] - 0.5) < 0.1
explain(
    """
    **What it means.** With 10 of 2,000 columns and 50 rows the report says {usual:.0%} errors. **Fewer to choose from** (200) makes the leak smaller ({fewer:.0%}), and so do **more rows** (100: {rows:.0%}).
    **Keeping more** makes it worse, up to a point: one column gives {one:.0%}, a hundred give {hundred:.0%}. Of 200 columns, 10 give {fewer:.0%}, 100 give {half:.0%} and 190 give {nearly_all:.0%}: whoever keeps nearly all has chosen nothing. The *model* never saw a test row; the selection did.
    """,
    usual=means[2000, 10, 50],
    fewer=means[200, 10, 50],
    rows=means[2000, 10, 100],
    one=means[2000, 1, 50],
    hundred=means[2000, 100, 50],
    half=means[200, 100, 50],
    nearly_all=means[200, 190, 50],
)

# %% [markdown]
# The same holds for every step that looks at labels, and for repeating rare rows *before* the split. [Deeper](deeper/04-how-was-this-split.ipynb)
# measures copies, target encoding, time series, and steps that use no labels.
#
# ## Groups: it recognises the patient, not the illness
#
# The diagnosis belongs to the patient, who has several scans. If ten *scans* per patient go to five folds at random, a test scan has on average seven others of its
# patient in training.
#
# **Find** the smallest number of scans per patient at which the report is misleading. Then raise `spread` (how far the scans of one patient lie apart) until the leak is nearly gone.

# %% jupyter={"source_hidden": true}
groups_stage = Stage(
    alt="Left: scans of eight patients in lanes. Right: accuracy with random folds and with whole patients held out",
    title="The nearest training scan is of the same patient for {same:.0%} of the scans",
    readout="{scans} scans per patient, spread {spread:.1f}: scans at random {reported:.0%}, whole patients {honest:.0%}. For a new patient the truth is 50%.",
    size=(9, 3.9),
    ncols=2,
)


# %%
@groups_stage.live(scans=[1, 2, 5, 10], spread=(0.1, 2.0, 0.1), start={"scans": 5, "spread": 0.1})
def hold_out(scans, spread):
    X, y, patient = grouped_rows(40, scans, spread, np.random.default_rng(11))
    same = nearest_is_sibling(X, patient, random_folds(len(y), 5, np.random.default_rng(12)))
    study = group_study(40, scans, spread, 6, np.random.default_rng(14))
    return {"same": same} | views.draw_hold_out(groups_stage.axes, X, y, patient, study)


hold_out

# %% jupyter={"source_hidden": true}
# as in the figure
tight, pairs, wide = (
    group_study(40, scans, spread, 6, np.random.default_rng(14))
    for scans, spread in ((10, 0.1), (2, 0.1), (10, 2.0))
)
pairs, wide = pairs.reported.mean(), wide.reported.mean()
assert tight.reported.mean() > 0.99 and pairs > 0.8 and abs(wide - 0.5) < 0.06
assert abs(tight.honest.mean() - 0.49) < 4 * 0.08 / np.sqrt(6)  # 40 independent labels a study: sd 0.08
explain(
    """
    **What it means.** With ten tight scans per patient, {reported:.0%} against {honest:.0%}. Both are correct, for different questions: a new scan of a **known** patient, and a scan of a **new** patient. Two scans are
    enough ({pairs:.0%}). At spread 2 patients overlap, and the leak is nearly gone ({wide:.0%}). On three public sets of OCT scans this leak raised accuracy by 5 to 30 points (Tampu, Eklund and Haj-Hosseini 2022). So ask whom the model will meet in use: the parcels of June come with couriers that it knows.
    """,
    reported=tight.reported.mean(),
    honest=tight.honest.mean(),
    pairs=pairs,
    wide=wide,
)

# %% [markdown]
# **At work.** Name the group; scikit-learn keeps it together.

# %%
from sklearn.model_selection import GroupKFold, KFold

X, y, patient = grouped_rows(40, 10, 0.1, np.random.default_rng(13))
at_random = cross_val_score(neighbour, X, y, cv=KFold(5, shuffle=True, random_state=0))
by_patient = cross_val_score(neighbour, X, y, groups=patient, cv=GroupKFold(5))
print(f"scans at random {at_random.mean():.0%}, whole patients {by_patient.mean():.0%}")

# %% [markdown]
# ## The real case: nineteen columns about flights
#
# 30,000 real flights from New York in 2013 ([card](../datasets/flights/README.md)). On the evening before, will a flight arrive 15 minutes late or more? Which of the nineteen columns
# are written later? The data can help: for a **cancelled** flight, nothing that happens after departure is ever written.

# %% jupyter={"source_hidden": true}
predict(
    "04.p3",
    "How many of the nineteen columns are blank for every cancelled flight?",
    options=["2 columns", "5 columns", "9 columns", "13 columns"],
)

# %%
flights = load("flights")
nineteen = flights.loc[:, "year":"time_hour"]
cancelled = flights["dep_time"].isna()
filled = nineteen[cancelled].notna().mean()
filled[filled < 1].map("{:.0%} filled".format).to_frame(f"of {cancelled.sum()} cancelled flights")

# %% jupyter={"source_hidden": true}
assert nineteen.shape[1] == 19 and (filled == 0).sum() == 5 and (filled < 1).sum() == 6
assert set(filled[filled == 0].index) == set(flight_columns.written(flight_columns.AFTER)) - {"late"}
resolve("04.p3", "5 columns", "Departure, arrival, both delays and the air time.")
explain(
    """
    **What it means.** Five columns are written after the fact; none may be used. `tailnum`, the aircraft, is filled for {tail:.0%}: it can change until departure. A filled column can still be too late:
    the weather here is that of the departure hour; the evening before there is only a forecast. And {missing} cancelled or
    diverted flights have no outcome, so the model is trained and tested on the others only (type 8).
    """,
    tail=filled["tailnum"],
    missing=f"{flights['late'].isna().sum()}",
)

# %% [markdown]
# ### One study, three splits
#
# We use nine schedule columns: month, weekday, scheduled times, carrier, flight number, airports and distance. One more is certainly known the evening before: the **day of the year**.

# %% jupyter={"source_hidden": true}
predict(
    "04.p4",
    "You add the day of the year. Where does the AUC rise more: when random rows are held out, or when whole days are?",
    options=[
        "more on the whole days",
        "more on the random rows",
        "by about as much on both",
        "it does not rise on either",
    ],
)

# %%
arrived = flights[flights["late"].notna()].reset_index(drop=True)
day = pd.to_datetime(arrived[["year", "month", "day"]])
splits = {
    "random rows": next(ShuffleSplit(1, test_size=0.25, random_state=0).split(arrived)),
    "whole days": next(GroupShuffleSplit(1, test_size=0.25, random_state=0).split(arrived, groups=day)),
    "by time, from September": (np.flatnonzero(arrived["month"] < 9), np.flatnonzero(arrived["month"] >= 9)),
}

# %% jupyter={"source_hidden": true}
SCHEDULE = flight_columns.PLANNED_AND_NUMBER
COLUMNS = {
    "schedule": SCHEDULE,
    "schedule and day of the year": [*SCHEDULE, "day_of_year"],
    "schedule and weather of that hour": [*SCHEDULE, *flight_columns.written(flight_columns.HOUR)],
    "schedule and what is written later": [*SCHEDULE, "dep_time", "dep_delay", "arr_time", "air_time"],
}
late, measured, draws, forecast = arrived["late"].to_numpy(int), {}, {}, {}
for split, (train_rows, test_rows) in splits.items():
    for name, columns in COLUMNS.items():
        numbers = flight_columns.as_numbers(arrived, columns)
        fitted = HistGradientBoostingClassifier(max_iter=40, random_state=0)
        fitted.fit(numbers.iloc[train_rows], late[train_rows])
        forecast[split, name] = fitted.predict_proba(numbers.iloc[test_rows])[:, 1]
        measured[split, name] = roc_auc_score(late[test_rows], forecast[split, name])
    again = resampled_auc(
        late[test_rows],
        [forecast[split, name] for name in COLUMNS],
        day[test_rows],
        300,
        np.random.default_rng(0),
    )
    draws |= {(split, name): again[i] for i, name in enumerate(COLUMNS)}

# %% [markdown]
# **Find** the columns for which the three splits disagree most. Intervals come from drawing whole days of the test set again, because flights of one day share its weather.

# %% jupyter={"source_hidden": true}
ROLES = {"random rows": "leak", "whole days": "validation", "by time, from September": "test"}
flights_stage = Stage(
    alt="Area under the ROC curve of a model for late flights on three splits",
    title="Random rows {random:.3f}, whole days {days:.3f}, by time {time:.3f}",
    readout="With {columns}: {random:.3f} on random rows, {days:.3f} on whole days, {time:.3f} by time. Lines are 95% intervals.",
    size=(7.6, 3.2),
)


# %%
@flights_stage.live(columns=list(COLUMNS))
def judge(columns):
    areas = [
        views.Area(split, ROLES[split], measured[split, columns], *interval(draws[split, columns]))
        for split in splits
    ]
    views.draw_areas(flights_stage.ax, areas)
    return dict(zip(["random", "days", "time"], [area.value for area in areas], strict=True))


judge

# %% jupyter={"source_hidden": true}
gains = {
    split: interval(draws[split, "schedule and day of the year"] - draws[split, "schedule"])
    for split in splits
}
gain = {split: measured[split, "schedule and day of the year"] - measured[split, "schedule"] for split in splits}  # fmt: skip
assert gains["random rows"][0] > 0 and gains["whole days"][0] < 0 and gains["by time, from September"][1] < 0
more = interval(np.subtract(*(draws[split, "schedule and day of the year"] - draws[split, "schedule"] for split in ("random rows", "whole days"))))  # fmt: skip
assert more[0] > 0
numbers, autumn = flight_columns.as_numbers(arrived, SCHEDULE), np.flatnonzero(arrived["month"] >= 9)
known_months = np.empty(len(arrived))
for train_rows, test_rows in GroupKFold(4, shuffle=True, random_state=0).split(arrived, groups=day):
    fitted = HistGradientBoostingClassifier(max_iter=40, random_state=0).fit(
        numbers.iloc[train_rows], late[train_rows]
    )
    known_months[test_rows] = fitted.predict_proba(numbers.iloc[test_rows])[:, 1]
autumn_days = roc_auc_score(late[autumn], known_months[autumn])
both = resampled_auc(late[autumn], [known_months[autumn], forecast["by time, from September", "schedule"]], day[autumn], 300, np.random.default_rng(0))  # fmt: skip
easier = interval(both[0] - both[1])
assert easier[0] > 0
resolve("04.p4", "more on the random rows")
explain(
    """
    **What it means.** Most with the day of the year: change in AUC, 95% intervals:

    | random rows | whole days | by time |
    |---|---|---|
    | {random:+.3f} ({random_low:+.3f} to {random_high:+.3f}) | {days:+.3f} ({days_low:+.3f} to {days_high:+.3f}) | {time:+.3f} ({time_low:+.3f} to {time_high:+.3f}) |

    With random rows, other flights of the *same day* are in training, and the column tells the model which day it was. Tomorrow has no such flights. The column is legitimate; the split is not. Six draws of random rows give +0.037 on average (range +0.030 to +0.046), thirteen of whole days +0.009 (−0.011 to +0.023); by time it depends on the cut ([deeper](deeper/04-how-was-this-split.ipynb)).

    Whole days are still easier than the future: on the *same* days from September on, the schedule scores {autumn:.2f} with other days of these months in training, {time_schedule:.2f} by time (difference {easier_low:.3f} to {easier_high:.3f}).
    """,
    random=gain["random rows"],
    random_low=gains["random rows"][0],
    random_high=gains["random rows"][1],
    days=gain["whole days"],
    days_low=gains["whole days"][0],
    days_high=gains["whole days"][1],
    time=gain["by time, from September"],
    time_low=gains["by time, from September"][0],
    time_high=gains["by time, from September"][1],
    autumn=autumn_days,
    time_schedule=measured["by time, from September", "schedule"],
    easier_low=easier[0],
    easier_high=easier[1],
)

# %% [markdown]
# **At work.** Train on the past, test on what follows (the rows are in the order of time). `gap` leaves out rows whose outcome is not known on the day of training.

# %%
from sklearn.model_selection import TimeSeriesSplit

X = flight_columns.as_numbers(arrived, SCHEDULE)
folds = TimeSeriesSplit(n_splits=3, test_size=3000, gap=80)  # about one day of these flights
boosting = HistGradientBoostingClassifier(max_iter=40, random_state=0)
cross_val_score(boosting, X, arrived["late"], cv=folds, scoring="roc_auc").round(3)

# %% [markdown]
# ## The trap: it scores better, so it ships
#
# The three questions give three repairs for the parcels, for reasons that hold whatever the scores say:
#
# - **rows**: drop copies (parcels scanned or labelled twice) before the split;
# - **columns**: drop the three that are written later;
# - **day**: train on what was known at the end of April, test on May's labelled parcels.


# %%
def study(drop_copies, drop_later, by_time):
    rows = deliveries.without_copies(past) if drop_copies else past
    columns = () if drop_later else LATER
    if by_time:
        train = rows[rows["label_available_at"] < "2025-05-01"]
        test = rows[rows["accepted_at"] >= "2025-05-01"]
    else:
        train, test = train_test_split(rows, test_size=0.25, random_state=0)
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    return model.fit(as_numbers(train, columns), train["late"]), test, columns


# %% jupyter={"source_hidden": true}
off = {"value": False, "indent": False}
studies, risks, areas = {}, {}, {}
for repairs in itertools.product([False, True], repeat=3):
    fitted, held_out, columns = study(*repairs)
    studies[repairs] = held_out
    for place, rows in (("report", held_out), ("June", at_acceptance(june))):
        risk = risks[repairs, place] = fitted.predict_proba(as_numbers(rows, columns))[:, 1]
        again = resampled_auc(
            rows["late"], [risk], rows["accepted_at"].dt.date.astype(str), 200, np.random.default_rng(0)
        )
        areas[repairs, place] = roc_auc_score(rows["late"], risk), *interval(again[0])
doors_stage = Stage(
    alt="Area under the ROC curve in the report and in June, by the repairs made",
    title="The report says {report:.3f}, June says {june:.3f}",
    readout="{done}: the report says {report:.3f}, June {june:.3f}, a difference of {difference:+.3f}. Lines are 95% intervals.",
    size=(7.6, 2.7),
)

# %% [markdown]
# The figure looks at June for eight models; a team must not *choose* one that way ([lesson 05](05-a-test-set-is-spent-once.ipynb)). **Find** the repair that changes the report most, and the one that changes it least.


# %%
@doors_stage.live(drop_copies=widgets.Checkbox(**off), drop_later=widgets.Checkbox(**off), by_time=widgets.Checkbox(**off))  # fmt: skip
def repair(drop_copies, drop_later, by_time):
    repairs = drop_copies, drop_later, by_time
    return views.draw_repairs(doors_stage.ax, repairs, areas[repairs, "report"], areas[repairs, "June"])


repair

# %% jupyter={"source_hidden": true}
NONE, COLUMNS_ONLY, ALL = (False, False, False), (False, True, False), (True, True, True)
june_late = june["late"].to_numpy()
costs = {name: deliveries.monthly_costs(risks[repairs, "June"], june_late) for name, repairs in (("all", NONE), ("columns", COLUMNS_ONLY), ("repaired", ALL))}  # fmt: skip
costs["none"] = deliveries.monthly_costs(np.zeros(len(june)), june_late)
promised = {name: deliveries.monthly_costs(risks[repairs, "report"], studies[repairs]["late"]) for name, repairs in (("all", NONE), ("columns", COLUMNS_ONLY), ("repaired", ALL))}  # fmt: skip
june_days = june["accepted_at"].dt.date.to_numpy()
days_of = {name: studies[repairs]["accepted_at"].dt.date.to_numpy() for name, repairs in (("all", NONE), ("columns", COLUMNS_ONLY), ("repaired", ALL))}  # fmt: skip


def daily_error(values, days):
    """Standard error of a mean of parcels, of which those of one day are alike."""
    sums = pd.Series(values - np.mean(values)).groupby(days).sum()
    return np.sqrt(len(sums) / (len(sums) - 1) * np.sum(sums**2)) / len(values)


june_error = {name: daily_error(values, june_days) for name, values in costs.items()}
promised_error = {name: daily_error(values, days_of[name]) for name, values in promised.items()}
assert (costs["all"] == costs["none"]).all()
extra_cost, saving = costs["all"] - costs["repaired"], costs["none"] - costs["repaired"]
extra_error, saving_error = daily_error(extra_cost, june_days), daily_error(saving, june_days)
report, in_use = areas[ALL, "report"], areas[ALL, "June"]
copies = max(
    abs(areas[(True, *others), "report"][0] - areas[(False, *others), "report"][0])
    for others in itertools.product([False, True], repeat=2)
)
copied = 1 - len(deliveries.without_copies(past)) / len(past)
assert extra_cost.mean() > 2 * extra_error and report[1] < in_use[0] < report[2] and copies < 0.005
assert promised["all"].mean() < promised["columns"].mean() < costs["repaired"].mean() < costs["all"].mean()
assert costs["repaired"].mean() - promised["all"].mean() > 4 * np.hypot(
    promised_error["all"], june_error["all"]
)
for name in ("columns", "repaired"):
    assert abs(promised[name].mean() - costs[name].mean()) < 2 * np.hypot(
        promised_error[name], june_error[name]
    )
explain(
    """
    **What it means.** The later columns explain most: without them the report falls from {open:.3f} to {columns:.3f}. Dropping copies ({copied:.0%} of the rows) changes it by {copies:.3f} at most. With all repairs it says {report:.3f} ({low:.2f} to {high:.2f}),
    June {june:.3f} ({june_low:.2f} to {june_high:.2f}). In ten other simulated histories of the company the random split promised 0.030 ± 0.009 too much (standard error), the split by time 0.003 ± 0.010 too little.

    | model | promised, thousand € per month | June |
    |---|---|---|
    | his columns, random split | {promised_all:.0f} ± {promised_all_error:.0f} | {june_all:.0f} ± {june_all_error:.0f}, as with no model |
    | columns known at acceptance, random split | {promised_columns:.0f} ± {promised_columns_error:.0f} | {june_columns:.0f} ± {june_columns_error:.0f} |
    | all three repairs | {promised_repaired:.0f} ± {promised_repaired_error:.0f} | {june_repaired:.0f} ± {june_repaired_error:.0f} |

    An extra van costs 3 € and avoids a refund of 10 €; 30,000 parcels per month; ± one standard error. His model costs {extra:.0f} ± {extra_error:.0f} thousand € per month more than the repaired one. His promise is far off; the other two agree with June within two
    standard errors, the repaired one only just. Costs also follow the share labelled late ({share_all:.0%} in 17 months, {share_may:.0%} in May, {share_june:.0%} in June), which no split forecasts.
    """,
    open=areas[NONE, "report"][0],
    columns=areas[COLUMNS_ONLY, "report"][0],
    copied=copied,
    copies=copies,
    report=report[0],
    low=report[1],
    high=report[2],
    june=in_use[0],
    june_low=in_use[1],
    june_high=in_use[2],
    **{f"promised_{name}": values.mean() for name, values in promised.items()},
    **{f"promised_{name}_error": error for name, error in promised_error.items()},
    **{f"june_{name}": values.mean() for name, values in costs.items() if name != "none"},
    **{f"june_{name}_error": error for name, error in june_error.items() if name != "none"},
    extra=extra_cost.mean(),
    extra_error=extra_error,
    share_all=past["late"].mean(),
    share_may=studies[ALL]["late"].mean(),
    share_june=june_late.mean(),
)

# %% [markdown]
# ## Say it out loud
#
# Write both yourself first.

# %% jupyter={"source_hidden": true}
explain(
    """
    **In the review, a senior says:** "The 0.998 came from three columns that are written after acceptance, hardly from the random split. With the columns known at acceptance, without copies, trained to April and tested on May, the AUC is {report:.2f}
    ({low:.2f} to {high:.2f}). June gives {june:.2f} ({june_low:.2f} to {june_high:.2f}). The repairs follow from when columns are written, not from June's scores; of these we had seen the first model's, {first:.2f}."

    **Finance is told:** "In June the first model would have sent no van. The repaired one saves about {saving:.0f} thousand € against that, give or take {two_saving:.0f}. Other months
    have more or fewer late parcels."
    """,
    report=report[0],
    low=report[1],
    high=report[2],
    june=in_use[0],
    june_low=in_use[1],
    june_high=in_use[2],
    first=areas[NONE, "June"][0],
    saving=saving.mean(),
    two_saving=2 * saving_error,
)

# %% [markdown]
# ## What you take with you
#
# - Ask of every score: *which rows, which columns, which day?*
# - **Whatever looks at labels belongs inside the split**: put it into a `Pipeline`.
# - Test rows must be as far from training rows as in use: new patients, new days, the future.
# - A column is legitimate if its value at the moment of use is the value in the table.
#
# ## Next
#
# **[Exercise 04](../exercises/04-how-was-this-split/04-how-was-this-split.ipynb)**, then [lesson 05](05-a-test-set-is-spent-once.ipynb). **[Deeper](deeper/04-how-was-this-split.ipynb)**: four more leaks.
