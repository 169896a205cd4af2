"""Checks and hints for learners: ``check("01.gap", generalization_gap)`` and ``hint("01.gap")``.

A check runs the learner's answer on visible cases and says one specific thing about it. It needs no grader, no server and
no network: all that it knows stands in ``checks.json`` beside the exercise. It decides no grade; hidden cases do that.
"""

from __future__ import annotations

import html
import os
from collections.abc import Mapping
from dataclasses import dataclass

from holdout.checks.codec import decode
from holdout.checks.document import ChecksUnavailable, find_checks, read_checks
from holdout.checks.judges import Verdict, describe, find_judge
from holdout.checks.many import NOT_KNOWN, DecodedOnDemand, decode_all
from holdout.checks.matching import decode_run, match_misconception
from holdout.checks.messages import crash_message, fill
from holdout.checks.probe import run_probe
from holdout.checks.properties import compared_property, violated_property
from holdout.markup import markup

PASSED, WRONG, CRASHED, NOT_ATTEMPTED = "passed", "wrong", "crashed", "not attempted"
UNAVAILABLE = "unavailable"
MARKS = {PASSED: "✔", WRONG: "✘", CRASHED: "⚠", NOT_ATTEMPTED: "○", UNAVAILABLE: "?"}
RESULT_MIME = "application/vnd.holdout.check+json"


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Parameters
    ----------
    question : str
    outcome : {"passed", "wrong", "crashed", "not attempted", "unavailable"}
    message : str
        The one thing to say.
    title : str
        The question's title.
    misconception : str
        Name of the known wrong answer that this one matches; empty when none does.
    note : str
        Something besides, such as an edited checks.json.
    """

    question: str
    outcome: str
    message: str
    title: str = ""
    misconception: str = ""
    note: str = ""

    def _repr_mimebundle_(self, **_: object) -> dict:
        return {
            "text/plain": self.as_text(),
            "text/html": self.as_html(),
            RESULT_MIME: {
                "question": self.question,
                "outcome": self.outcome,
                "misconception": self.misconception,
                "message": self.message,
            },
        }

    def as_text(self) -> str:
        """Return the message as plain text; the outcome is a word and a mark, never a colour alone."""
        lines = [
            f"{MARKS[self.outcome]} {self.outcome} · {self.question} {self.title}".rstrip(),
            self.message,
            self.note,
        ]
        return "\n".join(line for line in lines if line)

    def as_html(self) -> str:
        """Return the message as a small accessible box that follows JupyterLab's light or dark theme."""
        edge = {
            PASSED: "--jp-success-color1, #2e7d32",
            WRONG: "--jp-warn-color1, #b26a00",
            CRASHED: "--jp-error-color1, #b3261e",
        }.get(self.outcome, "--jp-border-color1, #757575")
        note = (
            f"<div style='opacity:.85;margin-top:.35em'>{html.escape(self.note)}</div>" if self.note else ""
        )
        return (
            f"<div role='status' style='border-left:5px solid var({edge});padding:.45em .9em;max-width:46em;"
            "line-height:1.5;color:var(--jp-ui-font-color1,#212121)'>"
            f"<strong>{MARKS[self.outcome]} {self.outcome}</strong> · {html.escape(self.question)} "
            f"{html.escape(self.title)}<div>{markup(self.message)}</div>{note}</div>"
        )


def evaluate(question_id: str, answer: object, folder: str | os.PathLike | None = None) -> CheckResult:
    """Check an answer on the visible cases and return the result, without showing it.

    Parameters
    ----------
    question_id : str
    answer : object
        The learner's function or value.
    folder : path, optional
        Folder of the exercise; the working directory by default.

    Returns
    -------
    CheckResult
        Never raises because of the answer.
    """
    try:
        document = read_checks(find_checks(question_id, folder))
        if question_id not in document["questions"]:
            known = ", ".join(sorted(document["questions"]))
            raise ChecksUnavailable(
                f"There is no question {question_id!r} in {document['exercise']}; there are {known}."
            )
    except ChecksUnavailable as error:
        return CheckResult(str(question_id), UNAVAILABLE, str(error))
    question = document["questions"][question_id]
    note = ""
    if document["edited"]:
        note = (
            f"Note: {document['exercise']}/checks.json has been changed since the course built it, so this result may "
            "mislead you. It has no influence on a grade."
        )
    runs = [run_probe(answer, question["probe"], case["inputs"]) for case in question["cases"]]
    outcome, message, misconception = judge_runs(question, runs)
    return CheckResult(question_id, outcome, message, question["title"], misconception, note)


def judge_runs(question: Mapping, runs: list[dict]) -> tuple[str, str, str]:
    """Decide the outcome of a check, and its one message, from what the probes returned on the question's cases.

    Parameters
    ----------
    question : Mapping
        A question as it stands in checks.json.
    runs : list of dict
        One result of :func:`run_probe` for each of ``question["cases"]``.

    Returns
    -------
    outcome, message, misconception : str
    """
    runs = [decode_run(run) for run in runs]
    if any(run.get("not_attempted") for run in runs):
        return (
            NOT_ATTEMPTED,
            "Nothing to check yet. Replace the placeholder by your code, run the cell, then this one.",
            "",
        )
    if all("value" in run and run["value"] is None for run in runs):
        return WRONG, "You return nothing (`None`). Is a `return` missing at the end of your function?", ""
    verdicts = [judge_run(question, case, run) for case, run in zip(question["cases"], runs, strict=True)]
    if all(verdict.score >= 1.0 for verdict in verdicts):
        return PASSED, question["passed"], ""
    worst = min(range(len(verdicts)), key=lambda i: verdicts[i].score)
    known = match_misconception(question, runs, verdicts)
    if known is not None:
        message = fill(known.wrong["message"], runs, worst)
        if not (known.sure and known.same):
            seen = _seen(question, runs, verdicts, worst)
            like = "gives this result too" if known.same else "gives nearly these results"
            return WRONG, f"{seen} A common mistake {like}. Is it yours? {message}", known.wrong["name"]
        detail = verdicts[worst].detail
        tells = any(map(str.isdigit, detail)) or known.wrong.get("label") == "no sentence"
        if question["judge"] not in ("close", "choice") and tells:
            message = f"{message} {detail}".strip()
        return WRONG, message, known.wrong["name"]
    for case, run in zip(question["cases"], runs, strict=True):
        if "error" in run:
            return CRASHED, crash_message(case, run), ""
    return (
        WRONG,
        f"{_seen(question, runs, verdicts, worst)} If you are stuck, try `hint({question['id']!r})`.",
        "",
    )


def _seen(question, runs, verdicts, worst):
    """What stands out in results that are not right: on which case, what the judge says, which property they lack."""
    cases = question["cases"]
    violated = violated_property(question, runs)
    said = ""
    if violated is not None:
        worst, said = violated[0], fill(violated[1], runs, violated[0])
    case, run = cases[worst], runs[worst]
    if "error" in run:
        return crash_message(case, run)
    if not said and question["judge"] == "close" and "value" in run:
        parameters = {name: question["parameters"].get(name, 0.0) for name in ("rtol", "atol")}
        said = compared_property(decode(case["expected"]), run["value"], **parameters)
    title = f"On the case “{case['title']}”: " if case.get("title") and len(cases) > 1 else ""
    parts = [f"{title}{verdicts[worst].detail or 'this is not right yet.'}", said]
    right = [other["title"] for other, verdict in zip(cases, verdicts, strict=True) if verdict.score >= 1.0]
    if right and all(right):
        parts.append(f"Right already: {', '.join(f'“{name}”' for name in right)}.")
    return " ".join(part for part in parts if part)


def judge_run(question: Mapping, case: Mapping, run: Mapping) -> Verdict:
    """Return the verdict on one decoded run of one case (see :func:`judge_runs`)."""
    if "value" not in run:
        return Verdict(0.0, run.get("error", "not attempted"))
    known = decode_all(case, left_out=NOT_KNOWN)
    known["inputs"] = DecodedOnDemand(case["inputs"])
    try:
        return find_judge(question["judge"])(known, run["value"], question["parameters"])
    except (ArithmeticError, ValueError, TypeError, RecursionError):
        # a result of another form, or a number that no float holds; the judge has shown on the reference that it works
        return Verdict(
            0.0, "", f"Your result, {_shown(run['value'])}, has not the form or the size that is asked for."
        )


def _shown(value):
    try:
        return describe(value)
    except Exception:
        return f"a {type(value).__name__}"
