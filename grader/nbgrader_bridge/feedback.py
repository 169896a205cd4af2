"""``holdout feedback``: one HTML page for each graded submission, through nbgrader, without scripts and hidden tests."""

import os
import pathlib

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
    root = pathlib.Path(root or paths.find_root())
    graded = sorted({path.name for path in (root / "classroom" / "autograded").glob("*/*") if path.is_dir()})
    names = [paths.solution_folder(exercise, root).name] if exercise else graded
    rows = []
    with working_in(root):
        for name in names:
            problem = (
                ""
                if name in graded
                else f"no submission of {name} has been graded yet; run `holdout grade` first"
            )
            problem = problem or run_nbgrader(["generate_feedback", name, "--force"])
            written = len(list((root / "classroom" / "feedback").glob(f"*/{name}/*.html")))
            rows.append({"exercise": name, "written": written, "problem": problem})
    return rows
