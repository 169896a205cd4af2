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
# # 11 · The canary
#
# *Unit 4 of 6: Drift*
#
# ## The users say that it has got worse. The team that runs it says that nothing has changed.
#
# A help desk answers questions about scikit-learn's defaults with M, a language model of lesson 06. Another team runs it. They compress
# it, move it to another library, tune it, and do not always say so: a **silent update**. You have a **canary**: frozen questions with
# known answers, asked every day.
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | say how many questions a canary needs | 9 |
# | look every day and still know how often you will be wrong | 8 |
# | watch slices instead of an average, and compare rules by cost | 18 |
# | decide what to do when it rings | 7 |
#
# About 42 minutes here, then 60 to 90 in the exercise. Terms are in the [glossary](glossary.ipynb).

# %%
import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import betaln

# %% jupyter={"source_hidden": true}
# isort: split
import ipywidgets as widgets

from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm.canary import HARM, HARMLESS, Variants
from holdout.lm.checkpoint import digest
from holdout.lm.replacements import replacement
from holdout.stats.intervals import paired_difference
from holdout.topics.canary import figures as views
from holdout.topics.canary.comparison import (
    BASE,
    NOT_WATCHING,
    RULES,
    SUITE,
    compare_rules,
    ninety_quarters,
    slice_rule,
)
from holdout.topics.canary.experiments import (
    PRICE_OF_ALARM,
    PRICE_OF_DAY,
    draw_quarter,
    items_needed,
    items_needed_paired,
    mcnemar_z,
    peeking_rate,
    pocock_boundary,
    power,
    power_paired,
    slice_z,
)
from holdout.topics.canary.registry import registry_of_variants

style.use()

# %% [markdown]
# ## How many questions?
#
# The model answers 90% rightly. You want to notice a fall to 87%, at a level of 5%, with a chance of 80% (the **power**).

# %% jupyter={"source_hidden": true}
predict(
    "11.p1",
    "A canary of 100 questions for the old model and 100 others for the new one. The accuracy falls from 90% to 87%. How often does a test at 5% see it?",
    options=[
        "about 10% of the time",
        "about 30% of the time",
        "about 50% of the time",
        "about 80% of the time",
    ],
)

# %% [markdown]
# **Separate**: each model gets its own questions. **Paired**: both answer the *same* ones, and only those count where they differ: *lost* (only the old one was right) and *gained* (only the new one). Their sum is the **churn**. McNemar's
# test is $z = (\text{lost} - \text{gained}) / \sqrt{\text{lost} + \text{gained}}$.
#
# 1. **Find** how many questions show a fall of 3 points with a chance of 80%, separate, and paired with a churn of 7%.
# 2. Keep the fall and raise the churn. When does pairing need twice 609?

# %% jupyter={"source_hidden": true}
power_stage = Stage(
    alt="Chance to see a fall against the number of questions, two ways to compare",
    title="{questions:,} questions see the fall in {separate:.0%} of cases, paired in {paired:.0%}",
    readout="Fall of {fall:.0%}, churn {churn:.0%} (at least the fall), {questions:,} questions: seen {separate:.0%} of the time with separate ones, {paired:.0%} paired. For 80%: {both:,} per side, or {needed:,} paired.",
    size=(7.6, 3.9),
)
NUMBERS = np.geomspace(50, 5000, 40).round().astype(int)


@power_stage.live(
    fall=(0.01, 0.10, 0.01),
    churn=(0.02, 0.30, 0.01),
    questions=[50, 100, 200, 300, 500, 609, 1000, 1772, 3000, 5000],
    start={"fall": 0.03, "churn": 0.07, "questions": 609},
)
def see(fall, churn, questions):
    real = max(churn, fall)
    lost, gained = (real + fall) / 2, (real - fall) / 2
    separate = np.array([power(0.90, 0.90 - fall, n) for n in NUMBERS])
    paired = np.array([power_paired(lost, gained, n) for n in NUMBERS])
    views.draw_power(power_stage.ax, NUMBERS, separate, paired, questions)
    return {
        "separate": power(0.90, 0.90 - fall, questions),
        "paired": power_paired(lost, gained, questions),
        "both": items_needed(0.90, 0.90 - fall),
        "needed": items_needed_paired(lost, gained),
    }


see

# %% jupyter={"source_hidden": true}
variants = Variants.load()
doubled = next(
    c
    for c in range(7, 31)
    if items_needed_paired((c / 100 + 0.03) / 2, (c / 100 - 0.03) / 2) >= 2 * items_needed_paired(0.05, 0.02)
)
resolve(
    "11.p1",
    "about 10% of the time",
    f"{power(0.90, 0.87, 100):.0%}. With 500 on each side it is {power(0.90, 0.87, 500):.0%}.",
)
explain(
    """
    **Found.** (1) {each:,} on each side, {paired} paired (Connor, 1987); 100 on each side see it in {hundred:.0%}. (2) From a churn of {doubled}% on.

    **At work.** Where few answers change, z is wrong. Use the binomial: if accuracy stayed the same, a changed answer is lost or gained by the toss of a coin.
    """,
    each=items_needed(0.90, 0.87),
    hundred=power(0.90, 0.87, 100),
    paired=items_needed_paired(0.05, 0.02),
    doubled=doubled,
)

# %%
for lost, gained in ((4, 0), (6, 0), (11, 1)):
    z, p = (lost - gained) / np.sqrt(lost + gained), stats.binomtest(lost, lost + gained).pvalue
    print(f"{lost} lost, {gained} gained: z = {z:.2f}, exact p = {p:.3f}")

# %% [markdown]
# ## How often may one look?
#
# Every day you test, at 5%, what you have so far.

# %% jupyter={"source_hidden": true}
predict(
    "11.p2",
    "Nothing changes. You test at 5% after each of 10 equal parts of the data, on everything so far. How often is there at least one alarm?",
    options=[
        "about 5% of the time",
        "about 10% of the time",
        "about 19% of the time",
        "about 40% of the time",
    ],
)

# %% [markdown]
# Each line is a quarter without any change.
#
# 1. At 1.96, **find** the number of looks at which one quiet quarter in four has a false alarm.
# 2. **Find** the threshold that keeps 10 looks at 5% together.

# %% jupyter={"source_hidden": true}
look_stage = Stage(
    alt="z of quiet quarters over the looks, with a threshold on both sides",
    title="{alarms:.0%} of quiet quarters have a false alarm",
    readout="Looks: {looks}, threshold {threshold:.2f}: {alarms:.1%} of 20,000 quiet quarters have a false alarm.",
    size=(7.6, 3.9),
)


# %%
noise = np.random.default_rng(3).standard_normal((20_000, 20))
z_so_far = noise.cumsum(axis=1) / np.sqrt(np.arange(1, 21))


# %% jupyter={"source_hidden": true}
@look_stage.live(looks=(1, 20), threshold=(1.6, 3.2, 0.02), start={"looks": 10, "threshold": 1.96})
def look(looks, threshold):
    views.draw_looks(look_stage.ax, z_so_far[:60, :looks], threshold)
    return {"alarms": np.mean((np.abs(z_so_far[:, :looks]) > threshold).any(axis=1))}


look

# %% jupyter={"source_hidden": true}
published = {1: 0.05, 2: 0.083, 5: 0.142, 10: 0.193, 20: 0.248}
measured = {k: peeking_rate(k, 1.959964, np.random.default_rng(k), paths=40_000) for k in published}
for k in published:
    # four standard errors of a share over 40,000 paths, and half a unit of the last published digit
    assert abs(measured[k] - published[k]) < 4 * np.sqrt(0.25 * 0.75 / 40_000) + 0.0005
pocock = pocock_boundary(10, 0.05, np.random.default_rng(5), paths=100_000)
assert abs(pocock - 2.555) < 0.03  # the quantile of 100,000 paths is good to about 0.03
resolve("11.p2", "about 19% of the time", "Not 40%: ten looks at growing data share most of their data.")
explain(
    """
    **Published and measured.** For 10 and 20 looks Armitage and others (1969) print 19.3% and 24.8%. On 40,000 quiet quarters we measure {ten:.1%} and {twenty:.1%}.

    **Found.** (1) About 20. (2) {pocock:.2f} (Pocock, 1977, has 2.555). Fix the rate of false alarms for the *whole quarter*.

    **At work.** An *always-valid* test needs no number of looks (Johari and others, 2022). The e-value below is one: it compares a fair coin with any other. If the coin is fair, it *ever* reaches 20 with a chance of at most 1/20.
    """,
    ten=measured[10],
    twenty=measured[20],
    pocock=pocock,
)


# %%
def e_value(lost, gained):
    return np.exp((lost + gained) * np.log(2) + betaln(lost + 1, gained + 1))


# %% jupyter={"source_hidden": true}
rng = np.random.default_rng(31)
changed = rng.binomial(40, 0.07, size=(20_000, 91))  # answers that change per evening, 91 evenings
lost, changed = rng.binomial(changed, 0.5).cumsum(axis=1), changed.cumsum(axis=1)
z = (2 * lost - changed) / np.sqrt(np.maximum(changed, 1))
explain(
    """
    With about three changed answers per evening, in {reached:.1%} of 20,000 quiet quarters it reaches 20 on one of 91 evenings; z passes 1.96 in {passed:.0%}.

    All this assumes that nothing changes. A served model also changes harmlessly, so below, rules are judged on *measured* harmless updates.
    """,
    reached=np.mean((e_value(lost, changed - lost) >= 20).any(axis=1)),
    passed=np.mean((np.abs(z) > 1.96).any(axis=1)),
)

# %% [markdown]
# ## What can be served in its place
#
# Nineteen models answered 1,956 questions; whether each answer was right is on record, and “changed” means right to wrong or back: M rounded to fewer bits; M with every weight off by 0.3%
# ("retouched"); a larger and a smaller model; M tuned on the changed facts of a newer release, with old *facts* or *everything* old (forms and reading, too) replayed; M taught to say "unknown" ("refuse"). 0 and 1 are seeds. The slices: **facts** asked plainly, other **wording**, **reading** from passages,
# **distraction** (passages without the answer, which the model knows), **not documented** (right is "unknown").
#
# This desk calls a model *harmful* if a slice loses 5 points or more, net, on the recorded questions, and *harmless* if none loses more than 1.

# %% jupyter={"source_hidden": true}
predict(
    "11.p3",
    "M is tuned lightly on a newer release, with old examples replayed. Averaged over the five slices its accuracy *rises* by 0.6 points. What about each slice?",
    options=[
        "all stay the same or improve",
        "one loses 1 or 2 points",
        "one loses about 7 points",
        "all change by less than 1",
    ],
)

# %% [markdown]
# Dot and bar: what a canary of the chosen size reports, with its 95% interval (paired). The +: all recorded questions, 200 to 656 per slice.
#
# **Find** two more models that are better on average (one hardly) and harmful in a slice.

# %% jupyter={"source_hidden": true}
NAMES = [name for name in variants.names if not name.endswith("1")]
damage_stage = Stage(
    alt="Change of accuracy of five slices and of all together, with intervals",
    title="{model}: {overall:+.1f} points on average, {worst:+.1f} in “{part}”",
    readout="{model}, {questions_per_slice} questions per slice: average of the slices {overall:+.1f} points, worst slice {part} {worst:+.1f} ({kind}); seen here {seen:+.0f} ({low:+.0f} to {high:+.0f}).",
    size=(8.0, 3.9),
)


def ask(n):
    """n questions of each slice, the first n of one random order."""
    rng = np.random.default_rng(4)
    return [rng.permutation(np.flatnonzero(variants.slices == name))[:n] for name in variants.slice_names]


@damage_stage.live(
    model=widgets.SelectionSlider(options=NAMES, value="tuned lightly, everything 0"),
    questions_per_slice=(20, 200, 20),
    start={"questions_per_slice": 60},
)
def damage(model, questions_per_slice):
    before, now, chosen = variants.right[0], variants.of(model), ask(questions_per_slice)
    rows = np.array([paired_difference(before[c], now[c]) for c in [*chosen, np.concatenate(chosen)]])
    truth = np.array([0.0 - loss for loss in variants.net_loss(model).values()])
    names, worst = [*variants.slice_names, "all together"], int(np.argmin(truth))
    views.draw_damage(damage_stage.ax, names, *rows.T, np.array([*truth, truth.mean()]), HARM)
    seen, low, high = 100 * rows[worst]
    return {"overall": 100 * truth.mean(), "worst": 100 * truth[worst], "part": names[worst], "kind": variants.kind(model), "seen": seen, "low": low, "high": high}  # fmt: skip


damage

# %% jupyter={"source_hidden": true}
loss = {name: variants.net_loss(name) for name in NAMES}
average = {name: -100 * np.mean(list(parts.values())) for name, parts in loss.items()}
lightly, wordy = loss["tuned lightly, everything 0"], average["tuned lightly, everything 0"]
assert (HARM, HARMLESS) == (0.05, 0.01) and round(wordy, 1) == 0.6
place = variants.slices == "distraction"
_, low, high = paired_difference(variants.right[0][place], variants.of("tuned lightly, everything 0")[place])
better = [name for name in NAMES if variants.kind(name) == "harmful" and average[name] > 0]
assert len(better) == 3 and "tuned lightly, everything 0" in better
resolve(
    "11.p3",
    "one loses about 7 points",
    f"Distraction loses {100 * lightly['distraction']:.0f} points; other wordings gain {-100 * lightly['wording']:.0f} and hide it (one training run).",
)
explain(
    """
    **Found.** {better}. On distraction “tuned lightly, everything 0” changes by {low:+.0f} to {high:+.0f} points (95% interval, 200 questions): beyond these questions, whether it loses more than 5 is open.

    **At work.** Count by slice, against *frozen* answers.
    """,
    better=" and ".join(f"“{name}”" for name in better if name != "tuned lightly, everything 0"),
    low=100 * low,
    high=100 * high,
)

# %%
now = pd.DataFrame(
    {"slice": variants.slices, "before": variants.right[0], "now": variants.of("taught to refuse 0")}
)
now.assign(lost=now.before & ~now.now, gained=~now.before & now.now).groupby("slice")[
    ["lost", "gained"]
].sum()

# %% [markdown]
# ## Ninety-one evenings
#
# Every evening the canary draws 8 questions of each slice from the frozen 1,956. Up to three harmless updates happen in each quarter, and at most
# one harmful one. The base rule adds up the last 14 days of every slice and rings when z of one passes 2.2 ([why](deeper/11-the-canary.ipynb)); a harmful model is then replaced.
#
# In quarter B it rings on evening 67. Day 90 shows what was in service if nobody had acted.
#
# 1. **Find** the other quarters with a harmful model.
# 2. A window of 3 days. Which quarter is missed?

# %% jupyter={"source_hidden": true}
HIDDEN = {"A": None, "B": "4 bits", "C": "tuned lightly, everything 0", "D": "taught to refuse 0"}
QUARTERS = {
    letter: draw_quarter(variants, harmful, 8, np.random.default_rng([11, number]))
    for number, (letter, harmful) in enumerate(HIDDEN.items())
}
watch_stage = Stage(
    alt="z of five slices over a quarter, the threshold, the alarms, and what was in service",
    title="Quarter {quarter}, evening {day}: highest z {highest:.1f}, in “{part}”",
    readout="Quarter {quarter}, evening {day}, window {window} days, threshold {threshold:.1f}: highest z {highest:.2f} ({part}). Alarms so far: {said}.",
    size=(8.6, 4.6),
    nrows=2,
    sharex=True,
    height_ratios=[4, 1],
)


def in_service(quarter):
    """Runs of days with the same model: first day, day after the last, name, whether harmful."""
    starts = [0, *[d for d in range(1, 91) if quarter.served[d] != quarter.served[d - 1]]]
    return [
        (a, b, quarter.served[a], quarter.change is not None and a >= quarter.change)
        for a, b in zip(starts, [*starts[1:], 91], strict=True)
    ]


def watch(quarter, until, window, limit):
    """z of every slice by day, and the alarms, until the harmful model is found (it is then replaced)."""
    z, alarms, first = [], [], 0
    for day in range(until + 1):
        z.append(slice_z(quarter.stream(day, first), window))
        if z[-1].max() > limit:
            true = quarter.change is not None and day >= quarter.change
            alarms.append((day, true))
            first = day + 1
            if true:
                break
    return np.array(z), alarms


@watch_stage.live(
    day=(1, 90),
    quarter=widgets.SelectionSlider(options=list(QUARTERS), value="B"),
    window=widgets.SelectionSlider(options=[3, 7, 14, 28], value=14),
    threshold=(1.4, 3.4, 0.2),
    start={"day": 67, "threshold": 2.2},
)
def run(day, quarter, window, threshold):
    chosen = QUARTERS[quarter]
    z, alarms = watch(chosen, day, window, threshold)
    views.draw_watch(
        watch_stage.axes,
        z,
        chosen.slices,
        threshold,
        alarms,
        served=in_service(chosen) if day == 90 else None,
    )
    worst = int(np.argmax(z[-1]))
    said = ", ".join(f"day {d} ({'found' if true else 'false'})" for d, true in alarms[-3:]) or "none"
    return {"highest": z[-1, worst], "part": chosen.slices[worst], "said": said}


run


# %% jupyter={"source_hidden": true}
def found_on(letter, window):
    return next((day for day, true in watch(QUARTERS[letter], 90, window, 2.2)[1] if true), None)


every_slice = [np.flatnonzero(variants.slices == part) for part in variants.slice_names]
lost_in_c, gained_in_c = variants.lost_and_gained(HIDDEN["C"], every_slice)
rang = {letter: found_on(letter, 14) for letter in "BCD"}
missed = [letter for letter in "BCD" if found_on(letter, 3) is None]
assert None not in rang.values() and rang["B"] == 67 and QUARTERS["C"].change == QUARTERS["D"].change
explain(
    """
    **Found.** (1) C and D: it rings on evenings {C} and {D}{changed}. (2) {missed}. Three days are 24 questions of a slice; {loses:.0f} points, the worst loss in C, are one or two of them.
    """,
    **{letter: rang[letter] for letter in "CD"},
    changed=f", both changed on day {QUARTERS['C'].change}",
    missed=", ".join(missed) or "none",
    loses=100 * np.max((lost_in_c - gained_in_c) / [len(rows) for rows in every_slice]),
)

# %% [markdown]
# ### Rules on the same quarters
#
# A false alarm costs 5 thousand euros, a day with an unnoticed harmful model 1 thousand; the quarterly review finds what nobody found.
# **Against last week** compares seven days with the seven before. **Any answer changed** calls people after one evening, for gains as
# well, without a threshold. **Tripwire**: when an answer has changed since the model tested
# last, a computer asks all 1,956 questions; it calls people only if z of a slice of *these* is above 2.2.

# %% jupyter={"source_hidden": true}
predict(
    "11.p4",
    "Ninety quarters, two in three with a harmful model; questions cost nothing. Which rule costs least?",
    options=[
        "each slice: z > 2.2 over 14 days",
        "all slices together: z > 2.2",
        "any changed answer: call people",
        "any changed answer: ask the suite",
    ],
)

# %%
quarters = ninety_quarters(variants)
compared = compare_rules(variants, quarters, np.random.default_rng(21))
shown = compared.table().drop(["all days so far", "z > 1.96", "binomial instead of z"])
shown.rename(columns={"days": "days, if harmed"}).rename_axis("per quarter; cost in thousand €").round(2)

# %% jupyter={"source_hidden": true}
assert (PRICE_OF_ALARM, PRICE_OF_DAY) == (5, 1) and len(RULES) == 8
table = compared.table()
per_question = 1000 / (compared.suites * len(variants.slices))
price, reach = (per_question * table.loc[SUITE, name] for name in ("more than base", "± 95%"))
price_low, price, price_high = -price - reach, -price, -price + reach
for name in (
    "all slices together",
    "gains alarm as well",
    "against last week",
    "any answer changed",
):
    assert table.loc[name, "more than base"] > table.loc[name, "± 95%"]
assert table.loc[SUITE, "false alarms"] == 0 and table.loc[SUITE, "found"] == 1
assert table.loc["any answer changed", "cost"] > table.loc[NOT_WATCHING, "cost"]
seven, seven_error = compared.against_base(slice_rule(window=7))
assert abs(seven) < seven_error < 1
resolve(
    "11.p4",
    "any changed answer: ask the suite",
    "Calling people at each changed answer costs more than not watching.",
)
explain(
    """
    **The trap.** “All slices together” only averages: it finds {half:.0%} of the harmful models instead of {all:.0%}. Ringing at gains calls people to better models. Against last week, a loss is normal after a week; with *frozen* answers seven days differ from the base rule by {seven:+.1f} ± {seven_error:.1f} thousand € per quarter (95%).

    **The tripwire** asks the suite {suites:.1f} times per quarter and is cheaper than the base rule as long as a question costs less than about {price:.1f} € (95%: {price_low:.1f} to {price_high:.1f}). Conditions: served answers must repeat, and a program must judge them. It makes no mistake here because harm is defined on these 1,956 questions, and no model served here has a worst slice that loses 1 to 5 points. No rule sees a fall outside the questions.
    """,
    half=table.loc["all slices together", "found"],
    all=table.loc[BASE, "found"],
    suites=compared.suites,
    price=price,
    price_low=price_low,
    price_high=price_high,
    seven=seven,
    seven_error=seven_error,
)

# %% [markdown]
# ## It rang. Keep, or roll back?
#
# Three times the tripwire started the suite. The exact p: are more answers lost in the worst slice than a coin explains?

# %%
rows = []
for event in ("retouched", "larger", "taught to refuse 0"):
    everything = [np.flatnonzero(variants.slices == part) for part in variants.slice_names]
    lost, gained = variants.lost_and_gained(event, everything)
    worst = np.argmax(lost - gained)
    p = stats.binomtest(lost[worst], max(lost[worst] + gained[worst], 1), alternative="greater").pvalue
    rows.append([event, lost.sum(), gained.sum(), variants.slice_names[worst], lost[worst], gained[worst], p])
pd.DataFrame(
    rows, columns=["in service", "lost", "gained", "worst slice", "lost there", "gained there", "exact p"]
).round(3)

# %% jupyter={"source_hidden": true}
for event, decision in (("retouched", "harmless"), ("larger", "harmless"), ("taught to refuse 0", "harmful")):
    assert variants.kind(event) == decision
assert (
    rows[0][1:3] == [0, 2]
    and rows[1][1:3] == [55, 139]
    and rows[1][4:6] == [10, 8]
    and rows[2][-1] < 0.001 < 0.1 < rows[1][-1]
)

# %% [markdown]
# "retouched" stands for another runtime with the same weights: keep. "larger" changes a tenth of all answers, but its worst slice
# lost 10 and gained 8: keep. The third: roll back tonight.
#
# **Which weights answer?** A **registry** has for all weights fingerprint, parent, data, the *questions* of the evaluation, owner, and what to roll back to.

# %% jupyter={"source_hidden": true}
registry = registry_of_variants(
    variants,
    [
        ("same", "Mira", None),
        ("8 bits", "Mira", "same"),
        ("tuned, facts 0", "Ayse", "same"),
        ("tuned lightly, everything 0", "Ayse", "tuned, facts 0"),
    ],
    measured_on={"tuned, facts 0": "facts"},
)
assert 0 < registry["tuned, facts 0"].worst_loss <= 0.02

# %%
served = replacement("4 bits")  # what the other team put in its place
print(digest(served.weights)[:12], "is registered as", registry.identify(served))
target = registry.safe_target("tuned lightly, everything 0", variants.fingerprint, limit=0.01)
print(f"“tuned lightly, everything 0” goes back to “{target.name}” (M); {target.owner}, its owner, decides")

# %% [markdown]
# Two more cases. The first weights are in no entry: nobody owns them. The second model's stated target, "tuned, facts 0", was measured
# *on facts only*; in another slice it loses 7 points itself. Go back to the first entry that was measured on **these** questions and lost at most 1 point: M.
#
# **Behind a vendor's API**, behaviour is the fingerprint: keep the raw answers to fixed questions, the version that each response
# reports, and a contract that announces updates and keeps the old version available.
#
# **Live it.** `holdout canary enrol` serves you a model that changes on a hidden day. Your own rule watches it; you name the replacement, and
# roll back. The dated log goes into your portfolio.
#
# ## Say it out loud
#
# In 14 days, of 112 questions of "distraction" 11 were lost and 1 gained; all slices together: 21 lost, 24 gained. Write yours first.

# %% jupyter={"source_hidden": true}
z, z_all = (mcnemar_z(np.array(lost), np.array(gained)) for lost, gained in ((11, 1), (21, 24)))
found_low, found_high = stats.binomtest(round(table.loc[BASE, "found"] * 60), 60).proportion_ci(
    method="wilson"
)
assert sum(change is not None for change in compared.changes) == 60
idle, idle_error = (table.loc[NOT_WATCHING, column] for column in ("more than base", "± 95%"))
explain(
    """
    **In the review, a senior says:** "One slice lost 10 net: z = {z:.1f}, above our 2.2; all slices together hide it (z = {z_all:.1f}). In 90 simulated quarters the rule rang falsely {false:.0f} times and found {found:.0%} of the 60 harmful models (95%: {found_low:.0%} to {found_high:.0%}). I roll back to M tonight, which was measured on these questions; the whole suite decides tomorrow."

    **Finance is told:** "If two quarters in three bring a harmful model, watching saves {idle:.0f} ± {idle_error:.0f} thousand € per quarter (95%, 90 simulated quarters). This share, the prices and free questions are our assumptions."
    """,
    z=z,
    z_all=z_all,
    false=table.loc[BASE, "false alarms"] * len(quarters),
    found=table.loc[BASE, "found"],
    found_low=found_low,
    found_high=found_high,
    idle=idle,
    idle_error=idle_error,
)

# %% [markdown]
# ## What you take with you
#
# - Both models answer the same questions. Few changed answers: p from the binomial.
# - Choose the threshold by the false alarms or the cost of the whole quarter; or use an always-valid test.
# - Watch slices, losses only, against frozen answers. An average hides what a tuned model trades away.
# - If questions are cheap: one changed answer starts the suite; only the suite calls people.
# - Go back to what was measured on the same questions.
#
# ## Next
#
# **[Exercise 11](../exercises/11-the-canary/11-the-canary.ipynb)**, then **lesson 12, A model that eats its own output**.
# **[Deeper](deeper/11-the-canary.ipynb)**: formulas, more rules, rare harm, thresholds, schedule, fixed questions, time-outs, a real model.
