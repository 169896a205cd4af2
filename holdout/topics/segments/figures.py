"""Drawings of lesson 03: intervals by segment, Simpson's paradox, ECE, temperature, cost against the threshold.

Each function draws on axes that it is given and computes nothing that a test would want to check. The reliability diagram
is in `holdout.figures.reliability`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from holdout.figures.axes import TEXT_BOX, bold, label_end, percent_ticks
from holdout.figures.style import BACKGROUND, COLORS, line, points
from holdout.topics.segments.experiments import BELOW, MEETS, TOO_FEW, TOO_HIGH, TOO_LOW, UNCLEAR

_VERDICT_ROLE = {
    BELOW: "leak",
    TOO_LOW: "leak",
    TOO_HIGH: "train",
    MEETS: "test",
    UNCLEAR: "neutral",
    TOO_FEW: "neutral",
    "": "neutral",
}


def _reserve(ax: Axes, words: str) -> None:
    """Leave room for words right of the axes in every state, written or not."""
    ax.text(1.02, 0.5, words, transform=ax.transAxes, weight="bold", alpha=0)


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
    left, right = min(rate, limits.min()) - 0.03, max(rate, limits.max()) + 0.03
    ax.set(
        xlim=(left, right),
        ylim=(-1, len(shares)),
        yticks=[],
        xlabel="share of a segment that arrives on time",
    )
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    percent_ticks(ax.xaxis)
    for chosen, role, width in ((~missed, "neutral", 1.4), (missed, "leak", 2.4)):
        places = np.flatnonzero(chosen)
        ax.hlines(places, limits[chosen, 0], limits[chosen, 1], color=COLORS[role], lw=width)
        ax.scatter(shares[chosen], places, s=16 if role == "neutral" else 34, zorder=3, **points(role))
    ax.axvline(rate, **line("truth"))
    ax.text(rate, 1.01, "true rate", transform=ax.get_xaxis_transform(), ha="center", **bold("truth"))


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
    lowest = min(*wald, *wilson, confidence)
    bottom = next(level for level in (0.8, 0.6, 0.4, 0.2, 0.0) if lowest >= level)
    ax.set(xlim=(sizes[0], sizes[-1]), ylim=(bottom, 1.0), xlabel="rows in the segment")
    ax.set_ylabel("how often the true rate is inside")
    percent_ticks(ax.yaxis)
    (promise,) = ax.plot([sizes[0], sizes[-1]], [confidence] * 2, **line("truth"))
    label_end(ax, promise, "promised")
    ax.axvline(now, color=COLORS["neutral"], lw=1, ls="-")
    for values, role, name in ((wilson, "test", "Wilson"), (wald, "leak", "Wald")):
        (curve,) = ax.plot(sizes, values, **line(role))
        label_end(ax, curve, name)


def draw_segments(
    ax: Axes,
    report: pd.DataFrame,
    bar: float,
    label: str,
    limits: tuple[float, float] = (0, 1),
    counted: str = "rows",
) -> None:
    """A rate and its interval for each segment, and the verdict in words beside the axes.

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
    ax.set(xlim=limits, ylim=(len(report) - 0.5, -0.5), yticks=places, xlabel=label)
    percent_ticks(ax.xaxis)
    ax.set_yticklabels([f"{name} ({rows:,} {counted})" for name, rows in report["rows"].items()])
    ax.axvline(bar, **line("truth"))
    ax.text(bar, 1.01, "the bar", transform=ax.get_xaxis_transform(), ha="center", **bold("truth"))
    _reserve(ax, TOO_FEW)
    for place, (_, row) in zip(places, report.iterrows(), strict=True):
        role = _VERDICT_ROLE[row["verdict"]]
        ax.plot(np.clip([row["low"], row["high"]], *limits), [place] * 2, color=COLORS[role], lw=3, ls="-")
        if np.isfinite(row["rate"]) and limits[0] <= row["rate"] <= limits[1]:
            ax.plot(row["rate"], place, ms=9, ls="", **points(role))
        look = bold(role) | {"va": "center", "transform": ax.get_yaxis_transform()}
        ax.text(1.02, float(place), row["verdict"], **look)


def draw_gaps(ax: Axes, report: pd.DataFrame, most: int = 10) -> None:
    """Share of ones minus mean forecast for the segments with the clearest gaps, with intervals.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    report : pandas.DataFrame
        From `holdout.topics.segments.experiments.gap_report`; refused segments are left out.
    most : int
        Number of segments drawn at most.
    """
    shown = report[report["verdict"] != TOO_FEW].head(most)
    places = np.arange(len(shown))
    reach = 0.1 * np.ceil(10 * 1.02 * np.abs(shown[["low", "high"]].to_numpy()).max())
    ax.set(xlim=(-reach, reach), ylim=(max(len(shown), 3) - 0.4, -0.6), yticks=places)
    ax.set_xlabel("share late minus mean forecast, in points")
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(_points_of_a_share)
    ax.set_yticklabels([f"{name} ({rows:,})" for name, rows in shown["rows"].items()])
    ax.axvline(0, **line("truth"))
    _reserve(ax, TOO_HIGH)
    for verdict in (UNCLEAR, TOO_LOW, TOO_HIGH):
        chosen = (shown["verdict"] == verdict).to_numpy()
        role, part = _VERDICT_ROLE[verdict], shown[chosen]
        ax.hlines(places[chosen], part["low"], part["high"], color=COLORS[role], lw=3)
        ax.scatter(part["gap"], places[chosen], s=60, zorder=3, **points(role))
        for place in places[chosen] if verdict != UNCLEAR else ():
            look = bold(role) | {"va": "center", "transform": ax.get_yaxis_transform()}
            ax.text(1.02, float(place), verdict, **look)


def _points_of_a_share(value: float, _: float) -> str:
    points_of_it = round(100 * value)
    return f"{points_of_it:+d}".replace("-", "\N{MINUS SIGN}") if points_of_it else "0"


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
    right = len(departments) + 0.2
    ax.set(xlim=(-0.6, right + 0.5), ylim=(-0.04, 1.0), ylabel="admitted")
    ax.set_xticks([*places, right])
    ax.set_xticklabels([*departments, "total"])
    ax.set_xlabel("department")
    percent_ticks(ax.yaxis)
    ax.axvline(len(departments) - 0.5, color=COLORS["neutral"], lw=1, ls="-")
    above = int(np.argmax(total))
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
        up = group == above
        ax.annotate(
            f"{name} {total[group]:.0%}",
            (right, total[group]),
            (0, 14 if up else -14),
            textcoords="offset points",
            ha="center",
            va="bottom" if up else "top",
            **bold(role),
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
    ax.set(
        xlim=(0, bins[-1]), ylim=(0, 1.08 * measured.max()), xlabel="bins", ylabel="ECE of a perfect model"
    )
    for one in measured:
        ax.plot(bins, one, color=COLORS["validation"], lw=0.8, ls="-", alpha=0.45)
    (formula,) = ax.plot(bins, expected, **line("truth"))
    ax.axvline(now, color=COLORS["neutral"], lw=1, ls="-")
    look = {"frameon": True, "framealpha": 1, "facecolor": BACKGROUND, "edgecolor": "none"}
    ax.legend([ax.lines[0], formula], ["one data set each", "formula"], loc="upper left", **look)


def draw_temperature(
    axes: Sequence[Axes],
    temperatures: np.ndarray,
    losses: Mapping[str, np.ndarray],
    confidences: np.ndarray,
    accuracy: float,
    now: float,
) -> None:
    """Left: cross-entropy against the temperature on two sets of rows. Right: mean confidence and accuracy on fresh rows.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
    temperatures : ndarray
    losses : dict
        Keys "train" and "validation"; cross-entropies on training and on calibration rows, one for each temperature.
    confidences : ndarray
        Mean probability of the predicted class, one for each temperature.
    accuracy : float
        Share of right classes, the same at each temperature.
    now : float
        The temperature looked at.
    """
    left, right = axes
    for ax in axes:
        ax.set(xscale="log", xlim=(temperatures[0], temperatures[-1]), xlabel="temperature")
        ax.set_xticks([0.25, 0.5, 1, 2, 4, 8], ["0.25", "0.5", "1", "2", "4", "8"])
        ax.set_xticks([], minor=True)
        ax.axvline(now, color=COLORS["neutral"], lw=1, ls="-")
    left.set(ylim=(0, 1.1 * max(values[-1] for values in losses.values())), ylabel="cross-entropy")
    for role, name in (("validation", "calibration"), ("train", "training")):
        (curve,) = left.plot(temperatures, losses[role], **line(role))
        label_end(left, curve, name)
        left.plot(now, np.interp(now, temperatures, losses[role]), ms=9, ls="", **points(role))
    right.set(ylim=(min(confidences.min(), accuracy) - 0.03, 1.01), ylabel="judging rows")
    percent_ticks(right.yaxis)
    for values, role, name in (
        (np.full(len(temperatures), accuracy), "truth", "right"),
        (confidences, "leak", "claimed"),
    ):
        (curve,) = right.plot(temperatures, values, **line(role))
        label_end(right, curve, name)
        right.plot(now, np.interp(now, temperatures, values), ms=9, ls="", **points(role))


def draw_threshold(
    ax: Axes,
    thresholds: np.ndarray,
    costs: Mapping[str, np.ndarray],
    roles: Mapping[str, str],
    no_model: float,
    marks: Mapping[str, float],
) -> None:
    """Cost against the threshold from which one acts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    thresholds : ndarray
        Ascending.
    costs : dict
        Name to costs, in euros per 1,000 parcels, one for each threshold.
    roles : dict
        Name to role.
    no_model : float
        Cost of never acting.
    marks : dict
        Name to a threshold that is marked.
    """
    lowest = min(values.min() for values in costs.values())
    top = max(no_model, *(np.interp(list(marks.values()), thresholds, v).max() for v in costs.values()))
    room = 0.12 * (top - lowest)
    bottom, top = lowest - room, top + 2 * room
    ax.set(xlim=(thresholds[0], thresholds[-1]), ylim=(bottom, top))
    ax.set(xlabel="upgrade from this forecast on", ylabel="euros per 1,000 parcels")
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    (none,) = ax.plot(thresholds[[0, -1]], [no_model] * 2, lw=1.5, **line("neutral"))
    label_end(ax, none, "no upgrades")
    for name, values in costs.items():
        (curve,) = ax.plot(thresholds, np.where(values <= top, values, np.nan), **line(roles[name]))
        label_end(ax, curve, name)
    for name, threshold in marks.items():
        ax.axvline(threshold, color=COLORS["neutral"], lw=1.2, ls="-")
        look = bold("neutral") | {"va": "top", "ha": "center", "bbox": TEXT_BOX}
        ax.text(threshold, 0.985, name, transform=ax.get_xaxis_transform(), **look)
