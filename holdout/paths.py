"""Where things are in a checkout of the course. Not for anything that a learner's notebook needs."""

import pathlib

from holdout.errors import CourseError


def find_root(start=None):
    """The course that a folder lies in: the nearest one above it that holds ``solutions/`` and ``lessons/``.

    Parameters
    ----------
    start : path, optional
        The working directory by default; the installed checkout is tried last.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    CourseError
        If there is none.
    """
    here = pathlib.Path(start or pathlib.Path.cwd()).resolve()
    installed = pathlib.Path(__file__).resolve().parent.parent
    for folder in (here, *here.parents, installed):
        if (folder / "lessons").is_dir() and (
            (folder / "solutions").is_dir() or (folder / "exercises").is_dir()
        ):
            return folder
    raise CourseError(f"{here} is not inside a checkout of the course; change into it and try again")


def solution_folder(name, root=None):
    """The folder ``solutions/NN-slug`` for a name, a number or a path.

    Raises
    ------
    CourseError
        If there is no such exercise; the message lists those that there are.
    """
    root = pathlib.Path(root or find_root())
    wanted = pathlib.Path(str(name)).name
    folders = sorted((root / "solutions").glob("[0-9][0-9]-*"))
    for folder in folders:
        if folder.is_dir() and (folder.name == wanted or folder.name.split("-")[0] == wanted.zfill(2)):
            return folder
    known = ", ".join(folder.name for folder in folders if folder.is_dir()) or "none"
    raise CourseError(f"there is no exercise {name!r}; there are: {known}")
