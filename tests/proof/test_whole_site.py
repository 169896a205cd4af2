"""The reading edition of all lessons: it builds without a warning, and each page and each figure is within its limits."""

import nbformat
import pytest
from small_course import ROOT

from grader.site.build import build_site
from grader.site.harvest import harvest, needs_a_run
from grader.site.kernel import FIGURE, MOST_BYTES
from grader.site.plan import MOST_FRAMES
from grader.site.weigh import MOST_PAGE_BYTES, weigh

pytestmark = [pytest.mark.proof, pytest.mark.needs("site")]


def test_every_page_and_every_figure_is_within_its_limits(tmp_path):
    build_site(ROOT, tmp_path / "site")
    for path in (tmp_path / "site").rglob("*.html"):
        weight = weigh(tmp_path / "site", path)
        assert weight.bytes < MOST_PAGE_BYTES and weight.foreign == () and weight.missing == (), weight
    figures = 0
    for path in sorted(ROOT.glob("lessons/[0-9]*.ipynb")):
        if not needs_a_run(nbformat.read(path, as_version=4)):
            continue
        for cell in harvest(path, ROOT, ROOT / "build" / "site-work").notebook.cells:
            for output in cell.get("outputs", []):
                if figure := output.get("data", {}).get(FIGURE):
                    figures += 1
                    assert "problem" not in figure, (path.name, figure)
                    assert len(figure["frames"]) <= MOST_FRAMES and figure["bytes"] <= MOST_BYTES, path.name
    assert figures > 40
