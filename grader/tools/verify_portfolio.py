"""``holdout portfolio --verify FILE``: does somebody's page hold?

The page is read as it is shown. The notebooks that lie beside it are rebuilt from the course's release, taking only the
learner's own cells, and run in the sandbox under the name on the page; the numbers that they keep are written as the page
writes them, and compared. The project is graded again, its log and seal are read, its notebook is run in the sandbox without
the labels, and flights are drawn again by the name. The questions of a canary are asked again of the models that its plan served,
and its rule is run in the sandbox. Not shown by any of this: who wrote the code, and what a picture shows.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser

import nbformat

from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import exercise_notebook, read_script, solution_notebook
from grader.grading.run import refuse_without_isolation
from grader.grading.submission import read_submission
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.sandbox.server import ExecutionResult, Job
from holdout import chained_log, paths
from holdout.errors import CourseError
from holdout.project import facts, grading, rerun
from holdout.project.errors import ProjectError
from holdout.project.folder import ABOUT, FOLDER, NOTEBOOK, PREDICTIONS, Project, open_project
from holdout.project.grading import FAILS, HOLDS, OPEN, Finding
from holdout.record.canary import folder as canary_folder
from holdout.record.canary import replay, rule
from holdout.record.canary.report import DriftCatch, read_catch
from holdout.record.canary.watch import Watch, look
from holdout.record.learner import LONGEST, learner_key
from holdout.record.portfolio import numbers
from holdout.record.portfolio.page import CONFIRMED, DIFFERENT, UNCONFIRMED

LARGEST_PAGE, LARGEST_TABLE, LARGEST_NOTEBOOK = 60_000_000, 60_000_000, 20_000_000
TITLE = ": portfolio of evidence"
LIMITS = Limits(cell_seconds=300, notebook_seconds=900, cell_output_bytes=30_000_000, output_bytes=60_000_000)
"""Longer than for grading: artefacts of the language models take most of a minute. Outputs hold a project's facts."""
_SIGNS = {state.sign: state for state in (CONFIRMED, DIFFERENT, UNCONFIRMED)}


@dataclass
class ShownOnPage:
    """What a page says.

    Parameters
    ----------
    name : str
        Of the learner; empty if the page names nobody.
    artefacts : dict of (exercise, name) to dict of label to written number
    facts : dict of str to str
        State of each fact of the project.
    project, head : str
        Id of the project and fingerprint of its log's last line; empty if the page has no project.
    canary, canary_head : str
        The same of the canary on the calendar.
    canary_said : list of str
        What the page says about it: the headline in each of its places.
    canary_rows : list of str
        What its dated log shows, one text for each line.
    """

    name: str = ""
    artefacts: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    project: str = ""
    head: str = ""
    canary: str = ""
    canary_head: str = ""
    canary_said: list[str] = field(default_factory=list)
    canary_rows: list[str] = field(default_factory=list)


class _PageReader(HTMLParser):
    """Takes the numbers out of the page as a reader sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.page = ShownOnPage()
        self._artefact: tuple[str, str] | None = None
        self._in_title = self._in_numbers = False
        self._part: str | None = None
        self._item: dict[str, str] = {}
        self._in_canary = False
        self._texts: list[str] | None = (
            None  # what is being read of the canary: its headline, or a line of its log
        )

    def handle_starttag(self, tag, attrs):
        about = {name: value or "" for name, value in attrs}
        if tag == "h1":
            self._in_title = True
        elif tag == "article" and "data-artefact" in about:
            self._artefact = (about.get("data-exercise", ""), about["data-artefact"])
            self.page.artefacts.setdefault(self._artefact, {})
        elif tag == "section" and "data-project" in about:
            self.page.project, self.page.head = about["data-project"], about.get("data-head", "")
        elif tag == "section":
            self._in_canary = "data-canary" in about
            if self._in_canary:
                self.page.canary, self.page.canary_head = about["data-canary"], about.get("data-head", "")
        elif tag == "span" and about.get("data-said") == "canary":
            self._texts = self.page.canary_said
            self._texts.append("")
        elif tag == "tr" and self._in_canary:
            self._texts = self.page.canary_rows
            self._texts.append("")
        elif tag == "li" and "data-fact" in about:
            self.page.facts[about["data-fact"]] = about.get("data-state", "")
        elif tag == "ul":
            self._in_numbers = self._artefact is not None and about.get("class") == "numbers"
        elif self._in_numbers and tag == "li":
            self._item, self._part = {"label": "", "value": ""}, "label"
        elif self._in_numbers and tag == "strong" and self._part == "label":
            self._part = "value"

    def handle_endtag(self, tag):
        if tag == "h1":
            self._in_title = False
        elif tag == "article":
            self._artefact = None
        elif tag == "ul":
            self._in_numbers = False
        elif tag in ("span", "tr"):
            self._texts = None
        elif tag == "section":
            self._in_canary = False
        elif self._in_numbers and tag == "strong" and self._part == "value" and self._artefact:
            self.page.artefacts[self._artefact][self._item["label"].strip()] = self._item["value"].strip()
            self._part = None

    def handle_data(self, data):
        if self._in_title:
            self.page.name += data
        elif self._texts is not None:
            self._texts[-1] += f"{data} " if self._in_canary else data
        elif self._in_numbers and self._part:
            self._item[self._part] += data


def read_page(file: str | os.PathLike) -> ShownOnPage:
    """Read a page.

    Raises
    ------
    CourseError
        If it is no portfolio.
    """
    file = pathlib.Path(file)
    try:
        if file.stat().st_size > LARGEST_PAGE:
            raise CourseError(f"{file} is larger than {LARGEST_PAGE // 10**6} MB; no portfolio is")
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CourseError(f"{file} cannot be read ({error.strerror or error})") from None
    reader = _PageReader()
    reader.feed(text)
    page = reader.page
    title = " ".join(page.name.split())
    page.name = title.removesuffix(TITLE)[:LONGEST] if title.endswith(TITLE) else ""
    if not page.name and title != "Portfolio of evidence":
        raise CourseError(f"{file} is no portfolio that `holdout portfolio` has written")
    return page


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
        prepared = _prepare(page, root, beside, pathlib.Path(place), findings)
        project, project_job = _prepare_project(page, beside, findings)
        canary, canary_job = _prepare_canary(page, beside, findings)
        jobs = [job for job, _ in prepared.values()] + [job for job in (project_job, canary_job) if job]
        kept: dict[str, dict] = {}
        if jobs:
            report(f"running {len(jobs)} notebook{'s' * (len(jobs) > 1)} in the sandbox")
            with Pool(min(2, len(jobs))) as pool:
                for executed in pool.map(jobs):
                    kept[executed.name] = _printed(executed)
    for number, (_, notes) in prepared.items():
        findings += _compare(number, page, kept.get(number, {}), notes)
    if project is not None:
        findings += _compare_project(page, project, kept.get(FOLDER, {}))
    if canary is not None:
        findings += _compare_canary(page, canary, kept.get(canary_folder.FOLDER, {}))
    return findings


# --------------------------------------------------------------------------------------------------------- exercises


def _prepare(page, root, beside, place, findings) -> dict[str, tuple[Job, list[str]]]:
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
    made["cells"] = [_cell(_PRELUDE.format(name=name)), *made["cells"], _cell(_LAST.format(mark=_MARK))]
    course = {path: content for path, content in files.items() if path != "checks.json"}
    return Job(made, limits=LIMITS, files=course, folder=folder, name=number)


# nobody who wrote a notebook knows it, so no earlier cell can have printed it
_MARK = secrets.token_hex(16)


def _cell(source: str) -> dict:
    return {**nbformat.v4.new_code_cell(source.strip()), "history": False}


def _printed(executed: ExecutionResult) -> dict:
    """What the last cell has printed, or why it has not."""
    text = "".join(
        output.get("text", "")
        for output in (executed.cells[-1] if executed.cells else [])
        if output["output_type"] == "stream"
    )
    errors = [
        f"{output['ename']}: {output['evalue']}"[:200]
        for cell in executed.cells
        for output in cell
        if output["output_type"] == "error"
    ]
    reason = executed.sentence if executed.outcome != "done" else errors[0] if errors else ""
    start = text.find(_MARK)
    if start < 0:
        return {"reason": reason or "it printed nothing"}
    try:
        return {"found": json.loads(text[start + len(_MARK) :].splitlines()[0]), "reason": reason}
    except (ValueError, RecursionError, IndexError):
        return {"reason": reason or "what it printed cannot be read"}


def _compare(number: str, page: ShownOnPage, ran: dict, notes: list[str]) -> Iterator[Finding]:
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


# ----------------------------------------------------------------------------------------------------------- project

_PROJECT_LAST = """
import json as _json, pathlib as _pathlib
_texts = {{name: _pathlib.Path(name).read_text() for name in ({facts!r}, {predictions!r}) if _pathlib.Path(name).is_file()}}
print({mark!r} + _json.dumps(_texts))
"""


def _prepare_project(page, beside, findings) -> tuple[Project | None, Job | None]:
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
    last = _PROJECT_LAST.format(mark=_MARK, facts=facts.FILE, predictions=PREDICTIONS)
    plain["cells"] = [*plain["cells"], _cell(last)]
    return project, Job(plain, limits=LIMITS, files=files, folder="project", name=FOLDER)


def _compare_project(page: ShownOnPage, project: Project, ran: dict) -> Iterator[Finding]:
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


# ------------------------------------------------------------------------------------------------------------ canary

_RULE = """
import json as _json, pathlib as _pathlib
from holdout.record.canary.run_rule import answers as _answers
_shown = _json.loads(_pathlib.Path("shown.json").read_text())
print({mark!r} + _json.dumps([_answers(_pathlib.Path("rule.py"), streams) for streams in _shown]))
"""


@dataclass
class _Canary:
    """A watch that is over, beside the page; `judged` are the times that the rule which lies there was asked."""

    catch: DriftCatch
    watch: Watch
    replayed: replay.Replay
    judged: list[replay.Judged]


def _prepare_canary(page, beside, findings) -> tuple[_Canary | None, Job | None]:
    """Live through the watch again; the job asks its rule about what it was shown."""
    if not page.canary:
        return None, None
    now = datetime.now().astimezone()
    catch, problem = read_catch(beside, now)
    if catch is None:
        said = (
            problem
            or f"{canary_folder.FOLDER}/ does not lie beside the page: nothing of the canary can be computed."
        )
        findings.append(Finding("canary", FAILS, said))
        return None, None
    watch = look(canary_folder.open_canary(beside / canary_folder.FOLDER), now)
    replayed = replay.replay(watch)
    source, here = watch.canary.rule_source(), watch.canary.rule_fingerprint()
    judged = [one for one in replayed.judged if one.rule == here]
    found = _Canary(catch, watch, replayed, judged if source is not None else [])
    if not found.judged or source is None:
        return found, None
    shown = json.dumps([one.streams for one in judged]).encode()
    made = {**json.loads(json.dumps(nbformat.v4.new_notebook())), "cells": [_cell(_RULE.format(mark=_MARK))]}
    files = {rule.FILE: source, "shown.json": shown}
    return found, Job(made, limits=LIMITS, files=files, folder="canary", name=canary_folder.FOLDER)


def _compare_canary(page: ShownOnPage, canary: _Canary, ran: dict) -> Iterator[Finding]:
    about, hashes = canary.watch.canary.about, [str(line.get("hash")) for line in canary.watch.lines]
    if page.canary != about["id"]:
        yield Finding("canary", FAILS, "The canary beside the page is another one than that on the page.")
    elif page.canary_head not in hashes:
        yield Finding("canary", FAILS, "Its log does not hold the line with which the page was made: it was exchanged.")  # fmt: skip
    elif page.name and learner_key(page.name) != learner_key(about["name"]):
        yield Finding("canary", FAILS, f"The canary was enrolled by {about['name'] or 'nobody named'}, not by the name on the page.")  # fmt: skip
    else:
        yield Finding("canary", HOLDS, "The canary beside the page is that on the page, enrolled under this name.")  # fmt: skip
    yield _canary_on_the_page(page, canary.catch)
    if canary.watch.problems:
        said = "; ".join(canary.watch.problems)
        yield Finding("canary log", FAILS, f"{said[:1].upper()}{said[1:]}.")
    else:
        yield Finding("canary log", HOLDS, f"The chain of its {len(hashes)} lines is whole; the plan is that of its id. When they were written cannot be seen.")  # fmt: skip
    yield _asked_again(canary.replayed)
    yield _judged_again(canary, ran)


def _canary_on_the_page(page: ShownOnPage, catch: DriftCatch) -> Finding:
    def plain(text):
        return " ".join(str(text).split())

    rows = [plain(text) for text in page.canary_rows[1:]]  # the first is the head of the table
    if {plain(text) for text in page.canary_said} != {plain(catch.headline)}:
        return Finding("canary page", FAILS, f"The page says something else about the watch than its log, which says: {catch.headline}")  # fmt: skip
    if rows != [plain(f"{date} {day} {what}") for date, day, what in catch.rows]:
        return Finding("canary page", FAILS, "The dated log on the page is not that beside it.")
    return Finding("canary page", HOLDS, "What the page says about the watch is what the log beside it says.")


def _asked_again(replayed: replay.Replay) -> Finding:
    if replayed.problems:
        more = f" And {len(replayed.problems) - 3} more." if len(replayed.problems) > 3 else ""
        said = "; ".join(replayed.problems[:3])
        return Finding("canary answers", FAILS, f"{said[:1].upper()}{said[1:]}.{more}")
    said = f"{replayed.questions:,} questions were asked again of what the plan served: the counts are those of the log"
    if replayed.reworded:
        return Finding("canary answers", OPEN, f"{said}, but not every answer word for word ({replayed.reworded} times): another processor can do that.")  # fmt: skip
    return Finding("canary answers", HOLDS, f"{said}, and the answers word for word.")


def _judged_again(canary: _Canary, ran: dict) -> Finding:
    what, earlier = "canary rule", len(canary.replayed.judged) - len(canary.judged)
    others = f" {earlier} times an earlier version of it was asked, which is not there any more." if earlier else ""  # fmt: skip
    if not canary.judged:
        return Finding(what, OPEN, f"The rule beside the page was never asked.{others}")
    again = ran.get("found")
    if not isinstance(again, list) or len(again) != len(canary.judged):
        return Finding(what, FAILS, f"The rule could not be asked again: {ran.get('reason') or 'it printed nothing'}.")  # fmt: skip
    for one, answer in zip(canary.judged, again, strict=True):
        given = answer[0] if isinstance(answer, list) and answer else None
        if given != one.answers:
            return Finding(what, FAILS, f"On day {one.day} the log says that the rule answered {one.answers}; asked again it answers {str(given)[:200]}.")  # fmt: skip
    days = sum(len(one.answers) for one in canary.judged)
    return Finding(what, HOLDS, f"Asked again about {days} days, the rule answers as the log says.{others}")


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
