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
_CLAUSE_END = re.compile(r"[.!?;,](?=\s|$)|\n|[()]|\s(?:and|but|while|whereas)\s", re.I)
_TUNING = re.compile(r"\bfine[- ]?tun", re.I)
_AGAINST = re.compile(r"\b(not|against|never)\b|n['’]t\b", re.I)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|per ?cent\b)", re.I)
# "no reason not to", "nothing speaks against", "why not": the words of an advice against, and the opposite meaning
_DENIED = re.compile(
    r"\b(?:no|any|little|few)\s+(?:\w+\s+)?(?:reasons?|arguments?|grounds?|case|cause|evidence)\s+(?:\w+\s+)?(?:not|against)\b"
    r"|(?:\b(?:nothing|not|never)|n['’]t)\s+(?!only\b)(?:\w+\s+)?against\b|\bwhy\s+not\b",
    re.I,
)
_FOR = re.compile(
    r"(?<!not )(?<!never )(?<!cannot )(?<!n't )(?<!n’t )"
    r"\b(?:recommend|advise|suggest|propose|favou?r)\s+(?:(?!not\b|against\b)\w+\s+){0,2}fine[- ]?tun",
    re.I,
)
_TIED = re.compile(
    r"(?:\b(?:not|against|never)|n['’]t)\s+(?:\w+\s+){0,4}fine[- ]?tun"
    r"|\bfine[- ]?tun\w*\s+(?:\w+\s+){0,2}(?:not|against|never)\b",
    re.I,
)
# Pairs of measurements, and the words that say which of the two a clause is about.
_WORDS = (
    (("retrieval", r"\b(?:retriev|search)"), ("fine-tuned", r"\b(?:tuned|tuning|train)")),
    (("kept", r"\bother\s+facts?\b|\bkept\b"), ("next release", r"\b(?:next|last|later)\s+release")),
)


def _advises_against(text: str) -> bool:
    """Whether one sentence of the text advises against fine-tuning, by its words."""
    for sentence in _SENTENCE_END.split(text):
        sentence = _DENIED.sub(" ", sentence)
        if _TUNING.search(sentence) and _AGAINST.search(sentence):
            if not _FOR.search(sentence) or _TIED.search(sentence):
                return True
    return False


def _exchanged(text: str, measured: Mapping[str, float]) -> tuple[str, str] | None:
    """Two measurements of which each stands in a clause that names the other one and not itself; None if there are none.

    Only clauses with a single percentage are read, each with the clauses without one that stand before it in its sentence ("Of the other
    facts, 40% are right"). Both sides must be wrong: other wordings are left to a reader.
    """
    stated = []
    for sentence in _SENTENCE_END.split(text):
        before = ""
        for clause in _CLAUSE_END.split(sentence):
            numbers = _PERCENT.findall(clause)
            if len(numbers) == 1:
                stated.append((float(numbers[0]) / 100, before + clause))
            before = "" if numbers else f"{before}{clause} "

    def misplaced(name: str, own: str, other: str) -> bool:
        return any(
            abs(number - measured[name]) <= 0.0051
            and re.search(other, clause, re.I)
            and not re.search(own, clause, re.I)
            for number, clause in stated
        )

    for (first, first_words), (second, second_words) in _WORDS:
        if {first, second} <= set(measured):
            if misplaced(first, first_words, second_words) and misplaced(second, second_words, first_words):
                return first, second
    return None


def memo_follows_numbers(case: Mapping[str, Any], got: Any, parameters: Mapping[str, Any]) -> Verdict:
    """Judge a memo that a function wrote from measurements: every percentage in it must be one of them.

    ``case["inputs"]["measured"]`` maps names to shares. A percentage agrees with a share if it lies within half
    a point of it. Labels of a verdict: "not a text", "no numbers", "typed number" (a percentage that was not
    measured), "missing" (a measured share that the memo must state and does not), "no decision" (it does not
    say that fine-tuning is advised against), "advises for it" (it has the words, as in "no reason not to fine-tune",
    and the opposite meaning), "exchanged" (two shares plainly stand in each other's place).
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
    if not any(_TUNING.search(each) and _AGAINST.search(each) for each in _SENTENCE_END.split(got)):
        return Verdict(0.0, "no decision", "Your memo does not say that you advise against fine-tuning.")
    if not _advises_against(got):
        return Verdict(
            0.0, "advises for it", "The sentence in your memo has the words and advises for fine-tuning."
        )
    if exchanged := _exchanged(got, measured):
        return Verdict(
            0.0,
            "exchanged",
            f"The numbers of {exchanged[0]!r} and {exchanged[1]!r} stand in each other's place.",
        )
    return Verdict(1.0)
