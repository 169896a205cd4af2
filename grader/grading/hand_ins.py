"""Which hand-ins there are: exercise and student of every folder in its place, and what lies there and is nobody's.

Looks at names and kinds only; what is in a hand-in is read by :mod:`grader.grading.submission`.
"""

import contextlib
import difflib
import os
import pathlib
import unicodedata

from grader.grading.folder import SYSTEM_FILES
from grader.nbgrader_bridge.assignments import find_assignment, ordinary_assignments
from grader.nbgrader_bridge.gradebook import GradebookWriter

UNREADABLE = "(unreadable)"  # in the place of an exercise, where a student's folder cannot be listed
LITTER = {*SYSTEM_FILES, "__MACOSX", ".gitkeep", ".gitignore"}
LONGEST_ID = 128  # the gradebook's own limit


def find_submissions(
    root: str | os.PathLike, exercise: str | None = None, submitted: str | os.PathLike | None = None
) -> list[tuple[str, str]]:
    """Exercise and student of every submission; also of links and unreadable folders, which get a row that says so.

    Parameters
    ----------
    root : path
    exercise : str, optional
    submitted : path, optional
        The folder of the students' folders; ``classroom/submitted`` by default.

    Returns
    -------
    list of (str, str)
    """
    folder = pathlib.Path(submitted or pathlib.Path(root) / "classroom" / "submitted")
    found: list[tuple[str, str]] = []
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as students:
        for student in students:
            if student.name.startswith("."):
                continue
            if student.is_symlink():
                found.append((exercise or UNREADABLE, student.name))
            elif student.is_dir():
                found += [
                    (name, student.name)
                    for name in _exercises_in(student.path)
                    if exercise in (None, name, UNREADABLE)
                ]
    return sorted(found)


def _exercises_in(folder: str) -> list[str]:
    """Names of the exercises in one student's folder; links too, which are refused when they are read."""
    try:
        with os.scandir(folder) as entries:
            return [
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and (entry.is_symlink() or entry.is_dir())
            ]
    except OSError:
        return [UNREADABLE]


def where_it_should_be(submitted: str | os.PathLike, exercise: str, student: str) -> str:
    """What is wrong with the place of a hand-in; empty if there is a folder, or a link, which is refused when it is read."""
    theirs = pathlib.Path(submitted) / student
    own = theirs / exercise
    try:
        if theirs.is_symlink():
            return "The student's folder is a link, which is not followed."
        if not theirs.exists():
            return "The student's folder is no longer there."
        if not theirs.is_dir():
            return "There is no folder of the student but a file of this name."
        if own.is_symlink():
            return ""
        if not own.exists():
            os.listdir(theirs)
            return "The exercise's folder is no longer there."
        return "" if own.is_dir() else "There is no folder of the exercise but a file of this name."
    except OSError:
        return "The student's folder cannot be read."


def overlooked(root: str | os.PathLike, exercise: str | None = None) -> list[str]:
    """What lies below ``classroom/submitted`` and has no row, one sentence each.

    Parameters
    ----------
    root : path
    exercise : str, optional
        Name or number; every exercise that there is by default.

    Returns
    -------
    list of str
        Hidden folders, files and pipes where a folder belongs, and folders whose name is nearly that of an exercise.
    """
    root = pathlib.Path(root)
    writer = GradebookWriter(root)
    names = {path.parent.name for path in (root / "solutions").glob("*/questions.py")}
    names |= set(ordinary_assignments(writer.source))
    wanted = find_assignment(exercise, root, writer.source) if exercise else None
    folder = writer.submitted
    found = []
    with contextlib.suppress(OSError):
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            shown = printable(entry.name)
            if entry.name in LITTER:
                continue
            if entry.is_symlink():
                found += [f"{shown}: a link, which is not followed."] if wanted else []
            elif not entry.is_dir():
                found.append(f"{shown}: not a folder, so it is nobody's.")
            elif entry.name.startswith("."):
                found.append(f"{shown}: hidden, because its name begins with a dot.")
            else:
                found += [f"{shown}/{one}" for one in _overlooked_of_one(entry.path, names, wanted)]
    return found


def _overlooked_of_one(folder, names, wanted):
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError:
        return [": the folder cannot be read."] if wanted else []
    found = []
    for entry in entries:
        shown = printable(entry.name)
        if entry.name in names:
            if not entry.is_symlink() and not entry.is_dir() and wanted in (None, entry.name):
                found.append(f"{shown}: not a folder, so nothing in it was graded.")
            continue
        if entry.name in LITTER:
            continue
        near = difflib.get_close_matches(
            entry.name.casefold(), [wanted] if wanted else names, n=1, cutoff=0.8
        )
        if entry.name.startswith("."):
            found.append(f"{shown}: hidden, because its name begins with a dot.")
        elif near and (wanted or not entry.is_dir()):
            found.append(f"{shown}: not the name of an exercise; rename it to {near[0]} if it is meant.")
        elif not entry.is_dir() and not entry.is_symlink():
            found.append(
                f"{shown}: a file beside the exercises; a hand-in belongs in a folder named after its exercise."
            )
        elif not entry.is_symlink() and wanted:
            found.append(f"{shown}: there is no exercise of this name.")
    return found


def printable(name: str) -> str:
    """A folder's name as text that can be printed on a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def is_student_id(name: str) -> bool:
    """Whether a folder's name can be used in a gradebook, on a page and in a table as it is."""
    printable = all(unicodedata.category(letter)[0] not in "CZ" or letter == " " for letter in name)
    return 0 < len(name) <= LONGEST_ID and printable and name == name.strip() and name not in (".", "..")
