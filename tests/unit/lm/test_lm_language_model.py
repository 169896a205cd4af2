"""A question that the model cannot read is refused in words."""

import pytest

from holdout.lm import (
    UnknownWordError,
)


def test_an_empty_question_is_refused(small):
    with pytest.raises(ValueError, match="question is empty"):
        small.answer("  ")


def test_a_prompt_that_leaves_no_room_is_refused(small):
    with pytest.raises(ValueError, match="do not fit into the 24 tokens"):
        small.answer("a ?", passages=["a b c d"] * 5)


def test_a_misspelt_word_is_refused(small):
    with pytest.raises(UnknownWordError, match="no token for 'zebra'"):
        small.answer("zebra ?")
