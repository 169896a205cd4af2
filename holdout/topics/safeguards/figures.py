"""Drawings of lesson 13: loops with real data, shares that hold a tail, gates, scaling with a cut tail, and money.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from holdout.figures.axes import label_end
from holdout.figures.style import COLORS, ink, line, marked

GATE_NAMES = {"none": "no gate", "checked": "checked gate", "repeated": "repeated gate"}


def draw_loops(
    axes: Sequence[Axes],
    loops: Mapping[str, np.ndarray],
    settled: Mapping[str, float | None],
    generation: int,
) -> None:
    """One panel per loop: median and the middle 80% of the chains, and the level of the formula."""
    for ax, (name, rows) in zip(axes, loops.items(), strict=True):
        n = np.arange(len(rows))
        low, middle, high = np.quantile(rows, [0.1, 0.5, 0.9], axis=1)
        ax.fill_between(n, low, high, color=COLORS["validation"], alpha=0.2, lw=0)
        ax.plot(n, middle, **line("validation"))
        level = settled[name]
        if level is not None:
            ax.axhline(level, color=COLORS["truth"], lw=1.2, ls="--")
            ax.text(
                n[-1],
                level + 0.02,
                f"formula {level:.2f}",
                ha="right",
                va="bottom",
                fontsize=9.5,
            )
        ax.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
        ax.set(xlabel="generation", ylim=(0, 1.6), title=name)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel("variance (real: 1)")


def draw_shares(
    ax: Axes,
    shares: np.ndarray,
    expected: np.ndarray,
    simulated: Mapping[float, float],
    wanted: float,
    chosen: float | None,
) -> None:
    """Share of the tail that is in the training set against the share of real texts."""
    (curve,) = ax.plot(100 * shares, expected, **line("test"))
    label_end(ax, curve, "formula")
    ax.plot(
        100 * np.array(list(simulated)),
        list(simulated.values()),
        ls="",
        marker="o",
        ms=6,
        color=COLORS["validation"],
        label="simulated, mean of 8 chains",
    )
    ax.axhline(wanted, color=COLORS["neutral"], lw=1, ls="--")
    under = expected[-1] >= wanted  # the label stays clear of the curve
    ax.text(
        100,
        wanted + (-0.01 if under else 0.01),
        f"wanted {wanted:.0%}",
        ha="right",
        va="top" if under else "bottom",
        color=ink(COLORS["neutral"]),
    )
    if chosen is not None:
        ax.axvline(100 * chosen, color=COLORS["accent"], lw=1.2, ls=":")
    ax.set(
        xlabel="fresh real texts, % of the training set",
        ylabel="share of the tail still there",
        ylim=(0, 1.05),
    )
    ax.legend(loc="lower right" if wanted > 0.3 else "center right", fontsize=9)


def draw_variances(
    ax: Axes, curves: Mapping[str, np.ndarray], simulated: Mapping[str, np.ndarray], generation: int
) -> None:
    """Variance left over generations, one curve per way of training; crosses are simulated means."""
    for role, (name, values) in zip(("leak", "test", "validation"), curves.items(), strict=True):
        (curve,) = ax.plot(np.arange(len(values)), values, **line(role))
        label_end(ax, curve, name)
        if name in simulated:
            places = np.linspace(0, len(values) - 1, 9).astype(int)
            ax.plot(places, simulated[name][places], ls="", marker="+", ms=8, color=COLORS["truth"])
    ax.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(
        xlabel="generation  (+ simulated, mean of 300 chains)",
        ylabel="variance left (real: 1)",
        # below 0, so that the axis does not strike through the name of a curve that ends there
        ylim=(-0.06, 1.1),
    )


def draw_verifier(
    ax: Axes,
    wrong_shares: np.ndarray,
    accuracy: np.ndarray,
    without: np.ndarray,
    breakdown: float,
    chosen: float,
) -> None:
    """Accuracy against the share of wrong labels, with and without the verifier."""
    (plain,) = ax.plot(wrong_shares, without, **line("leak"))
    (gated,) = ax.plot(wrong_shares, accuracy, **line("test"))
    label_end(ax, plain, "no verifier")
    label_end(ax, gated, "verified")
    ax.axvline(breakdown, color=COLORS["truth"], lw=1.2, ls="--")
    ax.text(
        breakdown + (0.01 if breakdown < 0.6 else -0.01),
        0.52,
        f"p* = {breakdown:.2f}",
        ha="left" if breakdown < 0.6 else "right",
    )
    ax.axvline(chosen, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(
        xlabel="share of wrong labels before the gate", ylabel="accuracy on right labels", ylim=(0.1, 0.95)
    )


def draw_gates(axes: Sequence[Axes], runs: Mapping[str, pd.DataFrame], generation: int) -> None:
    """Correctness and different tail facts of the kept texts over generations, one curve per run."""
    roles = ("leak", "test", "validation", "accent")
    for ax, metric, label in zip(
        axes,
        ("correct", "tail facts"),
        ("share of kept texts correct", "different tail facts kept"),
        strict=True,
    ):
        for role, (name, table) in zip(roles, runs.items(), strict=False):
            (curve,) = ax.plot(table.index, table[metric], **marked(role), label=name)
            label_end(ax, curve, name, fontsize=9)
        ax.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
        ax.set(xlabel="generation", ylabel=label)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    facts = [table["tail facts"] for table in runs.values()]
    low, high = min(map(min, facts)), max(map(max, facts))
    axes[0].set_ylim(0.5, 1.05)
    axes[1].set_ylim(0, high + 0.05 * (high - low))


def draw_scaling(
    ax: Axes, samples: np.ndarray, curves: Mapping[str, np.ndarray], floor: float, chosen: float
) -> None:
    """Unseen mass against the number of training tokens, on logarithmic axes."""
    for role, (name, values) in zip(("truth", "leak", "test"), curves.items(), strict=True):
        (curve,) = ax.plot(samples, values, **marked(role))
        label_end(ax, curve, name, fontsize=9.5)
    ax.plot(samples[[0, -1]], [floor, floor], color=COLORS["neutral"], lw=1, ls="--")
    ax.text(samples[0], floor * 0.93, f"floor {floor:.5f}", va="top", color=ink(COLORS["neutral"]))
    ax.axvline(chosen, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(xscale="log", yscale="log", xlabel="tokens trained on", ylabel="mass never read")
    lowest = min(values.min() for values in curves.values())
    # room at the right for the names of the curves
    ax.set(xlim=(samples[0] * 0.7, samples[-1] * 15), ylim=(lowest / 2, 1))


def draw_supply(
    ax: Axes, shares: np.ndarray, declared: np.ndarray, effective: np.ndarray, chosen: float
) -> None:
    """Where the variance settles against the declared real share: as declared, and as it is."""
    for role, name, values in (("truth", "as declared", declared), ("leak", "as it is", effective)):
        (curve,) = ax.plot(100 * shares, values, **line(role))
        label_end(ax, curve, name)
    ax.axvline(100 * chosen, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(
        xlabel="declared real, % of the training set", ylabel="variance at which it settles", ylim=(0, 1.05)
    )


def draw_money(
    ax: Axes, shares: np.ndarray, lost: np.ndarray, paid: np.ndarray, best: int, chosen: float
) -> None:
    """Depreciation, the price of real texts, and their sum, against the real share."""
    for role, name, values in (
        ("leak", "value lost", lost),
        ("validation", "real texts", paid),
        ("truth", "sum", lost + paid),
    ):
        (curve,) = ax.plot(100 * shares, values / 1000, **line(role))
        label_end(ax, curve, name)
    ax.plot(100 * shares[best], (lost + paid)[best] / 1000, ls="", marker="o", ms=8, color=COLORS["accent"])
    ax.axvline(100 * chosen, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(
        xlabel="fresh real texts, % of the training set",
        ylabel="thousand € over the horizon",
        # below 0, so that the axis does not strike through the name of a curve that ends there
        ylim=(-0.08 * (lost + paid).max() / 1000, 1.1 * (lost + paid).max() / 1000),
    )
