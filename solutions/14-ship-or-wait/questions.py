"""Questions of exercise 14: what is asked, how it is judged, and what learners really answer."""

import numpy as np

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.topics.release.cases import make_flight_export, make_hold_back, make_release
from holdout.topics.release.scripts import make_scripts

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
    message="You drop test rows whose label is missing, and call the rest complete. Late parcels are recorded later, so more of them are missing: the rest is not the month.",
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

# ------------------------------------------------------------------------------------------------------------- saving


saving_question = Question(
    "14.saving",
    title="What an honest saving needs",
    objective="Measure a saving where the model in use changes the outcomes, with parcels that were held back.",
    points=2,
    answer="honest_saving",
    probe="[float(part) for part in answer(old_van, new_van, held_back, recorded, share)]",
    visible=[
        Case(make_hold_back(np.random.default_rng(7)), "240 parcels"),
        Case(make_hold_back(np.random.default_rng(8)), "240 other parcels"),
    ],
    hidden=lambda rng: [Case(make_hold_back(rng)) for _ in range(4)],
    hints=[
        "Make one number per parcel first. Most of them are 0: where both models want the same, the saving is 0 whatever happens.",
        "Only the candidate wants the van: without it the parcel cost 10 × recorded, with it 3. Only production wants it: the outcome without the van is known for held-back parcels, and each of them stands for 1 / `share`.",
        "`np.select([old & ~new, new & ~old], [np.where(held_back, (3 - 10 * recorded) / share, 0), 10 * recorded - 3], 0)`; then mean and standard error over *all* parcels.",
    ],
    properties=[
        Property("len(got) == 2", "Return two numbers: the mean and its standard error."),
        Property("got[1] > 0", "A standard error is above 0."),
    ],
    passed="Only outcomes that the van did not make were used, and every parcel had its share in the error.",
)
_SAVING = """
def honest_saving(old_van, new_van, held_back, recorded, share):
    old, new, held = (np.array(one, dtype=bool) for one in (old_van, new_van, held_back))
    refund = 10.0 * np.array(recorded)
    said = np.zeros(len(old))
    only_old, only_new = old & ~new, new & ~old
    said[only_old] = {only_old}
    said[only_new] = {only_new}
    {after}
    return said.mean(), {error}
"""


def _saving_code(
    only_old="(held * (3 - refund) / share)[only_old]",
    only_new="(refund - 3)[only_new]",
    after="pass",
    error="said.std(ddof=1) / len(said) ** 0.5",
):
    return _SAVING.format(only_old=only_old, only_new=only_new, after=after, error=error)


for _name, _why, _message, _changes in (
    (
        "recorded labels for all",
        "Late is late, and it stands in the file.",
        "You get {got}: every parcel that only production wanted on the van, and that took it, counts as 3 € saved, because it was recorded as not late. The van made that label. Without the van nobody knows, except for parcels held back.",
        {"only_old": "(3 - refund)[only_old]"},
    ),
    (
        "the hold-back not weighted",
        "One parcel, one vote.",
        "You get {got}. A parcel held back counts once in your sum, and the others of its kind, whose outcome is unknown, count as 0. It has to speak for them too: 1 / `share` of them.",
        {"only_old": "(held * (3 - refund))[only_old]"},
    ),
    (
        "both kinds weighted",
        "Every known outcome is a part of the whole.",
        "You get {got}. Where only the candidate wants the van, *every* outcome is known: no parcel went on the van there, so none has to speak for others.",
        {"only_new": "((refund - 3) / share)[only_new]"},
    ),
    (
        "held-back parcels only",
        "Only what was drawn at random is clean.",
        "You get {got}. Held-back parcels alone are right on average, and you throw away all other outcomes where only the candidate wants the van: those are known, too.",
        {"only_new": "(held * (refund - 3) / share)[only_new]"},
    ),
    (
        "the held-back left out",
        "Where production sent the van, nothing is known.",
        "You get {got}: what the candidate gains, without what it loses. Parcels that only production wants on the van are known if they were held back.",
        {"only_old": "0"},
    ),
    (
        "held-back parcels that only the new one wants",
        "A held-back parcel never takes the van, whatever the models say.",
        "You get {got}: where only the candidate wants the van you count the parcels that were not held back. Its outcome without the van is known either way, and it is in use that the candidate sends it.",
        {"only_new": "(~held * (refund - 3))[only_new]"},
    ),
    (
        "where the new one wants the van left out",
        "The hold-back answers it.",
        "You get {got}: only the parcels that production alone wants on the van. Where only the candidate wants it, there is a saving (or a loss), and it is known.",
        {"only_new": "0"},
    ),
    (
        "the sign turned round",
        "New minus old is the change.",
        "You get {got}: what the candidate costs *more*. A saving is what production costs less what the candidate costs.",
        {"after": "said = -said"},
    ),
    (
        "only disagreements",
        "The others say nothing.",
        "You get {got}: the mean over parcels on which the models disagree. The others save 0, and they are parcels of the month as well.",
        {"after": "said = said[old != new]"},
    ),
    (
        "the deviation, not its error",
        "Plus or minus one standard deviation.",
        "You get {got}. The second number is how much one *parcel* varies. Asked is how well the mean is known: divide by the root of the number of parcels.",
        {"error": "said.std(ddof=1)"},
    ),
    (
        "agreements of the hold-back counted",
        "They were held back, so their outcome is known.",
        "You get {got}. You also count held-back parcels that *both* models want on the van, as if the candidate had saved something there. Both would do the same.",
        {"after": "said = said + np.where(held & old & new, (3 - refund) / share, 0)"},
    ),
):
    saving_question.wrong(_name, why=_why, message=_message, code=_saving_code(**_changes))


@saving_question.wrong(
    "the mean over held-back parcels",
    why="They are a small experiment.",
    message="You use held-back parcels alone. That is right on average, and throws away every outcome that the van did not make: where production did not want it, the outcome is known for all parcels.",
)
def honest_saving(old_van, new_van, held_back, recorded, share):
    old_van, new_van, held_back = (np.asarray(x, dtype=bool) for x in (old_van, new_van, held_back))
    late = np.asarray(recorded, dtype=float)
    saving = (np.where(old_van, 3, 10 * late) - np.where(new_van, 3, 10 * late))[held_back]
    return float(saving.mean()), float(saving.std(ddof=1) / np.sqrt(held_back.sum()))


saving_question.right("with masks", code=_saving_code())
saving_question.right(
    "parcel by parcel",
    code="""
def honest_saving(old_van, new_van, held_back, recorded, share):
    said = []
    for old, new, held, late in zip(old_van, new_van, held_back, recorded):
        if bool(old) == bool(new):
            said.append(0.0)
        elif new:
            said.append(10.0 * late - 3)
        else:
            said.append((3 - 10.0 * late) / share if held else 0.0)
    mean = sum(said) / len(said)
    variance = sum((one - mean) ** 2 for one in said) / (len(said) - 1)
    return mean, (variance / len(said)) ** 0.5
""",
)
saving_question.right(
    "with pandas",
    code="""
def honest_saving(old_van, new_van, held_back, recorded, share):
    table = pd.DataFrame({"old": old_van, "new": new_van, "held": held_back, "late": recorded})
    weight = np.where(table["old"], table["held"] / share, -1.0)
    said = pd.Series(np.where(table["old"] != table["new"], weight * (3 - 10 * table["late"]), 0.0))
    return said.mean(), said.sem()
""",
)

# ------------------------------------------------------------------------------------------------------------- harmed


_REGIONS = ("islands", "city", "rural", "coast", "harbour", "suburb", "valley", "border")


def _harm_case(rng, kinds, minimum=30, title=""):
    """Regions as (rows, mean difference in standard errors, size of the scatter, True where a few parcels are dear), in a drawn order.

    Harmed regions appear neither in the order of their names nor by damage.
    """
    while True:
        names = rng.permutation(_REGIONS)[: len(kinds)].tolist()
        regions, old, new, damage = [], [], [], {}
        for name, (rows, errors, scatter, *skewed) in zip(names, kinds, strict=True):
            base = rng.normal(20, 8, rows)
            noise = rng.exponential(1, rows) if skewed else rng.normal(0, 1, rows)
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
        (80, 2.6, 1.0, True),  # the median is 2.8 standard errors below the mean
    ]
    limits = [
        (30, 3.0, 2.0),  # exactly the minimum
        (29, 6.0, 2.0),  # one below it
        (45, 1.8, 2.0),  # above 0 by a one-sided limit only
        (30, 1.945, 2.0),  # with n in the standard deviation, 1.978 standard errors
        (31, 2.0, 2.0),  # below the t quantile, 2.04
        (70, 4.0, 3.0),
    ]
    none = [
        (50, 1.0, 2.0),
        (40, -3.0, 2.0),
        (20, 4.0, 2.0),
        (40, 0.0, 0.0),
    ]  # the last: every parcel costs the same
    single = [(1, 0.0, 1.0), (2, 60.0, 0.1), (25, 3.0, 2.0)]
    return [
        _harm_case(rng, [plain[i] for i in rng.permutation(6)], title="six regions"),
        _harm_case(rng, [limits[i] for i in rng.permutation(6)], title="six regions close to a limit"),
        _harm_case(rng, [none[i] for i in rng.permutation(4)], title="no region is clearly dearer"),
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
        "the median",
        "A median is not moved by a few parcels.",
        "You name {got}, and miss a region in which a few parcels became much dearer. The contract pays for the mean, and they are in it.",
        {"condition": "difference.median() - 1.96 * error > 0"},
    ),
    (
        "no dearer is enough",
        "At least 0 sounds the same.",
        "You name {got}, with a region among them in which every parcel costs the same. Its lower end is 0, and not above it.",
        {"condition": "difference.mean() - 1.96 * error >= 0"},
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


@canary_question.wrong(
    "variance after the fall",
    why="Textbooks take a variance for each hypothesis.",
    message="Your power uses the variance of the *fallen* accuracy. The text takes that of the known one, for both.",
)
def canary_size(accuracy, drop):
    fallen = accuracy - drop
    root = stats.norm.ppf(0.95) * np.sqrt(accuracy * (1 - accuracy))
    root += stats.norm.ppf(0.8) * np.sqrt(fallen * (1 - fallen))
    return int(np.ceil((root / drop) ** 2))


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


_LEAST = 0.9


def _review_case(rng, n_scripts):
    """Scripts in which each form and each look-alike comes so often that one slip costs its fault."""
    scripts = make_scripts(rng, n_scripts, _LEAST)
    return Case(
        {"scripts": [list(script.lines) for script in scripts]},
        f"{n_scripts} scripts",
        {"planted": [[list(finding) for finding in script.planted] for script in scripts]},
    )


review_question = Question(
    "14.review",
    title="A colleague's code",
    objective="Review analysis scripts: find where test rows, time or the answer leak in, by what each table holds at that line.",
    points=4,
    answer="review",
    probe="[answer(lines) for lines in scripts]",
    judge="holdout.topics.release.judges:review",
    # With seven forms of a fault, one is a seventh of it: the limit must be above 6/7. Measured on the seeds 100 to 102, the smaller of
    # precision and recall of the fault that is found worst: the right answers 1.00; one form missed 0.67 to 0.86; one look-alike
    # reported 0.37 to 0.80; one keyword per fault 0.07; everything claimed 0.03.
    parameters={"least": _LEAST},
    partial=True,
    judgement=True,
    visible=[_review_case(np.random.default_rng(4), 40)],
    hidden=lambda rng: [_review_case(rng, 90)],
    hints=[
        "Go through the lines from top to bottom and keep what you know so far: which table was read first, which names hold test rows (they start at the split, and `written` gets them from `read`), which columns are known only afterwards. Begin with one fault; each is worth a sixth.",
        "A split line matches `(\\w+), (\\w+) = ` and reads the first table. By date or at random? Look at that line *and* at the lines that made the other names that it reads. For fits look only at what stands in the brackets: `re.findall(r'\\.fit(?:_transform)?\\((.*?)\\)', line)`.",
        "Keep the fits in a list, and at the end report those above the last `print` that reads test rows. A choice is `max(`, `min(`, `argmin(` or `if ... >` on a line that reads test rows; in a `print`, it is a fault if those scores differ by the loop variable in `random_state=`.",
    ],
    passed="You followed the rows from line to line, and left alone what only looked like a fault.",
)
_REVIEW = r"""
def review(lines):
    kinds, found, copies, fits, defined = {}, [], [], [], {}
    table, date, group, seed, report = "", "", "", "none", 0
    used, at, gone, tested, seeded, split = set(), 0, set(), set(), set(), 0
    for number, line in enumerate(lines, 1):
        column = re.match(r"#   (\w+) +(\w+)$", line)
        if column:
            kinds[column[1]] = column[2]
        if line.startswith("#"):
            continue
        written, read = names(line)
        quoted = re.findall(r'"(\w+)"', line)
        after = {name for name in kinds if kinds[name] == "after"}
        if "read_csv" in line and not table:
            table = line.split()[0]
            date, group = [next((name for name in kinds if kinds[name] == kind), "") for kind in ("date", "group")]
        if re.match(table + r'\["\w+"\] = ', line) and set(quoted[1:]) & after and quoted[0] not in kinds:
            kinds[quoted[0]] = "after"
        if "drop(columns=" in line:
            gone.update(quoted)
        if line.startswith("features = "):
            at, used = number, after - gone - set(quoted) if ".columns" in line else after & set(quoted)
        if line.startswith("features.remove"):
            used -= set(quoted)
        parts = re.match(r"(\w+), (\w+) = ", line)
        if not split and parts and table in read:
            split = number
            tested.add(parts[2])
            code = line + "".join(defined.get(name, "") for name in read - {table})
            by_date = date and (f'"{date}"' in code or "shuffle=False" in code)
            by_group = group and f'"{group}"' in code and "stratify" not in code
            if date and not by_date:
                found.append((number, number, "random split of time"))
            if group and not by_group:
                found.append((number, number, "same rows on both sides"))
            if not by_date and not by_group:
                found.extend((copy, copy, "same rows on both sides") for copy in copies)
        elif read & tested:
            tested |= written
        if table in written and re.search(r"replace=True|[.]repeat[(]|concat[(].(\w+), \1\W", line):
            copies.append(number)
        for rows in re.findall(r"\.fit(?:_transform)?\((.*?)\)", line):
            if set(re.findall(r"\w+", rows)) & (tested | {table}):
                fits.append(number)
        choice = re.search(r"\b(max|min|argmax|argmin|sorted)\(|if .* > ", line)
        printed = "print(" in line
        if choice and read & tested and not printed:
            found.append((number, number, "chosen on test rows"))
        if choice and read & tested and printed and read & seeded:
            found.append((number, number, "best seed reported"))
        loop = re.search(r"for (\w+) in range\(", line)
        seed = loop[1] if loop else seed
        if (f"random_state={seed})" in line or read & seeded) and not choice:
            seeded |= written
        if printed and read & tested:
            report = number
        defined.update((name, line) for name in written)
    found += [(fit, fit, "fitted on test rows") for fit in fits if fit < report]
    if used:
        found.append((at, at, "answer among the features"))
    return found
"""


def _review_code(*changes):
    code = _REVIEW
    for old, new in changes:
        if old not in code:
            raise ValueError(f"the review has no {old!r}")
        code = code.replace(old, new)
    return code


# fault: what to ask whoever misses it, and whoever claims it wrongly
_REVIEW_MESSAGES = {
    "answer among the features": (
        "You miss features that are known only afterwards. Is such a column always in a list of names? It may be computed into a new column, or be left in by `.columns.drop`.",
        "You report features that are none of the model's. Was the column dropped from the table before, removed from the list, or only printed?",
    ),
    "fitted on test rows": (
        "You miss fits on test rows. `fit` and `fit_transform`, a step and the model, the whole table and both parts put together: which of these does your rule see?",
        "You report fits that touch no test row before the report. Which table stands in the brackets of `fit`, is the line a comment, and is the score printed before that line or after it?",
    ),
    "random split of time": (
        "You miss random splits of tables with a date. The split may use names that were made above it: how was the mask or the order made? Sorting before a shuffled split changes nothing.",
        "You report splits that are no fault. Has the table a date at all, is it the first table that is split, and what does the split line, with the lines that made its names, go by?",
    ),
    "same rows on both sides": (
        "You miss rows that are on both sides. There are two ways: rows of one group split at random (`stratify` keeps no group together), and rows copied before a random split, in three spellings.",
        "You report rows on both sides where there are none. Are the rows copied in the training part, after the split? Does the split keep groups together?",
    ),
    "chosen on test rows": (
        "You miss choices by a score on the test rows. Not every choice is a `max(...)`: look for `argmin` and for `if score > best` too.",
        "You report choices that were made on other rows. Which names hold test rows: does the score read one of them?",
    ),
    "best seed reported": (
        "You miss best scores of several seeds. The largest can be had by `max`, by `np.max` and by sorting, and the seeds run in a loop or in a list.",
        "You report seeds where no best score is printed: a mean or a median of all seeds is fair, and so is a seed chosen on validation rows.",
    ),
}
for _fault, _name, _why, _claims, _changes in (
    (
        "answer among the features",
        "only names in a list",
        "The features are what the list says.",
        False,
        [
            ('after - gone - set(quoted) if ".columns" in line', 'set() if ".columns" in line'),
            (' = "after"\n        if "drop', ' = "new"\n        if "drop'),
        ],
    ),
    (
        "answer among the features",
        "what was removed, too",
        "The name stands there.",
        True,
        [("used -= set(quoted)", "pass"), ("after - gone - set(quoted)", "after - set(quoted)")],
    ),
    (
        "fitted on test rows",
        "only fit_transform",
        "That is how everybody writes it.",
        False,
        [(r"\.fit(?:_transform)?\(", r"\.fit_transform\(")],
    ),
    (
        "fitted on test rows",
        "the order of lines ignored",
        "A fit on all rows is a fit on all rows.",
        True,
        [(" if fit < report", "")],
    ),
    (
        "random split of time",
        "only train_test_split",
        "Everybody uses it.",
        False,
        [("if date and not by_date", 'if date and not by_date and "train_test_split" in line')],
    ),
    (
        "random split of time",
        "every random split",
        "Random is wrong, says lesson 4.",
        True,
        [("if date and not by_date", "if not by_date")],
    ),
    (
        "same rows on both sides",
        "only groups",
        "Lesson 4 was about groups.",
        False,
        [("copies.append(number)", "pass")],
    ),
    (
        "same rows on both sides",
        "every copy",
        "Copies are dangerous.",
        True,
        [
            ("if table in written and re", "if re"),
            ("copies.append(number)", 'found.append((number, number, "same rows on both sides"))'),
        ],
    ),
    (
        "chosen on test rows",
        "only max",
        "The best is the largest.",
        False,
        [("read & tested and not printed", 'read & tested and not printed and " max(" in line')],
    ),
    (
        "chosen on test rows",
        "which table ignored",
        "Choosing by a score is choosing by a score.",
        True,
        [("choice and read & tested and not printed", "choice and not printed")],
    ),
    (
        "best seed reported",
        "only print(max)",
        "The best is `max`.",
        False,
        [("printed and read & seeded", 'printed and read & seeded and ", max(" in line')],
    ),
    (
        "best seed reported",
        "every loop over seeds",
        "Several seeds are several tries.",
        True,
        [("choice and read & tested and printed", "read & tested and printed")],
    ),
):
    review_question.wrong(
        f"{_name} ({_fault})",
        why=_why,
        label=f"{'claims' if _claims else 'misses'}: {_fault}",
        message=_REVIEW_MESSAGES[_fault][_claims],
        code=_review_code(*_changes),
    )
# one form missed, or one look-alike reported; all else is right
for _fault, _name, _why, _message, _changes in (
    (
        "answer among the features",
        "all but computed ones",
        "A new column has a new name.",
        "You miss the features that are computed from a column known only afterwards. A new column is as late as what it is made of; a name that stands nowhere at the top needs a look at the line that made it.",
        [(' = "after"\n        if "drop', ' = "new"\n        if "drop')],
    ),
    (
        "fitted on test rows",
        "all but both parts",
        "The training rows stand first.",
        "You miss steps that are fitted on both parts put together. The training rows stand first in the brackets, and the test rows right behind them.",
        [
            (
                'if set(re.findall(r"\\w+", rows)) &',
                'if "concat" not in rows and set(re.findall(r"\\w+", rows)) &',
            )
        ],
    ),
    (
        "fitted on test rows",
        "the other table, too",
        "It is another year of the same rows.",
        "You report fits on the second table. It comes from another file and is never split: it holds no test rows.",
        [("(tested | {table})", '(tested | {table, "last_year"})')],
    ),
    (
        "fitted on test rows",
        "saved rows taken for a report",
        "The test rows are read there.",
        "You report fits after which the test rows are only saved. The model may be fitted on everything once its score is printed: which is the last line that *prints* one?",
        [("if printed and read & tested:", "if read & tested:")],
    ),
    (
        "random split of time",
        "sorted, so not at random",
        "The table is in the order of time.",
        "You leave out random splits of a table that was sorted by date. `train_test_split` shuffles what it is given, unless it is told not to.",
        [
            (
                'or "shuffle=False" in code',
                'or "shuffle=False" in code or ("sort_values" in defined.get(table, "") and "train_test_split" in line)',
            )
        ],
    ),
    (
        "random split of time",
        "unshuffled splits, too",
        "It is `train_test_split`.",
        "You report splits by `shuffle=False`. They cut a sorted table in two: the first rows are the older ones.",
        [(' or "shuffle=False" in code', "")],
    ),
    (
        "same rows on both sides",
        "stratify keeps groups",
        "It is given the groups.",
        "You take `stratify` for a split by group. It puts a share of every group into both parts, which is the opposite.",
        [(' and "stratify" not in code', "")],
    ),
    (
        "same rows on both sides",
        "all copies but repeat",
        "Copies are made by `concat` and `sample`.",
        "You miss the rows that are copied by `repeat`. Whatever makes a table longer out of its own rows before a random split puts some on both sides.",
        [("|[.]repeat[(]", "")],
    ),
    (
        "same rows on both sides",
        "rows drawn without replacement",
        "`sample` draws rows again.",
        "You report samples without `replace=True`. Half of the rows, each at most once, are no copies.",
        [("replace=True|", "[.]sample[(]|")],
    ),
    (
        "chosen on test rows",
        "all but the threshold",
        "A threshold is no model.",
        "You miss thresholds. Which cost is smallest is decided by `argmin` over a grid: is that on test rows, too?",
        [("|argmax|argmin|", "|argmax|")],
    ),
    (
        "best seed reported",
        "all but sorted lists",
        "The best is `max`.",
        "You miss the best seeds that are had by sorting. The last of a sorted list is its largest.",
        [("printed and read & seeded", 'printed and read & seeded and "sorted(" not in line')],
    ),
    (
        "best seed reported",
        "the median, too",
        "One of the five is shown.",
        "You report medians of several seeds. The median favours no seed: it says what a usual one scores.",
        [
            (
                "choice and read & tested and printed",
                '(choice or "median" in line) and read & tested and printed',
            )
        ],
    ),
):
    review_question.wrong(f"{_name} ({_fault})", why=_why, message=_message, code=_review_code(*_changes))
review_question.wrong(
    "one keyword per fault",
    why="Each fault has a word that gives it away.",
    message="You look for one word per fault. Each of these words also stands in lines that are right: what decides is which rows a name holds at that line.",
    code="""
def review(lines):
    words = {
        "fit_transform": "fitted on test rows",
        "train_test_split(": "random split of time",
        "max(": "chosen on test rows",
        "features = [": "answer among the features",
        "pd.concat": "same rows on both sides",
        "random_state=s": "best seed reported",
    }
    return [(i, i, words[word]) for i, line in enumerate(lines, 1) for word in words if word in line]
""",
)
review_question.wrong(
    "points at everything",
    why="Nothing is missed that way.",
    label="points at everything",
    message="You point at everything: nothing is missed, and nothing is learned. A reviewer who always objects is not read.",
    code="""
def review(lines):
    return [(i, i + 4, fault) for i in range(1, len(lines) + 1, 5) for fault in CODE_FAULTS]
""",
)
review_question.wrong(
    "ranges of the whole file",
    why="The fault is in there.",
    label="wide ranges",
    message="Most of your findings span more lines than a finding may. A colleague wants to know where.",
    code=_review_code(("return found", "return [(1, len(lines), fault) for _, _, fault in found]")),
)
review_question.wrong(
    "one kind of fault only",
    why="The split is what matters most.",
    message="You report random splits of time and nothing else; those you have. There are five more kinds of faults.",
    code=_review_code(("return found", 'return [one for one in found if one[2] == "random split of time"]')),
)
review_question.wrong(
    "finds nothing",
    why="The colleague is experienced.",
    label="finds nothing",
    message="You found none of the planted faults.",
    code="def review(lines):\n    return []\n",
)
review_question.wrong(
    "own words",
    why="Leakage is leakage.",
    label="unknown fault",
    message="Use the names of the table of the question, so that findings can be compared.",
    code="def review(lines):\n    return [(i, i, 'leak') for i, line in enumerate(lines, 1) if 'fit(' in line]\n",
)
review_question.wrong(
    "a sentence for each",
    why="Findings are written in sentences.",
    label="not findings",
    message="Return a *list* of findings for each script, such as `[(12, 13, 'random split of time')]`; an empty list if there is none.",
    code="def review(lines):\n    return 'The split is random.'\n",
)
review_question.right("one rule after the other", code=_review_code())
review_question.right(
    "two lines before and after",
    code=_review_code(
        ("return found", "return [(max(first - 2, 1), last + 2, fault) for first, last, fault in found]")
    ),
)
review_question.right(
    "a walk over the syntax tree",
    code=r"""
def review(lines):
    import ast
    text = "\n".join(lines)
    kinds = dict(re.findall(r"^#   (\w+) +(\w+)$", text, re.M))
    kind = {what: name for name, what in kinds.items()}
    late = {name for name, what in kinds.items() if what == "after"}
    def inside(node):
        return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    def strings(node):
        return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    def statements(body):
        for one in body:
            yield one
            yield from statements(getattr(one, "body", []))
    main, test, origin, fits, copies, out, gone = None, set(), {}, [], [], [], set()
    features, where, seeds, said, loop = set(), 0, set(), 0, None
    for one in statements(ast.parse(text).body):
        if isinstance(one, (ast.Import, ast.ImportFrom)):
            continue
        line, code = one.lineno, ast.unparse(one)
        head = one.test if isinstance(one, ast.If) else one.iter if isinstance(one, ast.For) else one
        target = one.targets[0] if isinstance(one, ast.Assign) else None
        left = inside(target) if target is not None else set()
        right = inside(one.value) if target is not None else inside(head)
        value = ast.unparse(one.value) if target is not None else ""
        calls = {getattr(c.func, "attr", getattr(c.func, "id", "")) for c in ast.walk(head) if isinstance(c, ast.Call)}
        if "read_csv" in calls and main is None:
            main = target.id
        for call in ast.walk(head):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("fit", "fit_transform"):
                if set().union(*map(inside, call.args)) & (test | {main}):
                    fits.append(line)
        if isinstance(target, ast.Subscript) and target.value.id == main and isinstance(target.slice, ast.Constant):
            if strings(one.value) & late and target.slice.value not in kinds:
                late.add(target.slice.value)
        if left == {main} and "drop" in calls:
            gone |= strings(one.value)
        if left == {"features"}:
            where = line
            features = late - gone - strings(one.value) if "columns" in value else late & strings(one.value)
        if "remove" in calls:
            features -= strings(one)
        if isinstance(target, ast.Tuple) and main in right and not test:
            test = {target.elts[1].id}
            made = value + " ".join(origin.get(name, "") for name in right - {main})
            dated = "shuffle=False" in made or repr(kind.get("date")) in made
            grouped = "stratify" not in made and repr(kind.get("group")) in made
            if "date" in kind and not dated:
                out.append((line, line, "random split of time"))
            if "group" in kind and not grouped:
                out.append((line, line, "same rows on both sides"))
            out += [] if dated or grouped else copies
        elif right & test:
            test |= left
        if left == {main} and ("replace=True" in code or "repeat" in calls or ("concat" in calls and code.count(main) > 2)):
            copies.append((line, line, "same rows on both sides"))
        printed = "print" in calls
        picks = bool(calls & {"max", "argmin", "sorted"}) and ".max()" not in code or isinstance(one, ast.If)
        if picks and right & test:
            if not printed:
                out.append((line, line, "chosen on test rows"))
            elif right & seeds:
                out.append((line, line, "best seed reported"))
        for part in ast.walk(one):
            if isinstance(part, (ast.comprehension, ast.For)) and "range(" in ast.unparse(part.iter):
                loop = part.target.id
        if not picks and (f"random_state={loop})" in code or right & seeds):
            seeds |= left
        if "append" in calls and not isinstance(one, ast.For):
            box = one.value.func.value.id
            test |= {box} if right & test else set()
            seeds |= {box} if right & seeds else set()
        said = line if printed and right & test and not isinstance(one, ast.For) else said
        origin.update(dict.fromkeys(left, value))
    out += [(line, line, "fitted on test rows") for line in fits if line < said]
    return out + [(where, where, "answer among the features")] * bool(features)
""",
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
    # Measured on the seeds 100 to 199, 2,500 releases each: right rules 0.000 to 0.011. The nearest wrong ones: the bound of the largest
    # error 0.018 to 0.035, what is usual forgotten 0.022 to 0.053, one standard error for all tries 0.022 to 0.038, the flattery of
    # a split taken for exact 0.024 to 0.053, a canary when torn 0.025 to 0.042 (0.3 of the error, the best width), one error for all
    # fresh rows 0.028 to 0.050, one error for all test rows 0.030 to 0.046. Further off, one input dropped: part of the penalty for
    # certain 0.034 to 0.059, one error for all regions 0.037 to 0.071, fresh rows 0.045 to 0.090, never a canary 0.054 to 0.086,
    # late columns off the fresh rows, too, 0.074 to 0.169, tries 0.091 to 0.147, one cost of the change 0.101 to 0.129, region by its
    # point estimate 0.147 to 0.221, region broken below 0 0.165 to 0.279, one penalty 0.168 to 0.235, split 0.280 to 0.426.
    parameters={"credit": [[0.013, 1.0], [0.016, 0.5]]},
    partial=True,
    judgement=True,
    # few enough that a rule fitted to them does not pay
    visible=[_release_case(np.random.default_rng(7), 600)],
    hidden=lambda rng: [_release_case(rng, 2500)],
    hints=[
        "Three things flatter `gain`, and each has a price: late columns (subtract), a random split (subtract 8, and add 6² to the variance), the best of `tried` (subtract that many standard errors: question <14.rows> of exercise 05).",
        "Average what is left with `fresh_gain` and with what is usual, 2 ± 8, each with weight 1 / (standard error)²; the average's own error is 1 / √(sum of the weights). The penalty is due with the probability `stats.norm.cdf((-2 - smallest_region) / smallest_region_error)`.",
        "The true value is not one number: draw some hundred values from what you believe (with and without the penalty), take the mean cost of each of the three decisions over them, and return the cheapest.",
    ],
    passed="You priced every flattery, and waited only where waiting was cheaper.",
)
# ndtr and ndtri are norm.cdf and norm.ppf without their checks of arguments: one answer decides 2,500 releases a seed
_DECIDE = """
from scipy.special import ndtr, ndtri


def above_zero(mean, deviation):
    # mean of a normal value where it is above 0, and 0 elsewhere
    z = mean / deviation
    return mean * ndtr(z) + deviation * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


def decide(evidence):
    e = evidence
    gain, variance = e["gain"]{late}, {error} ** 2
    if e["split"] == "random":
        gain, variance = gain{split}, variance{scatter}
    k = e["tried"]
    if k > 1:
        gain -= {luck} * e["error"]
    {usual}
    if {fresh}:
        {average}
    broken, penalty = {broken}, {penalty}
    value, deviation = gain{change}, variance ** 0.5
    {decision}
"""
_CHEAPEST = """missed = (1 - broken) * above_zero(value, deviation) + broken * above_zero(value - penalty, deviation)
    lost = (1 - broken) * above_zero(-value, deviation) + broken * above_zero(penalty - value, deviation)
    costs = {"ship": lost, "wait": missed, "canary": 1 + 0.2 * missed}
    return min(costs, key=costs.get)"""
_TORN = """deviation = (variance + broken * (1 - broken) * penalty ** 2) ** 0.5
    value -= broken * penalty
    return "canary" if abs(value) < 0.3 * deviation else "ship" if value > 0 else "wait\""""

_BAYES = """
from scipy.special import log_ndtr, ndtr

grid = 2 + 8 * np.linspace(-4.5, 4.5, 161)
splits = np.linspace(-3, 3, 13)


def decide(evidence):
    gain = evidence["gain"] - evidence["late_columns"]
    flattered = 8 + 6 * splits if evidence["split"] == "random" else np.zeros(1)
    chances = np.exp(-(splits**2) / 2) if evidence["split"] == "random" else np.ones(1)
    errors = (gain - flattered[:, None] - grid) / evidence["error"]
    fits = np.exp(-(errors**2) / 2 + (evidence["tried"] - 1) * log_ndtr(errors))
    weights = chances @ fits * np.exp(-((grid - 2) ** 2) / 128)
    if evidence["fresh_gain"] is not None:
        weights = weights * np.exp(-(((grid - evidence["fresh_gain"]) / evidence["fresh_error"]) ** 2) / 2)
    weights = weights / weights.sum()
    broken = ndtr((-2 - evidence["smallest_region"]) / evidence["smallest_region_error"])
    ship = wait = 0.0
    for chance, penalty in ((1 - broken, 0), (broken, evidence["penalty"])):
        values = grid - evidence["change_cost"] - penalty
        ship += chance * weights @ np.maximum(-values, 0)
        wait += chance * weights @ np.maximum(values, 0)
    return ["ship", "wait", "canary"][int(np.argmin([ship, wait, 1 + 0.2 * wait]))]
"""


def _decide_code(
    late=' - e["late_columns"]',
    error='e["error"]',
    split=" - 8",
    scatter=" + 6**2",
    luck="ndtri((k - 0.375) / (k + 0.25))",
    usual="gain, variance = (gain / variance + 2 / 64) / (1 / variance + 1 / 64), 1 / (1 / variance + 1 / 64)",
    fresh='e["fresh_gain"] is not None',
    average="""weights = 1 / variance, 1 / e["fresh_error"] ** 2
        gain, variance = np.average([gain, e["fresh_gain"]], weights=weights), 1 / sum(weights)""",
    broken='ndtr((-2 - e["smallest_region"]) / e["smallest_region_error"])',
    penalty='e["penalty"]',
    change=' - e["change_cost"]',
    decision=_CHEAPEST,
):
    return _DECIDE.format(
        late=late,
        error=error,
        split=split,
        scatter=scatter,
        luck=luck,
        usual=usual,
        fresh=fresh,
        average=average,
        broken=broken,
        penalty=penalty,
        change=change,
        decision=decision,
    )


for _name, _why, _message, _code in (
    (
        "the highest score wins",
        "It saves money, so it ships.",
        "You ship whenever the reported gain is above 0. It is the best of many, some of it comes from the split and from columns that will be empty, and shipping costs money.",
        'def decide(evidence):\n    return "ship" if evidence["gain"] > 0 else "wait"\n',
    ),
    (
        "late columns taken off the fresh rows, too",
        "They will be empty in use.",
        "You take `late_columns` off `fresh_gain`, too. Fresh rows were measured with those columns empty: it is not in that number.",
        _decide_code().replace('e["fresh_gain"]]', 'e["fresh_gain"] - e["late_columns"]]'),
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
        "You always run a canary. A rule that reads the evidence must be cheaper than deciding always the same.",
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
        "You take out late columns and split, and leave the luck of the best of `tried` in: with 30 tries and an error of 5 that is 10 thousand euros.",
        _decide_code(luck="0"),
    ),
    (
        "one standard error for all tries",
        "Chosen is chosen.",
        "You take off the same luck whether 3 were tried or 30. The best of 3 is 0.85 standard errors too high on average, the best of 30 is 2.04.",
        _decide_code(luck="1"),
    ),
    (
        "the bound of the largest error",
        "The largest of k errors is √(2 ln k).",
        "You take off more luck than there is on average. √(2 ln k) is a bound for many tries: it says 1.48 for 3 and 2.61 for 30, the means are 0.85 and 2.04 (question <14.rows> of exercise 05).",
        _decide_code(luck="(2 * np.log(k)) ** 0.5"),
    ),
    (
        "one error for all test rows",
        "An error is an error.",
        "You take the same `error` for all test rows. It is 2 in some releases and 5 in others, and says how much the measured gain weighs.",
        _decide_code(error="3.5").replace('* e["error"]', "* 3.5"),
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
        _decide_code(split="", scatter=""),
    ),
    (
        "the flattery of a split taken for exact",
        "Eight is stated, so eight it is.",
        "You subtract 8 for a random split as if each flattered by exactly that. It scatters by 6: the corrected gain is known less well than its `error` says, and weighs less beside the fresh rows.",
        _decide_code(scatter=""),
    ),
    (
        "what is usual forgotten",
        "The evidence speaks for itself.",
        "You decide by the evidence alone. True gains scatter around 2 by 8: where the evidence is rough, that is worth a measurement with an error of 8.",
        _decide_code(usual="pass"),
    ),
    (
        "the region forgotten",
        "It is a small region.",
        "You leave the smallest region out. It is small in the average; the penalty is not.",
        _decide_code(broken="0.0"),
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
        "You average `gain` and `fresh_gain` with equal weights. Their errors differ by a factor of two to seven: weigh by 1 / error².",
        _decide_code(
            average="""gain = (gain + e["fresh_gain"]) / 2
        variance = (variance + e["fresh_error"] ** 2) / 4"""
        ),
    ),
    (
        "one error for all fresh rows",
        "Fresh is fresh.",
        "You take the same `fresh_error` for all fresh rows. It is 3 in some releases and 14 in others.",
        _decide_code().replace('e["fresh_error"] ** 2', "8.5**2"),
    ),
    (
        "fresh rows first",
        "Fresh rows are honest.",
        "You use `fresh_gain` alone where it is there. Honest is not exact: with a `fresh_error` of 14 the corrected gain knows far more.",
        _decide_code(
            average="""weights = 1 / 64, 1 / e["fresh_error"] ** 2
        gain, variance = np.average([2, e["fresh_gain"]], weights=weights), 1 / sum(weights)"""
        ),
    ),
    (
        "the region by its point estimate",
        "Below −2 or not.",
        "You take the penalty for certain, or for impossible, by the point estimate of the region. Its error is up to 4: what is the *probability* that it is truly below −2?",
        _decide_code(broken='float(e["smallest_region"] < -2)'),
    ),
    (
        "a region is broken below 0",
        "Worse is worse.",
        "You count the penalty as if it were due below 0. The contract says −2, and many regions are seen between −2 and 0.",
        _decide_code(broken='ndtr((0 - e["smallest_region"]) / e["smallest_region_error"])'),
    ),
    (
        "the penalty only where it is proven",
        "In doubt it is not broken.",
        "You count the penalty only where the region is *significantly* below −2. A penalty that is due with a probability of one half costs half of it.",
        _decide_code(broken='float(e["smallest_region"] + 1.96 * e["smallest_region_error"] < -2)'),
    ),
    (
        "the penalty wherever it is possible",
        "Better safe than sorry.",
        "You count the whole penalty unless the region is *significantly* above −2. A penalty that is due with a probability of a tenth costs a tenth of it.",
        _decide_code(broken='float(e["smallest_region"] - 1.96 * e["smallest_region_error"] < -2)'),
    ),
    (
        "one error for all regions",
        "The region is small in any case.",
        "You take the same `smallest_region_error` for all regions. It is 0.5 in some and 4 in others: seen at −1, the first is hardly below −2, the second often.",
        _decide_code(broken='ndtr((-2 - e["smallest_region"]) / 2.25)'),
    ),
    (
        "one penalty for all",
        "A contract is a contract.",
        "You use the same penalty for all releases. It is 2 in some and 15 in others.",
        _decide_code(penalty="8.5"),
    ),
    (
        "a part of the penalty for certain",
        "A risk is its expected value.",
        "You take the penalty's expected value as if it were paid for certain. It is due or it is not: that doubt is what a canary can resolve, beside that about the gain.",
        _decide_code(
            broken="0.0",
            change=' - e["change_cost"] - e["penalty"] * ndtr((-2 - e["smallest_region"]) / e["smallest_region_error"])',
        ),
    ),
    (
        "one cost of the change for all",
        "Shipping is shipping.",
        "You use the same cost of the change for all releases. It is 1 in some and 6 in others.",
        _decide_code(change=" - 3.5"),
    ),
    (
        "never a canary",
        "Ship or wait was the question.",
        "You never run a canary. Where the value is close to 0 compared with its uncertainty, 1 and a fifth of the value are less than being wrong costs.",
        _decide_code(decision='return "ship" if value > broken * penalty else "wait"'),
    ),
    (
        "a canary when torn",
        "Near 0 one tries it out.",
        "You run a canary within a fixed number of standard errors around 0, whatever it costs there. Its price is stated: take the mean cost of each of the three decisions over the values that are possible, and the cheapest.",
        _decide_code(decision=_TORN),
    ),
    (
        "a canary when torn, often",
        "Two thirds of an error are near.",
        "You run a canary wherever the value is within about two thirds of a standard error of 0. What a canary costs is not in that rule: take the mean cost of each of the three decisions, and the cheapest.",
        _decide_code(decision=_TORN.replace("0.3 *", "0.65 *")),
    ),
    (
        "one standard error around 0 is a canary",
        "What is not clear is tried out.",
        "You run a canary wherever the value is within one standard error of 0. A release that is probably bad is cheaper to leave alone than to try: compare the mean costs of the three decisions.",
        _decide_code(decision=_TORN.replace("0.3 *", "1.0 *")),
    ),
):
    decide_question.wrong(_name, why=_why, message=_message, code=_code)
decide_question.right("the mean costs in one formula", code=_decide_code())
decide_question.right(
    "the loss of a normal value, as in the lesson",
    code=_decide_code(
        decision="""deviation = (variance + broken * (1 - broken) * penalty**2) ** 0.5
    value -= broken * penalty
    missed, lost = above_zero(value, deviation), above_zero(-value, deviation)
    costs = {"ship": lost, "wait": missed, "canary": 1 + 0.2 * missed}
    return min(costs, key=costs.get)"""
    ),
)
decide_question.right(
    "three hundred draws",
    code="""
draws = np.random.default_rng(0).standard_normal((2, 300))


def decide(evidence):
    error = evidence["error"]
    believed, weights = [2.0, evidence["gain"] - evidence["late_columns"]], [8.0**-2, error**-2]
    if evidence["split"] == "random":
        believed[1], weights[1] = believed[1] - 8, 1 / (error**2 + 36)
    if evidence["tried"] > 1:
        believed[1] -= stats.norm.ppf((evidence["tried"] - 0.375) / (evidence["tried"] + 0.25)) * error
    if evidence["fresh_gain"] is not None:
        believed.append(evidence["fresh_gain"])
        weights.append(evidence["fresh_error"] ** -2)
    gains = np.average(believed, weights=weights) + sum(weights) ** -0.5 * draws[0]
    broken = evidence["smallest_region"] + evidence["smallest_region_error"] * draws[1] < -2
    values = gains - evidence["change_cost"] - evidence["penalty"] * broken
    missed = np.maximum(values, 0).mean()
    costs = {"ship": np.maximum(-values, 0).mean(), "wait": missed, "canary": 1 + 0.2 * missed}
    return min(costs, key=costs.get)
""",
)
decide_question.right("the largest of the tries by Bayes' rule", code=_BAYES)
decide_question.wrong(
    "the fresh rows left out of Bayes' rule",
    why="The posterior of the test rows is narrow already.",
    message="You weigh the test rows with care, and leave `fresh_gain` out. It is a second measurement, by nobody's choice: multiply by its density, too.",
    code=_BAYES.replace('if evidence["fresh_gain"] is not None', "if False"),
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
    "a name of one letter to roll back to": lambda report: {"roll_back_to": "b"},
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
    visible=[_standard_case(np.random.default_rng(6), "44 releases")],
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
    message="You ask for an ECE no larger than a perfect model's *average*. Chance alone puts a perfect model above that about half of the time; the rule allows twice as much.",
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

# ------------------------------------------------------------------------------------------------------------- report


def _with_an_empty_twin(rng):
    """An export in which a flight without an outcome is entered twice: whoever compares missing values takes it for two."""
    while True:
        export = make_flight_export(rng)
        flights = export["flights"]
        if (flights.duplicated() & flights["arr_delay"].isna()).any():
            return export


report_question = Question(
    "14.report",
    title="From the file to a report",
    objective="Go from a raw export of flights to a paired saving with its uncertainty, and say what the file lacks.",
    points=3,
    answer="flight_report",
    probe="{key: float(value) for key, value in answer(flights, first_day, last_day).items()}",
    visible=[
        Case(make_flight_export(np.random.default_rng(9)), "about five weeks"),
        Case(make_flight_export(np.random.default_rng(10)), "five other weeks"),
    ],
    hidden=lambda rng: [Case(_with_an_empty_twin(rng)) for _ in range(3)],
    hints=[
        "In this order: the rows of the period, each flight once, those with an outcome. Each of the first three shares is a quotient of two lengths.",
        "`pd.to_datetime(flights[['year', 'month', 'day']])` compares with texts such as '2013-06-24'. `drop_duplicates()` without arguments drops rows that are equal in every column.",
        "`by_day = (saving - saving.mean()).groupby([month, day]).sum()`, then the formula of the text with `J = len(by_day)`.",
    ],
    properties=[
        Property(
            "set(got) == {'twin_share', 'no_outcome', 'saving', 'error'}",
            "The keys are twin_share, no_outcome, saving and error.",
        ),
        Property(
            "0 < got['twin_share'] < 1 and 0 < got['no_outcome'] < 1",
            "The shares lie between 0 and 1, and here neither is 0.",
        ),
    ],
    passed="Period, twins, outcomes, costs, days: whoever asks where the number comes from gets an answer.",
)
_REPORT = """
def flight_report(flights, first_day, last_day):
    date = pd.to_datetime(flights[["year", "month", "day"]])
    rows = flights[{period}]
    once = {once}
    arrived = {arrived}
    late = {late}
    old, new = (np.where(arrived[name] {seat}, 30, 100 * late) for name in ("old", "new"))
    saving = pd.Series({saving}, index=arrived.index, dtype=float)
    day = pd.to_datetime(arrived[["year", "month", "day"]])
    by_day = (saving - saving.mean()).groupby(day).sum()
    J, n = len(by_day), len(saving)
    return {{
        "twin_share": {twins},
        "no_outcome": {gone},
        "saving": {mean},
        "error": {error},
    }}
"""


def _report_code(
    period="(date >= first_day) & (date <= last_day)",
    once="rows.drop_duplicates()",
    arrived="once[once['arr_delay'].notna()]",
    late="arrived['arr_delay'] >= 15",
    seat=">= 0.3",
    saving="old - new",
    twins="(len(rows) - len(once)) / len(rows)",
    gone="once['arr_delay'].isna().mean()",
    mean="saving.mean()",
    error="(J / (J - 1) * (by_day ** 2).sum()) ** 0.5 / n",
):
    return _REPORT.format(
        period=period,
        once=once,
        arrived=arrived,
        late=late,
        seat=seat,
        saving=saving,
        twins=twins,
        gone=gone,
        mean=mean,
        error=error,
    )


for _name, _why, _message, _changes in (
    (
        "cancelled counts as punctual",
        "`NaN >= 15` is False, and nothing complains.",
        "Your saving is {got[saving]:.2f} €: cancelled flights are in it as flights that were not late. A missing `arr_delay` is no arrival on time; `no_outcome` says how many there are.",
        {"arrived": "once"},
    ),
    (
        "cancelled counts as late",
        "Nobody arrived.",
        "Your saving is {got[saving]:.2f} €: cancelled flights are in it as late ones. That may be a sensible price, and it is another question: here flights without an outcome are counted, and left out of the saving.",
        {"arrived": "once", "late": "~(arrived['arr_delay'] < 15)"},
    ),
    (
        "twins kept",
        "A row is a flight.",
        "Your saving is {got[saving]:.2f} €: flights that were entered twice count twice in it. Drop the repeated rows before you count anything else.",
        {"once": "rows", "twins": "rows.duplicated().mean()"},
    ),
    (
        "twins by number",
        "Airline and number name a flight.",
        "You find {got[twin_share]:.0%} twins. The same number flies every day: a twin is equal in *every* column.",
        {"once": "rows.drop_duplicates(['carrier', 'flight'])"},
    ),
    (
        "twins by number and day",
        "Airline, number and day name a flight.",
        "You find {got[twin_share]:.1%} twins. A number may be flown twice on a day, from other airports: a twin is equal in *every* column.",
        {"once": "rows.drop_duplicates(['year', 'month', 'day', 'carrier', 'flight'])"},
    ),
    (
        "both rows of a pair",
        "Each of the two repeats the other.",
        "Your share of twins is {got[twin_share]:.4f}: both rows of every pair. Only the one that repeats an *earlier* row is too many.",
        {"twins": "rows.duplicated(keep=False).mean()"},
    ),
    (
        "twins per flight",
        "How many per flight?",
        "Your share of twins is {got[twin_share]:.4f}: repeated rows per *flight*. Asked is their share of the period's rows.",
        {"twins": "(len(rows) - len(once)) / len(once)"},
    ),
    (
        "missing per row",
        "How many rows have none?",
        "Your share without an outcome is {got[no_outcome]:.4f}: per row, with twins among the rows. Asked is a share of the flights, each counted once.",
        {"gone": "rows['arr_delay'].isna().sum() / len(rows)"},
    ),
    (
        "late by departure",
        "A late departure is a late flight.",
        "Your saving is {got[saving]:.2f} €: you take a flight for late by its *departure*. Late is defined by the arrival.",
        {"late": "arrived['dep_delay'] >= 15"},
    ),
    (
        "more than 15 minutes",
        "15 minutes are still allowed.",
        "Your saving is {got[saving]:.2f} €: a delay of exactly 15 minutes is not late for you. The text says 15 minutes *or more*.",
        {"late": "arrived['arr_delay'] > 15"},
    ),
    (
        "above 0.3",
        "A threshold is to be passed.",
        "Your saving is {got[saving]:.2f} €: a forecast of exactly 0.3 holds no seat. *From* 0.3 on means that it does.",
        {"seat": "> 0.3"},
    ),
    (
        "the last day left out",
        "Ranges in Python end before their end.",
        "You leave out the flights of `last_day`, which belongs to the period.",
        {"period": "(date >= first_day) & (date < last_day)"},
    ),
    (
        "the whole export",
        "All rows are better than some.",
        "You use flights before `first_day` or after `last_day`. A model is judged on the period that was fixed before.",
        {"period": "date.notna()"},
    ),
    (
        "everything until the last day",
        "Earlier flights are known, too.",
        "You use flights before `first_day`: the models may have been trained on them.",
        {"period": "date <= last_day"},
    ),
    (
        "the sign turned round",
        "New minus old.",
        "Your saving is {got[saving]:.2f} €: what `new` costs *more*. A saving is the cost of `old` less the cost of `new`.",
        {"saving": "new - old"},
    ),
    (
        "the cost of the new one",
        "What matters is what it costs.",
        "Your saving is {got[saving]:.2f} €: that is what `new` costs, without `old`. A saving compares both on the same flights.",
        {"saving": "new"},
    ),
    (
        "every flight for itself",
        "The standard error of a mean.",
        "Your error is {got[error]:.3f}: every flight counts for itself. Flights of a day share its weather, and the forecasts of a day are off together. The text has the formula with days.",
        {"error": "saving.sem()"},
    ),
    (
        "the mean of the days",
        "Days are the unit, so average the days.",
        "Your saving is {got[saving]:.2f} €: the mean of daily means, in which a quiet day counts as much as a busy one. The mean is over flights; only its *error* goes by days.",
        {"mean": "saving.groupby(day).mean().mean()"},
    ),
    (
        "J instead of J - 1",
        "The sum over the days is all there is.",
        "Your error is {got[error]:.3f}, without the factor J / (J − 1).",
        {"error": "(by_day ** 2).sum() ** 0.5 / n"},
    ),
):
    report_question.wrong(_name, why=_why, message=_message, code=_report_code(**_changes))
report_question.wrong(
    "days of the month",
    why="The table has a column `day`.",
    message="Your error is {got[error]:.3f}: you add up the same day of two months as if it were one. A day is a date.",
    code=_report_code().replace("groupby(day)", "groupby(arrived['day'])"),
)
report_question.right("step by step", code=_report_code())
report_question.right(
    "with the library of the course",
    code="""
def flight_report(flights, first_day, last_day):
    from holdout.stats.clusters import mean_by_days

    day = pd.to_datetime(dict(year=flights.year, month=flights.month, day=flights.day))
    rows = flights.assign(date=day).query("@first_day <= date <= @last_day")
    twin = rows.duplicated()
    once = rows[~twin]
    gone = once["arr_delay"].isna()
    arrived = once[~gone]
    late = (arrived["arr_delay"] >= 15) * 100
    saving = late.mask(arrived["old"] >= 0.3, 30) - late.mask(arrived["new"] >= 0.3, 30)
    found = mean_by_days(saving, arrived["date"], np.zeros(len(arrived))).iloc[0]
    return {"twin_share": twin.mean(), "no_outcome": gone.mean(), "saving": found["mean"], "error": found["half"] / 1.96}
""",
)
report_question.right(
    "with loops",
    code="""
def flight_report(flights, first_day, last_day):
    seen, n_rows, costs = set(), 0, {}
    for row in flights.itertuples(index=False):
        day = f"{row.year:04d}-{row.month:02d}-{row.day:02d}"
        if not first_day <= day <= last_day:
            continue
        n_rows += 1
        key = tuple("none" if value != value else value for value in row)
        if key in seen:
            continue
        seen.add(key)
        if row.arr_delay != row.arr_delay:
            continue
        late = 100 if row.arr_delay >= 15 else 0
        costs.setdefault(day, []).append((30 if row.old >= 0.3 else late) - (30 if row.new >= 0.3 else late))
    all_costs = [one for day in costs.values() for one in day]
    n, J = len(all_costs), len(costs)
    mean = sum(all_costs) / n
    squares = sum((sum(day) - mean * len(day)) ** 2 for day in costs.values())
    return {
        "twin_share": 1 - len(seen) / n_rows,
        "no_outcome": 1 - n / len(seen),
        "saving": mean,
        "error": (J / (J - 1) * squares) ** 0.5 / n,
    }
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
