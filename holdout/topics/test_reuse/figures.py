"""Drawings of lesson 05: what `holdout.topics.test_reuse.experiments` computes, in the course's roles and with direct labels.

Each function draws on axes that it is given and computes nothing that a test would want to check.
Sliders and read-outs belong to the lesson.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from holdout.figures.axes import TEXT_BOX, bold, label_end, percent_ticks
from holdout.figures.style import COLORS, ink, line, points
from holdout.topics.test_reuse.experiments import Leaderboard


def draw_board(
    axes: Sequence[Axes], weights: np.ndarray, scores: np.ndarray, chosen: Sequence[float], first: float
) -> None:
    """A leaderboard to play with: the public score along each slider, the others held; the present setting marked.

    Parameters
    ----------
    axes : sequence of matplotlib.axes.Axes
        One a slider.
    weights : ndarray of shape (m,)
        Values of a slider.
    scores : ndarray of shape (len(axes), m)
        Public accuracy if that slider alone is moved there.
    chosen : sequence of float
    first : float
        Public accuracy of the first model, the one to beat.
    """
    for number, (ax, curve, weight) in enumerate(zip(axes, scores, chosen, strict=True), start=1):
        ax.set(xlim=(-1.15, 1.15), ylim=(0.35, 0.95), xlabel=f"weight {number}", xticks=[-1, 0, 1])
        percent_ticks(ax.yaxis)
        ax.axhline(first, lw=1.3, **line("neutral"))
        ax.step(weights, curve, where="mid", color=COLORS["validation"], lw=1.6, ls="-")
        ax.plot([weight], np.interp([weight], weights, curve), ms=11, ls="", **points("validation"))
    axes[0].set_ylabel("public score")
    axes[0].text(-1.1, 0.92, "dotted: the first model", va="center", color=ink(COLORS["neutral"]))


def draw_scores(
    ax: Axes,
    names: Sequence[str],
    roles: Sequence[str],
    values: Sequence[float],
    *,
    truth: float | None = None,
    limits: tuple[float, float] = (0.4, 1.0),
    ylabel: str = "accuracy",
    truth_name: str = "truth",
) -> None:
    """A few scores as bars with their values, and the truth as a line.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names, roles, values : sequence of the same length
        Roles are those of `holdout.figures.style`.
    truth : float, optional
    limits : (float, float)
    ylabel, truth_name : str
    """
    ax.set(
        xlim=(-0.6, len(names) - 0.2), ylim=limits, ylabel=ylabel, xticks=range(len(names)), xticklabels=names
    )
    percent_ticks(ax.yaxis)
    hatches = ["", "//", "..", "xx"]
    for place, (role, value) in enumerate(zip(roles, values, strict=True)):
        height = value - limits[0]
        ax.bar(
            place,
            height,
            bottom=limits[0],
            width=0.55,
            color=COLORS[role],
            hatch=hatches[place % 4],
            ec="white",
        )
        number = f"{100 * value:.1f} %"
        # a little above the bar and on paper, so that the line of the truth never strikes it through
        ax.annotate(
            number,
            (place, value),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            **bold(role),
            bbox=TEXT_BOX,
            zorder=5,
        )
    if truth is not None:
        ax.axhline(truth, lw=1.5, **line("truth"))
        ax.text(
            len(names) - 0.2, truth, truth_name, ha="right", va="center", color=COLORS["truth"], bbox=TEXT_BOX
        )


def draw_winner(ax: Axes, scores: np.ndarray, skills: np.ndarray, winner: int) -> None:
    """Test scores of many models against their true skill; the winner and what it is really worth.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    scores, skills : ndarray of shape (k,)
    winner : int
    """
    span = min(skills.min(), scores.min()) - 0.012, max(scores.max(), skills.max()) + 0.012
    middle = (span[0] + span[1]) / 2
    reach = max(span[1] - middle, 0.05)
    ax.set(xlim=(middle - reach, middle + reach), ylim=(middle - reach, middle + reach))
    ax.set(xlabel="true accuracy", ylabel="score on the test set")
    step = next(step for step in (0.01, 0.02, 0.05, 0.1) if 2 * reach <= 10 * step or step == 0.1)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MultipleLocator(step))
        percent_ticks(axis)
    ends = [middle - reach, middle + reach]
    ax.plot(ends, ends, lw=1.3, **line("neutral"))
    ax.scatter(skills, scores, s=16, alpha=0.45, **points("validation"))
    ax.plot([skills[winner]], [scores[winner]], ms=12, ls="", **points("leak"))
    ax.annotate(
        "",
        (skills[winner], skills[winner]),
        xytext=(skills[winner], scores[winner]),
        arrowprops={"arrowstyle": "->", "color": COLORS["leak"], "lw": 1.6},
        zorder=5,
    )
    ax.text(ends[0], ends[1], " the winner falls to the dotted line", va="top", color=ink(COLORS["leak"]))


def draw_attack(
    ax: Axes,
    submissions: np.ndarray,
    formula: np.ndarray,
    k: int,
    board: Leaderboard,
    ladder_board: Leaderboard | None = None,
) -> None:
    """Public accuracy of the boosting attack against the number of submissions, and what is left in private.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    submissions, formula : ndarray of shape (m,)
    k : int
    board, ladder_board : holdout.topics.test_reuse.experiments.Leaderboard
    """
    ax.set(xlim=(0, submissions[-1] * 1.5), ylim=(0.44, max(0.66, formula.max() + 0.03)))
    ax.set(xlabel="submissions", ylabel="accuracy of the majority", xticks=range(0, submissions[-1] + 1, 100))
    percent_ticks(ax.yaxis)
    ax.yaxis.set_major_locator(MultipleLocator(0.05))
    (curve,) = ax.plot(submissions, formula, **line("neutral"))
    label_end(ax, curve, "Φ(√(k/πn))")
    marks = [("leak", board.public, "public"), ("test", board.private, "private")]
    if ladder_board is not None:
        marks.append(("accent", ladder_board.public, "public, Ladder"))
    for role, value, name in marks:
        (dot,) = ax.plot([k], [value], ms=11, ls="", **points(role))
        label_end(ax, dot, f"  {name} {100 * value:.1f} %")


def draw_tuning(ax: Axes, shrinkages: np.ndarray, errors: np.ndarray) -> None:
    """Cross-validated error of one noise data set against the setting; its minimum is what gets reported.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    shrinkages, errors : ndarray of shape (m,)
    """
    ax.set(xlim=(shrinkages[0], shrinkages[-1] * 1.22), ylim=(0.1, 0.85))
    ax.set(xlabel="setting (shrinkage)", ylabel="cross-validated error")
    ax.set_xticks(np.arange(0, shrinkages[-1] + 0.1, 0.5))
    percent_ticks(ax.yaxis)
    ax.axhline(0.5, lw=1.5, **line("truth"))
    ax.text(
        shrinkages[-1] * 1.2, 0.5, "truth", ha="right", va="bottom", color=COLORS["truth"], fontweight="bold"
    )
    ax.plot(shrinkages, errors, **line("validation"))
    best = int(np.argmin(errors))
    ax.plot(shrinkages[best], errors[best], ms=12, ls="", **points("leak"))
    ax.text(
        shrinkages[best],
        errors[best] - 0.05,
        f"reported: {100 * errors[best]:.0f} %",
        ha="left" if best < len(errors) / 2 else "right",
        va="top",
        **bold("leak"),
    )


def draw_rejections(
    ax: Axes, splits: np.ndarray, naive: np.ndarray, corrected: np.ndarray, chosen: int
) -> None:
    """Share of data sets in which two equal models are declared different, against the number of splits.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    splits, naive, corrected : ndarray of shape (m,)
    chosen : int
    """
    top = max(0.3, naive.max() * 1.1)
    ax.set(xlim=(0, splits[-1] * 1.4), ylim=(0, top), xlabel="random splits of one data set")
    ax.set(ylabel="equal models declared different", xticks=range(0, splits[-1] + 1, 10))
    percent_ticks(ax.yaxis)
    ax.axhline(0.05, lw=1.5, **line("truth"))
    ax.text(splits[-1] * 1.4, 0.052, "5 %", ha="right", va="bottom", color=COLORS["truth"], fontweight="bold")
    for role, values, name in (("leak", naive, "naive"), ("test", corrected, "corrected")):
        (curve,) = ax.plot(splits, values, **line(role))
        # the blank keeps the name clear of the marker at the last split
        label_end(ax, curve, f"\N{NO-BREAK SPACE}{name}", bbox=TEXT_BOX)
        ax.plot([chosen], np.interp([chosen], splits, values), ms=10, ls="", **points(role))


def draw_overlap(ax: Axes, overlap: np.ndarray, seen: np.ndarray, threshold: float) -> None:
    """Overlap of each benchmark question with the corpus, sorted; those above the threshold are flagged.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    overlap : ndarray of shape (n,)
    seen : ndarray of bool, shape (n,)
    threshold : float
    """
    order = np.lexsort((seen, overlap))
    place = np.arange(len(overlap))
    ax.set(xlim=(-1, len(overlap) * 1.22), ylim=(-0.05, 1.2), xlabel="questions, sorted", xticks=[])
    ax.set(ylabel="share of n-grams found in the corpus", yticks=np.linspace(0, 1, 6))
    percent_ticks(ax.yaxis)
    for role, rows, name in (("test", ~seen, "not seen"), ("leak", seen, "seen")):
        ax.scatter(place[rows[order]], overlap[order][rows[order]], s=30, label=name, **points(role))
    (level,) = ax.plot([-1, len(overlap)], [threshold] * 2, **line("neutral"))
    label_end(ax, level, "threshold")
    ax.legend(loc="upper left", ncols=2, handletextpad=0.2)
