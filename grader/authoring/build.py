"""``holdout build``: lessons, solutions and exercises from their text; ``--check`` proves that the committed ones are current.

A second build changes no byte. What an author or learner has written by hand is never overwritten.
"""

import difflib
import json
import multiprocessing
import pathlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import nbformat

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
from holdout import paths as course
from holdout.checks.codec import CodecError, decode
from holdout.checks.judges import first_difference


@dataclass
class Report:
    """What a build or a check of one did.

    Parameters
    ----------
    written, unchanged, problems : list of str
        Files relative to the course; problems are sentences.
    """

    written: list = field(default_factory=list)
    unchanged: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    def add(self, other):
        self.written += other.written
        self.unchanged += other.unchanged
        self.problems += other.problems


def build(root=None, *, names=(), jobs=2, force=False, progress=lambda text: None):
    """Make lessons (executed), solution notebooks and exercises.

    Parameters
    ----------
    root : path, optional
        The course.
    names : sequence of str
        Only lessons and exercises whose name begins with one of these; all by default.
    jobs : int
        Lessons executed side by side.
    force : bool
        Replace an exercise notebook in which somebody has worked; it is kept as ``NAME.ipynb.kept``.
    progress : callable
        Told one line for each file.

    Returns
    -------
    Report

    Raises
    ------
    CourseError
        If a name matches nothing.
    """
    root = pathlib.Path(root or course.find_root())
    _refuse_unknown(root, names)
    report = Report()
    for folder in _solutions(root, names):
        report.add(_build_exercise(root, folder, force))
        progress(f"exercise {folder.name}")
    scripts = _lessons(root, names)
    # a fresh interpreter for each worker: a fork inherits the sockets of whatever has run a kernel here before, and waits forever
    fresh = multiprocessing.get_context("spawn")
    workers = max(1, min(jobs, len(scripts) or 1))
    with ProcessPoolExecutor(max_workers=workers, mp_context=fresh) as pool:
        for script, outcome in zip(
            scripts, pool.map(_build_lesson, [root] * len(scripts), scripts), strict=True
        ):
            report.add(outcome)
            progress(f"lesson {script.stem}")
    return report


def check_build(root=None, *, names=()):
    """Whether what is committed is what its text makes; lessons are not executed here (nbval compares their outputs).

    Returns
    -------
    Report
        With a sentence, naming the file, for everything that is not current, not ours, or not executed.
    """
    root = pathlib.Path(root or course.find_root())
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
        report.problems += _strays(root)
    return report


def _refuse_unknown(root, names):
    """Nothing built is no success when something was asked for."""
    known = {path.stem for path in (root / "lessons" / "source").glob("*.py")}
    known |= {path.parent.name for path in (root / "solutions").glob("[0-9][0-9]-*/questions.py")}
    for name in names:
        if not any(each.startswith(name) for each in known):
            raise course.CourseError(
                f"no lesson or exercise begins with {name!r}; give a number or a name, such as 07 or glossary, not a path"
            )


def _solutions(root, names):
    folders = [path.parent for path in sorted((root / "solutions").glob("[0-9][0-9]-*/questions.py"))]
    return [folder for folder in folders if not names or folder.name.startswith(tuple(names))]


def _lessons(root, names):
    scripts = sorted((root / "lessons" / "source").glob("*.py"))
    return [script for script in scripts if not names or script.stem.startswith(tuple(names))]


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


def checks_text(document):
    """A checks document as the text of ``checks.json``."""
    compact = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
    head = {key: value for key, value in document.items() if key != "questions"}
    questions = [
        f"{json.dumps(id)}:{json.dumps(question, **compact)}"
        for id, question in document["questions"].items()
    ]
    # one line a question: small, and a difference names the question
    return json.dumps(head, **compact)[:-1] + ',"questions":{\n' + ",\n".join(questions) + "\n}}\n"


def _text_of(content):
    return checks_text(content) if "questions" in content else nbformat.writes(content) + "\n"


def _build_exercise(root, folder, force):
    report = Report()
    for path, content in _make_exercise(folder).items():
        target, text = root / path, _text_of(content)
        if target.is_file() and target.read_text(encoding="utf-8") == text:
            report.unchanged.append(path)
            continue
        if (
            path.startswith("exercises/")
            and path.endswith(".ipynb")
            and target.is_file()
            and _worked_in(target)
        ):
            if not force:
                report.problems.append(
                    f"{path} holds somebody's work and was left alone; move it away, or use --force (it is kept as .kept)"
                )
                continue
            target.replace(target.with_name(target.name + ".kept"))
        write_text(text, target)
        report.written.append(path)
    return report


def _worked_in(path):
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


def _build_lesson(root, script):
    report = Report()
    path = f"lessons/{script.stem}.ipynb"
    try:
        notebook = execute_lesson(read_script(script), root / "lessons")
    except NotebookError as error:
        report.problems.append(f"{path}: {error}")
        return report
    target = root / path
    text = nbformat.writes(notebook) + "\n"
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        report.unchanged.append(path)
    else:
        write_notebook(notebook, target)
        report.written.append(path)
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
            difference = _documents_differ(content, json.loads(text))
        except ValueError as error:
            difference = f"it is not JSON ({error})"
        return (
            [f"{path} is not what its questions make: {difference}; run `holdout build`"]
            if difference
            else []
        )
    return [
        f"{path} is not what its text makes: {_first_changed_line(_text_of(content), text)}; run `holdout build`"
    ]


def _documents_differ(made, found, where="checks.json"):
    """First difference of two checks documents; numbers from another processor may differ in the last digits."""
    if isinstance(made, dict) and isinstance(found, dict):
        if "$" in made or "$" in found:
            try:
                return first_difference(decode(made), decode(found), rtol=1e-9, atol=1e-12, where=where)
            except CodecError as error:
                return f"{where}: {error}"
        if set(made) != set(found):
            return f"{where} has other entries: {sorted(set(made) ^ set(found))}"
        skip = {"digest"} if where == "checks.json" else set()
        return next(
            (
                d
                for key in made
                if key not in skip and (d := _documents_differ(made[key], found[key], f"{where}/{key}"))
            ),
            None,
        )
    if isinstance(made, list) and isinstance(found, list):
        if len(made) != len(found):
            return f"{where} has {len(found)} entries instead of {len(made)}"
        return next(
            (
                d
                for i, (a, b) in enumerate(zip(made, found, strict=True))
                if (d := _documents_differ(a, b, f"{where}[{i}]"))
            ),
            None,
        )
    if isinstance(made, float) and isinstance(found, int | float):
        return first_difference(made, found, rtol=1e-9, atol=1e-12, where=where)
    return None if made == found else f"{where} differs"


def _first_changed_line(made, found):
    for line in difflib.unified_diff(made.splitlines(), found.splitlines(), lineterm="", n=0):
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            return f"first difference `{line[:120]}`"
    return "line ends differ"


def _check_lesson(root, script):
    path = root / "lessons" / f"{script.stem}.ipynb"
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
            f"{name} was edited or is older than its text (first at cell {changed + 1}); edit lessons/source/{script.name} "
            f"and run `holdout build {script.stem}`"
        ]
    problems = []
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
    scripts = {script.stem for script in _lessons(root, ())}
    exercises = {folder.name for folder in _solutions(root, ())}
    for path in sorted((root / "lessons").glob("**/*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts and (
            path.parent.name != "lessons" or path.stem not in scripts
        ):
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
