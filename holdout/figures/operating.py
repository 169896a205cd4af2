"""The figure of what an alarm threshold costs: delay against false alarms. Computes nothing."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from holdout.figures.axes import TEXT_BOX, bold
from holdout.figures.style import COLORS, line, marked


def draw_operating(
    axes: Sequence[Axes],
    thresholds: np.ndarray,
    alarms: np.ndarray,
    delays: np.ndarray,
    costs: np.ndarray,
    now: float,
    cheapest: float,
    *,
    label: str,
    log: bool = False,
) -> None:
    """False alarms, delay and money against the threshold, side by side.

    Parameters
    ----------
    axes : sequence of three matplotlib.axes.Axes
    thresholds, alarms, delays, costs : ndarray of shape (points,)
        Costs in thousand euros per quarter.
    now, cheapest : float
        The threshold that the slider chooses, and the cheapest one.
    label : str
        What the threshold is of.
    log : bool
        Whether the thresholds are spread over orders of magnitude.
    """
    for ax, values, role, title in zip(
        axes,
        (alarms, delays, costs),
        ("leak", "accent", "truth"),
        ("false alarms per quarter", "days until noticed", "thousand € per quarter"),
        strict=True,
    ):
        ax.plot(thresholds, values, **(line(role) if log else marked(role)))
        ax.axvline(cheapest, **line("test"))
        here = np.interp(now, thresholds, values)
        ax.scatter(now, here, s=150, zorder=4, facecolor="none", edgecolor=COLORS[role], lw=2)
        if log:
            ax.set(xscale="log", xlim=(thresholds[0], thresholds[-1]))
            ax.set_xticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
            ax.minorticks_off()
        else:
            ax.set_xlim(thresholds[0] - 0.1, thresholds[-1] + 0.1)
        ax.set_ylim(0, 1.12 * max(values.max(), 0.5))
        ax.set_title(title, fontsize=11)
        ax.set_xlabel(label)
    middle = np.sqrt(thresholds[0] * thresholds[-1]) if log else (thresholds[0] + thresholds[-1]) / 2
    axes[2].text(
        cheapest,
        0.03 * axes[2].get_ylim()[1],
        " cheapest ",
        **bold("test"),
        ha="right" if cheapest > middle else "left",
        bbox=TEXT_BOX,
    )
