"""``holdout portfolio``: collect what a learner has made into one page, with every number computed again.

Runs the learner's own exercise notebooks once more, on the learner's own machine, with an empty record, and compares what
they keep then with what is kept now. The notebooks are read, never written. Nothing is invented: what is missing is listed.
"""

import ast
import pathlib
import re
import tempfile

import nbformat

from holdout import paths as course
from holdout.checks.run_checks import TEXT_STUB, execute_exercise
from holdout.record import progress, summary
from holdout.record.artefacts import read_kept
from holdout.record.portfolio.page import Entry, Memo, render
from holdout.register import read_course

FILE = "portfolio.html"
CELL_SECONDS = (
    600  # ends an endless loop; the slowest cell takes about ten seconds, on a busy machine many times that
)
STOPPED = {
    "CellTimeoutError": "when the notebook was run again, a cell took longer than {seconds} seconds",
    "DeadKernelError": "when the notebook was run again, its kernel died",
}


def make_portfolio(root=None, output=None, *, name="", recompute=True, say=lambda text: None):
    """Write the portfolio page.

    Parameters
    ----------
    root : path, optional
    output : path, optional
        ``portfolio.html`` in the course by default.
    name : str
        Of the learner; shown on the page if given.
    recompute : bool
        Whether the notebooks are run again to confirm the numbers.
    say : callable
        Told what is being done.

    Returns
    -------
    dict
        ``path``, ``artefacts`` (kept), ``missing``, ``numbers``, ``confirmed``, ``different``, ``unconfirmed``.

    Raises
    ------
    holdout.errors.CourseError
        If the page cannot be written.
    """
    root = pathlib.Path(root or course.find_root())
    output = pathlib.Path(output or root / FILE)
    kept = read_kept()
    expected, memos, unwritten = {}, [], []
    for path in sorted((root / "exercises").glob("[0-9][0-9]-*/[0-9][0-9]-*.ipynb")):
        notebook = _read(path)
        if notebook is None:
            continue
        expected[path.parent] = _kept_by(notebook)
        written, blank = _memos(path.stem, notebook)
        memos += written
        unwritten += [(path.parent.name, "memo")] * blank
    again, reasons = {}, {}
    if recompute:
        for folder in [one for one in expected if any(it.exercise == one.name[:2] for it in kept)]:
            say(f"running {folder.name} again to confirm its numbers")
            again |= {one.stem: one for one in _recompute(folder, reasons)}
    entries = [
        Entry(one, again.get(one.stem), _reason(one, again, reasons, recompute, expected)) for one in kept
    ]
    register = read_course(root)
    present = {folder.name[:2] for folder in expected}
    absent = [lesson.number for lesson in register.lessons if lesson.number not in present]
    have = {(one.exercise, one.name) for one in kept}
    missing = [
        (folder.name, title)
        for folder, titles in expected.items()
        for title in titles
        if (folder.name[:2], title) not in have
    ]
    missing = sorted([*missing, *unwritten], key=lambda one: one[0])  # within an exercise, as they come
    records = progress.prediction_records(progress.read())
    page = render(
        entries, missing, memos, records, summary.summary(), name=name, absent=absent, course=register
    )
    try:
        output.write_text(page.html, encoding="utf-8")
    except OSError as error:
        raise course.CourseError(f"{output} cannot be written: {error.strerror or error}") from None
    return {"path": str(output), "artefacts": len(kept), "missing": len(missing), **page.counts}


def _read(path):
    try:
        return nbformat.read(path, as_version=4)
    except Exception:  # a broken notebook costs its own part of the page only
        return None


def _kept_by(notebook):
    """Names of the artefacts that a notebook keeps, from its calls ``keep("01", "name", ...)``."""
    names = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "keep"
                and len(node.args) == 2
                and all(isinstance(one, ast.Constant) for one in node.args)
            ):
                names.append(str(node.args[1].value))
    return list(dict.fromkeys(names))


def _memos(exercise, notebook):
    """What the learner has written, each with the task above it; and how many cells hold the placeholder only."""
    found, blank, above = [], 0, ""
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown" and role.get("solution"):
            text = cell.source.strip()
            if text and text != TEXT_STUB:
                found.append(Memo(exercise, text, _task(above)))
            else:
                blank += 1
        above = cell.source if cell.cell_type == "markdown" else ""
    return found, blank


def _task(text):
    """What a memo's cell asks: the paragraph below the heading, without the limit on its length."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if not part.lstrip().startswith("#")]
    asked = " ".join(paragraphs[0].split()) if paragraphs else ""
    return re.split(r"\s*Answer in at most", asked)[0]


def _recompute(folder, reasons):
    """What a notebook keeps when it is run with an empty record."""
    with tempfile.TemporaryDirectory(prefix="holdout-portfolio-") as place:
        notebook, stopped = execute_exercise(folder, {"HOLDOUT_PROGRESS": place}, cell_timeout=CELL_SECONDS)
        errors = [
            f"{output.ename}: {output.evalue}"[:200]
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if output.output_type == "error"
        ]
        reason = STOPPED.get(stopped, stopped).format(seconds=CELL_SECONDS)
        if not stopped and errors:
            reason = f"when the notebook was run again, it stopped with {errors[0]}"
        reasons[folder.name[:2]] = reason
        return read_kept(place)


def _reason(artefact, again, reasons, recompute, expected):
    """Why the numbers of an artefact could not be computed again; empty if they could."""
    if artefact.stem in again:
        return ""
    if not recompute:
        return "the notebook was not run again (--no-recompute)"
    if artefact.exercise not in {folder.name[:2] for folder in expected}:
        return f"the notebook of exercise {artefact.exercise} is not there"
    return reasons.get(artefact.exercise) or "the notebook did not keep it when it was run again"
