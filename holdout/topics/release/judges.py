"""Judges of exercise 14: the review of a colleague's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from holdout.checks.judges import Verdict
from holdout.topics.release.scripts import CODE_FAULTS, LONGEST_RANGE

Finding = tuple[int, int, str]
"""First and last line, from 1 and both included, and a fault."""


def review_scores(
    planted: Sequence[Sequence[Finding]], found: Sequence[Sequence[Finding]]
) -> dict[str, tuple[float, float]]:
    """Precision and recall for each fault, over all scripts.

    A finding is right if the script has that fault on one of the finding's lines, and it spans at most `LONGEST_RANGE` lines.
    A planted fault that is found twice counts once.

    Parameters
    ----------
    planted, found : sequence of sequences of (int, int, str)
        One per script.

    Returns
    -------
    dict of str to (float, float)
        For each key of `CODE_FAULTS` that is planted somewhere. Precision is 0 when nothing is claimed.
    """
    there: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for faults, findings in zip(planted, found, strict=True):
        there.update(name for _, _, name in faults)
        named = set()
        for first, last, name in {(start, end, fault) for start, end, fault in findings}:
            touched = {
                (start, end, fault)
                for start, end, fault in faults
                if fault == name and first <= end and start <= last
            }
            if touched and last - first < LONGEST_RANGE:
                named |= touched
            else:
                wrong[name] += 1
        hit.update(name for _, _, name in named)
    return {
        name: (hit[name] / max(hit[name] + wrong[name], 1), hit[name] / there[name])
        for name in CODE_FAULTS
        if there[name]
    }


def review(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of a review (question 14.review): the share of the faults that are found reliably.

    Parameters
    ----------
    case : Mapping
        With ``"planted"``: findings for each script.
    got : list of list of (int, int, str)
    parameters : Mapping
        ``least``: a fault counts if both its precision and its recall are at least this.

    Returns
    -------
    Verdict
        Labels: "not findings", "unknown fault", "finds nothing", "points at everything", "wide ranges", "misses: FAULT" and "claims: FAULT" for the
        fault that is found worst.
    """
    planted = case["planted"]
    if not isinstance(got, list | tuple) or len(got) != len(planted):
        return Verdict(0.0, "not findings", f"Expected one list for each of {len(planted)} scripts.")
    for number, said in enumerate(got, 1):
        problem = _problem(said)
        if problem:
            strange = problem.startswith("There is no fault")
            return Verdict(
                0.0, "unknown fault" if strange else "not findings", f"On script {number}: {problem}"
            )
    if not any(got):
        return Verdict(0.0, "finds nothing", f"You found nothing in {len(planted)} scripts.")
    scores = review_scores(planted, got)
    least = parameters["least"]
    reliable = [name for name, both in scores.items() if min(both) >= least]
    score = len(reliable) / len(scores)
    if score >= 1:
        return Verdict(1.0, "", f"All {len(scores)} faults are found reliably.")
    claims = [finding for said in got for finding in said]
    wide = sum(last - first >= LONGEST_RANGE for first, last, _ in claims)
    worst = min(scores, key=lambda name: min(scores[name]))
    precision, recall = scores[worst]
    label = f"{'misses' if recall <= precision else 'claims'}: {worst}"
    detail = (
        f"{len(reliable)} of {len(scores)} faults are found reliably over {len(planted)} scripts; "
        f"the worst is {worst!r}: precision {precision:.2f}, recall {recall:.2f}."
    )
    if len(claims) > 5 * sum(map(len, planted)):
        label = "points at everything"
        detail += f" You have {len(claims)} findings."
    elif wide > len(claims) / 2:
        label = "wide ranges"
        detail += f" {wide} of your {len(claims)} findings span more than {LONGEST_RANGE} lines."
    return Verdict(score, label, detail)


def review_cost(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> float:
    """What a review that `review` can judge misses or claims wrongly: 1 minus the smaller of precision and recall of its worst fault."""
    return 1.0 - min(map(min, review_scores(case["planted"], got).values()))


def _problem(said):
    """What is wrong with the findings on one script; empty if nothing is."""
    if not isinstance(said, list | tuple):
        return "a review returns a list of findings."
    for finding in said:
        if not isinstance(finding, list | tuple) or len(finding) != 3:
            return "a finding has three parts, (first, last, fault)."
        first, last, name = finding
        whole = all(isinstance(line, int) and not isinstance(line, bool) for line in (first, last))
        if not whole or not isinstance(name, str):
            return "a finding is two line numbers, which are whole numbers, and the name of a fault."
        if first > last:
            return f"a finding ends before it starts: lines {first} to {last}."
        if name not in CODE_FAULTS:
            return f"There is no fault {name!r}; they are {', '.join(CODE_FAULTS)}."
    return ""
