"""Checks and hints for learners: ``check("01.gap", generalization_gap)`` and ``hint("01.gap")``.

A check runs the learner's answer on visible cases and says one specific thing about it. It needs no grader, no server and
no network: all that it knows stands in ``checks.json`` beside the exercise. It decides no grade; hidden cases do that.
"""

import contextlib
import hashlib
import html
import io
import json
import os
import pathlib
import string
import traceback
import types
import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from holdout.codec import CodecError, decode, encode
from holdout.judges import find_judge, first_difference, shorten

FORMAT = 1
PASSED, WRONG, CRASHED, NOT_ATTEMPTED = "passed", "wrong", "crashed", "not attempted"
UNAVAILABLE = "unavailable"
MARKS = {PASSED: "✔", WRONG: "✘", CRASHED: "⚠", NOT_ATTEMPTED: "○", UNAVAILABLE: "?"}
RESULT_MIME = "application/vnd.holdout.check+json"


class ChecksUnavailable(Exception):
    """The checks of a question cannot be read; the message says why and what to do."""


class CheckFailed(AssertionError):
    """Raised instead of a message when a notebook is validated by nbgrader, which listens to exceptions only."""


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
        Encoded inputs (see :mod:`holdout.codec`), decoded afresh for every call, so nothing that the answer does to its
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


# ---------------------------------------------------------------------------------------------------- reading checks.json


def find_checks(question_id, folder=None):
    """The ``checks.json`` that holds a question.

    Looked for beside the notebook, then in ``exercises/`` of the course that the working directory, the environment
    variable ``HOLDOUT_COURSE`` or the installed checkout belongs to.

    Parameters
    ----------
    question_id : str
        Such as ``"01.gap"``: its first part is the number of the exercise.
    folder : path, optional
        Where to begin; the working directory by default.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ChecksUnavailable
        If there is none.
    """
    here = pathlib.Path(folder or pathlib.Path.cwd()).resolve()
    number = str(question_id).split(".")[0]
    beside = here / "checks.json"
    if beside.is_file() and here.name.startswith(f"{number}-"):
        return beside
    roots = [pathlib.Path(os.environ["HOLDOUT_COURSE"])] if os.environ.get("HOLDOUT_COURSE") else []
    roots += [here, *here.parents, pathlib.Path(__file__).resolve().parent.parent]
    for root in roots:
        for path in sorted(root.glob(f"exercises/{number}-*/checks.json")):
            return path
    raise ChecksUnavailable(
        f"No checks.json for question {question_id!r}: it belongs beside the exercise notebook (looked in {here.name}/ and "
        "in exercises/ above it). Copy it there from the course; your answers are in the notebook and stay as they are."
    )


def read_checks(path):
    """Read and verify a ``checks.json``.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict
        With ``"exercise"``, ``"questions"`` and ``"edited"`` (True if it is not what the course built).

    Raises
    ------
    ChecksUnavailable
        If it cannot be read or is of another format; the message names the file.
    """
    path = pathlib.Path(path)
    name = f"{path.parent.name}/{path.name}"
    again = "Copy the file again from the course; your answers are in the notebook and stay as they are."
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        questions = document["questions"]
        if document["format"] != FORMAT:
            raise ChecksUnavailable(
                f"{name} has format {document['format']!r}, this version of the course reads {FORMAT}. {again}"
            )
        if not isinstance(questions, dict):
            raise TypeError("its questions are not a table")
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ChecksUnavailable(f"{name} cannot be read ({type(error).__name__}: {error}). {again}") from None
    document["edited"] = document.get("digest") != digest(document)
    return document


def digest(document):
    """SHA-256 over the questions of a checks document, so that an edited file is noticed."""
    text = json.dumps([document["exercise"], document["questions"]], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------------------------------------------------- evaluating


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

    def _repr_mimebundle_(self, **_):
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

    def as_text(self):
        """The message as plain text; the outcome is a word and a mark, never a colour alone."""
        lines = [
            f"{MARKS[self.outcome]} {self.outcome} · {self.question} {self.title}".rstrip(),
            self.message,
            self.note,
        ]
        return "\n".join(line for line in lines if line)

    def as_html(self):
        """The message as a small accessible box that follows JupyterLab's light or dark theme."""
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
            f"{html.escape(self.title)}<div>{_markup(self.message)}</div>{note}</div>"
        )


def _markup(text):
    """Escape a message; `code` in backticks and *emphasis* become elements, nothing else does."""
    parts = html.escape(text).split("`")
    for i in range(1, len(parts), 2):
        parts[i] = f"<code>{parts[i]}</code>"
    for i in range(0, len(parts), 2):
        pieces = parts[i].split("*")
        if len(pieces) % 2 == 1:
            pieces[1::2] = [f"<em>{piece}</em>" for piece in pieces[1::2]]
            parts[i] = "".join(pieces)
        parts[i] = parts[i].replace("\n", "<br>")
    return "".join(parts)


def evaluate(question_id, answer, folder=None):
    """Check an answer on the visible cases and return what was found, without showing it.

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


def judge_runs(question, runs):
    """From what the probes returned on a question's cases to an outcome and one message.

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
    runs = [_decoded(run) for run in runs]
    if any(run.get("not_attempted") for run in runs):
        return (
            NOT_ATTEMPTED,
            "Nothing to check yet. Replace the placeholder by your code, run the cell, then this one.",
            "",
        )
    if all(question["returns_none"] is False and "value" in run and run["value"] is None for run in runs):
        return WRONG, "You return nothing (`None`). Is a `return` missing at the end of your function?", ""
    verdicts = [judge_run(question, case, run) for case, run in zip(question["cases"], runs, strict=True)]
    if all(verdict.score >= 1.0 for verdict in verdicts):
        return PASSED, question["passed"], ""
    worst = min(range(len(verdicts)), key=lambda i: verdicts[i].score)
    known = match_misconception(question, runs, verdicts)
    if known is not None:
        return WRONG, fill(known["message"], runs, worst), known["name"]
    for case, run in zip(question["cases"], runs, strict=True):
        if "error" in run:
            return CRASHED, _crash_message(case, run), ""
    case = question["cases"][worst]
    title = f"On the case “{case['title']}”: " if case.get("title") and len(question["cases"]) > 1 else ""
    detail = verdicts[worst].detail or "this is not it yet."
    return WRONG, f"{title}{detail} If you are stuck, try `hint({question['id']!r})`.", ""


def judge_run(question, case, run):
    """The verdict on one decoded run of one case (see :func:`judge_runs`)."""
    from holdout.judges import Verdict

    if "value" not in run:
        return Verdict(0.0, run.get("error", "not attempted"))
    known = {**{name: decode(value) for name, value in case.items() if name not in ("title", "inputs")}}
    known["inputs"] = {name: decode(value) for name, value in case["inputs"].items()}
    return find_judge(question["judge"])(known, run["value"], question["parameters"])


def match_misconception(question, runs, verdicts):
    """The known wrong answer whose results on these cases are the learner's; None where there is none.

    A wrong answer is recognised by what it returns on every case, by the error that it raises, or by the label that the
    judge gives it. Lists of decisions count as the same from 90 % agreement.
    """
    best, best_agreement = None, 0.0
    for wrong in question["wrong"]:
        if wrong.get("label"):
            agreement = 0.5 if wrong["label"] in {verdict.label for verdict in verdicts} else 0.0
        else:
            agreement = min(
                (
                    _agreement(theirs, run, question["parameters"])
                    for theirs, run in zip(wrong["runs"], runs, strict=True)
                ),
                default=0.0,
            )
        if agreement > best_agreement:
            best, best_agreement = wrong, agreement
    return best


def _agreement(theirs, run, parameters):
    theirs = _decoded(theirs)
    if "error" in theirs or "error" in run:
        return 1.0 if "error" in theirs and theirs["error"] == run.get("error") else 0.0
    if "value" not in theirs or "value" not in run:
        return 0.0
    one, other = theirs["value"], run["value"]
    if "credit" in parameters:  # decisions
        if not isinstance(other, list | tuple | np.ndarray) or len(other) != len(one):
            return 0.0
        # a decision may itself be an array of flags, for which == gives no single answer
        alike = (
            np.array_equal(a, b) if isinstance(b, np.ndarray) else a == b
            for a, b in zip(one, other, strict=True)
        )
        share = sum(bool(same) for same in alike) / max(len(one), 1)
        return share if share >= 0.9 else 0.0
    tolerances = {"rtol": max(parameters.get("rtol", 0.0), 1e-9), "atol": parameters.get("atol", 0.0)}
    return 1.0 if first_difference(one, other, **tolerances) is None else 0.0


def _decoded(run):
    if "value" not in run:
        return run
    try:
        return {"value": decode(run["value"])}
    except CodecError as error:
        return {"error": "CodecError", "message": str(error), "where": "returned"}


def _crash_message(case, run):
    if run["where"] == "signature":
        return f"Your function cannot be called as the question asks: {run['message']}."
    if run["where"] == "returned":
        return f"Your function ran, but {run['message']}."
    where = f" {run['where']}" if run["where"] else ""
    on = f" on the case “{case['title']}”" if case.get("title") else ""
    return f"Your code stopped{on} with {run['error']}: {run['message']}{where}."


class _Shown:
    """A learner's value inside a message: four digits unless the message says otherwise."""

    def __init__(self, value):
        self.value = value

    def __getitem__(self, key):
        return _Shown(self.value[key])

    def __format__(self, spec):
        return format(self.value, spec) if spec else shorten(self.value)


class _Formatter(string.Formatter):
    def get_field(self, field_name, args, kwargs):
        first, rest = field_name.split("[", 1) if "[" in field_name else (field_name, "")
        value = kwargs[first]
        for key in rest.rstrip("]").split("][") if rest else []:
            value = value[int(key) if key.lstrip("-").isdigit() else key]
        return value, first


def fill(message, runs, worst=0):
    """Put the learner's own result into a message: ``{got}`` is the result on the worst case, ``{got[1]:.3f}`` a part."""
    run = (
        runs[worst]
        if "value" in runs[worst]
        else next((run for run in runs if "value" in run), {"value": "an error"})
    )
    try:
        return _Formatter().format(message, got=_Shown(run["value"]))
    except (KeyError, IndexError, TypeError, ValueError):
        return message


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
    from holdout import progress

    with contextlib.suppress(OSError):
        progress.record_check(result.question, result.outcome)
