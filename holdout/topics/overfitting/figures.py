"""Drawings of lesson 01: what `holdout.topics.overfitting.experiments` computes, in the course's roles and with direct labels.

Each function draws on axes that it is given and computes nothing that a test would want to check.
Sliders and read-outs belong to the lesson.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MultipleLocator, NullLocator

from holdout.data.polynomials import ValidationCurve
from holdout.figures.axes import label_end, percent_ticks
from holdout.figures.style import COLORS, INK, ink, line, points
from holdout.stats.published import PublishedValue
from holdout.topics.overfitting.experiments import Curve, ErrorDecomposition, OptimismStudies

_BAND = 0.18


def draw_fit(
    ax: Axes,
    grid: np.ndarray,
    prediction: np.ndarray,
    truth: np.ndarray,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
) -> None:
    """Rows, the truth and a fitted curve.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    grid, prediction, truth : ndarray of shape (m,)
        Where to draw the curves, and their heights.
    train, validation : tuple of two ndarrays
        Inputs and targets.
    """
    ax.set(xlim=(-1.08, 1.08), ylim=(-1.9, 2.7), xlabel="input x", ylabel="target y")
    ax.set(xticks=[-1, -0.5, 0, 0.5, 1], yticks=[-1, 0, 1, 2])
    ax.scatter(validation[0], validation[1], s=22, alpha=0.6, label="validation rows", **points("validation"))
    ax.scatter(train[0], train[1], s=26, label="training rows", **points("train"))
    ax.plot(grid, truth, label="truth", **line("truth"))
    ax.plot(grid, np.clip(prediction, -3, 3), color=COLORS["accent"], linestyle="-", label="fit")
    ax.legend(loc="upper center", ncols=2, columnspacing=1.5, handlelength=2.0)


def draw_two_numbers(
    ax: Axes,
    degrees: Sequence[int],
    train_errors: Sequence[float],
    validation_errors: Sequence[float],
    noise_floor: float,
    degree: int,
) -> None:
    """Training and validation error of every degree, one degree marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    degrees, train_errors, validation_errors : sequence of the same length
    noise_floor : float
    degree : int
        The one to mark.
    """
    most, place = degrees[-1], list(degrees).index(degree)
    _error_axis(ax, *_around([*train_errors, *validation_errors, noise_floor]))
    ax.set(xlim=(degrees[0] - 0.3, most + 0.3), xlabel="degree", ylabel="mean squared error")
    ax.xaxis.set_major_locator(FixedLocator(range(1, most + 1, 2)))
    (floor,) = ax.plot([degrees[0], most], [noise_floor] * 2, lw=1.5, **line("neutral"))
    label_end(ax, floor, "noise floor")
    for role, errors in (("train", train_errors), ("validation", validation_errors)):
        (curve,) = ax.plot(degrees, errors, **line(role))
        ax.plot(degree, errors[place], ms=8, ls="", **points(role))
        label_end(ax, curve, "training" if role == "train" else role)


def draw_validation_curve(ax: Axes, curve: ValidationCurve, noise_floor: float) -> None:
    """Training error, validation error and true risk against the degree: medians, middle half as a band.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve : holdout.data.polynomials.ValidationCurve
    noise_floor : float
    """
    quartiles = [np.quantile(s, [0.25, 0.75], axis=1) for s in (curve.train_scores, curve.validation_scores)]
    _error_axis(ax, *_around([np.min(quartiles), np.max(quartiles), noise_floor]))
    most = curve.degrees[-1]
    ax.set(xlim=(curve.degrees[0] - 0.3, most + 0.3), xlabel="degree", ylabel="mean squared error")
    ax.xaxis.set_major_locator(FixedLocator(list(curve.degrees)))
    (floor,) = ax.plot(curve.degrees[[0, -1]], [noise_floor] * 2, lw=1.5, **line("neutral"))
    label_end(ax, floor, "noise floor")
    for role, name, scores in (
        ("train", "training", curve.train_scores),
        ("validation", "validation", curve.validation_scores),
        ("truth", "true risk", curve.risks),
    ):
        low, middle, high = np.quantile(scores, [0.25, 0.5, 0.75], axis=1)
        if role != "truth":
            ax.fill_between(curve.degrees, low, high, color=COLORS[role], alpha=_BAND, lw=0)
        (drawn,) = ax.plot(curve.degrees, middle, **line(role))
        label_end(ax, drawn, name)
        if role == "validation":
            best = middle.argmin()
            ax.plot(curve.degrees[best], middle[best], ms=10, ls="", **points(role))


def draw_learning_curve(
    ax: Axes,
    curve: Curve,
    *,
    logarithmic: bool = True,
    percent: bool = False,
    most: float | None = None,
    name: str = "mean squared error",
    rows: str = "training rows",
    reference: tuple[str, float] | None = None,
) -> None:
    """Training and validation error against the rows: means over repeats, band of two standard errors.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve : holdout.topics.overfitting.experiments.Curve
    logarithmic : bool
        Scale of the error axis; a linear one begins at 0 or, where it saves half of the height, below the lowest error.
    percent : bool
        Whether errors are shares.
    most : float, optional
        Errors above it are left out.
    name, rows : str
        Of the two axes.
    reference : (str, float), optional
        Name and height of one more horizontal line, such as the error of a rule without a model.
    """
    sizes = curve.train_sizes
    drawn = {"train": curve.train_scores, "validation": curve.validation_scores}
    means = {role: scores.mean(axis=1) for role, scores in drawn.items()}
    bands = {role: 2 * s.std(axis=1, ddof=1) / np.sqrt(curve.n_repeats) for role, s in drawn.items()}
    # No mean lies below its smallest score, which also keeps the band off the end of a logarithmic axis.
    lows = {role: np.maximum(means[role] - bands[role], s.min(axis=1)) for role, s in drawn.items()}
    levels = [("noise floor", curve.noise_floor)] if curve.noise_floor is not None else []
    levels += [reference] if reference is not None else []
    heights = [*np.ravel(list(lows.values())), *(level for _, level in levels)]
    heights += list(np.ravel([means[role] + bands[role] for role in drawn]))
    if logarithmic:
        low, high = _around(heights)
        _error_axis(ax, low, min(high, most or high))
    else:
        high = min(1.06 * max(heights), most or np.inf)
        low = min(heights) - 0.1 * (high - min(heights)) if min(heights) > 0.5 * high else -0.02 * high
        ax.set_ylim(low, high)
        if percent:
            percent_ticks(ax.yaxis)
    ax.set(xscale="log", xlim=(sizes[0] * 0.93, sizes[-1] * 1.07), xlabel=rows, ylabel=name)
    ax.xaxis.set_major_locator(FixedLocator(list(sizes)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter("{x:,.0f}")
    for text, level in levels:
        (floor,) = ax.plot(sizes[[0, -1]], [level] * 2, lw=1.5, **line("neutral"))
        label_end(ax, floor, text)
    for role in drawn:
        ax.fill_between(sizes, lows[role], means[role] + bands[role], color=COLORS[role], alpha=_BAND, lw=0)
        (curve_drawn,) = ax.plot(sizes, means[role], marker=points(role)["marker"], **line(role))
        label_end(ax, curve_drawn, "training" if role == "train" else role)


def draw_repeated_fits(ax: Axes, grid: np.ndarray, predictions: np.ndarray, truth: np.ndarray) -> None:
    """Single fits, their average and the truth.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    grid : ndarray of shape (m,)
    predictions : ndarray of shape (n_fits, m)
        The first 25 are drawn; the average is over all.
    truth : ndarray of shape (m,)
    """
    ax.set(xlim=(-1.05, 1.05), ylim=(-1.9, 2.3), xlabel="input x", ylabel="target y")
    ax.set(xticks=[-1, -0.5, 0, 0.5, 1], yticks=[-1, 0, 1, 2])
    ax.plot(grid, predictions[:25].T, color=COLORS["neutral"], linestyle="-", lw=0.7, alpha=0.5)
    (average,) = ax.plot(grid, predictions.mean(axis=0), color=COLORS["accent"], linestyle="-", lw=2.6)
    (true,) = ax.plot(grid, truth, **line("truth"))
    ax.legend(
        [ax.lines[0], average, true],
        ["single fits", "average fit", "truth"],
        loc="lower center",
        bbox_to_anchor=(0.45, 0.99),  # above the crowd of fits, which fills the axes
        ncols=3,
        columnspacing=1.0,
        handlelength=1.6,
    )


def draw_parts(ax: Axes, parts: ErrorDecomposition, most: float = 0.5) -> None:
    """Noise, squared bias and variance as labelled bars, and the risk that they add up to.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    parts : holdout.topics.overfitting.experiments.ErrorDecomposition
    most : float
        Right end of the axis. A bar that goes on beyond it ends in an arrow.
    """
    names = ["noise floor", "squared bias", "variance", "risk = sum"]
    values = np.maximum([parts.noise, parts.squared_bias, parts.variance], 0)
    starts = np.array([0, values[0], values[0] + values[1]])
    colors = [COLORS["neutral"], COLORS["truth"], COLORS["accent"]]
    ax.set(xlim=(0, most), ylim=(3.6, -0.6), xlabel="mean squared error", yticks=range(4))
    ax.set_yticklabels(names)
    ax.barh(range(3), values, left=starts, color=colors, height=0.6)
    # the sum is made of its parts, in their colours
    ax.barh([3] * 3, values, left=starts, color=colors, height=0.6)
    bars = [*zip(starts, values, colors, strict=True), (0, max(parts.risk, 0), INK)]
    for place, (start, value, color) in enumerate(bars):
        end, text = start + value, format_error(value)
        look: dict[str, Any] = {"color": ink(color), "ha": "left", "va": "center", "weight": "bold"}
        if end > most:
            last = colors[np.flatnonzero(starts < most)[-1]] if place == 3 else color
            ax.plot([most], [place], marker=">", ms=13, ls="", color=last, clip_on=False)
            ax.text(0.97 * most, place, text, **look | {"ha": "right", "color": "white"})
        elif end < 0.82 * most:
            ax.text(end + 0.015 * most, place, text, **look)
        elif start > 0.25 * most:  # room for the number before the bar
            ax.text(start - 0.015 * most, place, text, **look | {"ha": "right"})
        else:
            ax.text(end - 0.015 * most, place, text, **look | {"ha": "right", "color": "white"})


def format_error(value: float) -> str:
    """An error as it is read: three decimals, and no digits that mean nothing."""
    return f"{value:.3f}" if value < 10 else "over 10"


def draw_differences(ax: Axes, differences: np.ndarray, true_difference: float, most: float) -> None:
    """How much better one model looks than another, over many validation sets.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    differences : ndarray
        Error of the rival minus error of the better model, one for each validation set.
    true_difference : float
        The same for their true risks, positive.
    most : float
        Half the width of the axis; its outermost bars hold what lies beyond.
    """
    edges = np.linspace(-most, most, 41)
    shares = np.histogram(np.clip(differences, -most, most), edges)[0] / len(differences)
    wrong = edges[:-1] < -1e-12
    # few heights, so that the axis stands still while a slider moves; a quarter stays free for the words
    top, step = next(
        (top, step)
        for top, step in ((0.12, 0.05), (0.3, 0.1), (0.6, 0.2), (1.35, 0.5))
        if 1.3 * shares.max() <= top
    )
    ax.set(
        xlim=(-most, most),
        ylim=(0, top),
        xlabel="validation error of the rival minus that of the better model",
        ylabel="share of validation sets",
    )
    ticks = most * np.array([-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1])
    names = [f"{tick:.2f}".replace("-", "\N{MINUS SIGN}") for tick in ticks]
    ax.set_xticks(ticks, [f"{names[0]}\nor less", *names[1:-1], f"{names[-1]}\nor more"])
    ax.yaxis.set_major_locator(MultipleLocator(step))
    percent_ticks(ax.yaxis)
    color = COLORS["validation"]
    places = {"align": "edge", "color": color, "edgecolor": color}
    widths = np.diff(edges)
    ax.bar(edges[:-1][~wrong], shares[~wrong], widths[~wrong], alpha=0.8, **places)
    ax.bar(
        edges[:-1][wrong], shares[wrong], widths[wrong], **places | {"color": "white"}, hatch="////", lw=0.6
    )
    ax.axvline(0, color=COLORS["truth"], lw=1, ls="-")
    ax.axvline(true_difference, **line("truth"))
    lost = np.mean(differences < 0)
    for place, share, model in ((-0.03, lost, "worse"), (0.98, 1 - lost, "better")):
        words = f"{100 * share:.0f}%\nthe {model} model wins"
        ax.text(place * most, 0.985 * top, words, ha="right", va="top", color=ink(color), weight="bold")
    ax.text(true_difference + 0.02 * most, 0.8 * top, "true difference", color=ink(COLORS["truth"]))


def draw_optimism(ax: Axes, measured: OptimismStudies, published: Mapping[str, PublishedValue]) -> None:
    """Three errors of the same fits as bars, with the published value as a line on each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    measured : holdout.topics.overfitting.experiments.OptimismStudies
    published : dict of holdout.stats.published.PublishedValue
    """
    bars = [
        ("training", "train", "training\nrows"),
        ("same_inputs", "validation", "same inputs,\nnew targets"),
    ]
    bars.append(("fresh_inputs", "test", "fresh\nrows"))
    top = max(1.3, 1.15 * max(published[name].value for name, _, _ in bars))
    ax.set(xlim=(-0.6, 2.6), ylim=(0, top), ylabel="error (noise floor = 1)", xticks=range(3))
    ax.set_xticklabels([label for _, _, label in bars])
    for place, (name, role, _) in enumerate(bars):
        mean = getattr(measured, name).mean()
        ax.bar(place, mean, 0.6, color=COLORS[role], alpha=0.35)
        (book,) = ax.plot(
            [place - 0.38, place + 0.38], [published[name].value] * 2, color=COLORS["truth"], ls="-", lw=2
        )
        ax.text(
            place, 0.07 * top, f"{mean:.2f}", ha="center", va="center", color=COLORS["truth"], weight="bold"
        )
    (floor,) = ax.plot([-0.6, 2.6], [1, 1], lw=1.5, **line("neutral"))
    label_end(ax, floor, "noise floor")
    label_end(ax, book, "published")


def draw_costs(
    ax: Axes, leaves: Sequence[int], costs: Mapping[str, Sequence[float]], ideal: float, none: float
) -> None:
    """Cost per month against the size of the tree, as three sets of rows tell it; two choices and what they really cost.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    leaves : sequence of int
    costs : dict
        Keys "training", "validation" and "real"; each a sequence as long as `leaves`, in thousands of euros.
    ideal, none : float
        Cost with the true risks known, and cost of doing nothing.
    """
    top = 1.12 * max(*map(max, costs.values()), none)
    ax.set(xscale="log", xlim=(leaves[0] * 0.9, leaves[-1] * 1.1), ylim=(0, top))
    ax.set(xlabel="leaves of the tree", ylabel="thousand euros per month")
    ax.xaxis.set_major_locator(FixedLocator(leaves))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter("{x:.0f}")
    for value, text in ((ideal, "best possible"), (none, "no upgrades")):
        (floor,) = ax.plot([leaves[0], leaves[-1]], [value] * 2, lw=1.5, **line("neutral"))
        label_end(ax, floor, text)
    for role, name in (("train", "training"), ("validation", "validation"), ("truth", "real")):
        (drawn,) = ax.plot(leaves, costs[name], **line(role))
        label_end(ax, drawn, name)
    for role, name in (("train", "training"), ("validation", "validation")):
        best = int(np.argmin(costs[name]))
        promised, real = costs[name][best], costs["real"][best]
        ax.plot(leaves[best], promised, ms=9, ls="", **points(role))
        if abs(real - promised) > 0.03 * top:
            ax.annotate(
                "",
                (leaves[best], real),
                (leaves[best], promised),
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": COLORS[role],
                    "lw": 1.6,
                    "shrinkA": 5,
                    "shrinkB": 0,
                },
            )


def _around(heights):
    """Limits of a logarithmic axis that fits what is drawn."""
    return 0.8 * float(np.min(heights)), 1.3 * float(np.max(heights))


def _error_axis(ax, low, high):
    """A logarithmic axis with plain numbers."""
    ticks = [
        tick
        for tick in (
            0.001,
            0.002,
            0.003,
            0.005,
            0.01,
            0.02,
            0.03,
            0.05,
            0.1,
            0.2,
            0.3,
            0.5,
            1,
            2,
            3,
            5,
            10,
            30,
            100,
        )
        if low <= tick <= high
    ]
    if len(ticks) > 7:
        ticks = [tick for tick in ticks if tick not in (0.002, 0.005, 0.02, 0.05, 0.2, 0.5, 2, 5)]
    ax.set(yscale="log", ylim=(low, high))
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter("{x:g}")
