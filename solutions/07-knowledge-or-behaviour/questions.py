"""Questions of exercise 07: what is asked, how it is judged, and what learners really answer."""

import math

import numpy as np
import pandas as pd

from grader.authoring.question import Case, Misreading, Question, Tolerance, sentence_choice
from holdout.topics.adaptation.cases import make_cases, make_failing_products
from holdout.topics.adaptation.requests import make_requests

# --------------------------------------------------------------------------------------------------------------- bm25

_WORDS = "alpha beta gamma delta tol tolerance loss Loss penalty kernel".split()


def _library(rng, count):
    texts = [[str(w) for w in rng.choice(_WORDS, int(rng.integers(2, 9)))] for _ in range(count)]
    common = _WORDS[0]
    for text in texts[: (2 * count) // 3]:  # a word that most texts hold: the older idf is negative there
        text.append(common)
    texts[0] += [
        "tolerance",
        "Loss",
    ]  # matched letter by letter, as parts of words or without capitals, these count wrongly
    texts[1] += ["tol", "loss"]
    query = [common, *(str(w) for w in rng.permutation(["tol", "loss"])), "unheard"]
    query.append(query[1])
    return Case(
        {
            "query": query,
            "texts": texts,
            "k1": round(float(rng.uniform(0.8, 2.0)), 2),
            "b": round(float(rng.uniform(0.4, 0.95)), 2),
        },
        f"{count} texts",
    )


bm25_question = Question(
    "07.bm25",
    title="BM25 by hand",
    objective="Compute a BM25 score from counts.",
    points=2,
    answer="bm25",
    probe="answer(query, texts, k1, b)",
    visible=[_library(np.random.default_rng(11), 6), _library(np.random.default_rng(12), 4)],
    hidden=lambda rng: [_library(rng, int(n)) for n in rng.integers(4, 12, 8)],
    hints=[
        "Two loops: over the words of the query, and over the texts. What does one word add to one text?",
        "idf is the same for all texts: count the texts that hold the word (`word in text`). tf is `text.count(word)`.",
        "The length counts relative to the mean length: `1 - b + b * len(text) / mean_length`, times k1, in the denominator beside tf.",
    ],
    passed="The search behind most retrieval. Repetition saturates at k1 + 1, rare words count more, long texts are held back.",
)


@bm25_question.wrong(
    "no saturation",
    why="tf times idf is what one remembers.",
    message="Your score is tf · idf: a word that is repeated ten times counts ten times. BM25 saturates: tf stands in the denominator, too.",
)
def bm25(query, texts, k1, b):
    scores = np.zeros(len(texts))
    for word in query:
        n = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
        scores += [idf * text.count(word) for text in texts]
    return scores


@bm25_question.wrong(
    "without k1 + 1",
    why="Lucene and bm25s leave the factor out.",
    message="All your scores are too small by the same factor, k1 + 1. It changes no ranking, and some libraries leave it out; the formula here has it.",
)
def bm25(query, texts, k1, b):
    mean_length = np.mean([len(text) for text in texts])
    scores = np.zeros(len(texts))
    for word in query:
        n = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
        for i, text in enumerate(texts):
            tf = text.count(word)
            scores[i] += idf * tf / (tf + k1 * (1 - b + b * len(text) / mean_length))
    return scores


@bm25_question.wrong(
    "the length upside down",
    why="Mean over length looks just as natural.",
    message="Your long texts gain and your short ones lose: it looks as if the ratio of lengths stands upside down. A text twice as long as the mean has ratio 2, and a *larger* denominator.",
)
def bm25(query, texts, k1, b):
    mean_length = np.mean([len(text) for text in texts])
    scores = np.zeros(len(texts))
    for word in query:
        n = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
        for i, text in enumerate(texts):
            tf = text.count(word)
            scores[i] += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * mean_length / len(text)))
    return scores


@bm25_question.wrong(
    "the older idf",
    why="Robertson and Sparck Jones have no 1 inside the logarithm.",
    message="Your idf has no 1 inside the logarithm. Then a word that more than half of the texts hold has a *negative* weight, and holding it makes a text worse.",
)
def bm25(query, texts, k1, b):
    mean_length = np.mean([len(text) for text in texts])
    scores = np.zeros(len(texts))
    for word in query:
        n = sum(word in text for text in texts)
        idf = math.log((len(texts) - n + 0.5) / (n + 0.5))
        for i, text in enumerate(texts):
            tf = text.count(word)
            scores[i] += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(text) / mean_length))
    return scores


@bm25_question.wrong(
    "each word of the query once",
    why="A set of words is tidy.",
    message="You count a word that the query holds twice only once. The sum goes over the words of the query as they stand there.",
)
def bm25(query, texts, k1, b):
    mean_length = np.mean([len(text) for text in texts])
    scores = np.zeros(len(texts))
    for word in set(query):
        n = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
        for i, text in enumerate(texts):
            tf = text.count(word)
            scores[i] += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(text) / mean_length))
    return scores


@bm25_question.wrong(
    "counts occurrences instead of texts",
    why="n sounds like a count of the word.",
    message="It looks as if n counts how *often* a word occurs in all texts. It counts the *texts* that hold it.",
)
def bm25(query, texts, k1, b):
    mean_length = np.mean([len(text) for text in texts])
    scores = np.zeros(len(texts))
    for word in query:
        n = sum(text.count(word) for text in texts)
        idf = math.log(1 + abs(len(texts) - n + 0.5) / (n + 0.5))
        for i, text in enumerate(texts):
            tf = text.count(word)
            scores[i] += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(text) / mean_length))
    return scores


_BM25 = """
def bm25(query, texts, k1, b):
    lengths = [len(text) for text in texts]
    mean_length = sum(lengths) / len(lengths)
    scores = np.zeros(len(texts))
    for word in query:
        n = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
        for i, text in enumerate(texts):
            tf = text.count(word)
            scores[i] += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * lengths[i] / mean_length))
    return scores
"""


def _bm25(*changes):
    code = _BM25
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    return code


bm25_question.wrong(
    "parts of words",
    why="`in` and `count` work on text as well.",
    message="It looks as if you join the words of a text and search in the string: then `tol` is found in `tolerance`. Compare whole words.",
    code=_bm25(("    scores =", "    texts = [' '.join(text) for text in texts]\n    scores =")),
)
bm25_question.wrong(
    "capitals ignored",
    why="Search engines usually do.",
    message="`Loss` and `loss` seem to be one word to you. Words are compared as they stand.",
    code=_bm25(
        (
            "    scores =",
            "    query = [word.lower() for word in query]\n    texts = [[word.lower() for word in text] for text in texts]\n    scores =",
        )
    ),
)
bm25_question.wrong(
    "no length",
    why="k1 is the part that one remembers.",
    message="The length of a text does not enter your score: `b` belongs into the denominator, with the length relative to the mean.",
    code=_bm25(("(1 - b + b * lengths[i] / mean_length)", "1")),
)
bm25_question.wrong(
    "once per text",
    why="A text holds the word or not.",
    message="Where a text repeats a word, your score is too small: tf is *how often* the text holds it, not whether.",
    code=_bm25(("tf = text.count(word)", "tf = int(word in text)")),
)


@bm25_question.right("arrays")
def bm25(query, texts, k1, b):
    tf = np.array([[text.count(word) for word in query] for text in texts], float)
    n = (tf > 0).sum(axis=0)
    idf = np.log1p((len(texts) - n + 0.5) / (n + 0.5))
    length = np.array([len(text) for text in texts])[:, None]
    return (idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / length.mean()))).sum(axis=1).tolist()


@bm25_question.right("the library, times k1 + 1")
def bm25(query, texts, k1, b):
    from collections import Counter

    counts = [Counter(text) for text in texts]
    mean = sum(map(len, texts)) / len(texts)
    holds = Counter(word for text in texts for word in set(text))
    return [
        sum(
            math.log1p((len(texts) - holds[w] + 0.5) / (holds[w] + 0.5))
            * (count[w] * (k1 + 1) / (count[w] + k1 * (1 - b + b * len(text) / mean)))
            for w in query
        )
        for text, count in zip(texts, counts, strict=True)
    ]


# --------------------------------------------------------------------------------------------------------------- ndcg


def _ranking(rng):
    """Gains whose best text stands beyond k, so that every shortcut shows."""
    n = int(rng.integers(6, 12))
    k = int(rng.integers(3, 5))
    gains = [int(g) for g in rng.integers(0, 3, n)]
    gains[0], gains[1], gains[k] = 1, 2, 3
    return Case({"gains": gains, "k": k}, f"{n} texts, k = {k}")


ndcg_question = Question(
    "07.ndcg",
    title="How good is a ranking?",
    objective="Compute nDCG with the right discount and the right ideal.",
    points=1,
    answer="ndcg",
    probe="answer(gains, k)",
    visible=[
        Case({"gains": [3, 2, 3, 0, 1, 2], "k": 6}, "the worked example"),
        Case({"gains": [1, 2, 0, 3, 0, 2, 1], "k": 3}, "the best text in fourth place"),
        Case({"gains": [0, 0, 0], "k": 2}, "nothing useful"),
        Case({"gains": [1, 3], "k": 5}, "two texts, k = 5"),
        Case({"gains": [0, 1, 0], "k": 3}, "one useful text"),
    ],
    hidden=lambda rng: [
        *(_ranking(rng) for _ in range(8)),
        Case({"gains": [0, 0, 0, 0], "k": 3}),
        Case({"gains": [0, *(int(g) for g in rng.permutation([0, 0, 1]))], "k": 4}),
        Case({"gains": [0, *(int(g) for g in rng.permutation([1, 2, 3]))], "k": 6}),
    ],
    hints=[
        "First a function for the sum of gain / log2(rank + 1); then use it twice.",
        "The best possible order is *all* judged gains, sorted from large to small, and then cut at k.",
        "If the best sum is 0, there is nothing to divide by: return 0.",
    ],
    passed="Published for the worked example: 0.961. It asks how high the useful texts stand, against the best that this search could have done.",
)


def _ndcg_variant(dcg, ideal="sorted(gains, reverse=True)"):
    return f"""
def ndcg(gains, k):
    gains = list(gains)
    def dcg(values):
        return {dcg}
    best = dcg({ideal})
    return dcg(gains) / best if best else 0.0
"""


_LINEAR = "sum(g / math.log2(r + 1) for r, g in enumerate(values[:k], 1))"
ndcg_question.wrong(
    "not normalised",
    why="DCG is already a sum that grows with quality.",
    message="You return the plain DCG. It is above 1, and grows with the number of useful texts, whatever the search did. Divide by the DCG of the best order.",
    code=f"def ndcg(gains, k):\n    values = list(gains)\n    return {_LINEAR}",
)
ndcg_question.wrong(
    "the ideal of the first k",
    why="Only k texts are looked at.",
    message="Your best order sorts only the k texts that search put first. Then a search that misses the best text entirely can still reach 1. Sort *all* judged texts, then cut at k.",
    code=_ndcg_variant(_LINEAR, "sorted(gains[:k], reverse=True)"),
)
ndcg_question.wrong(
    "exponential gain",
    why="Many libraries count 2 to the gain, minus 1.",
    message="Your gains count 2^gain - 1. That is a common convention, and another number; the question takes the gain itself.",
    code=_ndcg_variant("sum((2**g - 1) / math.log2(r + 1) for r, g in enumerate(values[:k], 1))"),
)
ndcg_question.wrong(
    "no discount for the first two ranks",
    why="The paper of 2002 begins to discount at rank 2.",
    message="Your first two ranks have the same weight: it looks as if you divide by log2(rank). That is an older variant; here it is log2(rank + 1), so rank 2 already counts 0.63.",
    code=_ndcg_variant("sum(g / max(1.0, math.log2(r)) for r, g in enumerate(values[:k], 1))"),
)
ndcg_question.wrong(
    "forgets k",
    why="The whole ranking is there.",
    message="You sum over the whole ranking. Only the first k ranks are read, in yours and in the best order.",
    code=_ndcg_variant("sum(g / math.log2(r + 1) for r, g in enumerate(values, 1))"),
)


ndcg_question.wrong(
    "needs k texts",
    why="Discounts are an array of length k.",
    message="Your function fails where there are fewer than k texts. Cut the discounts at the number of texts.",
    code="def ndcg(gains, k):\n    discount = 1 / np.log2(np.arange(2, k + 2))\n    best = np.sort(gains)[::-1][:k] @ discount\n    return np.array(gains[:k]) @ discount / best if best else 0.0",
)
ndcg_question.wrong(
    "no discount",
    why="A text in the first k is found.",
    message="Your ranks all weigh the same. The first one is read most: divide each gain by log2(rank + 1) before you add.",
    code=_ndcg_variant("sum(values[:k])"),
)
ndcg_question.wrong(
    "the best order not cut",
    why="The best order is the sorted list.",
    message="Your best order goes on beyond rank k, so that even a perfect ranking stays below 1. Cut it at k, too.",
    code=_ndcg_variant(_LINEAR, "sorted(gains, reverse=True)").replace(
        "best = dcg(sorted(gains, reverse=True))",
        "best = sum(g / math.log2(r + 1) for r, g in enumerate(sorted(gains, reverse=True), 1))",
    ),
)
ndcg_question.wrong(
    "rank + 2",
    why="Ranks that count from 1 already, and Python's that count from 0.",
    message="Your discount is log2(rank + 2): it looks as if you added 1 twice. Rank 1 is divided by log2(2) = 1.",
    code=_ndcg_variant("sum(g / math.log2(r + 2) for r, g in enumerate(values[:k], 1))"),
)


@ndcg_question.right("arrays")
def ndcg(gains, k):
    g = np.asarray(gains, float)
    discount = 1 / np.log2(np.arange(2, k + 2))
    best = np.sort(g)[::-1][:k] @ discount[: len(g)]
    return g[:k] @ discount[: len(g)] / best if best > 0 else 0


@ndcg_question.right("scikit-learn")
def ndcg(gains, k):
    from sklearn.metrics import ndcg_score

    return ndcg_score([gains], [np.arange(len(gains), 0, -1)], k=k)


# -------------------------------------------------------------------------------------------------------------- stale


stale = Question(
    "07.stale",
    title="Stale weights",
    objective="Work out how much of what weights hold is out of date between two rounds.",
    points=1,
    answer="stale_share",
    probe="answer(change_rate, months)",
    visible=[
        Case({"change_rate": 0.3, "months": 3.0}, "0.3 a month, every 3 months"),
        Case({"change_rate": 0.0, "months": 6.0}, "nothing changes"),
        Case({"change_rate": 0.001, "months": 3.0}, "0.001 a month, every 3 months"),
    ],
    hidden=lambda rng: [
        *(
            Case({"change_rate": round(float(c), 3), "months": float(m)})
            for c, m in zip(rng.uniform(0.15, 0.9, 8), rng.choice([2.0, 3.0, 6.0, 12.0], 8), strict=True)
        ),
        Case({"change_rate": 0.0, "months": 3.0}),
        Case({"change_rate": round(float(rng.uniform(0.0005, 0.002)), 5), "months": 2.0}),
    ],
    tolerance=Tolerance(
        1e-3,
        5e-5,
        "a thousandth, so that a mean over a fine grid passes; 0.00005 for the difference of two nearly equal numbers in single precision; see the text",
    ),
    hints=[
        "Just after a round the share is 0, just before the next it is 1 - exp(-c T). You want the mean of the curve in between.",
        "The mean of a curve over the time from 0 to T is its integral divided by T.",
        "The integral of exp(-c t) from 0 to T is (1 - exp(-c T)) / c. Where c is 0, return 0.",
    ],
    passed="On average a little more than half of what is stale at the end, because changes come early as well as late.",
)
stale.wrong(
    "the share at the end",
    why="That is the formula in the text.",
    message="{got} is the share that is stale just *before* the next round. Questions come evenly over the time; early ones meet fresher facts.",
    code="def stale_share(change_rate, months):\n    return 1 - math.exp(-change_rate * months)",
)
stale.wrong(
    "half of changes times months",
    why="On average half of the time has passed.",
    message="{got} is c·T/2: right while few facts change, and too large later, since a fact that is stale already cannot become stale again. With a long time it would pass 1.",
    code="def stale_share(change_rate, months):\n    return change_rate * months / 2",
)
stale.wrong(
    "the share in the middle",
    why="The middle of the time stands for the whole.",
    message="{got} is the share at half time. The curve bends, so its mean is not its value in the middle.",
    code="def stale_share(change_rate, months):\n    return 1 - math.exp(-change_rate * months / 2)",
)
stale.wrong(
    "the fresh share",
    why="One of the two had to be 1 minus the other.",
    message="{got} is the share that is still *true*. It should be 0 when nothing changes.",
    code="def stale_share(change_rate, months):\n    x = change_rate * months\n    return -math.expm1(-x) / x if x else 1.0",
)
stale.wrong(
    "half of the share at the end",
    why="Mean of the first and the last value.",
    message="{got} is the mean of the first and the last value. The curve rises steeply first and flattens, so it spends more time above that mean.",
    code="def stale_share(change_rate, months):\n    return (1 - math.exp(-change_rate * months)) / 2",
)


stale.wrong(
    "small rates taken as 0",
    why="A guard against division by zero.",
    message="You return 0 for small rates. About c·T/2 is stale then, which is little and not nothing: only a rate of exactly 0 needs the guard.",
    code="def stale_share(change_rate, months):\n    x = change_rate * months\n    return 1 - (1 - math.exp(-x)) / x if x > 0.01 else 0.0",
)
stale.wrong(
    "not divided by the time",
    why="The integral is the hard part.",
    message="{got} is the integral over the time, in months. A mean share is that divided by `months`, and lies between 0 and 1.",
    code="def stale_share(change_rate, months):\n    return months - (1 - math.exp(-change_rate * months)) / change_rate if change_rate else 0.0",
)
stale.wrong(
    "the fresh months",
    why="(1 - exp(-c T)) / c is the integral of the fresh share.",
    message="{got} is the time during which a fact stays true, in months. You want the share that is *stale*: divide by the time, and take it from 1.",
    code="def stale_share(change_rate, months):\n    return (1 - math.exp(-change_rate * months)) / change_rate if change_rate else 0.0",
)
stale.wrong(
    "whole months",
    why="The rate is a month.",
    message="{got} is the mean over whole months only. Questions come at any time: use a much finer grid, or the integral.",
    code="def stale_share(change_rate, months):\n    return np.mean(1 - np.exp(-change_rate * np.arange(0, months + 1)))",
)


@stale.right("a mean over a fine grid")
def stale_share(change_rate, months):
    t = (np.arange(20_000) + 0.5) / 20_000 * months
    return np.mean(1 - np.exp(-change_rate * t))


@stale.right("the integral")
def stale_share(change_rate, months):
    if change_rate == 0:
        return 0
    fresh = (1 - np.exp(-change_rate * months)) / change_rate
    return (months - fresh) / months


# ----------------------------------------------------------------------------------------------------------- interval

# quarter months up to a year, in no order: a coarse choice would hide a wrong formula
_INTERVALS = [float(months) for months in np.random.default_rng(41).permutation(np.arange(1, 49) / 4)]


def _desk(questions, change_rate, price_of_wrong, price_of_round, accuracy):
    return Case(
        {
            "questions": questions,
            "change_rate": change_rate,
            "accuracy": accuracy,
            "price_of_wrong": price_of_wrong,
            "price_of_round": price_of_round,
            "intervals": _INTERVALS,
        },
        f"{questions} questions, {change_rate:g} changes a month",
    )


interval = Question(
    "07.interval",
    title="How often to tune again",
    objective="Balance rounds of tuning against stale answers.",
    points=1,
    answer="best_interval",
    probe="answer(questions, change_rate, accuracy, price_of_wrong, price_of_round, intervals)",
    visible=[
        _desk(60_000, 0.1, 0.2, 800.0, 0.95),
        _desk(5_000, 0.3, 0.1, 500.0, 0.9),
        _desk(400_000, 0.05, 0.3, 2000.0, 0.6),
        _desk(20_000, 0.0, 0.1, 800.0, 0.9),
    ],
    hidden=lambda rng: [
        *(
            _desk(
                int(10 ** rng.uniform(4, 5.5)),
                round(float(10 ** rng.uniform(-1.7, -0.2)), 3),
                round(float(rng.uniform(0.05, 0.4)), 2),
                float(rng.choice([500, 800, 2000])),
                round(float(rng.uniform(0.4, 0.98)), 2),
            )
            for _ in range(40)
        ),
        _desk(50_000, 0.0, 0.2, 500.0, round(float(rng.uniform(0.4, 0.98)), 2)),
    ],
    tolerance=Tolerance(0, 0, "one of the given numbers; costs of two intervals differ in nearly all cases"),
    hints=[
        "Write a function for the cost a month at one interval, then take the minimum over the intervals.",
        "Rounds: a round every T months costs price / T a month. Wrong answers: a fresh fact is answered rightly with `accuracy`, a stale one never.",
        "wrong = 1 - accuracy * (1 - stale), with the mean stale share of question <07.stale>.",
    ],
    passed="The shortest interval pays for itself only with much traffic and fast facts. At the best one you still pay for some stale answers.",
)


def _interval(cost):
    return f"""
def best_interval(questions, change_rate, accuracy, price_of_wrong, price_of_round, intervals):
    def stale(months):
        x = change_rate * months
        return 1 + math.expm1(-x) / x if x else 0.0
    return min(intervals, key=lambda months: {cost})
"""


interval.wrong(
    "as often as possible",
    why="Fresh is best.",
    message="You return {got}, the shortest interval each time: the price of the rounds seems to be missing, or not spread. Four rounds a month cost four times the price; one every three months a third of it.",
    code=_interval("stale(months)"),
)
interval.wrong(
    "as rarely as possible",
    why="Rounds are what shows on the bill.",
    message="You return {got}, the longest interval each time: only the rounds count for you. Stale answers are wrong answers, and each costs money.",
    code=_interval("price_of_round / months"),
)
interval.wrong(
    "forgets that some answers are wrong anyway",
    why="Stale answers are the ones that cost.",
    message="You return {got}: every stale fact costs a wrong answer in your sum. But a share 1 - accuracy of the questions is answered wrongly whether fresh or stale; only the right ones can be lost.",
    code=_interval("price_of_round / months + questions * price_of_wrong * stale(months)"),
)
interval.wrong(
    "stale as at the end",
    why="It is the formula at hand.",
    message="You return {got}: your stale share seems to be the one at the *end* of the interval, about twice the mean. So you tune too often.",
    code=_interval(
        "price_of_round / months + questions * price_of_wrong * (1 - accuracy * math.exp(-change_rate * months))"
    ),
)
interval.wrong(
    "wrong answers without their price",
    why="Counting wrong answers seems enough.",
    message="You return {got}: you add wrong answers to euros. Multiply by what one costs.",
    code=_interval("price_of_round / months + questions * (1 - accuracy * (1 - stale(months)))"),
)
interval.wrong(
    "stops at a rate of 0",
    why="The formula divides by it.",
    message="Your function fails where nothing changes: then nothing goes stale, and rounds are wasted.",
    code=_interval(
        "price_of_round / months + questions * price_of_wrong * (1 - accuracy * (1 - math.exp(-change_rate * months)) / (change_rate * months))"
    ),
)
interval.wrong(
    "half of changes times months",
    why="c T / 2 is the usual approximation.",
    message="Your stale share seems to be c·T/2, which grows without limit. A fact that is stale cannot go stale again: use question <07.stale>.",
    code=_interval(
        "price_of_round / months + questions * price_of_wrong * accuracy * change_rate * months / 2"
    ),
)
interval.wrong(
    "half of the share at the end",
    why="The mean of the first and the last value.",
    message="Your stale share seems to be half of the one at the end. The mean lies above that: use question <07.stale>.",
    code=_interval(
        "price_of_round / months + questions * price_of_wrong * accuracy * (1 - math.exp(-change_rate * months)) / 2"
    ),
)
interval.wrong(
    "its position",
    why="argmin returns one.",
    message="You return {got}, a position in the list. The question asks for the number of months that stands there.",
    code=_interval("0").replace(
        "return min(",
        "cost = lambda months: price_of_round / months + questions * price_of_wrong * accuracy * stale(months)\n    return int(np.argmin([cost(months) for months in intervals]))\n    return min(",
    ),
)
interval.wrong(
    "its cost",
    why="min of the costs is one line.",
    message="You return {got:.0f}, the least cost. The question asks for the months at which it is reached.",
    code=_interval("0").replace(
        "return min(",
        "return min(price_of_round / months + questions * price_of_wrong * (1 - accuracy * (1 - stale(months))) for months in intervals)\n    return min(",
    ),
)
interval.wrong(
    "wrong answers of the whole interval",
    why="The bill comes at the end of the interval.",
    message="You return {got}: you add the wrong answers of a whole interval to the price of a round *per month*. Bring both to one month.",
    code=_interval(
        "price_of_round / months + months * questions * price_of_wrong * (1 - accuracy * (1 - stale(months)))"
    ),
)
interval.right(
    "only what depends on the interval",
    code=_interval("price_of_round / months + questions * price_of_wrong * accuracy * stale(months)"),
)


@interval.right("arrays")
def best_interval(questions, change_rate, accuracy, price_of_wrong, price_of_round, intervals):
    t = np.array(intervals, float)
    x = change_rate * t
    fresh = (1 - np.exp(-x)) / x if change_rate else np.ones_like(x)
    return intervals[int((price_of_round / t + questions * price_of_wrong * (1 - accuracy * fresh)).argmin())]


# ----------------------------------------------------------------------------------------------------------- diagnose


def _failing_products(rng, count):
    products = make_failing_products(rng, count)
    return Case(
        {"products": [product.evidence for product in products]},
        f"{count} products",
        {"costs": [product.costs for product in products]},
    )


diagnose_question = Question(
    "07.diagnose",
    title="Which gap is it?",
    objective="Find which part of a product fails, and whether its remedy pays.",
    points=3,
    answer="diagnose",
    probe="[answer(evidence) for evidence in products]",
    judge="policy",
    # Measured on 5 sets of 600 products, each part on 6,000 questions so that luck is next to nothing: the sum for each decision and shrunken
    # shares 0.0005 to 0.0013; a price that is wrong by a fifth to a quarter 0.003 to 0.012 (0.001 to 0.002 for the search, which is cheap),
    # the stronger model taken as perfect 0.019 to 0.042, value and form averaged 0.023 to 0.035, only a significant gain 0.035 to 0.055, gain
    # per euro 0.067 and more, no memory and one price for all 0.082 and more, no prices 0.18 and more, thresholds and the lowest part 0.31 and
    # more. On 800 questions right answers had up to 0.007, and prices that are wrong by a fifth could not be told from them.
    parameters={"credit": [[0.0025, 1.0], [0.005, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_failing_products(np.random.default_rng(51), 120)],
    hidden=lambda rng: [_failing_products(rng, 600)],
    hints=[
        "What share of answers is right today? value × form, and the value depends on whether the product searches.",
        "Do the same sum for each decision with the one number changed that it changes, and subtract its price.",
        "`value = found * reading + (1 - found) * memory` with search, `memory` without. Take the decision with the largest (right - price).",
    ],
    passed="You named the part that fails, and left alone what is not worth its price.",
)


@diagnose_question.wrong(
    "leaves the prices out",
    why="First make it good.",
    message="You take the fix that helps most and never look at its price. Where all parts are near 0.95, a fix that wins 0.02 for 0.15 is a loss.",
)
def diagnose(evidence):
    def right(searches, found, reading, form):
        value = found * reading + (1 - found) * evidence["memory"] if searches else evidence["memory"]
        return value * form

    s, found, reading, form = (evidence[name] for name in ("searches", "found", "reading", "form"))
    worth = {
        "leave": right(s, found, reading, form),
        "add retrieval": right(True, found, reading, form),
        "fix the search": right(s, max(found, 0.97), reading, form),
        "stronger model": right(s, found, evidence["reading, stronger"], evidence["form, stronger"]),
        "fine-tune": right(s, found, reading, max(form, 0.96)),
    }
    return max(worth, key=worth.get)


@diagnose_question.wrong(
    "the lowest number, whatever it means",
    why="The weakest link is the lowest number.",
    message="You treat the lowest of the four numbers. A low `memory` does not hurt a product that searches and finds, and `found` and `reading` do not count in one that does not search.",
)
def diagnose(evidence):
    remedies = {
        "memory": "add retrieval",
        "found": "fix the search",
        "reading": "stronger model",
        "form": "fine-tune",
    }
    return remedies[min(remedies, key=lambda part: evidence[part])]


@diagnose_question.wrong(
    "always adds retrieval",
    why="Retrieval is the answer to knowledge gaps.",
    message="You always add retrieval. Many of these products search already; adding it again changes nothing and costs 0.16.",
)
def diagnose(evidence):
    return "add retrieval"


@diagnose_question.wrong(
    "always fine-tunes",
    why="It is our task, so train on it.",
    message="You fine-tune every product. That corrects the form and nothing else here; most of them fail at search, memory or reading.",
)
def diagnose(evidence):
    return "fine-tune"


@diagnose_question.wrong(
    "always the stronger model",
    why="A stronger model is better at everything.",
    message="You always take the stronger model. It cannot read what search does not bring, and cannot know what came after its training.",
)
def diagnose(evidence):
    return "stronger model"


@diagnose_question.wrong(
    "always leaves it",
    why="It works somehow.",
    message="You leave every product as it is. Many of them could be improved by much more than a fix costs.",
)
def diagnose(evidence):
    return "leave"


@diagnose_question.wrong(
    "tunes where answers are wrong",
    why="Wrong answers are a reason to train.",
    message="You fine-tune whatever does not know the answer, and leave the rest. A wrong *value* is not mended by tuning for the form: look at where values come from in this product.",
)
def diagnose(evidence):
    value = evidence["reading"] if evidence["searches"] else evidence["memory"]
    return "fine-tune" if value * evidence["form"] < 0.8 else "leave"


def _worth(
    *,
    value='found * reading + (1 - found) * evidence["memory"] if searches else evidence["memory"]',
    whole="({value}) * form",
    strong='right(searches, found, evidence["reading, stronger"], evidence["form, stronger"])',
    tune="right(searches, found, reading, max(form, 0.96))",
    prices=(0.0, 0.16, 0.03, 0.06, 0.15),
    pick="max(worth, key=worth.get)",
):
    """The sum for each decision as a learner would write it, with parts changed."""
    leave, add, fix, stronger, fine = prices
    return f"""
def diagnose(evidence):
    def right(searches, found, reading, form):
        return {whole.format(value=value)}
    searches, found, reading, form = (evidence[name] for name in ("searches", "found", "reading", "form"))
    worth = {{
        "leave": right(searches, found, reading, form) - {leave},
        "add retrieval": right(True, found, reading, form) - {add},
        "fix the search": right(searches, max(found, 0.97), reading, form) - {fix},
        "stronger model": {strong} - {stronger},
        "fine-tune": {tune} - {fine},
    }}
    return {pick}
"""


diagnose_question.wrong(
    "memory left out where the product searches",
    why="A product that searches reads.",
    message="Your sum counts an answer as wrong wherever search misses. Memory answers there: with a good memory, better search wins little.",
    code=_worth(value='found * reading if searches else evidence["memory"]'),
)
diagnose_question.wrong(
    "the smaller of value and form",
    why="The weaker one limits the product.",
    message="You take the smaller of value and form. An answer needs *both*: with 0.7 and 0.7 only half of the answers are right.",
    code=_worth(whole="min({value}, form)"),
)
diagnose_question.wrong(
    "the mean of value and form",
    why="Two marks, one average.",
    message="You add value and form. An answer needs *both*, so the shares multiply: repairing the form of answers with wrong values wins nothing.",
    code=_worth(whole="(({value}) + form) / 2"),
)
diagnose_question.wrong(
    "the form never looked at",
    why="A right value is what counts.",
    message="Your sum leaves out the form, so tuning is never worth its price to you. An answer in the wrong form is a wrong answer here.",
    code=_worth(whole="({value})"),
)
diagnose_question.wrong(
    "one price for all",
    why="The prices look much alike.",
    message="You seem to charge the same for every change. They differ by a factor of five: a change that wins little may pay if it is cheap.",
    code=_worth(prices=(0, 0.1, 0.1, 0.1, 0.1)),
)
diagnose_question.wrong(
    "the stronger model taken as perfect",
    why="It is the best there is.",
    message="You choose the stronger model where its trial shows little gain. The trial is in `evidence`: use its two numbers.",
    code=_worth(strong="right(searches, found, 1.0, evidence['form, stronger'])"),
)
diagnose_question.wrong(
    "most gain per euro",
    why="Return on investment.",
    message="You seem to divide the gain by the price. That ranks small cheap changes above large dear ones; only one change is allowed, so what counts is gain *minus* price.",
    code="""
def diagnose(evidence):
    def right(searches, found, reading, form):
        return (found * reading + (1 - found) * evidence["memory"] if searches else evidence["memory"]) * form
    searches, found, reading, form = (evidence[name] for name in ("searches", "found", "reading", "form"))
    today = right(searches, found, reading, form)
    ratio = {
        "add retrieval": (right(True, found, reading, form) - today) / 0.16,
        "fix the search": (right(searches, max(found, 0.97), reading, form) - today) / 0.03,
        "stronger model": (right(searches, found, evidence["reading, stronger"], evidence["form, stronger"]) - today) / 0.06,
        "fine-tune": (right(searches, found, reading, max(form, 0.96)) - today) / 0.15,
    }
    best = max(ratio, key=ratio.get)
    return best if ratio[best] > 1 else "leave"
""",
)
diagnose_question.wrong(
    "only a significant gain",
    why="Small differences may be noise.",
    message="You ask for a gain that is significant. No test is needed: a change pays as soon as its *expected* gain exceeds its price, and leaving the product has a cost as well.",
    code=_worth(
        pick='(lambda best: best if worth[best] - worth["leave"] > 1.96 * (2 * 0.25 / 800) ** 0.5 else "leave")(max(worth, key=worth.get))'
    ),
)


@diagnose_question.wrong(
    "the lowest part that counts, if it is low",
    why="The weakest link that matters.",
    message="You repair the lowest number that counts in this product. Close: but several parts may be weak at once, and what a change wins depends on the others and on its price. Work out the share of right answers after each change.",
)
def diagnose(evidence):
    if evidence["searches"]:
        remedies = {"found": "fix the search", "reading": "stronger model", "form": "fine-tune"}
    else:
        remedies = {"memory": "add retrieval", "form": "fine-tune"}
    part = min(remedies, key=lambda name: evidence[name])
    return remedies[part] if evidence[part] < 0.85 else "leave"


@diagnose_question.wrong(
    "thresholds in order",
    why="A checklist: memory, search, form, reading.",
    message="You go through thresholds in a fixed order and stop at the first low number. Another part may win more for less: work out the share of right answers after each change.",
)
def diagnose(evidence):
    e = evidence
    if not e["searches"]:
        if e["memory"] < 0.8:
            return "add retrieval"
        return "fine-tune" if e["form"] < 0.82 else "leave"
    if e["found"] < 0.86 and e["found"] <= e["form"]:
        return "fix the search"
    if e["form"] < 0.82:
        return "fine-tune"
    return "stronger model" if e["reading"] < 0.8 else "leave"


@diagnose_question.wrong(
    "the stronger model keeps today's form",
    why="A stronger model is thought of as a better reader.",
    message="Your stronger model reads as in its trial and keeps *today's* form. Its form is in the trial, too: where form is weak you pay for tuning instead.",
)
def diagnose(evidence):

    def wrong(searches, found, reading, form):
        memory = evidence["memory"]
        value = found * reading + (1 - found) * memory if searches else memory
        return 1 - value * form

    s, f, r, o = (evidence[k] for k in ("searches", "found", "reading", "form"))
    cost = {
        "leave": wrong(s, f, r, o),
        "add retrieval": wrong(True, f, r, o) + 0.16,
        "fix the search": wrong(s, max(f, 0.97), r, o) + 0.03,
        "stronger model": wrong(s, f, evidence["reading, stronger"], o) + 0.06,
        "fine-tune": wrong(s, f, r, max(o, 0.96)) + 0.15,
    }
    return min(cost, key=cost.get)


@diagnose_question.right("shares of wrong answers, and costs")
def diagnose(evidence):
    price = {
        "leave": 0,
        "add retrieval": 0.16,
        "fix the search": 0.03,
        "stronger model": 0.06,
        "fine-tune": 0.15,
    }
    costs = {}
    for decision in price:
        e = dict(evidence)
        if decision == "add retrieval":
            e["searches"] = True
        elif decision == "fix the search":
            e["found"] = max(e["found"], 0.97)
        elif decision == "stronger model":
            e["reading"], e["form"] = e["reading, stronger"], e["form, stronger"]
        elif decision == "fine-tune":
            e["form"] = max(e["form"], 0.96)
        found = e["found"] if e["searches"] else 0
        costs[decision] = 1 - e["form"] * (found * e["reading"] + (1 - found) * e["memory"]) + price[decision]
    return min(costs, key=costs.get)


@diagnose_question.right("pandas, shares shrunk a little")
def diagnose(evidence):
    e = {name: share if name == "searches" else (800 * share + 1) / 802 for name, share in evidence.items()}

    def right(found, reading, form):
        return form * (found * reading + (1 - found) * e["memory"])

    found = e["found"] * e["searches"]
    worth = pd.Series(
        {
            "leave": right(found, e["reading"], e["form"]),
            "add retrieval": right(e["found"], e["reading"], e["form"]) - 0.16,
            "stronger model": right(found, e["reading, stronger"], e["form, stronger"]) - 0.06,
            "fine-tune": right(found, e["reading"], max(e["form"], 0.96)) - 0.15,
        }
    )
    if e["searches"]:
        worth["fix the search"] = right(max(found, 0.97), e["reading"], e["form"]) - 0.03
    return worth.idxmax()


# ---------------------------------------------------------------------------------------------------------- recommend


def _cases(rng, count):
    cases = make_cases(rng, count)
    return Case(
        {"cases": [case.evidence for case in cases]},
        f"{count} cases",
        {"costs": [case.costs for case in cases]},
    )


recommend_question = Question(
    "07.recommend",
    title="Recommend",
    objective="Choose between prompt, retrieval, a stronger model, fine-tuning and both, by what each costs.",
    points=4,
    answer="recommend",
    probe="[answer(case) for case in cases]",
    judge="policy",
    # Measured with a pilot of 10,000 questions so that its luck is next to nothing. On 10 sets of 2,500 cases the whole bill 0.00007 to
    # 0.00017, three in place of two for answering with retrieval or with both 0.00034 to 0.00093; on 40 sets of 1,500 cases the stale
    # share at the end of an interval in place of its mean 0.00088 to 0.0029, one interval for all 0.004 and more, all others 0.009 and more.
    parameters={"credit": [[0.0003, 1.0], [0.0005, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_cases(np.random.default_rng(63), 300)],
    hidden=lambda rng: [_cases(rng, 2500)],
    hints=[
        "First strike out what the rule forbids. Then write down one bill for each option that is left, and take the cheapest.",
        "A bill: building and upkeep + questions × price of answering + questions × (1 - pilot) × price of a wrong answer. For the two that tune also label / 12 for each missing example.",
        "Only `fine-tune` with facts in its weights goes stale: replace its wrong answers by the cheapest interval of 800 / T + questions × price × (1 - accuracy × fresh share).",
    ],
    passed="Your recommendations cost little more than the cheapest. Note how often that is not the option with the best pilot.",
)


_FORBIDDEN = """
    forbidden = {
        "none": [],
        "cite the source": ["prompt", "fine-tune"],
        "delete on request": ["fine-tune"] if in_weights else [],
        "keep data in house": ["stronger model"],
    }[case["rule"]]"""
_STALE = """
        if option == "fine-tune" and in_weights:
            rate, rounds = case["change_rate"], []
            for months in (0.25, 0.5, 1, 2, 3, 6, 12):
                fresh = (1 - math.exp(-rate * months)) / (rate * months)
                rounds.append(800 / months + stakes * (1 - accuracy * fresh))
            cost += min(rounds)
        else:
            cost += stakes * (1 - accuracy)"""


def _bill(*, rules=True, stale=_STALE, build=True, answer=True, wrong=True, label='case["label"] / 12'):
    """A policy as a learner would write it, with parts left out."""
    forbidden = _FORBIDDEN if rules else "\n    forbidden = []"
    built = "build[option]" if build else "0"
    answered = "case['questions'] / 1000 * answer[option]" if answer else "0"
    stakes = stale or ("\n        cost += stakes * (1 - accuracy)" if wrong else "")
    return f"""
def recommend(case):
    in_weights = case["gap"] != "form"
    build = {{"prompt": 100, "retrieval": 650, "stronger model": 700, "fine-tune": 800, "both": 1450}}
    answer = {{"prompt": 0.75, "retrieval": 2, "stronger model": 12, "fine-tune": 0.5, "both": 2}}{forbidden}
    costs = {{}}
    for option, accuracy in case["pilot"].items():
        if option in forbidden:
            continue
        stakes = case["questions"] * case["price_of_wrong"]
        cost = {built} + {answered}
        if option in ("fine-tune", "both"):
            cost += {label} * max(0, 300 - case["examples"]){stakes}
        costs[option] = cost
    return min(costs, key=costs.get)
"""


recommend_question.wrong(
    "forgets that facts go stale",
    why="The pilot says how good it is.",
    message="You price `fine-tune` by its pilot, as if its facts stayed true. They change while it answers, and each new round costs 800: question <07.interval>.",
    code=_bill(stale=None),
)
recommend_question.wrong(
    "one round a month, and nothing goes stale",
    why="A round a month sounds safe enough.",
    message="You charge one round of tuning a month and treat facts as fresh all the time. Where facts hardly move, a round a year will do; where they move within months, a share is stale before the next round. The change rate decides which: questions 3 and 4.",
    code=_bill(
        stale="""
        cost += stakes * (1 - accuracy)
        if option == "fine-tune" and in_weights:
            cost += 800"""
    ),
)
recommend_question.wrong(
    "never tunes on facts",
    why="Facts belong outside the weights.",
    message="You never fine-tune where facts are involved. A good default; but facts that change once in decades, asked a million times a month, pay for a round now and then: the short prompt of a tuned model is cheap. Let the bill decide.",
    code=_bill(
        stale="""
        if option == "fine-tune" and in_weights:
            continue
        cost += stakes * (1 - accuracy)"""
    ),
)
recommend_question.wrong(
    "the stale share at the end of the interval",
    why="Just before the next round is when it is worst.",
    message="You let the share that is out of date when the next round comes stand for the whole interval. Right after a round nearly every fact is fresh: the wrong answers follow the *mean* of the share over the interval, about half as many. Question <07.interval> has the formula.",
    code=_bill(
        stale=_STALE.replace("(1 - math.exp(-rate * months)) / (rate * months)", "math.exp(-rate * months)")
    ),
)
recommend_question.wrong(
    "forgets the missing examples",
    why="Examples are there, or somebody writes some.",
    message="You tune as if 300 examples were always at hand. Those that are missing are bought at `label` euros each: with none at hand and 200 € each that is 5,000 € a month for a year.",
    code=_bill(label="0"),
)
recommend_question.wrong(
    "traffic decides",
    why="Large products are worth an investment.",
    message="You look at the number of questions: few get a prompt, many get the option of the textbook. Stakes are traffic *times* the price of a wrong answer, and what an option wins stands in the pilot.",
    code="""
def recommend(case):
    usual = {"form": "fine-tune", "facts": "retrieval", "facts in a form": "both"}[case["gap"]]
    return "prompt" if case["questions"] < 10_000 else usual
""",
)
recommend_question.wrong(
    "ignores the rules",
    why="Rules are for the legal department.",
    message="You recommend options that a rule forbids. A breach counts five times the cheapest option: strike those out first.",
    code=_bill(rules=False),
)
recommend_question.wrong(
    "ignores what answering costs",
    why="A fraction of a cent is nothing.",
    message="You leave out what answering costs. At a million questions a month the stronger model reads and writes for 12,000 €.",
    code=_bill(answer=False),
)
recommend_question.wrong(
    "ignores building",
    why="That is paid once.",
    message="You leave out building and upkeep. With few questions a month that is most of the bill: a small product often should build nothing.",
    code=_bill(build=False),
)
recommend_question.wrong(
    "ignores wrong answers",
    why="Costs are what one pays.",
    message="You compare what the options cost to run, and leave out what their wrong answers cost. Then the option that answers nothing rightly is the cheapest.",
    code=_bill(wrong=False, stale=None),
)


@recommend_question.wrong(
    "the best pilot that is allowed",
    why="Accuracy decides.",
    message="You take the option with the best pilot. Two points more are worth little in a small product, and may cost 12 € a thousand questions in a large one.",
)
def recommend(case):
    forbidden = {
        "none": [],
        "cite the source": ["prompt", "fine-tune"],
        "delete on request": ["fine-tune"] if case["gap"] != "form" else [],
        "keep data in house": ["stronger model"],
    }[case["rule"]]
    allowed = [option for option in case["pilot"] if option not in forbidden]
    return max(allowed, key=lambda option: case["pilot"][option])


@recommend_question.wrong(
    "the table of the textbook",
    why="Knowledge: retrieval. Behaviour: fine-tune.",
    message="You read the answer off the kind of gap: facts to retrieval, form to fine-tuning. A good first guess, and deaf to traffic, prices and rules. Here it costs about as much as knowing nothing.",
)
def recommend(case):
    return {"form": "fine-tune", "facts": "retrieval", "facts in a form": "both"}[case["gap"]]


@recommend_question.wrong(
    "always retrieval",
    why="It is hardly ever forbidden.",
    message="You always recommend retrieval. It is always allowed, and it closes no gap in form.",
)
def recommend(case):
    return "retrieval"


@recommend_question.wrong(
    "always both",
    why="Both cannot be wrong.",
    message="You always recommend both. It is the dearest to build, and most gaps need only one of the two.",
)
def recommend(case):
    return "both"


_DELETE = '"delete on request": ["fine-tune"] if in_weights else []'
recommend_question.wrong(
    "deletion forbids tuning on a form, too",
    why="What is deleted must leave the weights.",
    message="You strike out `fine-tune` under `delete on request` even where the gap is a form. Then no facts are in its weights, and nothing has to be deleted from them.",
    code=_bill().replace(_DELETE, '"delete on request": ["fine-tune"]'),
)
recommend_question.wrong(
    "deletion forbids both",
    why="`both` tunes as well.",
    message="You strike out `both` under `delete on request`. It learnt only a form and reads the facts: they can be deleted where they stand.",
    code=_bill().replace(_DELETE, '"delete on request": ["fine-tune", "both"] if in_weights else []'),
)
recommend_question.wrong(
    "keeps data in house without retrieval",
    why="A search is a service as well.",
    message="You strike out more than the table does under `keep data in house`: of the five, only the stronger model leaves the house.",
    code=_bill().replace('["stronger model"]', '["stronger model", "retrieval", "both"]'),
)
recommend_question.wrong(
    "the answers of both go stale",
    why="Both tunes.",
    message="You let `both` go stale. It learnt a form only; it reads its facts, and they are as fresh as the index.",
    code=_bill().replace(
        'if option == "fine-tune" and in_weights', 'if option in ("fine-tune", "both") and in_weights'
    ),
)
recommend_question.wrong(
    "a round every three months",
    why="Quarters are how one plans.",
    message="You tune again at one fixed interval. The cheapest one goes from a week to a year, with traffic and change rate: take the minimum over all seven.",
    code=_bill().replace("for months in (0.25, 0.5, 1, 2, 3, 6, 12)", "for months in (3,)"),
)
recommend_question.wrong(
    "rounds that cost nothing",
    why="Training takes minutes.",
    message="Your tuned facts go stale, but the rounds against it seem to cost nothing. One costs 800, so one a week is 3,200 a month.",
    code=_bill().replace("800 / months + stakes", "stakes"),
)
recommend_question.wrong(
    "missing examples for fine-tune only",
    why="`both` reads.",
    message="You buy missing examples for `fine-tune` only. `both` is tuned, too: it needs the same 300.",
    code=_bill().replace('if option in ("fine-tune", "both"):', 'if option == "fine-tune":'),
)
recommend_question.wrong(
    "one label price for all",
    why="An example costs what an example costs.",
    message="You do not seem to read `label`: an example costs from 5 to 200 euros here.",
    code=_bill(label="40 / 12"),
)


@recommend_question.wrong(
    "missing examples paid in one month",
    why="A label has a price, and the price is paid at once.",
    message="You put the whole price of the missing examples on one month. They serve for years; the text spreads them over 12 months.",
)
def recommend(case):
    upkeep = {"prompt": 100, "retrieval": 650, "stronger model": 700, "fine-tune": 800, "both": 1450}
    thousand = {"prompt": 0.75, "retrieval": 2.0, "stronger model": 12.0, "fine-tune": 0.5, "both": 2.0}
    facts = case["gap"] != "form"
    banned = {
        "cite the source": {"prompt", "fine-tune"},
        "keep data in house": {"stronger model"},
        "delete on request": {"fine-tune"} if facts else set(),
    }.get(case["rule"], set())
    q, wrong_price, c = case["questions"], case["price_of_wrong"], case["change_rate"]
    missing = max(0, 300 - case["examples"])
    cost = {}
    for option, right in case["pilot"].items():
        if option in banned:
            continue
        total = upkeep[option] + thousand[option] * q / 1000
        if option in ("fine-tune", "both"):
            total += missing * case["label"]
        if option == "fine-tune" and facts:
            rounds = []
            for months in (0.25, 0.5, 1, 2, 3, 6, 12):
                x = c * months
                stale = 0.0 if x == 0 else 1 + math.expm1(-x) / x
                rounds.append(800 / months + q * wrong_price * (1 - right * (1 - stale)))
            total += min(rounds)
        else:
            total += q * wrong_price * (1 - right)
        cost[option] = total
    return min(cost, key=cost.get)


@recommend_question.wrong(
    "facts in a form taken for a form",
    why="The form is what is seen.",
    message="For facts in a form you count no rounds and no staleness. Fine-tuning puts these facts into the weights, too.",
)
def recommend(case):
    upkeep = {"prompt": 100, "retrieval": 650, "stronger model": 700, "fine-tune": 800, "both": 1450}
    thousand = {"prompt": 0.75, "retrieval": 2.0, "stronger model": 12.0, "fine-tune": 0.5, "both": 2.0}
    facts = case["gap"] == "facts"
    banned = {
        "cite the source": {"prompt", "fine-tune"},
        "keep data in house": {"stronger model"},
        "delete on request": {"fine-tune"} if facts else set(),
    }.get(case["rule"], set())
    q, wrong_price, c = case["questions"], case["price_of_wrong"], case["change_rate"]
    missing = max(0, 300 - case["examples"])
    cost = {}
    for option, right in case["pilot"].items():
        if option in banned:
            continue
        total = upkeep[option] + thousand[option] * q / 1000
        if option in ("fine-tune", "both"):
            total += missing * case["label"] / 12
        if option == "fine-tune" and facts:
            rounds = []
            for months in (0.25, 0.5, 1, 2, 3, 6, 12):
                x = c * months
                stale = 0.0 if x == 0 else 1 + math.expm1(-x) / x
                rounds.append(800 / months + q * wrong_price * (1 - right * (1 - stale)))
            total += min(rounds)
        else:
            total += q * wrong_price * (1 - right)
        cost[option] = total
    return min(cost, key=cost.get)


recommend_question.right("a bill of each option, closed formula", code=_bill())
recommend_question.right(
    "a stale share from a fine grid",
    code=_bill(
        stale="""
        if option == "fine-tune" and in_weights:
            t = (np.arange(100) + 0.5) / 100
            cost += min(
                800 / T + stakes * (1 - accuracy * np.exp(-case["change_rate"] * T * t).mean())
                for T in (0.25, 0.5, 1, 2, 3, 6, 12)
            )
        else:
            cost += stakes * (1 - accuracy)"""
    ),
)


@recommend_question.right("pandas, and a pilot that is not taken at its word")
def recommend(case):
    accuracy = (1000 * pd.Series(case["pilot"]) + 1) / 1002
    cost = pd.Series(
        {"prompt": 100, "retrieval": 650, "stronger model": 700, "fine-tune": 800, "both": 1450.0}
    )
    cost += case["questions"] * pd.Series(
        {"prompt": 0.00075, "retrieval": 0.002, "stronger model": 0.012, "fine-tune": 0.0005, "both": 0.002}
    )
    wrong = case["questions"] * case["price_of_wrong"] * (1 - accuracy)
    cost[["fine-tune", "both"]] += case["label"] * max(0, 300 - case["examples"]) / 12
    barred = {"cite the source": ["prompt", "fine-tune"], "keep data in house": ["stronger model"]}
    drop = barred.get(case["rule"], [])
    if case["gap"] != "form":
        if case["rule"] == "delete on request":
            drop = ["fine-tune"]
        months = np.array([0.25, 0.5, 1, 2, 3, 6, 12])
        x = case["change_rate"] * months
        fresh = accuracy["fine-tune"] * (1 - np.exp(-x)) / x
        wrong["fine-tune"] = (800 / months + case["questions"] * case["price_of_wrong"] * (1 - fresh)).min()
    return str((cost + wrong).drop(drop).idxmin())


# ------------------------------------------------------------------------------------------------------------ request


def _requests(rng, count):
    requests = make_requests(rng, count)
    return Case(
        {"requests": [request.evidence for request in requests]},
        f"{count} requests",
        {"costs": [request.costs for request in requests]},
    )


request_question = Question(
    "07.request",
    title="Can you fine-tune it for us?",
    objective="Tell the kinds of training apart in a loose request, and name the red flag that stops it.",
    points=3,
    answer="answer_request",
    probe="[answer(request) for request in requests]",
    judge="policy",
    # Measured on 20 seeds of 2,000 requests: the right ones 0.001 to 0.006; on 6 seeds the nearest mistakes: an unmeasured worth taken for
    # 5 thousand 0.021 to 0.027, nothing goes ahead where the most valuable kind is stopped 0.036 to 0.058, tuning without a base model
    # 0.045 to 0.061, tasks ignored 0.060 to 0.075.
    parameters={"credit": [[0.008, 1.0], [0.012, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_requests(np.random.default_rng(75), 300)],
    hidden=lambda rng: [_requests(rng, 2000)],
    hints=[
        "The sentence does not say what fails; the sorted failures do. What is each kind worth per month: worth × what it repairs − price?",
        "Write a function that returns the flag that applies to one kind. Retrieval trains nothing and needs no pairs; which flags can still stop it?",
        "Take the most valuable kind to which no flag applies, if it is worth more than its price. If there is none: no case, or the flag of the most valuable kind.",
    ],
    passed="You read the failures instead of the sentence, priced each kind, and told the client which flag to work on.",
)


_REQUEST = """
def answer_request(request):
    share = {cause: count / 400 for cause, count in request["failures"].items()}
    based, worth, tasks = request["base_model"], request["worth"] or 0, request["tasks"]
    kinds = {  # repaired, price, trains, needs pairs, million words
        "retrieval": (0.9 * share["facts"] * based, 1, False, False, 0),
        "domain-adaptive tuning": (0.6 * share["words"] * based, 3, True, False, 50),
        "instruction tuning": (0.8 * share["requests"] * based, 2, True, True, 0),
        "full fine-tuning": (0.9 * share["task"] * based, 2 * tasks, True, True, 0),
        "adapter": (0.7 * share["task"] * based, 2 + 0.5 * tasks, True, True, 0),
        "training from scratch": (0.9, 20, True, False, 1000),
    }
    noisy = request["wrong"] / request["checked"] > 0.1
    gain, flags = {}, {}
    for kind, (repaired, price, trains, pairs, words) in kinds.items():
        gain[kind] = worth * repaired - price
        flags[kind] = []
        if not request["answers_for_it"]:
            flags[kind].append("stop: compliance")
        if trains and request["rights"] != "free":
            flags[kind].append("stop: compliance")
        if not request["owner"]:
            flags[kind].append("stop: no owner")
        if pairs and request["pairs"] < 300:
            flags[kind].append("stop: data")
        if pairs and noisy:
            flags[kind].append("stop: data")
        if request["million_words"] < words:
            flags[kind].append("stop: data")
    best = max(gain, key=gain.get)
    free = [kind for kind in kinds if not flags[kind] and gain[kind] > 0]
    if free:
        return max(free, key=gain.get)
    return flags[best][0] if gain[best] > 0 else "stop: no case"
"""


def _request(*changes):
    code = _REQUEST
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    return code


@request_question.wrong(
    "believes the sentence",
    why="The client should know.",
    message="You decide by the words of the sentence. In half of the requests it names another cause than the sorted failures, and it names no flag at all.",
)
def answer_request(request):
    for words, kind in {
        "documents": "retrieval",
        "catalogue": "retrieval",
        "words": "domain-adaptive tuning",
        "trade": "domain-adaptive tuning",
        "told": "instruction tuning",
        "tone": "instruction tuning",
    }.items():
        if words in request["says"]:
            return kind
    return "full fine-tuning" if request["tasks"] == 1 else "adapter"


@request_question.wrong(
    "the table without flags",
    why="The kind is the question; whether it may start is for others.",
    message="You name the kind that fits the largest cause, and let everything go ahead. Prices, red flags and compliance never stop one of your projects.",
)
def answer_request(request):
    cause = max(request["failures"], key=request["failures"].get)
    tuned = "full fine-tuning" if request["tasks"] == 1 else "adapter"
    return {
        "facts": "retrieval",
        "words": "domain-adaptive tuning",
        "requests": "instruction tuning",
        "task": tuned,
    }[cause]


@request_question.wrong(
    "always retrieval",
    why="It needs no training.",
    message="You always answer `retrieval`. It repairs missing facts only, and no owner or nobody who is liable stops it, too.",
)
def answer_request(request):
    return "retrieval"


@request_question.wrong(
    "always no case",
    why="Most requests are prestige.",
    message="You always answer `stop: no case`. Then all failures remain, and where there is a case the client works on the wrong thing.",
)
def answer_request(request):
    return "stop: no case"


request_question.wrong(
    "leaves the prices out",
    why="First what helps most.",
    message="You compare what the kinds repair, and not what they cost. Training from scratch repairs most, and costs 20 thousand per month.",
    code=_request(("worth * repaired - price", "worth * repaired")),
)
request_question.wrong(
    "one worth for all",
    why="A failure is a failure.",
    message="It looks as if you do not read `worth`. Where the failures cost 4 thousand per month, many kinds cost more than they repair.",
    code=_request(('request["worth"] or 0', "10")),
)
request_question.wrong(
    "prestige passes",
    why="What is not measured may be large.",
    message="Where `worth` is None you go ahead as if it were several thousand. Nobody has measured a gap: that is the flag `no case`.",
    code=_request(('request["worth"] or 0', 'request["worth"] or 5')),
)
request_question.wrong(
    "one task",
    why="Tuning is tuning.",
    message="You do not read `tasks`. Full fine-tuning costs 2 thousand for *each* task; for many tasks an adapter is usually the better buy.",
    code=_request(('request["tasks"]', "1")),
)
request_question.wrong(
    "no base model needed",
    why="There is always some model.",
    message="You tune where `base_model` is False. There is nothing to tune, and nothing to put behind a search: only training from scratch repairs anything.",
    code=_request(('request["base_model"]', "True")),
)
request_question.wrong(
    "nobody serves it",
    why="Serving comes later.",
    message="You let projects go ahead that have no owner. What nobody monitors and tunes again repairs nothing for long.",
    code=_request(('if not request["owner"]:', "if False:")),
)
request_question.wrong(
    "rights are for later",
    why="The data are there.",
    message="You train on data that may only be shown, or that must be deletable. Retrieval may still use them; weights may not.",
    code=_request(('if trains and request["rights"] != "free":', "if False:")),
)
request_question.wrong(
    "rights stop retrieval, too",
    why="No rights, no project.",
    message="You stop retrieval where `rights` are not `free`. It trains nothing: passages may be shown, and a row can be deleted.",
    code=_request(('if trains and request["rights"] != "free":', 'if request["rights"] != "free":')),
)
request_question.wrong(
    "nobody is liable",
    why="The model answers, not we.",
    message="You go ahead where nobody is liable for the answers. That flag applies to every kind, retrieval included.",
    code=_request(('if not request["answers_for_it"]:', "if False:")),
)
request_question.wrong(
    "few pairs will do",
    why="More will come.",
    message="You tune on fewer than 300 pairs. Three kinds need them; without, the flag `data` applies.",
    code=_request(('if pairs and request["pairs"] < 300:', "if False:")),
)
request_question.wrong(
    "exactly what it needs is too little",
    why="More than 300 pairs, to be safe.",
    message="You stop where a client has exactly what a kind needs: 300 pairs, or 50 or 1,000 million words. The flag applies to what has *less*.",
    code=_request(
        ('request["pairs"] < 300', 'request["pairs"] <= 300'),
        ('request["million_words"] < words', '0 < words >= request["million_words"]'),
    ),
)
request_question.wrong(
    "pairs are not checked",
    why="Many pairs make up for noise.",
    message="You do not read `wrong` and `checked`. Where far more than 10% of the checked pairs are wrong, the flag `data` applies, however many there are.",
    code=_request(("if pairs and noisy:", "if False:")),
)
request_question.wrong(
    "one wrong pair stops it",
    why="Data must be clean.",
    message="One wrong pair among the checked ones stops your projects. Some noise is in every set; the limit is 10%.",
    code=_request(('request["wrong"] / request["checked"] > 0.1', 'request["wrong"] > 0')),
)
request_question.wrong(
    "text is not needed",
    why="Pairs are what tuning needs.",
    message="You do not read `million_words`. Domain-adaptive tuning and training from scratch live on plain text.",
    code=_request(('if request["million_words"] < words:', "if False:")),
)
request_question.wrong(
    "all or nothing",
    why="The best kind is stopped, so the project is.",
    message="Where the most valuable kind is stopped you stop everything. Another kind, often retrieval, may have no flag and still be worth its price.",
    code=_request(("    if free:\n", "    if best in free:\n")),
)
request_question.wrong(
    "the first flag that comes to mind",
    why="A stop is a stop.",
    message="You stop the right projects and always name the data. The client then collects data, and the reason was another one.",
    code=_request(('return flags[best][0] if gain[best] > 0 else "stop: no case"', 'return "stop: data"')),
)


@request_question.wrong(
    "wrong ones among all pairs",
    why="The pairs are what is bought.",
    message="You divide the wrong pairs by all pairs at hand. They were found among those that were *checked*: divide by these, or bad data passes.",
)
def answer_request(request):
    r, total = request, sum(request["failures"].values())
    worth, f = r["worth"], {k: v / total for k, v in r["failures"].items()}
    if worth is None:
        return "stop: no case"
    gain = {"training from scratch": 0.9 * worth - 20}
    if r["base_model"]:
        gain |= {
            "retrieval": 0.9 * f["facts"] * worth - 1,
            "domain-adaptive tuning": 0.6 * f["words"] * worth - 3,
            "instruction tuning": 0.8 * f["requests"] * worth - 2,
            "full fine-tuning": 0.9 * f["task"] * worth - 2 * r["tasks"],
            "adapter": 0.7 * f["task"] * worth - 2 - 0.5 * r["tasks"],
        }
    bad_pairs = r["pairs"] < 300 or r["wrong"] / r["pairs"] > 0.1

    def flags(kind):
        found = []
        if not r["answers_for_it"] or (kind != "retrieval" and r["rights"] != "free"):
            found.append("stop: compliance")
        if not r["owner"]:
            found.append("stop: no owner")
        if kind in ("instruction tuning", "full fine-tuning", "adapter") and bad_pairs:
            found.append("stop: data")
        if kind == "domain-adaptive tuning" and r["million_words"] < 50:
            found.append("stop: data")
        if kind == "training from scratch" and r["million_words"] < 1000:
            found.append("stop: data")
        return found

    best = max(gain, key=gain.get)
    if gain[best] <= 0:
        return "stop: no case"
    free = {kind: g for kind, g in gain.items() if g > 0 and not flags(kind)}
    return max(free, key=free.get) if free else flags(best)[0]


request_question.right("a table of kinds", code=_REQUEST)
request_question.right(
    "posterior means, the last flag",
    code=_request(
        ("count / 400", "(count + 1) / 404"),
        ('request["wrong"] / request["checked"]', '(request["wrong"] + 1) / (request["checked"] + 2)'),
        ("flags[best][0]", "flags[best][-1]"),
    ),
)


@request_question.right("expected costs of the ten decisions")
def answer_request(request):
    worth = 0.5 if request["worth"] is None else float(request["worth"])
    share = {cause: count / 400 for cause, count in request["failures"].items()}
    tasks = request["tasks"]
    table = [  # kind, repaired, price, pairs, million words
        ("retrieval", 0.9 * share["facts"], 1, 0, 0),
        ("domain-adaptive tuning", 0.6 * share["words"], 3, 0, 50),
        ("instruction tuning", 0.8 * share["requests"], 2, 300, 0),
        ("full fine-tuning", 0.9 * share["task"], 2 * tasks, 300, 0),
        ("adapter", 0.7 * share["task"], 2 + 0.5 * tasks, 300, 0),
        ("training from scratch", 0.9, 20, 0, 1000),
    ]

    def likelihood(rates):
        checked, wrong = request["checked"], request["wrong"]
        return float(np.mean(rates**wrong * (1 - rates) ** (checked - wrong)))

    good = likelihood(np.linspace(0.0, 0.05, 51)) + 1e-300
    poor = likelihood(np.linspace(0.20, 0.40, 51)) + 1e-300
    p_poor = poor / (good + poor)

    costs, value, chance = {}, {}, {}
    for kind, repaired, price, pairs, words in table:
        if not request["base_model"] and kind != "training from scratch":
            repaired = 0.0
        trains = kind != "retrieval"
        compliance = float(not request["answers_for_it"] or (trains and request["rights"] != "free"))
        owner = float(not request["owner"])
        if request["pairs"] < pairs or request["million_words"] < words:
            data = 1.0
        else:
            data = p_poor if pairs else 0.0
        clear = (1 - compliance) * (1 - owner) * (1 - data)
        penalty = 30 * compliance + 8 * owner + 6 * data
        costs[kind] = worth + price - clear * repaired * worth + penalty
        value[kind] = repaired * worth - price
        chance[kind] = {"stop: compliance": compliance, "stop: no owner": owner, "stop: data": data}
    best = max(value, key=value.get)
    for reason, applies in chance[best].items():
        costs[reason] = worth + 2 * (1 - applies)
    costs["stop: no case"] = worth + (0 if value[best] <= 0 else 2)
    return min(costs, key=costs.get)


@request_question.right("arrays")
def answer_request(request):
    kinds = [
        "retrieval",
        "domain-adaptive tuning",
        "instruction tuning",
        "full fine-tuning",
        "adapter",
        "training from scratch",
    ]
    facts, words, asked, task = (request["failures"][c] / 400 for c in ("facts", "words", "requests", "task"))
    repaired = np.array([0.9 * facts, 0.6 * words, 0.8 * asked, 0.9 * task, 0.7 * task, 0.9])
    if not request["base_model"]:
        repaired[:5] = 0
    price = np.array([1, 3, 2, 2 * request["tasks"], 2 + 0.5 * request["tasks"], 20])
    gain = (0.5 if request["worth"] is None else request["worth"]) * repaired - price
    pairs_bad = request["pairs"] < 300 or request["wrong"] > 0.1 * request["checked"]
    data = np.array(
        [0, request["million_words"] < 50, *[pairs_bad] * 3, request["million_words"] < 1000], bool
    )
    owner = np.full(6, not request["owner"])
    compliance = np.array([False] + [request["rights"] != "free"] * 5) | (not request["answers_for_it"])
    allowed = np.where(owner | compliance | data, -np.inf, gain)
    if allowed.max() > 0:
        return kinds[int(allowed.argmax())]
    best = int(gain.argmax())
    if gain[best] <= 0:
        return "stop: no case"
    return "stop: no owner" if owner[best] else "stop: data" if data[best] else "stop: compliance"


# ------------------------------------------------------------------------------------------------------- memo_numbers

_STATED = ["retrieval", "fine-tuned", "kept", "next release"]


def _measurements(rng):
    """Four shares at least three points apart, so that one cannot stand for another."""
    while True:
        shares = {
            "retrieval": rng.uniform(0.85, 0.99),
            "fine-tuned": rng.uniform(0.9, 1.0),
            "kept": rng.uniform(0.3, 0.8),
            "next release": rng.uniform(0.2, 0.8),
        }
        values = sorted(shares.values())
        if min(b - a for a, b in zip(values, values[1:], strict=False)) > 0.03:
            return Case({"measured": {name: round(float(share), 4) for name, share in shares.items()}})


memo_numbers = Question(
    "07.memo_numbers",
    title="A memo whose numbers cannot be typed",
    objective="Argue against fine-tuning with numbers that follow the measurements.",
    points=2,
    answer="memo",
    probe="answer(measured)",
    judge="holdout.topics.adaptation.judges:memo_follows_numbers",
    parameters={"state": _STATED},
    visible=[
        Case(
            {"measured": {"retrieval": 0.9643, "fine-tuned": 1.0, "kept": 0.4667, "next release": 0.625}},
            "as in the lesson",
        ),
        Case(
            {"measured": {"retrieval": 0.9107, "fine-tuned": 0.9464, "kept": 0.7167, "next release": 0.3393}},
            "another model",
        ),
    ],
    hidden=lambda rng: [_measurements(rng) for _ in range(6)],
    hints=[
        "An f-string: `f\"{100 * measured['kept']:.0f} %\"` writes the share in percent.",
        "All four must appear, and no other percentage. Write the advice in one sentence: 'I advise against fine-tuning ...'.",
        "If the judge finds a number that was not measured, look for one that you typed, or that you rounded to tens.",
    ],
    passed="Whatever is measured, the memo says it. Now make it worth reading: the person who grades the memo below wants reasons.",
)
memo_numbers.wrong(
    "numbers typed from the lesson",
    why="They are known by now.",
    message="The memo states a percentage that is not in `measured`. It may have been right for another model: take every number from the dict.",
    label="typed number",
    code='def memo(measured):\n    return "I advise against fine-tuning: retrieval 96%, tuned 100%, kept 47%, next release 62%."',
)
memo_numbers.wrong(
    "states only what supports the case",
    why="A memo should be short.",
    message="The memo leaves out one of the four measurements. The reader who wanted fine-tuning will ask for exactly that one: state it yourself.",
    label="missing",
    code="def memo(measured):\n    return f\"I advise against fine-tuning: it keeps {100 * measured['kept']:.0f}% of the other facts; retrieval reaches {100 * measured['retrieval']:.0f}%.\"",
)
memo_numbers.wrong(
    "shares instead of percentages",
    why="They are shares in the dict.",
    message="There is no percentage in the memo. Write 96%, not 0.96: that is what its reader says, and what the judge looks for.",
    label="no numbers",
    code="def memo(measured):\n    return 'I advise against fine-tuning. ' + ', '.join(f'{k}: {v:.2f}' for k, v in measured.items())",
)
memo_numbers.wrong(
    "reports and does not decide",
    why="The numbers speak for themselves.",
    message='The numbers are there; a sentence that holds "fine-tune" or "fine-tuning" close to "not" or "against" is not. Say the advice outright: numbers do not speak for themselves.',
    label="no decision",
    code="def memo(measured):\n    return 'Measured: ' + ', '.join(f'{k} {100 * v:.0f} %' for k, v in measured.items())",
)
memo_numbers.wrong(
    "prints instead of returning",
    why="One sees it on the screen.",
    message="Return the memo as one string; printing shows it to you and gives the judge something else.",
    label="not a text",
    code="def memo(measured):\n    return [f'{100 * v:.0f} %' for v in measured.values()]",
)
memo_numbers.wrong(
    "recommends it",
    why="The words are all there.",
    message='Your sentence has "fine-tune" and "not", and recommends to do it. The memo advises *against* fine-tuning: write so without a double negation.',
    label="advises for it",
    code="def memo(measured):\n    m = {k: f'{100 * v:.0f}%' for k, v in measured.items()}\n    return f\"There is no reason not to fine-tune. Tuned: {m['fine-tuned']}, retrieval {m['retrieval']}; kept {m['kept']}, next release {m['next release']}.\"",
)
memo_numbers.wrong(
    "two numbers exchanged",
    why="Four names for four numbers are soon mixed up.",
    message="Two numbers stand in each other's place: a clause names one measurement and gives another one. Read each number with the words around it, and compare both with the table.",
    label="exchanged",
    code="def memo(measured):\n    m = {k: f'{100 * v:.0f}%' for k, v in measured.items()}\n    return f\"I advise against fine-tuning. After tuning, {m['fine-tuned']} of the changed facts are right; with retrieval {m['retrieval']}. Of the other facts, {m['next release']} are still right after tuning. In the next release, {m['kept']} would be right.\"",
)
memo_numbers.right(
    "one decimal",
    code="def memo(measured):\n    m = {k: f'{100 * v:.1f}%' for k, v in measured.items()}\n    return f\"Do not fine-tune. Retrieval: {m['retrieval']}; tuned: {m['fine-tuned']}, keeping {m['kept']}; next release {m['next release']}.\"",
)
memo_numbers.right(
    "format with percent",
    code="def memo(measured):\n    lines = ['We should not fine-tune the model on these facts.']\n    for name, share in measured.items():\n        lines.append('{}: {:.0%}'.format(name, share))\n    return ' '.join(lines)",
)

# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "07.say_it",
    objective="Take a request for fine-tuning apart into knowledge, behaviour and rules.",
    right="b",
    wrong={
        "a": Misreading(
            "tunes and tunes again",
            why="93 is more than 71.",
            message="The two numbers answer different questions: style alone, against style and content of *last year's* contracts. Contracts change weekly, a round comes each quarter, and weights name no clause.",
        ),
        "c": Misreading(
            "tuning cannot learn facts",
            why="One hears it often.",
            message="It can: in the lesson it learnt every one of them. It cannot keep them true or cite them. And nobody has to live with the style: it is a behaviour, and there are rungs for that.",
        ),
        "d": Misreading(
            "the strongest model with everything in the prompt",
            why="Long contexts make search superfluous.",
            message="All contracts in each prompt are paid for with each question, and near misses invite invention. And style was the complaint that a stronger model may, or may not, mend: nobody measured it.",
        ),
    },
    hints=[
        "Three requirements: contracts change weekly, answers name the clause, answers have a style. Which rung serves which?",
        "What does a pilot on last year's questions say about this week's contracts?",
    ],
    passed="Three requirements, each with its own remedy: a search for what changes and must be named, and for the style the cheapest step that reaches it. The 93% was about last year's contracts.",
)
