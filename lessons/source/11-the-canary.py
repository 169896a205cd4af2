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
# *Unit 4 of 6: Drift. What if nobody tells you that the model has changed?*
#
# ## The users say that it has got worse. The vendor says that nothing has changed.
#
# A help desk answers questions about the defaults of scikit-learn 0.24.2 with M, the middle one of lesson 06's language models. Another team
# runs it. They compress it, move it to another library, train it further on a newer release, and do not always say so: a **silent update**. On most
# days nothing happens. You have a **canary**: frozen questions with known answers, asked every day.
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | say how many questions a canary needs, and why it must ask the same ones of both models | 9 |
# | look every day and still know how often you will be wrong | 7 |
# | watch slices instead of an average, day by day, on a schedule, and count false alarms under harmless updates | 34 |
# | decide what to go back to, from a registry of weights | 3 |
#
# About 60 minutes here, then 60 to 90 in the exercise. All terms are in the [glossary](glossary.ipynb).

# %%
import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import Markdown

from holdout import Stage, predict, resolve
from holdout.figures import style
from holdout.figures.operating import draw_operating
from holdout.lm import load, one_thread, open_book, quantize
from holdout.lm.evaluation import EvaluationSet, evaluate, paired_difference
from holdout.topics.canary import figures as views
from holdout.topics.canary.experiments import (
    HARM,
    HARMLESS,
    PRICE_OF_ALARM,
    PRICE_OF_DAY,
    Variants,
    canary_questions,
    draw_quarter,
    fixed_questions,
    items_needed,
    items_needed_paired,
    peeking_rate,
    pocock_boundary,
    power,
    power_paired,
    run_monitor,
    score,
    serve,
    slice_z,
)
from holdout.topics.canary.registry import registry_of_variants

style.use()

# %% [markdown]
# ## How many questions?  ·  *minute 2*
#
# The model answers 90% rightly. You want to notice a fall to 87%: at a level of 5%, with a chance of 80% (the **power**).

# %%
predict(
    "11.p1",
    "A canary of 100 questions for the old model and 100 others for the new one. The accuracy falls from 90% to 87%. How often "
    "does a test at 5% see it?",
    options=["about 10% of the time", "about 30%", "about 50%", "about 80%"],
)

# %% [markdown]
# Two ways to compare. **Separate**: each model gets its own questions, and the noise of both counts. **Paired**: both models answer the *same*
# questions, and only those count where they differ: *lost* (only the old one was right) and *gained* (only the new one is right).
# (Lesson 06 wrote b and c for the two counts.) Their sum is the **churn**. McNemar's test is
#
# $$z = \frac{\text{lost} - \text{gained}}{\sqrt{\text{lost} + \text{gained}}}$$
#
# 1. **Find** how many questions show a fall of 3 points with a chance of 80%, separate, and paired with a churn of 7%.
# 2. Keep the fall and raise the churn. At which churn do paired questions need twice as many as at 7%, and at which as many as one side of the separate ones?
# 3. You can afford 200 questions, paired, churn 10%. Which fall do you see with a chance of 80 %?

# %%
power_stage = Stage(
    alt="Chance to see a fall against the number of questions, two ways to compare", size=(7.6, 4.2)
)
NUMBERS = np.geomspace(50, 5000, 40).round().astype(int)


@power_stage.live(
    fall=(0.01, 0.10, 0.01),
    churn=(0.02, 0.30, 0.01),
    questions=widgets.SelectionSlider(
        options=[50, 100, 200, 300, 500, 609, 1000, 1772, 3000, 5000], value=200
    ),
    start={"fall": 0.03, "churn": 0.07},
)
def see(fall, churn, questions):
    real = max(churn, fall)  # whoever falls by 3 points has changed at least 3% of the answers
    lost, gained = (real + fall) / 2, (real - fall) / 2
    raised = f" (raised to {real:.0%}: it cannot be smaller than the fall)" if real > churn else ""
    separate = np.array([power(0.90, 0.90 - fall, n) for n in NUMBERS])
    paired = np.array([power_paired(lost, gained, n) for n in NUMBERS])
    views.draw_power(power_stage.ax, NUMBERS, separate, paired, questions)
    return (
        f"Fall of {100 * fall:.0f} points, churn {churn:.0%}{raised}, {questions:,} questions: seen {power(0.90, 0.90 - fall, questions):.0%} of the "
        f"time with separate ones, {power_paired(lost, gained, questions):.0%} paired. For 80%: "
        f"{items_needed(0.90, 0.90 - fall):,} per side, or {items_needed_paired(lost, gained):,} paired."
    )


see

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "11.p1",
    "about 10% of the time",
    f"{power(0.90, 0.87, 100):.0%}. With 500 on each side it is {power(0.90, 0.87, 500):.0%}.",
)

# %%
strangers = 0.90 * 0.13 + 0.10 * 0.87  # churn of two models whose mistakes have nothing to do with each other
wide = items_needed_paired((strangers + 0.03) / 2, (strangers - 0.03) / 2)
assert abs(wide - items_needed(0.90, 0.87)) < 20
doubled = next(
    c
    for c in range(7, 31)
    if items_needed_paired((c / 100 + 0.03) / 2, (c / 100 - 0.03) / 2) >= 2 * items_needed_paired(0.05, 0.02)
)
smallest = next(
    f for f in range(3, 11) if power_paired((0.10 + f / 100) / 2, (0.10 - f / 100) / 2, 200) >= 0.8
)
Markdown(
    f"**Found.** (1) {items_needed(0.90, 0.87):,} on each side, {items_needed_paired(0.05, 0.02)} paired. (2) Twice as many from a churn of "
    f"{doubled}% on; with {strangers:.0%} pairing needs {wide:,}, as many as one side of the separate ones. That is the churn of two models whose mistakes have nothing to do with each "
    "other; a compressed or tuned copy of the same model is far below it. "
    f"(3) About {smallest} points."
)

# %% [markdown]
# ### The published result
#
# Sample sizes from the textbook formula, and for pairs from Connor (1987, *Biometrics* 43:207). We draw the counts and run the tests.

# %%
rng, repeats = np.random.default_rng(11), 40_000


def share_seen(n, z=1.959964):
    old, new = rng.binomial(n, 0.90, repeats) / n, rng.binomial(n, 0.87, repeats) / n
    return np.mean(np.abs(old - new) / np.sqrt((old * (1 - old) + new * (1 - new)) / n) > z)


def share_seen_paired(n, z=1.959964):
    lost, gained, _ = rng.multinomial(n, [0.05, 0.02, 0.93], size=repeats).T
    return np.mean(np.abs(lost - gained) / np.sqrt(np.maximum(lost + gained, 1)) > z)


sizes = pd.DataFrame(
    {
        "measured": [share_seen(1772), share_seen(100), share_seen(500), share_seen_paired(609)],
        "published": [0.80, 0.10, 0.32, 0.80],
    },
    index=["1,772 per side", "100 per side", "500 per side", "609 paired"],
)
# four standard errors of a share, half a unit of the last printed digit; counts are whole, so small samples and the pairs (43
# of 609 differ) deviate from the normal law by up to 0.02
assert (abs(sizes["measured"] - sizes["published"]) < 4 * np.sqrt(0.25 / repeats) + 0.005 + 0.02).all()
sizes.rename_axis("90% to 87%").round(3)

# %% [markdown]
# ## How often may one look?  ·  *minute 11*
#
# The questions come in every day, and you test every day what you have so far. Each test is at 5%.

# %%
predict(
    "11.p2",
    "Nothing changes. You test at 5% after each of 10 equal parts of the data, on everything so far. How often is there at "
    "least one alarm?",
    options=["5%", "about 10%", "about 19%", "40%"],
)

# %% [markdown]
# Each line is a quarter without any change: the z of all data so far, at each look.
#
# 1. At 1.96, **find** the number of looks at which one quiet quarter in four has a false alarm.
# 2. **Find** the threshold that keeps 10 looks at 5% together.
# 3. Ten looks, each at a tenth of 5% (Bonferroni), would need 2.81. Is that the same threshold?

# %%
WALKS = np.cumsum(np.random.default_rng(3).standard_normal((20_000, 20)), axis=1) / np.sqrt(np.arange(1, 21))
look_stage = Stage(alt="z of quiet quarters over the looks, with a threshold on both sides", size=(7.6, 4.2))


@look_stage.live(looks=(1, 20), threshold=(1.6, 3.2, 0.02), start={"looks": 10, "threshold": 1.96})
def look(looks, threshold):
    views.draw_looks(look_stage.ax, WALKS[:60, :looks], threshold)
    alarms = np.mean((np.abs(WALKS[:, :looks]) > threshold).any(axis=1))
    return f"{looks} look{'s' if looks > 1 else ''}, threshold {threshold:.2f}: {alarms:.1%} of 20,000 quiet quarters have a false alarm (60 are drawn)."


look

# %%
looks = pd.DataFrame(
    {
        "measured": [
            peeking_rate(k, 1.959964, np.random.default_rng(k), paths=40_000) for k in (1, 2, 3, 4, 5, 10, 20)
        ],
        "published": [0.05, 0.083, 0.107, 0.126, 0.142, 0.193, 0.248],
        "if looks were independent": [1 - 0.95**k for k in (1, 2, 3, 4, 5, 10, 20)],
    },
    index=[1, 2, 3, 4, 5, 10, 20],
)
# four standard errors of a share over 40,000 paths, and half a unit of the last published digit
assert (abs(looks["measured"] - looks["published"]) < 4 * np.sqrt(0.25 * 0.75 / 40_000) + 0.0005).all()
looks.rename_axis("looks at 5% (Armitage, McPherson, Rowe 1969)").round(3)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve("11.p2", "about 19%", "Not 40%: ten looks at growing data share most of their data.")

# %%
pocock = pocock_boundary(10, 0.05, np.random.default_rng(5), paths=100_000)
assert (
    abs(pocock - 2.555) < 0.03
)  # Pocock (1977) prints 2.555; the quantile of 100,000 paths is good to about 0.03
bonferroni = peeking_rate(10, 2.807, np.random.default_rng(6), paths=100_000)
Markdown(
    f"**Found.** (1) About 20. (2) {pocock:.2f} (Pocock 1977 has 2.555). (3) No. Bonferroni's 2.81 is safe and too strict: it alarms falsely in "
    f"{bonferroni:.1%} instead of 5%, because the looks are no strangers to each other. What is too strict is paid for in days.\n\n"
    "**What it means.** “We look daily, and only act on p < 0.05” is a rule for false alarms. Fix the number of looks and the false "
    "alarms of the *whole quarter*, and derive the threshold from that."
)

# %% [markdown]
# ## What can be served in its place  ·  *minute 18*
#
# Nineteen models were really made and asked the 1,956 canary questions: M compressed to 8, 6, 5 and 4 bits; M with every weight off by 0.3% (another
# library); the larger and the smaller model (L and S0, which never learnt to read) in its place; M tuned on a newer release, with replay against forgetting; M taught to say "unknown".
# The answers are on record (`datasets/canary_variants`); here is one of them, run again.

# %%
one_thread()
variants, model, book = Variants.load(), load("M"), open_book()
questions = canary_questions(book)
assert questions.fingerprint == variants.fingerprint
asked = np.flatnonzero(variants.slices == "distraction")
silent = model.with_weights(quantize(model.weights, 4))  # what another team may put in its place
again = evaluate(silent, EvaluationSet("distraction", [questions.items[i] for i in asked])).correct
assert np.sum(again != variants.of("4 bits")[asked]) <= 3  # a near tie may round the other way elsewhere
item = questions.items[asked[np.flatnonzero(variants.right[0][asked] & ~again)[0]]]
print("asked    ", item.prompt[-120:])
print(
    "right    ",
    item.answer,
    "  original",
    *model.complete([item.prompt]),
    "  4 bits",
    *silent.complete([item.prompt]),
)

# %% [markdown]
# The slices: **facts** asked plainly, other **wording** of the question, **reading** the answer from passages, **distraction** (passages that do not hold the answer, which the
# model knows), **not documented** (the right answer is "unknown").
# We call a model *harmful* if a slice loses 5 points or more, net, *harmless* if none loses more than 1, and *between* otherwise. The two limits are a convention of this
# help desk; yours come from what a lost answer costs.

# %%
predict(
    "11.p3",
    "M is tuned on a newer release, with replay of old examples. Averaged over the five slices its accuracy *rises* by 0.6 points. What about each slice?",
    options=[
        "all stay or improve",
        "one loses 1 or 2 points, by chance",
        "one loses 7 points",
        "all change by less than 1 point",
    ],
)

# %% [markdown]
# The dot and bar are what a canary of so many questions per slice would report, with its 95% interval (paired); the + is the truth on all recorded questions.
#
# 1. **Find** a model that is better on average, or the same, and harmful in one slice. There is more than one.
# 2. "larger" changes a tenth of all answers. Is it harmful?
# 3. "taught to refuse 0", distraction: from how many questions per slice does the interval leave 0?

# %%
damage_stage = Stage(
    alt="Change of accuracy of five slices and of all together, with intervals", size=(8.0, 4.2)
)
NAMES = [name for name in variants.names if not name.endswith("1")]
before = variants.right[0]


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
    now = variants.of(model)
    chosen = ask(questions_per_slice)
    rows = [paired_difference(before[c], now[c]) for c in [*chosen, np.concatenate(chosen)]]
    truth = [0.0 - loss for loss in variants.net_loss(model).values()]
    overall = np.mean(truth)
    names = [*variants.slice_names, "all together"]
    views.draw_damage(damage_stage.ax, names, *np.array(rows).T, np.array([*truth, overall]), HARM)
    worst = int(np.argmin(truth))
    return (
        f"{model}, {questions_per_slice} questions per slice: average of the slices {100 * overall:+.1f} points, worst slice "
        f"{names[worst]} {100 * truth[worst]:+.1f} points ({variants.kind(model)}); seen here {100 * rows[worst][0]:+.0f} "
        f"({100 * rows[worst][1]:+.0f} to {100 * rows[worst][2]:+.0f})."
    )


damage

# %%
table = pd.DataFrame(
    [
        {
            "model": name,
            "average": 0.0 - 100 * np.mean(list(variants.net_loss(name).values())),
            **{part: 0.0 - 100 * loss for part, loss in variants.net_loss(name).items()},
            "answers changed": 100 * np.mean(variants.of(name) != variants.right[0]),
            "verdict": variants.kind(name),
        }
        for name in NAMES
    ]
).set_index("model")
lightly = table.loc["tuned lightly, everything 0"]
# what the text says
assert (HARM, HARMLESS) == (0.05, 0.01)
assert round(lightly["average"], 1) == 0.6 and round(lightly["distraction"]) == -7
assert round(table.loc["taught to refuse 0", "distraction"]) == -12
assert table.loc["larger", "verdict"] == "harmless"
table.round(1)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "11.p3",
    "one loses 7 points",
    f"Distraction loses {-lightly['distraction']:.0f} points. New wordings of questions were learnt ({lightly['wording']:+.0f}), and the gain hides the loss.",
)

# %%
refuse, slice_of_it = variants.of("taught to refuse 0"), variants.slice_names.index("distraction")
seen_from = next(
    n
    for n in range(20, 201, 20)
    if paired_difference(before[ask(n)[slice_of_it]], refuse[ask(n)[slice_of_it]])[2] < 0
)
place = np.flatnonzero(variants.slices == "distraction")
masked = [
    name for name in NAMES if table.loc[name, "verdict"] == "harmful" and table.loc[name, "average"] > -0.5
]
lost_share = np.mean(before[place] & ~refuse[place])
gained_share = np.mean(~before[place] & refuse[place])
enough = items_needed_paired(lost_share, gained_share)
Markdown(
    f"**Found.** (1) {', '.join(f'“{name}”' for name in masked)}: on average better than the original or less than half a point worse, and harmful. "
    f"(2) No. It changes {table.loc['larger', 'answers changed']:.0f}% of the answers and no slice loses more than 1 point: most changes are gains. "
    "“The answers changed” is no alarm; “answers were lost in a slice” is. (3) From "
    f"{seen_from} in this draw. For a chance of 80% over all draws it takes {enough} questions of that slice ({lost_share:.1%} lost, {gained_share:.1%} gained)."
)

# %% [markdown]
# ## Ninety-one evenings  ·  *minute 27*
#
# Now run it. Every day the canary draws 8 questions of each slice from the frozen 1,956: 40 per day. Three harmless updates happen in each quarter, at most one
# harmful one. The monitor adds up the last days of every slice and alarms when McNemar's z of one of them passes the threshold. After an
# alarm somebody looks: a harmful model is replaced at once, and the memory starts anew.


# %%
def watch_slices(window, limit):
    """A monitor: alarm when a slice has lost too many answers in the last days."""

    def alarm(stream):
        lost = stream["lost"][-window:].sum(axis=0)
        gained = stream["gained"][-window:].sum(axis=0)
        z = (lost - gained) / np.sqrt(np.maximum(lost + gained, 1))
        return z.max() > limit

    return alarm


HIDDEN = {
    "A": None,
    "B": "4 bits",
    "C": "tuned lightly, everything 0",
    "D": "taught to refuse 0",
    "E": None,
    "F": "smaller",
}
QUARTERS = {
    letter: draw_quarter(variants, harmful, 8, np.random.default_rng([11, number]))
    for number, (letter, harmful) in enumerate(HIDDEN.items())
}

# %% [markdown]
# Go through quarter B day by day, as if it were your job. Decide, before you go on, on which evening you would wake somebody. On day 90 the strip
# shows what would have been in service all along, if nobody had acted.
#
# 1. Window 14, threshold 2.2. **Find** the quarters with a harmful model, and the day on which the alarm rings.
# 2. Lower the threshold to 1.6. Which quarters get a false alarm?
# 3. A window of 3 days, then 28. Which of them does not see quarter C at 2.2?

# %%
watch_stage = Stage(
    alt="z of five slices over a quarter, the threshold, the alarms, and what was in service",
    size=(8.6, 4.8),
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
    start={"day": 30, "threshold": 2.2},
)
def run(day, quarter, window, threshold):
    chosen = QUARTERS[quarter]
    z, alarms = watch(chosen, day, window, threshold)
    served = in_service(chosen) if day == 90 else None
    views.draw_watch(watch_stage.axes, z, chosen.slices, threshold, alarms, served=served)
    worst = int(np.argmax(z[-1]))
    said = ", ".join(f"day {d} ({'found' if true else 'false'})" for d, true in alarms[-3:])
    return (
        f"Quarter {quarter}, evening {day}, window {window} days, threshold {threshold:.1f}: highest z {z[-1, worst]:.1f} "
        f"({chosen.slices[worst]}). {len(alarms)} alarms so far{': ' if said else ''}{said}."
    )


run


# %%
def first_true_and_false(letter, window, limit):
    alarms = watch(QUARTERS[letter], 90, window, limit)[1]
    return next((day for day, true in alarms if true), None), [day for day, true in alarms if not true]


rows = []
for letter, quarter in QUARTERS.items():
    found, false = first_true_and_false(letter, 14, 2.2)
    nervous = first_true_and_false(letter, 14, 1.6)[1]
    rows.append(
        {
            "quarter": letter,
            "harmful model": HIDDEN[letter] or "none",
            "from day": "-" if quarter.change is None else quarter.change,
            "alarm at 2.2": "none" if found is None else found,
            "false at 2.2": len(false),
            "false at 1.6": len(nervous),
        }
    )
pd.DataFrame(rows).set_index("quarter")

# %%
c_short, c_long = first_true_and_false("C", 3, 2.2)[0], first_true_and_false("C", 28, 2.2)[0]
Markdown(
    "**Found.** (1) and (2) are in the table. "
    f"(3) Window 3: {'not before the quarter ends' if c_short is None else f'day {c_short}'}; window 28: {'not before it ends' if c_long is None else f'day {c_long}'}; "
    f"the change was on day {QUARTERS['C'].change}. Three days are 24 questions of a slice: a loss of 7 points is one or two of them."
)

# %% [markdown]
# ## Five monitors, and the updates that should wake nobody  ·  *minute 34*
#
# Five rules that one meets, all on the same 90 quarters. A false alarm costs 5 thousand euros (two people, two days), a day with an unnoticed
# harmful model 1 thousand; what nobody finds, the quarterly review finds.


# %%
def any_change(stream):
    """Today an answer differs from the original."""
    return (stream["lost"][-1] + stream["gained"][-1]).sum() > 0


def average_daily_p(stream):
    """All slices together, two-sided at 5%, every day."""
    lost, gained = stream["lost"].sum(), stream["gained"].sum()
    return abs(lost - gained) / np.sqrt(max(lost + gained, 1)) > 1.96


def average_strict(stream):
    """All slices together, last 14 days, losses only, threshold 2.2."""
    lost, gained = stream["lost"][-14:].sum(), stream["gained"][-14:].sum()
    return (lost - gained) / np.sqrt(max(lost + gained, 1)) > 2.2


def against_last_week(stream):
    """Each slice, this week against last week instead of the frozen answers."""
    this, last = stream["lost"][-7:], stream["lost"][-14:-7]
    up, up_last = stream["gained"][-7:], stream["gained"][-14:-7]
    change = (this - up).sum(axis=0) - (last - up_last).sum(axis=0)
    noise = np.sqrt(np.maximum((this + up).sum(axis=0) + (last + up_last).sum(axis=0), 1))
    return len(stream["lost"]) >= 14 and (change / noise).max() > 2.2


MONITORS = {
    "any answer changed": any_change,
    "average, 1.96 daily": average_daily_p,
    "average, losses, 2.2": average_strict,
    "slices, against last week": against_last_week,
    "slices, losses, 2.2": watch_slices(14, 2.2),
}

# %%
predict(
    "11.p4",
    "Which of the five costs more than not watching at all?",
    options=list(MONITORS),
)

# %%
assert (PRICE_OF_ALARM, PRICE_OF_DAY) == (5, 1)
harmful = [name for name in variants.of_kind("harmful") if name in NAMES]
rng = np.random.default_rng(12)
plan = [None if n % 3 == 0 else harmful[n % len(harmful)] for n in range(90)]
many = [draw_quarter(variants, name, 8, rng) for name in plan]
changes = [quarter.change for quarter in many]
results = {"not watching": score(changes, [[]] * 90)}
results |= {name: score(changes, run_monitor(alarm, many)) for name, alarm in MONITORS.items()}
monitors = pd.DataFrame(results).T
monitors.columns = ["false alarms per quarter", "changes found", "days until found", "thousand € per quarter"]
idle = monitors.loc["not watching", "thousand € per quarter"]
assert monitors.loc["any answer changed", "thousand € per quarter"] > idle
assert monitors["thousand € per quarter"].idxmin() == "slices, losses, 2.2"
monitors.round(2)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "11.p4",
    "any answer changed",
    f"{monitors.loc['any answer changed', 'thousand € per quarter']:.0f} thousand euros per quarter; not watching costs {idle:.0f}.",
)

# %% [markdown]
# And where do the false alarms come from? Thirty quarters for each harmless update, served from day 20 on; nothing else happens.

# %%
harmless = [name for name in variants.of_kind("harmless")]
quiet = {}
for number, name in enumerate(harmless):
    rng = np.random.default_rng([20, number])
    served = ["same"] * 20 + [name] * 71
    calm = [serve(variants, served, 8, rng) for _ in range(30)]
    quiet[name] = {
        rule: np.mean([len(days) for days in run_monitor(alarm, calm)]) for rule, alarm in MONITORS.items()
    }
false_alarms = pd.DataFrame(quiet).T.rename_axis("false alarms per quarter, update to")
assert (false_alarms.loc["same"] == 0).all()
assert false_alarms["slices, losses, 2.2"].max() < 0.5 < false_alarms.loc["larger", "average, 1.96 daily"]
false_alarms.round(2)

# %% [markdown]
# **What it means.** "Any answer changed" cries wolf at *compression to 6 bits*, which harms nobody. The two-sided average cries wolf at a *better model*. The strict average is calm, and blind: what
# the tuned models lose in one slice they gain in another. "Against last week" has one week to see a change; then last week is as bad as this one. A canary compares with answers that are **frozen**.
#
# Why is 2.2 enough, for five slices and 91 evenings? Not by theory: the theory of the looks takes it that as many answers are lost as gained, every day anew.

# %%
steps = np.random.default_rng(17).standard_normal((4000, 5, 104)).cumsum(axis=2)
windows = (steps[:, :, 14:] - steps[:, :, :-14]) / np.sqrt(14)
by_theory = np.mean(windows.max(axis=(1, 2)) > 2.2)
assert by_theory > 0.5
Markdown(
    f"If every answer that changes were lost or gained by the toss of a coin, {by_theory:.0%} of the quiet quarters would ring at 2.2. Measured, it is "
    f"{false_alarms['slices, losses, 2.2'].mean():.2f} alarms per quarter on average over the harmless models: most of them change few answers, and more for the better than for the worse. "
    "So the threshold comes from *measured* updates, and holds for updates like these. Served answers that are drawn at random, or updates that churn more, need the "
    "threshold from theory, or new measurements."
)

# %% [markdown]
# ### Threshold, window, questions: paid in one currency
#
# 1. With 8 questions per slice, a window of 14 days and 5 thousand per false alarm, **find** the cheapest threshold.
# 2. A false alarm costs 20, then 1. Where does the cheapest threshold go?
# 3. 20 questions per slice instead of 8, that is 60 more a day: what are they worth in a quarter?

# %%
price_stage = Stage(
    alt="False alarms, days until noticed and cost, each against the threshold", size=(9.2, 3.7), ncols=3
)
LIMITS = np.round(np.arange(1.2, 3.61, 0.2), 1)
WINDOWS, ITEMS = (3, 14, 28), (4, 8, 20)
GRID = {}
for items in ITEMS:
    rng = np.random.default_rng([13, items])
    sample = [draw_quarter(variants, name, items, rng) for name in plan[:48]]
    when = [quarter.change for quarter in sample]
    for window in WINDOWS:
        for limit in LIMITS:
            GRID[items, window, limit] = score(when, run_monitor(watch_slices(window, limit), sample))


def curve(items, window, price):
    rows = [GRID[items, window, limit] for limit in LIMITS]
    alarms = np.array([row["false_alarms"] for row in rows])
    delays = np.array([row["delay"] for row in rows])
    # two quarters in three have a harmful model
    return alarms, delays, price * alarms + PRICE_OF_DAY * delays * 2 / 3


@price_stage.live(
    threshold=widgets.SelectionSlider(options=LIMITS.tolist(), value=2.2),
    window=widgets.SelectionSlider(options=WINDOWS, value=14),
    questions_per_slice=widgets.SelectionSlider(options=ITEMS, value=8),
    price_of_alarm=(1, 20),
    start={"price_of_alarm": 5},
)
def pay(threshold, window, questions_per_slice, price_of_alarm):
    alarms, delays, costs = curve(questions_per_slice, window, price_of_alarm)
    cheapest, here = int(np.argmin(costs)), int(np.flatnonzero(LIMITS == threshold)[0])
    draw_operating(
        price_stage.axes, LIMITS, alarms, delays, costs, threshold, LIMITS[cheapest], label="threshold of z"
    )
    return (
        f"Threshold {threshold}, window {window} days, {questions_per_slice} questions per slice, {price_of_alarm} thousand per false alarm: "
        f"{alarms[here]:.2f} false alarms per quarter, {delays[here]:.0f} days until noticed, {costs[here]:.1f} thousand €. "
        f"Cheapest: {LIMITS[cheapest]}, {costs[cheapest]:.1f} thousand €."
    )


pay


# %%
def best(items, window, price):
    costs = curve(items, window, price)[2]
    return LIMITS[costs.argmin()], costs.min()


base, dear, cheap, more = best(8, 14, 5), best(8, 14, 20), best(8, 14, 1), best(20, 14, 5)
assert cheap[0] <= base[0] <= dear[0] and more[1] < base[1]
Markdown(
    f"**Found.** (1) {base[0]}, {base[1]:.1f} thousand € per quarter. (2) With 20 thousand per false alarm: {dear[0]}; with 1 thousand: {cheap[0]}. "
    f"(3) {base[1] - more[1]:.1f} thousand € per quarter: the cheapest point falls from {base[1]:.1f} to {more[1]:.1f}. For 60 × 91 = 5,460 questions, "
    f"{1000 * (base[1] - more[1]) / 5460:.2f} € each."
)

# %% [markdown]
# ### The schedule: the same questions, asked less often
#
# Somebody has to read what the canary says. So why not 56 questions per slice once a week instead of 8 every evening, or 112 every other week? The same number
# of questions, the same memory of 14 days, 90 quarters with the same models. Which rhythm finds a harmful model first, and which has fewer false alarms?

# %%
RHYTHMS = {"every evening": 1, "every week": 7, "every other week": 14}
rng = np.random.default_rng(18)
services = [draw_quarter(variants, name, 1, rng) for name in plan]
since = [quarter.change for quarter in services]
schedule, spent = {}, {}
for rhythm, every in RHYTHMS.items():
    rng = np.random.default_rng([18, every])
    evenings = [serve(variants, quarter.served[every - 1 :: every], 8 * every, rng) for quarter in services]
    rings = run_monitor(watch_slices(14 // every, 2.2), evenings)
    days = [[every * (n + 1) - 1 for n in quarter] for quarter in rings]
    schedule[rhythm] = score(since, days)
    spent[rhythm] = np.array([score([c], [d])["cost"] for c, d in zip(since, days, strict=True)])
schedule = pd.DataFrame(schedule).T
schedule.columns = monitors.columns
extra = {rhythm: spent[rhythm] - spent["every evening"] for rhythm in RHYTHMS}
schedule["dearer than every evening"] = [d.mean() for d in extra.values()]
schedule["± 95%"] = [1.96 * d.std(ddof=1) / np.sqrt(len(d)) for d in extra.values()]
first_column = "false alarms per quarter"
assert schedule.loc["every week", first_column] < schedule.loc["every evening", first_column]
schedule.rename_axis("threshold 2.2, 728 questions per slice").round(2)

# %%
daily, weekly = schedule.loc["every evening"], schedule.loc["every week"]
Markdown(
    f"**Found.** Every evening is first: {daily['days until found']:.1f} days until found, {weekly['days until found']:.1f} with a weekly look, and "
    f"{schedule.loc['every other week', 'days until found']:.1f} with one every other week. The weekly look has fewer chances of a false alarm, "
    f"{weekly[first_column]:.2f} per quarter instead of {daily[first_column]:.2f}. In money a week is dearer by {weekly['dearer than every evening']:.1f} "
    f"± {weekly['± 95%']:.1f} thousand € per quarter, which 90 quarters cannot tell from 0. Watching by slice matters far more than the rhythm: "
    f"the strict average of all slices cost {monitors.loc['average, losses, 2.2', 'thousand € per quarter']:.0f}."
)

# %% [markdown]
# ## The trap: the same forty questions every day  ·  *minute 47*
#
# "The model is deterministic, so let us freeze forty questions and compare the answers. Any difference is real, no statistics needed." It is a good alarm for *that something changed*. But is it
# one for harm?

# %%
predict(
    "11.p5",
    "“taught to refuse 0” loses 12 points in one slice. You ask the *same* 8 questions of that slice each day, 91 days. How likely is it that these 8 show no loss at all, net?",
    options=["practically 0, after 91 days", "about 5%", "about 35%", "about 60%"],
)

# %%
same = fixed_questions(variants, "taught to refuse 0", 8, np.random.default_rng(14), repeats=2000)
blind = np.mean(same[:, variants.slice_names.index("distraction")] <= 0)
assert 0.30 < blind < 0.40  # "about 35%"; four standard errors of a share over 2,000 draws are 0.04
fresh = [draw_quarter(variants, "taught to refuse 0", 8, np.random.default_rng([15, n])) for n in range(60)]
frozen = [
    draw_quarter(variants, "taught to refuse 0", 8, np.random.default_rng([15, n]), same_questions=True)
    for n in range(60)
]
rows = {}
for name, sample in (("fresh draw from the frozen set", fresh), ("the same 40 questions", frozen)):
    rows[name] = score([q.change for q in sample], run_monitor(watch_slices(14, 2.2), sample))
draws = pd.DataFrame(rows).T[["found", "delay", "false_alarms"]]
assert draws.loc["fresh draw from the frozen set", "found"] > draws.loc["the same 40 questions", "found"]
draws.rename(columns={"delay": "days until found", "false_alarms": "false alarms per quarter"}).round(2)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "11.p5",
    "about 35%",
    f"{blind:.0%} of the draws of eight lose nothing, net, and 91 days of the same eight questions are still eight questions.",
)

# %% [markdown]
# The z of 14 days with the same 40 questions counts each of them 14 times: it is not a z at all. Where it sees the loss it is quick, and where the loss is not in the forty it is blind for ever.
# Freeze a **large** set, draw from it afresh.
#
# ## The messy case: a canary that coughs  ·  *minute 50*
#
# On four days the canary ran into a time-out: some questions came back without an answer. The script counts "no answer" as wrong.

# %%
calm = QUARTERS["E"]
coughing = calm.stream(90)
timeouts = np.zeros_like(coughing["lost"])
for day in (17, 40, 41, 77):
    # of the questions that the two models answer alike; a third of them comes back empty
    alike = 8 - coughing["lost"][day] - coughing["gained"][day]
    timeouts[day] = np.random.default_rng([16, day]).binomial(alike, 0.35)
counted = dict(coughing, lost=coughing["lost"] + timeouts)
alarms_counted = run_monitor(watch_slices(14, 2.2), [counted])[0]
alarms_left_out = run_monitor(watch_slices(14, 2.2), [coughing])[0]
assert len(alarms_counted) > len(alarms_left_out)
Markdown(
    f"Time-outs counted as lost: alarms on {', '.join(f'day {d}' for d in alarms_counted)}. Left out: "
    f"{', '.join(f'day {d}' for d in alarms_left_out) or 'none'}. Nothing harmful was in service.\n\n"
    "A question without an answer says nothing about the weights. Count it in a line of its own, with its own alarm (an outage is news, "
    "too), and never in the paired table. And ask it again on the same evening."
)

# %% [markdown]
# ## It rang. What is in service, and what do we go back to?  ·  *minute 52*
#
# Before anybody argues: **which weights answer?** A **registry** has for every set of weights its fingerprint, parent, data, evaluation (the fingerprint of the *questions*, and the loss of the worst slice on them), owner, and what to roll back to.

# %%
registry = registry_of_variants(
    variants,
    [
        ("same", "Mira", None),
        ("8 bits", "Mira", "same"),
        ("6 bits", "Jonas", "8 bits"),
        ("5 bits", "Jonas", "6 bits"),
        ("tuned, facts 0", "Ayse", "same"),
        ("tuned lightly, everything 0", "Ayse", "tuned, facts 0"),
    ],
    measured_on={"tuned, facts 0": "facts"},
)
entries = pd.DataFrame(
    [
        registry[name]
        for name in ("same", "8 bits", "6 bits", "5 bits", "tuned, facts 0", "tuned lightly, everything 0")
    ]
).set_index("name")
entries["fingerprint"] = entries["fingerprint"].str[:8]
entries["evaluation"] = entries["evaluation"].replace(variants.fingerprint, "canary")
entries["parent"] = entries["parent"].fillna("-")
entries["roll_back_to"] = entries["roll_back_to"].fillna("-")
entries

# %%
print("served, by its weights     ", registry.identify(silent))
print("8 bits, by its weights     ", registry.identify(model.with_weights(quantize(model.weights, 8))).name)
print("where a tuned one came from", " <- ".join(registry.lineage("tuned lightly, everything 0")))
target = registry.safe_target("tuned lightly, everything 0", variants.fingerprint, limit=0.01)
print("roll it back to            ", target.name, "-", target.owner, "decides")
assert registry.identify(silent) is None and target.name == "same"
assert 0 < registry["tuned, facts 0"].worst_loss <= 0.02
assert round(100 * max(variants.net_loss("tuned, facts 0").values())) == 7

# %% [markdown]
# **What it means.** The served weights (4 bits) are in no entry: nobody registered them, so nobody owns them. That alone is a finding, before any statistics. And the tuned model's roll-back target, "tuned, facts 0", looks good, a loss of about 1 point,
# *on questions about facts only*. In another slice of the canary it loses 7. Roll back to the first entry that was measured on **these** questions and holds. The lineage tells what else is affected: whatever has the same parent data.
#
# Then decide by cost: rolling back costs a night; keeping costs the loss times the days; and sometimes the target is worse than what runs.
#
# ## Say it out loud  ·  *minute 55*

# %%
predict(
    "11.p6",
    "Over 14 days, of 112 questions of the slice “distraction” 11 were lost and 1 was gained; all slices together: 21 lost, 24 gained. You watch five slices and "
    "look daily. Which would you say?",
    options=[
        "All slices together it is 3 questions better than before, and users see all slices: I would take no action, and go on looking every day.",
        "One slice lost 10 net: z = 2.9, above the threshold fixed for five slices and daily looks. Roll back to M tonight, ask the owner tomorrow.",
        "45 answers changed in two weeks, and the same weights would give the same answers. The model was replaced: escalate before anything else.",
        "One slice in five with p < 0.05 is what chance does when one looks every day: I would write it down, and wait for the quarterly review.",
    ],
)

# %%
z = (11 - 1) / np.sqrt(11 + 1)
assert z > 2.2

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "11.p6",
    "One slice lost 10 net: z = 2.9, above the threshold fixed for five slices and daily looks. Roll back to M tonight, ask the owner tomorrow.",
    "The average is where the loss hides. That something changed is no reason by itself: a better model changes answers, too. And “what chance does” was settled beforehand, by the threshold: "
    f"z = {z:.1f} is beyond it.",
)

# %%
chosen, calm_alarms = monitors.loc["slices, losses, 2.2"], false_alarms["slices, losses, 2.2"]
with_harm = np.mean([quarter.change is not None for quarter in many])
Markdown(
    '**In the review, a senior says:** "We ask 40 questions per day, drawn afresh from a large frozen set, and pair the answers with the frozen ones, by slice. Over models that harm nobody, the threshold '
    f"gives {calm_alarms.mean():.2f} false alarms per quarter on average and {calm_alarms.max():.2f} with the worst of them; a harmful model is found after {chosen['days until found']:.0f} days on average. "
    "It rang in one slice; the average never moved. The weights were not "
    'in the registry, so we went back to the last ones that were measured on these questions."\n\n'
    f'**The finance team is told:** "We assume that {with_harm:.0%} of the quarters bring a harmful model. Without the canary it runs until the quarterly review: {idle:.0f} thousand € per quarter on average over all quarters. '
    f'With it, {chosen["thousand € per quarter"]:.0f} thousand, false alarms included."'
)

# %% [markdown]
# ## What you take with you
#
# - Size by power: 90 to 87% takes 1,772 questions per side, or 609 that both models answer. 100 questions see next to nothing.
# - Every look is a chance of a false alarm. Fix the false alarms of the quarter, then the threshold.
# - Watch slices, losses only, against frozen answers. An average hides what a tuned model trades away; a changed answer is not a lost one.
# - Measure false alarms under updates that harm nobody. A monitor that cries at a better model will be switched off.
# - Draw afresh from a large frozen set. The same forty questions are blind to whatever is not in them.
# - Identify weights by fingerprint; go back to what was measured on the same questions.
#
# ## Next
#
# **[Exercise 11](../exercises/11-the-canary/11-the-canary.ipynb)** (60 to 90 minutes): canary size, a paired test by slice, a threshold for many looks, a roll-back target
# through a registry, and two policies: a monitor and a triage. Then **lesson 12, A model that eats its own output**.
