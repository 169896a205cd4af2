"""Predictions that offer sentences cannot be answered without reading them: not by length, not by place, not by caution."""

import ast
import re
from dataclasses import dataclass

import pytest
from scipy.stats import binom

from holdout.paths import find_root

SOURCES = sorted((find_root(__file__) / "lessons" / "source").rglob("[0-9e][0-9]-*.py"))
SENTENCE = 60  # characters on average: shorter options are numbers or short phrases
HEDGES = re.compile(
    r"\b(may|might|could|can|would|probably|perhaps|possibly|likely|seems?|about|unless|until|up to|nearly|some|if)\b", re.I
)  # fmt: skip


@dataclass(frozen=True)
class Prediction:
    """A prediction as its source has it."""

    id: str
    options: list[str]
    right: int


def text_of(node, values=None):
    """A text of a script; what an f-string computes counts as three characters, such as "98%"."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "98%" for part in node.values]
        return "".join(parts)
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in (values or {})
    ):
        return values[node.value.id][node.slice.value]
    return None


def predictions(path) -> list[Prediction]:
    """The predictions of a lesson whose options are sentences and whose right answer is written down."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lists = {
        node.targets[0].id: [text_of(one) or "" for one in node.value.elts]
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.List)
    }  # fmt: skip
    asked, right = {}, {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        if node.func.id == "predict":
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            options = given.get("options", node.args[2] if len(node.args) > 2 else None)
            if isinstance(options, ast.List):
                asked[node.args[0].value] = [text_of(one, lists) or "" for one in options.elts]
            elif isinstance(options, ast.Name):
                asked[node.args[0].value] = lists.get(options.id, [])
            if "answer" in given:
                right[node.args[0].value] = text_of(given["answer"], lists)
        elif node.func.id == "resolve" and len(node.args) > 1:
            right[node.args[0].value] = text_of(node.args[1], lists)
    found = []
    for id, options in asked.items():
        if options and sum(map(len, options)) / len(options) >= SENTENCE:
            answer = right.get(id)
            assert answer in options, f"{id}: the right answer {answer!r} is none of its options"
            found.append(Prediction(id, options, options.index(answer)))
    return found


ALL = [one for path in SOURCES for one in predictions(path)]


def test_the_sentences_are_found():
    assert len(ALL) == 7  # the other predictions offer numbers or a few words


@pytest.mark.parametrize("prediction", ALL, ids=lambda prediction: prediction.id)
def test_the_sentences_of_a_prediction_are_of_equal_length(prediction):
    lengths = [len(option) for option in prediction.options]
    assert max(lengths) <= 1.15 * min(lengths), lengths


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("the longest", lambda place, option: len(option)),
        ("the shortest", lambda place, option: -len(option)),
        ("the most hedged", lambda place, option: len(HEDGES.findall(option))),
        ("the least hedged", lambda place, option: -len(HEDGES.findall(option))),
        ("the most numbers", lambda place, option: len(re.findall(r"\d", option))),
        ("the most clauses", lambda place, option: len(re.findall(r"[,:;]", option))),
        *((f"always number {wanted + 1}", lambda place, option, wanted=wanted: place == wanted) for wanted in range(4)),
    ],
)  # fmt: skip
def test_no_rule_that_does_not_read_predicts_more_often_than_chance(rule, value):
    hits = 0.0
    for one in ALL:
        values = [value(place, option) for place, option in enumerate(one.options)]
        largest = [place for place, each in enumerate(values) if each == max(values)]
        hits += (one.right in largest) / len(largest)
    chance = sum(1 / len(one.options) for one in ALL) / len(ALL)
    assert hits <= binom.isf(0.05, len(ALL), chance), f"{rule}: {hits:.1f} of {len(ALL)}"
