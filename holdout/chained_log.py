"""What happened in a folder, one JSON line each, in a chain: every line holds the fingerprint of the line before it.

Whoever changes, inserts or removes a line in the middle breaks the chain. Lines removed at the end are noticed by whoever
remembers the last fingerprint: the seal of a project (`holdout.project.seal`), the record of the learner for the canary.
Not for what the learner may change, such as facts and rules.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
from datetime import UTC, datetime
from typing import Any

from holdout.errors import HoldoutError

FILE = "log.jsonl"
LARGEST = 2_000_000
"""Bytes of a log that is read: a line has some hundred bytes."""


class LogError(HoldoutError, OSError):
    """A log that cannot be written: what is wrong and what helps."""


def fingerprint(value: Any) -> str:
    """SHA-256 of a plain JSON value, whatever the order of its keys; or of bytes."""
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def append(folder: str | os.PathLike, event: str, *, now: datetime | None = None, **fields: Any) -> dict:
    """Add a line to the log; it is on the disk when this returns.

    Parameters
    ----------
    folder : path
        In which the log lies.
    event : str
        Such as ``"asked"``.
    now : datetime, optional
        With a time zone; the clock's time by default.
    **fields
        Plain JSON values.

    Returns
    -------
    dict
        The line: ``number``, ``at``, ``event``, the fields, ``before`` and ``hash``.

    Raises
    ------
    LogError
        If the log cannot be written.
    """
    file = pathlib.Path(folder) / FILE
    try:
        number, before, whole = _end(file)
        entry = {
            "number": number,
            "at": (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds"),
            "event": event,
            **fields,
            "before": before,
        }
        entry["hash"] = fingerprint(entry)
        line = json.dumps(entry, ensure_ascii=True).encode() + b"\n"
        with open(file, "ab") as stream:
            stream.write(line if whole else b"\n" + line)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise LogError(
            f"{file} cannot be written ({error.strerror or error}); make room or allow writing, and try again"
        ) from None
    return entry


def _end(file: pathlib.Path) -> tuple[int, str, bool]:
    """How many lines a log has, the fingerprint of the last one (empty if it is no line of the tool), and whether it ended."""
    content = file.read_bytes() if file.is_file() else b""
    texts = content.splitlines()
    try:
        last = json.loads(texts[-1]) if texts else {}
        fingerprint({key: value for key, value in last.items() if key != "hash"})
        before = str(last.get("hash", ""))
    except (ValueError, AttributeError, RecursionError):
        before = ""
    return len(texts), before, not content or content.endswith(b"\n")


def read(folder: str | os.PathLike) -> tuple[list[dict], list[str]]:
    """Read the log and say what is wrong with its chain.

    Returns
    -------
    lines : list of dict
        Those that are JSON objects.
    problems : list of str
        One sentence each; empty if the chain is whole.
    """
    file = pathlib.Path(folder) / FILE
    if file.is_symlink() or not file.is_file():
        return [], []
    if file.stat().st_size > LARGEST:
        return [], [f"{FILE} has more than {LARGEST:,} bytes; no log needs so many lines"]
    lines, problems, before = [], [], ""
    for number, text in enumerate(file.read_bytes().splitlines()):
        try:
            line = json.loads(text)
            if not isinstance(line, dict):
                raise ValueError
            stated = {key: value for key, value in line.items() if key != "hash"}
            whole = fingerprint(stated) == line.get("hash")
        except (ValueError, RecursionError):
            problems.append(f"line {number + 1} of {FILE} is no line that the tool writes")
            before = ""
            continue
        if not whole:
            problems.append(
                f"line {number + 1} of {FILE} was changed: its fingerprint is that of another text"
            )
        elif line.get("before") != before or line.get("number") != number:
            problems.append(
                f"line {number + 1} of {FILE} does not follow the line above it: one was taken out or put in"
            )
        before = str(line.get("hash", ""))
        lines.append(line)
    return lines, problems


def head(lines: list[dict]) -> str:
    """Fingerprint of the last line; empty for a log without lines."""
    return str(lines[-1].get("hash", "")) if lines else ""
