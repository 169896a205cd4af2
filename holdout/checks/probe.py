"""Evaluates an answer on encoded inputs, inside the process where the learner's code runs. Knows nothing of what is expected."""

import contextlib
import importlib
import io
import os
import pathlib
import re
import traceback
import types
import warnings
from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from holdout.checks.codec import CodecError, encode
from holdout.checks.many import decode_all

_WITH_HELPER = re.compile(
    r"(?P<module>holdout\.topics\.[a-z_]+\.probes):(?P<call>(?P<name>[a-z]\w*)\(.*\))", re.DOTALL
)
NO_ANSWER = ""
_PACKAGE = f"{pathlib.Path(__file__).resolve().parent.parent}{os.sep}"


def find_answer(names: Mapping[str, Any], asked: str) -> Any:
    """What a notebook defines under the name, or the names, that a question judges.

    Parameters
    ----------
    names : Mapping
        The notebook's own names.
    asked : str
        One name, or several separated by ``", "``: the last is the answer, and the value is the tuple of all. `NO_ANSWER`
        stands for a probe that looks at none.

    Returns
    -------
    object
        An earlier name that is not defined counts as a placeholder, ``...``.

    Raises
    ------
    KeyError
        With the name, if the answer is not defined.
    """
    if asked == NO_ANSWER:
        return print  # anything but a placeholder
    *others, name = asked.split(", ")
    answer = names[name]
    return (*(names.get(other, ...) for other in others), answer) if others else answer


def run_probe(answer: Any, probe: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Evaluate a probe: an expression over ``answer`` and named inputs, such as ``answer(X, y).predict(X_new)``.

    This is all that ever runs where the learner's code runs: inputs go in, plain JSON comes out, and nothing here knows
    what is expected. Printing and warnings of the learner's code are swallowed, so that a check is silent.

    Parameters
    ----------
    answer : object
        What the learner made: a function, a value, an estimator.
    probe : str
        A Python expression, or the call of a function of a topic's ``probes`` module (see :func:`read_probe`).
    inputs : Mapping of str to object
        Encoded inputs (see :mod:`holdout.checks.codec`), decoded afresh for every call, so nothing that the answer
        does to its arguments reaches the next case. Or `DecodedOnce`, for the same to many answers.

    Returns
    -------
    dict
        ``{"value": encoded}``, or ``{"error": type, "message": text, "where": text}``, or ``{"not_attempted": True}``.

    Raises
    ------
    ValueError
        If the probe names a function that does not exist.
    """
    if answer is Ellipsis or answer is None:
        return {"not_attempted": True}
    expression, helpers = read_probe(probe)
    names = decode_all(inputs)
    names.update(helpers, answer=answer, np=np, pd=pd)
    silence = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            value = eval(compile(expression, "<probe>", "eval"), names)
    except NotImplementedError:
        return {"not_attempted": True}
    except (Exception, SystemExit) as error:
        return _describe_error(answer, error)
    if value is Ellipsis:
        return {"not_attempted": True}
    try:
        return {"value": encode(value)}
    except CodecError as error:
        return {"error": "CodecError", "message": str(error), "where": "returned"}


def read_probe(probe: str) -> tuple[str, dict[str, Callable]]:
    """Split a probe into the expression to evaluate and the function that it needs besides the answer.

    Some answers cannot be called with data alone: they want a function, or must be called step by step. What does that
    is a function of the topic's ``probes`` module, and the probe names it with its module, as a judge is named:
    ``"holdout.topics.leakage.probes:watch_pipeline(answer, X, y)"``. No other module can be named.

    Parameters
    ----------
    probe : str

    Returns
    -------
    expression : str
    helpers : dict of str to callable
        At most one function, under its short name.

    Raises
    ------
    ValueError
        If there is no such function in that module.
    """
    match = _WITH_HELPER.fullmatch(probe.strip())
    if match is None:
        return probe, {}
    name = match["name"]
    try:
        module = importlib.import_module(match["module"])
    except ModuleNotFoundError:
        raise ValueError(f"the probe {probe!r} names a module that does not exist") from None
    helper = getattr(module, name, None)
    if not isinstance(helper, types.FunctionType) or helper.__module__ != module.__name__:
        raise ValueError(f"{match['module']} defines no function {name!r}, which the probe {probe!r} calls")
    return match["call"], {name: helper}


def find_steps(probe: str) -> Callable | None:
    """The steps of a probe that is driven from outside, one observation and one answer at a time; None for all others.

    Beside ``run_rule`` in a topic's ``probes`` module stands ``run_rule_steps``, a generator function of the inputs.
    """
    match = _WITH_HELPER.fullmatch(probe.strip())
    if match is None:
        return None
    return getattr(importlib.import_module(match["module"]), f"{match['name']}_steps", None)


def run_steps(answer: Any, steps: Generator[tuple[Callable, dict[str, Any]], Any, Any]) -> Any:
    """Drive steps where the answer is, as a check does. The grader does the same from outside, so that inputs come step by step.

    Parameters
    ----------
    answer : object
    steps : generator
        Yields a function of the topic's ``probes`` module with its inputs, gets what ``function(answer, **inputs)``
        returns, and returns the result of the probe.

    Returns
    -------
    object
    """
    value = None
    while True:
        try:
            function, inputs = steps.send(value)
        except StopIteration as end:
            return end.value
        value = function(answer, **inputs)


def step_probe(function: Callable, inputs: Mapping[str, Any]) -> str:
    """The probe of one step."""
    return f"{function.__module__}:{function.__name__}(answer, {', '.join(inputs)})"


def _describe_error(answer, error):
    frames = traceback.extract_tb(error.__traceback__)
    # neither the probe nor the course's own code: the line to show is the learner's
    learners = [
        frame for frame in frames if frame.filename != "<probe>" and not frame.filename.startswith(_PACKAGE)
    ]
    message = str(error)[:500]
    if isinstance(error, TypeError) and not learners and isinstance(answer, types.FunctionType):
        code = answer.__code__
        takes = ", ".join(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        message = f"{message}. It is written as {answer.__name__}({takes})"
        return {"error": "TypeError", "message": message, "where": "signature"}
    own = [frame for frame in learners if "site-packages" not in frame.filename] or learners
    where = f"at `{own[-1].line}`" if own and own[-1].line else ""
    return {"error": type(error).__name__, "message": message, "where": where}
