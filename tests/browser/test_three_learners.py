"""Three learners walk the path "One day" in JupyterLab, from the name on the start page to the portfolio; one of them cheats.

Their answers are the course's own, put into the notebooks beforehand: what is tried is the way through the course.
"""

import contextlib
import csv
import io
import re
import shutil
import subprocess
import sys
import time

import learner_project
import nbformat
import pytest
from lab_page import LabServer, open_page, run_all, settle
from playwright.sync_api import expect
from small_course import ROOT

from grader.tools.verify_portfolio import verify
from holdout.project import seal
from holdout.project.folder import FOLDER, PREDICTIONS, open_project
from holdout.record import summary
from holdout.register import read_course

pytestmark = [pytest.mark.browser, pytest.mark.proof, pytest.mark.needs("linux")]

COURSE = read_course(ROOT)
PATH = COURSE.path("one-day")
NAMES = ("Ada Lovelace", "Grace Hopper", "李雷")
IGNORED = shutil.ignore_patterns(".git", ".venv", "tests", "build", "__pycache__", "classroom", ".holdout*", "*.pyc")  # fmt: skip
SAME_FOR_ALL = {("14", "team standard")}
"""Artefacts whose picture is the same for all who answer rightly; see the test of the artefacts."""


def answer(root, lesson, name):
    """Put right answers, a sentence and a memo of this learner's own into an exercise."""
    path = root / "exercises" / lesson.name / f"{lesson.name}.ipynb"
    solved = nbformat.read(ROOT / "solutions" / lesson.name / f"{lesson.name}.ipynb", as_version=4)
    answers = {cell.id: cell.source for cell in solved.cells}
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader", {})
        if role.get("solution") and cell.cell_type == "code":
            cell.source = answers[cell.id]
        elif role.get("solution"):
            cell.source = (
                f"{name} decides to wait, because 12 of 400 rows are too few to tell 0.03 from 0.05."
            )
    nbformat.write(notebook, path)


def terminal(root, *arguments):
    """What a learner types in the terminal of the Lab."""
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", *arguments], cwd=root, capture_output=True, text=True, timeout=900
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def walk(root, chromium, name):
    """From the start page to the last exercise; seconds of each stage."""
    seconds = {}

    @contextlib.contextmanager
    def opened(path):
        started = time.monotonic()
        page = open_page(lab, chromium, path)
        try:
            yield page
            assert page.errors == []
        finally:
            page.context.close()
            lab.end_sessions(page.notebook)
            seconds[path.rpartition("/")[2].removesuffix(".ipynb")] = round(time.monotonic() - started, 1)

    with LabServer(root) as lab:
        with opened("lessons/index.ipynb") as page:
            run_all(page)
            page.get_by_label("Your name").fill(name)
            page.get_by_role("button", name="Keep my name").click()
            expect(page.get_by_text(f"drawn from the name “{name}”")).to_be_visible()
            chooser = page.locator(".holdout-form").first
            chooser.get_by_role("combobox").first.select_option(index=1)
            chooser.get_by_role("button", name="Follow this path").click()
            expect(chooser.get_by_role("status")).to_have_text("You follow the path “One day”.")
        with opened("lessons/placement.ipynb") as page:
            run_all(page)
            for _ in range(20):
                page.locator(".holdout-placement").get_by_role("button", name="I do not know").click()
                settle(page)
            expect(page.locator(".holdout-placement")).to_contain_text("0 of 20 right")
        for step in PATH.steps:
            lesson = next(one for one in COURSE.lessons if one.number == step.lesson)
            answer(root, lesson, name)
            with opened(f"exercises/{lesson.name}/{lesson.name}.ipynb") as page:
                run_all(page, seconds=600)
    return seconds


def project(root, name):
    """A project of the learner's own, filled in, run, and its test asked for once."""
    terminal(root, "project", "new", "--name", name)
    learner_project.fill(root / FOLDER)
    learner_project.run(root / FOLDER)
    terminal(root / FOLDER, "project", "test")


@pytest.fixture(scope="module")
def learners(tmp_path_factory, chromium):
    """The course of each learner, walked to the end."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        for number, name in enumerate(NAMES):
            root = tmp_path_factory.mktemp("learner") / "course"
            shutil.copytree(ROOT, root, ignore=IGNORED)
            patch.setenv("HOLDOUT_PROGRESS", str(root / ".holdout"))
            started = time.monotonic()
            stages = walk(root, chromium, name)
            state = summary.state_of_path("one-day")
            project(root, name)
            terminal(root, "portfolio")
            print(f"\n{number} {name}: {time.monotonic() - started:.0f} s, {stages}")
            made[name] = root, state
    return made


def artefacts(page):
    """Each artefact on a page, as it stands there."""
    found = {}
    for article in re.findall(r"<article.*?</article>", page.read_text(encoding="utf-8"), flags=re.S):
        exercise, name = (
            re.search(rf'data-{what}="([^"]*)"', article)[1] for what in ("exercise", "artefact")
        )
        found[exercise, name] = article
    return found


def test_the_path_is_walked_to_its_end(learners):
    for _, state in learners.values():
        assert [row["status"] for row in state["steps"]] == ["done"] * len(PATH.steps), state


def test_the_pages_differ_in_every_artefact(learners):
    pages = [artefacts(root / "portfolio.html") for root, _ in learners.values()]
    assert len(pages[0]) >= len(PATH.steps) and pages[0].keys() == pages[1].keys() == pages[2].keys()
    assert sum("data:image" in article for article in pages[0].values()) >= 5
    same = [key for key in pages[0] if len({page[key] for page in pages}) < len(NAMES)]
    assert set(same) <= SAME_FOR_ALL
    for name, (root, _) in learners.items():
        assert f"{name}: portfolio of evidence" in (root / "portfolio.html").read_text(encoding="utf-8")


def test_an_honest_page_holds(learners, monkeypatch):
    root, _ = learners["Ada Lovelace"]
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    found = verify(root / "portfolio.html", ROOT)
    assert not [f"{one.name}: {one.sentence}" for one in found if one.state == "does not hold"]
    assert sum(one.state == "holds" for one in found) >= 12


@pytest.fixture
def mallory(learners, tmp_path, monkeypatch):
    """A copy of a learner's course, for what nobody should do."""
    root = tmp_path / "course"
    shutil.copytree(learners["Grace Hopper"][0], root)
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(root / ".holdout"))
    return root


def said_to_fail(page):
    return {one.name for one in verify(page, ROOT) if one.state == "does not hold"}


def test_forecasts_copied_from_the_sealed_labels_do_not_come_out_again(mallory):
    labels = seal.labels(open_project(mallory / FOLDER).folder)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["row_id", "probability"])
    writer.writerows([row, 0.2 + 0.5 * value] for row, value in labels.items())
    (mallory / FOLDER / PREDICTIONS).write_text(table.getvalue())
    terminal(mallory, "portfolio")
    assert "project notebook" in said_to_fail(mallory / "portfolio.html")


def test_a_log_that_was_edited_does_not_hold(mallory):
    file = mallory / FOLDER / "log.jsonl"
    file.write_text(file.read_text().replace('"event": "asked"', '"event": "looked"'))
    terminal(mallory, "portfolio")
    assert {"project log", "project test"} & said_to_fail(mallory / "portfolio.html")


def test_somebody_elses_page_does_not_hold_beside_ones_own_notebooks(mallory, learners):
    ada = (learners["Ada Lovelace"][0] / "portfolio.html").read_text(encoding="utf-8")
    (mallory / "portfolio.html").write_text(ada.replace("Ada Lovelace", "Grace Hopper"), encoding="utf-8")
    failed = said_to_fail(mallory / "portfolio.html")
    assert "project" in failed and len(failed) >= len(PATH.steps) - 1
