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
# ## The users say that it has got worse. The team that runs it says that nothing has changed.
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
from scipy import stats

from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.figures.operating import draw_operating
from holdout.lm import load, one_thread, open_book, quantize
from holdout.lm.canary import HARM, HARMLESS, canary_questions
from holdout.lm.evaluation import EvaluationSet, evaluate, paired_difference
from holdout.topics.canary import figures as views
from holdout.topics.canary.experiments import (
    PRICE_OF_ALARM,
    PRICE_OF_DAY,
    Variants,
    draw_quarter,
    fixed_questions,
    items_needed,
    items_needed_paired,
    peeking_rate,
    pocock_boundary,
    power,
    power_paired,
    power_paired_exact,
    run_monitor,
    score,
    serve,
    slice_z,
    tripwire_then_suite,
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
# 3. You can afford 200 questions, paired, churn 10%. Which fall do you see with a chance of 80%?

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
# ### Does the formula keep its promise?
#
# Sample sizes from the textbook formula, and for pairs from Connor (1987, *Biometrics* 43:207). We draw 40,000 pairs of counts for each
# and run the tests.

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
        "planned": [0.80, power(0.90, 0.87, 100), power(0.90, 0.87, 500), 0.80],
    },
    index=["1,772 per side", "100 per side", "500 per side", "609 paired"],
)
# four standard errors of a share; counts are whole, so small samples and the pairs (43 of 609 differ) deviate from the normal
# law by up to 0.02
assert (abs(sizes["measured"] - sizes["planned"]) < 4 * np.sqrt(0.25 / repeats) + 0.02).all()
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
    f"{bonferroni:.1%} instead of 5%, because consecutive looks share data, so the tests are correlated. A threshold that is too strict costs days.\n\n"
    "**What it means.** “We look daily, and only act on p < 0.05” has a false-alarm rate that grows with every look. Fix the false "
    "alarms of the *whole quarter*, and derive the threshold from that. Pocock's constant threshold is one way. O'Brien and Fleming's is strict at first and near 1.96 at the end; "
    "always-valid p-values and e-values need no fixed number of looks. All of them assume that nothing has changed at all. A language model that is served changes harmlessly all the time, "
    "so below the threshold comes from measured harmless updates."
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
# We call a model *harmful* if a slice loses 5 points or more, net, *harmless* if none loses more than 1, and *between* otherwise, all on the recorded questions. The two limits are a
# convention of this help desk; yours come from what a lost answer costs. A verdict is about these questions: for all questions that users could ask, a loss of 7 points on 200 has an interval of its own.

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
# The dot and bar are what a canary of so many questions per slice would report, with its 95% interval (paired); the + is the result on all recorded questions, 200 to 656 per slice.
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
place = np.flatnonzero(variants.slices == "distraction")
_, lightly_low, lightly_high = paired_difference(
    before[place], variants.of("tuned lightly, everything 0")[place]
)
refuse, slice_of_it = variants.of("taught to refuse 0"), variants.slice_names.index("distraction")
seen_from = next(
    n
    for n in range(20, 201, 20)
    if paired_difference(before[ask(n)[slice_of_it]], refuse[ask(n)[slice_of_it]])[2] < 0
)
masked = [
    f"“{name}” ({table.loc[name, 'average']:+.1f})"
    for name in NAMES
    if table.loc[name, "verdict"] == "harmful" and table.loc[name, "average"] > -0.5
]
lost_share = np.mean(before[place] & ~refuse[place])
gained_share = np.mean(~before[place] & refuse[place])
by_formula = items_needed_paired(lost_share, gained_share)
enough = next(n for n in range(20, 201) if power_paired_exact(lost_share, gained_share, n) >= 0.8)
four_to_none, six_to_none = (stats.binomtest(lost, lost).pvalue for lost in (4, 6))
Markdown(
    f"**Found.** (1) {', '.join(masked)}: on average (points in brackets) better than the original or at most half a point worse, and harmful. "
    f"(2) No. It changes {table.loc['larger', 'answers changed']:.0f}% of the answers and no slice loses more than 1 point: most changes are gains. "
    "“The answers changed” is not an alarm by itself; “answers were lost in a slice” is. (3) From "
    f"{seen_from} in this draw. For a chance of 80% over all draws it takes {enough} questions of that slice ({lost_share:.1%} lost, {gained_share:.1%} gained), by the exact (binomial) test. "
    f"The normal formula says {by_formula}, but with z > 1.96: four answers lost and none gained pass that, and a fair coin does so with p = {four_to_none:.3f}. The exact test needs six to none (p = {six_to_none:.3f}). "
    "Use the binomial where few answers change.\n\n"
    f"For all distraction questions that users could ask, “tuned lightly, everything 0” changes by {100 * lightly_low:+.0f} to {100 * lightly_high:+.0f} points (95% interval from 200 recorded ones): it loses, but whether by more than 5 points is open."
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
    f"the change was on day {QUARTERS['C'].change}. Three days are 24 questions of a slice: a loss of 7 points is one or two of them. "
    f"At such counts z is not a normal variable: five lost and none gained pass 2.2, and a fair coin does that in {0.5**5:.0%} of cases. So we count false alarms, below, instead of trusting a table of z."
)

# %% [markdown]
# ## Five monitors, and harmless updates  ·  *minute 34*
#
# Five common rules, all on the same 90 quarters. They differ in more than one respect; the third and the last differ in one only, average or slices. A false alarm costs 5 thousand euros
# (two people, two days), a day with an unnoticed harmful model 1 thousand; what nobody finds, the quarterly review finds. Two quarters in three have a harmful model: an assumption, to which we return.


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
    "Two quarters in three have a harmful model. Which of the five costs more than not watching at all?",
    options=list(MONITORS),
)

# %%
assert (PRICE_OF_ALARM, PRICE_OF_DAY) == (5, 1)
harmful = [name for name in variants.of_kind("harmful") if name in NAMES]
rng = np.random.default_rng(12)
plan = [None if n % 3 == 0 else harmful[n % len(harmful)] for n in range(90)]
many = [draw_quarter(variants, name, 8, rng) for name in plan]
changes = [quarter.change for quarter in many]
rings = {"not watching": [[]] * 90} | {name: run_monitor(alarm, many) for name, alarm in MONITORS.items()}
monitors = pd.DataFrame({name: score(changes, days) for name, days in rings.items()}).T
monitors.columns = ["false alarms per quarter", "changes found", "days until found", "thousand € per quarter"]
# what each rule costs in each quarter, so that rules are compared on the same quarters
paid = {
    name: np.array([score([c], [d])["cost"] for c, d in zip(changes, days, strict=True)])
    for name, days in rings.items()
}
ours = paid["slices, losses, 2.2"]


def mean_and_error(values):
    """Mean, and half of its 95% interval."""
    return np.mean(values), 1.96 * np.std(values, ddof=1) / np.sqrt(len(values))


monitors["dearer than the last"] = [mean_and_error(cost - ours)[0] for cost in paid.values()]
monitors["± 95%"] = [mean_and_error(cost - ours)[1] for cost in paid.values()]
idle = monitors.loc["not watching", "thousand € per quarter"]
assert monitors.loc["any answer changed", "thousand € per quarter"] > idle
others = monitors.drop("slices, losses, 2.2")
assert (others["dearer than the last"] > others["± 95%"]).all()
monitors.round(2)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "11.p4",
    "any answer changed",
    f"{monitors.loc['any answer changed', 'thousand € per quarter']:.0f} thousand euros per quarter; not watching costs {idle:.0f}.",
)

# %% [markdown]
# How often a harmful model comes is an assumption. Here are the same costs for other shares of harmful quarters. The rarer harm is, the more the false alarms count: with few harmful quarters more
# rules cost more than not watching, and the two that look at losses only, over 14 days, come close to each other.

# %%
quiet_quarters = np.array([change is None for change in changes])
shares = pd.DataFrame(
    {
        f"harm in {share:.0%} of quarters": {
            name: share * cost[~quiet_quarters].mean() + (1 - share) * cost[quiet_quarters].mean()
            for name, cost in paid.items()
        }
        for share in (0.05, 0.10, 0.33, 0.67)
    }
)
rare = shares["harm in 5% of quarters"]
assert (rare > rare["not watching"]).sum() == 3 and rare["average, losses, 2.2"] < rare["not watching"]
shares.rename_axis("thousand € per quarter").round(1)

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
# **What it means.** "Any answer changed" alarms at *compression to 6 bits*, which is harmless. The two-sided average alarms at a *better model*. The strict average has few false alarms and misses harm: what
# the tuned models lose in one slice they gain in another. It differs from the last rule in nothing else. "Against last week" has one week to see a change; then last week is as bad as this one. A canary compares with answers that are **frozen**.
#
# Why is 2.2 enough, for five slices and 91 evenings? Not by theory: the theory assumes that losses and gains are equally likely, independently every day.

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
# ### A sixth rule: when one answer changes, ask everything
#
# "Any answer changed" costs so much because each ring costs two people two days. But a computer can look first. Keep the answers of the model that was tested last. When one of the evening's
# 40 differs, ask all 1,956 questions once, that same evening; call somebody only if z of a slice, against the frozen answers, is above 2.2.

# %%
rng = np.random.default_rng(21)
two_stages = [tripwire_then_suite(variants, quarter, 2.2, rng) for quarter in many]
two_stage_score = score(changes, [alarms for alarms, _ in two_stages])
suites = np.mean([times for _, times in two_stages])
less, less_error = mean_and_error(
    ours - np.array([score([c], [a])["cost"] for c, (a, _) in zip(changes, two_stages, strict=True)])
)
all_rows = [np.flatnonzero(variants.slices == part) for part in variants.slice_names]
highest = pd.Series(
    {
        name: max(
            (lost - gained) / np.sqrt(max(lost + gained, 1))
            for lost, gained in zip(*variants.lost_and_gained(name, all_rows), strict=True)
        )
        for name in variants.names
    }
).groupby(variants.kind)
assert two_stage_score["false_alarms"] == 0 and two_stage_score["found"] == 1 and less > less_error
assert highest.max()["harmless"] < 2.2 < highest.min()["harmful"]
pd.DataFrame({"lowest": highest.min(), "highest": highest.max()}).rename_axis(
    "largest z of a slice, all 1,956 questions"
).round(1)

# %% jupyter={"source_hidden": true}
question_price = 1000 * less / (suites * len(variants.slices))
explain(
    """
    **What it means.** On the same 90 quarters it finds every harmful model, after {delay:.1f} days on average, without a false alarm (fewer than {at_most:.2f} per quarter, 97.5% limit), and asks the whole suite {suites:.1f} times per quarter.
    Without the price of questions it costs {less:.1f} ± {less_error:.1f} thousand € per quarter less than the best of the five, so it is cheaper as long as a question costs less than about {price:.1f} €.
    For a model whose answers are checked by a program, use it.

    Two conditions. Served answers must repeat: where they are drawn at random, some answer differs every evening. And we defined *harmful* on these 1,956 questions, so the whole suite measures it without an error of sampling;
    a fall on questions outside it stays unseen by all six rules. The model between the two (“5 bits”), which is in none of these quarters, would ring as well. Where people must judge each answer, 1,956 are too many, and the last of the five is the one to tune.
    """,
    delay=two_stage_score["delay"],
    at_most=stats.chi2.ppf(0.975, 2) / 2 / len(many),
    suites=suites,
    less=less,
    less_error=less_error,
    price=question_price,
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
# The cheapest points were chosen on 48 quarters. They are judged on 300 others, with the same models in service for each rule.
rng = np.random.default_rng([14, 8])
new_quarters = [draw_quarter(variants, plan[n % 90], 8, rng) for n in range(300)]
richer = [serve(variants, quarter.served, 20, rng, change=quarter.change) for quarter in new_quarters]
new_rings = {
    "ours": run_monitor(watch_slices(14, 2.2), new_quarters),
    "cheapest": run_monitor(watch_slices(14, base[0]), new_quarters),
    "more questions": run_monitor(watch_slices(14, more[0]), richer),
}
new_costs = {
    name: np.array([score([q.change], [d])["cost"] for q, d in zip(new_quarters, days, strict=True)])
    for name, days in new_rings.items()
}
new_alarms = {
    name: score([q.change for q in new_quarters], days)["false_alarms"] for name, days in new_rings.items()
}
below, below_error = mean_and_error(new_costs["ours"] - new_costs["cheapest"])
worth, worth_error = mean_and_error(new_costs["cheapest"] - new_costs["more questions"])
assert worth > worth_error
Markdown(
    f"**Found.** (1) {base[0]}, {base[1]:.1f} thousand € per quarter. (2) With 20 thousand per false alarm: {dear[0]}; with 1 thousand: {cheap[0]}. "
    f"(3) On 300 other quarters, with the same models in service, {worth:.1f} ± {worth_error:.1f} thousand € per quarter (95% interval). For 60 × 91 = 5,460 questions, "
    f"{1000 * worth / 5460:.2f} € each.\n\n"
    f"The threshold of (1) was chosen on 48 quarters. On the 300 others it costs {below:.2f} ± {below_error:.2f} thousand € less than 2.2, with {new_alarms['cheapest']:.2f} false alarms per quarter instead of {new_alarms['ours']:.2f}. "
    "The price of 5 thousand does not count that people stop looking after many false alarms. We keep 2.2, and say what it costs."
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
schedule.columns = monitors.columns[:4]
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
# "The model is deterministic, so let us freeze forty questions and compare the answers. Any difference is real, no statistics needed." It tells you that something changed, and can start the whole suite, as above. But what if the
# forty are all that you ever ask?

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
rows, quick = {}, {}
for name, sample in (("fresh draw from the frozen set", fresh), ("the same 40 questions", frozen)):
    days = run_monitor(watch_slices(14, 2.2), sample)
    rows[name] = score([q.change for q in sample], days)
    delays = [
        min((day - q.change for day in raised if day >= q.change), default=None)
        for q, raised in zip(sample, days, strict=True)
    ]
    quick[name] = np.median([delay for delay in delays if delay is not None])
draws = pd.DataFrame(rows).T[["found", "delay", "false_alarms"]]
draws["median days, where found"] = pd.Series(quick)
assert quick["the same 40 questions"] < quick["fresh draw from the frozen set"]
assert draws.loc["fresh draw from the frozen set", "found"] > draws.loc["the same 40 questions", "found"]
draws.rename(
    columns={"delay": "mean days, misses included", "false_alarms": "false alarms per quarter"}
).round(2)

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "11.p5",
    "about 35%",
    f"{blind:.0%} of the draws of eight lose nothing, net, and 91 days of the same eight questions are still eight questions.",
)

# %% [markdown]
# The z of 14 days with the same 40 questions counts each of them up to 14 times: it is not a z at all. Where the loss is in the forty it is found sooner (last column), and where it is not in the forty it is never found.
# Freeze a **large** set, draw from it afresh.
#
# ## The messy case: questions without an answer  ·  *minute 50*
#
# On four days the canary ran into a time-out: some questions came back without an answer. The script counts "no answer" as wrong.

# %%
calm = QUARTERS["E"]
recorded = calm.stream(90)
timeouts = np.zeros_like(recorded["lost"])
for day in (17, 40, 41, 77):
    # of the questions that the two models answer alike; a third of them comes back empty
    alike = 8 - recorded["lost"][day] - recorded["gained"][day]
    timeouts[day] = np.random.default_rng([16, day]).binomial(alike, 0.35)
counted = dict(recorded, lost=recorded["lost"] + timeouts)
alarms_counted = run_monitor(watch_slices(14, 2.2), [counted])[0]
alarms_left_out = run_monitor(watch_slices(14, 2.2), [recorded])[0]
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
# Behind an API there are no weights to look at. Then keep the raw answers to fixed questions at temperature 0 (a fingerprint of the behaviour), log the version that the provider reports, and have the contract say
# that updates are announced and the old version stays available for a while.
#
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
        "One slice lost 10 net: z = 2.9, above the 2.2 that harmless updates rarely pass. Roll back to M tonight, and ask the owner tomorrow morning.",
        "45 answers changed in two weeks, and the same weights would give the same answers. The model was replaced: escalate before anything else.",
        "One slice in five with p < 0.05 is what chance does when one looks every day: I would write it down, and wait for the quarterly review.",
    ],
)

# %%
z, z_all = (11 - 1) / np.sqrt(11 + 1), (21 - 24) / np.sqrt(21 + 24)
exact = stats.binomtest(11, 12).pvalue
assert z > 2.2 > z_all and exact < 0.01

# %% jupyter={"source_hidden": true}
# what was measured, beside your prediction
resolve(
    "11.p6",
    "One slice lost 10 net: z = 2.9, above the 2.2 that harmless updates rarely pass. Roll back to M tonight, and ask the owner tomorrow morning.",
    "The average is where the loss hides. That something changed is no reason by itself: a better model changes answers, too. And “what chance does” was settled beforehand, by counting under harmless updates: "
    f"z = {z:.1f} is beyond their threshold. The exact p of 11 to 1 is {exact:.3f}, for one slice on one evening.",
)

# %%
chosen, calm_alarms = monitors.loc["slices, losses, 2.2"], false_alarms["slices, losses, 2.2"]
with_harm = np.mean(~quiet_quarters)
(idle, idle_error), (cost, cost_error) = mean_and_error(paid["not watching"]), mean_and_error(ours)
explain(
    """
    **In the review, a senior says:** "We ask 40 questions per day, drawn afresh from a large frozen set, and pair the answers with the frozen ones, by slice. Over six harmless models, 30 quarters each, the threshold
    gives {calm:.2f} false alarms per quarter on average and {worst:.2f} with the worst of them; in 60 simulated quarters with harm it found {found:.0%}, after {days:.0f} days on average. This time it rang in one slice, with z = {z:.1f};
    all slices together have z = {z_all:.1f}. We went back to the last model that was measured on these questions. Tonight the whole suite confirms it or not."

    **The finance team is told:** "If {with_harm:.0%} of the quarters bring a harmful model, it costs {idle:.0f} ± {idle_error:.0f} thousand € per quarter without the canary, because it runs until the quarterly review. With it, {cost:.1f} ± {cost_error:.1f} thousand,
    false alarms included (95% intervals from 90 simulated quarters). If only one quarter in ten brings one, it is {rare_idle:.1f} against {rare:.1f}. Asking the whole suite whenever an answer changes is cheaper still, as long as a question costs less than about {price:.1f} €."
    """,
    calm=calm_alarms.mean(),
    worst=calm_alarms.max(),
    found=chosen["changes found"],
    days=chosen["days until found"],
    z=z,
    z_all=z_all,
    with_harm=with_harm,
    idle=idle,
    idle_error=idle_error,
    cost=cost,
    cost_error=cost_error,
    rare_idle=shares.loc["not watching", "harm in 10% of quarters"],
    rare=shares.loc["slices, losses, 2.2", "harm in 10% of quarters"],
    price=question_price,
)

# %% [markdown]
# ## What you take with you
#
# - Size by power: 90 to 87% takes 1,772 questions per side, or 609 that both models answer. With 100 per side you see that fall in one case out of ten.
# - Every look is a chance of a false alarm. Fix the false alarms of the quarter, then the threshold. Where few answers change, use the binomial.
# - Watch slices, losses only, against frozen answers. An average hides what a tuned model trades away; a changed answer is not a lost one.
# - Measure false alarms under harmless updates. A monitor that alarms at a better model will be switched off.
# - If questions are cheap and answers repeat: one changed answer starts the whole suite, and only the suite calls people.
# - Draw afresh from a large frozen set. The same forty questions never show a loss that is not in them.
# - Identify weights by fingerprint; go back to what was measured on the same questions.
#
# ## Next
#
# **[Exercise 11](../exercises/11-the-canary/11-the-canary.ipynb)** (60 to 90 minutes): canary size, a paired test by slice, a threshold for many looks, a roll-back target
# through a registry, and two policies: a monitor and a triage. Then **lesson 12, A model that eats its own output**.
