"""What a learner may hand in of the own record: placement, path and anchor memos, and nothing else.

Not for grades: the file is the learner's own and can be edited, so it only tells an instructor how a class learns.
"""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterable

from holdout.errors import CourseError
from holdout.record import progress
from holdout.record.memos import ANCHORS
from holdout.record.placement import KIND as PLACEMENT

FILE = "learning-record.json"
FORMAT = 1
PATH = "path"
FIELDS = {PLACEMENT: ("item", "answer"), PATH: ("path",), ANCHORS: ("memo", "points")}
"""The kinds of entries that are handed in, with the fields of each; no times, no predictions, no name."""


def shared_entries(entries: Iterable[dict]) -> list[dict]:
    """The entries of a record that are handed in, each cut down to its fields.

    Parameters
    ----------
    entries : iterable of dict
        As `progress.read` returns them.
    """
    return [
        {"kind": entry["kind"]} | {name: entry[name] for name in FIELDS[entry["kind"]] if name in entry}
        for entry in entries
        if isinstance(entry.get("kind"), str) and entry["kind"] in FIELDS
    ]


def write_for_hand_in(
    folder: pathlib.Path, *, record: str | os.PathLike | None = None
) -> tuple[pathlib.Path, int]:
    """Write the shared entries beside an exercise, from where they are handed in with it.

    Parameters
    ----------
    folder : path
        Of the exercise.
    record : path, optional
        Folder of the record; `progress.record_folder()` by default.

    Returns
    -------
    path : pathlib.Path
    count : int
        Number of entries in it.

    Raises
    ------
    CourseError
        If there is nothing to hand in, or the file cannot be written.
    """
    entries = shared_entries(progress.read_with_gaps(record)[0])
    if not entries:
        raise CourseError(
            "There is nothing to hand in yet: your record has no answer to the placement, no path and no graded memo."
        )
    path = folder / FILE
    try:
        path.write_text(json.dumps({"format": FORMAT, "entries": entries}, indent=1), encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written ({error.strerror or error}); choose a folder that you may write to"
        ) from None
    return path, len(entries)
