"""Recognises known wrong answers by what they return. Decides no score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdout.checks.codec import CodecError, decode
from holdout.checks.judges import Verdict, first_difference


def match_misconception(
    question: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], verdicts: Sequence[Verdict]
) -> dict[str, Any] | None:
    """The known wrong answer whose results on these cases are the learner's; None where there is none.

    A wrong answer is recognised by what it returns on every case, by the error that it raises, or by the label that the
    judge gives it. Lists of decisions count as the same from 90 % agreement.
    """
    best, best_agreement = None, 0.0
    for wrong in question["wrong"]:
        if wrong.get("label"):
            agreement = 0.5 if wrong["label"] in {verdict.label for verdict in verdicts} else 0.0
        else:
            agreement = min(
                (
                    _agreement(theirs, run, question["parameters"])
                    for theirs, run in zip(wrong["runs"], runs, strict=True)
                ),
                default=0.0,
            )
        if agreement > best_agreement:
            best, best_agreement = wrong, agreement
    return best


def _agreement(theirs, run, parameters):
    theirs = decode_run(theirs)
    if "error" in theirs or "error" in run:
        return 1.0 if "error" in theirs and theirs["error"] == run.get("error") else 0.0
    if "value" not in theirs or "value" not in run:
        return 0.0
    one, other = theirs["value"], run["value"]
    if "credit" in parameters:  # decisions
        if not isinstance(other, list | tuple | np.ndarray) or len(other) != len(one):
            return 0.0
        # a decision may itself be an array of flags, for which == gives no single answer
        alike = (
            np.array_equal(a, b) if isinstance(b, np.ndarray) else a == b
            for a, b in zip(one, other, strict=True)
        )
        share = sum(bool(same) for same in alike) / max(len(one), 1)
        return share if share >= 0.9 else 0.0
    tolerances = {"rtol": max(parameters.get("rtol", 0.0), 1e-9), "atol": parameters.get("atol", 0.0)}
    return 1.0 if first_difference(one, other, **tolerances) is None else 0.0


def decode_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run as `run_probe` gives it, with its value decoded; what cannot be decoded becomes an error of the answer."""
    if "value" not in run:
        return dict(run)
    try:
        return {"value": decode(run["value"])}
    except CodecError as error:
        return {"error": "CodecError", "message": str(error), "where": "returned"}
