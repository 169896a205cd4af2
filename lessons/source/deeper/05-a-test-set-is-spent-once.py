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
# # 05 · Deeper: attacks, filters, and a benchmark in the training text
#
# [Lesson 05](../05-a-test-set-is-spent-once.ipynb) showed what choosing costs. Here is how somebody can exploit a
# leaderboard, two ways to defend it, tuning on pure noise, and how to find out whether a language model has read its
# test. The last part prepares the exercise's questions about contamination. About 45 minutes. All terms are in the
# [glossary](../glossary.ipynb).

# %%
import numpy as np
import pandas as pd

# %% jupyter={"source_hidden": true}
# isort: split
from scipy.special import ndtr

from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm import load as load_model
from holdout.lm import one_thread, open_book
from holdout.stats.folds import balanced_folds
from holdout.topics.test_reuse import figures as views
from holdout.topics.test_reuse.contamination import (
    contaminated_score,
    detection_scores,
    fine_tuned_exams,
    make_items,
    make_mixture,
    ngrams,
    overlap,
    overlaps,
    score_expected,
    sit_exam,
    sklearn_facts,
    smallest_visible_gap,
)
from holdout.topics.test_reuse.experiments import (
    boosting_attack,
    boosting_expected,
    climb,
    cross_validated_errors,
    expected_maximum,
    ladder,
    reuse_expected,
    reuse_summary,
    tuning_study,
)

style.use()


def mean_and_error(values):
    """Mean and two standard errors of independent studies."""
    return np.mean(values), 2 * np.std(values, ddof=1) / np.sqrt(len(values))


# %% [markdown]
# ## An attack, and a board that says less
#
# Somebody plays to win: submit *k* coin flips, keep those that the board puts above one half, submit their *majority*.
# On the public rows each kept coin is better than one half by 0.4/√*n* on average, because only its good luck was kept. The
# majority of *k*/2 such coins adds these small advantages up, and reaches the public accuracy Φ(√(*k*/(π*n*))), where Φ is
# the normal distribution function. Blum and Hardt (2015) describe the attack and a defence, the **Ladder**: the board shows a
# new error only if it is lower than the one shown by more than a step, rounded to a multiple of the step.

# %%
losses = np.array([0.50, 0.495, 0.47, 0.465, 0.43, 0.44, 0.30])
pd.DataFrame(
    {"error": losses, "plain board": losses, "Ladder, step 0.02": ladder(losses, 0.02).round(2)},
    index=pd.Index(range(1, 8), name="submission"),
)

# %% [markdown]
# Rounding can make the board show an error that is half a step too low, as for the third submission.
#
# **Find out** how small a step takes most of the attack's gain away. What does a smaller public set change?

# %% jupyter={"source_hidden": true}
SUBMISSIONS = np.arange(50, 501, 50)
attack_stage = Stage(
    alt="Accuracy of the attack's majority against the number of submissions: public on a plain board, public on a Ladder, and private",
    title="500 coin flips: public {plain:.1%}, through a Ladder {careful:.1%}, private {private:.1%}",
    readout="{public_rows:,} public rows, 500 coin flips: public accuracy {plain:.1%} on a plain board, {careful:.1%} on a Ladder with step {ladder_step:.3f}; private {private:.1%}. The grey band is the formula.",
    size=(7.6, 4),
)


@attack_stage.live(
    public_rows=[500, 1000, 2000, 4000],
    ladder_step=(0.001, 0.05, 0.001),
    start={"public_rows": 4000, "ladder_step": 0.01},
)
def attack(public_rows, ladder_step):
    board = climb(SUBMISSIONS, public_rows, np.random.default_rng(22))
    careful = climb(SUBMISSIONS, public_rows, np.random.default_rng(22), ladder_step=ladder_step)
    formula = ndtr(np.sqrt(SUBMISSIONS / (np.pi * public_rows)))
    views.draw_attack(attack_stage.ax, SUBMISSIONS, formula, board, careful)
    return {"plain": board.public[-1], "careful": careful.public[-1], "private": board.private[-1]}


attack

# %% jupyter={"source_hidden": true}
attacks = [boosting_attack(500, 4000, np.random.default_rng([23, seed])) for seed in range(100)]
formula = boosting_expected(500, 4000).value
public, public_error = mean_and_error([a.public for a in attacks])
private, private_error = mean_and_error([a.private for a in attacks])
STEPS = (0.001, 0.008, 0.02, 0.03, 0.05)
through = {
    step: [boosting_attack(500, 4000, np.random.default_rng([22, seed]), ladder_step=step) for seed in range(100)]
    for step in STEPS
}  # fmt: skip
left = {step: mean_and_error([a.public - 0.5 for a in runs]) for step, runs in through.items()}
records = {
    step: np.mean([np.sum(np.diff(a.best_shown, prepend=0.5) > 0) for a in runs])
    for step, runs in through.items()
}
luckiest = expected_maximum(500) * 0.5 / np.sqrt(4000)
assert abs(public - formula) < 4 * boosting_expected(500, 4000).standard_error / np.sqrt(100)
assert abs(private - 0.5) < 4 * 0.5 / np.sqrt(4000 * 100)
assert (
    records[0.001] > 4 > 3 > records[0.008] > 1.5 > records[0.02] > records[0.03] > 0.9 > records[0.05] == 0
)
assert np.isclose(ladder([0.5], 0.03)[0], 0.51) and left[0.03][0] > 3 * left[0.03][1]
assert (
    max(mean for mean, _ in left.values()) < 0.5 * (public - 0.5) and abs(left[0.05][0]) < 2 * left[0.05][1]
)
explain(
    """
    **What it means.** Over 100 attacks the public accuracy is {public:.1%} ± {public_error:.1%} (formula {formula:.1%}), the private one {private:.1%} ± {private_error:.1%} (two standard errors). What a Ladder leaves of the gain of {gain:.1f} points:

    | step | records kept | points left |
    |--:|--:|--:|
    | 0.001 | {records_1:.1f} | {left_1:.1f} ± {error_1:.1f} |
    | 0.008 (one standard error) | {records_2:.1f} | {left_2:.1f} ± {error_2:.1f} |
    | 0.02 | {records_3:.1f} | {left_3:.1f} ± {error_3:.1f} |
    | 0.03 | {records_4:.1f} | {left_4:.1f} ± {error_4:.1f} |
    | 0.05 | {records_5:.1f} | {left_5:.1f} ± {error_5:.1f} |

    This attacker does not know the Ladder; one who does can do better. The attack lives on the answer to each single coin flip, and a board that shows only records gives few answers. What is left is mostly the winner's curse: the luckiest of 500 coins lies {luckiest:.1f} points
    above one half, and it *is* a record. Five records still add up a little; of two, the weaker one dilutes the better. A single record is often not the luckiest coin. A step of 0.03 should hide that coin and does not: the board rounds the first error up to 0.51, and from there it is a record. A large step has a price: an honest competitor who improves by less than the step sees nothing.
    """,
    public=public,
    public_error=public_error,
    formula=formula,
    private=private,
    private_error=private_error,
    gain=100 * (public - 0.5),
    luckiest=100 * luckiest,
    **{f"left_{i}": 100 * left[step][0] for i, step in enumerate(STEPS, start=1)},
    **{f"error_{i}": 100 * left[step][1] for i, step in enumerate(STEPS, start=1)},
    **{f"records_{i}": records[step] for i, step in enumerate(STEPS, start=1)},
)  # fmt: skip

# %% [markdown]
# In your own team you are the board: report fewer digits, and only changes that matter.
#
# ## A holdout that helped to choose
#
# Dwork and others (2015) did what careful analysts do: keep the columns that correlate with the label in training *and
# are confirmed by the holdout*. 10,000 rows, 10,000 columns of noise. Here is the analyst on a tenth of the size (the
# ratio of columns kept to rows, which matters, is nearly the same):

# %%
rng, n = np.random.default_rng(24), 1000
X = {part: rng.standard_normal((n, n)) for part in ("training", "holdout", "fresh")}
y = {part: rng.choice([-1, 1], n) for part in X}
correlation = {part: X[part].T @ y[part] / n for part in ("training", "holdout")}

confirmed = correlation["training"] * correlation["holdout"] > 0
for part in ("training", "holdout"):
    confirmed &= np.abs(correlation[part]) > 1 / np.sqrt(n)
kept = np.flatnonzero(confirmed)
print(f"{len(kept)} columns kept")
signs = np.sign(correlation["training"][kept])
accuracies = {part: np.mean(np.sign(X[part][:, kept] @ signs) == y[part]) for part in X}
pd.Series(accuracies, name="accuracy").to_frame().round(3)

# %% [markdown]
# **Thresholdout** answers questions about the holdout through a filter: while training and holdout agree to within a
# threshold T (plus noise), it repeats the *training* answer. The analyst hears from the holdout itself only where the two disagree.
#
# **Find** how the reported score grows with the columns kept. Then switch Thresholdout on: what does it report for the
# finished classifier, and how good is that classifier?

# %% jupyter={"source_hidden": true}
import ipywidgets as widgets

assert reuse_expected(n, len(kept)).agrees(accuracies["holdout"])
assert abs(accuracies["fresh"] - 0.5) < 4 * 0.5 / np.sqrt(n)
reuse_stage = Stage(
    alt="Accuracy on training rows, on the reused holdout and on fresh rows; all columns are noise",
    title="The holdout reports {reported:.1%}; fresh rows say {fresh:.1%}",
    readout="{kept} columns kept, holdout used {how}: it reports {reported:.1%}, fresh rows say {fresh:.1%}.",
    size=(7.4, 3.8),
)


@reuse_stage.live(
    kept=[10, 50, 100, 200, 300, 500],
    thresholdout=widgets.Checkbox(value=False, indent=False),
    threshold=(0.01, 0.1, 0.01),
    start={"kept": 500, "threshold": 0.04},
)
def consult(kept, thresholdout, threshold):
    guard = (threshold, 0.01) if thresholdout else None
    study = reuse_summary(10_000, 10_000, kept, np.random.default_rng(25), thresholdout=guard)
    names = ["training", "holdout, as reported", "fresh rows"]
    values = [study.training, study.holdout, study.fresh]
    limits = (0, max(values) + 0.07)
    views.draw_scores(reuse_stage.ax, names, ["train", "leak", "test"], values, truth=0.5, limits=limits)
    how = f"through Thresholdout (T = {threshold:.2f})" if thresholdout else "directly (T is not in use)"
    return {"how": how, "reported": study.holdout, "fresh": study.fresh}


consult

# %% jupyter={"source_hidden": true}
studies = [reuse_summary(10_000, 10_000, 500, np.random.default_rng([26, seed])) for seed in range(40)]
guarded = [
    reuse_summary(10_000, 10_000, 500, np.random.default_rng([27, seed]), thresholdout=(0.04, 0.01))
    for seed in range(40)
]
measured = {
    "direct": mean_and_error([s.holdout for s in studies]),
    "fresh": mean_and_error([s.fresh for s in studies]),
    "through": mean_and_error([s.holdout for s in guarded]),
    "through_fresh": mean_and_error([s.fresh for s in guarded]),
}
assert all(reuse_expected(10_000, 500).agrees(study.holdout) for study in studies)
assert abs(measured["direct"][0] - 0.63) < 0.005 and 0.5 < measured["through"][0] < 0.52
explain(
    """
    **What it means.** The reported accuracy above one half grows roughly with the square root of the columns kept: {ten:.0%} for 10, {hundred:.0%} for 100, {all:.0%} for 500.

    | 500 columns kept, 40 studies | measured, ± two standard errors | published |
    |---|--:|--:|
    | holdout, used directly | {direct:.1%} ± {direct_error:.2%} | 63% |
    | fresh rows | {fresh:.1%} ± {fresh_error:.2%} | 50% |
    | holdout, through Thresholdout | {through:.1%} ± {through_error:.2%} | near 50% |

    The classifier behind Thresholdout is as worthless as before ({through_fresh:.1%} on fresh rows), and the report nearly says so: about nine tenths of the flattery are gone. These numbers are drawn from the exact distribution of the correlations; the same study with all
    300 million values is among the tests of this course.
    """,
    ten=reuse_expected(10_000, 10).value,
    hundred=reuse_expected(10_000, 100).value,
    all=reuse_expected(10_000, 500).value,
    direct=measured["direct"][0],
    direct_error=measured["direct"][1],
    fresh=measured["fresh"][0],
    fresh_error=measured["fresh"][1],
    through=measured["through"][0],
    through_error=measured["through"][1],
    through_fresh=measured["through_fresh"][0],
)

# %% [markdown]
# Is it this bad in practice? Often not. Roelofs and others (2019) compared public and final scores of more than a
# hundred Kaggle competitions and found little evidence of substantial overfitting. Recht and others (2019) built new test
# sets for CIFAR-10 and ImageNet: all models lost accuracy and nearly kept their order, which the authors read as a
# shift in the rows and not as the price of reuse. Engstrom and others (2020) found that the way these rows were selected was
# biased: of the 11.7 points lost on ImageNet, 3.6 ± 1.5 remain after a correction. Mania and others (2019) give one
# reason: models make similar mistakes. Whether your own board is safe you only know from rows that nobody has used.
#
# ## Choosing the setting, on noise
#
# 40 rows, 6,000 columns of noise; try 31 settings of a classifier (shrunken centroids) and report the smallest
# cross-validated error. **Turn the pages**: each is another data set without any signal. Do fewer columns make choosing a
# setting harmless?

# %% jupyter={"source_hidden": true}
SHRINKAGES, COLUMNS = np.linspace(0, 3, 31), [100, 1000, 6000]
label = np.arange(40) % 2


def one_data_set(columns, number):
    rng = np.random.default_rng([28, columns, number])
    X = rng.standard_normal((40, columns))
    return cross_validated_errors(X, label, balanced_folds(label, 10, rng), SHRINKAGES)


pages = {(columns, number): one_data_set(columns, number) for columns in COLUMNS for number in range(1, 11)}
tuning_stage = Stage(
    alt="Cross-validated error against the setting on a data set without signal; the minimum is marked",
    title="Data set {data_set}, {columns:,} columns of noise: the smallest error is {smallest:.0%}",
    readout="Data set {data_set}, {columns:,} columns: the smallest error is {smallest:.0%}. The truth is 50%.",
    size=(7.4, 3.8),
)


@tuning_stage.flipbook(data_set=(1, 10), columns=COLUMNS, start={"data_set": 1, "columns": 6000})
def report_the_minimum(data_set, columns):
    errors = pages[columns, data_set]
    views.draw_tuning(tuning_stage.ax, SHRINKAGES, errors)
    return {"smallest": errors.min()}


report_the_minimum

# %% jupyter={"source_hidden": true}
tuned = tuning_study(40, 6000, SHRINKAGES, 60, np.random.default_rng(29), nested=False)
nested = tuning_study(40, 6000, SHRINKAGES, 10, np.random.default_rng(30))
below = np.mean(tuned.reported < 0.30)
smallest = {columns: mean_and_error([pages[columns, i].min() for i in range(1, 11)]) for columns in COLUMNS}
nested_mean, nested_error = mean_and_error(nested.honest)
too_good, too_good_error = mean_and_error(nested.honest - nested.reported)
assert abs(below - 0.185) < 4 * np.sqrt(0.185 * 0.815 / 60)
assert 0.5 > smallest[100][0] > smallest[1000][0] > smallest[6000][0] and too_good > too_good_error
explain(
    """
    **What it means.** With 100 columns the problem is smaller and still there. The smallest error over the ten pages is on average {s100:.0%} ± {e100:.0%} with 100 columns, {s1000:.0%} ± {e1000:.0%} with 1,000 and {s6000:.0%} ± {e6000:.0%} with 6,000 (± two standard errors);
    the truth is 50%.

    On {n} data sets with 6,000 columns the smallest error is below 30% on {below:.0%} ± {below_error:.0%} (Varma and Simon 2006: 18.5%). Nested cross-validation says {nested:.0%} ± {nested_error:.0%} on ten, and the smallest error is {too_good:.0f} ± {too_good_error:.0f} points lower on the same ten.
    """,
    **{f"s{columns}": smallest[columns][0] for columns in COLUMNS},
    **{f"e{columns}": smallest[columns][1] for columns in COLUMNS},
    n=len(tuned.reported),
    below=below,
    below_error=2 * np.sqrt(below * (1 - below) / len(tuned.reported)),
    nested=nested_mean,
    nested_error=nested_error,
    too_good=100 * too_good,
    too_good_error=100 * too_good_error,
)  # fmt: skip

# %% [markdown]
# ## Has the model read the exam?
#
# A language model is tested with questions about the real defaults of scikit-learn. If a share *c* of the questions was
# in its training text (**contamination**), it scores *a* + *c*(1 − *a*) where it knows only *a*. Three tools tell:
#
# - **n-gram overlap**: which questions are in the training text, if you have it?
# - a **twin set**: fresh questions of the same kind. The model knows as many of these, and has seen none;
# - the **paraphrase gap**: the same questions in other words. Knowledge survives that; a memory of the *text* does not.
#
# First a simulated model, because there we can set what it knows and what it has seen; it remembers word for word.

# %%
facts = sklearn_facts()
order = np.random.default_rng(33).permutation(len(facts))
asked, fresh_facts = ([facts[i] for i in part] for part in (order[:150], order[150:300]))
originals, paraphrases, twins = (
    [item.question for item in make_items(some, wording=wording)]
    for some, wording in ((asked, 0), (asked, 1), (fresh_facts, 0))
)
print(originals[0], paraphrases[0], twins[0], sep="\n")

# %% jupyter={"source_hidden": true}
predict(
    "05.d1",
    "A model knows 40% of such defaults. Half of the benchmark was in its training text. What does it score on the benchmark?",
    options=["about 40%", "about 55%", "about 70%", "about 90%"],
)

# %% [markdown]
# **Find** two settings with the same score on the benchmark: one model that knows a lot, one that has seen a lot. Which
# bars tell them apart?

# %% jupyter={"source_hidden": true}
exam_stage = Stage(
    alt="Score on the benchmark, on its paraphrase and on a twin set",
    title="Benchmark {benchmark:.0%}, paraphrased {paraphrased:.0%}, twin set {twin:.0%}",
    readout="Knows {knows:.0%}, has seen {has_seen:.0%}: benchmark {benchmark:.0%} (formula {formula:.0%}), paraphrased {paraphrased:.0%}, twin set {twin:.0%}.",
    size=(7.4, 3.8),
)


@exam_stage.live(knows=(0.1, 0.9, 0.1), has_seen=(0.0, 1.0, 0.1), start={"knows": 0.4, "has_seen": 0.5})
def sit(knows, has_seen):
    exam = sit_exam(originals, paraphrases, twins, knows, has_seen, np.random.default_rng(34))
    names, values = ["benchmark", "paraphrased", "twin set"], [exam.original, exam.paraphrased, exam.twin]
    roles = ["leak", "validation", "test"]
    views.draw_scores(exam_stage.ax, names, roles, values, truth=knows, truth_name="knows", limits=(0.0, 1.1))
    formula = contaminated_score(knows, has_seen)
    return {"benchmark": values[0], "paraphrased": values[1], "twin": values[2], "formula": formula}


sit

# %% jupyter={"source_hidden": true}
exam = sit_exam(originals, paraphrases, twins, 0.4, 0.5, np.random.default_rng(35))
seen_expected, honest = score_expected(0.4, 0.5, 150), score_expected(0.4, 0.0, 150)
assert seen_expected.agrees(exam.original) and honest.agrees(exam.twin) and honest.agrees(exam.paraphrased)
resolve("05.d1", "about 70%", "It gets the half that it has seen, and 40% of the other half.")
explain(
    """
    **What it means.** A model that knows 70% and has seen nothing, and one that knows 40% and has seen half, both score about 70% on the benchmark. The other two bars tell them apart. A twin set must be large to show anything: two sets of 1,205 questions (the size of
    GSM1k, the twin of GSM8k by Zhang and others, 2024) can show gaps from about {smallest:.1f} points on (95% confidence, 80% power). Zhang and others found drops of up to 8 points in the final version of the paper, up to 13 in the first: cite the version that you have read.
    """,
    smallest=100 * smallest_visible_gap(1205, accuracy=0.66),
)

# %% [markdown]
# ### A real model that has read the exam
#
# The course's small language model M ([lesson 06](../06-three-models-one-budget.ipynb)) knows the defaults of 700
# parameters. It is now fine-tuned (trained a little further) on 60 questions about facts that it was never told. In the
# **contaminated** case these are half of a benchmark of 120 questions. In the **clean** case they are *other* facts:
# this is the control, because tuning alone teaches M to guess where it said *unknown*, and many defaults are easy to
# guess. Nothing is simulated here. Five draws of the facts.

# %% jupyter={"source_hidden": true}
predict(
    "05.d2",
    "M is tuned on half of the benchmark. Then the benchmark is asked in other words, with a wording that M knows from its training. How much of its lead over the twin set is lost?",
    options=["nearly all of it", "about half of it", "hardly any of it"],
)

# %%
one_thread()
language_model, book = load_model("M"), open_book()
sittings = [fine_tuned_exams(language_model, book, np.random.default_rng([40, seed])) for seed in range(5)]
scores = np.array([[(e.original, e.paraphrased, e.twin) for e in sitting.values()] for sitting in sittings])
real_exam = pd.DataFrame(scores.mean(axis=0), list(sittings[0]), ["benchmark", "paraphrased", "twin set"])
real_exam.round(3)

# %% jupyter={"source_hidden": true}
lead, lead_error = mean_and_error(scores[:, 2, 0] - scores[:, 2, 2])
control, control_error = mean_and_error(scores[:, 1, 0] - scores[:, 1, 2])
lost, lost_error = mean_and_error(scores[:, 2, 0] - scores[:, 2, 1])
of_120 = smallest_visible_gap(120, accuracy=real_exam.loc["tuned, contaminated", "twin set"])
common = np.mean([value in ("None", "True", "False") for _, _, value in facts])
assert lead > lead_error and lost < 0.25 * lead and abs(control) < lead
resolve(
    "05.d2", "hardly any of it", "M has learnt the facts from the leaked questions, not only their wording."
)
explain(
    """
    **What it means.** Contaminated, M leads on the benchmark by {lead:.0f} ± {lead_error:.0f} points over the twin set; the clean control by {control:.0f} ± {control_error:.0f} (± two standard errors over five draws). The control has read none of these facts and still scores more than M as
    it is: {common:.0%} of all defaults are None, True or False.

    The paraphrase takes away only {lost:.1f} ± {lost_error:.1f} points. A model that knows several wordings stores the *answer*, and finds it under any of them. So a paraphrase gap is evidence (if the other wording is not simply harder); **no gap proves nothing**. The twin set is what tells,
    if it is large: one draw of 120 questions per set would only show gaps from about {of_120:.0f} points on. One small model; others may store less of the answer.
    """,
    lead=100 * lead,
    lead_error=100 * lead_error,
    control=100 * control,
    control_error=100 * control_error,
    common=common,
    lost=100 * lost,
    lost_error=100 * lost_error,
    of_120=100 * of_120,
)

# %% [markdown]
# ### Looking for the questions in the training text
#
# The corpus below speaks about the same classes in nearly the same words; almost a third of the questions are in it, some
# in capitals, some inside a longer text. **Find** an *n* and a threshold with precision and recall 1. What goes wrong with
# short n-grams and a low threshold?

# %% jupyter={"source_hidden": true}
mixture = make_mixture(np.random.default_rng(36))
found = {n: overlaps(mixture.questions, mixture.corpus, n) for n in (1, 2, 3, 5, 8, 13)}
overlap_stage = Stage(
    alt="Share of each question's n-grams that the corpus contains, with the threshold",
    title="{n}-grams from {threshold:.0%}: precision {precision:.2f}, recall {recall:.2f}",
    readout="{n}-grams, threshold {threshold:.0%}: precision {precision:.2f}, recall {recall:.2f}.",
    size=(7.4, 3.8),
)


@overlap_stage.live(n=[1, 2, 3, 5, 8, 13], threshold=(0.0, 1.0, 0.05), start={"n": 3, "threshold": 0.5})
def flag(n, threshold):
    views.draw_overlap(overlap_stage.ax, found[n], mixture.seen, threshold)
    precision, recall = detection_scores(mixture.seen, found[n] >= threshold)
    return {"precision": precision, "recall": recall}


flag

# %% [markdown]
# What does a *paraphrase* in the corpus look like to this search?

# %%
pd.Series(
    {
        n: np.mean([overlap(q, ngrams(p, n), n) for q, p in zip(originals, paraphrases, strict=True)])
        for n in (1, 2, 3, 5)
    },
    name="share of n-grams that a question and its paraphrase share",
).rename_axis("n").to_frame().round(2)

# %% jupyter={"source_hidden": true}
strict = detection_scores(mixture.seen, found[8] > 0.99)
loose = detection_scores(mixture.seen, found[3] >= 0.5)
assert strict == (1.0, 1.0) and loose[1] == 1.0 and loose[0] < 0.5
explain(
    """
    **What it means.** With 3-grams and 50% every question is flagged (precision {loose:.2f}), because questions of one template share most of their words. Few words make it *this* question, so demand the full run: 8-grams at 100% are right here. But a
    paraphrase shares single words and hardly any longer run, and none of five words. Overlap finds copies; the twin set finds what copies and paraphrases did to the score.

    **At work.** Remove what overlap finds. If the benchmark still lies far above a large twin set, believe the twin set.
    """,
    loose=loose[0],
)

# %% [markdown]
# Back to [lesson 05](../05-a-test-set-is-spent-once.ipynb), or on to its
# [exercise](../../exercises/05-a-test-set-is-spent-once/05-a-test-set-is-spent-once.ipynb).
