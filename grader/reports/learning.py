"""How a class learns, from the records that learners hand in: placement and gain, paths, agreement on the anchor memos.

Every file is a learner's and may hold anything: it is read within limits, recomputed from its entries, and decides no grade.
"""

from __future__ import annotations

import json
import os
import pathlib
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t

from holdout.record.hand_in import FIELDS, FILE
from holdout.record.memos.anchor import state as memos_state
from holdout.record.placement import results
from holdout.record.study_path import chosen_path
from holdout.register import Course

MOST_BYTES = 256 * 1024
MOST_ENTRIES = 2_000


class Unreadable(NamedTuple):
    """A record that was handed in and cannot be used, and why."""

    student: str
    why: str


def read_record(folder: pathlib.Path) -> list[dict] | str | None:
    """Read the record in a handed-in exercise.

    Parameters
    ----------
    folder : path
        Of the hand-in.

    Returns
    -------
    list of dict, str or None
        Its entries; a sentence where it cannot be used; None where there is none.
    """
    path = folder / FILE
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError:
        return "it cannot be opened"
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return "it is no ordinary file"
        raw = b""
        while len(raw) <= MOST_BYTES and (part := os.read(descriptor, MOST_BYTES + 1 - len(raw))):
            raw += part
    finally:
        os.close(descriptor)
    if len(raw) > MOST_BYTES:
        return f"it is larger than {MOST_BYTES // 1024} kB"
    try:
        entries = json.loads(raw.decode("utf-8"))["entries"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "it is not what `holdout progress --hand-in` writes"
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        return f"it has no list of at most {MOST_ENTRIES} entries"
    return [entry for entry in entries if isinstance(entry, dict) and _known(entry)]


def _known(entry: dict) -> bool:
    kind = entry.get("kind")
    return isinstance(kind, str) and kind in FIELDS


def latest_records(
    submitted: pathlib.Path, students: Iterable[str]
) -> tuple[dict[str, list[dict]], list[Unreadable]]:
    """The record of each student: that of the highest exercise with which one was handed in.

    Returns
    -------
    records : dict of str to list of dict
    unreadable : list of Unreadable
    """
    records: dict[str, list[dict]] = {}
    unreadable = []
    for student in sorted(set(students)):
        theirs = submitted / student
        if theirs.is_symlink() or not theirs.is_dir():
            continue
        for folder in sorted(
            (one for one in theirs.iterdir() if one.is_dir() and not one.is_symlink()), reverse=True
        ):
            found = read_record(folder)
            if found is None:
                continue
            if isinstance(found, str):
                unreadable.append(Unreadable(student, found))
            else:
                records[student] = found
            break
    return records, unreadable


def learning(records: Mapping[str, list[dict]], course: Course) -> dict[str, Any]:
    """What the records of a class say together.

    Parameters
    ----------
    records : Mapping of str to list of dict
        Entries by student.
    course : Course

    Returns
    -------
    dict
        `records` (number); `placement` (None, or `n`, `items`, `mean`, `least`, `most`); `gain` (None, or `n`, `mean`, `low`, `high`: the mean
        difference of the shares right, after minus before, with the 95% t interval over learners, None with fewer than two);
        `paths` (list of title and count); `anchors` (None, or `n` and `sentence`).
    """
    placed, gains, agreed = [], [], []
    items = 0
    paths: Counter[str] = Counter()
    numbers = [lesson.number for lesson in course.lessons]
    for entries in records.values():
        found = results.state(entries)
        if found and found["placement"]:
            placed.append(found["placement"]["right"])
            items = found["placement"]["items"]
        if found and found["gain"]:
            gains.append(found["gain"]["difference"])
        path = chosen_path(entries, course)
        paths[path.title if path else "none chosen"] += 1
        memos = memos_state(entries, numbers)
        if memos:
            agreed.append(memos)
    return {
        "records": len(records),
        "placement": {
            "n": len(placed),
            "items": items,
            "mean": float(np.mean(placed)),
            "least": min(placed),
            "most": max(placed),
        }
        if placed
        else None,
        "gain": _mean_gain(gains) if gains else None,
        "paths": paths.most_common(),
        "anchors": {"n": len(agreed), "sentence": _together(agreed)} if agreed else None,
    }


def _mean_gain(gains: list[float]) -> dict[str, Any]:
    n, mean = len(gains), float(np.mean(gains))
    if n < 2:
        return {"n": n, "mean": mean, "low": None, "high": None}
    half = float(t.ppf(0.975, n - 1) * np.std(gains, ddof=1) / np.sqrt(n))
    return {"n": n, "mean": mean, "low": mean - half, "high": mean + half}


def _together(agreed: list[dict]) -> str:
    """The agreement of all learners' points, in words that speak of a class."""
    same, n, lenient, strict = (
        sum(one[name] for one in agreed) for name in ("same", "n", "lenient", "strict")
    )
    kappas = [one["kappa"] for one in agreed if one["kappa"] is not None]
    median = f"; the median kappa of a learner is {np.median(kappas):.2f}" if kappas else ""
    if lenient == strict:
        way = "as many points were given too many as too few"
    else:
        more, less = ("given that the course does not give", "withheld that it gives")
        if strict > lenient:
            more, less, lenient, strict = less, more, strict, lenient
        way = f"{lenient} points were {more}, {strict} {less}"
    return f"{same} of {n} points are the course's{median}; {way}."
