"""``holdout release``: exercises from solutions, recorded in nbgrader's gradebook."""

import contextlib
import os
import pathlib
from collections.abc import Iterator, Sequence

from grader.authoring.build import checks_text
from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import write_text
from grader.nbgrader_bridge.gradebook import GradebookWriter
from holdout import paths


def write_checks_hook(assignment: str, **_: object) -> None:
    """Called by nbgrader after it has made a release: the learners' checks go beside the notebook.

    nbgrader empties the folder of a release before it fills it, so this belongs to the release, whoever starts it.
    """
    folder = paths.solution_folder(assignment)
    document = load_exercise(folder.name, folder.parent.parent).compiled()
    write_text(checks_text(document), folder.parent.parent / "exercises" / folder.name / "checks.json")


def release(root: str | os.PathLike | None = None, exercises: Sequence[str] = ()) -> list[dict]:
    """Make the release of exercises and record their questions in the gradebook.

    Parameters
    ----------
    root : path, optional
    exercises : sequence of str
        Names or numbers; all that exist by default.

    Returns
    -------
    list of dict
        ``exercise``, ``released`` and, where it failed, ``problem`` (one sentence).
    """

    root = pathlib.Path(root or paths.find_root())
    folders = [path.parent for path in sorted((root / "solutions").glob("[0-9][0-9]-*/questions.py"))]
    names = [paths.solution_folder(name, root).name for name in exercises] or [
        folder.name for folder in folders
    ]
    rows = []
    with GradebookWriter(root) as writer, writer.gradebook():
        pass  # says in one sentence if the gradebook cannot be opened
    with working_in(root):
        for name in names:
            problems = build_solution(root, name) or run_nbgrader(["generate_assignment", name, "--force"])
            rows.append(
                {"exercise": name, "released": not problems, **({"problem": problems} if problems else {})}
            )
    return rows


def build_solution(root: pathlib.Path, name: str) -> str:
    """Bring ``solutions/NN-slug/NN-slug.ipynb`` up to date; a sentence where that fails."""
    from grader.authoring.notebooks import NotebookError, read_script, solution_notebook, write_notebook

    folder = root / "solutions" / name
    try:
        write_notebook(
            solution_notebook(read_script(folder / f"{name}.py"), load_exercise(name, root)),
            folder / f"{name}.ipynb",
        )
    except (NotebookError, ValueError) as error:
        return str(error)
    return ""


def run_nbgrader(arguments: Sequence[str]) -> str:
    """Run one of nbgrader's commands in this process.

    Returns
    -------
    str
        Empty on success, else the last error that it logged.
    """
    import logging

    from jupyter_core.application import NoStart
    from nbgrader.apps import NbGraderApp

    class Keep(logging.Handler):
        lines = ()

        def emit(self, record):
            if record.levelno >= logging.ERROR:
                self.lines = (*self.lines, record.getMessage())

    kept = Keep()
    NbGraderApp.clear_instance()
    app = NbGraderApp.instance()
    try:
        app.initialize(list(arguments))
        for logger in (app.log, getattr(app.subapp, "log", app.log)):
            for handler in list(logger.handlers):  # the last error is returned; a terminal gets no traceback
                logger.removeHandler(handler)
            logger.addHandler(kept)
            # its warnings are about what is intended here: a release replaced, an option that one step does not know
            logger.setLevel(logging.ERROR)
        app.start()
    except NoStart:  # how a Jupyter application says that its subcommand has run
        return ""
    except SystemExit as stop:
        if stop.code:
            return kept.lines[-1] if kept.lines else f"nbgrader {arguments[0]} ended with code {stop.code}"
    except Exception as error:
        return f"nbgrader {arguments[0]} failed: {type(error).__name__}: {error}"
    finally:
        if app.subapp is not None:
            type(app.subapp).clear_instance()
        NbGraderApp.clear_instance()
    return ""


@contextlib.contextmanager
def working_in(folder: str | os.PathLike) -> Iterator[None]:
    """Change into a folder for a while: nbgrader finds its settings by the working directory."""
    before = pathlib.Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
