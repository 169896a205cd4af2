"""Questions of exercise 09: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.topics.quantization.experiments import SLICES, Outcomes

# ----------------------------------------------------------------------------------------------------------- quantize


def _matrix(rng, rows, columns, bits):
    """Rows of different size, a row of zeros, the largest weight negative, and no weight near a tie."""
    W = rng.normal(size=(rows, columns)) * np.exp(rng.uniform(-2, 1, (rows, 1)))
    W[int(rng.integers(rows)), int(rng.integers(columns))] = -1.1 * np.abs(W).max()
    W[int(rng.integers(1, rows))] *= 0 if rows > 3 else 1
    for axis in (None, 1):
        largest = np.abs(W).max(axis=axis, keepdims=True)
        scaled = W / np.where(largest > 0, largest, 1) * (2 ** (bits - 1) - 1)
        W = np.where(np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) < 0.02, W * 0.93, W)
    return W.round(4)


def _quantize_cases(rng):
    cases = []
    for bits, per_row in ((8, False), (3, True), (4, False), (5, True)):
        W = _matrix(rng, int(rng.integers(4, 7)), int(rng.integers(5, 9)), bits)
        while not _free_of_ties(W, bits, per_row):
            W = _matrix(rng, *W.shape, bits)
        cases.append(
            Case(
                {"W": W, "bits": bits, "per_row": per_row},
                f"{bits} bits, {'a step a row' if per_row else 'one step'}",
            )
        )
    return cases


def _free_of_ties(W, bits, per_row):
    largest = np.abs(W).max(axis=1 if per_row else None, keepdims=True)
    scaled = W / np.where(largest > 0, largest, 1) * (2 ** (bits - 1) - 1)
    return bool((np.abs(scaled - np.floor(scaled) - 0.5) > 1e-3).all())


quantize_question = Question(
    "09.quantize",
    title="Round, and bring back",
    objective="Write a symmetric quantizer with one step a matrix or a step a row.",
    points=2,
    answer="quantize",
    probe="answer(W, bits, per_row)",
    visible=_quantize_cases(np.random.default_rng(901)),
    hidden=_quantize_cases,
    tolerance=Tolerance(1e-6, 1e-9, "one division; codes are whole numbers and no weight is near a tie"),
    hints=[
        "First the largest weight *in size*: `np.abs(W).max(...)`, with `axis=1, keepdims=True` for rows.",
        "The step is that weight divided by the largest code, 2^(bits−1) − 1. Then `np.round(W / step)`.",
        "A row of zeros has a step of 0: `np.where(largest > 0, largest / levels, 1.0)`. Codes are integers: `.astype(int)` *after* rounding.",
    ],
    passed="Whole numbers and a step: that is all that is stored. Everything else in this exercise is about what the step does.",
)

_QUANTIZE = """
def quantize(W, bits, per_row):
    levels = {levels}
    largest = {largest}
    step = {step}
    return {codes}, step
"""


def _quantize_code(**changes):
    parts = {
        "levels": "2 ** (bits - 1) - 1",
        "largest": "np.abs(W).max(axis=1, keepdims=True) if per_row else np.abs(W).max(keepdims=True)",
        "step": "np.where(largest > 0, largest / levels, 1.0)",
        "codes": "np.round(W / step).astype(int)",
    }
    return _QUANTIZE.format(**{**parts, **changes})


quantize_question.wrong(
    "rounds down",
    why="astype(int) and // look like rounding.",
    message="Your codes are cut off, not rounded: `floor`, `//` and `astype(int)` take the next level *down* (or towards 0). The error is then up to a whole step, and its mean square about four times as large. Which level is *nearest*?",
    code=_quantize_code(codes="np.floor(W / step).astype(int)"),
)
quantize_question.wrong(
    "cuts towards zero",
    why="astype(int) is the shortest way to an integer.",
    message="`astype(int)` without rounding cuts towards 0: every weight shrinks. Round first.",
    code=_quantize_code(codes="(W / step).astype(int)"),
)
quantize_question.wrong(
    "2^bits - 1 levels on each side",
    why="There are 2^bits codes, and the sign is forgotten.",
    message="Your largest code is {got[0][0][0]} or so for a matrix whose codes should end at 2^(bits−1) − 1: you use 2^bits − 1 levels on *each* side. One of the bits is the sign.",
    code=_quantize_code(levels="2**bits - 1"),
)
quantize_question.wrong(
    "2^(bits-1) levels on each side",
    why="Half of 2^bits is 2^(bits-1).",
    message="Your largest code is 2^(bits−1). With 8 bits that would be 128, and 8 bits hold −128 to 127. Symmetric means one level less.",
    code=_quantize_code(levels="2 ** (bits - 1)"),
)
quantize_question.wrong(
    "the largest value instead of the largest size",
    why="max() is the maximum, and most examples have a positive one.",
    message="Your step comes from the largest *value*. Here the largest weight in size is negative; it then lands outside of the codes. `np.abs` first.",
    code=_quantize_code(
        largest="W.max(axis=1, keepdims=True) if per_row else W.max(keepdims=True)",
        step="np.where(largest > 0, largest / levels, 1.0)",
    ),
)
quantize_question.wrong(
    "always one step for the matrix",
    why="per_row is an argument that one overlooks.",
    message="You use one step for the whole matrix also where `per_row` is true. Rows with small weights then have hardly a level of their own.",
    code=_quantize_code(largest="np.abs(W).max(keepdims=True)"),
)
quantize_question.wrong(
    "a step a column",
    why="axis=0 and axis=1 are easily mixed up.",
    message="Your steps run along the wrong axis: `axis=0` gives one for each *column*. One for each row is `axis=1`, with shape (rows, 1).",
    code=_quantize_code(
        largest="np.abs(W).max(axis=0, keepdims=True) if per_row else np.abs(W).max(keepdims=True)"
    ),
)
quantize_question.wrong(
    "zeros divide by zero",
    why="Nobody expects a row of zeros.",
    message="A row of zeros gives 0/0. Its codes are 0 whatever the step is; the text says which step to return there.",
    code=_quantize_code(
        step="largest / levels", codes="np.nan_to_num(W / (largest / levels)).round().astype(int)"
    ),
)


@quantize_question.right("a loop over rows")
def quantize(W, bits, per_row):
    rows = [[row] for row in W] if per_row else [list(W)]
    codes, steps = [], []
    for group in rows:
        largest = max(abs(value) for row in group for value in row)
        step = largest / (2 ** (bits - 1) - 1) if largest > 0 else 1.0
        steps.append([step])
        codes += [[round(value / step) for value in row] for row in group]
    return np.array(codes), np.array(steps)


@quantize_question.right("floats as codes, and clipping")
def quantize(W, bits, per_row):
    top = 2.0 ** (bits - 1) - 1
    step = np.max(np.abs(W), axis=1 if per_row else (0, 1), keepdims=True) / top
    step[step == 0] = 1
    return np.clip(np.rint(W / step), -top, top), step


# -------------------------------------------------------------------------------------------------------------- bytes


def _bytes_cases(rng):
    cases = []
    for bits, per_row in ((5, False), (3, True), (4, True)):
        shapes = [
            (int(rng.integers(3, 60)) * 2 + 1, int(rng.integers(3, 60)) * 2 + 1)
            for _ in range(int(rng.integers(2, 5)))
        ]
        shapes += [(int(rng.integers(8, 90)),) for _ in range(2)]
        cases.append(
            Case({"shapes": shapes, "bits": bits, "per_row": per_row}, f"{bits} bits, {len(shapes)} arrays")
        )
    return cases


bytes_question = Question(
    "09.bytes",
    title="What it weighs",
    objective="Count the bytes of a quantized model: codes, steps, and what is not quantized.",
    points=1,
    answer="stored_bytes",
    probe="answer(shapes, bits, per_row)",
    visible=_bytes_cases(np.random.default_rng(902)),
    hidden=_bytes_cases,
    tolerance=Tolerance(0.0, 1e-9, "whole numbers"),
    hints=[
        "Bits first: a matrix of rows × columns takes rows · columns · bits bits. How many bytes is that, rounded up?",
        "Rounding up without floats: `-(-n // 8)`; or `math.ceil`. Once for each matrix, before you add.",
        "Then 2 bytes for each step, and 2 bytes for each gain, which has no step.",
    ],
    properties=[
        Property("got == int(got)", "A number of bytes is a whole number."),
    ],
    passed="A step a row is nearly free: two bytes for a whole row of codes.",
)

_BYTES = """
def stored_bytes(shapes, bits, per_row):
    total = 0
    for shape in shapes:
        if len(shape) == 1:
            total += {gains}
        else:
            rows, columns = shape
            total += {codes} + {steps}
    return {result}
"""


def _bytes_code(**changes):
    parts = {
        "gains": "2 * shape[0]",
        "codes": "-(-rows * columns * bits // 8)",
        "steps": "2 * (rows if per_row else 1)",
        "result": "total",
    }
    return _BYTES.format(**{**parts, **changes})


bytes_question.wrong(
    "one byte a code",
    why="Codes are stored in int8 arrays while one works with them.",
    message="You count a whole byte for each code. Stored, codes are packed: with {bits} bits eight of them take that many bytes. What is the unit of `bits`?".replace(
        "{bits}", "5"
    ),
    code=_bytes_code(codes="rows * columns"),
)
bytes_question.wrong(
    "forgets the steps",
    why="The codes are nearly all of it.",
    message="Your total lacks the steps: 2 bytes for each matrix, or for each of its rows. Without them nobody can bring the weights back.",
    code=_bytes_code(steps="0"),
)
bytes_question.wrong(
    "quantizes the gains too",
    why="Everything is weights.",
    message="You pack the gains as well. They are few, they are not quantized, and they take 2 bytes each.",
    code=_bytes_code(gains="-(-shape[0] * bits // 8)"),
)
bytes_question.wrong(
    "rounds down",
    why="// is the usual integer division.",
    message="You round the codes of a matrix *down* to whole bytes: the last few bits have nowhere to go.",
    code=_bytes_code(codes="rows * columns * bits // 8"),
)
bytes_question.wrong(
    "rounds once at the end",
    why="Rounding once is more exact.",
    message="You add up the bits of all matrices and round once. Each matrix begins at a full byte, so each is rounded up by itself.",
    code=_bytes_code(codes="rows * columns * bits / 8", result="int(np.ceil(total))"),
)
bytes_question.wrong(
    "a step a column",
    why="Rows and columns are easily mixed up.",
    message="You count a step for each *column*. The text says a step a row.",
    code=_bytes_code(steps="2 * (columns if per_row else 1)"),
)


@bytes_question.right("math.ceil")
def stored_bytes(shapes, bits, per_row):
    import math

    matrices = [shape for shape in shapes if len(shape) == 2]
    codes = sum(math.ceil(np.prod(shape) * bits / 8) for shape in matrices)
    steps = sum(shape[0] for shape in matrices) if per_row else len(matrices)
    return codes + 2 * (steps + sum(shape[0] for shape in shapes if len(shape) == 1))


@bytes_question.right("divmod")
def stored_bytes(shapes, bits, per_row):
    total = 0
    for shape in shapes:
        if len(shape) == 2:
            whole, rest = divmod(shape[0] * shape[1] * bits, 8)
            total += whole + (rest > 0) + 2 * (shape[0] if per_row else 1)
        else:
            total += shape[0] * 2
    return float(total)


# ----------------------------------------------------------------------------------------------------------- outliers


def _outlier_cases(rng):
    cases = []
    for bits, share in ((4, 0.05), (3, 0.001), (6, 0.1)):
        while True:
            W = rng.standard_t(3, size=(int(rng.integers(6, 10)), int(rng.integers(8, 12)))).round(4)
            sizes = np.sort(np.abs(W), axis=None)
            kept = max(1, round(share * W.size))
            step = sizes[-kept - 1] / (2 ** (bits - 1) - 1)
            scaled = W / step
            if (np.diff(sizes) > 0).all() and (np.abs(scaled - np.floor(scaled) - 0.5) > 1e-3).all():
                break
        if W.flat[np.argmax(np.abs(W))] > 0:
            W = -W
        cases.append(Case({"W": W, "bits": bits, "share": share}, f"{bits} bits, {kept} kept of {W.size}"))
    return cases


outliers_question = Question(
    "09.outliers",
    title="Keep the outliers apart",
    objective="Round all but the largest weights with a step that the largest do not set.",
    points=2,
    answer="keep_outliers",
    probe="answer(W, bits, share)",
    visible=_outlier_cases(np.random.default_rng(903)),
    hidden=_outlier_cases,
    tolerance=Tolerance(1e-6, 1e-9, "one division and one product"),
    hints=[
        "How many are kept? `max(1, round(share * W.size))`. The limit is the size of the smallest of these: sort `np.abs(W)`.",
        "A mask of the outliers, then the step from `np.abs(W[~outlier]).max()`.",
        "`np.where(outlier, W, np.round(W / step) * step)` puts both parts together.",
    ],
    properties=[
        Property("np.shape(got) == np.shape(W)", "The result has the shape of W."),
    ],
    passed="A few exact weights, and everybody else has a finer step.",
)

_OUTLIERS = """
def keep_outliers(W, bits, share):
    kept = {kept}
    outlier = {outlier}
    step = {step}
    return {result}
"""


def _outliers_code(**changes):
    parts = {
        "kept": "max(1, round(share * W.size))",
        "outlier": "np.abs(W) >= np.sort(np.abs(W), axis=None)[-kept]",
        "step": "np.abs(W[~outlier]).max() / (2 ** (bits - 1) - 1)",
        "result": "np.where(outlier, W, np.round(W / step) * step)",
    }
    return _OUTLIERS.format(**{**parts, **changes})


outliers_question.wrong(
    "the outliers still set the step",
    why="The step formula of question <09.quantize> is copied.",
    message="The outliers are exact, but the step still comes from the largest weight of all: the others are as coarse as before. Whose largest weight should set it?",
    code=_outliers_code(step="np.abs(W).max() / (2 ** (bits - 1) - 1)"),
)
outliers_question.wrong(
    "clips the outliers",
    why="Clipping also takes the outliers out of the step.",
    message="You cut the outliers down to the limit. That makes the step fine, and changes exactly the weights that matter most. Kept means kept as they are.",
    code=_outliers_code(
        result="np.round(np.clip(W / step, -(2 ** (bits - 1) - 1), 2 ** (bits - 1) - 1)) * step"
    ),
)
outliers_question.wrong(
    "the largest values, not the largest sizes",
    why="Sorting W sorts by value.",
    message="You keep the largest *values*. The largest weight in size is negative here, and it stays among the ordinary ones. Sort `np.abs(W)`.",
    code=_outliers_code(outlier="W >= np.sort(W, axis=None)[-kept]"),
)
outliers_question.wrong(
    "sets the outliers to zero",
    why="Taking them out of the matrix is the first half of the paper's recipe.",
    message="Your outliers have become 0. In the paper they are taken out *and multiplied separately*; here they go back where they were.",
    code=_outliers_code(result="np.where(outlier, 0.0, np.round(W / step) * step)"),
)
outliers_question.wrong(
    "keeps none where the share is tiny",
    why="Rounding 0.1 weights gives 0.",
    message="Where `share` is tiny you keep no weight at all. At least one is kept.",
    code=_outliers_code(
        kept="round(share * W.size)",
        outlier="np.abs(W) >= (np.sort(np.abs(W), axis=None)[-kept] if kept else np.inf)",
    ),
)
outliers_question.wrong(
    "rounds the outliers too",
    why="The whole matrix goes through the same line.",
    message="You round the outliers with the fine step as well. They are close to what they were, but not exactly; and their codes do not fit into the bits.",
    code=_outliers_code(result="np.round(W / step) * step"),
)


@outliers_question.right("argsort and flat indices")
def keep_outliers(W, bits, share):
    order = np.argsort(-np.abs(W), axis=None)
    kept = order[: max(1, round(share * W.size))]
    rest = np.setdiff1d(np.arange(W.size), kept)
    made = W.astype(float).ravel().copy()
    step = np.abs(made[rest]).max() / (2 ** (bits - 1) - 1)
    made[rest] = np.round(made[rest] / step) * step
    return made.reshape(W.shape)


@outliers_question.right("np.partition")
def keep_outliers(W, bits, share):
    count = max(1, round(share * W.size))
    sizes = np.partition(np.abs(W).ravel(), W.size - count - 1)
    largest_ordinary = sizes[W.size - count - 1]
    step = largest_ordinary / (2 ** (bits - 1) - 1)
    return np.where(np.abs(W) > largest_ordinary, W, np.rint(W / step) * step)


# ------------------------------------------------------------------------------------------------------------- paired


def _answers(rng):
    slices, before, after = [], [], []
    for name, items, accuracy, loss in zip(
        rng.permutation(["facts", "documents", "calls", "unknown"]),
        rng.integers(8, 40, 4),
        (0.95, 0.9, 0.7, 0.8),
        (0.0, 0.3, 0.15, -1.0),
        strict=True,
    ):
        first = (rng.random(items) < accuracy).astype(int)
        first[:2] = 0, 1
        flips = rng.random(items) < abs(loss)
        second = first.copy() if loss < 0 else np.where(flips, 0, first)
        if loss > 0:
            second[0] = 1  # something is gained as well
        slices += [str(name)] * int(items)
        before += first.tolist()
        after += second.tolist()
    order = rng.permutation(len(slices))
    return {
        "before": np.array(before)[order],
        "after": np.array(after)[order],
        "slices": np.array(slices)[order],
    }


paired_question = Question(
    "09.paired",
    title="The same questions, before and after",
    objective="Compare two models question by question, by slice, with an exact paired test.",
    points=3,
    answer="lost_and_gained",
    probe="answer(before, after, slices)",
    visible=[
        Case(_answers(np.random.default_rng(904)), "four slices"),
        Case(_answers(np.random.default_rng(905)), "four others"),
    ],
    hidden=lambda rng: [Case(_answers(rng), "four slices") for _ in range(3)],
    tolerance=Tolerance(1e-6, 1e-9, "exact binomial sums"),
    hints=[
        "`lost = np.sum((before == 1) & (after == 0))`, inside one slice; `gained` the other way round.",
        "The change is (gained − lost) / items. Questions that both models get right, or both wrong, say nothing about a change.",
        "`binomtest(lost, lost + gained).pvalue`; it wants at least one changed question.",
    ],
    passed="Thirty questions that both models get right prove nothing; the few that changed decide.",
)

_PAIRED = """
def lost_and_gained(before, after, slices):
    before, after, slices = np.asarray(before), np.asarray(after), np.asarray(slices)
    rows = []
    for name in sorted(set(slices)):
        inside = slices == name
        first, second = before[inside], after[inside]
        items = {items}
        lost, gained = int({lost}), int({gained})
        p = {p}
        rows.append((name, items, {change}, lost, gained, p))
    return pd.DataFrame(rows, columns=["slice", "items", "change", "lost", "gained", "p"])
"""


def _paired_code(**changes):
    parts = {
        "items": "len(first)",
        "lost": "np.sum((first == 1) & (second == 0))",
        "gained": "np.sum((first == 0) & (second == 1))",
        "p": "binomtest(lost, lost + gained).pvalue if lost + gained else 1.0",
        "change": "second.mean() - first.mean()",
    }
    return _PAIRED.format(**{**parts, **changes})


paired_question.wrong(
    "before minus after",
    why="A loss feels like a positive number.",
    message="Your change is before minus after, so a loss is positive. The text asks for *after minus before*.",
    code=_paired_code(change="first.mean() - second.mean()"),
)
paired_question.wrong(
    "two proportions as if they were strangers",
    why="Comparing two shares is the test that everybody knows.",
    message="Your p-value compares two shares as if different people had been asked. The questions are the same, so a question that both get right cancels. Look only at those that changed.",
    code=_paired_code(
        p="float(2 * norm.sf(abs(first.mean() - second.mean()) / max(1e-9, np.sqrt((first.var() + second.var()) / len(first)))))"
    ),
)
paired_question.wrong(
    "one-sided",
    why="Only losses are feared.",
    message="Your p-value is one-sided: it asks only whether more were lost. Asked beforehand that may be right; here both directions count.",
    code=_paired_code(
        p='binomtest(lost, lost + gained, alternative="greater").pvalue if lost + gained else 1.0'
    ),
)
paired_question.wrong(
    "all items in the test",
    why="More trials look more exact.",
    message="You test the lost questions against *all* items of the slice. If nothing had changed, half of the *changed* ones would be losses, not half of all.",
    code=_paired_code(p="binomtest(lost, items).pvalue"),
)
paired_question.wrong(
    "lost counts every wrong answer after",
    why="Wrong afterwards is lost.",
    message="You count every question that is wrong *after* as lost, also those that were wrong before. Lost means: it was right.",
    code=_paired_code(
        lost="np.sum(second == 0)",
        p="binomtest(min(lost, lost + gained), lost + gained).pvalue if lost + gained else 1.0",
    ),
)
paired_question.wrong(
    "nothing changed is nan",
    why="0 of 0 has no p-value.",
    message="Where no question changed your p is {got[p][0]} or another missing value. Nothing changed is no evidence of a change: the text says 1.",
    code=_paired_code(p="binomtest(lost, lost + gained).pvalue if lost + gained else np.nan"),
)


@paired_question.right("pandas")
def lost_and_gained(before, after, slices):
    frame = pd.DataFrame({"slice": slices, "b": np.asarray(before), "a": np.asarray(after)})
    frame["lost"] = ((frame["b"] == 1) & (frame["a"] == 0)).astype(int)
    frame["gained"] = ((frame["b"] == 0) & (frame["a"] == 1)).astype(int)
    table = (
        frame.groupby("slice")
        .agg(items=("b", "size"), lost=("lost", "sum"), gained=("gained", "sum"))
        .reset_index()
    )
    table["change"] = (table["gained"] - table["lost"]) / table["items"]
    table["p"] = [
        binomtest(int(a), int(a + b)).pvalue if a + b else 1.0
        for a, b in zip(table["lost"], table["gained"], strict=True)
    ]
    return table[["slice", "items", "change", "lost", "gained", "p"]]


@paired_question.right("the binomial sum by hand")
def lost_and_gained(before, after, slices):
    from math import comb

    rows = {}
    for b, a, name in zip(before, after, slices, strict=True):
        row = rows.setdefault(str(name), [0, 0, 0])
        row[0] += 1
        row[1] += int(b == 1 and a == 0)
        row[2] += int(b == 0 and a == 1)
    made = []
    for name, (items, lost, gained) in sorted(rows.items()):
        n, k = lost + gained, min(lost, gained)
        p = min(1.0, 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n)
        made.append(
            {
                "slice": name,
                "items": items,
                "change": (gained - lost) / items,
                "lost": lost,
                "gained": gained,
                "p": p,
            }
        )
    return pd.DataFrame(made)


# ------------------------------------------------------------------------------------------------------------- broken

NAMES = [
    "amber",
    "birch",
    "cedar",
    "dune",
    "ember",
    "fern",
    "glade",
    "heath",
    "iris",
    "jade",
    "kelp",
    "larch",
]
LIGHTER = [(size, bits, rows) for size in "ML" for bits in (8, 6, 5, 4) for rows in (False, True)]


def _reports(rng, n):
    outcomes, reports, costs = Outcomes.load(), [], []
    for _ in range(n):
        size, bits, rows = LIGHTER[int(rng.integers(len(LIGHTER)))]
        first, second = (
            outcomes.right[outcomes.find(size, 16)],
            outcomes.right[outcomes.find(size, bits, rows)],
        )
        chosen = rng.choice(len(SLICES), int(rng.integers(4, 8)), replace=False)
        names = list(rng.choice(NAMES, len(chosen), replace=False))
        report = {"slice": [str(name) for name in names], "items": [], "before": [], "lost": [], "gained": []}
        points = []
        for number in chosen:
            places = np.flatnonzero(outcomes.slices == SLICES[number])
            points.append(100 * max(0.0, float(first[places].mean() - second[places].mean())))
            asked = rng.choice(
                places, min(len(places), int(np.exp(rng.uniform(np.log(20), np.log(150))))), replace=False
            )
            a, b = first[asked], second[asked]
            report["items"].append(len(asked))
            report["before"].append(int(a.sum()))
            report["lost"].append(int((a & ~b).sum()))
            report["gained"].append(int((~a & b).sum()))
        total = sum(points)
        cost = {"release": round(total, 3), "keep the full model": 12.0}
        cost |= {str(name): round(3 + total - lost, 3) for name, lost in zip(names, points, strict=True)}
        reports.append(report)
        costs.append(cost)
    return Case({"reports": reports}, f"{n} reports", {"costs": costs})


broken_question = Question(
    "09.broken",
    title="Find the broken slice",
    objective="Decide from paired counts whether a lighter model may be released, for which slice it may not, or not at all.",
    points=4,
    answer="broken_slice",
    probe="[answer(report) for report in reports]",
    judge="policy",
    # Relative regret over 30 seeds of 1,000 reports: good rules 0.04 to 0.09; the average 0.22 to 0.31, naming only 1.1 to 1.5,
    # always release 1.9 to 2.5; the yardstick (1) is to keep the full model always. Shrinking hardly matters (none 0.06 to
    # 0.08, by 5 to 15 questions 0.05 to 0.075, by 50 0.11 to 0.14), also with samples of 8 to 60: these models are either
    # as good as before or far from it. So the sample at its word is a right answer.
    parameters={"credit": [[0.13, 1.0], [0.18, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_reports(np.random.default_rng(906), 200)],
    hidden=lambda rng: [_reports(rng, 1000)],
    hints=[
        "What would each decision cost if the sample were the truth? The points lost by all slices; 3 plus the points of all but one; 12.",
        "One formula for all three: the points that each slice has lost, cut at 0, and their sum. You may believe a little less of a small sample, as if 10 more questions had shown no change; believe too little, and you miss what is broken.",
        "Count lost minus gained, not lost alone: a slice in which as many are gained as lost has changed its answers, not its accuracy. Gains bring nothing, so cut at 0.",
    ],
    passed="You compared what each decision costs, slice by slice, before you looked for a culprit.",
)

_BROKEN = """
def broken_slice(report):
    items, before, lost, gained = (np.array(report[name], dtype=float) for name in ("items", "before", "lost", "gained"))
    costs = {costs}
    options = {{"release": costs.sum(), "keep the full model": {full}}}
    worst = int(np.argmax({worst}))
    options[report["slice"][worst]] = 3 + costs.sum() - costs[worst]
    return min(options, key=options.get)
"""


def _broken_code(**changes):
    parts = {
        "costs": "np.clip(100 * (lost - gained) / (items + 10), 0, None)",
        "full": "12.0",
        "worst": "costs",
    }
    return _BROKEN.format(**{**parts, **changes})


broken_question.wrong(
    "always releases",
    why="The average hardly moved.",
    message="You release every time. Some of these models have lost 10, 20, 40 points on a slice, and each point costs a thousand euros.",
    code="def broken_slice(report):\n    return 'release'",
)
broken_question.wrong(
    "always keeps the full model",
    why="Then nothing can go wrong.",
    message="You keep the full model every time. That costs 12,000 per year, also where nothing at all has changed.",
    code="def broken_slice(report):\n    return 'keep the full model'",
)
broken_question.wrong(
    "names the slice with the largest loss, whatever it is",
    why="The worst slice is the broken one.",
    message="You name a slice in every report. In each report one slice is the lowest; that does not make it broken, and where most are broken one is not enough. What would the other two decisions cost?",
    code="def broken_slice(report):\n    loss = (np.array(report['lost']) - np.array(report['gained'])) / np.array(report['items'])\n    return report['slice'][int(np.argmax(loss))]",
)
broken_question.wrong(
    "looks at the average",
    why="One number for one decision.",
    message="You add all slices up and look at the average. A slice that loses 20 points among six others moves it by 3. The costs are by slice.",
    code="def broken_slice(report):\n    lost = (sum(report['lost']) - sum(report['gained'])) / sum(report['items'])\n    return 'release' if lost < 0.05 else 'keep the full model'",
)
broken_question.wrong(
    "the lowest accuracy after",
    why="Broken means wrong often.",
    message="You judge a slice by how many answers are wrong *after*. A slice that was weak before is not broken by rounding; the full model answers it as badly.",
    code="def broken_slice(report):\n    after = (np.array(report['before']) - np.array(report['lost']) + np.array(report['gained'])) / np.array(report['items'])\n    worst = int(np.argmin(after))\n    return report['slice'][worst] if after[worst] < 0.85 else 'release'",
)
broken_question.wrong(
    "names a slice only, never keeps the full model",
    why="The title says: find the broken slice.",
    message="You never keep the full model. Where five slices are broken, sending one of them elsewhere repairs a fifth.",
    code=_broken_code(full="np.inf"),
)


@broken_question.right("a smaller prior")
def broken_slice(report):
    decisions = {"release": 0.0, "keep the full model": 12.0}
    points = {}
    for name, n, lost, gained in zip(
        report["slice"], report["items"], report["lost"], report["gained"], strict=True
    ):
        points[name] = max(0.0, 100 * (lost - gained) / (n + 15))
    decisions["release"] = sum(points.values())
    for name, own in points.items():
        decisions[name] = 3 + decisions["release"] - own
    return min(decisions, key=decisions.get)


@broken_question.right("takes the sample at its word")
def broken_slice(report):
    table = pd.DataFrame(report).set_index("slice")
    points = (100 * (table["lost"] - table["gained"]) / table["items"]).clip(lower=0)
    options = {"release": points.sum(), "keep the full model": 12.0} | dict(3 + points.sum() - points)
    return min(options, key=options.get)


@broken_question.right("believes by the strength of the evidence")
def broken_slice(report):
    n, lost, gained = (np.array(report[k], dtype=float) for k in ("items", "lost", "gained"))
    change = (lost - gained) / n
    noise = (lost + gained + 0.5) / n**2
    believed = np.clip(100 * change * 0.01 / (0.01 + noise), 0, None)
    total, worst = believed.sum(), int(believed.argmax())
    if min(total, 3 + total - believed[worst]) > 12:
        return "keep the full model"
    return report["slice"][worst] if believed[worst] > 3 else "release"


# ------------------------------------------------------------------------------------------------------------- choose


CANDIDATES = [number for number, one in enumerate(Outcomes.load().variants) if one["bits"] > 3]
ACCURACY = np.array(
    [list(Outcomes.load().accuracy(number).values()) for number in range(len(Outcomes.load().variants))]
)
CONTRACT = 20_000  # euros per year for each used slice below 0.80


def _choices(rng, n):
    outcomes, cases, costs = Outcomes.load(), [], []
    places = {name: np.flatnonzero(outcomes.slices == name) for name in SLICES}
    for _ in range(n):
        used = rng.choice(len(SLICES), int(rng.integers(3, 7)), replace=False)
        shares = rng.dirichlet(np.full(len(used), 0.6))
        names = {
            int(number): str(name)
            for number, name in zip(used, rng.choice(NAMES, len(used), replace=False), strict=True)
        }
        usage = {
            names[int(number)]: round(float(share), 4) for number, share in zip(used, shares, strict=True)
        }
        drawn = rng.choice(CANDIDATES, 6, replace=False)
        # the slice that nobody uses is one on which these models differ most
        idle = [number for number in range(len(SLICES)) if number not in used]
        unused = max(idle, key=lambda number, drawn=drawn: np.ptp(ACCURACY[drawn, number]))
        names[unused] = "moss"
        usage["moss"] = 0.0
        asked = {
            number: rng.choice(
                places[SLICES[number]],
                min(len(places[SLICES[number]]), int(rng.integers(40, 151))),
                replace=False,
            )
            for number in names
        }
        budget, price = float(rng.choice([40, 60, 90, 120, 200, 400])), float(rng.choice([20, 60, 120]))
        models, cost = [], {}
        for name, which in zip("ABCDEF", drawn, strict=True):
            one = outcomes.variants[int(which)]
            kilobytes = round(one["bytes"] / 1000, 1)
            models.append(
                {
                    "name": name,
                    "kilobytes": kilobytes,
                    "right": {
                        names[number]: round(float(outcomes.right[which][asked[number]].mean()), 4)
                        for number in names
                    },
                }
            )
            truth = {names[number]: float(ACCURACY[which, number]) for number in names}
            wrong = sum(usage[slice_name] * (1 - truth[slice_name]) for slice_name in truth)
            broken = sum(usage[slice_name] > 0 and truth[slice_name] < 0.80 for slice_name in truth)
            cost[name] = round(100_000 * wrong + CONTRACT * broken + price * max(0.0, kilobytes - budget), 2)
        cases.append(
            {
                "models": models,
                "items": {names[number]: len(asked[number]) for number in names},
                "usage": usage,
                "budget": budget,
                "price": price,
            }
        )
        costs.append(cost)
    return Case({"cases": cases}, f"{n} choices", {"costs": costs})


choose_question = Question(
    "09.choose",
    title="Choose under a budget",
    objective="Choose size and bits by what a year costs: wrong answers as used, broken contracts, memory.",
    points=4,
    answer="choose_model",
    probe="[answer(case) for case in cases]",
    judge="policy",
    # Relative regret over 40 seeds of 1,000 choices: good rules 0.037 to 0.052 (a contract charged all or nothing 0.043 to 0.061);
    # without contracts 0.080 to 0.114, best worst slice 0.139 to 0.188, without memory 0.145 to 0.192, best average 0.168 to
    # 0.214, budget as a wall 0.64 to 0.82, the smallest 2.3 to 2.5. The yardstick (1) is the same letter always, that is a
    # model at random.
    parameters={"credit": [[0.065, 1.0], [0.10, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_choices(np.random.default_rng(907), 300)],
    hidden=lambda rng: [_choices(rng, 1000)],
    hints=[
        "Write down what a model costs in a year: 100,000 times the share of wrong answers as used, 20,000 for each used slice below 0.80, and the price of the kilobytes beyond the budget.",
        "Only slices with usage above 0 count, for the wrong answers and for the contracts. One slice is in the table and is never asked.",
        "The shares come from 40 to 150 questions. A slice seen at 0.81 may well be below 0.80: charge the 20,000 in proportion to that chance, not all or nothing.",
    ],
    passed="Not the best model and not the smallest: the one that costs least where it is used.",
)

_CHOOSE = """
from statistics import NormalDist

chance = NormalDist().cdf

def choose_model(case):
    used = [name for name, share in case["usage"].items() if {used}]
    def cost(model):
        wrong = {wrong}
        contracts = {contracts}
        memory = {memory}
        return {total}
    return min(case["models"], key=cost)["name"]
"""


def _choose_code(**changes):
    parts = {
        "used": "share > 0",
        "wrong": "sum(case['usage'][name] * (1 - model['right'][name]) for name in used)",
        "contracts": "sum(20_000 * chance((0.80 - model['right'][name]) / 0.05) for name in used)",
        "memory": "case['price'] * max(0, model['kilobytes'] - case['budget'])",
        "total": "100_000 * wrong + contracts + memory",
    }
    return _CHOOSE.format(**{**parts, **changes})


choose_question.wrong(
    "the best average of all slices",
    why="It is the number at the end of every table.",
    message="You take the model with the best plain average over the slices. Users do not ask them equally often, one slice is never asked, and memory has a price.",
    code="def choose_model(case):\n    return max(case['models'], key=lambda m: np.mean(list(m['right'].values())))['name']",
)
choose_question.wrong(
    "the smallest that fits",
    why="The budget is the budget.",
    message="You take the smallest model. Memory beyond the budget has a price, and wrong answers have a higher one: compute both.",
    code="def choose_model(case):\n    return min(case['models'], key=lambda m: m['kilobytes'])['name']",
)
choose_question.wrong(
    "the budget as a wall",
    why="A budget sounds like a limit.",
    message="You consider only models within the budget. Here a kilobyte beyond it has a price, and sometimes it is worth paying.",
    code=_choose_code(memory="0 if model['kilobytes'] <= case['budget'] else 1e6 + model['kilobytes']"),
)
choose_question.wrong(
    "forgets the contracts",
    why="The average as used contains every slice already.",
    message="You minimise wrong answers and memory. A small slice below 0.80 hardly moves the average as used, and costs a contract.",
    code=_choose_code(contracts="0"),
)
choose_question.wrong(
    "memory does not matter",
    why="Quality first.",
    message="You look at the answers only. Beyond the budget each kilobyte costs its price every year.",
    code=_choose_code(memory="0"),
)
choose_question.wrong(
    "the best worst slice",
    why="The lesson looked at the worst slice.",
    message="You take the model whose worst used slice is best. That is the chart of the lesson; here every slice has a weight and a contract, and memory a price.",
    code="def choose_model(case):\n    used = [n for n, s in case['usage'].items() if s > 0]\n    return max(case['models'], key=lambda m: min(m['right'][n] for n in used))['name']",
)


@choose_question.right("charges a contract by a smooth step")
def choose_model(case):
    best, least = None, np.inf
    for model in case["models"]:
        cost = case["price"] * max(0.0, model["kilobytes"] - case["budget"])
        for name, share in case["usage"].items():
            if share > 0:
                right = (model["right"][name] * case["items"][name] + 0.8) / (case["items"][name] + 1)
                cost += 100_000 * share * (1 - right) + 20_000 / (1 + np.exp((right - 0.80) / 0.03))
        if cost < least:
            best, least = model["name"], cost
    return best


@choose_question.right("contracts by beta posteriors")
def choose_model(case):
    from scipy.stats import beta

    used = [name for name, share in case["usage"].items() if share > 0]
    share = np.array([case["usage"][name] for name in used])
    n = np.array([case["items"][name] for name in used])

    def cost(model):
        right = np.array([model["right"][name] for name in used])
        contracts = beta.cdf(0.80, n * right + 1, n * (1 - right) + 1).sum()
        memory = case["price"] * max(0, model["kilobytes"] - case["budget"])
        return 100_000 * share @ (1 - right) + 20_000 * contracts + memory

    return min(case["models"], key=cost)["name"]


# ------------------------------------------------------------------------------------------------------------- say it

say_it_question = sentence_choice(
    "09.say_it",
    objective="Name the broken slice, what is chance, and a repair.",
    right="a",
    wrong={
        "b": Misreading(
            "signs the average",
            why="Half a point is little.",
            message="The average follows the most frequent questions. 16 of 120 document questions went wrong that were right before; whom will you tell?",
        ),
        "c": Misreading(
            "both are broken",
            why="Both numbers went down.",
            message="3 lost and 1 gained of 60: a coin does that in most samples (p = 0.6). And the remedy is not always more bits: one step per row costs two bytes per row.",
        ),
        "d": Misreading(
            "the wrong denominator",
            why="16 is little beside 20,000, and less to read should be less to do.",
            message="16 of the 120 *document questions in the test*, not of all questions: whoever brings documents loses one answer in eight. And the time of a request was measured: it is the same.",
        ),
    },
    hints=[
        "Two slices are lower than before. For which of them could the lost and gained questions be a fair coin?",
        "Which sentence is wrong about speed, and which about the denominator?",
    ],
    passed="One slice named with its evidence, one left to chance, and a repair to measure.",
)
