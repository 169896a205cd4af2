"""Drawings of lesson 04: what `holdout.topics.leakage.experiments` computes, in the course's roles and with direct labels.

Each function draws on axes that it is given and computes nothing that a test would want to check.
Sliders and read-outs belong to the lesson.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from holdout.figures.axes import TEXT_BOX, bold, label_end, percent_ticks
from holdout.figures.style import COLORS, ink, line, points
from holdout.stats.studies import Study


def draw_study(
    ax: Axes,
    study: Study,
    truth: float | None,
    *,
    ylabel: str,
    limits: tuple[float, float],
    names: tuple[str, str] = ("with the leak", "repaired"),
    percent: bool = True,
) -> None:
    """Single studies as dots, their means as bars with two standard errors, and the truth as a line.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    study : holdout.stats.studies.Study
    truth : float or None
        None where it is not one number.
    ylabel : str
    limits : (float, float)
    names : (str, str)
        Of the two ways.
    percent : bool
        Whether the axis counts percent.
    """
    ax.set(xlim=(-0.42, 1.75), ylim=limits, xticks=[0.1, 1.1], xticklabels=names, ylabel=ylabel)
    if percent:
        percent_ticks(ax.yaxis)
    if truth is not None:
        ax.axhline(truth, lw=1.5, **line("truth"))
        name = ax.text(-0.4, truth, "truth", color=COLORS["truth"], fontweight="bold", bbox=TEXT_BOX)
        name.set_verticalalignment("center")
    for place, (role, scores) in enumerate((("leak", study.reported), ("test", study.honest))):
        mean = np.mean(scores)
        spread = np.linspace(-0.09, 0.09, len(scores)) if len(scores) > 1 else [0]
        ax.scatter(place + np.array(spread), scores, s=26, alpha=0.5, **points(role))
        error = 2 * standard_error(scores)
        ax.errorbar(place + 0.2, mean, yerr=error, fmt="none", ecolor=COLORS[role], lw=2, capsize=4)
        ax.plot([place + 0.12, place + 0.28], [mean] * 2, color=COLORS[role], lw=3, ls="-")
        text = f"{mean:.0%}" if percent else f"{mean:.2f}"
        ax.text(place + 0.33, mean, text, va="center", **bold(role), bbox=TEXT_BOX)


def standard_error(scores: np.ndarray) -> float:
    """Of the mean of independent studies; 0 for a single one."""
    return float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 0.0


def draw_twins(ax: Axes, curve: tuple[np.ndarray, np.ndarray], share: float, study: Study) -> None:
    """Reported accuracy against the share of rows with a twin: the formula as a line, the studies as a point.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve : (ndarray, ndarray)
        Shares, and the accuracies of the formula.
    share : float
        Of this study.
    study : holdout.stats.studies.Study
    """
    ax.set(xlim=(-0.04, 1.62), ylim=(0.38, 0.92), xlabel="share of the rows that are there twice")
    ax.set(ylabel="accuracy on random labels", xticks=[0, 0.5, 1])
    percent_ticks(ax.xaxis, ax.yaxis)
    ax.plot(*curve, **line("neutral"))
    ax.text(0.0, 0.87, "dotted: ½ + ½ q", color=ink(COLORS["neutral"]))
    # the leak last: where both agree, its cross lies on the diamond and hides nothing
    for role, scores, name in (("test", study.honest, "dropped"), ("leak", study.reported, "with twins")):
        (dot,) = ax.plot([share], [scores.mean()], ms=11, ls="", **points(role))
        label_end(ax, dot, f"  {scores.mean():.0%} {name}")


def draw_groups(ax: Axes, X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> None:
    """Rows of a few groups, a lane for each group, ordered by their first column; the label is shape and colour.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    X : ndarray of shape (n, 1 or more)
        Only the first column is shown.
    y, groups : ndarray of shape (n,)
    """
    names = np.unique(groups)
    order = np.argsort([X[groups == name, 0].mean() for name in names], kind="stable")
    lane = np.empty(len(names))
    lane[order] = np.arange(len(names))
    heights = lane[np.searchsorted(names, groups)]
    reach = 1.12 * np.abs(X[:, 0]).max()
    ax.set(xlim=(-reach, reach), ylim=(-0.6, len(names) + 0.6), yticks=range(len(names)))
    ax.set(yticklabels=range(1, len(names) + 1), xlabel="column 1", ylabel="patient")
    for label, role, name in ((0, "train", "healthy"), (1, "validation", "ill")):
        rows = y == label
        ax.scatter(X[rows, 0], heights[rows], s=24, alpha=0.6, label=name, **points(role))
    ax.legend(loc="upper center", ncols=2, handletextpad=0.1, columnspacing=1.0, borderaxespad=0.0)


def draw_series(ax: Axes, series: np.ndarray, test: np.ndarray, interpolated: np.ndarray) -> None:
    """A piece of a series; some of its days are test rows and are read off their neighbours.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    series : ndarray of shape (n,)
    test : ndarray of int
        Days that a random split made test rows.
    interpolated : ndarray of shape (len(test),)
    """
    low, high = series.min(), series.max()
    room = 0.28 * (high - low)
    ax.set(xlim=(-1, len(series)), ylim=(low - 0.1 * room, high + room), xlabel="day", ylabel="value")
    days = np.arange(len(series))
    ax.plot(days, series, color=COLORS["train"], lw=1)
    ax.scatter(days, series, s=12, label="training day", **points("train"))
    ax.scatter(test, series[test], s=42, label="test day", **points("test"))
    ax.scatter(test, interpolated, s=42, label="guess", **points("leak"))
    ax.legend(loc="upper right", ncols=3, handletextpad=0.1, columnspacing=0.7, borderaxespad=0.0)


def draw_horizons(
    ax: Axes,
    horizons: np.ndarray,
    ahead: np.ndarray,
    random_split: float,
    horizon: int,
    measured: Mapping[str, float],
) -> None:
    """Error against how far ahead one predicts; the error of a random split as a level line.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    horizons, ahead : ndarray of shape (m,)
        Steps, and the expected squared errors.
    random_split : float
        Expected squared error of interpolation.
    horizon : int
    measured : dict of str to float
        As `holdout.topics.leakage.experiments.time_errors`.
    """
    top = max(ahead.max(), measured["horizon"]) * 1.12
    ax.set(xlim=(0, horizons[-1] * 1.38), ylim=(0, top), xlabel="steps ahead", ylabel="mean squared error")
    ax.set_xticks(np.arange(0, horizons[-1] + 1, 10))
    (curve,) = ax.plot(horizons, ahead, **line("test"))
    # the blank keeps the name clear of the marker at the last horizon
    label_end(ax, curve, "\N{NO-BREAK SPACE}in use")
    (level,) = ax.plot(horizons[[0, -1]], [random_split] * 2, **line("leak"))
    label_end(ax, level, "\N{NO-BREAK SPACE}random split")
    ax.plot([horizon], [measured["horizon"]], ms=10, ls="", **points("test"))
    ax.plot([horizon], [measured["random split"]], ms=10, ls="", **points("leak"))


def draw_encoding(
    ax: Axes, levels: np.ndarray, formula: np.ndarray, chosen: int, study: Study, signal: float
) -> None:
    """R squared against the number of levels: the formula, the in-sample and the out-of-fold encoding.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    levels, formula : ndarray of shape (m,)
    chosen : int
        Levels of these studies.
    study : holdout.stats.studies.Study
    signal : float
        Share of the variance that the levels really explain.
    """
    ax.set(xscale="log", xlim=(levels[0] * 0.85, levels[-1] * 5), ylim=(-0.08, 1.04))
    ax.set(xlabel="levels of the category (1,000 rows)", ylabel="R², the variance explained")
    ax.set_xticks([2, 10, 50, 200, 500], labels=["2", "10", "50", "200", "500"])
    ax.minorticks_off()
    (noise,) = ax.plot(levels, formula, **line("neutral"))
    # the blanks keep the names clear of the markers at 500 levels
    label_end(ax, noise, "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}noise, in-sample")
    (truth,) = ax.plot(levels[[0, -1]], [signal] * 2, **line("truth"))
    label_end(ax, truth, "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}truth")
    to_the_left = chosen > 20
    # the leak last: where both agree, its cross lies on the diamond and hides nothing
    for role, scores, name, higher in (
        ("test", study.honest, "out of fold", -11),
        ("leak", study.reported, "in-sample", 11),
    ):
        ax.plot([chosen], [scores.mean()], ms=11, ls="", **points(role))
        ax.annotate(
            f"{name} {round(scores.mean(), 2) + 0:.2f}",
            (chosen, scores.mean()),
            xytext=(-10 if to_the_left else 10, higher),
            textcoords="offset points",
            ha="right" if to_the_left else "left",
            va="center",
            **bold(role),
        )


@dataclass(frozen=True)
class Area:
    """An area under the ROC curve with its interval, as `draw_areas` shows it.

    Parameters
    ----------
    name : str
        What was judged.
    role : str
        A key of ``holdout.figures.style.COLORS``.
    value, low, high : float
    """

    name: str
    role: str
    value: float
    low: float
    high: float


def draw_areas(ax: Axes, areas: Sequence[Area]) -> None:
    """Areas under the ROC curve as points with their intervals, one below the other, from 0.5 (guessing) to 1.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    areas : sequence of Area
        The first is at the top.
    """
    places = range(len(areas) - 1, -1, -1)
    ax.set(xlim=(0.5, 1.02), ylim=(-0.6, len(areas) - 0.35))
    ax.set_yticks(list(places), labels=[area.name for area in areas])
    ax.set(xlabel="area under the ROC curve (0.5: guessing, 1: perfect)")
    for place, area in zip(places, areas, strict=True):
        ax.plot([area.low, area.high], [place] * 2, color=COLORS[area.role], lw=3, ls="-")
        ax.plot([area.value], [place], ms=10, ls="", **points(area.role))
        ax.text(area.value, place + 0.2, f"{area.value:.3f}", ha="center", va="bottom", **bold(area.role))


def draw_selection(ax: Axes, study: Study) -> dict[str, float]:
    """Errors of studies that chose their columns on all rows, or in each fold.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    study : holdout.stats.studies.Study
        Errors.

    Returns
    -------
    dict of str to float
        Means, and two standard errors of the first: ``reported``, ``honest``, ``error``.
    """
    names = ("chosen on all rows", "chosen in each fold")
    draw_study(ax, study, 0.5, ylabel="cross-validation error", limits=(-0.03, 0.85), names=names)
    return _means(study)


def draw_hold_out(
    axes: Sequence[Axes], X: np.ndarray, y: np.ndarray, groups: np.ndarray, study: Study, shown: int = 8
) -> dict[str, float]:
    """Rows of some patients in lanes, and what random folds and whole patients report.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
    X, y, groups : ndarray
        As `draw_groups`.
    study : holdout.stats.studies.Study
        Accuracies.
    shown : int
        Groups that are drawn: the first ones.

    Returns
    -------
    dict of str to float
        As `draw_selection`.
    """
    rows = groups < shown
    draw_groups(axes[0], X[rows], y[rows], groups[rows])
    names = ("scans at random", "whole patients")
    draw_study(axes[1], study, 0.5, ylabel="accuracy", limits=(0.15, 1.06), names=names)
    return _means(study)


def _means(study):
    return {
        "reported": float(study.reported.mean()),
        "honest": float(study.honest.mean()),
        "error": 2 * standard_error(study.reported),
    }


def draw_repairs(
    ax: Axes,
    repairs: tuple[bool, bool, bool],
    report: tuple[float, float, float],
    june: tuple[float, float, float],
) -> dict[str, object]:
    """What the report of the parcels says and what June said, after some repairs.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    repairs : (bool, bool, bool)
        Copies dropped, later columns dropped, split by time.
    report, june : (float, float, float)
        Area under the ROC curve and its interval.

    Returns
    -------
    dict of str to object
        ``done`` (the repairs in words), ``report``, ``june``, ``difference``.
    """
    draw_areas(ax, [Area("in the report", "leak", *report), Area("June, in use", "test", *june)])
    names = ("copies dropped", "later columns dropped", "split by time")
    done = ", ".join(name for name, made in zip(names, repairs, strict=True) if made) or "no repair"
    return {
        "done": done.capitalize(),
        "report": report[0],
        "june": june[0],
        "difference": report[0] - june[0],
    }
