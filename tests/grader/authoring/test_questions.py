"""A question that could not be asked, judged or proved is refused when it is read."""

import numpy as np
import pytest

from grader.authoring.exercise import load_exercise
from grader.authoring.question import Case, Misreading, Question, QuestionError, sentence_choice
from grader.authoring.verify import problems_of, totals_of, verify_exercise


def make(**changes):
    settings = {
        "title": "t", "objective": "o", "points": 1, "answer": "f", "probe": "answer(x)", "visible": [Case({"x": 1})],
        "hidden": lambda rng: [Case({"x": int(rng.integers(9))})], "hints": ["h"], "passed": "p",
    }  # fmt: skip
    return Question(changes.pop("id", "01.f"), **{**settings, **changes})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "gap"}, "id must look like"),
        ({"points": -1}, "points"),
        ({"points": 1.25}, "points"),
        ({"visible": []}, "visible case"),
        ({"hints": []}, "hint"),
        ({"answer": "not a name"}, "not a name"),
        ({"judge": "nonsense"}, "judge"),
        ({"probe": "answer("}, "was never closed"),
        ({"hidden": None}, "hard-code"),
    ],
)
def test_a_badly_written_question_is_named_with_what_is_wrong(changes, says):
    with pytest.raises(QuestionError, match=says):
        make(**changes)


def test_two_answers_of_one_name_are_refused():
    question = make()
    question.wrong("a", why="w", message="m", code="f = 1")
    with pytest.raises(QuestionError, match="two answers called 'a'"):
        question.wrong("a", why="w", message="m", code="f = 2")


def misreadings(letters):
    return {
        letter: Misreading(f"reads {letter}", why="Tempting.", message=f"Not {letter}.") for letter in letters
    }


def test_a_choice_of_sentences_knows_the_slips_of_those_who_choose():
    question = sentence_choice(
        "01.say_it", objective="Say it.", right="b", wrong=misreadings("ac"), hints=["Read."], passed="Said."
    )
    assert question.parameters == {"options": ["a", "b", "c"]}
    assert [answer.code.splitlines()[-1] for answer in question.wrong_answers] == [
        "say_it = 'a'",
        "say_it = 'c'",
        "say_it = 'b'",  # without a sentence of one's own
        "say_it = 2",
    ]
    right = [answer.code.splitlines() for answer in question.right_answers]
    assert [lines[-1] for lines in right] == ["say_it = 'B'", "say_it = 'b)'"]
    assert all(lines[0].startswith("my_sentence = ") for lines in right)


@pytest.mark.parametrize(("right", "wrong"), [("b", "ab"), ("d", "ab"), ("a", "bd")])
def test_a_choice_whose_letters_do_not_fit_is_refused(right, wrong):
    with pytest.raises(QuestionError, match="letters"):
        sentence_choice(
            "01.say_it", objective="", right=right, wrong=misreadings(wrong), hints=["Read."], passed=""
        )


def test_questions_and_solution_must_agree(mini_course):
    script = mini_course / "solutions" / "01-small" / "01-small.py"
    script.write_text(script.read_text().replace('question="01.pick"', 'question="01.choose"'))
    with pytest.raises(QuestionError, match=r"no solution cell for \['01.pick'\].*cells \['01.choose'\]"):
        load_exercise("01", mini_course)


def test_hidden_cases_are_fresh_for_each_seed_and_the_same_for_the_same(mini_course):
    question = load_exercise("01", mini_course)["01.mean"]
    assert question.hidden_cases(1) == question.hidden_cases(1)
    assert question.hidden_cases(1) != question.hidden_cases(2)


def test_the_truth_and_the_expected_answers_are_not_among_the_inputs(mini_course):
    for case in load_exercise("01", mini_course)["01.mean"].hidden_cases(3):
        assert set(case["inputs"]) == {"values"}


def test_verify_proves_a_good_question(mini_course):
    rows = verify_exercise("01", mini_course, seeds=3)
    assert [problems_of(row) for row in rows] == [[], []]
    totals = totals_of(rows)
    assert (totals["wrong"], totals["wrong_passed"], totals["right"], totals["right_failed"]) == (8, 0, 4, 0)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("return float(np.sum(values))", "return float(np.mean(values))", "'sum' gets full marks"),
        ("return total / len(values)", "return total", "'loop' gets full marks on 0 of 3"),
        ('"01.pick", title', '"01.pick", hidden=lambda rng: [Case()], title', ""),
        ("float(np.median(values)) + 1e-6", "float(np.sum(values))", "wrong answer 'median' earns the message of 'sum' on the case 'three'"),
        ("float(np.median(values)) + 1e-6", "float(np.mean(values)) if len(values) < 4 else 0.0", "wrong answer 'median' passed"),
        ("for option in \"acde\"", "for option in \"ac\"", "2 wrong answers; at least 4"),
        ("hidden=lambda rng: [Case({\"values\": rng.normal(size=5)}", "hidden=lambda rng: [Case({\"values\": np.random.normal(size=5)}", "another result"),
    ],
)  # fmt: skip
def test_verify_finds_a_question_that_does_not_keep_its_promise(mini_course, old, new, says):
    path = mini_course / "solutions" / "01-small" / "questions.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = "; ".join(
        problem for row in verify_exercise("01", mini_course, seeds=3) for problem in problems_of(row)
    )
    assert says in found
    assert bool(found) == bool(says)


def test_a_reference_that_fails_is_named(mini_course):
    script = mini_course / "solutions" / "01-small" / "01-small.py"
    script.write_text(script.read_text().replace("float(np.mean(values))", "values.nonsense"))
    with pytest.raises(QuestionError, match=r"01.mean: the reference fails on the case 'three'"):
        verify_exercise("01", mini_course, seeds=1)


@pytest.mark.parametrize("result", ["x / 3e-15", "[np.array([1.0, x / 3e-15])]"])
def test_a_wrong_answer_that_divides_by_nearly_zero_on_a_visible_case_is_named(result):
    question = make()
    question.right("plain", code="f = lambda x: float(x)")
    question.reference = question.right_answers[0]
    question.wrong("rounding", why="w", message="m", code=f"import numpy as np\nf = lambda x: {result}")
    with pytest.raises(QuestionError, match=r"'rounding' gives 3.33e\+14: it divides by nearly zero"):
        question.compiled()


def test_scores_are_all_or_nothing_unless_partial(mini_course):
    question = load_exercise("01", mini_course)["01.mean"]
    cases = question.hidden_cases(5)
    runs = question.run(question.reference, cases)
    assert question.score(cases, runs) == 1.0
    runs[0] = {"value": 1e9}
    assert question.score(cases, runs) == 0.0
    question.partial = True
    assert question.score(cases, runs) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "run", [{}, {"value": {"$": "nonsense"}}, {"error": "X", "message": "", "where": ""}, {"value": None}]
)
def test_nothing_that_comes_out_of_a_kernel_breaks_the_scoring(mini_course, run):
    question = load_exercise("01", mini_course)["01.mean"]
    cases = question.hidden_cases(5)
    assert question.score(cases, [run] * len(cases)) == 0.0
    outcome, message, _ = question.explain(cases, [run] * len(cases))
    assert outcome != "passed"
    assert message


def test_messages_on_hidden_cases_name_the_misconception(mini_course):
    question = load_exercise("01", mini_course)["01.mean"]
    cases = question.hidden_cases(5)
    runs = question.run(question.wrong_answers[0], cases)
    assert question.explain(cases, runs)[2] == "sum"
    assert np.isfinite(question.points)


def test_questions_that_are_no_python_are_one_sentence_with_the_line(mini_course):
    path = mini_course / "solutions/01-small/questions.py"
    path.write_text(path.read_text() + "\nmean = (1\n")
    with pytest.raises(QuestionError, match=r"01-small/questions.py, line \d+: "):
        load_exercise("01", mini_course)


def test_questions_that_stop_while_they_are_read_name_the_line_and_the_error(mini_course):
    path = mini_course / "solutions/01-small/questions.py"
    path.write_text(path.read_text() + "\nnonsense(1)\n")
    number = len(path.read_text().splitlines())
    with pytest.raises(QuestionError, match=f"line {number} stops with NameError: name 'nonsense'"):
        load_exercise("01", mini_course)


def test_a_solution_cell_under_another_name_says_both_names(mini_course):
    path = mini_course / "solutions/01-small/questions.py"
    path.write_text(path.read_text().replace('answer="mean"', 'answer="average"'))
    exercise = load_exercise("01", mini_course)
    with pytest.raises(QuestionError, match="code defines .*mean.*answer='average'"):
        exercise["01.mean"].compiled()


@pytest.mark.parametrize(
    ("placeholder", "told"), [("{gto}", "KeyError"), ("{got[7]}", "Error"), ("{got", "ValueError")]
)
def test_a_placeholder_that_nothing_fills_fails_the_question(mini_course, placeholder, told):
    from grader.authoring.verify import problems_of, verify_exercise

    path = mini_course / "solutions/01-small/questions.py"
    text = path.read_text()
    first = text.index("message=") + len("message=")
    quote = text[first]
    path.write_text(text[: first + 1] + placeholder + " " + text[first + 1 :])
    assert quote in "\"'"
    problems = [
        problem for row in verify_exercise("01", mini_course, seeds=1) for problem in problems_of(row)
    ]
    assert any(
        "placeholder that its result cannot fill" in problem and told in problem for problem in problems
    )
