"""Drawings of lesson 08: what `holdout.topics.fine_tuning.experiments` counts, trains and reads from the record.

Each function draws on axes that it is given and computes nothing that a test would want to check. Sliders and
read-outs belong to the lesson.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from holdout.figures.axes import TEXT_BOX, label_end, percent_ticks
from holdout.figures.style import COLORS, INK, line, marked

_LOOKS = {
    "all weights": ("o", COLORS["train"]),
    "rank 1": ("v", COLORS["neutral"]),
    "rank 4": ("s", COLORS["accent"]),
    "rank 16": ("D", COLORS["validation"]),
}


def family(rank: int) -> str:
    """How a rank is called in figures; 0 is full fine-tuning."""
    return "all weights" if rank == 0 else f"rank {rank}"


def draw_counts(ax: Axes, ranks: Sequence[int], trained: Sequence[int], whole: int, now: int) -> None:
    """Trained weights against rank, on logarithmic axes, beside all weights.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    ranks, trained : sequence of int
    whole : int
    now : int
        The chosen rank.
    """
    (curve,) = ax.plot(ranks, trained, **line("train"))
    label_end(ax, curve, "LoRA")
    (top,) = ax.plot(ranks, [whole] * len(ranks), **line("neutral"))
    label_end(ax, top, "all weights")
    at = list(ranks).index(now)
    ax.plot(now, trained[at], "o", ms=10, color=COLORS["accent"])
    # beside the line, on the side where the names at its end are not
    offset, side = ((8, -16), "left") if at < len(ranks) // 2 else ((-10, 8), "right")
    ax.annotate(
        f"{trained[at]:,}",
        (now, trained[at]),
        xytext=offset,
        ha=side,
        textcoords="offset points",
        color=INK,
    )
    ax.set(xscale="log", yscale="log", xlim=(0.9, 200), xlabel="rank", ylabel="weights that are trained")
    ax.set_ylim(min(trained) / 4, max(whole, *trained) * 6)
    ax.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
    ax.minorticks_off()


def draw_rest(ax: Axes, rests: Mapping[str, np.ndarray], chosen: str, rank: int) -> None:
    """Share of the squared change that the best matrix of a rank leaves out, one curve per kind of change.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rests : dict of str to ndarray
    chosen : str
    rank : int
    """
    for name, rest in rests.items():
        role = "train" if name == chosen else "neutral"
        ax.plot(range(len(rest)), rest, alpha=1 if name == chosen else 0.45, **line(role))
        if name == chosen:
            ax.plot(rank, rest[rank], "o", ms=10, color=COLORS["accent"], clip_on=False, zorder=4)
            ax.annotate(
                f"{100 * rest[rank]:.0f}% left out",
                (rank, rest[rank]),
                xytext=(12, 10) if rank < 30 else (-12, 14),
                ha="left" if rank < 30 else "right",
                textcoords="offset points",
                bbox=TEXT_BOX | {"pad": 1.5},
                zorder=3,
            )
    ax.set(xlim=(-0.5, 40), ylim=(-0.02, 1.08), xlabel="rank", ylabel="share of the change left out")
    percent_ticks(ax.yaxis)


def draw_trade_off(
    ax: Axes, runs: pd.DataFrame, learnt: str, kept: str, rank: int, rate: float, shipped: Mapping[str, float]
) -> None:
    """What was learnt against what was kept, one marker per recorded run; the chosen setting is ringed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    runs : pandas.DataFrame
    learnt, kept : str
        Columns.
    rank, rate : int, float
    shipped : dict of str to float
        Accuracy by slice before tuning.
    """
    for each, group in runs.groupby("rank"):
        marker, color = _LOOKS[family(each)]
        ax.scatter(
            group[learnt], group[kept], marker=marker, color=color, s=46, alpha=0.75, label=family(each)
        )
    chosen = runs[(runs["rank"] == rank) & (runs["learning_rate"] == rate)]
    ax.scatter(chosen[learnt], chosen[kept], s=220, fc="none", ec=INK, lw=2.2, zorder=4)
    start = shipped[learnt], shipped[kept]
    ax.plot(*start, "*", ms=15, color=INK)
    ax.annotate("as shipped", start, xytext=(10, -4), textcoords="offset points")
    ax.set(xlim=(-0.06, 1.06), ylim=(-0.05, 1.1), xlabel="new values learnt", ylabel=f"still right: {kept}")
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    percent_ticks(ax.xaxis, ax.yaxis)


def draw_distance(ax: Axes, runs: pd.DataFrame, kept: str, at_least: float, learnt: str) -> None:
    """What is kept against the distance moved; runs that learnt too little are hollow.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    runs : pandas.DataFrame
    kept : str
    at_least : float
        New values that a run must have learnt to be filled.
    learnt : str
    """
    for each, group in runs.groupby("rank"):
        marker, color = _LOOKS[family(each)]
        enough = group[learnt] >= at_least
        ax.scatter(
            group["moved"][enough],
            group[kept][enough],
            marker=marker,
            color=color,
            s=55,
            label=family(each),
        )
        ax.scatter(group["moved"][~enough], group[kept][~enough], marker=marker, fc="none", ec=color, s=55)
    ax.set(
        xlim=(0, 0.72),
        ylim=(-0.05, 1.05),
        xlabel="distance moved, share of the norm of the matrices",
        ylabel=f"still right: {kept}",
    )
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), title="filled: learnt enough")
    percent_ticks(ax.yaxis)


def draw_bars(
    ax: Axes, before: Mapping[str, float], after: Mapping[str, float], order: Sequence[str]
) -> None:
    """Before and after, one line per slice.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    before, after : dict of str to float
    order : sequence of str
    """
    for row, name in enumerate(order):
        ax.plot([before[name], after[name]], [row, row], color=COLORS["neutral"], lw=2, ls="-")
        ax.plot(before[name], row, "o", mfc="white", mec=INK, ms=10)
        ax.plot(after[name], row, "D", color=COLORS["accent"], ms=9)
        ax.annotate(
            f"{100 * after[name]:.0f}",
            (after[name], row),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
        )
    ax.set(xlim=(-0.04, 1.06), ylim=(len(order) - 0.5, -0.7), xlabel="right answers (○ before, ◆ after)")
    ax.set_yticks(range(len(order)), order)
    percent_ticks(ax.xaxis)


def draw_sizes(
    ax: Axes, sizes: Sequence[int], curves: Mapping[str, Sequence[float] | None], chosen: int
) -> None:
    """Accuracy against number of examples, one curve per way of asking.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    sizes : sequence of int
    curves : dict of str to sequence of float or None
        None leaves a curve out; the others keep their colours.
    chosen : int
        Number of examples to mark.
    """
    for role, (name, values) in zip(("train", "validation", "leak", "neutral"), curves.items(), strict=False):
        if values is None:
            continue
        (curve,) = ax.plot(sizes, values, **marked(role))
        label_end(ax, curve, name)
    ax.axvline(chosen, color=INK, lw=1, ls=":")
    ax.set(
        xscale="log", xlim=(8, 1800), ylim=(-0.05, 1.08), xlabel="examples trained on", ylabel="right answers"
    )
    ax.set_xticks(list(sizes), [str(size) for size in sizes])
    ax.minorticks_off()
    percent_ticks(ax.yaxis)


def draw_curves(
    ax: Axes, steps: Sequence[int], curves: Mapping[str, Sequence[float]], now: int, worth: Sequence[float]
) -> None:
    """Snapshots of one run: shares and the total value, with the chosen and the best step.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    steps : sequence of int
    curves : dict of str to sequence of float
    now : int
    worth : sequence of float
        Value of stopping at each step, on the scale of the shares.
    """
    for role, (name, values) in zip(("train", "validation"), curves.items(), strict=False):
        (curve,) = ax.plot(steps, values, **marked(role))
        label_end(ax, curve, name)
    (curve,) = ax.plot(steps, worth, color=INK, lw=3, ls="-")
    label_end(ax, curve, "value")
    best = max(range(len(steps)), key=lambda place: list(worth)[place])
    ax.plot(steps[best], list(worth)[best], "*", ms=16, color=INK, mec="white", zorder=4)
    ax.annotate(
        "best",
        (steps[best], list(worth)[best]),
        # the first step lies on the axis, whose numbers the word must not touch
        xytext=(0, -18) if best else (5, -32),
        ha="center" if best else "left",
        textcoords="offset points",
    )
    ax.axvline(now, color=COLORS["accent"], lw=2, ls=":", zorder=0)
    ax.set(xlim=(-3, steps[-1] * 1.3), ylim=(-0.05, 1.08), xlabel="step", ylabel="share, and value")
    ax.set_xticks(list(steps)[::2])  # none beyond the run, where only names stand
    percent_ticks(ax.yaxis)
