"""Last digits are no difference between two checks documents; everything else is, and is named by question, case and key."""

import copy
import json
import pathlib

import numpy as np
import pytest

from grader.authoring.build import checks_text, checks_text_or_kept
from grader.authoring.compare import compare_documents
from holdout.checks.codec import decode, encode
from holdout.checks.document import digest

ROOT = pathlib.Path(__file__).resolve().parents[3]
FILES = sorted(ROOT.glob("exercises/*/checks.json"))
each_exercise = pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)


def change_floats(data, change):
    """The encoded value with `change` done to every floating-point number in it, those in arrays too."""
    if isinstance(data, float):
        return float(change(np.float64(data)))
    if isinstance(data, list):
        return [change_floats(item, change) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("$") == "array" and data["dtype"].startswith("<f"):
        return encode(change(decode(data)))
    return {key: change_floats(item, change) for key, item in data.items()}


def next_up(values):
    return np.nextafter(values, np.asarray(np.inf, dtype=values.dtype))


@each_exercise
def test_the_last_digit_of_every_number_of_an_exercise_may_differ(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    perturbed = change_floats(document, next_up)
    assert perturbed != document
    assert compare_documents(document, perturbed) is None
    assert compare_documents(perturbed, document) is None


def test_a_file_that_another_machine_made_is_kept_and_one_that_says_something_else_is_not(tmp_path):
    document = json.loads(FILES[2].read_text(encoding="utf-8"))
    path = tmp_path / "checks.json"
    assert checks_text_or_kept(document, path) == checks_text(document)
    theirs = change_floats(document, next_up)
    theirs["digest"] = digest(theirs)
    path.write_text(checks_text(theirs), encoding="utf-8")
    assert checks_text_or_kept(document, path) == checks_text(theirs) != checks_text(document)
    for broken in (
        checks_text({**theirs, "digest": "0"}),
        "{",
        "{}",
        "[]",
        checks_text({**theirs, "questions": {}}),
    ):
        path.write_text(broken, encoding="utf-8")
        assert checks_text_or_kept(document, path) == checks_text(document)


@each_exercise
def test_a_clear_change_of_a_number_is_named_by_its_question_and_case(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    changed = 0
    for id, question in document["questions"].items():
        for position, case in enumerate(question["cases"]):
            other = change_floats(case, lambda values: values * 1.5 + 0.5)
            if other == case:
                continue
            changed += 1
            found = {**question, "cases": [*question["cases"][:position], other, *question["cases"][position + 1 :]]}  # fmt: skip
            found = {**document, "questions": {**document["questions"], id: found}}
            difference = compare_documents(document, found)
            assert difference.startswith(f"question {id}, case {case['title']!r}: "), difference
    assert changed


@pytest.fixture
def made():
    question = {
        "id": "01.a", "title": "A", "points": 2, "answer": "a", "probe": "answer(rng, x)", "judge": "close",
        "parameters": {"rtol": 1e-9}, "passed": "Yes.", "hints": ["One."],
        "cases": [{"title": "three", "inputs": {"rng": {"$": "rng", "v": 5}, "x": encode(np.array([0.5, 2.0]))}, "expected": 0.25}],
        "wrong": [{"name": "sum", "message": "No.", "runs": [{"value": 0.75}]}],
    }  # fmt: skip
    return {"format": 1, "exercise": "01-small", "questions": {"01.a": question}, "digest": "0"}


def at(document, *keys):
    for key in keys:
        document = document[key]
    return document


CASE = ("questions", "01.a", "cases", 0)


@pytest.mark.parametrize(
    ("where", "key", "value", "says"),
    [
        ((*CASE, "inputs", "rng"), "v", 6, "question 01.a, case 'three': inputs/rng is 6 instead of 5"),
        ((*CASE,), "expected", 0.251, "question 01.a, case 'three': expected is 0.251 instead of 0.25"),
        ((*CASE, "inputs"), "x", encode(np.array([0.5, 2.1])), "case 'three': inputs/x[1] is 2.1 instead of 2.0"),
        ((*CASE, "inputs"), "x", encode(np.array([[0.5, 2.0]])), "inputs/x is an array float64[1, 2] instead of float64[2]"),
        ((*CASE, "inputs"), "y", 1, "case 'three': inputs/y is not known"),
        ((*CASE,), "title", "four", "question 01.a lacks the case 'three'"),
        (("questions", "01.a", "wrong", 0), "message", "Not so.", "wrong answer 'sum': message is 'Not so.' instead of 'No.'"),
        (("questions", "01.a", "wrong", 0, "runs", 0), "value", 1, "wrong answer 'sum': runs[0]/value is 1 instead of 0.75"),
        (("questions", "01.a", "wrong", 0), "name", "mean", "question 01.a lacks the wrong answer 'sum'"),
        (("questions", "01.a"), "points", 3, "question 01.a: points is 3 instead of 2"),
        (("questions", "01.a"), "hints", [], "question 01.a: hints has 0 entries instead of 1"),
        (("questions", "01.a"), "extra", 1, "question 01.a has the unknown key 'extra'"),
        ((), "exercise", "02-other", "its exercise is '02-other' instead of '01-small'"),
        ((), "questions", [], "it is no checks document"),
    ],
)  # fmt: skip
def test_a_difference_is_named_with_its_place(made, where, key, value, says):
    found = copy.deepcopy(made)
    at(found, *where)[key] = value
    assert says in compare_documents(made, found)


def test_equal_generators_are_no_difference(made):
    assert compare_documents(made, copy.deepcopy(made)) is None


def test_a_new_and_a_removed_question_are_said_before_anything_else(made):
    found = copy.deepcopy(made)
    found["questions"]["01.b"] = found["questions"].pop("01.a")
    found["exercise"] = "02-other"
    assert compare_documents(made, found) == "it lacks the question 01.a and it still has the question 01.b"


@pytest.mark.parametrize(("kind", "width"), [("rtol", 1e-3), ("atol", 2e-3)], ids=["relative", "absolute"])
def test_the_tolerance_of_a_question_holds_for_what_is_computed_and_not_for_its_inputs(made, kind, width):
    # a search that stops when it is near enough stops elsewhere on another processor (03.recalibrate, 1e-8 in a probability)
    made["questions"]["01.a"]["parameters"][kind] = width
    found = copy.deepcopy(made)
    at(found, *CASE)["expected"] = 0.25 * (1 + 1e-4)
    at(found, "questions", "01.a", "wrong", 0)["runs"] = [{"value": 0.75 * (1 + 1e-4)}]
    assert compare_documents(made, found) is None
    at(found, *CASE)["expected"] = 0.26
    assert "expected is 0.26 instead of 0.25" in compare_documents(made, found)
    found = copy.deepcopy(made)
    at(found, *CASE, "inputs")["x"] = encode(np.array([0.5, 2.0]) * (1 + 1e-4))
    assert "inputs/x[0]" in compare_documents(made, found)
