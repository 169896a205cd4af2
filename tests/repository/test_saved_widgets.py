"""Saved notebooks hold what a widget leaves without a kernel, a picture or a text, and neither script nor state nor id of it."""

import pathlib

import nbformat
import pytest
from small_course import ROOT

from grader.authoring.execute import WIDGET_VIEW, stands_for_a_widget

NOTEBOOKS = sorted([*(ROOT / "lessons").glob("*.ipynb"), *(ROOT / "lessons" / "deeper").glob("*.ipynb")])


def outputs(path: pathlib.Path):
    for cell in nbformat.read(path, as_version=4).cells:
        yield from cell.get("outputs", [])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_saved_notebook_has_the_words_of_its_widgets_and_nothing_that_runs(path):
    assert "widgets" not in nbformat.read(path, as_version=4).metadata
    for output in outputs(path):
        data = output.get("data", {})
        assert not {WIDGET_VIEW, "application/javascript"} & set(data), f"holdout build {path.stem} --force"
        assert "model_id" not in str(output) and " at 0x" not in str(data.get("text/plain", ""))
        if stands_for_a_widget(output):
            assert len(data["text/plain"]) > 20
            assert set(data) in ({"text/plain"}, {"text/plain", "image/png"})


def test_figures_leave_their_picture_and_most_notebooks_have_some():
    with_a_figure = [
        path
        for path in NOTEBOOKS
        if any(stands_for_a_widget(output) and "image/png" in output.data for output in outputs(path))
    ]
    assert len(with_a_figure) > 20
