"""Drawings of lesson 11 show what they are given: first alarms, harm by name, and nothing that the watcher cannot know."""

import matplotlib.figure
import numpy as np
import pytest
from matplotlib.collections import PathCollection

from holdout.figures.operating import draw_operating
from holdout.topics.canary.figures import draw_damage, draw_incident, draw_looks, draw_power, draw_watch


@pytest.fixture
def axes():
    return matplotlib.figure.Figure().subplots(1, 3)


def words(ax):
    return " ".join(text.get_text() for text in ax.texts)


def test_only_the_first_alarm_of_a_path_is_marked(axes):
    walks = np.array([[0.0, 2.5, 2.6, 0.0], [0.0, 0.1, 0.2, 0.3], [-2.1, 0.0, 0.0, -2.2]])
    draw_looks(axes[0], walks, 2.0)
    marks = [c for c in axes[0].collections if isinstance(c, PathCollection)][-1]
    assert marks.get_offsets().tolist() == [[2.0, 2.5], [1.0, -2.1]]


def test_one_look_still_shows_the_quiet_quarters(axes):
    draw_looks(axes[0], np.array([[0.5], [3.0]]), 2.0)
    clouds = [c for c in axes[0].collections if isinstance(c, PathCollection)]
    assert [c.get_offsets().tolist() for c in clouds] == [[[1.0, 0.5]], [[1.0, 3.0]]]


@pytest.mark.parametrize("served", [None, [(0, 40, "same", False), (40, 91, "4 bits", True)]])
def test_what_is_in_service_is_hidden_until_it_is_given(axes, served):
    statistics = np.zeros((91, 2))
    draw_watch(axes[:2], statistics, ("facts", "reading"), 2.0, [(50, True), (20, False)], served=served)
    assert {"facts", "reading", "found", "false"} <= set(words(axes[0]).split())
    assert ("4 bits, harmful" in words(axes[1])) == (served is not None)
    assert ("Nobody tells you" in words(axes[1])) == (served is None)


def test_a_statistic_beyond_the_axis_is_drawn_at_its_edge(axes):
    draw_watch(axes[:2], np.array([[0.0], [40.0]]), ("facts",), 2.0, [])
    low, high = axes[0].get_ylim()
    assert low < max(axes[0].lines[0].get_ydata()) < high


def test_losses_gains_and_neither_differ_in_marker_and_not_in_colour_alone(axes):
    change = np.array([-0.2, 0.2, 0.0])
    draw_damage(axes[0], ["a", "b", "c"], change, change - 0.05, change + 0.05, change, 0.05)
    clouds = [c for c in axes[0].collections if isinstance(c, PathCollection) and len(c.get_offsets()) == 1]
    paths = {cloud.get_paths()[0].vertices.tobytes() for cloud in clouds}
    assert len(paths) == 3


def test_losses_of_a_slice_have_a_minus_sign_on_the_axis(axes):
    change = np.array([-0.10])
    draw_damage(axes[0], ["a"], change, change - 0.05, change + 0.05, change, 0.05)
    assert axes[0].xaxis.get_major_formatter()(-0.05) == "−5 points"


def test_the_chosen_number_of_questions_lies_on_both_curves(axes):
    sizes = np.array([50, 500, 5000])
    draw_power(axes[0], sizes, np.array([0.1, 0.3, 0.9]), np.array([0.2, 0.7, 1.0]), 500)
    assert [c.get_offsets().tolist() for c in axes[0].collections] == [[[500.0, 0.3]], [[500.0, 0.7]]]


def test_the_cheapest_threshold_is_named(axes):
    limits = np.array([1.0, 2.0, 3.0])
    draw_operating(
        axes,
        limits,
        np.array([2.0, 0.5, 0.0]),
        np.array([1.0, 4.0, 9.0]),
        np.array([9.0, 5.0, 7.0]),
        1.0,
        2.0,
        label="threshold of z",
    )
    assert "cheapest" in words(axes[2])


def test_the_figure_names_every_event():
    ax = matplotlib.figure.Figure().subplots()
    draw_incident(
        ax, np.arange(91), np.arange(91) // 10, [(40, "v4 comes into service"), (70, "alarm")], "reading"
    )
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["day 40: v4 comes into service", "day 70: alarm"]
    assert "reading" in ax.get_ylabel()
