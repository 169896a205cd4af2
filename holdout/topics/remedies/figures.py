"""Drawings of lesson 02: remedies and their risk, evidence, choices and effects, double descent.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from holdout.figures.axes import TEXT_BOX, bold, label_end, percent_ticks
from holdout.figures.style import COLORS, ink, line, points

_BAND = 0.18
# keeps words off the lines behind them
_VERDICT_ROLE = {"better": "test", "worse": "leak", "not shown": "neutral"}


def _bar_between(ax, low, high, place, limits, color, width, size):
    """A horizontal bar; where it goes on beyond the limits it ends in an arrow."""
    ax.plot(np.clip([low, high], *limits), [place] * 2, color=color, lw=width, ls="-")
    for beyond, end, marker in ((low < limits[0], limits[0], "<"), (high > limits[1], limits[1], ">")):
        if beyond:
            ax.plot([end], [place], marker=marker, ms=size, ls="", color=color, clip_on=False, zorder=4)


def draw_effects(
    ax: Axes,
    table: pd.DataFrame,
    limits: tuple[float, float] | None = None,
    unpaired: bool = False,
    unit: str = "change of the cost, euros for 1,000 parcels",
) -> None:
    """The effect of each change with its interval, and the verdict in words.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        From `holdout.topics.remedies.experiments.ablation_table`.
    limits : (float, float), optional
        Of the horizontal axis; by default it fits the bars and 0. A bar that goes on beyond them ends in an arrow.
    unpaired : bool
        Also draw, thin, the interval of the unpaired reading: `unpaired_reach` to either side.
    unit : str
        Name of the horizontal axis.
    """
    if limits is None:
        drawn = [0.0, *table["low"], *table["high"]]
        margin = 0.06 * (max(drawn) - min(drawn))
        limits = min(drawn) - margin, max(drawn) + margin
    places = np.arange(len(table))
    ax.set(xlim=limits, ylim=(len(table) - 0.4, -0.6), yticks=places, xlabel=unit)
    ax.set_yticklabels(table.index)
    ax.tick_params(axis="y", pad=10)  # an arrow at the left end must not touch the names
    ax.axvline(0, color=COLORS["truth"], lw=1, ls="-")
    span = limits[1] - limits[0]
    beside = ax.get_yaxis_transform()  # to the right of the axes, off all lines and their arrows
    # The layout is that of the first picture: the longest verdict has its room even if nothing there is "not shown".
    ax.text(1.04, 0, "not shown", transform=beside, weight="bold", alpha=0)
    for place, (_, row) in zip(places, table.iterrows(), strict=True):
        color = COLORS[_VERDICT_ROLE[row["verdict"]]]
        if unpaired:
            reach = row["unpaired_reach"]
            ends = row["effect"] - reach, row["effect"] + reach
            _bar_between(ax, *ends, place + 0.22, limits, COLORS["accent"], 1.6, 6)
            if place == 0:
                right = ends[0] - limits[0] < limits[1] - ends[1]  # the side with more room
                look: dict[str, Any] = {"color": ink(COLORS["accent"]), "fontsize": 9.5, "va": "center"}
                look |= {"ha": "left" if right else "right", "bbox": TEXT_BOX}
                edge = ends[1] if right else ends[0]
                if not limits[0] < edge < limits[1]:  # no end to stand beside: on the bar, which makes room
                    edge, look["ha"] = limits[0] + 0.05 * span, "left"
                ax.text(edge + (0.015 if right else -0.015) * span, place + 0.22, "unpaired", **look)
        _bar_between(ax, row["low"], row["high"], place, limits, color, 3, 10)
        ax.plot(np.clip(row["effect"], *limits), place, color=color, marker="o", ms=8, ls="")
        ax.text(
            1.04, float(place), row["verdict"], transform=beside, va="center", color=ink(color), weight="bold"
        )


def interval_text(row: pd.Series, decimals: int = 4) -> str:
    """An effect with its interval, for a table: "-0.0312 (-0.0354 to -0.0270)".

    Parameters
    ----------
    row : pandas.Series
        A row of `holdout.topics.remedies.experiments.ablation_table`.
    decimals : int

    Returns
    -------
    str
    """
    effect, low, high = (
        f"{round(row[name], decimals) + 0.0:+.{decimals}f}" for name in ("effect", "low", "high")
    )
    return f"{effect} ({low} to {high})"


def draw_thresholds(
    ax: Axes, thresholds: Sequence[float], costs: Mapping[str, Sequence[float]], chosen: float, fixed: float
) -> None:
    """The cost of two models against the threshold of the decision, with one threshold of each marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    thresholds : sequence of float
    costs : mapping of str to sequence of float
        Two models: the first is judged at `fixed`, the second at `chosen`.
    chosen, fixed : float
        Among `thresholds`.
    """
    heights = np.ravel(list(costs.values()))
    margin = 0.06 * np.ptp(heights)
    ax.set(xlim=(thresholds[0], thresholds[-1]), ylim=(heights.min() - margin, heights.max() + margin))
    ax.set(xlabel="upgrade a parcel above this predicted risk", ylabel="euros for 1,000 parcels")
    ax.yaxis.set_major_formatter("{x:,.0f}")
    percent_ticks(ax.xaxis)
    for role, (name, values), at in zip(("validation", "leak"), costs.items(), (fixed, chosen), strict=True):
        (curve,) = ax.plot(thresholds, values, **line(role))
        label_end(ax, curve, name)
        place = int(np.argmin(np.abs(np.asarray(thresholds) - at)))
        ax.plot(thresholds[place], values[place], ms=10, ls="", **points(role), clip_on=False, zorder=4)


def draw_remedies(ax: Axes, now: float, after: Mapping[str, float], floor: float, best: str) -> None:
    """The true risk after each remedy, beside the risk now and the noise floor.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    now : float
        Risk of the case as it is.
    after : dict
        Remedy to risk after it.
    floor : float
        Noise floor.
    best : str
        The remedy with the lowest risk plus price.
    """
    high = max(min(1.3 * max(after.values()), 30.0), 3 * floor)
    low = floor / (high / floor) ** 0.25  # a fifth of the width for the name of the floor
    places = np.arange(len(after))
    _error_axis(ax, "x", low, high)
    ax.set(
        ylim=(len(after) - 0.4, -1.5), yticks=places, xlabel="true risk (mean squared error on fresh rows)"
    )
    ax.set_yticklabels(after)
    late = math.log(now / low) > 0.7 * math.log(high / low)
    for value, role, name, side, height in (
        (floor, "truth", "noise floor ", "right", -1.15),
        (now, "accent", " now ", "right" if late else "left", -0.65),
    ):
        ax.axvline(value, **{**line(role), "lw": 1.6})
        ax.text(value, height, name, **(bold(role) | {"va": "center", "ha": side}))
    for place, (remedy, risk) in zip(places, after.items(), strict=True):
        role = "test" if remedy == best else "leak" if risk > 1.02 * now else "neutral"
        end = min(risk, high)
        ax.plot([now, end], [place] * 2, color=COLORS[role], lw=2, ls="-")
        arrow = {"marker": ">"} if risk > high else {}
        ax.plot(end, place, ms=9, ls="", **(points(role) | arrow), clip_on=False)
        words = f"{risk:.2f}" if risk < high else f"over {high:.0f}"
        words += "  cheapest" if remedy == best else ""
        beside = ax.get_yaxis_transform()  # to the right of the axes, off all lines
        ax.text(1.03, float(place), words, transform=beside, color=ink(COLORS[role]), va="center")


def draw_evidence(axes: Sequence[Axes], evidence: Mapping[str, Any]) -> None:
    """What can be seen without the truth: three curves, each with the label noise.

    Parameters
    ----------
    axes : sequence of three matplotlib.axes.Axes
    evidence : dict
        From `holdout.topics.remedies.experiments.gather_evidence`.
    """
    panels = (
        ("learning_curve", "rows", "training rows"),
        ("capacity_curve", "features", "features"),
        ("step_curve", "steps", "gradient steps"),
    )
    for ax, (name, key, label) in zip(axes, panels, strict=True):
        curve = evidence[name]
        _error_axis(ax, "y", 0.03, 10)
        ax.set(xscale="log", xlabel=label)
        ax.xaxis.set_minor_locator(NullLocator())
        if not curve[key]:
            ax.set(xlim=(1, 2), xticks=[])
            ax.text(1.4, 0.4, "solved exactly:\nno steps", ha="center", color=ink(COLORS["neutral"]))
            continue
        where = np.array(curve[key], dtype=float)
        ax.set(xlim=(where[0] * 0.85, where[-1] * 1.2))
        shown = where if len(where) < 5 else where[[0, len(where) // 2, -1]]
        ax.xaxis.set_major_locator(FixedLocator(shown.tolist()))
        ax.xaxis.set_major_formatter("{x:.0f}")
        named = [ax.axhline(evidence["label_noise"], **line("neutral"))]
        for role in ("train", "validation"):
            if role in curve:
                named += ax.plot(
                    where, np.clip(curve[role], 0.03, 10), **line(role), marker=points(role)["marker"]
                )
                _mark_beyond(ax, where, np.array(curve[role]), (0.03, 10), COLORS[role])
        if name == "learning_curve":
            handles = named
        if role == "validation" and name == "step_curve":
            best = int(np.argmin(curve["validation"]))
            ax.plot(where[best], curve["validation"][best], ms=11, ls="", **points("validation"))
    axes[0].set_ylabel("mean squared error")
    axes[1].legend(
        handles,
        ["label noise", "training", "validation"],
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=3,
        handlelength=2.2,
    )


def draw_one_standard_error(
    ax: Axes, degrees: Sequence[int], errors: np.ndarray, risks: np.ndarray, lowest: int, chosen: int
) -> None:
    """Validation error with its standard error, the lowest one, and the simplest that is not clearly worse.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    degrees : sequence of int
    errors : ndarray of shape (repeats, degrees)
    risks : ndarray of shape (degrees,)
        True risk, for comparison.
    lowest, chosen : int
        Positions of the lowest mean error and of the choice of the one-standard-error rule.
    """
    mean = errors.mean(axis=0)
    se = errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    bottom = 0.8 * min((mean - se).min(), risks.min())
    limits = max(bottom, 0.4 * mean.min()), 6 * mean[lowest]  # what lies higher is an arrow
    _error_axis(ax, "y", *limits)
    ax.set(xlim=(degrees[0] - 0.5, degrees[-1] + 0.5), xlabel="degree", ylabel="mean squared error")
    ax.xaxis.set_major_locator(FixedLocator(degrees))
    ax.axhspan(mean[lowest], mean[lowest] + se[lowest], color=COLORS["validation"], alpha=_BAND, lw=0)
    positions = np.asarray(degrees)
    inside = mean <= limits[1]
    ax.errorbar(
        positions[inside], mean[inside], yerr=se[inside], color=COLORS["validation"], fmt="s", ms=6, capsize=4
    )
    _mark_beyond(ax, positions, mean, limits, COLORS["validation"])
    (truth,) = ax.plot(degrees, np.clip(risks, limits[0], limits[1] * 0.98), **line("truth"))
    label_end(ax, truth, "true risk")
    marks = [(lowest, "accent", "lowest error", 0.93), (chosen, "test", "one standard error", 0.83)]
    if lowest == chosen:
        marks = [(chosen, "test", "both choices", 0.93)]
    for index, role, words, share in marks:
        ax.axvline(degrees[index], **{**line(role), "lw": 1.6})
        height = limits[1] ** share * limits[0] ** (1 - share)
        left = degrees[index] > 0.6 * degrees[-1]
        look = bold(role) | {"va": "center", "ha": "right" if left else "left", "bbox": TEXT_BOX}
        ax.text(degrees[index] + (-0.15 if left else 0.15), height, words, **look)


def draw_double_descent(
    ax: Axes,
    ratios: np.ndarray,
    theory: np.ndarray,
    ridge_theory: np.ndarray,
    simulated_ratios: np.ndarray,
    simulated: np.ndarray,
    label: str,
) -> None:
    """Excess risk against features a row: theory as lines, fits as points.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    ratios, theory, ridge_theory : ndarray
        The minimum-norm risk (infinite at 1) and that of the best ridge.
    simulated_ratios, simulated : ndarray
        Median risk of fits. One above the axis is an arrow at its upper end.
    label : str
        Name of the points.
    """
    low, high = 0.01, 100
    ax.set(xscale="log", xlim=(0.09, 4.4), xlabel="features per training row, p / n")
    ax.xaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 4]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set(yscale="log", ylim=(low, high), ylabel="excess risk")
    ax.yaxis.set_major_locator(FixedLocator([0.01, 0.1, 1, 10, 100]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter("{x:g}")
    (plain,) = ax.plot(ratios, np.clip(theory, low, high), **line("truth"))
    (ridge,) = ax.plot(ratios, np.clip(ridge_theory, low, high), **line("test"))
    dots = ax.scatter(simulated_ratios, np.clip(simulated, low, high), s=44, zorder=3, **points("validation"))
    label_end(ax, plain, "no ridge")
    label_end(ax, ridge, "best ridge")
    ax.axvline(1, color=COLORS["neutral"], lw=1, ls="-")
    ax.plot([1], [high], marker="^", ms=10, ls="", color=COLORS["truth"], clip_on=False, zorder=4)
    ax.text(1.35, 0.85 * high, "infinite at p = n", ha="left", va="top", color=ink(COLORS["truth"]))
    _mark_beyond(ax, np.asarray(simulated_ratios), np.asarray(simulated), (low, high), COLORS["validation"])
    ax.text(0.97, 0.06, "p = n", ha="right", va="bottom", color=ink(COLORS["neutral"]))
    ax.legend([dots], [label], loc="upper left")


def draw_scores(ax: Axes, scores: Mapping[str, float], passing: float) -> None:
    """Scores of policies between the best constant one (0) and the oracle (1).

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    scores : dict
        Policy to score.
    passing : float
        Where a policy is good enough.
    """
    places = np.arange(len(scores))
    ax.set(xlim=(-1.05, 1.3), ylim=(len(scores) - 0.4, -0.9), yticks=places)
    ax.set(xlabel="share of the avoidable regret avoided")
    ax.set_yticklabels(scores)
    marks = ((0, "best constant", "center"), (passing, "good enough ", "right"), (1, " oracle", "left"))
    for value, words, side in marks:
        ax.axvline(value, color=COLORS["neutral"], lw=1, ls="-")
        look: dict[str, Any] = {"fontsize": 9.5, "color": ink(COLORS["neutral"]), "bbox": TEXT_BOX}
        ax.text(value, -0.6, words, ha=side, va="center", **look)
    for place, score in zip(places, scores.values(), strict=True):
        role = "test" if score >= passing else "neutral"
        shown = max(score, -1)
        ax.barh(place, shown, 0.55, color=COLORS[role], alpha=0.8)
        if score < -1:
            ax.plot([-1], [place], marker="<", ms=13, ls="", color=COLORS[role], clip_on=False, zorder=4)
        # the number of a bar that reaches the left end stands on the other side of 0, off the names
        inside = score >= 0 or shown < -0.75
        ax.text(
            max(shown, 0) + 0.03 if inside else shown - 0.03,
            float(place),
            f"{score:.2f}",
            va="center",
            ha="left" if inside else "right",
            **bold(role),
            bbox=TEXT_BOX,
        )


def _mark_beyond(ax, where, values, limits, color):
    """Arrows at the ends of the vertical axis for values that lie beyond it."""
    for edge, marker, beyond in (
        (limits[0], "v", values < limits[0]),
        (limits[1], "^", values > limits[1]),
    ):
        if beyond.any():
            look = {"marker": marker, "ms": 10, "ls": "", "color": color, "clip_on": False, "zorder": 5}
            ax.plot(where[beyond], np.full(beyond.sum(), edge), **look)


def _error_axis(ax, which, low, high):
    """A logarithmic error axis with plain numbers."""
    ticks = [t for t in (0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 30) if low <= t <= high]
    if high / low > 40:
        ticks = [t for t in ticks if t in (0.03, 0.1, 0.3, 1, 3, 10, 30)]
    axis = ax.xaxis if which == "x" else ax.yaxis
    ax.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")
