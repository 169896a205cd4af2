"""The prediction widget in a real JupyterLab: answered by keyboard or mouse, remembered, accessible."""

import pytest
from lab_page import axe, run_all, set_theme, set_width, write_notebook
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SETUP = """
import os
os.environ["HOLDOUT_PROGRESS"] = {folder!r}
from holdout.predict import predict
"""
QUESTION = """
predict("01.p9", "Where will the *least* `error` be?", ["at degree 1", "at degree 5", "at degree 12"],
        answer="b", reveal="The next figure shows it.")
"""
NUMBER = 'predict("01.p8", "How large is the gap?", unit="percentage points", within=2, answer=7)'


@pytest.fixture
def asked(open_notebook, tmp_path):
    """A page that asks for one choice and one number, with a record of its own."""
    path = write_notebook(
        tmp_path / "predictions.ipynb", SETUP.format(folder=str(tmp_path / "record")), QUESTION, NUMBER
    )
    page = open_notebook(path)
    run_all(page)
    return page


def widget(page, number=0):
    return page.locator(".holdout-predict").nth(number)


def said(page, number=0):
    return widget(page, number).get_by_role("status")


def focused(page):
    """What has the keyboard focus: the text of a button or the kind of a field."""
    return page.evaluate("() => document.activeElement.innerText || document.activeElement.type")


def test_the_keyboard_alone_answers_a_choice(asked):
    first = widget(asked).get_by_role("radio").first
    first.focus()
    asked.keyboard.press("Space")
    asked.keyboard.press("ArrowDown")
    expect(widget(asked).get_by_role("radio", name="b) at degree 5")).to_be_checked()
    asked.keyboard.press("Tab")
    asked.keyboard.type("80")
    expect(widget(asked).get_by_role("combobox")).to_have_value("80 %")
    asked.keyboard.press("Tab")
    assert focused(asked) == "Commit"
    asked.keyboard.press("Enter")

    expect(said(asked)).to_contain_text("Recorded: b) at degree 5, 80 % sure.")
    expect(said(asked)).to_contain_text("You were right.")
    expect(widget(asked).get_by_role("radio", checked=True)).to_be_disabled()
    assert asked.get_by_role("dialog").count() == 0, "a digit reached JupyterLab as a shortcut"


def test_the_keyboard_alone_answers_a_number(asked):
    widget(asked, 1).get_by_role("textbox").focus()
    asked.keyboard.type("9.5")
    asked.keyboard.press("Tab")
    asked.keyboard.type("60")
    asked.keyboard.press("Tab")
    asked.keyboard.press("Enter")
    expect(said(asked, 1)).to_contain_text("Recorded: 9.5 percentage points, 60 % sure.")
    expect(said(asked, 1)).to_contain_text("You were wrong. The answer: 7 percentage points")


def test_the_mouse_answers_a_choice(asked):
    widget(asked).get_by_role("radio", name="c) at degree 12").click()
    widget(asked).get_by_role("combobox").select_option("90 %")
    widget(asked).get_by_role("button", name="Commit").click()
    expect(said(asked)).to_contain_text("Recorded: c) at degree 12, 90 % sure.")
    expect(said(asked)).to_contain_text("You were wrong. The answer: b) at degree 5")


def test_nothing_is_recorded_until_both_are_chosen(asked):
    widget(asked).get_by_role("button", name="Commit").click()
    expect(said(asked)).to_have_text("Nothing is recorded yet: choose your answer first.")
    widget(asked).get_by_role("radio", name="a) at degree 1").first.click()
    widget(asked).get_by_role("button", name="Commit").click()
    expect(said(asked)).to_have_text("Nothing is recorded yet: choose how sure you are.")


def test_a_second_answer_is_a_change_of_mind(asked):
    for option, button in (("a) at degree 1", "Commit"), ("b) at degree 5", "I have changed my mind")):
        if button != "Commit":
            widget(asked).get_by_role("button", name=button).click()
        widget(asked).get_by_role("radio", name=option, exact=True).click()
        widget(asked).get_by_role("combobox").select_option("70 %")
        widget(asked).get_by_role("button", name="Commit").click()
        expect(said(asked)).to_contain_text(option)
    expect(said(asked)).to_contain_text("Your first answer counts: a) at degree 1, 70 % sure.")


def test_running_the_notebook_again_shows_the_earlier_commitment(asked):
    widget(asked).get_by_role("radio", name="b) at degree 5").click()
    widget(asked).get_by_role("combobox").select_option("80 %")
    widget(asked).get_by_role("button", name="Commit").click()
    expect(said(asked)).to_contain_text("Recorded")

    run_all(asked)
    expect(said(asked)).to_contain_text("You committed on")
    expect(said(asked)).to_contain_text("b) at degree 5, 80 % sure.")
    expect(widget(asked).get_by_role("button", name="I have changed my mind")).to_be_enabled()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_before_and_after_the_commitment(asked, theme):
    set_theme(asked, theme)
    set_width(asked, 800)
    assert axe(asked) == []
    widget(asked).get_by_role("radio", name="b) at degree 5").click()
    widget(asked).get_by_role("combobox").select_option("80 %")
    widget(asked).get_by_role("button", name="Commit").click()
    expect(said(asked)).to_contain_text("Recorded")
    assert axe(asked) == []
    assert asked.errors == []
