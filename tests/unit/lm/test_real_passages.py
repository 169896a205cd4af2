"""Docstrings are cut into passages that can be understood alone."""

import pytest

from holdout.lm.real.passages import (
    beginning,
    fixed_pieces,
    installed_docstrings,
    parameter_passages,
    sections,
)

DOC = """Fit a line.

Longer text.

Parameters
----------
alpha : float, default=1.0
    How strong.

    .. versionchanged:: 0.22
       The default was 10.

    More about it.
tol, eps : float, default=1e-4
    When to stop.

Attributes
----------
coef_ : ndarray
    What was found.
"""


def test_sections_are_cut_at_underlined_headings():
    found = sections(DOC)
    assert list(found) == ["", "Parameters", "Attributes"]
    assert found[""] == "Fit a line.\n\nLonger text."
    assert found["Attributes"].startswith("coef_ : ndarray")


def test_each_parameter_has_a_passage_that_names_its_class():
    found = {passage.key: passage.text for passage in parameter_passages("Line", DOC)}
    assert list(found) == ["Line.alpha", "Line.tol", "Line.eps"]
    assert found["Line.alpha"].startswith("Line, parameter alpha : float, default=1.0\nHow strong.")
    assert "More about it." in found["Line.alpha"]


def test_notes_on_versions_are_left_out_since_they_quote_old_defaults():
    assert "10" not in parameter_passages("Line", DOC)[0].text


def test_a_docstring_without_parameters_has_no_passages():
    assert parameter_passages("Line", "Only a summary.") == []


def test_every_estimator_of_scikit_learn_can_be_cut():
    found = [p for name, doc in installed_docstrings().items() for p in parameter_passages(name, doc)]
    assert len(found) > 1500
    assert len({p.key for p in found}) == len(found)
    assert all(p.text.startswith(f"{p.key.split('.')[0]}, parameter {p.key.split('.')[1]} :") for p in found)


def test_pieces_of_equal_length_hold_every_word_and_share_what_is_asked():
    text = " ".join(str(i) for i in range(10))
    pieces = [p.text for p in fixed_pieces("t", text, words=4, overlap=1)]
    assert pieces == ["0 1 2 3", "3 4 5 6", "6 7 8 9"]
    assert [p.text for p in fixed_pieces("t", text, words=4)] == ["0 1 2 3", "4 5 6 7", "8 9"]
    assert fixed_pieces("t", " ", words=4) == []


@pytest.mark.parametrize(("words", "overlap"), [(0, 0), (3, 3), (3, -1)])
def test_lengths_that_make_no_sense_are_refused(words, overlap):
    with pytest.raises(ValueError, match="at least one word"):
        fixed_pieces("t", "a b", words=words, overlap=overlap)


def test_a_beginning_is_cut_between_words():
    assert beginning("one two three", 8) == "one two"
    assert beginning("one two", 7) == "one two"
    assert beginning("unbroken", 3) == "unb"
