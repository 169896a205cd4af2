"""Judges of exercise 04: a pipeline, a split by groups, an audit that names leaks, and reports on studies of flights.

Each gets a case, what the learner's function returned, and the parameters of the question; it returns a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from holdout.checks.judges import Verdict, credit_from
from holdout.checks.repeats import draws_by_state
from holdout.topics.leakage.cases import KINDS


def audit_scores(
    planted: Sequence[Mapping[str, Sequence]], found: Sequence[Mapping[str, Sequence]]
) -> tuple[float, float, dict[str, tuple[float, ...]]]:
    """Precision and recall of audits over many tables, each kind of leak in each table counting the same.

    A *claim* is a kind reported for a table. Its precision is the share of the reported places that are
    planted ones, its recall the share of the planted places that are reported. Precision is averaged over
    claims, recall over planted kinds, so twelve duplicate rows weigh as much as one column.

    Parameters
    ----------
    planted, found : sequence of dict of str to list
        One a table.

    Returns
    -------
    precision, recall : float
        Precision is 0 when nothing is claimed.
    by_kind : dict of str to (float, float)
        The same for each kind; NaN where it was never claimed or never planted.
    """
    precisions: dict[str, list[float]] = {kind: [] for kind in KINDS}
    recalls: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for truth, claim in zip(planted, found, strict=True):
        for kind in KINDS:
            there, said = set(truth.get(kind, ())), set(claim.get(kind, ()))
            if said:
                precisions[kind].append(len(there & said) / len(said))
            if there:
                recalls[kind].append(len(there & said) / len(there))
    flat = [[value for values in scores.values() for value in values] for scores in (precisions, recalls)]
    precision, recall = (float(np.mean(values)) if values else 0.0 for values in flat)
    by_kind = {
        kind: tuple(
            float(np.mean(values)) if values else float("nan") for values in (precisions[kind], recalls[kind])
        )
        for kind in KINDS
    }
    return precision, recall, by_kind


def audit(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of a leak hunt over several tables (question 04.audit).

    Parameters
    ----------
    case : Mapping
        With ``"planted"``: one mapping a table, as `LeakyTable.planted`.
    got : list of dict
        One mapping a table, from kind of leak to places.
    parameters : Mapping
        ``credit``: list of ``[smallest precision and recall, share of the points]``, best first. ``each`` (optional): smallest
        precision and recall of every single kind for full marks.

    Returns
    -------
    Verdict
        Labels: "not findings", "unknown kind", "points at everything", "finds nothing", "misses a kind",
        "false alarms", "imprecise".
    """
    planted = case["planted"]
    if not isinstance(got, list | tuple) or len(got) != len(planted):
        return Verdict(0.0, "not findings", f"Expected one dict for each of {len(planted)} tables.")
    found = []
    for findings in got:
        if not isinstance(findings, dict):
            return Verdict(
                0.0, "not findings", "An audit must return a dict from kind of leak to a list of places."
            )
        strange = [kind for kind in findings if kind not in KINDS]
        if strange:
            return Verdict(
                0.0, "unknown kind", f"There is no kind {strange[0]!r}; the kinds are {', '.join(KINDS)}."
            )
        try:
            found.append({kind: [_plain(place) for place in places] for kind, places in findings.items()})
            precision, recall, by_kind = audit_scores(planted, found + [{}] * (len(planted) - len(found)))
        except TypeError:
            return Verdict(0.0, "not findings", "The places must be lists of column names or of row numbers.")
    worst = min(precision, recall)
    score = credit_from(worst, parameters["credit"])
    weakest, lowest = _weakest(by_kind)
    if score >= 1 and lowest < parameters.get("each", 0.0):
        score = max((share for _, share in parameters["credit"] if share < 1), default=0.0)
    details = "; ".join(
        f"{kind}: precision {'–' if np.isnan(p) else f'{p:.2f}'}, recall {'–' if np.isnan(r) else f'{r:.2f}'}"
        for kind, (p, r) in by_kind.items()
    )
    detail = f"Precision {precision:.2f}, recall {recall:.2f} over {len(planted)} tables ({details})."
    if score < 1:
        detail += f" Your weakest kind is {weakest!r}."
    return Verdict(score, "" if score >= 1 else _audit_label(precision, recall, by_kind), detail)


def _weakest(by_kind):
    """The kind with the smallest precision or recall, and that number."""
    lowest = {
        kind: min([v for v in values if not np.isnan(v)], default=1.0) for kind, values in by_kind.items()
    }
    weakest = min(lowest, key=lambda kind: lowest[kind])
    return weakest, lowest[weakest]


def _plain(place):
    return place.item() if isinstance(place, np.generic) else place


def _audit_label(precision, recall, by_kind):
    if recall > 0.8 and precision < 0.5:
        return "points at everything"
    if recall == 0:
        return "finds nothing"
    missed = [kind for kind, (_, kind_recall) in by_kind.items() if kind_recall == 0]
    if missed:
        return "misses a kind"
    return "false alarms" if precision < recall else "imprecise"


def pipeline(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of a watched pipeline: no test row in any fit, all steps fitted on all training rows, right score.

    Parameters
    ----------
    case : Mapping
        With ``"inputs"`` (``train``, ``test``) and ``"score"``, the accuracy of the right procedure.
    got : dict
        From `watch_pipeline`.
    parameters : Mapping
        ``atol`` of the score.

    Returns
    -------
    Verdict
        Labels: "not fitted", "fitted on the test rows alone", "test rows in the selector" (or scaler, or model), "rows not recognised",
        "rows that are not training rows", "training rows left out", "order", "predicts other rows", "score".
    """
    train, test = ({int(i) for i in case["inputs"][name]} for name in ("train", "test"))
    score, events = got["score"], got["events"]
    fitted: dict = {}
    for what, name, rows in events:
        if what == "fit":
            fitted.setdefault(name, []).append(set(rows))
    for name in ("selector", "scaler", "model"):
        if name not in fitted:
            return Verdict(0.0, "not fitted", f"Your function never fits the {name}.")
        if any(rows and rows <= test for rows in fitted[name]):
            return Verdict(
                0.0, "fitted on the test rows alone", f"The {name} was fitted again, on test rows only."
            )
        leaked = len(set().union(*fitted[name]) & test)
        if leaked:
            return Verdict(
                0.0, f"test rows in the {name}", f"{leaked} test rows reached the fit of the {name}."
            )
    for name, fits in fitted.items():
        if any(-1 in rows for rows in fits):
            return Verdict(
                0.0,
                "rows not recognised",
                f"The {name} was fitted on rows that are neither rows of X nor what the other steps made of them.",
            )
        others = set().union(*fits) - train
        if others:
            return Verdict(
                0.0,
                "rows that are not training rows",
                f"{len(others)} rows that are neither training nor test rows reached the fit of the {name}.",
            )
        if any(train - rows for rows in fits):
            left_out = len(train - set.intersection(*fits))
            return Verdict(
                0.0,
                "training rows left out",
                f"{left_out} training rows never reached the fit of the {name}.",
            )
    if list(fitted) != ["selector", "scaler", "model"]:
        return Verdict(0.0, "order", f"Your function fits in the order {', '.join(fitted)}.")
    predicted = [set(rows) for what, _, rows in events if what == "predict"]
    # the test rows together, or one after the other
    if not predicted or not predicted[-1] or not predicted[-1] <= test or not test <= set().union(*predicted):
        return Verdict(0.0, "predicts other rows", "The last predictions are not those of the test rows.")
    if isinstance(score, bool) or not isinstance(score, int | float | np.number):
        return Verdict(0.0, "score", "Return the accuracy as one number.")
    if not abs(float(score) - case["score"]) <= parameters["atol"]:
        return Verdict(
            0.0,
            "score",
            f"You return {float(score):.3f}, which is not the share of test rows predicted right.",
        )
    return Verdict(1.0)


def group_split(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of two draws of a split by whole groups (question 04.groups).

    Parameters
    ----------
    case : Mapping
        With ``"inputs"``: ``groups``, the group of each row. Where it has ``renamed`` too, the last two calls had generators in one state
        and groups of other names in the same order.
    got : list
        Results of calls with several generators (see `holdout.checks.repeats`); each a pair (train, test) of row positions.
    parameters : Mapping
        ``shares``: smallest and largest share of the rows in the test set.

    Returns
    -------
    Verdict
        Labels: "not two sets", "not positions", "overlap", "rows missing", "no group untested", "group cut", "sizes" (most groups are tested), "sizes of groups",
        "not random", "not reproducible", "order of names".
    """
    groups = np.asarray(case["inputs"]["groups"])
    draws = []
    calls = len(case["inputs"].get("order", [0, 0, 1])) + 2 * ("renamed" in case["inputs"])
    if not isinstance(got, list | tuple) or len(got) != calls:
        return Verdict(0.0, "not two sets", "Return two arrays of row positions: training and test.")
    for draw in got:
        if not isinstance(draw, list | tuple) or len(draw) != 2:
            return Verdict(0.0, "not two sets", "Return two arrays of row positions: training and test.")
        sets = [np.asarray(part) for part in draw]
        for part in sets:
            whole = part.ndim == 1 and part.size and part.dtype.kind in "iu"
            if not whole or part.min() < 0 or part.max() >= len(groups):
                return Verdict(
                    0.0, "not positions", "Both sets must hold row positions: whole numbers from 0 to n-1."
                )
        draws.append(sets)
    for train, test in draws:
        together = np.concatenate([train, test])
        if len(np.unique(together)) < len(together):
            return Verdict(0.0, "overlap", "Some rows are in both sets, or twice in one.")
        cut = set(groups[train]) & set(groups[test])
        if set(groups[test]) == set(groups) and cut:
            return Verdict(
                0.0, "no group untested", "Every group has a row in the test set, and rows in training."
            )
        if cut:
            return Verdict(
                0.0, "group cut", f"{len(cut)} groups have rows in both sets, for example {min(cut)!r}."
            )
        if len(together) < len(groups):
            missing = len(groups) - len(together)
            return Verdict(0.0, "rows missing", f"{missing} of {len(groups)} rows are in neither set.")
        low, high = parameters["shares"]
        if not low <= len(test) / len(groups) <= high:
            share = 100 * len(test) / len(groups)
            mostly_test = len(set(groups[test])) > len(set(groups)) / 2
            label = "sizes" if mostly_test else "sizes of groups"
            return Verdict(0.0, label, f"Your test set holds {share:.0f}% of the rows.")
    # one of three may be equal to another by chance, where a large group is the whole test set; not all of them
    named, draws = (draws[-2:], draws[:-2]) if "renamed" in case["inputs"] else ([], draws)
    states = [[set(test.tolist()) for _, test in state] for state in draws_by_state(case["inputs"], draws)]
    if states[0][0] == states[1][0]:
        return Verdict(0.0, "not random", "Two calls with a generator that goes on give the same split.")
    if not all(state[0] == draw for state in states for draw in state[1:]):
        return Verdict(0.0, "not reproducible", "Two generators in the same state give different splits.")
    if named and set(named[0][1].tolist()) != set(named[1][1].tolist()):
        return Verdict(
            0.0,
            "order of names",
            "With other names in the same order, generators in the same state give different splits.",
        )
    return Verdict(1.0)


def honest_reports(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge of reports on studies: the columns that leak, and the score to report (question 04.flights).

    Parameters
    ----------
    case : Mapping
        With ``"leaks"`` (list of lists of columns), ``"splits"`` (names of the right splits) and ``"scores"`` (list of dicts
        from split to score), one a study.
    got : list of (list of str, float)
        One a study.
    parameters : Mapping
        ``credit``: list of ``[smallest share of studies in which both are right, share of the points]``. ``atol`` of a score.

    Returns
    -------
    Verdict
        Labels: "not reports", "no score of the study", "columns", "score", "columns and score".
    """
    n_studies = len(case["splits"])
    if not isinstance(got, list | tuple) or len(got) != n_studies:
        return Verdict(0.0, "not reports", f"Expected one report for each of {n_studies} studies.")
    columns_right, score_right = [], []
    for number, report in enumerate(got):
        if not isinstance(report, list | tuple) or len(report) != 2:
            return Verdict(0.0, "not reports", "Return two things: a list of columns, and a score.")
        columns, score = report
        columns = list(columns) if isinstance(columns, list | tuple | set | np.ndarray | pd.Index) else None
        if columns is None or not all(isinstance(column, str) for column in columns):
            return Verdict(0.0, "not reports", "The first of the two must be a list of column names.")
        offered = case["scores"][number]
        if isinstance(score, bool) or not isinstance(score, int | float | np.number):
            return Verdict(0.0, "not reports", "The second of the two must be a number: the score to report.")
        near = [split for split, value in offered.items() if abs(float(score) - value) <= parameters["atol"]]
        if not near:
            return Verdict(
                0.0, "no score of the study", f"{float(score):.4f} is none of the three scores of that study."
            )
        columns_right.append(set(columns) == set(case["leaks"][number]))
        score_right.append(case["splits"][number] in near)
    both = float(np.mean(np.logical_and(columns_right, score_right)))
    earned = credit_from(both, parameters["credit"])
    detail = (
        f"Of {n_studies} studies the columns are right in {sum(columns_right)}, the score in {sum(score_right)}, "
        f"both in {round(both * n_studies)}."
    )
    if earned >= 1:
        return Verdict(1.0, "", detail)
    enough = max(limit for limit, _ in parameters["credit"])
    weak = [
        name
        for name, right in (("columns", columns_right), ("score", score_right))
        if np.mean(right) < enough
    ]
    return Verdict(earned, " and ".join(weak or ["columns", "score"]), detail)
