"""The course and its data are found from wherever somebody works, and what cannot be found is one sentence."""

import pathlib
import re

import pytest

import grader
import holdout
from holdout import paths
from holdout.errors import CourseError, DataError
from holdout.paths import INSTALLED, enclosing_course, find_checks, find_datasets, find_root, pick_unit


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for variable in ("HOLDOUT_COURSE", "HOLDOUT_DATASETS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def course(tmp_path):
    """A course with one exercise, one solution and a folder of tables."""
    root = tmp_path / "course"
    for folder in ("lessons", "exercises/01-small", "solutions/01-small", "datasets"):
        (root / folder).mkdir(parents=True)
    (root / "exercises/01-small/checks.json").write_text("{}")
    (root / "datasets" / paths.CHECKSUMS).write_text("")
    return root


@pytest.mark.parametrize("inside", [".", "lessons", "exercises/01-small"])
def test_inside_a_course_everything_is_found_from_any_of_its_folders(course, monkeypatch, inside):
    monkeypatch.chdir(course / inside)
    assert find_root() == enclosing_course() == course
    assert find_datasets() == course / "datasets"
    assert find_checks("01.mean") == course / "exercises/01-small/checks.json"


def test_outside_a_course_the_installed_one_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert enclosing_course() is None
    assert find_root() == INSTALLED
    assert find_datasets() == INSTALLED / "datasets"
    assert find_checks("01.gap").parent == INSTALLED / "exercises/01-two-numbers-and-a-chart"


def test_where_nothing_is_installed_either_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "INSTALLED", tmp_path)
    with pytest.raises(CourseError, match="not inside a checkout of the course; change into it"):
        find_root()
    assert find_datasets() is None
    assert find_checks("01.mean") is None


def test_the_variables_come_first(course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDOUT_COURSE", str(course))
    monkeypatch.setenv("HOLDOUT_DATASETS", str(course / "lessons"))
    assert find_root() == course
    assert find_checks("01.mean") == course / "exercises/01-small/checks.json"
    assert find_datasets() == course / "lessons"


@pytest.mark.parametrize("chosen", ["/nowhere", "."])
def test_a_variable_that_names_no_course_is_named_with_its_value(tmp_path, monkeypatch, chosen):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDOUT_COURSE", chosen)
    with pytest.raises(CourseError, match=rf"HOLDOUT_COURSE is '{re.escape(chosen)}'.*or unset it"):
        find_root()


def test_a_datasets_folder_that_is_none_is_named_with_its_value(monkeypatch):
    monkeypatch.setenv("HOLDOUT_DATASETS", "/nowhere")
    with pytest.raises(DataError, match="HOLDOUT_DATASETS is '/nowhere', which is not a folder"):
        find_datasets()


def test_in_the_sandbox_the_tables_beside_the_package_are_found_without_lessons(tmp_path, monkeypatch):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / paths.CHECKSUMS).write_text("")
    monkeypatch.chdir("/")
    monkeypatch.setattr(paths, "INSTALLED", tmp_path)
    assert find_datasets() == tmp_path / "datasets"


@pytest.mark.parametrize("wanted", ["01-small", "01", "1", "01-sm", "exercises/01-small", "01-small.ipynb"])
def test_an_exercise_may_be_named_in_several_ways(wanted):
    assert pick_unit(wanted, ["01-small", "01-small-too", "10-large"], "exercise") == "01-small"


@pytest.mark.parametrize("wanted", ["", "0", "*", "**x", "..", "/", "77", "\0"])
def test_a_name_of_nothing_is_refused_with_those_that_there_are(wanted):
    with pytest.raises(CourseError, match="there is no exercise .*; there are: 01-small, 10-large"):
        pick_unit(wanted, ["01-small", "10-large"], "exercise")


def test_every_environment_variable_is_listed_for_maintainers_and_for_users():
    used = set()
    for package in (holdout, grader):
        for path in pathlib.Path(package.__file__).parent.rglob("*.py"):
            used |= set(re.findall(r'"(HOLDOUT_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    page = (INSTALLED / "docs/environment.md").read_text(encoding="utf-8")
    assert set(re.findall(r"``(HOLDOUT_[A-Z_]+)``", paths.__doc__)) == used
    assert set(re.findall(r"^\| `(HOLDOUT_[A-Z_]+)`", page, re.MULTILINE)) == used
