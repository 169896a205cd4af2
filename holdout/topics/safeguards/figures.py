"""Drawings of lesson 13: shares that hold a tail, gates, evidence of provenance, costs of policies; and those of its deeper notebook.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from holdout.figures.axes import bold, label_end, padded_ticks, percent_ticks
from holdout.figures.style import COLORS, line, marked, points
from holdout.stats.intervals import mean_interval

CHOSEN = {"color": COLORS["neutral"], "lw": 1, "ls": "-", "alpha": 0.4}


# -- the lesson


def draw_shares(
    ax: Axes,
    shares: np.ndarray,
    expected: np.ndarray,
    simulated: Mapping[float, float],
    wanted: float,
    chosen: float | None,
) -> None:
    """Share of the tail that the last training set holds against the real share."""
    ax.set(
        xlim=(-0.02, 1.02), ylim=(0, 1.03), xlabel="fresh real words, share of each training set (squares: simulated)",
        ylabel="share of the tail still there",
    )  # fmt: skip
    percent_ticks(ax.xaxis, ax.yaxis)
    (curve,) = ax.plot(shares, expected, lw=2, **line("test"))
    (level,) = ax.plot([0, 1], [wanted, wanted], **line("neutral"))
    label_end(ax, curve, "formula")
    label_end(ax, level, "wanted")
    ax.plot(list(simulated), list(simulated.values()), ls="", ms=7, **points("validation"))
    if chosen is not None:
        ax.plot([chosen, chosen], [0, wanted], color=COLORS["accent"], lw=1.5, ls="-")


def draw_gates(axes: Sequence[Axes], runs: Mapping[str, pd.DataFrame], generation: int, most: float) -> None:
    """Correctness and tail facts of the kept texts over generations: mean and 95% interval over seeds, one curve per gate.

    Parameters
    ----------
    axes : two axes
    runs : mapping of str to DataFrame
        One row per generation and seed, with the columns ``generation``, ``correct`` and ``tail facts``.
    generation : int
        The generation that is marked.
    most : float
        Upper end of the axis of tail facts.
    """
    roles = dict(zip(("no gate", "checked", "repeated"), ("leak", "test", "validation"), strict=True))
    for ax, metric, label in zip(
        axes,
        ("correct", "tail facts"),
        ("share of texts that are correct", "different tail facts"),
        strict=True,
    ):
        ax.axvline(generation, **CHOSEN)
        for name, table in runs.items():
            groups = [values.to_numpy() for _, values in table.groupby("generation")[metric]]
            mean, reach = np.array([mean_interval(values) for values in groups]).T
            ax.fill_between(
                np.arange(len(mean)), mean - reach, mean + reach, color=COLORS[roles[name]], alpha=0.2, lw=0
            )
            (curve,) = ax.plot(np.arange(len(mean)), mean, **marked(roles[name]))
            label_end(ax, curve, name)
        ax.set(xlabel="generation", ylabel=label, xlim=(-0.15, 6.15))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylim(0.6, 1.02)
    percent_ticks(axes[0].yaxis)
    axes[1].set_ylim(0, most)


def draw_evidence(ax: Axes, report: pd.DataFrame) -> None:
    """Precision and recall with 95% intervals for each kind of evidence; both are NaN where nothing is named.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    report : DataFrame
        Indexed by evidence; columns ``precision``, ``recall``, each also with `` low`` and `` high``.
    """
    places = np.arange(len(report))
    ax.set(xlim=(-0.03, 1.03), ylim=(len(report) - 0.4, -0.6), yticks=places, xlabel="share")
    ax.set_yticklabels(list(report.index))
    percent_ticks(ax.xaxis)
    for offset, role, name, words in (
        (-0.15, "train", "precision", "precision (of the named rows)"),
        (0.15, "validation", "recall", "recall (of the model texts)"),
    ):
        drawn = report[np.isfinite(report[name])]
        y = places[np.isfinite(report[name])] + offset
        ax.hlines(y, drawn[f"{name} low"], drawn[f"{name} high"], color=COLORS[role], lw=3, ls="-")
        ax.plot(drawn[name], y, ls="", ms=8, **points(role), label=words)
    ax.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=2, fontsize=10)


def draw_policies(ax: Axes, costs: pd.DataFrame, cheapest: str) -> None:
    """Costs of each policy so far: mean and 95% interval over seeds, in thousand euros.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    costs : DataFrame
        One row per policy, one column per seed, in thousand euros.
    cheapest : str
        The policy that is marked.
    """
    places = np.arange(len(costs))
    ax.set(ylim=(len(costs) - 0.5, -0.5), yticks=places, xlabel="thousand € so far")
    ax.set_yticklabels(list(costs.index))
    for place, (name, values) in zip(places, costs.iterrows(), strict=True):
        mean, reach = mean_interval(values)
        role = "test" if name == cheapest else "neutral"
        ax.plot([mean - reach, mean + reach], [place, place], color=COLORS[role], lw=3, ls="-")
        ax.plot(mean, place, ls="", marker="D" if name == cheapest else "o", ms=8, color=COLORS[role])


# -- deeper


def draw_loops(
    axes: Sequence[Axes],
    loops: Mapping[str, np.ndarray],
    settled: Mapping[str, float | None],
    generation: int,
) -> None:
    """One panel per loop: mean and the middle 80% of the chains, and the level of the formula, which is one of the mean."""
    top = max(np.quantile(rows, 0.9, axis=1).max() for rows in loops.values())
    for ax, (name, rows) in zip(axes, loops.items(), strict=True):
        n = np.arange(len(rows))
        low, high = np.quantile(rows, [0.1, 0.9], axis=1)
        ax.axvline(generation, **CHOSEN)
        ax.fill_between(n, low, high, color=COLORS["validation"], alpha=0.2, lw=0)
        ax.plot(n, rows.mean(axis=1), color=COLORS["validation"], lw=2, ls="-")
        level = settled[name]
        said = ""
        if level is not None:
            ax.axhline(level, **line("truth"))
            said = f", formula {level:.2f}"
        ax.set(xlabel="generation", ylim=(0, 1.05 * top), xlim=(0, n[-1]))
        ax.set_title(name + said, fontsize=11)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel("variance (real: 1)")


def draw_variances(ax: Axes, curves: Mapping[str, np.ndarray], generation: int) -> None:
    """Expected variance over generations, one curve per way of training."""
    ax.axvline(generation, **CHOSEN)
    for role, (name, values) in zip(("leak", "test", "validation", "train"), curves.items(), strict=False):
        (curve,) = ax.plot(np.arange(len(values)), values, lw=2, **line(role))
        label_end(ax, curve, name)
    ax.set(
        xlabel="generation",
        ylabel="expected variance (real: 1)",
        xlim=(0, len(values) - 1),
        ylim=(-0.02, 1.03),
    )


def draw_verifier(
    ax: Axes,
    wrong_shares: np.ndarray,
    curves: Mapping[str, np.ndarray],
    breakdown: float,
    best: float,
    chosen: float,
) -> None:
    """Accuracy against the share of wrong labels behind a verifier: mean and two standard errors over seeds, one curve per learner.

    Parameters
    ----------
    curves : mapping of str to numpy.ndarray, shape (wrong shares, seeds)
    breakdown : float
        The breakdown point; its name stands above the axes.
    best : float
        The best possible accuracy.
    chosen : float
        The share of wrong labels that is marked.
    """
    ax.set(
        xlabel="share of wrong labels before the verifier", ylabel="accuracy on right labels",
        xlim=(wrong_shares[0] - 0.01, wrong_shares[-1] + 0.01), ylim=(0.1, 0.9),
    )  # fmt: skip
    percent_ticks(ax.xaxis, ax.yaxis)
    ax.axvline(breakdown, **line("truth"))
    ax.text(
        breakdown, 1.01, "breakdown point", transform=ax.get_xaxis_transform(), ha="center", **bold("truth")
    )
    ax.axvline(chosen, **CHOSEN)
    ax.axhline(best, color=COLORS["neutral"], lw=1, ls="-", alpha=0.4)
    for role, (name, values) in zip(("test", "validation", "leak"), curves.items(), strict=False):
        mean, error = values.mean(axis=1), 2 * values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        ax.fill_between(wrong_shares, mean - error, mean + error, color=COLORS[role], alpha=0.2, lw=0)
        (curve,) = ax.plot(wrong_shares, mean, **marked(role))
        label_end(ax, curve, name)


def draw_scaling(ax: Axes, samples: np.ndarray, ratios: Mapping[str, np.ndarray], chosen: float) -> None:
    """How many times as much is never read as with real data only, against the tokens read."""
    ax.axvline(chosen, **CHOSEN)
    for role, (name, values) in zip(("leak", "validation", "test"), ratios.items(), strict=False):
        (curve,) = ax.plot(samples, values, **marked(role))
        label_end(ax, curve, name)
    highest = max(values.max() for values in ratios.values())
    ax.set(
        xscale="log", xlabel="tokens trained on", ylabel="mass never read, times that of real data",
        xlim=(samples[0] * 0.85, samples[-1] * 1.18), ylim=(0, 1.05 * highest),
    )  # fmt: skip
    padded_ticks(ax.yaxis, 3)


def draw_supply(ax: Axes, shares: np.ndarray, curves: Mapping[str, np.ndarray], chosen: float) -> None:
    """Where the variance settles against the declared real share: as declared, and as it is."""
    ax.axvline(chosen, **CHOSEN)
    for role, (name, values) in zip(("truth", "leak", "validation"), curves.items(), strict=False):
        (curve,) = ax.plot(shares, values, lw=2, **line(role))
        label_end(ax, curve, name)
    ax.set(
        xlabel="declared real, share of the training set", ylabel="variance at which it settles",
        xlim=(0, 1), ylim=(0, 1.03),
    )  # fmt: skip
    percent_ticks(ax.xaxis)
