"""Drawings of lesson 10: PSI without drift, what watching costs, evidence of a cause, repairs, detectors, weekdays.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from holdout.figures.axes import TEXT_BOX, bold, percent_ticks
from holdout.figures.style import BACKGROUND, COLORS, ink, line, marked, points


def draw_null(
    ax: Axes, values: np.ndarray, grid: np.ndarray, density: np.ndarray, threshold: float, limit: float
) -> None:
    """PSI of many windows without drift, its chi-square law, and two thresholds.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : ndarray of shape (windows,)
    grid, density : ndarray of shape (points,)
        The law.
    threshold : float
        The one that the slider chooses.
    limit : float
        The one that 5% of windows exceed.
    """
    right = max(grid[-1], 1.15 * threshold)
    ax.hist(
        values, bins=np.linspace(0, grid[-1], 41).tolist(), density=True, color=COLORS["neutral"], alpha=0.45
    )
    ax.plot(grid, density, **line("truth"))
    top = 1.35 * density.max()
    ax.set(xlim=(0, right), ylim=(0, top), yticks=[], xlabel="PSI of a window in which nothing has changed")
    for place, role, text, height in (
        (threshold, "leak", "your threshold", 0.95),
        (limit, "test", "exceeded by 5%", 0.84),
    ):
        ax.axvline(place, **line(role))
        # to the outer side of the two lines, unless the figure ends there
        smaller = place == min(threshold, limit)
        left = place > 0.22 * right if smaller else place > 0.78 * right
        ax.text(
            place + (-0.012 if left else 0.012) * right,
            height * top,
            text,
            color=ink(COLORS[role]),
            ha="right" if left else "left",
            weight="bold",
            bbox=TEXT_BOX,
        )


def draw_evidence(ax: Axes, names: Sequence[str], ratios: np.ndarray) -> None:
    """How far each thing has moved, in units of its alarm threshold.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : list of str
    ratios : ndarray of shape (names,)
        1 is the threshold.
    """
    places = np.arange(len(names))[::-1]
    shown = np.minimum(ratios, 6)
    for chosen, role in ((ratios <= 1, "neutral"), (ratios > 1, "leak")):
        ax.hlines(places[chosen], 0, shown[chosen], color=COLORS[role], lw=4)
        ax.scatter(shown[chosen], places[chosen], s=60, zorder=3, **points(role))
    for place, value, ratio in zip(places, shown, ratios, strict=True):
        # just below the threshold there is no room before its line
        left = 1.1 if 0.55 < ratio <= 1 else value + 0.15
        ax.text(left, place, f"{ratio:.1f}" + (", alarm" if ratio > 1 else ""), va="center", bbox=TEXT_BOX)
    ax.axvline(1, **line("truth"))
    ax.set(xlim=(0, max(shown.max(), 1.2) + 1.2), ylim=(-0.6, len(names) - 0.4))
    ax.set_xlabel("times the alarm threshold" + (" (cut off at 6)" if ratios.max() > 6 else ""))
    ax.set_yticks(places, names)


def draw_label_shift(
    ax: Axes, rows: int, estimates: np.ndarray, naive: np.ndarray, true_share: float, old_share: float
) -> None:
    """Estimates of the new share of late parcels, with and without the confusion matrix.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : int
    estimates, naive : ndarray of shape (windows,)
    true_share, old_share : float
    """
    for height, values, role in ((1, estimates, "test"), (0, naive, "leak")):
        offsets = np.linspace(-0.22, 0.22, len(values))
        ax.scatter(values, height + offsets, s=26, **points(role))
    for place, role in ((true_share, "truth"), (old_share, "neutral")):
        ax.axvline(place, **line(role))
    ax.text(true_share, 1.9, "truth now", **bold("truth"), ha="center", va="bottom")
    ax.text(old_share, -0.62, "before ", **bold("neutral"), ha="right")
    ax.set(ylim=(-0.75, 1.85), xlim=(0, 0.7), xlabel=f"share of late parcels, 20 windows of {rows:,} rows")
    ax.set_yticks([1, 0], ["confusion matrix", "count the predictions"])
    percent_ticks(ax.xaxis)


def draw_weighted_fit(
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    size: np.ndarray,
    grid: np.ndarray,
    truth: np.ndarray,
    plain: np.ndarray,
    weighted: np.ndarray,
    target: tuple[float, float],
) -> None:
    """Training points sized by weight, the truth, both fitted lines and where the new rows will be.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y, size : ndarray of shape (rows,)
    grid, truth, plain, weighted : ndarray of shape (points,)
    target : (float, float)
        Mean and standard deviation of the new rows.
    """
    ax.axvspan(target[0] - 2 * target[1], target[0] + 2 * target[1], color=COLORS["test"], alpha=0.10)
    ax.scatter(x, y, s=size, color=COLORS["train"], alpha=0.45, lw=0)
    for values, role, name in (
        (truth, "truth", "truth"),
        (plain, "leak", "line, no weights"),
        (weighted, "test", "line, weighted"),
    ):
        ax.plot(grid, values, **line(role), label=name)
    ax.legend(loc="upper left", frameon=True, facecolor=BACKGROUND, edgecolor="none")
    ax.set(
        xlim=(grid[0], grid[-1]), ylim=(-2.2, 4.2), xlabel="x (shaded: where the new rows are)", ylabel="y"
    )


def draw_detectors(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """False alarms, delay and money of several detectors, one row per detector.

    Parameters
    ----------
    axes : sequence of three matplotlib.axes.Axes
        With a shared vertical axis.
    table : DataFrame
        Index: detector; columns `false_alarms` (in the quiet days), `delay` (days) and `cost` (euros).
    """
    roles = {"CUSUM (yours)": "test", "ADWIN": "train", "DDM": "leak", "Page-Hinkley": "accent"}
    places = np.arange(len(table))[::-1]
    for ax, column, least, title, form in (
        (axes[0], "false_alarms", 0.5, "false alarms, 54 quiet days", "{:.1f}"),
        (axes[1], "delay", 5.0, "days until noticed", "{:.1f}"),
        (axes[2], "cost", 500.0, "€ in all", "{:,.0f}"),
    ):
        # the axis fits the bars of this state; where all are 0 it does not shrink to nothing
        right = max(least, table[column].max())
        for place, (name, value) in zip(places, table[column].items(), strict=True):
            ax.hlines(place, 0, value, color=COLORS[roles[name]], lw=4)
            ax.scatter(value, place, s=70, zorder=3, **points(roles[name]))
            # a delay of the whole stream means that most streams ended without an alarm
            text = "never" if column == "delay" and value > 54 else form.format(value)
            ax.text(value + 0.06 * right, place, text, va="center")
        ax.set(xlim=(-0.03 * right, 1.3 * right), ylim=(-0.6, len(table) - 0.4))
        ax.set_title(title, fontsize=11)
    axes[2].xaxis.set_major_formatter("{x:,.0f}")
    for ax in axes:
        ax.locator_params(axis="x", nbins=4)
    axes[0].set_yticks(places, table.index)


def draw_weekdays(ax: Axes, days: Sequence[str], values: np.ndarray, limits: np.ndarray) -> None:
    """PSI of each weekday beside what chance alone exceeds in 5% of windows.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    days : list of str
    values, limits : ndarray of shape (7,)
    """
    places = np.arange(len(days))
    ax.plot(places, limits, label="threshold from the null", **marked("truth"))
    for chosen, role in ((values <= limits, "test"), (values > limits, "leak")):
        ax.scatter(places[chosen], values[chosen], s=90, zorder=3, **points(role))
    for place, value, limit in zip(places, values, limits, strict=True):
        if value > limit:
            ax.annotate(
                "alarm",
                (place, value),
                xytext=(0, 9),
                textcoords="offset points",
                color=ink(COLORS["leak"]),
                ha="center",
                weight="bold",
            )
    ax.set_xticks(places, days)
    ax.set(
        xlim=(-0.5, 6.8),
        ylim=(0, 1.2 * max(values.max(), limits.max())),
        ylabel="PSI (dotted: from the null)",
    )


def draw_shuffled(ax: Axes, null: np.ndarray, reference: np.ndarray, by_rows: float, by_days: float) -> None:
    """PSI of shuffled weeks and of the reference's own weeks, with two limits that 5% of quiet weeks should exceed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    null : ndarray of shape (draws,)
        Of shuffled days.
    reference : ndarray of shape (windows,)
        Of real windows.
    by_rows, by_days : float
        The limit if rows were independent, and the one of shuffled days.
    """
    everything = np.concatenate([null, reference, [by_rows, by_days]])
    low, high = everything[everything > 0].min() / 1.4, everything.max() * 1.4
    bins = np.geomspace(low, high, 46)
    ax.hist(null, bins=bins.tolist(), color=COLORS["neutral"], alpha=0.45)
    top = np.histogram(null, bins)[0].max()
    ax.scatter(reference, np.full(len(reference), -0.12 * top), s=40, **points("train"))
    ax.set(xscale="log", xlim=(low, high), ylim=(-0.24 * top, 1.3 * top), xlabel="PSI (log scale)")
    ax.set_yticks([-0.12 * top, 0.5 * top], ["real windows", "shuffled days"])
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    left_is_rows = by_rows <= by_days
    for place, role, text, left, height in (
        (by_rows, "leak", "limit if rows are independent", left_is_rows, 1.2),
        (by_days, "test", "limit from shuffled days", not left_is_rows, 1.06),
    ):
        ax.plot([place, place], [0, 1.27 * top], **line(role))
        # towards the middle of the axis where the line stands near an end
        position = np.log(place / low) / np.log(high / low)
        left = (left or position > 0.75) and position > 0.35
        ax.text(
            place * (high / low) ** (-0.01 if left else 0.01),
            height * top,
            text,
            ha="right" if left else "left",
            va="center",
            bbox=TEXT_BOX,
            **bold(role),
        )


def draw_watch(
    axes: Sequence[Axes],
    months: pd.DataFrame,
    scores: tuple[np.ndarray, np.ndarray],
    limit: float,
    weeks: int,
    reference_weeks: int,
) -> None:
    """Forecast and outcome of each month, and the score of each window in units of its limit.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
    months : DataFrame
        Index 1 to 12; columns `mean` and `half` (share of late ones and half of its 95% interval) and `forecast`.
    scores : (ndarray, ndarray)
        Of windows of the reference and of later ones.
    limit : float
        What 5% of shuffled windows exceed.
    weeks, reference_weeks : int
        Weeks in a window, and in the reference, after which the later windows begin.
    """
    left, right = axes
    left.axvspan(0.5, 6.5, color=COLORS["neutral"], alpha=0.12, lw=0)
    left.errorbar(
        months.index, months["mean"], months["half"], fmt="o", color=COLORS["truth"], ms=5, lw=1.4, zorder=3
    )
    left.plot(months.index, months["forecast"], **marked("validation"))
    low = min((months["mean"] - months["half"]).min(), months["forecast"].min())
    high = max((months["mean"] + months["half"]).max(), months["forecast"].max())
    room = high - low
    left.set(xlim=(0.5, 12.5), ylim=(low - 0.1 * room, high + 0.28 * room), xlabel="month (shaded: training)")
    left.set_xticks(range(1, 13), list("JFMAMJJASOND"))
    left.text(0.7, high + 0.2 * room, "forecast", va="center", **bold("validation"))
    left.text(4.2, high + 0.2 * room, "late, 95% interval over days", va="center", **bold("truth"))
    percent_ticks(left.yaxis)
    ratios = [np.asarray(part) / limit for part in scores]
    top = max(1.3, *(part.max() for part in ratios))
    right.axvspan(0, reference_weeks, color=COLORS["neutral"], alpha=0.12, lw=0)
    for start, part in zip((0, reference_weeks), ratios, strict=True):
        places = start + (np.arange(len(part)) + 0.5) * weeks
        for chosen, role in ((part <= 1, "neutral"), (part > 1, "leak")):
            right.vlines(places[chosen], 0, part[chosen], color=COLORS[role], lw=1.5)
            right.scatter(
                places[chosen], part[chosen], s=46 if role == "leak" else 22, zorder=3, color=COLORS[role]
            )
    right.axhline(1, **line("truth"))
    right.set(
        xlim=(0, 51.5),
        ylim=(0, 1.15 * top),
        xlabel="week from 7 January (shaded: training)",
        ylabel="times the limit",
    )
