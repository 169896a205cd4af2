"""The learner's own reliability diagram, from the predictions recorded through the course.

Draws only: the numbers are those of :func:`holdout.record.self_calibration.reliability` and :func:`holdout.record.self_calibration.brier`.
"""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.figure import Figure

from holdout.record.self_calibration import NEEDED, brier, reliability


def draw_calibration(records: Iterable[dict]) -> Figure | None:
    """Draw how often the learner was right against how sure they were.

    Parameters
    ----------
    records : iterable of dict
        As ``progress.prediction_records`` gives them.

    Returns
    -------
    matplotlib.figure.Figure or None
        None while there are fewer than ``NEEDED`` scored predictions: a curve through three points would say
        something that is not known.
    """
    records = list(records)
    if brier(records).predictions < NEEDED:
        return None
    from holdout.figures.axes import percent_ticks
    from holdout.figures.style import COLORS, ink, use

    use()
    table = reliability(records)
    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color=COLORS["neutral"], linestyle="--", linewidth=1)
    ax.text(
        0.04,
        0.06,
        "right as often as sure",
        rotation=45,
        rotation_mode="anchor",
        transform_rotates_text=True,
        color=ink(COLORS["neutral"]),
        fontsize=9,
    )
    below = table["share_right"] - table["interval_low"]
    above = table["interval_high"] - table["share_right"]
    ax.errorbar(
        table["mean_confidence"],
        table["share_right"],
        yerr=[below.clip(lower=0), above.clip(lower=0)],
        fmt="none",
        color=COLORS["accent"],
        capsize=4,
    )
    few = table["verdict"] == "too few to tell"
    for rows, filling in ((table[~few], COLORS["accent"]), (table[few], "white")):
        ax.plot(
            rows["mean_confidence"],
            rows["share_right"],
            "o",
            markersize=8,
            markerfacecolor=filling,
            markeredgecolor=COLORS["accent"],
            markeredgewidth=1.5,
            clip_on=False,
            zorder=3,
        )
    for _, row in table.iterrows():
        # in one row below everything, where neither the diagonal nor another interval strikes through it
        ax.text(row["mean_confidence"], -0.07, f"{row['predictions']:.0f}", ha="center", fontsize=9)
    ax.text(0.01, -0.07, "predictions:", fontsize=9)
    ax.set(
        xlim=(0, 1.02),
        ylim=(-0.1, 1.03),
        xlabel="how sure I said I was (hollow: too few to tell)",
        ylabel="how often I was right (95% interval)",
    )
    percent_ticks(ax.xaxis, ax.yaxis)
    return figure


def describe_calibration(records: Iterable[dict]) -> str:
    """The same in words, for those who do not see the diagram.

    Parameters
    ----------
    records : iterable of dict

    Returns
    -------
    str
    """
    rows = [
        f"{100 * row.mean_confidence:.0f}% sure, right in {100 * row.share_right:.0f}% of {row.predictions} "
        f"(interval {100 * row.interval_low:.0f}% to {100 * row.interval_high:.0f}%), {row.verdict}"
        for row in reliability(records).itertuples()
    ]
    return "Reliability diagram of predictions made before the result was shown: " + "; ".join(rows) + "."
