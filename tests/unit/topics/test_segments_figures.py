"""Drawings of lesson 03 do not depend on the ones before, and say with words what they show."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from holdout.figures.reliability import draw_reliability
from holdout.figures.stage import Stage
from holdout.stats.calibration import reliability_table
from holdout.topics.segments import figures as views
from holdout.topics.segments.experiments import TOO_FEW, UNCLEAR, gap_report, segment_report

SIZES = [5, 10, 20]
STEPS = np.linspace(0, 0.8, 9)
FINE = np.geomspace(0.25, 8, 9)


def report(k):
    rng = np.random.default_rng(k)
    return segment_report(["a"] * 40 + ["b"] * 60 + ["c"] * 3, rng.integers(0, 2, 103), minimum=10, bar=0.5)


def gaps(k):
    rng = np.random.default_rng(k)
    names = rng.choice(list("abcdefghijklmn"), 900)
    return gap_report(names, rng.integers(0, 2, 900), rng.random(900), minimum=40)


def limits(k):
    low = np.random.default_rng(k).random((8, 1)) / 2
    return np.hstack([low, low + 0.3])


DRAWINGS = {
    "draw_many_intervals": (1, lambda ax, k: views.draw_many_intervals(ax, limits(k), limits(k).mean(axis=1), 0.4)),
    "draw_coverage": (1, lambda ax, k: views.draw_coverage(ax, SIZES, [0.5 + k / 100, 0.7, 0.9], [0.94, 0.95, 0.96], 10, 0.95)),
    "draw_segments": (1, lambda ax, k: views.draw_segments(ax, report(k), 0.5, "rate")),
    "draw_gaps": (1, lambda ax, k: views.draw_gaps(ax, gaps(k))),
    "draw_simpson": (
        1, lambda ax, k: views.draw_simpson(
            ax, ["A", "B"], np.array([[0.2, 0.4], [0.5, 0.6]]), np.array([[0.1 * k, 0.5], [1 - 0.1 * k, 0.5]]), np.array([0.1 * k, 0.3]))),
    "draw_ece": (1, lambda ax, k: views.draw_ece(ax, SIZES, np.full((3, 3), 0.02 + k / 100), [0.02, 0.03, 0.04], 10)),
    "draw_temperature": (
        2, lambda axes, k: views.draw_temperature(axes, FINE, {"train": FINE / 8, "validation": FINE / 6}, 1 - FINE / 20, 0.9, FINE[k])),
    "draw_threshold": (
        1, lambda ax, k: views.draw_threshold(
            ax, STEPS, {"model": 1500 + 90 * k + (STEPS - 0.3) ** 2 * 1000}, {"model": "test"}, 1800, {"by cost": 0.3, "0.5": 0.5})),
}  # fmt: skip


def test_every_figure_is_drawn_here():
    assert {name for name in vars(views) if name.startswith("draw_")} == set(DRAWINGS)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_does_not_depend_on_the_ones_before(name):
    n_axes, draw = DRAWINGS[name]
    stage = Stage(alt="A figure", size=(5 * n_axes, 4), ncols=n_axes)
    axes = stage.axes if n_axes > 1 else stage.ax
    pixels = []
    for position in (6, 2, 6):
        stage.painter.change(lambda position=position: draw(axes, position))
        pixels.append(np.array(stage.painter.paint()))
    assert not np.array_equal(pixels[0], pixels[1])
    np.testing.assert_array_equal(pixels[0], pixels[2])


def words(ax):
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.texts]


def seen(ax):
    return [text.get_text() for text in ax.texts if text.get_alpha() != 0]


def test_each_segment_has_its_verdict_in_words_outside_the_data():
    ax = Figure().subplots()
    views.draw_segments(ax, report(1), 0.5, "rate", limits=(0, 0.9), counted="late")
    assert seen(ax)[1:] == list(report(1)["verdict"]) and TOO_FEW in seen(ax)
    assert ax.get_xlim() == (0, 0.9)
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "c (3 late)"


def test_gaps_name_only_what_is_off_and_leave_out_refused_segments():
    ax = Figure().subplots()
    table = gaps(3)
    views.draw_gaps(ax, table, most=5)
    shown = table[table["verdict"] != TOO_FEW].head(5)
    assert sorted(seen(ax)) == sorted(verdict for verdict in shown["verdict"] if verdict != UNCLEAR)
    assert len(ax.get_yticks()) == 5
    low, high = ax.get_xlim()
    assert low == -high and high >= shown["high"].max() and low <= shown["low"].min()


def test_costs_above_the_axis_are_left_out_and_the_marks_are_named():
    ax = Figure().subplots()
    costs = np.array([9000.0, 1600, 1500, 1510, 1530, 1560, 1600, 1650, 1700])
    views.draw_threshold(
        ax, STEPS, {"model": costs}, {"model": "test"}, 1800, {"by cost: 0.30": 0.3, "0.5": 0.5}
    )
    low, high = ax.get_ylim()
    assert low < 1500 and 1800 < high < 2000
    assert {"model", "no upgrades", "by cost: 0.30", "0.5"} <= set(words(ax))


def test_a_fitted_reliability_diagram_ends_where_its_intervals_end():
    ax = Figure().subplots()
    table = reliability_table(np.arange(200) % 5 == 0, np.full(200, 0.2), bins=10, strategy="equal_mass")
    draw_reliability(ax, pd.DataFrame(table), show_rows=False, fit=True)
    assert table["high"].max() < ax.get_xlim()[1] < 0.4 and ax.get_xlim() == ax.get_ylim()
