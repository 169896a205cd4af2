"""Ties are sorted the same way on every processor: NumPy's default sort takes other instructions on other processors."""

import ast

import pytest
from small_course import ROOT

FILES = sorted(
    path for folder in ("holdout", "grader", "lessons/source") for path in (ROOT / folder).rglob("*.py")
)
POSITIONS = {"argsort", "argpartition"}


def unstable(text):
    """Lines on which positions are sorted without ``kind="stable"``; `argpartition` has no stable kind."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in POSITIONS
        ):
            kind = next((one.value for one in node.keywords if one.arg == "kind"), None)
            if node.func.attr == "argpartition" or not (
                isinstance(kind, ast.Constant) and kind.value == "stable"
            ):
                found.append(node.lineno)
    return found


def test_positions_are_sorted_with_a_stable_sort():
    found = {path.relative_to(ROOT).as_posix(): unstable(path.read_text(encoding="utf-8")) for path in FILES}
    assert {name: lines for name, lines in found.items() if lines} == {}, 'say kind="stable"'


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("np.argsort(x)", [1]),
        ("x.argsort(axis=1, kind='quicksort')", [1]),
        ("np.argsort(-x, kind='stable')", []),
        ("\nnp.argpartition(x, 3)[:3]", [2]),
    ],
)
def test_the_test_finds_them(text, lines):
    assert unstable(text) == lines
