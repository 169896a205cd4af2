"""What learners use as a wheel for Python in the browser: ``holdout`` with the course's tables and checks, without the grader.

Tables and checks are in the wheel because JupyterLite hands JSON files to Python rewritten (``1.0`` becomes ``1``), so that no
checksum fits. They lie where ``holdout.paths`` looks for them last: beside the package.

Not for installing the course on a computer, which ``pyproject.toml`` describes.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader.site.errors import SiteError
from holdout import __version__

NOT_IN_THE_BROWSER = {
    "jupyterlab": "the page itself is one",
    "ipykernel": "the browser's kernel takes its place",
    "nbgrader": "releases and grades, on a computer",
    "jupytext": "builds the notebooks",
    "nbclient": "starts other kernels",
    "tqdm": "shows the progress of long commands",
    "nh3": "cleans what learners hand in",
    "river": "has compiled parts that nobody builds for browsers",
}
"""What the course needs on a computer and its notebooks do without in a browser, each with the reason."""

_DATA = ("datasets", "exercises")
_PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "holdout"
version = "{version}"
description = "What the notebooks of the course import, for Python in the browser"
requires-python = "{python}"
license = "{license}"
dependencies = [{needed}]

[tool.setuptools]
packages = [{packages}]

[tool.setuptools.package-data]
"*" = [{data}]
datasets = ["**/*"]
exercises = ["**/*"]
"""


def needed_in_the_browser(project: dict) -> list[str]:
    """Names of the packages that the notebooks need in a browser.

    Without versions: there the distribution of Python for browsers decides which there are.

    Parameters
    ----------
    project : dict
        What ``pyproject.toml`` says.

    Returns
    -------
    list of str
    """
    names = [canonicalize_name(Requirement(line).name) for line in project["project"]["dependencies"]]
    return [name for name in names if name not in NOT_IN_THE_BROWSER]


def make_wheel(checkout: pathlib.Path, course: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Build the wheel with setuptools, from the sources as they are.

    Parameters
    ----------
    checkout : pathlib.Path
        Holds the package ``holdout`` and ``pyproject.toml``.
    course : pathlib.Path
        Holds ``datasets`` and ``exercises``; usually the same.
    folder : pathlib.Path
        Where the wheel goes.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    SiteError
        If it cannot be built, or holds anything that is not pure Python.
    """
    if not (checkout / "pyproject.toml").is_file():
        raise SiteError(
            f"{checkout} is no checkout of the course, it has no pyproject.toml; install the course with `pip install -e`"
        )
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        source = pathlib.Path(name)
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(checkout / "holdout", source / "holdout", ignore=ignored)
        if (course / "datasets").is_dir():
            shutil.copytree(course / "datasets", source / "datasets", ignore=ignored)
        for checks in sorted(course.glob("exercises/*/checks.json")):
            target = source / checks.relative_to(course)
            target.parent.mkdir(parents=True)
            shutil.copyfile(checks, target)
        modules = {path.parent.relative_to(source) for path in source.glob("holdout/**/*.py")}
        packages = [".".join(path.parts) for path in sorted(modules)]
        text = _PROJECT.format(
            version=__version__,
            python=project["project"]["requires-python"],
            license=project["project"]["license"],
            needed=_quoted(needed_in_the_browser(project)),
            packages=_quoted([*packages, *(name for name in _DATA if (source / name).is_dir())]),
            data=_quoted(project["tool"]["setuptools"]["package-data"]["*"]),
        )
        (source / "pyproject.toml").write_text(text, encoding="utf-8")
        call_pip(
            "wheel",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "--wheel-dir",
            str(folder),
            str(source),
        )
    wheel = folder / f"holdout-{__version__}-py3-none-any.whl"
    if not wheel.is_file():
        made = ", ".join(sorted(path.name for path in folder.glob("holdout-*.whl")))
        raise SiteError(f"the wheel of holdout is not pure Python: setuptools made {made}")
    return wheel


def fetch_wheels(names: Iterable[str], pins: pathlib.Path, folder: pathlib.Path) -> list[pathlib.Path]:
    """Fetch wheels of pure Python in the versions that the course has pinned, unless they are there already.

    Parameters
    ----------
    names : iterable of str
    pins : pathlib.Path
        ``requirements.txt``.
    folder : pathlib.Path

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    SiteError
        If one is not pinned, or pip cannot fetch it.
    """
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", pins.read_text(encoding="utf-8"), re.MULTILINE))
    wheels: list[pathlib.Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name not in pinned:
            raise SiteError(f"{name} is not pinned in {pins}; run `make pins`")
        pattern = f"{name.replace('-', '_')}-{pinned[name]}-*none-any.whl"
        if not list(folder.glob(pattern)):
            pure = ("--only-binary", ":all:", "--implementation", "py", "--abi", "none", "--platform", "any")
            call_pip("download", "--no-deps", *pure, "--dest", str(folder), f"{name}=={pinned[name]}")
        wheels += folder.glob(pattern)
    return wheels


def call_pip(*arguments: str) -> None:
    """Run pip of this environment.

    Raises
    ------
    SiteError
        With the last lines that pip has written.
    """
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n  ".join(done.stderr.strip().splitlines()[-6:])
        raise SiteError(f"pip {arguments[0]} failed:\n  {said}")


def _quoted(words):
    return ", ".join(f'"{word}"' for word in words)
