"""One submission may not take the grader's time or memory: parsing, judging, sanitising and rendering have limits of their own."""

import html
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from nbformat.v4 import new_markdown_cell
from small_class import EXERCISE, RIGHT, InlinePool, SmallClass
from small_course import ROOT

from grader.grading import bounded as module
from grader.grading import run as grading
from grader.grading.bounded import Allowance, Bounded, Excess
from grader.grading.resume_log import ResumeLog
from grader.grading.run import NEEDS_REVIEW
from grader.nbgrader_bridge.feedback import write_feedback

SAME_HASH = [n * ((1 << 61) - 1) for n in range(1, 150_001)]
WORK = {
    "keys of one hash": {"$": "set", "v": [{"$": "int", "v": str(n)} for n in SAME_HASH]},
    "a ragged list that a table would pad": [["x" * 4000], [""] * 220_000],
    "an infinity": {"$": "float", "v": "inf"},
    "not a number": {"$": "float", "v": "nan"},
    "a huge integer": {"$": "int", "v": "9" * 2000},
    "a ragged list": [[1.0], [2.0, 3.0]],
    "a wide table": {"$": "frame", "columns": list(range(60_000)), "data": [[0]] * 60_000, "index": [0]},
}
OUTPUTS = {
    "nested elements": {"text/html": "<div>" * 199_000},
    "unclosed formatting": {"text/html": "<b><i><u><s>" * 1000 + "</p>" * 100_000},
    "a wide text table": {"text/plain": "\n".join(" | ".join(["x"] * 30_000) for _ in range(8))},
    "a wide table": {"text/html": "<table>" + "<tr>" + "<td>x" * 190_000},
    "badly nested": {"text/html": "<table><b>" * 4_900 + "x"},
}
MEMOS = {
    "dollar signs": "$" * 600_000,
    "unfinished formulas": "$a " * 200_000,
    "unclosed formatting": "<b>" * 4_000 + "**a " * 50_000,
    "brackets": "[a](" * 100_000,
    "begin": "\\begin{a}" * 50_000,
    "a wide table": "|".join("a" * 20_000) + "\n" + "|".join("-" * 20_000) + "\n" + "|".join("a" * 20_000),
    "quotations": ">" * 100_000 + "x",
}


@pytest.fixture
def small(tmp_path):
    return SmallClass(tmp_path)


def _cpu_of(work):
    before = os.times()
    work()
    after = os.times()
    return after.user + after.system - before.user - before.system


class OnePerStudent(InlinePool):
    """Hands a hostile value or output to the student that is named after it; the order of the jobs is that of the names."""

    def __init__(self, students, change):
        super().__init__()
        self.students, self.change = iter(students), change

    def run(self, job):
        executed = super().run(job)
        self.change(next(self.students), executed)
        return executed


def test_an_answer_that_takes_much_work_costs_its_own_question_only(small):
    """The grader's own time stays small; the neighbour and the other question have their points."""
    names = sorted([*WORK, "honest"])
    for name in names:
        small.submit(name, RIGHT)

    def change(name, executed):
        if name in WORK:
            executed.probes = {
                key: [{"value": WORK[name]}] * len(runs) if "mean" in key else runs
                for key, runs in executed.probes.items()
            }

    rows = {}
    used = _cpu_of(lambda: rows.update(small.grade(OnePerStudent(names, change))))
    assert used < 8.0
    for name in WORK:
        assert [one["share"] for one in rows[name].questions] == [0.0, 1.0], name
    assert rows["honest"].score == 4.0
    assert rows["keys of one hash"].outcome == NEEDS_REVIEW
    assert "processor time" in rows["keys of one hash"].sentence
    for name in ("an infinity", "not a number", "a ragged list"):
        assert rows[name].outcome == "graded", (name, rows[name].sentence)


def test_an_output_that_takes_much_work_is_left_out_and_everybody_has_a_page(small):
    names = sorted([*OUTPUTS, "honest"])
    for name in names:
        small.submit(name, RIGHT)

    def change(name, executed):
        if name in OUTPUTS:
            output = {"output_type": "display_data", "data": OUTPUTS[name], "metadata": {}}
            executed.cells[1] = [*executed.cells[1], *[output] * 10]

    used = _cpu_of(lambda: (small.grade(OnePerStudent(names, change)), write_feedback(small.root, EXERCISE)))
    assert used < 20.0
    assert {row.score for row in small.grade().values()} == {4.0}
    for name in names:
        assert (small.root / "classroom" / "feedback" / name / EXERCISE / f"{EXERCISE}.html").is_file()


def test_a_text_that_takes_much_work_is_shown_as_it_was_typed(small):
    for name, text in MEMOS.items():
        small.submit(name, RIGHT, memo=text, cells=[new_markdown_cell(text)])
    used = _cpu_of(lambda: (small.grade(), write_feedback(small.root, EXERCISE)))
    assert used < 20.0
    assert {row.score for row in small.grade().values()} == {4.0}
    for name, text in MEMOS.items():
        page = small.root / "classroom" / "feedback" / name / EXERCISE / f"{EXERCISE}.html"
        assert html.escape(text[:40]) in page.read_text(encoding="utf-8"), name


def test_a_notebook_that_takes_too_much_to_read_is_refused(small, monkeypatch):
    small.submit("ada", RIGHT)
    small.submit("bob", RIGHT)
    real = Bounded.call

    def call(self, task, *arguments, **options):
        if task == "read" and "ada" in arguments[0]:
            raise Excess("It needs more than 10 seconds of processor time here.")
        return real(self, task, *arguments, **options)

    monkeypatch.setattr(Bounded, "call", call)
    rows = small.grade()
    assert (rows["ada"].outcome, rows["bob"].score) == (NEEDS_REVIEW, 4.0)
    assert "10 seconds of processor time" in rows["ada"].sentence


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        ("while True: pass", "processor time"),
        ("x = 'x' * (1 << 34)", "memory"),
        ("import os; os._exit(3)", "memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGUSR1)", "SIGUSR1"),
        ("import time; time.sleep(60)", "3 seconds"),
        ("raise ValueError('no')", "ValueError: no"),
    ],
)
def test_work_that_exceeds_a_limit_ends_with_a_sentence_and_the_helper_goes_on(work, reason, monkeypatch):
    def told(code):
        exec(code, {})

    wall = 3 if "sleep" in work else 60

    monkeypatch.setitem(module.TASKS, "told", told)
    answer = module._in_a_fork(told, (work,), Allowance(cpu_seconds=1, wall_seconds=wall, memory=1 << 28))
    kind, sentence = json.loads(answer)
    assert kind in ("excess", "error") and reason in sentence
    assert json.loads(module._in_a_fork(len, ("abc",), Allowance())) == ["done", 3]


def test_the_helper_ends_with_the_process_that_asks():
    """Also when that one is killed, and after it has loaded everything."""
    script = (
        "import os, contextlib; from grader.grading.bounded import Bounded\n"
        "bounded = Bounded()\n"
        "bounded.call('clean', [[]])\n"
        "with contextlib.suppress(Exception):\n"
        "    bounded.call('judge', '01-two-numbers-and-a-chart', os.getcwd(), 1, None, None, {})\n"
        "print(bounded._helper.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    process = pathlib.Path("/proc", done.stdout.strip())
    deadline = time.monotonic() + 20
    while process.exists() and "zombie" not in (process / "status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_helper_that_was_ended_is_started_again():
    with Bounded() as bounded:
        assert bounded.call("clean", [[]]) == [[]]
        os.kill(bounded._helper.pid, signal.SIGKILL)
        time.sleep(0.1)
        assert bounded.call("clean", [[]]) == [[]]


def test_a_submission_that_ended_two_runs_is_set_aside_and_everybody_else_is_graded(small):
    """After the first time it comes last; after the second it needs a review until it is graded with --force or handed in anew."""
    for student in ("ada", "bob", "eve"):
        small.submit(student, RIGHT)
    rows = small.grade()
    for _ in range(2):
        with ResumeLog(small.root / "classroom" / grading.RESUME_LOG) as log:
            log.begin(EXERCISE, "ada", rows["ada"].key)
    order = []
    rows = small.grade(progress=lambda done, total, row: order.append(row.student))
    assert order[-1] == "ada"
    assert (rows["ada"].outcome, rows["bob"].outcome) == (NEEDS_REVIEW, "graded")
    assert "set aside" in rows["ada"].sentence
    assert small.grade()["ada"].outcome == NEEDS_REVIEW
    assert small.grade(force=True)["ada"].score == 4.0


def test_after_one_ended_run_it_is_graded_last(small):
    for student in ("ada", "bob"):
        small.submit(student, RIGHT)
    rows = small.grade()
    with ResumeLog(small.root / "classroom" / grading.RESUME_LOG) as log:
        log.begin(EXERCISE, "ada", rows["ada"].key)
    order = []
    rows = small.grade(progress=lambda done, total, row: order.append(row.student))
    assert order == ["bob", "ada"]
    assert rows["ada"].score == 4.0
