"""Grades ordinary nbgrader assignments: assert cells, hidden tests, cells graded by hand, several notebooks, files beside them.

The code runs in the same sandbox as our own exercises; the points are nbgrader's, given by nbgrader's own classes from the outputs
that came out. A hidden test is executed beside the learner's code, as in nbgrader: its expected values are not kept apart, so what
is promised here is isolation and stock's score, not that a test cannot be forged from inside.
"""

import fnmatch
import importlib.util
import json
import os
import re
import secrets
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade, find_all_files, is_grade, is_solution

from grader.grading.folder import (
    IGNORED,
    LITTER,
    FileLimits,
    Refused,
    list_folder,
    notebooks_in,
    opened_folder,
    quoted,
    quoted_names,
    read_file,
    read_files,
    read_time,
    where_the_notebook_may_be,
)
from grader.grading.prepared import QuestionResult
from grader.grading.resume_log import content_key
from grader.grading.submission import Submission, SubmissionLimits, parse_notebook
from grader.nbgrader_bridge.gradebook import GradebookWriter
from grader.nbgrader_bridge.sanitize import clean_cell
from grader.sandbox.limits import Limits
from grader.sandbox.protocol import error_output
from grader.sandbox.server import RUN_TO_ITS_END, ExecutionResult, Job
from holdout.checks.check import CRASHED, NOT_ATTEMPTED, PASSED, WRONG
from holdout.errors import CourseError

# Libraries that may be imported once, before the fork: they start no threads and keep nothing of a learner's.
PRELOADABLE = frozenset(
    "numpy pandas scipy sklearn matplotlib sympy seaborn statsmodels networkx PIL ipywidgets nltk bs4 requests plotly altair holdout".split()
)
ALWAYS_PRELOADED = ("json",)
COURSE_FILE_BYTES = (
    100_000_000  # of what the course keeps beside the notebooks; it is sent with every submission
)
OTHER_LANGUAGES = re.compile(
    r"^(ir\b|ir$|julia|octave|sos|java|bash|scala|xcpp|matlab|sas|stata|gnuplot|javascript|itypescript|deno|rust|evcxr)",
    re.I,
)
FORGED = "A check's cell showed a result and failed; only code that changes how results are shown does that, so it got no points."
TAMPERED = "An assertion that is wrong did not fail in this notebook: its code has changed how cells are executed, so its points are not to be trusted."
STOPPED = "This cell was not run to its end."


# of what a learner handed in beside the notebooks and is taken into the sandbox
FILE_LIMITS = FileLimits(files=500, file_bytes=20_000_000, all_bytes=50_000_000, depth=6)


@dataclass
class HandIn:
    """What a learner handed in for an ordinary assignment.

    Parameters
    ----------
    notebooks : dict of str to nbformat.NotebookNode
        By nbgrader's name of the notebook; cleaned, with the cells that the course locks put back.
    files : dict of str to bytes
        What lay beside the notebooks, by relative name.
    raw : dict of str to bytes
        The notebooks as they were handed in, by file name.
    about : Submission
        Notes, problems, and when it was handed in.
    reviews : list of str
        Why a person should look at it although it can be graded.
    missing : dict of str to list of str
        Cells with points that are not in a notebook.
    alarms : dict of str to int
        Where in what is executed the assertion stands that must fail; by notebook.
    """

    notebooks: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    raw: dict = field(default_factory=dict)
    about: Submission = field(default_factory=Submission)
    reviews: list = field(default_factory=list)
    missing: dict = field(default_factory=dict)
    alarms: dict = field(default_factory=dict)


@dataclass
class Finished:
    """What became of one notebook.

    Parameters
    ----------
    reviews : list of str
        Why a person must look at it.
    remarks : list of str
        What else happened.
    questions : list of QuestionResult
        One for each cell with automatic points.
    """

    reviews: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    questions: list = field(default_factory=list)


@dataclass(frozen=True)
class OrdinaryReader:
    """Reads hand-ins and results of an ordinary assignment. Plain data, so that this can be done in a process of its own.

    Parameters
    ----------
    notebooks : dict of str to dict
        Every cell that the gradebook knows, by notebook and name.
    kernels : dict of str to dict
        Of each notebook.
    ignore : tuple of str
        Patterns of names that the course leaves out.
    own_text : frozenset of str
        Texts of the assignment's own cells, which are shown as they are.
    """

    notebooks: dict
    kernels: dict
    ignore: tuple
    own_text: frozenset

    # ------------------------------------------------------------------------------ reading

    def read(self, folder: str | os.PathLike, limits: SubmissionLimits | None = None) -> HandIn:
        """Read what a learner handed in; regular files only.

        Parameters
        ----------
        folder : path
        limits : SubmissionLimits, optional
            Of the notebooks.

        Returns
        -------
        HandIn
            Never raises because of what the learner handed in.
        """
        made, limits = HandIn(), limits or SubmissionLimits()
        try:
            with opened_folder(folder) as handle:
                # every file that is left out is named below, so the notes of the listing are not needed
                names = list_folder(handle, limits.own_files, [])
                made.about.submitted_at = read_time(handle, names, made.about.notes)
                self._read_notebooks(handle, names, made, limits)
                made.files = self._own_files(handle, made.about.notes)
        except Refused as refusal:
            made.about.problems.append(str(refusal))
        except OSError as error:
            made.about.problems.append(f"The submission cannot be read: {error.strerror}.")
        return made

    def _own_files(self, handle, notes):
        """What a learner handed in beside the notebooks, by relative name; a note for what was left out."""

        def skip(path):
            name = path.rpartition("/")[2]
            ignored = any(fnmatch.fnmatch(name, pattern) for pattern in self.ignore)
            return bool(ignored or LITTER.search(name) or path in IGNORED or name.lower().endswith(".ipynb"))

        def refuse(path):
            return "it has the name of a library" if "/" not in path and _hides_a_library(path) else ""

        files, left_out = read_files(handle, FILE_LIMITS, skip, refuse)
        notes += [f"{quoted_names(names)} was left out: {reason}." for reason, names in left_out.items()]
        return files

    def _read_notebooks(self, handle, names, made, limits):
        there = notebooks_in(names)
        if not there:
            raise Refused(where_the_notebook_may_be(names))
        plain, problems = {}, {}
        for name in there[: limits.notebooks + len(self.notebooks)]:
            try:
                content = read_file(handle, name, limits.notebook_bytes)
                plain[name] = _as_node(parse_notebook(content, name, limits), name, limits)
                made.raw[name] = content
            except Refused as refusal:
                problems[name] = str(refusal)
        for notebook in self.notebooks:
            wanted = f"{notebook}.ipynb"
            if wanted in plain:
                made.notebooks[notebook] = plain[wanted]
            elif wanted in problems:
                made.reviews.append(problems[wanted])
        self._take_renamed(plain, made)
        if not made.notebooks:
            if made.reviews:
                raise Refused(" ".join(made.reviews))
            expected = ", ".join(f"“{notebook}.ipynb”" for notebook in self.notebooks)
            raise Refused(
                f"No notebook of this assignment is there: expected {expected}, found {quoted_names(there)}."
            )
        for notebook in self.notebooks:
            if notebook not in made.notebooks:
                made.about.notes.append(f"“{notebook}.ipynb” is missing; its automatic points are 0.")
            else:
                self._put_right(notebook, made)

    def _take_renamed(self, plain, made):
        """A notebook under another name that holds the cells of exactly one that is missing."""
        for name in sorted(set(plain) - {f"{notebook}.ipynb" for notebook in self.notebooks}):
            theirs = {_grade_id(cell) for cell in plain[name].cells}
            fits = [
                notebook
                for notebook, cells in self.notebooks.items()
                if notebook not in made.notebooks and theirs & set(cells)
            ]
            if len(fits) == 1:
                made.notebooks[fits[0]] = plain[name]
                made.about.notes.append(
                    f"The notebook is called {quoted(name)} instead of “{fits[0]}.ipynb”."
                )

    def _put_right(self, notebook, made):
        """What nbgrader does before it executes: every named cell gets the role, and every locked one the text, that the gradebook has."""
        known, node = self.notebooks[notebook], made.notebooks[notebook]
        if self.kernels[notebook]:
            node.metadata.kernelspec = dict(self.kernels[notebook])
        node.metadata.language_info = {"name": "python"}
        places: dict[str, list] = {}
        for cell in node.cells:
            places.setdefault(_grade_id(cell), []).append(cell)
        changed, copied = [], []
        for grade_id, cells in places.items():
            about = known.get(grade_id)
            # of several copies the last one counts, as in nbgrader; of answers the last that says something
            answered = [
                cell
                for cell in cells
                if about and about.solution and cell.source.strip() not in ("", about.source.strip())
            ]
            chosen = (answered or cells)[-1]
            for cell in cells:
                cell.metadata = nbformat.from_dict({})
                if about is not None and cell is chosen:
                    if _overwrite(cell, grade_id, about):
                        changed.append(grade_id)
            if about is not None and len(cells) > 1:
                copied.append(grade_id)
        missing = sorted(
            grade_id
            for grade_id, about in known.items()
            if grade_id not in places and about.points is not None
        )
        if changed:
            made.about.notes.append(
                f"{quoted_names(changed)}: changed cells that belong to the assignment were put back."
            )
        if copied:
            made.about.notes.append(
                f"{quoted_names(copied)}: there are copies of these cells; one of each was graded."
            )
        if missing:
            made.missing[notebook] = missing
            made.reviews.append(
                f"{quoted_names(missing)}: cells with points are missing from the notebook and got none."
            )

    # ------------------------------------------------------------------------------ results

    def finish(
        self, node: nbformat.NotebookNode, notebook: str, executed: ExecutionResult, alarm: int | None
    ) -> Finished:
        """Put the outputs into a notebook, and say what nbgrader will give for them.

        Parameters
        ----------
        node : nbformat.NotebookNode
            As it was handed in and cleaned; gets the outputs.
        notebook : str
            Its name.
        executed : ExecutionResult
        alarm : int or None
            Where in what was executed the assertion stands that must fail.

        Returns
        -------
        Finished
        """
        outputs, ran = list(executed.cells), list(executed.ran)
        tampered = False
        if alarm is not None:
            finished, produced = ran.pop(alarm), outputs.pop(alarm)
            tampered = finished and not any(output["output_type"] == "error" for output in produced)
        made = Finished(reviews=[] if executed.outcome == "done" else [executed.sentence])
        if executed.outcome == "done" and executed.late:
            remarks = executed.sentence.removeprefix(RUN_TO_ITS_END).strip()
            made.remarks.append(remarks or "A test took longer than it may.")
        if tampered:
            made.reviews.append(TAMPERED)
        for cell, produced, finished in zip(node.cells, outputs, ran, strict=True):
            graded = cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)
            if cell.cell_type == "code":
                cell.outputs = [nbformat.from_dict(output) for output in produced]
                if graded:
                    self._decide(cell, finished, executed, made)
            self._make_safe(cell, graded)
            if graded:
                made.questions.append(self._result(notebook, cell))
        return made

    def _decide(self, cell, finished, executed, made):
        """The outputs by which nbgrader gives points, with what only a hostile notebook can do taken out."""
        failed = [output for output in cell.outputs if output.output_type == "error"]
        if not finished and not failed:
            name = "CellTimeoutError" if executed.outcome == "timeout" else "NotRun"
            failed = [nbformat.from_dict(error_output(name, f"{STOPPED} {executed.sentence}"))]
            cell.outputs.append(failed[0])
        shown = [output for output in cell.outputs if output.output_type == "execute_result"]
        if failed and shown:
            made.reviews.append(FORGED)
        for extra in (
            shown if failed else shown[1:]
        ):  # nbgrader reads the first result before an error that comes later
            extra.output_type = "display_data"
            extra.pop("execution_count", None)
        for output in shown[:1]:
            output.data.setdefault("text/plain", "")
        try:
            determine_grade(cell)
        except (ValueError, KeyError) as error:
            made.reviews.append(f"The check {cell.metadata.nbgrader.grade_id} cannot be scored: {error}.")
            cell.outputs.append(nbformat.from_dict(error_output("ScoreError", str(error))))
            for output in shown:
                output.output_type = "display_data"
                output.pop("execution_count", None)

    def _make_safe(self, cell, graded):
        results = [
            position
            for position, output in enumerate(cell.get("outputs", []))
            if graded and output.output_type == "execute_result"
        ]
        own = bool(cell.metadata.get("nbgrader")) and not is_solution(cell)
        attachments = _safe_pictures(cell.pop("attachments", None))
        if results:  # the only one by which nbgrader gives points keeps its kind
            text = str(cell.outputs[results[0]].data.get("text/plain", ""))
            cell.outputs.pop(results[0])
        clean_cell(cell, own or cell.source.strip() in self.own_text)
        if results:
            cell.outputs.append(
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": text},
                    "metadata": {},
                    "execution_count": None,
                }
            )
        if attachments and cell.cell_type == "markdown":
            cell.attachments = attachments
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(dict(output)) for output in cell.outputs]

    def _result(self, notebook, cell):
        """The cell as a question of the class report."""
        points, maximum = determine_grade(cell)
        share = points / maximum if maximum else float(not _error_of(cell))
        error = _error_of(cell)
        name = cell.metadata.nbgrader.grade_id
        if share >= 1.0:
            outcome, message = PASSED, ""
        elif error is None:
            outcome, message = WRONG, ""
        elif error.output_type == "stream":
            outcome, message = WRONG, f"The check wrote to stderr: {error.text.strip()}"[:500]
        else:
            kinds = {"AssertionError": WRONG, "NotImplementedError": NOT_ATTEMPTED}
            outcome, message = (
                kinds.get(error.ename, CRASHED),
                f"{error.ename}: {error.evalue}".rstrip(": ")[:500],
            )
        question = name if len(self.notebooks) == 1 else f"{notebook}/{name}"
        return QuestionResult(question, "", maximum, share, outcome, "", message)


class OrdinaryAssignment:
    """An nbgrader assignment, prepared for grading a class once.

    Parameters
    ----------
    name : str
    writer : GradebookWriter
        Of the course that it belongs to.
    limits : Limits, optional
        By default those of the course's own settings (``Execute.timeout``).

    Raises
    ------
    CourseError
        If it has not been released, needs another language, or its files are too large to be carried.
    """

    def __init__(self, name: str, writer: GradebookWriter, limits: Limits | None = None):
        self.name, self.course = name, writer.course
        self.notebooks, self.kernels = _known_notebooks(name, writer)
        self.source = os.path.normpath(self.course.format_path(self.course.source_directory, ".", name))
        self.kept_by_learners = _not_overwritten(name, writer)
        self.files = self._course_files()
        self.limits = limits or self._limits(writer)
        sources = list(_source_texts(self.source))
        self.preload = (*ALWAYS_PRELOADED, *_imported(sources))
        own_text = {text.strip() for text in sources} | {
            cell.source.strip() for cells in self.notebooks.values() for cell in cells.values()
        }
        self.reader = OrdinaryReader(
            self.notebooks, self.kernels, tuple(self.course.ignore), frozenset(own_text)
        )
        self.digest = content_key(
            {
                "cells": {
                    notebook: {cell: vars(about) for cell, about in cells.items()}
                    for notebook, cells in self.notebooks.items()
                },
                "files": {name: hash_of(content) for name, content in self.files.items()},
                "limits": self.limits.as_dict(),
            }
        )

    def _course_files(self):
        """What the course keeps beside the notebooks: it replaces a learner's file of the same name, as in nbgrader."""
        made, room = {}, COURSE_FILE_BYTES
        for path in sorted(find_all_files(self.source, [*self.course.ignore, "*.ipynb"])):
            name = os.path.relpath(path, self.source).replace(os.sep, "/")
            if name in self.kept_by_learners:
                continue
            with open(path, "rb") as file:
                made[name] = file.read()
            room -= len(made[name])
            if room < 0:
                raise CourseError(
                    f"the files beside the notebooks of {self.name} take more than {COURSE_FILE_BYTES // 10**6} MB, which cannot be sent "
                    "with every submission; keep large data out of the assignment's folder"
                )
        return made

    def _limits(self, writer):
        seconds = Execute(parent=writer.app).timeout
        seconds = float(seconds) if seconds and seconds > 0 else 600.0
        return Limits(
            cell_seconds=seconds,
            notebook_seconds=max(300.0, 10 * seconds),
            disk=(128 << 20) + 2 * sum(map(len, self.files.values())),
        )

    # ------------------------------------------------------------------------------ execution

    def jobs(self, hand_in: HandIn, number: str) -> list[tuple[str, Job]]:
        """What to execute: one job for every notebook that was handed in.

        Parameters
        ----------
        hand_in : HandIn
        number : str
            Comes back in the results' names, followed by a slash and the number of the notebook.

        Returns
        -------
        list of (str, Job)
            Name of the notebook, and its job.
        """
        made: list[tuple[str, Job]] = []
        for notebook, node in hand_in.notebooks.items():
            # the learner's own notebooks lie there as they were handed in: without hidden tests
            files = _together(self.files, {**hand_in.raw, **hand_in.files})
            limits = replace(self.limits, disk=self.limits.disk + 2 * sum(map(len, files.values())))
            cells, hand_in.alarms[notebook] = _with_alarm(node.cells)
            folder = re.sub(r"[^A-Za-z0-9._-]", "-", self.name).lstrip("._-")[:100] or "assignment"
            made.append((notebook, Job({"cells": cells}, [], limits, files, folder, f"{number}/{len(made)}")))
        return made


# ------------------------------------------------------------------------------ the course's side


def _known_notebooks(name, writer):
    """Every cell that the gradebook knows of an assignment, by notebook; and the notebooks' kernels."""
    remedy = f"run `holdout release {name}` first (or nbgrader generate_assignment)"
    notebooks: dict[str, dict] = {}
    kernels: dict[str, dict] = {}
    with writer.gradebook() as book:
        try:
            assignment = book.find_assignment(name)
        except MissingEntry:
            raise CourseError(f"the gradebook does not know the assignment {name!r}; {remedy}") from None
        for notebook in assignment.notebooks:
            points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
            tasks = {cell.name: float(cell.max_score) for cell in notebook.task_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            notebooks[notebook.name] = {
                cell.name: SimpleNamespace(
                    kind=cell.cell_type,
                    source=cell.source or "",
                    checksum=cell.checksum,
                    locked=bool(cell.locked),
                    points=points.get(cell.name, tasks.get(cell.name)),
                    grade=cell.name in points,
                    task=cell.name in tasks,
                    solution=cell.name in solutions,
                )
                for cell in notebook.source_cells
            }
            kernels[notebook.name] = json.loads(notebook.kernelspec or "null") or {}
    if not notebooks:
        raise CourseError(f"the gradebook has no notebooks of the assignment {name!r}; {remedy}")
    for notebook, kernel in kernels.items():
        language = str(kernel.get("language") or "")
        if (language and language.lower() not in ("python", "python3", "ipython")) or (
            not language and OTHER_LANGUAGES.match(str(kernel.get("name", "")))
        ):
            raise CourseError(
                f"{name}/{notebook}.ipynb is written for the kernel {kernel.get('display_name') or kernel.get('name')!r} ({language or 'not Python'}); "
                "the sandbox runs Python only, so grade this assignment with `nbgrader autograde`"
            )
    return notebooks, kernels


def _not_overwritten(name, writer):
    """Files of which the learner's own version counts, by the course's settings."""
    from nbgrader.converters import Autograde

    listed = Autograde(coursedir=writer.course, parent=writer.app).exclude_overwriting.get(name, [])
    return {os.path.normpath(path).replace(os.sep, "/") for path in listed}


def _source_texts(folder):
    """Texts of the cells of the source notebooks, and of the Python files beside them."""
    for path in sorted(find_all_files(folder, [".ipynb_checkpoints"])):
        if path.endswith((".ipynb", ".py")):
            try:
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                if path.endswith(".py"):
                    yield text
                else:
                    yield from ("".join(cell["source"]) for cell in json.loads(text)["cells"])
            except (OSError, ValueError, KeyError, TypeError):
                continue


def _imported(texts) -> list[str]:
    """Modules to import before the fork: what the assignment itself imports, as far as that is known to be harmless."""
    found: dict[str, None] = {}
    for text in texts:
        for package, names in re.findall(r"^\s*from\s+([\w.]+)\s+import\s+\(?([\w, ]+)", text, re.MULTILINE):
            found[package] = None
            found |= {
                f"{package}.{name.split(' as ')[0].strip()}": None
                for name in names.split(",")
                if name.strip()
            }
        for names in re.findall(r"^\s*import\s+([\w., ]+)", text, re.MULTILINE):
            found |= {name.strip().split(" ")[0]: None for name in names.split(",") if name.strip()}
    return [name for name in found if name.split(".")[0] in PRELOADABLE]


def hash_of(content: bytes) -> str:
    """SHA-256 of a file's content."""
    import hashlib

    return hashlib.sha256(content).hexdigest()


# ------------------------------------------------------------------------------ the learner's side


def _hides_a_library(file_name):
    """Whether a Python file beside the notebook would be imported in the place of a library."""
    stem, ending = os.path.splitext(file_name)
    if ending not in (".py", ".pyc", ".so", ".pyd"):
        return False
    stem = stem.split(".")[0]
    if stem in sys.stdlib_module_names or stem in PRELOADABLE or stem in ("sitecustomize", "usercustomize"):
        return True
    try:
        found = importlib.util.find_spec(stem)
    except (ImportError, ValueError, AttributeError):
        return False
    return found is not None and "site-packages" in str(found.origin)


def _as_node(plain: Mapping, name: str, limits: SubmissionLimits) -> nbformat.NotebookNode:
    """A notebook of any format as one of format 4 that has nothing but text, nbgrader's names and pictures of text cells.

    Raises
    ------
    _Refused
    """
    shown = quoted(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            node = nbformat.reads(json.dumps(plain), as_version=4)
        raw = node.cells
    except RecursionError:
        raise Refused(f"{shown} is nested too deeply to be read.") from None
    except Exception as error:  # nbformat raises whatever the strange notebook leads to
        raise Refused(f"{shown} is not a notebook that can be read ({type(error).__name__}).") from None
    if not isinstance(raw, list) or len(raw) > limits.cells:
        raise Refused(f"{shown} has no cells, or more than {limits.cells:,}.")
    cells, room, seen = [], limits.source_characters, set()
    for position, item in enumerate(raw):
        kind, source = (item.get("cell_type"), item.get("source")) if isinstance(item, dict) else (None, None)
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if kind not in ("code", "markdown", "raw") or not isinstance(source, str):
            continue
        room -= len(source)
        if room < 0:
            raise Refused(f"The cells of {shown} hold more than {limits.source_characters:,} characters.")
        role = item.get("metadata", {}).get("nbgrader") if isinstance(item.get("metadata"), dict) else None
        grade_id = role.get("grade_id") if isinstance(role, dict) else None
        identity = str(item.get("id", ""))
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", identity) or identity in seen:
            identity = f"cell-{position}"
        seen.add(identity)
        made: dict[str, Any] = {
            "cell_type": kind,
            "id": identity,
            "metadata": {"nbgrader": {"grade_id": grade_id}} if isinstance(grade_id, str) else {},
            "source": source.encode("utf-8", "replace").decode("utf-8"),
        }
        if kind == "code":
            made |= {"outputs": [], "execution_count": None}
        elif isinstance(item.get("attachments"), dict):
            made["attachments"] = item["attachments"]
        cells.append(made)
    return nbformat.from_dict({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _overwrite(cell, grade_id, about):
    """Give a cell the role that the gradebook has, and its text if the course locks it; whether that changed anything."""
    changed = False
    if cell.cell_type != about.kind:
        changed = True
        cell.cell_type = about.kind
        if about.kind == "code":
            cell.outputs, cell.execution_count = [], None
            cell.pop("attachments", None)
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    role = {
        "cell_type": about.kind,
        "checksum": about.checksum,
        "grade": about.grade,
        "grade_id": grade_id,
        "locked": about.locked,
        "schema_version": 3,
        "solution": about.solution,
        "task": about.task,
    }
    cell.metadata.nbgrader = nbformat.from_dict(
        role | ({"points": about.points} if about.points is not None else {})
    )
    if about.locked and cell.source != about.source:
        # a hidden test that the release does not show is no change of the learner's
        changed = changed or _visible_part(about.source) != cell.source.strip()
        cell.source = about.source
    return changed


def _visible_part(source):
    """A locked cell's text as learners have it: without hidden tests and marking schemes."""
    for what in ("HIDDEN TESTS", "MARK SCHEME"):
        source = re.sub(
            rf"^[^\n]*BEGIN {what}.*?END {what}[^\n]*\n?", "", source, flags=re.DOTALL | re.MULTILINE
        )
    return source.strip()


def _safe_pictures(attachments):
    """Pictures that a learner pasted into a text cell, checked to be pictures."""
    from grader.nbgrader_bridge.sanitize import PICTURES, _picture

    made = {}
    for name, kinds in (attachments or {}).items() if isinstance(attachments, dict) else ():
        good = (
            {
                mime: picture
                for mime, content in kinds.items()
                if mime in PICTURES and (picture := _picture(mime, content))
            }
            if isinstance(kinds, dict)
            else {}
        )
        if good and re.fullmatch(r"[\w. -]{1,100}", str(name)):
            made[name] = good
    return nbformat.from_dict(made) if made else None


def _error_of(cell):
    return next(
        (
            output
            for output in cell.outputs
            if output.output_type == "error" or (output.output_type == "stream" and output.name == "stderr")
        ),
        None,
    )


# ------------------------------------------------------------------------------ alarms


def _with_alarm(cells):
    """The cells to run, with one more behind a cell with automatic points: its assertion must fail. And where that one stands."""
    made = [{"cell_type": cell.cell_type, "source": cell.source} for cell in cells]
    graded = [
        position
        for position, cell in enumerate(cells)
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)
    ]
    if not graded:
        return made, None
    number, alarm = secrets.randbelow(10**9), secrets.choice(graded) + 1
    # nothing in it says what it is for
    made.insert(alarm, {"cell_type": "code", "source": f"assert {number} == {number + 1}", "history": False})
    return made, alarm


def _together(course: Mapping[str, bytes], learner: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of both, the course's first; none whose place is taken by another's folder or file."""
    made = dict(course)
    folders = {"/".join(name.split("/")[:depth]) for name in made for depth in range(1, name.count("/") + 1)}
    for name, content in learner.items():
        above = {"/".join(name.split("/")[:depth]) for depth in range(1, name.count("/") + 1)}
        if name not in made and name not in folders and not above & set(made):
            made[name] = content
            folders |= above
    return made


def not_graded(assignment: OrdinaryAssignment, sentence: str) -> dict[str, nbformat.NotebookNode]:
    """Notebooks that say why nothing was executed; every check in them has failed.

    Parameters
    ----------
    assignment : OrdinaryAssignment
    sentence : str
        May quote a learner's file names: it is shown as it is.

    Returns
    -------
    dict of str to nbformat.NotebookNode
    """
    made = {}
    for notebook, cells in assignment.notebooks.items():
        text = "".join(f"    {line}\n" for line in sentence.splitlines())
        node = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_markdown_cell(f"**Not graded.**\n\n{text}", id="not-graded")]
        )
        if assignment.kernels[notebook]:
            node.metadata.kernelspec = dict(assignment.kernels[notebook])
        for number, (grade_id, about) in enumerate(cells.items()):
            cell = nbformat.v4.new_code_cell(about.source, id=f"cell-{number}")
            _overwrite(cell, grade_id, about)
            cell.source = about.source
            if cell.cell_type == "code":
                cell.outputs = (
                    [nbformat.from_dict(error_output("NotGraded", sentence))] if about.grade else []
                )
            node.cells.append(cell)
        made[notebook] = node
    return made
