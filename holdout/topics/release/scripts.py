"""Short analysis scripts with planted faults, for the review of code in exercise 14.

A script reads a table, splits it, fits a model and prints a score. Each fault has several spellings, and each has a twin
that looks like it and is none: whether a line is a fault is decided by what its tables hold at that point. Nothing here
runs a script or judges a review.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

CODE_FAULTS = {
    "answer among the features": "a column known only afterwards, or computed from one, is among the features",
    "fitted on test rows": "a step or the model is fitted on rows of the test part, and the score is printed after that",
    "random split of time": "the table has a date, and its rows are split at random",
    "same rows on both sides": "rows of one group are split at random, or rows are copied before a random split",
    "chosen on test rows": "a setting, a model or a threshold is chosen by a score on the test rows",
    "best seed reported": "models that differ in their seed only are scored on the test rows, and the best score is printed",
}
"""Faults that `make_script` plants, each with what it means."""

FORMS = {
    "answer among the features": ("listed", "left in", "computed"),
    "fitted on test rows": ("fit_transform", "fit and transform", "encoder", "both parts", "model"),
    "random split of time": (
        "function",
        "row numbers",
        "mask",
        "sorted, function",
        "sorted, row numbers",
        "sorted, mask",
    ),
    "same rows on both sides": (
        "groups, function",
        "groups, stratify",
        "groups, row numbers",
        "groups, mask",
        "copies, concat",
        "copies, sample",
        "copies, repeat",
    ),
    "chosen on test rows": ("dict", "loop", "threshold"),
    "best seed reported": (
        "list, max",
        "list, np.max",
        "list, sorted",
        "loop, max",
        "loop, np.max",
        "loop, sorted",
    ),
}
"""Forms of each fault: a planted fault has one of them."""

COPIES_BEFORE = ("dated table", "function", "row numbers", "mask")
"""What may follow rows that are copied: a random split of time, and any form of a random split."""

LOOK_ALIKES = {
    "answer among the features": (
        "removed from the list",
        "dropped from the table",
        "left out",
        "only printed",
        "computed from known columns",
        "target",
    ),
    "fitted on test rows": (
        "training rows",
        "another table",
        "comment",
        "after the report",
        "after the report, rows saved",
        "after the report, a word printed",
        "region mapped",
    ),
    "random split of time": (
        "date, mask",
        "date, direct",
        "date, unshuffled",
        "no date, function",
        "no date, row numbers",
        "no date, mask",
        "groups at random",
        "groups kept together",
        "rows drawn",
        "rows printed",
    ),
    "same rows on both sides": (
        "training part, concat",
        "training part, sample",
        "training part, repeat",
        "rows drawn",
        "rows printed",
        "another table appended",
        "group, function",
        "group, mask",
        "no group, no copies",
        "date, no copies",
    ),
    "chosen on test rows": (
        "validation, dict",
        "validation, loop",
        "validation, threshold",
        "seed of the validation rows",
        "thresholds printed",
        "largest probability",
        "best seed",
        "mean of seeds",
    ),
    "best seed reported": (
        "mean",
        "median",
        "sum",
        "seed of the validation rows",
        "thresholds printed",
        "largest probability",
    ),
}
"""Lines for each fault that look like it and are none, by which a rule may be taken in."""

MOST_LINES = 60

LONGEST_RANGE = 5
"""Lines that a finding may span at most."""

_DRAWN_FOR_ONE = 8
"""Scripts that are drawn for each of a set; the one with the rarest forms and look-alikes is kept."""


@dataclass(frozen=True)
class Script:
    """An analysis script and what is wrong with it.

    Attributes
    ----------
    lines : tuple of str
        One statement per line, without line ends.
    planted : tuple of (int, int, str)
        First and last line (from 1, both included) and a key of `CODE_FAULTS`.
    forms : frozenset of (str, str)
        Each planted fault with its form, of `FORMS`; for copied rows also with what follows, of `COPIES_BEFORE`.
    look_alikes : frozenset of (str, str)
        Faults, each with a line that looks like it and is none, of `LOOK_ALIKES`.
    """

    lines: tuple[str, ...]
    planted: tuple[tuple[int, int, str], ...]
    forms: frozenset[tuple[str, str]] = frozenset()
    look_alikes: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class _Domain:
    noun: str
    target: str
    before: tuple[str, ...]
    after: tuple[str, str]
    date: str
    group: str


_DOMAINS = (
    _Domain(
        "parcels", "late", ("weight_kg", "km", "stops", "hour"), ("refund_eur", "calls"), "day", "courier"
    ),
    _Domain(
        "stays",
        "readmitted",
        ("age", "drugs", "pulse", "wards"),
        ("bill_eur", "visits"),
        "admitted",
        "patient",
    ),
    _Domain(
        "loans",
        "default",
        ("income", "years", "amount", "debts"),
        ("reminders", "fees_eur"),
        "opened",
        "client",
    ),
    _Domain(
        "flights", "delayed", ("seats", "miles", "legs", "hour"), ("taxi_min", "rebooked"), "date", "aircraft"
    ),
    _Domain(
        "orders",
        "returned",
        ("price", "items", "rating", "size"),
        ("label_cost", "chats"),
        "ordered",
        "buyer",
    ),
    _Domain(
        "machines", "failed", ("hours", "load", "heat", "age"), ("repair_h", "parts_eur"), "week", "machine"
    ),
)

_PARTS = (
    ("train", "test", "core", "valid"),
    ("older", "newer", "oldest", "middle"),
    ("fit_rows", "held_out", "fit_part", "tuning"),
    ("part_a", "part_b", "part_a1", "part_a2"),
    ("learn", "judge", "study", "rehearse"),
)
_INPUTS = (
    ("X_train", "y_train", "X_test", "y_test", "X_valid", "y_valid"),
    ("Xa", "ya", "Xb", "yb", "Xv", "yv"),
    ("inputs", "labels", "new_inputs", "new_labels", "mid_inputs", "mid_labels"),
)
_MODELS = (
    ("LogisticRegression(max_iter=1000)", "from sklearn.linear_model import LogisticRegression"),
    ("GaussianNB()", "from sklearn.naive_bayes import GaussianNB"),
    ("DecisionTreeClassifier(max_depth=4)", "from sklearn.tree import DecisionTreeClassifier"),
)
_STEPS = (
    ("scaler", "StandardScaler()", "from sklearn.preprocessing import StandardScaler"),
    ("imputer", 'SimpleImputer(strategy="median")', "from sklearn.impute import SimpleImputer"),
    ("squeeze", "MinMaxScaler()", "from sklearn.preprocessing import MinMaxScaler"),
)
_BEST = {"max": "max(results)", "np.max": "np.max(results)", "sorted": "sorted(results)[-1]"}
_FAIR = {"mean": "np.mean(results)", "median": "np.median(results)", "sum": "sum(results) / len(results)"}
_SPLIT = "from sklearn.model_selection import train_test_split"
_GROUPS = "from sklearn.model_selection import GroupShuffleSplit"
_TREE = "from sklearn.tree import DecisionTreeClassifier"
_LOGISTIC = "from sklearn.linear_model import LogisticRegression"
_FOREST = "from sklearn.ensemble import ExtraTreesClassifier"


def make_script(
    rng: np.random.Generator, faults: Collection[str] | Mapping[str, str] | None = None
) -> Script:
    """Draw a script; each fault is planted in about three of ten unless told otherwise.

    Parameters
    ----------
    rng : numpy.random.Generator
    faults : collection of str, or mapping of str to str, optional
        Exactly these are planted, keys of `CODE_FAULTS`. A mapping gives for each the form that it has, of `FORMS`.

    Returns
    -------
    Script
        Of 20 to 60 lines, which Python can parse and run.

    Raises
    ------
    ValueError
        If a fault or a form is unknown, or if rows of groups are to be split by chance in a table that has a date.
    """
    for name in faults or ():
        if name not in CODE_FAULTS:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(CODE_FAULTS)}")
    forms = faults if isinstance(faults, Mapping) else {}
    for name, form in forms.items():
        if form not in FORMS[name]:
            raise ValueError(f"{name!r} has no form {form!r}; it has {', '.join(FORMS[name])}")
    if "random split of time" in forms and forms.get("same rows on both sides", "").startswith("groups"):
        raise ValueError("no table has both a date and a group")
    while True:
        script = _Writer(rng, faults, forms).script()
        if len(script.lines) <= MOST_LINES:
            return script


def make_scripts(rng: np.random.Generator, n_scripts: int, least: float) -> list[Script]:
    """Draw scripts in which nothing is rare.

    Whoever misses one form of a fault has a recall below `least` for it, and whoever takes one look-alike for the fault a
    precision below `least`, however well they do otherwise.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_scripts : int
        At least 40.
    least : float
        At least 0.9: with seven forms of a fault, one is a seventh of it.

    Returns
    -------
    list of Script
        Each fault is planted in about three of ten, in all of its forms equally often.

    Raises
    ------
    ValueError
        If there are fewer than 40 scripts, or `least` is below 0.9: too few to hold everything.
    """
    if n_scripts < 40 or least < 0.9:
        raise ValueError(f"{n_scripts} scripts and a share of {least}: at least 40 and 0.9 are needed")
    while True:
        scripts: list[Script] = []
        seen: Counter[tuple[str, str]] = Counter()
        for plan in _plans(rng, n_scripts):
            drawn = [make_script(rng, plan) for _ in range(_DRAWN_FOR_ONE)]
            kept = max(
                drawn, key=lambda one: sum(0.5 ** seen[what] for what in sorted(one.look_alikes | one.forms))
            )
            scripts.append(kept)
            seen.update(kept.look_alikes | kept.forms)
        if not omissions_within(scripts, least):
            return scripts


def omissions_within(scripts: Collection[Script], least: float) -> list[str]:
    """Single omissions after which precision and recall of a fault are still `least` or more.

    Parameters
    ----------
    scripts : collection of Script
    least : float

    Returns
    -------
    list of str
        ``"FAULT misses FORM"`` and ``"FAULT claims LOOK-ALIKE"``: a review that is right but for this finds that fault reliably.
    """
    planted = Counter(fault for script in scripts for _, _, fault in script.planted)
    forms = Counter(what for script in scripts for what in script.forms)
    claimed = Counter(what for script in scripts for what in script.look_alikes)
    same = "same rows on both sides"
    all_forms = FORMS | {same: (*FORMS[same], *(f"copies before: {what}" for what in COPIES_BEFORE))}
    return [
        f"{fault} misses {form}"
        for fault in FORMS
        for form in all_forms[fault]
        if planted[fault] - forms[fault, form] >= least * planted[fault]
    ] + [
        f"{fault} claims {what}"
        for fault in LOOK_ALIKES
        for what in LOOK_ALIKES[fault]
        if planted[fault] >= least * (planted[fault] + claimed[fault, what])
    ]


def _plans(rng, n_scripts):
    """Faults and forms of each script: all forms of a fault equally often, half of the copies in tables with a date."""
    time, same = "random split of time", "same rows on both sides"
    plans: list[dict[str, str]] = [{} for _ in range(n_scripts)]
    dealt = {
        fault: [form for form in forms for _ in range(round(0.3 * n_scripts / len(forms)))]
        for fault, forms in FORMS.items()
    }
    for fault, forms in dealt.items():
        places = rng.permutation(n_scripts)
        if fault == time:
            places = np.arange(n_scripts)
            forms = rng.permutation(forms)
        elif fault == same:
            copies = [form for form in forms if form.startswith("copies")]
            groups = [form for form in forms if form.startswith("groups")]
            forms = [*rng.permutation(copies), *groups]
            places = np.arange(len(dealt[time]) - len(copies) // 2, n_scripts)
        for place, form in zip(places, forms, strict=False):
            plans[place][fault] = str(form)
    return [plans[place] for place in rng.permutation(n_scripts)]


def names(line: str) -> tuple[set[str], set[str]]:
    """Names that a line of a script writes, and names that it reads.

    ``table["x"] = ...`` and ``scores.append(...)`` write `table` and `scores`. Comments, and names in quotes, are no names.

    Parameters
    ----------
    line : str

    Returns
    -------
    written, read : set of str
        Both empty for a line that is no statement of its own, such as ``else:``.
    """
    code = line.strip()
    try:
        tree = ast.parse(f"{code} pass" if code.endswith(":") else code)
    except SyntaxError:
        return set(), set()
    written: set[str] = set()
    read: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (written if isinstance(node.ctx, ast.Store) else read).add(node.id)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            written.update(part.id for part in ast.walk(node.value) if isinstance(part, ast.Name))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute) and function.attr == "append":
                written.update(part.id for part in ast.walk(function.value) if isinstance(part, ast.Name))
    return written, read


def _quoted(columns):
    return "[" + ", ".join(f'"{column}"' for column in columns) + "]"


class _Writer:
    """Writes one script: `body` below the imports, `planted` with line numbers within the body from 0."""

    def __init__(self, rng, faults, forms):
        self.rng = rng
        self.domain = self.pick(_DOMAINS)
        self.kind, self.faults = self.draw_faults(faults, forms)
        self.table = self.pick(("df", "data", "rows", self.domain.noun))
        self.train, self.test, self.core, self.valid = self.pick(_PARTS)
        names_of_inputs = self.pick(_INPUTS)
        self.X, self.y, self.X_test, self.y_test, self.X_valid, self.y_valid = names_of_inputs
        self.model, self.model_import = self.pick(_MODELS)
        self.seed = "SEED" if self.chance(0.4) else "0"
        self.body, self.planted, self.imports = [], [], set()
        self.planned, self.forms, self.look_alikes = forms, set(), set()
        self.known = {column: "before" for column in self.domain.before}
        self.known |= {column: "after" for column in self.domain.after}
        # how the test rows are fitted on; a region is there to be encoded
        self.fit = self.pick_form("fitted on test rows")
        self.region = (self.has("fitted on test rows") and self.fit == "encoder") or self.chance(0.2)
        self.other_table = self.pick(("none", "appended", "fitted", "fitted"))

    # -- drawing

    def pick(self, options):
        return options[int(self.rng.integers(len(options)))]

    def chance(self, probability):
        return bool(self.rng.random() < probability)

    def has(self, fault):
        return fault in self.faults

    def draw_faults(self, faults, forms):
        """The kind of table and its faults: only one with a date is split wrongly by chance, and a date keeps copies together."""
        kind = str(self.rng.choice(["date", "group", "plain"], p=[0.5, 0.3, 0.2]))
        random, same = "random split of time", "same rows on both sides"
        if faults is not None:
            if random in faults:
                kind = "date"
            elif same in forms:
                kind = "group" if forms[same].startswith("groups") else "plain"
            elif same in faults and kind == "date":
                kind = self.pick(("group", "plain"))
            return kind, set(faults)
        drawn = {name for name in CODE_FAULTS if self.chance(0.3)} - {random, same}
        if kind == "date" and self.chance(0.55):
            drawn.add(random)
        if (kind != "date" or random in drawn) and self.chance(0.4):
            drawn.add(same)
        return kind, drawn

    # -- writing

    def add(self, *lines, fault=""):
        """Append lines; where a fault is named, they are its place."""
        if fault:
            self.planted.append((len(self.body), len(self.body) + len(lines) - 1, fault))
        self.body.extend(lines)

    def pick_form(self, fault):
        """The form that was asked for, or any."""
        form = self.planned[fault] if fault in self.planned else self.pick(FORMS[fault])
        if self.has(fault):
            self.forms.add((fault, form))
        return form

    def looks_like(self, fault, name):
        self.look_alikes.add((fault, name))

    def need(self, *imports):
        self.imports.update(imports)

    def script(self):
        self.read_table()
        self.choose_features()
        self.prepare()
        self.split()
        self.separate()
        self.tune()
        self.report()
        self.after_the_report()
        domain, width = self.domain, max(map(len, [*self.known, self.domain.date, self.domain.group]))
        self.known |= {domain.date: "date"} if self.kind == "date" else {}
        self.known |= {domain.group: "group"} if self.kind == "group" else {}
        self.known |= {"region": "before"} if self.region else {}
        self.known |= {domain.target: "target"}
        top = [f"# {domain.noun}.csv, one row each; what its columns are:"]
        top += [f"#   {column:<{width}}  {what}" for column, what in self.known.items()]
        used = "\n".join(self.body)
        self.need("import pandas as pd")
        self.need(*(["import numpy as np"] if "np." in used else []))
        self.need(*(["import joblib"] if "joblib." in used else []))
        top += sorted(self.imports, key=lambda one: (one.startswith("from"), one))
        if "SEED" in used:
            top.append(f"SEED = {int(self.rng.integers(1, 99))}")
        start = len(top) + 1
        planted = sorted((first + start, last + start, fault) for first, last, fault in self.planted)
        return Script((*top, *self.body), tuple(planted), frozenset(self.forms), frozenset(self.look_alikes))

    def read_table(self):
        domain, table = self.domain, self.table
        self.add(f'{table} = pd.read_csv("{domain.noun}.csv")')
        if self.other_table != "none":
            self.add(f'last_year = pd.read_csv("{domain.noun}_last_year.csv")')
        if self.other_table == "appended":
            self.add(f"{table} = pd.concat([{table}, last_year], ignore_index=True)")
            self.looks_like("same rows on both sides", "another table appended")
        if self.chance(0.4):
            self.add(f'{table} = {table}[{table}["{domain.before[0]}"] > 0]')
        if self.chance(0.3):
            self.add(f"print({table}.sample(5, random_state={self.seed}))")
            self.looks_like("random split of time", "rows printed")
            self.looks_like("same rows on both sides", "rows printed")
        if self.region and not (self.has("fitted on test rows") and self.fit == "encoder"):
            self.add(f'{table}["region"] = {table}["region"].map({{"north": 0, "south": 1, "west": 2}})')
            self.looks_like("fitted on test rows", "region mapped")
        if self.chance(0.4):
            self.add(f'{table}["{domain.target}"] = ({table}["{domain.after[0]}"] > 15).astype(int)')
            self.looks_like("answer among the features", "target")

    def choose_features(self):
        domain, table = self.domain, self.table
        before = [str(name) for name in self.rng.permutation(domain.before)][: int(self.rng.integers(3, 5))]
        before += ["region"] if self.region else []
        late, other = domain.after if self.chance(0.5) else domain.after[::-1]
        name = f"{late.split('_')[0]}_rate"
        always = [domain.target, *([domain.date] if self.kind == "date" else [])]
        always += [domain.group] if self.kind == "group" else []
        listed = f"features = {_quoted([*before, late])}"
        fault = "answer among the features"
        if self.has(fault):
            spelling = self.pick_form(fault)
            if spelling == "listed":
                self.add(listed, fault=fault)
            elif spelling == "left in":
                self.add(f"features = {table}.columns.drop({_quoted([*always, other])})", fault=fault)
            else:
                computed = f'{table}["{name}"] = {table}["{late}"] / ({table}["{before[0]}"] + 1)'
                self.add(computed, f"features = {_quoted([*before, name])}", fault=fault)
            return
        twin = self.pick(
            (
                "removed from the list",
                "dropped from the table",
                "only printed",
                "computed from known columns",
                "left out",
            )
        )
        self.looks_like(fault, twin)
        if twin == "removed from the list":
            self.add(listed, f'features.remove("{late}")')
        elif twin == "dropped from the table":
            self.add(f"{table} = {table}.drop(columns={_quoted([late, other])})")
            self.add(f"features = {table}.columns.drop({_quoted(always)})")
        elif twin == "left out":
            self.add(f"features = {table}.columns.drop({_quoted([*always, late, other])})")
        elif twin == "only printed":
            self.add(f'{table}["{name}"] = {table}["{late}"] / ({table}["{before[0]}"] + 1)')
            self.add(f'print({table}.groupby("{domain.target}")["{name}"].mean())')
            self.add(f"features = {_quoted(before)}")
        else:
            self.add(
                f'{table}["{before[1]}_rate"] = {table}["{before[1]}"] / ({table}["{before[0]}"].abs() + 1)'
            )
            self.add(f"features = {_quoted([*before, before[1] + '_rate'])}")

    def copy_rows(self, table, fault=""):
        target = self.domain.target
        if fault in self.planned:
            spelling = self.planned[fault].removeprefix("copies, ")
        else:
            spelling = self.pick(("concat", "sample", "repeat"))
        if fault:
            self.forms.add((fault, f"copies, {spelling}"))
        else:
            self.looks_like("same rows on both sides", f"training part, {spelling}")
        if spelling == "concat":
            self.add(f'{table} = pd.concat([{table}, {table}[{table}["{target}"] == 1]])', fault=fault)
        elif spelling == "sample":
            self.add(
                f"{table} = {table}.sample(n=2 * len({table}), replace=True, random_state={self.seed})",
                fault=fault,
            )
        else:
            self.add(f'{table} = {table}.loc[{table}.index.repeat(1 + {table}["{target}"])]', fault=fault)

    def prepare(self):
        """What happens to the whole table before it is split."""
        table, target = self.table, self.domain.target
        if self.has("same rows on both sides") and self.kind != "group":
            self.copy_rows(table, "same rows on both sides")
        elif self.chance(0.4):
            self.add(f"{table} = {table}.sample(n=len({table}) // 2, random_state={self.seed})")
            self.looks_like("random split of time", "rows drawn")
            self.looks_like("same rows on both sides", "rows drawn")
        name, step, needed = self.pick(_STEPS)
        if self.other_table == "fitted":
            two = _quoted(self.domain.before[:2])
            self.need(needed)
            self.add(f"{name} = {step}", f"{name}.fit(last_year[{two}])")
            self.add(f"{table}[{two}] = {name}.transform({table}[{two}])")
            self.looks_like("fitted on test rows", "another table")
        elif self.chance(0.4):
            self.add(f"# {name}.fit({table}[features])")
            self.looks_like("fitted on test rows", "comment")
        if not self.has("fitted on test rows"):
            return
        fault = "fitted on test rows"
        name, step, needed = self.pick(_STEPS)
        if self.fit == "fit_transform":
            self.need(needed)
            self.add(f"{table}[features] = {step}.fit_transform({table}[features])", fault=fault)
        elif self.fit == "fit and transform":
            self.need(needed)
            self.add(f"{name} = {step}")
            self.add(
                f"{name}.fit({table}[features])",
                f"{table}[features] = {name}.transform({table}[features])",
                fault=fault,
            )
        elif self.fit == "encoder":
            self.need("from sklearn.preprocessing import TargetEncoder")
            self.add(
                f'{table}[["region"]] = TargetEncoder().fit_transform({table}[["region"]], {table}["{target}"])',
                fault=fault,
            )

    def split_random(self, fault="", style=""):
        """Split the table at random; return how."""
        table, train, test = self.table, self.train, self.test
        style = style or self.pick(("function", "row numbers", "mask"))
        if style in ("function", "stratify"):
            self.need(_SPLIT)
            more = f', stratify={table}["{self.domain.group}"]' if style == "stratify" else ""
            self.add(
                f"{train}, {test} = train_test_split({table}, test_size=0.25{more}, random_state={self.seed})",
                fault=fault,
            )
        elif style == "row numbers":
            self.add(
                f"order = np.random.default_rng({self.seed}).permutation(len({table}))",
                f"{train}, {test} = {table}.iloc[order[: len(order) // 2]], {table}.iloc[order[len(order) // 2 :]]",
                fault=fault,
            )
        else:
            self.add(
                f"chosen = np.random.default_rng({self.seed}).random(len({table})) < 0.7",
                f"{train}, {test} = {table}[chosen], {table}[~chosen]",
                fault=fault,
            )
        return style

    def split_by_date(self, table, first, second, cut):
        date = self.domain.date
        style = self.pick(("mask", "direct", "unshuffled", "unshuffled"))
        if style == "mask":
            self.add(f'chosen = {table}["{date}"] < "{cut}"')
            self.add(f"{first}, {second} = {table}[chosen], {table}[~chosen]")
        elif style == "direct":
            self.add(
                f'{first}, {second} = {table}[{table}["{date}"] < "{cut}"], {table}[{table}["{date}"] >= "{cut}"]'
            )
        else:
            self.need(_SPLIT)
            self.add(f'{table} = {table}.sort_values("{date}")')
            self.add(f"{first}, {second} = train_test_split({table}, test_size=0.3, shuffle=False)")
        return style

    def split_by_group(self, table, first, second, every):
        group = self.domain.group
        style = "function" if self.chance(0.5) else "mask"
        if style == "function":
            self.need(_GROUPS)
            self.add(
                f'halves = next(GroupShuffleSplit(random_state={self.seed}).split({table}, groups={table}["{group}"]))'
            )
            self.add(f"{first}, {second} = {table}.iloc[halves[0]], {table}.iloc[halves[1]]")
        else:
            self.add(f'chosen = {table}["{group}"] % {every} > 0')
            self.add(f"{first}, {second} = {table}[chosen], {table}[~chosen]")
        return style

    def split(self):
        table = self.table
        time, same = "random split of time", "same rows on both sides"
        copied = self.has(same) and self.kind != "group"
        if self.kind == "date":
            if self.has(time):
                planned = self.planned.get(time, "")
                ordered = planned.startswith("sorted") if planned else self.chance(0.4)
                if ordered:
                    self.add(f'{table} = {table}.sort_values("{self.domain.date}")')
                style = self.split_random(time, planned.removeprefix("sorted, "))
                self.forms.add((time, f"sorted, {style}" if ordered else style))
                if copied:
                    self.forms.add((same, "copies before: dated table"))
                else:
                    self.looks_like(same, "date, no copies")
            else:
                style = self.split_by_date(table, self.train, self.test, "2025-06")
                self.looks_like(time, f"date, {style}")
        elif self.kind == "group":
            if self.has(same):
                planned = self.planned.get(same, "").removeprefix("groups, ")
                style = self.split_random(same, planned or ("stratify" if self.chance(0.4) else ""))
                self.forms.add((same, f"groups, {style}"))
                self.looks_like(time, "groups at random")
            else:
                style = self.split_by_group(table, self.train, self.test, 4)
                self.looks_like(same, f"group, {style}")
                self.looks_like(time, "groups kept together")
        else:
            style = self.split_random()
            self.looks_like(time, f"no date, {style}")
            if not copied:
                self.looks_like(same, "no group, no copies")
        if copied:
            self.forms.add((same, f"copies before: {style}"))
        if self.kind == "date":
            self.split_by_date(self.train, self.core, self.valid, "2025-03")
        elif self.kind == "group":
            self.split_by_group(self.train, self.core, self.valid, 3)
        else:
            self.need(_SPLIT)
            self.add(f"{self.core}, {self.valid} = train_test_split({self.train}, random_state={self.seed})")
        if self.chance(0.6):
            self.copy_rows(self.core)

    def separate(self):
        target = self.domain.target
        for X, y, part in (
            (self.X, self.y, self.core),
            (self.X_valid, self.y_valid, self.valid),
            (self.X_test, self.y_test, self.test),
        ):
            self.add(f'{X}, {y} = {part}[features], {part}["{target}"]')
        both = self.has("fitted on test rows") and self.fit == "both parts"
        if not both and not self.chance(0.7):
            return
        name, step, needed = self.pick(_STEPS)
        self.need(needed)
        self.add(f"{name} = {step}")
        if both:
            rows = f"pd.concat([{self.X}, {self.X_test}])"
            self.add(f"{name}.fit({rows})", fault="fitted on test rows")
        else:
            self.add(f"{name}.fit({self.X})")
            self.looks_like("fitted on test rows", "training rows")
        for X in (self.X, self.X_valid, self.X_test):
            self.add(f"{X} = {name}.transform({X})")

    def tune(self):
        fault = "chosen on test rows" if self.has("chosen on test rows") else ""
        X, y = (self.X_test, self.y_test) if fault else (self.X_valid, self.y_valid)
        style = self.pick_form("chosen on test rows")
        if not fault:
            self.looks_like("chosen on test rows", f"validation, {style}")
        fit = f"fit({self.X}, {self.y})"
        self.threshold = False
        if style == "dict":
            self.need(_LOGISTIC)
            self.model = "LogisticRegression(C=strength, max_iter=1000)"
            self.add(
                f"scores = {{c: LogisticRegression(C=c, max_iter=1000).{fit}.score({X}, {y}) for c in (0.1, 1, 10)}}",
                "strength = max(scores, key=scores.get)",
                fault=fault,
            )
        elif style == "loop":
            self.need(_TREE)
            self.model = "DecisionTreeClassifier(max_depth=depth)"
            self.add("best, depth = 0, 1")
            self.add(
                "for candidate in (2, 3, 5):",
                f"    tree = DecisionTreeClassifier(max_depth=candidate).{fit}",
                f"    score = tree.score({X}, {y})",
                "    if score > best:",
                "        best, depth = score, candidate",
                fault=fault,
            )
        else:
            self.need(self.model_import)
            self.threshold = True
            self.add("grid = np.linspace(0.1, 0.9, 9)")
            self.add(f"first = {self.model}.{fit}")
            self.add(
                f"p = first.predict_proba({X})[:, 1]",
                f"costs = [np.mean(5 * ({y} > (p > t)) + ({y} < (p > t))) for t in grid]",
                "cut = grid[np.argmin(costs)]",
                fault=fault,
            )

    def report(self):
        """Fit the model and print its score; or the scores of several seeds."""
        X, y, X_test, y_test = self.X, self.y, self.X_test, self.y_test
        fault, other = "best seed reported", "chosen on test rows"
        seeds = self.has(fault) or self.chance(0.5)
        if not seeds and self.chance(0.4):
            self.need(_FOREST)
            forest = f"ExtraTreesClassifier(10, random_state=s).fit({X}, {y})"
            self.add(f"runs = {{s: {forest}.score({self.X_valid}, {self.y_valid}) for s in range(4)}}")
            self.add("lucky = max(runs, key=runs.get)")
            self.model = "ExtraTreesClassifier(10, random_state=lucky)"
            self.looks_like(fault, "seed of the validation rows")
            self.looks_like(other, "seed of the validation rows")
        self.add(f"model = {self.model}")
        if self.has("fitted on test rows") and self.fit == "model":
            rows = f'{self.table}[features], {self.table}["{self.domain.target}"]'
            self.add(f"model.fit({rows})", fault="fitted on test rows")
        else:
            self.add(f"model.fit({X}, {y})")
        self.add(f"p_test = model.predict_proba({X_test})[:, 1]")
        if self.chance(0.5):
            self.add("for t in (0.3, 0.5, 0.7):", f"    print(t, np.mean({y_test} == (p_test > t)))")
            self.looks_like(fault, "thresholds printed")
            self.looks_like(other, "thresholds printed")
        if self.chance(0.4):
            self.add('print("largest probability", p_test.max())')
            self.looks_like(fault, "largest probability")
            self.looks_like(other, "largest probability")
        cut = "cut" if self.threshold else "0.5"
        self.add(f'print("accuracy", np.mean({y_test} == (p_test > {cut})))')
        if seeds:
            self.seeds(fault if self.has(fault) else "")

    def seeds(self, fault):
        self.need(_FOREST)
        variable = self.pick(("seed", "s", "run", "state"))
        forest = f"ExtraTreesClassifier(10, random_state={variable}).fit({self.X}, {self.y})"
        score = f"score({self.X_test}, {self.y_test})"
        box, best = self.planned[fault].split(", ") if fault in self.planned else ("", "")
        best = best or self.pick(tuple(_BEST))
        said = _BEST[best] if fault else self.pick(tuple(_FAIR))
        box = box or ("list" if self.chance(0.5) else "loop")
        if fault:
            self.forms.add((fault, f"{box}, {best}"))
            self.looks_like("chosen on test rows", "best seed")
        else:
            self.looks_like("best seed reported", said)
            self.looks_like("chosen on test rows", "mean of seeds")
            said = _FAIR[said]
        if box == "list":
            self.add(
                f"results = [{forest}.{score} for {variable} in range(5)]",
                f'print("trees", {said})',
                fault=fault,
            )
        else:
            self.add("results = []")
            self.add(
                f"for {variable} in range(5):",
                f"    forest = {forest}",
                f"    results.append(forest.{score})",
                f'print("trees", {said})',
                fault=fault,
            )

    def after_the_report(self):
        fault = "fitted on test rows"
        if self.chance(0.6):
            self.add(f'model.fit({self.table}[features], {self.table}["{self.domain.target}"])')
            self.add('joblib.dump(model, "model.joblib")')
            self.looks_like(fault, "after the report")
            if self.chance(0.6):  # reads test rows and prints no score
                self.add('pd.Series(p_test).to_csv("forecasts.csv", index=False)')
                self.looks_like(fault, "after the report, rows saved")
            if self.chance(0.5):
                self.add('print("saved")')
                self.looks_like(fault, "after the report, a word printed")
