"""Answers that are given something to call: a model to ask, estimators to fit, a function that measures. In grading all of that is outside.

A function cannot travel as an input. A check makes it where the answer is; the grader does not, because a notebook can replace whatever lies in its
own process. There the answer gets a function that only asks: it ends the run, the question goes out, and the answer is run again from its beginning
with what it was told so far. So what is called, how often, and on which rows is known outside, and nothing of it is inside before it was asked for.
"""

from __future__ import annotations

import builtins
import copy
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np

_RUN: dict[str, Any] = {
    "about": {},
    "asked": [],
    "told": [],
    "known": {},
}  # what the answer that is being tried has asked


class _Asks(BaseException):
    """Ends a run at a question that has no reply yet. Not an Exception, so that no answer catches it."""


def run_until_it_asks(
    run: Callable[..., Any], about: Mapping[str, Any], told: Sequence[Mapping[str, Any]]
) -> Any:
    """Run an answer from its beginning, to its end or to the first question that has no reply.

    This is what a step does in the process of the answer.

    Parameters
    ----------
    run : callable
        ``run(ask, **about)`` calls the answer; ``ask(*question)`` takes plain values and returns the reply.
    about : Mapping
        Inputs, with the first step of a case; empty afterwards. Every run gets copies.
    told : sequence of dict
        Replies since the last step: ``{"value": ...}``, or ``{"error": name, "message": text}`` where the question raises an error. With
        ``"also"``, a list of ``[question, value]`` for questions that are likely to come next.

    Returns
    -------
    object
        ``{"asked": [...]}`` or ``{"returned": value}``; an ellipsis as it is.

    Raises
    ------
    RuntimeError
        If the answer asks something else than in the run before.
    """
    if about:
        _RUN.update(about=dict(about), asked=[], told=[], known={})
    _RUN["told"] += told
    for reply in told:
        _RUN["known"].update((_key(question), value) for question, value in reply.get("also", ()))
    asked, replies, questions = _RUN["asked"], _RUN["told"], iter(range(10**9))

    def ask(*question):
        number = next(questions)
        if number == len(asked):
            asked.append(copy.deepcopy(list(question)))
            key = _key(question)
            if key not in _RUN["known"]:
                raise _Asks
            replies.append({"value": _RUN["known"][key]})
        if not _same(list(question), asked[number]):
            raise RuntimeError(
                "this answer does something else each time it is run; use a generator with a fixed seed"
            )
        reply = replies[number]
        if "error" in reply:
            raise _error_called(reply["error"])(reply["message"])
        return copy.deepcopy(reply["value"])

    try:
        value = run(ask, **copy.deepcopy(_RUN["about"]))
    except _Asks:
        return {"asked": asked[-1]}
    return value if value is Ellipsis else {"returned": value}


def _key(question):
    return tuple(
        (part.dtype.str, part.tobytes()) if isinstance(part, np.ndarray) else repr(part) for part in question
    )


def _same(one, other):
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other


def _error_called(name):
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else ValueError


def answered_steps(
    step: Callable[..., Any],
    about: Mapping[str, Any],
    reply: Callable[..., Any],
    most: int,
    also: Callable[..., list] | None = None,
) -> Generator[tuple[Callable, dict[str, Any]], Any, Any]:
    """The steps of an answer whose questions are answered here (see :func:`holdout.checks.probe.run_steps`).

    Parameters
    ----------
    step : callable
        ``step(answer, about, told)`` of a topic's ``probes`` module; it calls :func:`run_until_it_asks`.
    about : Mapping
        What the answer gets as inputs.
    reply : callable
        ``reply(*question)``. The question comes from the process of the answer and may be anything; an error is told to the answer.
    most : int
        Questions that are answered.
    also : callable, optional
        ``also(*question)`` gives ``[question, value]`` for what is likely to be asked next, to save steps. Only what the answer may know.

    Returns
    -------
    object
        What the answer returned.
    """
    sent: dict[str, Any] = {"about": dict(about), "told": []}
    for _ in range(most + 1):
        got = yield step, sent
        if not isinstance(got, dict) or got.keys() not in ({"asked"}, {"returned"}):
            return got  # an ellipsis, or what no step returns: judged as any other result
        if "returned" in got:
            return got["returned"]
        try:
            question = got["asked"] if isinstance(got["asked"], list) else [got["asked"]]
            with np.errstate(all="ignore"):
                told = {"value": reply(*question)}
                if also is not None:
                    told["also"] = also(*question)
        except Exception as error:
            told = {"error": type(error).__name__, "message": str(error)[:500]}
        sent = {"about": {}, "told": [told]}
    raise TypeError(f"your answer calls what it was given more than {most:,} times")


def row_positions(rows: Any, n: int, most: int) -> np.ndarray:
    """Row positions that somebody asks for, checked before they are used.

    Parameters
    ----------
    rows : array-like
    n : int
        Number of rows that there are.
    most : int
        How many may be asked for at a time.

    Raises
    ------
    IndexError
        As NumPy says it, if there is no such row; also if these are no whole numbers, or more than `most`.
    """
    positions = np.asarray(rows)
    if positions.dtype.kind not in "iu" or positions.ndim != 1 or len(positions) > most:
        raise IndexError("rows are asked for by a list of whole numbers")
    wrong = positions[(positions < -n) | (positions >= n)]
    if len(wrong):
        raise IndexError(f"index {wrong[0]} is out of bounds for axis 0 with size {n}")
    return positions
