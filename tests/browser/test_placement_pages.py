"""Placement and the choice of a path in a real JupyterLab: by mouse and keyboard, remembered, accessible."""

import re

import pytest
from lab_page import axe, run_all, settle, write_notebook
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SETUP = """
import os
os.environ["HOLDOUT_PROGRESS"] = {folder!r}
from holdout.record.path_chooser import PathChooser
from holdout.record.placement.form import place
"""


@pytest.fixture(scope="module")
def page(open_notebook_once, tmp_path_factory):
    folder = tmp_path_factory.mktemp("placement")
    setup = SETUP.format(folder=str(folder / "record"))
    page = open_notebook_once(
        write_notebook(folder / "placement.ipynb", setup, 'place("A")', "PathChooser()")
    )
    run_all(page)
    return page


def test_every_kind_of_item_is_answered_by_mouse_or_keyboard_and_the_answers_are_remembered(page):
    form = page.locator(".holdout-placement")
    go_on = form.get_by_role("button", name="Commit and go on")
    go_on.click()
    expect(form.get_by_role("status")).to_contain_text("Nothing is recorded yet")
    form.get_by_role("radio").nth(1).click()  # a choice, by mouse
    go_on.click()
    expect(form.get_by_role("status")).to_have_text("Recorded: item 1 of 20.")
    assert "dotted line marks the noise" in form.locator("img").get_attribute("alt")
    form.get_by_role("textbox").focus()  # a number, by keyboard
    page.keyboard.type("0.25")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_have_text("Recorded: item 2 of 20.")
    assert axe(page) == []
    form.get_by_role("combobox").focus()  # a line, by keyboard
    for _ in range(5):  # not by typing: a list forgets the first letters if the next ones come late
        page.keyboard.press("ArrowDown")
    assert form.get_by_role("combobox").evaluate("node => node.selectedIndex") == 5
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_have_text("Recorded: item 3 of 20.")
    form.get_by_role("radio").first.focus()  # a choice, by keyboard
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_have_text("Recorded: item 4 of 20.")
    assert "right" not in form.get_by_role("status").inner_text()
    run_all(page)
    expect(page.locator(".holdout-placement")).to_contain_text("Item 5 of 20")
    for _ in range(16):
        page.locator(".holdout-placement").get_by_role("button", name="I do not know").click()
        settle(page)
    # the number and the line are right; the two choices are shuffled by a seed that differs from record to record
    expect(page.locator(".holdout-placement")).to_contain_text(re.compile("[2-4] of 20 right"))
    assert axe(page) == []
    assert page.errors == []


def test_a_path_is_chosen_by_keyboard_and_a_step_said_to_be_done(page):
    chooser = page.locator(".holdout-form:not(.holdout-placement)")
    chooser.get_by_role("combobox").first.select_option(index=1)
    chooser.get_by_role("button", name="Follow this path").focus()
    page.keyboard.press("Enter")
    expect(chooser.get_by_role("status")).to_have_text("You follow the path “One day”.")
    expect(chooser).to_contain_text("0 of 7 steps done")
    chooser.get_by_role("button", name="I have done this step").click()
    expect(chooser).to_contain_text("1 of 7 steps done")
    assert page.errors == []
