"""Fixtures for tests in a real browser: one JupyterLab and one Chromium for each test process.

Run them alone with ``pytest tests/browser``; under xdist use ``--dist loadscope`` or ``loadfile``, so that
the tests of one notebook stay in one process.
"""

import lab_page
import pytest
from needs import require


@pytest.fixture(scope="session")
def lab_root(tmp_path_factory):
    """Folder that JupyterLab serves; override it to serve another. Other notebooks are copied in."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def lab(lab_root):
    """A running JupyterLab (``lab_page.LabServer``)."""
    with lab_page.LabServer(lab_root) as server:
        yield server


@pytest.fixture(scope="session")
def chromium():
    """A running headless Chromium."""
    require("chromium")
    with lab_page.browser() as running:
        yield running


def _opener(chromium, lab):
    pages = []

    def open_one(path, width=lab_page.WIDE):
        page = lab_page.open_page(lab, chromium, path, width=width)
        pages.append(page)
        return page

    yield open_one
    for page in pages:
        page.context.close()
        lab.end_sessions(page.notebook)


@pytest.fixture
def open_notebook(chromium, lab):
    """Function ``open_notebook(path, width=1280)``: a page with its kernel ready, closed after the test."""
    yield from _opener(chromium, lab)


@pytest.fixture(scope="module")
def open_notebook_once(chromium, lab):
    """As ``open_notebook``, closed after the last test of the file."""
    yield from _opener(chromium, lab)
