"""Evaluation sets share nothing that they must not, and guessing does not look like knowing."""

from holdout.lm import (
    course_set,
    open_book,
)


def test_the_validation_and_the_test_set_share_no_question_where_they_must_not(book):
    validation, test = course_set(book, "validation"), course_set(book, "test")
    assert validation.slices == test.slices
    for name in ("abstain, real", "abstain, invented", "same parameter", "unseen wording"):
        shared = {item.prompt for item in validation.only(name).items} & {
            item.prompt for item in test.only(name).items
        }
        assert not shared, name


def test_the_same_book_gives_the_same_questions(book):
    assert (
        course_set(book, "validation", n=20).fingerprint
        == course_set(open_book(), "validation", n=20).fingerprint
    )


def test_guessing_does_not_look_like_reading(book):
    """Always answering with one of the values in the passages at random reaches 1 / 5; the commonest value
    of a reading slice must be far below the bar of 0.95."""
    questions = course_set(book, "test")
    for name in ("same parameter", "same estimator", "mixed"):
        answers = [item.answer for item in questions.only(name).items]
        assert max(answers.count(answer) for answer in set(answers)) / len(answers) < 0.1
