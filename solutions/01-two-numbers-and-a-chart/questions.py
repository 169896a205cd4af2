"""Questions of exercise 01: what is asked, how it is judged, and what learners really answer."""

import numpy as np
from scipy.stats import beta

from grader.authoring.question import Case, Misreading, Question, Tolerance, sentence_choice
from holdout.checks.repeats import PROBE, repeated
from holdout.data.loader import path
from holdout.data.polynomials import wave
from holdout.topics.overfitting.cases import CAUSES, make_case

# -------------------------------------------------------------------------------------------------------------- split


def _labels(rng, n, share):
    labels = np.zeros(n, dtype=int)
    labels[: round(share * n)] = 1
    return rng.permutation(labels)


def _split_cases(rng):
    # Class sizes that five does not divide, so that shares must be rounded and no row may get lost; such that two stratified cuts, three
    # folds of StratifiedKFold and rounding by hand all stay within one row per class (0.8 at most; other sizes reach 1.6).
    sizes = [(203, 62), (504, 52), (104, 12), (1001, 502), (2003, 402)]
    cases = []
    for n, ones in sizes:
        inputs = {"labels": _labels(rng, n, ones / n), **repeated(rng)}
        cases.append(Case(inputs, f"{n} rows, {ones} ones"))
    return cases


split = Question(
    "01.split",
    title="Three sets that never meet",
    objective="Split data into training, validation and test sets without overlap, stratified, reproducibly.",
    points=2,
    answer="three_way_split",
    probe=PROBE.format(call="answer(labels, rng)"),
    judge="holdout.topics.overfitting.judges:three_way_split",
    visible=_split_cases(np.random.default_rng(101)),
    hidden=_split_cases,
    hints=[
        "`train_test_split` can split an array of row *positions*: `np.arange(len(labels))`.",
        "It cuts in two. Cut twice: first 60% from 40%, then the 40% in halves.",
        "`stratify=` wants the labels of exactly the rows that are being cut: in the second call these are `labels[rest]`.",
    ],
    passed="Three disjoint, stratified sets. From here on every row has one role, and the test set stays closed.",
)


@split.wrong(
    "NumPy's global generator",
    why="np.random.permutation is in every tutorial.",
    label="not reproducible",
    message="Two generators in the same state give two different splits, so nobody can repeat your study: something in your function draws without `rng` (`np.random.permutation`, `shuffle`, or a `train_test_split` without `random_state`).",
)
def three_way_split(labels, rng):
    parts = [[], [], []]
    for value in np.unique(labels):
        rows = np.random.permutation(np.flatnonzero(labels == value))  # noqa: NPY002
        first, second = round(0.6 * len(rows)), round(0.8 * len(rows))
        for part, chunk in zip(parts, (rows[:first], rows[first:second], rows[second:]), strict=True):
            part.extend(chunk)
    return tuple(np.array(part) for part in parts)


@split.wrong(
    "rounds each share down",
    why="int(0.6 * n), int(0.2 * n), int(0.2 * n) looks symmetrical.",
    label="rows missing",
    message="Some rows are in none of your sets. When the shares of a class are no whole numbers and each one is rounded down, its last rows belong to no set. Which set should get what is left over?",
)
def three_way_split(labels, rng):
    parts = [[], [], []]
    for value in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == value))
        a, b = int(0.6 * len(rows)), int(0.2 * len(rows))
        for part, chunk in zip(parts, (rows[:a], rows[a : a + b], rows[a + b : a + 2 * b]), strict=True):
            part.extend(chunk)
    return tuple(np.array(part) for part in parts)


@split.wrong(
    "validation drawn from all rows again",
    why="Two independent calls look symmetrical, and nothing fails.",
    label="overlap",
    message="Some rows are in more than one of your sets, so part of what you validate on has been trained on. Which rows does your second cut start from?",
)
def three_way_split(labels, rng):
    rows = np.arange(len(labels))
    train, _ = train_test_split(rows, train_size=0.6, stratify=labels, random_state=int(rng.integers(2**31)))
    validation, test = train_test_split(
        rows, train_size=0.2, test_size=0.2, stratify=labels, random_state=int(rng.integers(2**31))
    )
    return train, validation, test


@split.wrong(
    "not stratified",
    why="The split is random, so it is 'representative'; with rare classes it is not.",
    label="not stratified",
    message="The share of ones is not the same in your three sets. With a rare class a random cut can leave a set nearly without it. What does `stratify=` do?",
)
def three_way_split(labels, rng):
    rows = rng.permutation(len(labels))
    first, second = int(0.6 * len(rows)), int(0.8 * len(rows))
    return rows[:first], rows[first:second], rows[second:]


@split.wrong(
    "takes the first rows, no shuffling",
    why="Slicing is the shortest code, and stratified slicing even keeps the shares.",
    label="not shuffled",
    message="Your split is the same whatever `rng` is. If the file is sorted (by date, by customer), its first 60% are another world than its last 20%. Where could `rng` come in?",
)
def three_way_split(labels, rng):
    parts = [[], [], []]
    for value in np.unique(labels):
        rows = np.flatnonzero(labels == value)
        first, second = round(0.6 * len(rows)), round(0.8 * len(rows))
        for part, chunk in zip(parts, (rows[:first], rows[first:second], rows[second:]), strict=True):
            part.extend(chunk)
    return tuple(np.array(part) for part in parts)


@split.wrong(
    "random_state=0",
    why="A fixed number makes results repeatable.",
    label="fixed seed",
    message="Your split is shuffled, but it is the same one whatever `rng` is: a fixed `random_state`. Repeats with another generator would then all be one and the same study. Draw the seed from `rng`.",
)
def three_way_split(labels, rng):
    rows = np.arange(len(labels))
    train, rest = train_test_split(rows, train_size=0.6, stratify=labels, random_state=0)
    validation, test = train_test_split(rest, train_size=0.5, stratify=labels[rest], random_state=0)
    return train, validation, test


@split.wrong(
    "70/15/15",
    why="It is the split of the last project.",
    label="sizes",
    message="Your sets do not hold 60, 20 and 20% of the rows. Other shares can be sensible; here 60/20/20 is agreed, so that everybody's numbers can be compared.",
)
def three_way_split(labels, rng):
    rows = np.arange(len(labels))
    train, rest = train_test_split(
        rows, train_size=0.7, stratify=labels, random_state=int(rng.integers(2**31))
    )
    validation, test = train_test_split(
        rest, train_size=0.5, stratify=labels[rest], random_state=int(rng.integers(2**31))
    )
    return train, validation, test


@split.wrong(
    "rows lost in the second cut",
    why="train_size=0.2 means 20% of what is left, not of all.",
    label="many rows missing",
    message="A large part of the rows is in none of your sets. In the second cut, 0.2 means 20% of the rows that are *left*, which is 8% of all.",
)
def three_way_split(labels, rng):
    rows = np.arange(len(labels))
    train, rest = train_test_split(
        rows, train_size=0.6, stratify=labels, random_state=int(rng.integers(2**31))
    )
    validation, test = train_test_split(
        rest, train_size=0.2, test_size=0.2, stratify=labels[rest], random_state=int(rng.integers(2**31))
    )
    return train, validation, test


@split.wrong(
    "returns labels instead of positions",
    why="train_test_split(labels, ...) returns pieces of what it is given.",
    label="not positions",
    message="You return values that are not row positions from 0 to n−1. Did you split the labels themselves instead of `np.arange(len(labels))`?",
)
def three_way_split(labels, rng):
    train, rest = train_test_split(
        labels, train_size=0.6, stratify=labels, random_state=int(rng.integers(2**31))
    )
    validation, test = train_test_split(
        rest, train_size=0.5, stratify=rest, random_state=int(rng.integers(2**31))
    )
    return train, validation, test


@split.right("StratifiedKFold with five folds")
def three_way_split(labels, rng):
    folds = StratifiedKFold(5, shuffle=True, random_state=int(rng.integers(2**31)))
    parts = [test for _, test in folds.split(labels, labels)]
    return np.concatenate(parts[:3]), parts[3], parts[4]


@split.right("by hand, class by class")
def three_way_split(labels, rng):
    train, validation, test = [], [], []
    for value in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == value))
        first, second = round(0.6 * len(rows)), round(0.8 * len(rows))
        train += rows[:first].tolist()
        validation += rows[first:second].tolist()
        test += rows[second:].tolist()
    return train, validation, test


@split.right("pandas, sampling within groups")
def three_way_split(labels, rng):
    table = pd.DataFrame({"label": labels})
    table["order"] = rng.random(len(table))
    table["rank"] = table.groupby("label")["order"].rank(pct=True)
    return (
        table.index[table["rank"] <= 0.6].to_numpy(),
        table.index[(table["rank"] > 0.6) & (table["rank"] <= 0.8)].to_numpy(),
        table.index[table["rank"] > 0.8].to_numpy(),
    )


# ---------------------------------------------------------------------------------------------------------------- gap


def _scores(rng, n):
    shared = rng.normal(0, 0.02, n)  # an easy split is easy for both: the scores of a split move together
    train = 0.93 + shared + rng.normal(0, 0.008, n)
    validation = 0.905 + shared + rng.normal(0, 0.025, n)
    return {"train_scores": train.round(4), "validation_scores": validation.round(4)}


gap = Question(
    "01.gap",
    title="A gap, and how sure you are of it",
    objective="Compute the generalisation gap over repeated splits with the standard error of its mean.",
    points=2,
    answer="generalization_gap",
    probe="answer(train_scores, validation_scores)",
    visible=[
        Case(_scores(np.random.default_rng(7), 10), "ten repeats"),
        Case(
            {"train_scores": np.array([0.90, 0.80, 0.85]), "validation_scores": np.array([0.82, 0.83, 0.79])},
            "three repeats",
        ),
    ],
    hidden=lambda rng: [Case(_scores(rng, int(n)), f"{n} repeats") for n in rng.integers(5, 40, 4)],
    tolerance=Tolerance(
        1e-9, 1e-12, "arithmetic on at most 40 numbers; only the order of summation may differ"
    ),
    hints=[
        "Begin with one number for each repeat: its own gap. Then everything is about these numbers.",
        "How much does one gap vary: `np.std(gaps, ddof=1)`. How much does the *mean* of n gaps vary?",
        "The standard error of a mean is the standard deviation divided by the square root of the number of repeats.",
    ],
    passed="The gap and its uncertainty. A gap of two standard errors or less could be nothing at all.",
)


@gap.wrong(
    "validation minus train",
    why="'New minus old' is how one usually writes a change.",
    message="You get {got[0]:.3f}: the sign says that validation beats training. We use gap = training − validation, so that a *positive* gap means the model does better on what it has seen. Which one did you subtract?",
)
def generalization_gap(train_scores, validation_scores):
    gaps = np.asarray(validation_scores) - np.asarray(train_scores)
    return gaps.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps))


@gap.wrong(
    "standard deviation instead of standard error",
    why="Both are called 'the error bar'.",
    message="{got[1]:.3f} is how much *one* split varies. You are asked how sure you are of the *mean* of all repeats. What happens to that when you average more of them?",
)
def generalization_gap(train_scores, validation_scores):
    gaps = np.asarray(train_scores) - np.asarray(validation_scores)
    return gaps.mean(), gaps.std(ddof=1)


@gap.wrong(
    "unpaired standard error",
    why="It is the formula for two independent groups.",
    message="{got[1]:.4f} treats the two scores of a split as strangers, but they come from the same split and move together. Work on the differences, one a repeat.",
)
def generalization_gap(train_scores, validation_scores):
    n = len(train_scores)
    variance = np.var(train_scores, ddof=1) / n + np.var(validation_scores, ddof=1) / n
    return np.mean(train_scores) - np.mean(validation_scores), np.sqrt(variance)


@gap.wrong(
    "variance divided by n",
    why="It is NumPy's default.",
    message="Your mean is right. {got[1]:.4f} is a little too small: `np.std` divides by n unless told otherwise, which flatters you when there are few repeats. Which argument changes that?",
)
def generalization_gap(train_scores, validation_scores):
    gaps = np.asarray(train_scores) - np.asarray(validation_scores)
    return gaps.mean(), gaps.std() / np.sqrt(len(gaps))


@gap.wrong(
    "divides by n instead of its root",
    why="The mean divides by n, so the error should too.",
    message="{got[1]:.4f} shrinks too fast: four times as many repeats *halve* the standard error, they do not quarter it. Which power of n does that?",
)
def generalization_gap(train_scores, validation_scores):
    gaps = np.asarray(train_scores) - np.asarray(validation_scores)
    return gaps.mean(), gaps.std(ddof=1) / len(gaps)


@gap.wrong(
    "standard error of the validation scores",
    why="The validation score is the number that matters.",
    message="{got[1]:.4f} is how sure you are of the mean *validation score*. The gap is a difference; its scatter is that of the differences.",
)
def generalization_gap(train_scores, validation_scores):
    gaps = np.asarray(train_scores) - np.asarray(validation_scores)
    return gaps.mean(), np.std(validation_scores, ddof=1) / np.sqrt(len(gaps))


@gap.wrong(
    "absolute gaps",
    why="A gap is thought of as a distance.",
    message="You average the *size* of the gaps ({got[0]:.3f}). A repeat in which validation wins must pull the mean down; otherwise pure noise would look like a gap.",
)
def generalization_gap(train_scores, validation_scores):
    gaps = np.abs(np.asarray(train_scores) - np.asarray(validation_scores))
    return gaps.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps))


@gap.right("plain loops")
def generalization_gap(train_scores, validation_scores):
    gaps = [t - v for t, v in zip(train_scores, validation_scores, strict=True)]
    mean = sum(gaps) / len(gaps)
    variance = sum((g - mean) ** 2 for g in gaps) / (len(gaps) - 1)
    return mean, (variance / len(gaps)) ** 0.5


@gap.right("pandas")
def generalization_gap(train_scores, validation_scores):
    gaps = pd.Series(train_scores) - pd.Series(validation_scores)
    return gaps.mean(), gaps.sem()


@gap.right("an array of two")
def generalization_gap(train_scores, validation_scores):
    gaps = np.asarray(train_scores) - np.asarray(validation_scores)
    return np.array([np.mean(gaps), np.sqrt(np.var(gaps, ddof=1) / gaps.size)])


# ----------------------------------------------------------------------------------------------------------- optimism


def _optimism_inputs(rng):
    return {
        "d": int(rng.integers(2, 30)),
        "sigma": round(float(rng.uniform(0.2, 3.0)), 2),
        "n": int(rng.integers(40, 400)),
    }


optimism_question = Question(
    "01.optimism",
    title="How flattering is the training error?",
    objective="Predict the optimism of the training error of least squares.",
    points=1,
    answer="optimism",
    probe="answer(d, sigma, n)",
    visible=[
        Case({"d": 20, "sigma": 1.0, "n": 50}, "d = 20, sigma = 1, n = 50"),
        Case({"d": 5, "sigma": 0.5, "n": 200}, "d = 5, sigma = 0.5, n = 200"),
    ],
    hidden=lambda rng: [Case(_optimism_inputs(rng)) for _ in range(5)],
    tolerance=Tolerance(1e-9, 1e-12, "one line of arithmetic"),
    hints=[
        "Optimism is a difference of two of the formulas above. Which two?",
        "In-sample error minus training error. Write both down and subtract.",
    ],
    passed="2dσ²/N: every coefficient buys its share of flattery, every row takes some of it back.",
)


@optimism_question.wrong(
    "no factor two",
    why="Only the training error is thought to be off.",
    message="You get {got}. That is how far the training error is below σ². But the in-sample error is *above* σ² by as much again; the optimism is the distance between the two.",
)
def optimism(d, sigma, n):
    return d * sigma**2 / n


@optimism_question.wrong(
    "sigma not squared",
    why="Noise is given as a standard deviation, the error is squared.",
    message="Look at the case with sigma = 0.5: mean squared errors scale with σ², so half the noise means a *quarter* of the optimism.",
)
def optimism(d, sigma, n):
    return 2 * d * sigma / n


@optimism_question.wrong(
    "fresh inputs instead of the same ones",
    why="New data have new inputs in real life.",
    message="You get {got}: you compare with rows at *new* inputs. That is a fair question, but optimism is defined at the same inputs; with new inputs the model pays a second time for having to interpolate.",
)
def optimism(d, sigma, n):
    return sigma**2 * (1 + d / (n - d - 1)) - sigma**2 * (1 - d / n)


@optimism_question.wrong(
    "the in-sample error itself",
    why="It is the number one wants in the end.",
    message="You get {got}: this is the in-sample error. The optimism is what you must *add* to the training error to get there.",
)
def optimism(d, sigma, n):
    return sigma**2 * (1 + d / n)


@optimism_question.wrong(
    "negative",
    why="Training error minus in-sample error: 'how much lower it is'.",
    message="You get {got}, a negative optimism. It is the amount by which the training error is too *small*: in-sample minus training.",
)
def optimism(d, sigma, n):
    return -2 * d * sigma**2 / n


@optimism_question.wrong(
    "the intercept once more",
    why="Formulas of regression often say p + 1.",
    message="Your results are those of d + 1 coefficients. The intercept is one of the d already.",
)
def optimism(d, sigma, n):
    return 2 * sigma**2 * (d + 1) / n


@optimism_question.right("from the two formulas")
def optimism(d, sigma, n):
    training = sigma**2 * (1 - d / n)
    in_sample = sigma**2 * (1 + d / n)
    return in_sample - training


@optimism_question.right("as a NumPy array of one")
def optimism(d, sigma, n):
    return np.float64(2 * (sigma**2) * np.divide(d, n))


# ----------------------------------------------------------------------------------------------------- learning curve


def _curve_inputs(rng, rows, degree, sizes, n_validation, repeats):
    x = rng.uniform(-1, 1, rows).round(6)
    y = (wave(x) + 0.4 * rng.normal(size=rows)).round(6)
    seeds = [int(seed) for seed in rng.integers(0, 10_000, repeats)]
    return {
        "x": x,
        "y": y,
        "degree": degree,
        "train_sizes": sizes,
        "n_validation": n_validation,
        "seeds": seeds,
    }


def _fresh_curves(rng):
    cases = []
    for _ in range(3):
        degree = int(rng.integers(2, 7))
        sizes = sorted({int(size) for size in rng.integers(4 * degree, 90, 3)})
        cases.append(
            # not four repeats: half of four is its square root
            Case(
                _curve_inputs(
                    rng, 160, degree, sizes, int(rng.integers(30, 60)), int(rng.choice([3, 5, 6, 7]))
                )
            )
        )
    return cases


curve = Question(
    "01.learning_curve",
    title="A learning curve with a band",
    objective="Compute a learning curve over repeated seeds, with the standard error of the validation mean.",
    points=3,
    answer="learning_curve",
    probe="answer(x, y, degree, train_sizes, n_validation, seeds)",
    visible=[
        Case(_curve_inputs(np.random.default_rng(11), 150, 4, [20, 40, 80], 50, 6), "three sizes, six seeds"),
        Case(_curve_inputs(np.random.default_rng(12), 80, 2, [12, 40], 30, 3), "two sizes, three seeds"),
    ],
    hidden=_fresh_curves,
    tolerance=Tolerance(
        1e-6,
        1e-9,
        "the same least-squares fit solved by another routine agrees to about 1e-10 at these degrees",
    ),
    hints=[
        "Two loops: over seeds (draw one order) and, inside, over sizes. Keep two tables of shape (sizes, seeds) and fill them.",
        "`order[:size]` are the rows to fit on, `order[-n_validation:]` the rows to validate on. The second does not depend on the size.",
        "At the end average over the seeds: axis 1. The standard error is `validation.std(axis=1, ddof=1) / np.sqrt(len(seeds))`.",
    ],
    passed="A curve with a band. Now one can see which of its wiggles are real.",
)

_BODY = """
def learning_curve(x, y, degree, train_sizes, n_validation, seeds):
    train = np.empty((len(train_sizes), len(seeds)))
    validation = np.empty((len(train_sizes), len(seeds)))
    for column, seed in enumerate(seeds):
        order = np.random.default_rng({seed}).permutation(len(x))
        held_out = {held_out}
        for row, size in enumerate(train_sizes):
            fitted_on = {fitted_on}
            model = fit_polynomial(x[fitted_on], y[fitted_on], degree)
            train[row, column] = np.mean((y[{scored}] - model(x[{scored}])) ** 2)
            validation[row, column] = {error}
    return {{
        "train": train.mean(axis=1),
        "validation": validation.mean(axis=1),
        "standard_error": {standard_error},
    }}
"""


def _curve_code(
    seed="seed",
    held_out="order[-n_validation:]",
    fitted_on="order[:size]",
    scored="fitted_on",
    error="np.mean((y[held_out] - model(x[held_out])) ** 2)",
    standard_error="validation.std(axis=1, ddof=1) / np.sqrt(len(seeds))",
):
    """The solution with one thing done as a learner would do it wrongly."""
    return _BODY.format(
        seed=seed,
        held_out=held_out,
        fitted_on=fitted_on,
        scored=scored,
        error=error,
        standard_error=standard_error,
    )


curve.wrong(
    "validates on every row that is not fitted",
    why="'The rest' is what train_test_split gives.",
    message="Your validation set changes with the size: small models are validated on many rows, large ones on few. Keep the same last `n_validation` rows of the order for all sizes, or the points of the curve cannot be compared.",
    code=_curve_code(error="np.mean((y[order[size:]] - model(x[order[size:]])) ** 2)"),
)
curve.wrong(
    "validates on the training rows",
    why="Copy and paste of the line above.",
    message="Your validation error equals your training error. On which rows do you compute it?",
    code=_curve_code(held_out="order[:1]", error="np.mean((y[fitted_on] - model(x[fitted_on])) ** 2)"),
)
curve.wrong(
    "standard deviation for a standard error",
    why="The band in many plots is a standard deviation.",
    message="Both means are right. Your band is how much *one* repeat varies ({got[standard_error][0]:.3f} at the first size), not how sure you are of their mean.",
    code=_curve_code(standard_error="validation.std(axis=1, ddof=1)"),
)
curve.wrong(
    "variance divided by n",
    why="It is NumPy's default.",
    message="Both means are right. Your band is a little too narrow: `std` divides by n unless you pass `ddof=1`, and with few seeds that flatters.",
    code=_curve_code(standard_error="validation.std(axis=1) / np.sqrt(len(seeds))"),
)
curve.wrong(
    "the same order for every seed",
    why="A generator made outside the loop, or a fixed seed, 'for reproducibility'.",
    message="All your repeats are the same: the standard error is {got[standard_error][0]:.3f} everywhere. Each seed must draw its own order.",
    code=_curve_code(seed="0"),
)
curve.wrong(
    "validates on all rows",
    why="More rows give a steadier error.",
    message="You validate on *all* rows, those of the fit included. The model has seen them, so your validation error is too good. Keep to the last `n_validation` rows of the order.",
    code=_curve_code(held_out="order"),
)
curve.wrong(
    "validates on the first rows of the order",
    why="One end of the order looks as good as the other.",
    message="Your validation rows are the *first* ones of the order, and these are the rows that the model is fitted on: a leak. Validate on the last `n_validation` ones.",
    code=_curve_code(held_out="order[:n_validation]"),
)
curve.wrong(
    "no shuffling",
    why="The rows look random already.",
    message="You take the rows in the order of the table, so every seed gives the same result. Use the seed's order: `np.random.default_rng(seed).permutation(len(x))`.",
    code=_curve_code().replace("np.random.default_rng(seed).permutation(len(x))", "np.arange(len(x))"),
)
curve.wrong(
    "root mean squared errors, both",
    why="They have the unit of the target.",
    message="You return *root* mean squared errors. They are fine to report, but here (and for the noise floor) errors are mean squared errors: leave out the roots.",
    code=_curve_code(error="np.mean((y[held_out] - model(x[held_out])) ** 2) ** 0.5").replace(
        "model(x[fitted_on])) ** 2)", "model(x[fitted_on])) ** 2) ** 0.5"
    ),
)
curve.wrong(
    "root mean squared error",
    why="It has the unit of the target.",
    message="You return root mean squared errors. They are fine to report, but here (and for the noise floor) errors are mean *squared* errors: leave out the root.",
    code=_curve_code(error="np.mean((y[held_out] - model(x[held_out])) ** 2) ** 0.5"),
)
curve.wrong(
    "fits on the last rows, which are also validated on",
    why="order[-size:] looks like another way to take `size` rows.",
    message="Your training rows are the last ones of the order, and so are the validation rows: they overlap, and the validation error is too good. Fit on the *first* `size` rows.",
    code=_curve_code(fitted_on="order[-size:]"),
)


@curve.wrong(
    "every row counts for itself",
    why="There are many more rows than repeats.",
    message="Both means are right. Your standard error counts every validation row of every repeat as an observation of its own. The rows of one repeat share its fit: one value a repeat.",
)
def learning_curve(x, y, degree, train_sizes, n_validation, seeds):
    x, y = np.asarray(x), np.asarray(y)
    train, validation, error = [], [], []
    for size in train_sizes:
        fitted, squared = [], []
        for seed in seeds:
            order = np.random.default_rng(seed).permutation(len(x))
            fit, held = order[:size], order[len(x) - n_validation :]
            model = fit_polynomial(x[fit], y[fit], degree)
            fitted.append(np.mean((model(x[fit]) - y[fit]) ** 2))
            squared.append((model(x[held]) - y[held]) ** 2)
        squared = np.concatenate(squared)
        train.append(np.mean(fitted))
        validation.append(squared.mean())
        error.append(squared.std(ddof=1) / np.sqrt(len(squared)))
    return {
        "train": np.array(train),
        "validation": np.array(validation),
        "standard_error": np.array(error),
    }


@curve.wrong(
    "degrees of freedom in the training error",
    why="The residual variance divides by n − p.",
    message="Your training errors are divided by the rows less the coefficients, as for a residual *variance*. The mean squared error on these rows divides by their number.",
)
def learning_curve(x, y, degree, train_sizes, n_validation, seeds):
    x, y = np.asarray(x), np.asarray(y)
    train = np.zeros((len(seeds), len(train_sizes)))
    validation = np.zeros_like(train)
    for j, seed in enumerate(seeds):
        order = np.random.default_rng(seed).permutation(len(x))
        held = order[-n_validation:]
        for i, size in enumerate(train_sizes):
            fit = order[:size]
            model = fit_polynomial(x[fit], y[fit], degree)
            freedom = max(size - degree - 1, 1)
            train[j, i] = np.sum((model(x[fit]) - y[fit]) ** 2) / freedom
            validation[j, i] = np.mean((model(x[held]) - y[held]) ** 2)
    return {
        "train": train.mean(axis=0),
        "validation": validation.mean(axis=0),
        "standard_error": validation.std(axis=0, ddof=1) / np.sqrt(len(seeds)),
    }


@curve.right("lists and np.polyfit")
def learning_curve(x, y, degree, train_sizes, n_validation, seeds):
    train, validation = [], []
    for size in train_sizes:
        on_train, on_validation = [], []
        for seed in seeds:
            order = np.random.default_rng(seed).permutation(len(x))
            rows, held_out = order[:size], order[len(order) - n_validation :]
            coefficients = np.polyfit(x[rows], y[rows], degree)
            on_train.append(np.mean((np.polyval(coefficients, x[rows]) - y[rows]) ** 2))
            on_validation.append(np.mean((np.polyval(coefficients, x[held_out]) - y[held_out]) ** 2))
        train.append(on_train)
        validation.append(on_validation)
    return {
        "train": [sum(row) / len(row) for row in train],
        "validation": [sum(row) / len(row) for row in validation],
        "standard_error": [np.std(row, ddof=1) / len(row) ** 0.5 for row in validation],
    }


@curve.right("pandas")
def learning_curve(x, y, degree, train_sizes, n_validation, seeds):
    rows = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(x))
        for size in train_sizes:
            model = fit_polynomial(x[order[:size]], y[order[:size]], degree)
            squared = (y - model(x)) ** 2
            rows.append((size, squared[order[:size]].mean(), squared[order[-n_validation:]].mean()))
    table = pd.DataFrame(rows, columns=["size", "train", "validation"]).groupby("size")
    return {
        "train": table["train"].mean().to_numpy(),
        "validation": table["validation"].mean().to_numpy(),
        "standard_error": table["validation"].sem().to_numpy(),
    }


# ------------------------------------------------------------------------------------------------------------- report


def _errors(rng, n, lucky_test=False, last=False):
    """Errors for which every way of choosing, right or wrong, picks another model.

    With `lucky_test` the chosen model does better on the test set than on the validation set; with `last` it stands at the end.
    """
    while True:
        truth = rng.uniform(0.2, 0.4, n)
        train = (truth * rng.uniform(0.3, 0.9, n)).round(3)
        validation = (truth + rng.normal(0, 0.03, n)).round(3)
        test = (truth + rng.normal(0, 0.03, n)).round(3)
        ways = (train, validation, test, np.abs(validation - train), -validation)
        chosen = int(np.argmin(validation))
        together = int(np.argmin(validation + test))
        if together in (int(np.argmin(errors)) for errors in (train, validation, test)):
            continue
        different = (
            len({int(np.argmin(errors)) for errors in ways}) == len(ways) and len(set(validation)) == n
        )
        if last and chosen != n - 1:
            continue
        if different and (test[chosen] < validation[chosen]) == lucky_test:
            return {"train_errors": train, "validation_errors": validation, "test_errors": test}


report = Question(
    "01.report",
    title="Which model, and which number do you report?",
    objective="Choose by validation error, report the test error of the chosen model, once.",
    points=2,
    answer="choose_and_report",
    probe="answer(train_errors, validation_errors, test_errors)",
    visible=[
        Case(_errors(np.random.default_rng(21), 6), "six models"),
        Case(_errors(np.random.default_rng(22), 8, lucky_test=True), "eight models"),
    ],
    hidden=lambda rng: [
        Case(_errors(rng, int(n), lucky_test=i % 2 == 1, last=i == 4))
        for i, n in enumerate(rng.integers(6, 14, 5))
    ],
    hints=[
        "Two jobs, two sets: one set chooses, another one reports.",
        "Whatever set chose the winner has been used up: the winner won partly by luck *on that set*.",
        "Choose with `np.argmin(validation_errors)`; report that model's test error.",
    ],
    passed="One set chooses, another one reports, once.",
)


@report.wrong(
    "chooses by the test set",
    why="It is the 'most honest' set, so why not use it for everything.",
    message="You choose the model with the smallest *test* error. Then the test set has helped you choose and can no longer judge: the winner is partly the luckiest on it. Which set is there for choosing?",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(test_errors))
    return chosen, test_errors[chosen]


@report.wrong(
    "reports the validation error",
    why="It is the number that one has just looked at.",
    message="The model is the right one, but {got[1]} is its *validation* error. It won on that set, partly by luck, so there it looks better than it is. Which set has had no say yet?",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(validation_errors))
    return chosen, validation_errors[chosen]


@report.wrong(
    "chooses by validation and test together",
    why="Two sets say more than one.",
    message="You choose by validation and test error together. So the test set has helped you choose, and can no longer judge: use the validation errors alone for the choice.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(np.asarray(validation_errors) + np.asarray(test_errors)))
    return chosen, test_errors[chosen]


@report.wrong(
    "chooses by the training error",
    why="The best fit has the smallest error.",
    message="You choose the model with the smallest *training* error: that rewards the most flexible model, not the best one.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(train_errors))
    return chosen, test_errors[chosen]


@report.wrong(
    "chooses and reports by the training error",
    why="It is the first number that every library prints.",
    message="You choose the smallest *training* error and report it: {got[1]}. That is the 94% of the lesson. The model has seen those rows, so they can neither choose nor report.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(train_errors))
    return chosen, train_errors[chosen]


@report.wrong(
    "position and error swapped",
    why="'The error of the model' is said in that order.",
    message="The two numbers are right, in the wrong order: first the position of the model, then its error.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(validation_errors))
    return test_errors[chosen], chosen


@report.wrong(
    "mean of validation and test",
    why="Two measurements are better than one.",
    message="You report {got[1]}, mixed from validation and test. The validation error is flattered by the choice; a mixture is still half flattered. One set chooses, the other one reports, alone.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(validation_errors))
    return chosen, (validation_errors[chosen] + test_errors[chosen]) / 2


@report.wrong(
    "the worse of the two",
    why="It sounds careful.",
    message="You report the larger one of validation and test error. That is not caution but another number: an honest estimate may come out better than the validation error.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(validation_errors))
    return chosen, max(validation_errors[chosen], test_errors[chosen])


@report.wrong(
    "chooses the smallest gap",
    why="A small gap looks like a healthy model.",
    message="You choose the smallest gap between training and validation. A model that is bad on both has no gap at all; what you want is a small error on rows it has not seen.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmin(np.abs(np.asarray(validation_errors) - np.asarray(train_errors))))
    return chosen, test_errors[chosen]


@report.wrong(
    "best of each",
    why="Each set gives its own minimum.",
    message="You report {got[1]}, the smallest test error of *any* model, not that of the model you chose.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    return int(np.argmin(validation_errors)), min(test_errors)


@report.wrong(
    "largest instead of smallest",
    why="With accuracies one takes the maximum.",
    message="You choose the model with the *largest* validation error. These are errors: lower is better.",
)
def choose_and_report(train_errors, validation_errors, test_errors):
    chosen = int(np.argmax(validation_errors))
    return chosen, test_errors[chosen]


@report.right("a sorted list")
def choose_and_report(train_errors, validation_errors, test_errors):
    ranked = sorted(range(len(validation_errors)), key=lambda i: validation_errors[i])
    return [ranked[0], float(test_errors[ranked[0]])]


@report.right("pandas")
def choose_and_report(train_errors, validation_errors, test_errors):
    table = pd.DataFrame({"validation": validation_errors, "test": test_errors})
    chosen = table["validation"].idxmin()
    return chosen, table.loc[chosen, "test"]


# ----------------------------------------------------------------------------------------------------------- diagnose


# Of 15 studies. Half of the overfitted ones have no floor: giving up there, and never saying "overfitted" where a floor is given, both
# cost more than the noise of a sound rule.
_OF_FIFTEEN = {"underfitted": 3, "overfitted": 4, "well-fitted": 2, "not enough evidence": 6}


def _studies(rng, fifteens):
    kinds = [(cause, i % 2 == 0) for cause, share in _OF_FIFTEEN.items() for i in range(share * fifteens)]
    rng.shuffle(kinds)
    causes = [cause for cause, _ in kinds]
    curves = []
    for cause, floor_known in kinds:
        curve = make_case(str(cause), rng, floor_known=bool(floor_known)).to_dict()
        for name in ("train_scores", "validation_scores"):
            curve[name] = np.array([[float(f"{value:.5g}") for value in row] for row in curve[name]])
        curves.append(curve)
    costs = [{option: float(option != cause) for option in CAUSES} for cause in causes]
    return Case({"curves": curves}, f"{len(causes)} studies", {"costs": costs})


diagnose_question = Question(
    "01.diagnose",
    title="Diagnose",
    objective="Tell under-, over- and well-fitted models and insufficient evidence apart, from a learning curve.",
    points=4,
    answer="diagnose",
    probe="[answer(curve) for curve in curves]",
    judge="policy",
    # Relative regret is (share wrong) / 0.6 here, since the best constant diagnosis is wrong in 3 of 5 studies: full marks from 134 of
    # 150 right. Measured on the seeds 500 to 507: sound rules (two or three standard errors, the training error against the floor) 0.02 to
    # 0.12 (over more seeds one of a stranger up to 0.16); any visible gap taken for overfitting 0.20 to 0.31, never overfitted where a
    # floor is given 0.22 to 0.31, giving up without a floor 0.23 to 0.34, counting rows 0.27 and more, an invented floor and no uncertainty
    # 0.3 and more. With one overfitted study in five, a third of them with a floor, the second of these passed.
    parameters={"credit": [[0.18, 1.0], [0.19, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_studies(np.random.default_rng(46), 5)],
    hidden=lambda rng: [_studies(rng, 10)],
    hints=[
        "Work at the largest size. Three numbers matter: the mean validation error, its standard error over the repeats, and the mean gap.",
        "First ask whether you can know at all: is the noise floor given, and is the validation error further from 110% of the floor than its own uncertainty?",
        "If you can know and the error is high, the gap tells which: an overfitted model has a large gap *in relation to its error*, an underfitted one next to none.",
        "Without a floor, only a large gap can be diagnosed (overfitted). Everything else there is not enough evidence.",
    ],
    passed="You asked first whether the evidence can decide, and only then what it says. That order is the skill.",
)


@diagnose_question.wrong(
    "always overfitted",
    why="It is the diagnosis that everybody has heard of.",
    message="You call every study overfitted. About one in four is; in the others you would regularise a model that misses structure, or one that is fine.",
)
def diagnose(curve):
    return "overfitted"


@diagnose_question.wrong(
    "the gap only",
    why="'Gap means overfitting' is the one rule that everybody remembers.",
    message="You look at the gap between training and validation only. Two models can have the same small gap, one at the noise floor and one far above it. What tells them apart? And when can nobody tell?",
)
def diagnose(curve):
    train = np.mean(curve["train_scores"][-1])
    validation = np.mean(curve["validation_scores"][-1])
    return "overfitted" if validation > 1.2 * train else "well-fitted"


@diagnose_question.wrong(
    "distance from the floor only",
    why="The floor is the goal, so the distance seems to say it all.",
    message="You look at the distance from the noise floor only. That says *that* something is wrong, not *what*: both too little and too much flexibility end above the floor. Which second number separates them?",
)
def diagnose(curve):
    floor = curve["noise_floor"]
    if floor is None:
        return "not enough evidence"
    excess = np.mean(curve["validation_scores"][-1]) / floor - 1
    return "well-fitted" if excess < 0.1 else "underfitted"


@diagnose_question.wrong(
    "never says that the evidence is not enough",
    why="An analyst is paid for an answer.",
    message="You always name a cause. In two of five studies the scores vary so much, or the floor is unknown, that nobody can know; saying so is the right answer there.",
)
def diagnose(curve):
    train = np.mean(curve["train_scores"][-1])
    validation = np.mean(curve["validation_scores"][-1])
    floor = curve["noise_floor"]
    gap_is_large = validation - train > 0.3 * validation
    if floor is None:
        return "overfitted" if gap_is_large else "well-fitted"
    if validation / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted" if gap_is_large else "underfitted"


@diagnose_question.wrong(
    "always not enough evidence",
    why="It can never be proved wrong.",
    message="You never commit yourself. Caution is right in two studies of five; in the others the evidence is there and somebody is waiting for your answer.",
)
def diagnose(curve):
    return "not enough evidence"


@diagnose_question.wrong(
    "invents a floor where none is given",
    why="Some floor is needed for the rest of the rule.",
    message="You name a cause where no noise floor is given and the gap is small. You cannot know it: without the floor, a model that misses structure and a sound one on noisy data look alike. Which floor does your rule use there?",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    standard_error = validation.std(ddof=1) / np.sqrt(len(validation))
    gap_is_large = (validation - train).mean() > 0.3 * level
    floor = curve["noise_floor"]
    if floor is None:
        floor = (train.mean() + level) / 2
    if abs(level / floor - 1.10) < 2 * standard_error / floor:
        return "not enough evidence"
    if level / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted" if gap_is_large else "underfitted"


@diagnose_question.wrong(
    "calls a small gap well-fitted where no floor is given",
    why="No gap, no problem.",
    message="Where no floor is given you take a small gap for a good fit. An underfitted model has a small gap as well. What can the curves alone decide?",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    standard_error = validation.std(ddof=1) / np.sqrt(len(validation))
    gap_is_large = (validation - train).mean() > 0.3 * level
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if gap_is_large else "well-fitted"
    if abs(level / floor - 1.10) < 2 * standard_error / floor:
        return "not enough evidence"
    if level / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted" if gap_is_large else "underfitted"


@diagnose_question.wrong(
    "does not ask how sure the mean is",
    why="The mean of ten repeats looks like a number.",
    message="You compare the mean validation error with the floor and do not ask how sure it is. With few validation rows it may be off by more than the distance to your line. What does the scatter over the repeats say?",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    gap_is_large = (validation - train).mean() > 0.3 * level
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if gap_is_large else "not enough evidence"
    if False:
        return "not enough evidence"
    if level / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted" if gap_is_large else "underfitted"


@diagnose_question.wrong(
    "counts rows instead of measuring the scatter",
    why="Few rows are little evidence.",
    message="You decide by the number of rows whether the evidence is enough. A model that is three floors too high shows it in few rows. Compare the distance from your line with the standard error of *this* study.",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    gap_is_large = (validation - train).mean() > 0.3 * level
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if gap_is_large else "not enough evidence"
    if len(validation) * curve["n_validation"] < 300:
        return "not enough evidence"
    if level / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted" if gap_is_large else "underfitted"


@diagnose_question.wrong(
    "standard deviation instead of standard error",
    why="Both are called 'the error bar'.",
    message="You say 'not enough evidence' too often: your rule lets the scatter of *one* repeat decide. The mean of all repeats is known better than that.",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    gap_is_large = (validation - train).mean() > 0.3 * level
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if gap_is_large else "not enough evidence"
    if abs(level / floor - 1.10) < 2 * validation.std(ddof=1) / floor:
        return "not enough evidence"
    if level / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted" if gap_is_large else "underfitted"


@diagnose_question.wrong(
    "gives up where no floor is given",
    why="Without the floor nothing can be compared.",
    message="You give up wherever the floor is unknown. A gap that is large in relation to the error shows an overfitted model without any floor.",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    standard_error = validation.std(ddof=1) / np.sqrt(len(validation))
    gap_is_large = (validation - train).mean() > 0.3 * level
    floor = curve["noise_floor"]
    if floor is None:
        return "not enough evidence"
    if abs(level / floor - 1.10) < 2 * standard_error / floor:
        return "not enough evidence"
    if level / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted" if gap_is_large else "underfitted"


@diagnose_question.wrong(
    "every error above the floor is overfitting",
    why="It is the usual trouble.",
    message="Whatever is clearly above the floor you call overfitted. Too simple a model is above the floor, too. Which second number separates the two?",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    standard_error = validation.std(ddof=1) / np.sqrt(len(validation))
    gap_is_large = (validation - train).mean() > 0.3 * level
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if gap_is_large else "not enough evidence"
    if abs(level / floor - 1.10) < 2 * standard_error / floor:
        return "not enough evidence"
    if level / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted"


@diagnose_question.wrong(
    "looks at the gap only where no floor is given",
    why="Where the floor is known, the distance from it seems to say it all.",
    message="Where a floor is given you look at the distance from it only, and call whatever is clearly above it underfitted. An overfitted model is above its floor, too. What does the gap say there?",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    standard_error = validation.std(ddof=1) / np.sqrt(len(validation))
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if (validation - train).mean() > 0.3 * level else "not enough evidence"
    if abs(level / floor - 1.10) < 2 * standard_error / floor:
        return "not enough evidence"
    return "well-fitted" if level / floor - 1 < 0.10 else "underfitted"


@diagnose_question.wrong(
    "any visible gap is overfitting",
    why="A gap of a tenth can be seen on every chart.",
    message="Where the error is clearly above the floor you call it overfitting as soon as the gap is a tenth of the error. An underfitted model that was fitted on few rows has such a gap as well, and is still far from the floor on its own training rows. How much of the distance from the floor does the gap explain?",
)
def diagnose(curve):
    train, validation = np.asarray(curve["train_scores"])[-1], np.asarray(curve["validation_scores"])[-1]
    level = validation.mean()
    standard_error = validation.std(ddof=1) / np.sqrt(len(validation))
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if level - train.mean() > 0.3 * level else "not enough evidence"
    if abs(level / floor - 1.10) < 2 * standard_error / floor:
        return "not enough evidence"
    if level / floor - 1 < 0.10:
        return "well-fitted"
    return "overfitted" if level > 1.1 * train.mean() else "underfitted"


@diagnose_question.right("three standard errors, and a larger gap")
def diagnose(curve):
    train, validation = (
        pd.DataFrame(curve["train_scores"]).iloc[-1],
        pd.DataFrame(curve["validation_scores"]).iloc[-1],
    )
    gap_is_large = (validation - train).mean() > 0.4 * validation.mean()
    if curve["noise_floor"] is None:
        return "overfitted" if gap_is_large else "not enough evidence"
    distance = validation.mean() - 1.1 * curve["noise_floor"]
    if abs(distance) < 3 * validation.sem():
        return "not enough evidence"
    return "well-fitted" if distance < 0 else "overfitted" if gap_is_large else "underfitted"


@diagnose_question.right("paired gap and an interval")
def diagnose(curve):
    train, validation = np.array(curve["train_scores"])[-1], np.array(curve["validation_scores"])[-1]
    n = len(validation)
    low = validation.mean() - 2 * validation.std(ddof=1) / n**0.5
    high = validation.mean() + 2 * validation.std(ddof=1) / n**0.5
    overfit = (validation - train).mean() / validation.mean() > 0.33
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if overfit else "not enough evidence"
    if low <= 1.10 * floor <= high:
        return "not enough evidence"
    if high < 1.10 * floor:
        return "well-fitted"
    return "overfitted" if overfit else "underfitted"


@diagnose_question.right("training error against the floor")
def diagnose(curve):
    validation = np.asarray(curve["validation_scores"])[-1]
    train = np.asarray(curve["train_scores"])[-1]
    error = validation.std(ddof=1) / np.sqrt(validation.size)
    floor = curve["noise_floor"]
    if floor is None:
        return "overfitted" if train.mean() < 0.7 * validation.mean() else "not enough evidence"
    z = (validation.mean() - 1.1 * floor) / error
    if abs(z) < 2:
        return "not enough evidence"
    if z < 0:
        return "well-fitted"
    return "overfitted" if train.mean() < 0.85 * floor else "underfitted"


# --------------------------------------------------------------------------------------------------------------- ship


# thousand euros: shipping a bad model, not shipping a good one, a large test set
BREACH, MISSED, TEST = 25.0, 2.0, 1.0


def chance_within(errors, n, limit):
    """Probability that the true rate is within the limit, if every rate was equally likely before the test."""
    return beta.cdf(limit, errors + 1, n - errors + 1)


def _offers(rng, n_cases):
    """Offers with what each decision costs *on average* given its evidence, so that luck does not judge.

    What is drawn is how far the errors lie from those that the limit allows: nothing is known of a true rate but what its test says.
    """
    cases, costs = [], []
    for _ in range(n_cases):
        limit = float(rng.choice([0.03, 0.06, 0.10, 0.20]))
        # 10 to 400 errors are expected at the limit: so far apart that no margin in points or percent serves all
        n = int(np.exp(rng.uniform(*np.log((10, 400)))) / limit)
        # a little more often below the limit, or always to wait would cost as little as always to measure
        far = float(rng.uniform(-4.5, 3.5))
        errors = max(0, round(n * limit + far * (n * limit * (1 - limit)) ** 0.5))
        within = round(float(chance_within(errors, n, limit)), 4)
        cases.append({"errors": errors, "n": n, "limit": limit})
        costs.append({"ship": BREACH * (1 - within), "wait": MISSED * within, "measure": TEST})
    return Case({"cases": cases}, f"{n_cases} offers", {"costs": costs})


ship_question = Question(
    "01.ship",
    title="It scored 94%. Ship it?",
    objective="Decide under stated costs from a test result and its uncertainty; know when to buy evidence.",
    points=3,
    answer="ship",
    probe="[answer(case['errors'], case['n'], case['limit']) for case in cases]",
    judge="policy",
    # Relative regret of 1,000 offers on 100 sets: the right rules 0.00 to 0.025 (the normal approximation with plain rates is the worst); the nearest
    # wrong ones: three standard errors before shipping 0.079 and more, one 0.13 and more, never measures 0.13 and more, waits only for
    # what is shown to be bad 0.16 and more. With true rates drawn about the limit, which the text then said, leaving that out cost nothing.
    parameters={"credit": [[0.05, 1.0], [0.085, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_offers(np.random.default_rng(41), 400)],
    hidden=lambda rng: [_offers(rng, 1000)],
    hints=[
        "60 rows and 6,000 rows can show the same error rate. Compute how uncertain each is: `np.sqrt(rate * (1 - rate) / n)`.",
        "How many standard errors is the rate below the limit? Far enough below: ship. Otherwise 1,000 euros buy the answer, as long as a good model is likely enough.",
        "Compare with the 1 that measuring costs. Shipping costs 25 times the chance that the model is bad: it pays if this chance is below 1/25. Waiting costs 2 times the chance that it is good: it pays if this chance is below 1/2. `norm.cdf` of the distance in standard errors is that chance.",
    ],
    passed="You bought evidence where it was worth its price, and only there.",
)


@ship_question.wrong(
    "the point estimate alone",
    why="'5.8% is below 6%, so it is within the contract.'",
    message="You compare the measured error rate with the limit and never ask how sure it is. Five errors in 60 rows and 500 in 6,000 are the same rate, and very different evidence.",
)
def ship(errors, n, limit):
    return "ship" if errors / n <= limit else "wait"


@ship_question.wrong(
    "always measure",
    why="More data cannot be wrong.",
    message="You always buy a new test set. It never goes badly wrong, and that is why it is the yardstick here: a rule that looks at the evidence must be cheaper than this.",
)
def ship(errors, n, limit):
    return "measure"


@ship_question.wrong(
    "always ship",
    why="The team is waiting, and 94% sounds good.",
    message="You always ship. A model that breaks its contract costs 25,000 euros, and many of these do.",
)
def ship(errors, n, limit):
    return "ship"


@ship_question.wrong(
    "always wait",
    why="Nobody was ever fired for waiting.",
    message="You never ship. Waiting with a good model costs 2,000 euros each time: caution has a price too.",
)
def ship(errors, n, limit):
    return "wait"


@ship_question.wrong(
    "a fixed margin whatever the size of the test set",
    why="'One point below the limit is safe.'",
    message="You use the same margin for a small test set and for a large one. With few rows one point is nothing; with many it is a lot, and you pay for measuring what you already know.",
)
def ship(errors, n, limit):
    rate = errors / n
    if rate < limit - 0.02:
        return "ship"
    return "wait" if rate > limit + 0.02 else "measure"


@ship_question.wrong(
    "a margin in percent whatever the size of the test set",
    why="'A third below the limit is safe, at the limit we stop.'",
    message="Your margin grows with the limit, not with the doubt. A third below the limit is weak evidence from a small test set; from a large one a tenth below is strong, and you pay for measuring what you already know.",
)
def ship(errors, n, limit):
    rate = errors / n
    if rate < 0.65 * limit:
        return "ship"
    return "wait" if rate > limit else "measure"


def _standard_errors(name, why, message, *, ship, wait):
    ship_question.wrong(
        name,
        why=why,
        message=message,
        code=f"""
        def ship(errors, n, limit):
            rate = (errors + 1) / (n + 2)
            distance = (limit - rate) / np.sqrt(rate * (1 - rate) / n)
            return "ship" if distance > {ship} else "wait" if distance < {wait} else "measure"
        """,
    )


_standard_errors(
    "needs 99.9% certainty",
    "A strict significance level sounds responsible.",
    "You measure unless you are almost certain. Certainty beyond what the costs ask for is money spent for nothing: compare a small risk of losing 25 with a sure cost of 1.",
    ship=3.3,
    wait=-3.3,
)
_standard_errors(
    "a 95% interval both ways",
    "An interval that excludes the limit has decided.",
    "You ask for the same certainty in both directions. The costs differ: a wrong `ship` costs 25, a wrong `wait` 2. How likely must a good model be before 1 for measuring is worth more than waiting?",
    ship=1.96,
    wait=-1.96,
)
_standard_errors(
    "a 90% interval both ways",
    "One-sided 95% is what a contract asks for.",
    "You treat both directions alike. A wrong `ship` costs 25, a wrong `wait` 2: for the one you must be surer than this, for the other much less.",
    ship=1.645,
    wait=-1.645,
)
_standard_errors(
    "one standard error both ways",
    "Outside the error bar the case looks clear.",
    "You ship from one standard error on. There one model in six is bad, and each of these costs 25: on average 4, where measuring costs 1.",
    ship=1,
    wait=-1,
)
_standard_errors(
    "the costs exchanged",
    "Waiting feels like the expensive mistake.",
    "You ship on weak evidence and wait only on strong evidence. It is the other way round: a wrong `ship` costs 25, a wrong `wait` 2.",
    ship=0,
    wait=-1.75,
)
_standard_errors(
    "never waits",
    "A test can always settle it.",
    "You never wait: where the rate is far above the limit you pay 1 for an answer that you have.",
    ship=1.75,
    wait=-99,
)
_standard_errors(
    "never ships",
    "A first test is never enough.",
    "You never ship without a second test, not even where the first one leaves next to no doubt.",
    ship=99,
    wait=0,
)


_standard_errors(
    "three standard errors before shipping",
    "One cannot be too sure with 25 at stake.",
    "You ship only where next to no doubt is left. A doubt of one in a hundred costs 0.25 on average, and you pay 1 to be rid of it. From which chance of a bad model on is measuring cheaper?",
    ship=3,
    wait=0,
)
_standard_errors(
    "one standard error before shipping",
    "Outside the error bar the model is good.",
    "You wait where you should, and ship from about one standard error on. There about one model in six is bad, and each of these costs 25: on average far more than a test set.",
    ship=1,
    wait=0,
)
_standard_errors(
    "waits only for what is shown to be bad",
    "A model counts as good until it is shown not to be.",
    "You ship on good evidence, and wait only where the model is clearly above the limit; in between you measure. But where it is more likely bad than good, waiting costs less than 1 on average.",
    ship=1.75,
    wait=-1.645,
)


@ship_question.wrong(
    "as if all test sets had 500 rows",
    why="Two standard errors are about so many points.",
    message="You reckon with the same number of rows for every test set. Some have fewer than a hundred and some have thousands: what does that do to the standard error?",
)
def ship(errors, n, limit):
    rate = errors / n
    distance = (limit - rate) / np.sqrt(limit * (1 - limit) / 500)
    return "ship" if distance > 1.75 else "wait" if distance < 0 else "measure"


@ship_question.wrong(
    "never measures",
    why="The test set is there to decide.",
    message="You decide between shipping and waiting only. Near the limit 1 buys an answer, where guessing costs more on average.",
)
def ship(errors, n, limit):
    rate = (errors + 1) / (n + 2)
    return "ship" if rate + 1.43 * np.sqrt(rate * (1 - rate) / n) < limit else "wait"


@ship_question.right("beta posterior and expected cost")
def ship(errors, n, limit):
    from scipy.stats import beta

    good = beta.cdf(limit, errors + 1, n - errors + 1)
    cost = {"ship": 25 * (1 - good), "wait": 2 * good, "measure": 1.0}
    return min(cost, key=cost.get)


@ship_question.right("standard error at the limit, rough thresholds")
def ship(errors, n, limit):
    distance = (limit - errors / n) / (limit * (1 - limit) / n) ** 0.5
    if distance > 2:
        return "ship"
    return "wait" if distance < 0 else "measure"


@ship_question.right("binomial tail probability for shipping, the rate for waiting")
def ship(errors, n, limit):
    from scipy.stats import binom

    if binom.cdf(errors, n, limit) < 0.04:
        return "ship"
    return "wait" if errors / n > limit else "measure"


@ship_question.right("binomial tail probability as the chance that the model is bad, then expected cost")
def ship(errors, n, limit):
    from scipy.stats import binom

    # a p value is no such chance; here it is the chance if all rates were equally likely and the test had one row less
    bad = binom.cdf(errors, n, limit)
    costs = {"ship": 25 * bad, "wait": 2 * (1 - bad), "measure": 1}
    return min(costs, key=costs.get)


@ship_question.right("normal approximation with plain rates")
def ship(errors, n, limit):
    from scipy.stats import norm

    rate = errors / n
    good = norm.cdf((limit - rate) / np.sqrt(max(rate * (1 - rate), 1 / n) / n))
    cost = {"ship": 25 * (1 - good), "wait": 2 * good, "measure": 1.0}
    return min(cost, key=cost.get)


# ------------------------------------------------------------------------------------------------------------ flights

# studies × repeats × seven fits: see datasets/flight_studies
_FLIGHT_CURVES = np.load(path("flight_studies/curves.npz"))["brier"] / 1e5
_FLIGHT_DAYS = 20 * 2 ** (np.arange(len(_FLIGHT_CURVES)) // 6 % 2 + 1)
_OFFERS = {
    1.5: 3,
    3.0: 5,
}  # times the days → position of the fit; so far apart that the offer must be looked at
_NOW, _FLEXIBLE = 2, 6  # positions of the fits
_FEWEST_REPEATS, _MOST_REPEATS = 4, 7  # few: whoever waits for significance leaves projects that pay
# what a project must gain to be worth its price lies around what it gains: mean and spread of the logarithm of their quotient
_NEEDED = {"days": (-1.1, 0.8), "flexible": (-0.4, 0.4)}
_SMALLEST_NEEDED = 5.0  # points of 0.001, before this spread

# half of the flexible models gain nothing: the others are drawn more often, so that all three decisions occur
_GAINS = (_FLIGHT_CURVES[:, :, _NOW] - _FLIGHT_CURVES[:, :, _FLEXIBLE]).mean(axis=1) > 0
_WEIGHTS = np.where(_GAINS, 3.0, 1.0) / np.where(_GAINS, 3.0, 1.0).sum()


def _flight_cases(rng, n_cases):
    """Studies of which some repeats are shown; all of them say what a project gains."""
    cases, costs = [], []
    for number in rng.choice(len(_FLIGHT_CURVES), n_cases, p=_WEIGHTS):
        curves, days = _FLIGHT_CURVES[number], int(_FLIGHT_DAYS[number])
        times = float(rng.choice(list(_OFFERS)))
        mean = curves.mean(axis=0)
        gains = {
            "days": 1000 * (mean[_NOW] - mean[_OFFERS[times]]),
            "flexible": 1000 * (mean[_NOW] - mean[_FLEXIBLE]),
        }
        needed = {
            name: max(abs(gain), _SMALLEST_NEEDED) * np.exp(rng.normal(*_NEEDED[name]))
            for name, gain in gains.items()
        }
        stakes = sum(needed.values()) + sum(
            map(abs, gains.values())
        )  # no study weighs much more than another
        value = float(f"{rng.uniform(12000, 24000) / stakes:.3g}")
        more_days = int((times - 1) * days)
        price_per_day = float(round(value * needed["days"] / more_days, 2))
        price_flexible = float(round(value * needed["flexible"], 2))
        shown = rng.permutation(len(curves))[: int(rng.integers(_FEWEST_REPEATS, _MOST_REPEATS + 1))]
        cases.append(
            {
                "days": days // np.array([4, 2, 1]),
                "scores": curves[shown][:, :3].T,
                "flexible": curves[shown, _FLEXIBLE],
                "more_days": more_days,
                "value": value,
                "price_per_day": price_per_day,
                "price_flexible": price_flexible,
            }
        )
        costs.append(
            {
                "neither": 0.0,
                "days": float(price_per_day * more_days - value * gains["days"]),
                "flexible": float(price_flexible - value * gains["flexible"]),
            }
        )
    return Case({"cases": cases}, f"{n_cases} studies", {"costs": costs})


flights_question = Question(
    "01.flights",
    title="Flights: more days, a more flexible model, or neither?",
    objective="Decide from a learning curve on real flights and a paired comparison which project pays, in euros.",
    points=3,
    answer="invest",
    probe="[answer(case) for case in cases]",
    judge="policy",
    # Measured on 12 seeds of 4,000 to 5,000 studies: the mean differences with a + b/n, by the last two sizes 0.15 to 0.19, by a line through
    # all three 0.17 to 0.20; every offer as a doubling 0.22 to 0.26, only what is significant 0.22 to 0.26, the flexible model first 0.23 to
    # 0.28, always a project 0.31 to 0.36, days first 0.34 to 0.39, the next days gain as much as the last doubling 0.37 to 0.42. With 9 to 11
    # repeats and prices that scatter more, the doubling and significance came down to 0.18.
    parameters={"credit": [[0.21, 1.0], [0.24, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_flight_cases(np.random.default_rng(57), 500)],
    hidden=lambda rng: [_flight_cases(rng, 5000)],
    hints=[
        "Two projects, two gains in points of 0.001. The flexible model has been measured: the mean difference on the same repeats. The gain of more days must be forecast from the curve.",
        "On these curves the part of the error that more days remove falls roughly like one over the days. The last doubling, from n/2 to n, took away b/n. From n to m days it is b/n − b/m.",
        "Gain of m days instead of n = `days[-1]`: (what the last doubling gained) · (1 − n/m), with m = n + `more_days`. Worth `value` for each 0.001, minus the price. Compare both projects with each other, and with doing nothing.",
    ],
    passed="You forecast a gain, and compared it with its price. A curve that still falls is no reason to buy; the size of the fall is.",
)

_INVEST = {
    "last": "np.mean(scores[1] - scores[2])",
    "more": "study['more_days']",
    "days": "last * more / (n + more)",
    "flexible": "np.mean(scores[2] - study['flexible'])",
    "net_days": "1000 * gain_days * study['value'] - more * study['price_per_day']",
    "net_flexible": "1000 * gain_flexible * study['value'] - study['price_flexible']",
    "decision": "max(net, key=net.get)",
}


def _invest_code(**parts):
    """An answer with some of its parts exchanged."""
    parts = _INVEST | parts
    return f"""
    def invest(study):
        scores, n = np.asarray(study["scores"]), study["days"][-1]
        last, more = {parts["last"]}, {parts["more"]}
        gain_days = {parts["days"]}
        gain_flexible = {parts["flexible"]}
        net = {{"neither": 0.0, "days": {parts["net_days"]}, "flexible": {parts["net_flexible"]}}}
        return {parts["decision"]}
    """


def _invest_wrong(name, why, message, **parts):
    flights_question.wrong(name, why=why, message=message, code=_invest_code(**parts))


_invest_wrong(
    "the next days gain as much as the last doubling",
    "One continues the line that one sees.",
    "You expect of more days what the last doubling gained. Every doubling gains less than the one before, and an offer of half as many days again is no doubling.",
    days="last",
)
_invest_wrong(
    "every offer is a doubling",
    "A doubling gains half of the last one, and more days are more days.",
    "You expect half of the last doubling's gain whatever is on offer. Half as many days again gain less than a doubling does, and twice as many beside the team's gain more: put `more_days` into your forecast.",
    days="last / 2",
)
flights_question.wrong(
    "only what is significant",
    why="Two standard errors are the rule of the office.",
    message="You leave a project unless its gain is two standard errors above 0. With so few repeats that leaves good ones: a gain that is probably there, at a low price, pays on average. Compare the mean gain with the price.",
    code="""
    def invest(study):
        scores, n = np.asarray(study["scores"]), study["days"][-1]
        gains = {
            "days": (scores[1] - scores[2]) * study["more_days"] / (n + study["more_days"]),
            "flexible": scores[2] - study["flexible"],
        }
        prices = {"days": study["more_days"] * study["price_per_day"], "flexible": study["price_flexible"]}
        net = {"neither": 0.0}
        for name, gain in gains.items():
            if gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain)):
                net[name] = 1000 * gain.mean() * study["value"] - prices[name]
        return max(net, key=net.get)
    """,
)
_invest_wrong(
    "the price of one day",
    "The price is in the table.",
    "You set the gain of all the days on offer against the price of one of them. Multiply it by `more_days`.",
    net_days="1000 * gain_days * study['value'] - study['price_per_day']",
)
_invest_wrong(
    "each day gains the same",
    "A price per day calls for a gain per day.",
    "You expect every further day to gain what the last days gained. The curve flattens: the hundredth day gains far less than the thirtieth.",
    days="last * more / (n / 2)",
)
_invest_wrong(
    "the whole fall of the curve",
    "The curve shows how far it fell.",
    "You take the fall over the whole curve for what comes next. Most of it came with the first days.",
    days="np.mean(scores[0] - scores[2])",
)
_invest_wrong(
    "the better score, whatever it costs",
    "A better model is a better model.",
    "You choose the project that gains more and never look at a price. A gain of 0.001 can be worth less than the days that it takes.",
    net_days="gain_days",
    net_flexible="gain_flexible",
)
_invest_wrong(
    "the cheaper project",
    "If in doubt, save money.",
    "You choose the cheaper project. What it gains for its price is what counts, and sometimes it gains nothing.",
    decision="'days' if more * study['price_per_day'] < study['price_flexible'] else 'flexible'",
)
_invest_wrong(
    "points of one instead of 0.001",
    "A price per unit is multiplied by the difference.",
    "You never start a project. If that is not what you meant: `value` is what 0.001 is worth, and a difference such as 0.004 is four times that.",
    net_days="gain_days * study['value'] - more * study['price_per_day']",
    net_flexible="gain_flexible * study['value'] - study['price_flexible']",
)
_invest_wrong(
    "never more days",
    "More data is the expensive answer.",
    "You never buy days. Some of these curves still fall steeply.",
    net_days="-1.0",
)
_invest_wrong(
    "never a more flexible model",
    "More flexible models overfit.",
    "You never take the more flexible model. Somebody has measured it on the same repeats: some of these trees have two or three leaves and miss structure.",
    net_flexible="-1.0",
)
_invest_wrong(
    "always one of the two",
    "Something must be done.",
    "You always start a project. Where neither gains its price the best decision is neither.",
    decision="max(('days', 'flexible'), key=net.get)",
)
_invest_wrong(
    "always more days",
    "More data never hurts.",
    "You always buy days. Where the curve is flat they gain nothing, and cost the same.",
    decision="'days'",
)
_invest_wrong(
    "one repeat",
    "A study has one result.",
    "You look at the first repeat only. One set of held-out days scatters by more than many of these gains: take all repeats.",
    last="scores[1][0] - scores[2][0]",
    flexible="scores[2][0] - study['flexible'][0]",
)
_invest_wrong(
    "the best repeat",
    "The model that worked best is the one to ship.",
    "You compare the best repeats. Which days were held out decides which repeat is best: compare the same repeats, and take their mean.",
    last="scores[1].min() - scores[2].min()",
    flexible="scores[2].min() - np.min(study['flexible'])",
)
_invest_wrong(
    "flexible first, days only otherwise",
    "A model costs less than data.",
    "You take the flexible model whenever it pays and never ask whether the days would pay more. It is one project or the other.",
    decision="'flexible' if net['flexible'] > 0 else 'days' if net['days'] > 0 else 'neither'",
)
_invest_wrong(
    "days first, flexible only otherwise",
    "More data beats a better model.",
    "You buy days whenever they pay and never ask whether the flexible model would pay more. It is one project or the other.",
    decision="'days' if net['days'] > 0 else 'flexible' if net['flexible'] > 0 else 'neither'",
)

flights_question.right(
    "a straight line in one over the days",
    code=_invest_code(
        last="np.polyfit(1 / np.asarray(study['days']), scores.mean(axis=1), 1)[0]",
        days="last * (1 / n - 1 / (n + more))",
    ),
)
flights_question.right(
    "a third or two thirds of the last doubling",
    code=_invest_code(days="last * (1 / 3 if more < n else 2 / 3)"),
)

# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "01.say_it",
    objective="Say in one sentence what a learning curve shows and what follows.",
    right="a",
    wrong={
        "b": Misreading(
            "gap as a verdict",
            why="'Gap means overfitting.'",
            message="Every fitted model has a gap: it has seen its own rows. Here the error is only about 4% above the best possible. Regularising could win at most that, and might cost more. A gap is a symptom only when the validation error is high too.",
        ),
        "c": Misreading(
            "training error below the floor means a leak",
            why="Nothing can be better than the noise floor.",
            message="Nothing can beat the floor on *new* rows. On its own training rows a model always can: it has fitted some of their noise, by σ²·d/N on average, as question <01.optimism> shows. A leak would show in a *validation* error below the floor.",
        ),
        "d": Misreading(
            "averages training and validation",
            why="Two measurements, so take the mean.",
            message="The training error is not a second measurement of the same thing: it is flattered. The average of a flattered and an honest number is a little flattered.",
        ),
    },
    hints=[
        "Three numbers: 0.096, 0.104, 0.100. Which two would you compare to know how much is left to win?",
        "The distance from the floor is what can be won; the gap only says where it would come from.",
    ],
    passed="You compared with what is possible, said what is left to win, and what you would do. That is a review comment.",
)
