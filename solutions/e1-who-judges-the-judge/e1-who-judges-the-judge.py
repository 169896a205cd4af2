# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise e1 · Who judges the judge?
#
# A judge passes most answers, and nobody has checked the judge. In the next hour you write what checks it: agreement beyond chance, a corrected pass rate with its
# interval, a scorer that reads values, and two rules that decide under stated costs.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson e1. **After:** you can say what a judge's pass rate is worth, and what to do when it is worth little.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as
#   often as you like.
# - Stuck? Run `hint("e1.agreement")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.

# %% tags=["setup"]
import numpy as np
import pandas as pd
from scipy import stats

from holdout import check, hint

# %% [markdown]
# ## Agreement beyond chance
#
# Write `agreement(first, second)` for two lists of labels of the same answers (1 right, 0 wrong). It returns a dict:
#
# - `"agreement"`: the share of answers with the same label;
# - `"kappa"`: (agreement − chance) / (1 − chance), where chance is the agreement of two labellers who keep their own shares of 1 and 0 and do not look at the answers. In these cases chance is below 1.


# %% question="e1.agreement"
def agreement(first, second):
    """Share of equal labels, and Cohen's kappa."""
    ### BEGIN SOLUTION
    a, b = np.asarray(first), np.asarray(second)
    same = np.mean(a == b)
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return {"agreement": same, "kappa": (same - chance) / (1 - chance)}
    ### END SOLUTION


# %% [markdown]
# ## Correct the pass rate, and keep the doubt
#
# A judge passed `passed` of `judged` answers that nobody labelled. Of `right` answers that are right by hand it passed `passed_right`; of `wrong` ones it failed `failed_wrong`. Write
# `corrected_rate(passed, judged, passed_right, right, failed_wrong, wrong)` that returns a dict with `"rate"`, `"low"` and `"high"`.
#
# - `"rate"` is Rogan and Gladen's: (reported + TNR − 1) / (TPR + TNR − 1), cut to the range 0 to 1. In these cases TPR + TNR is above 1.
# - For the limits (Lang and Reiczigel, 2014), with $z = 1.96$, first add rows: $n = judged + z^2$, $p = (passed + z^2/2) / n$; $TPR' = (passed\_right + 1) / (right + 2)$ and
#   $TNR' = (failed\_wrong + 1) / (wrong + 2)$. Let $J = TPR' + TNR' - 1$ and $\pi = (p + TNR' - 1) / J$ (not cut).
# - The variances of the two rates are $u = TPR'(1 - TPR') / (right + 2)$ and $v = TNR'(1 - TNR') / (wrong + 2)$. The limits are
#
# $$\pi + 2 z^2 \left(\pi u - (1 - \pi) v\right) \pm \frac{z}{J} \sqrt{\frac{p(1 - p)}{n} + \pi^2 u + (1 - \pi)^2 v}$$
#
# each cut to the range 0 to 1.


# %% question="e1.corrected_rate"
def corrected_rate(passed, judged, passed_right, right, failed_wrong, wrong):
    """The pass rate behind a judge's report, with an interval that carries the doubt about the judge."""
    ### BEGIN SOLUTION
    reported, tpr, tnr = passed / judged, passed_right / right, failed_wrong / wrong
    rate = (reported + tnr - 1) / (tpr + tnr - 1)
    z = 1.96
    n = judged + z**2
    p = (passed + z**2 / 2) / n
    tpr, tnr = (passed_right + 1) / (right + 2), (failed_wrong + 1) / (wrong + 2)
    J = tpr + tnr - 1
    middle = (p + tnr - 1) / J
    u, v = tpr * (1 - tpr) / (right + 2), tnr * (1 - tnr) / (wrong + 2)
    half = z / J * np.sqrt(p * (1 - p) / n + middle**2 * u + (1 - middle) ** 2 * v)
    moved = middle + 2 * z**2 * (middle * u - (1 - middle) * v)
    rate, low, high = np.clip([rate, moved - half, moved + half], 0, 1)
    return {"rate": rate, "low": low, "high": high}
    ### END SOLUTION


# %% [markdown]
# ## A scorer that reads values
#
# Write `passes(answer, value)`: does an answer of a language model give the documented `value`? Both are texts. It returns `True` or `False`.
#
# - An answer of one or two words is the value itself. In a longer one the value is what follows the last `" is "`; a longer one without `" is "` gives no value (it was cut, perhaps) and does not pass.
# - Blanks, quotes (`'`, `"` and the backtick) around a value and one full stop behind it do not count, in either text; blanks inside it are part of it.
# - If both *as a whole* are numbers, compare them as numbers: `1e-4` is `0.0001`, `200_000` and `200,000` are `200000`. Otherwise compare the texts, and capitals do not count: `l2` is a text and not the number 2. `inf`, `nan`, empty answers, decimal commas and a full stop inside the quotes do not occur.


# %% question="e1.passes"
def passes(answer, value):
    """Whether an answer gives the documented value."""
    ### BEGIN SOLUTION
    said = answer.strip()
    if len(said.split()) > 2:
        if " is " not in said:
            return False
        said = said.rpartition(" is ")[2]

    def plain(text):
        return text.strip().removesuffix(".").strip(" '\"`").lower()

    def number(text):
        try:
            return float(text.replace(",", ""))
        except ValueError:
            return None

    a, b = plain(said), plain(value)
    if number(a) is not None and number(b) is not None:
        return number(a) == number(b)
    return a == b
    ### END SOLUTION


# %% [markdown]
# ## Which model is better, says a judge of pairs
#
# A judge compares answers of model A with answers of model B. The chance that it prefers A is one half, plus a part for *quality*, plus a part for the *first place* (taken off when A is second), plus a part for *length* where A's answer is the
# longer one (taken off where B's is). `better(evidence)` gets a dict and returns `"A"`, `"B"` or `"neither"` (no difference in quality).
#
# | entry of `evidence` | what it is |
# |---|---|
# | `a_first`, `a_first_wins` | comparisons in which A is shown first (20 or more, as in the next row), and how many of these A wins |
# | `a_second`, `a_second_wins` | comparisons in which A is shown second, and how many of these A wins |
# | `a_longer` | share of the comparisons in which A's answer is the longer one, the same in both orders |
# | `padded`, `padded_wins` | comparisons of an answer with the same answer made longer, half in each order, and how many of these the *longer* one wins |
# | `false_winner` | what `"A"` or `"B"` costs if that model is not the better one, in thousands of euros |
# | `missed` | what `"neither"` costs if one of them is better; right decisions cost nothing |
#
# In 70% of the cases the models are equally good. Otherwise it is A or B with equal chance, and the part for quality is 0.10 to 0.14 in size (any value alike), positive where A is better and negative where B is. Of the parts for place and for length nothing is known but what these comparisons say; either may be below 0 (some judges lean to the second place, or to the shorter answer). Comparisons are independent.
#
# You are scored by what your decisions cost on fresh cases *on average, given this evidence*, beyond the cheapest possible ones (regret; 1 is as bad as the best single answer for all). Full marks at 0.02 or less, half at 0.03. Your function gets 10 s for up to 500 cases.


# %% question="e1.winner"
def better(evidence):
    """One of "A", "B", "neither"."""
    ### BEGIN SOLUTION
    first = evidence["a_first_wins"] / evidence["a_first"]
    second = evidence["a_second_wins"] / evidence["a_second"]
    longer = evidence["padded_wins"] / evidence["padded"]
    lean = 2 * evidence["a_longer"] - 1
    quality = (first + second) / 2 - 0.5 - (longer - 0.5) * lean
    variance = (first * (1 - first) / evidence["a_first"] + second * (1 - second) / evidence["a_second"]) / 4
    variance += lean**2 * longer * (1 - longer) / evidence["padded"]
    # a typical difference of 0.12 in either direction, or none: how well does each explain what was measured?
    weights = np.array([0.15, 0.15, 0.7]) * np.exp(
        -((quality - np.array([0.12, -0.12, 0])) ** 2) / (2 * variance)
    )
    a, b, equal = weights / weights.sum()
    costs = {
        "A": evidence["false_winner"] * (b + equal),
        "B": evidence["false_winner"] * (a + equal),
        "neither": evidence["missed"] * (a + b),
    }
    return min(costs, key=costs.get)
    ### END SOLUTION


# %% [markdown]
# ## Trust the judge, or label by hand?
#
# A release needs a pass rate of at least `bar`. `trust_judge(evidence)` gets a dict and returns `"ship"`, `"wait"` or `"label"` (label enough answers by hand to know the rate, then do what is right).
#
# | entry of `evidence` | what it is |
# |---|---|
# | `passed`, `judged` | of the product's answers, how many the judge passed, and how many it saw |
# | `right`, `passed_right` | answers that are right by hand, and how many of them the judge passes |
# | `wrong`, `failed_wrong` | answers that are wrong by hand, and how many of them the judge fails |
# | `bar` | the pass rate that the release needs |
# | `cost_per_point` | thousands of euros for each percentage point on the wrong side: shipped and below the bar, or held back and above it |
# | `price_of_labels` | thousands of euros for labelling by hand |
#
# The labelled answers are from an old collection: the product's share of right answers has nothing to do with `right` and `wrong`. The judge's two rates are the same on both.
#
# The cost of a decision is its mean over everything that the evidence leaves open: TPR, TNR and the reported rate each have the beta distribution that follows from their counts if every rate was equally likely before (`hits + 1`, `misses + 1`); each draw is corrected and cut to the range 0 to 1. You are scored by these costs on fresh cases, beyond the
# cheapest possible ones (regret; 1 is as bad as the best single answer for all). Full marks at 0.018 or less, half at 0.04. Your function gets 10 s for up to 500 cases.


# %% question="e1.trust_judge"
def trust_judge(evidence):
    """One of "ship", "wait", "label"."""
    ### BEGIN SOLUTION
    rng = np.random.default_rng(0)

    def drawn(hits, trials):
        return rng.beta(hits + 1, trials - hits + 1, 2000)

    reported = drawn(evidence["passed"], evidence["judged"])
    tpr = drawn(evidence["passed_right"], evidence["right"])
    tnr = drawn(evidence["failed_wrong"], evidence["wrong"])
    rate = np.clip((reported + tnr - 1) / (tpr + tnr - 1), 0, 1)
    points = 100 * (rate - evidence["bar"])
    costs = {
        "ship": evidence["cost_per_point"] * np.maximum(-points, 0).mean(),
        "wait": evidence["cost_per_point"] * np.maximum(points, 0).mean(),
        "label": evidence["price_of_labels"],
    }
    return min(costs, key=costs.get)
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# A judge passes 81% of 2,000 answers of a support bot. On 60 answers labelled by hand it passed 39 of 40 right ones and failed 11 of 20 wrong ones. Corrected, 69% are right, with a 95% interval from 54% to 85%. The release needs 75%. Which sentence would you say?
#
# - **a** "The judge agrees with people on 50 of 60 answers and passes 81% of 2,000, which is well above the 75% that we need. I would ship it now and watch it."
# - **b** "Twenty wrong answers say little about how many it lets through: 54% to 85% are right, on either side of 75%. I would label more wrong answers before we ship."
# - **c** "The corrected rate is 69%, and this lies below the 75% that the release needs. I would not ship it, and would ask the team for a better model first."
# - **d** "A judge that passes 9 of 20 wrong answers is of no use to anybody, so its 81% says nothing. I would drop the judge and label the 2,000 answers by hand."


# %% question="e1.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "b"
### END SOLUTION

# %% [markdown]
# ## Your artefact: a judge validation card
#
# The cell below runs *your* functions from questions <e1.agreement> and <e1.corrected_rate> on the judge of the lesson ("do the words of the answer stand in the passage?") and *your* forty labels, with 200 of the other 282 answers drawn from your name, and keeps the card for your portfolio. Without a complete first pass in the lesson's form it takes the documented values, and says so.

# %%
from holdout import learner_rng
from holdout.record.labels import read_labels
from holdout.topics.judging.answers import LABELLED, answers, verdicts

rows = answers()
verdict = verdicts(rows)["in the passage"]
mine = read_labels("e1").right["first"]
by_hand = all(key in mine for key in rows.index[:LABELLED])
labels = np.array([mine[key] if by_hand else rows["right"][key] for key in rows.index[:LABELLED]])
says, rest = verdict[:LABELLED].to_numpy(), verdict[LABELLED:].sample(200, random_state=learner_rng(101))
try:
    beyond = agreement(labels.astype(int), says.astype(int))
    counts = [(says & labels).sum(), labels.sum(), (~says & ~labels).sum(), (~labels).sum()]
    found = corrected_rate(int(rest.sum()), len(rest), *map(int, counts))
except NotImplementedError:
    card = None
    print(
        "This card needs your agreement from question <e1.agreement> and your corrected_rate from question <e1.corrected_rate>."
    )
else:
    from holdout import keep

    reported = rest.mean()
    card = pd.DataFrame(
        {
            "value": {
                "labels": "by hand, forty answers" if by_hand else "the documented values of forty answers",
                "TPR": f"{counts[0]} of {counts[1]}",
                "TNR": f"{counts[2]} of {counts[3]}",
                "agreement, kappa": f"{beyond['agreement']:.0%}, {beyond['kappa']:.2f}",
                "reported on the others": f"{reported:.0%} of {len(rest)}",
                "corrected": f"{found['rate']:.0%} [{found['low']:.0%}, {found['high']:.0%}]",
            }
        }
    )
    keep(
        "e1",
        "judge validation card",
        table=card,
        text=f"The judge reports {reported:.0%}; corrected {found['rate']:.0%} [{found['low']:.0%}, {found['high']:.0%}].",
        numbers={
            "reported": float(reported),
            "corrected": float(found["rate"]),
            "kappa": float(beyond["kappa"]),
        },
    )
card

# %% [markdown]
# ## Memo (graded by a person)
#
# The head of support asks: *"The automatic check says that two thirds of the answers are fine. Can I put that number into the contract?"* Answer in at most 120 words, with numbers from your card.
#
# How it will be read: **one point each** for (1) what the judge checks, and which kind of wrong answer it lets through; (2) the corrected rate with its interval, and where the interval comes from; (3) why agreement alone would not do; (4) a decision, and what
# would change your mind.

# %% [markdown] memo="e1.memo" points=4
# ### BEGIN SOLUTION
# No. The check asks only whether the words of an answer stand in the passage. A type such as "float" stands in many passages, so an answer that names a type passes. On forty answers labelled by hand it passed all 17 right ones and failed only 14 of 23 wrong ones; three of the nine others name a type. It reports 66% on 200 others;
# corrected for these rates, 45% are right, with a 95% interval from 21% to 68%. The interval is wide because forty labels say little about the judge. Agreement of 78% sounds good, but chance alone would give 48% (kappa 0.57), and it would change with the share of right answers.
# Decision: no number in the contract yet. I label 200 more answers; if the lower limit then exceeds the promised rate, I change my mind.
# ### END SOLUTION
