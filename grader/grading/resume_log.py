"""The resume file: one JSON line for every submission that has been recorded, so that a killed run can go on.

A line is written after the gradebook holds the grade, and its key is made of all that the grade depends on. What stands in
it about a learner's work is data that is never executed; a line that was cut off in the middle is skipped.
"""

import contextlib
import hashlib
import json
import os
import pathlib


def fingerprint(*parts):
    """SHA-256 over values of plain JSON."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class ResumeLog:
    """Rows of finished submissions, the last one of each submission counts.

    Parameters
    ----------
    path : path
        Made when the first row is added.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.rows = {}
        self._file = None
        with (
            contextlib.suppress(FileNotFoundError),
            open(self.path, encoding="utf-8", errors="replace") as file,
        ):
            for line in file:
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    row = json.loads(line)
                    self.rows[(row["exercise"], row["student"])] = row

    def find(self, exercise, student):
        """The last row of a submission, or None."""
        return self.rows.get((exercise, student))

    def add(self, row):
        """Append a row; it is on the disk when this returns."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "ab")
            if self._file.tell() and not _ends_with_newline(self.path):
                self._file.write(b"\n")  # a line that a killed run left unfinished must not swallow this one
        self._file.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.rows[(row["exercise"], row["student"])] = row

    def close(self):
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _ends_with_newline(path):
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
