"""Recognises known wrong answers by what they return. Decides no score."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from holdout.checks.codec import CodecError, decode
from holdout.checks.judges import Verdict, first_difference

# Rules that differ in a threshold make nearly the same decisions. All of them agree on the easy cases, so what counts is
# whether two rules make the *same mistakes*: this share of the decisions in which either differs from the reference.
SAME_DECISIONS, SAME_MISTAKES = 0.9, 0.7
FEW_OPTIONS = 6  # decisions such as "ship" and "wait", not names of models
# Small whole numbers, words and flags agree by accident; from this many of them on it is no accident.
ENOUGH_COINCIDENCES = 3


@dataclass(frozen=True)
class Match:
    """A known wrong answer that gives the learner's results.

    Parameters
    ----------
    wrong : Mapping
        The known wrong answer, as it stands in checks.json.
    sure : bool
        Whether the results say so beyond coincidence. One small whole number, decisions that are all empty, or an error of the
        same type do not.
    same : bool
        Whether the results are its own, and not decisions of which a few differ: its message need not be true of those.
    """

    wrong: Mapping
    sure: bool = True
    same: bool = True


def match_misconception(
    question: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], verdicts: Sequence[Verdict]
) -> Match | None:
    """The known wrong answer whose results on these cases are the learner's; None where there is none.

    A wrong answer is recognised by what it returns on every case, by the error that it raises, or by the label that the
    judge gives it. Lists of decisions count as the same if they agree on nine of ten cases and share most of their mistakes;
    constant ones only if they are equal.

    Parameters
    ----------
    question : Mapping
        As it stands in checks.json.
    runs : sequence of Mapping
        The learner's decoded results.
    verdicts : sequence of Verdict
        On the same cases.
    """
    best, best_agreement = None, 0.0
    labels = {verdict.label for verdict in verdicts}
    references = [decode_run(run).get("value") for run in question.get("reference", [{}] * len(runs))]
    for wrong in question["wrong"]:
        if wrong.get("label"):
            agreement = 0.5 if wrong["label"] in labels else 0.0
        else:
            agreement = min(
                (
                    _safe_agreement(theirs, run, reference, question["parameters"])
                    for theirs, run, reference in zip(wrong["runs"], runs, references, strict=True)
                ),
                default=0.0,
            )
        if agreement > best_agreement:
            best, best_agreement = wrong, agreement
    if best is None:
        return None
    if best.get("label"):
        return Match(best)
    return Match(best, _is_no_coincidence(question, runs), same=best_agreement == 1.0)


def _safe_agreement(theirs, run, reference, parameters) -> float:
    """As :func:`_agreement`; a result that cannot be compared, such as one with a huge number, agrees with none."""
    try:
        return _agreement(theirs, run, reference, parameters)
    except (ArithmeticError, ValueError, TypeError, RecursionError):
        return 0.0


def _agreement(theirs, run, reference, parameters) -> float:
    theirs = decode_run(theirs)
    if "error" in theirs or "error" in run:
        return 1.0 if "error" in theirs and theirs["error"] == run.get("error") else 0.0
    if "value" not in theirs or "value" not in run:
        return 0.0
    one, other = theirs["value"], run["value"]
    if "credit" in parameters:
        return _agreement_of_decisions(one, other, reference)
    tolerances = {"rtol": max(parameters.get("rtol", 0.0), 1e-9), "atol": parameters.get("atol", 0.0)}
    return 1.0 if first_difference(one, other, **tolerances) is None else 0.0


def _agreement_of_decisions(one, other, reference) -> float:
    kinds = list | tuple | np.ndarray
    if not isinstance(other, kinds) or not isinstance(one, kinds) or len(other) != len(one) or not len(one):
        return 0.0
    same = np.array([_alike(a, b) for a, b in zip(one, other, strict=True)])
    if same.all():
        return 1.0
    if _is_constant(one) or _is_constant(other):
        return 0.0
    share = float(same.mean())
    if share < SAME_DECISIONS:
        return 0.0
    if _uses_another_option(one, other):
        return 0.0
    if isinstance(reference, kinds) and len(reference) == len(one):
        mistaken = np.array([not _alike(a, r) for a, r in zip(one, reference, strict=True)])
        either = mistaken | np.array([not _alike(b, r) for b, r in zip(other, reference, strict=True)])
        if either.any():
            shared = float((same & mistaken).sum() / either.sum())
            return share * shared if shared >= SAME_MISTAKES else 0.0
    return share


def _uses_another_option(one, other) -> bool:
    """Whether `other` takes a decision that `one` never takes: "you never measure" would not be true of it."""
    options = set(other) if all(isinstance(decision, str) for decision in other) else set()
    return 0 < len(options) <= FEW_OPTIONS and not options <= {item for item in one if isinstance(item, str)}


def _sequence(value):
    return value if isinstance(value, list | tuple | np.ndarray) else [value]


def _alike(a, b) -> bool:
    if isinstance(a, str | int | float) and isinstance(b, str | int | float):
        return a == b
    # a decision may itself be an array, or a dict that holds arrays, for which == gives no single answer
    return first_difference(a, b) is None


def _is_constant(decisions) -> bool:
    return all(_alike(decisions[0], decision) for decision in decisions)


def _is_empty(decision) -> bool:
    return decision is None or (hasattr(decision, "__len__") and len(decision) == 0)


def _is_no_coincidence(question, runs) -> bool:
    """Whether results that are not the expected ones are too particular to be the same by accident."""
    if question["judge"] in ("choice", "sentence_and_choice"):
        return True
    if "credit" in question["parameters"]:
        decisions = [item for run in runs for item in _sequence(run.get("value"))]
        return any(not _is_empty(item) for item in decisions)
    coincidences: int = 0
    for case, run in zip(question["cases"], runs, strict=True):
        if "value" not in run or "expected" not in case:
            continue
        expected = dict(_scalars(decode(case["expected"])))
        got = dict(_scalars(run["value"]))
        for path, value in got.items():
            if path in expected and first_difference(expected[path], value, rtol=1e-9) is None:
                continue
            if isinstance(value, float | np.floating) and math.isfinite(value) and value not in (0, 1, -1):
                return True
            if isinstance(value, int | np.integer) and not isinstance(value, bool) and abs(int(value)) > 20:
                return True
            coincidences += 1
        coincidences += len(expected.keys() - got.keys())
    return coincidences >= ENOUGH_COINCIDENCES


def _scalars(value: Any, path: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """The single values inside a result, with their places."""
    if isinstance(value, pd.DataFrame):
        value = {name: value[name].to_numpy() for name in value.columns}
    if isinstance(value, pd.Series | pd.Index):
        value = value.to_numpy()
    if isinstance(value, set):
        yield from (((*path, str(item)), item) for item in value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _scalars(item, (*path, key))
    elif isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim):
        for position, item in enumerate(value):
            yield from _scalars(item, (*path, position))
    else:
        yield path, value


def decode_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run as `run_probe` gives it, with its value decoded; what cannot be decoded becomes an error of the answer."""
    if "value" not in run:
        return dict(run)
    try:
        return {"value": decode(run["value"])}
    except CodecError as error:
        return {"error": "CodecError", "message": str(error), "where": "returned"}
