"""The course as data: units, lessons, artefacts and paths, read from ``course.toml``. Imports nothing heavy.

Not for what a question is (``solutions/NN-slug/questions.py``) and not for what a learner has done (`holdout.record`).
"""

from __future__ import annotations

import os
import pathlib
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from holdout import paths
from holdout.errors import HoldoutError

FILE = "course.toml"
"""Name of the register, in the root of the course."""

_NUMBER = re.compile(r"\d\d|e\d")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_QUESTION = re.compile(r"(\d\d|e\d)\.\w+")
_NAME = re.compile(r"(\d\d|e\d)-([a-z0-9]+(?:-[a-z0-9]+)*)")


class RegisterError(HoldoutError):
    """The register cannot be read; the message names the line and the key, and says what to write."""


@dataclass(frozen=True)
class Artefact:
    """What an exercise keeps for the portfolio.

    Parameters
    ----------
    name : str
        As the exercise gives it to ``keep``.
    description : str
        What it is, for a reader who has not seen the course.
    drawn : bool
        Whether it is drawn from the learner's name; otherwise it is made of data or a formula that are the same for everybody.
    """

    name: str
    description: str
    drawn: bool = True


@dataclass(frozen=True)
class Lesson:
    """A lesson and its exercise.

    Parameters
    ----------
    number : str
        Such as "01"; an elective has "e1".
    slug : str
    unit : int
        Number of its unit; 0 for an elective, and where there is no register.
    title, question : str
        As the start page shows them.
    lesson_minutes : int or None
        Of the core.
    deeper_minutes : int or None
        Of the notebook ``lessons/deeper/NN-slug``, which nobody needs to go on; 0 where there is none; None for a lesson
        that is not divided into core and deeper yet.
    exercise_minutes : tuple of int, or None
        From and to.
    topic : str
        Its package below ``holdout.topics``.
    core : tuple of str
        Ids of the questions that carry the lesson.
    shows : str
        What its artefacts show about the learner.
    artefacts : tuple of Artefact
    """

    number: str
    slug: str
    unit: int
    title: str
    question: str = ""
    lesson_minutes: int | None = None
    deeper_minutes: int | None = None
    exercise_minutes: tuple[int, int] | None = None
    topic: str = ""
    core: tuple[str, ...] = ()
    shows: str = ""
    artefacts: tuple[Artefact, ...] = ()

    @property
    def elective(self) -> bool:
        """Whether it stands beside the course: nobody is sent there who has not begun it."""
        return self.number.startswith("e")

    @property
    def name(self) -> str:
        """The name of its notebooks and folders, such as "01-my-slug"."""
        return f"{self.number}-{self.slug}"

    def artefact(self, name: str) -> Artefact | None:
        """The artefact of this name; None if the register has none."""
        return next((artefact for artefact in self.artefacts if artefact.name == name), None)


@dataclass(frozen=True)
class Unit:
    """A unit: lessons that belong together.

    Parameters
    ----------
    number : int
        0 for lessons that belong to no unit: electives.
    title : str
    lessons : tuple of Lesson
    """

    number: int
    title: str
    lessons: tuple[Lesson, ...] = ()

    @property
    def heading(self) -> str:
        """As pages show it: with its number, or the title alone where it has none."""
        return f"Unit {self.number}: {self.title}" if self.number else self.title


@dataclass(frozen=True)
class Step:
    """A lesson, or a part of one, on a path.

    Parameters
    ----------
    lesson : str
        Its number.
    minutes : int
        Of the lesson; 0 where only questions of its exercise are done.
    what : str
        Which part of the lesson; empty for its whole core.
    questions : tuple of str, or "all"
        Ids of the questions of its exercise that belong to the path.
    """

    lesson: str
    minutes: int
    what: str = ""
    questions: tuple[str, ...] | str = ()


@dataclass(frozen=True)
class StudyPath:
    """A way through the course for somebody who does not need all of it.

    Parameters
    ----------
    id : str
        As the record and the command line name it.
    title, whom : str
        As the start page shows them.
    steps : tuple of Step
    """

    id: str
    title: str
    whom: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Publish:
    """Where the course is to be found; every address that a page shows is made from these.

    Parameters
    ----------
    repository : str
        Address of the repository; empty while there is none.
    branch : str
        The branch or tag that readers are sent to.
    site : str
        Address of the reading edition (``holdout site``); empty while it is published nowhere.
    browser : str
        Address of a JupyterLite in which the notebooks run; empty where there is none.
    """

    repository: str = ""
    branch: str = "main"
    site: str = ""
    browser: str = ""


@dataclass(frozen=True)
class Course:
    """All units and their lessons, in the order of the register, and the paths through them.

    Parameters
    ----------
    units : tuple of Unit
    paths : tuple of StudyPath
    publish : Publish
    """

    units: tuple[Unit, ...] = ()
    paths: tuple[StudyPath, ...] = ()
    publish: Publish = Publish()

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """The lessons of all units."""
        return tuple(lesson for unit in self.units for lesson in unit.lessons)

    def lesson(self, name: str) -> Lesson | None:
        """The lesson of a number or a name such as "01" or "01-my-slug"; None if there is none."""
        return next((lesson for lesson in self.lessons if name in (lesson.number, lesson.name)), None)

    def path(self, id: str) -> StudyPath | None:
        """The path of this id; None if there is none."""
        return next((path for path in self.paths if path.id == id), None)


def read_course(root: str | os.PathLike | None = None) -> Course:
    """Read the register of a course.

    Parameters
    ----------
    root : path, optional
        The course; by default the one that the working directory lies in, or else the installed one.

    Returns
    -------
    Course
        Where there is no ``course.toml``, what the folders ``exercises/`` and ``lessons/`` tell: numbers, slugs, and
        titles made from the slugs.

    Raises
    ------
    RegisterError
        If the register has a mistake.
    holdout.errors.CourseError
        If no root is given and there is no course.
    """
    root = pathlib.Path(paths.find_root() if root is None else root)
    file = root / FILE
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _from_folders(root)
    except (OSError, UnicodeDecodeError) as error:
        raise RegisterError(f"{file} cannot be read ({error}); restore it from version control") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegisterError(f"{file}: {error}; correct the text there") from None
    return _from_document(document, text)


def _from_folders(root: pathlib.Path) -> Course:
    """The lessons of a course without a register: one unit, from the names of folders and notebooks."""
    found = [path.name for path in (root / "exercises").glob("*-*") if path.is_dir()]
    found += [path.parent.name for path in (root / "solutions").glob("*-*/questions.py")]
    found += [path.stem for path in (root / "lessons").glob("*-*.ipynb")]
    lessons = tuple(
        Lesson(match[1], match[2], 0, match[2].replace("-", " ").capitalize())
        for name in sorted(set(found))
        if (match := _NAME.fullmatch(name))
    )
    return Course((Unit(0, "Lessons", lessons),)) if lessons else Course()


# ---------------------------------------------------------------------------------- checking the document


@dataclass(frozen=True)
class _Key:
    """What a key must hold: how to test it, and how to say it."""

    fits: Callable[[object], bool]
    form: str
    needed: bool = True


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _number_or_zero(value: object) -> bool:
    return _number(value) or (value == 0 and not isinstance(value, bool))


def _range(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_number, value)) and value[0] <= value[1]


def _matches(pattern: re.Pattern):
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


def _questions(value: object) -> bool:
    return isinstance(value, list) and all(map(_matches(_QUESTION), value))


_UNIT = {
    "number": _Key(_number_or_zero, "number = 1, or 0 for electives"),
    "title": _Key(_text, 'title = "Drift"'),
}
_LESSON = {
    "number": _Key(_matches(_NUMBER), 'number = "01", or "e1" for an elective'),
    "slug": _Key(_matches(_SLUG), 'slug = "two-numbers-and-a-chart", lower case with hyphens'),
    "unit": _Key(_number_or_zero, "unit = 1, the number of a [[unit]]"),
    "title": _Key(_text, 'title = "Two numbers and a chart"'),
    "question": _Key(_text, 'question = "It scored 94%. Ship it?"'),
    "lesson_minutes": _Key(_number, "lesson_minutes = 80"),
    "deeper_minutes": _Key(_number_or_zero, "deeper_minutes = 30, or 0", needed=False),
    "exercise_minutes": _Key(_range, "exercise_minutes = [60, 90]"),
    "topic": _Key(_matches(re.compile(r"[a-z][a-z0-9_]*")), 'topic = "overfitting", a package of holdout/topics'),
    "core": _Key(_questions, 'core = ["01.gap"], ids of questions'),
    "shows": _Key(_text, 'shows = "Tells effect from seed noise"'),
    "artefact": _Key(
        lambda value: isinstance(value, list) and all(isinstance(row, dict) for row in value),
        "[[lesson.artefact]] below it",
        needed=False,
    ),
}  # fmt: skip
_ADDRESS = _matches(re.compile(r"(https?://[^\s\"'<>]+[^\s\"'<>/])?"))
_PUBLISH = {
    "repository": _Key(_ADDRESS, 'repository = "https://github.com/ORGANISATION/NAME", or ""', needed=False),
    "branch": _Key(_matches(re.compile(r"[\w./-]+")), 'branch = "main"', needed=False),
    "site": _Key(_ADDRESS, 'site = "https://ORGANISATION.github.io/NAME" without a slash at its end, or ""', needed=False),
    "browser": _Key(_ADDRESS, 'browser = "https://HOST/lite" without a slash at its end, or ""', needed=False),
}  # fmt: skip
_ARTEFACT = {
    "name": _Key(_text, 'name = "learning curve"'),
    "description": _Key(_text, 'description = "What was measured, and on which data."'),
    "drawn": _Key(
        lambda value: isinstance(value, bool), "drawn = false, for what no seed changes", needed=False
    ),
}
_PATH = {
    "id": _Key(_matches(_SLUG), 'id = "one-day", lower case with hyphens'),
    "title": _Key(_text, 'title = "One day"'),
    "whom": _Key(_text, 'whom = "For somebody who has one day"'),
    "step": _Key(
        lambda value: isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value),
        "[[path.step]] below it, one for each lesson",
    ),
}  # fmt: skip
_STEP = {
    "lesson": _Key(_matches(_NUMBER), 'lesson = "01", the number of a [[lesson]]'),
    "minutes": _Key(_number_or_zero, "minutes = 30, of the lesson; left out, its whole core", needed=False),
    "what": _Key(_text, 'what = "The trap"', needed=False),
    "questions": _Key(
        lambda value: value in ("core", "all") or _questions(value),
        'questions = ["01.gap"], or "core", or "all"',
        needed=False,
    ),
}  # fmt: skip


def _from_document(document: dict, text: str) -> Course:
    _check_keys(document, ("unit", "lesson", "path", "publish"))
    publish = document.get("publish", {})
    if not isinstance(publish, dict):
        raise RegisterError(f"{FILE}: write publish as one table that begins with [publish]")
    _check_table(publish, _PUBLISH, f"{FILE}, [publish]")
    units = _tables(document, "unit", _UNIT, text)
    rows = _tables(document, "lesson", _LESSON, text)
    _refuse_twice(units, "unit", "number", text)
    _refuse_twice(rows, "lesson", "number", text)
    _refuse_twice(rows, "lesson", "slug", text)
    known = [unit["number"] for unit in units]
    lessons = []
    for row, line in zip(rows, _lines(text, "lesson"), strict=True):
        where = f"{FILE}, lesson {row['number']} (line {line})"
        if row["unit"] not in known:
            raise RegisterError(f"{where}: unit = {row['unit']} is no [[unit]]; there are {known}")
        for id in row["core"]:
            if not id.startswith(row["number"] + "."):
                raise RegisterError(
                    f"{where}: core names {id!r}, a question of another lesson; list ids that begin with {row['number']}."
                )
        artefacts = row.pop("artefact", [])
        for artefact in artefacts:
            _check_table(artefact, _ARTEFACT, f"{where}, artefact {artefact.get('name', '')!r}")
        minutes, core = tuple(row.pop("exercise_minutes")), tuple(row.pop("core"))
        kept = tuple(Artefact(artefact["name"], " ".join(artefact["description"].split()), artefact.get("drawn", True)) for artefact in artefacts)  # fmt: skip
        lessons.append(Lesson(**row, exercise_minutes=minutes, core=core, artefacts=kept))
    return Course(
        tuple(
            Unit(**unit, lessons=tuple(lesson for lesson in lessons if lesson.unit == unit["number"]))
            for unit in units
        ),
        _paths(document, {lesson.number: lesson for lesson in lessons}, text),
        Publish(**publish),
    )


def _paths(document: dict, lessons: dict[str, Lesson], text: str) -> tuple[StudyPath, ...]:
    rows = _tables(document, "path", _PATH, text)
    _refuse_twice(rows, "path", "id", text)
    lines = iter(_lines(text, "path.step"))
    return tuple(
        StudyPath(
            **{key: row[key] for key in ("id", "title", "whom")},
            steps=tuple(_step(step, f"{FILE}, path {row['id']!r}, step in line {next(lines, '?')}", lessons) for step in row["step"]),
        )
        for row in rows
    )  # fmt: skip


def _step(row: dict, where: str, lessons: dict[str, Lesson]) -> Step:
    _check_table(row, _STEP, where)
    lesson = lessons.get(row["lesson"])
    if lesson is None:
        raise RegisterError(
            f"{where}: lesson = {row['lesson']!r} is no [[lesson]]; there are {', '.join(lessons)}"
        )
    whole = lesson.lesson_minutes or 0
    minutes = row.get("minutes", whole)
    if minutes > whole:
        raise RegisterError(
            f"{where}: minutes = {minutes} are more than the {whole} of lesson {lesson.number}; leave the key out for all of it"
        )
    if minutes < whole and minutes and "what" not in row:
        raise RegisterError(
            f"{where}: the key `what` is missing; say which {minutes} of the {whole} minutes are meant"
        )
    questions = row.get("questions", ())
    if questions == "core":
        questions = lesson.core
    for id in () if questions == "all" else questions:
        if not id.startswith(lesson.number + "."):
            raise RegisterError(
                f"{where}: {id!r} is a question of another lesson; list ids that begin with {lesson.number}."
            )
    if not minutes and not questions:
        raise RegisterError(f"{where}: nothing is read and nothing is asked; add `minutes` or `questions`")
    return Step(
        lesson.number, minutes, row.get("what", ""), questions if questions == "all" else tuple(questions)
    )


def _lines(text: str, table: str) -> list[int]:
    """Numbers of the lines in which the tables ``[[table]]`` begin."""
    head = re.compile(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]")
    return [number for number, line in enumerate(text.splitlines(), 1) if head.match(line)]


def _tables(document: dict, table: str, keys: dict[str, _Key], text: str) -> list[dict]:
    rows, lines = document.get(table, []), _lines(text, table)
    if not isinstance(rows, list) or len(rows) != len(lines):
        raise RegisterError(f"{FILE}: write each {table} as a table of its own that begins with [[{table}]]")
    for row, line in zip(rows, lines, strict=True):
        _check_table(row, keys, f"{FILE}, [[{table}]] in line {line}")
    return [dict(row) for row in rows]


def _check_keys(found: dict, known, where: str = FILE) -> None:
    for key in found:
        if key not in known:
            raise RegisterError(f"{where}: unknown key `{key}`; the keys are {', '.join(known)}")


def _check_table(row: dict, keys: dict[str, _Key], where: str) -> None:
    _check_keys(row, tuple(keys), where)
    for name, key in keys.items():
        if name not in row:
            if key.needed:
                raise RegisterError(f"{where}: the key `{name}` is missing; add {key.form}")
        elif not key.fits(row[name]):
            raise RegisterError(f"{where}: `{name} = {row[name]!r}` does not fit; write {key.form}")


def _refuse_twice(rows: list[dict], table: str, key: str, text: str) -> None:
    seen: dict = {}
    for row, line in zip(rows, _lines(text, table), strict=True):
        if row[key] in seen:
            raise RegisterError(
                f"{FILE}, [[{table}]] in line {line}: {key} {row[key]!r} is already that of line {seen[row[key]]}; "
                f"give each {table} its own"
            )
        seen[row[key]] = line
