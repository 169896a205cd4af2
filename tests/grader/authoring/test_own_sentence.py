"""A learner writes a sentence before choosing one: it must be there, it is kept, and what it says is judged by nobody."""

import nbformat
import pytest

from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import exercise_notebook, read_script, solution_notebook
from grader.authoring.question import KnownAnswer
from holdout import paths
from holdout.checks.check import NOT_ATTEMPTED, PASSED, WRONG, judge_runs
from holdout.checks.probe import run_probe
from holdout.record.portfolio.recompute import own_sentence

MINE = "The islands would lose money, so I ship everywhere else."
ROOT = paths.find_root()
EXERCISES = sorted(path.name for path in (ROOT / "exercises").glob("[0-9e][0-9]-*"))


@pytest.fixture(scope="module")
def question():
    return load_exercise("14")["14.say_it"]


def outcome(question, answer):
    document = question.compiled()
    result, message, _ = judge_runs(document, [run_probe(answer, question.probe, {})])
    return result, message


@pytest.mark.parametrize(
    "mine",
    [
        MINE,
        "<script>alert(1)</script> is what I would say here today",
        "Île, Köln und 東京 sind gut genug heute",
    ],
)
def test_a_sentence_of_ones_own_and_the_right_choice_pass_whatever_the_sentence_says(question, mine):
    assert outcome(question, (mine, "d")) == (PASSED, question.passed)


@pytest.mark.parametrize("mine", [..., None, "", "   ", "...", " . . . "])
def test_a_placeholder_is_no_sentence_and_the_message_says_where_to_write(question, mine):
    got, message = outcome(question, (mine, "d"))
    assert got == WRONG
    assert "`my_sentence`" in message and "missing" in message
    assert outcome(question, (mine, "a"))[1] == message  # nothing about the choice is given away before


@pytest.mark.parametrize(
    "mine", ["Ship it.", "x x x x x x x x", "- - - - - - - -", "ship ship ship ship ship ship ship"]
)
def test_a_few_words_are_no_sentence(question, mine):
    got, message = outcome(question, (mine, "d"))
    assert got == WRONG
    assert "too short" in message


def test_something_that_is_no_text_is_named(question):
    assert "3 (int)" in outcome(question, (3, "d"))[1]
    assert "at most 2000" in outcome(question, ("well " * 20 + "we ship it now or never x " * 200, "d"))[1]


def test_a_sentence_without_a_choice_is_told_to_choose(question):
    got, message = outcome(question, (MINE, ...))
    assert got == WRONG
    assert "choose one of" in message


def test_a_wrong_choice_earns_its_own_message(question):
    got, message = outcome(question, (MINE, "B"))
    assert got == WRONG
    assert message == next(a.message for a in question.wrong_answers if a.label == "b")


def test_nothing_written_is_not_attempted(question):
    assert outcome(question, (..., ...))[0] == NOT_ATTEMPTED
    assert outcome(question, ...)[0] == NOT_ATTEMPTED


def test_a_notebook_of_an_earlier_release_is_told_what_is_missing(question):
    """Its check hands over the letter alone, and it defines no sentence."""
    got, message = outcome(question, "d")
    assert got == WRONG
    assert "`my_sentence`" in message
    cases = question.hidden_cases(1)
    value = question.value_of(KnownAnswer("old", "say_it = 'd'"))
    assert question.score(cases, [run_probe(value, question.probe, {})]) == 0.0


@pytest.mark.parametrize("name", EXERCISES)
def test_the_sentence_is_asked_for_above_the_options(name):
    exercise = load_exercise(name)
    folder = ROOT / "solutions" / name
    solution = solution_notebook(read_script(folder / f"{name}.py"), exercise)
    released = exercise_notebook(solution)
    ids = [cell.id for cell in released.cells]
    number = name[:2]
    sentence, options, answer = (
        ids.index(f"{number}-say_it-{part}") for part in ("sentence", "options", "answer")
    )
    assert options == sentence + 1 and answer == options + 1
    assert released.cells[sentence].source.splitlines()[1] == "my_sentence = ..."
    assert "- **a**" in released.cells[options].source
    assert "- **a**" not in released.cells[sentence - 1].source
    assert released.cells[answer + 1].source == f'check("{number}.say_it", (my_sentence, say_it))'
    assert own_sentence(released) == ""
    assert own_sentence(solution)


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ([f"my_sentence = {MINE!r}"], MINE),
        ([f"my_sentence = (\n    {MINE[:20]!r}\n    {MINE[20:]!r}\n)"], MINE),
        ([f"my_sentence = {MINE!r}", "my_sentence = 'A later sentence is the one that counts here.'"], "A later sentence is the one that counts here."),
        (["my_sentence = ..."], ""),
        (["my_sentence = print('never run by the portfolio')"], ""),
        (["my_sentence = 'cut off"], ""),
        (["x = 1"], None),
    ],
)  # fmt: skip
def test_the_portfolio_reads_the_sentence_and_runs_nothing(sources, found):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    assert own_sentence(nbformat.v4.new_notebook(cells=cells)) == found
