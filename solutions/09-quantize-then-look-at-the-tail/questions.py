"""Questions of exercise 09: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice

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

# ----------------------------------------------------------------------------------------------------------- quantize


def _matrix(rng, rows, columns, bits):
    """Rows of different size, the first below 1, a row of zeros, the largest weight negative, and no weight near a tie."""
    W = rng.normal(size=(rows, columns)) * np.exp(rng.uniform(-2, 1, (rows, 1)))
    W[0] *= 0.5 / np.abs(W[0]).max()
    W[int(rng.integers(1, rows)), int(rng.integers(columns))] = -1.1 * np.abs(W).max()
    W[int(rng.integers(1, rows))] *= 0 if rows > 3 else 1
    for axis in (None, 1):
        largest = np.abs(W).max(axis=axis, keepdims=True)
        scaled = W / np.where(largest > 0, largest, 1) * (2 ** (bits - 1) - 1)
        W = np.where(np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) < 0.02, W * 0.93, W)
    return W.round(4)


def _quantize_cases(rng):
    cases = []
    for bits, per_row in ((8, False), (3, True), (4, False), (5, True), (2, False), (12, True)):
        W = _matrix(rng, int(rng.integers(4, 7)), int(rng.integers(5, 9)), bits)
        while not _free_of_ties(W, bits, per_row):
            W = _matrix(rng, *W.shape, bits)
        cases.append(
            Case(
                {"W": W, "bits": bits, "per_row": per_row},
                f"{bits} bits, {'a step a row' if per_row else 'one step'}",
            )
        )
    for per_row in (False, True):
        zeros = {"W": np.zeros((2, 3)), "bits": 4, "per_row": per_row}
        cases.append(Case(zeros, f"nothing but zeros, {'a step a row' if per_row else 'one step'}"))
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
    properties=[
        Property("len(got) == 2", "Two results are asked for: the codes, then the step."),
        Property(
            "np.shape(got[0]) == np.shape(W)",
            "The first result, the codes, has the shape of W; the step is the second.",
        ),
        Property(
            "np.shape(got[1]) == ((len(W), 1) if per_row else (1, 1))",
            "The step has the shape (rows, 1) or (1, 1), by `per_row`.",
        ),
        Property(
            "np.all(np.isfinite(np.asarray(got[1], float))) and np.all(np.asarray(got[1]) > 0)",
            "A step is a finite number above 0.",
        ),
        Property(
            "W.any() or np.all(np.asarray(got[1]) == 1)",
            "Where all weights are 0 the text says what the step is.",
        ),
        Property("np.all(got[0] == np.round(got[0]))", "Codes are whole numbers."),
        Property(
            "np.abs(got[0]).max() <= 2 ** (bits - 1) - 1",
            "A code lies outside of −(2^(bits−1) − 1) to +(2^(bits−1) − 1).",
        ),
        Property(
            "not W.any() or np.abs(got[0]).max() == 2 ** (bits - 1) - 1",
            "The largest weight in size does not get the largest code.",
        ),
        Property(
            "np.all(np.abs(got[0] * np.asarray(got[1]) - W) <= 0.501 * np.asarray(got[1]))",
            "Brought back, a weight is off by more than half a step: its code is not the nearest one.",
        ),
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
    message="Your codes end at 2^bits − 1 and should end at 2^(bits−1) − 1: you use 2^bits − 1 levels on *each* side. One of the bits is the sign.",
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


quantize_question.wrong(
    "codes in eight bits",
    why="Codes are small numbers, and int8 is their usual type.",
    message="Your codes overflow: they are stored as `int8`, which ends at 127, and with 12 bits codes go up to 2047. Take a type that holds them.",
    code=_quantize_code(codes="np.round(W / step).astype(np.int8)"),
)
quantize_question.wrong(
    "adds a half and cuts",
    why="int(x + 0.5) is how one rounds by hand.",
    message="You add 0.5 and cut towards 0. That rounds positive numbers, and moves negative ones beyond half a step up by a level. Compare a weight of −1.2 steps.",
    code=_quantize_code(codes="(W / step + 0.5).astype(int)"),
)
quantize_question.wrong(
    "guards rows of zeros only",
    why="The zeros of the example are in a row.",
    message="Your result is right unless the *whole* matrix is 0 and has one step: there the step must be 1 as well.",
    code="""
def quantize(W, bits, per_row):
    levels = 2 ** (bits - 1) - 1
    if per_row:
        step = np.abs(W).max(axis=1, keepdims=True) / levels
        step[step == 0] = 1
    else:
        step = np.abs(W).max(keepdims=True) / levels
    return np.nan_to_num(np.round(W / step)).astype(int), step
""",
)


@quantize_question.right("single precision")
def quantize(W, bits, per_row):
    W = W.astype(np.float32)
    largest = np.abs(W).max(axis=1, keepdims=True) if per_row else np.abs(W).max(keepdims=True)
    step = np.where(largest > 0, largest / np.float32(2 ** (bits - 1) - 1), np.float32(1))
    return np.round(W / step).astype(np.int32), step


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


def _odd(rng):
    return int(rng.integers(3, 60)) * 2 + 1


def _bytes_cases(rng):
    """Sizes that are whole bytes and sizes that are not, shapes that repeat, gains alone."""
    whole = (8 * int(rng.integers(2, 9)), _odd(rng))
    odd = (_odd(rng), _odd(rng))
    while odd[0] * odd[1] % 8 != 5:  # with 5 bits an eighth of a byte is left over, with 7 three eighths
        odd = (_odd(rng), _odd(rng))
    gains = [(int(rng.integers(8, 90)),) for _ in range(2)]
    many = [odd, whole, gains[0], odd, (_odd(rng), _odd(rng)), gains[0], gains[1]]
    return [
        Case({"shapes": shapes, "bits": bits, "per_row": per_row}, title)
        for shapes, bits, per_row, title in (
            ([odd], 5, False, "one matrix"),
            ([whole], 3, False, "one matrix that fills whole bytes"),
            ([odd], 3, True, "one matrix, a step per row"),
            (gains, 4, True, "gains only"),
            (many, 5, False, "four matrices, two of one shape, and three gains"),
            (many, 7, True, "the same with a step per row"),
        )
    ]


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
        Property(
            "any(len(s) == 2 for s in shapes) or got == 2 * sum(s[0] for s in shapes)",
            "Gains take 2 bytes each, and have no step.",
        ),
        Property(
            "8 * got >= bits * sum(s[0] * s[1] for s in shapes if len(s) == 2)",
            "It is less than the packed codes of the matrices alone.",
        ),
        Property(
            "got <= sum(2 * s[0] if len(s) == 1 else s[0] * s[1] + 2 * s[0] for s in shapes)",
            "It is more than if every code had a byte of its own: is the unit bytes?",
        ),
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


bytes_question.wrong(
    "each shape once",
    why="A dict by shape is tidy.",
    message="Two arrays of the same shape are two arrays. You count each shape once.",
    code=_bytes_code().replace("in shapes:", "in set(map(tuple, shapes)):"),
)
bytes_question.wrong(
    "always one byte more",
    why="// 8 + 1 looks like rounding up.",
    message="You add a byte to every matrix, also where its codes fill whole bytes: there nothing is left to round up.",
    code=_bytes_code(codes="rows * columns * bits // 8 + 1"),
)
bytes_question.wrong(
    "packs row by row",
    why="Rows are what is read.",
    message="You round up after each *row*. Only a matrix begins at a full byte; inside of it the codes follow one another.",
    code=_bytes_code(codes="rows * -(-columns * bits // 8)"),
)
bytes_question.wrong(
    "rounds to the nearest byte",
    why="round() is at hand.",
    message="You round the codes to the *nearest* byte. Where less than half a byte is left over, the last bits have no place: round up.",
    code=_bytes_code(codes="round(rows * columns * bits / 8)"),
)


@bytes_question.wrong(
    "each row at a full byte",
    why="Each row has its own step, so it seems to be stored apart.",
    message="With a step per row you round every *row* up to a full byte. Each matrix begins at a full byte; its rows follow each other without a gap.",
)
def stored_bytes(shapes, bits, per_row):
    total = 0
    for shape in shapes:
        if len(shape) == 1:
            total += 2 * shape[0]
        elif per_row:
            total += shape[0] * ((shape[1] * bits + 7) // 8 + 2)
        else:
            total += (shape[0] * shape[1] * bits + 7) // 8 + 2
    return total


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
    """The number of weights to keep lies above a whole number, below one, and near 0; the largest weights are negative."""
    cases = []
    for bits, low, high in ((4, 2.38, 2.48), (5, 4.52, 4.58), (3, 0.05, 0.4), (6, 5.6, 5.9)):
        while True:
            W = rng.standard_t(3, size=(int(rng.integers(6, 10)), int(rng.integers(8, 12)))).round(4)
            share = round(float(rng.uniform(low, high)) / W.size, 4)
            sizes = np.sort(np.abs(W), axis=None)
            kept = max(1, round(share * W.size))
            largest = np.abs(W) >= sizes[-kept - 1]
            W = np.where(largest, -np.abs(W), W)
            scaled = W / (sizes[-kept - 1] / (2 ** (bits - 1) - 1))
            ordinary = np.floor(scaled[~largest])
            free = (np.abs(scaled[~largest] - ordinary - 0.5) > 1e-3).all()
            if (np.diff(sizes) > 1e-3).all() and free:
                break
        if len(cases) == 3:  # one outlier with the other sign
            W = np.where(np.abs(W) == sizes[-1], np.abs(W), W)
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
        Property(
            "np.isclose(got.flat[np.argmax(np.abs(W))], W.flat[np.argmax(np.abs(W))], rtol=1e-6)",
            "The weight that is largest in size has changed; it is kept as it is.",
        ),
        Property(
            "np.sum(np.isclose(got, W, rtol=1e-6)) >= max(1, round(share * W.size))",
            "Fewer weights than `share` says are exactly as they were.",
        ),
        Property(
            "np.isclose(got, W, rtol=1e-6)[np.abs(W) >= np.sort(np.abs(W), axis=None)[-max(1, round(share * W.size)) - 1]].all()",
            "The largest of the *other* weights sets the step and gets the largest code, so it comes back as it was; yours does not: whose weight sets your step, and how many levels are there?",
        ),
        Property(
            "len(np.unique(np.round(got[np.abs(W) < np.sort(np.abs(W), axis=None)[-max(1, round(share * W.size))]], 6))) <= 2**bits - 1",
            "The rounded weights take more different values than one common step and `bits` bits allow.",
        ),
        Property(
            "np.all(np.abs(got - W) <= 0.501 * np.sort(np.abs(W), axis=None)[-max(1, round(share * W.size)) - 1] / (2 ** (bits - 1) - 1))",
            "A weight has moved by more than half a step.",
        ),
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


outliers_question.wrong(
    "cuts the number of outliers off",
    why="int() makes a whole number.",
    message="You cut the number of kept weights off. The text rounds it to the *nearest* whole number.",
    code=_outliers_code(kept="max(1, int(share * W.size))"),
)
outliers_question.wrong(
    "rounds the number of outliers up",
    why="At least this share sounds like rounding up.",
    message="You round the number of kept weights up. The text rounds it to the *nearest* whole number.",
    code=_outliers_code(kept="max(1, int(np.ceil(share * W.size)))"),
)
outliers_question.wrong(
    "one weight fewer",
    why="Above the limit, or at it?",
    message="You keep one weight fewer than asked for: the smallest of those to keep lies exactly at your limit and is left out.",
    code=_outliers_code(
        outlier="np.abs(W) > np.sort(np.abs(W), axis=None)[-kept]",
    ),
)
outliers_question.wrong(
    "the largest value of the others",
    why="max() is the maximum.",
    message="Your step comes from the largest *value* of the other weights. The largest of them in size is negative here.",
    code=_outliers_code(step="W[~outlier].max() / (2 ** (bits - 1) - 1)"),
)
outliers_question.wrong(
    "a step per row",
    why="Question <09.quantize> had one.",
    message="You round with a step per row. Here all other weights have *one* common step.",
    code=_outliers_code(
        step="np.maximum(np.abs(np.where(outlier, 0, W)).max(axis=1, keepdims=True), 1e-12) / (2 ** (bits - 1) - 1)"
    ),
)
outliers_question.wrong(
    "the same share of every row",
    why="Rows are quantized one by one.",
    message="You keep some weights of every *row*. The share is of the whole matrix, wherever its largest weights stand.",
    code=_outliers_code(
        kept="max(1, round(share * W.shape[1]))",
        outlier="np.abs(W) >= np.sort(np.abs(W), axis=1)[:, [-kept]]",
    ),
)


@outliers_question.right("single precision")
def keep_outliers(W, bits, share):
    W = np.asarray(W, np.float32)
    kept = max(1, int(share * W.size + 0.5))
    outlier = np.abs(W) >= np.sort(np.abs(W), axis=None)[-kept]
    step = np.abs(W[~outlier]).max() / np.float32(2 ** (bits - 1) - 1)
    return np.where(outlier, W, np.round(W / step) * step)


@outliers_question.right("argsort and flat indices")
def keep_outliers(W, bits, share):
    order = np.argsort(-np.abs(W), axis=None)
    kept = order[: max(1, round(share * W.size))]
    rest = np.setdiff1d(np.arange(W.size), kept)
    made = W.astype(float).ravel().copy()
    step = np.abs(made[rest]).max() / (2 ** (bits - 1) - 1)
    made[rest] = np.round(made[rest] / step) * step
    return made.reshape(W.shape)


@outliers_question.right("heapq.nlargest")
def keep_outliers(W, bits, share):
    import heapq

    count = max(1, round(share * W.size))
    largest_ordinary = heapq.nlargest(count + 1, np.abs(W).ravel())[-1]
    step = largest_ordinary / (2 ** (bits - 1) - 1)
    return np.where(np.abs(W) > largest_ordinary, W, np.rint(W / step) * step)


# ------------------------------------------------------------------------------------------------------------- paired


def _answers(rng):
    """Six slices: losses, gains, as many of one as of the other, only losses, only gains, no change; names in no order."""
    names = rng.permutation(["facts", "documents", "calls", "unknown", "rare", "formats", "tables", "dates"])[
        :6
    ]
    slices, before, after = [], [], []
    for name, items, lost, gained in zip(
        names,
        rng.integers(14, 40, 6),
        (0, int(rng.integers(5, 9)), 2, 3, 4, 0),
        (0, 1, int(rng.integers(6, 9)), 3, 0, 5),
        strict=True,
    ):
        # both right, lost, gained, both wrong; at least one of the last
        right = int(rng.integers(3, items - lost - gained))
        wrong = int(items) - right - lost - gained
        slices += [str(name)] * int(items)
        before += [1] * right + [1] * lost + [0] * gained + [0] * wrong
        after += [1] * right + [0] * lost + [1] * gained + [0] * wrong
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
        Case(_answers(np.random.default_rng(904)), "six slices"),
        Case(_answers(np.random.default_rng(905)), "six others"),
    ],
    hidden=lambda rng: [Case(_answers(rng), "six slices") for _ in range(3)],
    tolerance=Tolerance(1e-6, 1e-9, "exact binomial sums"),
    hints=[
        "`lost = np.sum((before == 1) & (after == 0))`, inside one slice; `gained` the other way round.",
        "The change is (gained − lost) / items. Questions that both models get right, or both wrong, do not enter the test.",
        "`binomtest(lost, lost + gained).pvalue`; it wants at least one changed question.",
    ],
    properties=[
        Property("isinstance(got, pd.DataFrame)", "A DataFrame is asked for."),
        Property("len(got) == len(set(slices))", "One row per slice is asked for."),
        Property("'slice' in got.columns", "The name of the slice is a column, not the index."),
        Property("list(got['slice']) == sorted(got['slice'])", "The slices are not in alphabetical order."),
        Property(
            "got['items'].sum() == len(slices)", "`items` counts all questions of a slice, changed or not."
        ),
        Property(
            "got['lost'].sum() == np.sum((before == 1) & (after == 0))",
            "All together you count another number of lost questions than there are: right before and wrong after.",
        ),
        Property(
            "got['gained'].sum() == np.sum((before == 0) & (after == 1))",
            "All together you count another number of gained questions than there are: wrong before and right after.",
        ),
        Property(
            "np.all(np.sign(got['change']) == np.sign(got['gained'] - got['lost']))",
            "The sign of a change does not fit lost and gained: after minus before.",
        ),
        Property(
            "np.allclose(got['change'] * got['items'], got['gained'] - got['lost'])",
            "`change` is a difference of two accuracies, both shares of *all* questions of the slice.",
        ),
        Property("got['p'].between(0, 1).all()", "A p-value lies between 0 and 1, and none is missing."),
        Property(
            "(got['p'][(got['lost'] + got['gained']) == 0] == 1).all()",
            "Where no question changed, p is what the text says.",
        ),
        Property(
            "np.allclose(got['p'][(got['lost'] == got['gained'])], 1)",
            "Where as many were gained as lost, a two-sided test finds nothing: p is 1.",
        ),
        Property(
            "np.allclose(got['p'][(got['lost'] + got['gained']) == 1], 1)",
            "One changed question alone proves nothing: a coin always falls on one side, so the two-sided exact p is 1.",
        ),
        Property(
            "(got['p'][(got['lost'] >= 5)] < 0.3).all()",
            "The p of a slice with five or more lost and one gained is too large: what is the number of trials?",
        ),
    ],
    passed="Questions that both models get right do not enter the test; the few that changed decide it.",
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


paired_question.wrong(
    "twice the smaller tail, without a limit",
    why="Two-sided is twice one-sided.",
    message="You double one tail and do not stop at 1: where as many were gained as lost, your p is above 1.",
    code=_paired_code(
        p="2 * binomtest(min(lost, gained), lost + gained, alternative='less').pvalue if lost + gained else 1.0"
    ),
)
paired_question.wrong(
    "McNemar's approximation",
    why="The chi-square is the test of the textbooks.",
    message="Your p-values are those of McNemar's chi-square, an approximation for many changed questions. Here a handful changed, and the text asks for the exact ones.",
    code=_paired_code(
        p="float(2 * norm.sf(abs(lost - gained) / np.sqrt(lost + gained))) if lost + gained else 1.0"
    ),
)
paired_question.wrong(
    "slices in order of appearance",
    why="unique() keeps the order of the data.",
    message="Your rows stand in the order in which the slices first appear. The text asks for alphabetical order.",
    code=_paired_code().replace("sorted(set(slices))", "pd.unique(slices)"),
)
paired_question.wrong(
    "a share of what was right before",
    why="Lost of those that could be lost.",
    message="You divide the change by the questions that were right *before*. The change is between two accuracies, both shares of all questions of the slice.",
    code=_paired_code(change="(gained - lost) / max(1, first.sum())"),
)
paired_question.wrong(
    "half of a two-sided p",
    why="binom.cdf(min, n) is one tail.",
    message="Your p is one tail, in the direction that was seen. Two-sided counts results as extreme on the other side, too.",
    code=_paired_code(
        p="binomtest(min(lost, gained), lost + gained, alternative='less').pvalue if lost + gained else 1.0"
    ),
)


@paired_question.wrong(
    "two samples",
    why="A test of two proportions is the best known one.",
    message="Your p is that of two samples of *different* questions. The same questions were asked twice: only the lost and the gained ones say anything about a change.",
)
def lost_and_gained(before, after, slices):
    before, after, slices = np.asarray(before), np.asarray(after), np.asarray(slices)
    rows = []
    for name in sorted(set(slices)):
        b, a = before[slices == name], after[slices == name]
        n = len(b)
        pooled = (b.sum() + a.sum()) / (2 * n)
        error = np.sqrt(2 * pooled * (1 - pooled) / n)
        z = (a.mean() - b.mean()) / error if error > 0 else 0.0
        rows.append(
            {
                "slice": name,
                "items": n,
                "change": a.mean() - b.mean(),
                "lost": int(((b == 1) & (a == 0)).sum()),
                "gained": int(((b == 0) & (a == 1)).sum()),
                "p": float(2 * norm.sf(abs(z))),
            }
        )
    return pd.DataFrame(rows)


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


CHANCE = {8: 0.03, 5: 0.12, 4: 0.36}  # that a slice is broken, by the bits per weight of the lighter model
BETTER = 0.4  # of the slices that are not broken


def _between(least, most, n):
    """Midpoints of `n` parts of a range, equal on a logarithmic scale."""
    return least * (most / least) ** ((np.arange(n) + 0.5) / n)


def _expected_losses(items, lost, gained, chance):
    """Points that each slice is expected to have lost: a posterior over its loss and over the answers that change by accident."""
    losses = np.concatenate([[0], -np.linspace(0.025, 0.115, 10), np.linspace(0.01, 0.10, 40)])
    churn = _between(0.01, 0.35, 90)
    now_lost = churn + np.clip(losses, 0, None)[:, None]
    now_gained = churn + np.clip(-losses, 0, None)[:, None]
    logs = np.log([now_lost, now_gained, 1 - now_lost - now_gained]).reshape(3, -1)
    fit = np.stack([lost, gained, items - lost - gained], axis=1) @ logs
    fit = np.exp(fit - fit.max(axis=1, keepdims=True)).reshape(len(items), len(losses), -1).mean(axis=2)
    sound = (1 - BETTER) * fit[:, 0] + BETTER * fit[:, 1:11].mean(axis=1)
    broken = fit[:, 11:].mean(axis=1)
    size = fit[:, 11:] @ losses[11:] / fit[:, 11:].sum(axis=1)
    return 100 * size * chance * broken / (chance * broken + (1 - chance) * sound)


def _report(rng):
    """A report, and what each decision costs in expectation after it."""
    slices, bits = int(rng.integers(6, 10)), int(rng.choice([8, 5, 4]))
    few = rng.random(slices) < 0.6
    many = np.exp(rng.uniform(np.log(1000), np.log(3000), slices)).astype(int)
    items = np.where(few, rng.integers(60, 161, slices), many)
    broken = rng.uniform(0.01, 0.10, slices)
    better = (rng.random(slices) < BETTER) * rng.uniform(0.02, 0.12, slices)
    loss = np.where(rng.random(slices) < CHANCE[bits], broken, -better)
    churn = np.exp(rng.uniform(np.log(0.01), np.log(0.35), slices))
    lost, gained = churn + np.clip(loss, 0, None), churn + np.clip(-loss, 0, None)
    before = rng.uniform(np.maximum(0.45, lost + 0.03), np.minimum(0.95, 0.98 - gained))
    shares = np.stack([before - lost, lost, gained, 1 - before - gained], axis=1)
    still, lost, gained, _ = rng.multinomial(items, shares).T
    names = [str(name) for name in rng.choice(NAMES, slices, replace=False)]
    counts = {"items": items, "before": still + lost, "lost": lost, "gained": gained}
    report = {"bits": bits, "slice": names} | {name: count.tolist() for name, count in counts.items()}
    points = _expected_losses(items, lost, gained, CHANCE[bits])
    cost = {"release": float(points.sum()), "keep the full model": 12.0}
    cost |= {name: 3 + float(points.sum() - own) for name, own in zip(names, points, strict=True)}
    return report, {decision: round(thousands, 3) for decision, thousands in cost.items()}


def _reports(rng, n):
    """Reports, of which three in four are left out where releasing is clearly best: they hardly tell one rule from another."""
    reports, costs = [], []
    while len(reports) < n:
        report, cost = _report(rng)
        release, *others = cost.values()
        if min(others) - release < 2.5 or rng.random() < 0.25:
            reports.append(report)
            costs.append(cost)
    return Case({"reports": reports}, f"{n} reports", {"costs": costs})


broken_question = Question(
    "09.broken",
    title="Find the broken slice",
    objective="Decide from paired counts, with their doubt, whether a lighter model may be released, for which slice it may not, or not at all.",
    points=4,
    answer="broken_slice",
    probe="[answer(report) for report in reports]",
    judge="policy",
    # Measured on 5 sets of 1,600 reports: right rules 0.003 to 0.014; the nearest wrong ones no slice has improved 0.036 to 0.046, the
    # same noise in every slice 0.042 to 0.055, keeping whenever the sum is above 12 0.055 to 0.083, more likely broken than not 0.059 to
    # 0.070, the bits forgotten 0.097 to 0.115, expected gains that pay 0.166 to 0.192, the sample at its word 0.24 to 0.28.
    parameters={"credit": [[0.023, 1.0], [0.03, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_reports(np.random.default_rng(7), 300)],
    hidden=lambda rng: [_reports(rng, 1600)],
    hints=[
        "What does each decision cost? The points that all slices are expected to have lost; 3 plus the points of all but one; 12. Count lost minus gained of `items`, and let no slice go below 0.",
        "A sample of 80 questions in which 16 are lost and 10 gained shows 7.5 points, with a standard error of about √(16 + 10) / 80: 6.4 points. Is that a loss? The chance from `bits` times how well a loss fits, against the rest times how well no change or a gain fits.",
        "By Bayes: average the normal density of what you saw over the possible losses (1 to 10), and weigh it with the chance of `bits`; the densities at 0 and over the possible gains share the rest. The loss to expect is the mean of the losses under these weights, with 0 for an unbroken slice.",
    ],
    passed="You compared what each decision costs, and believed each slice as far as its questions, its noise and the bits allow.",
)

_BROKEN = """
def broken_slice(report):
    items, before, lost, gained = (np.array(report[name], dtype=float) for name in ("items", "before", "lost", "gained"))
    seen = 100 * (lost - gained) / items
    error = {error}
    chance = {chance}
    losses = np.linspace(1, 10, 30)
    broken = np.exp(-(((seen[:, None] - losses) / error[:, None]) ** 2) / 2) / 30
    gains = np.linspace(2, 12, 21)
    better = np.exp(-(((seen[:, None] + gains) / error[:, None]) ** 2) / 2).mean(axis=1)
    same = {same}
    costs = chance * broken @ losses / (chance * broken.sum(axis=1) + (1 - chance) * same)
    costs = {costs}
    options = {{"release": costs.sum(), "keep the full model": {full}}}
    worst = int(np.argmax({worst}))
    options[report["slice"][worst]] = 3 + costs.sum() - costs[worst]
    return {decision}
"""


def _broken_code(**changes):
    parts = {
        "error": "100 * np.sqrt(lost + gained + 1) / items",
        "chance": "{8: 0.03, 5: 0.12, 4: 0.36}[report['bits']]",
        "same": "0.6 * np.exp(-((seen / error) ** 2) / 2) + 0.4 * better",
        "costs": "costs",
        "full": "12.0",
        "worst": "costs",
        "decision": "min(options, key=options.get)",
    }
    return _BROKEN.format(**{**parts, **changes})


broken_question.wrong(
    "always releases",
    why="The average hardly moved.",
    message="You release every time. Some of these models have lost 10 points on a slice, and each point costs a thousand euros.",
    code="def broken_slice(report):\n    return 'release'",
)
broken_question.wrong(
    "always keeps the full model",
    why="Then nothing can go wrong.",
    message="You keep the full model every time. That costs 12,000 per year, also where nothing at all has changed. If you meant to choose: do you count `lost` without `gained`? A restless slice loses and gains many, and its accuracy stays.",
    code="def broken_slice(report):\n    return 'keep the full model'",
)
broken_question.wrong(
    "names the slice with the largest loss, whatever it is",
    why="The worst slice is the broken one.",
    message="You name a slice in every report. In each report one slice is the lowest; that does not make it broken, and where many are broken one is not enough. What would the other two decisions cost?",
    code="def broken_slice(report):\n    loss = (np.array(report['lost']) - np.array(report['gained'])) / np.array(report['items'])\n    return report['slice'][int(np.argmax(loss))]",
)
broken_question.wrong(
    "looks at the average",
    why="One number for one decision.",
    message="You add all slices up and look at the average. A slice with 100 of 10,000 questions that loses 10 points moves it by 0.1 points. The costs are by slice.",
    code="def broken_slice(report):\n    lost = (sum(report['lost']) - sum(report['gained'])) / sum(report['items'])\n    return 'release' if lost < 0.01 else 'keep the full model'",
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


_AT_ITS_WORD = "np.clip(seen, 0, None)"
broken_question.wrong(
    "takes the sample at its word",
    why="Lost minus gained is what was measured.",
    message="You take each sample at its word. An unchanged slice of 100 questions, with 18% changed by accident each way, shows a loss of more than 5 points in one sample of five, and a report has several such slices: you keep or name for noise. How far can a sample of this size be from the truth, and how often is a slice broken at these bits?",
    code=_broken_code(costs=_AT_ITS_WORD),
)
broken_question.wrong(
    "a few questions more that show no change",
    why="A small prior is better than none.",
    message="You believe a sample a little less, by adding questions without a change. That does not see the noise: 5 of 100 lost and none gained is a clearer sign than 30 lost and 25 gained, and you treat them alike. And the chance of a loss depends on `bits`.",
    code=_broken_code(costs="np.clip(100 * (lost - gained) / (items + 20), 0, None)"),
)
broken_question.wrong(
    "what is not significant is 0",
    why="Only what is proven counts.",
    message="You take losses that are not significant for 0 and all others at their word. In small slices at 4 bits a loss with p = 0.1 is on average half to three quarters of what it shows, and several add up; at 8 bits a loss with p = 0.03 is on average two fifths of it or less. What is the *expected* loss?",
    code=_broken_code(costs="np.where(seen > 1.645 * error, seen, 0)"),
)
broken_question.wrong(
    "counts significant slices",
    why="None: release. One: name it. More: keep.",
    message="You count significant losses: none releases, one is named, more keep the full model. A significant loss of 1 point is worth releasing, a loss of 10 points that is not significant may be worth naming. What do they cost?",
    code="""
def broken_slice(report):
    found = {}
    for name, lost, gained in zip(report["slice"], report["lost"], report["gained"]):
        z = (lost - gained) / max(lost + gained, 1) ** 0.5
        if z > 1.645:
            found[name] = z
    if len(found) > 1:
        return "keep the full model"
    return max(found, key=found.get) if found else "release"
""",
)
broken_question.wrong(
    "any significant slice keeps the full model",
    why="A regression is a regression.",
    message="You keep the full model as soon as one slice has lost significantly. An unbroken slice does so now and then, and where one is broken, naming it costs 3 and not 12.",
    code="""
def broken_slice(report):
    for lost, gained in zip(report["lost"], report["gained"]):
        if lost - gained > 1.96 * (lost + gained) ** 0.5:
            return "keep the full model"
    return "release"
""",
)
broken_question.wrong(
    "subtracts a standard error",
    why="The careful end of an interval.",
    message="You take the lower end of an interval for the loss. It is below what you should expect in a slice that is surely broken, and 0 where a loss is as likely as not. Costs are paid on average: what is the *mean* of the losses that may be behind a sample?",
    code=_broken_code(costs="np.clip(seen - error, 0, None)"),
)
broken_question.wrong(
    "more likely broken than not",
    why="Either it is broken or it is not.",
    message="You decide for each slice whether it is broken, and then forget the doubt. Five slices that are broken with a chance of 40% each are two broken slices on average. Multiply by the chance and add.",
    code=_broken_code(costs="np.where(chance * broken.sum(axis=1) > (1 - chance) * same, costs, 0)"),
)
broken_question.wrong(
    "believes everything at 4 bits",
    why="At 4 bits much is broken.",
    message="You take every loss at its word at 4 bits and only significant ones elsewhere. At 4 bits, too, two slices of three are unbroken, and the small ones among them show losses.",
    code=_broken_code(
        costs="np.where((report['bits'] == 4) | (seen > 1.645 * error), np.clip(seen, 0, None), 0)"
    ),
)
broken_question.wrong(
    "forgets the bits",
    why="The evidence is in the counts.",
    message="You treat reports alike, whatever their `bits`. The same 6 points of 100 questions are mostly noise at 8 bits and mostly a loss at 4: how often is a slice broken, before you look?",
    code=_broken_code(chance="0.17"),
)
broken_question.wrong(
    "looks at the bits only",
    why="The chances are printed.",
    message="You decide by the bits alone. They say how often a slice is broken, not which: that is in the counts.",
    code=_broken_code(costs="np.full(len(items), chance * 5.5)", worst="seen"),
)
broken_question.wrong(
    "the same noise in every slice",
    why="All answers come from the same model.",
    message="You use the same churn for every slice. In a calm one 2% of the answers change by accident, in a restless one 30%: `lost` and `gained` together say which it is.",
    code=_broken_code(error="100 * np.sqrt(2 * 0.096 / items)"),
)
broken_question.wrong(
    "the same number of questions in every slice",
    why="One standard error for the table.",
    message="You give each slice the same number of questions. Slices with 100 and with 2,000 stand side by side, and at the same noise their errors differ by a factor of more than four.",
    code=_broken_code(error="100 * np.sqrt((lost + gained + 1) / items / 300)"),
)
broken_question.wrong(
    "trusts large slices only",
    why="Small samples say nothing.",
    message="You leave the small slices out. Most of the losses are in them: few questions make a loss doubtful, not absent, and a slice that loses 15 of 60 answers and gains none is broken.",
    code=_broken_code(costs="np.where(items > 500, np.clip(seen, 0, None), 0)"),
)
broken_question.wrong(
    "counts instead of shares",
    why="Lost minus gained is a number already.",
    message="You compare *numbers* of questions. Ten lost of 1,000 are one point, ten of 100 are ten: divide by `items`.",
    code=_broken_code(costs="np.clip(lost - gained, 0, None)"),
)
broken_question.wrong(
    "ignores the gains",
    why="Only losses hurt.",
    message="You count lost questions and not the gained ones of the same slice. A restless slice loses and gains many, and its accuracy stays. Net is what counts.",
    code=_broken_code(costs="np.clip(100 * lost / items - 6, 0, None)"),
)
broken_question.wrong(
    "gains of one slice pay for another",
    why="The sum is the sum.",
    message="You let gains in one slice pay for losses in another. The text: gains bring nothing. Let no slice go below 0 before you add.",
    code=_broken_code(costs="np.where(seen < 0, seen, costs)"),
)
broken_question.wrong(
    "expected gains pay for expected losses",
    why="The expected change is one number.",
    message="You add up expected changes, in which a slice that has improved counts below zero. It brings nothing: take 0 for an improvement before you average over what may be true.",
    code=_broken_code(
        costs="costs - 0.4 * (1 - chance) * (np.exp(-(((seen[:, None] + gains) / error[:, None]) ** 2) / 2) @ gains / 21) / (chance * broken.sum(axis=1) + (1 - chance) * same)"
    ),
)
broken_question.wrong(
    "no slice has improved",
    why="Rounding makes models worse.",
    message="You let an unbroken slice be as accurate as before, always. Four of ten have improved; a slice that shows no change may be one of them that was unlucky, or a broken one that was lucky, and your odds between the two are off.",
    code=_broken_code(same="np.exp(-((seen / error) ** 2) / 2)"),
)
broken_question.wrong(
    "gains and losses at their word",
    why="The net change is what users see.",
    message="You add the changes as seen, gains included. Gains bring nothing, so let no slice go below 0; and a sample of 100 questions is not the truth.",
    code=_broken_code(costs="seen"),
)
broken_question.wrong(
    "never names a slice",
    why="Release or not is the usual question.",
    message="You decide between releasing and keeping only. Where one slice is broken, sending it to the full model costs 3, keeping everything 12.",
    code=_broken_code(decision="'release' if costs.sum() < 12 else 'keep the full model'"),
)
broken_question.wrong(
    "keeps whenever the sum is above 12",
    why="12 is the price of keeping.",
    message="You keep the full model whenever the losses add up to more than 12. Often one slice makes most of that sum, and naming it leaves little: compare 12 with 3 plus *the rest*.",
    code=_broken_code(
        decision="'keep the full model' if costs.sum() > 12 else report['slice'][worst] if costs[worst] > 3 else 'release'"
    ),
)
broken_question.wrong(
    "counts broken slices",
    why="One broken slice is named, two are too many.",
    message="You count slices beyond a fixed loss: none releases, one is named, two keep the full model. Four slices with 3 points each cost as much as one with 12, and two broken ones may still be cheaper than 12. Add up what each decision costs.",
    code=_broken_code(
        decision="'release' if costs[worst] < 3 else report['slice'][worst] if sum(costs > 3) == 1 else 'keep the full model'"
    ),
)
broken_question.wrong(
    "the slice that lost most questions",
    why="The largest number stands out.",
    message="You name the slice with the largest *number* of lost questions. A large, restless slice loses many and gains as many; what costs is the loss of accuracy.",
    code=_broken_code(worst="lost"),
)
broken_question.wrong(
    "naming costs nothing",
    why="One slice is little.",
    message="You forget that sending a slice to the full model costs 3. Where the worst slice has lost less than that, releasing is cheaper.",
    code=_broken_code().replace("= 3 + costs", "= costs"),
)
broken_question.wrong(
    "only the worst slice counts",
    why="The worst slice decides.",
    message="You look at the worst slice alone: beyond a limit you keep the full model. Naming it would cost 3. And what the *other* slices lose decides whether that is enough.",
    code=_broken_code(
        decision="'release' if costs[worst] < 3 else report['slice'][worst] if costs[worst] < 6 else 'keep the full model'"
    ),
)


@broken_question.right("posterior over loss and churn")
def broken_slice(report):
    losses = np.linspace(0.01, 0.10, 15)
    churn = np.geomspace(0.01, 0.35, 30)[:, None]
    chance = {8: 0.03, 5: 0.12, 4: 0.36}[report["bits"]]
    total, points = 0.0, {}
    for name, n, lost, gained in zip(
        report["slice"], report["items"], report["lost"], report["gained"], strict=True
    ):
        broken = lost * np.log(churn + losses) + gained * np.log(churn)
        broken = broken + (n - lost - gained) * np.log(1 - 2 * churn - losses)
        same = (lost + gained) * np.log(churn) + (n - lost - gained) * np.log(1 - 2 * churn)
        better = lost * np.log(churn) + gained * np.log(churn + 0.07)
        better = better + (n - lost - gained) * np.log(1 - 2 * churn - 0.07)
        most = max(broken.max(), same.max(), better.max())
        broken = chance * np.exp(broken - most).mean(axis=0) / len(losses)
        sound = (1 - chance) * (0.6 * np.exp(same - most).mean() + 0.4 * np.exp(better - most).mean())
        points[name] = 100 * float(broken @ losses) / float(broken.sum() + sound)
    total = sum(points.values())
    decisions = {"release": total, "keep the full model": 12.0}
    decisions |= {name: 3 + total - own for name, own in points.items()}
    return min(decisions, key=decisions.get)


@broken_question.right("the improved slices as well")
def broken_slice(report):
    from scipy.stats import norm

    n, lost, gained = (np.array(report[k], dtype=float)[:, None] for k in ("items", "lost", "gained"))
    q = {8: 0.03, 5: 0.12, 4: 0.36}[report["bits"]]
    change = np.concatenate([[0], -np.arange(2.0, 13), np.linspace(1, 10, 40)])
    prior = np.concatenate([[0.6 * (1 - q)], np.full(11, 0.4 * (1 - q) / 11), np.full(40, q / 40)])
    weight = prior * norm.pdf(100 * (lost - gained) / n, change, 100 * np.sqrt(lost + gained + 1) / n)
    loss = weight @ np.clip(change, 0, None) / weight.sum(axis=1)
    order = np.argsort(-loss)
    rest = loss.sum() - loss[order[0]]
    if min(loss.sum(), 3 + rest) > 12:
        return "keep the full model"
    return report["slice"][order[0]] if loss[order[0]] > 3 else "release"


@broken_question.right("plain loops, ten losses")
def broken_slice(report):
    import math

    chance = {8: 0.03, 5: 0.12, 4: 0.36}[report["bits"]]
    sizes = range(1, 11)
    expected = {}
    for i, name in enumerate(report["slice"]):
        n, lost, gained = report["items"][i], report["lost"][i], report["gained"][i]
        seen, error = 100 * (lost - gained) / n, 100 * math.sqrt(max(lost + gained, 1)) / n
        fits = [math.exp(-(((seen - size) / error) ** 2) / 2) for size in sizes]
        same = 0.6 * math.exp(-((seen / error) ** 2) / 2)
        same += 0.4 * sum(math.exp(-(((seen + gain) / error) ** 2) / 2) for gain in range(2, 13)) / 11
        whole = chance * sum(fits) / len(fits) + (1 - chance) * same
        weighed = sum(fit * size for fit, size in zip(fits, sizes, strict=True)) / len(fits)
        expected[name] = chance * weighed / whole if whole else seen
    total, worst = sum(expected.values()), max(expected, key=expected.get)
    if expected[worst] <= 3:
        return "release" if total <= 12 else "keep the full model"
    return worst if 3 + total - expected[worst] <= 12 else "keep the full model"


# ------------------------------------------------------------------------------------------------------------- choose


ANSWERS = 400_000  # euros per year if all 10 million answers were wrong, at 4 cents
CONTRACT = 20_000  # euros per year for each used slice below 0.80


# true accuracies: one in three is below 0.80, so that often two contracts are in doubt
LEAST, MOST = 0.74, 0.92


def _after_sample(right, items):
    """Mean of the true accuracy, and the chance that it is below 0.80, if it was drawn evenly between the two limits."""
    accuracy = LEAST + (np.arange(180) + 0.5) / 180 * (MOST - LEAST)
    fit = right[..., None] * np.log(accuracy) + (items - right)[..., None] * np.log(1 - accuracy)
    weight = np.exp(fit - fit.max(-1, keepdims=True))
    weight /= weight.sum(-1, keepdims=True)
    return weight @ accuracy, weight @ (accuracy < 0.80)


def _choices(rng, n):
    """Choices, with what each model costs in expectation after its sample: few questions make one sample worth less."""
    cases, costs = [], []
    for _ in range(n):
        slices = [str(name) for name in rng.choice(NAMES, int(rng.integers(4, 7)), replace=False)]
        shares = np.sort(rng.dirichlet(np.full(len(slices), 0.5)) + 0.02)[::-1]
        usage = {
            name: round(float(share), 4) for name, share in zip(slices, shares / shares.sum(), strict=True)
        }
        usage["moss"] = 0.0  # nobody asks it
        budget, price = float(rng.choice([150, 250, 350])), float(rng.choice([100, 160, 240]))
        few = rng.random(len(usage)) < 0.8
        # the most frequent slice has many questions, and so has the one that nobody asks
        few[[0, -1]] = False
        asked = np.where(few, rng.integers(10, 31, len(usage)), rng.integers(500, 2001, len(usage)))
        kilobytes = np.exp(rng.uniform(np.log(40), np.log(400), 6)).round(1)
        right = rng.binomial(asked, rng.uniform(LEAST, MOST, (6, len(usage))))
        mean, below = _after_sample(right, np.broadcast_to(asked, right.shape))
        used = np.array(list(usage.values()))
        cost = (
            ANSWERS * (1 - mean) @ used
            + CONTRACT * below @ (used > 0)
            + price * np.maximum(0, kilobytes - budget)
        )
        models = [
            {
                "name": name,
                "kilobytes": float(kilobytes[i]),
                "right": {
                    part: round(float(share), 4) for part, share in zip(usage, right[i] / asked, strict=True)
                },
            }
            for i, name in enumerate("ABCDEF")
        ]
        items = {part: int(count) for part, count in zip(usage, asked, strict=True)}
        costs.append({name: round(float(each), 2) for name, each in zip("ABCDEF", cost, strict=True)})
        places = rng.permutation(len(usage))
        usage = {list(usage)[i]: usage[list(usage)[i]] for i in places}
        cases.append({"models": models, "items": items, "usage": usage, "budget": budget, "price": price})
    return Case({"cases": cases}, f"{n} choices", {"costs": costs})


choose_question = Question(
    "09.choose",
    title="Choose under a budget",
    objective="Choose size and bits by what a year costs: wrong answers as used, broken contracts, memory.",
    points=4,
    answer="choose_model",
    probe="[answer(case) for case in cases]",
    judge="policy",
    # Measured on 4 sets of 600 choices: right rules 0.000 to 0.003; the nearest wrong ones the limits for the contracts only 0.021 to
    # 0.027, the chance of any contract 0.028 to 0.038 (0.004 to 0.008 when one accuracy in six was below 0.80), any accuracy from 0 to 1
    # 0.031 to 0.038, the budget as a wall 0.044 to 0.072, a slice that nobody uses 0.058 to 0.067, the sample at its word 0.073 to 0.089.
    parameters={"credit": [[0.012, 1.0], [0.018, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_choices(np.random.default_rng(6), 250)],
    hidden=lambda rng: [_choices(rng, 600)],
    hints=[
        "Write down what a model costs in a year: 400,000 times the share of wrong answers as used, 20,000 for each used slice below 0.80, and the price of the kilobytes beyond the budget.",
        "Only slices with usage above 0 count, for the wrong answers and for the contracts. One slice is in the table and is never asked.",
        "A slice seen at 0.70 in 20 questions is better than that, since no accuracy is below 0.74; in 1,000 it is known. Take each accuracy of the range, ask how well it fits the sample (`items`), and weigh with that: both the wrong answers and the chance to be below 0.80.",
    ],
    passed="Not the best model and not the smallest: the one that costs least where it is used.",
)

_CHOOSE = """
ACCURACIES = {accuracies}

def choose_model(case):
    used = [name for name, share in case["usage"].items() if {used}]
    def cost(model):
        mean, below = {{}}, {{}}
        for name in used:
            n, right = {items}, model["right"][name]
            fits = n * (right * np.log(ACCURACIES) + (1 - right) * np.log(1 - ACCURACIES))
            fits = np.exp(fits - fits.max())
            fits /= fits.sum()
            mean[name], below[name] = fits @ ACCURACIES, fits[ACCURACIES < 0.80].sum()
        wrong = {wrong}
        contracts = {contracts}
        memory = {memory}
        return {total}
    return min(case["models"], key=cost)["name"]
"""


def _choose_code(**changes):
    parts = {
        "accuracies": "0.74 + 0.18 * (np.arange(36) + 0.5) / 36",
        "items": "case['items'][name]",
        "used": "share > 0",
        "wrong": "sum(case['usage'][name] * (1 - mean[name]) for name in used)",
        "contracts": "sum(20_000 * below[name] for name in used)",
        "memory": "case['price'] * max(0, model['kilobytes'] - case['budget'])",
        "total": "400_000 * wrong + contracts + memory",
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
    why="The lesson's deeper part looks at the worst slice.",
    message="You take the model whose worst used slice is best. That is the chart of the deeper notebook; here every slice has a weight and a contract, and memory a price.",
    code="def choose_model(case):\n    used = [n for n, s in case['usage'].items() if s > 0]\n    return max(case['models'], key=lambda m: min(m['right'][n] for n in used))['name']",
)


choose_question.wrong(
    "slices that nobody uses",
    why="A contract is a contract.",
    message="You charge a contract, or wrong answers, for a slice whose usage is 0. Only *used* slices count.",
    code=_choose_code(used="share >= 0"),
)
choose_question.wrong(
    "pays for every kilobyte",
    why="price × kilobytes is what the names suggest.",
    message="You charge the price for kilobytes within the budget, or pay it back for those that a model leaves free. Only kilobytes *beyond* the budget cost, and none brings anything.",
    code=_choose_code(memory="case['price'] * model['kilobytes']"),
)
choose_question.wrong(
    "all slices weigh the same",
    why="A mean over slices is a line of code.",
    message="You give every used slice the same weight. Wrong answers cost as often as they are asked for: weigh by `usage`.",
    code=_choose_code(wrong="np.mean([1 - mean[name] for name in used])"),
)
choose_question.wrong(
    "wrong answers cost nothing",
    why="Contracts and memory have a price tag.",
    message="Wrong answers weigh nothing in your choices, or next to nothing: contracts and memory decide. A share of 0.05 wrong answers is five points, 20,000 euros per year; did you multiply a share by the price of a point?",
    code=_choose_code(wrong="0"),
)
choose_question.wrong(
    "one contract at most",
    why="Below 0.80, or not.",
    message="You charge one contract, however many slices are below 0.80. Each used slice below costs one.",
    code=_choose_code(contracts="20_000 * any(model['right'][name] < 0.80 for name in used)"),
)
choose_question.wrong(
    "the chance of any contract",
    why="Either a contract breaks, or none does.",
    message="You charge one contract with the chance that any slice is below 0.80. Two slices below cost two contracts: which average adds them up?",
    code=_choose_code(contracts="20_000 * (1 - np.prod([1 - below[name] for name in used]))"),
)
choose_question.wrong(
    "contracts in proportion to usage",
    why="Everything else is weighed by usage.",
    message="You weigh the contract by the slice's usage. It costs 20,000 however rarely the slice is asked.",
    code=_choose_code(
        contracts="sum(20_000 * case['usage'][name] * (model['right'][name] < 0.80) for name in used)"
    ),
)
choose_question.wrong(
    "a contract unless it is safe",
    why="Only a lower bound is safe.",
    message="You charge the whole contract wherever the lower end of an interval is below 0.80, also for a slice that was seen well above it. Nearly all slices that were seen at 0.80 or more are truly above: you pay for fear. What is the *expected* price?",
    code=_choose_code(
        contracts="sum(20_000 * (model['right'][name] - 1.96 * (model['right'][name] * (1 - model['right'][name]) / case['items'][name]) ** 0.5 < 0.80) for name in used)"
    ),
)


choose_question.wrong(
    "takes the sample at its word",
    why="Below 0.80, or not.",
    message="You charge a whole contract wherever your figure for the slice is below 0.80, and none above. Of 20 questions a slice with a true accuracy of 0.76 gets 17 or more right in one sample of four: the luckiest sample looks best. `items` says how far a share can be from the truth; charge the contract in proportion to the chance.",
    code=_choose_code(contracts="sum(20_000 * (model['right'][name] < 0.80) for name in used)"),
)
choose_question.wrong(
    "the same doubt for every sample",
    why="A smooth step looks careful enough.",
    message="You are as unsure of 1,000 questions as of 20: the chance of a contract does not depend on `items`. 0.77 of 1,000 is below 0.80, 0.77 of 20 may be above.",
    code=_choose_code(items="60"),
)
choose_question.wrong(
    "every sample has the mean number of questions",
    why="One standard error is enough for a table.",
    message="You take the same number of questions for every slice. Slices with 20 questions and with 1,000 stand side by side: each has its own `items`.",
    code=_choose_code(items="sum(case['items'].values()) / len(case['items'])"),
)


choose_question.wrong(
    "any accuracy from 0 to 1",
    why="A flat prior is neutral.",
    message="You let the true accuracy be anything from 0 to 1. The text says between which limits it lies: with 10 to 30 questions much of what a sample allows is outside.",
    code=_choose_code(accuracies="(np.arange(100) + 0.5) / 100"),
)
choose_question.wrong(
    "the limits for the contracts only",
    why="A share of wrong answers is what was measured.",
    message="You use the limits for the contracts, and take the wrong answers as the sample shows them. Of 15 questions one answer is 7 points. What is the expected accuracy after so few?",
    code=_choose_code(wrong="sum(case['usage'][name] * (1 - model['right'][name]) for name in used)"),
)


@choose_question.wrong(
    "contracts by flat beta posteriors",
    why="The beta posterior is the textbook's.",
    message="You let the true accuracy be anything from 0 to 1, and take the wrong answers from the sample. The text says between which limits the true accuracy lies. What can lie behind 12 of 16 then, for the contract and for the wrong answers?",
)
def choose_model(case):
    from scipy.stats import beta

    used = [name for name, share in case["usage"].items() if share > 0]
    share = np.array([case["usage"][name] for name in used])
    n = np.array([case["items"][name] for name in used])

    def cost(model):
        right = np.array([model["right"][name] for name in used])
        contracts = beta.cdf(0.80, n * right + 1, n * (1 - right) + 1).sum()
        memory = case["price"] * max(0, model["kilobytes"] - case["budget"])
        return 400_000 * share @ (1 - right) + 20_000 * contracts + memory

    return min(case["models"], key=cost)["name"]


@choose_question.wrong(
    "an exact binomial tail",
    why="A p-value at 0.80 is a chance.",
    message="You use a p-value as the chance of a contract: how often 0.80 would give such a sample. It leaves out the limits of the true accuracy, and so do your wrong answers.",
)
def choose_model(case):
    from scipy.stats import binom

    used = [name for name, share in case["usage"].items() if share > 0]
    best, least = None, np.inf
    for model in case["models"]:
        cost = case["price"] * max(0.0, model["kilobytes"] - case["budget"])
        for name in used:
            n = case["items"][name]
            right = round(model["right"][name] * n)
            # as many right answers, or more, if the true accuracy were 0.80
            cost += 20_000 * binom.sf(right - 1, n, 0.80)
            cost += 400_000 * case["usage"][name] * (1 - right / n)
        if cost < least:
            best, least = model["name"], cost
    return best


@choose_question.right("exact binomial likelihoods")
def choose_model(case):
    from scipy.stats import binom

    accuracies = np.linspace(0.742, 0.918, 45)
    used = [name for name, share in case["usage"].items() if share > 0]
    share = np.array([case["usage"][name] for name in used])
    n = np.array([[case["items"][name]] for name in used])
    costs = {}
    for model in case["models"]:
        right = np.array([[model["right"][name]] for name in used])
        weight = binom.pmf(np.round(right * n), n, accuracies)
        weight /= weight.sum(axis=1, keepdims=True)
        each = 400_000 * share[:, None] * (1 - accuracies) + 20_000 * (accuracies < 0.80)
        costs[model["name"]] = (weight * each).sum() + case["price"] * max(
            0, model["kilobytes"] - case["budget"]
        )
    return min(costs, key=costs.get)


@choose_question.right("a beta prior of the same mean and spread")
def choose_model(case):
    from scipy.stats import beta

    used = [name for name, share in case["usage"].items() if share > 0]
    share = np.array([case["usage"][name] for name in used])
    n = np.array([case["items"][name] for name in used])
    seen = np.array([[model["right"][name] for name in used] for model in case["models"]])
    more = 0.83 * 0.17 / (0.18**2 / 12) - 1
    right, wrong = n * seen + 0.83 * more, n * (1 - seen) + 0.17 * more
    over = np.maximum(0, np.array([model["kilobytes"] for model in case["models"]]) - case["budget"])
    cost = 400_000 * (wrong / (right + wrong)) @ share + 20_000 * beta.cdf(0.80, right, wrong).sum(axis=1)
    return case["models"][int(np.argmin(cost + case["price"] * over))]["name"]


# ------------------------------------------------------------------------------------------------------------- say it

say_it_question = sentence_choice(
    "09.say_it",
    objective="Name the broken slice, what is chance, and a repair.",
    right="a",
    wrong={
        "b": Misreading(
            "signs the average",
            why="Half a point is little.",
            message="The average follows the most frequent questions. 17 of 120 document questions went wrong that were right before; whom will you tell?",
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
