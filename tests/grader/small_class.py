"""A small class for the tests of grading: a course of one small exercise, released once, copied for every test."""

import atexit
import contextlib
import copy
import functools
import io
import json
import pathlib
import shutil
import tempfile
import textwrap

import nbformat
from small_course import QUESTIONS, ROOT, SCRIPT

from grader.grading.run import grade_all
from grader.nbgrader_bridge.gradebook import GradebookWriter
from grader.nbgrader_bridge.release import release
from grader.sandbox.server import ExecutionResult, Level, Server
from holdout.checks.probe import find_answer, run_probe

EXERCISE = "01-small"
RIGHT = {"mean": "def mean(values):\n    return sum(values) / len(values)", "pick": "pick = 'b'"}
WRONG = {"mean": "def mean(values):\n    return sum(values)", "pick": "pick = 'a'"}


class InlinePool:
    """Executes in this very process, for tests of everything but execution. Never for other people's code."""

    def __init__(self, tamper=None, executed=None):
        self.level = Level("full")
        self.tamper, self.count = tamper, 0

    def map(self, jobs):
        for job in jobs:
            self.count += 1
            yield self.run(job)

    def run(self, job):
        names, outputs = {"get_ipython": print}, []
        for cell in job.notebook["cells"]:
            outputs.append(self._cell(cell, names) if cell["cell_type"] == "code" else [])
        results = {}
        for probe in job.probes:
            try:
                answer = find_answer(names, probe["answer"])
            except KeyError:
                result = {"error": "NameError", "message": "not defined", "where": ""}
            else:
                result = run_probe(answer, probe["probe"], probe["inputs"])
            if self.tamper:
                result = self.tamper(probe, result)
            results.setdefault(probe["id"], []).append(json.loads(json.dumps(result)))
        sentence = "The notebook was run to its end."
        return ExecutionResult(
            outputs, results, "done", sentence, 0.01, ran=[True] * len(outputs), name=job.name
        )

    @staticmethod
    def _cell(cell, names):
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(cell["source"], names)
        except Exception as error:
            return [
                {"output_type": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": []}
            ]
        text = printed.getvalue()
        return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []


class WarmPool:
    """Executes in the real sandbox, one submission after the other, in a server that the tests of a process share.

    Starting a server is most of the time of a small class. How servers are started, replaced and stopped is tested with
    `grader.sandbox.pool.Pool` itself.
    """

    @property
    def level(self):
        return _server().level

    def map(self, jobs):
        for job in jobs:
            yield _server().run(job)


def _server():
    server = _started()
    if not server.alive():
        _started.cache_clear()
        server = _started()
    return server


@functools.cache
def _started():
    server = Server().start()
    atexit.register(server.close)
    return server


@functools.cache
def _template():
    """The released course, made once a process; removed when the process ends."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="holdout-small-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for folder in (f"solutions/{EXERCISE}", "lessons/source", "exercises", "classroom"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    script = textwrap.dedent(SCRIPT).lstrip()
    (root / "solutions" / EXERCISE / f"{EXERCISE}.py").write_text(script, encoding="utf-8")
    (root / "solutions" / EXERCISE / "questions.py").write_text(QUESTIONS, encoding="utf-8")
    rows = release(root)
    assert [row["released"] for row in rows] == [True]
    return root


class SmallClass:
    """A course with submissions.

    Parameters
    ----------
    folder : path
        An empty folder.
    template : path, optional
        The root of another class, to begin with a copy of its submissions and grades.
    """

    def __init__(self, folder, template=None):
        self.root = folder / "course"
        shutil.copytree(template or _template(), self.root)
        path = self.root / "exercises" / EXERCISE / f"{EXERCISE}.ipynb"
        self.release = nbformat.read(path, as_version=4)

    def submit(self, student, answers, *, memo=None, cells=(), timestamp=None):
        """Hand something in.

        Parameters
        ----------
        student : str
        answers : dict of str to str
            Code by question (``mean``, ``pick``), or nothing for a blank.
        memo : str, optional
        cells : iterable of nbformat.NotebookNode
            The learner's own, put before the first question.
        timestamp : str, optional
        """
        notebook = copy.deepcopy(self.release)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            question = name.removeprefix("01-").removesuffix("-answer")
            if name.endswith("-answer") and question in answers:
                cell.source = answers[question]
            if name == "01-memo" and memo is not None:
                cell.source = memo
        notebook.cells[2:2] = list(cells)
        folder = self.root / "classroom" / "submitted" / student / EXERCISE
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{EXERCISE}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
        if timestamp is not None:
            (folder / "timestamp.txt").write_text(timestamp, encoding="utf-8")
        return folder

    def grade(self, pool=None, **options):
        """Rows by student."""
        options.setdefault("json", True)
        return {row.student: row for row in grade_all(self.root, pool=pool or InlinePool(), **options)}

    def recorded(self, student):
        """The recorded notebook."""
        path = self.root / "classroom" / "autograded" / student / EXERCISE / f"{EXERCISE}.ipynb"
        return nbformat.read(path, as_version=4)

    def grades(self, student):
        """What the gradebook has of every graded cell: (automatic, manual, extra, needs a person)."""
        with GradebookWriter(self.root) as writer, writer.gradebook() as book:
            found = book.find_submission_notebook(EXERCISE, EXERCISE, student).grades
            return {
                one.name: (one.auto_score, one.manual_score, one.extra_credit, one.needs_manual_grade)
                for one in found
            }

    def change(self, student, cell, **values):
        """Do what an instructor does in formgrader."""
        with GradebookWriter(self.root) as writer, writer.gradebook() as book:
            grade = book.find_grade(cell, EXERCISE, EXERCISE, student)
            for name, value in values.items():
                setattr(grade, name, value)
            book.db.commit()

    def dump(self):
        """Everything that grading leaves behind, as plain values."""
        made = {}
        with GradebookWriter(self.root) as writer, writer.gradebook() as book:
            for one in book.assignment_submissions(EXERCISE):
                notebook = one.notebooks[0]
                made[one.student_id] = {
                    "time": str(one.timestamp),
                    "penalty": notebook.late_submission_penalty,
                    "grades": sorted(
                        (g.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
                        for g in notebook.grades
                    ),
                    "comments": sorted((c.name, c.auto_comment, c.manual_comment) for c in notebook.comments),
                }
        for path in sorted((self.root / "classroom" / "autograded").glob("*/*/*")):
            made[str(path.relative_to(self.root))] = path.read_text(encoding="utf-8")
        return made
