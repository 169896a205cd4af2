"""Paths: hours agree with the register, what is done is what was passed or said, and the next step follows."""

import pathlib

import pytest

from holdout.errors import InvalidValue
from holdout.record import progress, summary
from holdout.record.path_chooser import PathChooser, state_table
from holdout.record.study_path import (
    choose_path,
    chosen_path,
    describe_state,
    find_path,
    mark_done,
    path_state,
    question_minutes,
)
from holdout.register import Course, Lesson, Step, StudyPath, Unit, read_course

ROOT = pathlib.Path(__file__).resolve().parents[3]
LESSONS = tuple(
    Lesson(number, f"slug-{number}", 1, f"Title {number}", "", 40, None, (60, 80), "x", (f"{number}.a",))
    for number in ("01", "02", "03")
)
PATH = StudyPath(
    "short",
    "Short",
    "For a hurry",
    (Step("01", 40, "", ("01.a", "01.b")), Step("02", 10, "The trap"), Step("03", 0, "", "all")),
)
COURSE = Course((Unit(1, "Unit", LESSONS),), (PATH,))
QUESTIONS = {number: [f"{number}.{name}" for name in "abcdefg"] for number in ("01", "02", "03")}
A_QUESTION = 10  # 60 to 80 minutes for seven


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "mine"))
    monkeypatch.chdir(ROOT)
    return tmp_path / "mine"


def state(passed=(), entries=(), skips=(), questions=QUESTIONS):
    return path_state(PATH, COURSE, questions, set(passed), list(entries), skips=skips)


def test_hours_are_the_minutes_of_the_lessons_and_the_shares_of_their_exercises():
    found = state()
    assert [row["minutes"] for row in found["steps"]] == [40 + 2 * A_QUESTION, 10, 7 * A_QUESTION]
    assert found["minutes"] == found["minutes_left"] == 140
    assert found["next"] == "Lesson 01, Title 01, then 2 of its exercise's questions."


def test_a_question_of_an_exercise_that_is_not_there_is_not_made_shorter():
    assert question_minutes(LESSONS[0], None) == 70
    assert state(questions={"01": None, "02": None, "03": None})["minutes"] == 40 + 70 + 10 + 70


def test_a_step_is_begun_and_done_by_its_questions():
    begun = state(["01.a", "01.f"])
    assert begun["steps"][0]["status"] == "begun" and begun["steps"][0]["minutes_left"] == 50
    assert begun["next"] == "Go on with exercise 01: 1 of 2 questions of this path are left."
    done = state(["01.a", "01.b"])
    assert done["steps"][0]["status"] == "done" and done["minutes_left"] == 80
    assert done["next"] == "Lesson 02, Title 02 (The trap)."


def test_a_step_is_done_when_the_learner_says_so_and_on_this_path_only():
    entry = {"kind": "step", "path": "short", "lesson": "02"}
    assert [row["status"] for row in state(entries=[entry])["steps"]] == ["to do", "done", "to do"]
    assert state(entries=[entry | {"path": "long"}])["steps_done"] == 0


def test_what_may_be_skipped_is_not_left_and_not_next():
    found = state(skips=["01"])
    assert found["steps"][0]["status"] == "skip"
    assert (found["minutes"], found["minutes_left"]) == (140, 80)
    assert found["next"].startswith("Lesson 02")


def test_a_path_that_is_done_says_so():
    entries = [{"kind": "step", "path": "short", "lesson": number} for number in QUESTIONS]
    assert state(entries=entries)["next"].startswith("The path is done")
    assert state(entries=entries)["minutes_left"] == 0


def test_the_last_choice_counts_and_a_path_can_be_left(place):
    course = read_course(ROOT)
    assert chosen_path(progress.read(), course) is None
    choose_path("one-day", course)
    choose_path("reviewer", course)
    assert summary.summary()["path"]["id"] == "reviewer"
    assert summary.summary()["next"] == summary.summary()["path"]["next"]
    assert "Path: Reviewer or manager, 0 of" in summary.report()
    choose_path("", course)
    assert summary.summary()["path"] is None


def test_a_record_that_names_no_path_of_the_course_is_no_choice():
    entries = [{"kind": "path", "path": name} for name in ("short", 7, None, "another")]
    assert chosen_path(entries[:3], COURSE) is PATH
    assert chosen_path(entries, COURSE) is None


def test_a_path_or_step_that_is_not_there_is_refused(place):
    with pytest.raises(InvalidValue, match="'long' is no path of this course; the paths are: short"):
        find_path("long", COURSE)
    with pytest.raises(InvalidValue, match="the steps 1 to 3, not 4"):
        mark_done(PATH, 4)
    assert progress.read() == []


@pytest.mark.parametrize("path", read_course(ROOT).paths, ids=lambda path: path.id)
def test_every_path_of_the_course_asks_what_is_there(path, place):
    for row, step in zip(summary.state_of_path(path.id)["steps"], path.steps, strict=True):
        assert step.questions == "all" or row["questions"] == len(step.questions), row["lesson"]
        assert row["minutes"] >= step.minutes
    text = describe_state(summary.state_of_path(path.id))
    assert text.count(" min") == len(path.steps)


@pytest.mark.parametrize(
    ("id", "least", "most"),
    [("one-day", 5, 8), ("ml-engineer", 14, 19), ("ai-engineer", 10, 15), ("reviewer", 3, 5.5)],
)
def test_the_hours_of_the_paths_are_those_that_they_are_made_for(id, least, most, place):
    assert least <= summary.state_of_path(id)["minutes"] / 60 <= most


def test_the_chooser_previews_a_path_and_follows_it_when_asked(place):
    chooser = PathChooser()
    box = chooser.widget
    assert progress.read() == [], "showing it records nothing"
    box.press("path", path="one-day")  # the list tells when its value changes
    assert "Two numbers and a chart" in box.parts[2]["html"]
    assert progress.read() == [], "nor does looking at a path"
    box.press("follow")
    assert "You follow the path “One day”." in box.said
    box.press("done", step=1)
    assert "✔ done" in box.parts[2]["html"]
    assert summary.summary()["path"]["steps_done"] == 1
    assert PathChooser().widget is not box
    assert "one-day: One day." in repr(chooser)


def test_a_title_is_escaped_in_the_table():
    course = Course((Unit(1, "Unit", (Lesson("01", "a", 1, "<b>", "", 40, None, (60, 80), "x"),)),))
    shown = state_table(
        path_state(StudyPath("p", "P", "", (Step("01", 40, "<i>"),)), course, {"01": None}, set(), [])
    )
    assert "<b>" not in shown and "<i>" not in shown


def test_badges_count_the_cores_of_a_unit(place):
    for question in read_course(ROOT).lesson("01").core:
        progress.record_check(question, "passed")
    first, *others = summary.badges()
    assert (first["finished"], first["lessons"], first["earned"]) == (1, 3, False)
    assert not any(badge["finished"] for badge in others)
