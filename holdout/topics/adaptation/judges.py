"""Judges of exercise 07: a memo whose numbers must follow its inputs.

Each gets a case, what the learner's function returned, and the parameters of the question; it returns a `Verdict`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holdout.checks.judges import Verdict

# -- memo
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|\n")
_TUNING = re.compile(r"\bfine[- ]?tun", re.I)
_AGAINST = re.compile(r"\b(not|against|never)\b|n['’]t\b", re.I)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|per ?cent\b)", re.I)


def memo_follows_numbers(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge a memo that a function wrote from measurements: every percentage in it must be one of them.

    ``case["inputs"]["measured"]`` maps names to shares. A percentage agrees with a share if it lies within half
    a point of it. Labels of a verdict: "not a text", "no numbers", "typed number" (a percentage that was not
    measured), "missing" (a measured share that the memo must state and does not), "no decision" (it does not
    say that fine-tuning is advised against).
    """
    measured = case["inputs"]["measured"]
    if not isinstance(got, str):
        return Verdict(0.0, "not a text", "Return the memo as one string.")
    found = [float(number) / 100 for number in _PERCENT.findall(got)]
    if not found:
        return Verdict(0.0, "no numbers", "There is no percentage in your memo.")
    strangers = [n for n in found if all(abs(n - share) > 0.0051 for share in measured.values())]
    if strangers:
        return Verdict(
            0.0,
            "typed number",
            f"Your memo says {100 * strangers[0]:g}%, which is none of the measurements.",
        )
    missing = [name for name in parameters["state"] if all(abs(n - measured[name]) > 0.0051 for n in found)]
    if missing:
        return Verdict(0.0, "missing", f"Your memo does not state {missing[0]!r}.")
    sentences = _SENTENCE_END.split(got)
    if not any(_TUNING.search(sentence) and _AGAINST.search(sentence) for sentence in sentences):
        return Verdict(0.0, "no decision", "Your memo does not say that you advise against fine-tuning.")
    return Verdict(1.0)
