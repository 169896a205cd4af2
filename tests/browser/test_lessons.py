"""Every lesson in a real JupyterLab: it opens with its pictures, runs, answers to keyboard and mouse, and is accessible.

Four lessons, one that goes deeper and two exercises are opened in ``make test``, all in ``make proof``. Of the
others the saved page is tested for accessibility here (no kernel, no Lab), and ``holdout build`` tries both ends of
every slider when it writes a lesson.
"""

import pathlib

import nbformat
import pytest
from lab_page import axe, cut_off, drag_to, pixels, readout, run_all, settle, stage_of
from nbconvert import HTMLExporter
from playwright.sync_api import expect

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LESSONS = sorted((ROOT / "lessons").glob("[0-9e][0-9]-*.ipynb"))
DEEPER = sorted((ROOT / "lessons" / "deeper").glob("*.ipynb"))
PAGES = sorted(path for path in (ROOT / "lessons").glob("*.ipynb") if path not in LESSONS)
EXERCISES = sorted((ROOT / "exercises").glob("*/*.ipynb"))

# Quick ones of four units.
SAMPLE = {
    *("lessons/03", "lessons/04", "lessons/08", "lessons/13", "deeper/04"),
    *("exercises/01", "exercises/09"),
}

pytestmark = pytest.mark.browser


def short(path):
    """Kind and number of a notebook: ``"deeper/04"``."""
    kind = "exercises" if path in EXERCISES else path.parent.name
    return f"{kind}/{path.stem[:2]}"


def sampled(paths):
    """Parameters of a test: those of the sample always, the others in ``make proof``."""
    return [
        pytest.param(path, id=short(path), marks=[] if short(path) in SAMPLE else pytest.mark.proof)
        for path in paths
    ]


def named(paths):
    """Parameters of a test: all of them, always."""
    return [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in paths]


def test_the_sample_names_notebooks_that_exist():
    assert {short(path) for path in [*LESSONS, *DEEPER, *EXERCISES]} >= SAMPLE


def stages(page):
    return range(page.locator(".holdout-stage").count())


@pytest.mark.parametrize("path", sampled([*LESSONS, *DEEPER]))
def test_a_lesson(open_notebook, path):
    page = open_notebook(path)
    least = 1 if path in DEEPER else 3

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
        assert cut_off(stage) == [], f"figure {number + 1} as it starts"
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
                assert cut_off(stage) == [], f"figure {number + 1}, {name} at {key}"
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
            before, timeout=120_000
        )

    assert axe(page) == []
    assert page.errors == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page(open_notebook, path):
    page = open_notebook(path)
    run_all(page)
    assert axe(page) == []
    assert page.errors == []


@pytest.mark.parametrize("path", sampled(EXERCISES))
def test_an_exercise_that_is_only_begun(open_notebook, path):
    page = open_notebook(path)
    run_all(page)
    questions = sum("-check" in cell.get("id", "") for cell in nbformat.read(path, as_version=4).cells)
    page.get_by_text("○ not attempted").nth(questions - 1).wait_for(timeout=120_000, state="attached")
    assert axe(page) == []
    assert page.errors == []


@pytest.mark.parametrize("path", [*named([*LESSONS, *PAGES]), *sampled([*DEEPER, *EXERCISES])])
def test_the_saved_page_is_accessible(chromium, path, tmp_path):
    exporter = HTMLExporter(
        template_name="lab", mathjax_url="", require_js_url="", jquery_url="", mermaid_js_url=""
    )
    saved = tmp_path / "page.html"
    saved.write_text(exporter.from_filename(str(path))[0], encoding="utf-8")
    page = chromium.new_page()
    page.set_default_timeout(120_000)
    try:
        page.route("http*://**", lambda route: route.abort())
        page.goto(saved.as_uri())
        # colours are those of nbconvert's page, not of Lab
        assert axe(page, without=("color-contrast", "link-in-text-block")) == []
    finally:
        page.close()
