"""``holdout check``: run one's own exercise notebooks and collect what their checks say. Not a grade."""

import os
import pathlib

import nbclient
import nbformat

from grader.authoring.execute import ENVIRONMENT
from holdout import paths as course
from holdout.checks.check import NOT_ATTEMPTED, RESULT_MIME, UNAVAILABLE
from holdout.checks.document import ChecksUnavailable, read_checks


def check_exercises(root=None, exercise=None, *, cell_timeout=120):
    """Execute exercise notebooks and return the outcome of every check in them.

    The notebooks are read, never written: answers and outputs stay as they are.

    Parameters
    ----------
    root : path, optional
    exercise : str, optional
        Name, number or path of an exercise; all below ``exercises/`` by default.

    Returns
    -------
    list of dict
        ``exercise, question, outcome, message, misconception``, one for each question.

    Raises
    ------
    holdout.errors.CourseError
        If there is no such exercise.
    """
    root = pathlib.Path(root or course.find_root())
    folders = sorted(path.parent for path in (root / "exercises").glob("[0-9][0-9]-*/checks.json"))
    if exercise is not None:
        wanted = pathlib.Path(str(exercise)).name
        chosen = [
            folder
            for folder in folders
            if folder.name == wanted or folder.name.split("-")[0] == wanted.zfill(2)
        ]
        if not chosen:
            raise course.CourseError(
                f"there is no exercise {exercise!r}; there are: {', '.join(f.name for f in folders)}"
            )
        folders = chosen
    return [row for folder in folders for row in _check_one(folder, cell_timeout)]


def execute_exercise(folder, variables, *, cell_timeout=120):
    """Run a learner's own exercise notebook; the file is read, never written.

    Parameters
    ----------
    folder : path
        Of the exercise.
    variables : dict of str to str
        Environment variables of the kernel, beside those that every execution gets.
    cell_timeout : int
        Seconds a cell may take.

    Returns
    -------
    notebook : nbformat.NotebookNode
        Executed as far as it goes; a cell that raises does not end it.
    stopped : str
        What ended it early; empty if nothing did.
    """
    notebook = nbformat.read(folder / f"{folder.name}.ipynb", as_version=4)
    return notebook, _execute(notebook, folder, variables, cell_timeout)


def _execute(notebook, folder, variables, cell_timeout):
    client = nbclient.NotebookClient(
        notebook,
        timeout=cell_timeout,
        kernel_name="python3",
        allow_errors=True,
        extra_arguments=["--IPKernelApp.log_level=40"],  # no warning of the kernel about itself
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env={**os.environ, **ENVIRONMENT, **variables})
    except (nbclient.exceptions.CellTimeoutError, nbclient.exceptions.DeadKernelError) as error:
        return type(error).__name__
    return ""


def _check_one(folder, cell_timeout):
    path = folder / f"{folder.name}.ipynb"
    try:
        questions = read_checks(folder / "checks.json")["questions"]
        notebook = nbformat.read(path, as_version=4)
    except ChecksUnavailable as error:
        return [_row(folder, "-", UNAVAILABLE, str(error))]
    except Exception as error:
        return [
            _row(folder, "-", UNAVAILABLE, f"{path.name} cannot be read: {type(error).__name__}: {error}")
        ]
    stopped = _execute(notebook, folder, {}, cell_timeout)
    if stopped:
        stopped = f"The notebook stopped before this check: {stopped}."
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            result = output.get("data", {}).get(RESULT_MIME)
            if isinstance(result, dict) and result.get("question") in questions:
                found[result["question"]] = result
    rows = []
    for question_id in questions:
        result = found.get(question_id)
        if result is None:
            rows.append(
                _row(
                    folder,
                    question_id,
                    NOT_ATTEMPTED,
                    stopped or "Its check did not run; did an earlier cell fail?",
                )
            )
        else:
            rows.append(
                _row(folder, question_id, result["outcome"], result["message"], result["misconception"])
            )
    return rows


def _row(folder, question, outcome, message, misconception=""):
    return {
        "exercise": folder.name,
        "question": question,
        "outcome": outcome,
        "message": message,
        "misconception": misconception,
    }
