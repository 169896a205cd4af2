"""The project of a page: its log and seal are read, it is graded again, and its notebook runs without the labels."""

from __future__ import annotations

import contextlib
import json
import pathlib
import tempfile
from collections.abc import Iterator

import nbformat

from grader.sandbox.server import Job
from grader.tools.verify_portfolio.page import ShownOnPage
from grader.tools.verify_portfolio.running import LIMITS, MARK, code_cell
from holdout import chained_log
from holdout.project import facts, grading, rerun
from holdout.project.errors import ProjectError
from holdout.project.folder import ABOUT, FOLDER, NOTEBOOK, PREDICTIONS, Project, open_project
from holdout.project.grading import FAILS, HOLDS, OPEN, Finding
from holdout.record.learner import learner_key

LARGEST_TABLE = 60_000_000

_LAST = """
import json as _json, pathlib as _pathlib
_texts = {{name: _pathlib.Path(name).read_text() for name in ({facts!r}, {predictions!r}) if _pathlib.Path(name).is_file()}}
print({mark!r} + _json.dumps(_texts))
"""


def prepare(
    page: ShownOnPage, beside: pathlib.Path, findings: list[Finding]
) -> tuple[Project | None, Job | None]:
    folder = beside / FOLDER
    if not (folder / ABOUT).is_file():
        if page.project:
            findings.append(Finding("project", FAILS, f"{FOLDER}/ does not lie beside the page: nothing of the project can be computed."))  # fmt: skip
        return None, None
    try:
        project = open_project(folder)
        files = {}
        for name in rerun.GIVEN:
            path = folder / name
            if path.is_symlink() or path.stat().st_size > LARGEST_TABLE or not path.is_file():
                raise ProjectError(f"{name} is no plain file of sensible size")
            files[name] = path.read_bytes()
        notebook = nbformat.reads(files.pop(NOTEBOOK).decode(), as_version=4)
    except OSError as error:
        findings.append(Finding("project", FAILS, f"{error.filename} cannot be read."))
        return None, None
    except ProjectError as error:
        findings.append(Finding("project", FAILS, f"{error}."))
        return None, None
    except Exception:  # nbformat raises many kinds for a broken notebook
        findings.append(Finding("project", FAILS, f"{NOTEBOOK} is no notebook."))
        return None, None
    plain = json.loads(json.dumps(notebook))
    last = _LAST.format(mark=MARK, facts=facts.FILE, predictions=PREDICTIONS)
    plain["cells"] = [*plain["cells"], code_cell(last)]
    return project, Job(plain, limits=LIMITS, files=files, folder="project", name=FOLDER)


def compare(page: ShownOnPage, project: Project, ran: dict) -> Iterator[Finding]:
    lines, _ = chained_log.read(project.folder)
    here = [str(line.get("hash")) for line in lines]
    if page.project and page.project != project.about["id"]:
        yield Finding("project", FAILS, "The project beside the page is another one than that on the page.")
    elif page.project and page.head not in here:
        yield Finding("project", FAILS, "The log does not hold the line with which the page was made: it was exchanged.")  # fmt: skip
    elif page.name and learner_key(page.name) != learner_key(project.about["name"]):
        yield Finding("project", FAILS, f"The project was begun by {project.about['name'] or 'nobody named'}, not by the name on the page.")  # fmt: skip
    else:
        yield Finding("project", HOLDS, "The project beside the page is that on the page, begun under this name.")  # fmt: skip
    if project.about["source"] == "flights":
        yield _drawn_again(project)
    report = grading.grade(project)
    for finding in report.findings:
        stated = page.facts.get(finding.name)
        if stated not in (None, finding.state):
            yield Finding(f"project {finding.name}", FAILS, f"The page says that it {_says(stated)}; computed again it {_says(finding.state)}: {finding.sentence}")  # fmt: skip
        else:
            yield Finding(f"project {finding.name}", finding.state, finding.sentence)
    yield _run_again(project, ran)


def _says(state: str) -> str:
    return "is open" if state == OPEN else state if state in (HOLDS, FAILS) else "is something else"


def _drawn_again(project: Project) -> Finding:
    """Whether the rows are those that the project's name draws, with the outcomes of the course's table."""
    import pandas as pd

    from holdout.data.loader import flights
    from holdout.project import draw, seal
    from holdout.project.rows import test_rows, training_rows

    columns = ["time_hour", "carrier", "flight", "origin", "dest", "late"]
    try:
        drawn = draw.draw_flights(project.about["name"], flights()).frame
        test = test_rows(project.folder).assign(late=pd.Series(seal.labels(project.folder)))
        rows = pd.concat([training_rows(project.folder), test])[columns]
    except (ProjectError, KeyError, ValueError) as error:
        return Finding("drawn rows", FAILS, f"The rows cannot be compared with what the name draws: {error}.")

    def counted(frame):
        return frame.assign(late=frame["late"].astype(int)).astype(str).value_counts().sort_index()

    if counted(rows).equals(counted(drawn[columns])):
        return Finding("drawn rows", HOLDS, f"{len(rows):,} rows and their outcomes are those that this name draws.")  # fmt: skip
    return Finding("drawn rows", FAILS, "The rows, or their outcomes, are not those that the name draws.")


def _run_again(project: Project, ran: dict) -> Finding:
    texts = ran.get("found")
    if not isinstance(texts, dict) or ran.get("reason"):
        return Finding("project notebook", FAILS, f"The notebook was run again without the labels: {ran.get('reason') or 'it printed nothing'}.")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="holdout-verify-") as place:
        copy = pathlib.Path(place)
        for name in (facts.FILE, PREDICTIONS):
            if isinstance(texts.get(name), str):
                (copy / name).write_text(texts[name], encoding="utf-8", errors="replace")
        for name in (ABOUT, "test.csv"):
            (copy / name).write_bytes((project.folder / name).read_bytes())
        with contextlib.suppress(ProjectError):
            problem = rerun.compare(project, open_project(copy))
            if not problem:
                return Finding("project notebook", HOLDS, "The notebook, run again without the labels, states the same facts and forecasts.")  # fmt: skip
            return Finding("project notebook", FAILS, f"The notebook was run again without the labels: {problem}")  # fmt: skip
    return Finding("project notebook", FAILS, "What the notebook states cannot be read.")
