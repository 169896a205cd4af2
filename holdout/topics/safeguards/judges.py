"""Judges of exercise 13: a provenance audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdout.checks.judges import Verdict, credit_from, precision_and_recall


def audit(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of a provenance audit (question 13.audit): the smaller of precision and recall, over all corpora together.

    Parameters
    ----------
    case : Mapping
        ``"undeclared"``: a list of ids for each corpus; ``"inputs"``: ``"corpora"``.
    got : list of list of str
    parameters : Mapping
        ``credit``: list of ``[smallest precision and recall, share of the points]``, best first.

    Returns
    -------
    Verdict
        Labels: "not ids", "names everything", "names nothing", "false alarms", "misses".
    """
    truth = case["undeclared"]
    if not isinstance(got, list | tuple) or len(got) != len(truth):
        return Verdict(0.0, "not ids", f"Expected a list of ids for each of {len(truth)} corpora.")
    wanted, named, rows = set(), set(), 0
    for i, (ids, answer, corpus) in enumerate(zip(truth, got, case["inputs"]["corpora"], strict=True)):
        known = {row["id"] for row in corpus["rows"]}
        if not isinstance(answer, list | tuple | set) or not all(
            isinstance(one, str) and one in known for one in answer
        ):
            return Verdict(0.0, "not ids", "Return a list of ids that are in the corpus.")
        wanted |= {(i, one) for one in ids}
        named |= {(i, one) for one in answer}
        rows += len(known)
    precision, recall = precision_and_recall(wanted, named)
    score = credit_from(min(precision, recall), parameters["credit"])
    detail = f"Precision {precision:.2f}, recall {recall:.2f}: you name {len(named)} of {rows} rows, {len(wanted)} are undeclared."
    if score >= 1:
        return Verdict(score, "", detail)
    if not named:
        return Verdict(score, "names nothing", detail)
    if len(named) > 0.8 * rows:
        return Verdict(score, "names everything", detail)
    return Verdict(score, "false alarms" if precision < recall else "misses", detail)
