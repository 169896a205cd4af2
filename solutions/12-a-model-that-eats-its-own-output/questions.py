"""Questions of exercise 12: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.stats.distributions import zipf
from holdout.topics.collapse.experiments import token_chain

_FLOAT32 = Tolerance(
    1e-5, 1e-6, "sums of at most 30 numbers; single precision and library functions are right answers"
)

# -------------------------------------------------------------------------------------------------------- generation

generation = Question(
    "12.generation",
    title="One generation",
    objective="Refit token probabilities to written tokens.",
    points=1,
    answer="next_distribution",
    probe="answer(tokens, vocabulary)",
    visible=[
        Case({"tokens": [3, 0, 0, 5, 0, 3, 1, 1], "vocabulary": 7}, "eight tokens"),
        Case({"tokens": [2], "vocabulary": 4}, "a single token"),
        Case({"tokens": [4, 0, 4, 3], "vocabulary": 5}, "the last token of the vocabulary was written"),
    ],
    hidden=lambda rng: (
        [
            Case({"tokens": [int(t) for t in rng.choice(12, 20, p=zipf(12))[::-1]], "vocabulary": 15})
            for _ in range(3)
        ]
        + [
            Case(
                {"tokens": [int(t) for t in rng.permutation([11, 11, *rng.choice(12, 15)])], "vocabulary": 12}
            )
        ]
    ),
    tolerance=_FLOAT32,
    hints=[
        "Count how often each number from 0 to vocabulary - 1 occurs, then divide by the number of tokens.",
        "Tokens that do not occur need a 0, those beyond the largest token too.",
        "`np.bincount(tokens, minlength=vocabulary)` counts them in order.",
    ],
    properties=[
        Property(
            "len(got) == vocabulary", "It needs one share per token of the vocabulary, dead ones included."
        ),
        Property(
            "np.min(got) >= 0 and abs(np.sum(got) - 1) < 1e-4",
            "Shares of the written tokens are not below 0 and sum to 1; yours do not.",
        ),
        Property(
            "all((got[token] > 0) == (token in tokens) for token in range(vocabulary))",
            "A token that was written has a share above 0, one that was not has 0.",
        ),
    ],
    passed="A zero here stays a zero for ever, unless somebody brings the token back.",
)


@generation.wrong(
    "add-one smoothing",
    why="Zero probabilities look dangerous.",
    message="You add something to every count. Then no token ever dies and the head melts: a different process, which hides the loss we look for.",
)
def next_distribution(tokens, vocabulary):
    counts = np.bincount(tokens, minlength=vocabulary) + 1
    return counts / counts.sum()


@generation.wrong(
    "drops the dead tokens",
    why="They have probability zero anyway.",
    message="Your result is shorter than the vocabulary, so positions no longer name tokens. What was not written needs a 0 in its place.",
)
def next_distribution(tokens, vocabulary):
    counts = np.bincount(tokens)
    return counts[counts > 0] / len(tokens)


@generation.wrong(
    "bins that end too early",
    why="A histogram counts.",
    message="Your last bin ends at the last token instead of behind it, so that token shares a bin with the one before, or is missing. A histogram of n tokens has n + 1 edges, from 0 to the size of the vocabulary.",
)
def next_distribution(tokens, vocabulary):
    counts, _ = np.histogram(tokens, bins=np.arange(vocabulary))
    shares = np.zeros(vocabulary)
    shares[: vocabulary - 1] = counts / len(tokens)
    return shares


@generation.wrong(
    "divides by the vocabulary",
    why="There are as many shares as tokens in the vocabulary.",
    message="Your probabilities do not sum to 1: you divided by the size of the vocabulary. A share is of the tokens *written*.",
)
def next_distribution(tokens, vocabulary):
    return np.bincount(tokens, minlength=vocabulary) / vocabulary


@generation.wrong(
    "sorted by frequency",
    why="Ranks are usually plotted.",
    message="Your shares are sorted by size. Then nobody can tell *which* token died: keep the order of the token numbers.",
)
def next_distribution(tokens, vocabulary):
    return np.sort(np.bincount(tokens, minlength=vocabulary))[::-1] / len(tokens)


@generation.right("a loop")
def next_distribution(tokens, vocabulary):
    counts = [0] * vocabulary
    for token in tokens:
        counts[token] += 1
    return [count / len(tokens) for count in counts]


@generation.right("Counter")
def next_distribution(tokens, vocabulary):
    from collections import Counter

    counts = Counter(tokens)
    return [counts[token] / len(tokens) for token in range(vocabulary)]


# -------------------------------------------------------------------------------------------------------------- alive

alive = Question(
    "12.alive",
    title="How many are left?",
    objective="Expect the support after one generation.",
    points=2,
    answer="alive_after",
    probe="answer(p, samples)",
    visible=[
        Case({"p": np.array([0.6, 0.0, 0.3, 0.1]), "samples": 1}, "one draw; one token has probability 0"),
        Case({"p": np.array([0.5, 0.3, 0.15, 0.05]), "samples": 6}, "four tokens"),
        Case({"p": zipf(30), "samples": 40}, "thirty tokens"),
    ],
    hidden=lambda rng: [
        Case({"p": rng.dirichlet(np.full(20, 0.5)), "samples": int(rng.integers(5, 30))}) for _ in range(4)
    ],
    tolerance=_FLOAT32,
    hints=[
        "One token first: what is the chance that it occurs in none of the draws?",
        "Independent draws: (1 - p)^M. The expected number of tokens that occur is a sum of chances.",
        "sum of 1 - (1 - p)^M.",
    ],
    properties=[
        Property(
            "0 <= got <= np.count_nonzero(p) + 1e-6",
            "It must lie between 0 and the number of tokens that can occur.",
        ),
        Property("got <= samples + 1e-6", "So many draws cannot hold more different tokens than draws."),
    ],
    passed="Frequent tokens contribute 1, rare ones about M times p: that is why the rare go first.",
)


@alive.wrong(
    "the dead ones",
    why="(1 - p)^M is the chance that comes to mind.",
    message="You return {got}: that is the expected number of tokens that do *not* occur.",
)
def alive_after(p, samples):
    return np.sum((1 - p) ** samples)


@alive.wrong(
    "expected copies, at most one",
    why="A token with an expected copy is alive.",
    message="You return {got}: you count M p copies, at most 1 per token. With one expected copy a token is absent in 37% of the cases.",
)
def alive_after(p, samples):
    return np.minimum(1, samples * p).sum()


@alive.wrong(
    "counts tokens with at least one expected copy",
    why="Below one copy it is not to be expected.",
    message="You return {got}, a whole number of tokens with M p of at least 1. Rarer tokens occur now and then and count with their chance.",
)
def alive_after(p, samples):
    return np.sum(samples * p >= 1)


@alive.wrong(
    "present in all draws",
    why="1 - p^M looks like 1 - (1 - p)^M.",
    message="You return {got}: p^M is the chance that *every* draw is this token. You need the chance that none is.",
)
def alive_after(p, samples):
    return np.sum(1 - p**samples)


@alive.wrong(
    "simulated",
    why="Draw, count, average.",
    message="You return {got}: near the number, from draws. A sum of chances gives it exactly, without simulation.",
)
def alive_after(p, samples):
    rng = np.random.default_rng(0)
    return np.mean([np.count_nonzero(rng.multinomial(samples, p)) for _ in range(2000)])


@alive.wrong(
    "Poisson instead of exact",
    why="1 − exp(−np) is the usual formula for rare tokens.",
    message="You use 1 − exp(−M p), which is close for rare tokens. A token that is not rare is absent with (1 − p)^M: less often.",
)
def alive_after(p, samples):
    return float(-np.expm1(-samples * np.asarray(p, dtype=float)).sum())


@alive.right("a loop")
def alive_after(p, samples):
    return sum(1 - (1 - chance) ** samples for chance in p)


@alive.right("vocabulary minus the dead")
def alive_after(p, samples):
    return len(p) - pd.Series(1 - p).pow(samples).sum()


# ------------------------------------------------------------------------------------------------------------- report


def _report_case(rng, first_of_the_tail=False):
    size = int(rng.integers(14, 25))
    real = np.sort(rng.dirichlet(np.full(size, 0.8)))[::-1]
    real[-2:] = 0
    real /= real.sum()
    p = rng.multinomial(size, real) / size
    shift = int(rng.integers(size // 2, size - 3))
    p[shift] += 0.07
    if first_of_the_tail:
        p[size // 2] += 0.05
    p[-1] = 0.04  # written, and never real: it counts for the mass of the tail and not for its support
    return Case({"real": real, "p": p / p.sum(), "tail_from": size // 2})


report_question = Question(
    "12.report",
    title="Three numbers about a generation",
    objective="Compute tail support, tail mass and diversity against the real ranks.",
    points=2,
    answer="report",
    probe="answer(real, p, tail_from)",
    visible=[
        Case(
            {
                "real": np.array([0.5, 0.2, 0.15, 0.1, 0.05, 0.0, 0.0]),
                "p": np.array([0.4, 0.3, 0.0, 0.15, 0.05, 0.1, 0.0]),
                "tail_from": 2,
            },
            "one token of the tail is written and never occurs in the real data",
        ),
        Case(
            {
                "real": np.array([0.4, 0.2, 0.15, 0.1, 0.08, 0.07, 0.0]),
                "p": np.array([0.5, 0.1, 0.1, 0.15, 0.0, 0.15, 0.0]),
                "tail_from": 3,
            },
            "seven tokens, of which the last does not occur in the real data",
        ),
    ],
    hidden=lambda rng: [_report_case(rng, first_of_the_tail=i == 0) for i in range(4)],
    tolerance=_FLOAT32,
    hints=[
        "The tail is `p[tail_from:]`: positions are real ranks, do not sort again.",
        "Tail support divides by the tokens of the tail whose real probability is above 0.",
        "Mass is a sum of probabilities; diversity takes all tokens.",
    ],
    properties=[
        Property("0 <= got[0] <= 1", "The first number is a share: between 0 and 1."),
        Property("0 <= got[1] <= 1", "The second number is a mass: between 0 and 1."),
        Property("0 <= got[2] <= 1", "The third number is a chance: between 0 and 1."),
    ],
    passed="Three numbers, and they do not tell the same story: support sees what mass averages away.",
)


@report_question.wrong(
    "tail by its own ranks",
    why="The tail is the least frequent tokens.",
    message="Your tail is that of the *generation*: you sorted p. Then a lucky rare token counts as head, and the real tail is out of sight. Keep the order.",
)
def report(real, p, tail_from):
    own = np.sort(p)[::-1]
    tail = real[tail_from:] > 0
    return np.sum(own[tail_from:] > 0) / tail.sum(), own[tail_from:].sum(), 1 - np.sum(p**2)


@report_question.wrong(
    "tail begins one too late",
    why="'After position tail_from' sounds the same.",
    message="Your tail begins one token too late: it is the tokens *from* tail_from on, that position included.",
)
def report(real, p, tail_from):
    tail = real[tail_from + 1 :] > 0
    return (
        np.mean(p[tail_from + 1 :][tail] > 0),
        p[tail_from + 1 :].sum(),
        1 - np.sum(p**2),
    )


@report_question.wrong(
    "support of all tokens",
    why="Support is usually that of everything.",
    message="Your first number is the support of *all* tokens. The head is always there and hides the loss: ask the tail only.",
)
def report(real, p, tail_from):
    return np.mean(p[real > 0] > 0), p[tail_from:].sum(), 1 - np.sum(p**2)


@report_question.wrong(
    "counts tokens that never existed",
    why="The tail has that many positions.",
    message="You divide by all positions of the tail. Tokens with a real probability of 0 were never there to be lost.",
)
def report(real, p, tail_from):
    return np.mean(p[tail_from:] > 0), p[tail_from:].sum(), 1 - np.sum(p**2)


@report_question.wrong(
    "counts tokens that are written and were never real",
    why="They are in the tail and p writes them.",
    message="You count a token that `p` writes although its real probability is 0. Support asks how many of the *real* tokens are left: an invented one cannot replace a lost one.",
)
def report(real, p, tail_from):
    tail = real[tail_from:] > 0
    return np.sum(p[tail_from:] > 0) / tail.sum(), p[tail_from:].sum(), 1 - np.sum(p**2)


@report_question.wrong(
    "mass of the real tail tokens only",
    why="The filter of the first number is reused.",
    message="Your second number leaves out tokens whose real probability is 0. Tail mass is all that `p` puts on the positions of the tail; only the first number asks for real tokens.",
)
def report(real, p, tail_from):
    tail = real[tail_from:] > 0
    return np.mean(p[tail_from:][tail] > 0), p[tail_from:][tail].sum(), 1 - np.sum(p**2)


@report_question.wrong(
    "chance that two draws agree",
    why="Sum of squares is the index that one remembers.",
    message="Your third number is the chance that two draws *agree*. Diversity is the chance that they differ.",
)
def report(real, p, tail_from):
    tail = real[tail_from:] > 0
    return np.mean(p[tail_from:][tail] > 0), p[tail_from:].sum(), np.sum(p**2)


@report_question.right("loops")
def report(real, p, tail_from):
    places = [i for i in range(tail_from, len(real)) if real[i] > 0]
    support = sum(p[i] > 0 for i in places) / len(places)
    return support, sum(p[i] for i in range(tail_from, len(p))), 1 - sum(x * x for x in p)


@report_question.right("pandas")
def report(real, p, tail_from):
    table = pd.DataFrame({"real": real, "p": p})
    tail = table.iloc[tail_from:]
    return (
        tail.loc[tail["real"] > 0, "p"].gt(0).mean(),
        tail["p"].sum(),
        1 - table["p"].pow(2).sum(),
    )


# --------------------------------------------------------------------------------------------------------------- rows


def _rows_case(rng, mode, title=""):
    """Rows of some generations; one row occurs twice. A fixed budget is not spread by any fixed step."""
    rows = [
        [f"{g}{letter}" for letter in "abcdefgh"[: int(rng.integers(4, 8))]]
        for g in range(int(rng.integers(3, 6)))
    ]
    rows[-1][1] = rows[0][2]
    count = sum(len(generation) for generation in rows)

    def by_step(step, budget):
        return [i * step for i in range(budget)]

    budgets = [
        budget
        for budget in range(3, count // 2)
        if [i * count // budget for i in range(budget)] not in [by_step(s, budget) for s in range(1, count)]
    ]
    return Case({"generations": rows, "mode": mode, "budget": int(rng.choice(budgets))}, title or mode)


def _rows_cases(rng):
    cases = [_rows_case(rng, mode) for mode in ("replace", "accumulate", "fixed budget")]
    whole = _rows_case(rng, "fixed budget", "fixed budget, as large as all rows")
    whole.inputs["budget"] = sum(len(generation) for generation in whole.inputs["generations"])
    only_real = [
        Case({"generations": [["0a", "0b", "0a"]], "mode": mode, "budget": 2}, f"{mode}, only the real list")
        for mode in ("replace", "accumulate", "fixed budget")
    ]
    lengths = (7, 8, 7, 8)
    thirty = [
        [f"{g}{letter}" for letter in "abcdefgh"[:length]]
        for g, length in enumerate(rng.permutation(lengths))
    ]
    float_step = {"generations": thirty, "mode": "fixed budget", "budget": int(rng.choice([22, 26]))}
    return [
        *cases,
        whole,
        *only_real,
        # the two budgets below 40 rows for which i * (N / budget) in floating point falls below a whole number
        Case(float_step, "fixed budget, thirty rows"),
    ]


rows = Question(
    "12.rows",
    title="What is the next model trained on?",
    objective="Tell replacement, accumulation and a fixed budget apart in code.",
    points=2,
    answer="training_rows",
    probe="{'rows': answer(generations, mode, budget), 'generations afterwards': generations}",
    visible=_rows_cases(np.random.default_rng(4)),
    hidden=_rows_cases,
    hints=[
        "Put all rows into one list first; two of the modes need it.",
        "The first list is real, and accumulation keeps it.",
        "Position i of a fixed budget: `i * len(rows) // budget`.",
    ],
    properties=[
        Property(
            "mode != 'fixed budget' or len(got['rows']) == budget",
            "A fixed budget has exactly `budget` rows.",
        ),
        Property(
            "mode != 'accumulate' or len(got['rows']) == sum(map(len, generations))",
            "Accumulation holds every row of every list, repeated ones too.",
        ),
    ],
    passed="One line apart in the code, far apart in what is left.",
)


@rows.wrong(
    "accumulates without the real rows",
    why="The real rows were used in the first training.",
    message="You leave out the first list. Accumulation keeps the *real* rows: without them nothing ties the chain to the world.",
)
def training_rows(generations, mode, budget):
    if mode == "replace":
        return generations[-1]
    rows = [row for g in generations[1:] for row in g]
    return rows if mode == "accumulate" else [rows[i * len(rows) // budget] for i in range(budget)]


@rows.wrong(
    "the newest rows as budget",
    why="A window of the latest data is what pipelines do.",
    message="Your fixed budget takes the newest rows: that is replacement under another name. Spread it over all rows.",
)
def training_rows(generations, mode, budget):
    rows = [row for g in generations for row in g]
    return {"replace": generations[-1], "accumulate": rows}.get(mode, rows[-budget:])


@rows.wrong(
    "the first rows as budget",
    why="Slicing from the front.",
    message="Your fixed budget takes the first rows, real ones only here. Safe, but it never learns from anything new; spread it over all rows.",
)
def training_rows(generations, mode, budget):
    rows = [row for g in generations for row in g]
    return {"replace": generations[-1], "accumulate": rows}.get(mode, rows[:budget])


@rows.wrong(
    "real and newest",
    why="'Accumulate' as adding the newest to the real data.",
    message="Your accumulation skips the generations in between. It holds everything so far.",
)
def training_rows(generations, mode, budget):
    rows = [row for g in generations for row in g]
    if mode == "accumulate":
        return generations[0] + generations[-1]
    return generations[-1] if mode == "replace" else [rows[i * len(rows) // budget] for i in range(budget)]


@rows.wrong(
    "a fixed step",
    why="Every k-th row looks evenly spread.",
    message="Your fixed budget takes every k-th row from the start. Where `budget` does not divide the number of rows, the last rows are never reached: position i is i times all rows, divided by the budget, rounded down.",
)
def training_rows(generations, mode, budget):
    rows = [row for g in generations for row in g]
    return {"replace": generations[-1], "accumulate": rows}.get(mode, rows[:: len(rows) // budget][:budget])


@rows.wrong(
    "positions rounded",
    why="round looks more exact than rounding down.",
    message="You round the positions to the nearest whole number. The text rounds down.",
)
def training_rows(generations, mode, budget):
    rows = [row for g in generations for row in g]
    picked = [rows[min(round(i * len(rows) / budget), len(rows) - 1)] for i in range(budget)]
    return {"replace": generations[-1], "accumulate": rows}.get(mode, picked)


@rows.wrong(
    "the step as a float",
    why="N / budget is the step.",
    message="You multiply by a step that was divided first. Where i · N / budget is a whole number the product may fall just below it, and rounding down takes the row before: multiply first, `i * N // budget`.",
)
def training_rows(generations, mode, budget):
    rows = [row for g in generations for row in g]
    picked = [rows[int(i * (len(rows) / budget))] for i in range(budget)]
    return {"replace": generations[-1], "accumulate": rows}.get(mode, picked)


@rows.wrong(
    "each row once",
    why="Repeated rows look like an error.",
    message="You drop rows that occur twice. A loop writes the same row often, and how often is part of what the next model learns: keep every copy.",
)
def training_rows(generations, mode, budget):
    rows = list(dict.fromkeys(row for g in generations for row in g))
    picked = [rows[i * len(rows) // budget] for i in range(budget)]
    return {"replace": generations[-1], "accumulate": rows}.get(mode, picked)


@rows.wrong(
    "joins into the first list",
    why="`+=` on the first list is short.",
    message="Your answer changes `generations`: rows of later generations are appended to the real list. Whoever calls you a second time trains on rows that were never real. Build a new list.",
)
def training_rows(generations, mode, budget):
    if mode == "replace":
        return generations[-1]
    rows = generations[0]
    for generation in generations[1:]:
        rows += generation
    return rows if mode == "accumulate" else [rows[i * len(rows) // budget] for i in range(budget)]


@rows.right("lists joined in a loop")
def training_rows(generations, mode, budget):
    everything = []
    for rows in generations:
        everything += rows
    if mode == "replace":
        return tuple(generations[-1])
    n = len(everything) if mode == "accumulate" else budget
    return [everything[int(i * len(everything) / n)] for i in range(n)]


@rows.right("NumPy")
def training_rows(generations, mode, budget):
    if mode == "replace":
        return generations[-1]
    everything = np.concatenate(generations)
    if mode == "accumulate":
        return everything.tolist()
    return everything[np.arange(budget) * len(everything) // budget].tolist()


# ------------------------------------------------------------------------------------------------------------- factor

factor = Question(
    "12.factor",
    title="The published factor",
    objective="State what replacement and accumulation do to the error of one fit.",
    points=1,
    answer="error_factor",
    probe="[answer(mode, n) for mode, n in settings]",
    visible=[Case({"settings": [["replace", 3], ["accumulate", 1], ["accumulate", 3]]}, "three settings")],
    hidden=lambda rng: [
        Case({"settings": [[mode, int(rng.integers(4, 30))] for mode in ("replace", "accumulate") * 2]})
    ],
    tolerance=_FLOAT32,
    hints=[
        "Replacement adds the error of one fit each time.",
        "Under accumulation the i-th fit moves the coefficients by one i-th of a fit; errors are squares.",
        "1 + 1/4 + 1/9 + ... up to n.",
    ],
    properties=[
        Property(
            "all(value >= 1 for value in got)",
            "The error after n fits is at least that of one fit: no factor is below 1.",
        ),
    ],
    passed="One grows without limit, the other stays below π²/6: what differs is whether the old rows stay.",
)


@factor.wrong(
    "the bound instead of the factor",
    why="π²/6 is the number one remembers.",
    message="You return the limit π²/6 for every n. It is reached only at infinity; after one fit the factor is 1.",
)
def error_factor(mode, n):
    return n if mode == "replace" else np.pi**2 / 6


@factor.wrong(
    "harmonic sum",
    why="One i-th of a fit each time.",
    message="You add 1/i: that grows without limit. One i-th of a *move* is one i-th squared of a squared error.",
)
def error_factor(mode, n):
    return n if mode == "replace" else sum(1 / i for i in range(1, n + 1))


@factor.wrong(
    "one generation short",
    why="range leaves its end out.",
    message="You stop one generation early: for n = 1 you have no error at all, yet one fit has its own.",
)
def error_factor(mode, n):
    return n - 1 if mode == "replace" else sum(1 / i**2 for i in range(1, n))


@factor.wrong(
    "the two swapped",
    why="More data, more error?",
    message="You have the two the wrong way round: replacement forgets the real rows, and *its* errors add up.",
)
def error_factor(mode, n):
    return n if mode == "accumulate" else sum(1 / i**2 for i in range(1, n + 1))


@factor.wrong(
    "fits counted from zero",
    why="The fit to real data seems to be number 0.",
    message="You count the first fit, to real data, as number 0. It is n = 1, and its factor is 1.",
)
def error_factor(mode, n):
    if mode == "replace":
        return n + 1.0
    return float(sum(1 / i**2 for i in range(1, n + 2)))


@factor.right("NumPy")
def error_factor(mode, n):
    return {"replace": n, "accumulate": np.sum(1 / np.arange(1, n + 1) ** 2)}[mode]


@factor.right("recursion")
def error_factor(mode, n):
    if n == 1:
        return 1.0
    return error_factor(mode, n - 1) + (1 if mode == "replace" else n**-2)


# ------------------------------------------------------------------------------------------------------- first to die


def _share_alive(group, samples, generations):
    """Expected share alive: copies as Poisson branching lines, with immigration of real copies."""
    copies = samples * group["mass"] / group["tokens"]
    extinct, dead = 0.0, 1.0
    for _ in range(generations):
        dead *= np.exp(-group["fresh"] * (1 - extinct))
        extinct = np.exp(extinct - 1)
    return float(1 - dead * extinct**copies)


def _corpora(rng, count):
    """Corpora in which one group lives on copies alone and one mostly on real additions, nearly equally long.

    Which of the two dies first depends on all five numbers: with an average in place of `samples` or `generations` the
    two change places. The other two groups, one of each kind, last longer.
    """
    corpora, costs = [], []
    for _ in range(count):
        samples = int(round(np.exp(rng.uniform(np.log(1000), np.log(50_000))), -2))
        generations = round(np.exp(rng.uniform(np.log(4), np.log(80))))
        per_copy = 2 / (generations + 2)  # chance that the line of one copy lives that long
        per_fresh = sum(2 / (k + 2) for k in range(generations))
        strength = np.exp(rng.uniform(np.log(0.15), np.log(0.9)))
        ahead = rng.permutation([0.0, rng.uniform(0.35, 1.0)])
        kinds = [
            (strength * np.exp(ahead[0]), 0.0),
            (strength * np.exp(ahead[1]), rng.uniform(0.5, 0.9)),
            (strength * np.exp(rng.uniform(0.5, 1.6)), 0.0),
            (strength * np.exp(rng.uniform(0.5, 1.6)), rng.uniform(0.5, 0.9)),
        ]
        groups = []
        for total, added in kinds:
            copies = (1 - added) * total / per_copy
            tokens = max(int(rng.uniform(0.02, 0.24) * samples / copies), 1)
            groups.append(
                {
                    "mass": round(copies * tokens / samples, 5),
                    "tokens": tokens,
                    "fresh": round(added * total / per_fresh, 3),
                }
            )
        named = dict(zip("abcd", (groups[i] for i in rng.permutation(4)), strict=True))
        share = {name: _share_alive(group, samples, generations) for name, group in named.items()}
        low = min(share.values())
        corpora.append({"samples": samples, "generations": generations, "groups": named})
        costs.append({name: value - low for name, value in share.items()})
    return Case({"corpora": corpora}, f"{count} corpora", {"costs": costs})


first = Question(
    "12.first_to_die",
    title="Name the first thing to die",
    objective="Judge from copies per token, and from real additions, which part of a corpus is lost first.",
    points=3,
    answer="first_to_die",
    probe="[answer(corpus) for corpus in corpora]",
    judge="policy",
    # Measured over 60 seeds of 200 corpora: exact and approximate survival 0.00 to 0.003; each day's additions kept in full
    # 0.12 to 0.22; no `samples` 0.17 to 0.25; no `generations` 0.16 to 0.27; no `mass` 0.15 to 0.31; no `fresh` 0.46 to 0.62;
    # `fresh` alone 0.47 to 0.56; always the same 1 and more.
    parameters={"credit": [[0.05, 1.0], [0.10, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_corpora(np.random.default_rng(1), 150)],
    hidden=lambda rng: [_corpora(rng, 200)],
    hints=[
        "A group with much mass spread over many tokens may be thinner than a small one. How many copies has *one* of its tokens in a generation?",
        "copies = samples * mass / tokens. A few fresh real copies in every generation bring tokens back again and again.",
        "Fresh copies add up: one that came k generations ago is still there with a chance of about 2/(k + 2). So compare copies / generations with fresh times the logarithm of the generations.",
    ],
    passed="You look at copies per token and at what is brought back, not at the size of a group.",
)


@first.wrong(
    "the smallest mass",
    why="The smallest group seems weakest.",
    message="You name the group with the smallest mass. A small group of few tokens may have many copies of each: what dies is a *token*.",
)
def first_to_die(corpus):
    return min(corpus["groups"], key=lambda name: corpus["groups"][name]["mass"])


@first.wrong(
    "the most tokens",
    why="Many tokens, many losses.",
    message="You name the group with the most tokens. With enough mass each of them has copies to spare: divide.",
)
def first_to_die(corpus):
    return max(corpus["groups"], key=lambda name: corpus["groups"][name]["tokens"])


@first.wrong(
    "copies without the real additions",
    why="Copies a token decide under replacement.",
    message="You compare copies per token, which is right where nothing is added. A group that gets real copies every generation does not die for good: look at `fresh`.",
)
def first_to_die(corpus):
    return min(corpus["groups"], key=lambda n: corpus["groups"][n]["mass"] / corpus["groups"][n]["tokens"])


@first.wrong(
    "no samples: the same corpus size for all",
    why="Mass and tokens are in the group, the samples are not.",
    message='You use a fixed number of samples. In a corpus of 50,000 tokens a group has fifty times the copies that it has in one of 1,000, and the fresh ones are the same: read `corpus["samples"]`.',
)
def first_to_die(corpus):
    n = corpus["generations"]

    def strength(group):
        copies = 7000 * group["mass"] / group["tokens"]
        return copies * 2 / (n + 2) + group["fresh"] * sum(2 / (k + 2) for k in range(n))

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


@first.wrong(
    "no generations: the same number for all",
    why="All groups of one corpus live equally many generations.",
    message='You use a fixed number of generations. Old copies thin out with time while fresh ones keep coming: the longer the loop runs, the more the additions count. Read `corpus["generations"]`.',
)
def first_to_die(corpus):
    def strength(group):
        copies = corpus["samples"] * group["mass"] / group["tokens"]
        return copies * 2 / 20 + group["fresh"] * sum(2 / (k + 2) for k in range(18))

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


@first.wrong(
    "no mass: only tokens and additions",
    why="The groups have similar masses.",
    message="You do not use `mass`. Half the mass means half the copies of each token.",
)
def first_to_die(corpus):
    n = corpus["generations"]

    def strength(group):
        copies = corpus["samples"] * 0.1 / group["tokens"]
        return copies * 2 / (n + 2) + group["fresh"] * sum(2 / (k + 2) for k in range(n))

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


@first.wrong(
    "no tokens: only mass and additions",
    why="The mass is what the loop draws from.",
    message="You do not use `tokens`. The mass of a group is shared by all its tokens, and it is the single token that dies.",
)
def first_to_die(corpus):
    n = corpus["generations"]

    def strength(group):
        copies = corpus["samples"] * group["mass"] / 300
        return copies * 2 / (n + 2) + group["fresh"] * sum(2 / (k + 2) for k in range(n))

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


@first.wrong(
    "groups without additions first, then copies",
    why="What is brought back cannot die.",
    message="You always name a group without fresh copies. A few of them do not save a group whose own copies are very few: put both on one scale.",
)
def first_to_die(corpus):
    def order(name):
        group = corpus["groups"][name]
        return group["fresh"] > 0, group["mass"] / group["tokens"]

    return min(corpus["groups"], key=order)


@first.wrong(
    "all additions count in full",
    why="Fresh copies add up: fresh times generations.",
    message="You add `fresh` times `generations` to the copies. A copy that came early has had time to die out: what is left of all additions grows like a logarithm, not like the number of generations.",
)
def first_to_die(corpus):
    def strength(group):
        copies = corpus["samples"] * group["mass"] / group["tokens"]
        return copies + group["fresh"] * corpus["generations"]

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


@first.wrong(
    "only the last additions count",
    why="Only the last generation is looked at.",
    message="You count the fresh copies of one generation only. Those of earlier generations have been copied on, and some of their lines are still alive.",
)
def first_to_die(corpus):
    def strength(group):
        return corpus["samples"] * group["mass"] / group["tokens"] + group["fresh"]

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


@first.wrong(
    "always the same",
    why="The last group is usually the tail.",
    message="You name the same group whatever the corpus is. Look at mass, tokens and fresh copies of each.",
)
def first_to_die(corpus):
    return "d"


@first.right("survival with lines and additions, logarithms")
def first_to_die(corpus):
    def log_dead(group):
        q, total = 0.0, 0.0
        for _ in range(corpus["generations"]):
            total -= group["fresh"] * (1 - q)
            q = np.exp(q - 1)
        return total + corpus["samples"] * group["mass"] / group["tokens"] * np.log(q)

    return max(corpus["groups"], key=lambda name: log_dead(corpus["groups"][name]))


@first.right("copies / generations against fresh times the logarithm, as in the hint")
def first_to_die(corpus):
    n = corpus["generations"]

    def strength(group):
        return corpus["samples"] * group["mass"] / group["tokens"] / n + group["fresh"] * np.log(n)

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


@first.right("rule of thumb: a line lives k generations with chance 2 / (k + 2)")
def first_to_die(corpus):
    n = corpus["generations"]

    def strength(group):
        copies = corpus["samples"] * group["mass"] / group["tokens"]
        return copies * 2 / (n + 2) + group["fresh"] * sum(2 / (k + 2) for k in range(n))

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


# ------------------------------------------------------------------------------------------------------------ archive


def _reading(chains, reads, rng, tails):
    rows = []
    for read in reads:
        counts = [
            int(np.count_nonzero(rng.multinomial(read, p)[tail:]))
            for p, tail in zip(chains, tails, strict=True)
        ]
        rows.append({"read": read, "distinct_tail": counts})
    return rows


def _evidence(rng, count):
    """Teams with one chain of a long tail and three of short ones, which lost different shares; the archive costs clearly more or less than the loss.

    Either the long tail loses much and the short ones little, or the other way round: then the share of all tail tokens together
    and the mean of the four shares call for different decisions.
    """
    seen, costs = [], []
    reads = [300, 800, 2000, 5000]
    for _ in range(count):
        vocabularies = rng.permutation([45, 60, 75, 900])
        tails, slope = vocabularies // 3, rng.uniform(0.7, 1.1)
        real = [zipf(int(vocabulary), slope) for vocabulary in vocabularies]
        few, many = (
            np.exp(rng.uniform(np.log(1), np.log(5), 4)),
            np.exp(rng.uniform(np.log(20), np.log(200), 4)),
        )
        written = np.where((vocabularies == 900) == (rng.random() < 0.5), few, many) * vocabularies
        generations = int(rng.integers(3, 16))
        chains = [
            token_chain(p, max(int(size), 60), generations, rng)[-1]
            for p, size in zip(real, written, strict=True)
        ]
        shared = int(rng.integers(1, 4))
        far = [shared, shared]
        if rng.random() < 0.75:
            far[int(rng.integers(2))] = int(rng.integers(shared + 1, 5))
        read = reads[shared - 1]

        def expected(distributions, read=read, tails=tails):
            pairs = zip(distributions, tails, strict=True)
            return sum(np.sum(1 - (1 - p[tail:]) ** read) for p, tail in pairs)

        def mass(distributions, tails=tails):
            return round(float(np.mean([p[t:].sum() for p, t in zip(distributions, tails, strict=True)])), 3)

        lost = 100 * (1 - expected(chains) / expected(real))
        price = float(round(np.exp(rng.uniform(np.log(4), np.log(25))), 1))
        break_even = max(lost, 1) * np.exp(rng.choice([-1, 1]) * rng.uniform(0.28, 0.9))
        bring_back = float(round(price * np.clip(break_even, 1, 95)))
        seen.append(
            {
                "start": _reading(real, reads[: far[0]], rng, tails),
                "now": _reading(chains, reads[: far[1]], rng, tails),
                "tail_mass_start": mass(real),
                "tail_mass_now": mass(chains),
                "correct_now": round(float(rng.uniform(0.75, 0.97)), 3),
                "price": price,
                "archive": bring_back,
            }
        )
        costs.append({"archive": bring_back, "replace": float(price * max(lost, 0.0))})
    return Case({"teams": seen}, f"{count} teams", {"costs": costs})


archive = Question(
    "12.archive",
    title="Does the archive pay?",
    objective="Decide from the metric that sees the loss, at equal reading, against its price.",
    points=3,
    answer="archive_pays",
    probe="[answer(evidence) for evidence in teams]",
    judge="policy",
    # Measured over 20 seeds of 400 teams: all tokens together at the largest shared reading up to 0.02; the smallest shared reading
    # 0.24 to 0.39, the mean of the four shares 0.30 to 0.53, their median 0.58 and more, the last entries 0.32 to 0.48, counts for
    # per cent 0.31 to 0.43, one price for all 0.35 to 0.48, one chain 0.48 and more, correctness 0.74 and more, one limit for the loss
    # or always the archive above 1.
    parameters={"credit": [[0.09, 1.0], [0.12, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_evidence(np.random.default_rng(4), 150)],
    hidden=lambda rng: [_evidence(rng, 400)],
    hints=[
        "Which of the numbers sees a tail die? Not mass, not correctness.",
        "Distinct counts grow with reading: take the largest `read` that both lists have, and add up the four chains first.",
        "Percent lost = 100 (1 - now / start). Multiply with the price, compare with the archive.",
    ],
    passed="You read both corpora equally far and put a price on what is gone.",
)


@archive.wrong(
    "by tail mass",
    why="The tail's share of all texts sounds like the tail's health.",
    message='You say `"replace"` nearly always. If you decide by tail *mass*: it does not fall on average while tail tokens die, so it never asks for the archive, however large the loss.',
)
def archive_pays(evidence):
    lost = 100 * (1 - evidence["tail_mass_now"] / evidence["tail_mass_start"])
    return "archive" if evidence["price"] * lost > evidence["archive"] else "replace"


@archive.wrong(
    "the last entries, whatever was read",
    why="The longest reading is the most exact.",
    message="You compare the last entries of both lists, though one was read further. Distinct counts grow with reading: compare at the same `read`.",
)
def archive_pays(evidence):
    start, now = (np.mean(evidence[when][-1]["distinct_tail"]) for when in ("start", "now"))
    return "archive" if evidence["price"] * 100 * (1 - now / start) > evidence["archive"] else "replace"


@archive.wrong(
    "by correctness",
    why="Quality is what the weekly report shows.",
    message="You decide by correctness of what is written. It says nothing about the tail: what is no longer written cannot be wrong.",
)
def archive_pays(evidence):
    return (
        "archive"
        if evidence["price"] * 100 * (1 - evidence["correct_now"]) > evidence["archive"]
        else "replace"
    )


@archive.wrong(
    "archive whenever a third is lost",
    why="A fixed alarm, as in many policies.",
    message="You use one limit for the loss, whatever it costs. A third lost at 5 € a percent is cheap, at 20 € it is not: put both sides in euros.",
)
def archive_pays(evidence):
    start = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["now"]}
    read = max(set(start) & set(now))
    return "archive" if now[read] / start[read] < 0.67 else "replace"


@archive.wrong(
    "one chain of the four",
    why="One number per text count is enough.",
    message="You look at one chain. The four lost different shares, and what counts is the loss of all of them together.",
)
def archive_pays(evidence):
    start = {row["read"]: row["distinct_tail"][0] for row in evidence["start"]}
    now = {row["read"]: row["distinct_tail"][0] for row in evidence["now"]}
    read = max(set(start) & set(now))
    return (
        "archive"
        if evidence["price"] * 100 * (1 - now[read] / start[read]) > evidence["archive"]
        else "replace"
    )


@archive.wrong(
    "the worst chain",
    why="The worst case is the safe one.",
    message="You take the smallest of the four counts. That says nothing of the three other chains, and the price is for the tokens of all four together.",
)
def archive_pays(evidence):
    start = {row["read"]: np.min(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: np.min(row["distinct_tail"]) for row in evidence["now"]}
    read = max(set(start) & set(now))
    return (
        "archive"
        if evidence["price"] * 100 * (1 - now[read] / start[read]) > evidence["archive"]
        else "replace"
    )


@archive.wrong(
    "mean of the four shares",
    why="Each chain has a share, and four shares have a mean.",
    message="You compute a share lost for each chain and average the four. A chain with a short tail then counts as much as the one with the long tail. Of which tokens is the price a percentage?",
)
def archive_pays(evidence):
    start = {row["read"]: row["distinct_tail"] for row in evidence["start"]}
    rows = [row for row in evidence["now"] if row["read"] in start]
    losses = [1 - n / s for n, s in zip(rows[-1]["distinct_tail"], start[rows[-1]["read"]], strict=True)]
    return "archive" if evidence["price"] * 100 * np.mean(losses) > evidence["archive"] else "replace"


@archive.wrong(
    "the median of the four shares",
    why="The median is robust.",
    message="You take the median of the four shares: two of the chains are then out of sight. The price is for a share of all tail tokens together.",
)
def archive_pays(evidence):
    start = {row["read"]: np.array(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: np.array(row["distinct_tail"]) for row in evidence["now"]}
    read = max(set(start) & set(now))
    lost = np.median(1 - now[read] / start[read])
    return "archive" if evidence["price"] * 100 * lost > evidence["archive"] else "replace"


@archive.wrong(
    "the chain with the most tail tokens",
    why="It has most of what can be lost.",
    message="You look at the chain with the most tail tokens only. The short tails together have too many tokens to be left out.",
)
def archive_pays(evidence):
    start = {row["read"]: np.array(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: np.array(row["distinct_tail"]) for row in evidence["now"]}
    read = max(set(start) & set(now))
    chain = np.argmax(start[read])
    lost = 1 - now[read][chain] / start[read][chain]
    return "archive" if evidence["price"] * 100 * lost > evidence["archive"] else "replace"


@archive.wrong(
    "one price for every team",
    why="A typical price for each percent.",
    message="You decide as if each percent cost the same in every team. The price is stated in each case, and so is what the archive costs.",
)
def archive_pays(evidence):
    start = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["now"]}
    read = max(set(start) & set(now))
    return "archive" if 10 * 100 * (1 - now[read] / start[read]) > evidence["archive"] else "replace"


@archive.wrong(
    "the smallest reading that both share",
    why="It is equal reading, too.",
    message="You compare at the *smallest* `read`. So few texts show little of a tail even before anything is lost. Take the largest one that both lists have.",
)
def archive_pays(evidence):
    start, now = (np.mean(evidence[when][0]["distinct_tail"]) for when in ("start", "now"))
    return "archive" if evidence["price"] * 100 * (1 - now / start) > evidence["archive"] else "replace"


@archive.wrong(
    "tokens lost instead of per cent",
    why="The counts are what is given.",
    message="You multiply the price with the *number* of tokens lost. It is a price for each per cent of what was there at the start.",
)
def archive_pays(evidence):
    start = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["now"]}
    read = max(set(start) & set(now))
    return "archive" if evidence["price"] * (start[read] - now[read]) > evidence["archive"] else "replace"


@archive.wrong(
    "per cent of what is left",
    why="The share of the newer number.",
    message="You divide the loss by what is left *now*. The price is for each per cent of what was there at the start.",
)
def archive_pays(evidence):
    start = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["now"]}
    read = max(set(start) & set(now))
    return (
        "archive"
        if evidence["price"] * 100 * (start[read] / now[read] - 1) > evidence["archive"]
        else "replace"
    )


@archive.wrong(
    "always the archive",
    why="Real data cannot hurt.",
    message="You always pay for the archive. Where little is lost it costs more than it saves.",
)
def archive_pays(evidence):
    return "archive"


@archive.right("means of the counts")
def archive_pays(evidence):
    start = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["start"]}
    now = {row["read"]: np.mean(row["distinct_tail"]) for row in evidence["now"]}
    read = max(start.keys() & now.keys())
    return (
        "archive"
        if evidence["archive"] < evidence["price"] * 100 * (1 - now[read] / start[read])
        else "replace"
    )


@archive.right("pandas")
def archive_pays(evidence):
    tables = [pd.DataFrame(evidence[w]).set_index("read")["distinct_tail"] for w in ("start", "now")]
    both = pd.concat(tables, axis=1, join="inner", keys=["start", "now"]).iloc[-1]
    lost = 100 - 100 * sum(both["now"]) / sum(both["start"])
    return ["replace", "archive"][int(lost * evidence["price"] > evidence["archive"])]


# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "12.say_it",
    objective="Say precisely what was lost, by what, and what to do.",
    right="b",
    wrong={
        "a": Misreading(
            "mass and correctness",
            why="Both numbers are good.",
            message="Both numbers are about what is written. Of 104 tail facts 12 are left, and neither number can see that.",
        ),
        "c": Misreading(
            "never own output",
            why="The headlines say so.",
            message="The loss came from *replacing* the real texts. With the archive in, the same output kept far more in the lesson: a ban on all generated text is not what was measured.",
        ),
        "d": Misreading(
            "complete collapse",
            why="Collapse sounds final.",
            message="97% of the sentences are correct: the loss is partial, and it is in the tail. A word that is too strong gets you the wrong remedy.",
        ),
    },
    hints=[
        "Which of the numbers sees the tail, and what does the team do with its real texts?",
        "Lost: partly or all? By own output as such, or by replacing?",
        "Look for the sentence that names what is gone, and the way of training that lost it.",
    ],
    passed="Partial, tail-first, and by replacement: each word can be checked.",
)

QUESTIONS = [generation, alive, report_question, rows, factor, first, archive, say_it]
