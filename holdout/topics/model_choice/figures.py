"""Drawings of lesson 06: models compared by kind of question, on the cost-quality plane, and pairwise.

Each function draws on axes that it is given and computes nothing that a test would want to check.
Sliders and read-outs belong to the lesson.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from holdout.figures.axes import TEXT_BOX, label_end, percent_ticks
from holdout.figures.style import COLORS, ink, line, marked, points
from holdout.topics.model_choice.experiments import ServiceLimits

MODEL_ROLES = {"S": "neutral", "M": "accent", "L": "validation"}

_SIGNED_POINTS = FuncFormatter(lambda share, _: f"{100 * share:+.0f}".replace("-", "−") if share else "0")


def draw_kinds(
    ax: Axes,
    scores: Mapping[str, pd.DataFrame],
    mix: Mapping[str, float],
    totals: Mapping[str, tuple[float, float]],
) -> None:
    """Accuracy of each model by kind of question, and over the mix, each with its 95% interval.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    scores : dict of str to DataFrame
        Model to a table with the columns `accuracy`, `low` and `high`, one row per kind.
    mix : dict of str to float
        Share of each kind; written beside its name.
    totals : dict of str to (float, float)
        Model to accuracy over the mix, and half of its interval.
    """
    kinds = [kind for kind in scores[next(iter(scores))].index]
    places = np.r_[np.arange(len(kinds)), len(kinds) + 0.3]
    ax.set(xlim=(-0.03, 1.03), ylim=(places[-1] + 0.55, -0.55), xlabel="right answers (bars: 95%)")
    ax.set_yticks(places, [*(f"{kind}, {mix[kind]:.0%}" for kind in kinds), "the mix"])
    percent_ticks(ax.xaxis)
    ax.axhspan(len(kinds) - 0.25, places[-1] + 0.55, color=COLORS["neutral"], alpha=0.08, lw=0)
    for offset, model in zip((-0.28, 0, 0.28), scores, strict=True):
        color = COLORS[MODEL_ROLES[model]]
        table = scores[model].loc[kinds]
        total, half = totals[model]
        middle = np.r_[table["accuracy"].to_numpy(float), total]
        low = np.r_[table["low"].to_numpy(float), total - half]
        high = np.r_[table["high"].to_numpy(float), total + half]
        ax.hlines(places + offset, low, high, color=color, lw=1.6, alpha=0.6)
        _letters(ax, middle, places + offset, model, color, 10.5)


def _letters(
    ax: Axes, x: np.ndarray, y: np.ndarray, letter: str, color: str, size: float, *, filled: bool = False
) -> None:
    """Circles with a letter in each, in one call each: a text with a box for each point would take a second per frame."""
    common: dict[str, Any] = {"ls": "", "clip_on": False, "zorder": 3}
    ax.plot(x, y, marker="o", ms=size, mfc=color if filled else "white", mec=color, mew=1.3, **common)
    ax.plot(
        x, y, marker=f"${letter}$", ms=0.5 * size, mec="none", mfc="white" if filled else ink(color), **common
    )


def draw_prompts(axes: Sequence[Axes], log: pd.DataFrame) -> None:
    """Share of right answers and share of answers in the form asked for, one row per prompt.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
    log : DataFrame
        Index: prompt. Columns: `right`, `low`, `high`, `valid`.
    """
    left, right = axes
    places = np.arange(len(log))
    for ax in axes:
        ax.set(ylim=(len(log) - 0.4, -0.6))
        ax.set_yticks(places, log.index)
    left.set(xlim=(-0.005, 0.2), xlabel="right answers (bars: 95%)")
    left.hlines(places, log["low"], log["high"], color=COLORS["validation"], lw=2)
    left.plot(log["right"], places, ls="", ms=8, **points("validation"))
    right.set(xlim=(0, 1), xlabel="answers in the form asked for")
    right.barh(places, log["valid"], 0.55, color=COLORS["train"], alpha=0.75)
    for place, share in enumerate(log["valid"]):
        inside = share > 0.8
        right.text(
            share + (-0.015 if inside else 0.015), place, f"{share:.0%}", va="center",
            ha="right" if inside else "left", color="white" if inside else ink(COLORS["train"]),
        )  # fmt: skip
    percent_ticks(left.xaxis, right.xaxis)


def draw_chosen(
    ax: Axes, tried: Sequence[int], shown: np.ndarray, unused: np.ndarray, errors: np.ndarray, chosen: int
) -> None:
    """Score of the best of k prompts, on the questions that chose it and on the others.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    tried : sequence of int
    shown, unused : ndarray
    errors : ndarray
        Two standard errors of the difference; drawn around the upper curve.
    chosen : int
        Number of prompts to mark.
    """
    top = max(0.16, 1.05 * float((shown + errors).max()))
    ax.set(xlim=(tried[0] - 0.15, tried[-1] + 0.15), ylim=(0, top), xticks=list(tried))
    ax.set(xlabel="prompts tried", ylabel="right answers")
    percent_ticks(ax.yaxis)
    ax.axvline(chosen, lw=7, color=COLORS["neutral"], alpha=0.16)
    ax.fill_between(tried, shown - errors, shown + errors, color=COLORS["leak"], alpha=0.15, lw=0)
    for role, values, name, above in (
        ("leak", shown, "on the questions that chose it", True),
        ("test", unused, "the same prompt on all other questions", False),
    ):
        ax.plot(tried, values, **marked(role))
        ax.text(
            tried[-1], values[-1] + (0.055 if above else -0.055) * top, name, ha="right",
            va="bottom" if above else "top", color=ink(COLORS[role]), weight="bold",
        )  # fmt: skip


def draw_ladder(
    ax: Axes,
    numbers: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    chosen: int,
    *,
    xlabel: str,
    ylabel: str = "right answers",
    bands: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
) -> None:
    """One curve per model against the number of documents or examples; the chosen number marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    numbers : sequence of int
    curves : dict of str to sequence of float
        Model to accuracy.
    chosen : int
    xlabel, ylabel : str
    bands : dict of str to (sequence of float, sequence of float), optional
        Model to the lower and upper ends of its intervals.
    """
    ax.set(xlim=(-0.4, numbers[-1] * 1.14 + 0.2), ylim=(-0.03, 1.05), xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(numbers)
    percent_ticks(ax.yaxis)
    ax.axvline(chosen, lw=7, color=COLORS["neutral"], alpha=0.16)
    for model, curve in curves.items():
        (drawn,) = ax.plot(numbers, curve, **marked(MODEL_ROLES[model]))
        label_end(ax, drawn, model)
        if bands is not None:
            ax.fill_between(numbers, *bands[model], color=COLORS[MODEL_ROLES[model]], alpha=0.12, lw=0)


def draw_limits(
    ax: Axes,
    names: Sequence[str],
    prices: np.ndarray,
    quality: np.ndarray,
    passing: np.ndarray,
    limits: ServiceLimits,
    chosen: int | None,
) -> None:
    """Candidates on the plane of price and quality, with the two limits that it shows as lines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : sequence of str
        Models, one letter each.
    prices, quality : ndarray of shape (m,)
    passing : ndarray of bool, shape (m,)
    limits : holdout.topics.model_choice.experiments.ServiceLimits
    chosen : int or None
        Ringed.
    """
    ax.set(xscale="log", xlim=(0.5, 24), ylim=(0.55, 1.0))
    ax.set(xlabel="€ per thousand answers", ylabel="right answers over the mix")
    ax.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    percent_ticks(ax.yaxis)
    ax.fill_between([0.5, limits.price], limits.quality, 1.0, color=COLORS["test"], alpha=0.09, lw=0)
    ax.axvline(limits.price, lw=1.3, **line("test"))
    ax.axhline(limits.quality, lw=1.3, **line("test"))
    letters = np.asarray(names)
    for name in dict.fromkeys(names):
        for passes, role in ((False, "neutral"), (True, "test")):
            these = (letters == name) & (np.asarray(passing) == passes)
            _letters(ax, prices[these], quality[these], name, COLORS[role], 13, filled=passes)
    if chosen is not None:
        ax.plot([prices[chosen]], [quality[chosen]], "o", ms=24, mfc="none", mec=COLORS["truth"], mew=1.8)


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
