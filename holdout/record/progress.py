"""The learner's own record: predictions and check outcomes, one JSON line each, appended and never rewritten.

It stays on the learner's machine and decides no grade. Not for what the records say, which is `holdout.record.summary`'s
task: nothing here knows the course, shows a widget or prints.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import pathlib
import sys
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import platformdirs

from holdout.errors import HoldoutError
from holdout.paths import enclosing_course

FILE = "progress.jsonl"
OFF = "off"
OUTCOMES = ("passed", "wrong", "crashed", "not attempted")
_LONGEST_LINE = 64 * 1024  # bytes; the longest record that the course writes is a hundredth of it


class ProgressError(HoldoutError, OSError):
    """The record cannot be written or read; the message says where and what to do. Everything else works."""


class ProgressWarning(UserWarning):
    """Some lines of the record cannot be read; they are skipped and kept."""


# -- where it is


def record_folder() -> pathlib.Path | None:
    """Return the folder of the record; it need not exist yet.

    The environment variable `HOLDOUT_PROGRESS` decides if it is set ("off" for none); otherwise `.holdout`
    in the course that the working directory lies in; otherwise the user's own data folder.

    Returns
    -------
    pathlib.Path or None
        None if recording is switched off.
    """
    chosen = os.environ.get("HOLDOUT_PROGRESS")
    if chosen:
        return None if chosen.strip().lower() == OFF else pathlib.Path(chosen).expanduser()
    root = enclosing_course()
    return platformdirs.user_data_path("holdout", appauthor=False) if root is None else root / ".holdout"


def record_file(folder: str | os.PathLike | None = None) -> pathlib.Path | None:
    """Return the file of the record; it need not exist yet. None if recording is switched off.

    Parameters
    ----------
    folder : path, optional
        Folder of the record; `record_folder()` by default.
    """
    chosen = record_folder() if folder is None else pathlib.Path(folder)
    return None if chosen is None else chosen / FILE


# -- writing


def record(kind: str, *, folder: str | os.PathLike | None = None, **fields: object) -> dict:
    """Append one record. It is on the disk when this returns.

    A record is one write to a file opened for appending, under a lock where the system has one, so two
    notebooks never mix their lines; a line that a crash cut off is left as it is and the new record starts
    on a line of its own.

    Parameters
    ----------
    kind : str
        Such as "prediction" or "check".
    folder : path, optional
        Folder to write to; `record_folder()` by default.
    **fields
        Plain JSON values. "kind" and "at" are set here.

    Returns
    -------
    dict
        The record, with `kind` and `at` (UTC, ISO 8601), written or, when recording is off, only returned.

    Raises
    ------
    ProgressError
        If it cannot be written, for example because the folder is read-only.
    ValueError
        If a field is not a JSON value (NaN is not) or the record is too long.
    """
    entry = {"kind": str(kind), "at": datetime.now(UTC).isoformat(timespec="seconds")} | fields
    try:
        line = json.dumps(entry, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"A record holds plain JSON values only: {error}. Convert numbers with float() or int()."
        ) from None
    if len(line) >= _LONGEST_LINE:
        raise ValueError(
            f"This record has {len(line)} characters; a record has at most {_LONGEST_LINE - 1}. Shorten it."
        )
    file = record_file(folder)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _append(file, line.encode("ascii") + b"\n")
        except OSError as error:
            raise ProgressError(
                f"Your progress cannot be saved in {file.parent} ({error.strerror or error}). Everything "
                "else works; to save it, set HOLDOUT_PROGRESS to a folder you may write to."
            ) from None
    return json.loads(line)


def _append(file: pathlib.Path, line: bytes) -> None:
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with locked(descriptor):
            size = os.fstat(descriptor).st_size
            if size:
                os.lseek(descriptor, size - 1, os.SEEK_SET)
                if os.read(descriptor, 1) != b"\n":
                    line = b"\n" + line  # an earlier write was cut off
            written = os.write(descriptor, line)
            if written != len(line):
                raise OSError(28, "the disk is full")
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(descriptor: int) -> Iterator[None]:
    """Keep other processes from writing. On a file system without locks, the single appending write must be enough."""
    if sys.platform == "win32":
        import msvcrt

        # Windows locks bytes: one beyond any record, so that others can still read
        far = 2**30
        os.lseek(descriptor, far, os.SEEK_SET)
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            os.lseek(descriptor, far, os.SEEK_SET)
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return
    # Python in a browser has no locks, or the module without its functions; there is one process only
    with contextlib.suppress(OSError, ImportError, AttributeError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield  # closing the descriptor releases the lock


def record_check(question_id: str, outcome: str, *, folder: str | os.PathLike | None = None) -> dict:
    """Record the outcome of a check.

    Parameters
    ----------
    question_id : str
        Such as "01.gap".
    outcome : {"passed", "wrong", "crashed", "not attempted"}
    folder : path, optional
        As for `record`.

    Returns
    -------
    dict

    Raises
    ------
    ProgressError, ValueError
        As `record`; also ValueError for another outcome.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"The outcome of a check is one of {', '.join(OUTCOMES)}, got {outcome!r}")
    return record("check", folder=folder, question=str(question_id), outcome=outcome)


# -- reading


def read(*, folder: str | os.PathLike | None = None) -> list[dict]:
    """Read all records, oldest first. Lines that are no record are skipped with a warning, and kept.

    Parameters
    ----------
    folder : path, optional
        Folder to read from; `record_folder()` by default.

    Returns
    -------
    list of dict
        Each with `kind` and `at`; empty when there is no record or recording is off.

    Raises
    ------
    ProgressError
        If the file is there and cannot be read at all.
    """
    entries, unreadable = read_with_gaps(folder)
    if unreadable:
        warnings.warn(describe_gaps(entries, unreadable, folder), ProgressWarning, stacklevel=2)
    return entries


def describe_gaps(entries: list[dict], unreadable: list[int], folder: str | os.PathLike | None = None) -> str:
    """Say in a sentence which lines cannot be read, from what `read_with_gaps` returns; empty if all can."""
    if not unreadable:
        return ""
    which = ", ".join(map(str, unreadable[:5])) + (", ..." if len(unreadable) > 5 else "")
    return (
        f"{len(unreadable)} line(s) of {record_file(folder)} cannot be read and were skipped (line {which}). "
        f"They stay in the file; the other {len(entries)} records are fine."
    )


def read_with_gaps(folder: str | os.PathLike | None = None) -> tuple[list[dict], list[int]]:
    """Read all records, as `read`, and say which lines could not be read instead of warning.

    Returns
    -------
    entries : list of dict
    unreadable : list of int
        Numbers of the lines that hold no record, from 1.
    """
    file = record_file(folder)
    entries, unreadable = [], []
    try:
        for number, line in enumerate(_lines(file), start=1) if file is not None else ():
            entry = _parse(line)
            if entry is not None:
                entries.append(entry)
            elif line != b"\n":
                unreadable.append(number)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ProgressError(
            f"Your progress in {file} cannot be read ({error.strerror or error}). Everything else works; "
            "to keep another record, set HOLDOUT_PROGRESS to a folder of your own."
        ) from None
    return entries, unreadable


def _lines(file: pathlib.Path) -> Iterator[bytes]:
    """The lines of a file; an empty one in place of each that is longer than a record can be."""
    with open(file, "rb") as stream:
        while line := stream.readline(_LONGEST_LINE + 1):
            if not line.endswith(b"\n"):  # too long, or the end of the file
                while rest := stream.readline(_LONGEST_LINE + 1):
                    line = b""
                    if rest.endswith(b"\n"):
                        break
            yield line


def _parse(line: bytes) -> dict | None:
    """Return the record that a line holds; None where it holds none."""
    try:
        entry = json.loads(line.decode("utf-8"), parse_constant=_refuse)
        moment = datetime.fromisoformat(entry["at"])
        if not isinstance(entry["kind"], str) or moment.tzinfo is None:
            return None
        moment.astimezone(UTC)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    return entry


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number that a record can hold")


def prediction_records(entries: Iterable[dict]) -> list[dict]:
    """Return the predictions that count: the first of each id, in the order in which they were made.

    Parameters
    ----------
    entries : iterable of dict
        As `read` returns them.

    Returns
    -------
    list of dict
        `id` (str), `answer` (str or number), `confidence` (0 to 1), `correct` (True, False, or None where
        the answer is not known yet), `at`.
    """
    first: dict[str, dict] = {}
    correct: dict[str, bool] = {}
    for entry in entries:
        key = entry.get("id")
        if not isinstance(key, str):
            continue
        if entry["kind"] == "prediction" and key not in first and _is_prediction(entry):
            first[key] = {name: entry[name] for name in ("id", "answer", "confidence", "at")}
            if isinstance(entry.get("correct"), bool):
                correct.setdefault(key, entry["correct"])
        elif entry["kind"] == "resolution" and isinstance(entry.get("correct"), bool) and key in first:
            correct.setdefault(key, entry["correct"])
    return [entry | {"correct": correct.get(key)} for key, entry in first.items()]


def _is_prediction(entry: dict) -> bool:
    """Whether answer and confidence have the types of a prediction: a record file can be edited."""
    confidence, answer = entry.get("confidence"), entry.get("answer")
    return (
        isinstance(confidence, int | float)
        and not isinstance(confidence, bool)
        and 0 <= confidence <= 1
        and isinstance(answer, str | int | float)
        and not isinstance(answer, bool)
        and (isinstance(answer, str) or abs(answer) < math.inf)
    )


# -- deleting


def delete(folder: str | os.PathLike | None = None) -> bool:
    """Delete the record, for good. Artefacts stay (see `holdout.record.summary.delete`).

    Returns
    -------
    bool
        Whether there was one.

    Raises
    ------
    ProgressError
        If it cannot be deleted.
    """
    file = record_file(folder)
    return file is not None and delete_file(file)


def delete_file(file: pathlib.Path) -> bool:
    """Delete one file of the learner's records; as `delete`."""
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ProgressError(
            f"{file} cannot be deleted ({error.strerror or error}). Delete it by hand."
        ) from None
    return True
