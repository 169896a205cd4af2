"""Saved notebooks hold the scripts of the page as they are now: what is shown before a kernel runs, and what nbval compares."""

import json
from importlib.resources import files

import pytest
from small_course import ROOT

NOTEBOOKS = sorted([*(ROOT / "lessons").glob("*.ipynb"), *(ROOT / "lessons" / "deeper").glob("*.ipynb")])
STAGE = files("holdout.figures").joinpath("static/stage.js").read_text(encoding="utf-8").strip()
PREDICT = files("holdout.record").joinpath("static/predict.js").read_text(encoding="utf-8").strip()


def saved_scripts(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            script = output.get("data", {}).get("application/javascript")
            if script is not None:
                yield "".join(script).strip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_scripts_are_the_current_ones(path):
    for script in saved_scripts(path):
        own = script.replace(STAGE, "", 1).replace(PREDICT, "", 1).strip()
        assert own == "", f"a script of the page has changed since: holdout build {path.stem} --force"


def test_some_notebooks_have_scripts():
    assert sum(len(list(saved_scripts(path))) > 0 for path in NOTEBOOKS) > 20
