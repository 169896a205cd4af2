"""What several tests of the language model share."""

import numpy as np
import pytest

from holdout.lm import (
    Config,
    LanguageModel,
    Tokenizer,
    open_book,
)
from holdout.lm.examples import ExampleMaker, Mix
from holdout.lm.facts import vocabulary
from holdout.lm.model import initial_weights
from holdout.lm.tokenizer import SPECIAL


@pytest.fixture(scope="module")
def book():
    return open_book()


@pytest.fixture(scope="module")
def tokenizer(book):
    return Tokenizer(vocabulary(book))


@pytest.fixture(scope="module")
def maker(book, tokenizer):
    return ExampleMaker(book, tokenizer, Mix())


@pytest.fixture
def small():
    """An untrained model with a vocabulary of twelve words."""
    tokenizer = Tokenizer([*SPECIAL, "a", "b", "c", "d", "?"])
    config = Config(vocabulary=12, width=16, heads=2, layers=2, hidden=24, context=24)
    return LanguageModel(initial_weights(config, np.random.default_rng(0)), config, tokenizer)
