"""The log of prompt revisions of lesson 06: what each prompt bought, rough scorers, labels by hand, a prompt chosen on few questions."""

import numpy as np
import pytest

from holdout.errors import InvalidValue
from holdout.lm.real import records, report
from holdout.topics.model_choice import prompting
from holdout.topics.model_choice.prompting import (
    LABELS,
    REVISIONS,
    SCORERS,
    SHEET,
    choose_prompt,
    chosen_prompts,
    compare_labels,
    cut_after,
    first_in_quotes,
    first_number,
    gain,
    is_cut,
    label_sheet,
    outcomes,
    prompt_log,
    recorded_answers,
    rescored,
    same_value,
    shown_values,
)


@pytest.fixture(scope="module")
def answers():
    return recorded_answers()


def test_the_prompts_of_the_log_are_those_of_the_recording():
    recorded = {row["prompt"] for row in records.table("prompting")}
    assert recorded <= set(REVISIONS)


def test_only_prompts_that_were_asked_everything_are_taken(answers):
    rows = records.table("prompting")
    started = [row | {"prompt": "json 3"} for row in rows[:31]]
    whole = [row for row in rows if row["prompt"] == "plain"]
    assert recorded_answers([*whole, *started])["prompt"].unique().tolist() == ["plain"]
    with pytest.raises(InvalidValue, match="no prompt"):
        recorded_answers(started)
    assert answers.groupby("prompt")["key"].nunique().eq(len(records.questions())).all()


def test_the_log_says_what_the_report_says(answers):
    log, table = prompt_log(answers), report.prompting_table()
    for prompt, row in log.iterrows():
        assert row[["right", "low", "high"]].tolist() == pytest.approx(
            table.loc[prompt, ["share", "low", "high"]].tolist()
        )
        assert row["limited"] == table.loc[prompt, "cut"]


def test_examples_buy_the_form_and_no_knowledge_that_can_be_shown(answers):
    """The claim of the lesson: 322 questions, paired 95% interval."""
    log = prompt_log(answers)
    assert log.loc["instruction", "valid"] < 0.05 and log.loc["examples 3", "valid"] > 0.9
    _, low, high = gain(answers, "instruction", "examples 3")
    assert low < 0 < high
    constant = report.constant_baselines(records.questions())["always the commonest value"]
    assert log.loc["examples 3", "low"] < constant < log.loc["examples 3", "high"]


def test_values_that_a_prompt_shows_are_copied(answers):
    log = prompt_log(answers)
    shown = log.index[log.index.str.startswith("examples")]
    assert (log.loc[shown, "copied"] > 0.5).all()
    assert shown_values("plain") == set()
    assert shown_values("examples 3") == {"1.0", "false", "dict"}
    assert shown_values("json 0") == {"none"}


# -- scorers
@pytest.mark.parametrize(
    ("answer", "truth", "as_values", "as_numbers"),
    [
        ("l2", "2", False, True),
        ("200_000", "200", False, True),
        ("1.", "1.0", True, True),
        ("1e-3", "0.001", True, False),
        ("'auto'", "'auto'", True, True),
        ("auto", "'auto'", True, True),
        ("(0, 1)", "(0,1)", True, True),
    ],
)
def test_a_number_in_a_text_is_not_its_value(answer, truth, as_values, as_numbers):
    assert same_value(answer, truth) is as_values
    assert (first_number(answer) == first_number(truth)) is as_numbers


def test_a_misspelt_name_in_quotes_is_taken_for_the_value_by_the_rough_rule_only():
    answer = "The default value of the parameter `coef0` in SciPy's `SvmCV` is `0.0`. This is"
    assert first_in_quotes(answer, ["coef0", "NuSVC"]) == "svmcv"
    from holdout.lm.real.answers import read_value

    assert read_value(answer, ignore=["coef0", "NuSVC"]) == "0.0"


def test_the_first_scorer_is_that_of_the_recording_and_others_change_answers(answers):
    scored = outcomes(answers)
    assert rescored(answers).equals(scored)
    for scorer in SCORERS[1:]:
        assert (rescored(answers, scorer) != scored).to_numpy().any(), scorer
    with pytest.raises(InvalidValue, match="no scorer"):
        rescored(answers, "vibes")


def test_exact_match_counts_the_form_as_knowledge(answers):
    exact = rescored(answers, "exact match").sum()
    assert exact["instruction"] == 0 < exact["examples 3"]


def test_a_lower_limit_cuts_sentences_before_their_value(answers):
    ten, scored = rescored(answers, words=10).sum(), outcomes(answers).sum()
    assert ten["instruction"] < 0.2 * scored["instruction"]
    assert ten["examples 3"] == scored["examples 3"]
    assert cut_after("a b c", 2) == "a b" and cut_after("a  b", 5) == "a  b"
    with pytest.raises(InvalidValue):
        cut_after("a", 0)


@pytest.mark.parametrize(
    ("answer", "value", "cut"),
    [
        ("The default is `None`. This is used to", "none", False),
        ("The default of `eps` is 0.000000", "0.0", True),
        ("The loss is a measure of", "measure", True),
        ("10000000", "10000000.0", True),
        ("The default is 1.0. It is", "1.0", False),
    ],
)
def test_an_answer_is_cut_if_another_word_could_change_its_value(answer, value, cut):
    assert is_cut(answer, value, True) is cut
    assert is_cut(answer, value, False) is False


# -- labels
def test_the_sheet_shows_six_answers_without_a_verdict_and_holds_all_labels(answers):
    sheet = label_sheet(answers)
    assert list(sheet.columns) == ["asked", "true default", "answer"] and len(sheet) == len(SHEET) == 6
    verdicts = compare_labels(answers, ["wrong"] * 6)
    assert set(verdicts["scorer"]) == set(LABELS)
    assert verdicts["agree"].tolist() == (verdicts["scorer"] == "wrong").tolist()


def test_without_labels_no_verdict_is_shown_and_wrong_labels_are_refused(answers):
    assert compare_labels(answers, []).empty
    with pytest.raises(InvalidValue, match="6 labels"):
        compare_labels(answers, ["right"] * 5)
    with pytest.raises(InvalidValue, match="right, wrong, cut"):
        compare_labels(answers, ["right"] * 5 + ["maybe"])


# -- a prompt chosen on few questions
def test_the_chosen_prompt_is_the_best_on_the_drawn_questions():
    right = np.zeros((50, 3), bool)
    right[:, 1] = True
    shown, unused, others = choose_prompt(right, 10, 3, 20, np.random.default_rng(0)).T
    assert shown.tolist() == unused.tolist() == [1.0] * 20
    assert others == pytest.approx(1 / 3)


def test_a_prompt_that_is_not_tried_cannot_win():
    right = np.zeros((40, 2), bool)
    right[:, 0] = True
    shown = choose_prompt(right, 10, 1, 400, np.random.default_rng(0))[:, 0]
    assert 0.4 < shown.mean() < 0.6


def test_more_than_there_are_cannot_be_drawn():
    right = np.ones((5, 2), bool)
    for questions, tried in ((5, 1), (0, 1), (2, 3), (2, 0)):
        with pytest.raises(InvalidValue, match="cannot be drawn"):
            choose_prompt(right, questions, tried, 3, np.random.default_rng(0))


def test_luck_grows_with_prompts_and_shrinks_with_questions(answers):
    scored = outcomes(answers)
    most = scored.shape[1]
    alone, few = chosen_prompts(scored, 20, [1, most], 1, draws=400)
    (many,) = chosen_prompts(scored, 160, [most], 1, draws=400)
    assert few.shown - few.unused > many.shown - many.unused > 0
    assert abs(alone.shown - alone.unused) < 4 * alone.luck_error
    assert few.shown - few.unused > 2 * few.luck_error
    with pytest.raises(InvalidValue, match="cannot be drawn"):
        chosen_prompts(scored, 20, [most + 1], 1)


def test_the_error_counts_questions_and_not_draws():
    """Five equally good prompts: the jackknife's error is near the true one, over fresh sets of questions."""
    rng, found = np.random.default_rng(5), []
    for _ in range(30):
        right = rng.random((160, 5)) < 0.3
        found += chosen_prompts(right, 20, [5], 3, draws=150, groups=16)
    lucks = np.array([one.shown - one.unused for one in found])
    stated = np.sqrt(np.mean([one.luck_error**2 for one in found]))
    # measured: 0.7 of what is stated (the jackknife errs on the safe side); a standard deviation of 30 has an error of 13%
    assert 0.35 * stated < lucks.std(ddof=1) < 1.2 * stated


def test_every_name_of_the_module_has_a_docstring():
    public = [
        value for name, value in vars(prompting).items() if callable(value) and not name.startswith("_")
    ]
    assert all(value.__doc__ for value in public if getattr(value, "__module__", "") == prompting.__name__)
