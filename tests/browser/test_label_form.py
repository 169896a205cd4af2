"""The form for labels by hand in a real JupyterLab: by mouse and keyboard, said aloud, accessible, found again."""

import json

import pytest
from lab_page import axe, run_all, write_notebook
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SETUP = """
import os
os.environ["HOLDOUT_PROGRESS"] = {folder!r}
from holdout.record.label_form import LabelForm
items = {{key: [("Passage", "tol : float, default=1e-4"), ("Answer", answer)] for key, answer in (("a", "1e-4"), ("b", "float"))}}
"""
FORM = 'LabelForm("trial", items)'


def test_answers_are_labelled_twice_and_found_again(open_notebook_once, tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    path = write_notebook(folder / "labels.ipynb", SETUP.format(folder=str(folder / "record")), FORM)
    page = open_notebook_once(path)
    run_all(page)
    form = page.locator(".holdout-form").first
    said = form.get_by_role("status")
    expect(form).to_contain_text("first pass, answer 1 of 2")
    form.get_by_role("button", name="Right").click()
    expect(form).to_contain_text("first pass, answer 2 of 2")
    expect(said).to_contain_text("1 of 2 labelled, 1 right")
    form.get_by_label("If it is wrong: what failed first?").fill("a type")
    page.keyboard.press("Tab")
    form.get_by_role("button", name="Wrong").focus()
    page.keyboard.press("Enter")
    expect(form).to_contain_text("second pass, answer 1 of 2")
    expect(form.get_by_label("If it is wrong: what failed first?")).to_be_hidden()
    assert axe(page, ".holdout-form") == []
    form.get_by_role("button", name="Wrong").click()
    form.get_by_role("button", name="Wrong").click()
    expect(said).to_contain_text("Second pass: 2 of 2.")
    kept = json.loads((folder / "record" / "labels-trial.json").read_text())
    assert kept == {
        "first": {"a": True, "b": False},
        "second": {"b": False, "a": False},
        "failures": {"b": "a type"},
    }
