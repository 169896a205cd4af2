"""Questions of exercise 06: what is asked, how it is judged, and what learners really answer."""

import numpy as np

from grader.authoring.question import Case, Misreading, Question, Tolerance, sentence_choice
from holdout.topics.model_choice.cases import constraint_cases, swap_cases

# ------------------------------------------------------------------------------------------------------------ harness

_NAMES = ["SVC", "Ridge", "KMeans", "PCA", "NMF", "Lasso", "TSNE", "MLPClassifier", "Birch", "OneClassSVM"]
_VALUES = ["1.0", "None", "'auto'", "True", "0.001", "100", "'lbfgs'", "False"]


def _harness_case(rng, n, title=""):
    """Replies that are right, right but for spaces, too long, in capitals, or wrong; kinds of unequal size."""
    items, replies = [], {}
    for number in range(n):
        kind = ["popular", "rare", "as call"][int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
        value, name = str(rng.choice(_VALUES)), str(rng.choice(_NAMES))
        answer = f"{name} ( C = {value} )" if kind == "as call" else value
        prompt = f"<begin> [q] default number {number} of {name} ? [a]"
        shares = {"popular": [6, 2, 1, 1, 1], "rare": [2, 1, 2, 1, 3], "as call": [2, 2, 1, 2, 2]}[kind]
        style = int(rng.choice(5, p=np.array(shares) / sum(shares)))
        reply = [
            answer,
            f"  {answer} ".replace(" ( ", "  ( "),
            f"{answer} ;",
            answer.swapcase(),
            str(rng.choice([v for v in _VALUES if v != value])),
        ][style]
        items.append({"prompt": prompt, "answer": answer, "kind": kind})
        replies[prompt] = reply
    name = str(rng.choice(_NAMES))
    # one reply each whose words lack their quotes, stand in another order, or are joined
    for kind, answer, reply in (
        ("popular", "'lbfgs'", "lbfgs"),
        ("as call", f"{name} ( C = 100 )", f"100 ( C = {name} )"),
        ("as call", f"{name} ( C = None )", f"{name}(C=None)"),
        ("as call", f"{name} ( C = True )", f"{name}( C = True )"),
    ):
        prompt = f"<begin> [q] default number {len(items)} of {name} ? [a]"
        items.append({"prompt": prompt, "answer": answer, "kind": kind})
        replies[prompt] = reply
    return Case({"items": items, "replies": replies}, title)


harness_question = Question(
    "06.harness",
    title="A harness",
    objective="Build an evaluation harness with a strict rule and slices.",
    points=2,
    answer="harness",
    probe="holdout.topics.model_choice.probes:run_harness(answer, items, replies)",
    visible=[
        _harness_case(np.random.default_rng(1), 40, "40 questions"),
        _harness_case(np.random.default_rng(2), 90, "90 questions"),
    ],
    hidden=lambda rng: [_harness_case(rng, int(n)) for n in rng.integers(60, 150, 4)],
    tolerance=Tolerance(1e-9, 1e-12, "shares of counts"),
    hints=[
        "One call: `answers = complete([item['prompt'] for item in items])`. Then walk through answers and items together with `zip`.",
        "`text.split()` cuts a text into its words and forgets the spaces; two lists are equal if they have the same words in the same order.",
        '`"all"` is the mean over all *items*. A kind with many items weighs more in it than a kind with few.',
    ],
    passed="A strict rule, one call, and every kind on its own: this is all that a harness is.",
)


@harness_question.wrong(
    "the right answer is somewhere in the reply",
    why="'Contains' forgives extra words.",
    message="You count a reply that *contains* the right answer, such as `1.0 ;`. Pasted into a script that is an error. Compare whole answers, word by word.",
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [item["answer"] in " ".join(answer.split()) for answer, item in zip(answers, items, strict=True)]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(np.mean(right))}


@harness_question.wrong(
    "letter by letter",
    why="`==` on texts.",
    message="You compare letter by letter, so a space more makes an answer wrong. Models write spaces as they like; words are what counts here.",
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [answer == item["answer"] for answer, item in zip(answers, items, strict=True)]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(np.mean(right))}


@harness_question.wrong(
    "only the ends are stripped",
    why="`strip()` is what one uses against spaces.",
    message="`strip` takes spaces away before and after the answer, not between its words. Some calls with two spaces inside still count as wrong.",
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [answer.strip() == item["answer"].strip() for answer, item in zip(answers, items, strict=True)]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(np.mean(right))}


@harness_question.wrong(
    "capitals forgiven",
    why="Case-insensitive matching is common for text.",
    message="You forgive capitals. In Python `none` is not `None` and `'AUTO'` is not `'auto'`: the answer would not run.",
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [
        answer.lower().split() == item["answer"].lower().split()
        for answer, item in zip(answers, items, strict=True)
    ]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(np.mean(right))}


@harness_question.wrong(
    "mean of the kinds",
    why="Each kind should count the same.",
    message='Your kinds are right. Your "all" is the mean of the *kinds*: a kind with few items weighs as much as one with many. Asked is the mean over all items.',
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [answer.split() == item["answer"].split() for answer, item in zip(answers, items, strict=True)]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    kinds = frame.groupby("kind")["right"].mean().to_dict()
    return {**kinds, "all": float(np.mean(list(kinds.values())))}


@harness_question.wrong(
    "counts instead of shares",
    why="Right answers are counted.",
    message="You return how *many* answers are right. Accuracy is a share: divide by the number of items of that kind.",
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [answer.split() == item["answer"].split() for answer, item in zip(answers, items, strict=True)]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].sum().to_dict(), "all": int(np.sum(right))}


@harness_question.wrong(
    "quotes forgiven",
    why="A value is a value, with or without quotes.",
    message="You forgive missing quotes. In Python `auto` is a name and `'auto'` a text: pasted into a script, the one is an error.",
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [
        answer.replace("'", "").split() == item["answer"].replace("'", "").split()
        for answer, item in zip(answers, items, strict=True)
    ]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(np.mean(right))}


@harness_question.wrong(
    "a bag of words",
    why="Sets and sorted lists forget the order.",
    message="You forget the order of the words: `100 ( C = SVC )` has the words of `SVC ( C = 100 )`, and is another call.",
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [
        sorted(answer.split()) == sorted(item["answer"].split())
        for answer, item in zip(answers, items, strict=True)
    ]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(np.mean(right))}


@harness_question.wrong(
    "all spaces deleted",
    why="replace(' ', '') is the shortest way to forget spaces.",
    message="You delete the spaces, so that joined words count as right. How many spaces stand between two words does not count; that there is one does.",
)
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = [
        answer.replace(" ", "") == item["answer"].replace(" ", "")
        for answer, item in zip(answers, items, strict=True)
    ]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(np.mean(right))}


@harness_question.right("plain loops")
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    asked, right = {"all": 0}, {"all": 0}
    for item, answer in zip(items, answers, strict=True):
        hit = " ".join(answer.split()) == " ".join(item["answer"].split())
        for name in (item["kind"], "all"):
            asked[name] = asked.get(name, 0) + 1
            right[name] = right.get(name, 0) + hit
    return {name: right[name] / asked[name] for name in asked}


@harness_question.right("NumPy masks")
def harness(complete, items):
    answers = complete([item["prompt"] for item in items])
    right = np.array([a.split() == item["answer"].split() for a, item in zip(answers, items, strict=True)])
    kinds = np.array([item["kind"] for item in items])
    scores = {str(kind): right[kinds == kind].mean() for kind in np.unique(kinds)}
    scores["all"] = right.mean()
    return scores


# --------------------------------------------------------------------------------------------------------------- work


def _work_inputs(rng):
    return {
        "d": int(rng.choice([32, 40, 64, 96, 128])),
        "m": int(rng.choice([80, 128, 192, 300])),
        "layers": int(rng.integers(2, 9)),
        "V": int(rng.integers(500, 3000)),
        "read": int(rng.integers(5, 150)),
        "written": int(rng.integers(2, 30)),
    }


work_question = Question(
    "06.work",
    title="What an answer costs",
    objective="Count the work of an answer from the shape of a model and the tokens read and written.",
    points=2,
    answer="work",
    probe="answer(d, m, layers, V, read, written)",
    visible=[
        Case(
            {"d": 64, "m": 128, "layers": 2, "V": 839, "read": 30, "written": 5},
            "M, 30 tokens read, 5 written",
        ),
        Case(
            {"d": 96, "m": 192, "layers": 3, "V": 839, "read": 9, "written": 1}, "L, 9 tokens read, 1 written"
        ),
    ],
    hidden=lambda rng: [Case(_work_inputs(rng)) for _ in range(5)],
    tolerance=Tolerance(1e-9, 0, "whole numbers"),
    hints=[
        "Three parts: matrices, looking back, choosing words. The first two happen in every layer, the third once a written word.",
        "With n = read + written: matrices n · (4d² + 3dm), looking back d · n · (n + 1), both times `layers`.",
        "Choosing: `(written + 1) * V * d`. The end mark is chosen, too; while reading nothing is chosen.",
    ],
    passed="Now a longer prompt and a larger model have a price in the same unit.",
)

_WORK = """
def work(d, m, layers, V, read, written):
    n = {n}
    inside = {inside}
    return {total}
"""


def _work_code(
    n="read + written",
    inside="n * (4 * d**2 + 3 * d * m) + d * n * (n + 1)",
    total="layers * inside + (written + 1) * V * d",
):
    return _WORK.format(n=n, inside=inside, total=total)


work_question.wrong(
    "only the prompt passes the layers",
    why="The prompt is the long part.",
    message="You get {got:.4g}: only the prompt goes through the layers. Every written token goes through them, too, when the next one is computed.",
    code=_work_code(n="read"),
)
work_question.wrong(
    "a choice for every token read",
    why="A model computes probabilities at each position.",
    message="You get {got:.4g}: you choose a word after *every* token. While the prompt is read nothing has to be chosen; only written words and the end mark are.",
    code=_work_code(total="layers * inside + (n + 1) * V * d"),
)
work_question.wrong(
    "no end mark",
    why="The end mark is not part of the answer.",
    message="You get {got:.4g}: one choice is missing. The model must also choose to stop.",
    code=_work_code(total="layers * inside + written * V * d"),
)
work_question.wrong(
    "one layer",
    why="The count of one layer looks complete.",
    message="You get {got:.4g}: the work of a single layer. Matrices and looking back happen in each of them.",
    code=_work_code(total="inside + (written + 1) * V * d"),
)
work_question.wrong(
    "nothing looks back",
    why="Weights are what one counts.",
    message="You get {got:.4g}: the matrices alone. Each token also looks back at all tokens so far: d · n · (n + 1) in each layer. It is small here, and the largest part for long prompts.",
    code=_work_code(inside="n * (4 * d**2 + 3 * d * m)"),
)
work_question.wrong(
    "no cache",
    why="Each new word needs the whole text before it.",
    message="You get {got:.4g}: you send the whole text through the layers again for every word. What was computed for earlier tokens is kept: each passes once.",
    code=_work_code(
        inside="sum((read + j) * (4 * d**2 + 3 * d * m) + d * (read + j) * (read + j + 1) for j in range(written + 1))"
    ),
)


@work_question.wrong(
    "a word chosen at every position",
    why="The output layer stands behind every position.",
    message="You multiply with the output layer at every position. Nothing is chosen while the prompt is read: only the written words and the end mark are.",
)
def work(d, m, layers, V, read, written):
    n = read + written
    per_layer = n * (4 * d**2 + 3 * d * m) + d * n * (n + 1)
    return layers * per_layer + n * V * d


@work_question.wrong(
    "the end mark passes the layers",
    why="It is a token like the others.",
    message="You send the end mark through the layers. It is chosen, and then nothing follows: it is never read.",
)
def work(d, m, layers, V, read, written):
    n = read + written + 1
    per_layer = n * (4 * d**2 + 3 * d * m) + d * n * (n + 1)
    return layers * per_layer + (written + 1) * V * d


@work_question.right("token by token")
def work(d, m, layers, V, read, written):
    total = 0
    for position in range(1, read + written + 1):
        total += layers * (4 * d * d + 3 * d * m + 2 * d * position)
    for _ in range(written + 1):
        total += V * d
    return total


@work_question.right("in parts, as floats")
def work(d, m, layers, V, read, written):
    n = float(read + written)
    matrices, attention = n * d * (4 * d + 3 * m), d * n * n + d * n
    return layers * (matrices + attention) + V * d * written + V * d


# ------------------------------------------------------------------------------------------------------------- budget


def _budget_case(rng, n, title=""):
    """Kinds whose share of the set is far from their share of the traffic; the slow kind is rare in traffic."""
    kinds = rng.choice(["short", "documents", "as call"], n, p=[0.25, 0.4, 0.35])
    kinds[:3] = ["short", "documents", "as call"]
    middle = {"short": 2.0, "documents": 6.0, "as call": 14.0}
    price = {"short": 0.001, "documents": 0.004, "as call": 0.0026}
    milliseconds = [middle[kind] * np.exp(0.5 * rng.standard_normal()) for kind in kinds]
    prices = [price[kind] * np.exp(0.3 * rng.standard_normal()) for kind in kinds]
    share = float(rng.uniform(0.5, 0.65))
    rare = float(rng.uniform(0.1, 0.2))
    mix = {"short": round(share, 3), "as call": round(rare, 3)}
    mix["documents"] = round(1 - mix["short"] - mix["as call"], 3)
    order = rng.permutation(n)
    return Case(
        {
            "milliseconds": np.round(np.array(milliseconds)[order], 3).tolist(),
            "prices": np.round(np.array(prices)[order], 6).tolist(),
            "kinds": np.array(kinds)[order].tolist(),
            "mix": mix,
        },
        title,
    )


def _exact_case(rng, title=""):
    """Two fast answers that make up exactly 0.95 of the weight (in floats, too: 0.475 twice), and slow ones after them."""
    fast, slow = np.sort(rng.uniform(2, 6, 2)).round(3), rng.uniform(20, 40, 2).round(3)
    return Case(
        {
            "milliseconds": [float(ms) for ms in (slow[0], fast[1], slow[1], fast[0])],
            "prices": rng.uniform(0.001, 0.004, 4).round(6).tolist(),
            "kinds": ["documents", "short", "documents", "short"],
            "mix": {"short": 0.95, "documents": 0.05},
        },
        title,
    )


budget_question = Question(
    "06.budget",
    title="Latency and price over the mix",
    objective="Weigh measurements by the traffic, and state a latency that nearly everybody gets.",
    points=2,
    answer="budget",
    probe="answer(milliseconds, prices, kinds, mix)",
    visible=[
        _budget_case(np.random.default_rng(3), 60, "60 answers"),
        _budget_case(np.random.default_rng(4), 150, "150 answers"),
        _exact_case(np.random.default_rng(5), "two answers make up exactly 0.95"),
    ],
    hidden=lambda rng: [*(_budget_case(rng, int(n)) for n in rng.integers(80, 200, 4)), _exact_case(rng)],
    tolerance=Tolerance(1e-6, 1e-9, "one of the latencies, and a weighted mean"),
    hints=[
        "Give every answer a weight: the share of its kind in the mix, divided by how many answers of that kind were measured. All weights add up to 1.",
        "Sort by latency and add the weights up (`np.cumsum`). The first latency at which the sum reaches 0.95 is the budget.",
        "The price of a thousand: 1000 times the sum of weight times price.",
    ],
    passed="The budget is now a promise to 95% of the real traffic, not of the questions that happened to be in the set.",
)

_BUDGET = """
def budget(milliseconds, prices, kinds, mix):
    kinds, milliseconds = np.asarray(kinds), np.asarray(milliseconds)
    weight = {weight}
    order = np.argsort(milliseconds)
    slow = {slow}
    return float(slow), {price}
"""


def _budget_code(
    weight="np.array([mix[kind] / np.sum(kinds == kind) for kind in kinds])",
    slow="milliseconds[order][np.searchsorted(np.cumsum(weight[order]), 0.95 - 1e-9)]",
    price="1000 * float(weight @ np.asarray(prices))",
):
    return _BUDGET.format(weight=weight, slow=slow, price=price)


budget_question.wrong(
    "the set is taken for the traffic",
    why="`np.percentile` and `mean` know no mix.",
    message="You get {got[0]:.2f} ms and {got[1]:.2f} €: every measured answer counts the same. The set holds many calls, the traffic few: weigh by `mix`.",
    code=_budget_code(weight="np.full(len(kinds), 1 / len(kinds))"),
)
budget_question.wrong(
    "the mean latency",
    why="Mean latency is what dashboards show.",
    message="You get {got[0]:.2f} ms: the *mean* over the mix. Many answers take longer than that. Asked is the time that 95% stay within.",
    code=_budget_code(slow="weight @ milliseconds"),
)
budget_question.wrong(
    "the share as the weight of each answer",
    why="The share of the kind is what `mix` holds.",
    message="You weigh each answer by its kind's share, so a kind that was measured often counts often. All answers of a kind *together* weigh its share: divide by how many there are.",
    code=_budget_code(
        weight="np.array([mix[kind] for kind in kinds]) / sum(mix[kind] for kind in kinds)",
    ),
)
budget_question.wrong(
    "percentiles mixed",
    why="Means of the kinds may be mixed, so why not percentiles?",
    message="You get {got[0]:.2f} ms: the percentile of each kind, averaged over the mix. That is not a percentile of the traffic: slow kinds fill the slowest 5% nearly alone. Pool first, then take the percentile.",
    code=_budget_code(
        slow="sum(share * np.percentile(milliseconds[kinds == kind], 95) for kind, share in mix.items())"
    ),
)
budget_question.wrong(
    "the price of one answer",
    why="The thousand is overlooked.",
    message="The latency is right. {got[1]:.5f} € is the price of *one* answer; asked is that of a thousand.",
    code=_budget_code(price="float(weight @ np.asarray(prices))"),
)
budget_question.wrong(
    "more than 95%",
    why="95% must be kept, so a little more is safe.",
    message="Where the answers up to a latency make up exactly 0.95 of the weight, you take the next latency. At least 0.95 is asked: that one is enough.",
    code=_budget_code(slow="milliseconds[order][np.searchsorted(np.cumsum(weight[order]), 0.95 + 1e-9)]"),
)
budget_question.wrong(
    "the median",
    why="The median is robust.",
    message="You get {got[0]:.2f} ms: half of the traffic takes longer. The budget is for 95%.",
    code=_budget_code(slow="milliseconds[order][np.searchsorted(np.cumsum(weight[order]), 0.5)]"),
)


@budget_question.wrong(
    "percentiles averaged",
    why="Means of kinds are averaged with the shares, so percentiles seem to be, too.",
    message="Your price is right. Your latency averages the 95th percentiles of the kinds: that is not the 95th percentile of the mixture, in which the slow kind may hold all the slow answers.",
)
def budget(milliseconds, prices, kinds, mix):
    frame = pd.DataFrame({"ms": milliseconds, "price": prices, "kind": kinds})
    groups = frame.groupby("kind")
    slow = groups["ms"].quantile(0.95, interpolation="higher")
    mean = groups["price"].mean()
    return (
        float(sum(share * slow[kind] for kind, share in mix.items())),
        float(1000 * sum(share * mean[kind] for kind, share in mix.items())),
    )


@budget_question.wrong(
    "interpolated between two answers",
    why="np.quantile interpolates.",
    message="Your latency lies *between* two measured ones. Asked is the smallest measured latency that reaches 0.95 of the weight.",
)
def budget(milliseconds, prices, kinds, mix):
    kinds = list(kinds)
    weight = np.array([mix[k] / kinds.count(k) for k in kinds])
    ms = np.array(milliseconds, float)
    order = np.argsort(ms, kind="stable")
    latency = np.interp(0.95, np.cumsum(weight[order]), ms[order])
    return float(latency), float(1000 * np.dot(weight, prices))


@budget_question.right("pandas")
def budget(milliseconds, prices, kinds, mix):
    frame = pd.DataFrame({"ms": milliseconds, "price": prices, "kind": kinds})
    frame["weight"] = frame["kind"].map(mix) / frame.groupby("kind")["ms"].transform("size")
    frame = frame.sort_values("ms")
    slow = frame.loc[frame["weight"].cumsum() >= 0.95 - 1e-9, "ms"].iloc[0]
    by_kind = frame.groupby("kind")["price"].mean()
    return slow, 1000 * sum(by_kind[kind] * share for kind, share in mix.items())


@budget_question.right("plain loops")
def budget(milliseconds, prices, kinds, mix):
    asked = {kind: kinds.count(kind) for kind in mix}
    so_far, slow = 0.0, None
    for latency, kind in sorted(zip(milliseconds, kinds, strict=True)):
        so_far += mix[kind] / asked[kind]
        if slow is None and so_far > 0.95 - 1e-9:
            slow = latency
    return [slow, sum(1000 * p * mix[kind] / asked[kind] for p, kind in zip(prices, kinds, strict=True))]


# ---------------------------------------------------------------------------------------------------------- bootstrap


def _bootstrap_case(rng, n, draws, title=""):
    both = rng.random(n) < rng.uniform(0.55, 0.8)
    before = np.where(rng.random(n) < 0.12, ~both, both).astype(int)
    after = np.where(rng.random(n) < 0.12, ~both, both).astype(int)
    after = np.maximum(after, rng.random(n) < 0.12).astype(int)
    rows = rng.integers(0, n, (draws, n)).astype(np.int16)  # a quarter of the room in checks.json
    return Case({"before": before, "after": after, "rows": rows}, title)


def _told_from_neighbours(rng, n, draws):
    """A case in which quantiles beside the 95% interval's, such as those of 90%, are other numbers: means of few questions are often equal."""
    while True:
        case = _bootstrap_case(rng, n, draws)
        means = (case.inputs["after"] - case.inputs["before"])[case.inputs["rows"]].mean(axis=1)
        beside = np.quantile(means, [0.02, 0.025, 0.03125, 0.96875, 0.975, 0.98])
        if (np.diff(beside) > 1e-6).all():
            return case


bootstrap_question = Question(
    "06.bootstrap",
    title="A paired bootstrap",
    objective="Compare two models on the same questions, with an interval.",
    points=2,
    answer="paired_interval",
    probe="answer(before, after, rows)",
    visible=[
        _bootstrap_case(np.random.default_rng(5), 40, 100, "40 questions, 100 draws"),
        _bootstrap_case(np.random.default_rng(6), 60, 60, "60 questions, 60 draws"),
    ],
    hidden=lambda rng: [_told_from_neighbours(rng, int(n), 250) for n in rng.integers(50, 120, 3)],
    tolerance=Tolerance(1e-9, 1e-12, "the draws are given"),
    hints=[
        "First make one list of differences, question by question: after minus before, each -1, 0 or 1.",
        "`gain[rows]` has one line a draw; `.mean(axis=1)` is the difference on each.",
        "`np.quantile(draws, [0.025, 0.975])`, and the plain `gain.mean()` in front.",
    ],
    passed="The same questions for both: what is easy or hard for both cancels.",
)

_BOOTSTRAP = """
def paired_interval(before, after, rows):
    before, after, rows = (np.asarray(x, float) for x in (before, after, rows))
    rows = rows.astype(int)
    draws = {draws}
    low, high = {ends}
    return {point}, low, high
"""


def _bootstrap_code(
    draws="(after - before)[rows].mean(axis=1)",
    ends="np.quantile(draws, [0.025, 0.975])",
    point="(after - before).mean()",
):
    return _BOOTSTRAP.format(draws=draws, ends=ends, point=point)


bootstrap_question.wrong(
    "before minus after",
    why="The first argument comes first.",
    message="You get {got[0]:+.3f}: before minus after. A gain should be positive: after minus before.",
    code=_bootstrap_code(draws="(before - after)[rows].mean(axis=1)", point="(before - after).mean()"),
)
bootstrap_question.wrong(
    "drawn apart",
    why="Each model has its own scores.",
    message="You draw other questions for `after` than for `before`. Then the luck of hard and easy questions does not cancel, and the interval is wider than it has to be. Use the *same* line of `rows` for both.",
    code=_bootstrap_code(draws="after[rows].mean(axis=1) - before[rows[::-1]].mean(axis=1)"),
)
bootstrap_question.wrong(
    "90% instead of 95%",
    why="5% are left out, so the 5% and 95% quantiles.",
    message="Your interval leaves out 5% on *each* side: it is a 90% interval. For 95% take the 2.5% and 97.5% quantiles.",
    code=_bootstrap_code(ends="np.quantile(draws, [0.05, 0.95])"),
)
bootstrap_question.wrong(
    "the mean of the draws as the difference",
    why="The draws are what one has at the end.",
    message="Your first number is the mean of the *draws*. It is close, but random: the difference on the questions as they are needs no drawing.",
    code=_bootstrap_code(point="draws.mean()"),
)
bootstrap_question.wrong(
    "the smallest and the largest draw",
    why="All draws lie between them.",
    message="You return the smallest and the largest draw. They grow apart with every further draw; take the middle 95%.",
    code=_bootstrap_code(ends="(draws.min(), draws.max())"),
)
bootstrap_question.wrong(
    "intervals of each model subtracted",
    why="Each score has an interval, so subtract them.",
    message="You take the quantiles of each model and subtract them end from end. The quantile of a difference is not a difference of quantiles: subtract first, in every draw.",
    code=_bootstrap_code(
        ends="np.quantile(after[rows].mean(axis=1), [0.025, 0.975]) - np.quantile(before[rows].mean(axis=1), [0.025, 0.975])"
    ),
)


@bootstrap_question.wrong(
    "an interval of each model",
    why="Two models seem to need two intervals.",
    message="Your difference is right. Your limits are made of one interval for each model, so the pairing is lost and the interval is too wide: take the difference on the questions of each line.",
)
def paired_interval(before, after, rows):
    before, after, rows = np.asarray(before, float), np.asarray(after, float), np.asarray(rows)
    low_b, high_b = np.quantile(before[rows].mean(axis=1), [0.025, 0.975])
    low_a, high_a = np.quantile(after[rows].mean(axis=1), [0.025, 0.975])
    return float(after.mean() - before.mean()), float(low_a - high_b), float(high_a - low_b)


@bootstrap_question.wrong(
    "each drawn question once",
    why="A set of questions has no copies.",
    message="Your difference is right, and your interval is too narrow: within a line you count a question once that was drawn twice. With replacement means that it counts twice.",
)
def paired_interval(before, after, rows):
    change = np.asarray(after, float) - np.asarray(before, float)
    drawn = [change[np.unique(row)].mean() for row in rows]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(change.mean()), float(low), float(high)


@bootstrap_question.right("a loop over the draws")
def paired_interval(before, after, rows):
    draws = []
    for row in rows:
        draws.append(sum(after[i] for i in row) / len(row) - sum(before[i] for i in row) / len(row))
    ends = np.percentile(draws, [2.5, 97.5])
    return np.mean(after) - np.mean(before), ends[0], ends[1]


@bootstrap_question.right("both means, the same rows")
def paired_interval(before, after, rows):
    draws = pd.Series(np.take(after, rows).mean(axis=1) - np.take(before, rows).mean(axis=1))
    return [np.mean(after) - np.mean(before), draws.quantile(0.025), draws.quantile(0.975)]


# ---------------------------------------------------------------------------------------------------------- pass at k


def _pass_case(rng, tasks, k, title=""):
    n = rng.integers(max(k, 5), 40, tasks)
    c = rng.binomial(n, rng.choice([0.02, 0.1, 0.3, 0.8], tasks))
    # tasks with few wrong samples, where the formula needs its exception, and one with exactly k of them, where it does not
    n[:3], c[:3] = k + 3, [k + 3, 4, 3]
    return Case({"n": n.tolist(), "c": c.tolist(), "k": int(k)}, title)


pass_question = Question(
    "06.pass_at_k",
    title="pass@k",
    objective="Estimate pass@k without bias, task by task.",
    points=2,
    answer="pass_at_k",
    probe="answer(n, c, k)",
    visible=[
        Case({"n": [20, 20, 10], "c": [2, 0, 9], "k": 5}, "three tasks, k = 5"),
        _pass_case(np.random.default_rng(7), 30, 10, "30 tasks, k = 10"),
    ],
    hidden=lambda rng: [_pass_case(rng, 25, int(k)) for k in (3, 8, 12)],
    tolerance=Tolerance(1e-8, 1e-10, "binomial coefficients by logarithms lose about ten digits at most"),
    hints=[
        "One task at a time, then the mean. Never put the samples of several tasks together: an easy task would help a hard one.",
        "`math.comb(n - c, k) / math.comb(n, k)` is the share of sets of k samples without a right one. `math.comb` wants Python's `int`, and gives 0 when there are fewer than k.",
        "For n = 20, c = 2, k = 5: C(18, 5) / C(20, 5) = 8568 / 15504.",
    ],
    passed="Right from n = k on, and without a single random number.",
)

_PASS = """
def pass_at_k(n, c, k):
    n, c = np.asarray(n, float), np.asarray(c, float)
    return float({value})
"""


pass_question.wrong(
    "the measured share plugged in",
    why="1 − (1 − p)^k is the formula of a known p.",
    message="You get {got:.4f}: you plug c/n into 1 − (1 − p)^k. The function bends, so the estimate is too low on average, most for few samples. Count sets of k samples instead.",
    code=_PASS.format(value="np.mean(1 - (1 - c / n) ** k)"),
)
pass_question.wrong(
    "k times pass@1",
    why="k tries, k times the chance.",
    message="You get {got:.4f}: k times the share, cut at 1. Two right answers among the k are counted twice.",
    code=_PASS.format(value="np.mean(np.minimum(k * c / n, 1))"),
)
pass_question.wrong(
    "all tasks in one pot",
    why="A share over everything is the most exact.",
    message="You get {got:.4f}: you average the tasks first, and then use the formula. One easy task with many right samples does not solve the hard ones: apply the formula to each task, then average.",
    code=_PASS.format(value="1 - (1 - c.sum() / n.sum()) ** k"),
)
pass_question.wrong(
    "solved at all",
    why="One right sample proves that the model can.",
    message="You get {got:.4f}: the share of tasks with any right sample at all. That is pass@n, with all n samples: k of them may miss it.",
    code=_PASS.format(value="np.mean(c > 0)"),
)
pass_question.wrong(
    "fewer than k wrong ones counted as failure",
    why="The binomial coefficient does not exist there.",
    message="Where fewer than k samples were wrong you return 0 for the task. There *every* set of k holds a right one: it is 1.",
    code="""
def pass_at_k(n, c, k):
    values = []
    for m, r in zip(n, c, strict=True):
        m, r = int(m), int(r)
        values.append(0.0 if m - r < k else 1 - math.comb(m - r, k) / math.comb(m, k))
    return np.mean(values)
""",
)
pass_question.wrong(
    "certain where k samples are wrong",
    why="Fewer than k and at most k are soon mixed up.",
    message="You get {got:.4f}: a task with exactly k wrong samples counts as 1. *One* set of k holds only wrong ones there; the exception begins below k.",
    code="""
def pass_at_k(n, c, k):
    values = []
    for m, r in zip(n, c, strict=True):
        m, r = int(m), int(r)
        values.append(1.0 if m - r <= k else 1 - math.comb(m - r, k) / math.comb(m, k))
    return np.mean(values)
""",
)
pass_question.wrong(
    "all k right",
    why="'pass@k' read as k passes.",
    message="You get {got:.4f}: the share of sets in which *all* k samples are right. One is enough.",
    code="""
def pass_at_k(n, c, k):
    return np.mean([math.comb(int(r), k) / math.comb(int(m), k) for m, r in zip(n, c)])
""",
)


@pass_question.wrong(
    "tasks pooled",
    why="More samples make a surer estimate.",
    message="You pool the samples of all tasks and apply the formula once. A task that is never solved then hides behind an easy one: one estimate a task, then their mean.",
)
def pass_at_k(n, c, k):
    samples, right = int(sum(n)), int(sum(c))
    if samples - right < k:
        return 1.0
    return 1 - math.comb(samples - right, k) / math.comb(samples, k)


@pass_question.right("the product of Chen and others")
def pass_at_k(n, c, k):
    values = []
    for m, r in zip(n, c, strict=True):
        values.append(1.0 if m - r < k else 1.0 - np.prod(1.0 - k / np.arange(m - r + 1, m + 1)))
    return np.mean(values)


@pass_question.right("the hypergeometric distribution")
def pass_at_k(n, c, k):
    return stats.hypergeom.sf(0, np.asarray(n), np.asarray(c), k).mean()


# --------------------------------------------------------------------------------------------------------------- swap


def _swap_case(rng, n_cases):
    cases, costs = swap_cases(rng, n_cases)
    return Case({"cases": cases}, f"{n_cases} pairs of models", {"costs": costs})


swap_question = Question(
    "06.swap",
    title="Is the cheaper model good enough?",
    objective="Decide under stated costs from a paired comparison; tell 'no evidence of a loss' from 'evidence of no loss'.",
    points=3,
    answer="replace_model",
    probe="[answer(case['large'], case['small']) for case in cases]",
    judge="policy",
    # Relative regret on 20 sets of 800 pairs: expected costs 0.001 to 0.022, distances rounded to halves 0.007 to 0.025, a bootstrap 0.003 to
    # 0.021. Wrong: one error for all numbers of questions 0.07 to 0.17, one and a half standard errors on both sides 0.10 to 0.15, one error for
    # all pairs 0.14 to 0.21, until the interval excludes 2 points 0.14 to 0.19, one standard error 0.14 to 0.30, two separate samples 0.15 to
    # 0.21, the chance of any loss 0.27 to 0.36, never asking 0.27 to 0.40, all others 0.14 and more. Costs are averages given the evidence.
    parameters={"credit": [[0.05, 1.0], [0.065, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_swap_case(np.random.default_rng(11), 300)],
    hidden=lambda rng: [_swap_case(rng, 800)],
    hints=[
        "Work with the differences, question by question: large minus small is 1, 0 or -1. Their mean is the loss.",
        "The standard error is that of the paired differences, `differences.std(ddof=1) / sqrt(n)`. With it the measured loss gives a chance that more than 2 points are truly lost.",
        "With that chance each decision has an average cost: 60 times it, 6, or 2 plus what a right decision costs. Take the smallest.",
    ],
    passed="You weighed the chance of losing too much against the saving, and paid for more questions only where they could change the decision.",
)

_SWAP = """
def replace_model(large, small):
    large, small = np.asarray(large, float), np.asarray(small, float)
    lost = large - small
    n = len(lost)
    error = {error}
    chance = stats.norm.cdf((lost.mean() - {allowed}) / error)
    costs = {{{costs}}}
    return min(costs, key=costs.get)
"""


def _swap_code(
    error="max(lost.std(ddof=1), n**-0.5) / n**0.5",
    allowed="0.02",
    costs='"swap": 60 * chance, "stay": 6, "ask more": 2 + 6 * chance',
):
    return _SWAP.format(error=error, allowed=allowed, costs=costs)


for _name, _why, _message, _changes in (
    (
        "the chance of any loss",
        "Zero is where a loss begins.",
        "You weigh the costs rightly, with the chance that *anything* is lost. The contract allows 2 points: which chance do the 60 depend on?",
        {"allowed": "0"},
    ),
    (
        "two separate samples",
        "Each score has its own error.",
        "You take the standard error of two separate samples. The same questions were asked: where both models are right, or both wrong, nothing is uncertain about their difference. What is the standard error of the differences?",
        {"error": "((large.var() + small.var()) / n) ** 0.5"},
    ),
    (
        "one error for all pairs",
        "The error of an accuracy is known from the number of questions.",
        "Your standard error depends on the number of questions alone. Some pairs of models disagree on one question in fifty, others on every second one.",
        {"error": "(0.15 / n) ** 0.5"},
    ),
    (
        "one error for all numbers of questions",
        "A typical test has some hundred questions.",
        "Your standard error is the same for 100 questions and for 2,400.",
        {"error": "max(lost.std(ddof=1), n**-0.5) / 500**0.5"},
    ),
    (
        "asking without what follows",
        "Asking costs 2.",
        "You compare the price of asking with the other two costs. After asking one still pays the cheaper of the two: what does that cost on average?",
        {"costs": '"swap": 60 * chance, "stay": 6, "ask more": 2'},
    ),
    (
        "never asks",
        "The costs of swapping and staying say enough.",
        "You compare swapping with staying, rightly, and never ask more. Where the chance is neither small nor large, the answer to more questions is worth more than its 2.",
        {"costs": '"swap": 60 * chance, "stay": 6'},
    ),
    (
        "asking for nothing",
        "More questions are always welcome.",
        "You ask wherever a doubt is left, as if asking were free. What does it cost where the decision is nearly sure?",
        {"costs": '"swap": 60 * chance, "stay": 6, "ask more": 0.05 + 6 * chance'},
    ),
    (
        "both mistakes cost the same",
        "Staying wrongly is as bad as swapping wrongly.",
        "You take a wrong swap for as dear as staying without need. Compare the two numbers of the table: on which side of the limit do you need to be surer?",
        {"costs": '"swap": 12 * chance, "stay": 6, "ask more": 2 + 6 * chance'},
    ),
):
    swap_question.wrong(_name, why=_why, message=_message, code=_swap_code(**_changes))

for _name, _why, _message, _asks, _swaps in (
    (
        "one standard error on both sides",
        "One standard error is the usual distance.",
        "You ask within one standard error of 2 points, on both sides. The two mistakes cost 60 and 6, so the two sides need different distances.",
        "abs(lost.mean() - 0.02) < error",
        "lost.mean() < 0.02",
    ),
    (
        "one and a half standard errors on both sides",
        "It is between the cautious rule and the bold one.",
        "You ask within one and a half standard errors of 2 points, on both sides. Staying without need costs 6, and asking costs a third of that: must one be so sure before one stays?",
        "abs(lost.mean() - 0.02) < 1.5 * error",
        "lost.mean() < 0.02",
    ),
    (
        "asks until the interval excludes two points",
        "95% is the usual certainty.",
        "You ask while the 95% interval contains 2 points. The table says what certainty is worth: asking costs 2, staying without need 6, a wrong swap 60. None of them says 95%.",
        "abs(lost.mean() - 0.02) < 1.96 * error",
        "lost.mean() < 0.02",
    ),
    (
        "asks until the interval excludes zero",
        "Zero is where significance begins.",
        "You ask while the interval contains *zero*. The contract allows 2 points: a clear loss of 1 point is a reason to swap, and needs no more questions.",
        "abs(lost.mean()) < 1.96 * error",
        "lost.mean() < 0.02",
    ),
    (
        "one standard error from zero",
        "The sign of the difference is what one looks for.",
        "You ask where the sign of the difference is open, and swap only where the cheaper model seems better. It may lose 2 points: which limit decides?",
        "abs(lost.mean()) < error",
        "lost.mean() < 0",
    ),
):
    swap_question.wrong(
        _name,
        why=_why,
        message=_message,
        code=f"""
def replace_model(large, small):
    lost = np.asarray(large, float) - np.asarray(small, float)
    error = max(lost.std(ddof=1), 1 / np.sqrt(len(lost))) / np.sqrt(len(lost))
    if {_asks}:
        return "ask more"
    return "swap" if {_swaps} else "stay"
""",
    )


@swap_question.wrong(
    "no significant loss, so swap",
    why="p > 0.05 is read as 'no difference'.",
    message="You swap unless the loss is significantly above *0*. On few questions hardly anything is significant: 'no evidence of a loss' is not 'evidence of no loss'. And the question is not 0, but the 2 points of the contract.",
)
def replace_model(large, small):
    lost = np.asarray(large) - np.asarray(small)
    error = lost.std(ddof=1) / np.sqrt(len(lost))
    return "stay" if lost.mean() > 1.96 * error else "swap"


@swap_question.wrong(
    "the intervals overlap, so swap",
    why="Overlapping intervals look like equality.",
    message="You swap when the intervals of the two scores overlap. The same questions were asked, so the scores move together, and overlap says little about their difference. It says even less about whether 2 points are lost.",
)
def replace_model(large, small):
    def interval(right):
        share, n = np.mean(right), len(right)
        half = 1.96 * np.sqrt(share * (1 - share) / n)
        return share - half, share + half

    return "stay" if interval(large)[0] > interval(small)[1] else "swap"


@swap_question.wrong(
    "the measured difference at its word",
    why="It is the best single guess.",
    message="You compare the measured loss with 2 points, rightly, and take it at its word, also on 100 questions. How sure must you be before you risk 60 to save 6?",
)
def replace_model(large, small):
    return "swap" if np.mean(large) - np.mean(small) < 0.02 else "stay"


@swap_question.wrong(
    "stay unless proven harmless",
    why="A non-inferiority test is the careful way.",
    message="You swap only where a loss of 2 points is ruled out, and stay otherwise. On few questions little is ever ruled out, so you pay 6 again and again. Where it is open, asking more costs 2.",
)
def replace_model(large, small):
    lost = np.asarray(large) - np.asarray(small)
    upper = lost.mean() + 1.645 * lost.std(ddof=1) / np.sqrt(len(lost))
    return "swap" if upper < 0.02 else "stay"


@swap_question.wrong(
    "any loss is too much",
    why="Quality comes first.",
    message="You stay as soon as the cheaper model scores lower at all. The contract allows 2 points, and staying costs 6.",
)
def replace_model(large, small):
    return "stay" if np.mean(large) > np.mean(small) else "swap"


for _answer, _why, _message in (
    (
        "ask more",
        "More data cannot hurt.",
        "You always ask more. That is the yardstick: many pairs are so clear that the 2 buy nothing.",
    ),
    (
        "stay",
        "The large model is safe.",
        "You always stay, and pay 6 also where the cheaper model is clearly good enough.",
    ),
    (
        "swap",
        "It saves money.",
        "You always swap. Where more than 2 points are lost it costs 60, ten times what it saves.",
    ),
):
    swap_question.wrong(
        f"always {_answer}",
        why=_why,
        message=_message,
        code=f'def replace_model(large, small):\n    return "{_answer}"',
    )


@swap_question.right("distances in standard errors")
def replace_model(large, small):
    lost = np.asarray(large, float) - np.asarray(small, float)
    error = max(lost.std(ddof=1), 1 / np.sqrt(len(lost))) / np.sqrt(len(lost))
    # surer before a swap (60 if it is wrong) than before staying (6)
    if lost.mean() + 1.8 * error < 0.02:
        return "swap"
    return "stay" if lost.mean() - 0.4 * error > 0.02 else "ask more"


@swap_question.right("distances rounded to halves")
def replace_model(large, small):
    lost = np.asarray(large, float) - np.asarray(small, float)
    error = max(lost.std(ddof=1), 1 / np.sqrt(len(lost))) / np.sqrt(len(lost))
    if lost.mean() + 2 * error < 0.02:
        return "swap"
    return "stay" if lost.mean() - 0.5 * error > 0.02 else "ask more"


@swap_question.right("shares of right, wrong and alike drawn from a Dirichlet distribution")
def replace_model(large, small):
    large, small = np.asarray(large), np.asarray(small)
    worse, better = int(np.sum(large > small)), int(np.sum(large < small))
    counts = [worse + 1, better + 1, len(large) - worse - better + 1]
    shares = np.random.default_rng(0).dirichlet(counts, 1000)
    chance = np.mean(shares[:, 0] - shares[:, 1] > 0.02)
    costs = {"swap": 60 * chance, "stay": 6, "ask more": 2 + 6 * chance}
    return min(costs, key=costs.get)


@swap_question.right("a bootstrap share of draws above two points")
def replace_model(large, small):
    lost = np.asarray(large) - np.asarray(small)
    n = len(lost)
    # drawing n questions with replacement, as counts: how many of them are lost, alike, gained
    shares = [np.mean(lost == 1), np.mean(lost == 0), np.mean(lost == -1)]
    counts = np.random.default_rng(0).multinomial(n, shares, 500)
    above = np.mean((counts[:, 0] - counts[:, 2]) / n > 0.02)
    if above < 0.037:
        return "swap"
    return "stay" if above > 0.667 else "ask more"


# ------------------------------------------------------------------------------------------------------------- choose


def _constraint_case(rng, n_cases):
    cases, costs = constraint_cases(rng, n_cases)
    return Case({"cases": cases}, f"{n_cases} sets of limits", {"costs": costs})


choose_question = Question(
    "06.choose",
    title="Choose under limits",
    objective="Choose a model under a latency budget, a cost ceiling and two quality bars, and say when nothing passes.",
    points=4,
    answer="choose",
    probe="[answer(case['models'], case['limits']) for case in cases]",
    judge="policy",
    # Costs are means over what is possible given the evidence, so no luck is left in them. On 5 sets of 900 limits: chances added up 0.002
    # to 0.008, lower bounds of 1.4 standard errors 0.03 to 0.05, of 1.2 0.05 to 0.06, of one 0.07 to 0.11, of 0.8 0.16 to 0.20; a 95th
    # percentile without its error 0.13 to 0.21, a variance for a standard deviation 0.19 to 0.29, the bill as a limit only 0.18 to 0.21,
    # latencies taken as normal 0.26 to 0.31; measured values at their word and everything else about 1 and more.
    parameters={"credit": [[0.115, 1.0], [0.135, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_constraint_case(np.random.default_rng(5), 100)],
    hidden=lambda rng: [_constraint_case(rng, 900)],
    hints=[
        'Check all four limits for each candidate, every kind on its own for `worst`. Of those that pass take the one with the smallest bill; if none passes, `"none"`.',
        "A share that just reaches the bar is below it every second time, and 80 is much more than 15. Ask for a margin: a little more than one standard error, `sqrt(p * (1 - p) / n)`, which is larger for kinds with few questions.",
        "The 95th percentile of 60 answers is uncertain, too: `exp(mean + 1.645 * sd)` of the logarithms is steadier than the third-slowest answer; add its standard error, about 1.53 `sd` over the root of 60 on that scale. Best of all: add up the *chances* of breaking each limit, times 80, plus the bill.",
    ],
    passed='You paid for margins where a limit was close, and said "none" where nothing held.',
)

_CHOOSE = """
def choose(models, limits):
    passing = {{}}
    for name, model in models.items():
        right, asked = model["right"], model["asked"]
        quality = sum(right.values()) / sum(asked.values())
        worst = min(right[kind] / asked[kind] for kind in right)
        if model["bill"] <= limits["bill"] and {bars} and {slow} <= limits["milliseconds"]:
            passing[name] = {key}
    return min(passing, key=passing.get) if passing else "none"
"""


def _choose_code(
    slow='np.percentile(model["milliseconds"], 95)',
    bars='quality >= limits["quality"] and worst >= limits["worst"]',
    key='model["bill"]',
):
    return _CHOOSE.format(slow=slow, bars=bars, key=key)


choose_question.wrong(
    "measured values at their word",
    why="All four limits are checked.",
    message="You check all four limits, and take what was measured at its word. Limits are close: a candidate that just passes on paper breaks one of its promises nearly every second time, and that costs 80. Ask for a margin where the evidence is thin.",
    code=_choose_code(),
)
choose_question.wrong(
    "the mean latency",
    why="Mean latency is what dashboards show.",
    message="You hold the *mean* latency against the limit. The limit is for the 95th percentile, and latencies are skewed: it lies far above the mean.",
    code=_choose_code(slow='np.mean(model["milliseconds"])'),
)
choose_question.wrong(
    "the average over all kinds only",
    why="`quality` sounds like everything.",
    message="You look at the accuracy over all questions. The kind `new` is rare, so a candidate may fail it badly and keep its average. `worst` is a limit for each kind.",
    code=_choose_code(bars='quality >= limits["quality"]'),
)
choose_question.wrong(
    "the most accurate that fits",
    why="Within the limits, quality first.",
    message="Of those that pass on paper you take the most accurate. A bar is not a goal: quality above it earns nothing here, and the bill grows. And the latency, too, only just passes on paper.",
    code=_choose_code(key="-quality"),
)
choose_question.wrong(
    "the least bad",
    why="One has to deliver something.",
    message='Where nothing passes you take the candidate with the best accuracy. A broken limit costs 80, and "none" costs 15.',
    code=_choose_code().replace(
        'if passing else "none"',
        "if passing else max(models, key=lambda n: sum(models[n]['right'].values()))",
    ),
)
choose_question.wrong(
    "never",
    why="No candidate is safe.",
    message='You never choose a candidate. "none" is the yardstick here: a rule that looks at the evidence must be cheaper.',
    code="""
def choose(models, limits):
    return "none"
""",
)
choose_question.wrong(
    "the cheapest",
    why="The bill is the only number that is known exactly.",
    message="You take the smallest bill and look at no limit. It breaks at least one of them nearly every time.",
    code="""
def choose(models, limits):
    return min(models, key=lambda name: models[name]["bill"])
""",
)


choose_question.wrong(
    "the bill is only a limit",
    why="Within the budget, money is no longer a question.",
    message="You ask whether a bill keeps its limit and then forget it: among candidates that break nothing you take the safest, not the cheapest. The bill is paid every month, below its limit, too. What does your choice cost beside a cheaper one that keeps every promise as well?",
    code="""
def choose(models, limits):
    risks = {"none": 15 / 80}
    for name, model in models.items():
        right, asked = model["right"], model["asked"]
        logs = np.log(model["milliseconds"])
        slow, spread = logs.mean() + 1.645 * logs.std(ddof=1), logs.std(ddof=1) * np.sqrt(2.353 / len(logs))
        risk = stats.norm.sf((np.log(limits["milliseconds"]) - slow) / spread) + (model["bill"] > limits["bill"])
        hits, count = sum(right.values()), sum(asked.values())
        risk += stats.beta.cdf(limits["quality"], hits + 1, count - hits + 1)
        risk += 1 - np.prod([stats.beta.sf(limits["worst"], right[k] + 1, asked[k] - right[k] + 1) for k in asked])
        risks[name] = risk
    return min(risks, key=risks.get)
""",
)
choose_question.wrong(
    "latencies taken as normal",
    why="Mean plus 1.645 standard deviations is the 95th percentile of a normal distribution.",
    message="You compute the 95th percentile, and its uncertainty, as if the milliseconds themselves were normal. Their logarithms are: a few long answers pull the mean and the standard deviation up or, when they happen to be missing, down. How would the same sum look on the logarithms?",
    code="""
def choose(models, limits):
    costs = {"none": 15.0}
    for name, model in models.items():
        right, asked = model["right"], model["asked"]
        times = np.array(model["milliseconds"])
        slow, spread = times.mean() + 1.645 * times.std(ddof=1), times.std(ddof=1) * np.sqrt(2.353 / len(times))
        risk = stats.norm.sf((limits["milliseconds"] - slow) / spread) + (model["bill"] > limits["bill"])
        hits, count = sum(right.values()), sum(asked.values())
        risk += stats.beta.cdf(limits["quality"], hits + 1, count - hits + 1)
        risk += 1 - np.prod([stats.beta.sf(limits["worst"], right[k] + 1, asked[k] - right[k] + 1) for k in asked])
        costs[name] = model["bill"] + 80 * risk
    return min(costs, key=costs.get)
""",
)


@choose_question.right("lower bounds of one and a quarter standard errors")
def choose(models, limits):
    def low(right, asked):
        share = (right + 1) / (asked + 2)
        return share - 1.25 * (share * (1 - share) / asked) ** 0.5

    passing = []
    for name, model in models.items():
        right, asked = model["right"], model["asked"]
        logs = np.log(model["milliseconds"])
        slow = np.exp(logs.mean() + (1.645 + 1.25 * 1.53 / len(logs) ** 0.5) * logs.std(ddof=1))
        keeps = [
            model["bill"] <= min(limits["bill"], 15),
            slow <= limits["milliseconds"],
            low(sum(right.values()), sum(asked.values())) >= limits["quality"],
            all(low(right[kind], asked[kind]) >= limits["worst"] for kind in asked),
        ]
        if all(keeps):
            passing.append(name)
    return min(passing, key=lambda name: models[name]["bill"], default="none")


@choose_question.right("chances by the normal approximation")
def choose(models, limits):
    from statistics import NormalDist

    best, least = "none", 15.0
    for name, model in models.items():
        shares = [(sum(model["right"].values()), sum(model["asked"].values()), limits["quality"])]
        shares += [(model["right"][kind], model["asked"][kind], limits["worst"]) for kind in model["asked"]]
        keep = 1.0
        expected = model["bill"] + 80 * (model["bill"] > limits["bill"])
        for right, asked, bar in shares:
            share = (right + 1) / (asked + 2)
            below = NormalDist().cdf((bar - share) / math.sqrt(share * (1 - share) / asked))
            expected += 80 * below
            keep *= 1 - below
        logs = np.log(np.array(model["milliseconds"]))
        slow = logs.mean() + 1.645 * logs.std()
        room = math.log(limits["milliseconds"]) - slow
        expected += 80 * NormalDist().cdf(-room / (1.53 * logs.std() / math.sqrt(len(logs))))
        if expected < least:
            best, least = name, expected
    return best


# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "06.say_it",
    objective="Report a paired comparison with its interval, its price and what would change the decision.",
    right="d",
    wrong={
        "a": Misreading(
            "not shown, so equal",
            why="The interval includes 0.",
            message="The interval includes 0, and it includes +4.8 points as well. 'Not shown to differ' is not 'equal': say how large a difference is still possible.",
        ),
        "b": Misreading(
            "the point estimate decides",
            why="Two points are two points.",
            message="You take the two points for certain and forget the price. They may be -0.8 or +4.8, and L costs three times as much.",
        ),
        "c": Misreading(
            "overlapping intervals",
            why="Each score has its own error.",
            message="The same 400 questions were asked, so the two scores move together: only the 32 questions on which one model alone was right say anything about the difference. The paired interval does say something.",
        ),
    },
    hints=[
        "An interval that includes 0 also includes nearly 5 points. Which sentences forget that?",
        "Which sentence says what the difference is worth, and what L costs?",
    ],
    passed="The whole interval, the price, and what would change your mind: that is a review.",
)
