"""Where the course and its data are. The only module that looks for them; it imports nothing but the standard library.

Everything is looked for in the same order: the environment variable, if it is set; the nearest fitting folder, from the
working directory upwards; the checkout that this package belongs to.

Environment variables of Holdout (docs/environment.md lists them for users; a test compares the two lists):

==========================  ==========================================================================================
``HOLDOUT_COURSE``          Folder of the course. Not set: the course that the working directory lies in.
``HOLDOUT_DATASETS``        Folder of the course's tables. Not set: ``datasets/`` of the course.
``HOLDOUT_PROGRESS``        Folder of the learner's record, or ``off``. Not set: ``.holdout/`` of the course that the
                            working directory lies in; outside a course the user's own data folder.
``HOLDOUT_DB_URL``          Address of the gradebook. Not set: the SQLite file ``classroom/gradebook.db``.
``HOLDOUT_COURSE_ID``       What nbgrader's exchange calls the course. Not set: ``holdout``.
``HOLDOUT_GRADING_SEED``    Whole number from which hidden cases are drawn. Not set: a fixed one.
``HOLDOUT_PLAIN_NBGRADER``  ``1`` lets nbgrader execute notebooks itself, without isolation. For comparing speeds only.
==========================  ==========================================================================================
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterable

from holdout.errors import CourseError, DataError

INSTALLED = pathlib.Path(__file__).resolve().parent.parent
"""The folder that holds this package: the checkout, if the course was installed from one; ``/course`` in the sandbox."""

CHECKSUMS = "checksums.sha256"
"""The file by which the folder of the course's tables is recognised."""


def find_root(start: str | os.PathLike | None = None) -> pathlib.Path:
    """Return the folder of the course.

    Parameters
    ----------
    start : path, optional
        Where to begin looking upwards; the working directory by default.

    Returns
    -------
    pathlib.Path
        A folder with ``lessons/`` and one of ``solutions/`` and ``exercises/``.

    Raises
    ------
    CourseError
        If there is none, or ``HOLDOUT_COURSE`` names a folder that is none.
    """
    chosen = _chosen("HOLDOUT_COURSE")
    if chosen is not None:
        if not _is_course(chosen):
            raise CourseError(
                f"HOLDOUT_COURSE is {os.environ['HOLDOUT_COURSE']!r}, which is not a folder of the course; "
                "set it to the folder that holds lessons/ and exercises/, or unset it"
            )
        return chosen
    found = enclosing_course(start) or (INSTALLED if _is_course(INSTALLED) else None)
    if found is None:
        raise CourseError(
            f"{_resolved(start)} is not inside a checkout of the course; change into it and try again"
        )
    return found


def enclosing_course(start: str | os.PathLike | None = None) -> pathlib.Path | None:
    """Return the course that a folder lies in; None outside a course.

    Parameters
    ----------
    start : path, optional
        The working directory by default.
    """
    return _nearest(_resolved(start), _is_course)


def find_datasets(start: str | os.PathLike | None = None) -> pathlib.Path | None:
    """Return the folder of the course's tables; None where there is none.

    Parameters
    ----------
    start : path, optional
        Where to begin looking upwards; the working directory by default.

    Raises
    ------
    DataError
        If ``HOLDOUT_DATASETS`` is set to something that is not a folder.
    """
    chosen = _chosen("HOLDOUT_DATASETS")
    if chosen is not None:
        if not chosen.is_dir():
            raise DataError(
                f"HOLDOUT_DATASETS is {os.environ['HOLDOUT_DATASETS']!r}, which is not a folder. "
                "Set it to the course's datasets folder, or unset it."
            )
        return chosen

    def has_tables(folder: pathlib.Path) -> bool:
        return (folder / "datasets" / CHECKSUMS).is_file()

    found = _nearest(_resolved(start), has_tables) or _nearest(INSTALLED, has_tables)
    return None if found is None else found / "datasets"


def find_checks(question_id: str, start: str | os.PathLike | None = None) -> pathlib.Path | None:
    """Return the ``checks.json`` that holds a question; None where there is none.

    It lies beside the notebook or in ``exercises/`` of the course.

    Parameters
    ----------
    question_id : str
        Such as ``"01.gap"``: its first part is the number of the exercise.
    start : path, optional
        Folder of the notebook; the working directory by default.
    """
    number = str(question_id).split(".")[0]
    here = _resolved(start)
    if here.name.startswith(f"{number}-") and (here / "checks.json").is_file():
        return here / "checks.json"

    def exercise(root: pathlib.Path) -> pathlib.Path | None:
        folders = sorted((root / "exercises").glob("*/checks.json"))
        return next((path for path in folders if path.parent.name.split("-")[0] == number), None)

    chosen = _chosen("HOLDOUT_COURSE")
    for root in [chosen] if chosen is not None else [here, *here.parents, INSTALLED]:
        if (found := exercise(root)) is not None:
            return found
    return None


def solution_folder(name: str | os.PathLike, root: str | os.PathLike | None = None) -> pathlib.Path:
    """Return the folder ``solutions/NN-slug`` of an exercise.

    Parameters
    ----------
    name : str or path
        Name, number or path of the exercise.
    root : path, optional
        The course; `find_root()` by default.

    Raises
    ------
    CourseError
        If there is no such exercise; the message lists those that there are.
    """
    return _unit_folder(pathlib.Path(root or find_root()) / "solutions", name)


def exercise_folder(name: str | os.PathLike, root: str | os.PathLike | None = None) -> pathlib.Path:
    """Return the folder ``exercises/NN-slug`` of an exercise; as `solution_folder`."""
    return _unit_folder(pathlib.Path(root or find_root()) / "exercises", name)


def lesson_notebook(name: str | os.PathLike, root: str | os.PathLike | None = None) -> pathlib.Path:
    """Return the notebook ``lessons/NN-slug.ipynb`` of a lesson; as `solution_folder`."""
    folder = pathlib.Path(root or find_root()) / "lessons"
    notebooks = sorted(folder.glob("[0-9e][0-9]-*.ipynb"))
    return folder / f"{pick_unit(name, (path.stem for path in notebooks), 'lesson')}.ipynb"


def exercise_folders(root: str | os.PathLike) -> list[pathlib.Path]:
    """Return the folders of ``exercises/`` that hold an exercise, by name."""
    return _unit_folders(pathlib.Path(root) / "exercises")


def pick_unit(wanted: str | os.PathLike, names: Iterable[str], what: str) -> str:
    """Return the name that somebody means.

    Parameters
    ----------
    wanted : str or path
        A name such as ``"01-two-numbers-and-a-chart"``, the beginning of one, a number such as ``"01"`` or ``"1"``, or
        a path that ends in a name.
    names : iterable of str
        Those that there are.
    what : str
        What they name, for the message: ``"lesson"`` or ``"exercise"``.

    Raises
    ------
    CourseError
        If it is none of them; the message lists them.
    """
    names = list(names)
    name = pathlib.PurePath(str(wanted)).name.removesuffix(".ipynb")
    if name in names:
        return name
    for candidate in names:
        if name and candidate.startswith(name.zfill(2)):
            return candidate
    raise CourseError(f"there is no {what} {str(wanted)!r}; there are: {', '.join(names) or 'none'}")


def _unit_folders(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in folder.glob("[0-9e][0-9]-*") if path.is_dir())


def _unit_folder(folder: pathlib.Path, name: str | os.PathLike) -> pathlib.Path:
    return folder / pick_unit(name, (path.name for path in _unit_folders(folder)), "exercise")


def _is_course(folder: pathlib.Path) -> bool:
    return (folder / "lessons").is_dir() and (
        (folder / "solutions").is_dir() or (folder / "exercises").is_dir()
    )


def _nearest(start: pathlib.Path, fits: Callable[[pathlib.Path], bool]) -> pathlib.Path | None:
    return next((folder for folder in (start, *start.parents) if fits(folder)), None)


def _chosen(variable: str) -> pathlib.Path | None:
    """The folder that an environment variable names; None where it is not set."""
    text = os.environ.get(variable, "").strip()
    return pathlib.Path(text).expanduser().resolve() if text else None


def _resolved(start: str | os.PathLike | None) -> pathlib.Path:
    try:
        return pathlib.Path(start or pathlib.Path.cwd()).resolve()
    except FileNotFoundError:
        raise CourseError("the working directory is not there any more; change into another one") from None
