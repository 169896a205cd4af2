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
# # e1 · Who judges the judge?
#
# *Elective. It follows [lesson 06](06-three-models-one-budget.ipynb) and needs no other.*
#
# ## The dashboard says 66%. Who says so?
#
# A help desk answers questions about defaults in scikit-learn. A small language model reads one passage and
# answers. A judge, a piece of code that nobody has checked, passes 66% of the answers. The bar for release is 60%. Ship it?
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | say what fails first in labelled answers | 8 |
# | measure a judge: TPR, TNR and agreement beyond chance | 8 |
# | correct the pass rate that a judge reports, with an honest interval | 13 |
# | find a judge's preference for a place or a length, and the faults of a scorer | 11 |
#
# About 40 minutes here, and 20 more to label forty answers twice; then 60 to 90 in the exercise. Terms are in the [glossary](glossary.ipynb).

# %%
import numpy as np
import pandas as pd

# %% jupyter={"source_hidden": true}
# isort: split
from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.record.label_form import LabelForm
from holdout.stats.intervals import paired_difference, wilson_interval
from holdout.topics.judging import figures as views
from holdout.topics.judging.answers import (
    LABELLED,
    SCORERS,
    answers,
    failures_of,
    pair_margins,
    scored_answers,
    verdicts,
)
from holdout.topics.judging.experiments import (
    INTERVALS,
    agreement,
    agreement_of_rates,
    corrected_interval,
    corrected_rate,
    coverage,
    judge_rates,
    kappa_interval,
    order_bias,
    simulated_intervals,
)

style.use()

# %% [markdown]
# ## Read before you measure
#
# The 322 answers are real: SmolLM2-135M-Instruct (llama.cpp, Q4_1, greedy, one run, seed 0), each question with the right passage and
# three worked examples before it. The judge on the dashboard asks one thing: *do the words of the answer stand in the passage?*

# %% jupyter={"source_hidden": true}
rows = answers()
judged = verdicts(rows)
predict(
    "e1.p1",
    "The judge passes 66% of the 322 answers. What share of them is right?",
    options=["about 35%", "about 47%", "about 57%", "about 66%"],
)

# %% [markdown]
# Label forty of them: right or wrong, and for a wrong one *what failed first*, in your own words (**open coding**). Then a second pass in another
# order. Nothing leaves this machine, and a restart finds your labels again.

# %% jupyter={"source_hidden": true}
form = LabelForm(
    "e1",
    {
        key: [("Passage", row.passage), ("Question", row.question), ("Answer", row.answer)]
        for key, row in rows[:LABELLED].iterrows()
    },
)
form

# %% [markdown]
# Group your words into a few kinds, a **taxonomy**, and count; the second column counts what the judge lets through. Until your first pass is complete, the course's labels and kinds stand here.

# %%
first_40, mine = rows[:LABELLED], form.labels.right["first"]
complete = all(key in mine for key in first_40.index)
labels = pd.Series(mine, dtype=bool).reindex(first_40.index) if complete else first_40["right"]
notes = form.labels.failures if complete else failures_of(first_40)
taxonomy = pd.DataFrame({"what failed first": notes, "the judge passes": judged["in the passage"]}).dropna()
taxonomy.groupby("what failed first")["the judge passes"].agg(["size", "sum"]).rename(
    columns={"size": "wrong answers", "sum": "of these the judge passes"}
).sort_values("wrong answers", ascending=False)

# %% jupyter={"source_hidden": true}
kinds = failures_of(rows)
let_through = judged["in the passage"][kinds.index].groupby(kinds).agg(["size", "sum"])
none_size, none_passes = map(int, let_through.loc["says None where another value is documented"])
type_size, type_passes = map(int, let_through.loc["names a type instead of a value"])
none_low, none_high = wilson_interval(none_size, len(kinds))
twice = form.labels.both()
own = (
    agreement([mine[key] for key in twice], [form.labels.right["second"][key] for key in twice])
    if twice
    else None
)
own_text = (
    f"Your two passes agree on {own.agreement:.0%} of {len(twice)} answers, kappa {own.kappa:.2f}."
    if own
    else "Your second pass is not begun; its agreement with the first will stand here."
)
assert let_through["size"].idxmax() == "says None where another value is documented"
resolve("e1.p1", "about 47%", f"{rows['right'].mean():.0%}: {rows['right'].sum()} of {len(rows)}.")
explain(
    """
    **What it means.** One kind leads: of all {wrong} wrong answers, {none} say `None` although another value is documented ({share:.0%} [{low:.0%}, {high:.0%}]). The judge lets {none_passes} of those through, and {type_passes} of the {types} that name a type such as `float`. Reading shows what to fix; a pass rate does not.

    {own} Where your two passes differ, the label itself is in doubt, and so is every rate that is measured on it.
    """,
    wrong=len(kinds),
    none=none_size,
    share=none_size / len(kinds),
    low=none_low,
    high=none_high,
    none_passes=none_passes,
    type_passes=type_passes,
    types=type_size,
    own=own_text,
)

# %% [markdown]
# ## Agreement can be high for nothing
#
# A judge has two rates: **TPR**, the share of right answers that it passes, and **TNR**, the share of wrong answers that it fails. *Agreement* mixes both by how many answers
# are right. **Kappa** (Cohen, 1960) takes off what two labellers with these habits would share without reading: (agreement − chance) / (1 − chance).

# %% jupyter={"source_hidden": true}
predict(
    "e1.p2",
    "95% of a product's answers are right. A judge passes every answer without reading. What are its agreement and its kappa?",
    options=["95%, kappa 0.90", "95%, kappa 0.50", "95%, kappa 0.00", "50%, kappa 0.00"],
)

# %% [markdown]
# 1. **Find** where a judge with both rates at 90% has the highest kappa, and where kappa is below 0.5.
# 2. Set the TPR to 100% and the TNR to 0: it passes everything. Which of the two lines says that the judge is useless?

# %% jupyter={"source_hidden": true}
grid = np.linspace(0.01, 0.99, 99)
kappa_stage = Stage(
    alt="Agreement and kappa of one judge against the share of right answers",
    title="{agreement:.0%} agreement is kappa {kappa:.2f}",
    readout="TPR {tpr:.0%}, TNR {tnr:.0%}, {right:.0%} of the answers right: agreement {agreement:.0%}, of which chance explains {chance:.0%}; kappa {kappa:.2f}.",
    size=(7.2, 3.7),
)


@kappa_stage.live(
    right=(0.05, 0.95, 0.05),
    tpr=(0.5, 1.0, 0.05),
    tnr=(0.0, 1.0, 0.05),
    start={"right": 0.95, "tpr": 0.9, "tnr": 0.9},
)
def compare(right, tpr, tnr):
    found = [agreement_of_rates(share, tpr, tnr) for share in grid]
    here = agreement_of_rates(right, tpr, tnr)
    same, kappa = (np.array([getattr(one, name) for one in found]) for name in ("agreement", "kappa"))
    views.draw_kappa(kappa_stage.ax, grid, same, kappa, right, (here.agreement, here.kappa))
    return {"agreement": here.agreement, "chance": here.by_chance, "kappa": here.kappa}


compare

# %% jupyter={"source_hidden": true}
best = agreement_of_rates(0.5, 0.9, 0.9)
low_from = next(p for p in np.linspace(0.5, 1, 501) if agreement_of_rates(p, 0.9, 0.9).kappa < 0.5)
first, second = (
    agreement(np.repeat([1, 1, 0, 0], table), np.repeat([1, 0, 1, 0], table))
    for table in ([40, 9, 6, 45], [80, 10, 5, 5])
)
assert agreement_of_rates(0.95, 1.0, 0.0).kappa == 0 > agreement_of_rates(0.95, 0.9, 0.0).kappa
assert agreement_of_rates(0.9, 0.9, 0.9).kappa > 0.5 > agreement_of_rates(0.95, 0.9, 0.9).kappa
assert (first.agreement, second.agreement) == (0.85, 0.85)
# half a unit of the last printed digit
assert abs(first.kappa - 0.70) <= 0.005 and abs(second.kappa - 0.32) <= 0.005
resolve("e1.p2", "95%, kappa 0.00", "Chance explains all of its agreement.")
explain(
    """
    **What it means.** (1) Kappa is highest, {best:.2f}, where half of the answers are right, and below 0.5 above {low_from:.0%} right (or below {low_to:.0%}). (2) Kappa: it is 0
    for every mix, while agreement is the share of right answers. The share of right answers does not
    move TPR and TNR; other *kinds* of wrong answers do: here a `None` mostly fails, and a type mostly passes.

    **Published and measured.** Feinstein and Cicchetti (1990) show two tables of 100 items with the same agreement, 85%, and kappas of 0.70 and 0.32. We measure {first:.2f} and {second:.2f}.
    """,
    best=best.kappa,
    low_from=low_from,
    low_to=1 - low_from,
    first=first.kappa,
    second=second.kappa,
)

# %% [markdown]
# **At work.** The dashboard's judge on forty labels:

# %%
from sklearn.metrics import cohen_kappa_score, confusion_matrix

says = judged["in the passage"][:LABELLED]
(failed_wrong, passed_wrong), (failed_right, passed_right) = confusion_matrix(labels, says)
print(
    f"TPR {passed_right} of {passed_right + failed_right}, TNR {failed_wrong} of {failed_wrong + passed_wrong}"
)
print(f"agreement {np.mean(labels == says):.0%}, kappa {cohen_kappa_score(labels, says):.2f}")

# %% jupyter={"source_hidden": true}
low, high = kappa_interval(labels, says, np.random.default_rng(0))
explain(
    "A bootstrap over the forty answers gives a 95% interval for kappa of [{low:.2f}, {high:.2f}]: forty labels say that this judge is better than chance.",
    low=low,
    high=high,
)

# %% [markdown]
# ## Correct the pass rate, and keep the doubt
#
# If a share $p$ of the answers is right, the judge passes $p \cdot TPR + (1 - p)(1 - TNR)$. Solved for $p$ (Rogan and Gladen, 1978):
#
# $$p = \frac{\text{reported} + TNR - 1}{TPR + TNR - 1}$$
#
# TPR and TNR come from labelled answers, the reported rate from all others; both must hold the same *kinds* of right and wrong answers; the share of right ones may differ. Below, for three judges: the one on the dashboard; the model's own *confidence* (passes where the
# geometric mean of the tokens' probabilities is at least 60%); and one that passes everything.
#
# 1. **Find** the judge whose report is nearly right, although it is not the better judge.
# 2. How many labels make the corrected interval as narrow as 20 points?
# 3. What does the correction say of the judge that passes everything?

# %% jupyter={"source_hidden": true}
measure_stage = Stage(
    alt="TPR, TNR, the reported and the corrected pass rate with intervals, and the share that is right by the documented value",
    title="{judge}: {verdict}",
    readout="{judge}, {labelled} labels: reported {reported:.0%} on the other {rest} answers, corrected {corrected} [{low:.0%}, {high:.0%}]; by the documented value {truth:.0%} of all {n} are right.",
    size=(8.6, 3.3),
)


@measure_stage.live(
    judge=["in the passage", "confident", "passes everything"],
    labelled=[20, 40, 80, 120, 160, 200, 240],
    start={"labelled": 40},
)
def correct(judge, labelled):
    known, others = rows["right"][:labelled], judged[judge][labelled:]
    rates = judge_rates(known, judged[judge][:labelled])
    found = corrected_interval(int(others.sum()), len(others), rates)
    measures = {
        "TPR": (rates.tpr, *wilson_interval(rates.passed_right, rates.right)),
        "TNR": (rates.tnr, *wilson_interval(rates.failed_wrong, rates.wrong)),
        "reported": (others.mean(), *wilson_interval(int(others.sum()), len(others))),
        "corrected": found,
    }
    views.draw_measures(measure_stage.ax, measures, rows["right"].mean())
    corrected = "unknown" if np.isnan(found.rate) else f"{found.rate:.0%}"
    verdict = f"reports {others.mean():.0%}, corrected {corrected} [{found.low:.0%}, {found.high:.0%}]"
    values = {"verdict": verdict, "reported": others.mean(), "rest": len(others), "corrected": corrected}
    return values | {"low": found.low, "high": found.high, "truth": rows["right"].mean(), "n": len(rows)}


correct


# %% jupyter={"source_hidden": true}
def corrected_with(judge, labelled):
    others = judged[judge][labelled:]
    rates = judge_rates(rows["right"][:labelled], judged[judge][:labelled])
    return corrected_interval(int(others.sum()), len(others), rates)


forty, more = corrected_with("in the passage", 40), corrected_with("in the passage", 120)
reported = judged["in the passage"][40:].mean()
reported_low, reported_high = wilson_interval(int(judged["in the passage"][40:].sum()), len(rows) - 40)
confident = judge_rates(rows["right"], judged["confident"])
limits = {n: corrected_with("in the passage", n) for n in (20, 40, 80, 120, 160, 200, 240)}
widths = {n: 100 * (found.high - found.low) for n, found in limits.items()}
narrowest = min(widths, key=widths.get)
labels_alone = {n: wilson_interval(int(rows["right"][:n].sum()), n) for n in widths}
truth = rows["right"].mean()
assert not reported_low < truth < reported_high and forty.low < truth < forty.high
assert all(widths[n] > max(20, 100 * (high - low)) for n, (low, high) in labels_alone.items())
assert np.isnan(corrected_with("passes everything", 40).rate)
cows = corrected_rate(23 / 150, 0.96, 0.89)
assert abs(100 * cows - 5.1) <= 0.05  # half a unit of the last printed digit
explain(
    """
    **What it means.** With forty labels, {reported:.0%} [{rlow:.0%}, {rhigh:.0%}] becomes {rate:.0%} [{low:.0%}, {high:.0%}]. By the documented value {truth:.0%} are right: the reported interval is narrow, and does not hold it. (1) The confident judge: over all answers it misses right ones (TPR {tpr:.0%})
    about as often as it passes wrong ones (TNR {tnr:.0%}), so its errors cancel *at this mix*. (2) None here: the shortest is {narrow:.1f} points, at {narrow_at} labels. (3) Nothing: its verdicts carry no information.

    **Compare it with the labels alone.** These labels were drawn from the same answers, so they tell the rate themselves: {alone} of 40 right [{alone_low:.0%}, {alone_high:.0%}], shorter at each number offered. The correction is for labels from elsewhere (the same kinds of answers, another share of right ones),
    or for a better judge.

    **Published and measured.** The manual of the R package epiR corrects 23 of 150 (TPR 96%, TNR 89%) to 5.1%. We measure {cows:.1f}%.
    """,
    reported=reported,
    rlow=reported_low,
    rhigh=reported_high,
    rate=forty.rate,
    low=forty.low,
    high=forty.high,
    truth=truth,
    tpr=confident.tpr,
    tnr=confident.tnr,
    narrow=widths[narrowest],
    narrow_at=narrowest,
    alone=int(rows["right"][:40].sum()),
    alone_low=labels_alone[40][0],
    alone_high=labels_alone[40][1],
    cows=100 * cows,
)

# %% [markdown]
# ### An interval that forgets the labels is too narrow
#
# It is common to correct the rate and to take TPR and TNR as known. Below, simulated studies of a judge like the one on the dashboard (TPR 97%, TNR 60%, 47% right, 282 answers judged). The careful
# interval is that of Lang and Reiczigel (2014), which Lee and others (2025) propose for language models.

# %% jupyter={"source_hidden": true}
predict(
    "e1.p3",
    "Forty labels, TPR and TNR taken as known. How many of the 95% intervals for the corrected rate hold the true one?",
    options=["about 95%", "about 80%", "about 60%", "about 20%"],
)

# %% [markdown]
# 1. **Find** how many labels the interval with known rates needs before it holds the truth in 80% of the studies.
# 2. Compare the lengths of the two intervals at 40 and at 400 labels.

# %% jupyter={"source_hidden": true}
study_stage = Stage(
    alt="Intervals of sixty simulated studies, and the true share of right answers",
    title="{share:.0%} of the intervals hold the truth",
    readout="{interval}, {labelled} labels: {share:.0%} of 2,000 intervals hold the true 47%; their mean length is {width:.0f} points.",
    size=(7.8, 3.6),
)


@study_stage.live(
    interval=list(INTERVALS),
    labelled=[20, 40, 80, 120, 200, 400],
    start={"interval": INTERVALS[1], "labelled": 40},
)
def repeat(interval, labelled):
    studies = simulated_intervals(
        0.47, 0.97, 0.60, judged=282, labelled=labelled, rng=np.random.default_rng(1)
    )
    low, high = studies[interval]
    views.draw_studies(study_stage.ax, low[:60], high[:60], 0.47)
    return {"share": coverage((low, high), 0.47), "width": 100 * np.mean(high - low)}


repeat

# %% jupyter={"source_hidden": true}
held, lengths = {}, {}
for labelled in (20, 40, 80, 120, 200, 400):
    studies = simulated_intervals(
        0.47, 0.97, 0.60, judged=282, labelled=labelled, rng=np.random.default_rng(1)
    )
    held[labelled] = [coverage(studies[name], 0.47) for name in INTERVALS]
    lengths[labelled] = [np.mean(high - low) for low, high in studies.values()]
enough = next(n for n, shares in held.items() if shares[1] >= 0.8)
assert not any(shares[0] for shares in held.values())
assert 0.5 < held[40][1] < 0.7 and all(0.93 < shares[2] < 0.98 for shares in held.values())
resolve(
    "e1.p3",
    "about 60%",
    f"{held[40][1]:.0%} of 2,000 simulated studies; the careful interval {held[40][2]:.0%}.",
)
explain(
    """
    **What it means.** (1) {enough}, of the numbers offered. (2) At 40 labels the careful one is {careful:.0f} points long and not {known:.0f}; at 400, {careful_more:.0f} and not {known_more:.0f}. The length
    is the price of this judge: doubt about its rates is divided by TPR + TNR − 1 = 0.57.
    """,
    enough=enough,
    careful=100 * lengths[40][2],
    known=100 * lengths[40][1],
    careful_more=100 * lengths[400][2],
    known_more=100 * lengths[400][1],
)

# %% [markdown]
# **At work.** A bootstrap over the labelled answers carries the doubt as well, if the judge is better than chance. Its limits
# differ: where all labelled right answers passed, every draw has a TPR of 100%, which lowers the upper one.

# %%
rng, draws = np.random.default_rng(0), []
truth_40, says_40 = labels.to_numpy(), judged["in the passage"][:LABELLED].to_numpy()
rest = judged["in the passage"][LABELLED:].to_numpy()
for _ in range(2000):
    again = rng.integers(LABELLED, size=LABELLED)  # labels and verdicts of the same answers
    tpr, tnr = says_40[again][truth_40[again]].mean(), (~says_40[again][~truth_40[again]]).mean()
    draws.append((rng.choice(rest, len(rest)).mean() + tnr - 1) / (tpr + tnr - 1))
print("corrected, 95%:", np.quantile(draws, [0.025, 0.975]).clip(0, 1).round(2))

# %% [markdown]
# ## Ask a model to judge, and ask it twice
#
# Now the same small model is the judge. It sees one line of the documentation, a question and *two* answers, A and B: which is better? Each of its 172 wrong answers stands beside the right one, in both orders.
# Two more kinds of pairs: a right answer, short and in a sentence (*short and long*); a short right one and a wrong sentence (*right and long wrong*).

# %% jupyter={"source_hidden": true}
predict(
    "e1.p4",
    "172 pairs of a right and a wrong answer, each in both orders: 344 comparisons. In how many does the answer that is shown first win?",
    options=["about 50%", "about 65%", "about 75%", "about 90%"],
)

# %% [markdown]
# 1. **Find** a pair in which the right answer wins in both places.
# 2. Average both orders of each pair. What is preferred then: right over wrong? short over long?

# %% jupyter={"source_hidden": true}
pairs = pair_margins()
NAMES = {
    "right and wrong": "the right answer",
    "short and long": "the short answer",
    "right and long wrong": "the right answer",
}
pair_stage = Stage(
    alt="Log odds for one answer of each pair, shown first and shown second",
    title="{message}",
    readout="{kind}, {order}. {message}. With both orders averaged, {name} is preferred in {preferred} of {pairs} pairs [{low:.0%}, {high:.0%}].",
    size=(6.2, 4.4),
)


@pair_stage.live(kind=list(NAMES), order=["as asked", "both orders averaged"])
def place(kind, order):
    these = pairs[pairs["kind"] == kind]
    first, second = these["when_first"].to_numpy(), these["when_second"].to_numpy()
    if order == "both orders averaged":
        first = second = (first + second) / 2
    views.draw_pairs(pair_stage.ax, first, second, NAMES[kind])
    found = order_bias(first, second)
    message = f"The first place wins {found.first} of {2 * found.pairs} comparisons"
    if order != "as asked":
        message = f"Averaged, {NAMES[kind]} is preferred in {found.preferred} of {found.pairs} pairs"
    values = {"message": message, "name": NAMES[kind], "preferred": found.preferred}
    return values | {"pairs": found.pairs, "low": found.low, "high": found.high}


place

# %% jupyter={"source_hidden": true}
bias = {kind: order_bias(these["when_first"], these["when_second"]) for kind, these in pairs.groupby("kind")}
plain_pairs, length_pairs, mixed_pairs = (bias[kind] for kind in NAMES)
plain = pairs[pairs["kind"] == "right and wrong"]
against_none = (rows["answer"].reindex(plain["key"]) == "None").to_numpy()
prefers_right = (plain["when_first"] + plain["when_second"] > 0).to_numpy()
else_low, else_high = wilson_interval(int(prefers_right[~against_none].sum()), int((~against_none).sum()))
assert else_low < 0.5 < else_high and plain_pairs.low > 0.5
assert plain_pairs.pairs == (~rows["right"]).sum()
twice = (pairs["kind"] == "right and wrong") & (pairs["when_first"] > 0) & (pairs["when_second"] > 0)
same_low, same_high = wilson_interval(plain_pairs.consistent, plain_pairs.pairs)
assert mixed_pairs.preferred < length_pairs.preferred
first_share = plain_pairs.first / (2 * plain_pairs.pairs)
resolve(
    "e1.p4",
    f"about {min((50, 65, 75, 90), key=lambda option: abs(option - 100 * first_share))}%",
    f"{plain_pairs.first} of {2 * plain_pairs.pairs}, {first_share:.0%}.",
)
explain(
    """
    **What it means.** (1) One of {twice}; in {consistent} of {pairs} pairs [{clow:.0%}, {chigh:.0%}] both orders agree, in the others the place decides. (2) Averaged, the right answer is preferred in {preferred} of {pairs} pairs [{low:.0%}, {high:.0%}]. But {nones} of the wrong ones are `None`: there it is {none_right} of {nones}, elsewhere {other_right} of {others} [{else_low:.0%}, {else_high:.0%}], which may be chance: it may only dislike `None`. And of two *right* answers it prefers the short one in {short} of {pairs} [{slow:.0%}, {shigh:.0%}], of a short right and a long wrong one the right in {mixed} [{mlow:.0%}, {mhigh:.0%}].

    **Published and measured.** Zheng and others (2023, MT-Bench) swapped the order of two similar answers of one model, and ties were allowed: with their default prompt GPT-4 kept its verdict in 65% of the pairs, GPT-3.5 in 46%, Claude-v1 in 24%. Ours keeps it in {consistent} of {pairs} right-and-wrong
    pairs, and in {other_consistent} of the {other_pairs} others; pairs, prompt and ties differ.
    """,
    consistent=plain_pairs.consistent,
    nones=int(against_none.sum()),
    none_right=int(prefers_right[against_none].sum()),
    others=int((~against_none).sum()),
    other_right=int(prefers_right[~against_none].sum()),
    else_low=else_low,
    else_high=else_high,
    other_consistent=length_pairs.consistent + mixed_pairs.consistent,
    other_pairs=length_pairs.pairs + mixed_pairs.pairs,
    preferred=plain_pairs.preferred,
    pairs=plain_pairs.pairs,
    low=plain_pairs.low,
    high=plain_pairs.high,
    short=length_pairs.preferred,
    mixed=mixed_pairs.preferred,
    mlow=mixed_pairs.low,
    mhigh=mixed_pairs.high,
    clow=same_low,
    chigh=same_high,
    twice=int(twice.sum()),
    slow=length_pairs.low,
    shigh=length_pairs.high,
)

# %% [markdown]
# **At work.** Ask in both orders, and count a win only if both agree:

# %%
wins = pairs.assign(both=(pairs["when_first"] > 0) & (pairs["when_second"] > 0))
wins["neither"] = (pairs["when_first"] < 0) & (pairs["when_second"] < 0)
wins["place decides"] = ~(wins["both"] | wins["neither"])
wins.groupby("kind")[["both", "neither", "place decides"]].sum()

# %% [markdown]
# ## The trap: the scorer is a judge, too
#
# Without documents, is a prompt with three examples better than the plain one? The log of [lesson 06](06-three-models-one-budget.ipynb), 322 answers for each prompt, under four "obviously right" scorers; the last reads a
# value out of a sentence.

# %%
scored = scored_answers()
table = scored.groupby("prompt")[[*SCORERS, "read as a value"]].mean()
short = scored_answers(words=8).groupby("prompt")["read as a value"].mean()  # a token limit
(100 * table.assign(cut=short)).rename(columns={"cut": "the last, cut at 8 words"}).round(1)  # percent


# %% jupyter={"source_hidden": true}
def gain_of_examples(scorer):
    """Right answers that three examples gain over the plain prompt, paired by question, with 95% limits."""
    wide = scored.pivot(index="key", columns="prompt", values=scorer).astype(int)
    return paired_difference(wide["plain"], wide["examples 3"])


naive, naive_low, naive_high = gain_of_examples("equal text")
fair, fair_low, fair_high = gain_of_examples("read as a value")
QUESTIONS, LONGER_PROMPT = 10_000, 300
assert naive_low > 0 > fair_low and fair_high > 0
explain(
    """
    **What it costs.** Take 10,000 questions per month, and 300 € for the longer prompt. By *equal text* the examples gain {naive:.0f} right answers [{nlow:.0f}, {nhigh:.0f}], at {price:.2f} € each. Read as values they gain {fair:.0f} [{flow:.0f}, {fhigh:.0f}]: the 300 € may buy nothing. The plain prompt answers in sentences, and
    the scorer punished the form. A limit of eight words brings the plain prompt to 0%: the limit was measured, not the model.
    """,
    naive=QUESTIONS * naive,
    nlow=QUESTIONS * naive_low,
    nhigh=QUESTIONS * naive_high,
    price=LONGER_PROMPT / (QUESTIONS * naive),
    fair=QUESTIONS * fair,
    flow=QUESTIONS * fair_low,
    fhigh=QUESTIONS * fair_high,
)

# %% [markdown]
# ## Say it out loud
#
# Write both first. 120 of the 322 answers, drawn at random, have been labelled by now.

# %% jupyter={"source_hidden": true}
known = judge_rates(rows["right"][:120], judged["in the passage"][:120])
last = judged["in the passage"][120:]
last_low, last_high = wilson_interval(int(last.sum()), len(last))
own_low, own_high = wilson_interval(known.right, 120)
COST = 4
assert own_high < 0.6 < more.high
explain(
    """
    **In the review, a senior says:** "Of the {rest} answers that I did not label the judge passes {reported:.0%} [{rlow:.0%}, {rhigh:.0%}]. Of the 120 that I labelled, {right} are right, {own:.0%} [{olow:.0%}, {ohigh:.0%}], and the bar is 60%. So I do not ship. The judge cannot stand in for these labels:
    corrected it says {rate:.0%} [{low:.0%}, {high:.0%}], on both sides of the bar. It gets rules against types, and against a `None` that the passage does not document. Then it is another judge, and I measure it on 200 new labels."

    **The customer is told:** "We compared our automatic check with 120 answers whose right value we know. Between {wlow:.1%} and {whigh:.1%} of the answers would be wrong (95%); at the 4 € that you lose with each, that is {clow:,.0f} to {chigh:,.0f} € per 10,000 answers. We wait."
    """,
    rest=len(last),
    reported=last.mean(),
    rlow=last_low,
    rhigh=last_high,
    own=known.right / 120,
    olow=own_low,
    ohigh=own_high,
    right=known.right,
    rate=more.rate,
    low=more.low,
    high=more.high,
    wlow=1 - own_high,
    whigh=1 - own_low,
    clow=round(10_000 * COST * (1 - own_high), -2),
    chigh=round(10_000 * COST * (1 - own_low), -2),
)

# %% [markdown]
# ## What you take with you
#
# - Read and label before you measure; what fails first is worth more than a rate.
# - Measure a judge by TPR and TNR on labelled answers, and give kappa beside agreement.
# - Correct what it reports, with an interval that carries the labels, and compare it with the labels alone.
# - Ask a judge of pairs in both orders; test it with the same answer made longer.
# - A scorer is a judge. Keep the answers, and score them again.
#
# ## Next
#
# **[Exercise e1](../exercises/e1-who-judges-the-judge/e1-who-judges-the-judge.ipynb)**, with your own judge validation card.
