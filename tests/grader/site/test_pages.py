"""Links of the site lead somewhere, a result waits for its prediction, and nothing that a notebook says can leave its place."""

import json
import pathlib
import re

import nbformat
import pytest

from grader.site.kernel import FIGURE, PREDICTION, RESOLVED, WIDGET
from grader.site.links import binder_address, browser_address, page_address, source_address
from grader.site.pages import Site, figure_html, prediction_html
from holdout.record.predict import predict
from holdout.register import Publish

PUBLISH = Publish(repository="https://github.com/a/b", branch="v1", browser="https://a.org/lite")


@pytest.fixture
def course(tmp_path):
    for name in (
        "lessons/01-x.ipynb",
        "lessons/deeper/01-x.ipynb",
        "lessons/02-y.ipynb",
        "docs/a.md",
        "src/code.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def site(course, publish=PUBLISH):
    return Site(course, ["lessons/01-x.ipynb", "lessons/deeper/01-x.ipynb", "docs/a.md"], publish)


@pytest.mark.parametrize(
    ("link", "page", "expected"),
    [
        ("[deeper](deeper/01-x.ipynb#part)", "lessons/01-x.ipynb", "[deeper](deeper/01-x.ipynb#part)"),
        (
            "[d](deeper/01-x.ipynb#Is-L-better?-In-pairs)",
            "lessons/01-x.ipynb",
            "[d](deeper/01-x.ipynb#is-l-better-in-pairs)",
        ),
        ("[core](../01-x.ipynb)", "lessons/deeper/01-x.ipynb", "[core](../01-x.ipynb)"),
        ("[start](index.ipynb)", "lessons/01-x.ipynb", "[start](../index.md)"),
        (
            "[next](02-y.ipynb)",
            "lessons/01-x.ipynb",
            "[next](https://a.org/lite/lab/index.html?path=lessons/02-y.ipynb)",
        ),
        ("[code](../src/code.py)", "docs/a.md", "[code](https://github.com/a/b/blob/v1/src/code.py)"),
        ("[out](https://x.org/a.ipynb)", "docs/a.md", "[out](https://x.org/a.ipynb)"),
        ("`[code](02-y.ipynb)`", "lessons/01-x.ipynb", "`[code](02-y.ipynb)`"),
        ("[`code`](../src/code.py)", "docs/a.md", "[`code`](https://github.com/a/b/blob/v1/src/code.py)"),
        ('<a href="deeper/01-x.ipynb">d</a>', "lessons/01-x.ipynb", '<a href="deeper/01-x.html">d</a>'),
        ("[gone](nowhere.ipynb)", "lessons/01-x.ipynb", "[gone](nowhere.ipynb)"),
    ],
)
def test_a_link_leads_to_a_page_or_else_to_the_repository(course, link, page, expected):
    assert site(course).rewrite(link, page) == expected


def test_without_a_repository_the_words_of_a_link_stay(course):
    bare = site(course, Publish())
    assert bare.rewrite("see [the code](../src/code.py).", "docs/a.md") == "see the code."
    assert bare.rewrite_html('<a href="02-y.ipynb">two</a>', "lessons/01-x.ipynb") == "two"
    assert bare.ways_in("lessons/01-x.ipynb") == ""


def test_all_addresses_are_made_from_one_setting():
    path = "lessons/01-x.ipynb"
    for address in (source_address, binder_address, browser_address, page_address):
        assert address(Publish(), path) == ""
    elsewhere = Publish(repository="https://git.example.org/a/b")
    assert binder_address(elsewhere, path).startswith(
        "https://mybinder.org/v2/git/https%3A%2F%2Fgit.example.org%2Fa%2Fb/main?"
    )
    ways = Site(pathlib.Path(), [path], PUBLISH).ways_in(path)
    assert re.findall(r">([^<]+)</a>", ways) == [
        "Open in Binder",
        "Open in the browser",
        "Source of this page",
    ]


def cell(source, *datas, hidden=False):
    outputs = [nbformat.v4.new_output("display_data", data={**data, "text/plain": "x"}) for data in datas]
    metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata=metadata)


def test_results_wait_from_a_prediction_to_the_cell_that_resolves_it(course):
    asked, other = {"id": "01.p1"}, {"id": "01.p2"}
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Title\n\nText."),
            cell("before", {"text/html": "0"}),
            cell("predict", {PREDICTION: asked}),
            cell("silent"),
            cell("measure", {"text/html": "1"}),
            cell("predict again", {PREDICTION: other}),
            cell("both", {"text/html": "2"}),
            cell("resolve", {"text/markdown": "3"}, {RESOLVED: asked}, hidden=True),
            cell("one", {"text/html": "4"}, {RESOLVED: other}),
            cell("after", {"text/html": "5"}, {WIDGET: {}}),
        ]
    )
    described = {id: predict(id, "Which?", ["a", "b"], answer="b").describe() for id in ("01.p1", "01.p2")}
    page = site(course).notebook(notebook, "lessons/01-x.ipynb", described)
    tags = {made.source: list(made.metadata.get("tags", [])) for made in page.cells[1:]}
    assert tags == {
        "before": [],
        "predict": ["remove-input"],
        "silent": [],
        "measure": ["ho-after-01-p1"],
        "predict again": ["remove-input"],
        "both": ["ho-after-01-p1", "ho-after-01-p2"],
        "resolve": ["ho-after-01-p1", "ho-after-01-p2", "hide-input"],
        "one": ["ho-after-01-p2"],
        "after": [],
    }
    assert page.cells[0].source.startswith('# Title\n\n<p class="ho-ways">')
    kinds = {kind for made in page.cells for output in made.get("outputs", []) for kind in output.data}
    assert kinds <= {"text/html", "text/markdown", "text/plain"}


def embedded(html):
    (content,) = re.findall(r'<script type="application/json">(.*?)</script>', html, flags=re.DOTALL)
    return json.loads(content)


EVIL = "</script><img src=x onerror=alert(1)> & \u2028"


def test_words_of_a_lesson_cannot_end_the_element_in_which_they_stand():
    asked = predict("01.p9", EVIL, [EVIL, "b"], answer="a", reveal=EVIL).describe()
    html = prediction_html(asked)
    assert "<img" not in html and html.count("</script>") == 1
    assert embedded(html)["truth"] == "a"
    frame = {"at": [0], "file": "a.webp", "text": EVIL, "alt": EVIL}
    control = {"kind": "slider", "label": EVIL, "labels": [EVIL], "start": 0}
    data = {
        "kind": "grid",
        "controls": [control],
        "frames": [frame],
        "width": 700,
        "size": (1050, 600),
        "left_out": 0,
    }
    html = figure_html(data, "figure-1", "_frames/")
    assert html.count("<img") == 1 and html.count("</script>") == 1
    assert embedded(html)["frames"]["0"] == ["a.webp", EVIL, EVIL]
    assert 'width="700" height="400"' in html


def test_a_figure_that_cannot_be_drawn_in_advance_stays_a_picture(course):
    shown = cell("figure", {FIGURE: {"problem": "no list of values"}, "image/png": "aaaa"})
    page = site(course).notebook(nbformat.v4.new_notebook(cells=[shown]), "lessons/01-x.ipynb", {})
    assert page.cells[0].outputs[0].data == {"image/png": "aaaa", "text/plain": "x"}
