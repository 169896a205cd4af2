"""A hand-in that is taken away, moved or replaced keeps no grade; what lies in the wrong place is named."""

import csv
import os
import shutil

import pytest
from small_class import EXERCISE, RIGHT, SmallClass

from grader.grading.hand_ins import overlooked
from grader.grading.run import NEEDS_REVIEW
from grader.nbgrader_bridge.feedback import write_feedback
from grader.reports.class_report import report, rows_of
from grader.reports.export import export


@pytest.fixture
def small(tmp_path):
    made = SmallClass(tmp_path)
    for student in ("ada", "bob"):
        made.submit(student, RIGHT)
    made.grade()
    made.change("ada", "01-memo", manual_score=1.5)
    return made


def _link(path):
    path.rename(path.with_name(".moved"))
    path.symlink_to(path.with_name(".moved"))


def _file(path):
    shutil.rmtree(path)
    path.write_text("a file")


def _pipe(path):
    shutil.rmtree(path)
    os.mkfifo(path)


WAYS = {
    "a link for the student's folder": lambda own: _link(own.parent),
    "a link that leads nowhere": lambda own: (shutil.rmtree(own.parent), own.parent.symlink_to("nowhere")),
    "a file for the student's folder": lambda own: _file(own.parent),
    "a pipe for the student's folder": lambda own: _pipe(own.parent),
    "the student's folder removed": lambda own: shutil.rmtree(own.parent),
    "the student's folder renamed": lambda own: own.parent.rename(own.parent.with_name("ada-old")),
    "a link for the exercise's folder": _link,
    "a file for the exercise's folder": _file,
    "a pipe for the exercise's folder": _pipe,
    "the exercise's folder removed": shutil.rmtree,
    "the exercise's folder renamed": lambda own: own.rename(own.with_name(EXERCISE.upper())),
    "the notebook removed": lambda own: (own / f"{EXERCISE}.ipynb").unlink(),
    "the notebook emptied": lambda own: (own / f"{EXERCISE}.ipynb").write_text(""),
    "a link for the notebook": lambda own: _link(own / f"{EXERCISE}.ipynb"),
}


def _exported(small):
    made = export(small.root, exercise=EXERCISE)
    with open(made.paths[0], encoding="utf-8-sig") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("exercise", [EXERCISE, None], ids=["one exercise", "all"])
@pytest.mark.parametrize("way", WAYS)
def test_a_grade_does_not_outlive_its_hand_in(small, way, exercise):
    """Gradebook, export and report say so; the neighbour keeps the grade; points by hand stay in the comment."""
    WAYS[way](small.root / "classroom" / "submitted" / "ada" / EXERCISE)
    for _ in range(2):  # the second run says the same
        row = small.grade(exercise=exercise)["ada"]
        assert (row.exercise, row.outcome, row.score) == (EXERCISE, NEEDS_REVIEW, 0.0)
        grades = small.grades("ada")
        assert all(
            automatic in (0.0, None) and manual is None and waits
            for automatic, manual, _, waits in grades.values()
        )
        exported = _exported(small)
        assert float(exported["ada"]["final"]) == 0.0
        assert exported["ada"]["waits for points by hand"] in ("yes", "hand-in no longer there")
        assert float(exported["bob"]["final"]) == 4.0
        reported = {one.student: one for one in rows_of(small.root, EXERCISE)}
        assert reported["ada"].outcome == NEEDS_REVIEW
        assert row.sentence in report(small.root, EXERCISE, names=True).read_text(encoding="utf-8").replace(
            "&#39;", "'"
        ).replace("&#34;", '"')
    comments = small.dump()["ada"]["comments"]
    assert any("1.5" in (automatic or "") for _, automatic, _ in comments)
    write_feedback(small.root, EXERCISE)
    page = small.root / "classroom" / "feedback" / "ada" / EXERCISE / f"{EXERCISE}.html"
    assert not page.is_file() or "passed" not in page.read_text(encoding="utf-8")


def test_a_hand_in_that_comes_back_is_graded(small):
    own = small.root / "classroom" / "submitted" / "ada" / EXERCISE
    own.rename(own.with_name("away"))
    assert small.grade(exercise=EXERCISE)["ada"].score == 0.0
    own.with_name("away").rename(own)
    assert small.grade(exercise=EXERCISE)["ada"].score == 4.0


def test_points_given_after_a_withdrawal_stay(small):
    shutil.rmtree(small.root / "classroom" / "submitted" / "ada")
    small.grade()
    small.change("ada", "01-memo", manual_score=1.0)
    assert small.grade()["ada"].score == 1.0


def test_the_last_hand_in_of_a_class_is_taken_back_too(small):
    shutil.rmtree(small.root / "classroom" / "submitted")
    assert {row.score for row in small.grade().values()} == {0.0}


def test_before_the_next_grading_export_and_report_name_the_hand_in_that_is_gone(small):
    shutil.rmtree(small.root / "classroom" / "submitted" / "ada")
    assert _exported(small)["ada"]["waits for points by hand"] == "hand-in no longer there"
    assert any("ada" in note for note in export(small.root).notes)
    assert (
        "no longer there"
        in next(row for row in rows_of(small.root, EXERCISE) if row.student == "ada").sentence
    )


def test_what_has_no_row_is_named_at_the_end(small):
    submitted = small.root / "classroom" / "submitted"
    (submitted / ".hidden" / EXERCISE).mkdir(parents=True)
    (submitted / "carl.zip").write_text("x")
    os.mkfifo(submitted / "dora")
    (submitted / "eve" / EXERCISE.upper()).mkdir(parents=True)
    (submitted / "fay").mkdir()
    (submitted / "fay" / EXERCISE).write_text("x")
    (submitted / "gil").mkdir()
    (submitted / "gil" / f"{EXERCISE}.ipynb").write_text("{}")
    (submitted / "hal" / "01-smal").mkdir(parents=True)
    (submitted / ".DS_Store").write_text("x")
    for exercise in (EXERCISE, None):
        rows = small.grade(exercise=exercise)
        named = " ".join([*overlooked(small.root, exercise), *(rows if exercise is None else ())])
        for name in (".hidden", "carl.zip", "dora", "eve", "fay", "gil", "hal"):
            assert name in named, (name, exercise)
        assert ".DS_Store" not in named and "bob" not in overlooked(small.root, exercise)
