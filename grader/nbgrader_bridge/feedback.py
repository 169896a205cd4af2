"""``holdout feedback``: one HTML page for each graded submission, through nbgrader, without scripts and hidden tests."""

import os
import pathlib
import secrets

from traitlets.config import Config

from grader.nbgrader_bridge.assignments import find_assignment
from grader.nbgrader_bridge.config import use_safe_feedback
from grader.nbgrader_bridge.gradebook import SECRET, GradebookWriter
from grader.nbgrader_bridge.release import run_nbgrader, working_in
from holdout import paths


def write_feedback(root: str | os.PathLike | None = None, exercise: str | None = None) -> list[dict]:
    """Write feedback for every autograded submission.

    Parameters
    ----------
    root : path, optional
    exercise : str, optional
        All exercises that have been graded by default.

    Returns
    -------
    list of dict
        ``exercise``, ``written`` (pages) and ``problem`` (empty when none).
    """
    root = pathlib.Path(root or paths.find_root()).resolve()
    writer = GradebookWriter(root)
    feedback = root / writer.course.feedback_directory
    graded = sorted({path.name for path in writer.autograded.glob("*/*") if path.is_dir()})
    names = [find_assignment(exercise, root, writer.source)] if exercise else graded
    settings = Config()
    use_safe_feedback(settings)
    rows = []
    with working_in(root):
        for name in names:
            problem = (
                ""
                if name in graded
                else f"no submission of {name} has been graded yet; run `holdout grade` first"
            )
            problem = problem or run_nbgrader(["generate_feedback", name, "--force"], settings)
            pages = list(feedback.glob(f"*/{name}/*.html"))
            for folder in {page.parent for page in pages}:
                _allow_release(folder)
            rows.append({"exercise": name, "written": len(pages), "problem": problem})
    return rows


def _allow_release(folder: pathlib.Path) -> None:
    """Put what nbgrader's `release_feedback` looks for beside the pages of a hand-in that did not come through the exchange.

    Without it that command stops for everybody. A secret that nobody else has addresses the page to nobody.
    """
    for name, content in ((SECRET, secrets.token_hex(32)), ("timestamp.txt", "")):
        if not (folder / name).exists():
            (folder / name).write_text(content, encoding="ascii")
