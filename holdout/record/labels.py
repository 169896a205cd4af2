"""Labels that a learner gives by hand, kept in the learner's own record: right or wrong, and what failed first. Two passes.

One file a set, `labels-NAME.json`, which a restart finds again. Not for grading: no grade reads it.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
from dataclasses import dataclass, field

from holdout.errors import InvalidValue
from holdout.record import progress

PASSES = ("first", "second")
LONGEST_NOTE = 200
"""Characters of what failed first."""
_LARGEST = 1_000_000
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass
class Labels:
    """Labels of one set of items.

    Attributes
    ----------
    right : dict of str to dict of str to bool
        For each of `PASSES`: key of an item to whether it is right.
    failures : dict of str to str
        Key of a wrong item to what failed first, in the learner's words; from the first pass.
    """

    right: dict[str, dict[str, bool]] = field(default_factory=lambda: {name: {} for name in PASSES})
    failures: dict[str, str] = field(default_factory=dict)

    def both(self) -> list[str]:
        """Keys of the items that have a label in both passes, in the order of the first."""
        return [key for key in self.right["first"] if key in self.right["second"]]


def read_labels(name: str, *, folder: str | os.PathLike | None = None) -> Labels:
    """The labels of a set; none where there are none, or the file cannot be read or was damaged.

    Parameters
    ----------
    name : str
        Of the set: lower case letters, digits and hyphens.
    folder : path, optional
        Folder of the record; the learner's own by default.
    """
    place, found = _file(name, folder), Labels()
    document = None if place is None else _document(place)
    if document is None:
        return found
    for one in PASSES:
        rows = document.get(one)
        if isinstance(rows, dict):
            found.right[one] = {key: value for key, value in rows.items() if isinstance(value, bool)}
    notes = document.get("failures")
    if isinstance(notes, dict):
        found.failures = {key: note[:LONGEST_NOTE] for key, note in notes.items() if isinstance(note, str)}
    return found


def _document(place: pathlib.Path) -> dict | None:
    """What a file of labels holds; None where it cannot be read or was damaged."""
    try:
        if place.is_symlink() or place.stat().st_size > _LARGEST:
            return None
        document = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def write_labels(name: str, labels: Labels, *, folder: str | os.PathLike | None = None) -> bool:
    """Keep the labels of a set; returns False where recording is switched off.

    A file that is there and cannot be read is not overwritten: it is put aside as ``labels-NAME.damaged``.

    Raises
    ------
    InvalidValue
        If the name does not fit.
    holdout.record.progress.ProgressError
        If they cannot be written.
    """
    place = _file(name, folder)
    if place is None:
        return False
    document = {**labels.right, "failures": labels.failures}
    new = place.with_suffix(".new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists() and _document(place) is None:
            place.replace(place.with_suffix(".damaged"))
        new.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        new.replace(place)  # a kernel that dies in between leaves the old labels
    except OSError as error:
        raise progress.ProgressError(
            f"Your labels cannot be kept in {place.parent} ({error.strerror or error}); set HOLDOUT_PROGRESS to a folder you may "
            "write to."
        ) from None
    return True


def copy_labels(target: str | os.PathLike) -> None:
    """Copy all sets of labels of the learner's record into another record.

    Parameters
    ----------
    target : path
        Folder of that record.
    """
    for name in label_files(progress.record_folder()):
        write_labels(name, read_labels(name), folder=target)


def label_files(folder: pathlib.Path | None) -> dict[str, pathlib.Path]:
    """The files of labels in a record, by the name of the set.

    Parameters
    ----------
    folder : path or None
        Folder of the record; None for none.
    """
    found = sorted(folder.glob("labels-*.json")) if folder is not None else []
    names = {path.stem.removeprefix("labels-"): path for path in found}
    return {name: path for name, path in names.items() if _NAME.fullmatch(name)}


def _file(name: str, folder: str | os.PathLike | None) -> pathlib.Path | None:
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            f"the name of a set of labels has lower case letters, digits and hyphens; got {name!r}"
        )
    chosen = progress.record_folder() if folder is None else pathlib.Path(folder)
    return None if chosen is None else chosen / f"labels-{name}.json"
