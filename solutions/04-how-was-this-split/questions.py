"""Questions of exercise 04: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd

from grader.authoring.question import Case, Misreading, Question, Tolerance, sentence_choice
from holdout.checks.repeats import PROBE, repeated
from holdout.topics.leakage.cases import KINDS, make_leaky_table
from holdout.topics.leakage.probes import watch_pipeline

# -------------------------------------------------------------------------------------------------------------- twins


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
    train = np.vstack([train, train[: n_train // 4]])
    return Case({"train": train, "test": test}, title)


twins = Question(
    "04.twins",
    title="Twins across the split",
    objective="Measure duplicates across a split and predict what a memory makes of them.",
    points=2,
    answer="twin_share",
    probe="answer(train, test)",
    visible=[
        _twin_case(np.random.default_rng(1), 40, 20, 9, "20 test rows"),
        _twin_case(np.random.default_rng(2), 30, 50, 10, "more test rows than training rows"),
    ],
    hidden=lambda rng: [
        _twin_case(rng, int(rng.integers(20, 60)), int(rng.integers(15, 60)), int(rng.integers(3, 14)))
        for _ in range(5)
    ],
    tolerance=Tolerance(1e-9, 1e-12, "counting and one line of arithmetic"),
    hints=[
        "A row is a twin if *all* its columns agree with *one* training row. Tuples can be members of a set: `tuple(row) in known`.",
        "The share is over test rows. How often the training row stands there does not matter.",
        "A memory is right on every twin, and on half of the rest: q + (1 − q)/2.",
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


def _pipeline_case(rng, rows=60, columns=120, kept=8, title="", signal=False):
    y = rng.permutation(np.arange(rows) % 2)
    X = rng.standard_normal((rows, columns)).round(6)
    if signal:
        X[:, 3] += 2.0 * y
    order = rng.permutation(rows)
    inputs = {
        "X": X,
        "y": y,
        "train": np.sort(order[: 2 * rows // 3]),
        "test": np.sort(order[2 * rows // 3 :]),
        "kept": kept,
    }
    return Case(inputs, title, {"score": float(watch_pipeline(_clean_score, **inputs)["score"])})


pipeline_question = Question(
    "04.pipeline",
    title="No test row reaches a fit",
    objective="Repair a pipeline so that nothing is fitted on test rows.",
    points=3,
    answer="held_out_accuracy",
    probe="holdout.topics.leakage.probes:watch_pipeline(answer, X, y, train, test, kept)",
    judge="holdout.topics.leakage.judges:pipeline",
    parameters={"atol": 1e-9},
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
    message="Test rows reached the fit of the *selector*. It looks at labels, so the test set has helped to choose the columns: this is the leak that turned noise into 3 % error in the lesson.",
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
    return 1.1 - model.score(scaler.transform(selector.transform(X[test])), y[test])


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


@pipeline_question.right("step by step, with predict")
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    selector.fit(X[train], y[train])
    scaler.fit(selector.transform(X[train]), y[train])
    model.fit(scaler.transform(selector.transform(X[train])), y[train])
    return sum(model.predict(scaler.transform(selector.transform(X[test]))) == y[test]) / len(test)


# ------------------------------------------------------------------------------------------------------------- groups


def _group_case(rng, n_groups, title="", large=False):
    sizes = rng.integers(1, 12, n_groups)
    if large:  # two groups of a quarter each: then a quarter of the groups is never a quarter of the rows
        sizes[:2] = sizes[2:].sum() // 2
    groups = np.repeat([f"c{i:03d}" for i in rng.permutation(n_groups)], sizes)
    return Case({"groups": rng.permutation(groups), **repeated(rng)}, title)


groups_question = Question(
    "04.groups",
    title="Whole groups",
    objective="Split so that no group is on both sides, with a stated share of rows, at random.",
    points=2,
    answer="group_split",
    probe=PROBE.format(call="answer(groups, rng)"),
    judge="holdout.topics.leakage.judges:group_split",
    parameters={"shares": [0.15, 0.35]},
    visible=[
        _group_case(np.random.default_rng(5), 40, "40 groups"),
        _group_case(np.random.default_rng(6), 90, "90 groups, two of them large", large=True),
    ],
    hidden=lambda rng: [
        _group_case(rng, int(n), large=bool(i % 2)) for i, n in enumerate(rng.integers(30, 120, 4))
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


@groups_question.right("scikit-learn, until the size fits")
def group_split(groups, rng):
    while True:
        splitter = GroupShuffleSplit(1, test_size=0.25, random_state=int(rng.integers(2**31)))
        train, test = next(splitter.split(groups, groups=groups))
        if 0.15 <= len(test) / len(groups) <= 0.35:
            return train, test


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
    cutoff = start + pd.Timedelta(days=int(rng.integers(40, 65)))
    accepted = pd.Series(accepted)
    sharp = int(rng.integers(rows))  # a parcel handed in at that very moment is a test parcel
    accepted.iloc[sharp], known.iloc[sharp] = cutoff, cutoff + pd.Timedelta(hours=30)
    late = (
        sharp + 1 + int(rng.integers(rows - 1))
    ) % rows  # a label that arrives at that very moment is too late for training
    accepted.iloc[late], known.iloc[late] = cutoff - pd.Timedelta(hours=50), cutoff
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
    probe="[np.sort(np.asarray(part)) for part in answer(frame, cutoff)]",
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


def _audit_case(rng, n_tables, title):
    # each kind in exactly half of the tables, so that no case is easy by luck; some tables may have no leak at all
    planted = {kind: rng.permutation(n_tables) < n_tables // 2 for kind in KINDS}
    tables = [make_leaky_table(rng, 200, [k for k in KINDS if planted[k][i]]) for i in range(n_tables)]
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
    # Measured on 40 seeds, the smaller of precision and recall: three careful audits 1.00; an audit that forgets one kind
    # 0.80, one that falls for one look-alike 0.66 to 0.75, one that points at everything 0.06 to 0.07.
    parameters={"credit": [[0.9, 1.0], [0.7, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_audit_case(np.random.default_rng(12), 6, "six tables")],
    hidden=lambda rng: [_audit_case(rng, 6, "six tables")],
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
    message="One of the kinds you never find. The detail tells which: precision and recall are listed by kind. Is there one that lies in the *split* rather than in a column?",
    code=_audit_code(time="[]"),
)


audit_question.right("the same, in one template", code=_audit_code())
audit_question.right(
    "other evidence",
    code=_audit_code(
        future="open_rows[c].fillna(0).abs().sum() == 0 and labelled[c].fillna(0).abs().sum() > 0",
        twins="[i for i in test.index if tuple(test.loc[i, same].astype(str)) in set(map(tuple, train[same].astype(str).to_numpy()))]",
        groups="share[c] > 0.5",
        encoding="any(np.allclose(m, labelled[c], atol=2e-4, equal_nan=False) for m in means)",
        report="True",
    ),
)


# ------------------------------------------------------------------------------------------------------------ matters

_STEPS = {"scaling": 0.15, "imputation": 0.2, "selection": 0.75, "oversampling": 0.7, "tuning": 0.4}


def _matters_cases(rng, n_cases):
    cases, costs = [], []
    for _ in range(n_cases):
        step = str(rng.choice(list(_STEPS)))
        large = rng.random() < _STEPS[step]
        true = float(rng.uniform(0.032, 0.12)) if large else float(rng.uniform(0.0, 0.028))
        base = float(rng.uniform(0.35, 0.85))  # so that a point is not the same share of every score
        repeats = int(rng.choice([5, 10, 30, 200]))
        shared = rng.normal(0, 0.04, repeats)  # an easy repeat is easy both ways
        after = base + shared + rng.normal(0, 0.012, repeats)
        before = base + true + shared + rng.normal(0, 0.012, repeats)
        cases.append({"step": step, "before": before.round(4), "after": after.round(4)})
        costs.append({"withdraw": 6.0, "leave": 200.0 * true})
    return Case({"cases": cases}, f"{n_cases} studies", {"costs": costs})


matters_question = Question(
    "04.matters",
    title="Does it matter?",
    objective="Decide by the measured size of an inflation under stated costs, not by the name of the step.",
    points=3,
    answer="matters",
    probe="[answer(case['step'], case['before'], case['after']) for case in cases]",
    judge="policy",
    # Relative regret over 6 seeds: by the paired mean or median 0.00 to 0.03; relative to the score 0.07 to 0.12, from one point on
    # 0.42 to 0.48, by two bands 0.58 to 0.83, by significance 0.52 to 0.58, by name 0.95 and more.
    parameters={"credit": [[0.05, 1.0], [0.07, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_matters_cases(np.random.default_rng(13), 200)],
    hidden=lambda rng: [_matters_cases(rng, 600)],
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


@matters_question.right("median of the differences")
def matters(step, before, after):
    return "withdraw" if np.median(np.asarray(before) - np.asarray(after)) * 200 > 6 else "leave"


@matters_question.right("expected cost with a standard error")
def matters(step, before, after):
    differences = [b - a for b, a in zip(before, after, strict=True)]
    expected = max(sum(differences) / len(differences), 0) * 200
    return min({"withdraw": 6, "leave": expected}.items(), key=lambda pair: pair[1])[0]


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
