"""Any nbgrader assignment in the sandbox: nbgrader's own scores, for every kind of cell and accident."""

import re
import shutil

import nbformat
import ordinary_courses as courses
import pytest
from nbgrader.api import Gradebook

from grader.grading.bounded import Bounded, Excess
from grader.grading.ordinary import OrdinaryAssignment
from grader.grading.run import GRADED, NEEDS_REVIEW, grade_all
from grader.nbgrader_bridge.feedback import write_feedback
from grader.nbgrader_bridge.gradebook import GradebookWriter
from grader.nbgrader_bridge.release import release
from grader.reports.class_report import report
from grader.reports.export import export
from grader.sandbox.limits import Limits
from holdout.errors import CourseError

pytestmark = [pytest.mark.needs("linux"), pytest.mark.needs("bwrap")]
LIMITS = Limits(cell_seconds=4, notebook_seconds=60)
BETTER = {("lab-2", "quits"): 9.0}  # stock cannot grade it at all: `exit()` ends its kernel


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A course of six assignments, released and handed in."""
    course = courses.OrdinaryCourse(
        tmp_path_factory.mktemp("ordinary") / "course", [make() for make in courses.ALL]
    )
    rows = release(course.root)
    assert [row["released"] for row in rows] == [True] * 6, rows
    course.hand_in_everything()
    return course.root


@pytest.fixture(scope="module")
def graded(template):
    """Our scores, and the rows."""
    root = template.parent / "ours"
    shutil.copytree(template, root)
    rows = grade_all(root, json=True, limits=LIMITS)
    return root, {(row.exercise, row.student): row for row in rows}


@pytest.fixture
def small(tmp_path, template):
    """One assignment of two notebooks, released; nothing handed in."""
    root = tmp_path / "course"
    shutil.copytree(template, root)
    shutil.rmtree(root / "submitted")
    return root


def test_every_score_is_stock_nbgraders(template, graded):
    root = template.parent / "stock"
    shutil.copytree(template, root)
    names = sorted(path.name for path in (root / "source").iterdir())
    done = courses.run_stock(root, names)
    stock, ours = courses.totals(root), courses.totals(graded[0])
    assert {**stock, **BETTER} == ours, done.stderr[-2000:]
    assert len(ours) == 36
    automatic = {key: grade[0] or 0.0 for key, grade in courses.grades(root).items() if key[:2] not in BETTER}
    assert automatic == {
        key: g[0] or 0.0 for key, g in courses.grades(graded[0]).items() if key[:2] not in BETTER
    }


def test_every_row_says_what_happened(graded):
    rows = graded[1]
    assert {row.isolation for row in rows.values()} == {"full"}
    reviews = {key for key, row in rows.items() if row.outcome == NEEDS_REVIEW}
    assert reviews == {("ps1", "deletes-tests")}
    assert "squares-test" in rows["ps1", "deletes-tests"].sentence
    assert "put back" in " ".join(rows["ps1", "edits-tests"].notes)
    assert "missing" in " ".join(rows["ps1", "one-notebook"].notes)
    assert "interrupted after 4 seconds" in rows["LU", "loops"].sentence
    assert rows["ps1", "bit"].needs_manual_grade
    outcomes = {one["question"]: one["outcome"] for one in rows["LU", "syntax"].questions}
    assert outcomes == {"forward-test": "crashed", "norm-test": "passed", "norm-test-2": "passed"}


def test_a_second_run_grades_nothing_again(graded):
    rows = grade_all(graded[0], "LU", json=True, limits=LIMITS)
    assert rows and not any(row.fresh for row in rows)
    assert {row.student: row.score for row in rows} == {
        student: row.score for (name, student), row in graded[1].items() if name == "LU"
    }


def test_feedback_report_and_export_of_an_ordinary_assignment(graded):
    root = graded[0]
    made = write_feedback(root, "LU")
    assert made == [{"exercise": "LU", "written": 6, "problem": ""}]
    page = (root / "feedback" / "only-visible" / "LU" / "LU.html").read_text(encoding="utf-8")
    page = re.sub("<[^>]+>", "", page)  # code is highlighted
    assert "assert_allclose(forward" in page and "rng.uniform" not in page
    assert "forward-test" in report(root, "LU").read_text(encoding="utf-8")
    exported = export(root, "csv", exercise="LU", by_question=True)
    text = exported.paths[0].read_text(encoding="utf-8-sig")
    assert "norm-test" in text and "only-visible" in text


def _hand_in(root, name, cells, student="mallory", files=()):
    """Replace the answers of a hand-in: a callable changes the notebook."""
    made = next(make() for make in courses.ALL if make().name == name)
    course = courses.OrdinaryCourse.__new__(courses.OrdinaryCourse)
    course.root, course.assignments = root, [made]
    course.source, course.released, course.submitted = root / "source", root / "release", root / "submitted"
    folder = course.hand_in(student, made, cells if isinstance(cells, dict) else {})
    if callable(cells):
        for path in folder.glob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            cells(notebook)
            nbformat.write(notebook, path)
    for path, content in dict(files).items():
        (folder / path).write_bytes(content)
    return folder


ATTACKS = {
    "skips the checks": lambda nb: [
        cell.metadata.update(tags=["skip-execution", "raises-exception"]) for cell in nb.cells
    ],
    "points": lambda nb: [
        c.metadata.nbgrader.update(points=100)
        for c in nb.cells
        if c.metadata.get("nbgrader", {}).get("grade")
    ],
    "not graded": lambda nb: [
        c.metadata.nbgrader.update(grade=False) for c in nb.cells if "nbgrader" in c.metadata
    ],
    "as solution": lambda nb: [
        c.metadata.nbgrader.update(solution=True, locked=False) for c in nb.cells if "nbgrader" in c.metadata
    ],
    "text instead": lambda nb: [
        c.update(cell_type="markdown") for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade")
    ],
    "old format": lambda nb: [
        c.metadata.nbgrader.update(schema_version=1) for c in nb.cells if "nbgrader" in c.metadata
    ],
    "own checks": lambda nb: [
        c.update(source="pass") for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade")
    ],
    "own kernel": lambda nb: nb.metadata.update(kernelspec={"name": "evil", "display_name": "x"}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_learner_writes_about_cells_earns_nothing(small, attack):
    _hand_in(small, "week 3", ATTACKS[attack])
    (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
    assert row.score == 0.0 and row.max_score == 5.0


def test_a_forged_result_before_a_failure_earns_nothing_and_is_named(small):
    forge = (
        "from IPython import get_ipython\n"
        "class Stack:\n    def __init__(self):\n        get_ipython().displayhook(1.0)\n        raise ValueError"
    )
    _hand_in(small, "week 3", {"stack": forge})
    (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
    assert row.score == 0.0
    assert row.outcome == NEEDS_REVIEW and "showed a result and failed" in row.sentence


def test_code_that_switches_assertions_off_raises_the_alarm(small):
    strip = (
        "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Strip())\nclass Stack:\n    pass"
    )
    _hand_in(small, "week 3", {"stack": strip})
    (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
    assert row.outcome == NEEDS_REVIEW and "did not fail" in row.sentence


def test_a_process_that_ends_itself_earns_nothing_for_what_was_not_run(small):
    _hand_in(small, "week 3", {"stack": "import os\nos._exit(0)"})
    (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
    assert row.score == 0.0 and row.outcome == NEEDS_REVIEW
    assert "exit status 0" in row.sentence


def test_the_course_is_out_of_reach_and_so_are_the_hidden_tests(small):
    spy = (
        f"import pathlib\nprint('course', pathlib.Path({str(small)!r}).exists())\n"
        "print('hidden', any('full' + '.push' in p.read_text(errors='ignore') for p in pathlib.Path('.').rglob('*') if p.is_file()))\n"
        "pathlib.Path('..', 'written').write_text('x')"
    )
    _hand_in(small, "week 3", {"stack": spy})
    grade_all(small, "week 3", json=True, limits=LIMITS)
    node = nbformat.read(small / "autograded" / "mallory" / "week 3" / "stacks.ipynb", as_version=4)
    printed = "".join(o.get("text", "") for c in node.cells if c.cell_type == "code" for o in c.outputs)
    assert "course False" in printed and "hidden False" in printed


def test_links_and_shadow_libraries_are_left_out_and_named(small):
    folder = _hand_in(
        small, "week 3", {"stack": "="}, files={"pickle.py": b"raise SystemExit", "mine.py": b"x = 1"}
    )
    (folder / "link.txt").symlink_to("/etc/passwd")
    (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
    assert row.score == 5.0 - 1.0
    notes = " ".join(row.notes)
    assert (
        "“pickle.py” was left out: it has the name of a library" in notes
        and "“link.txt” was left out" in notes
    )
    recorded = {path.name for path in (small / "autograded" / "mallory" / "week 3").iterdir()}
    assert "mine.py" in recorded and not recorded & {"link.txt", "pickle.py"}


@pytest.mark.parametrize("broken", ["text", "link", "nothing", "another"])
def test_what_cannot_be_read_gets_a_row_a_page_and_no_points(small, broken):
    folder = _hand_in(small, "week 3", {"stack": "="})
    path = folder / "stacks.ipynb"
    if broken == "text":
        path.write_text("{not a notebook", encoding="utf-8")
    elif broken == "link":
        path.unlink()
        path.symlink_to(small / "source" / "week 3" / "stacks.ipynb")
    elif broken == "nothing":
        path.unlink()
    else:
        nbformat.write(nbformat.v4.new_notebook(), folder / "other.ipynb")
        path.unlink()
    (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
    assert (row.score, row.outcome) == (0.0, NEEDS_REVIEW) and row.needs_manual_grade
    assert write_feedback(small, "week 3")[0]["written"] == 1


def _never_within_limits(monkeypatch, refused):
    """Some work takes too much for its limits; `refused(task, arguments)` says which."""
    real = Bounded.call

    def call(self, task, *arguments, **options):
        if refused(task, arguments):
            raise Excess("It needs more than 20 seconds of processor time here.")
        return real(self, task, *arguments, **options)

    monkeypatch.setattr(Bounded, "call", call)


def test_a_hand_in_that_takes_too_much_to_read_costs_nobody_else(small, monkeypatch):
    for student in ("ada", "bob"):
        _hand_in(small, "week 3", {"stack": "="}, student=student)
    _never_within_limits(
        monkeypatch, lambda task, arguments: task == "read_ordinary" and "ada" in arguments[1]
    )
    rows = {row.student: row for row in grade_all(small, "week 3", json=True, limits=LIMITS)}
    assert (rows["ada"].score, rows["ada"].outcome) == (0.0, NEEDS_REVIEW)
    assert "20 seconds of processor time" in rows["ada"].sentence
    assert (rows["bob"].score, rows["bob"].outcome) == (4.0, GRADED)


def test_where_outputs_are_too_heavy_the_points_come_from_errors_and_results_alone(small, monkeypatch):
    _hand_in(small, "week 3", {"stack": "="}, student="right")
    _hand_in(small, "week 3", {"stack": "class Stack:\n    pass\nprint('much')"}, student="wrong")
    (plain,) = [row for row in grade_all(small, "week 3", json=True, limits=LIMITS) if row.student == "wrong"]

    def refused(task, arguments):
        if task != "finish_ordinary":
            return False
        shown = [output for outputs in arguments[3].cells for output in outputs]
        return not any("not shown" in output.get("text", "") for output in shown)

    _never_within_limits(monkeypatch, refused)
    rows = {row.student: row for row in grade_all(small, "week 3", json=True, limits=LIMITS, force=True)}
    assert (rows["right"].score, rows["wrong"].score) == (4.0, plain.score)
    assert {row.outcome for row in rows.values()} == {NEEDS_REVIEW}
    assert "outputs of the notebook are not shown" in rows["wrong"].sentence
    page = small / "autograded" / "wrong" / "week 3" / "stacks.ipynb"
    assert "much" not in "".join(str(cell.get("outputs")) for cell in nbformat.read(page, as_version=4).cells)


def test_a_later_hand_in_that_cannot_be_read_keeps_no_old_points(small):
    folder = _hand_in(small, "week 3", {"stack": "="})
    (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
    assert row.score == 4.0
    (folder / "stacks.ipynb").write_text("", encoding="utf-8")
    (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
    assert row.score == 0.0 and "is empty" in row.sentence


def test_a_renamed_notebook_is_known_by_its_cells(small):
    folder = _hand_in(small, "ps1", {"squares": "="})
    (folder / "problem1.ipynb").rename(folder / "problem1 (1).ipynb")
    (row,) = grade_all(small, "ps1", json=True, limits=LIMITS)
    assert row.score == 2.0 and row.outcome == GRADED
    assert "is called “problem1 (1).ipynb”" in " ".join(row.notes)


def test_a_picture_in_a_memo_survives_and_a_script_does_not(small):
    import base64

    def draw(notebook):
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "opinion":
                cell.source = "![mine](attachment:a.png) <script>alert(1)</script>"
                picture = base64.b64encode(courses.PICTURE).decode()
                cell.attachments = {
                    "a.png": {"image/png": picture},
                    "b.svg": {"image/svg+xml": "<svg onload=alert(1)>"},
                }

    _hand_in(small, "ps1", draw)
    grade_all(small, "ps1", json=True, limits=LIMITS)
    node = nbformat.read(small / "autograded" / "mallory" / "ps1" / "problem2.ipynb", as_version=4)
    (cell,) = [cell for cell in node.cells if cell.get("attachments")]
    assert list(cell.attachments) == ["a.png"] and "<script" not in cell.source


def test_another_language_is_named(small):
    with Gradebook(f"sqlite:///{small / 'gradebook.db'}") as book:
        book.find_notebook("LU", "LU").kernelspec = '{"name": "ir", "display_name": "R", "language": "R"}'
        book.db.commit()
    _hand_in(small, "LU", {})
    with pytest.raises(CourseError, match="'R'.*runs Python only"):
        grade_all(small, "LU", json=True)


def test_an_assignment_that_was_never_released_is_named(small):
    (small / "source" / "new").mkdir()
    nbformat.write(nbformat.v4.new_notebook(), small / "source" / "new" / "new.ipynb")
    (small / "submitted" / "ada" / "new").mkdir(parents=True)
    with pytest.raises(CourseError, match="does not know the assignment 'new'.*holdout release new"):
        grade_all(small, "new", json=True)


def test_only_what_the_assignment_imports_is_loaded_before_the_fork(template):
    with GradebookWriter(template) as writer:
        assert {"numpy", "numpy.testing"} <= set(OrdinaryAssignment("LU", writer).preload)
        assert OrdinaryAssignment("week 3", writer).preload == ("json",)


def test_a_late_penalty_is_shown_and_renewed_when_the_due_date_moves(small):
    settings = "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
    (small / "nbgrader_config.py").write_text(settings, encoding="utf-8")
    when = {"timestamp.txt": b"2026-03-02 12:00:00.0 Europe/Berlin"}
    _hand_in(small, "week 3", {"stack": "="}, files=when)

    def due(date):
        with Gradebook(f"sqlite:///{small / 'gradebook.db'}") as book:
            book.update_or_create_assignment("week 3", duedate=date)
        (row,) = grade_all(small, "week 3", json=True, limits=LIMITS)
        return row

    row = due("2026-03-02 10:59:00 UTC")
    assert (row.score, row.penalty, row.notes) == (4.0, 4.0, [])
    assert "1 are late, with 4 points taken off" in report(small, "week 3").read_text(encoding="utf-8")
    write_feedback(small, "week 3")
    page = small / "feedback" / "mallory" / "week 3" / "stacks.html"
    assert "Late submission penalty (Score: -4.0)" in page.read_text(encoding="utf-8")
    row = due("2026-03-03 10:00:00 UTC")
    assert (row.score, row.penalty, row.fresh) == (4.0, 0.0, False)
    assert "are late" not in report(small, "week 3").read_text(encoding="utf-8")


def test_feedback_can_be_released_for_everybody(small, tmp_path, monkeypatch):
    """nbgrader's own command stops for all where one hand-in did not come through the exchange."""
    from grader.nbgrader_bridge.release import run_nbgrader, working_in

    through = {"submission_secret.txt": b"a secret", "timestamp.txt": b"2026-03-02 12:00:00.0 UTC"}
    _hand_in(small, "week 3", {"stack": "="}, student="ada", files=through)
    _hand_in(small, "week 3", {"stack": "="}, student="bob")
    grade_all(small, "week 3", json=True, limits=LIMITS)
    assert write_feedback(small, "week 3")[0]["written"] == 2
    exchange = tmp_path / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    with working_in(small):
        words = ["release_feedback", "week 3", f"--Exchange.root={exchange}", "--course=c"]
        assert run_nbgrader(words) == ""
    from nbgrader.utils import notebook_hash

    pages = {path.name for path in (exchange / "c" / "feedback").iterdir()}
    assert f"{notebook_hash(secret='a secret', notebook_id='stacks')}.html" in pages and len(pages) == 2
