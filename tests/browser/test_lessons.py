"""Every lesson in a real JupyterLab: it opens with its pictures, runs, answers to keyboard and mouse, and is accessible."""

import pathlib

import nbformat
import pytest
from lab_page import axe, drag_to, pixels, readout, run_all, settle, stage_of
from playwright.sync_api import expect

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LESSONS = sorted((ROOT / "lessons").glob("[0-9][0-9]-*.ipynb"))
DEEPER = sorted((ROOT / "lessons" / "deeper").glob("*.ipynb"))
PAGES = sorted(path for path in (ROOT / "lessons").glob("*.ipynb") if path not in LESSONS)
EXERCISES = sorted((ROOT / "exercises").glob("*/*.ipynb"))

pytestmark = pytest.mark.browser


def stages(page):
    return range(page.locator(".holdout-stage:not(.holdout-predict)").count())


@pytest.mark.parametrize("path", [*LESSONS, *DEEPER], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_lesson(open_notebook, path):
    page = open_notebook(path)
    least = 1 if path in DEEPER else 4

    # without a kernel's help every live figure is there as a picture
    notebook = nbformat.read(path, as_version=4)
    pictures = sum(
        "image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])
    )
    assert pictures >= least

    run_all(page)
    assert len(stages(page)) >= least
    for number in stages(page):
        start = pixels(page, number)
        stage = stage_of(page, number)
        moved = False
        for handle in stage.get_by_role("slider").all():
            name = handle.get_attribute("aria-label")
            assert name, f"a slider of figure {number + 1} has no name"
            handle.scroll_into_view_if_needed()
            for key in ("Home", "End"):
                handle.press(key)
                settle(page)
                moved = moved or pixels(page, number) != start
                said = readout(page, number)
                assert said
                assert stage.locator(".holdout-error").count() == 0, (
                    f"figure {number + 1}, {name} at {key}: {said}"
                )
        for box in stage.get_by_role("checkbox").all():
            box.press("Space")
            settle(page)
            moved = moved or pixels(page, number) != start
            assert stage.locator(".holdout-error").count() == 0, (
                f"figure {number + 1}: {readout(page, number)}"
            )
        assert moved, f"nothing changes the picture of figure {number + 1}"
        before = readout(page, number)
        if stage.get_by_role("slider").count():
            drag_to(page, stage.get_by_role("slider").first.get_attribute("aria-label"), "min", stage=number)
        else:
            stage.get_by_role("checkbox").first.click()
        expect(stage.locator("[role=status]"), f"figure {number + 1} answers to the mouse").not_to_have_text(
            before, timeout=30_000
        )

    assert axe(page) == []
    assert page.errors == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page(open_notebook, path):
    page = open_notebook(path)
    run_all(page)
    assert axe(page) == []
    assert page.errors == []


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_an_exercise_that_is_only_begun(open_notebook, path):
    page = open_notebook(path)
    run_all(page)
    questions = sum("-check" in cell.get("id", "") for cell in nbformat.read(path, as_version=4).cells)
    page.get_by_text("○ not attempted").nth(questions - 1).wait_for(timeout=20_000, state="attached")
    assert axe(page) == []
    assert page.errors == []
