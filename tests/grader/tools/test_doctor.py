"""The doctor says how well this machine isolates submissions, what is installed, and what is missing."""

import os
import pathlib
import subprocess
import sys

import pytest
from small_class import SmallClass

from grader.sandbox.server import Level
from grader.tools import doctor as examining


def test_the_level_and_what_is_missing_are_stated(tmp_path, monkeypatch):
    """Where nothing can be isolated there is a problem in plain words, and no speed is measured."""
    monkeypatch.setattr(examining, "isolation_level", lambda: Level("none", ["There is no Landlock."]))
    found = examining.doctor(SmallClass(tmp_path).root, speed=True)
    assert found["isolation"] == {"level": "none", "missing": ["There is no Landlock."]}
    assert "cannot be isolated here" in found["problems"][0]
    assert "speed" not in found


def test_the_machine_is_examined_without_grading(tmp_path):
    found = examining.doctor(SmallClass(tmp_path).root)
    assert found["isolation"]["level"] in ("full", "partial", "none")
    assert found["cores"] >= 1
    assert found["versions"]["nbgrader"].startswith("0.9.")
    assert "speed" not in found


@pytest.mark.needs("linux")
def test_every_missing_piece_is_named_with_the_command_that_installs_it_in_under_five_seconds(tmp_path):
    """On a machine with Python and its packages only: nothing is on PATH."""
    command = [str(pathlib.Path(sys.executable).parent / "holdout"), "doctor"]
    before = os.times()
    done = subprocess.run(
        command, env={"PATH": str(tmp_path), "CI": ""}, capture_output=True, text=True, timeout=120
    )
    after = os.times()
    assert "isolation  partial" in done.stdout or "isolation  none" in done.stdout
    assert "missing    bubblewrap (full isolation of submissions): apt-get install bubblewrap" in done.stdout
    assert "missing    Chromium (tests in a browser): apt-get install chromium" in done.stdout
    assert done.stderr == ""
    assert "submissions, " not in done.stdout  # no speed
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 5.0  # processor time: the wall clock of a busy machine says nothing


def test_the_processor_time_inside_the_sandbox_is_counted(tmp_path):
    """A second burnt in a submission is in the figure, although no system call tells its time to us.

    The watcher may miss one interval of 0.1 seconds at the end, and the clock ticks are 0.01 seconds.
    """
    code = (
        "from grader.sandbox.server import Job, Server\n"
        "import time\n"
        "burn = 'import time\\nt = time.process_time()\\nwhile time.process_time() - t < 2.0:\\n    pass'\n"
        "with Server(preload=('IPython',)) as server:\n"
        "    done = server.run(Job({'cells': [{'cell_type': 'code', 'source': burn}], 'metadata': {}}))\n"
        "    assert done.cpu_seconds >= 2.0\n"
        "    time.sleep(0.5)\n"
    )
    idle = code.replace("< 2.0", "< 0.0").replace(">= 2.0", ">= 0.0")
    seen = {}
    for name, text in (("burnt", code), ("idle", idle)):
        process = subprocess.Popen([sys.executable, "-c", text])
        seen[name] = examining.watch_cpu(process)
        assert process.returncode == 0
    assert seen["burnt"] >= 2.0
    assert seen["burnt"] > seen["idle"]
