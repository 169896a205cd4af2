"""The notebooks in a JupyterLite: Python starts in a real browser, installs the course, checks, hints, predicts and remembers.

The compiled packages cannot be had from package registries; ``pyodide_distribution`` says what stands in for them. So nothing here
shows that a figure is drawn or an estimator fitted in a browser.
"""

import json

import pytest
from pyodide_distribution import make_distribution
from small_course import ROOT
from static_server import served

from grader.site.lite import DISTRIBUTION, build_lite

pytestmark = [pytest.mark.browser, pytest.mark.proof, pytest.mark.needs("lite", "npm")]

EXERCISE = "exercises/01-two-numbers-and-a-chart/01-two-numbers-and-a-chart.ipynb"
SLIDER = """
import ipywidgets as widgets
degree, said = widgets.IntSlider(value=3, min=0, max=10, description="Degree"), widgets.Label()
def fit(change=None):
    said.value = f"degree {degree.value}: error {(degree.value - 5) ** 2 / 100:.2f}"
degree.observe(fit, "value")
fit()
widgets.VBox([degree, said])
"""
# Adds a cell at the end of the open notebook, runs it, and returns what it shows.
RUN = """async (source) => {
  const app = window.jupyterapp;
  const notebook = app.shell.currentWidget.content;
  const model = notebook.model.sharedModel;
  model.insertCell(model.cells.length, {cell_type: "code", source});
  notebook.activeCellIndex = model.cells.length - 1;
  await app.commands.execute("notebook:run-cell");
  return model.cells[model.cells.length - 1].outputs;
}"""


@pytest.fixture(scope="module")
def distribution(tmp_path_factory):
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    return make_distribution(tmp_path_factory.mktemp("pyodide"), PYODIDE_VERSION, DISTRIBUTION)


@pytest.fixture(scope="module")
def lite(distribution, tmp_path_factory):
    out = tmp_path_factory.mktemp("site") / "lite"
    build_lite(ROOT, out, pyodide=distribution[0])
    settings = json.loads((out / "jupyter-lite.json").read_text(encoding="utf-8"))
    settings["jupyter-config-data"]["exposeAppInBrowser"] = True  # gives the test window.jupyterapp
    (out / "jupyter-lite.json").write_text(json.dumps(settings), encoding="utf-8")
    return out


@pytest.fixture(scope="module")
def address(lite):
    with served(lite) as address:
        yield address


def text_of(outputs):
    """What a cell shows, as text; an error fails the test."""
    parts = []
    for output in outputs:
        assert output["output_type"] != "error", output
        found = output.get("text") or output.get("data", {}).get("text/plain", "")
        parts.append(found if isinstance(found, str) else "".join(found))
    return "\n".join(parts)


def open_notebook(page, address):
    page.goto(f"{address}/lab/index.html?path={EXERCISE}")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel", timeout=180_000
    )


def test_all_that_the_notebooks_need_is_in_the_distribution(distribution):
    _, locked, _ = distribution
    assert set(DISTRIBUTION) <= set(locked)


def test_the_course_runs_in_a_browser_and_remembers(chromium, address):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.set_default_timeout(180_000)
    open_notebook(page, address)

    def run(code):
        return text_of(page.evaluate(RUN, code))

    assert "emscripten" in run("import sys; print(sys.platform)")
    run("%pip install -q holdout")
    assert "site-packages/holdout" in run("import holdout; print(holdout.__file__)")
    assert "Hint 1 of 2" in run("from holdout import check, hint, predict\nhint('01.say_it')")
    said = run("check('01.say_it', ('The error is near the floor, so I would ship it now.', 'a'))")
    assert "passed" in said and "has been changed" not in said  # the checks are there byte by byte
    digests = run(
        "import hashlib, pathlib\nfrom holdout.paths import find_datasets\nfolder = find_datasets()\n"
        "print([line for line in (folder / 'checksums.sha256').read_text().splitlines()\n"
        "       if hashlib.sha256((folder / line.split('  ')[1].strip()).read_bytes()).hexdigest() != line[:64]])"
    )
    assert digests.strip() == "[]"

    run(SLIDER)
    handle = page.get_by_role("slider").last
    handle.focus()
    handle.press("ArrowRight")
    page.get_by_text("degree 4: error 0.01").wait_for()

    assert "Which?" in run("predict('01.p1', 'Which?', ['one', 'two'])")
    run("from holdout.record.predict import commit\ncommit('01.p1', 'b', 0.8)")
    records = run("from holdout.record import progress; print([entry['kind'] for entry in progress.read()])")
    assert records.strip() == "['check', 'prediction']"

    # another visit: a new page, a new Python, the same browser
    page.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save'); }")
    page.close()
    page = context.new_page()
    page.set_default_timeout(180_000)
    open_notebook(page, address)
    run("%pip install -q holdout")
    records = run("from holdout.record import progress; print([entry['kind'] for entry in progress.read()])")
    assert records.strip() == "['check', 'prediction']"
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
