"""What a learner's record says: where the learner is, the report, the export as JSON; and the deletion of everything kept.

Reads the record and the register of the course; writes no record.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pathlib
from datetime import UTC, datetime
from functools import lru_cache

from holdout.paths import find_checks
from holdout.record import labels, learner, progress
from holdout.record.memos.agreement import Agreement
from holdout.record.memos.agreement import describe as describe_agreement
from holdout.record.memos.anchor import state as memos_state
from holdout.record.placement import KIND as PLACEMENT
from holdout.record.progress import prediction_records, read_with_gaps, record_file
from holdout.record.study_path import chosen_path, describe_state, find_path, path_state
from holdout.register import Course, Lesson, StudyPath, read_course

PAUSE_MINUTES = 15
"""A longer silence between two records is counted as a break."""

_KEPT = (".json", ".csv", ".png")  # endings of the files that `holdout.record.artefacts.keep` writes


def summary(*, folder: str | os.PathLike | None = None) -> dict:
    """Say where the learner is.

    Parameters
    ----------
    folder : path, optional
        Folder of the record; `progress.record_folder()` by default.

    Returns
    -------
    dict
        `lessons`: for each lesson a dict of `lesson` (number), `name`, `predictions` (made),
        `predictions_right`, `checks_tried`, `checks_passed`, `checks_total` (None where the exercise is not
        there), `core_passed` and `core_total` (the same of the core questions alone; 0 where the register marks none),
        `minutes` (at work, breaks left out), `last_activity` (ISO time or None), `core_finished`, `finished` and `next`
        (what to do, one sentence). `next`: the one thing to do now, on the chosen path if there is one. `predictions`, `checks_passed`, `core_passed`, `minutes`:
        totals. `path`: where the learner is on the chosen path (see `study_path.path_state`), or None. `placement`: what
        placement and final have shown (see `placement.results.state`), or None. `memos`: how far the learner's grading of the
        anchor memos agrees with the course's (see `memos.anchor.state`), or None. `file`: where the record is, or None. `unreadable`: number of skipped lines.
    """
    entries, unreadable = read_with_gaps(folder)
    predictions = prediction_records(entries)
    course = read_course()
    lessons = [_lesson(lesson, entries, predictions) for lesson in course.lessons]
    chosen = chosen_path(entries, course)
    begun = [row for row in lessons if row["last_activity"]]
    electives = {lesson.number for lesson in course.lessons if lesson.elective}
    ahead = [row for row in lessons if row["lesson"] not in electives or row["last_activity"]]
    # go on where the learner was last; after a lesson whose core is done, with the first whose core is not
    latest = max(begun, key=lambda row: row["last_activity"], default=None)
    if latest is None or latest["core_finished"]:
        may_skip = _skips(entries)
        latest = next(
            (row for row in ahead if not row["core_finished"] and row["lesson"] not in may_skip),
            next((row for row in ahead if not row["finished"]), None),
        )
    path = None if chosen is None else _state(chosen, course, entries)
    file = record_file(folder)
    return {
        "lessons": lessons,
        "next": path["next"]
        if path
        else latest["next"]
        if latest
        else "Everything is done: put your portfolio together with `holdout portfolio`.",
        "predictions": len(predictions),
        "checks_passed": sum(row["checks_passed"] for row in lessons),
        "core_passed": sum(row["core_passed"] for row in lessons),
        "minutes": sum(row["minutes"] for row in lessons),
        "path": path,
        "placement": _placement(entries),
        "memos": memos_state(entries, [lesson.number for lesson in course.lessons]),
        "file": None if file is None else str(file),
        "unreadable": len(unreadable),
    }


def state_of_path(id: str, *, folder: str | os.PathLike | None = None) -> dict:
    """Say where the learner is on a path, chosen or not.

    Parameters
    ----------
    id : str
        Of a path of the course.
    folder : path, optional
        As for `summary`.

    Returns
    -------
    dict
        As `study_path.path_state`.

    Raises
    ------
    holdout.errors.InvalidValue
        If the course has no such path.
    """
    course = read_course()
    return _state(find_path(id, course), course, read_with_gaps(folder)[0])


def _skips(entries: list[dict]) -> list[str]:
    if not _answered_items(entries):
        return []
    from holdout.record.placement import results

    return results.skips(entries)


def _placement(entries: list[dict]) -> dict | None:
    if not _answered_items(entries):
        return None
    from holdout.record.placement import results

    return results.state(entries)


def _answered_items(entries: list[dict]) -> bool:
    """Whether placement was begun. Reading it needs NumPy and SciPy, which take a second to start."""
    return any(entry["kind"] == PLACEMENT for entry in entries)


def _state(path: StudyPath, course: Course, entries: list[dict]) -> dict:
    questions = {lesson.number: _questions(lesson.name) for lesson in course.lessons}
    passed: set[str] = set()
    for lesson in course.lessons:
        passed |= _tried_and_passed(entries, lesson.number, questions[lesson.number])[1]
    return path_state(path, course, questions, passed, entries, skips=_skips(entries))


def _tried_and_passed(
    entries: list[dict], number: str, questions: frozenset[str] | None
) -> tuple[set[str], set[str]]:
    """Ids of the questions of a lesson that were tried, and of those that were passed."""
    tried: set[str] = set()
    passed: set[str] = set()
    for entry in entries:
        key = str(entry.get("question"))
        if entry["kind"] != "check" or entry.get("outcome") not in ("passed", "wrong", "crashed"):
            continue
        if _lesson_number(entry) != number or (questions is not None and key not in questions):
            continue
        tried.add(key)
        if entry["outcome"] == "passed":
            passed.add(key)  # once passed stays passed: trying something else afterwards costs nothing
    return tried, passed


def _lesson(lesson: Lesson, entries: list[dict], predictions: list[dict]) -> dict:
    number, name = lesson.number, lesson.name
    own = [entry for entry in entries if _lesson_number(entry) == number]
    made = [entry for entry in predictions if entry["id"].split(".")[0] == number]
    questions = _questions(name)
    tried, passed = _tried_and_passed(own, number, questions)
    total = None if questions is None else len(questions)
    finished = bool(passed) and total is not None and len(passed) >= total
    core = [id for id in lesson.core if questions is None or id in questions]
    core_passed = len(passed.intersection(core))
    core_finished = finished or (bool(core) and total is not None and core_passed == len(core))
    moments = sorted(datetime.fromisoformat(entry["at"]).astimezone(UTC) for entry in own)
    return {
        "lesson": number,
        "name": name,
        "predictions": len(made),
        "predictions_right": sum(entry["correct"] is True for entry in made),
        "checks_tried": len(tried),
        "checks_passed": len(passed),
        "checks_total": total,
        "core_passed": core_passed,
        "core_total": len(core),
        "minutes": _minutes_at_work(moments),
        "last_activity": moments[-1].isoformat(timespec="seconds") if moments else None,
        "core_finished": core_finished,
        "finished": finished,
        "next": _next_step(
            number, name, bool(made), len(tried), len(passed), total, len(core) - core_passed, core_finished
        ),
    }


def _lesson_number(entry: dict) -> str | None:
    key = entry.get("id") if entry["kind"] in ("prediction", "resolution") else entry.get("question")
    return key.split(".")[0] if isinstance(key, str) else None


def _questions(name: str) -> frozenset[str] | None:
    """Ids of the questions of an exercise, from its checks.json; None where that cannot be read."""
    file = find_checks(name.split("-")[0])
    try:
        if file is None:
            return None
        found = file.stat()
        return _questions_of(file, found.st_mtime_ns, found.st_size)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


@lru_cache(maxsize=128)
def _questions_of(file: pathlib.Path, changed: int, size: int) -> frozenset[str]:
    """The same of one state of the file: it holds all cases, and the start page asks for every exercise several times."""
    return frozenset(json.loads(file.read_text(encoding="utf-8"))["questions"])


def _minutes_at_work(moments: list[datetime]) -> int:
    gaps = [(after - before).total_seconds() / 60 for before, after in itertools.pairwise(moments)]
    return round(sum(gap for gap in gaps if gap <= PAUSE_MINUTES))


def _next_step(
    number: str,
    name: str,
    predicted: bool,
    tried: int,
    passed: int,
    total: int | None,
    core_left: int,
    core_finished: bool,
) -> str:
    if passed and total is not None and passed >= total:
        return f"Lesson {number} is done: every check passes."
    if not predicted and not tried:
        return f"Begin lesson {number}: lessons/{name}.ipynb."
    if not tried:
        return f"When lesson {number} is read to its end, begin its exercise: exercises/{name}/{name}.ipynb."
    if core_finished and total is not None:
        return f"The core of lesson {number} is done; {total - passed} further checks of exercise {number} are there for practice."
    left = "the remaining checks" if total is None else f"{total - passed} more of {total} checks"
    if core_left and total is not None and core_left < total - passed:
        left += f" ({core_left} of them core)"
    return f"Go on with exercise {number}: {left} to pass."


def badges(*, folder: str | os.PathLike | None = None) -> list[dict]:
    """Say for each unit how much of its core is done, and which artefacts of it are kept.

    Parameters
    ----------
    folder : path, optional
        As for `summary`.

    Returns
    -------
    list of dict
        `unit` (number), `heading`, `lessons`, `finished` (lessons whose core is done), `earned` (whether all are) and
        `artefacts` (names of those that are kept).
    """
    from holdout.record.artefacts import read_kept

    rows = {row["lesson"]: row for row in summary(folder=folder)["lessons"]}
    file = record_file(folder)
    kept = [] if file is None else read_kept(file.parent)
    return [
        {
            "unit": unit.number,
            "heading": unit.heading,
            "lessons": len(unit.lessons),
            "finished": sum(rows[lesson.number]["core_finished"] for lesson in unit.lessons),
            "earned": bool(unit.lessons) and all(rows[lesson.number]["core_finished"] for lesson in unit.lessons),
            "artefacts": [
                artefact.name
                for lesson in unit.lessons
                for artefact in kept
                if artefact.exercise[:2] == lesson.number
            ],
        }
        for unit in read_course().units
    ]  # fmt: skip


def report(*, folder: str | os.PathLike | None = None) -> str:
    """Return the summary as text for a terminal: lessons, the learner's calibration, what to do next.

    Parameters
    ----------
    folder : path, optional
        As for `summary`.
    """
    from holdout.record.self_calibration import advice

    found = summary(folder=folder)
    lines = [f"{'lesson':<38}{'predictions':>12}{'core':>7}{'checks':>9}{'minutes':>9}  last activity"]
    for row in found["lessons"]:
        total = "?" if row["checks_total"] is None else row["checks_total"]
        checks = f"{row['checks_passed']}/{total}" if row["checks_tried"] or row["checks_total"] else "-"
        last = row["last_activity"][:10] if row["last_activity"] else "-"
        core = f"{row['core_passed']}/{row['core_total']}" if row["core_total"] else "-"
        lines.append(
            f"{row['name']:<38}{row['predictions'] or '-':>12}{core:>7}{checks:>9}{row['minutes'] or '-':>9}  {last}"
        )
    if found["path"]:
        lines += ["", describe_state(found["path"])]
    if found["placement"]:
        from holdout.record.placement import results

        lines += ["", results.describe(found["placement"])]
    if found["memos"]:
        graded = Agreement(**{name: found["memos"][name] for name in Agreement._fields})
        lines += [
            "",
            f"Anchor memos of {len(found['memos']['exercises'])} exercise(s): {describe_agreement(graded)}",
        ]
    lines += ["", advice(prediction_records(read_with_gaps(folder)[0])), "", f"Next: {found['next']}"]
    if found["file"] is None:
        lines.append("Recording is switched off (HOLDOUT_PROGRESS=off).")
    else:
        lines.append(f"Your record: {found['file']} (only on this machine).")
    if found["unreadable"]:
        lines.append(f"{found['unreadable']} line(s) of it cannot be read; they were skipped and kept.")
    return "\n".join(lines)


def to_json(*, folder: str | os.PathLike | None = None) -> str:
    """Return everything that is recorded as one JSON document, to keep or to take elsewhere.

    The pictures of artefacts are not in it; they are beside the record, in the folder ``portfolio``.

    Parameters
    ----------
    folder : path, optional
        As for `summary`.

    Returns
    -------
    str
        An object with `format`, `name`, `summary`, `records`, `labels` (by set: both passes, and what failed first) and `artefacts` (each with `exercise`, `name`, `text`, `numbers` and
        `table`, as CSV or None).
    """
    from holdout.record.artefacts import read_kept

    file = record_file(folder)
    artefacts = [
        {
            "exercise": artefact.exercise,
            "name": artefact.name,
            "text": artefact.text,
            "numbers": artefact.numbers,
            "table": None if artefact.table is None else artefact.table.to_csv(),
        }
        for artefact in ([] if file is None else read_kept(file.parent))
    ]
    document = {
        "format": 1,
        "name": "" if file is None else learner.read_name(folder=file.parent),
        "summary": summary(folder=folder),
        "records": read_with_gaps(folder)[0],
        "labels": {
            name: {**found.right, "failures": found.failures}
            for name in labels.label_files(None if file is None else file.parent)
            for found in [labels.read_labels(name, folder=folder)]
        },
        "artefacts": artefacts,
    }
    return json.dumps(document, indent=1, allow_nan=False)


def delete(*, folder: str | os.PathLike | None = None) -> bool:
    """Delete the record, the name, labels by hand and the artefacts kept beside it, for good. Files that the course did not write stay.

    Parameters
    ----------
    folder : path, optional
        As for `summary`.

    Returns
    -------
    bool
        Whether there was anything to delete.

    Raises
    ------
    ProgressError
        If something cannot be deleted.
    """
    file = record_file(folder)
    if file is None:
        return False
    kept = file.parent / "portfolio"
    deleted = [progress.delete(file.parent), progress.delete_file(file.parent / learner.FILE)]
    deleted += [progress.delete_file(path) for path in labels.label_files(file.parent).values()]
    deleted += [progress.delete_file(path) for path in _kept_files(kept)]
    with contextlib.suppress(OSError):  # not there, or something else is in it
        kept.rmdir()
    return any(deleted)


def _kept_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files of artefacts: `keep` names them by exercise."""
    return sorted(path for path in folder.glob("[0-9e][0-9]-*") if path.suffix in _KEPT)
