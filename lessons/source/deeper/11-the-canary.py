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
# # 11 · Deeper: the canary
#
# What goes beyond [lesson 11](../11-the-canary.ipynb). Each section can be read alone after the first cells. About 35 minutes. Terms are in
# the [glossary](../glossary.ipynb).
#
# | section | question |
# |---|---|
# | 1 | Do the formulas for the number of questions keep their promise? And where few answers change? |
# | 2 | What do more rules cost, all of them if harm is rare, and which harmless updates ring? |
# | 3 | Which threshold, window and number of questions cost least? |
# | 4 | The same questions, asked less often |
# | 5 | The same forty questions every day |
# | 6 | Questions without an answer |
# | 7 | Replacements of a real language model: which of them is a change? |
# | 8 | Which of four sentences would you say? |

# %%
import numpy as np
import pandas as pd
from scipy import stats

# %% jupyter={"source_hidden": true}
# isort: split
import ipywidgets as widgets

from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.figures.operating import draw_operating
from holdout.lm.canary import Variants
from holdout.lm.real.report import replacement_table
from holdout.stats.intervals import mean_interval
from holdout.topics.canary.comparison import (
    BASE,
    NOT_WATCHING,
    RULES,
    SUITE,
    compare_rules,
    ninety_quarters,
    quiet_quarters,
    slice_rule,
)
from holdout.topics.canary.experiments import (
    PRICE_OF_DAY,
    draw_quarter,
    fixed_questions,
    items_needed_paired,
    mcnemar_z,
    peeking_rate,
    power,
    power_paired_exact,
    run_monitor,
    score,
    serve,
)

style.use()
variants = Variants.load()
quarters = ninety_quarters(variants)
changes = [quarter.change for quarter in quarters]
plan = [
    None if change is None else quarter.served[-1] for change, quarter in zip(changes, quarters, strict=True)
]


def costs(changes, rings):
    """Thousand euros of each quarter."""
    return np.array([score([c], [d])["cost"] for c, d in zip(changes, rings, strict=True)])


# %% [markdown]
# ## 1 · Do the formulas keep their promise?
#
# Sample sizes from the textbook formula, and for pairs from Connor (1987, *Biometrics* 43:207). We draw 40,000 pairs of counts for each and run the tests.

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
sizes.rename_axis("90% to 87%").round(3)

# %% jupyter={"source_hidden": true}
# four standard errors of a share; counts are whole, so small samples and the pairs (43 of 609 differ) deviate from the normal
# law by up to 0.02
assert (abs(sizes["measured"] - sizes["planned"]) < 4 * np.sqrt(0.25 / repeats) + 0.02).all()
place = variants.slices == "distraction"
before, refuse = variants.right[0][place], variants.of("taught to refuse 0")[place]
lost_share, gained_share = np.mean(before & ~refuse), np.mean(~before & refuse)
enough = next(n for n in range(20, 201) if power_paired_exact(lost_share, gained_share, n) >= 0.8)
rng = np.random.default_rng(6)
bonferroni = peeking_rate(10, 2.807, rng, paths=100_000)
explain(
    """
    **Where few answers change.** "taught to refuse 0" loses {lost:.1%} of the distraction questions and gains {gained:.1%}. The normal formula asks for {formula} questions, but with z > 1.96: four lost and none gained pass that, and a fair coin does so with p = {four:.3f}. The exact test needs six to none (p = {six:.3f}) and {enough} questions for a chance of 80%.

    **Ten looks by Bonferroni**: each at a tenth of 5%, threshold 2.81. Safe and too strict: it rings falsely in {bonferroni:.1%} instead of 5%, because consecutive looks share data.
    """,
    lost=lost_share,
    gained=gained_share,
    formula=items_needed_paired(lost_share, gained_share),
    four=stats.binomtest(4, 4).pvalue,
    six=stats.binomtest(6, 6).pvalue,
    enough=enough,
    bonferroni=bonferroni,
)

# %% [markdown]
# ## 2 · More rules, rare harm, and harmless updates
#
# The lesson's ninety quarters once more, in thousand € per quarter. Three rules differ from the base rule in one thing, the fourth in two.

# %%
more_rules = {name: RULES[name] for name in (BASE, "all days so far", "z > 1.96", "binomial instead of z")}
more_rules["binomial at the level of z = 1.8"] = slice_rule(exact=True, limit=1.8)
one_thing = compare_rules(variants, quarters, np.random.default_rng(21), rules=more_rules).table()
one_thing.loc[list(more_rules)].round(2)

# %% jupyter={"source_hidden": true}
exact, loose, looser = (
    one_thing.loc[name, ["more than base", "± 95%"]].tolist()
    for name in ("binomial instead of z", "z > 1.96", "binomial at the level of z = 1.8")
)
assert exact[0] > exact[1] and abs(loose[0]) < loose[1] and abs(looser[0]) < looser[1]
explain(
    """
    At the level of 2.2 the binomial is stricter than z, and costs {exact:.1f} ± {reach:.1f} more. At the level of 1.8 it is not separated from the base rule, and neither is z > 1.96.
    """,
    exact=exact[0],
    reach=exact[1],
)

# %% [markdown]
# Two quarters in three bring a harmful model in the lesson: an assumption. Here are the costs for other shares of harmful quarters, from the same 60 harmful quarters, and from 330 quiet ones: the 30 of the lesson have a
# handful of false alarms.

# %% jupyter={"source_hidden": true}
predict(
    "11.d1",
    "One quarter in twenty brings a harmful model. How many of the eight rules that call people (the lesson's and these, without the level of 1.8) cost more than not watching?",
    options=["none of the eight", "one of the eight", "three of the eight", "seven of the eight"],
)

# %%
compared = compare_rules(variants, [*quarters, *quiet_quarters(variants)], np.random.default_rng(21))
by_share = compared.by_share([0.05, 0.10, 0.33, 0.67])
by_share.rename(columns="harm in {:.0%} of quarters".format).rename_axis("thousand € per quarter").round(1)

# %% jupyter={"source_hidden": true}
rare = by_share[0.05]
dearer = [name for name in RULES if rare[name] > rare[NOT_WATCHING]]
assert len(dearer) == 3 and rare[BASE] < rare[NOT_WATCHING] and rare[SUITE] == rare.min()
saved, saved_error = compared.saved_by_watching(0.05, "z > 1.96")
resolve(
    "11.d1",
    "three of the eight",
    f"{', '.join(dearer)}. “z > 1.96” saves {saved:.1f} ± {saved_error:.1f} thousand € per quarter (95% interval), next to nothing.",
)

# %% [markdown]
# Where do the false alarms come from? Thirty quarters for each harmless update, served from day 20 on; nothing else happens.

# %%
harmless, quiet = variants.of_kind("harmless"), {}
for number, name in enumerate(harmless):
    rng = np.random.default_rng([20, number])
    calm = [serve(variants, ["same"] * 20 + [name] * 71, 8, rng) for _ in range(30)]
    quiet[name] = {
        rule: np.mean([len(days) for days in run_monitor(alarm, calm)]) for rule, alarm in RULES.items()
    }
false_alarms = pd.DataFrame(quiet).T.rename_axis("false alarms per quarter, update to")
false_alarms.round(2)

# %% jupyter={"source_hidden": true}
assert (false_alarms.loc["same"] == 0).all()
changed = {name: variants.of(name).astype(int) - variants.right[0] for name in harmless if name != "same"}
assert len(changed) == 5 and sum(change.sum() > 0 for change in changed.values()) == 4
assert sum(np.abs(change).mean() < 0.03 for change in changed.values()) == 4
assert false_alarms[BASE].max() < 0.5 < false_alarms.loc["larger", "gains alarm as well"]
steps = np.random.default_rng(17).standard_normal((4000, 5, 104)).cumsum(axis=2)
windows = (steps[:, :, 14:] - steps[:, :, :-14]) / np.sqrt(14)
by_theory = np.mean(windows.max(axis=(1, 2)) > 2.2)
everything = [np.flatnonzero(variants.slices == part) for part in variants.slice_names]
z = pd.Series({name: mcnemar_z(*variants.lost_and_gained(name, everything)).max() for name in variants.names})
highest = z.groupby(variants.kind).agg(["min", "max"])
assert highest.loc["harmless", "max"] < 2.2 < highest.loc["harmful", "min"]
explain(
    """
    **What it means.** Ringing at gains calls people to "larger", a *better* model. "Any answer changed" rings at 6 bits, which is harmless.

    **Why is 2.2 enough**, for five slices and 91 evenings? Not by theory: if every changed answer were lost or gained by the toss of a coin, independently every day, {by_theory:.0%} of the quiet quarters would ring at 2.2. Measured, it is {measured:.2f} alarms per quarter on average over the five harmless models other than M:
    four of them change few answers, and four more for the better than for the worse. The threshold holds for updates like these. Served answers that are drawn at random, or updates that churn more, need the threshold from theory, or new measurements.

    **Why the whole suite separates.** Its largest z of a slice is at most {harmless:.1f} for harmless models, at least {harmful:.1f} for harmful ones, and {between:.1f} for “5 bits”, between the two, which would ring as well and is served in no quarter.
    """,
    by_theory=by_theory,
    measured=false_alarms.drop("same")[BASE].mean(),
    harmless=highest.loc["harmless", "max"],
    harmful=highest.loc["harmful", "min"],
    between=z["5 bits"],
)

# %% [markdown]
# ## 3 · Threshold, window, questions: paid in one currency
#
# 1. With 8 questions per slice, a window of 14 days and 5 thousand per false alarm, **find** the cheapest threshold.
# 2. A false alarm costs 20, then 1. Where does the cheapest threshold go?
# 3. 20 questions per slice instead of 8, that is 60 more a day: what are they worth in a quarter?

# %% jupyter={"source_hidden": true}
price_stage = Stage(
    alt="False alarms, days until noticed and cost, each against the threshold",
    readout="Threshold {threshold}, window {window} days, {questions_per_slice} questions per slice, {price_of_alarm} thousand per false alarm: {alarms:.2f} false alarms per quarter, {delay:.0f} days until noticed, {cost:.1f} thousand €. Cheapest: {best}, {least:.1f} thousand €.",
    size=(9.2, 3.7),
    ncols=3,
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
            GRID[items, window, limit] = score(
                when, run_monitor(slice_rule(window=window, limit=limit), sample)
            )


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
    return {
        "alarms": alarms[here],
        "delay": delays[here],
        "cost": costs[here],
        "best": f"{LIMITS[cheapest]}",
        "least": costs[cheapest],
    }


pay


# %% jupyter={"source_hidden": true}
def best(items, window, price):
    costs = curve(items, window, price)[2]
    return LIMITS[costs.argmin()], costs.min()


base, dear, cheap, more = best(8, 14, 5), best(8, 14, 20), best(8, 14, 1), best(20, 14, 5)
assert cheap[0] <= base[0] <= dear[0] and more[1] < base[1]
# The cheapest points were chosen on 48 quarters. They are judged on 300 others, with the same models in service for each rule.
rng = np.random.default_rng([14, 8])
new_quarters = [draw_quarter(variants, plan[n % 90], 8, rng) for n in range(300)]
richer = [serve(variants, quarter.served, 20, rng, change=quarter.change) for quarter in new_quarters]
new_changes = [quarter.change for quarter in new_quarters]
new_rings = {
    "base": run_monitor(slice_rule(), new_quarters),
    "cheapest": run_monitor(slice_rule(limit=base[0]), new_quarters),
    "more questions": run_monitor(slice_rule(limit=more[0]), richer),
}
new_costs = {name: costs(new_changes, days) for name, days in new_rings.items()}
false = {name: score(new_changes, days)["false_alarms"] for name, days in new_rings.items()}
below, below_error = mean_interval(new_costs["base"] - new_costs["cheapest"])
worth, worth_error = mean_interval(new_costs["cheapest"] - new_costs["more questions"])
assert worth > worth_error
explain(
    """
    **Found.** (1) {base:.1f}, {least:.1f} thousand € per quarter. (2) With 20 thousand per false alarm: {dear:.1f}; with 1 thousand: {cheap:.1f}. (3) Each with its own cheapest threshold, on 300 other quarters with the same models in service: {worth:.1f} ± {worth_error:.1f} thousand € per quarter (95% interval). For 60 × 91 = 5,460 questions, {each:.2f} € each.

    The threshold of (1) was chosen on 48 quarters. On the 300 others it costs {below:.2f} ± {below_error:.2f} thousand € less than 2.2, with {false:.2f} false alarms per quarter instead of {false_base:.2f}. The price of 5 thousand does not count that people stop looking after many false alarms. We keep 2.2, and say what it costs.
    """,
    base=base[0],
    least=base[1],
    dear=dear[0],
    cheap=cheap[0],
    worth=worth,
    worth_error=worth_error,
    each=1000 * worth / 5460,
    below=below,
    below_error=below_error,
    false=false["cheapest"],
    false_base=false["base"],
)

# %% [markdown]
# ## 4 · The same questions, asked less often
#
# Somebody has to read what the canary says. So why not 56 questions per slice once a week instead of 8 every evening, or 112 every other week? The same number
# of questions, the same memory of 14 days, 90 quarters with the same models.

# %%
rng = np.random.default_rng(18)
services = [draw_quarter(variants, name, 1, rng) for name in plan]
since = [quarter.change for quarter in services]
schedule, spent = {}, {}
for rhythm, every in {"every evening": 1, "every week": 7, "every other week": 14}.items():
    rng = np.random.default_rng([18, every])
    evenings = [serve(variants, quarter.served[every - 1 :: every], 8 * every, rng) for quarter in services]
    rings = run_monitor(slice_rule(window=14 // every), evenings)
    days = [[every * (n + 1) - 1 for n in quarter] for quarter in rings]
    schedule[rhythm], spent[rhythm] = score(since, days), costs(since, days)
schedule = pd.DataFrame(schedule).T
schedule.rename_axis("threshold 2.2, 728 questions per slice").round(2)

# %% jupyter={"source_hidden": true}
daily, weekly = schedule.loc["every evening"], schedule.loc["every week"]
dearer, dearer_error = mean_interval(spent["every week"] - spent["every evening"])
fortnight, fortnight_error = mean_interval(spent["every other week"] - spent["every evening"])
assert dearer < dearer_error and fortnight < fortnight_error
assert weekly["false_alarms"] < daily["false_alarms"]
explain(
    """
    **Found.** In these quarters a harmful model is found after {daily:.1f} days with a look every evening, {weekly:.1f} with a weekly one, {other:.1f} with one every other week. A weekly look has fewer chances of a false alarm, {weekly_false:.2f} per quarter instead of {daily_false:.2f}. In money a week costs {dearer:+.1f} ± {dearer_error:.1f} thousand € per quarter more than every evening, two weeks {fortnight:+.1f} ± {fortnight_error:.1f} (95% intervals): 90 quarters cannot tell the three apart.
    """,
    daily=daily["delay"],
    weekly=weekly["delay"],
    other=schedule.loc["every other week", "delay"],
    fortnight=fortnight,
    fortnight_error=fortnight_error,
    weekly_false=weekly["false_alarms"],
    daily_false=daily["false_alarms"],
    dearer=dearer,
    dearer_error=dearer_error,
)

# %% [markdown]
# ## 5 · The same forty questions every day
#
# "The model is deterministic, so let us freeze forty questions and compare the answers. Any difference is real, no statistics needed." It tells you that something changed, and can start the whole suite. But what if
# the forty are all that you ever ask?

# %% jupyter={"source_hidden": true}
predict(
    "11.d2",
    "“taught to refuse 0” loses 12 points in one slice. You ask the *same* 8 questions of that slice each day, 91 days. How likely is it that these 8 show no loss at all, net?",
    options=[
        "about 0%, after 91 days",
        "about 5% of the time",
        "about 35% of the time",
        "about 60% of the time",
    ],
)

# %%
same = fixed_questions(variants, "taught to refuse 0", 8, np.random.default_rng(14), repeats=2000)
blind = np.mean(same[:, variants.slice_names.index("distraction")] <= 0)
draws = {}
for name, again in (("fresh draw from the frozen set", False), ("the same 40 questions", True)):
    sample = [
        draw_quarter(variants, "taught to refuse 0", 8, np.random.default_rng([15, n]), same_questions=again)
        for n in range(60)
    ]
    rings = run_monitor(slice_rule(), sample)
    delays = [
        min((day - q.change for day in raised if day >= q.change), default=np.nan)
        for q, raised in zip(sample, rings, strict=True)
    ]
    found = score([q.change for q in sample], rings)
    draws[name] = {
        "found": found["found"],
        "false alarms per quarter": found["false_alarms"],
        "mean days, misses included": found["delay"],
        "median days, where found": np.nanmedian(delays),
    }
draws = pd.DataFrame(draws).T
draws.round(2)

# %% jupyter={"source_hidden": true}
assert 0.30 < blind < 0.40  # "about 35%"; four standard errors of a share over 2,000 draws are 0.04
fresh, frozen = draws.iloc[0], draws.iloc[1]
assert (
    frozen["median days, where found"] < fresh["median days, where found"]
    and fresh["found"] > frozen["found"]
)
resolve(
    "11.d2",
    "about 35% of the time",
    f"{blind:.0%} of the draws of eight lose nothing, net, and 91 days of the same eight questions are still eight questions.",
)

# %% [markdown]
# z of 14 days with the same 40 questions counts each of them up to 14 times: it is not a z at all. Where the loss is in the forty it is found sooner
# (last column), and where it is not in them it is never found. Freeze a **large** set, and draw from it afresh.
#
# ## 6 · Questions without an answer
#
# On four days the canary ran into a time-out: some questions came back without an answer. The script counts "no answer" as wrong.

# %%
calm = draw_quarter(variants, None, 8, np.random.default_rng([11, 4]))
recorded = calm.stream(90)
timeouts = np.zeros_like(recorded["lost"])
for day in (17, 40, 41, 77):
    # of the questions that both models answer rightly, a third comes back empty
    alike = 8 - recorded["lost"][day] - recorded["gained"][day]
    same = variants.of(calm.served[day]) == variants.right[0]
    right = [variants.right[0][same & (variants.slices == part)].mean() for part in calm.slices]
    timeouts[day] = np.random.default_rng([16, day]).binomial(alike, 0.35 * np.array(right))
counted = dict(recorded, lost=recorded["lost"] + timeouts)
for name, stream in (("counted as lost", counted), ("left out", recorded)):
    print(f"time-outs {name}: alarms on days", run_monitor(slice_rule(), [stream])[0])

# %% jupyter={"source_hidden": true}
assert len(run_monitor(slice_rule(), [counted])[0]) > len(run_monitor(slice_rule(), [recorded])[0])

# %% [markdown]
# Nothing harmful was in service. A question without an answer says nothing about the weights. Count it in a line of its own, with its own alarm (an
# outage is news, too), and never in the paired table. And ask it again on the same evening.
#
# ## 7 · Replacements of a real language model
#
# The models above are tiny and ours. Here the vendor's model is SmolLM2-135M-Instruct, and six things were done to it that no
# answer announces. Each was asked the same 150 questions about defaults of scikit-learn (*reading*: one line of documentation and two examples before the question,
# at most 16 tokens) and the same 150 everyday questions (at most 40 tokens; *cut at 12*: what 12 would have left). Recorded with llama.cpp, greedy, one run.
#
# | event | what was done |
# |---|---|
# | 16 bits | the same weights, stored with 16 bits: other arithmetic, as after a change of the runtime |
# | 8 bits, rows · 4 bits, blocks of 32 | rounded again, mildly |
# | 4 bits, rows · 3 bits, blocks of 32 | rounded again, coarsely |
# | other system prompt | before each question: "You are a careful assistant. Think about the question, then answer in one short sentence." |

# %% jupyter={"source_hidden": true}
predict(
    "11.d4",
    "The same weights with other arithmetic, 150 questions. An alarm that compares texts, and one that compares right answers (exact McNemar, p < 0.05): which of them ring?",
    options=[
        "both: other arithmetic is another model",
        "the alarm on texts; right answers hardly move",
        "neither: the weights are the same",
        "the alarm on right answers; the texts stay the same",
    ],
)

# %%
events = replacement_table("shipped").drop("shipped", level="variant")
shown = events[["lost", "gained", "p", "p_holm", "same text"]].copy()
shown["rings"] = np.where(
    shown["p_holm"] < 0.05, np.where(shown["lost"] > shown["gained"], "worse", "better"), "–"
)
shown.rename(columns={"p_holm": "p, Holm", "same text": "same text, of 150"}).round(4)

# %% jupyter={"source_hidden": true}
arithmetic, prompt = events.loc[("16 bits", "reading")], events.loc["other system prompt"]
longer, coarse_everyday = events.loc[("16 bits", "everyday")], events.xs("everyday", level="part")
unseen = next(n for n in range(1, 30) if stats.binomtest(n, n).pvalue < 0.05)
assert (events["same text"] < 150).all() and shown.loc[("16 bits", "reading"), "rings"] == "–"
coarse = ["4 bits, rows", "3 bits, blocks of 32"]
assert set(shown.index[shown["rings"] == "worse"]) == set(shown.loc[coarse].index)
assert list(shown.index[shown["rings"] == "better"]) == [("other system prompt", "everyday, cut at 12")]
resolve(
    "11.d4",
    "the alarm on texts; right answers hardly move",
    f"{arithmetic['same text']:.0f} of 150 texts are the same, so a comparison of texts rings. Of the right answers {arithmetic['lost']:.0f} were lost and {arithmetic['gained']:.0f} was gained.",
)
explain(
    """
    **Triage of the arithmetic: no change.** The alarm on texts is true and says nothing about harm: each of the six events changes some text. {lost:.0f} lost and {gained:.0f} gained of 150 are no evidence of a loss. They are no proof that nothing changed, either: the exact test needs {unseen} lost and none gained, 4% of these questions, before it rings at all. Longer answers have more places at which two tokens are nearly equally likely: of the everyday texts {longer_same:.0f} of 150 stay the same, and {longer_lost:.0f} right answers are lost, {longer_gained:.0f} gained.

    **Triage of the system prompt: it depends on the product.** If answers are cut at 12 tokens, {short_gained:.0f} everyday answers are gained and {short_lost:.0f} lost (p = {short_p:.4f}, with Holm's correction for the {tests} comparisons {short_holm:.3f}). With 40 tokens it is {long_gained:.0f} and {long_lost:.0f} (p = {long_p:.2f}): the new prompt asks for short answers; without it, many answers are longer than 12 tokens and are cut off. The same replacement is news for one product and none for the other, so a canary has to ask as the product does.

    **Rounding**: the two coarse copies lose {rows:.0f} and {three:.0f} right readings and {rows_everyday:.0f} and {three_everyday:.0f} everyday answers, and ring; for the two mild ones no loss is shown.
    """,
    lost=arithmetic["lost"],
    gained=arithmetic["gained"],
    unseen=unseen,
    longer_same=longer["same text"],
    longer_lost=longer["lost"],
    longer_gained=longer["gained"],
    short_gained=prompt.loc["everyday, cut at 12", "gained"],
    short_lost=prompt.loc["everyday, cut at 12", "lost"],
    short_p=prompt.loc["everyday, cut at 12", "p"],
    short_holm=prompt.loc["everyday, cut at 12", "p_holm"],
    tests=len(events),
    long_gained=prompt.loc["everyday", "gained"],
    long_lost=prompt.loc["everyday", "lost"],
    long_p=prompt.loc["everyday", "p"],
    rows=events.loc[("4 bits, rows", "reading"), "lost"],
    three=events.loc[("3 bits, blocks of 32", "reading"), "lost"],
    rows_everyday=coarse_everyday.loc["4 bits, rows", "lost"],
    three_everyday=coarse_everyday.loc["3 bits, blocks of 32", "lost"],
)

# %% [markdown]
# One model, one runtime, one run per event; a larger model may react otherwise. The data and their limits: [card](../../datasets/real_model/README.md).
#
# ## 8 · The review

# %% jupyter={"source_hidden": true}
predict(
    "11.d3",
    "Over 14 days, of 112 questions of the slice “distraction” 11 were lost and 1 was gained; all slices together: 21 lost, 24 gained. You watch five slices and "
    "look daily. Which would you say?",
    options=[
        "All slices together it is 3 questions better than before, and users see all slices: I would take no action, and go on looking every day.",
        "One slice lost 10 net: z = 2.9, above the 2.2 that harmless updates rarely pass. Roll back to M tonight, and ask the owner tomorrow morning.",
        "45 answers changed in two weeks, and the same weights would give the same answers. The model was replaced: escalate before anything else.",
        "One slice in five with p < 0.05 is what chance does when one looks every day: I would write it down, and wait for the quarterly review.",
    ],
)

# %% jupyter={"source_hidden": true}
z, z_all = (mcnemar_z(np.array(lost), np.array(gained)) for lost, gained in ((11, 1), (21, 24)))
exact = stats.binomtest(11, 12).pvalue
assert z > 2.2 > z_all and exact < 0.01
resolve(
    "11.d3",
    "One slice lost 10 net: z = 2.9, above the 2.2 that harmless updates rarely pass. Roll back to M tonight, and ask the owner tomorrow morning.",
    "The average is where the loss hides. That something changed is no reason by itself: a better model changes answers, too. And “what chance does” was settled beforehand, by counting under harmless updates: "
    f"z = {z:.1f} is beyond their threshold. The exact p of 11 to 1 is {exact:.3f}, for one slice on one evening.",
)

# %% [markdown]
# Back to **[lesson 11](../11-the-canary.ipynb)**, or on to its **[exercise](../../exercises/11-the-canary/11-the-canary.ipynb)**.
