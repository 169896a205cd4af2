"""The reading edition in a browser: sliders without a kernel, predictions that are kept, results that wait, axe, sizes, no other host."""

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from static_server import served

from grader.authoring.execute import WIDGET_LEFT_OUT
from grader.site.build import SiteError, build_site
from grader.site.harvest import harvest
from grader.site.kernel import FIGURE, MOST_BYTES
from grader.site.weigh import MOST_PAGE_BYTES, weigh
from holdout.register import Publish

pytestmark = [pytest.mark.browser, pytest.mark.needs("site")]

SET_UP = """
import numpy as np
import pandas as pd
from holdout import Stage, explain, predict, resolve
X = np.linspace(0, 1, 50)
"""
FIGURE_OF_TWO = """
stage = Stage(alt="A wave", title="{waves} waves", readout="{waves} waves, shifted by {shift}.")
(curve,) = stage.ax.plot(X, X)
stage.ax.set_ylim(-2, 2)

@stage.live(waves=(1, 20), shift=(0.0, 1.0, 0.05), start={"waves": 3, "shift": 0.0})
def explore(waves, shift):
    curve.set_ydata(np.sin(6 * waves * X + shift))
    return {}
explore
"""
FLIPBOOK = """
pages = Stage(alt="A power")
(power,) = pages.ax.plot(X, X)

@pages.flipbook(n=(1, 4), start={"n": 1})
def turn(n):
    power.set_ydata(X**n)
    return f"power {n}"
turn
"""
PREDICT = 'predict("01.p1", "Which is *larger*?", ["training error", "validation error"])'
NUMBER = 'predict("01.p2", "How many?", within=2, unit="rows", answer=10, reveal="Ten `rows`.")'
RESOLVE = 'resolve("01.p1", "b", "It is **not** bold."); explain("On new rows it is {x:.1f}.", x=0.25)'


def notebook(*cells):
    """As it lies in a course: executed, with an output that stands for a widget."""
    for cell in cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
    left = {"holdout": {WIDGET_LEFT_OUT: True}}
    cells[-1].outputs = [new_output("display_data", data={"text/plain": "a figure"}, metadata=left)]
    return new_notebook(cells=list(cells), metadata={"language_info": {"name": "python"}})


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    hidden = {"jupyter": {"source_hidden": True}}
    written = notebook(
        new_markdown_cell("# 01 · A small lesson\n\nSee the [glossary](glossary.ipynb), $x_1^2$, and"),
        new_markdown_cell("$$\\sum_b c_b$$"),
        new_code_cell(SET_UP, metadata=hidden),
        new_code_cell(PREDICT, metadata=hidden),
        new_markdown_cell("## Measure"),
        new_code_cell("print('measured: 0.25')"),
        new_code_cell("print('wider than a narrow screen ' * 9)"),
        new_code_cell(FIGURE_OF_TWO, metadata=hidden),
        new_code_cell(RESOLVE, metadata=hidden),
        new_markdown_cell("## More"),
        new_code_cell(NUMBER),
        new_code_cell("pd.DataFrame({'a': [1, 2]})"),
        new_code_cell(FLIPBOOK, metadata=hidden),
    )
    (root / "lessons").mkdir()
    (root / "docs").mkdir()
    nbformat.write(written, root / "lessons" / "01-small.ipynb")
    nbformat.write(
        new_notebook(cells=[new_markdown_cell("# Glossary\n\nWords.")]), root / "lessons" / "glossary.ipynb"
    )
    (root / "README.md").write_text("# A course\n\nWhat it is about.\n")
    (root / "docs" / "learners.md").write_text(
        "# For learners\n\nBegin with [it](../lessons/01-small.ipynb).\n"
    )
    return root


@pytest.fixture(scope="module")
def site(course):
    steps = []
    publish = Publish(repository="https://github.com/a/b")
    built = build_site(
        course, course / "site", publish=publish, progress=lambda name, total: steps.append((name, total))
    )
    assert (
        built.run == ["lessons/01-small.ipynb"] and built.pages == 5
    )  # two notebooks, a document, start, search
    assert len(steps) == steps[0][1] == 4
    return course / "site"


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


@pytest.fixture
def open_site(chromium, address):
    """Function ``open_site(path, **context)``: a page; at the end nothing was asked of another host, and nothing failed."""
    contexts, asked, failed = [], [], []

    def open_one(path, **settings):
        context = chromium.new_context(
            viewport={"width": settings.pop("width", 1280), "height": 900}, **settings
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(f"{address}/{path}")
        page.asked = asked
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert failed == []


LESSON = "lessons/01-small.html"


def commit(page, option="b", confidence="0.9"):
    box = page.locator("[data-prediction='01.p1']")
    box.locator(f"input[value={option}]").check()
    box.locator("select").select_option(confidence)
    box.get_by_role("button", name="Commit").click()
    return box


def test_a_slider_turns_pictures_and_their_words_by_keyboard(open_site, course):
    page = open_site(LESSON)
    commit(page)
    data = harvest(course / "lessons" / "01-small.ipynb", course, course / "build" / "site-work").notebook
    (figure,) = [
        output.data[FIGURE]
        for cell in data.cells
        for output in cell.get("outputs", [])
        if FIGURE in output.get("data", {}) and output.data[FIGURE]["controls"][0]["label"] == "waves"
    ]
    assert figure["kind"] == "axes" and figure["bytes"] < MOST_BYTES
    box = page.locator("#figure-1")
    picture, readout = box.locator("img"), box.locator("[role=status]")
    waves, shift = box.get_by_role("slider", name="waves"), box.get_by_role("slider", name="shift")
    picture.scroll_into_view_if_needed()
    assert (
        len([url for url in page.asked if "_frames" in url]) <= 2
    )  # this figure's first picture, the flipbook's first
    states = {tuple(frame["at"]): frame for frame in figure["frames"]}
    at = figure["controls"][0]["start"]
    for step in (1, 2):
        waves.press("ArrowRight")
        expected = states[at + step, figure["controls"][1]["start"]]
        page.wait_for_function(
            "text => document.querySelector('#figure-1 [role=status]').textContent === text",
            arg=expected["text"],
        )
        assert picture.get_attribute("src").endswith(expected["file"])
        assert picture.get_attribute("alt") == expected["alt"]
        assert waves.get_attribute("aria-valuetext") == figure["controls"][0]["labels"][at + step]
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == figure["size"][0]
    shift.press("End")  # the other one goes back to where it began: the page says so
    last = states[at, len(figure["controls"][1]["labels"]) - 1]
    page.wait_for_function(
        "text => document.querySelector('#figure-1 [role=status]').textContent === text", arg=last["text"]
    )
    assert waves.input_value() == str(at)
    assert "one control moves at a time" in box.inner_text()
    assert "more" not in readout.inner_text()


def test_a_result_waits_for_its_prediction_and_the_browser_remembers(open_site):
    page = open_site(LESSON)
    result = page.get_by_text("measured: 0.25", exact=True)
    assert not result.is_visible() and not page.locator("#figure-1 img").is_visible()
    box = page.locator("[data-prediction='01.p1']")
    box.get_by_role("button", name="Commit").click()
    assert "choose your answer first" in box.locator("[role=status]").inner_text()
    commit(page, "a", "0.8")
    said = box.locator("[role=status]").inner_text()
    assert said.startswith(
        "You committed: a) training error, 80% sure. You were wrong. The answer: b) validation error."
    )
    assert result.is_visible() and page.get_by_text("On new rows it is 0.2").is_visible()
    page.reload()
    assert result.is_visible()
    assert box.locator("[role=status]").inner_text() == said
    assert box.locator("input").first.is_disabled()
    page.goto(page.url.replace(LESSON, "index.html"))
    assert (
        "1 of 2. You were right in 0 of 1, and on average 80% sure." in page.locator(".ho-tally").inner_text()
    )
    page.get_by_role("button", name="Delete them").click()
    page.go_back()
    page.reload()
    assert not result.is_visible()


def test_a_number_is_scored_within_its_limit(open_site):
    page = open_site(LESSON)
    box = page.locator("[data-prediction='01.p2']")
    field = box.get_by_label("Your answer (rows)")
    field.fill("many")
    box.locator("select").select_option("0.5")
    field.press("Enter")
    assert "write a number" in box.locator("[role=status]").inner_text()
    field.fill("12")
    field.press("Enter")
    assert (
        "You were right. The answer: 10 rows (right means within 2). Ten rows."
        in box.locator("[role=status]").inner_text()
    )


def test_whoever_does_not_want_to_predict_sees_the_result_anyway(open_site):
    page = open_site(LESSON)
    page.get_by_role("button", name="Show it anyway").first.press("Enter")
    assert page.get_by_text("measured: 0.25", exact=True).is_visible()
    assert page.locator("[data-prediction='01.p1'] [role=status]").inner_text() == ""


def test_without_scripts_and_on_paper_nothing_waits(open_site):
    plain = open_site(LESSON, java_script_enabled=False)
    assert plain.get_by_text("measured: 0.25", exact=True).is_visible()
    page = open_site(LESSON)
    page.emulate_media(media="print")
    assert page.get_by_text("measured: 0.25", exact=True).is_visible()
    assert not page.locator(".ho-controls").first.is_visible()


def test_a_page_opened_as_a_file_works_too(chromium, site):
    page = chromium.new_page()
    page.set_default_timeout(120_000)
    page.goto((site / "index.html").as_uri())
    page.locator("#figure-start").get_by_role("slider", name="waves").press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('#figure-start [role=status]').textContent.startsWith('4 waves')"
    )
    page.close()


def test_the_search_finds_a_word_of_a_lesson(open_site):
    page = open_site("search.html?q=glossary")
    page.locator("#search-results li").first.wait_for(timeout=120_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(open_site, site, scheme, width):
    for path in sorted(site.rglob("*.html")):
        page = open_site(path.relative_to(site).as_posix(), width=width, color_scheme=scheme)
        for state in ("fresh", "committed"):
            if state == "committed":
                if not page.locator("[data-prediction='01.p1']").count():
                    continue
                commit(page)
            found = [
                (rule["id"], [node["html"][:200] for node in rule["nodes"]])
                for rule in Axe().run(page).response["violations"]
            ]
            assert found == [], (path.name, state)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_pages_are_light_name_nothing_that_is_missing_and_no_other_host(site):
    for path in site.rglob("*.html"):
        weight = weigh(site, path)
        assert weight.bytes < MOST_PAGE_BYTES and weight.foreign == () and weight.missing == (), weight


def test_formulas_need_no_script(open_site):
    page = open_site(LESSON)
    assert page.locator("math").count() == 2
    assert page.locator("script[src*=mathjax i]").count() == 0


def test_links_lead_to_binder_and_to_the_source(open_site):
    page = open_site(LESSON)
    assert (
        page.get_by_role("link", name="Open in Binder")
        .get_attribute("href")
        .endswith("/main?urlpath=lab/tree/lessons/01-small.ipynb")
    )
    assert page.get_by_role("link", name="Source of this page").is_visible()


def test_a_second_build_executes_nothing_until_the_code_changes(course, site):
    again = build_site(course, site)
    assert again.run == []
    path = course / "lessons" / "01-small.ipynb"
    before = path.read_text()
    text = nbformat.read(path, as_version=4)
    text.cells[0].source = text.cells[0].source.replace("A small lesson", "Another title")
    nbformat.write(text, path)
    assert build_site(course, site).run == []
    assert "Another title" in (site / LESSON).read_text(encoding="utf-8")
    path.write_text(before)
    code = nbformat.read(path, as_version=4)
    code.cells[5].source = "print('measured: 0.26')"
    stale = course / "stale.ipynb"
    nbformat.write(code, stale)
    assert harvest(stale, course, course / "build" / "site-work").fresh
    assert not harvest(path, course, course / "build" / "site-work").fresh


def test_a_warning_of_sphinx_is_an_error_that_names_the_page(course, site):
    page = course / "docs" / "learners.md"
    before = page.read_text()
    try:
        page.write_text(f"{before}\n[gone](nowhere.md)\n")
        with pytest.raises(SiteError, match=r"docs/learners\.md.*nowhere"):
            build_site(course, site)
    finally:
        page.write_text(before)


def test_a_folder_that_holds_something_else_is_left_alone(course, tmp_path):
    (tmp_path / "thesis.txt").write_text("two years of work")
    with pytest.raises(SiteError, match="holds something else than a site"):
        build_site(course, tmp_path)
    with pytest.raises(SiteError, match="holds the course itself"):
        build_site(course, course)
    with pytest.raises(SiteError, match="there is no lesson '7'; there are 01-small"):
        build_site(course, tmp_path / "new", ["7"])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
