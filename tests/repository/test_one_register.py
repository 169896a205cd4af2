"""The course is what its register says, and no second list of lessons is kept anywhere."""

import re
import subprocess
from pathlib import Path

import pytest

from grader.authoring.exercise import load_exercise
from grader.authoring.pages import current_readme
from holdout.register import read_course

ROOT = Path(__file__).resolve().parents[2]
COURSE = read_course(ROOT)
each_lesson = pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.name)


def python_sources():
    """Python files of the repository, without those that belong to one lesson."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    own = re.compile(r"(solutions|lessons/source|lessons/source/deeper)/(\d\d|e\d)-")
    return [path for path in listed.stdout.split() if not own.match(path) and (ROOT / path).is_file()]


def test_no_python_file_beside_the_register_lists_lessons():
    """One name may stand as an example; two begin a list that must be kept in step by hand."""
    names = [lesson.name for lesson in COURSE.lessons]
    lists = {}
    for path in python_sources():
        text = (ROOT / path).read_text(encoding="utf-8")
        if len(named := [name for name in names if name in text]) > 1:
            lists[path] = named
    assert lists == {}


def test_every_folder_and_notebook_of_a_lesson_is_registered_and_the_other_way_round():
    names = {lesson.name for lesson in COURSE.lessons}
    assert {path.parent.name for path in ROOT.glob("solutions/*/questions.py")} == names
    assert {path.name for path in (ROOT / "exercises").iterdir() if path.is_dir()} == names
    assert {path.stem for path in ROOT.glob("lessons/source/*-*.py")} == names
    topics = {path.parent.name for path in ROOT.glob("holdout/topics/*/__init__.py")}
    assert topics == {lesson.topic for lesson in COURSE.lessons}


@each_lesson
def test_the_core_of_an_exercise_are_four_or_five_of_its_questions_with_judgement(lesson):
    questions = {question.id: question for question in load_exercise(lesson.name, ROOT).questions}
    assert set(lesson.core) <= set(questions)
    assert 4 <= len(lesson.core) <= 5
    assert any(questions[id].judgement for id in lesson.core)


@each_lesson
def test_a_topic_names_its_lesson(lesson):
    text = (ROOT / "holdout" / "topics" / lesson.topic / "__init__.py").read_text(encoding="utf-8")
    assert f"Lesson {lesson.number}, {lesson.title}" in text


def test_the_readme_lists_the_lessons_as_the_register_does():
    found, made = current_readme(ROOT)
    assert found == made
