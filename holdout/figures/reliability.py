"""The reliability diagram. Computes nothing: the table comes from holdout.stats.calibration."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from holdout.figures.axes import percent_ticks
from holdout.figures.style import COLORS, line, points


def draw_reliability(ax: Axes, table: pd.DataFrame, show_rows: bool = True, fit: bool = False) -> None:
    """What was forecast against what happened, with 95% intervals.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        From `holdout.stats.calibration.reliability_table`.
    show_rows : bool
        Also draw, in grey, how many rows each bin holds.
    fit : bool
        Let both axes end where the highest interval ends, instead of at 1.
    """
    label = "forecast (mean of the bin)" + ("; grey: rows in the bin" if show_rows else "")
    end = math.ceil(10 * table[["high", "forecast"]].to_numpy().max()) / 10 if fit else 1.0
    edge = 0.02 * end
    ax.set(xlim=(-edge, end + edge), ylim=(-edge, end + edge), xlabel=label, ylabel="what happened")
    if fit:
        ax.set_xticks(np.linspace(0, end, round(10 * end) + 1), minor=False)
        ax.set_yticks(np.linspace(0, end, round(10 * end) + 1), minor=False)
    percent_ticks(ax.xaxis, ax.yaxis)
    ax.plot([0, end], [0, end], **line("truth"))
    ax.vlines(table["forecast"], table["low"], table["high"], color=COLORS["validation"], lw=2)
    ax.scatter(table["forecast"], table["observed"], s=44, zorder=3, **points("validation"))
    if show_rows:
        ax.bar(
            (table["lower"] + table["upper"]) / 2,
            0.18 * table["rows"] / table["rows"].max(),
            0.9 * (table["upper"] - table["lower"]),
            color=COLORS["neutral"],
            alpha=0.3,
        )
