"""Make the recorded tables of `datasets/real_model`, row by row; a run that was stopped goes on where it was.

Each table is a list of jobs: what identifies the row, and a function that asks the model. Rows are appended as soon as
they are there. `python -m holdout.lm.real --help` lists the tables.
"""

from __future__ import annotations

import csv
import lzma
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNTIME = "llama.cpp Q4_1"
"""How rows name the shipped weights run by llama.cpp; versions and checksums are in the card."""

PACKED = frozenset({"adapters", "adapters_read", "passages", "replacements", "samples"})
"""Tables that are stored compressed, since their text is long."""


def table_path(folder: Path, name: str) -> Path:
    """Where a table is: `NAME.csv`, or `NAME.csv.xz` for those of `PACKED`."""
    return folder / f"{name}.csv{'.xz' if name in PACKED else ''}"


def _open(path: Path, mode: str) -> Any:
    opened = lzma.open if path.suffix == ".xz" else open
    return opened(path, mode, newline="", encoding="utf-8")


@dataclass(frozen=True)
class Job:
    """One row that is to be made.

    Attributes
    ----------
    key : dict of str to str
        Columns that identify it.
    run : callable
        Returns the other columns.
    """

    key: Mapping[str, str]
    run: Callable[[], Mapping[str, object]]


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table, compressed if its name ends with `.xz`; none if it is not there yet."""
    if not path.exists():
        return []
    with _open(path, "rt") as stream:
        return list(csv.DictReader(stream))


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write a table, its columns in the order of the first row."""
    with _open(path, "wt") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def make_table(path: Path, jobs: Iterable[Job], *, progress: bool = True, seconds: float = math.inf) -> int:
    """Make the missing rows of a table, then put all into the order of the jobs.

    Parameters
    ----------
    path : Path
        The table; rows that it has are kept.
    jobs : iterable of Job
    progress : bool
        Say on stderr how far it is.
    seconds : float
        Stop after the row during which this time is over; the next run goes on.

    Returns
    -------
    int
        Number of rows that are still missing.
    """
    jobs = list(jobs)
    if not jobs:
        return 0
    names = list(jobs[0].key)
    rows = {tuple(row[name] for name in names): row for row in read_rows(path)}
    todo = [job for job in jobs if tuple(job.key.values()) not in rows]
    start, made = time.monotonic(), 0
    for number, job in enumerate(todo, start=1):
        if time.monotonic() - start > seconds:
            break
        made = number
        row = {**job.key, **{name: str(value) for name, value in job.run().items()}}
        rows[tuple(job.key.values())] = row
        new = not path.exists()
        with _open(path, "at") as stream:
            writer = csv.DictWriter(stream, list(row), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)
        if progress and (number % 20 == 0 or number == len(todo)):
            left = (time.monotonic() - start) / number * (len(todo) - number)
            print(
                f"{path.stem}: {number} of {len(todo)} rows, {left / 60:.0f} minutes left",
                file=sys.stderr,
                flush=True,
            )
    wanted = {tuple(job.key.values()): place for place, job in enumerate(jobs)}
    ordered = sorted(rows, key=lambda key: wanted.get(key, len(wanted)))
    if made:
        write_rows(path, [rows[key] for key in ordered])
    return len(todo) - made
