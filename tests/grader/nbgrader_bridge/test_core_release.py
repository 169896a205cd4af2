"""A release of the core questions: points, gradebook, grading, feedback and export follow; nothing that was graded is lost."""

import csv
import shutil

import nbformat
import pytest
from small_class import EXERCISE, RIGHT, SmallClass
from small_course import REGISTER

from grader.authoring.build import build
from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import exercise_notebook, read_script, solution_notebook
from grader.authoring.question import QuestionError
from grader.cli import main
from grader.grading.prepared import PreparedExercise
from grader.nbgrader_bridge.feedback import write_feedback
from grader.nbgrader_bridge.release import release, released_exercise
from grader.reports.export import export
from grader.tools.simulate import simulate
from holdout import paths

ROOT = paths.find_root()
EXERCISES = sorted(path.name for path in (ROOT / "exercises").glob("[0-9e][0-9]-*"))
MEAN, PICK, MEMO = "01-mean-check", "01-pick-check", "01-memo"


@pytest.fixture
def small(tmp_path):
    """A class of a course in which 01.mean is core and 01.pick is more; the artefact's cell uses `pick`."""
    made = SmallClass(tmp_path)
    (made.root / "course.toml").write_text(
        REGISTER.replace('core = ["01.mean", "01.pick"]', 'core = ["01.mean"]'), encoding="utf-8"
    )
    script = made.root / "solutions" / EXERCISE / f"{EXERCISE}.py"
    text = script.read_text(encoding="utf-8")
    text = text.replace("# %% question=", "# %% [markdown]\n# ## A question\n\n# %% question=")
    text = text.replace(
        "# %% [markdown] memo",
        "# %% [markdown]\n# ## Your artefact\n\n# %%\nprint(pick)  # needs question <01.pick>\n\n# %% [markdown] memo",
    )
    script.write_text(text, encoding="utf-8")
    return made


def released(small, **options):
    (row,) = release(small.root, **options)
    small.release = nbformat.read(small.root / "exercises" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
    return row


def test_a_release_takes_nobodys_work(small, capsys, monkeypatch):
    released(small)
    folder = small.root / "exercises" / EXERCISE
    assert "notes" not in released(small)  # an untouched release is nobody's work
    for cell in small.release.cells:
        if cell.metadata.nbgrader.grade_id == "01-mean-answer":
            cell.source = "def mean(values):\n    return 42"
    nbformat.write(small.release, folder / f"{EXERCISE}.ipynb")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    monkeypatch.chdir(small.root)
    assert main(["release", "01"]) == 0
    said = capsys.readouterr().out
    saved = small.root / "classroom" / "replaced-releases" / f"{EXERCISE}-1"
    assert "somebody had worked in" in said and f"classroom/replaced-releases/{EXERCISE}-1" in said
    assert (saved / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert "return 42" in (saved / f"{EXERCISE}.ipynb").read_text(encoding="utf-8")
    assert "return 42" not in (folder / f"{EXERCISE}.ipynb").read_text(encoding="utf-8")
    assert "notes" not in released(small)


def cells_of(notebook):
    return {cell.metadata.nbgrader.grade_id for cell in notebook.cells}


def test_the_whole_exercise_says_which_questions_are_core(small):
    assert released(small) == {"exercise": EXERCISE, "released": True, "questions": 2, "points": 6}
    text = "\n".join(cell.source for cell in small.release.cells)
    assert "## 1 · A question · core" in text and "## 2 · A question · more" in text
    assert "questions 1 are the *core*" in text and "Questions 2 are *more*" in text
    assert "What you make at the end for your portfolio needs 2, too." in text


def test_a_core_release_has_the_core_questions_the_artefact_and_the_memo(small):
    assert released(small, core=True) == {"exercise": EXERCISE, "released": True, "questions": 1, "points": 5}
    assert {MEAN, MEMO} <= cells_of(small.release)
    assert PICK not in cells_of(small.release)
    text = "\n".join(cell.source for cell in small.release.cells)
    assert "A question · more" not in text
    assert "its answer is given" in text  # the artefact uses it
    assert released_exercise(EXERCISE, small.root).ids == ["01.mean"]
    checks = (small.root / "exercises" / EXERCISE / "checks.json").read_text(encoding="utf-8")
    assert '"01.mean"' in checks and '"01.pick"' not in checks


def test_grading_feedback_and_export_follow_a_core_release(small, monkeypatch):
    monkeypatch.chdir(small.root)
    released(small, core=True)
    small.submit("ada", RIGHT, memo="A memo.")
    row = small.grade()["ada"]
    assert (row.score, row.max_score, [one["question"] for one in row.questions]) == (3.0, 5.0, ["01.mean"])
    small.change("ada", MEMO, manual_score=2.0, needs_manual_grade=False)
    assert write_feedback(small.root)[0]["written"] == 1
    (path,) = export(small.root, "csv", by_question=True).paths
    (line,) = list(csv.DictReader(path.open(encoding="utf-8-sig")))
    assert (float(line["score"]), float(line["out of"])) == (5.0, 5.0)


def test_a_core_release_can_be_replaced_by_the_whole_while_nothing_was_handed_in(small):
    released(small, core=True)
    assert released(small)["questions"] == 2
    small.submit("ada", RIGHT, memo="A memo.")
    assert small.grade()["ada"].max_score == 6.0
    assert [one["question"] for one in small.grade()["ada"].questions] == ["01.mean", "01.pick"]


@pytest.mark.parametrize("first", [True, False], ids=["core, then all", "all, then core"])
def test_where_something_was_graded_another_kind_of_release_is_refused_and_loses_nothing(small, first):
    released(small, core=first)
    small.submit("ada", RIGHT, memo="A memo.")
    small.grade()
    small.change("ada", MEMO, manual_score=1.5, needs_manual_grade=False)
    small.change("ada", MEAN, manual_score=2.0)
    before, notebook = small.dump(), small.release
    (row,) = release(small.root, core=not first)
    assert not row["released"]
    assert "1 submission of" in row["problem"] and "Nothing was changed" in row["problem"]
    assert "take graded questions away or add some that nobody was asked" in row["problem"]
    assert f"`holdout release 01{' --core' if first else ''}`" in row["problem"]
    assert small.dump() == before
    path = small.root / "exercises" / EXERCISE / f"{EXERCISE}.ipynb"
    assert nbformat.read(path, as_version=4) == notebook
    # the same kind again keeps what was given by hand
    assert release(small.root, core=first)[0]["released"]
    assert small.grades("ada")[MEMO][1] == 1.5
    regraded = small.grade(force=True)["ada"]
    assert regraded.score == 2.0 + 1.5 + (0.0 if first else 1.0)


def test_the_gradebook_decides_what_is_graded_and_not_the_files(small):
    """An author who builds afterwards, or an instructor who deletes the release, changes no grade."""
    released(small, core=True)
    shutil.rmtree(small.root / "exercises" / EXERCISE)
    small.submit("ada", RIGHT, memo="A memo.")
    assert small.grade()["ada"].max_score == 5.0
    assert PreparedExercise("01", small.root, 1, {MEAN, MEMO}).check_cells == {MEAN: "01.mean"}
    assert set(PreparedExercise("01", small.root, 1).check_cells) == {MEAN, PICK}


def test_a_simulated_class_answers_what_was_released(small):
    released(small, core=True)
    truth = simulate(small.root, "01", students=2)
    assert {id for student in truth["students"].values() for id in student} == {"01.mean"}
    assert {row.max_score for row in small.grade().values()} == {5.0}


def test_without_a_register_there_is_no_core_to_release(small, capsys, monkeypatch):
    (small.root / "course.toml").unlink()
    with pytest.raises(QuestionError, match=r"marks no core questions"):
        load_exercise("01", small.root).only_core()
    monkeypatch.chdir(small.root)
    assert main(["release", "01", "--core"]) == 1
    assert "list four or five of them as `core`" in capsys.readouterr().out


@pytest.mark.parametrize("name", EXERCISES)
def test_the_core_of_an_exercise_stands_alone(name):
    """No cell of it uses a name that only a question outside of it defines, and nothing of its solutions is given away."""
    import ast
    import builtins

    exercise = load_exercise(name)
    core = exercise.only_core()
    folder = ROOT / "solutions" / name
    solution = solution_notebook(read_script(folder / f"{name}.py"), core)
    others = {n for one in exercise.questions if one.id not in core.ids for n in one.names}
    trees = [ast.parse(cell.source) for cell in solution.cells if cell.cell_type == "code"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    defined |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert used & others <= defined | set(dir(builtins))
    notebook = exercise_notebook(solution)
    checks = {cell.id for cell in notebook.cells if cell.id.endswith("-check")}
    assert checks == {f"{id.replace('.', '-')}-check" for id in core.ids}


def _files_of(root):
    places = (
        f"solutions/{EXERCISE}/{EXERCISE}.ipynb",
        f"exercises/{EXERCISE}/{EXERCISE}.ipynb",
        f"exercises/{EXERCISE}/checks.json",
    )
    return {place: (root / place).read_bytes() for place in places}


@pytest.mark.parametrize("first", ["release", "build"])
def test_what_is_current_is_released_again_without_being_made_again(small, monkeypatch, first):
    row = released(small) if first == "release" else build(small.root) and released(small)
    files = _files_of(small.root)
    with monkeypatch.context() as patched:
        patched.setattr(
            "grader.nbgrader_bridge.release.load_exercise", lambda *_: pytest.fail("was read again")
        )
        assert released(small) == row and _files_of(small.root) == files


@pytest.mark.parametrize("change", ["questions", "script", "register", "checks", "notebook", "core"])
def test_whatever_changes_a_release_is_made_anew(small, change):
    released(small)
    files = _files_of(small.root)
    questions = small.root / "solutions" / EXERCISE / "questions.py"
    script = small.root / "solutions" / EXERCISE / f"{EXERCISE}.py"
    if change == "questions":
        questions.write_text(questions.read_text().replace("points=3", "points=4", 1))
        changed = f"exercises/{EXERCISE}/checks.json"
        assert released(small)["points"] == 7 and _files_of(small.root)[changed] != files[changed]
    elif change == "script":
        script.write_text(script.read_text().replace("## A question", "## Another question"))
        released(small)
        assert "Another question" in "\n".join(cell.source for cell in small.release.cells)
    elif change == "register":
        register = small.root / "course.toml"
        register.write_text(register.read_text().replace('core = ["01.mean"]', 'core = ["01.pick"]'))
        released(small)
        assert "questions 2 are the *core*" in "\n".join(cell.source for cell in small.release.cells)
    else:
        if change == "core":
            released(small, core=True)
        else:
            made = list(files)[2 if change == "checks" else 0]
            (small.root / made).write_text("{}")
        released(small)
        assert _files_of(small.root) == files
