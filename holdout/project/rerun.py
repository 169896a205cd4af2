"""Run a project's notebook once more, without the labels and the log, and compare what it states then.

This is what a forecast that nobody computed cannot survive: one copied from the labels, or written by hand.
"""

from __future__ import annotations

import pathlib
import shutil
import tempfile

import numpy as np

from holdout.checks.run_checks import execute_notebook
from holdout.project import one_test
from holdout.project.errors import ProjectError
from holdout.project.facts import FACTS, read_facts
from holdout.project.folder import ABOUT, NOTEBOOK, PREDICTIONS, Project, open_project
from holdout.project.grading import FAILS, HOLDS, Finding

GIVEN = (ABOUT, NOTEBOOK, "train.csv", "test.csv")
"""What the notebook gets: no labels, no log, no earlier facts and forecasts."""
CELL_SECONDS = 600
CLOSE = 1e-6


def rerun(project: Project) -> Finding:
    """Run the notebook in a copy of the folder and compare facts and forecasts with those that lie there.

    The project's own files are read, never written.
    """
    with tempfile.TemporaryDirectory(prefix="holdout-project-") as place:
        copy = pathlib.Path(place) / "project"
        copy.mkdir()
        for name in GIVEN:
            if (project.folder / name).is_file():
                shutil.copy(project.folder / name, copy / name)
        if not (copy / NOTEBOOK).is_file():
            return Finding("notebook", FAILS, f"There is no {NOTEBOOK}: nothing can be computed again.")
        notebook, stopped = execute_notebook(copy / NOTEBOOK, {}, cell_timeout=CELL_SECONDS)
        errors = [
            f"{output.ename}: {output.evalue}"[:200]
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if output.output_type == "error"
        ]
        problem = stopped or (errors[0] if errors else "") or compare(project, open_project(copy))
    if problem:
        return Finding("notebook", FAILS, f"The notebook was run again without the labels: {problem}")
    return Finding("notebook", HOLDS, "The notebook, run again without the labels, states the same facts and forecasts.")  # fmt: skip


def compare(project: Project, again: Project) -> str:
    """What a second run stated otherwise, in a sentence; empty if nothing."""
    first, second = read_facts(project.folder), read_facts(again.folder)
    for name in FACTS:
        if name in first and name not in second:
            return f"it does not state {name!r}."
        for key, kind in FACTS[name].items() if name in first else ():
            one, other = first[name][key], second[name][key]
            same = one == other
            if kind in ("numbers", "number"):
                one, other = np.atleast_1d(one), np.atleast_1d(other)
                same = one.shape == other.shape and np.allclose(one, other, rtol=CLOSE, atol=CLOSE)
            if not same:
                return f"{key} of the fact {name!r} is another one then."
    try:
        stated = one_test.read_predictions(project.folder / PREDICTIONS, project)
    except ProjectError:
        return ""  # there are none yet: `grade` says so
    try:
        computed = one_test.read_predictions(again.folder / PREDICTIONS, again)
    except ProjectError as error:
        return f"it writes no forecasts of the test rows ({error})."
    worst = float((stated - computed).abs().max())
    return "" if worst <= 2e-6 else f"its forecasts of the test rows differ from {PREDICTIONS} by up to {worst:.3f}: those were not computed by it."  # fmt: skip
