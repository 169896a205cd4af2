"""The learner's own record: predictions and check outcomes, one JSON line each, appended and never rewritten.

It stays on the learner's machine. It decides no grade. Nothing here shows a widget or prints.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import pathlib
import sys
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime

from holdout.errors import HoldoutError
from holdout.register import read_course

FILE = "progress.jsonl"
OFF = "off"
_LONGEST_LINE = 64 * 1024  # bytes; the longest record that the course writes is a hundredth of it
_PAUSE_MINUTES = 15  # a longer silence between two records is counted as a break
_OUTCOMES = ("passed", "wrong", "crashed", "not attempted")


class ProgressError(HoldoutError, OSError):
    """The record cannot be written or read; the message says where and what to do. Nothing else suffers."""


class ProgressWarning(UserWarning):
    """Some lines of the record cannot be read; they are skipped and kept."""


# -------------------------------------------------------------------------------------- where it lives


def folder() -> pathlib.Path | None:
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
    root = _course_root()
    if root is not None:
        return root / ".holdout"
    if sys.platform == "win32":
        home = pathlib.Path(os.environ.get("LOCALAPPDATA") or pathlib.Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        home = pathlib.Path.home() / "Library" / "Application Support"
    else:
        home = pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local" / "share")
    return home / "holdout"


def _course_root():
    here = pathlib.Path.cwd()
    for place in (here, *here.parents):
        if (place / "lessons").is_dir() and (place / "exercises").is_dir():
            return place
    return None


def _file(place):
    place = folder() if place is None else pathlib.Path(place)
    return None if place is None else place / FILE


# --------------------------------------------------------------------------------------------- writing


def record(kind: str, *, place: str | os.PathLike | None = None, **fields) -> dict:
    """Append one record. It is on the disk when this returns.

    A record is one write to a file opened for appending, under a lock where the system has one, so two
    notebooks never mix their lines; a line that a crash cut off is left as it is and the new record starts
    on a line of its own.

    Parameters
    ----------
    kind : str
        Such as "prediction" or "check".
    place : path, optional
        Folder to write to; `folder()` by default.
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
    file = _file(place)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _append(file, line.encode("ascii") + b"\n")
        except OSError as error:
            raise ProgressError(
                f"Your progress cannot be saved in {file.parent} ({error.strerror or error}). Everything "
                "else works; to save it, "
                "set HOLDOUT_PROGRESS to a folder you may write to."
            ) from None
    return json.loads(line)


def _append(file, line):
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with _locked(descriptor):
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
def _locked(descriptor):
    """Hold the file alone. Where a file system knows no locks, the single appending write has to do."""
    if sys.platform == "win32":
        import msvcrt

        far = 2**30  # a byte beyond any record: Windows locks bytes, and must not lock those that others read
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
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield  # closing the descriptor releases the lock


def record_check(question_id: str, outcome: str, *, place: str | os.PathLike | None = None) -> dict:
    """Record the outcome of a check.

    Parameters
    ----------
    question_id : str
        Such as "01.gap".
    outcome : {"passed", "wrong", "crashed", "not attempted"}
    place : path, optional
        As for `record`.

    Returns
    -------
    dict

    Raises
    ------
    ProgressError, ValueError
        As `record`; also ValueError for another outcome.
    """
    if outcome not in _OUTCOMES:
        raise ValueError(f"The outcome of a check is one of {', '.join(_OUTCOMES)}, got {outcome!r}")
    return record("check", place=place, question=str(question_id), outcome=outcome)


# --------------------------------------------------------------------------------------------- reading


def read(*, place: str | os.PathLike | None = None) -> list[dict]:
    """Read all records, oldest first. Lines that are no record are skipped with a warning, and kept.

    Parameters
    ----------
    place : path, optional
        Folder to read from; `folder()` by default.

    Returns
    -------
    list of dict
        Each with `kind` and `at`; empty when there is no record or recording is off.

    Raises
    ------
    ProgressError
        If the file is there and cannot be read at all.
    """
    file = _file(place)
    entries, spoilt = _read(file)
    if spoilt:
        which = ", ".join(map(str, spoilt[:5])) + (", ..." if len(spoilt) > 5 else "")
        warnings.warn(
            f"{len(spoilt)} line(s) of {file} cannot be read and were skipped (line {which}). They stay "
            "in the file; the other "
            f"{len(entries)} records are fine.",
            ProgressWarning,
            stacklevel=2,
        )
    return entries


def _read(file):
    """Records and the numbers of unreadable lines."""
    entries, spoilt = [], []
    if file is None:
        return entries, spoilt
    try:
        with open(file, "rb") as stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE + 1):
                number += 1
                complete = line
                while not complete.endswith(b"\n"):  # longer than a record can be, or the end of the file
                    complete = stream.readline(_LONGEST_LINE + 1)
                    if not complete:
                        break
                    line = b""
                entry = _parse(line)
                if entry is not None:
                    entries.append(entry)
                elif line != b"\n":
                    spoilt.append(number)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ProgressError(
            f"Your progress in {file} cannot be read ({error.strerror or error}). Everything else works; "
            "to keep another record, "
            "set HOLDOUT_PROGRESS to a folder of your own."
        ) from None
    return entries, spoilt


def _parse(line):
    """The record that a line holds; None where it holds none."""
    try:
        entry = json.loads(line.decode("utf-8"), parse_constant=_refuse)
        moment = datetime.fromisoformat(entry["at"])
        if not isinstance(entry["kind"], str) or moment.tzinfo is None:
            return None
        moment.astimezone(UTC)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    return entry


def _refuse(constant):
    raise ValueError(f"{constant} is not a number that a record can hold")


def _moment(entry):
    return datetime.fromisoformat(entry["at"]).astimezone(UTC)


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
    first, correct = {}, {}
    for entry in entries:
        key = entry.get("id")
        if not isinstance(key, str):
            continue
        if entry["kind"] == "prediction" and key not in first and _sound(entry):
            first[key] = {name: entry[name] for name in ("id", "answer", "confidence", "at")}
            if isinstance(entry.get("correct"), bool):
                correct.setdefault(key, entry["correct"])
        elif entry["kind"] == "resolution" and isinstance(entry.get("correct"), bool) and key in first:
            correct.setdefault(key, entry["correct"])
    return [entry | {"correct": correct.get(key)} for key, entry in first.items()]


def _sound(entry):
    confidence, answer = entry.get("confidence"), entry.get("answer")
    return (
        isinstance(confidence, int | float)
        and not isinstance(confidence, bool)
        and 0 <= confidence <= 1
        and isinstance(answer, str | int | float)
        and not isinstance(answer, bool)
        and (isinstance(answer, str) or abs(answer) < math.inf)
    )


# --------------------------------------------------------------------------------------------- summary


def summary(*, place: str | os.PathLike | None = None) -> dict:
    """Say where the learner is.

    Parameters
    ----------
    place : path, optional
        As for `read`.

    Returns
    -------
    dict
        `lessons`: for each lesson a dict of `lesson` (number), `name`, `predictions` (made),
        `predictions_right`, `checks_tried`, `checks_passed`, `checks_total` (None where the exercise is not
        there), `minutes` (at work, breaks left out), `last_activity` (ISO time or None) and `next` (what to
        do, one sentence). `next`: the one thing to do now. `predictions`, `checks_passed`, `minutes`:
        totals. `file`: where the record is, or None. `unreadable`: number of skipped lines.
    """
    file = _file(place)
    entries, spoilt = _read(file)
    predictions = prediction_records(entries)
    lessons = [_lesson(lesson.name, entries, predictions) for lesson in read_course().lessons]
    begun = [row for row in lessons if row["last_activity"]]
    # go on where the learner was last; after a finished lesson, with the first that is not finished
    latest = max(begun, key=lambda row: row["last_activity"], default=None)
    if latest is None or latest["finished"]:
        latest = next((row for row in lessons if not row["finished"]), None)
    return {
        "lessons": lessons,
        "next": latest["next"]
        if latest
        else "Everything is done: put your portfolio together with `holdout portfolio`.",
        "predictions": len(predictions),
        "checks_passed": sum(row["checks_passed"] for row in lessons),
        "minutes": sum(row["minutes"] for row in lessons),
        "file": None if file is None else str(file),
        "unreadable": len(spoilt),
    }


def _lesson(name, entries, predictions):
    number = name[:2]
    own = [entry for entry in entries if _number(entry) == number]
    made = [entry for entry in predictions if entry["id"].split(".")[0] == number]
    questions = _questions(name)
    tried, passed = set(), set()
    for entry in own:
        key = entry.get("question")
        if entry["kind"] != "check" or entry.get("outcome") not in _OUTCOMES[:3]:
            continue
        if questions is not None and key not in questions:
            continue
        tried.add(key)
        if entry["outcome"] == "passed":
            passed.add(key)  # once passed stays passed: trying something else afterwards costs nothing
    total = None if questions is None else len(questions)
    finished = bool(passed) and total is not None and len(passed) >= total
    moments = sorted(_moment(entry) for entry in own)
    return {
        "lesson": number,
        "name": name,
        "predictions": len(made),
        "predictions_right": sum(entry["correct"] is True for entry in made),
        "checks_tried": len(tried),
        "checks_passed": len(passed),
        "checks_total": total,
        "minutes": _minutes(moments),
        "last_activity": moments[-1].isoformat(timespec="seconds") if moments else None,
        "finished": finished,
        "next": _next(name, made, tried, passed, total, finished),
    }


def _number(entry):
    key = entry.get("id") if entry["kind"] in ("prediction", "resolution") else entry.get("question")
    return key.split(".")[0] if isinstance(key, str) else None


def _questions(name):
    """Ids of the questions of an exercise, from its checks.json; None where that cannot be read."""
    roots = [
        root for root in (_course_root(), pathlib.Path(__file__).resolve().parents[2]) if root is not None
    ]
    for root in roots:
        file = root / "exercises" / name / "checks.json"
        try:
            return frozenset(json.loads(file.read_text(encoding="utf-8"))["questions"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return None


def _minutes(moments):
    gaps = [(after - before).total_seconds() / 60 for before, after in itertools.pairwise(moments)]
    return round(sum(gap for gap in gaps if gap <= _PAUSE_MINUTES))


def _next(name, made, tried, passed, total, finished):
    if finished:
        return f"Lesson {name[:2]} is done: every check passes."
    if not made and not tried:
        return f"Begin lesson {name[:2]}: lessons/{name}.ipynb."
    if not tried:
        return (
            f"When lesson {name[:2]} is read to its end, begin its exercise: exercises/{name}/{name}.ipynb."
        )
    left = "the remaining checks" if total is None else f"{total - len(passed)} more of {total} checks"
    return f"Go on with exercise {name[:2]}: {left} to pass."
