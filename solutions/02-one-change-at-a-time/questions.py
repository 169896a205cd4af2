"""Questions of exercise 02: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.topics.remedies.cases import make_ablation_log, make_clear_cases, make_flight_ablation
from holdout.topics.remedies.experiments import REMEDIES

# ------------------------------------------------------------------------------------------------------------- one_se


def _errors(rng, repeats, candidates):
    """A valley of errors whose plateau is within about one standard error of its bottom, with shared luck."""
    depth = np.abs(np.arange(candidates) - 0.7 * candidates) / candidates
    mean = 0.5 + 0.5 * np.maximum(depth - 0.15, 0) + 0.01 * rng.normal(size=candidates)
    shared = rng.normal(0, 0.05, (repeats, 1))
    return (mean + shared + rng.normal(0, 0.04, (repeats, candidates))).round(4)


def _told_apart(rng, repeats):
    """One simpler candidate lies between the limits with n and with n - 1, another within its *own* standard error only."""
    se = float(rng.uniform(0.02, 0.05))
    shrunk = np.sqrt((repeats - 1) / repeats)  # the standard error with n, as a share of the one with n - 1
    clearly_worse = list(rng.uniform(5, 9, int(rng.integers(1, 4))))
    distance = np.array([*clearly_worse, 1.6, (1 + shrunk) / 2, 0.0, 0.4, 0.8])
    own = np.array([*np.ones(len(clearly_worse)), 2.5, 1, 1, 1, 1])
    luck = rng.normal(size=(repeats, len(distance)))
    luck -= luck.mean(axis=0)
    luck *= np.sqrt(repeats) / luck.std(axis=0, ddof=1)  # now the mean is 0 and its standard error is 1
    return (0.5 + se * (distance + own * luck)).round(5)


_FIXED = np.array([0.80, 0.56, 0.547, 0.50, 0.52]) + np.outer([1, 1, -1, -1], [1, 1, 1, 1, 0]) * 0.0866
# Candidate 3 is best with standard error 0.050 (0.043 with n); candidate 2 is the simplest within it. One standard
# deviation reaches candidate 1, and the most complex within one standard error is candidate 4.
_FLAT = np.array(
    [[0.29, 0.25, 0.21, 0.20, 0.22], [0.20, 0.40, 0.22, 0.20, 0.24], [0.42, 0.18, 0.24, 0.25, 0.26]]
)
# Candidate 3 is best (0.217 +- 0.017); candidate 2 (0.223) lies within that; 1 (0.260) within its own error of 0.070 and
# one standard deviation reaches 2 only.


def _at_the_limit(rng):
    """Two repeats whose numbers are exact in binary, so that a candidate lies exactly at the limit, whatever the order of operations."""
    best, se = 1 + float(rng.integers(0, 3)), 2.0 ** -int(rng.integers(1, 4))
    means = [best + 4 * se, best + 3 * se, best + se, best + 0.5 * se, best, best + 0.75 * se, best + 2 * se]
    means = means[int(rng.integers(0, 2)) :]
    return np.array([[mean - se, mean + se] for mean in means]).T


def _not_the_largest(rng):
    """A candidate beyond the right one is within the limit, too, and nearer to it."""
    best, se = 1 + float(rng.integers(0, 3)), 2.0 ** -int(rng.integers(1, 4))
    means = [best + 2 * se, best + 1.25 * se, best + 0.5 * se, best, best + 0.75 * se, best + 3 * se]
    return np.array([[mean - se, mean + se] for mean in means[int(rng.integers(0, 2)) :]]).T


def _tied(rng):
    """Two candidates share the least mean; the limit of the simpler one is the nearer one, and somebody stands between the two limits."""
    best, se = 1 + float(rng.integers(0, 3)), 2.0 ** -int(rng.integers(2, 5))
    means = [best + 8 * se, best + 2 * se, best + 0.5 * se, best, best, best + 6 * se][
        int(rng.integers(0, 2)) :
    ]
    own = [se] * len(means)
    own[-2] = 4 * se
    return np.array([[mean - error, mean + error] for mean, error in zip(means, own, strict=True)]).T


def _interrupted(rng):
    """A candidate beyond the limit stands between the right one and the best; the errors need not fall in one piece."""
    best, se = 1 + float(rng.integers(0, 3)), 2.0 ** -int(rng.integers(1, 4))
    means = [best + 3 * se, best + 0.5 * se, best + 2 * se, best, best + 1.5 * se]
    return np.array([[mean - se, mean + se] for mean in means[int(rng.integers(0, 2)) :]]).T


def _one_error_for_all(rng, calm=True):
    """The best candidate scatters less (or more) than the others: their mean standard error leads elsewhere."""
    best, se = 1 + float(rng.integers(0, 3)), 2.0 ** -int(rng.integers(2, 5))
    own = np.array([6.0, 3.0, 3.0, 1.0, 3.0]) if calm else np.array([0.25, 0.25, 0.25, 1.0, 0.25])
    means = [
        best + 12 * se,
        best + (1.5 if calm else 0.75) * se,
        best + (0.5 if calm else 0.25) * se,
        best,
        best + se,
    ]
    return np.array(
        [[mean - se * scatter, mean + se * scatter] for mean, scatter in zip(means, own, strict=True)]
    ).T


def _one_bad_repeat(rng):
    """One repeat went badly for a simple candidate: its median is within the limit, and its mean is not."""
    best, se = 1 + float(rng.integers(0, 3)), 2.0 ** -int(rng.integers(2, 5))
    scatter = np.array([[-2.0, 0.0, 2.0]]).T  # the standard error of three such repeats is 2 / sqrt(3)
    errors = best + se * (np.array([9.0, 0.0, 0.5, 0.0, 1.5]) + scatter)
    errors[-1, 1] += 9 * se  # on the largest, so that the median stays
    return rng.permutation(errors)[:, int(rng.integers(0, 2)) :]


one_se = Question(
    "02.one_se",
    title="The simplest candidate that is not clearly worse",
    objective="Choose a setting by the one-standard-error rule.",
    points=2,
    answer="one_standard_error",
    probe="answer(errors)",
    visible=[
        Case({"errors": _FIXED.round(4)}, "four repeats"),
        Case({"errors": _FLAT}, "three repeats"),
        Case({"errors": _at_the_limit(np.random.default_rng(1))}, "exactly at the limit"),
        Case({"errors": _not_the_largest(np.random.default_rng(2))}, "several within the limit"),
        Case({"errors": _interrupted(np.random.default_rng(3))}, "one in between is worse"),
        Case({"errors": _one_error_for_all(np.random.default_rng(4))}, "the best scatters least"),
        Case({"errors": _tied(np.random.default_rng(5))}, "two share the least mean"),
        Case({"errors": _one_bad_repeat(np.random.default_rng(6))}, "one bad repeat"),
    ],
    hidden=lambda rng: [
        Case({"errors": _at_the_limit(rng)}),
        Case({"errors": _not_the_largest(rng)}),
        Case({"errors": _interrupted(rng)}),
        Case({"errors": _tied(rng)}),
        Case({"errors": _one_bad_repeat(rng)}),
        Case({"errors": _one_error_for_all(rng)}),
        Case({"errors": _one_error_for_all(rng, calm=False)}),
        *(Case({"errors": _errors(rng, int(rng.integers(4, 9)), 10)}) for _ in range(10)),
        *(Case({"errors": _told_apart(rng, int(n))}) for n in rng.integers(4, 9, 4)),
    ],
    tolerance=Tolerance(0, 0, "a position; ties at the limit occur only where the arithmetic is exact"),
    hints=[
        "Three steps: the mean of each column, the best column, and the standard error of *that* column's mean.",
        "limit = least mean + standard error. Then the first column whose mean does not exceed the limit.",
        "`np.flatnonzero(mean <= limit)[0]` is the first position at which a condition holds.",
    ],
    properties=[
        Property(
            "np.ndim(got) == 0 and got is not None", "Return one position, not a list of them or a table."
        ),
        Property("0 <= got < errors.shape[1]", "A position lies between 0 and the number of candidates − 1."),
        Property(
            "errors.mean(axis=0)[got] <= errors.mean(axis=0).max() - 1e-12 or np.ptp(errors.mean(axis=0)) == 0",
            "Your candidate has the *largest* mean error of all: do positions count from 0, and candidates stand in columns?",
        ),
        Property(
            "got <= errors.mean(axis=0).argmin()",
            "Your candidate is *more complex* than the one with the least mean error. The rule never goes that way.",
        ),
        Property(
            "errors.mean(axis=0)[got] <= errors.mean(axis=0).min() + errors[:, errors.mean(axis=0).argmin()].std(ddof=1) / np.sqrt(len(errors)) + 1e-9",
            "The mean error of your candidate exceeds the limit: least mean error plus *one* standard error of the best candidate's mean, over the repeats.",
        ),
        Property(
            "not (errors.mean(axis=0)[:got] <= errors.mean(axis=0).min() + errors[:, errors.mean(axis=0).argmin()].std(ddof=1) / np.sqrt(len(errors)) + 1e-9).any()",
            "A simpler candidate than yours has a mean error within the limit (at the limit counts): least mean error plus one standard error of the best candidate's mean, over the repeats.",
        ),
    ],
    passed="The simplest model that the data cannot tell from the best. It changes less from study to study, too.",
)


@one_se.wrong(
    "the least error itself",
    why="The best is the best.",
    message="You return {got}, the candidate with the least mean error. Its lead may be luck: a simpler one lies within one standard error of it. Which is the first that does?",
)
def one_standard_error(errors):
    return int(errors.mean(axis=0).argmin())


@one_se.wrong(
    "standard deviation instead of standard error",
    why="np.std is at hand.",
    message="You allow one standard *deviation* and arrive at {got}. That is how much one repeat varies; you compare *means* over the repeats. How much does a mean vary?",
)
def one_standard_error(errors):
    mean = errors.mean(axis=0)
    best = mean.argmin()
    return int(np.flatnonzero(mean <= mean[best] + errors[:, best].std(ddof=1))[0])


@one_se.wrong(
    "the most complex within one standard error",
    why="More capacity at no visible price sounds like a gain.",
    message="You return {got}, the *most complex* candidate within one standard error. The rule goes the other way: of equals, the simplest.",
)
def one_standard_error(errors):
    mean = errors.mean(axis=0)
    best = mean.argmin()
    return int(np.flatnonzero(mean <= mean[best] + errors[:, best].std(ddof=1) / np.sqrt(len(errors)))[-1])


@one_se.wrong(
    "axes swapped",
    why="Rows and columns are easily taken for each other.",
    message="You return {got}: it seems that you averaged over the candidates. Rows are repeats, so the mean of a candidate is taken over axis 0.",
)
def one_standard_error(errors):
    mean = errors.mean(axis=1)
    best = mean.argmin()
    return int(np.flatnonzero(mean <= mean[best] + errors[best].std(ddof=1) / np.sqrt(errors.shape[1]))[0])


@one_se.wrong(
    "the last of two best ones",
    why="A sort or a loop with <= keeps the last.",
    message="You return {got}: two candidates share the least mean, and you took the standard error of the *more complex* one. Which of two equals does the text call the best?",
)
def one_standard_error(errors):
    mean = errors.mean(axis=0)
    best = len(mean) - 1 - mean[::-1].argmin()
    limit = mean[best] + errors[:, best].std(ddof=1) / np.sqrt(len(errors))
    return int(np.flatnonzero(mean <= limit)[0])


@one_se.wrong(
    "nearest to the limit",
    why="The rule is drawn as a line, and one looks where the curve crosses it.",
    message="You return {got}, the candidate whose error is nearest to the limit. It must not *exceed* the limit, and the first one that does not is the answer.",
)
def one_standard_error(errors):
    mean = errors.mean(axis=0)
    best = mean.argmin()
    limit = mean[best] + errors[:, best].std(ddof=1) / np.sqrt(len(errors))
    above = np.where(mean > limit, mean, np.inf)
    return int(above.argmin())


@one_se.wrong(
    "variance divided by n",
    why="It is NumPy's default.",
    message="You return {got}: your standard error is a little too small, so a candidate just within the limit falls out. `np.std` divides the variance by n unless it is told otherwise; the question takes n - 1.",
)
def one_standard_error(errors):
    mean = errors.mean(axis=0)
    best = mean.argmin()
    return int(np.flatnonzero(mean <= mean[best] + errors[:, best].std() / np.sqrt(len(errors)))[0])


@one_se.wrong(
    "each candidate with its own standard error",
    why="Each mean has an error bar, and one looks whether the bar reaches the best.",
    message="You return {got}: you let each candidate reach the best with its *own* standard error. Then a candidate gets in because its errors scatter. There is one limit for all: least mean plus the standard error of the best.",
)
def one_standard_error(errors):
    mean = errors.mean(axis=0)
    se = errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    return int(np.flatnonzero(mean - se <= mean.min())[0])


@one_se.wrong(
    "strictly below the limit",
    why="< is written faster than <=.",
    message="You return {got}. A candidate *at* the limit is within one standard error, too: “at most” includes it. Which comparison do you use?",
)
def one_standard_error(errors):
    mean = errors.mean(axis=0)
    best = mean.argmin()
    return int(np.flatnonzero(mean < mean[best] + errors[:, best].std(ddof=1) / np.sqrt(len(errors)))[0])


@one_se.wrong(
    "the largest error within the limit",
    why="The curve is thought to fall up to the best, so that the simplest is the one with the largest error.",
    message="You return {got}, the candidate within the limit with the *largest* error. The simplest one is asked for, which is the first: errors need not fall in one piece.",
)
def one_standard_error(errors):
    mean = errors.mean(axis=0)
    best = mean.argmin()
    limit = mean[best] + errors[:, best].std(ddof=1) / np.sqrt(len(errors))
    return int(np.where(mean <= limit, mean, -np.inf).argmax())


@one_se.right("a loop from the simplest on")
def one_standard_error(errors):
    means = [sum(column) / len(column) for column in errors.T]
    best = means.index(min(means))
    column = errors[:, best]
    variance = sum((value - means[best]) ** 2 for value in column) / (len(column) - 1)
    for position, mean in enumerate(means):
        if mean <= means[best] + (variance / len(column)) ** 0.5:
            return position


@one_se.right("pandas")
def one_standard_error(errors):
    table = pd.DataFrame(errors)
    best = table.mean().idxmin()
    return (table.mean() <= table.mean()[best] + table[best].sem()).idxmax()


# ----------------------------------------------------------------------------------------------------------- ablation


def _scores(rng, seeds, names):
    shared = rng.normal(0, 0.03, (seeds, 1))
    effects = np.array([0.0, *rng.normal(0, 0.02, len(names))])
    values = (0.3 + effects + shared + rng.normal(0, 0.01, (seeds, len(names) + 1))).round(4)
    table = pd.DataFrame(values, columns=["baseline", *names])
    columns = list(rng.permutation(table.columns))
    if (
        len(columns) > 2 and columns[0] == "baseline"
    ):  # the baseline need not be the first column, so it never is
        columns[0], columns[1] = columns[1], columns[0]
    return table[columns]


_NAMES = ("larger leaves", "entropy", "weights", "no weather", "half the rows")


def _fresh_scores(rng):
    return [
        Case({"scores": _scores(rng, int(rng.integers(4, 15)), list(_NAMES[: int(rng.integers(2, 6))]))})
        for _ in range(4)
    ]


_SMALL = pd.DataFrame(
    {
        "no ridge": [0.33, 0.22, 0.45, 0.29],
        "baseline": [0.30, 0.20, 0.40, 0.30],
        "deeper": [0.28, 0.21, 0.37, 0.27],
    }
)

ablation_question = Question(
    "02.ablation",
    title="An ablation table",
    objective="Measure the effect of each change on paired seeds, with its standard error.",
    points=2,
    answer="ablation",
    probe="answer(scores)",
    visible=[
        Case({"scores": _SMALL}, "four seeds, two variants"),
        Case(
            {"scores": _scores(np.random.default_rng(3), 8, list(_NAMES[:3]))}, "eight seeds, three variants"
        ),
    ],
    hidden=_fresh_scores,
    tolerance=Tolerance(1e-9, 1e-12, "means and standard deviations of at most 15 numbers"),
    hints=[
        "For one variant: subtract the baseline's column. You get one difference a seed; everything is about these.",
        "The mean of the differences is the effect. Its standard error is their standard deviation (n - 1) divided by the root of the number of seeds.",
        "Loop over `scores.columns.drop('baseline')`: the baseline need not be the first column.",
    ],
    properties=[
        Property("isinstance(got, dict)", "Return a dict: variant to a pair of numbers."),
        Property(
            "set(got) == set(scores.columns) - {'baseline'}",
            "The keys of the dict are the names of the variants, all of them, without the baseline.",
        ),
        Property(
            "all(np.size(pair) == 2 for pair in got.values())",
            "Each variant gets a pair of numbers: the mean effect and its standard error.",
        ),
        Property(
            "all(pair[1] >= 0 for pair in got.values())",
            "A standard error cannot be negative: is the pair (mean effect, standard error), in this order?",
        ),
        Property(
            "all(abs(pair[0] - (scores[name].mean() - scores['baseline'].mean())) < 6e-3 for name, pair in got.items())",
            "A first number is not the *mean* over the seeds of variant minus baseline, with its sign and in the unit of the scores.",
        ),
        Property(
            "all(pair[1] < 1.2 * (scores[name] - scores['baseline']).std(ddof=1) for name, pair in got.items())",
            "A standard error is larger than the scatter of the paired differences themselves. Subtract seed by seed first; a mean is known better than one difference.",
        ),
        Property(
            "all(pair[1] > 0.6 * (scores[name] - scores['baseline']).std(ddof=1) / np.sqrt(len(scores)) for name, pair in got.items())",
            "A standard error is too small for these differences: the root of their variance (n − 1) over the number of seeds, each variant and baseline paired by seed as they stand.",
        ),
        Property(
            "all(abs(pair[1] - (scores[name] - scores['baseline']).std(ddof=1) / np.sqrt(len(scores))) < 6e-5 or abs(pair[1] / ((scores[name] - scores['baseline']).std(ddof=1) / np.sqrt(len(scores))) - 1) < 0.02 for name, pair in got.items())",
            "The effects are right. A second number is not the standard error of the mean of the paired differences: their standard deviation (n − 1) over the root of the number of seeds, once.",
        ),
    ],
    passed="Paired differences. What is easy for all variants has cancelled, and what is left is the change.",
)


@ablation_question.wrong(
    "unpaired standard error",
    why="It is the formula for two independent groups.",
    message="Your effects are right; your standard errors treat the two runs of a seed as strangers. They share the split, so work on their differences, one a seed.",
)
def ablation(scores):
    n = len(scores)
    base = scores["baseline"]
    return {
        name: (scores[name].mean() - base.mean(), np.sqrt((scores[name].var(ddof=1) + base.var(ddof=1)) / n))
        for name in scores.columns.drop("baseline")
    }


@ablation_question.wrong(
    "baseline minus variant",
    why="'How much did we gain' is positive when the cost falls.",
    message="The sign is turned around: an effect is variant minus baseline, so that a negative effect is an improvement (these are errors).",
)
def ablation(scores):
    table = {}
    for name in scores.columns.drop("baseline"):
        difference = scores["baseline"] - scores[name]
        table[name] = (difference.mean(), difference.std(ddof=1) / np.sqrt(len(scores)))
    return table


@ablation_question.wrong(
    "standard deviation instead of standard error",
    why="Both are called 'the error bar'.",
    message="Your second number is how much *one* seed varies. You are asked how sure you are of the *mean* over the seeds.",
)
def ablation(scores):
    table = {}
    for name in scores.columns.drop("baseline"):
        difference = scores[name] - scores["baseline"]
        table[name] = (difference.mean(), difference.std(ddof=1))
    return table


@ablation_question.wrong(
    "each column against the one before it",
    why="Logs are read from left to right.",
    message="You compare each column with its left neighbour. Every variant changed one thing of the *baseline*, wherever its column stands.",
)
def ablation(scores):
    table = {}
    for before, name in zip(scores.columns, scores.columns[1:], strict=False):
        difference = scores[name] - scores[before]
        table[name] = (difference.mean(), difference.std(ddof=1) / np.sqrt(len(scores)))
    return {name: table.get(name, (0.0, 0.0)) for name in scores.columns.drop("baseline")}


@ablation_question.wrong(
    "the best seed of each variant",
    why="Papers report the best run.",
    message="You compare the best seed of each variant. The best of several runs is luck with a selection on top; compare means of differences.",
)
def ablation(scores):
    table = {}
    for name in scores.columns.drop("baseline"):
        difference = scores[name] - scores["baseline"]
        table[name] = (
            scores[name].min() - scores["baseline"].min(),
            difference.std(ddof=1) / np.sqrt(len(scores)),
        )
    return table


@ablation_question.wrong(
    "variance divided by n",
    why="It is NumPy's default.",
    message="Your effects are right, your standard errors a little too small: `np.std` divides by n unless told otherwise, which flatters you when there are few seeds.",
)
def ablation(scores):
    table = {}
    for name in scores.columns.drop("baseline"):
        difference = (scores[name] - scores["baseline"]).to_numpy()
        table[name] = (difference.mean(), np.std(difference) / np.sqrt(len(scores)))
    return table


@ablation_question.wrong(
    "the first column is the baseline",
    why="The reference usually stands first.",
    message="You compare with the *first* column. The columns come in any order: take the one that is called `baseline`.",
)
def ablation(scores):
    first = scores.columns[0]
    table = {}
    for name in scores.columns.drop(first):
        difference = scores[name] - scores[first]
        table[name] = (difference.mean(), difference.std(ddof=1) / np.sqrt(len(scores)))
    return table


@ablation_question.wrong(
    "the baseline stays in",
    why="A loop over all columns includes it.",
    message="Your dict has an entry for the baseline itself, 0 with standard error 0. It is what the others are compared with, not a variant.",
)
def ablation(scores):
    table = {}
    for name in scores.columns:
        difference = scores[name] - scores["baseline"]
        table[name] = (difference.mean(), difference.std(ddof=1) / np.sqrt(len(scores)))
    return table


@ablation_question.wrong(
    "relative change",
    why="Reports say 'minus 4%'.",
    message="You divide by the baseline. An effect is the plain difference, variant minus baseline, in the unit of the error.",
)
def ablation(scores):
    table = {}
    for name in scores.columns.drop("baseline"):
        change = scores[name] / scores["baseline"] - 1
        table[name] = (change.mean(), change.std(ddof=1) / np.sqrt(len(scores)))
    return table


@ablation_question.right("all columns at once")
def ablation(scores):
    differences = scores.drop(columns="baseline").sub(scores["baseline"], axis=0)
    return {name: (differences[name].mean(), differences[name].sem()) for name in differences}


@ablation_question.right("plain loops")
def ablation(scores):
    result = {}
    for name in scores:
        if name == "baseline":
            continue
        values = [v - b for v, b in zip(scores[name], scores["baseline"], strict=True)]
        mean = sum(values) / len(values)
        variance = sum((v - mean) ** 2 for v in values) / (len(values) - 1)
        result[name] = [mean, (variance / len(values)) ** 0.5]
    return result


# --------------------------------------------------------------------------------------------------------- confounded


def _knobs_changed(run, baseline):
    return {knob for knob in baseline if run["settings"][knob] != baseline[knob]}


def _log(rng, runs=7, bad=3, in_order=False, telling=False):
    """A log whose last run is confounded and in which one fair run is misnamed.

    With `telling` one run changed the seeds and one other setting, one the split and one other, one ridge and one other,
    and one run three settings.
    """
    while True:
        log = make_ablation_log(rng, runs=runs, confounded=bad)[0]
        baseline = log[0]["settings"]
        changed = [_knobs_changed(run, baseline) for run in log]
        kinds = [
            any(len(knobs) == 2 and knobs & {"split", "seeds"} == {"seeds"} for knobs in changed),
            any(len(knobs) == 2 and knobs & {"split", "seeds"} == {"split"} for knobs in changed),
            any(len(knobs) == 3 for knobs in changed),
            any(len(knobs) == 2 and "ridge" in knobs for knobs in changed),
        ]
        if not telling or all(kinds):
            break
    confounded_runs = [i for i, knobs in enumerate(changed) if len(knobs) > 1]
    fair = [i for i, knobs in enumerate(changed) if len(knobs) == 1]
    if fair:
        i = fair[int(rng.integers(len(fair)))]
        other = [knob for knob in baseline if knob not in changed[i]]
        number = log[i]["name"].split(":")[0]
        log[i]["name"] = f"{number}: {other[int(rng.integers(len(other)))]}"
    last = confounded_runs[-1]
    log[last], log[-1] = log[-1], log[last]
    if in_order:  # some runs list their settings as the baseline does, others do not
        for run in log[2::2]:
            run["settings"] = {knob: run["settings"][knob] for knob in baseline}
    return {"log": log}


confounded_question = Question(
    "02.confounded",
    title="Find the confounded runs",
    objective="See in an experiment log which comparisons turned more than one knob.",
    points=2,
    answer="confounded",
    probe="sorted(answer(log))",
    visible=[
        Case(_log(np.random.default_rng(5), telling=True), "seven runs"),
        Case(_log(np.random.default_rng(6), 5, 2, in_order=True), "five runs"),
    ],
    hidden=lambda rng: [
        Case(_log(rng, 8, 4, telling=True)),
        *(Case(_log(rng, int(n), int(rng.integers(1, n)))) for n in rng.integers(5, 12, 5)),
    ],
    tolerance=Tolerance(0, 0, "names"),
    hints=[
        "For one run: in how many settings does it differ from `log[0]['settings']`?",
        "`sum(settings[knob] != baseline[knob] for knob in baseline)` counts them. The order of the settings does not matter.",
        "More than one: two *or* three. A set comprehension over `log[1:]` does it.",
    ],
    properties=[
        Property("all(isinstance(name, str) for name in got)", "Return *names* of runs."),
        Property(
            "log[0]['name'] not in got",
            "The baseline is what the others are compared with; it is not among the runs that are asked for.",
        ),
        Property(
            "all(sum(run['settings'][k] != log[0]['settings'][k] for k in log[0]['settings']) > 1 for run in log if run['name'] in got)",
            "You name a run that changed only one setting of the baseline, or none. One changed setting is no confounding, whichever it is.",
        ),
        Property(
            "all(run['name'] in got for run in log if sum(run['settings'][k] != log[0]['settings'][k] for k in log[0]['settings'] if k != 'seeds') > 1)",
            "You miss a run that changed more than one setting even if the seeds are left aside. Compare all six settings of all runs, text and numbers, the last run included; two *or more* changes count.",
        ),
        Property(
            "all(run['name'] in got for run in log if sum(run['settings'][k] != log[0]['settings'][k] for k in log[0]['settings']) > 1)",
            "You miss a run that changed one setting *and the seeds*. The seeds are a setting, too.",
        ),
    ],
    passed="Those runs may be good or bad; nobody can say because of what. They have to be run again, one change each.",
)


@confounded_question.wrong(
    "exactly two changes",
    why="'Two things at once' is how one says it.",
    message="You miss runs that turned *three* knobs: more than one includes them.",
)
def confounded(log):
    baseline = log[0]["settings"]
    return {run["name"] for run in log[1:] if sum(run["settings"][k] != baseline[k] for k in baseline) == 2}


@confounded_question.wrong(
    "any change",
    why="Whatever differs from the baseline is suspicious.",
    message="You name every run that differs from the baseline. One change is what an ablation *is*; confounded means more than one.",
)
def confounded(log):
    return {run["name"] for run in log[1:] if run["settings"] != log[0]["settings"]}


@confounded_question.wrong(
    "against the run before",
    why="A log is a story, each line follows the last.",
    message="You compare each run with the one before it. All of them started from the baseline, the first run of the log.",
)
def confounded(log):
    return {
        run["name"]
        for before, run in zip(log, log[1:], strict=False)
        if sum(run["settings"][k] != before["settings"][k] for k in run["settings"]) > 1
    }


@confounded_question.wrong(
    "split and seeds do not count",
    why="They are not part of the model.",
    message="You overlook `split` and `seeds`. A run on other rows or other seeds changed its luck as well: that is the commonest confounder of all.",
)
def confounded(log):
    baseline = log[0]["settings"]
    knobs = [knob for knob in baseline if knob not in ("split", "seeds")]
    return {run["name"] for run in log[1:] if sum(run["settings"][k] != baseline[k] for k in knobs) > 1}


@confounded_question.wrong(
    "the runs with a lower error",
    why="Too good to be true is a good reason for suspicion.",
    message="You name the runs whose error is lower than the baseline's. Whether a comparison is fair does not show in its result, only in its settings.",
)
def confounded(log):
    return {run["name"] for run in log[1:] if run["error"] < log[0]["error"]}


@confounded_question.wrong(
    "settings compared by position",
    why="`zip` over the values looks right, and the settings are the same six.",
    message="You name almost every run: it looks as if you compare the settings by their *position*. A log lists them in any order; look each one up by its name.",
)
def confounded(log):
    baseline = list(log[0]["settings"].values())
    return {
        run["name"]
        for run in log[1:]
        if sum(a != b for a, b in zip(run["settings"].values(), baseline, strict=True)) > 1
    }


@confounded_question.wrong(
    "positions instead of names",
    why="`enumerate` is at hand.",
    message="You return positions in the log. The names of the runs are asked for: `run['name']`.",
)
def confounded(log):
    baseline = log[0]["settings"]
    return {i for i, run in enumerate(log) if sum(run["settings"][k] != baseline[k] for k in baseline) > 1}


@confounded_question.wrong(
    "the runs that changed one thing",
    why="The fair ones are what one goes on with.",
    message="These are the runs that changed exactly *one* setting: the ones that can be read. The others are asked for.",
)
def confounded(log):
    baseline = log[0]["settings"]
    return {run["name"] for run in log[1:] if sum(run["settings"][k] != baseline[k] for k in baseline) == 1}


@confounded_question.wrong(
    "a change that the name does not say",
    why="The name says what was changed, so whatever else differs is a second change.",
    message="You go by the *names*: you report a run that changed one setting, another one than its name says. A wrong name is a nuisance, but the run changed one thing only. Count the settings that differ.",
)
def confounded(log):
    baseline = log[0]["settings"]
    return {
        run["name"]
        for run in log[1:]
        if any(run["settings"][k] != baseline[k] and k not in run["name"] for k in baseline)
    }


@confounded_question.wrong(
    "seeds do not count",
    why="Other seeds are only other luck.",
    message="You miss a run that changed one setting *and the seeds*. The seeds are a setting, too: other luck is a second change.",
)
def confounded(log):
    baseline = log[0]["settings"]
    return {
        run["name"]
        for run in log[1:]
        if sum(run["settings"][k] != baseline[k] for k in baseline if k != "seeds") > 1
    }


@confounded_question.right("pandas")
def confounded(log):
    table = pd.DataFrame([run["settings"] for run in log]).astype(str)
    changes = (table.iloc[1:] != table.iloc[0]).sum(axis=1)
    return [log[i]["name"] for i in changes.index[changes > 1]]


@confounded_question.right("differences of item sets")
def confounded(log):
    baseline = set(log[0]["settings"].items())
    return {run["name"] for run in log[1:] if len(set(run["settings"].items()) - baseline) >= 2}


# -------------------------------------------------------------------------------------------------------- interaction


def _two_by_two(rng, seeds, sign=0):
    shared = rng.normal(0, 0.05, seeds)
    a, b, extra = rng.normal(0, 0.05, 3)
    if sign:  # clear enough that the measured one has this sign, too
        extra = sign * (0.05 + abs(extra))
    own = rng.normal(0, 0.012, (4, seeds))
    means = {"baseline": 0.0, "a": a, "b": b, "both": a + b + extra}
    columns = {
        name: (0.4 + mean + shared + noise).round(4)
        for (name, mean), noise in zip(means.items(), own, strict=True)
    }
    return {"scores": pd.DataFrame(columns)}


interaction_question = Question(
    "02.interaction",
    title="Do two changes interact?",
    objective="Measure whether two changes together do more or less than the sum of their effects.",
    points=2,
    answer="interaction",
    probe="answer(scores)",
    visible=[
        Case(
            {
                "scores": pd.DataFrame(
                    {
                        "baseline": [1.77, 1.80, 1.75],
                        "a": [1.60, 1.62, 1.61],
                        "b": [1.78, 1.79, 1.77],
                        "both": [2.07, 2.05, 2.10],
                    }
                )
            },
            "larger leaves and weights",
        ),
        Case(_two_by_two(np.random.default_rng(8), 7, sign=-1), "seven seeds"),
    ],
    hidden=lambda rng: [
        Case(_two_by_two(rng, int(n), sign))
        for n, sign in zip(rng.integers(4, 16, 5), (0, 0, 0, 1, -1), strict=True)
    ],
    tolerance=Tolerance(1e-9, 1e-12, "sums of at most 16 numbers"),
    hints=[
        "Effect of a: a − baseline. Of b: b − baseline. Of both: both − baseline. Write down 'both minus the sum of the two' and simplify.",
        "both − a − b + baseline, for each seed. Then mean and standard error of these numbers.",
    ],
    properties=[
        Property(
            "len(got) == 2 and np.size(got[0]) == 1 and np.size(got[1]) == 1",
            "Return two numbers: the mean over the seeds, and its standard error.",
        ),
        Property("got[1] >= 0", "A standard error cannot be negative."),
        Property(
            "abs(got[0] - (scores['both'] - scores['a'] - scores['b'] + scores['baseline']).mean()) < 2e-4 or abs(got[0] - (scores['both'] - scores['a'] - scores['b'] + scores['baseline']).median()) > 1e-9",
            "Your first number is the *median* over the seeds. The mean is asked for.",
        ),
        Property(
            "abs(got[0] - (scores['both'] - scores['a'] - scores['b'] + scores['baseline']).mean()) < 6e-3",
            "The first number is not the excess of the effect of both over the sum of the two effects, each a difference to the baseline on the same seed, in the unit of the scores. Try it on numbers: if a and b each add 1 to the baseline and both add 2, it must be 0.",
        ),
        Property(
            "got[1] < 1.05 * np.sqrt(sum((scores[c] - scores['baseline']).var(ddof=1) for c in ('a', 'b', 'both')) / len(scores)) or len(scores) > 99",
            "The standard error is too large: it treats runs of one seed as independent. Form the contrast for each seed first.",
        ),
        Property(
            "abs(got[1] / ((scores['both'] - scores['a'] - scores['b'] + scores['baseline']).std(ddof=1) / np.sqrt(len(scores))) - 1) < 0.02",
            "The first number is right. The second is not the standard error of the mean of the contrast: form the contrast for each seed, then its standard deviation (n − 1) over the root of the number of seeds, once.",
        ),
    ],
    passed="A contrast of four runs on the same seed. Where it is not zero, 'harmless alone' says nothing about 'harmless together'.",
)


@interaction_question.wrong(
    "forgets to add the baseline back",
    why="Both minus a minus b looks complete.",
    message="You get {got[0]:.3f}: of the order of the error itself. The baseline is subtracted twice in the two effects, but only once in the effect of both.",
)
def interaction(scores):
    extra = scores["both"] - scores["a"] - scores["b"]
    return extra.mean(), extra.std(ddof=1) / np.sqrt(len(scores))


@interaction_question.wrong(
    "effect of both",
    why="It is the number that was reported.",
    message="You get {got[0]:.3f}, the effect of both changes. How much of it would have been there anyway, as the sum of the two single effects?",
)
def interaction(scores):
    extra = scores["both"] - scores["baseline"]
    return extra.mean(), extra.std(ddof=1) / np.sqrt(len(scores))


@interaction_question.wrong(
    "both against the better one",
    why="That is the decision in practice.",
    message="You get {got[0]:.3f}: both against one of the two. A fair question for a decision, but not the interaction: it contains the other change's own effect.",
)
def interaction(scores):
    extra = scores["both"] - scores[["a", "b"]].min(axis=1)
    return extra.mean(), extra.std(ddof=1) / np.sqrt(len(scores))


@interaction_question.wrong(
    "sum minus both",
    why="Expected minus observed.",
    message="You get {got[0]:.3f}: the sign is turned around. Positive means that together they are *worse* than their sum, so subtract the sum from the effect of both.",
)
def interaction(scores):
    extra = scores["a"] + scores["b"] - scores["both"] - scores["baseline"]
    return extra.mean(), extra.std(ddof=1) / np.sqrt(len(scores))


@interaction_question.wrong(
    "four independent columns",
    why="The variances of a sum add up, if the terms are independent.",
    message="{got[1]:.3f} treats the four runs of a seed as strangers. Form the contrast for each seed first; their shared luck cancels in it.",
)
def interaction(scores):
    extra = scores["both"] - scores["a"] - scores["b"] + scores["baseline"]
    return extra.mean(), np.sqrt(scores[["baseline", "a", "b", "both"]].var(ddof=1).sum() / len(scores))


@interaction_question.wrong(
    "standard deviation instead of standard error",
    why="Both are called 'the error bar'.",
    message="Your first number is right. {got[1]:.3f} is how much the contrast of *one* seed varies; you are asked how sure you are of its mean.",
)
def interaction(scores):
    extra = scores["both"] - scores["a"] - scores["b"] + scores["baseline"]
    return extra.mean(), extra.std(ddof=1)


@interaction_question.wrong(
    "variance divided by n",
    why="It is NumPy's default.",
    message="Your first number is right, {got[1]:.4f} is a little too small: `np.std` divides by n unless told otherwise. Take n - 1, as in question <02.ablation>.",
)
def interaction(scores):
    extra = scores["both"] - scores["a"] - scores["b"] + scores["baseline"]
    return extra.mean(), np.std(extra.to_numpy()) / np.sqrt(len(scores))


@interaction_question.wrong(
    "mean of the two effects instead of their sum",
    why="Two changes, two effects: one takes the mean.",
    message="You get {got[0]:.3f}: both, minus the *mean* of a and b. Two changes that do not interact bring the *sum* of their effects.",
)
def interaction(scores):
    extra = scores["both"] - (scores["a"] + scores["b"]) / 2
    return extra.mean(), extra.std(ddof=1) / np.sqrt(len(scores))


@interaction_question.wrong(
    "the size of the interaction without its sign",
    why="An interaction is thought of as a strength.",
    message="You return {got[0]:.3f}, which is never negative. The sign says whether the two changes together do worse (positive) or better (negative) than the sum of their effects.",
)
def interaction(scores):
    extra = scores["both"] - scores["a"] - scores["b"] + scores["baseline"]
    return abs(extra.mean()), extra.std(ddof=1) / np.sqrt(len(scores))


@interaction_question.right("difference of two differences")
def interaction(scores):
    b_on_top_of_a = scores["both"] - scores["a"]
    b_alone = scores["b"] - scores["baseline"]
    return (b_on_top_of_a - b_alone).mean(), (b_on_top_of_a - b_alone).sem()


@interaction_question.right("matrix product")
def interaction(scores):
    contrast = scores[["baseline", "a", "b", "both"]].to_numpy() @ np.array([1, -1, -1, 1])
    return np.array([contrast.mean(), contrast.std(ddof=1) / len(contrast) ** 0.5])


# ------------------------------------------------------------------------------------------------------------ flights


flights_question = Question(
    "02.flights",
    title="Verdicts on real flights",
    objective="Judge changes on real rows that are not independent, with the right unit.",
    points=2,
    answer="verdicts",
    probe="answer(flights)",
    judgement=True,
    visible=[
        Case({"flights": make_flight_ablation(np.random.default_rng(2))}, "thirty days"),
        Case({"flights": make_flight_ablation(np.random.default_rng(9))}, "thirty other days"),
    ],
    hidden=lambda rng: [Case({"flights": make_flight_ablation(rng)}) for _ in range(3)],
    tolerance=Tolerance(0, 0, "words; no interval ends near 0"),
    hints=[
        "For one change: the squared error of the change minus that of the baseline, flight by flight. That is the effect on one flight.",
        "`effect.groupby(flights['day']).mean()` makes one number of each day. Treat these numbers as you treated seeds.",
        "Mean ± t × standard error of the daily means, `t.ppf(0.975, days - 1)`. Below 0: better. Above 0: worse. Otherwise: not shown.",
    ],
    properties=[
        Property("isinstance(got, dict)", "Return a dict: change to a verdict."),
        Property(
            "set(got) == set(flights.columns) - {'day', 'late', 'baseline'}",
            "The keys of the dict are the names of the changes, all of them: without `day`, `late` and `baseline`.",
        ),
        Property(
            "set(got.values()) <= {'better', 'worse', 'not shown'}",
            "A verdict is one of “better”, “worse” and “not shown”.",
        ),
    ],
    passed="One change would have been merged, or rejected, if every flight had counted for itself. Ask what another sample would consist of: rows, or days.",
)


@flights_question.wrong(
    "the share of wrong calls",
    why="In the end a flight is called late or not.",
    message="You call a flight late from a risk of 0.5 on and count wrong calls. The score here is the mean squared difference between risk and outcome: it also sees how far a risk is from what happened, on either side of 0.5.",
)
def verdicts(flights):
    table = {}
    wrong = (flights.drop(columns=["day", "late"]) >= 0.5).ne(flights["late"] == 1, axis=0).astype(float)
    for change in flights.columns.drop(["day", "late", "baseline"]):
        daily = (wrong[change] - wrong["baseline"]).groupby(flights["day"]).mean()
        mean, reach = daily.mean(), t.ppf(0.975, len(daily) - 1) * daily.sem()
        table[change] = "not shown" if abs(mean) <= reach else "better" if mean < 0 else "worse"
    return table


@flights_question.wrong(
    "every flight counts for itself",
    why="The standard error of a mean over rows is the formula one knows.",
    message="You find an effect in a change that is not shown: your standard error seems to count every *flight* for itself. Flights of one day share its weather, so there are far fewer independent observations: make one number of each day first.",
)
def verdicts(flights):
    table = {}
    for change in flights.columns.drop(["day", "late", "baseline"]):
        effect = (flights[change] - flights["late"]) ** 2 - (flights["baseline"] - flights["late"]) ** 2
        mean, reach = effect.mean(), 1.96 * effect.sem()
        table[change] = "not shown" if abs(mean) <= reach else "better" if mean < 0 else "worse"
    return table


@flights_question.wrong(
    "the sign of the effect",
    why="Lower is better, so the lower mean wins.",
    message="You call every change better or worse, by the sign of its mean effect. A mean that differs from 0 may be luck: a verdict needs an interval that excludes 0.",
)
def verdicts(flights):
    table = {}
    for change in flights.columns.drop(["day", "late", "baseline"]):
        effect = (flights[change] - flights["late"]) ** 2 - (flights["baseline"] - flights["late"]) ** 2
        table[change] = "better" if effect.mean() < 0 else "worse"
    return table


@flights_question.wrong(
    "unpaired days",
    why="Two models, two means, two standard errors.",
    message="You show nothing where there is something to show: it seems that each model's daily scores got a standard error of their own. A bad day is bad for both models. Subtract flight by flight, or day by day, *before* you compute the standard error.",
)
def verdicts(flights):
    def daily(name):
        return ((flights[name] - flights["late"]) ** 2).groupby(flights["day"]).mean()

    before, table = daily("baseline"), {}
    for change in flights.columns.drop(["day", "late", "baseline"]):
        after = daily(change)
        mean, reach = after.mean() - before.mean(), 2.1 * np.hypot(after.sem(), before.sem())
        table[change] = "not shown" if abs(mean) <= reach else "better" if mean < 0 else "worse"
    return table


@flights_question.wrong(
    "baseline minus change",
    why="'How much did we gain' is positive when the score falls.",
    message="Better and worse are exchanged. The Brier score is an error: a *lower* score than the baseline's is better.",
)
def verdicts(flights):
    table = {}
    for change in flights.columns.drop(["day", "late", "baseline"]):
        effect = (flights["baseline"] - flights["late"]) ** 2 - (flights[change] - flights["late"]) ** 2
        daily = effect.groupby(flights["day"]).mean()
        mean, reach = daily.mean(), t.ppf(0.975, len(daily) - 1) * daily.sem()
        table[change] = "not shown" if abs(mean) <= reach else "better" if mean < 0 else "worse"
    return table


@flights_question.wrong(
    "one standard error",
    why="'Mean plus or minus standard error' is how results are printed.",
    message="Your interval is one standard error wide on each side: it misses the true effect in one study of three. A 95% interval takes about two; with few days somewhat more (Student's t).",
)
def verdicts(flights):
    table = {}
    for change in flights.columns.drop(["day", "late", "baseline"]):
        effect = (flights[change] - flights["late"]) ** 2 - (flights["baseline"] - flights["late"]) ** 2
        daily = effect.groupby(flights["day"]).mean()
        mean, reach = daily.mean(), daily.sem()
        table[change] = "not shown" if abs(mean) <= reach else "better" if mean < 0 else "worse"
    return table


@flights_question.wrong(
    "better or not shown",
    why="The question in the meeting is whether it helps.",
    message="You never say “worse”. A change that is shown to do harm is another finding than one whose effect is not shown: nobody should try it again with more days.",
)
def verdicts(flights):
    table = {}
    for change in flights.columns.drop(["day", "late", "baseline"]):
        effect = (flights[change] - flights["late"]) ** 2 - (flights["baseline"] - flights["late"]) ** 2
        daily = effect.groupby(flights["day"]).mean()
        better = daily.mean() + t.ppf(0.975, len(daily) - 1) * daily.sem() < 0
        table[change] = "better" if better else "not shown"
    return table


@flights_question.wrong(
    "absolute error",
    why="It is easier to explain than a square.",
    message="You compare absolute errors. They reward a model that says 0 or 1 where it is not sure; the *squared* difference between predicted risk and outcome (the Brier score) is asked for.",
)
def verdicts(flights):
    table = {}
    for change in flights.columns.drop(["day", "late", "baseline"]):
        effect = (flights[change] - flights["late"]).abs() - (flights["baseline"] - flights["late"]).abs()
        daily = effect.groupby(flights["day"]).mean()
        mean, reach = daily.mean(), t.ppf(0.975, len(daily) - 1) * daily.sem()
        table[change] = "not shown" if abs(mean) <= reach else "better" if mean < 0 else "worse"
    return table


@flights_question.right("a formula for clusters")
def verdicts(flights):
    table, n, days = {}, len(flights), flights["day"].nunique()
    for change in flights.drop(columns=["day", "late", "baseline"]):
        effect = (flights[change] - flights["late"]) ** 2 - (flights["baseline"] - flights["late"]) ** 2
        mean = effect.mean()
        sums = (effect - mean).groupby(flights["day"]).sum()
        error = np.sqrt(days / (days - 1) * (sums**2).sum()) / n
        table[change] = "not shown" if abs(mean) < 2.05 * error else "better" if mean < 0 else "worse"
    return table


@flights_question.right("a bootstrap over days")
def verdicts(flights):
    rng = np.random.default_rng(0)
    outcome, table = flights["late"].to_numpy(), {}
    for change in set(flights.columns) - {"day", "late", "baseline"}:
        effect = (flights[change].to_numpy() - outcome) ** 2 - (flights["baseline"].to_numpy() - outcome) ** 2
        days = [effect[flights["day"].to_numpy() == day] for day in flights["day"].unique()]
        sums, sizes = np.array([day.sum() for day in days]), np.array([len(day) for day in days])
        drawn = rng.integers(0, len(days), (2000, len(days)))
        low, high = np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [0.025, 0.975])
        table[change] = "better" if high < 0 else "worse" if low > 0 else "not shown"
    return table


# --------------------------------------------------------------------------------------------------------------- peak


def _risk(
    below="noise * p / (n - p - 1)",
    beyond="signal * (1 - n / p) + noise * n / (p - n - 1)",
    gap_below=1,
    gap_beyond=1,
):
    """Excess risk, or one with a slip in it."""
    below, beyond = (eval(f"lambda n, p, signal, noise: {formula}") for formula in (below, beyond))

    def risk(n, p, signal, noise):
        if p < n - gap_below:
            return below(n, p, signal, noise)
        if p > n + gap_beyond:
            return beyond(n, p, signal, noise)
        return np.inf

    return risk


# Slips, and for each a case in which it leads to another answer: where only the nearest size to the peak counts, no formula is needed.
_SLIPS = {
    "no factor p": _risk(below="noise / (n - p - 1)"),
    "n - p": _risk(below="noise * p / (n - p)"),
    "n - p - 2": _risk(below="noise * p / (n - p - 2 + 1e-9)"),
    "divides by n": _risk(below="noise * p / n"),
    "p - n": _risk(beyond="signal * (1 - n / p) + noise * n / (p - n)"),
    "p - n - 2": _risk(beyond="signal * (1 - n / p) + noise * n / (p - n - 2 + 1e-9)"),
    "share above one": _risk(beyond="signal * (2 - n / p) + noise * n / (p - n - 1)"),
    "no noise beyond": _risk(beyond="signal * (1 - n / p)"),
    "signal": _risk(beyond="noise * n / (p - n - 1)"),
    "squares": _risk(
        below="noise**2 * p / (n - p - 1)", beyond="signal**2 * (1 - n / p) + noise**2 * n / (p - n - 1)"
    ),
    "edge below": _risk(gap_below=2),
    "edge beyond": _risk(gap_beyond=2),
}
_NEAR = ("n - p", "n - p - 2", "p - n", "p - n - 2", "edge below", "edge beyond")


def _worst(p, sizes, signal, noise, risk=_risk()):  # noqa: B008
    return max(sorted(sizes), key=lambda n: risk(n, p, signal, noise))


def _peak(rng, kind):
    """A question about the peak; `kind` says which mistake it must bring to light."""
    while True:
        p = int(rng.integers(20, 200))
        offsets = rng.choice([-0.8, -0.5, -0.3, 0.4, 0.8, 1.5, 3.0], 4, replace=False)
        sizes = {max(4, int(p * (1 + offset))) for offset in offsets}
        if kind in _NEAR:
            sizes = {p + int(step) for step in rng.choice([-9, -5, -3, -2, 2, 3, 5, 9], 4, replace=False)}
        if kind.startswith("alone"):
            sizes |= {p + int(kind.split()[-1])}
        if kind == "several at the peak":
            sizes |= {p - 1, p, p + 1}
        sizes = [int(n) for n in rng.permutation(sorted(sizes))]
        signal, noise = round(float(rng.uniform(0.5, 30)), 1), round(float(rng.uniform(0.1, 2)), 1)
        if kind in ("edge below", "edge beyond", "n - p", "p - n", "n - p - 2", "p - n - 2"):
            signal = round(
                float(rng.uniform(1, 60)) * noise * p / 4, 1
            )  # so that either side of the peak may be worse
        if kind == "several at the peak" and max(sizes, key=lambda n: _risk()(n, p, signal, noise)) == p - 1:
            continue  # the first infinite one of the list would be the smallest
        if kind not in _SLIPS or _worst(p, sizes, signal, noise, _SLIPS[kind]) != _worst(
            p, sizes, signal, noise
        ):
            return {"p": p, "sizes": sizes, "signal": signal, "noise": noise}


_PEAKS = ("anywhere", "alone -1", "alone 0", "alone 1", "several at the peak", *_SLIPS)


peak = Question(
    "02.peak",
    title="The peak",
    objective="Know where a model without a penalty is worst, and that more rows can make it worse.",
    points=1,
    answer="worst_rows",
    probe="answer(p, sizes, signal, noise)",
    visible=[
        Case({"p": 100, "sizes": [400, 50, 100, 200], "signal": 4.0, "noise": 1.0}, "through the peak"),
        Case({"p": 100, "sizes": [20, 60, 150, 400], "signal": 25.0, "noise": 0.1}, "strong signal"),
        Case(
            {"p": 100, "sizes": [101, 80, 100, 150, 99], "signal": 4.0, "noise": 1.0}, "three infinite ones"
        ),
        Case({"p": 100, "sizes": [130, 90, 20], "signal": 3.0, "noise": 0.6}, "three finite ones"),
        Case(_peak(np.random.default_rng(62), "edge below"), "just above the peak"),
        Case(_peak(np.random.default_rng(63), "edge beyond"), "just below the peak"),
        Case(_peak(np.random.default_rng(64), "n - p"), "around the peak"),
        Case(_peak(np.random.default_rng(65), "p - n"), "around the peak, another one"),
        Case(_peak(np.random.default_rng(66), "no factor p"), "far from the peak"),
    ],
    hidden=lambda rng: [Case(_peak(rng, kind)) for kind in _PEAKS],
    tolerance=Tolerance(0, 0, "a number of rows"),
    hints=[
        "Write a small function `risk(n)` with the three branches, then take the size with the largest value.",
        "`max(sorted(sizes), key=risk)` returns the first of several equal maxima.",
        "Mind which is which: here p is fixed and n varies. With n < p - 1 the second formula holds.",
    ],
    properties=[
        Property(
            "got in sizes",
            "Return one of the `sizes`, a number of rows: neither a risk nor a position nor another number.",
        ),
        Property(
            "not any(abs(n - p) <= 1 for n in sizes) or abs(got - p) <= 1",
            "Some size here has *infinite* risk: p, and p − 1 and p + 1 as well. Nothing is worse than that.",
        ),
        Property(
            "not any(abs(n - p) <= 1 for n in sizes) or got == min(n for n in sizes if abs(n - p) <= 1)",
            "Several sizes have infinite risk, p − 1 and p + 1 among them, and yours is not the smallest of them.",
        ),
        Property(
            "not (got > p and max(sorted(sizes), key=(lambda n: noise * p / (n - p - 1) if p < n - 1 else signal * (1 - n / p) + noise * n / (p - n - 1) if p > n + 1 else np.inf)) < p)",
            "Your size lies above p, with fewer features than rows; a size *below* p has a larger mean excess risk here. Which formula holds there, and does it have both terms?",
        ),
        Property(
            "not (got < p and max(sorted(sizes), key=(lambda n: noise * p / (n - p - 1) if p < n - 1 else signal * (1 - n / p) + noise * n / (p - n - 1) if p > n + 1 else np.inf)) > p)",
            "Your size lies below p; a size *above* p has a larger mean excess risk here. Which formula holds there, and is n − p − 1 in its denominator?",
        ),
        Property(
            "got == max(sorted(sizes), key=(lambda n: noise * p / (n - p - 1) if p < n - 1 else signal * (1 - n / p) + noise * n / (p - n - 1) if p > n + 1 else np.inf))",
            "The worst size is on your side of the peak, but it is another one. Compute the risk of each size from the formulas: the nearest to the peak, or the farthest, is not always the worst.",
        ),
    ],
    passed="Buying rows can move a model without a penalty *into* the peak. With a tuned penalty it cannot.",
)


@peak.wrong(
    "always the fewest rows",
    why="More data never hurts.",
    message="You always choose the smallest training set ({got} rows). Without a penalty that is often not the worst: near n = p it explodes.",
)
def worst_rows(p, sizes, signal, noise):
    return min(sizes)


@peak.wrong(
    "always the nearest to p",
    why="The worst is the peak.",
    message="You choose the size nearest to the peak ({got}). Look at the strong signal: with far fewer rows than features a large part of the signal is missed, and that can be worse.",
)
def worst_rows(p, sizes, signal, noise):
    return min(sorted(sizes), key=lambda n: abs(n - p))


@peak.wrong(
    "n and p exchanged",
    why="Both formulas have an n and a p.",
    message="You get {got}: it looks as if n and p changed places. Here the number of features is fixed and the rows vary.",
)
def worst_rows(p, sizes, signal, noise):
    def risk(n):
        if n < p - 1:
            return noise * n / (p - n - 1)
        if n > p + 1:
            return signal * (1 - p / n) + noise * p / (n - p - 1)
        return np.inf

    return max(sorted(sizes), key=risk)


@peak.wrong(
    "the first branch only",
    why="It is the textbook's formula.",
    message="You use the formula for fewer features than rows everywhere. Beyond the peak it is negative or meaningless; the second formula holds there.",
)
def worst_rows(p, sizes, signal, noise):
    return max(sorted(sizes), key=lambda n: noise * p / (n - p - 1) if n != p + 1 else np.inf)


@peak.wrong(
    "the best instead of the worst",
    why="One usually looks for the least risk.",
    message="You return {got}, the size with the *least* risk; the question asks for the worst.",
)
def worst_rows(p, sizes, signal, noise):
    def risk(n):
        if p < n - 1:
            return noise * p / (n - p - 1)
        if p > n + 1:
            return signal * (1 - n / p) + noise * n / (p - n - 1)
        return np.inf

    return min(sorted(sizes), key=risk)


@peak.wrong(
    "the position instead of the number of rows",
    why="`argmax` returns a position.",
    message="You return {got}, a position in the list. The number of rows that stands there is asked for.",
)
def worst_rows(p, sizes, signal, noise):
    def risk(n):
        if p < n - 1:
            return noise * p / (n - p - 1)
        if p > n + 1:
            return signal * (1 - n / p) + noise * n / (p - n - 1)
        return np.inf

    return int(np.argmax([risk(n) for n in sizes]))


@peak.wrong(
    "the first infinite one of the list",
    why="`max` and `argmax` return the first of several equal values.",
    message="Several sizes have infinite risk, and you return the one that stands first in the list ({got}). The *smallest* of them is asked for; the list is in no order.",
)
def worst_rows(p, sizes, signal, noise):
    def risk(n):
        if p < n - 1:
            return noise * p / (n - p - 1)
        if p > n + 1:
            return signal * (1 - n / p) + noise * n / (p - n - 1)
        return np.inf

    return max(sizes, key=risk)


@peak.wrong(
    "leaves out what is missed of the signal",
    why="The noise makes the peak.",
    message="You return {got}: only the part with the noise counts in your risk. Beyond the peak the model also misses the share 1 - n/p of the signal.",
)
def worst_rows(p, sizes, signal, noise):
    def risk(n):
        if p < n - 1:
            return noise * p / (n - p - 1)
        if p > n + 1:
            return noise * n / (p - n - 1)
        return np.inf

    return max(sorted(sizes), key=risk)


@peak.wrong(
    "squares what is squared already",
    why="The formulas have squares.",
    message="You return {got}: it looks as if you square `signal` and `noise`. They are $r^2$ and $s^2$ already, a squared length and a variance.",
)
def worst_rows(p, sizes, signal, noise):
    def risk(n):
        if p < n - 1:
            return noise**2 * p / (n - p - 1)
        if p > n + 1:
            return signal**2 * (1 - n / p) + noise**2 * n / (p - n - 1)
        return np.inf

    return max(sorted(sizes), key=risk)


@peak.right("arrays")
def worst_rows(p, sizes, signal, noise):
    n = np.sort(np.array(sizes, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        below = noise * p / (n - p - 1)
        beyond = signal * (1 - n / p) + noise * n / (p - n - 1)
    risk = np.select([n > p + 1, n < p - 1], [below, beyond], np.inf)
    return int(n[risk.argmax()])


@peak.right("a loop")
def worst_rows(p, sizes, signal, noise):
    worst, most = None, -1.0
    for n in sorted(sizes):
        if abs(n - p) <= 1:
            risk = float("inf")
        elif n > p:
            risk = noise * p / (n - p - 1)
        else:
            risk = signal * (1 - n / p) + noise * n / (p - n - 1)
        if risk > most:
            worst, most = n, risk
    return worst


# -------------------------------------------------------------------------------------------------------------- merge


# thousand euros a month: maintaining a change, and many more seeds
_MAINTENANCE, _MORE_SEEDS = 1.0, 0.3


def _average_costs(mean, standard_error):
    """What each decision costs on average over the true effects that the seeds leave possible."""
    center = mean + _MAINTENANCE
    cheaper = center * norm.cdf(-center / standard_error) - standard_error * norm.pdf(center / standard_error)
    return {"merge": float(center), "drop": 0.0, "run more": float(cheaper) + _MORE_SEEDS}


def _changes(rng, count):
    """Means that lie near and far from the limit, whatever the scatter, so that distance, scatter, number and price all matter.

    The mean is drawn and the seeds are moved to it: nothing is known of a true effect but what its seeds say.
    """
    changes, costs = [], []
    for _ in range(count):
        distance = float(np.exp(rng.uniform(*np.log((0.1, 12))))) * rng.choice([-1, 1])
        luck = float(np.exp(rng.uniform(*np.log((0.5, 20)))))
        seeds = int(rng.integers(5, 11) if rng.random() < 0.5 else rng.integers(60, 101))
        scatter = rng.normal(0, luck, seeds)
        differences = (distance - _MAINTENANCE + scatter - scatter.mean()).round(2)
        changes.append([float(d) for d in differences])
        costs.append(_average_costs(np.mean(differences), luck / np.sqrt(seeds)))
    return Case({"changes": changes}, f"{count} changes", {"costs": costs})


merge_question = Question(
    "02.merge",
    title="Merge it?",
    objective="Decide about a change under stated costs, from its effect and its uncertainty.",
    points=3,
    answer="merge",
    probe="[answer(differences) for differences in changes]",
    judge="policy",
    # Relative regret on 25 sets of 2,000 changes: rules that weigh the standard error against the price 0.01 to 0.071; the nearest wrong ones: as if there
    # were ten seeds each time 0.12 and more, the standard error alone 0.12 and more, one standard error whatever seeds cost 0.13 and
    # more. Costs are averages given the evidence, so that luck does not judge; what past changes did counted before, and leaving it out cost nothing.
    parameters={"credit": [[0.085, 1.0], [0.1, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_changes(np.random.default_rng(57), 250)],
    hidden=lambda rng: [_changes(rng, 2000)],
    hints=[
        "Merging costs the true effect plus 1. So the effect has to be below -1 before it pays at all: compare with -1, not with 0.",
        "How sure are you? Standard error of the mean, `np.std(d, ddof=1) / np.sqrt(len(d))`. Where the mean is near -1, compared with that, the answer is open; but seeds pay only where a wrong guess costs more than 0.3.",
        "What would a wrong guess cost? About its chance, `norm.sf(abs(mean + 1) / se)`, times its size, about `se`. Buy seeds where that is more than 0.3.",
    ],
    passed="Your decisions cost little more than the cheapest possible ones on this evidence, the price of seeds included: you look closer where the mean leaves the answer open and a mistake is expensive.",
)


@merge_question.wrong(
    "the sign of the mean",
    why="It lowers the cost, so merge it.",
    message="You merge whatever has a negative mean. A mean of -0.5 does not pay for maintenance, and with few seeds the sign may be luck: how sure are you?",
)
def merge(differences):
    return "merge" if np.mean(differences) < 0 else "drop"


@merge_question.wrong(
    "never buys seeds",
    why="The mean is the best guess of the effect, so compare it with the cost.",
    message="You merge where the effect seems to pay for its maintenance and drop elsewhere: you never buy seeds. Near the limit and with a large standard error that is a guess, and a wrong guess costs more than 0.3. When is the answer open?",
)
def merge(differences):
    return "merge" if np.mean(differences) < -1.0 else "drop"


@merge_question.wrong(
    "shrinks the mean, without the third choice",
    why="Shrinking towards no effect is the careful estimate.",
    message="You choose between merge and drop only. For 0.3 you could look: what would the cheaper of the two cost on average *after* looking? However carefully the mean is estimated, the third decision is missing.",
)
def merge(differences):
    variance = np.var(differences, ddof=1) / len(differences)
    return "merge" if np.mean(differences) * 3**2 / (3**2 + variance) < -1.0 else "drop"


def _window(width, words):
    merge_question.wrong(
        f"seeds within {width:g} of the limit, however much they scatter",
        why="Near the limit the answer is open.",
        message=f"You buy seeds {words} of -1, whatever the seeds of this change say of themselves. With a standard error of 0.1 a mean of -1.4 needs no more seeds; with one of 5 a mean of -6 says next to nothing, and there you decide without looking. How far is 'near', measured in what?",
        code=f"def merge(differences):\n    mean = np.mean(differences)\n    if abs(mean + 1) < {width}:\n        return 'run more'\n    return 'merge' if mean < -1 else 'drop'\n",
    )


_window(0.5, "where the mean lies within about a half")
_window(0.75, "where the mean lies within about three quarters")
_window(1, "where the mean lies within about 1")
_window(1.25, "where the mean lies within about one and a quarter")


def _standard_errors(name, why, message, condition):
    merge_question.wrong(
        name,
        why=why,
        message=message,
        code=f"""
        def merge(differences):
            mean, se = np.mean(differences), np.std(differences, ddof=1) / np.sqrt(len(differences))
            if {condition}:
                return "run more"
            return "merge" if mean < -1 else "drop"
        """,
    )


_standard_errors(
    "two standard errors from the limit, whatever seeds cost",
    "An interval that includes the limit leaves the question open.",
    "You buy seeds wherever the limit is within about *two* standard errors. Often that is not worth 0.3: with a standard error of 0.3 a wrong guess costs about 0.3, and it is a rare one. What do you lose on average if you decide now?",
    "abs(mean + 1) < 2 * se",
)
_standard_errors(
    "three standard errors from the limit",
    "One can never be too sure.",
    "You decide only where the mean is *three* standard errors from the limit. There a mistake is one in seven hundred, and you pay 0.3 each time in order to avoid it.",
    "abs(mean + 1) < 3 * se",
)
_standard_errors(
    "one standard error from the limit, whatever seeds cost",
    "Within one standard error the answer is open.",
    "You buy seeds wherever the limit is within about *one* standard error, or a good part of one, and never look at the price. With a standard error of 0.2 the answer may be open, but a wrong guess costs hardly anything. What do you lose on average if you decide now, and is it more than seeds cost?",
    "abs(mean + 1) < se",
)
_standard_errors(
    "a large standard error means more seeds",
    "What scatters much is not known.",
    "You buy seeds wherever the standard error is large, wherever the mean lies. A mean of -12 with a standard error of 2 is clear: merge. How far is the mean from -1, in standard errors?",
    "se > 1",
)
_standard_errors(
    "a very large standard error means more seeds",
    "What scatters very much is not known.",
    "You let the standard error alone decide, wherever the mean lies. With a standard error of 1 and a mean of -1.2 the answer is open, and you guess; with one of 3 and a mean of -12 it is clear, and you pay.",
    "se > 2",
)
_standard_errors(
    "seeds that scatter much mean more seeds",
    "The scatter of the seeds is what one sees.",
    "You look at how much single seeds scatter and not at how many there are, nor at the mean. The standard error tells how sure you are, its distance from -1 whether you need to be surer.",
    "np.std(differences, ddof=1) > 3",
)
_standard_errors(
    "few seeds mean more seeds",
    "Five are not enough for anything.",
    "You buy seeds where there are few. Six seeds that agree may be enough, and twenty that scatter may not: what matters is the standard error, compared with the distance from -1.",
    "len(differences) < 10",
)


def _another_error(name, why, message, error):
    merge_question.wrong(
        name,
        why=why,
        message=message,
        code=f"""
        def merge(differences):
            d = np.asarray(differences)
            mean, se = d.mean(), {error}
            distance = abs(mean + 1) / se
            loss = se * (norm.pdf(distance) - distance * norm.sf(distance))
            return "run more" if loss > 0.3 else "merge" if mean < -1 else "drop"
        """,
    )


_another_error(
    "the scatter of one seed as the error of the mean",
    "The standard deviation says how uncertain it is.",
    "You take the scatter of *single* seeds for the uncertainty of their mean, so you buy seeds for changes that are clear. How sure is a mean of 50 seeds whose single values scatter by 3?",
    "d.std(ddof=1)",
)
_another_error(
    "as if there were ten seeds each time",
    "The scatter differs, and the number of seeds will not matter much.",
    "You weigh scatter and price, but as if every change had about the same number of seeds. Here some have a few and some have many times as many: what does that do to the standard error?",
    "d.std(ddof=1) / np.sqrt(10)",
)


@merge_question.wrong(
    "two standard errors from zero",
    why="An effect is either different from zero or it is not.",
    message="You ask whether the effect differs from *zero*. It has to pay for its maintenance: a clear effect of -0.5 is not worth merging, and an unclear one near 0 is not worth more seeds. Which limit decides?",
)
def merge(differences):
    t = np.mean(differences) / (np.std(differences, ddof=1) / np.sqrt(len(differences)))
    return "merge" if t < -2 else "drop" if t > 2 else "run more"


@merge_question.wrong(
    "one standard error from zero",
    why="The sign is what matters, and one standard error says how sure it is.",
    message="You merge what is clearly below *zero* and buy seeds around zero. But merging pays only below -1: you merge small savings that do not pay for their maintenance, and buy seeds for changes that are not worth it either way.",
)
def merge(differences):
    t = np.mean(differences) / (np.std(differences, ddof=1) / np.sqrt(len(differences)))
    return "merge" if t < -1 else "drop" if t > 1 else "run more"


@merge_question.wrong(
    "always more seeds",
    why="More evidence cannot be wrong.",
    message="You always buy more seeds. It never goes badly wrong, but many of these changes are clear already, and you pay for an answer that you have.",
)
def merge(differences):
    return "run more"


@merge_question.wrong(
    "always drop",
    why="The baseline is known to work.",
    message="You drop everything. About half of these changes would have saved more than their maintenance costs, some of them a lot.",
)
def merge(differences):
    return "drop"


@merge_question.wrong(
    "always merge",
    why="Somebody worked on it.",
    message="You merge everything. Most of these changes cost more than they bring, once they have to be maintained.",
)
def merge(differences):
    return "merge"


@merge_question.wrong(
    "significant at 5% or dropped",
    why="It is what one learnt about tests.",
    message="You merge only what is significantly below zero and drop the rest. With few seeds a large saving is often not significant; for 0.3 you could have known.",
)
def merge(differences):
    d = np.asarray(differences)
    t = d.mean() / (d.std(ddof=1) / np.sqrt(len(d)))
    return "merge" if t < -2 else "drop"


@merge_question.wrong(
    "more seeds unless very significant",
    why="Not significant means that one does not know.",
    message="You buy more seeds for nearly every change: you stop only where the effect is many standard errors from zero. A change that is clearly *near zero* needs no more seeds: it does not pay for its maintenance. Compare with -1, not with 0.",
)
def merge(differences):
    d = np.asarray(differences)
    t = d.mean() / (d.std(ddof=1) / np.sqrt(len(d)))
    return "merge" if t < -6 else "drop" if t > 6 else "run more"


@merge_question.wrong(
    "maintenance forgotten",
    why="The true effect is what was measured.",
    message="You weigh the evidence, and draw the line at 0. A merged change also costs 1 for maintaining it: it must save more than that.",
)
def merge(differences):
    d = np.asarray(differences, dtype=float)
    mean, spread = d.mean(), d.std(ddof=1) / np.sqrt(len(d))
    z = mean / spread
    costs = {
        "merge": mean,
        "drop": 0.0,
        "run more": 0.3 + mean * norm.cdf(-z) - spread * norm.pdf(z),
    }
    return min(costs, key=costs.get)


@merge_question.right("one standard error, and no seeds where a mistake costs little")
def merge(differences):
    d = pd.Series(differences)
    if d.sem() > 0.6 and abs(d.mean() + 1) < d.sem():
        return "run more"
    return "merge" if d.mean() < -1 else "drop"


@merge_question.right("chance of a mistake times its size, against the price")
def merge(differences):
    mean, se = np.mean(differences), np.std(differences, ddof=1) / np.sqrt(len(differences))
    if se * norm.sf(abs(mean + 1) / se) > 0.3:
        return "run more"
    return "merge" if mean < -1 else "drop"


@merge_question.right("expected loss of deciding now")
def merge(differences):
    mean, se = np.mean(differences), np.std(differences, ddof=1) / len(differences) ** 0.5
    distance = abs(mean + 1) / se
    loss = se * (norm.pdf(distance) - distance * norm.sf(distance))
    return "run more" if loss > 0.3 else "merge" if mean < -1 else "drop"


@merge_question.right("expected loss from simulation")
def merge(differences):
    d = np.asarray(differences)
    noise = np.random.default_rng(0).normal(size=1000)
    cost_of_merging = d.mean() + d.std(ddof=1) / np.sqrt(len(d)) * noise + 1.0
    costs = {
        "merge": cost_of_merging.mean(),
        "drop": 0.0,
        "run more": np.minimum(cost_of_merging, 0).mean() + 0.3,
    }
    return min(costs, key=costs.get)


# ---------------------------------------------------------------------------------------------------------- next_step


def _rounded(value):
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _models(rng, count):
    cases = make_clear_cases(rng, count)
    return Case(
        {"models": [_rounded(case.evidence) for case in cases]},
        f"{count} models",
        {"costs": [case.cost for case in cases]},
    )


next_step_question = Question(
    "02.next_step",
    title="Which remedy next?",
    objective="Choose a remedy from evidence, by what it promises against its price.",
    points=4,
    answer="next_step",
    probe="[answer(evidence) for evidence in models]",
    judge="policy",
    # Relative regret on 99% of sets of 160 models: the rules here and right answers of people who never saw the cases 0.00 to 0.11; no
    # ridge 0.11 to 0.25, the mean of the step curve 0.14 to 0.27, no step curve 0.23 to 0.35, no gap 0.15 to 0.24, never a sensor 0.14 to
    # 0.21, never fewer features 0.16 to 0.24, no residuals 0.21 to 0.41, no noise floor 0.15 to 0.32, the prices of the lesson 0.23 and
    # more. In cases that are not picked (72 of `make_scored_cases`) the ridge, the gap and the step curve could be left out at 0.11 to
    # 0.24, where right rules had 0.04 to 0.23.
    parameters={"credit": [[0.12, 1.0], [0.14, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_models(np.random.default_rng(210), 64)],
    hidden=lambda rng: [_models(rng, 160)],
    hints=[
        "Begin with the two easy ones: does the step curve or the capacity curve show a lower validation error than the model has now? The difference is what stopping or simplifying promises.",
        "What is left to win: validation error minus label noise. A residual correlation well above 0 says that capacity wins it; no pattern and a small gap say that an input is missing.",
        "A wide gap in a model with next to no ridge: regularise, it wins about half of the gap. With a ridge already in place: more rows win roughly a quarter of the gap.",
        "Then subtract `evidence['prices'][remedy]` from each promise and take the largest. `leave alone` promises nothing and costs nothing.",
    ],
    passed="On these models your remedies come close to the cheapest ones, counted with their prices.",
)


@next_step_question.wrong(
    "the largest promise, whatever it costs",
    why="First make it good; somebody else looks after the budget.",
    message="You take the remedy that promises most and leave its price out. A promise of 0.1 for a price of 0.5 is a loss: subtract `evidence['prices']` before you compare.",
)
def next_step(evidence):
    noise, validation, train = (evidence[name] for name in ("label_noise", "validation_error", "train_error"))
    gap = evidence["gap"]
    pattern = max(0.0, evidence["residual_correlation"]) * train
    promise = dict.fromkeys(REMEDIES, 0.0)
    if evidence["step_curve"]["steps"]:
        promise["stop earlier"] = validation - min(evidence["step_curve"]["validation"])
    promise["simplify"] = validation - evidence["capacity_curve"]["validation"][1]
    promise["add capacity"] = pattern
    if evidence["ridge"] < 0.02 and gap > 0.3 * validation:
        promise["regularise"] = 0.5 * gap
    promise["more data"] = 0.55 * min(gap / 2, validation - noise)
    if gap < 0.5 * validation:
        promise["better features"] = (validation + train) / 2 - noise - pattern - 0.1 * gap
    return max(REMEDIES, key=lambda remedy: promise[remedy])


@next_step_question.wrong(
    "the prices of the lesson",
    why="There is a table of prices in the lesson.",
    message="You weigh promises against the prices of the *lesson*. Here each model has its own, up to twenty times as high: `evidence['prices']`.",
)
def next_step(evidence):
    from holdout.topics.remedies.experiments import PRICES

    noise, validation, train = (evidence[name] for name in ("label_noise", "validation_error", "train_error"))
    gap = evidence["gap"]
    pattern = max(0.0, evidence["residual_correlation"]) * train
    promise = dict.fromkeys(REMEDIES, 0.0)
    if evidence["step_curve"]["steps"]:
        promise["stop earlier"] = validation - min(evidence["step_curve"]["validation"])
    promise["simplify"] = validation - evidence["capacity_curve"]["validation"][1]
    promise["add capacity"] = pattern
    if evidence["ridge"] < 0.02 and gap > 0.3 * validation:
        promise["regularise"] = 0.5 * gap
    promise["more data"] = 0.55 * min(gap / 2, validation - noise)
    if gap < 0.5 * validation:
        promise["better features"] = (validation + train) / 2 - noise - pattern - 0.1 * gap
    return max(REMEDIES, key=lambda remedy: promise[remedy] - PRICES[remedy])


@next_step_question.wrong(
    "the diagnosis without the price",
    why="The table of the lesson names a remedy for each kind of evidence.",
    message="You name the remedy that fits the diagnosis and never look at its price. At twenty times the price the fitting remedy may cost more than it brings; then another one, or none, is cheaper.",
)
def next_step(evidence):
    validation = evidence["validation_error"]
    steps = evidence["step_curve"]["validation"]
    if steps and validation - min(steps) > 0.03:
        return "stop earlier"
    if evidence["residual_correlation"] > 0.1:
        return "add capacity"
    if validation - evidence["label_noise"] < 0.12:
        return "leave alone"
    if evidence["gap"] > 0.4 * validation:
        if validation > evidence["capacity_curve"]["validation"][1]:
            return "simplify"
        return "regularise" if evidence["ridge"] < 0.02 else "more data"
    return "better features"


@next_step_question.wrong(
    "always more data",
    why="More data always helps.",
    message="You always buy rows. They halve the variance and do nothing for a model that cannot bend, that lacks an input, or that is at the floor; and they are the dearest remedy.",
)
def next_step(evidence):
    return "more data"


@next_step_question.wrong(
    "always regularise",
    why="Overfitting is what one has heard of.",
    message="You always regularise. That harms every model that misses structure, and those that are already regularised well.",
)
def next_step(evidence):
    return "regularise"


@next_step_question.wrong(
    "the gap only",
    why="'Gap: regularise; no gap: more capacity' is the textbook's box.",
    message="You look at the gap only. A narrow gap may mean too simple, a missing input, or a model at the floor; a wide one too flexible, trained too long, or too few rows. Which entries tell these apart?",
)
def next_step(evidence):
    return "regularise" if evidence["gap"] > 0.1 * evidence["validation_error"] else "add capacity"


@next_step_question.wrong(
    "gap, then data",
    why="Data close gaps.",
    message="You answer every wide gap with more rows. They help, but stopping, simplifying or a penalty do the same for a tenth of the price where the step or capacity curve shows it. And without a gap: is there a pattern in the residuals at all?",
)
def next_step(evidence):
    return "more data" if evidence["gap"] > 0.1 * evidence["validation_error"] else "add capacity"


@next_step_question.wrong(
    "the learning curve only",
    why="It still falls, so buy rows.",
    message="You look at the slope of the learning curve only. It says that rows would help, not that rows help most for their price; and a flat curve high above the label noise is not a reason to leave the model alone.",
)
def next_step(evidence):
    curve = evidence["learning_curve"]["validation"]
    return "more data" if curve[-2] - curve[-1] > 0.05 else "leave alone"


@next_step_question.wrong(
    "always leave alone",
    why="It works somehow.",
    message="You leave every model alone. One in six of them is at its floor; the others can be improved by much more than a remedy costs.",
)
def next_step(evidence):
    return "leave alone"


@next_step_question.wrong(
    "the residuals are not looked at",
    why="An error that is high on the training rows, too, seems to call for another input.",
    message="You take every error on the training rows for a missing input: the residual correlation makes no difference to your choice. Where the residuals of neighbouring rows move together, the inputs are there and the model cannot bend to them; no sensor repairs that. What tells these two apart?",
)
def next_step(evidence):
    noise, validation, train = (evidence[name] for name in ("label_noise", "validation_error", "train_error"))
    gap = evidence["gap"]
    promise = dict.fromkeys(REMEDIES, 0.0)
    if evidence["step_curve"]["steps"]:
        promise["stop earlier"] = validation - min(evidence["step_curve"]["validation"])
    promise["simplify"] = validation - evidence["capacity_curve"]["validation"][1]
    if evidence["ridge"] < 0.02 and gap > 0.3 * validation:
        promise["regularise"] = 0.5 * gap
    promise["more data"] = 0.55 * min(gap / 2, validation - noise)
    if gap < 0.5 * validation:
        promise["better features"] = (validation + train) / 2 - noise - 0.1 * gap
    return max(REMEDIES, key=lambda remedy: promise[remedy] - evidence["prices"][remedy])


@next_step_question.wrong(
    "a pattern in the residuals as a missing input",
    why="A pattern that the model does not have must be an input that it does not have.",
    message="You take a pattern in the residuals for a missing input. Neighbouring rows have nearly equal inputs: where their residuals move together, the inputs are there, and it is the model that cannot bend to them. A missing input leaves residuals without a pattern, far above `label_noise`.",
)
def next_step(evidence):
    noise, validation, train = (evidence[name] for name in ("label_noise", "validation_error", "train_error"))
    gap = evidence["gap"]
    pattern = max(0.0, evidence["residual_correlation"]) * train
    promise = dict.fromkeys(REMEDIES, 0.0)
    if evidence["step_curve"]["steps"]:
        promise["stop earlier"] = validation - min(evidence["step_curve"]["validation"])
    capacity = evidence["capacity_curve"]["validation"]
    promise["simplify"] = validation - capacity[1]
    promise["add capacity"] = 0.5 * (capacity[1] - capacity[2])
    if evidence["ridge"] < 0.02 and gap > 0.3 * validation:
        promise["regularise"] = 0.5 * gap
    promise["more data"] = 0.55 * min(gap / 2, validation - noise)
    promise["better features"] = pattern
    return max(REMEDIES, key=lambda remedy: promise[remedy] - evidence["prices"][remedy])


@next_step_question.wrong(
    "no noise floor",
    why="The whole error looks like something that can be won.",
    message="You count the whole error as something that a remedy can win. `label_noise` of it stays whatever you buy: two labels of the same row differ by that much. How much is left to win once you take it off?",
)
def next_step(evidence):
    noise, validation, train = 0.0, evidence["validation_error"], evidence["train_error"]
    gap = evidence["gap"]
    pattern = max(0.0, evidence["residual_correlation"]) * train
    promise = dict.fromkeys(REMEDIES, 0.0)
    if evidence["step_curve"]["steps"]:
        promise["stop earlier"] = validation - min(evidence["step_curve"]["validation"])
    promise["simplify"] = validation - evidence["capacity_curve"]["validation"][1]
    promise["add capacity"] = pattern
    if evidence["ridge"] < 0.02 and gap > 0.3 * validation:
        promise["regularise"] = 0.5 * gap
    promise["more data"] = 0.55 * min(gap / 2, validation - noise)
    if gap < 0.5 * validation:
        promise["better features"] = (validation + train) / 2 - noise - pattern - 0.1 * gap
    return max(REMEDIES, key=lambda remedy: promise[remedy] - evidence["prices"][remedy])


@next_step_question.right("the penalty's effect computed from rows and features")
def next_step(evidence):
    e = evidence
    # a model that is worse than predicting the mean is replaced by it, so that a larger error costs no more
    train, validation, floor = e["train_error"], min(e["validation_error"], 2.0), e["label_noise"]
    variance = max(validation - train, 0.0) / 2
    bias = max(0.4 * validation + 0.6 * train - floor, 0.0)
    pattern = float(np.clip((e["residual_correlation"] - 2 * e["residual_correlation_se"]) / 0.2, 0, 1))
    risk = dict.fromkeys(e["prices"], validation)
    risk["simplify"] = e["capacity_curve"]["validation"][1]
    if pattern > 0:
        risk["add capacity"] = validation + variance - min(0.8 * pattern, 1) * bias
    else:
        risk["add capacity"] = validation + variance - 0.2 * max(risk["simplify"] - validation, 0.0)
    risk["better features"] = validation - 0.95 * bias * (1 - pattern)
    rows = e["learning_curve"]["validation"]
    risk["more data"] = validation - min(0.5 * max(rows[1] - rows[2], 0.0) + 0.25 * variance, variance)
    if e["step_curve"]["steps"]:
        risk["stop earlier"] = min(validation, *e["step_curve"]["validation"])
    else:
        X = np.random.default_rng(0).normal(size=(int(e["rows"]), int(e["features"])))
        spectrum = np.linalg.eigvalsh(X.T @ X / len(X)).clip(1e-9)
        noise = floor + bias * (1 - pattern)

        def excess(penalty):
            shrunken = spectrum / (spectrum + penalty)
            return noise / len(X) * np.sum(shrunken**2 / spectrum) + np.mean((1 - shrunken) ** 2)

        ratio = min(excess(max(10 * e["ridge"], 0.25)) / excess(max(e["ridge"], 1e-9)), 2.0)
        risk["regularise"] = validation - max(validation - noise, 0.0) * (1 - ratio)
    return min(risk, key=lambda remedy: risk[remedy] + e["prices"][remedy])


@next_step_question.right("a diagnosis, then the price")
def next_step(evidence):
    validation, train, noise = evidence["validation_error"], evidence["train_error"], evidence["label_noise"]
    steps, capacity = evidence["step_curve"]["validation"], evidence["capacity_curve"]["validation"]
    by_stopping = validation - min(steps) if steps else 0.0
    by_simplifying = validation - capacity[1]
    wins = {"leave alone": 0.0}
    if max(by_stopping, by_simplifying) > 0.1 and evidence["ridge"] < 0.02:
        wins |= {"stop earlier": by_stopping, "simplify": by_simplifying}
        wins |= {"regularise": 0.5 * evidence["gap"], "more data": 0.27 * evidence["gap"]}
    elif evidence["residual_correlation"] > 0.12:
        wins["add capacity"] = 0.8 * (validation - noise)
    elif evidence["gap"] > 0.45 * validation:
        if evidence["ridge"] < 0.02:
            wins["regularise"] = 0.5 * evidence["gap"]
        else:
            wins["more data"] = 0.3 * evidence["gap"]
    else:
        wins["better features"] = (validation + train) / 2 - noise
    return max(wins, key=lambda remedy: wins[remedy] - evidence["prices"][remedy])


@next_step_question.right("promises in a table")
def next_step(evidence):
    e = evidence
    pattern = max(0, e["residual_correlation"]) * e["train_error"]
    wide = e["gap"] > 0.4 * e["validation_error"]
    table = pd.Series(0.0, index=list(REMEDIES))
    table["add capacity"] = pattern
    table["simplify"] = e["validation_error"] - e["capacity_curve"]["validation"][1]
    table["stop earlier"] = e["validation_error"] - min(
        e["step_curve"]["validation"] or [e["validation_error"]]
    )
    table["regularise"] = 0.55 * e["gap"] if wide and e["ridge"] < 0.02 else 0.0
    table["more data"] = 0.27 * e["gap"]
    table["better features"] = (
        0.0 if wide else (e["validation_error"] + e["train_error"]) / 2 - e["label_noise"] - pattern - 0.01
    )
    return str((table - pd.Series(e["prices"])).idxmax())


# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "02.say_it",
    objective="Say what an ablation shows, what it does not, and what to do next.",
    right="c",
    wrong={
        "a": Misreading(
            "adds the effects",
            why="−4.8 and −0.8 make −5.6.",
            message="Effects of single changes do not add up when they interact, and one of these two was measured on another exam. The sum of a sound and an unsound number is unsound.",
        ),
        "b": Misreading(
            "not significant means no effect",
            why="The interval contains zero.",
            message="An interval that contains zero does not show that there is no effect: −2 is in it too. And it was measured on rows without missing values, so it does not even estimate the effect on all.",
        ),
        "d": Misreading(
            "more seeds until it shows",
            why="The standard error is too large.",
            message="More seeds make the *same unfair comparison* more certain. And running until an effect shows up finds one by luck sooner or later. First the same rows for both.",
        ),
    },
    hints=[
        "Two changes, two different validation sets. Which of the two effects can be compared with the baseline?",
        "Would more seeds repair that? And do effects add up?",
    ],
    passed="You kept what is shown, named what is not comparable, and said how to make it comparable.",
)
