"""The course in nbgrader's own world: release, autograde, feedback, export, with nbgrader's own commands."""

import csv
import os
import pathlib
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader import utils
from traitlets.config import Config

from grader.authoring.build import build
from grader.nbgrader_bridge.config import configure
from grader.nbgrader_bridge.feedback import write_feedback
from grader.nbgrader_bridge.release import release

SCRIPTS = pathlib.Path(sys.executable).parent


def nbgrader(root, *arguments):
    """Run nbgrader by its path, as somebody does who has not activated the environment."""
    environment = {**os.environ, "PATH": "/usr/bin:/bin", "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def hand_in(root, student, answers, source="exercises"):
    """Hand in the release with answers written into it."""
    folder = root / "classroom" / "submitted" / student / "01-small"
    folder.mkdir(parents=True)
    notebook = nbformat.read(root / source / "01-small" / "01-small.ipynb", as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.nbgrader.grade_id
        if name in answers:
            cell.source = answers[name]
    nbformat.write(notebook, folder / "01-small.ipynb")
    return folder


def scores(root):
    nbgrader(root, "export", "--to", "grades.csv")
    with open(root / "grades.csv", encoding="utf-8") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


@pytest.fixture
def released(built_course):
    assert [row["released"] for row in release(built_course)] == [True]
    return built_course


def test_a_release_by_nbgrader_is_byte_for_byte_the_built_one(released):
    made = {path.name: path.read_bytes() for path in (released / "exercises/01-small").iterdir()}
    assert set(made) == {"01-small.ipynb", "checks.json"}
    shutil.rmtree(released / "exercises")
    assert not build(released, names=["01"]).problems
    assert {path.name: path.read_bytes() for path in (released / "exercises/01-small").iterdir()} == made


def test_from_release_to_grades_and_feedback(released):
    hand_in(released, "reference", {}, source="solutions")
    hand_in(released, "blank", {})
    hand_in(
        released,
        "half",
        {
            "01-mean-answer": "def mean(values):\n    return float(sum(values))",
            "01-pick-answer": "pick = 'B)'",
        },
    )
    hand_in(
        released,
        "hard-coded",
        {
            "01-mean-answer": "def mean(values):\n    return {3: 3.0, 1: 4.0}[len(values)]",
            "01-memo": "<script>alert(1)</script>",
        },
    )
    warns = "import sys\ndef mean(values):\n    print('careful', file=sys.stderr)\n    return values.mean()"
    hand_in(released, "warns", {"01-mean-answer": warns})
    nbgrader(released, "autograde", "01-small")
    # the memo waits for a person; a warning on stderr costs nothing; knowing the visible cases earns nothing
    assert scores(released) == {"reference": 4.0, "blank": 0.0, "half": 1.0, "hard-coded": 0.0, "warns": 3.0}

    assert write_feedback(released) == [{"exercise": "01-small", "written": 5, "problem": ""}]
    page = (released / "classroom/feedback/half/01-small/01-small.html").read_text(encoding="utf-8")
    assert "is the sum of your values. What do you divide by?" in page
    assert "grader.nbgrader_bridge.hidden_test" not in page
    assert "HIDDEN TESTS" not in page
    hostile = (released / "classroom/feedback/hard-coded/01-small/01-small.html").read_text(encoding="utf-8")
    assert "<script>alert" not in hostile


def test_no_answer_travels_with_the_release_or_into_grading(released):
    hand_in(released, "one", {})
    (released / "classroom/submitted/one/01-small/numpy.py").write_text("raise RuntimeError('shadowed')")
    nbgrader(released, "autograde", "01-small")
    # nbgrader copies the learner's file; it lies there, and nothing is executed beside it
    assert scores(released) == {"one": 0.0}
    names = {path.name for path in (released / "classroom/autograded/one/01-small").iterdir()}
    assert names <= {"01-small.ipynb", "numpy.py"}
    assert not list((released / "exercises").rglob("*.py"))


def test_nbgraders_validation_tells_a_learner_what_is_wrong(released):
    folder = hand_in(released, "me", {"01-mean-answer": "def mean(values):\n    return float(sum(values))"})
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "validate", str(folder / "01-small.ipynb")],
        cwd=released, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert "What do you divide by?" in done.stdout


def test_feedback_before_grading_is_a_sentence(released):
    assert "has been graded yet" in write_feedback(released, "01")[0]["problem"]


def test_a_release_that_fails_is_a_sentence(mini_course):
    path = mini_course / "solutions/01-small/01-small.py"
    path.write_text(path.read_text().replace("### END SOLUTION", "", 1))
    row = release(mini_course)[0]
    assert not row["released"]
    assert row["problem"]


def test_a_release_in_a_fresh_clone_makes_the_folder_of_the_gradebook(mini_course):
    """Git keeps no empty folders, so a clone has no classroom/."""
    (mini_course / "classroom").rmdir()
    assert release(mini_course)[0]["released"]
    assert (mini_course / "classroom" / "gradebook.db").is_file()


def test_what_nbgrader_sets_for_a_run_is_gone_when_the_run_breaks_off(mini_course, monkeypatch):
    """A Lab whose validation or formgrader met an error would tell every kernel started later that nbgrader runs it."""
    monkeypatch.setenv("NBGRADER_VALIDATING", "before")
    configure(Config(), mini_course)
    with (
        pytest.raises(RuntimeError, match="the kernel died"),
        utils.setenv(NBGRADER_EXECUTION="validate", NBGRADER_VALIDATING="1"),
    ):
        assert os.environ["NBGRADER_EXECUTION"] == "validate" and os.environ["NBGRADER_VALIDATING"] == "1"
        raise RuntimeError("the kernel died")
    assert "NBGRADER_EXECUTION" not in os.environ and os.environ["NBGRADER_VALIDATING"] == "before"
