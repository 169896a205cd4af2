"""Text is the source: the same text makes the same bytes, and a copy, an edit or a leak is found and named."""

import json
import shutil

import nbformat
import numpy as np
import pytest
from small_course import REGISTER

from grader.authoring import build as build_module
from grader.authoring.build import build, check_build
from grader.authoring.confusion_matrix import as_markdown, keep
from grader.authoring.execute import execute_lesson, stands_for_a_widget
from grader.authoring.notebooks import NotebookError, find_leaks, read_script
from grader.authoring.pages import read_block
from grader.authoring.verify import verify_exercise
from holdout.checks.document import digest
from holdout.errors import CourseError


@pytest.fixture
def built(built_course):
    return built_course


def bytes_of(root):
    return {
        path: path.read_bytes() for path in sorted(root.rglob("*.ipynb")) + sorted(root.rglob("checks.json"))
    }


def test_a_second_build_changes_no_byte(built):
    before = bytes_of(built)
    assert len(before) == 4
    for path in before:
        path.unlink()
    build(built)
    assert bytes_of(built) == before
    report = build(built)
    assert report.written == []
    assert len(report.unchanged) == 4


def test_a_fresh_build_is_current(built):
    assert check_build(built).problems == []


@pytest.mark.parametrize("command", (build, check_build))
def test_a_name_that_matches_nothing_is_an_error(built, command):
    with pytest.raises(CourseError, match="lessons/source/01"):
        command(built, names=["lessons/source/01-two-numbers.py"])


def test_an_exercise_holds_no_trace_of_a_solution(built):
    text = (built / "exercises/01-small/01-small.ipynb").read_text(encoding="utf-8")
    for secret in ("np.mean", "BEGIN SOLUTION", "HIDDEN", "from grader", 'pick = \\"b\\"', "thoughtful"):
        assert secret not in text
    checks = (built / "exercises/01-small/checks.json").read_text(encoding="utf-8")
    for secret in ("np.mean", "np.sum", "def ", "lambda", "rng"):
        assert secret not in checks


def test_every_given_cell_is_locked_and_every_answer_is_not(built):
    notebook = nbformat.read(built / "exercises/01-small/01-small.ipynb", as_version=4)
    roles = {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader for cell in notebook.cells}
    assert [name for name, role in roles.items() if not role.locked] == [
        "01-mean-answer",
        "01-pick-answer",
        "01-memo",
    ]
    assert {name: role.points for name, role in roles.items() if role.grade} == {
        "01-mean-check": 3,
        "01-pick-check": 1,
        "01-memo": 2,
    }


def test_a_begun_exercise_runs_from_top_to_bottom(built):
    notebook = nbformat.read(built / "exercises/01-small/01-small.ipynb", as_version=4)
    executed = execute_lesson(notebook, built / "exercises/01-small")
    shown = [
        out["data"]["text/plain"]
        for cell in executed.cells
        for out in cell.get("outputs", [])
        if "data" in out
    ]
    assert len(shown) == 2
    assert all(text.startswith("○ not attempted") for text in shown)


def test_questions_are_numbered_in_their_order(built):
    script = built / "solutions/01-small/01-small.py"
    edit(script, "# Choose.", "# ## Which middle?\n#\n# Choose, with the mean of question <01.mean>.")
    edit(script, "# A thoughtful memo.", "# A memo about questions <01.mean> and <01.pick>.")
    edit(built / "solutions/01-small/questions.py", '"Add and divide."', '"Add, as in question <01.mean>."')
    assert build(built, names=["01"]).problems == []
    sources = [
        cell.source for cell in nbformat.read(built / "solutions/01-small/01-small.ipynb", as_version=4).cells
    ]
    assert "## 2 · Which middle?\n\nChoose, with the mean of question 1." in sources
    assert any("about questions 1 and 2." in source for source in sources)
    assert "Add, as in question 1." in (built / "exercises/01-small/checks.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["01-small.py", "questions.py"])
def test_a_reference_to_no_question_is_named(built, path):
    old, new = ("Choose.", "As <01.median>.") if path == "01-small.py" else ("Add.", "As <01.median>.")
    edit(built / "solutions/01-small" / path, old, new)
    (problem,) = check_build(built).problems
    assert "refers to <01.median>, which is no question here; there are 01.mean, 01.pick" in problem


def test_a_leak_of_the_solution_is_found(built):
    solution = nbformat.read(built / "solutions/01-small/01-small.ipynb", as_version=4)
    exercise = nbformat.read(built / "exercises/01-small/01-small.ipynb", as_version=4)
    assert find_leaks(exercise, solution) == []
    exercise.cells[0].source += "\nreturn float(np.mean(values))"
    assert find_leaks(exercise, solution) == ["return float(np.mean(values))"]


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (lambda r: edit(r / "exercises/01-small/01-small.ipynb", "Choose.", "Pick one."), "exercises/01-small/01-small.ipynb"),
        (lambda r: edit(r / "solutions/01-small/01-small.ipynb", "Choose.", "Pick."), "solutions/01-small/01-small.ipynb"),
        (lambda r: edit(r / "solutions/01-small/01-small.py", "Choose.", "Pick."), "exercises/01-small/01-small.ipynb"),
        (lambda r: edit(r / "exercises/01-small/checks.json", "That is the mean.", "No."), "exercises/01-small/checks.json"),
        (lambda r: (r / "exercises/01-small/checks.json").unlink(), "exercises/01-small/checks.json is missing"),
        (lambda r: (r / "exercises/01-small/checks.json").write_text("{"), "it is not JSON"),
        (lambda r: edit(r / "lessons/01-small.ipynb", "6 * 7", "6 * 8"), "lessons/01-small.ipynb was edited"),
        (lambda r: edit(r / "lessons/source/01-small.py", "6 * 7", "6 * 8"), "lessons/01-small.ipynb was edited or is older"),
        (lambda r: edit(r / "lessons/01-small.ipynb", '"execution_count": 1', '"execution_count": null'), "not executed"),
        (lambda r: edit(r / "lessons/01-small.ipynb", '"kernelspec"', '"widgets": {}, "kernelspec"'), "carries widget state"),
        (lambda r: (r / "lessons/01-small.ipynb").write_text("{"), "lessons/01-small.ipynb cannot be read"),
        (lambda r: shutil.copy(r / "lessons/01-small.ipynb", r / "lessons/01-small-Copy1.ipynb"), "01-small-Copy1.ipynb is not made"),
        (lambda r: (r / "exercises/01-small/notes.txt").write_text("x"), "exercises/01-small/notes.txt is not made"),
    ],
)  # fmt: skip
def test_what_is_not_current_or_not_ours_is_named(built, spoil, names):
    spoil(built)
    problems = check_build(built).problems
    assert any(names in problem for problem in problems), problems


def test_an_optional_notebook_stands_beside_its_text(built):
    optional = built / "lessons" / "optional"
    optional.mkdir()
    shutil.copy(built / "lessons/01-small.ipynb", optional / "01-more.ipynb")
    assert check_build(built).problems == [
        "lessons/optional/01-more.ipynb is not made from any text; move it out of lessons/"
    ]
    (optional / "01-more.py").write_text("# %%\n1", encoding="utf-8")
    assert check_build(built).problems == []


def rewrite_checks(root, change):
    """Change ``checks.json`` as another processor or an editor would, and give it the digest of its content."""
    path = root / "exercises/01-small/checks.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document["questions"]["01.mean"]["cases"][0])
    document["digest"] = digest(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def test_numbers_from_another_processor_are_not_a_difference_and_nothing_is_written(built):
    rewrite_checks(built, lambda case: case.update(expected=np.nextafter(case["expected"], 9.0)))
    assert check_build(built).problems == []
    assert build(built, names=["01"]).written == []
    rewrite_checks(built, lambda case: case.update(expected=3.001))
    (problem,) = check_build(built).problems
    assert "question 01.mean, case 'three': expected is 3.001 instead of 3.0" in problem
    assert build(built, names=["01"]).written == ["exercises/01-small/checks.json"]


def test_a_checks_file_whose_digest_is_not_its_own_is_named(built):
    edit(built / "exercises/01-small/checks.json", '"digest":"', '"digest":"0')
    assert any("its digest is not that of its content" in problem for problem in check_build(built).problems)


@pytest.fixture
def executed(monkeypatch):
    """Names of the lessons that a build executes, which it does not really do."""
    names = []

    def note(root, scripts, jobs):
        names.extend(script.stem for script in scripts)
        return []

    monkeypatch.setattr(build_module, "_execute_all", note)
    return names


def test_a_changed_question_makes_its_exercise_and_executes_no_lesson(built, executed):
    edit(built / "solutions/01-small/questions.py", "That is the mean.", "This is the mean.")
    assert build(built, names=["01"]).written == ["exercises/01-small/checks.json"]
    assert executed == []


def test_a_changed_text_of_a_lesson_keeps_the_outputs_that_are_there(built, executed):
    edit(built / "lessons/source/01-small.py", "A small lesson", "A little lesson")
    assert build(built).written == ["lessons/01-small.ipynb"]
    assert executed == []
    notebook = nbformat.read(built / "lessons/01-small.ipynb", as_version=4)
    assert notebook.cells[0].source == "# A little lesson"
    assert notebook.cells[1].outputs[0].text == "42\n"
    assert check_build(built).problems == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: edit(r / "lessons/source/01-small.py", "6 * 7", "6 * 8"),
        lambda r: edit(
            r / "lessons/source/01-small.py", "# %%\nprint", "# %% tags=['raises-exception']\nprint"
        ),
        lambda r: (r / "lessons/01-small.ipynb").unlink(),
        lambda r: (r / "lessons/01-small.ipynb").write_text("{"),
        lambda r: edit(r / "lessons/01-small.ipynb", '"execution_count": 1', '"execution_count": null'),
    ],
)
def test_a_lesson_is_executed_when_its_code_has_changed_or_its_outputs_are_not_there(built, executed, spoil):
    spoil(built)
    build(built)
    assert executed == ["01-small"]


def test_force_executes_a_lesson_that_has_not_changed(built, executed):
    build(built, force=True)
    assert executed == ["01-small"]


def test_a_page_that_reads_the_register_is_made_again_when_the_register_has_changed(built, executed):
    source = built / "lessons/source/01-small.py"
    edit(source, "print(6 * 7)", "import holdout.register\n\nprint(6 * 7)")
    notebook = nbformat.read(built / "lessons/01-small.ipynb", as_version=4)
    notebook.cells[1].source = "import holdout.register\n\nprint(6 * 7)"
    nbformat.write(notebook, built / "lessons/01-small.ipynb")
    build(built)
    assert executed == []
    (built / "course.toml").write_text(REGISTER, encoding="utf-8")
    assert any("older than course.toml" in problem for problem in check_build(built).problems)
    build(built)
    assert executed == ["01-small"]


def test_what_goes_deeper_is_built_beside_its_lesson_and_with_it(built):
    deeper = built / "lessons/source/deeper/01-small.py"
    deeper.parent.mkdir()
    deeper.write_text(
        "# %% [markdown]\n# # Deeper\n\n# %%\nimport pathlib\n\nprint(pathlib.Path().resolve().name)\n"
    )
    assert any(
        "lessons/deeper/01-small.ipynb is missing" in problem for problem in check_build(built).problems
    )
    assert build(built, names=["01"]).written == ["lessons/deeper/01-small.ipynb"]
    notebook = nbformat.read(built / "lessons/deeper/01-small.ipynb", as_version=4)
    assert (
        notebook.cells[1].outputs[0].text == "deeper\n"
    )  # executed where it lies, so that its links and files fit
    assert check_build(built).problems == []
    edit(deeper, "# Deeper", "# Still deeper")
    assert any("edit lessons/source/deeper/01-small.py" in problem for problem in check_build(built).problems)
    deeper.unlink()
    assert any("deeper/01-small.ipynb is not made" in problem for problem in check_build(built).problems)


def test_tables_are_made_of_the_results_that_are_kept(built):
    counts = keep(verify_exercise("01", built, seeds=2), built, ["01.mean", "01.pick"])
    page = built / "docs" / "verification.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text(
        "Before.\n<!-- begin verify -->\nof another branch\n<!-- end verify -->\n", encoding="utf-8"
    )
    assert any("docs/verification.md does not say" in problem for problem in check_build(built).problems)
    assert "docs/verification.md" in build(built).written
    assert read_block(page.read_text(encoding="utf-8"), "verify") == as_markdown(counts)
    assert check_build(built).problems == []


def test_the_readme_gets_the_lessons_of_the_register(built):
    readme = built / "README.md"
    readme.write_text("Before.\n<!-- begin lessons -->\n<!-- end lessons -->\nAfter.\n", encoding="utf-8")
    assert check_build(built).problems == []  # without a register there is nothing to list
    (built / "course.toml").write_text(REGISTER, encoding="utf-8")
    assert any("README.md does not say" in problem for problem in check_build(built).problems)
    assert "README.md" in build(built).written
    text = readme.read_text(encoding="utf-8")
    assert "| 01 | [A small lesson](lessons/01-small.ipynb) | How much? | 5 |" in text
    assert text.startswith("Before.\n") and text.endswith("After.\n")
    (built / "course.toml").write_text(
        REGISTER.replace("lesson_minutes = 5", "lesson_minutes = 5\ndeeper_minutes = 3")
    )
    build(built)
    row = "| 01 | [A small lesson](lessons/01-small.ipynb) · [deeper](lessons/deeper/01-small.ipynb) | How much? | 5 + 3 |"
    assert row in readme.read_text(encoding="utf-8")
    assert check_build(built).problems == []


def test_a_learners_work_is_never_overwritten(built):
    path = built / "exercises/01-small/01-small.ipynb"
    edit(path, "raise NotImplementedError", "return sum(values) / len(values)")
    work = path.read_bytes()
    edit(built / "solutions/01-small/01-small.py", "Choose.", "Pick one.")
    report = build(built, names=["01"])
    assert any("holds somebody's work" in problem for problem in report.problems)
    assert path.read_bytes() == work
    build(built, names=["01"], force=True)
    assert path.with_name("01-small.ipynb.kept").read_bytes() == work
    assert b"Pick one" in path.read_bytes()


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("raise ValueError('broken')", "ValueError: broken"),
        ("import sys; print('careful', file=sys.stderr)", "writes to stderr: careful"),
        ("import warnings; warnings.warn('old')", "writes to stderr"),
        ("import time; time.sleep(30)", "longer than 3 s"),
    ],
)
def test_a_lesson_that_fails_or_warns_is_not_written(mini_course, cell, says):
    source = mini_course / "lessons/source/01-small.py"
    source.write_text(f"# %%\n{cell}\n", encoding="utf-8")
    with pytest.raises(NotebookError, match=says):
        execute_lesson(read_script(source), mini_course, cell_timeout=3)


@pytest.mark.parametrize(
    ("update", "says"),
    [
        ("curve.set_ydata([1 / (5 - step)] * 2)", r"explore\(step=5\) raises ZeroDivisionError"),
        ("curve.set_ydata([1, 2 + 0 * step])", "No end of a control of explore changes its picture"),
    ],
)
def test_a_lesson_whose_figure_fails_at_an_end_of_its_slider_is_not_written(mini_course, update, says):
    source = mini_course / "lessons/source/01-small.py"
    source.write_text(
        "# %%\nfrom holdout.figures.stage import Stage\nstage = Stage(alt='A line')\n"
        "(curve,) = stage.ax.plot([0, 1], [0, 1])\n\n@stage.live(step=(1, 5), start={'step': 2})\n"
        f"def explore(step):\n    {update}\n    return 'a line'\n\nexplore\n",
        encoding="utf-8",
    )
    with pytest.raises(NotebookError, match=says):
        execute_lesson(read_script(source), mini_course)


def test_a_lesson_keeps_the_fallback_picture_and_drops_the_widget(mini_course):
    source = mini_course / "lessons/source/01-small.py"
    source.write_text(
        "# %%\nimport ipywidgets as W\n\nclass Live:\n    def _repr_mimebundle_(self, **_):\n"
        "        box = W.VBox([W.IntSlider()])\n        return {'application/vnd.jupyter.widget-view+json': "
        "{'version_major': 2, 'version_minor': 0, 'model_id': box.model_id}, 'text/plain': 'a slider'}\n\nLive()\n",
        encoding="utf-8",
    )
    notebook = execute_lesson(read_script(source), mini_course)
    (output,) = notebook.cells[0].outputs
    assert output.data == {"text/plain": "a slider"}
    assert output.metadata == {"holdout": {"widget_left_out": True}} and stands_for_a_widget(output)
    assert "widgets" not in notebook.metadata
    assert notebook.cells[0].execution_count == 1


def test_a_question_without_a_solution_region_is_named(mini_course):
    edit(
        mini_course / "solutions/01-small/01-small.py",
        "    ### BEGIN SOLUTION\n    return float",
        "    return float",
    )
    edit(
        mini_course / "solutions/01-small/01-small.py",
        "(np.mean(values))\n    ### END SOLUTION",
        "(np.mean(values))",
    )
    problems = check_build(mini_course).problems
    assert any("01.mean has no BEGIN SOLUTION region" in problem for problem in problems), problems
