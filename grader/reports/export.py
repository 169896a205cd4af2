"""Grades for a spreadsheet, Canvas or Moodle, from nbgrader's gradebook.

Nothing here changes a grade. A name is text that a learner may have chosen, so no name can become a formula.

Formats: Canvas reads ``Student, ID, SIS User ID, SIS Login ID, Section`` and one column an assignment, with a line
"Points Possible" below the header; Moodle asks for the mapping when it imports, and finds people by username, ID number
or e-mail address (case-sensitive). Both leave an empty grade as it is, so learners who handed nothing in stay empty.
"""

import csv
import io
import os
import pathlib
from dataclasses import dataclass

from nbgrader.api import SubmittedAssignment

from grader.nbgrader_bridge.gradebook import Recorder
from holdout import paths as course

TARGETS = ("csv", "canvas", "moodle")
FORMULA_STARTS = "=+-@\t\r＝＋－＠"  # the wide forms are formulas too, in some spreadsheets


@dataclass(frozen=True)
class Grade:
    """One learner's grade of one exercise, as the gradebook has it.

    Parameters
    ----------
    student, last_name, first_name, email, lms_id : str
    exercise : str
    score, penalty, max_score : float
    needs_manual_grade : bool
    """

    student: str
    last_name: str
    first_name: str
    email: str
    lms_id: str
    exercise: str
    score: float
    penalty: float
    max_score: float
    needs_manual_grade: bool

    @property
    def final(self):
        """What counts: the score without the late penalty, never below zero."""
        return round(max(0.0, self.score - self.penalty), 4)

    @property
    def name(self):
        """``Last, First``, or the student id where the gradebook has no name."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part) or self.student


def defused(text):
    """Text that no spreadsheet takes for a formula.

    Control characters become spaces; an apostrophe goes before text that begins, after spaces, with one of
    ``= + - @``, a tab or a carriage return. A learner whose *id* begins so is therefore not found by an LMS; rename
    such an id.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    text = str(text)
    dangerous = text.lstrip(" \u00a0\u3000\n")[:1]
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return "'" + printable if dangerous and dangerous in FORMULA_STARTS else printable


def read_grades(root, exercise=None):
    """All grades in the gradebook, by exercise and student.

    Returns
    -------
    list of Grade
    """
    with Recorder(root) as recorder, recorder.gradebook() as book:
        grades = []
        for one in book.db.query(SubmittedAssignment).all():
            if exercise and one.name != exercise:
                continue
            who = one.student
            text = [value or "" for value in (who.last_name, who.first_name, who.email, who.lms_user_id)]
            points = float(one.score), float(one.late_submission_penalty or 0.0), float(one.max_score)
            grades.append(Grade(who.id, *text, one.name, *points, bool(one.needs_manual_grade)))
    return sorted(grades, key=lambda grade: (grade.exercise, grade.student))


def export(root=None, to="csv", *, exercise=None):
    """Write grades to a file.

    Parameters
    ----------
    root : path, optional
    to : {"csv", "canvas", "moodle"}
    exercise : str, optional
        Name or number; all by default.

    Returns
    -------
    pathlib.Path
        ``classroom/grades-<to>.csv``, readable by its owner only.

    Raises
    ------
    ValueError
        If `to` is none of the targets.
    CourseError
        If there is no grade yet.
    """
    if to not in TARGETS:
        raise ValueError(f"grades cannot be exported to {to!r}; there are: {', '.join(TARGETS)}")
    root = pathlib.Path(root or course.find_root()).resolve()
    grades = read_grades(root, course.solution_folder(exercise, root).name if exercise else None)
    if not grades:
        raise course.CourseError("there are no grades yet; run `holdout grade` first")
    rows = {"csv": _rows_for_spreadsheet, "canvas": _rows_for_canvas, "moodle": _rows_for_moodle}[to](grades)
    path = root / "classroom" / f"grades-{to}.csv"
    # a spreadsheet takes a file without the mark for another encoding and breaks accents; an LMS knows UTF-8
    _write_privately(path, as_csv(rows).encode("utf-8-sig" if to == "csv" else "utf-8"))
    return path


def as_csv(rows):
    """Rows as text after RFC 4180; text is quoted and defused, numbers are numbers.

    Parameters
    ----------
    rows : list of list of str, float, int or None
    """
    buffer = io.StringIO()
    # quoted, or a comma or semicolon in a name would start another cell, wherever the separator is a semicolon
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        writer.writerow(
            ["" if value is None else defused(value) if isinstance(value, str) else value for value in row]
        )
    return buffer.getvalue()


def _rows_for_spreadsheet(grades):
    about = ["student", "last name", "first name", "e-mail", "exercise"]
    rows = [[*about, "score", "late penalty", "final", "out of", "waits for points by hand"]]
    for one in grades:
        about = [one.student, one.last_name, one.first_name, one.email, one.exercise]
        numbers = [round(one.score, 4), round(one.penalty, 4), one.final, one.max_score]
        rows.append([*about, *numbers, "yes" if one.needs_manual_grade else "no"])
    return rows


def _by_student(grades):
    exercises = sorted({one.exercise for one in grades})
    table = {}
    for one in grades:
        table.setdefault(one.student, {})[one.exercise] = one
    return exercises, table


def _rows_for_canvas(grades):
    exercises, table = _by_student(grades)
    most = {one.exercise: one.max_score for one in grades}
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *exercises],
        ["    Points Possible", "", "", "", "", *(most[name] for name in exercises)],
    ]
    for student, own in sorted(table.items()):
        who = next(iter(own.values()))
        scores = [own[name].final if name in own else None for name in exercises]
        rows.append([who.name, who.lms_id, "", student, "", *scores])
    return rows


def _rows_for_moodle(grades):
    exercises, table = _by_student(grades)
    rows = [["Username", "ID number", "Email address", "First name", "Last name", *exercises]]
    for student, own in sorted(table.items()):
        who = next(iter(own.values()))
        scores = [own[name].final if name in own else None for name in exercises]
        rows.append([student, who.lms_id, who.email, who.first_name, who.last_name, *scores])
    return rows


def _write_privately(path, content):
    """Replace a file in one step; other accounts of the machine cannot read grades."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    temporary.replace(path)
