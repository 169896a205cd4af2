"""The questions of the real model: real facts, their history, and no wording that gives the answer away."""

import csv
import re
import zipfile

import numpy as np
import pytest

from holdout.lm.facts import read_defaults
from holdout.lm.real import records
from holdout.lm.real.answers import normal_value
from holdout.lm.real.prompts import EXAMPLES
from holdout.lm.real.questions import (
    SENTINELS,
    Question,
    choose_questions,
    defaults_in_wheel,
    read_history,
    release_of,
)
from holdout.lm.retrieval import search_words

SOURCE = """
class Ridge(Base):
    def __init__(self, alpha, tol=1e-3, *, solver='auto', seed=None): pass
class _Hidden:
    def __init__(self, a=1): pass
"""


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "scikit_learn-0.22.2.post1-cp36-cp36m-manylinux1_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sklearn/ridge.py", SOURCE)
        archive.writestr("sklearn/old.py", "class Ridge:\n    def __init__(self, seed=0): pass\n")
        archive.writestr(
            "sklearn/tests/test_ridge.py", "class Lasso:\n    def __init__(self, alpha=2): pass\n"
        )
        archive.writestr("sklearn/externals/other.py", "class Other:\n    def __init__(self, a=2): pass\n")
    return path


def test_defaults_are_read_from_a_wheel_without_running_it(wheel):
    assert defaults_in_wheel(wheel) == {("Ridge", "tol"): "0.001", ("Ridge", "solver"): "'auto'"}
    assert release_of(wheel) == "0.22.2"


def test_old_releases_go_before_those_of_the_table(wheel, tmp_path):
    table = tmp_path / "defaults.csv"
    table.write_text(
        "release,module,estimator,parameter,required,default\n1.9.1,m,Ridge,tol,no,0.0001\n1.9.1,m,Ridge,X,yes,\n"
    )
    history = read_history(table, [wheel])
    assert history["Ridge", "tol"] == {"0.22.2": "0.001", "1.9.1": "0.0001"}
    assert list(history["Ridge", "tol"]) == ["0.22.2", "1.9.1"]
    assert ("Ridge", "X") not in history


def test_facts_that_changed_are_all_asked_and_sentinels_are_no_values():
    history = {
        ("Ridge", "tol"): {"0.22.2": "0.001", "1.9.1": "0.0001"},
        ("Ridge", "alpha"): {"0.22.2": "1", "1.9.1": "1.0"},
        ("SVC", "gamma"): {"0.20.4": "'auto_deprecated'", "1.9.1": "'scale'"},
        ("SVC", "tol"): {"0.20.4": "DEFAULT", "1.9.1": "0.001"},
        ("SVC", "cost"): {"1.9.1": "'deprecated'"},
        ("Unheard", "of"): {"0.20.4": "1", "1.9.1": "2"},
        ("Lasso", "gone"): {"0.20.4": "1"},
    }
    documented = [f"{estimator}.{parameter}" for estimator, parameter in history]
    found = choose_questions(history, documented, np.random.default_rng(0))
    assert {q.key: q.older for q in found} == {
        "Ridge.tol": ("0.001",),
        "Ridge.alpha": (),
        "SVC.gamma": (),
        "SVC.tol": (),
    }
    without = choose_questions(history, documented, np.random.default_rng(0), excluded=["Ridge.tol"])
    assert "Ridge.tol" not in {q.key for q in without}


def test_kinds_of_values():
    kinds = [
        Question("k", "e", "p", value, (), "stable").kind
        for value in ("'a'", "None", "True", "1.0", "(0, 1)")
    ]
    assert kinds == ["text", "switch", "switch", "number", "number"]


# -- what ships


def test_there_are_enough_questions_and_every_one_is_true_today():
    now = read_defaults()["1.9.1"]
    asked = records.questions()
    assert len(asked) >= 300
    assert len({q.key for q in asked}) == len(asked)
    for q in asked:
        assert "".join(q.value.split()) == now[q.estimator, q.parameter]
        assert q.value not in SENTINELS
        assert (q.group == "changed") == bool(q.older)
        assert normal_value(q.value) not in map(normal_value, q.older)
    assert sum(q.group == "changed" for q in asked) >= 80


def test_no_value_is_so_common_that_saying_it_always_would_look_like_knowledge():
    asked = records.questions()
    values = [normal_value(q.value) for q in asked]
    assert max(values.count(value) for value in values) / len(values) < 0.1


def test_worked_examples_are_not_asked():
    examples = {f"{estimator}.{parameter}" for estimator, parameter, *_ in EXAMPLES}
    assert not examples & {q.key for q in records.questions()}


def test_every_question_has_its_passage_and_the_passages_are_those_of_the_installed_release():
    from holdout.lm.real.questions import all_passages

    shipped = records.passages()
    assert shipped == all_passages()
    assert {q.key for q in records.questions()} <= set(shipped)


def test_described_questions_name_no_parameter_and_their_values_are_true_today():
    now, shipped = read_defaults()["1.9.1"], records.passages()
    rows = records.table("described")
    assert len(rows) == len({row["question"] for row in rows}) == 300
    for row in rows:
        question = records.as_described(row)
        assert question.key in shipped
        assert "".join(question.value.split()) == now[question.estimator, question.parameter]
        assert question.estimator not in row["question"]
        if "_" in question.parameter:
            assert question.parameter not in row["question"]
        said = " ".join(re.findall(r"\w+", row["question"].lower()))
        plain = [question.parameter.replace("_", " ").lower(), " ".join(search_words(question.estimator))]
        if row["batch"] == "2":
            assert not any(re.search(rf"\b{re.escape(name)}s?\b", said) for name in plain)


def test_everyday_questions_are_different_and_have_an_answer():
    rows = records.table("everyday")
    assert len(rows) == len({row["question"] for row in rows}) == 150
    assert all(row["accepted"] and row["question"].endswith("?") for row in rows)


def test_tables_can_be_read_by_a_plain_csv_reader():
    with open(records.loader.path("real_model/questions.csv"), newline="", encoding="utf-8") as stream:
        assert next(csv.reader(stream))[:4] == ["key", "estimator", "parameter", "value"]
