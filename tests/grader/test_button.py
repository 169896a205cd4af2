"""formgrader's autograde button (nbgrader's API for it) executes behind the wall, through configuration only."""

import pytest
from small_class import EXERCISE, RIGHT, SmallClass

CONFIG = """
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, IgnorePattern, LimitOutput, SaveAutoGrades
from grader.button import Walled

c.Autograde.autograde_preprocessors = [
    Walled, IgnorePattern, "nbconvert.preprocessors.ClearMetadataPreprocessor", LimitOutput, SaveAutoGrades,
    AssignLatePenalties, CheckCellMetadata,
]
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    made = SmallClass(tmp_path)
    with open(made.root / "grader" / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(CONFIG)
    monkeypatch.chdir(made.root)
    return made


def _press(small, student):
    from nbgrader.apps.api import NbGraderAPI

    from grader.record import _application

    app = _application(small.root)
    return NbGraderAPI(app.coursedir, parent=app).autograde(EXERCISE, student)


def test_the_button_gives_the_same_points_behind_the_wall(small):
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
