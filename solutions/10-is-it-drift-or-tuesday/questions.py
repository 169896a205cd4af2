"""Questions of exercise 10: what is asked, how it is judged, and what learners really answer."""

import numpy as np
from scipy import stats

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.topics.drift.cases import (
    WAYS_TO_BREAK,
    WAYS_TO_SHIFT,
    baseline,
    draw_parcels,
    evidence,
    parcel_pool,
)

# ---------------------------------------------------------------------------------------------------------------- psi


def _samples(rng, rows, now, bins, shift):
    """Skewed values without ties, some of the current ones beyond the range of the reference."""
    reference = np.exp(rng.normal(1.0, 0.6, rows)).round(6)
    current = np.exp(rng.normal(1.0 + shift, 0.7, now)).round(6)
    current[:3] = [reference.max() + 1, reference.max() + 5, reference.min() / 2]
    return {"reference": reference, "current": current, "bins": bins}


def _ties(rng):
    """Whole numbers in four bins whose edges are values of the reference, and all different; the last bin is empty now."""
    while True:
        reference = rng.integers(0, 24, 161).astype(float)
        edges = np.quantile(reference, [0.25, 0.5, 0.75])
        if len(set(edges)) == 3 and set(edges) <= set(reference):
            return {"reference": reference, "current": rng.integers(0, 12, 90).astype(float), "bins": 4}


def _zeros(rng):
    """Early and late minutes: so many zeros in the reference that its first edge is 0 and its first bin empty; now some are below."""
    reference = np.concatenate([np.zeros(64), rng.exponential(8, 97).round(3) + 0.001])
    current = np.concatenate([-rng.exponential(4, 9).round(3) - 0.001, np.zeros(20), rng.exponential(10, 61)])
    return {"reference": rng.permutation(reference), "current": rng.permutation(current), "bins": 4}


def _psi_cases(rng):
    return [
        Case(_samples(rng, 153, 122, 5, 0.2), "5 bins"),
        Case(_samples(rng, 204, 87, 10, -0.1), "10 bins, fewer current rows"),
        Case(_samples(rng, 104, 33, 20, 1.6), "a large shift: some bins are empty"),
        Case(_ties(rng), "whole hours, many of them equal to an edge"),
        Case(_zeros(rng), "many zeros: the first bin of the reference is empty"),
    ]


psi_question = Question(
    "10.psi",
    title="A drift score with fixed bins",
    objective="Compute PSI over bins that are fixed on the reference, with open ends and a rule for empty bins.",
    points=2,
    answer="psi",
    probe="answer(reference, current, bins)",
    visible=_psi_cases(np.random.default_rng(11)),
    # values lie on an edge in four bins only, where k/4 is exact: np.linspace has levels such as 0.6000000000000001
    hidden=_psi_cases,
    tolerance=Tolerance(
        1e-5,
        1e-6,
        "sums over at most 20 bins, in single precision as well; values on an edge are whole numbers",
    ),
    hints=[
        "Inner edges: `np.quantile(reference, np.arange(1, bins) / bins)`. There are bins − 1 of them, and both samples use the same ones.",
        "`np.searchsorted(edges, values, side='right')` is the number of each value's bin, open ends included; `np.bincount(..., minlength=bins)` counts.",
        "Replace a count of 0 by 0.5 before you divide by the rows, in each sample apart. Then one sum.",
    ],
    properties=[
        Property("np.isfinite(got)", "An empty bin must not make the score infinite or missing."),
        Property("got >= 0", "Every term of the sum is 0 or more, so the score cannot be below 0."),
    ],
    passed="Fixed bins, open ends, and no infinite score because of one lost bin.",
)
_PSI = """
def psi(reference, current, bins):
    reference, current = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    edges = {edges}
    full = np.concatenate([{low}, edges, {high}])
    r, c = np.histogram(reference, full)[0] + 0.0, np.histogram(current, full)[0] + 0.0
    {empty}
    return {total}
"""


def _psi_code(**changes):
    parts = {
        "edges": "np.quantile(reference, np.arange(1, bins) / bins)",
        "low": "[-np.inf]",
        "high": "[np.inf]",
        "empty": "r, c = np.maximum(r, 0.5) / len(reference), np.maximum(c, 0.5) / len(current)",
        "total": "np.sum((c - r) * np.log(c / r))",
    }
    return _PSI.format(**{**parts, **changes})


_PSI_BELOW = """
def psi(reference, current, bins):
    edges = np.quantile(reference, np.arange(1, bins) / bins)

    def shares(values):
        counts = np.bincount(np.searchsorted(edges, values), minlength=bins)
        return np.maximum(counts, 0.5) / len(values)

    r, c = shares(reference), shares(current)
    return np.sum((c - r) * np.log(c / r))
"""

psi_question.wrong(
    "bins from the current window",
    why="Quantiles of the data at hand.",
    message="Your edges come from the *current* window. Then each week is measured with another ruler, and weeks cannot be compared. On which sample are the bins fixed?",
    code=_psi_code(edges="np.quantile(current, np.arange(1, bins) / bins)"),
)
psi_question.wrong(
    "bins from both samples together",
    why="It seems fair to both.",
    message="Your edges are quantiles of both samples *together*. The bins then move with the drift that they should measure. Fix them on the reference.",
    code=_psi_code(edges="np.quantile(np.concatenate([reference, current]), np.arange(1, bins) / bins)"),
)
psi_question.wrong(
    "bins of equal width",
    why="It is what a histogram does.",
    message="Your bins have equal *width*, so with a skewed feature nearly all rows are in the first few. Quantiles give bins of equal *count*.",
    code=_psi_code(edges="np.linspace(reference.min(), reference.max(), bins + 1)[1:-1]"),
)
psi_question.wrong(
    "one-sided divergence",
    why="It is the Kullback-Leibler divergence that one remembers.",
    message="You sum c ln(c/r): that is the Kullback-Leibler divergence, half of the story. PSI weighs the logarithm with the *difference* c − r.",
    code=_psi_code(total="np.sum(c * np.log(c / r))"),
)
psi_question.wrong(
    "logarithm to base 10",
    why="log10 is the log of spreadsheets.",
    message="Your value is the right one divided by 2.303: you take the logarithm to base 10. All published thresholds are for the natural one.",
    code=_psi_code(total="np.sum((c - r) * np.log10(c / r))"),
)
psi_question.wrong(
    "counts instead of shares",
    why="The counts are at hand.",
    message="You compare *counts*, so a window that is only larger or smaller than the reference looks as if it had moved. Divide each by its own rows.",
    code=_psi_code(empty="r, c = np.maximum(r, 0.5), np.maximum(c, 0.5)"),
)
psi_question.wrong(
    "closed ends",
    why="np.histogram wants edges from minimum to maximum.",
    message="Your outer edges are the smallest and the largest *reference* value, so current values beyond them are in no bin: the farther a value has moved, the less you see it. Make both ends open.",
    code=_psi_code(low="[reference.min()]", high="[reference.max()]"),
)
psi_question.wrong(
    "leaves empty bins out",
    why="The logarithm of 0 is infinite, so they are masked.",
    message="With few rows you are right until a bin is empty: then you leave it out, and the more the feature has moved, the smaller your score. Count half a row instead.",
    code=_psi_code(empty="keep = (r > 0) & (c > 0); r, c = r[keep] / len(reference), c[keep] / len(current)"),
)
psi_question.wrong(
    "half a row to every bin",
    why="It is the usual smoothing of counts.",
    message="You add half a row to *every* bin. Here only an empty bin counts as half a row; the others stay as they are.",
    code=_psi_code(empty="r, c = (r + 0.5) / len(reference), (c + 0.5) / len(current)"),
)
psi_question.wrong(
    "a value on an edge belongs to the bin below",
    why="Intervals closed on the right are the default of `pd.cut` and `np.searchsorted`.",
    message="You are right until a value is equal to an edge: you put it into the bin *below*. The text puts it into the bin above; with whole hours that decides about many rows.",
    code=_PSI_BELOW,
)


@psi_question.wrong(
    "half a row in every bin",
    why="Smoothing is usually done for all bins.",
    message="You add half a row to *every* bin. Only an empty bin counts as half a row; the others stay as they are.",
)
def psi(reference, current, bins):
    edges = np.quantile(reference, np.arange(1, bins) / bins)

    def shares(values):
        counts = np.bincount(np.digitize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()

    r, c = shares(reference), shares(current)
    return float(np.sum((c - r) * np.log(c / r)))


psi_question.right("np.histogram with open ends", code=_psi_code())
psi_question.right(
    "pd.cut, closed on the left",
    code="""
def psi(reference, current, bins):
    edges = [-np.inf, *np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1]), np.inf]

    def shares(values):
        counts = pd.Series(pd.cut(values, edges, right=False)).value_counts(sort=False)
        return counts.replace(0, 0.5).to_numpy() / len(values)

    r, c = shares(reference), shares(current)
    return float(np.sum((c - r) * np.log(c / r)))
""",
)
psi_question.right(
    "single precision",
    code=_psi_code(
        total="np.float32(np.sum((c - r).astype(np.float32) * np.log((c / r).astype(np.float32))))"
    ),
)


@psi_question.right("plain loops")
def psi(reference, current, bins):
    edges = [float(np.quantile(reference, k / bins)) for k in range(1, bins)]
    total = 0.0
    for b in range(bins):
        shares = []
        for values in (reference, current):
            inside = sum(
                (b == 0 or value >= edges[b - 1]) and (b == bins - 1 or value < edges[b]) for value in values
            )
            shares.append((inside or 0.5) / len(values))
        total += (shares[1] - shares[0]) * np.log(shares[1] / shares[0])
    return total


@psi_question.right("the course's own functions")
def psi(reference, current, bins):
    from holdout.topics.drift.experiments import psi as index
    from holdout.topics.drift.experiments import psi_edges

    return index(reference, current, psi_edges(reference, bins))


# ---------------------------------------------------------------------------------------------------------- threshold


def _watch(rng):
    return {
        "reference_rows": int(rng.integers(800, 1600)),
        "current_rows": int(rng.integers(200, 500)),
        "bins": int(rng.choice([5, 8, 10])),
        "features": int(rng.integers(3, 20)),
        "looks": int(rng.integers(4, 14)),
        "rate": float(rng.choice([0.02, 0.05])),
    }


def _watches(rng):
    single = _watch(rng) | {"features": 1, "looks": 1}
    return [
        Case(inputs, "{features} features, {looks} looks".format(**inputs))
        for inputs in (_watch(rng), single, _watch(rng))
    ]


threshold = Question(
    "10.threshold",
    title="A threshold from the null",
    objective="Derive an alarm threshold from the null distribution, shared among features and looks.",
    points=2,
    answer="psi_alarm",
    probe="answer(reference_rows, current_rows, bins, features, looks, rate)",
    visible=_watches(np.random.default_rng(12)),
    hidden=_watches,
    tolerance=Tolerance(
        0.005,
        0.0,
        "Šidák's rate is at most 2.6% larger than Bonferroni's at 0.05; that moves the chi-square quantile by less than "
        "0.026 · 2 / 9.4, at most 0.5% (4 degrees of freedom, one of the smallest quantiles that occur)",
    ),
    hints=[
        "One comparison first: `stats.chi2.isf(rate, degrees)` is what chance exceeds with probability `rate`. Multiply by 1/n + 1/m.",
        "How many degrees of freedom do the shares of `bins` bins have, when they must sum to 1?",
        "All comparisons together: features × looks. Give each an equal part of the rate.",
    ],
    properties=[
        Property("got > 0", "A threshold for PSI is above 0."),
    ],
    passed="A threshold that belongs to these rows, these bins and this many looks. No folklore in it.",
)
_THRESHOLD = """
def psi_alarm(reference_rows, current_rows, bins, features, looks, rate):
    return ({noise}) * stats.chi2.isf({rate}, {degrees})
"""


def _threshold_code(**changes):
    parts = {
        "noise": "1 / reference_rows + 1 / current_rows",
        "rate": "rate / (features * looks)",
        "degrees": "bins - 1",
    }
    return _THRESHOLD.format(**{**parts, **changes})


threshold.wrong(
    "folklore",
    why="0.1 stands in every tutorial.",
    message="You return 0.1 whatever the numbers. It would be right for *some* number of rows and bins. Which inputs should move a threshold?",
    code="def psi_alarm(reference_rows, current_rows, bins, features, looks, rate):\n    return 0.1",
)
threshold.wrong(
    "ignores features and looks",
    why="The formula for one test is the one in the paper.",
    message="Right for one feature and one look. With many, each comparison gets its own chance of a false alarm, and together they far exceed `rate`.",
    code=_threshold_code(rate="rate"),
)
threshold.wrong(
    "ignores the looks",
    why="Multiplicity is usually about features.",
    message="You share the rate among the features, but look many times. Every look is another chance of luck.",
    code=_threshold_code(rate="rate / features"),
)
threshold.wrong(
    "ignores the features",
    why="One look, one test.",
    message="You share the rate among the looks, but each look tests many features.",
    code=_threshold_code(rate="rate / looks"),
)
threshold.wrong(
    "as many degrees of freedom as bins",
    why="One term of the sum a bin.",
    message="You use `bins` degrees of freedom. The shares sum to 1, so the last one is no longer free.",
    code=_threshold_code(degrees="bins"),
)
threshold.wrong(
    "noise of the current window only",
    why="The reference seems to be known exactly.",
    message="You count the noise of the current window only. The reference is a sample, too: its 1/n belongs in the factor.",
    code=_threshold_code(noise="1 / current_rows"),
)
threshold.wrong(
    "rows added up",
    why="1/n + 1/m looks like 1/(n + m).",
    message="Your factor is 1/(n + m). Noises add up, rows do not: 1/n + 1/m.",
    code=_threshold_code(noise="1 / (reference_rows + current_rows)"),
)
threshold.wrong(
    "two-sided",
    why="Tests are often two-sided.",
    message="You halve the rate, as for a two-sided test. PSI alarms on one side only: too large.",
    code=_threshold_code(rate="rate / (features * looks) / 2"),
)
threshold.wrong(
    "the lower tail",
    why="ppf instead of isf.",
    message="{got:.4f} is what nearly *every* quiet window exceeds: you took the lower tail. `isf(p)` is exceeded with probability p, `ppf(p)` is not.",
    code=_threshold_code().replace("isf", "ppf"),
)
threshold.right("Šidák", code=_threshold_code(rate="1 - (1 - rate) ** (1 / (features * looks))"))
threshold.right("quantile from below", code=_threshold_code(rate="1 - (1 - rate / features / looks)"))


@threshold.right("the course's own function")
def psi_alarm(reference_rows, current_rows, bins, features, looks, rate):
    from holdout.topics.drift.experiments import psi_threshold

    return psi_threshold(reference_rows, current_rows, bins, rate, tests=features * looks)


# ------------------------------------------------------------------------------------------------------------- ledger


def _quarter(rng, kind):
    change = int(rng.integers(30, 60))
    early = rng.choice(np.arange(2, change), 3, replace=False).tolist()
    early.append(early[0])  # two alarms on one day
    late = rng.choice(np.arange(change + 2, 88), 2, replace=False).tolist()
    alarms = {
        "usual": early + late,
        "never found": early,
        "on the day": [*early, change, *late],
        "no alarm": [],
    }[kind]
    order = [int(day) for day in rng.permutation(alarms)]
    if kind == "usual":  # the first true alarm in the list is never the first in time
        order = [max(late), *(day for day in order if day != max(late))]
    return {
        "alarms": order,
        "change": change,
        "end": 91,
        "price_of_alarm": int(rng.integers(3, 12)) * 100,
        "price_of_day": int(rng.integers(3, 12)) * 50,
    }


def _quarters(rng):
    return [Case(_quarter(rng, kind), kind) for kind in ("usual", "never found", "on the day", "no alarm")]


ledger_question = Question(
    "10.ledger",
    title="The ledger of a quarter",
    objective="Count false alarms and delay of a monitor, and turn both into one cost.",
    points=1,
    answer="ledger",
    probe="answer(alarms, change, end, price_of_alarm, price_of_day)",
    visible=_quarters(np.random.default_rng(13)),
    hidden=_quarters,
    tolerance=Tolerance(),
    hints=[
        "Split the alarms in two lists: days before `change`, and days from `change` on.",
        "The first list only counts. Of the second only the smallest day matters; it may be empty.",
        "`min(later, default=end) - change` is the delay in both cases.",
    ],
    properties=[
        Property("got['delay'] >= 0", "A delay cannot be below 0: alarms before the change find nothing."),
        Property(
            "got['delay'] <= end - change", "The change is found at the end of the quarter at the latest."
        ),
        Property("got['false_alarms'] <= len(alarms)", "There cannot be more false alarms than alarms."),
        Property(
            "abs(got['false_alarms'] * price_of_alarm + got['delay'] * price_of_day - got['cost']) < 1e-6",
            "The cost does not follow from your own two numbers and the two prices.",
        ),
    ],
    passed="Two numbers that belong together, and one cost.",
)
_LEDGER = """
def ledger(alarms, change, end, price_of_alarm, price_of_day):
    early = {early}
    later = {later}
    delay = {delay}
    return {{"false_alarms": {count}, "delay": delay, "cost": {cost}}}
"""


def _ledger_code(**changes):
    parts = {
        "early": "[day for day in alarms if day < change]",
        "later": "[day for day in alarms if day >= change]",
        "delay": "(min(later) if later else end) - change",
        "count": "len(early)",
        "cost": "len(early) * price_of_alarm + delay * price_of_day",
    }
    return _LEDGER.format(**{**parts, **changes})


ledger_question.wrong(
    "silence costs nothing",
    why="No alarm, no delay.",
    message="Where no alarm found the change your delay is 0: a monitor that never alarms would be perfect. How long did the change go unnoticed?",
    code=_ledger_code(delay="min(later) - change if later else 0"),
)
ledger_question.wrong(
    "first alarm in the list",
    why="Lists of alarms are usually sorted.",
    message="You take the first true alarm *of the list*; the list is in no order. Which one came first in time?",
    code=_ledger_code(delay="(later[0] if later else end) - change"),
)
ledger_question.wrong(
    "every alarm but the first is false",
    why="One change, one true alarm.",
    message="You count the later alarms after the change as false. The change is real on all these days; they cost nothing.",
    code=_ledger_code(
        count="len(alarms) - bool(later)",
        cost="(len(alarms) - bool(later)) * price_of_alarm + delay * price_of_day",
    ),
)
ledger_question.wrong(
    "an alarm on the day is false",
    why="'After' the change is read as strictly after.",
    message="An alarm on the very day of the change is not false; it is the best there is, with a delay of 0.",
    code=_ledger_code(
        early="[day for day in alarms if day <= change]", later="[day for day in alarms if day > change]"
    ),
)
ledger_question.wrong(
    "distance to the nearest alarm",
    why="abs(day - change) has no special cases.",
    message="Your delay is the distance to the nearest alarm, before or after. A false alarm shortly before the change finds nothing.",
    code=_ledger_code(delay="min([abs(day - change) for day in alarms], default=end - change)"),
)
ledger_question.wrong(
    "each day once",
    why="A set of days removes what looks like a repetition.",
    message="You count days with an alarm. Two alarms on the same day are two: each costs its price.",
    code=_ledger_code(
        early="{day for day in alarms if day < change}",
    ),
)
ledger_question.wrong(
    "prices swapped",
    why="Two prices next to each other.",
    message="False alarms and delay are right. In the cost the two prices are swapped.",
    code=_ledger_code(cost="len(early) * price_of_day + delay * price_of_alarm"),
)
ledger_question.right("loops and min", code=_ledger_code())


@ledger_question.right("NumPy")
def ledger(alarms, change, end, price_of_alarm, price_of_day):
    days = np.sort(np.array(alarms, dtype=int))
    position = np.searchsorted(days, change)
    delay = np.append(days, end)[position] - change
    return {
        "false_alarms": position,
        "delay": delay,
        "cost": position * price_of_alarm + delay * price_of_day,
    }


@ledger_question.right("the course's own functions")
def ledger(alarms, change, end, price_of_alarm, price_of_day):
    from holdout.topics.drift.experiments import alarm_cost, delay_and_false_alarms

    false_alarms, delay = delay_and_false_alarms(alarms, change)
    delay = end - change if delay is None else delay
    cost = alarm_cost(false_alarms, delay, price_of_alarm=price_of_alarm, price_of_day=price_of_day)
    return {"false_alarms": false_alarms, "delay": delay, "cost": cost}


# -------------------------------------------------------------------------------------------------------- label shift


def _shifted(rng, rows, factor):
    """Held-out rows and a window in which late rows are `factor` times as frequent; both weights positive."""
    while True:
        p = rng.beta(0.8, 2.2, rows).round(3)
        cut = float(rng.choice([0.3, 0.35, 0.4]))
        p[:2] = cut
        labels = (rng.random(rows) < p).astype(int)
        fresh = rng.beta(0.8, 2.2, 4 * rows).round(3)
        truth = rng.random(len(fresh)) < fresh
        weight = np.where(truth, factor, 1.0)
        new = fresh[rng.choice(len(fresh), rows - 20, p=weight / weight.sum())]
        new[:2] = cut
        called = (p >= cut).astype(int)
        joint = np.array([[np.mean((called == i) & (labels == j)) for j in (0, 1)] for i in (0, 1)])
        mu = [np.mean(new < cut), np.mean(new >= cut)]
        w, turned = np.linalg.solve(joint, mu), np.linalg.solve(joint.T, mu)
        # where somebody has turned the matrix, no forecast divides by zero: the rest would be rounding, another on each processor
        divisor = np.abs(turned[1] * new + turned[0] * (1 - new)).min()
        if w.min() > 0.15 and abs(w[1] - 1) > 0.2 and divisor > 1e-6:
            return {"labels": labels, "forecasts": p, "new_forecasts": new, "cut": cut}


def _shifts(rng):
    return [
        Case(_shifted(rng, 240, factor), title)
        for factor, title in ((2.5, "more late ones"), (0.4, "fewer late ones"))
    ]


label_shift = Question(
    "10.label_shift",
    title="Label shift, repaired",
    objective="Estimate a new class share from predictions alone, and correct forecasts for it.",
    points=3,
    answer="repair",
    probe="answer(labels, forecasts, new_forecasts, cut)",
    visible=_shifts(np.random.default_rng(14)),
    hidden=_shifts,
    tolerance=Tolerance(
        1e-4, 1e-6, "a 2 by 2 system with a condition number below 100, in single precision as well"
    ),
    hints=[
        "Call first: `called = forecasts >= cut`. C has four entries, each a mean over *all* reference rows, such as `np.mean(called & (labels == 1))`. Their sum is 1.",
        "Rows of C are what was called, columns what is true; mu has the order of the rows. `np.linalg.solve(C, mu)`.",
        "w is a *factor*, not a share: multiply by the old share. In Bayes' rule both classes get their own factor.",
    ],
    properties=[
        Property("0 <= got['share'] <= 1", "The share must lie between 0 and 1."),
        Property(
            "np.min(got['forecasts']) >= 0 and np.max(got['forecasts']) <= 1",
            "Corrected forecasts are chances: between 0 and 1.",
        ),
        Property(
            "np.all(np.diff(np.asarray(got['forecasts'])[np.argsort(new_forecasts, kind='stable')]) >= -1e-9)",
            "The correction must keep the order of the forecasts.",
        ),
        Property(
            "np.all((np.asarray(got['forecasts']) - new_forecasts) * (got['share'] - np.mean(labels)) >= -1e-9)",
            "Where late parcels have become more frequent, every forecast rises; where less frequent, every one falls. Yours do not agree with your share.",
        ),
    ],
    passed="A new share and repaired forecasts, without one new label. As long as late parcels still look late.",
)
_SHIFT = """
def repair(labels, forecasts, new_forecasts, cut):
    labels, p = np.asarray(labels), np.asarray(new_forecasts)
    called = (np.asarray(forecasts) {at_least} cut).astype(int)
    C = np.zeros((2, 2))
    for i, j in zip(called, labels):
        C[i, j] += 1 / len(labels)
    mu = np.array([1 - np.mean(p {at_least} cut), np.mean(p {at_least} cut)])
    {change}
    w = np.linalg.solve(C, mu)
    share = {share}
    return {{"share": share, "forecasts": {corrected}}}
"""


def _shift_code(**changes):
    parts = {
        "at_least": ">=",
        "change": "",
        "share": "w[1] * labels.mean()",
        "corrected": "w[1] * p / (w[1] * p + w[0] * (1 - p))",
    }
    return _SHIFT.format(**{**parts, **changes})


label_shift.wrong(
    "counts the calls",
    why="The share called late looks like the share that is late.",
    message="Your share, {got[share]:.3f}, is the share *called* late. Some calls are wrong and some late ones are missed; C says how many.",
    code=_shift_code(share="np.mean(p >= cut)"),
)
label_shift.wrong(
    "mean of the forecasts",
    why="The mean of calibrated forecasts is the share.",
    message="Your share, {got[share]:.3f}, is the mean forecast. The forecasts are calibrated for the *old* share; that is what is broken.",
    code=_shift_code(share="p.mean()"),
)
label_shift.wrong(
    "transposed",
    why="Confusion matrices are printed with the truth in rows.",
    message="Your matrix has the truth in its rows (scikit-learn's order). mu counts *calls*, so calls belong in the rows.",
    code=_shift_code(change="C = C.T"),
)
label_shift.wrong(
    "normalised by row",
    why="Confusion matrices are often shown as rates.",
    message="You divide each row of C by its sum. The entries are shares of *all* reference rows, so that all four sum to 1.",
    code=_shift_code(change="C = C / C.sum(axis=1, keepdims=True)"),
)
label_shift.wrong(
    "the factor as the share",
    why="w is what the equation is solved for.",
    message="Your share, {got[share]:.3f}, is w itself: how many *times* as frequent. Times which old share?",
    code=_shift_code(share="w[1]"),
)
label_shift.wrong(
    "forecasts times the factor",
    why="Twice as frequent, twice as likely.",
    message="The share is right. The forecasts are only multiplied by w₁: some may pass 1, and the on-time class has changed as well. Where does w₀ come in?",
    code=_shift_code(corrected="w[1] * p"),
)
label_shift.wrong(
    "weights the wrong way round",
    why="Which weight belongs to which class.",
    message="The share is right. In Bayes' rule the two weights are swapped: the forecasts move the wrong way.",
    code=_shift_code(corrected="w[0] * p / (w[0] * p + w[1] * (1 - p))"),
)
label_shift.wrong(
    "strictly above the cut",
    why="'Above' and 'at least' are one character apart.",
    message="A forecast of exactly `cut` counts as called late. You leave it out.",
    code=_shift_code(at_least=">"),
)


@label_shift.wrong(
    "called is counted as late",
    why="The calls are the only labels at hand.",
    message="Your share is that of the parcels *called* late. The calls are wrong in both directions, and how often the labelled rows say: solve for the share behind them.",
)
def repair(labels, forecasts, new_forecasts, cut):
    new = np.asarray(new_forecasts, float)
    old_share, share = np.mean(labels), np.mean(new >= cut)
    w1, w0 = share / old_share, (1 - share) / (1 - old_share)
    return {"share": float(share), "forecasts": w1 * new / (w1 * new + w0 * (1 - new))}


@label_shift.wrong(
    "only the late ones reweighted",
    why="Late parcels are what is asked about.",
    message="Your share is right. In the forecasts you weigh the late side only; the other side has its weight, too, and the two must add up.",
)
def repair(labels, forecasts, new_forecasts, cut):
    labels = np.asarray(labels)
    called = np.asarray(forecasts) >= cut
    new = np.asarray(new_forecasts, float)
    C = np.array([[np.mean((called == i) & (labels == j)) for j in (0, 1)] for i in (0, 1)])
    late = np.mean(new >= cut)
    w = np.linalg.solve(C, np.array([1 - late, late]))
    return {
        "share": float(w[1] * labels.mean()),
        "forecasts": w[1] * new / (w[1] * new + (1 - new)),
    }


label_shift.right("counts in a loop", code=_shift_code())
label_shift.right(
    "rates instead of shares, solved for the new share",
    code="""
def repair(labels, forecasts, new_forecasts, cut):
    labels, p = np.asarray(labels), np.asarray(new_forecasts)
    called = np.asarray(forecasts) >= cut
    recall, false = called[labels == 1].mean(), called[labels == 0].mean()
    share, old = ((p >= cut).mean() - false) / (recall - false), labels.mean()
    up, down = share / old, (1 - share) / (1 - old)
    return {"share": share, "forecasts": up * p / (up * p + down * (1 - p))}
""",
)


@label_shift.right("the course's own functions")
def repair(labels, forecasts, new_forecasts, cut):
    from holdout.topics.drift.experiments import correct_forecast, label_shift_weights

    called, now = ((np.asarray(p) >= cut).astype(int) for p in (forecasts, new_forecasts))
    w = label_shift_weights(labels, called, now)
    return {"share": w[1] * np.mean(labels), "forecasts": correct_forecast(new_forecasts, w)}


# ------------------------------------------------------------------------------------------------------------- choose

_OPTIONS = ("0.005", "0.007", "0.01", "0.014", "0.02", "0.03", "0.04", "0.055", "0.075", "0.1", "0.14", "0.2")


def _plan_costs(plans):
    """Cost of each threshold for each plan, an array of shape (plans, thresholds)."""

    def column(name):
        return np.array([plan[name] for plan in plans], dtype=float)[:, None]

    options = np.array(_OPTIONS, dtype=float)
    noise, degrees = 1 / column("reference_rows") + 1 / column("rows"), column("bins") - 1
    quiet = stats.chi2.sf(options / noise, degrees)
    moved = stats.ncx2.sf(options / noise, degrees, column("psi_if_it_moves") / noise)
    chance = 1 - (1 - quiet) ** (column("features") - 1) * (1 - moved)
    delay = np.minimum(91.0, column("window_days") * (0.5 + 1 / np.maximum(chance, 1e-9)))
    alarms = 91 / column("window_days") * (1 - (1 - quiet) ** column("features"))
    return alarms * column("price_of_alarm") + delay * column("price_of_day")


def _plans(rng, n):
    """Plans whose shift is 1 to 20 times the noise, and whose prices differ by a factor of up to 250 either way.

    Small shifts make the noise of the quiet features and the limit of 91 days count, long windows the half window.
    """
    plans = []
    for _ in range(n):
        reference_rows, rows = (int(np.exp(rng.uniform(np.log(150), np.log(3000)))) for _ in range(2))
        noise = 1 / reference_rows + 1 / rows
        plans.append(
            {
                "reference_rows": reference_rows,
                "rows": rows,
                "window_days": int(rng.choice([2, 14, 45, 60])),
                "bins": int(rng.choice([3, 3, 4, 12])),
                "features": int(np.exp(rng.uniform(0, np.log(100)))),
                "psi_if_it_moves": round(float(noise * np.exp(rng.uniform(np.log(1), np.log(20)))), 4),
                "price_of_alarm": int(np.exp(rng.uniform(np.log(20), np.log(5000)))),
                "price_of_day": int(np.exp(rng.uniform(np.log(20), np.log(5000)))),
            }
        )
    costs = [dict(zip(_OPTIONS, row.tolist(), strict=True)) for row in _plan_costs(plans)]
    return Case({"plans": plans}, f"{n} plans", {"costs": costs})


choose = Question(
    "10.choose",
    title="Choose the threshold, in money",
    objective="Trade false alarms against delay in money, with the null and the power of the alarm.",
    points=3,
    answer="choose_threshold",
    probe="[answer(plan) for plan in plans]",
    judge="policy",
    # Measured over 16 seeds of 600 plans: costs worked out 0, simulated with 5,000 draws 0.000 to 0.004 (of 600 over 0.008 on one of
    # 100 seeds; of 1,000 plans at most 0.006 on 100, and half a window left out 0.010 and more), PSI after the change as a normal
    # variable up to 0.006; no half window 0.016 to 0.026, `bins` degrees of freedom 0.015 to 0.050, alarms of features instead of
    # windows 0.022 to 0.060, no limit of 91 days 0.029 to 0.039, only the moved feature 0.052 to 0.106; one value for all plans instead
    # of `features` 0.033 to 0.080, of one price 0.093 and more, of `window_days` 0.23 and more, of any other input 0.18 and more; a
    # central chi- square variable, shifted, 0.14 to 0.29; always the same threshold 1 and more.
    parameters={"credit": [[0.008, 1.0], [0.02, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_plans(np.random.default_rng(20), 300)],
    hidden=lambda rng: [_plans(rng, 1000)],
    hints=[
        "Work out the cost of all twelve thresholds and take the cheapest. Nothing cleverer is needed.",
        "False alarms: `stats.chi2.sf(threshold / s, bins - 1)` is the chance for one quiet feature; 1 − (1 − that)^features for a window; times 91 / window_days windows.",
        "Delay: the same with `stats.ncx2.sf(threshold / s, bins - 1, psi_if_it_moves / s)` for the one feature that moves, and features − 1 quiet ones. Cut at 91 days; the chance may be nearly 0.",
    ],
    passed="False alarms and delay, weighed in the same unit. That is all that “sensitive” can mean.",
)
# chdtrc, chndtr and chdtri are chi2.sf, ncx2.cdf and chi2.isf without their checks of arguments: one answer decides 600 plans a seed
_CHOOSE = """
from scipy import special


def choose_threshold(plan):
    options = ("0.005", "0.007", "0.01", "0.014", "0.02", "0.03", "0.04", "0.055", "0.075", "0.1", "0.14", "0.2")
    t = np.array([float(option) for option in options])
    s, df, features = {s}, {df}, {features}
    price_of_alarm, price_of_day = {prices}
    psi, window_days = {psi}, {window_days}
    quiet = special.chdtrc(df, t / s)
    moved = {moved}
    chance = np.maximum({chance}, 1e-9)
    delay = {delay}
    alarms = {alarms}
    return options[np.argmin(alarms * price_of_alarm + delay * price_of_day)]
"""


def _choose_code(**changes):
    parts = {
        "s": 'float(1 / plan["reference_rows"] + 1 / plan["rows"])',
        "df": 'plan["bins"] - 1',
        "features": 'plan["features"]',
        "prices": 'plan["price_of_alarm"], plan["price_of_day"]',
        "psi": 'plan["psi_if_it_moves"]',
        "window_days": 'plan["window_days"]',
        "moved": "1 - special.chndtr(t / s, df, psi / s)",
        "chance": "1 - (1 - quiet) ** (features - 1) * (1 - moved)",
        "delay": "np.minimum(window_days * (0.5 + 1 / chance), 91)",
        "alarms": "91 / window_days * (1 - (1 - quiet) ** features)",
    }
    return _CHOOSE.format(**{**parts, **changes})


for _threshold, _why, _message in (
    (
        "0.1",
        "The rule of thumb.",
        "You always take 0.1. It is right for some plans and expensive for others: small windows need more, large ones less.",
    ),
    (
        "0.2",
        "0.25 is the other rule of thumb, and 0.2 the nearest.",
        "You always take 0.2: fewer false alarms than with any other choice, and fewer true ones. In a plan with many rows a real change may never reach it, and 91 days of silence have their price.",
    ),
    (
        "0.03",
        "The best single answer.",
        "You always take 0.03. In small windows chance exceeds it nearly every time, in large ones a real change may stay below it: read the rows of each plan.",
    ),
    (
        "0.005",
        "Better safe than sorry.",
        "You always take 0.005. In small windows chance exceeds it every time: each window becomes a false alarm that somebody pays for.",
    ),
):
    choose.wrong(
        f"always {_threshold}",
        why=_why,
        message=_message,
        code=f'def choose_threshold(plan):\n    return "{_threshold}"',
    )
choose.wrong(
    "false alarms only",
    why="The null is the lesson's first formula.",
    message="You take the first threshold with rare false alarms and look at neither price. Where a false alarm is cheap and a day is dear, a more sensitive monitor is the better one.",
    code="""
from scipy import special


def choose_threshold(plan):
    options = ("0.005", "0.007", "0.01", "0.014", "0.02", "0.03", "0.04", "0.055", "0.075", "0.1", "0.14", "0.2")
    noise = 1 / plan["reference_rows"] + 1 / plan["rows"]
    limit = noise * special.chdtri(plan["bins"] - 1, 0.05 / plan["features"])
    return next((option for option in options if float(option) >= limit), "0.2")
""",
)
choose.wrong(
    "half the shift",
    why="Halfway between nothing and the change looks fair.",
    message="You take the threshold nearest to half of `psi_if_it_moves`. That forgets the noise: without drift PSI is not around 0 but around s · (bins − 1).",
    code="""
def choose_threshold(plan):
    options = ("0.005", "0.007", "0.01", "0.014", "0.02", "0.03", "0.04", "0.055", "0.075", "0.1", "0.14", "0.2")
    return min(options, key=lambda option: abs(float(option) - plan["psi_if_it_moves"] / 2))
""",
)
for _name, _why, _message, _changes in (
    (
        "as many degrees of freedom as bins",
        "One term of the sum per bin.",
        "Your costs are close, with `bins` degrees of freedom instead of `bins` − 1: the shares of the bins sum to 1.",
        {"df": 'plan["bins"]'},
    ),
    (
        "only the moved feature finds the change",
        "The other features are quiet.",
        "After the change you count alarms of the moved feature only. Quiet features alarm by chance then, too, and somebody looks: the text counts an alarm by *any* feature.",
        {"chance": "moved"},
    ),
    (
        "alarms of features instead of windows",
        "Expected numbers add up.",
        "You add up the false alarms of all features. A window with three of them is one window with an alarm, and is paid once: 1 − (1 − chance)^features.",
        {"alarms": "91 / window_days * features * quiet"},
    ),
    (
        "no limit of 91 days",
        "The formula for the days has no end.",
        "You let the days until noticed grow beyond the quarter. At most 91 are paid, so a monitor that finds nothing can be the cheapest one.",
        {"delay": "window_days * (0.5 + 1 / chance)"},
    ),
    (
        "half a window left out",
        "The waiting time is one over the chance.",
        "Your days until noticed lack the half window before the first look after the change. With windows of 60 days that is a month: an alarm gains less on 91 days than you think.",
        {"delay": "np.minimum(window_days / chance, 91)"},
    ),
    (
        "a central chi-square variable, shifted by the PSI",
        "The shift is added to the noise.",
        "You add `psi_if_it_moves` to the PSI without drift. With drift PSI also *scatters* more: use the non-central variable `stats.ncx2`.",
        {"moved": "special.chdtrc(df, np.maximum((t - psi) / s, 0))"},
    ),
    (
        "no price of an alarm: both prices equal",
        "Cheapest means fewest.",
        "You use one price for a false alarm and a day. They differ by a factor of up to 250 here, in either direction: multiply each by its own.",
        {"prices": "300, 300"},
    ),
    (
        "no price of a day",
        "The alarm has the price that is on the bill.",
        "You do not use `price_of_day`. A day until somebody notices is cheap in some plans and dear in others.",
        {"prices": 'plan["price_of_alarm"], 300'},
    ),
    (
        "no price of a false alarm",
        "The delay is what hurts.",
        "You do not use `price_of_alarm`. A false alarm is cheap in some plans and dear in others.",
        {"prices": '300, plan["price_of_day"]'},
    ),
    (
        "no features: one feature per window",
        "The formula for one feature is the one in the lesson.",
        "You work out the cost for a single feature. With many features some quiet one alarms much more often.",
        {"features": "1"},
    ),
    (
        "no reference rows: the window's noise only",
        "The reference seems to be known exactly.",
        "You count the noise of the window only. Where the reference has few rows, its 1/n is the larger part of s.",
        {"s": 'float(1 / plan["rows"])'},
    ),
    (
        "no window days: one window per day",
        "A window is a look, and looks are daily.",
        "You do not use `window_days`. Longer windows mean fewer false alarms in a quarter, and more days until the next look.",
        {"window_days": "1"},
    ),
    (
        "no size of the shift",
        "Nobody knows the change in advance.",
        "You do not use `psi_if_it_moves`. Whether a threshold misses a change depends on how large the change is.",
        {"psi": "0.05"},
    ),
):
    choose.wrong(_name, why=_why, message=_message, code=_choose_code(**_changes))


@choose.right("simulated PSI")
def choose_threshold(plan):
    rng = np.random.default_rng(0)
    noise, k = 1 / plan["reference_rows"] + 1 / plan["rows"], plan["features"]
    quiet = np.sort(noise * rng.chisquare(plan["bins"] - 1, 5_000))
    moved = np.sort(
        noise * rng.noncentral_chisquare(plan["bins"] - 1, plan["psi_if_it_moves"] / noise, 5_000)
    )
    costs = {}
    for option in "0.005 0.007 0.01 0.014 0.02 0.03 0.04 0.055 0.075 0.1 0.14 0.2".split():
        below, also = (np.searchsorted(values, float(option)) / 5_000 for values in (quiet, moved))
        chance = max(1 - below ** (k - 1) * also, 1e-9)
        delay = min(91, plan["window_days"] * (0.5 + 1 / chance))
        costs[option] = (
            91 / plan["window_days"] * (1 - below**k) * plan["price_of_alarm"] + delay * plan["price_of_day"]
        )
    return min(costs, key=costs.get)


choose.right("tables of all thresholds at once", code=_choose_code())


# -------------------------------------------------------------------------------------------------------------- cause


def _streams(rng, n):
    """Streams whose changes are plain in units of chance, and small or large in every other unit.

    Each change moves what shows it by about five standard errors or more. Everything that says how large a standard error is differs
    from stream to stream: rows of window and reference, bins, usual bad rows, labels. So a rule that leaves one of them out, or has a fixed
    number in its place, misses changes in one kind of stream or sees them where there are none.
    """
    pool = parcel_pool()
    causes = np.resize(["nothing"] * 4 + ["covariate"] * 2 + ["broken data", "label", "concept"], n)
    streams, costs = [], []
    for cause in map(str, rng.permutation(causes)):
        usual = _log_uniform(rng, 0.004, 0.12)
        before = draw_parcels(
            pool, "nothing", 0.0, int(_log_uniform(rng, 2_500, 5_000)), rng, usual_grams=usual
        )
        bins = int(rng.choice([5, 50]))
        reference = baseline(before, bins=bins)
        large = rng.random() < 0.6
        rows = int(_log_uniform(rng, *((10_000, 16_000) if large else (1_000, 1_400))))
        labelled = int(rows * rng.uniform(*((0.75, 0.95) if large else (0.18, 0.25))))
        noise = 1 / reference.rows + 1 / rows
        # PSI is noise times chi-square; with more bins its chance varies more, and a change must be larger to be as plain
        moved = noise * rng.uniform(*((60, 120) if bins == 5 else (100, 200)))
        size, way = 0.0, None
        if cause == "broken data":
            way = str(rng.choice(WAYS_TO_BREAK))
            # the difference of two shares that is `chance` standard errors, whose variance grows with the difference
            chance, weight = rng.uniform(5, 7), rows / (rows + reference.rows)
            linear = chance**2 * noise * weight
            more = (linear + (linear**2 + 4 * chance**2 * noise * usual) ** 0.5) / 2
            size = min(1.0, more / (0.079 if way == "clock" else 1.0))  # of a slipped clock 8% show
        elif cause == "covariate":
            # the new depot moves distance and weight, the new customer weight alone
            way = str(rng.choice(WAYS_TO_SHIFT))
            size = min(1.0, (moved / {"depot": 1.6, "weight": 3.0}[way]) ** 0.5)
        elif cause == "label":
            size = min(1.7, (moved / 0.16) ** 0.5)
        elif cause == "concept":
            size = min(2.5, rng.uniform(5.5, 8) / (0.215 * labelled**0.5))
        window = draw_parcels(pool, cause, float(size), rows, rng, usual_grams=usual, way=way)
        streams.append(evidence(reference, window, labelled=labelled))
        cost = dict.fromkeys(
            ("broken data", "covariate", "label", "concept"), 3.0 if cause == "nothing" else 4.0
        )
        costs.append(cost | {"nothing": 8.0} | {cause: 0.0})
    return Case({"streams": streams}, f"{n} streams", {"costs": costs})


def _log_uniform(rng, low, high):
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


cause_question = Question(
    "10.cause",
    title="Which of the four, or none?",
    objective="Tell covariate, label and concept drift, broken data and chance apart, at stated costs.",
    points=4,
    answer="classify_cause",
    probe="[answer(stream) for stream in streams]",
    judge="policy",
    # Measured on 12 sets of 540 streams (hidden sets have 720, so that none is lucky): right rules 0 to 0.037; ten per cent more late than forecast 0.060 to 0.151, a surplus of
    # twenty 0.08 to 0.11, late shares 0.085 to 0.112, twice the usual share of bad rows 0.111 to 0.176, 5% for each measurement 0.12 to
    # 0.16, never label, never concept and features first 0.167 to 0.184, noise of the reference only 0.206 to 0.229; one feature alone
    # and all others above 0.28.
    parameters={"credit": [[0.045, 1.0], [0.06, 0.6]]},
    partial=True,
    judgement=True,
    visible=[_streams(np.random.default_rng(18), 540)],
    hidden=lambda rng: [_streams(rng, 720)],
    hints=[
        "Three measurements, each divided by what chance does: bad rows, PSI beyond its null (question <10.threshold>), `(late - expected) / spread`.",
        "Bad rows are two shares, one of the reference and one of the window, and both have noise: √(p(1 − p)(1/n + 1/m)), with p of both together. The reference is a small sample beside a large window.",
        "More late than forecast: label or concept. Under label drift more parcels *look* late, so the PSI of the forecast moves as well; under concept drift nothing moves. Under label drift distances move a little, too: ask the outcomes before you call it covariate.",
        "No change is small: five standard errors or more. So ask each measurement for three, or share 5% among the eight; 5% for each raises too many false alarms, and each costs 3.",
    ],
    passed="You measured each thing in units of its own chance, and named the cause where there was one.",
)
_CAUSE = """
def classify_cause(stream):
    n, m = stream["reference_rows"], stream["rows"]
    noise = {noise}
    p = dict(zip(stream["psi"], stats.chi2.sf(np.array(list(stream["psi"].values())) / noise, {degrees})))
    both = (stream["bad"] + stream["bad_reference"] + 1) / (m + n)
    more_bad = (stream["bad"] / m - stream["bad_reference"] / n) / (both * (1 - both) * (1 / n + 1 / m)) ** 0.5
    z = {surprise}
    broken = {broken}
    moved = {moved}
    {rules}
    return "nothing"
"""
_RULES = """if broken:
        return "broken data"
    if z > {z}:
        return "label" if p["forecast"] < {forecast} else "concept"
    if moved:
        return "covariate\""""


def _cause_code(z=3.0, forecast=0.001, **changes):
    parts = {
        "noise": '1 / (n - stream["bad_reference"]) + 1 / (m - stream["bad"])',
        "degrees": 'stream["bins"] - 1',
        "surprise": '(stream["late"] - stream["expected"]) / stream["spread"]',
        "broken": "more_bad > 3",
        "moved": 'min(p["distance_km"], p["weight_kg"]) < 0.001',
        "rules": _RULES.format(z=z, forecast=forecast),
    }
    return _CAUSE.format(**{**parts, **changes})


for _name in ("nothing", "concept", "broken data"):
    cause_question.wrong(
        f"always {_name}",
        why="One answer for everything.",
        message={
            "nothing": "You never see a change. In five of nine streams something has changed, at 8,000 euros each.",
            "concept": "You always say “concept”. It asks for new labels and a new model each time, also for a broken scale.",
            "broken data": "You always say “broken data”. Bad rows can be counted: compare `bad` with what the reference makes you expect.",
        }[_name],
        code=f'def classify_cause(stream):\n    return "{_name}"',
    )
cause_question.wrong(
    "PSI above 0.1 is covariate drift",
    why="The dashboard's rule.",
    message="You look at the features only, with the threshold of folklore. Concept drift moves no feature, broken data hardly any, and in a large window a plain change stays below 0.1.",
    code='def classify_cause(stream):\n    return "covariate" if max(stream["psi"].values()) > 0.1 else "nothing"',
)
cause_question.wrong(
    "outcomes first, and all of them concept drift",
    why="A model that misses must be retrained.",
    message="You call every rise of late parcels “concept” and everything else “nothing”. Retraining does not fix a scale, and there are other changes that show before the outcomes do.",
    code=_cause_code(rules='if z > 3:\n        return "concept"'),
)
cause_question.wrong(
    "folklore thresholds in the right order",
    why="The order is right; 0.1 and 10% are round.",
    message="The order of your rules is right, the thresholds are round numbers: PSI 0.1 and 10% of bad rows. Measure each in units of what chance does with this many rows.",
    code=_cause_code(
        broken='stream["bad"] / m > 0.1',
        moved='max(stream["psi"]["distance_km"], stream["psi"]["weight_kg"]) > 0.1',
        rules='if broken:\n        return "broken data"\n    if stream["late"] > 1.1 * stream["expected"]:\n        return "label" if stream["psi"]["forecast"] > 0.1 else "concept"\n    if moved:\n        return "covariate"',
    ),
)
cause_question.wrong(
    "label and concept drift swapped",
    why="Both show in the outcomes.",
    message="You see that outcomes left the forecasts, but name the two causes the wrong way round. In which of them do the parcels themselves look different?",
    code=_cause_code(
        rules=_RULES.format(z=3.0, forecast=0.001)
        .replace('"label" if', '"concept" if')
        .replace('else "concept"', 'else "label"')
    ),
)
for _name, _why, _message, _changes in (
    (
        "never label drift",
        "Concept drift sounds like both.",
        "You never name label drift. When late parcels have only become more frequent, more parcels *look* late: the forecast moves, too.",
        {"forecast": -1},
    ),
    (
        "never concept drift",
        "Label drift sounds like both.",
        "You never name concept drift. When outcomes rise and the forecasts do not, the risk given the features has changed.",
        {"forecast": 2},
    ),
    (
        "no bad rows",
        "Broken data show in the features anyway.",
        "You never name broken data. `bad` counts what nobody accepts: compare it with what the reference makes you expect.",
        {"broken": "False"},
    ),
    (
        "bad rows above five per cent",
        "A round alarm.",
        "You compare the share of bad rows with a fixed number. In some streams 5% are usual, in others a few in a thousand: compare with the reference.",
        {"broken": 'stream["bad"] / m > 0.05'},
    ),
    (
        "twice the usual share of bad rows",
        "Twice as many are many.",
        "You compare the share of bad rows with a multiple of the usual one. Of one usual row two are chance; of 500 usual ones 750 are not. Divide the difference of the two shares by its standard error.",
        {"broken": 'stream["bad"] / m > 2 * (stream["bad_reference"] + 1) / n'},
    ),
    (
        "no outcomes",
        "Features are there at once, outcomes late.",
        "You do not use `late`. Concept drift shows nowhere else.",
        {
            "rules": """if broken:
        return "broken data"
    if moved:
        return "covariate"
    if p["forecast"] < 0.001:
        return "label\""""
        },
    ),
    (
        "the distance alone",
        "The new depot is farther away.",
        "You name covariate drift by the distance alone, or by so few features that half of it is missed. A new customer sends heavier parcels, and no distance moves.",
        {"moved": 'p["distance_km"] < 0.001'},
    ),
    (
        "the weight alone",
        "The new parcels are heavier, whoever sends them.",
        "You name covariate drift by the weight alone. The new depot's parcels are a little heavier and much farther away: distances show it first.",
        {"moved": 'p["weight_kg"] < 0.001'},
    ),
    (
        "no features",
        "Outcomes are what is paid for.",
        "You never name covariate drift. A new depot or a new customer shows in distance or weight, not in the outcomes.",
        {"moved": "False"},
    ),
    (
        "no spread: more than twenty late parcels above the forecast",
        "Twenty parcels are twenty parcels.",
        "You compare the surplus of late parcels with a fixed number. Among 300 labels twenty more are much, among 10,000 they are chance: divide by `spread`.",
        {"surprise": '3 * (stream["late"] - stream["expected"]) / 20'},
    ),
    (
        "ten per cent more late parcels than forecast",
        "Ten per cent is a round margin.",
        "You compare late parcels with a fixed multiple of the forecast. With 40 expected ones ten per cent are four parcels, which is chance: divide by `spread`.",
        {"surprise": '3.01 * (stream["late"] > 1.1 * stream["expected"])'},
    ),
    (
        "late shares instead of forecasts",
        "The share of late parcels is the number that everybody knows.",
        "You compare the share of late parcels with the usual 16%. When parcels come from farther away, more are late and the forecasts say so: compare with `expected`.",
        {
            "surprise": '(stream["late"] / stream["labelled"] - 0.163) / (0.163 * 0.837 / stream["labelled"]) ** 0.5'
        },
    ),
    (
        "always ten bins",
        "Ten bins are the usual number.",
        "You take nine degrees of freedom for every stream. `bins` differs: with fifty bins PSI is five times as large by chance alone.",
        {"degrees": "9"},
    ),
    (
        "noise of the window only",
        "The reference seems to be known exactly.",
        "You count the noise of the window only. The reference has fewer rows than a large window, so most of the noise is its own.",
        {"noise": '1 / (m - stream["bad"])'},
    ),
    (
        "noise of the reference only",
        "The null was worked out once, for the reference.",
        "You count the noise of the reference only. A small window has more.",
        {"noise": '1 / (n - stream["bad_reference"])'},
    ),
    (
        "features first",
        "Features are there first.",
        "You ask the features before the outcomes. Under label drift distances move, too, and you call it covariate: look whether the outcomes left the forecasts.",
        {
            "rules": """if broken:
        return "broken data"
    if min(p.values()) < 0.001:
        return "covariate"
    if z > 3:
        return "concept\""""
        },
    ),
    (
        "5% for each measurement",
        "0.05 is significant.",
        "You give each measurement 5%. Four of them ring by chance in nearly one quiet stream of five, at 3,000 euros each, and the forecast moves by chance in one concept drift of twenty. Share the 5%.",
        {
            "z": 1.645,
            "forecast": 0.05,
            "broken": "more_bad > 1.645",
            "moved": 'min(p["distance_km"], p["weight_kg"]) < 0.05',
        },
    ),
):
    cause_question.wrong(_name, why=_why, message=_message, code=_cause_code(**_changes))
cause_question.right("three standard errors everywhere", code=_cause_code())
cause_question.right(
    "5% shared by eight measurements",
    code=_cause_code(
        z="stats.norm.isf(0.05 / 8)",
        forecast="0.05 / 8",
        broken="more_bad > stats.norm.isf(0.05 / 8)",
        moved='min(p["distance_km"], p["weight_kg"]) < 0.05 / 8',
    ),
)
cause_question.right(
    "bad rows last, and the hour beside the forecast",
    code=_cause_code(
        rules="""if z > 3:
        return "label" if min(p["forecast"], p["hour"]) < 0.001 else "concept"
    if moved:
        return "covariate"
    if broken:
        return "broken data\""""
    ),
)
cause_question.right(
    "a little bolder",
    code=_cause_code(z=2.5, forecast=0.01, moved='min(p["distance_km"], p["weight_kg"]) < 0.005'),
)

# ------------------------------------------------------------------------------------------------------------- say it

say_it_question = sentence_choice(
    "10.say_it",
    objective="Say in a review what an alarm means when its rows are not independent and its labels are not complete.",
    right="d",
    wrong={
        "a": Misreading(
            "above the threshold, so drift",
            why="A threshold is a threshold.",
            message="The 0.10 holds if the 259 rows are independent. The wind is shared by all parcels of a day: there are seven days. And retraining on the newest weeks would train on the weather.",
        ),
        "b": Misreading(
            "fewer late, so a better model",
            why="Good news is welcome.",
            message="29 ± 5 was announced and 21 were late: 1.6 standard deviations, which luck does often. And a surplus in the forecasts would not mean that the model has become *better*.",
        ),
        "c": Misreading(
            "switch the feature alarms off",
            why="False alarms are tiring.",
            message="Twelve tests find something in 5% of weeks *if the threshold is shared among them*, which it is. Outcomes come late; a broken scale would run for weeks.",
        ),
    },
    hints=[
        "For which feature do all parcels of a day have nearly the same value? What does that do to the null?",
        "21 instead of 29 with a standard deviation of 5: how surprising is that?",
        "Which sentence counts what is really independent, and says what to do today?",
    ],
    passed="A null that counts what is independent, labels of equal age, and a decision.",
)
