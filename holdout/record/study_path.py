"""Where a learner is on the chosen path: what is done, the next step, the hours left. Draws nothing.

Not for what a path is, which `course.toml` says (`holdout.register.StudyPath`).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping

from holdout.errors import InvalidValue
from holdout.record import progress
from holdout.register import Course, Lesson, Step, StudyPath

NO_PATH = ""
"""What is recorded when a learner leaves the paths."""


def choose_path(id: str, course: Course, *, folder: str | os.PathLike | None = None) -> dict:
    """Record which path the learner follows from now on.

    Parameters
    ----------
    id : str
        Of a path of the course; empty for none.
    course : Course
    folder : path, optional
        Folder of the record; `progress.record_folder()` by default.

    Returns
    -------
    dict
        The record.

    Raises
    ------
    InvalidValue
        If the course has no such path.
    """
    if id != NO_PATH:
        find_path(id, course)
    return progress.record("path", folder=folder, path=id)


def find_path(id: str, course: Course) -> StudyPath:
    """Return a path of the course; an `InvalidValue` that lists the paths if there is none of this id."""
    path = course.path(id)
    if path is None:
        known = ", ".join(each.id for each in course.paths) or "none"
        raise InvalidValue(f"{id!r} is no path of this course; the paths are: {known}")
    return path


def chosen_path(entries: Iterable[dict], course: Course) -> StudyPath | None:
    """Return the path that was chosen last.

    Parameters
    ----------
    entries : iterable of dict
        Of the record, oldest first.
    course : Course

    Returns
    -------
    StudyPath or None
        None if none was chosen, if the learner has left it, or if the course has it no more.
    """
    last = NO_PATH
    for entry in entries:
        if entry["kind"] == "path" and isinstance(entry.get("path"), str):
            last = entry["path"]
    return course.path(last)


def mark_done(path: StudyPath, place: int, *, folder: str | os.PathLike | None = None) -> dict:
    """Record that the learner says a step is done.

    Parameters
    ----------
    path : StudyPath
    place : int
        Of the step, from 1.
    folder : path, optional
        Folder of the record.

    Returns
    -------
    dict
        The record.

    Raises
    ------
    InvalidValue
        If the path has no such step.
    """
    if not 1 <= place <= len(path.steps):
        raise InvalidValue(f"the path {path.id!r} has the steps 1 to {len(path.steps)}, not {place!r}")
    return progress.record("step", folder=folder, path=path.id, lesson=path.steps[place - 1].lesson)


def question_minutes(lesson: Lesson, questions_of_exercise: int | None) -> float:
    """Minutes of one question: the middle of the exercise's minutes, in equal parts.

    Parameters
    ----------
    lesson : Lesson
    questions_of_exercise : int or None
        None where the exercise is not there; then it counts as one question, so that nothing seems shorter than it is.
    """
    least, most = lesson.exercise_minutes or (0, 0)
    return (least + most) / 2 / max(1, questions_of_exercise or 1)


def path_state(
    path: StudyPath,
    course: Course,
    questions: Mapping[str, Collection[str] | None],
    passed: Collection[str],
    entries: Iterable[dict],
    *,
    skips: Collection[str] = (),
) -> dict:
    """Say where a learner is on a path.

    A step is done when all its questions are passed, or when the learner says so. What placement recommends to skip is
    not counted as work left.

    Parameters
    ----------
    path : StudyPath
    course : Course
    questions : mapping of str to collection of str, or None
        Ids of the questions of each lesson's exercise, by the lesson's number; None where the exercise is not there.
    passed : collection of str
        Ids of the questions that were passed.
    entries : iterable of dict
        Of the record.
    skips : collection of str
        Numbers of the lessons whose core placement recommends to skip.

    Returns
    -------
    dict
        `id`, `title`, `minutes`, `minutes_left`, `steps_done`, `next` (a sentence) and `steps`: for each a dict of `lesson`,
        `name`, `title`, `what`, `questions`, `questions_passed`, `minutes`, `minutes_left` and `status`, one of "done", "skip",
        "begun" and "to do".
    """
    said = {
        entry.get("lesson") for entry in entries if entry["kind"] == "step" and entry.get("path") == path.id
    }
    rows = [_step_state(step, course, questions.get(step.lesson), passed, said, skips) for step in path.steps]
    upcoming = next((row for row in rows if row["status"] in ("to do", "begun")), None)
    return {
        "id": path.id,
        "title": path.title,
        "minutes": sum(row["minutes"] for row in rows),
        "minutes_left": sum(row["minutes_left"] for row in rows),
        "steps_done": sum(row["status"] == "done" for row in rows),
        "next": _next(upcoming),
        "steps": rows,
    }


def _step_state(
    step: Step,
    course: Course,
    questions: Collection[str] | None,
    passed: Collection[str],
    said: Collection[str | None],
    skips: Collection[str],
) -> dict:
    lesson = course.lesson(step.lesson)
    assert lesson is not None  # the register has no step without a lesson
    if step.questions == "all":
        wanted = tuple(questions or lesson.core)
    else:
        wanted = tuple(id for id in step.questions if questions is None or id in questions)
    each = question_minutes(lesson, None if questions is None else len(questions))
    done = [id for id in wanted if id in passed]
    asked = each * (1 if questions is None and wanted else len(wanted))
    finished = step.lesson in said or (bool(wanted) and len(done) == len(wanted))
    if finished:
        status, left = "done", 0.0
    elif step.lesson in skips:
        status, left = "skip", 0.0
    else:
        status = "begun" if done else "to do"
        left = step.minutes + asked - each * len(done)
    return {
        "lesson": lesson.number,
        "name": lesson.name,
        "title": lesson.title,
        "what": step.what,
        "questions": len(wanted),
        "questions_passed": len(done),
        "minutes": round(step.minutes + asked),
        "minutes_left": round(left),
        "status": status,
    }


def _next(row: dict | None) -> str:
    if row is None:
        return "The path is done: put your portfolio together with `holdout portfolio`."
    part = f" ({row['what']})" if row["what"] else ""
    if row["questions_passed"]:
        left = row["questions"] - row["questions_passed"]
        return f"Go on with exercise {row['lesson']}: {left} of {row['questions']} questions of this path are left."
    asked = f", then {row['questions']} of its exercise's questions" if row["questions"] else ""
    if row["questions"] == 1:
        asked = ", then one question of its exercise"
    return f"Lesson {row['lesson']}, {row['title']}{part}{asked}."


def hours(minutes: float) -> str:
    """Return minutes as hours for people, such as "about 7 hours"; below two hours as minutes."""
    return f"about {minutes / 60:.0f} hours" if minutes >= 120 else f"about {minutes:.0f} minutes"


def describe_state(state: dict) -> str:
    """Return the state of a path as text for a terminal.

    Parameters
    ----------
    state : dict
        As `path_state` returns it.
    """
    left = f"{hours(state['minutes_left'])} left of {hours(state['minutes']).removeprefix('about ')}"
    lines = [f"Path: {state['title']}, {state['steps_done']} of {len(state['steps'])} steps done, {left}"]
    for place, row in enumerate(state["steps"], 1):
        asked = f"{row['questions_passed']}/{row['questions']}" if row["questions"] else "-"
        name = f"{row['lesson']} {row['title']}"
        lines.append(
            f"{place:>3}  {name:<36}{row['status']:<7}{asked:>6}{row['minutes']:>5} min  {row['what']}".rstrip()
        )
    lines.append(f"Next on the path: {state['next']}")
    return "\n".join(lines)
