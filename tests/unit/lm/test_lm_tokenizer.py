"""The tokenizer names what it does not know."""

import pytest

from holdout.lm import (
    Tokenizer,
    UnknownWordError,
)
from holdout.lm.tokenizer import SPECIAL


def test_a_text_comes_back_from_its_tokens(tokenizer):
    text = "what is the default of C for LogisticRegression ?"
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_an_unknown_word_is_named_and_its_neighbours_are_offered(tokenizer):
    with pytest.raises(
        UnknownWordError, match=r"no token for 'LogisticRegresion'.*Did you mean LogisticRegression"
    ):
        tokenizer.encode("what is the default of C for LogisticRegresion ?")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a"], "begins with"),
        ([*SPECIAL, "a", "a"], "twice"),
        ([*SPECIAL, "a b"], "white space"),
    ],
)
def test_a_bad_vocabulary_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer(words)
