"""Questions of exercise e1: what is asked, how it is judged, and what learners really answer."""

import numpy as np

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.topics.judging.cases import trust_case, winner_case

EXACT = Tolerance(1e-5, 1e-7, "a dozen operations, in single precision as well")

# ---------------------------------------------------------------------------------------------------------- agreement


def _labelled(rng, n, share, flips):
    first = (rng.random(n) < share).astype(int)
    second = np.where(rng.random(n) < np.where(first == 1, flips[0], flips[1]), 1 - first, first)
    # both labels occur in both lists, and the two lists have different shares
    first[:3], second[:3] = [1, 1, 0], [1, 0, 0]
    return {"first": first.tolist(), "second": second.tolist()}


def _agreement_cases(rng):
    one_label = _labelled(rng, 30, 0.7, (0.2, 0.2))
    one_label["second"] = [1] * 30
    return [
        Case(_labelled(rng, 40, 0.5, (0.1, 0.3)), "half of the answers right"),
        Case(_labelled(rng, 61, 0.9, (0.08, 0.5)), "nearly all right"),
        Case(_labelled(rng, 50, 0.3, (0.9, 0.85)), "two who mostly disagree"),
        Case(one_label, "the second calls everything right"),
    ]


agreement_question = Question(
    "e1.agreement",
    title="Agreement beyond chance",
    objective="Compute agreement and Cohen's kappa of two labellers.",
    points=1,
    answer="agreement",
    probe="answer(first, second)",
    visible=_agreement_cases(np.random.default_rng(21)),
    hidden=_agreement_cases,
    tolerance=EXACT,
    hints=[
        "Chance has two parts: both say 1, and both say 0.",
        "Each labeller has an own share of 1. Both say 1 by chance: the product of the two shares.",
        "`chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())` for two arrays.",
    ],
    properties=[
        Property("0 <= got['agreement'] <= 1", "Agreement is a share of answers, from 0 to 1."),
        Property(
            "got['kappa'] <= got['agreement'] + 1e-9", "Kappa takes chance off: it is never above agreement."
        ),
    ],
    passed="The same agreement is worth more where chance gives less of it. That is all that kappa says.",
)
_AGREEMENT = """
def agreement(first, second):
    a, b = np.asarray(first), np.asarray(second)
    same = {same}
    chance = {chance}
    return {{"agreement": same, "kappa": {kappa}}}
"""


def _agreement_code(**changes):
    parts = {
        "same": "np.mean(a == b)",
        "chance": "a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())",
        "kappa": "(same - chance) / (1 - chance)",
    }
    return _AGREEMENT.format(**{**parts, **changes})


for _name, _why, _message, _changes in (
    (
        "chance of one half",
        "Two labels, so one half.",
        "You take chance as 0.5. That holds if one of the two labels 1 and 0 equally often. Where nearly all answers are right, two labellers agree far more often without looking.",
        {"chance": "0.5"},
    ),
    (
        "chance on 1 only",
        "Right answers are what counts.",
        "Your chance counts the answers that both call right. Both can call an answer wrong by chance, too: add that part.",
        {"chance": "a.mean() * b.mean()"},
    ),
    (
        "one share for both",
        "The two share the same answers.",
        "You use the mean share of both labellers twice: that is Scott's pi. In Cohen's kappa each labeller keeps the own share.",
        {"chance": "((a.mean() + b.mean()) / 2) ** 2 + (1 - (a.mean() + b.mean()) / 2) ** 2"},
    ),
    (
        "the first labeller's share twice",
        "The first is the truth.",
        "You use the first labeller's share for both. The second has another habit: use the own share of each.",
        {"chance": "a.mean() ** 2 + (1 - a.mean()) ** 2"},
    ),
    (
        "chance not divided out",
        "Take chance off, done.",
        "You take chance off and stop there. Divide by what is possible beyond chance, 1 − chance, so that perfect agreement is 1.",
        {"kappa": "same - chance"},
    ),
    (
        "a correlation",
        "Kappa looks like a correlation.",
        "Your kappa is the correlation of the two lists. It forgives a labeller who says 1 far more often than the other; kappa does not.",
        {"kappa": "np.corrcoef(a, b)[0, 1]"},
    ),
    (
        "agreement on 1 only",
        "A hit is when both say right.",
        "Your agreement counts only the answers that both call right. Two who both call an answer wrong agree as well.",
        {"same": "np.mean((a == 1) & (b == 1))"},
    ),
):
    agreement_question.wrong(_name, why=_why, message=_message, code=_agreement_code(**_changes))
agreement_question.right(
    "scikit-learn",
    code="""
def agreement(first, second):
    from sklearn.metrics import accuracy_score, cohen_kappa_score

    return {"agreement": accuracy_score(first, second), "kappa": cohen_kappa_score(first, second)}
""",
)
agreement_question.right(
    "a table in pandas",
    code="""
def agreement(first, second):
    table = pd.crosstab(pd.Series(first), pd.Series(second), normalize=True).reindex(index=[0, 1], columns=[0, 1], fill_value=0)
    same = table.to_numpy().trace()
    chance = float((table.sum(axis=1).to_numpy() * table.sum(axis=0).to_numpy()).sum())
    return {"kappa": (same - chance) / (1 - chance), "agreement": same}
""",
)


@agreement_question.right("plain loops")
def agreement(first, second):
    n = len(first)
    same = sum(a == b for a, b in zip(first, second, strict=True)) / n
    chance = 0.0
    for label in (0, 1):
        chance += sum(a == label for a in first) / n * (sum(b == label for b in second) / n)
    return {"agreement": same, "kappa": 1 - (1 - same) / (1 - chance)}


# ----------------------------------------------------------------------------------------------------- corrected rate


def _judged(rng, judged, right, wrong, rate, tpr, tnr):
    return {
        "passed": round(judged * (rate * tpr + (1 - rate) * (1 - tnr))) + int(rng.integers(-2, 3)),
        "judged": judged,
        "passed_right": min(right, round(right * tpr) + int(rng.integers(0, 2))),
        "right": right,
        "failed_wrong": min(wrong, round(wrong * tnr) + int(rng.integers(0, 2))),
        "wrong": wrong,
    }


def _corrected_cases(rng):
    n = [int(value) for value in rng.integers(0, 20, 4)]
    return [
        Case(
            _judged(
                rng, 282 + n[0], 17 + n[1], 23 + n[2], rng.uniform(0.45, 0.55), 0.94, rng.uniform(0.58, 0.66)
            ),
            "a lenient judge, few labels",
        ),
        Case(
            _judged(
                rng, 2000 + n[1], 90 + n[2], 60 + n[3], rng.uniform(0.62, 0.7), rng.uniform(0.66, 0.75), 0.96
            ),
            "a strict judge, more labels",
        ),
        Case(
            _judged(
                rng, 150 + n[2], 30 + n[0], 80 + n[3], rng.uniform(0.96, 0.98), 0.95, rng.uniform(0.65, 0.7)
            ),
            "nearly all right: a limit is cut",
        ),
        # 60 draws: the rate 1.04 to 1.09 and -0.10 to -0.05, so that it is cut; the inner limit stays inside
        Case(
            _judged(
                rng, 900 + n[3], 110 + n[1], 60 + n[0], rng.uniform(1.06, 1.09), rng.uniform(0.7, 0.78), 0.9
            ),
            "the judge passes more than its TPR: the rate is cut",
        ),
        Case(
            _judged(
                rng, 900 + n[0], 60 + n[2], 110 + n[1], rng.uniform(-0.1, -0.07), 0.9, rng.uniform(0.7, 0.78)
            ),
            "the judge passes less than it passes of wrong ones: the rate is cut",
        ),
    ]


corrected_question = Question(
    "e1.corrected_rate",
    title="Correct the pass rate, and keep the doubt",
    objective="Correct the pass rate that a judge reports, with an interval that carries the doubt about TPR and TNR.",
    points=3,
    answer="corrected_rate",
    probe="answer(passed, judged, passed_right, right, failed_wrong, wrong)",
    visible=_corrected_cases(np.random.default_rng(22)),
    hidden=_corrected_cases,
    # 1.96 against 1.959964 moves a limit by 2e-5 of the half length, less than 1e-5; single precision moves it by less than 1e-5
    tolerance=Tolerance(1e-4, 2e-5, "the quantile 1.959964 for 1.96 moves a limit by less than 2e-5"),
    hints=[
        "First the rate, from the plain shares: `(passed / judged + tnr - 1) / (tpr + tnr - 1)`.",
        "For the limits every share gets its added rows. Use the new shares everywhere in the formula, also in the middle.",
        "Three variances under the root: the reported share's, π² times that of TPR, (1 − π)² times that of TNR. The root is divided by J.",
        "Cut rate and limits to 0 and 1 at the very end, with `np.clip`.",
    ],
    properties=[
        Property(
            "0 <= got['low'] <= got['high'] <= 1",
            "Both limits are shares from 0 to 1, and `low` is the smaller one.",
        ),
        Property(
            "abs(got['rate'] - passed / judged) > 1e-9",
            "Your rate is what the judge reports. Which share of right answers makes the judge report that?",
        ),
    ],
    passed="The interval is wide where the labels say little. That is what it is for.",
)
_CORRECTED = """
def corrected_rate(passed, judged, passed_right, right, failed_wrong, wrong):
    tpr, tnr = {tpr}, {tnr}
    rate = {rate}
    z = {z}
    n = judged + z**2
    p = {p}
    tpr, tnr = {tpr_more}, {tnr_more}
    J = tpr + tnr - 1
    m = {m}
    u, v = tpr * (1 - tpr) / (right + 2), tnr * (1 - tnr) / (wrong + 2)
    half = {half}
    middle = {middle}
    return {{"rate": {cut_rate}, "low": {low}, "high": {high}}}
"""


def _corrected_code(**changes):
    parts = {
        "tpr": "passed_right / right",
        "tnr": "failed_wrong / wrong",
        "rate": "(passed / judged + tnr - 1) / (tpr + tnr - 1)",
        "z": "1.96",
        "p": "(passed + z**2 / 2) / n",
        "tpr_more": "(passed_right + 1) / (right + 2)",
        "tnr_more": "(failed_wrong + 1) / (wrong + 2)",
        "m": "(p + tnr - 1) / J",
        "half": "z / J * np.sqrt(p * (1 - p) / n + m**2 * u + (1 - m) ** 2 * v)",
        "middle": "m + 2 * z**2 * (m * u - (1 - m) * v)",
        "cut_rate": "min(1, max(0, rate))",
        "low": "max(0, middle - half)",
        "high": "min(1, middle + half)",
    }
    return _CORRECTED.format(**{**parts, **changes})


for _name, _why, _message, _changes in (
    (
        "the reported rate",
        "It is what the judge says.",
        "You return the rate that the judge *reports*. It passes wrong answers and fails right ones: undo both with TPR and TNR.",
        {"rate": "passed / judged"},
    ),
    (
        "TPR and TNR taken as known",
        "They were measured.",
        "Your limits carry the reported rate's doubt alone. TPR and TNR come from few labels: their variances u and v belong under the root.",
        {"half": "z / J * np.sqrt(p * (1 - p) / n)"},
    ),
    (
        "no doubt about TNR",
        "The TPR is what one remembers.",
        "Your root has the TPR's variance and not the TNR's. Wrong answers that pass are what a lenient judge is doubtful about.",
        {"half": "z / J * np.sqrt(p * (1 - p) / n + m**2 * u)"},
    ),
    (
        "no doubt about TPR",
        "Wrong answers that pass are the danger.",
        "Your root has the TNR's variance and not the TPR's. A strict judge is doubtful about the right answers that it fails.",
        {"half": "z / J * np.sqrt(p * (1 - p) / n + (1 - m) ** 2 * v)"},
    ),
    (
        "TPR and TNR exchanged",
        "The two are easily confused.",
        "Your TPR and TNR are exchanged. TPR is about *right* answers that pass, TNR about *wrong* ones that fail; the numerator has TNR.",
        {
            "tpr": "failed_wrong / wrong",
            "tnr": "passed_right / right",
            "tpr_more": "(failed_wrong + 1) / (wrong + 2)",
            "tnr_more": "(passed_right + 1) / (right + 2)",
        },
    ),
    (
        "not divided by J",
        "The standard error is the root.",
        "Your half length is not divided by J. To correct is to stretch by 1/J, and the doubt is stretched with it.",
        {"half": "z * np.sqrt(p * (1 - p) / n + m**2 * u + (1 - m) ** 2 * v)"},
    ),
    (
        "no added rows",
        "The plain shares are at hand.",
        "Your limits use the plain shares. With few labels a rate of 100% would have no doubt at all: add the rows that the text names first.",
        {
            "p": "passed / judged",
            "tpr_more": "passed_right / right",
            "tnr_more": "failed_wrong / wrong",
        },
    ),
    (
        "the middle not moved",
        "Plus and minus around the estimate.",
        "Your interval has the right length around the wrong middle: the term with 2 z² is missing.",
        {"middle": "m"},
    ),
    (
        "not cut",
        "The formula gives it.",
        "One of your limits lies outside 0 to 1, where no share can be. Cut at the end.",
        {"cut_rate": "rate", "low": "middle - half", "high": "middle + half"},
    ),
    (
        "the rate not cut",
        "The limits are what is cut.",
        "Your rate lies outside 0 to 1, where no share can be. A judge that passes more than its TPR, or less than it passes of wrong answers, leaves nothing else than the border.",
        {"cut_rate": "rate"},
    ),
    (
        "π cut before the limits",
        "No share lies outside 0 to 1.",
        "You cut π before you work out the limits. Cut are only the results: a π of 1.07 puts both limits higher than a π of 1.",
        {"m": "min(1, max(0, (p + tnr - 1) / J))"},
    ),
    (
        "90% interval",
        "1.645 is the other quantile.",
        "Your interval is too short by the same factor everywhere: you use z = 1.645, which gives 90%.",
        {"z": "1.645"},
    ),
):
    corrected_question.wrong(_name, why=_why, message=_message, code=_corrected_code(**_changes))


@corrected_question.wrong(
    "the judge taken as known",
    why="The labels seem to settle how good the judge is.",
    message="Your rate is right. Your interval carries the doubt about the reported rate alone; with few labels most of the doubt is about TPR and TNR.",
)
def corrected_rate(passed, judged, passed_right, right, failed_wrong, wrong):
    tpr, tnr = passed_right / right, failed_wrong / wrong
    reported = passed / judged
    rate = (reported + tnr - 1) / (tpr + tnr - 1)
    half = 1.96 * np.sqrt(reported * (1 - reported) / judged) / (tpr + tnr - 1)
    low, rate, high = np.clip([rate - half, rate, rate + half], 0, 1)
    return {"rate": float(rate), "low": float(low), "high": float(high)}


@corrected_question.wrong(
    "the rate of the limits",
    why="One π seems to serve for all three.",
    message="Your limits are right. Your rate is the π that was made for the limits, with rows added; the rate itself takes the counts as they are.",
)
def corrected_rate(passed, judged, passed_right, right, failed_wrong, wrong):
    z = 1.96
    n = judged + z**2
    p = (passed + z**2 / 2) / n
    tpr, tnr = (passed_right + 1) / (right + 2), (failed_wrong + 1) / (wrong + 2)
    j = tpr + tnr - 1
    pi = (p + tnr - 1) / j
    u, v = tpr * (1 - tpr) / (right + 2), tnr * (1 - tnr) / (wrong + 2)
    middle = pi + 2 * z**2 * (pi * u - (1 - pi) * v)
    half = z / j * np.sqrt(p * (1 - p) / n + pi**2 * u + (1 - pi) ** 2 * v)

    def cut(x):
        return float(min(max(x, 0.0), 1.0))

    return {"rate": cut(pi), "low": cut(middle - half), "high": cut(middle + half)}


corrected_question.right("step by step", code=_corrected_code())
corrected_question.right("the exact quantile", code=_corrected_code(z="stats.norm.ppf(0.975)"))
corrected_question.right(
    "the course's own function",
    code="""
def corrected_rate(passed, judged, passed_right, right, failed_wrong, wrong):
    from holdout.topics.judging.experiments import JudgeRates, corrected_interval

    return corrected_interval(passed, judged, JudgeRates(right, passed_right, wrong, failed_wrong))._asdict()
""",
)

# ------------------------------------------------------------------------------------------------------------- passes

_TEXTS = ("auto", "scale", "sqrt", "mse", "l2", "l1", "linear", "None", "True", "False", "log2", "euclidean")


def _read_cases(rng):
    """Pairs of an answer and a value; every trap of the text occurs in both directions."""

    def small():
        return int(rng.integers(2, 9))

    exponent, tens = int(rng.integers(3, 7)), int(rng.integers(2, 9)) * 10_000
    text, other = (str(one) for one in rng.choice(_TEXTS, 2, replace=False))
    n, m = small(), small()
    sentence = "The default value of {} is {}"
    pairs = [
        (f"1e-{exponent}", f"{10.0**-exponent:.{exponent}f}"),
        (f"{n}.0", f"{n}"),
        (f"{tens:_}", f"{tens}"),
        (f"{tens:,}", f"{tens}"),
        (f"{str(tens)[:2]}", f"{tens:_}"),
        ("1.0", f"1e-{exponent}"),
        (f"`{text}`", f"'{text}'"),
        (text.upper(), f"'{text}'"),
        (other, f"'{text}'"),
        ("2", "'l2'"),
        ("l2", "2"),
        ("'l2'", "l2"),
        (f"{n}", f"{n * 10}"),
        (sentence.format("tol", f"1e-{exponent}."), f"{10.0**-exponent:.{exponent}f}"),
        (sentence.format("alpha", f"'{text}'."), f"'{text}'"),
        (sentence.format(f"degree_{n}", f"{m + 10}."), f"{n}"),
        (sentence.format("l2_penalty", f"{m}."), f"{m}"),
        (f"It is not {n}, the default is {m + 20}.", f"{m + 20}"),
        (f"It is not {n}, the default is {m + 20}.", f"{n}"),
        (f"The default value of the parameter alpha_{n} in", f"{n}"),
        (f"parameter alpha with {text}", f"'{text}'"),
        (f"  {n}. ", f"{n}"),
        ("None", "None"),
        ("none", "0"),
        (f"{n}.{m}", f"{n}"),
        (f".{n}", f"0.{n}"),
        (f".{n}", f"{n}"),
        (f"{text} {other}", f"'{text} {other}'"),
        (f"It is {n}", f"{n}"),
        (f"({n}, {m}, {n})", f"({n}, {m}, {n})"),
    ]
    order = rng.permutation(len(pairs))
    chosen = [pairs[i] for i in order]
    return Case(
        {"answers": [one for one, _ in chosen], "values": [one for _, one in chosen]}, f"{len(pairs)} answers"
    )


passes_question = Question(
    "e1.passes",
    title="A scorer that reads values",
    objective="Score free answers by the value that they give and not by letters or digits that occur in them.",
    points=2,
    answer="passes",
    probe="[answer(said, value) for said, value in zip(answers, values)]",
    visible=[_read_cases(np.random.default_rng(seed)) for seed in (23, 24)],
    hidden=lambda rng: [_read_cases(rng) for _ in range(4)],
    hints=[
        "First find the value in the answer, then compare. Two small functions inside make it readable.",
        '`answer.rpartition(" is ")[2]` is what follows the last " is ". Ask for more than two words first: `len(answer.split()) > 2`.',
        "`float` reads `1e-4` and `200_000`; it does not read commas, and refuses `l2`. Try it on both texts, and fall back to comparing texts.",
    ],
    properties=[
        Property(
            "all(isinstance(one, (bool, np.bool_)) for one in got)", "Return True or False for each answer."
        ),
    ],
    passed="It reads a value or none. What it still gets wrong, only reading answers will show.",
)
_PASSES = """
import re


def passes(answer, value):
    said = answer.strip()
    {sentence}

    def plain(text):
        {plain}

    def number(text):
        try:
            return float({digits})
        except ValueError:
            return None

    a, b = plain(said), plain(value)
    {compare}
"""


def _passes_code(**changes):
    parts = {
        "sentence": 'if len(said.split()) > 2:\n        if " is " not in said:\n            return False\n        said = said.rsplit(" is ", 1)[1]',
        "plain": "return text.strip().removesuffix('.').strip(\" '\\\"`\").lower()",
        "digits": 'text.replace(",", "").replace("_", "")',
        "compare": "x, y = number(a), number(b)\n    return x == y if x is not None and y is not None else a == b",
    }
    return _PASSES.format(**{**parts, **changes})


for _name, _why, _message, _changes in (
    (
        "texts only",
        "Equal is equal.",
        "You compare texts only, so `1e-4` fails against `0.0001`. Where both are numbers as a whole, compare numbers.",
        {"compare": "return a == b"},
    ),
    (
        "the first number",
        "Defaults are mostly numbers.",
        "You compare the first digits that occur in both. Then `2` passes for `l2`, and `1.0` for `1e-06`. A text is a number only as a whole.",
        {
            "compare": "x, y = (re.search(r'\\d+\\.?\\d*', one) for one in (a, b))\n    return float(x[0]) == float(y[0]) if x and y else a == b"
        },
    ),
    (
        "the value stands somewhere",
        "It is in the answer.",
        "You ask whether the value *stands in* the answer. `1` stands in `10`, and a sentence may name a value to say that it is not the default.",
        {"compare": "return plain(value) in answer.lower()"},
    ),
    (
        "the first “is”",
        "The value follows the verb.",
        "You read what follows the *first* “ is ”. A sentence may say what the value is not, first. Take the last one.",
        {
            "sentence": 'if len(said.split()) > 2:\n        if " is " not in said:\n            return False\n        said = said.split(" is ", 1)[1]'
        },
    ),
    (
        "the last word of anything",
        "The value comes last.",
        "You read the last word of every long answer. An answer that was cut has a last word, too, and it is no value: without “ is ” it does not pass.",
        {"sentence": "if len(said.split()) > 2:\n        said = said.split()[-1]"},
    ),
    (
        "long answers fail",
        "Only the value was asked for.",
        "You fail every answer of more than two words. That punishes the form; the question is what value it gives.",
        {"sentence": "if len(said.split()) > 2:\n        return False"},
    ),
    (
        "capitals count",
        "Python tells them apart.",
        "Capitals count in your comparison of texts. Here they do not.",
        {"plain": "return text.strip().removesuffix('.').strip(\" '\\\"`\")"},
    ),
    (
        "quotes count",
        "A value is written with quotes.",
        "You leave quotes around a text. The documentation writes them, and an answer may not, or may take the backtick.",
        {"plain": "return text.strip().removesuffix('.').lower()"},
    ),
    (
        "a full stop stays",
        "The sentence ends with it.",
        "You leave the full stop behind a value. `'auto'.` is `auto`; only a number may not notice it.",
        {"plain": 'return text.strip(" \'\\"`").lower()'},
    ),
    (
        "full stops taken off in front, too",
        "strip works on both ends.",
        "You take full stops off in front of a value, too: `.5` becomes 5. Only one *behind* it is no part of the value.",
        {"plain": 'return text.strip(" \'\\"`.").lower()'},
    ),
    (
        "no thousands",
        "float reads numbers.",
        "`200,000` is a number to a reader and not to `float`. Take the commas out before you convert.",
        {"digits": "text"},
    ),
):
    passes_question.wrong(_name, why=_why, message=_message, code=_passes_code(**_changes))
passes_question.right("step by step", code=_passes_code())
passes_question.right(
    "a regular expression",
    code=r"""
import re


def passes(answer, value):
    if len(answer.split()) > 2:
        found = re.fullmatch(r"(?s).*\sis\s(.*)", answer)
        if not found:
            return False
        answer = found[1]
    both = [re.sub(r"^[\s'\"`]+|[\s'\"`]*\.?\s*$", "", one.strip()).strip("'\"`").casefold() for one in (answer, value)]
    try:
        return float(both[0].replace(",", "")) == float(both[1].replace(",", ""))
    except ValueError:
        return both[0] == both[1]
""",
)

# ------------------------------------------------------------------------------------------------------------- winner


def _cases_of(draw, rng, n):
    evidence, costs = zip(*(draw(rng) for _ in range(n)), strict=True)
    return Case({"cases": list(evidence)}, f"{n} cases", {"costs": list(costs)})


winner = Question(
    "e1.winner",
    title="Which model is better, says a judge of pairs",
    objective="Take place and length out of a judge's verdicts before choosing between two models.",
    points=3,
    answer="better",
    probe="[answer(evidence) for evidence in cases]",
    judge="policy",
    # Costs are averages given the evidence, and nothing is said of the parts for place and length: with ranges stated for them, answers
    # that used the ranges knew more than the costs and were refused. On 5 sets of 500 cases: the three stories weighed 0.000 to 0.003,
    # a binomial posterior 0.000 to 0.002, differences of 0.1 0.006 to 0.011. Wrong: one standard error for all 0.04 to 0.095, the part for
    # length taken for exact 0.082 to 0.126 (0.009 to 0.065 with 150 padded answers and as many small comparisons as large ones), no
    # difference as frequent as A or B 0.081 to 0.131, both mistakes alike 0.087 to 0.12, a test at 5% 0.116 to 0.198, all others more.
    parameters={"credit": [[0.02, 1.0], [0.03, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_cases_of(winner_case, np.random.default_rng(70), 500)],
    hidden=lambda rng: [_cases_of(winner_case, rng, 500)],
    hints=[
        "Place: the share that A wins first and the share that A wins second, averaged *with equal weight*. The two counts differ; a pooled share does not take the place out.",
        "Length: the padded comparisons say how strong it is, beyond one half. It acts with `2 * a_longer - 1`: for A where A is longer, against A where B is.",
        "What is left, minus one half, is the part for quality, with a standard error of three parts. Three stories compete: a difference of about 0.12 for A, one for B, and none. Weigh each by how often it occurs, times `exp(-(distance / standard error)**2 / 2)`; then compare the average costs.",
    ],
    passed="Place and length taken off, and no winner where chance explains the rest.",
)
_WINNER = """
def better(evidence):
    e = evidence
    first, second = e["a_first_wins"] / e["a_first"], e["a_second_wins"] / e["a_second"]
    longer = {longer}
    lean = {lean}
    quality = {fair} - 0.5 - (longer - 0.5) * lean
    variance = (first * (1 - first) / e["a_first"] + second * (1 - second) / e["a_second"]) / 4
    variance += lean**2 * longer * (1 - longer) / e["padded"]
    {rule}
"""
_WEIGHED = """sizes = np.array({sizes})
    for_a, for_b, equal = (np.mean(np.exp(-((quality - x) ** 2) / (2 * {variance}))) for x in (sizes, -sizes, 0 * sizes))
    for_a, for_b, equal = {some} * for_a, {some} * for_b, {none} * equal
    costs = {{"A": {false} * (for_b + equal), "B": {false} * (for_a + equal), "neither": {missed} * (for_a + for_b)}}
    return min(costs, key=costs.get)"""


def _weighed(
    sizes="[0.1, 0.12, 0.14]",
    variance="variance",
    some="0.15",
    none="0.7",
    false='e["false_winner"]',
    missed='e["missed"]',
):
    return _WEIGHED.format(sizes=sizes, variance=variance, some=some, none=none, false=false, missed=missed)


def _beyond(limit):
    return f'return "neither" if abs(quality) < {limit} else "A" if quality > 0 else "B"'


def _winner_code(**changes):
    parts = {
        "longer": 'e["padded_wins"] / e["padded"]',
        "lean": '2 * e["a_longer"] - 1',
        "fair": "(first + second) / 2",
        "rule": _weighed(),
    }
    return _WINNER.format(**{**parts, **changes})


for _name, _why, _message, _changes in (
    (
        "both orders pooled",
        "More comparisons, less noise.",
        "You pool both orders. Where A is shown first more often, A gets more of the place than B. Average the two shares with equal weight.",
        {"fair": '(e["a_first_wins"] + e["a_second_wins"]) / (e["a_first"] + e["a_second"])'},
    ),
    (
        "one order only",
        "One order is what one has.",
        "You use the comparisons with A in the first place only, so the judge's preference for a place decides.",
        {"fair": "first"},
    ),
    (
        "the second order only",
        "The cautious order.",
        "You use the comparisons with A in the second place only, so the judge's preference for a place decides.",
        {"fair": "second"},
    ),
    (
        "no length",
        "Length is no error.",
        "You do not use the padded comparisons. Where the judge prefers longer answers, the model that writes more wins without being better.",
        {"longer": "0.5"},
    ),
    (
        "A always longer",
        "The text speaks of A's length.",
        "You do not use `a_longer`. Where B's answers are the longer ones, length works *against* A.",
        {"lean": "1"},
    ),
    (
        "length with the wrong sign",
        "Longer answers need a bonus.",
        "You take length off where B is the longer one and add it where A is. It helps whoever writes more: `2 * a_longer - 1` is above 0 where that is A.",
        {"lean": '1 - 2 * e["a_longer"]'},
    ),
    (
        "no doubt",
        "One of them has more wins.",
        "You always name a winner. In most of the cases there is no difference, and chance makes one: how large is its standard error?",
        {"rule": _beyond("0")},
    ),
    (
        "a large difference",
        "Only clear wins count.",
        "You ask for a difference of 0.15 or more. The differences here are smaller, so you miss most of them.",
        {"rule": _beyond("0.15")},
    ),
    (
        "a test at 5%",
        "Place and length are out, so the rest is a test.",
        "You name a winner where a test at 5% finds one. A level of 5% knows neither how often two models are equal nor what the two mistakes cost in this case.",
        {"rule": _beyond("1.96 * variance**0.5")},
    ),
    (
        "two and a half standard errors",
        "Better safe than sorry.",
        "You ask for the same number of standard errors in every case. Where a missed difference costs eight times a false winner, and where it is the other way round, another certainty is worth its price.",
        {"rule": _beyond("2.5 * variance**0.5")},
    ),
    (
        "half of a typical difference",
        "Half-way between none and a typical one.",
        "You draw the line half-way between no difference and a typical one. That is the right place if both are equally frequent and both mistakes cost the same. Are they, and do they?",
        {"rule": _beyond("0.06")},
    ),
    (
        "the two mistakes cost the same",
        "A mistake is a mistake.",
        "You weigh the three stories rightly, and take both mistakes as equally dear. The evidence says what each of them costs.",
        {"rule": _weighed(false="1", missed="1")},
    ),
    (
        "no difference as frequent as A or B",
        "Three answers, one chance in three each.",
        "You give the three stories the same weight before you look. The text says how often two models are equally good.",
        {"rule": _weighed(some="1", none="1")},
    ),
    (
        "one standard error for all",
        "Judges of pairs are off by two or three points.",
        "Your doubt is the same for 150 comparisons and for 1,500.",
        {"rule": _weighed(variance="0.03**2")},
    ),
    (
        "the part for length taken for exact",
        "Length has been measured.",
        "Your doubt counts the comparisons of A with B and not the padded ones. Where only 100 answers were padded, the part for length is often off by five points, and so is what remains for quality.",
        {
            "rule": _weighed(
                variance='(first * (1 - first) / e["a_first"] + second * (1 - second) / e["a_second"]) / 4'
            )
        },
    ),
):
    winner.wrong(_name, why=_why, message=_message, code=_winner_code(**_changes))
winner.wrong(
    "must win in both orders",
    why="It is the usual advice for a single pair.",
    message="You ask that A wins more than half in *both* orders. That advice is for one pair; over many pairs it leaves length in, and misses differences that are smaller than the effect of place.",
    code="""
def better(evidence):
    first = evidence["a_first_wins"] / evidence["a_first"]
    second = evidence["a_second_wins"] / evidence["a_second"]
    if min(first, second) > 0.5:
        return "A"
    return "B" if max(first, second) < 0.5 else "neither"
""",
)
for _answer in ("A", "B", "neither"):
    winner.wrong(
        f"always {_answer}",
        why="One answer for all.",
        message=f"You always say {_answer!r} and read nothing. In 70% of the cases the models are equally good, in the others either may be the better one.",
        code=f'def better(evidence):\n    return "{_answer}"',
    )


@winner.wrong(
    "length counted on one side",
    why="Only A's answers are looked at.",
    message="Your length counts where A's answer is the longer one, and nothing where B's is. Then A loses a part even where both are longer equally often. Which of the two does the judge help, and how often?",
)
def better(evidence):
    first = evidence["a_first_wins"] / evidence["a_first"]
    second = evidence["a_second_wins"] / evidence["a_second"]
    length = min(0.14, max(0.0, evidence["padded_wins"] / evidence["padded"] - 0.5))
    quality = (first + second) / 2 - 0.5 - length * evidence["a_longer"]
    if quality > 0.06:
        return "A"
    return "B" if quality < -0.06 else "neither"


winner.right("sizes between 0.10 and 0.14", code=_winner_code())
winner.right("the smallest and the largest difference", code=_winner_code(rule=_weighed(sizes="[0.1, 0.14]")))

winner.right(
    "variances at their largest",
    code=_winner_code(
        rule=_weighed(variance='(1 / e["a_first"] + 1 / e["a_second"] + 4 * lean**2 / e["padded"]) / 16')
    ),
)
winner.right(
    "differences of 0.1",
    code=_winner_code(rule=_weighed(sizes="[0.1]")),
)


@winner.right("binomial posterior on a grid")
def better(evidence):
    from scipy.stats import binom

    quality = np.concatenate([[0.0], np.linspace(0.102, 0.138, 5), -np.linspace(0.102, 0.138, 5)])[
        :, None, None
    ]
    place, length = np.linspace(-0.3, 0.3, 31)[None, :, None], np.linspace(-0.3, 0.3, 31)[None, None, :]
    toward = quality + length * (2 * evidence["a_longer"] - 1)

    def fits(wins, shown, shift):
        return binom.pmf(evidence[wins], evidence[shown], np.clip(0.5 + shift, 1e-6, 1 - 1e-6))

    weight = fits("a_first_wins", "a_first", toward + place) * fits(
        "a_second_wins", "a_second", toward - place
    )
    weight = (weight * fits("padded_wins", "padded", length)).sum(axis=(1, 2))
    weight *= np.concatenate([[0.7], np.full(10, 0.03)])
    neither, a, b = np.array([weight[0], weight[1:6].sum(), weight[6:].sum()]) / weight.sum()
    costs = {
        "A": evidence["false_winner"] * (b + neither),
        "B": evidence["false_winner"] * (a + neither),
        "neither": evidence["missed"] * (a + b),
    }
    return min(costs, key=costs.get)


@winner.right("limits by the ratio of the costs")
def better(evidence):
    e, size = evidence, 0.12
    first, second = e["a_first_wins"] / e["a_first"], e["a_second_wins"] / e["a_second"]
    longer, lean = e["padded_wins"] / e["padded"], 2 * e["a_longer"] - 1
    quality = (first + second) / 2 - 0.5 - (longer - 0.5) * lean
    variance = (first * (1 - first) / e["a_first"] + second * (1 - second) / e["a_second"]) / 4
    variance += lean**2 * longer * (1 - longer) / e["padded"]
    # where the odds of a difference against none are as the costs of the two mistakes
    limit = size / 2 + variance / size * np.log(e["false_winner"] * 0.7 / (e["missed"] * 0.15))
    if abs(quality) < limit:
        return "neither"
    return "A" if quality > 0 else "B"


# -------------------------------------------------------------------------------------------------------- trust_judge

trust = Question(
    "e1.trust_judge",
    title="Trust the judge, or label by hand?",
    objective="Decide from a judge's corrected rate and its doubt whether to ship, to wait or to label, at stated costs.",
    points=4,
    answer="trust_judge",
    probe="[answer(evidence) for evidence in cases]",
    judge="policy",
    # Measured over 100 sets of 500 cases: normal approximation 0.004 to 0.015; the beta draws of the text below 0.003. Over 20 sets: one cost per point for all 0.047 to
    # 0.106, one price of labels 0.052 to 0.116, rates taken as known 0.082 to 0.150, the corrected rate alone 0.153 to 0.256, an interval that
    # must exclude the bar 0.616 to 0.731 (one standard error 0.262 to 0.383); the reported rate, the labels alone and constants 1 or more.
    parameters={"credit": [[0.018, 1.0], [0.04, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_cases_of(trust_case, np.random.default_rng(41), 400)],
    hidden=lambda rng: [_cases_of(trust_case, rng, 500)],
    hints=[
        "Draw TPR, TNR and the reported rate: `rng.beta(hits + 1, trials - hits + 1, 2000)`. Correct each draw, cut it to 0 to 1: these are 2,000 possible true rates.",
        "To ship costs `cost_per_point` for each point *below* the bar: `np.maximum(100 * (bar - rate), 0).mean()`. To wait costs the same above it.",
        "Work out three costs and take the smallest. An interval that excludes the bar is not asked for: it forgets what the labels cost.",
    ],
    passed="The judge was trusted as far as its labels reach, and no further than the price of more.",
)
_TRUST = """
def trust_judge(evidence):
    e = evidence
    rng = np.random.default_rng(0)

    def drawn(hits, trials):
        return rng.beta(hits + 1, trials - hits + 1, 1500)

    reported = drawn(e["passed"], e["judged"])
    tpr, tnr = {tpr}, {tnr}
    rate = {rate}
    points = 100 * (rate - {bar})
    costs = {{
        "ship": {cost} * np.maximum(-points, 0).mean(),
        "wait": {cost} * np.maximum(points, 0).mean(),
        "label": {price},
    }}
    return {choice}
"""


def _trust_code(**changes):
    parts = {
        "tpr": 'drawn(e["passed_right"], e["right"])',
        "tnr": 'drawn(e["failed_wrong"], e["wrong"])',
        "rate": "np.clip((reported + tnr - 1) / np.maximum(tpr + tnr - 1, 1e-6), 0, 1)",
        "bar": 'e["bar"]',
        "cost": 'e["cost_per_point"]',
        "price": 'e["price_of_labels"]',
        "choice": "min(costs, key=costs.get)",
    }
    return _TRUST.format(**{**parts, **changes})


for _name, _why, _message, _changes in (
    (
        "the reported rate",
        "It is the number on the dashboard.",
        "You decide on the rate that the judge *reports*. A lenient judge reports too much and a strict one too little: correct it first.",
        {"rate": "reported"},
    ),
    (
        "the labels alone",
        "Labels by hand are the truth.",
        "You take the share of right ones among the labelled answers as the product's. They are from an old collection with a mix of its own; only the judge's two rates carry over.",
        {"rate": 'drawn(e["right"], e["right"] + e["wrong"])'},
    ),
    (
        "TPR and TNR taken as known",
        "They were measured.",
        "You take TPR and TNR as known. Where they rest on 25 answers, the corrected rate may be ten points off: draw them, too.",
        {"tpr": 'e["passed_right"] / e["right"]', "tnr": 'e["failed_wrong"] / e["wrong"]'},
    ),
    (
        "no TNR",
        "A pass is what counts.",
        "You take every wrong answer as failed by the judge (TNR 1). The wrong ones that pass are what makes its report too good.",
        {"tnr": "1.0"},
    ),
    (
        "no TPR",
        "A good answer will pass.",
        "You take every right answer as passed (TPR 1). A strict judge fails many of them, and then the product is better than its report.",
        {"tpr": "1.0"},
    ),
    (
        "one price of labels for all",
        "Labels cost about the same.",
        "You do not use `price_of_labels`. It differs by a factor of forty: where labels are cheap, buy them; where they are dear, decide.",
        {"price": "3.2"},
    ),
    (
        "one cost for all",
        "A point is a point.",
        "You do not use `cost_per_point`. Where a point costs little, a wrong decision is cheaper than any labels.",
        {"cost": "1.3"},
    ),
    (
        "never labels",
        "A decision is asked for.",
        "You never buy labels. Near the bar, with few labels and a dear point, the doubt costs more than they do.",
        {"choice": 'min(("ship", "wait"), key=costs.get)'},
    ),
    (
        "one bar for all",
        "70% is a usual bar.",
        "You do not use `bar`. It lies between 55% and 85%, and a point counts from there.",
        {"bar": "0.7"},
    ),
    (
        "ships only what is certain, waits only where it is",
        "The interval must exclude the bar.",
        "You label whenever the 95% interval holds the bar. That asks for certainty whatever it costs: compare the cost of a wrong decision with the price of the labels.",
        {
            "choice": '"ship" if np.quantile(rate, 0.025) > e["bar"] else "wait" if np.quantile(rate, 0.975) < e["bar"] else "label"'
        },
    ),
):
    trust.wrong(_name, why=_why, message=_message, code=_trust_code(**_changes))
for _answer in ("ship", "wait", "label"):
    trust.wrong(
        f"always {_answer}",
        why="One answer for all.",
        message=f"You always say {_answer!r} and read nothing. Bars, judges and prices differ: in each set of cases all three decisions are the cheapest somewhere.",
        code=f'def trust_judge(evidence):\n    return "{_answer}"',
    )
trust.right("drawn, with other numbers", code=_trust_code())


@trust.right("a normal approximation")
def trust_judge(evidence):
    e = evidence
    k, m = e["right"] + 2, e["wrong"] + 2
    tpr, tnr, p = (e["passed_right"] + 1) / k, (e["failed_wrong"] + 1) / m, e["passed"] / e["judged"]
    youden = tpr + tnr - 1
    rate = (p + tnr - 1) / youden
    variance = (
        p * (1 - p) / e["judged"] + rate**2 * tpr * (1 - tpr) / k + (1 - rate) ** 2 * tnr * (1 - tnr) / m
    )
    error, distance = np.sqrt(variance) / youden, rate - e["bar"]
    z = distance / error
    density, above = np.exp(-z * z / 2) / np.sqrt(2 * np.pi), stats.norm.cdf(z)
    ship = 100 * e["cost_per_point"] * (error * density - distance * (1 - above))
    wait = 100 * e["cost_per_point"] * (error * density + distance * above)
    return ["ship", "wait", "label"][int(np.argmin([ship, wait, e["price_of_labels"]]))]


# ------------------------------------------------------------------------------------------------------------- say_it

say_it_question = sentence_choice(
    "e1.say_it",
    objective="Say in a review what a judge's pass rate is worth when few labels support it.",
    right="b",
    wrong={
        "a": Misreading(
            "reported rate and agreement",
            why="Both numbers are high.",
            message="81% is what the judge *reports*, and it passed 9 of 20 wrong answers. 50 of 60 agree mostly because most of the labelled answers are right, and those it passes.",
        ),
        "c": Misreading(
            "the corrected rate without its interval",
            why="It is the better estimate.",
            message="69% is the better estimate, and 20 wrong answers carry it: 54% to 85% fit. It does not say that the release is below 75%, as the 81% does not say that it is above.",
        ),
        "d": Misreading(
            "an imperfect judge is useless",
            why="Nine of twenty is bad.",
            message="A judge with known faults can be corrected: this one moves the estimate from 81% to 69%. What is missing is not 2,000 labels but enough wrong ones to know its TNR.",
        ),
    },
    hints=[
        "Which of the numbers is about the product, and which about the judge?",
        "Where does 75% lie in the interval? Which few answers make it that wide?",
        "Which sentence decides nothing that the evidence leaves open, and says what to do next?",
    ],
    passed="The interval decides, and it names which labels are missing.",
)
