"""The resume log: the last row of every submission in an SQLite file, so that a run that was killed can go on.

A row is written after the gradebook holds the grade, in one transaction, and its key is made of everything that
the grade depends on. A row that is being replaced is marked before the gradebook changes, so that a run killed
between the two grades this submission again. What a row says about a learner's work is data and never executed.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import sqlite3
import threading
from collections.abc import Mapping
from typing import Any

from holdout.errors import CourseError

TABLE = """
CREATE TABLE IF NOT EXISTS submission (
    exercise TEXT NOT NULL,
    student TEXT NOT NULL,
    in_progress INTEGER NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (exercise, student)
)
"""
ATTEMPTS = """
CREATE TABLE IF NOT EXISTS attempt (
    exercise TEXT NOT NULL,
    student TEXT NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (exercise, student)
)
"""
FIELDS = {"exercise": str, "student": str, "sentence": str, "outcome": str, "score": int | float, "key": str}


def content_key(*parts: Any) -> str:
    """SHA-256 of values of plain JSON."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _row(text):
    """A row as it was added, or None where the file was damaged or comes from another version."""
    try:
        row = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    whole = isinstance(row, dict) and all(isinstance(row.get(name), kind) for name, kind in FIELDS.items())
    return row if whole else None


class ResumeLog:
    """One row per submission; a context manager.

    Parameters
    ----------
    path : path
        Made when the first row is added.

    Raises
    ------
    CourseError
        By every method, if the file cannot be read or written.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        self._connection: sqlite3.Connection | None = None
        self._begun: set[tuple] = set()
        self._lock = threading.Lock()  # the pool's threads read while the main thread writes

    def __enter__(self) -> "ResumeLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def find(self, exercise: str, student: str) -> dict | None:
        """The last row of a submission, also if a run was killed while it replaced it; None if there is none or it is damaged."""
        rows = self._read("SELECT row FROM submission WHERE exercise = ? AND student = ?", exercise, student)
        return _row(rows[0][0]) if rows else None

    def is_in_progress(self, exercise: str, student: str) -> bool:
        """Whether a run began to replace the row of a submission and did not finish."""
        query = "SELECT in_progress FROM submission WHERE exercise = ? AND student = ?"
        rows = self._read(query, exercise, student)
        return bool(rows and rows[0][0])

    def rows(self, exercise: str | None = None) -> list[dict]:
        """All rows, or those of one exercise, by exercise and student.

        Raises
        ------
        CourseError
            If one of them is damaged.
        """
        query = "SELECT exercise, student, row FROM submission WHERE ? IS NULL OR exercise = ? ORDER BY exercise, student"
        rows = []
        for name, student, text in self._read(query, exercise, exercise):
            row = _row(text)
            if row is None:
                raise CourseError(
                    f"{self.path} has a damaged line for {student}, {name}; run `holdout grade {str(name)[:2]}`, which grades it again"
                )
            rows.append(row)
        return rows

    def begin(self, exercise: str, student: str, key: str = "") -> None:
        """Say that the row of a submission is about to be replaced; on the disk when this returns."""
        if (exercise, student, key) in self._begun:
            return
        query = "UPDATE submission SET in_progress = 1 WHERE exercise = ? AND student = ?"
        self._write(query, exercise, student)
        query = (
            "INSERT INTO attempt VALUES (?, ?, ?, 1) ON CONFLICT (exercise, student) "
            "DO UPDATE SET count = CASE WHEN key = excluded.key THEN count + 1 ELSE 1 END, key = excluded.key"
        )
        self._write(query, exercise, student, key)
        self._begun.add((exercise, student, key))

    def attempts(self, exercise: str, student: str, key: str = "") -> int:
        """How many runs began with a submission and ended before it had a row; of this content only, if a key is given."""
        query = "SELECT count FROM attempt WHERE exercise = ? AND student = ? AND ? IN ('', key)"
        rows = self._read(query, exercise, student, key)
        return rows[0][0] if rows else 0

    def forget_attempt(self, exercise: str, student: str) -> None:
        """Forget that a run began with a submission: it ended for a reason that somebody was told."""
        self._write("DELETE FROM attempt WHERE exercise = ? AND student = ?", exercise, student)

    def add(self, row: Mapping) -> None:
        """Add a row, or replace the earlier one of the same submission; on the disk when this returns."""
        text = json.dumps(row, ensure_ascii=True)
        query = "INSERT OR REPLACE INTO submission VALUES (?, ?, 0, ?)"
        self._write(query, row["exercise"], row["student"], text)
        self._write("DELETE FROM attempt WHERE exercise = ? AND student = ?", row["exercise"], row["student"])
        self._begun = {one for one in self._begun if one[:2] != (row["exercise"], row["student"])}

    def _read(self, query: str, *values: str | None) -> list[tuple]:
        if self._connection is None and not self.path.is_file():
            return []
        with self._lock, self._readable_errors():
            return self._connect().execute(query, values).fetchall()

    def _write(self, query: str, *values: str) -> None:
        with self._lock, self._readable_errors(), self._connect() as connection:
            connection.execute(query, values)

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=60, check_same_thread=False)
            self._connection.execute("PRAGMA synchronous = FULL")
            with self._connection:
                self._connection.execute(TABLE)
                self._connection.execute(ATTEMPTS)
        return self._connection

    @contextlib.contextmanager
    def _readable_errors(self):
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise CourseError(
                f"{self.path} cannot be read or written ({error}); "
                "check its permissions, or delete it: everything is then graded again"
            ) from error
