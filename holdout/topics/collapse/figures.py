"""Drawings of lesson 12: chains of Gaussians, words by rank, metrics over generations, pages of digits, costs.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter

from holdout.figures.axes import bold, label_end
from holdout.figures.style import BACKGROUND, COLORS, line, marked


def draw_gaussians(
    axes: Sequence[Axes], means: np.ndarray, variances: np.ndarray, chain: int, generation: int
) -> None:
    """One chain as a density, and the variance of all chains as a band over generations."""
    density, band = axes
    x = np.linspace(-4, 4, 1000)
    for mean, variance, role, name in (
        (0.0, 1.0, "truth", "real"),
        (means[generation, chain], variances[generation, chain], "validation", f"generation {generation}"),
    ):
        sd = np.sqrt(variance)
        y = np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
        density.plot(x, y, **line(role), label=name, zorder=3 if role == "truth" else 2)
    density.set(xlabel="value", ylabel="density", ylim=(0, max(0.7, 1.3 * y.max())), title="one chain")
    density.legend(loc="upper right", fontsize=9)
    n = np.arange(len(variances))
    low, middle, high = np.quantile(variances, [0.1, 0.5, 0.9], axis=1)
    one = variances[:, chain]
    band.fill_between(n, low, high, color=COLORS["validation"], alpha=0.2, lw=0)
    (median,) = band.plot(n, middle, color=COLORS["validation"], ls="-", lw=2)
    (shown,) = band.plot(n, one, color=COLORS["accent"], ls="-", lw=1.3)
    label_end(band, median, "median")
    label_end(band, shown, "this chain")
    band.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
    band.axhline(1, color=COLORS["truth"], lw=1, ls=":")
    # a logarithmic scale: a chain loses a share of its variance each time, and lucky ones rise far above 1
    bottom, top = 0.6 * min(low.min(), one.min()), 1.6 * max(high.max(), one.max())
    band.set(xlabel="generation", ylabel="variance", yscale="log", ylim=(bottom, top), xlim=(0, n[-1]))
    band.yaxis.set_major_formatter("{x:g}")
    band.yaxis.set_minor_formatter(NullFormatter())
    band.set_title(f"{variances.shape[1]} chains (band: 80% of them)")


def draw_words(ax: Axes, real: np.ndarray, p: np.ndarray, frequent: int, tail_from: int) -> None:
    """Share of each word by its rank in the real text; words that are no longer written as ticks at the bottom."""
    rank = np.arange(1, len(real) + 1)
    alive = p > 0
    (curve,) = ax.plot(rank, real, **line("truth"), zorder=3)
    ax.plot(rank[alive], p[alive], ls="", marker="o", ms=3, color=COLORS["validation"])
    floor = min(real.min(), p[alive].min()) / 3
    ax.plot(rank[~alive], np.full((~alive).sum(), floor), ls="", marker="|", ms=9, color=COLORS["leak"])
    top = 2 * max(real.max(), p.max())
    for place in (frequent, tail_from):
        ax.axvline(place + 0.5, color=COLORS["neutral"], lw=1, ls=":")
    for middle, name in ((np.sqrt(frequent), "frequent"), (np.sqrt(frequent * tail_from), "middle"),
                         (np.sqrt(tail_from * len(real)), "tail")):  # fmt: skip
        ax.text(middle, 1.25 * top, name, ha="center", va="bottom", **bold("neutral"))
    label_end(ax, curve, "real text")
    said = f"no longer written: {(~alive).sum():,} of {len(p):,} words"
    ax.text(1, 1.7 * floor, said, va="bottom", **bold("leak"))
    ax.set(xscale="log", yscale="log", ylim=(floor / 2, 1.2 * top), xlim=(0.9, 1.05 * len(real)))
    ax.set(xlabel="rank of the word in the real text (dots: still written)", ylabel="share of the text")


def draw_metrics(
    ax: Axes,
    curves: Mapping[str, np.ndarray],
    generation: int,
    ylabel: str,
    *,
    first: int = 0,
    bands: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
) -> None:
    """Several numbers over generations, each with its name at its end; optionally the range over seeds as a band."""
    roles = ("validation", "leak", "train", "test", "accent", "truth")
    n = first + np.arange(len(next(iter(curves.values()))))
    for role, (name, values) in zip(roles, curves.items(), strict=False):
        if bands and name in bands:
            ax.fill_between(n, *bands[name], color=COLORS[role], alpha=0.15, lw=0)
        (curve,) = ax.plot(n, values, color=COLORS[role], ls="-", lw=2)
        label_end(ax, curve, name)
    highest = max(
        [float(np.max(values)) for values in curves.values()]
        + [float(np.max(high)) for _, high in (bands or {}).values()]
    )
    ax.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(xlabel="generation", ylabel=ylabel, ylim=(0, 1.18 * highest), xlim=(n[0], n[-1]))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_distances(
    ax: Axes, distances: Mapping[str, np.ndarray], chosen: str, generation: int, fresh: float
) -> None:
    """Distance from the real distribution over generations, the chosen way of training in colour, the others in grey."""
    for mode, values in distances.items():
        look = (
            {"color": COLORS["leak"], "lw": 2.4}
            if mode == chosen
            else {"color": COLORS["neutral"], "lw": 1.4}
        )
        (curve,) = ax.plot(1 + np.arange(len(values)), values, ls="-", **look)
        label_end(ax, curve, mode, fontsize=10)
    steps = len(values)
    ax.axhline(fresh, color=COLORS["truth"], lw=1.2, ls=":")
    ax.text(
        steps - 0.5, fresh * 0.93, "fresh real text of this length", ha="right", va="top", **bold("truth")
    )
    ax.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(xlabel="generation", ylabel="distance from the real text", xlim=(1, steps))
    ax.set_ylim(0, 1.08 * max(float(values.max()) for values in distances.values()))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_ratios(
    ax: Axes,
    ratios: Mapping[str, np.ndarray],
    formulas: Mapping[str, np.ndarray],
    generation: int,
    cap: float,
) -> None:
    """Test error over that of one fit: mean over chains with its 95% interval, and the formula as crosses.

    `ratios` has arrays of shape (generations, chains).
    """
    roles = {"replace": "leak", "accumulate": "test", "fixed budget": "validation"}
    for mode, values in ratios.items():
        n = np.arange(1, len(values) + 1)
        mean, reach = values.mean(axis=1), 1.96 * values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        ax.fill_between(n, mean - reach, mean + reach, color=COLORS[roles[mode]], alpha=0.2, lw=0)
        (curve,) = ax.plot(n, mean, color=COLORS[roles[mode]], ls="-", lw=2)
        if mean[-1] < cap:
            label_end(ax, curve, mode)
        else:
            inside = int(np.flatnonzero(mean < 0.88 * cap)[-1])
            ax.text(n[inside] + 0.8, mean[inside], mode, va="center", **bold(roles[mode]))
    for values in formulas.values():
        ax.plot(np.arange(1, len(values) + 1), values, ls="", marker="+", ms=6, color=COLORS["truth"])
    ax.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(xlabel="generation (+ formula)", ylabel="test error / error of one fit", ylim=(0, cap))
    ax.set_xlim(0.5, len(values) + 0.5)
    if cap <= 4:  # farther out the bound lies within the line
        ax.axhline(np.pi**2 / 6, color=COLORS["truth"], lw=1, ls=":")
        ax.text(len(values), np.pi**2 / 6 - 0.04 * cap, "π²/6", ha="right", va="top", **bold("truth"))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))


def draw_digits(
    axes: Sequence[Axes], page: np.ndarray, classes: np.ndarray, real_classes: np.ndarray
) -> None:
    """Sixty images of a generation, and how many of each digit there are."""
    picture, bars = axes
    images = np.pad(page[:60].reshape(6, 10, 8, 8), ((0, 0), (0, 0), (1, 1), (1, 1)))
    grid = images.transpose(0, 2, 1, 3).reshape(60, 100)
    picture.imshow(grid, cmap="gray_r", vmin=0, vmax=16, interpolation="nearest")
    picture.set(xticks=[], yticks=[])
    picture.spines[:].set_visible(False)
    digits = np.arange(10)
    bars.bar(digits, classes, color=COLORS["validation"], width=0.6)
    bars.plot(digits, real_classes, ls="", marker="+", ms=9, color=COLORS["truth"])
    bars.set(xticks=digits, xlabel="digit (+ real images)", ylabel="images of 600", ylim=(0, 150))


def draw_tickets(ax: Axes, names: Sequence[str], frequent: Sequence[float], tail: Sequence[float]) -> None:
    """A bar in euros for each way of training: questions about frequent facts, then questions about tail facts."""
    places = range(len(names))
    totals = np.add(frequent, tail)
    ax.barh(places, frequent, color=COLORS["validation"], height=0.6)
    ax.barh(places, tail, left=frequent, color=COLORS["leak"], height=0.6, hatch="//", edgecolor=BACKGROUND)
    right = 1.16 * totals.max()
    for place, value in zip(places, totals, strict=True):
        ax.text(value + 0.01 * right, place, f"{value:,.0f} €", va="center")
    ax.text(0, -0.62, "about frequent facts", va="bottom", **bold("validation"))
    ax.text(right, -0.62, "about tail facts (hatched)", va="bottom", ha="right", **bold("leak"))
    ax.set_yticks(places, names)
    ax.set(xlabel="€ for tickets per 1,000 questions", xlim=(0, right), ylim=(len(names) - 0.5, -1.1))


def draw_rarefaction(
    ax: Axes,
    sizes: Sequence[int],
    curves: Mapping[str, np.ndarray],
    chosen: int,
    reported: int,
) -> None:
    """Different words against words read, for two corpora, and what the first one reports at its full length."""
    for role, (name, values) in zip(("leak", "test"), curves.items(), strict=True):
        (curve,) = ax.plot(
            sizes, values, color=COLORS[role], ls="-", lw=2, marker=marked(role)["marker"], ms=5
        )
        label_end(ax, curve, name)
    ax.axvline(chosen, color=COLORS["neutral"], lw=1, ls=":")
    distinct = reported
    highest = max(distinct, *(float(np.max(values)) for values in curves.values()))
    (level,) = ax.plot([0, sizes[-1]], [distinct, distinct], color=COLORS["leak"], lw=1, ls=":")
    label_end(ax, level, f"A reports {distinct}")
    ax.set(xlabel="words read of each", ylabel="different words", xlim=(0, 1.01 * sizes[-1]))
    ax.set_ylim(0, 1.12 * highest)
