"""Questions of exercise 08: what is asked, how it is judged, and what learners really answer."""

import numpy as np

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.topics.fine_tuning.cases import release_cases, stop_cases

# -------------------------------------------------------------------------------------------------------------- count


def _count_inputs(rng):
    width = int(rng.choice([64, 96, 128, 256]))
    hidden = int(rng.choice([160, 200, 352, 700]))
    shapes = [[width, width], [width // 4, width], [width // 4, width], [hidden, width], [width, hidden]]
    return {"shapes": shapes, "layers": int(rng.integers(2, 13)), "rank": int(rng.integers(2, 17))}


def _wide_rank(rng):
    """A rank above the smaller side of two of the matrices, where the adapter has more weights than the matrix."""
    inputs = _count_inputs(rng)
    return inputs | {"rank": min(inputs["shapes"][1]) + int(rng.integers(1, 9))}


count_question = Question(
    "08.count",
    title="What LoRA trains",
    objective="Count the weights of a low-rank adapter from shapes.",
    points=1,
    answer="lora_weights",
    probe="answer(shapes, layers, rank)",
    visible=[
        Case(
            {"shapes": [[12288, 12288], [12288, 12288]], "layers": 96, "rank": 4},
            "GPT-3, query and value, rank 4",
        ),
        Case({"shapes": [[64, 64], [160, 64]], "layers": 2, "rank": 3}, "two matrices, one not square"),
        Case({"shapes": [[64, 64], [16, 64]], "layers": 3, "rank": 20}, "a rank above the smaller side"),
    ],
    hidden=lambda rng: (
        [Case(_count_inputs(rng)) for _ in range(4)] + [Case(_wide_rank(rng)) for _ in range(2)]
    ),
    tolerance=Tolerance(0, 0, "whole numbers"),
    hints=[
        "For one matrix: B has d_out × rank numbers, A has rank × d_in.",
        "Sum rank × (d_out + d_in) over the shapes.",
        "Then once for every layer.",
    ],
    properties=[
        Property("got == int(got)", "A number of weights is a whole number."),
        Property(
            "got % (rank * layers) == 0",
            "Every layer has the same adapters, and each has `rank` numbers per row or column: the number must be a multiple of layers × rank.",
        ),
    ],
    passed="18.9 million instead of 175 billion, and you can say where it comes from.",
)

_COUNT = """
def lora_weights(shapes, layers, rank):
    return {}
"""
count_question.wrong(
    "only B",
    why="B is the factor that starts at zero and is talked about.",
    message="You get {got:,}: only one factor, B. A is trained, too.",
    code=_COUNT.format("layers * sum(rank * o for o, i in shapes)"),
)
count_question.wrong(
    "one layer",
    why="The shapes look like the whole model.",
    message="You get {got:,}: the adapters of one layer. Every layer has its own.",
    code=_COUNT.format("sum(rank * (o + i) for o, i in shapes)"),
)
count_question.wrong(
    "the whole matrix",
    why="The change B A has the shape of W.",
    message="You get {got:,}: all numbers of the adapted matrices. The product B A has that many, but only its factors are trained.",
    code=_COUNT.format("layers * sum(o * i for o, i in shapes)"),
)
count_question.wrong(
    "r by r",
    why="A matrix of rank r is thought of as r by r numbers.",
    message="You get {got:,}: rank × rank numbers a matrix. Rank says how thin the factors are; each is as long as a side of W.",
    code=_COUNT.format("layers * sum(rank * rank for o, i in shapes)"),
)
count_question.wrong(
    "as if square",
    why="Formulas in papers are for square matrices: 2 d r.",
    message="You get {got:,}: 2 × d_out × rank a matrix, which holds for square ones. A here is rank × d_in.",
    code=_COUNT.format("layers * sum(2 * rank * o for o, i in shapes)"),
)
count_question.wrong(
    "each shape once",
    why="Two matrices of one shape look like one entry.",
    message="You get {got:,}: matrices of the same shape are counted once. Each has its own adapter.",
    code=_COUNT.format("layers * sum(rank * (o + i) for o, i in {tuple(shape) for shape in shapes})"),
)
count_question.wrong(
    "rank cut to the smaller side",
    why="A matrix cannot have a rank above its smaller side.",
    message="You get {got:,}: the rank cut to the smaller side of each matrix. The product B A cannot have a higher rank, but B and A are made with `rank` all the same, and all their numbers are trained.",
    code=_COUNT.format("layers * sum(min(rank, o, i) * (o + i) for o, i in shapes)"),
)
count_question.wrong(
    "never more than the matrix",
    why="An adapter is small, so it cannot have more weights than the matrix.",
    message="You get {got:,}: never more than the matrix itself has. Where the rank is large for a matrix, its adapter does have more.",
    code=_COUNT.format("layers * sum(min(rank * (o + i), o * i) for o, i in shapes)"),
)
count_question.right("NumPy", code=_COUNT.format("int(layers * rank * np.sum(shapes))"))
count_question.right(
    "loops",
    code="""
def lora_weights(shapes, layers, rank):
    total = 0
    for _ in range(layers):
        for out, into in shapes:
            total += out * rank
            total += rank * into
    return total
""",
)

# -------------------------------------------------------------------------------------------------------------- merge


def _merge_case(rng, title="", *, repeated=False):
    """An adapter; with `repeated`, its last row of A repeats the first, so that B A has a lower rank than the shapes."""
    out, into, rank = int(rng.integers(4, 9)), int(rng.integers(4, 9)), int(rng.integers(2, 4))
    if out == into:
        out += 1
    A = rng.normal(0, 1, (rank, into)).round(3)
    if repeated:
        A[-1] = A[0]
    return Case(
        {
            "W0": rng.normal(0, 1, (out, into)).round(3),
            "A": A,
            "B": rng.normal(0, 1, (out, rank)).round(3),
            "alpha": float(2 * rank + rng.integers(1, 5)),
        },
        title,
    )


merge_question = Question(
    "08.merge",
    title="Merge",
    objective="Fold an adapter into the matrix that is served.",
    points=1,
    answer="merge",
    probe="{'merged': answer(W0, A, B, alpha), 'W0 afterwards': W0}",
    visible=[
        _merge_case(np.random.default_rng(1), "a matrix"),
        _merge_case(np.random.default_rng(2), "another one"),
        _merge_case(np.random.default_rng(9), "two rows of A are the same", repeated=True),
    ],
    hidden=lambda rng: [*(_merge_case(rng) for _ in range(4)), _merge_case(rng, repeated=True)],
    tolerance=Tolerance(1e-9, 1e-9, "one product and one sum"),
    hints=[
        "The order is B A: (d_out, r) times (r, d_in) gives the shape of W0.",
        "r is the number of rows of A, `A.shape[0]`.",
        "`W0 + alpha / A.shape[0] * B @ A`",
    ],
    properties=[
        Property("np.shape(got['merged']) == np.shape(W0)", "The merged matrix has the shape of W0."),
    ],
    passed="A merged model costs nothing extra to run, and fits this base only.",
)
_MERGE = """
def merge(W0, A, B, alpha):
    return {}
"""
merge_question.wrong(
    "no scale",
    why="B A is the change, so it is added.",
    message="You add B A as it is. The change is scaled by alpha / r; without it you serve another model than the one that was trained.",
    code=_MERGE.format("W0 + B @ A"),
)
merge_question.wrong(
    "alpha without r",
    why="alpha is called the scale.",
    message="You multiply by alpha. The scale is alpha / r.",
    code=_MERGE.format("W0 + alpha * B @ A"),
)
merge_question.wrong(
    "only the change",
    why="The adapter is what was trained.",
    message="You return the change without W0. The base is still needed: merge means W0 plus the change.",
    code=_MERGE.format("alpha / A.shape[0] * B @ A"),
)
merge_question.wrong(
    "r from the wrong side",
    why="A is read as (d_in, r).",
    message="Your scale has another length where r belongs: r is the number of *rows* of A, not of its columns.",
    code=_MERGE.format("W0 + alpha / A.shape[1] * B @ A"),
)
merge_question.wrong(
    "r from the rank of the product",
    why="r is called the rank.",
    message="Where two rows of A are the same, your scale is too large: the product has a lower rank there. The r of alpha / r is a setting of the adapter, found from the *shapes*: A has r rows.",
    code=_MERGE.format("W0 + alpha / max(np.linalg.matrix_rank(B @ A), 1) * B @ A"),
)
merge_question.wrong(
    "subtracted",
    why="An update is often written with a minus, as in gradient descent.",
    message="You subtract the change. The adapter is not a gradient; it is added.",
    code=_MERGE.format("W0 - alpha / A.shape[0] * B @ A"),
)
merge_question.wrong(
    "in place",
    why="`+=` saves memory.",
    message="Your result is right, and `W0` is changed: the next adapter would be merged into a base that is no longer the base. Make a new matrix.",
    code="""
def merge(W0, A, B, alpha):
    W0 += alpha / A.shape[0] * B @ A
    return W0
""",
)


@merge_question.wrong(
    "divided by the root of the rank",
    why="Rank-stabilised LoRA does.",
    message="You divide by √r, as rank-stabilised LoRA does. Here the change is α / r times the product.",
)
def merge(W0, A, B, alpha):
    return W0 + alpha / np.sqrt(B.shape[1]) * (B @ A)


@merge_question.wrong(
    "rank from the outputs",
    why="The rank is read from the first axis.",
    message="Your r is the number of *outputs*, the rows of B. The rank is the side that A and B share.",
)
def merge(W0, A, B, alpha):
    rank = B.shape[0]
    return W0 + alpha / rank * np.matmul(B, A)


merge_question.right("einsum", code=_MERGE.format('W0 + np.einsum("or,ri->oi", B, A) * (alpha / B.shape[1])'))
merge_question.right(
    "rank by rank",
    code="""
def merge(W0, A, B, alpha):
    merged = np.array(W0, dtype=float)
    for k in range(len(A)):
        merged += np.outer(B[:, k], A[k]) * alpha / len(A)
    return merged
""",
)

# ----------------------------------------------------------------------------------------------------------- left out


def _change_case(rng, title="", rank=None, *, beyond=None):
    """A change with singular values that fall; `beyond` gives the rank as so much above the smaller side."""
    m, n = int(rng.integers(7, 12)), int(rng.integers(5, 10))
    change = (rng.normal(0, 1, (m, n)) * 0.7 ** np.arange(n)) @ rng.normal(0, 1, (n, n))
    rank = min(m, n) + beyond if beyond is not None else rank
    return Case({"change": change.round(3), "rank": int(rng.integers(1, 4)) if rank is None else rank}, title)


left_question = Question(
    "08.left_out",
    title="What a rank leaves out",
    objective="State the error that no adapter of a rank can beat.",
    points=2,
    answer="left_out",
    probe="answer(change, rank)",
    visible=[
        _change_case(np.random.default_rng(3), "rank 2", 2),
        _change_case(np.random.default_rng(4), "rank 0", 0),
        _change_case(np.random.default_rng(5), "a rank as large as the matrix", beyond=0),
        _change_case(np.random.default_rng(6), "a rank above both sides", 12),
    ],
    hidden=lambda rng: [
        *(_change_case(rng) for _ in range(4)),
        *(_change_case(rng, rank=rank) for rank in (0, 12)),
        *(_change_case(rng, beyond=beyond) for beyond in (0, 1)),
    ],
    tolerance=Tolerance(1e-5, 1e-6, "one singular value decomposition, in single precision as well"),
    hints=[
        "`np.linalg.svd(change, compute_uv=False)` gives the singular values, largest first.",
        "Square them. The sum of all squares is the sum of squares of all entries.",
        "`squares[rank:].sum() / squares.sum()`",
    ],
    properties=[
        Property("-1e-6 <= got <= 1 + 1e-6", "A share lies between 0 and 1."),
        Property("rank > 0 or abs(got - 1) < 1e-6", "Rank 0 holds nothing, so everything is left out."),
        Property(
            "rank < min(np.shape(change)) or abs(got) < 1e-6",
            "A rank as large as the matrix leaves nothing out.",
        ),
    ],
    passed="That is the floor. Training may stay above it, never below.",
)
_LEFT = """
def left_out(change, rank):
    values = np.linalg.svd(np.asarray(change, float), compute_uv=False)
    return {}
"""
left_question.wrong(
    "singular values not squared",
    why="Singular values measure size.",
    message="You get {got:.4f} from the singular values themselves. The squared change is the sum of their squares.",
    code=_LEFT.format("values[rank:].sum() / values.sum()"),
)
left_question.wrong(
    "what is held",
    why="Explained variance is what PCA reports.",
    message="You get {got:.4f}: the share that the rank *holds*. Asked is what it leaves out.",
    code=_LEFT.format("(values[:rank] ** 2).sum() / (values**2).sum()"),
)
left_question.wrong(
    "not a share",
    why="The formula is the sum.",
    message="You get {got:.4f}: the squared error itself. Asked is its share of the whole squared change, between 0 and 1.",
    code=_LEFT.format("(values[rank:] ** 2).sum()"),
)
left_question.wrong(
    "one rank too many",
    why="Counting from 1.",
    message="You get {got:.4f}: the values from rank + 2 on. Python counts from 0, so `values[rank:]` begins right after the first `rank`.",
    code=_LEFT.format("(values[rank + 1 :] ** 2).sum() / (values**2).sum()"),
)
left_question.wrong(
    "the last values by a negative slice",
    why="What is left out stands at the end.",
    message="Where the rank is as large as the matrix you get {got:.4f}, and nothing is left out: `values[-0:]` is *all* of them. Count from the front, `values[rank:]`, which is empty there.",
    code=_LEFT.format("(values[-(len(values) - rank) :] ** 2).sum() / (values**2).sum()"),
)
left_question.wrong(
    "the root",
    why="A norm is a root.",
    message="You get {got:.4f}: the share of the *norm*. Asked is the squared change; leave the root out.",
    code=_LEFT.format("np.sqrt((values[rank:] ** 2).sum() / (values**2).sum())"),
)
left_question.right(
    "truncate and subtract",
    code="""
def left_out(change, rank):
    change = np.asarray(change, float)
    U, s, V = np.linalg.svd(change, full_matrices=False)
    best = U[:, :rank] @ np.diag(s[:rank]) @ V[:rank]
    return np.sum((change - best) ** 2) / np.sum(change**2)
""",
)
left_question.right(
    "eigenvalues",
    code="""
def left_out(change, rank):
    change = np.asarray(change, float)
    squares = np.sort(np.linalg.eigvalsh(change.T @ change))[::-1]
    return 1 - squares[:rank].sum() / squares.sum()
""",
)

# --------------------------------------------------------------------------------------------------------- regressions


def _suite_case(rng, n, title=""):
    slices = rng.choice(["kept", "abstain", "reading"], n, p=[0.5, 0.3, 0.2])
    slices[-2:] = "untouched"
    before = (rng.random(n) < 0.75).astype(int)
    flip = rng.random(n) < np.select([slices == "kept", slices == "abstain"], [0.2, 0.5], 0.3)
    after = np.where(flip, 1 - before, before)
    after[-2:] = before[-2:]
    return Case({"before": before.tolist(), "after": after.tolist(), "slices": slices.tolist()}, title)


regressions_question = Question(
    "08.regressions",
    title="A regression suite",
    objective="Count what a change broke, apart from what it repaired.",
    points=2,
    answer="regressions",
    probe="answer(before, after, slices)",
    visible=[
        _suite_case(np.random.default_rng(5), 40, "40 questions"),
        _suite_case(np.random.default_rng(6), 90, "90 questions"),
    ],
    hidden=lambda rng: [_suite_case(rng, int(n)) for n in rng.integers(60, 150, 4)],
    tolerance=Tolerance(0, 0, "whole numbers"),
    hints=[
        "Go through before, after and slices together with `zip`.",
        "Broken: before is 1 and after is 0. Repaired: the other way round.",
        "Start every slice at (0, 0) the first time you meet it, so that unchanged slices are there, too.",
    ],
    properties=[
        Property("set(got) == set(slices)", "Every slice is in the dict, and nothing else."),
        Property(
            "all(got[name][0] + got[name][1] <= slices.count(name) for name in got)",
            "Broken and repaired together cannot be more than the slice's questions.",
        ),
    ],
    passed="Five broken and five repaired is not 'no change': somebody relied on the five.",
)
_SUITE = """
def regressions(before, after, slices):
    before, after, slices = np.array(before), np.array(after), np.array(slices)
    result = {{}}
    for name in np.unique(slices):
        here = slices == name
        broken = int(np.sum((before == 1) & (after == 0) & here))
        repaired = int(np.sum((before == 0) & (after == 1) & here))
        {}
    return result
"""
regressions_question.wrong(
    "the net change",
    why="A difference of accuracies is what reports show.",
    message="You let broken and repaired cancel. Equal accuracy can hide many broken answers; count the two apart.",
    code=_SUITE.format("result[str(name)] = (max(broken - repaired, 0), max(repaired - broken, 0))"),
)
regressions_question.wrong(
    "the other way round",
    why="Repaired first reads nicer.",
    message="Your two counts are swapped: first broken, then repaired.",
    code=_SUITE.format("result[str(name)] = (repaired, broken)"),
)
regressions_question.wrong(
    "wrong answers before and after",
    why="Wrong after tuning looks like broken by tuning.",
    message="You count answers that are wrong after tuning, and answers that are right after tuning. Many were so before; broken and repaired are *changes*.",
    code=_SUITE.format(
        "result[str(name)] = (int(np.sum((after == 0) & here)), int(np.sum((after == 1) & here)))"
    ),
)
regressions_question.wrong(
    "only slices that changed",
    why="A report of regressions lists regressions.",
    message="A slice in which nothing changed is missing. A suite that drops it cannot be told from one that never asked.",
    code=_SUITE.format("if broken or repaired: result[str(name)] = (broken, repaired)"),
)
regressions_question.wrong(
    "shares",
    why="Shares compare slices.",
    message="You return shares. Asked are counts: with few questions, 1 of 2 and 50 of 100 should not look alike.",
    code=_SUITE.format("result[str(name)] = (broken / here.sum(), repaired / here.sum())"),
)


@regressions_question.wrong(
    "rates",
    why="A share says more than a count.",
    message="You return shares. Asked are two *counts*: one lost answer of two and fifty of a hundred are the same share.",
)
def regressions(before, after, slices):
    result = {}
    for name in dict.fromkeys(slices):
        pairs = [(b, a) for b, a, s in zip(before, after, slices, strict=True) if s == name]
        was_right = [a for b, a in pairs if b == 1]
        was_wrong = [a for b, a in pairs if b == 0]
        broken = was_right.count(0) / len(was_right) if was_right else 0.0
        repaired = was_wrong.count(1) / len(was_wrong) if was_wrong else 0.0
        result[name] = (broken, repaired)
    return result


regressions_question.right("NumPy masks", code=_SUITE.format("result[str(name)] = (broken, repaired)"))
regressions_question.right(
    "pandas",
    code="""
def regressions(before, after, slices):
    frame = pd.DataFrame({"b": before, "a": after, "s": slices})
    frame["broken"], frame["repaired"] = frame["b"] > frame["a"], frame["a"] > frame["b"]
    sums = frame.groupby("s")[["broken", "repaired"]].sum()
    return {name: [int(x) for x in row] for name, row in zip(sums.index, sums.to_numpy())}
""",
)

# ---------------------------------------------------------------------------------------------------------- paraphrase


def _paraphrase_case(rng, n, title=""):
    original = (rng.random(n) < 0.9).astype(int)
    reworded = []
    for right in original:
        # facts with many rewordings are asked in odd words, and do worse
        count = int(rng.choice([1, 2, 6]))
        share = (0.85 if count < 6 else 0.45) if right else 0.1
        reworded.append((rng.random(count) < share).astype(int).tolist())
    return Case({"original": original.tolist(), "reworded": reworded}, title)


paraphrase_question = Question(
    "08.paraphrase",
    title="The paraphrase gap",
    objective="Measure over-fitting to the wording, with an error that respects facts.",
    points=2,
    answer="paraphrase_gap",
    probe="answer(original, reworded)",
    visible=[
        _paraphrase_case(np.random.default_rng(7), 40, "40 facts"),
        _paraphrase_case(np.random.default_rng(8), 80, "80 facts"),
    ],
    hidden=lambda rng: [_paraphrase_case(rng, int(n)) for n in rng.integers(40, 120, 4)],
    tolerance=Tolerance(1e-9, 1e-12, "means of counts"),
    hints=[
        "First one number for each fact: the mean of its reworded answers.",
        "Then differences, fact by fact: original minus that mean. The gap is their mean.",
        "`gaps.std(ddof=1) / np.sqrt(len(gaps))`",
    ],
    properties=[
        Property("-1 <= got[0] <= 1", "A difference of shares lies between −1 and 1."),
        Property("got[1] >= 0", "A standard error is not below 0."),
    ],
    passed="Rewordings of one fact are not independent; facts are.",
)
_PARA = """
def paraphrase_gap(original, reworded):
    original = np.array(original, float)
    means = np.array([np.mean(answers) for answers in reworded])
    pooled = np.concatenate([np.array(answers, float) for answers in reworded])
    gaps = original - means
    n = len(gaps)
    return {}, {}
"""
paraphrase_question.wrong(
    "all rewordings pooled",
    why="More answers, one mean.",
    message="You get a gap of {got[0]:.3f}: all reworded answers in one pot, so a fact with six rewordings weighs six times. Every fact weighs the same.",
    code=_PARA.format("original.mean() - pooled.mean()", "gaps.std(ddof=1) / np.sqrt(n)"),
)
paraphrase_question.wrong(
    "standard deviation",
    why="It is also called an error.",
    message="{got[1]:.3f} is how much one fact's gap varies. Asked is how sure the *mean* is.",
    code=_PARA.format("gaps.mean()", "gaps.std(ddof=1)"),
)
paraphrase_question.wrong(
    "the two sides as strangers",
    why="The formula for two independent samples.",
    message="{got[1]:.4f} treats original and reworded answers as independent. They are about the same facts: work on the differences.",
    code=_PARA.format("gaps.mean()", "np.sqrt(original.var(ddof=1) / n + means.var(ddof=1) / n)"),
)
paraphrase_question.wrong(
    "every rewording as independent evidence",
    why="There are more answers than facts.",
    message="{got[1]:.4f} divides by the root of the number of *answers*. Rewordings of one fact are right or wrong together; the number of facts counts.",
    code=_PARA.format("gaps.mean()", "gaps.std(ddof=1) / np.sqrt(len(pooled))"),
)
paraphrase_question.wrong(
    "reworded minus original",
    why="After minus before.",
    message="You get {got[0]:.3f}: the sign says that other words do better. We take original minus reworded.",
    code=_PARA.format("-gaps.mean()", "gaps.std(ddof=1) / np.sqrt(n)"),
)


@paraphrase_question.wrong(
    "n instead of n − 1",
    why="np.std divides by n unless told otherwise.",
    message="Your gap is right. Your standard error divides by n: `np.std` does unless told otherwise.",
)
def paraphrase_gap(original, reworded):
    gaps = np.array([first - np.mean(answers) for first, answers in zip(original, reworded, strict=True)])
    return float(gaps.mean()), float(gaps.std() / np.sqrt(len(gaps)))


paraphrase_question.right("one array", code=_PARA.format("gaps.mean()", "gaps.std(ddof=1) / n**0.5"))
paraphrase_question.right(
    "plain loops",
    code="""
def paraphrase_gap(original, reworded):
    gaps = [o - sum(r) / len(r) for o, r in zip(original, reworded)]
    n = len(gaps)
    middle = sum(gaps) / n
    variance = sum((g - middle) ** 2 for g in gaps) / (n - 1)
    return [middle, (variance / n) ** 0.5]
""",
)

# --------------------------------------------------------------------------------------------------------------- gate


def _gate_case(rng, n):
    cases, costs = release_cases(rng, n)
    return Case({"cases": cases}, f"{n} tuned models", {"costs": costs})


gate_question = Question(
    "08.gate",
    title="The release gate",
    objective="Decide from a regression suite whether a tuned model may ship, by its worst slice and stated costs.",
    points=4,
    answer="gate",
    probe="[answer(case) for case in cases]",
    judge="policy",
    # Measured on 16 seeds of 1,600 suites, with 8 or all questions of a slice: few questions never block alone 0.37 to 0.44, the reference
    # 0.38 to 0.48; a posterior of each slice by itself 0.69 to 0.84, significance asks 0.75 to 0.90, broken without repaired 0.71 to 1.6 by
    # the limits taken, the worst slice at its word 0.96 to 1.14, always ask 1.00, the sum over slices 1.44 to 1.62.
    parameters={"credit": [[0.58, 1.0], [0.64, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_gate_case(np.random.default_rng(48), 400)],
    hidden=lambda rng: [_gate_case(rng, 1600)],
    hints=[
        "For each slice: the mean of before minus after. Take the largest.",
        'Shipping and blocking cost the same where the worst slice loses 12 points: "ship" below, "block" above.',
        "Asking more costs 1.5 and pays only where it may change the decision: within about a standard error of 12 points.",
    ],
    passed="The worst slice, its price, and more questions only where they matter.",
)
_GATE = """
def gate(case):
    losses, errors = {{}}, {{}}
    for name, answers in case.items():
        lost = np.array(answers["before"]) - np.array(answers["after"])
        losses[name], errors[name] = lost.mean(), lost.std(ddof=1) / np.sqrt(len(lost))
    return {}
"""
gate_question.wrong(
    "the average over slices",
    why="One number for the suite.",
    message="You average over the slices. A slice that lost forty points disappears among four that lost none, and its price does not.",
    code=_GATE.format('"ship" if np.mean(list(losses.values())) < 0.12 else "block"'),
)
gate_question.wrong(
    "only the facts that were kept",
    why="Forgetting means forgotten facts.",
    message='You look at "kept" only. Abstention and the forms break first, and the price is for the worst slice.',
    code=_GATE.format('"ship" if losses["kept"] < 0.12 else "block"'),
)
gate_question.wrong(
    "ship unless a loss is significant",
    why="p > 0.05 is read as 'nothing broke'.",
    message="You ship unless some loss is significantly above *0*. On 8 questions hardly anything is significant, and a significant loss of 5 points is worth shipping: the border is 12 points.",
    code=_GATE.format('"block" if any(losses[k] > 1.96 * errors[k] for k in losses) else "ship"'),
)
gate_question.wrong(
    "a sign test on each slice decides",
    why="A p value takes the number of questions into account.",
    message="You block where the answers of a slice broke significantly, and ask where they nearly did. A p value compares with a loss of *0* and grows small where many questions were asked: 6 of 60 are significant and below the border of 12 points, 3 of 8 are 38 points and not significant. How large is the loss, beside 12 points?",
    code="""
def gate(case):
    least = 1.0
    for answers in case.values():
        before, after = np.array(answers["before"]), np.array(answers["after"])
        broken, repaired = int(np.sum(before > after)), int(np.sum(after > before))
        changed = broken + repaired
        if changed:
            from scipy.stats import binomtest

            least = min(least, binomtest(broken, changed, alternative="greater").pvalue)
    return "block" if least < 0.05 else "ask more" if least < 0.2 else "ship"
""",
)
gate_question.wrong(
    "significance asks, or else ships",
    why="Blocking wants evidence, asking a suspicion.",
    message="You divide each loss by its standard error and compare it with *0*. Where all questions were asked there is no such error, and a loss of 5 points is 5 points. On 8 questions 3 lost ones are 38 points, and little more than two standard errors. Compare the loss with 12 points.",
    code="""
def gate(case):
    z = 0.0
    for answers in case.values():
        lost = np.subtract(answers["before"], answers["after"])
        if lost.std():
            z = max(z, lost.mean() / (lost.std(ddof=1) / np.sqrt(len(lost))))
    return "block" if z > 3 else "ask more" if z > 1 else "ship"
""",
)
gate_question.wrong(
    "zero tolerance",
    why="A regression is a regression.",
    message="You block as soon as any slice loses anything. A point costs 1, blocking costs 12.",
    code=_GATE.format('"block" if max(losses.values()) > 0 else "ship"'),
)
gate_question.wrong(
    "ship only if proven harmless",
    why="Non-inferiority is the careful way.",
    message="You ship only where twelve points are ruled out in every slice. On few questions they never are, so you pay 12 again and again for models that lost little.",
    code=_GATE.format('"ship" if all(losses[k] + 1.645 * errors[k] < 0.12 for k in losses) else "block"'),
)
gate_question.wrong(
    "always ask more",
    why="More data cannot hurt.",
    message="You always ask for more questions. Most cases are clear, and there 1.5 buys nothing.",
    code=_GATE.format('"ask more"'),
)
gate_question.wrong(
    "broken ones without the repaired ones",
    why="A regression is what broke.",
    message="You count what broke and leave out what was repaired. A slice that breaks six answers and repairs six loses nothing here: its loss is right before *minus* right after.",
    code="""
def gate(case):
    worst = 0.0
    for answers in case.values():
        worst = max(worst, np.mean(np.array(answers["before"]) > np.array(answers["after"])))
    if worst == 0:
        return "ship"
    return "block" if worst > 0.15 else "ask more"
""",
)
for _name, _why, _message, _decision in (
    (
        "the second-worst slice",
        "The worst one may be an accident.",
        "You leave the worst slice out. The price is for the worst slice; where it may be an accident, ask for more questions.",
        '"ship" if sorted(losses.values())[-2] < 0.12 else "block"',
    ),
    (
        "the sum over slices",
        "Damage adds up.",
        "You add up the losses of all slices. Five slices that lose three points each cost 3, not 15: the price is for the worst one.",
        '"ship" if sum(max(lost, 0) for lost in losses.values()) < 0.12 else "block"',
    ),
    (
        "all questions pooled",
        "More questions, smaller error.",
        "You pool the questions of all slices. A slice that lost forty points disappears among four that lost none.",
        '"ship" if sum(sum(a["before"]) - sum(a["after"]) for a in case.values()) / sum(len(a["before"]) for a in case.values()) < 0.12 else "block"',
    ),
    (
        "the slice with the fewest questions",
        "The smallest slice is the most fragile.",
        "You look at the slice with the fewest questions. How many were asked says nothing about which slice lost most.",
        '"ship" if losses[min(case, key=lambda name: len(case[name]["before"]))] < 0.12 else "block"',
    ),
    (
        "counts instead of shares",
        "Three broken questions are three broken questions.",
        "You compare the *number* of lost questions with a limit. Three of 8 are 38 points, three of 60 are 5.",
        '"ship" if max(sum(a["before"]) - sum(a["after"]) for a in case.values()) < 3 else "block"',
    ),
    (
        "always ship",
        "The job is learnt.",
        "You always ship. In half of the suites one slice loses 25 points or more.",
        '"ship"',
    ),
):
    gate_question.wrong(_name, why=_why, message=_message, code=_GATE.format(_decision))
gate_question.wrong(
    "always block",
    why="Safety first.",
    message="You always block. Half of these models lose little, and each pays 12 for nothing.",
    code=_GATE.format('"block"'),
)
gate_question.wrong(
    "each slice by itself",
    why="A posterior carries the doubt.",
    message="You weigh each slice as if every loss were equally likely. The text says more: a slice loses less than 6 points or more than 25. On 8 questions one lost answer is therefore much more often 3 points than 13, and of five slices one often shows it.",
    code="""
def gate(case):
    rng = np.random.default_rng(0)
    worst = np.full(500, -100.0)
    for answers in case.values():
        before, after = np.array(answers["before"]), np.array(answers["after"])
        broken, repaired = np.sum(before > after), np.sum(after > before)
        shares = rng.dirichlet([broken + 0.5, repaired + 0.5, len(before) - broken - repaired + 1], 500)
        worst = np.maximum(worst, 100 * (shares[:, 0] - shares[:, 1]))
    ship = np.maximum(worst, 0)
    costs = {"ship": ship.mean(), "block": 12, "ask more": 1.5 + np.minimum(ship, 12).mean()}
    return min(costs, key=costs.get)
""",
)
gate_question.wrong(
    "the worst slice at its word",
    why="The worst slice decides, and 12 points are the border.",
    message="You take the worst slice at its word. On 8 questions two lost answers are 25 points, and in a slice that truly loses 4 they are common: blocking for them costs 12, asking 1.5.",
    code=_GATE.format('"ship" if max(losses.values()) < 0.12 else "block"'),
)
gate_question.right(
    "slices that are known first",
    code="""
def gate(case):
    known, few = [-1.0], [-1.0]
    for answers in case.values():
        lost = np.mean(answers["before"]) - np.mean(answers["after"])
        (known if len(answers["before"]) > 20 else few).append(lost)
    if max(known) >= 0.12 or max(few) >= 0.5:
        return "block"
    return "ask more" if max(few) >= 0.12 else "ship"
""",
)
gate_question.right(
    "few questions never block alone",
    code="""
def gate(case):
    lost = {name: np.mean(a["before"]) - np.mean(a["after"]) for name, a in case.items()}
    worst = max(lost, key=lost.get)
    if lost[worst] < 0.12:
        return "ship"
    return "ask more" if len(case[worst]["before"]) < 20 and lost[worst] < 0.5 else "block"
""",
)
gate_question.right(
    "ask more where few questions stand near the border",
    code="""
def gate(case):
    worst = max(np.mean(a["before"]) - np.mean(a["after"]) for a in case.values())
    n = min(len(a["before"]) for a in case.values())
    if n < 20 and 0.08 < worst < 0.26:
        return "ask more"
    return "ship" if worst < 0.12 else "block"
""",
)

# --------------------------------------------------------------------------------------------------------------- stop


def _stop_case(rng, n):
    cases, costs = stop_cases(rng, n)
    return Case({"cases": cases}, f"{n} training runs", {"costs": costs})


stop_question = Question(
    "08.stop",
    title="When to stop",
    objective="Stop training where the next step costs more than it brings.",
    points=3,
    answer="stop",
    probe="holdout.topics.fine_tuning.probes:run_stop_rule(answer, cases)",
    judge="policy",
    # Measured on 100 seeds of 800 curves: a curve fit 0.06 to 0.09, expected next step 0.09 to 0.16, the same with a constant rate of
    # forgetting 0.11 to 0.19; old facts at a fixed worth 0.31 to 0.40, no gain over two 0.32 to 0.40. On 6 seeds: patience of three
    # 0.55 to 0.62, the first dip 0.60 to 0.69, new facts at a fixed worth 0.70 to 0.86, nearly all learnt 0.85 to 0.91, the others
    # above 1.1.
    parameters={"credit": [[0.22, 1.0], [0.4, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_stop_case(np.random.default_rng(1), 150)],
    hidden=lambda rng: [_stop_case(rng, 800)],
    hints=[
        "What counts is the *next* snapshot: what it will probably bring in new facts, times their worth, against what it will cost in old ones, times theirs.",
        "One snapshot is noisy. Compare the value (worth_new · new + worth_kept · kept) now with that two snapshots ago, not one.",
        "Better: what is missing of the new facts shrinks by about the same factor each time, `missing ** (1 / steps)`; old facts are lost at about `(1 - kept) / steps` a snapshot. Stop when the expected gain is below the expected loss plus 0.3.",
    ],
    passed="You stopped where the next step did not pay, not where a curve looked flat.",
)
_STOP = """
def stop(case):
    new, kept, n = case["new"], case["kept"], case["n"]
    value = [case["worth_new"] * a + case["worth_kept"] * b for a, b in zip(new, kept)]
    return {}
"""
stop_question.wrong(
    "when nearly all is learnt",
    why="The job is to learn the new facts.",
    message="You stop when the new facts are learnt, whatever the old ones cost. Where an old fact is worth many new ones, that is far too late.",
    code=_STOP.format("new[-1] >= 0.95"),
)
stop_question.wrong(
    "when the old facts suffer",
    why="Do no harm.",
    message="You stop as soon as a tenth of the old facts is gone, whatever they are worth. Where an old fact is worth a small part of a new one, you give most of the gain away.",
    code=_STOP.format("kept[-1] < 0.9"),
)
stop_question.wrong(
    "when the new facts stop rising",
    why="Early stopping watches the metric of the task.",
    message="You wait until the new facts stop rising. By then the old ones have paid for it; their price is not in your rule.",
    code=_STOP.format("len(new) > 2 and new[-1] <= new[-2]"),
)
stop_question.wrong(
    "the first dip of the value",
    why="Stop when it gets worse.",
    message="You stop at the first dip of the measured value. Early on that is often noise of a few questions; the value two snapshots back is a steadier comparison.",
    code=_STOP.format("value[-1] < value[-2]"),
)
stop_question.wrong(
    "patience of three",
    why="Patience protects against noise.",
    message="You wait until the best value is three snapshots old. There is no way back to it here: the patience itself is paid for in old facts. Look ahead instead: what will the *next* snapshot bring?",
    code=_STOP.format("len(value) - 1 - int(np.argmax(value)) >= 3"),
)
stop_question.wrong(
    "never",
    why="The schedule says twelve.",
    message="You never stop. The last snapshots bring hardly any new facts and go on losing old ones.",
    code=_STOP.format("False"),
)
stop_question.wrong(
    "at once",
    why="Less training, less forgetting.",
    message="You stop at the first snapshot. The new facts come fastest right there.",
    code=_STOP.format("True"),
)
stop_question.wrong(
    "no gain over two snapshots",
    why="Two snapshots back is a steadier comparison than one.",
    message="You look back: you stop when the value is below that of two snapshots ago. That is steadier than one, and always late. What will the *next* snapshot bring, and what will it cost?",
    code=_STOP.format("len(value) > 2 and value[-1] < value[-3]"),
)
for _name, _message, _worths in (
    (
        "old facts at a fixed worth",
        "You do not use `worth_kept`. An old fact is worth a sixth in some runs and 6 in others.",
        'case["worth_new"], 1',
    ),
    (
        "new facts at a fixed worth",
        "You do not use `worth_new`. A new fact is worth a sixth in some runs and 6 in others.",
        '1, case["worth_kept"]',
    ),
):
    stop_question.wrong(
        _name,
        why="The shares are what is measured.",
        message=_message,
        code=f"""
def stop(case):
    worth_new, worth_kept = {_worths}
    steps = len(case["new"]) - 1
    missing = max(1 - case["new"][-1], 0.5 / case["n"])
    gain = 100 * worth_new * missing * (1 - missing ** (1 / steps))
    return gain < 100 * worth_kept * 0.85 * (1 - case["kept"][-1]) / steps + 0.3
""",
    )
stop_question.right(
    "two curves fitted to all snapshots",
    code="""
def stop(case):
    now, new, lost = len(case["new"]) - 1, np.array(case["new"]), 1 - np.array(case["kept"])
    past, future = np.arange(now + 1), np.arange(now, 13)
    quick = np.linspace(0.5, 4, 30)[:, None]
    a = quick[np.argmin(((1 - np.exp(-past / quick) - new) ** 2).sum(axis=1)), 0]
    slow = np.linspace(2, 16, 15)[:, None]
    shape = 1 - np.exp(-past / slow)
    damage = np.clip((shape * lost).sum(axis=1) / (shape**2).sum(axis=1), 0, 1)
    best = np.argmin(((damage[:, None] * shape - lost) ** 2).sum(axis=1))
    forgotten = damage[best] * (1 - np.exp(-future / slow[best]))
    loses = 100 * case["worth_new"] * np.exp(-future / a) + 100 * case["worth_kept"] * forgotten + 0.3 * future
    return bool(np.argmin(loses) == 0)
""",
)
stop_question.right(
    "average rates so far",
    code="""
def stop(case):
    steps = len(case["new"]) - 1
    missing = 1 - case["new"][-1]
    shrinks = 1 - max(missing, 0.5 / case["n"]) ** (1 / steps)
    gain = 100 * case["worth_new"] * shrinks * missing
    loss = 100 * case["worth_kept"] * 0.8 * (1 - case["kept"][-1]) / steps
    return gain - 0.3 < loss
""",
)

# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "08.say_it",
    objective="Compare methods at equal learning.",
    right="c",
    wrong={
        "a": Misreading(
            "few weights explain it",
            why="Fewer weights sound like less change.",
            message="The run learnt a tenth of the job. In the lesson, LoRA runs that learnt all of it forgot as much with the same few weights.",
        ),
        "b": Misreading(
            "never",
            why="The lesson's result is taken for a law.",
            message="One model and one job are no law. In the lesson it did not hold; elsewhere it was measured.",
        ),
        "d": Misreading(
            "too few seeds",
            why="More seeds are always a safe demand.",
            message="More seeds would confirm that a run which learnt 10% forgot little. The comparison is unfair on any number of seeds.",
        ),
    },
    hints=[
        "What did each run learn?",
        "A run that does nothing forgets nothing. Which sentence asks for a comparison that excludes it?",
    ],
    passed="Equal learning first; then compare what was forgotten.",
)
