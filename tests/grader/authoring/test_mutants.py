"""Mutants: one change each, none equal to the original; and what a question does with them."""

import ast

import numpy as np
import pytest

from grader.authoring.mutants import mutants_of
from grader.authoring.mutate import ALTERNATIVE_SETS, declared_equivalent, mutate_question
from grader.authoring.question import Case, KnownAnswer, Question, QuestionError

MEAN = """
def trimmed(values, share=0.1):
    values = sorted(values)
    k = int(share * len(values))
    if k < 1 and len(values) > 2:
        k = 1
    kept = values[k : len(values) - k]
    return float(np.mean(kept))
"""


def labels(code):
    return {mutant.label for mutant in mutants_of(code)}


def test_every_mutant_is_python_and_differs_from_the_original_and_from_every_other():
    codes = [mutant.code for mutant in mutants_of(MEAN)]
    trees = {ast.dump(ast.parse(code)) for code in codes}
    assert len(trees) == len(codes) > 15
    assert ast.dump(ast.parse(MEAN)) not in trees


def test_labels_are_unique_and_stay_the_same_from_run_to_run():
    first, second = mutants_of(MEAN), mutants_of(MEAN)
    assert [mutant.label for mutant in first] == [mutant.label for mutant in second]
    assert len({mutant.label for mutant in first}) == len(first)


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("a < b", "a <= b"),
        ("a >= b", "a > b"),
        ("x.std(ddof=1)", "x.std(ddof=0)"),
        ("x.std()", "x.std(ddof=1)"),
        ("np.quantile(x, 0.975)", "np.quantile(x, 0.95)"),
        ("a and b", "a or b"),
        ("np.mean(x)", "np.median(x)"),
        ("abs(x)", "x"),
        ("math.ceil(x)", "math.floor(x)"),
        ("sorted(x)", "sorted(x, reverse=True)"),
        ("x[0]", "x[-1]"),
        ("x.copy()", "x"),
        ("a if b else c", "c"),
        ("[i for i in x if i]", "[i for i in x]"),
        ("range(n)", "range(n - 1)"),
        ("np.searchsorted(x, y, side='left')", "np.searchsorted(x, y, side='right')"),
        ("x['cost']", "_without(x['cost'])"),
    ],
)
def test_the_changes_that_learners_make_are_among_the_mutants(code, changed):
    codes = [ast.unparse(ast.parse(mutant.code).body[-1]) for mutant in mutants_of(code)]
    assert ast.unparse(ast.parse(changed)) in codes


def test_an_argument_can_be_ignored_or_averaged():
    kinds = {mutant.operator for mutant in mutants_of("def f(x, costs):\n    return x * costs\n")}
    assert {"input ignored", "input averaged"} <= kinds


def question(hidden):
    made = Question(
        "01.over",
        title="How many are over?",
        objective="count",
        points=1,
        answer="over",
        probe="answer(values, limit)",
        visible=[Case({"values": [1, 2, 3], "limit": 2}, title="one tie")],
        hidden=hidden,
        hints=["count"],
        passed="yes",
    )
    made.reference = KnownAnswer(
        "reference", "def over(values, limit):\n    return sum(v > limit for v in values)\n"
    )
    return made


def test_a_missing_tie_shows_as_a_surviving_mutant_and_a_case_with_a_tie_kills_it():
    without = question(lambda rng: [Case({"values": rng.normal(size=9).tolist(), "limit": 0.1})])
    survivors = [one["mutant"] for one in mutate_question(without, [1, 2]).survivors]
    assert any("v > limit -> v >= limit" in label for label in survivors)
    tied = question(lambda rng: [Case({"values": [*rng.integers(0, 5, 20).tolist(), 2], "limit": 2})])
    row = mutate_question(tied, [1, 2])
    assert not any("v > limit -> v >= limit" in one["mutant"] for one in row.survivors)
    assert row.mutants == row.hidden + row.equivalent + len(row.survivors)


def judgement(decide_by):
    """Ship where the gain is above its price; there is an input that costs nothing."""

    def hidden(rng):
        gains, noise = rng.normal(size=400), rng.normal(size=400)
        costs = [{"ship": -float(g), "wait": 0.0} for g in gains]
        return [Case({"gains": gains.tolist(), "noise": noise.tolist()}, "offers", {"costs": costs})]

    made = Question(
        "01.over",
        title="Ship?",
        objective="decide",
        points=1,
        answer="decide",
        probe="[answer(g, n) for g, n in zip(gains, noise)]",
        judge="policy",
        parameters={"credit": [[0.05, 1.0]]},
        judgement=True,
        visible=hidden(np.random.default_rng(0)),
        hidden=hidden,
        hints=["count"],
        passed="yes",
    )
    made.reference = KnownAnswer("reference", decide_by)
    made.right_answers = [
        KnownAnswer(
            "a little early", "def decide(gain, noise):\n    return 'ship' if gain > -0.1 else 'wait'\n"
        )
    ]
    return made


def test_a_mutant_of_a_judgement_that_decides_as_well_as_a_right_answer_is_no_missing_case():
    made = judgement("def decide(gain, noise):\n    return 'ship' if gain > 0.01 else 'wait'\n")
    row = mutate_question(made, [1, 2, 3])
    assert row.as_good > 0 and row.mutants == row.hidden + row.as_good + row.on_limit + len(row.survivors)
    assert not any(one["answer"] == "reference" and one["operator"] == "constant" for one in row.survivors)


def test_a_reference_that_can_ignore_an_input_is_never_as_good():
    made = judgement("def decide(gain, noise):\n    return 'ship' if gain + 1e-9 * noise > 0 else 'wait'\n")
    survivors = [(one["answer"], one["operator"]) for one in mutate_question(made, [1, 2]).survivors]
    assert ("reference", "input ignored") in survivors


def test_alternatives_of_a_judgement_are_run_on_three_sets_however_many_the_reference_is_run_on(monkeypatch):
    made = judgement("def decide(gain, noise):\n    return 'ship' if gain > 0.01 else 'wait'\n")
    sets = {}

    def counted(question, candidate, shown, hidden, limit):
        sets.setdefault(candidate.name.split(":")[0], set()).add(len(hidden))
        return False, len(hidden), np.inf

    monkeypatch.setattr("grader.authoring.mutate._fate", counted)
    mutate_question(made, range(1, 6))
    assert sets == {"reference": {5}, "a little early": {ALTERNATIVE_SETS}}
    assert ALTERNATIVE_SETS == 3


def test_an_answer_that_never_ends_is_refused_in_time(monkeypatch):
    monkeypatch.setattr("grader.authoring.mutate.LEAST_SECONDS", 0.3)
    endless = question(lambda rng: [Case({"values": [int(rng.integers(9))], "limit": 3})])
    endless.reference = KnownAnswer(
        "reference",
        "def over(values, limit):\n    i = n = 0\n    while i < len(values):\n"
        "        n += values[i] > limit\n        i += 1\n    return n\n",
    )
    row = mutate_question(endless, [1])
    assert "line 5: i += 1 -> pass" not in [one["mutant"] for one in row.survivors]
    assert row.hidden >= 1


def test_equivalent_mutants_are_declared_with_a_reason(tmp_path):
    folder = tmp_path / "solutions" / "01-small"
    folder.mkdir(parents=True)
    (tmp_path / "lessons").mkdir()
    assert declared_equivalent("01", tmp_path) == {}
    (folder / "equivalent.toml").write_text(
        '[[mutant]]\nquestion = "01.over"\nanswer = "reference"\nmutant = "operator: constant"\n'
    )
    with pytest.raises(QuestionError, match="entry 1 lacks why"):
        declared_equivalent("01", tmp_path)


def test_what_is_declared_and_loses_points_is_named_as_stale():
    made = question(lambda rng: [Case({"values": [*rng.integers(0, 5, 20).tolist(), 2], "limit": 2})])
    declared = {("01.over", "reference", "line 2: v > limit -> v >= limit"): "a tie cannot happen"}
    assert mutate_question(made, [1], declared).stale == ["reference: line 2: v > limit -> v >= limit"]
