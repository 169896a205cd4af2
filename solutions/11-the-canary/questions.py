"""Questions of exercise 11: what is asked, how it is judged, and what learners really answer."""

import math

import numpy as np
import pandas as pd
from scipy import stats

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.checks.codec import seeded
from holdout.topics.canary.cases import make_incident, make_quarters
from holdout.topics.canary.experiments import Variants

# -------------------------------------------------------------------------------------------------------------- items


def _plan(rng, slices):
    """A plan whose size ends in 0.2 to 0.45: rounding up, down and to the nearest differ."""
    while True:
        gained = round(float(rng.uniform(0.005, 0.04)), 4)
        lost = round(gained + float(rng.uniform(0.03, 0.1)), 4)
        level, chance = float(rng.choice([0.05, 0.1])), float(rng.choice([0.8, 0.9, 0.95]))
        d, c = lost + gained, lost - gained
        z_a, z_b = stats.norm.isf(level / slices / 2), stats.norm.ppf(chance)
        if 0.2 < (((z_a * d**0.5 + z_b * (d - c**2) ** 0.5) / c) ** 2) % 1 < 0.45:
            return {"lost": lost, "gained": gained, "level": level, "chance": chance, "slices": slices}


def _plans(rng):
    return [Case(_plan(rng, slices), f"{slices} slices") for slices in (1, int(rng.integers(3, 9)), 5)]


items = Question(
    "11.items",
    title="How many questions per slice",
    objective="Size a paired canary by power, with the level shared among slices.",
    points=2,
    answer="canary_items",
    probe="answer(lost, gained, level, chance, slices)",
    visible=_plans(np.random.default_rng(111)),
    hidden=_plans,
    tolerance=Tolerance(0.0, 0.01, "a whole number; no case is within 0.2 of the next one below"),
    hints=[
        "Two quantiles: `stats.norm.isf(p)` is exceeded with probability p, `stats.norm.ppf(p)` stays below with probability p.",
        "One test gets `level / slices`; two-sided means half of that in each tail.",
        "`d` is lost + gained and `c` is lost − gained. The square is over everything.",
    ],
    properties=[
        Property("got == int(got)", "A number of questions is a whole number."),
    ],
    passed="A size that names the loss, the churn, the chance to see it and the false alarms. Anything else is a habit.",
)
_ITEMS = """
def canary_items(lost, gained, level, chance, slices):
    z_a, z_b = stats.norm.isf({tail}), {z_b}
    d, c = lost + gained, lost - gained
    return math.ceil({n})
"""


def _items_code(**changes):
    parts = {
        "tail": "level / slices / 2",
        "z_b": "stats.norm.ppf(chance)",
        "n": "((z_a * math.sqrt(d) + z_b * math.sqrt(d - c**2)) / c) ** 2",
    }
    return _ITEMS.format(**{**parts, **changes})


items.wrong(
    "ignores the slices",
    why="The formula in the paper is for one test.",
    message="Right for one slice. With more, each of them brings its own false alarms: share the level among them.",
    code=_items_code(tail="level / 2"),
)
items.wrong(
    "one-sided",
    why="Only losses are feared.",
    message="Your level is one-sided: isf of the level itself. Asked for is a two-sided test, half of its level in each tail.",
    code=_items_code(tail="level / slices"),
)
items.wrong(
    "two separate samples",
    why="It is the formula that everybody knows.",
    message="You size two *separate* samples (p(1 − p) of both sides). Here both models answer the same questions, and only those count where they differ.",
    code=_items_code(n="(z_a + z_b) ** 2 * ((1 - lost) * lost + (1 - gained) * gained) / c**2"),
)
items.wrong(
    "shares the level among the models",
    why="Two models, four corners; some factor 2 seems to be missing.",
    message="You double the number, as if each model needed questions of its own. In a paired test one set serves both.",
    code=_items_code(n="2 * ((z_a * math.sqrt(d) + z_b * math.sqrt(d - c**2)) / c) ** 2"),
)
items.wrong(
    "the chance in the wrong tail",
    why="isf for both quantiles.",
    message="Your z_b is negative: you took `isf(chance)`, or `ppf(1 - chance)`. A larger chance must need *more* questions, and with yours it needs fewer.",
    code=_items_code(z_b="stats.norm.isf(chance)"),
)
items.wrong(
    "forgets the chance",
    why="Significance is what one tests for.",
    message="You leave z_b out. Then a real change is exactly at the threshold and is seen half of the time.",
    code=_items_code(z_b="0.0"),
)
items.wrong(
    "the loss alone counts",
    why="Gains do not hurt anybody.",
    message="You leave the gained questions out of the change, or out of the noise. Both belong: c is lost *minus* gained, d is lost *plus* gained.",
    code=_items_code(n="((z_a * math.sqrt(lost) + z_b * math.sqrt(lost - lost**2)) / lost) ** 2"),
)
items.wrong(
    "rounded down",
    why="int() cuts off.",
    message="You get {got}, rounded down or to the nearest: the chance to see the change is then just below the one that was asked for. A size is rounded *up*.",
    code=_items_code().replace("math.ceil", "math.floor"),
)


@items.wrong(
    "the whole canary",
    why="The canary holds all slices.",
    message="You return the questions of all slices together. Asked are those of *one* slice.",
)
def canary_items(lost, gained, level, chance, slices):
    d, c = lost + gained, lost - gained
    z_a = stats.norm.isf(level / slices / 2)
    z_b = stats.norm.ppf(chance)
    n = ((z_a * math.sqrt(d) + z_b * math.sqrt(d - c * c)) / c) ** 2
    return math.ceil(n) * slices


items.right("ceil of NumPy", code=_items_code().replace("math.ceil", "np.ceil"))


@items.right("the course's own function")
def canary_items(lost, gained, level, chance, slices):
    from holdout.topics.canary.experiments import items_needed_paired

    return items_needed_paired(lost, gained, level=level / slices, wanted_power=chance)


# ------------------------------------------------------------------------------------------------------------ evening


def _log(rng, window, today, quiet_evening=False, only_gains=False):
    """Three slices of 60 questions; "calls" loses, "facts" gains nothing and loses nothing, time-outs everywhere."""
    slices = np.repeat(["calls", "facts", "not documented"], 60)
    baseline = rng.random(180) < 0.8
    loss = np.select([slices == "calls", slices == "facts"], [0.3, 0.0], 0.0 if only_gains else 0.02)
    gain = np.select([slices == "calls", slices == "facts"], [0.1, 0.0], 0.6)
    change = max(
        1, today - window - 3
    )  # the model changed before the window began: yesterday's answers differ
    rows = []
    for day in range(today + 5):
        for part in ("calls", "facts", "not documented"):
            for question in rng.choice(np.flatnonzero(slices == part), 9, replace=False):
                right = baseline[question]
                if day >= change:
                    flips = rng.random() < (loss[question] if right else gain[question])
                    right = right != flips
                rows.append((day, int(question), part, np.nan if rng.random() < 0.12 else float(right)))
    log = pd.DataFrame(rows, columns=["day", "question", "slice", "right"])
    if quiet_evening:  # nobody asked on two days of the window; one slice was asked before it only, one is asked tomorrow only
        log = log[~log["day"].isin([today, today - 2])]
        log.loc[(log["slice"] == "facts") & (log["day"] > today - window - 1), "slice"] = "calls"
        log.loc[(log["slice"] == "not documented") & (log["day"] <= today), "slice"] = "calls"
        log.loc[log["slice"] == "not documented", "right"] = np.nan  # and never answered in time
        # the two days before the window lost what they could, so whoever counts logged days has another result
        earlier = log["day"].between(today - window - 1, today - window)
        log.loc[earlier & baseline[log["question"].to_numpy()], "right"] = 0.0
        once = {"day": today - 1, "question": int(np.argmax(baseline)), "slice": "one question", "right": 0.0}
        log = pd.concat([log, pd.DataFrame([once])], ignore_index=True)
    return {"log": log, "baseline": baseline, "today": today, "window": window}


def _logs(rng):
    cases = [
        Case(_log(rng, window, int(rng.integers(14, 22)), only_gains=window == 10), f"{window} days")
        for window in (1, 7, 10)
    ]
    quiet = _log(rng, 5, int(rng.integers(14, 22)), quiet_evening=True)
    return [
        *cases,
        Case(
            quiet,
            "5 days, on two of which nothing was asked; slices that were asked at other times only, and one with a single answer",
        ),
    ]


evening_question = Question(
    "11.evening",
    title="One evening's log",
    objective="Turn a log with time-outs into a paired statistic for each slice, without a look at tomorrow.",
    points=3,
    answer="evening",
    probe="answer(log, baseline, today, window)",
    visible=_logs(np.random.default_rng(112)),
    hidden=_logs,
    tolerance=Tolerance(1e-9, 1e-12, "one square root"),
    hints=[
        "First choose rows: `day` above `today - window` and at most `today`, and `right` not missing (`dropna(subset=['right'])`).",
        "`baseline[recent['question']]` gives the original's answer for every row. Lost: right before and not now.",
        "One loop over `log['slice'].unique()`; where lost + gained is 0, the value is 0.0.",
    ],
    properties=[
        Property(
            "all(np.isfinite(value) for value in got.values())",
            "A slice in which nothing changed gets 0.0, not a missing value.",
        ),
        Property(
            "set(got) == set(log['slice'])",
            "Every slice of the log has an entry, also where nothing changed.",
        ),
    ],
    passed="Paired, by slice, without the time-outs and without tomorrow.",
)
_EVENING = """
def evening(log, baseline, today, window):
    recent = log[{rows}].copy()
    {missing}
    before, now = np.asarray(baseline)[recent["question"].to_numpy()], recent["right"].to_numpy() == 1
    result = {{}}
    for name in log["slice"].unique():
        inside = recent["slice"].to_numpy() == name
        lost, gained = int(np.sum({lost} & inside)), int(np.sum(~before & now & inside))
        asked = int(inside.sum())
        result[name] = {z}
    return result
"""


def _evening_code(**changes):
    parts = {
        "rows": '(log["day"] > today - window) & (log["day"] <= today)',
        "missing": 'recent = recent.dropna(subset=["right"])',
        "lost": "before & ~now",
        "z": "(lost - gained) / math.sqrt(lost + gained) if lost + gained else 0.0",
    }
    return _EVENING.format(**{**parts, **changes})


evening_question.wrong(
    "a time-out is a wrong answer",
    why="No answer is no help to the user.",
    message="You count questions without an answer as wrong, so an outage looks like a worse model. Even “facts”, where no answer has changed, shows a loss. Leave them out.",
    code=_evening_code(missing='recent["right"] = recent["right"].fillna(0)'),
)
evening_question.wrong(
    "a time-out is a right answer",
    why="In doubt for the model.",
    message="You count questions without an answer as right: an outage then *improves* the model. They say nothing about it; leave them out.",
    code=_evening_code(missing='recent["right"] = recent["right"].fillna(1)'),
)
evening_question.wrong(
    "one day too many",
    why="today − window looks like the first day of the window.",
    message="Your window has one day too many. Count: with window 1 only today's rows may be in it.",
    code=_evening_code(rows='(log["day"] >= today - window) & (log["day"] <= today)'),
)
evening_question.wrong(
    "without today",
    why="range(today - window, today) is what Python offers.",
    message="Your window ends yesterday. Today's answers are in the log already, and they are the ones that matter tonight.",
    code=_evening_code(rows='(log["day"] >= today - window) & (log["day"] < today)'),
)
evening_question.wrong(
    "reads tomorrow",
    why="The log holds rows, so they are used.",
    message="You use rows of days after `today`. In service they do not exist yet; a monitor that was tested with them is better on paper than in life.",
    code=_evening_code(rows='log["day"] > today - window'),
)
evening_question.wrong(
    "everything so far",
    why="More data are better data.",
    message="You add up all days until today. Days on which another model was in service dilute what you look for: only the last `window` days.",
    code=_evening_code(rows='log["day"] <= today'),
)
evening_question.wrong(
    "two shares as if strangers",
    why="Comparing two proportions is the usual test.",
    message="You compare two shares with p(1 − p) noise, as if other questions had been asked before. Questions that both answer rightly cancel; only lost and gained count.",
    code=_evening_code(
        z="(before[inside].mean() - now[inside].mean()) / math.sqrt(max(1e-12, (before[inside].var() + now[inside].var()) / max(asked, 1))) if lost + gained else 0.0"
    ),
)
evening_question.wrong(
    "the share of lost answers",
    why="A share is easier to read than a z.",
    message="You return a net *share* of the questions asked. Five points on 9 questions and on 900 are not the same evidence; divide by √(lost + gained) instead.",
    code=_evening_code(z="(lost - gained) / max(asked, 1)"),
)
evening_question.wrong(
    "gained minus lost",
    why="A fall feels negative.",
    message="Your sign is upside down: a model that loses answers gets a negative z here. The text asks for lost − gained.",
    code=_evening_code(z="(gained - lost) / math.sqrt(lost + gained) if lost + gained else 0.0"),
)
evening_question.wrong(
    "every wrong answer is lost",
    why="Wrong is wrong.",
    message="You count every wrong answer as lost, also where the original was wrong as well. Lost means: the original had it right.",
    code=_evening_code(lost="~now"),
)

evening_question.wrong(
    "only slices asked in the window",
    why="The loop runs over the chosen rows.",
    message="A slice of the log is missing. Also a slice that was not asked in the window has an entry, 0.0: an absent one looks as if nobody watched it.",
    code=_evening_code().replace('log["slice"].unique()', 'recent["slice"].unique()'),
)
evening_question.wrong(
    "the last days that were logged",
    why="The log has the days in it.",
    message="You count days that are *in the log*. Where nothing was asked on a day, your window reaches further back than `window` days of the calendar.",
    code=_evening_code(rows='log["day"].isin(sorted(set(log["day"][log["day"] <= today]))[-window:])'),
)
evening_question.wrong(
    "each question once",
    why="A question asked twice looks like a repetition.",
    message="You keep one answer per question. Every row of the window counts, also where a question was asked on two days.",
    code=_evening_code(
        missing='recent = recent.dropna(subset=["right"]).drop_duplicates("question", keep="last")'
    ),
)
evening_question.wrong(
    "no gains below zero",
    why="Only losses are feared.",
    message="You cut z off at 0. A slice that gains has a z below 0; asked for is lost − gained with its sign.",
    code=_evening_code(z="max(0.0, (lost - gained) / math.sqrt(lost + gained)) if lost + gained else 0.0"),
)


@evening_question.right("pandas, grouped")
def evening(log, baseline, today, window):
    rows = log[log["day"].between(today - window + 1, today)].dropna()
    old = pd.Series(np.asarray(baseline)).loc[rows["question"]].to_numpy()
    new = rows["right"].astype(bool).to_numpy()
    counts = pd.DataFrame({"slice": rows["slice"], "lost": old & ~new, "gained": ~old & new})
    counts = counts.groupby("slice")[["lost", "gained"]].sum()
    z = (counts["lost"] - counts["gained"]) / np.sqrt((counts["lost"] + counts["gained"]).clip(lower=1))
    return z.reindex(log["slice"].unique(), fill_value=0.0).to_dict()


@evening_question.right("plain loops")
def evening(log, baseline, today, window):
    lost, gained = {}, {}
    for row in log.itertuples():
        lost.setdefault(row.slice, 0)
        gained.setdefault(row.slice, 0)
        if not today - window < row.day <= today or math.isnan(row.right):
            continue
        if baseline[row.question] and row.right == 0:
            lost[row.slice] += 1
        if not baseline[row.question] and row.right == 1:
            gained[row.slice] += 1
    return {
        name: (lost[name] - gained[name]) / (lost[name] + gained[name]) ** 0.5
        if lost[name] + gained[name]
        else 0.0
        for name in lost
    }


# -------------------------------------------------------------------------------------------------------------- looks


def _schedules(rng):
    return [
        Case(
            {"looks": number, "slices": slices, "rate": rate, "rng": seeded(rng.integers(2**31))},
            f"{number} looks, {slices} slices",
        )
        for number, slices, rate in (
            (int(rng.integers(17, 22)), 1, 0.1),
            (int(rng.integers(10, 21)), int(rng.integers(4, 7)), float(rng.choice([0.05, 0.1]))),
        )
    ]


looks = Question(
    "11.looks",
    title="A threshold for all looks and all slices",
    objective="Derive the threshold of repeated looks at growing data from a simulated null.",
    points=2,
    answer="look_threshold",
    probe="answer(looks, slices, rate, rng)",
    visible=_schedules(np.random.default_rng(113)),
    hidden=_schedules,
    tolerance=Tolerance(
        0.0,
        0.075,
        "a quantile of 20,000 paths has a standard error of sqrt(0.05 * 0.95 / 20,000) / 0.12 = 0.013 (0.12: density of the largest "
        "z at its 95% point; 0.010 at 90%), the difference of two 0.018; four of them are 0.073. Bonferroni is 0.19 or more away",
    ),
    hints=[
        "One quarter is an array of slices × looks: `rng.standard_normal((slices, looks)).cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))`.",
        "A quarter has a false alarm if its *largest* z, over everything, passes the threshold.",
        "20,000 largest values; the threshold is their quantile 1 − rate.",
    ],
    passed="The false alarms of the whole quarter, all slices and looks together, were chosen by you and not by the calendar.",
)
_LOOKS = """
def look_threshold(looks, slices, rate, rng):
    steps = rng.standard_normal((20_000, {slices}, {looks}))
    z = {z}
    return float(np.quantile({largest}, {level}))
"""


def _looks_code(**changes):
    parts = {
        "slices": "slices",
        "looks": "looks",
        "z": "steps.cumsum(axis=2) / np.sqrt(np.arange(1, steps.shape[2] + 1))",
        "largest": "z.max(axis=(1, 2))",
        "level": "1 - rate",
    }
    return _LOOKS.format(**{**parts, **changes})


looks.wrong(
    "1.96",
    why="Significant is significant.",
    message="1.96 (or a threshold near it) is for one two-sided look at one slice. Which inputs should move the threshold?",
    code="def look_threshold(looks, slices, rate, rng):\n    return 1.96",
)
looks.wrong(
    "Bonferroni",
    why="It is safe, and one line.",
    message="Your threshold treats all looks as strangers: it is what Bonferroni gives, or a simulation that draws every look anew. Looks at *growing* data share most of it, so this is too strict, and what is too strict is paid for in days.",
    code="def look_threshold(looks, slices, rate, rng):\n    return stats.norm.isf(rate / (looks * slices))",
)
looks.wrong(
    "ignores the slices",
    why="Looks are what the section is about.",
    message="Right for one slice. With several, each has its own chance of a false alarm: take the largest z over all of them.",
    code=_looks_code(slices="1"),
)
looks.wrong(
    "the last look only",
    why="The test is done at the end.",
    message="Your threshold holds for *one* look, at the end. You look more often, and stop at the first alarm.",
    code=_looks_code(largest="z[:, :, -1].max(axis=1)"),
)
looks.wrong(
    "two-sided",
    why="Tests are two-sided.",
    message="You let gains alarm as well (absolute values, or half the rate). A better model is no alarm: one-sided.",
    code=_looks_code(z="np.abs(steps.cumsum(axis=2) / np.sqrt(np.arange(1, looks + 1)))"),
)
looks.wrong(
    "the average over slices",
    why="One number a look is easier to watch.",
    message="Your threshold is lower than that of a single look at one slice: you average, over slices or over looks, before you take the quantile. An alarm needs only *one* z above it, so it is the largest that counts.",
    code=_looks_code(largest="z.mean(axis=1).max(axis=1)"),
)
looks.wrong(
    "not divided",
    why="A sum is a sum.",
    message="Your sums are not divided by √k, so they grow with the number of looks. A z has standard deviation 1 at every look.",
    code=_looks_code(z="steps.cumsum(axis=2)"),
)
looks.right("more paths", code=_looks_code().replace("20_000", "60_000"))


@looks.right("slices by the exact power, looks simulated")
def look_threshold(looks, slices, rate, rng):
    paths = rng.standard_normal((100_000, looks)).cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))
    return np.quantile(paths.max(axis=1), (1 - rate) ** (1 / slices))


# ----------------------------------------------------------------------------------------------------------- way back


def _entry(name, parent, target, evaluation, loss):
    return {
        "name": name,
        "parent": parent,
        "roll_back_to": target,
        "evaluation": evaluation,
        "worst_loss": loss,
    }


def _registry(rng, kind):
    """A chain in which every shortcut ends somewhere else; entries in random order."""
    here, there = "canary", "facts only"
    low = lambda: round(float(rng.uniform(0.0, 0.008)), 3)  # noqa: E731
    high = lambda: round(float(rng.uniform(0.02, 0.15)), 3)  # noqa: E731
    entries = [
        _entry("base", None, None, here, high() if kind == "nothing left" else 0.009),
        _entry("rounded", "base", "base", here, high() if kind == "nothing left" else low()),
        _entry("weak", "rounded", "rounded", here, high()),
        _entry("elsewhere", "base", "weak", there, 0.0),
        # it passed its evaluation, and failed in service
        _entry("failed", "weak", "elsewhere", here, low()),
        _entry("newest", "failed", "failed", here, 0.0),
    ]
    if kind == "weak first":
        entries[2]["roll_back_to"], entries[3]["roll_back_to"] = "elsewhere", "rounded"
        entries[4]["worst_loss"] = 0.2  # worse than all: "better than the failed one" is no limit
        entries[4]["roll_back_to"] = "weak"
    if kind == "one step":
        entries[3]["evaluation"] = here
        entries[3]["worst_loss"] = 0.01  # exactly at the limit
    if kind == "the first has no target":
        entries[4]["roll_back_to"] = None
    order = rng.permutation(len(entries))
    return {"registry": [entries[i] for i in order], "name": "failed", "questions": here, "limit": 0.01}


def _registries(rng):
    kinds = ("several steps", "weak first", "one step", "nothing left", "the first has no target")
    return [Case(_registry(rng, kind), kind) for kind in kinds]


way_back_question = Question(
    "11.way_back",
    title="The way back",
    objective="Query a registry of weights: follow the roll-back chain to the first entry that is safe on these questions.",
    points=2,
    answer="way_back",
    probe="answer(registry, name, questions, limit)",
    visible=_registries(np.random.default_rng(114)),
    hidden=_registries,
    hints=[
        "`{entry['name']: entry for entry in registry}` makes the list a dictionary.",
        "A loop: go to `roll_back_to`; if that is None, return None; if the entry meets both conditions, return its name; else go on from there.",
        "Both conditions: `evaluation == questions` and `worst_loss <= limit`.",
    ],
    properties=[
        Property(
            "got is None or got in {entry['name'] for entry in registry}", "It is no name in the registry."
        ),
    ],
    passed="The first entry that was measured on these questions, and holds. A flawless evaluation on other questions is no evaluation.",
)
_WAY = """
def way_back(registry, name, questions, limit):
    entries = {{entry["name"]: entry for entry in registry}}
    target = entries[name]["{link}"]
    while target is not None:
        entry = entries[target]
        if {safe}:
            return target
        target = entry["{link}"]
    return {end}
"""


def _way_code(**changes):
    parts = {
        "link": "roll_back_to",
        "safe": 'entry["evaluation"] == questions and entry["worst_loss"] <= limit',
        "end": "None",
    }
    return _WAY.format(**{**parts, **changes})


way_back_question.wrong(
    "the parent",
    why="What it was made from is what it was before.",
    message="You follow `parent`, what the weights were made from. What to serve instead is another decision, and the registry holds it: `roll_back_to`.",
    code=_way_code(link="parent"),
)
way_back_question.wrong(
    "one step only",
    why="The registry says what to roll back to.",
    message="You take the first roll-back target as it is. It may never have been measured on these questions, or may have failed on them: look, and go on.",
    code='def way_back(registry, name, questions, limit):\n    return {entry["name"]: entry for entry in registry}[name]["roll_back_to"]',
)
way_back_question.wrong(
    "any evaluation will do",
    why="A loss of 0.0 looks safe.",
    message="You accept an evaluation on *other* questions. Its loss of 0 says nothing about the canary's questions. Compare the fingerprint.",
    code=_way_code(safe='entry["worst_loss"] <= limit'),
)
way_back_question.wrong(
    "measured is enough",
    why="It has an evaluation on the right questions.",
    message="You stop at an entry that was measured on these questions and *failed* there. Compare its loss with `limit`.",
    code=_way_code(safe='entry["evaluation"] == questions'),
)
way_back_question.wrong(
    "the best of all entries",
    why="Why not the best one?",
    message="You take the entry with the smallest loss of the whole registry, which may be newer than the failed one or lie on no chain that anybody has prepared. Follow `roll_back_to`.",
    code='def way_back(registry, name, questions, limit):\n    rows = [e for e in registry if e["evaluation"] == questions and e["worst_loss"] <= limit and e["name"] != name]\n    return min(rows, key=lambda e: e["worst_loss"])["name"] if rows else None',
)
way_back_question.wrong(
    "below the limit, not at it",
    why="Less than is the first sign that comes to mind.",
    message="At most `limit` includes the limit itself. You turn away an entry that lies exactly on it.",
    code=_way_code(safe='entry["evaluation"] == questions and entry["worst_loss"] < limit'),
)
way_back_question.wrong(
    "the failed one itself",
    why="The search begins with its name.",
    message="You return the entry that has failed. Whatever its evaluation says, it is what you want to get away from: the search begins at its `roll_back_to`.",
    code=_way_code().replace('target = entries[name]["roll_back_to"]', "target = name"),
)
way_back_question.wrong(
    "the last safe one",
    why="The oldest is the best known.",
    message="You go on to the end of the chain and return the last entry that is safe. Asked is the *first*.",
    code="""def way_back(registry, name, questions, limit):
    entries = {entry["name"]: entry for entry in registry}
    target, found = entries[name]["roll_back_to"], None
    while target is not None:
        entry = entries[target]
        if entry["evaluation"] == questions and entry["worst_loss"] <= limit:
            found = target
        target = entry["roll_back_to"]
    return found
""",
)
way_back_question.wrong(
    "better than the failed one",
    why="Any improvement is welcome.",
    message="You compare with the loss of the failed entry. The limit is `limit`, whatever the failed one showed.",
    code=_way_code(
        safe='entry["evaluation"] == questions and entry["worst_loss"] < entries[name]["worst_loss"]'
    ),
)
way_back_question.wrong(
    "when in doubt the oldest",
    why="Something must be served.",
    message="Where nothing on the chain is safe you return the last entry all the same. None is the honest answer: then somebody must decide, and may switch off.",
    code="""def way_back(registry, name, questions, limit):
    entries = {entry["name"]: entry for entry in registry}
    target, last = entries[name]["roll_back_to"], None
    while target is not None:
        entry, last = entries[target], target
        if entry["evaluation"] == questions and entry["worst_loss"] <= limit:
            return target
        target = entry["roll_back_to"]
    return last
""",
)


@way_back_question.wrong(
    "gives up at the first measured entry",
    why="One measured entry seems to be the way back.",
    message="You stop at the first entry that was measured on these questions, and give up where it lost too much. Go on from there: an older one may keep both conditions.",
)
def way_back(registry, name, questions, limit):
    entries = {entry["name"]: entry for entry in registry}
    target = entries[name]["roll_back_to"]
    while target is not None and entries[target]["evaluation"] != questions:
        target = entries[target]["roll_back_to"]
    if target is None or entries[target]["worst_loss"] > limit:
        return None
    return target


@way_back_question.right("recursion")
def way_back(registry, name, questions, limit):
    def find(wanted):
        return next(entry for entry in registry if entry["name"] == wanted)

    target = find(name)["roll_back_to"]
    if target is None:
        return None
    entry = find(target)
    if entry["evaluation"] == questions and not entry["worst_loss"] > limit:
        return target
    return way_back(registry, target, questions, limit)


@way_back_question.right("a table")
def way_back(registry, name, questions, limit):
    table = pd.DataFrame(registry).set_index("name").astype(object)
    chain = []
    target = table.loc[name, "roll_back_to"]
    while isinstance(target, str):
        chain.append(target)
        target = table.loc[target, "roll_back_to"]
    safe = [
        t for t in chain if table.loc[t, "evaluation"] == questions and table.loc[t, "worst_loss"] <= limit
    ]
    return safe[0] if safe else None


# ------------------------------------------------------------------------------------------------------------ monitor


def _quarters(rng, n):
    quarters = make_quarters(Variants.load(), rng, n)
    streams = [quarter.stream(len(quarter.lost) - 1) for quarter in quarters]
    return Case({"quarters": streams}, f"{n} quarters", {"changes": [quarter.change for quarter in quarters]})


monitor_question = Question(
    "11.monitor",
    title="The monitor",
    objective="Watch slices day by day, find a harmful change early and sleep through harmless ones, at stated costs.",
    points=4,
    answer="monitor",
    probe="holdout.topics.canary.probes:run_on_quarters(answer, quarters)",
    judge="holdout.topics.canary.judges:monitor",
    # Cost as a share of not watching, 20 seeds of 300 quarters, three of five with a busy harmless model: the reference 0.25 to 0.32,
    # the other right ones 0.21 to 0.34; Bonferroni on two weeks 0.40 to 0.53, a dozen net losses
    # 0.40 to 0.53, 1.96 each evening 0.41 to 0.55, one slice for all 0.55 and more, today only 0.57 and more, 1.645 0.76 and more.
    # `gained` averaged over the slices, and all days so far at 2.5, lie between (0.32 to 0.40) and are no known answers.
    parameters={"credit": [[0.35, 1.0], [0.39, 0.5]], "price_of_alarm": 25, "price_of_day": 1},
    partial=True,
    judgement=True,
    visible=[_quarters(np.random.default_rng(2), 60)],
    hidden=lambda rng: [_quarters(rng, 300)],
    hints=[
        "Add up `lost` and `gained` of the last days, *by slice*: `stream['lost'][-14:].sum(axis=0)`. Then McNemar's z of each.",
        "Losses only: a better model changes many answers, too. And only one slice needs to be hit.",
        "Two to four weeks of memory. The threshold: five slices are looked at on 91 evenings. Try 1.5, 2.5 and 3.5 on the practice quarters below and look at false alarms *and* delay.",
    ],
    passed="You found the harmful models early, by slice, and few harmless updates woke anybody.",
)
_MONITOR = """
def monitor(stream):
    lost, gained = stream["lost"]{days}, stream["gained"]{days}
    {body}
"""
_BY_SLICE = """lost, gained = lost.sum(axis=0), gained.sum(axis=0)
    z = (lost - gained) / np.sqrt(np.maximum(lost + gained, 1))
    return {alarm}"""
_TOGETHER = """lost, gained = lost.sum(), gained.sum()
    z = (lost - gained) / np.sqrt(max(lost + gained, 1))
    return {alarm}"""


def _monitor_code(days="[-14:]", body=_BY_SLICE, alarm="z.max() > 2.0"):
    return _MONITOR.format(days=days, body=body.format(alarm=alarm))


monitor_question.wrong(
    "never",
    why="No false alarms.",
    message="Your monitor never alarms: no false alarm and no true one. Every harmful model runs to the end of the quarter.",
    code="def monitor(stream):\n    return False",
)
monitor_question.wrong(
    "any answer changed",
    why="The model is deterministic, so any change is real.",
    message="You alarm whenever an answer differs from the original. It is real, and mostly harmless: rounding to 6 bits changes two answers in a hundred, and no slice loses a point. That monitor is dearer than none.",
    code=_monitor_code("[-1:]", "return (lost + gained).sum() > 0"),
)
monitor_question.wrong(
    "the average of all slices",
    why="One number for the dashboard.",
    message="You add all slices together. Tuned models gain in one slice what they lose in another, and your z stays near 0 while users of that slice suffer.",
    code=_monitor_code(body=_TOGETHER, alarm="z > 2.0"),
)
monitor_question.wrong(
    "the average, two-sided, every day",
    why="p < 0.05 on all data so far.",
    message="You test all slices together, on all data, both ways. It cries at *better* models and hardly at those that trade one slice for another.",
    code=_monitor_code("", body=_TOGETHER, alarm="abs(z) > 1.96"),
)
monitor_question.wrong(
    "two-sided by slice",
    why="Tests are two-sided.",
    message="You watch the slices, and alarm at gains as well. Look at your false alarms: most of them are updates that *improved* a slice.",
    code=_monitor_code(alarm="np.abs(z).max() > 2.0"),
)
monitor_question.wrong(
    "today only",
    why="One day, one test.",
    message="You look at today alone: a handful of questions per slice. A loss of 7 points among 8 questions is half a question. Give the monitor a memory.",
    code=_monitor_code("[-1:]", alarm="z.max() > 1.96"),
)
monitor_question.wrong(
    "five points today",
    why="Five points is what is called harm.",
    message="You alarm when a slice loses more than 5% of today's questions. With 4 or 8 questions per slice one lost answer is more than 5% already. The limit is for the true loss, not for a small sample of it.",
    code=_monitor_code(
        "[-1:]", "return ((lost - gained).sum(axis=0) / (len(lost) * stream['items'])).max() > 0.05"
    ),
)
monitor_question.wrong(
    "Bonferroni for every look and slice",
    why="455 tests a quarter.",
    message="You divide 5% by all looks and slices, as if each evening brought new data. Hardly a false alarm, and you pay for it in days: the windows overlap, and harmless models mostly change nothing.",
    code=_monitor_code(alarm="z.max() > stats.norm.isf(0.05 / 455)"),
)
monitor_question.wrong(
    "upside down",
    why="gained − lost.",
    message="Your z is positive for models that *gain*. You wake people for improvements, and sleep through losses.",
    code=_monitor_code(alarm="(-z).max() > 2.0"),
)
monitor_question.wrong(
    "lost answers without the gained ones",
    why="Only losses are feared.",
    message="You look at `lost` alone. A harmless model may lose many answers of a slice and gain as many: what its users lose is lost *less* gained, and you wake people for nothing.",
    code=_monitor_code(
        body="share = lost.sum(axis=0) / (len(lost) * stream['items'])\n    return len(lost) >= 7 and share.max() > 0.05"
    ),
)
monitor_question.wrong(
    "1.96 each evening",
    why="The textbook's five per cent.",
    message="Your threshold would do for one look at one slice. You look at five slices on 91 evenings, and a look that passes by chance wakes somebody. Count your false alarms and what they cost.",
    code=_monitor_code(alarm="z.max() > 1.96"),
)
monitor_question.wrong(
    "five per cent, one-sided, each evening",
    why="Only losses count, so one side.",
    message="At 1.645 one slice passes by chance on one evening in twenty, if nothing is wrong with it. There are five slices and 91 evenings: what do your false alarms cost in a quarter?",
    code=_monitor_code(alarm="z.max() > 1.645"),
)
monitor_question.wrong(
    "each evening at five per cent, on all days so far",
    why="More data, smaller error.",
    message="You add up all days since the quarter began. What a harmful model loses is diluted by the good days before it, and at five per cent an evening the early days ring by chance.",
    code=_monitor_code("", alarm="z.max() > 1.645"),
)
monitor_question.wrong(
    "a number of net losses, whatever was asked",
    why="A count is easy to explain.",
    message="You alarm at a number of net losses, the same for 4 questions per slice and evening as for 40. Ten times as many questions bring many more accidental losses, and many more true ones.",
    code=_monitor_code(body="net = (lost - gained).sum(axis=0)\n    return {alarm}", alarm="net.max() > 6"),
)
monitor_question.wrong(
    "a dozen net losses, whatever was asked",
    why="A count that is safe with many questions.",
    message="You alarm at a number of net losses, the same for 4 questions per slice and evening as for 40. Where few are asked it takes weeks to reach.",
    code=_monitor_code(body="net = (lost - gained).sum(axis=0)\n    return {alarm}", alarm="net.max() > 12"),
)
monitor_question.wrong(
    "three points in two weeks",
    why="Five points is what is called harm, and three leave a margin.",
    message="You alarm at a share of net losses. With 4 questions an evening two weeks are 56 a slice, and such a share comes by chance. What does its error depend on?",
    code=_monitor_code(
        body="return len(lost) >= 14 and ((lost - gained).sum(axis=0) / (len(lost) * stream['items'])).max() > 0.03"
    ),
)
monitor_question.right("two weeks, threshold 2.5", code=_monitor_code(alarm="z.max() > 2.5"))
monitor_question.right("three weeks, threshold 2.7", code=_monitor_code("[-21:]", alarm="z.max() > 2.7"))
monitor_question.right("four weeks, a little higher", code=_monitor_code("[-28:]", alarm="z.max() > 2.7"))


@monitor_question.right("cumulated sums")
def monitor(stream):
    drift = stream["lost"] - stream["gained"] - 0.025 * stream["items"]
    total = np.zeros(drift.shape[1])
    for day in drift:
        total = np.maximum(0, total + day)
    return total.max() > 8


@monitor_question.right("windows of every length, beyond three points")
def monitor(stream):
    lost = stream["lost"][::-1].cumsum(axis=0)
    gained = stream["gained"][::-1].cumsum(axis=0)
    asked = stream["items"] * np.arange(1, len(lost) + 1)[:, None]
    net = lost - gained
    z = (net - 0.01 * asked) / np.sqrt(lost + gained + 1)
    return ((z > 2.5) & (net > 0.03 * asked)).any()


# ------------------------------------------------------------------------------------------------------------- triage


def _incidents(rng, n):
    drawn = [make_incident(Variants.load(), rng) for _ in range(n)]
    return Case(
        {"incidents": [one.evidence for one in drawn]},
        f"{n} incidents",
        {"costs": [one.costs for one in drawn]},
    )


triage_question = Question(
    "11.triage",
    title="Keep, go back, or stop?",
    objective="Decide after an alarm, from noisy losses and a registry with incomparable evaluations, at stated costs.",
    points=4,
    answer="triage",
    probe="[answer(incident) for incident in incidents]",
    judge="policy",
    # Relative regret, 8 seeds of 1,000 incidents: the reference 0.07 to 0.09; eleven rules of strangers that price every way out, with
    # any prior for the worst slice, 0.05 to 0.15 (to 0.18 with 100 questions asked instead of 150); 1 for stopping 0.17 to 0.21, gains
    # left out 0.25 to 0.3, ten days for all 0.26 to 0.3; the sample where the registry knows, going back for nothing, never to stop and
    # believing every evaluation 0.28 and more, significance and the average of the slices 1 and more. The visible seed is one of a
    # hundred: there these rules score as on hidden incidents, to 0.01.
    parameters={"credit": [[0.155, 1.0], [0.165, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_incidents(np.random.default_rng(207), 150)],
    hidden=lambda rng: [_incidents(rng, 1000)],
    hints=[
        "Work out what each decision costs and take the cheapest: keep = days × price of the served loss; going back = 10 + days × price of the entry's loss; stop = 0.4 × days.",
        "The served loss: the worst slice of (lost − gained) / asked. But if the served fingerprint is in the registry *and* was measured on these questions, it is known exactly.",
        "An entry with another `evaluation` does not have the loss that it shows. Take 6 points for it.",
    ],
    passed="You priced every way out, believed only what was measured on these questions, and went back when it paid.",
)
_TRIAGE = """
def triage(incident):
    def price(loss):
        return 0.2 * max(0.0, 100 * loss - 1)

    loss = {loss}
    costs = {{"stop": 0.4 * incident["days"]}}
    for entry in incident["registry"]:
        here = entry["evaluation"] == incident["questions"]
        if entry["fingerprint"] == incident["served"]:
            loss = entry["worst_loss"] if here else loss
        else:
            costs[entry["name"]] = {back}
    costs["keep"] = incident["days"] * price(loss)
    return {decide}
"""


def _triage_code(**changes):
    parts = {
        "loss": 'max((incident["lost"][s] - incident["gained"][s]) / incident["asked"] for s in incident["lost"])',
        "back": '10 + incident["days"] * price(entry["worst_loss"] if here else 0.06)',
        "decide": "min(costs, key=costs.get)",
    }
    return _TRIAGE.format(**{**parts, **changes})


_Z = 'max((incident["lost"][s] - incident["gained"][s]) / max(1, incident["lost"][s] + incident["gained"][s]) ** 0.5 for s in incident["lost"])'
for _name, _why, _message in (
    (
        "keep",
        "The alarm may be false.",
        "You always keep. About half of the served models are harmful, some of them for weeks.",
    ),
    (
        "stop",
        "Safety first.",
        "You always switch off. That costs 0.4 thousand euros per day, also where the model harms nobody.",
    ),
    (
        "v3",
        "The one before the newest.",
        "You always go back to v3, whatever it is. Read what the registry says about it, and whether going back is needed at all.",
    ),
):
    triage_question.wrong(
        f"always {_name}",
        why=_why,
        message=_message,
        code=f'def triage(incident):\n    return "{_name}"',
    )
triage_question.wrong(
    "believes every evaluation",
    why="The registry says 0.004.",
    message="You take `worst_loss` as it stands, also where it was measured on other questions. Those entries look best of all, and most of them lose 4 points or more on these questions.",
    code=_triage_code(
        back='10 + incident["days"] * price(entry["worst_loss"])',
    ),
)
triage_question.wrong(
    "the average of the slices",
    why="One number.",
    message="You take less for the served model's loss than its worst slice loses: an average over slices, one that is not the worst, or too many questions below the line (`asked` counts those of *each* slice). A model that has gained in one slice may lose in another.",
    code=_triage_code(
        loss='(sum(incident["lost"].values()) - sum(incident["gained"].values())) / (5 * incident["asked"])'
    ),
)
triage_question.wrong(
    "unregistered is harmful",
    why="Nobody owns it, so out with it.",
    message="You go back exactly when the weights are in no entry. Unregistered is a finding for the owner; what it costs the users is what the canary says. And registered models can be harmful, too.",
    code="""def triage(incident):
    rows = [e for e in incident["registry"] if e["evaluation"] == incident["questions"]]
    known = incident["served"] in [e["fingerprint"] for e in incident["registry"]]
    return "keep" if known or not rows else min(rows, key=lambda e: e["worst_loss"])["name"]
""",
)
triage_question.wrong(
    "significant, so stop",
    why="A proven harm must not go on.",
    message="You switch off wherever z passes 2. With few days left that is often the cheapest way out. With three weeks or more there is mostly an entry that was measured on these questions and costs less than a service that answers nobody.",
    code=f"""def triage(incident):
    z = {_Z}
    return "stop" if z > 2 else "keep"
""",
)
triage_question.wrong(
    "significant, so one step back",
    why="Roll back is the procedure.",
    message="Where z passes 2 you go back to v3 without reading its entry. In about half of the incidents it is harmful, too.",
    code=f"""def triage(incident):
    z = {_Z}
    return "v3" if z > 2 else "keep"
""",
)
triage_question.wrong(
    "significant, so the best that was measured here",
    why="The alarm's threshold decides, as in the lesson; where to go, the registry.",
    message="Where z passes 2 you go back to the best entry that was measured on these questions: the right place, and you never ask what it costs. A z says whether a loss is real. With few questions a dear loss stays below 2, and with few days left even a real one is cheaper to keep. Compare the costs.",
    code=f"""def triage(incident):
    rows = [e for e in incident["registry"] if e["evaluation"] == incident["questions"]]
    z = {_Z}
    if z <= 2:
        return "keep"
    if not rows:
        return "stop"
    best = min(rows, key=lambda e: e["worst_loss"])
    return "keep" if best["fingerprint"] == incident["served"] else best["name"]
""",
)
triage_question.wrong(
    "going back is free",
    why="A roll-back is one command.",
    message="You leave out what going back costs. With few days left, or for a few points, it is dearer than what it saves.",
    code=_triage_code(back='incident["days"] * price(entry["worst_loss"] if here else 0.06)'),
)
triage_question.wrong(
    "never switches off",
    why="A service must run.",
    message="You never switch off. Where no entry is known to be good, or few days are left, an interruption is the cheapest way out.",
    code=_triage_code(decide='min((c for c in costs if c != "stop"), key=costs.get)'),
)
triage_question.wrong(
    "ten days for all",
    why="The days seem to matter for all decisions alike.",
    message="You do not use `days`. Going back is paid once and everything else by the day: the fewer are left, the less a return can save.",
    code=_triage_code().replace('incident["days"]', "10"),
)
triage_question.wrong(
    "the sample where the registry knows",
    why="The canary measures what is served.",
    message="You price the served weights by what the canary saw of them, also where their entry was measured on these questions. Of few questions the worst of five slices looks bad by chance; the entry's loss is exact.",
    code=_triage_code().replace('entry["worst_loss"] if here else loss', "loss"),
)
triage_question.wrong(
    "the gained ones left out",
    why="Only losses are feared.",
    message="You do not use `gained`. Some weights lose many answers of a slice and gain as many: net they cost nothing, and you pay for a return.",
    code=_triage_code(loss='max(incident["lost"].values()) / incident["asked"]'),
)
triage_question.right("expected costs", code=_triage_code())
triage_question.right(
    "a little shrinkage",
    code=_triage_code(
        loss='max((incident["lost"][s] - incident["gained"][s]) / (incident["asked"] + 10) for s in incident["lost"])'
    ),
)
triage_question.right(
    "never to what was measured elsewhere",
    code=_triage_code(back='10 + incident["days"] * price(entry["worst_loss"] if here else 0.15)'),
)

# ------------------------------------------------------------------------------------------------------------- say it

say_it_question = sentence_choice(
    "11.say_it",
    objective="Say in a review what a canary's alarm means and what is done tonight.",
    right="c",
    wrong={
        "a": Misreading(
            "a bit better on average",
            why="The sum is positive.",
            message="All together it is 5 answers better, because one slice gained 17. Users of the slice “distraction” do not get those; they lost 8 of 112, net.",
        ),
        "b": Misreading(
            "any change is an alarm",
            why="Deterministic models do not change.",
            message="That something was changed is certain. A better model changes answers as well, and wording did gain 17. Say what was *lost*, where, and whether it passes the threshold.",
        ),
        "d": Misreading(
            "wait for Bonferroni",
            why="Many tests find something.",
            message="The 2.2 was chosen with five slices and daily looks in the count, by what false alarms and delay cost; correcting once more counts the same looks twice. Meanwhile the users wait with you.",
        ),
    },
    hints=[
        "Work out z for each slice. Which of them passes 2.2, and in which direction?",
        "18 lost, 23 gained in all: where do the gains come from, and do they help those who lose?",
        "Which sentence names the slice, the threshold that was fixed before, the weights, and what happens tonight?",
    ],
    passed="A slice, a threshold that was fixed before, weights without an owner, and a way back. That is a report.",
)
