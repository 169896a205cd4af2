"""``holdout feedback``: one HTML page for each graded submission, through nbgrader, without scripts and hidden tests."""

import contextlib
import logging
import os
import pathlib
import secrets
import shutil
import warnings
import zipfile
from collections.abc import Callable

import jinja2
from nbgrader.converters import GenerateFeedback
from traitlets import Unicode
from traitlets.config import Config

from grader.nbgrader_bridge.assignments import find_assignment
from grader.nbgrader_bridge.collect import moodle_names
from grader.nbgrader_bridge.config import use_safe_feedback
from grader.nbgrader_bridge.gradebook import SECRET, GradebookWriter, nbgrader_application, working_folder
from holdout import paths
from holdout.errors import CourseError, HoldoutError

PLAIN_PAGE = jinja2.Environment(autoescape=True).from_string(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<title>{{ exercise }}</title></head>
<body><main><h1>{{ exercise }}</h1>
<p>Your notebook cannot be shown here. {{ reason }} This page changes no grade; ask your instructor to look at it.</p>
</main></body></html>
"""
)


class WriteFeedback(GenerateFeedback):
    """nbgrader's GenerateFeedback for one learner, whatever letters the learner's name has."""

    student, assignment = Unicode(), Unicode()

    def init_notebooks(self) -> None:
        folder = self._format_source(self.assignment, self.student)
        found = sorted(str(path) for path in pathlib.Path(folder).glob("*.ipynb"))
        if not found:
            raise CourseError(f"there is no graded notebook in {folder}")
        self.assignments = {folder: found}
        self.notebooks: list[str] = []


def write_one(root: str | os.PathLike, exercise: str, student: str) -> int:
    """Write the feedback of one learner; the number of pages.

    Raises
    ------
    CourseError
        If nbgrader could not make it.
    """
    app = nbgrader_application(pathlib.Path(root))
    settings = Config()
    use_safe_feedback(settings)  # also in a course whose own settings say nothing of it
    app.update_config(settings)
    app.coursedir.student_id, app.coursedir.assignment_id = student, exercise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter = WriteFeedback(coursedir=app.coursedir, parent=app, student=student, assignment=exercise)
        converter.force = True
        converter.log.setLevel(logging.CRITICAL)
        try:
            converter.start()
        except SystemExit:
            raise CourseError("nbgrader could not make the page") from None
    folder = pathlib.Path(root) / app.coursedir.feedback_directory / student / exercise
    return len(list(folder.glob("*.html")))


def write_feedback(
    root: str | os.PathLike | None = None,
    exercise: str | None = None,
    *,
    progress: Callable[[int, int], object] | None = None,
) -> list[dict]:
    """Write feedback for every autograded submission, each within limits of its own.

    Parameters
    ----------
    root : path, optional
    exercise : str, optional
        All exercises that have been graded by default.
    progress : callable, optional
        Called as ``progress(done, total)`` for every page.

    Returns
    -------
    list of dict
        ``exercise``, ``written`` (pages), ``problem`` (empty when none) and, where there are any, ``plain``: learners whose page says only that
        the notebook cannot be shown.
    """
    from grader.grading.bounded import shared_bounded

    root = pathlib.Path(root or paths.find_root()).resolve()
    writer = GradebookWriter(root)
    pages = root / writer.course.feedback_directory
    graded: dict[str, list[str]] = {}
    for path in sorted(writer.autograded.glob("*/*")):
        if path.is_dir() and not path.parent.name.startswith("."):
            graded.setdefault(path.name, []).append(path.parent.name)
    names = [find_assignment(exercise, root, writer.source)] if exercise else sorted(graded)
    rows = []
    done, total = 0, sum(len(graded.get(name, ())) for name in names)
    bounded = shared_bounded()
    for name in names:
        if name not in graded:
            problem = f"no submission of {name} has been graded yet; run `holdout grade` first"
            rows.append({"exercise": name, "written": 0, "problem": problem})
            continue
        written, plain = 0, []
        without = _without_notebook(writer, name, graded[name])
        _remove_pages_of_others(pages, name, [*graded[name], *without])
        for student, why in without.items():
            _write_plain(pages, name, student, why)
            plain.append(student)
            written += 1
        for student in graded[name]:
            try:
                written += bounded.call("feedback", str(root), name, student)
            except HoldoutError as error:
                _write_plain(pages, name, student, str(error))
                plain.append(student)
                written += 1
            done += 1
            if progress:
                progress(done, total)
        for folder in {page.parent for page in pages.glob(f"*/{name}/*.html")}:
            _allow_release(folder)
        row = {"exercise": name, "written": written, "problem": ""}
        rows.append(row | ({"plain": plain} if plain else {}))
    return rows


def zip_for_moodle(root: str | os.PathLike, exercise: str) -> tuple[pathlib.Path, list[str]]:
    """Pack the feedback pages as Moodle takes them back for all learners at a time.

    Parameters
    ----------
    root : path
    exercise : str
        Name or number.

    Returns
    -------
    path : pathlib.Path
        ``classroom/feedback-<exercise>.zip``. Its files are called as in the download: name, Moodle's number, ``assignsubmission_file``. By
        the number Moodle knows the learner (read in ``mod/assign/feedback/file/importziplib.php``).
    left_out : list of str
        Learners with a page whose hand-in was not collected from Moodle.

    Raises
    ------
    CourseError
        If no hand-in was collected from Moodle, or there is no page.
    """
    root = pathlib.Path(root).resolve()
    writer = GradebookWriter(root)
    name = find_assignment(exercise, root, writer.source)
    called = moodle_names(root, name)
    if not called:
        raise CourseError(
            f"no hand-in of {name} was collected from Moodle; run `holdout collect {name[:2]} DOWNLOAD` first"
        )
    pages = sorted((root / writer.course.feedback_directory).glob(f"*/{name}/*.html"))
    left_out = [page.parent.parent.name for page in pages if page.parent.parent.name not in called]
    if len(pages) == len(left_out):
        raise CourseError(f"there are no feedback pages of {name} for hand-ins from Moodle")
    path = working_folder(root) / f"feedback-{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for page in pages:
            if page.parent.parent.name in called:
                who, _, number = called[page.parent.parent.name].rpartition("_")
                archive.write(page, f"{who.replace('_', ' ')}_{number}_assignsubmission_file_{page.name}")
    path.chmod(0o600)
    return path, sorted(set(left_out))


def _without_notebook(writer, exercise, graded):
    """Learners who have a grade and no recorded notebook, with the comment that says why."""
    with writer.gradebook() as book:
        return {
            submission.student_id: next(
                (
                    comment.auto_comment
                    for notebook in submission.notebooks
                    for comment in notebook.comments
                    if comment.auto_comment
                ),
                "",
            )
            for submission in book.assignment_submissions(exercise)
            if submission.student_id not in graded
        }


def _remove_pages_of_others(pages, exercise, graded):
    """Take away the page of somebody who has no graded submission any more."""
    for folder in pages.glob(f"*/{exercise}"):
        if folder.parent.name not in graded:
            shutil.rmtree(folder, ignore_errors=True)


def _write_plain(pages, exercise, student, reason):
    folder = pages / student / exercise
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page = PLAIN_PAGE.render(exercise=exercise, reason=reason)
    (folder / f"{exercise}.html").write_text(page, encoding="utf-8")


def _allow_release(folder: pathlib.Path) -> None:
    """Put what nbgrader's `release_feedback` looks for beside the pages of a hand-in that did not come through the exchange.

    Without it that command stops for everybody. A secret that nobody else has addresses the page to nobody.
    """
    for name, content in ((SECRET, secrets.token_hex(32)), ("timestamp.txt", "")):
        if not (folder / name).exists():
            (folder / name).write_text(content, encoding="ascii")
