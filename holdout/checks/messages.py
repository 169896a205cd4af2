"""Fills the learner's own results into the message of a misconception, and words a crash."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from holdout.checks.judges import shorten


def crash_message(case: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    """What a learner reads when their code stopped with an error."""
    if run["where"] == "signature":
        return f"Your function cannot be called as the question asks: {run['message']}."
    if run["where"] == "returned":
        return f"Your function ran, but {run['message']}."
    where = f" {run['where']}" if run["where"] else ""
    on = f" on the case “{case['title']}”" if case.get("title") else ""
    return f"Your code stopped{on} with {run['error']}: {run['message']}{where}."


class _Shown:
    """A learner's value inside a message: four digits unless the message says otherwise."""

    def __init__(self, value):
        self.value = value

    def __getitem__(self, key):
        return _Shown(self.value[key])

    def __format__(self, spec):
        return format(self.value, spec) if spec else shorten(self.value)


class _Formatter(string.Formatter):
    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:
        first, rest = field_name.split("[", 1) if "[" in field_name else (field_name, "")
        value = kwargs[first]
        for key in rest.rstrip("]").split("][") if rest else []:
            value = value[int(key) if key.lstrip("-").isdigit() else key]
        return value, first


def fill(message: str, runs: Sequence[Mapping[str, Any]], worst: int = 0) -> str:
    """Put the learner's own result into a message: ``{got}`` is the result on the worst case, ``{got[1]:.3f}`` a part."""
    try:
        return fill_strictly(message, runs, worst)
    except (KeyError, IndexError, TypeError, ValueError):
        return message


def fill_strictly(message: str, runs: Sequence[Mapping[str, Any]], worst: int = 0) -> str:
    """As :func:`fill`, for authors: a placeholder that stands for nothing is an error.

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError
        If the message has a placeholder that the result cannot fill.
    """
    run = (
        runs[worst]
        if "value" in runs[worst]
        else next((run for run in runs if "value" in run), {"value": "an error"})
    )
    return _Formatter().format(message, got=_Shown(run["value"]))
