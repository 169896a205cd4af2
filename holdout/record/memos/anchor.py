"""Anchor memos: texts of known quality with the points that the course gives each, read from one file per exercise."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from holdout.errors import CourseError
from holdout.record.memos import ANCHORS
from holdout.record.memos.agreement import agreement

KINDS = {
    "good": "a good memo",
    "confident and wrong": "confident, and wrong",
    "hedged": "hedged: it decides nothing",
    "numbers without decision": "numbers without a decision",
}
"""The kinds of which each exercise has one memo, as they are named after the grading."""
_FOLDER = "anchors"


@dataclass(frozen=True)
class Anchor:
    """One memo, and what the course gives it on each line of the rubric.

    Parameters
    ----------
    id : str
        Such as ``"01.2"``.
    kind : str
        One of `KINDS`.
    text : str
        The memo, at most 150 words.
    points : tuple of bool
        One for each line of the rubric.
    why : tuple of str
        One sentence for each line: why the point is given or not.
    """

    id: str
    kind: str
    text: str
    points: tuple[bool, ...]
    why: tuple[str, ...]


@dataclass(frozen=True)
class Rubric:
    """What a memo must answer, the lines by which it is read, and four anchor memos."""

    exercise: str
    question: str
    lines: tuple[str, ...]
    anchors: tuple[Anchor, ...]


def has_anchors(exercise: str) -> bool:
    """Whether there are anchor memos for the exercise of this number."""
    return files("holdout.record.memos").joinpath(_FOLDER, f"{exercise}.toml").is_file()


def read_rubric(exercise: str) -> Rubric:
    """Read the rubric and the anchor memos of an exercise.

    Parameters
    ----------
    exercise : str
        Its number, such as ``"01"``.

    Raises
    ------
    CourseError
        If there is no such file, or it is not as it must be.
    """
    if not has_anchors(exercise):
        raise CourseError(
            f"There are no anchor memos for exercise {exercise!r}. A number is written as {'01'!r}."
        )
    text = files("holdout.record.memos").joinpath(_FOLDER, f"{exercise}.toml").read_text(encoding="utf-8")
    try:
        found = tomllib.loads(text)
        anchors = tuple(
            Anchor(
                f"{exercise}.{place}",
                row["kind"],
                " ".join(row["text"].split()),
                tuple(bool(point) for point in row["points"]),
                tuple(row["why"]),
            )
            for place, row in enumerate(found["memo"], 1)
        )
        rubric = Rubric(exercise, " ".join(found["question"].split()), tuple(found["lines"]), anchors)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CourseError(f"The anchor memos of exercise {exercise} cannot be read: {error}.") from None
    count = len(rubric.lines)
    for anchor in anchors:
        if len(anchor.points) != count or len(anchor.why) != count or anchor.kind not in KINDS:
            raise CourseError(
                f"Anchor memo {anchor.id} needs a kind of {', '.join(KINDS)}, and {count} points and reasons."
            )
    return rubric


def first_grades(entries: Iterable[dict], rubric: Rubric) -> dict[str, tuple[bool, ...]]:
    """The points that a learner gave to each anchor, by its id; the first grading counts.

    Parameters
    ----------
    entries : iterable of dict
        As `progress.read` returns them; what is not a grading of these anchors is passed over.
    rubric : Rubric
    """
    known = {anchor.id for anchor in rubric.anchors}
    given: dict[str, tuple[bool, ...]] = {}
    for entry in entries:
        id, points = entry.get("memo"), entry.get("points")
        if entry.get("kind") != ANCHORS or not isinstance(id, str) or not isinstance(points, list):
            continue
        if id not in known or id in given:
            continue
        if len(points) == len(rubric.lines) and all(isinstance(point, bool) for point in points):
            given[id] = tuple(points)
    return given


def state(entries: Iterable[dict], exercises: Iterable[str]) -> dict | None:
    """How far the gradings of a learner agree with the course's, over all exercises whose four memos are graded.

    Parameters
    ----------
    entries : iterable of dict
        As `progress.read` returns them.
    exercises : iterable of str
        Their numbers.

    Returns
    -------
    dict or None
        `exercises` (list of str), and the fields of `Agreement`; None before the first exercise is graded.
    """
    entries = [entry for entry in entries if entry.get("kind") == ANCHORS]
    done, own, course = [], [], []
    for number in exercises if entries else ():
        if not has_anchors(number):
            continue
        rubric = read_rubric(number)
        given = first_grades(entries, rubric)
        if len(given) == len(rubric.anchors):
            done.append(number)
            own += [point for anchor in rubric.anchors for point in given[anchor.id]]
            course += [point for anchor in rubric.anchors for point in anchor.points]
    return {"exercises": done} | agreement(own, course)._asdict() if done else None
