"""A learner who works on the exercise with its core marked hands it in where it was released without, and the other way round."""

import pytest

from grader.grading.submission import _without_marks


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
