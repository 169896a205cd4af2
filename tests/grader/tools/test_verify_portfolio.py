"""``holdout portfolio --verify``: somebody else's page is computed again in the sandbox, and what does not hold is said."""

import json
import shutil

import learner_project
import nbformat
import pytest
from small_course import SCRIPT, write_small_course

from grader.authoring.build import build
from grader.cli import main
from grader.tools import verify_portfolio
from grader.tools.verify_portfolio import verify
from grader.tools.verify_portfolio.page import read_page
from holdout import chained_log
from holdout.checks.run_checks import execute_notebook
from holdout.errors import CourseError
from holdout.project import one_test, seal
from holdout.project.folder import FOLDER, new_project, open_project
from holdout.record import progress
from holdout.record.learner import set_name
from holdout.record.portfolio.recompute import make_portfolio

ARTEFACT = """
# %%
try:
    drawn = mean(learner_rng(3).normal(size=50))
except NotImplementedError:
    drawn = None
if drawn is not None:
    from holdout import keep

    keep("01", "my mean", numbers={"mean of 50": drawn})
"""
ANSWER = 'def mean(values):\n    """The mean."""\n    return sum(values) / len(values)'


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The small course, whose exercise keeps an artefact that is drawn from the learner's name."""
    root = tmp_path_factory.mktemp("verify") / "course"
    write_small_course(root)
    script = root / "solutions" / "01-small" / "01-small.py"
    text = SCRIPT.lstrip().replace(
        "# %% [markdown]\n# Choose.", ARTEFACT.lstrip() + "\n# %% [markdown]\n# Choose."
    )
    script.write_text(text.replace("import check, hint", "import check, hint, learner_rng"))
    assert build(root).problems == []
    return root


def answered(notebook, answer=ANSWER):
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and "def mean" in cell.source)
    cell.source = answer
    return notebook


@pytest.fixture
def page_of(course, tmp_path, monkeypatch):
    """Makes a learner's page from the learner's own copy of the course, and returns the file."""

    def make(name, answer=ANSWER):
        root = tmp_path / name.split()[0]
        shutil.copytree(course, root)
        shutil.rmtree(root / "solutions")
        (root / "solutions").mkdir()
        monkeypatch.setenv("HOLDOUT_PROGRESS", str(root / ".holdout"))
        set_name(name)
        path = root / "exercises" / "01-small" / "01-small.ipynb"
        nbformat.write(answered(nbformat.read(path, 4), answer), path)
        execute_notebook(path, {"HOLDOUT_PROGRESS": str(root / ".holdout")})
        make_portfolio(root, recompute=False)
        return root / "portfolio.html"

    return make


def found(file, course):
    return {one.name: one for one in verify(file, course)}


@pytest.mark.needs("linux")
def test_an_honest_page_holds_and_a_copied_or_edited_one_does_not(course, page_of, tmp_path):
    """In the sandbox: another name's numbers, an edited number, and a page without its notebook."""
    ada, mallory = page_of("Ada Lovelace"), page_of("Mallory Copy")
    honest = found(ada, course)
    assert honest["01 my mean"].state == "holds" and "Ada Lovelace" in honest["name"].sentence
    number = next(iter(read_page(ada).artefacts[("01", "my mean")].values()))
    # Mallory shows Ada's page under another name, beside the notebook that makes Mallory's own number
    mallory.write_text(ada.read_text().replace("Ada Lovelace", "Mallory Copy"))
    copied = found(mallory, course)["01 my mean"]
    assert copied.state == "does not hold" and f"is {number} on the page" in copied.sentence
    # Ada makes her number larger
    ada.write_text(ada.read_text().replace(f"<strong>{number}</strong>", "<strong>0.999</strong>"))
    assert "is 0.999 on the page" in found(ada, course)["01 my mean"].sentence
    # and the notebook is not there
    alone = tmp_path / "alone.html"
    shutil.copy(mallory, alone)
    assert "does not lie beside the page" in found(alone, course)["exercise 01"].sentence
    assert main(["portfolio", "--verify", str(alone)]) == 1


def test_a_notebook_that_keeps_a_number_by_itself_counts_for_nothing(course, page_of):
    """What a learner adds to the locked cell of the artefact is not taken over."""
    file = page_of("Ada Lovelace")
    path = file.parent / "exercises" / "01-small" / "01-small.ipynb"
    notebook = nbformat.read(path, 4)
    cell = next(cell for cell in notebook.cells if "keep(" in cell.source)
    cell.source = 'from holdout import keep\nkeep("01", "my mean", numbers={"mean of 50": 0.5})'
    nbformat.write(notebook, path)
    execute_notebook(path, {"HOLDOUT_PROGRESS": str(progress.record_folder())})
    make_portfolio(file.parent, recompute=False)
    assert "<strong>0.5</strong>" in file.read_text()
    release = json.loads((course / "exercises" / "01-small" / "01-small.ipynb").read_text())
    rebuilt = verify_portfolio.exercises.read_submission(path.parent, release, name="01-small.ipynb").notebook
    assert not any('{"mean of 50": 0.5}' in "".join(cell["source"]) for cell in rebuilt["cells"])


@pytest.mark.parametrize("text", ["", "<h1>Hello</h1>", "{}", "\x00"])
def test_what_is_no_portfolio_is_a_sentence(tmp_path, text, capsys):
    (tmp_path / "x.html").write_text(text)
    with pytest.raises(CourseError, match="is no portfolio"):
        read_page(tmp_path / "x.html")
    with pytest.raises(CourseError, match="cannot be read"):
        read_page(tmp_path / "none.html")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    project = new_project(tmp_path_factory.mktemp("project") / FOLDER, name="Ada Lovelace")
    learner_project.fill(project.folder)
    learner_project.run(project.folder)
    one_test.ask(project)
    return project.folder


@pytest.fixture
def project_page(finished, tmp_path, monkeypatch):
    """Makes the page of a learner with a project, after a change to its folder."""

    def make(name="Ada Lovelace", before=None, after=None):
        root = tmp_path / "learner"
        (root / "lessons").mkdir(parents=True)
        (root / "exercises").mkdir()
        shutil.copytree(finished, root / FOLDER)
        monkeypatch.setenv("HOLDOUT_PROGRESS", str(root / ".holdout"))
        if before:
            before(open_project(root / FOLDER))
        make_portfolio(root, name=name, recompute=False)
        if after:
            after(open_project(root / FOLDER))
        return root / "portfolio.html"

    return make


def states(file, course):
    ran = {}
    page = read_page(file)
    findings = []
    project, job = verify_portfolio.project.prepare(page, file.parent, findings)
    if job is not None:
        # the notebook of a project needs a folder of its own; running it is the task of the test in the sandbox
        texts = {name: (project.folder / name).read_text() for name in ("facts.json", "predictions.csv")}
        ran = {"found": texts, "reason": ""}
        findings += verify_portfolio.project.compare(page, project, ran)
    return {one.name: (one.state, one.sentence) for one in findings}


def test_an_honest_project_holds(course, project_page):
    found = states(project_page(), course)
    assert {state for state, _ in found.values()} == {"holds"}
    assert "are those that this name draws" in found["drawn rows"][1]


def test_somebody_elses_project_does_not_hold_under_another_name(course, project_page):
    found = states(project_page(name="Mallory"), course)
    assert found["project"][0] == "does not hold" and "begun by Ada Lovelace" in found["project"][1]


def test_a_project_renamed_to_its_new_owner_does_not_hold(course, project_page):
    def rename(project):
        file = project.folder / "project.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"name": "Mallory"}))

    found = states(project_page(name="Mallory", before=rename), course)
    assert found["project log"][0] == found["drawn rows"][0] == "does not hold"


def test_a_log_that_was_edited_after_the_page_was_made_does_not_hold(course, project_page):
    def edit(project):
        file = project.folder / chained_log.FILE
        lines = file.read_text().splitlines()
        entry = {key: value for key, value in json.loads(lines[1]).items() if key != "hash"} | {"auc": 0.99}
        entry["hash"] = chained_log.fingerprint(entry)
        file.write_text("\n".join([lines[0], json.dumps(entry)]) + "\n")
        seal.remember(project.folder, entry["hash"])  # the seal can be made to fit by whoever reads its code

    found = states(project_page(after=edit), course)
    assert found["project"][0] == "does not hold" and "was exchanged" in found["project"][1]
    assert found["project test"][0] == "does not hold" and "the number in the log is another" in found["project test"][1]  # fmt: skip


def test_a_page_on_which_a_failed_fact_was_made_to_hold_does_not_hold(course, project_page):
    def break_it(project):
        file = project.folder / "facts.json"
        stated = json.loads(file.read_text())
        stated["interval"]["high"] = stated["interval"]["value"] + 0.001
        file.write_text(json.dumps(stated))

    file = project_page(before=break_it)
    assert 'data-fact="interval" data-state="does not hold"' in file.read_text()
    file.write_text(file.read_text().replace('data-state="does not hold"', 'data-state="holds"'))
    found = states(file, course)
    assert "The page says that it holds; computed again it does not hold" in found["project interval"][1]


def test_a_project_that_is_not_beside_the_page_cannot_be_computed(course, project_page):
    file = project_page()
    shutil.rmtree(file.parent / FOLDER)
    assert "does not lie beside the page" in states(file, course)["project"][1]


@pytest.mark.needs("linux")
def test_the_notebook_of_a_project_is_run_in_the_sandbox_without_the_labels(course, project_page):
    """Forecasts that were copied from the labels do not come out again, even if everything beside them was made to fit."""

    def peek(project):
        labels = seal.labels(project.folder)
        rows = "".join(f"{row},{0.2 + 0.5 * value}\n" for row, value in labels.items())
        (project.folder / "predictions.csv").write_text("row_id,probability\n" + rows)

    file = project_page()
    honest = {one.name: one for one in verify(file, course)}
    assert honest["project notebook"].state == "holds", honest["project notebook"].sentence
    peek(open_project(file.parent / FOLDER))
    peeked = {one.name: one for one in verify(file, course)}
    assert peeked["project notebook"].state == "does not hold"
    assert "were not computed by it" in peeked["project notebook"].sentence
