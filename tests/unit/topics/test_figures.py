"""Rules that the figures of all topics follow."""

import ast
from pathlib import Path

import pytest

import holdout.topics

FIGURES = sorted(Path(holdout.topics.__path__[0]).glob("*/figures.py"))


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.parent.name)
def test_no_figure_clears_its_axes(path):
    # A Stage removes what the update before has drawn. Clearing the axes throws the stored background away as well,
    # and a frame then costs four times the time.
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    cleared = [node.lineno for node in calls if getattr(node.func, "attr", "") in ("clear", "cla", "clf")]
    assert not cleared, f"{path.parent.name}/figures.py clears axes in lines {cleared}"


def test_every_topic_with_a_lesson_has_figures():
    assert len(FIGURES) == 14
