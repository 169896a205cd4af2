"""Drawings of lesson 11: power of a canary, looks, damage by slice, a quarter day by day, what watching costs, an incident.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import FuncFormatter, MaxNLocator

from holdout.figures.axes import TEXT_BOX, bold, percent_ticks, space_out
from holdout.figures.style import COLORS, ink, line, points

_SIGNED_POINTS = FuncFormatter(lambda x, _: f"{100 * x:+.0f} points".replace("-", "−") if x else "0")
_SLICE_ROLES = {
    "facts": "train",
    "wording": "validation",
    "reading": "test",
    "distraction": "leak",
    "not documented": "accent",
}


def draw_power(
    ax: Axes, sizes: np.ndarray, separate: np.ndarray, paired: np.ndarray, items: int, wanted: float = 0.8
) -> None:
    """Chance to see a fall against the number of questions, for separate samples and for the same questions.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    sizes, separate, paired : ndarray of shape (points,)
    items : int
        The number that the slider chooses.
    wanted : float
    """
    for values, role in ((separate, "validation"), (paired, "test")):
        ax.plot(sizes, values, **line(role))
        here = np.interp(np.log(items), np.log(sizes), values)
        ax.scatter(items, here, s=70, zorder=4, clip_on=False, **points(role))
    for height, role, name in (
        (0.94, "test", "the same questions, paired"),
        (0.86, "validation", "separate questions per side"),
    ):
        ax.text(0.02, height, name, transform=ax.transAxes, **bold(role), bbox=TEXT_BOX)
    ax.axhline(wanted, **line("neutral"))
    ax.text(sizes[-1], wanted + 0.015, f"{wanted:.0%}", ha="right", color=ink(COLORS["neutral"]))
    ax.axvline(items, **line("neutral"))
    ax.set(xscale="log", xlim=(sizes[0], sizes[-1]), ylim=(0, 1.26), xlabel="questions")
    ax.set(ylabel="chance to see the fall")
    ax.set_xticks(
        [50, 100, 200, 500, 1000, 2000, 5000], ["50", "100", "200", "500", "1,000", "2,000", "5,000"]
    )
    ax.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    ax.minorticks_off()
    percent_ticks(ax.yaxis)


def draw_looks(ax: Axes, walks: np.ndarray, limit: float) -> None:
    """Statistics of quiet quarters over their looks; those that ever pass the threshold are marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    walks : ndarray of shape (paths, looks)
    limit : float
    """
    looks = np.arange(1, walks.shape[1] + 1)
    passed = np.abs(walks) > limit
    crossed = passed.any(axis=1)
    # one collection for many paths: one line per path would be too slow for a slider
    for chosen, role, width, strength in ((~crossed, "neutral", 0.8, 0.5), (crossed, "leak", 1.2, 0.8)):
        paths = [np.column_stack([looks, path]) for path in walks[chosen]]
        ax.add_collection(LineCollection(paths, colors=COLORS[role], linewidths=width, alpha=strength))
    ax.scatter(np.ones(sum(~crossed)), walks[~crossed, 0], s=12, color=COLORS["neutral"], alpha=0.5, lw=0)
    first = np.argmax(passed[crossed], axis=1)
    ax.scatter(first + 1, walks[crossed][np.arange(len(first)), first], s=60, zorder=4, **points("leak"))
    for sign in (-1, 1):
        ax.axhline(sign * limit, **line("truth"))
    ax.text(0.99, 0.97, "marked: the first false alarm of a path", transform=ax.transAxes, ha="right", va="top",
            **bold("leak"), bbox=TEXT_BOX)  # fmt: skip
    ax.set(xlim=(0.6, max(walks.shape[1], 2) + 0.4), ylim=(-4.4, 4.9), xlabel="look", ylabel="z so far")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_damage(
    ax: Axes,
    names: Sequence[str],
    change: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    truth: np.ndarray,
    harm: float,
) -> None:
    """Change of accuracy of each slice on the questions asked, with intervals, and on all recorded questions.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : list of str
        The last one is the average.
    change, low, high, truth : ndarray of shape (names,)
    harm : float
        A loss of this size is called harm.
    """
    places = np.arange(len(names))[::-1]
    ax.axvspan(-1, -harm, color=COLORS["leak"], alpha=0.10, lw=0)
    ax.axvline(0, color=COLORS["neutral"], lw=1)
    for chosen, role in ((low > 0, "test"), (high < 0, "leak"), ((low <= 0) & (high >= 0), "neutral")):
        ax.hlines(places[chosen], low[chosen], high[chosen], color=COLORS[role], lw=4, alpha=0.5)
        ax.scatter(change[chosen], places[chosen], s=90, zorder=4, **points(role))
    ax.scatter(truth, places, s=160, zorder=3, **points("truth"))
    left = min(-0.145, min(low.min(), truth.min()) - 0.02)
    right = max(0.145, max(high.max(), truth.max()) + 0.02)
    ax.set(xlim=(left, right), ylim=(-0.6, len(names) - 0.35))
    ax.set(xlabel="change of accuracy (+: on all recorded questions; shaded: harm)")
    ax.set_yticks(places, names)
    ax.xaxis.set_major_formatter(_SIGNED_POINTS)


def draw_watch(
    axes: Sequence[Axes],
    statistics: np.ndarray,
    slices: Sequence[str],
    limit: float,
    alarms: Sequence[tuple[int, bool]],
    *,
    served: Sequence[tuple[int, int, str, bool]] | None = None,
    last: int = 90,
) -> None:
    """A quarter as the monitor sees it: the statistic of each slice by day; below, what was really in service.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
    statistics : ndarray of shape (days, slices)
        From day 0 to today.
    slices : sequence of str
    limit : float
    alarms : list of (int, bool)
        Day, and whether a harmful model was in service.
    served : sequence of (int, int, str, bool), optional
        What is in service if nobody acts: first day, day after the last one, name and whether it is harmful; hidden when None.
    last : int
        Last day of the quarter.
    """
    top, bottom = axes
    days, shown = np.arange(len(statistics)), np.clip(statistics, -4.8, 4.8)
    right = last + 22  # room for the longest name of a slice
    order = np.argsort(shown[-1], kind="stable")
    for place, part in zip(space_out(shown[-1][order], 0.75), order, strict=True):
        role = _SLICE_ROLES.get(slices[part], "neutral")
        top.plot(days, shown[:, part], **line(role))
        top.text(
            days[-1] + 1.2,
            place,
            slices[part],
            **bold(role),
            va="center",
            bbox=TEXT_BOX,
        )
    top.axhline(limit, **line("truth"))
    named = -np.inf
    for day, true in alarms:
        top.axvline(day, color=COLORS["leak"], lw=1.2, linestyle="-")
        # alarms that follow each other share one word, unless the later one found something
        level = 6.1 if abs(day - named) >= 7 else 5.1
        if level < 6 and not true:
            continue
        named = day
        top.text(
            day,
            level,
            "found" if true else "false",
            ha="center",
            va="center",
            color=ink(COLORS["leak"]),
            bbox=TEXT_BOX,
        )
    top.set(xlim=(0, right), ylim=(-5.4, 6.8), ylabel="z of lost answers")
    top.set_yticks([-4, -2, 0, 2, 4])
    bottom.set(xlim=(0, right), ylim=(0, 1), yticks=[], xlabel="day of the quarter")
    bottom.set_xticks(range(0, last + 1, 10))
    for side in ("left", "top", "right"):
        bottom.spines[side].set_visible(False)
    if served is None:
        bottom.text(0, 0.5, "What is in service? Nobody tells you. (Go to the last day.)", va="center")
        return
    for level, (first, end, name, harmful) in enumerate(served):
        role, late = ("leak" if harmful else "neutral"), harmful and first > 0.6 * last
        strength = 0.9 if harmful else 0.25 + 0.2 * (level % 2)
        bottom.axvspan(first, end, ymin=0.0, ymax=0.18, color=COLORS[role], alpha=strength, lw=0)
        bottom.text(
            right if late else first + 0.3,
            0.32 + 0.24 * (level % 3),
            name + (", harmful" if harmful else ""),
            color=ink(COLORS[role]),
            weight="bold" if harmful else "normal",
            ha="right" if late else "left",
            fontsize=9.5,
            bbox=TEXT_BOX,
        )


def draw_incident(
    ax: Axes,
    days: np.ndarray,
    losses: np.ndarray,
    marks: Sequence[tuple[int, str]],
    name: str,
    *,
    found: int | None = None,
) -> None:
    """The lost answers of one slice over a quarter, with what happened when.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    days, losses : ndarray of shape (days,)
        Cumulated net loss of the slice, in questions.
    marks : list of (int, str)
        Day and what happened, in order.
    name : str
        The slice.
    found : int, optional
        The day of the alarm; what comes after it is drawn as what would have been.
    """
    until = len(days) if found is None else found + 1
    ax.step(days[:until], losses[:until], where="post", color=COLORS["leak"], linestyle="-")
    top = max(losses.max(), 5)
    if found is not None and until < len(days):
        ax.step(days[found:], losses[found:], where="post", color=COLORS["neutral"], linestyle=":")
        ax.text(
            days[-1],
            1.03 * losses[-1] + 0.3,
            "had nobody acted",
            ha="right",
            va="bottom",
            color=ink(COLORS["neutral"]),
            bbox=TEXT_BOX,
        )
    for level, (day, text) in enumerate(marks):
        ax.axvline(day, **line("neutral"))
        left = day > 0.5 * days[-1]
        ax.text(
            day + (-0.8 if left else 0.8),
            top * (1.55 - 0.1 * (level % 4)),
            f"day {day}: {text}",
            ha="right" if left else "left",
            bbox=TEXT_BOX,
        )
    ax.set(
        xlim=(days[0], days[-1]), ylim=(min(0, losses.min()) - 0.5, 1.65 * top), xlabel="day of the quarter"
    )
    ax.set(ylabel=f"net answers lost so far, {name}")
