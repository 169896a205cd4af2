"""A free answer becomes a value: the traps of scoring, one by one."""

import pytest

from holdout.lm.real.answers import (
    abstains,
    contains_answer,
    is_bare_value,
    normal_value,
    read_house_form,
    read_json_form,
    read_value,
    score,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("'auto'", "auto"),
        ("`auto`.", "'auto'"),
        ("Auto", "'auto'"),
        ("1", "1.0"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("1e-3", "0.001"),
        ("200_000", "200000"),
        ("200,000", "200_000"),
        ("None", "none"),
        ("(0, 1)", "(0.0, 1.0)"),
        ("(100,)", "(100.0,)"),
        ("np.nan", "nan"),
        ('"l2"', "'l2'"),
    ],
)
def test_two_ways_to_write_one_value_are_equal(one, other):
    assert normal_value(one) == normal_value(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("l2", "2"),
        ("utf-8", "-8"),
        ("200_000", "200"),
        ("0.5", "5"),
        ("-1", "1"),
        ("True", "1"),
        ("False", "0"),
        ("None", "0"),
        ("k-means++", "k-means"),
        ("(0, 1)", "0"),
        ("1e-3", "1"),
    ],
)
def test_different_values_stay_different(one, other):
    assert normal_value(one) != normal_value(other)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("l2", "l2"),
        ("'l2'.", "l2"),
        ("utf-8", "utf-8"),
        ("200_000", "200000"),
        ("The default value is 200_000.", "200000"),
        ("The default value is 200,000 samples.", "200000"),
        ("The default value of `penalty` is `l2`.", "l2"),
        ("The default value of the parameter `n_estimators` in `RandomForestClassifier` is 10.", "10"),
        ('The default value of max_features is "sqrt".', "sqrt"),
        ("The default is `n_estimators=100`.", "100"),
        ("The default value of alpha is 1e-4, a small number", "0.0001"),
        ("It defaults to .5 here, as documented", "0.5"),
        ("The default value of tol is set to auto.", "auto"),
        ("The default value of shuffle is True, so rows are shuffled", "true"),
        ("The default value of feature_range is (0, 1).", "(0, 1)"),
        ("In version 0.22 the default value is 5.", "5"),
        ("Since scikit-learn 0.22, it has been 'auto' in all classes.", "auto"),
        ("As of 1.9.1 the default value is 100", "100"),
        ("About 95% of users leave it at 3 and are happy", "3"),
        ("The model's default isn't a secret: 'lbfgs' it is", "lbfgs"),
        ("The default value of the l1_ratio parameter is 0.5.", "0.5"),
        ("10\nThe second line says 20.", "10"),
        ("The default of `sklearn.ensemble.RandomForestClassifier` is 10 trees.", "10"),
        ("It is called as `RandomForestClassifier(n_estimators=50, max_depth=3)` by most.", "50"),
        ("The default value of tol is 10^-3, which is small.", "0.001"),
        ("The default value of tol is 10**{-4}, which is small.", "0.0001"),
        ("It is a number between 0 and 1, by default 0.5 of all.", "0.5"),
        ("The default value of n_jobs is one.", "1"),
        ("The default value of n_jobs is set to ten.", "10"),
        ("The default value of the parameter `cv` in `calibrated_classifier` is `None`. It is used", "None"),
        ("The default value of the parameter `coef0` in SciPy's `SvmCV` is `0.0`. This is", "0.0"),
        ("The parameter `gamma` of the `rbf_spliter` class is set to 1", "1"),
        ("It is `balanced`. This is 1 of several.", "balanced"),
        ("The value `auto` is the default.", "auto"),
        ("-1", "-1"),
        ("The default value of verbose is -1 here", "-1"),
        ("", ""),
    ],
)
def test_the_first_value_of_an_answer_is_read(answer, value):
    ignore = ["penalty", "n_estimators", "RandomForestClassifier"]
    assert read_value(answer, ignore=ignore) == normal_value(value)


def test_names_that_were_asked_about_are_values_unless_they_are_ignored():
    answer = "The default value of 'penalty' is always 'l2' in this class."
    assert read_value(answer) == "penalty"
    assert read_value(answer, ignore=["penalty"]) == "l2"


@pytest.mark.parametrize(
    "answer",
    [
        "unknown",
        "Unknown.",
        "The default value is not specified in the documentation.",
        "The documentation does not say what the default value of alpha is.",
        "The documentation doesn't mention 10.",
        "It isn't given.",
    ],
)
def test_an_abstention_is_no_value(answer):
    assert abstains(answer)
    assert read_value(answer) == "unknown"


@pytest.mark.parametrize("answer", ["The default value is not 10 but 100.", "auto", "None", "No limit: None"])
def test_a_value_is_no_abstention(answer):
    assert not abstains(answer)


def test_an_answer_is_right_stale_or_neither():
    assert score("The default value is 100.", "100", ["10"])[1:] == (True, False, False)
    assert score("The default value is 10.", "100", ["10"])[1:] == (False, True, False)
    assert score("The default value is 50.", "100", ["10"])[1:] == (False, False, False)
    assert score("The documentation does not say it.", "100", ["10"])[1:] == (False, False, True)


def test_a_cut_answer_scores_what_it_holds():
    whole = "The default value of the parameter `max_iter` is 1000"
    assert score(whole, "1000", ignore=["max_iter"]).right
    cut = "The default value of the parameter `max_iter` is 10"
    assert not score(cut, "1000", ignore=["max_iter"]).right


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("[ alpha :: 1.0 ]", (True, "1.0")),
        ("[ beta :: 1.0 ]", (False, "1.0")),
        ("[alpha :: 1.0]", (False, "1.0")),
        ("[ alpha :: l2 ] and more", (False, "l2")),
        ("The default value of alpha is 0.5", (False, "0.5")),
    ],
)
def test_the_house_form_is_judged_apart_from_the_value(answer, expected):
    assert read_house_form(answer, "alpha") == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"parameter": "alpha", "value": "1"}', (True, "1.0")),
        ('{"parameter": "alpha", "value": 1}', (True, "1.0")),
        ('{"parameter": "alpha", "value": null}', (True, "none")),
        ('{"parameter": "beta", "value": "1"}', (False, "1.0")),
        ('{"parameter": "alpha", "value": "1", "unit": ""}', (False, "1.0")),
        ('{"parameter": "alpha", "value": "l2"', (False, "l2")),
        ("[1, 2]", (False, "(1.0, 2.0)")),
        ("The default value of alpha is 0.5", (False, "0.5")),
    ],
)
def test_json_is_judged_apart_from_the_value(answer, expected):
    assert read_json_form(answer, "alpha") == expected


def test_a_bare_value_is_one_or_two_words_or_the_truth_itself():
    assert is_bare_value("auto")
    assert is_bare_value("(0, 1)")
    assert is_bare_value("(1, 2, 3)", "(1, 2, 3)")
    assert not is_bare_value("The default value is auto.", "auto")
    assert not is_bare_value("")


def test_accepted_answers_are_whole_words():
    assert contains_answer("There are four legs.", ["4", "four"])
    assert not contains_answer("There are fourteen.", ["four"])
    assert not contains_answer("42", ["4"])
    assert contains_answer("H2O is water", ["h2o"])
