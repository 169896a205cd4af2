"""The visual language: roles that stay apart for every eye, labels that can be read and follow their line."""

from itertools import combinations

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from holdout.figures.axes import label_end, label_line, space_out
from holdout.figures.style import (
    BACKGROUND,
    COLORS,
    INK,
    ROLES,
    contrast,
    ink,
    line,
    marked,
    parameters,
    points,
    use,
)

# Machado, Oliveira and Fernandes (2009), severity 1: what dichromats see, on linear RGB
EYES = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


def lab(color, eye):
    """CIE L*a*b* of a colour as one eye sees it."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(EYES[eye]) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
def test_any_two_roles_are_apart_for_every_eye(eye):
    for one, other in combinations(COLORS, 2):
        distance = np.linalg.norm(lab(COLORS[one], eye) - lab(COLORS[other], eye))
        # 2.3 is just noticeable (Mahy et al. 1994); six times that is told apart without a second look
        assert distance > 6 * 2.3, (one, other, distance)


def test_colour_never_stands_alone():
    assert list(ROLES) == ["train", "validation", "test", "truth", "leak", "neutral", "accent"]
    for what in ("color", "marker", "linestyle"):
        assert len({str(look[what]) for look in ROLES.values()}) == len(ROLES), what


@pytest.mark.parametrize("role", ROLES)
def test_curves_can_be_seen_and_labels_read_on_the_paper(role):
    assert contrast(COLORS[role]) >= 3
    assert contrast(ink(COLORS[role])) >= 4.5


def test_contrast_is_that_of_the_standard():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#777777", "white") == pytest.approx(
        4.48, abs=0.005
    )  # the well-known grey that just fails


def test_a_role_gives_the_arguments_of_a_curve_of_points_and_of_both():
    assert line("train") == {"color": "#0072B2", "linestyle": "-"}
    assert points("train") == {"color": "#0072B2", "marker": "o"}
    assert marked("train") == {"color": "#0072B2", "marker": "o", "linestyle": "-"}
    with pytest.raises(ValueError, match="There is no role 'training'; the roles are train, validation"):
        line("training")


def test_use_sets_the_style_and_the_figure_brings_its_own_background():
    with matplotlib.rc_context({"axes.spines.top": True, "figure.facecolor": "none"}):
        use()
        assert matplotlib.rcParams["axes.spines.top"] is False
        assert contrast(matplotlib.rcParams["figure.facecolor"], "white") == 1
    text_sizes = [
        size
        for name, size in parameters().items()
        if name.endswith(("font.size", "titlesize", "labelsize", "fontsize"))
    ]
    assert len(text_sizes) == 7 and min(text_sizes) >= 9.5


def test_the_style_sheet_and_the_roles_agree():
    assert len(parameters()) == 38
    cycle = list(parameters()["axes.prop_cycle"])
    assert cycle == [{"color": look["color"], "linestyle": look["linestyle"]} for look in ROLES.values()]
    assert parameters()["figure.facecolor"] == parameters()["axes.facecolor"] == BACKGROUND
    assert parameters()["text.color"] == parameters()["axes.labelcolor"] == INK


@pytest.mark.parametrize("wanted", [[0, 1, 2], [0, 0, 0], [0, 10, 10.5, 20], [0, 0.2, 0.4, 5, 5.1], [3]])
def test_labels_move_as_little_as_possible_to_be_apart(wanted):
    placed = space_out(wanted, gap=1)
    assert np.all(np.diff(placed) >= 1 - 1e-12)
    assert np.mean(placed) == pytest.approx(np.mean(wanted))  # a group moves about its own centre
    apart = np.all(np.diff(wanted) >= 1)
    assert (placed == pytest.approx(wanted)) == apart


def drawn(*curves):
    figure = Figure((7, 4), dpi=100)
    canvas = FigureCanvasAgg(figure)
    ax = figure.subplots()
    ax.set(xlim=(0, 2), ylim=(0, 1))
    return canvas, ax, [ax.plot([0, 1], curve)[0] for curve in curves]


def centre(label, canvas):
    box = label.get_window_extent(canvas.get_renderer())
    return (box.y0 + box.y1) / 2


def test_an_end_label_stands_right_of_the_last_point_and_follows_its_line():
    canvas, ax, (curve,) = drawn([0.2, 0.5])
    label = label_end(ax, curve, "curve")
    for height in (0.5, 0.8):
        curve.set_ydata([0.2, height])
        canvas.draw()
        right, level = ax.transData.transform((1, height))
        box = label.get_window_extent(canvas.get_renderer())
        assert right < box.x0 < right + 15
        assert box.y0 < level < box.y1


def test_end_labels_make_room_for_each_other_and_stay_in_order():
    canvas, ax, curves = drawn([0, 0.50], [0, 0.51], [0, 0.49])
    labels = [label_end(ax, curve, f"curve {i}") for i, curve in enumerate(curves)]
    canvas.draw()
    boxes = [label.get_window_extent(canvas.get_renderer()) for label in labels]
    assert boxes[2].y1 <= boxes[0].y0 + 1 and boxes[0].y1 <= boxes[1].y0 + 1
    assert labels[0].follows == curves


def test_an_end_label_skips_missing_points_and_stays_inside_the_axes():
    canvas, ax, (curve,) = drawn([0.2, 0.5])
    label = label_end(ax, curve, "curve")
    curve.set_data([0, 1, 2], [0.3, 7.0, np.nan])
    canvas.draw()
    assert centre(label, canvas) <= ax.bbox.y1 + 1
    curve.set_data([0, 1], [np.nan, np.nan])
    canvas.draw()  # nothing to label: nothing drawn, nothing raised


def test_a_line_label_stands_above_its_line_between_two_points():
    canvas, ax, (curve,) = drawn([0.2, 0.6])
    label = label_line(ax, curve, "curve", x=0.5)
    canvas.draw()
    _, level = ax.transData.transform((0.5, 0.4))
    box = label.get_window_extent(canvas.get_renderer())
    assert level < (box.y0 + box.y1) / 2 < level + 25
    assert label.get_color() == ink(curve.get_color())
