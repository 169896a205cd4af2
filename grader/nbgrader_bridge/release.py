"""``holdout release``: exercises from solutions, recorded in nbgrader's gradebook."""

import contextlib
import contextvars
import itertools
import os
import pathlib
import shutil
import tempfile
import types
from collections.abc import Iterator, Mapping, Sequence

import nbformat
from traitlets.config import Config

from grader.authoring import made_from
from grader.authoring.build import checks_text, checks_text_or_kept, worked_in
from grader.authoring.exercise import Exercise, load_exercise
from grader.authoring.notebooks import (
    check_cell,
    read_script,
    solution_notebook,
    write_notebook,
    write_text,
)
from grader.nbgrader_bridge.assignments import find_assignment, is_own, ordinary_assignments
from grader.nbgrader_bridge.change import adapt_gradebook
from grader.nbgrader_bridge.gradebook import GradebookWriter
from holdout import paths
from holdout.errors import CourseError, HoldoutError

SAVED = "classroom/replaced-releases"  # what somebody had written in a release that was made again

# the text of checks.json by exercise, as `holdout release` has it before it calls nbgrader in this process
_MADE_BEFORE: contextvars.ContextVar[Mapping[str, str]] = contextvars.ContextVar(
    "made_before", default=types.MappingProxyType({})
)


def write_checks_hook(assignment: str, **_: object) -> None:
    """Called by nbgrader after it has made a release: the learners' checks go beside the notebook.

    nbgrader empties the folder of a release before it fills it, so this belongs to the release, whoever starts it. An ordinary
    assignment has no such checks.
    """
    root = paths.find_root()
    if is_own(root, assignment):
        text = _MADE_BEFORE.get().get(assignment) or checks_text(
            released_exercise(assignment, root).compiled()
        )
        write_text(text, root / "exercises" / assignment / "checks.json")


def released_exercise(name: str, root: str | os.PathLike) -> Exercise:
    """An exercise with the questions that its notebook below ``exercises/`` asks; with all of them where there is none.

    Parameters
    ----------
    name : str
        Name of the exercise.
    root : path
    """
    exercise = load_exercise(name, root)
    try:
        notebook = nbformat.read(pathlib.Path(root) / "exercises" / name / f"{name}.ipynb", as_version=4)
    except Exception:  # none, or no notebook: nothing was left out
        return exercise
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
    asked = [id for id in exercise.ids if check_cell(id) in cells]
    return exercise.only(asked) if asked else exercise


def release(
    root: str | os.PathLike | None = None, exercises: Sequence[str] = (), *, core: bool = False
) -> list[dict]:
    """Make the release of exercises and record their questions in the gradebook.

    Parameters
    ----------
    root : path, optional
        Our course, or any nbgrader course.
    exercises : sequence of str
        Names or numbers of exercises, or names of ordinary assignments; all that exist by default.
    core : bool
        Release the core questions only, with artefact and memo. The gradebook then knows these alone, and `holdout grade` follows
        the gradebook.

    Returns
    -------
    list of dict
        ``exercise``, ``released``, ``questions`` and ``points`` (of all that is graded) and, where it failed, ``problem`` (one
        sentence). An exercise whose submissions are in the gradebook keeps its questions: nothing of it is touched then.
    """

    root = pathlib.Path(root or paths.find_root()).resolve()
    rows = []
    with GradebookWriter(root) as writer:
        with writer.gradebook():
            pass  # says in one sentence if the gradebook cannot be opened
        names = [find_assignment(name, root, writer.source) for name in exercises]
        if not names:
            own = sorted(path.parent.name for path in (root / "solutions").glob("[0-9e][0-9]-*/questions.py"))
            names = own + ordinary_assignments(writer.source)
        if not names:
            raise CourseError(f"there is no assignment in {writer.source}: no folder there holds a notebook")
        with working_in(root):
            for name in names:
                one = (
                    _release_one(root, name, core, writer)
                    if is_own(root, name)
                    else _release_ordinary(name, writer)
                )
                rows.append(one)
    return rows


def _release_one(root, name, core, writer):
    row = {"exercise": name, "released": False}
    key = made_from.sources_key(name, root)
    if not core and made_from.is_current(name, root, key):
        solution = nbformat.read(root / "solutions" / name / f"{name}.ipynb", as_version=4)
        if not _submissions_of_others(writer, name, solution):
            checks = (root / "exercises" / name / "checks.json").read_text(encoding="utf-8")
            return _replace(root, writer, row, solution, checks)
    try:
        exercise = load_exercise(name, root)
        chosen = exercise.only_core() if core else exercise
        solution = solution_notebook(read_script(root / "solutions" / name / f"{name}.py"), chosen)
        released = root / "exercises" / name / "checks.json"
        checks = checks_text_or_kept(chosen.compiled(), released)
    except (HoldoutError, ValueError) as error:
        return {**row, "problem": str(error)}
    # nbgrader would empty the folder of the release before it notices
    waiting = _submissions_of_others(writer, name, solution)
    if waiting and _was_core(name, exercise, writer) != core:
        return {**row, "problem": _cannot_be_replaced(name, exercise, waiting, writer)}
    row = _replace(root, writer, row, solution, checks)
    if row["released"] and not core:
        made_from.remember(name, root, key)
    return row


def _submissions_of_others(writer, name, solution):
    """How many submissions the gradebook has of an exercise with other cells than these."""
    return writer.submissions_of_other_cells(
        name, {cell.metadata["nbgrader"]["grade_id"] for cell in solution.cells}
    )


def _replace(root, writer, row, solution, checks):
    """Make the release and adapt the gradebook; the row with what came of it. The old release stays where the new one fails."""
    name = row["exercise"]
    folder = root / "exercises" / name
    problem, notes = "", []
    with _kept_unless_replaced(folder) as (replaced, before):
        try:
            write_notebook(solution, root / "solutions" / name / f"{name}.ipynb")
            notes = adapt_gradebook(writer, name, solution)
            with _made_before(name, checks):
                problem = run_nbgrader(["generate_assignment", name, "--force"]).strip()
            problem = problem.splitlines()[0] if problem else ""
        except HoldoutError as error:
            problem = str(error)
        replaced[0] = not problem and (folder / f"{name}.ipynb").is_file()
        if replaced[0]:
            notes = [*notes, *_save_work(root, before, folder)]
    if problem:
        return {**row, "problem": problem}
    graded = [cell.metadata["nbgrader"] for cell in solution.cells if cell.metadata["nbgrader"]["grade"]]
    questions = sum(role["locked"] for role in graded)  # a memo is graded and not locked
    made = {**row, "released": True, "questions": questions, "points": sum(role["points"] for role in graded)}
    return made | ({"notes": notes} if notes else {})


@contextlib.contextmanager
def _made_before(name, checks):
    """Hand the text of ``checks.json`` to the hook that nbgrader calls."""
    token = _MADE_BEFORE.set({name: checks})
    try:
        yield
    finally:
        _MADE_BEFORE.reset(token)


def _was_core(name, exercise, writer):
    """Whether the release that learners have is one of the core questions only."""
    left_out = {check_cell(id) for id in exercise.ids if id not in exercise.core}
    return bool(exercise.core) and not left_out & (writer.graded_cells(name) or set())


def _release_ordinary(name, writer):
    """An ordinary assignment, by nbgrader's own command; an earlier release stays where this one fails."""
    with _kept_unless_replaced(writer.root / writer.course.release_directory / name) as (replaced, _):
        problem = run_nbgrader(["generate_assignment", name, "--force"])
        replaced[0] = not problem
    row = {"exercise": name, "released": not problem}
    if problem:
        return {**row, "problem": problem}
    with writer.gradebook() as book:
        notebooks = book.find_assignment(name).notebooks
        cells = [cell for notebook in notebooks for cell in [*notebook.grade_cells, *notebook.task_cells]]
        return {**row, "questions": len(cells), "points": sum(float(cell.max_score) for cell in cells)}


@contextlib.contextmanager
def _kept_unless_replaced(folder: pathlib.Path) -> Iterator[tuple[list, pathlib.Path]]:
    """Put a folder back as it was unless it is said to have been replaced: nbgrader removes a release before it makes the next.

    The second of what it gives is a copy of the folder as it was; there is none where there was no folder.
    """
    replaced = [False]
    with tempfile.TemporaryDirectory(prefix="holdout-") as aside:
        before = pathlib.Path(aside) / "before"
        if folder.is_dir():
            shutil.copytree(folder, before, symlinks=True)
        try:
            yield replaced, before
        finally:
            if not replaced[0] and before.is_dir():
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(before, folder, symlinks=True)


def _save_work(root, before, folder):
    """Copy what no release has made out of the folder as it was before; a sentence that says where to, or none."""
    found = [path.relative_to(before) for path in sorted(before.rglob("*")) if path.is_file()]
    theirs = [
        path
        for path in found
        if not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
        and (not (folder / path).exists() or (path.suffix == ".ipynb" and worked_in(before / path)))
    ]
    if not theirs:
        return []
    place = next(
        place
        for number in itertools.count(1)
        if not (place := root / SAVED / f"{folder.name}-{number}").exists()
    )
    for path in theirs:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(before / path, place / path)
    names = ", ".join(path.as_posix() for path in theirs)
    return [
        f"somebody had worked in {folder.relative_to(root).as_posix()}; the release has replaced it, and {names} lies in {place.relative_to(root).as_posix()}"
    ]


def _cannot_be_replaced(name, exercise, waiting, writer):
    """Why a release keeps its questions, and what to do."""
    how = f"holdout release {name[:2]}{' --core' if _was_core(name, exercise, writer) else ''}"
    submissions = f"{waiting} submission{'' if waiting == 1 else 's'}"
    return (
        f"the gradebook has {submissions} of {name}, and a switch between the core and all questions would take graded questions "
        "away or add some that nobody was asked. Nothing was changed: release and points are as before. "
        f"`{how}` releases the same questions again; for others, export the grades and begin with a new gradebook"
    )


def run_nbgrader(arguments: Sequence[str], settings: Config | None = None) -> str:
    """Run one of nbgrader's commands in this process.

    Parameters
    ----------
    arguments : sequence of str
    settings : traitlets.config.Config, optional
        Go before the course's own.

    Returns
    -------
    str
        Empty on success, else the last error that it logged.
    """
    import logging

    from jupyter_core.application import NoStart
    from nbgrader.apps import NbGraderApp

    class Keep(logging.Handler):
        lines: tuple[str, ...] = ()

        def emit(self, record):
            if record.levelno >= logging.ERROR:
                self.lines = (*self.lines, record.getMessage())

    kept = Keep()
    NbGraderApp.clear_instance()
    app = NbGraderApp.instance()
    try:
        app.initialize([*arguments, "--log-level=ERROR"])
        if settings is not None:
            (app.subapp or app).update_config(settings)
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
            return _reason(kept.lines) or f"nbgrader {arguments[0]} ended with code {stop.code}"
    except Exception as error:
        return f"nbgrader {arguments[0]} failed: {type(error).__name__}: {error}"
    finally:
        if app.subapp is not None:
            type(app.subapp).clear_instance()
        NbGraderApp.clear_instance()
    return ""


def _reason(lines: Sequence[str]) -> str:
    """What nbgrader's errors say: the last line of the first traceback among them, else the last error."""
    traceback = next((line for line in lines if line.startswith("Traceback")), "").strip()
    return (traceback.splitlines() or list(lines) or [""])[-1]


@contextlib.contextmanager
def working_in(folder: str | os.PathLike) -> Iterator[None]:
    """Change into a folder for a while: nbgrader finds its settings by the working directory."""
    before = pathlib.Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
