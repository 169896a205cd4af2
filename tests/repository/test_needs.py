"""A machine without Chromium, bubblewrap and PostgreSQL passes the tests and says what it skipped; CI fails there."""

import os
import subprocess
import sys

import pytest
from small_course import ROOT

HIDDEN = ("bwrap", "chrom", "google-chrome", "pg_", "postgres", "initdb")
SELECTION = [
    "tests/browser/test_start.py",
    "tests/grader/nbgrader_bridge/test_postgres.py",
    "tests/grader/sandbox/test_attacks.py",
    "tests/grader/tools/test_doctor.py",
]


@pytest.fixture(scope="module")
def bare_path(tmp_path_factory):
    """A folder with a link to every program of this machine's PATH except the hidden ones."""
    folder = tmp_path_factory.mktemp("bin")
    for entry in os.environ["PATH"].split(os.pathsep):
        if not os.path.isdir(entry):
            continue
        for program in os.scandir(entry):
            if not program.name.startswith(HIDDEN) and not os.path.lexists(folder / program.name):
                os.symlink(os.path.realpath(program.path), folder / program.name)
    return str(folder)


def run_selection(bare_path, **environment):
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "CHROMIUM") and not name.startswith("PYTEST_")
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *SELECTION]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**variables, "PATH": bare_path, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.needs("linux")
def test_a_bare_machine_passes_and_the_last_lines_say_what_was_skipped_and_how_to_get_it(bare_path):
    done = run_selection(bare_path)
    assert done.returncode == 0, done.stdout[-3000:]
    closing = done.stdout[done.stdout.index("missing on this machine") :]
    for package in ("chromium", "bubblewrap", "postgresql"):
        assert f"To get it: apt-get install {package}" in closing
    assert "passed" in closing.splitlines()[-1]
    assert "SKIPPED" not in closing


@pytest.mark.needs("linux")
def test_ci_fails_on_a_bare_machine(bare_path):
    done = run_selection(bare_path, CI="true")
    assert done.returncode == 1
    for name in ("Chromium", "bubblewrap", "PostgreSQL's server"):
        assert f"needs {name}: it is not installed" in done.stdout
