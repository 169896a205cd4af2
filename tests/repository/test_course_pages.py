"""The start page, the lessons and the cards of the data say the same."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from holdout.markup import nameless_column
from holdout.register import read_course

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "lessons" / "source").glob("[0-9e][0-9]-*.py"))
DEEPER = sorted((ROOT / "lessons" / "source" / "deeper").glob("*.py"))
SOURCES = [*LESSONS, *DEEPER]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_start_page_promises_the_minutes_that_the_lesson_states(source):
    stated = re.search(r"About (\d+) minutes", source.read_text(encoding="utf-8"))
    assert stated
    lesson = read_course(ROOT).lesson(source.stem)
    assert int(stated[1]) == (lesson.deeper_minutes if source in DEEPER else lesson.lesson_minutes)


@pytest.mark.parametrize("lesson", read_course(ROOT).lessons, ids=lambda lesson: lesson.name)
def test_a_lesson_and_what_goes_deeper_name_each_other(lesson):
    deeper = ROOT / "lessons" / "source" / "deeper" / f"{lesson.name}.py"
    assert deeper.is_file() == bool(lesson.deeper_minutes)
    if deeper.is_file():
        core = ROOT / "lessons" / "source" / f"{lesson.name}.py"
        assert f"](deeper/{lesson.name}.ipynb" in core.read_text(encoding="utf-8")
        assert f"](../{lesson.name}.ipynb" in deeper.read_text(encoding="utf-8")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_section_of_a_lesson_is_hidden_as_a_comment_in_its_code(source):
    for cell in re.split(r"(?m)^(?=# %%)", source.read_text(encoding="utf-8"))[1:]:
        if not cell.startswith("# %% [markdown]"):
            assert not re.search(r"(?m)^# ## ", cell), cell[-300:]


def written_out(node):
    """Whether an answer stands in the code as it is shown to the learner."""
    return isinstance(node, ast.Constant | ast.Subscript)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_open_cell_gives_the_answer_of_a_prediction_away(source):
    """Predict, then see: the code below a prediction is read before it is run."""
    for cell in re.split(r"(?m)^(?=# %%)", source.read_text(encoding="utf-8"))[1:]:
        head = cell.partition("\n")[0]
        if "markdown" in head or "source_hidden" in head:
            continue
        calls = [node for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Call)]
        answers = [call.args[1] for call in calls if getattr(call.func, "id", "") == "resolve"]
        assert not any(map(written_out, answers)), cell[-300:]


@pytest.mark.parametrize(
    "path",
    sorted([*(ROOT / "lessons").rglob("*.ipynb"), *(ROOT / "exercises").rglob("*.ipynb")]),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_every_column_of_a_table_has_a_name(path):
    for cell in nbformat.read(path, as_version=4).cells:
        texts = [cell.source] if cell.cell_type == "markdown" else []
        texts += [
            output["data"].get("text/markdown", "") for output in cell.get("outputs", []) if "data" in output
        ]
        assert [nameless_column("".join(text)) for text in texts if nameless_column("".join(text))] == []


def test_every_table_of_the_course_is_listed_with_its_card():
    listed = (ROOT / "datasets" / "README.md").read_text(encoding="utf-8")
    for folder in (ROOT / "datasets").iterdir():
        if folder.is_dir():
            assert (folder / "README.md").is_file(), folder.name
            assert f"({folder.name}/README.md)" in listed, folder.name


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "course.toml",
        *SOURCES,
        *sorted(ROOT.glob("solutions/*/*.py")),
        *sorted(ROOT.glob("holdout/topics/*/*.py")),
    ],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_nothing_is_left_to_write(path):
    """`holdout new` marks with TODO what an author writes."""
    assert "TODO" not in path.read_text(encoding="utf-8")
