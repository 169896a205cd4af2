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
# # Exercise 07 · Knowledge or behaviour?
#
# "Can we fine-tune it on our data?" In the next hour you write the tools that answer this: a search and its measure, the price of stale answers, a diagnosis, a recommendation that is judged by what it really costs, an answer to clients who call everything fine-tuning, and a memo *against* fine-tuning whose numbers cannot be typed.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 07; BM25 and nDCG are written out in its [deeper notebook](../../lessons/deeper/07-knowledge-or-behaviour.ipynb). **After:** you can say which rung closes a gap, what it costs, and what would have to change for another one to win.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as often as you like.
# - Stuck? Run `hint("07.bm25")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.
# - Terms are those of the lesson.

# %% tags=["setup"]
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from holdout import check, hint
from holdout.figures import axes, style
from holdout.topics.adaptation.cases import make_cases, make_failing_products

style.use()

# %% [markdown]
# ## BM25 by hand
#
# `texts` is a list of texts, each a list of words; `query` is a list of words. Write `bm25(query, texts, k1, b)` that returns the score of every text:
#
# $$\sum_{w\ \text{in query}} \ln\Big(1+\frac{N-n+0.5}{n+0.5}\Big)\cdot\frac{tf\,(k_1+1)}{tf + k_1\,(1-b+b\,\ell/\bar\ell)}$$
#
# $N$ texts, $n$ of them hold the word $w$, $tf$ times in this text of length $\ell$ (mean length $\bar\ell$). A word that the query holds twice counts twice; a word that no text holds adds nothing. Words are compared as they stand: `loss`, `Loss` and `losses` are three words. Return the scores unrounded.


# %% question="07.bm25"
def bm25(query, texts, k1, b):
    """Score of every text, in the order of the texts."""
    ### BEGIN SOLUTION
    mean_length = sum(len(text) for text in texts) / len(texts)
    scores = np.zeros(len(texts))
    for word in query:
        n = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
        for i, text in enumerate(texts):
            tf = text.count(word)
            scores[i] += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(text) / mean_length))
    return scores
    ### END SOLUTION


# %% [markdown]
# ## How good is a ranking?
#
# `gains` holds the gain of *every* judged text (0, 1, 2, 3), in the order in which search returned them. Write `ndcg(gains, k)`: the sum of gain / log₂(rank + 1) over the first `k` ranks (ranks count from 1), divided by the same sum for the best possible order of these texts. There may be fewer than `k` texts. Where no text has a gain, return 0.


# %% question="07.ndcg"
def ndcg(gains, k):
    """nDCG of the first k ranks, with linear gains."""

    ### BEGIN SOLUTION
    def dcg(values):
        return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(values[:k], start=1))

    best = dcg(sorted(gains, reverse=True))
    return dcg(list(gains)) / best if best else 0.0
    ### END SOLUTION


# %% [markdown]
# ## Stale weights
#
# Right after a round of fine-tuning all facts in the weights are true. Then each changes at random, at `change_rate` per month: after t months a share $1-e^{-ct}$ is out of date. The next round comes after `months`.
#
# Write `stale_share(change_rate, months)`: the share that is out of date *on average over the whole time between two rounds*. Questions come evenly over the time. At a rate of 0 nothing is ever stale. (A thousandth of the value, or 0.00005 where that is more, is close enough.)


# %% question="07.stale"
def stale_share(change_rate, months):
    """Mean share of facts that are out of date between two rounds."""
    ### BEGIN SOLUTION
    x = change_rate * months
    return 1 + math.expm1(-x) / x if x else 0.0
    ### END SOLUTION


# %% [markdown]
# ## How often to tune again
#
# A round of tuning costs `price_of_round` euros. Just after a round the model is right with `accuracy`; a stale fact makes a right answer wrong. A wrong answer costs `price_of_wrong` euros, and there are `questions` per month.
#
# Write `best_interval(questions, change_rate, accuracy, price_of_wrong, price_of_round, intervals)` that returns the one of `intervals` (months between two rounds, in no order) with the lowest cost per month: rounds plus wrong answers. The rate may be 0 here, too.


# %% question="07.interval"
def best_interval(questions, change_rate, accuracy, price_of_wrong, price_of_round, intervals):
    """The number of months between two rounds that costs least."""

    ### BEGIN SOLUTION
    def cost(months):
        x = change_rate * months
        stale = 1 + math.expm1(-x) / x if x else 0.0
        return price_of_round / months + questions * price_of_wrong * (1 - accuracy * (1 - stale))

    return min(intervals, key=cost)
    ### END SOLUTION


# %% [markdown]
# ## Which gap is it?
#
# A product gives wrong answers. You measured its parts apart, on 6,000 questions each:
#
# | entry of `evidence` | share of |
# |---|---|
# | `"searches"` | True if the product searches at all today (with False, answers come from memory; `found` and `reading` are from a trial) |
# | `"memory"` | right values without the right passage |
# | `"found"` | questions whose passage search brings |
# | `"reading"` | right values *when the right passage is there* |
# | `"form"` | answers in the wanted form, whatever the value |
# | `"reading, stronger"`, `"form, stronger"` | the same two, from a trial of the stronger model |
#
# An answer is right if value *and* form are; all parts are independent of each other. The value comes from reading where search finds the passage, else from memory. One change is allowed:
#
# | decision | what it does | price |
# |---|---|---|
# | `"leave"` | nothing | 0 |
# | `"add retrieval"` | the product begins to search | 0.16 |
# | `"fix the search"` | `found` becomes 0.97, if it was less; no use in a product that does not search | 0.03 |
# | `"stronger model"` | reads, and keeps the form, as in its trial, better or worse; its memory is no better | 0.06 |
# | `"fine-tune"` | `form` becomes 0.96, if it was less | 0.15 |
#
# Write `diagnose(evidence)`. You pay the share of wrong answers that *really* remains plus the price. You are scored by **regret**: what your decisions cost on 600 fresh products beyond the cheapest possible ones, divided by what the best *constant* decision costs beyond them. Full marks up to 0.0025, half up to 0.005: several parts of a product may be weak at once, and each number and each price in the two tables counts. All 600 must take less than 10 seconds.
# To practise: `make_failing_products(np.random.default_rng(1), 50)` makes products with `.evidence` and the `.costs` of each decision.


# %% question="07.diagnose"
def diagnose(evidence):
    """One of "leave", "add retrieval", "fix the search", "stronger model", "fine-tune"."""

    ### BEGIN SOLUTION
    def right(searches, found, reading, form):
        value = found * reading + (1 - found) * evidence["memory"] if searches else evidence["memory"]
        return value * form

    searches, found, reading, form = (evidence[name] for name in ("searches", "found", "reading", "form"))
    worth = {
        "leave": right(searches, found, reading, form),
        "add retrieval": right(True, found, reading, form) - 0.16,
        "fix the search": right(searches, max(found, 0.97), reading, form) - 0.03,
        "stronger model": right(searches, found, evidence["reading, stronger"], evidence["form, stronger"])
        - 0.06,
        "fine-tune": right(searches, found, reading, max(form, 0.96)) - 0.15,
    }
    return max(worth, key=worth.get)
    ### END SOLUTION


# %% [markdown]
# ## Recommend
#
# `case` describes a product. A pilot of 10,000 questions (facts up to date) showed how often each option is right.
#
# | entry of `case` | what it is |
# |---|---|
# | `"gap"` | `"form"`, `"facts"` or `"facts in a form"` |
# | `"pilot"` | dict: option to share of right answers |
# | `"questions"` | per month |
# | `"change_rate"` | changes of a fact per month (0 for a form) |
# | `"examples"` | training examples at hand; 300 are needed for the options that tune (`"fine-tune"`, `"both"`) |
# | `"label"` | euros for one example that is missing |
# | `"price_of_wrong"` | euros a wrong answer |
# | `"rule"` | `"none"`, `"cite the source"`, `"delete on request"`, `"keep data in house"` |
#
# What an option costs, in euros:
#
# | cost | `"prompt"` | `"retrieval"` | `"stronger model"` | `"fine-tune"` | `"both"` |
# |---|---|---|---|---|---|
# | building and upkeep, per month | 100 | 650 | 700 | 800 | 1,450 |
# | answering 1,000 questions | 0.75 | 2.00 | 12.00 | 0.50 | 2.00 |
# | a missing example, per month (spread over 12 months) | – | – | – | `label` / 12 | `label` / 12 |
# | one round of tuning | – | – | – | 800, if facts are in the weights | – |
# | goes stale | – | – | – | if facts are in the weights | – |
# | not allowed under the rule to ... | cite | – | keep in house | cite (always); delete, if facts are in the weights | – |
#
# Facts are in the weights of `"fine-tune"` unless the gap is `"form"`; `"both"` learnt only a form and reads the facts. Rounds come every 0.25, 0.5, 1, 2, 3, 6 or 12 months, whichever is cheapest (questions <07.stale> and <07.interval>).
#
# Write `recommend(case)` that returns one of the five. Each decision counts as a multiple of the cheapest option of its case by *true* accuracies, 3 at most, 5 where a rule is broken; then regret as in question <07.diagnose>, on 2,500 fresh cases, which must take less than 10 seconds. Full marks up to 0.0003, half up to 0.0005: each line of the table and each rule counts, and so does the length of the interval, with the mean share of stale facts over it.
# To practise: `make_cases(np.random.default_rng(1), 50)`, each with `.evidence` and `.costs`.


# %% question="07.recommend"
def recommend(case):
    """One of "prompt", "retrieval", "stronger model", "fine-tune", "both"."""
    ### BEGIN SOLUTION
    facts_in_weights = case["gap"] != "form"
    building = {"prompt": 100, "retrieval": 650, "stronger model": 700, "fine-tune": 800, "both": 1450}
    answering = {"prompt": 0.75, "retrieval": 2, "stronger model": 12, "fine-tune": 0.5, "both": 2}
    forbidden = {
        "none": [],
        "cite the source": ["prompt", "fine-tune"],
        "delete on request": ["fine-tune"] if facts_in_weights else [],
        "keep data in house": ["stronger model"],
    }[case["rule"]]
    costs = {}
    for option, accuracy in case["pilot"].items():
        if option in forbidden:
            continue
        cost = building[option] + case["questions"] / 1000 * answering[option]
        if option in ("fine-tune", "both"):
            cost += case["label"] / 12 * max(0, 300 - case["examples"])
        wrong = case["questions"] * case["price_of_wrong"]
        if option == "fine-tune" and facts_in_weights:
            rounds = []
            for months in (0.25, 0.5, 1, 2, 3, 6, 12):
                x = case["change_rate"] * months
                stale = 1 + math.expm1(-x) / x if x else 0.0
                rounds.append(800 / months + wrong * (1 - accuracy * (1 - stale)))
            cost += min(rounds)
        else:
            cost += wrong * (1 - accuracy)
        costs[option] = cost
    return min(costs, key=costs.get)
    ### END SOLUTION


# %% [markdown]
# ## "Can you fine-tune it for us?"
#
# Clients call many things fine-tuning. `request` holds what a first conversation brought to light:
#
# | entry of `request` | what it is |
# |---|---|
# | `"says"` | the client's sentence |
# | `"failures"` | 400 failures of today's product, drawn at random and sorted by hand: how many because `"facts"` are missing or old, `"words"` of the field are misread, `"requests"` (a format, a tone) are not followed, or one narrow `"task"` is done badly |
# | `"worth"` | what all failures cost, in thousand dollars per month; None where nobody has measured it (then it is less than 1) |
# | `"tasks"` | for how many tasks it is to be tuned |
# | `"base_model"` | whether any model exists for the language and the architecture |
# | `"pairs"`, `"checked"`, `"wrong"` | (request, answer) pairs at hand; how many of them were checked, at random; how many of these are wrong |
# | `"million_words"` | plain text of the field |
# | `"owner"` | whether somebody will serve it, monitor it and tune it again |
# | `"rights"` | `"free"`, `"show only"` (no licence to train) or `"delete on request"` (personal data) |
# | `"answers_for_it"` | whether somebody is liable for its answers |
#
# Six kinds of projects. A kind repairs failures of one cause, and only where a base model exists; training from scratch repairs all causes and needs none:
#
# | decision | repairs | price, thousand dollars per month | needs |
# |---|---|---|---|
# | `"retrieval"` | 90% of `facts` | 1 | – |
# | `"domain-adaptive tuning"` | 60% of `words` | 3 | 50 million words |
# | `"instruction tuning"` | 80% of `requests` | 2 | 300 pairs |
# | `"full fine-tuning"` | 90% of `task` | 2 per task | 300 pairs |
# | `"adapter"` (parameter-efficient) | 70% of `task` | 2, and 0.5 per task | 300 pairs |
# | `"training from scratch"` | 90% of all | 20 | 1,000 million words |
#
# Four red flags. Where one applies to a kind, going ahead with it repairs nothing and costs its price, and more for each flag (6 for data, 8 for no owner, 30 for compliance):
#
# | decision | the flag applies |
# |---|---|
# | `"stop: no case"` | if no kind repairs more than its price |
# | `"stop: compliance"` | to all kinds where nobody is liable; to all that train (all but retrieval) where `rights` are not `"free"` |
# | `"stop: no owner"` | to all kinds where there is no owner |
# | `"stop: data"` | to a kind that has less than it needs; to a kind that needs pairs where more than 10% of *all* pairs are wrong (it is below 5% or above 20%) |
#
# A kind to which no flag applies may go ahead, even where a more valuable one is stopped. After a stop all failures remain; a stop for a reason that does not apply to the most valuable kind (repairs minus price, whatever its flags) costs 2 more, because the client then works on something else. Several may apply: any of them is right.
#
# Write `answer_request(request)` that returns one of the ten decisions. Scored by regret as in question <07.diagnose>, on 2,000 fresh requests, in less than 10 seconds. Full marks up to 0.008, half up to 0.012. To practise: `from holdout.topics.adaptation.requests import make_requests`; then `make_requests(np.random.default_rng(1), 50)`, each with `.evidence` and `.costs`.


# %% question="07.request"
def answer_request(request):
    """One of the six kinds, or one of the four stops."""
    ### BEGIN SOLUTION
    share = {cause: count / 400 for cause, count in request["failures"].items()}
    based = request["base_model"]
    repaired = {
        "retrieval": 0.9 * share["facts"] * based,
        "domain-adaptive tuning": 0.6 * share["words"] * based,
        "instruction tuning": 0.8 * share["requests"] * based,
        "full fine-tuning": 0.9 * share["task"] * based,
        "adapter": 0.7 * share["task"] * based,
        "training from scratch": 0.9,
    }
    price = {
        "retrieval": 1,
        "domain-adaptive tuning": 3,
        "instruction tuning": 2,
        "full fine-tuning": 2 * request["tasks"],
        "adapter": 2 + 0.5 * request["tasks"],
        "training from scratch": 20,
    }
    words_needed = {"domain-adaptive tuning": 50, "training from scratch": 1000}
    few_or_noisy = request["pairs"] < 300 or request["wrong"] / request["checked"] > 0.1

    def flag(kind):
        """The first flag that applies to a kind; None if there is none."""
        if not request["answers_for_it"] or (kind != "retrieval" and request["rights"] != "free"):
            return "stop: compliance"
        if not request["owner"]:
            return "stop: no owner"
        if request["million_words"] < words_needed.get(kind, 0):
            return "stop: data"
        if kind in ("instruction tuning", "full fine-tuning", "adapter") and few_or_noisy:
            return "stop: data"
        return None

    gain = {kind: (request["worth"] or 0) * repaired[kind] - price[kind] for kind in price}
    free = [kind for kind in gain if flag(kind) is None and gain[kind] > 0]
    if free:
        return max(free, key=gain.get)
    best = max(gain, key=gain.get)
    return flag(best) if gain[best] > 0 else "stop: no case"
    ### END SOLUTION


# %% [markdown]
# ## A memo whose numbers cannot be typed
#
# The help desk wants to be tuned on the facts of the new release. Write `memo(measured)` that returns a short memo as *one string*. It **advises against fine-tuning** (say so in one sentence that holds "fine-tune" or "fine-tuning" together with "not" or "against"), and states these four measurements in percent, such as `96%` or `96 percent`, taken from the dict `measured`:
#
# | entry | share |
# |---|---|
# | `"retrieval"` | of the changed facts right, with retrieval |
# | `"fine-tuned"` | of the changed facts right, after fine-tuning |
# | `"kept"` | of the other facts still right after fine-tuning |
# | `"next release"` | of the changing facts right in the last release, tuned on an earlier one |
#
# The judge feeds other measurements, and reads every percentage in the text: each must be one of the four (to half a point), and all four must appear. So no "95% confidence" in this memo. It also refuses an advice that its own words turn around ("no reason not to") and two numbers that are exchanged, such as the share of the next release beside "other facts" and the other way round.


# %% question="07.memo_numbers"
def memo(measured):
    """The memo as one string; its numbers come from `measured`."""
    ### BEGIN SOLUTION
    percent = {name: f"{100 * share:.0f}%" for name, share in measured.items()}
    return (
        "I advise against fine-tuning on the facts of the new release. "
        f"It would reach {percent['fine-tuned']} of the changed facts, and retrieval reaches {percent['retrieval']} today without training. "
        f"After tuning, {percent['kept']} of the other facts are still right, and a model tuned on an earlier release is right on {percent['next release']} of what changes by the last one. "
        "I would think again for a behaviour that neither prompt nor code brings about, with examples at hand and an owner for the next round."
    )
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# The legal department: *"Contracts change weekly, each answer must name its clause, and lawyers want answers in our house style. We have 2,000 answered questions. A prompt with the style guide gets the style right in 71% of the answers; a tuned pilot, without any search, got style and content right in 93% of last year's questions."* Which sentence would you say?
#
# - **a** "93% beats 71%: tune on the 2,000 answers, which have the style and the content, and tune again each quarter so that the weights keep up with the contracts."
# - **b** "Keep the contracts in a search that returns the clause. For the style, try a better prompt or code first, and tune behind the passages if these fall short."
# - **c** "Fine-tuning cannot learn facts, so the 93% must be an accident. Use retrieval alone, which names the clause, and live with the style as the prompt has it."
# - **d** "Take the strongest model there is and put all contracts into the prompt. It then sees each clause as it is this week, and it follows the style guide as well."


# %% question="07.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "b"
### END SOLUTION

# %% [markdown]
# ## Your artefact: the evidence against fine-tuning
#
# The cell really fine-tunes the language model of the lesson (about ten seconds), measures the four numbers, lets *your* `memo` state them, and keeps figure, text and numbers for your portfolio, with what an answer costs and how long it takes: prices are inputs with a date, so replace them by yours; times are of your computer.

# %%
import time

from holdout import learner_rng
from holdout.lm import load, one_thread, open_book, read_defaults
from holdout.topics.adaptation import experiments as lesson
from holdout.topics.adaptation.bill import token_costs

one_thread()
small = load("M")
bench = lesson.AdaptationBenchmark(open_book(), small, small, learner_rng(77))
gap, releases = bench.gaps["changed facts"], read_defaults()
tuned = lesson.tune_on_release(bench, releases["1.9.1"], np.random.default_rng(1), replay=False)
earlier = lesson.tune_on_release(bench, releases["1.6.1"], np.random.default_rng(1), replay=False)
history = lesson.through_releases(bench, releases, {"as shipped": small, "tuned on 1.6.1": earlier})
asked = {
    (who, reads): bench.items(who, gap, prompted=False, passages=reads)
    for who in (gap.situations, gap.others)
    for reads in (False, True)
}
measured = {
    "retrieval": lesson.accuracy(small, asked[gap.situations, True]),
    "fine-tuned": lesson.accuracy(tuned, asked[gap.situations, False]),
    "kept": lesson.accuracy(tuned, asked[gap.others, False]),
    "next release": float(history["tuned on 1.6.1"].iloc[-1]),
}
DATED = "June 2026"
price_list = {  # US dollars per million tokens (read, written): GPT-4o mini, tuned, and GPT-4o, as price guides quote them
    "small": (0.15, 0.60),
    "small, fine-tuned": (0.30, 1.20),
    "stronger": (2.50, 10.00),
}
read = {"prompt": 400, "retrieval": 1300, "stronger model": 1300, "fine-tune": 60, "both": 960}
dollars = {option: 1000 * cost for option, cost in token_costs(price_list, read, tokens_written=40).items()}


def median_ms(model, items):
    """Median milliseconds of one answer at a time."""
    taken = []
    for item in items:
        started = time.perf_counter()
        model.complete([item.prompt])
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.median(taken))


costs = pd.DataFrame(
    {
        "changed facts right": [measured["retrieval"], measured["fine-tuned"]],
        f"$ per 1,000 answers, {DATED}": [round(dollars[option], 3) for option in ("retrieval", "fine-tune")],
        "tokens read, assumed": [read[option] for option in ("retrieval", "fine-tune")],
    },
    index=["retrieval", "fine-tuned"],
)
# in the text, not in the table: times differ from run to run, and tables of the portfolio are computed again
latency = (
    f"Median time of one answer on my computer: {median_ms(small, asked[gap.others, True]):.1f} ms with retrieval, "
    f"{median_ms(tuned, asked[gap.others, False]):.1f} ms from tuned weights ({len(gap.others)} questions)."
)
try:
    text = memo(measured)
except NotImplementedError:
    text = None
    print("This artefact needs your memo from question <07.memo_numbers>.")
if text is not None:
    from holdout import keep

    figure, ax = plt.subplots(figsize=(7.5, 3.6))
    for name, role in (("retrieval", "test"), ("tuned on 1.6.1", "train"), ("as shipped", "neutral")):
        (curve,) = ax.plot(range(len(history)), 100 * history[name], **style.marked(role))
        axes.label_end(ax, curve, name)
    ax.set_xticks(range(len(history)), history.index)
    ax.set(
        xlim=(-0.2, len(history) + 1.6),
        ylim=(-6, 108),
        xlabel="release that is asked about",
        ylabel="right on changing facts, %",
    )
    ax.tick_params(axis="x", labelrotation=45)
    meaning = {
        "retrieval": "changed facts right, with retrieval",
        "fine-tuned": "changed facts right, after fine-tuning",
        "kept": "other facts still right after fine-tuning",
        "next release": "changing facts right in release 1.9, tuned on 1.6",
    }
    numbers = {meaning[name]: share for name, share in measured.items()}
    numbers |= {
        f"$ per 1,000 answers, {name}, prices of {DATED}": dollars[option]
        for name, option in {"retrieval": "retrieval", "fine-tuned": "fine-tune"}.items()
    }
    keep(
        "07", "against fine-tuning", figure=figure, text=f"{text}\n\n{latency}", table=costs, numbers=numbers
    )
    print(text)
    print(latency)
    print(f"(Measured on {len(gap.situations)} changed facts and {len(gap.others)} others.)")

# %% [markdown]
# ## Memo (graded by a person)
#
# Take the text that your `memo` printed and make it a decision memo of at most 200 words for the head of the help desk, who asked for fine-tuning. Recommend **against** it.
#
# How it will be read: **one point each** for (1) the complaint taken apart into knowledge and behaviour, with the rung for each; (2) your four measurements, each with what it means and on how many questions it stands; (3) the costs of the alternative, its weak spot included (what happens when search misses, who keeps the index clean); (4) what would change your mind: named conditions on traffic, change rate, examples, or a behaviour that
# nothing else brings about.

# %% [markdown] memo="07.memo" points=4
# ### BEGIN SOLUTION
# **Recommendation: do not fine-tune on the facts of 1.9.1; put the table of defaults behind a search.**
# The complaint has two parts. *Old values* are missing knowledge; *the form* is behaviour. Retrieval reads 91% of the 56 changed facts, and reads the next release on the day its table is indexed. Fine-tuning also learns them (100%), but keeps 48% of 60 facts that did not change (replay repairs most of that, and takes the old training data), and a model tuned on 1.6.1 is right on 62% of
# them in 1.9.1: we would tune at every release and be wrong in between. The form is written by one line of code.
# It costs a search, a longer prompt, and housekeeping: with the old page still in the index the model mostly took the old value. Its weak spot: when search brings near misses, most answers are invented. So we measure search apart, filter by release, and watch the share of "unknown".
# I would change my mind if we needed a behaviour that neither prompt nor code brings about, had 300 good examples, and somebody owned the next round; or if facts stood still and traffic passed some 100,000 questions per month, and no rule asked us to cite or delete.
# ### END SOLUTION
