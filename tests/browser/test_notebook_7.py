"""Live figure, flipbook and prediction in Notebook 7: by keyboard, accessible, without an error of the page."""

import pytest
from lab_page import LabServer, axe, open_page, pixels, press, readout, run_all, wait_for_readout
from lab_page import write_notebook as write
from playwright.sync_api import expect
from test_live_figures import FLIPBOOK, LIVE, SETUP

pytestmark = pytest.mark.browser

PREDICT = """
import os
os.environ["HOLDOUT_PROGRESS"] = {folder!r}
from holdout.record.predict import predict
predict("01.x1", "Which is `larger`?", ["training error", "*validation* error"], answer="b", reveal="By far.")
"""


def test_sliders_and_a_prediction_answer_to_the_keyboard(chromium, tmp_path):
    folder = str(tmp_path / "record")
    path = write(tmp_path / "figures.ipynb", SETUP, LIVE, FLIPBOOK, PREDICT.format(folder=folder))
    with LabServer(tmp_path, app="notebook") as server:
        page = open_page(server, chromium, path)
        try:
            of_notebook = list(page.errors)  # before anything of the course has run
            run_all(page)
            first = pixels(page)
            press(page, "degree", "ArrowRight")
            wait_for_readout(page, "degree 4")
            assert pixels(page) != first
            press(page, "waves", "ArrowRight", stage=1)
            wait_for_readout(page, "3 waves of height 1.0", stage=1)
            press(page, "degree", "Home")
            wait_for_readout(page, "ValueError: degree <0> has no curve")
            assert "The picture still shows degree=" in readout(page)

            asked = page.locator(".holdout-form")
            asked.get_by_role("radio").first.focus()
            page.keyboard.press("ArrowDown")
            expect(asked.get_by_role("radio", name="b) validation error")).to_be_checked()
            page.keyboard.press("Tab")
            page.keyboard.type("80")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            expect(asked.get_by_role("status")).to_contain_text("Recorded: b) validation error, 80% sure.")
            expect(asked.get_by_role("button")).to_be_focused()
            assert page.get_by_role("dialog").count() == 0, "a digit reached Notebook as a shortcut"
            assert axe(page, ".holdout-stage, .holdout-form") == []
            assert page.errors == of_notebook
        finally:
            page.context.close()
