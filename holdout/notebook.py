"""What notebooks call: ``check`` and ``hint`` in an exercise, ``explain`` in a lesson. Each shows its result.

Not for finding the result of a check, which is the task of `holdout.checks.check`.
"""

from __future__ import annotations

import contextlib
import html
import math
import os
import string
import textwrap
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from holdout.checks.check import PASSED, UNAVAILABLE, CheckResult, evaluate
from holdout.checks.document import ChecksUnavailable, find_checks, read_checks
from holdout.errors import InvalidValue
from holdout.markup import fill, markup, nameless_column


class CheckFailed(AssertionError):
    """Raised instead of showing a message when nbgrader validates a notebook, because nbgrader notices exceptions only."""


_hints_shown: Counter[str] = (
    Counter()
)  # by question, in this kernel; after a restart the first hint comes first again


def check(question_id: str, answer: object) -> None:
    """Check your answer to a question on its visible cases and show the result.

    Parameters
    ----------
    question_id : str
        Such as ``"01.gap"``.
    answer : object
        Your function, value or estimator.

    Examples
    --------
    >>> check("01.gap", generalization_gap)      # doctest: +SKIP
    """
    result = evaluate(question_id, answer)
    if os.environ.get("NBGRADER_EXECUTION") == "validate" and result.outcome != PASSED:
        raise CheckFailed(result.as_text())
    if not os.environ.get("NBGRADER_EXECUTION") and result.outcome != UNAVAILABLE:
        _record(result)
    _show(result)


def hint(question_id: str) -> None:
    """Show the next hint for a question; each call shows one more.

    Parameters
    ----------
    question_id : str
        Such as ``"01.gap"``.
    """
    _show(_next_hint(question_id))


def explain(text: str, **values: object) -> Explanation:
    """Say what an experiment has shown: Markdown whose numbers come from the kernel.

    Parameters
    ----------
    text : str
        Markdown with fields such as ``{gap:.3f}`` or ``{accuracy:.0%}``. Lines may be indented alike.
    **values
        One for each field.

    Returns
    -------
    Explanation
        As the last line of a cell it shows itself.

    Raises
    ------
    InvalidValue
        If a field has no value, a value has no field, a number is not finite, or a column of a table has no name.

    Examples
    --------
    >>> print(explain("On new rows it is right in {accuracy:.0%} of cases.", accuracy=0.8))
    On new rows it is right in 80% of cases.
    """
    text = textwrap.dedent(text).strip()
    fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    if unused := [name for name in values if name not in fields]:
        raise InvalidValue(
            f"explain was given {', '.join(unused)}, but its text has no such field; take it out."
        )
    for name, value in values.items():
        with contextlib.suppress(TypeError):
            if not math.isfinite(value):  # type: ignore[arg-type]
                raise InvalidValue(f"explain was given {name}={value!r}, which is not a finite number.")
    if head := nameless_column(text):
        raise InvalidValue(
            f"A table in explain has a column without a name, {head!r}; name it, a screen reader says the name with each cell."
        )
    return Explanation(fill(text, values, "The text of explain"))


@dataclass(frozen=True)
class Explanation:
    """Markdown that a cell shows.

    Parameters
    ----------
    text : str
    """

    text: str

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> dict:
        return {"text/markdown": self.text, "text/plain": self.text}


def _next_hint(question_id: str) -> _Note:
    try:
        questions = read_checks(find_checks(question_id))["questions"]
    except ChecksUnavailable as error:
        return _Note(str(error))
    if question_id not in questions:
        return _Note(f"There is no question {question_id!r} here; there are {', '.join(sorted(questions))}.")
    hints = questions[question_id]["hints"]
    number = min(_hints_shown[question_id] + 1, len(hints))
    _hints_shown[question_id] = number
    left = len(hints) - number
    more = f"{left} more: call hint({question_id!r}) again." if left else "That was the last hint."
    return _Note(f"Hint {number} of {len(hints)}: {hints[number - 1]}", more)


class _Displayable(Protocol):
    def _repr_mimebundle_(self, **_: object) -> dict: ...


@dataclass(frozen=True)
class _Note:
    text: str
    more: str = ""

    def _repr_mimebundle_(self, **_: object) -> dict:
        small = f"<div style='opacity:.8'>{html.escape(self.more)}</div>" if self.more else ""
        return {
            "text/plain": f"{self.text}\n{self.more}".rstrip(),
            "text/html": (
                "<div role='status' style='border-left:5px solid var(--jp-brand-color1,#1565c0);padding:.45em .9em;"
                f"max-width:46em;line-height:1.5;color:var(--jp-ui-font-color1,#212121)'>{markup(self.text)}{small}</div>"
            ),
        }


def _show(item: _Displayable) -> None:
    """Display in a notebook, print in a plain interpreter."""
    from IPython import get_ipython

    if get_ipython() is None:
        print(item._repr_mimebundle_()["text/plain"])
        return
    from IPython.display import display

    display(item)


def _record(result: CheckResult) -> None:
    """Record the outcome; if the record cannot be written, the check works all the same."""
    from holdout.record import progress

    with contextlib.suppress(OSError):
        progress.record_check(result.question, result.outcome)
