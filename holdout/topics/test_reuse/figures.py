"""Drawings of lesson 05: what `holdout.topics.test_reuse.experiments` computes, in the course's roles and with direct labels.

Each function draws on axes that it is given and computes nothing that a test would want to check.
Sliders and read-outs belong to the lesson.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MultipleLocator

from holdout.figures.axes import TEXT_BOX, bold, label_end, percent_ticks
from holdout.figures.style import COLORS, line, marked, points
from holdout.stats.studies import Study
from holdout.topics.test_reuse.experiments import Climb


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
    low, high = min(scores.min(), first), max(scores.max(), first)
    room = 0.08 * (high - low)
    for number, (ax, curve, weight) in enumerate(zip(axes, scores, chosen, strict=True), start=1):
        ax.set(xlim=(-1.15, 1.15), ylim=(low - room, high + room), xlabel=f"weight {number}")
        ax.set_xticks([-1, 0, 1])
        ax.yaxis.set_major_locator(MultipleLocator(0.05))
        percent_ticks(ax.yaxis)
        level = ax.axhline(first, lw=1.3, **line("neutral"))
        ax.step(weights, curve, where="mid", color=COLORS["validation"], lw=1.6, ls="-")
        ax.plot([weight], np.interp([weight], weights, curve), ms=11, ls="", **points("validation"))
    axes[0].set_ylabel("public score")
    label_end(axes[-1], level, "first model", fontsize=9.5)


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
    ax.set(xlim=(-0.5, len(names) - 0.5), ylim=limits, ylabel=ylabel)
    ax.set(xticks=range(len(names)), xticklabels=names)
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
        number = f"{value:.1%}"
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
        (level,) = ax.plot([-0.5, len(names) - 0.5], [truth] * 2, lw=1.5, **line("truth"))
        label_end(ax, level, truth_name)


def draw_winner(ax: Axes, scores: np.ndarray, skills: np.ndarray) -> dict[str, float]:
    """Many models as lines from their score on the test set (above) to their true accuracy (below).

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    scores, skills : ndarray of shape (k,)

    Returns
    -------
    dict of str to float
        ``score`` and ``worth`` of the model with the highest score.
    """
    winner = int(scores.argmax())
    both = np.concatenate([scores, skills])
    room = max(0.14 * np.ptp(both), 0.006)
    ax.set(xlim=(both.min() - room, both.max() + room), ylim=(-0.42, 1.42), xlabel="accuracy")
    ax.set_yticks([1, 0], labels=["score on\nthe test set", "true\naccuracy"])
    percent_ticks(ax.xaxis, decimals=0 if np.ptp(both) > 0.03 else 1)
    faint = max(0.06, min(0.5, 12 / len(scores)))
    ends = np.stack([np.column_stack([scores, np.ones_like(scores)]), np.column_stack([skills, 0 * skills])], axis=1)  # fmt: skip
    ax.add_collection(LineCollection(list(ends), colors=COLORS["neutral"], linewidths=0.8, alpha=faint))
    ax.scatter(scores, np.ones(len(scores)), s=22, alpha=max(0.25, faint), **points("validation"))
    ax.scatter(skills, np.zeros(len(skills)), s=40, **points("truth"))
    score, worth = float(scores[winner]), float(skills[winner])
    ax.plot([score, worth], [1, 0], color=COLORS["leak"], lw=2, ls="-")
    for value, height, word in ((score, 1, "best"), (worth, 0, "worth")):
        ax.plot([value], [height], ms=11, ls="", **points("leak"))
        name = f"{word} {value:.1%}"
        offset, side = ((0, 10), "bottom") if height else ((0, -10), "top")
        ax.annotate(name, (value, height), xytext=offset, textcoords="offset points", ha="center", va=side, **bold("leak"))  # fmt: skip
    return {"score": score, "worth": worth}


def draw_best_of(
    ax: Axes, tried: Sequence[int], studies: Sequence[Study], best_known: float, chosen: int
) -> dict[str, float]:
    """Score of the best of k models against k: on the rows that chose it, and on unused rows.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    tried : sequence of int
        Values of k.
    studies : sequence of holdout.stats.studies.Study
        One for each k, of shape (n_draws,).
    best_known : float
        What the best of all models scores on unused rows: more is not to be had by choosing.
    chosen : int
        The k that is marked.

    Returns
    -------
    dict of str to float
        At that k: ``shown``, ``unused``, and ``luck``, their difference, with ``error``, two standard errors over
        the draws.
    """
    ax.set(xscale="log", xlim=(0.93, tried[-1] * 1.07), xlabel="models tried", ylabel="area under the ROC curve")  # fmt: skip
    ax.set_xticks(list(tried), labels=[str(k) for k in tried])
    ax.minorticks_off()
    (level,) = ax.plot(tried, [best_known] * len(tried), lw=1.5, **line("truth"))
    label_end(ax, level, "best of all")
    ax.axvline(chosen, color=COLORS["neutral"], lw=1, ls="-", alpha=0.4)
    for role, name, part in (("leak", "rows that chose", "reported"), ("test", "unused rows", "honest")):
        scores = np.array([getattr(study, part) for study in studies])
        mean, band = scores.mean(axis=1), 2 * scores.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])
        ax.fill_between(tried, mean - band, mean + band, color=COLORS[role], alpha=0.2, lw=0)
        (curve,) = ax.plot(tried, mean, **marked(role))
        label_end(ax, curve, name)
    study = studies[list(tried).index(chosen)]
    luck = study.reported - study.honest
    return {
        "shown": float(study.reported.mean()),
        "unused": float(study.honest.mean()),
        "luck": float(luck.mean()),
        "error": float(2 * luck.std(ddof=1) / np.sqrt(len(luck))),
    }


def draw_attack(ax: Axes, submissions: np.ndarray, formula: np.ndarray, board: Climb, ladder: Climb) -> None:
    """Accuracy of the majority of the kept coin flips while submissions go on, on a plain board and on a Ladder.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    submissions, formula : ndarray of shape (m,)
        Where the attacks are measured, and what the formula says there.
    board, ladder : holdout.topics.test_reuse.experiments.Climb
    """
    top = max(board.public.max(), formula.max(), ladder.public.max())
    low = min(board.private.min(), ladder.public.min())
    room = 0.08 * (top - low)
    ax.set(xlim=(0, submissions[-1]), ylim=(low - room, top + room))
    ax.set(xlabel="submissions", ylabel="accuracy of the majority", xticks=submissions[1::2])
    percent_ticks(ax.yaxis)
    ax.plot(submissions, formula, lw=4, color=COLORS["neutral"], alpha=0.35, ls="-")
    for role, values, name in (
        ("leak", board.public, "public, plain board"),
        ("accent", ladder.public, "public, Ladder"),
        ("test", board.private, "private"),
    ):
        (curve,) = ax.plot(submissions, values, **marked(role))
        label_end(ax, curve, name)


def draw_tuning(ax: Axes, shrinkages: np.ndarray, errors: np.ndarray) -> None:
    """Cross-validated error of one noise data set against the setting; its minimum is what gets reported.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    shrinkages, errors : ndarray of shape (m,)
    """
    low, high = min(errors.min(), 0.5), max(errors.max(), 0.5)
    ax.set(xlim=(shrinkages[0], shrinkages[-1]), ylim=(low - 0.2 * (high - low) - 0.02, high + 0.03))
    ax.set(xlabel="setting (shrinkage)", ylabel="cross-validated error")
    ax.set_xticks(np.arange(0, shrinkages[-1] + 0.1, 0.5))
    percent_ticks(ax.yaxis)
    (truth,) = ax.plot(shrinkages[[0, -1]], [0.5] * 2, lw=1.5, **line("truth"))
    label_end(ax, truth, "truth")
    ax.plot(shrinkages, errors, **line("validation"))
    best = int(np.argmin(errors))
    ax.plot(shrinkages[best], errors[best], ms=12, ls="", **points("leak"))
    ax.annotate(
        f"reported: {errors[best]:.0%}",
        (shrinkages[best], errors[best]),
        xytext=(0, -11),
        textcoords="offset points",
        ha="left" if best < len(errors) / 4 else "right" if best > 3 * len(errors) / 4 else "center",
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
    top = naive.max() * 1.08
    ax.set(xlim=(0, splits[-1] * 1.02), ylim=(0, top), xlabel="random splits of one data set")
    ax.set(ylabel="equal models declared different", xticks=range(0, splits[-1] + 1, 10))
    percent_ticks(ax.yaxis)
    (aim,) = ax.plot([0, splits[-1]], [0.05] * 2, lw=1.5, **line("truth"))
    label_end(ax, aim, "\N{NO-BREAK SPACE}promised: 5%")
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
    ax.set(xlim=(-1, len(overlap)), ylim=(-0.05, 1.17), xlabel="questions, sorted", xticks=[])
    ax.set(ylabel="share of n-grams found in the corpus", yticks=np.linspace(0, 1, 6))
    percent_ticks(ax.yaxis)
    for role, rows, name in (("test", ~seen, "not seen"), ("leak", seen, "seen")):
        ax.scatter(place[rows[order]], overlap[order][rows[order]], s=30, label=name, **points(role))
    (level,) = ax.plot([-1, len(overlap)], [threshold] * 2, **line("neutral"))
    label_end(ax, level, "threshold")
    ax.legend(loc="upper left", ncols=2, handletextpad=0.2)
