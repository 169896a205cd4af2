"""After hand-ins a question can be dropped, added, credited to everybody, or given other points; no point given by hand is lost."""

import pytest
from small_class import EXERCISE, RIGHT, WRONG, SmallClass

from grader.nbgrader_bridge import release as releasing
from grader.nbgrader_bridge.release import release
from grader.reports.export import export

NEW = """
more = Question(
    "01.more", title="More", objective="More.", points=2, answer="more", judge="choice",
    parameters={"options": ["a", "b"]}, visible=[Case()], hints=["Not a."], passed="Yes.",
)
more.wrong("picks a", why="It is there.", message="Why not a.", code="more = 'a'")
"""
NEW_CELL = """
# %% question="01.more"
more = ...
### BEGIN SOLUTION
more = "b"
### END SOLUTION
"""


@pytest.fixture
def small(tmp_path):
    made = SmallClass(tmp_path)
    made.submit("ada", RIGHT, memo="Mine.")
    made.submit("bob", WRONG, memo="Mine.")
    made.grade()
    made.change("ada", "01-memo", manual_score=1.5)
    made.change("bob", "01-pick-check", manual_score=0.5, extra_credit=0.25)
    return made


def _edit(small, questions=lambda text: text, script=lambda text: text):
    folder = small.root / "solutions" / EXERCISE
    for name, edit in (("questions.py", questions), (f"{EXERCISE}.py", script)):
        before = (folder / name).read_text(encoding="utf-8")
        after = edit(before)
        (folder / name).write_text(after, encoding="utf-8")


def _released(small):
    (row,) = release(small.root, [EXERCISE])
    assert row["released"], row
    return row


def test_a_question_is_dropped(small):
    def without_mean(text):
        return text[: text.index("mean = Question(")] + text[text.index("pick = Question(") :]

    def without_cell(text):
        return (
            text[: text.index('# %% question="01.mean"')] + text[text.index("# %% [markdown]\n# Choose.") :]
        )

    _edit(small, without_mean, without_cell)
    row = _released(small)
    assert any("01-mean-check was dropped" in note for note in row["notes"])
    assert list((small.root / "classroom" / "backups").glob("gradebook-*.db"))
    rows = small.grade()
    assert (rows["ada"].score, rows["ada"].max_score, rows["bob"].score) == (2.5, 3.0, 0.75)
    assert set(small.grades("ada")) == {"01-pick-check", "01-memo"}
    assert export(small.root, by_question=True).paths


def test_a_question_is_added(small):
    _edit(small, lambda text: text + NEW, lambda text: text + NEW_CELL)
    row = _released(small)
    assert any("01-more-check was added" in note for note in row["notes"])
    rows = small.grade()
    assert (rows["ada"].score, rows["ada"].max_score) == (5.5, 8.0)
    assert small.grades("ada")["01-memo"][1] == 1.5
    assert small.grades("bob")["01-pick-check"][1:3] == (0.5, 0.25)


@pytest.mark.parametrize(("points", "ada", "most"), [("0", 2.5, 3.0), ("1.5", 4.0, 4.5), ("7", 9.5, 10.0)])
def test_points_are_changed(small, points, ada, most):
    _edit(small, lambda text: text.replace("points=3", f"points={points}"))
    assert "notes" not in _released(small)
    rows = small.grade()
    assert (rows["ada"].score, rows["ada"].max_score) == (ada, most)
    assert small.grades("bob")["01-pick-check"][1:3] == (0.5, 0.25)


@pytest.mark.parametrize("points", ["-1", "0.3", "True", "'2'", "float('nan')", "float('inf')"])
def test_other_points_are_refused_in_a_sentence_and_the_release_stays(small, points):
    before = (small.root / "exercises" / EXERCISE / f"{EXERCISE}.ipynb").read_bytes()
    _edit(small, lambda text: text.replace("points=3", f"points={points}"))
    (row,) = release(small.root, [EXERCISE])
    assert not row["released"] and ("a whole number or a half" in row["problem"] or "float" in row["problem"])
    assert (small.root / "exercises" / EXERCISE / f"{EXERCISE}.ipynb").read_bytes() == before


def test_everybody_gets_the_points_of_a_question(small):
    _edit(small, lambda text: text.replace("points=3", "points=3, credit_everybody=True"))
    _released(small)
    rows = small.grade()
    assert (rows["ada"].score, rows["bob"].score) == (5.5, 3.75)
    (mean, _) = rows["bob"].questions
    assert (mean["share"], mean["outcome"]) == (1.0, "wrong")
    assert "Everybody gets the points" in mean["message"]


def test_a_release_that_fails_leaves_the_old_one(small, monkeypatch):
    folder = small.root / "exercises" / EXERCISE
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fails(arguments):
        import shutil

        shutil.rmtree(folder)
        return "There is no space left.\nSee the above traceback."

    monkeypatch.setattr(releasing, "run_nbgrader", fails)
    (row,) = release(small.root, [EXERCISE])
    assert row == {"exercise": EXERCISE, "released": False, "problem": "There is no space left."}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == [EXERCISE]


def test_what_is_for_authors_only_is_not_released(small):
    """The table of equivalent mutants says why right answers are right."""
    folder = small.root / "solutions" / EXERCISE
    for name in ("equivalent.toml", "questions.kept"):
        (folder / name).write_text("", encoding="utf-8")
    _released(small)
    released = {path.name for path in (small.root / "exercises" / EXERCISE).iterdir()}
    assert released == {f"{EXERCISE}.ipynb", "checks.json"}
