"""One visual language for every figure: roles with their colour, marker and line style.

``use`` applies it to the session (a ``Stage`` does so too); importing this module changes nothing. Fonts, sizes and
spines are in ``holdout.mplstyle``. This module draws nothing and knows no lesson and no widget.

A role is what a thing *is*, never how it should look: training data are ``"train"`` in lesson 1 and in
lesson 14. Each role differs from the others in colour, in marker and in line style, so that no figure needs
colour to be understood. The colours start from Okabe and Ito (2008, https://jfly.uni-koeln.de/color/); leak
and accent were chosen so that any two roles stay apart under the three dichromacies as well (the unit tests
compute the distances).
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_hex, to_rgb

from holdout.figures import tables

ROLES: dict[str, dict[str, Any]] = {
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
PATH = files("holdout.figures") / "holdout.mplstyle"


def use() -> None:
    """Apply the style to every figure and table that this session makes from now on.

    Changes ``matplotlib.rcParams`` and, in a notebook, how pandas' tables are shown.
    """
    matplotlib.rcParams.update(parameters())
    tables.use()


def parameters() -> matplotlib.RcParams:
    """The entries of ``matplotlib.rcParams`` that the style sets.

    Returns
    -------
    matplotlib.RcParams
    """
    return matplotlib.rc_params_from_file(str(PATH), use_default_template=False)


def _look(role: str) -> Mapping[str, Any]:
    try:
        return ROLES[role]
    except KeyError:
        raise ValueError(f"There is no role {role!r}; the roles are {', '.join(ROLES)}.") from None


def line(role: str) -> dict[str, Any]:
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


def marked(role: str) -> dict[str, Any]:
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


def points(role: str) -> dict[str, Any]:
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


def contrast(color: Any, background: Any = BACKGROUND) -> float:
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


def ink(color: Any) -> str:
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
    return to_hex(tuple(rgb))
