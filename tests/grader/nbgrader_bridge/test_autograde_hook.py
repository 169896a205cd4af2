"""formgrader's autograde button (nbgrader's API for it) executes in the sandbox, through configuration only."""

import pytest
from small_class import EXERCISE, RIGHT, SmallClass


@pytest.fixture
def small(tmp_path, monkeypatch):
    made = SmallClass(tmp_path)
    monkeypatch.chdir(made.root)
    return made


def _press(small, student):
    from nbgrader.apps.api import NbGraderAPI

    from grader.nbgrader_bridge.gradebook import nbgrader_application

    app = nbgrader_application(small.root)
    return NbGraderAPI(app.coursedir, parent=app).autograde(EXERCISE, student)


def test_the_button_gives_the_same_points_in_the_sandbox(small):
    """An honest hand-in gets its points; one that reads the course finds nothing there."""
    spying = f"import pathlib\nprint(pathlib.Path({str(small.root)!r}).exists())\n"
    small.submit("ada", {**RIGHT, "mean": spying + RIGHT["mean"]})
    result = _press(small, "ada")
    assert result["success"], result
    assert small.grades("ada")["01-mean-check"][0] == 3.0
    assert small.grades("ada")["01-pick-check"][0] == 1.0
    shown = [
        o.text
        for c in small.recorded("ada").cells
        if c.cell_type == "code"
        for o in c.outputs
        if o.output_type == "stream"
    ]
    assert shown[0] == "False\n"


def test_a_link_to_somebody_elses_work_is_refused_with_its_reason(small):
    other = small.submit("ada", RIGHT) / f"{EXERCISE}.ipynb"
    path = small.submit("bob", {}) / f"{EXERCISE}.ipynb"
    path.unlink()
    path.symlink_to(other)
    result = _press(small, "bob")
    assert not result["success"]
    assert "it is a link" in result["log"] + result.get("error", "")


@pytest.mark.parametrize("broken", ["not a notebook", "a link"])
def test_a_later_hand_in_that_cannot_be_graded_keeps_no_old_points(small, broken):
    path = small.submit("ada", RIGHT) / f"{EXERCISE}.ipynb"
    assert _press(small, "ada")["success"]
    small.change("ada", "01-memo", manual_score=1.5)
    if broken == "a link":
        elsewhere = path.with_name("other.txt")
        path.rename(elsewhere)
        path.symlink_to(elsewhere)
    else:
        path.write_text("{not a notebook", encoding="utf-8")
    assert not _press(small, "ada")["success"]
    grades = small.grades("ada")
    assert {name: automatic for name, (automatic, *_) in grades.items() if name != "01-memo"} == {
        "01-mean-check": 0.0,
        "01-pick-check": 0.0,
    }
    assert all(needs_a_person for *_, needs_a_person in grades.values())
    assert grades["01-memo"][1] == 1.5


def test_a_later_hand_in_that_can_be_graded_replaces_the_old_points_and_keeps_those_given_by_hand(small):
    small.submit("ada", {})
    assert _press(small, "ada")["success"]
    small.change("ada", "01-memo", manual_score=1.5)
    small.submit("ada", RIGHT)
    assert _press(small, "ada")["success"]
    grades = small.grades("ada")
    assert grades["01-mean-check"][0] == 3.0 and not grades["01-mean-check"][3]
    assert grades["01-memo"][1] == 1.5


def test_an_ordinary_assignment_in_our_course_by_nbgraders_own_commands(small, monkeypatch):
    """generate_assignment and the button: stock's stubs and scores, in the sandbox; beside an exercise of ours."""
    import ordinary_courses as courses

    from grader.grading.run import grade_all
    from grader.nbgrader_bridge.release import run_nbgrader

    made = courses.bootcamp()
    folders = {"source": "solutions", "release": "exercises", "submitted": "classroom/submitted"}
    course = courses.OrdinaryCourse(small.root, [made], **folders)
    assert run_nbgrader(["generate_assignment", made.name]) == ""
    released = small.root / "exercises" / made.name
    assert sorted(path.name for path in released.iterdir()) == ["Exercise notebook.ipynb", "utils.py"]
    assert "# YOUR CODE HERE" in (released / "Exercise notebook.ipynb").read_text(encoding="utf-8")
    course.hand_in("reference", made)
    spy = f"import pathlib\ngreeting = 'hello'\nprint('course', pathlib.Path({str(small.root)!r}).exists())"
    course.hand_in("spy", made, {"greeting": spy, "uses-for": "="})
    from nbgrader.apps.api import NbGraderAPI

    from grader.nbgrader_bridge.gradebook import nbgrader_application

    app = nbgrader_application(small.root)
    for student in ("reference", "spy"):
        done = NbGraderAPI(app.coursedir, parent=app).autograde(made.name, student)
        assert done["success"], done
    scores = courses.totals(small.root, "classroom/gradebook.db")
    assert scores == {(made.name, "reference"): 8.0, (made.name, "spy"): 6.0}
    page = small.root / "classroom" / "autograded" / "spy" / made.name / "Exercise notebook.ipynb"
    assert "course False" in page.read_text(encoding="utf-8")
    rows = grade_all(small.root, made.name, json=True, force=True)
    assert {(made.name, row.student): row.score for row in rows} == scores


def test_release_assignment_carries_the_checks_and_no_answers(small, tmp_path):
    from grader.nbgrader_bridge.release import run_nbgrader

    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    assert run_nbgrader(["release_assignment", EXERCISE, f"--Exchange.root={exchange}"]) == ""
    sent = exchange / "holdout" / "outbound" / EXERCISE
    assert sorted(path.name for path in sent.iterdir()) == [f"{EXERCISE}.ipynb", "checks.json"]


def test_a_first_hand_in_that_cannot_be_graded_is_marked_in_the_gradebook(small):
    """Not only a line in a log: zero points, a person must look, and the comment says why."""
    path = small.submit("ada", RIGHT) / f"{EXERCISE}.ipynb"
    path.rename(path.with_name("elsewhere.txt"))
    path.symlink_to(path.with_name("elsewhere.txt"))
    assert not _press(small, "ada")["success"]
    grades = small.grades("ada")
    assert all(waits for *_, waits in grades.values())
    assert sum(automatic or 0.0 for automatic, *_ in grades.values()) == 0.0
    assert any("link" in (comment or "") for _, comment, _ in small.dump()["ada"]["comments"])


def test_a_reason_for_a_review_marks_every_question(small):
    """The button grades it, and whoever opens formgrader sees that a person must look, and why."""
    small.submit("ada", {**RIGHT, "mean": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"})
    assert _press(small, "ada")["success"]
    assert all(waits for *_, waits in small.grades("ada").values())
    assert all(comment for _, comment, _ in small.dump()["ada"]["comments"])


def test_a_review_of_an_ordinary_assignment_marks_the_submission(small):
    """Its own reason for each: assertions that were switched off, and a hand-in that is a link."""
    import ordinary_courses as courses
    from nbgrader.apps.api import NbGraderAPI

    from grader.nbgrader_bridge.gradebook import GradebookWriter, nbgrader_application
    from grader.nbgrader_bridge.release import run_nbgrader

    made = courses.bootcamp()
    folders = {"source": "solutions", "release": "exercises", "submitted": "classroom/submitted"}
    course = courses.OrdinaryCourse(small.root, [made], **folders)
    assert run_nbgrader(["generate_assignment", made.name]) == ""
    strip = (
        "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Strip())"
    )
    course.hand_in("ada", made, {"greeting": "="})
    course.hand_in("bob", made, {"greeting": strip})
    path = course.hand_in("cyd", made, {}) / "Exercise notebook.ipynb"
    path.rename(path.with_name("elsewhere.txt"))
    path.symlink_to(path.with_name("elsewhere.txt"))
    app = nbgrader_application(small.root)
    done = {
        student: NbGraderAPI(app.coursedir, parent=app).autograde(made.name, student)["success"]
        for student in ("ada", "bob", "cyd")
    }
    assert done == {"ada": True, "bob": True, "cyd": False}
    marks, comments = {}, {}
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        for student in done:
            notebooks = book.find_submission(made.name, student).notebooks
            marks[student] = [grade.needs_manual_grade for one in notebooks for grade in one.grades]
            comments[student] = " ".join(one.auto_comment or "" for nb in notebooks for one in nb.comments)
    assert not any(marks["ada"]) and all(marks["bob"]) and all(marks["cyd"])
    assert "did not fail" in comments["bob"] and "link" in comments["cyd"]
    assert courses.totals(small.root, "classroom/gradebook.db")[made.name, "cyd"] == 0.0
