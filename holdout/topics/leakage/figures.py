"""Drawings of lesson 04: what `holdout.topics.leakage.experiments` computes, in the course's roles and with direct labels.

Each function draws on axes that it is given and computes nothing that a test would want to check.
Sliders and read-outs belong to the lesson.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

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
    """Single studies as dots, their means as bars, and the truth as a line.

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
        Whether the axis counts per cent.
    """
    ax.set(xlim=(-0.6, 1.9), ylim=limits, xticks=[0, 1], xticklabels=names, ylabel=ylabel)
    if percent:
        percent_ticks(ax.yaxis)
    if truth is not None:
        ax.axhline(truth, lw=1.5, **line("truth"))
        ax.text(-0.57, truth, "truth", va="bottom", color=COLORS["truth"], fontweight="bold")
    for place, (role, scores) in enumerate((("leak", study.reported), ("test", study.honest))):
        mean = np.mean(scores)
        spread = np.linspace(-0.18, 0.18, len(scores)) if len(scores) > 1 else [0]
        ax.scatter(place + np.array(spread), scores, s=26, alpha=0.55, **points(role))
        ax.plot([place - 0.28, place + 0.28], [mean] * 2, color=COLORS[role], lw=3, ls="-")
        text = f"{100 * mean:.0f} %" if percent else f"{mean:.2f}"
        ax.text(place + 0.34, mean, text, va="center", **bold(role), bbox=TEXT_BOX)


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
    ax.set(xlim=(-0.04, 1.85), ylim=(0.38, 0.98), xlabel="share of the rows that stand there twice")
    ax.set(ylabel="accuracy on random labels", xticks=[0, 0.5, 1])
    percent_ticks(ax.xaxis, ax.yaxis)
    ax.plot(*curve, **line("neutral"))
    ax.text(0.0, 0.95, "dotted: ½ + ½ q", color=ink(COLORS["neutral"]))
    # the leak last: where both agree, its cross lies on the diamond and hides nothing
    for role, scores, name in (("test", study.honest, "dropped"), ("leak", study.reported, "with twins")):
        (dot,) = ax.plot([share], [scores.mean()], ms=11, ls="", **points(role))
        label_end(ax, dot, f"  {100 * scores.mean():.0f} % {name}")


def draw_groups(ax: Axes, X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> None:
    """Rows of a few groups in two columns; the label is the shape, and a thin line ties each row to its group.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    X : ndarray of shape (n, 2 or more)
    y, groups : ndarray of shape (n,)
    """
    ax.set(xlim=(-6.8, 6.8), ylim=(-6.8, 8.4), xlabel="column 1", ylabel="column 2")
    for label, role, name in ((0, "train", "label 0"), (1, "validation", "label 1")):
        rows = y == label
        ax.scatter(X[rows, 0], X[rows, 1], s=16, alpha=0.7, label=name, **points(role))
    names, place = np.unique(groups, return_inverse=True)
    centres = np.array([X[groups == name, :2].mean(axis=0) for name in names])
    spokes = np.stack([centres[place], X[:, :2]], axis=1)
    ax.add_collection(
        LineCollection(list(spokes), colors=COLORS["neutral"], linewidths=0.7, alpha=0.6, zorder=0.5)
    )
    ax.scatter(
        centres[:, 0],
        centres[:, 1],
        s=120,
        facecolors="none",
        edgecolors=COLORS["neutral"],
        linewidths=1.2,
        label="middle of a group",
    )
    ax.legend(loc="upper center", ncols=3, handletextpad=0.1, columnspacing=0.7, borderaxespad=0.0)


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
    ax.set(xlim=(0, horizons[-1] * 1.48), ylim=(0, top), xlabel="steps ahead", ylabel="mean squared error")
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
    ax.set(xscale="log", xlim=(levels[0] * 0.85, levels[-1] * 8), ylim=(-0.08, 1.04))
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


def draw_report_and_june(ax: Axes, reported: float, june: float, best: float) -> None:
    """What the report says and what June said, as two bars, with the best that was possible.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    reported, june, best : float
        Areas under the curve.
    """
    ax.set(xlim=(0.5, 1.06), ylim=(-0.6, 1.75), yticks=[0, 1], yticklabels=["June, in use", "in the report"])
    ax.set(xlabel="area under the curve (0.5: coin, 1: perfect)")
    ax.axvline(best, lw=1.5, **line("truth"))
    ax.text(best, 1.72, "best possible in June ", ha="right", va="top", color=COLORS["truth"])
    for place, (role, value) in enumerate((("test", june), ("leak", reported))):
        ax.barh(
            place,
            value - 0.5,
            left=0.5,
            height=0.5,
            color=COLORS[role],
            hatch="//" if place else None,
            ec="white",
        )
        ax.text(value + 0.008, place, f"{value:.3f}", va="center", **bold(role), bbox=TEXT_BOX)
