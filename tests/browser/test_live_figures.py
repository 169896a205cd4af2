"""A live figure in JupyterLab: keyboard, mouse, errors, pages without a kernel, accessibility."""

import hashlib
import io

import pytest
from lab_page import (
    NARROW,
    WIDE,
    axe,
    drag_to,
    pixels,
    press,
    readout,
    run_all,
    set_theme,
    set_width,
    settle,
    shoot_every_figure,
    shut_down_kernel,
    slider,
    stage_of,
    wait_for_readout,
    write_notebook,
)
from PIL import Image

pytestmark = pytest.mark.browser

SETUP = """
import numpy as np
from holdout.figures.stage import Stage
from holdout.figures.axes import label_end
from holdout.figures.style import line, points

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(0, 1, 60))
y = np.sin(2 * np.pi * x) + rng.normal(0, 0.25, 60)
grid = np.linspace(0, 1, 200)
"""
LIVE = """
stage = Stage(alt="60 noisy points and a fitted polynomial")
stage.ax.scatter(x, y, s=22, **points("train"))
(curve,) = stage.ax.plot(grid, 0 * grid, **line("validation"))
label_end(stage.ax, curve, "fit")
stage.ax.set(ylim=(-2, 2), xlabel="x", ylabel="y")

@stage.live(degree=(0, 15), zoom=(0.5, 2.0, 0.5), start={"degree": 3, "zoom": 1.0})
def explore(degree, zoom):
    if degree == 0:
        raise ValueError("degree <0> has no curve")
    curve.set_ydata(np.polyval(np.polyfit(x, y, degree), grid))
    stage.ax.set_ylim(-2 * zoom, 2 * zoom)
    stage.ax.set_title(f"degree {degree}")
    return f"degree {degree}, zoom {zoom:.1f}: curve of {degree + 1} coefficients"

explore
"""
FLIPBOOK = """
book = Stage(alt="A sine wave", size=(6, 3))
(wave,) = book.ax.plot(grid, grid, **line("truth"))
book.ax.set(ylim=(-2.2, 2.2), xlabel="time", ylabel="height")

@book.flipbook(waves=(1, 4), height=(0.5, 2.0, 0.5), start={"waves": 2, "height": 1.0})
def turn(waves, height):
    wave.set_ydata(height * np.sin(2 * np.pi * waves * grid))
    return f"{waves} waves of height {height:.1f}"

turn
"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return write_notebook(tmp_path_factory.mktemp("lesson") / "stage.ipynb", SETUP, LIVE, FLIPBOOK)


@pytest.fixture(scope="module")
def opened(open_notebook_once, lesson):
    return open_notebook_once(lesson)


@pytest.fixture
def page(opened):
    """The notebook, run afresh: every figure at its start, the window wide, the theme light."""
    set_theme(opened, "light")
    set_width(opened, WIDE)
    run_all(opened)
    yield opened
    assert opened.errors == []


def test_arrow_keys_move_the_picture_there_and_back(page):
    first = pixels(page)
    press(page, "degree", "ArrowRight")
    wait_for_readout(page, "degree 4")
    moved = pixels(page)
    press(page, "degree", "ArrowLeft")
    wait_for_readout(page, "degree 3")
    assert pixels(page) == first != moved


def drawn(code, name, **values):
    """Hash of the pixels that a figure draws for these values, in this process and without a page."""
    kernel = {}
    exec(SETUP + code.rpartition("\n\n")[0], kernel)
    picture = Image.open(io.BytesIO(kernel[name].frame(**values).picture))
    return hashlib.sha1(picture.convert("RGBA").tobytes()).hexdigest()


def test_the_page_shows_exactly_the_pixels_that_the_kernel_draws(page):
    press(page, "degree", "ArrowRight")
    wait_for_readout(page, "degree 4")
    assert pixels(page) == drawn(LIVE, "explore", degree=4, zoom=1.0)
    press(page, "waves", "End", stage=1)
    wait_for_readout(page, "4 waves of height 1.0", stage=1)
    assert pixels(page, stage=1) == drawn(FLIPBOOK, "turn", waves=4, height=1.0)


def test_mouse_drags_a_slider_to_its_end(page):
    first = pixels(page)
    drag_to(page, "degree", "max")
    wait_for_readout(page, "degree 15")
    assert slider(page, "degree").get_attribute("aria-valuenow") == "15.0"
    assert pixels(page) != first


def test_an_error_is_told_in_the_cell_marks_the_picture_and_goes_away_with_the_next_good_value(page):
    press(page, "degree", "ArrowLeft")
    wait_for_readout(page, "degree 2")
    good = pixels(page)
    press(page, "degree", "Home")
    wait_for_readout(page, "ValueError: degree <0> has no curve")
    assert "The picture still shows degree=2, zoom=1.0." in readout(page)
    assert pixels(page) == good
    stage = stage_of(page)
    assert stage.locator("img.holdout-stale").count() == 1
    stage.locator("summary").click()
    assert "raise ValueError" in stage.locator("details pre").inner_text()
    assert axe(page) == []
    press(page, "degree", "ArrowRight", "ArrowRight")
    wait_for_readout(page, "degree 2")
    assert pixels(page) == good
    assert stage.locator("img.holdout-stale, details").count() == 0


def test_new_limits_repaint_the_axes_and_old_limits_bring_the_same_picture_back(page):
    first = pixels(page)
    press(page, "zoom", "End")
    wait_for_readout(page, "zoom 2.0")
    wide = pixels(page)
    press(page, "zoom", "ArrowLeft", "ArrowLeft")
    wait_for_readout(page, "zoom 1.0")
    assert pixels(page) == first != wide


def test_a_flipbook_turns_in_the_browser_after_the_kernel_has_been_shut_down(open_notebook, lesson):
    page = open_notebook(lesson)
    run_all(page)
    first = pixels(page, stage=1)
    assert readout(page, stage=1) == "2 waves of height 1.0"
    shut_down_kernel(page)
    press(page, "waves", "ArrowRight", stage=1)
    wait_for_readout(page, "3 waves of height 1.0", stage=1)
    press(page, "height", "End", stage=1)
    wait_for_readout(page, "3 waves of height 2.0", stage=1)
    assert pixels(page, stage=1) != first
    press(page, "waves", "ArrowLeft", stage=1)
    press(page, "height", "ArrowLeft", "ArrowLeft", stage=1)
    wait_for_readout(page, "2 waves of height 1.0", stage=1)
    assert pixels(page, stage=1) == first
    assert page.errors == []


def test_a_screen_reader_hears_names_values_and_what_the_picture_shows(page):
    live = stage_of(page).aria_snapshot()
    assert 'slider "degree"' in live
    assert (
        'img "60 noisy points and a fitted polynomial. degree 3, zoom 1.0: curve of 4 coefficients."' in live
    )
    assert 'status: "degree 3, zoom 1.0: curve of 4 coefficients"' in live
    press(page, "waves", "ArrowRight", stage=1)
    wait_for_readout(page, "3 waves", stage=1)
    settle(page)
    assert 'img "A sine wave. 3 waves of height 1.0."' in stage_of(page, 1).aria_snapshot()
    assert slider(page, "waves", stage=1).get_attribute("aria-valuetext") == "3"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_outputs_have_no_accessibility_violation_in_either_theme_at_either_width(page, theme):
    set_theme(page, theme)
    for width in (WIDE, NARROW):
        set_width(page, width)
        assert axe(page) == [], (theme, width)


def test_a_figure_is_never_wider_than_its_page_and_its_labels_are_not_cut(page):
    set_width(page, NARROW)
    for number in (0, 1):
        area = page.locator(".jp-OutputArea-output:has(.holdout-stage)").nth(number).bounding_box()
        picture = stage_of(page, number).locator("img.widget-image").bounding_box()
        assert picture["x"] + picture["width"] <= area["x"] + area["width"]
        for label in stage_of(page, number).locator(".widget-label").all():
            assert label.evaluate("node => node.scrollWidth <= node.clientWidth"), label.inner_text()


def test_every_figure_is_shot_at_both_ends_of_every_slider(page, tmp_path):
    names = [path.stem for path in shoot_every_figure(page, tmp_path)]
    assert names == [
        "figure-1-start",
        *(f"figure-1-{name}-{end}" for name in ("degree", "zoom") for end in ("min", "max")),
        "figure-2-start",
        *(f"figure-2-{name}-{end}" for name in ("waves", "height") for end in ("min", "max")),
    ]
    assert readout(page, 0).startswith("degree 3, zoom 1.0")
