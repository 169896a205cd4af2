"""``holdout portfolio --verify FILE``: does somebody's page hold?

The page is read as it is shown. The notebooks that lie beside it are rebuilt from the course's release, taking only the
learner's own cells, and run in the sandbox under the name on the page; the numbers that they keep are written as the page
writes them, and compared. The project is graded again, its log and seal are read, its notebook is run in the sandbox without
the labels, and flights are drawn again by the name. The questions of a canary are asked again of the models that its plan served,
and its rule is run in the sandbox. Not shown by any of this: who wrote the code, and what a picture shows.
"""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Callable, Iterable

from grader.grading.run import refuse_without_isolation
from grader.sandbox.pool import Pool
from grader.tools.verify_portfolio import canary, exercises, project
from grader.tools.verify_portfolio.page import read_page
from grader.tools.verify_portfolio.running import printed
from holdout import paths
from holdout.project.grading import FAILS, HOLDS, OPEN, Finding


def verify(
    file: str | os.PathLike,
    root: str | os.PathLike | None = None,
    *,
    unsafe: bool = False,
    report: Callable[[str], object] = lambda text: None,
) -> list[Finding]:
    """Say what of a page holds.

    Parameters
    ----------
    file : path
        The page. Beside it lie ``exercises/NN-slug/NN-slug.ipynb`` (or the notebooks themselves), ``my-project/`` and ``my-canary/``.
    root : path, optional
        The course with its solutions, from which the notebooks are rebuilt.
    unsafe : bool
        Whether to run them where they cannot be isolated at all.
    report : callable
        Is given a sentence about each step that takes long.

    Returns
    -------
    list of Finding
        One for the name, each artefact, each fact of the project, and what can be said of the canary.

    Raises
    ------
    CourseError
        If the page is none, or nothing can be run safely.
    """
    page = read_page(file)
    refuse_without_isolation(unsafe)
    root, beside = pathlib.Path(root or paths.find_root()), pathlib.Path(file).resolve().parent
    findings = [
        Finding("name", HOLDS, f"Artefacts are drawn again from the name {page.name}.")
        if page.name
        else Finding("name", OPEN, "The page names nobody; artefacts are drawn from the course's own seed.")
    ]
    with tempfile.TemporaryDirectory(prefix="holdout-verify-") as place:
        prepared = exercises.prepare(page, root, beside, pathlib.Path(place), findings)
        own, project_job = project.prepare(page, beside, findings)
        watched, canary_job = canary.prepare(page, beside, findings)
        jobs = [job for job, _ in prepared.values()] + [job for job in (project_job, canary_job) if job]
        kept: dict[str, dict] = {}
        if jobs:
            report(f"running {len(jobs)} notebook{'s' * (len(jobs) > 1)} in the sandbox")
            with Pool(min(2, len(jobs))) as pool:
                for executed in pool.map(jobs):
                    kept[executed.name] = printed(executed)
    for number, (_, notes) in prepared.items():
        findings += exercises.compare(number, page, kept.get(number, {}), notes)
    if own is not None:
        findings += project.compare(page, own, kept.get(project.FOLDER, {}))
    if watched is not None:
        findings += canary.compare(page, watched, kept.get(canary.FOLDER, {}))
    return findings


def as_text(findings: Iterable[Finding]) -> str:
    """The findings for people, and what they do not show."""
    marks = {HOLDS: "✔", FAILS: "✘", OPEN: "○"}
    findings = list(findings)
    lines = [f"{marks[one.state]} {one.name}: {one.sentence}" for one in findings]
    count = {state: sum(one.state == state for one in findings) for state in marks}
    return "\n".join(
        [
            *lines,
            f"{count[HOLDS]} of {len(findings)} hold, {count[FAILS]} do not, {count[OPEN]} are open. This says that numbers come from the "
            "code that lies there, under the name on the page; it does not say who wrote the code, and pictures, texts and tables "
            "were not compared.",
        ]
    )
