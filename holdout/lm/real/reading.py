"""What a reader is shown: the right passage, near misses, passages of an old release, in one order or the other.

Pure functions on passages and rankings.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from holdout.lm.real.questions import Question

READING_CASES = (
    "right",
    "near miss",
    "old only",
    "old then new",
    "new then old",
    "top 3",
    "described, right",
    "described, first",
    "right, no example",
    "near miss, no example",
    "described, top 3",
    "top 5",
    "three near misses",
)
"""What a reader can be shown."""

RECORDED_CASES = ("top 3", "near miss", "right", "old only", "new then old", "old then new")
"""Those that `reading.csv` has, in the order of its rows; the others can be asked by name."""

OLD = "old:"
"""Marks a passage in which the old default stands."""


def shown_passages(
    case: str, question: Question, passages: Mapping[str, str], ranking: Sequence[str]
) -> list[tuple[str, str]]:
    """The passages of one case, with their keys.

    Parameters
    ----------
    case : str
        One of `READING_CASES`.
    question : Question
    passages : mapping of key to text
    ranking : sequence of str
        Keys as a retriever ordered them, at least the first five.

    Returns
    -------
    list of (key, text)
        Empty where the case does not apply: an old passage of a fact that did not change.
    """
    own = (question.key, passages[question.key])
    case = case.removesuffix(", no example").removeprefix("described, ")
    if case == "right":
        return [own]
    if case in ("first", "top 3", "top 5"):
        return [(key, passages[key]) for key in ranking[: {"first": 1, "top 3": 3, "top 5": 5}[case]]]
    if case in ("near miss", "three near misses"):
        return [
            (key, passages[key])
            for key in near_misses(ranking, question.key, 1 if case == "near miss" else 3)
        ]
    old = with_old_default(own[1], question.value, question.older[0]) if question.older else None
    if old is None:
        return []
    stale = (OLD + question.key, old)
    if case == "old only":
        return [stale]
    dated_new = (own[0], "Release 1.9. " + own[1])
    dated_old = (stale[0], "Release 0.22. " + stale[1])
    return [dated_old, dated_new] if case == "old then new" else [dated_new, dated_old]


def with_old_default(passage: str, value: str, old: str) -> str | None:
    """The passage as an index that was not updated would hold it: the old default in place of the new.

    Parameters
    ----------
    passage : str
        Says `default=VALUE` in its first line.
    value, old : str
        As Python writes them: `"'auto'"`, `"1.0"`.

    Returns
    -------
    str or None
        None where the passage does not state the value, so that nothing can be put in its place.
    """
    new = re.escape(_bare(value))
    pattern = rf"default=(?P<quote>[\"'`]*){new}(?P=quote)(?![\w.])"
    head, newline, rest = passage.partition("\n")
    if not re.search(pattern, head):
        return None
    written = repr(ast.literal_eval(old))
    return re.sub(pattern, lambda match: f"default={written}", head) + newline + rest


def near_misses(ranking: Sequence[str], key: str, k: int) -> list[str]:
    """The first k passages of a ranking that are not the right one: what a retriever shows when it fails."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    return [other for other in ranking if other != key][:k]


def stated_defaults(passages: Sequence[str]) -> list[str]:
    """Every default that some passages state, as written there; to tell a copied answer from an invented one."""
    found = []
    for passage in passages:
        for match in re.finditer(r"default=\s*(?:(['\"`]+)([^'\"`\n]+)\1|([^\s,;)]+))", passage):
            found.append(match[2] or match[3])
    return found


def _bare(value: str) -> str:
    return value.strip("'\"")
