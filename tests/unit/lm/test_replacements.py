"""The models that may silently stand in the place of M are those whose answers are on record."""

import numpy as np
import pytest

from holdout.errors import InvalidValue
from holdout.lm import open_book
from holdout.lm.canary import Variants, canary_questions
from holdout.lm.checkpoint import digest
from holdout.lm.replacements import NAMES, replacement


def test_every_replacement_has_the_recorded_weights():
    recorded = {one["name"]: one["weights"] for one in Variants.load().about}
    assert {name: digest(replacement(name).weights) for name in NAMES} == {
        name: recorded[name] for name in NAMES
    }


def test_a_tuned_replacement_answers_as_recorded():
    variants, questions = Variants.load(), canary_questions(open_book())
    rows = np.flatnonzero(variants.slices == "distraction")
    items = [questions.items[row] for row in rows]
    answers = replacement("taught to refuse 0").complete([item.prompt for item in items])
    right = np.array([answer == item.answer for answer, item in zip(answers, items, strict=True)])
    # a near tie may round the other way on another machine
    assert np.sum(right != variants.of("taught to refuse 0")[rows]) <= 3


def test_two_harmful_replacements_differ_in_more_answers_than_rounding_explains():
    variants = Variants.load()
    harmful = [name for name in NAMES if variants.kind(name) == "harmful"]
    assert len(harmful) == 8
    for one in harmful:
        for other in harmful:
            assert one == other or np.sum(variants.of(one) != variants.of(other)) >= 20


def test_an_unknown_replacement_is_refused_with_the_names_that_there_are():
    with pytest.raises(InvalidValue, match=r"no replacement 'M2'; there are same, retouched"):
        replacement("M2")
