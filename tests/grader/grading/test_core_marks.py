"""A learner who works on the exercise with its core marked hands it in where it was released without, and the other way round."""

import json

import pytest

from grader.grading.submission import _without_marks
from holdout import paths

ROOT = paths.find_root()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("## 2 · No test row · core\n\nRepair it.", "## 2 · No test row\n\nRepair it.", True),
        ("- Rules.\n\n**Core and more:** questions 1, 2 are the *core*.", "- Rules.", True),
        ("## 2 · No test row · core\n\nRepair it.", "## 2 · No test row\n\nRepair it. Done!", False),
        ("My answer: it leaks, more or less.", "It leaks.", False),
    ],
)
def test_the_marks_of_core_questions_are_no_change_of_a_text(one, other, same):
    assert (_without_marks(one) == _without_marks(other)) is same


def test_every_mark_that_an_exercise_carries_is_known():
    cells = [
        "".join(cell["source"])
        for path in (ROOT / "exercises").glob("*/*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    ]
    marked = [
        text
        for text in cells
        if text.startswith("## ") and text.splitlines()[0].endswith(("· core", "· more"))
    ]
    lists = [text for text in cells if "**Core and more:**" in text]
    assert len(marked) > 100 and len(lists) == len(list((ROOT / "exercises").glob("*/*.ipynb")))
    for text in marked + lists:
        kept = _without_marks(text)
        assert not kept.splitlines()[0].endswith(("· core", "· more")) and "Core and more" not in kept
