"""What notebooks import works where Python runs in a browser: without locks, processes, threads, and the packages that are not there.

A fresh interpreter stands in for it, in which these are taken away. tests/proof/test_in_the_browser.py has the real one.
"""

import json
import os
import subprocess
import sys

import pytest
from small_course import ROOT

# Modules that Python for browsers does not have, and packages that are left out there (grader/site/wheel.py).
TAKEN_AWAY = """
import sys

GONE = {"pwd", "grp", "curses", "venv", "msvcrt", "winreg", "zmq", "ipykernel", "jupyter_client"}
GONE |= {"jupyterlab", "nbgrader", "jupytext", "nbclient", "tqdm", "nh3", "river", "grader"}

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in GONE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Gone())

import fcntl, os, subprocess, threading

for function in ("flock", "lockf", "fcntl"):
    delattr(fcntl, function)  # there the module is empty

def no(*values, **named):
    raise RuntimeError("Python in a browser cannot do this")

threading.Thread.start = no
subprocess.Popen = os.fork = os.execv = no
"""


def run(code, folder, record):
    done = subprocess.run(
        [sys.executable, "-c", TAKEN_AWAY + code],
        cwd=folder,
        env={**os.environ, "HOLDOUT_PROGRESS": str(record), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def imports(notebook):
    """The import statements of a notebook, each once."""
    import ast

    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        lines = [line for line in "".join(cell["source"]).splitlines() if not line.startswith(("%", "!"))]
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield ast.unparse(node)


def test_every_import_of_every_notebook_works_without_what_a_browser_lacks(tmp_path):
    notebooks = [*ROOT.glob("lessons/*.ipynb"), *ROOT.glob("lessons/deeper/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")]  # fmt: skip
    statements = {}
    for path in notebooks:
        for statement in imports(json.loads(path.read_text(encoding="utf-8"))):
            statements.setdefault(statement, path.name)
    assert len(statements) > 100
    code = f"""
failed = []
for statement, where in {statements!r}.items():
    try:
        exec(statement)
    except ModuleNotFoundError as error:
        failed.append((where, statement, error.name))
print(failed)
"""
    failed = eval(run(code, tmp_path, tmp_path))
    # lesson 10 shows detectors of this library; its notebook says so before the cell
    assert {name for _, _, name in failed} <= {"river"}, failed
    assert {where[:2] for where, _, _ in failed} <= {"10"}, failed


def test_check_hint_and_predict_work_and_are_recorded(tmp_path):
    pytest.importorskip("fcntl", reason="the stand-in takes away locks of POSIX systems")
    code = """
from holdout import check, hint, keep, predict, resolve
from holdout.record import progress
hint("01.say_it")
check("01.say_it", ("The error is near the floor, so rows win little; I would ship it.", "a"))
resolve("01.p1", "b", "Because.")
print(predict("01.p1", "Which?", ["one", "two"]).id)
print([entry["outcome"] for entry in progress.read()])
"""
    said = run(code, ROOT / "exercises" / "01-two-numbers-and-a-chart", tmp_path)
    assert "Hint 1 of 2" in said and "passed" in said and "has been changed" not in said
    assert said.rstrip().endswith("['passed']")
