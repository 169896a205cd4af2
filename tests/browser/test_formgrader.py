"""Instructors see, regrade and grade by hand what ``holdout grade`` recorded, in formgrader itself."""

import csv

import pytest
from lab_page import LabServer
from small_class import EXERCISE, RIGHT, WRONG, SmallClass

from grader.reports.export import export

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\">"
)


@pytest.fixture
def graded(tmp_path):
    small = SmallClass(tmp_path)
    small.submit("ada", RIGHT)
    small.submit("bob", WRONG, memo=HOSTILE)
    rows = small.grade()
    assert {name: row.score for name, row in rows.items()} == {"ada": 4.0, "bob": 0.0}
    return small


def scores(root):
    with open(export(root, "csv", exercise=EXERCISE).paths[0], encoding="utf-8-sig") as file:
        return {row["student"]: float(row["final"]) for row in csv.DictReader(file)}


def test_grades_are_shown_changed_by_hand_and_regraded(graded, chromium, monkeypatch):
    monkeypatch.chdir(graded.root)
    with LabServer(graded.root) as lab:
        context = chromium.new_context(viewport={"width": 1280, "height": 1000})
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{lab.url}/formgrader/gradebook/{EXERCISE}/{EXERCISE}")
        page.get_by_text("Submission #1").wait_for(timeout=120_000)

        titles = []
        for number in (1, 2):
            page.goto(f"{lab.url}/formgrader/gradebook/{EXERCISE}/{EXERCISE}")
            page.get_by_role("link", name=f"Submission #{number}").click()
            page.locator(".nbgrader_cell").first.wait_for(timeout=120_000)
            # The page asks for the grades after it is drawn; an entry typed before they come is overwritten.
            page.wait_for_load_state("networkidle", timeout=120_000)
            titles.append(page.title())
            manual = page.locator("input.score").last
            manual.fill("1.5")
            with page.expect_response(
                lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"
            ):
                manual.press("Tab")
        assert "taken over" not in titles
        context.close()
    assert sorted(scores(graded.root).values()) == [1.5, 5.5]

    # points by hand survive a new grading of the same work
    graded.grade(force=True)
    assert sorted(scores(graded.root).values()) == [1.5, 5.5]
