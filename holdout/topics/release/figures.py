"""Drawings of lesson 14: what `holdout.topics.release.cases` computes, in the course's roles.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from holdout.figures.axes import bold, label_end
from holdout.figures.style import COLORS, INK, line, points


def draw_promised_and_true(
    ax: Axes,
    names: Sequence[str],
    promised: Sequence[float],
    truth: Sequence[float],
    now: int,
    limits: tuple[float, float],
) -> None:
    """What each version of a study promises, and what its model is truly worth; the chosen one is marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : sequence of str
    promised, truth : sequence of float
        Thousand euros per month.
    now : int
    limits : (float, float)
    """
    places = np.arange(len(names))
    ax.set(
        xlim=limits,
        ylim=(len(names) - 0.4, -0.9),
        yticks=places,
        yticklabels=names,
        xlabel="saving against production, thousand € per month",
    )
    ax.vlines(0, -0.4, len(names) - 0.4, color=COLORS["neutral"], lw=1)  # ends below the two names
    ax.axhspan(now - 0.45, now + 0.45, color=COLORS["neutral"], alpha=0.14, lw=0)
    ax.plot(promised, places, ls="", ms=10, **{**points("leak")})
    ax.plot(truth, places, ls="", ms=10, **points("truth"), mew=3)
    ax.text(promised[0], -0.5, "promised", ha="center", **bold("leak"))
    ax.text(truth[0], -0.5, "true, June", ha="center", **bold("truth"))
    ax.text(
        limits[1],
        now,
        f"promised {promised[now]:.1f}, true {truth[now]:.1f} ",
        ha="right",
        va="center",
        color=INK,
        fontsize=9.5,
    )


def draw_savings(ax: Axes, table: pd.DataFrame, limits: tuple[float, float]) -> None:
    """Mean saving of each segment with its interval, and the verdict in words.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        From `holdout.topics.release.experiments.saving_by_segment`.
    limits : (float, float)
    """
    roles = {"saves": "test", "harmed": "leak", "not clear yet": "validation", "too few to judge": "neutral"}
    places = np.arange(len(table))
    room = 0.4 * (limits[1] - limits[0])
    ax.set(
        xlim=(limits[0], limits[1] + room),
        ylim=(len(table) - 0.4, -0.6),
        yticks=places,
        yticklabels=[f"{name}  ({rows} rows)" for name, rows in table["rows"].items()],
        xticks=np.arange(limits[0], limits[1] + 1, 20),
        xlabel="saving, thousand € for 30,000 parcels (paired, 95% interval)",
    )
    ax.axvline(0, color=COLORS["neutral"], lw=1, ls="-")
    for place, (_, row) in enumerate(table.iterrows()):
        role = roles[row["verdict"]]
        ax.plot(np.clip([row["low"], row["high"]], *limits), [place] * 2, color=COLORS[role], lw=3, ls="-")
        if limits[0] <= row["mean"] <= limits[1]:
            ax.plot(row["mean"], place, ms=9, ls="", **points(role))
        ax.text(
            limits[1] + 0.05 * room,
            place,
            row["verdict"],
            **bold(role),
            va="center",
        )


def draw_window(
    ax: Axes,
    names: Sequence[str],
    measured: Sequence[float],
    error: Sequence[float],
    truth: Sequence[float],
    now: int,
    limits: tuple[float, float],
) -> None:
    """Saving measured on May, with its error, and true saving in June, by the first month of training.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : sequence of str
    measured, error, truth : sequence of float
    now : int
    limits : (float, float)
    """
    places = np.arange(len(names))
    ax.set(
        xlim=(-0.4, len(names) + 0.5),
        ylim=limits,
        xticks=places,
        xticklabels=names,
        xlabel="first month of the training rows",
        ylabel="saving, thousand € per month",
    )
    ax.hlines(0, -0.4, places[-1], color=COLORS["neutral"], lw=1)  # ends before the names of the curves
    ax.axvspan(now - 0.3, now + 0.3, color=COLORS["neutral"], alpha=0.14, lw=0)
    ax.vlines(places, np.subtract(measured, error), np.add(measured, error), color=COLORS["test"], lw=2)
    (seen,) = ax.plot(places, measured, marker="D", **line("test"))
    (true,) = ax.plot(places, truth, marker="o", **line("truth"))
    label_end(ax, seen, "measured")
    label_end(ax, true, "true, June")


def draw_power(ax: Axes, days: np.ndarray, curve: np.ndarray, now: int, wanted: float = 0.8) -> None:
    """Probability that the canary sees the loss, against the days that it runs.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    days, curve : ndarray of the same length
    now : int
        Position of the chosen day.
    wanted : float
    """
    ax.set(xlim=(0, 1.02 * days[-1]), ylim=(0, 1.03), xlabel="days", ylabel="probability that it is seen")
    ax.axhline(wanted, **line("neutral"))
    ax.text(days[-1], wanted - 0.02, "80%", ha="right", va="top", color=INK)
    ax.plot(days, curve, **line("test"))
    ax.plot(days[now], curve[now], ms=10, ls="", **points("test"))


def draw_decision(ax: Axes, estimates: np.ndarray, costs: Mapping[str, np.ndarray], value: float) -> None:
    """Expected cost of each decision against the estimated value of shipping.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    estimates : ndarray of shape (m,)
    costs : dict of str to ndarray of shape (m,)
    value : float
        The estimate that is looked at.
    """
    ax.set(
        xlim=(estimates[0], 1.35 * estimates[-1]),
        ylim=(0, 8),
        xlabel="estimated value of shipping, thousand €",
        ylabel="expected cost, thousand €",
    )
    ax.axvline(value, color=COLORS["neutral"], lw=1, ls="-")
    roles = {"ship": "train", "wait": "validation", "canary": "test"}
    for name, role in roles.items():
        ax.plot(estimates, costs[name], **line(role))
    for name, place in (("ship", "left"), ("wait", "right"), ("canary", "right")):
        order = range(len(estimates)) if place == "left" else range(len(estimates) - 1, -1, -1)
        inside = next((i for i in order if costs[name][i] <= 7.3), 0)
        text = f"   {name}"  # beside the curve, which falls or rises there
        look = bold(roles[name])
        ax.text(estimates[inside], costs[name][inside] + (0.15 if place == "left" else -0.1), text, **look)


def draw_provenance(ax: Axes, table: pd.DataFrame, first: str, most: int) -> None:
    """Rows of each month, stacked by where their label comes from; months before the training window are faint.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        From `holdout.topics.release.experiments.label_sources`.
    first : str
        First month of the training rows.
    most : int
        Upper end of the axis, in rows.
    """
    looks = {
        "before the model": ("neutral", ""),
        "no van": ("train", ""),
        "kept back": ("test", "xxxx"),
        "written by the model": ("leak", "////"),
    }
    places, inside = np.arange(len(table)), np.asarray(table.index >= first)
    ax.set(
        xlim=(-0.6, len(table) - 0.4),
        ylim=(0, most),
        xticks=places[::3],
        xticklabels=table.index[::3],
        xlabel="month in which the parcel was accepted",
        ylabel="rows",
    )
    bottom = np.zeros(len(table))
    for name, (role, hatch) in looks.items():
        for part, alpha in ((inside, 1.0), (~inside, 0.25)):
            ax.bar(
                places[part],
                table[name][part],
                bottom=bottom[part],
                width=0.8,
                color=COLORS[role],
                hatch=hatch,
                edgecolor="white",
                lw=0,
                alpha=alpha,
            )
        bottom = bottom + table[name].to_numpy()
    # handles of its own: bars that were drawn before and are gone would be listed again
    handles = [
        Patch(facecolor=COLORS[role], hatch=hatch, edgecolor="white", lw=0, label=name)
        for name, (role, hatch) in looks.items()
    ]
    ax.legend(
        handles=handles, loc="upper left", ncols=4, handlelength=1.4, columnspacing=1.2, borderaxespad=0.2
    )
