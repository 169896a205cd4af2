"""``holdout build``: lessons, solutions, exercises and tables from their text; ``--check`` finds what is not current.

Only what has changed is made. An exercise is made from ``questions.py`` and its script. A lesson is executed when a code cell
of its own script has changed, or the register if it reads that, or with ``force``; changed text alone is put beside the outputs
that are there. A change in the library executes nothing here: nbval compares every lesson's outputs with a fresh run.
A second build changes no byte. What an author or learner has written by hand is never overwritten.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import multiprocessing
import os
import pathlib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

import nbformat

from grader.authoring import made_from
from grader.authoring.compare import compare_documents
from grader.authoring.execute import execute_lesson
from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import (
    NotebookError,
    exercise_notebook,
    find_leaks,
    read_script,
    solution_notebook,
    write_notebook,
    write_text,
)
from grader.authoring.tables import current_pages
from holdout import paths as course
from holdout import register
from holdout.checks.document import digest


@dataclass
class Report:
    """What a build did, or what a check found.

    Parameters
    ----------
    written, unchanged, problems : list of str
        Files relative to the course; problems are sentences.
    """

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, other: Report) -> None:
        """Append what another report says."""
        self.written += other.written
        self.unchanged += other.unchanged
        self.problems += other.problems


def build(
    root: str | os.PathLike | None = None,
    *,
    names: Iterable[str] = (),
    jobs: int = 2,
    force: bool = False,
    progress: Callable[[str, int], None] = lambda name, total: None,
) -> Report:
    """Make lessons (executed), solution notebooks and exercises, as far as they have changed.

    Parameters
    ----------
    root : path, optional
        The course.
    names : sequence of str
        Only lessons and exercises whose name begins with one of these; all by default.
    jobs : int
        Lessons executed side by side.
    force : bool
        Execute lessons whose text has not changed, too, and replace an exercise notebook in which somebody has worked;
        it is kept as ``NAME.ipynb.kept``.
    progress : callable
        Called after each lesson or exercise with its name and how many there are in all.

    Returns
    -------
    Report

    Raises
    ------
    CourseError
        If a name matches nothing.
    """
    root = pathlib.Path(root or course.find_root())
    names = tuple(names)
    _refuse_unknown(root, names)
    report = Report()
    folders, scripts = _solutions(root, names), _lessons(root, names)
    total = len(folders) + len(scripts)
    for folder in folders:
        report.add(_build_exercise(root, folder, force))
        progress(f"exercise {folder.name}", total)
    to_execute = []
    for script in scripts:
        ready = None if force else _without_execution(root, script)
        if ready is None:
            to_execute.append(script)
            continue
        report.add(_write_lesson(root, script, ready))
        progress(f"lesson {_label(root, script)}", total)
    for script, outcome in _execute_all(root, to_execute, jobs):
        report.add(outcome)
        progress(f"lesson {_label(root, script)}", total)
    if not names:
        report.add(_build_pages(root))
    return report


def _execute_all(root, scripts, jobs):
    """Execute lessons side by side; yields each script and its report as they end."""
    if not scripts:
        return
    # a fresh interpreter for each worker: a fork inherits the sockets of whatever has run a kernel here before, and waits forever
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=max(1, min(jobs, len(scripts))), mp_context=fresh) as pool:
        running = {pool.submit(_execute_one, root, script): script for script in scripts}
        for ended in as_completed(running):
            yield running[ended], ended.result()


def check_build(root: str | os.PathLike | None = None, *, names: Iterable[str] = ()) -> Report:
    """Whether what is committed is what its text makes. Changes nothing.

    Numbers in ``checks.json`` may differ in their last digits (see :mod:`grader.authoring.compare`). Of a lesson the cells are
    compared and not the outputs: it is not executed here, and nbval compares its outputs with a fresh run.

    Returns
    -------
    Report
        With a sentence, naming the file, for everything that is not current, not ours, or not executed.
    """
    root = pathlib.Path(root or course.find_root())
    names = tuple(names)
    _refuse_unknown(root, names)
    report = Report()
    for folder in _solutions(root, names):
        try:
            made = _make_exercise(folder)
        except (NotebookError, ValueError) as error:
            report.problems.append(f"solutions/{folder.name}: {error}")
            continue
        for path, content in made.items():
            report.problems += _compare(root, root / path, content)
    for script in _lessons(root, names):
        report.problems += _check_lesson(root, script)
    if not names:
        for page, (found, made) in current_pages(root).items():
            if found != made:
                report.problems.append(
                    f"{page} does not say what {register.FILE} and the kept results do; run `holdout build`"
                )
        report.problems += _strays(root)
    return report


def _refuse_unknown(root, names):
    """Nothing built is no success when something was asked for."""
    known = {path.stem for path in _lessons(root, ())}
    known |= {path.parent.name for path in (root / "solutions").glob("[0-9e][0-9]-*/questions.py")}
    for name in names:
        if not any(each.startswith(name) for each in known):
            raise course.CourseError(
                f"no lesson or exercise begins with {name!r}; give a number or a name, such as 07 or glossary, not a path"
            )


def _solutions(root, names):
    folders = [path.parent for path in sorted((root / "solutions").glob("[0-9e][0-9]-*/questions.py"))]
    return [folder for folder in folders if not names or folder.name.startswith(tuple(names))]


def _lessons(root, names):
    """Scripts of lessons and pages, then those of what goes deeper; a lesson and its deeper notebook share the name."""
    source = root / "lessons" / "source"
    scripts = [*sorted(source.glob("*.py")), *sorted((source / "deeper").glob("*.py"))]
    return [script for script in scripts if not names or script.stem.startswith(tuple(names))]


def _notebook(root, script):
    """Where the notebook of a script lies: ``lessons/`` mirrors ``lessons/source/``."""
    return root / "lessons" / script.relative_to(root / "lessons" / "source").with_suffix(".ipynb")


def _label(root, script):
    """A script's name for the progress bar, such as ``01-slug`` or ``deeper/01-slug``."""
    return script.relative_to(root / "lessons" / "source").with_suffix("").as_posix()


def _make_exercise(folder):
    """The three generated files of an exercise: path relative to the course → notebook or document."""
    name = folder.name
    exercise = load_exercise(name, folder.parent.parent)
    solution = solution_notebook(read_script(folder / f"{name}.py"), exercise)
    released = exercise_notebook(solution)
    leaks = find_leaks(released, solution)
    if leaks:
        raise NotebookError(f"{name}: the exercise would give away: {leaks[0]!r}")
    return {
        f"solutions/{name}/{name}.ipynb": solution,
        f"exercises/{name}/{name}.ipynb": released,
        f"exercises/{name}/checks.json": exercise.compiled(),
    }


def checks_text(document: dict) -> str:
    """A checks document as the text of ``checks.json``."""
    compact: dict[str, Any] = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
    head = {key: value for key, value in document.items() if key != "questions"}
    questions = [
        f"{json.dumps(id)}:{json.dumps(question, **compact)}"
        for id, question in document["questions"].items()
    ]
    # one line per question: small, and a difference names the question
    return json.dumps(head, **compact)[:-1] + ',"questions":{\n' + ",\n".join(questions) + "\n}}\n"


def checks_text_or_kept(document: dict, path: pathlib.Path) -> str:
    """The text of ``checks.json``: the file's own where it says the same, since another machine differs in last digits.

    Parameters
    ----------
    document : dict
    path : pathlib.Path
        May be missing.
    """
    made = checks_text(document)
    with contextlib.suppress(OSError, ValueError):
        text = path.read_text(encoding="utf-8")
        found = json.loads(text)
        if not compare_documents(document, found) and found.get("digest") == digest(found):
            return text
    return made


def _text_of(content):
    return checks_text(content) if "questions" in content else nbformat.writes(content) + "\n"


def _build_exercise(root, folder, force):
    report, key = Report(), made_from.sources_key(folder.name, root)
    for path, content in _make_exercise(folder).items():
        target, text = root / path, _text_of(content)
        if target.is_file() and not _compare(root, target, content):
            report.unchanged.append(path)
            continue
        learners = path.startswith("exercises/") and path.endswith(".ipynb")
        if learners and target.is_file() and worked_in(target):
            if not force:
                report.problems.append(
                    f"{path} holds somebody's work and was left alone; move it away, or use --force (it is kept as .kept)"
                )
                continue
            target.replace(target.with_name(target.name + ".kept"))
        write_text(text, target)
        report.written.append(path)
    made_from.remember(folder.name, root, key)  # what was left as it is says the same
    return report


def worked_in(path: pathlib.Path) -> bool:
    """Whether somebody has written in a generated exercise: an output, or an answer that is no longer the stub."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:  # not a notebook any more: somebody's, whatever it is
        return True
    for cell in notebook.cells:
        if cell.get("outputs") or cell.get("execution_count"):
            return True
        role = cell.metadata.get("nbgrader", {})
        if not role:
            return True
        if role.get("solution") and not role.get("grade") and "NotImplementedError" not in cell.source:
            if "in place of the three dots" not in cell.source:
                return True
    return False


def _execute_one(root, script):
    target = _notebook(root, script)
    target.parent.mkdir(exist_ok=True)
    try:
        notebook = execute_lesson(read_script(script), target.parent)
    except NotebookError as error:
        return Report(problems=[f"{target.relative_to(root).as_posix()}: {error}"])
    return _write_lesson(root, script, _with_register(notebook, root))


def _write_lesson(root, script, notebook):
    target = _notebook(root, script)
    path = target.relative_to(root).as_posix()
    text = nbformat.writes(notebook) + "\n"
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return Report(unchanged=[path])
    write_notebook(notebook, target)
    return Report(written=[path])


def _with_register(notebook, root):
    """Note in a page that reads the register which register it was made from."""
    if mark := _register_mark(notebook, root):
        notebook.metadata["holdout"] = {"register": mark}
    return notebook


def _register_mark(notebook, root):
    reads = any("holdout.register" in cell.source for cell in notebook.cells if cell.cell_type == "code")
    path = root / register.FILE
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if reads and path.is_file() else ""


def _without_execution(root, script):
    """The lesson as it is to be, with the outputs that are there; None if a cell must be executed for it."""
    try:
        found = nbformat.read(_notebook(root, script), as_version=4)
    except Exception:  # there is none, or it is no notebook
        return None
    made = read_script(script)
    ours = [cell for cell in made.cells if cell.cell_type == "code"]
    theirs = [cell for cell in found.cells if cell.cell_type == "code"]
    if [(cell.source, cell.metadata) for cell in ours] != [(cell.source, cell.metadata) for cell in theirs]:
        return None
    if any(cell.source.strip() and not cell.execution_count for cell in theirs):
        return None
    if found.metadata.get("holdout", {}).get("register", "") != _register_mark(made, root):
        return None
    for cell, executed in zip(ours, theirs, strict=True):
        cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
    made.metadata.language_info = nbformat.from_dict({"name": "python"})
    return _with_register(made, root)


def _build_pages(root):
    report = Report()
    for page, (found, made) in current_pages(root).items():
        if found == made:
            report.unchanged.append(page)
        else:
            write_text(made, root / page)
            report.written.append(page)
    return report


def _compare(root, target, content):
    path = target.relative_to(root).as_posix()
    if not target.is_file():
        return [f"{path} is missing; run `holdout build`"]
    text = target.read_text(encoding="utf-8")
    if text == _text_of(content):
        return []
    if path.endswith("checks.json"):
        try:
            found = json.loads(text)
            difference = compare_documents(content, found)
            if not difference and found.get("digest") != digest(found):
                difference = "its digest is not that of its content"
        except ValueError as error:
            difference = f"it is not JSON ({error})"
        if not difference:
            return []
        return [f"{path} is not what its questions make: {difference}; run `holdout build`"]
    return [
        f"{path} is not what its text makes: {_first_changed_line(_text_of(content), text)}; run `holdout build`"
    ]


def _first_changed_line(made, found):
    for line in difflib.unified_diff(made.splitlines(), found.splitlines(), lineterm="", n=0):
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            return f"first difference `{line[:120]}`"
    return "line ends differ"


def _check_lesson(root, script):
    path = _notebook(root, script)
    name = path.relative_to(root).as_posix()
    if not path.is_file():
        return [f"{name} is missing; run `holdout build {script.stem}`"]
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        return [f"{name} cannot be read ({type(error).__name__}); run `holdout build {script.stem}`"]
    made, found = read_script(script).cells, notebook.cells
    if [(c.cell_type, c.source) for c in made] != [(c.cell_type, c.source) for c in found]:
        changed = next(
            (i for i, (a, b) in enumerate(zip(made, found, strict=False)) if a.source != b.source),
            min(len(made), len(found)),
        )
        return [
            f"{name} was edited or is older than its text (first at cell {changed + 1}); edit {script.relative_to(root).as_posix()} "
            f"and run `holdout build {script.stem}`"
        ]
    problems = []
    if notebook.metadata.get("holdout", {}).get("register", "") != _register_mark(notebook, root):
        problems.append(f"{name} is older than {register.FILE}; run `holdout build {script.stem}`")
    if "widgets" in notebook.metadata:
        problems.append(f"{name} carries widget state; run `holdout build {script.stem}`")
    unexecuted = sum(
        cell.cell_type == "code" and bool(cell.source.strip()) and not cell.execution_count
        for cell in notebook.cells
    )
    if unexecuted:
        problems.append(
            f"{name} has {unexecuted} cells that were not executed; run `holdout build {script.stem}`"
        )
    return problems


def _strays(root):
    """Notebooks that no text makes: copies, Untitled, and edited ones under another name."""
    problems = []
    made = {_notebook(root, script) for script in _lessons(root, ())}
    exercises = {folder.name for folder in _solutions(root, ())}
    # optional ones need packages that the course does not install, so they are executed by hand, beside their text
    made |= {text.with_suffix(".ipynb") for text in (root / "lessons" / "optional").glob("*.py")}
    for path in sorted((root / "lessons").glob("**/*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts and path not in made:
            problems.append(
                f"{path.relative_to(root).as_posix()} is not made from any text; move it out of lessons/"
            )
    for path in sorted((root / "exercises").glob("**/*")):
        if path.is_file() and ".ipynb_checkpoints" not in path.parts:
            name = path.parent.name
            if name not in exercises or path.name not in (f"{name}.ipynb", "checks.json"):
                problems.append(
                    f"{path.relative_to(root).as_posix()} is not made from any text; move it out of exercises/"
                )
    return problems
