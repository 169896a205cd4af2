"""Questions of exercise 12: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd

from grader.authoring.question import Case, Misreading, Question, Tolerance, sentence_choice
from holdout.stats.distributions import zipf
from holdout.topics.collapse.experiments import token_chain

# --------------------------------------------------------------------------------------------------------- generation

generation = Question(
    "12.generation",
    title="One generation",
    objective="Refit token probabilities to written tokens.",
    points=1,
    answer="next_distribution",
    probe="[float(x) for x in answer(tokens, vocabulary)]",
    visible=[Case({"tokens": [3, 0, 0, 5, 0, 3, 1, 1], "vocabulary": 7}, "eight tokens")],
    hidden=lambda rng: [
        Case({"tokens": [int(t) for t in rng.choice(12, 20, p=zipf(12))[::-1]], "vocabulary": 15})
        for _ in range(3)
    ],
    tolerance=Tolerance(1e-9, 1e-12, "counts divided by a count"),
    hints=[
        "Count how often each number from 0 to vocabulary - 1 occurs, then divide by the number of tokens.",
        "Tokens that do not occur need a 0, those beyond the largest token too.",
        "`np.bincount(tokens, minlength=vocabulary)` counts them in order.",
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
    probe="float(answer(p, samples))",
    visible=[
        Case({"p": np.array([0.5, 0.3, 0.15, 0.05]), "samples": 6}, "four tokens"),
        Case({"p": zipf(30), "samples": 40}, "thirty tokens"),
    ],
    hidden=lambda rng: [
        Case({"p": rng.dirichlet(np.full(20, 0.5)), "samples": int(rng.integers(5, 30))}) for _ in range(4)
    ],
    tolerance=Tolerance(1e-6, 1e-9, "a sum of at most 30 powers"),
    hints=[
        "One token first: what is the chance that it occurs in none of the draws?",
        "Independent draws: (1 - p)^M. The expected number of tokens that occur is a sum of chances.",
        "sum of 1 - (1 - p)^M.",
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


@alive.right("a loop")
def alive_after(p, samples):
    return sum(1 - (1 - chance) ** samples for chance in p)


@alive.right("vocabulary minus the dead")
def alive_after(p, samples):
    return len(p) - pd.Series(1 - p).pow(samples).sum()


# ------------------------------------------------------------------------------------------------------------- report


def _report_case(rng):
    size = int(rng.integers(14, 25))
    real = np.sort(rng.dirichlet(np.full(size, 0.8)))[::-1]
    real[-2:] = 0
    real /= real.sum()
    p = rng.multinomial(size, real) / size
    shift = int(rng.integers(size // 2, size - 3))
    p[shift] += 0.07
    return Case({"real": real, "p": p / p.sum(), "tail_from": size // 2})


report_question = Question(
    "12.report",
    title="Three numbers about a generation",
    objective="Compute tail support, tail mass and diversity against the real ranks.",
    points=2,
    answer="report",
    probe="[float(x) for x in answer(real, p, tail_from)]",
    visible=[
        Case(
            {
                "real": np.array([0.4, 0.2, 0.15, 0.1, 0.08, 0.07, 0.0]),
                "p": np.array([0.5, 0.1, 0.1, 0.15, 0.0, 0.15, 0.0]),
                "tail_from": 3,
            },
            "seven tokens, of which the last does not occur in the real data",
        )
    ],
    hidden=lambda rng: [_report_case(rng) for _ in range(4)],
    tolerance=Tolerance(1e-9, 1e-12, "sums of at most 25 numbers"),
    hints=[
        "The tail is `p[tail_from:]`: positions are real ranks, do not sort again.",
        "Tail support divides by the tokens of the tail whose real probability is above 0.",
        "Mass is a sum of probabilities; diversity takes all tokens.",
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


def _rows_case(rng, mode):
    rows = [
        [f"{g}{letter}" for letter in "abcdefgh"[: int(rng.integers(4, 8))]]
        for g in range(int(rng.integers(3, 6)))
    ]
    return Case({"generations": rows, "mode": mode, "budget": 4}, mode)


_ROWS_MODES = ("replace", "accumulate", "fixed budget")
rows = Question(
    "12.rows",
    title="What is the next model trained on?",
    objective="Tell replacement, accumulation and a fixed budget apart in code.",
    points=2,
    answer="training_rows",
    probe="list(answer(generations, mode, budget))",
    visible=[_rows_case(np.random.default_rng(4), mode) for mode in _ROWS_MODES],
    hidden=lambda rng: [_rows_case(rng, mode) for mode in _ROWS_MODES],
    hints=[
        "Put all rows into one list first; two of the modes need it.",
        "The first list is real, and accumulation keeps it.",
        "Position i of a fixed budget: `i * len(rows) // budget`.",
    ],
    passed="One line apart in the code, n against at most 1.645 in the error.",
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
    probe="[float(answer(mode, n)) for mode, n in settings]",
    visible=[Case({"settings": [["replace", 3], ["accumulate", 1], ["accumulate", 3]]}, "three settings")],
    hidden=lambda rng: [
        Case({"settings": [[mode, int(rng.integers(4, 30))] for mode in ("replace", "accumulate") * 2]})
    ],
    tolerance=Tolerance(1e-9, 1e-12, "a sum of at most 30 terms"),
    hints=[
        "Replacement adds the error of one fit each time.",
        "Under accumulation the i-th fit moves the coefficients by one i-th of a fit; errors are squares.",
        "1 + 1/4 + 1/9 + ... up to n.",
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
    corpora, costs = [], []
    for _ in range(count):
        samples, generations = int(rng.integers(20, 200)) * 100, int(rng.integers(5, 30))
        groups = {}
        for name in "abcd":
            tokens = int(np.exp(rng.uniform(np.log(20), np.log(1500))))
            copies = np.exp(rng.uniform(np.log(1), np.log(25)))
            mass = float(min(copies * tokens / samples, 0.24))
            fresh = float(round(rng.uniform(0.05, 0.8), 2)) if rng.random() < 0.4 else 0.0
            groups[name] = {"mass": round(mass, 5), "tokens": tokens, "fresh": fresh}
        share = {name: _share_alive(group, samples, generations) for name, group in groups.items()}
        low = min(share.values())
        corpora.append({"samples": samples, "generations": generations, "groups": groups})
        costs.append({name: value - low for name, value in share.items()})
    return Case({"corpora": corpora}, f"{count} corpora", {"costs": costs})


first = Question(
    "12.first_to_die",
    title="Name the first thing to die",
    objective="Judge from copies a token, and from real additions, which part of a corpus is lost first.",
    points=3,
    answer="first_to_die",
    probe="[answer(corpus) for corpus in corpora]",
    judge="policy",
    # Measured over 40 seeds of 200 corpora: good rules 0.00; copies without the additions 0.47 to 0.71, most tokens 0.73
    # to 0.98, smallest mass 0.69 to 1.01, always the same 1 and more.
    parameters={"credit": [[0.10, 1.0], [0.20, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_corpora(np.random.default_rng(1), 60)],
    hidden=lambda rng: [_corpora(rng, 200)],
    hints=[
        "A group with much mass spread over many tokens may be thinner than a small one. How many copies has *one* of its tokens in a generation?",
        "copies = samples * mass / tokens. A few fresh real copies in every generation bring tokens back again and again.",
        "Fresh copies add up: one that came k generations ago is still there with a chance of about 2/(k + 2). So compare copies / generations with fresh times the logarithm of the generations.",
    ],
    passed="You look at copies a token and at what is brought back, not at the size of a group.",
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
    message="You compare copies a token, which is right where nothing is added. A group that gets real copies every generation does not die for good: look at `fresh`.",
)
def first_to_die(corpus):
    return min(corpus["groups"], key=lambda n: corpus["groups"][n]["mass"] / corpus["groups"][n]["tokens"])


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


@first.right("rule of thumb: a line lives k generations with chance 2 / (k + 2)")
def first_to_die(corpus):
    n = corpus["generations"]

    def strength(group):
        copies = corpus["samples"] * group["mass"] / group["tokens"]
        return copies * 2 / (n + 2) + group["fresh"] * sum(2 / (k + 2) for k in range(n))

    return min(corpus["groups"], key=lambda name: strength(corpus["groups"][name]))


# ------------------------------------------------------------------------------------------------------------ archive


def _reading(chains, reads, rng, tail_from):
    rows = []
    for read in reads:
        counts = [int(np.count_nonzero(rng.multinomial(read, p)[tail_from:])) for p in chains]
        rows.append({"read": read, "distinct_tail": counts})
    return rows


def _evidence(rng, count):
    seen, costs = [], []
    reads = [100, 300, 1000, 3000]
    for _ in range(count):
        real, tail_from = zipf(200, rng.uniform(0.7, 1.2)), 60
        size, generations = int(np.exp(rng.uniform(np.log(300), np.log(20000)))), int(rng.integers(3, 13))
        chains = [token_chain(real, size, generations, rng)[-1] for _ in range(4)]
        far = reads[: int(rng.integers(2, 5))], reads[: int(rng.integers(2, 5))]
        read = min(far[0][-1], far[1][-1])

        def expected(p, read=read, tail_from=tail_from):
            return np.sum(1 - (1 - p[tail_from:]) ** read)

        lost = 100 * (1 - np.mean([expected(p) for p in chains]) / expected(real))
        price = float(round(rng.uniform(5, 20), 1))
        archive = float(round(price * rng.uniform(5, 75)))
        seen.append(
            {
                "start": _reading([real] * 4, far[0], rng, tail_from),
                "now": _reading(chains, far[1], rng, tail_from),
                "tail_mass_start": float(real[tail_from:].sum()),
                "tail_mass_now": float(np.mean([p[tail_from:].sum() for p in chains])),
                "correct_now": float(rng.uniform(0.9, 0.99)),
                "price": price,
                "archive": archive,
            }
        )
        costs.append({"archive": archive, "replace": float(price * max(lost, 0.0))})
    return Case({"teams": seen}, f"{count} teams", {"costs": costs})


archive = Question(
    "12.archive",
    title="Does the archive pay?",
    objective="Decide from the metric that sees the loss, at equal reading, against its price.",
    points=3,
    answer="archive_pays",
    probe="[answer(evidence) for evidence in teams]",
    judge="policy",
    # Measured over 40 seeds of 150 teams: good rules 0.00 to 0.026; the last entries whatever was read 0.075 to 0.453, one
    # limit for all prices 0.11 to 0.38, correctness 0.83 to 1.15, always or never the archive 1 and more.
    parameters={"credit": [[0.05, 1.0], [0.07, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_evidence(np.random.default_rng(2), 60)],
    hidden=lambda rng: [_evidence(rng, 150)],
    hints=[
        "Which of the numbers sees a tail die? Not mass, not correctness.",
        "Distinct counts grow with reading: take the largest `read` that both lists have, and average the four chains.",
        "Percent lost = 100 (1 - now / start). Multiply with the price, compare with the archive.",
    ],
    passed="You read both corpora equally far and put a price on what is gone.",
)


@archive.wrong(
    "by tail mass",
    why="The tail's share of all texts sounds like the tail's health.",
    message="You decide by tail *mass*. It does not fall on average while tail tokens die, so you go on where the loss is large.",
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
    message="You decide by correctness of what is written. It is high in all of these cases: what is no longer written cannot be wrong.",
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
    "always the archive",
    why="Real data cannot hurt.",
    message="You always pay for the archive. Where little is lost it costs more than it saves.",
)
def archive_pays(evidence):
    return "archive"


@archive.right("median of the chains")
def archive_pays(evidence):
    start = {row["read"]: np.median(row["distinct_tail"]) for row in evidence["start"]}
    rows = [row for row in evidence["now"] if row["read"] in start]
    lost = 1 - np.median(rows[-1]["distinct_tail"]) / start[rows[-1]["read"]]
    return "archive" if evidence["price"] * 100 * lost > evidence["archive"] else "replace"


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
    right="c",
    wrong={
        "a": Misreading(
            "mass and correctness",
            why="Both numbers are good.",
            message="Both numbers are about what is written. Of 104 tail facts 12 are left, and neither can see it.",
        ),
        "b": Misreading(
            "never own output",
            why="The headlines say so.",
            message="The loss came from *replacing* the real texts. With the archive in, the same output kept far more in the lesson: 'never' is not what was measured.",
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
        "Look for the sentence that names both what got better and what is gone, and the way of training that lost it.",
    ],
    passed="Partial, tail-first, and by replacement: each word can be checked.",
)

QUESTIONS = [generation, alive, report_question, rows, factor, first, archive, say_it]
