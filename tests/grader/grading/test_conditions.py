"""A full disk, a locked gradebook, a damaged or foreign resume log: one sentence, nothing lost, and the next run goes on."""

import contextlib
import json
import sqlite3

import pytest
from small_class import EXERCISE, RIGHT, SmallClass

from grader.grading import run as grading
from grader.nbgrader_bridge import gradebook
from grader.nbgrader_bridge.gradebook import GradebookWriter, RecordError
from grader.reports.class_report import rows_of
from holdout.errors import CourseError


@pytest.fixture
def small(tmp_path):
    made = SmallClass(tmp_path)
    for student in ("ada", "bob", "eve"):
        made.submit(student, RIGHT)
    made.grade()
    made.change("bob", "01-memo", manual_score=1.5)
    return made


@pytest.mark.parametrize(
    "error",
    [
        RecordError("nbgrader could not record it (OSError: [Errno 28] No space left on device)"),
        OSError(28, "No space left on device"),
        OSError(30, "Read-only file system"),
        RecordError("the gradebook cannot be read or written (database is locked)"),
    ],
    ids=["full, said by nbgrader", "full", "read-only", "locked"],
)
def test_a_fault_of_the_machine_stops_the_run_and_takes_no_points(small, monkeypatch, error):
    """Nobody gets zero for it, nothing recorded is removed, and it does not count as an attempt."""
    real, before = GradebookWriter.record, small.dump()

    def record(self, exercise, student, *told, **options):
        if student == "bob":
            raise error
        return real(self, exercise, student, *told, **options)

    monkeypatch.setattr(GradebookWriter, "record", record)
    for _ in range(3):
        with pytest.raises(CourseError, match="grading stopped at bob.*because of this machine"):
            small.grade(force=True)
    assert small.dump()["bob"]["grades"] == before["bob"]["grades"]
    assert set(small.dump()) == set(before)
    monkeypatch.setattr(GradebookWriter, "record", real)
    assert {student: row.score for student, row in small.grade().items()} == {
        "ada": 4.0,
        "bob": 5.5,
        "eve": 4.0,
    }


def test_a_gradebook_that_is_locked_for_a_while_is_waited_for(small, monkeypatch):
    holder = sqlite3.connect(small.root / "classroom" / "gradebook.db", check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    import threading

    threading.Timer(8.0, holder.rollback).start()  # SQLite itself would give up after five seconds
    assert {row.score for row in small.grade(force=True).values()} == {4.0, 5.5}
    holder.close()


def test_a_gradebook_that_stays_locked_is_named(small, monkeypatch):
    monkeypatch.setattr(gradebook, "LOCK_SECONDS", 1)
    with contextlib.closing(sqlite3.connect(small.root / "classroom" / "gradebook.db")) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CourseError, match=r"database is locked.*close what else uses it"):
            small.grade(force=True)
    assert {row.score for row in small.grade().values()} == {4.0, 5.5}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"student": "bob"}', json.dumps({"key": 1}), "[" * 100_000], ids=range(7)
)
def test_a_damaged_line_of_the_resume_log_costs_nothing(small, text):
    """The report names it; the next run grades that one again and keeps points given by hand."""
    log = small.root / "classroom" / grading.RESUME_LOG
    with contextlib.closing(sqlite3.connect(log)) as connection, connection:
        connection.execute("UPDATE submission SET row = ? WHERE student = 'bob'", (text,))
    with pytest.raises(CourseError, match=r"grading\.db has a damaged line for bob.*holdout grade 01"):
        rows_of(small.root, EXERCISE)
    rows = small.grade()
    assert {student: row.score for student, row in rows.items()} == {"ada": 4.0, "bob": 5.5, "eve": 4.0}
    assert [row.student for row in rows_of(small.root, EXERCISE)] == ["ada", "bob", "eve"]


def test_a_row_of_another_version_is_read_as_far_as_it_is_known(small):
    log = small.root / "classroom" / grading.RESUME_LOG
    with contextlib.closing(sqlite3.connect(log)) as connection, connection:
        (text,) = connection.execute("SELECT row FROM submission WHERE student = 'bob'").fetchone()
        newer = json.dumps({**json.loads(text), "invented later": 1})
        connection.execute("UPDATE submission SET row = ? WHERE student = 'bob'", (newer,))
    assert {row.score for row in small.grade().values()} == {4.0, 5.5}
    assert len(rows_of(small.root, EXERCISE)) == 3


def test_a_resume_log_with_other_columns_is_named_with_the_remedy(small):
    log = small.root / "classroom" / grading.RESUME_LOG
    log.unlink()
    with contextlib.closing(sqlite3.connect(log)) as connection, connection:
        connection.execute("CREATE TABLE submission (id INTEGER, grade TEXT)")
    with pytest.raises(CourseError, match=r"grading\.db cannot be read or written.*delete it"):
        small.grade()
    log.unlink()
    assert {row.score for row in small.grade().values()} == {4.0, 5.5}
