# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 11 · The canary
#
# A model that another team runs may change on any day, and nobody tells you. In the next hour you build the watch: how many questions, what one evening's log says, a
# threshold for many looks, the way back through a registry, a monitor, and the decision after the alarm.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 11. **After:** you can run a monitor with known false alarms and write the report when it rings.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as
#   often as you like.
# - Stuck? Run `hint("11.items")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.

# %% tags=["setup"]
import math

import numpy as np
import pandas as pd
from scipy import stats

from holdout import check, hint
from holdout.topics.canary.experiments import Variants, draw_quarter, run_monitor, score

# %% [markdown]
# ## How many questions per slice
#
# Old and new model answer the same questions. In a slice the share `lost` of the questions is answered rightly by the old model only, the share `gained` by the new one
# only. You watch `slices` slices with McNemar's test, two-sided; the `level` is for all slices together and shared equally among them. Write
# `canary_items(lost, gained, level, chance, slices)` that returns how many questions *one slice* needs, so that this change is seen with probability `chance`:
#
# $$n = \left(\frac{z_a \sqrt{d} + z_b \sqrt{d - c^2}}{c}\right)^2, \qquad d = \text{lost} + \text{gained}, \quad c = \text{lost} - \text{gained},$$
#
# rounded up (Connor 1987). A standard normal number lies beyond $\pm z_a$ with the probability that one test may use up, and below $z_b$ with probability `chance`.


# %% question="11.items"
def canary_items(lost, gained, level, chance, slices):
    """Questions that one slice of the canary needs."""
    ### BEGIN SOLUTION
    z_a, z_b = stats.norm.isf(level / slices / 2), stats.norm.ppf(chance)
    d, c = lost + gained, lost - gained
    return math.ceil(((z_a * math.sqrt(d) + z_b * math.sqrt(d - c**2)) / c) ** 2)
    ### END SOLUTION


# %% [markdown]
# ## One evening's log
#
# `log` is a table with one row for every question asked: `day`, `question` (a number), `slice`, `right` (1.0, 0.0, or missing where no answer came back in time). `baseline` is an array: `baseline[q]` says whether the
# original model answered question `q` rightly (True or False). The log may already hold rows of days after `today`: you do not know them yet.
#
# Write `evening(log, baseline, today, window)` that returns a dict from slice to McNemar's z, (lost − gained) / √(lost + gained), over the last `window` days, `today` included. 0.0 where nothing changed. A question without an answer says nothing about
# the weights and is left out. Every slice of the log has an entry, also one that was asked on other days only (after `today`, too), or whose every question timed out (0.0). The window is counted in days of the calendar, whether or not something was asked on them. Every row of the window counts.


# %% question="11.evening"
def evening(log, baseline, today, window):
    """z of the lost answers of every slice over the last days."""
    ### BEGIN SOLUTION
    recent = log[(log["day"] > today - window) & (log["day"] <= today)].dropna(subset=["right"])
    before = np.asarray(baseline)[recent["question"].to_numpy()]
    now = recent["right"].to_numpy() == 1
    result = {}
    for name in log["slice"].unique():
        inside = recent["slice"].to_numpy() == name
        lost, gained = np.sum(before & ~now & inside), np.sum(~before & now & inside)
        result[name] = (lost - gained) / np.sqrt(lost + gained) if lost + gained else 0.0
    return result
    ### END SOLUTION


# %% [markdown]
# ## A threshold for all looks and all slices
#
# You look `looks` times, at equal steps, at all data so far, in `slices` independent slices, and alarm if *any* z is above one threshold at *any* look (losses only: one-sided). Nothing changes: then the z of a slice at look $k$ is the sum of $k$ independent
# standard normal numbers, divided by $\sqrt{k}$. Write `look_threshold(looks, slices, rate, rng)`: the threshold at which the chance of at least one false alarm is `rate`, from at least 20,000 simulated quarters drawn with `rng`.


# %% question="11.looks"
def look_threshold(looks, slices, rate, rng):
    """Threshold of z that quiet quarters pass with probability `rate`."""
    ### BEGIN SOLUTION
    z = rng.standard_normal((20_000, slices, looks)).cumsum(axis=2) / np.sqrt(np.arange(1, looks + 1))
    return np.quantile(z.max(axis=(1, 2)), 1 - rate)
    ### END SOLUTION


# %% [markdown]
# ## The way back
#
# `registry` is a list of entries, dicts with `name`, `parent`, `roll_back_to` (a name, or `None`), `evaluation` (fingerprint of the questions it was measured on) and `worst_loss` (net loss of its worst slice on them, as a share). The model `name` has failed.
#
# Write `way_back(registry, name, questions, limit)`: follow `roll_back_to` from the failed entry, step by step, to the first entry that was measured on `questions` and lost at most `limit` there. Return its name, or `None` if the chain ends before. The failed entry itself is never the answer, whatever its evaluation says. (No chain is a loop, and every name in it is in the registry.)


# %% question="11.way_back"
def way_back(registry, name, questions, limit):
    """Name of the entry to serve instead, or None."""
    ### BEGIN SOLUTION
    entries = {entry["name"]: entry for entry in registry}
    target = entries[name]["roll_back_to"]
    while target is not None:
        entry = entries[target]
        if entry["evaluation"] == questions and entry["worst_loss"] <= limit:
            return target
        target = entry["roll_back_to"]
    return None
    ### END SOLUTION


# %% [markdown]
# ## The monitor
#
# Every evening `monitor(stream)` is asked whether to wake somebody: return `True` or `False`. It sees the days since the quarter began, or since its last alarm:
#
# | entry of `stream` | what it is |
# |---|---|
# | `slices` | names of the five slices |
# | `items` | questions per day *and slice*: 4, 8, 20 or 40, the same all quarter |
# | `lost` | array, days × slices: questions that only the original answers rightly; the last row is today |
# | `gained` | the same for questions that only the served model answers rightly |
#
# A quarter has 91 days. Up to three updates in each are harmless (no slice loses more than 1 point; many answers may change, and many may improve). In two quarters of three one harmful model comes and stays (at least one slice loses 5 points, net). Questions are drawn
# afresh each day from a large frozen set; models are the recorded ones of lesson 11.
#
# A false alarm (before the harmful model came, or in a quarter without one) costs 25 thousand euros, and the history begins anew on the next day. A day with the harmful model, until the first alarm on or after its first day, costs 1 thousand; unnoticed, it runs to the end of the quarter. You are
# scored by what your alarms cost on fresh quarters, as a share of what *not watching* costs: full marks at 0.35 or less, half at 0.39 or less.


# %% question="11.monitor"
def monitor(stream):
    """Whether to wake somebody this evening."""
    ### BEGIN SOLUTION
    lost, gained = stream["lost"][-14:].sum(axis=0), stream["gained"][-14:].sum(axis=0)
    z = (lost - gained) / np.sqrt(np.maximum(lost + gained, 1))
    return z.max() > 2.6
    ### END SOLUTION


# %% [markdown]
# Try it on quarters of your own before you check. Nothing here is graded.

# %%
from holdout.topics.canary.cases import make_quarters

practice = make_quarters(Variants.load(), np.random.default_rng(1), 150)
try:
    alarms = run_monitor(monitor, practice)
except NotImplementedError:
    print("This needs your monitor, question <11.monitor>.")
else:
    found = score([quarter.change for quarter in practice], alarms, price_of_alarm=25, price_of_day=1)
    print({name: round(value, 2) for name, value in found.items()})

# %% [markdown]
# ## It rang: keep, go back, or stop?
#
# `triage(incident)` returns `"keep"`, `"stop"` (switch the service off), or the name of an entry to go back to: `"v1"`, `"v2"`, `"v3"` or `"v4"` (one of them may be what is served).
#
# | entry of `incident` | what it is |
# |---|---|
# | `served` | fingerprint of the weights in service, in one entry, or in none: naming their own entry is going back, and costs 10 |
# | `questions` | fingerprint of the canary's questions |
# | `asked` | questions asked in *each* slice since these weights are in service |
# | `lost`, `gained` | dicts from slice to number of questions, as in question <11.monitor> |
# | `days` | days until the model will be replaced anyway |
# | `registry` | list of four dicts, v1 to v4, of different weights: `name`, `fingerprint`, `owner`, `evaluation` (fingerprint of the questions it was measured on), `worst_loss` (net loss of its worst slice on *those* questions, as a share) |
#
# Weights cost 0.2 thousand euros per day for each point that their worst slice truly loses on the canary's questions, net, beyond the first point (a loss of 0.06 is 6 points and costs 1 thousand per day). Going back costs 10 thousand once, and then what the entry's weights cost.
# Stopping costs 0.4 thousand per day. What was measured on all questions of the canary is exact. Of entries measured on other questions two in three lose 4 points or more, on average 6 over all of them, whatever they lost there. Of served weights that are in no entry nothing is known but what the canary says; what is known of an entry holds for the served weights, too. You are scored by what your
# decisions cost on fresh incidents, beyond the cheapest possible ones: 0 is an oracle, 1 is the best decision that is always the same. Full marks at 0.155 or less, half at 0.165 or less. (Rules that price every way out and read all of the evidence reach 0.05 to 0.13.) Your function gets 10 s for up to 1,000 incidents.


# %% question="11.triage"
def triage(incident):
    """ "keep", "stop", or the name of the entry to go back to."""

    ### BEGIN SOLUTION
    def price(loss):
        return 0.2 * max(0.0, 100 * loss - 1)

    loss = max(
        (incident["lost"][name] - incident["gained"][name]) / incident["asked"] for name in incident["lost"]
    )
    costs = {}
    for entry in incident["registry"]:
        measured_here = entry["evaluation"] == incident["questions"]
        if entry["fingerprint"] != incident["served"]:
            expected = entry["worst_loss"] if measured_here else 0.06
            costs[entry["name"]] = 10 + incident["days"] * price(expected)
        elif measured_here:
            loss = entry["worst_loss"]
    costs["keep"] = incident["days"] * price(loss)
    costs["stop"] = incident["days"] * 0.4
    return min(costs, key=costs.get)
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# Wednesday. Over the last 14 days: "facts" 0 lost, 0 gained; "wording" 2 lost, 19 gained; "reading" 1 lost, 2 gained; "distraction" 9 lost, 1 gained; "not documented" 6 lost, 1 gained, of 112 questions each. The threshold was chosen beforehand, by what
# false alarms and delay cost in ninety simulated quarters with five slices and daily looks: z = 2.2. The fingerprint of the served weights is in no entry of the registry. Which sentence would you say?
#
# - **a** "In all, 18 answers were lost and 23 gained: the new model is better on balance. Distraction pays for wording, and I would keep it and thank whoever changed the weights."
# - **b** "41 answers changed in two weeks, and a deterministic model does not change. I would go back to the old weights at once, whatever was gained, and ask questions afterwards."
# - **c** "Distraction lost 9 against 1: z = 2.5, above 2.2, and the gain in wording hides it. Nobody registered these weights: back to the last ones measured, then the owner decides."
# - **d** "Distraction lost 9 against 1: z = 2.5, but five slices on ninety days are 450 tests. I would correct for all of them, which gives 3.7, and wait until one slice passes that."


# %% question="11.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "c"
### END SOLUTION

# %% [markdown]
# ## Your artefact: the incident report
#
# The cell below runs *your* monitor on the third quarter of 2025, *your* `triage` on the evening of the alarm and *your* `way_back`, and keeps the dated report for your portfolio: figure, timeline, decision, and which check would have caught it sooner.

# %%
from matplotlib.figure import Figure

from holdout import learner_rng
from holdout.topics.canary.figures import draw_incident
from holdout.topics.canary.investigation import date_of, investigate

try:
    report = investigate(monitor, triage, way_back, rng=learner_rng([11, 2025]))
except NotImplementedError:
    report = None
    print(
        "This report needs your way_back, your monitor and your triage: questions <11.way_back>, <11.monitor> and <11.triage>."
    )
if report is not None:
    from holdout import keep

    change, found = report.quarter.change, report.found
    part = report.quarter.slices.index(report.slice)
    net = np.cumsum(report.quarter.lost[:, part] - report.quarter.gained[:, part])
    marks = [(day, "false alarm") for day in report.false]
    marks += [(change, "v4 comes into service")] + ([] if found is None else [(found, "alarm")])
    figure = Figure(figsize=(8, 4), layout="constrained")
    draw_incident(figure.subplots(), np.arange(len(net)), net, marks, report.slice, found=found)
    caught = "not before the end of the quarter" if found is None else f"on {date_of(found)}"
    summary = (
        f"Harmful model in service since {date_of(change)}, found {caught}; false alarms before: {len(report.false)}. "
        f"The triage decided by cost: {report.decision}; the way back through the registry leads to {report.target}. It would have been caught sooner by checking the fingerprint of the "
        f"served weights each morning, or by serving nothing that was not measured on the canary. Cost: {report.cost:.0f} thousand euros."
    )
    keep(
        "11",
        "incident report",
        figure=figure,
        table=report.timeline,
        text=summary,
        numbers={
            "days from the change to the alarm": (len(net) if found is None else found) - change,
            "false alarms before it": len(report.false),
            "cost of both, thousand euros": report.cost,
        },
        alt=f"Net answers lost in the slice {report.slice}, cumulated over the quarter, with the change on day {change} and the alarms",
    )
    print(summary)
None if report is None else report.timeline

# %% [markdown]
# What other checks would have done in the same quarter, as means over 40 draws of the questions:

# %%
None if report is None else report.checks.round(1)

# %% [markdown]
# ## Memo (graded by a person)
#
# The head of the help desk asks: *"How long were our users served by a bad model, why did the average not show it, and what will you change?"* Answer in at most 120 words, with numbers from your report.
#
# How it will be read: **one point each** for (1) first bad day, day of the alarm, and what the days between cost; (2) which slice lost how much, and why the average did not move; (3) what you went back to and why that one is safe; (4) one check that would have caught it sooner, with its
# price or its false alarms.

# %% [markdown] memo="11.memo" points=4
# ### BEGIN SOLUTION
# v4 came into service on 28 August; the monitor alarmed on 2 September. Five days, about 5 thousand euros, no false alarm before. In “distraction” users lost 8 points, net, in “not documented” 5. The average moved by 0.1 points, because the new model understands new wordings better (+12): those who gained are not
# those who lost. v4 had only been measured on facts, where it loses nothing, and so had v3. We went back to v1, the original, measured on the canary's questions; v2 would do as well. From now on nothing is served that has no evaluation on the canary, and the fingerprint of the served weights is compared with the registry each
# morning: no delay, and one call a quarter for an update that harms nobody. More questions (20 per slice) would have saved about three days.
# ### END SOLUTION
