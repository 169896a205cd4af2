"""Evaluates an answer on encoded inputs, inside the process where the learner's code runs. Knows nothing of what is expected."""

import contextlib
import io
import traceback
import types
import warnings

import numpy as np
import pandas as pd

from holdout.checks.codec import CodecError, decode, encode

# ---------------------------------------------------------------------------------------------------------------- probes


def run_probe(answer, probe, inputs):
    """Evaluate a probe: an expression over ``answer`` and named inputs, such as ``answer(X, y).predict(X_new)``.

    This is all that ever runs where the learner's code runs: inputs go in, plain JSON comes out, and nothing here knows
    what is expected. Printing and warnings of the learner's code are swallowed, so that a check is silent.

    Parameters
    ----------
    answer : object
        What the learner made: a function, a value, an estimator.
    probe : str
        A Python expression.
    inputs : Mapping of str to object
        Encoded inputs (see :mod:`holdout.checks.check.codec`), decoded afresh for every call, so nothing that the answer does to its
        arguments reaches the next case.

    Returns
    -------
    dict
        ``{"value": encoded}``, or ``{"error": type, "message": text, "where": text}``, or ``{"not_attempted": True}``.
    """
    if answer is Ellipsis or answer is None:
        return {"not_attempted": True}
    names = {name: decode(value) for name, value in inputs.items()}
    names.update(answer=answer, np=np, pd=pd)
    silence = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            value = eval(compile(probe, "<probe>", "eval"), names)
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


def _describe_error(answer, error):
    frames = traceback.extract_tb(error.__traceback__)
    learners = [frame for frame in frames if frame.filename not in ("<probe>", __file__)]
    message = str(error)[:500]
    if isinstance(error, TypeError) and not learners and isinstance(answer, types.FunctionType):
        code = answer.__code__
        takes = ", ".join(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        message = f"{message}. It is written as {answer.__name__}({takes})"
        return {"error": "TypeError", "message": message, "where": "signature"}
    own = [frame for frame in learners if "site-packages" not in frame.filename] or learners
    where = f"at `{own[-1].line}`" if own and own[-1].line else ""
    return {"error": type(error).__name__, "message": message, "where": where}
