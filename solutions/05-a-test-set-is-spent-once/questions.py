"""Questions of exercise 05: what is asked, how it is judged, and what learners really answer."""

import numpy as np
from scipy import stats

from grader.authoring.question import Case, Misreading, Question, Tolerance, sentence_choice
from holdout.stats.folds import balanced_folds
from holdout.topics.test_reuse.contamination import make_mixture, sklearn_facts

# ------------------------------------------------------------------------------------------------------------- winner


def _winner_inputs(rng):
    return {
        "k": int(rng.integers(2, 400)),
        "n": int(rng.integers(1500, 5000)),
        "accuracy": round(float(rng.uniform(0.5, 0.75)), 3),
    }


winner = Question(
    "05.winner",
    title="What luck alone would score",
    objective="Price the winner's curse: the expected best of k equally good models.",
    points=2,
    answer="expected_best",
    probe="answer(k, n, accuracy)",
    visible=[
        Case({"k": 100, "n": 1000, "accuracy": 0.5}, "100 coins, 1,000 rows"),
        Case({"k": 5, "n": 2000, "accuracy": 0.8}, "5 models of 80%"),
        Case({"k": 200, "n": 300, "accuracy": 0.5}, "200 coins, 300 rows"),
        Case({"k": 1, "n": 1000, "accuracy": 0.7}, "one model"),
    ],
    hidden=lambda rng: [
        *(Case(_winner_inputs(rng)) for _ in range(5)),
        Case({"k": int(rng.integers(150, 300)), "n": int(rng.integers(280, 340)), "accuracy": 0.5}),
        Case({"k": 1, "n": 1000, "accuracy": round(float(rng.uniform(0.6, 0.9)), 3)}),
        # far from one half, where sqrt(p (1 - p)) is not nearly 0.5
        Case(
            {"k": int(rng.integers(100, 400)), "n": 2000, "accuracy": round(float(rng.uniform(0.8, 0.88)), 3)}
        ),
    ],
    tolerance=Tolerance(
        0,
        0.001,
        "stated in the question, in standard errors of at most 0.013 (0.03 in one case, a coin): Blom's approximation is off by 0.02, a simulation of 4,000 maxima by four times 0.007, the exact binomial (skewness at 1,500 rows) by 0.03; the median of the largest lies 0.065 below its mean",
    ),
    hints=[
        "Three factors: the accuracy, the standard error of *one* score, `np.sqrt(accuracy * (1 - accuracy) / n)`, and how many of them the largest of k lies above the middle.",
        "Simulation: `np.random.default_rng(0).standard_normal((4000, k)).max(axis=1).mean()`. Approximation: `stats.norm.ppf((k - 0.375) / (k + 0.25))`.",
        "For k = 100 the largest of k standard normals is 2.508 on average; for k = 5 it is 1.163.",
    ],
    passed="Now you can say what luck alone would have scored, before you look at the winner.",
)


@winner.wrong(
    "no winner's curse",
    why="All models have this accuracy, so the best has it too.",
    message="You get {got}: the score that *one* model expects. The best of many was picked for its luck as well.",
)
def expected_best(k, n, accuracy):
    return accuracy


@winner.wrong(
    "the union bound",
    why="√(2 log k) is what papers use.",
    message="You get {got}: √(2 log k) is an upper bound, not the expectation. For 100 models it is 3.03, where the largest normal is 2.51 on average; for few models it is far off.",
)
def expected_best(k, n, accuracy):
    return accuracy + np.sqrt(2 * np.log(k)) * np.sqrt(accuracy * (1 - accuracy) / n)


@winner.wrong(
    "the quantile 1 − 1/k",
    why="One in k lies above it.",
    message="You get {got}: the value that one of k exceeds *on average*. The expected largest lies higher, because where it exceeds, it exceeds by something.",
)
def expected_best(k, n, accuracy):
    return accuracy + stats.norm.ppf(1 - 1 / k) * np.sqrt(accuracy * (1 - accuracy) / n)


@winner.wrong(
    "one standard error, however many models",
    why="'Plus or minus one standard error' is how scores are quoted.",
    message="You get {got}: one standard error above, for 5 models and for 100. The more you try, the luckier the best.",
)
def expected_best(k, n, accuracy):
    return accuracy + np.sqrt(accuracy * (1 - accuracy) / n)


@winner.wrong(
    "the standard deviation of one row",
    why="The division by n is forgotten.",
    message="You get {got}: you use the standard deviation of a single row. A score is a mean of n rows.",
)
def expected_best(k, n, accuracy):
    return accuracy + stats.norm.ppf((k - 0.375) / (k + 0.25)) * np.sqrt(accuracy * (1 - accuracy))


@winner.wrong(
    "the median of the best",
    why="0.5 to the power 1/k is easy to invert.",
    message="You get {got:.4f}: the score that the best of k exceeds every second time, its median. Its mean is a little higher, since the largest scatters further up than down.",
)
def expected_best(k, n, accuracy):
    return accuracy + stats.norm.ppf(0.5 ** (1 / k)) * np.sqrt(accuracy * (1 - accuracy) / n)


@winner.wrong(
    "the error of a coin",
    why="0.5/√n is the largest that it can be.",
    message="Your standard error seems to be that of a coin, 0.5/√n, whatever the accuracy. It is √(accuracy (1 − accuracy)/n).",
)
def expected_best(k, n, accuracy):
    return accuracy + stats.norm.ppf((k - 0.375) / (k + 0.25)) * 0.5 / np.sqrt(n)


@winner.wrong(
    "only the luck",
    why="The question is about luck.",
    message="You get {got:.4f}: what luck adds. The expected *score* of the best is that above the accuracy.",
)
def expected_best(k, n, accuracy):
    return stats.norm.ppf((k - 0.375) / (k + 0.25)) * np.sqrt(accuracy * (1 - accuracy) / n)


@winner.wrong(
    "the variance in place of its root",
    why="p (1 - p) / n is at hand.",
    message="You get {got:.4f}: you seem to add the *variance* of a score, which is tiny. Take the root.",
)
def expected_best(k, n, accuracy):
    return accuracy + stats.norm.ppf((k - 0.375) / (k + 0.25)) * accuracy * (1 - accuracy) / n


@winner.wrong(
    "a bound for a test",
    why="Many scores call for Bonferroni.",
    message="That is a limit that the best exceeds with 5% probability, as a test needs it. Asked is what the best is *on average*; for one model that is its accuracy.",
)
def expected_best(k, n, accuracy):
    error = np.sqrt(accuracy * (1 - accuracy) / n)
    return accuracy + error * stats.norm.ppf(1 - 0.05 / k)


@winner.wrong(
    "the mean rank in the quantile function",
    why="The largest of k uniform numbers is k/(k + 1) on average.",
    message="You put the mean rank k/(k+1) of the largest into the quantile function. The mean of a bent function is not the function of the mean: the largest normal number lies higher.",
)
def expected_best(k, n, accuracy):
    error = np.sqrt(accuracy * (1 - accuracy) / n)
    return accuracy + error * stats.norm.ppf(k / (k + 1))


@winner.right("Blom's approximation")
def expected_best(k, n, accuracy):
    return accuracy + stats.norm.ppf((k - 0.375) / (k + 0.25)) * np.sqrt(accuracy * (1 - accuracy) / n)


@winner.right("a simulation with a fixed seed")
def expected_best(k, n, accuracy):
    largest = np.random.default_rng(0).standard_normal((4000, k)).max(axis=1).mean()
    return float(accuracy + largest * (accuracy * (1 - accuracy) / n) ** 0.5)


@winner.right("exact, with the binomial")
def expected_best(k, n, accuracy):
    below = stats.binom.cdf(np.arange(n), n, accuracy)
    return np.sum(1 - below**k) / n


# ------------------------------------------------------------------------------------------------------------- nested


def _nested_case(rng, title=""):
    rows = 50  # folds of different sizes
    y = rng.permutation(np.arange(rows) % 2)
    X = rng.standard_normal((rows, 40)).round(5)
    X[:, :2] += 0.9 * y[:, None]

    def pairs(positions, n_folds):
        folds = balanced_folds(y[positions], n_folds, rng)
        return [[positions[folds != fold], positions[folds == fold]] for fold in range(n_folds)]

    outer = pairs(np.arange(rows), 4)
    inner = [pairs(train, 3) for train, _ in outer]
    settings = [0.0, 0.4, 0.8, 1.2, 1.6, 2.0]
    return Case({"X": X, "y": y, "outer": outer, "inner": inner, "settings": settings}, title)


def _telling_cases(rng, count, titles=None):
    """Cases in which choosing in the wrong place gives another number: no wrong answer passes by luck."""
    from holdout.topics.test_reuse.probes import run_nested

    cases = []
    while len(cases) < count:
        case = _nested_case(rng, titles[len(cases)] if titles else "")
        numbers = run_nested(_all_ways, **case.inputs)
        if numbers.pop("rounding decides"):
            continue
        right = numbers.pop("right")
        # which of several equal settings is taken must matter in one case; in all, it would take long to find them
        last = numbers.pop("last of equals")
        if not cases and abs(right - last) < 1e-6:
            continue
        # likewise inner pairs that count by their rows, in the second
        weighted = numbers.pop("inner pairs weighted")
        if (len(cases) == 1 and weighted == -1.0) or abs(right - weighted) < 1e-6:
            continue
        if all(abs(right - other) > 1e-6 for other in numbers.values()):
            cases.append(case)
    return cases


def _all_ways(outer, inner, settings, error_of):
    table = np.array([[error_of(train, test, s) for s in settings] for train, test in outer])
    parts = np.array([[[error_of(f, v, s) for f, v in pairs] for s in settings] for pairs in inner])
    tuned = parts.mean(axis=2)
    chosen = tuned.argmin(axis=1)
    sizes = np.array([len(test) for _, test in outer])
    weights = np.array([[len(v) for _, v in pairs] for pairs in inner])
    by_rows = (parts * weights[:, None, :]).sum(axis=2).argmin(axis=1)
    equal = tuned < tuned.min(axis=1, keepdims=True) + 1e-9
    # equal means of different errors: the order of the sum would decide between them
    rounding = any(
        not np.array_equal(part, parts[i, chosen[i]])
        for i in range(len(outer))
        for part in parts[i][equal[i]]
    )
    last = len(settings) - 1 - equal[:, ::-1].argmax(axis=1)
    folds = np.arange(len(outer))
    no_refit = [
        error_of(pairs[0][0], test, settings[c])
        for (_, test), pairs, c in zip(outer, inner, chosen, strict=True)
    ]
    return {
        "right": table[np.arange(len(outer)), chosen].mean(),
        "best score": tuned.min(axis=1).mean(),
        "outer minimum": table.min(axis=1).mean(),
        "one for all": table.mean(axis=0).min(),
        "one for all by inner errors": table.mean(axis=0)[tuned.mean(axis=0).argmin()],
        "not refitted": np.mean(no_refit),
        "fixed": table[:, 0].mean(),
        "weighted by rows": np.average(table[folds, chosen], weights=sizes),
        "inner pairs weighted": table[folds, by_rows].mean() if (by_rows != chosen).any() else -1.0,
        "first inner pair": table[folds, parts[:, :, 0].argmin(axis=1)].mean(),
        "largest inner error": table[folds, parts.max(axis=2).argmin(axis=1)].mean(),
        "median inner error": table[folds, np.median(parts, axis=2).argmin(axis=1)].mean(),
        "last of equals": table[folds, last].mean(),
        "rounding decides": rounding,
    }


nested = Question(
    "05.nested",
    title="Nested cross-validation",
    objective="Measure a procedure that includes a choice, on rows that take no part in choosing.",
    points=3,
    answer="nested_error",
    probe="holdout.topics.test_reuse.probes:run_nested(answer, X, y, outer, inner, settings)",
    visible=_telling_cases(np.random.default_rng(1), 2, ["50 rows", "another data set"]),
    hidden=lambda rng: _telling_cases(rng, 3),
    tolerance=Tolerance(1e-9, 1e-12, "a mean of a few shares"),
    hints=[
        "Two loops. The outer one never looks at its test rows until the very end.",
        "Inside an outer fold: for each setting, the mean of `error_of(fit, validate, setting)` over the inner pairs. The smallest mean wins.",
        "Then `error_of(train, test, chosen)`, with *all* training rows of the outer fold. Average these over the outer folds.",
    ],
    passed="The number belongs to the procedure, choosing included. `best_score_` never does.",
)


@nested.wrong(
    "the best inner score",
    why="`best_score_` is what a search prints.",
    message="You get {got:.4f}: the mean of the smallest *inner* errors. They were smallest partly by luck; the outer test rows never had a say.",
)
def nested_error(outer, inner, settings, error_of):
    best = [min(np.mean([error_of(f, v, s) for f, v in pairs]) for s in settings) for pairs in inner]
    return np.mean(best)


@nested.wrong(
    "chooses on the outer test rows",
    why="The outer error is at hand for every setting.",
    message="You get {got:.4f}: you take the smallest error on the outer test rows. Then they choose *and* judge. Choose with the inner pairs.",
)
def nested_error(outer, inner, settings, error_of):
    return np.mean([min(error_of(train, test, s) for s in settings) for train, test in outer])


@nested.wrong(
    "one setting for all folds, chosen by the outer errors",
    why="That is what one would ship in the end.",
    message="You get {got:.4f}: the smallest of the plain cross-validation errors. That is the number of Varma and Simon: below 30% on noise every fifth time.",
)
def nested_error(outer, inner, settings, error_of):
    return min(np.mean([error_of(train, test, s) for train, test in outer]) for s in settings)


@nested.wrong(
    "not refitted on all training rows",
    why="The inner model is already there.",
    message="You get {got:.4f}: the setting is chosen rightly, but the model that you judge was fitted on part of the training rows. Fit it again on all of them.",
)
def nested_error(outer, inner, settings, error_of):
    errors = []
    for (_, test), pairs in zip(outer, inner, strict=True):
        means = [np.mean([error_of(f, v, s) for f, v in pairs]) for s in settings]
        errors.append(error_of(pairs[0][0], test, settings[int(np.argmin(means))]))
    return np.mean(errors)


@nested.wrong(
    "no choice at all",
    why="A fixed setting is honest.",
    message="You get {got:.4f}: the error of the first setting. It is honest, and answers another question: nothing is chosen.",
)
def nested_error(outer, inner, settings, error_of):
    return np.mean([error_of(train, test, settings[0]) for train, test in outer])


_NESTED = """
def nested_error(outer, inner, settings, error_of):
    errors = []
    for (train, test), pairs in zip(outer, inner):
        means = [np.mean([error_of(f, v, s) for f, v in pairs]) for s in settings]
        errors.append(error_of(train, test, settings[int(np.argmin(means))]))
    return np.mean(errors)
"""
nested.wrong(
    "the last of equals",
    why="`<=` in a loop.",
    message="Where several settings have the same mean error, you take the last. The question takes the first.",
    code=_NESTED.replace("int(np.argmin(means))", "len(means) - 1 - int(np.argmin(means[::-1]))"),
)
nested.wrong(
    "folds weighted by their rows",
    why="Every row should count once.",
    message="You get {got:.4f}: you weight the outer folds by their rows. The question takes the plain mean over the folds.",
    code=_NESTED.replace(
        "return np.mean(errors)", "return np.average(errors, weights=[len(test) for _, test in outer])"
    ),
)
nested.wrong(
    "the first inner pair only",
    why="One validation set is enough.",
    message="You get {got:.4f}: it looks as if not all inner pairs take part in the choice. Average each setting's error over all of them.",
    code=_NESTED.replace("for f, v in pairs]", "for f, v in pairs[:1]]"),
)
nested.wrong(
    "the largest error chosen",
    why="argmax chooses the best score.",
    message="You get {got:.4f}: you choose the setting with the *largest* error.",
    code=_NESTED.replace("argmin", "argmax"),
)
nested.wrong(
    "one setting for all folds, by the inner errors",
    why="One wants one setting in the end.",
    message="You get {got:.4f}: you choose one setting for all outer folds. The inner rows of one fold are the test rows of another, so they judge and choose. Choose anew in each fold.",
    code="""
def nested_error(outer, inner, settings, error_of):
    means = [np.mean([error_of(f, v, s) for pairs in inner for f, v in pairs]) for s in settings]
    chosen = settings[int(np.argmin(means))]
    return np.mean([error_of(train, test, chosen) for train, test in outer])
""",
)
nested.wrong(
    "scored on the rows of the fit",
    why="The training error is there at once.",
    message="You get {got:.4f}: it looks as if the inner errors are those on the rows that the model was fitted on. Fit on the first part of a pair, score on the second.",
    code=_NESTED.replace("error_of(f, v, s)", "error_of(f, f, s)"),
)


@nested.right("min with a key")
def nested_error(outer, inner, settings, error_of):
    total = 0.0
    for i, (train, test) in enumerate(outer):
        chosen = min(settings, key=lambda s: sum(error_of(f, v, s) for f, v in inner[i]) / len(inner[i]))
        total += error_of(train, test, chosen)
    return total / len(outer)


@nested.right("a table first")
def nested_error(outer, inner, settings, error_of):
    table = pd.DataFrame(
        [[np.mean([error_of(f, v, s) for f, v in pairs]) for s in settings] for pairs in inner]
    )
    chosen = table.idxmin(axis=1)
    return pd.Series([error_of(*fold, settings[c]) for fold, c in zip(outer, chosen, strict=True)]).mean()


# ------------------------------------------------------------------------------------------------------------- ladder


def _ladder_case(rng, k, title=""):
    # small gains, large gains, ties and setbacks; the losses lie off the boundaries of the steps
    losses = 0.5 - np.cumsum(rng.choice([0.0031, 0.0137, 0.0423, -0.0211, 0.0], k)) + 0.0004
    return Case({"losses": losses.round(4) + 0.00003, "step": float(rng.choice([0.01, 0.02, 0.03]))}, title)


def _creeping_case(rng):
    """Each submission gains less than a step on the one before; together they gain several."""
    step = float(rng.choice([0.01, 0.02, 0.03]))
    return Case(
        {"losses": rng.uniform(0.4, 0.5) - rng.uniform(0.55, 0.9) * step * np.arange(9), "step": step}
    )


ladder_question = Question(
    "05.ladder",
    title="A leaderboard that keeps silent",
    objective="Write the Ladder, which shows only substantial improvements.",
    points=2,
    answer="ladder",
    probe="answer(losses, step)",
    visible=[
        Case(
            {
                "losses": np.array(
                    [0.503, 0.495, 0.466, 0.459, 0.461, 0.447, 0.43, 0.452, 0.301, 0.29, 0.36]
                ),
                "step": 0.02,
            },
            "eleven submissions",
        ),
        _ladder_case(np.random.default_rng(2), 25, "25 submissions"),
        Case(
            {"losses": np.array([0.75, 0.625, 0.53125, 0.5, 0.40625, 0.375, 0.25]), "step": 0.125},
            "exactly one step",
        ),
    ],
    hidden=lambda rng: [
        *(_ladder_case(rng, int(k)) for k in rng.integers(20, 60, 4)),
        _creeping_case(rng),
        # exact in binary: a loss that lies exactly one step below what is shown, and is not shown
        Case(
            {
                "losses": np.array([0.875, 0.75, *(0.5 + 0.03125 * rng.choice([1, 3], 2)), 0.25, 0.125]),
                "step": 0.125,
            }
        ),
    ],
    tolerance=Tolerance(1e-9, 1e-9, "multiples of the step"),
    hints=[
        "Keep one number: what the board shows now. Begin with infinity, then the first submission needs no special case.",
        "Compare each loss with `best - step`, not with the last loss and not with the best loss that was not shown.",
        "`if loss < best - step: best = np.round(loss / step) * step`, then append `best`, changed or not.",
    ],
    passed="Luck below a step buys nothing now, so an attack has nothing to listen to.",
)


@ladder_question.wrong(
    "shows every new best",
    why="That is what a leaderboard is.",
    message="You show every improvement, however small. A gain smaller than the step is what luck gives away for nothing; the board must repeat itself.",
)
def ladder(losses, step):
    return np.round(np.minimum.accumulate(losses) / step) * step


@ladder_question.wrong(
    "raw scores",
    why="Rounding loses information.",
    message="You wait for a step, but then show the raw loss. Its further digits tell an attacker as much as a small step would. Round it.",
)
def ladder(losses, step):
    shown, best = [], np.inf
    for loss in losses:
        if loss < best - step:
            best = loss
        shown.append(best)
    return np.array(shown)


@ladder_question.wrong(
    "compares with the last submission",
    why="'Improved' is read as better than before.",
    message="You compare with the submission before. After a bad one, anything is an improvement: the board can be led down and up again. Compare with what is shown.",
)
def ladder(losses, step):
    shown, best = [], np.round(losses[0] / step) * step
    for i, loss in enumerate(losses):
        if i and loss < losses[i - 1] - step:
            best = np.round(loss / step) * step
        shown.append(best)
    return np.array(shown)


@ladder_question.wrong(
    "higher is better",
    why="Scores usually go up.",
    message="You show a submission when its *loss* has risen. These are error rates: lower is better.",
)
def ladder(losses, step):
    shown, best = [], -np.inf
    for loss in losses:
        if loss > best + step:
            best = np.round(loss / step) * step
        shown.append(best)
    return np.array(shown)


@ladder_question.wrong(
    "only the shown ones",
    why="The board is silent, so there is nothing to append.",
    message="You return one value for each *shown* submission. The question asks what the board shows after each one: it repeats itself.",
)
def ladder(losses, step):
    shown, best = [], np.inf
    for loss in losses:
        if loss < best - step:
            best = np.round(loss / step) * step
            shown.append(best)
    return np.array(shown)


_LADDER = """
def ladder(losses, step):
    shown, best = [], np.inf
    for loss in losses:
        if loss < best - step:
            best = np.round(loss / step) * step
        shown.append(best)
    return np.array(shown)
"""
ladder_question.wrong(
    "exactly one step is shown",
    why="<= or < is a detail.",
    message="You show a loss that lies exactly one step below what is shown. The question asks for *more* than a step.",
    code=_LADDER.replace("loss < best - step", "loss <= best - step"),
)
ladder_question.wrong(
    "rounds before comparing",
    why="Both sides in the same units.",
    message="You round the loss before you compare it. Rounding can add or take half a step: compare the loss itself with what is shown.",
    code=_LADDER.replace("        if loss", "        loss = np.round(loss / step) * step\n        if loss"),
)
ladder_question.wrong(
    "compares with the best unrounded loss",
    why="The exact loss is more precise.",
    message="You compare with the unrounded loss of the last shown submission. Compare with what the board *shows*, which is rounded.",
    code=_LADDER.replace(
        "best = np.round(loss / step) * step\n        shown.append(best)",
        "best = loss\n        shown.append(np.round(best / step) * step)",
    ),
)
ladder_question.wrong(
    "rounds down",
    why="floor to a multiple of the step.",
    message="Your board shows multiples of the step, but not the nearest ones: it looks as if you round down. The question rounds to the nearest.",
    code=_LADDER.replace("np.round", "np.floor"),
)
ladder_question.wrong(
    "the first one not rounded",
    why="It has nothing to be compared with.",
    message="You show the first loss as it is. It is rounded like the others.",
    code=_LADDER.replace("shown, best = [], np.inf", "shown, best = [losses[0]], losses[0]").replace(
        "in losses:", "in losses[1:]:"
    ),
)


@ladder_question.wrong(
    "compared with the best loss so far",
    why="The board should know the best so far.",
    message="You compare with the best loss that was *handed in*, also if it was never shown. Compare with what the board shows now.",
)
def ladder(losses, step):
    shown, board, best = None, [], np.inf
    for loss in losses:
        if shown is None or best - loss > step + 1e-9:
            shown = np.round(loss / step) * step
        best = min(best, loss)
        board.append(shown)
    return np.array(board)


@ladder_question.right("integers")
def ladder(losses, step):
    shown = [round(losses[0] / step)]
    for loss in losses[1:]:
        shown.append(round(loss / step) if loss < shown[-1] * step - step else shown[-1])
    return [units * step for units in shown]


@ladder_question.right("itertools.accumulate")
def ladder(losses, step):
    from itertools import accumulate

    steps = accumulate(
        losses,
        lambda best, loss: np.round(loss / step) * step if best - loss > step else best,
        initial=np.inf,
    )
    return np.array(list(steps)[1:])


# ---------------------------------------------------------------------------------------------------------- corrected


def _difference_case(rng, j, n_train, n_test, title=""):
    differences = (rng.normal(0, 0.01) + rng.normal(0.008, 0.03, j)).round(4)
    return Case({"differences": differences, "n_train": n_train, "n_test": n_test}, title)


corrected = Question(
    "05.corrected",
    title="Two models, many splits",
    objective="Compare two models over resampled splits without counting the same rows many times.",
    points=2,
    answer="corrected_t",
    probe="answer(differences, n_train, n_test)",
    visible=[
        _difference_case(np.random.default_rng(3), 15, 90, 10, "15 splits"),
        _difference_case(np.random.default_rng(4), 30, 400, 200, "30 splits"),
        Case(
            {
                "differences": np.array([-0.021, -0.034, 0.004, -0.018, -0.027, 0.011]),
                "n_train": 160,
                "n_test": 40,
            },
            "B is better",
        ),
    ],
    hidden=lambda rng: [
        *(
            _difference_case(
                rng, int(rng.integers(5, 40)), int(rng.integers(80, 900)), int(rng.integers(10, 70))
            )
            for _ in range(5)
        ),
        Case({"differences": -np.abs(rng.normal(0.02, 0.02, 8)).round(4), "n_train": 200, "n_test": 50}),
    ],
    tolerance=Tolerance(1e-8, 1e-10, "deterministic; p from the same distribution by another routine"),
    hints=[
        "`stats.ttest_1samp(differences, 0)` is the naive test: its variance factor is 1/J. Only that factor changes.",
        "The factor is `1 / j + n_test / n_train`: with many splits it does not go to 0, because the rows are the same rows.",
        "Two-sided p: `2 * stats.t.sf(abs(t), j - 1)`.",
    ],
    passed="However often you split, you have one data set. The test knows that now.",
)

_T = """
def corrected_t(differences, n_train, n_test):
    differences = np.asarray(differences)
    j = len(differences)
    t = differences.mean() / np.sqrt({factor} * {variance})
    return t, {p}
"""


def _t_code(
    factor="(1 / j + n_test / n_train)", variance="differences.var(ddof=1)", p="2 * stats.t.sf(abs(t), j - 1)"
):
    return _T.format(factor=factor, variance=variance, p=p)


corrected.wrong(
    "naive t-test",
    why="ttest_rel is one line.",
    message="You get t = {got[0]:.2f}: the naive test, which believes in J separate experiments. On equal models it rejects every fifth time.",
    code=_t_code(factor="(1 / j)"),
)
corrected.wrong(
    "training over test rows",
    why="n₁/n₂ reads more naturally.",
    message="You get t = {got[0]:.3f}, much too small: the ratio is upside down. It is test over training rows.",
    code=_t_code(factor="(1 / j + n_train / n_test)"),
)
corrected.wrong(
    "share of all rows",
    why="'Test share' usually means test over all.",
    message="Nearly: you divide the test rows by *all* rows. The factor takes test over *training* rows.",
    code=_t_code(factor="(1 / j + n_test / (n_train + n_test))"),
)
corrected.wrong(
    "variance divided by J",
    why="It is NumPy's default.",
    message="Your variance divides by J; the question asks for J−1 (`ddof=1`).",
    code=_t_code(variance="differences.var()"),
)
corrected.wrong(
    "one-sided p",
    why="A was expected to win.",
    message="t is right. Your p looks at one side only: which of the two is better was not fixed beforehand.",
    code=_t_code(p="stats.t.sf(abs(t), j - 1)"),
)
corrected.wrong(
    "normal p",
    why="t is about normal.",
    message="t is right. Your p comes from the normal distribution; with J splits there are J−1 degrees of freedom, and the tails are heavier.",
    code=_t_code(p="2 * stats.norm.sf(abs(t))"),
)


corrected.wrong(
    "p of one tail, unsigned t forgotten",
    why="sf(t) doubled is two-sided.",
    message="t is right. Your p can exceed 1 where t is negative: take the tail beyond abs(t).",
    code=_t_code(p="2 * stats.t.sf(t, j - 1)"),
)
corrected.wrong(
    "J degrees of freedom",
    why="J differences, J numbers.",
    message="t is right. Your p seems to have J degrees of freedom; one is used up by the mean.",
    code=_t_code(p="2 * stats.t.sf(abs(t), j)"),
)
corrected.wrong(
    "t without its sign",
    why="Two-sided means that the sign does not matter.",
    message="p is right. Your t has lost its sign: it says which of the two models is better.",
    code=_t_code().replace("t = differences.mean()", "t = abs(differences.mean())"),
)
corrected.wrong(
    "without 1/J",
    why="The second term is the correction.",
    message="You get t = {got[0]:.3f}: it looks as if 1/J is missing from the factor. The correction is added to it.",
    code=_t_code(factor="(n_test / n_train)"),
)


@corrected.right("from the naive t")
def corrected_t(differences, n_train, n_test):
    j = len(differences)
    naive = stats.ttest_1samp(differences, 0).statistic
    t = naive * np.sqrt((1 / j) / (1 / j + n_test / n_train))
    return t, 2 * (1 - stats.t(j - 1).cdf(abs(t)))


@corrected.right("plain Python")
def corrected_t(differences, n_train, n_test):
    j = len(differences)
    mean = sum(differences) / j
    variance = sum((d - mean) ** 2 for d in differences) / (j - 1)
    t = mean / (variance * (1 / j + n_test / n_train)) ** 0.5
    return [t, 2 * stats.t.cdf(-abs(t), j - 1)]


# -------------------------------------------------------------------------------------------------------- fingerprint


def _fingerprint_case(rng, n, title=""):
    facts = sklearn_facts()
    chosen = [facts[i] for i in rng.choice(len(facts), n, replace=False)]
    items = [(f"default of {parameter} in {estimator}?", value) for estimator, parameter, value in chosen]
    items[0], items[1] = (items[0][0], "None"), (items[1][0], "True")
    order = [items[i] for i in rng.permutation(n)]
    (first, one), (second, two), rest = items[0], items[1], items[2:]
    variants = [
        ("as it is", items, 0),
        ("another order", order, 0),
        ("one character of a question", [(first + " ", one), (second, two), *rest], 1),
        ("an answer", [(first, "False"), (second, two), *rest], 2),
        ("capitals of an answer", [(first, "none"), (second, two), *rest], 3),
        ("one item less", items[1:], 4),
        ("an item that stands there twice", [*items, items[2]], 5),
        ("two answers exchanged", [(first, two), (second, one), *rest], 6),
        (
            "text moved from the question to the answer",
            [(first[:-1], first[-1] + one), (second, two), *rest],
            7,
        ),
        (
            "a word moved from the question to the answer",
            [(first.rpartition(" ")[0], f"{first.rpartition(' ')[2]} {one}"), (second, two), *rest],
            8,
        ),
        ("an item that stands there three times", [*items, items[2], items[2]], 9),
        ("another item that stands there three times", [*items, items[3], items[3]], 10),
        ("question and answer exchanged", [(one, first), (second, two), *rest], 11),
        ("a second answer to a question", [*items, (first, "maybe")], 12),
        ("an answer, to a question with two", [(first, "False"), *items[1:], (first, "maybe")], 13),
        ("the two answers to a question in another order", [(first, "maybe"), *items[1:], (first, one)], 12),
        ("another line break", [(first, f"{one}\nrest"), (second, two), *rest], 14),
        ("another line break", [(first, f"{one}\r\nrest"), (second, two), *rest], 15),
    ]
    classes = 16
    # signs that an encoding may lose, or a fixed width cut off
    signs = ("π", "文", "–", "😀", "?", "\ufffd", "\x00", "²", "2", "é", "e\u0301")
    for number, sign in enumerate(signs, classes):
        changed = [(first, one + sign), (second, two), *rest]
        shown = ascii(sign) if sign in ("é", "e\u0301") else repr(sign)  # these two look alike
        variants.append((f"{shown} at the end of an answer", changed, number))
    classes += len(signs)
    # signs that look like a border may stand in the text itself
    bordered = []
    for sign in ("|", "\n", "\t", ",", ", ", ";", ": ", " = ", "\x00", "\x1f", "\x1e"):
        for pair in (
            (f"{first}{sign}rest", one),
            (first, f"rest{sign}{one}"),
            (f"{first}\\", f"{sign}{one}"),  # as an escaped border would stand there
            (f"{first}{sign}\\", one),
        ):
            name = f"text moved from the question to the answer, with {sign!r} between"
            bordered.append((name, [pair, (second, two), *rest], classes + len(bordered)))
        joined = [(first, f"{one}\n{second}{sign}{two}"), *rest]
        bordered.append((f"two items in one, with {sign!r} between", joined, classes + len(bordered)))
    # a length in front of the question is no border between items
    a, b = sorted([(first, one), (second, two)], key=lambda item: f"{len(item[0])}:{item[0]}")
    bordered.append(("all items but two left out", [a, b], classes + len(bordered)))
    joined = [(a[0], f"{a[1]}{len(b[0])}:{b[0]}{b[1]}")]
    bordered.append(("two items in one, with a length between", joined, classes + len(bordered)))
    # fingerprints of four digits meet among a few hundred sets
    for number in range(300):
        small = [(f"{first} {number}", one)]
        bordered.append(("one of 300 sets of one item", small, classes + len(bordered)))
    keys = [variants[0], *(variants[i] for i in 1 + rng.permutation(len(variants) - 1))]
    keys += [bordered[i] for i in rng.permutation(len(bordered))]
    # a changed set once more in another order: a function that only remembers the first set gives it another fingerprint
    changed, value, key = variants[int(rng.integers(2, len(variants)))]
    keys.append((f"another order, after {changed}", [value[i] for i in rng.permutation(len(value))], key))
    return Case(
        {"sets": [[list(item) for item in value] for _, value, _ in keys]},
        title,
        {
            "same": [*(key for _, _, key in keys), keys[0][2]],
            "changes": [*(name for name, _, _ in keys), "another session of Python"],
        },
    )


fingerprint_question = Question(
    "05.fingerprint",
    title="A frozen evaluation set",
    objective="Identify the content of an evaluation set, so that nobody compares scores on different sets.",
    points=2,
    answer="fingerprint",
    probe="holdout.topics.test_reuse.probes:fingerprints(answer, sets)",
    judge="holdout.topics.test_reuse.judges:fingerprints",
    visible=[_fingerprint_case(np.random.default_rng(5), 8, "eight items")],
    hidden=lambda rng: [_fingerprint_case(rng, int(n)) for n in rng.integers(5, 30, 3)],
    hints=[
        "Order must not matter: sort first. Everything else must: put *all* of each item into one line.",
        "`hashlib.sha256(text.encode()).hexdigest()` turns a long text into a short one that changes when any character does.",
        "If question and answer are simply glued together, text can move from one to the other unnoticed. `repr((question, answer))` keeps them apart.",
    ],
    passed="Beside each score stands now the set that it was measured on.",
)


@fingerprint_question.wrong(
    "order matters",
    why="Hashing the list as it is takes one line.",
    label="another order",
    message="Your fingerprint changes when the items are only reordered. Then the same set, exported twice, looks like two. Sort before you hash.",
)
def fingerprint(items):
    return hashlib.sha256(repr(items).encode()).hexdigest()


@fingerprint_question.wrong(
    "questions only",
    why="The questions are the test.",
    label="an answer",
    message="Your fingerprint does not notice when an *answer* is changed. A corrected answer key makes another test.",
)
def fingerprint(items):
    return hashlib.sha256("\n".join(sorted(question for question, _ in items)).encode()).hexdigest()


@fingerprint_question.wrong(
    "a set of items",
    why="Sets have no order.",
    label="an item that stands there twice",
    message="Your fingerprint does not notice that an item stands there twice: a set forgets that. In the score it counts twice.",
)
def fingerprint(items):
    return hashlib.sha256("\n".join(sorted(repr(item) for item in set(items))).encode()).hexdigest()


@fingerprint_question.wrong(
    "questions and answers sorted apart",
    why="Two sorted lists are easy to compare.",
    label="two answers exchanged",
    message="Your fingerprint does not notice when the answers of two questions are exchanged: you sort questions and answers apart. Keep each pair together.",
)
def fingerprint(items):
    questions, answers = sorted(q for q, _ in items), sorted(a for _, a in items)
    return hashlib.sha256(repr((questions, answers)).encode()).hexdigest()


@fingerprint_question.wrong(
    "glued together",
    why="question + answer is the shortest key.",
    label="text moved from the question to the answer",
    message="Your fingerprint does not notice when text moves from the question to the answer, because the two are glued without a mark between them.",
)
def fingerprint(items):
    return hashlib.sha256(
        "\n".join(sorted(question + answer for question, answer in items)).encode()
    ).hexdigest()


@fingerprint_question.wrong(
    "lower case, to be tolerant",
    why="Normalising is good practice elsewhere.",
    label="capitals of an answer",
    message="Your fingerprint does not notice other capitals. `none` and `None` are different answers to a strict grader, so they make different tests.",
)
def fingerprint(items):
    lines = sorted(repr((question.lower(), answer.lower())) for question, answer in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@fingerprint_question.wrong(
    "a number instead of a text",
    why="hash() is built in.",
    label="not fingerprints",
    message="Return a text. Python's `hash` gives a number, and for text another one in every new session: it cannot be written beside a score.",
)
def fingerprint(items):
    return hash(tuple(sorted(items)))


@fingerprint_question.wrong(
    "hash() as text",
    why="str(hash(...)) is a text.",
    label="another session of Python",
    message="Your fingerprint would be another one in the next session: Python's `hash` of a text starts from a random number each time. Use `hashlib`.",
)
def fingerprint(items):
    return str(hash(tuple(sorted((str(question), str(answer)) for question, answer in items))))


@fingerprint_question.wrong(
    "signs that the encoding lacks are left out",
    why="latin-1 has one byte a sign.",
    label="'π' at the end of an answer",
    message="Your fingerprint does not notice a sign that your encoding lacks, such as π: it is left out. UTF-8, which `encode()` takes by itself, has them all.",
)
def fingerprint(items):
    text = "\n".join(sorted(repr(item) for item in items))
    return hashlib.sha256(text.encode("latin-1", "ignore")).hexdigest()


@fingerprint_question.wrong(
    "a length in front of each question",
    why="A length keeps question and answer apart.",
    label="two items in one, with a length between",
    message="Your fingerprint takes two items for one: a length in front of the question says where it ends, and not where the answer does. Give the answer its length, too, or use `repr`.",
)
def fingerprint(items):
    text = "".join(sorted(f"{len(question)}:{question}{answer}" for question, answer in items))
    return hashlib.sha256(text.encode()).hexdigest()


@fingerprint_question.wrong(
    "each item sorted as well",
    why="Sorted twice is sorted for sure.",
    label="question and answer exchanged",
    message="Your fingerprint does not notice when a question and its answer change places: you sort within the item, too. Sort the items only.",
)
def fingerprint(items):
    lines = sorted(repr(sorted(item)) for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@fingerprint_question.wrong(
    "sorted by the question",
    why="Questions are what tells items apart.",
    label="the two answers to a question in another order",
    message="Your fingerprint depends on the order where a question has two answers: you sort by the question alone. Sort whole items.",
)
def fingerprint(items):
    return hashlib.sha256(repr(sorted(items, key=lambda item: item[0])).encode()).hexdigest()


@fingerprint_question.wrong(
    "line breaks made equal",
    why="Windows and Linux write them differently.",
    label="another line break",
    message="Your fingerprint does not notice another line break. A model that reads the text gets other characters, so it is another test.",
)
def fingerprint(items):
    lines = sorted(repr(tuple("\n".join(text.splitlines()) for text in item)) for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@fingerprint_question.wrong(
    "four digits are enough",
    why="A short mark is easier to read out.",
    label="one of 300 sets of one item",
    message="Two different sets get the same fingerprint by chance: it is too short. With 10,000 possible ones a few hundred sets meet; keep at least 16 hexadecimal digits.",
)
def fingerprint(items):
    lines = sorted(repr(tuple(item)) for item in items)
    return str(int(hashlib.sha256("\n".join(lines).encode()).hexdigest(), 16) % 10_000)


@fingerprint_question.wrong(
    "xor and the number of items",
    why="The number tells two copies from none.",
    label="another item that stands there three times",
    message="Your fingerprint does not notice *which* item stands there several times. Sorting whole items, or a sum of their digests, keeps all.",
)
def fingerprint(items):
    mark = 0
    for item in items:
        mark ^= int(hashlib.sha256(repr(tuple(item)).encode()).hexdigest(), 16)
    return f"{mark:x} {len(items)}"


@fingerprint_question.wrong(
    "Unicode made equal",
    why="An accent can be written in two ways, and looks the same.",
    label="'e\\u0301' at the end of an answer",
    message="Your fingerprint does not notice another way to write é. It looks the same, and a model or a strict grader gets other characters.",
)
def fingerprint(items):
    import unicodedata

    lines = sorted(repr(tuple(unicodedata.normalize("NFC", text) for text in item)) for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@fingerprint_question.wrong(
    "joined by spaces",
    why="A space keeps them apart.",
    label="a word moved from the question to the answer",
    message="Your fingerprint does not notice when a word moves from the question to the answer: a space stands between them, and within them as well.",
)
def fingerprint(items):
    return hashlib.sha256("\n".join(sorted(f"{q} {a}" for q, a in items)).encode()).hexdigest()


@fingerprint_question.wrong(
    "digests combined by xor",
    why="xor does not depend on the order.",
    label="an item that stands there three times",
    message="Your fingerprint does not notice an item that stands there three times: combined by xor, two copies cancel. A sum, or sorting, keeps all.",
)
def fingerprint(items):
    mark = 0
    for item in items:
        mark ^= int(hashlib.sha256(repr(item).encode()).hexdigest(), 16)
    return hex(mark)


@fingerprint_question.wrong(
    "spaces stripped",
    why="A space at the end is an accident.",
    label="one character of a question",
    message="Your fingerprint does not notice a space at the end of a question. To a model it is another prompt.",
)
def fingerprint(items):
    return hashlib.sha256(repr(sorted((q.strip(), a.strip()) for q, a in items)).encode()).hexdigest()


@fingerprint_question.wrong(
    "joined with signs that may stand in the text",
    why="A bar between question and answer, a new line between items: nobody writes a bar.",
    message="You put a sign between question and answer, or between items, and the same sign may stand in the text: then two different sets look alike. `repr` or `json.dumps` mark where a text ends.",
)
def fingerprint(items):
    text = "\n".join(sorted(f"{question}|{answer}" for question, answer in items))
    return hashlib.sha256(text.encode()).hexdigest()


@fingerprint_question.right("json, sorted")
def fingerprint(items):
    import json

    return hashlib.md5(
        json.dumps(sorted([question, answer] for question, answer in items)).encode()
    ).hexdigest()


@fingerprint_question.right("sorted digests of the items")
def fingerprint(items):
    marks = sorted(hashlib.sha256(f"{len(q)}:{q}|{a}".encode()).hexdigest() for q, a in items)
    return hashlib.sha256("".join(marks).encode()).hexdigest()[:16]


# ------------------------------------------------------------------------------------------------------ contamination


def _mixture_case(rng, count, title):
    mixtures = [make_mixture(rng, n_questions=30, n_documents=50, n_near=12) for _ in range(count)]
    for mixture in mixtures:
        # the same question about another class, whose name begins like this one: Ridge is not RidgeCV
        unseen = [mixture.questions[i] for i in rng.permutation(np.flatnonzero(~mixture.seen))]
        others = [question.replace("?", "CV?") for question in unseen]
        mixture.corpus.extend([other for other in others if other not in mixture.questions][:2])
    pairs = [{"questions": mixture.questions, "corpus": mixture.corpus} for mixture in mixtures]
    return Case({"benchmarks": pairs}, title, {"seen": [mixture.seen for mixture in mixtures]})


contamination = Question(
    "05.contamination",
    title="Has it read the exam?",
    objective="Find the benchmark's questions in a corpus that speaks in nearly the same words.",
    points=3,
    answer="find_seen",
    probe="[answer(pair['questions'], pair['corpus']) for pair in benchmarks]",
    judge="holdout.topics.test_reuse.judges:detector",
    parameters={"credit": [[0.95, 1.0], [0.8, 0.5]]},
    partial=True,
    visible=[_mixture_case(np.random.default_rng(6), 3, "three benchmarks")],
    hidden=lambda rng: [_mixture_case(rng, 5, "five benchmarks")],
    hints=[
        "First forget capitals, punctuation and spacing: `tokens(text)` does.",
        "Then ask for a long run. Most words of a question are those of the template: 3-grams of it occur everywhere.",
        "`ngrams(question, 8) <= known`, where `known` is the union over the documents: *every* 8-gram of the question occurs in the corpus.",
    ],
    passed="Copies found, neighbours left alone. What you cannot find this way is a paraphrase.",
)


@contamination.wrong(
    "exact text",
    why="`in` works on lists.",
    message="You find only the questions that stand there letter by letter as a document of their own. In capitals or inside a longer text they escape you.",
)
def find_seen(questions, corpus):
    return [question in corpus for question in questions]


@contamination.wrong(
    "substring, letter by letter",
    why="`in` works on text, too.",
    message="You find copies inside longer texts, but not those in capitals or with other punctuation and spacing. Compare tokens, not letters.",
)
def find_seen(questions, corpus):
    return [any(question in document for document in corpus) for question in questions]


@contamination.wrong(
    "any shared 3-gram",
    why="Some overlap is suspicious.",
    message="You flag nearly every question. Most words of a question are those of the template, and documents about other questions share them: one common run, or runs collected from several documents, prove little. Which runs hold the words of *this* question, and are those together in one document?",
)
def find_seen(questions, corpus):
    known = set().union(*(ngrams(document, 3) for document in corpus))
    return [bool(ngrams(question, 3) & known) for question in questions]


@contamination.wrong(
    "both names in one document",
    why="The rare words decide.",
    message="You flag a question when a document names its class and its parameter. Documents that *state the fact* do so, too, and they are legitimate training text: the exam is seen where the *question* stands.",
)
def find_seen(questions, corpus):
    documents = [set(tokens(document)) for document in corpus]
    flags = []
    for question in questions:
        words = question.rstrip("?").split()
        names = set(tokens(words[-3])) | set(tokens(words[-1]))
        flags.append(any(names <= document for document in documents))
    return flags


@contamination.wrong(
    "three quarters of the 5-grams",
    why="Three quarters sound like a lot.",
    message="You flag questions of which three quarters of the n-grams are found. A document that asks the same about *another* parameter of the class has most of them, too. The few that are missing are the point: ask for all.",
)
def find_seen(questions, corpus):
    known = set().union(*(ngrams(document, 5) for document in corpus))
    return [len(ngrams(question, 5) & known) >= 0.75 * len(ngrams(question, 5)) for question in questions]


@contamination.wrong(
    "shares instead of flags",
    why="The overlap is the evidence.",
    label="not flags",
    message="Return True or False for each question, not the overlap: somebody has to draw the line.",
)
def find_seen(questions, corpus):
    known = set().union(*(ngrams(document, 8) for document in corpus))
    return [len(ngrams(question, 8) & known) / len(ngrams(question, 8)) - 0.001 for question in questions]


@contamination.wrong(
    "all words in one document",
    why="Every word of the question is there.",
    message="You flag a question when one document holds all of its words, in any order. A sentence about the same parameter holds them as well: the question stands there only if the words follow each other.",
)
def find_seen(questions, corpus):
    documents = [set(tokens(document)) for document in corpus]
    return [any(set(tokens(question)) <= document for document in documents) for question in questions]


@contamination.wrong(
    "every 5-gram, from anywhere",
    why="All of them is strict.",
    message="You ask for every short n-gram of the question, but they may come from different documents: two neighbours hold its two halves. Take longer n-grams, or look for the whole question in one document.",
)
def find_seen(questions, corpus):
    known = set().union(*(ngrams(document, 5) for document in corpus))
    return [ngrams(question, 5) <= known for question in questions]


@contamination.right("tokens as one text")
def find_seen(questions, corpus):
    documents = [" " + " ".join(tokens(document)) + " " for document in corpus]
    return [
        any(" " + " ".join(tokens(question)) + " " in document for document in documents)
        for question in questions
    ]


@contamination.right("regular expressions and NumPy flags")
def find_seen(questions, corpus):
    plain = [re.sub(r"[^a-z0-9]+", " ", text.lower()).strip() for text in corpus]
    flags = np.zeros(len(questions), dtype=bool)
    for i, question in enumerate(questions):
        wanted = re.sub(r"[^a-z0-9]+", " ", question.lower()).strip()
        flags[i] = any(re.search(rf"\b{wanted}\b", text) for text in plain)
    return flags


# --------------------------------------------------------------------------------------------------------------- lead


MEANS, SKILL = 0.015, 0.025  # how teams scatter around production, and candidates within one team of four


def _average_gain(scores, n, baseline):
    """True gain of the best that is to be expected given all scores (normal errors)."""
    best, mean, k = scores.max(), scores.mean(), len(scores)
    gains, logs = [], []
    for share, spread in ((3 / 4, 0.0), (1 / 4, SKILL)):
        each = spread**2 + baseline * (1 - baseline) / n
        of_mean = MEANS**2 + each / k
        centre = baseline + MEANS**2 / of_mean * (mean - baseline)
        gains.append(centre + spread**2 / each * (best - centre) - baseline)
        within = (k - 1) * np.log(each) + k * scores.var() / each
        logs.append(np.log(share) - (within + np.log(of_mean) + (mean - baseline) ** 2 / of_mean) / 2)
    weights = np.exp(np.array(logs) - max(logs))
    return float(weights @ gains / weights.sum())


def _boards(rng, n_cases):
    # kinds of boards in equal shares, sizes and teams spread evenly over their distributions: luck moves the score less
    even = (rng.permuted(np.tile(np.arange(n_cases), (2, 1)), axis=1) + rng.random((2, n_cases))) / n_cases
    sizes, means = 300 * 100 ** even[0], MEANS * stats.norm.ppf(even[1])
    cases, costs = [], []
    for kind, n, mean in zip(rng.permutation(n_cases), sizes.astype(int), means, strict=True):
        k = (1, 1, 2, 5, 300)[kind % 5]
        # with many rows a small gain is significant long before it pays, so that significance is no stand-in for the price
        spread, baseline = SKILL * (kind // 5 % 4 == 0), 0.8
        skill = np.clip(baseline + mean + spread * rng.standard_normal(k), 0.5, 0.95)
        scores = (rng.binomial(n, skill) / n).round(4)
        # what luck did to this board is nobody's merit: costs are means given the scores, and only their difference decides
        points = 100 * _average_gain(scores, n, baseline)
        cases.append({"scores": scores, "n": int(n), "baseline": baseline})
        costs.append({"ship": 3 + 2 * max(-points, 0.0), "keep": 2 * max(points, 0.0)})
    return Case({"cases": cases}, f"{n_cases} boards", {"costs": costs})


lead_question = Question(
    "05.lead",
    title="The leader of the board",
    objective="Decide under stated costs from the best of many scores: how much of the lead is luck?",
    points=3,
    answer="lead",
    probe="[answer(case['scores'], case['n'], case['baseline']) for case in cases]",
    judge="policy",
    # Relative regret of 2,000 boards on 15 seeds: shrinking 0.02 to 0.04, subtracting the winner's curse 0.03 to 0.05. Wrong: two standard
    # errors beyond the price 0.08 to 0.11, one luck for all numbers of tries and the luck of 1,000 rows 0.09 to 0.15, half of the luck 0.10 to
    # 0.15, significant by Bonferroni 0.11 to 0.13, never a single candidate 0.13 to 0.20, a margin without n 0.17 to 0.21, all others 0.26 and more.
    parameters={"credit": [[0.065, 1.0], [0.08, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_boards(np.random.default_rng(14), 600)],
    hidden=lambda rng: [_boards(rng, 2000)],
    hints=[
        "Shipping pays from a true gain of 1.5 points. How large is the *true* gain of the best, when its score is partly luck?",
        "The best of k equal models is about E[max of k] standard errors too good: question <05.winner>. Subtract that before you compare with 1.5 points.",
        "Better: see how much the scores scatter. Variance beyond `baseline * (1 - baseline) / n` is skill; shrink the winner towards the mean of all by skill / (skill + noise).",
    ],
    passed="You paid for skill, not for luck: the lead was discounted by the number of tries and the size of the test set.",
)


@lead_question.wrong(
    "the point estimate",
    why="'It is two points better.'",
    message="You take the best score at its word. It is the best of many on one test set: part of its lead is luck, and the more so the more were tried and the smaller the set.",
)
def lead(scores, n, baseline):
    return "ship" if np.max(scores) - baseline > 0.015 else "keep"


@lead_question.wrong(
    "significant, so ship",
    why="Two standard errors above the baseline.",
    message="You ship when the leader is two standard errors above production. The best of 100 equals is that by luck alone. And on many rows a gain is significant long before it pays for the change.",
)
def lead(scores, n, baseline):
    return "ship" if np.max(scores) - baseline > 2 * np.sqrt(baseline * (1 - baseline) / n) else "keep"


@lead_question.wrong(
    "never change",
    why="The test set is spent, so nothing can be said.",
    message="You never ship. That is the yardstick here. A spent test set says less, not nothing: some leaders are far ahead on many rows.",
)
def lead(scores, n, baseline):
    return "keep"


@lead_question.wrong(
    "always ship the leader",
    why="It won.",
    message="You always ship the winner. Every competition has one, also one of equals.",
)
def lead(scores, n, baseline):
    return "ship"


@lead_question.wrong(
    "the mean of the candidates",
    why="The mean has no winner's curse.",
    message="You judge by the mean of all candidates. It has no winner's curse, but it is not what would be shipped: where candidates really differ, the best is much better than the mean.",
)
def lead(scores, n, baseline):
    return "ship" if np.mean(scores) - baseline > 0.015 else "keep"


_LEAD = """
def lead(scores, n, baseline):
    k, best = len(scores), np.max(scores)
    error = np.sqrt(baseline * (1 - baseline) / n)
    luck = stats.norm.ppf((k - 0.375) / (k + 0.25)) if k > 1 else 0.0
    {rule}
"""
lead_question.wrong(
    "a margin that does not know n",
    why="Three points are a clear lead.",
    message="Your rule seems to ask for the same lead on 500 rows and on 100,000. The luck of a winner shrinks with the root of the rows.",
    code=_LEAD.format(rule='return "ship" if best - baseline > 0.03 else "keep"'),
)
lead_question.wrong(
    "Bonferroni",
    why="Many tries: divide the level by them.",
    message="You ship where a test at 5% divided by the number of tries says that the leader is better. Better by how much? On many rows half a point passes, and a change pays from 1.5 points on; on few rows the test leaves gains that pay.",
    code=_LEAD.format(
        rule='return "ship" if best - baseline > stats.norm.ppf(1 - 0.05 / k) * error else "keep"'
    ),
)
lead_question.wrong(
    "luck discounted, the price forgotten",
    why="Any true gain is a gain.",
    message="You discount the luck, and ship whatever is left above 0. A change costs 3, so that it pays from 1.5 points on.",
    code=_LEAD.format(rule='return "ship" if best - luck * error - baseline > 0 else "keep"'),
)
lead_question.wrong(
    "luck of 1,000 rows",
    why="The table of the lesson is for 1,000 rows.",
    message="You discount the luck of one size of test set. Each case has its own `n`.",
    code=_LEAD.format(
        rule='return "ship" if best - luck * np.sqrt(0.16 / 1000) - baseline > 0.015 else "keep"'
    ),
)
lead_question.wrong(
    "one luck for every number of tries",
    why="About one and a half standard errors is what luck brings.",
    message="You discount the same luck for one candidate and for three hundred. A single one was not picked for its score; the best of many was.",
    code=_LEAD.format(rule='return "ship" if best - 1.54 * error - baseline > 0.015 else "keep"'),
)
lead_question.wrong(
    "significantly more than the price",
    why="Two standard errors beyond what the change costs.",
    message="You know the price and the rows, and ask for two standard errors beyond the price, however many were tried. That is too much for a single candidate and too little for the best of three hundred.",
    code=_LEAD.format(rule='return "ship" if best - 2 * error - baseline > 0.015 else "keep"'),
)
lead_question.wrong(
    "half of the luck",
    why="Some of the lead will be real.",
    message="You discount half of what luck brings. Where the candidates do not differ all of it is luck; whether they differ, the scatter of the scores shows.",
    code=_LEAD.format(rule='return "ship" if best - luck * error / 2 - baseline > 0.015 else "keep"'),
)
lead_question.wrong(
    "the scatter of the scores taken for luck",
    why="The scores scatter, so that is their noise.",
    message="You discount by the scatter of the scores themselves. Where the candidates truly differ that is mostly skill. How much would `n` rows scatter by chance alone?",
    code=_LEAD.format(rule='return "ship" if best - luck * np.std(scores) - baseline > 0.015 else "keep"'),
)
lead_question.wrong(
    "never a single candidate",
    why="One try is no comparison.",
    message="You never ship a single candidate. Nobody picked it for its score: its gain is the one that needs no discount.",
    code=_LEAD.format(rule='return "ship" if k > 1 and best - luck * error - baseline > 0.015 else "keep"'),
)


@lead_question.right("what the best of k equals wins, whatever the scores scatter")
def lead(scores, n, baseline):
    scores = np.asarray(scores, float)
    k, error = len(scores), np.sqrt(scores.mean() * (1 - scores.mean()) / n)
    grid = np.linspace(-8, 8, 1601)
    luck = np.sum(grid * k * stats.norm.pdf(grid) * stats.norm.cdf(grid) ** (k - 1)) * 0.01
    return "ship" if scores.max() - luck * error - baseline > 0.015 else "keep"


@lead_question.right("subtract the winner's curse")
def lead(scores, n, baseline):
    k = len(scores)
    luck = stats.norm.ppf((k - 0.375) / (k + 0.25)) if k > 1 else 0.0
    gain = np.max(scores) - baseline - luck * np.sqrt(baseline * (1 - baseline) / n)
    return "ship" if gain > 0.015 else "keep"


@lead_question.right("shrink, also a single one")
def lead(scores, n, baseline):
    scores = np.asarray(scores)
    noise = baseline * (1 - baseline) / n
    if len(scores) < 2:
        gain = 0.7 * (scores.max() - baseline)
    else:
        skill = max(scores.var(ddof=1) - noise, 0)
        weight = skill / (skill + noise)
        gain = scores.mean() + weight * (scores.max() - scores.mean()) - baseline
    return "ship" if gain > 0.015 else "keep"


# -------------------------------------------------------------------------------------------------------------- trust


def _reports(rng, n_cases):
    cases, costs = [], []
    # kinds of reports in equal shares and gains spread evenly over their distribution: luck moves the score less. Many tries, copies in three
    # reports of four and a small twin set: whoever forgets one of them throws the benchmark away, or believes it.
    true = 0.02 * stats.norm.ppf((rng.permutation(n_cases) + rng.random(n_cases)) / n_cases)
    for kind in rng.permutation(n_cases):
        kind, fifth = divmod(int(kind), 5)
        kind, twin = divmod(kind, 3)
        kind, tried = divmod(kind, 4)
        kind, size = divmod(kind, 3)
        looks, n, twin_n = 400 if tried else 1, (500, 800, 1600)[size], (100, 150, 300)[twin]
        production = round(float(rng.uniform(0.6, 0.85)), 3)
        found = round(n * float(rng.uniform(0.1, 0.35))) if kind % 4 else 0
        # the search finds copies; in one report of five more questions stood there in other words
        reworded = 0 if fifth else round(n * float(rng.uniform(0.15, 0.35)))
        differ, spread = rng.uniform(0.06, 0.2), float(rng.choice([0.0, 0.01]))
        gains = np.clip(true[len(cases)] + spread * rng.standard_normal(looks), -differ, differ)
        shares = np.stack([(differ + gains) / 2, (differ - gains) / 2, np.full(looks, 1 - differ)], axis=1)
        counts = rng.multinomial(n - found - reworded, shares)
        # what stood in its training text it answers rightly: it gains where production was wrong. Each candidate has read questions of its
        # own, as many, so that the best of them is also the one that was lucky in these.
        recited = rng.binomial(found + reworded, 1 - production, looks)
        best = int(np.argmax(counts[:, 0] + recited - counts[:, 1]))
        twin = rng.multinomial(twin_n, shares[best])
        cases.append(
            {
                "looks": looks,
                "n": n,
                "better": int(counts[best, 0] + recited[best]),
                "worse": int(counts[best, 1]),
                "found": found,
                "production": production,
                "twin_n": twin_n,
                "twin_better": int(twin[0]),
                "twin_worse": int(twin[1]),
            }
        )
        gain = 100 * gains[best]
        ship, hold = 3 + 2 * max(-gain, 0.0), 2 * max(gain, 0.0)
        costs.append({"ship": ship, "hold": hold})
    return Case({"reports": cases}, f"{n_cases} reports", {"costs": costs})


trust_question = Question(
    "05.trust",
    title="Which improvement to believe",
    objective="Decide from a whole report, tries, size, paired errors, leaked questions, twin set, what an improvement is worth.",
    points=3,
    answer="trust",
    probe="[answer(report) for report in reports]",
    judge="policy",
    # TRUSTRANGES
    parameters={"credit": [[0.46, 1.0], [0.49, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_reports(np.random.default_rng(28), 1200)],
    hidden=lambda rng: [_reports(rng, 2500)],
    hints=[
        "Two estimates of one gain: the benchmark's and the twin set's. The benchmark's is too good for two reasons that you can price (tries, copies found) and for one that you cannot (questions in other words).",
        "Tries: the best of `looks` equals is E[largest of `looks` normals] standard errors too good, and one standard error of a paired gain is about `np.sqrt(better + worse) / n`. Copies: with `c = found / n` the score is a + c (1 − a); solve for a. What stays too good after that shows only where the benchmark's gain lies far above the twin set's: compare their difference with *its* standard error.",
        "If the two agree, average them, each with weight 1 / (its standard error)². If the benchmark's gain is still more than about 1.5 standard errors of the difference above the twin set's, leave the benchmark out. Ship above 0.015.",
    ],
    passed="You priced the tries and the copies, and where the benchmark still contradicted the twin set you believed the twin set.",
)


# ndtri is stats.norm.ppf without its checks of arguments: one of these answers decides 2,500 reports a seed
_TRUST = """
from scipy.special import ndtri


def trust(report):
    n, looks, production = report["n"], report["looks"], report["production"]
    gain = (report["better"] - report["worse"]) / n
    error = np.sqrt(report["better"] + report["worse"]) / n
    found = report["found"] / n
    without_leak = (production + gain - found) / (1 - found) - production
    luck = ndtri((looks - 0.375) / (looks + 0.25)) * error if looks > 1 else 0.0
    twin_n = report["twin_n"]
    twin = (report["twin_better"] - report["twin_worse"]) / twin_n
    twin_error = np.sqrt(max(report["twin_better"] + report["twin_worse"], 1)) / twin_n
    benchmark, error = without_leak - luck / (1 - found), error / (1 - found)
    weights = np.array([1 / error**2, 1 / twin_error**2])
    contradict = benchmark - twin > 1.5 * np.hypot(error, twin_error)
    return {decision}
"""


def _trust_code(decision):
    return _TRUST.format(decision=decision)


trust_question.wrong(
    "the benchmark at its word",
    why="It is the number in the report.",
    message="You ship when the benchmark's gain pays. That gain is the best of `looks` tries, and includes questions that stood in the training text.",
    code=_trust_code('"ship" if gain > 0.015 else "hold"'),
)
trust_question.wrong(
    "significant on the benchmark",
    why="McNemar's test on paired errors is the right test.",
    message="You ship when the paired gain on the benchmark is two standard errors above 0. The test knows neither how many were tried nor what stood in the training text, and a gain above 0 need not pay for the change.",
    code=_trust_code('"ship" if gain > 2 * np.sqrt(report["better"] + report["worse"]) / n else "hold"'),
)
trust_question.wrong(
    "Bonferroni",
    why="Many tries: divide the level by them.",
    message="You count the tries, by Bonferroni. Leaked questions pass every significance test: they are a real gain on this benchmark, and none in use. And a gain above 0 need not pay for the change.",
    code=_trust_code(
        '"ship" if gain > ndtri(1 - 0.025 / looks) * np.sqrt(report["better"] + report["worse"]) / n else "hold"'
    ),
)
trust_question.wrong(
    "the tries forgotten",
    why="The leak is out, so the number is clean.",
    message="You take out the copies that were found and average with the twin set. But the benchmark's gain is still the best of `looks`: by luck alone it lies standard errors too high.",
    code=_trust_code('"ship" if weights @ [without_leak, twin] / weights.sum() > 0.015 else "hold"'),
)
trust_question.wrong(
    "the leak forgotten",
    why="The tries are discounted, so the number is clean.",
    message="You discount the tries and average with the twin set. But the questions in `found` are answered from memory: each of them that production misses counts as a gain.",
    code=_trust_code('"ship" if weights @ [gain - luck, twin] / weights.sum() > 0.015 else "hold"'),
)
trust_question.wrong(
    "the leak left to the twin set",
    why="Where the benchmark flatters, the twin set shows it.",
    message="You leave the copies in the benchmark's gain, and drop the benchmark where it contradicts the twin set. Copies of known number need no contradiction: take them out, and the benchmark, which is larger than the twin set, can be used.",
    code=_TRUST.replace(
        "    return {decision}\n",
        """    flattered, error = gain - luck, error * (1 - found)
    contradict = flattered - twin > 1.5 * np.hypot(error, twin_error)
    weights = np.array([0.0 if contradict else 1 / error**2, 1 / twin_error**2])
    return "ship" if weights @ [flattered, twin] / weights.sum() > 0.015 else "hold"
""",
    ),
)
trust_question.wrong(
    "the twin set ignored",
    why="The tries are discounted and the leak is taken out: what is left must be the truth.",
    message="You price the tries and the copies, and never look at the twin set. The search finds copies only: what stood in the training text in other words is still in your gain, and the twin set alone shows it.",
    code=_trust_code('"ship" if benchmark > 0.015 else "hold"'),
)
trust_question.wrong(
    "always the weighted average",
    why="Two estimates of one number, each weighted by its precision: that is the textbook.",
    message="You average the repaired benchmark and the twin set in every report. The textbook's average is for two estimates that are both unbiased. Where they contradict each other, one of them is not; you can tell which.",
    code=_trust_code('"ship" if weights @ [benchmark, twin] / weights.sum() > 0.015 else "hold"'),
)
trust_question.wrong(
    "the twin set alone",
    why="It is fresh: nobody chose by it, nobody has read it.",
    message="You decide by the twin set alone. It is honest, but often small: 100 questions are off by three or four points. The benchmark is larger, and where it does not contradict the twin set, what is wrong with it can be priced.",
    code=_trust_code('"ship" if twin > 0.015 else "hold"'),
)
trust_question.wrong(
    "the mean of both",
    why="Two numbers, one average.",
    message="You average benchmark and twin set as they are. Half of what is too good in the benchmark's gain is still in your average.",
    code=_trust_code('"ship" if (gain + twin) / 2 > 0.015 else "hold"'),
)
trust_question.wrong(
    "any overlap disqualifies",
    why="A contaminated benchmark proves nothing.",
    message="You hold whenever a question was found, and take the benchmark at its word otherwise. A leak of known size can be taken out; and a benchmark without copies that was asked 400 times still flatters.",
    code=_trust_code('"hold" if found > 0 else "ship" if gain > 0.015 else "hold"'),
)
trust_question.wrong(
    "always hold",
    why="A benchmark that was looked at proves nothing.",
    message="You never ship. That is the yardstick here: some of these gains are real and pay for the change.",
    code=_trust_code('"hold"'),
)
trust_question.wrong(
    "the smaller one, the tries forgotten",
    why="The twin set keeps the benchmark in check.",
    message="You ship where both estimates pay, and the benchmark's is still the best of `looks`: by luck alone it lies standard errors too high, so that it hardly ever objects to a lucky twin set.",
    code=_trust_code('"ship" if min(without_leak, twin) > 0.015 else "hold"'),
)
trust_question.wrong(
    "the smaller one, the leak forgotten",
    why="The twin set keeps the benchmark in check.",
    message="You ship where both estimates pay, and the copies are still in the benchmark's gain: with many of them it hardly ever objects to a lucky twin set.",
    code=_trust_code('"ship" if min(gain - luck, twin) > 0.015 else "hold"'),
)
trust_question.wrong(
    "the price forgotten",
    why="A true gain is a gain.",
    message="Your estimate is a careful one, and you ship whatever is above 0. A change costs 3: from which gain on does it pay?",
    code=_trust_code(
        '"ship" if (twin if contradict else weights @ [benchmark, twin] / weights.sum()) > 0 else "hold"'
    ),
)


@trust_question.right("the smaller of the two estimates")
def trust(report):
    n, c, a = report["n"], report["found"] / report["n"], report["production"]
    k = report["looks"]
    gain = (report["better"] - report["worse"]) / n
    if k > 1:
        root = np.sqrt(2 * np.log(k))  # the textbook's asymptote of the largest of k normals
        largest = root - (np.log(np.log(k)) + np.log(4 * np.pi)) / (2 * root)
        gain -= largest * np.sqrt(report["better"] + report["worse"]) / n
    clean = (a + gain - c) / (1 - c) - a
    twins = (report["twin_better"] - report["twin_worse"]) / report["twin_n"]
    return "ship" if min(clean, twins) > 0.015 else "hold"


trust_question.right(
    "towards 0",
    code=_TRUST.replace(
        "    return {decision}\n",
        """    weights = np.array([0.0 if contradict else 1 / error**2, 1 / twin_error**2, 1 / 0.03**2])
    estimate = weights @ [benchmark, twin, 0.0] / weights.sum()
    return "ship" if estimate > 0.015 else "hold"
""",
    ),
)

trust_question.right(
    "the likelihood of both stories",
    code=_TRUST.replace(
        "    return {decision}\n",
        """    gains = np.linspace(-0.08, 0.08, 161)
    believed = np.exp(-(gains**2) / (2 * 0.03**2) - (twin - gains) ** 2 / (2 * twin_error**2))
    story = 0.8 * np.exp(-((benchmark - gains) ** 2) / (2 * error**2))
    for reworded in np.linspace(0.15, 0.35, 5):
        inflated = gains + reworded * (1 - production - gains)
        story = story + 0.2 / 5 * np.exp(-((benchmark - inflated) ** 2) / (2 * error**2))
    believed = believed * story
    return "ship" if believed @ gains / believed.sum() > 0.015 else "hold"
""",
    ),
)


@trust_question.right("a grid of gains and hidden shares")
def trust(report):
    from scipy.special import log_ndtr

    gains, hidden = np.linspace(-0.1, 0.1, 81)[:, None], np.append(0.0, np.linspace(0.15, 0.35, 5))
    prior = -((gains / 0.02) ** 2) / 2 + np.log(np.append(0.8, np.full(5, 0.04)))
    n, looks, production = report["n"], report["looks"], report["production"]
    observed, error = (
        (report["better"] - report["worse"]) / n,
        np.sqrt(max(report["better"] + report["worse"], 1)) / n,
    )
    z = (observed - gains - (report["found"] / n + hidden) * (1 - production - gains)) / error
    # the density of the best of so many equals
    log_p = prior - z**2 / 2 + (looks - 1) * log_ndtr(z)
    twin_n = report["twin_n"]
    twin = (report["twin_better"] - report["twin_worse"]) / twin_n
    twin_error = np.sqrt(max(report["twin_better"] + report["twin_worse"], 1)) / twin_n
    log_p = log_p - ((twin - gains) / twin_error) ** 2 / 2
    p = np.exp(log_p - log_p.max()).sum(axis=1)
    return "ship" if p @ gains[:, 0] > 0.015 * p.sum() else "hold"


trust_question.right(
    "a grid, with the luck taken off first",
    code=_TRUST.replace(
        "    return {decision}\n",
        """    gains, hidden = np.linspace(-0.1, 0.1, 81)[:, None], np.append(0.0, np.linspace(0.15, 0.35, 5))
    inflated = gains + (found + hidden) * (1 - production - gains)
    spread = error * (1 - found)
    log_p = np.log(np.append(0.8, np.full(5, 0.04))) - ((gain - luck - inflated) / spread) ** 2 / 2
    log_p = log_p - ((twin - gains) / twin_error) ** 2 / 2 - (gains / 0.02) ** 2 / 2
    p = np.exp(log_p - log_p.max()).sum(axis=1)
    return "ship" if p @ gains[:, 0] > 0.015 * p.sum() else "hold"
""",
    ),
)

# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "05.say_it",
    objective="Say how much of the best of many scores is luck, and what follows.",
    right="a",
    wrong={
        "b": Misreading(
            "the winner tested like a single model",
            why="Three points are almost two standard errors.",
            message="The winner was picked for its score. The best of 80 equals lies about 2.4 standard errors above the mean, four points: three points are less than luck alone.",
        ),
        "c": Misreading(
            "invalid altogether",
            why="The rule 'use the test set once' was broken.",
            message="The mean of the 80 is hardly flattered at all, and it says something: about 0.83. Only the *best* score must not be taken at its word.",
        ),
        "d": Misreading(
            "Bonferroni makes it clean",
            why="Multiple testing has a remedy.",
            message="Bonferroni corrects a *p value* for many tests. It does not make the score of the winner an honest estimate; and with it, the lead is far from significant.",
        ),
    },
    hints=[
        "Compare the scatter of the 80 scores with the standard error of one score.",
        "Best of 80 equals: about 2.4 standard errors above the mean. How far is 0.862 above 0.830?",
    ],
    passed="You held the scatter against chance, gave the number to expect, and said how to check. That is a review.",
)
