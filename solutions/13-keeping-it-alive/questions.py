"""Questions of exercise 13: what is asked, how it is judged, and what learners really answer."""

import numpy as np
import pandas as pd

from grader.authoring.question import Case, Misreading, Property, Question, Tolerance, sentence_choice
from holdout.stats.distributions import zipf
from holdout.topics.safeguards.cases import corpora_with_all_kinds, first_days
from holdout.topics.safeguards.experiments import expected_alive

# ---------------------------------------------------------------------------------------------------------------- mix


def _mix_cases(rng):
    """Numbers of real texts a little above and below a whole number; none, and nothing else; lists that no budget divides."""
    cases = []
    for extra, title in (
        (0.3, "rounded down"),
        (-0.3, "rounded up"),
        (None, "nothing real"),
        (None, "all real"),
    ):
        budget = int(rng.choice([10, 15]))
        wanted = int(rng.integers(3, 6))
        share = (wanted + extra) / budget if extra else {"nothing real": 0.0, "all real": 1.0}[title]
        lists = {
            "reservoir": [f"real {i}" for i in range(int(rng.integers(18, 30)))],
            "written": [f"own {i}" for i in range(int(rng.integers(31, 50)))],
        }
        cases.append(Case({**lists, "real_share": round(share, 4), "budget": budget}, title))
    return cases


mix = Question(
    "13.mix",
    title="A training set with a reservoir",
    objective="Mix real and own texts at a stated share and a fixed budget, with their source.",
    points=2,
    answer="training_set",
    probe="[list(row) for row in answer(reservoir, written, real_share, budget)]",
    visible=_mix_cases(np.random.default_rng(2)),
    hidden=_mix_cases,
    hints=[
        "How many rows are real? The share is of the *budget*.",
        "The rest of the budget is own output: the total is always `budget`.",
        "Positions `i * len(texts) // n` for i from 0 to n - 1, for each list with its own n; each text in a pair with its source.",
    ],
    properties=[
        Property("len(got) == budget", "The training set does not have `budget` rows."),
        Property(
            "all(row[1] in ('real', 'model') for row in got)",
            "Each row is a pair: the text, then its source, `real` or `model`.",
        ),
        Property(
            "[row[1] for row in got] == sorted((row[1] for row in got), reverse=True)",
            "The real texts come first.",
        ),
        Property(
            "sum(row[1] == 'real' for row in got) == round(real_share * budget)",
            "The number of rows called `real` is not the share of the budget, rounded to the nearest.",
        ),
        Property(
            "all((row[0] in reservoir) == (row[1] == 'real') for row in got)",
            "A text does not come from the list that its source names.",
        ),
        Property("len({row[0] for row in got}) == len(got)", "A text occurs twice."),
        Property(
            "real_share == 0 or got[0][0] == reservoir[0]",
            "The positions begin at 0, by the formula of the text.",
        ),
        Property(
            "real_share in (0, 1) or got[-1][0] == written[(sum(row[1] == 'model' for row in got) - 1) * len(written) // sum(row[1] == 'model' for row in got)]",
            "The last text of a list is not where the formula puts it: check the step and the rounding of the positions.",
        ),
    ],
    passed="The budget stays, so that shares can be compared at equal compute, and every row says where it came from.",
)
_MIX = """
def training_set(reservoir, written, real_share, budget):
    n = {n}
    m = {m}
    real = [(reservoir[{real}], "real") for i in range(n)]
    own = [(written[{own}], "model") for i in range(m)]
    return {out}
"""
_SPREAD = {"real": "i * len(reservoir) // n", "own": "i * len(written) // m"}
_DEFAULT = {"n": "round(real_share * budget)", "m": "budget - n", "out": "real + own", **_SPREAD}
mix.wrong(
    "real rows on top of the budget",
    why="Mixing in sounds like adding.",
    message="You add the real rows to a full budget of own ones. The set is longer than `budget`, the share smaller than stated, and nothing is comparable any more.",
    code=_MIX.format(**_DEFAULT | {"m": "budget"}),
)
mix.wrong(
    "a share of the reservoir",
    why="real_share reads like a share of the real texts.",
    message="You take that share of the *reservoir*. The share is of the training set: how much of it people wrote.",
    code=_MIX.format(**_DEFAULT | {"n": "round(real_share * len(reservoir))"}),
)
mix.wrong(
    "the first rows of each list",
    why="Slicing from the front is short.",
    message="You take the first texts of a list. Then the same few are used every time and the end of the reservoir never; spread them evenly.",
    code=_MIX.format(**_DEFAULT | {"real": "i", "own": "i"}),
)
mix.wrong(
    "the shares swapped",
    why="Own output comes first in the story.",
    message="You have the two shares the wrong way round: `real_share` of the budget is real.",
    code=_MIX.format(**_DEFAULT | {"n": "budget - round(real_share * budget)"}),
)
mix.wrong(
    "everything called real",
    why="They are all articles of the help desk.",
    message="You label all rows as real. A provenance column that does not tell them apart cannot be audited by anyone.",
    code=_MIX.format(**_DEFAULT | {"out": "real + [(text, 'real') for text, _ in own]"}),
)
for _name, _how, _message in (
    (
        "cuts the share off",
        "int(real_share * budget)",
        "You cut the number of real texts off. The text says `round`: to the nearest.",
    ),
    (
        "rounds the share up",
        "int(np.ceil(real_share * budget))",
        "You round the number of real texts up. The text says `round`: to the nearest.",
    ),
):
    mix.wrong(
        _name, why="A whole number is needed.", message=_message, code=_MIX.format(**_DEFAULT | {"n": _how})
    )
mix.wrong(
    "a fixed step",
    why="Every so many-th text.",
    message="You step through a list by a whole number of texts. Where `budget` does not divide the list, its end is never reached; the formula divides last.",
    code=_MIX.format(**_DEFAULT | {"real": "i * (len(reservoir) // n)", "own": "i * (len(written) // m)"}),
)
mix.wrong(
    "from the first to the last text",
    why="linspace includes both ends.",
    message="You spread from the first to the *last* text, as `linspace` does. The formula of the text is i · N / n, cut off: the last position is below N − 1.",
    code=_MIX.format(
        **_DEFAULT
        | {
            "real": "int(np.linspace(0, len(reservoir) - 1, n)[i])",
            "own": "int(np.linspace(0, len(written) - 1, m)[i])",
        }
    ),
)
mix.wrong(
    "divides by the number of real texts",
    why="A step is computed before it is needed.",
    message="Your code divides by the number of texts before it knows that there are any: a share of 0 or 1 is a share, too.",
    code="""
def training_set(reservoir, written, real_share, budget):
    n = round(real_share * budget)
    m = budget - n
    step, other = len(reservoir) / n, len(written) / m
    return [(reservoir[int(i * step)], "real") for i in range(n)] + [(written[int(i * other)], "model") for i in range(m)]
""",
)
mix.right("one template", code=_MIX.format(**_DEFAULT))


@mix.right("NumPy")
def training_set(reservoir, written, real_share, budget):
    n = round(real_share * budget)
    rows = []
    for texts, size, source in ((reservoir, n, "real"), (written, budget - n, "model")):
        places = (np.arange(size) * len(texts)) // size
        rows += [(texts[place], source) for place in places]
    return rows


# ------------------------------------------------------------------------------------------------------------ settles

settles = Question(
    "13.settles",
    title="Where does it settle?",
    objective="Find the fixed point of a loop with bias and fresh real data.",
    points=2,
    answer="settles_at",
    probe="[float(answer(bias, share)) for bias, share in settings]",
    visible=[Case({"settings": [[0.8, 0.5], [0.6, 0.2], [0.98, 0.03]]}, "three settings")],
    hidden=lambda rng: [
        Case(
            {
                "settings": [
                    *([float(b), float(s)] for b, s in rng.uniform(0.3, 0.95, size=(3, 2))),
                    [float(rng.uniform(0.96, 0.99)), float(rng.uniform(0.02, 0.05))],
                ]
            }
        )
    ],
    tolerance=Tolerance(1e-6, 1e-9, "a quotient, or an iteration carried on until it stands"),
    hints=[
        "Write the variance of the next training set as a mix of two variances.",
        "v' = r + (1 - r) bias v. At the fixed point v' = v.",
        "Solve v = r + (1 - r) bias v for v.",
    ],
    properties=[
        Property("np.min(got) > 0", "A variance is above 0."),
        Property("np.max(got) < 1", "With a bias below 1 and less than all texts real, it settles below 1."),
        Property(
            "all(abs(r + (1 - r) * b * v - v) < 1e-4 for (b, r), v in zip(settings, got))",
            "Put your value into the loop once more, v' = r + (1 - r) · bias · v: it is not the same afterwards.",
        ),
    ],
    passed="Half real data and a bias of 0.8 give 0.833: a level that you can choose, not a cure.",
)


@settles.wrong(
    "forgets the bias",
    why="Real data pull the variance back to 1.",
    message="You return 1 whatever the setting. Real data pull towards 1, and the bias pulls down in every generation; they meet below 1.",
)
def settles_at(bias, real_share):
    return 1.0


@settles.wrong(
    "bias on the real half too",
    why="The whole training set goes through the same code.",
    message="You apply the bias to the real values too. People do not write at your model's temperature: only own output is narrowed.",
)
def settles_at(bias, real_share):
    return bias * real_share / (1 - (1 - real_share) * bias)


@settles.wrong(
    "one generation only",
    why="The mix of the two variances looks final.",
    message="You return the variance after *one* generation, when own output still came from variance 1. It goes on falling until it no longer changes.",
)
def settles_at(bias, real_share):
    return real_share + (1 - real_share) * bias


@settles.wrong(
    "always half",
    why="1/(2 - bias) is the published number.",
    message="You use 1/(2 - bias), which is for a half-real training set, whatever the share is.",
)
def settles_at(bias, real_share):
    return 1 / (2 - bias)


@settles.wrong(
    "the shares swapped",
    why="Which share is r?",
    message="You have the two shares the wrong way round: `real_share` is the part without bias.",
)
def settles_at(bias, real_share):
    return (1 - real_share) / (1 - real_share * bias)


@settles.wrong(
    "a few generations",
    why="After ten generations little changes.",
    message="Your variance still changes where the share is small and the bias near 1: it is what a few generations leave, not where they end. Solve the equation, or go on until nothing changes.",
)
def settles_at(bias, real_share):
    v = 1.0
    for _ in range(20):
        v = real_share + (1 - real_share) * bias * v
    return v


@settles.wrong(
    "bias for the share of own output",
    why="Both multiply.",
    message="You leave out that only 1 − `real_share` of the set is own output: your sum has the bias alone.",
)
def settles_at(bias, real_share):
    return real_share / (1 - bias + real_share)


@settles.right("iteration")
def settles_at(bias, real_share):
    v = 1.0
    for _ in range(2000):
        v = real_share + (1 - real_share) * bias * v
    return v


@settles.right("geometric series")
def settles_at(bias, real_share):
    return real_share * np.sum(((1 - real_share) * bias) ** np.arange(3000))


# --------------------------------------------------------------------------------------------------------------- gate

gate = Question(
    "13.gate",
    title="What does a gate leave?",
    objective="Compute what a verifier leaves, what it costs in writing, and where it breaks down.",
    points=2,
    answer="gate_report",
    probe="[float(x) for x in answer(wrong, keeps_right, keeps_wrong)]",
    visible=[Case({"wrong": 0.65, "keeps_right": 0.9, "keeps_wrong": 0.3}, "the verifier of the lesson")],
    hidden=lambda rng: [
        Case(
            {
                "wrong": float(rng.uniform(0.2, 0.8)),
                "keeps_right": float(rng.uniform(0.6, 0.95)),
                "keeps_wrong": float(rng.uniform(0.1, 0.5)),
            }
        )
        for _ in range(3)
    ],
    tolerance=Tolerance(1e-9, 1e-12, "sums and quotients of three numbers"),
    hints=[
        "Imagine 1,000 texts: how many right and how many wrong ones pass?",
        "The share is among those kept; one over the share kept is what has to be written for one.",
        "Breakdown: keeps_right (1 - p) = keeps_wrong p; solve for p.",
    ],
    properties=[
        Property(
            "0 <= got[0] <= 1 and 0 <= got[2] <= 1",
            "The first and the third number are shares: between 0 and 1.",
        ),
        Property("got[1] >= 1", "For one text that is kept at least one must be written."),
    ],
    passed="Three numbers: what is left, what it costs, and how far it may be trusted.",
)
_GATE = """
def gate_report(wrong, keeps_right, keeps_wrong):
    kept = keeps_right * (1 - wrong) + keeps_wrong * wrong
    return {a}, {b}, {c}
"""
_GATE_DEFAULT = {
    "a": "keeps_wrong * wrong / kept",
    "b": "1 / kept",
    "c": "1 / (1 + keeps_wrong / keeps_right)",
}
gate.wrong(
    "not among the kept",
    why="keeps_wrong * wrong is the number of wrong texts that pass.",
    message="Your first number is a share of all *written* texts. Those that train the model are the kept ones: divide by them.",
    code=_GATE.format(**_GATE_DEFAULT | {"a": "keeps_wrong * wrong"}),
)
gate.wrong(
    "share kept instead of texts written",
    why="The share kept comes out first.",
    message="Your second number is the share that is kept. Asked is how many must be written for one that is kept.",
    code=_GATE.format(**_GATE_DEFAULT | {"b": "kept"}),
)
gate.wrong(
    "breakdown with the chances swapped",
    why="ψ/φ or φ/ψ?",
    message="Your breakdown point has the two chances swapped: a better verifier must break down *later*, nearer to 1.",
    code=_GATE.format(**_GATE_DEFAULT | {"c": "1 / (1 + keeps_right / keeps_wrong)"}),
)
gate.wrong(
    "breakdown at one half",
    why="A majority is a half.",
    message="Your breakdown point is one half: that is where it would be *without* a verifier. The majority is asked for behind the gate.",
    code=_GATE.format(**_GATE_DEFAULT | {"c": "0.5"}),
)
gate.wrong(
    "kept with the chances swapped",
    why="The order of the arguments.",
    message="You keep right texts with the chance of the wrong ones and the other way round: your gate lets the errors through.",
    code="def gate_report(wrong, keeps_wrong, keeps_right):\n    kept = keeps_right * (1 - wrong) + keeps_wrong * wrong\n    return keeps_wrong * wrong / kept, 1 / kept, keeps_right / (keeps_right + keeps_wrong)\n",
)


@gate.wrong(
    "written for each right one",
    why="Only right texts are of use.",
    message="Your second number counts the texts written for each *right* one that is kept. Asked is for each one that is kept.",
)
def gate_report(wrong, keeps_right, keeps_wrong):
    right = (1 - wrong) * keeps_right
    passed = wrong * keeps_wrong
    return passed / (passed + right), 1 / right, keeps_right / (keeps_right + keeps_wrong)


gate.right("one line each", code=_GATE.format(**_GATE_DEFAULT))


@gate.right("by odds")
def gate_report(wrong, keeps_right, keeps_wrong):
    odds = wrong / (1 - wrong) * keeps_wrong / keeps_right
    share = odds / (1 + odds)
    written = 1 / (keeps_right * (1 - wrong) * (1 + odds))
    return np.array([share, written, keeps_right / (keeps_right + keeps_wrong)])


# -------------------------------------------------------------------------------------------------------------- audit


def _audit_case(rng, count):
    corpora = corpora_with_all_kinds(rng, count)
    return Case(
        {"corpora": [{"rows": c.rows, "automated": first_days(c)} for c in corpora]},
        f"{count} corpora",
        {"undeclared": [sorted(c.undeclared) for c in corpora]},
    )


audit_question = Question(
    "13.audit",
    title="Provenance audit",
    objective="Find undeclared model texts by lineage, account dates and copies, without blaming the innocent.",
    points=4,
    answer="audit",
    probe="[list(answer(corpus)) for corpus in corpora]",
    judge="holdout.topics.safeguards.judges:audit",
    # Each corpus has 5% or more of its undeclared rows behind a copy, and as many three steps away: see `corpora_with_all_kinds`.
    # Measured over 40 seeds of 4 corpora, before these two were asked for, the smaller of precision and recall: careful audits 1.00; without copies 0.60 to
    # 0.87; without chains 0.52 to 0.84; without dates 0.45 to 0.75; copies in whatever order 0.69 to 0.90; without accounts
    # 0.33 to 0.68; everything below 0.6; nothing 0.
    parameters={"credit": [[0.97, 1.0], [0.93, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_audit_case(np.random.default_rng(4), 2)],
    hidden=lambda rng: [_audit_case(rng, 6)],
    hints=[
        "Look at the traced rows that your rules miss, and at those that they name wrongly: who wrote them and when, what is their parent, and does the same text stand elsewhere?",
        "What makes a text model text is always earlier, so sort by day and keep a set of the ids found: a parent in it is enough. Equal texts differ in capitals and spaces: `' '.join(text.lower().split())`.",
        "Of two equal texts, which was first? Keep a dict from words to the id of their *first* text; a later copy is model text if that id is.",
    ],
    passed="You follow the records, in their order, and you can show for each row why it is named. That is what makes an audit hold.",
)
_AUDIT = """
def audit(corpus):
    bad, first = set(), {{}}
    for row in sorted(corpus["rows"], key=lambda r: r["day"]):
        words = {words}
        first.setdefault(words, row["id"])
        since = corpus["automated"].get(row["writer"], 10**9)
        if row["source"] == "model" or {writer} or {parent} or {copy}:
            bad.add(row["id"])
    return [r["id"] for r in corpus["rows"] if r["source"] == "human" and r["id"] in bad]
"""
_AUDIT_DEFAULT = {
    "words": "' '.join(row['text'].lower().split())",
    "writer": "row['day'] >= since",
    "parent": "row['parent'] in bad",
    "copy": "first[words] in bad",
}
for _name, _why, _message, _code in (
    (
        "copies at the end, and nothing from there",
        "Three searches, one after the other: accounts, lineage, copies.",
        "You follow parents first and look for copies last. What was made from a copy is model text, too: after a new row was found, both kinds of evidence must be asked again.",
        """
    while True:
        more = {row["id"] for row in rows if row["parent"] in bad} - bad
        if not more:
            break
        bad |= more
    bad |= {row["id"] for row in rows if first[words(row)] in bad}
""",
    ),
    (
        "two rounds of search",
        "Twice through the table looks thorough.",
        "You go through the table twice. Some texts are three and more steps away from a model: go on until a round finds nothing new, or take the rows by day.",
        """
    for _ in range(2):
        bad |= {row["id"] for row in rows if row["parent"] in bad or first[words(row)] in bad}
""",
    ),
):
    audit_question.wrong(
        _name,
        why=_why,
        message=_message,
        code="""
def audit(corpus):
    def words(row):
        return " ".join(row["text"].lower().split())

    rows = sorted(corpus["rows"], key=lambda row: row["day"])
    first = {}
    for row in rows:
        first.setdefault(words(row), row["id"])
    since = corpus["automated"]
    bad = {row["id"] for row in rows if row["source"] == "model" or row["day"] >= since.get(row["writer"], 10**9)}
"""
        + _code
        + """
    return [row["id"] for row in rows if row["source"] == "human" and row["id"] in bad]
""",
    )
audit_question.wrong(
    "names everything",
    why="Then none is missed.",
    message="You name every row. Nobody can act on that list, and most of the people on it did nothing: precision counts as much as recall.",
    code="def audit(corpus):\n    return [row['id'] for row in corpus['rows']]\n",
)
audit_question.wrong(
    "trusts the declared column",
    why="The column is there for this.",
    message="You name nobody: you believe what the source column declares. The question is what it does not declare.",
    code="def audit(corpus):\n    return [r['id'] for r in corpus['rows'] if r['source'] == 'model' and r['source'] == 'human']\n",
)
audit_question.wrong(
    "one step of lineage",
    why="The parent's declared source is one look-up away.",
    message="You look at the parent's *declared* source only. A text whose parent is itself undeclared slips through: follow what you have found, over any number of steps.",
    code=_AUDIT.format(
        **_AUDIT_DEFAULT
        | {"parent": "any(r['id'] == row['parent'] and r['source'] == 'model' for r in corpus['rows'])"}
    ),
)
audit_question.wrong(
    "no accounts",
    why="A name of a person is a person.",
    message="You never look at when an account was automated. From that day on a bot wrote under a person's name.",
    code=_AUDIT.format(**_AUDIT_DEFAULT | {"writer": "False"}),
)
audit_question.wrong(
    "accounts without their date",
    why="The account is on the list.",
    message="You name all texts of an account that was ever automated, those from before included. A person wrote these: compare the day.",
    code=_AUDIT.format(**_AUDIT_DEFAULT | {"writer": "since < 10**9"}),
)
audit_question.wrong(
    "the day itself left out",
    why="*From* a day is read as *after* it.",
    message="You miss the texts of the very day from which a bot ran the account, and all that was made from them. That day is included.",
    code=_AUDIT.format(**_AUDIT_DEFAULT | {"writer": "row['day'] > since"}),
)
audit_question.wrong(
    "declared ones named, too",
    why="They are model text.",
    message="You find what is model text, and name the rows that are declared `model` as well. Nobody needs an audit for these: the list is of ids that are declared `human`.",
    code=_AUDIT.format(**_AUDIT_DEFAULT).replace('if r["source"] == "human" and r', "if r"),
)
audit_question.wrong(
    "no lineage",
    why="Writer and words are what one can see.",
    message="You never follow `parent`. What was translated, shortened or edited from a model text is model text.",
    code=_AUDIT.format(**_AUDIT_DEFAULT | {"parent": "False"}),
)
audit_question.wrong(
    "a parent that is not there",
    why="Unknown origin is suspicious.",
    message="You name texts whose parent is not in the corpus. That proves nothing about them.",
    code=_AUDIT.format(
        **_AUDIT_DEFAULT
        | {
            "parent": "row['parent'] in bad or row['parent'] is not None and row['parent'] not in {r['id'] for r in corpus['rows']}"
        }
    ),
)
audit_question.wrong(
    "in the order of the list",
    why="A loop over the rows.",
    message="You go through the rows as they stand, and they stand in no order: a text that comes before its parent, or before the first text with its words, is missed. Sort by day first.",
    code=_AUDIT.format(**_AUDIT_DEFAULT).replace(
        'sorted(corpus["rows"], key=lambda r: r["day"])', 'corpus["rows"]'
    ),
)
audit_question.wrong(
    "copies letter by letter",
    why="Equal texts are equal.",
    message="You compare texts letter by letter, so copies with other capitals or spaces pass as new. Normalise first.",
    code=_AUDIT.format(**_AUDIT_DEFAULT | {"words": "row['text']"}),
)
audit_question.wrong(
    "copies in whatever order",
    why="Equal to a model text means model text.",
    message="You name texts that equal a model text, even if the person wrote first and the model quoted it. In the traced corpora a text counts for whoever wrote it first.",
    code="""
def audit(corpus):
    def words(row):
        return " ".join(row["text"].lower().split())

    bad = set()
    for _ in range(30):
        said = {words(r) for r in corpus["rows"] if r["id"] in bad}
        for r in corpus["rows"]:
            late = r["day"] >= corpus["automated"].get(r["writer"], 10**9)
            if r["source"] == "model" or late or r["parent"] in bad or words(r) in said:
                bad.add(r["id"])
    return [r["id"] for r in corpus["rows"] if r["source"] == "human" and r["id"] in bad]
""",
)
audit_question.right("one pass, from a template", code=_AUDIT.format(**_AUDIT_DEFAULT))


@audit_question.right("pandas, repeated until nothing changes")
def audit(corpus):
    table = pd.DataFrame(corpus["rows"]).sort_values("day")
    table["words"] = table["text"].str.lower().str.split().str.join(" ")
    table["first"] = table.groupby("words")["id"].transform("first")
    since = table["writer"].map(corpus["automated"]).fillna(np.inf)
    bad = (table["source"] == "model") | (table["day"] >= since)
    while True:
        ids = set(table.loc[bad, "id"])
        more = bad | table["parent"].isin(ids) | table["first"].isin(ids)
        if (more == bad).all():
            return table.loc[bad & (table["source"] == "human"), "id"].tolist()
        bad = more


# -------------------------------------------------------------------------------------------------------------- share

_SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)


def _pilots(rng, count):
    pilots, costs = [], []
    for _ in range(count):
        p, tail = zipf(400, rng.uniform(0.7, 1.2)), 150
        tokens, generations = int(np.exp(rng.uniform(np.log(1500), np.log(20000)))), int(rng.integers(5, 30))
        true = np.array([expected_alive(p, tokens, generations, s)[tail:].mean() for s in _SHARES])
        wanted = float(round(true[0] + rng.uniform(0.1, 0.95) * (true[-1] - true[0]), 2))
        price = float(round(np.exp(rng.uniform(np.log(100), np.log(10_000)))))
        penalty = float(round(np.exp(rng.uniform(np.log(5), np.log(400)))))
        # chains differ half as much again as a tail of 250 independent tokens: one alone says little, the mean of twelve much
        noise = 1.5 * np.sqrt(true * (1 - true) / (len(p) - tail))
        sweep = [
            {
                "share": f"{s:.2f}",
                "tail_alive": [round(float(x), 4) for x in np.clip(rng.normal(t, e, 12), 0, 1)],
                "tail_mass": [round(float(x), 4) for x in p[tail:].sum() * np.exp(rng.normal(0, 0.05, 12))],
            }
            for s, t, e in zip(_SHARES, true, noise, strict=True)
        ]
        pilots.append({"sweep": sweep, "wanted": wanted, "price": price, "penalty": penalty})
        costs.append(
            {
                f"{s:.2f}": float(s * price + 100 * max(0.0, wanted - t) * penalty)
                for s, t in zip(_SHARES, true, strict=True)
            }
        )
    return Case({"pilots": pilots}, f"{count} pilots", {"costs": costs})


share = Question(
    "13.share",
    title="The smallest real share that holds the tail",
    objective="Choose a real share from a noisy sweep by the metric that sees the tail, and by its price.",
    points=3,
    answer="smallest_share",
    probe="[answer(pilot) for pilot in pilots]",
    judge="policy",
    # Measured over 6 seeds of 500 pilots: mean, median, trimmed mean and the mean less one standard error 0.005 to 0.028; a fixed
    # price 0.095 to 0.17, one chain or the lowest one above 0.1, a fixed penalty above 0.15, the others above 0.3. With 200 pilots
    # the median reached 0.067 on one seed.
    parameters={"credit": [[0.055, 1.0], [0.085, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_pilots(np.random.default_rng(5), 160)],
    hidden=lambda rng: [_pilots(rng, 500)],
    hints=[
        "Which of the two numbers sees a tail die? Average its twelve chains.",
        "Put both sides in euros: the texts that a share costs, and the percentage points still missing times the penalty.",
        "The cheapest sum wins; a share that misses by one point may be cheaper than the next one.",
    ],
    passed="You read the number that sees the tail, and let its price decide.",
)


@share.wrong(
    "by tail mass",
    why="The mass of the tail sounds like its health.",
    message="You decide by tail *mass*, which hardly differs between the shares: it is right on average while tail tokens die.",
)
def smallest_share(pilot):
    for row in pilot["sweep"]:
        if np.mean(row["tail_mass"]) >= 0.97 * np.mean(pilot["sweep"][-1]["tail_mass"]):
            return row["share"]
    return pilot["sweep"][-1]["share"]


@share.wrong(
    "always the largest",
    why="More real data cannot hurt.",
    message="You always take the largest share. It holds the tail, and you pay for texts that change nothing.",
)
def smallest_share(pilot):
    return pilot["sweep"][-1]["share"]


@share.wrong(
    "always a tenth",
    why="The lesson found 10%.",
    message="You always take 10%. That was the lesson's budget and tail; these pilots have others.",
)
def smallest_share(pilot):
    return "0.10"


@share.wrong(
    "all chains must hold",
    why="Better safe than sorry.",
    message="You ask every chain to reach what is wanted, at any price. The rule speaks of the mean, and the last point may cost more than its penalty: compare in euros.",
)
def smallest_share(pilot):
    for row in pilot["sweep"]:
        if min(row["tail_alive"]) >= pilot["wanted"]:
            return row["share"]
    return pilot["sweep"][-1]["share"]


@share.wrong(
    "the first whose mean holds",
    why="The smallest share that holds the tail is what the question is called.",
    message="You take the first share whose mean reaches what is wanted, at any price. Where it misses by one point, the penalty may be far below the price of the next share: compare in euros.",
)
def smallest_share(pilot):
    for row in pilot["sweep"]:
        if np.mean(row["tail_alive"]) >= pilot["wanted"]:
            return row["share"]
    return pilot["sweep"][-1]["share"]


@share.wrong(
    "the cheapest",
    why="Nothing real costs nothing.",
    message="You never pay for a real text. What is missing of the tail is charged by the percentage point.",
)
def smallest_share(pilot):
    return pilot["sweep"][0]["share"]


_SHARE = """
def smallest_share(pilot):
    def cost(row):
        missing = max(0, pilot["wanted"] - {alive})
        return float(row["share"]) * {price} + {points} * {penalty}

    return min(pilot["sweep"], key=cost)["share"]
"""
_SHARE_DEFAULT = {
    "alive": "np.mean(row['tail_alive'])",
    "price": "pilot['price']",
    "points": "100 * missing",
    "penalty": "pilot['penalty']",
}
for _name, _why, _message, _change in (
    (
        "a fixed penalty",
        "A missing point is a missing point.",
        "You do not use `penalty`. A missing point costs 5 euros in some pilots and 400 in others.",
        {"penalty": "60"},
    ),
    (
        "a fixed price",
        "A text is a text.",
        "You do not use `price`. Real texts cost a hundred times more in some pilots than in others.",
        {"price": "2000"},
    ),
    (
        "the first chain",
        "One number for each share is easy to read.",
        "You read one chain of the twelve. One chain alone is noisy; the text asks for the mean.",
        {"alive": "row['tail_alive'][0]"},
    ),
    (
        "the lowest chain, in euros",
        "The worst case is the safe one.",
        "You price what the *lowest* of twelve chains is short of. The penalty is for the mean; the lowest of many is always far below it.",
        {"alive": "min(row['tail_alive'])"},
    ),
    (
        "the highest chain, in euros",
        "It shows what is possible.",
        "You price what the *highest* of twelve chains is short of. The penalty is for the mean, which is well below it.",
        {"alive": "max(row['tail_alive'])"},
    ),
    (
        "shares instead of points",
        "The difference of two shares is at hand.",
        "You charge the penalty for a whole 1.00 instead of for each percentage point: from 0.50 to 0.45 are five.",
        {"points": "missing"},
    ),
    (
        "one penalty whenever it is short",
        "A penalty is paid once.",
        "You charge the penalty once, however much is missing. It is per percentage point.",
        {"points": "(missing > 0)"},
    ),
):
    share.wrong(_name, why=_why, message=_message, code=_SHARE.format(**_SHARE_DEFAULT | _change))
share.right(
    "a standard error below the mean",
    code=_SHARE.format(
        **_SHARE_DEFAULT
        | {"alive": "(np.mean(row['tail_alive']) - np.std(row['tail_alive'], ddof=1) / 12**0.5)"}
    ),
)
share.right(
    "trimmed mean",
    code=_SHARE.format(**_SHARE_DEFAULT | {"alive": "np.mean(sorted(row['tail_alive'])[2:-2])"}),
)


@share.right("median of the chains")
def smallest_share(pilot):
    costs = {}
    for row in pilot["sweep"]:
        missing = max(0, pilot["wanted"] - np.median(row["tail_alive"]))
        costs[row["share"]] = float(row["share"]) * pilot["price"] + missing * 100 * pilot["penalty"]
    return min(costs, key=costs.get)


@share.right("pandas, monotone")
def smallest_share(pilot):
    table = pd.DataFrame(pilot["sweep"])
    alive = table["tail_alive"].map(np.mean)
    alive = (alive.cummax() + alive[::-1].cummin()[::-1]) / 2
    cost = table["share"].astype(float) * pilot["price"]
    cost += (pilot["wanted"] - alive).clip(lower=0) * 100 * pilot["penalty"]
    return table["share"].iloc[int(cost.to_numpy().argmin())]


# ----------------------------------------------------------------------------------------------------------- controls


def _outcome(case, real, gate, kept_right, kept_wrong):
    bias = case["gate_bias"] if gate else case["bias"]
    v = 1.0
    for _ in range(case["generations"]):
        v = real + (1 - real) * bias * v
    wrong = case["wrong"]
    if gate:
        wrong = kept_wrong * wrong / (kept_wrong * wrong + kept_right * (1 - wrong))
    return (1 - v) * case["diversity_value"] + (1 - real) * wrong * case["error_cost"]


def _pipelines(rng, count):
    seen, costs = [], []
    for _ in range(count):
        bias = float(rng.uniform(0.75, 0.995))
        undeclared = float(rng.choice([0.0, 0.1, 0.5, 0.85]))
        kept_right, kept_wrong = float(rng.uniform(0.2, 0.98)), float(rng.uniform(0.05, 0.7))
        case = {
            "generations": int(rng.integers(1, 7)),
            "bias": round(bias, 3),
            "gate_bias": round(bias * float(rng.uniform(0.8, 1.0)), 3),
            "reservoir_share": float(round(rng.uniform(0.1, 0.5), 2)),
            "wrong": float(round(rng.uniform(0.02, 0.5), 2)),
            "diversity_value": float(round(rng.uniform(20, 200)) * 1000),
            "error_cost": float(round(rng.uniform(20, 200)) * 1000),
            "reservoir_price": float(round(rng.uniform(1, 25)) * 1000),
            "gate_price": float(round(rng.uniform(1, 15)) * 1000),
            "audit": {"checked": 800, "undeclared": int(rng.binomial(800, undeclared))},
            "trial": {
                "right_shown": 1000,
                "right_kept": int(rng.binomial(1000, kept_right)),
                "wrong_shown": 1000,
                "wrong_kept": max(1, int(rng.binomial(1000, kept_wrong))),
            },
        }
        real = case["reservoir_share"] * (1 - undeclared)
        costs.append(
            {
                name: float(
                    _outcome(case, real if reservoir else 0.0, gated, kept_right, kept_wrong)
                    + reservoir * case["reservoir_price"]
                    + gated * case["gate_price"]
                )
                for name, reservoir, gated in (
                    ("none", 0, 0),
                    ("reservoir", 1, 0),
                    ("gate", 0, 1),
                    ("both", 1, 1),
                )
            }
        )
        seen.append(case)
    return Case({"pipelines": seen}, f"{count} pipelines", {"costs": costs})


controls = Question(
    "13.controls",
    title="Which controls?",
    objective="Order the controls that pay, from an audit, a trial and prices.",
    points=4,
    answer="recommend_controls",
    probe="[answer(pipeline) for pipeline in pipelines]",
    judge="policy",
    # Measured over 4 seeds of 250 pipelines: good rules 0.000 to 0.002; one generation too many 0.027 to 0.061, never both 0.034 to
    # 0.10, never the gate 0.036 to 0.081, four generations for all 0.051 to 0.15, one too few 0.067 to 0.13, errors not diluted by real
    # texts 0.10 to 0.16, a gate that keeps all right texts or a fixed share of wrong ones above 0.12.
    parameters={"credit": [[0.01, 1.0], [0.02, 0.5]]},
    partial=True,
    judgement=True,
    visible=[_pipelines(np.random.default_rng(15), 150)],
    hidden=lambda rng: [_pipelines(rng, 250)],
    hints=[
        "Write the cost of one choice in euros: prices, variance lost, wrong texts. Then take the cheapest of four.",
        "The audit says which part of the supply is truly real; the trial says what the gate keeps of right and of wrong texts.",
        "Behind the gate the variance shrinks by gate_bias, and the wrong share is what is left *among the kept*.",
    ],
    passed="Each control is paid for what it repairs, at the strength that was measured.",
)
_CONTROLS = """
def recommend_controls(pipeline):
    p = pipeline
    trial = p["trial"]
    best, cheapest = None, float("inf")
    for name in ("none", "reservoir", "gate", "both"):
        gate, reservoir = name in ("gate", "both"), name in ("reservoir", "both")
        real = {real} if reservoir else 0
        bias = {gate_bias} if gate else p["bias"]
        v = 1
        for _ in range(p["generations"]):
            v = real + (1 - real) * bias * v
        right = (1 - p["wrong"]) * trial["right_kept"] / trial["right_shown"]
        wrong = p["wrong"] * trial["wrong_kept"] / trial["wrong_shown"]
        share = {gated} if gate else p["wrong"]
        cost = {diversity} + (1 - real) * share * p["error_cost"] + {price}
        if cost < cheapest:
            best, cheapest = name, cost
    return best
"""
_CONTROLS_DEFAULT = {
    "real": "p['reservoir_share'] * (1 - p['audit']['undeclared'] / p['audit']['checked'])",
    "gate_bias": "p['gate_bias']",
    "gated": "wrong / (wrong + right)",
    "diversity": "(1 - v) * p['diversity_value']",
    "price": "gate * p['gate_price'] + reservoir * p['reservoir_price']",
}
controls.wrong(
    "believes the supply",
    why="The supply is called real.",
    message="You count the whole supply as real. The audit found undeclared model texts in some of them: there you pay for a reservoir that holds little.",
    code=_CONTROLS.format(**_CONTROLS_DEFAULT | {"real": "p['reservoir_share']"}),
)
controls.wrong(
    "a gate costs no diversity",
    why="A gate only removes errors.",
    message="You let the gate keep the variance as it was. Behind the gate it shrinks by `gate_bias`, faster than without.",
    code=_CONTROLS.format(**_CONTROLS_DEFAULT | {"gate_bias": "p['bias']"}),
)
controls.wrong(
    "correctness only",
    why="Quality reports show correctness.",
    message="You weigh errors against prices and leave diversity out. What is no longer written is no error, and the corpus loses its value all the same.",
    code=_CONTROLS.format(**_CONTROLS_DEFAULT | {"diversity": "0"}),
)
controls.wrong(
    "controls for nothing",
    why="Safety first, prices later.",
    message="You leave the prices out. A control that saves less than it costs is a loss too.",
    code=_CONTROLS.format(**_CONTROLS_DEFAULT | {"price": "0"}),
)
controls.wrong(
    "a perfect gate",
    why="A verifier removes what is wrong.",
    message="You assume that nothing wrong passes the gate. The trial counted how many wrong texts it kept.",
    code=_CONTROLS.format(**_CONTROLS_DEFAULT | {"gated": "0"}),
)
controls.wrong(
    "always both",
    why="Two controls are better than one.",
    message="You order both whatever the pipeline is. Look at the audit, the trial and the prices.",
    code="def recommend_controls(pipeline):\n    return 'both'\n",
)
controls.wrong(
    "all right texts pass the gate",
    why="A verifier removes what is wrong.",
    message="You let all right texts through the gate. Where it keeps few of them, the wrong ones that pass are a larger share of what is left.",
    code=_CONTROLS.format(**_CONTROLS_DEFAULT | {"gated": "wrong / (wrong + 1 - p['wrong'])"}),
)
controls.wrong(
    "not among the kept",
    why="The trial says what share of the wrong texts passes.",
    message="You take the wrong texts that pass as a share of all that were *written*. Trained on are the kept ones: divide by them.",
    code=_CONTROLS.format(**_CONTROLS_DEFAULT | {"gated": "wrong"}),
)
for _name, _steps, _message in (
    (
        "one generation too few",
        "range(1, p['generations'])",
        "You count one generation less than will run: the variance starts at 1 and is multiplied `generations` times.",
    ),
    (
        "one generation too many",
        "range(p['generations'] + 1)",
        "You count one generation more than will run: the variance starts at 1 and is multiplied `generations` times.",
    ),
    (
        "where it settles",
        "range(400)",
        "You compute where the variance settles in the end. The loop runs for `generations` only, and is then far above it.",
    ),
):
    controls.wrong(
        _name,
        why="The length of the loop seems to matter little.",
        message=_message,
        code=_CONTROLS.format(**_CONTROLS_DEFAULT).replace('range(p["generations"])', _steps),
    )
controls.wrong(
    "errors as if no text were real",
    why="The share of wrong texts is that of the output.",
    message="You charge the errors for the whole training set. Truly real texts are right: only the rest is own output.",
    code=_CONTROLS.format(**_CONTROLS_DEFAULT).replace("(1 - real) * share", "share"),
)
for _left, _message in (
    (
        "both",
        "You never order both. Where the corpus is worth much, each control pays for what the other cannot repair.",
    ),
    (
        "none",
        "You always order something. A control that saves less than it costs is a loss.",
    ),
):
    controls.wrong(
        f"never {_left}",
        why="Three choices are enough.",
        message=_message,
        code=_CONTROLS.format(**_CONTROLS_DEFAULT).replace(
            'in ("none", "reservoir", "gate", "both"):',
            f"in {tuple(name for name in ('none', 'reservoir', 'gate', 'both') if name != _left)}:",
        ),
    )


@controls.wrong(
    "the mixture of the trial",
    why="The trial shows directly what passes.",
    message="You take the wrong ones among what the trial *kept*. How many wrong ones the trial showed somebody chose; what passes depends on how many are wrong in this pipeline (`wrong`): take two rates from the trial.",
)
def recommend_controls(pipeline):
    trial, audited = pipeline["trial"], pipeline["audit"]
    let_through = trial["wrong_kept"] / (trial["wrong_kept"] + trial["right_kept"])
    truly_real = pipeline["reservoir_share"] * (1 - audited["undeclared"] / audited["checked"])

    def cost(name):
        e = truly_real if name in ("reservoir", "both") else 0.0
        gate = name in ("gate", "both")
        bias = pipeline["gate_bias" if gate else "bias"]
        variance = 1.0
        for _ in range(pipeline["generations"]):
            variance = e + (1 - e) * bias * variance
        total = pipeline["diversity_value"] * (1 - variance)
        total += pipeline["error_cost"] * (1 - e) * (let_through if gate else pipeline["wrong"])
        total += pipeline["gate_price"] if gate else 0
        return total + (pipeline["reservoir_price"] if name in ("reservoir", "both") else 0)

    return min(("none", "reservoir", "gate", "both"), key=cost)


controls.right("a loop over four names", code=_CONTROLS.format(**_CONTROLS_DEFAULT))
controls.right(
    "counts smoothed by one half",
    code=_CONTROLS.format(
        **_CONTROLS_DEFAULT
        | {
            "real": "p['reservoir_share'] * (1 - (p['audit']['undeclared'] + 0.5) / (p['audit']['checked'] + 1))"
        }
    ),
)

# ------------------------------------------------------------------------------------------------------------- policy

_STATED = ("tail support over first release", "share of texts correct", "audited days ago")


def _releases(rng, title=""):
    """Sixteen releases; of each number some lie beside their limit, some exactly on it, some are missing."""
    releases = []
    for _ in range(16):
        n = int(rng.choice([20, 40, 50]))
        unknown, fresh = int(rng.integers(1, n // 4)), int(rng.integers(2, n // 2))
        if rng.random() < 0.25:
            unknown = 0
        sources = ["real"] * fresh + ["unknown"] * unknown + ["model"] * (n - fresh - unknown)
        rows = [[f"text {i}", sources[j]] for i, j in enumerate(rng.permutation(n).tolist())]
        # between the share of all rows and the share of the known ones, or on the first: who counts otherwise decides otherwise
        known = fresh / (n - unknown)
        share_limits = (fresh / n, (fresh / n + known) / 2, fresh / n - 0.03, known + 0.05)
        unknown_limits = (unknown / n, unknown / n - 0.01, unknown / n + 0.04)
        policy = {
            "fresh real share": ["at least", float(rng.choice(share_limits))],
            "unknown provenance": ["at most", float(rng.choice(unknown_limits))],
            "tail support over first release": ["at least", 0.5],
            "share of texts correct": ["at least", 0.9],
            "audited days ago": ["at most", 90],
        }
        names = [str(name) for name in rng.permutation(list(policy))]
        stated = {
            "fresh real share": 0.9,
            "unknown provenance": 0.0,
            "tail support over first release": float(rng.choice([0.3, 0.5, 0.7])),
            "share of texts correct": float(rng.choice([0.85, 0.9, 0.98])),
            "audited days ago": int(rng.choice([0, 20, 90, 200])),
        }
        for name in _STATED:
            fate = rng.random()
            if fate < 0.15:
                del stated[name]
            elif fate < 0.3:
                stated[name] = None
        releases.append({"policy": {name: policy[name] for name in names}, "rows": rows, "stated": stated})
    return Case({"releases": releases}, title)


policy_question = Question(
    "13.policy",
    title="A policy that a machine checks",
    objective="Check a policy on a training set: count what can be counted, and let what was not measured break its rule.",
    points=2,
    answer="broken_rules",
    probe="[list(answer(one['policy'], one['rows'], one['stated'])) for one in releases]",
    visible=[_releases(np.random.default_rng(14), "16 releases")],
    hidden=lambda rng: [_releases(rng) for _ in range(2)],
    hints=[
        "Make one dict of all numbers first: what is stated, then the two that you count on top of it.",
        "A share is of *all* rows: `sum(source == 'real' for _, source in rows) / len(rows)`.",
        "`numbers.get(name)` is `None` for what is missing and for what is `None`; both break the rule. Then `>=` or `<=`, by the kind.",
    ],
    passed="Counted, not believed; and whoever measures nothing breaks everything.",
)
_POLICY = """
def broken_rules(policy, rows, stated):
    sources = [source for _, source in rows]
    numbers = {numbers}
    broken = []
    for name in {names}:
        kind, limit = policy[name]
        value = numbers.get(name)
        if value is None:
            {missing}
        elif not ({kept}):
            broken.append(name)
    return broken
"""
_POLICY_DEFAULT = {
    "numbers": "{**stated, 'fresh real share': sources.count('real') / len(sources), 'unknown provenance': sources.count('unknown') / len(sources)}",
    "names": "policy",
    "missing": "broken.append(name)",
    "kept": "value >= limit if kind == 'at least' else value <= limit",
}
policy_question.wrong(
    "missing is fine",
    why="What is not there cannot be wrong.",
    message="You let a rule pass whose number is missing or None. Then the cheapest way to comply is to measure nothing.",
    code=_POLICY.format(**_POLICY_DEFAULT | {"missing": "continue"}),
)
policy_question.wrong(
    "believes what is stated",
    why="The number is already there.",
    message="You take the two shares from `stated`. The rows are in your hands: count them.",
    code=_POLICY.format(**_POLICY_DEFAULT | {"numbers": "dict(stated)"}),
)
policy_question.wrong(
    "unknown counts as real",
    why="What is not the model's must be people's.",
    message="You count unknown rows as real. Unknown is a third value: nobody can show that a person wrote them.",
    code=_POLICY.format(
        **_POLICY_DEFAULT
        | {
            "numbers": _POLICY_DEFAULT["numbers"].replace(
                "sources.count('real')", "(len(sources) - sources.count('model'))"
            )
        }
    ),
)
policy_question.wrong(
    "unknown left out",
    why="Of unknown rows one cannot say anything.",
    message="You divide the real rows by those whose source is known. The share is of *all* rows, or every row without a source makes the set look better.",
    code=_POLICY.format(
        **_POLICY_DEFAULT
        | {
            "numbers": _POLICY_DEFAULT["numbers"].replace(
                "sources.count('real') / len(sources)",
                "sources.count('real') / (len(sources) - sources.count('unknown'))",
            )
        }
    ),
)
policy_question.wrong(
    "the limit itself is broken",
    why="> or >=?",
    message="You let a number that lies exactly at its limit break the rule. *At least* and *at most* include the limit.",
    code=_POLICY.format(
        **_POLICY_DEFAULT | {"kept": "value > limit if kind == 'at least' else value < limit"}
    ),
)
policy_question.wrong(
    "every rule is at least",
    why="The first rule of the policy is.",
    message="You read every rule as *at least*. Of unknown rows and of days since the audit there must not be too many: look at the kind.",
    code=_POLICY.format(**_POLICY_DEFAULT | {"kept": "value >= limit"}),
)
policy_question.wrong(
    "another order",
    why="A sorted list is easy to read.",
    message="You name the right rules in another order than the policy's.",
    code=_POLICY.format(**_POLICY_DEFAULT | {"names": "sorted(policy)"}),
)
policy_question.wrong(
    "zero is missing",
    why="`if not value` asks for both.",
    message="You treat a number that is 0 as missing. No unknown rows at all, or an audit today, is measured, and keeps its rule.",
    code=_POLICY.format(**_POLICY_DEFAULT).replace("if value is None:", "if not value:"),
)
policy_question.wrong(
    "missing is zero",
    why="get(name, 0) needs no branch.",
    message="You take 0 for a number that is missing. Then nobody needs to say when the last audit was: 0 days is within every *at most*.",
    code=_POLICY.format(**_POLICY_DEFAULT).replace("numbers.get(name)", "numbers.get(name) or 0"),
)
policy_question.right("one template", code=_POLICY.format(**_POLICY_DEFAULT))


@policy_question.right("pandas, with a sign for the kind")
def broken_rules(policy, rows, stated):
    counted = pd.Series([source for _, source in rows]).value_counts(normalize=True)
    numbers = dict(stated)
    numbers["fresh real share"] = counted.get("real", 0.0)
    numbers["unknown provenance"] = counted.get("unknown", 0.0)
    sign = {"at least": 1, "at most": -1}
    return [
        name
        for name, (kind, limit) in policy.items()
        if numbers.get(name) is None or sign[kind] * (numbers[name] - limit) < 0
    ]


# ------------------------------------------------------------------------------------------------------------- say it

say_it = sentence_choice(
    "13.say_it",
    objective="Say which control repairs what.",
    right="a",
    wrong={
        "b": Misreading(
            "the gate keeps it alive",
            why="98% is the best number on the page.",
            message="98% is about what is still written. Of 106 tail facts 12 are left behind that gate.",
        ),
        "c": Misreading(
            "real texts make it worse",
            why="76 is less than 98.",
            message="The 76% lack a *gate*, not fewer real texts. Real texts held 59 tail facts where the gate left 12.",
        ),
        "d": Misreading(
            "never",
            why="The headlines say so.",
            message="The run with 30% real texts trains on 70% model texts and holds about half of the tail. 'Must not' is not what was measured.",
        ),
    },
    hints=[
        "There are two numbers for each way of training. Which control moved which?",
        "Look for the sentence that explains all four numbers.",
        "Errors and tail are two things, and one control for each.",
    ],
    passed="Two controls, two numbers, and no verdict that goes beyond them.",
)

QUESTIONS = [mix, settles, gate, audit_question, share, controls, policy_question, say_it]
