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
# # 07 · Knowledge or behaviour?
#
# *Unit 3 of 6: Adapt or not. Fine-tuning against retrieval.*
#
# ## "It gives old defaults, and not in our format. Can we fine-tune it on our documents?"
#
# The help desk for scikit-learn runs on a small language model. It was trained on release 0.24.2. Users have release 1.9.1, and the editor plug-in wants every answer as `[ C :: 1.0 ]`. Somebody proposes to fine-tune "on our data". That sentence mixes two
# complaints: the model does not *know* something, and it does not *do* something. They have different remedies, and only one of them ends up in the weights for good.
#
# **At the end you will be able to**
#
# | you can | minutes |
# |---|---|
# | show what fine-tuning on new facts does to old facts, and to the next release | 12 |
# | write BM25 and nDCG by hand, and find the ceiling that search puts on answers | 14 |
# | tell a gap in knowledge, behaviour, reading and wording apart, and name the lowest rung that closes it | 20 |
# | price the options, and say what would have to change for another one to win | 24 |
#
# About 70 minutes here, then 60 to 90 in the exercise. All terms are in the [glossary](glossary.ipynb).

# %%
import json
import math
import time

import bm25s
import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import Markdown
from sklearn.metrics import ndcg_score

from holdout import Stage, predict, resolve
from holdout.data.loader import folder
from holdout.figures import style
from holdout.lm import PassageStore, load, make_prompt, one_thread, open_book, read_defaults
from holdout.lm.adapt import fine_tune
from holdout.lm.retrieval import BM25Index, TfidfIndex
from holdout.topics.adaptation import figures as views
from holdout.topics.adaptation.bill import RULES, monthly_bill, monthly_costs, stale_share
from holdout.topics.adaptation.experiments import (
    AGEING,
    OPTIONS,
    AdaptationBenchmark,
    accuracy,
    climb,
    lowest_rung,
    shorten_names,
    through_releases,
    tune_on_release,
)

style.use()

one_thread()
model, stronger = load("M"), load("L")
book = open_book("0.24.2", "1.9.1")
bench = AdaptationBenchmark(book, model, stronger, np.random.default_rng(70))

# %% [markdown]
# ## Four complaints, four prompts  ·  *minute 2*
#
# The same model, asked four ways. Read each prompt, then the answer.

# %%
key = ("RandomForestRegressor", "criterion")
asked = f"what is the default of {key[1]} for {key[0]} ?"
passages = bench.store.retrieve(asked, 3)
print("truth in 0.24.2:", book.old[key], "   truth in 1.9.1:", book.new[key], "\n")
for title, prompt in {
    "plain": make_prompt(asked),
    "asked for a form that it knows": make_prompt(asked + " as call"),
    "shown the form of the house": make_prompt(
        asked,
        examples=[(f"{p} of {e} ?", f"[ {p} :: {book.old[e, p]} ]") for e, p in bench.shown],
    ),
    "with three passages of release 1.9.1": make_prompt(asked, passages),
}.items():
    print(f"{title}:\n   {prompt}\n   -> {model.complete([prompt])[0]}\n")

# %% [markdown]
# The old value is in the weights. A known form comes for the asking. The form of the house does not come at all. And with the right passage the new value comes at once, although nobody trained anything.
#
# ## Teach it the new facts  ·  *minute 3*
#
# Some of the defaults that it learnt have changed until 1.9.1. Fine-tuning takes about a second here, so let us really do it: 150 steps over all of them, in all four wordings of the question.

# %%
predict(
    "07.p1",
    f"After 150 steps the model gives the new value for all {len(book.changed)} changed facts. It was trained on {len(book.known)} facts. Of {len(bench.others)} facts that did *not* change, how many does it still answer rightly?",
    options=["more than 95 %", "80 to 95 %", "60 to 80 %", "less than 60 %"],
)

# %%
changed, known = bench.gaps["changed facts"], bench.others


def asks(situations, passages=False):
    return bench.items(situations, changed, prompted=False, passages=passages)


tuned = fine_tune(model, bench.training_items(changed), np.random.default_rng(1), steps=150).model
careful = fine_tune(
    model,
    bench.training_items(changed),
    np.random.default_rng(1),
    steps=150,
    replay=bench.replay_items(),  # half of each batch: old facts that still hold, and "unknown"
).model

setups = {
    "closed-book, as shipped": (model, False),
    "retrieval": (model, True),
    "fine-tuned": (tuned, False),
    "fine-tuned + retrieval": (tuned, True),
    "fine-tuned with replay": (careful, False),
}
first = pd.DataFrame(
    {
        name: {
            "changed facts, new value": accuracy(which, asks(changed.situations, reads)),
            "facts that did not change": accuracy(which, asks(known, reads)),
            "says unknown where it should": accuracy(which, asks(bench.unanswerable, reads)),
        }
        for name, (which, reads) in setups.items()
    }
).T
first.round(2)

# %% jupyter={"source_hidden": true}
kept, kept_careful = (
    first.loc[name, "facts that did not change"] for name in ("fine-tuned", "fine-tuned with replay")
)
assert kept < 0.75 and kept_careful > 0.9
answer = "less than 60 %" if kept < 0.6 else "60 to 80 %"
resolve("07.p1", answer, f"{kept:.0%}. Nobody asked it to forget; nobody asked it to remember, either.")

# %% jupyter={"source_hidden": true}
assert first.loc["closed-book, as shipped", "changed facts, new value"] < 0.05
assert first.loc["fine-tuned with replay", "changed facts, new value"] > 0.9
assert (
    first.loc["retrieval", "changed facts, new value"] > 0.85
    and first.loc["fine-tuned", "changed facts, new value"] > 0.9
)
Markdown(
    f"**What it means.** Fine-tuning did learn the {len(book.changed)} new values ({first.loc['fine-tuned', 'changed facts, new value']:.0%}), and broke {1 - kept:.0%} of the facts that it was not asked about: all facts live in the same weights. "
    f"**Replay** (old facts mixed in) mends that: {kept_careful:.0%}, in the same number of steps. It takes the *old* training data, and somebody who thinks of it. Retrieval: {first.loc['retrieval', 'changed facts, new value']:.0%}, "
    f'no other fact broken, nothing trained. Its weak spot is in the last column: behind passages that do not hold the answer it says "unknown" in {first.loc["retrieval", "says unknown where it should"]:.0%} of the cases, closed-book in {first.loc["closed-book, as shipped", "says unknown where it should"]:.0%}. '
    "So fine-tuning *can* teach facts. The next figure shows what it cannot do."
)

# %% [markdown]
# ## The truth moves on; weights stay  ·  *minute 8*
#
# Eleven real releases, five years. Retrieval reads the table of the release that is asked about. The weights answer the same in every release.
#
# **Find** the release at which a tuned model is at its best, and how much it has lost two releases later. Does replay help against *that*?

# %%
predict(
    "07.p2",
    "A model is fine-tuned with care (with replay) on release 1.6.1. On the day of release 1.9.1, on how many of the facts that change is it right, compared with retrieval?",
    options=[
        "as often",
        "more than five sixths as often",
        "between half and five sixths as often",
        "less than half as often",
    ],
)

# %%
releases = read_defaults()
TUNED_AT = ["1.0.2", "1.6.1", "1.9.1"]
adapted = {
    f"{release} {old_facts}": tune_on_release(
        bench, releases[release], np.random.default_rng(2), replay=old_facts == "with replay"
    )
    for old_facts in ("without replay", "with replay")
    for release in TUNED_AT
}
history = through_releases(bench, releases, {"as shipped": model, **adapted})
still_known = {name: accuracy(which, asks(known)) for name, which in adapted.items()}

release_stage = Stage(
    alt="Right answers about changing facts, release by release, for weights as shipped, tuned weights and retrieval",
    title="Weights are right once: the truth moves on, and retrieval follows",
    size=(8.6, 4.7),
)


@release_stage.flipbook(tuned_at=TUNED_AT, old_facts=["without replay", "with replay"])
def turn(tuned_at, old_facts):
    name = f"{tuned_at} {old_facts}"
    views.draw_releases(release_stage.ax, history, name, tuned_at, still_known[name])
    return (
        f"Tuned on {tuned_at} {old_facts}: right on {history.loc[tuned_at, name]:.0%} of the changing facts in that release, "
        f"on {history[name].iloc[-1]:.0%} in 1.9.1; retrieval {history['retrieval'].iloc[-1]:.0%}. Of the facts that never change it keeps {still_known[name]:.0%}."
    )


turn

# %% jupyter={"source_hidden": true}
later = history["1.6.1 with replay"]
ratio = later.iloc[-1] / history["retrieval"].iloc[-1]
assert 0.52 < ratio < 0.85, ratio
resolve(
    "07.p2",
    "between half and five sixths as often",
    f"{later['1.6.1']:.0%} on the day of its own release, {later.iloc[-1]:.0%} on 1.9.1; retrieval {history['retrieval'].iloc[-1]:.0%}.",
)

# %% jupyter={"source_hidden": true}
own = np.mean([history.loc[release, f"{release} with replay"] for release in TUNED_AT])
assert all(history[f"{release} with replay"].idxmax() == release for release in TUNED_AT)
assert history["retrieval"].min() > 0.85
two_later = history["1.6.1 with replay"].loc[["1.6.1", "1.8.0"]]
Markdown(
    f"**What it means.** A tuned model is at its best in the release that it was tuned on ({own:.0%} on average), and worse on *both* sides: it has given up the older values too, which a user of an older release still needs. Tuned on 1.6.1 it has lost {100 * (two_later.iloc[0] - two_later.iloc[1]):.0f} points two releases later; "
    f"tuned on 1.0.2 it is down to {history['1.0.2 with replay'].iloc[-1]:.0%} in 1.9.1. Replay protects what did *not* change (the number below the curves); no training data protect against what changes afterwards. Retrieval is at {history['retrieval'].min():.0%} or more in every release, "
    "old ones included, because the facts are not in the model. **Facts that change belong outside the weights.**"
)

# %% [markdown]
# ## Search by hand  ·  *minute 14*
#
# Retrieval is only as good as its search. **BM25** (Robertson and Zaragoza 2009) adds, for each word of the query that a text holds:
#
# $$\text{idf} \cdot \frac{tf\,(k_1+1)}{tf + k_1\,(1-b+b\,\ell/\bar\ell)} \qquad\qquad \text{idf} = \ln\Big(1+\frac{N-n+0.5}{n+0.5}\Big)$$
#
# *tf* is how often the text holds the word, ℓ its length (mean ℓ̄), *n* the number of the *N* texts that hold it.
#
# **Find** three things. How large can a word's part get, however often it is repeated? Which *b* makes long and short texts equal? Which k₁ makes repetition worthless?

# %%
bm25_stage = Stage(
    alt="What a word adds to a BM25 score, against how often a text holds it",
    title="Repetition counts less and less",
    size=(7.6, 4.3),
)
COUNTS = np.linspace(0, 20, 201)


def word_part(tf, k1, b, relative_length):
    return tf * (k1 + 1) / (tf + k1 * (1 - b + b * relative_length) + 1e-12)


@bm25_stage.live(
    k1=(0.0, 3.0, 0.1),
    b=(0.0, 1.0, 0.05),
    length=(0.25, 4.0, 0.25),
    start={"k1": 1.5, "b": 0.75, "length": 2.0},
)
def weigh(k1, b, length):
    curves = {
        f"a text {length:g} × as long": word_part(COUNTS, k1, b, length),
        "a text of mean length": word_part(COUNTS, k1, b, 1.0),
    }
    once = word_part(1, k1, b, length)
    views.draw_bm25(bm25_stage.ax, COUNTS, curves, k1 + 1, (1, once))
    return f"k1 = {k1:.1f}, b = {b:.2f}: held once, the word adds {once:.2f}; held ten times, {word_part(10, k1, b, length):.2f}; never more than {k1 + 1:.1f}."


weigh

# %% [markdown]
# The part saturates at k₁ + 1, at *b* = 0 length does not count, and at k₁ = 0 only the presence of a word does. At mean length a word that occurs once adds exactly its idf. Now by hand on five small texts, then with a library; `bm25s` leaves the constant factor
# k₁ + 1 out, which changes no order.

# %%
texts = [
    "C of SVC is 1.0",
    "C of LogisticRegression is 1.0",
    "gamma of SVC is scale",
    "tol of SVC is 0.001",
    "C C C",
]
words = [text.split() for text in texts]
mean_length = np.mean([len(text) for text in words])


def bm25(query, k1=1.5, b=0.75):
    scores = np.zeros(len(words))
    for word in query.split():
        n = sum(word in text for text in words)
        idf = math.log(1 + (len(words) - n + 0.5) / (n + 0.5))
        for i, text in enumerate(words):
            scores[i] += idf * word_part(text.count(word), k1, b, len(text) / mean_length)
    return scores


library = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
library.index(words, show_progress=False)
by_hand = bm25("C SVC")
by_library = library.get_scores(["C", "SVC"]) * (1.5 + 1)
assert np.allclose(by_hand, by_library, atol=1e-5)  # bm25s computes in single precision

# published constants of the formula: a word once, at mean length, adds its idf; the limit is k1 + 1;
# the older idf, ln((N - n + 0.5) / (n + 0.5)), of a word in 60 % of ten texts is negative
assert math.isclose(word_part(1, 1.2, 0.75, 1.0), 1.0, abs_tol=1e-9)
assert math.isclose(word_part(1e9, 1.2, 0.75, 1.0), 2.2, rel_tol=1e-6)
old_idf = math.log((5 - 3 + 0.5) / (3 + 0.5))
print(
    f"older idf of a word in 3 of 5 texts: {old_idf:.3f}; with the 1 inside the logarithm: {math.log(1 + 2.5 / 3.5):.3f}"
)
pd.DataFrame({"by hand": by_hand, "bm25s × 2.5": by_library}, index=texts).round(3)

# %% [markdown]
# **Which ranking is better?** *Recall@k* asks whether the passage is among the first k. **nDCG** also asks *how high*, with gains for half-useful texts: each gain is divided by log₂(rank + 1), and the sum by that of the best order. The usual worked example, gains 3, 2, 3, 0, 1, 2:

# %%
gains = np.array([3, 2, 3, 0, 1, 2])
discount = np.log2(np.arange(2, 8))
dcg, ideal = (gains / discount).sum(), (np.sort(gains)[::-1] / discount).sum()
library_says = ndcg_score([gains], [np.arange(6, 0, -1)])
assert (round(dcg, 3), round(ideal, 3), round(dcg / ideal, 3)) == (6.861, 7.141, 0.961) and math.isclose(
    dcg / ideal, library_says
)
burges = ((2**gains - 1) / discount).sum() / ((2 ** np.sort(gains)[::-1] - 1) / discount).sum()
print(
    f"DCG {dcg:.3f}   best order {ideal:.3f}   nDCG {dcg / ideal:.3f}   scikit-learn {library_says:.3f}   with gains 2^g - 1: {burges:.3f}"
)

# %% [markdown]
# Published: 6.861, 7.141 and 0.961. The last number is another convention (Burges and others 2005): when you compare nDCG with somebody, ask which.
#
# ## The ceiling that search puts on answers  ·  *minute 20*
#
# People do not type whole names. We drop words from the *query* ("random forest depth" for `RandomForestClassifier max_depth`); the model still gets the full question, so whatever is lost is lost by search.
#
# **Find** the number of missing words at which three passages are not enough any more. Do more passages buy it back? And when search misses, does the model say "unknown"?

# %%
predict(
    "07.p3",
    "Four words of each query are missing, and for every second question search brings three passages about something else. The model reads nearly perfectly. What does it say when the passage is not there?",
    options=["mostly “unknown”", "mostly a wrong value", "mostly the right value, from memory"],
)

# %%
DROPPED, KS = [0, 1, 2, 3, 4], [1, 3, 5]
index = {"BM25": BM25Index(bench.store.texts), "TF-IDF": TfidfIndex(bench.store.texts)}
questions = bench.gaps["new facts"].situations
searched = {}
for engine in index:
    for dropped in DROPPED:
        rng = np.random.default_rng([71, dropped])
        ranked = [index[engine].search(shorten_names(s.question, dropped, rng), 5) for s in questions]
        places = [bench.store.position[s.key] for s in questions]
        for k in KS:
            found = np.array([place in ranking[:k] for place, ranking in zip(places, ranked, strict=True)])
            ndcg = np.mean(
                [
                    1 / np.log2(ranking.index(place) + 2) if place in ranking[:k] else 0.0
                    for place, ranking in zip(places, ranked, strict=True)
                ]
            )
            prompts = [
                make_prompt(s.question, [bench.store.texts[i] for i in ranking[:k]])
                for s, ranking in zip(questions, ranked, strict=True)
            ]
            answers = np.array(model.complete(prompts))
            right = answers == [s.value for s in questions]
            searched[engine, dropped, k] = {
                "passage found": found.mean(),
                "nDCG": ndcg,
                "answer right": right.mean(),
                "says unknown": (answers == "unknown").mean(),
                "wrong where search missed": (~right & (answers != "unknown"))[~found].mean()
                if (~found).any()
                else np.nan,
                "right where search missed": right[~found].mean() if (~found).any() else np.nan,
                "right where search found": right[found].mean(),
            }

search_stage = Stage(
    alt="Share of passages found and answers right, against the words missing from the query",
    title="What is not found is not answered",
    size=(8, 4.5),
)


@search_stage.flipbook(missing=DROPPED, passages=KS)
def look_up(missing, passages):
    names = ("passage found", "nDCG", "answer right", "says unknown")
    views.draw_search(
        search_stage.ax,
        DROPPED,
        {name: [searched["BM25", d, passages][name] for d in DROPPED] for name in names},
        missing,
        passages,
    )
    now = searched["BM25", missing, passages]
    return (
        f"{missing} words missing, {passages} passages: search finds {now['passage found']:.0%}, the answer is right in {now['answer right']:.0%}, "
        f"“unknown” in {now['says unknown']:.0%}."
    )


look_up

# %% jupyter={"source_hidden": true}
far = searched["BM25", 4, 3]
near_unknown = first.loc["retrieval", "says unknown where it should"]
invented = far["wrong where search missed"]
assert far["passage found"] < 0.8 and far["right where search missed"] < 0.35
assert invented < 0.4 and 1 - near_unknown > invented + 0.1
resolve(
    "07.p3",
    "mostly “unknown”",
    f"Only {invented:.0%} of these answers are wrong values. But see below what happens when the wrong passages are *nearly* right.",
)

# %% jupyter={"source_hidden": true}
table = pd.DataFrame(
    {engine: {d: searched[engine, d, 3]["passage found"] for d in DROPPED} for engine in index}
)
apart = max(
    abs(searched["BM25", d, k]["answer right"] - searched["BM25", d, k]["passage found"])
    for d in DROPPED
    for k in KS
)
assert all(numbers["right where search found"] > 0.8 for numbers in searched.values()) and apart < 0.15
one, five = searched["BM25", 3, 1], searched["BM25", 3, 5]
enough = [d for d in DROPPED if table.loc[d, "BM25"] >= 0.8]
Markdown(
    f"**What it means.** The curve of right answers follows the curve of found passages (never more than {100 * apart:.0f} points apart): *what is not found is not answered*, whatever the model, but for lucky guesses ({far['right where search missed']:.0%} of the answers without their passage, at four missing words and three passages). Three passages find four in five with up to {max(enough)} missing word{'s' if max(enough) != 1 else ''}. With three words missing, five passages instead of one raise what is found from {one['passage found']:.0%} to {five['passage found']:.0%}; "
    "even whole names need more than one passage. A miss *far* from the question is mostly honest "
    f"({invented:.0%} invented). A *near* miss is not: where the passages share the estimator or the parameter and hold no answer, {1 - near_unknown:.0%} of the answers are invented (the last column of the first table). So measure search apart from the model, and near misses apart from far ones. "
    f"With three passages BM25 finds {', '.join(f'{v:.0%}' for v in table['BM25'])} and TF-IDF {', '.join(f'{v:.0%}' for v in table['TF-IDF'])} (0 to 4 words missing)."
)

# %% [markdown]
# ## The ladder  ·  *minute 28*
#
# Six gaps, six rungs, from cheap to dear. Each rung keeps those below it; *fine-tune* answers a plain question from its weights; the last one puts a tuned model behind passages. In each cell: how much of the gap is **closed** (large), how many unchanged facts the same setup **keeps**, and how often it says
# **unknown** where nothing holds the answer.
#
# | gap | what is wrong | what it is |
# |---|---|---|
# | a form it knows | answers plainly, should write `SVC ( C = 1.0 )` | wording |
# | a form of the house | should write `[ C :: 1.0 ]`, which it has never seen | behaviour |
# | new facts | defaults that came after its training | knowledge |
# | changed facts | defaults that it knows, and that are no longer true | knowledge |
# | names it never met | five passages about estimators from no training text | reading |
# | new facts, form of the house | two complaints at once | both |

# %%
predict(
    "07.p4",
    "Three examples in the prompt show the form of the house, `[ C :: 1.0 ]`. How many answers then have the form and the right value?",
    options=["nearly all", "about half", "a few", "none"],
)

# %% [markdown]
# **How to read it.** Shade and large number: closed. The frame with the star is the *lowest* rung that closes at least half of the gap and whose weaker number (closed or kept) is within `slack` of the best in its row. A cell *ages* where the facts themselves are in the weights: right today, wrong as they change. With *facts will change* ticked such cells do not count. *Keeps* asks for the wanted form, too: a setup that never writes it keeps nothing. The 0 at the end of the first row (\*) is a warning: that model was tuned on bare questions, and drops the form as soon as passages stand in front; lesson 08 comes back to it.
#
# **Find** (1) the row in which each rung wins. (2) What happens in the two rows of facts when replay is switched on and nothing will ever change (untick *facts will change*): does fine-tuning now win? (3) The price of honesty: raise `say_unknown` to 0.5, without replay. Which rows move, and which have no rung left?

# %%
ladder = {"without replay": climb(bench, np.random.default_rng(3), replay=False)}
with_replay = climb(bench, np.random.default_rng(3), replay=True, gaps=("new facts", "changed facts"))
ladder["with replay"] = ladder["without replay"].copy()
ladder["with replay"].update(with_replay)

matrix_stage = Stage(
    alt="Six gaps against six rungs: closed, kept, unknown; the chosen rung has a frame and a star",
    title="What is missing decides which rung closes the gap. ★ = the lowest that is good enough",
    size=(9.8, 7.2),
)


@matrix_stage.live(
    old_facts=["without replay", "with replay"],
    slack=(0.0, 0.5, 0.05),
    say_unknown=(0.0, 0.8, 0.05),
    facts_change=widgets.Checkbox(value=True, description="facts will change"),
    start={"slack": 0.05, "say_unknown": 0.0},
)
def choose_rung(old_facts, slack, say_unknown, facts_change):
    table, ageing = ladder[old_facts], AGEING if facts_change else ()
    chosen = lowest_rung(table, slack=slack, unknown=say_unknown, ageing=ageing)
    views.draw_matrix(matrix_stage.ax, table, chosen, slack=slack, unknown=say_unknown, ageing=ageing)
    said = "; ".join(f"{gap}: {views.NAMES.get(rung, 'no rung')}" for gap, rung in chosen.items())
    return f"Tuned {old_facts}; facts {'will' if facts_change else 'will not'} change. Lowest rung within {100 * slack:.0f} points of the best that says unknown in at least {say_unknown:.0%}: {said}."


choose_rung

# %% jupyter={"source_hidden": true}
shown_form = ladder["without replay"].loc[("a form of the house", "prompt"), "closes"]
assert shown_form < 0.2
resolve(
    "07.p4",
    "none" if shown_form < 0.02 else "a few",
    f"{shown_form:.0%}. It follows examples of forms whose kind it has met in training; this one it has not. Larger models get much further with examples, so try them first: it costs an hour.",
)

# %% jupyter={"source_hidden": true}
plain_choice = lowest_rung(ladder["without replay"], ageing=AGEING)
careful_choice = lowest_rung(ladder["with replay"])
honest = lowest_rung(ladder["without replay"], unknown=0.5, ageing=AGEING)
assert plain_choice["a form it knows"] == "prompt" and plain_choice["a form of the house"] in (
    "fine-tune",
    "both",
)
assert plain_choice["new facts"] == careful_choice["new facts"] == "retrieval"
assert plain_choice["changed facts"] == careful_choice["changed facts"] == "retrieval"
assert plain_choice["new facts, form of the house"] == "both"
without, with_it = (ladder[name].loc[("changed facts", "fine-tune")] for name in ladder)
reading = ladder["without replay"].loc["names it never met", "closes"]
left = [gap for gap, rung in lowest_rung(ladder["with replay"], unknown=0.5).items() if rung == "fine-tune"]
moved = [
    f"*{gap}*: {views.NAMES.get(rung, 'no rung')}"
    for gap, rung in honest.items()
    if rung != plain_choice[gap]
]
Markdown(
    "**What it means.** (1) "
    + ", ".join(f"*{gap}*: **{views.NAMES[rung]}**" for gap, rung in plain_choice.items())
    + f". (2) With replay fine-tuning on changed facts closes {with_it['closes']:.0%} and keeps {with_it['keeps']:.0%} (without: {without['keeps']:.0%}). It *ties* with retrieval on the day of the measurement, so the lower rung wins even if nothing will change; if something will, the figure of the releases says which of the two is right next year. "
    f"(3) At 50 %, tuned without replay, these rows move: {'; '.join(moved) or 'none'}. With replay, and if nothing will change, fine-tuning is left for {' and '.join(f'*{gap}*' for gap in left) or 'none of them'}. A model that learns to answer learns to answer always, and passages that nearly fit invite it to (behind passages *unknown* is asked beside near misses, the hardest case). "
    f"The row of unmet names is neither knowledge nor behaviour: the passages are there, and the small model reads {reading['retrieval']:.0%} of them, the stronger one {reading['stronger model']:.0%}, the small one tuned on these very names {reading['both']:.0%}."
)

# %% [markdown]
# ## The trap: an experiment that cannot fail  ·  *minute 38*
#
# The proposal was "fine-tune on our documents, test on our documents". On the changed facts it scores beautifully, and everyone is happy until the next release. The same tempting measurement, and the right one beside it:

# %%
tempting = first.loc["fine-tuned", "changed facts, new value"]
whole = {
    f"{len(book.changed)} changed facts, today (what was shown)": tempting,
    "facts that nobody trained on": kept,
    "“unknown” where it should": first.loc["fine-tuned", "says unknown where it should"],
    "tuned on 1.6.1, asked about 1.9.1": history["1.6.1 without replay"].iloc[-1],
}
template = [
    f"[ {s.key[1]} :: {answer} ]"
    for s, answer in zip(
        bench.gaps["new facts"].situations,
        model.complete([item.prompt for item in asks(bench.gaps["new facts"].situations, passages=True)]),
        strict=True,
    )
]
wanted = bench.items(
    bench.gaps["new facts"].situations, bench.gaps["a form of the house"], prompted=False, passages=True
)
by_template = np.mean([a == item.answer for a, item in zip(template, wanted, strict=True)])
both_rungs = ladder["without replay"].loc[("new facts, form of the house", "both"), "closes"]
pd.Series(whole, name="right").to_frame().round(2)

# %% jupyter={"source_hidden": true}
wrong_share = 1 - (kept + tempting) / 2
assert by_template > both_rungs - 0.03
Markdown(
    f'**What it costs.** At 50,000 questions a month, half of them about facts that changed, and 0.20 € a wrong answer, the tuned model that "scores {tempting:.0%}" loses {50_000 * wrong_share * 0.2:,.0f} € a month in wrong answers, from the first day.\n\n'
    f'**A second trap, on the other side.** The form of the house does not need a model at all: *one line of code* around the answer of retrieval, `f"[ {{parameter}} :: {{answer}} ]"`, is right in {by_template:.0%} of the questions about new facts; the tuned model behind passages in {both_rungs:.0%}. '
    "Before any tuning for a form, ask whether code, a schema or constrained decoding can write it. Our form stands for behaviour that code cannot write: tone, judgement, which of forty labels. Only then climb."
)

# %% [markdown]
# ## How many examples?  ·  *minute 40*
#
# **Find** the number of examples that reaches the bar. What is each further example worth there, at 15 € a label?

# %%
SIZES = [10, 30, 100, 300]
house = bench.gaps["a form of the house"]
judged = bench.items(house.situations, house, prompted=False, passages=False)
shares = [
    accuracy(
        fine_tune(
            model, bench.training_items(house, examples=size), np.random.default_rng(4), steps=150, batch=16
        ).model,
        judged,
    )
    for size in SIZES
]
examples_stage = Stage(
    alt="Right answers in the form of the house against the number of training examples",
    title="A behaviour needs examples: with ten, nobody should tune",
    size=(7.2, 3.8),
)


@examples_stage.live(
    examples=widgets.SelectionSlider(options=SIZES, value=30), bar=(0.5, 1.0, 0.05), start={"bar": 0.8}
)
def label_more(examples, bar):
    views.draw_examples(examples_stage.ax, SIZES, shares, bar, examples)
    now = shares[SIZES.index(examples)]
    enough = [size for size, share in zip(SIZES, shares, strict=True) if share >= bar]
    reached = f"first reached with {enough[0]}" if enough else "not reached with 300"
    return f"{examples} examples: {now:.0%} right, labels {15 * examples:,} €. The bar of {bar:.0%} is {reached}."


label_more

# %% jupyter={"source_hidden": true}
assert shares[0] < 0.5 and shares[-1] > shares[0] + 0.2
slope = np.diff(shares) / np.diff(SIZES)
Markdown(
    f"**What it means.** {', '.join(f'{n} examples: {s:.0%}' for n, s in zip(SIZES, shares, strict=True))}. Between 10 and 30 each further example buys {100 * slope[0]:.1f} points, between 100 and 300 {100 * slope[-1]:.2f}. With ten examples nobody should tune. "
    "Nothing that is measured here says how much *your* task needs: draw this curve with what you have, before you order labels."
)

# %% [markdown]
# ## Five things that are called training  ·  *minute 43*
#
# | kind | what moves | data | what it is for | beware |
# |---|---|---|---|---|
# | **training from scratch** | all weights, from random | everything the model shall ever know | no existing model fits (language, licence, architecture) | by far the dearest |
# | **domain-adaptive tuning** | all weights, goes on with plain text of the field | much text, no labels | vocabulary and names of a field; reading, rather than facts | forgets what the text does not hold |
# | **instruction tuning** | all or few weights, on (request, answer) pairs | hundreds to thousands of pairs | following requests, forms, refusals | teaches *answering*: abstention suffers |
# | **full fine-tuning** | all weights, on your task | 100 to some 1,000 pairs | behaviour that no prompt brings about | forgetting; one whole copy a task |
# | **parameter-efficient** (LoRA) | a small adapter | the same pairs | the same; many tasks on one base | saves memory and storage, not labels, and not forgetting (lesson 08) |
#
# What each costs, counted rather than timed: training takes about 6 operations per weight and token, answering 2 (Kaplan and others 2020). An adapter trains few numbers, but the whole model still runs forward and backward.


# %%
# NBVAL_IGNORE_OUTPUT
recipe = json.loads((folder() / "checkpoints" / "M.json").read_text(encoding="utf-8"))
adapter = fine_tune(
    model, bench.training_items(house), np.random.default_rng(5), steps=150, batch=20, learning_rate=5e-3, rank=4
)  # fmt: skip
full, names = (
    ladder["without replay"].loc[cell] for cell in (("a form of the house", "fine-tune"), ("names it never met", "both"))
)  # fmt: skip
kinds = pd.DataFrame(
    {
        "training from scratch (recorded)": (recipe["weights"], recipe["cpu_seconds"], np.nan),
        "full fine-tuning (form of the house)": (model.size, full["cpu seconds"], full["closes"]),
        "LoRA, rank 4 (form of the house)": (
            adapter.trained_weights,
            adapter.cpu_seconds,
            accuracy(adapter.model, judged),
        ),
        "domain-adaptive (names, read)": (model.size, names["cpu seconds"], names["closes"]),
    },
    index=["trained numbers", "CPU seconds", "closes its gap"],
).T
adapter_share = adapter.trained_weights / model.size
closed_by_adapter = kinds.loc["LoRA, rank 4 (form of the house)", "closes its gap"]
assert abs(closed_by_adapter - full["closes"]) < 0.2 and adapter_share < 0.1 and names["closes"] < 0.6
kinds.round(2)

# %% [markdown]
# The last two columns show what a small adapter does *not* save: time, or labels. An adapter of less than a tenth of the numbers trains about as long here, on the same examples, and closes about as much of the gap. And the few steps on the names of a field are far from what a model needs that has never met them.
#
# ## Same accuracies, other prices  ·  *minute 45*
#
# The accuracies are measured above. The rest is assumption, stated so that you can replace it: a plain question costs 0.0005 €, longer prompts in proportion, the stronger model six times as much; building and upkeep together 100 to 1,450 € a month (the building spread over a year); 300 examples at 15 €, less what you have, spread over a year; each new round of tuning 800 € (data, evaluation, release);
# an option that breaks a rule is none, at any price. Tuned facts go stale: if a fact changes *c* times a month and you tune every *T* months, on average a share
#
# $$1-\frac{1-e^{-cT}}{cT}$$
#
# of them is out of date. The bill uses the cheapest *T*.

# %%
assert math.isclose(float(stale_share(0.2, 3.0)), 1 - (1 - math.exp(-0.6)) / 0.6)


def options_of(gap):
    """Accuracy and relative prompt length of each option, as measured in the matrix (with replay).

    One right and one wrong answer are added: 60 questions cannot show that nothing ever goes wrong.
    """
    rows = ladder["with replay"].loc[gap]
    return ((60 * rows["closes"] + 1) / 62).to_dict(), (
        rows["tokens"] / rows.loc["ask plainly", "tokens"]
    ).to_dict()


# does fine-tuning alone put facts that change into the weights; and does the tuned reader of "both" hold them, too?
PRODUCTS = {
    "new facts": {"facts": True, "reader_knows": True},
    "changed facts": {"facts": True, "reader_knows": True},
    "a form of the house": {"facts": False},
    "a form it knows": {"facts": False},
    "new facts, form of the house": {"facts": True},
    "names it never met": {"facts": False},
}
tokens = ladder["with replay"]["tokens"].unstack("rung").mean()[["ask plainly", *OPTIONS]]
tokens.rename("mean tokens read").to_frame().T.round(1)


# %%
# NBVAL_IGNORE_OUTPUT
def stopwatch(which, prompts):
    """Median milliseconds of one answer at a time, on this computer."""
    taken = []
    for prompt in prompts:
        started = time.perf_counter()
        which.complete([prompt])
        taken.append(1000 * (time.perf_counter() - started))
    return np.median(taken)


closed, opened = ([item.prompt for item in asks(known, reads)] for reads in (False, True))
started = time.perf_counter()
for situation in known:
    bench.store.retrieve(situation.question, 3)
search_ms = 1000 * (time.perf_counter() - started) / len(known)
pd.DataFrame(
    {
        "ms, search": {
            "closed-book": 0,
            "retrieval": search_ms,
            "stronger model": search_ms,
            "fine-tune": 0,
            "both": search_ms,
        },
        "ms, answer": {
            "closed-book": stopwatch(model, closed),
            "retrieval": stopwatch(model, opened),
            "stronger model": stopwatch(stronger, opened),
            "fine-tune": stopwatch(tuned, closed),
            "both": stopwatch(tuned, opened),
        },
    }
).round(2)

# %% [markdown]
# A tuned model answers at the speed of the plain one; retrieval adds a search and a longer prompt; a stronger model is slower whatever it reads. (These times are of *your* computer, just now.)
#
# **Look at one bill first.** **Find** the traffic at which tuning the form of the house beats every other option, and what happens to that point when a wrong answer costs ten times as much.

# %%
predict(
    "07.p5",
    "New facts, 100,000 questions a month, a fact changes about once in ten months (0.1 a month), 300 examples at hand, no rules. A wrong answer costs 0.05 €. Which is cheapest?",
    options=list(views.NAMES.values())[1:],
)

# %%
bill_stage = Stage(alt="The monthly bill of five options in parts, the cheapest marked", size=(9, 4.8))


@bill_stage.live(
    product=list(PRODUCTS),
    questions=widgets.SelectionSlider(options=[1_000, 10_000, 100_000, 1_000_000], value=100_000),
    changes=widgets.SelectionSlider(
        options=[0.001, 0.01, 0.1, 0.5, 1.0], value=0.1, description="changes a month"
    ),
    wrong_answer=widgets.SelectionSlider(
        options=[0.005, 0.05, 0.5], value=0.05, description="€ a wrong answer"
    ),
)
def bill_of(product, questions, changes, wrong_answer):
    accuracies, lengths = options_of(product)
    bill = monthly_bill(
        questions,
        changes,
        accuracies=accuracies,
        tokens=lengths,
        **PRODUCTS[product],
        examples=300,
        price_of_wrong=wrong_answer,
    )
    parts = {
        option: {name: float(value) for name, value in bill[option].items() if name != "fines"}
        for option in OPTIONS
    }
    totals = {option: sum(parts[option].values()) for option in OPTIONS}
    best = min(totals, key=totals.get)
    prices = f"{changes:g} changes of a fact a month, {wrong_answer:g} € a wrong answer"
    title = f"Cheapest for {product}: {views.NAMES[best]}\n{questions:,} questions and {changes:g} changes of a fact a month, {wrong_answer:g} € an error"
    views.draw_costs(bill_stage.ax, parts, totals, best, title)
    return f"{product}, {questions:,} questions, {prices}: {views.NAMES[best]} is cheapest with {totals[best]:,.0f} € a month."


bill_of

# %% jupyter={"source_hidden": true}
accuracies, lengths = options_of("new facts")
asked_case = monthly_costs(
    1e5, 0.1, accuracies=accuracies, tokens=lengths, facts=True, examples=300, price_of_wrong=0.05
)
cheapest = min(asked_case, key=asked_case.get)
second = sorted(asked_case.values())[1]
resolve(
    "07.p5",
    views.NAMES[cheapest],
    f"{asked_case[cheapest]:,.0f} € a month; retrieval {asked_case['retrieval']:,.0f}, fine-tune {asked_case['fine-tune']:,.0f}, of which most is wrong answers between two rounds and the rounds themselves.",
)


# %% jupyter={"source_hidden": true}
def first_traffic(product, wrong_answer):
    """The least traffic from which an option with tuning is the cheapest of all."""
    traffic = np.logspace(2, 7, 501)
    accuracies, lengths = options_of(product)
    costs = monthly_costs(
        traffic,
        0.0,
        accuracies=accuracies,
        tokens=lengths,
        examples=300,
        price_of_wrong=wrong_answer,
        facts=False,
    )
    wins = np.minimum(costs["fine-tune"], costs["both"]) <= np.minimum.reduce([costs[o] for o in OPTIONS])
    return traffic[wins.argmax()]


at_5, at_50 = (first_traffic("a form of the house", price) for price in (0.05, 0.5))
assert 0 < at_50 < at_5 / 3
Markdown(
    f"**What it means.** For the form of the house an option with tuning is the cheapest from about {float(f'{at_5:.2g}'):,.0f} questions a month on; at ten times the price of a wrong answer from {float(f'{at_50:.2g}'):,.0f}. What has to be built is paid once, wrong answers are paid with every question: stakes are traffic *times* the price of an error, and only their product counts. "
    "For facts the bars of fine-tuning grow with the change rate, in two parts that trade off: rounds of tuning, and stale answers between them. *Fine-tune + retrieval* pays for no rounds: its facts come from the pages."
)

# %% [markdown]
# ## Which choice is cheapest where?  ·  *minute 53*
#
# Now the whole map: how often a fact changes across, traffic upwards. Each region carries the name of the cheapest option (*prompt only* is: build nothing, live with what is left of the gap); the cross is the case of the last prediction.
#
# **Find** for *new facts* (1) the corner that belongs to fine-tuning, and what pushes it out of the map altogether; (2) whether its border is a matter of traffic or of change. For *a form of the house* (3) what the change rate matters; (4) what no example at hand changes. (5) Switch through the rules.

# %%
RATE, TRAFFIC = np.logspace(-3, 0, 61), np.logspace(3, 7, 61)
map_stage = Stage(
    alt="The cheapest option over rate of change and traffic, as labelled regions", size=(9.2, 5.2)
)


@map_stage.live(
    product=list(PRODUCTS),
    examples=(0, 300, 50),
    wrong_answer=widgets.SelectionSlider(
        options=[0.001, 0.005, 0.02, 0.05, 0.2, 1.0], value=0.05, description="€ a wrong answer"
    ),
    rule=list(RULES),
    start={"examples": 300},
)
def map_of(product, examples, wrong_answer, rule):
    accuracies, lengths = options_of(product)
    costs = monthly_costs(
        TRAFFIC[:, None],
        RATE[None, :],
        accuracies=accuracies,
        tokens=lengths,
        **PRODUCTS[product],
        examples=examples,
        price_of_wrong=wrong_answer,
        rule=rule,
    )
    barred = [views.NAMES[option] for option in OPTIONS if np.isinf(costs[option]).all()]
    title = f"Cheapest for {product}, {wrong_answer:g} € a wrong answer, {examples} examples at hand"
    title += (
        "\nno rule"
        if rule == "none"
        else f"\nrule: {rule}" + (f" (rules out {', '.join(barred)})" if barred else "")
    )
    views.draw_map(map_stage.ax, TRAFFIC, RATE, costs, (0.1, 1e5), title, ages=PRODUCTS[product]["facts"])
    best = np.stack([costs[option] for option in OPTIONS]).argmin(axis=0)
    said = ", ".join(
        f"{views.NAMES[option]} {np.mean(best == i):.0%}"
        for i, option in enumerate(OPTIONS)
        if (best == i).any()
    )
    return f"{product}; {examples} examples at hand; {wrong_answer:g} € a wrong answer; rule: {rule}. Share of the map: {said}."


map_of


# %% jupyter={"source_hidden": true}
def share_of(option, product, **settings):
    accuracies, lengths = options_of(product)
    case = {"examples": 300, "price_of_wrong": 0.05} | settings
    costs = monthly_costs(
        TRAFFIC[:, None],
        RATE[None, :],
        accuracies=accuracies,
        tokens=lengths,
        **PRODUCTS[product],
        **case,
    )
    return np.mean(np.stack([costs[o] for o in OPTIONS]).argmin(axis=0) == OPTIONS.index(option))


def owns(product, *options, **settings):
    return sum(share_of(option, product, **settings) for option in options)


tuned_facts = {rule: share_of("fine-tune", "new facts", rule=rule) for rule in RULES}
assert tuned_facts["delete on request"] == tuned_facts["cite the source"] == 0
accuracies, lengths = options_of("new facts")
fact_costs = monthly_costs(
    TRAFFIC[:, None],
    RATE[None, :],
    accuracies=accuracies,
    tokens=lengths,
    examples=300,
    price_of_wrong=0.05,
    facts=True,
)
pays = fact_costs["fine-tune"] < fact_costs["retrieval"]
rare, often = (TRAFFIC[pays[:, place].argmax()] if pays[:, place].any() else np.inf for place in (0, 40))
assert rare < often
Markdown(
    f"**What it means.** (1) For new facts fine-tuning owns {tuned_facts['none']:.0%} of this map, the corner of many questions about facts that hardly ever change: there its short prompt pays for the rounds of tuning. With 1 € a wrong answer it keeps {share_of('fine-tune', 'new facts', price_of_wrong=1.0):.0%}; a rule to cite or to delete takes all of it. "
    f"(2) Of both: the border is a slope. Where a fact changes once in 83 years, tuning beats retrieval from about {float(f'{rare:.2g}'):,.0f} questions a month on; at 0.1 a month "
    + (f"from about {float(f'{often:.2g}'):,.0f}" if np.isfinite(often) else "nowhere on the map")
    + ", because rounds of tuning are dear and must be spread over many questions, the more so the more often they are due. At the bottom nothing is built at all: so few questions do not pay for it. "
    f"(3) For a form nothing goes stale: no border from left to right. Options with tuning own {owns('a form of the house', 'fine-tune', 'both'):.0%}. (4) Without a single example at hand still {owns('a form of the house', 'fine-tune', 'both', examples=0):.0%}: labels are bought once, traffic pays for them every month. "
    "(5) *Cite the source* throws out every closed-book option, *delete on request* whatever holds facts in weights, *keep data in house* the hosted stronger model. A rule moves the border further than any price.\n\n"
    f"**What the map does not show.** Its accuracies come from 60 questions. Between *retrieval* ({accuracies['retrieval']:.0%}) and *both* ({accuracies['both']:.0%}) lie {60 * abs(accuracies['both'] - accuracies['retrieval']):.0f} questions: a border that rests on so few is a reason to measure more, not to build more."
)

# %% [markdown]
# ## Compliance, and red flags  ·  *minute 62*
#
# | a rule says | weights | passages |
# |---|---|---|
# | **delete this person's data** | cannot be taken out of weights reliably; the model must be trained again without it | delete the row, rebuild the index |
# | **say where it comes from** | a tuned model has no source | the passage is the source |
# | **who may see what** | everybody who may ask the model may draw out what it learnt | filter passages by the asker's rights |
# | **keep data in house** | train and run inside, or not at all | index inside; do not send passages to a hosted model |
# | **licence of the data** | training may need a right of its own | reading aloud may need another |
#
# **Red flags** in a proposal to fine-tune: "so that it knows our documents" · facts that change faster than you release · fewer than about a hundred good examples · no frozen questions about what must *stay* right · nobody has tried a better prompt, search or a template in code · the gap was measured on the training facts · "then it will
# stop inventing" (above, tuning on new facts took abstention away) · no name behind *who tunes it again in six months*.
#
# **Green flags**: the behaviour is stable and the same for everyone · a prompt has been tried and falls short · examples exist, or experts can write them · high traffic, so a shorter prompt pays · a regression suite for everything else.
#
# ## The messy case: a stale document in the index  ·  *minute 65*
#
# "Right the moment the table changes" holds if the *old* passage goes. Real indexes keep both: somebody added the pages of 1.9.1 and did not remove those of 0.24.2. Nothing in a passage says which release it is about.

# %%
predict(
    "07.p6",
    "Both passages, old and new value, stand in the prompt, in random order. How often does the model (as shipped, trained on the old values) give the new value?",
    options=["in more than two thirds", "in one to two thirds", "in less than one third"],
)

# %%
old_store = PassageStore(book.old, np.random.default_rng(6))


def with_both_passages(which):
    rng = np.random.default_rng(7)
    said = {"new value": 0, "old value": 0, "something else": 0}
    for situation in [*changed.situations] * 3:
        pages = [store.texts[store.position[situation.key]] for store in (bench.store, old_store)]
        given = which.answer(situation.question, [pages[i] for i in rng.permutation(2)])
        truth = {book.new[situation.key]: "new value", book.old[situation.key]: "old value"}
        said[truth.get(given, "something else")] += 1
    return pd.Series(said) / sum(said.values())


messy = pd.DataFrame(
    {
        "as shipped: knows the old values": with_both_passages(model),
        "tuned: knows the new values": with_both_passages(careful),
    }
).T
messy.round(2)

# %% jupyter={"source_hidden": true}
newest, after_tuning = messy["new value"]
assert newest < 0.62 and after_tuning > newest + 0.15
resolve(
    "07.p6",
    "in less than one third" if newest < 1 / 3 else "in one to two thirds",
    f"{newest:.0%}. Nothing in a passage says which is newer, and the old one has an ally: the weights.",
)

# %% jupyter={"source_hidden": true}
Markdown(
    f"**What it means.** {newest:.0%} new, {messy['old value'].iloc[0]:.0%} old, stated alike. Search gives both pages about the same score. The model prefers the page that agrees with what it remembers: tuned on the new values it takes the new page in {after_tuning:.0%}. "
    "The remedy is not a better model: a release column, and a *filter before* the search. "
    f"With the filter it was {first.loc['retrieval', 'changed facts, new value']:.0%} above. Retrieval moves the work of keeping facts right from training to housekeeping. It does not abolish it."
)

# %% [markdown]
# ## Say it out loud  ·  *minute 67*

# %%
predict(
    "07.p7",
    f'The product owner: "The tuned model scored {tempting:.0%} on the new release; retrieval only {first.loc["retrieval", "changed facts, new value"]:.0%}. Why would we not tune?" Which would you say?',
    options=[
        "Because so few points on so few questions are not significant: with the error of each score in mind, nobody can say which of the two is better.",
        "Because fine-tuning cannot teach a model facts, it only teaches a style; what looks like new knowledge is the wording of its training examples.",
        "We should: tuned with replay the model forgets nothing of the old facts, its score is the higher one already, and the question is settled now.",
        "Because today they tie, and at the next release only one is still right: the facts stay outside, and I tune for the form if code cannot write it.",
    ],
)

# %% jupyter={"source_hidden": true}
resolve(
    "07.p7",
    "Because today they tie, and at the next release only one is still right: the facts stay outside, and I tune for the form if code cannot write it.",
    "“Not significant” is true and beside the point. “Cannot teach facts” is false: you have seen it learn them. Replay protects the old facts, and does nothing for those that change next.",
)

# %% jupyter={"source_hidden": true}
Markdown(
    f'**In the review, a senior says:** "I split the complaint. New and changed facts: knowledge, and retrieval closes {first.loc["retrieval", "changed facts, new value"]:.0%} without breaking another fact. The form: behaviour, one line of code writes it ({by_template:.0%}). '
    f'Tuning on the facts would also work today, but it kept {kept:.0%} of the others without replay, and a model tuned with care on 1.6.1 is right on {later.iloc[-1]:.0%} of the changing facts in 1.9.1. I would reconsider for a behaviour that no prompt and no code brings about, with 300 examples and someone who owns the next round."\n\n'
    '**The customer is told:** "Answers will follow the release that you have installed from the day it is out, and name the page they come from. If the page is not found, we are working on saying so: that is our weak spot."'
)

# %% [markdown]
# ## What you take with you
#
# - Split the complaint: wording, knowledge, reading, behaviour. Measure each alone.
# - Climb from below: prompt, code, retrieval, stronger model, fine-tune. Stop at the first rung that closes the gap *and keeps the rest*.
# - Facts that change stay outside the weights. Behaviour that stays may go in.
# - Fine-tuning can teach facts. It cannot keep them true, cite them, or delete them.
# - What is not found is not answered, and a miss is not silent. Measure search apart.
# - The best choice is a region, not a slogan: traffic, change, examples, the price of an error. A rule overrides all four.
#
# ## Next
#
# **[Exercise 07](../exercises/07-knowledge-or-behaviour/07-knowledge-or-behaviour.ipynb)**: BM25 and nDCG by hand, stale answers, a gap to diagnose, `recommend(case)` scored by what it really costs, and a memo against fine-tuning whose numbers follow the measurements. Then **lesson 08, What fine-tuning costs**: when the
# answer *is* to tune, how to do it without breaking the rest.
