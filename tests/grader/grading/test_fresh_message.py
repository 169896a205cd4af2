"""What a learner reads whose answer gets full marks on the visible cases and not on the hidden ones."""

from grader.authoring.question import Case, Question
from grader.grading.prepared import FRESH, fresh_message

COSTS = [{"ship": 0.0, "wait": 4.0}, {"ship": 1.0, "wait": 0.0}, {"ship": 0.0, "wait": 4.0}]


def _document(judge, **parameters):
    question = Question(
        "01.ship", title="Ship it?", objective="Decide.", points=1, answer="decide", probe="answer(n)", judge=judge, parameters=parameters,
        visible=[Case({"n": 3}, "three", {"costs": COSTS})], hidden=lambda rng: [], hints=["Look."], passed="Right.",
    )  # fmt: skip
    return {**question.compiled_shell(), "cases": [{"inputs": {"n": 3}, "title": "three", "costs": COSTS}]}


def test_decisions_near_the_limit_are_told_how_near_and_which_mistake_costs_most():
    # always shipping costs 1 beyond the best, and 1 is what the best constant decision costs: a regret of 1
    document = _document("policy", credit=[[1.05, 1.0]])
    said = fresh_message(document, [{"value": ["ship", "ship", "ship"]}])
    assert "Your relative regret is 1.000" in said
    assert "full marks at 1.05 or less, and yours is 0.05 below that" in said
    assert "you say 'ship' where 'wait' is better (1 of 3 cases)" in said
    assert "exactly these inputs" not in said


def test_an_answer_that_is_right_case_by_case_is_told_that_it_depends_on_these_inputs():
    assert fresh_message(_document("close"), [{"value": 3}]) == FRESH
