"""Drawings of lesson 12: chains of Gaussians, tokens by rank, metrics over generations, pages of digits.

Each function draws on axes that it is given and computes nothing that a test would want to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from holdout.figures.axes import label_end
from holdout.figures.style import COLORS, ink, line, marked


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
    band.fill_between(n, low, high, color=COLORS["validation"], alpha=0.2, lw=0)
    band.plot(n, middle, **line("validation"), label="median, band: 80% of chains")
    band.plot(n, variances[:, chain], color=COLORS["accent"], lw=1.3, ls="-", label="the chain on the left")
    band.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
    band.axhline(1, color=COLORS["truth"], lw=1, ls=":")
    # a logarithmic scale: a chain loses a share of its variance each time, and lucky ones rise far above 1
    band.set(xlabel="generation", ylabel="variance", yscale="log", ylim=(0.0008, 100), title="200 chains")
    band.set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    band.minorticks_off()
    band.legend(loc="upper right", fontsize=9)


def draw_tokens(ax: Axes, real: np.ndarray, p: np.ndarray, tail_from: int) -> None:
    """Probability of each token by its real rank; dead tokens as ticks at the bottom."""
    rank = np.arange(1, len(real) + 1)
    ax.plot(rank, real, **line("truth"), label="real")
    alive = p > 0
    ax.plot(rank[alive], p[alive], ls="", marker="o", ms=3, color=COLORS["validation"], label="still written")
    floor = 4e-6
    ax.plot(rank[~alive], np.full((~alive).sum(), floor), ls="", marker="|", ms=9, color=COLORS["leak"])
    ax.axvline(tail_from, color=COLORS["neutral"], lw=1, ls=":")
    ax.text(tail_from * 1.05, 0.5, "tail", color=ink(COLORS["neutral"]))
    ax.text(1.1, floor * 1.4, f"dead: {(~alive).sum()} of {len(p)}", color=ink(COLORS["leak"]))
    ax.set(xscale="log", yscale="log", ylim=(2e-6, 1.6), xlabel="rank of the token in the real data")
    ax.set_ylabel("probability")
    ax.legend(loc=(0.01, 0.2))


def draw_metrics(
    ax: Axes,
    curves: Mapping[str, np.ndarray],
    generation: int,
    ylim: tuple[float, float],
    ylabel: str = "share of its value at the start",
    first: int = 0,
) -> None:
    """Several numbers over generations, each with its name at its end."""
    roles = ("train", "validation", "test", "leak", "accent", "truth")
    for role, (name, values) in zip(roles, curves.items(), strict=False):
        (curve,) = ax.plot(first + np.arange(len(values)), values, **marked(role))
        label_end(ax, curve, name)
    ax.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(xlabel="generation", ylabel=ylabel, ylim=ylim)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_ratios(
    ax: Axes,
    ratios: Mapping[str, np.ndarray],
    published: Mapping[str, np.ndarray],
    generation: int,
    cap: float,
) -> None:
    """Test error over that of one fit, mean over chains, beside the published curves."""
    roles = {"replace": "leak", "accumulate": "test", "fixed budget": "validation"}
    for mode, values in ratios.items():
        n = np.arange(1, len(values) + 1)
        (curve,) = ax.plot(n, values, **line(roles[mode]))
        if values[-1] < cap:
            label_end(ax, curve, mode)
    for values in published.values():
        ax.plot(np.arange(1, len(values) + 1), values, ls="", marker="+", ms=7, color=COLORS["truth"])
    ax.axvline(generation, color=COLORS["neutral"], lw=1, ls=":")
    ax.set(xlabel="generation", ylabel="test error / error of one fit", ylim=(0, cap))
    ax.text(0.62, 0.93, "+ published formula", transform=ax.transAxes, ha="center")
    bound = np.pi**2 / 6
    ax.axhline(bound, color=COLORS["truth"], lw=1, ls=":")
    if cap <= 8:  # farther out there is no room between the curves
        ax.text(0.3, bound, "π²/6", transform=ax.get_yaxis_transform(), va="bottom")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


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


def draw_costs(ax: Axes, names: Sequence[str], euros: Sequence[float], right: float) -> None:
    """A bar in euros for each way of training, on an axis that ends at `right` whatever the bars are."""
    places = range(len(names))
    ax.barh(places, euros, color=COLORS["validation"], height=0.6)
    for place, value in zip(places, euros, strict=True):
        ax.text(value, place, f" {value:,.0f} €", va="center")
    ax.set_yticks(places, names)
    ax.set(xlabel="€ for 1,000 questions, at least", xlim=(0, right), ylim=(len(names) - 0.5, -0.5))


def draw_rarefaction(
    ax: Axes, sizes: np.ndarray, curves: Mapping[str, np.ndarray], chosen: int, reported: tuple[int, int]
) -> None:
    """Distinct tokens against tokens read, for two corpora, and what the longer one reports at its full length."""
    for role, (name, values) in zip(("leak", "test"), curves.items(), strict=True):
        (curve,) = ax.plot(sizes, values, **marked(role))
        label_end(ax, curve, name)
    ax.axvline(chosen, color=COLORS["neutral"], lw=1, ls=":")
    length, distinct = reported
    ax.axhline(distinct, color=COLORS["leak"], lw=1, ls=":")
    ax.text(
        0.98, distinct + 6, f"A reports {distinct} from {length:,} tokens",
        transform=ax.get_yaxis_transform(), ha="right", va="bottom", color=ink(COLORS["leak"]),
    )  # fmt: skip
    ax.set(xlabel="tokens read of each", ylabel="distinct tokens", xlim=(0, 1.02 * sizes[-1]), ylim=(0, 370))
