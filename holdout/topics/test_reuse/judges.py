"""Judges of exercise 05: fingerprints of evaluation sets and contamination detectors.

Each gets a case, what the learner's function returned, and the parameters of the question; it returns a `Verdict`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from holdout.checks.judges import Verdict, credit_from
from holdout.topics.test_reuse.contamination import detection_scores


# -- Judge and probe of the exercise
def fingerprints(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of fingerprints of evaluation sets: equal exactly where the sets are the same (question 05.fingerprint).

    Parameters
    ----------
    case : Mapping
        ``"same"``: a number for each set (equal numbers: the same items), ``"changes"``: what was done to each.
    got : list
        One fingerprint for each set.

    Returns
    -------
    Verdict
        Labels: "not fingerprints", "order", or the name of a change that went unnoticed.
    """
    same, changes = case["same"], case["changes"]
    if not isinstance(got, list | tuple) or len(got) != len(same):
        return Verdict(0.0, "not fingerprints", f"Expected one fingerprint for each of {len(same)} sets.")
    if not all(isinstance(mark, str) and mark for mark in got):
        return Verdict(0.0, "not fingerprints", "A fingerprint must be a text that is not empty.")
    for i, mark in enumerate(got):
        if same[i] == same[0] and mark != got[0]:
            return Verdict(
                0.0, changes[i], f"The items are the same, but the fingerprint changed after: {changes[i]}."
            )
    for i in sorted(range(len(got)), key=lambda i: same[i]):  # the plainest change first
        if same[i] != same[0] and got[i] == got[0]:
            return Verdict(0.0, changes[i], f"Your fingerprint does not notice: {changes[i]}.")
    # sets that differ by a number only: chance alone makes them meet
    drawn = {name for name, times in Counter(changes).items() if times >= 100}
    met = [pair for pair in _pairs_of_equal(got, same) if same[pair[0]] != same[pair[1]]]
    if met:
        i, j = min(
            met,
            key=lambda pair: (
                not drawn.issuperset(changes[k] for k in pair),
                any("another order" in changes[k] for k in pair),
                same[pair[0]],
            ),
        )
        both = ", ".join(dict.fromkeys((changes[i], changes[j])))
        return Verdict(0.0, changes[j], f"Two different sets have the same fingerprint: {both}.")
    for i, j in _pairs_of_equal(same, same):
        if got[i] != got[j]:
            reordered = next((changes[k] for k in (i, j) if "order" in changes[k]), "order")
            label = "order" if reordered.startswith("another order") else reordered
            what = (
                f"Two sets hold the same items and have different fingerprints: {changes[i]}, {changes[j]}."
            )
            return Verdict(0.0, label, what)
    return Verdict(1.0)


def _pairs_of_equal(values, order):
    """Pairs of positions that hold equal values, the one of lower order first."""
    groups: dict = {}
    for position in sorted(range(len(values)), key=lambda i: order[i]):
        groups.setdefault(values[position], []).append(position)
    return [pair for group in groups.values() for pair in itertools.combinations(group, 2)]


def detector(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of a contamination detector (question 05.contamination).

    Parameters
    ----------
    case : Mapping
        ``"seen"``: for each benchmark, an array of bool, one a question.
    got : list
        One array of flags for each benchmark.
    parameters : Mapping
        ``credit``: list of ``[smallest precision and recall, share of the points]``, best first.

    Returns
    -------
    Verdict
        Labels: "not flags", "flags everything", "flags nothing", "false alarms", "misses".
    """
    truths = [np.asarray(seen, dtype=bool) for seen in case["seen"]]
    if not isinstance(got, list | tuple) or len(got) != len(truths):
        return Verdict(0.0, "not flags", f"Expected flags for each of {len(truths)} benchmarks.")
    answers = []
    for seen, flags in zip(truths, got, strict=True):
        flags = np.asarray(flags) if isinstance(flags, list | tuple | np.ndarray | pd.Series) else None
        if flags is None or flags.shape != seen.shape or not np.isin(flags, (0, 1)).all():
            return Verdict(
                0.0, "not flags", f"Return one True or False for each of the {len(seen)} questions."
            )
        answers.append(flags.astype(bool))
    seen, flagged = np.concatenate(truths), np.concatenate(answers)
    precision, recall = detection_scores(seen, flagged)
    score = credit_from(min(precision, recall), parameters["credit"])
    detail = f"Precision {precision:.2f}, recall {recall:.2f} over {len(seen)} questions, {seen.sum()} of them seen."
    if score >= 1:
        return Verdict(score, "", detail)
    if flagged.mean() > 0.9:
        return Verdict(score, "flags everything", detail)
    if not flagged.any():
        return Verdict(score, "flags nothing", detail)
    return Verdict(score, "false alarms" if precision < recall else "misses", detail)
