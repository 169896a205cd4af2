"""``holdout portfolio``: collect what a learner has made into one page, with every number computed again.

Runs the learner's own exercise notebooks once more, on the learner's own machine, with an empty record, and compares what
they keep then with what is kept now. The notebooks are read, never written. What is missing is listed.
"""

from __future__ import annotations

import ast
import os
import pathlib
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import nbformat

from holdout import paths
from holdout.checks.judges import OWN_SENTENCE, own_sentence_problem
from holdout.checks.run_checks import STOPPED, TEXT_STUB, execute_exercise
from holdout.errors import CourseError
from holdout.project.folder import FOLDER, NOTEBOOK
from holdout.record import labels, learner, progress, summary
from holdout.record.artefacts import KeptArtefact, read_kept
from holdout.record.canary.report import read_catch
from holdout.record.portfolio.front import make_front, read_project
from holdout.record.portfolio.page import Entry, Memo, render
from holdout.record.portfolio.pdf import write_pdf
from holdout.register import Course, read_course

FILE = "portfolio.html"
# ends an endless loop; the slowest cell takes about ten seconds, on a busy machine many times that
CELL_SECONDS = 600


@dataclass(frozen=True)
class _Exercise:
    """What a learner's exercise notebook asks for and holds."""

    folder: pathlib.Path
    asked: list[str]
    """Names of the artefacts that it keeps."""
    memos: list[Memo]
    blank_memos: int
    sentence: str | None
    """The learner's own sentence; empty where it is still to be written, None where the notebook asks for none."""

    @property
    def number(self) -> str:
        return self.folder.name.split("-")[0]


@dataclass
class _SecondRun:
    """What the notebooks keep when they are run again."""

    kept: dict[str, KeptArtefact] = field(default_factory=dict)
    """By the stem of its files."""
    reasons: dict[str, str] = field(default_factory=dict)
    """By the number of the exercise, why it kept less than it should."""
    files: dict[str, bytes] = field(default_factory=dict)
    """What they wrote, by the name of the file."""


def make_portfolio(
    root: str | os.PathLike | None = None,
    output: str | os.PathLike | None = None,
    *,
    name: str = "",
    recompute: bool = True,
    public: bool = False,
    pdf: bool = False,
    report: Callable[[str], object] = lambda text: None,
) -> dict:
    """Write the portfolio page.

    Parameters
    ----------
    root : path, optional
    output : path, optional
        ``portfolio.html`` in the course by default.
    name : str
        Of the learner; kept in the record, and from then on artefacts are drawn from it. By default the one that is kept.
    recompute : bool
        Whether the notebooks are run again to confirm the numbers.
    public : bool
        Whether to leave out what answers an exercise: memos, sentences, texts and tables, and artefacts that are the same for
        everybody.
    pdf : bool
        Whether to print the page to a PDF file beside it.
    report : callable
        Is given a sentence about each step that takes long.

    Returns
    -------
    dict
        ``path``, ``pdf`` (its path, or a sentence why there is none; empty if none was asked for), ``artefacts`` (kept), ``missing``, ``numbers``, ``confirmed``, ``different``, ``unconfirmed``.

    Raises
    ------
    holdout.errors.CourseError
        If the page cannot be written.
    """
    root = pathlib.Path(root or paths.find_root())
    output = pathlib.Path(output or root / FILE)
    if name:
        learner.set_name(name)
    name = name or learner.read_name()
    kept = read_kept()
    exercises = _read_exercises(root)
    second = _SecondRun()
    if recompute:
        for exercise in exercises:
            if any(artefact.exercise == exercise.number for artefact in kept):
                report(f"running {exercise.folder.name} again to confirm its numbers")
                _run_again(exercise, second)
        _adopt(kept, second, learner.learner_key(name))
        kept = read_kept()
    present = {exercise.number for exercise in exercises}
    entries = [
        Entry(one, second.kept.get(one.stem), _reason(one, second, recompute, present)) for one in kept
    ]
    course = read_course(root)
    sentences = {exercise.number: exercise.sentence for exercise in exercises if exercise.sentence}
    memos = [memo for exercise in exercises for memo in exercise.memos]
    if recompute and (root / FOLDER / NOTEBOOK).is_file():
        report("running your project's notebook again without the labels")
    project, problem = read_project(root, again=recompute, heads=_heads())
    canary, waiting = read_catch(root, datetime.now().astimezone())
    if public:
        entries, sentences, memos = _without_answers(entries, course), {}, []
    missing = _missing(exercises, kept)
    page = render(
        entries,
        missing,
        memos,
        progress.prediction_records(progress.read()),
        summary.summary(),
        sentences=sentences,
        name=name,
        absent=[lesson.number for lesson in course.lessons if lesson.number not in present],
        course=course,
        front=make_front(project, problem, kept, sentences, canary=canary, waiting=waiting),
        public=public,
    )
    try:
        output.write_text(page.html, encoding="utf-8", errors="replace")
    except OSError as error:
        raise CourseError(f"{output} cannot be written: {error.strerror or error}") from None
    printed = ""
    if pdf:
        file = output.with_suffix(".pdf")
        printed = write_pdf(output, file) or str(file)
    return {
        "path": str(output),
        "pdf": printed,
        "artefacts": len(entries),
        "missing": len(missing),
        **page.counts,
    }


def _read_exercises(root: pathlib.Path) -> list[_Exercise]:
    exercises = []
    for folder in paths.exercise_folders(root):
        notebook = _read(folder / f"{folder.name}.ipynb")
        if notebook is not None:
            memos, blank = _memos(folder.name, notebook)
            exercises.append(_Exercise(folder, _kept_by(notebook), memos, blank, own_sentence(notebook)))
    return exercises


def _missing(exercises: list[_Exercise], kept: list[KeptArtefact]) -> list[tuple[str, str]]:
    """Exercise and name of everything that an exercise asks for and that is not there."""
    there = {(artefact.exercise, artefact.name) for artefact in kept}
    missing = []
    for exercise in exercises:
        missing += [
            (exercise.folder.name, name) for name in exercise.asked if (exercise.number, name) not in there
        ]
        missing += [(exercise.folder.name, "memo")] * exercise.blank_memos
        if exercise.sentence == "":
            missing.append((exercise.folder.name, "own sentence"))
    return missing


def _read(path: pathlib.Path) -> nbformat.NotebookNode | None:
    try:
        return nbformat.read(path, as_version=4)
    except (
        Exception
    ):  # nbformat raises many kinds; a broken notebook is left out, the rest of the page is made
        return None


def _kept_by(notebook: nbformat.NotebookNode) -> list[str]:
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
                and isinstance(node.args[1], ast.Constant)
            ):
                names.append(str(node.args[1].value))
    return list(dict.fromkeys(names))


def own_sentence(notebook: nbformat.NotebookNode) -> str | None:
    """The sentence that a learner has written before choosing one, as it stands in the notebook; nothing is executed.

    Returns
    -------
    str or None
        The last text that is given to ``my_sentence``, empty if there is none; None if no cell names it.
    """
    found = None
    for cell in notebook.cells:
        if cell.cell_type != "code" or OWN_SENTENCE not in cell.source:
            continue
        found = found or ""
        try:
            tree = ast.parse(cell.source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == OWN_SENTENCE for target in targets):
                text = getattr(node.value, "value", None)
                if isinstance(text, str) and not own_sentence_problem(text):
                    found = " ".join(text.split())
    return found


def _memos(exercise: str, notebook: nbformat.NotebookNode) -> tuple[list[Memo], int]:
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
        if cell.cell_type == "markdown":
            above = cell.source
    return found, blank


def _task(text: str) -> str:
    """What a memo's cell asks: the paragraph below the heading, without the limit on its length."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if not part.lstrip().startswith("#")]
    asked = " ".join(paragraphs[0].split()) if paragraphs else ""
    return re.split(r"\s*Answer in at most", asked)[0]


def _run_again(exercise: _Exercise, second: _SecondRun) -> None:
    """Run a notebook with a record that holds name and labels alone, and note what it keeps."""
    with tempfile.TemporaryDirectory(prefix="holdout-portfolio-") as folder:
        if name := learner.read_name():
            learner.set_name(name, folder=folder)
        labels.copy_labels(folder)  # labels by hand are an input, like the notebook itself
        notebook, stopped = execute_exercise(
            exercise.folder, {"HOLDOUT_PROGRESS": folder}, cell_timeout=CELL_SECONDS
        )
        second.kept |= {artefact.stem: artefact for artefact in read_kept(folder)}
        for path in pathlib.Path(folder, "portfolio").glob(f"{exercise.number}-*"):
            second.files[path.name] = path.read_bytes()
    errors = [
        f"{output.ename}: {output.evalue}"[:200]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    if stopped:
        what = STOPPED[stopped].format(seconds=CELL_SECONDS)
        second.reasons[exercise.number] = f"when the notebook was run again, {what}"
    elif errors:
        second.reasons[exercise.number] = f"when the notebook was run again, it stopped with {errors[0]}"


def _adopt(kept: list[KeptArtefact], second: _SecondRun, key: str) -> None:
    """Take over the second run of what was kept for another name, or before a name was given."""
    folder = progress.record_folder()
    for artefact in kept:
        again = second.kept.get(artefact.stem)
        if folder is None or again is None or artefact.learner == key or again.learner != key:
            continue
        for name, content in second.files.items():
            if pathlib.PurePath(name).stem == artefact.stem:
                (folder / "portfolio" / name).write_bytes(content)


def _without_answers(entries: list[Entry], course: Course) -> list[Entry]:
    """Artefacts that answer no exercise: figures and numbers drawn for this learner, without text and table."""
    public = []
    for entry in entries:
        lesson = course.lesson(entry.artefact.exercise)
        registered = lesson.artefact(entry.artefact.name) if lesson else None
        if entry.artefact.learner and registered is not None and registered.drawn:
            public.append(replace(entry, artefact=replace(entry.artefact, text="", table=None)))
    return public


def _heads() -> dict[str, list[str]]:
    """By the id of a project, the fingerprints of its log that the learner's record has noted."""
    noted: dict[str, list[str]] = {}
    for entry in progress.read():
        if entry["kind"] == "project" and "head" in entry:
            noted.setdefault(str(entry.get("project")), []).append(str(entry["head"]))
    return noted


def _reason(artefact: KeptArtefact, second: _SecondRun, recompute: bool, present: set[str]) -> str:
    """Why the numbers of an artefact could not be computed again; empty if they could."""
    if artefact.stem in second.kept:
        return ""
    if not recompute:
        return "the notebook was not run again (--no-recompute)"
    if artefact.exercise not in present:
        return f"the notebook of exercise {artefact.exercise} is not there"
    return second.reasons.get(artefact.exercise, "the notebook did not keep it when it was run again")
