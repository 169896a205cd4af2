"""Drawings of lesson 07: what `holdout.topics.adaptation.experiments` measures and prices.

Each function draws on axes that it is given and computes nothing that a test would want to check. Sliders and
read-outs belong to the lesson.
"""

from collections.abc import Collection, Mapping, Sequence
from textwrap import fill

import matplotlib.patheffects as effects
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.patches import Patch, Rectangle

from holdout.figures.axes import label_end, percent_ticks
from holdout.figures.style import COLORS, INK, line, marked, points
from holdout.topics.adaptation.experiments import KINDS, OPTIONS, RUNGS

NAMES = {
    "ask plainly": "ask plainly",
    "prompt": "prompt only",
    "retrieval": "retrieval",
    "stronger model": "stronger model + retrieval",
    "fine-tune": "fine-tune",
    "both": "fine-tune + retrieval",
}
_GOOD = LinearSegmentedColormap.from_list("good", ["#F4F4F4", "#BBD9EC", "#4A9BCB"])
_HALO = [effects.withStroke(linewidth=3, foreground="white")]
_REGIONS = {
    "prompt": "#F0F0F0",
    "retrieval": "#9CCFC0",
    "stronger model": "#D9B8D2",
    "fine-tune": "#A9CBE6",
    "both": "#F3C9A5",
}


def draw_matrix(
    ax: Axes,
    table: pd.DataFrame,
    chosen: Mapping[str, str | None],
    shown: str,
    *,
    unknown: float = 0.0,
    ageing: Collection[tuple[str, str]] = (),
) -> None:
    """Gaps against rungs, one number per cell.

    The chosen rung has a thick frame and a star. A cell that does not count, because it says "unknown" too rarely or its
    facts will change, is crossed out.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        From `climb`.
    chosen : dict of str to (str or None)
        From `lowest_rung`.
    shown : str
        `closes`, `keeps` or `says unknown`.
    unknown : float
        As it was given to `lowest_rung`.
    ageing : collection of (str, str)
        Pairs of gap and rung that do not count because facts will change.
    """
    gaps = list(dict.fromkeys(table.index.get_level_values("gap")))
    for row, gap in enumerate(gaps):
        for column, rung in enumerate(RUNGS):
            cell = table.loc[(gap, rung)]
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fc=_GOOD(cell[shown]), ec="white", lw=2))
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
                row,
                f"{cell[shown]:.0%}",
                ha="center",
                va="center",
                fontsize=13,
                fontweight="bold",
                path_effects=_HALO,
            )
            if chosen[gap] == rung:
                ax.add_patch(
                    Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, fc="none", ec=INK, lw=2.6, zorder=4)
                )
                ax.text(column - 0.41, row - 0.28, "★", ha="left", va="center", fontsize=12, zorder=5)
    names = [NAMES[rung].replace(" + ", "\n+ ") for rung in RUNGS]
    ax.set(xlim=(-0.5, len(RUNGS) - 0.5), ylim=(len(gaps) - 0.5, -0.5))
    ax.set_xticks(range(len(RUNGS)), names)
    ax.set_yticks(range(len(gaps)), [f"{gap}\n({KINDS[gap]})" for gap in gaps])
    ax.xaxis.tick_top()
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
        xlim=(0, counts[-1]),
        xticks=range(0, 21, 5),
        ylim=(0, 1.12 * limit),
        xlabel="how often the text holds the word",
        ylabel="what the word adds, in units of its idf",
    )
    for (label, scores), role in zip(curves.items(), ("validation", "neutral"), strict=False):
        (curve,) = ax.plot(counts, scores, **line(role))
        label_end(ax, curve, label)
    ax.plot([0, counts[-1]], [limit, limit], **line("truth"), lw=1)
    ax.text(0.4, limit * 1.02, f"limit: k₁ + 1 = {limit:.1f}", va="bottom")
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
        xlim=(-0.1, dropped[-1] + 0.1),
        ylim=(0, 1.05),
        xticks=dropped,
        xlabel=f"words missing from the query (search brings {passages} passage{'s' * (passages != 1)})",
        ylabel="share of the questions",
    )
    percent_ticks(ax.yaxis)
    ax.axvline(chosen, color="#DDDDDD", lw=8, zorder=0)
    roles = {"passage found": "test", "answer right": "validation", "says unknown": "neutral"}
    for name, shares in curves.items():
        (curve,) = ax.plot(dropped, shares, **marked(roles[name]))
        label_end(ax, curve, name)


def draw_releases(ax: Axes, table: pd.DataFrame, tuned: str, tuned_at: str, what: str) -> None:
    """Right answers about facts, release by release.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        From `through_releases`.
    tuned : str
        Column of the tuned model.
    tuned_at : str
    what : str
        Which facts are asked, for the name of the axis.
    """
    places = np.arange(len(table))
    now = list(table.index).index(tuned_at)
    lowest = table.min().min()
    low = 0.0 if lowest < 0.5 else 0.8
    ax.set(
        xlim=(-0.2, len(table) - 0.8),
        ylim=(low - 0.03 * (1 - low), 1 + 0.06 * (1 - low)),
        xlabel="scikit-learn release that is asked about",
        ylabel=f"right about {what}",
    )
    ax.set_xticks(places, [release.rsplit(".", 1)[0] for release in table.index])
    percent_ticks(ax.yaxis)
    for name, role, label in (
        ("retrieval", "test", "retrieval"),
        ("as shipped", "neutral", "as shipped"),
        (tuned, "train", f"tuned on {tuned_at.rsplit('.', 1)[0]}"),
    ):
        (curve,) = ax.plot(places, table[name], **marked(role))
        label_end(ax, curve, f"  {label}")  # room for the ring, which may stand at the end of the curve
    ax.plot(now, table[tuned].iloc[now], marker="o", ms=14, mfc="none", mec=COLORS["train"], mew=2)


_RETRIEVER_ROLES = ("neutral", "train", "validation", "accent")


def draw_mix(
    ax: Axes, shares: np.ndarray, curves: Mapping[str, np.ndarray], described: float, k: int
) -> None:
    """Recall of several retrievers against the share of described questions in the traffic.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    shares : ndarray
        From 0 to 1.
    curves : dict of str to ndarray
        Retriever to recall at each share.
    described : float
        The share that is looked at.
    k : int
        Passages that are shown.
    """
    lowest = min(float(np.min(values)) for values in curves.values())
    highest = max(float(np.max(values)) for values in curves.values())
    ax.set(
        xlim=(0, 1),
        ylim=(max(0.0, lowest - 0.06), min(1.02, highest + 0.06)),
        xlabel="share of the questions that name neither class nor parameter",
        ylabel=f"right passage among the first {k}" if k > 1 else "right passage comes first",
    )
    percent_ticks(ax.xaxis, ax.yaxis)
    ax.axvline(described, color="#DDDDDD", lw=8, zorder=0)
    for (name, values), role in zip(curves.items(), _RETRIEVER_ROLES, strict=True):
        (curve,) = ax.plot(shares, values, **line(role))
        label_end(ax, curve, name)
        ax.plot(
            described,
            float(np.interp(described, shares, values)),
            marker=marked(role)["marker"],
            ms=7,
            color=COLORS[role],
        )


_ANSWERS = {
    "new": ("new value", "#9CCFC0", ""),
    "old": ("old value", "#F3C9A5", "//"),
    "unknown": ("“unknown”", "#D9B8D2", "xx"),
    "other": ("another value", "#EFEFEF", ""),
}
READING_NAMES = {
    "right": "the right passage",
    "near miss": "a near miss",
    "old only": "the old passage only",
    "old then new": "old, then new",
    "new then old": "new, then old",
}


def draw_reading(ax: Axes, shares: pd.DataFrame, chosen: Collection[str]) -> None:
    """What is answered, by what stands in the prompt.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    shares : pandas.DataFrame
        From `holdout.topics.adaptation.documents.reading_shares`.
    chosen : collection of str
        Cases that are compared: their names are bold.
    """
    rows = list(shares.index)
    for row, case in enumerate(rows):
        left = 0.0
        for column, (_, color, hatch) in _ANSWERS.items():
            width = max(0.0, float(shares.loc[case, column]))
            ax.barh(row, width, left=left, color=color, hatch=hatch, ec="#777777", lw=0.5, height=0.62)
            if width > 0.045:
                ax.text(
                    left + width / 2,
                    row,
                    f"{width:.0%}",
                    ha="center",
                    va="center",
                    fontsize=10,
                    path_effects=_HALO,
                )
            left += width
        low, high = (float(shares.loc[case, f"new {end}"]) for end in ("low", "high"))
        ax.plot([low, high], [row + 0.41] * 2, color=INK, lw=1.4, ls="-")
        ax.plot([low, high], [row + 0.41] * 2, color=INK, marker="|", ms=7, ls="none")
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.5), xlabel="share of the answers")
    ax.set_yticks(
        range(len(rows)),
        [f"{fill(READING_NAMES[case], 13)}\nn = {int(shares.loc[case, 'n'])}" for case in rows],
    )
    for label, case in zip(ax.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if case in chosen else "normal")
    percent_ticks(ax.xaxis)
    ax.legend(
        handles=[
            Patch(facecolor=color, hatch=hatch, edgecolor="#777777", label=name)
            for name, color, hatch in _ANSWERS.values()
        ],
        loc="lower center",
        bbox_to_anchor=(0.45, 1.0),
        ncols=4,
    )


def draw_examples(ax: Axes, sizes: Sequence[int], shares: np.ndarray, needed: float, now: int) -> None:
    """Right answers in the house format against the number of training examples, one line per seed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    sizes : sequence of int
    shares : ndarray of shape (seeds, sizes)
    needed : float
        The bar.
    now : int
        The size that is looked at.
    """
    ax.set(
        xscale="log",
        xlim=(9, 330),
        ylim=(0, 1.05),
        xlabel="training examples",
        ylabel="right, in the house format",
    )
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    percent_ticks(ax.yaxis)
    for row in shares:
        ax.plot(sizes, row, **points("train"), ls="none", alpha=0.5)
    ax.plot(sizes, np.mean(shares, axis=0), **line("train"))
    ax.axhline(needed, **line("truth"), lw=1)
    ax.text(9.4, needed + 0.015, f"bar: {needed:.0%}", va="bottom")
    ax.axvline(now, color="#DDDDDD", lw=8, zorder=0)


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
        "stronger model": "reads best, dearest to ask",
        "fine-tune": "short prompts; " + ("facts age" if ages else "nothing ages"),
        "both": "few wrong answers, dearest to build",
    }
    stack = np.stack([costs[option] for option in OPTIONS])
    best = stack.argmin(axis=0)
    x, y = np.log10(change_rate), np.log10(questions)
    # below the regions: where three of them meet, contours leave a gap
    ax.pcolormesh(
        x,
        y,
        best,
        cmap=ListedColormap([_REGIONS[option] for option in OPTIONS]),
        vmin=0,
        vmax=len(OPTIONS) - 1,
    )
    for number, option in enumerate(OPTIONS):
        inside = best == number
        if not inside.any():
            continue
        ax.contourf(x, y, inside.astype(float), levels=[0.5, 1.5], colors=[_REGIONS[option]])
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
    ax.set(xlabel="how often a fact changes", ylabel="questions per month", title=title)
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
    ax: Axes, parts: Mapping[str, Mapping[str, float]], totals: Mapping[str, float], best: str
) -> None:
    """The bill of each option, largest parts first, as stacked bars.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    parts : dict of str to dict of str to float
        Option to part of the bill to euros a month.
    totals : dict of str to float
        In US dollars per month.
    best : str
    """
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
            f"${totals[option]:,.0f}{mark}",
            va="center",
            fontweight="bold" if option == best else "normal",
        )
    ax.set(xlim=(0, 1.2 * top), ylim=(len(OPTIONS) - 0.5, -0.5), xlabel="US dollars per month")
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
