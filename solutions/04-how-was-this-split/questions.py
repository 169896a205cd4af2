"""Questions of exercise 04: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.checks.codec import seeded
from holdout.checks.repeats import PROBE, repeated
from holdout.topics.leakage.cases import KINDS, make_leaky_table
from holdout.topics.leakage.feeds import MOMENTS, SPLITS, make_feed_study
from holdout.topics.leakage.probes import watch_pipeline

# -------------------------------------------------------------------------------------------------------------- twins


# each way to miscount counts another number of rows, so that its message is given to nobody else
_NEAR = ("turned", *2 * ("first",), *3 * ("last",), *4 * ("by one",))


def _twin_case(rng, n_train, n_test, shared, title=""):
    train = rng.integers(0, 30, (n_train, 3)).astype(float)
    test = rng.integers(30, 60, (n_test, 3)).astype(float)
    # a test row may stand there twice, and a training row may have several twins: neither changes the question
    copied = rng.permutation(n_test)[:shared]
    test[copied] = train[rng.integers(0, max(n_train // 3, 1), shared)]
    rest = np.setdiff1d(np.arange(n_test), copied)
    half = rest[: len(rest) // 2]
    test[half, 0] = train[rng.integers(0, n_train, len(half)), 0]  # one column in common is not a twin
    # nor is a row whose columns agree with three different training rows
    mixed = rest[len(rest) // 2 :][:3]
    for row in mixed:
        test[row] = [train[i, column] for column, i in enumerate(rng.permutation(n_train)[:3])]
        if (train == test[row]).all(axis=1).any():
            test[row, 2] = 99.0
    # nor is a row with the same values in other columns, one that agrees in all columns but one, or one that is nearly equal
    near = rest[len(rest) // 2 :][3:]
    for row, change in zip(near, _NEAR, strict=False):
        test[row] = train[int(rng.integers(0, n_train))]
        if change == "turned":
            test[row] = np.roll([3.0, 11.0, 27.0], int(rng.integers(3)))
            train[-1] = np.roll(test[row], 1)
        elif change == "by one":
            test[row] += 1
        else:
            test[row, 0 if change == "first" else 2] = 77.0
        if (train == test[row]).all(axis=1).any():
            test[row, 2] = 98.0
    test[half[-6:]] = 55.0  # a row that stands six times in the test set, and not in training
    train = np.vstack([train, train[: n_train // 4]])
    # the last training row is the turned one: no twin of it may have been made before it was
    assert len(half) >= 6 and len(near) >= len(_NEAR)
    return Case({"train": train, "test": test}, title)


twins = Question(
    "04.twins",
    title="Twins across the split",
    objective="Measure duplicates across a split and predict what a memory makes of them.",
    points=2,
    answer="twin_share",
    probe="answer(train, test)",
    visible=[
        _twin_case(np.random.default_rng(1), 40, 40, 9, "equal rows, repeats and near copies"),
        _twin_case(np.random.default_rng(2), 30, 50, 10, "more test rows than training rows"),
    ],
    hidden=lambda rng: [
        _twin_case(rng, int(rng.integers(20, 60)), int(rng.integers(42, 70)), int(rng.integers(3, 14)))
        for _ in range(5)
    ],
    tolerance=Tolerance(1e-9, 1e-12, "counting and one line of arithmetic"),
    hints=[
        "A row is a twin if *all* its columns agree with *one* training row. Tuples can be members of a set: `tuple(row) in known`.",
        "The share is over test rows. How often the training row stands there does not matter.",
        "A memory is right on every twin, and on half of the rest: q + (1 − q)/2.",
    ],
    properties=[
        Property("len(got) == 2", "Return two numbers: the share of twins, and the accuracy."),
        Property(
            "0 <= got[0] <= 1",
            "The first number is a share: it lies between 0 and 1, and is no count and no percentage.",
        ),
        Property(
            "abs(got[0] * len(test) - round(got[0] * len(test))) < 1e-3",
            "Your share times the number of test rows is no whole number, so it is not a share *of the test rows*.",
        ),
        Property(
            "got[0] <= np.isin(test[:, 0], train[:, 0]).mean() + 1e-6",
            "More rows than agree with training in the first column alone cannot agree in all of them: do you count some rows more than once?",
        ),
        Property(
            "got[1] >= got[0] - 1e-6",
            "A memory is right on every twin, so its accuracy cannot lie below the share of twins.",
        ),
        Property(
            "got[1] > 0.5 or got[0] == 0",
            "With twins in the test set a memory does better than a coin: it is right on all of them *and* on half of the rest.",
        ),
        Property("got[1] <= 1", "An accuracy cannot exceed 1."),
        Property(
            "abs(got[1] - got[0] - (1 - got[0]) / 2) < 1e-3",
            "The accuracy does not follow from your own share: right on every twin, and by luck on how many of the others?",
        ),
        Property(
            "got[0] >= np.mean([any(np.array_equal(a, b) for b in train) for a in test]) - 1e-6",
            "Some test rows have an equal row in training that you do not count. It may stand anywhere in the training set, not only at the same position.",
        ),
    ],
    passed="With q in hand you know how much of a score a memory could have made alone.",
)


@twins.wrong(
    "share of the training rows",
    why="Both sides of a pair look alike.",
    message="You get {got[0]:.3f}: the share of *training* rows that occur in the test set. The score is taken over test rows, so count those.",
)
def twin_share(train, test):
    known = {tuple(row) for row in test.tolist()}
    share = np.mean([tuple(row) in known for row in train.tolist()])
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "any column in common",
    why="`np.isin` works on values, not on rows.",
    message="You get {got[0]:.3f}: rows that share a *value* with training. A twin agrees with one training row in all columns at once.",
)
def twin_share(train, test):
    share = np.mean([np.isin(row[0], train[:, 0]) for row in test])
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "each column for itself",
    why="`np.isin(test, train).all(axis=1)` reads like 'all columns agree'.",
    message="You get {got[0]:.3f}: rows of which each value occurs *somewhere* in training. Three values from three different training rows make no twin; all must come from one.",
)
def twin_share(train, test):
    share = np.isin(test, train).all(axis=1).mean()
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "distinct rows only",
    why="Sets drop repetitions on both sides.",
    message="You get {got[0]:.3f}: you count each distinct test row once. A test row that stands there twice is scored twice, so it counts twice.",
)
def twin_share(train, test):
    one, two = ({tuple(row) for row in rows.tolist()} for rows in (train, test))
    share = len(one & two) / len(two)
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "accuracy equals the share of twins",
    why="A memory knows the twins.",
    message="The share is right. But on the rows without a twin a memory is not *always* wrong: on coin-flip labels it is right half of the time.",
)
def twin_share(train, test):
    known = {tuple(row) for row in train.tolist()}
    share = np.mean([tuple(row) in known for row in test.tolist()])
    return share, share


@twins.wrong(
    "adds one half",
    why="Half by luck, plus the twins.",
    message="The share is right, the accuracy is not: the twins are part of the rows that luck would have got half right. Luck works on the *rest*.",
)
def twin_share(train, test):
    known = {tuple(row) for row in train.tolist()}
    share = np.mean([tuple(row) in known for row in test.tolist()])
    return share, 0.5 + share


@twins.wrong(
    "a row that occurred before in either set",
    why="`duplicated()` on the two sets, one below the other.",
    message="You also count test rows that repeat another *test* row. Only an equal row in *training* makes a twin.",
)
def twin_share(train, test):
    both = pd.DataFrame(np.vstack([train, test])).duplicated().to_numpy()
    share = both[len(train) :].mean()
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "pairs in place of rows",
    why="`merge` is the join that one knows.",
    message="You get {got[0]:.3f}: the number of *pairs* over the number of test rows. A test row with three equal training rows is still one twin: drop the repetitions in training first.",
)
def twin_share(train, test):
    share = len(pd.DataFrame(test).merge(pd.DataFrame(train))) / len(test)
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "the order of the columns does not matter",
    why="Sorting makes rows comparable.",
    message="You count rows that have the same values in *other columns*. A twin agrees column by column.",
)
def twin_share(train, test):
    known = {tuple(sorted(row)) for row in train.tolist()}
    share = np.mean([tuple(sorted(row)) in known for row in test.tolist()])
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "all columns but the last",
    why="The last column is often the label.",
    message="You seem to leave the last column out of the comparison. All columns count here: the labels are not among them.",
)
def twin_share(train, test):
    known = {tuple(row[:-1]) for row in train.tolist()}
    share = np.mean([tuple(row[:-1]) in known for row in test.tolist()])
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "all columns but the first",
    why="The first column is often an id.",
    message="You seem to leave the first column out of the comparison. All columns count here.",
)
def twin_share(train, test):
    known = {tuple(row[1:]) for row in train.tolist()}
    share = np.mean([tuple(row[1:]) in known for row in test.tolist()])
    return share, 0.5 + 0.5 * share


@twins.wrong(
    "nearly equal rows",
    why="A distance finds near duplicates, too.",
    message="You count test rows that have no equal among the training rows: near copies, or rows whose values stand in *several* training rows. A twin is one row that is equal in all columns.",
)
def twin_share(train, test):
    share = (np.abs(test[:, None] - train[None]).max(axis=2) <= 1).any(axis=1).mean()
    return share, 0.5 + 0.5 * share


@twins.right("pandas merge")
def twin_share(train, test):
    known = pd.DataFrame(train).drop_duplicates()
    merged = pd.DataFrame(test).merge(known, how="left", indicator=True)
    share = (merged["_merge"] == "both").mean()
    return share, share + (1 - share) / 2


@twins.right("comparison of all pairs")
def twin_share(train, test):
    equal = (np.asarray(test)[:, None, :] == np.asarray(train)[None, :, :]).all(axis=2).any(axis=1)
    return [float(equal.mean()), float((1 + equal.mean()) / 2)]


# ----------------------------------------------------------------------------------------------------------- pipeline


def _clean_score(X, y, train, test, selector, scaler, model):
    model.fit(scaler.fit_transform(selector.fit_transform(X[train], y[train])), y[train])
    return model.score(scaler.transform(selector.transform(X[test])), y[test])


def _unscaled_test(X, y, train, test, selector, scaler, model):
    model.fit(scaler.fit_transform(selector.fit_transform(X[train], y[train])), y[train])
    return model.score(selector.transform(X[test]), y[test])


def _pipeline_case(rng, rows=60, columns=120, kept=8, title="", signal=False):
    while True:
        y = rng.permutation(np.arange(rows) % 2)
        X = rng.standard_normal((rows, columns))
        if signal:
            X[:, 3] += 2.0 * y
        # columns in units of their own, so that whoever forgets to scale the test rows predicts otherwise
        X = (X * rng.uniform(0.2, 5.0, columns) + rng.uniform(-3.0, 3.0, columns)).round(6)
        order = rng.permutation(rows)
        inputs = {
            "X": X,
            "y": y,
            # the rest is in neither: it was left out of the study, and belongs in no fit
            "train": np.sort(order[: 3 * rows // 5]),
            "test": np.sort(order[-rows // 3 :]),
            "kept": kept,
        }
        scores = [float(watch_pipeline(way, **inputs)["score"]) for way in (_clean_score, _unscaled_test)]
        if scores[0] not in (scores[1], 0.5, 1 - scores[1]):
            return Case(inputs, title, {"score": scores[0]})


pipeline_question = Question(
    "04.pipeline",
    title="No test row reaches a fit",
    objective="Repair a pipeline so that nothing is fitted on test rows.",
    points=3,
    answer="held_out_accuracy",
    probe="holdout.topics.leakage.probes:watch_pipeline(answer, X, y, train, test, kept)",
    judge="holdout.topics.leakage.judges:pipeline",
    parameters={"atol": 1e-6},  # one test row of 20 is 0.05; float32 is exact to 1e-7
    visible=[
        _pipeline_case(np.random.default_rng(3), title="noise"),
        _pipeline_case(np.random.default_rng(4), title="one real column", signal=True),
    ],
    hidden=lambda rng: [_pipeline_case(rng, signal=bool(i)) for i in range(2)],
    hints=[
        "Everything that has a `fit` may see `X[train]` and `y[train]` only. What does the test set need, then?",
        "The test rows are only *transformed*: `selector.transform(X[test])`, then `scaler.transform(...)`.",
        "Fit the selector on the training rows, transform them, fit the scaler on the result, transform it, fit the model. Then push the test rows through both `transform`s and score. `make_pipeline(selector, scaler, model)` does exactly that.",
    ],
    passed="No test row reached a fit. From now on you can prove it, instead of promising it.",
)


@pipeline_question.wrong(
    "only the split moved below the selection",
    why="The colleague's version: it looks tidy to prepare everything first.",
    label="test rows in the selector",
    message="Test rows reached the fit of the *selector*. It looks at labels, so the test set has helped to choose the columns: this is the leak that turned noise into 3% error in the lesson.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    X = scaler.fit_transform(selector.fit_transform(X, y))
    model.fit(X[train], y[train])
    return model.score(X[test], y[test])


@pipeline_question.wrong(
    "scales everything after a clean selection",
    why="Scaling uses no labels, so it feels safe.",
    label="test rows in the scaler",
    message="The selection is clean now, but test rows reached the fit of the *scaler*. It hardly moves the number, as the lesson measured; but the rule 'no test row in any fit' is worth having only without exceptions.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    selector.fit(X[train], y[train])
    X = scaler.fit_transform(selector.transform(X))
    model.fit(X[train], y[train])
    return model.score(X[test], y[test])


@pipeline_question.wrong(
    "fits the preparation again on the test rows",
    why="`fit_transform` on both sides looks symmetrical.",
    label="fitted on the test rows alone",
    message="Something is fitted again on the test rows alone: look for `fit_transform` on them. Then the test set chooses its own columns, or is scaled by its own mean, otherwise than the model has learnt. Test rows are only transformed.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    model.fit(scaler.fit_transform(selector.fit_transform(X[train], y[train])), y[train])
    return model.score(scaler.fit_transform(selector.fit_transform(X[test], y[test])), y[test])


@pipeline_question.wrong(
    "scores the training rows",
    why="A name reused: X_train is what the pipeline last returned.",
    label="predicts other rows",
    message="The fits are clean, but your last predictions are not those of the test rows. A 1-nearest-neighbour model is always right about the rows that it has stored.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    X_train = scaler.fit_transform(selector.fit_transform(X[train], y[train]))
    model.fit(X_train, y[train])
    return model.score(X_train, y[train])


@pipeline_question.wrong(
    "leaves the selection out",
    why="No selection, no leak.",
    label="not fitted",
    message="You never fit one of the three steps. Dropping a step does avoid its leak, but then you judge another pipeline than the one that will be used.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    model.fit(scaler.fit_transform(X[train]), y[train])
    return model.score(scaler.transform(X[test]), y[test])


@pipeline_question.wrong(
    "fits the final model on all rows",
    why="More data for the final model is good practice, after the evaluation.",
    label="test rows in the model",
    message="Test rows reached the fit of the *model*: it looks each of them up. Refitting on all rows is fine for the model that you ship, once it has been judged.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    X_train = scaler.fit_transform(selector.fit_transform(X[train], y[train]))
    X_test = scaler.transform(selector.transform(X[test]))
    model.fit(np.vstack([X_train, X_test]), np.concatenate([y[train], y[test]]))
    return model.score(X_test, y[test])


@pipeline_question.wrong(
    "an error rate",
    why="The lesson plotted errors.",
    label="score",
    message="No test row reached a fit, but your number is not the accuracy of this pipeline on the test rows. Do they go through *both* transforms before the model predicts? And is it the share predicted *right*?",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    model.fit(scaler.fit_transform(selector.fit_transform(X[train], y[train])), y[train])
    return 1.0 - model.score(scaler.transform(selector.transform(X[test])), y[test])


@pipeline_question.wrong(
    "half of the training rows",
    why="One part for the selection, another for the model.",
    label="training rows left out",
    message="No test row reached a fit, but not every training row did. Each of the three steps is fitted on *all* training rows.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    part = train[: len(train) // 2]
    pipeline = make_pipeline(selector, scaler, model).fit(X[part], y[part])
    return pipeline.score(X[test], y[test])


@pipeline_question.wrong(
    "everything but the test rows",
    why="What is not tested is for training.",
    label="rows that are not training rows",
    message="No test row reached a fit, but rows that are in neither of the two did. Somebody left them out of the study: fit on `X[train]`, not on whatever is not in `test`.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    rest = np.setdiff1d(np.arange(len(X)), test)
    return make_pipeline(selector, scaler, model).fit(X[rest], y[rest]).score(X[test], y[test])


@pipeline_question.wrong(
    "scales first, then selects",
    why="Scaling is what one does first with numbers.",
    label="order",
    message="All fits are clean, in another order than asked: first the selector, then the scaler on the columns that are kept, then the model.",
)
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    model.fit(selector.fit_transform(scaler.fit_transform(X[train]), y[train]), y[train])
    return model.score(selector.transform(scaler.transform(X[test])), y[test])


@pipeline_question.right("make_pipeline")
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    return make_pipeline(selector, scaler, model).fit(X[train], y[train]).score(X[test], y[test])


@pipeline_question.right("transforms all rows, in float32")
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    Z = selector.fit(X[train], y[train]).transform(X)
    Z = scaler.fit(Z[train]).transform(Z)
    model.fit(Z[train], y[train])
    return np.float32(np.mean(model.predict(Z[test]) == y[test]))


@pipeline_question.right("test rows one by one")
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    pipeline = make_pipeline(selector, scaler, model).fit(X[train], y[train])
    return sum(int(pipeline.predict(X[[row]])[0] == y[row]) for row in test) / len(test)


@pipeline_question.right("step by step, with predict")
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    selector.fit(X[train], y[train])
    scaler.fit(selector.transform(X[train]), y[train])
    model.fit(scaler.transform(selector.transform(X[train])), y[train])
    return sum(model.predict(scaler.transform(selector.transform(X[test]))) == y[test]) / len(test)


# ------------------------------------------------------------------------------------------------------------- groups


def _group_case(rng, n_groups, title="", large=False):
    sizes = rng.integers(1, 12, n_groups)
    if large:  # two groups of a fifth each: a quarter of the groups is seldom a quarter of the rows, and drawing until it is takes few draws
        sizes[:2] = sizes[2:].sum() // 3
    numbers = rng.permutation(np.repeat(rng.permutation(n_groups), sizes))
    inputs = {"groups": np.array([f"c{i:03d}" for i in numbers]), **repeated(rng)}
    # the same table with other names in the same order, and two generators in one state: a set has another order then
    state = int(rng.integers(2**31))
    renamed = {"renamed": np.array([f"c{i + 500:03d}" for i in numbers])}
    return Case({**inputs, **renamed, "one": seeded(state), "same": seeded(state)}, title)


groups_question = Question(
    "04.groups",
    title="Whole groups",
    objective="Split so that no group is on both sides, with a stated share of rows, at random.",
    points=2,
    answer="group_split",
    probe=PROBE.format(call="answer(groups, rng)") + " + [answer(groups, one), answer(renamed, same)]",
    judge="holdout.topics.leakage.judges:group_split",
    parameters={"shares": [0.15, 0.35]},
    visible=[
        _group_case(np.random.default_rng(5), 40, "40 groups"),
        _group_case(np.random.default_rng(6), 50, "50 groups, two of them large", large=True),
    ],
    hidden=lambda rng: [
        _group_case(rng, int(n), large=bool(i % 4)) for i, n in enumerate(rng.integers(24, 60, 8))
    ],
    hints=[
        "Draw *groups*, not rows: `np.unique(groups)` lists them.",
        "Groups differ in size. Take groups in random order until about a quarter of the rows are in the test set.",
        "`np.isin(groups, chosen)` marks all rows of the chosen groups; `np.flatnonzero` turns marks into positions.",
    ],
    passed="Nobody in the test set has been met before. This is the score for *new* groups.",
)


@groups_question.wrong(
    "random rows",
    why="It is what train_test_split does.",
    label="group cut",
    message="Some groups are on both sides: you drew rows. A row whose siblings are in training is recognised, not predicted.",
)
def group_split(groups, rng):
    order = rng.permutation(len(groups))
    return order[len(groups) // 4 :], order[: len(groups) // 4]


@groups_question.wrong(
    "sorted by group, then cut",
    why="Sorting keeps groups together, except at the cut.",
    label="not random",
    message="Your split is the same whatever `rng` is. Names are rarely random: low numbers are old customers. Which groups are tested must be drawn.",
)
def group_split(groups, rng):
    names, member = np.unique(groups, return_inverse=True)
    test = member < len(names) // 4
    return np.flatnonzero(~test), np.flatnonzero(test)


@groups_question.wrong(
    "three quarters in test",
    why="The two results are swapped.",
    label="sizes",
    message="Your test set does not hold about a quarter of the *rows*. Are the results in the order (train, test)?",
)
def group_split(groups, rng):
    names = rng.permutation(np.unique(groups))
    test = np.isin(groups, names[: len(names) // 4])
    return np.flatnonzero(test), np.flatnonzero(~test)


@groups_question.wrong(
    "one row of each group",
    why="It makes the test set 'representative'.",
    label="no group untested",
    message="Some groups are on both sides. Testing one row of each group, with the others in training, is the leak itself.",
)
def group_split(groups, rng):
    _, first = np.unique(groups, return_index=True)
    return np.setdiff1d(np.arange(len(groups)), first), first


@groups_question.wrong(
    "returns the names of the groups",
    why="The groups were drawn, so the groups are returned.",
    label="not positions",
    message="You return something that is not row positions from 0 to n−1. The names are chosen; which *rows* have them?",
)
def group_split(groups, rng):
    names = rng.permutation(np.unique(groups))
    return names[len(names) // 4 :], names[: len(names) // 4]


@groups_question.wrong(
    "drops the rest of the groups",
    why="Equal sizes on both sides look fair.",
    label="rows missing",
    message="Some rows are in neither set. Everything that is not tested can train.",
)
def group_split(groups, rng):
    names = rng.permutation(np.unique(groups))
    quarter = len(names) // 4
    test, train = np.isin(groups, names[:quarter]), np.isin(groups, names[quarter : 2 * quarter])
    return np.flatnonzero(train), np.flatnonzero(test)


@groups_question.wrong(
    "a quarter of the groups",
    why="Groups are what is drawn, so a quarter of them.",
    label="sizes of groups",
    message="Your test set does not hold about a quarter of the *rows*: you drew a quarter of the *groups*, and they differ in size (`GroupShuffleSplit` does that, too). Count rows while you choose groups.",
)
def group_split(groups, rng):
    names = rng.permutation(np.unique(groups))
    test = np.isin(groups, names[: len(names) // 4])
    return np.flatnonzero(~test), np.flatnonzero(test)


@groups_question.wrong(
    "NumPy's global generator",
    why="np.random.permutation is in every tutorial.",
    label="not reproducible",
    message="Two generators in the same state give two different splits: something in your function draws without `rng`. Nobody can repeat such a study.",
)
def group_split(groups, rng):
    names, sizes = np.unique(groups, return_counts=True)
    chosen, rows = [], 0
    for i in np.random.permutation(len(names)):  # noqa: NPY002
        if rows + sizes[i] <= 0.3 * len(groups):
            chosen.append(names[i])
            rows += sizes[i]
        if rows >= 0.22 * len(groups):
            break
    in_test = np.isin(groups, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


@groups_question.wrong(
    "the order of a set",
    why="set() lists the names without repetition, and `rng` shuffles them, so it looks drawn.",
    label="order of names",
    message="The same table with other names is split in another way, though the generator is in the same state: your function takes the names in the order of a `set`. That order changes with every session, so nobody can repeat the split. Sort the names before `rng` draws.",
)
def group_split(groups, rng):
    names = list(set(np.asarray(groups).tolist()))
    rng.shuffle(names)
    test, rows = set(), 0
    for name in names:
        size = int(np.sum(groups == name))
        if rows + size <= 0.3 * len(groups):
            test.add(name)
            rows += size
    in_test = np.array([name in test for name in groups])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


@groups_question.right("scikit-learn, until the size fits")
def group_split(groups, rng):
    while True:
        splitter = GroupShuffleSplit(1, test_size=0.25, random_state=int(rng.integers(2**31)))
        train, test = next(splitter.split(groups, groups=groups))
        if 0.15 <= len(test) / len(groups) <= 0.35:
            return train, test


@groups_question.right("names in the order of their first row")
def group_split(groups, rng):
    names = list(dict.fromkeys(np.asarray(groups).tolist()))
    test, rows = set(), 0
    for i in rng.permutation(len(names)):
        size = int(np.sum(groups == names[i]))
        if rows + size <= 0.3 * len(groups):
            test.add(names[i])
            rows += size
    in_test = np.array([name in test for name in groups])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


@groups_question.right("pandas, groups that still fit")
def group_split(groups, rng):
    sizes = pd.Series(groups).value_counts().sample(frac=1, random_state=int(rng.integers(2**31)))
    chosen, rows = set(), 0
    for name, size in sizes.items():
        if rows + size <= 0.34 * len(groups):
            chosen.add(name)
            rows += size
    test = [i for i, group in enumerate(groups) if group in chosen]
    return [i for i in range(len(groups)) if groups[i] not in chosen], test


# --------------------------------------------------------------------------------------------------------------- time


def _time_case(rng, rows, title=""):
    start = pd.Timestamp("2025-01-01")
    accepted = start + pd.to_timedelta(rng.integers(0, 90 * 24, rows), unit="h")
    delay = np.where(rng.random(rows) < 0.3, rng.integers(100, 500, rows), rng.integers(20, 60, rows))
    known = pd.Series(accepted + pd.to_timedelta(delay, unit="h"))
    known[known > start + pd.Timedelta(days=92)] = pd.NaT
    cutoff = start + pd.Timedelta(
        days=int(rng.integers(40, 65)), hours=6
    )  # the morning: a day is not fine enough
    accepted = pd.Series(accepted)
    sharp = int(rng.integers(rows))  # a parcel handed in at that very moment is a test parcel
    accepted.iloc[sharp], known.iloc[sharp] = cutoff, cutoff + pd.Timedelta(hours=30)
    late = (
        sharp + 1 + int(rng.integers(rows - 1))
    ) % rows  # a label that arrives at that very moment is too late for training
    accepted.iloc[late], known.iloc[late] = cutoff - pd.Timedelta(hours=50), cutoff
    others = rng.permutation(np.setdiff1d(np.arange(rows), [sharp, late]))[:5]
    hours = ((-70, -3), (-70, 4), (-5, 40), (5, 45), (-900, None))  # around the moment, and a lost parcel
    for row, (handed_in, heard) in zip(others, hours, strict=True):
        accepted.iloc[row] = cutoff + pd.Timedelta(hours=handed_in)
        known.iloc[row] = pd.NaT if heard is None else cutoff + pd.Timedelta(hours=heard)
    return Case(
        {"frame": pd.DataFrame({"accepted_at": accepted, "label_available_at": known}), "cutoff": cutoff},
        title,
    )


time_question = Question(
    "04.time",
    title="What was known on that day",
    objective="Split by time with labels that arrive late.",
    points=2,
    answer="time_split",
    probe="[np.sort(np.ravel(part)) for part in answer(frame, cutoff)]",
    visible=[
        _time_case(np.random.default_rng(7), 60, "60 parcels"),
        _time_case(np.random.default_rng(8), 120, "120 parcels"),
    ],
    hidden=lambda rng: [_time_case(rng, int(n)) for n in rng.integers(50, 150, 4)],
    tolerance=Tolerance(0, 0, "row positions are whole numbers"),
    hints=[
        "Two questions, two columns. For training: when did we *learn* the outcome? For testing: when was the parcel handed in?",
        "A comparison with a missing time is False, which is what you want for training. For testing you must ask for `notna()`.",
        "`np.flatnonzero(mask.to_numpy())` turns a mask into row positions. A parcel handed in *at* the cutoff is a test parcel: `>=`.",
    ],
    properties=[
        Property("len(got) == 2", "Return two arrays of row positions: training and test."),
        Property(
            "all(part.dtype.kind in 'iu' for part in got)",
            "Return row positions, whole numbers from 0 on, and neither a mask of True and False nor rows of the table.",
        ),
        Property(
            "all(part.max() < len(frame) for part in got)",
            "A row position lies between 0 and the number of rows − 1.",
        ),
        Property(
            "frame['label_available_at'].iloc[got[0]].notna().all()",
            "Your training set holds parcels whose label is missing: there is nothing to train on.",
        ),
        Property(
            "(frame['label_available_at'].iloc[got[0]] < cutoff).all()",
            "Your training set holds parcels whose label was not available *before* the cutoff (or positions that are not those of `frame`).",
        ),
        Property(
            "(frame['accepted_at'].iloc[got[1]] >= cutoff).all()",
            "Your test set holds parcels that were accepted *before* the cutoff.",
        ),
        Property(
            "frame['label_available_at'].iloc[got[1]].notna().all()",
            "Your test set holds parcels whose label is still missing: they cannot be scored.",
        ),
        Property(
            "len(got[0]) >= (frame['label_available_at'] < cutoff).sum()",
            "Your training set lacks rows: every parcel whose label was available before the cutoff belongs to it.",
        ),
        Property(
            "len(got[1]) >= ((frame['accepted_at'] >= cutoff) & frame['label_available_at'].notna()).sum()",
            "Your test set lacks rows: every parcel accepted at or after the cutoff whose label is known by now belongs to it, also one handed in at that very moment.",
        ),
    ],
    passed="Training rows whose outcome nobody knew yet are the part that is forgotten most often.",
)


@time_question.wrong(
    "trains on parcels whose outcome was not known yet",
    why="Split by the date of the row is what every tutorial shows.",
    message="Your training set holds parcels that were accepted before the cutoff but whose label came *after* it. On that morning nobody could have trained on them.",
)
def time_split(frame, cutoff):
    before = (frame["accepted_at"] < cutoff).to_numpy()
    return np.flatnonzero(before), np.flatnonzero(~before & frame["label_available_at"].notna().to_numpy())


@time_question.wrong(
    "one date cuts all",
    why="Before and after the cutoff are two halves of a table.",
    message="You cut by `accepted_at` alone. On that morning the outcome of the last parcels before the cutoff was not known, so nobody could train on them; and of the parcels after it, those still without a label cannot be scored.",
)
def time_split(frame, cutoff):
    before = (frame["accepted_at"] < cutoff).to_numpy()
    return np.flatnonzero(before), np.flatnonzero(~before)


@time_question.wrong(
    "tests on parcels without a label",
    why="They came after the cutoff.",
    message="Your test set holds parcels whose label is still missing. They cannot be scored; counting them as on time would flatter the model.",
)
def time_split(frame, cutoff):
    return (
        np.flatnonzero((frame["label_available_at"] < cutoff).to_numpy()),
        np.flatnonzero((frame["accepted_at"] >= cutoff).to_numpy()),
    )


@time_question.wrong(
    "everything known later is tested",
    why="One column, two halves.",
    message="Your test set holds parcels that were accepted *before* the cutoff and became known later. They were on the road when the model was made: neither training nor future. Leave them out.",
)
def time_split(frame, cutoff):
    known = frame["label_available_at"]
    return np.flatnonzero((known < cutoff).to_numpy()), np.flatnonzero((known >= cutoff).to_numpy())


@time_question.wrong(
    "cuts by position",
    why="The rows look as if they were in order.",
    message="You cut the table at a row number. Its rows are not sorted by time: compare the times with the cutoff.",
)
def time_split(frame, cutoff):
    n = int((frame["label_available_at"] < cutoff).sum())
    return np.arange(n), np.arange(n, len(frame))


@time_question.wrong(
    "the moment of the cutoff is lost",
    why="> and >= look alike.",
    message="A parcel handed in exactly at the cutoff is in neither set. The model is used *from then on*, so it is a test parcel.",
)
def time_split(frame, cutoff):
    known = frame["label_available_at"]
    return (
        np.flatnonzero((known < cutoff).to_numpy()),
        np.flatnonzero(((frame["accepted_at"] > cutoff) & known.notna()).to_numpy()),
    )


@time_question.wrong(
    "a label that arrives at the cutoff is used",
    why="< and <= look alike.",
    message="Your training set holds a parcel whose label arrived exactly *at* the cutoff. The training was done before: its label must be available *before* that moment.",
)
def time_split(frame, cutoff):
    known = frame["label_available_at"]
    return (
        np.flatnonzero((known <= cutoff).to_numpy()),
        np.flatnonzero(((frame["accepted_at"] >= cutoff) & known.notna()).to_numpy()),
    )


@time_question.wrong(
    "lost parcels are trained on",
    why="What did not become known later was known before.",
    message="Your training set holds parcels that were accepted before the cutoff and whose label is *missing*. Not known later does not mean known before.",
)
def time_split(frame, cutoff):
    accepted, known = frame["accepted_at"], frame["label_available_at"]
    train = (accepted < cutoff) & ~(known >= cutoff)
    return np.flatnonzero(train.to_numpy()), np.flatnonzero(((accepted >= cutoff) & known.notna()).to_numpy())


@time_question.wrong(
    "by the day",
    why="A cutoff is a date.",
    message="You compare *days*. The cutoff is a moment, the morning of that day: what was handed in or became known in the hours around it goes to the wrong side.",
)
def time_split(frame, cutoff):
    accepted, known = frame["accepted_at"].dt.normalize(), frame["label_available_at"].dt.normalize()
    day = cutoff.normalize()
    return (
        np.flatnonzero((known < day).to_numpy()),
        np.flatnonzero(((accepted >= day) & known.notna()).to_numpy()),
    )


@time_question.right("where")
def time_split(frame, cutoff):
    known = frame["label_available_at"]
    return np.where(known < cutoff), np.where((frame["accepted_at"] >= cutoff) & known.notna())


@time_question.right("query and index")
def time_split(frame, cutoff):
    train = frame.query("label_available_at < @cutoff").index
    test = frame[frame["accepted_at"] >= cutoff].dropna(subset=["label_available_at"]).index
    return list(train), list(test)


@time_question.right("a loop over rows")
def time_split(frame, cutoff):
    train, test = [], []
    for i, row in enumerate(frame.itertuples()):
        if pd.notna(row.label_available_at) and row.label_available_at < cutoff:
            train.append(i)
        elif row.accepted_at >= cutoff and pd.notna(row.label_available_at):
            test.append(i)
    return np.array(train), np.array(test)


# ------------------------------------------------------------------------------------------------------------- encode


def _encode_case(rng, rows, n_levels, title=""):
    levels = np.array([f"L{i}" for i in rng.integers(0, n_levels, rows)])
    levels[0] = "seen once"
    new = np.array([f"L{i}" for i in rng.integers(0, n_levels, 6)] + ["never seen"])
    inputs = {
        "levels": levels,
        "y": rng.integers(0, 2, rows).astype(float),
        "folds": rng.permutation(np.arange(rows) % 4),
        "new_levels": new,
    }
    return Case(inputs, title)


encode_question = Question(
    "04.encode",
    title="Encode without whispering",
    objective="Target-encode out of fold, with unseen levels, and encode new rows from all training rows.",
    points=2,
    answer="encode",
    probe="answer(levels, y, folds, new_levels)",
    visible=[
        _encode_case(np.random.default_rng(9), 40, 6, "40 rows"),
        _encode_case(np.random.default_rng(10), 60, 15, "15 levels"),
    ],
    hidden=lambda rng: [
        _encode_case(rng, int(rng.integers(30, 80)), int(rng.integers(4, 16))) for _ in range(4)
    ],
    tolerance=Tolerance(1e-9, 1e-12, "means of at most 80 numbers"),
    hints=[
        "For each fold: the training rows of the means are `folds != fold`, the rows to fill are `folds == fold`.",
        "A level that does not occur in the other folds has no mean there: take the mean of all *other-fold* targets, not of all targets.",
        "For new rows there is no fold to leave out: the means come from all training rows.",
    ],
    properties=[
        Property(
            "len(got) == 2 and len(got[0]) == len(levels) and len(got[1]) == len(new_levels)",
            "Return two arrays: one number per training row, and one per new row.",
        ),
        Property(
            "np.isfinite(np.concatenate([got[0], got[1]]).astype(float)).all()",
            "Some rows have no number: what does the question say about a level that does not occur?",
        ),
        Property(
            "all(np.ptp(np.asarray(got[0])[(levels == l) & (folds == f)]) < 1e-6 for l, f in set(zip(levels, folds)))",
            "Two rows of the same level in the same fold get different numbers: no row may see its own fold, so they must be equal.",
        ),
        Property(
            "all(abs(got[0][i] - y[folds != folds[i]].mean()) < 6e-3 for i in range(len(y)) if levels[i] not in levels[folds != folds[i]])",
            "A training row whose level does not occur in the other folds (such as 'seen once') has another number than the mean of `y` over *all* rows of the other folds.",
        ),
        Property(
            "all(abs(e - y.mean()) < 6e-3 for e, l in zip(got[1], new_levels) if l not in levels)",
            "A *new* row of an unknown level has another number than the mean of all training targets, each row counted once.",
        ),
        Property(
            "all(abs(e - y[levels == l].mean()) < 6e-3 for e, l in zip(got[1], new_levels) if l in levels)",
            "The *new* rows of a known level have another number than the mean of `y` over all training rows of that level, all folds included.",
        ),
        Property(
            "all(abs(got[0][i] - y[(levels == levels[i]) & (folds != folds[i])].mean()) < 6e-3 for i in range(len(y)) if levels[i] in levels[folds != folds[i]])",
            "The new rows are right. Some training rows differ from the plain mean of `y` over the rows of their level in *all* other folds, each row counted once.",
        ),
    ],
    passed="No row has seen its own target. And new rows use all that is known.",
)

_ENCODE = """
def encode(levels, y, folds, new_levels):
    encoded = np.empty(len(y))
    for i in range(len(y)):
        other = {other}
        same = other & (levels == levels[i])
        encoded[i] = {value}
    new = np.array([{new} for level in new_levels])
    return encoded, new
"""


def _encode_code(
    other="folds != folds[i]",
    value="y[same].mean() if same.any() else y[other].mean()",
    new="y[levels == level].mean() if (levels == level).any() else y.mean()",
):
    return _ENCODE.format(other=other, value=value, new=new)


encode_question.wrong(
    "in-sample",
    why="groupby(...).transform('mean') is one line.",
    message="Each row's own target is in its encoding: the row of the level 'seen once' is encoded by exactly its own label. On noise this explains (K−1)/(N−1) of the variance.",
    code=_encode_code(other="np.ones(len(y), dtype=bool)"),
)
encode_question.wrong(
    "leaves out only the row itself",
    why="It removes exactly what was wrong.",
    message="You leave out the row itself and keep the rest of its fold. The mean of the others tells who is missing: on a column with one level this scores an AUC of exactly 0. Leave out the whole fold.",
    code=_encode_code(other="np.arange(len(y)) != i"),
)
encode_question.wrong(
    "the row's own fold",
    why="== for !=.",
    message="You take the means *inside* the row's own fold. It is the other folds that may speak about it.",
    code=_encode_code(other="folds == folds[i]"),
)
encode_question.wrong(
    "unseen levels get the mean of all targets",
    why="The overall mean is at hand.",
    message="Nearly. A level that does not occur in the other folds gets the mean of *all* targets, the row's own one included. Take the mean of the other folds.",
    code=_encode_code(value="y[same].mean() if same.any() else y.mean()"),
)
encode_question.wrong(
    "unseen levels are missing",
    why="There is nothing to average.",
    message="Some rows are encoded as NaN: their level does not occur in the other folds, or never in training. Use the mean that the question names.",
    code=_encode_code(value="y[same].mean()", new="y[levels == level].mean()"),
)
encode_question.wrong(
    "the same number for every level",
    why="Safe against leaks, and useless.",
    message="Every row of a fold has the same value: nothing leaks, and nothing is left of the levels either.",
    code=_encode_code(value="y[other].mean()"),
)


@encode_question.right("pandas")
def encode(levels, y, folds, new_levels):
    table = pd.DataFrame({"level": levels, "y": y, "fold": folds})
    encoded = pd.Series(0.0, index=table.index)
    for fold, rows in table.groupby("fold"):
        rest = table[table["fold"] != fold]
        encoded[rows.index] = rows["level"].map(rest.groupby("level")["y"].mean()).fillna(rest["y"].mean())
    new = pd.Series(new_levels).map(table.groupby("level")["y"].mean()).fillna(table["y"].mean())
    return encoded, new


@encode_question.right("dictionaries")
def encode(levels, y, folds, new_levels):
    def learn(rows):
        sums = {}
        for i in rows:
            total, count = sums.get(levels[i], (0.0, 0))
            sums[levels[i]] = (total + y[i], count + 1)
        default = sum(y[i] for i in rows) / len(rows)
        return lambda level: sums[level][0] / sums[level][1] if level in sums else default

    encoded = []
    for i in range(len(y)):
        mean_of = learn([j for j in range(len(y)) if folds[j] != folds[i]])
        encoded.append(mean_of(levels[i]))
    mean_of = learn(range(len(y)))
    return encoded, [mean_of(level) for level in new_levels]


# -------------------------------------------------------------------------------------------------------------- audit


def _is_missing(table):
    open_rows = table.frame[table.frame["split"] == "open"]
    return bool(open_rows[table.planted["future column"][0]].isna().all())


def _ends(table):
    """Parts of the oldest and of the youngest labelled row."""
    labelled = table.frame[table.frame["split"] != "open"].sort_values("accepted_at")
    return [labelled["split"].iloc[0], labelled["split"].iloc[-1]]


def _near_copies(table, rng, count):
    """Change one number in some of the copies: rows with the same names and outcome are no twins."""
    frame, twins = table.frame, table.planted["duplicates"]
    numbers = [c for c in frame.columns if pd.api.types.is_float_dtype(frame[c]) and frame[c].nunique() > 45]
    whole = [c for c in numbers if frame[c].notna().all()]
    for row in rng.permutation(twins)[:count]:
        frame.loc[row, whole[0]] += 1.0
        twins.remove(row)


def _resembling_rate(table):
    """Let last year's rate of a name resemble the mean of `late` in this table, as rates of the same name do: no mean all the same."""
    frame, encoded = table.frame, table.planted.get("target encoding", ())
    names = [c for c in frame.columns if pd.api.types.is_string_dtype(frame[c])]
    for name in set(names) - {"parcel_id", "split"}:
        group = frame[name].str.strip().str.upper()
        for column in frame.columns:
            rate = frame[column]
            if column in ("late", *encoded) or not pd.api.types.is_float_dtype(rate):
                continue
            if rate.between(0, 1).all() and (rate.groupby(group).nunique() == 1).all():
                means = frame.groupby(group)["late"].transform("mean")
                frame[column] = (0.6 * means + 0.4 * rate).fillna(rate).round(4)


def _audit_case(rng, n_tables, title):
    # each kind in exactly half of the tables, so that no case is easy by luck; some tables may have no leak at all
    planted = {kind: rng.permutation(n_tables) < n_tables // 2 for kind in KINDS}
    tables, blanks, shuffled = [], 0, 0
    for i in range(n_tables):
        kinds = [kind for kind in KINDS if planted[kind][i]]
        table = make_leaky_table(rng, 200, kinds)
        # as many columns are 0 on the open rows as are missing there; a split at random has a test row at one end, in turn at
        # either: whoever compares two oldest rows, or two youngest, finds it in half of the tables only
        ends = ["train", "test"] if shuffled % 2 == 0 else ["test", "train"]
        while ("future column" in kinds and _is_missing(table) != (blanks % 2 == 0)) or (
            "time" in kinds and _ends(table) != ends
        ):
            table = make_leaky_table(rng, 200, kinds)
        blanks, shuffled = blanks + ("future column" in kinds), shuffled + ("time" in kinds)
        if "duplicates" in kinds:
            _near_copies(table, rng, 4)
        _resembling_rate(table)
        tables.append(table)
    return Case(
        {"tables": [table.frame for table in tables]}, title, {"planted": [table.planted for table in tables]}
    )


audit_question = Question(
    "04.audit",
    title="Audit",
    objective="Find leaks of five kinds in messy tables from evidence, without crying wolf.",
    points=5,
    answer="audit",
    probe="[answer(table) for table in tables]",
    judge="holdout.topics.leakage.judges:audit",
    # The smaller of precision and recall over all kinds: careful audits 1.00; an audit that forgets one kind 0.80, one that falls
    # for one look-alike 0.66 to 0.75, one that points at everything 0.06 to 0.07. Of the worst kind: careful audits 1.00,
    # half-understood kinds at most 0.62 (5 seeds).
    parameters={"credit": [[0.9, 1.0], [0.7, 0.5]], "each": 0.8},
    partial=True,
    judgement=True,
    visible=[_audit_case(np.random.default_rng(15), 10, "ten tables")],
    hidden=lambda rng: [_audit_case(rng, 10, "ten tables")],
    hints=[
        "Take the kinds one by one, easiest first: *time* needs one comparison of the oldest test row with the youngest training row.",
        "A column from the future betrays itself on the *open* rows, not by its strength: `(blank or 0)` on all of them, but not on the labelled ones.",
        "Before you compare rows or names, make the spelling equal: `.str.strip().str.upper()`. For twins compare all columns but `parcel_id`, `accepted_at` and `split`; `merge` treats missing as equal to missing.",
        "Groups: the variance of the means of `late` by name, over the variance of `late`. On noise with K names and N rows it is about (K−1)/(N−1), here 0.2; planted, above 0.7. Target encoding: the column *equals* `groupby(name)['late'].transform('mean')` to 3 digits.",
    ],
    passed="You found what was planted, and did not cry wolf. That is what makes people listen to an audit.",
)

_AUDIT = """
def audit(df):
    df = df.copy()
    fixed = ["parcel_id", "accepted_at", "late", "split"]
    names = [c for c in df.columns if c not in fixed and not pd.api.types.is_numeric_dtype(df[c])]
    numbers = [c for c in df.columns if c not in fixed and c not in names]
    {clean}
    train, test, open_rows = (df[df["split"] == part] for part in ("train", "test", "open"))
    labelled = df[df["split"] != "open"]
    y = labelled["late"]
    found = {{}}
    found["future column"] = [c for c in numbers if {future}]
    same = {same}
    twins = {twins}
    found["duplicates"] = sorted(twins)
    distinct = {distinct}
    share = {{c: distinct.groupby(c)["late"].transform("mean").var(ddof=0) / distinct["late"].var(ddof=0) for c in names}}
    found["groups"] = [c for c in names if {groups}]
    found["time"] = {time}
    means = [labelled.groupby(c)["late"].transform("mean") for c in names]
    found["target encoding"] = [c for c in numbers if {encoding}]
    return {{kind: places for kind, places in found.items() if {report}}}
"""


def _audit_code(
    clean="df[names] = df[names].apply(lambda c: c.str.strip().str.upper())",
    future="open_rows[c].fillna(0).eq(0).all() and not labelled[c].fillna(0).eq(0).all()",
    same='[*names, *numbers, "late"]',
    twins='test.reset_index().merge(train[same].drop_duplicates(), on=same)["index"].tolist()',
    distinct="labelled.drop_duplicates(same)",
    groups="share[c] > 0.6",
    time='["accepted_at"] if test["accepted_at"].min() < train["accepted_at"].max() else []',
    encoding="any((m - labelled[c]).abs().max() < 1e-3 for m in means)",
    report="places",
):
    """The solution with one thing done as a learner would do it wrongly."""
    return _AUDIT.format(
        clean=clean,
        future=future,
        same=same,
        twins=twins,
        distinct=distinct,
        groups=groups,
        time=time,
        encoding=encoding,
        report=report,
    )


audit_question.wrong(
    "points at everything",
    why="Nothing can be missed that way.",
    label="points at everything",
    message="You point at nearly everything: your recall is fine and your precision is not. An audit that always cries wolf is switched off in its second week.",
    code="""
    def audit(df):
        columns = [c for c in df.columns if c not in ("parcel_id", "late", "split")]
        return {
            "future column": columns,
            "duplicates": list(df.index[df["split"] == "test"]),
            "groups": columns,
            "time": columns,
            "target encoding": columns,
        }
    """,
)
audit_question.wrong(
    "finds nothing",
    why="No evidence, no claim.",
    label="finds nothing",
    message="You claim nothing, so you are never wrong and of no use: recall is 0.",
    code="def audit(df):\n    return {}\n",
)
audit_question.wrong(
    "strong columns are from the future",
    why="'Too good to be true' is the usual sign.",
    message="You take a strong column for a column from the future. Each table has an honest strong column. The proof is not its strength but *when it is written*: look at the open rows.",
    code=_audit_code(future="labelled[c].fillna(0).corr(y) > 0.4"),
)
audit_question.wrong(
    "a column that follows the mean of a name",
    why="A correlation of 0.9 looks like proof.",
    message="You call a column a target encoding because it correlates with the mean of `late` by name. Last year's rate of the same names does so as well, and it was known before any of these outcomes. An encoding does not resemble that mean: how close is it, row by row?",
    code=_audit_code(encoding="any(abs(m.corr(labelled[c])) > 0.7 for m in means)"),
)
audit_question.wrong(
    "compares spelling",
    why="Text looks equal on the screen.",
    message="Twins whose names are spelled otherwise escape you, and with them the groups. Make the spelling equal before you compare anything.",
    code=_audit_code(clean="pass"),
)
audit_question.wrong(
    "twins anywhere",
    why="`duplicated()` is one word.",
    message="You report duplicates *within* the training rows as well. They waste a little training, but they are no leak: only a twin on the other side of the split is.",
    code=_audit_code(twins="df.index[df.duplicated(same, keep=False)].tolist()"),
)
audit_question.wrong(
    "every name that straddles the split",
    why="GroupKFold is said to be necessary whenever there are groups.",
    message="You report every name with rows on both sides. That is no leak by itself: depots and couriers are the same tomorrow. It is one when the *outcome* belongs to the name, so that recognising it replaces predicting.",
    code=_audit_code(groups="set(train[c]) & set(test[c])"),
)
audit_question.wrong(
    "every rate is a target encoding",
    why="A number that is constant by name looks computed from it.",
    message="You report every number that is constant for a name. Last year's rate is legitimate. Compare with the means of `late` in *this* table.",
    code=_audit_code(
        encoding="any((labelled.groupby(n)[c].transform('nunique') == 1).all() and labelled[c].nunique() > 5 for n in names)"
    ),
)
audit_question.wrong(
    "forgets the time",
    why="One looks for suspicious columns, not at the split.",
    label="misses a kind",
    message="One of the kinds you never find: its recall is 0 in the list below. Read its row in the table of the question once more: where does it lie, and what would its evidence be?",
    code=_audit_code(time="[]"),
)


audit_question.wrong(
    "blank means missing",
    why="Blank cells are NaN.",
    message="You find columns from the future that are *missing* on the open rows, and overlook those that are 0 there. Either is 'not written yet'.",
    code=_audit_code(future="open_rows[c].isna().all()"),
)
audit_question.wrong(
    "blank means 0",
    why="A counter begins at 0.",
    message="You find columns from the future that are *0* on the open rows, and overlook those that are missing there. Either is 'not written yet'.",
    code=_audit_code(future="open_rows[c].eq(0).all()"),
)
audit_question.wrong(
    "twins by their names",
    why="Three names and an outcome in common look like proof.",
    message="You report test rows whose *names and outcome* agree with a training row, and do not compare their numbers. The same parcel again is equal in everything but id, time, split and spelling.",
    code=_audit_code(same='[*names, "late"]'),
)
audit_question.wrong(
    "twins without holes",
    why="NaN is not equal to NaN.",
    message="Twins with a missing number escape you. Missing equals missing here: a hole is copied, too.",
    code=_audit_code(
        twins='test.reset_index().merge(train[same].dropna().drop_duplicates(), on=same)["index"].tolist()'
    ),
)
audit_question.wrong(
    "the first test row against the first training row",
    why="A split in time has a first day on each side.",
    message="You find a split in time only where the test set *begins* first. It is enough that some test row is older than some training row: compare the oldest test row with the youngest training row.",
    code=_audit_code(
        time='["accepted_at"] if test["accepted_at"].min() < train["accepted_at"].min() else []'
    ),
)


audit_question.right("the same, in one template", code=_audit_code())
audit_question.right(
    "other evidence",
    code=_audit_code(
        future="open_rows[c].fillna(0).abs().sum() == 0 and labelled[c].fillna(0).abs().sum() > 0",
        twins="[i for i in test.index if tuple(test.loc[i, same].astype(str)) in set(map(tuple, train[same].astype(str).to_numpy()))]",
        groups="share[c] > 0.5",
        encoding="any(np.allclose(m, labelled[c], atol=2e-4, equal_nan=True) for m in means)",
        report="True",
    ),
)


# ------------------------------------------------------------------------------------------------------------ matters

_STEPS = {"scaling": 0.35, "imputation": 0.3, "selection": 0.7, "oversampling": 0.65, "tuning": 0.5}


_OWN = 0.018  # standard deviation of one score, beside what both scores of a repeat share


def _inflation(rng):
    """In tables of many studies the size must decide: most lie near 3 points, and a repair may make a study better."""
    u = rng.random()
    if u < 0.64:
        return float(rng.uniform(0.01, 0.055))
    return float(rng.uniform(-0.005, 0.11)) if u < 0.9 else float(rng.uniform(-0.08, -0.03))


def _matters_cases(rng, n_cases):
    cases, costs = [], []
    for _ in range(n_cases):
        true = _inflation(rng)
        likely = np.array([large if true > 0.03 else 1 - large for large in _STEPS.values()])
        step = str(rng.choice(list(_STEPS), p=likely / likely.sum()))
        # so that a point is not the same share of every score
        base = float(rng.uniform(0.3, 0.42) if rng.random() < 0.5 else rng.uniform(0.75, 0.88))
        repeats = int(rng.choice([7, 15, 31, 201]))
        shared = rng.normal(0, 0.04, repeats)  # an easy repeat is easy both ways
        after = (base + shared + rng.normal(0, _OWN, repeats)).round(4)
        before = (base + true + shared + rng.normal(0, _OWN, repeats)).round(4)
        cases.append({"step": step, "before": before, "after": after})
        mean, se = float(np.mean(before - after)), _OWN * np.sqrt(2 / repeats)
        leave = 200 * (mean * norm.cdf(mean / se) + se * norm.pdf(mean / se))  # the mean of max(inflation, 0)
        costs.append({"withdraw": 6.0, "leave": float(leave)})
    return Case({"cases": cases}, f"{n_cases} studies", {"costs": costs})


matters_question = Question(
    "04.matters",
    title="Does it matter?",
    objective="Decide by the measured size of an inflation under stated costs, not by the name of the step.",
    points=3,
    answer="matters",
    probe="[answer(case['step'], case['before'], case['after']) for case in cases]",
    judge="policy",
    # Relative regret over 12 seeds: by the paired mean, its trimmed mean or the median 0.00 to 0.03; from 2 or 4 points on 0.09 to 0.14
    # (2.4 points 0.03 to 0.04, 3.75 points 0.05 to 0.08),
    # relative to the score 0.11 to 0.25, two standard errors above or below the limit 0.11 to 0.21, by significance 0.26 and more, only
    # where the name is suspicious 0.35 and more. Costs are averages given the scores, so that luck does not judge.
    parameters={"credit": [[0.045, 1.0], [0.065, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_matters_cases(np.random.default_rng(13), 400)],
    hidden=lambda rng: [_matters_cases(rng, 800)],
    hints=[
        "What does leaving it cost if the inflation is 1 point? 2 points? From which inflation on does withdrawing pay?",
        "The two scores of a repeat belong together: work with the differences `before - after`.",
        "Withdraw costs 6, each point left costs 2: the boundary is 3 points. Significance does not enter the costs.",
    ],
    passed="Size times price, not name and not p-value. That is what separates a review from superstition.",
)


@matters_question.wrong(
    "always withdraw",
    why="A leak is a leak.",
    message="You always withdraw. Many of these steps inflate by less than a point: each correction of such a study costs 6 and repairs nothing.",
)
def matters(step, before, after):
    return "withdraw"


@matters_question.wrong(
    "never withdraw",
    why="Corrections are embarrassing.",
    message="You always leave it. Some of these studies promise 10 points that are not there.",
)
def matters(step, before, after):
    return "leave"


@matters_question.wrong(
    "by the name of the step",
    why="The lesson said that selection matters and scaling does not.",
    message="You decide by the *name* of the step. Selection usually matters and scaling usually does not, but here somebody has measured it: look at the scores.",
)
def matters(step, before, after):
    return "withdraw" if step in ("selection", "oversampling") else "leave"


@matters_question.wrong(
    "by significance",
    why="p < 0.05 is how one decides.",
    message="You withdraw whenever the difference is significant. With 200 repeats half a point is significant, and costs 1 to leave, 6 to withdraw. The question is how *large* it is.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    z = differences.mean() / (differences.std(ddof=1) / np.sqrt(len(differences)))
    return "withdraw" if z > 2 else "leave"


@matters_question.wrong(
    "unpaired, two bands that do not overlap",
    why="Error bars that do not overlap look like proof.",
    message="You compare the two means as if they came from different studies. Easy repeats are easy both ways: only the *differences* show how steady the inflation is, and most real ones escape you.",
)
def matters(step, before, after):
    gap = np.mean(before) - np.mean(after)
    return "withdraw" if gap > np.std(before) + np.std(after) else "leave"


@matters_question.wrong(
    "one point is too much",
    why="A round number that sounds strict.",
    message="You withdraw from about one point on. Leaving one point costs 2, withdrawing 6: where do the two meet?",
)
def matters(step, before, after):
    return "withdraw" if np.mean(before) - np.mean(after) > 0.01 else "leave"


@matters_question.wrong(
    "relative inflation",
    why="Reports say 'four per cent too good'.",
    message="You judge the inflation relative to the score. The cost counts *points* of accuracy, and a point is 0.01 whether the score is 0.4 or 0.8.",
)
def matters(step, before, after):
    return "withdraw" if np.mean(before) / np.mean(after) - 1 > 0.04 else "leave"


@matters_question.wrong(
    "from 4 points on",
    why="A little more than the boundary, to be safe.",
    message="You leave inflations of 3 to 4 points. At how many points does leaving cost as much as withdrawing? There is no reason to be milder than that.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean = differences.mean()
    return "withdraw" if mean > 0.04 else "leave"


@matters_question.wrong(
    "from 2 points on",
    why="2 is the price of a point.",
    message="You withdraw from about 2 points on. Leaving 2 points costs 4, withdrawing 6.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean = differences.mean()
    return "withdraw" if mean > 0.02 else "leave"


@matters_question.wrong(
    "from 5 points on",
    why="A round number.",
    message="You leave inflations of 3 to 5 points: up to 10 for leaving against 6 for withdrawing.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean = differences.mean()
    return "withdraw" if mean > 0.05 else "leave"


@matters_question.wrong(
    "surely above 3 points",
    why="One withdraws on proof only.",
    message="You withdraw only if the inflation lies above 3 points by two standard errors. Both mistakes cost the same here: of an inflation of 4 ± 1 points leaving costs 8 on average, withdrawing 6.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean, se = differences.mean(), differences.std(ddof=1) / np.sqrt(len(differences))
    return "withdraw" if mean - 2 * se > 0.03 else "leave"


@matters_question.wrong(
    "perhaps above 3 points",
    why="One leaves on proof only.",
    message="You withdraw whenever 3 points cannot be excluded. Both mistakes cost the same here: the mean decides, and its standard error does not enter the costs.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean, se = differences.mean(), differences.std(ddof=1) / np.sqrt(len(differences))
    return "withdraw" if mean + 2 * se > 0.03 else "leave"


@matters_question.wrong(
    "significant and above 1 point",
    why="Two hurdles are safer than one.",
    message="You ask for significance and a point. Neither enters the costs: a significant inflation of 2 points costs 4 to leave and 6 to withdraw.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean, se = differences.mean(), differences.std(ddof=1) / np.sqrt(len(differences))
    return "withdraw" if mean > 0.01 and mean > 2 * se else "leave"


@matters_question.wrong(
    "relative to the score, 5%",
    why="A smaller score is hurt more.",
    message="You judge the inflation relative to the score. The cost counts *points* of accuracy, and a point is 0.01 whether the score is 0.35 or 0.85.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean = differences.mean()
    return "withdraw" if mean / np.mean(after) > 0.05 else "leave"


@matters_question.wrong(
    "relative to the score, 3%",
    why="3 points sound like 3%.",
    message="You judge the inflation relative to the score: 3% of 0.35 is one point, 3 points are 0.03.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean = differences.mean()
    return "withdraw" if mean / np.mean(after) > 0.03 else "leave"


@matters_question.wrong(
    "the size without its sign",
    why="A difference is a distance.",
    message="You take the size of the difference without its sign. Where the repair made the score *better*, nothing was inflated, and leaving costs nothing.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    return "withdraw" if np.abs(differences).mean() > 0.03 else "leave"


@matters_question.wrong(
    "effect size",
    why="Cohen's d says what is large.",
    message="You divide by the scatter of the repeats. How much repeats scatter is no cost: the size in points is.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean = differences.mean()
    return "withdraw" if mean > 0.8 * differences.std(ddof=1) else "leave"


@matters_question.wrong(
    "nearly every repeat above 3 points",
    why="Agreement of the repeats looks like proof.",
    message="You ask that nearly *every* repeat shows more than 3 points. Repeats scatter by 2 or 3 points: their mean decides.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    return "withdraw" if np.mean(differences > 0.03) > 0.9 else "leave"


@matters_question.wrong(
    "one repeat is enough",
    why="The worst case counts.",
    message="You withdraw as soon as the largest difference exceeds 3 points. With 201 repeats one always does, by luck: take the mean.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    return "withdraw" if differences.max() > 0.03 else "leave"


@matters_question.wrong(
    "the first repeat",
    why="One pair is enough.",
    message="You look at one repeat. A single difference scatters by 2 or 3 points: take the mean of all of them.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    return "withdraw" if differences[0] > 0.03 else "leave"


@matters_question.wrong(
    "only where the step is known to leak",
    why="The lesson named the steps that matter.",
    message="You look at the size only where the *name* of the step is suspicious. Here somebody has measured it: an inflation of 6 points by scaling costs 12 to leave.",
)
def matters(step, before, after):
    differences = np.asarray(before) - np.asarray(after)
    mean = differences.mean()
    return "withdraw" if mean > 0.03 and step in ("selection", "oversampling", "tuning") else "leave"


@matters_question.right("median of the differences")
def matters(step, before, after):
    return "withdraw" if np.median(np.asarray(before) - np.asarray(after)) * 200 > 6 else "leave"


@matters_question.right("trimmed mean")
def matters(step, before, after):
    differences = sorted(np.asarray(before) - np.asarray(after))
    cut = len(differences) // 10
    return "withdraw" if np.mean(differences[cut : len(differences) - cut]) >= 0.03 else "leave"


@matters_question.right("expected cost with a standard error")
def matters(step, before, after):
    differences = [b - a for b, a in zip(before, after, strict=True)]
    expected = max(sum(differences) / len(differences), 0) * 200
    return min({"withdraw": 6, "leave": expected}.items(), key=lambda pair: pair[1])[0]


# ------------------------------------------------------------------------------------------------------------ flights


def _feed_case(rng, of_each):
    """Every use of a model with every moment at which it is asked, in random order."""
    kinds = [(use, moment) for use in SPLITS for moment in MOMENTS] * of_each
    studies = [make_feed_study(rng, *kinds[i]) for i in rng.permutation(len(kinds))]
    truth = {
        "leaks": [list(study.leaks) for study in studies],
        "splits": [study.split for study in studies],
        "scores": [study.inputs["scores"] for study in studies],
    }
    return Case({"cases": [study.inputs for study in studies]}, f"{len(studies)} studies", truth)


flights_question = Question(
    "04.flights",
    title="Flights: what did the feed hold, and which score holds?",
    objective="On real flights, find the columns that were written too late from two states of a feed, and report the score of the split that is like the use.",
    points=3,
    answer="honest_score",
    probe="[answer(case['snapshot'], case['archive'], case['labelled_days'], case['asked_days'], case['scores']) for case in cases]",
    judge="holdout.topics.leakage.judges:honest_reports",
    # Of 36 studies, over 8 seeds: careful rules 36; one later flight, all later, the mean day 25 to 31, one shared day 18 to 26, names 11 to 18,
    # blank cells alone 18 to 19, most cells changed 16 to 20, NaN as a change 0 to 1, always the same split 12.
    parameters={"credit": [[0.94, 1.0], [0.88, 0.5]], "atol": 1e-6},  # scores have four digits
    partial=True,
    judgement=True,
    visible=[_feed_case(np.random.default_rng(22), 1)],
    hidden=lambda rng: [_feed_case(rng, 2)],
    hints=[
        "Two questions. Columns: where does the archive say something that the snapshot did not say? Score: are the flights in use on days with labelled flights, on days between them, or after them?",
        "Blank then filled is one way to be written later; a value that was *replaced* is another. And `NaN != NaN` is True: a cell that is missing in both tables is no change.",
        "A few flights in use stand elsewhere than the others. Count shares: `np.isin(asked_days, labelled_days).mean()` and `(asked_days > labelled_days.max()).mean()`.",
    ],
    passed="The same column was harmless in one study and a leak in the next, and so was the same split. Both depend on when and where the model is asked.",
)

_FEED_PARTS = {
    "leaks": "[c for c in archive if ((snapshot[c] != archive[c]) & ~(snapshot[c].isna() & archive[c].isna())).any()]",
    "split": '"random rows" if shared > 0.5 else "by time" if later > 0.5 else "whole days"',
    "score": "scores[split]",
}


def _feed_code(**parts):
    """An answer with some of its parts exchanged."""
    parts = _FEED_PARTS | parts
    return f"""
    def honest_score(snapshot, archive, labelled_days, asked_days, scores):
        shared = np.isin(asked_days, labelled_days).mean()
        later = (asked_days > labelled_days.max()).mean()
        leaks = {parts["leaks"]}
        split = {parts["split"]}
        return leaks, {parts["score"]}
    """


def _feed_wrong(name, why, message, **parts):
    flights_question.wrong(name, why=why, message=message, code=_feed_code(**parts))


_feed_wrong(
    "blank in the snapshot, filled in the archive",
    "A value that is written later is blank before.",
    "You report columns that were blank and are filled later. The feed's weather was not blank: it showed an earlier hour, and the archive holds the hour of departure. A value that was replaced was written later, too.",
    leaks="[c for c in archive if (snapshot[c].isna() & archive[c].notna()).any()]",
)
_feed_wrong(
    "everything that is unequal",
    "`!=` compares two tables in one go.",
    "You report columns that did not change: `NaN != NaN` is True. An aircraft whose seats nobody knows, before and after, is no news.",
    leaks="[c for c in archive if (snapshot[c] != archive[c]).any()]",
)
_feed_wrong(
    "most flights must differ",
    "A few changed cells look like noise.",
    "You report a column only if it changed on most flights. At the scheduled departure many flights have already left, early, and their delay is in the feed. It is missing for the late ones: exactly those that you want to forecast.",
    leaks="[c for c in archive if ((snapshot[c] != archive[c]) & ~(snapshot[c].isna() & archive[c].isna())).mean() > 0.5]",
)
_feed_wrong(
    "the columns that the lesson named",
    "Departure and arrival are written after the fact.",
    "You go by the names. Two hours after departure the departure delay is known and harmless; on the evening before, the weather of the departure hour is not known. Compare the two tables.",
    leaks='[c for c in archive if c in ("dep_time", "dep_delay", "arr_time", "air_time")]',
)
_feed_wrong(
    "everything but the schedule",
    "What is not in the timetable is not known for certain.",
    "You go by the names, and strike out too much: at the gate, or in the air, the weather of the departure hour is known. A column that the feed held unchanged is no leak.",
    leaks='[c for c in archive if c.startswith(("dep_", "arr_", "air_")) or c in ("temp", "dewp", "humid", "wind_speed", "pressure", "wind_gust")]',
)
_feed_wrong(
    "no column leaks",
    "The scores were measured without them anyway.",
    "You report no column. Whoever builds the model next needs to know which ones the feed does not hold in time: compare the two tables.",
    leaks="[]",
)
_feed_wrong(
    "a column that is often missing in the snapshot",
    "Missing values mean that nobody has written yet.",
    "You look at the snapshot alone. Gusts and the age of an aircraft are often missing for good; a weather value can be there and still be replaced. Only the archive tells.",
    leaks="[c for c in archive if snapshot[c].isna().mean() > 0.3]",
)
_feed_wrong(
    "always by time",
    "The careful score is the one by time.",
    "You always report the score by time. Where the model fills in flights of days that it knows, that is not how it is used: the score answers another question.",
    split='"by time"',
)
_feed_wrong(
    "always whole days",
    "Flights of one day share its weather.",
    "You always report the score with whole days held out. Where the model is asked about days after the last labelled one it has no days on both sides; where it is asked about days with labelled flights it has more.",
    split='"whole days"',
)
_feed_wrong(
    "the lowest score",
    "Promise little, and nobody will complain.",
    "You report the lowest score. Low is not the same as honest: which split is like the use? The days tell, not the scores.",
    split="min(scores, key=scores.get)",
)
_feed_wrong(
    "the highest score",
    "The best measurement is the one that worked best.",
    "You report the highest score. The split that scores best is often the one that is least like the use. The days tell which one is.",
    split="max(scores, key=scores.get)",
)
_feed_wrong(
    "the mean of the three",
    "Three numbers, so take the mean.",
    "You report the mean of three answers to three questions. It answers none of them.",
    score="np.mean(list(scores.values()))",
)
_feed_wrong(
    "one shared day is enough",
    "A shared day is a leak between training and use.",
    "One flight in use on a day with labelled flights, and you report the score of random rows. A few strays do not make the use: what holds for most of the flights?",
    split='"random rows" if shared > 0 else "by time" if later > 0.5 else "whole days"',
)
_feed_wrong(
    "one later flight is enough",
    "As soon as the future is involved, split by time.",
    "One flight in use after the last labelled day, and you report the score by time. What holds for most of the flights?",
    split='"by time" if later > 0 else "random rows" if shared > 0.5 else "whole days"',
)
_feed_wrong(
    "all must be later",
    "By time means that everything is later.",
    "You ask that *every* flight in use is later than the last labelled one. A single stray then changes the answer: what holds for most of the flights?",
    split='"random rows" if shared > 0.5 else "by time" if later == 1 else "whole days"',
)
_feed_wrong(
    "random rows never",
    "A random split was the trap of the lesson.",
    "You never report the score of random rows. It is flattering where tomorrow is unknown; where the flights in use are on days with labelled flights, it is the one that is like the use.",
    split='"by time" if later > 0.5 else "whole days"',
)
_feed_wrong(
    "later on average",
    "The mean day tells which set is older.",
    "You compare the mean days. Days that are missing in the second half of a period are later on average too, but there are labelled days after them.",
    split='"random rows" if shared > 0.5 else "by time" if asked_days.mean() > labelled_days.mean() else "whole days"',
)
_feed_wrong(
    "random rows or by time",
    "Either the days are shared or they are new.",
    "You do not ask whether new days lie between labelled days or after the last one. A model that knows the days before and after has an easier task than one that must forecast.",
    split='"random rows" if shared > 0.5 else "by time"',
)


@flights_question.wrong(
    "missing differs from missing",
    why="`!=` looks like the right comparison.",
    message="Your columns are those that differ by `!=`, for which a missing value differs from itself. What is missing in both says the same in both.",
)
def honest_score(snapshot, archive, labelled_days, asked_days, scores):
    leaks = [
        column
        for column in archive.columns
        if sum(a != b for a, b in zip(snapshot[column].tolist(), archive[column].tolist(), strict=True)) >= 3
    ]
    labelled, asked = np.asarray(labelled_days), np.asarray(asked_days)
    same = np.isin(asked, labelled).mean()
    later = (asked > labelled.max()).mean()
    between = 1 - same - later
    shares = {"random rows": same, "by time": later, "whole days": between}
    return leaks, scores[max(shares, key=shares.get)]


@flights_question.wrong(
    "blank then, filled now",
    why="A value that is filled in later is the leak that everybody knows.",
    message="You name a column where the feed was blank and the archive is filled. A column that said something *else* then was written later as well: an expected time that has become the real one.",
)
def honest_score(snapshot, archive, labelled_days, asked_days, scores):
    filled = snapshot.isna().to_numpy() & archive.notna().to_numpy()
    leaks = [column for column, count in zip(archive.columns, filled.sum(axis=0), strict=True) if count >= 3]
    labelled, asked = set(np.asarray(labelled_days).tolist()), np.asarray(asked_days).tolist()
    share_same = sum(day in labelled for day in asked) / len(asked)
    share_later = sum(day > max(labelled) for day in asked) / len(asked)
    if share_same >= 0.8:
        name = "random rows"
    elif share_later >= 0.8:
        name = "by time"
    else:
        name = "whole days"
    return leaks, scores[name]


flights_question.right(
    "tables compared at once, shares of three out of four",
    code="""
    def honest_score(snapshot, archive, labelled_days, asked_days, scores):
        same = (snapshot == archive) | (snapshot.isna() & archive.isna())
        leaks = archive.columns[~same.all()]
        if np.isin(asked_days, labelled_days).mean() >= 0.75:
            return leaks, scores["random rows"]
        if (asked_days > labelled_days.max()).mean() >= 0.75:
            return leaks, scores["by time"]
        return leaks, scores["whole days"]
    """,
)
flights_question.right(
    "loops, at least three cells",
    code="""
    def honest_score(snapshot, archive, labelled_days, asked_days, scores):
        leaks = []
        for column in archive.columns:
            changed = 0
            for before, after in zip(snapshot[column], archive[column], strict=True):
                if pd.isna(before) and pd.isna(after):
                    continue
                changed += before != after
            if changed >= 3:
                leaks.append(column)
        known, last = set(labelled_days.tolist()), max(labelled_days)
        counts = {"random rows": 0, "by time": 0, "whole days": 0}
        for day in asked_days.tolist():
            counts["random rows" if day in known else "by time" if day > last else "whole days"] += 1
        return leaks, scores[max(counts, key=counts.get)]
    """,
)
flights_question.right(
    "more than a twentieth of the cells, the median day",
    code=_feed_code(
        leaks="[c for c in archive if (snapshot[c].fillna(-999) != archive[c].fillna(-999)).mean() > 0.05]",
        split='"by time" if np.median(asked_days) > labelled_days.max() else "random rows" if shared > 0.6 else "whole days"',
    ),
)


# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "04.say_it",
    objective="Say which number answers the question of use, and which suspicion does not matter.",
    right="b",
    wrong={
        "a": Misreading(
            "averages two different questions",
            why="Two numbers, so take the mean.",
            message="The two numbers answer two questions: patients seen before, and new ones. Their average answers neither.",
        ),
        "c": Misreading(
            "the harmless leak first",
            why="Scaling before the split is in every list of leaks.",
            message="It is untidy, and it has been measured: nothing in the third digit. Whoever stops at it never gets to the 23 points.",
        ),
        "d": Misreading(
            "grouping throws information away",
            why="Fewer patients in training looks like a loss.",
            message="What is 'thrown away' is exactly what will not be there at admission: earlier visits of the same patient. A score with them answers another question.",
        ),
    },
    hints=[
        "Whom will the model meet in use?",
        "Two suspicions are in the text. One moved the score by 0.23, the other by less than 0.001.",
    ],
    passed="You named the world of use, the evidence, and the suspicion that turned out harmless. That is a review.",
)
