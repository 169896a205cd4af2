"""The artefacts of a page: each exercise is rebuilt from the release with the learner's own cells, run, and compared."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator

from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import exercise_notebook, read_script, solution_notebook
from grader.grading.submission import read_submission
from grader.sandbox.server import Job
from grader.tools.verify_portfolio.page import ShownOnPage
from grader.tools.verify_portfolio.running import LIMITS, MARK, code_cell
from holdout import paths
from holdout.errors import CourseError
from holdout.project.grading import FAILS, HOLDS, OPEN, Finding
from holdout.record.learner import learner_key
from holdout.record.portfolio import numbers

LARGEST_NOTEBOOK = 20_000_000


def prepare(
    page: ShownOnPage, root: pathlib.Path, beside: pathlib.Path, place: pathlib.Path, findings: list[Finding]
) -> dict[str, tuple[Job, list[str]]]:
    """For each exercise on the page its job, and what was corrected while its notebook was read."""
    prepared = {}
    for number in sorted({exercise for exercise, _ in page.artefacts}):
        what = f"exercise {number}"
        try:
            solution = paths.solution_folder(number, root) if number else None
        except CourseError:
            solution = None
        if solution is None:
            findings.append(Finding(what, FAILS, f"The course has no exercise {number!r} (or not its solution): its numbers cannot be computed."))  # fmt: skip
            continue
        folder = _notebook_folder(beside, solution.name, place)
        if folder is None:
            findings.append(Finding(what, FAILS, f"{solution.name}.ipynb does not lie beside the page: its numbers cannot be computed."))  # fmt: skip
            continue
        exercise = load_exercise(solution.name, root)
        release = json.loads(
            json.dumps(
                exercise_notebook(solution_notebook(read_script(solution / f"{solution.name}.py"), exercise))
            )
        )
        submission = read_submission(folder, release, name=f"{solution.name}.ipynb")
        if submission.problems:
            findings.append(Finding(what, FAILS, f"{solution.name}.ipynb cannot be used: {submission.problems[0]}"))  # fmt: skip
            continue
        prepared[number] = (
            _job(submission.notebook, number, solution.name, page.name, submission.files),
            submission.notes,
        )
    return prepared


def _notebook_folder(beside: pathlib.Path, name: str, place: pathlib.Path) -> pathlib.Path | None:
    for folder in (beside / "exercises" / name, beside / name):
        if (folder / f"{name}.ipynb").is_file():
            return folder
    alone = beside / f"{name}.ipynb"
    if alone.is_symlink() or not alone.is_file() or alone.stat().st_size > LARGEST_NOTEBOOK:
        return None
    copy = place / name
    copy.mkdir()
    (copy / alone.name).write_bytes(alone.read_bytes())
    return copy


_PRELUDE = """
import json as _json, os as _os, pathlib as _pathlib
_os.environ["HOLDOUT_PROGRESS"] = _os.path.abspath(".record")
_pathlib.Path(".record").mkdir()
if {name!r}:
    _pathlib.Path(".record", "learner.json").write_text(_json.dumps({{"name": {name!r}}}))
"""
_LAST = """
import json as _json, pathlib as _pathlib
print({mark!r} + _json.dumps([_json.loads(p.read_text()) for p in sorted(_pathlib.Path(".record", "portfolio").glob("*.json"))]))
"""


def _job(notebook, number, folder, name, files) -> Job:
    """The notebook without its checks, which decide nothing here, between a cell that gives it a record and one that prints it."""
    made = json.loads(json.dumps(notebook))
    for cell in made["cells"]:
        role = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and role.get("grade") and not role.get("solution"):
            cell["source"] = ""
    made["cells"] = [
        code_cell(_PRELUDE.format(name=name)),
        *made["cells"],
        code_cell(_LAST.format(mark=MARK)),
    ]
    course = {path: content for path, content in files.items() if path != "checks.json"}
    return Job(made, limits=LIMITS, files=course, folder=folder, name=number)


def compare(number: str, page: ShownOnPage, ran: dict, notes: list[str]) -> Iterator[Finding]:
    found = {}
    for artefact in ran.get("found") or []:
        if isinstance(artefact, dict) and isinstance(artefact.get("numbers") or {}, dict):
            found[str(artefact.get("name"))] = artefact
    for (exercise, name), shown in page.artefacts.items():
        if exercise != number:
            continue
        what, artefact = f"{number} {name}", found.get(name)
        if artefact is None:
            why = ran.get("reason") or "the notebook does not keep it"
            yield Finding(what, FAILS, f"It does not come out when the notebook is run: {why}.")
        elif page.name and artefact.get("learner") != learner_key(page.name):
            yield Finding(what, FAILS, "It was not drawn for the name on the page.")
        elif not shown:
            yield Finding(what, OPEN, "The page states no number of it; pictures, texts and tables are not compared.")  # fmt: skip
        else:
            yield _compare_numbers(what, shown, artefact.get("numbers") or {}, notes)


def _compare_numbers(what, shown, again, notes) -> Finding:
    wrong = []
    for label, written in shown.items():
        value = again.get(label)
        usable = isinstance(value, int | float) and not isinstance(value, bool)
        if not usable or written not in (numbers.number(value), numbers.exact_number(value)):
            wrong.append(f"“{label}” is {written} on the page and {numbers.exact_number(value) if usable else 'not there'} when computed again")  # fmt: skip
    corrected = " The notebook was put right while it was read." if notes else ""
    if wrong:
        return Finding(what, FAILS, f"{'; '.join(wrong)}.{corrected}")
    return Finding(what, HOLDS, f"{len(shown)} number{'s' * (len(shown) > 1)} computed again, as on the page.{corrected}")  # fmt: skip
