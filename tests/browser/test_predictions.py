"""The prediction widget in a real JupyterLab: answered by keyboard or mouse, remembered, accessible.

All tests share one page, and each has a question of its own on it.
"""

import pytest
from lab_page import axe, run_all, set_theme, set_width, write_notebook
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SETUP = """
import os
os.environ["HOLDOUT_PROGRESS"] = {folder!r}
from holdout.record.predict import predict
"""
CHOICE = """
predict("01.x{number}", "Where will the *least* `error` be?", ["at degree 1", "at degree 5", "at degree 12"],
        answer="b", reveal="The next figure shows it.")
"""
NUMBER = 'predict("01.x9", "How large is the gap?", unit="percentage points", within=2, answer=7)'
KEYBOARD, MOUSE, EMPTY, CHANGED, AGAIN, TYPED = range(6)


@pytest.fixture(scope="module")
def page(open_notebook_once, tmp_path_factory):
    """A page with five choices and one number to predict, and a record of its own."""
    folder = tmp_path_factory.mktemp("predictions")
    questions = [CHOICE.format(number=number) for number in range(TYPED)]
    path = write_notebook(
        folder / "predictions.ipynb", SETUP.format(folder=str(folder / "record")), *questions, NUMBER
    )
    page = open_notebook_once(path)
    run_all(page)
    return page


def widget(page, number):
    return page.locator(".holdout-form").nth(number)


def said(page, number):
    return widget(page, number).get_by_role("status")


def answer(page, number, option, confidence):
    """Choose and commit with the mouse."""
    widget(page, number).get_by_role("radio", name=option, exact=True).click()
    widget(page, number).get_by_role("combobox").select_option(confidence)
    widget(page, number).get_by_role("button", name="Commit").click()


def test_the_keyboard_alone_answers_a_choice(page):
    widget(page, KEYBOARD).get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(widget(page, KEYBOARD).get_by_role("radio", name="b) at degree 5")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("80")
    expect(widget(page, KEYBOARD).get_by_role("combobox")).to_have_value("80%")
    page.keyboard.press("Tab")
    expect(widget(page, KEYBOARD).get_by_role("button", name="Commit")).to_be_focused()
    page.keyboard.press("Enter")

    expect(said(page, KEYBOARD)).to_contain_text("Recorded: b) at degree 5, 80% sure.")
    expect(said(page, KEYBOARD)).to_contain_text("You were right.")
    expect(widget(page, KEYBOARD).get_by_role("radio", checked=True)).to_be_disabled()
    assert page.get_by_role("dialog").count() == 0, "a digit reached JupyterLab as a shortcut"


def test_the_keyboard_alone_answers_a_number(page):
    widget(page, TYPED).get_by_role("textbox").focus()
    page.keyboard.type("9.5")
    page.keyboard.press("Tab")
    page.keyboard.type("60")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(said(page, TYPED)).to_contain_text("Recorded: 9.5 percentage points, 60% sure.")
    expect(said(page, TYPED)).to_contain_text("You were wrong. The answer: 7 percentage points")


def test_the_mouse_answers_a_choice(page):
    answer(page, MOUSE, "c) at degree 12", "90%")
    expect(said(page, MOUSE)).to_contain_text("Recorded: c) at degree 12, 90% sure.")
    expect(said(page, MOUSE)).to_contain_text("You were wrong. The answer: b) at degree 5")


def test_nothing_is_recorded_until_both_are_chosen(page):
    widget(page, EMPTY).get_by_role("button", name="Commit").click()
    expect(said(page, EMPTY)).to_have_text("Nothing is recorded yet: choose your answer first.")
    widget(page, EMPTY).get_by_role("radio", name="a) at degree 1", exact=True).click()
    widget(page, EMPTY).get_by_role("button", name="Commit").click()
    expect(said(page, EMPTY)).to_have_text("Nothing is recorded yet: choose how sure you are.")


def test_a_second_answer_is_a_change_of_mind(page):
    answer(page, CHANGED, "a) at degree 1", "70%")
    expect(said(page, CHANGED)).to_contain_text("Recorded: a) at degree 1")
    widget(page, CHANGED).get_by_role("button", name="I have changed my mind").click()
    expect(said(page, CHANGED)).to_have_text("Choose again. It is recorded, but your first answer counts.")
    answer(page, CHANGED, "b) at degree 5", "80%")
    expect(said(page, CHANGED)).to_contain_text("Recorded as a change of mind: b) at degree 5, 80% sure.")
    expect(said(page, CHANGED)).to_contain_text("Your first answer counts: a) at degree 1, 70% sure.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_before_and_after_a_commitment_in_a_narrow_tab(page, theme):
    set_theme(page, theme)
    set_width(page, 800)
    expect(widget(page, AGAIN).get_by_role("button", name="Commit")).to_be_visible()
    if widget(page, MOUSE).get_by_role("button", name="Commit").count():  # this test runs alone
        answer(page, MOUSE, "c) at degree 12", "90%")
    expect(widget(page, MOUSE).get_by_role("button", name="I have changed my mind")).to_be_visible()
    assert axe(page) == []
    assert page.errors == []


def test_running_the_notebook_again_shows_the_earlier_commitment(page):
    answer(page, AGAIN, "b) at degree 5", "80%")
    expect(said(page, AGAIN)).to_contain_text("Recorded")
    run_all(page)
    expect(said(page, AGAIN)).to_contain_text("You committed on")
    expect(said(page, AGAIN)).to_contain_text("b) at degree 5, 80% sure.")
    expect(widget(page, AGAIN).get_by_role("button", name="I have changed my mind")).to_be_enabled()
    assert page.errors == []
