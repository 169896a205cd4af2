"""Judges of exercise 14: the review of a colleague's analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from holdout.checks.judges import Verdict, credit_from, precision_and_recall
from holdout.topics.release.cases import FAULTS


def review_scores(
    planted: Sequence[Collection[str]], found: Sequence[Collection[str]]
) -> tuple[float, float, dict[str, int], dict[str, int]]:
    """Precision and recall of reviews, over all faults of all analyses.

    Parameters
    ----------
    planted, found : sequence of collections of str
        One per analysis.

    Returns
    -------
    precision, recall : float
        Precision is 0 when nothing is claimed.
    missed, false : dict of str to int
        How often each fault was missed, and claimed wrongly.
    """
    wanted, named = (
        {(i, name) for i, names in enumerate(reviews) for name in names} for reviews in (planted, found)
    )
    missed, false = (Counter(name for _, name in sorted(some)) for some in (wanted - named, named - wanted))
    return *precision_and_recall(wanted, named), dict(missed), dict(false)


def review(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of a review (question 14.review): the smaller of precision and recall.

    Parameters
    ----------
    case : Mapping
        With ``"planted"``: a list of faults for each analysis.
    got : list of list of str
    parameters : Mapping
        ``credit``: list of ``[smallest precision and recall, share of the points]``, best first.

    Returns
    -------
    Verdict
        Labels: "not findings", "unknown fault", "points at everything", "finds nothing", "misses", "cries wolf".
    """
    planted = case["planted"]
    if not isinstance(got, list | tuple) or len(got) != len(planted):
        return Verdict(0.0, "not findings", f"Expected one list for each of {len(planted)} analyses.")
    for said in got:
        if not isinstance(said, list | tuple) or not all(isinstance(name, str) for name in said):
            return Verdict(0.0, "not findings", "A review must return a list of names of faults.")
        strange = [name for name in said if name not in FAULTS]
        if strange:
            return Verdict(
                0.0, "unknown fault", f"There is no fault {strange[0]!r}; they are {', '.join(FAULTS)}."
            )
    precision, recall, missed, false = review_scores(planted, got)
    worst = min(precision, recall)
    score = credit_from(worst, parameters["credit"])
    parts = [f"Precision {precision:.2f}, recall {recall:.2f} over {len(planted)} analyses"]
    for counts, verb in ((missed, "missed most often"), (false, "claimed wrongly most often")):
        if counts:
            name = max(counts, key=counts.__getitem__)
            parts.append(f"{verb}: {name} ({counts[name]} times)")
    label = ""
    if score < 1:
        label = (
            "finds nothing"
            if recall == 0
            else "points at everything"
            if recall > 0.9 and precision < 0.5
            else "misses"
            if recall < precision
            else "cries wolf"
        )
    return Verdict(score, label, "; ".join(parts) + ".")
