"""Lets nbgrader's own autograde command and formgrader's button execute in the sandbox, through configuration only.

:class:`SandboxedExecute` takes the place of nbgrader's Execute. It uses neither the notebook nor the outputs that nbgrader
gives it: it reads the submission again, executes it in the sandbox, judges it outside, and gives the result to nbgrader's
next steps. What nbgrader does *before* it executes (copying files, reading the notebook) stays nbgrader's own; for a whole
class use ``holdout grade``, which does not do that.
"""

import contextlib
import json
import pathlib
from typing import Any

import nbformat
import numpy as np
from nbgrader.api import MissingEntry
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.grading import tamper_probes
from grader.grading.bounded import shared_bounded
from grader.grading.ordinary import OrdinaryAssignment
from grader.grading.prepared import ALARM, PreparedExercise
from grader.grading.run import refuse_without_isolation
from grader.grading.seeds import grading_seed
from grader.grading.submission import with_notes
from grader.grading.within_limits import (
    clean_within_limits,
    finish_ordinary_within_limits,
    judge_within_limits,
    read_ordinary_within_limits,
    read_within_limits,
)
from grader.nbgrader_bridge.assignments import is_own
from grader.nbgrader_bridge.gradebook import GradebookWriter, InsertResults
from grader.sandbox.limits import Limits
from grader.sandbox.server import Job, Server, ServerLost
from holdout import paths
from holdout.errors import CourseError, HoldoutError

UNFINISHED = (
    "The grading of the latest hand-in did not come to its end; its automatic points are 0 until it does."
)


class SandboxedExecute(NbGraderPreprocessor):
    """Executes a submission in the sandbox while nbgrader autogrades it."""

    def preprocess(self, notebook: Any, resources: dict) -> tuple[Any, dict]:
        """Replace the notebook by the one that was rebuilt from the release, executed and judged.

        Raises
        ------
        NbGraderException
            With the sentence for the instructor, if nothing could be executed; nbgrader shows it as its own.
        """
        about = resources["nbgrader"]
        course = self.parent.parent.coursedir
        if not is_own(course.root, about["assignment"]):
            return self._ordinary(notebook, resources, course.root)
        root = paths.find_root()
        with GradebookWriter(root) as writer:
            released = writer.graded_cells(about["assignment"])
        prepared = PreparedExercise(about["assignment"], root, grading_seed(), released)
        folder = pathlib.Path(root) / "classroom" / "submitted" / about["student"] / prepared.name
        submission = read_within_limits(shared_bounded(), folder, prepared)
        if submission.problems:
            _mark(root, about, " ".join(submission.problems), zero=True)
            raise NbGraderException(" ".join(submission.problems))
        outputs, verdicts, review_reasons = _execute(prepared, submission)
        kept = {
            cell.metadata.nbgrader.grade_id: (cell.source, cell.metadata.nbgrader.checksum)
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id")
        }
        notebook_to_show = with_notes(submission.notebook or {}, submission.notes)
        made = nbformat.from_dict(json.loads(json.dumps(notebook_to_show)))
        missing = {
            cell.metadata.nbgrader.grade_id for cell in made.cells if cell.metadata.get("nbgrader")
        } - set(kept)
        if missing:
            raise NbGraderException(
                f"the cell {min(missing)} is missing; grade it with `holdout grade`, which puts it back"
            )
        made, resources = InsertResults(outputs, {c["id"]: c["source"] for c in made.cells}, verdicts, kept)(
            made, resources
        )
        for sentence in review_reasons:
            self.log.warning("Needs review: %s", sentence)
        resources["holdout_review"] = " ".join(review_reasons)
        notebook.cells = made.cells
        return notebook, resources

    def _ordinary(self, notebook, resources, root):
        """An ordinary assignment: executed in the sandbox; nbgrader's next steps give the points."""
        about = resources["nbgrader"]
        try:
            refuse_without_isolation(unsafe=False)
            writer = GradebookWriter(root)
            assignment = OrdinaryAssignment(about["assignment"], writer)
            folder = writer.submitted / about["student"] / about["assignment"]
            hand_in = read_ordinary_within_limits(shared_bounded(), folder, assignment.reader)
            job = dict(assignment.jobs(hand_in, "0")).get(about["notebook"])
            if job is None:
                why = " ".join(hand_in.about.problems or hand_in.reviews)
                why = why or f"{about['notebook']}.ipynb cannot be read."
                _mark(root, about, why, zero=True)
                raise NbGraderException(why)
            with Server(assignment.preload) as server:
                executed = server.run(job)
            finished = finish_ordinary_within_limits(
                shared_bounded(), assignment.reader, hand_in, about["notebook"], executed
            )
        except ServerLost as error:
            raise NbGraderException(f"nothing can be executed here: {error}") from None
        except HoldoutError as error:
            raise NbGraderException(str(error)) from None
        reviews = [*hand_in.reviews, *finished.reviews]
        for sentence in reviews:
            self.log.warning("Needs review: %s", sentence)
        resources["holdout_review"] = " ".join(reviews)
        made = hand_in.notebooks[about["notebook"]]
        notebook.cells, notebook.metadata = made.cells, made.metadata
        return notebook, resources


class MarkForReview(NbGraderPreprocessor):
    """Marks the submission for a person, with the reason, after nbgrader has saved its grades."""

    def preprocess(self, notebook: Any, resources: dict) -> tuple[Any, dict]:
        """Change nothing in the notebook."""
        if why := resources.get("holdout_review"):
            _mark(self.parent.parent.coursedir.root, resources["nbgrader"], why)
        return notebook, resources


def _mark(root, about, why, *, zero=False):
    with GradebookWriter(root) as writer:
        only = None if zero else about["notebook"]
        writer.mark(about["assignment"], about["student"], why, zero=zero, notebook=only)


def void_old_grades(assignment: str, student: str, notebooks: list[str]) -> None:
    """Take back the automatic points of an earlier hand-in before nbgrader grades the next one.

    nbgrader leaves the old points grade_now when it cannot read or execute the new work. What it grades writes over
    this; points given by hand stay.

    Parameters
    ----------
    assignment, student : str
        As nbgrader calls its hook; with ``nbgrader autograde NAME`` the student is a pattern, so it is not used.
    notebooks : list of str
        Paths of what is about to be graded: ``.../submitted/STUDENT/EXERCISE/NOTEBOOK.ipynb``.
    """
    folders = {pathlib.Path(path).parent for path in notebooks}
    with GradebookWriter(_course_of(folders)) as writer:
        for folder in folders:
            with contextlib.suppress(
                MissingEntry
            ):  # what the gradebook does not know, nbgrader refuses itself
                writer.mark(folder.name, folder.parent.name, UNFINISHED, zero=True)


def _course_of(folders):
    """The course that hand-ins lie in: the nearest folder above them that has nbgrader's settings."""
    above = [parent for folder in folders for parent in folder.resolve().parents]
    return (
        next((parent for parent in above if (parent / "nbgrader_config.py").is_file()), None)
        or paths.find_root()
    )


def _execute(prepared, submission):
    """Outputs by cell, verdicts by check cell, and why a person should review them."""
    try:
        refuse_without_isolation(unsafe=False)
    except CourseError as error:
        raise NbGraderException(str(error)) from None
    rng = np.random.default_rng()
    expected = tamper_probes.draw_tamper_probes(rng)
    job = Job(
        prepared.to_execute(submission.notebook),
        tamper_probes.interleave(prepared.probes(submission.notebook), expected, rng),
        Limits(),
        {**submission.files, **prepared.files},
        folder=prepared.name,
    )
    try:
        with Server() as server:
            executed = server.run(job)
    except ServerLost as error:
        raise NbGraderException(f"nothing can be executed here: {error}") from None
    judged = judge_within_limits(shared_bounded(), prepared, executed, submission.notebook)
    shown, heavy = clean_within_limits(shared_bounded(), executed.cells)
    results = {result.question: result for result in judged}
    verdicts = {
        cell: (results[id].as_text(), results[id].earned) for cell, id in prepared.check_cells.items()
    }
    outputs = dict(zip((cell["id"] for cell in submission.notebook["cells"]), shown, strict=True))
    review_reasons = [] if executed.outcome == "done" else [executed.sentence]
    review_reasons += [result.trouble for result in judged if result.trouble] + heavy
    review_reasons += (
        [ALARM] if tamper_probes.tampered(expected, executed.probes.get(tamper_probes.NAME, [])) else []
    )
    return outputs, verdicts, review_reasons
