"""Grading a class: one row for each submission, nothing hidden comes out, unchanged work is not graded again."""

import io
import json
import re
import sqlite3
import sys

import nbformat
import numpy as np
import pytest
from small_class import EXERCISE, RIGHT, WRONG, InlinePool, SmallClass, WarmPool

from grader.grading import run as grading
from grader.grading.prepared import PreparedExercise
from grader.grading.resume_log import ResumeLog
from grader.grading.run import GRADED, NEEDS_REVIEW, grade_all
from grader.nbgrader_bridge import gradebook
from grader.sandbox.pool import Pool
from grader.sandbox.server import Level
from holdout.errors import CourseError, HoldoutError


@pytest.fixture
def small(tmp_path):
    return SmallClass(tmp_path)


def test_each_submission_ends_with_a_row_and_one_sentence(small):
    """Right, wrong, blank, broken, linked, unknown, badly named: the batch goes through all of them."""
    small.submit("ada", RIGHT)
    small.submit("bob", WRONG)
    small.submit("cy", {})
    folder = small.submit("dan", RIGHT)
    (folder / f"{EXERCISE}.ipynb").write_text("{", encoding="utf-8")
    submitted = small.root / "classroom" / "submitted"
    (submitted / "eve").mkdir()
    (submitted / "eve" / EXERCISE).symlink_to(submitted / "ada" / EXERCISE)
    (submitted / "fay" / "77-unknown").mkdir(parents=True)
    small.submit("gus\n=1+1", RIGHT)
    (submitted / "hal").symlink_to(submitted / "ada")
    rows = small.grade()
    assert {name: (row.score, row.outcome) for name, row in rows.items()} == {
        "ada": (4.0, GRADED),
        "bob": (0.0, GRADED),
        "cy": (0.0, GRADED),
        "dan": (0.0, NEEDS_REVIEW),
        "eve": (0.0, NEEDS_REVIEW),
        "fay": (0.0, NEEDS_REVIEW),
        "gus�=1+1": (0.0, NEEDS_REVIEW),
        "hal": (0.0, NEEDS_REVIEW),
    }
    assert all(row.sentence and "\n" not in row.sentence for row in rows.values())
    assert [one["misconception"] for one in rows["bob"].questions] == ["sum", "picks a"]
    assert [one["outcome"] for one in rows["cy"].questions] == ["not attempted", "not attempted"]


def test_a_notebook_ended_by_its_own_code_gets_zero_and_a_review_and_the_others_are_graded(small):
    """With the real sandbox: os._exit, an endless loop that is interrupted, and an honest neighbour."""
    small.submit("ada", RIGHT)
    small.submit("bob", {**RIGHT, "mean": "import os\nos._exit(0)"})
    small.submit("cy", {**RIGHT, "mean": "while True:\n    pass"})
    limits = grading.Limits(cell_seconds=2.0)
    rows = small.grade(Pool(2), limits=limits)
    level = grading.isolation_level().name
    assert (rows["ada"].score, rows["ada"].outcome, rows["ada"].isolation) == (4.0, GRADED, level)
    assert (rows["bob"].score, rows["bob"].outcome) == (0.0, NEEDS_REVIEW)
    assert "ended itself" in rows["bob"].sentence
    assert (rows["cy"].score, rows["cy"].outcome) == (1.0, GRADED)
    assert "interrupted after 2 seconds" in rows["cy"].sentence


SCRATCH = {
    "a name used again": "mean = mean([1, 2])",
    "a library's name": "np = 5\nsum = len = None",
    "everything deleted": "%reset -f",
    "the answer deleted": "del mean",
    "the process ended": "import os\nos._exit(3)",
    "the process crashed": "import ctypes\nctypes.string_at(0)",
    "a global changed": "HOW_MANY.clear()",
}


@pytest.mark.needs("linux")
@pytest.mark.parametrize("scratch", SCRATCH.values(), ids=SCRATCH)
def test_code_below_the_checks_costs_no_answer(small, scratch):
    """Each answer counts as it was where its check stands, as with stock nbgrader."""
    answers = {**RIGHT, "mean": "HOW_MANY = [1]\n" + RIGHT["mean"].replace("/ len", "/ HOW_MANY[0] / len")}
    folder = small.submit("ada", answers)
    path = folder / f"{EXERCISE}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "id": "scratch", "metadata": {}, "source": scratch, "outputs": []}
    notebook["cells"].append({**cell, "execution_count": None})
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert small.grade(WarmPool())["ada"].score == 4.0


@pytest.mark.needs("linux")
def test_an_answer_that_is_defined_below_its_check_counts_with_a_note(small):
    folder = small.submit("ada", {**RIGHT, "mean": "def mean(values):\n    return helper(values)"})
    path = folder / f"{EXERCISE}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    source = "def helper(values):\n    return sum(values) / len(values)"
    cell = {"cell_type": "code", "id": "below", "metadata": {}, "source": source, "outputs": []}
    notebook["cells"].append({**cell, "execution_count": None})
    path.write_text(json.dumps(notebook), encoding="utf-8")
    row = small.grade(WarmPool())["ada"]
    assert row.score == 4.0 and "after the last cell" in " ".join(row.notes)


CLEARING = {
    "by hand": "for name in list(globals()):\n    if not name.startswith('__'):\n        del globals()[name]",
    "all of them": "globals().clear()",
    "by a magic": "%reset -f",
}


@pytest.mark.needs("linux")
@pytest.mark.parametrize("source", CLEARING.values(), ids=CLEARING)
def test_a_first_cell_that_clears_all_names_is_no_tampering(small, source):
    folder = small.submit("ada", RIGHT)
    path = folder / f"{EXERCISE}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "id": "clear", "metadata": {}, "source": source, "outputs": []}
    notebook["cells"].insert(0, {**cell, "execution_count": None})
    path.write_text(json.dumps(notebook), encoding="utf-8")
    row = small.grade(WarmPool())["ada"]
    assert (row.score, row.outcome) == (4.0, GRADED)


COSTLY = {
    "ends the process": "import os; os._exit(0)",
    "crashes the interpreter": "import ctypes; ctypes.string_at(0)",
    "returns too much": "return 'x' * 9_000_000",
    "returns rows of different lengths": "return [[1, 2], [3]]",
    "returns infinity": "return float('inf')",
    "returns a huge integer": "return 10 ** 400",
}


@pytest.mark.needs("linux")
@pytest.mark.parametrize("code", COSTLY.values(), ids=COSTLY)
def test_one_bad_answer_costs_itself_only_and_needs_no_review(small, code):
    small.submit("ada", {**RIGHT, "mean": f"def mean(values):\n    {code}"})
    row = small.grade(WarmPool())["ada"]
    assert (row.score, row.outcome) == (1.0, GRADED)
    assert row.questions[0]["outcome"] in ("crashed", "wrong")


BROKEN = {
    "a package that is not there": ("import seaborn", "ModuleNotFoundError: No module named 'seaborn'"),
    "a curly quote": ("# one\nx = “a”", "SyntaxError: a curly quote (“) in line 2"),
    "a question to the learner": ("n = input('n? ')", "nobody can answer `input()`"),
    "an error": ("1 / 0", "ZeroDivisionError: division by zero"),
    "marks of a merge conflict": (
        "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> main",
        "line 1 is a mark of a merge conflict; keep one",
    ),
    "marks of a merge conflict inside a function": (
        "def f():\n<<<<<<< HEAD\n    return 1\n=======\n    return 2\n>>>>>>> main",
        "line 2 is a mark of a merge conflict; keep one",
    ),
    "the middle mark alone": ("x = 1\n=======\nx = 2", "line 2 is a mark of a merge conflict"),
    "a ruler in a text, and another error": ('"""\n=======\n"""\nx = = 2', "SyntaxError: invalid syntax"),
    "a bracket that is never closed": ("x = (1,\n2\ny = 3", "was never closed"),
}


@pytest.mark.needs("linux")
@pytest.mark.parametrize(("first", "said"), BROKEN.values(), ids=BROKEN)
def test_where_the_cell_of_an_answer_failed_its_error_is_the_message(small, first, said):
    small.submit("ada", {**RIGHT, "mean": f"{first}\n{RIGHT['mean']}"})
    question = small.grade(WarmPool())["ada"].questions[0]
    assert question["outcome"] == "crashed" and said in question["message"]
    assert "ipython-input" not in question["message"]


@pytest.mark.needs("linux")
def test_an_answer_that_a_loop_replaced_is_not_said_to_have_failed_elsewhere(small):
    small.submit("ada", {**RIGHT, "mean": "while True:\n    pass"})
    row = small.grade(WarmPool(), limits=grading.Limits(cell_seconds=1.0, probe_seconds=1.0))["ada"]
    message = row.questions[0]["message"]
    assert row.score == 1.0 and "longer than the 1 seconds" in message and "another cell" not in message


@pytest.mark.needs("linux")
@pytest.mark.parametrize("kept", ["def mean(values):", "def mean(values):\n    return sum(\n        values"])
def test_a_cell_that_was_split_says_that_its_rest_may_stand_in_the_next_one(small, kept):
    small.submit("ada", {**RIGHT, "mean": kept})
    question = small.grade(WarmPool())["ada"].questions[0]
    assert (
        question["outcome"] == "crashed"
        and "its rest stands in the next one: join the two" in question["message"]
    )


@pytest.mark.needs("linux")
def test_a_time_limit_is_called_a_time_limit_with_its_seconds(small):
    small.submit("ada", {**RIGHT, "mean": f"while True:\n    pass\n{RIGHT['mean']}"})
    small.submit("bob", {**RIGHT, "mean": "def mean(values):\n    while True:\n        pass"})
    limits = grading.Limits(cell_seconds=1.0, probe_seconds=1.0)
    rows = small.grade(WarmPool(), limits=limits)
    for row in rows.values():
        assert row.score == 1.0 and "longer than the 1 seconds" in row.questions[0]["message"]


def test_no_hidden_input_comes_out_in_a_message(small):
    """Exceptions, names of exceptions and returned values made from hidden inputs stay inside."""
    visible = "if list(values) in ([1.0, 2.0, 6.0], [4.0]):\n        return sum(values) / len(values)\n    "
    tricks = {
        "message": f"def mean(values):\n    {visible}raise ValueError(repr(list(values)))",
        "name": f"def mean(values):\n    {visible}raise type(repr(list(values)), (Exception,), dict())()",
        "faked": f"def mean(values):\n    {visible}raise type('NotRun', (Exception,), dict())(repr(list(values)))",
        "value": f"def mean(values):\n    {visible}return [repr(list(values))]",
        "sum": f"def mean(values):\n    {visible}return float(sum(values))",
    }
    for name, code in tricks.items():
        small.submit(name, {"mean": code})
    rows = small.grade()
    hidden = [
        f"{number:.4}"
        for probe in PreparedExercise(EXERCISE, small.root, grading.grading_seed()).probes(small.release)
        if probe["id"] == "hidden 01.mean"
        for number in _numbers(probe["inputs"])
    ]
    assert len(hidden) == 15
    for name, row in rows.items():
        seen = json.dumps(row.as_dict()) + nbformat.writes(small.recorded(name))
        assert not [number for number in hidden if number in seen], name
    assert rows["sum"].questions[0]["on_fresh"] == "On hidden cases: like 'sum'."
    assert "ValueError" in rows["message"].questions[0]["on_fresh"]


def test_the_learner_reads_the_same_sentence_whatever_an_answer_does_on_hidden_cases(small):
    """Error, its name, its line, a known wrong answer, a process that ends: each could carry a hidden input out."""
    visible = "if list(values) in ([1.0, 2.0, 6.0], [4.0]):\n        return sum(values) / len(values)\n    "
    tricks = [
        "raise KeyError",
        "raise ValueError",
        "return 1 // 0",
        "return float(sum(values))",
        "raise NotImplementedError",
        "return None",
        "return [1]",
    ]
    for number, code in enumerate(tricks):
        small.submit(f"learner-{number}", {"mean": f"def mean(values):\n    {visible}{code}"})
    rows = small.grade()
    told = {
        (
            row.sentence,
            row.outcome,
            *(row.questions[0][name] for name in ("message", "outcome", "misconception")),
        )
        for row in rows.values()
    }
    assert len(told) == 1


def _numbers(inputs):
    from holdout.checks.codec import decode

    return decode(inputs["values"]).tolist()


def test_expected_answers_never_go_inside(small):
    """What is sent holds inputs only: neither the reference's results nor the judge's knowledge."""
    for probe in PreparedExercise(EXERCISE, small.root, 5).probes(small.release):
        assert set(probe) <= {"id", "answer", "probe", "inputs", "stage", "at", "again"}
        assert set(probe["inputs"]) <= {"values"}
    notebook = PreparedExercise(EXERCISE, small.root, 5).to_execute(small.release)
    text = json.dumps(notebook)
    assert "grader.nbgrader_bridge.hidden_test" not in text and 'check("01' not in text


def test_unchanged_work_is_not_graded_again_unless_forced(small):
    small.submit("ada", RIGHT)
    small.submit("bob", WRONG)
    small.grade()
    small.submit("bob", RIGHT)
    pool = InlinePool()
    rows = small.grade(pool)
    assert (pool.count, rows["ada"].fresh, rows["bob"].fresh) == (1, False, True)
    assert (rows["ada"].score, rows["bob"].score) == (4.0, 4.0)
    pool = InlinePool()
    small.grade(pool, force=True)
    assert pool.count == 2


def test_another_seed_or_a_changed_question_grades_again(small):
    small.submit("ada", RIGHT)
    small.grade(seed=1)
    pool = InlinePool()
    small.grade(pool, seed=2)
    assert pool.count == 1
    path = small.root / "solutions" / EXERCISE / "questions.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Half of the work.", "Half the work."), encoding="utf-8"
    )
    pool = InlinePool()
    small.grade(pool, seed=2)
    assert pool.count == 1


def test_the_resume_log_alone_is_no_grade(small):
    """A gradebook or a recorded notebook that was lost is made again, not skipped."""
    from grader.nbgrader_bridge.gradebook import rmtree_if_there

    small.submit("ada", RIGHT)
    small.grade()
    rmtree_if_there(small.root / "classroom" / "autograded" / "ada")
    pool = InlinePool()
    assert small.grade(pool)["ada"].score == 4.0
    assert pool.count == 1


def test_a_resume_log_that_is_no_database_is_named_with_the_remedy(small):
    small.submit("ada", RIGHT)
    small.grade()
    path = small.root / "classroom" / grading.RESUME_LOG
    path.write_text("not a database, but long enough to be taken for one" * 100, encoding="utf-8")
    with pytest.raises(CourseError, match=r"grading\.db cannot be read or written .*delete it"):
        small.grade()
    path.unlink()
    assert small.grade()["ada"].score == 4.0


def test_a_submission_whose_recording_was_interrupted_is_graded_again(small):
    small.submit("ada", RIGHT)
    small.grade()
    with ResumeLog(small.root / "classroom" / grading.RESUME_LOG) as log:
        log.begin(EXERCISE, "ada")
    pool = InlinePool()
    assert small.grade(pool)["ada"].score == 4.0
    assert pool.count == 1
    pool = InlinePool()
    small.grade(pool)
    assert pool.count == 0


@pytest.mark.parametrize(
    "forged", [{"value": 1}, {"error": "KeyError", "message": "0", "where": ""}, {"not_attempted": True}]
)
def test_a_tampered_kernel_is_an_alarm_and_not_a_score(small, forged):
    """Tools that answer tamper probes falsely: the same points, but a person must review."""
    small.submit("ada", RIGHT)

    def tamper(probe, result):
        return dict(forged) if probe["id"] == "tamper probe" else result

    row = small.grade(InlinePool(tamper))["ada"]
    assert (row.score, row.outcome) == (4.0, NEEDS_REVIEW)
    assert "changed the tools" in row.sentence
    assert all(needs for *_, needs in small.grades("ada").values())


def test_an_honest_kernel_raises_no_alarm(small):
    """Fifty times fresh tamper probes: no false alarm."""
    from grader.grading import tamper_probes
    from holdout.checks.probe import run_probe

    for seed in range(50):
        expected = tamper_probes.draw_tamper_probes(np.random.default_rng(seed))
        results = [json.loads(json.dumps(run_probe(print, p["probe"], p["inputs"]))) for p, _ in expected]
        assert not tamper_probes.tampered(expected, results)


@pytest.mark.parametrize(
    "result",
    [
        {"value": {"$": "array", "dtype": "<f8", "shape": [10**9], "v": ""}},
        {"value": {"$": "frame"}},
        {"value": [[[[[]]]]]},
        {"value": {"$": "float", "v": "nan"}},
        {"value": {"$": "set", "v": [[1]]}},
        {"value": "x" * 10_000},
    ],
)
def test_whatever_comes_back_is_only_judged(small, result):
    """Malformed or absurd results cost the question its points and nothing else."""
    small.submit("ada", RIGHT)
    row = small.grade(InlinePool(lambda probe, true: result if probe["id"].endswith("mean") else true))["ada"]
    assert [one["share"] for one in row.questions] == [0.0, 1.0]


def test_an_error_of_our_own_while_taking_in_costs_one_row_and_not_the_batch(small, monkeypatch):
    """Zero, a review, tried again by the next run; the neighbour is graded."""
    small.submit("ada", RIGHT)
    small.submit("bob", RIGHT)
    small.grade()
    real = grading.read_within_limits

    def broken(bounded, folder, *told):
        if "ada" in str(folder):
            raise MemoryError
        return real(bounded, folder, *told)

    monkeypatch.setattr(grading, "read_within_limits", broken)
    rows = small.grade(force=True)
    assert (rows["ada"].score, rows["ada"].outcome, rows["bob"].score) == (0.0, NEEDS_REVIEW, 4.0)
    monkeypatch.setattr(grading, "read_within_limits", real)
    assert small.grade()["ada"].score == 4.0


def test_two_runs_at_a_time_are_refused(small):
    small.submit("ada", RIGHT)
    with grading._lock(small.root / "classroom"), pytest.raises(CourseError, match="another `holdout grade`"):
        small.grade()


def test_without_isolation_other_peoples_code_is_not_executed(small, monkeypatch):
    """Where submissions cannot be isolated, grading needs an explicit word."""
    small.submit("ada", RIGHT)
    monkeypatch.setattr(grading, "isolation_level", lambda: Level("none", ["There is no bubblewrap."]))
    with pytest.raises(CourseError, match=re.escape("There is no bubblewrap.")):
        grade_all(small.root, json=True)
    grading.refuse_without_isolation(unsafe=True)


def test_without_isolation_but_with_an_explicit_word_each_submission_runs_in_its_own_process(
    small, monkeypatch
):
    """As on macOS: no bubblewrap, no namespaces; the comparison is outside all the same, and the level is stated."""
    from grader.sandbox import bubblewrap

    monkeypatch.setattr(bubblewrap, "platform_supported", lambda: False)
    small.submit("ada", RIGHT)
    small.submit("bob", WRONG)
    with pytest.raises(CourseError, match="cannot be isolated"):
        grade_all(small.root, json=True)
    rows = {row.student: row for row in grade_all(small.root, json=True, jobs=1, unsafe=True)}
    assert {name: (row.score, row.outcome) for name, row in rows.items()} == {
        "ada": (4.0, GRADED),
        "bob": (0.0, GRADED),
    }


def test_an_exercise_that_was_not_released_or_has_changed_is_refused_with_the_remedy(small):
    small.submit("ada", RIGHT)
    path = small.root / "solutions" / EXERCISE / f"{EXERCISE}.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("A small exercise", "Another exercise"), encoding="utf-8"
    )
    with pytest.raises(CourseError, match=r"has changed since its release.*holdout release 01"):
        small.grade()
    (small.root / "classroom" / "gradebook.db").unlink()
    with pytest.raises(CourseError, match=r"does not know 01-small.*holdout release 01"):
        small.grade()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_shows_how_far_the_run_is_and_a_pipe_gets_nothing(small, monkeypatch, terminal):
    """Number done and in all, rate and time left."""
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", stream)
    for student in ("ada", "bob"):
        small.submit(student, RIGHT)
    grade_all(small.root, pool=InlinePool())
    shown = stream.getvalue()
    assert ("2/2" in shown and "submissions/s" in shown) if terminal else shown == ""


def test_without_submissions_the_remedy_is_named(small):
    with pytest.raises(CourseError, match=r"no submissions below .*holdout simulate"):
        small.grade()
    download = small.root / "classroom" / "submitted" / "Ada L_12_assignsubmission_file_"
    download.mkdir(parents=True)
    (download / "x.ipynb").write_text("{}", encoding="utf-8")
    for exercise in (EXERCISE, None):
        with pytest.raises(CourseError, match=r"holdout collect.*there is Ada L_12.*x\.ipynb: a file beside"):
            small.grade(exercise=exercise)
    small.submit("ada", RIGHT)
    with pytest.raises(CourseError, match="there is no exercise '77'"):
        small.grade(exercise="77")


@pytest.mark.parametrize("seed", ["eleven", "-1", "1.5"])
def test_a_seed_that_is_no_whole_number_is_named(small, monkeypatch, seed):
    small.submit("ada", RIGHT)
    monkeypatch.setenv("HOLDOUT_GRADING_SEED", seed)
    with pytest.raises(CourseError, match=f"HOLDOUT_GRADING_SEED is '{seed}'; set it to a whole number"):
        small.grade()


def test_a_gradebook_that_cannot_be_read_is_named_with_the_remedy(small):
    small.submit("ada", RIGHT)
    path = small.root / "classroom" / "gradebook.db"
    path.write_text("not a database, but long enough to be taken for one" * 100, encoding="utf-8")
    with pytest.raises(CourseError, match=r"gradebook cannot be read or written \(file is not a database\)"):
        small.grade()


def test_a_gradebook_that_another_program_locks_is_named_and_the_next_run_goes_on(small, monkeypatch):
    monkeypatch.setattr(gradebook, "LOCK_SECONDS", 1)  # a minute in use
    small.submit("ada", RIGHT)
    other = sqlite3.connect(small.root / "classroom" / "gradebook.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match=r"database is locked.*close what else uses it"):
        small.grade()
    other.rollback()
    other.close()
    assert small.grade()["ada"].score == 4.0


def test_a_classroom_that_cannot_be_written_is_named(small, monkeypatch):
    small.submit("ada", RIGHT)
    monkeypatch.setattr(grading, "LOCK", "submitted")  # a folder: root may write everywhere else
    with pytest.raises(CourseError, match=r"nothing can be written in .*classroom"):
        small.grade()


def test_a_pool_without_servers_is_refused():
    with pytest.raises(HoldoutError, match="at least one submission must be executed at a time, not 0"):
        Pool(0)


def test_an_honest_class_gets_what_stock_nbgrader_gives_it(small):
    """The same submissions through nbgrader's own autograde and through ours: the same points for everybody."""
    from grader.tools.doctor import clear_grades, run_stock
    from grader.tools.simulate import simulate

    simulate(small.root, EXERCISE, students=6, seed=3)
    wanted = run_stock(small.root, EXERCISE)["scores"]
    clear_grades(small.root)
    rows = small.grade(Pool(2))
    assert {name: row.score for name, row in rows.items()} == wanted
    assert len(set(wanted.values())) > 1


@pytest.mark.proof
def test_a_class_of_a_thousand_runs_through_with_flat_memory(small):
    """From the 200th submission to the last, this process grows by no more than the rows it returns.

    A row of this exercise takes less than 20 kB (measured: 3 kB of JSON); 800 of them less than 16 MB.
    """
    import os

    from grader.tools.simulate import simulate

    simulate(small.root, EXERCISE, students=1000, seed=4)
    resident = {}

    def note(done, total, row):
        with open("/proc/self/statm") as file:
            resident[done] = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    rows = small.grade(Pool(2), progress=note)
    assert len(rows) == 1000 and {row.outcome for row in rows.values()} == {GRADED}
    assert resident[1000] - resident[200] < 16e6


@pytest.mark.proof
def test_an_honest_class_of_sixty_gets_what_stock_nbgrader_gives_it():
    """The same with the real exercise 01 and sixty learners."""
    from grader.tools.doctor import compare_speed
    from holdout.paths import find_root

    assert compare_speed(find_root(), "01", students=60)["same_scores"]


@pytest.mark.needs("linux")
def test_own_data_files_can_be_read_and_what_was_noted_is_said_everywhere(small, capsys, monkeypatch):
    """In the terminal, in the report, and at the top of the recorded notebook, from which feedback and formgrader are made."""
    from grader import cli
    from grader.reports.class_report import report

    source = "with open('numbers.txt') as file:\n    SCALE = int(file.read())\nprint('x' * 3_000_000)\n"
    folder = small.submit(
        "ada", {**RIGHT, "mean": source + RIGHT["mean"].replace("return", "return SCALE *")}
    )
    (folder / "numbers.txt").write_text("1")
    (folder / f"{EXERCISE}.ipynb").rename(folder / "my own.ipynb")
    row = small.grade(WarmPool())["ada"]
    assert row.score == 4.0
    wanted = ["numbers.txt", "instead of", "was cut at its limit"]
    assert all(any(text in note for note in row.notes) for text in wanted)
    first = small.recorded("ada").cells[0].source
    assert all(text in first for text in wanted)
    page = report(small.root, EXERCISE).read_text(encoding="utf-8")
    assert "was cut at its limit" in page
    monkeypatch.chdir(small.root)
    assert cli.main(["grade"]) == 0
    assert all(text in capsys.readouterr().out for text in wanted[:1])


@pytest.mark.needs("linux")
def test_the_streams_of_a_probe_come_one_observation_at_a_time(small):
    """What a monitor can find in its process never holds a later day, and replacing the library's loop earns nothing."""
    from grader.sandbox.server import Job, Server
    from holdout.checks.codec import decode, encode

    quarter = {
        "slices": ["a"],
        "items": 5,
        "lost": np.arange(1000, 1010)[:, None],
        "gained": np.zeros((10, 1), int),
    }
    source = """
import gc, sys
import numpy as np
import holdout.topics.canary.experiments, holdout.topics.canary.probes as probes
probes.run_on_quarters = probes.run_on_quarters_steps = lambda *a: [[3]]
holdout.topics.canary.experiments.run_monitor = lambda *a: [[3]]
def monitor(stream):
    today = int(stream["lost"][-1, 0])
    found = set()
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            found.update(np.ravel(value).tolist() if isinstance(value, np.ndarray) else [])
        frame = frame.f_back
    for value in gc.get_objects():
        if isinstance(value, np.ndarray) and value.dtype.kind == "i":
            found.update(value.ravel().tolist())
    return any(today < number < 1010 for number in found if isinstance(number, int))
"""
    probe = {"id": "q", "answer": "monitor", "inputs": {"quarters": encode([quarter])}}
    probe["probe"] = "holdout.topics.canary.probes:run_on_quarters(answer, quarters)"
    cell = {"cell_type": "code", "source": source, "metadata": {}}
    with Server() as server:
        executed = server.run(Job({"cells": [cell]}, [probe]))
    assert decode(executed.probes["q"][0]["value"]) == [[]]
