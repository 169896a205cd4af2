"""How well a learner's confidence agrees with how often the learner was right. Draws nothing."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from holdout.stats.intervals import minimum_segment_size, wilson_interval

if TYPE_CHECKING:
    import pandas as pd

# With so many predictions the 95% interval of a share is at most 20 points wide to either side, whatever the share is.
NEEDED = minimum_segment_size(0.5, 0.20)
# For one bin of a reliability table, 25 points to either side.
NEEDED_PER_BIN = minimum_segment_size(0.5, 0.25)


class BrierScore(NamedTuple):
    """Mean squared distance between confidence and what happened (1 right, 0 wrong); 0 is best."""

    score: float
    """NaN without a prediction."""
    standard_error: float
    """Of the mean; NaN with fewer than two."""
    predictions: int
    enough: bool
    """Whether there are at least ``NEEDED``."""


class _Scored(NamedTuple):
    """A prediction that can be scored."""

    confidence: float
    correct: bool


def _scored(records: Iterable[dict]) -> list[_Scored]:
    """Return the records that can be scored; the others are not answered yet, or broken."""
    found = []
    for entry in records:
        try:
            confidence, correct = float(entry["confidence"]), entry["correct"]
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
        if isinstance(correct, bool) and 0 <= confidence <= 1:
            found.append(_Scored(confidence, correct))
    return found


def percent(share: float) -> str:
    """Return a share as a percentage for people, such as ``"83%"``."""
    return f"{100 * share:.0f}%"


def brier(records: Iterable[dict]) -> BrierScore:
    """Score predictions: the mean of (confidence - right) squared.

    Parameters
    ----------
    records : iterable of dict
        With ``confidence`` (0 to 1) and ``correct`` (True or False), as ``progress.prediction_records``
        gives. Records whose answer is not known yet, and broken ones, are left out.

    Returns
    -------
    BrierScore

    References
    ----------
    Brier, G. W. (1950), Monthly Weather Review 78:1-3, for two outcomes and with one term instead of two.

    Examples
    --------
    >>> brier([{"confidence": 0.8, "correct": True}, {"confidence": 0.6, "correct": False}]).score
    0.2
    """
    losses = [(confidence - correct) ** 2 for confidence, correct in _scored(records)]
    if not losses:
        return BrierScore(math.nan, math.nan, 0, False)
    count, mean = len(losses), statistics.fmean(losses)
    error = statistics.stdev(losses) / math.sqrt(count) if count > 1 else math.nan
    # 12 digits: the rest depends on the order of summation
    return BrierScore(round(mean, 12), error, count, count >= NEEDED)


def reliability(
    records: Iterable[dict], edges: Sequence[float] = (0.0, 0.45, 0.65, 0.85, 1.0)
) -> pd.DataFrame:
    """Compare how sure the learner was with how often they were right, bin by bin.

    Parameters
    ----------
    records : iterable of dict
        As for ``brier``.
    edges : sequence of float
        Rising edges of the bins, from 0 to 1; a bin holds its lower edge, the last one both.

    Returns
    -------
    DataFrame
        One row per bin with at least one prediction: ``low``, ``high``, ``predictions``,
        ``mean_confidence``, ``share_right``, ``interval_low``, ``interval_high`` (95%, Wilson) and
        ``verdict``: "too few to tell" below ``NEEDED_PER_BIN`` predictions, else "overconfident",
        "underconfident" or "no sign of a difference".

    Raises
    ------
    ValueError
        If the edges do not rise from 0 to 1.
    """
    edges = [float(edge) for edge in edges]
    if len(edges) < 2 or edges[0] != 0 or edges[-1] != 1 or edges != sorted(set(edges)):
        raise ValueError(f"edges must rise from 0 to 1, got {edges}")
    import pandas as pd

    scored = _scored(records)
    rows = []
    for low, high in itertools.pairwise(edges):
        inside = [one for one in scored if low <= one.confidence < high or one.confidence == high == 1]
        if not inside:
            continue
        right, count = sum(one.correct for one in inside), len(inside)
        sure = statistics.fmean(one.confidence for one in inside)
        interval = wilson_interval(right, count)
        rows.append((low, high, count, sure, right / count, *interval, _verdict(sure, count, interval)))
    names = ["low", "high", "predictions", "mean_confidence", "share_right", "interval_low", "interval_high"]
    return pd.DataFrame(rows, columns=[*names, "verdict"])


def _verdict(sure: float, count: int, interval: tuple[float, float]) -> str:
    if count < NEEDED_PER_BIN:
        return "too few to tell"
    if sure > interval[1]:
        return "overconfident"
    if sure < interval[0]:
        return "underconfident"
    return "no sign of a difference"


def advice(records: Iterable[dict]) -> str:
    """Say in words how well calibrated the learner is, as far as the number of predictions allows.

    Parameters
    ----------
    records : iterable of dict
        As for ``brier``.

    Returns
    -------
    str
    """
    records = list(records)
    scored = _scored(records)
    count = len(scored)
    if count == 0:
        return f"Your calibration: no scored prediction yet; {NEEDED} are needed to say anything."
    right = sum(one.correct for one in scored)
    sure = statistics.fmean(one.confidence for one in scored)
    facts = (
        f"Your calibration: in {count} scored predictions you were {percent(sure)} sure on average and "
        f"right in {percent(right / count)}; Brier score {brier(records).score:.3f} (0 is best, 0.25 is what "
        "always saying 50% gives)."
    )
    if count < NEEDED:
        return f"{facts} That is too few to judge: {NEEDED} are needed, {NEEDED - count} more."
    low, high = wilson_interval(right, count)
    span = f"(95% interval of your share right: {percent(low)} to {percent(high)})"
    if sure > high:
        return f"{facts} You are surer than you are right {span}: where you say 90%, try 75%."
    if sure < low:
        return f"{facts} You are right more often than you believe {span}: you may trust yourself more."
    return f"{facts} No sign that you are over- or underconfident {span}."
