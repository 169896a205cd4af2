"""Drawings of lesson 01 survive what sliders can ask of them, and say with words what they show."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from holdout.topics.overfitting import figures as views
from holdout.topics.overfitting.experiments import (
    Curve,
    ErrorDecomposition,
    optimism_published,
    optimism_studies,
)


@pytest.fixture
def ax():
    return Figure().subplots()


def words(ax):
    ax.figure.canvas.draw()
    return {text.get_text() for text in ax.texts}


def curve(validation, floor=0.1):
    scores = np.full((2, 3), 0.05)
    return Curve(np.array([20, 40]), scores, np.asarray(validation, dtype=float), 10, floor)


def test_a_learning_curve_names_its_lines_where_they_end(ax):
    views.draw_learning_curve(ax, curve([[0.3, 0.4, 0.5], [0.2, 0.2, 0.3]]))
    assert words(ax) == {"training", "validation", "noise floor"}


def test_without_a_known_floor_none_is_drawn(ax):
    views.draw_learning_curve(ax, curve([[0.3, 0.4, 0.5], [0.2, 0.2, 0.3]], floor=None))
    assert words(ax) == {"training", "validation"}


def test_a_band_wider_than_its_mean_stays_on_the_logarithmic_axis(ax):
    views.draw_learning_curve(ax, curve([[0.1, 0.1, 900.0], [0.2, 0.2, 0.3]]))
    lowest = min(band.get_paths()[0].vertices[:, 1].min() for band in ax.collections)
    assert lowest > 0


def test_bars_far_beyond_the_axis_still_carry_their_number(ax):
    views.draw_parts(ax, ErrorDecomposition(noise=0.09, squared_bias=0.2, variance=123.0))
    assert words(ax) == {"0.090", "0.200", "over 10"}
    for text in ax.texts:
        assert 0 <= text.get_position()[0] <= ax.get_xlim()[1]


def test_a_slightly_negative_squared_bias_is_drawn_as_none(ax):
    views.draw_parts(ax, ErrorDecomposition(noise=0.09, squared_bias=-0.001, variance=0.01))
    assert all(bar.get_width() >= 0 for bar in ax.patches)


def test_shares_of_validation_sets_add_up_even_beyond_the_axis(ax):
    views.draw_differences(ax, np.array([-5.0, -0.01, 0.01, 0.02, 7.0]), 0.01, most=0.06)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)


def test_optimism_bars_carry_what_was_measured(ax):
    studies = optimism_studies(50, 20, 1.0, 20, np.random.default_rng(0))
    views.draw_optimism(ax, studies, optimism_published(50, 20, 1.0, 20))
    assert f"{studies.training.mean():.2f}" in words(ax)


def test_the_choice_and_its_real_cost_are_marked(ax):
    costs = {"training": [50, 40, 10], "validation": [50, 45, 60], "real": [51, 46, 58]}
    views.draw_costs(ax, [2, 16, 512], costs, ideal=41, none=55)
    marked = {(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if len(line.get_xdata()) == 1}
    assert marked == {(512, 10), (16, 45)}
    # the second choice costs what it promised, to within the size of its marker: no arrow
    arrows = {(*note.xyann, *note.xy) for note in ax.texts if getattr(note, "arrow_patch", None)}
    assert arrows == {(512, 10, 512, 58)}


def test_axes_fit_what_is_drawn(ax):
    """An axis that served every state of a slider would leave most of one state empty."""
    views.draw_learning_curve(ax, curve([[0.3, 0.4, 0.5], [0.2, 0.2, 0.3]]))
    low, high = ax.get_ylim()
    assert 0.03 < low < 0.05 and 0.5 < high < 0.7
    assert ax.get_xlim()[1] < 45  # room for names lies outside
    few = curve([[0.19, 0.20, 0.21], [0.17, 0.18, 0.17]], floor=None)
    few = Curve(few.train_sizes, few.train_scores + 0.1, few.validation_scores, 10)
    ax.clear()
    views.draw_learning_curve(ax, few, logarithmic=False, reference=("no model", 0.184))
    assert ax.get_ylim()[0] > 0.1
    assert "no model" in words(ax)


def test_the_degree_that_is_shown_is_marked_on_both_lines(ax):
    views.draw_two_numbers(ax, [1, 2, 3], [0.5, 0.3, 0.1], [0.6, 0.2, 0.9], 0.09, degree=2)
    marked = {(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if len(line.get_xdata()) == 1}
    assert marked == {(2, 0.3), (2, 0.2)}
