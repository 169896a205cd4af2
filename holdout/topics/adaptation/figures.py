"""Drawings of lesson 07: what `holdout.topics.adaptation.experiments` measures and prices.

Each function draws on axes that it is given and computes nothing that a test would want to check. Sliders and
read-outs belong to the lesson.
"""

from collections.abc import Collection, Mapping, Sequence

import matplotlib.patheffects as effects
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.patches import Patch, Rectangle

from holdout.figures.axes import label_end, percent_ticks
from holdout.figures.style import COLORS, INK, line, marked
from holdout.topics.adaptation.experiments import AGEING, KINDS, OPTIONS, RUNGS

NAMES = {
    "ask plainly": "ask plainly",
    "prompt": "prompt only",
    "retrieval": "retrieval",
    "stronger model": "stronger model + retrieval",
    "fine-tune": "fine-tune",
    "both": "fine-tune + retrieval",
}
# What is missing, in the rows of the matrix: it is the reason for the rung that closes the gap.
_MISSING = {
    "a form it knows": "nobody asked for it",
    "a form of the house": "a habit; no page holds it",
    "new facts": "a fact; a page holds it",
    "changed facts": "a fact; a page holds it",
    "names it never met": "the page is there, misread",
    "new facts, form of the house": "a fact and a habit",
}
# Tuned on questions without passages, and asked behind passages.
_BARE = ("a form it knows", "both")
_GOOD = LinearSegmentedColormap.from_list("good", ["#F4F4F4", "#BBD9EC", "#4A9BCB"])
_HALO = [effects.withStroke(linewidth=3, foreground="white")]
_REGIONS = {
    "prompt": ("#F0F0F0", ""),
    "retrieval": ("#9CCFC0", ".."),
    "stronger model": ("#D9B8D2", "xx"),
    "fine-tune": ("#A9CBE6", "//"),
    "both": ("#F3C9A5", "\\\\"),
}


def draw_matrix(
    ax: Axes,
    table: pd.DataFrame,
    chosen: Mapping[str, str | None],
    *,
    slack: float = 0.05,
    unknown: float = 0.0,
    ageing: Collection[tuple[str, str]] = (),
) -> None:
    """Gaps against rungs: what is closed (large), what is kept and how often "unknown" is said (small).

    The shade is the weaker of closed and kept. The chosen rung has a thick frame and a star. A cell that does not
    count, because it says "unknown" too rarely or its facts will age, is crossed out.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        From `climb`.
    chosen : dict of str to (str or None)
        From `lowest_rung`.
    slack, unknown : float
        As they were given to `lowest_rung`.
    ageing : collection of (str, str)
        Pairs of gap and rung that do not count because facts will change.
    """
    gaps = list(dict.fromkeys(table.index.get_level_values("gap")))
    for row, gap in enumerate(gaps):
        for column, rung in enumerate(RUNGS):
            cell = table.loc[(gap, rung)]
            weaker = min(cell["closes"], cell["keeps"])
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fc=_GOOD(weaker), ec="white", lw=2))
            if cell["says unknown"] < unknown or (gap, rung) in ageing:
                ax.plot(
                    [column - 0.46, column + 0.46],
                    [row + 0.44, row - 0.44],
                    color=COLORS["neutral"],
                    lw=1.2,
                    ls="-",
                )
            ax.text(
                column,
                row - 0.22,
                f"{100 * cell['closes']:.0f}" + (" *" if (gap, rung) == _BARE else ""),
                ha="center",
                va="center",
                fontsize=14,
                fontweight="bold",
            )
            small = f"keeps {100 * cell['keeps']:.0f}\nunknown {100 * cell['says unknown']:.0f}"
            if (gap, rung) in AGEING:
                small += "\nages"
            ax.text(column, row + 0.22, small, ha="center", va="center", fontsize=8.8, linespacing=1.05)
            if chosen[gap] == rung:
                ax.add_patch(
                    Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, fc="none", ec=INK, lw=2.6, zorder=4)
                )
                ax.text(column - 0.42, row - 0.22, "★", ha="left", va="center", fontsize=12, zorder=5)
    names = [NAMES[rung].replace(" + ", "\n+ ") for rung in RUNGS]
    ax.set(xlim=(-0.5, len(RUNGS) - 0.5), ylim=(len(gaps) - 0.5, -0.5))
    ax.set_xticks(range(len(RUNGS)), names)
    ax.set_yticks(range(len(gaps)), [f"{KINDS[gap].upper()}\n{gap}\n{_MISSING[gap]}" for gap in gaps])
    ax.tick_params(axis="y", labelsize=9.5)
    ax.xaxis.tick_top()
    ax.text(
        0.4,
        -0.02,
        "large: % of the gap closed   ·   keeps: % of unchanged facts still right, in the wanted form   ·   "
        "unknown: % said so where nothing holds the answer\n"
        "★: the first from the left (cheap) that closes half or more and whose weaker number, large or keeps, "
        f"is within {100 * slack:.0f} points of the best in its row\n"
        "ages: wrong as the facts change   ·   crossed out: does not count   ·   "
        "larger models than these follow a shown form more often\n"
        "*: tuned on bare questions, loses the form behind passages   ·   "
        "a form that one line of code can write needs no rung",
        transform=ax.transAxes,
        ha="center",
        va="top",
        fontsize=9.2,
    )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def draw_bm25(
    ax: Axes, counts: np.ndarray, curves: Mapping[str, np.ndarray], limit: float, now: tuple[float, float]
) -> None:
    """What a word adds to a score, against how often the text holds it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    counts : ndarray
    curves : dict of str to ndarray
        Label to scores.
    limit : float
        What the score tends to.
    now : (float, float)
        A point to mark.
    """
    ax.set(
        xlim=(0, counts[-1] * 1.28),
        xticks=range(0, 21, 5),
        ylim=(0, 4.2),
        xlabel="how often the text holds the word",
        ylabel="what the word adds, in units of its idf",
    )
    for (label, scores), role in zip(curves.items(), ("validation", "neutral"), strict=False):
        (curve,) = ax.plot(counts, scores, **line(role))
        label_end(ax, curve, label)
    ax.plot([0, counts[-1]], [limit, limit], **line("truth"), lw=1)
    ax.text(2.5, limit + 0.06, f"never above k1 + 1 = {limit:.1f}")
    ax.plot(*now, marker="s", ms=9, color=COLORS["validation"])


def draw_search(
    ax: Axes, dropped: Sequence[int], curves: Mapping[str, Sequence[float]], chosen: int, passages: int
) -> None:
    """Search and answers against the words that are missing from the query.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    dropped : sequence of int
    curves : dict of str to sequence of float
    chosen, passages : int
        The setting: words missing, passages that search brings.
    """
    ax.set(
        xlim=(-0.15, len(dropped) - 0.2),
        ylim=(0, 1.05),
        xticks=dropped,
        xlabel=f"words missing from the query (search brings {passages} passage{'s' * (passages != 1)})",
        ylabel="share of the questions",
    )
    percent_ticks(ax.yaxis)
    ax.axvline(chosen, color="#DDDDDD", lw=8, zorder=0)
    roles = {
        "passage found": "test",
        "answer right": "validation",
        "says unknown": "neutral",
        "nDCG": "accent",
    }
    for name, shares in curves.items():
        (curve,) = ax.plot(dropped, shares, **marked(roles[name]))
        label_end(ax, curve, name)


def draw_releases(ax: Axes, table: pd.DataFrame, tuned: str, tuned_at: str, kept: float) -> None:
    """Right answers about changing facts, release by release.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        From `through_releases`.
    tuned : str
        Column of the tuned model.
    tuned_at : str
    kept : float
        Share of the other facts that the tuned model still knows.
    """
    places = np.arange(len(table))
    now = list(table.index).index(tuned_at)
    ax.set(
        xlim=(-0.2, len(table) + 1.4),
        ylim=(-0.24, 1.08),
        yticks=np.linspace(0, 1, 6),
        xlabel="scikit-learn release that is asked about",
        ylabel="right answers about the facts that change",
    )
    ax.set_xticks(places, [release.rsplit(".", 1)[0] for release in table.index])
    percent_ticks(ax.yaxis)
    for name, role, label in (
        ("retrieval", "test", "retrieval"),
        ("as shipped", "neutral", "as shipped"),
        (tuned, "train", f"tuned on {tuned_at}"),
    ):
        (curve,) = ax.plot(places, table[name], **marked(role))
        # room for the ring, where it stands at the end of the curve
        label_end(ax, curve, f"  {label}" if name == tuned and now == len(table) - 1 else label)
    ax.plot(now, table[tuned].iloc[now], marker="o", ms=14, mfc="none", mec=COLORS["train"], mew=2)
    ax.text(
        0.0,
        -0.15,
        f"ring: tuned here, {tuned.removeprefix(tuned_at).strip()}; of the facts that never change it keeps {100 * kept:.0f} %",
        va="center",
        fontweight="bold",
        color=COLORS["train"],
    )


def draw_examples(ax: Axes, sizes: Sequence[int], shares: Sequence[float], needed: float, now: int) -> None:
    """Right answers in the form of the house against the number of training examples."""
    ax.set(
        xscale="log",
        xlim=(8, 420),
        ylim=(0, 1.05),
        xlabel="training examples",
        ylabel="right, in the form of the house",
    )
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    percent_ticks(ax.yaxis)
    ax.plot(sizes, shares, **marked("train"))
    ax.axhline(needed, **line("truth"), lw=1)
    ax.text(8.4, needed + 0.02, f"bar: {100 * needed:.0f} %")
    ax.axvline(now, color="#DDDDDD", lw=8, zorder=0)
    ax.annotate(
        f"{100 * shares[list(sizes).index(now)]:.0f} %",
        (now, shares[list(sizes).index(now)]),
        xytext=(9, -13),
        textcoords="offset points",
        fontweight="bold",
    )


def draw_map(
    ax: Axes,
    questions: np.ndarray,
    change_rate: np.ndarray,
    costs: Mapping[str, np.ndarray],
    here: tuple[float, float],
    title: str,
    *,
    ages: bool = True,
) -> None:
    """Which option is cheapest, over traffic and rate of change.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    questions, change_rate : ndarray of shape (m,), (k,)
        Ascending; both axes are logarithmic.
    costs : dict of str to ndarray of shape (m, k)
        From `monthly_costs`.
    here : (float, float)
        Change rate and questions of a case to mark.
    title : str
    ages : bool
        Whether fine-tuning puts facts that change into the weights.
    """
    reasons = {
        "prompt": "nothing to build",
        "retrieval": "facts stay outside the weights",
        "stronger model": "reads best, six times the price",
        "fine-tune": "short prompts; " + ("facts age" if ages else "nothing ages"),
        "both": "few wrong answers, dearest to build",
    }
    stack = np.stack([costs[option] for option in OPTIONS])
    best = stack.argmin(axis=0)
    x, y = np.log10(change_rate), np.log10(questions)
    # below the hatched regions: where three of them meet, contours leave a gap
    ax.pcolormesh(
        x,
        y,
        best,
        cmap=ListedColormap([_REGIONS[option][0] for option in OPTIONS]),
        vmin=0,
        vmax=len(OPTIONS) - 1,
    )
    for number, option in enumerate(OPTIONS):
        inside = best == number
        if not inside.any():
            continue
        color, hatch = _REGIONS[option]
        ax.contourf(x, y, inside.astype(float), levels=[0.5, 1.5], colors=[color], hatches=[hatch])
        depth = _depth(inside)
        if depth.max() < 3:  # too thin to hold a name; the read-out names it
            continue
        rows, columns = np.nonzero(depth == depth.max())
        middle = np.abs(columns - np.median(np.nonzero(inside)[1])).argmin()
        roomy = depth.max() >= 6
        at = np.clip(x[columns[middle]], x[0] + 0.5, x[-1] - 0.5), y[rows[middle]]
        for text, size, weight, place in (
            (NAMES[option], 12, "bold", "bottom" if roomy else "center"),
            (reasons[option] if roomy else "", 10, "normal", "top"),
        ):
            ax.text(*at, text, ha="center", va=place, fontsize=size, fontweight=weight, path_effects=_HALO)
    ax.plot(np.log10(here[0]), np.log10(here[1]), marker="P", ms=11, color=INK, mec="white", mew=1.5)
    ax.annotate(
        "the predicted case",
        (np.log10(here[0]), np.log10(here[1])),
        xytext=(9, 0),
        textcoords="offset points",
        va="center",
        fontsize=10,
        path_effects=_HALO,
    )
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    ax.set(xlabel="how often a fact changes", ylabel="questions a month", title=title)
    ax.set_xticks(
        [-3, -2, -1, 0], ["once in\n83 years", "once in\n8 years", "once in\n10 months", "every\nmonth"]
    )
    ax.set_yticks([3, 4, 5, 6, 7], ["1,000", "10,000", "100,000", "1 million", "10 million"])


def _depth(inside):
    """How many steps each cell of a mask can go in all eight directions without leaving it (the map ends count)."""
    padded = np.pad(inside, 1)
    depth = np.zeros(inside.shape)
    while padded.any():
        depth += padded[1:-1, 1:-1]
        inner = padded.copy()
        for axis in (0, 1):
            for step in (-1, 1):
                inner &= np.roll(padded, step, axis)
        padded = inner
    return depth


def draw_costs(
    ax: Axes, parts: Mapping[str, Mapping[str, float]], totals: Mapping[str, float], best: str, title: str
) -> None:
    """The bill of each option, largest parts first, as stacked bars.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    parts : dict of str to dict of str to float
        Option to part of the bill to euros a month.
    totals : dict of str to float
    best, title : str
    """
    ax.set_title(title)
    names = list(next(iter(parts.values())))
    looks = [("#9CCFC0", ".."), ("#F3C9A5", "\\\\"), ("#E3E3E3", ""), ("#A9CBE6", "//"), ("#D9B8D2", "xx")]
    first, second = sorted(totals.values())[-1:-3:-1]
    top = first if first < 2.5 * second else 1.6 * second  # one huge bar would hide the others: it is cut
    for row, option in enumerate(OPTIONS):
        left = 0.0
        for name, (color, hatch) in zip(names, looks, strict=False):
            width = min(parts[option][name], top - left)
            ax.barh(row, width, left=left, color=color, hatch=hatch, ec="#777777", lw=0.5)
            left += width
        mark = " ★" if option == best else " (bar cut)" if totals[option] > 1.001 * top else ""
        ax.text(
            left + 0.01 * top,
            row,
            f"{totals[option]:,.0f} €{mark}",
            va="center",
            fontweight="bold" if option == best else "normal",
        )
    ax.set(xlim=(0, 1.25 * top), ylim=(len(OPTIONS) - 0.5, -0.5), xlabel="euros a month")
    ax.set_yticks(range(len(OPTIONS)), [NAMES[option].replace(" + ", "\n+ ") for option in OPTIONS])
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.legend(
        handles=[
            Patch(facecolor=c, hatch=h, edgecolor="#777777", label=n)
            for n, (c, h) in zip(names, looks, strict=False)
        ],
        loc="upper center",
        bbox_to_anchor=(0.45, -0.16),
        ncols=4,
    )
