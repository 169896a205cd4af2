"""The learner's own reliability diagram, from the predictions recorded through the course.

Draws only: the numbers are those of :func:`holdout.predict.reliability` and :func:`holdout.predict.brier`.
"""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.figure import Figure

from holdout.predict import NEEDED, brier, reliability

__all__ = ["describe_calibration", "draw_calibration"]


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
    from holdout.style import COLORS, use

    use()
    table = reliability(records)
    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color=COLORS["neutral"], linestyle="--", linewidth=1)
    ax.text(0.08, 0.12, "as sure as right", rotation=38, color=COLORS["neutral"], fontsize=9)
    below = table["share_right"] - table["interval_low"]
    above = table["interval_high"] - table["share_right"]
    ax.errorbar(
        table["mean_confidence"],
        table["share_right"],
        yerr=[below.clip(lower=0), above.clip(lower=0)],
        fmt="o",
        markersize=8,
        color=COLORS["accent"],
        capsize=4,
    )
    for _, row in table.iterrows():
        ax.annotate(
            f"n = {row['predictions']:.0f}",
            (row["mean_confidence"], row["share_right"]),
            xytext=(8, -12),
            textcoords="offset points",
            fontsize=9,
        )
    ax.set(
        xlim=(0, 1.02),
        ylim=(-0.02, 1.02),
        xlabel="stated confidence (mean of the bin)",
        ylabel="share that was right (95 % interval)",
    )
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
        f"{row.mean_confidence:.0%} sure, right in {row.share_right:.0%} of {row.predictions} "
        f"(interval {row.interval_low:.0%} to {row.interval_high:.0%}), {row.verdict}"
        for row in reliability(records).itertuples()
    ]
    return "Reliability diagram of predictions made before the result was shown: " + "; ".join(rows) + "."
