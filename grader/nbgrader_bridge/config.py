"""Settings of nbgrader for this course: where things are, how a release is made, and feedback that cannot run scripts.

``nbgrader_config.py`` in the course's root calls :func:`configure`, so nbgrader's own commands and formgrader use it too.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests, GetGrades

from grader.authoring.notebooks import RELEASE_PREPROCESSORS, TEXT_STUB
from grader.nbgrader_bridge.release import write_checks_hook


@contextlib.contextmanager
def environment_of_a_block(**values: str) -> Iterator[None]:
    """Set environment variables for a block, in place of ``nbgrader.utils.setenv``.

    That one (nbgrader 0.9) leaves them set when its block raises. A Lab whose formgrader met a hand-in that cannot be graded, or in which a
    validation broke off, then told every kernel started later that nbgrader runs it: `check` recorded nothing, or raised.
    """
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def configure(c: Any, root: str | os.PathLike) -> None:
    """Write the course's settings into nbgrader's configuration.

    Parameters
    ----------
    c : traitlets.config.Config
        As ``get_config()`` returns it in a configuration file.
    root : path
        The course.
    """
    root = os.path.abspath(root)
    with contextlib.suppress(OSError):  # what reads or writes there says so in a sentence
        os.makedirs(os.path.join(root, "classroom"), exist_ok=True)

    # nbgrader makes a new gradebook with the `alembic` *command*; in a virtual environment that is not activated it is not on PATH
    scripts = os.path.dirname(os.path.abspath(sys.executable))
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = scripts + os.pathsep + os.environ.get("PATH", "")

    utils.setenv = environment_of_a_block

    course = c.CourseDirectory
    course.root, course.course_id = root, os.environ.get("HOLDOUT_COURSE_ID", "").strip() or "holdout"
    course.source_directory, course.release_directory = "solutions", "exercises"
    for step in ("submitted", "autograded", "feedback", "source_with_tests", "solution"):
        setattr(course, step + "_directory", os.path.join("classroom", step))
    course.db_url = os.environ.get("HOLDOUT_DB_URL") or "sqlite:///" + os.path.join(
        root, "classroom", "gradebook.db"
    )
    # these hold the answers of our exercises: they never leave solutions/
    course.ignore = [
        ".ipynb_checkpoints",
        "*.pyc",
        "__pycache__",
        "feedback",
        "questions.py",
        "[0-9e][0-9]-*.py",
        "equivalent.toml",
        "*.kept",
    ]

    c.GenerateAssignment.preprocessors = RELEASE_PREPROCESSORS
    c.GenerateAssignment.post_convert_hook = write_checks_hook
    c.ClearAnswers.text_stub = TEXT_STUB

    if (
        os.environ.get("HOLDOUT_PLAIN_NBGRADER") == "1"
    ):  # only the comparison of speeds needs nbgrader's own execution
        c.Execute.timeout = 60
        c.ExecutePreprocessor.startup_timeout = 120
    else:
        use_sandbox(c)
    use_safe_feedback(c)


def use_sandbox(c: Any) -> None:
    """Let formgrader's autograde button and ``nbgrader autograde`` execute in the sandbox; for any course's ``nbgrader_config.py``.

    Parameters
    ----------
    c : traitlets.config.Config
    """
    # named as text, so that commands which grade nothing need not import it
    c.Autograde.autograde_preprocessors = [
        "grader.nbgrader_bridge.autograde_hook.SandboxedExecute",
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "grader.nbgrader_bridge.autograde_hook.MarkForReview",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.pre_convert_hook = "grader.nbgrader_bridge.autograde_hook.void_old_grades"


def use_safe_feedback(c: Any) -> None:
    """Write feedback in which nothing of a learner's can run; for any course.

    Parameters
    ----------
    c : traitlets.config.Config
    """
    # A learner's script must not run in an instructor's browser: see grader/nbgrader_bridge/pages.py. Hidden tests are cut from the feedback.
    c.GenerateFeedback.exporter_class = "grader.nbgrader_bridge.pages.FeedbackPage"
    c.GenerateFeedback.preprocessors = [
        GetGrades,
        ClearHiddenTests,
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    if "nbgrader.server_extensions.formgrader.base" in sys.modules:  # this is formgrader's own process
        from grader.nbgrader_bridge.pages import defuse_formgrader

        defuse_formgrader()
