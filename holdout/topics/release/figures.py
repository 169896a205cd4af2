"""Drawings of lesson 14: what `holdout.topics.release.cases` computes, in the course's roles.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from holdout.figures.axes import bold, label_end, padded_ticks, percent_ticks
from holdout.figures.reliability import draw_reliability
from holdout.figures.style import COLORS, line, points


def draw_promised_and_true(
    ax: Axes,
    names: Sequence[str],
    promised: Sequence[float],
    reach: Sequence[float],
    truth: Sequence[float],
    now: int,
) -> None:
    """What each version of a study promises with its interval, and what its model is truly worth; the chosen one is marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : sequence of str
    promised, reach, truth : sequence of float
        Thousand euros per month; `reach` is half of the 95% interval.
    now : int
    """
    places = np.arange(len(names))
    ax.set(
        xlim=(-15, 29),
        ylim=(len(names) - 0.4, -1.0),
        yticks=places,
        yticklabels=names,
        xlabel="saving against production, thousand € per month (95% interval)",
    )
    ax.vlines(0, -0.45, len(names) - 0.4, color=COLORS["neutral"], lw=1)  # ends below the two names
    ax.axhspan(now - 0.45, now + 0.45, color=COLORS["neutral"], alpha=0.14, lw=0)
    low, high = np.subtract(promised, reach), np.add(promised, reach)
    ax.hlines(places, low, high, color=COLORS["leak"], lw=2.5, ls="-")
    ax.plot(promised, places, ls="", ms=9, **{**points("leak")})
    ax.plot(truth, places, ls="", ms=10, **points("truth"), mew=3)
    ax.text(promised[0], -0.5, "promised", ha="center", **bold("leak"))
    ax.text(truth[0], -0.5, "true, June", ha="center", **bold("truth"))


def draw_months(
    axes: Sequence[Axes], months: Sequence[str], gaps: np.ndarray, now: int, bins: pd.DataFrame
) -> None:
    """Late minus forecast by month with what chance allows independent parcels, and one month in bins.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
    months : sequence of str
        Such as ``"2025-04"``.
    gaps : ndarray of shape (months, 2)
        Late minus forecast, and how far 95% of right forecasts would stay from 0 if parcels were independent.
    now : int
    bins : pandas.DataFrame
        From `holdout.stats.calibration.reliability_table`, of the chosen month.
    """
    left, right = axes
    places = np.arange(len(months))
    left.set(
        xlim=(-0.6, len(months) - 0.4),
        ylim=(-1.15 * np.abs(gaps).max(), 1.15 * np.abs(gaps).max()),
        xticks=places,
        xticklabels=[pd.Timestamp(f"{month}-01").strftime("%b") for month in months],
        xlabel="grey: 95%, were parcels independent",
        ylabel="late minus forecast (share of parcels)",
    )
    left.axvspan(now - 0.4, now + 0.4, color=COLORS["neutral"], alpha=0.14, lw=0)
    left.bar(places, 2 * gaps[:, 1], 0.5, -gaps[:, 1], color=COLORS["neutral"], alpha=0.35)
    left.axhline(0, color=COLORS["neutral"], lw=1, ls="-")
    outside = np.abs(gaps[:, 0]) > gaps[:, 1]
    for chosen, role in ((outside, "leak"), (~outside, "validation")):
        left.plot(places[chosen], gaps[chosen, 0], ls="", ms=9, **points(role))
    draw_reliability(right, bins, show_rows=False)
    right.set(xlim=(-0.02, 0.85), ylim=(-0.02, 1.02), xlabel="forecast (mean of the bin)", ylabel="late")


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
    reach: Sequence[float],
    truth: Sequence[float],
    now: int,
    limits: tuple[float, float],
) -> None:
    """Saving on May with its interval, and true saving in June, by the first month of training.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : sequence of str
    measured, reach, truth : sequence of float
        `reach` is half of the 95% interval.
    now : int
    limits : (float, float)
    """
    places = np.arange(len(names))
    ax.set(
        xlim=(-0.4, len(names) + 0.3),
        ylim=limits,
        xticks=places,
        xticklabels=names,
        xlabel="first month of the training rows",
        ylabel="saving, thousand € per month",
    )
    ax.hlines(0, -0.4, places[-1], color=COLORS["neutral"], lw=1)  # ends before the names of the curves
    ax.axvspan(now - 0.3, now + 0.3, color=COLORS["neutral"], alpha=0.14, lw=0)
    ax.vlines(places, np.subtract(measured, reach), np.add(measured, reach), color=COLORS["test"], lw=2)
    (seen,) = ax.plot(places, measured, marker="D", **line("test"))
    (true,) = ax.plot(places, truth, marker="o", **line("truth"))
    label_end(ax, seen, "measured")
    label_end(ax, true, "true, June")


def draw_hold_back(
    axes: Sequence[Axes], shares: np.ndarray, reach: np.ndarray, prices: Mapping[str, np.ndarray], now: int
) -> None:
    """Half of the interval of a saving, and the price of holding back, against the share held back.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
    shares : ndarray of shape (m,)
    reach : ndarray of shape (m,)
        Thousand euros per month.
    prices : dict of str to ndarray of shape (m,)
        Two of them, in thousand euros per month.
    now : int
        Position of the chosen share.
    """
    left, right = axes
    for ax in axes:
        ax.set(xlim=(0, 1.02 * shares[-1]), xlabel="share held back")
        percent_ticks(ax.xaxis)
        ax.axvline(shares[now], color=COLORS["neutral"], lw=1, ls="-")
    left.set(ylim=(0, 1.1 * reach.max()), ylabel="± of one saving, thousand € per month")
    left.plot(shares, reach, **line("validation"))
    left.plot(shares[now], reach[now], ms=9, ls="", **points("validation"))
    highest = max(float(np.max(curve)) for curve in prices.values())
    lowest = min(0.0, *(float(np.min(curve)) for curve in prices.values()))
    right.set(
        xlim=(0, 1.75 * shares[-1]),
        ylim=(lowest - 0.12 * highest, 1.1 * highest),
        ylabel="price, thousand € per month",
        xticks=np.linspace(0, shares[-1], 6),
    )
    right.hlines(0, 0, shares[-1], color=COLORS["neutral"], lw=1)  # ends before the names of the curves
    for (name, curve), role in zip(prices.items(), ("train", "test"), strict=True):
        (drawn,) = right.plot(shares, curve, **line(role))
        label_end(right, drawn, name)


def draw_two_powers(
    ax: Axes, days: np.ndarray, curves: Mapping[str, np.ndarray], wanted: float = 0.8
) -> None:
    """Probability of seeing a loss against days on a logarithmic axis, for two plans; where each reaches the wanted power is marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    days : ndarray of shape (m,)
    curves : dict of str to ndarray of shape (m,)
        Two of them.
    wanted : float
    """
    ax.set(
        xscale="log",
        xlim=(0.9, days[-1]),
        ylim=(0, 1.03),
        xticks=[1, 3, 10, 30, 100, 300, 1000],
        xticklabels=["1", "3", "10", "30", "100", "300", "1,000"],
        xlabel="days (logarithmic)",
        ylabel="probability that the loss is seen",
    )
    ax.minorticks_off()
    percent_ticks(ax.yaxis)
    ax.axhline(wanted, color=COLORS["neutral"], lw=1, ls="-")
    for (name, curve), role in zip(curves.items(), ("test", "validation"), strict=True):
        ax.plot(days, curve, **line(role))
        seen = curve[-1] >= wanted
        at = int(np.argmax(curve >= wanted)) if seen else len(days) - 1
        if seen:
            ax.plot(days[at], curve[at], ms=9, ls="", **points(role))
        ax.annotate(
            name,
            (days[at], curve[at]),
            xytext=(8, -13) if seen else (-8, 6),
            textcoords="offset points",
            ha="left" if seen else "right",
            va="center",
            **bold(role),
        )


def draw_horizon(ax: Axes, months: np.ndarray, costs: Mapping[str, np.ndarray], now: int) -> None:
    """Expected cost of shipping, waiting and a trial against the months that the model would stay.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    months : ndarray of shape (m,)
    costs : dict of str to ndarray of shape (m,)
        From `holdout.topics.release.experiments.costs_over_months`.
    now : int
        The chosen number of months.
    """
    roles = {"ship": "train", "wait": "validation", "trial": "test"}
    top = 1.1 * max(float(curve.max()) for curve in costs.values())
    ax.set(
        xlim=(months[0] - 0.3, months[-1] + 1.6),
        ylim=(-0.06 * top, top),
        xticks=months,
        xlabel="months that the model would stay",
        ylabel="expected cost, thousand €",
    )
    padded_ticks(ax.yaxis, 4)
    ax.axvline(now, color=COLORS["neutral"], lw=1, ls="-")
    for name, role in roles.items():
        (curve,) = ax.plot(months, costs[name], **line(role))
        label_end(ax, curve, name)
    cheapest = min(roles, key=lambda name: costs[name][now - 1])
    ax.plot(now, costs[cheapest][now - 1], ms=10, ls="", **points(roles[cheapest]))


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
        "held back": ("test", "xxxx"),
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
