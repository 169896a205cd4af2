"""Drawings of lesson 06: models compared by kind of question, on the cost-quality plane, and pairwise.

Each function draws on axes that it is given and computes nothing that a test would want to check.
Sliders and read-outs belong to the lesson.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from holdout.figures.axes import TEXT_BOX, label_end, percent_ticks
from holdout.figures.style import COLORS, ink, line, marked, points
from holdout.topics.model_choice.experiments import ServiceLimits

MODEL_ROLES = {"S": "neutral", "M": "accent", "L": "validation"}
_HATCHES = {"S": "", "M": "//", "L": ".."}

_SIGNED_POINTS = FuncFormatter(lambda share, _: f"{100 * share:+.0f}" if share else "0")


def draw_kinds(
    ax: Axes, scores: Mapping[str, Mapping[str, float]], mix: Mapping[str, float], totals: Mapping[str, float]
) -> None:
    """Accuracy of each model by kind of question, and over the mix.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    scores : dict of str to dict of str to float
        Model to kind to accuracy.
    mix : dict of str to float
        Share of each kind; written below its name.
    totals : dict of str to float
        Model to accuracy over the mix.
    """
    kinds = list(mix)
    places = np.r_[np.arange(len(kinds)), len(kinds) + 0.5]
    ax.set(xlim=(-0.55, places[-1] + 0.55), ylim=(0, 1.2), yticks=[0, 0.5, 1])
    ax.set(ylabel="right answers")
    names = [f"{kind}\n{100 * mix[kind]:.0f} %" for kind in kinds]
    ax.set_xticks(places, [*names, "the mix\n100 %"])
    percent_ticks(ax.yaxis)
    for offset, model in zip((-0.27, 0, 0.27), scores, strict=True):
        heights = [*(scores[model][kind] for kind in kinds), totals[model]]
        color = COLORS[MODEL_ROLES[model]]
        ax.bar(places + offset, heights, 0.25, color=color, hatch=_HATCHES[model], ec="white")
        for place, height in zip(places, heights, strict=True):
            ax.text(place + offset, height, model, ha="center", va="bottom", color=ink(color), fontsize=9)
        ax.text(
            places[-1] + offset, totals[model] + 0.07, f"{100 * totals[model]:.0f}", ha="center", fontsize=9,
            fontweight="bold", color=ink(color),
        )  # fmt: skip
    ax.axvline(len(kinds) - 0.25, lw=0.8, color=COLORS["neutral"])


def draw_ladder(
    ax: Axes,
    numbers: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    chosen: int,
    *,
    xlabel: str,
    ylabel: str = "right answers",
) -> None:
    """One curve a model against the number of documents or examples; the chosen number marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    numbers : sequence of int
    curves : dict of str to sequence of float
        Model to accuracy.
    chosen : int
    xlabel, ylabel : str
    """
    ax.set(xlim=(-0.4, numbers[-1] * 1.14 + 0.2), ylim=(-0.03, 1.05), xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(numbers)
    percent_ticks(ax.yaxis)
    ax.axvline(chosen, lw=7, color=COLORS["neutral"], alpha=0.16)
    for model, curve in curves.items():
        (drawn,) = ax.plot(numbers, curve, **marked(MODEL_ROLES[model]))
        label_end(ax, drawn, model)


def draw_limits(
    ax: Axes,
    names: Sequence[str],
    prices: np.ndarray,
    quality: np.ndarray,
    milliseconds: np.ndarray,
    passing: np.ndarray,
    limits: ServiceLimits,
    chosen: int | None,
    notes: Sequence[str],
) -> None:
    """Candidates on the plane of price and quality, with the two limits that it shows as lines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : sequence of str
        Models, one letter each.
    prices, quality, milliseconds : ndarray of shape (m,)
    passing : ndarray of bool, shape (m,)
    limits : holdout.topics.model_choice.experiments.ServiceLimits
    chosen : int or None
        Ringed and named.
    notes : sequence of str
        Prompt of each candidate; named with the chosen one.
    """
    ax.set(xscale="log", xlim=(0.28, 28), ylim=(0.3, 1.0))
    ax.set(xlabel="price of a thousand answers, €", ylabel="right answers over the mix")
    ax.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    percent_ticks(ax.yaxis)
    ax.fill_between([0.28, limits.price], limits.quality, 1.0, color=COLORS["test"], alpha=0.09, lw=0)
    ax.axvline(limits.price, lw=1.3, **line("test"))
    ax.axhline(limits.quality, lw=1.3, **line("test"))
    for name, price, height, passes in zip(names, prices, quality, passing, strict=True):
        role = "test" if passes else "neutral"
        box = {"boxstyle": "circle,pad=0.18", "lw": 1.4, "ec": COLORS[role]}
        box["fc"] = COLORS[role] if passes else "white"
        color = "white" if passes else ink(COLORS[role])
        ax.text(price, height, name, ha="center", va="center", fontsize=9, bbox=box, color=color)
    if chosen is not None:
        ax.plot([prices[chosen]], [quality[chosen]], "o", ms=24, mfc="none", mec=COLORS["truth"], mew=1.8)
    words = "nothing passes" if chosen is None else f"cheapest: {names[chosen]}, {notes[chosen]}"
    ax.text(
        0.985,
        0.05,
        words,
        transform=ax.transAxes,
        ha="right",
        fontweight="bold",
        bbox=TEXT_BOX | {"pad": 0.8},
    )


def draw_differences(
    axes: Sequence[Axes],
    differences: Sequence[np.ndarray],
    titles: Sequence[str],
    *,
    questions: int,
    truth: float | None = None,
) -> None:
    """Bootstrap draws of a difference, one histogram a way of drawing, each with its 95 % interval.

    Parameters
    ----------
    axes : sequence of matplotlib.axes.Axes
    differences : sequence of ndarray
    titles : sequence of str
    questions : int
        Differences are multiples of 1 / questions; bars are as wide as one or several of these steps.
    truth : float, optional
        The difference on all questions.
    """
    farthest = max(np.abs(draws).max() for draws in differences)
    limit = next(limit for limit in (0.08, 0.16, 0.4, 1.0) if farthest <= limit or limit == 1.0)
    step = max(1, round(limit / 30 * questions)) / questions
    edges = (np.arange(-int(limit / step) - 1, int(limit / step) + 2) - 0.5) * step
    for ax, draws, title, role in zip(axes, differences, titles, ("leak", "test"), strict=True):
        # the outermost numbers stay inside, or they would touch those of the neighbour
        ax.set(xlim=(-1.08 * limit, 1.08 * limit), yticks=[], title=title)
        ax.set(xlabel="difference, percentage points   (+ measured)", xticks=np.linspace(-limit, limit, 5))
        ax.xaxis.set_major_formatter(_SIGNED_POINTS)
        heights, _ = np.histogram(draws, edges)
        ax.stairs(heights, edges, fill=True, color=COLORS[role], alpha=0.4)
        top = max(heights.max(), 1)
        ax.set_ylim(0, 1.32 * top)
        low, high = np.quantile(draws, [0.025, 0.975])
        ax.plot([low, high], [1.13 * top] * 2, color=COLORS[role], lw=4, solid_capstyle="butt")
        ax.text(
            (low + high) / 2,
            1.17 * top,
            "95 %",
            ha="center",
            va="bottom",
            color=ink(COLORS[role]),
            bbox=TEXT_BOX,  # the line at 0 may run through it
            zorder=3,
        )
        ax.axvline(0, lw=1.2, **line("neutral"))
        if truth is not None:
            ax.plot([truth], [0.03 * top], ls="", ms=9, clip_on=False, **points("truth"))


def draw_pass_at_k(
    ax: Axes,
    ks: np.ndarray,
    unbiased: np.ndarray,
    naive: np.ndarray,
    chosen: int,
    *,
    truth: np.ndarray | None = None,
    top: float = 1.0,
) -> None:
    """pass@k against k by both formulas, and the truth where it is known.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    ks : ndarray of int
    unbiased, naive : ndarray of shape (len(ks),)
    chosen : int
    truth : ndarray, optional
    top : float
    """
    ax.set(xlim=(0.5, ks[-1] * 1.3), ylim=(0, top), xlabel="k, answers drawn for one question")
    ax.set(ylabel="pass@k", xticks=ks[np.isin(ks, (1, 2, 4, 6, 8, 10))])
    percent_ticks(ax.yaxis)
    ax.axvline(chosen, lw=7, color=COLORS["neutral"], alpha=0.16)
    if truth is not None:
        (curve,) = ax.plot(ks, truth, **line("truth"))
        label_end(ax, curve, "truth")
    for role, values, name in (("test", unbiased, "unbiased"), ("leak", naive, "naive")):
        (curve,) = ax.plot(ks, values, **marked(role))
        label_end(ax, curve, name)
