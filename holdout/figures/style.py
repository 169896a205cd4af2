"""One visual language for every figure: roles with their colour, marker and line style, and direct labels.

Importing this module applies it (``use``). It draws nothing by itself and knows no lesson and no widget.

A role is what a thing *is*, never how it should look: training data are ``"train"`` in lesson 1 and in
lesson 14. Each role differs from the others in colour, in marker and in line style, so that no figure needs
colour to be understood. The colours start from Okabe and Ito (2008, https://jfly.uni-koeln.de/color/); leak
and accent were chosen so that any two roles stay apart under the three dichromacies as well (the unit tests
compute the distances).
"""

import matplotlib
import numpy as np
from matplotlib.colors import to_hex, to_rgb

from holdout.figures import tables

ROLES = {
    "train": {"color": "#0072B2", "marker": "o", "linestyle": "-"},
    "validation": {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    "test": {"color": "#009E73", "marker": "D", "linestyle": "-."},
    "truth": {"color": "#1A1A1A", "marker": "+", "linestyle": ":"},
    "leak": {
        "color": "#9C2F7F",
        "marker": "X",
        "linestyle": (0, (6, 1.5, 1, 1.5, 1, 1.5)),
    },
    "neutral": {"color": "#6B6B6B", "marker": ".", "linestyle": (0, (1, 3))},
    "accent": {"color": "#7A4B00", "marker": "^", "linestyle": (0, (9, 2.5))},
}
COLORS = {role: look["color"] for role, look in ROLES.items()}

BACKGROUND = "#FFFFFF"
INK = "#262626"
_QUIET = "#8A8A8A"

RC = {
    # the figure carries its own paper, so it reads the same on a light and on a dark page
    "figure.facecolor": BACKGROUND,
    "axes.facecolor": BACKGROUND,
    "savefig.facecolor": BACKGROUND,
    "figure.figsize": (7.0, 4.0),
    "figure.dpi": 100,
    # sizes chosen for a 700 px wide figure: the smallest text is 13 px there, 10 px in a narrow Binder tab
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "axes.labelsize": 10.5,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 10,
    "text.color": INK,
    "axes.titlecolor": INK,
    "axes.labelcolor": INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.edgecolor": _QUIET,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    # no chart junk: two spines, no grid, no box round the legend
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": "#E3E3E3",
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "lines.markersize": 6,
    "lines.dash_capstyle": "butt",
    "scatter.marker": "o",
    "image.cmap": "cividis",
    "axes.prop_cycle": matplotlib.cycler(color=list(COLORS.values()))
    + matplotlib.cycler(linestyle=[look["linestyle"] for look in ROLES.values()]),
}


def use():
    """Apply the style to every figure and table made from now on."""
    matplotlib.rcParams.update(RC)
    tables.use()


def _look(role):
    try:
        return ROLES[role]
    except KeyError:
        raise ValueError(f"There is no role {role!r}; the roles are {', '.join(ROLES)}.") from None


def line(role):
    """Keyword arguments that draw a curve in a role: ``ax.plot(x, y, **line("train"))``.

    Parameters
    ----------
    role : str
        A key of ``ROLES``.

    Returns
    -------
    dict
        ``color`` and ``linestyle``.
    """
    look = _look(role)
    return {"color": look["color"], "linestyle": look["linestyle"]}


def marked(role):
    """Keyword arguments for a curve through few points: as ``line``, with the role's marker.

    Parameters
    ----------
    role : str
        A key of ``ROLES``.

    Returns
    -------
    dict
        ``color``, ``linestyle`` and ``marker``.
    """
    return dict(_look(role))


def points(role):
    """Keyword arguments for a cloud of points: ``ax.scatter(x, y, **points("train"))``.

    Parameters
    ----------
    role : str
        A key of ``ROLES``.

    Returns
    -------
    dict
        ``color`` and ``marker``.
    """
    look = _look(role)
    return {"color": look["color"], "marker": look["marker"]}


def contrast(color, background=BACKGROUND):
    """Contrast ratio of two colours, from 1 (equal) to 21 (black on white).

    Parameters
    ----------
    color, background : matplotlib colour

    Returns
    -------
    float
        As defined by WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Text needs 4.5, a curve 3.
    """

    def luminance(any_color):
        rgb = np.array(to_rgb(any_color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted([luminance(color), luminance(background)])
    return (high + 0.05) / (low + 0.05)


def ink(color):
    """The same hue, darkened until it can be read as text on the figure's background (contrast 4.5 or more).

    Parameters
    ----------
    color : matplotlib colour

    Returns
    -------
    str
        A colour as ``#rrggbb``.
    """
    rgb = np.array(to_rgb(color))
    while contrast(rgb) < 4.6:  # 4.6: the rounding to 8 bits below must not undo it
        rgb = rgb * 0.97
    return to_hex(rgb)


use()
