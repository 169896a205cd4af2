"""Percent scripts to notebooks: lessons, solutions (nbgrader "source") and exercises (nbgrader "release").

Reads text, writes notebooks; knows nothing of judging. The same bytes come out of the same text.
"""

import hashlib
import json
import pathlib
import re

import jupytext
import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    IncludeHeaderFooter,
    LockCells,
    SaveCells,
)
from traitlets.config import Config

from holdout.checks.run_checks import TEXT_STUB
from holdout.errors import HoldoutError

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
STUB = "# Write your code here.\nraise NotImplementedError"
VALUE_STUB = "# Write your answer here, in place of the three dots."


class NotebookError(HoldoutError, ValueError):
    """A script cannot become a notebook; the message names the file, the cell and the remedy."""


class ClearAnswers(ClearSolutions):
    """nbgrader's ClearSolutions with a stub that fits: inside a function it raises, at the top level it is only a comment.

    A value keeps its placeholder (``say_it = ...``), so that "Run All" goes through a notebook that is only begun.
    """

    def _replace_solution_region(self, cell, language):
        if cell.cell_type == "code":
            region = re.search(r"^([ \t]*)#+ *BEGIN SOLUTION", cell.source, re.MULTILINE)
            inside = bool(region and region.group(1))
            self.code_stub = {**self.code_stub, "python": STUB if inside else VALUE_STUB}
        return super()._replace_solution_region(cell, language)


# What turns a solution into an exercise, in nbgrader's own order; nbgrader_config.py gives the same list to nbgrader.
RELEASE_PREPROCESSORS = [
    IncludeHeaderFooter,
    LockCells,
    ClearAnswers,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
]


def read_script(path):
    """Read a percent script.

    Parameters
    ----------
    path : path

    Returns
    -------
    nbformat.NotebookNode
        Cells with the metadata of their markers; ids set from content and order, so that they are the same each time.
    """
    path = pathlib.Path(path)
    try:
        notebook = jupytext.read(path, fmt="py:percent")
    except OSError as error:
        raise NotebookError(f"{path.name}: cannot be read: {error}") from None
    notebook.metadata = nbformat.from_dict({"kernelspec": dict(KERNEL), "language_info": {"name": "python"}})
    seen = {}
    for cell in notebook.cells:
        stem = hashlib.sha256(f"{cell.cell_type}{cell.source}".encode()).hexdigest()[:10]
        seen[stem] = seen.get(stem, 0) + 1
        cell.id = stem if seen[stem] == 1 else f"{stem}-{seen[stem]}"
    return notebook


def solution_notebook(script, exercise):
    """A solution as nbgrader's "source" notebook, from its percent script.

    Authors write four kinds of cells and no nbgrader metadata: text, ``tags=["setup"]`` code, ``question="NN.slug"`` code with
    a BEGIN/END SOLUTION region, and markdown with ``memo="NN.slug" points=4``. After each question its check is added; its
    hidden part asks the grader for fresh cases. Text, set-up and checks are locked.

    Parameters
    ----------
    script : nbformat.NotebookNode
        As :func:`read_script` gives it; not changed.
    exercise : grader.authoring.exercise.Exercise

    Returns
    -------
    nbformat.NotebookNode
    """
    notebook = nbformat.v4.new_notebook(metadata=dict(script.metadata))
    texts = 0
    for cell in script.cells:
        about = cell.metadata
        if "question" in about:
            question = exercise[about["question"]]
            if "BEGIN SOLUTION" not in cell.source:
                raise NotebookError(
                    f"{exercise.name}: the cell of {question.id} has no BEGIN SOLUTION region"
                )
            name = question.id.replace(".", "-")
            notebook.cells += [
                _code(cell.source, f"{name}-answer", solution=True),
                _code(
                    _check_source(question), f"{name}-check", grade=True, locked=True, points=question.points
                ),
            ]
        elif "memo" in about:
            if not isinstance(about.get("points"), int | float):
                raise NotebookError(
                    f"{exercise.name}: the memo {about['memo']} needs points, such as points=4"
                )
            name = about["memo"].replace(".", "-")
            notebook.cells.append(
                _markdown(cell.source, name, solution=True, grade=True, points=about["points"])
            )
        elif cell.cell_type == "code":
            texts += 1
            name = "setup" if "setup" in about.get("tags", []) else f"code-{texts:02d}"
            notebook.cells.append(_code(cell.source, name, locked=True))
        else:
            texts += 1
            notebook.cells.append(_markdown(cell.source, f"text-{texts:02d}", locked=True))
    names = [cell.id for cell in notebook.cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise NotebookError(
            f"{exercise.name}: more than one cell is called {twice}; only one set-up cell is possible"
        )
    return notebook


def _check_source(question):
    return (
        f'check("{question.id}", {question.answer})\n'
        "### BEGIN HIDDEN TESTS\n"
        "from grader.nbgrader_bridge.hidden_test import grade\n"
        "\n"
        f'grade("{question.id}", {question.answer})\n'
        "### END HIDDEN TESTS"
    )


def _code(source, name, **role):
    return nbformat.v4.new_code_cell(source, id=name, metadata={"nbgrader": _role(name, "code", **role)})


def _markdown(source, name, **role):
    return nbformat.v4.new_markdown_cell(
        source, id=name, metadata={"nbgrader": _role(name, "markdown", **role)}
    )


def _role(name, cell_type, *, grade=False, solution=False, locked=False, points=None):
    role = {
        "cell_type": cell_type,
        "grade": grade,
        "grade_id": name,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return role | ({"points": points} if grade else {})


def release_config():
    """Settings of the release, for nbgrader's preprocessors and for nbgrader's own commands alike."""
    config = Config()
    config.ClearSolutions.text_stub = TEXT_STUB
    config.ClearAnswers.text_stub = TEXT_STUB
    return config


def exercise_notebook(solution):
    """The exercise that learners get: no solution, no hidden test; nbgrader's own steps, without a gradebook.

    Parameters
    ----------
    solution : nbformat.NotebookNode

    Returns
    -------
    nbformat.NotebookNode
    """
    config = release_config()
    config.Exporter.default_preprocessors = []
    exporter = NotebookExporter(config=config)
    for preprocessor in RELEASE_PREPROCESSORS:
        if preprocessor is not SaveCells:
            exporter.register_preprocessor(preprocessor, enabled=True)
    text, _ = exporter.from_notebook_node(nbformat.from_dict(json.loads(json.dumps(solution))))
    return nbformat.reads(text, as_version=4)


def find_leaks(exercise, solution):
    """Lines of a solution region or hidden test that stand in an exercise; empty when nothing leaks.

    Parameters
    ----------
    exercise, solution : nbformat.NotebookNode

    Returns
    -------
    list of str
    """
    released = {line.strip() for cell in exercise.cells for line in cell.source.splitlines()}
    leaks = []
    for cell in solution.cells:
        secret = False
        outside = set()
        inside = []
        for line in cell.source.splitlines():
            if re.search(r"BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
                secret = True
            elif re.search(r"END (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
                secret = False
            elif secret:
                inside.append(line.strip())
            else:
                outside.add(line.strip())
        leaks += [line for line in inside if len(line) > 12 and line in released - outside]
    return leaks


def write_notebook(notebook, path):
    """Write a notebook as nbformat writes it; the folder is made, the file is replaced in one step."""
    nbformat.validate(notebook)
    write_text(nbformat.writes(notebook) + "\n", path)


def write_text(text, path):
    """Replace a file in one step, so that an interrupted build leaves the old one whole."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
