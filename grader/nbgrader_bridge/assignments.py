"""Which assignments a course has: our own exercises, by name or number, and ordinary nbgrader assignments, by name."""

import os
import pathlib

from holdout import paths
from holdout.errors import CourseError


def is_own(root: str | os.PathLike, name: str) -> bool:
    """Whether an assignment is one of our exercises, whose questions are judged outside."""
    return (pathlib.Path(root) / "solutions" / name / "questions.py").is_file()


def ordinary_assignments(source: str | os.PathLike) -> list[str]:
    """Names of the ordinary assignments: folders of the source that hold a notebook and no ``questions.py``.

    Parameters
    ----------
    source : path
        nbgrader's source directory: ``solutions`` in our course, ``source`` by default in others.
    """
    source = pathlib.Path(source)
    if not source.is_dir():
        return []
    return sorted(
        folder.name
        for folder in source.iterdir()
        if folder.is_dir()
        and not folder.name.startswith(".")
        and not (folder / "questions.py").exists()
        and any(folder.glob("*.ipynb"))
    )


def find_assignment(name: str, root: str | os.PathLike, source: str | os.PathLike) -> str:
    """The assignment that somebody means.

    Parameters
    ----------
    name : str
        An ordinary assignment's name, or an exercise's name or number.
    root : path
        The course.
    source : path
        As for :func:`ordinary_assignments`.

    Returns
    -------
    str

    Raises
    ------
    CourseError
        If there is none; the message lists those that there are.
    """
    ordinary = ordinary_assignments(source)
    wanted = pathlib.PurePath(str(name)).name
    if wanted in ordinary:
        return wanted
    try:
        return paths.solution_folder(name, root).name
    except CourseError as error:
        if not ordinary:
            raise
        raise CourseError(f"{error}; ordinary assignments: {', '.join(ordinary)}") from None
