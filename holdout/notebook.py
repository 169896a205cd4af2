"""What an exercise notebook calls: ``check`` and ``hint``, which show and record what :mod:`holdout.checks.check.check` finds."""

import contextlib
import html
import os
from dataclasses import dataclass, field

from holdout.checks.check import PASSED, UNAVAILABLE, _markup, evaluate
from holdout.checks.document import ChecksUnavailable, find_checks, read_checks


class CheckFailed(AssertionError):
    """Raised instead of a message when a notebook is validated by nbgrader, which listens to exceptions only."""


# ------------------------------------------------------------------------------------------------------ what learners call


@dataclass
class _Hints:
    given: dict = field(default_factory=dict)


_hints = _Hints()  # how many hints this notebook has shown; a restart of the kernel starts anew


def check(question_id, answer):
    """Check your answer to a question on its visible cases and show what was found.

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


def hint(question_id):
    """Show the next hint of a question's ladder; each call gives one more.

    Parameters
    ----------
    question_id : str
    """
    try:
        document = read_checks(find_checks(question_id))
        hints = document["questions"][question_id]["hints"]
    except ChecksUnavailable as error:
        _show(_Note(str(error)))
        return
    except KeyError:
        _show(
            _Note(
                f"There is no question {question_id!r} here; there are {', '.join(sorted(document['questions']))}."
            )
        )
        return
    shown = min(_hints.given.get(question_id, 0), len(hints) - 1)
    _hints.given[question_id] = shown + 1
    left = len(hints) - shown - 1
    more = f"{left} more: call hint({question_id!r}) again." if left else "That was the last hint."
    _show(_Note(f"Hint {shown + 1} of {len(hints)}: {hints[shown]}", more))


@dataclass(frozen=True)
class _Note:
    text: str
    more: str = ""

    def _repr_mimebundle_(self, **_):
        small = f"<div style='opacity:.8'>{html.escape(self.more)}</div>" if self.more else ""
        return {
            "text/plain": f"{self.text}\n{self.more}".rstrip(),
            "text/html": (
                "<div role='status' style='border-left:5px solid var(--jp-brand-color1,#1565c0);padding:.45em .9em;"
                f"max-width:46em;line-height:1.5;color:var(--jp-ui-font-color1,#212121)'>{_markup(self.text)}{small}</div>"
            ),
        }


def _show(item):
    """Display in a notebook, print in a plain interpreter."""
    from IPython import get_ipython

    if get_ipython() is None:
        print(item._repr_mimebundle_()["text/plain"])
        return
    from IPython.display import display

    display(item)


def _record(result):
    """Keep the outcome in the learner's own progress; a failure to write never costs a check."""
    from holdout.record import progress

    with contextlib.suppress(OSError):
        progress.record_check(result.question, result.outcome)
