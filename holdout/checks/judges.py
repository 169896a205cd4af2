"""Judges: given one case and what the learner's answer made of it, how good is it, and what stands out?

A judge is a plain function ``judge(case, got, parameters) -> Verdict``. The same judge serves the check in the learner's
notebook and the grade outside it. Judges never call the learner's code; they see decoded plain values only.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# Rounding of a float32 is 6e-8; a result takes some tens of operations.
SINGLE_PRECISION = 1e-5


@dataclass(frozen=True)
class Verdict:
    """What a judge says of one case.

    Parameters
    ----------
    score : float
        From 0 (no credit) to 1 (full credit).
    label : str
        A name for what went wrong, which a question may tie to a message; empty when there is none.
    detail : str
        One sentence to the learner about *this* result, without giving the expected one away.
    """

    score: float
    label: str = ""
    detail: str = ""


def find_judge(name: str) -> Callable[..., Verdict]:
    """The judge of that name.

    Parameters
    ----------
    name : str
        A function of this module, or ``"module:function"`` within the package ``holdout``.

    Raises
    ------
    ValueError
        If there is no such judge.
    """
    module_name, _, function_name = name.rpartition(":")
    module_name = module_name or __name__
    if module_name.split(".")[0] != "holdout":
        raise ValueError(
            f"judge {name!r} is not in the package holdout, where learners' notebooks can find it"
        )
    judge = getattr(importlib.import_module(module_name), function_name, None)
    if not callable(judge):
        raise ValueError(f"there is no judge {name!r}")
    return judge


def close(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Equal to ``case["expected"]`` in shape and, within the stated tolerances, in value.

    Parameters
    ----------
    case : Mapping
        With ``"expected"``.
    got : object
        Decoded result of the learner's answer.
    parameters : Mapping
        ``rtol`` and ``atol`` as in ``numpy.isclose``.
    """
    difference = first_difference(
        case["expected"], got, rtol=parameters.get("rtol", 0.0), atol=parameters.get("atol", 0.0)
    )
    return Verdict(1.0) if difference is None else Verdict(0.0, "different", difference)


def choice(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """One of the offered options, given as text; capitals, spaces and a closing bracket do not matter."""
    options = parameters["options"]
    picked = str(got).strip().strip("().").lower() if isinstance(got, str) else got
    if picked not in options:
        listed = ", ".join(repr(option) for option in options)
        return Verdict(0.0, "not an option", f"Choose one of {listed}; you have {shorten(got)}.")
    return Verdict(1.0 if picked == case["expected"] else 0.0, "" if picked == case["expected"] else picked)


OWN_SENTENCE = "my_sentence"
"""The name under which a learner writes a sentence before choosing one."""

FEWEST_WORDS = 6
"""Words that a learner's own sentence has at least: fewer are a note, and say nothing that a reviewer could answer."""

FEWEST_DIFFERENT_WORDS = 4
"""Different words that it has at least: one word six times is no sentence."""

LONGEST_SENTENCE = 2000
"""Characters of a learner's own sentence that are kept for the portfolio."""


def own_sentence_problem(sentence: Any) -> str:
    """What is missing in a learner's own sentence; empty if nothing is. What it *says* is judged by no machine.

    Parameters
    ----------
    sentence : object
        What the learner's notebook holds under ``my_sentence``.

    Returns
    -------
    str
        One sentence to the learner.
    """
    if sentence is None or (isinstance(sentence, str) and not sentence.strip(" .\t\n")):
        return (
            "Your own sentence is missing. Write into `my_sentence`, in quotes, what you would say; then choose. "
            "It is kept for your portfolio, and no machine judges what it says."
        )
    if not isinstance(sentence, str):
        return f"`my_sentence` must be a text in quotes; yours is {describe(sentence)}."
    words = [word for word in sentence.split() if any(map(str.isalnum, word))]
    if len(words) < FEWEST_WORDS or len({word.lower() for word in words}) < FEWEST_DIFFERENT_WORDS:
        return (
            f"Your own sentence is too short to be said in a review: `my_sentence` has {len(words)} "
            f"word{'' if len(words) == 1 else 's'}; {FEWEST_WORDS} are the least, {FEWEST_DIFFERENT_WORDS} of them different."
        )
    if len(sentence) > LONGEST_SENTENCE:
        return f"`my_sentence` has {len(sentence)} characters; say it in at most {LONGEST_SENTENCE}."
    return ""


def sentence_and_choice(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """A sentence of the learner's own, which must be there, and one of the offered options, which must be the right one.

    Parameters
    ----------
    case : Mapping
        With ``"expected"``: a list whose last element is the right option.
    got : list
        The sentence and the option; None where the learner has left the placeholder.
    parameters : Mapping
        ``options``, as for :func:`choice`.

    Returns
    -------
    Verdict
        Labels: "no sentence", "no choice", or that of :func:`choice`.
    """
    sentence, picked = got if isinstance(got, list | tuple) and len(got) == 2 else (None, got)
    problem = own_sentence_problem(sentence)
    if problem:
        return Verdict(0.0, "no sentence", problem)
    if picked is None:
        listed = ", ".join(repr(option) for option in parameters["options"])
        return Verdict(0.0, "no choice", f"Your own sentence is there. Now choose one of {listed}.")
    return choice({"expected": case["expected"][-1]}, picked, parameters)


def credit_up_to(value: float, credit: Iterable[Sequence[float]]) -> float:
    """Share of the points for something that should be small, such as a regret.

    Parameters
    ----------
    value : float
    credit : list of [float, float]
        ``[largest value, share of the points]``, in any order.

    Returns
    -------
    float
        The largest share whose limit holds; 0 when none does.
    """
    return max((share for limit, share in credit if value <= limit), default=0.0)


def credit_from(value: float, credit: Iterable[Sequence[float]]) -> float:
    """Share of the points for something that should be large, such as a recall: ``[smallest value, share of the points]``.

    As :func:`credit_up_to` otherwise.
    """
    return max((share for limit, share in credit if value >= limit), default=0.0)


def precision_and_recall(wanted: set, named: set) -> tuple[float, float]:
    """How much of what is named is wanted, and how much of what is wanted is named.

    Parameters
    ----------
    wanted, named : set
        `wanted` is not empty.

    Returns
    -------
    precision, recall : float
        Naming nothing has precision 0: silence is not a way to be right.
    """
    hits = len(wanted & named)
    return hits / max(len(named), 1), hits / max(len(wanted), 1)


def policy(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """A list of decisions, scored by regret: what they cost beyond the best decisions, on the scale of a naive policy.

    ``case["costs"]`` holds, for each decision to take, what every possible decision would cost (the unit is the
    question's). Relative regret is ``(cost of these - best possible) / (cost of the naive policy - best possible)``:
    0 is an oracle, 1 is no better than the best policy that does not look at the evidence. The naive policy is the best
    *constant* decision on these same cases.

    Parameters
    ----------
    case : Mapping
        With ``"costs"``: list of mappings from decision to cost.
    got : list of str
        One decision for each.
    parameters : Mapping
        ``credit``: list of ``[largest relative regret, share of the points]``, best first.
    """
    costs = case["costs"]
    got = list(got) if isinstance(got, list | tuple | np.ndarray) else got
    if not isinstance(got, list) or len(got) != len(costs):
        return Verdict(
            0.0, "not decisions", f"Expected {len(costs)} decisions, one per case; got {shorten(got)}."
        )
    for decision, options in zip(got, costs, strict=True):
        if not isinstance(decision, str) or decision not in options:
            listed = ", ".join(repr(option) for option in options)
            return Verdict(
                0.0, "not a decision", f"A decision must be one of {listed}; you decided {shorten(decision)}."
            )
    regret = relative_regret(costs, got)
    score = credit_up_to(regret, parameters["credit"])
    return Verdict(
        score, "" if score >= 1.0 else "regret", _say_regret(costs, got, regret, parameters["credit"])
    )


def _say_regret(costs, decisions, regret, credit):
    """What decisions cost, on which scale, and which kind of mistake costs most."""
    full = min((limit for limit, share in credit if share >= 1.0), default=0.0)
    said = f"Your relative regret is {regret:.3f}: 0 is the best possible, 1 the best decision that is always the same"
    said += f"; full marks at {full:.3g} or less"
    if math.isfinite(regret) and regret != full:
        said += f", and yours is {abs(regret - full):.2g} {'above' if regret > full else 'below'} that"
    said += "."
    if regret > 1:
        said += " That one decision for all cases would cost less."
    return said + _say_confusions(costs, decisions)


# A kind of mistake is named if it makes at least this share of what is lost. Where the decisions are letters that are
# drawn anew for each case, a pair of them says nothing, and none of the many pairs makes so much.
_STANDS_OUT = 0.2


def _say_confusions(costs, decisions):
    """Which kind of mistake costs most; empty if every decision is the best."""
    lost: dict[str, list[float]] = {}
    for options, decision in zip(costs, decisions, strict=True):
        best = min(options, key=options.get)
        if options[decision] > options[best]:
            lost.setdefault(_confusion(decision, best), []).append(options[decision] - options[best])
    if not lost:
        return ""
    kind, costliest = max(lost.items(), key=lambda item: sum(item[1]))
    if sum(costliest) >= _STANDS_OUT * sum(map(sum, lost.values())):
        return f" What costs most: {kind} ({len(costliest)} of {len(decisions)} cases)."
    missed = sum(map(len, lost.values()))
    return f" {missed} of {len(decisions)} decisions are not the best ones; no confusion of two decisions makes a fifth of what they lose."


def _confusion(decision, best):
    """The kind of a mistake: between numbers its direction, otherwise the two names."""
    try:
        return f"a {'smaller' if float(decision) < float(best) else 'larger'} number than the best one"
    except ValueError:
        return f"you say {decision!r} where {best!r} is better"


def relative_regret(costs: Sequence[Mapping[str, float]], decisions: Sequence[str]) -> float:
    """Regret of `decisions` divided by the regret of the best constant decision (see :func:`policy`).

    Parameters
    ----------
    costs : sequence of Mapping of str to float
    decisions : sequence of str

    Returns
    -------
    float
        0 for the best possible decisions; may exceed 1.
    """
    best = sum(min(options.values()) for options in costs)
    paid = sum(options[decision] for options, decision in zip(costs, decisions, strict=True))
    constants = set(costs[0]).intersection(*costs) if costs else set()
    naive = min((sum(options[d] for options in costs) for d in constants), default=math.inf)
    if naive == best:
        return 0.0 if paid == best else math.inf
    return (paid - best) / (naive - best)


def first_difference(
    expected: Any, got: Any, *, rtol: float = 0.0, atol: float = 0.0, where: str = "Your result"
) -> str | None:
    """The first way in which `got` differs from `expected`, as a sentence; None where they agree.

    Numbers of any kind are compared by ``|got - expected| <= atol + rtol |expected|``; NaN equals NaN. A list, a tuple and
    a one-dimensional array are the same thing here, and so are a NumPy scalar and a Python number: an answer is judged by
    its values. Tables are compared by column names, order-free, and by values.

    Parameters
    ----------
    expected, got : object
        Decoded values.
    rtol, atol : float
        Relative and absolute tolerance.
    where : str
        What to call `got` in the sentence.

    Returns
    -------
    str or None
    """
    close_enough = {"rtol": rtol, "atol": atol}
    if isinstance(expected, pd.DataFrame):
        if not isinstance(got, pd.DataFrame):
            return f"{where} is {describe(got)}; a pandas DataFrame is expected."
        missing = [name for name in expected.columns if name not in set(got.columns)]
        if missing:
            return f"{where} has no column {missing[0]!r} (it has {list(got.columns)})."
        if len(got) != len(expected):
            return f"{where} has {len(got)} rows; {len(expected)} are expected."
        for name in expected.columns:
            difference = first_difference(
                expected[name].to_numpy(), got[name].to_numpy(), where=f"Column {name!r}", **close_enough
            )
            if difference:
                return difference
        return None
    if isinstance(expected, pd.Series):
        if isinstance(got, pd.Series) and list(got.index) != list(expected.index):
            try:
                got = got.loc[list(expected.index)]
            except KeyError:
                return f"{where} has the index {shorten(list(got.index))}; another one is expected."
        return first_difference(np.asarray(expected), _as_array(got), where=where, **close_enough)
    if isinstance(got, pd.Series | pd.Index):
        got = got.to_numpy()
    if isinstance(expected, pd.Index):
        expected = expected.to_numpy()
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping):
            return f"{where} is {describe(got)}; a dict is expected."
        differences = {}
        for key, value in expected.items():
            if key not in got:
                return f"{where} has no entry {key!r} (it has {shorten(list(got))})."
            differences[key] = first_difference(value, got[key], where=f"{where}[{key!r}]", **close_enough)
        wrong = {key: difference for key, difference in differences.items() if difference}
        if wrong:
            right = [repr(key) for key in expected if key not in wrong]
            others = f" (Right already: {', '.join(right)}.)" if right else ""
            return next(iter(wrong.values())) + others
        extra = [key for key in got if key not in expected]
        return f"{where} has an entry {extra[0]!r} that was not asked for." if extra else None
    if isinstance(expected, list | tuple):
        if isinstance(got, np.ndarray) and got.ndim >= 1:
            # plain values, not NumPy's: an array of names is a list of names
            got = got.tolist() if got.ndim == 1 and got.dtype.kind in "biufU" else list(got)
        if not isinstance(got, list | tuple):
            return f"{where} is {describe(got)}; {len(expected)} values are expected."
        if len(got) != len(expected):
            return f"{where} has {len(got)} values; {len(expected)} are expected."
        by_item = [
            first_difference(one, other, where=f"{where}[{i}]", **close_enough)
            for i, (one, other) in enumerate(zip(expected, got, strict=True))
        ]
        first = next((difference for difference in by_item if difference), None)
        if first and isinstance(expected, tuple):  # a tuple is a few results of different meaning
            right = [f"{where}[{i}]" for i, difference in enumerate(by_item) if not difference]
            return first + (f" (Right already: {', '.join(right)}.)" if right else "")
        return first
    if isinstance(expected, set):
        if not isinstance(got, set | list | tuple | np.ndarray):
            return f"{where} is {describe(got)}; a set is expected."
        try:
            got = set(got)
        except TypeError:
            return f"{where} holds something that cannot be in a set."
        if got == expected:
            return None
        return (
            f"{where} holds {len(got - expected)} that should not be there and lacks {len(expected - got)}."
        )
    if isinstance(expected, np.ndarray) and expected.ndim > 0:
        return _array_difference(expected, got, where, rtol, atol)
    return _scalar_difference(expected, got, where, rtol, atol)


def _as_array(value):
    return value.to_numpy() if isinstance(value, pd.Series | pd.Index | pd.DataFrame) else np.asarray(value)


def _items(array):
    """Items of an array as Python or pandas scalars; dates of different precision become the same thing."""
    return pd.Series(array.ravel()).tolist()


def _array_difference(expected, got, where, rtol, atol):
    if not isinstance(got, np.ndarray | list | tuple | pd.DataFrame | pd.Index):
        return f"{where} is {describe(got)}; an array of shape {expected.shape} is expected."
    try:
        got = _as_array(got)
    except ValueError:
        return f"{where} has rows of different lengths; an array of shape {expected.shape} is expected."
    if got.dtype.kind == "O" and got.size and all(_is_number(item) for item in got.ravel()):
        try:
            got = got.astype(float)
        except OverflowError:
            return f"{where} holds a number that is too large."
    if got.shape != expected.shape:
        return f"{where} has the shape {got.shape}; {expected.shape} is expected."
    if expected.dtype.kind in "biuf":
        if got.dtype.kind not in "biuf":
            return f"{where} does not hold numbers."
        rtol = _precision(got, expected, rtol)
        equal = np.isclose(got.astype(float), expected.astype(float), rtol=rtol, atol=atol, equal_nan=True)
    else:
        pairs = zip(_items(expected), _items(got), strict=True)
        equal = np.array([first_difference(a, b, rtol=rtol, atol=atol) is None for a, b in pairs]).reshape(
            expected.shape
        )
    if equal.all():
        return None
    index = tuple(int(i) for i in np.argwhere(~equal)[0])
    place = ", ".join(map(str, index))
    count = f"; {int((~equal).sum())} of {equal.size} values differ" if equal.size > 1 else ""
    return f"{where}[{place}] is {shorten(got[index])}{count}."


def _precision(got, expected, rtol):
    """The relative tolerance: at least that of single precision where `got` was computed in it, as PyTorch and many libraries do.

    Numbers in single precision are recognised by their values, since a result travels as text. Tolerances of 0 are for
    positions and counts, and whole numbers are exact in either precision; both stay exact.
    """
    if rtol == 0 or got.dtype.kind != "f" or expected.dtype.kind != "f":
        return rtol
    if np.all(expected == np.round(expected)):
        return rtol
    with np.errstate(all="ignore"):
        single = np.array_equal(got.astype(np.float32).astype(float), got.astype(float), equal_nan=True)
    return max(rtol, SINGLE_PRECISION) if single else rtol


def _scalar_difference(expected, got, where, rtol, atol):
    if isinstance(got, np.generic) or (isinstance(got, np.ndarray) and got.ndim == 0):
        got = got.item()
    if isinstance(expected, np.generic | np.ndarray):
        expected = expected.item()
    if expected is None or expected is pd.NaT or expected is pd.NA or (_is_nan(expected)):
        return None if _is_missing(got) and (_is_missing(expected)) else f"{where} is {shorten(got)}."
    if isinstance(expected, bool | np.bool_):
        # 1 and 0 for True and False are a matter of taste, 1.0 is not
        ok = isinstance(got, bool | np.bool_ | int | np.integer) and int(got) == int(expected)
        return None if ok else f"{where} is {shorten(got)}."
    if isinstance(expected, int | float | np.integer | np.floating):
        if isinstance(got, bool | np.bool_) or not isinstance(got, int | float | np.integer | np.floating):
            return f"{where} is {describe(got)}; a number is expected."
        if isinstance(got, int) and got.bit_length() > 1000:  # no float is as large
            return None if got == expected else f"{where} is a whole number that is too large."
        rtol = _precision(np.array([got]), np.array([expected]), rtol)
        if math.isfinite(got) and abs(float(got) - float(expected)) <= atol + rtol * abs(float(expected)):
            return None
        return None if got == expected else f"{where} is {shorten(got)}."
    return None if type(got) is type(expected) and got == expected else f"{where} is {shorten(got)}."


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_nan(value):
    return isinstance(value, float | np.floating) and math.isnan(value)


def _is_missing(value):
    return value is None or value is pd.NaT or value is pd.NA or _is_nan(value)


def describe(value: Any) -> str:
    """What a value is, in words that a learner uses."""
    if value is None:
        return "nothing (None)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, pd.DataFrame):
        return f"a DataFrame of {len(value)} rows"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return f"{shorten(value)} ({type(value).__name__})"


def shorten(value: Any, limit: int = 80) -> str:
    """A value as a learner would write it down: four significant digits, at most `limit` characters."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        text = f"{value:.4g}"
    elif isinstance(value, list | tuple) and len(value) <= 8:
        inner = ", ".join(shorten(item, limit) for item in value)
        text = f"[{inner}]" if isinstance(value, list) else f"({inner})"
    elif isinstance(value, np.ndarray):
        text = np.array2string(value, precision=4, threshold=8).replace("\n", " ")
    elif isinstance(value, int) and value.bit_length() > 1000:
        text = f"a whole number of {value.bit_length():,} bits"
    else:
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
