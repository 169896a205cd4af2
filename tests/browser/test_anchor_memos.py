"""The memos of an exercise in a real JupyterLab: four are graded by keyboard, then the own memo is read.

Both tests share one page of exercise 02, without its other cells.
"""

import pathlib

import nbformat
import pytest
from lab_page import axe, run_all, settle
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

EXERCISE = next((pathlib.Path(__file__).parents[2] / "exercises").glob("02-*/02-*.ipynb"))
GIVEN = [(0, 2), (), (0, 1, 2, 3), (1,)]
"""The boxes that are ticked for each memo, from 0."""


@pytest.fixture(scope="module")
def page(open_notebook_once, tmp_path_factory):
    """The cells around the memo of exercise 02, run; the memo is written and saved, the record is one of its own."""
    folder = tmp_path_factory.mktemp("memos")
    notebook = nbformat.read(EXERCISE, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id.startswith("02-memo")]
    record = f"import os\nos.environ['HOLDOUT_PROGRESS'] = {str(folder / 'record')!r}"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(record))
    next(
        cell for cell in notebook.cells if cell.id == "02-memo"
    ).source = "Drop it: 0.012, 37,500 euros, 480 runs."
    path = folder / EXERCISE.name
    nbformat.write(notebook, path)
    page = open_notebook_once(path)
    run_all(page)
    return page


def said(widget):
    return widget.get_by_role("status")


def test_the_keyboard_alone_grades_four_memos(page):
    memos = page.locator(".holdout-memos").first
    assert axe(page, ".holdout-memos") == []
    memos.get_by_role("checkbox").first.focus()
    for number, ticked in enumerate(GIVEN, 1):
        assert memos.get_by_role("checkbox", checked=True).count() == 0, (
            "the boxes of the last memo are left ticked"
        )
        for box in range(4):
            if box in ticked:
                page.keyboard.press("Space")
            page.keyboard.press("Tab")
        expect(memos.get_by_role("button", name="Give these points")).to_be_focused()
        page.keyboard.press("Enter")
        expect(said(memos)).to_contain_text(f"Recorded: memo {number} of 4, {len(ticked)} of 4 points.")
        settle(page)
        head = "all are graded" if number == 4 else f"memo {number + 1} of 4"
        expect(page.locator(":focus")).to_contain_text(head)  # reading goes on there
        if number < 4:
            page.keyboard.press("Tab")
            expect(memos.get_by_role("checkbox").first).to_be_focused()

    expect(memos).to_contain_text("You and the course agree on")
    assert memos.get_by_role("table").count() == 4
    expect(memos.get_by_role("checkbox")).to_have_count(0)  # hidden ones have no role
    assert axe(page, ".holdout-memos") == []
    assert page.errors == []


def test_the_own_memo_is_read_as_saved_and_gets_points(page):
    mine = page.locator(".holdout-memos").nth(1)
    expect(mine).to_contain_text("has the numbers 0.012, 37,500 and 480")
    mine.get_by_role("checkbox", name="(4)").check()
    mine.get_by_role("button", name="Give myself these points").click()
    expect(said(mine)).to_contain_text(
        "Recorded: 1 of 4 points by your own reading. What is left to write: (1)"
    )
    assert axe(page, ".holdout-memos") == []
    assert page.errors == []
