"""Questions of exercise 14: what is asked, how it is judged, and what learners really answer."""

import numpy as np

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.topics.release.cases import FAULTS, make_analysis, make_release, reachable

# --------------------------------------------------------------------------------------------------------------- rows


def _row_case(rng, title="", complete=None):
    accepted = np.sort(rng.integers(0, 60, 120))
    known = accepted + rng.integers(1, 15, 120)
    first_test = int(rng.integers(35, 41))
    last_test = first_test + int(rng.integers(8, 13))
    inside = (accepted >= first_test) & (accepted <= last_test)
    complete = bool(rng.random() < 0.5) if complete is None else complete
    # the export of the day of the slowest label does not hold it yet
    exported = int(known[inside].max()) + int(complete)
    # each border is occupied, so that <= and < differ; and a row is known late enough to matter
    accepted[:3], known[:3] = (
        [first_test - 3, first_test, last_test],
        [first_test, first_test + 1, last_test + 1],
    )
    return Case(
        {
            "accepted": accepted,
            "known": known,
            "first_test": first_test,
            "last_test": last_test,
            "exported": exported,
        },
        title,
    )


rows_question = Question(
    "14.rows",
    title="Rows that may be used",
    objective="Split by time when labels arrive late, and refuse a test period that is not complete.",
    points=2,
    answer="usable_rows",
    probe="[sorted(int(i) for i in answer(accepted, known, first_test, last_test, exported)[0]), sorted(int(i) for i in answer(accepted, known, first_test, last_test, exported)[1]), bool(answer(accepted, known, first_test, last_test, exported)[2])]",
    visible=[
        _row_case(np.random.default_rng(1), "all labels known", True),
        _row_case(np.random.default_rng(2), "a label still missing", False),
    ],
    hidden=lambda rng: [
        case for _ in range(3) for case in (_row_case(rng, complete=True), _row_case(rng, complete=False))
    ],
    hints=[
        "On the morning of the fit only those labels exist that were known *before* `first_test`. When a parcel was accepted does not matter for training.",
        "Test rows are chosen by `accepted` alone, both ends included, whether their label is known or not.",
        "Complete: `np.all(known[test] < exported)`.",
    ],
    properties=[
        Property(
            "not set(got[0]) & set(got[1])",
            "A row is in training and test: a test row's label cannot be known before its parcel is accepted.",
        ),
        Property(
            "all(known[i] < first_test for i in got[0])",
            "Some training rows have a label that was not known on the morning of the fit.",
        ),
        Property(
            "all(first_test <= accepted[i] <= last_test for i in got[1])",
            "Some test rows were accepted outside the test days.",
        ),
    ],
    passed="Trained on what was known, judged on whole days, and only when every label is in.",
)
_ROWS = """
def usable_rows(accepted, known, first_test, last_test, exported):
    accepted, known = np.asarray(accepted), np.asarray(known)
    train = np.flatnonzero({train})
    test = np.flatnonzero({test})
    return train, test, {complete}
"""


def _rows_code(
    train="known < first_test",
    test="(accepted >= first_test) & (accepted <= last_test)",
    complete="bool(np.all(known[test] < exported))",
):
    return _ROWS.format(train=train, test=test, complete=complete)


rows_question.wrong(
    "trained by the day of acceptance",
    why="A split by time is a split by the date column.",
    message="You train on parcels accepted before the test days. The labels of the last of them were not known yet on the morning of the fit.",
    code=_rows_code(train="accepted < first_test"),
)
rows_question.wrong(
    "labels of the same morning",
    why="Up to and including is how people read dates.",
    message="You train on labels that came in on the day of the fit itself. On its morning they are not there.",
    code=_rows_code(train="known <= first_test"),
)
rows_question.wrong(
    "the last test day left out",
    why="Ranges in Python end before their end.",
    message="You leave the parcels of `last_test` out. It belongs to the test days.",
    code=_rows_code(test="(accepted >= first_test) & (accepted < last_test)"),
)
rows_question.wrong(
    "test rows without a label dropped",
    why="A row without a label cannot be scored.",
    message="You drop test rows whose label is missing, and call the rest complete. What is missing is mostly *late* parcels: the score would be too good.",
    code=_rows_code(test="(accepted >= first_test) & (accepted <= last_test) & (known < exported)"),
)
rows_question.wrong(
    "always complete",
    why="The table has been exported, so it is there.",
    message="You call every test period complete. Look at the last labels of the test rows and at the day of the export.",
    code=_rows_code(complete="True"),
)
rows_question.right(
    "with lists",
    code="""
def usable_rows(accepted, known, first_test, last_test, exported):
    days = list(zip(accepted, known))
    train = [i for i, (_, k) in enumerate(days) if k < first_test]
    test = [i for i, (a, _) in enumerate(days) if first_test <= a <= last_test]
    return train, test, all(days[i][1] < exported for i in test)
""",
)
rows_question.right(
    "with pandas",
    code="""
def usable_rows(accepted, known, first_test, last_test, exported):
    table = pd.DataFrame({"accepted": accepted, "known": known})
    test = table[table["accepted"].between(first_test, last_test)]
    return table.index[table["known"] < first_test], test.index, not (test["known"] >= exported).any()
""",
)

# ------------------------------------------------------------------------------------------------------------- harmed


_REGIONS = ("islands", "city", "rural", "coast", "harbour", "suburb", "valley", "border")


def _harm_case(rng, kinds, minimum=30, title=""):
    """Regions as (rows, mean difference in standard errors, size of the scatter), in a drawn order.

    Harmed regions appear neither in the order of their names nor by damage.
    """
    while True:
        names = rng.permutation(_REGIONS)[: len(kinds)].tolist()
        regions, old, new, damage = [], [], [], {}
        for name, (rows, errors, scatter) in zip(names, kinds, strict=True):
            base, noise = rng.normal(20, 8, rows), rng.normal(0, 1, rows)
            noise = (noise - noise.mean()) / noise.std(ddof=1) * scatter if rows > 1 else noise
            mean = errors * scatter / np.sqrt(rows)
            regions += [name] * rows
            old += base.round(6).tolist()
            new += (base.round(6) + mean + noise).round(6).tolist()
            if errors > 1.96 and rows >= max(minimum, 2):
                damage[name] = mean
        order = rng.permutation(len(regions))
        shown = list(dict.fromkeys(regions[i] for i in order if regions[i] in damage))
        worst_first = sorted(damage, key=damage.get, reverse=True)
        if len(damage) < 2 or sorted(damage) not in (shown, worst_first):
            break
    inputs = {
        "regions": [regions[i] for i in order],
        "old": [old[i] for i in order],
        "new": [new[i] for i in order],
        "minimum": minimum,
    }
    return Case(inputs, title)


def _harm_cases(rng):
    # rows, standard errors above 0, scatter
    plain = [
        (200, 5.0, 2.0),
        (60, 3.5, 6.0),
        (90, 1.2, 2.0),
        (12, 6.0, 2.0),
        (300, -6.0, 2.0),
        (80, 2.6, 1.0),
    ]
    limits = [
        (30, 3.0, 2.0),  # exactly the minimum
        (29, 6.0, 2.0),  # one below it
        (45, 1.8, 2.0),  # above 0 by a one-sided limit only
        (30, 1.945, 2.0),  # with n in the standard deviation, 1.978 standard errors
        (31, 2.0, 2.0),  # below the t quantile, 2.04
        (70, 4.0, 3.0),
    ]
    none = [(50, 1.0, 2.0), (40, -3.0, 2.0), (20, 4.0, 2.0)]
    single = [(1, 0.0, 1.0), (2, 60.0, 0.1), (25, 3.0, 2.0)]
    return [
        _harm_case(rng, [plain[i] for i in rng.permutation(6)], title="six regions"),
        _harm_case(rng, [limits[i] for i in rng.permutation(6)], title="six regions close to a limit"),
        _harm_case(rng, [none[i] for i in rng.permutation(3)], title="no region is clearly dearer"),
        _harm_case(rng, single, 1, title="regions of one and of two parcels"),
    ]


harmed_question = Question(
    "14.harmed",
    title="The region that the average hides",
    objective="Find segments that a candidate harms, by paired intervals, and refuse to judge tiny ones.",
    points=2,
    answer="harmed",
    probe="answer(regions, old, new, minimum)",
    visible=_harm_cases(np.random.default_rng(3)),
    hidden=_harm_cases,
    hints=[
        "Subtract first, parcel by parcel; then one mean and one standard error for each region.",
        "A region needs `minimum` rows, two at least, *and* a lower end above 0.",
        "`difference[regions == region]`, `.mean() - 1.96 * .std(ddof=1) / np.sqrt(n) > 0`.",
    ],
    properties=[
        Property("set(got) <= set(regions)", "There is a name that is no region."),
        Property(
            "all(regions.count(name) >= minimum for name in got)",
            "A region with fewer parcels than `minimum` is named.",
        ),
        Property(
            "all(np.mean([b - a for r, a, b in zip(regions, old, new) if r == name]) > 0 for name in got)",
            "A region is named whose parcels cost less with the candidate, on average.",
        ),
        Property("list(got) == sorted(got)", "The names are not in alphabetical order."),
    ],
    passed="You named those that are harmed, and no more.",
)
_HARM = """
def harmed(regions, old, new, minimum):
    table = pd.DataFrame({{"region": regions, "old": old, "new": new}})
    found = []
    for region, rows in table.groupby("region"):
        difference = rows["new"] - rows["old"]
        error = {error}
        if {judged} and {condition}:
            found.append(region)
    return {result}
"""


def _harm_code(
    error="difference.std() / len(rows) ** 0.5",
    judged="len(rows) >= max(minimum, 2)",
    condition="difference.mean() - 1.96 * error > 0",
    result="found",
):
    return _HARM.format(error=error, judged=judged, condition=condition, result=result)


harmed_question.wrong(
    "the point estimate",
    why="Dearer is dearer.",
    message="You name {got}: every region whose mean is dearer. Some of them are dearer by less than their noise.",
    code=_harm_code(condition="difference.mean() > 0"),
)
harmed_question.wrong(
    "no minimum",
    why="The interval takes care of small numbers.",
    message="You name {got}, with a region of too few parcels among them. The team agreed not to judge below `minimum`.",
    code=_harm_code(judged="len(rows) >= 2"),
)
harmed_question.wrong(
    "two separate intervals",
    why="The intervals of old and new overlap, so there is no difference.",
    message="You name {got}, and miss a region that is clearly dearer. Subtract parcel by parcel, then judge each region by itself: two separate intervals hold the scatter of the parcels twice, and an average over all regions hides one.",
    code=_harm_code(error="(rows['old'].var() / len(rows) + rows['new'].var() / len(rows)) ** 0.5"),
)
harmed_question.wrong(
    "the sign turned round",
    why="New minus old, or old minus new?",
    message="You name {got}: the regions that *gain*. The numbers are costs, and higher is worse.",
    code=_harm_code(condition="-difference.mean() - 1.96 * error > 0"),
)
for _name, _why, _message, _changes in (
    (
        "more than the minimum",
        "A minimum sounds like a limit to be passed.",
        "You name {got}, and leave out a region that has exactly `minimum` parcels. At least means that it may be judged.",
        {"judged": "len(rows) > max(minimum, 1)"},
    ),
    (
        "one-sided",
        "Only dearer matters, so 1.645.",
        "You name {got}, one of them on a one-sided limit. The team's interval has 95% between its two ends: 1.96.",
        {"condition": "difference.mean() - 1.645 * error > 0"},
    ),
    (
        "n in the standard deviation",
        "`np.std` divides by n.",
        "You name {got}. One of them is above 0 only because the standard deviation was divided by n: the text asks for n − 1.",
        {"error": "difference.std(ddof=0) / len(rows) ** 0.5"},
    ),
    (
        "the t quantile",
        "With few rows t is the exact one.",
        "You name {got}, and miss a region that 1.96 standard errors find. A t quantile is a good idea; this team agreed on 1.96 for all.",
        {"condition": "difference.mean() - stats.t.ppf(0.975, len(rows) - 1) * error > 0"},
    ),
    (
        "in the order of the rows",
        "The order in which they appear.",
        "The regions are right. The list is asked for in alphabetical order, so that two pages can be compared.",
        {"result": "sorted(found, key=list(regions).index)"},
    ),
    (
        "worst first",
        "The worst is the most important.",
        "The regions are right, sorted by damage. The list is asked for in alphabetical order.",
        {
            "result": "sorted(found, key=lambda name: -(table['new'] - table['old'])[table['region'] == name].mean())"
        },
    ),
    (
        "only the worst region",
        "One name is what people remember.",
        "You name {got}: one region, where several are clearly dearer. Each has a contract.",
        {
            "result": "sorted(found, key=lambda name: -(table['new'] - table['old'])[table['region'] == name].mean())[:1]"
        },
    ),
):
    harmed_question.wrong(_name, why=_why, message=_message, code=_harm_code(**_changes))
harmed_question.right("with pandas", code=_harm_code())
harmed_question.right("an array of names", code=_harm_code(result="np.array(found, dtype=str)"))
harmed_question.right(
    "with lists",
    code="""
def harmed(regions, old, new, minimum):
    groups = {}
    for region, before, after in zip(regions, old, new):
        groups.setdefault(region, []).append(after - before)
    return [
        name
        for name in sorted(groups)
        if len(groups[name]) >= max(minimum, 2)
        and np.mean(groups[name]) > 1.96 * np.std(groups[name], ddof=1) / np.sqrt(len(groups[name]))
    ]
""",
)

# ------------------------------------------------------------------------------------------------------------- canary


def _canary_inputs(rng):
    """Accuracy and drop whose size is at most 600 and ends in 0.2 to 0.5: rounding up, down and to the nearest differ.

    z to three decimals moves a size of 600 by 0.26, which stays on the same side.
    """
    while True:
        accuracy, drop = round(float(rng.uniform(0.65, 0.95)), 3), round(float(rng.uniform(0.02, 0.12)), 3)
        exact = (2.486475 / drop) ** 2 * accuracy * (1 - accuracy)
        if 40 < exact < 600 and 0.2 < exact % 1 < 0.5:
            return {"accuracy": accuracy, "drop": drop}


canary_question = Question(
    "14.canary",
    title="A canary that can see",
    objective="Size a canary for the drop that matters.",
    points=1,
    answer="canary_size",
    probe="answer(accuracy, drop)",
    visible=[
        Case({"accuracy": 0.8, "drop": 0.05}, "a drop of 5 points"),
        Case({"accuracy": 0.9, "drop": 0.04}, "a drop of 4 points"),
        Case({"accuracy": 0.7, "drop": 0.05}, "a drop of 5 points from 0.7"),
    ],
    hidden=lambda rng: [Case(_canary_inputs(rng)) for _ in range(5)],
    tolerance=Tolerance(
        0.0, 0.01, "a whole number; the cases are such that z to three decimals gives the same one"
    ),
    hints=[
        "Two things must fit between 0 and `drop`: the distance to the alarm line, and from there to the mean after the drop.",
        "In standard errors these are 1.645 (5%, one-sided) and 0.842 (80%). One standard error is √(p(1−p)/n).",
        "n = ((1.645 + 0.842) / drop)² · p(1−p), rounded up. For 0.8 and 0.05 that is 396.",
    ],
    properties=[
        Property("got == int(got)", "A number of items is a whole number."),
    ],
    passed="A canary of that size sees what it is there for.",
)
_CANARY = "def canary_size(accuracy, drop):\n    return int(np.ceil({formula}))\n"
for _name, _why, _message, _formula in (
    (
        "power forgotten",
        "The drop must be significant: 1.645 standard errors.",
        "You get {got}: enough for a drop that is *just* significant. Half of the time chance makes it look smaller, and it is missed.",
        "(1.6449 / drop) ** 2 * accuracy * (1 - accuracy)",
    ),
    (
        "two-sided",
        "1.96 is the number one knows.",
        "You get {got}: sized for an alarm on both sides. Only a *drop* raises this one.",
        "((1.96 + 0.8416) / drop) ** 2 * accuracy * (1 - accuracy)",
    ),
    (
        "two samples",
        "Before and after are two numbers.",
        "You get {got}: twice what is needed. The accuracy before is known from months; only one side is measured.",
        "2 * ((1.6449 + 0.8416) / drop) ** 2 * accuracy * (1 - accuracy)",
    ),
    (
        "the worst variance",
        "A quarter is always safe.",
        "You get {got}: the variance of a coin. The canary has a known accuracy, and its variance is p(1 − p).",
        "((1.6449 + 0.8416) / drop) ** 2 * 0.25",
    ),
    (
        "the drop not squared",
        "Half the drop, twice the items.",
        "You get {got}. Half the drop needs *four* times the items: standard errors shrink with √n.",
        "(1.6449 + 0.8416) ** 2 / drop * accuracy * (1 - accuracy)",
    ),
):
    canary_question.wrong(_name, why=_why, message=_message, code=_CANARY.format(formula=_formula))
for _rounding, _why, _message in (
    ("floor", "int() cuts off.", "You get {got}, rounded down: one item short. A size is rounded *up*."),
    (
        "round",
        "Nearest is fairest.",
        "You get {got}, rounded to the nearest: one item short. A size is rounded *up*.",
    ),
):
    canary_question.wrong(
        f"rounded with {_rounding}",
        why=_why,
        message=_message,
        code=f"def canary_size(accuracy, drop):\n    return int(np.{_rounding}((2.486475 / drop) ** 2 * accuracy * (1 - accuracy)))\n",
    )
canary_question.right(
    "z from a table", code=_CANARY.format(formula="((1.645 + 0.842) / drop) ** 2 * accuracy * (1 - accuracy)")
)
canary_question.right(
    "by search",
    code="""
def canary_size(accuracy, drop):
    n = 2
    while stats.norm.cdf(drop / np.sqrt(accuracy * (1 - accuracy) / n) - stats.norm.isf(0.05)) < 0.8:
        n += 1
    return n
""",
)

# ------------------------------------------------------------------------------------------------------------- review


def _review_case(rng, n_analyses, title=""):
    analyses = []
    for _ in range(n_analyses):
        chosen = reachable([name for name in FAULTS if rng.random() < 0.3])
        analyses.append(make_analysis(rng, chosen))
    return Case(
        {"reports": [analysis.report for analysis in analyses]},
        title or f"{n_analyses} analyses",
        {"planted": [list(analysis.planted) for analysis in analyses]},
    )


review_question = Question(
    "14.review",
    title="A colleague's analysis",
    objective="Find thirteen kinds of faults in an analysis from its settings and numbers, without crying wolf.",
    points=4,
    answer="review",
    probe="[answer(report) for report in reports]",
    judge="holdout.topics.release.judges:review",
    # Measured on 20 seeds of 60 analyses, the smaller of precision and recall: a careful review 1.00; one fault forgotten 0.87 to
    # 0.98, one look-alike claimed 0.82 to 0.97, everything claimed 0.25 to 0.32. Grading takes 120.
    parameters={"credit": [[0.98, 1.0], [0.8, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_review_case(np.random.default_rng(4), 60)],
    hidden=lambda rng: [_review_case(rng, 120)],
    hints=[
        "One line for each fault, each a condition that is True or False; collect them in a dict. Begin with those that need one comparison: twins, best of many, unpaired.",
        "What looks suspicious and is none: a column known later that is not used; a scaler fitted on all rows; a segment of a dozen rows; twins within the training rows; a model's rows with a parent.",
        "The two about calibration need the noise: `np.sqrt(2 * v * bins / (np.pi * rows))`. The hidden segment needs `wilson_interval(right, rows)[1] < bar`. The canary needs the formula of question <14.canary>.",
    ],
    passed="You found what was wrong and left alone what only looked so.",
)
_CONDITIONS = {
    "random split": "split['depends_on_time'] and split['train_days'][1] >= split['test_days'][0]",
    "future column": "any(c['used'] and c['known_hours_after_decision'] > 0 for c in report['columns'])",
    "twins": "rows['test_rows_also_in_train'] > 0.01 * rows['test']",
    "open labels": "report['labels']['exported_day'] - split['test_days'][1] < report['labels']['slowest_label_days']",
    "fitted before the split": "any(s['reads_label'] and s['fitted_on'] != 'train' for s in report['steps'])",
    "threshold on test": "'test' in report['threshold']['rule']",
    "best of many": "models['tried'] > 1 and models['chosen_on'] == models['reported_on']",
    "hidden segment": "any(wilson_interval(r['right'], r['rows'])[1] < segments['bar'] and r['name'] not in segments['named_below_the_bar'] for r in segments['table'])",
    "noise called miscalibration": "cal['said'] == 'miscalibrated' and cal['ece'] < 1.5 * noise",
    "uncalibrated threshold": "report['threshold']['rule'] == 'cost formula' and cal['ece'] > 2 * noise and not cal['recalibrated_on']",
    "unpaired": "report['comparison']['same_rows'] and report['comparison']['interval'] == 'two separate'",
    "own outputs": "any(s['by'] != 'people' and not s['parent'] for s in report['sources'])",
    "small canary": "canary['items'] < ((1.645 + 0.842) / canary['smallest_drop']) ** 2 * canary['accuracy'] * (1 - canary['accuracy'])",
}


def _review_code(**changed):
    conditions = {**_CONDITIONS, **{name.replace("_", " "): code for name, code in changed.items()}}
    lines = "\n".join(f"    if {code}:\n        found.append({name!r})" for name, code in conditions.items())
    return f"""
def review(report):
    split, rows, models = report["split"], report["rows"], report["models"]
    segments, cal, canary = report["segments"], report["calibration"], report["canary"]
    noise = np.sqrt(2 * cal["mean_p_times_1_minus_p"] * cal["bins"] / (np.pi * cal["rows"]))
    found = []
{lines}
    return found
"""


review_question.wrong(
    "points at everything",
    why="Nothing is missed that way.",
    label="points at everything",
    message="You report nearly every fault for nearly every analysis: your recall is fine, your precision is not. A reviewer who always objects is not read.",
    code="def review(report):\n    return list(FAULTS)\n",
)
review_question.wrong(
    "finds nothing",
    why="The colleague is experienced.",
    label="finds nothing",
    message="You found none of the planted faults.",
    code="def review(report):\n    return []\n",
)
review_question.wrong(
    "what looks suspicious",
    why="Better one question too many.",
    label="cries wolf",
    message="You report things that look like a fault and are none. Compare a report in which you claim such a fault with the table of the question: which condition is not met?",
    code=_review_code(
        future_column="any(c['known_hours_after_decision'] > 0 for c in report['columns'])",
        fitted_before_the_split="any(s['fitted_on'] != 'train' for s in report['steps'])",
        best_of_many="models['tried'] > 1",
        hidden_segment="any(r['right'] / r['rows'] < segments['bar'] for r in segments['table'])",
        own_outputs="any(s['by'] != 'people' for s in report['sources'])",
        random_split="split['train_days'][1] >= split['test_days'][0]",
    ),
)
review_question.wrong(
    "only what is written in words",
    why="The settings show it at once; the numbers look fine.",
    label="misses",
    message="You miss more faults than you claim wrongly. Some are not written down in words and must be computed from numbers in the report; for others a border may be drawn too tightly.",
    code=_review_code(
        hidden_segment="False",
        noise_called_miscalibration="False",
        uncalibrated_threshold="False",
        small_canary="False",
        open_labels="False",
        twins="False",
    ),
)
for _name, _why, _label, _changes in (
    (
        "an ECE above 0.05 is miscalibration",
        "A round limit.",
        "misses",
        {
            "noise_called_miscalibration": "cal['said'] == 'miscalibrated' and cal['ece'] < 0.05",
            "uncalibrated_threshold": "report['threshold']['rule'] == 'cost formula' and cal['ece'] > 0.05 and not cal['recalibrated_on']",
        },
    ),
    (
        "a canary for both sides",
        "1.96 is the number one knows.",
        "cries wolf",
        {
            "small_canary": "canary['items'] < ((1.96 + 0.842) / canary['smallest_drop']) ** 2 * canary['accuracy'] * (1 - canary['accuracy'])"
        },
    ),
    (
        "a canary without power",
        "A drop must be significant.",
        "misses",
        {
            "small_canary": "canary['items'] < (1.645 / canary['smallest_drop']) ** 2 * canary['accuracy'] * (1 - canary['accuracy'])"
        },
    ),
    (
        "recalibration not read",
        "The ECE is above its noise.",
        "cries wolf",
        {
            "uncalibrated_threshold": "report['threshold']['rule'] == 'cost formula' and cal['ece'] > 2 * noise"
        },
    ),
):
    review_question.wrong(
        _name,
        why=_why,
        message={
            "misses": "You miss faults that must be computed from numbers in the report. Which of your conditions uses a fixed number where the table compares two?",
            "cries wolf": "You claim faults that are none. Which of your conditions asks for more than the table does, or leaves an exception out?",
        }[_label],
        code=_review_code(**_changes),
    )
review_question.wrong(
    "a sentence for each",
    why="Findings are written in sentences.",
    label="not findings",
    message="Return a *list* of names for each analysis, such as `['twins', 'unpaired']`.",
    code="def review(report):\n    return 'The split is random.'\n",
)
review_question.right("one condition after the other", code=_review_code())
review_question.right(
    "in another order",
    code=_review_code().replace("return found", "return sorted(found, reverse=True)"),
)

# ------------------------------------------------------------------------------------------------------------- decide


def _release_case(rng, n_cases):
    releases = [make_release(rng) for _ in range(n_cases)]
    return Case(
        {"cases": [release.evidence for release in releases]},
        f"{n_cases} releases",
        {"costs": [release.expected for release in releases]},
    )


decide_question = Question(
    "14.decide",
    title="Ship or wait",
    objective="Decide a release under stated costs from flattered, doubtful and small evidence.",
    points=4,
    answer="decide",
    probe="[answer(evidence) for evidence in cases]",
    judge="policy",
    # Measured on the seeds 100 to 119, 2,500 releases each: expected costs 0.10 to 0.14; point estimates with a canary when torn 0.16
    # to 0.24, by how wide "torn" is (0.7 of the error: 0.17 to 0.22; 0.5: up to 0.25). One input or option dropped in point
    # estimates: split 0.32 to 0.43, fresh rows 0.33 to 0.42, luck 0.35 to 0.46, mean of both gains 0.37 to 0.53, never a canary
    # 0.38 to 0.48, one change for all 0.39 to 0.47, region by its point estimate 0.47 to 0.59, one penalty for all 0.48 to 0.68,
    # fresh rows first 0.59 to 0.84.
    parameters={"credit": [[0.25, 1.0], [0.3, 0.5]]},
    partial=True,
    judgement=True,
    # few enough that a rule fitted to them does not pay
    visible=[_release_case(np.random.default_rng(5), 500)],
    hidden=lambda rng: [_release_case(rng, 2500)],
    hints=[
        "Three things flatter `gain`, and each has a price: late columns (subtract), a random split (subtract 8), the best of `tried` (subtract that many standard errors: question <14.rows> of exercise 05).",
        "Average what is left with `fresh_gain`, each with weight 1 / (standard error)². Then subtract `change_cost`, and `penalty` times the probability that the region is truly below −2: `stats.norm.cdf((-2 - smallest_region) / smallest_region_error)`.",
        'Ship if the result is above 0. Where it is near 0, compared with its own standard error, `"canary"` is cheaper than being wrong.',
    ],
    passed="You priced every flattery, and waited only where waiting was cheaper.",
)
_DECIDE = """
def decide(evidence):
    e = evidence
    gain, variance = e["gain"]{late}, e["error"] ** 2
    if e["split"] == "random":
        gain, variance = gain{split}, variance + 4
    k = e["tried"]
    if k > 1:
        gain -= {luck}stats.norm.ppf((k - 0.375) / (k + 0.25)) * e["error"]
    if {fresh}:
        weights = {weights}
        gain, variance = np.average([gain, e["fresh_gain"]], weights=weights), 1 / sum(weights)
    broken = {broken}
    value = gain{change}{region}
    deviation = (variance + broken * (1 - broken) * e["penalty"] ** 2) ** 0.5
    return {decision}
"""


def _decide_code(
    late=' - e["late_columns"]',
    split=" - 8",
    luck="",
    change=' - e["change_cost"]',
    region=' - e["penalty"] * broken',
    decision='"canary" if abs(value) < 0.7 * deviation else "ship" if value > 0 else "wait"',
    fresh='e["fresh_gain"] is not None',
    weights='[1 / variance, 1 / e["fresh_error"] ** 2]',
    broken='stats.norm.cdf((-2 - e["smallest_region"]) / e["smallest_region_error"])',
):
    return _DECIDE.format(
        late=late,
        split=split,
        luck=luck,
        change=change,
        region=region,
        decision=decision,
        fresh=fresh,
        weights=weights,
        broken=broken,
    )


for _name, _why, _message, _code in (
    (
        "the highest score wins",
        "It saves money, so it ships.",
        "You ship whenever the reported gain is above 0. It is the best of many, some of it comes from the split and from columns that will be empty, and shipping costs money.",
        'def decide(evidence):\n    return "ship" if evidence["gain"] > 0 else "wait"\n',
    ),
    (
        "significant, so ship",
        "Two standard errors.",
        "You ship when the reported gain is two standard errors above 0. No significance test knows of the split, the late columns, the tries or the region.",
        'def decide(evidence):\n    return "ship" if evidence["gain"] > 2 * evidence["error"] else "wait"\n',
    ),
    (
        "always ship",
        "Who waits loses.",
        "You always ship. Look at what a candidate costs whose gain was flattery.",
        'def decide(evidence):\n    return "ship"\n',
    ),
    (
        "always wait",
        "Nobody was ever fired for waiting.",
        "You always wait. What a good candidate would have saved in the meantime is a cost like any other.",
        'def decide(evidence):\n    return "wait"\n',
    ),
    (
        "always canary",
        "A canary cannot be wrong.",
        "You always run a canary. That is the yardstick here: a rule that reads the evidence must be cheaper than this.",
        'def decide(evidence):\n    return "canary"\n',
    ),
    (
        "a coin",
        "The evidence is poor anyway.",
        "Your decisions have nothing to do with the value of the release: they cost more than always doing the same.",
        'def decide(evidence):\n    return "ship" if round(100 * abs(evidence["smallest_region"])) % 20 < 10 else "wait"\n',
    ),
    (
        "any flaw, and it waits",
        "A flawed analysis proves nothing.",
        "You wait whenever there is a flaw: a random split, a late column, several tries. Each has a known size; what is left after subtracting them is often worth shipping.",
        'def decide(evidence):\n    flawed = evidence["split"] == "random" or evidence["late_columns"] > 0 or evidence["tried"] > 1\n    return "wait" if flawed or evidence["gain"] < evidence["change_cost"] else "ship"\n',
    ),
    (
        "the tries forgotten",
        "The leaks are out, so the number is clean.",
        "You take out late columns and split, and leave the luck of the best of `tried` in: with 300 tries and an error of 5 that is 14 thousand euros.",
        _decide_code(luck="0 * "),
    ),
    (
        "the late columns forgotten",
        "The split was the problem.",
        "You leave in `gain` what comes from columns that will be empty in use.",
        _decide_code(late=""),
    ),
    (
        "the random split forgotten",
        "The rows are held out, after all.",
        "You take a gain from a random split like one from a split by time. It flatters by 8 on average.",
        _decide_code(split=""),
    ),
    (
        "the region forgotten",
        "It is a small region.",
        "You leave the smallest region out. It is small in the average; the penalty is not.",
        _decide_code(region=""),
    ),
    (
        "the change forgotten",
        "The gain is above 0.",
        "You leave out what shipping costs in any case: a small gain is none.",
        _decide_code(change=""),
    ),
    (
        "the fresh rows forgotten",
        "The test rows have the larger table.",
        "You do not use `fresh_gain`. Nobody chose by those rows, and where `fresh_error` is the smaller one they know more.",
        _decide_code(fresh="False"),
    ),
    (
        "the mean of both gains",
        "Two numbers, one mean.",
        "You average `gain` and `fresh_gain` with equal weights. One of the two errors is four to fourteen times the other: weigh by 1 / error².",
        _decide_code(weights="[1, 1]"),
    ),
    (
        "fresh rows first",
        "Fresh rows are honest.",
        "You use `fresh_gain` alone where it is there. Honest is not exact: with a `fresh_error` of 14 the corrected gain knows far more.",
        _decide_code(weights="[0, 1]"),
    ),
    (
        "the region by its point estimate",
        "Below −2 or not.",
        "You take the penalty for certain, or for impossible, by the point estimate of the region. Its error is up to 4: what is the *probability* that it is truly below −2?",
        _decide_code(broken='float(e["smallest_region"] < -2)'),
    ),
    (
        "one penalty for all",
        "A contract is a contract.",
        "You use the same penalty for all releases. It is 2 in some and 25 in others.",
        _decide_code(region=" - 13.5 * broken"),
    ),
    (
        "one cost of the change for all",
        "Shipping is shipping.",
        "You use the same cost of the change for all releases. It is 1 in some and 10 in others.",
        _decide_code(change=" - 5"),
    ),
    (
        "never a canary",
        "Ship or wait was the question.",
        "You never run a canary. Where the value is close to 0 compared with its uncertainty, 0.5 and a tenth of the value are less than being wrong costs.",
        _decide_code(decision='"ship" if value > 0 else "wait"'),
    ),
):
    decide_question.wrong(_name, why=_why, message=_message, code=_code)
decide_question.right("corrected point estimates, and a canary when torn", code=_decide_code())
decide_question.right(
    "towards what is usual, and a canary when torn",
    code=_decide_code().replace(
        "    broken =",
        "    gain, variance = (gain / variance + 4 / 64) / (1 / variance + 1 / 64), 1 / (1 / variance + 1 / 64)\n    broken =",
    ),
)

# ----------------------------------------------------------------------------------------------------------- standard


def _complete(rng):
    needed = int(rng.integers(200, 800))
    perfect = round(float(rng.uniform(0.005, 0.03)), 4)
    first = int(rng.integers(100, 500))
    bar = round(float(rng.uniform(0.6, 0.8)), 2)
    return {
        "last_train_day": first - int(rng.integers(1, 9)),
        "first_test_day": first,
        "twin_share": float(rng.choice([0.0, 0.004, 0.01])),
        "times_test_asked": 1,
        "smallest_segment_low": round(bar + float(rng.uniform(0, 0.1)), 3),
        "bar": bar,
        "ece": round(perfect * float(rng.uniform(0.5, 1.9)), 5),
        "ece_of_perfect": perfect,
        "rows_without_source": 0,
        "canary_items": needed + int(rng.integers(0, 300)),
        "canary_needed": needed,
        "roll_back_to": str(rng.choice(["v3", "january", "7f3a"])),
    }


# name of the report, what is changed in a complete one
_BREAK = {
    "trained on the first test day": lambda report: {"last_train_day": report["first_test_day"]},
    "trained until the day before": lambda report: {"last_train_day": report["first_test_day"] - 1},
    "3% twins": lambda report: {"twin_share": 0.03},
    "1.1% twins": lambda report: {"twin_share": 0.011},
    "1% twins": lambda report: {"twin_share": 0.01},
    "asked 60 times": lambda report: {"times_test_asked": 60},
    "asked twice": lambda report: {"times_test_asked": 2},
    "never asked": lambda report: {"times_test_asked": 0},
    "worst segment below the bar": lambda report: {"smallest_segment_low": round(report["bar"] - 0.01, 3)},
    "worst segment at the bar": lambda report: {"smallest_segment_low": report["bar"]},
    "ECE three times that of a perfect model": lambda report: {"ece": 3 * report["ece_of_perfect"]},
    "ECE twice that of a perfect model": lambda report: {"ece": 2 * report["ece_of_perfect"]},
    "12 rows without a source": lambda report: {"rows_without_source": 12},
    "one row without a source": lambda report: {"rows_without_source": 1},
    "one canary item too few": lambda report: {"canary_items": report["canary_needed"] - 1},
    "as many canary items as needed": lambda report: {"canary_items": report["canary_needed"]},
    "an empty name to roll back to": lambda report: {"roll_back_to": ""},
}


def _standard_case(rng, title=""):
    reports = {"complete": _complete(rng), "empty": {}}
    for name, change in _BREAK.items():
        report = _complete(rng)
        reports[name] = {**report, **change(report)}
    for key in reports["complete"]:
        missing, none = _complete(rng), _complete(rng)
        del missing[key]
        none[key] = None
        reports[f"without {key}"], reports[f"{key} is None"] = missing, none
    names = rng.permutation(list(reports)).tolist()
    return Case({"reports": {name: reports[name] for name in names}}, title)


standard_question = Question(
    "14.standard",
    title="A standard that a machine can check",
    objective="Turn a release standard into a check in which what was not measured was not met.",
    points=2,
    answer="team_standard",
    probe="{name: answer(report) for name, report in reports.items()}",
    visible=[_standard_case(np.random.default_rng(6), "43 releases")],
    hidden=lambda rng: [_standard_case(rng)],
    hints=[
        "Write one line for each rule, and ask first whether its numbers are there.",
        "`report.get(key)` gives `None` for a missing key and for a key that holds `None`: one test for both.",
        "Mind the borders: at most, at least, before; and a test set that was never asked was not asked *once*.",
    ],
    properties=[
        Property("got['complete'] == [] or got['complete'] == ()", "The complete report violates no rule."),
        Property("len(got['empty']) == 8", "The empty report violates every rule."),
    ],
    passed="Whatever was not measured was not met: nobody can pass by leaving things out.",
)
_STANDARD = """
def team_standard(report):
    r = report.get
    checks = {{
        "split by time": (("last_train_day", "first_test_day"), lambda a, b: {split}),
        "no twins": (("twin_share",), lambda a: {twins}),
        "asked once": (("times_test_asked",), lambda a: {asked}),
        "segments": (("smallest_segment_low", "bar"), lambda a, b: {segments}),
        "calibration": (("ece", "ece_of_perfect"), lambda a, b: {calibration}),
        "provenance": (("rows_without_source",), lambda a: a == 0),
        "canary": (("canary_items", "canary_needed"), lambda a, b: {canary}),
        "way back": (("roll_back_to",), lambda a: {back}),
    }}
    violated = []
    for name, (keys, met) in checks.items():
        values = [r(key) for key in keys]
        if None in values:
            {missing}
        elif not met(*values):
            violated.append(name)
    return {result}
"""


def _standard_code(
    split="a < b",
    twins="a <= 0.01",
    asked="a == 1",
    calibration="a <= 2 * b",
    back="bool(a)",
    segments="a >= b",
    canary="a >= b",
    missing="violated.append(name)",
    result="violated",
):
    return _STANDARD.format(
        split=split,
        twins=twins,
        asked=asked,
        calibration=calibration,
        back=back,
        segments=segments,
        canary=canary,
        missing=missing,
        result=result,
    )


standard_question.wrong(
    "missing is fine",
    why="What is not there cannot be wrong.",
    message="You pass rules whose number is missing. Then the easiest way to meet the standard is to measure nothing.",
    code=_standard_code(missing="continue"),
)
standard_question.wrong(
    "missing counts as 0",
    why="`get(key, 0)` avoids an error.",
    message="You read a missing number as 0. No twins, no calibration error, no rows without a source: all met, and nothing measured.",
    code=_standard_code().replace("r(key) for key", "0 if r(key) is None else r(key) for key"),
)
standard_question.wrong(
    "the same day is before",
    why="<= or <?",
    message="You let training end on the first test day. Before means before.",
    code=_standard_code(split="a <= b"),
)
standard_question.wrong(
    "never asked is fine",
    why="At most once is once.",
    message="You pass a test set that was never asked. Then nothing was tested.",
    code=_standard_code(asked="a <= 1"),
)
standard_question.wrong(
    "calibration must be perfect",
    why="ECE above its noise is miscalibration.",
    message="You ask for an ECE no larger than a perfect model's *average*. Chance alone puts a perfect model above that half of the time; the rule allows twice as much.",
    code=_standard_code(calibration="a <= b"),
)
standard_question.wrong(
    "a text that is there",
    why="There is an entry.",
    message="You pass a release with an empty name to roll back to. Nothing can be rolled back to nothing.",
    code=_standard_code(back="True"),
)
standard_question.wrong(
    "another order",
    why="A list is a list.",
    message="Your rules are in another order than the table's. A page that people compare keeps its order.",
    code=_standard_code(result="sorted(violated, reverse=True)"),
)
for _name, _message, _changes in (
    (
        "above the bar",
        "You refuse a worst segment whose lower end is exactly at the bar. At least means that it may be equal.",
        {"segments": "a > b"},
    ),
    (
        "below twice",
        "You refuse an ECE of exactly twice that of a perfect model. At most means that it may be equal.",
        {"calibration": "a < 2 * b"},
    ),
    (
        "more canary items than needed",
        "You refuse a canary with exactly the items that it needs. At least means that it may be equal.",
        {"canary": "a > b"},
    ),
    (
        "below one per cent",
        "You refuse a share of twins of exactly 0.01. At most means that it may be equal.",
        {"twins": "a < 0.01"},
    ),
):
    standard_question.wrong(_name, why="< or <=?", message=_message, code=_standard_code(**_changes))
standard_question.right("a table of checks", code=_standard_code())
standard_question.right("a tuple", code=_standard_code(result="tuple(violated)"))
standard_question.right(
    "with exceptions",
    code="""
def team_standard(report):
    rules = {
        "split by time": lambda: report["last_train_day"] < report["first_test_day"],
        "no twins": lambda: not report["twin_share"] > 0.01,
        "asked once": lambda: report["times_test_asked"] == 1,
        "segments": lambda: report["smallest_segment_low"] >= report["bar"],
        "calibration": lambda: report["ece"] <= 2 * report["ece_of_perfect"],
        "provenance": lambda: report["rows_without_source"] == 0,
        "canary": lambda: report["canary_items"] >= report["canary_needed"],
        "way back": lambda: len(report["roll_back_to"]) > 0,
    }
    violated = []
    for name, rule in rules.items():
        try:
            met = rule()
        except (KeyError, TypeError):
            met = False
        if not met:
            violated.append(name)
    return violated
""",
)

# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "14.say_it",
    objective="Say a decision with its costs, its uncertainty and who would be harmed.",
    right="d",
    wrong={
        "a": Misreading(
            "significant, and the region is small",
            why="Two per cent of the parcels hardly count.",
            message="They hardly count in the average. The penalty is due all the same: with probability 0.84 it eats 6 of the 4 that are left.",
        ),
        "b": Misreading(
            "worse somewhere, so no good",
            why="Do no harm.",
            message="Outside the islands it saves. Waiting throws that away, though there is a cheap way to find out and a way round.",
        ),
        "c": Misreading(
            "ship now, look later",
            why="More data will tell.",
            message="More data will tell, and until autumn the contract is broken. Find out *before*, for 0.8.",
        ),
    },
    hints=[
        "What is the probability that the islands are truly below −2? What does the penalty do to the expected value?",
        "Probability 0.84, so the penalty costs about 5 on average, and the gain less the change is 4. Which sentence weighs both?",
    ],
    passed="Saving, harm, what it costs to find out: that is a decision that somebody can act on.",
)
