"""The portfolio's first page, its public edition and its PDF; artefacts that were kept for another name."""

import json
import re
import shutil

import learner_project
import nbformat
import pytest

from grader.cli import main
from holdout.paths import find_root
from holdout.project import one_test
from holdout.project.folder import FOLDER, new_project
from holdout.record import learner, progress
from holdout.record.artefacts import KeptArtefact, keep, read_kept
from holdout.record.portfolio import pdf
from holdout.record.portfolio.front import make_front, read_project
from holdout.record.portfolio.page import Entry, Memo, render
from holdout.record.portfolio.recompute import make_portfolio

NOTHING = {"checks_passed": 0, "lessons": []}
TWO_MINUTES = 2 * 220
"""Words that somebody reads in two minutes, at 220 a minute."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    root = tmp_path_factory.mktemp("front")
    project = new_project(root / FOLDER, name="Ada Lovelace")
    learner_project.fill(project.folder)
    learner_project.run(project.folder)
    one_test.ask(project)
    return root


@pytest.fixture
def course(tmp_path, monkeypatch):
    root = tmp_path / "course"
    for folder in ("exercises/01-small", "lessons", "solutions"):
        (root / folder).mkdir(parents=True)
    shutil.copy(find_root(__file__) / "course.toml", root)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def same_for_all(course):
    """A course in which one artefact is the same for everybody."""
    file = course / "course.toml"
    name = 'name = "judge validation card"\n'
    assert name in file.read_text(encoding="utf-8")
    file.write_text(
        file.read_text(encoding="utf-8").replace(name, name + "drawn = false\n"), encoding="utf-8"
    )


def write(root, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    memo = nbformat.v4.new_markdown_cell("I would wait.", metadata={"nbgrader": {"solution": True, "grade_id": "m"}})  # fmt: skip
    name = "01-small"
    nbformat.write(nbformat.v4.new_notebook(cells=[*cells, memo]), root / "exercises" / name / f"{name}.ipynb")  # fmt: skip


def front_words(html):
    front = re.search(r"<h1>.*?</section>", html, re.DOTALL)[0]
    return re.sub(r"<[^>]+>", " ", front).split()


def test_the_first_page_is_read_in_two_minutes_however_much_was_written(finished):
    project, problem = read_project(finished, again=False)
    assert not problem and project.holds == len(project.findings) == 11
    long = "word " * 500
    project.words.update(words=long, fix=long)
    sentences = {f"{number:02}": long for number in range(1, 15)}
    kept = KeptArtefact("11", "incident report", "11-incident-report", long)
    html = render([Entry(kept)], [], [Memo("01-two", long)], [], NOTHING, sentences=sentences, name="Ada Lovelace",
                  front=make_front(project, "", [kept], sentences)).html  # fmt: skip
    words = front_words(html)
    assert 100 < len(words) < TWO_MINUTES
    text = " ".join(words)
    for said in (
        "My own project",
        "Flights of the carrier",
        "My decision: wait",
        "A drift that I caught",
        "asked once",
    ):
        assert said in text, said
    # the project stands before everything else, and own words before artefacts
    places = [html.index(mark) for mark in ('id="front"', "At a glance", 'id="project"', 'id="e01"', 'id="e11"')]  # fmt: skip
    assert places == sorted(places)


def test_what_the_record_knows_of_one_project_says_nothing_about_another(finished, tmp_path, monkeypatch):
    shutil.copytree(finished / FOLDER, tmp_path / FOLDER)
    (tmp_path / "lessons").mkdir()
    (tmp_path / "exercises").mkdir()
    monkeypatch.chdir(tmp_path)
    progress.record("project", project="another", event="asked", head="f" * 64)
    make_portfolio(tmp_path, recompute=False)
    assert 'data-fact="log" data-state="holds"' in (tmp_path / "portfolio.html").read_text()
    own = json.loads((tmp_path / FOLDER / "project.json").read_text())["id"]
    progress.record("project", project=own, event="asked", head="f" * 64)
    make_portfolio(tmp_path, recompute=False)
    assert 'data-fact="log" data-state="does not hold"' in (tmp_path / "portfolio.html").read_text()


def test_an_own_sentence_and_a_memo_stand_before_the_artefact():
    kept = KeptArtefact("01", "curve", "01-curve", numbers={"a": 1.0})
    html = render([Entry(kept, kept)], [], [Memo("01-two", "The memo.")], [], NOTHING, sentences={"01": "My sentence."}).html  # fmt: skip
    section = html[html.index('<section id="e01">') :]
    assert section.index("My sentence.") < section.index("The memo.") < section.index('data-artefact="curve"')


def test_what_was_written_in_a_project_does_not_become_markup(finished):
    project, _ = read_project(finished, again=False)
    evil = "<script>alert(1)</script>"
    project.words["reason"] = project.words["fix"] = project.words["words"] = evil
    html = render([], [], [], [], NOTHING, front=make_front(project, evil, [], {"01": evil})).html
    assert "<script" not in html and "&lt;script&gt;" in html


def test_a_project_that_cannot_be_read_is_a_sentence_on_the_page(course):
    (course / FOLDER).mkdir()
    (course / FOLDER / "project.json").write_text("{")
    make_portfolio(course, recompute=False)
    assert "My project cannot be shown" in (course / "portfolio.html").read_text()


DRAWN = """
from holdout import keep, learner_rng
keep("01", "learning curve", numbers={"drawn": learner_rng(8).normal()}, text="my text")
keep("e1", "judge validation card", numbers={"same": 0.5})
"""


def test_what_was_kept_without_a_name_is_drawn_anew_and_the_page_says_from_what(course, same_for_all):
    write(course, DRAWN)
    keep("01", "learning curve", numbers={"drawn": 0.1})
    made = make_portfolio(course)
    assert made["different"] == 1  # the course's own seed gives another number than 0.1
    page = (course / "portfolio.html").read_text()
    assert "No name was given" in page and "Always the same for everybody: e1 judge validation card" in page
    made = make_portfolio(course, name="Ada Lovelace")
    assert (made["confirmed"], made["different"]) == (1, 0)
    (again,) = read_kept()
    assert again.learner == learner.learner_key("Ada Lovelace") and again.numbers["drawn"] != 0.1
    assert "1 artefacts are drawn from a seed made of the name" in (course / "portfolio.html").read_text()
    assert make_portfolio(course)["confirmed"] == 1  # the name is remembered
    assert make_portfolio(course, name="Grace Hopper")["confirmed"] == 1
    assert read_kept()[0].numbers != again.numbers


def test_a_course_whose_artefacts_are_all_drawn_says_nothing_of_the_others(course):
    learner.set_name("Ada Lovelace")
    keep("01", "learning curve", numbers={"drawn": 0.1})
    make_portfolio(course, recompute=False)
    page = (course / "portfolio.html").read_text()
    assert "1 artefacts are drawn from a seed" in page and "the same for everybody" not in page


def test_another_persons_number_is_different_when_it_is_computed_again(course):
    """The number of another name, put into the own record under the own key."""
    write(course, DRAWN)
    learner.set_name("Ada Lovelace")
    keep("01", "learning curve", numbers={"drawn": float(learner.learner_rng(8).normal())})
    file = progress.record_folder() / "portfolio" / "01-learning-curve.json"
    copied = json.loads(file.read_text())
    learner.set_name("Mallory")
    file.write_text(json.dumps(copied | {"learner": learner.learner_key("Mallory")}))
    assert make_portfolio(course)["different"] == 1


def test_the_public_edition_holds_no_answer_of_an_exercise(course, same_for_all):
    write(course, DRAWN, "my_sentence = 'It holds for new parcels, as far as we know.'")
    learner.set_name("Ada Lovelace")
    keep("01", "learning curve", numbers={"drawn": 0.1}, text="my text")
    keep("e1", "judge validation card", numbers={"same": 0.5})
    make_portfolio(course, recompute=False)
    full = (course / "portfolio.html").read_text()
    private = ("my text", "I would wait.", "as far as we know", 'data-artefact="judge validation card"')
    assert all(text in full for text in private)
    made = make_portfolio(course, recompute=False, public=True)
    page = (course / "portfolio.html").read_text()
    assert not any(text in page for text in private) and "public edition" in page
    assert made["artefacts"] == 1 and 'data-artefact="learning curve"' in page


def test_without_a_browser_the_command_says_how_to_print(course, monkeypatch, capsys):
    monkeypatch.setattr(pdf, "find_chromium", lambda: None)
    assert main(["portfolio", "--no-recompute", "--pdf"]) == 0
    assert "open portfolio.html in any browser and print it" in capsys.readouterr().out


def test_a_browser_that_prints_nothing_is_a_sentence(course, monkeypatch, tmp_path):
    monkeypatch.setattr(pdf, "find_chromium", lambda: shutil.which("true") or "true")
    (tmp_path / "x.html").write_text("<p>x")
    assert "could not print the page" in pdf.write_pdf(tmp_path / "x.html", tmp_path / "x.pdf")


@pytest.mark.needs("chromium")
def test_a_browser_prints_the_page_to_pdf(course):
    made = make_portfolio(course, recompute=False, pdf=True)
    assert made["pdf"].endswith("portfolio.pdf")
    assert (course / "portfolio.pdf").read_bytes().startswith(b"%PDF-")
