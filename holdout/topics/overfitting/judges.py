"""Judges of exercise 01: a split into three sets.

Each gets a case, what the learner's function returned, and the parameters of the question; it returns a `Verdict`.
"""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from holdout.checks.judges import Verdict, describe
from holdout.checks.repeats import draws_by_state


def three_way_split(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Draws of a stratified 60/20/20 split into training, validation and test positions (question 01.split).

    ``case["inputs"]["labels"]`` are the labels; `got` holds the results of calls with several generators (see
    `holdout.checks.repeats`): equal where their state is the same, different elsewhere.
    Labels of a verdict: "not three sets", "not positions", "overlap", "rows missing" (a few of a class), "many rows missing", "sizes",
    "not stratified", "not shuffled" (rows in the order of the file), "fixed seed" (shuffled, but the same each time),
    "not reproducible".
    """
    labels = np.asarray(case["inputs"]["labels"])
    if not isinstance(got, list | tuple) or len(got) != len(case["inputs"].get("order", [0, 0, 1])):
        return Verdict(0.0, "not three sets", "Return three arrays: training, validation and test positions.")
    draws = []
    for draw in got:
        if not isinstance(draw, list | tuple) or len(draw) != 3:
            return Verdict(
                0.0, "not three sets", f"Return three arrays of row positions; you return {describe(draw)}."
            )
        sets = [np.asarray(part) for part in draw]
        if any(part.ndim != 1 for part in sets):
            return Verdict(
                0.0,
                "not three sets",
                "Each of the three sets must be one-dimensional: a list of row positions.",
            )
        if any(
            part.size and (part.dtype.kind not in "iu" or part.min() < 0 or part.max() >= len(labels))
            for part in sets
        ):
            return Verdict(
                0.0, "not positions", "The sets must hold row positions: whole numbers from 0 to n-1."
            )
        draws.append(sets)
    sets = draws[0]
    together = np.concatenate(sets)
    looks_like_labels = len(together) == len(labels) and len(np.unique(together)) <= len(
        np.unique(labels)
    ) < len(labels)
    if looks_like_labels:
        return Verdict(0.0, "not positions", "These are labels, not row positions.")
    if len(np.unique(together)) < len(together):
        return Verdict(0.0, "overlap", "Some rows are in more than one set, or twice in one.")
    if len(together) < len(labels):
        return Verdict(
            0.0,
            "rows missing"
            if len(labels) - len(together) <= 4 * len(np.unique(labels))
            else "many rows missing",
            f"{len(labels) - len(together)} of {len(labels)} rows are in none of the sets.",
        )
    shares = (0.6, 0.2, 0.2)
    classes = np.unique(labels)
    if any(
        abs(len(part) - share * len(labels)) > len(classes) for part, share in zip(sets, shares, strict=True)
    ):
        sizes = ", ".join(str(len(part)) for part in sets)
        return Verdict(
            0.0, "sizes", f"Of {len(labels)} rows your sets hold {sizes}; 60, 20 and 20% are asked for."
        )
    for value in classes:
        for part, share in zip(sets, shares, strict=True):
            count, all_of_them = np.sum(labels[part] == value), np.sum(labels == value)
            if abs(count - share * all_of_them) > 1:
                return Verdict(
                    0.0,
                    "not stratified",
                    f"Of the {all_of_them} rows with label {value}, one set holds {count}.",
                )

    def equal_parts(first, second):
        return [np.array_equal(np.sort(one), np.sort(two)) for one, two in zip(first, second, strict=True)]

    def same(first, second):
        return all(equal_parts(first, second))

    states = draws_by_state(case["inputs"], draws)
    # one set that is always the same is not drawn, whatever becomes of the others
    if any(any(equal_parts(first[0], second[0])) for first, second in itertools.combinations(states, 2)):
        in_order = all(
            np.max(labels_rows[0]) < np.min(labels_rows[1])
            and np.max(labels_rows[1]) < np.min(labels_rows[2])
            for labels_rows in ([part[labels[part] == value] for part in sets] for value in classes)
        )
        return Verdict(
            0.0,
            "not shuffled" if in_order else "fixed seed",
            "Two calls with a generator that goes on give the same split, or one set that is the same.",
        )
    if not all(same(state[0], draw) for state in states for draw in state[1:]):
        return Verdict(0.0, "not reproducible", "Two generators in the same state give different splits.")
    return Verdict(1.0)
