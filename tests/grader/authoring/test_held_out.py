"""Answers by people who saw only the texts: how they are read, graded and counted, and that a first try is never overwritten."""

import json
import sys

import pytest

from grader.authoring import held_out
from grader.cli import main

ROUND = """
[[answer]]
question = "01.mean"
kind = "wrong"
name = "sum"
why = "half of the work"
code = '''
def mean(values):
    return float(sum(values))
'''

[[answer]]
question = "01.mean"
kind = "wrong"
name = "half of the sum"
code = '''
def mean(values):
    return float(sum(values)) / 2
'''

[[answer]]
question = "01.mean"
kind = "wrong"
name = "does not compile"
code = "def mean(values) return 1"

[[answer]]
question = "01.mean"
kind = "wrong"
name = "right in truth"
code = '''
def mean(values):
    return float(sum(values)) / len(values)
'''

[[answer]]
question = "01.mean"
kind = "right"
name = "another name"
code = "average = 1"

[[answer]]
question = "01.pick"
kind = "right"
name = "letter"
code = "pick = 'b'"
"""


@pytest.fixture
def round_of(mini_course):
    folder = mini_course / held_out.FOLDER / "spring"
    folder.mkdir(parents=True)
    (folder / "01.toml").write_text(ROUND)
    return mini_course


def test_answers_are_graded_on_hidden_and_visible_cases(round_of):
    rows = list(
        held_out.grade_round(held_out.read_round("spring", round_of), round_of, seeds=3, first_seed=5000)
    )
    found = {row["name"]: (row["full"], row["check"], row["about"]) for row in rows}
    assert found == {
        "sum": (0, "wrong", "known answer"),
        "half of the sum": (0, "wrong", "comparison"),
        "does not compile": (0, "crashed", "error"),
        "right in truth": (3, "passed", ""),
        "another name": (0, "crashed", "error"),
        "letter": (3, "passed", ""),
    }
    assert "SyntaxError" in next(row for row in rows if row["name"] == "does not compile")["message"]
    assert held_out.summary_of(rows) == {
        "seeds": 3,
        "questions": 2,
        "wrong": 4,
        "refused": 3,
        "always_passed": 1,
        "check_passed": 1,
        "specific": 2,
        "right": 2,
        "lost": 1,
    }


def test_two_processes_find_the_same(round_of):
    answers = held_out.read_round("spring", round_of)
    alone, together = (
        list(held_out.grade_round(answers, round_of, seeds=2, first_seed=5000, jobs=jobs)) for jobs in (1, 2)
    )
    assert alone == together


def test_the_first_try_is_kept_for_good(round_of):
    rows = list(
        held_out.grade_round(held_out.read_round("spring", round_of), round_of, seeds=2, first_seed=5000)
    )
    held_out.keep("spring", rows, round_of, today="2026-01-01")
    repaired = [{**row, "full": 0} if row["kind"] == "wrong" else row for row in rows]
    rounds = held_out.keep("spring", repaired, round_of, today="2026-02-02")
    assert (rounds["spring"]["first"]["refused"], rounds["spring"]["first"]["date"]) == (3, "2026-01-01")
    assert (rounds["spring"]["now"]["refused"], rounds["spring"]["now"]["date"]) == (4, "2026-02-02")
    assert json.loads((round_of / held_out.FOLDER / held_out.RESULTS).read_text()) == rounds
    assert [mistake["name"] for mistake in rounds["spring"]["first"]["mistakes"]] == [
        "right in truth",
        "another name",
    ]


def test_the_command_says_which_answers_are_mistaken_and_publishes_the_first_try(round_of, capsys):
    (round_of / "docs").mkdir()
    for name in ("README.md", "docs/verification.md"):
        (round_of / name).write_text("<!-- begin held-out -->\n<!-- end held-out -->\n")
    assert main(["verify", "--held-out", "spring", "--seeds", "2", "--jobs", "1", "--write"]) == 1
    out = capsys.readouterr().out
    assert "3 of 4 wrong answers lost points on each of 2 sets, 1 got full marks on all" in out
    assert "of 4 wrong answers" in (round_of / "README.md").read_text()
    assert "| spring | first, " in (round_of / "docs/verification.md").read_text()


def test_a_result_that_never_comes_is_stopped(round_of, monkeypatch):
    if sys.platform == "win32":
        pytest.skip("Windows has no interval timers")
    monkeypatch.setattr(held_out, "LONGEST", 0.2)
    endless = held_out.HeldOutAnswer(
        "01.mean", "wrong", "endless", "", "def mean(values):\n    while True: pass"
    )
    (row,) = held_out.grade_round([endless], round_of, seeds=1, first_seed=5000)
    assert (row["full"], row["check"]) == (0, "crashed")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[answer]", "is no TOML"),
        ('[[answer]]\nquestion = "01.mean"\nkind = "wrong"\nname = "x"\n', "answer 1 has no code"),
        (
            '[[answer]]\nquestion = "01.mean"\nkind = "odd"\nname = "x"\ncode = "y"\n',
            "must be 'wrong' or 'right'",
        ),
        (ROUND + ROUND, "two answers named 'sum'"),
    ],
)
def test_a_round_that_cannot_be_read_is_named(round_of, text, said):
    (round_of / held_out.FOLDER / "spring" / "01.toml").write_text(text)
    with pytest.raises(held_out.HeldOutError, match=said):
        held_out.read_round("spring", round_of)


def test_an_unknown_round_lists_those_that_there_are(round_of):
    with pytest.raises(held_out.HeldOutError, match="these rounds: spring"):
        held_out.read_round("autumn", round_of)


def test_an_answer_whose_own_lines_never_end_is_stopped(round_of, monkeypatch):
    if sys.platform == "win32":
        pytest.skip("Windows has no interval timers")
    monkeypatch.setattr(held_out, "LONGEST", 0.2)
    code = "try:\n    while True: pass\nexcept Exception:\n    mean = sum"
    endless = held_out.HeldOutAnswer("01.mean", "wrong", "endless", "", code)
    (row,) = held_out.grade_round([endless], round_of, seeds=2, first_seed=5000)
    assert (row["full"], row["seeds"], row["check"]) == (0, 2, "crashed") and "no result" in row["message"]
