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
# # 12 · A model that eats its own output
#
# *Unit 5 of 6: Model collapse.*
#
# ## Quality is steady at every retraining. May we go on training on our own texts?
#
# A help desk's small language model writes short articles. Users look up their answers in the newest ones, and the next model is
# trained on them. Real articles are no longer collected. The report after ten generations says: *"Most articles are correct,
# and the ten main topics have the same share as at the start."* Both statements are true. What does this report miss?
#
# | you will be able to | minutes |
# |---|---|
# | say which items a loop loses first, and how many copies an item needs | 12 |
# | choose numbers that see the loss, and measure the distance from real data | 11 |
# | read ten generations of a real language model | 12 |
# | price what was lost, and say it precisely | 10 |
#
# About 45 minutes here, then 60 to 90 in the exercise. Terms are in the [glossary](glossary.ipynb).
#
# Three ways to train the next generation: **replacement** uses the newest output only, **accumulation** everything so far with the
# first real data, and a **fixed budget** as many rows as the first time, drawn from everything so far.

# %%
import numpy as np
import pandas as pd

# %% jupyter={"source_hidden": true}
# isort: split
from holdout import Stage, explain, predict, resolve
from holdout.figures import style
from holdout.lm import load, one_thread, open_book
from holdout.lm.real.records import passages
from holdout.lm.texts import (
    TAIL_FROM,
    TEXTS,
    fact_ranks,
    real_texts,
    recorded_generations,
    text_metrics,
    train_on_texts,
    write_texts,
)
from holdout.stats.intervals import mean_interval
from holdout.topics.collapse import figures as views
from holdout.topics.collapse.experiments import MODES, token_chain

style.use()

# %% [markdown]
# ## Words: the rare ones go first
#
# The real text is scikit-learn's documentation of its parameters. The simplest language model only counts words, and
# writes words with the shares that it counted. The next one counts what this one wrote.

# %%
from sklearn.feature_extraction.text import CountVectorizer

counter = CountVectorizer(token_pattern="[a-z]+")
counts = counter.fit_transform(passages().values()).sum(axis=0).A1
real = np.sort(counts)[::-1] / counts.sum()  # the share of each word, the most frequent first
FREQUENT, TAIL = 100, 1000


def next_generation(p, words, rng):
    """Write so many words, then count them."""
    return rng.multinomial(words, p) / words


print(f"{counts.sum():,} words, {len(real):,} different")
print(f"share of the text: ranks 1 to 100 {real[:FREQUENT].sum():.1%}, from 1,001 on {real[TAIL:].sum():.1%}")

# %% [markdown]
# We call the first 100 words *frequent* and the 1,886 from rank 1,001 on the **tail**. A word that one generation does
# not write is never written again: its share is 0.

# %% jupyter={"source_hidden": true}
assert (counts.sum(), len(real), round(1000 * real[TAIL:].sum())) == (81916, 2886, 77)
predict(
    "12.p1",
    "Each generation writes 10,000 words; 20 generations of replacement. Together the tail words are 7.7% of the real text. What is their "
    "share after 20 generations, on average over many runs?",
    options=["nearly 0%", "about 2%", "about 4%", "about 8%"],
)

# %% [markdown]
# 1. With 1,000 words per generation, how many of the *frequent* words are left after 20 generations?
# 2. **Find** the generation from which 100,000 words per generation hold less than half of the tail.

# %% jupyter={"source_hidden": true}
SIZES, GENERATIONS = [1_000, 3_000, 10_000, 30_000, 100_000], 20
word_runs = {}
for size in SIZES:
    rng = np.random.default_rng([12, size])
    word_runs[size] = [real]
    for _ in range(GENERATIONS):
        word_runs[size].append(next_generation(word_runs[size][-1], size, rng))
word_stage = Stage(
    alt="Share of each word against its rank in the real text; words that are no longer written are marked at the bottom",
    title="Generation {generation}: {frequent:.0%} of the frequent words are left, {tail:.0%} of the tail",
    readout="{words:,} words per generation, generation {generation}: {frequent:.0%} of the frequent words and {tail:.0%} of the tail are still "
    "written; the tail has {mass:.1%} of the text.",
    size=(7.6, 4.2),
)


@word_stage.live(words=SIZES, generation=(0, GENERATIONS), start={"words": 10_000, "generation": 20})
def write_words(words, generation):
    p = word_runs[words][generation]
    views.draw_words(word_stage.ax, real, p, FREQUENT, TAIL)
    return {
        "frequent": np.mean(p[:FREQUENT] > 0),
        "tail": np.mean(p[TAIL:] > 0),
        "mass": p[TAIL:].sum(),
    }


write_words

# %% [markdown]
# **At work.** How many copies per generation does an item need? Treat the copies of one copy as a Poisson number with mean 1. The chance that all
# of them are gone after *t* generations follows from one line, and *n* copies die independently.

# %%
extinct = 0.0
for _ in range(20):
    extinct = np.exp(extinct - 1)
copies = 10_000 * real  # expected per generation
left = 1 - extinct**copies
print("copies per generation:", *[f"{n:3d} → {1 - extinct**n:.0%} left" for n in (1, 3, 10, 30)])
print(f"even chance: {np.log(0.5) / np.log(extinct):.1f} copies; {np.sum(left < 0.5):,} words have fewer")

# %% jupyter={"source_hidden": true}
RUNS = 100
many = np.array(
    [token_chain(real, 10_000, 20, np.random.default_rng([13, seed]))[20] for seed in range(RUNS)]
)
PARTS = {"frequent": slice(0, FREQUENT), "middle": slice(FREQUENT, TAIL), "tail": slice(TAIL, None)}
shares = {name: mean_interval(many[:, part].sum(axis=1)) for name, part in PARTS.items()}
alive = {name: (many[:, part] > 0).mean() for name, part in PARTS.items()}
tail_shares = many[:, TAIL:].sum(axis=1)
low, high = np.quantile(tail_shares, [0.1, 0.9])
few_words = np.mean(word_runs[1_000][20][:FREQUENT] > 0)
held = [np.mean(p[TAIL:] > 0) for p in word_runs[100_000]]
half_gone = next(generation for generation, share in enumerate(held) if share < 0.5)
for name, part in PARTS.items():
    assert abs(shares[name][0] - real[part].sum()) < 2 * shares[name][1]
    assert abs(alive[name] - left[part].mean()) < 0.005
assert few_words < 0.5 and 5 < half_gone < 12 and alive["tail"] < 0.05
resolve("12.p1", "about 8%", f"Real {real[TAIL:].sum():.1%}, mean of {RUNS} runs {shares['tail'][0]:.1%}.")
explain(
    """
    **What it means.** 10,000 words, generation 20, {runs} runs (± is a 95% interval):

    | words | share of the real text | share after 20 generations | still written | by the formula |
    |---|--:|--:|--:|--:|
    {rows}

    Frequent is not safe: with 1,000 words per generation {few:.0%} of the frequent words are left, and 100,000 hold less than half of the tail from generation {half} on (one run each).
    What counts is copies per generation.

    And yet the *share* of the tail stays where it was. Counting is unbiased: on average a word's next share is its present one. The few tail words that are left have on average {times:.0f} times their
    real share. In one run it wanders (80% of the runs end between {low:.1%} and {high:.1%}). So for a model *that counts*, this share, the **tail mass**, says nothing about the loss.
    """,
    runs=RUNS,
    rows="\n".join(
        f"| {name} | {real[part].sum():.1%} | {shares[name][0]:.1%} ± {100 * shares[name][1]:.1f} | {alive[name]:.0%} | {left[part].mean():.0%} |"
        for name, part in PARTS.items()
    ),
    few=few_words,
    half=half_gone,
    times=1 / alive["tail"],
    low=low,
    high=high,
)

# %% [markdown]
# ## Which numbers see the loss?
#
# **Support** is the share of words that can still be written. **Diversity** is the chance that two words differ. The **distance** used here (total variation) is the
# share of the text that would have to change to make it real.


# %%
def loop(mode, words, generations, rng):
    """Shares of the words in each generation; the first one learns from real text."""
    written, p = [], real
    for _ in range(generations):
        written.append(rng.multinomial(words, p))
        pool = written[-1] if mode == "replace" else np.sum(written, axis=0)
        if mode == "fixed budget":
            pool = rng.multivariate_hypergeometric(pool, words)
        p = pool / pool.sum()
        yield p


def metrics(p):
    return {
        "tail support": np.mean(p[TAIL:] > 0),
        "tail mass": p[TAIL:].sum(),
        "head mass": p[:10].sum(),
        "diversity": 1 - np.sum(p**2),
        "distance": np.abs(p - real).sum() / 2,
    }


# %% jupyter={"source_hidden": true}
metric_runs = {}
for mode in MODES:
    rng = np.random.default_rng(14)
    table = [[metrics(p) for p in loop(mode, 10_000, 20, rng)] for _ in range(20)]
    metric_runs[mode] = {name: np.array([[m[name] for m in run] for run in table]) for name in table[0][0]}
fresh = metric_runs["replace"]["distance"][:, 0].mean()
assert round(fresh, 2) == 0.14
predict(
    "12.p2",
    "10,000 fresh real words are already 0.14 away from the real text, by chance. What is the distance after 20 generations of *accumulation*, where each "
    "generation adds 10,000 words of its own?",
    options=["0.14", "about 0.16", "about 0.28", "about 0.42"],
)

# %% [markdown]
# Run 0 is the mean of 20 runs.
#
# 1. Which of the four numbers on the left change by more than a quarter under replacement? And with a fixed budget?
# 2. Look at single runs of replacement. **Find** one whose tail mass *rises*.

# %% jupyter={"source_hidden": true}
metric_stage = Stage(
    alt="Left: four numbers over generations relative to the first. Right: distance from the real text for three ways of training",
    title="{mode}, generation {generation}: tail support × {support:.2f}, diversity × {diversity:.2f}, distance {distance:.2f}",
    readout="{mode}, {who}, generation {generation}, relative to generation 1: tail support × {support:.2f}, tail mass × {tail:.2f}, head mass × "
    "{head:.2f}, diversity × {diversity:.2f}. Distance {distance:.2f}.",
    size=(9, 3.9),
    ncols=2,
)


@metric_stage.live(mode=list(MODES), run=(0, 20), generation=(1, 20), start={"run": 0, "generation": 20})
def watch(mode, run, generation):
    def shown(way, name):
        values = metric_runs[way][name]
        return values.mean(axis=0) if run == 0 else values[run - 1]

    curves = {
        name: shown(mode, name) / shown(mode, name)[0]
        for name in ("tail support", "tail mass", "head mass", "diversity")
    }
    distances = {way: shown(way, "distance") for way in MODES}
    views.draw_metrics(metric_stage.axes[0], curves, generation, "relative to generation 1", first=1)
    views.draw_distances(metric_stage.axes[1], distances, mode, generation, fresh)
    here = {
        name.split()[0]: values[generation - 1] for name, values in curves.items() if name != "tail support"
    }
    return here | {
        "support": curves["tail support"][generation - 1],
        "distance": distances[mode][generation - 1],
        "who": "mean of 20 runs" if run == 0 else f"run {run}",
    }


watch

# %% jupyter={"source_hidden": true}
ends = {
    mode: {name: values[:, -1].mean() / values[:, 0].mean() for name, values in runs.items()}
    for mode, runs in metric_runs.items()
}
far = {mode: mean_interval(runs["distance"][:, -1]) for mode, runs in metric_runs.items()}
tail_mass = metric_runs["replace"]["tail mass"]
rises = int(np.sum(tail_mass[:, -1] > tail_mass[:, 0]))
held_first = metric_runs["accumulate"]["tail support"][:, 0].mean()
wright = []
for words, runs in ((1_000, 200), (10_000, 50)):
    last = [token_chain(real, words, 20, np.random.default_rng([15, seed]))[20] for seed in range(runs)]
    kept, error = mean_interval([(1 - np.sum(p**2)) / (1 - np.sum(real**2)) for p in last])
    published = (1 - 1 / words) ** 20
    assert abs(kept - published) < 2 * error
    wright.append(f"| {words:,} | {published:.4f} | {kept:.4f} ± {error:.4f} | {runs} |")
assert ends["replace"]["tail support"] < 0.2 and ends["accumulate"]["tail support"] == 1
assert 0.15 < far["accumulate"][0] < 0.18 and far["fixed budget"][0] < far["replace"][0] / 1.5
assert 0 < rises < 20
resolve("12.p2", "about 0.16")
explain(
    """
    **What it means.** After 20 generations, 20 runs, ± 95%:

    | way of training | words trained on | tail support, relative | distance |
    |---|--:|--:|--:|
    | replacement | 10,000 | × {replace:.2f} | {d_replace:.3f} ± {e_replace:.3f} |
    | fixed budget | 10,000 | × {budget:.2f} | {d_budget:.3f} ± {e_budget:.3f} |
    | accumulation | up to 200,000 | × {accumulate:.2f} | {d_accumulate:.3f} ± {e_accumulate:.3f} |

    Of the four numbers only tail support moves on average, with a fixed budget, too; in a single run tail mass wanders ({least:.0%} to {most:.0%} of its start). Only the first two rows compare like with like; accumulation trains on more. It cannot lose a word that the first sample held, but that sample held only {held:.0%} of the tail. Tail mass rises in {rises} of the 20
    runs of replacement. Distance sees the loss, if you still have real text, and if you compare it with that of *fresh real text of the same length*, which is not 0.

    **The published result.** Diversity falls by the factor 1 − 1/*M* per generation (Wright 1931, for the genes of a population), whatever the tail does:

    | words *M* | published, 20 generations | measured | runs |
    |--:|--:|--:|--:|
    {wright}
    """,
    replace=ends["replace"]["tail support"],
    budget=ends["fixed budget"]["tail support"],
    accumulate=ends["accumulate"]["tail support"],
    d_replace=far["replace"][0],
    e_replace=far["replace"][1],
    d_budget=far["fixed budget"][0],
    e_budget=far["fixed budget"][1],
    d_accumulate=far["accumulate"][0],
    e_accumulate=far["accumulate"][1],
    held=held_first,
    rises=rises,
    least=(tail_mass[:, -1] / tail_mass[:, 0]).min(),
    most=(tail_mass[:, -1] / tail_mass[:, 0]).max(),
    wright="\n".join(wright),
)

# %% [markdown]
# **At work, and a trap.** The longer a corpus, the more different words it has, healthy or not. Compare at equal length (**rarefaction**).

# %%
from scipy.spatial.distance import jensenshannon

rng = np.random.default_rng(1)
collapsed = rng.choice(
    len(real), 30_000, p=token_chain(real, 10_000, 10, rng)[10]
)  # a long archive of generation 10
healthy = rng.choice(len(real), 1_000, p=real)  # a short one
for name, corpus in {"collapsed": collapsed, "healthy": healthy}.items():
    share = np.bincount(corpus[:1_000], minlength=len(real)) / 1_000
    print(f"{name:10} all {len(corpus):6,} read: {len(set(corpus))} different words; 1,000 read: "
          f"{np.count_nonzero(share)}, Jensen-Shannon distance {jensenshannon(share, real):.3f}")  # fmt: skip

# %% jupyter={"source_hidden": true}
assert len(set(collapsed)) > len(set(healthy)) > len(set(collapsed[:1_000]))
explain(
    """
    Read in full, the collapsed archive looks richer; read equally far, it is poorer (one draw of each). Its distance is hardly larger: with 1,000 words most of a distance is chance. Read more, or compare with fresh real text.
    """
)

# %% [markdown]
# ## The real case: ten generations of a language model
#
# Model M, a small transformer, learns from 1,500 sentences that state defaults of scikit-learn ("Lars n_nonzero_coefs 500"), each fact as often as users ask about it. (This popularity, 1/rank, is invented; the facts are
# real.) It writes 1,500 sentences at temperature 1 for the next model. **Every generation starts again from the same M**, which was trained on all 700 facts (the 100 asked most are *frequent*, the others *tail*). So this loop is repeated
# *fine-tuning*: only the texts are passed on, and a lost fact can return.

# %% jupyter={"source_hidden": true}
recorded = pd.DataFrame(recorded_generations())
recorded["frequent facts"] = recorded["facts"] - recorded["tail facts"]
at_start = recorded.query("mode == 'replace' and temperature == 1 and generation == 0")
assert abs(at_start["frequent facts"].mean() - 76) < 1.5
predict(
    "12.p3",
    "Of the 100 facts that users ask most often, the sentences of generation 0 state about 76 correctly. How many do those of generation 10 state, after ten generations of "
    "replacement?",
    options=["about 75", "about 60", "about 45", "about 25"],
)

# %% [markdown]
# Here is one run, now (about a second per generation). Change the seed: you get your own run.

# %%
base, book = load("M"), open_book()
rng = np.random.default_rng(3)
with one_thread():
    corpora = [real_texts(book, 1500, rng)]
    for _ in range(11):
        model = train_on_texts(base, corpora[-1], rng)
        corpora.append(write_texts(model, 1500, rng))

# %% jupyter={"source_hidden": true}
# NBVAL_IGNORE_OUTPUT
live = pd.DataFrame([text_metrics(texts, book) for texts in corpora], index=["real", *range(11)])
live["frequent facts"] = live["facts"] - live["tail facts"]
stated = [set(fact_ranks(texts, book)) - {-1} for texts in corpora]
earlier = [set().union(*stated[:place]) for place in range(1, 11)]
returned = sum(len((stated[place + 1] - stated[place]) & earlier[place - 1]) for place in range(1, 11))
columns = ["correct", "head mass", "frequent facts", "tail facts", "tail mass"]
print("Generation 10 writes, for example:", *corpora[-1][:3])
print(f"Facts that came back (stated earlier, not in the generation before): {returned} in ten generations")
live.loc[["real", 0, 1, 5, 10], columns].rename_axis("generation").round(2)

# %% [markdown]
# Three more seeds were recorded, with other ways of training (`datasets/collapse_generations`). All take 200 steps of 32 sentences: matched in compute. Bands are the range of
# the three seeds.
#
# 1. **Find** the generation at which *frequent facts* fall below half of those of generation 0 under replacement.
# 2. Under replacement at temperature 0.9, which numbers *rise*?

# %% jupyter={"source_hidden": true}
WAYS = {
    "replace": ("replace", 1.0),
    "fixed budget": ("fixed budget", 1.0),
    "accumulate": ("accumulate", 1.0),
    "replace, temperature 0.9": ("replace", 0.9),
    "accumulate, temperature 0.9": ("accumulate", 0.9),
}
SHOWN = ("correct", "head mass", "frequent facts", "tail facts")
grouped = recorded.set_index(["mode", "temperature"]).sort_index()


def by_seed(way, name):
    """Values of a recorded number, shape (11 generations, 3 seeds)."""
    return grouped.loc[WAYS[way]].pivot(index="generation", columns="seed", values=name).to_numpy()


run_stage = Stage(
    alt="Share of correct sentences, head mass, frequent facts and tail facts over ten recorded generations, relative to generation 0",
    title="Generation {generation}: {correct:.1%} correct, {frequent:.0f} of 100 frequent facts left",
    readout="{way}, generation {generation}, mean of three seeds: {correct:.1%} of the sentences are correct, {head:.0%} are about the ten main facts; {frequent:.0f} of 100 frequent "
    "and {tail:.0f} of 600 tail facts are stated correctly; loss on real sentences {loss:.2f}.",
    size=(8.2, 4.2),
)


@run_stage.live(way=list(WAYS), generation=(0, 10), start={"generation": 10})
def read_run(way, generation):
    relative = {name: by_seed(way, name) / by_seed(way, name)[0].mean() for name in SHOWN}
    views.draw_metrics(
        run_stage.ax,
        {name: values.mean(axis=1) for name, values in relative.items()},
        generation,
        "relative to generation 0",
        bands={name: (values.min(axis=1), values.max(axis=1)) for name, values in relative.items()},
    )
    here = {name: by_seed(way, name)[generation].mean() for name in (*SHOWN, "loss on real")}
    return {
        "correct": here["correct"],
        "head": here["head mass"],
        "frequent": here["frequent facts"],
        "tail": here["tail facts"],
        "loss": here["loss on real"],
    }


read_run

# %% jupyter={"source_hidden": true}
NUMBERS = {
    "sentences correct": ("correct", "{:.1%}"),
    "about the ten main facts (head mass)": ("head mass", "{:.0%}"),
    "about tail facts (tail mass)": ("tail mass", "{:.0%}"),
    "frequent facts, of 100": ("frequent facts", "{:.0f}"),
    "tail facts, of 600": ("tail facts", "{:.0f}"),
    "loss on real sentences, nats per word": ("loss on real", "{:.2f}"),
}
rows = []
for label, (name, form) in NUMBERS.items():
    cells = [form.format(by_seed("replace", name)[0].mean())]
    for way in ("replace", "accumulate", "replace, temperature 0.9"):
        values = by_seed(way, name)[10]
        cells.append(" to ".join(form.format(value) for value in (values.min(), values.max())))
    rows.append("| " + " | ".join([label, *cells]) + " |")
frequent_now, frequent_error = mean_interval(by_seed("replace", "frequent facts")[10])
correct_ratio = by_seed("replace", "correct")[10].mean() / by_seed("replace", "correct")[0].mean()
head_ratio = by_seed("replace", "head mass")[10].mean() / by_seed("replace", "head mass")[0].mean()
curve = by_seed("replace", "frequent facts").mean(axis=1)
tail_curve = by_seed("replace", "tail facts").mean(axis=1)
half_at = int(np.flatnonzero(curve < curve[0] / 2)[0])
sharp = by_seed("replace, temperature 0.9", "correct")[10]
assert 22 < frequent_now < 31 and by_seed("replace", "tail facts")[10].mean() < 12
assert by_seed("replace", "correct")[10].min() > 0.5 and tail_curve[1] / tail_curve[0] < curve[1] / curve[0]
assert 0.75 < correct_ratio < 0.92 and 0.85 < head_ratio < 1.15 and sharp.min() > 0.98
assert by_seed("replace", "tail mass")[10].mean() < 0.6 * by_seed("replace", "tail mass")[0].mean()
resolve("12.p3", "about 25", f"It is {frequent_now:.0f} ± {frequent_error:.0f} (95%).")
explain(
    """
    **What it means.** Generation 0: mean of the three recorded seeds; then their range.

    | number | generation 0, at 1 | replacement, 10 | accumulation, 10 | replacement at 0.9, 10 |
    |---|--:|--:|--:|--:|
    {rows}

    The report of the opening is right: most sentences are correct in each seed, and the ten main facts have on average × {head:.2f} their share. But {tail1:.0%} of the *tail* facts are left after one generation, and half of the *frequent* ones of generation 0 are gone at generation {half}. The loss is
    **partial and tail-first**; then it reaches what users ask every day. Replacement at 0.9 makes correctness and head mass *rise*: nearly every sentence is correct, and few facts are left.

    This model is no counter: its tail mass falls too. The loss on *real* sentences rises (a cross-entropy: the Kullback-Leibler divergence plus a constant; it needs real sentences). Accumulation loses less, but
    it loses. One small model, one start, three seeds: trust the order of events, not the digits. (Shumailov and others (2024) report that the perplexity of OPT-125m rises from 20 to 28 without original data: another model, another quantity.)
    """,
    rows="\n".join(rows),
    head=head_ratio,
    tail1=tail_curve[1] / tail_curve[0],
    half=half_at,
)

# %% [markdown]
# **At work.** Three seeds can be enough for a large effect. Compare in pairs: runs of one seed share the first real sentences.

# %%
from scipy.stats import ttest_rel

last = recorded.query("generation == 10 and temperature == 1")
facts = last.pivot(index="seed", columns="mode", values="frequent facts")
low, high = ttest_rel(facts["accumulate"], facts["replace"]).confidence_interval()
print(f"frequent facts that accumulation keeps and replacement does not: {low:.0f} to {high:.0f} (95%)")

# %% jupyter={"source_hidden": true}
frequent_low, frequent_high = low, high
assert low > 10

# %% [markdown]
# ## The trap: pricing what is written, not what is asked
#
# The report counts the sentences that were *written*. The help desk pays for what is *asked*: a question whose answer no article of this generation states correctly becomes a ticket of 4 €.
#
# **Find** the price of a ticket from which accumulation, which costs 400 € per 1,000 questions for storing all texts, pays after ten generations. Which questions' cost has grown most?

# %% jupyter={"source_hidden": true}
ARCHIVE = 400
asked = {"frequent": book.traffic[:TAIL_FROM].sum(), "tail": book.traffic[TAIL_FROM:].sum()}


def unanswered(way, part):
    """Share of all questions that become tickets, shape (11 generations, 3 seeds)."""
    return asked[part] - by_seed(way, f"{part} answered")


ticket_stage = Stage(
    alt="Cost of tickets per 1,000 questions for five ways of training, split into questions about frequent and about tail facts",
    title="Replacement costs {more:,.0f} ± {error:,.0f} € more than accumulation",
    readout="Generation {generation}, {ticket} € per ticket, per 1,000 questions: replacement {replace:,.0f} €, accumulation {accumulate:,.0f} €; difference {more:,.0f} ± {error:,.0f} € "
    "(95%, three seeds).",
    size=(8, 3.8),
)


@ticket_stage.live(generation=(0, 10), ticket=(1, 12), start={"generation": 10, "ticket": 4})
def tickets(generation, ticket):
    euros = {
        part: [1000 * ticket * unanswered(way, part)[generation].mean() for way in WAYS] for part in asked
    }
    views.draw_tickets(ticket_stage.ax, list(WAYS), euros["frequent"], euros["tail"])
    lost = {
        way: sum(unanswered(way, part)[generation] for part in asked) for way in ("replace", "accumulate")
    }
    more, error = mean_interval(1000 * ticket * (lost["replace"] - lost["accumulate"]))
    totals = dict(zip(WAYS, np.add(euros["frequent"], euros["tail"]), strict=True))
    return {
        "more": more,
        "error": error,
        "replace": totals["replace"],
        "accumulate": totals["accumulate"],
    }


tickets

# %% jupyter={"source_hidden": true}
lost = {way: sum(unanswered(way, part) for part in asked) for way in ("replace", "accumulate")}
difference = lost["replace"][10] - lost["accumulate"][10]
saved, saved_error = mean_interval(difference)
grown, grown_error = mean_interval(lost["replace"][10] - lost["replace"][0])
from_frequent = (unanswered("replace", "frequent")[10] - unanswered("replace", "frequent")[0]) / (
    lost["replace"][10] - lost["replace"][0]
)
part_frequent, part_error = mean_interval(from_frequent)
assert saved > saved_error and part_frequent > part_error
pays = ARCHIVE / (1000 * saved)
pays_high = ARCHIVE / (1000 * (saved - saved_error))
on_page_real = real_texts(book, TEXTS, np.random.default_rng(0))
answered_real = text_metrics(on_page_real, book)
real_lost = 1 - answered_real["frequent answered"] - answered_real["tail answered"]
explain(
    """
    **What it costs.** 1,500 *real* sentences would leave {real:.0%} of the questions without an answer, generation 0 {start:.0%}, and generation 10 of replacement {end:.0%} ({grown:+.0f} ± {grown_error:.0f} points, three seeds). {part:.0%} ± {part_error:.0f} of this
    growth are questions about *frequent* facts: each of the 600 tail facts is asked rarely, and each of the frequent ones often.

    Accumulation saves {saved:.0f} ± {saved_error:.0f} tickets per 1,000 questions, at equal compute. It keeps the real texts *and* those of each generation; what the real ones alone would do was not run. It pays from {pays:.2f} € per ticket on; at the interval's lower end, from {pays_high:.2f} €.
    """,
    real=real_lost,
    start=lost["replace"][0].mean(),
    end=lost["replace"][10].mean(),
    grown=100 * grown,
    grown_error=100 * grown_error,
    part=part_frequent,
    part_error=100 * part_error,
    saved=1000 * saved,
    saved_error=1000 * saved_error,
    pays=pays,
    pays_high=pays_high,
)

# %% [markdown]
# Does it help to keep the old rows in *any* model? For linear regression there is a published factor. [Deeper](deeper/12-a-model-that-eats-its-own-output.ipynb) measures it, follows a Gaussian for
# 1,000 generations, and looks at pictures of digits.
#
# ## Say it out loud
#
# Write your own sentences first.

# %% jupyter={"source_hidden": true}
tail_now, frequent_start = (
    by_seed("replace", "tail facts")[10].mean(),
    by_seed("replace", "frequent facts")[0].mean(),
)
frequent_kept = frequent_now / frequent_start
tail_kept = tail_now / by_seed("replace", "tail facts")[0].mean()
SENTENCES = [
    f"Of the correctness {correct_ratio:.0%} is left, and the ten main facts keep their share of the texts. I would go on and watch both numbers.",
    f"Replacement left {frequent_kept:.0%} of the frequent facts and {tail_kept:.0%} of the tail. I would train on the real and the new texts together.",
    "The model has collapsed after ten generations. Own output destroys a language model, and I would keep it out of every training set.",
    f"At temperature 0.9, {sharp.mean():.1%} of the sentences are correct, more than in any other run. I would write at 0.9 from now on, and go on.",
]
predict(
    "12.p4",
    "Ten generations of replacement, three seeds, equal compute. Which would you say?",
    options=SENTENCES,
)

# %% jupyter={"source_hidden": true}
resolve(
    "12.p4",
    SENTENCES[1],
    "The first reads two numbers about what is written; neither sees what is no longer written. The third bans what accumulation used with far less loss. The last one left hardly a fact.",
)
tail_with_all = by_seed("accumulate", "tail facts")[10].mean()
explain(
    """
    **In the review, a senior says:** "We ran the loop ourselves, three seeds, equal compute, 1,500 sentences read each time. After ten generations of replacement {now:.0f} ± {error:.0f} (95%) of the 100 frequent facts are stated correctly, {start:.0f} at the start; of {tail_start:.0f} tail facts {tail_end:.0f} are left. Correctness, {correct_start:.0%} then and {correct_low:.0%} to {correct_high:.0%} now,
    understates it. With all texts kept, the real ones included, {more_low:.0f} to {more_high:.0f} more frequent facts and {kept_tail:.0f} tail facts are left: better, not repaired. The loss is partial and tail-first. I would keep them and count facts at equal length in each release."

    **Finance is told:** "The report says that most articles are correct. But they answer fewer questions than at the start, and most questions that lost their answer are about frequent topics. Per 1,000 questions, keeping all texts, the real ones included, avoids between {low:.0f} and {high:.0f} tickets: {euros_low:,.0f} to {euros_high:,.0f} € at 4 € per ticket, for {archive} €."
    """,
    now=frequent_now,
    error=frequent_error,
    start=frequent_start,
    tail_start=by_seed("replace", "tail facts")[0].mean(),
    tail_end=by_seed("replace", "tail facts")[10].mean(),
    correct_start=by_seed("replace", "correct")[0].mean(),
    correct_low=by_seed("replace", "correct")[10].min(),
    correct_high=by_seed("replace", "correct")[10].max(),
    more_low=frequent_low,
    more_high=frequent_high,
    kept_tail=tail_with_all,
    low=round(1000 * (saved - saved_error), -1),
    high=round(1000 * (saved + saved_error), -1),
    euros_low=round(4000 * (saved - saved_error), -1),
    euros_high=round(4000 * (saved + saved_error), -1),
    archive=ARCHIVE,
)

# %% [markdown]
# ## What you take with you
#
# - In the word counter, copies per generation decide what survives. Rare items go first, frequent follow.
# - Count different items at equal length, and measure the distance from real data. In the words diversity and head mass did not warn, and tail mass did not show the loss; in the language model correctness understated it.
# - At equal temperature replacement lost most here. A fixed budget that includes the real data lost far less at equal compute; so did accumulation.
# - Price the loss by the questions that users ask, not by the sentences that the model writes.
#
# ## Next
#
# **[Exercise 12](../exercises/12-a-model-that-eats-its-own-output/12-a-model-that-eats-its-own-output.ipynb)** (60 to 90 minutes), then **lesson 13, Keeping it alive**.
# **[Deeper](deeper/12-a-model-that-eats-its-own-output.ipynb)** has what 12.factor builds on.
