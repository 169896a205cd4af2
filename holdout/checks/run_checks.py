"""``holdout check``: runs a learner's own exercise notebooks and collects the results of their checks. Not a grade."""

import atexit
import os
import pathlib
import time
from collections.abc import Iterable

import nbclient
import nbformat

from holdout import paths
from holdout.checks.check import CRASHED, MARKS, NOT_ATTEMPTED, RESULT_MIME, UNAVAILABLE
from holdout.checks.document import ChecksUnavailable, read_checks
from holdout.errors import CourseError

TEXT_STUB = "*Write here.*"
"""What the cell of a memo holds until the learner writes something."""

KERNEL_ENVIRONMENT = {
    # one thread for the linear algebra: the matrices are small, and two kernels share two cores
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "HOLDOUT_PROGRESS": "off",
}
"""Environment variables of every kernel that the course itself starts, to run a notebook or to build one."""

STARTUP_SECONDS = 300
"""What the start of a kernel may take. On a busy machine that can be minutes; nbclient's own limit is 60."""

STOPPED = {
    "CellTimeoutError": "a cell took longer than {seconds} seconds",
    "DeadKernelError": "its kernel died; out of memory, perhaps",
    "KernelStartError": f"its kernel did not start within {STARTUP_SECONDS} seconds",
}
"""What ended a notebook early, in words."""


def check_exercises(
    root: str | os.PathLike | None = None, exercise: str | None = None, *, cell_timeout: int = 120
) -> list[dict]:
    """Execute exercise notebooks and return the outcome of every check in them.

    The notebooks are read, never written: answers and outputs stay as they are.

    Parameters
    ----------
    root : path, optional
    exercise : str, optional
        Name, number or path of an exercise, or path of a notebook with the answers, such as a copy under another name; all
        below ``exercises/`` by default.

    Returns
    -------
    list of dict
        ``exercise, question, outcome, message, misconception``, one per question.

    Raises
    ------
    holdout.errors.CourseError
        If there is no such exercise.
    """
    root = pathlib.Path(root or paths.find_root())
    if exercise is None:
        folders = [folder for folder in paths.exercise_folders(root) if (folder / "checks.json").is_file()]
    elif (path := pathlib.Path(exercise)).suffix == ".ipynb" and path.is_file():
        return _check_one(_exercise_of(path, root), cell_timeout, path)
    else:
        folders = [paths.exercise_folder(exercise, root)]
    return [row for folder in folders for row in _check_one(folder, cell_timeout)]


def copies_of(exercises: Iterable[str], root: str | os.PathLike | None = None) -> list[pathlib.Path]:
    """The other notebooks beside those of exercises, such as JupyterLab's ``...-Copy1``, which `check_exercises` does not read."""
    folders = [paths.exercise_folder(name, root) for name in sorted(set(exercises))]
    return [path for folder in folders for path in sorted(folder.glob("*.ipynb")) if path.stem != folder.name]


def _exercise_of(path, root):
    """The folder of the exercise that a notebook answers, by its name or by the names of its cells."""
    for folder in paths.exercise_folders(root):
        if path.stem.startswith(folder.name) or path.resolve().parent == folder.resolve():
            return folder
    try:
        cells = _read(path).cells
    except NotReadable as error:
        raise CourseError(str(error)) from None
    names = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in cells]
    unit = next((name.split("-")[0] for name in names if name.endswith("-answer")), "")
    if not unit:
        raise CourseError(
            f"{path} is no notebook of an exercise: it has no cell for an answer. Make the copy in Jupyter."
        )
    return paths.exercise_folder(unit, root)


class NotReadable(Exception):
    """A file that is no notebook, with the reason and what can be done."""


def _read(path):
    """A notebook as nbformat has it, also where an editor wrote a mark of UTF-8 before it."""
    try:
        return nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
    except FileNotFoundError:
        why = "it is not there"
    except UnicodeDecodeError:
        why = "it is not text in UTF-8"
    except nbformat.reader.NotJSONError:
        why = "it is empty, was saved by half, or holds the marks of a merge"
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    raise NotReadable(
        f"{path.name} cannot be read: {why}. Put it aside, and take an older one from .ipynb_checkpoints beside it, "
        "or the exercise as you got it."
    )


def execute_exercise(
    folder: pathlib.Path, variables: dict[str, str], *, cell_timeout: int = 120
) -> tuple[nbformat.NotebookNode, str]:
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
    return execute_notebook(folder / f"{folder.name}.ipynb", variables, cell_timeout=cell_timeout)


def execute_notebook(
    path: pathlib.Path, variables: dict[str, str], *, cell_timeout: int = 120
) -> tuple[nbformat.NotebookNode, str]:
    """Run any notebook in its own folder; as `execute_exercise`."""
    notebook = nbformat.read(path, as_version=4)
    return notebook, _execute(notebook, path.parent, variables, cell_timeout)


def _execute(notebook, folder, variables, cell_timeout, *, interrupt=False):
    """Run the cells; the name of what ended them early, or nothing. With `interrupt` a cell over its time is interrupted, and the next follows."""
    started = time.monotonic()

    def seconds(cell):
        # three cells over their time are waited for; a kernel that hears no interrupt must not keep the others waiting for an hour
        return int(min(cell_timeout, max(10, 3 * cell_timeout - (time.monotonic() - started))))

    client = nbclient.NotebookClient(
        notebook,
        timeout_func=seconds if interrupt else None,
        interrupt_on_timeout=interrupt,
        timeout=cell_timeout,
        startup_timeout=STARTUP_SECONDS,
        kernel_name="python3",
        allow_errors=True,
        extra_arguments=["--IPKernelApp.log_level=40"],  # no warning of the kernel about itself
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env={**os.environ, **KERNEL_ENVIRONMENT, **variables})
    except (nbclient.exceptions.CellTimeoutError, nbclient.exceptions.DeadKernelError) as error:
        return type(error).__name__
    except RuntimeError as error:
        if not never_started(client, error):
            raise
        return "KernelStartError"
    return ""


def never_started(client: nbclient.NotebookClient, error: RuntimeError) -> bool:
    """Whether a kernel did not answer in time, for which jupyter_client has no class of its own.

    nbclient leaves a clean-up to be done at the end of the program; after a kernel that did not start it fails there.
    """
    if "Kernel didn't respond" not in str(error):
        return False
    atexit.unregister(client._cleanup_kernel)
    return True


def _check_one(folder, cell_timeout, path=None):
    try:
        questions = read_checks(folder / "checks.json")["questions"]
        notebook = _read(path or folder / f"{folder.name}.ipynb")
    except (ChecksUnavailable, NotReadable) as error:
        return [_row(folder, "-", UNAVAILABLE, str(error))]
    stopped = _execute(notebook, folder, {}, cell_timeout, interrupt=True)
    if stopped:
        stopped = f"The notebook stopped before this check: {STOPPED[stopped].format(seconds=cell_timeout)}."
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            result = output.get("data", {}).get(RESULT_MIME)
            if _is_result(result) and result["question"] in questions:
                found[result["question"]] = result
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id", ""): cell for cell in notebook.cells}
    return [
        _row(folder, **found[question])
        if question in found
        else _row(folder, question, *_without_result(cells, question, stopped, cell_timeout))
        for question in questions
    ]


def _without_result(cells, question, stopped, cell_timeout):
    """Outcome and message of a question whose check gave no result: what became of its two cells, and if nothing did, of others."""
    if stopped:
        return NOT_ATTEMPTED, stopped
    name = question.replace(".", "-")
    late = f"was interrupted: a cell may take {cell_timeout} seconds. Is there a loop that never ends?"
    for part, of in (("answer", "The cell of its answer"), ("check", "Its check")):
        if f"{name}-{part}" not in cells:
            return (
                NOT_ATTEMPTED,
                f"{of} ({name}-{part}) is not in the notebook; copy it from the exercise as you got it.",
            )
        if cells[f"{name}-{part}"].cell_type != "code":
            return (
                NOT_ATTEMPTED,
                f"{of} ({name}-{part}) is no code cell: nothing in it is run. Select it and press Y.",
            )
        error = _error_of(cells[f"{name}-{part}"])
        if error and error.ename == "KeyboardInterrupt":
            return CRASHED, f"{of} {late}"
        if error and part == "answer":
            return CRASHED, f"{of} ended with {error.ename}: {' '.join(error.evalue.split())}"
    return NOT_ATTEMPTED, "Its check did not run; did an earlier cell fail?"


def _error_of(cell):
    return next((output for output in cell.get("outputs", []) if output.output_type == "error"), None)


def _is_result(result):
    """Whether an output is the result of a check: a notebook can display anything under that name."""
    return (
        isinstance(result, dict)
        and set(result) == {"question", "outcome", "misconception", "message"}
        and all(isinstance(value, str) for value in result.values())
        and result["outcome"] in MARKS
    )


def _row(folder, question, outcome, message, misconception=""):
    return {
        "exercise": folder.name,
        "question": question,
        "outcome": outcome,
        "message": message,
        "misconception": misconception,
    }
