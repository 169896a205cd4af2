"""Writes results into nbgrader's ordinary gradebook, in one process, with nbgrader's own classes.

Executes nothing. What is recorded is a notebook that was rebuilt from the release, with the outputs that came from the
sandbox and the points that were given outside of it. Manual points, extra credit, late penalties and resubmissions are nbgrader's.
"""

import contextlib
import datetime
import json
import logging
import os
import pathlib
import secrets
import shutil
import sqlite3
import stat
import sys
import textwrap
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import nbformat
import sqlalchemy
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    IgnorePattern,
    LimitOutput,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade, is_solution, rmtree
from sqlalchemy.exc import SQLAlchemyError
from traitlets import List, Unicode

from grader.nbgrader_bridge.sanitize import clean_cell
from holdout.errors import CourseError

SECRET = "submission_secret.txt"  # from nbgrader's exchange
WIDTH = 88  # characters; what nbgrader's feedback page shows of a line
STAGING = ".recording"
OWN_HOOKS = "grader."  # modules whose hooks serve formgrader's button


def working_folder(root: str | os.PathLike) -> pathlib.Path:
    """Where grading keeps what is its own: ``classroom`` in our course, ``.holdout-grading`` in any other."""
    root = pathlib.Path(root)
    ours = (root / "lessons").is_dir() and (root / "solutions").is_dir()
    return root / ("classroom" if ours or (root / "classroom").is_dir() else ".holdout-grading")


def source_folder(root: str | os.PathLike) -> pathlib.Path:
    """nbgrader's source directory, as the course's settings have it."""
    root = pathlib.Path(root)
    return root / nbgrader_application(root).coursedir.source_directory


def submitted_folder(root: str | os.PathLike) -> pathlib.Path:
    """nbgrader's submitted directory, as the course's settings have it."""
    root = pathlib.Path(root)
    return root / nbgrader_application(root).coursedir.submitted_directory


LOCK_SECONDS = 60  # SQLite's own limit of five is short beside a formgrader that somebody uses


@sqlalchemy.event.listens_for(sqlalchemy.engine.Engine, "connect")
def _wait_for_others(connection, _record):
    """Wait where another program writes the gradebook, instead of giving up on a submission."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout = {1000 * LOCK_SECONDS}")


class RecordError(CourseError):
    """The gradebook cannot be written; the message is one sentence for the instructor."""


class InsertResults:
    """Takes the place of nbgrader's Execute: inserts outputs and points that were made elsewhere.

    Parameters
    ----------
    outputs : dict of str to list of dict
        Outputs by cell id, as they came from behind the bubblewrap.
    sources : dict of str to str
        Source of what was executed, by cell id.
    verdicts : dict of str to (str, float)
        For each check cell its text and its points, by nbgrader's name of the cell.
    kept : dict of str to (str, str)
        Source and checksum of every cell that the gradebook knows, by nbgrader's name: the check cells get their
        hidden part back, as in nbgrader's own autograding.
    """

    enabled = True

    def __init__(self, outputs: dict, sources: dict, verdicts: dict, kept: dict):
        self.outputs, self.sources, self.verdicts, self.kept = outputs, sources, verdicts, kept

    def __call__(self, notebook, resources):
        """Fill in the notebook that is being recorded.

        Raises
        ------
        RecordError
            If a cell of it is not what was executed.
        """
        for cell in notebook.cells:
            role = cell.metadata.get("nbgrader", {})
            locked = bool(cell.metadata.get("nbgrader")) and not is_solution(cell)
            graded_code = cell.cell_type == "code" and is_grade(cell)
            if not graded_code and cell.source != self.sources.get(cell.id):
                raise RecordError(f"the cell {cell.id!r} is not the one that was executed")
            if role:
                source, role.checksum = self.kept[role.grade_id]
                cell.source = source if locked else cell.source
            if cell.cell_type == "code":
                text, points = self.verdicts[cell.metadata.nbgrader.grade_id] if graded_code else ("", None)
                cell.outputs = (
                    _verdict_outputs(text, points) if graded_code else self.outputs.get(cell.id, [])
                )
            clean_cell(cell, locked)
            if graded_code:
                cell.outputs.append(_points_output(points))
            if cell.cell_type == "code":
                cell.outputs = [_node(output) for output in cell.outputs]
            else:
                cell.pop("outputs", None)
                cell.pop("execution_count", None)
        return notebook, resources


def _verdict_outputs(text, points):
    """The verdict as a cell's printed output, in lines that fit into a page: feedback does not wrap what was printed."""
    lines = [
        textwrap.fill(line, WIDTH, subsequent_indent="  ", break_long_words=False)
        for line in text.splitlines()
    ]
    return [{"output_type": "stream", "name": "stdout", "text": "\n".join(lines) + "\n"}] if text else []


def _points_output(points):
    """What nbgrader reads as partial credit: the only execute_result in a recorded notebook."""
    return {
        "output_type": "execute_result",
        "data": {"text/plain": repr(float(points))},
        "metadata": {},
        "execution_count": None,
    }


def _node(output):
    return nbformat.from_dict(output)


class RecordSubmission(Autograde):
    """nbgrader's Autograde for one submission that lies, rebuilt, in the staging folder.

    One pass instead of two: what nbgrader's first pass puts right (cells, metadata, kernel) has been made from the
    release, so there is nothing to put right.
    """

    student, assignment = Unicode(), Unicode()
    names = List(Unicode())

    def init_notebooks(self) -> None:
        # by name, not by pattern: a student id may hold letters that mean something in a pattern
        folder = self._format_source(self.assignment, self.student)
        self.assignments = {folder: [os.path.join(folder, f"{name}.ipynb") for name in self.names]}
        self.notebooks: list[str] = []

    def convert_single_notebook(self, notebook_filename: str) -> None:
        self.exporter._preprocessors = []
        for preprocessor in self.autograde_preprocessors:
            self.exporter.register_preprocessor(preprocessor)
        BaseConverter.convert_single_notebook(self, notebook_filename)


class _LoggedReason(logging.Handler):
    """Keeps the last line of the traceback that nbgrader logs; it has no other way to say why something failed."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.message = ""

    def emit(self, record):
        text = record.getMessage().strip()
        if text.startswith("Traceback") or not self.message:
            self.message = text.splitlines()[-1] if text else ""


class GradebookWriter:
    """The only writer of the gradebook while a class is graded; a context manager.

    Parameters
    ----------
    root : path
        The course; its ``nbgrader_config.py`` says where the gradebook is and how late work is treated.
    """

    def __init__(self, root: str | os.PathLike):
        self.root = pathlib.Path(root).resolve()
        self.app = nbgrader_application(self.root)
        self.course = self.app.coursedir
        self.autograded = self.root / self.course.autograded_directory
        self.submitted = self.root / self.course.submitted_directory
        self.source = self.root / self.course.source_directory
        if self.course.directory_structure != os.path.join(
            "{nbgrader_step}", "{student_id}", "{assignment_id}"
        ):
            raise RecordError(
                f"the course's setting CourseDirectory.directory_structure is {self.course.directory_structure!r}; "
                "only nbgrader's own structure can be graded here"
            )
        self.work = working_folder(self.root)
        # a folder of its own: an export or a report beside a running grading must not take that one's away
        self.staging = self.work / STAGING / f"{os.getpid()}-{secrets.token_hex(4)}"
        self.course.submitted_directory = str(self.staging.relative_to(self.root))
        self.log = _LoggedReason()
        self.kept: dict[str, dict] = {}  # cells by exercise, as the gradebook has them

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.staging, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.staging.parent.rmdir()  # only if nobody else is recording

    def remove_leftovers(self) -> None:
        """Remove the working folders of runs that were killed; only while no other run can be grading."""
        shutil.rmtree(self.staging.parent, ignore_errors=True)

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """nbgrader's gradebook, to be used in a ``with`` statement.

        Raises
        ------
        RecordError
            If it cannot be opened, read or written.
        """
        try:
            with _quiet():
                book = Gradebook(self.course.db_url, self.course.course_id)
            with book:
                yield book
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise RecordError(
                f"the gradebook cannot be read or written ({reason}); "
                "close what else uses it, or check HOLDOUT_DB_URL and the permissions of classroom/gradebook.db"
            ) from error

    def check_release(self, exercise: str, cells: dict[str, float], release: Mapping) -> None:
        """Raise RecordError unless what the gradebook knows of an exercise is what is about to be graded.

        Parameters
        ----------
        exercise : str
        cells : dict of str to float
            Points by nbgrader's names of the graded cells.
        release : Mapping
            The released notebook.
        """
        remedy = f"run `holdout release {exercise[:2]}` first"
        with self.gradebook() as book:
            try:
                notebook = book.find_notebook(exercise, exercise)
            except MissingEntry:
                raise RecordError(f"the gradebook does not know {exercise}; {remedy}") from None
            points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
            self.kept[exercise] = {cell.name: (cell.source, cell.checksum) for cell in notebook.source_cells}
        different = sorted(set(points.items()) ^ set(cells.items()))
        if different:
            raise RecordError(
                f"the gradebook has other questions or points for {exercise} ({different[0][0]}); {remedy}"
            )
        for cell in release["cells"]:
            role = cell["metadata"].get("nbgrader", {})
            if (
                role.get("locked")
                and not role.get("grade")
                and (self.kept[exercise].get(role["grade_id"], ("",))[0] != cell["source"])
            ):
                raise RecordError(f"{exercise} has changed since its release ({role['grade_id']}); {remedy}")

    def graded_cells(self, exercise: str) -> set[str] | None:
        """nbgrader's names of the graded cells of a release; None if the gradebook does not know the exercise."""
        with self.gradebook() as book:
            try:
                return {cell.name for cell in book.find_notebook(exercise, exercise).grade_cells}
            except MissingEntry:
                return None

    def submissions_of_other_cells(self, exercise: str, cells: Collection[str]) -> int:
        """How many submissions the gradebook has of a release with other cells than these: nbgrader can then not replace it.

        Parameters
        ----------
        exercise : str
        cells : collection of str
            nbgrader's names of all cells of the new release.
        """
        with self.gradebook() as book:
            try:
                notebook = book.find_notebook(exercise, exercise)
            except MissingEntry:
                return 0
            same = {cell.name for cell in notebook.source_cells} == set(cells)
            return 0 if same else len(notebook.submissions)

    def recorded(self, exercise: str) -> set[str]:
        """Students whose submission is in the gradebook and whose recorded notebook is there.

        Returns
        -------
        set of str
        """
        with self.gradebook() as book:
            students = {submission.student_id for submission in book.assignment_submissions(exercise)}
        return {name for name in students if any((self.autograded / name / exercise).glob("*.ipynb"))}

    def current_grade(self, exercise: str, student: str) -> dict:
        """``score``, ``max_score``, ``penalty``, ``needs_manual_grade`` and ``scores`` by cell, as the gradebook has them."""
        with self.gradebook() as book:
            return _current_grade(book, exercise, student)

    def renew_penalty(self, exercise: str, student: str) -> None:
        """Give the late penalty anew, by nbgrader's own step: the due date may have moved since the submission was graded."""
        with self.gradebook() as book:
            submission = book.find_submission(exercise, student)
            if submission.assignment.duedate is None and not submission.late_submission_penalty:
                return
            names = [notebook.name for notebook in submission.notebooks]
        with _quiet():
            for name in names:
                about = {
                    "notebook": name,
                    "assignment": exercise,
                    "student": student,
                    "db_url": self.course.db_url,
                }
                AssignLatePenalties(parent=self.app).preprocess(
                    nbformat.v4.new_notebook(), {"nbgrader": about}
                )

    def record(
        self,
        exercise: str,
        student: str,
        notebook: dict,
        outputs: dict,
        verdicts: dict,
        *,
        submitted_at: datetime.datetime | None = None,
        review: str = "",
        forget_manual: bool = False,
    ) -> dict:
        """Record one submission. What was recorded before is replaced; manual points are kept as nbgrader keeps them.

        Parameters
        ----------
        exercise, student : str
        notebook : dict
            As :func:`grader.grading.submission.read_submission` has rebuilt it.
        outputs : dict of str to list of dict
        verdicts : dict of str to (str, float)
            As for :class:`InsertResults`.
        submitted_at : datetime.datetime, optional
        review : str
            Why a person must review it: every graded cell is then marked for manual grading, with this comment.
        forget_manual : bool
            Whether manual points of an earlier hand-in are taken back (they are kept in the comment).

        Returns
        -------
        dict
            ``score``, ``max_score``, ``penalty``, ``needs_manual_grade`` as the gradebook has them now.

        Raises
        ------
        RecordError
        """
        self._stage(exercise, student, {exercise: json.dumps(notebook)}, {}, submitted_at)
        insert_results = InsertResults(outputs, _sources(notebook), verdicts, self.kept[exercise])
        steps = [
            insert_results,
            IgnorePattern,
            ClearMetadataPreprocessor,
            LimitOutput,
            SaveAutoGrades,
            AssignLatePenalties,
            CheckCellMetadata,
        ]
        self._run_autograde(exercise, student, [exercise], steps)
        return self._finish_record(exercise, student, review, forget_manual)

    def record_assignment(
        self,
        assignment: str,
        student: str,
        notebooks: Mapping[str, Any],
        files: Mapping[str, bytes],
        *,
        missing: Mapping[str, Iterable[str]] | None = None,
        submitted_at: datetime.datetime | None = None,
        review: str = "",
        forget_manual: bool = False,
    ) -> dict:
        """Record one submission of an ordinary assignment: all its notebooks, executed, and the files beside them.

        Parameters
        ----------
        assignment, student : str
        notebooks : Mapping of str to nbformat.NotebookNode
            With their outputs; nbgrader's own steps, as the course configures them, give the points.
        files : Mapping of str to bytes
        missing : Mapping of str to iterable of str
            Graded cells that are not in a notebook: they get no points and a person must look.
        submitted_at, review, forget_manual
            As for `record`.

        Returns
        -------
        dict
            As `record`.

        Raises
        ------
        RecordError
        """
        texts = {name: nbformat.writes(notebook) for name, notebook in notebooks.items()}
        self._stage(assignment, student, texts, files, submitted_at)
        configured = Autograde(coursedir=self.course, parent=self.app).autograde_preprocessors
        steps = [step for step in configured if not _executes(step)]
        self._run_autograde(assignment, student, sorted(texts), steps)
        return self._finish_record(assignment, student, review, forget_manual, missing or {})

    def _stage(self, exercise, student, notebooks, files, submitted_at):
        """Write a submission to where nbgrader will take it from."""
        folder = self.staging / student / exercise
        shutil.rmtree(self.staging, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, text in notebooks.items():
            (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
        if secret := self._secret(student, exercise):
            (folder / SECRET).write_bytes(secret)
        if submitted_at is not None:
            (folder / "timestamp.txt").write_text(
                f"{submitted_at:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="ascii"
            )

    def _secret(self, student, exercise):
        """What the exchange put beside a hand-in: nbgrader's `release_feedback` needs it to send the page to its learner."""
        path = self.submitted / student / exercise / SECRET
        try:
            file = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(file, "rb") as stream:
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    return b""
                return stream.read(1_000)
        except OSError:
            return b""

    def _finish_record(self, exercise, student, review, forget_manual, missing=None):
        with self.gradebook() as book:
            try:
                for name, cells in (missing or {}).items():
                    for grade in book.find_submission_notebook(name, exercise, student).grades:
                        if grade.name in cells:
                            grade.auto_score, grade.needs_manual_grade = 0.0, True
                if missing:
                    book.db.commit()
                if review:
                    self._mark_for_review(book, exercise, student, review, forget_manual)
                return _current_grade(book, exercise, student)
            except Exception as error:
                raise RecordError(
                    f"The gradebook could not be written ({type(error).__name__}: {error})."
                ) from error

    def _run_autograde(self, exercise, student, names, steps):
        self.course.student_id, self.course.assignment_id = student, exercise
        with _quiet():
            converter = RecordSubmission(
                coursedir=self.course, parent=self.app, student=student, assignment=exercise, names=names
            )
            converter.force, converter.create_student = True, True
            # our hook serves formgrader's button; here the old points are replaced or set to zero
            if getattr(converter.pre_convert_hook, "__module__", "").startswith(OWN_HOOKS):
                converter.pre_convert_hook = None
            converter.autograde_preprocessors = steps
            converter.log.addHandler(self.log)
            self.log.message = ""
            try:
                converter.start()
            except KeyboardInterrupt:
                raise
            except (Exception, SystemExit) as error:
                reason = self.log.message or f"{type(error).__name__}: {error}"
                raise RecordError(f"nbgrader could not record it ({reason})") from error
            finally:
                converter.log.removeHandler(self.log)

    def _mark_for_review(self, book, exercise, student, why, forget_manual):
        notebooks = book.find_submission(exercise, student).notebooks
        for grade in [grade for notebook in notebooks for grade in notebook.grades]:
            if forget_manual and grade.manual_score is not None:
                why += f" (Points given by hand before: {grade.manual_score:g} for {grade.name}.)"
                grade.manual_score = None
                grade.extra_credit = None
            grade.needs_manual_grade = True
        for comment in [comment for notebook in notebooks for comment in notebook.comments]:
            comment.auto_comment = why
        book.db.commit()

    def graded(self, exercise: str) -> set[str]:
        """Students who have a submission of an exercise in the gradebook, whether or not it is still handed in."""
        with self.gradebook() as book:
            return {submission.student_id for submission in book.assignment_submissions(exercise)}

    def withdraw(self, exercise: str, student: str, why: str) -> dict:
        """Take back the grade of a hand-in that is no longer there; it and points given by hand stay in the comment.

        Returns
        -------
        dict
            As for :meth:`record`.
        """
        with self.gradebook() as book:
            before = _current_grade(book, exercise, student)
            why = f"{why} The earlier grade ({before['score']:g} of {before['max_score']:g} points) was taken back."
            notebooks = book.find_submission(exercise, student).notebooks
            grades = [grade for notebook in notebooks for grade in notebook.grades]
            by_hand = [
                f"{grade.manual_score:g} for {grade.name}"
                for grade in grades
                if grade.manual_score is not None
            ]
            if by_hand:
                why += f" (Points given by hand before: {', '.join(by_hand)}.)"
            for grade in grades:
                grade.auto_score, grade.manual_score, grade.extra_credit = 0.0, None, None
                grade.needs_manual_grade = True
            for notebook in notebooks:
                notebook.late_submission_penalty = None
                for comment in notebook.comments:
                    comment.auto_comment = why
            book.db.commit()
            grade_now = {**_current_grade(book, exercise, student), "why": why}
        rmtree_if_there(self.autograded / student / exercise)
        return grade_now

    def mark(
        self, exercise: str, student: str, why: str, *, zero: bool = False, notebook: str | None = None
    ) -> None:
        """Mark a submission for a person, with the reason; one that the gradebook does not know yet is added with zero points.

        Parameters
        ----------
        exercise, student, why : str
        zero : bool
            Take the automatic points back.
        notebook : str, optional
            Only this one of an assignment of several.
        """
        with self.gradebook() as book:
            book.update_or_create_student(student)
            every = book.update_or_create_submission(exercise, student).notebooks
            for notebook_of_theirs in [one for one in every if notebook in (None, one.name)]:
                for grade in notebook_of_theirs.grades:
                    grade.auto_score = 0.0 if zero else grade.auto_score
                    grade.needs_manual_grade = True
                for comment in notebook_of_theirs.comments:
                    comment.auto_comment = why
            book.db.commit()

    def zero(self, exercise: str, student: str, why: str) -> dict:
        """The last resort, when the notebook cannot be recorded: zero points for every question, marked for review."""
        with _quiet(), self.gradebook() as book:
            book.update_or_create_student(student)
            book.update_or_create_submission(exercise, student)
            for submission in book.find_submission(exercise, student).notebooks:
                for grade in submission.grades:
                    grade.auto_score, grade.manual_score, grade.extra_credit = 0.0, None, None
                    grade.needs_manual_grade = True
                submission.late_submission_penalty = None
                for comment in submission.comments:
                    comment.auto_comment = why
            book.db.commit()
            grade_now = _current_grade(book, exercise, student)
        rmtree_if_there(
            self.autograded / student / exercise
        )  # last: it is all that is left if the gradebook cannot be written
        return grade_now


def rmtree_if_there(folder: pathlib.Path) -> None:
    """Remove a folder that nbgrader may have made read-only."""
    if folder.is_dir():
        rmtree(str(folder))


def _executes(step):
    """Whether one of nbgrader's steps is the one that executes, by whatever name the course's settings have it."""
    name = step if isinstance(step, str) else getattr(step, "__name__", type(step).__name__)
    return name.rpartition(".")[2].endswith("Execute")


def _sources(notebook):
    return {cell["id"]: cell["source"] for cell in notebook["cells"]}


def _current_grade(book, exercise, student):
    submission = book.find_submission(exercise, student)
    several = len(submission.notebooks) > 1
    return {
        "score": float(submission.score),
        "max_score": float(submission.max_score),
        "penalty": float(submission.late_submission_penalty or 0.0),
        "needs_manual_grade": bool(submission.needs_manual_grade),
        "scores": {
            f"{notebook.name}/{grade.name}" if several else grade.name: float(grade.score)
            for notebook in submission.notebooks
            for grade in notebook.grades
        },
    }


def nbgrader_application(root: str | os.PathLike) -> NbGrader:
    """nbgrader with the settings of the course, quiet."""
    scripts = os.path.dirname(os.path.abspath(sys.executable))
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = scripts + os.pathsep + os.environ.get("PATH", "")
    before, path = pathlib.Path.cwd(), list(sys.path)
    os.chdir(root)
    try:
        app = NbGrader()
        app.log_level = logging.CRITICAL
        app.initialize([], root=str(root))
        app.coursedir.root = str(root)
        app.log.setLevel(logging.ERROR)
        app.log.handlers = []
        app.log.propagate = False
        return app
    finally:
        os.chdir(before)
        sys.path[:] = path


@contextlib.contextmanager
def _quiet():
    """SQLAlchemy warns about nbgrader's own queries for every submission; nobody who grades can do anything about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
