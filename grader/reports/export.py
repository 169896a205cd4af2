"""Grades for a spreadsheet, Canvas or Moodle, from nbgrader's gradebook.

Nothing here changes a grade. A name is text that a learner may have chosen, so no name can become a formula.

What the importers do, and what follows:

- Canvas (``lib/gradebook_importer.rb``) reads ``Student, ID, SIS User ID, SIS Login ID, Section`` and one column per assignment,
  matched by its exact title or by ``Title (ID)``, with a line "Points Possible". An empty cell *removes* a grade, so every exercise
  gets a file of its own that holds only those who have a grade. An ``ID`` that is no number becomes another user's: it is left empty.
- Moodle (``grade/import/csv``) finds people by one column that the teacher maps. An empty cell there means the person of the *row before*:
  a column of identities is written only if nobody's is empty. ``-`` stands for no grade; an empty cell would be 0. A new grade item
  has a maximum of 100 unless the teacher says otherwise. One unknown person stops the whole import: with a roster, such people are
  left out and listed.
"""

from __future__ import annotations

import csv
import io
import os
import pathlib
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from nbgrader.api import Student, SubmittedAssignment

from grader.grading.hand_ins import where_it_should_be
from grader.nbgrader_bridge.assignments import find_assignment
from grader.nbgrader_bridge.gradebook import GradebookWriter, source_folder, working_folder
from grader.nbgrader_bridge.roster import Match, Person, match, of_section, read_roster
from holdout import paths
from holdout.errors import CourseError, HoldoutError

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
    questions : dict of str to (float, float)
        By cell, such as ``01.gap``: points, and the most that there are.
    gone : str
        Empty, or a sentence that the hand-in is not there any more.
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
    questions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    gone: str = ""

    @property
    def final(self) -> float:
        """What counts: the score without the late penalty, never below zero."""
        return round(max(0.0, self.score - self.penalty), 4)

    @property
    def name(self) -> str:
        """``Last, First``, or the student id where the gradebook has no name."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part) or self.student


def defused(text: str) -> str:
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


@dataclass
class Exported:
    """What an export wrote, and what the instructor should know and do.

    Parameters
    ----------
    paths : list of pathlib.Path
    notes : list of str
        Who was left out and why, who still waits for points by hand.
    steps : list of str
        What to click, in order.
    """

    paths: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    steps: list = field(default_factory=list)


def read_grades(root: str | os.PathLike, exercise: str | None = None) -> list[Grade]:
    """All grades in the gradebook, by exercise and student.

    Parameters
    ----------
    root : path
    exercise : str, optional
        Its whole name.

    Returns
    -------
    list of Grade
    """
    with GradebookWriter(root) as writer, writer.gradebook() as book:
        grades = []
        for one in book.db.query(SubmittedAssignment).all():
            if exercise and one.name != exercise:
                continue
            who = one.student
            several = len(one.notebooks) > 1
            questions = {
                f"{notebook.name}/{grade.name}" if several else grade.name: (
                    round(float(grade.score), 4),
                    float(grade.max_score),
                )
                for notebook in one.notebooks
                for grade in notebook.grades
            }
            grades.append(
                Grade(
                    student=who.id,
                    last_name=who.last_name or "",
                    first_name=who.first_name or "",
                    email=who.email or "",
                    lms_id=who.lms_user_id or "",
                    exercise=one.name,
                    score=float(one.score),
                    penalty=float(one.late_submission_penalty or 0.0),
                    max_score=float(one.max_score),
                    needs_manual_grade=bool(one.needs_manual_grade),
                    questions=dict(sorted(questions.items())),
                    gone=where_it_should_be(writer.submitted, one.name, who.id),
                )
            )
    return sorted(grades, key=lambda grade: (grade.exercise, grade.student))


def read_students(root: str | os.PathLike) -> list[dict[str, str]]:
    """Every learner of the gradebook, also those who handed nothing in.

    Returns
    -------
    list of dict
        ``id, last_name, first_name, email, lms_user_id``, sorted by id.
    """
    fields = ("id", "last_name", "first_name", "email", "lms_user_id")
    with GradebookWriter(root) as writer, writer.gradebook() as book:
        students = [
            {name: getattr(one, name) or "" for name in fields} for one in book.db.query(Student).all()
        ]
    return sorted(students, key=lambda student: student["id"])


def export(
    root: str | os.PathLike | None = None,
    to: str = "csv",
    *,
    exercise: str | None = None,
    roster: str | os.PathLike | None = None,
    title: str | None = None,
    by_question: bool = False,
    decimal_comma: bool = False,
    finished_only: bool = False,
    section: str | None = None,
) -> Exported:
    """Write grades to files.

    Parameters
    ----------
    root : path, optional
    to : {"csv", "canvas", "moodle"}
    exercise : str, optional
        Name or number; all by default.
    roster : path, optional
        The platform's own list of people (see :mod:`grader.nbgrader_bridge.roster`). Everybody on it gets a row where that is harmless; learners who
        are not on it are left out and listed.
    title : str, optional
        The assignment's exact title on the platform, for Canvas also ``Title (12345)`` with its number; the exercise's name by default. Needs `exercise`.
    by_question : bool
        Points of every question beside the total, for a spreadsheet.
    decimal_comma : bool
        2,5 instead of 2.5, and semicolons between the cells.
    finished_only : bool
        Leave out whoever still waits for points by hand.
    section : str, optional
        Only the people of this section of the roster.

    Returns
    -------
    Exported
        Files ``classroom/grades-<to>[-<exercise>].csv``, readable by their owner only.

    Raises
    ------
    HoldoutError
        If `to` is none of the targets, a title is given for several exercises, the roster cannot be read, or there is no grade yet.
    """
    if to not in TARGETS:
        raise HoldoutError(f"grades cannot be exported to {to!r}; there are: {', '.join(TARGETS)}")
    if title and not exercise:
        raise HoldoutError(
            "a title belongs to one exercise: name it, such as `holdout export 01 --to canvas --title ...`"
        )
    if by_question and to != "csv":
        raise HoldoutError(
            f"points by question are written for a spreadsheet only; leave out --to {to} or --by-question"
        )
    root = pathlib.Path(root or paths.find_root()).resolve()
    grades = read_grades(root, find_assignment(exercise, root, source_folder(root)) if exercise else None)
    if not grades:
        raise CourseError("there are no grades yet; run `holdout grade` first")
    students = read_students(root)
    if section and not roster:
        raise HoldoutError(
            "sections stand in the roster; give the platform's own list of people with --roster"
        )
    everybody = read_roster(roster) if roster is not None else []
    chosen = of_section(everybody, section) if section else everybody
    known = match(students, chosen) if roster is not None else None
    made = Exported()
    if known:
        if section:  # everybody else is on the roster, in another section
            strangers = set(match(students, everybody).unknown)
            known.unknown = [who for who in known.unknown if who in strangers]
        _say_who_is_left_out(known, made.notes)
        grades = [one for one in grades if one.student in known.people]
        students = [one for one in students if one["id"] in known.people]
    gone = [one for one in grades if one.gone]
    if gone:
        made.notes.append(
            f"{len(gone)} grades are of hand-ins that are no longer in classroom/submitted (`holdout grade` with the exercise takes such a grade back): "
            + _some(f"{one.student} ({one.exercise})" for one in gone)
        )
    waiting = [one for one in grades if one.needs_manual_grade]
    if waiting:
        kind = "left out" if finished_only else "provisional in this file; --finished-only leaves them out"
        made.notes.append(
            f"{len(waiting)} of {len(grades)} grades still wait for points by hand and are {kind}: "
            + _some(f"{one.student} ({one.exercise})" for one in waiting)
        )
    graded = {(one.student, one.exercise) for one in grades}
    if finished_only:
        grades = [one for one in grades if not one.needs_manual_grade]
    exercises = sorted({one.exercise for one in grades})
    people = known.people if known else {}
    if to == "csv":
        absent = known.without if known else []
        files = {"": _rows_for_spreadsheet(grades, students, people, by_question, absent, graded)}
        made.steps.append("Open the file in a spreadsheet; empty points mean that nothing was handed in.")
    elif to == "canvas":
        files = {
            f"-{name}": _rows_for_canvas(
                [one for one in grades if one.exercise == name], people, title, made.notes
            )
            for name in exercises
        }
        made.steps += [
            "In Canvas: Grades, Import, choose one file per exercise, Upload Data.",
            "If Canvas does not know the assignment it offers to make a new one: stop there and export again with --title and the "
            "assignment's exact title, or `Title (12345)` with the number from its address.",
            "Look at the preview before Save Changes: it shows every grade that would change, with the name.",
        ]
    else:
        files = {"": _rows_for_moodle(grades, students, people, exercises, title, made.notes)}
        identity = files[""][0][0]
        most = "; ".join(f"{name}: {_maximum(grades, name):g}" for name in exercises)
        made.steps += [
            f"In Moodle: Grades, Import, CSV file; encoding UTF-8, separator {'semicolon' if decimal_comma else 'comma'}.",
            f"Map from “{identity}” to the same field of the user, every exercise's column to its grade item, and the columns “(note)” to nothing.",
            f"A new grade item has a maximum of 100: set it first ({most}).",
        ]
    for suffix, rows in files.items():
        path = working_folder(root) / f"grades-{to}{suffix}.csv"
        # a spreadsheet takes a file without the mark for another encoding and breaks accents; an LMS knows UTF-8
        text = as_csv(rows, decimal_comma=decimal_comma)
        _write_privately(path, text.encode("utf-8-sig" if to == "csv" else "utf-8"))
        made.paths.append(path)
    return made


def _some(names, most: int = 8) -> str:
    names = [defused(name) for name in names]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _say_who_is_left_out(known: Match, notes: list[str]) -> None:
    if known.unknown:
        notes.append(
            f"not on the roster, so left out ({len(known.unknown)} of the gradebook): {_some(known.unknown)}"
        )
    if known.unclear:
        notes.append(
            f"left out, because they could be several people of the roster, or share one ({len(known.unclear)}): {_some(known.unclear)}; "
            "state the folder of each in a column “id of the folder”"
        )
    if known.without:
        notes.append(
            f"on the roster and not in the gradebook ({len(known.without)}): "
            + _some(person.label for person in known.without)
        )


def as_csv(rows: list, *, decimal_comma: bool = False) -> str:
    """Rows as text after RFC 4180; text is quoted and defused, numbers are numbers.

    Parameters
    ----------
    rows : list of list of str, float, int or None
    decimal_comma : bool
        2,5 for 2.5, and semicolons between the cells.
    """
    buffer = io.StringIO()
    # quoted, or a comma or semicolon in a name would start another cell, wherever the separator is a semicolon
    writer = csv.writer(
        buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n", delimiter=";" if decimal_comma else ","
    )

    def cell(value):
        if value is None:
            return ""
        if value == "-":  # Moodle's sign for no grade; no formula
            return value
        if isinstance(value, str):
            return defused(value)
        return str(value).replace(".", ",") if decimal_comma else value

    for row in rows:
        writer.writerow([cell(value) for value in row])
    return buffer.getvalue()


def _rows_for_spreadsheet(
    grades: list[Grade],
    students: list[dict],
    people: dict[str, Person],
    by_question: bool,
    absent: Sequence[Person] = (),
    graded: Collection[tuple[str, str]] = (),
) -> list:
    questions = list(dict.fromkeys(name for one in grades for name in one.questions)) if by_question else []
    about = ["student", "last name", "first name", "e-mail", "section", "exercise"]
    rows: list[list] = [
        [*about, "score", "late penalty", "final", "out of", "waits for points by hand", *questions]
    ]
    handed_in = set(graded)
    for one in grades:
        handed_in.add((one.student, one.exercise))
        about = [
            one.student,
            one.last_name,
            one.first_name,
            one.email,
            _section(people, one.student),
            one.exercise,
        ]
        numbers = [round(one.score, 4), round(one.penalty, 4), one.final, one.max_score]
        points = [one.questions[name][0] if name in one.questions else None for name in questions]
        waits = "yes" if one.needs_manual_grade else "no"
        rows.append([*about, *numbers, "hand-in no longer there" if one.gone else waits, *points])
    for name in sorted({one.exercise for one in grades}):
        for who in students:
            if (who["id"], name) not in handed_in:
                about = [
                    who["id"],
                    who["last_name"],
                    who["first_name"],
                    who["email"],
                    _section(people, who["id"]),
                    name,
                ]
                rows.append(
                    [
                        *about,
                        None,
                        None,
                        None,
                        _maximum(grades, name),
                        "nothing handed in",
                        *[None] * len(questions),
                    ]
                )
        for person in absent:
            id = person.student or person.login or person.username or person.id_number or person.canvas_id
            last_name = person.last_name or ("" if person.first_name else person.name)
            about = [id, last_name, person.first_name, person.email, person.section, name]
            blank = [None] * len(questions)
            rows.append([*about, None, None, None, _maximum(grades, name), "nothing handed in", *blank])
    return rows


def _section(people: dict[str, Person], student: str) -> str:
    return people[student].section if student in people else ""


def _maximum(grades: list[Grade], exercise: str) -> float:
    return max(one.max_score for one in grades if one.exercise == exercise)


def _rows_for_canvas(
    grades: list[Grade], people: dict[str, Person], title: str | None, notes: list[str]
) -> list:
    """One exercise, only those who have a grade: an empty cell would remove a grade."""
    name = grades[0].exercise
    rows: list = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title or name],
        ["    Points Possible", "", "", "", "", _maximum(grades, name)],
    ]
    odd = []
    for one in grades:
        person = people.get(one.student)
        number = (person.canvas_id if person else "") or one.lms_id
        if number and not number.isdecimal():
            odd.append(one.student)
            number = ""
        rows.append(
            [
                (person.name if person else "") or one.name,
                number,
                person.sis_id if person else "",
                (person.login if person else "") or one.student,
                person.section if person else "",
                one.final,
            ]
        )
    if odd:
        notes.append(
            f"the platform id of {_some(odd)} is no number, which Canvas would take for another user's; it is left empty"
        )
    if not people:
        notes.append(
            "without a roster the folders' names stand in SIS Login ID; where they are no logins, Canvas takes the first learner of the same name. "
            "Export Canvas' gradebook and give it with --roster"
        )
    return rows


def _rows_for_moodle(
    grades: list[Grade],
    students: list[dict],
    people: dict[str, Person],
    exercises: list[str],
    title: str | None,
    notes: list[str],
) -> list:
    table: dict[str, dict[str, Grade]] = {}
    for one in grades:
        table.setdefault(one.student, {})[one.exercise] = one
    identities: list[tuple[str, list[str]]] = []
    for label, of_person, of_student in (
        ("Username", "username", "id"),
        ("Email address", "email", "email"),
        ("ID number", "id_number", "lms_user_id"),
    ):
        # a roster that says nothing about usernames proves that the folders' names are none
        values = [
            getattr(people[who["id"]], of_person) if who["id"] in people else who[of_student]
            for who in students
        ]
        if all(values) and len({value.lower() for value in values}) == len(values):
            identities.append((label, values))
        elif any(values):
            notes.append(
                f"the column “{label}” is left out: it is empty for somebody or not unique, and Moodle would grade somebody else"
            )
    if not people:
        notes.append(
            "Moodle refuses the whole file if it does not know one of the people in it; with --roster such people are left out"
        )
    if not identities:
        raise HoldoutError(
            "no column identifies every learner for Moodle; give Moodle's participants or grades as --roster"
        )
    columns = [column for name in exercises for column in (title or name, f"{title or name} (note)")]
    rows = [[*(label for label, _ in identities), "First name", "Last name", *columns]]
    for number, who in enumerate(students):
        person = people.get(who["id"])
        own = table.get(who["id"], {})
        points: list = []
        for name in exercises:
            if name not in own:
                points += ["-", "no grade"]
            else:
                waits = own[name].needs_manual_grade
                points += [
                    own[name].final,
                    f"out of {own[name].max_score:g}"
                    + (", provisional: waits for points by hand" if waits else "")
                    + (", hand-in no longer there" if own[name].gone else ""),
                ]
        names = [
            (person.first_name if person else "") or who["first_name"],
            (person.last_name if person else "") or who["last_name"],
        ]
        rows.append([*(values[number] for _, values in identities), *names, *points])
    return rows


def _write_privately(path, content):
    """Replace a file in one step; other accounts of the machine cannot read grades."""
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}-"
    )  # 0600, and its own: two exports may run at once
    temporary = pathlib.Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    temporary.replace(path)
