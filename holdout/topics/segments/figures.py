"""Drawings of lesson 03: intervals by segment, Simpson's paradox, reliability, cost against the threshold.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from holdout.figures.axes import TEXT_BOX, bold, label_end, percent_ticks
from holdout.figures.style import BACKGROUND, COLORS, line, points
from holdout.topics.segments.experiments import BELOW, MEETS, TOO_FEW, UNCLEAR

_VERDICT_ROLE = {BELOW: "leak", MEETS: "test", UNCLEAR: "accent", TOO_FEW: "neutral", "": "neutral"}


def draw_many_intervals(ax: Axes, limits: np.ndarray, shares: np.ndarray, rate: float) -> None:
    """Intervals of many simulated segments around one true rate; those that miss it stand out.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    limits : ndarray of shape (segments, 2)
        Lower and upper ends.
    shares : ndarray of shape (segments,)
        Observed shares.
    rate : float
        True rate.
    """
    missed = (limits[:, 0] > rate) | (limits[:, 1] < rate)
    ax.set(xlim=(-0.12, 1.05), ylim=(-1, len(shares)), yticks=[], xlabel="share that arrives on time")
    percent_ticks(ax.xaxis)
    for chosen, role, width in ((~missed, "neutral", 1.4), (missed, "leak", 2.4)):
        places = np.flatnonzero(chosen)
        ax.hlines(places, limits[chosen, 0], limits[chosen, 1], color=COLORS[role], lw=width)
        ax.scatter(shares[chosen], places, s=16 if role == "neutral" else 34, zorder=3, **points(role))
    ax.axvline(rate, **line("truth"))
    for edge in (0, 1):
        ax.axvline(edge, color=COLORS["neutral"], lw=0.8, ls="-")
    ax.set_title(f"{missed.sum()} of {len(shares)} miss the truth")


def draw_coverage(
    ax: Axes,
    sizes: Sequence[int],
    wald: Sequence[float],
    wilson: Sequence[float],
    now: int,
    confidence: float,
) -> None:
    """Exact coverage of two intervals against the rows of a segment.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    sizes : sequence of int
    wald, wilson : sequence of float
    now : int
        Rows of the segment looked at.
    confidence : float
        What the intervals promise.
    """
    ax.set(xlim=(sizes[0], sizes[-1] * 1.35), ylim=(0.6, 1.0), xlabel="rows in the segment")
    ax.set_ylabel("how often the truth is inside")
    percent_ticks(ax.yaxis)
    # ends where the curves end, so that it does not run through their names
    ax.plot([sizes[0], sizes[-1]], [confidence] * 2, **line("truth"))
    ax.axvline(now, color=COLORS["neutral"], lw=1, ls="-")
    for values, role, name in ((wilson, "test", "Wilson"), (wald, "leak", "Wald")):
        (curve,) = ax.plot(sizes, np.clip(values, 0.6, 1), **line(role))
        label_end(ax, curve, name)


def draw_segments(
    ax: Axes,
    report: pd.DataFrame,
    bar: float,
    label: str,
    limits: tuple[float, float] = (0, 1),
    counted: str = "rows",
) -> None:
    """A rate and its interval for each segment, and the verdict in words.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    report : pandas.DataFrame
        From `holdout.topics.segments.experiments.segment_report`.
    bar : float
        The rate to reach.
    label : str
        Of the horizontal axis.
    limits : (float, float)
        Of the horizontal axis.
    counted : str
        What the rows of the report are, behind their number.
    """
    places = np.arange(len(report))
    room = 0.42 * (limits[1] - limits[0])
    ax.set(xlim=(limits[0], limits[1] + room), ylim=(len(report) - 0.4, -0.9), yticks=places, xlabel=label)
    ax.set_xticks(np.linspace(*limits, 6))
    percent_ticks(ax.xaxis)
    ax.set_yticklabels([f"{name}  ({rows} {counted})" for name, rows in report["rows"].items()])
    ax.axvline(bar, **line("truth"))
    ax.text(bar, -0.62, " the bar", **bold("truth"), va="center")
    for place, (_, row) in zip(places, report.iterrows(), strict=True):
        role = _VERDICT_ROLE[row["verdict"]]
        ax.plot(np.clip([row["low"], row["high"]], *limits), [place] * 2, color=COLORS[role], lw=3, ls="-")
        if np.isfinite(row["rate"]) and limits[0] <= row["rate"] <= limits[1]:
            ax.plot(row["rate"], place, ms=9, ls="", **points(role))
        look = bold(role) | {"va": "center"}
        ax.text(limits[1] + 0.04 * room, float(place), row["verdict"], **look)


def draw_simpson(
    ax: Axes, departments: Sequence[str], by_department: np.ndarray, shares: np.ndarray, total: np.ndarray
) -> None:
    """Rates of two groups by department (bubbles as large as the group's applications) and in total.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    departments : sequence of str
    by_department : ndarray of shape (departments, 2)
        Rates of men and of women.
    shares : ndarray of shape (departments, 2)
        Share of each group's applications that goes to the department.
    total : ndarray of shape (2,)
        Rate of each group over all departments.
    """
    places = np.arange(len(departments))
    right = len(departments) + 0.6
    ax.set(xlim=(-0.6, right + 1.1), ylim=(-0.04, 1.0), ylabel="admitted")
    ax.set_xticks([*places, right])
    ax.set_xticklabels([*departments, "total"])
    ax.set_xlabel("department")
    percent_ticks(ax.yaxis)
    ax.axvline(len(departments) - 0.5, color=COLORS["neutral"], lw=1, ls="-")
    for group, (name, role, shift) in enumerate((("men", "train", -0.14), ("women", "validation", 0.14))):
        look = points(role)
        ax.scatter(
            places + shift,
            by_department[:, group],
            s=25 + 1600 * shares[:, group],
            alpha=0.75,
            edgecolor=BACKGROUND,
            **look,
        )
        ax.scatter(right + shift, total[group], s=190, edgecolor=BACKGROUND, **look)
        ax.text(
            right + 3.2 * shift,
            total[group],
            f"{name}\n{total[group]:.0%}",
            ha="right" if shift < 0 else "left",
            va="center",
            **bold(role),
            fontsize=9.5,
        )


def draw_ece(
    ax: Axes, bins: Sequence[int], measured: np.ndarray, expected: Sequence[float], now: int
) -> None:
    """ECE of a perfectly calibrated model against the number of bins: single data sets and the formula.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    bins : sequence of int
    measured : ndarray of shape (data sets, bins)
    expected : sequence of float
    now : int
        The number of bins looked at.
    """
    ax.set(xlim=(0, bins[-1] * 1.02), ylim=(0, 0.25), xlabel="bins", ylabel="ECE of a perfect model")
    for one in measured:
        ax.plot(bins, one, color=COLORS["validation"], lw=0.8, ls="-", alpha=0.45)
    (formula,) = ax.plot(bins, expected, **line("truth"))
    ax.axvline(now, color=COLORS["neutral"], lw=1, ls="-")
    look = {"frameon": True, "framealpha": 1, "facecolor": BACKGROUND, "edgecolor": "none"}
    ax.legend([ax.lines[0], formula], ["one data set each", "formula"], loc="upper left", **look)


def draw_threshold(
    ax: Axes,
    thresholds: np.ndarray,
    costs: Mapping[str, np.ndarray],
    roles: Mapping[str, str],
    marks: Mapping[str, float],
    most: float,
) -> None:
    """Cost against the threshold from which one acts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    thresholds : ndarray
    costs : dict
        Name to costs, in euros for 1,000 parcels.
    roles : dict
        Name to role.
    marks : dict
        Name to a threshold that is marked.
    most : float
        Top of the axis.
    """
    ax.set(
        xlim=(0, 1.28), ylim=(0, most), xlabel="act from this forecast on", ylabel="euros for 1,000 parcels"
    )
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    percent_ticks(ax.xaxis)
    for name, values in costs.items():
        (curve,) = ax.plot(thresholds, np.clip(values, 0, most), **line(roles[name]))
        label_end(ax, curve, name)
    for number, (name, threshold) in enumerate(marks.items()):
        ax.axvline(threshold, color=COLORS["neutral"], lw=1.4, ls="-")
        look = bold("neutral") | {"va": "center", "bbox": TEXT_BOX}
        ax.text(threshold + 0.01, (0.95 - 0.08 * number) * most, name, **look)
