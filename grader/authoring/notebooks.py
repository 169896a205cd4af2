"""Percent scripts to notebooks: lessons, solutions (nbgrader "source") and exercises (nbgrader "release").

Reads text, writes notebooks; knows nothing of judging. The same bytes come out of the same text.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from grader.authoring.exercise import Exercise

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
STUB = "# Write your code here.\nraise NotImplementedError"
VALUE_STUB = "# Write your answer here, in place of the three dots."


_REFERENCE = re.compile(r"<((?:\d\d|e\d)\.[a-z0-9_]+)>")


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


def read_script(path: str | os.PathLike) -> nbformat.NotebookNode:
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
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        stem = hashlib.sha256(f"{cell.cell_type}{cell.source}".encode()).hexdigest()[:10]
        seen[stem] = seen.get(stem, 0) + 1
        cell.id = stem if seen[stem] == 1 else f"{stem}-{seen[stem]}"
    return notebook


def solution_notebook(script: nbformat.NotebookNode, exercise: Exercise) -> nbformat.NotebookNode:
    """A solution as nbgrader's "source" notebook, from its percent script.

    Authors write four kinds of cells and no nbgrader metadata: text, ``tags=["setup"]`` code, ``question="NN.slug"`` code with
    a BEGIN/END SOLUTION region, and markdown with ``memo="NN.slug" points=4``. After each question its check is added; its
    hidden part asks the grader for fresh cases. Text, set-up and checks are locked. The heading above a question gets its
    number, and ``<01.gap>`` in a text becomes the number of that question.

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
    for cell in number_questions(script).cells:
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


def question_numbers(script: nbformat.NotebookNode) -> dict[str, int]:
    """Id of each question of a script to its number in the notebook, from 1 in order of the cells."""
    ids = [cell.metadata["question"] for cell in script.cells if "question" in cell.metadata]
    return {id: number for number, id in enumerate(ids, 1)}


def fill_numbers(text: str, numbers: dict[str, int], where: str = "") -> str:
    """Replace ``<01.gap>`` by the number of that question, so that nobody renumbers by hand.

    Raises
    ------
    NotebookError
        If there is no such question.
    """

    def number(match: re.Match) -> str:
        if match[1] not in numbers:
            raise NotebookError(
                f"{where or 'a text'} refers to <{match[1]}>, which is no question here; there are {', '.join(numbers)}"
            )
        return str(numbers[match[1]])

    return _REFERENCE.sub(number, text)


def number_questions(script: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of a script in which the heading above each question has its number, and ``<01.gap>`` is a number."""
    numbered = nbformat.from_dict(json.loads(json.dumps(script)))
    numbers = question_numbers(script)
    for cell in numbered.cells:
        cell.source = fill_numbers(cell.source, numbers, f"the cell {cell.source[:40]!r}")
    heading = None  # the last one since the question before
    for cell in numbered.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            heading = cell
        elif "question" in cell.metadata and heading is not None:
            number = numbers[cell.metadata["question"]]
            heading.source = f"## {number} · {heading.source.removeprefix('## ')}"
            heading = None
    return numbered


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


def release_config() -> Config:
    """Settings of the release, for nbgrader's preprocessors and for nbgrader's own commands alike."""
    config = Config()
    config.ClearSolutions.text_stub = TEXT_STUB
    config.ClearAnswers.text_stub = TEXT_STUB
    return config


def exercise_notebook(solution: nbformat.NotebookNode) -> nbformat.NotebookNode:
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


def find_leaks(exercise: nbformat.NotebookNode, solution: nbformat.NotebookNode) -> list[str]:
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


def write_notebook(notebook: nbformat.NotebookNode, path: str | os.PathLike) -> None:
    """Write a notebook as nbformat writes it; the folder is made, the file is replaced in one step."""
    nbformat.validate(notebook)
    write_text(nbformat.writes(notebook) + "\n", path)


def write_text(text: str, path: str | os.PathLike) -> None:
    """Replace a file in one step, so that an interrupted build leaves the old one whole."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
