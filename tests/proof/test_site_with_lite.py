"""`holdout site --lite`: pages and JupyterLite in one folder, each page with a link to its own notebook, and a second build beside it."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from small_course import REGISTER, write_small_course

from grader.site.build import build_site
from grader.site.weigh import weigh

pytestmark = [pytest.mark.proof, pytest.mark.needs("site", "lite")]


def test_pages_and_jupyterlite_lie_in_one_folder(tmp_path):
    root, out = tmp_path / "course", tmp_path / "site"
    root.mkdir()
    write_small_course(root)
    (root / "course.toml").write_text(REGISTER, encoding="utf-8")
    (root / "README.md").write_text("# A course\n\nWhat it is about.\n")
    cells = [new_markdown_cell("# 01 · A small lesson"), new_code_cell("print(6 * 7)")]
    nbformat.write(new_notebook(cells=cells), root / "lessons" / "01-small.ipynb")
    steps = []
    for again in (False, True):  # the second one replaces what the first has left
        built = build_site(root, out, lite=True, progress=lambda name, total: steps.append((name, total)))
        assert built.lite.out == out / "lite" and built.pages == 3, again  # a lesson, start, search
        assert len(steps) == steps[0][1] and steps[-1][0] == "JupyterLite"
        steps.clear()
    index = json.loads((out / "lite" / "pypi" / "all.json").read_text(encoding="utf-8"))
    assert set(index) >= {"holdout", "ipywidgets"}
    page = out / "lessons" / "01-small.html"
    assert '"../lite/lab/index.html?path=lessons/01-small.ipynb"' in page.read_text(encoding="utf-8")
    assert weigh(out, page).foreign == ()  # a link is followed by a reader, not by the page
    served = nbformat.read(out / "lite" / "files" / "lessons" / "01-small.ipynb", as_version=4)
    assert served.cells[1].source == "%pip install -q holdout"
