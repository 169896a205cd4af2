"""Drawings of lesson 09: what `holdout.topics.quantization.experiments` computes, in the course's roles and with direct labels.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from holdout.figures.axes import bold
from holdout.figures.style import COLORS, INK, ink, line, points


def draw_rounding(
    axes: Sequence[Axes],
    values: np.ndarray,
    rounded: np.ndarray,
    bits: int,
    decibels: float,
    others: Mapping[int, float],
) -> None:
    """Left: the staircase. Right: decibels against bits, with the line of 6.02 per bit.

    Parameters
    ----------
    axes : pair of matplotlib.axes.Axes
    values, rounded : ndarray, shape (n,)
    bits : int
    decibels : float
        At `bits`.
    others : dict of int to float
        Decibels at every number of bits.
    """
    stairs, chart = axes
    order = np.argsort(values, kind="stable")
    stairs.plot(values[order], values[order], **line("truth"))
    stairs.step(values[order], rounded[order], where="mid", color=COLORS["train"], lw=1.8)
    reach = np.abs(values).max()
    stairs.set(xlim=(-reach, reach), ylim=(-1.1 * reach, 1.1 * reach))
    stairs.set(xlabel="weight", ylabel="weight after rounding")
    for axis in (stairs.xaxis, stairs.yaxis):
        axis.set_major_locator(MaxNLocator(5, symmetric=True))
    names = sorted(others)
    chart.plot(names, [others[b] for b in names], color=COLORS["train"], marker="o")
    middle = names[len(names) // 2]
    chart.plot(names, [others[middle] + 6.02 * (b - middle) for b in names], **line("neutral"))
    chart.text(names[-1], 8, "grey: 6.02 dB per bit", ha="right", color=INK)
    chart.plot([bits], [decibels], ms=11, mfc="none", mew=2, marker="o", color=COLORS["accent"])
    chart.set(xlabel="bits", ylabel="signal to noise, dB", ylim=(0, 66))


def draw_outlier(
    ax: Axes, sizes: Sequence[float], plain: Sequence[float], kept: Sequence[float], size: float
) -> None:
    """Error of the ordinary weights against the size of one outlier: shared step, and outlier kept apart.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    sizes, plain, kept : sequence of the same length
        Multiples of the largest ordinary weight; error as a multiple of that without an outlier.
    size : float
        The one that is looked at.
    """
    ax.plot(sizes, plain, color=COLORS["leak"], marker="X", markevery=4, clip_on=False)
    ax.plot(sizes, kept, color=COLORS["test"], marker="D", markevery=4, clip_on=False)
    ax.text(sizes[-1], plain[-1], " one step for all", va="center", **bold("leak"))
    ax.text(sizes[-1], kept[-1], " outlier kept apart", va="center", **bold("test"))
    ax.axvline(size, color=COLORS["accent"], lw=1.2)
    ax.set(yscale="log", xlim=(1, sizes[-1] * 1.42), ylim=(0.1, 3000))
    ax.set_xticks([1, 5, 10, 15, 20, 25, 30])
    ax.set(
        xlabel="size of the one outlier, in multiples of the largest ordinary weight",
        ylabel="error of all others (1 = without)",
    )


def draw_slices(
    ax: Axes,
    names: Sequence[str],
    before: Sequence[float],
    after: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    average_before: float,
    average_after: float,
    bar: float,
) -> None:
    """One row per slice: accuracy before and after, with the paired interval of the change; the average on top.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : list of str
    before, after, low, high : sequences of the same length
        `low` and `high` are the ends of the interval of `after`.
    average_before, average_after : float
        As users meet it.
    bar : float
        What every slice has to keep.
    """
    places = np.arange(len(names))[::-1]
    for place, first, second, a, b in zip(places, before, after, low, high, strict=True):
        broken = b < first - bar
        role = "leak" if broken else "test"
        ax.plot([first, second], [place, place], color=COLORS[role], ls="-", lw=2)
        ax.plot([a, b], [place - 0.25] * 2, color=COLORS["neutral"], ls="-", lw=1.2)
        ax.plot([first], [place], ls="", mfc="white", **points("truth") | {"marker": "o"}, ms=7)
        ax.plot([second], [place], ls="", **points(role), ms=7)
        if broken:
            ax.text(
                1.03, place, f"✗ {100 * (second - first):.0f} points", color=ink(COLORS["leak"]), va="center"
            )
    top = len(names)
    ax.plot([average_before, average_after], [top, top], color=INK, ls="-", lw=2)
    ax.plot([average_before], [top], ls="", marker="o", mfc="white", mec=INK, ms=8)
    ax.plot([average_after], [top], ls="", marker="s", color=INK, ms=7)
    ax.axhline(top - 0.5, color=COLORS["neutral"], lw=0.8)
    ax.set_yticks([*places, top], [*names, "AVERAGE, as used"])
    ax.set(
        xlim=(-0.02 if min(after) < 0.45 else 0.4, 1.22),
        ylim=(-0.7, top + 0.7),
        xlabel="share of right answers (○ 16 bits, filled: after rounding)",
    )
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0] if min(after) < 0.45 else [0.4, 0.6, 0.8, 1.0])


def draw_feedback(
    ax: Axes, names: Sequence[str], tuned: Sequence[float], fresh: Sequence[float], weights: Sequence[float]
) -> None:
    """Error of the output and of the weights, error feedback over plain rounding.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : list of str
    tuned, fresh, weights : sequences of the same length
        Ratios; 1 is plain rounding. Output on the inputs that the feedback was made for, output on fresh inputs,
        and the weights themselves.
    """
    places = np.arange(len(names))
    ax.axhline(1, **line("truth"), lw=1.2)
    ax.text(len(names) - 0.52, 1.04, "plain\nrounding", color=INK)
    ax.set_xlim(-0.6, len(names) - 0.05)
    for offset, role, hatch, label, values in (
        (-0.27, "train", "//", "output, its own inputs", tuned),
        (0.0, "test", "..", "output, fresh inputs", fresh),
        (0.27, "leak", "", "weights", weights),
    ):
        ax.bar(places + offset, values, 0.25, color=COLORS[role], hatch=hatch, edgecolor="white", label=label)
        for place, value in zip(places, values, strict=True):
            ax.text(place + offset, value + 0.03, f"{value:.2f}", ha="center")
    ax.set_xticks(places, names)
    ax.set(ylim=(0, 2.9), ylabel="error, plain rounding = 1")
    ax.legend(loc="upper left", ncols=3)


def draw_budget(
    ax: Axes,
    points_by_model: Mapping[str, Sequence[tuple[float, float, int, bool]]],
    budget: float,
    bar: float,
    best: tuple[float, float, str] | None,
) -> None:
    """Accuracy of the worst needed slice against size, for every variant.

    A number of bits stands at the filled point only: the open one beside it has the same.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    points_by_model : dict of str to list of (kilobytes, accuracy, bits, per_row)
    budget : float
        Kilobytes.
    bar : float
        Least accuracy that the worst needed slice must have.
    best : tuple or None
        (kilobytes, accuracy, name) of the chosen variant.
    """
    # M's numbers stand above and the others below, because S0 with many bits is as large as M with few
    looks = {"S0": ("neutral", "o", -15), "M": ("train", "s", 8), "L": ("validation", "D", -15)}
    for name, found in points_by_model.items():
        role, marker, aside = looks[name]
        for kilobytes, accuracy, bits, per_row in found:
            ax.plot(
                [kilobytes],
                [accuracy],
                marker=marker,
                ms=8,
                ls="",
                color=COLORS[role],
                mfc=COLORS[role] if per_row else "white",
                mew=1.6,
            )
            if per_row:
                ax.annotate(
                    str(bits),
                    (kilobytes, accuracy),
                    xytext=(0, aside),
                    ha="center",
                    textcoords="offset points",
                    fontsize=9,
                    color=ink(COLORS[role]),
                )
    handles = [
        Line2D([], [], ls="", ms=8, marker=marker, color=COLORS[role], label=name)
        for name, (role, marker, _) in looks.items()
    ]
    kinds = (("white", "one step per matrix"), (INK, "one step per row"))
    handles += [
        Line2D([], [], ls="", ms=8, marker="o", mec=INK, mfc=fill, label=kind) for fill, kind in kinds
    ]
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=5, columnspacing=1.2)
    ax.axvline(budget, color=INK, lw=1)
    ax.axhline(bar, color=INK, lw=1, ls="--")
    ax.axvspan(budget, 2000, color=COLORS["neutral"], alpha=0.12, lw=0)
    ax.axhspan(-0.1, bar, color=COLORS["neutral"], alpha=0.12, lw=0)
    if best is not None:
        ax.plot([best[0]], [best[1]], marker="o", ms=16, mfc="none", mew=2, color=COLORS["accent"])
    ax.set(xscale="log", xlim=(20, 1000), ylim=(-0.08, 1.14))
    ax.set_xticks([30, 60, 120, 250, 500, 1000], ["30", "60", "120", "250", "500", "1,000"])
    ax.minorticks_off()
    ax.set(
        xlabel="size in kB (number: bits of the filled point and of the open one beside it)",
        ylabel="accuracy of the worst needed slice",
    )
