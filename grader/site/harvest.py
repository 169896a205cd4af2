"""Run a lesson so that its figures hand over their pictures, and remember what came out until something that it read changes.

Not for how a figure is drawn in advance (``kernel``) and not for how it is shown (``pages``).
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

import nbformat

from grader.authoring.execute import execute_lesson, stands_for_a_widget
from grader.authoring.notebooks import NotebookError

_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "pillow", "ipywidgets")
_HERE = ("plan.py", "kernel.py", "harvest.py")
# A figure draws up to forty pictures while its cell runs.
_CELL_SECONDS = 900


@dataclass(frozen=True)
class Harvest:
    """A lesson as it ran.

    Attributes
    ----------
    notebook : nbformat.NotebookNode
        Executed. Figures and predictions stand in it as data (see ``grader.site.kernel``).
    predictions : dict of str to dict
        By id, as ``Prediction.describe`` gives them.
    fresh : bool
        Whether the lesson ran now; False if nothing that it reads has changed since it did.
    """

    notebook: nbformat.NotebookNode
    predictions: dict[str, dict]
    fresh: bool


def needs_a_run(notebook: nbformat.NotebookNode) -> bool:
    """Whether a notebook shows something that lives in a kernel: a figure, a prediction, a widget."""
    return any(stands_for_a_widget(output) for cell in notebook.cells for output in cell.get("outputs", []))


def harvest(path: pathlib.Path, root: pathlib.Path, cache: pathlib.Path) -> Harvest:
    """Run a lesson, or take what an earlier run has left.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.
    root : pathlib.Path
        The course.
    cache : pathlib.Path
        Pictures go to ``cache/frames``, lessons to ``cache/lessons``.

    Returns
    -------
    Harvest

    Raises
    ------
    NotebookError
        If a cell raises, or what it shows cannot be drawn in advance.
    """
    notebook = nbformat.read(path, as_version=4)
    name = path.relative_to(root).with_suffix("").as_posix()
    file = cache / "lessons" / f"{name.replace('/', '.')}.json"
    if (kept := _recall(file, notebook, root, cache)) is not None:
        return kept
    summary = file.with_suffix(".summary")
    summary.parent.mkdir(parents=True, exist_ok=True)
    frames = cache / "frames"
    before = f"from grader.site.kernel import watch\nwatch({str(frames)!r}, {str(root)!r})"
    after = f"from grader.site.kernel import finish\nfinish({str(summary)!r})"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    try:
        executed = execute_lesson(
            notebook, path.parent, cell_timeout=_CELL_SECONDS, before=before, after=after
        )
    except NotebookError as error:
        raise NotebookError(f"{name}: {error}") from None
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise NotebookError(
                    f"{name}: a figure cannot be drawn in advance: {output.evalue}\nin: {cell.source[:200]}"
                )
    found = json.loads(summary.read_text(encoding="utf-8"))
    summary.unlink()
    document = {
        "code": _code_key(notebook),
        "tools": _tools_key(),
        "read": _digests(root, found["read"]),
        "predictions": found["predictions"],
        "notebook": executed,
    }
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return Harvest(executed, {row["id"]: row for row in found["predictions"]}, True)


def _recall(file, notebook, root, cache) -> Harvest | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        current = (
            document["code"] == _code_key(notebook)
            and document["tools"] == _tools_key()
            and document["read"] == _digests(root, document["read"])
        )
        executed = nbformat.from_dict(document["notebook"])
        predictions = {row["id"]: row for row in document["predictions"]}
    except (OSError, ValueError, KeyError, TypeError):  # nothing there, or left by another version
        return None
    if not current or not all((cache / "frames" / name).is_file() for name in frame_files(executed)):
        return None
    # the text of the lesson is that of now; only what its code shows is kept
    kept = iter(cell for cell in executed.cells if cell.cell_type == "code")
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = next(kept).outputs
        cells.append(cell)
    notebook.cells = cells
    return Harvest(notebook, predictions, False)


def frame_files(notebook: nbformat.NotebookNode) -> set[str]:
    """Names of all pictures that the figures of a harvested notebook use."""
    from grader.site.kernel import FIGURE

    return {
        frame["file"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for frame in output.get("data", {}).get(FIGURE, {}).get("frames", ())
    }


def _code_key(notebook) -> str:
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()


def _tools_key() -> str:
    digest = hashlib.sha256(platform.python_version().encode())
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    for name in _HERE:
        digest.update(pathlib.Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


def _digests(root: pathlib.Path, names: Iterable[str]) -> dict[str, str]:
    """Of each file; of one that is gone, nothing."""
    digests = {}
    for name in names:
        path = root / name
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest() if os.path.isfile(path) else ""
    return digests
