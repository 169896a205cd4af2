"""Questions of exercise 03: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax
from scipy.stats import binomtest, norm

from grader.authoring.question import Case, Misreading, Question, Tolerance, sentence_choice
from holdout.data.loader import load
from holdout.data.parcels import REGIONS

# ------------------------------------------------------------------------------------------------------------- wilson


def _counts(rng):
    trials = int(rng.integers(6, 150))
    return {
        "successes": int(rng.integers(1, trials)),
        "trials": trials,
        "confidence": float(rng.choice([0.8, 0.9, 0.95, 0.99])),
    }


def _fresh_counts(rng):
    """Two of any kind, and the ends where the textbook interval breaks."""
    perfect = int(rng.integers(5, 40))
    ends = [
        {"successes": perfect, "trials": perfect, "confidence": 0.95},
        {"successes": 0, "trials": perfect + 3, "confidence": 0.9},
    ]
    return [
        Case(inputs, "{successes} of {trials}, {confidence:.0%}".format(**inputs))
        for inputs in [_counts(rng), _counts(rng), *ends]
    ]


wilson_question = Question(
    "03.wilson",
    title="An interval that keeps its promise",
    objective="Compute the Wilson interval of a rate, at any confidence and at 0 or all successes.",
    points=1,
    answer="wilson",
    probe="answer(successes, trials, confidence)",
    visible=[
        Case({"successes": 10, "trials": 10, "confidence": 0.95}, "10 of 10, 95%"),
        Case({"successes": 7, "trials": 20, "confidence": 0.95}, "7 of 20, 95%"),
        Case({"successes": 41, "trials": 48, "confidence": 0.9}, "41 of 48, 90%"),
    ],
    hidden=_fresh_counts,
    tolerance=Tolerance(
        0.0, 1e-4, "1.96 for 1.959964 moves a limit by 2e-5 of its distance from the centre, at most 1e-5"
    ),
    hints=[
        "The inequality is a quadratic one in p: square both sides and collect powers of p. Its two roots are the limits.",
        "With k of n: the centre is (k + z²/2) / (n + z²), which is *not* the observed share; half the width is z / (n + z²) · √(k(n−k)/n + z²/4).",
        "`norm.ppf(0.5 + confidence / 2)` is z. In SciPy, `binomtest(k, n).proportion_ci(confidence, method=...)` knows several intervals; read which one is its default.",
    ],
    passed="Ten of ten is no proof of 100%: the interval says how much is still possible.",
)


@wilson_question.wrong(
    "Wald",
    why="It is the interval that most textbooks print first.",
    message="For 10 of 10 your interval is a single point: you take the standard error *at the observed share*, which is 0 there. But ten good parcels do not prove that an eleventh cannot fail. In the inequality, whose standard error is it?",
)
def wilson(successes, trials, confidence):
    share = successes / trials
    reach = norm.ppf(0.5 + confidence / 2) * np.sqrt(share * (1 - share) / trials)
    return share - reach, share + reach


@wilson_question.wrong(
    "the exact interval of Clopper and Pearson",
    why="It is the default of binomtest(...).proportion_ci, and it is called 'exact'.",
    message="You get {got[0]:.3f} for the lower limit of the first case. That is the “exact” interval of Clopper and Pearson, SciPy's default: it never covers too little, and so is wider than it need be. Which `method` gives Wilson's?",
)
def wilson(successes, trials, confidence):
    found = binomtest(successes, trials).proportion_ci(confidence)
    return found.low, found.high


@wilson_question.wrong(
    "one-sided quantile",
    why="95% seems to ask for norm.ppf(0.95).",
    message="Your interval is too narrow: `norm.ppf(confidence)` leaves all of the error on *one* side. An interval has two ends; how much may be missed at each?",
)
def wilson(successes, trials, confidence):
    z = norm.ppf(confidence)
    centre = (successes + z**2 / 2) / (trials + z**2)
    reach = z / (trials + z**2) * np.sqrt(successes * (trials - successes) / trials + z**2 / 4)
    return centre - reach, centre + reach


@wilson_question.wrong(
    "always 95%",
    why="1.96 is the only quantile that everybody knows by heart.",
    message="At 95% you are right, at 90% not: your z is 1.96 whatever the `confidence` is.",
)
def wilson(successes, trials, confidence):
    z = 1.96
    centre = (successes + z**2 / 2) / (trials + z**2)
    reach = z / (trials + z**2) * np.sqrt(successes * (trials - successes) / trials + z**2 / 4)
    return centre - reach, centre + reach


@wilson_question.wrong(
    "Wilson's width around the observed share",
    why="An interval is thought of as 'estimate plus or minus something'.",
    message="The width is right, the centre is not: for 10 of 10 your upper limit is above 1. Wilson's interval is not centred at the observed share; it leans towards one half, the more so the fewer the rows.",
)
def wilson(successes, trials, confidence):
    z = norm.ppf(0.5 + confidence / 2)
    reach = z / (trials + z**2) * np.sqrt(successes * (trials - successes) / trials + z**2 / 4)
    return successes / trials - reach, successes / trials + reach


@wilson_question.wrong(
    "Agresti and Coull",
    why="'Add two successes and two failures' has the same centre and is easier to remember.",
    message="Your centre is right, your interval is a little too wide, and at 10 of 10 it goes beyond 1. You put the moved centre into the textbook formula (Agresti and Coull's interval), instead of solving the inequality.",
)
def wilson(successes, trials, confidence):
    z = norm.ppf(0.5 + confidence / 2)
    n = trials + z**2
    share = (successes + z**2 / 2) / n
    reach = z * np.sqrt(share * (1 - share) / n)
    return share - reach, share + reach


@wilson_question.wrong(
    "per cent",
    why="Intervals are said aloud in per cent.",
    message="You get {got[0]:.1f} to {got[1]:.1f}: these are per cent. Rates here are between 0 and 1.",
)
def wilson(successes, trials, confidence):
    found = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return 100 * found.low, 100 * found.high


@wilson_question.wrong(
    "successes and trials swapped",
    why="'n, k' and 'k, n' are both usual orders of arguments.",
    message="There are more successes than trials in your call: are the two swapped? The first argument is the number of successes.",
)
def wilson(successes, trials, confidence):
    found = binomtest(trials, successes).proportion_ci(confidence, method="wilson")
    return found.low, found.high


@wilson_question.wrong(
    "continuity correction",
    why="SciPy offers it under a name that begins with wilson.",
    message="That is Wilson's interval *with continuity correction* (`wilsoncc` in SciPy): both ends are moved outwards. The inequality has no such term.",
)
def wilson(successes, trials, confidence):
    found = binomtest(int(successes), int(trials)).proportion_ci(confidence, method="wilsoncc")
    return found.low, found.high


@wilson_question.right("SciPy")
def wilson(successes, trials, confidence):
    found = binomtest(successes, trials).proportion_ci(confidence_level=confidence, method="wilson")
    return found.low, found.high


@wilson_question.right("roots of the quadratic")
def wilson(successes, trials, confidence):
    z, share = norm.isf((1 - confidence) / 2), successes / trials
    return np.sort(np.roots([1 + z**2 / trials, -(2 * share + z**2 / trials), share**2]).real)


@wilson_question.right("the course's own function")
def wilson(successes, trials, confidence):
    from holdout.stats.intervals import wilson_interval

    return wilson_interval(successes, trials, confidence=confidence)


# ------------------------------------------------------------------------------------------------------------- report


def _frame(rng, minimum, bar):
    """Parcels of ten segments: clear, doubtful on both sides, tiny, one or no late parcel, missing and exactly at the minimum."""
    names = list(
        rng.permutation(
            ["airport", "canal", "harbour", "hills", "islands", "lakes", "market", "old town", "valley"]
        )
    )
    near = int(rng.integers(28, 36))
    segments = [  # name, late, found, in time
        (names[0], int(rng.integers(45, 60)), 0.95, 20),
        (names[1], int(rng.integers(45, 60)), 0.25, 30),
        (names[2], near, bar + 0.06, 25),
        (names[3], near, bar - 0.06, 15),
        (names[4], 4, 0.0, 40),
        (names[5], 6, 1.0, 30),
        (names[6], 0, 0.0, 12),
        (names[7], 1, 1.0, 10),
        (names[8], 1, 0.0, 9),
        (None, minimum, 0.5, 12),
    ]
    rows = []
    for name, late, recall, in_time in segments:
        found = round(recall * late)
        rows += [(name, 1, 1)] * found + [(name, 1, 0)] * (late - found)
        alarms = max(1, round(0.3 * in_time))
        rows += [(name, 0, 1)] * alarms + [(name, 0, 0)] * (in_time - alarms)
    order = rng.permutation(len(rows))
    return pd.DataFrame([rows[i] for i in order], columns=["segment", "late", "flagged"])


def _frames(rng):
    cases = []
    for _ in range(2):
        bar = float(rng.choice([0.6, 0.65, 0.7]))
        minimum = int(rng.integers(8, 21))
        cases.append(
            Case(
                {"frame": _frame(rng, minimum, bar), "minimum": minimum, "bar": bar},
                f"minimum {minimum}, bar {bar:.0%}",
            )
        )
    return cases


report = Question(
    "03.report",
    title="A report that can refuse",
    objective="Report recall by segment with Wilson intervals, keep missing and empty segments, and refuse to judge tiny ones.",
    points=3,
    answer="recall_by_segment",
    probe="answer(frame, minimum, bar)",
    visible=_frames(np.random.default_rng(61)),
    hidden=_frames,
    tolerance=Tolerance(0.0, 1e-4, "as in question <03.wilson>: z = 1.96 for 1.959964 is not a mistake"),
    hints=[
        "Fill the missing names first (`fillna`), then `groupby`. Inside a group count the late parcels, and the late parcels that were flagged.",
        "Recall asks about the late parcels only: *their* number is the number of trials, for the interval and for the minimum.",
        "A segment without late parcels must keep its row, so do not filter the late parcels before you group.",
        "Four verdicts in a chain of `if` and `elif`, in the order of the text: the refusal comes first, and the interval decides, not the rate.",
    ],
    passed="A report that knows where it does not know. Somebody can be asked about every row of it.",
)

_REPORT = """
def wilson_limits(k, n, z=1.96):
    centre, reach = (k + z**2 / 2) / (n + z**2), z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
    return centre - reach, centre + reach

def recall_by_segment(frame, minimum, bar):
    records = []
    {prepare}
    for name, rows in frame.groupby({by}):
        late = int({late})
        found = int({found})
        low, high = {interval} if late else (0.0, 1.0)
        rate = found / late if late else np.nan
        verdict = "not clear yet"
        if {refuse}:
            verdict = "too few to judge"
        elif {below}:
            verdict = "below the bar"
        elif {meets}:
            verdict = "meets the bar"
        records.append((name, late, found, rate, low, high, verdict))
    return pd.DataFrame(records, columns=["segment", "late", "found", "recall", "low", "high", "verdict"])
"""


def _report_code(**changes):
    """The solution with one thing done as a learner would do it wrongly."""
    parts = {
        "prepare": "frame = frame.copy()",
        "by": "frame['segment'].fillna('missing')",
        "late": "rows['late'].sum()",
        "found": "(rows['late'] & rows['flagged']).sum()",
        "interval": "wilson_limits(found, late)",
        "refuse": "late < minimum",
        "below": "high < bar",
        "meets": "low >= bar",
    }
    return _REPORT.format(**{**parts, **changes})


report.wrong(
    "drops the missing segment",
    why="groupby leaves missing keys out without a word.",
    message="Your table lacks the parcels whose segment is missing: `groupby` drops them silently. Nobody owns these rows, so nobody will complain when the model fails on them. What could they be called?",
    code=_report_code(by="'segment'"),
)
report.wrong(
    "loses segments without late parcels",
    why="Recall is about late parcels, so one filters them first.",
    message="A segment has vanished from your table: the one in which no parcel was late. You filter the late parcels before you group. Its recall is unknown, and that is a line of the report, not a gap in it.",
    code=_report_code(prepare="frame = frame[frame['late'] == 1]"),
)
report.wrong(
    "the minimum counts all parcels",
    why="The size of a segment is its number of rows.",
    message="You judge segments with many parcels and next to no *late* ones. Recall is a share of the late parcels: forty parcels of which four were late are four observations. What should the minimum count?",
    code=_report_code(refuse="len(rows) < minimum"),
)
report.wrong(
    "refuses at exactly the minimum",
    why="'At least' and 'more than' are one character apart.",
    message="You refuse to judge a segment with exactly `minimum` late parcels. *Fewer* than the minimum are too few; the minimum itself is enough.",
    code=_report_code(refuse="late <= minimum"),
)
report.wrong(
    "judges tiny segments",
    why="Every segment deserves a verdict, and the interval already says how sure it is.",
    message="You give a verdict on segments with fewer than `minimum` late parcels. Among many tiny segments some look terrible by luck alone, intervals or not. Refuse first, then judge.",
    code=_report_code(refuse="late == 0"),
)
report.wrong(
    "verdict from the rate alone",
    why="Below the bar is below the bar.",
    message="You compare the *rate* with the bar, so each segment gets a clear verdict even where the bar lies inside its interval. Which end of the interval has to be below the bar, before you may say so?",
    code=_report_code(below="rate < bar", meets="True"),
)
report.wrong(
    "verdict from the wrong end of the interval",
    why="'The lower limit is below the bar' sounds like 'below the bar'.",
    message="You say “below the bar” as soon as the *lower* limit is below it. Then the true rate may still be above. The whole interval must lie below.",
    code=_report_code(below="low < bar", meets="high >= bar"),
)
report.wrong(
    "precision instead of recall",
    why="Both divide the same hits, by different totals.",
    message="You divide by the *flagged* parcels: that is precision, how often an alarm is right. Recall asks from the other side: of the parcels that were late, how many were flagged?",
    code=_report_code(late="rows['flagged'].sum()"),
)
report.wrong(
    "accuracy instead of recall",
    why="A report by segment usually shows accuracy.",
    message="You count all parcels, and as found all that the model got right: that is accuracy. Parcels in time make it look good while every late one is missed. Which rows does recall look at?",
    code=_report_code(late="len(rows)", found="(rows['late'] == rows['flagged']).sum()"),
)
report.wrong(
    "share of all parcels instead of the late ones",
    why="groupby(...).mean() divides by the group.",
    message="You divide the flagged late parcels by *all* parcels of the segment. A segment with few late parcels then looks bad however good the model is. What is the denominator of recall?",
    code=_report_code(late="len(rows)"),
)
report.wrong(
    "Wald interval",
    why="It is one line, and it is in every textbook.",
    message="Counts and rates are right. Your intervals are Wald's: where all or none were found they have no width at all. Your function from question <03.wilson> does better.",
    code=_report_code(
        interval="(found / late - 1.96 * np.sqrt(found / late * (1 - found / late) / late), found / late + 1.96 * np.sqrt(found / late * (1 - found / late) / late))"
    ),
)


@report.right("tables and numpy.select")
def recall_by_segment(frame, minimum, bar):
    named = frame.assign(segment=frame["segment"].fillna("missing"), found=frame["late"] * frame["flagged"])
    table = named.groupby("segment")[["late", "found"]].sum()
    n, k, z = table["late"], table["found"], 1.96
    table["recall"] = k / n
    reach = z * np.sqrt(k * (n - k) / n.where(n > 0, 1) + z**2 / 4) / (n + z**2)
    centre = (k + z**2 / 2) / (n + z**2)
    table["low"] = (centre - reach).where(n > 0, 0.0)
    table["high"] = (centre + reach).where(n > 0, 1.0)
    table["verdict"] = np.select(
        [n < minimum, table["high"] < bar, table["low"] >= bar],
        ["too few to judge", "below the bar", "meets the bar"],
        "not clear yet",
    )
    return table.sort_index().reset_index()


@report.right("plain loops and dicts")
def recall_by_segment(frame, minimum, bar):
    counts = {}
    for segment, late, flagged in frame[["segment", "late", "flagged"]].itertuples(index=False):
        name = segment if isinstance(segment, str) else "missing"
        entry = counts.setdefault(name, [0, 0])
        if late:
            entry[0] += 1
            entry[1] += int(flagged)
    lines = []
    for name in sorted(counts):
        late, found = counts[name]
        line = {
            "segment": name,
            "late": late,
            "found": found,
            "recall": float("nan"),
            "low": 0.0,
            "high": 1.0,
        }
        if late > 0:
            interval = binomtest(found, late).proportion_ci(0.95, method="wilson")
            line.update(recall=found / late, low=interval.low, high=interval.high)
        if late < minimum:
            line["verdict"] = "too few to judge"
        elif line["low"] >= bar:
            line["verdict"] = "meets the bar"
        elif line["high"] < bar:
            line["verdict"] = "below the bar"
        else:
            line["verdict"] = "not clear yet"
        lines.append(line)
    return pd.DataFrame(lines)


@report.right("the course's own report")
def recall_by_segment(frame, minimum, bar):
    from holdout.topics.segments.experiments import recall_report

    table = recall_report(frame["segment"], frame["late"], frame["flagged"], minimum=minimum, bar=bar)
    table = table.sort_index().rename(columns={"rows": "late", "successes": "found", "rate": "recall"})
    table.index.name = "segment"
    return table.reset_index()


# ------------------------------------------------------------------------------------------------------------ simpson


def _berkeley():
    table = load("berkeley_1973").sort_values(["department", "gender"])  # "men" before "women"
    return table[["admitted", "rejected"]].to_numpy().reshape(-1, 2, 2)


def _paradox(rng, departments):
    """Counts in which men are ahead in total and women in most departments, and no way of counting agrees with another."""
    while True:
        level = np.sort(rng.uniform(0.08, 0.75, departments))[::-1]
        rates = np.stack([level, level + rng.choice([0.05, 0.05, -0.03], departments)], axis=1)
        easy = np.linspace(1, 0, departments)
        applicants = np.stack([40 + 400 * easy, 40 + 400 * (1 - easy)], axis=1) * rng.uniform(
            0.7, 1.3, (departments, 2)
        )
        admitted = rng.binomial(applicants.astype(int), rates)
        counts = np.stack([admitted, applicants.astype(int) - admitted], axis=2)
        by_department = counts[:, :, 0] / counts.sum(axis=2)
        ahead = int(np.sum(by_department[:, 1] > by_department[:, 0]))
        by_number = int(np.sum(counts[:, 1, 0] > counts[:, 0, 0]))
        mean = counts[:, 0, 0].mean()  # in place of each department's own number, above or below the line
        men_by_means = (mean / counts[:, 0].sum(axis=1), counts[:, 0, 0] / (mean + counts[:, 0, 1]))
        by_means = [int(np.sum(by_department[:, 1] > rates)) for rates in men_by_means]
        men, women = counts.sum(axis=0)[:, 0] / counts.sum(axis=(0, 2))
        if (
            counts.min() > 0
            and men > women + 0.03
            and departments / 2 < ahead < departments
            and ahead not in (by_number, *by_means)
        ):
            return counts


def _with_a_tie(rng):
    """Departments, two of them with exactly equal rates: women apply in a whole multiple of the men's counts."""
    men = rng.integers(10, 40, (2, 1, 2))
    return np.concatenate([_paradox(rng, 4), np.concatenate([men, men * rng.integers(2, 4)], axis=1)])


simpson = Question(
    "03.simpson",
    title="Who is ahead?",
    objective="Tell a difference in rates from a difference in mix, with totals, strata and the Mantel-Haenszel odds ratio.",
    points=2,
    answer="who_is_ahead",
    probe="answer(counts)",
    visible=[
        Case({"counts": _berkeley()}, "Berkeley 1973"),
        Case({"counts": _paradox(np.random.default_rng(71), 5)}, "five departments"),
        Case(
            {"counts": np.array([[[30, 30], [20, 20]], [[10, 40], [15, 35]], [[50, 25], [20, 20]]])}, "a tie"
        ),
    ],
    hidden=lambda rng: [
        *[Case({"counts": _paradox(rng, int(n))}) for n in (4, 5, 7)],
        Case({"counts": _with_a_tie(rng)}, "two departments in which both groups have the same rate"),
    ],
    tolerance=Tolerance(1e-9, 1e-12, "sums of at most 28 counts; only the order of operations may differ"),
    hints=[
        "`counts.sum(axis=0)` is the table of all departments together: rows men and women, columns admitted and rejected. A rate is admitted / (admitted + rejected).",
        "`counts[:, :, 0] / counts.sum(axis=2)` has one rate for each department and group. Compare its two columns.",
        "Mantel and Haenszel: four arrays, one entry a department, such as `a = counts[:, 0, 0]`. Multiply, divide by n *inside* the sums, and only then divide the sums.",
    ],
    passed="Men ahead in total, women in most departments: the total mixes the rates with the mix. Say which of the two you mean.",
)

_SIMPSON = """
def who_is_ahead(counts):
    {prepare}
    totals = {totals}
    rates = {rates}
    a, b, c, d = counts[:, 0, 0], counts[:, 0, 1], counts[:, 1, 0], counts[:, 1, 1]
    n = a + b + c + d
    return {{"men": totals[0], "women": totals[1], "women_ahead": {ahead}, "odds_ratio": {odds}}}
"""


def _simpson_code(**changes):
    parts = {
        "prepare": "counts = np.asarray(counts)",
        "totals": "counts.sum(axis=0)[:, 0] / counts.sum(axis=(0, 2))",
        "rates": "counts[:, :, 0] / counts.sum(axis=2)",
        "ahead": "int((rates[:, 1] > rates[:, 0]).sum())",
        "odds": "(a * d / n).sum() / (b * c / n).sum()",
    }
    return _SIMPSON.format(**{**parts, **changes})


simpson.wrong(
    "mean of the departments' rates as the total",
    why="It gives each department one vote.",
    message="{got[men]:.3f} is the plain mean of the departments' rates: a department to which 25 women applied then counts as much as one with hundreds. Over all departments together, how many men applied, and how many of them were admitted?",
    code=_simpson_code(totals="(counts[:, :, 0] / counts.sum(axis=2)).mean(axis=0)"),
)
simpson.wrong(
    "odds ratio of the totals",
    why="'Odds ratio' suggests one two-by-two table.",
    message="{got[odds_ratio]:.3f} is the odds ratio of the table of all departments *together*. It repeats the paradox instead of resolving it: the departments must be kept apart until each has compared its own men with its own women.",
    code=_simpson_code(odds="a.sum() * d.sum() / (b.sum() * c.sum())"),
)
simpson.wrong(
    "inverted odds ratio",
    why="Which group goes on top is a convention.",
    message="{got[odds_ratio]:.3f} are the odds of a *woman* beside those of a man. Here above 1 means that a man has it easier. Which two counts belong on top?",
    code=_simpson_code(odds="(b * c / n).sum() / (a * d / n).sum()"),
)
simpson.wrong(
    "mean of the departments' odds ratios",
    why="One odds ratio a department, then the average.",
    message="{got[odds_ratio]:.3f} is the mean of one odds ratio a department. A tiny department with a wild ratio then counts as much as a large one, and an odds ratio of 3 does not balance one of 1/3. Where does n come in?",
    code=_simpson_code(odds="(a * d / (b * c)).mean()"),
)
simpson.wrong(
    "sums without dividing by the applicants",
    why="The n seem to cancel.",
    message="Your {got[odds_ratio]:.3f} leaves out the division by n inside the sums. It does not cancel: each department has its own n, and without it large departments count by the square of their size.",
    code=_simpson_code(odds="(a * d).sum() / (b * c).sum()"),
)
simpson.wrong(
    "admitted beside rejected instead of a share",
    why="The table has these two columns side by side.",
    message="Your {got[men]:.3f} is admitted divided by *rejected*: odds, not a rate. Everybody who applied belongs below the line.",
    code=_simpson_code(totals="counts.sum(axis=0)[:, 0] / counts.sum(axis=0)[:, 1]"),
)
simpson.wrong(
    "counts admitted people instead of rates",
    why="More women admitted looks like women ahead.",
    message="You find women ahead in {got[women_ahead]} departments: that is where more women than men were *admitted*. More may simply have applied. Compare shares of the applicants.",
    code=_simpson_code(ahead="int((counts[:, 1, 0] > counts[:, 0, 0]).sum())"),
)
simpson.wrong(
    "counts ties",
    why="'At least as large' and 'strictly larger' are one character apart.",
    message="You count a department in which both groups have the *same* rate. Women are ahead only where their share is strictly larger.",
    code=_simpson_code(ahead="int((rates[:, 1] >= rates[:, 0]).sum())"),
)
simpson.wrong(
    "share of men among the admitted",
    why="The sum runs over the other axis, and the result is a share too.",
    message="Your {got[men]:.3f} and {got[women]:.3f} add up to 1: they say who *fills the places*, not who gets in. Divide by those who applied from the same group.",
    code=_simpson_code(totals="counts.sum(axis=0)[:, 0] / counts[:, :, 0].sum()"),
)


@simpson.right("plain loops")
def who_is_ahead(counts):
    ahead, top, bottom = 0, 0.0, 0.0
    admitted, applied = [0, 0], [0, 0]
    for (a, b), (c, d) in counts:
        ahead += int(c / (c + d) > a / (a + b))
        top += a * d / (a + b + c + d)
        bottom += b * c / (a + b + c + d)
        admitted = [admitted[0] + a, admitted[1] + c]
        applied = [applied[0] + a + b, applied[1] + c + d]
    return {
        "men": admitted[0] / applied[0],
        "women": admitted[1] / applied[1],
        "women_ahead": ahead,
        "odds_ratio": top / bottom,
    }


@simpson.right("pandas")
def who_is_ahead(counts):
    table = pd.DataFrame(np.reshape(counts, (len(counts), 4)), columns=["ma", "mr", "wa", "wr"])
    total = table.sum()
    n = table.sum(axis=1)
    return {
        "men": total["ma"] / (total["ma"] + total["mr"]),
        "women": total["wa"] / (total["wa"] + total["wr"]),
        "women_ahead": (
            table["wa"] / (table["wa"] + table["wr"]) > table["ma"] / (table["ma"] + table["mr"])
        ).sum(),
        "odds_ratio": (table["ma"] * table["wr"] / n).sum() / (table["mr"] * table["wa"] / n).sum(),
    }


@simpson.right("the course's own functions")
def who_is_ahead(counts):
    from holdout.topics.segments.experiments import group_rates, mantel_haenszel_odds_ratio

    rates, (men, women) = group_rates(counts)
    return {
        "men": men,
        "women": women,
        "women_ahead": np.sum(rates[:, 1] > rates[:, 0]),
        "odds_ratio": mantel_haenszel_odds_ratio(counts),
    }


# ---------------------------------------------------------------------------------------------------------------- ece


def _forecasts(rng, rows, bins, shift, timid=False):
    """Forecasts at a safe distance from the edges of the bins, plus exact edges where these are exact in binary, plus 0 and 1.

    `shift` (in log-odds) makes the forecasts too low or too high on average, so that the sign of a sum can be seen. With `timid` those
    of the last bin are too low, the certain ones apart: then it shows whether a forecast of exactly 1 shares its bin with them.
    """
    p = rng.beta(0.7, 0.9, rows).round(4)
    near_edge = np.abs(p * bins - np.round(p * bins)) < 1e-6
    p[near_edge] = (np.floor(p[near_edge] * bins).clip(0, bins - 1) + 0.4) / bins
    if rows < 60:
        p[(p * bins).astype(int) == bins // 2] += 1 / bins  # few rows: the bin in the middle is always empty
    special = [1.0] * 4 + [0.0] * 2
    if bins & (bins - 1) == 0:
        special += [edge / bins for edge in range(1, bins) for _ in range(3)]
    p[: len(special)] = special
    true = expit(0.6 * logit(p.clip(0.02, 0.98)) + shift)
    outcomes = (rng.random(rows) < true).astype(int)
    outcomes[:4] = [
        0,
        1,
        0,
        1,
    ]  # the certain ones are wrong half of the time: leaving them out changes the error
    if timid:
        outcomes[(p < 1) & ((p * bins).astype(int) == bins - 1)] = 1
    return {"outcomes": outcomes, "forecasts": p, "bins": bins}


def _ece_cases(rng):
    return [
        Case(_forecasts(rng, int(rng.integers(60, 90)), 4, -0.5), "4 bins, some forecasts on an edge"),
        Case(
            _forecasts(rng, int(rng.integers(100, 200)), int(rng.choice([5, 7, 10])), 0.5, timid=True),
            "one or two hundred rows",
        ),
        Case(_forecasts(rng, int(rng.integers(40, 60)), 15, -0.5), "15 bins and few rows"),
    ]


ece = Question(
    "03.ece",
    title="A calibration error, and how much of it is noise",
    objective="Compute the ECE by its definition, with the value that a perfect model would show by chance.",
    points=3,
    answer="calibration_error",
    probe="answer(outcomes, forecasts, bins)",
    visible=_ece_cases(np.random.default_rng(81)),
    hidden=_ece_cases,
    tolerance=Tolerance(
        1e-9,
        1e-12,
        "sums over at most 200 rows; no forecast lies within rounding of an edge unless the edge is exact",
    ),
    hints=[
        "First the bin of each row: `(forecasts * bins).astype(int)`. For a forecast of exactly 1 that is one too many: where does it belong?",
        "Then one loop over the bins that are not empty: mean forecast, share of ones, and how many rows of all are in there.",
        "The size of each gap, before anything is averaged: `abs(mean forecast - share of ones)`; weight n_b / n.",
        "The noise needs no outcomes: only the forecasts and how many there are in each bin.",
    ],
    passed="Two numbers that belong together: an ECE says nothing until one knows what a perfect model would show.",
)

_ECE = """
def calibration_error(outcomes, forecasts, bins):
    outcomes, forecasts = np.asarray(outcomes), np.asarray(forecasts)
    where = {where}
    error = noise = 0.0
    used = {used}
    for b in used:
        inside = where == b
        p, y, n_b = forecasts[inside], outcomes[inside], inside.sum()
        error += {error}
        noise += n_b / {n} * np.sqrt(2 * {variance} / (np.pi * n_b))
    return {result}, noise
"""


def _ece_code(**changes):
    parts = {
        "where": "np.minimum((forecasts * bins).astype(int), bins - 1)",
        "used": "[b for b in range(bins) if np.any(where == b)]",
        "error": "n_b / len(forecasts) * abs(p.mean() - y.mean())",
        "variance": "np.mean(p * (1 - p))",
        "result": "error",
        "n": "len(forecasts)",
    }
    return _ECE.format(**{**parts, **changes})


ece.wrong(
    "unweighted bins",
    why="'Mean over the bins' is taken literally.",
    message="Your error {got[0]:.3f} is the plain mean over the bins: a bin with two rows counts as much as one with fifty, and the small ones are mostly noise. Weight by rows.",
    code=_ece_code(error="abs(p.mean() - y.mean()) / len(used)"),
)
ece.wrong(
    "signed gaps",
    why="The sign tells over- from under-confidence, so it is kept.",
    message="Your error is {got[0]:.3f} on the first case: gaps of different sign have cancelled. Too high in one bin does not make up for too low in another. What is a *distance*?",
    code=_ece_code(error="n_b / len(forecasts) * (p.mean() - y.mean())"),
)
ece.wrong(
    "signed gaps, absolute value at the end",
    why="A negative error looks wrong, so abs() is put around the result.",
    message="You take the absolute value once, at the end: {got[0]:.3f} is how far the mean forecast is from the base rate, whatever happens inside the bins. Take it bin by bin.",
    code=_ece_code(error="n_b / len(forecasts) * (p.mean() - y.mean())", result="abs(error)"),
)
ece.wrong(
    "forecasts of exactly 1 fall out",
    why="All bins are half open, and nothing fails.",
    message="The rows with a forecast of exactly 1 are in none of your bins. These are the forecasts of a model that claims to be certain, the ones to look at most closely. Which bin is closed on both sides?",
    code=_ece_code(where="(forecasts * bins).astype(int)"),
)
ece.wrong(
    "empty bins",
    why="The mean of an empty array is nan, and NumPy only warns.",
    message="On the case with few rows you get {got[0]}: some bins are empty, and the mean of nothing is `nan`. One `nan` in a sum makes it `nan`, even with weight 0. Go over the bins that hold rows.",
    code=_ece_code(used="list(range(bins))"),
)
ece.wrong(
    "bins open on the left",
    why="It is the default of pandas.cut.",
    message="On the case with forecasts on an edge you put them into the *lower* bin (and a forecast of 0 into none, or into the first). Here a bin holds its lower edge and not its upper one. `pd.cut` and `np.digitize` both have `right=`.",
    code=_ece_code(where="np.maximum(np.ceil(forecasts * bins).astype(int) - 1, 0)"),
)
ece.wrong(
    "middle of the bin instead of the mean forecast",
    why="A bin is drawn at its middle.",
    message="You compare the share of ones with the *middle* of the bin. Nobody forecast that. Take the mean of the forecasts that are in the bin.",
    code=_ece_code(error="n_b / len(forecasts) * abs((b + 0.5) / bins - y.mean())"),
)
ece.wrong(
    "distance of each row",
    why="The error of a forecast seems to be its distance from the outcome.",
    message="Your {got[0]:.3f} averages the distance of each forecast from its own outcome. A perfect forecast of 0.5 is then always half wrong. Calibration asks about groups: compare means, bin by bin.",
    code=_ece_code(error="np.abs(p - y).sum() / len(forecasts)"),
)
ece.wrong(
    "squared gaps",
    why="Errors are usually squared.",
    message="You square the gaps: {got[0]:.4f}. That is the reliability term of the Brier score, a good number with another name. The ECE takes plain distances.",
    code=_ece_code(error="n_b / len(forecasts) * (p.mean() - y.mean()) ** 2"),
)
ece.wrong(
    "noise from the outcomes",
    why="One estimates a variance from what was observed.",
    message="Your error is right. Your noise uses the observed shares in place of the forecasts. It asks what a *perfect* model would show, so the forecasts are the truth there; and a bin in which all outcomes agree would have no noise at all.",
    code=_ece_code(variance="y.mean() * (1 - y.mean())"),
)
ece.wrong(
    "a standard deviation instead of a mean distance",
    why="The standard error of a bin is the number that one knows by heart.",
    message="Your error is right. Your noise is the standard deviation of each bin's gap, so it is too large by a quarter. The ECE averages *distances*, and the mean distance of a normal variable from its mean is √(2/π) standard deviations.",
    code=_ece_code(variance="np.pi / 2 * np.mean(p * (1 - p))"),
)
ece.wrong(
    "no noise",
    why="A perfect model has a perfect score.",
    message="You say that a perfect model shows an ECE of 0. But in each bin the share of ones scatters around the forecast, and a distance is never negative: nothing cancels.",
    code=_ece_code(n="np.inf"),
)


@ece.wrong(
    "the bin ends where it should begin",
    why="Many programs take (low, high].",
    message="Your bins hold their *upper* edge. The text puts a forecast on an edge into the bin that begins there.",
)
def calibration_error(outcomes, forecasts, bins):
    outcomes, forecasts = np.asarray(outcomes, dtype=float), np.asarray(forecasts, dtype=float)
    edges = np.linspace(0, 1, bins + 1)
    n, error, noise = len(forecasts), 0.0, 0.0
    for low, high in zip(edges, edges[1:], strict=False):
        chosen = (forecasts > low) & (forecasts <= high)
        m = chosen.sum()
        if m:
            p = forecasts[chosen]
            error += m / n * abs(p.mean() - outcomes[chosen].mean())
            noise += m / n * np.sqrt(2 * np.mean(p * (1 - p)) / (np.pi * m))
    return error, noise


@ece.wrong(
    "variance of the mean forecast",
    why="The mean forecast stands for its bin.",
    message="Your first number is right. In the second, the variance is that of the *mean* forecast, m(1−m). It is larger than the mean of p(1−p) over the forecasts in the bin, most in wide bins.",
)
def calibration_error(outcomes, forecasts, bins):
    outcomes, forecasts = np.asarray(outcomes, dtype=float), np.asarray(forecasts, dtype=float)
    place = np.clip(np.digitize(forecasts, np.arange(1, bins) / bins), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    full = count > 0
    mean = np.bincount(place, forecasts, bins)[full] / count[full]
    share = np.bincount(place, outcomes, bins)[full] / count[full]
    weight = count[full] / len(forecasts)
    noise = np.sqrt(2 * mean * (1 - mean) / (np.pi * count[full]))
    return float(weight @ np.abs(mean - share)), float(weight @ noise)


@ece.right("numpy.bincount")
def calibration_error(outcomes, forecasts, bins):
    edges = np.linspace(0, 1, bins + 1)
    where = np.clip(np.digitize(forecasts, edges) - 1, 0, bins - 1)
    gaps = np.bincount(where, weights=np.asarray(forecasts) - np.asarray(outcomes), minlength=bins)
    spread = np.bincount(where, weights=np.asarray(forecasts) * (1 - np.asarray(forecasts)), minlength=bins)
    return np.abs(gaps).sum() / len(forecasts), np.sqrt(2 * spread / np.pi).sum() / len(forecasts)


@ece.right("pandas")
def calibration_error(outcomes, forecasts, bins):
    edges = np.linspace(0, 1, bins + 1)
    edges[-1] = 1.1
    table = pd.DataFrame({"y": outcomes, "p": forecasts})
    table["v"] = table["p"] * (1 - table["p"])
    groups = table.groupby(pd.cut(table["p"], edges, right=False), observed=True)
    mean, rows = groups.mean(), groups.size()
    weight = rows / len(table)
    return (weight * (mean["p"] - mean["y"]).abs()).sum(), (
        weight * np.sqrt(2 * mean["v"] / (np.pi * rows))
    ).sum()


@ece.right("plain loops")
def calibration_error(outcomes, forecasts, bins):
    groups = {}
    for y, p in zip(outcomes, forecasts, strict=True):
        groups.setdefault(min(int(p * bins), bins - 1), []).append((y, p))
    n, error, noise = len(forecasts), 0.0, 0.0
    for rows in groups.values():
        error += abs(sum(p for _, p in rows) - sum(y for y, _ in rows)) / n
        noise += (2 * sum(p * (1 - p) for _, p in rows) / np.pi) ** 0.5 / n
    return [error, noise]


# -------------------------------------------------------------------------------------------------------- recalibrate


def _temperature(logits, labels):
    def loss(t):
        return -np.mean(np.log(softmax(logits / t, axis=1)[np.arange(len(labels)), labels] + 1e-300))

    return minimize_scalar(loss, bounds=(1, 10), method="bounded").x


def _splits(rng, rows, temperatures, offset=0.0):
    """Three splits whose best temperatures differ by more than 0.2, so that no fit on the wrong rows looks right.

    The true temperature lies between the two `temperatures`, that of the training rows near 1. The sets differ in size. A number of up to `offset` either way, another for each row, is added
    to the logits: far more than `exp` can take, in both directions.
    """
    classes = int(rng.integers(3, 6))
    sizes = {"training": rows + 15, "calibration": rows, "test": rows - 10}
    while True:
        true = float(rng.uniform(*temperatures))
        splits = {}
        for name, n in sizes.items():
            logits = rng.normal(0, 3, (n, classes)).round(2)
            probabilities = softmax(logits / (1.3 if name == "training" else true), axis=1)
            labels = (rng.random((n, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
            splits[name] = {"logits": logits, "labels": labels}
        everything = [np.concatenate([splits[name][key] for name in sizes]) for key in ("logits", "labels")]
        fits = [_temperature(**split) for split in splits.values()] + [_temperature(*everything)]
        distances = np.abs(np.subtract.outer(fits, fits))[np.triu_indices(4, 1)]
        # The text says that the temperature lies between 1 and 10. None lies near an end, also not one fitted on wrong rows: there it would
        # depend on where a search begins, and a fit on the training rows would look like no fit.
        if distances.min() > 0.2 and min(fits) > 1.15 and max(fits) < 9:
            break
    for split in splits.values():
        rows_of_split = (len(split["logits"]), 1)
        split["logits"] = split["logits"] + rng.uniform(-offset, offset, rows_of_split).round()
    return {"splits": splits}


recalibrate = Question(
    "03.recalibrate",
    title="One number, fitted on the right rows",
    objective="Repair over-confidence with one temperature, fitted on rows that neither trained the model nor will judge it.",
    points=3,
    answer="calibrated_probabilities",
    probe="answer(splits)",
    visible=[
        Case(_splits(np.random.default_rng(91), 80, (1.7, 3.0)), "logits around 0"),
        Case(_splits(np.random.default_rng(92), 60, (3.4, 5.0), 4000.0), "logits around thousands"),
    ],
    hidden=lambda rng: [
        Case(_splits(rng, 90, (1.7, 3.0)), "logits around 0"),
        Case(_splits(rng, 70, (3.4, 5.0), 4000.0), "logits in the thousands"),
    ],
    tolerance=Tolerance(
        0.0,
        2e-3,
        "a step of 0.01 misses the best temperature by at most 0.005; dp <= 0.23 dT/T for T above 1.5, that is below 0.001; "
        "fits on wrong rows are at least 0.2 apart, which moves some probability by more than 0.01",
    ),
    hints=[
        "Three sets, three jobs: one has trained the model, one will judge it. Which is left for fitting the temperature?",
        "Write the cross-entropy of a set as a function of the temperature; then try a grid, `np.arange(1, 10, 0.01)`, or `minimize_scalar`.",
        "`softmax(logits / temperature, axis=1)` from SciPy is imported; it subtracts the largest logit of each row first, so nothing overflows.",
        "The temperature comes from `splits['calibration']`; what you return are probabilities of `splits['test']`.",
    ],
    passed="One number, and not one prediction has changed: only the claims are smaller. And the test rows can still judge.",
)

_RECALIBRATE = """
def calibrated_probabilities(splits):
    {prepare}
    logits, labels = {rows}
    def loss(t):
        p = {softmax}(logits {operation} t, axis=1)
        return -np.mean(np.log(p[np.arange(len(labels)), labels] + 1e-300))
    temperature = {temperature}
    return {result}
"""


def _recalibrate_code(prepare="pass", **changes):
    parts = {
        "rows": "splits['calibration']['logits'], splits['calibration']['labels']",
        "softmax": "softmax",
        "operation": "/",
        "temperature": "minimize_scalar(loss, bounds=(1, 10), method='bounded').x",
        "result": "softmax(splits['test']['logits'] / temperature, axis=1)",
    }
    return _RECALIBRATE.format(prepare=prepare, **{**parts, **changes})


recalibrate.wrong(
    "fits on the test rows",
    why="These are the rows whose probabilities are wanted, and their labels are there.",
    message="Your temperature was fitted on the *test* rows. Their labels have then shaped the very probabilities that they should judge: the calibration error will look better than it is, and nobody can tell by how much. Which rows have had no job yet?",
    code=_recalibrate_code(rows="splits['test']['logits'], splits['test']['labels']"),
)
recalibrate.wrong(
    "fits on the training rows",
    why="Everything else is fitted on the training rows.",
    message="Your temperature was fitted on the *training* rows. The model knows these, so there its claims are nearly true, and your temperature takes back too little. Which rows has it never seen?",
    code=_recalibrate_code(rows="splits['training']['logits'], splits['training']['labels']"),
)
recalibrate.wrong(
    "returns the calibration rows",
    why="The rows in hand when the temperature is found are the calibration rows.",
    message="These are probabilities of the *calibration* rows. They have done their job: the temperature comes from them. Whose probabilities are asked for?",
    code=_recalibrate_code(result="softmax(splits['calibration']['logits'] / temperature, axis=1)"),
)
recalibrate.wrong(
    "fits on all rows",
    why="More rows make a better estimate.",
    message="Your temperature was fitted on all three sets together. The training rows flatter the model, and the test rows are spent. More rows are better only if they are the right ones.",
    code=_recalibrate_code(
        rows="np.concatenate([s['logits'] for s in splits.values()]), np.concatenate([s['labels'] for s in splits.values()])"
    ),
)
recalibrate.wrong(
    "calibration and test rows together",
    why="Both are new to the model.",
    message="You fitted the temperature on the calibration *and* the test rows. Both are new to the model, but the test rows must also be new to the temperature, or they cannot judge it.",
    code=_recalibrate_code(
        rows="np.concatenate([splits[s]['logits'] for s in ('calibration', 'test')]), np.concatenate([splits[s]['labels'] for s in ('calibration', 'test')])"
    ),
)
recalibrate.wrong(
    "multiplies by the temperature",
    why="'Scaling' sounds like multiplying.",
    message="The temperature is fitted for a division, and then you *multiply* the test logits by it: the claims grow. A high temperature must cool them.",
    code=_recalibrate_code(result="softmax(splits['test']['logits'] * temperature, axis=1)"),
)
recalibrate.wrong(
    "not calibrated at all",
    why="The plain softmax already gives probabilities.",
    message="These are the probabilities of the model as it is: they add up to 1, but they claim too much. Did you divide *probabilities* by the temperature and normalise again? That gives back what you had; the temperature belongs on the logits. Or did you choose it by accuracy, which is the same at every temperature?",
    code=_recalibrate_code(temperature="1.0"),
)
recalibrate.wrong(
    "chooses the temperature by accuracy",
    why="Accuracy is what one always optimises.",
    message="You look for the temperature with the best *accuracy*. It is the same at every temperature, because dividing by a positive number keeps the order of the classes; so your search returns the first one it tried. What does change?",
    code=_recalibrate_code(
        temperature="max(np.arange(0.5, 10, 0.01), key=lambda t: np.mean(softmax(logits / t, axis=1).argmax(axis=1) == labels))"
    ),
)
recalibrate.wrong(
    "exp without subtracting the largest logit",
    why="The formula of softmax is exp over the sum of exp.",
    message="On large logits your probabilities are `nan`: `np.exp(800)` is infinite. Subtract the largest logit of each row first; that changes no probability.",
    code=_recalibrate_code(
        prepare="plain = lambda x, axis: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)",
        softmax="plain",
        temperature="min(np.arange(1, 10, 0.01), key=loss)",
        result="plain(splits['test']['logits'] / temperature, 1)",
    ),
)
recalibrate.wrong(
    "softmax over all rows",
    why="SciPy's softmax normalises over everything unless told otherwise.",
    message="Your probabilities do not add up to 1 in each row: the softmax ran over the whole array, or down the columns. Which `axis` holds the classes?",
    code=_recalibrate_code(result="softmax(splits['test']['logits'] / temperature)"),
)


@recalibrate.wrong(
    "fitted on training and calibration rows",
    why="More rows make the temperature surer.",
    message="Your temperature was fitted on the training rows, too. On those the model is surer than it is on others, and usually right: they say little about how sure it may be elsewhere.",
)
def calibrated_probabilities(splits):
    logits = np.concatenate([splits["training"]["logits"], splits["calibration"]["logits"]])
    labels = np.concatenate([splits["training"]["labels"], splits["calibration"]["labels"]])
    logits = logits - logits.max(axis=1, keepdims=True)

    def loss(temperature):
        scaled = logits / temperature
        log_sum = np.log(np.exp(scaled).sum(axis=1))
        return np.mean(log_sum - scaled[np.arange(len(labels)), labels])

    temperature = minimize_scalar(loss, bounds=(1, 10), method="bounded").x
    test = splits["test"]["logits"]
    return softmax((test - test.max(axis=1, keepdims=True)) / temperature, axis=1)


@recalibrate.right("a grid by hand")
def calibrated_probabilities(splits):
    def probabilities(logits, temperature):
        scaled = (logits - logits.max(axis=1, keepdims=True)) / temperature
        weights = np.exp(scaled)
        return weights / weights.sum(axis=1, keepdims=True)

    logits, labels = splits["calibration"]["logits"], splits["calibration"]["labels"]
    grid = np.arange(1, 10, 0.01)
    losses = [-np.log(probabilities(logits, t)[np.arange(len(labels)), labels] + 1e-300).mean() for t in grid]
    return probabilities(splits["test"]["logits"], grid[np.argmin(losses)])


@recalibrate.right("the course's own function")
def calibrated_probabilities(splits):
    from holdout.topics.segments.calibration import fit_temperature, temperature_softmax

    return temperature_softmax(splits["test"]["logits"], fit_temperature(**splits["calibration"]))


@recalibrate.right("Newton's method on the inverse temperature")
def calibrated_probabilities(splits):
    logits, labels = splits["calibration"]["logits"], splits["calibration"]["labels"]
    logits = logits - logits.max(axis=1, keepdims=True)
    inverse = 0.5
    for _ in range(50):
        p = softmax(inverse * logits, axis=1)
        mean = (p * logits).sum(axis=1)
        gradient = (mean - logits[np.arange(len(labels)), labels]).mean()
        inverse -= gradient / ((p * logits**2).sum(axis=1) - mean**2).mean()
    return softmax(inverse * splits["test"]["logits"], axis=1)


# ------------------------------------------------------------------------------------------------------------ upgrade


OFF = 0.8  # standard deviation of what the forecasts of a segment are off by, in log-odds
OFFSETS = np.linspace(-4, 4, 161)
SPREAD = 0.7  # standard deviation of the forecasts within a segment, in log-odds
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(9)


def _risk_given(rows, forecast, late, risk):
    """Risk of a parcel, averaged over what its segment may be off by after its earlier parcels."""
    share = NODE_WEIGHTS / NODE_WEIGHTS.sum()
    middle = logit(forecast)
    for _ in range(2):  # the middle of the forecasts whose mean is the one shown
        middle += logit(forecast) - logit(share @ expit(middle + SPREAD * NODES))
    rate = share @ expit(middle + SPREAD * NODES[:, None] + OFFSETS)
    fit = late * np.log(rate) + (rows - late) * np.log1p(-rate) - (OFFSETS / OFF) ** 2 / 2
    weight = np.exp(fit - fit.max())
    return weight @ expit(logit(risk) + OFFSETS) / weight.sum()


def _parcels(rng, n):
    parcels, costs = [], []
    for _ in range(n):
        # three in five segments say something, but little; the others say it all: who believes half of the difference, or the
        # significant ones, or all of it from some number of rows on, is wrong for one of the two kinds
        rows = int(np.exp(rng.uniform(*np.log((2, 7) if rng.random() < 0.6 else (100, 400)))))
        off, level = rng.normal(0, OFF), rng.uniform(-3.2, -1.2)
        forecasts = expit(rng.normal(level, SPREAD, rows))
        late = int((rng.random(rows) < expit(logit(forecasts) + off)).sum())
        price, refund = float(rng.choice([2, 3, 4, 5])), float(rng.choice([8, 10, 12]))
        risk = round(float(expit(logit(price / refund) + rng.normal(0, 0.8))), 3)
        parcel = {
            "risk": risk,
            "price": price,
            "refund": refund,
            "segment_rows": rows,
            "segment_forecast": round(float(forecasts.mean()), 3),
            "segment_late": late,
        }
        parcels.append(parcel)
        expected = refund * _risk_given(rows, parcel["segment_forecast"], late, risk)
        costs.append({"upgrade": price, "leave": round(float(expected), 4)})
    return Case({"parcels": parcels}, f"{n} parcels", {"costs": costs})


upgrade_question = Question(
    "03.upgrade",
    title="The van, by cost",
    objective="Repair a segment's forecast as far as its rows allow, then set the threshold by cost and not by habit.",
    points=3,
    answer="upgrade",
    probe="[answer(parcel) for parcel in parcels]",
    judge="policy",
    # Regret of averages given the evidence, 60 sets of 6,000 parcels: right rules 0.000 to 0.016, 0.022 to 0.029 with one late and one
    # more in time for half a one. Wrong: the difference in points of probability 0.034 to 0.051 (0.018 to 0.022 where the segments'
    # forecasts were as high as the parcel's), a significant one only 0.046 to 0.066, the whole from 30 rows on 0.046 to 0.064, half of
    # the difference 0.07 and more, the whole always 0.14 and more, price / (price + refund) 0.2, forecasts as they are 0.2, a threshold
    # of 0.5 0.43 and more. With true risks instead of averages, and two thirds of the segments nearly right, good rules had 0.11 to 0.17
    # and the whole difference 0.2.
    parameters={"credit": [[0.032, 1.0], [0.036, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_parcels(np.random.default_rng(116), 500)],
    hidden=lambda rng: [_parcels(rng, 6000)],
    hints=[
        "First the threshold, for a forecast that you trust: what does leaving the parcel cost on average, and what does the upgrade cost, late or not?",
        "Then the forecast: does `segment_late / segment_rows` differ from `segment_forecast` by more than chance? With 4 rows it nearly always differs; with 400 a difference of ten points is real.",
        "If it is off, move *this parcel's* risk by what the segment is off (in log-odds: `logit(observed) - logit(forecast)`). Do not replace it by the segment's rate: within a segment parcels differ.",
        "Between “ignore” and “believe” there is a middle way: believe a part of the difference, w = s² / (s² + 1 / (n p (1 − p))), where s is the standard deviation that the text states and the second term is the noise of n rows. Mind `logit(0)`: count half a late parcel more.",
    ],
    passed="Your decisions cost little more than the cheapest possible ones: repaired forecasts, and a threshold that follows from the costs.",
)

_UPGRADE = """
def upgrade(parcel):
    rows, forecast = parcel["segment_rows"], parcel["segment_forecast"]
    observed = (parcel["segment_late"] + 0.5) / (rows + 1)
    error = (forecast * (1 - forecast) / rows) ** 0.5
    believed = {believed}
    risk = expit(logit(parcel["risk"]) + believed * (logit(observed) - logit(forecast)))
    return "upgrade" if risk >= {threshold} else "leave"
"""


def _upgrade_code(**changes):
    parts = {
        "believed": "0.64 / (0.64 + 1 / (rows * forecast * (1 - forecast)))",
        "threshold": "parcel['price'] / parcel['refund']",
    }
    return _UPGRADE.format(**{**parts, **changes})


@upgrade_question.wrong(
    "trusts every forecast",
    why="The threshold formula is for calibrated forecasts, and these come from a calibrated model.",
    message="Your threshold is right for a forecast that one can trust. But the earlier parcels show segments in which the forecasts are far off, with hundreds of rows to prove it. On average a model can be calibrated and still be wrong for everybody on the islands.",
)
def upgrade(parcel):
    return "upgrade" if parcel["risk"] * parcel["refund"] >= parcel["price"] else "leave"


upgrade_question.wrong(
    "threshold 0.5",
    why="It is what predict() does.",
    message="You upgrade from a risk of 0.5 on, whatever it costs. With an upgrade at 2 euros and a refund of 10 that leaves parcels that cost 4 euros each on average. At which risk do both sides cost the same?",
    code=_upgrade_code(threshold="0.5"),
)


@upgrade_question.wrong(
    "threshold 0.5 on the raw forecast",
    why="'Probably late' means more than 0.5.",
    message="You upgrade what is *probably* late: risk above 0.5, as the forecast says it. Costs do not ask what is probable, and the segment's earlier parcels may say that the forecast is off.",
)
def upgrade(parcel):
    return "upgrade" if parcel["risk"] > 0.5 else "leave"


upgrade_question.wrong(
    "price / (price + refund)",
    why="The textbook formula is false alarm / (false alarm + miss), and the refund looks like the cost of a miss.",
    message="Your threshold is price / (price + refund): too low. In the textbook formula a miss costs what one *could have saved*. A late parcel that one upgrades is not free either: it costs the price. What does acting cost, late or not, and what does leaving cost?",
    code=_upgrade_code(threshold="parcel['price'] / (parcel['price'] + parcel['refund'])"),
)
upgrade_question.wrong(
    "a threshold of 0.3 for everybody",
    why="It was 0.3 in the lesson.",
    message="You use 0.3 for every customer. That was the lesson's price of 3 euros beside a refund of 10; here both differ from parcel to parcel.",
    code=_upgrade_code(threshold="0.3"),
)


@upgrade_question.wrong(
    "replaces the forecast by the segment's rate",
    why="What was observed is more solid than what was predicted.",
    message="You use the segment's observed rate in place of this parcel's risk. Then all parcels of a segment are alike, and what the model knows of this one is lost. *Move* its forecast by what the segment is off.",
)
def upgrade(parcel):
    rate = parcel["segment_late"] / parcel["segment_rows"]
    return "upgrade" if rate * parcel["refund"] >= parcel["price"] else "leave"


@upgrade_question.wrong(
    "corrects in the wrong direction",
    why="Forecast minus observed is 'the bias', and adding it feels natural.",
    message="You move the forecasts the wrong way: where more parcels were late than forecast, your risk goes down. Which way must it go, so that next time forecast and outcome agree?",
)
def upgrade(parcel):
    observed = (parcel["segment_late"] + 0.5) / (parcel["segment_rows"] + 1)
    risk = expit(logit(parcel["risk"]) + logit(parcel["segment_forecast"]) - logit(observed))
    return "upgrade" if risk * parcel["refund"] >= parcel["price"] else "leave"


upgrade_question.wrong(
    "the whole difference from 30 rows on",
    why="A minimum of 30 is the rule of the report, and what passes it counts.",
    message="You believe the whole difference from some number of rows on, and nothing below. Four late of five beside a forecast of 20% say something, too. Let the standard error decide how much of it you believe.",
    code=_upgrade_code(believed="1.0 if rows >= 30 else 0.0"),
)
upgrade_question.wrong(
    "the whole difference, however few the rows",
    why="What was seen is what is.",
    message="You believe all, or nearly all, of the difference between the observed and the forecast rate, however few the rows. Two late of three beside a forecast of 20% is no proof of 67%: believe less of it where there are few rows.",
    code=_upgrade_code(believed="1.0"),
)
upgrade_question.wrong(
    "half of the difference, however many the rows",
    why="Between “ignore” and “believe” there is a middle way.",
    message="You believe the same part of the difference whatever the rows. Of 3 parcels it is too much, of 300 too little: what does the part depend on?",
    code=_upgrade_code(believed="0.5"),
)


@upgrade_question.wrong(
    "the difference in points of probability",
    why="Ten points are ten points.",
    message="You add the segment's difference to the risk in points of probability. All its forecasts are off by the same amount of *log-odds*: five points at a forecast of 5% are twice the odds, and at 50% a few points more.",
)
def upgrade(parcel):
    n = parcel["segment_rows"]
    difference = parcel["segment_late"] / n - parcel["segment_forecast"]
    risk = min(1, max(0, parcel["risk"] + difference * n / (n + 10)))
    return "upgrade" if risk * parcel["refund"] > parcel["price"] else "leave"


upgrade_question.wrong(
    "only a significant difference",
    why="What is not significant may be chance.",
    message="You believe a significant difference in full and any other not at all. Where few parcels went before, a difference is seldom significant and still more likely than none; and of a significant one a part is luck. How much of each would you bet on?",
    code=_upgrade_code(believed="1.0 if abs(observed - forecast) > 1.96 * error else 0.0"),
)


@upgrade_question.wrong(
    "always upgrades",
    why="No customer will complain.",
    message="You upgrade every parcel. It is the yardstick here: looking at the risk must be cheaper.",
)
def upgrade(parcel):
    return "upgrade"


@upgrade_question.wrong(
    "never upgrades",
    why="Most parcels are in time.",
    message="You never upgrade. Most parcels are in time, but the refunds for the others cost more than the vans that you save.",
)
def upgrade(parcel):
    return "leave"


@upgrade_question.right("weighs what the segment may be off by, on a grid")
def upgrade(parcel):
    off = np.linspace(-3, 3, 61)
    rate = expit(logit(parcel["segment_forecast"]) + off)
    late, rows = parcel["segment_late"], parcel["segment_rows"]
    weight = np.exp(
        late * np.log(rate) + (rows - late) * np.log(1 - rate) - (off / 0.8) ** 2 / 2 + 0.6 * rows
    )
    risk = weight @ expit(logit(parcel["risk"]) + off) / weight.sum()
    return "upgrade" if risk * parcel["refund"] > parcel["price"] else "leave"


@upgrade_question.right("one late and one in time more")
def upgrade(parcel):
    n, forecast = parcel["segment_rows"], parcel["segment_forecast"]
    rate, error = (parcel["segment_late"] + 1) / (n + 2), 1 / (n * forecast * (1 - forecast))
    shift = 0.64 / (0.64 + error) * (logit(rate) - logit(forecast))
    return "upgrade" if expit(logit(parcel["risk"]) + shift) > parcel["price"] / parcel["refund"] else "leave"


@upgrade_question.right("the most probable shift")
def upgrade(parcel):
    start, shift = logit(parcel["segment_forecast"]), 0.0
    for _ in range(30):
        rate = expit(start + shift)
        slope = parcel["segment_late"] - parcel["segment_rows"] * rate - shift / 0.64
        shift += slope / (parcel["segment_rows"] * rate * (1 - rate) + 1 / 0.64)
    costs = {"leave": expit(logit(parcel["risk"]) + shift) * parcel["refund"], "upgrade": parcel["price"]}
    return min(costs, key=costs.get)


# ------------------------------------------------------------------------------------------------------------ failing


HEALTHY = np.linspace(0.01, 0.06, 51)  # points above the bar
FAILING = np.linspace(-0.20, -0.05, 76)


def _chances(bar, rows, right):
    """Chances that each segment fails, and that none does, after a report."""

    def log_likelihood(distances):
        logs = right[:, None] * np.log(bar + distances) + (rows - right)[:, None] * np.log1p(-bar - distances)
        top = logs.max(axis=1, keepdims=True)
        return top[:, 0] + np.log(np.exp(logs - top).mean(axis=1))

    evidence = np.append(log_likelihood(FAILING) - log_likelihood(HEALTHY), np.log(5))
    weight = np.exp(evidence - evidence.max())
    return weight / weight.sum()


def _reports(rng, n):
    reports, costs = [], []
    for fails in rng.permutation(np.arange(n) % 2 == 0):
        bar = float(rng.choice([0.7, 0.8, 0.9]))
        rows = np.exp(rng.uniform(np.log(60), np.log(2000), 5)).astype(int)
        rates = bar + rng.uniform(0.01, 0.06, 5)
        if fails:
            rates[int(rng.integers(5))] = bar - rng.uniform(0.05, 0.20)
        right = rng.binomial(rows, rates)
        reports.append({"bar": bar, "segment": list(REGIONS), "rows": rows.tolist(), "right": right.tolist()})
        *fail, none = _chances(bar, rows, right)
        cost = {name: 15 * (1 - none - chance) + 8 * none for name, chance in zip(REGIONS, fail, strict=True)}
        cost |= {"none": 15 * (1 - none), "not enough rows": 0.8}
        costs.append({name: round(float(each), 4) for name, each in cost.items()})
    return Case({"reports": reports}, f"{n} reports", {"costs": costs})


_POSTERIOR = """def name_failing_segment(report):
    n, k, bar = np.array(report["rows"])[:, None], np.array(report["right"])[:, None], report["bar"]

    def log_likelihood(rates):
        logs = k * np.log(rates) + (n - k) * np.log(1 - rates)
        top = logs.max(axis=1, keepdims=True)
        return top[:, 0] + np.log(np.exp(logs - top).mean(axis=1))

    evidence = log_likelihood({failing}) - log_likelihood({healthy})
    {chances}
    weights = weights / weights.sum()
    cost = {{
        name: 8 * weights[5] + 15 * (1 - weights[5] - w)
        for name, w in zip(report["segment"], weights[:5], strict=True)
    }}
    cost["none"] = 15 * (1 - weights[5])
    cost["not enough rows"] = 0.8
    return min(cost, key=cost.get)
"""


def _posterior_code(**changes):
    parts = {
        "failing": "bar - np.linspace(0.05, 0.2, 16)",
        "healthy": "bar + np.linspace(0.01, 0.06, 6)",
        "chances": "weights = np.append(0.1 * np.exp(evidence.clip(-50, 50)), 0.5)",
    }
    return _POSTERIOR.format(**{**parts, **changes})


failing_question = Question(
    "03.failing",
    title="Name the failing segment",
    objective="Decide from a report by segment which one fails, that none does, or that the rows cannot say, at stated costs.",
    points=4,
    answer="name_failing_segment",
    probe="[answer(report) for report in reports]",
    judge="policy",
    # Regret of averages given the report, 5 sets of 4,000; the yardstick (1) is to pay for a study always. Expected costs 0.001, rules
    # of standard errors (2 to name, 1 to 1.3 for none) 0.025 to 0.043. Wrong: no rate below the bar 0.071 to 0.078, any rate as likely
    # as any other 0.11 to 0.12, six stories alike 0.11 to 0.13, the same certainty in both questions 0.15 to 0.18, each segment half and
    # half 0.34 and more, three standard errors 0.35, every segment proven above the bar 0.43, never a study 0.5, all others 0.6 and
    # more. When a decision cost what it did for the true rates, good rules had 0.23 to 0.42, and rules without the priors as little.
    parameters={"credit": [[0.055, 1.0], [0.1, 0.6], [0.2, 0.3]]},
    partial=True,
    judgement=True,
    visible=[_reports(np.random.default_rng(131), 400)],
    hidden=lambda rng: [_reports(rng, 4000)],
    hints=[
        "For each segment: its rate, and how sure that is. 12 of 20 and 1,200 of 2,000 are the same rate and very different evidence.",
        "How many standard errors is each segment below the bar? If the worst one is clearly below (about z = 2), name it. “Worst” means most standard errors, not the lowest rate: that is usually the smallest segment.",
        "If none is clearly below, ask the other question: could one of them still be failing, that is 5 points or more below the bar? The answer needs the *upper* doubt, too: how many standard errors is each above bar − 0.05?",
        "A wrong “none” costs 15, a study 0.8: you need not be certain, only more certain than 15 to 0.8 (about z = 1 to 1.3). And mind `right == rows`: its plain standard error is 0, which is not certainty. Try (right + 1) / (rows + 2).",
    ],
    passed="You named what the evidence can name, and paid for more rows only where they could change the decision.",
)


@failing_question.wrong(
    "always none",
    why="On average every release meets the bar.",
    message="You release every time. In half of the reports a segment fails, and each of these costs 15,000 euros. The average hides it; the report does not.",
)
def name_failing_segment(report):
    return "none"


@failing_question.wrong(
    "always the smallest segment",
    why="Small segments are where models fail, one has heard.",
    message="You always name the smallest segment. It is where one knows least, not where the model fails most. What does its interval say?",
)
def name_failing_segment(report):
    return report["segment"][int(np.argmin(report["rows"]))]


@failing_question.wrong(
    "three standard errors in both questions",
    why="Three sigma is what a careful laboratory asks for.",
    message="You name a segment, and you release, only where three standard errors say so, and pay for a study in between. Prices say how sure to be: a wrong name costs 15 and a study 0.8, so certainty of 95% is worth acting on, and more of it costs a study that changes nothing.",
)
def name_failing_segment(report):
    rows, right, bar = np.array(report["rows"]), np.array(report["right"]), report["bar"]
    rate = (right + 1) / (rows + 2)
    error = np.sqrt(rate * (1 - rate) / rows)
    below = (bar - rate) / error
    if below.max() > 3:
        return report["segment"][int(np.argmax(below))]
    return "not enough rows" if (rate - 3 * error < bar - 0.05).any() else "none"


@failing_question.wrong(
    "always the islands",
    why="It was the islands in the lesson.",
    message="You always name the islands. In the lesson it was them; here it is any of the five, or none.",
)
def name_failing_segment(report):
    return "islands"


@failing_question.wrong(
    "always not enough rows",
    why="It can never be proved wrong.",
    message="You always pay for another study. It is never badly wrong, and that is why it is the yardstick here: a rule that reads the report must be cheaper.",
)
def name_failing_segment(report):
    return "not enough rows"


@failing_question.wrong(
    "the lowest rate, if it is below the bar",
    why="The worst number in the table is the problem.",
    message="You name the segment with the lowest rate and never ask how sure that rate is. Among five segments the smallest one scatters most, so luck puts it at the bottom: you repair what is not broken.",
)
def name_failing_segment(report):
    rates = np.array(report["right"]) / np.array(report["rows"])
    return report["segment"][int(np.argmin(rates))] if rates.min() < report["bar"] else "none"


@failing_question.wrong(
    "the lowest rate among segments of at least 100 rows",
    why="A minimum size is the rule of the report.",
    message="You leave out small segments and name the lowest rate of the rest. Leaving out is not judging: a small segment may be the failing one, and then your “none” releases it. What is the third answer for?",
)
def name_failing_segment(report):
    rows = np.array(report["rows"])
    rates = np.where(rows >= 100, np.array(report["right"]) / rows, 1.0)
    return report["segment"][int(np.argmin(rates))] if rates.min() < report["bar"] else "none"


@failing_question.wrong(
    "not shown to fail, so fine",
    why="A test that does not reject is read as proof of the opposite.",
    message="You name a segment when its whole interval is below the bar: good. But where no interval is, you say “none”. With 60 rows little can be shown, neither that a segment fails nor that it does not. When is “none” earned?",
)
def name_failing_segment(report):
    rows, right, z = np.array(report["rows"]), np.array(report["right"]), 1.96
    high = (right + z**2 / 2 + z * np.sqrt(right * (rows - right) / rows + z**2 / 4)) / (rows + z**2)
    below = high - report["bar"]
    return report["segment"][int(np.argmin(below))] if below.min() < 0 else "none"


@failing_question.wrong(
    "the average decides",
    why="One number for the whole model is easier to compare with the bar.",
    message="You look at the rate over all segments together. A failing segment with 2% of the rows cannot move it. Go through the segments one by one.",
)
def name_failing_segment(report):
    average = sum(report["right"]) / sum(report["rows"])
    return "none" if average >= report["bar"] else "not enough rows"


@failing_question.wrong(
    "wants every segment proven above the bar",
    why="'Meets the bar' needs the whole interval above it.",
    message="You ask for near certainty before you say “none”, so you pay for many studies that find nothing. If you want every interval above the *bar*: healthy segments are only a few points above it, while a failing one is at least 5 points below, so bar − 0.05 is what has to be excluded. If you exclude that already: a wrong “none” costs 15 and a study 0.8, so z of 1 to 1.3 instead of 1.96 is enough on this side.",
)
def name_failing_segment(report):
    rows, right, z = np.array(report["rows"]), np.array(report["right"]), 1.96
    centre = (right + z**2 / 2) / (rows + z**2)
    reach = z / (rows + z**2) * np.sqrt(right * (rows - right) / rows + z**2 / 4)
    below = centre + reach - report["bar"]
    if below.min() < 0:
        return report["segment"][int(np.argmin(below))]
    return "none" if (centre - reach >= report["bar"]).all() else "not enough rows"


@failing_question.wrong(
    "the same certainty in both questions",
    why="95% is the usual certainty.",
    message="Do you ask for the same certainty before you name a segment and before you say “none”? Prices differ: a wrong answer costs 15, a study 0.8, and one that finds nothing is paid all the same. How sure must “none” be, if half of the reports are fine to begin with?",
)
def name_failing_segment(report):
    worst, sure = 0.0, True
    failing, z = "none", norm.ppf(0.975)
    for name, n, k in zip(report["segment"], report["rows"], report["right"], strict=True):
        # Written out: binomtest works out a p-value as well, and that is slow.
        centre = (k + z**2 / 2) / (n + z**2)
        reach = z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
        if report["bar"] - (centre + reach) > worst:
            worst, failing = report["bar"] - (centre + reach), name
        sure &= centre - reach >= report["bar"] - 0.05
    return failing if worst > 0 else ("none" if sure else "not enough rows")


@failing_question.wrong(
    "no rate below the bar, so none",
    why="A segment is judged by its interval, and health by its rate.",
    message="You say “none” as soon as every rate that was seen is at the bar or above it. With 60 rows a rate at the bar says little: the true one may be 5 points below, and is in one report of ten. How far above must a rate be that was seen in so few rows?",
)
def name_failing_segment(report):
    n, k, z, bar = np.array(report["rows"]), np.array(report["right"]), 1.96, report["bar"]
    high = (k + z**2 / 2 + z * np.sqrt(k * (n - k) / n + z**2 / 4)) / (n + z**2)
    if (high < bar).any():
        return report["segment"][int(np.argmin(high))]
    return "none" if (k >= bar * n).all() else "not enough rows"


for _name, _why, _message, _changes in (
    (
        "six stories alike",
        "Five segments or none: six possibilities.",
        "Is “no segment fails” to you about as likely as each of the five others? The text says one in two, and one in ten for each segment.",
        {"chances": "weights = np.exp(np.append(evidence, 0.0).clip(-50, 50))"},
    ),
    (
        "each segment half and half",
        "A segment fails or it does not.",
        "You judge each segment alone, as if one in two failed. In half of the reports none does, and in the others exactly one: one in ten.",
        {
            "chances": "weights = 1 / (1 + np.exp(-evidence.clip(-50, 50))); weights = np.append(weights, np.prod(1 - weights))"
        },
    ),
    (
        "any rate as likely as any other",
        "Nothing is known of a rate before the rows.",
        "You let a rate be anything, above the bar or below it. The text says how far above a healthy one is (1 to 6 points) and how far below a failing one (5 to 20): in between there is nothing, and that decides many reports.",
        {
            "healthy": "bar + (1 - bar) * np.arange(0.02, 1, 0.04)",
            "failing": "bar * np.arange(0.01, 1, 0.02)",
        },
    ),
):
    failing_question.wrong(_name, why=_why, message=_message, code=_posterior_code(**_changes))


@failing_question.wrong(
    "the most probable answer, and never a study",
    why="The evidence always favours something.",
    message="You weigh the possibilities, and then always choose between a name and “none”. Where two of them are close, the more probable one is wrong in nearly half of these reports, at 8 to 15; a study costs 0.8 and ends the doubt. Add it to the decisions that you compare.",
)
def name_failing_segment(report):
    bar, rows, right = report["bar"], np.array(report["rows"]), np.array(report["right"])

    def likelihood(rates):
        rates = np.clip(rates, 1e-4, 1 - 1e-4)[:, None]
        return np.exp(right * np.log(rates / bar) + (rows - right) * np.log((1 - rates) / (1 - bar))).mean(0)

    ratio = likelihood(bar - np.linspace(0.05, 0.20, 31)) / likelihood(bar + np.linspace(0.01, 0.06, 31))
    fails, none = ratio / 10, 0.5
    best = int(np.argmax(fails))
    cost_of_name = 15 * (fails.sum() - fails[best]) + 8 * none
    return report["segment"][best] if cost_of_name < 15 * fails.sum() else "none"


@failing_question.wrong(
    "pays for rows whenever a segment has fewer than 100",
    why="A fixed minimum for everything, as in the report.",
    message="You ask for more rows whenever some segment has fewer than 100. But 70 rows with 30 right need no further study, and 60 with 59 right neither. Let the interval say whether more rows could change the decision.",
)
def name_failing_segment(report):
    rows, right = np.array(report["rows"]), np.array(report["right"])
    if rows.min() < 100:
        return "not enough rows"
    rate = (right + 1) / (rows + 2)
    below = (report["bar"] - rate) / np.sqrt(rate * (1 - rate) / rows)
    return report["segment"][int(np.argmax(below))] if below.max() > 1.7 else "none"


@failing_question.right("Wilson intervals")
def name_failing_segment(report):
    n, k, bar = np.array(report["rows"]), np.array(report["right"]), report["bar"]

    def limits(z):
        centre = (k + z**2 / 2) / (n + z**2)
        reach = z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
        return centre - reach, centre + reach

    high = limits(1.96)[1]
    if (high < bar).any():
        return report["segment"][int(np.argmin(high - bar))]
    return "not enough rows" if (limits(1.15)[0] < bar - 0.05).any() else "none"


failing_question.right("posterior probabilities and expected cost", code=_posterior_code())


# ------------------------------------------------------------------------------------------------------------- say it

say_it_question = sentence_choice(
    "03.say_it",
    objective="Say in a review which segment fails, what cannot be judged, and what is only noise.",
    right="d",
    wrong={
        "a": Misreading(
            "the average decides",
            why="The interval of the average is the tightest of all.",
            message="The interval is tight because it is about *everybody*. 200 islanders in 10,000 rows can lose 12 points without moving the average by more than a quarter of a point. And the islands' scatter is in their own interval: it ends below the bar.",
        ),
        "b": Misreading(
            "names the lowest rate",
            why="75% is the lowest number in the report.",
            message="The lowest *rate* is not the strongest *evidence*. Eight rows allow anything from 41 to 93%: the bar is inside, and the agreed minimum is 30. Which segment has its *whole* interval below the bar?",
        ),
        "c": Misreading(
            "temperature as a cure for wrong answers",
            why="A repair that was in the lesson.",
            message="Two things: an ECE of 0.052 is what a *perfect* model shows on 500 rows, and a temperature changes no prediction, so it cannot turn one wrong answer on the islands into a right one.",
        ),
        "e": Misreading(
            "200 rows are too few",
            why="2% of the data sounds like nothing.",
            message="What counts is the number of rows, not their share of the total. 200 rows give an interval from 76 to 87%, all of it below the bar. “Ship and watch” means that the islands find out for you.",
        ),
    },
    hints=[
        "Three questions to each sentence: does it look at the segments, does it look at the intervals, and does its remedy change a prediction?",
        "For which segment is the *whole* interval below 90%? And what would a perfect model's ECE be on those 500 rows?",
    ],
    passed="One segment named with its evidence, one honestly not judged, one number recognised as noise, and a decision.",
)
