"""Drawings of lesson e1: rates of a judge, agreement beyond chance, intervals of many studies, pairs in both orders.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from holdout.figures.axes import TEXT_BOX, bold, percent_ticks
from holdout.figures.style import COLORS, ink, line, points


def draw_measures(ax: Axes, measures: Mapping[str, tuple[float, float, float]], truth: float) -> None:
    """Rates with their intervals, and the true pass rate.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    measures : mapping of str to (value, low, high)
        From top to bottom; a value of NaN draws the interval alone.
    truth : float
        The share of right answers.
    """
    roles = ("neutral", "neutral", "leak", "validation")
    for place, ((value, low, high), role) in enumerate(zip(measures.values(), roles, strict=True)):
        height = len(measures) - 1 - place
        ax.hlines(height, low, high, color=COLORS[role], lw=3)
        if np.isfinite(value):
            ax.scatter([value], [height], s=70, zorder=3, **points(role))
        limits = f"[{low:.0%}, {high:.0%}]"
        said = f"{value:.0%} {limits}" if np.isfinite(value) else limits
        ax.text(1.04, height, said, va="center", color=ink(COLORS[role]))
    ax.axvline(truth, **line("truth"))
    ax.text(
        truth,
        len(measures) - 0.45,
        "right by the documented value, all answers",
        **bold("truth"),
        ha="center",
        va="bottom",
    )
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.6, len(measures) - 0.4), xlabel="share of answers, 95% intervals")
    ax.set_yticks(range(len(measures) - 1, -1, -1), list(measures))
    percent_ticks(ax.xaxis)


def draw_kappa(
    ax: Axes, rates: np.ndarray, same: np.ndarray, kappa: np.ndarray, rate: float, here: tuple[float, float]
) -> None:
    """Agreement and kappa of one judge, by the share of right answers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rates, same, kappa : ndarray of shape (points,)
    rate : float
        Where the marks stand.
    here : tuple of float
        Agreement and kappa there.
    """
    left = rate > 0.5
    for values, mark, role, name, below in (
        (same, here[0], "neutral", f"agreement {here[0]:.0%}", False),
        (kappa, here[1], "validation", f"kappa {here[1]:.2f}".replace("-", "−"), True),
    ):
        ax.plot(rates, values, **line(role))
        ax.scatter([rate], [mark], s=70, zorder=3, **points(role))
        ax.text(
            rate + (-0.025 if left else 0.025),
            mark + (-0.05 if below else 0.04),
            name,
            color=ink(COLORS[role]),
            weight="bold",
            ha="right" if left else "left",
            va="top" if below else "bottom",
            bbox=TEXT_BOX,
        )
    lowest = min(0.0, float(kappa.min()), here[1]) - 0.16
    ax.set(xlim=(0, 1), ylim=(lowest, 1.15), xlabel="share of answers that are right")
    ax.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    percent_ticks(ax.xaxis)


def draw_studies(ax: Axes, low: np.ndarray, high: np.ndarray, truth: float) -> None:
    """Intervals of simulated studies; those that miss the truth are drawn in another colour and dashed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    low, high : ndarray of shape (studies,)
    truth : float
    """
    order = np.argsort(low + high, kind="stable")
    low, high, places = low[order], high[order], np.arange(len(order))
    hit = (low <= truth) & (truth <= high)
    for chosen, role, dash in ((hit, "validation", "-"), (~hit, "leak", (0, (2, 1)))):
        ax.vlines(places[chosen], low[chosen], high[chosen], color=COLORS[role], lw=2.2, ls=dash)
    ax.axhline(truth, **line("truth"))
    ax.set(
        xlim=(-1, len(low)),
        ylim=(-0.02, 1.02),
        xticks=[],
        xlabel=f"{len(low)} simulated studies, in order of their middle",
    )
    ax.set_ylabel("share of right answers")
    percent_ticks(ax.yaxis)


def draw_pairs(ax: Axes, when_first: np.ndarray, when_second: np.ndarray, name: str) -> None:
    """Log odds for one answer of each pair, shown first and shown second; where place decides is shaded.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    when_first, when_second : ndarray of shape (pairs,)
    name : str
        Which answer it is, such as "the right answer".
    """
    most = 1.15 * max(np.abs(when_first).max(), np.abs(when_second).max(), 0.5)
    for x, y in ((0, -most), (-most, 0)):
        ax.fill_between([x, x + most], y, y + most, color=COLORS["leak"], alpha=0.1, lw=0)
    ax.axhline(0, color=COLORS["neutral"], lw=1)
    ax.axvline(0, color=COLORS["neutral"], lw=1)
    ax.scatter(when_first, when_second, s=34, **points("validation"))
    for x, y, text in (
        (0.5, -0.93, "the first place wins"),
        (-0.5, 0.86, "the second place wins"),
        (0.5, 0.86, "wins in both places"),
        (-0.5, -0.93, "loses in both places"),
    ):
        ax.text(x * most, y * most, text, ha="center", color=ink(COLORS["neutral"]), bbox=TEXT_BOX)
    ax.set(xlim=(-most, most), ylim=(-most, most))
    ax.set_xlabel(f"log odds for {name}, shown first")
    ax.set_ylabel("shown second")
