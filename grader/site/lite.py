"""The course in a JupyterLite: the notebooks run in the reader's browser, without a server and without an installation.

What is built here: the pages of JupyterLite, the notebooks with what they read, and wheels of ``holdout`` and of the packages of
pure Python that it needs. What a browser fetches when a notebook runs: Python itself, NumPy, pandas and the other compiled
packages, from the servers of the distribution Pyodide.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.site.errors import SiteError
from grader.site.links import binder_address, page_address
from grader.site.wheel import NOT_IN_THE_BROWSER, fetch_wheels, make_wheel
from holdout.paths import INSTALLED
from holdout.register import Publish

FOLDER = "lite"
"""Name of its folder in the site."""

INSTALL = "pip install -r requirements-lite.txt"
_PACKAGES = {
    "jupyterlite_core": "jupyterlite-core",
    "jupyterlite_pyodide_kernel": "jupyterlite-pyodide-kernel",
}

DISTRIBUTION = frozenset(
    {"numpy", "pandas", "scikit-learn", "scipy", "matplotlib", "pillow", "threadpoolctl", "jinja2", "platformdirs",
     "ipython", "traitlets", "jsonschema", "typing-extensions"}
)  # fmt: skip
"""Packages that the distribution of Python for browsers has, of those that a notebook needs. It has the versions of these."""

WHEELS = (
    "ipywidgets", "jupyterlab-widgets", "comm", "anywidget", "psygnal", "bm25s", "mistune", "nbformat",
    "fastjsonschema", "jupyter-core",
)  # fmt: skip
"""Packages of pure Python that it has not; they lie beside ``holdout``, in the versions of ``requirements.txt``."""

_FRONT_ENDS = ("jupyterlab_widgets-", "anywidget-")  # wheels that bring a part of JupyterLab
_KERNEL = "@jupyterlite/pyodide-kernel-extension"
_CONTENTS = ("course.toml", "lessons/*.ipynb", "lessons/deeper/*.ipynb", "exercises/*/*.ipynb")

_MAY_NOT_HOLD = "With the versions of the libraries here, a sentence below may not hold."
_FIRST = "%pip install -q holdout"
_IMPORT = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Lite:
    """What a build has made.

    Attributes
    ----------
    out : pathlib.Path
    notebooks : int
    wheels : tuple of str
        Names of the files in its index.
    bytes : int
        All files.
    """

    out: pathlib.Path
    notebooks: int
    wheels: tuple[str, ...]
    bytes: int


def need_packages() -> None:
    """Say what is missing before anything is done.

    Raises
    ------
    SiteError
        If JupyterLite or its kernel is not installed.
    """
    missing = [title for name, title in _PACKAGES.items() if importlib.util.find_spec(name) is None]
    if missing:
        raise SiteError(f"{', '.join(missing)} not installed; install what JupyterLite needs: {INSTALL}")


def build_lite(
    root: pathlib.Path,
    out: pathlib.Path,
    *,
    publish: Publish | None = None,
    pyodide: pathlib.Path | None = None,
) -> Lite:
    """Build it.

    Parameters
    ----------
    root : pathlib.Path
        The course.
    out : pathlib.Path
        Folder of the result; what it held is replaced.
    publish : Publish, optional
        Where the links in the notebooks lead.
    pyodide : pathlib.Path, optional
        A folder with a distribution of Pyodide, to be served from here; by default browsers fetch it from its own servers.

    Returns
    -------
    Lite

    Raises
    ------
    SiteError
        If a package is missing, a wheel cannot be had, or JupyterLite cannot be built.
    """
    need_packages()
    kept = root / "build" / "lite-wheels"
    wheels = fetch_wheels(WHEELS, INSTALLED / "requirements.txt", kept)
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="holdout-lite-") as name:
        work = pathlib.Path(name)  # a fresh one: JupyterLite leaves out what it believes to have done already
        notebooks = write_contents(root, work / "contents", publish or Publish())
        wheels.append(make_wheel(INSTALLED, root, work / "wheel"))
        if pyodide is not None:
            shutil.copytree(pyodide, work / "static" / "pyodide")  # where JupyterLite looks for one
        _write_settings(work, out, wheels)
        command = [sys.executable, "-m", "jupyterlite_core", "build"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n  ".join(f"{done.stdout}\n{done.stderr}".strip().splitlines()[-12:])
        raise SiteError(f"JupyterLite cannot be built:\n  {said}")
    files = [path for path in out.rglob("*") if path.is_file()]
    index = sorted(path.name for path in (out / "pypi").glob("*.whl"))
    return Lite(out, notebooks, tuple(index), sum(path.stat().st_size for path in files))


def _write_settings(work, out, wheels):
    widgets = [str(wheel) for wheel in wheels if wheel.name.startswith(_FRONT_ENDS)]
    settings = {
        "LiteBuildConfig": {
            "contents": [str(work / "contents")],
            "output_dir": str(out),
            "cache_dir": str(work / "cache"),
            "apps": ["lab"],
            # the other extensions of this environment speak to a server that is not there
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [*widgets, str(_kernel_extension())],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        },
        "PipliteAddon": {"piplite_urls": [str(wheel) for wheel in wheels]},
    }
    page = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Holdout",
            # every package that the distribution has not lies here: nothing is asked of PyPI
            "litePluginSettings": {f"{_KERNEL}:kernel": {"disablePyPIFallback": True}},
        },
    }
    # as `holdout lab` sets JupyterLab
    ours = INSTALLED / "holdout" / "jupyter_config" / "all" / "labconfig" / "default_setting_overrides.json"
    shutil.copyfile(ours, work / "overrides.json")
    (work / "jupyter_lite_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (work / "jupyter-lite.json").write_text(json.dumps(page), encoding="utf-8")


def write_contents(root: pathlib.Path, folder: pathlib.Path, publish: Publish) -> int:
    """Write what a reader finds in the file browser: the notebooks. What they read is in the wheel.

    Parameters
    ----------
    root : pathlib.Path
        The course.
    folder : pathlib.Path
        Emptied first.
    publish : Publish

    Returns
    -------
    int
        Number of notebooks.
    """
    shutil.rmtree(folder, ignore_errors=True)
    notebooks = 0
    for path in sorted({path for pattern in _CONTENTS for path in root.glob(pattern)}):
        name = path.relative_to(root).as_posix()
        if not path.is_file() or "/." in f"/{name}":
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            notebooks += 1
            nbformat.write(for_the_browser(nbformat.read(path, as_version=4), name, publish), target)
        else:
            shutil.copyfile(path, target)
    return notebooks


def for_the_browser(notebook: nbformat.NotebookNode, page: str, publish: Publish) -> nbformat.NotebookNode:
    """A notebook that begins by fetching the course, with a note before each cell that cannot run in a browser.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Not changed.
    page : str
        Its path in the course.
    publish : Publish

    Returns
    -------
    nbformat.NotebookNode
    """
    made = nbformat.from_dict(json.loads(json.dumps(notebook)))
    made.metadata.kernelspec = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
    if not any(cell.cell_type == "code" for cell in made.cells):
        return made
    ways = [
        ("read it as a page", page_address(publish, page) if page.startswith("lessons/") else ""),
        ("open it in Binder", binder_address(publish, page)),
    ]
    links = " or ".join(f"[{words}]({address})" for words, address in ways if address)
    note = (
        "*This notebook runs in your browser. The next cell fetches the course: about a minute the first time. What you write stays "
        f"in this browser; download what you want to keep.{f' You can also {links}.' if links else ''}*"
    )
    cells = [new_markdown_cell(note, id="in-the-browser"), new_code_cell(_FIRST, id="fetch-the-course")]
    for cell in made.cells:
        if cell.cell_type == "code" and (
            lacking := sorted(set(_IMPORT.findall(cell.source)) & set(NOT_IN_THE_BROWSER))
        ):
            names = ", ".join(f"`{name}`" for name in lacking)
            words = f"*The next cell needs {names}, which Python in a browser does not have. It fails here; go on with the cell after it.*"
            cells.append(new_markdown_cell(words, id=f"not-here-{len(cells)}"))
        if cell.cell_type == "code":
            cell.source = say_instead_of_failing(cell.source)
        cells.append(cell)
    made.cells = cells
    return made


def say_instead_of_failing(source: str) -> str:
    """Code in which an assertion about a sentence of the text says that the sentence may not hold, and the cell goes on.

    The distribution has other versions of some libraries than the text was written with.

    Parameters
    ----------
    source : str
        Of a cell of a lesson.

    Returns
    -------
    str

    Examples
    --------
    >>> print(say_instead_of_failing("total = 3\\nassert total < 4"))
    total = 3
    if not (total < 4): print('With the versions of the libraries here, a sentence below may not hold.')
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic command of the notebook
        return source
    lines = source.split("\n")
    for node in reversed(tree.body):
        if isinstance(node, ast.Assert) and node.end_lineno is not None:
            lines[node.lineno - 1 : node.end_lineno] = [
                f"if not ({ast.unparse(node.test)}): print({_MAY_NOT_HOLD!r})"
            ]
    return "\n".join(lines)


def _kernel_extension():
    folder = pathlib.Path(sys.prefix) / "share" / "jupyter" / "labextensions" / _KERNEL
    if not (folder / "package.json").is_file():
        raise SiteError(f"{folder} is not there; install what JupyterLite needs: {INSTALL}")
    return folder
