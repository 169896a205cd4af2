"""The command: what it prints, where, and with which exit code."""

import ast
import json
import os
import pathlib
import subprocess
import sys

import nbformat
import pytest

from grader.cli import main
from holdout.record import summary


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_verify_prints_the_agreed_document_and_nothing_else(mini_course, capsys):
    code, out, _ = run(capsys, "verify", "01", "--seeds", "2", "--jobs", "1", "--json")
    document = json.loads(out)
    assert code == 0
    for row in document["questions"]:
        assert {"exercise", "question", "points", "reference", "blank", "wrong", "right"} <= set(row)
        assert row["reference"] == 1.0
        assert row["blank"] == 0.0
        assert all({"name", "lost_points", "own_message"} <= set(wrong) for wrong in row["wrong"])
        assert all({"name", "full_marks"} <= set(right) for right in row["right"])
    assert document["totals"]["wrong_passed"] == document["totals"]["right_failed"] == 0


def test_verify_fails_when_a_question_breaks_its_promise(mini_course, capsys):
    path = mini_course / "solutions/01-small/questions.py"
    path.write_text(path.read_text().replace("return float(np.sum(values))", "return float(np.mean(values))"))
    code, out, _ = run(capsys, "verify", "--seeds", "2", "--jobs", "1")
    assert code == 1
    assert "'sum' gets full marks" in out
    assert out.endswith("✘ failed: 01.mean\n")


def test_verify_takes_one_question(mini_course, capsys):
    code, out, _ = run(capsys, "verify", "01.mean", "--seeds", "2", "--jobs", "1")
    assert code == 0
    assert "questions: 1, seeds: 2" in out
    assert out.endswith("✔ every question keeps its promises\n")
    code, _, err = run(capsys, "verify", "01.median")
    assert code == 1
    assert err == "holdout verify: 01-small has no question '01.median'; it has 01.mean, 01.pick\n"


def test_verify_writes_no_failing_result(mini_course, capsys):
    path = mini_course / "solutions/01-small/questions.py"
    path.write_text(path.read_text().replace("return float(np.sum(values))", "return float(np.mean(values))"))
    code, _, err = run(capsys, "verify", "01", "--seeds", "2", "--jobs", "1", "--write")
    assert code == 1
    assert "nothing was written, because these questions fail: 01.mean" in err
    assert not (mini_course / "solutions/verified.json").exists()


def test_build_and_its_check(mini_course, capsys):
    assert run(capsys, "build", "--check")[0] == 1
    assert run(capsys, "build")[0] == 0
    code, out, _ = run(capsys, "build", "--check")
    assert (code, out) == (0, "✔ everything is current\n")


def test_check_runs_a_learners_own_notebook_and_leaves_it_alone(built_course, capsys):
    path = built_course / "exercises/01-small/01-small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id == "01-mean-answer":
            cell.source = "def mean(values):\n    return sum(values)"
    nbformat.write(notebook, path)
    before = path.read_bytes()
    code, out, _ = run(capsys, "check", "01")
    assert code == 1
    assert "✘ wrong" in out
    assert "is the sum of your values" in out
    assert "not attempted" in out
    assert "0 of 2 checks passed" in out
    assert path.read_bytes() == before
    code, out, _ = run(capsys, "check", "--json")
    assert [row["outcome"] for row in json.loads(out)] == ["wrong", "not attempted"]


def test_check_names_a_copy_beside_an_exercise_and_checks_it_wherever_it_is(built_course, capsys, tmp_path):
    path = built_course / "exercises/01-small/01-small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id == "01-pick-answer":
            cell.source = 'pick = "b"'
    copy, mine = path.with_name("01-small-Copy1.ipynb"), tmp_path / "mine.ipynb"
    for place in (copy, mine):
        # some editors put a mark of UTF-8 in front
        place.write_text(nbformat.writes(notebook), encoding="utf-8-sig")
    _, out, _ = run(capsys, "check", "01")
    assert "0 of 2 checks passed" in out and "Not checked: 01-small-Copy1.ipynb. To check it:" in out
    for place in (copy, mine):
        _, out, _ = run(capsys, "check", str(place))
        assert "1 of 2 checks passed" in out and "Not checked" not in out


@pytest.mark.parametrize(
    "content", [b"", b'{"cells": [', "{}".encode("utf-16")], ids=["empty", "half", "UTF-16"]
)
def test_check_says_what_to_do_about_a_file_that_is_no_notebook(built_course, capsys, content, tmp_path):
    (built_course / "exercises/01-small/01-small.ipynb").write_bytes(content)
    code, out, _ = run(capsys, "check", "01")
    assert code == 1 and "01-small.ipynb cannot be read: " in out and ".ipynb_checkpoints" in out
    assert "Error" not in out
    elsewhere = tmp_path / "mine.ipynb"
    elsewhere.write_bytes(content)
    code, _, err = run(capsys, "check", str(elsewhere))
    assert code == 1 and "mine.ipynb cannot be read: " in err


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        (
            "while True:\n    pass",
            "crashed",
            "The cell of its answer was interrupted: a cell may take 3 seconds",
        ),
        ("def mean(values):\n    while True:\n        pass", "crashed", "Its check was interrupted"),
        (
            "def mean(values)\n    return 1",
            "crashed",
            "The cell of its answer ended with SyntaxError: expected ':'",
        ),
        (None, "not attempted", "The cell of its answer (01-mean-answer) is not in the notebook"),
    ],
    ids=["a loop in the cell", "a loop in the answer", "no Python", "no cell"],
)
def test_a_check_of_an_accident_says_what_became_of_its_question_and_goes_on(
    built_course, capfd, answer, outcome, said
):
    from holdout.checks.run_checks import check_exercises

    path = built_course / "exercises/01-small/01-small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    sources = {"01-mean-answer": answer, "01-pick-answer": 'pick = "b"'}
    for cell in notebook.cells:
        cell.source = sources.get(cell.metadata.nbgrader.grade_id, cell.source)
    notebook.cells = [cell for cell in notebook.cells if cell.source is not None]
    nbformat.write(notebook, path)
    accident, follows = check_exercises(built_course, "01", cell_timeout=3)
    assert accident["outcome"] == outcome and said in accident["message"]
    assert follows["outcome"] == "passed"
    assert "Traceback" not in capfd.readouterr().err


def test_a_check_says_that_an_answer_became_text(built_course):
    from holdout.checks.run_checks import check_exercises

    path = built_course / "exercises/01-small/01-small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id == "01-mean-answer":
            cell.cell_type = "markdown"
            del cell["outputs"], cell["execution_count"]
    nbformat.write(notebook, path)
    row = check_exercises(built_course, "01")[0]
    assert row["outcome"] == "not attempted" and "is no code cell" in row["message"]


@pytest.mark.parametrize("arguments", [["verify", "77"], ["check", "77"], ["lab", "77"]])
def test_an_unknown_exercise_is_one_sentence_on_stderr(mini_course, capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert "there is no" in err
    assert err.count("\n") == 1


def test_wrong_usage_has_its_own_exit_code(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["nonsense"])
    assert stop.value.code == 2
    assert main([]) == 2


def test_progress_can_be_shown_exported_and_deleted(tmp_path, capsys):
    from holdout.record import progress

    progress.record_check("01.gap", "passed")
    code, out, _ = run(capsys, "progress", "--json")
    assert (code, json.loads(out)["checks_passed"]) == (0, 1)
    target = tmp_path / "mine.json"
    assert run(capsys, "progress", "--export", str(target))[0] == 0
    assert "01.gap" in target.read_text(encoding="utf-8")
    assert run(capsys, "progress", "--delete", "--yes")[0] == 0
    assert "01.gap" not in summary.to_json()


def test_deleting_where_nothing_was_recorded_says_so(capsys):
    assert run(capsys, "progress", "--delete", "--yes") == (0, "Nothing was recorded.\n", "")


@pytest.mark.parametrize("answer", ["", "n", "yes please", EOFError])
def test_records_are_deleted_only_after_a_yes(capsys, monkeypatch, answer):
    from holdout.record import progress

    def reply(prompt):
        if answer is EOFError:  # as in a script
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", reply)
    progress.record_check("01.gap", "passed")
    code, out, _ = run(capsys, "progress", "--delete")
    assert (code, out.strip()) == (1, "Nothing was deleted.")
    assert progress.read()


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["progress", "--export", "/nonexistent/x"], {}, "/nonexistent/x cannot be written (No such file"),
        (["progress", "--export", "."], {}, "cannot be written"),
        (["progress"], {"HOLDOUT_PROGRESS": "/dev/null"}, "cannot be read"),
        (["progress", "--delete", "--yes"], {"HOLDOUT_PROGRESS": "/dev/null"}, "cannot be deleted"),
        (["progress"], {"HOLDOUT_COURSE": "/nonexistent"}, "HOLDOUT_COURSE is '/nonexistent'"),
        (["check"], {"HOLDOUT_COURSE": "/nonexistent"}, "HOLDOUT_COURSE is '/nonexistent'"),
        (["lab"], {"HOLDOUT_COURSE": "/nonexistent"}, "HOLDOUT_COURSE is '/nonexistent'"),
        (["lab", "**x"], {}, "there is no lesson '**x'; there are: 01-"),
        (["lab", "/etc/passwd"], {}, "there is no lesson '/etc/passwd'"),
        (["check", "../.."], {}, "there is no exercise '../..'"),
        (["grade", "01"], {"HOLDOUT_GRADING_SEED": "x"}, "HOLDOUT_GRADING_SEED is 'x'; set it to a whole number"),
        (["grade", "01"], {"HOLDOUT_DATASETS": "/nonexistent"}, "HOLDOUT_DATASETS is '/nonexistent'"),
        (["portfolio", "--no-recompute", "--output", "/nonexistent/x"], {}, "/nonexistent/x cannot be written"),
    ],
)  # fmt: skip
def test_what_a_user_can_cause_is_one_sentence_on_stderr(capsys, monkeypatch, arguments, variables, said):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith(f"holdout {arguments[0]}: ")
    assert said in err
    assert err.count("\n") == 1


def test_a_working_directory_that_was_deleted_is_one_sentence(capsys, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code, out, err = run(capsys, "progress")
    assert (code, out) == (1, "")
    assert err == "holdout progress: the working directory is not there any more; change into another one\n"


def test_signs_that_a_terminal_has_not_do_not_end_a_command(mini_course):
    done = python(
        "import sys, grader.cli; sys.exit(grader.cli.main(['portfolio', '--output', 'mine \\u2713.html', '--no-recompute']))",
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert r"mine \u2713.html" in done.stdout


def test_debug_shows_the_traceback_before_the_sentence(capsys):
    code, _, err = run(capsys, "lab", "77", "--debug")
    assert (code, err.startswith("Traceback")) == (1, True)
    assert err.splitlines()[-1].startswith("holdout lab: there is no lesson '77'")


def python(code, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, **options
    )


def test_a_mistake_in_the_program_shows_its_traceback_and_ends_with_1():
    done = python(
        "import sys, holdout.paths, grader.cli\n"
        "def find_root(): raise ValueError('a bug')\n"
        "holdout.paths.find_root = find_root\n"
        "sys.exit(grader.cli.main(['lab']))"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback") and done.stderr.endswith("ValueError: a bug\n")


def test_a_reader_that_has_seen_enough_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "grader.cli", "progress"],
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=120,
        )
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("arguments", [["--help"], ["progress"]])
def test_a_command_that_shows_text_imports_nothing_heavy(arguments, tmp_path):
    """Which is what makes it start in a moment: pandas, SciPy and nbgrader take a second each."""
    from holdout.record import progress

    for number in range(30):  # enough predictions to judge the calibration
        progress.record("prediction", id=f"01.p{number}", answer="a", confidence=0.8, correct=True)
    done = python(
        "import atexit, sys, grader.cli\n"
        "atexit.register(lambda: print(sorted(sys.modules), file=sys.stderr))\n"
        "sys.exit(grader.cli.main(sys.argv[1:]))",
        *arguments,
    )
    assert done.returncode == 0
    loaded = {name.split(".")[0] for name in ast.literal_eval(done.stderr)}
    assert not loaded & {
        "IPython",
        "matplotlib",
        "nbclient",
        "nbformat",
        "nbgrader",
        "numpy",
        "pandas",
        "scipy",
    }


def test_an_unknown_benchmark_is_named_with_those_that_there_are(mini_course, capsys):
    folder = mini_course / "tests" / "bench"
    folder.mkdir(parents=True)
    (folder / "bench_one.py").write_text("raise SystemExit(3)")
    code, _, error = run(capsys, "bench", "two")
    assert (code, "there is no benchmark two; there are: one" in error) == (1, True)
    assert run(capsys, "bench", "one")[0] == 1


@pytest.mark.parametrize(("arguments", "hidden"), [([], True), (["--instructor"], False)])
def test_lab_hides_from_learners_what_instructors_need(monkeypatch, arguments, hidden):
    """JupyterLab reads the settings from the folders of JUPYTER_CONFIG_PATH; a browser test looks at the page."""
    monkeypatch.setattr(os, "environ", {**os.environ})
    monkeypatch.setattr(os, "chdir", lambda folder: None)
    monkeypatch.setattr(subprocess, "call", lambda arguments: None)
    monkeypatch.setattr(os, "execv", lambda program, arguments: None)
    main(["lab", "--no-browser", *arguments])
    found = python(
        "import json\n"
        "from jupyter_core.paths import jupyter_config_path\n"
        "from jupyter_server.services.config import ConfigManager\n"
        "from jupyterlab_server.config import get_page_config\n"
        "server = ConfigManager(read_config_path=jupyter_config_path())\n"
        "extensions = server.get('jupyter_server_config')['ServerApp']['jpserver_extensions']\n"
        "print(json.dumps([get_page_config([])['disabledExtensions'], extensions]))",
        env=os.environ,
    )
    disabled, server = json.loads(found.stdout)
    assert "@jupyter/nbgrader:assignment-list" in disabled
    assert server["nbgrader.server_extensions.assignment_list"] is False
    for name in ("create-assignment", "formgrader", "menu"):
        assert (f"@jupyter/nbgrader:{name}" in disabled) is hidden
    assert server.get("nbgrader.server_extensions.formgrader", True) is not hidden


def test_a_terminal_inside_lab_finds_the_command_without_an_activated_environment(monkeypatch):
    monkeypatch.setattr(
        os, "environ", {**os.environ, "PATH": os.defpath}
    )  # the command fills it for its child
    monkeypatch.setattr(os, "chdir", lambda folder: None)
    started = []
    monkeypatch.setattr(subprocess, "call", lambda arguments: started.append(os.environ["PATH"]))
    monkeypatch.setattr(os, "execv", lambda program, arguments: started.append(os.environ["PATH"]))
    assert not main(["lab", "--no-browser"])
    (path,) = started
    assert path.split(os.pathsep)[0] == str(pathlib.Path(sys.executable).parent)


@pytest.fixture(scope="module")
def small_class(tmp_path_factory):
    from small_class import RIGHT, SmallClass

    made = SmallClass(tmp_path_factory.mktemp("instructor"))
    made.submit("ada", RIGHT)
    return made


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "77"], "there is no exercise '77'"),
        (["report", "77"], "there is no exercise '77'"),
        (["simulate", "77"], "there is no exercise '77'"),
        (["report", "01"], "run `holdout grade` first"),
        (["export", "01"], "run `holdout grade` first"),
    ],
)
def test_what_an_instructor_can_get_wrong_is_one_sentence(small_class, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(small_class.root)
    code, out, error = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert said in error and error.count("\n") == 1


@pytest.mark.parametrize("command", ["grade", "release", "export"])
def test_a_gradebook_that_is_no_database_is_one_sentence(small_class, monkeypatch, capsys, tmp_path, command):
    broken = tmp_path / "broken.db"
    broken.write_text("not a database, but long enough to be taken for one" * 100)
    monkeypatch.setenv("HOLDOUT_DB_URL", f"sqlite:///{broken}")
    monkeypatch.chdir(small_class.root)
    code, _, error = run(capsys, command)
    assert code == 1
    assert "the gradebook cannot be read or written (file is not a database)" in error
    assert error.count("\n") == 1


def test_a_file_that_cannot_be_written_is_one_sentence_with_its_name(small_class, monkeypatch, capsys):
    monkeypatch.chdir(small_class.root)
    monkeypatch.setattr(
        "grader.tools.simulate.write_text",
        lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied", "x.ipynb")),
    )
    code, out, error = run(capsys, "simulate", "01", "--students", "1")
    assert (code, out) == (1, "")
    assert "x.ipynb cannot be read or written (Permission denied)" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["grade", "--jobs", "0"],
        ["grade", "--jobs", "two"],
        ["grade", "--seed", "-1"],
        ["simulate", "--students", "0"],
    ],
)
def test_a_number_that_is_none_is_wrong_usage(capsys, arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert f"argument {arguments[1]}: must be a whole number" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["release", "grade", "feedback", "report", "export"])
def test_a_folder_that_is_no_course_is_named(command, capsys):
    """Every command that works on any nbgrader course takes its folder."""
    assert main([command, "01", "--course", "/nowhere/at/all"]) == 1
    assert "--course is '/nowhere/at/all', which is not a folder" in capsys.readouterr().err


def test_a_kernel_that_does_not_start_is_said_in_a_sentence(built_course, capsys, monkeypatch):
    import nbclient

    from holdout.checks.run_checks import check_exercises

    def too_slow(self, **options):
        raise RuntimeError("Kernel didn't respond in 300 seconds")  # as jupyter_client says it

    monkeypatch.setattr(nbclient.NotebookClient, "execute", too_slow)
    rows = check_exercises(built_course, "01")
    assert rows[0]["message"] == (
        "The notebook stopped before this check: its kernel did not start within 300 seconds."
    )
