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
# A help desk for scikit-learn uses a small language model trained on release 0.24. Users have release 1.9, and a plug-in
# wants each answer as `[ C :: 1.0 ]`. Two complaints: the model does not *know* something, and it does not *do*
# something.
#
# | you will be able to | minutes |
# |---|---|
# | show what fine-tuning on new facts does to all other facts, and to the next release | 12 |
# | compare searches on the same questions, and cut documents so that they are found | 11 |
# | test what a model does with old and contradicting passages | 7 |
# | say what a client means by "fine-tuning", what stops it and what it costs | 13 |
#
# About 43 minutes here, then 60 to 90 in the exercise. Terms are in the [glossary](glossary.ipynb).
#
# The **tiny model** (136,000 weights) learned 700 defaults of release 0.24 and can be fine-tuned in a
# second. The **real model** is SmolLM2-135M-Instruct; its answers are recorded (llama.cpp, Q4_1, greedy, one run, seed 0).

# %%
import numpy as np
import pandas as pd
from scipy.stats import binomtest

# %% jupyter={"source_hidden": true}
# isort: split
from dataclasses import replace

import bm25s

from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm import load, make_prompt, one_thread, open_book, read_defaults
from holdout.lm.adapt import fine_tune
from holdout.lm.real import records
from holdout.lm.real.search import whole_and_split
from holdout.stats.intervals import wilson_interval
from holdout.topics.adaptation import documents
from holdout.topics.adaptation import figures as views
from holdout.topics.adaptation.bill import PRICES, monthly_bill, token_costs
from holdout.topics.adaptation.experiments import (
    OPTIONS,
    AdaptationBenchmark,
    answer_grid,
    climb,
    stores_of,
    through_releases,
    tune_on_release,
)

style.use()
one_thread()
model, stronger = load("M"), load("L")
book = open_book("0.24.2", "1.9.1")
bench = AdaptationBenchmark(book, model, stronger, np.random.default_rng(70))

# %%
asked = "what is the default of criterion for RandomForestRegressor ?"
examples = [(f"{p} of {e} ?", f"[ {p} :: {book.old[e, p]} ]") for e, p in bench.shown]
prompts = {
    "plain": make_prompt(asked),
    "house format shown by 3 examples": make_prompt(asked, examples=examples),
    "with 3 passages of release 1.9": make_prompt(asked, bench.store.retrieve(asked, 3)),
}
for name, prompt in prompts.items():
    print(f"{name:33}{model.complete([prompt])[0]}")

# %% jupyter={"source_hidden": true}
asked_key = ("RandomForestRegressor", "criterion")
explain(
    """
    By 1.9 this default changed from `{old}` to `{new}`. The weights hold the old value; the examples do not bring the format; with passages the new value
    comes at once.
    """,
    old=book.old[asked_key],
    new=book.new[asked_key],
)

# %% [markdown]
# ## Fine-tuning can teach facts. What happens to the other facts?
#
# Of the 700 defaults, 56 changed from 0.24 to 1.9, 616 did not, and 28 no longer exist. We fine-tune: 150 steps on the 56.

# %% jupyter={"source_hidden": true}
predict(
    "07.p1",
    "After 150 steps the model knows all 56 new values. Of the 616 facts that did *not* change, how many does it "
    "still answer correctly?",
    options=["more than 95%", "80% to 95%", "60% to 80%", "less than 60%"],
)

# %%
changed = bench.gaps["changed facts"]
rng = np.random.default_rng
tuned = fine_tune(model, bench.training_items(changed), rng(1), steps=150).model
careful = fine_tune(  # half of each batch: old facts that still hold, and "unknown"
    model, bench.training_items(changed), rng(1), steps=150, replay=bench.replay_items()
).model
setups = {
    "closed-book": (model, False),
    "retrieval": (model, True),
    "fine-tuned": (tuned, False),
    "fine-tuned + retrieval": (tuned, True),
    "fine-tuned with replay": (careful, False),
}
grid = answer_grid(bench, setups)
grid.round(2)

# %% jupyter={"source_hidden": true}
n = grid.attrs["n"]
runs = [grid]
for seed in (2, 3):
    again = fine_tune(model, bench.training_items(changed), rng(seed), steps=150).model
    runs.append(answer_grid(bench, {"fine-tuned": (again, False)}))
kept, right = ([run.loc["fine-tuned", name] for run in runs] for name in ("unchanged", "all facts"))
shipped, read = grid.loc["closed-book"], grid.loc["retrieval"]
unknown_low, unknown_high = wilson_interval(
    round(n["says unknown"] * read["says unknown"]), n["says unknown"]
)
assert (
    max(kept) < 0.6
    and grid.loc["fine-tuned", "changed"] > 0.95
    and grid.loc["fine-tuned with replay", "all facts"] > 0.93
)
TRAFFIC, WRONG = 50_000, 0.05
resolve("07.p1", "less than 60%")
explain(
    """
    **What it means.** Over three seeds the tuned model keeps {least:.0%} to {most:.0%} of the {unchanged} others. Over all
    {everything} facts it falls from {before:.0%} to {after:.0%} (their mean). With **replay** (all facts that still hold and "unknown" are mixed in; one seed) it is right on {replay:.0%}. Retrieval is right on {retrieval:.1%}, and nothing is trained.
    The weak spot of retrieval is the last column, {n_unknown} questions that nothing answers: behind wrong passages that share words (near misses) the model says "unknown" in {unknown:.0%} ({low:.0%} to {high:.0%}), closed-book in {closed:.0%}.

    **The trap.** Testing on what was tuned measures the first column: {changed:.0%}. With {traffic:,} questions per month, evenly
    over these {everything} facts ({share:.1%} of them changed), and ${wrong:.2f} per wrong answer, that model costs ${loss:,.0f} per month *more* than the one it replaces.
    """,
    least=min(kept),
    most=max(kept),
    unchanged=n["unchanged"],
    everything=n["all facts"],
    before=shipped["all facts"],
    after=np.mean(right),
    replay=grid.loc["fine-tuned with replay", "all facts"],
    retrieval=read["all facts"],
    unknown=read["says unknown"],
    low=unknown_low,
    high=unknown_high,
    n_unknown=n["says unknown"],
    closed=shipped["says unknown"],
    changed=grid.loc["fine-tuned", "changed"],
    share=n["changed"] / n["all facts"],
    traffic=TRAFFIC,
    wrong=WRONG,
    loss=TRAFFIC * WRONG * (shipped["all facts"] - np.mean(right)),
)

# %% [markdown]
# **At work.** Ask before and after about what must *stay* right. With replay:

# %%
others = bench.items([bench.situation(k) for k in book.stable], changed, prompted=False, passages=False)
truth = np.array([item.answer for item in others])
before, after = (np.array(m.complete([item.prompt for item in others])) == truth for m in (model, careful))
lost, won = sum(before & ~after), sum(~before & after)
print(f"lost {lost} of {len(truth)}, won {won}, McNemar p = {binomtest(lost, lost + won).pvalue:.0e}")

# %% [markdown]
# ## Weights are right once; the truth moves on
#
# Eleven real releases, five years. Retrieval reads the table of the release that is asked about; weights always answer the
# same. The tuned models had replay.
#
# 1. Where is a tuned model best, and what has it lost by 1.9?
# 2. The 56 facts were *selected because they change*. Switch to all 672: how much of the loss is left?

# %% jupyter={"source_hidden": true}
releases = read_defaults()
TUNED_AT = ["1.0.2", "1.6.1", "1.9.1"]
weights = {"as shipped": model, "1.9.1": careful} | {
    release: tune_on_release(bench, releases[release], rng(2), replay=True) for release in TUNED_AT[:2]
}
stores = stores_of(releases)
history = {
    "the 56 that change": through_releases(bench, releases, weights, stores=stores),
    "all 672 facts": through_releases(bench, releases, weights, only_changed=False, stores=stores),
}
release_stage = Stage(
    alt="Correct answers release by release, for weights as shipped, tuned weights and retrieval",
    title="Tuned on {short}: {own:.0%} then, {last:.0%} in 1.9; retrieval {retrieval:.0%}",
    readout="{facts}. Tuned on {tuned_at}: {own:.1%} in that release, {last:.1%} in 1.9.1; as shipped {shipped:.1%}, retrieval {retrieval:.1%}. One seed.",
    size=(8, 3.9),
)


@release_stage.flipbook(facts=list(history), tuned_at=TUNED_AT, start={"tuned_at": "1.6.1"})
def through_the_releases(facts, tuned_at):
    table = history[facts]
    views.draw_releases(release_stage.ax, table, tuned_at, tuned_at, facts)
    last = table.iloc[-1]
    return {
        "short": tuned_at.rsplit(".", 1)[0],
        "own": table.loc[tuned_at, tuned_at],
        "last": last[tuned_at],
        "shipped": last["as shipped"],
        "retrieval": last["retrieval"],
    }


through_the_releases

# %% jupyter={"source_hidden": true}
few, all_facts = history.values()
everywhere = [
    value != releases["1.9.1"][fact]
    for fact, value in releases["0.24.2"].items()
    if fact in releases["1.9.1"]
]
assert sum(everywhere) == n["changed"]
assert all(table[release].idxmax() == release for table in history.values() for release in TUNED_AT)
explain(
    """
    **What it means.** (1) In its own release; tuned on 1.6 it falls from {own:.0%} to {last:.0%} by 1.9. (2) Over all facts: {own_all:.1%} to {last_all:.1%}; retrieval stays at {retrieval:.1%} or more. These are selected, too: {share:.1%} of them changed, of all {n_release:,} defaults {share_release:.1%}. Facts that
    change often are better kept outside the weights; most do not change.
    """,
    own=few.loc["1.6.1", "1.6.1"],
    last=few["1.6.1"].iloc[-1],
    own_all=all_facts.loc["1.6.1", "1.6.1"],
    last_all=all_facts["1.6.1"].iloc[-1],
    retrieval=all_facts["retrieval"].min(),
    share=n["changed"] / n["all facts"],
    n_release=len(everywhere),
    share_release=np.mean(everywhere),
)

# %% [markdown]
# **At work.** Count what changes.

# %%
old, new = releases["0.24.2"], releases["1.9.1"]
shared = [fact for fact in old if fact in new]
moved = sum(old[fact] != new[fact] for fact in shared)
print(f"{moved} of {len(shared)} defaults changed in five years: {moved / len(shared):.1%}")

# %% [markdown]
# ## Which search finds the passage?
#
# scikit-learn's docstrings: 1,756 passages, one per parameter. 322 *named* questions hold class and
# parameter; 300 *described* ones neither as code (30, all in the first of two batches, say the class or a one-word
# parameter in plain words). Four searches: **BM25**
# (shared words, rare ones count more) on whole words, or with names split (`max_depth` is also *max* and *depth*);
# **embeddings** (MiniLM, int8, onnxruntime; nearest by cosine); **fusion** of the ranks of these two.

# %% jupyter={"source_hidden": true}
passages = records.passages()
vectors, questions = documents.embeddings()
predict(
    "07.p2",
    "Fusion of BM25 and embeddings, compared with embeddings alone. On *described* questions it puts the right passage first ...",
    options=["10 points more often, or more", "less than 10 points apart", "10 points less often, or more"],
)

# %%
question = "How deep are the trees in gradient boosting for classification?"
search = bm25s.BM25()
search.index([whole_and_split(text) for text in passages.values()], show_progress=False)
words, meaning = search.get_scores(whole_and_split(question)), vectors @ questions[question]


def rank(scores):
    return (-scores).argsort(kind="stable").argsort(kind="stable") + 1


fused = 1 / (60 + rank(words)) + 1 / (60 + rank(meaning))  # 60 as in the paper named below
place = list(passages).index("GradientBoostingClassifier.max_depth")
print(
    {name: int(rank(s)[place]) for name, s in [("BM25", words), ("embeddings", meaning), ("fusion", fused)]}
)

# %% [markdown]
# All 622 questions:
#
# 1. Only named questions: does fusion beat BM25 with names split?
# 2. **Find** the share of described questions at which embeddings and fusion cross.

# %% jupyter={"source_hidden": true}
ranks = documents.recorded_ranks()
SHARES = np.linspace(0, 1, 21)
WORDS_ONLY, SPLIT, MEANING, FUSION = documents.RETRIEVERS.values()
SHORT = {WORDS_ONLY: "BM25 finds", SPLIT: "BM25 finds", MEANING: "embeddings find", FUSION: "fusion finds"}
mix_stage = Stage(
    alt="Recall of four searches against the share of described questions",
    title="{described:.0%} described, {k} shown: {verdict}",
    readout="{described:.0%} described, first {k}: {said}. {best} instead of {second}: {gap:+.1f} points ({low:+.1f} to {high:+.1f}, paired, 95%).",
    size=(8, 4.0),
)


@mix_stage.live(described=(0.0, 1.0, 0.05), k=[1, 3, 5, 10], start={"described": 0.6, "k": 1})
def mix_of_questions(described, k):
    found = documents.mixed_recall(ranks, k, described).sort_values(ascending=False, kind="stable")
    curves = {
        name: np.array([documents.mixed_recall(ranks, k, share)[name] for share in (0, 1)])
        for name in found.index
    }
    views.draw_mix(
        mix_stage.ax, np.array([0, 1]), {name: curves[name] for name in ranks["named"]}, described, k
    )
    best, second = found.index[:2]
    change = documents.mixed_difference(ranks, second, best, k, described)
    gap, low, high = (100 * value for value in change)
    return {
        "best": best,
        "second": second,
        "verdict": f"{SHORT[best]} {gap:.0f} points more ({low:.0f} to {high:.0f})"
        if low > 0
        else "no search is clearly best",
        "gap": gap,
        "low": low,
        "high": high,
        "said": ", ".join(f"{name} {share:.0%}" for name, share in found.items()),
    }


mix_of_questions


# %% jupyter={"source_hidden": true}
def paired(before, after, k, described):
    return "{:+.0f} ({:+.1f} to {:+.1f})".format(
        *(100 * value for value in documents.mixed_difference(ranks, before, after, k, described))
    )


ROOM, LENGTH = 480, 60
libraries = {
    f"every {LENGTH} words, class name in the first chunk only": documents.cut_docstrings(
        passages, LENGTH, headed=False
    ),
    f"every {LENGTH} words, class name on every chunk": documents.cut_docstrings(
        passages, LENGTH, headed=True
    ),
    "one chunk per parameter, with its heading": documents.one_per_parameter(passages),
}
chunk_rows = []
named, described = documents.named_questions(), documents.described_questions()
for name, library in libraries.items():
    cells = []
    found = documents.chunks_found(library, [*named, *described], ROOM)  # one index for both kinds
    for hits in (found[: len(named)], found[len(named) :]):
        low, high = wilson_interval(int(hits.sum()), len(hits))
        cells.append(f"{hits.mean():.0%} ({low:.0%} to {high:.0%})")
    chunk_rows.append(f"| {name} | {cells[0]} | {cells[1]} |")
same = documents.break_even(ranks, FUSION, MEANING, 1)
clear = next(share for share in SHARES if documents.mixed_difference(ranks, FUSION, MEANING, 1, share)[1] > 0)
batches = [
    {**ranks, "described": ranks["described"].loc[keys]} for keys in documents.described_batches().values()
]
on_batches = [documents.mixed_difference(batch, MEANING, FUSION, 1, 1.0) for batch in batches]
assert on_batches[0][2] < 0 < on_batches[1][0] and on_batches[1][1] < 0 < on_batches[1][2]
assert clear > 0.95 and documents.mixed_difference(ranks, SPLIT, FUSION, 3, 0.0)[1] > 0
for k in (3, 5, 10):
    assert documents.mixed_difference(ranks, MEANING, FUSION, k, 1.0)[1] < 0
    assert documents.mixed_difference(ranks, MEANING, FUSION, k, 1.0)[2] > 0
apart = 100 * documents.mixed_difference(ranks, MEANING, FUSION, 1, 1.0)[0]
resolve(
    "07.p2",
    "less than 10 points apart"
    if abs(apart) < 10
    else f"10 points {'more' if apart > 0 else 'less'} often, or more",
    f"{apart:+.0f} points.",
)
explain(
    """
    **What it means.** First passage, points of recall (paired, 95%):

    | instead of | named (n = 322) | described (n = {n_described}) |
    |---|--:|--:|
    | names split, instead of whole words | {split_named} | {split_described} |
    | fusion, instead of BM25 with names split | {words_named} | {words_described} |
    | fusion, instead of embeddings | {meaning_named} | {meaning_described} |

    (1) Not shown for one passage; with three, {words_three}. (2) They cross at {same:.0%}; a lead of embeddings is shown only at {clear:.0%}. **Another batch does not repeat it:** fusion against embeddings gave {first} in our first {n_first} descriptions, {later} in {n_later} later ones. The {pooled} above mixes both: take your users' questions.
    **Published:** Cormack and others (2009) found fusion better than its members.

    **What is a passage?** Cut in three ways; BM25 with names split, share of questions whose passage lies within the first {room} words:

    | chunks | named | described |
    |---|--:|--:|
    {chunks}
    """,
    split_named=paired(WORDS_ONLY, SPLIT, 1, 0.0),
    split_described=paired(WORDS_ONLY, SPLIT, 1, 1.0),
    words_named=paired(SPLIT, FUSION, 1, 0.0),
    words_described=paired(SPLIT, FUSION, 1, 1.0),
    meaning_named=paired(MEANING, FUSION, 1, 0.0),
    meaning_described=paired(MEANING, FUSION, 1, 1.0),
    words_three=paired(SPLIT, FUSION, 3, 0.0),
    n_described=len(ranks["described"]),
    n_first=len(batches[0]["described"]),
    n_later=len(batches[1]["described"]),
    first="{:+.0f} ({:+.0f} to {:+.0f})".format(*(100 * value for value in on_batches[0])),
    later="{:+.0f} ({:+.0f} to {:+.0f})".format(*(100 * value for value in on_batches[1])),
    pooled=f"{apart:+.0f}",
    same=same,
    clear=clear,
    room=ROOM,
    chunks="\n".join(chunk_rows),
)

# %% [markdown]
# ## The passage is found. Is it read?
#
# The real model gets passages about 82 defaults that changed since 0.18, and three worked examples. *Old* is the docstring with the old default
# put back (75 of them).
# With both, "Release 0.22." (true for about half) or "Release 1.9." stands before each.

# %% jupyter={"source_hidden": true}
outcomes = documents.reading_outcomes()
SHOWN = ["right", "old only", "old then new", "new then old"]
read_shares = documents.reading_shares(outcomes, changed_only=True).loc[SHOWN]
predict(
    "07.p3",
    "Both passages are in the prompt. Now the *new* one stands first instead of last. The real model gives the new value ...",
    options=["more often", "about equally often", "less often"],
)

# %% [markdown]
# 1. Which order is better? More than luck?
# 2. How well is a single passage read, right or old?

# %% jupyter={"source_hidden": true}
PAIRS = {
    "order": ("old then new", "new then old"),
    "a second page": ("old only", "old then new"),
    "right or old": ("old only", "right"),
}
reading_stage = Stage(
    alt="What the real model answers, by what stands in its prompt",
    title="“{second}” instead of “{first}”: {lost} lost, {gained} won",
    readout="New value, “{second}” instead of “{first}”: {lost} lost, {gained} won, McNemar p = {p:.2g}. {said}. llama.cpp, Q4_1, one greedy run, seed 0; bars: 95% interval of the new value.",
    size=(8, 4.2),
)


@reading_stage.flipbook(compared=list(PAIRS))
def what_it_reads(compared):
    first, second = PAIRS[compared]
    views.draw_reading(reading_stage.ax, read_shares, PAIRS[compared])
    test = documents.compare_cases(outcomes, first, second)
    return {
        "first": views.READING_NAMES[first],
        "second": views.READING_NAMES[second],
        "lost": test.lost,
        "gained": test.gained,
        "p": test.p_value,
        "said": "; ".join(
            f"“{views.READING_NAMES[case]}”: new {row['new']:.0%}, old {row['old']:.0%}"
            for case, row in read_shares.iterrows()
        ),
    }


what_it_reads

# %% jupyter={"source_hidden": true}
new_last, new_first, old_alone, right_alone = (
    read_shares.loc[case] for case in ("old then new", "new then old", "old only", "right")
)
near = outcomes.loc["near miss"]
ab_low, ab_high = wilson_interval(int(near["unknown"].sum()), len(near))
stale_low, stale_high = wilson_interval(round(old_alone["old"] * old_alone["n"]), int(old_alone["n"]))
order = documents.compare_cases(outcomes, "old then new", "new then old")
assert order.lost > order.gained and order.p_value < 0.01
resolve("07.p3", "less often")
explain(
    """
    **What it means.** (1) New last: {last:.0%} ({last_low:.0%} to {last_high:.0%}); new first: {first:.0%} ({first_low:.0%} to {first_high:.0%}), n = {n}, {lost} lost and {gained} won, p = {p:.3f}. (2) An old page alone is repeated in {stale:.0%} ({stale_low:.0%} to {stale_high:.0%}, n = {n_stale}); the right one read in {right:.0%} ({right_low:.0%} to {right_high:.0%}, n = {n_right}). Behind a near miss, "unknown" comes in {abstains} of {n_near} ({ab_low:.0%} to {ab_high:.0%}).
    """,
    abstains=int(near["unknown"].sum()),
    n_near=len(near),
    last=new_last["new"],
    last_low=new_last["new low"],
    last_high=new_last["new high"],
    first=new_first["new"],
    first_low=new_first["new low"],
    first_high=new_first["new high"],
    n=int(new_last["n"]),
    lost=order.lost,
    gained=order.gained,
    p=order.p_value,
    stale=old_alone["old"],
    stale_low=stale_low,
    stale_high=stale_high,
    n_stale=int(old_alone["n"]),
    ab_low=ab_low,
    ab_high=ab_high,
    right=right_alone["new"],
    right_low=right_alone["new low"],
    right_high=right_alone["new high"],
    n_right=int(right_alone["n"]),
)

# %% [markdown]
# **At work.** Filter by release before the search; abstain in code where no page names what was asked.

# %% jupyter={"source_hidden": true}
pages = pd.DataFrame(
    [
        (release, *fact, releases[release][fact])
        for release in ("0.24.2", "1.9.1")
        for fact in releases[release]
    ],
    columns=["release", "estimator", "parameter", "default"],
)

# %%
current = pages[pages["release"] == "1.9.1"]
for estimator, parameter in [("TSNE", "init"), ("TSNE", "gamma")]:
    hit = current[(current["estimator"] == estimator) & (current["parameter"] == parameter)]
    print(estimator, parameter, hit["default"].item() if len(hit) else "unknown")

# %% [markdown]
# ## Behaviour: five rungs, two gaps
#
# The gaps: 60 facts that the table of 0.24 lacks, and a house format. Retrieval and the stronger model keep the prompt that shows the form; the last two rungs do not: *fine-tune* (facts with replay) answers a plain question from
# its weights; *both* is a tuned small model behind passages (for facts the same one; for the format one tuned on prompts with passages). How much of each gap is closed?

# %%
ladder = climb(bench, rng(3), replay=True, gaps=("new facts", "a house format"))
ladder["closes"].unstack("gap").loc[["prompt", "retrieval", "stronger model", "fine-tune", "both"]].round(2)

# %% jupyter={"source_hidden": true}
closes = ladder["closes"]
stated = {
    name: (closes[cell], *wilson_interval(round(60 * closes[cell]), 60))
    for name, cell in {"facts": ("new facts", "retrieval"), "form": ("a house format", "fine-tune")}.items()
}
facts_asked = bench.gaps["new facts"].situations
by_code = np.mean(
    [
        f"[ {s.key[1]} :: {answer} ]" == f"[ {s.key[1]} :: {s.value} ]"
        for s, answer in zip(
            facts_asked,
            model.complete([make_prompt(s.question, s.passages) for s in facts_asked]),
            strict=True,
        )
    ]
)
code_low, code_high = wilson_interval(round(60 * by_code), 60)
assert closes["a house format", "retrieval"] < 0.2 < closes["a house format", "fine-tune"]
explain(
    """
    **What it means.** A missing fact: retrieval ({facts:.0%}, {facts_low:.0%} to {facts_high:.0%}), which breaks no other fact, but says “unknown” less often. A behaviour that no passage holds: fine-tuning ({form:.0%}, {form_low:.0%} to
    {form_high:.0%}; 60 questions each, one seed; [deeper](deeper/07-knowledge-or-behaviour.ipynb#6-·-How-many-examples-does-a-behaviour-need?): three). First ask whether *code* can do it: `f"[ {{parameter}} :: {{answer}} ]"` around retrieval is right in {code:.0%} ({code_low:.0%} to
    {code_high:.0%}). Code cannot write a tone.
    """,
    facts=stated["facts"][0],
    facts_low=stated["facts"][1],
    facts_high=stated["facts"][2],
    form=stated["form"][0],
    form_low=stated["form"][1],
    form_high=stated["form"][2],
    code=by_code,
    code_low=code_low,
    code_high=code_high,
)

# %% [markdown]
# ## "Fine-tuning" means five things
#
# | the client wants | kind | it needs |
# |---|---|---|
# | a language or architecture that no model has | **training from scratch** | all text it will ever know |
# | the words of a field | **domain-adaptive tuning** | much plain text, no labels |
# | to follow requests, a format, a tone | **instruction tuning** | hundreds to thousands of (request, answer) pairs |
# | one narrow task, done better | **full fine-tuning** | such pairs; one copy of the model per task |
# | the same, for many tasks on one base | **parameter-efficient tuning** (LoRA) | the same pairs; small adapters |
# | "that it knows our documents" | none: **retrieval** | an index, and somebody who cleans it |
#
# **Red flags**: nobody will serve, monitor and re-tune it · too few or too noisy data · prestige (no measured gap, no business
# case). **Compliance**: personal data without consent? a licence to train? who is liable for an answer? Ask counsel; what was
# trained in is hard to take out.

# %% jupyter={"source_hidden": true}
predict(
    "07.p4",
    "A bank: “Fine-tune a model on our 30,000 support answers, so that it writes in our tone. A consultant sets it up, then leaves.” "
    "The answers are checked, without personal data, and ours. What is it, and do you go ahead?",
    options=[
        "Domain-adaptive tuning. Go ahead: the answers are text of the field.",
        "Instruction tuning. Go ahead: the pairs are many and well checked.",
        "Instruction tuning. Stop: nobody will serve it and tune it again.",
        "Retrieval of answers. Stop: an index needs documents, not answers.",
    ],
)

# %% jupyter={"source_hidden": true}
resolve("07.p4", "Instruction tuning. Stop: nobody will serve it and tune it again.")
explain(
    """
    Tone is behaviour, and the pairs are plenty. But nobody will notice or repair what goes wrong. Name an owner first.
    """
)

# %% [markdown]
# ## What does each option cost?
#
# Prices are dated inputs. Replace them.

# %%
DATED = "June 2026"  # $ per million tokens (read, written), as price guides of that month quote openai.com/api/pricing
price_list = {
    "small": (0.15, 0.60),  # GPT-4o mini
    "small, fine-tuned": (0.30, 1.20),  # the same, tuned; training 3.00
    "stronger": (2.50, 10.00),  # GPT-4o
}
tokens_read = {"prompt": 400, "retrieval": 1300, "stronger model": 1300, "fine-tune": 60, "both": 960}
cost = token_costs(price_list, tokens_read, tokens_written=40)
pd.Series(cost).mul(1000).round(2).rename(f"$ per 1,000 answers, {DATED}").to_frame().T

# %% [markdown]
# Tokens are assumed, and so is the rest: building and upkeep $100 to $1,450 per month, $800 per round of tuning (data, evaluation, release), 300 examples
# exist, $0.05 per wrong answer. Accuracies are those above, with one right and one wrong answer added. Tuned facts go stale; the bill uses the cheapest interval between rounds.
#
# 1. New facts, at the counted rate (56 of 1,512 in 60 months: 0.0006): what is cheapest? And at 1?
# 2. Between which two traffics does tuning for the house format begin to pay?

# %% jupyter={"source_hidden": true}
PRODUCTS = {
    "new facts": {"facts": True, "reader_knows": True},
    "a house format": {"facts": False},
}
WRONG_ANSWER = 0.05


def bill_for(product, questions, changes):
    """Parts of each option's monthly bill, in dollars.

    One correct and one wrong answer are added to each accuracy: 60 questions cannot show that nothing ever goes wrong.
    """
    bill = monthly_bill(
        questions,
        changes,
        accuracies=((60 * ladder.loc[product, "closes"] + 1) / 62).to_dict(),
        tokens=cost,
        examples=300,
        price_of_wrong=WRONG_ANSWER,
        prices=replace(PRICES, question=1.0, stronger=1.0),
        **PRODUCTS[product],
    )
    return {
        option: {name: float(v) for name, v in bill[option].items() if name != "fines"} for option in OPTIONS
    }


bill_stage = Stage(
    alt="Monthly cost of five options in parts",
    title="{product}, {questions:,} questions: {best} is cheapest",
    readout="{product}, {questions:,} questions, {changes:g} changes per fact and month: {best} ${total:,.0f}; next {second} ${next:,.0f}.",
    size=(8.4, 4.4),
)


@bill_stage.live(
    product=list(PRODUCTS),
    questions=[1_000, 10_000, 100_000, 1_000_000],
    changes=[0.0006, 0.01, 0.1, 1.0],
    start={"questions": 100_000, "changes": 0.1},
)
def monthly_costs_of(product, questions, changes):
    parts = bill_for(product, questions, changes)
    totals = {option: sum(parts[option].values()) for option in OPTIONS}
    best, second = sorted(OPTIONS, key=totals.get)[:2]
    views.draw_costs(bill_stage.ax, parts, totals, best)
    return {
        "best": views.NAMES[best],
        "second": views.NAMES[second],
        "total": totals[best],
        "next": totals[second],
    }


monthly_costs_of


# %% jupyter={"source_hidden": true}
def first_traffic(product, changes=0.0006):
    """The least traffic, to 0.6%, from which an option that tunes is cheapest of all; infinite if there is none up to ten million."""
    for questions in np.logspace(2, 7, 2001):
        totals = {o: sum(parts.values()) for o, parts in bill_for(product, questions, changes).items()}
        if min(totals, key=totals.get) in ("fine-tune", "both"):
            return questions
    return np.inf


def totals_of(*case):
    return {option: sum(parts.values()) for option, parts in bill_for(*case).items()}


slow, fast = (totals_of("new facts", 100_000, changes) for changes in (0.0006, 1.0))
form_from = first_traffic("a house format")
assert min(fast, key=fast.get) == "retrieval" and np.isfinite(form_from)
explain(
    """
    **What it means.** (1) At the counted rate retrieval and fine-tuning cost ${slow_read:,.0f} and ${slow_tune:,.0f}: the star is on tuning, but on accuracies of 60 questions that is a tie. At one change per month, ${fast_read:,.0f} and
    ${fast_tune:,.0f}. (2) From about {form_from:,.0f} questions per month (no later round charged), where code cannot do it.
    The bill leaves out unchanged facts that tuning breaks.
    """,
    slow_read=slow["retrieval"],
    slow_tune=slow["fine-tune"],
    fast_read=fast["retrieval"],
    fast_tune=fast["fine-tune"],
    form_from=float(f"{form_from:.2g}"),
)

# %% [markdown]
# ## Say it out loud
#
# Write your own sentences first.

# %% jupyter={"source_hidden": true}
in_first_five = {
    kind: (share, *wilson_interval(round(share * len(table)), len(table)))
    for kind, table in ranks.items()
    for share in [(table[FUSION] <= 5).mean()]
}
read_low, read_high = wilson_interval(round(read["changed"] * n["changed"]), n["changed"])
explain(
    """
    **In the review, a senior says:** "The complaint has two parts. Facts: retrieval answers {read:.0%} of the 56 changed ones ({read_low:.0%} to {read_high:.0%}). Tuned on them, the model kept
    {least:.0%} to {most:.0%} of the 616 others (three seeds), with these facts replayed {replayed:.0%} (one). Only 3.7% of the defaults changed, so I would reconsider for high traffic. Format: one line of code. A tiny model; ours needs its own run."

    **The customer is told:** "Answers come from the documentation of your release, once we have indexed it, and show their passage. In our test, searching by words and by meaning, the right passage was among the first five for {named:.0%}
    ({named_low:.0%} to {named_high:.0%}) of the questions that name a parameter, and {described:.0%} ({described_low:.0%} to {described_high:.0%}) of those that describe it. If it is missing, the answer may be wrong: compare them."
    """,
    read=read["changed"],
    read_low=read_low,
    read_high=read_high,
    least=min(kept),
    most=max(kept),
    replayed=grid.loc["fine-tuned with replay", "unchanged"],
    named=in_first_five["named"][0],
    named_low=in_first_five["named"][1],
    named_high=in_first_five["named"][2],
    described=in_first_five["described"][0],
    described_low=in_first_five["described"][1],
    described_high=in_first_five["described"][2],
)

# %% [markdown]
# ## What you take with you
#
# - Split the complaint into knowledge and behaviour; measure each alone.
# - Fine-tuning can teach facts. Ask what it breaks, and count what changes.
# - Compare searches on both kinds of questions, paired; keep the heading on every chunk.
# - Filter old pages before the search; let code say "unknown".
# - Ask which tuning is meant, what stops it, and what it costs.
#
# ## Next
#
# **[Exercise 07](../exercises/07-knowledge-or-behaviour/07-knowledge-or-behaviour.ipynb)**, then [lesson 08](08-what-fine-tuning-costs.ipynb).
# **[Deeper](deeper/07-knowledge-or-behaviour.ipynb)**: BM25 and nDCG by hand (07.bm25, 07.ndcg), misses, old values in the real model, six gaps (07.diagnose), examples, latency, a map of costs (07.recommend).
