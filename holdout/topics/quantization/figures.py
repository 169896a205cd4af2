"""Drawings of lesson 09: what `holdout.topics.quantization.experiments` computes, in the course's roles and with direct labels.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from holdout.figures.axes import bold, percent_ticks
from holdout.figures.style import COLORS, INK, ink, line, points


def draw_rounding(
    axes: Sequence[Axes], values: np.ndarray, rounded: np.ndarray, bits: int, others: Mapping[int, float]
) -> None:
    """Left: where the weights lie and where the levels. Right: decibels against bits, with the line of 6.02 per bit.

    Parameters
    ----------
    axes : pair of matplotlib.axes.Axes
    values, rounded : ndarray, shape (n,)
    bits : int
        The number that is looked at; a key of `others`.
    others : dict of int to float
        Decibels at every number of bits.
    """
    histogram, chart = axes
    reach = np.abs(values).max()
    counts, _, _ = histogram.hist(values, bins=60, range=(-reach, reach), color=COLORS["neutral"], alpha=0.35)
    levels = 2 ** (bits - 1) - 1
    places = reach * np.arange(-levels, levels + 1) / levels
    used = np.isin(np.round(places, 9), np.round(rounded, 9))
    height = -0.08 * float(np.max(np.asarray(counts)))
    for some, role, size in ((used, "train", 8), (~used, "leak", 4)):
        histogram.plot(
            places[some], np.full(some.sum(), height), ls="", marker="|", ms=size, color=COLORS[role]
        )
    histogram.set(
        xlim=(-1.05 * reach, 1.05 * reach), ylim=(2 * height, None), yticks=[], xlabel="weight; below: levels"
    )
    histogram.xaxis.set_major_locator(MaxNLocator(5, symmetric=True))
    names = sorted(others)
    chart.plot(names, [others[b] for b in names], color=COLORS["train"], marker="o")
    last = names[-1]
    chart.plot(names, [others[last] + 6.02 * (b - last) for b in names], **line("neutral"))
    chart.text(0.98, 0.04, "dotted: 6.02 dB per bit", ha="right", color=INK, transform=chart.transAxes)
    chart.plot([bits], [others[bits]], ms=11, mfc="none", mew=2, marker="o", color=COLORS["accent"])
    chart.set(xlabel="bits", ylabel="signal to noise, dB")
    chart.set_xticks(names)


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
    beside = ax.get_yaxis_transform()
    ax.text(1.02, plain[-1], "one step\nfor all", va="center", transform=beside, **bold("leak"))
    ax.text(1.02, kept[-1], "outlier\nstored apart", va="center", transform=beside, **bold("test"))
    ax.axvline(size, color=COLORS["accent"], lw=1.2)
    ax.set(yscale="log", xlim=(sizes[0], sizes[-1]), ylim=(0.5, 2000))
    ax.set_xticks([1, 5, 10, 15, 20, 25, 30])
    ax.set(
        xlabel="size of the one outlier, in multiples of the largest ordinary weight",
        ylabel="error of all others (1 = without)",
    )


def draw_slices(
    ax: Axes, changes: pd.DataFrame, verdicts: Mapping[str, str], average: tuple[str, float, float]
) -> None:
    """One row per slice: accuracy before and after, the 95% interval of the change and its verdict; an average on top.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    changes : pandas.DataFrame
        Of `holdout.lm.evaluation.compare_answers`.
    verdicts : mapping of str to str
        "broken", "open" or "holds" for each slice.
    average : tuple of (name, before, after)
        The row on top.
    """
    top, ends = len(changes), changes[["low", "high"]].add(changes["before"], axis=0)
    places = np.arange(top)[::-1]
    roles = {"broken": "leak", "open": "neutral", "holds": "test"}
    for place, (name, row), (low, high) in zip(places, changes.iterrows(), ends.to_numpy(), strict=True):
        verdict = verdicts[name]
        role = roles[verdict]
        ax.plot([low, min(high, 1.0)], [place - 0.28] * 2, color=COLORS["neutral"], ls="-", lw=1.4)
        ax.plot([row["before"], row["after"]], [place, place], color=COLORS[role], ls="-", lw=2)
        ax.plot([row["before"]], [place], ls="", mfc="white", **points("truth") | {"marker": "o"}, ms=7)
        ax.plot([row["after"]], [place], ls="", **points(role), ms=7)
        said = f"{100 * row['difference']:+.1f}  {verdict}".replace("-", "−")
        weight = "bold" if verdict == "broken" else "normal"
        ax.text(
            1.02,
            place,
            said,
            color=ink(COLORS[role]),
            va="center",
            fontweight=weight,
            transform=ax.get_yaxis_transform(),
        )
    name, before, after = average
    ax.plot([before, after], [top, top], color=INK, ls="-", lw=2)
    ax.plot([before], [top], ls="", marker="o", mfc="white", mec=INK, ms=8)
    ax.plot([after], [top], ls="", marker="s", color=INK, ms=7)
    said = f"{100 * (after - before):+.1f}".replace("-", "−")
    ax.text(1.02, top, said, color=INK, va="center", fontweight="bold", transform=ax.get_yaxis_transform())
    ax.axhline(top - 0.5, color=COLORS["neutral"], lw=0.8)
    ax.set_yticks([*places, top], [*changes.index, name])
    lowest = min(ends.to_numpy().min(), changes["after"].min(), after)
    left = max(0.0, np.floor(10 * lowest) / 10)
    ax.set(
        xlim=(left - 0.01, 1.01),
        ylim=(-0.7, top + 0.7),
        xlabel="share of right answers (○ 16 bits, filled: after rounding; grey: 95% interval)",
    )
    ax.set_xticks(np.arange(left, 1.001, 0.1 if left > 0.35 else 0.2))
    percent_ticks(ax.xaxis)


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
    highest = max(*tuned, *fresh, *weights)
    ax.set(ylim=(0, max(1.8, 1.12 * highest)), ylabel="error, plain rounding = 1")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3)


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
    # M's numbers stand above and the others below, because S with many bits is as large as M with few
    looks = {"S": ("neutral", "o", -15), "M": ("train", "s", 8), "L": ("validation", "D", -15)}
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
