"""Short analysis scripts with planted faults, for the review of code in exercise 14.

A script reads a table, splits it, fits a model and prints a score. Each fault has several spellings, and each has a twin
that looks like it and is none: whether a line is a fault is decided by what its tables hold at that point. Nothing here
runs a script or judges a review.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
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

MOST_LINES = 60

LONGEST_RANGE = 5
"""Lines that a finding may span at most."""


@dataclass(frozen=True)
class Script:
    """An analysis script and what is wrong with it.

    Attributes
    ----------
    lines : tuple of str
        One statement per line, without line ends.
    planted : tuple of (int, int, str)
        First and last line (from 1, both included) and a key of `CODE_FAULTS`.
    """

    lines: tuple[str, ...]
    planted: tuple[tuple[int, int, str], ...]


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
_SPLIT = "from sklearn.model_selection import train_test_split"
_GROUPS = "from sklearn.model_selection import GroupShuffleSplit"
_TREE = "from sklearn.tree import DecisionTreeClassifier"
_LOGISTIC = "from sklearn.linear_model import LogisticRegression"
_FOREST = "from sklearn.ensemble import ExtraTreesClassifier"


def make_script(rng: np.random.Generator, faults: Collection[str] | None = None) -> Script:
    """Draw a script; each fault is planted in about three of ten unless told otherwise.

    Parameters
    ----------
    rng : numpy.random.Generator
    faults : collection of str, optional
        Exactly these are planted, keys of `CODE_FAULTS`.

    Returns
    -------
    Script
        Of 20 to 60 lines, which Python can parse and run.

    Raises
    ------
    ValueError
        If a fault is unknown.
    """
    for name in faults or ():
        if name not in CODE_FAULTS:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(CODE_FAULTS)}")
    while True:
        script = _Writer(rng, faults).script()
        if len(script.lines) <= MOST_LINES:
            return script


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

    def __init__(self, rng, faults):
        self.rng = rng
        self.domain = self.pick(_DOMAINS)
        self.kind, self.faults = self.draw_faults(faults)
        self.table = self.pick(("df", "data", "rows", self.domain.noun))
        self.train, self.test, self.core, self.valid = self.pick(_PARTS)
        names_of_inputs = self.pick(_INPUTS)
        self.X, self.y, self.X_test, self.y_test, self.X_valid, self.y_valid = names_of_inputs
        self.model, self.model_import = self.pick(_MODELS)
        self.seed = "SEED" if self.chance(0.4) else "0"
        self.body, self.planted, self.imports = [], [], set()
        self.known = {column: "before" for column in self.domain.before}
        self.known |= {column: "after" for column in self.domain.after}
        # how the test rows are fitted on; a region is there to be encoded
        self.fit = self.pick(("transform", "two lines", "encoder", "both parts", "model"))
        self.region = (self.has("fitted on test rows") and self.fit == "encoder") or self.chance(0.2)
        self.other_table = self.pick(("none", "appended", "fitted", "fitted"))

    # -- drawing

    def pick(self, options):
        return options[int(self.rng.integers(len(options)))]

    def chance(self, probability):
        return bool(self.rng.random() < probability)

    def has(self, fault):
        return fault in self.faults

    def draw_faults(self, faults):
        """The kind of table and its faults: only one with a date is split wrongly by chance, and a date keeps copies together."""
        kind = str(self.rng.choice(["date", "group", "plain"], p=[0.5, 0.3, 0.2]))
        random, same = "random split of time", "same rows on both sides"
        if faults is not None:
            if random in faults:
                kind = "date"
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
        return Script((*top, *self.body), tuple(planted))

    def read_table(self):
        domain, table = self.domain, self.table
        self.add(f'{table} = pd.read_csv("{domain.noun}.csv")')
        if self.other_table != "none":
            self.add(f'last_year = pd.read_csv("{domain.noun}_last_year.csv")')
        if self.other_table == "appended":
            self.add(f"{table} = pd.concat([{table}, last_year], ignore_index=True)")
        if self.chance(0.4):
            self.add(f'{table} = {table}[{table}["{domain.before[0]}"] > 0]')
        if self.chance(0.3):
            self.add(f"print({table}.sample(5, random_state={self.seed}))")
        if self.region and not (self.has("fitted on test rows") and self.fit == "encoder"):
            self.add(f'{table}["region"] = {table}["region"].map({{"north": 0, "south": 1, "west": 2}})')
        if self.chance(0.4):
            self.add(f'{table}["{domain.target}"] = ({table}["{domain.after[0]}"] > 15).astype(int)')

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
            spelling = self.pick(("listed", "left", "computed"))
            if spelling == "listed":
                self.add(listed, fault=fault)
            elif spelling == "left":
                self.add(f"features = {table}.columns.drop({_quoted([*always, other])})", fault=fault)
            else:
                computed = f'{table}["{name}"] = {table}["{late}"] / ({table}["{before[0]}"] + 1)'
                self.add(computed, f"features = {_quoted([*before, name])}", fault=fault)
            return
        twin = self.pick(("removed", "dropped", "printed", "computed", "left"))
        if twin == "removed":
            self.add(listed, f'features.remove("{late}")')
        elif twin == "dropped":
            self.add(f"{table} = {table}.drop(columns={_quoted([late, other])})")
            self.add(f"features = {table}.columns.drop({_quoted(always)})")
        elif twin == "left":
            self.add(f"features = {table}.columns.drop({_quoted([*always, late, other])})")
        elif twin == "printed":
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
        self.add(
            self.pick(
                (
                    f'{table} = pd.concat([{table}, {table}[{table}["{target}"] == 1]])',
                    f"{table} = {table}.sample(n=2 * len({table}), replace=True, random_state={self.seed})",
                    f'{table} = {table}.loc[{table}.index.repeat(1 + {table}["{target}"])]',
                )
            ),
            fault=fault,
        )

    def prepare(self):
        """What happens to the whole table before it is split."""
        table, target = self.table, self.domain.target
        if self.has("same rows on both sides") and self.kind != "group":
            self.copy_rows(table, "same rows on both sides")
        elif self.chance(0.4):
            self.add(f"{table} = {table}.sample(n=len({table}) // 2, random_state={self.seed})")
        name, step, needed = self.pick(_STEPS)
        if self.other_table == "fitted":
            two = _quoted(self.domain.before[:2])
            self.need(needed)
            self.add(f"{name} = {step}", f"{name}.fit(last_year[{two}])")
            self.add(f"{table}[{two}] = {name}.transform({table}[{two}])")
        elif self.chance(0.4):
            self.add(f"# {name}.fit({table}[features])")
        if not self.has("fitted on test rows"):
            return
        fault = "fitted on test rows"
        name, step, needed = self.pick(_STEPS)
        if self.fit == "transform":
            self.need(needed)
            self.add(f"{table}[features] = {step}.fit_transform({table}[features])", fault=fault)
        elif self.fit == "two lines":
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

    def split_random(self, fault="", stratify=False):
        table, train, test = self.table, self.train, self.test
        style = "function" if stratify else self.pick(("function", "order", "mask"))
        if style == "function":
            self.need(_SPLIT)
            more = f', stratify={table}["{self.domain.group}"]' if stratify else ""
            self.add(
                f"{train}, {test} = train_test_split({table}, test_size=0.25{more}, random_state={self.seed})",
                fault=fault,
            )
        elif style == "order":
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

    def split_by_group(self, table, first, second, every):
        group = self.domain.group
        if self.chance(0.5):
            self.need(_GROUPS)
            self.add(
                f'halves = next(GroupShuffleSplit(random_state={self.seed}).split({table}, groups={table}["{group}"]))'
            )
            self.add(f"{first}, {second} = {table}.iloc[halves[0]], {table}.iloc[halves[1]]")
        else:
            self.add(f'chosen = {table}["{group}"] % {every} > 0')
            self.add(f"{first}, {second} = {table}[chosen], {table}[~chosen]")

    def split(self):
        table = self.table
        if self.kind == "date":
            if self.has("random split of time"):
                if self.chance(0.4):
                    self.add(f'{table} = {table}.sort_values("{self.domain.date}")')
                self.split_random("random split of time")
            else:
                self.split_by_date(table, self.train, self.test, "2025-06")
        elif self.kind == "group":
            if self.has("same rows on both sides"):
                self.split_random("same rows on both sides", stratify=self.chance(0.4))
            else:
                self.split_by_group(table, self.train, self.test, 4)
        else:
            self.split_random()
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
        for X in (self.X, self.X_valid, self.X_test):
            self.add(f"{X} = {name}.transform({X})")

    def tune(self):
        fault = "chosen on test rows" if self.has("chosen on test rows") else ""
        X, y = (self.X_test, self.y_test) if fault else (self.X_valid, self.y_valid)
        style = self.pick(("dict", "loop", "threshold"))
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
        fault = "best seed reported"
        seeds = self.has(fault) or self.chance(0.5)
        if not seeds and self.chance(0.4):
            self.need(_FOREST)
            forest = f"ExtraTreesClassifier(10, random_state=s).fit({X}, {y})"
            self.add(f"runs = {{s: {forest}.score({self.X_valid}, {self.y_valid}) for s in range(4)}}")
            self.add("lucky = max(runs, key=runs.get)")
            self.model = "ExtraTreesClassifier(10, random_state=lucky)"
        self.add(f"model = {self.model}")
        if self.has("fitted on test rows") and self.fit == "model":
            rows = f'{self.table}[features], {self.table}["{self.domain.target}"]'
            self.add(f"model.fit({rows})", fault="fitted on test rows")
        else:
            self.add(f"model.fit({X}, {y})")
        self.add(f"p_test = model.predict_proba({X_test})[:, 1]")
        if self.chance(0.5):
            self.add("for t in (0.3, 0.5, 0.7):", f"    print(t, np.mean({y_test} == (p_test > t)))")
        if self.chance(0.4):
            self.add('print("largest probability", p_test.max())')
        cut = "cut" if self.threshold else "0.5"
        self.add(f'print("accuracy", np.mean({y_test} == (p_test > {cut})))')
        if seeds:
            self.seeds(fault if self.has(fault) else "")

    def seeds(self, fault):
        self.need(_FOREST)
        variable = self.pick(("seed", "s", "run", "state"))
        forest = f"ExtraTreesClassifier(10, random_state={variable}).fit({self.X}, {self.y})"
        score = f"score({self.X_test}, {self.y_test})"
        best = self.pick(("max(results)", "np.max(results)", "sorted(results)[-1]"))
        said = (
            best
            if fault
            else self.pick(("np.mean(results)", "np.median(results)", "sum(results) / len(results)"))
        )
        if self.chance(0.5):
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
        if self.chance(0.6):
            self.add(f'model.fit({self.table}[features], {self.table}["{self.domain.target}"])')
            self.add('joblib.dump(model, "model.joblib")')
            if self.chance(0.6):  # reads test rows and prints no score
                self.add('pd.Series(p_test).to_csv("forecasts.csv", index=False)')
            if self.chance(0.5):
                self.add('print("saved")')
