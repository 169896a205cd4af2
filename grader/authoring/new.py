"""``holdout new``: a lesson or a question that builds, runs and says what to write next. Nothing is overwritten."""

from __future__ import annotations

import ast
import keyword
import pathlib
import re
import string
from collections.abc import Mapping

from grader.authoring.exercise import MOST_QUESTIONS, load_exercise
from grader.authoring.notebooks import write_text
from grader.authoring.pages import current_readme
from holdout import paths, register
from holdout.errors import HoldoutError

TEMPLATES = pathlib.Path(__file__).parent / "templates"
LESSON_MINUTES = 45
_WIDTH = 120  # of the rule above a question
_SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"


class NewError(HoldoutError):
    """A lesson or question that cannot be added; the message says why and what to do."""


def new_lesson(
    number: str, slug: str, topic: str, root: pathlib.Path, *, title: str = "", unit: int | None = None
) -> list[str]:
    """Write a lesson, its exercise with one question, its topic package, a test, and its row of the register.

    Parameters
    ----------
    number : str
        Such as "15".
    slug : str
        Lower case with hyphens.
    topic : str
        Name of the package below ``holdout/topics``.
    root : path
        The course.
    title : str
        Made from the slug by default.
    unit : int, optional
        The last one by default.

    Returns
    -------
    list of str
        The files written, relative to the course.

    Raises
    ------
    NewError
        If a name does not fit or something of the lesson is there already; nothing is written then.
    """
    root = pathlib.Path(root)
    course = register.read_course(root)
    if not (root / register.FILE).is_file():
        raise NewError(f"{root} has no {register.FILE}; change into the course and try again")
    title = title or slug.replace("-", " ").capitalize()
    units = {each.number: each for each in course.units}
    unit = max(units, default=0) if unit is None else unit
    _refuse_lesson(course, number, slug, topic, title, unit)
    name = f"{number}-{slug}"
    values = {
        "number": number, "slug": slug, "name": name, "topic": topic, "title": title,
        "unit": unit, "units": len(units), "unit_title": units[unit].title, "lesson_minutes": LESSON_MINUTES,
    }  # fmt: skip
    first = {"number": number, **_question_values(f"{number}.first", "first", "first")}
    values["question_cells"] = _fill("question_cells.py", first)
    question = _fill("questions.py", first) + _fill("question.py", first)
    files = {
        f"lessons/source/{name}.py": _fill("lesson.py", values),
        f"solutions/{name}/{name}.py": _fill("exercise.py", values),
        f"solutions/{name}/questions.py": question,
        f"holdout/topics/{topic}/__init__.py": _fill("topic_init.py", values),
        f"tests/unit/topics/test_{topic}.py": _fill("test_topic.py", values),
    }
    for part in ("experiments", "cases", "judges", "figures"):
        files[f"holdout/topics/{topic}/{part}.py"] = _fill(f"{part}.py", values)
    there = [path for path in files if (root / path).exists()]
    if there:
        raise NewError(f"{there[0]} is there already; choose another slug or topic, or move it away")
    for path, text in files.items():
        write_text(text, root / path)
    file = root / register.FILE
    write_text(file.read_text(encoding="utf-8").rstrip("\n") + "\n" + _fill("course.toml", values), file)
    written = [*files, register.FILE]
    page = current_readme(root)
    if page is not None and page[0] != page[1]:
        write_text(page[1], root / "README.md")
        written.append("README.md")
    return written


def _refuse_lesson(course, number, slug, topic, title, unit):
    if not re.fullmatch(r"\d\d|e\d", number):
        raise NewError(
            f"{number!r} is no number of a lesson; write two digits, such as 15, or e1 for an elective"
        )
    if not re.fullmatch(_SLUG, slug):
        raise NewError(
            f"{slug!r} is no slug; write lower case letters and digits with hyphens, such as my-slug"
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]*", topic or "") or keyword.iskeyword(topic):
        raise NewError(
            f"{topic!r} is no name of a package; write --topic and lower case letters, such as --topic my_topic"
        )
    if '"' in title or "\\" in title or "\n" in title:
        raise NewError("a title holds no quotation mark and no backslash; write it without and edit it later")
    for lesson in course.lessons:
        if number == lesson.number:
            raise NewError(f"lesson {number} is there already: {lesson.name}; choose another number")
        if slug == lesson.slug:
            raise NewError(f"the slug {slug!r} is that of lesson {lesson.number}; choose another one")
        if topic == lesson.topic:
            raise NewError(f"the topic {topic!r} is that of lesson {lesson.number}; choose another one")
    known = [each.number for each in course.units]
    if unit not in known:
        raise NewError(f"there is no unit {unit}; there are {known}; add a [[unit]] to {register.FILE} first")


def new_question(id: str, root: pathlib.Path) -> list[str]:
    """Add a question to an exercise: a text cell, a solution cell, and a ``Question`` with a wrong and a right answer.

    Parameters
    ----------
    id : str
        Such as "01.my-question"; a hyphen becomes an underscore.
    root : path
        The course.

    Returns
    -------
    list of str
        The files changed, relative to the course.

    Raises
    ------
    NewError
        If the id does not fit or is there already, or the exercise is full; nothing is written then.
    """
    root = pathlib.Path(root)
    number, _, slug = id.replace("-", "_").partition(".")
    if (
        not re.fullmatch(r"\d\d|e\d", number)
        or not re.fullmatch(r"[a-z][a-z0-9_]*", slug)
        or keyword.iskeyword(slug)
    ):
        raise NewError(
            f"{id!r} is no id of a question; write the exercise and a name, such as 01.my_question"
        )
    folder = paths.solution_folder(number, root)
    exercise = load_exercise(folder.name, root)
    id = f"{number}.{slug}"
    if id in exercise.ids:
        raise NewError(f"{folder.name} has the question {id} already; choose another name")
    if len(exercise.ids) >= MOST_QUESTIONS:
        raise NewError(
            f"{folder.name} has {len(exercise.ids)} questions, and {MOST_QUESTIONS} are the most; take one out first"
        )
    script, questions = folder / f"{folder.name}.py", folder / "questions.py"
    text, code = script.read_text(encoding="utf-8"), questions.read_text(encoding="utf-8")
    _refuse_without_imports(questions, code)
    answer = _free_name(slug, "answer", text)
    values = {"number": number, **_question_values(id, answer, _free_name(slug, "question", code))}
    lines = text.splitlines(keepends=True)
    position = _place_for_question(lines)
    cells = _fill("question_cells.py", values)
    write_text("".join([*lines[:position], cells, *lines[position:]]), script)
    write_text(code.rstrip("\n") + "\n\n\n" + _fill("question.py", values), questions)
    return [path.relative_to(root).as_posix() for path in (script, questions)]


def _question_values(id: str, answer: str, variable: str) -> dict[str, str]:
    slug = id.partition(".")[2]
    rule = "-" * (_WIDTH - len(slug) - 3)
    return {"id": id, "slug": slug, "answer": answer, "variable": variable, "rule": rule}


def _fill(name: str, values: Mapping[str, object]) -> str:
    template = (TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")
    return string.Template(template).substitute(values)


def _free_name(slug: str, ending: str, text: str) -> str:
    """The slug as a name of Python, or with an ending where the text uses it already."""
    return f"{slug}_{ending}" if re.search(rf"\b{slug}\b", text) else slug


def _refuse_without_imports(path: pathlib.Path, code: str) -> None:
    imported = {
        alias.asname or alias.name
        for node in ast.parse(code).body
        if isinstance(node, ast.ImportFrom) and node.module == "grader.authoring.question"
        for alias in node.names
    }
    missing = sorted({"Case", "Question"} - imported)
    if missing:
        raise NewError(
            f"{path.parent.name}/questions.py does not import {' and '.join(missing)}; add it to "
            "`from grader.authoring.question import ...`"
        )


def _place_for_question(lines: list[str]) -> int:
    """The line before which a new question goes: above the text of `say_it`, which ends every exercise, or after the last question."""
    marks = [number for number, line in enumerate(lines) if line.startswith("# %%")]
    asked = [number for number in marks if 'question="' in lines[number]]
    if not asked:
        return len(lines)
    if '.say_it"' in lines[asked[-1]]:
        above = marks[marks.index(asked[-1]) - 1]
        return above if "[markdown]" in lines[above] else asked[-1]
    later = [number for number in marks if number > asked[-1]]
    return later[0] if later else len(lines)
