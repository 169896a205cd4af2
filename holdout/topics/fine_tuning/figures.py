"""Drawings of lesson 08: what `holdout.topics.fine_tuning.experiments` counts, trains and reads from the record.

Each function draws on axes that it is given and computes nothing that a test would want to check. Sliders and
read-outs belong to the lesson.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from holdout.figures.axes import TEXT_BOX, label_end, padded_ticks, percent_ticks
from holdout.figures.style import COLORS, INK, line, marked, points
from holdout.stats.intervals import mean_interval

_LOOKS = {
    "all weights": ("o", COLORS["train"]),
    "rank 1": ("v", COLORS["neutral"]),
    "rank 4": ("s", COLORS["accent"]),
    "rank 16": ("D", COLORS["validation"]),
}


def family(rank: int) -> str:
    """How a rank is called in figures; 0 is full fine-tuning."""
    return "all weights" if rank == 0 else f"rank {rank}"


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


def draw_frontier(
    ax: Axes, settings: pd.DataFrame, learnt: str, kept: str, bar: float, best: Mapping[str, int]
) -> None:
    """What was learnt against what is kept, one marker per setting, and the bar with each method's best setting right of it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    settings : pandas.DataFrame
        One row per setting: `rank` (0: all weights) and the columns `learnt` and `kept`.
    learnt, kept : str
        Columns.
    bar : float
        Share of new values that must be learnt.
    best : dict of str to int
        Method to the index of its best setting.
    """
    for name, role in (("LoRA", "validation"), ("all weights", "train")):
        rows = (settings["rank"] > 0) == (name == "LoRA")
        ax.plot(settings[learnt][rows], settings[kept][rows], ls="", ms=8, label=name, **points(role))
        if name in best:
            at = settings.loc[best[name]]
            ax.plot(at[learnt], at[kept], "o", ms=17, mfc="none", mec=COLORS[role], mew=2.2, zorder=4)
    ax.axvline(bar, color=INK, lw=1.5, ls=":", zorder=0)
    top = settings[kept].max()
    ax.set(
        xlim=(-0.04, 1.05),
        ylim=(-0.05 * max(top, 0.1), 1.1 * max(top, 0.1)),
        xlabel="new values learnt",
        ylabel=f"still right: {kept}",
    )
    ax.legend(loc="lower left", title="circled: keeps most right of the bar", alignment="left")
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


def draw_slices(
    ax: Axes, before: Mapping[str, float], runs: Mapping[str, Sequence[float]], order: Sequence[str]
) -> None:
    """Before and after tuning, one line per slice: mean and 95% interval over seeds.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    before : dict of str to float
    runs : dict of str to sequence of float
        Accuracy of each seed.
    order : sequence of str
    """
    for row, name in enumerate(order):
        mean, reach = mean_interval(runs[name])
        ax.plot([before[name], mean], [row, row], color=COLORS["neutral"], lw=1.5, ls=":")
        # no share lies outside 0 to 1, where an interval of few seeds may end
        ends = np.clip([mean - reach, mean + reach], 0, 1)
        ax.plot(ends, [row, row], color=COLORS["accent"], lw=5, alpha=0.35, ls="-", solid_capstyle="butt")
        ax.plot(before[name], row, "o", mfc="white", mec=INK, ms=10)
        ax.plot(mean, row, "D", color=COLORS["accent"], ms=8)
        ax.annotate(f"{100 * mean:.0f}", (mean, row), xytext=(0, 10), textcoords="offset points", ha="center")
    ax.set(xlim=(-0.04, 1.06), ylim=(len(order) - 0.5, -0.8), xlabel="right answers (○ before, ◆ after)")
    ax.set_yticks(range(len(order)), order)
    percent_ticks(ax.xaxis)


def draw_examples(
    ax: Axes,
    curves: Mapping[str, Mapping[int, Sequence[float]]],
    spoilt: Mapping[int, Sequence[float]],
    chosen: int,
) -> None:
    """Accuracy against number of examples: mean and 95% interval over seeds, one curve per way of asking.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curves : dict of str to dict of int to sequence of float
        Name to number of examples to the accuracy of each seed. The first is also known for `spoilt` examples.
    spoilt : dict of int to sequence of float
        The same for examples of which some are wrong.
    chosen : int
        Number of examples to mark.
    """
    for role, (name, sizes) in zip(("neutral", "train", "validation", "leak"), curves.items(), strict=False):
        mean, reach = np.array([mean_interval(values) for values in sizes.values()]).T
        low, high = np.clip([mean - reach, mean + reach], 0, 1)
        ax.fill_between(list(sizes), low, high, color=COLORS[role], alpha=0.18, lw=0)
        (curve,) = ax.plot(list(sizes), mean, **marked(role))
        label_end(ax, curve, name)
    for size, values in spoilt.items():
        mean, reach = mean_interval(values)
        beside = 1.08 * size  # not on the marker of the clean examples
        ends = np.clip([mean - reach, mean + reach], 0, 1)
        ax.plot([beside, beside], ends, color=COLORS["accent"], lw=3, ls="-")
        (mark,) = ax.plot(beside, mean, "^", ms=10, color=COLORS["accent"])
    label_end(ax, mark, "20% wrong")
    ax.axvline(chosen, color=INK, lw=1, ls=":", zorder=0)
    numbers = list(next(iter(curves.values())))
    ax.set(
        xscale="log",
        xlim=(numbers[0] * 0.85, numbers[-1] * 1.15),
        ylim=(-0.03, 1.08),
        xlabel="examples trained on",
        ylabel="right answers",
    )
    ax.set_xticks(numbers, [f"{number:,}" for number in numbers])
    ax.minorticks_off()
    percent_ticks(ax.yaxis)


def draw_losses(ax: Axes, table: pd.DataFrame, step: int) -> None:
    """Training and held-out loss along runs: mean over seeds with its 95% interval, and the lowest held-out loss.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        One row per seed and step: `seed`, `step`, `train`, `held_out`.
    step : int
        The step that is marked.
    """
    top = 0.0
    for role, column, name in (("train", "train", "training"), ("validation", "held_out", "held out")):
        wide = table.pivot(index="step", columns="seed", values=column)
        mean, reach = np.array([mean_interval(values) for values in wide.to_numpy()]).T
        top = max(top, mean.max())
        ax.fill_between(
            wide.index, np.maximum(mean - reach, 0), mean + reach, color=COLORS[role], alpha=0.18, lw=0
        )
        (curve,) = ax.plot(wide.index, mean, **line(role))
        label_end(ax, curve, name)
    lowest = wide.index[int(np.argmin(mean))]
    ax.plot(lowest, mean.min(), "*", ms=16, color=INK, mec="white", zorder=4)
    ax.axvline(step, color=INK, lw=1, ls=":", zorder=0)
    ax.set(
        xlim=(wide.index.min() - 5, wide.index.max() * 1.01),
        ylim=(0, 1.25 * top),
        xlabel="step",
        ylabel="loss, nats per word",
    )


def draw_run(ax: Axes, losses: pd.DataFrame, step: int) -> None:
    """Losses of a recorded adapter run of the real model: mean over its seeds, with their range.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    losses : pandas.DataFrame
        Index `set` ("training", "held-out", "docstrings", "reading") and `step`; one column per seed.
    step : int
        The step that is marked.
    """
    roles = {"training": "train", "held-out": "validation", "docstrings": "test", "reading": "truth"}
    for name, role in roles.items():
        if name not in losses.index.get_level_values("set"):
            continue
        table = losses.loc[name].sort_index()
        ax.fill_between(
            table.index, table.min(axis=1), table.max(axis=1), color=COLORS[role], alpha=0.18, lw=0
        )
        look = line(role) if name == "training" else marked(role)
        (curve,) = ax.plot(table.index, table.mean(axis=1), **look)
        label_end(ax, curve, name)
    ax.axvline(step, color=INK, lw=1, ls=":", zorder=0)
    steps = losses.index.get_level_values("step")
    ax.set(
        xlim=(-0.02 * steps.max(), 1.01 * steps.max()),
        ylim=(0, 1.05 * losses.to_numpy().max()),
        xlabel="step",
        ylabel="loss, nats per token",
    )


def draw_stop(
    ax: Axes,
    steps: Sequence[int],
    gained: Sequence[float],
    cost: Sequence[float],
    value: Sequence[float],
    now: int,
) -> None:
    """Snapshots of one run in new facts: gained, the cost of those lost, and the value of stopping there.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    steps : sequence of int
    gained, cost, value : sequence of float
        All in new facts; the value is what is gained minus the cost.
    now : int
        The chosen step.
    """
    for role, name, values in (("train", "gained", gained), ("validation", "cost", cost)):
        (curve,) = ax.plot(steps, values, **marked(role))
        label_end(ax, curve, name)
    (curve,) = ax.plot(steps, value, color=INK, lw=3, ls="-")
    label_end(ax, curve, "value")
    best = int(np.argmax(value))
    ax.plot(steps[best], list(value)[best], "*", ms=17, color=INK, mec="white", zorder=4)
    ax.axhline(0, color=COLORS["neutral"], lw=1, ls="-", zorder=0)
    ax.axvline(now, color=COLORS["accent"], lw=2, ls=":", zorder=0)
    top = max(*gained, 1)
    ax.set(
        xlim=(-2, steps[-1] * 1.01),
        ylim=(min(*value, -0.05 * top) * 1.05, max(top, *cost) * 1.08),
        xlabel="step",
        ylabel="new facts",
    )
    padded_ticks(ax.yaxis, 5)
