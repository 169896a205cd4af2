"""``holdout portfolio``: every number of an artefact is computed again by the learner's own notebook."""

import json
import shutil

import nbformat
import pytest

from grader.cli import main
from holdout.paths import find_root
from holdout.record import progress
from holdout.record.portfolio.recompute import _kept_by, make_portfolio
from holdout.register import read_course

NAME = "01-small"
KEEP = 'from holdout.record.artefacts import keep\nkeep("01", "mean", numbers={{"mean": {value}}})'


@pytest.fixture
def course(tmp_path, monkeypatch):
    root = tmp_path / "course"
    for folder in (f"exercises/{NAME}", "lessons", "solutions"):
        (root / folder).mkdir(parents=True)
    shutil.copy(find_root(__file__) / "course.toml", root)
    monkeypatch.chdir(root)
    return root


def write(root, *cells):
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    path = root / "exercises" / NAME / f"{NAME}.ipynb"
    nbformat.write(notebook, path)
    return path


def kept(**numbers):
    """What an earlier run has kept."""
    folder = progress.record_folder() / "portfolio"
    folder.mkdir(parents=True, exist_ok=True)
    about = {"exercise": "01", "name": "mean", "numbers": numbers}
    (folder / "01-mean.json").write_text(json.dumps(about))


def code(value):
    return nbformat.v4.new_code_cell(KEEP.format(value=value))


@pytest.mark.parametrize(
    ("value", "counts"),
    [("1 / 3", {"confirmed": 1, "different": 0}), ("0.4", {"confirmed": 0, "different": 1})],
)
def test_a_number_is_computed_again_by_the_notebook(course, value, counts):
    """A number that was changed in the record, or a notebook that says something else now, is seen."""
    path = write(course, code(value))
    before = path.read_bytes()
    kept(mean=1 / 3)
    made = make_portfolio(course)
    assert {name: made[name] for name in counts} == counts
    assert path.read_bytes() == before  # the learner's notebook is not touched
    assert json.loads((progress.record_folder() / "portfolio" / "01-mean.json").read_text())["numbers"] == {
        "mean": 1 / 3
    }


def test_a_notebook_that_fails_today_confirms_nothing_and_says_why(course):
    write(course, nbformat.v4.new_code_cell("1 / 0"), nbformat.v4.new_code_cell("import sys; sys.exit()"))
    kept(mean=0.5)
    made = make_portfolio(course)
    assert made["unconfirmed"] == 1
    assert "ZeroDivisionError" in (course / "portfolio.html").read_text(encoding="utf-8")


def test_a_notebook_that_never_ends_is_left_and_the_page_says_so(course, monkeypatch):
    monkeypatch.setattr("holdout.record.portfolio.recompute.CELL_SECONDS", 2)
    write(course, nbformat.v4.new_code_cell("while True:\n    pass"), code("0.5"))
    kept(mean=0.5)
    assert make_portfolio(course)["unconfirmed"] == 1
    assert "a cell took longer than 2 seconds" in (course / "portfolio.html").read_text(encoding="utf-8")


def test_what_the_exercises_ask_for_and_is_not_there_is_listed(course):
    memo = nbformat.v4.new_markdown_cell(
        "I would wait.", metadata={"nbgrader": {"solution": True, "grade_id": "m"}}
    )
    blank = nbformat.v4.new_markdown_cell(
        "*Write here.*", metadata={"nbgrader": {"solution": True, "grade_id": "n"}}
    )
    asked = nbformat.v4.new_markdown_cell(
        "## Memo\n\nShe asks: *Ship?* Answer in at most 9 words.\n\nRubric."
    )
    write(course, code("0.5"), asked, memo, blank)
    made = make_portfolio(course)
    html = (course / "portfolio.html").read_text(encoding="utf-8")
    assert (made["artefacts"], made["missing"]) == (0, 2)
    assert "01 · Two numbers and a chart: mean</li>" in html
    assert "01 · Two numbers and a chart: memo</li>" in html  # the one that is still blank
    assert "She asks: <em>Ship?</em></p>\n</div>\n<blockquote><p>I would wait.</p>" in html
    assert "Answer in at most" not in html and "Write here" not in html
    assert "14 · Ship or wait: no exercise in this copy" in html


def test_every_artefact_that_an_exercise_keeps_is_described_for_a_stranger():
    root = find_root(__file__)
    exercises = root.glob("exercises/[0-9e][0-9]-*/[0-9e][0-9]-*.ipynb")
    asked = {(path.stem[:2], name) for path in exercises for name in _kept_by(nbformat.read(path, 4))}
    registered = {
        (lesson.number, artefact.name)
        for lesson in read_course(root).lessons
        for artefact in lesson.artefacts
    }
    assert registered == asked


def test_a_broken_notebook_costs_its_own_part_only(course):
    (course / "exercises" / NAME / f"{NAME}.ipynb").write_text("{")
    kept(mean=0.5)
    made = make_portfolio(course)
    assert made["unconfirmed"] == 1
    assert "exercise 01 is not there" in (course / "portfolio.html").read_text(encoding="utf-8")


def test_the_command_says_what_it_wrote(course, capsys):
    write(course, code("0.5"))
    kept(mean=0.5)
    assert main(["portfolio", "--no-recompute", "--output", "mine.html", "--name", "Ada <b>"]) == 0
    printed = capsys.readouterr().out
    assert "mine.html: 1 artefact, 0 missing" in printed and "1 could not be confirmed" in printed
    assert "Ada &lt;b&gt;" in (course / "mine.html").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_one_sentence(course, capsys):
    assert main(["portfolio", "--no-recompute", "--output", "no/where.html"]) == 1
    assert "cannot be written" in capsys.readouterr().err
