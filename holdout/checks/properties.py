"""Says which property of a right answer a wrong one violates (sign, order, size, range), never what the right answer is.

Decides no score. Two sources: properties that a question declares, and those that follow from comparing with the expected result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

# A value that is off by less than this share is called close: the learner's way is probably right, a detail is not.
CLOSE = 0.02


def violated_property(question: Mapping, runs: Sequence[Mapping]) -> tuple[int, str] | None:
    """The first declared property that the results on a question's cases do not have.

    Parameters
    ----------
    question : Mapping
        As it stands in checks.json. ``"properties"`` is a list of ``{"holds": expression, "says": sentence}``. An expression is
        evaluated once per case and sees ``got`` (the result on this case), ``results`` (those on all cases, None where there is
        none), the inputs by their names, ``np`` and ``pd``.
    runs : sequence of Mapping
        Decoded results.

    Returns
    -------
    tuple of int and str, or None
        Position of the case, and the sentence. An expression that fails on a result says nothing about it.
    """
    from holdout.checks.codec import decode

    results = [run.get("value") for run in runs]
    for declared in question.get("properties", ()):
        code = compile(declared["holds"], "<property>", "eval")
        for position, (case, run) in enumerate(zip(question["cases"], runs, strict=True)):
            if "value" not in run:
                continue
            names = {name: decode(value) for name, value in case["inputs"].items()}
            names.update(got=run["value"], results=results, np=np, pd=pd)
            try:
                with np.errstate(all="ignore"):
                    holds = bool(eval(code, names))
            except Exception:
                continue
            if not holds:
                return position, declared["says"]
    return None


def compared_property(expected: Any, got: Any, *, rtol: float = 0.0, atol: float = 0.0) -> str:
    """What distinguishes a result from the expected one, as a sentence; empty where nothing general can be said.

    Parameters
    ----------
    expected, got : object
        Decoded values of the same form; only the first part that differs is described.
    rtol, atol : float
        As in ``numpy.isclose``.

    Returns
    -------
    str
        Such as ``"The sign is the opposite of what is asked for."``
    """
    for one, other in _parts(expected, got):
        try:
            said = _say_part(one, other, rtol, atol)
        except (ArithmeticError, TypeError, ValueError):
            return ""
        if said is not None:
            return said
    return ""


def _parts(expected, got) -> Iterator[tuple[Any, Any]]:
    """Pairs of parts to compare: entries of dicts, columns of tables, values of pairs; arrays and long lists are one part."""
    if isinstance(expected, pd.DataFrame) and isinstance(got, pd.DataFrame):
        for name in expected.columns:
            if name in got.columns:
                yield expected[name].to_numpy(), got[name].to_numpy()
    elif isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key, value in expected.items():
            if key in got:
                yield from _parts(value, got[key])
    elif isinstance(expected, tuple) and isinstance(got, tuple | list | np.ndarray):
        if len(expected) == len(got):
            for one, other in zip(expected, got, strict=True):
                yield from _parts(one, other)
    else:
        yield expected, got


def _say_part(expected, got, rtol, atol) -> str | None:
    """A sentence on one part; empty if it differs and nothing can be said; None if it agrees."""
    one, other = _flat(expected), _flat(got)
    if one is None or other is None:
        return ""
    if _is_numeric(one) and _is_numeric(other) and one.dtype.kind != "b":
        return _say_numbers(one.astype(float), other.astype(float), rtol, atol)
    left, right = [str(item) for item in one], [str(item) for item in other]
    if left == right:
        return None
    if sorted(left) == sorted(right):
        return "The right values are there, in another order." if one.dtype.kind != "b" else ""
    if one.dtype.kind == "b" and len(left) == len(right):
        extra = sum(b == "True" != a for a, b in zip(left, right, strict=True))
        lacking = sum(a == "True" != b for a, b in zip(left, right, strict=True))
        return f"You mark {extra} that should not be marked and miss {lacking}." if len(left) > 1 else ""
    if len(left) > 1 or len(left) != len(right):
        extra, lacking = len(set(right) - set(left)), len(set(left) - set(right))
        if extra or lacking:
            return f"It holds {extra} that should not be there and lacks {lacking}."
    return ""


def _flat(value):
    if isinstance(value, set):
        value = sorted(value, key=str)
    if isinstance(value, pd.Series | pd.Index):
        value = value.to_numpy()
    if isinstance(value, Mapping | pd.DataFrame) or value is None:
        return None
    array = np.asarray(value)
    if array.dtype.kind == "O":
        return None
    return array.ravel()


def _is_numeric(array) -> bool:
    return array.dtype.kind in "biuf"


def _say_numbers(expected, got, rtol, atol) -> str | None:
    if len(expected) != len(got):
        if len(got) and set(got) < set(expected):
            return "What is there is right, but some values are missing."
        return ""
    same = np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if same.all():
        return None
    if not np.isfinite(got[np.isfinite(expected)]).all():
        return "It holds values that are not finite numbers."
    known = np.isfinite(expected) & np.isfinite(got)
    one, other, wrong = expected[known], got[known], ~same[known]
    if not wrong.any():
        return "It is finite where it should not be, or the other way round."

    def matches(a: np.ndarray, b: np.ndarray) -> bool:
        return bool(np.allclose(a, b, rtol=1e-6, atol=1e-12))

    if matches(other, -one):
        return "The sign is the opposite of what is asked for."
    if matches(np.sort(other), np.sort(one)) and len(one) > 1:
        return "The right values are there, in another order."
    if np.any(one != 0) and (matches(other, 100 * one) or matches(100 * other, one)):
        return "It is off by a factor of 100: a share and a percentage are different numbers."
    whole = np.all(one == np.round(one))
    digits = next((k for k in range(7) if np.allclose(other, np.round(one, k), rtol=0, atol=1e-12)), None)
    if digits == 0 and np.any(np.abs(one) < 10):  # 1 in place of 0.96 is hardly a rounded result
        digits = None
    if digits is not None and not whole:
        return "It is the right result rounded; return it unrounded."
    if len(one) >= 3 and np.all(one != 0):
        ratio = other / one
        if matches(ratio, ratio[0]):
            return "All values are off by the same factor."
    if len(one) >= 3 and matches(other - one, (other - one)[0]):
        return "All values are off by the same amount."
    direction = np.sign(other - one)[wrong]
    size = np.abs(other - one)[wrong]
    near = not whole and np.all(size <= CLOSE * np.abs(one[wrong]))
    many = len(one) > 1
    if np.all(direction > 0):
        said = "The values that differ are too large" if many else "It is too large"
    elif np.all(direction < 0):
        said = "The values that differ are too small" if many else "It is too small"
    else:
        said = "Some values are too large, others too small"
    return said + (f", by less than {CLOSE:.0%}." if near else ".")
