"""What the axes of several figures share: percent ticks, and direct labels (spaced so that none covers another).

Not for colours, which are in style, and not for what a figure shows, which is the topic's.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import PercentFormatter
from scipy.optimize import isotonic_regression

from holdout.figures.style import BACKGROUND, COLORS, ink

# The box of a text that lies over lines, so that none of them strikes it through: ax.text(..., bbox=TEXT_BOX).
TEXT_BOX = {"facecolor": BACKGROUND, "edgecolor": "none", "pad": 1.0}


def percent_ticks(*axes: Axis, decimals: int = 0) -> None:
    """Write shares at the ticks as percentages: 0.25 as "25%".

    Parameters
    ----------
    *axes : matplotlib.axis.Axis
        Such as ``ax.yaxis``.
    decimals : int
        Digits after the point.
    """
    for axis in axes:
        axis.set_major_formatter(PercentFormatter(1, decimals=decimals, symbol="%"))


def padded_ticks(axis: Axis, width: int) -> None:
    """Give the numbers at the ticks at least this width, so that the names beside them fit for every range of a live figure.

    A figure is laid out once, with the ticks of its first picture.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Such as ``ax.yaxis``.
    width : int
        Characters of the widest number: 4 for "−300".
    """
    axis.set_major_formatter(functools.partial(_padded, width=width))


def _padded(value, place, width):
    return f"{value:>{width}g}".replace(" ", "\u2007").replace("-", "−")


def bold(role: str) -> dict[str, Any]:
    """Keyword arguments of a text that names what is drawn in a role: ``ax.text(x, y, name, **bold("train"))``.

    Parameters
    ----------
    role : str
        A key of ``holdout.figures.style.COLORS``.

    Returns
    -------
    dict
        ``color``, dark enough to be read, and ``weight``.
    """
    return {"color": ink(COLORS[role]), "weight": "bold"}


class LineLabel(Text):
    """A text that stays with its line when the line moves. Made by ``label_end`` and ``label_line``."""

    def __init__(self, target, text, at, **text_properties):
        properties = {
            "color": ink(target.get_color()),
            "fontsize": 10.5,
            "fontweight": "bold",
            "va": "center",
        }
        super().__init__(0, 0, text, **(properties | text_properties))
        self.target = target
        self.at = at

    @property
    def follows(self) -> list:
        """The lines that move this label: its own, and those whose end labels it must make room for."""
        if self.at is not None:
            return [self.target]
        return [label.target for label in self._end_labels()]

    def _end_labels(self):
        return [a for a in self.axes.texts if isinstance(a, LineLabel) and a.at is None and a.get_visible()]

    def _anchor(self):
        """Where the label belongs, in pixels of the axes' figure; None when the line has no finite point."""
        x, y = (
            np.ma.filled(np.ma.asarray(part, dtype=float), np.nan)
            for part in self.target.get_data(orig=False)
        )
        finite = np.isfinite(x) & np.isfinite(y)
        if not finite.any():
            return None
        x, y = x[finite], y[finite]
        if self.at is None:
            point = x[-1], y[-1]
        else:
            order = np.argsort(x, kind="stable")
            point = self.at, np.interp(self.at, x[order], y[order])
        right, high = self.target.get_transform().transform(point)
        box = self.axes.bbox
        return float(np.clip(right, box.x0, box.x1)), float(np.clip(high, box.y0, box.y1))

    def _move_to_anchor(self):
        anchor = self._anchor()
        if anchor is None or not self.get_visible():
            return False
        pixel = self.get_figure(root=True).dpi / 72
        right, high = anchor
        if self.at is None:
            high = self._spaced_heights()[self]
            right += 6 * pixel
        else:
            high += 0.9 * self.get_fontsize() * pixel
        self.set_transform(self.axes.transData)
        # Text stores data coordinates, so the pixels go back through the inverse of the present limits
        self._x, self._y = self.axes.transData.inverted().transform((right, high))
        return True

    def _spaced_heights(self):
        """Heights of all end labels of these axes, in pixels, pushed apart so that none covers another."""
        anchors = [(label, label._anchor()) for label in self._end_labels()]
        anchors = [(label, anchor[1]) for label, anchor in anchors if anchor is not None]
        labels, wanted = zip(*sorted(anchors, key=lambda pair: pair[1]), strict=True)
        pixel = self.get_figure(root=True).dpi / 72
        gap = 1.25 * pixel * max(label.get_fontsize() for label in labels)
        return dict(zip(labels, space_out(wanted, gap), strict=True))

    def draw(self, renderer: Any) -> None:
        if self._move_to_anchor():
            super().draw(renderer)
        self.stale = False

    def get_tightbbox(self, renderer: Any = None) -> Any:
        # first to its place: a text that still lies at 0 is outside a logarithmic axis, and the layout would leave it no room
        self._move_to_anchor()
        return super().get_tightbbox(renderer)

    def get_window_extent(self, renderer: Any = None, dpi: float | None = None) -> Any:
        self._move_to_anchor()
        return super().get_window_extent(renderer, dpi)


def space_out(wanted: Sequence[float], gap: float) -> list[float]:
    """Move sorted positions as little as possible until neighbours are at least ``gap`` apart.

    Parameters
    ----------
    wanted : sequence of float, ascending
        Where each would like to be.
    gap : float
        Smallest allowed distance between neighbours, in the same unit.

    Returns
    -------
    list of float
        The least-squares solution: isotonic regression of ``wanted[i] - i * gap``, so positions that clash share the
        mean of what they wanted.
    """
    gaps = gap * np.arange(len(wanted))
    return (isotonic_regression(np.asarray(wanted) - gaps).x + gaps).tolist()


def label_end(ax: Axes, target: Line2D, text: str, **text_properties: object) -> LineLabel:
    """Write a curve's name at its last point instead of in a legend. The label follows the curve.

    Several end labels in the same axes make room for each other.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    target : matplotlib.lines.Line2D
        The curve; its last finite point is labelled.
    text : str
    **text_properties
        Passed to ``matplotlib.text.Text``, for example ``fontsize``.

    Returns
    -------
    LineLabel
    """
    return _add_label(ax, LineLabel(target, text, None, **({"ha": "left"} | text_properties)))


def label_line(ax: Axes, target: Line2D, text: str, x: float, **text_properties: object) -> LineLabel:
    """Write a curve's name just above it, at ``x``. The label follows the curve.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    target : matplotlib.lines.Line2D
        The curve; between its points the height is interpolated linearly.
    text : str
    x : float
        Where along the horizontal axis, in data units.
    **text_properties
        Passed to ``matplotlib.text.Text``, for example ``fontsize``.

    Returns
    -------
    LineLabel
    """
    return _add_label(ax, LineLabel(target, text, float(x), **({"ha": "center"} | text_properties)))


def _add_label(ax, label):
    ax.add_artist(label)
    label.set_clip_on(False)
    return label
