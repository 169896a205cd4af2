"""The table of constructor defaults: read without executing anything, complete, and what its card says."""

import csv
import hashlib
import importlib.util
import inspect
import itertools
import warnings
import zipfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "datasets" / "sklearn_defaults"


@pytest.fixture(scope="module")
def make():
    specification = importlib.util.spec_from_file_location("make_sklearn_defaults", FOLDER / "make.py")
    module = importlib.util.module_from_spec(specification)
    import sys

    sys.modules[specification.name] = module  # dataclasses look their module up
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows():
    with (FOLDER / "defaults.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


SOURCES = {
    "sklearn/__init__.py": b"raise RuntimeError('this package must never be executed')",
    "sklearn/base.py": b"class BaseEstimator: pass\n",
    "sklearn/toy/__init__.py": b"from ._model import Child, Shy\n__all__ = ['Child', 'Shy', 'helper']\n",
    "sklearn/toy/_model.py": b"""
from ..base import BaseEstimator
ALPHA = 1.0
class Parent(BaseEstimator):
    def __init__(self, required, alpha=ALPHA, *, name='a b', keep=None, **options): pass
class Child(Parent):
    pass
class Shy(BaseEstimator):
    def __init__(self): pass
class _Private(BaseEstimator):
    def __init__(self, hidden=1): pass
""",
    "sklearn/alone.py": b"""
from .base import BaseEstimator
class Lonely(BaseEstimator):
    def __init__(self, beta=(0, 1)): pass
class NotAnEstimator:
    def __init__(self, gamma=2): pass
""",
    "sklearn/toy/tests/test_model.py": b"class InATest: pass",
}


def wheel(folder, name="scikit_learn-9.8.7-py3-none-any.whl", sources=SOURCES):
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for inside, content in sources.items():
            archive.writestr(inside, content)
    return path


def test_a_package_is_parsed_and_never_executed(make, tmp_path):
    release, sources = make.read_sources(wheel(tmp_path))
    assert release == "9.8.7"
    assert make.extract(sources) == [
        ("sklearn.toy", "Child", "alpha", "no", "1.0"),
        ("sklearn.toy", "Child", "keep", "no", "None"),
        ("sklearn.toy", "Child", "name", "no", "'a b'"),
        ("sklearn.toy", "Child", "required", "yes", ""),
        ("sklearn.alone", "Lonely", "beta", "no", "(0, 1)"),
    ]


def test_the_script_writes_tables_and_their_checksums(make, tmp_path, capsys):
    assert make.main([str(wheel(tmp_path)), "--output", str(tmp_path)]) == 0
    assert "9.8.7: 2 estimators, 5 parameters" in capsys.readouterr().out
    for line in (tmp_path / "checksums.sha256").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_another_package_is_refused_by_name(make, tmp_path):
    with pytest.raises(ValueError, match="is not a scikit-learn release"):
        make.read_sources(wheel(tmp_path, name="numpy-2.0.0-py3-none-any.whl"))


def test_an_archive_without_the_package_is_refused(make, tmp_path):
    with pytest.raises(ValueError, match="holds no sklearn"):
        make.read_sources(wheel(tmp_path, sources={"other/file.py": b""}))


def test_the_shipped_files_have_their_checksums():
    lines = (FOLDER / "checksums.sha256").read_text().splitlines()
    assert len(lines) == 2
    for line in lines:
        digest, name = line.split()
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


def test_at_least_eight_releases_from_the_first_to_the_last(rows):
    releases = list(dict.fromkeys(row["release"] for row in rows))
    assert len(releases) >= 8
    assert (releases[0], releases[-1]) == ("0.24.2", "1.9.1")


def test_one_row_for_a_release_estimator_and_parameter(rows):
    keys = [(row["release"], row["estimator"], row["parameter"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert all((row["required"] == "yes") == (row["default"] == "") for row in rows)


def test_defaults_equal_those_of_the_installed_release(rows):
    """An oracle that does execute: the signatures of the installed scikit-learn, where its release is in
    the table."""
    import sklearn
    from sklearn.utils import all_estimators

    table = {}
    for row in rows:
        if row["release"] == sklearn.__version__:
            table.setdefault(row["estimator"], {})[row["parameter"]] = row
    if not table:
        pytest.skip(f"scikit-learn {sklearn.__version__} is not one of the releases in the table")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        installed = dict(all_estimators())
    compared = 0
    for name, estimator in installed.items():
        signature = inspect.signature(estimator.__init__).parameters
        named = {
            key: parameter
            for key, parameter in signature.items()
            if key != "self" and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        }
        if not named or estimator.__init__ is object.__init__:
            continue
        assert set(table[name]) == set(named), name
        for key, parameter in named.items():
            row = table[name][key]
            assert (row["required"] == "yes") == (parameter.default is parameter.empty), (name, key)
            if (
                isinstance(parameter.default, (bool, int, float, str, type(None)))
                and row["default"].isidentifier()
            ):
                assert row["default"] == repr(parameter.default), (name, key)
                compared += 1
    assert compared > 500


@pytest.mark.parametrize(
    ("release", "estimator", "parameter", "default"),
    [
        ("0.24.2", "SGDRegressor", "loss", "'squared_loss'"),
        ("1.9.1", "SGDRegressor", "loss", "'squared_error'"),
        ("0.24.2", "RandomForestClassifier", "max_features", "'auto'"),
        ("1.9.1", "RandomForestClassifier", "max_features", "'sqrt'"),
        ("1.3.2", "KMeans", "n_init", "'warn'"),
    ],
)
def test_documented_changes_are_in_the_table(rows, release, estimator, parameter, default):
    found = [
        row["default"]
        for row in rows
        if (row["release"], row["estimator"], row["parameter"]) == (release, estimator, parameter)
    ]
    assert found == [default]


def test_the_card_states_the_counts_of_the_table(rows):
    card = (FOLDER / "README.md").read_text()
    releases = list(dict.fromkeys(row["release"] for row in rows))
    facts = {
        release: {
            (r["estimator"], r["parameter"]): r["default"]
            for r in rows
            if (r["release"], r["required"]) == (release, "no")
        }
        for release in releases
    }
    stepwise = sum(
        facts[a][key] != facts[b][key]
        for a, b in itertools.pairwise(releases)
        for key in facts[a]
        if key in facts[b]
    )
    old, new = facts[releases[0]], facts[releases[-1]]
    direct = sum(old[key] != new[key] for key in old if key in new)
    assert f"{len(rows):,}" in card
    assert f"{stepwise} defaults change" in card
    assert f"{direct} differ" in card
    assert f"{len(new.keys() - old.keys())} are new and {len(old.keys() - new.keys())} are gone" in card
    assert ", ".join(releases) in card
